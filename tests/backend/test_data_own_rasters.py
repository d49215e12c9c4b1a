"""The user's own rasters and layers: tiles, bands, units, no data, classes, refusals."""

import os

import numpy as np
import pytest
from affine import Affine
from mmearth.data.batches import TrainingData
from mmearth.data.mmearth_folder import BANDS
from mmearth.data.own_rasters import RasterSource, pack
from mmearth.errors import InputError

PRODUCT_ORDER = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
FINE = Affine(0.5, 0, 600000, 0, -0.5, 5200000)
AT_10_M = Affine(10, 0, 600000, 0, -10, 5200000)


@pytest.fixture
def cut(tmp_path, report):
    """Packs rasters with small crops of 14 px, so tiles of 16 px."""

    def cut(*paths, crop_px=14, bands=None, units="auto", layers=(), cache="cache"):
        return pack(RasterSource(paths, crop_px, bands or {}, units, tuple(layers)), tmp_path / cache, report)

    return cut


def layer(path, name="height", kind="continuous"):
    return {"path": path, "name": name, "kind": kind}


def test_sentinel2_becomes_the_twelve_bands_of_mmearth(make_raster, cut):
    values = np.random.default_rng(0).integers(300, 3000, (12, 48, 48))
    shards = cut(make_raster(values=values))
    contents = shards.contents
    assert (contents.bands, contents.level_names, contents.chip_px) == (BANDS, ("l2a",), 16)
    assert shards.chips == 25  # starts at 0, 8, 16, 24, 32
    assert shards.arrays["sentinel2"].dtype == np.uint16
    tile = shards.arrays["sentinel2"][1 * 5 + 2]  # row 8, column 16
    for channel, name in enumerate(BANDS):
        assert np.array_equal(tile[channel], values[PRODUCT_ORDER.index(name), 8:24, 16:32]), name
    seen = shards.arrays["sentinel2"].astype(float)
    assert np.allclose(contents.statistics["sentinel2"]["l2a"].mean, seen.mean(axis=(0, 2, 3)))
    assert np.allclose(contents.statistics["sentinel2"]["l2a"].std, seen.std(axis=(0, 2, 3)))


def test_absent_bands_and_no_data_are_missing(make_raster, cut):
    values = np.random.default_rng(0).uniform(0.02, 0.4, (3, 40, 40))
    values[:, :8] = -1
    path = make_raster(values=values, dtype="float32", nodata=-1, names=("B4", "B3", "B2"))
    shards = cut(path)
    tiles = shards.arrays["sentinel2"]
    present = [BANDS.index(name) for name in ("B2", "B3", "B4")]
    assert (np.delete(tiles, present, axis=1) == 0).all()
    assert (tiles[0][present, :8] == 0).all()
    red = tiles[0][BANDS.index("B4"), 8:]
    assert np.array_equal(red, np.rint(values[0].astype(np.float32)[8:16, :16] * np.float32(1e4)))
    batch = TrainingData([shards], 14, 0, band_dropout=False).batch(0, 8)
    optical = batch.targets["sentinel2"].numpy()
    gone = [i for i in range(12) if i not in present]
    assert np.isnan(optical[:, gone]).all()
    assert (batch.inputs[:, gone] == 0).all()
    assert abs(np.nanmean(optical[:, present])) < 0.2


def test_a_band_mapping_makes_any_raster_sentinel2(make_raster, cut):
    values = np.random.default_rng(0).integers(300, 3000, (4, 48, 48))
    shards = cut(make_raster(values=values, transform=FINE), bands={"B2": 3, "B8": 4}, units="dn")
    assert shards.contents.bands == BANDS
    assert np.array_equal(shards.arrays["sentinel2"][0][BANDS.index("B2")], values[2, :16, :16])
    assert np.array_equal(shards.arrays["sentinel2"][0][BANDS.index("B8")], values[3, :16, :16])
    with pytest.raises(InputError, match="which has 4 bands"):
        cut(make_raster(values=values), bands={"B2": 9})


def test_other_sensors_keep_their_bands_and_values(make_raster, cut, report):
    values = np.random.default_rng(0).normal(250, 30, (2, 40, 40)).astype(np.float32)
    values[0, 3, 5] = np.nan
    shards = cut(make_raster(values=values, dtype="float32", names=("thermal", "emissivity")))
    contents = shards.contents
    assert (contents.bands, contents.level_names) == (("thermal", "emissivity"), ("raw",))
    assert "thermal, emissivity" in report.logs[0][1]
    tile = shards.arrays["sentinel2"][0]
    wanted = values[:, :16, :16].copy()
    wanted[:, 3, 5] = np.nan
    assert np.array_equal(tile, wanted, equal_nan=True)
    data = TrainingData([shards], 14, 0)
    assert data.tasks[0].channels == 2
    assert abs(data.levels["raw"]["mean"][1] - 250) < 5
    assert np.isfinite(data.batch(0, 8).inputs.numpy()).all()


