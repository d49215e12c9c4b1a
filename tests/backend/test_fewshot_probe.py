"""The few-shot probe: which pixels train and are scored, how features are made, what the figures mean."""

import json
import sys

import numpy as np
import pytest
import rasterio
import torch
from affine import Affine
from benchmarks import fewshot_features, fewshot_recipe, fewshot_system, fewshot_tasks
from benchmarks import fewshot_probe as probe
from mmearth.embedding.features import FeatureExtractor
from mmearth.mapping.recipe_features import LAST_STAGE, encoder_maps
from mmearth.scenes.raster import open_scene
from mmearth.weights.checkpoints import load_weights
from rasterio.windows import Window

TRANSFORM = Affine(10, 0, 600000, 0, -10, 5200000)
SIDE = 40
BANDS = ("B02", "B03", "B04", "B08")


def _write(path, values, dtype):
    path.parent.mkdir(parents=True, exist_ok=True)
    count, rows, cols = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=rows, width=cols, dtype=dtype, crs="EPSG:32632",
        transform=TRANSFORM,
    ) as dataset:  # fmt: skip
        dataset.write(values.astype(dtype))


def _square(class_id, row, col, side):
    """A polygon over the pixels [row, row + side) × [col, col + side) of the scene 'one'."""
    corners = [(col, row), (col + side, row), (col + side, row + side), (col, row + side), (col, row)]
    ring = [list(TRANSFORM @ corner) for corner in corners]
    return {
        "type": "Feature",
        "properties": {"class_id": class_id, "class_name": str(class_id), "scene": "one"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.fixture
def bench(tmp_path):
    """A task whose class 5 fills the right half and shows in the last band alone; class 3 fills the left half."""
    folder = tmp_path / "bench" / "halves"
    values = np.random.default_rng(0).integers(500, 3000, (4, SIDE, SIDE))
    values[3, :, :20] = values[3, :, :20] // 4 + 100
    values[3, :, 20:] += 4000
    _write(tmp_path / "data" / "one.tif", values, "uint16")
    truth = np.full((1, SIDE, SIDE), 3)
    truth[:, :, 20:] = 5
    truth[:, 30:] = fewshot_tasks.UNSCORED
    _write(folder / "truth" / "one.tif", truth, "uint8")
    (folder / "labels").mkdir()
    few = [_square(3, 2, 2, 4), _square(5, 2, 30, 4)]
    for k, polygons in ((1, few), (3, [*few, _square(3, 12, 8, 3), _square(5, 20, 30, 3)])):
        (folder / "labels" / f"k{k}_s0.geojson").write_text(json.dumps({"features": polygons}))
    config = {
        "bands": [{"name": name, "s2": name} for name in BANDS],
        "sensor": "Sentinel-2 L2A (4 bands)", "scale": 0.0001, "offset": -0.1, "nodata": None, "exclude_buffer_px": 1,
        "classes": [{"id": 3, "name": "left"}, {"id": 5, "name": "right"}],
        "scenes": [{"id": "one", "paths": ["one.tif"], "base": "data", "role": "train+test", "truth": "truth/one.tif"}],
        "label_sets": [{"k": k, "seed": 0, "path": f"labels/k{k}_s0.geojson"} for k in (1, 3)],
    }  # fmt: skip
    (folder / "task.json").write_text(json.dumps(config))
    return tmp_path / "bench"


@pytest.fixture
def task(bench):
    (loaded,) = probe.load_tasks(bench, bench.parent / "data", [1, 3], [0], 10**6)
    return loaded


def test_training_pixels_are_those_of_the_polygons(task):
    labels = task.sets[1, 0]
    at = task.scenes["one"].points[labels.training["one"]]
    expected = {(row, col) for row in range(2, 6) for start in (2, 30) for col in range(start, start + 4)}
    assert {(int(p) // SIDE, int(p) % SIDE) for p in at} == expected
    assert np.bincount(labels.classes["one"]).tolist() == [16, 16]
    assert (labels.classes["one"] == (at % SIDE >= 20)).all()


def test_no_set_is_scored_on_the_polygons_of_the_largest_one(task):
    scene = task.scenes["one"]
    scored = {k: scene.points[task.sets[k, 0].scored["one"]] for k in (1, 3)}
    assert (scored[1] == scored[3]).all()
    rows, cols = scored[1] // SIDE, scored[1] % SIDE
    assert rows.max() == 29  # rows from 30 on have no truth
    assert not ((rows >= 11) & (rows < 16) & (cols >= 7) & (cols < 12)).any()  # a k=3 polygon and its buffer
    assert ((rows == 17) & (cols == 9)).any()
    assert (task.sets[1, 0].truth == (cols >= 20)).all()


def test_fewer_scored_pixels_are_a_draw_that_repeats(bench):
    draws = [probe.load_tasks(bench, bench.parent / "data", [1], [0], 300)[0] for _ in range(2)]
    first, second = (task.scenes["one"].points[task.sets[1, 0].scored["one"]] for task in draws)
    assert 150 < len(first) <= 300
    assert (first == second).all()


def test_a_band_that_tells_the_classes_apart_scores_1_and_noise_does_not(task):
    found = probe.class_probabilities(task, probe.Method(probe.raw_bands, 1.0))
    assert found[3, 0].shape == (len(task.sets[3, 0].truth), 2)
    np.testing.assert_allclose(found[3, 0].sum(axis=1), 1, rtol=1e-5)
    assert probe.score(task, found)[3, 0] > 0.99
    noise = np.random.default_rng(1).normal(size=(SIDE * SIDE, 3))

    def features(task):
        return {name: noise[scene.points] for name, scene in task.scenes.items()}

    assert probe.score(task, probe.class_probabilities(task, probe.Method(features)))[3, 0] < 0.65


def test_macro_f1_is_the_mean_over_classes_of_the_truth():
    truth, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 2])
    # Class 0: 2·2 / (3 + 2); class 1: 0; class 2 is not in the truth.
    assert probe.macro_f1(truth, predicted, 3) == pytest.approx((4 / 5 + 0) / 2)


def test_reflectance_is_standardised_with_the_statistics_of_its_level(task):
    levels = {"l2a": {"mean": [0, 1500, 0], "std": [1, 500, 1]}, "l1c": {"mean": [9] * 3, "std": [9] * 3}}
    values = np.full((4, 2, 2), 3000, np.float32)
    valid = np.array([[True, True], [True, False]])
    image = fewshot_features.network_input(task, values, valid, levels, ("B1", "B3", "B12")).numpy()
    np.testing.assert_allclose(image[1], [[1, 1], [1, 0]], rtol=1e-5)  # 3000 − 1000 = 2000 = mean + one deviation
    assert (image[[0, 2]] == 0).all()


def test_values_that_are_no_reflectance_are_standardised_by_scene(task):
    levels = {"l2a": {"mean": [1e6], "std": [1.0]}}
    unknown = type(task)(**{**vars(task), "level": ""})
    values = np.zeros((4, 1, 4), np.float32)
    values[1] = [10, 20, 30, 255]
    valid = np.array([[True, True, True, False]])
    image = fewshot_features.network_input(unknown, values, valid, levels, ("B3",)).numpy()
    np.testing.assert_allclose(image[0, 0], [-np.sqrt(1.5), 0, np.sqrt(1.5), 0], rtol=1e-4, atol=1e-6)


def test_encoder_features_are_those_of_the_plugin(task, bench, tiny_weights):
    weights = load_weights(tiny_weights)
    extractor = FeatureExtractor(weights, torch.device("cpu"), LAST_STAGE)
    extractor.encoder.float()
    extractor.dtype = torch.float32
    found = probe.encoder_features(extractor.encoder, weights.levels, weights.bands).features(task)["one"]
    mapping = {name.replace("B0", "B"): index + 1 for index, name in enumerate(BANDS)}
    with open_scene(str(bench.parent / "data" / "one.tif"), mapping, "dn_offset", weights.bands) as scene:
        features = extractor(scene, Window(0, 0, SIDE, SIDE))
    for stage, side in ((0, 5), (1, 3)):
        maps = features.stages[stage].clone()
        features.stages[stage] = torch.nn.functional.avg_pool2d(maps, side, stride=1, padding=side // 2)
    expected = encoder_maps(features).flatten(1).T.numpy()
    points = task.scenes["one"].points
    inside = [i for i, p in enumerate(points) if 14 <= p // SIDE < 26 and 14 <= p % SIDE < 26]
    assert len(inside) > 50
    np.testing.assert_allclose(found[inside], expected[points[inside]], atol=2e-4)


def test_two_dates_are_encoded_one_after_the_other(task, tiny_weights):
    weights = load_weights(tiny_weights)
    encoder = probe.build_encoder(weights, torch.device("cpu"), torch.float32)
    method = probe.encoder_features(encoder, weights.levels, weights.bands)
    scene = task.scenes["one"]
    later = scene.values[:, ::-1].copy()

    def features(values, dates):
        changed = type(scene)(values, scene.valid, scene.points)
        return method.features(type(task)(**{**vars(task), "scenes": {"one": changed}, "dates": dates}))["one"]

    both = features(np.concatenate([scene.values, later]), 2)
    np.testing.assert_allclose(both, np.concatenate([features(scene.values, 1), features(later, 1)], 1), rtol=1e-5)


def test_random_convolutions_are_means_of_rectified_filters(task, monkeypatch):
    monkeypatch.setattr(fewshot_features, "RCF_PATCHES", 200)
    monkeypatch.setattr(fewshot_features, "RCF_FILTERS", 6)
    found = probe.random_convolutions(task)["one"]
    assert found.shape == (len(task.scenes["one"].points), 6)
    assert found.min() >= 0
    assert (found.std(axis=0) > 0).all()
    np.testing.assert_array_equal(found, probe.random_convolutions(task)["one"])


def test_random_encoders_differ_by_seed_alone(monkeypatch):
    monkeypatch.setattr(fewshot_features, "SIZES", {"atto": ((1, 1, 1, 1), (8, 12, 16, 20))})
    first, same, other = (probe.random_encoder(seed, 4).initial_conv[0].weight.float() for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.allclose(first, other)


def test_rows_beside_rcf_use_the_mean_of_probabilities(task, tmp_path):
    sure = {name: np.eye(2)[scene.points % SIDE // 20] for name, scene in task.scenes.items()}
    methods = {
        "raw bands": probe.Method(probe.raw_bands, 1.0),
        "RCF": probe.Method(lambda task: {name: -features for name, features in sure.items()}),
        "ours": probe.Method(lambda task: sure),
    }
    cache = tmp_path / "cache.npz"
    rows = probe.probe([task], methods, cache)
    assert list(rows) == ["raw bands", "RCF", "ours", "ours + RCF"]
    assert rows["ours + RCF"]["halves"][3, 0] == 1
    methods["raw bands"] = methods["RCF"] = probe.Method(lambda task: pytest.fail("the cache was not read"))
    again = probe.probe([task], methods, cache)
    assert again == rows
    one, two = {(1, 0): np.array([[0.2, 0.8]])}, {(1, 0): np.array([[0.6, 0.4]])}
    np.testing.assert_allclose(probe.mean_of(one, two)[1, 0], [[0.4, 0.6]])


def test_random_rows_become_one():
    rows = {"RCF": {"a": {(1, 0): 0.5}}}
    for seed, value in enumerate((0.2, 0.6)):
        rows[f"random weights {seed}"] = {"a": {(1, 0): value}}
        rows[f"random weights {seed} + RCF"] = {"a": {(1, 0): value + 0.1}}
    merged = probe.average_random(rows)
    assert list(merged) == ["RCF", "random weights", "random weights + RCF"]
    assert merged["random weights"]["a"][1, 0] == pytest.approx(0.4)
    assert merged["random weights + RCF"]["a"][1, 0] == pytest.approx(0.5)


def test_command_line_prints_a_table_and_writes_json(bench, tiny_weights, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(fewshot_features, "RCF_PATCHES", 200)
    monkeypatch.setattr(fewshot_features, "RCF_FILTERS", 16)
    monkeypatch.setattr(probe, "RANDOM_ENCODERS", 1)
    monkeypatch.setattr(fewshot_features, "SIZES", {"atto": ((1, 1, 1, 1), (8, 12, 16, 20))})
    out = tmp_path / "probe.json"
    arguments = [tiny_weights, "--bench", str(bench), "--data", str(bench.parent / "data"), "--k", "1,3"]
    monkeypatch.setattr(sys, "argv", ["fewshot_probe", *arguments, "--seeds", "0", "--json", str(out)])
    probe.main()
    printed = capsys.readouterr().out
    record = json.loads(out.read_text())
    assert set(record["macro_f1"]) == {
        "raw bands", "RCF", "random weights", "random weights + RCF", "tiny", "tiny + RCF",
    }  # fmt: skip
    assert record["macro_f1"]["raw bands"]["halves"]["k3_s0"] > 0.99
    assert f"{record['macro_f1']['tiny']['halves']['k3_s0']:.3f}" in printed
    assert "tiny + RCF − RCF" in printed
    assert "tiny − random weights" in printed
    assert "tiny − random weights + RCF" not in printed


@pytest.fixture
def recipe_record(bench, tiny_weights, monkeypatch, capsys, tmp_path):
    """Runs the recipe's benchmark; returns what it printed, what it wrote, and the folder it keeps features in."""
    monkeypatch.setattr(fewshot_features, "SIZES", {"atto": ((1, 1, 1, 1), (8, 12, 16, 20))})
    scores = {
        method: {"halves": {str(k): {"macro_f1": [f1, 0.0]} for k in (1, 3)}}
        for method, f1 in (("lr", 0.7), ("rcf", 0.8))
    }
    (bench / "results_baselines.json").write_text(json.dumps({"results": scores}))

    def run():
        out = tmp_path / "recipe.json"
        arguments = ["--bench", str(bench), "--data", str(bench.parent / "data"), "--k", "1,3", "--seeds", "0"]
        arguments += ["--weights", tiny_weights, "--cache", str(tmp_path / "cache"), "--json", str(out)]
        monkeypatch.setattr(sys, "argv", ["fewshot_recipe", *arguments])
        fewshot_recipe.main()
        return capsys.readouterr().out, json.loads(out.read_text())

    return run


def test_the_recipe_is_scored_beside_its_controls_and_the_best_baseline(recipe_record):
    printed, record = recipe_record()
    names = list(record["macro_f1"])
    assert names[:4] == ["majority", "raw bands", "recipe, no network", "recipe + random weights"]
    assert names[4].startswith("recipe + tiny ")
    # The truth has two classes of equal size on unlabelled pixels: one answer for all is right in half.
    assert record["macro_f1"]["majority"]["halves"]["k1_s0"] == pytest.approx(1 / 3, abs=0.02)
    assert record["macro_f1"]["recipe, no network"]["halves"]["k3_s0"] > 0.9
    assert record["best_baseline"]["halves"]["k3"] == ["rcf", 0.8]
    assert "0.800 rcf" in printed
    assert f"{record['macro_f1'][names[4]]['halves']['k3_s0'] - 0.8:+.3f}" in printed
    assert f"{names[4]} − recipe + random weights" in printed


def test_kept_features_give_the_same_figures(recipe_record, monkeypatch):
    _, first = recipe_record()

    def fail(*_arguments):
        raise AssertionError("features were computed again")

    monkeypatch.setattr(fewshot_recipe, "task_pixels", fail)
    _, second = recipe_record()
    assert second["macro_f1"] == first["macro_f1"]


def test_the_system_maps_bands_and_units_of_a_task(bench):
    names = ["B02", "B8A", "-", "B12"]
    assert fewshot_system.mapping(names) == "B2=1,B8A=2,B12=4"
    assert fewshot_system.units(bench / "halves" / "task.json") == "dn_offset"
