"""The recipes: learning rate over the steps, and what weight decay acts on."""

import math
from dataclasses import replace

import pytest
import tiny_training
from mmearth.models.convnextv2 import Encoder
from mmearth.models.fcmae import FCMAE
from mmearth.pretraining.pretrain_recipe import RECIPES, WEIGHT_DECAY, learning_rate_share, parameter_groups, rate_share
from mmearth.pretraining.tasks import Task

LINEAR = replace(RECIPES["small"], warm_up=0.25, warm_up_steps=100, cosine=False)


def test_the_rate_warms_up_holds_and_falls_linearly():
    share = [rate_share(LINEAR, step, 1000) for step in range(1000)]
    assert share[0] == pytest.approx(0.01)  # 100 steps of warm-up
    assert share[49] == pytest.approx(0.5)
    assert share[99] == share[700] == 1
    assert share[850] == pytest.approx(0.5)
    assert share[999] == pytest.approx(1 / 300)


def test_the_warm_up_of_a_short_training_is_a_quarter_of_it():
    share = [rate_share(LINEAR, step, 40) for step in range(40)]
    assert share[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert share[28:] == pytest.approx([(40 - step) / 12 for step in range(28, 40)])


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("steps", [1, 2, 3, 10, 997])
def test_shares_stay_between_zero_and_one(recipe, steps):
    shares = [rate_share(RECIPES[recipe], step, steps) for step in range(steps)]
    assert all(0 <= share <= 1 for share in shares)
    assert steps < 10 or max(shares) == pytest.approx(1, abs=1e-3)


def test_the_recipe_of_the_paper_warms_up_a_fifth_and_falls_as_a_cosine():
    share = [rate_share(RECIPES["paper"], step, 1000) for step in range(1000)]
    assert share[0] == 0
    assert share[100] == pytest.approx(0.5)
    assert share[200] == 1
    assert share[600] == pytest.approx(0.5)
    assert share[400] == pytest.approx(0.5 * (1 + math.sqrt(0.5)))
    assert share[999] < 1e-5


def test_a_cosine_can_end_above_zero():
    assert learning_rate_share(10, 0, 10, low=0.25) == pytest.approx(0.25)
    assert learning_rate_share(5, 0, 10, low=0.25) == pytest.approx(0.625)
    assert learning_rate_share(1, 4, 10, low=0.25) == pytest.approx(0.25)  # warm-up starts from 0


def test_settings_of_the_paper():
    paper = RECIPES["paper"]
    assert (paper.epochs, paper.batch, paper.mask_ratio, paper.decoder_dim) == (200, 4096, 0.6, 512)
    assert paper.learning_rate == pytest.approx(0.0024)  # 1.5e-4 per 256 crops
    assert paper.scale_rate


@pytest.fixture
def model():
    return FCMAE(Encoder(3, *tiny_training.SIZE), (Task("sentinel2", "map", 3), Task("month", "vector", 2)), 16)


@pytest.mark.parametrize("decay_grn", [True, False])
def test_matrices_decay_and_vectors_do_not(model, decay_grn):
    decayed, others = parameter_groups([model], WEIGHT_DECAY, decay_grn)
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.05, 0.0)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    found = {names[id(parameter)] for parameter in decayed["params"]}
    spared = {names[id(parameter)] for parameter in others["params"]}
    assert found | spared == set(names.values())
    assert not found & spared
    assert {"encoder.initial_conv.0.weight", "encoder.stages.0.0.dwconv.weight", "pred.month.weight"} <= found
    assert {"encoder.initial_conv.0.bias", "encoder.stages.0.0.norm.weight", "image_norm.weight", "proj.bias"} <= spared
    special = {"mask_token", "encoder.stages.0.0.grn.gamma", "decoder.0.grn.beta"}
    assert special <= (found if decay_grn else spared)


def test_frozen_parameters_are_in_no_group(model):
    model.encoder.requires_grad_(False)
    groups = parameter_groups([model], 0.1, True)
    frozen = {id(parameter) for parameter in model.encoder.parameters()}
    assert not frozen & {id(parameter) for group in groups for parameter in group["params"]}
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters())) - len(frozen)
