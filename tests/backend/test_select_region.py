"""The verb `select_region`: which pixels a region holds, that regions are nested, outlines, and what it refuses."""

import json

import explored_ground as ground
import numpy as np
import pytest
import shapely
from affine import Affine
from mmearth import protocol, select_region
from mmearth.errors import InputError
from mmearth.exploring import grown_region, traced_outlines
from mmearth.exploring import held_embedding as held
from rasterio.features import rasterize
from scipy import ndimage


@pytest.fixture
def embedding(tmp_path):
    return ground.write(tmp_path / "embedding.tif", ground.codes(ground.kinds()))


@pytest.fixture
def run(embedding, tmp_path, report):
    def run(*points, path=embedding, **fields):
        out = tmp_path / "region.geojson"
        request = protocol.SelectRegionRequest(path, str(out), tuple(v for xy in points for v in xy), **fields)
        result = select_region.run(request, report)
        (feature,) = json.loads(out.read_text())["features"]
        return result, shapely.from_geojson(json.dumps(feature["geometry"]))

    return run


def pixels_of(outline):
    """Returns (rows, cols) the pixels whose centre lies in an outline."""
    transform = Affine(10, 0, ground.LEFT_M, 0, -10, ground.TOP_M)
    return rasterize([outline], (ground.ROWS, ground.COLS), transform=transform).astype(bool)


def tolerance_for(share):
    return share**0.25


def test_region_is_the_ground_around_the_place(run):
    kinds = ground.kinds()
    result, outline = run(ground.centre(20, 10), tolerance=tolerance_for(0.5), simplify_px=0)
    left = kinds == 1
    left[:, 30:] = False
    found = pixels_of(outline)
    assert (found & left).sum() > 0.97 * left.sum()
    assert not (found & ~left).any()  # the island of the same kind is not connected
    assert result["area_px"] == round(outline.area / 100)
    assert result["area_m2"] == pytest.approx(outline.area)
    assert result["tolerance"] == tolerance_for(0.5)


def test_the_island_alone(run):
    _, outline = run(ground.centre(12, 47), tolerance=tolerance_for(0.5), simplify_px=0)
    island = np.zeros((ground.ROWS, ground.COLS), bool)
    island[10:15, 45:50] = True
    np.testing.assert_array_equal(pixels_of(outline), island)


def test_regions_are_nested_and_reach_from_the_pixel_to_everything(run):
    place, before = ground.centre(20, 10), np.zeros((ground.ROWS, ground.COLS), bool)
    sizes = []
    for tolerance in (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0):
        found = pixels_of(run(place, tolerance=tolerance, simplify_px=0)[1])
        assert (before <= found).all()
        before = found
        sizes.append(int(found.sum()))
    assert sizes[0] == 1
    assert sizes[-1] == 39 * 60
    assert len(set(sizes)) >= 6


def test_cost_is_the_worst_pixel_of_the_best_path(embedding, report):
    rows, cols = np.array([20]), np.array([10])
    found = grown_region.look_around(held.held_embedding(embedding), rows, cols, 300, report)
    for tolerance in (0.5, 0.8):
        limit = found.ordered[round(tolerance**4 * (len(found.ordered) - 1))]
        reached = np.zeros(found.unlike.shape, bool)
        reached[20, 10] = True
        while True:  # one step at a time
            grown = ndimage.binary_dilation(reached) & (found.unlike <= limit) | reached
            if (grown == reached).all():
                break
            reached = grown
        np.testing.assert_array_equal(found.region(tolerance), reached)


def test_reach_limits_the_region(run):
    _, outline = run(ground.centre(20, 10), tolerance=1.0, reach_px=4, simplify_px=0)
    assert outline.bounds == (ground.LEFT_M + 60, ground.TOP_M - 250, ground.LEFT_M + 150, ground.TOP_M - 160)


