import os
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth.embedding.features import scene_warnings
from mmearth.errors import InputError
from mmearth.scenes.band_names import band_texts
from mmearth.scenes.raster import BandMapping, Grid, open_scene
from mmearth.weights.checkpoints import load_weights
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

DATA = Path(os.environ.get("MMEARTH_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
WANTED = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B11", "B12")


def opened(path, bands=None, units="auto"):
    return open_scene(path, bands or {}, units, WANTED)


def test_unnamed_twelve_bands_are_taken_in_product_order_and_read_in_the_weights_order(make_raster):
    values = np.arange(1, 13)[:, None, None] * 100 + np.arange(8 * 8).reshape(8, 8)
    with opened(make_raster(values=values)) as scene:
        assert scene.mapping.how == "order"
        assert (scene.mapping.indexes["B8"], scene.mapping.indexes["B8A"]) == (8, 9)
        images, valid = scene.read(Window(2, 3, 4, 2), WANTED)
    assert valid.all()
    np.testing.assert_array_equal(images[WANTED.index("B8A")], values[8, 3:5, 2:6])
    np.testing.assert_array_equal(images[WANTED.index("B8")], values[7, 3:5, 2:6])


def test_names_win_over_order_and_a_class_band_is_not_read_as_reflectance(make_raster):
    path = make_raster(count=5, names=("B04", "B03", "B02", "SCL", "B08"))
    with opened(path) as scene:
        assert scene.mapping.how == "names"
        assert scene.mapping.indexes == {"B2": 3, "B3": 2, "B4": 1, "B8": 5}
        images, _ = scene.read(Window(0, 0, 4, 4), WANTED)
    assert not images[WANTED.index("B1")].any()


def test_a_window_over_the_edge_is_zero_and_invalid_outside(make_raster):
    with opened(make_raster(width=10, height=10)) as scene:
        images, valid = scene.read(Window(-3, 8, 6, 5), WANTED)
    assert images.shape == (12, 5, 6)
    expected = np.zeros((5, 6), bool)
    expected[:2, 3:] = True
    np.testing.assert_array_equal(valid, expected)
    assert not images[:, ~valid].any()


@pytest.mark.parametrize(
    ("dtype", "factor", "shift", "units"),
    [("uint16", 1, 0, "dn"), ("uint16", 1, 1000, "dn_offset"), ("float32", 1e-4, 0, "reflectance")],
)
def test_every_unit_gives_the_same_reflectance(make_raster, dtype, factor, shift, units):
    dn = np.random.default_rng(1).integers(50, 4000, (12, 64, 64))
    with opened(make_raster(values=dn * factor + shift, dtype=dtype)) as scene:
        assert scene.units.name == units
        images, _ = scene.read(Window(0, 0, 64, 64), ("B1", "B12"))
    np.testing.assert_allclose(images, dn[[0, 11]], atol=0.01)


def test_scale_and_offset_tags_are_obeyed(make_raster):
    path = make_raster(values=np.full((12, 8, 8), 3000), dtype="int16")
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.0001,) * 12, (-0.1,) * 12
    with opened(path) as scene:
        images, _ = scene.read(Window(0, 0, 2, 2), ("B4",))
        assert scene.units.name == "dn_offset"  # what it is called where the values say so instead of tags
    np.testing.assert_allclose(images, 2000, rtol=1e-5)


def test_bands_may_have_scales_of_their_own(make_raster):
    path = make_raster(values=np.full((12, 8, 8), 500), dtype="int16")
    with rasterio.open(path, "r+") as dataset:
        dataset.scales = tuple(0.0002 if i == 3 else 0.0001 for i in range(12))
    with opened(path) as scene:
        images, _ = scene.read(Window(0, 0, 1, 1), ("B3", "B4"))
        assert scene.units.name == "tagged"
    np.testing.assert_allclose(images[:, 0, 0], [500, 1000], rtol=1e-5)


def test_nodata_nan_and_all_zero_pixels_are_invalid(make_raster):
    values = np.full((12, 4, 4), 0.2)
    values[3, 0, 0] = np.nan
    values[5, 1, 1] = -1
    values[:, 2, 2] = 0
    with opened(make_raster(values=values, dtype="float32", nodata=-1)) as scene:
        images, valid = scene.read(Window(0, 0, 4, 4), WANTED)
    expected = np.ones((4, 4), bool)
    expected[[0, 1, 2], [0, 1, 2]] = False
    np.testing.assert_array_equal(valid, expected)
    assert np.isfinite(images).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"crs": None}, ["no coordinate reference system", "Assign"]),
        ({"count": 3}, ["has 3 bands", "want 12", "B4=1,B3=2,B2=3"]),
        ({"count": 1}, ["has 1 band,", "the folder that holds them"]),
        ({"count": 2, "names": ("B02", "B03")}, ["has 2 bands, too few of them named; the weights want 12"]),
        ({"transform": Affine.identity()}, ["no georeference", "EPSG:32632", "Georeferencer"]),
        ({"dtype": "complex64"}, ["complex numbers", "Choose an optical scene"]),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # of writing such files
