"""Extra layers on the grid of a scene: values against formulas, validity, names, and what is refused."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth.errors import InputError
from mmearth.mapping.pixel_source import PixelSources
from mmearth.scenes.extra_layers import open_layers
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.warp import transform
from rasterio.windows import Window

LEFT, TOP = 600000, 5200000
GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, LEFT, 0, -10, TOP), 64, 48)
WHOLE = Window(0, 0, 64, 48)
COARSE = Affine(20, 0, LEFT - 200, 0, -20, TOP + 200)  # 20 m, from 200 m beyond the scene's corner


def read(paths, window=WHOLE, taken=()):
    with open_layers(paths, GRID, "scene.tif", taken) as layers:
        return layers.names, *layers.read(window)


def ramp(height=60, width=90):
    """Metres from the left edge of `COARSE` to the middle of each pixel."""
    return np.broadcast_to(np.arange(width) * 20 + 10, (1, height, width))


@pytest.mark.parametrize("dtype", ["int16", "uint16", "float32", "float64"])
def test_a_layer_is_interpolated_to_the_pixels_of_the_scene(make_raster, dtype):
    names, values, valid = read([make_raster("dem.tif", values=ramp(), dtype=dtype, transform=COARSE)])
    assert (names, values.dtype, values.shape) == (("dem",), np.float32, (1, 48, 64))
    assert valid.all()
    # The middle of column c of the scene lies 200 + 10c + 5 m from the layer's edge: no step of 20 m is left.
    np.testing.assert_allclose(values[0], np.broadcast_to(205 + 10 * np.arange(64), (48, 64)), atol=0.01)


def test_a_finer_layer_is_averaged_and_not_picked(make_raster):
    checks = np.indices((240, 320)).sum(axis=0) % 2 * 100  # 2 m pixels of 0 and 100
    _, values, valid = read([make_raster("fine.tif", values=checks[None], transform=Affine(2, 0, LEFT, 0, -2, TOP))])
    assert valid.all()
    np.testing.assert_allclose(values[0, 2:-2, 2:-2], 50, atol=5)


def test_a_layer_in_another_crs_comes_to_its_place(make_raster):
    degrees = Affine(0.001, 0, 10.2, 0, -0.001, 47.0)
    longitudes = np.broadcast_to(10.2 + 0.001 * (np.arange(300) + 0.5), (1, 150, 300))
    path = make_raster("lon.tif", values=longitudes, dtype="float64", crs="EPSG:4326", transform=degrees)
    _, values, valid = read([path])
    assert valid.all()
    rows, cols = (part.ravel() for part in np.indices((48, 64)))
    expected, _ = transform(GRID.crs, "EPSG:4326", LEFT + 10 * cols + 5, TOP - 10 * rows - 5)
    np.testing.assert_allclose(values[0].ravel(), expected, atol=2e-5)  # a fiftieth of its pixel


def test_a_layer_of_the_whole_earth_meets_every_scene(make_raster):
    world = Affine(1, 0, -180, 0, -1, 90)
    _, values, valid = read(
        [make_raster("world.tif", values=np.full((1, 180, 360), 7), crs="EPSG:4326", transform=world)]
    )
    assert valid.all()
    assert (values == 7).all()


@pytest.mark.parametrize("turned", ["south-up", "rotated"])
def test_layers_that_are_not_north_up_come_to_their_place(make_raster, turned):
    if turned == "south-up":
        path = make_raster("dem.tif", values=ramp(), transform=Affine(20, 0, LEFT - 200, 0, 20, TOP - 1000))
        expected = 205 + 10 * np.arange(64)[None, :]
    else:  # a quarter turn: its columns run south
        path = make_raster("dem.tif", values=ramp(), transform=Affine(0, 20, LEFT - 200, -20, 0, TOP + 200))
        expected = 205 + 10 * np.arange(48)[:, None]
    _, values, valid = read([path])
    assert valid.all()
    np.testing.assert_allclose(values[0], np.broadcast_to(expected, (48, 64)), atol=0.01)


def test_a_pixel_is_valid_where_every_band_of_every_layer_holds_data(make_raster):
    """Layers on the scene's own grid, so that nothing is interpolated."""
    two = np.arange(2 * 48 * 64).reshape(2, 48, 64) + 1
    two[1, 5, 6] = 0
    one = np.ones((1, 48, 64))
    one[0, 7, 8] = np.nan
    paths = [
        make_raster("two.tif", values=two, dtype="int32", nodata=0),
        make_raster("one.tif", values=one, dtype="float32"),
    ]
    names, values, valid = read(paths)
    assert names == ("two 1", "two 2", "one")
    expected = np.ones((48, 64), bool)
    expected[[5, 7], [6, 8]] = False
    np.testing.assert_array_equal(valid, expected)
    np.testing.assert_array_equal(values[:2, valid], two[:, valid])
    assert (values[:, ~valid] == 0).all()


