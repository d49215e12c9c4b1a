"""Pretraining on a tiny folder: it runs, repeats with its seed, and leaves nothing behind when stopped."""

import json

import h5py
import numpy as np
import pytest
import torch
from mmearth import pretrain, protocol
from mmearth.checkpoints import build_encoder, load_weights
from mmearth.errors import Cancelled, InputError, ResourceError
from mmearth.models.convnextv2 import SIZES


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setitem(SIZES, "small", ((1, 1, 1, 1), (8, 16, 24, 32)))
    monkeypatch.setattr(pretrain, "CALIBRATION_CROPS", 8)
    monkeypatch.setattr(pretrain, "DECODER_DIM", 16)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "tiny_pool"
    folder.mkdir()
    images = np.random.default_rng(0).integers(300, 3000, (6, 13, 64, 64)).astype(np.uint16)
    with h5py.File(folder / "data_6.h5", "w") as file:
        file["sentinel2"] = images
        file["metadata"] = np.array([(b"0", b"l2a")] * 6, dtype=[("tile_id", "S100"), ("S2_type", "S10")])
    (folder / "data_6_splits.json").write_text(json.dumps({"train": [0, 1, 2, 3, 4, 5]}))
    stats = {"sentinel2_l2a": {"mean": [1650.0] * 13, "std": [780.0] * 13}}
    (folder / "data_6_band_stats.json").write_text(json.dumps(stats))
    return str(folder)


@pytest.fixture
def request_for(data, tmp_path):
    def make(out="w.safetensors", **changes):
        fields = {"data": (data,), "weights_out": str(tmp_path / out), "size": "small", "steps": 3, "batch": 2}
        return protocol.PretrainRequest(**{**fields, "device": "cpu", **changes})

    return make


def files(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir() if path.is_file())


def test_three_steps_write_weights_that_load_and_a_card(request_for, report, tmp_path):
    result = pretrain.run(request_for(), report)
    assert files(tmp_path) == ["w.json", "w.safetensors"]
    weights = load_weights(result["weights"])
    assert weights.sha256 == result["sha256"]
    assert weights.band_dropout
    assert weights.mean == (1650.0,) * 12
    card = json.loads((tmp_path / "w.json").read_text())
    assert card["weights"]["hash"] == f"sha256:{weights.sha256}"
    assert card["data"]["training_chips"] == {"tiny_pool": 6}
    assert [step for step, _ in card["loss"]["curve"]] == [1, 2, 3]
    assert str(tmp_path) not in json.dumps(card)
    features = build_encoder(weights, torch.device("cpu"), torch.float32)(torch.zeros(1, 12, 32, 32))
    assert all(maps.isfinite().all() for maps in features)
    phases = [(phase, done, total) for phase, done, total in report.calls if done == total]
    assert [phase for phase, _, _ in phases] == ["Pretraining", "Calibrating"]


def test_seed_repeats_and_another_differs(request_for, report):
    hashes = [
        pretrain.run(request_for(out, seed=seed), report)["sha256"]
        for out, seed in (("a.safetensors", 1), ("b.safetensors", 1), ("c.safetensors", 2))
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_training_lowers_the_loss_on_patches_that_can_be_guessed(request_for, report, data):
    ramp = np.broadcast_to(np.arange(8) * 300 + 300, (6, 13, 64, 8, 8)).reshape(6, 13, 64, 64)
    with h5py.File(f"{data}/data_6.h5", "r+") as file:
        file["sentinel2"][:] = ramp
    pretrain.run(request_for(steps=60, batch=4, learning_rate=0.01), report)
    losses = [float(message.split("loss ")[1]) for _, message in report.logs]
    assert losses[0] == pytest.approx(63 / 64, abs=0.1)  # a prediction of 0 against deviation 1
    assert min(losses[-3:]) < 0.9


@pytest.mark.parametrize("call", [2, 4])
def test_cancel_leaves_no_file(request_for, report, tmp_path, call):
    report.cancel_at = call
    with pytest.raises(Cancelled):
        pretrain.run(request_for(), report)
    assert files(tmp_path) == []


def test_a_loss_that_is_not_finite_stops_with_the_reason(request_for, report, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrain, "reconstruction_loss", lambda predicted, *_: predicted.sum() * float("nan"))
    with pytest.raises(InputError, match="loss became nan at step 1") as raised:
        pretrain.run(request_for(), report)
    assert "learning rate" in raised.value.remedy
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": "enormous"}, "enormous"),
        ({"data": ()}, "data folder"),
        ({"steps": 0}, "steps 0"),
        ({"batch": 0}, "batch 0"),
        ({"learning_rate": 0.0}, "learning rate 0"),
    ],
)
def test_bad_requests_are_refused(request_for, report, changes, words):
    with pytest.raises(InputError, match=words):
        pretrain.run(request_for(**changes), report)


def test_a_missing_folder_is_refused_before_training(request_for, report):
    with pytest.raises(ResourceError, match="does not exist"):
        pretrain.run(request_for(out="absent/w.safetensors"), report)
    assert report.calls == []


def test_schedule_warms_up_and_decays():
    assert pretrain.schedule(0, 1000) == pytest.approx(0.01)
    assert pretrain.schedule(99, 1000) == pretrain.schedule(700, 1000) == 1
    assert pretrain.schedule(850, 1000) == pytest.approx(0.5)
    assert pretrain.schedule(999, 1000) == pytest.approx(1 / 300)
