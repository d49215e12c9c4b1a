"""few_shot and predict together, on scenes whose truth is known."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from mmearth import few_shot, predict, protocol
from mmearth.classifiers.temperature import apply_temperature
from mmearth.errors import Cancelled, CheckpointError, InputError, ResourceError
from mmearth.mapping.model_file import load_model, save_model

LEFT, TOP, SIDE, HALF = 600000, 5200000, 96, 48


def square(col, row, side=6):
    x, y = LEFT + 10 * col, TOP - 10 * row
    return [[x, y], [x + 10 * side, y], [x + 10 * side, y - 10 * side], [x, y - 10 * side], [x, y]]


def write_labels(path, polygons, field="class_id", crs="EPSG::32632"):
    features = [
        {"type": "Feature", "properties": {field: value}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for value, ring in polygons
    ]
    document = {"type": "FeatureCollection", "features": features}
    document["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{crs}"}}
    path.write_text(json.dumps(document))
    return str(path)


@pytest.fixture(autouse=True)
def short_learning_curve(monkeypatch):
    """One size of the learning curve: thirty fits are not needed where it is not looked at."""
    monkeypatch.setattr("mmearth.mapping.few_shot_classes.DRAWS", 0)


@pytest.fixture
def halves(make_raster):
    """A scene whose left half is dark and whose right half is bright in the infrared."""
    values = np.random.default_rng(3).normal(800, 60, (12, SIDE, SIDE))
    values[6:9, :, HALF:] += 2000
    return make_raster(values=values.clip(100), width=SIDE, height=SIDE)


@pytest.fixture
def labels(tmp_path):
    left = [(7, square(col, row)) for col in (4, 20, 36) for row in (5, 40, 80)]
    right = [(300, square(col, row)) for col in (52, 68, 86) for row in (5, 40, 80)]
    return write_labels(tmp_path / "labels.geojson", left + right)


def train(report, scenes, labels, folder, weights, **options):
    scenes = (scenes,) if isinstance(scenes, str) else tuple(scenes)
    request = protocol.FewShotRequest(scenes, labels, str(folder), weights=weights, device="cpu", **options)
    return few_shot.run(request, report)


def test_two_halves_are_learnt_mapped_and_described(halves, labels, tmp_path, report, tiny_weights):
    result = train(report, halves, labels, tmp_path / "model.zip", tiny_weights)
    assert (result["polygons"], result["pixels"]) == (18, 18 * 36)
    assert result["macro_f1"] > 0.95
    assert result["majority_macro_f1"] <= 0.5  # one class of two in every fold
    out, confidence, vector = (str(tmp_path / name) for name in ("map.tif", "confidence.tif", "map.gpkg"))
    mapped = predict.run(
        protocol.PredictRequest(halves, out, str(tmp_path / "model.zip"), confidence, vector=vector, device="cpu"),
        report,
    )
    with rasterio.open(out) as dataset:
        classes = dataset.read(1)
        assert dataset.dtypes[0] == "uint16"  # the label field's own values, and 300 does not fit 8 bits
        assert dataset.nodata == 0
        assert dataset.colormap(1)[300] != dataset.colormap(1)[7]
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    truth = np.where(np.arange(SIDE)[None] < HALF, 7, 300) * np.ones((SIDE, 1), int)
    away = np.abs(np.arange(SIDE) - HALF) > 4
    assert (classes == truth)[:, away].mean() > 0.99
    counts = {row["value"]: row["pixels"] for row in mapped["classes"]}
    assert counts == {7: int((classes == 7).sum()), 300: int((classes == 300).sum())}
    areas = {row["value"]: row["area_m2"] for row in mapped["classes"]}
    assert areas[7] == pytest.approx(counts[7] * 100)
    with rasterio.open(confidence) as dataset:
        percent = dataset.read(1)
    assert percent.min() >= 50
    assert percent.max() <= 100
    assert Path(vector).is_file()
    assert "<paletteEntry" in (tmp_path / "map.qml").read_text()
    table = (tmp_path / "map.tif.aux.xml").read_text()
    assert re.findall(r"<F>(\d+)</F>", table)[0] == "7"


def test_the_map_equals_the_head_on_the_pixel_features(halves, labels, tmp_path, report, tiny_weights):
    """Pooling logits instead of features is an identity, and windows leave no trace."""
    import torch
    from mmearth.embedding.features import FeatureExtractor
    from mmearth.mapping.recipe_features import HALO_PX, LAST_STAGE, grown
    from mmearth.scenes.raster import open_scene
    from mmearth.weights.checkpoints import load_weights
    from rasterio.windows import Window

    train(report, halves, labels, tmp_path / "model.zip", tiny_weights)
    model, weights = load_model(str(tmp_path / "model.zip")), load_weights(tiny_weights)
    extractor = FeatureExtractor(weights, torch.device("cpu"), LAST_STAGE)
    with open_scene(halves, {}, "auto", weights.bands) as scene:
        whole = extractor(scene, grown(Window(0, 0, SIDE, SIDE)))
    rows, cols = (places.ravel() + HALO_PX for places in np.indices((SIDE, SIDE)))
    wanted = model.head.probabilities(model.features.at(whole, rows, cols)).reshape(SIDE, SIDE, 2)
    out, confidence = str(tmp_path / "map.tif"), str(tmp_path / "confidence.tif")
    wanted = apply_temperature(wanted, model.temperature, axis=-1)
    bounds = (LEFT + 130, TOP - 510, LEFT + 530, TOP - 210)
    predict.run(
        protocol.PredictRequest(halves, out, str(tmp_path / "model.zip"), confidence, bounds=bounds, device="cpu"),
        report,
    )
    part = wanted[21:51, 13:53]
    with rasterio.open(out) as classes, rasterio.open(confidence) as percent:
        clear = np.abs(part[..., 0] - 0.5) > 0.01
        np.testing.assert_array_equal(classes.read(1)[clear], np.where(part[..., 0] > part[..., 1], 7, 300)[clear])
        np.testing.assert_allclose(percent.read(1), 100 * part.max(axis=-1), atol=1)


def test_one_polygon_a_class_trains_but_claims_no_score(halves, tmp_path, report, tiny_weights):
    labels = write_labels(tmp_path / "labels.geojson", [(1, square(10, 10)), (2, square(70, 10)), (2, square(70, 40))])
    result = train(report, halves, labels, tmp_path / "model.zip", tiny_weights)
    assert result["macro_f1"] is None
    assert any("has 1 polygon" in warning and "draw at least 2" in warning for warning in result["warnings"])
    assert (tmp_path / "model_report" / "report.html").is_file()


def test_text_classes_are_numbered_in_the_order_of_the_list(halves, tmp_path, report, tiny_weights):
    polygons = [(name, square(col, row)) for name, col in (("dark", 10), ("bright", 70)) for row in (5, 50)]
    labels = write_labels(tmp_path / "labels.geojson", polygons, field="class_name")
    chosen = ({"name": "dark", "color": "#112233"}, {"name": "bright", "color": "#445566"})
    result = train(report, halves, labels, tmp_path / "model.zip", tiny_weights, classes=chosen)
    assert [(c["value"], c["name"], c["color"]) for c in result["classes"]] == [
        (1, "dark", "#112233"),
        (2, "bright", "#445566"),
    ]


def test_polygons_on_two_scenes_train_together(make_raster, tmp_path, report, tiny_weights):
    from affine import Affine

    random = np.random.default_rng(0)
    dark = make_raster("dark.tif", values=random.normal(600, 50, (12, 32, 32)))
    bright = make_raster(
        "bright.tif", values=random.normal(3000, 50, (12, 32, 32)), transform=Affine(10, 0, LEFT + 5000, 0, -10, TOP)
    )
    polygons = [(1, square(4, row)) for row in (3, 20)] + [(2, square(504, row)) for row in (3, 20)]
    labels = write_labels(tmp_path / "labels.geojson", polygons)
    result = train(report, [dark, bright], labels, tmp_path / "model.zip", tiny_weights)
    assert (result["polygons"], result["macro_f1"]) == (4, 1.0)


@pytest.mark.parametrize(
    ("polygons", "words"),
    [
        ([(1, square(5, 5)), (1, square(50, 5))], "class"),
        ([(1, square(5000, 5)), (2, square(5050, 5))], "outside"),
        ([(1, square(5.1, 5.1, 0.2)), (2, square(9.1, 5.1, 0.2))], "pixel"),
    ],
)
def test_labels_that_do_not_serve_are_refused_and_leave_nothing(
    halves, tmp_path, report, tiny_weights, polygons, words
):
    labels = write_labels(tmp_path / "labels.geojson", polygons)
    with pytest.raises(InputError, match=words) as caught:
        train(report, halves, labels, tmp_path / "model.zip", tiny_weights)
    assert caught.value.remedy
    assert not (tmp_path / "model.zip").exists()


def test_an_unknown_field_is_refused_with_the_fields_there_are(halves, labels, tmp_path, report, tiny_weights):
    with pytest.raises(InputError, match="species.*class_id"):
        train(report, halves, labels, tmp_path / "model.zip", tiny_weights, field="species")


def test_polygons_on_nodata_are_refused(make_raster, labels, tmp_path, report, tiny_weights):
    empty = make_raster(values=np.zeros((12, SIDE, SIDE)), nodata=0)
    with pytest.raises(InputError, match="all of them are nodata"):
        train(report, empty, labels, tmp_path / "model.zip", tiny_weights)


def test_places_where_no_model_can_be_written_are_refused_before_any_work(halves, labels, tmp_path, report):
    precious = tmp_path / "precious.zip"
    precious.write_text("do not touch")
    with pytest.raises(InputError, match="is no model: it would be lost"):
        train(report, halves, labels, precious, "")
    with pytest.raises(InputError, match=r"model\.zip"):
        train(report, halves, labels, tmp_path, "")
    with pytest.raises(ResourceError, match="not writable"):
        train(report, halves, labels, "/proc/model.zip", "")
    assert report.calls == []
    assert precious.read_text() == "do not touch"


def test_cancel_leaves_no_file(halves, labels, tmp_path, report, tiny_weights):
    report.cancel_at = 3
    with pytest.raises(Cancelled):
        train(report, halves, labels, tmp_path / "model.zip", tiny_weights)
    assert not (tmp_path / "model.zip").exists()


@pytest.fixture
def model(halves, labels, tmp_path, report, tiny_weights):
    train(report, halves, labels, tmp_path / "model.zip", tiny_weights)
    return tmp_path / "model.zip"


def test_predict_refuses_other_bands_and_other_weights(model, make_raster, tmp_path, report):
    def mapped(scene):
        return predict.run(protocol.PredictRequest(scene, str(tmp_path / "map.tif"), str(model), device="cpu"), report)

    with pytest.raises(InputError, match="was trained with B1, B2"):
        mapped(make_raster("four.tif", count=4, names=("B2", "B3", "B4", "B8")))
    save_model(str(model), replace(load_model(str(model)), weights_sha256="0" * 16))
    with pytest.raises(CheckpointError, match="was trained with weights 'tiny'"):
        mapped(make_raster())
    assert not list(tmp_path.glob("*map*"))


def test_predict_respects_nodata_and_bounds(model, make_raster, tmp_path, report):
    values = np.random.default_rng(0).integers(300, 3000, (12, 64, 64))
    values[:, :, :10] = 0
    out, confidence = tmp_path / "map.tif", tmp_path / "confidence.tif"
    bounds = (LEFT + 50, TOP - 400, LEFT + 300, TOP - 100)
    request = protocol.PredictRequest(
        make_raster(values=values, nodata=0), str(out), str(model), str(confidence), bounds=bounds, device="cpu"
    )
    predict.run(request, report)
    with rasterio.open(out) as classes, rasterio.open(confidence) as percent:
        assert classes.bounds == bounds
        expected = np.broadcast_to(np.arange(25) >= 5, (30, 25))
        np.testing.assert_array_equal(classes.read(1) != 0, expected)
        np.testing.assert_array_equal(percent.read(1) != 255, expected)


def test_a_field_that_numbers_the_polygons_is_refused(halves, tmp_path, report, tiny_weights):
    places = [(col, row) for col in range(4, 92, 12) for row in range(4, 92, 20)]
    labels = write_labels(tmp_path / "labels.geojson", [(i, square(*place)) for i, place in enumerate(places)])
    with pytest.raises(InputError, match="it numbers the polygons, it is not their class"):
        train(report, halves, labels, tmp_path / "model.zip", tiny_weights)


def test_without_an_encoder_no_weights_are_loaded(halves, labels, tmp_path, report, monkeypatch):
    def fail(*_arguments, **_options):
        raise AssertionError("weights were loaded or an encoder was built")

    for name in (
        "few_shot.load_weights",
        "mapping.compatibility.load_weights",
        "mapping.pixel_source.FeatureExtractor",
    ):
        monkeypatch.setattr(f"mmearth.{name}", fail)
    result = train(report, halves, labels, tmp_path / "model.zip", "", encoder=False)
    assert result["macro_f1"] > 0.95
    out = str(tmp_path / "map.tif")
    predict.run(protocol.PredictRequest(halves, out, str(tmp_path / "model.zip"), device="cpu"), report)
    with rasterio.open(out) as dataset:
        classes = dataset.read(1)
    assert (classes[:, :40] == 7).mean() > 0.99
    assert (classes[:, -40:] == 300).mean() > 0.99
    facts = json.loads((tmp_path / "model_report" / "report.json").read_text())["facts"]
    assert facts["Weights"] == "no encoder"
    assert facts["Classifier"].startswith("few-shot recipe: mean of shrinkage LDA and logistic regression")


def test_a_scene_without_polygons_lends_its_pixels(make_raster, halves, labels, tmp_path, report, tiny_weights):
    """Scenes to be mapped are given beside the labelled ones, so that their pixels are drawn, too."""
    from affine import Affine

    far = make_raster("far.tif", transform=Affine(10, 0, LEFT + 50000, 0, -10, TOP))
    result = train(report, [halves, far], labels, tmp_path / "model.zip", tiny_weights)
    assert (result["polygons"], result["pixels"]) == (18, 18 * 36)
    facts = json.loads((tmp_path / "model_report" / "report.json").read_text())["facts"]
    assert facts["Scenes"] == "scene.tif, far.tif"


def test_the_same_request_gives_the_same_model(halves, labels, tmp_path, report, tiny_weights):
    for name in ("one.zip", "two.zip"):
        train(report, halves, labels, tmp_path / name, tiny_weights)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_what_is_wrong_with_polygons_is_listed_with_its_place(make_raster, tmp_path, report):
    values = np.random.default_rng(3).normal(500, 40, (12, SIDE, SIDE))
    values[6:9, :, HALF:] += 2000
    values[:, 60:75, 20:35] = 7000  # a cloud
    values[:, 80:, :10] = 0
    scene = make_raster(values=values.clip(0), nodata=0)
    polygons = [(1, square(col, row)) for col in (4, 36) for row in (5, 40)]
    polygons += [(2, square(col, row)) for col in (52, 86) for row in (5, 40)]
    polygons += [(1, square(24, 64)), (1, square(2, 84)), (2, square(500, 5)), (2, square(70.1, 70.1, 0.2))]
    polygons += [(2, square(39, 40)), (None, square(20, 20))]
    labels = write_labels(tmp_path / "labels.geojson", polygons)
    result = train(report, scene, labels, tmp_path / "model.zip", "", encoder=False)
    found = {problem["kind"]: problem for problem in result["problems"]}
    assert {kind: problem["features"] for kind, problem in found.items()} == {
        "cloud": [8], "nodata": [9], "outside": [10], "sliver": [11], "overlap": [3, 12], "unlabelled": [13],
    }  # fmt: skip
    assert len(result["problems"]) == 6
    assert {problem["crs"] for problem in found.values()} == {"EPSG:32632"}
    assert found["overlap"]["bounds"] == [LEFT + 390, TOP - 460, LEFT + 420, TOP - 400]
    assert found["cloud"]["bounds"] == [LEFT + 240, TOP - 700, LEFT + 300, TOP - 640]
    assert found["cloud"]["message"].startswith("Polygon 8 may be cloud: 100%")
    assert result["polygons"] == 10  # 14 without those on nodata, outside, without a pixel, and without a class
    assert "1 polygon that may be cloud (feature 8)." in result["warnings"]
    assert ("warning", "1 polygon on nodata (feature 9).") in report.logs


def test_ignored_polygons_neither_teach_nor_lend_their_pixels(make_raster, tmp_path, report, monkeypatch):
    values = np.random.default_rng(3).normal(800, 60, (12, SIDE, SIDE))
    values[6:9, :, HALF:] += 2000
    values[:, 60:, :] = 9000
    polygons = [(1, square(col, row)) for col in (4, 36) for row in (5, 40)]
    polygons += [(2, square(col, row)) for col in (52, 86) for row in (5, 40)]
    polygons += [(9, square(0, 60, 96))]
    labels = write_labels(tmp_path / "labels.geojson", polygons)
    result = train(
        report, make_raster(values=values.clip(100)), labels, tmp_path / "model.zip", "", encoder=False, ignore=("9",)
    )
    assert [c["value"] for c in result["classes"]] == [1, 2]
    assert result["polygons"] == 8
    model = load_model(str(tmp_path / "model.zip"))
    # Inputs are standardised over the drawn pixels: none of them is as bright as the ignored ones.
    np.testing.assert_allclose(model.features.random.mean[0], 800, atol=10)
    facts = json.loads((tmp_path / "model_report" / "report.json").read_text())["facts"]
    assert facts["Ignored"] == "9 (1 polygons)"


def test_negatives_move_what_they_deny_to_another_class(make_raster, tmp_path, report):
    """Three stripes; the third looks like the first one and is denied to be that."""
    values = np.random.default_rng(3).normal(800, 60, (12, SIDE, SIDE))
    values[6:9, :, 32:64] += 2000
    values[1:4, :, 64:] += 300
    scene = make_raster(values=values.clip(100))
    polygons = [("forest", square(col, row)) for col in (4, 20) for row in (5, 40, 80)]
    polygons += [("lake", square(col, row)) for col in (36, 52) for row in (5, 40, 80)]
    results, shares = [], []
    for name, more in (("plain", []), ("denied", [("not forest", square(75, row)) for row in (5, 40, 80)])):
        labels = write_labels(tmp_path / f"{name}.geojson", polygons + more, field="class")
        model, out = str(tmp_path / f"{name}.zip"), str(tmp_path / f"{name}.tif")
        results.append(train(report, scene, labels, model, "", encoder=False))
        predict.run(protocol.PredictRequest(scene, out, model, device="cpu"), report)
        with rasterio.open(out) as dataset:
            mapped = dataset.read(1)
        shares.append((mapped[:, 70:] == 2).mean())
        assert (mapped[:, :26] == 1).mean() > 0.95
    assert [c["name"] for c in results[1]["classes"]] == ["forest", "lake"]
    assert results[1]["polygons"] == 12  # negatives are no polygons of a class
    assert shares[0] < 0.2
    assert shares[1] > 0.9


@pytest.fixture
def slope(make_raster, tmp_path):
    """A scene whose infrared grows from left to right, and polygons whose height is the column of their middle / 10."""
    values = np.random.default_rng(3).normal(800, 30, (12, SIDE, SIDE))
    values[6:9] += 20 * np.arange(SIDE)
    places = [(col, row) for col in range(3, SIDE - 6, 14) for row in (5, 25, 45, 65, 85)]
    labels = write_labels(
        tmp_path / "heights.geojson", [((col + 3) / 10, square(col, row)) for col, row in places], field="height"
    )
    return make_raster(values=values.clip(100)), labels


@pytest.mark.parametrize("head", ["recipe", "forest"])
def test_decimal_numbers_are_estimated_with_an_interval(slope, tmp_path, report, head):
    scene, labels = slope
    result = train(report, scene, labels, tmp_path / "model.zip", "", encoder=False, head=head)
    assert (result["task"], result["head"], result["classes"]) == ("regression", head, [])
    assert any("Regression, as field 'height' holds decimal numbers such as" in text for _, text in report.logs)
    assert result["r2"] > 0.9
    assert result["rmse"] < 0.3 * result["mean_rmse"]
    assert abs(result["bias"]) < 0.3
    assert 0.7 < result["coverage"] <= 1
    assert result["raw_bands_rmse"] > 0
    assert (result["target_min"], result["target_max"]) == (0.6, 9.0)
    assert result["macro_f1"] is None
    model = load_model(str(tmp_path / "model.zip"))
    assert (model.task, model.classes, model.resolution_m) == ("regression", (), pytest.approx(10, rel=1e-2))
    assert (tmp_path / "model_report" / "report.html").is_file()
    out, interval = str(tmp_path / "height.tif"), str(tmp_path / "interval.tif")
    predict.run(
        protocol.PredictRequest(scene, out, str(tmp_path / "model.zip"), interval=interval, device="cpu"), report
    )
    with rasterio.open(out) as dataset, rasterio.open(interval) as ends:
        found, (low, high) = dataset.read(1), ends.read()
    truth = np.broadcast_to((np.arange(SIDE) + 0.5) / 10, (SIDE, SIDE))
    assert np.abs(found - truth)[:, 10:-10].mean() < 0.5
    own = np.s_[5:11, 3:9]  # the first polygon, of height 0.6
    assert (low < found).all()
    assert (found < high).all()
    assert ((low <= 0.6) & (high >= 0.6))[own].mean() > 0.5


def test_whole_numbers_are_classes_unless_regression_is_asked_for(halves, labels, tmp_path, report):
    result = train(report, halves, labels, tmp_path / "model.zip", "", encoder=False, task="regression")
    assert (result["task"], result["task_reason"]) == ("regression", "as chosen")
    assert (result["target_min"], result["target_max"]) == (7, 300)
    with pytest.raises(InputError, match="'knn' tells classes apart") as caught:
        train(report, halves, labels, tmp_path / "other.zip", "", encoder=False, task="regression", head="knn")
    assert "recipe, ridge, forest" in caught.value.remedy


def test_the_result_says_how_it_was_validated_and_calibrated(halves, labels, tmp_path, report):
    result = train(report, halves, labels, tmp_path / "model.zip", "", encoder=False, folds="polygon")
    assert (result["task"], result["task_reason"]) == ("classes", "field 'class_id' holds whole numbers")
    assert (result["folds"], result["folds_reason"]) == ("polygon", "Whole polygons were held out, as chosen.")
    assert 0.2 <= result["temperature"] <= 10
    assert load_model(str(tmp_path / "model.zip")).temperature == pytest.approx(result["temperature"])
    before, after = result["ece"]
    assert 0 <= after < before < 0.5
    assert result["learning_curve"]["polygons_per_class"] == [6.0]
    auto = train(report, halves, labels, tmp_path / "blocks.zip", "", encoder=False)
    assert auto["folds"] == "block"
    assert "within 27 pixels" in auto["folds_reason"]
    assert auto["macro_f1"] > 0.95
    text = json.loads((tmp_path / "blocks_report" / "report.json").read_text())
    assert text["folds_reason"] == auto["folds_reason"]
    assert "blocks of neighbouring polygons" in text["facts"]["Validation"]


@pytest.mark.parametrize("head", ["prototype", "knn", "ridge", "logistic", "forest", "mlp"])
def test_every_head_learns_and_maps(halves, labels, tmp_path, report, head):
    result = train(report, halves, labels, tmp_path / "model.zip", "", encoder=False, head=head)
    assert (result["head"], result["macro_f1"] > 0.9) == (head, True)
    out = str(tmp_path / "map.tif")
    predict.run(protocol.PredictRequest(halves, out, str(tmp_path / "model.zip"), device="cpu"), report)
    with rasterio.open(out) as dataset:
        classes = dataset.read(1)
    assert (classes[:, :40] == 7).mean() > 0.95
    assert (classes[:, -40:] == 300).mean() > 0.95


def test_an_extra_layer_joins_the_features_and_not_the_raw_bands(make_raster, tmp_path, report):
    """The classes differ in elevation alone."""
    flat = make_raster(values=np.random.default_rng(3).normal(800, 60, (12, SIDE, SIDE)).clip(100))
    height = np.random.default_rng(4).normal(400, 10, (1, SIDE, SIDE))
    height[:, :, HALF:] += 500
    layer = make_raster("elevation.tif", values=height, dtype="float32", names=("elevation",))
    polygons = [(1 + (col > 48), square(col, row)) for col in (4, 20, 36, 52, 68, 86) for row in (5, 40, 80)]
    labels = write_labels(tmp_path / "labels.geojson", polygons)
    result = train(report, flat, labels, tmp_path / "model.zip", "", encoder=False, layers=(layer,))
    assert result["macro_f1"] > 0.95
    assert result["raw_bands_macro_f1"] < 0.8
    model = load_model(str(tmp_path / "model.zip"))
    assert len(model.layers) == 1
    assert model.bands[-1] == model.layers[0]


def test_a_regression_of_few_polygons_trains_but_claims_neither_score_nor_interval(slope, tmp_path, report):
    scene, _ = slope
    few = [((col + 3) / 10, square(col, 40)) for col in (3, 31, 59, 87)]
    labels = write_labels(tmp_path / "few.geojson", few, field="height")
    result = train(report, scene, labels, tmp_path / "model.zip", "", encoder=False)
    assert (result["r2"], result["coverage"]) == (None, None)
    assert result["reason"] == "there are 4 polygons; draw at least 5 (30 are better)"
    model, out = load_model(str(tmp_path / "model.zip")), str(tmp_path / "height.tif")
    assert np.isnan(model.head.width)
    predict.run(protocol.PredictRequest(scene, out, str(tmp_path / "model.zip"), device="cpu"), report)
    with rasterio.open(out) as dataset:
        assert 0 < dataset.read(1)[:, 45:50].mean() < 9


def test_scenes_are_judged_together(make_raster, tmp_path, report):
    """A polygon on the second scene is no problem of the first one, and one beside both is told once."""
    from affine import Affine

    random = np.random.default_rng(0)
    first = make_raster("first.tif", values=random.normal(600, 50, (12, 32, 32)))
    second = make_raster(
        "second.tif", values=random.normal(3000, 50, (12, 32, 32)), transform=Affine(10, 0, LEFT + 5000, 0, -10, TOP)
    )
    polygons = [(1, square(4, row)) for row in (3, 20)] + [(2, square(504, row)) for row in (3, 20)]
    labels = write_labels(tmp_path / "labels.geojson", [*polygons, (2, square(250, 3))])
    result = train(report, [first, second], labels, tmp_path / "model.zip", "", encoder=False)
    assert [(p["kind"], p["features"]) for p in result["problems"]] == [("outside", [4])]
    assert result["warnings"] == ["1 polygon outside the raster (feature 4)."]
