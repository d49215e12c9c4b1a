"""Label polygons: what is read, what is refused and in which words, and which pixels belong to which polygon."""

import dataclasses
import json
import shutil

import numpy as np
import pyogrio.raw
import pyproj
import pytest
import shapely
import shapely.affinity
from affine import Affine
from mmearth.errors import InputError
from mmearth.labels.label_layer import Labels, PolygonPixels, polygon_pixels, read_labels, sample_pixels
from mmearth.labels.label_problems import Places, sentences
from mmearth.scenes.raster import Grid
from mmearth.styles import PALETTE, ClassInfo
from rasterio.crs import CRS

UTM = CRS.from_epsg(32632)
GRID = Grid(UTM, Affine(10, 0, 500_000, 0, -10, 5_000_100), 20, 10)


def square(col, row, size=2):
    """A square on whole pixels of GRID."""
    left, top = 500_000 + 10 * col, 5_000_100 - 10 * row
    return shapely.box(left, top - 10 * size, left + 10 * size, top)


def write(path, geometries, crs="EPSG:32632", geometry_type="Unknown", layer=None, **columns):
    fields = {name: np.array(values) for name, values in columns.items()}
    pyogrio.raw.write(
        path,
        np.array([None if g is None else shapely.to_wkb(g) for g in geometries], object),
        list(fields.values()),
        list(fields),
        geometry_type=geometry_type,
        crs=crs,
        layer=layer,
        append=path.exists(),
    )
    return str(path)


def read(path, layer="", field="", classes=(), crs=UTM, **options):
    return read_labels(path, layer, field, classes, crs, **options)


FOUR = [square(0, 0), square(4, 0), square(8, 0), square(12, 0)]


@pytest.mark.parametrize("name", ["l.gpkg", "l.geojson", "l.shp"])
def test_integer_field_keeps_its_values_in_each_format(tmp_path, name):
    labels = read(
        write(tmp_path / name, FOUR, crs="EPSG:4326", class_id=np.array([7, 3, 7, 3])), crs=CRS.from_epsg(4326)
    )
    assert [c.value for c in labels.classes] == [3, 7]
    assert labels.values.tolist() == [1, 0, 1, 0]
    assert labels.field == "class_id"
    assert labels.values.dtype == np.int64


def test_text_field_counts_from_one_in_natural_order(tmp_path):
    path = write(tmp_path / "l.gpkg", FOUR, label=["type 10", "type 2", " type 2", "type 1"])
    labels = read(path)
    assert [(c.value, c.name) for c in labels.classes] == [(1, "type 1"), (2, "type 2"), (3, "type 10")]
    assert labels.values.tolist() == [2, 1, 1, 0]
    assert [c.color for c in labels.classes] == list(PALETTE[:3])


def test_class_list_gives_values_by_place_names_and_colours(tmp_path):
    path = write(tmp_path / "l.gpkg", FOUR, label=["water", "forest", "water", "road"])
    listed = [{"name": "snow"}, {"name": "water", "color": "#0000FF"}, {"name": "forest", "color": "green"}]
    labels = read(path, classes=listed)
    assert [(c.value, c.name) for c in labels.classes] == [(2, "water"), (3, "forest"), (4, "road")]
    assert labels.classes[0].color == "#0000ff"
    assert labels.classes[1].color == PALETTE[0]
    text = " ".join(labels.notes)
    assert "'snow' of the class list has no polygon" in text
    assert "'road'" in text


def test_class_list_names_integer_values(tmp_path):
    path = write(tmp_path / "l.gpkg", FOUR, code=np.array([40, 10, 40, 10]))
    listed = [{"value": 40, "name": "Forest", "color": "#00aa00"}, {"value": 10, "name": "Water"}]
    labels = read(path, field="code", classes=listed)
    assert [(c.value, c.name) for c in labels.classes] == [(10, "Water"), (40, "Forest")]
    assert labels.values.tolist() == [1, 0, 1, 0]