def test_unusable_grids_and_bands_are_refused_with_the_remedy(make_raster, options, words):
    with pytest.raises(InputError) as caught, opened(make_raster(**options)):
        pass
    for word in ("scene.tif", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize("path", ["https://tiles/{z}/{x}/{y}.png", "type=xyz&url=https://t/{z}", "/nowhere/x.tif"])
def test_web_layers_and_missing_files_are_refused(path):
    with pytest.raises(InputError, match="web tile service|There is no file"), opened(path):
        pass


def test_a_text_file_is_not_a_raster(tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("not a raster")
    with pytest.raises(InputError, match="could not be opened as a raster"), opened(str(path)):
        pass


def test_chosen_bands_are_checked(make_raster):
    path = make_raster(count=3)
    with opened(path, {"B4": 1, "B3": 2, "B2": 3}) as scene:
        assert scene.mapping.how == "chosen"
    with pytest.raises(InputError, match="which has 3 bands"), opened(path, {"B4": 7}):
        pass
    with pytest.raises(InputError, match="not one the weights know"), opened(path, {"B99": 1}):
        pass


def test_bands_may_be_named_in_tags(make_raster):
    """As openEO names them; a description goes before, and a band without a name is none."""
    path = make_raster(count=6, names=("", "", "B02", "", "", ""))
    with rasterio.open(path, "r+") as dataset:
        for number, name in enumerate(("B04", "B03", "B11", "B08", "SCL"), 1):
            dataset.update_tags(number, DESCRIPTION=name)
    with opened(path) as scene:
        assert scene.mapping == BandMapping({"B2": 3, "B3": 2, "B4": 1, "B8": 4}, "names")
        assert band_texts(scene.dataset) == ["B04", "B03", "B02", "B08", "SCL", ""]


def test_a_real_scene_of_openeo_is_read_by_the_names_of_its_bands():
    path = DATA / "openeo_s2" / "S2_L2A_sample.tif"
    if not path.is_file():
        pytest.skip(f"no real scene at {path}; set MMEARTH_TEST_DATA")
    with opened(str(path)) as scene:
        assert scene.mapping == BandMapping({"B2": 3, "B3": 2, "B4": 1, "B8": 4}, "names")


def test_grid_crop_and_coarsen_keep_the_corner():
    grid = Grid(CRS.from_epsg(32632), Affine(10, 0, 100, 0, -10, 200), 9, 7)
    assert grid.bounds == (100, 130, 190, 200)
    cropped = grid.crop(Window(2, 3, 4, 2))
    assert cropped.bounds == (120, 150, 160, 170)
    coarse = grid.coarsen(4)
    assert (coarse.width, coarse.height, coarse.transform.a, coarse.transform.e) == (3, 2, 40, -40)


def test_bands_of_another_sensor_are_found_by_name_and_taken_as_they_are(make_raster):
    values = np.arange(3)[:, None, None] * 1000 + 1200 + np.arange(64).reshape(8, 8)
    path = make_raster(values=values, names=("thermal", "nir", "pan"))
    with open_scene(path, {}, "auto", ("pan", "thermal")) as scene:
        assert (scene.mapping.how, scene.mapping.indexes) == ("names", {"pan": 3, "thermal": 1})
        assert scene.units.name == "raw"
        images, _ = scene.read(Window(0, 0, 8, 8), ("pan", "thermal"))
    np.testing.assert_array_equal(images, values[[2, 0]])  # dn_offset would have been guessed for Sentinel-2
    with open_scene(path, {}, "byte", ("pan", "thermal")) as scene:
        assert scene.units.name == "byte"


def test_bands_of_another_sensor_are_taken_in_order_where_names_do_not_help(make_raster):
    path = make_raster(count=4, dtype="uint8", photometric="RGB", alpha="YES")
    with open_scene(path, {}, "auto", ("red band", "green band", "blue band")) as scene:
        assert scene.mapping.how == "order"
        assert list(scene.mapping.indexes.values()) == [1, 2, 3]  # alpha does not count
    with (
        pytest.raises(InputError, match=r"has 3 bands \(band 1, band 2, band 3\); the weights want 2"),
        open_scene(path, {}, "auto", ("x", "y")),
    ):
        pass


def test_all_bands_of_a_file_can_be_asked_for(make_raster):
    with open_scene(make_raster(count=2, names=("B4", "ndvi")), {}, "raw", ()) as scene:
        assert scene.mapping.indexes == {"band B4": 1, "ndvi": 2}
    with open_scene(make_raster("twins.tif", count=2, names=("x", "x")), {}, "raw", ()) as scene:
        assert scene.mapping.indexes == {"band 1": 1, "band 2": 2}


def test_values_of_another_sensor_are_missing_where_the_file_says_so_or_all_bands_are_zero(make_raster):
    values = np.full((2, 4, 4), 7)
    values[0, 0, 0] = 0
    values[:, 1, 1] = 0
    values[1, 2, 2] = 99
    with open_scene(make_raster(values=values, nodata=99), {}, "auto", ("band 1", "band 2")) as scene:
        _, valid = scene.read(Window(0, 0, 4, 4), ("band 1", "band 2"))
    assert np.argwhere(~valid).tolist() == [[1, 1], [2, 2]]


SLANTED = Affine.translation(600000, 5200000) @ Affine.rotation(20) @ Affine.scale(10, -10)


def plane(transform, height, width):
    """(12, height, width): a value that grows evenly to the east and south, which interpolation must reproduce."""
    rows, cols = np.mgrid[:height, :width] + 0.5
    x, y = transform @ (cols, rows)
    return (np.arange(12) * 10)[:, None, None] + 1000 + (x - 600000) / 10 - (y - 5200000) / 5


def away_from_the_edge(grid, height, width, margin_px=0.51):
    """(rows, cols) of the grid: True where a pixel's centre lies inside the slanted raster of that size."""
    rows, cols = np.mgrid[: grid.height, : grid.width] + 0.5
    col, row = ~SLANTED @ (grid.transform @ (cols, rows))
    return (np.minimum(col, row) > margin_px) & (col < width - margin_px) & (row < height - margin_px)


@pytest.mark.parametrize(("flip_x", "flip_y"), [(False, True), (True, False), (True, True)])
def test_south_up_and_mirrored_rasters_are_turned_over_without_a_change_of_values(make_raster, flip_x, flip_y):
    values = np.random.default_rng(3).integers(300, 3000, (12, 30, 21))
    transform = Affine(10, 0, 600000, 0, -10, 5200000)
    stored = values[:, :: -1 if flip_y else 1, :: -1 if flip_x else 1]
    if flip_x:
        transform = transform @ Affine.translation(21, 0) @ Affine.scale(-1, 1)
    if flip_y:
        transform = transform @ Affine.translation(0, 30) @ Affine.scale(1, -1)
    with opened(make_raster(values=stored, transform=transform)) as scene:
        assert scene.grid.bounds == (600000, 5199700, 600210, 5200000)
        assert scene.mapping.how == "order"
        images, valid = scene.read(Window(0, 0, 21, 30), tuple(scene.mapping.indexes))
        assert "'scene.tif' is stored south-up or mirrored; it is read through a warp" in scene.reading()["warped"]
    assert valid.all()
    np.testing.assert_array_equal(images, values[[i - 1 for i in scene.mapping.indexes.values()]])


def test_rasters_that_are_north_up_are_not_warped(make_raster):
    with opened(make_raster()) as scene:
        assert scene.reading()["warped"] == ""
        assert scene.reader is scene.dataset


def test_a_rotated_raster_is_warped_to_pixels_of_the_same_size(make_raster):
    values = plane(SLANTED, 40, 60)
    with opened(make_raster(values=values, transform=SLANTED, dtype="float32"), units="dn") as scene:
        assert scene.grid.transform.a == pytest.approx(10)
        assert scene.grid.transform.e == pytest.approx(-10)
        width, height = scene.grid.width, scene.grid.height
        images, valid = scene.read(Window(0, 0, width, height), WANTED)
        part, part_valid = scene.read(Window(20, 7, 31, 29), WANTED)
        assert "is rotated" in scene.warped
    expected = plane(scene.grid.transform, height, width)
    inner = away_from_the_edge(scene.grid, 40, 60)
    assert inner.sum() > 2000
    np.testing.assert_allclose(images[1][inner], expected[1][inner], atol=0.01)
    assert valid.sum() == pytest.approx(40 * 60, rel=0.03)
    assert not valid[~away_from_the_edge(scene.grid, 40, 60, -0.01)].any()
    np.testing.assert_array_equal(part, images[:, 7:36, 20:51])
    np.testing.assert_array_equal(part_valid, valid[7:36, 20:51])


@pytest.mark.parametrize("nodata", [None, 0])
@pytest.mark.parametrize("marked", ["zero", "alpha", "mask"])
def test_missing_pixels_of_a_rotated_raster_do_not_mix_with_their_neighbours(make_raster, nodata, marked):
    values = np.full((13, 40, 40), 800)
    values[:12, 10:20, 10:20] = 0 if marked == "zero" else 60000
    values[12] = 65535
    values[12, 10:20, 10:20] = 0
    count = 13 if marked == "alpha" else 12
    path = make_raster(values=values[:count], transform=SLANTED, nodata=nodata)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
        if marked == "alpha":
            dataset.colorinterp = [ColorInterp.gray] * 12 + [ColorInterp.alpha]
        if marked == "mask":
            dataset.write_mask(values[12] != 0)
    with opened(path, units="dn") as scene:
        assert max(scene.mapping.indexes.values()) == 12
        images, valid = scene.read(Window(0, 0, scene.grid.width, scene.grid.height), WANTED)
    assert set(np.unique(images[:, valid])) == {800}
    assert valid.sum() == pytest.approx(40 * 40 - 10 * 10, rel=0.06)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # of writing such files
def test_ground_control_points_place_a_raster(make_raster):
    values = plane(SLANTED, 40, 60)
    path = make_raster(values=values, transform=Affine.identity(), crs=None, dtype="float32")
    corners = [(row, col, *(SLANTED @ (col, row))) for row in (0, 20, 40) for col in (0, 30, 60)]
    with rasterio.open(path, "r+") as dataset:
        dataset.gcps = [GroundControlPoint(*corner, 0) for corner in corners], CRS.from_epsg(32632)
    with opened(path, units="dn") as scene:
        width, height = scene.grid.width, scene.grid.height
        images, valid = scene.read(Window(0, 0, width, height), WANTED)
        assert "is placed by 9 ground control points" in scene.warped
        assert scene.grid.crs.to_epsg() == 32632
    side_m = scene.grid.transform.a
    assert side_m == pytest.approx(10, rel=0.2)  # GDAL keeps the length of the diagonal
    assert valid.sum() * side_m**2 == pytest.approx(40 * 60 * 100, rel=0.05)
    inner = away_from_the_edge(scene.grid, 40, 60)
    assert inner.sum() > 2000
    np.testing.assert_allclose(images[1][inner], plane(scene.grid.transform, height, width)[1][inner], atol=0.01)


def test_opening_says_nothing_of_its_own_about_missing_georeference(make_raster):
    with pytest.warns(NotGeoreferencedWarning):
        path = make_raster(crs=None, transform=Affine.identity())
    with pytest.raises(InputError, match="no coordinate reference system"), opened(path):  # warnings are errors
        pass


def test_alpha_is_validity_and_not_the_thirteenth_band_of_a_product(make_raster):
    values = np.full((13, 6, 6), 700)
    values[12, 2:4, 1] = 0
    path = make_raster(values=values)
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = [ColorInterp.gray] + [ColorInterp.undefined] * 11 + [ColorInterp.alpha]
    with opened(path) as scene:
        assert scene.mapping.indexes["B12"] == 12
        _, valid = scene.read(Window(0, 0, 6, 6), WANTED)
    assert np.argwhere(~valid).tolist() == [[2, 1], [3, 1]]


def test_a_mask_inside_the_file_is_validity(make_raster):
    path = make_raster(values=np.full((12, 6, 6), 700))
    mask = np.full((6, 6), True)
    mask[4, 5] = False
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
        dataset.write_mask(mask)
    with opened(path) as scene:
        _, valid = scene.read(Window(0, 0, 6, 6), WANTED)
    np.testing.assert_array_equal(valid, mask)


def test_bands_may_differ_in_type_and_nodata(make_raster, tmp_path):
    """As bands of a virtual raster do."""
    first, second = np.full((1, 4, 4), 300), np.full((1, 4, 4), 400.5)
    first[0, 0, 0], second[0, 1, 1] = 7, -1
    bands = [
        (make_raster("a.tif", values=first), "UInt16", 7),
        (make_raster("b.tif", values=second, dtype="float32"), "Float32", -1),
        (make_raster("c.tif", values=np.full((1, 4, 4), 7), dtype="uint8"), "Byte", 9),
    ]
    text = "".join(
        f'<VRTRasterBand dataType="{dtype}" band="{i}"><Description>B{i + 1}</Description><NoDataValue>{nodata}'
        f"</NoDataValue><SimpleSource><SourceFilename>{path}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
        "</VRTRasterBand>"
        for i, (path, dtype, nodata) in enumerate(bands, 1)
    )
    (tmp_path / "mixed.vrt").write_text(
        '<VRTDataset rasterXSize="4" rasterYSize="4"><SRS>EPSG:32632</SRS><GeoTransform>600000,10,0,5200000,0,-10'
        f"</GeoTransform>{text}</VRTDataset>"
    )
    with opened(str(tmp_path / "mixed.vrt"), units="dn") as scene:
        images, valid = scene.read(Window(0, 0, 4, 4), ("B2", "B3", "B4"))
    assert np.argwhere(~valid).tolist() == [[0, 0], [1, 1]]  # 7 is data in the third band
    np.testing.assert_array_equal(images[:, 3, 3], [300, 400.5, 7])


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
)
def test_every_type_of_number_is_read(make_raster, dtype):
    values = np.arange(12 * 9).reshape(12, 3, 3) + 1
    with opened(make_raster(values=values, dtype=dtype), units="raw") as scene:
        images, valid = scene.read(Window(0, 0, 3, 3), WANTED[:7])
    assert valid.all()
    np.testing.assert_array_equal(images, values[:7])


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 37), (41, 1), (131, 257)])
def test_sizes_may_be_odd(make_raster, height, width):
    values = np.random.default_rng(5).integers(300, 3000, (12, height, width))
    with opened(make_raster(values=values)) as scene:
        assert scene.units.name == "dn"
        images, valid = scene.read(Window(0, 0, width, height), ("B1", "B12"))
    assert valid.all()
    np.testing.assert_array_equal(images, values[[0, 11]])


