"""Classifying polygons as wholes: means over pixels, tile by tile, and what cannot be known."""

import numpy as np
import pyogrio.raw
import pytest
import shapely
from affine import Affine
from mmearth.errors import InputError
from mmearth.mapping import parcels as parcels_module
from mmearth.mapping.parcels import read_parcels
from mmearth.scenes.raster import Grid
from mmearth.styles import ClassInfo
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.windows import Window

CLASSES = (ClassInfo(4, "meadow", "#00ff00"), ClassInfo(9, "maize", "#ffff00"), ClassInfo(11, "rye", "#ff8800"))
LEFT, TOP, ROWS, COLS = 600000, 5200000, 20, 30
GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, LEFT, 0, -10, TOP), COLS, ROWS)


def box(col0, row0, col1, row1):
    """A rectangle in pixels of the grid."""
    return shapely.box(LEFT + 10 * col0, TOP - 10 * row1, LEFT + 10 * col1, TOP - 10 * row0)


@pytest.fixture
def layer(tmp_path):
    def make(shapes, crs="EPSG:32632", kind="Polygon", name="fields.gpkg", **columns):
        columns = columns or {"owner": [f"owner {i}" for i in range(len(shapes))]}
        path = str(tmp_path / name)
        pyogrio.raw.write(
            path, shapely.to_wkb(np.array(shapes, object)), [np.array(v) for v in columns.values()], list(columns),
            driver="GPKG", layer="fields", geometry_type=kind, crs=crs,
        )  # fmt: skip
        return path

    return make


@pytest.fixture
def world():
    """Probabilities (3, rows, cols), and where they are known."""
    rng = np.random.default_rng(0)
    scores = rng.dirichlet((1, 1, 1), (ROWS, COLS)).transpose(2, 0, 1).astype(np.float32)
    valid = np.ones((ROWS, COLS), bool)
    valid[:, 25:] = False
    return scores, valid


def add(parcels, world, side=None):
    scores, valid = world
    for row in range(0, ROWS, side or ROWS):
        for col in range(0, COLS, side or COLS):
            window = Window(col, row, min(side or COLS, COLS - col), min(side or ROWS, ROWS - row))
            part = window.toslices()
            if valid[part].any():
                parcels.add(scores[(slice(None), *part)][:, valid[part]], valid[part], GRID.crop(window))


def read(path):
    meta, _, wkb, columns = pyogrio.raw.read(path)
    return meta, shapely.from_wkb(wkb), dict(zip(meta["fields"], (c.tolist() for c in columns), strict=True))


def classified(path, world, tmp_path, side=None, out="out.gpkg"):
    parcels = read_parcels(path, "", GRID.crs, 3)
    add(parcels, world, side)
    parcels.write_classes(CLASSES, str(tmp_path / out))
    return read(tmp_path / out)


@pytest.mark.parametrize("side", [None, 7])
def test_parcels_get_the_mean_of_their_pixels_over_all_tiles(layer, world, tmp_path, side):
    scores, _ = world
    shapes = [box(2, 3, 12, 15), box(12, 3, 20, 9)]
    meta, geometries, fields = classified(layer(shapes), world, tmp_path, side)
    assert fields["owner"] == ["owner 0", "owner 1"]
    assert fields["pixels"] == [120, 48]
    for number, part in enumerate((scores[:, 3:15, 2:12], scores[:, 3:9, 12:20])):
        means = part.reshape(3, -1).mean(axis=1)
        first, second, _ = np.argsort(-means)
        assert (fields["class_value"][number], fields["class_name"][number]) == (
            CLASSES[first].value, CLASSES[first].name
        )  # fmt: skip
        assert fields["probability"][number] == pytest.approx(means[first], abs=1e-4)
        assert fields["second_class"][number] == CLASSES[second].name
        assert fields["second_probability"][number] == pytest.approx(means[second], abs=1e-4)
        assert fields["share"][number] == pytest.approx((part.argmax(axis=0) == first).mean(), abs=1e-4)
    assert shapely.equals(geometries, np.array(shapes, object)).all()
    assert "32632" in meta["crs"]


def test_parcels_of_another_crs_stay_in_it(layer, world, tmp_path):
    transformer = Transformer.from_crs("EPSG:32632", "EPSG:4326", always_xy=True)
    degrees = shapely.transform(box(2, 3, 12, 15), lambda xy: np.column_stack(transformer.transform(*xy.T)))
    here = classified(layer([box(2, 3, 12, 15)]), world, tmp_path)
    there = classified(layer([degrees], crs="EPSG:4326", name="degrees.gpkg"), world, tmp_path, out="there.gpkg")
    assert there[2] == here[2]
    assert "4326" in there[0]["crs"]
    assert shapely.equals(there[1][0], degrees)


def test_a_parcel_without_a_pixel_centre_takes_the_pixel_it_lies_in(layer, world, tmp_path):
    scores, _ = world
    _, _, fields = classified(layer([box(8.1, 5.1, 8.4, 5.4)]), world, tmp_path, side=8)
    own = scores[:, 5, 8]
    assert fields["pixels"] == [0]
    assert fields["class_value"] == [CLASSES[own.argmax()].value]
    assert fields["probability"][0] == pytest.approx(own.max(), abs=1e-4)
    assert fields["share"] == [1.0]


