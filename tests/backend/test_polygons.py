"""Class raster to polygons: values, names, areas, confidence, strips and what is left behind."""

import mmearth.mapping.polygons
import numpy as np
import pyogrio
import pyogrio.raw
import pytest
import rasterio
import shapely
from affine import Affine
from mmearth.errors import Cancelled, ResourceError
from mmearth.mapping.polygons import PolygonOptions, write_polygons
from mmearth.styles import ClassInfo
from pyproj import Geod
from rasterio.features import rasterize
from scipy import ndimage

CLASSES = (ClassInfo(1, "water", "#0000ff"), ClassInfo(7, "forest & co", "#00ff00"))
MAP = np.array([[1, 1, 0, 7], [1, 7, 7, 7], [0, 0, 1, 1]], np.uint8)


def read(path):
    meta, _, wkb, columns = pyogrio.raw.read(path)
    return meta, shapely.from_wkb(wkb), dict(zip(meta["fields"], columns, strict=True))


def test_regions_become_polygons_with_value_name_area_and_confidence(tmp_path, make_raster, report):
    classes = make_raster("map.tif", values=MAP[None], dtype="uint8", nodata=0)
    percent = np.where(MAP == 0, 255, np.arange(12).reshape(3, 4) * 5)
    confidence = make_raster("confidence.tif", values=percent[None], dtype="uint8", nodata=255)
    out = tmp_path / "map.gpkg"
    assert write_polygons(classes, str(out), CLASSES, confidence, report) == 3
    meta, geometries, fields = read(out)
    order = np.lexsort((fields["area_m2"], fields["class_value"]))
    assert fields["class_value"][order].tolist() == [1, 1, 7]
    assert fields["class_name"][order].tolist() == ["water", "water", "forest & co"]
    assert fields["area_m2"][order].tolist() == [200, 300, 400]
    # Mean of 5 × the pixel numbers: {10, 11}, {0, 1, 4}, {3, 5, 6, 7}.
    np.testing.assert_allclose(fields["confidence"][order], [52.5, 25 / 3, 26.25])
    np.testing.assert_allclose(shapely.area(geometries), fields["area_m2"])
    assert shapely.bounds(geometries[order[0]]).tolist() == [600020, 5199970, 600040, 5199980]
    assert "32632" in meta["crs"]
    assert pyogrio.list_layers(out)[0].tolist() == ["map", "Polygon"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["confidence.tif", "map.gpkg", "map.tif"]


def test_holes_stay_holes(tmp_path, make_raster, report):
    values = np.ones((5, 5), np.uint8)
    values[1:4, 1:4] = 0
    out = tmp_path / "map.gpkg"
    write_polygons(make_raster(values=values[None], dtype="uint8", nodata=0), str(out), CLASSES, None, report)
    _, geometries, fields = read(out)
    assert len(geometries[0].interiors) == 1
    assert fields["area_m2"].tolist() == [1600]
    assert "confidence" not in fields


def test_strips_cut_regions_and_cover_the_same_area(tmp_path, make_raster, report, monkeypatch):
    monkeypatch.setattr(mmearth.mapping.polygons, "STRIP_PX", 2)
    out = tmp_path / "map.gpkg"
    values = np.full((5, 6), 7, np.uint8)
    assert (
        write_polygons(make_raster(values=values[None], dtype="uint8", nodata=0), str(out), CLASSES, None, report) == 3
    )
    _, geometries, fields = read(out)
    assert fields["area_m2"].tolist() == [1200, 1200, 600]
    assert shapely.union_all(geometries).area == 3000
    assert [call[1:] for call in report.calls] == [(2, 5), (4, 5), (5, 5)]


def test_area_in_degrees_is_measured_on_the_ellipsoid(tmp_path, make_raster, report):
    transform = Affine(0.001, 0, 11, 0, -0.001, 47)
    values = np.full((4, 3), 1, np.uint8)
    classes = make_raster(values=values[None], dtype="uint8", nodata=0, crs="EPSG:4326", transform=transform)
    write_polygons(classes, str(tmp_path / "map.gpkg"), CLASSES, None, report)
    _, _, fields = read(tmp_path / "map.gpkg")
    area_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(shapely.box(11, 46.996, 11.003, 47))
    assert fields["area_m2"][0] == pytest.approx(abs(area_m2), rel=1e-6)


def test_empty_map_gives_an_empty_layer(tmp_path, make_raster, report):
    classes = make_raster(values=np.zeros((1, 4, 4)), dtype="uint8", nodata=0)
    assert write_polygons(classes, str(tmp_path / "map.gpkg"), CLASSES, None, report) == 0
    assert pyogrio.read_info(tmp_path / "map.gpkg")["features"] == 0


def test_class_zero_is_mapped_when_nodata_is_another_value(tmp_path, make_raster, report):
    classes = make_raster(values=np.array([[[0, 0, 255]]]), dtype="uint8", nodata=255)
    write_polygons(classes, str(tmp_path / "map.gpkg"), (ClassInfo(0, "none", "#000000"),), None, report)
    assert read(tmp_path / "map.gpkg")[2]["area_m2"].tolist() == [200]


def test_replaces_an_older_file_and_keeps_it_when_cancelled(tmp_path, make_raster, report):
    classes = make_raster("map.tif", values=MAP[None], dtype="uint8", nodata=0)
    out = tmp_path / "map.gpkg"
    write_polygons(classes, str(out), CLASSES, None, report)
    write_polygons(classes, str(out), CLASSES, None, report)
    assert pyogrio.read_info(out)["features"] == 3
    before = out.read_bytes()
    report.cancel_at = 0
    with pytest.raises(Cancelled):
        write_polygons(classes, str(out), CLASSES, None, report)
    assert out.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.gpkg", "map.tif"]


def test_folder_that_does_not_exist_is_refused(tmp_path, make_raster, report):
    classes = make_raster(values=MAP[None], dtype="uint8", nodata=0)
    with pytest.raises(ResourceError, match="cannot be written"):
        write_polygons(classes, str(tmp_path / "none" / "map.gpkg"), CLASSES, None, report)


def test_memory_of_many_strips_is_that_of_one(tmp_path, make_raster, report, monkeypatch):
    monkeypatch.setattr(mmearth.mapping.polygons, "STRIP_PX", 8)
    sizes = []
    label = mmearth.mapping.polygons.ndimage.label

    def watch(values):
        sizes.append(values.size)
        return label(values)

    monkeypatch.setattr(mmearth.mapping.polygons.ndimage, "label", watch)
    classes = make_raster(values=np.ones((1, 64, 10)), dtype="uint8", nodata=0)
    write_polygons(classes, str(tmp_path / "map.gpkg"), CLASSES, None, report)
    with rasterio.open(classes) as raster:
        assert raster.shape == (64, 10)
    assert max(sizes) == 80


def test_chunks_of_polygons_add_up(tmp_path, make_raster, report, monkeypatch):
    monkeypatch.setattr(mmearth.mapping.polygons, "CHUNK", 2)
    monkeypatch.setattr(mmearth.mapping.polygons, "STRIP_PX", 4)
    checks = np.indices((8, 5)).sum(axis=0) % 2 * 6 + 1
    classes = make_raster(values=checks[None], dtype="uint8", nodata=0)
    assert write_polygons(classes, str(tmp_path / "map.gpkg"), CLASSES, None, report) == 40
    _, geometries, fields = read(tmp_path / "map.gpkg")
    assert (fields["area_m2"] == 100).all()
    assert shapely.union_all(geometries).area == 4000
    assert report.calls[-1][1:] == (8, 8)


def noisy(rows=60, cols=50, seed=0):
    """Large patches of two classes and nodata, with specks of the classes in each other."""
    rng = np.random.default_rng(seed)
    coarse = rng.choice([0, 1, 7], (rows // 10, cols // 10), p=[0.2, 0.4, 0.4])
    values = np.kron(coarse, np.ones((10, 10), int)).astype(np.uint8)
    specks = (rng.random(values.shape) < 0.06) & (values > 0)
    values[specks] = 8 - values[specks]
    return values


def regions_of(values, least_px):
    """Sizes of the 4-connected regions of classes that are smaller than wanted."""
    sizes = [np.bincount(ndimage.label(values == value)[0].ravel())[1:] for value in (1, 7)]
    return np.concatenate(sizes)[np.concatenate(sizes) < least_px]


def written(tmp_path, make_raster, report, values, options):
    path = make_raster("map.tif", values=values[None], dtype="uint8", nodata=0)
    write_polygons(path, str(tmp_path / "map.gpkg"), CLASSES, None, report, options)
    return read(tmp_path / "map.gpkg")[1:]


def burnt(geometries, fields, shape):
    """The polygons as a raster again."""
    pairs = list(zip(geometries, fields["class_value"].tolist(), strict=True))
    return rasterize(pairs, shape, 0, transform=Affine(10, 0, 600000, 0, -10, 5200000), dtype="uint8")


@pytest.mark.parametrize("rows", [1024, 8])
def test_specks_go_to_their_neighbours_and_nodata_stays(tmp_path, make_raster, report, monkeypatch, rows):
    monkeypatch.setattr(mmearth.mapping.polygons, "STRIP_PX", rows)
    monkeypatch.setattr(mmearth.mapping.polygons, "LEAST_ROWS", rows)
    values = noisy()
    assert len(regions_of(values, 6)) > 20
    geometries, fields = written(tmp_path, make_raster, report, values, PolygonOptions(sieve_px=6))
    found = burnt(geometries, fields, values.shape)
    np.testing.assert_array_equal(found == 0, values == 0)
    assert not len(regions_of(found, 6))
    assert np.mean(found == values) > 0.9


@pytest.mark.parametrize("rows", [1024, 7])
def test_small_polygons_are_left_out_but_not_pieces_of_large_ones(tmp_path, make_raster, report, monkeypatch, rows):
    monkeypatch.setattr(mmearth.mapping.polygons, "STRIP_PX", rows)
    monkeypatch.setattr(mmearth.mapping.polygons, "LEAST_ROWS", rows)
    values = np.zeros((16, 9), np.uint8)
    values[0:15, 0] = 1  # 15 pixels that cross every strip
    values[6:8, 3:5] = 7  # 4 pixels across a strip edge
    values[12, 6:9] = 7
    geometries, fields = written(tmp_path, make_raster, report, values, PolygonOptions(min_area_m2=450))
    assert set(fields["class_value"].tolist()) == {1}
    assert fields["area_m2"].sum() == 1500
    geometries, fields = written(tmp_path, make_raster, report, values, PolygonOptions(min_area_m2=400))
    assert fields["area_m2"][fields["class_value"] == 7].sum() == 400


@pytest.mark.parametrize("rows", [1024, 16])
def test_simplified_neighbours_leave_no_gap_and_do_not_overlap(tmp_path, make_raster, report, monkeypatch, rows):
    monkeypatch.setattr(mmearth.mapping.polygons, "STRIP_PX", rows)
    monkeypatch.setattr(mmearth.mapping.polygons, "LEAST_ROWS", rows)
    cols, lines = np.meshgrid(np.arange(50), np.arange(60))
    values = np.where(cols > 10 + lines * 0.6, 7, 1).astype(np.uint8)  # a slanting border: steps
    values[(cols - 35) ** 2 + (lines - 20) ** 2 < 50] = 0  # a round hole
    exact, _ = written(tmp_path, make_raster, report, values, PolygonOptions())
    geometries, fields = written(tmp_path, make_raster, report, values, PolygonOptions(simplify_px=1.5))
    assert shapely.is_valid(geometries).all()
    assert shapely.get_num_coordinates(geometries).sum() < 0.6 * shapely.get_num_coordinates(exact).sum()
    assert shapely.union_all(geometries).area == pytest.approx(shapely.area(geometries).sum(), rel=1e-9)
    assert shapely.union_all(geometries).area == pytest.approx((values > 0).sum() * 100, rel=0.02)
    assert np.mean(burnt(geometries, fields, values.shape) == values) > 0.97
    frame = shapely.box(600000, 5199400, 600500, 5200000)
    gaps = shapely.get_parts(frame.difference(shapely.union_all(geometries)))
    assert shapely.area(gaps)[shapely.area(gaps) > 1e-6].size == 1  # the hole
    assert fields["area_m2"].sum() == (values > 0).sum() * 100  # areas are those of the pixels


def test_simplifying_noise_keeps_every_class_and_the_nodata_between(tmp_path, make_raster, report):
    values = noisy(seed=3)
    geometries, fields = written(tmp_path, make_raster, report, values, PolygonOptions(simplify_px=1))
    assert shapely.is_valid(geometries).all()
    assert shapely.union_all(geometries).area == pytest.approx(shapely.area(geometries).sum(), rel=1e-9)
    assert len(geometries) == sum(ndimage.label(values == value)[1] for value in (1, 7))


def test_wide_rasters_have_lower_strips(tmp_path, make_raster, report, monkeypatch):
    monkeypatch.setattr(mmearth.mapping.polygons, "STRIP_PIXELS", 640)
    monkeypatch.setattr(mmearth.mapping.polygons, "LEAST_ROWS", 2)
    classes = make_raster(values=np.ones((1, 64, 40)), dtype="uint8", nodata=0)
    assert write_polygons(classes, str(tmp_path / "map.gpkg"), CLASSES, None, report) == 4
    assert [call[1] for call in report.calls] == [16, 32, 48, 64]
