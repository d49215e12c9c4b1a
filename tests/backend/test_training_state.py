"""The checkpoint of a training: what is saved comes back, what is damaged or of another training is refused."""

import json

import pytest
import torch
from mmearth.errors import CheckpointError, InputError, ResourceError
from mmearth.pretraining.training_state import TrainingState, load_state, save_state
from mmearth.weights.training_checkpoint import CHECKPOINT, PROGRESS
from safetensors.torch import load_file, save_file
from torch import nn

SETTINGS = {"batch": 4, "tasks": [["sentinel2", 12]], "rate": 0.1}
STATE = TrainingState(7, SETTINGS, [{"step": 7.0, "total": 0.1 + 0.2}], 12.5)


class Small(nn.Module):
    """A trained layer and a parameter that never gets a gradient."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(2, 3, 3)
        self.fixed = nn.Parameter(torch.zeros(2), requires_grad=False)


@pytest.fixture
def make():
    def make(steps, seed=0):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = Small().to(memory_format=torch.channels_last)
        optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
        for number in range(steps):
            optimiser.zero_grad()
            (model.layer(torch.full((1, 2, 3, 3), number + 1.0)).square().sum()).backward()
            optimiser.step()
        return model, {"weight": model.layer.weight.detach() / 2}, optimiser

    return make


def test_everything_comes_back(make, tmp_path):
    model, averaged, optimiser = make(3)
    save_state(tmp_path, STATE, model, averaged, optimiser)
    other, other_averaged, other_optimiser = make(0, seed=1)
    assert load_state(tmp_path, SETTINGS, other, other_averaged, other_optimiser) == STATE
    assert torch.equal(other.layer.weight, model.layer.weight)
    assert torch.equal(other_averaged["weight"], averaged["weight"])
    for name in ("exp_avg", "exp_avg_sq", "step"):
        wanted = optimiser.state[model.layer.weight][name]
        assert torch.equal(other_optimiser.state[other.layer.weight][name], wanted)
        assert float(wanted.abs().sum()) > 0
    assert other.fixed not in other_optimiser.state


def test_a_training_before_its_first_step_comes_back(make, tmp_path):
    save_state(tmp_path, STATE, *make(0))
    other = make(0, seed=1)
    load_state(tmp_path, SETTINGS, *other)
    assert not other[2].state


def test_a_small_file_says_how_far_it_is(make, tmp_path):
    save_state(tmp_path, STATE, *make(1))
    assert json.loads((tmp_path / PROGRESS).read_text()) == {"step": 7, "settings": SETTINGS, "seconds": 12.5}
    assert sorted(path.name for path in tmp_path.iterdir()) == [PROGRESS, CHECKPOINT]


def test_other_settings_are_named_and_nothing_is_loaded(make, tmp_path):
    save_state(tmp_path, STATE, *make(2))
    other = make(0, seed=1)
    before = other[0].layer.weight.detach().clone()
    with pytest.raises(InputError, match=r"other settings: batch 4 instead of 8, extra None instead of 1\.") as raised:
        load_state(tmp_path, {**SETTINGS, "batch": 8, "extra": 1}, *other)
    assert "anew" in raised.value.remedy
    assert torch.equal(other[0].layer.weight, before)


def test_no_checkpoint_is_refused(make, tmp_path):
    with pytest.raises(CheckpointError, match="There is no checkpoint in"):
        load_state(tmp_path, SETTINGS, *make(0))


def test_a_file_that_ends_early_is_refused(make, tmp_path):
    save_state(tmp_path, STATE, *make(1))
    path = tmp_path / CHECKPOINT
    whole = path.read_bytes()
    for length in (0, 7, 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="cannot be used"):
            load_state(tmp_path, SETTINGS, *make(0))


def _drop(tensors):
    del tensors["model.layer.bias"]


def _reshape(tensors):
    tensors["averaged.weight"] = torch.zeros(5)


@pytest.mark.parametrize("damage", [_drop, _reshape])
def test_a_checkpoint_of_another_model_is_refused(make, tmp_path, damage):
    save_state(tmp_path, STATE, *make(1))
    path = tmp_path / CHECKPOINT
    tensors = load_file(path)
    damage(tensors)
    about = {"step": 7, "settings": SETTINGS, "seconds": 1.0, "curve": []}
    save_file(tensors, path, {"mmearth_training": json.dumps(about)})
    with pytest.raises(CheckpointError, match="cannot be used"):
        load_state(tmp_path, SETTINGS, *make(0))


def test_weights_of_another_program_are_no_checkpoint(make, tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / CHECKPOINT)
    with pytest.raises(CheckpointError, match="cannot be used"):
        load_state(tmp_path, SETTINGS, *make(0))


def test_a_folder_that_is_gone_is_a_resource_error(make, tmp_path):
    with pytest.raises(ResourceError, match="cannot be written"):
        save_state(tmp_path / "gone", STATE, *make(1))