def test_several_places_make_one_selection(run):
    fields = {"tolerance": tolerance_for(0.3), "simplify_px": 0}
    _, both = run(ground.centre(20, 10), ground.centre(12, 47), **fields)
    assert both.geom_type == "MultiPolygon"
    found = pixels_of(both)
    assert found[20, 10]
    assert found[12, 47]
    assert not found[25, 47]


def test_two_places_reach_no_further_than_each(run):
    _, outline = run(ground.centre(5, 5), ground.centre(30, 50), tolerance=1.0, reach_px=3, simplify_px=0)
    wanted = np.zeros((ground.ROWS, ground.COLS), bool)
    wanted[2:9, 2:9] = wanted[27:34, 47:54] = True
    np.testing.assert_array_equal(pixels_of(outline), wanted)


def test_the_second_tolerance_reads_nothing(run, monkeypatch):
    run(ground.centre(20, 10))

    def read_again(*_):
        raise AssertionError("looked around again")

    monkeypatch.setattr(select_region, "look_around", read_again)
    run(ground.centre(20, 10), tolerance=0.6)
    with pytest.raises(AssertionError):
        run(ground.centre(20, 11), tolerance=0.6)


def test_streamed_is_the_same_as_in_memory(run, monkeypatch):
    _, whole = run(ground.centre(20, 10), tolerance=0.8)
    monkeypatch.setattr(held, "HELD_BYTES", 0)
    monkeypatch.setattr(held, "BLOCK_PX", 16)
    monkeypatch.setattr(held, "_held", None)
    monkeypatch.setattr(select_region, "_last", None)
    _, streamed = run(ground.centre(20, 10), tolerance=0.8)
    assert streamed.equals(whole)


def test_outline_is_simple_and_valid(run):
    exact = run(ground.centre(20, 10), tolerance=0.8, simplify_px=0)[1]
    simple = run(ground.centre(20, 10), tolerance=0.8, simplify_px=1.5)[1]
    assert simple.is_valid
    assert shapely.get_num_coordinates(simple) < shapely.get_num_coordinates(exact)
    assert simple.hausdorff_distance(exact) <= 15 + 1e-6


def test_small_holes_are_filled_and_large_ones_kept():
    inside = np.ones((12, 12), bool)
    inside[2, 2] = inside[2:4, 6:9] = False  # 1 and 6 pixels
    inside[6:10, 3:6] = False  # 12 pixels
    inside[0, 10] = False  # a notch in the edge
    (polygon,), _ = traced_outlines.trace(traced_outlines.without_holes(inside).astype(np.int32))
    assert [shapely.Polygon(ring).area for ring in polygon.interiors] == [12]
    assert polygon.area == 144 - 12 - 1


@pytest.mark.parametrize(
    ("points", "fields", "sentence"),
    [
        ([], {}, "no place to grow"),
        ([(0.0, 0.0)], {}, "lies outside embedding"),
        ([ground.centre(39, 3)], {}, "holds no data at"),
        ([ground.centre(3, 3)], {"tolerance": 1.5}, "lies between 0 and 1"),
        ([ground.centre(3, 3)], {"reach_px": 0}, "reach is 0"),
    ],
)
def test_refusals(run, points, fields, sentence):
    with pytest.raises(InputError, match=sentence):
        run(*points, **fields)


def test_places_too_far_apart(run, monkeypatch):
    monkeypatch.setattr(grown_region, "LARGEST_PX", 500)
    with pytest.raises(InputError, match="closer to each other"):
        run(ground.centre(3, 3), ground.centre(30, 50), reach_px=2)


def test_area_on_the_ellipsoid(run, tmp_path):
    transform = Affine(1e-4, 0, 11.0, 0, -1e-4, 48.0)
    path = ground.write(tmp_path / "degrees.tif", ground.codes(ground.kinds()), transform=transform, crs="EPSG:4326")
    result, _ = run((11.0 + 10.5e-4, 48.0 - 20.5e-4), path=path, tolerance=0.0)
    # A ten-thousandth of a degree at 48° north: 11.12 m north, 7.46 m east.
    assert result["area_m2"] == pytest.approx(11.12 * 7.46, rel=0.005)
