"""The verb `outline`: which polygons, in which order, with which areas, and what it refuses."""

import numpy as np
import pyogrio.raw
import pytest
import shapely
from affine import Affine
from mmearth import outline, protocol
from mmearth.errors import Cancelled, InputError


def values():
    """Returns 30 × 40 values: areas of 60, 24, 9 and 2 pixels in the range 5…7, one of 25 pixels in 9, nodata 255."""
    found = np.zeros((30, 40), int)
    found[2:8, 2:12] = 6
    found[12:16, 5:11] = 5
    found[20:23, 30:33] = 7
    found[25, 20:22] = 6
    found[10:15, 20:25] = 9
    found[28:, :] = 255
    return found[None]


@pytest.fixture
def raster(make_raster):
    return make_raster("values.tif", values=values(), dtype="uint8", nodata=255)


@pytest.fixture
def run(raster, tmp_path, report):
    def run(low=5, high=7, path=raster, **fields):
        out = str(tmp_path / "polygons.gpkg")
        result = outline.run(protocol.OutlineRequest(path, out, low, high, **fields), report)
        meta, _, wkb, columns = pyogrio.raw.read(out, layer="polygons")
        assert result["polygons"] == len(wkb)
        return shapely.from_wkb(wkb), dict(zip(meta["fields"], columns, strict=True)), meta

    return run


def test_largest_first_with_areas(run):
    polygons, columns, meta = run(simplify_px=0)
    assert columns["pixels"].tolist() == [60, 24, 9]
    assert columns["area_m2"].tolist() == [6000, 2400, 900]
    assert shapely.area(polygons).tolist() == [6000, 2400, 900]
    assert polygons[0].bounds == (600020, 5199920, 600120, 5199980)
    assert meta["crs"] == "EPSG:32632"


def test_least_area_and_number(run):
    assert run(min_area_px=1)[1]["pixels"].tolist() == [60, 24, 9, 2]
    assert run(min_area_px=10)[1]["pixels"].tolist() == [60, 24]
    assert run(most=1)[1]["pixels"].tolist() == [60]


def test_range_takes_both_ends_and_never_nodata(run):
    assert run(low=9, high=255)[1]["pixels"].tolist() == [25]
    assert run(low=6, high=6, min_area_px=1)[1]["pixels"].tolist() == [60, 2]


def test_extent_cuts(run):
    polygons, columns, _ = run(bounds=(600000, 5199950, 600060, 5200000), simplify_px=0)
    assert columns["pixels"].tolist() == [12]
    assert polygons[0].bounds == (600020, 5199950, 600060, 5199980)


def test_strips_are_seamless(run, monkeypatch):
    whole = run(simplify_px=0)[0]
    monkeypatch.setattr(outline, "STRIP_PX", 130)
    assert all(one.equals(other) for one, other in zip(run(simplify_px=0)[0], whole, strict=True))


def test_corners_part_areas_and_small_holes_are_filled(run, make_raster):
    found = np.zeros((1, 20, 20), int)
    found[0, :5, :5] = found[0, 5:10, 5:10] = 1
    found[0, 2, 2] = 0
    polygons, columns, _ = run(1, 1, make_raster("corner.tif", values=found, dtype="uint8"), simplify_px=0)
    assert columns["pixels"].tolist() == [25, 25]
    assert [len(polygon.interiors) for polygon in polygons] == [0, 0]


def test_simplified_is_valid_and_near(run, make_raster):
    rows, cols = np.mgrid[:40, :40]
    disc = ((rows - 20) ** 2 + (cols - 20) ** 2 < 200).astype(int)
    path = make_raster("disc.tif", values=disc[None], dtype="uint8")
    (exact,), (simple,) = run(1, 1, path, simplify_px=0)[0], run(1, 1, path, simplify_px=1)[0]
    assert simple.is_valid
    assert shapely.get_num_coordinates(simple) < 0.6 * shapely.get_num_coordinates(exact)
    assert simple.symmetric_difference(exact).area < 0.1 * exact.area


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"low": 7, "high": 5}, "range is empty"),
        ({"low": 100, "high": 200}, "lies between 100 and 200"),
        ({"bounds": (0, 0, 1, 1)}, "lies outside raster"),
        ({"path": "nothing.tif"}, "could not be opened"),
    ],
)
def test_refusals(run, fields, sentence):
    with pytest.raises(InputError, match=sentence):
        run(**fields)


def test_refuses_rasters_of_another_kind(run, make_raster):
    with pytest.raises(InputError, match="has 3 bands; outlines are drawn of one"):
        run(path=make_raster("three.tif", count=3))
    south_up = Affine(10, 0, 600000, 0, 10, 5200000)
    with pytest.raises(InputError, match="south-up"):
        run(path=make_raster("south.tif", count=1, transform=south_up))
    with pytest.raises(InputError, match="no coordinate reference system"):
        run(path=make_raster("nowhere.tif", count=1, crs=None))


def test_refuses_what_is_too_large(run, monkeypatch):
    monkeypatch.setattr(outline, "MOST_POLYGONS", 2)
    with pytest.raises(InputError, match="There are 3 areas"):
        run()
    monkeypatch.setattr(outline, "LARGEST_PX", 1000)
    with pytest.raises(InputError, match="holds 40 × 30 pixels of 'values.tif'"):
        run()


def test_cancelled_leaves_nothing(raster, tmp_path):
    from conftest import Recorder

    with pytest.raises(Cancelled):
        outline.run(protocol.OutlineRequest(raster, str(tmp_path / "p.gpkg"), 5, 7), Recorder(cancel_at=1))
    assert [path.name for path in tmp_path.iterdir()] == ["values.tif"]