def test_names_and_colours_from_fields_beside_the_integer(tmp_path):
    path = write(
        tmp_path / "l.gpkg",
        FOUR,
        class_id=np.array([1, 2, 1, 2]),
        class_name=["water", "forest", "water", "forest"],
        color=["#0000ff", "#00ff00", "#0000ff", "#00ff00"],
    )
    assert read(path).classes == (ClassInfo(1, "water", "#0000ff"), ClassInfo(2, "forest", "#00ff00"))


def test_ambiguous_name_field_is_not_used(tmp_path):
    path = write(tmp_path / "l.gpkg", FOUR, class_id=np.array([1, 2, 1, 2]), class_name=["a", "b", "c", "b"])
    assert [c.name for c in read(path).classes] == ["1", "2"]


def test_negative_values_are_renumbered_and_it_is_said(tmp_path):
    labels = read(write(tmp_path / "l.gpkg", FOUR, klass=np.array([-1, 5, -1, 5])))
    assert [(c.value, c.name) for c in labels.classes] == [(1, "-1"), (2, "5")]
    assert any("the map holds 1 for -1, 2 for 5" in note for note in labels.notes)


def test_null_classes_are_ignored_and_integers_stay_integers(tmp_path):
    features = [
        {
            "type": "Feature",
            "properties": {"class": value},
            "geometry": shapely.geometry.mapping(shapely.box(i, 0, i + 0.5, 0.5)),
        }
        for i, value in enumerate([4, None, 9, 9])
    ]
    path = tmp_path / "l.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    labels = read(str(path), crs=CRS.from_epsg(4326))
    assert [c.value for c in labels.classes] == [4, 9]
    assert len(labels.geometries) == 3
    (problem,) = (found for found in labels.problems if found.kind != "single")
    assert (problem.kind, problem.features, problem.crs) == ("unlabelled", (1,), "EPSG:4326")
    assert problem.message == "Polygon 1 has no value in field 'class'; left out."
    assert problem.bounds == (1.0, 0.0, 1.5, 0.5)


def test_polygons_are_brought_to_the_crs_wanted(tmp_path):
    to_lonlat = pyproj.Transformer.from_crs(32632, 4326, always_xy=True)
    moved = [shapely.transform(g, lambda xy: np.column_stack(to_lonlat.transform(*xy.T))) for g in FOUR]
    labels = read(write(tmp_path / "l.gpkg", moved, crs="EPSG:4326", label=["a", "b", "a", "b"]))
    for geometry, wanted in zip(labels.geometries, FOUR, strict=True):
        np.testing.assert_allclose(geometry.bounds, wanted.bounds, atol=1e-3)


def test_z_is_dropped_multi_stays_one_and_bow_tie_is_repaired(tmp_path):
    z = shapely.force_3d(square(0, 0), 5.0)
    multi = shapely.MultiPolygon([square(4, 0), square(8, 0)])
    bow_tie = shapely.Polygon([(500_000, 5_000_000), (500_020, 5_000_020), (500_020, 5_000_000), (500_000, 5_000_020)])
    labels = read(write(tmp_path / "l.geojson", [z, multi, bow_tie], label=["a", "b", "a"]))
    assert len(labels.geometries) == 3
    assert not labels.geometries[0].has_z
    assert labels.geometries[1].area == pytest.approx(800)
    assert labels.geometries[2].is_valid
    assert labels.geometries[2].area == pytest.approx(200)
    (invalid,) = (problem for problem in labels.problems if problem.kind == "invalid")
    assert (invalid.features, invalid.bounds) == ((2,), (500_000, 5_000_000, 500_020, 5_000_020))


def test_points_beside_polygons_are_ignored(tmp_path):
    path = write(tmp_path / "l.geojson", [*FOUR[:2], shapely.Point(500_000, 5_000_000)], label=["a", "b", "b"])
    labels = read(path)
    assert len(labels.geometries) == 2
    assert any("1 feature without a polygon" in note for note in labels.notes)


def test_class_of_one_polygon_is_read_and_said(tmp_path):
    labels = read(write(tmp_path / "l.gpkg", FOUR, label=["water", "b", "b", "b"]))
    assert len(labels.classes) == 2
    (single,) = labels.problems
    assert (single.kind, single.features, single.bounds) == ("single", (1,), FOUR[0].bounds)  # GeoPackages count from 1
    assert "Class 'water' has 1 polygon: its score cannot be known" in single.message


