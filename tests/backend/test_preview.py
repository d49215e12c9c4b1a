"""The preview on scenes whose truth is known: what it maps, what it says, and what a further polygon costs."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from mmearth import preview, protocol
from mmearth.errors import Cancelled, InputError
from mmearth.mapping import live_window

LEFT, TOP, SIDE = 600000, 5200000, 144
THIRD = SIDE // 3


def square(col, row, side=6):
    x, y = LEFT + 10 * col, TOP - 10 * row
    return [[x, y], [x + 10 * side, y], [x + 10 * side, y - 10 * side], [x, y - 10 * side], [x, y]]


def bounds(col, row, width, height):
    left, top = LEFT + 10 * col, TOP - 10 * row
    return left, top - 10 * height, left + 10 * width, top


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch):
    monkeypatch.setattr(live_window, "_held", None)


@pytest.fixture
def thirds(make_raster):
    """Three upright stripes of different spectra; the last eight rows hold no data."""
    values = np.random.default_rng(3).normal(800, 60, (12, SIDE, SIDE))
    right = slice(2 * THIRD, None)
    values[6:9, :, THIRD:] += 2000
    values[10:, :, right] += 1500
    values = values.clip(100)
    values[:, -8:] = 0
    return make_raster(values=values, nodata=0)


TRUTH = np.broadcast_to(np.arange(SIDE) // THIRD + 1, (SIDE, SIDE))


@pytest.fixture
def ask(thirds, tmp_path, report):
    """Returns a function that previews with polygons (class, col, row) and returns result and map."""

    def run(polygons, window=(0, 0, SIDE, SIDE), told=report, **fields):
        features = [
            {
                "type": "Feature",
                "properties": {"class_id": value},
                "geometry": {"type": "Polygon", "coordinates": [square(col, row)]},
            }
            for value, col, row in polygons
        ]
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
        labels, out = tmp_path / "labels.geojson", str(tmp_path / "preview.tif")
        labels.write_text(json.dumps({"type": "FeatureCollection", "features": features, "crs": crs}))
        fields = {"scene": thirds, "out": out, "bounds": bounds(*window), "labels": str(labels), **fields}
        fields = {"encoder": False, "device": "cpu", **fields}
        result = preview.run(protocol.PreviewRequest(**fields), told)
        with rasterio.open(out) as dataset:
            return result, dataset.read(1)

    return run


TWO = [(1, 8, 10), (1, 30, 80), (2, 60, 10), (2, 80, 80)]
THREE = [*TWO, (3, 110, 10), (3, 130, 80)]
AWAY = np.abs(np.arange(SIDE) % THIRD - THIRD // 2) < THIRD // 2 - 4  # from the borders of the stripes


def test_stripes_are_mapped_and_described(ask, thirds, tiny_weights):
    classes = [{"value": 2, "name": "Wood", "color": "#00aa00"}, {"value": 1, "name": "Field", "color": "#ffee00"}]
    classes.append({"value": 3, "name": "Water", "color": "#0000ff"})
    result, found = ask(THREE, window=(20, 30, 120, 114), classes=tuple(classes), encoder=True, weights=tiny_weights)
    truth, away = TRUTH[30:, 20:140], AWAY[20:140]
    assert (found == truth)[:-8, away].mean() > 0.99
    assert (found[-8:] == 0).all()
    with rasterio.open(result["out"]) as dataset, rasterio.open(thirds) as scene:
        assert dataset.dtypes == ("uint8",)
        assert dataset.nodata == 0
        assert dataset.crs == scene.crs
        assert dataset.bounds == bounds(20, 30, 120, 114)
        assert dataset.colormap(1)[2] == (0, 170, 0, 255)
    rows = {row["value"]: row for row in result["classes"]}
    assert {value: (row["name"], row["color"]) for value, row in rows.items()} == {
        1: ("Field", "#ffee00"),
        2: ("Wood", "#00aa00"),
        3: ("Water", "#0000ff"),
    }
    assert {value: row["pixels"] for value, row in rows.items()} == {v: int((found == v).sum()) for v in (1, 2, 3)}
    style = Path(result["style"])
    assert style == Path(result["out"]).with_suffix(".qml")
    assert 'value="3" color="#0000ff" label="Water"' in style.read_text()
    assert result["window_px"] == [120, 114]
    assert result["prepared"]
    assert set(result["timings"]) == {"labels", "fit", "map", "write"}


def test_one_more_polygon_pays_for_the_labels_alone(ask, report, monkeypatch):
    first, before = ask(TWO)
    assert first["prepared"]
    assert not (before == 3).any()
    monkeypatch.setattr(live_window, "fit_features", None)  # whoever calls these now fails
    monkeypatch.setattr(live_window.LiveScene, "_encode", None)
    report.calls.clear()
    second, after = ask([*TWO, (3, 110, 10)])
    assert not second["prepared"]
    assert report.calls == []
    assert (after == TRUTH)[:-8, AWAY].mean() > 0.99


def test_polygons_outside_the_window_teach_too(ask, report):
    result, found = ask(THREE, window=(0, 0, 90, 60))
    assert [row["pixels"] > 0 for row in result["classes"]] == [True, True, False]
    assert (found == TRUTH[:60, :90])[:, AWAY[:90]].mean() > 0.99
    report.calls.clear()
    ask(THREE, window=(0, 0, 90, 60))
    assert report.calls == []


def test_moving_the_window_computes_what_is_new(ask, report):
    ask(TWO, window=(0, 0, 64, 128))
    report.calls.clear()
    result, _ = ask(TWO, window=(32, 0, 96, 128))
    assert result["prepared"]
    assert {phase for phase, _, _ in report.calls} == {live_window.PREPARING}


def test_the_recipe_weighs_components_as_the_features_they_stand_for(ask, monkeypatch):
    seen = []

    def fit(features, classes, polygons, unlabelled, num_classes, num_features):
        seen.append((features.shape, unlabelled.shape[1], num_features))
        return original(features, classes, polygons, unlabelled, num_classes, num_features)

    original = preview.fit_recipe
    monkeypatch.setattr(preview, "fit_recipe", fit)
    ask(TWO)
    # random features over three widths, bands and indices
    assert seen == [((4 * 36, 64), 64, 3 * (128 + 64) + 16)]


@pytest.mark.parametrize("head", ["knn", "forest"])
def test_heads_that_are_not_linear_look_at_a_part_of_the_pixels(ask, head, monkeypatch):
    whole, found = ask(THREE, head=head)
    assert whole["step_px"] == 1
    assert (found == TRUTH)[:-8, AWAY].mean() > 0.98
    monkeypatch.setattr(preview, "DENSE_PX", SIDE * SIDE // 9)
    part, coarse = ask(THREE, head=head)
    assert part["step_px"] == 3
    assert (coarse[:63:3, :63:3] == found[:63:3, :63:3]).all()
    assert (coarse[:63:3, :63:3] == coarse[2:63:3, 2:63:3]).mean() > 0.99
    assert (coarse[-8:] == 0).all()


def test_many_polygons_give_fewer_pixels_each():
    assert [preview._pixels_per_polygon(count) for count in (2, 39, 40, 79, 80, 160, 5000)] == [
        50,
        50,
        25,
        25,
        12,
        6,
        6,
    ]


def test_large_class_values_keep_their_values(ask):
    result, found = ask([(300, *place[1:]) if place[0] == 1 else place for place in TWO])
    assert set(np.unique(found)) == {0, 2, 300}
    with rasterio.open(result["out"]) as dataset:
        assert dataset.dtypes == ("uint16",)
        assert dataset.colormap(1)[300] != dataset.colormap(1)[2]


def test_what_is_wrong_with_polygons_is_listed(ask):
    result, _ = ask([*TWO, (1, 20, 137), (2, 34, 82), (2, 400, 400)])
    found = {problem["kind"]: problem for problem in result["problems"]}
    assert set(found) == {"nodata", "overlap", "outside"}
    assert found["nodata"]["features"] == [4]
    assert found["overlap"]["features"] == [1, 5]
    assert found["outside"]["features"] == [6]
    assert found["overlap"]["bounds"] == pytest.approx(bounds(34, 82, 2, 4))
    assert any("overlap" in sentence for sentence in result["warnings"])


def test_negatives_and_ignored_values(ask):
    _, found = ask([("a", 8, 10), ("b", 60, 10), ("not a", 130, 80)])
    assert (found[:-8, 100:] == found[12, 62]).mean() > 0.95  # of what is left, only "b"
    with pytest.raises(InputError, match="only one class"):
        ask(TWO, ignore=("2",))


def test_layers_join_the_bands(ask, make_raster):
    height = make_raster("height.tif", values=np.broadcast_to(np.arange(SIDE) / 2, (1, SIDE, SIDE)), dtype="float32")
    result, found = ask(THREE, layers=(height,))
    assert (found == TRUTH)[:-8, AWAY].mean() > 0.98
    again, _ = ask(THREE)
    assert again["prepared"]  # features with and without the layer are different ones


def test_labels_without_data_are_refused(ask):
    with pytest.raises(InputError, match="None of the labelled pixels of 'scene.tif' holds data"):
        ask([(1, 20, 137), (2, 60, 137)])


def test_what_is_prepared_outlives_bad_labels(ask):
    with pytest.raises(InputError, match="only one class"):
        ask(TWO[:2])
    result, _ = ask(TWO)
    assert not result["prepared"]


def test_cancelling_leaves_the_files_of_before(ask, report, tmp_path):
    ask(TWO, window=(0, 0, 64, 64))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("preview")}
    with pytest.raises(Cancelled):
        ask(THREE, told=type(report)(cancel_at=1))
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir() if "preview" in path.name}
    assert after == before


def test_an_embedding_needs_no_encoder(ask, make_raster, monkeypatch):
    codes = np.random.default_rng(0).normal(0, 25, (64, SIDE, SIDE))
    codes[3, :, THIRD:] += 90
    codes[5, :, slice(2 * THIRD, None)] -= 90
    names = tuple(f"A{i:02d}" for i in range(64))
    path = make_raster("alphaearth.tif", values=codes.clip(-127, 127), dtype="int8", nodata=-128, names=names)
    monkeypatch.setattr("mmearth.mapping.live_window.load_weights", None)
    _, found = ask(THREE, scene=path, encoder=True)
    assert (found == TRUTH)[:, AWAY].mean() > 0.99