def test_overviews_are_not_what_is_read(make_raster):
    values = np.random.default_rng(5).integers(300, 3000, (12, 64, 64))
    path = make_raster(values=values)
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2, 4, 8, 16], Resampling.average)
    with opened(path) as scene:
        images, _ = scene.read(Window(0, 0, 64, 64), ("B4",))
    np.testing.assert_array_equal(images[0], values[3])


@pytest.mark.parametrize("transform", [None, SLANTED], ids=["north-up", "rotated"])
def test_memory_follows_the_window_and_not_the_raster(tmp_path, transform):
    transform = transform or Affine(10, 0, 600000, 0, -10, 5200000)
    path, side = tmp_path / "wide.tif", 40000
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint16", "crs": "EPSG:32632"}
    with rasterio.open(path, "w", **profile, transform=transform, tiled=True, SPARSE_OK=True) as dataset:
        dataset.write(np.full((3, 256, 256), 900, np.uint16), window=Window(side // 2, side // 2, 256, 256))
    tracemalloc.start()
    try:
        with opened(str(path), {"B4": 1, "B3": 2, "B2": 3}, "dn") as scene:
            middle = Window(scene.grid.width // 2, scene.grid.height // 2, 64, 64)
            images, valid = scene.read(middle, ("B4", "B3", "B2"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert valid.any()
    assert peak < 20e6  # the raster would be 9.6 GB


def test_a_palette_image_is_refused(make_raster):
    path = make_raster(count=1, dtype="uint8", values=np.ones((1, 4, 4)), photometric="palette")
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {1: (255, 0, 0, 255)})
    with pytest.raises(InputError, match="palette image.*Choose the raster"), opened(path, {"B4": 1}):
        pass


def test_a_container_is_refused_and_its_parts_are_taken_by_name(tmp_path):
    path = tmp_path / "both.h5"
    with h5py.File(path, "w") as file:
        file["a"], file["b"] = np.ones((4, 4), np.float32), np.ones((4, 4), np.float32)
    with pytest.raises(InputError, match="only 2 sub-datasets"), opened(str(path)):
        pass
    with (
        pytest.raises(InputError, match="no coordinate reference system"),  # that is: it was opened
        opened(f'HDF5:"{path}"://a'),
    ):
        pass


def test_pixels_have_a_size_on_the_ground():
    lat = np.radians(60)
    flattening = 0.00669437999014  # WGS 84: e²
    across_m = 6378137 / np.sqrt(1 - flattening * np.sin(lat) ** 2) * np.cos(lat)
    along_m = 6378137 * (1 - flattening) / (1 - flattening * np.sin(lat) ** 2) ** 1.5
    degrees = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 20, 0, -2e-4, 60.001), 10, 10)
    assert degrees.pixel_size_m() == pytest.approx((across_m * np.radians(1e-4), along_m * np.radians(2e-4)), rel=1e-5)
    y = 6378137 * np.log(np.tan(np.pi / 4 + lat / 2))
    mercator = Grid(CRS.from_epsg(3857), Affine(10, 0, 2e6, 0, -10, y + 50), 10, 10)
    assert mercator.pixel_size_m()[0] == pytest.approx(10 * across_m / 6378137, rel=1e-5)
    assert mercator.pixel_size_m()[1] == pytest.approx(10 * along_m * np.cos(lat) / 6378137, rel=1e-4)
    feet = Grid(CRS.from_epsg(2263), Affine(100, 0, 1e6, 0, -100, 2e5), 10, 10)
    assert feet.pixel_size_m() == pytest.approx((30.48, 30.48), rel=1e-3)


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        (Affine(1e-4, 0, 20, 0, -1e-4, 10), ""),
        (Affine(8e-4, 0, 20, 0, -8e-4, 10), "are 87.7 m wide"),
        (Affine(1e-4, 0, 20, 0, -1e-4, 60), "are 5.58 m wide and 11.1 m high"),
    ],
)
def test_pixels_unlike_those_of_pretraining_are_warned_about(make_raster, tiny_weights, transform, words):
    weights = load_weights(tiny_weights)
    with opened(make_raster(crs="EPSG:4326", transform=transform)) as scene:
        warnings = scene_warnings(scene, weights)
    assert [words in warning for warning in warnings] == ([True] if words else [])


