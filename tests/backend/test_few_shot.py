"""few_shot and predict together, on scenes whose truth is known."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from mmearth import few_shot, predict, protocol
from mmearth.errors import Cancelled, CheckpointError, InputError, ResourceError
from mmearth.validation import cross_validate
from sklearn.neighbors import KNeighborsClassifier

LEFT, TOP, SIDE = 600000, 5200000, 96


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


@pytest.fixture
def halves(make_raster):
    """A scene whose left half is dark and whose right half is bright in the infrared."""
    values = np.random.default_rng(3).normal(800, 60, (12, SIDE, SIDE))
    values[6:9, :, SIDE // 2 :] += 2000
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
    result = train(report, halves, labels, tmp_path / "model", tiny_weights)
    assert (result["polygons"], result["pixels"]) == (18, 18 * 36)
    assert result["macro_f1"] > 0.95
    assert result["majority_macro_f1"] <= 0.5  # one class of two in every fold
    out, confidence, vector = (str(tmp_path / name) for name in ("map.tif", "confidence.tif", "map.gpkg"))
    mapped = predict.run(
        protocol.PredictRequest(halves, out, str(tmp_path / "model"), confidence, vector, device="cpu"), report
    )
    with rasterio.open(out) as dataset:
        classes = dataset.read(1)
        assert dataset.dtypes[0] == "uint16"  # the label field's own values, and 300 does not fit 8 bits
        assert dataset.nodata == 0
        assert dataset.colormap(1)[300] != dataset.colormap(1)[7]
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    truth = np.where(np.arange(SIDE)[None] < SIDE // 2, 7, 300) * np.ones((SIDE, 1), int)
    away = np.abs(np.arange(SIDE) - SIDE // 2) > 4
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
    from mmearth.checkpoints import load_weights
    from mmearth.features import FeatureExtractor
    from mmearth.model_folder import load_model
    from mmearth.raster import open_scene
    from mmearth.recipe_features import HALO_PX, LAST_STAGE, grown
    from rasterio.windows import Window

    train(report, halves, labels, tmp_path / "model", tiny_weights)
    model, weights = load_model(str(tmp_path / "model")), load_weights(tiny_weights)
    extractor = FeatureExtractor(weights, torch.device("cpu"), LAST_STAGE)
    with open_scene(halves, {}, "auto", weights.bands) as scene:
        whole = extractor(scene, grown(Window(0, 0, SIDE, SIDE)))
    rows, cols = (places.ravel() + HALO_PX for places in np.indices((SIDE, SIDE)))
    wanted = model.head.probabilities(model.features.at(whole, rows, cols)).reshape(SIDE, SIDE, 2)
    out, confidence = str(tmp_path / "map.tif"), str(tmp_path / "confidence.tif")
    bounds = (LEFT + 130, TOP - 510, LEFT + 530, TOP - 210)
    predict.run(
        protocol.PredictRequest(halves, out, str(tmp_path / "model"), confidence, bounds=bounds, device="cpu"), report
    )
    part = wanted[21:51, 13:53]
    with rasterio.open(out) as classes, rasterio.open(confidence) as percent:
        clear = np.abs(part[..., 0] - 0.5) > 0.01
        np.testing.assert_array_equal(classes.read(1)[clear], np.where(part[..., 0] > part[..., 1], 7, 300)[clear])
        np.testing.assert_allclose(percent.read(1), 100 * part.max(axis=-1), atol=1)


def test_shuffled_labels_score_near_chance(make_raster, tmp_path, report, tiny_weights):
    """Every polygon has its own colour, so pixels of one polygon on both sides of a split would score near 1."""
    random = np.random.default_rng(5)
    values = random.normal(800, 10, (12, SIDE, SIDE))
    polygons = []
    for index in range(30):
        col, row = index % 6 * 16 + 4, index // 6 * 16 + 4
        values[:, row - 3 : row + 9, col - 3 : col + 9] += random.normal(600, 300, (12, 1, 1))
        polygons.append((1 + index % 2 if random.random() < 0.5 else 1 + (index + 1) % 2, square(col, row)))
    labels = write_labels(tmp_path / "labels.geojson", polygons)
    result = train(report, make_raster(values=values.clip(1)), labels, tmp_path / "model", tiny_weights)
    assert result["macro_f1"] < 0.75


def test_one_polygon_a_class_trains_but_claims_no_score(halves, tmp_path, report, tiny_weights):
    labels = write_labels(tmp_path / "labels.geojson", [(1, square(10, 10)), (2, square(70, 10)), (2, square(70, 40))])
    result = train(report, halves, labels, tmp_path / "model", tiny_weights)
    assert result["macro_f1"] is None
    assert any("has 1 polygon" in warning and "draw at least 2" in warning for warning in result["warnings"])
    assert (tmp_path / "model" / "report" / "report.html").is_file()


def test_text_classes_are_numbered_in_the_order_of_the_list(halves, tmp_path, report, tiny_weights):
    polygons = [(name, square(col, row)) for name, col in (("dark", 10), ("bright", 70)) for row in (5, 50)]
    labels = write_labels(tmp_path / "labels.geojson", polygons, field="class_name")
    chosen = ({"name": "dark", "color": "#112233"}, {"name": "bright", "color": "#445566"})
    result = train(report, halves, labels, tmp_path / "model", tiny_weights, classes=chosen)
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
    result = train(report, [dark, bright], labels, tmp_path / "model", tiny_weights)
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
        train(report, halves, labels, tmp_path / "model", tiny_weights)
    assert caught.value.remedy
    assert not (tmp_path / "model").exists()


def test_an_unknown_field_is_refused_with_the_fields_there_are(halves, labels, tmp_path, report, tiny_weights):
    with pytest.raises(InputError, match="species.*class_id"):
        train(report, halves, labels, tmp_path / "model", tiny_weights, field="species")


def test_polygons_on_nodata_are_refused(make_raster, labels, tmp_path, report, tiny_weights):
    empty = make_raster(values=np.zeros((12, SIDE, SIDE)), nodata=0)
    with pytest.raises(InputError, match="all of them are nodata"):
        train(report, empty, labels, tmp_path / "model", tiny_weights)


def test_a_folder_with_other_files_is_left_alone(halves, labels, tmp_path, report, tiny_weights):
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.odt").write_text("do not touch")
    with pytest.raises(InputError, match=r"other files \(thesis.odt"):
        train(report, halves, labels, folder, tiny_weights)
    with pytest.raises(ResourceError, match="not writable"):
        train(report, halves, labels, "/proc/model", tiny_weights)


def test_cancel_leaves_no_folder(halves, labels, tmp_path, report, tiny_weights):
    report.cancel_at = 3
    with pytest.raises(Cancelled):
        train(report, halves, labels, tmp_path / "model", tiny_weights)
    assert not (tmp_path / "model").exists()


@pytest.fixture
def model(halves, labels, tmp_path, report, tiny_weights):
    train(report, halves, labels, tmp_path / "model", tiny_weights)
    return tmp_path / "model"


def test_predict_refuses_other_bands_other_weights_and_damaged_models(
    model, make_raster, tmp_path, report, tiny_weights
):
    def mapped(scene):
        return predict.run(protocol.PredictRequest(scene, str(tmp_path / "map.tif"), str(model), device="cpu"), report)

    with pytest.raises(InputError, match="was trained with B1, B2"):
        mapped(make_raster("four.tif", count=4, names=("B2", "B3", "B4", "B8")))
    description = json.loads((model / "model.json").read_text())
    changed = {**description, "weights": {**description["weights"], "sha256": "0" * 64}}
    (model / "model.json").write_text(json.dumps(changed))
    with pytest.raises(CheckpointError, match="was trained with weights 'tiny'"):
        mapped(make_raster())
    (model / "model.json").write_text("{")
    with pytest.raises(CheckpointError, match="is damaged"):
        mapped(make_raster())
    (model / "model.json").unlink()
    with pytest.raises(CheckpointError, match="not a model folder"):
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


@pytest.mark.parametrize(
    ("values", "storage"),
    [([1, 2], ("uint8", 0)), ([0, 1], ("uint8", 255)), ([0, 255], ("uint16", 65535)), ([7, 300], ("uint16", 0)),
     ([1, 255], ("uint8", 0)), ([1, 70000], ("int32", 0))],
)  # fmt: skip
def test_class_values_are_stored_in_the_smallest_type_with_room_for_nodata(values, storage):
    assert predict.class_storage(values) == storage


def test_a_field_that_numbers_the_polygons_is_refused(halves, tmp_path, report, tiny_weights):
    places = [(col, row) for col in range(4, 92, 12) for row in range(4, 92, 20)]
    labels = write_labels(tmp_path / "labels.geojson", [(i, square(*place)) for i, place in enumerate(places)])
    with pytest.raises(InputError, match="it numbers the polygons, it is not their class"):
        train(report, halves, labels, tmp_path / "model", tiny_weights)


def test_without_an_encoder_no_weights_are_loaded(halves, labels, tmp_path, report, monkeypatch):
    def fail(*_arguments, **_options):
        raise AssertionError("weights were loaded or an encoder was built")

    for name in ("few_shot.load_weights", "predict.load_weights", "pixel_source.FeatureExtractor"):
        monkeypatch.setattr(f"mmearth.{name}", fail)
    result = train(report, halves, labels, tmp_path / "model", "", encoder=False)
    assert result["macro_f1"] > 0.95
    out = str(tmp_path / "map.tif")
    predict.run(protocol.PredictRequest(halves, out, str(tmp_path / "model"), device="cpu"), report)
    with rasterio.open(out) as dataset:
        classes = dataset.read(1)
    assert (classes[:, :40] == 7).mean() > 0.99
    assert (classes[:, -40:] == 300).mean() > 0.99
    facts = json.loads((tmp_path / "model" / "report" / "report.json").read_text())["facts"]
    assert facts["Weights"] == "no encoder"
    assert facts["Classifier"].startswith("few-shot recipe: mean of shrinkage LDA and logistic regression")


class Nearest:
    """Remembers every pixel: whatever leaks from one side of a split to the other, it finds."""

    def __init__(self, features, classes, polygons):
        self._model = KNeighborsClassifier(1).fit(features, classes)

    def probabilities(self, features):
        return self._model.predict_proba(features)


def test_a_planted_leak_shows_in_pixel_folds_and_not_in_ours(make_raster, tmp_path, report, tiny_weights, monkeypatch):
    """Every polygon has a colour of its own and a random class: its pixels say nothing of other polygons."""
    random = np.random.default_rng(11)
    values, polygons = random.normal(800, 10, (12, SIDE, SIDE)), []
    for index, value in enumerate(random.permutation([1, 2] * 18)):
        col, row = index % 6 * 16 + 4, index // 6 * 16 + 4
        values[:, row - 3 : row + 9, col - 3 : col + 9] += random.normal(900, 300, (12, 1, 1))
        polygons.append((int(value), square(col, row)))
    labels = write_labels(tmp_path / "labels.geojson", polygons)
    seen = []

    def spy(*arguments, **options):
        seen.append(arguments)
        return cross_validate(*arguments, **options)

    monkeypatch.setattr(few_shot, "cross_validate", spy)
    result = train(report, make_raster(values=values.clip(1)), labels, tmp_path / "model", tiny_weights)
    features, classes, numbers, count, _ = seen[0]
    pixels = np.arange(len(numbers))
    assert cross_validate(features, classes, pixels, count, Nearest).macro_f1 > 0.95
    low, high = result["interval"]
    assert low < 0.5 < high < 0.8  # 36 polygons of random class: chance is 0.50 ± 0.08


def test_a_scene_without_polygons_lends_its_pixels(make_raster, halves, labels, tmp_path, report, tiny_weights):
    """Scenes to be mapped are given beside the labelled ones, so that their pixels are drawn, too."""
    from affine import Affine

    far = make_raster("far.tif", transform=Affine(10, 0, LEFT + 50000, 0, -10, TOP))
    result = train(report, [halves, far], labels, tmp_path / "model", tiny_weights)
    assert (result["polygons"], result["pixels"]) == (18, 18 * 36)
    facts = json.loads((tmp_path / "model" / "report" / "report.json").read_text())["facts"]
    assert facts["Scenes"] == "scene.tif, far.tif"


def test_the_same_request_gives_the_same_model(halves, labels, tmp_path, report, tiny_weights):
    for name in ("one", "two"):
        train(report, halves, labels, tmp_path / name, tiny_weights)
    first, second = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert first == second
