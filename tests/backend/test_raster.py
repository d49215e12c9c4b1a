import numpy as np
import pytest
from affine import Affine
from mmearth.errors import InputError
from mmearth.raster import Grid, open_scene
from rasterio.crs import CRS
from rasterio.windows import Window

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
    import rasterio

    path = make_raster(values=np.full((12, 8, 8), 3000), dtype="int16")
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.0001,) * 12, (-0.1,) * 12
    with opened(path) as scene:
        images, _ = scene.read(Window(0, 0, 2, 2), ("B4",))
    np.testing.assert_allclose(images, 2000, rtol=1e-5)


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
        ({"count": 1}, ["has 1 band,"]),
        ({"transform": Affine.translation(6e5, 5.2e6) @ Affine.rotation(20) @ Affine.scale(10, -10)}, ["rotated"]),
        ({"transform": Affine(10, 0, 6e5, 0, 10, 5.2e6)}, ["south-up", "Warp"]),
    ],
)
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
