"""Sample points: as many of each class as asked, in it, at random, once; and they do not tell what the map says."""

import json

import numpy as np
import pyogrio
import pyogrio.raw
import pytest
import rasterio
import shapely
from affine import Affine
from mmearth import protocol
from mmearth.draw_sample import run
from mmearth.errors import Cancelled, InputError
from mmearth.mapping import class_map

TAGS = {"MMEARTH": json.dumps({"classes": {"3": "Water", "7": 'Forest "old" & 雪', "9": "Ice"}})}


@pytest.fixture
def make_map(make_raster):
    """Writes a class map with the tags of predict; 0 is nodata."""

    def make(values, name="map.tif", tags=TAGS, nodata=0, dtype="uint8", **profile):
        path = make_raster(name, values=np.asarray(values)[None], dtype=dtype, nodata=nodata, **profile)
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(**tags)
        return path

    return make


def striped(height=60, width=50):
    values = np.full((height, width), 7)
    values[:, :10] = 3
    values[:5] = 0
    return values


def read(path):
    meta, _, wkb, columns = pyogrio.raw.read(path)
    return meta, shapely.from_wkb(wkb), dict(zip(meta["fields"], columns, strict=True))


def drawn(path, out, report, per_class=20, seed=0):
    return run(protocol.DrawSampleRequest(str(path), str(out), per_class, seed), report)


def test_points_lie_in_their_class_at_pixel_centres_and_once(make_map, tmp_path, report, monkeypatch):
    monkeypatch.setattr(class_map, "TILE_PX", 16)
    path, out = make_map(striped()), tmp_path / "points.gpkg"
    result = drawn(path, out, report)
    meta, points, table = read(out)
    assert pyogrio.read_info(out)["crs"] == "EPSG:32632"
    assert meta["fields"].tolist() == ["id", "class", "stratum"]
    assert table["id"].tolist() == list(range(1, 41))
    assert all(value is None for value in table["class"])
    xy = shapely.get_coordinates(points)
    with rasterio.open(path) as dataset:
        cols, rows = ~dataset.transform @ (xy[:, 0], xy[:, 1])
        values = np.array([v[0] for v in dataset.sample(xy)])
    np.testing.assert_allclose((cols % 1, rows % 1), 0.5)
    assert len({*zip(rows.tolist(), cols.tolist(), strict=True)}) == 40
    assert np.bincount(values).tolist() == [0, 0, 0, 20, 0, 0, 0, 20]
    for code in np.unique(table["stratum"]):
        assert len(np.unique(values[table["stratum"] == code])) == 1
    assert (np.diff(values.astype(int)) != 0).sum() > 10  # not one class after the other
    assert result["points"] == 40
    assert result["classes"] == 2
    assert [row["points"] for row in result["rows"]] == [20, 20, 0]
    assert result["warnings"] == ["Class 'Ice' has no pixel on the map: no point of it was drawn."]
    assert report.logs == [("warning", result["warnings"][0])]


