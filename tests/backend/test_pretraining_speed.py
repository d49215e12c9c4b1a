"""The benchmark of pretraining: what it compares is the same work, and what it prints follows from what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import official_mpmae, pretraining_speed
from mmearth.errors import InputError
from mmearth.models.convnextv2 import SIZES, Encoder
from mmearth.models.fcmae import FCMAE
from mmearth.models.pretext_losses import UncertaintyWeighting
from mmearth.pretraining.tasks import MMEARTH_TASKS

OFFICIAL = os.environ.get("MMEARTH_TRAIN", "")
SCRIPT = Path(pretraining_speed.__file__)


@pytest.fixture
def tiny_sizes(monkeypatch):
    for size in ("atto", "tiny"):
        monkeypatch.setitem(SIZES, size, ((1, 1, 1, 1), (8, 16, 24, 32)))


def record(first=2.0, second=1.7, parity=1e-6):
    ratios = {name: {"times": value, "low": value, "high": value} for name, value in (("a", first), ("b", second))}
    agreed = {"steps": 3, "largest": {"sentinel2": 1e-7, "total": parity}}
    return {
        "G1": {"ratios": {"G1 fp32": {"times": 5.0}, "other": {"times": 9.0}}},
        "G2": [{"size": "atto", "ratios": ratios | {"c": {"times": 0.1}}, "parity": agreed}],
        "G3": [{"times_faster": 1.0}, {"times_faster": 8.5}],
    }


def test_masks_are_those_of_the_global_generator():
    torch.manual_seed(11)
    noise = torch.randn(3, 49)
    mask = pretraining_speed.random_mask(3, 11)
    for row, drawn in zip(mask.tolist(), noise.tolist(), strict=True):
        kept = sorted(range(49), key=drawn.__getitem__)[:19]
        assert [number for number, removed in enumerate(row) if removed == 0] == sorted(kept)


def test_chips_have_all_tasks_and_gaps():
    chips = pretraining_speed.random_chips(2, 0)
    assert {name: tuple(found.shape) for name, found in chips.items()} == {
        "sentinel2": (2, 12, 56, 56),
        "sentinel1": (2, 8, 56, 56),
        "aster": (2, 2, 56, 56),
        "era5": (2, 12),
        "dynamic_world": (2, 56, 56),
        "canopy_height_eth": (2, 2, 56, 56),
        "lat": (2, 2),
        "lon": (2, 2),
        "biome": (2,),
        "eco_region": (2,),
        "month": (2, 2),
        "esa_worldcover": (2, 56, 56),
    }
    assert not chips["sentinel1"][:, 2:4].any()
    assert float((chips["esa_worldcover"] == -1).float().mean()) == pytest.approx(0.1, abs=0.02)
    assert set(chips["dynamic_world"].unique().tolist()) == set(range(-1, 9))


@pytest.mark.usefixtures("tiny_sizes")
def test_parity_sees_equal_and_unequal_steps():
    def steps():
        return [
            pretraining_speed.make_step("atto", execution, torch.float32) for execution in ("masked_dense", "packed")
        ]

    first, second = steps()
    before = first.objective.model.encoder.stages[0][0].pwconv1.weight.detach().clone()
    largest = pretraining_speed.parity(first, second, steps=3, samples=2)
    assert list(largest) == [*(task.name for task in MMEARTH_TASKS), "total"]
    assert max(largest.values()) < 1e-5
    moved = first.objective.model.encoder.stages[0][0].pwconv1.weight.detach() - before
    assert float(moved.abs().max()) > 1e-5  # both were trained

    first, second = steps()
    with torch.no_grad():
        second.objective.model.pred["lat"].bias.add_(0.1)
    largest = pretraining_speed.parity(first, second, steps=1, samples=2)
    assert largest["lat"] > 1e-3
    assert largest["month"] < 1e-5


def test_a_race_takes_turns_and_drops_the_first_round():
    calls = []
    ways = {name: lambda chips, seed, name=name: calls.append((name, seed)) for name in ("slow", "fast")}
    seconds = pretraining_speed.race(ways, {}, rounds=2)
    assert calls == [(name, seed) for seed in range(3) for name in ("slow", "fast")]
    assert {name: taken.shape for name, taken in seconds.items()} == {"slow": (2,), "fast": (2,)}


def test_ratios_are_taken_within_rounds():
    found = pretraining_speed.ratio(np.array([2.0, 40.0, 9.0]), np.array([1.0, 10.0, 3.0]))
    assert found == {"times": 3.0, "low": 2.5, "high": 3.5}
    (row,) = pretraining_speed.rows_of({"way": np.array([0.1, 0.2, 0.4])}, samples=32)
    assert row == {"way": "way", "ms": 200.0, "iqr_ms": pytest.approx(150.0), "chips_per_cpu_s": 160.0}


def test_goals_take_the_worse_of_encoder_and_step():
    wanted = {"G1 fp32": 5.0, "G1 mixed": None, "G2 atto": 1.7, "G2 tiny": None, "G3": 8.5}
    assert pretraining_speed.reached(record()) == wanted
    assert pretraining_speed.reached(record(first=1.5))["G2 atto"] == 1.5


def test_losses_that_differ_or_are_no_numbers_are_no_parity():
    assert pretraining_speed.parities_hold(record())
    assert not pretraining_speed.parities_hold(record(parity=2e-4))
    assert not pretraining_speed.parities_hold(record(parity=float("nan")))


@pytest.mark.usefixtures("tiny_sizes")
@pytest.mark.parametrize(("goal", "code"), [(0.0, 0), (1e9, 1)])
def test_the_whole_benchmark_without_the_authors_code(goal, code, monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("MMEARTH_TRAIN", raising=False)
    monkeypatch.setattr(pretraining_speed, "GOALS", dict.fromkeys(pretraining_speed.GOALS, goal))
    out = tmp_path / "speed.json"
    options = ["--batch", "2", "--rounds", "1", "--steps", "1", "--tiles", "0", "--sizes", "atto", "--json", str(out)]
    threads = torch.get_num_threads()
    assert pretraining_speed.main(options) == code
    torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    assert "not measured: the authors' code is absent" in printed
    written = json.loads(out.read_text())
    assert written["G1"]["rows"][0]["way"] == "ours, packed, float32"
    assert list(written["G2"][0]["ratios"])[-2:] == ["encoder, float32", "whole step, float32"]


def test_a_folder_without_the_authors_code_is_refused(tmp_path, capsys):
    with pytest.raises(InputError, match=r"models/fcmae\.py.*1f368b3"):
        official_mpmae.import_official(tmp_path)
    threads = torch.get_num_threads()
    assert pretraining_speed.main(["--official", str(tmp_path)]) == 2
    torch.set_num_threads(threads)
    assert "MMEarth-train" in capsys.readouterr().err


def test_targets_take_the_authors_forms():
    chips = pretraining_speed.random_chips(2, 0)
    forms = official_mpmae.official_forms(chips)
    assert forms["dynamic_world"].shape == (2, 1, 56, 56)
    assert forms["eco_region"].shape == (2, 846)
    assert forms["eco_region"].argmax(dim=1).tolist() == chips["eco_region"].tolist()
    assert forms["era5"] is chips["era5"]


def test_the_authors_weights_reach_every_parameter():
    model = FCMAE(Encoder(12, (1, 1, 1, 1), (8, 16, 24, 32)), MMEARTH_TASKS, decoder_dim=16)
    weighting = UncertaintyWeighting(tuple(task.name for task in MMEARTH_TASKS))
    state = {"loss_fn.log_vars": torch.arange(12.0), "encoder.norm.weight": torch.ones(32)}
    for number, (name, parameter) in enumerate(model.named_parameters()):
        official = name.replace("image_norm.", "layer_norm_tmp.")
        if name.startswith("decoder."):
            official = f"decoder_dict.sentinel2.{name.removeprefix('decoder.')}"
        if name.startswith("pred."):
            official = f"pred_dict.{name.removeprefix('pred.')}"
        value = torch.full(parameter.shape, float(number))
        is_map = name.startswith("pred.") and name.split(".")[1] in ("sentinel2", "esa_worldcover")
        state[official] = value[..., None, None] if is_map and value.ndim == 2 else value

    class Theirs(torch.nn.Module):
        def state_dict(self):
            return state

    official_mpmae.give_weights(Theirs(), model, weighting)
    assert all(bool((parameter == number).all()) for number, parameter in enumerate(model.parameters()))
    assert weighting.log_vars.tolist() == list(range(12))


@pytest.mark.slow
@pytest.mark.skipif(not OFFICIAL, reason="MMEARTH_TRAIN names no folder with the authors' code")
def test_our_dense_way_trains_as_the_authors_code(tmp_path):
    out = tmp_path / "speed.json"
    command = [sys.executable, str(SCRIPT), "--official", OFFICIAL, "--batch", "2", "--rounds", "1", "--steps", "3"]
    subprocess.run([*command, "--tiles", "0", "--sizes", "atto", "--json", str(out)], check=False, timeout=300)
    written = json.loads(out.read_text())
    assert max(written["G1"]["parity"]["largest"].values()) < 1e-5
    assert set(written["G1"]["ratios"]) == {"G1 fp32", "G1 mixed", "both in float32"}
