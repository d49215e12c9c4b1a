"""The verb fine_tune, from scenes and labels to a model that maps: all tasks, going on after a stop, bad input."""

import csv
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import labelled_ground
import numpy as np
import pytest
import rasterio
import torch
from conftest import PRODUCT_ORDER, Recorder
from mmearth import fine_tune, protocol
from mmearth.errors import Cancelled, CheckpointError, InputError, ResourceError
from mmearth.mapping.model_file import Model
from mmearth.tuning import rungs, tuning, tuning_recipe
from mmearth.tuning.tuned_model import TunedModel, load_any
from mmearth.weights.training_checkpoint import CHECKPOINT, PROGRESS

SIDE, STEP = 96, 12
RESULT = {
    "model", "run", "curve", "curve_csv", "report", "request", "task", "unit", "rung", "rungs", "classes", "polygons",
    "folds", "folds_reason", "macro_f1", "interval", "raw_bands_macro_f1", "majority_macro_f1", "temperature", "ece",
    "epochs", "steps", "best_step", "micro_batch", "problems", "mapping", "units", "warnings", "seconds",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _short(monkeypatch, request):
    """Trainings of a few steps, in the same numbers on every processor, mostly without pictures."""
    if "leaves" not in request.node.name:
        monkeypatch.setattr(fine_tune, "draw_curve", lambda path, rows, best_step: path.write_bytes(b"picture"))
    short = {"fewest_steps": 6, "most_steps": 6, "batch": 4, "crop_px": 16, "validations": 3, "drop_path": 0.2}
    for name, recipe in tuning_recipe.RECIPES.items():
        monkeypatch.setitem(tuning_recipe.RECIPES, name, replace(recipe, **short))
    monkeypatch.setattr(tuning, "best_dtype", lambda device: torch.float32)
    monkeypatch.setattr(rungs, "MEASURED_CROPS", 4)


def classes_of_squares():
    """(SIDE / STEP)² squares, two classes like a chess board."""
    count = SIDE // STEP
    return [(row, col, (row + col) % 2) for row in range(count) for col in range(count)]


@pytest.fixture
def scene(make_raster):
    """A scene with twice the reflectance where the second class is."""
    values = np.random.default_rng(0).integers(900, 1100, (12, SIDE, SIDE))
    for row, col, kind in classes_of_squares():
        part = slice(row * STEP, (row + 1) * STEP), slice(col * STEP, (col + 1) * STEP)
        values[:, part[0], part[1]] += 1500 * kind
    return make_raster("scene.tif", values=values, names=PRODUCT_ORDER)


@pytest.fixture
def polygons(tmp_path):
    rings = [
        ("lake" if kind else "bog", labelled_ground.square(col * STEP + 3, row * STEP + 3))
        for row, col, kind in classes_of_squares()
    ]
    return labelled_ground.write_labels(tmp_path / "labels.geojson", rings)


@pytest.fixture
def masks(make_raster, tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    values = np.zeros((1, SIDE, SIDE), np.uint8)
    for row, col, kind in classes_of_squares():
        values[0, slice(row * STEP, (row + 1) * STEP), slice(col * STEP, (col + 1) * STEP)] = kind + 1
    make_raster("masks/scene.tif", values=values, dtype="uint8", nodata=0)
    return str(folder)


@pytest.fixture
def ask(tmp_path, scene, tiny_weights):
    def ask(**changes):
        given = {"scenes": (scene,), "model": str(tmp_path / "model.zip"), "weights": tiny_weights, "device": "cpu"}
        return protocol.FineTuneRequest(**{**given, "rung": "full", **changes})

    return ask


def weights_of(model):
    tuned = load_any(model)
    return {**tuned.weights.encoder, **tuned.head}


def test_everything_that_a_finished_run_leaves(ask, polygons, tmp_path, report):
    result = fine_tune.run(ask(labels=polygons, rung="decoder"), report)
    assert set(result) >= RESULT
    run = tmp_path / "model_run"
    assert {path.name for path in run.iterdir()} == {
        "curve.png", "curve.csv", "report.html", "report.json", "confusion.csv", "request.json",
    }  # fmt: skip
    assert result["run"] == str(run)
    assert (result["task"], result["unit"], result["rung"]) == ("segmentation", "pixel", "decoder")
    assert (result["polygons"], result["steps"]) == (64, 6)
    assert [row["rung"] for row in result["rungs"]] == ["decoder"]
    assert [info["name"] for info in result["classes"]] == ["bog", "lake"]
    assert result["raw_bands_macro_f1"] > 0.95  # the classes differ in brightness
    assert result["majority_macro_f1"] < 0.5
    model = load_any(result["model"])
    assert isinstance(model, TunedModel)
    assert (model.kind, model.rung, model.field, model.units) == ("unet", "decoder", "class", result["units"])
    assert model.scores["macro_f1"] == result["macro_f1"]
    with open(result["curve_csv"]) as opened:
        rows = list(csv.DictReader(opened))
    assert [row["step"] for row in rows] == ["1.0", "2.0", "3.0", "4.0", "5.0", "6.0"]
    assert {"loss", "held-out F1", "learning rate", "rung"} <= set(rows[0])
    assert report.measured[-1][:2] == (6, 6)


def test_the_request_in_the_folder_repeats_the_run(ask, polygons, tmp_path, report):
    first = fine_tune.run(ask(labels=polygons), report)
    wanted = weights_of(first["model"])
    again = protocol.request_from_json(json.loads(Path(first["request"]).read_text()))
    assert again == ask(labels=polygons)
    found = weights_of(fine_tune.run(again, report)["model"])
    assert all(torch.equal(found[name], value) for name, value in wanted.items())
    other = weights_of(fine_tune.run(replace(again, seed=1), report)["model"])
    assert not all(torch.equal(other[name], value) for name, value in wanted.items())


@pytest.mark.parametrize(("rung", "stages"), [("probe", 0), ("decoder", 0), ("partial", 2), ("full", 4)])
def test_a_rung_changes_the_encoder_as_far_as_it_says(ask, polygons, report, tiny_weights, rung, stages):
    from mmearth.weights.checkpoints import load_weights

    result = fine_tune.run(ask(labels=polygons, rung=rung), report)
    before, model = load_weights(tiny_weights), load_any(result["model"])
    moved = {name for name, value in before.encoder.items() if not torch.equal(value, model.weights.encoder[name])}
    found = {int(name.split(".")[1]) for name in moved if name.startswith("stages.")}
    assert found == set(range(4 - stages, 4))
    assert bool([name for name in moved if name.startswith("initial_conv")]) == (stages == 4)
    assert all(torch.equal(a, b) for a, b in zip(model.weights.grn, before.grn, strict=True))
    assert model.weights.sha256 == before.sha256


@pytest.mark.parametrize("rung", ["decoder", "full"])
def test_a_cancelled_run_goes_on_to_the_same_model(ask, polygons, tmp_path, report, rung):
    whole = weights_of(fine_tune.run(ask(labels=polygons, rung=rung), report)["model"])
    request = ask(labels=polygons, rung=rung, model=str(tmp_path / "other.zip"))
    stopping = Recorder()
    phase = f"Training ({rung})"
    stopping.progress = lambda name, done, total: _cancel_at(stopping, name == phase and done == 3)
    with pytest.raises(Cancelled):
        fine_tune.run(request, stopping)
    run = tmp_path / "other_run"
    assert json.loads((run / PROGRESS).read_text())["step"] == 3
    assert not list(run.glob("tiles*"))
    model = tmp_path / "other.zip"  # as it was best when it was stopped, after the validation at step 2
    assert load_any(str(model)).rung == rung
    assert (run / PROGRESS).stat().st_mtime_ns >= model.stat().st_mtime_ns
    assert any("best so far" in message for _, message in stopping.logs)
    result = fine_tune.run(replace(request, resume=True), report)
    found = weights_of(result["model"])
    assert result["steps"] == 6
    assert all(torch.equal(found[name], value) for name, value in whole.items())
    with pytest.raises(CheckpointError, match="no checkpoint"):
        fine_tune.run(replace(request, resume=True), report)


def _cancel_at(report, wanted):
    report.calls.append(wanted)
    if wanted:
        raise Cancelled


def test_a_new_run_forgets_the_one_before(ask, polygons, tmp_path, report):
    stopping = Recorder()
    stopping.progress = lambda name, done, total: _cancel_at(stopping, name == "Training (full)" and done == 3)
    with pytest.raises(Cancelled):
        fine_tune.run(ask(labels=polygons), stopping)
    (tmp_path / "model_run" / "probe").mkdir()
    (tmp_path / "model_run" / "probe" / CHECKPOINT).write_bytes(b"old")
    stopping.progress = lambda name, done, total: _cancel_at(stopping, name == "Training (full)" and done == 0)
    with pytest.raises(Cancelled):
        fine_tune.run(ask(labels=polygons), stopping)
    assert not (tmp_path / "model_run" / CHECKPOINT).exists()
    assert not (tmp_path / "model_run" / "probe").exists()


def test_auto_climbs_and_writes_what_pays(ask, polygons, report):
    result = fine_tune.run(ask(labels=polygons, rung="auto"), report)
    assert [row["rung"] for row in result["rungs"]][:3] == ["few-shot", "probe", "decoder"]
    # Brightness tells the classes apart at once; six steps of a network gain nothing over that.
    assert result["rung"] == "few-shot"
    assert "few-shot model is written" in result["decision"]
    model = load_any(result["model"])
    assert isinstance(model, Model)
    assert model.scores["macro_f1"] == result["macro_f1"] == result["rungs"][0]["macro_f1"] > 0.95
    assert [info.name for info in model.classes] == ["bog", "lake"]


def test_a_cancelled_climb_goes_on_where_it_was(ask, polygons, tmp_path, report):
    whole = fine_tune.run(ask(labels=polygons, rung="auto"), report)
    request = ask(labels=polygons, rung="auto", model=str(tmp_path / "other.zip"))
    stopping = Recorder()
    stopping.progress = lambda name, done, total: _cancel_at(stopping, name == "Training (decoder)" and done == 3)
    with pytest.raises(Cancelled):
        fine_tune.run(request, stopping)
    going_on = Recorder()
    result = fine_tune.run(replace(request, resume=True), going_on)
    assert [(row["rung"], row["macro_f1"]) for row in result["rungs"]] == [
        (row["rung"], row["macro_f1"]) for row in whole["rungs"]
    ]
    steps = [(phase, done) for phase, done, _ in going_on.calls if phase.startswith("Training (")]
    assert not [phase for phase, _ in steps if "probe" in phase]  # it was finished
    assert min(done for phase, done in steps if "decoder" in phase) == 3


def test_masks_are_segmented(ask, masks, report):
    result = fine_tune.run(ask(masks=masks), report)
    assert (result["unit"], result["rung"]) == ("pixel", "full")
    assert [info["value"] for info in result["classes"]] == [1, 2]


@pytest.mark.parametrize(("unit", "cell_px"), [("cell", 8), ("polygon", 16)])
def test_units_of_ground_are_classified(ask, polygons, masks, report, unit, cell_px):
    labels = {"masks": masks} if unit == "cell" else {"labels": polygons}
    result = fine_tune.run(ask(task="classification", unit=unit, cell_px=cell_px, **labels), report)
    model = load_any(result["model"])
    assert (model.kind, model.unit, result["unit"]) == ("regions", unit, unit)
    assert model.step_px == (8 if unit == "cell" else 1)


def test_scenes_of_a_table_have_several_classes(ask, make_raster, tmp_path, report):
    scenes, lines = [], ["scene,class"]
    for number in range(8):
        has_second = number % 2
        values = np.random.default_rng(number).integers(900, 1100, (12, 24, 24)) + 1500 * has_second
        scenes.append(make_raster(f"s{number}.tif", values=values, names=PRODUCT_ORDER))
        lines.append(f"s{number}.tif,{'wet;bright' if has_second else 'wet' if number % 4 else 'dark'}")
    table = tmp_path / "table.csv"
    table.write_text("\n".join(lines) + "\n")
    request = ask(
        scenes=tuple(scenes), labels=str(table), task="classification", unit="scene", multi_label=True, held_out=0.4
    )
    result = fine_tune.run(request, report)
    model = load_any(result["model"])
    assert (model.multi_label, model.unit) == (True, "scene")
    assert {info.name for info in model.classes} >= {"wet", "bright"}


def test_from_random_weights_grn_is_measured(ask, polygons, report, tiny_weights):
    from mmearth.weights.checkpoints import load_weights

    for rung in ("probe", "full"):
        request = ask(labels=polygons, rung=rung, random_start=True, seed=7)
        model = load_any(fine_tune.run(request, report)["model"])
        start = load_weights(tiny_weights)
        assert not any(torch.equal(a, b) for a, b in zip(model.weights.grn, start.grn, strict=True))
        # Of every block the response is relative to its mean over the channels.
        assert all(float(grn.mean()) == pytest.approx(1.0, abs=1e-3) for grn in model.weights.grn)
        first = model.weights.encoder["stages.0.0.dwconv.weight"]
        assert not torch.allclose(first, start.encoder["stages.0.0.dwconv.weight"], atol=1e-2)


def test_a_planted_signal_is_mapped(ask, polygons, scene, tmp_path, report, monkeypatch):
    from mmearth import predict

    for name, recipe in tuning_recipe.RECIPES.items():
        changes = {"fewest_steps": 60, "most_steps": 60, "batch": 8, "drop_path": 0.0, "validations": 4}
        monkeypatch.setitem(tuning_recipe.RECIPES, name, replace(recipe, **changes))
    result = fine_tune.run(ask(labels=polygons, rung="full"), report)
    assert result["macro_f1"] > 0.9
    out = str(tmp_path / "map.tif")
    predict.run(protocol.PredictRequest(scene=scene, out=out, model=result["model"], device="cpu"), report)
    with rasterio.open(out) as opened:
        found = opened.read(1)
    values = [info["value"] for info in result["classes"]]
    wanted = np.zeros((SIDE, SIDE), int)
    for row, col, kind in classes_of_squares():
        wanted[slice(row * STEP, (row + 1) * STEP), slice(col * STEP, (col + 1) * STEP)] = values[kind]
    inner = np.zeros((SIDE, SIDE), bool)
    for row, col, _ in classes_of_squares():
        inner[slice(row * STEP + 3, row * STEP + 9), slice(col * STEP + 3, col * STEP + 9)] = True
    assert (found == wanted)[inner].mean() > 0.9


def test_the_published_preset_runs_to_its_last_step(ask, polygons, report):
    result = fine_tune.run(ask(labels=polygons, recipe="mmearth", epochs=1, batch=16, micro_batch=8), report)
    assert result["best_step"] == result["steps"] == 4  # 52 labelled samples, or a few less, 16 at once


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rung": "top"}, "There is no rung 'top'"),
        ({"task": "poetry"}, "There is no task 'poetry'"),
        ({"recipe": "cake"}, "There is no recipe 'cake'"),
        ({"unit": "mile"}, "There is no unit 'mile'"),
        ({"epochs": -1, "batch": -2}, "do not serve: epochs -1, batch -2"),
        ({"learning_rate": 2.0}, "learning_rate 2.0"),
    ],
)
def test_settings_that_do_not_serve(ask, polygons, tmp_path, report, changes, words):
    with pytest.raises(InputError, match=words):
        fine_tune.run(ask(labels=polygons, **changes), report)
    assert not (tmp_path / "model_run").exists()