def test_a_warp_is_among_the_warnings(make_raster, tiny_weights):
    with opened(make_raster(transform=SLANTED)) as scene:
        assert scene_warnings(scene, load_weights(tiny_weights)) == [scene.warped]


@pytest.mark.parametrize(("step", "found"), [(1, True), (8, True), (None, False)])
def test_reflectance_times_65535_is_recognised_by_its_gaps(make_raster, step, found):
    """Sentinel Hub writes DN / 10000 × 65535, rounded; plain DN, even those of products in steps, have other gaps."""
    dn = np.random.default_rng(1).integers(100, 4000, (12, 64, 64)) // (step or 8) * (step or 8)
    values = np.rint(dn * 6.5535) if step else dn
    with opened(make_raster(values=values)) as scene:
        assert (scene.units.name == "full_scale") is found
        images, _ = scene.read(Window(0, 0, 64, 64), ("B1", "B12"))
    np.testing.assert_allclose(images, dn[[0, 11]], atol=0.08)


@pytest.mark.parametrize(
    ("name", "count", "names", "level"),
    [
        ("scene.tif", 12, (), "l2a"),
        ("scene.tif", 13, (), "l1c"),
        ("S2A_MSIL1C_20200101.tif", 12, (), "l1c"),
        ("t32_l1c_b.tif", 12, (), "l1c"),
        ("XL1CX.tif", 12, (), "l2a"),
        ("scene.tif", 4, ("B2", "B3", "B4", "B10"), "l1c"),
        ("scene.tif", 4, ("B2", "B3", "B4", "B8"), "l2a"),
    ],
)
def test_processing_level_is_told_by_name_or_band_10(make_raster, name, count, names, level):
    path = make_raster(name=name, count=count, names=names)
    with open_scene(path, {}, "auto", WANTED) as scene:
        assert scene.level == scene.reading()["level"] == level
