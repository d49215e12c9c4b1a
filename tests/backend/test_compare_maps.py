"""Two class maps compared: pairs by hand, kappa by its definition, other grids, other class lists, bad input."""

import csv
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth import compare_maps, protocol
from mmearth.errors import InputError, ResourceError
from rasterio.crs import CRS
from rasterio.warp import transform as transform_points
from sklearn.metrics import cohen_kappa_score

NAMES = {1: "Forest", 2: "Maize", 3: "Water"}
COLORS = {1: (0, 100, 0), 2: (200, 200, 0), 3: (0, 0, 200)}


@pytest.fixture
def make_map(make_raster):
    """Writes a class map as predict does: nodata 0, a palette, the names in a tag."""

    def make(name, values, names=NAMES, nodata=0, **profile):
        path = make_raster(name, values=np.asarray(values)[None], dtype="uint8", nodata=nodata, **profile)
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(MMEARTH=json.dumps({"output": "map", "classes": names}))
            dataset.write_colormap(1, {value: (*COLORS.get(value, (9, 9, 9)), 255) for value in names})
        return path

    return make


@pytest.fixture
def compare(report, tmp_path):
    def run(first, second, **fields):
        request = protocol.CompareMapsRequest(first, second, str(tmp_path / "difference.tif"), **fields)
        return compare_maps.run(request, report)

    return run


FIRST = [[1, 1, 1, 2], [1, 1, 2, 2], [0, 3, 3, 2]]
SECOND = [[1, 2, 2, 2], [1, 2, 3, 2], [1, 3, 0, 2]]


def names_on(result):
    """(rows, cols) what a person reads on the difference map."""
    names = {0: "", **{row["code"]: f"{row['from']}>{row['to']}" for row in result["transitions"]}}
    with rasterio.open(result["out"]) as dataset:
        names[int(dataset.nodata)] = None
        return [[names[value] for value in row] for row in dataset.read(1).tolist()]


def test_every_pixel_says_what_became_of_it(compare, make_map):
    result = compare(make_map("a.tif", FIRST), make_map("b.tif", SECOND))
    assert names_on(result) == [
        ["", "Forest>Maize", "Forest>Maize", ""],
        ["", "Forest>Maize", "Maize>Water", ""],
        [None, "", None, ""],
    ]
    assert result["agreement"] == pytest.approx(6 / 10)
    assert result["pixels"] == 10
    assert result["area_ha"] == pytest.approx(0.1)
    assert [(row["from"], row["to"], row["pixels"], row["code"]) for row in result["transitions"]] == [
        ("Forest", "Maize", 3, 1),
        ("Maize", "Water", 1, 2),
    ]
    assert [row["area_ha"] for row in result["transitions"]] == pytest.approx([0.03, 0.01])
    areas = {row["name"]: (row["first_ha"], row["second_ha"]) for row in result["classes"]}
    assert areas["Forest"] == pytest.approx((0.05, 0.02))
    assert areas["Maize"] == pytest.approx((0.04, 0.06))
    assert areas["Water"] == pytest.approx((0.01, 0.02))


def test_kappa_is_that_of_the_pixels(compare, make_map):
    rng = np.random.default_rng(0)
    first = rng.integers(1, 4, (30, 40))
    second = np.where(rng.random((30, 40)) < 0.7, first, rng.integers(1, 4, (30, 40)))
    result = compare(make_map("a.tif", first), make_map("b.tif", second))
    assert result["kappa"] == pytest.approx(cohen_kappa_score(first.ravel(), second.ravel()))


def test_kappa_of_one_class_is_not_known(compare, make_map):
    result = compare(make_map("a.tif", [[1, 1]]), make_map("b.tif", [[1, 1]]))
    assert (result["agreement"], result["kappa"], result["transitions"]) == (1.0, None, [])


def test_the_table_has_every_pair_that_occurs(compare, make_map, tmp_path):
    table = str(tmp_path / "pairs.csv")
    compare(make_map("a.tif", FIRST), make_map("b.tif", SECOND), table=table)
    rows = list(csv.DictReader(Path(table).read_text(encoding="utf-8").splitlines()))
    assert [(row["from"], row["to"], row["code"], row["pixels"]) for row in rows] == [
        ("Forest", "Maize", "1", "3"),
        ("Maize", "Maize", "0", "3"),
        ("Forest", "Forest", "0", "2"),
        ("Maize", "Water", "2", "1"),
        ("Water", "Water", "0", "1"),
    ]
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)
    assert float(rows[0]["area_ha"]) == pytest.approx(0.03)