def test_zero_is_a_value_and_beyond_the_layer_there_is_none(make_raster):
    small = make_raster(
        "sea.tif", values=np.zeros((1, 10, 10)), dtype="int16", transform=Affine(20, 0, LEFT, 0, -20, TOP)
    )
    _, values, valid = read([small], Window(-3, -4, 64, 48))
    expected = np.zeros((48, 64), bool)
    expected[4:24, 3:23] = True
    np.testing.assert_array_equal(valid, expected)
    assert (values == 0).all()


def test_alpha_and_masks_say_where_there_is_data(make_raster):
    values = np.full((2, 48, 64), 9)
    values[1] = 255
    values[1, :, :32] = 0
    alpha = make_raster("alpha.tif", values=values, dtype="uint8")
    with rasterio.open(alpha, "r+") as dataset:
        dataset.colorinterp = (ColorInterp.gray, ColorInterp.alpha)
    names, found, valid = read([alpha])
    assert names == ("alpha",)
    assert not valid[:, :31].any()
    assert valid[:, 33:].all()
    assert (found[0, :, 33:] == 9).all()
    masked = make_raster("masked.tif", values=values[:1], dtype="uint8")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(masked, "r+") as dataset:
        dataset.write_mask(values[1] > 0)
    _, found, valid = read([masked])
    assert not valid[:, :31].any()
    assert valid[:, 33:].all()


def test_scale_and_offset_of_the_file_are_applied(make_raster):
    path = make_raster("scaled.tif", values=np.full((1, 48, 64), 30), dtype="int16")
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.1,), (-5,)
    assert read([path])[1] == pytest.approx(-2)


def test_windows_join_to_the_whole(make_raster):
    path = make_raster(
        "dem.tif", values=np.random.default_rng(0).normal(size=(1, 60, 90)), dtype="float32", transform=COARSE
    )
    _, whole, _ = read([path])
    for window in (Window(0, 0, 13, 48), Window(13, 7, 51, 20), Window(50, 40, 14, 8)):
        rows, cols = window.toslices()
        np.testing.assert_allclose(read([path], window)[1], whole[:, rows, cols], atol=1e-4)


def test_names_come_from_file_and_band_and_never_pass_for_a_band_of_the_scene(make_raster):
    values = np.ones((2, 48, 64))
    paths = [
        make_raster("terrain.tif", values=values, names=("height", "slope")),
        make_raster("B8.tif", values=values[:1]),
        make_raster("A00.tif", values=values[:1]),
    ]
    names, *_ = read(paths, taken=("A00", "A01"))
    assert names == ("terrain height", "terrain slope", "layer B8", "layer A00")