def test_a_drone_picture_keeps_bytes_and_leaves_out_alpha(make_raster, cut):
    values = np.random.default_rng(0).integers(1, 255, (4, 40, 40))
    values[3] = 255
    values[3, :4] = 0
    path = make_raster(values=values, dtype="uint8", transform=FINE, photometric="RGB", alpha="YES")
    shards = cut(path)
    assert shards.contents.bands == ("band 1", "band 2", "band 3")
    assert shards.arrays["sentinel2"].dtype == np.int16
    assert (shards.arrays["sentinel2"][0][:, :4] == -32768).all()
    assert np.array_equal(shards.arrays["sentinel2"][0][:, 4:], values[:3, 4:16, :16])
    statistics = shards.contents.statistics["sentinel2"]["raw"]
    assert (statistics.mean > 100).all()
    missing = np.isnan(TrainingData([shards], 14, 0).batch(0, 32).targets["sentinel2"].numpy())
    assert 0 < missing.mean() < 0.3


def test_names_like_sentinel2_on_other_pixels_are_a_sensor_of_its_own(make_raster, cut):
    names = ("red", "green", "blue", "nir")
    values = np.random.default_rng(0).integers(1, 255, (4, 40, 40))
    assert cut(make_raster("naip.tif", values=values, transform=FINE, names=names)).contents.bands == names
    assert cut(make_raster("s2.tif", values=values, names=names), cache="b").contents.bands == BANDS
    path = make_raster("raw.tif", values=values, names=("B4", "B3", "B2", "B8"))
    assert cut(path, units="raw", cache="c").contents.bands == ("band B4", "band B3", "band B2", "band B8")


def test_empty_and_constant_tiles_are_skipped(make_raster, cut, report):
    values = np.random.default_rng(0).integers(300, 3000, (12, 16, 16 * 12))
    values[:, :, :16] = 0
    values[:, :, 16:32] = 700
    path = make_raster(values=values)
    shards = cut(path, cache="half")
    assert shards.chips == 23 - 3  # tiles at 0, 16, and that at 8 which is half empty, half constant
    assert "3 empty or constant" in report.logs[-1][1]


def test_large_rasters_are_not_cut_twice(make_raster, cut, monkeypatch):
    monkeypatch.setattr("mmearth.data.own_rasters.HALF_STRIDE_BELOW", 9)
    path = make_raster(values=np.random.default_rng(0).integers(300, 3000, (12, 48, 56)))
    assert cut(path).chips == 3 * 4  # the last column begins at 40 and so overlaps


def test_small_rasters_make_small_tiles_or_are_left_out(make_raster, cut, report):
    random = np.random.default_rng(0)
    small = make_raster("small.tif", values=random.integers(300, 3000, (12, 15, 60)))
    tiny = make_raster("tiny.tif", values=random.integers(300, 3000, (12, 13, 60)))
    shards = cut(small, tiny)
    assert shards.contents.chip_px == 15
    assert any("tiny.tif" in message and level == "warning" for level, message in report.logs)
    with pytest.raises(InputError, match="14 px wide and high"):
        cut(tiny)


def test_rasters_with_other_bands_are_refused(make_raster, cut):
    values = np.random.default_rng(0).integers(1, 255, (3, 40, 40))
    first = make_raster("a.tif", values=values, transform=FINE, names=("x", "y", "z"))
    second = make_raster("b.tif", values=values, transform=FINE, names=("x", "y", "w"))
    with pytest.raises(InputError, match=r"'a.tif' has the bands x, y, z and 'b.tif' has x, y, w"):
        cut(first, second)


def test_too_few_tiles_leave_nothing(make_raster, cut, tmp_path):
    path = make_raster(values=np.random.default_rng(0).integers(300, 3000, (12, 16, 32)))
    with pytest.raises(InputError, match="3 tiles of 16 px.*at least 8"):
        cut(path, cache="run/cache")
    assert os.listdir(tmp_path / "run") == []
    with pytest.raises(InputError, match="No raster"):
        cut()
    with pytest.raises(InputError, match="no_such"):
        cut(str(tmp_path / "no_such.tif"))


def test_tiles_are_used_again_until_files_or_settings_change(make_raster, cut, report, tmp_path):
    path = make_raster(values=np.random.default_rng(0).integers(300, 3000, (12, 48, 48)))
    cut(path)
    calls = len(report.calls)
    cut(path)
    assert len(report.calls) == calls
    assert cut(path, crop_px=21).contents.chip_px == 24
    make_raster(values=np.random.default_rng(0).integers(300, 3000, (12, 60, 60)))
    assert cut(path, crop_px=21).chips == 16