def test_the_legend_has_the_pairs_that_occur_and_agreement_is_transparent(compare, make_map):
    result = compare(make_map("a.tif", FIRST), make_map("b.tif", SECOND))
    style = ElementTree.parse(result["style"])  # noqa: S314
    entries = {entry.get("label"): entry.get("color") for entry in style.iter("paletteEntry")}
    assert list(entries) == ["Forest → Maize", "Maize → Water"]
    assert entries["Forest → Maize"] == "#8caa00", "0.3 of (0, 100, 0) and 0.7 of (200, 200, 0)"
    assert [entry.get("min") for entry in style.iter("pixelListEntry")] == ["0"]
    names = [one.text for one in ElementTree.parse(result["out"] + ".aux.xml").iter("Category")]  # noqa: S314
    assert names == ["No difference", "Forest → Maize", "Maize → Water"]
    with rasterio.open(result["out"]) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.colormap(1)[1][:3] == (140, 170, 0)


def test_another_grid_and_crs_are_read_on_the_first(compare, make_map):
    """Each pixel takes the class that lies at its centre, by pyproj."""
    rng = np.random.default_rng(1)
    first = rng.integers(1, 4, (20, 30))
    second = rng.integers(1, 4, (60, 90))
    lon0, lat0 = 10.3060, 46.9460
    other = Affine(0.0001, 0, lon0, 0, -0.00007, lat0)
    result = compare(make_map("a.tif", first), make_map("b.tif", second, crs="EPSG:4326", transform=other), bounds=None)
    with rasterio.open(result["out"]) as dataset:
        rows, cols = np.mgrid[: dataset.height, : dataset.width]
        x, y = dataset.transform @ (cols.ravel() + 0.5, rows.ravel() + 0.5)
        lon, lat = transform_points(dataset.crs, CRS.from_epsg(4326), x, y)
        there = [np.floor(v).astype(int) for v in ((np.array(lat) - lat0) / -0.00007, (np.array(lon) - lon0) / 0.0001)]
        col0, row0 = ~Affine(10, 0, 600000, 0, -10, 5200000) @ (dataset.transform.c, dataset.transform.f)
    inside = (there[0] >= 0) & (there[0] < 60) & (there[1] >= 0) & (there[1] < 90)
    assert 100 < inside.sum() < inside.size
    own = first[rows.ravel() + round(row0), cols.ravel() + round(col0)]
    wanted = [
        (NAMES[a], NAMES[b]) for a, b in zip(own[inside], second[there[0][inside], there[1][inside]], strict=True)
    ]
    found = np.array(names_on(result), object).ravel()
    texts = ["" if a == b else f"{a}>{b}" for a, b in wanted]
    assert np.mean([one == other for one, other in zip(found[inside], texts, strict=True)]) == 1
    assert all(one is None for one in found[~inside])


def test_areas_of_a_geographic_map_shrink_to_the_north(compare, make_map):
    """A cell of half a degree at 60° N has about cos 60° of the ground of one at the equator."""
    place = {"crs": "EPSG:4326", "transform": Affine(0.5, 0, 10, 0, -60, 90)}
    first = make_map("a.tif", [[1], [1]], **place)  # rows centred on 60° N and on the equator
    result = compare(first, make_map("b.tif", [[2], [1]], **place))
    assert result["transitions"][0]["area_ha"] / (result["area_ha"] - result["transitions"][0]["area_ha"]) < 0.7
    assert result["agreement"] > 0.6, "the share of the ground, not of the pixels"