def test_nothing_to_go_on_with(ask, polygons, report):
    with pytest.raises(CheckpointError, match="no checkpoint") as raised:
        fine_tune.run(ask(labels=polygons, resume=True), report)
    assert "anew" in raised.value.remedy


def test_a_checkpoint_of_other_settings(ask, polygons, report):
    stopping = Recorder()
    stopping.progress = lambda name, done, total: _cancel_at(stopping, name == "Training (full)" and done == 3)
    with pytest.raises(Cancelled):
        fine_tune.run(ask(labels=polygons), stopping)
    with pytest.raises(InputError, match="rung full instead of decoder"):
        fine_tune.run(ask(labels=polygons, rung="decoder", resume=True), report)
    with pytest.raises(InputError, match="learning_rate 0.003 instead of 0.5"):
        fine_tune.run(ask(labels=polygons, learning_rate=0.5, resume=True), report)


def test_a_full_disk_at_a_checkpoint_loses_nothing(ask, polygons, tmp_path, report, monkeypatch):
    stopping = Recorder()
    stopping.progress = lambda name, done, total: _cancel_at(stopping, name == "Training (full)" and done == 3)
    with pytest.raises(Cancelled):
        fine_tune.run(ask(labels=polygons), stopping)
    model = (tmp_path / "model.zip").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mmearth.weights.checkpoints.save_file", full)
    with pytest.raises(ResourceError, match="No space left on device"):
        fine_tune.run(ask(labels=polygons, resume=True), report)
    assert json.loads((tmp_path / "model_run" / PROGRESS).read_text())["step"] == 3
    assert (tmp_path / "model.zip").read_bytes() == model