def test_layers_that_cannot_serve_are_refused(make_raster, tmp_path):
    values = np.ones((1, 48, 64))
    colours = make_raster("palette.tif", values=values, dtype="uint8")
    with rasterio.open(colours, "r+") as dataset:
        dataset.write_colormap(1, {1: (255, 0, 0)})
    (tmp_path / "text.tif").write_text("no raster")
    (tmp_path / "other").mkdir()
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        nowhere = make_raster("nowhere.tif", values=values, transform=Affine.identity())
    refused = {
        str(tmp_path / "none.tif"): "There is no file",
        str(tmp_path / "text.tif"): "could not be opened as a raster",
        make_raster("no_crs.tif", values=values, crs=None): "has no coordinate reference system",
        nowhere: "has no georeference",
        colours: "is a palette image",
        make_raster("far.tif", values=values, transform=Affine(10, 0, LEFT + 640, 0, -10, TOP)): "lies elsewhere",
        make_raster(
            "pole.tif", values=values, crs="EPSG:3031", transform=Affine(10, 0, 0, 0, -10, 0)
        ): "lies elsewhere",
        make_raster("complex.tif", values=values, dtype="complex64"): "complex numbers",
    }
    for path, reason in refused.items():
        with pytest.raises(InputError, match=reason) as caught:
            read([path])
        assert caught.value.remedy
    scene = make_raster("scene.tif")
    with pytest.raises(InputError, match="is the scene itself"), open_layers([scene], GRID, scene, ()):
        pass
    twice = [make_raster("dem.tif", values=values), make_raster("other/dem.tif", values=values)]
    with pytest.raises(InputError, match="Two layers are called 'dem'"):
        read(twice)


def open_source(path, layers=()):
    return PixelSources({}, "auto", None, "cpu", lambda: None, layers).open(path)


def layer_with_a_hole(make_raster):
    values = np.arange(48 * 64).reshape(1, 48, 64) + 1
    values[0, 10:12, 20:25] = -1
    return make_raster("dem.tif", values=values, dtype="int16", nodata=-1), values[0]


def test_layers_follow_the_bands_of_a_scene(make_raster):
    scene = make_raster()
    path, heights = layer_with_a_hole(make_raster)
    windows = [Window(-8, -8, 40, 30), Window(24, 16, 48, 40)]
    with open_source(scene) as plain, open_source(scene, (path,)) as joined:
        assert (joined.bands, joined.layers) == ((*plain.bands, "dem"), ("dem",))
        assert plain.layers == ()
        streamed = list(joined.stream(windows))
        for window, found in zip(windows, streamed, strict=True):
            wanted, direct = plain.features(window), joined.features(window)
            around = np.pad(heights, 40, constant_values=-1)
            rows, cols = slice(int(window.row_off) + 40, None), slice(int(window.col_off) + 40, None)
            own = around[rows, cols][: int(window.height), : int(window.width)]
            valid = wanted.valid & (own > 0)
            assert valid.any()
            assert not valid.all()
            for features in (found, direct):
                np.testing.assert_array_equal(features.valid, valid)
                np.testing.assert_array_equal(features.bands[-1], np.where(valid, own, 0))
                np.testing.assert_array_equal(features.bands[:-1], np.where(valid, wanted.bands, 0))
            values, looked = joined.look(window)
            np.testing.assert_array_equal(values, direct.bands)
            np.testing.assert_array_equal(looked, valid)


def test_layers_follow_the_channels_of_an_embedding(make_raster):
    codes = np.random.default_rng(0).integers(-100, 100, (64, 48, 64))
    names = tuple(f"A{i:02d}" for i in range(64))
    scene = make_raster("embedding.tif", values=codes, dtype="int8", nodata=-128, names=names)
    path, heights = layer_with_a_hole(make_raster)
    with open_source(scene, (path,)) as joined:
        assert (joined.bands, joined.embedding.channels) == ((*names, "dem"), names)
        features = joined.features(WHOLE)
        np.testing.assert_array_equal(features.valid, heights > 0)
        np.testing.assert_array_equal(features.bands[-1], np.where(heights > 0, heights, 0))


def test_stopping_early_closes_what_was_opened(make_raster):
    """A stream that is left in the middle ends its threads; the next one starts from the beginning."""
    path, _ = layer_with_a_hole(make_raster)
    windows = [Window(0, 0, 32, 32), Window(32, 0, 32, 32)]
    with open_source(make_raster(), (path,)) as joined:
        stream = joined.stream(windows)
        first = next(stream)
        stream.close()
        np.testing.assert_array_equal(next(joined.stream(windows)).bands, first.bands)