def test_parcels_that_nothing_is_known_of_are_null(layer, world, tmp_path):
    outside, nodata, partly = box(100, 3, 110, 9), box(26, 2, 29, 5), box(20, 2, 28, 4)
    _, _, fields = classified(layer([outside, nodata, partly, None]), world, tmp_path, side=7)
    assert fields["pixels"] == [0, 0, 10, 0]  # of the third, columns 20 to 24 hold data
    assert [name is None for name in fields["class_name"]] == [True, True, False, True]
    assert np.isnan(fields["probability"])[[0, 1, 3]].all()
    assert np.isnan(fields["share"])[[0, 1, 3]].all()


def test_overlapping_parcels_each_have_all_their_pixels(layer, world, tmp_path):
    scores, _ = world
    shapes = [box(2, 2, 12, 12), box(6, 6, 16, 16), box(2, 2, 12, 12), box(20, 2, 24, 4)]
    _, _, fields = classified(layer(shapes), world, tmp_path, side=7)
    assert fields["pixels"] == [100, 100, 100, 8]
    means = scores[:, 6:16, 6:16].reshape(3, -1).mean(axis=1)
    assert fields["probability"][1] == pytest.approx(means.max(), abs=1e-4)
    assert fields["probability"][0] == fields["probability"][2]


def test_multipolygons_count_every_part(layer, world, tmp_path):
    both = shapely.MultiPolygon([box(1, 1, 3, 3), box(15, 10, 18, 12)])
    _, _, fields = classified(layer([both], kind="MultiPolygon"), world, tmp_path, side=7)
    assert fields["pixels"] == [10]


def test_fields_of_the_same_name_are_kept(layer, world, tmp_path):
    path = layer([box(2, 3, 12, 15)], Class_Name=["what the farmer says"], pixels=[-5])
    parcels = read_parcels(path, "", GRID.crs, 3)
    add(parcels, world)
    parcels.write_classes(CLASSES, str(tmp_path / "out.gpkg"))
    fields = read(tmp_path / "out.gpkg")[2]
    assert (fields["Class_Name"], fields["pixels"]) == (["what the farmer says"], [-5])
    assert fields["map_pixels"] == [120]
    assert fields["map_class_name"][0] in {info.name for info in CLASSES}
    assert parcels.field("class_value") == "map_class_value"


def test_numbers_are_averaged_with_their_interval(layer, tmp_path):
    value = np.arange(ROWS * COLS, dtype=np.float32).reshape(ROWS, COLS)
    scores = np.stack([value, value - 3, value + 5])
    parcels = read_parcels(layer([box(2, 3, 12, 15), box(100, 3, 110, 9)]), "", GRID.crs, 3)
    add(parcels, (scores, np.ones((ROWS, COLS), bool)), side=7)
    parcels.write_values(str(tmp_path / "out.gpkg"))
    fields = read(tmp_path / "out.gpkg")[2]
    mean = value[3:15, 2:12].mean()
    assert [fields[name][0] for name in ("mean", "low", "high")] == pytest.approx([mean, mean - 3, mean + 5])
    assert np.isnan([fields[name][1] for name in ("mean", "low", "high")]).all()
    assert fields["pixels"] == [120, 0]


def test_an_interval_that_is_not_known_is_null_and_the_value_is_not(layer, tmp_path):
    scores = np.stack([np.full((ROWS, COLS), v, np.float32) for v in (2.5, np.nan, np.nan)])
    parcels = read_parcels(layer([box(2, 3, 12, 15)]), "", GRID.crs, 3)
    add(parcels, (scores, np.ones((ROWS, COLS), bool)))
    parcels.write_values(str(tmp_path / "out.gpkg"))
    fields = read(tmp_path / "out.gpkg")[2]
    assert fields["mean"] == [2.5]
    assert np.isnan([fields["low"][0], fields["high"][0]]).all()


def test_layers_are_named_where_there_are_several(layer, tmp_path):
    path = layer([box(2, 3, 12, 15)])
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array([box(1, 1, 2, 2)], object)), [], [], layer="others", driver="GPKG",
        geometry_type="Polygon", crs="EPSG:32632", append=True,
    )  # fmt: skip
    with pytest.raises(InputError, match="2 layers"):
        read_parcels(path, "", GRID.crs, 3)
    assert len(read_parcels(path, "fields", GRID.crs, 3).table.wkb) == 1


def test_points_are_refused(layer):
    path = layer([shapely.Point(LEFT + 5, TOP - 5)], kind="Point")
    with pytest.raises(InputError, match="no polygon"):
        read_parcels(path, "", GRID.crs, 3)


def test_neighbours_are_burnt_at_once(layer, world, tmp_path, monkeypatch):
    """A mosaic without overlap needs two passes a tile, not one for each parcel."""
    passes = []
    burn = parcels_module.rasterize
    monkeypatch.setattr(parcels_module, "rasterize", lambda *given, **named: passes.append(1) or burn(*given, **named))
    shapes = [box(col, row, col + 1, row + 1) for row in range(10) for col in range(10)]
    _, _, fields = classified(layer(shapes), world, tmp_path)
    assert fields["pixels"] == [1] * 100
    assert len(passes) == 2


def test_result_opens_as_a_layer_of_its_own_type(layer, world, tmp_path):
    classified(layer([box(2, 3, 12, 15)]), world, tmp_path)
    info = pyogrio.read_info(tmp_path / "out.gpkg")
    assert info["geometry_type"] == "Polygon"
    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert (types["class_value"], types["pixels"], types["probability"]) == ("int32", "int64", "float64")
