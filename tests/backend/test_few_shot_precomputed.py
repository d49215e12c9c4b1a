"""few_shot and predict on embeddings that are there already: no encoder runs, and a model knows what it learnt from."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from affine import Affine
from mmearth import few_shot, predict, protocol
from mmearth.embedding.features import WindowFeatures
from mmearth.errors import Cancelled, InputError
from mmearth.mapping.code_scores import channels_alone
from mmearth.mapping.model_file import load_model, save_model
from mmearth.mapping.recipe_features import HALO_PX

LEFT, TOP, SIDE, HALF = 600000, 5200000, 96, 48
NAMES = tuple(f"A{i:02d}" for i in range(64))
MADE = {"model": "atto", "weights_sha256": "a" * 20, "stages": [0, 1], "components": 6, "grn": "frozen",
        "bands": {"B4": 1}}  # fmt: skip


def square(col, row, side=6):
    x, y = LEFT + 10 * col, TOP - 10 * row
    return [[x, y], [x + 10 * side, y], [x + 10 * side, y - 10 * side], [x, y - 10 * side], [x, y]]


@pytest.fixture(autouse=True)
def short_learning_curve(monkeypatch):
    """One size of the learning curve: thirty fits are not needed where it is not looked at."""
    monkeypatch.setattr("mmearth.mapping.few_shot_classes.DRAWS", 0)


@pytest.fixture
def labels(tmp_path):
    """Nine polygons of class 1 in the left half, nine of class 2 in the right half."""
    places = [(1, col, row) for col in (4, 20, 36) for row in (5, 40, 80)]
    places += [(2, col, row) for col in (52, 68, 86) for row in (5, 40, 80)]
    features = [
        {"type": "Feature", "properties": {"class_id": value},
         "geometry": {"type": "Polygon", "coordinates": [square(col, row)]}} for value, col, row in places
    ]  # fmt: skip
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    path = tmp_path / "labels.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, "crs": crs}))
    return str(path)


def halves(count=64, seed=0):
    """Codes whose channels 3 and 5 alone tell the left half from the right half; (count, rows, cols), north-up."""
    codes = np.random.default_rng(seed).normal(0, 25, (count, SIDE, SIDE))
    codes[3, :, HALF:] += 90
    codes[5, :, :HALF] -= 90
    return codes.clip(-127, 127).round()


TRUTH = np.broadcast_to(np.where(np.arange(SIDE) < HALF, 1, 2), (SIDE, SIDE))


@pytest.fixture
def alphaearth(make_raster):
    """A file as it is distributed: int8, south-up, -128 in a corner."""
    codes = halves()
    codes[:, :10, :20] = -128
    transform = Affine(10, 0, LEFT, 0, 10, TOP - 10 * SIDE)
    return make_raster(
        "alphaearth.tif", values=codes[:, ::-1], dtype="int8", nodata=-128, names=NAMES, transform=transform
    )


@pytest.fixture
def no_encoder(monkeypatch):
    """Makes every way to an encoder fail."""

    def fail(*_arguments, **_options):
        raise AssertionError("weights were loaded or an encoder was built")

    for name in (
        "few_shot.load_weights",
        "mapping.compatibility.load_weights",
        "mapping.pixel_source.FeatureExtractor",
    ):
        monkeypatch.setattr(f"mmearth.{name}", fail)


def train(report, scenes, labels, folder, **options):
    scenes = (scenes,) if isinstance(scenes, str) else tuple(scenes)
    return few_shot.run(protocol.FewShotRequest(scenes, labels, str(folder), device="cpu", **options), report)


def map_of(report, scene, tmp_path, **options):
    out = tmp_path / "map.tif"
    request = protocol.PredictRequest(scene, str(out), str(tmp_path / "model.zip"), device="cpu", **options)
    return predict.run(request, report), out


@pytest.mark.usefixtures("no_encoder")
def test_classes_are_learnt_from_alphaearth_and_mapped(alphaearth, labels, tmp_path, report):
    result = train(report, alphaearth, labels, tmp_path / "model.zip")
    assert (result["polygons"], result["pixels"]) == (18, 17 * 36 + 6)  # one polygon has a row of six with data
    assert result["macro_f1"] > 0.97
    assert result["majority_macro_f1"] <= 0.5
    assert result["precomputed"] == "AlphaEarth embedding, 64 channels"
    assert result["warnings"] == ["1 polygon on nodata (feature 0)."]
    (problem,) = result["problems"]
    assert problem["message"] == "Polygon 0 lies on nodata by 83%."  # five rows of six
    mapped, out = map_of(report, alphaearth, tmp_path)
    assert mapped["precomputed"] == "AlphaEarth embedding, 64 channels"
    with rasterio.open(out) as dataset:
        classes = dataset.read(1)
        assert dataset.transform == Affine(10, 0, LEFT, 0, -10, TOP)
        made = json.loads(dataset.tags()["MMEARTH"])
    assert (made["embedding"]["kind"], made["model"]) == ("alphaearth", "AlphaEarth")
    assert not classes[:10, :20].any()
    valid = classes != 0
    assert valid.sum() == SIDE * SIDE - 200
    assert (classes == TRUTH)[valid].mean() > 0.97


@pytest.mark.usefixtures("no_encoder")
def test_raw_bands_are_said_to_be_not_available(alphaearth, labels, tmp_path, report):
    result = train(report, alphaearth, labels, tmp_path / "model.zip")
    assert result["raw_bands_macro_f1"] is None
    assert result["raw_bands_reason"].startswith("'alphaearth.tif' is an embedding")
    found = json.loads((tmp_path / "model_report" / "report.json").read_text())
    assert (found["bands"], found["gain_over_bands"]) == (None, None)
    assert found["bands_reason"] == result["raw_bands_reason"]
    assert "Raw bands alone: not available, because 'alphaearth.tif' is an embedding" in found["headline"]
    assert found["majority"]["macro_f1"] == result["majority_macro_f1"]
    assert "AlphaEarth embedding, 64 channels (int8 codes" in found["facts"]["Embedding"]
    assert not {"Weights", "Bands"} & found["facts"].keys()
    page = (tmp_path / "model_report" / "report.html").read_text()
    assert "F1, raw bands" not in page
    head, total = page.split("<thead>")[1].split("</thead>")[0], page.split('<tr class="total">')[1].split("</tr>")[0]
    assert head.count("<th>") == total.count("<td>") + total.count("<th>")


@pytest.mark.usefixtures("no_encoder")
def test_a_model_of_alphaearth_equals_one_on_the_dequantised_values(alphaearth, labels, tmp_path, report):
    """Independent of how windows are read: values from the codes by the formula, the model from the folder."""
    train(report, alphaearth, labels, tmp_path / "model.zip")
    model = load_model(str(tmp_path / "model.zip"))
    codes = halves()
    values = torch.from_numpy((np.sign(codes) * (np.abs(codes) / 127.5) ** 2).astype(np.float32))
    valid = np.ones((SIDE, SIDE), bool)
    valid[:10, :20] = False
    values, valid = torch.nn.functional.pad(values, (HALO_PX,) * 4), np.pad(valid, HALO_PX)
    window = WindowFeatures({}, {}, values, valid, 0, 0, *valid.shape)
    rows, cols = (places.ravel() + HALO_PX for places in np.indices((SIDE, SIDE)))
    scores = model.head.probabilities(model.features.at(window, rows, cols))
    wanted = scores.argmax(axis=1).reshape(SIDE, SIDE) + 1
    _, out = map_of(report, alphaearth, tmp_path)
    with rasterio.open(out) as dataset:
        found = dataset.read(1)
    assert (found == wanted)[found != 0].mean() > 0.999  # rounding to float32 may move a tie


@pytest.mark.usefixtures("no_encoder")
def test_a_tessera_tile_stands_in_for_our_own(labels, tmp_path, report, make_raster):
    codes, name = halves(128), "grid_9.05_46.95"
    make_raster(f"{name}.tiff", values=np.ones((1, SIDE, SIDE)), dtype="uint8")
    np.save(tmp_path / f"{name}.npy", np.moveaxis(codes, 0, 2).astype(np.int8))
    np.save(tmp_path / f"{name}_scales.npy", np.full((SIDE, SIDE), 0.02, np.float32))
    tile = str(tmp_path / f"{name}.npy")
    result = train(report, tile, labels, tmp_path / "model.zip")
    assert result["macro_f1"] > 0.97
    _, out = map_of(report, tile, tmp_path)
    with rasterio.open(out) as dataset:
        assert (dataset.read(1) == TRUTH).mean() > 0.97


@pytest.fixture
def make_own(make_raster):
    def make(name, made=MADE, **options):
        names = tuple(f"PC{i + 1:02d}" for i in range(6))
        path = make_raster(name, values=halves(6), dtype="int8", nodata=-128, names=names, **options)
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(MMEARTH=json.dumps(made))
            dataset.scales = (0.03,) * 6
        return path

    return make


@pytest.mark.usefixtures("no_encoder")
def test_our_embedding_is_trained_on_and_others_are_refused(make_own, alphaearth, labels, tmp_path, report):
    own = make_own("own.tif")
    assert train(report, own, labels, tmp_path / "model.zip")["macro_f1"] > 0.97
    stored = load_model(str(tmp_path / "model.zip")).embedding
    assert (stored.kind, stored.details["stages"], stored.details["bands"]) == ("mmearth", [0, 1], ["B4"])
    map_of(report, own, tmp_path)
    map_of(report, make_own("again.tif"), tmp_path)
    other = make_own("other.tif", {**MADE, "weights_sha256": "b" * 64})
    with pytest.raises(InputError, match=r"'other.tif' has weights sha256 bbbbbbbbbbbb…; the model was") as caught:
        map_of(report, other, tmp_path)
    assert caught.value.remedy
    with pytest.raises(InputError, match=r"has AlphaEarth embedding, 64 channels; .* MMEarth atto embedding, 6"):
        map_of(report, alphaearth, tmp_path)


@pytest.mark.usefixtures("no_encoder")
def test_the_prototype_of_an_embedding_is_the_nearest_mean_of_its_channels(make_own, labels, tmp_path, report):
    path = make_own("own.tif")
    train(report, path, labels, tmp_path / "model.zip", head="prototype")
    model = load_model(str(tmp_path / "model.zip"))
    assert channels_alone(model.features)
    _, out = map_of(report, path, tmp_path)
    with rasterio.open(path) as dataset:
        values = dataset.read().astype(float) * 0.03
    places = [[(row, col) for col in cols for row in (5, 40, 80)] for cols in ((4, 20, 36), (52, 68, 86))]
    means = [
        np.mean([values[:, row:row + 6, col:col + 6].mean(axis=(1, 2)) for row, col in own], axis=0) for own in places
    ]  # fmt: skip
    spread = (model.features.scale / model.features.random.std)[:, None, None]
    distances = [np.square((values - mean[:, None, None]) * spread).sum(axis=0) for mean in means]
    with rasterio.open(out) as dataset:
        assert (dataset.read(1) == np.where(distances[0] < distances[1], 1, 2)).mean() > 0.999


def test_scenes_and_embeddings_are_not_mixed(alphaearth, make_raster, labels, tmp_path, report, tiny_weights):
    values = np.random.default_rng(3).normal(800, 60, (12, SIDE, SIDE)).clip(100)
    values[6:9, :, HALF:] += 2000
    scene = make_raster("scene.tif", values=values)
    for scenes in ((alphaearth, scene), (scene, alphaearth)):
        with pytest.raises(InputError, match="'scene.tif' is a scene") as caught:
            train(report, scenes, labels, tmp_path / "mixed.zip", weights=tiny_weights)
        assert "'alphaearth.tif' is an embedding" in str(caught.value)
    train(report, alphaearth, labels, tmp_path / "model.zip")
    with pytest.raises(
        InputError, match=r"'scene.tif' is not an embedding .* trained on AlphaEarth embedding"
    ) as caught:
        map_of(report, scene, tmp_path)
    assert caught.value.remedy == "Choose an embedding of that kind, or train a model on this scene."
    (tmp_path / "model.zip").rename(tmp_path / "of embeddings.zip")
    train(report, scene, labels, tmp_path / "model.zip", weights=tiny_weights)
    with pytest.raises(InputError, match=r"is an embedding \(AlphaEarth.*trained on spectral scenes with B1") as caught:
        map_of(report, alphaearth, tmp_path)
    assert caught.value.remedy
    assert not (tmp_path / "map.tif").exists()


@pytest.mark.usefixtures("no_encoder")
def test_two_embeddings_must_be_made_in_the_same_way(make_own, labels, tmp_path, report):
    first, second = make_own("first.tif"), make_own("second.tif", {**MADE, "grn": "image"})
    with pytest.raises(InputError, match=r"'second.tif' has grn image; 'first.tif' has frozen") as caught:
        train(report, (first, second), labels, tmp_path / "model.zip")
    assert caught.value.remedy
    assert not (tmp_path / "model.zip").exists()


@pytest.mark.usefixtures("no_encoder")
def test_polygons_on_two_embeddings_train_together(make_own, labels, tmp_path, report):
    far = make_own("far.tif", transform=Affine(10, 0, LEFT + 5000, 0, -10, TOP))
    document = json.loads(Path(labels).read_text())
    for feature in document["features"][-3:]:  # of class 2
        ring = feature["geometry"]["coordinates"][0]
        feature["geometry"]["coordinates"] = [[[x + 5000, y] for x, y in ring]]
    Path(labels).write_text(json.dumps(document))
    result = train(report, (make_own("near.tif"), far), labels, tmp_path / "model.zip")
    assert (result["polygons"], result["pixels"]) == (18, 18 * 36)
    assert result["macro_f1"] > 0.97


@pytest.mark.usefixtures("no_encoder")
def test_bands_given_with_an_embedding_are_said_to_be_unused(alphaearth, labels, tmp_path, report):
    result = train(report, alphaearth, labels, tmp_path / "model.zip", bands={"B4": 1}, units="dn")
    assert "the bands and units given with it are not used" in result["warnings"][0]


@pytest.mark.usefixtures("no_encoder")
def test_polygons_on_no_data_are_refused_and_cancel_is_heard(make_raster, labels, tmp_path, report):
    codes = np.full((64, SIDE, SIDE), -128)
    empty = make_raster("empty.tif", values=codes, dtype="int8", nodata=-128, names=NAMES)
    with pytest.raises(InputError, match="None of the labelled pixels in empty.tif holds data"):
        train(report, empty, labels, tmp_path / "model.zip")
    report.cancel_at = len(report.calls) + 2
    with pytest.raises(Cancelled):
        train(report, empty, labels, tmp_path / "model.zip")
    assert not (tmp_path / "model.zip").exists()


def test_the_model_file_keeps_the_embedding(alphaearth, labels, tmp_path, report):
    train(report, alphaearth, labels, tmp_path / "model.zip")
    model = load_model(str(tmp_path / "model.zip"))
    assert (model.embedding.kind, model.embedding.channels, model.bands) == ("alphaearth", NAMES, NAMES)
    assert (model.weights_name, model.weights_path, model.weights_sha256) == ("AlphaEarth", "", "")
    save_model(str(tmp_path / "model.zip"), replace(model, embedding=None))
    assert load_model(str(tmp_path / "model.zip")).embedding is None