def test_a_continuous_layer_is_resampled_onto_the_raster(make_raster, cut):
    path = make_raster(values=np.random.default_rng(0).integers(300, 3000, (12, 48, 48)))
    # 20 m pixels that begin 100 m west and north; a plane, which bilinear sampling leaves as it is.
    x = 599900 + 20 * (np.arange(50) + 0.5)
    plane = np.broadcast_to((x - 600000) / 10, (1, 50, 50)).copy()
    plane[0, :, 20:] = -9999
    height = make_raster(
        "dem.tif", values=plane, dtype="float32", nodata=-9999, transform=Affine(20, 0, 599900, 0, -20, 5200100)
    )
    shards = cut(path, layers=[layer(height)])
    assert (shards.contents.tasks[1].name, shards.contents.tasks[1].kind) == ("height", "map")
    tile = shards.arrays["height"][0, 0]
    assert np.allclose(tile, np.arange(16) + 0.5, atol=1e-3)
    assert np.isnan(shards.arrays["height"][4, 0]).all()  # begins at column 32, beyond the layer's last value at 30
    statistics = shards.contents.statistics["height"]["all"]
    finite = shards.arrays["height"][np.isfinite(shards.arrays["height"])].astype(float)
    assert np.isclose(statistics.mean[0], finite.mean())
    assert np.isclose(statistics.std[0], finite.std())
    found = TrainingData([shards], 14, 0).batch(0, 25).targets["height"].numpy()
    assert 0.2 < np.isnan(found).mean() < 0.6
    assert abs(np.nanmean(found)) < 0.3


def test_a_class_layer_gets_a_code_table_and_keeps_zero_as_a_class(make_raster, cut):
    path = make_raster(values=np.random.default_rng(0).integers(300, 3000, (12, 48, 48)))
    codes = np.random.default_rng(1).choice([0, 111, 4000], (1, 48, 48))
    codes[0, :, 40:] = -1
    cover = make_raster("cover.tif", values=codes, dtype="int16", nodata=-1)
    shards = cut(path, layers=[layer(cover, "cover", "classes")])
    table = shards.contents.codes["cover"]
    assert sorted(table) == [0, 111, 4000]
    assert shards.contents.tasks[1].channels == 3
    stored = shards.arrays["cover"][4].astype(int)  # columns 32 to 48
    assert (stored[:, 8:] == 255).all()
    assert np.array_equal(np.array(table)[stored[:, :8]], codes[0, :16, 32:40])
    found = TrainingData([shards], 14, 0).batch(0, 25).targets["cover"].numpy()
    assert set(np.unique(found)) == {-1, 0, 1, 2}


def test_layers_in_another_crs_land_in_the_right_place(make_raster, cut):
    values = np.random.default_rng(0).integers(300, 3000, (12, 48, 48))
    path = make_raster(values=values)
    # A step in longitude at the raster's middle, 600240 E on UTM 32 N.
    from rasterio.warp import transform

    longitudes, latitudes = transform("EPSG:32632", "EPSG:4326", [600240.0], [5199760.0])
    side = 0.00002
    west, north = longitudes[0] - 400 * side, latitudes[0] + 400 * side
    codes = np.repeat([1, 2], 400)[None, None, :].repeat(800, axis=1)
    cover = make_raster(
        "wgs.tif", values=codes, dtype="uint8", crs="EPSG:4326", transform=Affine(side, 0, west, 0, -side, north)
    )
    shards = cut(path, layers=[layer(cover, "cover", "classes")])
    table = shards.contents.codes["cover"]
    row = np.array([*table, -1])[np.where(shards.arrays["cover"][10 + 2] == 255, -1, shards.arrays["cover"][12])][8]
    assert row.tolist() == [1] * 8 + [2] * 8  # row 16, columns 16 to 32: the step is at 24


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"path": "x.tif", "name": "h"}, "needs path, name and kind"),
        (layer("x.tif", "month"), "taken"),
        (layer("x.tif", "h", "picture"), "'picture'"),
        (layer("x.tif", "a/b"), "cannot be the name"),
        (layer("no_such.tif"), "no_such"),
    ],
)
def test_layers_that_are_ill_described_are_refused(make_raster, cut, entry, words):
    with pytest.raises(InputError, match=words):
        cut(make_raster(width=48), layers=[entry])


def test_layers_that_do_not_serve_are_refused(make_raster, cut):
    path = make_raster(values=np.random.default_rng(0).integers(300, 3000, (12, 48, 48)))
    random = np.random.default_rng(0)
    measured = make_raster("dem.tif", values=random.normal(0, 1, (1, 48, 48)), dtype="float32")
    cases = [
        (measured, "classes", "whole numbers"),
        (
            make_raster("many.tif", values=np.arange(48 * 48).reshape(1, 48, 48), dtype="int32"),
            "classes",
            "more than 255",
        ),
        (make_raster("one.tif", values=np.full((1, 48, 48), 7), dtype="uint8"), "classes", "the class 7 only"),
        (make_raster("away.tif", count=1, transform=Affine(10, 0, 0, 0, -10, 10)), "continuous", "no data where"),
        (make_raster("nowhere.tif", count=1, crs=None), "continuous", "no coordinate reference"),
    ]
    for file, kind, words in cases:
        with pytest.raises(InputError, match=words):
            cut(path, layers=[layer(file, "h", kind)])
    with pytest.raises(InputError, match="taken"):
        cut(path, layers=[layer(measured, "h"), layer(measured, "h")])