class TestClasses:
    def test_numbers_may_differ_where_names_agree(self, compare, make_map):
        other = {5: "forest ", 6: "Maize"}
        result = compare(make_map("a.tif", [[1, 1, 2]]), make_map("b.tif", [[5, 6, 6]], other))
        assert [(row["from"], row["to"]) for row in result["transitions"]] == [("Forest", "Maize")]
        assert result["warnings"] == ["Only in 'a.tif', not in 'b.tif': 'Water'."]

    def test_swapped_numbers_are_told_by_name(self, compare, make_map):
        swapped = {1: "Maize", 2: "Forest", 3: "Water"}
        result = compare(make_map("a.tif", [[1, 2, 3]]), make_map("b.tif", [[2, 1, 3]], swapped))
        assert (result["agreement"], result["warnings"]) == (1.0, [])

    def test_a_renamed_class_is_told_by_value_and_said(self, compare, make_map):
        result = compare(make_map("a.tif", [[1, 2]]), make_map("b.tif", [[1, 2]], {1: "Wald", 2: "Maize", 3: "Water"}))
        assert result["agreement"] == 1.0
        assert result["warnings"] == ["Value 1 is 'Forest' in 'a.tif' and 'Wald' in 'b.tif': taken as the same class."]

    def test_a_new_class_counts_as_different(self, compare, make_map):
        result = compare(make_map("a.tif", [[1, 2]]), make_map("b.tif", [[1, 9]], {**NAMES, 9: "Solar"}))
        assert [(row["from"], row["to"]) for row in result["transitions"]] == [("Maize", "Solar")]
        assert result["warnings"] == ["Only in 'b.tif', not in 'a.tif': 'Solar'."]

    def test_a_map_without_nodata_takes_part_where_it_lies(self, compare, make_map):
        result = compare(make_map("a.tif", [[1, 1, 2]]), make_map("b.tif", [[1, 2]], nodata=None))
        assert result["pixels"] == 2

    def test_many_pairs_need_more_bits(self, compare, make_map):
        names = {value: f"Class {value}" for value in range(1, 41)}
        rng = np.random.default_rng(2)
        first, second = rng.integers(1, 41, (2, 60, 60))
        result = compare(make_map("a.tif", first, names), make_map("b.tif", second, names))
        assert len(result["transitions"]) > 255
        with rasterio.open(result["out"]) as dataset:
            assert dataset.dtypes == ("uint16",)
        pairs = zip(first.ravel().tolist(), second.ravel().tolist(), strict=True)
        wanted = [f"Class {a}>Class {b}" if a != b else "" for a, b in pairs]
        assert sum(names_on(result), []) == wanted


class TestBadInput:
    def test_maps_of_other_ground(self, compare, make_map):
        far = make_map("b.tif", [[1, 2]], transform=Affine(10, 0, 700000, 0, -10, 5200000))
        with pytest.raises(InputError, match="have no pixel with a class in common"):
            compare(make_map("a.tif", [[1, 2]]), far)

    def test_maps_that_never_both_have_a_class(self, compare, make_map):
        with pytest.raises(InputError, match="have no pixel with a class in common"):
            compare(make_map("a.tif", [[1, 0]]), make_map("b.tif", [[0, 1]]))

    def test_bounds_limit_what_is_compared(self, compare, make_map):
        result = compare(make_map("a.tif", FIRST), make_map("b.tif", SECOND), bounds=(600010, 5199980, 600030, 5200000))
        assert names_on(result) == [["Forest>Maize", "Forest>Maize"], ["Forest>Maize", "Maize>Water"]]

    def test_no_class_map(self, compare, make_map, make_raster):
        with pytest.raises(InputError, match="12 band"):
            compare(make_map("a.tif", FIRST), make_raster("scene.tif"))

    def test_a_deleted_file(self, compare, make_map, tmp_path):
        with pytest.raises(InputError, match="There is no map"):
            compare(make_map("a.tif", FIRST), str(tmp_path / "gone.tif"))

    def test_the_result_never_replaces_a_map(self, make_map, report):
        path = make_map("a.tif", FIRST)
        with pytest.raises(InputError, match="one of the maps"):
            compare_maps.run(protocol.CompareMapsRequest(path, make_map("b.tif", SECOND), path), report)

    def test_a_full_disk_leaves_nothing(self, compare, make_map, monkeypatch, tmp_path):
        monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 0})())
        with pytest.raises(ResourceError, match="GB free"):
            compare(make_map("a.tif", FIRST), make_map("b.tif", SECOND))
        assert not list(tmp_path.glob("*difference*"))

    def test_cancel_leaves_nothing(self, compare, make_map, report, tmp_path):
        from mmearth.errors import Cancelled

        report.cancel_at = 4
        with pytest.raises(Cancelled):
            compare(make_map("a.tif", FIRST), make_map("b.tif", SECOND))
        assert not list(tmp_path.glob("*difference*"))