# What `-m mmearth` is, with short trainings.
PROGRAM = textwrap.dedent(
    """
    from dataclasses import replace
    import torch
    from mmearth.__main__ import main
    from mmearth.tuning import tuning, tuning_recipe

    short = {"fewest_steps": 6, "most_steps": 6, "batch": 4, "crop_px": 16, "validations": 3, "drop_path": 0.0}
    for name, recipe in tuning_recipe.RECIPES.items():
        tuning_recipe.RECIPES[name] = replace(recipe, dice=0.0, **short)
    tuning.best_dtype = lambda device: torch.float32
    main()
    """
)


@pytest.mark.slow
def test_two_processes_train_as_one(polygons, scene, tiny_weights, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    curves = []
    for name, start in (("one", []), ("two", torchrun)):
        command = [sys.executable, *start, str(program), "fine-tune", scene, "--labels", polygons, "--rung", "partial"]
        command += ["--model", str(tmp_path / f"{name}.zip"), "--weights", tiny_weights, "--device", "cpu", "--json"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": "backend"},
            cwd=Path(__file__).resolve().parents[2],
            check=False,
        )
        assert done.returncode == 0, done.stderr
        events = [json.loads(line)["event"] for line in done.stdout.splitlines() if line.startswith("{")]
        assert events.count("result") == 1
        with open(tmp_path / f"{name}_run" / "curve.csv") as opened:
            curves.append([(float(row["loss"]), float(row["held-out F1"] or 0)) for row in csv.DictReader(opened)])
    assert len(curves[0]) == 6
    for found, wanted in zip(curves[1], curves[0], strict=True):
        assert found == pytest.approx(wanted, rel=1e-3, abs=2e-3)
    assert curves[0][0][0] != pytest.approx(curves[0][-1][0], rel=1e-2)  # there is something to compare