def test_every_pixel_of_a_class_is_as_likely(make_map, tmp_path, report, monkeypatch):
    monkeypatch.setattr(class_map, "TILE_PX", 8)
    path = make_map(np.kron([[3, 7], [7, 3]], np.ones((6, 6), int)))
    counts = np.zeros((12, 12))
    for seed in range(20):
        drawn(path, tmp_path / "points.gpkg", report, 24, seed)
        xy = shapely.get_coordinates(read(tmp_path / "points.gpkg")[1])
        np.add.at(counts, (((5200000 - xy[:, 1]) // 10).astype(int), ((xy[:, 0] - 600000) // 10).astype(int)), 1)
    # Each of 72 pixels of a class is drawn with probability 1/3, 20 times.
    assert counts.sum() == 20 * 48
    assert ((counts - 20 / 3) ** 2).mean() == pytest.approx(20 / 3 * 2 / 3, rel=0.3)
    assert counts[:6].mean() == pytest.approx(20 / 3, rel=0.1)


def test_the_seed_decides(make_map, tmp_path, report):
    path = make_map(striped())
    tables = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        drawn(path, tmp_path / f"{name}.gpkg", report, seed=seed)
        tables.append(shapely.get_coordinates(read(tmp_path / f"{name}.gpkg")[1]))
    np.testing.assert_array_equal(tables[0], tables[1])
    assert not np.array_equal(tables[0], tables[2])


def test_design_is_kept_out_of_sight(make_map, tmp_path, report):
    out = tmp_path / "points.gpkg"
    result = drawn(make_map(striped()), out, report, seed=3)
    metadata = pyogrio.read_info(out)["layer_metadata"]
    design = json.loads(metadata["MMEARTH_SAMPLE"])
    assert design["map"] == "map.tif"
    strata = {stratum["value"]: stratum for stratum in design["strata"]}
    assert {value: s["pixels"] for value, s in strata.items()} == {3: 550, 7: 2200}
    assert strata[3]["area_m2"] == 55_000
    assert sorted(s["code"] for s in strata.values()) != [3, 7]
    assert "3 = Water, 7 = Forest" in metadata["DESCRIPTION"]
    style = (tmp_path / "points.qml").read_text(encoding="utf-8")
    assert result["style"] == str(tmp_path / "points.qml")
    assert "Forest &quot;old&quot; &amp; 雪" in style
    assert '<field name="stratum"><editWidget type="Hidden">' in style
    assert pyogrio.list_layers(out).tolist() == [["points", "Point"]]


def test_a_small_class_gives_all_its_pixels_and_says_so(make_map, tmp_path, report):
    values = striped()
    values[20, 30:33] = 9
    result = drawn(make_map(values), tmp_path / "points.gpkg", report)
    assert [row["points"] for row in result["rows"]] == [20, 20, 3]
    assert result["warnings"] == ["Class 'Ice' has 3 pixels on the map: all of them are in the sample."]
    assert result["points"] == 43


def test_maps_of_other_programs_wide_types_and_turned_grids(make_map, tmp_path, report):
    values = np.full((20, 20), -5)
    values[10:] = 100_000
    turned = Affine.translation(600000, 5200000) @ Affine.rotation(30) @ Affine.scale(10, -10)
    path = make_map(values, tags={}, nodata=None, dtype="int32", transform=turned)
    result = drawn(path, tmp_path / "points.gpkg", report, 5)
    assert [(row["value"], row["name"], row["points"]) for row in result["rows"]] == [
        (-5, "-5", 5),
        (100_000, "100000", 5),
    ]
    xy = shapely.get_coordinates(read(tmp_path / "points.gpkg")[1])
    cols, rows = ~turned @ (xy[:, 0], xy[:, 1])
    np.testing.assert_allclose((cols % 1, rows % 1), 0.5, atol=1e-4)


@pytest.mark.parametrize(
    ("values", "dtype", "match"),
    [
        (np.zeros((5, 5)), "uint8", "holds no pixel with a class"),
        (np.ones((5, 5)), "float32", "a class map has one of whole numbers"),
        (np.arange(900).reshape(30, 30), "uint16", "more than 256 different values"),
    ],
)
def test_rasters_that_are_no_class_map_are_refused(make_map, tmp_path, report, values, dtype, match):
    with pytest.raises(InputError, match=match):
        drawn(make_map(values, tags={}, dtype=dtype), tmp_path / "points.gpkg", report)
    assert not (tmp_path / "points.gpkg").exists()


def test_requests_that_make_no_sense_are_refused(make_map, tmp_path, report):
    path = make_map(striped())
    with pytest.raises(InputError, match="at least 2 are wanted"):
        drawn(path, tmp_path / "points.gpkg", report, 1)
    with pytest.raises(InputError, match="should end in .gpkg"):
        drawn(path, tmp_path / "points.shp", report)
    with pytest.raises(InputError, match="There is no map"):
        drawn(tmp_path / "none.tif", tmp_path / "points.gpkg", report)


def test_a_cancelled_draw_leaves_nothing(make_map, tmp_path, report):
    path = make_map(striped())
    report.cancel_at = 2
    with pytest.raises(Cancelled):
        drawn(path, tmp_path / "points.gpkg", report)
    assert [p.name for p in tmp_path.iterdir()] == ["map.tif"]
