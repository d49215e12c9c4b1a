"""Results written once more: values by plain GDAL, colours and names kept, polygons in another CRS, bad input."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely
from affine import Affine
from mmearth import export_map, protocol
from mmearth.cog import Layout, cog_writer, write_class_table
from mmearth.errors import InputError, ResourceError
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS
from rasterio.warp import transform as transform_points
from rasterio.windows import Window

GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, 600000, 0, -10, 5200000), 40, 30)
CLASSES = {1: ("Forest", (0, 100, 0)), 2: ("Maize & more", (200, 200, 0)), 5: ("Water", (0, 0, 200))}


@pytest.fixture
def class_map(tmp_path, report):
    """A class map as predict writes it: 20 × 30 px of forest, then of maize, a lake between, a corner without data."""
    values = np.ones((30, 40), np.uint8)
    values[:, 20:] = 2
    values[10:20, 15:25] = 5
    values[:5, :5] = 0
    path = str(tmp_path / "classes.tif")
    tag = {"output": "map", "classes": {value: name for value, (name, _) in CLASSES.items()}}
    colors = {value: color for value, (_, color) in CLASSES.items()}
    layout = Layout(GRID, 1, "uint8", 0, ("class",), {"MMEARTH": json.dumps(tag)}, colors=colors, resampling="mode")
    with cog_writer(path, layout, report) as writer:
        writer.write(values[None], Window(0, 0, 40, 30))
    rows = [
        {"value": value, "name": name, "color": "#{:02x}{:02x}{:02x}".format(*color), "pixels": 0, "area_m2": 0.0}
        for value, (name, color) in CLASSES.items()
    ]
    write_class_table(path, rows, 6)
    Path(path).with_suffix(".qml").write_text("<qgis/>", encoding="utf-8")
    return path


@pytest.fixture
def export(report, tmp_path):
    def run(source, out="export.tif", **fields):
        return export_map.run(protocol.ExportMapRequest(source, str(tmp_path / out), **fields), report)

    return run


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read(1)


def categories(path):
    return [one.text for one in ElementTree.parse(path + ".aux.xml").iter("Category")]  # noqa: S314


def test_a_copy_is_the_same_map(export, class_map):
    result = export(class_map)
    np.testing.assert_array_equal(read(result["out"]), read(class_map))
    with rasterio.open(result["out"]) as copy, rasterio.open(class_map) as own:
        assert (copy.crs, copy.transform, copy.nodata, copy.dtypes) == (own.crs, own.transform, 0, ("uint8",))
        assert copy.colormap(1) == own.colormap(1)
        assert copy.descriptions == ("class",)
        assert copy.tags()["MMEARTH"] == own.tags()["MMEARTH"]
        assert copy.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert categories(result["out"]) == categories(class_map)
    assert Path(result["style"]).read_text(encoding="utf-8") == "<qgis/>"


def test_classes_in_another_crs_are_those_at_the_centre_of_each_pixel(export, class_map):
    result = export(class_map, crs="EPSG:3035", res=7.0)
    own = read(class_map)
    with rasterio.open(result["out"]) as dataset:
        assert dataset.crs == CRS.from_epsg(3035)
        assert dataset.res == (7.0, 7.0)
        found = dataset.read(1)
        rows, cols = np.mgrid[: dataset.height, : dataset.width]
        x, y = dataset.transform @ (cols.ravel() + 0.5, rows.ravel() + 0.5)
        x, y = transform_points(dataset.crs, GRID.crs, x, y)
    col, row = ~GRID.transform @ (np.array(x), np.array(y))
    inside = (col >= 0) & (col < 40) & (row >= 0) & (row < 30)
    wanted = np.zeros(found.size, int)
    wanted[inside] = own[np.floor(row[inside]).astype(int), np.floor(col[inside]).astype(int)]
    np.testing.assert_array_equal(found.ravel(), wanted)
    assert result["resampling"] == "nearest"
    assert categories(result["out"]) == categories(class_map)
    counts = [int(r[5].text) for r in ElementTree.parse(result["out"] + ".aux.xml").iter("Row")]  # noqa: S314
    assert counts == [int((found == value).sum()) for value in CLASSES], "of the export, not of the source"


def test_numbers_on_coarser_pixels_are_averaged(export, make_raster):
    values = np.random.default_rng(0).random((2, 30, 40)).astype(np.float32)
    values[0, :2, :2] = np.nan
    source = make_raster("values.tif", values=values, dtype="float32", nodata=np.nan, names=("height", "other"))
    result = export(source, res=20.0)
    with rasterio.open(result["out"]) as dataset:
        found = dataset.read()
        assert dataset.descriptions == ("height", "other")
        assert np.isnan(dataset.nodata)
    wanted = values.reshape(2, 15, 2, 20, 2).mean(axis=(2, 4))
    assert np.isnan(found[0, 0, 0])
    np.testing.assert_allclose(found[:, 1:], wanted[:, 1:], rtol=1e-5)
    assert (result["resampling"], result["width"], result["height"], result["res"]) == ("average", 20, 15, [20.0, 20.0])


def test_numbers_between_pixels_are_interpolated(export, make_raster):
    values = np.tile(np.arange(40, dtype=np.float32) * 10, (1, 30, 1))
    result = export(make_raster("values.tif", values=values, dtype="float32", nodata=-1), res=5.0)
    found = read(result["out"])
    assert result["resampling"] == "bilinear"
    np.testing.assert_allclose(found[20, 2:78], np.arange(80)[2:78] * 5 - 2.5, atol=1e-3)


def test_codes_of_an_embedding_keep_their_scale(export, tmp_path, report):
    path = str(tmp_path / "embedding.tif")
    codes = np.random.default_rng(0).integers(-127, 128, (3, 30, 40)).astype(np.int8)
    layout = Layout(GRID, 3, "int8", -128, ("a", "b", "c"), scales=(0.5, 0.25, 0.1), offsets=(1.0, 0.0, 0.0))
    with cog_writer(path, layout, report) as writer:
        writer.write(codes, Window(0, 0, 40, 30))
    result = export(path, bounds=(600100, 5199800, 600200, 5199900))
    with rasterio.open(result["out"]) as dataset:
        assert (dataset.scales, dataset.offsets) == ((0.5, 0.25, 0.1), (1.0, 0.0, 0.0))
        assert (dataset.dtypes[0], dataset.nodata) == ("int8", -128)
        np.testing.assert_array_equal(dataset.read(), codes[:, 10:20, 10:20])


def test_large_rasters_go_block_by_block(export, class_map, monkeypatch):
    monkeypatch.setattr("mmearth.mapping.map_export._BLOCK_BYTES", 1)
    monkeypatch.setattr("mmearth.mapping.map_export._BLOCK_PX", 8)
    np.testing.assert_array_equal(read(export(class_map)["out"]), read(class_map))


class TestPolygons:
    def test_each_area_of_a_class_becomes_one(self, export, class_map):
        result = export(class_map, "areas.gpkg")
        _, _, outlines, (values, names, area_m2) = pyogrio.raw.read(result["out"])
        assert dict(zip(values.tolist(), names.tolist(), strict=True)) == {v: name for v, (name, _) in CLASSES.items()}
        assert dict(zip(values.tolist(), area_m2.tolist(), strict=True)) == {1: 52500.0, 2: 55000.0, 5: 10000.0}
        assert sum(shapely.area(shapely.from_wkb(outlines))) == pytest.approx(117500)
        assert result["polygons"] == 3
        assert "Maize &amp; more" in Path(result["style"]).read_text(encoding="utf-8")

    def test_in_another_crs_they_lie_where_they_lay(self, export, class_map):
        result = export(class_map, "areas.gpkg", crs="EPSG:4326")
        meta, _, outlines, (values, _, area_m2) = pyogrio.raw.read(result["out"])
        assert CRS.from_user_input(meta["crs"]) == CRS.from_epsg(4326)
        (lake,) = shapely.from_wkb(outlines)[values == 5]
        lon, lat = transform_points(GRID.crs, meta["crs"], [600150, 600250] * 2, [5199900] * 2 + [5199800] * 2)
        corners = {(round(x, 7), round(y, 7)) for x, y in lake.exterior.coords}
        assert corners == {(round(x, 7), round(y, 7)) for x, y in zip(lon, lat, strict=True)}
        assert area_m2[values == 5].tolist() == [10000.0]
        assert not [one for one in Path(result["out"]).parent.iterdir() if one.name.startswith(".")]

    def test_of_a_part(self, export, class_map):
        result = export(class_map, "areas.gpkg", bounds=(600150, 5199800, 600250, 5199900))
        assert pyogrio.raw.read(result["out"])[3][0].tolist() == [5]
        assert not [one for one in Path(result["out"]).parent.iterdir() if one.name.startswith(".")]

    def test_the_style_of_the_raster_beside_it_stays(self, export, class_map):
        result = export(class_map, "classes.gpkg")
        assert result["style"].endswith("classes.gpkg.qml")
        assert Path(class_map).with_suffix(".qml").read_text(encoding="utf-8") == "<qgis/>"

    def test_of_numbers_there_are_none(self, export, make_raster):
        source = make_raster("values.tif", values=np.zeros((1, 4, 4)), dtype="float32")
        with pytest.raises(InputError, match="whole numbers"):
            export(source, "areas.gpkg")


class TestBadInput:
    def test_the_target_is_the_source(self, class_map, report):
        with pytest.raises(InputError, match="would replace"):
            export_map.run(protocol.ExportMapRequest(class_map, class_map), report)
        assert read(class_map).any()

    def test_a_deleted_source(self, export, tmp_path):
        with pytest.raises(InputError, match="There is no file"):
            export(str(tmp_path / "gone.tif"))

    def test_an_unknown_crs(self, export, class_map):
        with pytest.raises(InputError, match="'EPSG:99999' is not a coordinate reference system"):
            export(class_map, crs="EPSG:99999")

    def test_pixels_below_nothing(self, export, class_map):
        with pytest.raises(InputError, match="pixel size -1"):
            export(class_map, res=-1.0)

    def test_pixels_too_small_for_the_disk(self, export, class_map):
        with pytest.raises(ResourceError, match="GB free"):
            export(class_map, res=0.0001)

    def test_pixels_too_small_for_any_raster(self, export, class_map):
        with pytest.raises(InputError, match="Choose larger pixels"):
            export(class_map, res=1e-8)

    def test_a_folder_that_cannot_be_written(self, export, class_map):
        with pytest.raises(ResourceError, match="not writable"):
            export(class_map, "../../../../../../../../sys/export.tif")

    def test_another_kind_of_file(self, export, class_map):
        with pytest.raises(InputError, match="should end in"):
            export(class_map, "export.png")