def test_only_layer_with_polygons_is_taken_and_two_are_refused(tmp_path):
    path = tmp_path / "l.gpkg"
    write(path, FOUR, layer="areas", geometry_type="Polygon", label=["a", "b", "a", "b"])
    write(path, [shapely.Point(0, 0)], layer="points", geometry_type="Point", label=["a"])
    assert len(read(str(path)).geometries) == 4
    write(path, FOUR, layer="more", geometry_type="Polygon", label=["a", "b", "a", "c"])
    with pytest.raises(InputError, match="2 layers with polygons"):
        read(str(path))
    assert len(read(str(path), layer="more").classes) == 3
    with pytest.raises(InputError, match="no layer 'other'.*'areas'"):
        read(str(path), layer="other")


def test_missing_file_and_a_file_that_is_no_vector(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read(str(tmp_path / "none.gpkg"))
    (tmp_path / "text.gpkg").write_text("hello", encoding="utf-8")
    with pytest.raises(InputError, match="'text.gpkg' is not a vector layer"):
        read(str(tmp_path / "text.gpkg"))


def test_missing_field_lists_the_fields(tmp_path):
    path = write(tmp_path / "l.gpkg", FOUR, usage=["a", "b", "a", "b"], owner=["x", "y", "z", "z"])
    with pytest.raises(InputError, match=r"no field 'class'\. Its fields: 'usage', 'owner'"):
        read(path, field="class")
    with pytest.raises(InputError, match=r"not clear which field.*'usage', 'owner'"):
        read(path)


def test_single_field_is_chosen(tmp_path):
    assert read(write(tmp_path / "l.gpkg", FOUR, usage=["a", "b", "a", "b"])).field == "usage"


def test_refusals_name_what_was_found(tmp_path):
    with pytest.raises(InputError, match="only one class in field 'label': 'a'"):
        read(write(tmp_path / "one.gpkg", FOUR, label=["a"] * 4))
    with pytest.raises(InputError, match=r"holds 1\.5; classes are whole numbers or text"):
        read(write(tmp_path / "real.gpkg", FOUR, label=[1.5, 2.5, 1.5, 2.5]))
    with pytest.raises(InputError, match="holds Point, but no polygon"):
        read(write(tmp_path / "points.gpkg", [shapely.Point(0, 0)], label=["a"]))
    empty = write(tmp_path / "empty.gpkg", [], geometry_type="Polygon", label=np.array([], object))
    with pytest.raises(InputError, match="holds no polygon"):
        read(empty)
    with pytest.raises(InputError, match="no polygon with a value in field 'label'"):
        read(write(tmp_path / "null.gpkg", FOUR, label=np.array([None] * 4, object)))


def test_labels_without_crs_are_refused(tmp_path):
    write(tmp_path / "l.shp", FOUR, label=["a", "b", "a", "b"])
    shutil.copy(tmp_path / "l.shp", tmp_path / "bare.shp")
    for suffix in (".shx", ".dbf"):
        shutil.copy(tmp_path / f"l{suffix}", tmp_path / f"bare{suffix}")
    with pytest.raises(InputError, match="'bare.shp' has no coordinate reference system"):
        read(str(tmp_path / "bare.shp"))


def labels_of(geometries, values):
    classes = tuple(ClassInfo(i + 1, f"class {i}", "#000000") for i in range(max(values) + 1))
    places = Places(np.arange(100, 100 + len(values)), geometries, "EPSG:32632")
    return Labels(geometries, np.array(values), classes, "label", places, np.zeros(len(values), bool))


def cells(pixels):
    return set(zip(pixels.rows.tolist(), pixels.cols.tolist(), strict=True))


def test_pixels_are_those_with_their_centre_inside():
    left, top = 500_000, 5_000_100
    # Covers the centres (5, 5) m from the corner of columns 3 and 4 but not of 5, of row 2 only.
    strip = shapely.box(left + 34, top - 26, left + 54, top - 24)
    (pixels,) = polygon_pixels(labels_of([strip], [0]), GRID)
    assert cells(pixels) == {(2, 3), (2, 4)}


def test_last_row_and_column_and_parts_outside():
    (pixels,) = polygon_pixels(labels_of([square(19, 9, 5)], [0]), GRID)
    assert cells(pixels) == {(9, 19)}


def test_holes_are_left_out():
    ring = square(0, 0, 5).difference(square(1, 1, 3))
    (pixels,) = polygon_pixels(labels_of([ring], [0]), GRID)
    assert len(pixels.rows) == 25 - 9


def test_south_up_grid():
    flipped = Grid(UTM, Affine(10, 0, 500_000, 0, 10, 5_000_000), 20, 10)
    (pixels,) = polygon_pixels(labels_of([square(2, 1, 1)], [0]), flipped)
    assert cells(pixels) == {(8, 2)}


def test_overlap_of_classes_is_dropped_from_both_and_of_one_class_counted_once():
    labels = labels_of([square(0, 0, 4), square(2, 0, 4), square(10, 0, 2), square(11, 0, 2)], [0, 1, 0, 0])
    first, second, third, fourth = polygon_pixels(labels, GRID)
    assert cells(first) == {(r, c) for r in range(4) for c in range(2)}
    assert cells(second) == {(r, c) for r in range(4) for c in range(4, 6)}
    assert cells(third) == {(r, c) for r in range(2) for c in (10, 11)}
    assert cells(fourth) == {(0, 12), (1, 12)}
    text = " ".join(labels.notes)
    assert "8 pixels inside polygons of different classes" in text
    assert "2 pixels inside two polygons of one class" in text


def test_polygon_wholly_under_another_is_named():
    labels = labels_of([square(0, 0, 4), square(1, 1, 2), square(8, 0)], [0, 1, 1])
    assert [p.polygon for p in polygon_pixels(labels, GRID)] == [0, 2]
    assert any("feature 101" in note and "under others" in note for note in labels.notes)


def test_polygons_without_pixels_are_named():
    sliver = shapely.box(500_001, 5_000_001, 500_003, 5_000_003)
    labels = labels_of([square(0, 0), square(500, 0), sliver], [0, 1, 1])
    assert [p.polygon for p in polygon_pixels(labels, GRID)] == [0]
    assert [(problem.kind, problem.features) for problem in labels.problems] == [
        ("outside", (101,)),
        ("sliver", (102,)),
    ]
    assert labels.problems[1].bounds == sliver.bounds
    assert "holds no centre of a pixel of 10 × 10 metre" in labels.problems[1].message
    assert sentences(labels.problems) == [
        "1 polygon without a pixel centre (feature 102).",
        "1 polygon outside the raster (feature 101).",
    ]


def test_all_outside_and_all_between_centres_are_refused_with_numbers():
    with pytest.raises(InputError, match=r"All 2 label polygons lie outside.*505000.*500000.*EPSG:32632"):
        polygon_pixels(labels_of([square(500, 0), square(600, 0)], [0, 1]), GRID)
    sliver = shapely.box(500_001, 5_000_001, 500_003, 5_000_003)
    with pytest.raises(InputError, match="10 × 10 metre"):
        polygon_pixels(labels_of([sliver, square(500, 0)], [0, 1]), GRID)


def test_only_contested_pixels_are_refused():
    with pytest.raises(InputError, match="Every labelled pixel lies in polygons of different classes"):
        polygon_pixels(labels_of([square(0, 0), square(0, 0)], [0, 1]), GRID)


def test_a_polygon_of_the_whole_large_raster_becomes_a_lattice_of_pixel_centres():
    large = Grid(UTM, Affine(10, 0, 500_000, 0, -10, 5_000_100), 20_000, 20_000)
    # 1.3 pixels off the corner: the pixels of column 0 and row 0 have their centres outside.
    cover = shapely.box(500_013, 4_000_000, 900_000, 5_000_087)
    (pixels,) = polygon_pixels(labels_of([cover], [0]), large)
    assert 3_000_000 < len(pixels.rows) <= 4_000_000
    assert np.unique(np.diff(np.unique(pixels.cols))).tolist() == [10]
    assert pixels.cols.min() >= 1
    assert pixels.cols.max() < 20_000


def test_sampling_is_capped_repeatable_and_independent_of_other_polygons():
    big = PolygonPixels(3, np.arange(1000), np.arange(1000) * 2)
    small = PolygonPixels(5, np.arange(10), np.arange(10))
    first = sample_pixels([small, big], 200, seed=1)
    again = sample_pixels([big], 200, seed=1)
    other = sample_pixels([big], 200, seed=2)
    assert len(first[0].rows) == 10
    assert len(np.unique(first[1].rows)) == 200
    np.testing.assert_array_equal(first[1].cols, first[1].rows * 2)
    np.testing.assert_array_equal(first[1].rows, again[0].rows)
    assert not np.array_equal(first[1].rows, other[0].rows)


def test_overlap_of_classes_is_a_problem_at_the_place_where_it_is(tmp_path):
    to_lonlat = pyproj.Transformer.from_crs(32632, 4326, always_xy=True)
    polygons = [square(0, 0, 4), square(2, 0, 4), square(6, 0, 2), square(3, 1, 1)]
    moved = [shapely.transform(g, lambda xy: np.column_stack(to_lonlat.transform(*xy.T))) for g in polygons]
    path = write(tmp_path / "l.geojson", moved, crs="EPSG:4326", label=["a", "b", "a", "b"])
    first, second = (problem for problem in read(path).problems if problem.kind == "overlap")
    assert (first.features, first.crs) == ((0, 1), "EPSG:4326")
    assert first.message == "Polygon 0 (a) and polygon 1 (b) overlap: pixels in both are left out."
    left, bottom, right, top = first.bounds
    shared = shapely.intersection(moved[0], moved[1])
    np.testing.assert_allclose(first.bounds, shared.bounds)
    assert (right - left) < 0.7 * (moved[0].bounds[2] - moved[0].bounds[0])
    assert second.features == (0, 3)


def test_polygons_that_touch_or_agree_are_no_conflict(tmp_path):
    hairline = shapely.affinity.translate(square(0, 4, 4), yoff=0.02)
    neighbours = [square(0, 0, 4), square(4, 0, 4), square(3, 0, 4), hairline]
    path = write(tmp_path / "l.gpkg", neighbours, label=["a", "b", "b", "b"])
    found = [problem.features for problem in read(path).problems if problem.kind == "overlap"]
    assert found == [(1, 3)]  # the fourth shares 2 cm of 40 m with the first


def test_ignored_values_are_no_class_and_take_their_pixels_with_them(tmp_path):
    polygons = [square(0, 0, 4), square(8, 0, 4), square(2, 0, 4), square(14, 0)]
    path = write(tmp_path / "l.gpkg", polygons, label=["a", "b", "unsure", "b"])
    listed = [{"name": "a"}, {"name": "unsure"}, {"name": "b"}]
    labels = read(path, classes=listed, ignore=("unsure", "cloud"))
    assert [(c.value, c.name) for c in labels.classes] == [(1, "a"), (3, "b")]
    assert labels.values.tolist() == [0, 1, 1]
    assert [g.bounds for g in labels.ignored] == [polygons[2].bounds]
    assert labels.notes == ["To be ignored, but not in field 'label': 'cloud'."]
    first, *_ = polygon_pixels(labels, GRID)
    assert cells(first) == {(r, c) for r in range(4) for c in range(2)}
    assert "8 pixels of labelled polygons in polygons to be ignored left out." in labels.notes
    numbers = write(tmp_path / "n.gpkg", polygons, code=np.array([1, 2, 255, 2]))
    assert [c.value for c in read(numbers, ignore=("255",)).classes] == [1, 2]
    with pytest.raises(InputError, match="'label' that is not to be ignored"):
        read(path, ignore=("a", "b", "unsure"))


def test_negatives_say_what_a_polygon_is_not(tmp_path):
    polygons = [square(0, 0, 4), square(8, 0, 4), square(2, 0, 4), square(10, 0, 4)]
    path = write(tmp_path / "l.gpkg", polygons, label=["forest", "lake", "not Forest", "! forest"])
    labels = read(path)
    assert [c.name for c in labels.classes] == ["forest", "lake"]
    assert labels.values.tolist() == [0, 1, 0, 0]
    assert labels.negative.tolist() == [False, False, True, True]
    (conflict,) = (problem for problem in labels.problems if problem.kind == "overlap")
    assert conflict.features == (1, 3)
    assert "(not forest)" in conflict.message
    forest, lake, third, fourth = polygon_pixels(labels, GRID)
    assert cells(forest) == {(r, c) for r in range(4) for c in range(2)}  # contested by the third
    assert cells(third) == {(r, c) for r in range(4) for c in (4, 5)}
    assert cells(lake) == {(r, c) for r in range(4) for c in range(8, 12)}  # a lake is not forest: no contradiction
    assert cells(fourth) == {(r, c) for r in range(4) for c in (12, 13)}
    with pytest.raises(InputError, match="holds 'not road', but no polygon is 'road'. Its classes: 'forest', 'lake'"):
        read(write(tmp_path / "m.gpkg", FOUR, label=["forest", "lake", "not road", "lake"]))


def test_a_class_and_its_negation_alone_are_two_classes(tmp_path):
    labels = read(write(tmp_path / "l.gpkg", FOUR, label=["forest", "not forest", "forest", "not forest"]))
    assert [c.name for c in labels.classes] == ["forest", "not forest"]
    assert not labels.negative.any()


def test_decimal_numbers_mean_regression_and_it_can_be_forced(tmp_path):
    heights = write(tmp_path / "h.gpkg", FOUR, height=[1.5, 2.0, np.nan, 2.0])
    labels = read(heights, task="auto")
    assert labels.task == "regression"
    assert labels.task_reason == "field 'height' holds decimal numbers such as 1.5"
    assert labels.targets.tolist() == [1.5, 2.0, 2.0]
    assert labels.classes == ()
    assert [(p.kind, p.features) for p in labels.problems] == [("unlabelled", (3,))]
    whole = write(tmp_path / "w.gpkg", FOUR, code=np.array([1.0, 2.0, np.nan, 2.0]))
    assert read(whole, task="auto").task == "classes"
    forced = read(whole, task="regression")
    assert (forced.task, forced.task_reason, forced.targets.tolist()) == ("regression", "as chosen", [1.0, 2.0, 2.0])
    text = write(tmp_path / "t.gpkg", FOUR, label=["oak", "ash", "oak", "ash"])
    assert read(text, task="auto").task == "classes"
    with pytest.raises(InputError, match="holds 'oak'; regression wants a field of numbers") as caught:
        read(text, field="label", task="regression")
    assert caught.value.remedy
    with pytest.raises(InputError, match="only one number in field 'code': 2"):
        read(whole, task="regression", ignore=("1",))


def test_the_only_numeric_field_is_chosen_for_regression(tmp_path):
    path = write(tmp_path / "l.gpkg", FOUR, label=["a", "b", "a", "b"], cover=[0.1, 0.2, 0.3, 0.4])
    assert read(path, task="regression").field == "cover"
    assert read(path, task="auto").field == "label"
    several = write(tmp_path / "s.gpkg", FOUR, cover=[0.1, 0.2, 0.3, 0.4], height=[1.0, 2.0, 3.0, 4.0])
    with pytest.raises(InputError, match="not clear which field .* holds the numbers"):
        read(several, task="regression")


def test_polygons_with_different_numbers_contest_their_pixels():
    labels = labels_of([square(0, 0, 4), square(2, 0, 4), square(10, 0)], [0, 1, 1])
    labels = dataclasses.replace(labels, classes=(), targets=np.array([1.5, 2.5, 2.5]))
    first, *_ = polygon_pixels(labels, GRID)
    assert cells(first) == {(r, c) for r in range(4) for c in range(2)}
    assert labels.notes == ["8 pixels inside polygons of different numbers left out; check for overlaps."]
