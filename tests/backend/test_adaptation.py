"""What an adaptation must do, on small windows made here, and that it has none of the faults of X-STARS's code.

Its published code cuts the contrast's gradient, leaves the heads out of the optimiser, has a teacher with dropout, and
loads weights without saying that none fitted.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from mmearth.adaptation.adaptation import Adaptation
from mmearth.adaptation.adaptation_recipe import AdaptRecipe
from mmearth.adaptation.pair_data import PairData
from mmearth.adaptation.student import build_teacher, first_kernels
from mmearth.adaptation.windows import LEAST_CELLS, MOST_PX
from mmearth.embedding.calibration import calibrate
from mmearth.errors import Cancelled, CheckpointError
from mmearth.models.convnextv2 import Encoder
from mmearth.weights.checkpoints import load_weights, save_weights
from torch.nn import functional

MATCHES = (3, 2, 1)  # red, green, blue among Sentinel-2's twelve


class Quiet:
    """A report that listens to nothing, or cancels after some checks."""

    def __init__(self, checks=10**9):
        self.left = checks

    def progress(self, *_):
        self.check()

    def check(self):
        self.left -= 1
        if self.left < 0:
            raise Cancelled

    def log(self, *_):
        pass

    def metrics(self, *_):
        pass


def recipe(**changes):
    values = {
        "distill": 1.0, "contrast": 0.0, "similarity": 0.0, "rebuild": 0.0, "published": False, "anchors": "none",
        "steps": 12, "batch": 4, "learning_rate": 3e-4, "fixed": True, "check_every": 6,
    }  # fmt: skip
    return AdaptRecipe(**{**values, **changes})


@pytest.fixture(scope="module")
def trained_weights():
    """The bundled encoder: what random ones say of ground is too alike everywhere to be learned in a few steps."""
    return load_weights("")


@pytest.fixture(scope="module")
def weights(_tiny_weights_file):
    """Of a tiny encoder, with what it says of the ground here as its statistics."""
    found = load_weights(str(_tiny_weights_file))
    encoder = Encoder(12, found.depths, found.dims, found.patch_size)
    encoder.load_state_dict(found.encoder)
    images = functional.avg_pool2d(torch.from_numpy(ground(16, 80)), 2)  # as the known sensor sees it
    calibration = calibrate(encoder, images, Quiet())
    return replace(found, **vars(calibration))


def ground(count, side_px, seed=0):
    """Smooth fields with texture, (count, 12, side, side); bands are mixtures of three, which any three tell."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.normal(size=(count, 3, side_px // 8, side_px // 8)).astype(np.float32))
    field = functional.interpolate(coarse, side_px, mode="bilinear").numpy()
    field += 0.6 * rng.normal(size=field.shape).astype(np.float32) * (coarse[:, :1, :1, :1].numpy() > 0)
    mixtures = np.random.default_rng(1).normal(size=(12, 3)).astype(np.float32)
    return np.einsum("bl,nlyx->nbyx", mixtures, field)


def pairs(weights, count=24, factor=2, side_px=24):
    """Windows that both sensors see: the new one sees three of the bands, finer, with a gain and an offset."""
    fine = ground(count, side_px * factor)
    statistics = weights.statistics("l2a")
    mean, std = (np.asarray(statistics[key], np.float32)[:, None, None] for key in ("mean", "std"))
    coarse = fine.reshape(count, 12, side_px, factor, side_px, factor).mean((3, 5))
    target = (fine[:, list(MATCHES)] * np.float32(31) + 120).astype(np.float32)
    held_out = np.arange(count) % 4 == 0
    return PairData(
        reference=(coarse * std + mean).astype(np.float32),
        target=target,
        origin=np.stack([np.zeros(count), np.arange(count), np.zeros(count)], 1).astype(int),
        level="l2a",
        target_bands=("red", "green", "blue"),
        target_mean=target.mean((0, 2, 3)),
        target_std=target.std((0, 2, 3)),
        reference_m=10.0,
        working_m=10.0 / factor,
        land_cover=None,
        held_out=held_out,
        warnings=[],
        facts={},
    )


def made(weights, data=None, seed=0, from_scratch=False, **changes):
    data = data or pairs(weights)
    return Adaptation(recipe(**changes), data, weights, MATCHES, from_scratch, seed, torch.device("cpu"), Quiet())


def trained(adaptation):
    adaptation.run(Quiet(), lambda row: None)
    return adaptation


def copied(module):
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize(("published", "name"), [(False, "msad"), (True, "xstars")])
def test_contrast_reaches_the_first_convolution_and_the_heads(weights, published, name):
    adaptation = made(weights, distill=0.0, contrast=1.0, published=published, steps=2, stem_only=0.0, warm_up=0.0)
    heads, stem = copied(adaptation._losses.heads), adaptation.student.initial_conv[0].weight.detach().clone()
    row = adaptation._train(Quiet())
    assert name in row
    assert adaptation.student.initial_conv[0].weight.grad.abs().sum() > 0
    assert (adaptation.student.initial_conv[0].weight - stem).abs().max() > 0
    changed = [n for n, t in adaptation._losses.heads.state_dict().items() if not torch.equal(t, heads[n])]
    assert any("weight" in n and n.startswith("student") for n in changed)
    assert any("weight" in n and n.startswith("teacher") for n in changed)


def test_the_teacher_never_changes_and_says_the_same_twice(weights):
    adaptation = made(weights, steps=3)
    before = copied(adaptation.space.teacher)
    images = adaptation.windows.references(np.arange(2), weights)
    with torch.no_grad():
        first = adaptation.space.teacher(images)
    trained(adaptation)
    with torch.no_grad():
        second = adaptation.space.teacher(images)
    assert all(torch.equal(tensor, before[name]) for name, tensor in adaptation.space.teacher.state_dict().items())
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not any(parameter.requires_grad for parameter in adaptation.space.teacher.parameters())


def test_weights_that_do_not_fit_are_refused(weights, tmp_path):
    """Of the authors' checkpoints none of 158 tensors was loaded, in silence; here one missing tensor is an error."""
    encoder = dict(weights.encoder)
    encoder.pop("stages.1.0.dwconv.weight")
    save_weights(str(tmp_path / "less.safetensors"), replace(weights, encoder=encoder))
    with pytest.raises(CheckpointError, match="does not fit"):
        load_weights(str(tmp_path / "less.safetensors"))


def test_the_same_image_magnified_comes_to_the_floor(trained_weights):
    """All twelve bands, only finer: what the teacher says can be said almost exactly after a few steps."""
    weights = trained_weights
    data = pairs(weights, factor=2)
    statistics = weights.statistics("l2a")
    same = np.repeat(np.repeat(data.reference, 2, 2), 2, 3)
    data = replace(
        data, target=same, target_bands=weights.bands, target_mean=np.asarray(statistics["mean"], np.float32),
        target_std=np.asarray(statistics["std"], np.float32),
    )  # fmt: skip
    plan, device = recipe(steps=40, check_every=40, learning_rate=2e-3, stem_only=0.0), torch.device("cpu")
    adaptation = Adaptation(plan, data, weights, tuple(range(12)), False, 0, device, Quiet())
    trained(adaptation)
    assert adaptation.best.agreement["cosine"] > adaptation.curve[0]["cosine"] + 0.15
    assert adaptation.best.agreement["cosine"] > 0.8


def test_training_helps_true_pairs_and_shifted_or_foreign_ones_less(trained_weights):
    weights, steps = trained_weights, 10
    data = pairs(weights, count=32)
    true = trained(made(weights, data, steps=steps, check_every=steps))
    shifted = replace(data, target=np.roll(data.target, 16, axis=3))  # one cell of the teacher
    order = np.roll(np.arange(len(data.target)), 1)  # nobody keeps its own
    foreign = replace(data, target=data.target[order])
    scores = {name: trained(made(weights, found, steps=steps, check_every=steps)).best.agreement
              for name, found in (("shifted", shifted), ("foreign", foreign))}  # fmt: skip
    best = true.best.agreement
    assert best["retrieval"] > 3 * best["chance"]
    assert best["cosine"] > true.before["cosine"]
    for found in scores.values():
        assert found["retrieval"] < 0.6 * best["retrieval"]
        assert found["cosine"] < best["cosine"]


def test_the_same_seed_gives_the_same_encoder(weights):
    first, second = (copied(trained(made(weights, steps=4, seed=3)).student) for _ in range(2))
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
    other = copied(trained(made(weights, steps=4, seed=4)).student)
    assert any(not torch.equal(tensor, other[name]) for name, tensor in first.items())


def test_at_first_only_stem_and_first_stage_learn(weights):
    adaptation = made(weights, steps=10, stem_only=1.0, warm_up=0.0)
    before = copied(adaptation.student)
    adaptation._train(Quiet())
    changed = {
        name for name, tensor in adaptation.student.state_dict().items() if not torch.equal(tensor, before[name])
    }
    assert any(name.startswith("initial_conv") for name in changed)
    assert any(name.startswith("stages.0") for name in changed)
    assert not any(name.startswith(("stages.1", "stages.2", "stages.3", "downsample")) for name in changed)


@pytest.mark.parametrize("mode", ["same", "complementary"])
def test_anchors_hide_ground_and_rebuild_it(weights, mode):
    row = made(weights, anchors=mode, rebuild=0.5, steps=2)._train(Quiet())
    assert set(row) == {"loss", "distill", "rebuild"}
    assert all(np.isfinite(value) for value in row.values())


def test_land_cover_pulls_at_the_encoder(weights):
    data = pairs(weights)
    cover = (np.arange(len(data.target))[:, None] % 3 == np.arange(3)).astype(np.float32)
    adaptation = made(weights, replace(data, land_cover=cover), distill=0.0, similarity=1.0, steps=2)
    adaptation._train(Quiet())
    assert adaptation.student.stages[0][0].pwconv1.weight.grad.abs().sum() > 0


def test_the_image_alone_teaches_too(weights):
    adaptation = made(weights, distill=0.0, rebuild=1.0, steps=2)
    assert set(adaptation._train(Quiet())) == {"loss", "rebuild"}


def test_a_state_to_which_all_is_alike_is_not_kept(weights, monkeypatch):
    adaptation = made(weights, steps=4, check_every=2)
    found = iter([
        {"retrieval": 0.1, "chance": 0.01, "cosine": 0.3, "deranged_cosine": 0.05},
        {"retrieval": 0.2, "chance": 0.01, "cosine": 0.5, "deranged_cosine": 0.10},
        {"retrieval": 0.01, "chance": 0.01, "cosine": 0.9, "deranged_cosine": 0.89},
    ])  # fmt: skip
    monkeypatch.setattr(adaptation, "agreement", lambda: next(found))
    trained(adaptation)
    assert (adaptation.best.step, adaptation.best.agreement["cosine"]) == (2, 0.5)


def test_without_a_teacher_the_newest_state_is_kept(weights):
    assert trained(made(weights, distill=0.0, rebuild=1.0, steps=4, check_every=2)).best.step == 4


def test_a_large_window_is_cut_with_its_cells(weights):
    data = pairs(weights, count=8, factor=8, side_px=48)  # 384 px, six cells of 64
    windows = made(weights, data).windows
    crops, cells = windows.crops(np.array([1, 5]), torch.Generator().manual_seed(1))
    assert crops.shape[-1] == 64 * max(LEAST_CELLS, MOST_PX // 64) < 384
    for number, cell, crop in zip((1, 5), cells, crops, strict=True):
        part = data.target[number][(slice(None), *cell.slices(64))]
        wanted = (part - data.target_mean[:, None, None]) / data.target_std[:, None, None]
        np.testing.assert_allclose(crop.numpy(), wanted, rtol=1e-4, atol=1e-4)


def test_cancelling_leaves_the_best(weights):
    adaptation = made(weights, steps=500, check_every=2)
    with pytest.raises(Cancelled):
        adaptation.run(Quiet(checks=300), lambda row: None)
    assert 0 < adaptation.step < 12
    assert adaptation.best.state


def test_a_cancel_need_not_wait_for_the_end_of_a_step(weights):
    """A step on large windows takes longer than a Cancel may: it asks at every layer, in the backward pass too."""
    adaptation = made(weights, steps=1)
    last = list(adaptation.student.stages[3].parameters())

    class OnTheWayBack(Quiet):
        def check(self):
            if any(parameter.grad is not None for parameter in last):
                raise Cancelled

    before = copied(adaptation.student)
    with pytest.raises(Cancelled):
        adaptation.run(OnTheWayBack(), lambda row: None)
    assert adaptation.student.initial_conv[0].weight.grad is None  # it ended on the way there
    assert all(torch.equal(tensor, before[name]) for name, tensor in adaptation.student.state_dict().items())
    assert not any(layer._forward_hooks for layer in adaptation.student.modules())


X_STARS = {"distill": 0.0, "contrast": 0.1, "published": True, "self_distill": 1.0}


def test_x_stars_is_contrast_and_self_distillation(weights, monkeypatch):
    monkeypatch.setattr("mmearth.adaptation.self_distillation.HIDDEN", 32)
    adaptation = made(weights, steps=8, check_every=8, warm_up=0.0, **X_STARS)
    head, held = copied(adaptation._self_distillation.head), adaptation._self_distillation.head.prototypes
    slow, start = copied(adaptation._self_distillation._teacher), copied(adaptation.student)
    assert all(torch.equal(tensor, start[name]) for name, tensor in slow.items())
    rows = [adaptation._train(Quiet()) for _ in range(5)]  # 18 windows, four in a step: an epoch
    assert set(rows[0]) == {"loss", "xstars", "dino"}
    assert rows[0]["loss"] == pytest.approx(0.1 * rows[0]["xstars"] + rows[0]["dino"], rel=1e-5)
    assert torch.equal(held, head["prototypes"])
    assert not torch.equal(adaptation._self_distillation.head.layers[0].weight, head["layers.0.weight"])
    adaptation._train(Quiet())
    assert not torch.equal(held, head["prototypes"])
    for name, tensor in adaptation._self_distillation._teacher.named_parameters():
        now = adaptation.student.get_parameter(name)
        if not torch.equal(now, start[name]):
            assert (tensor - start[name]).abs().max() < 0.1 * (now - start[name]).abs().max()
    assert (adaptation._self_distillation._teacher.initial_conv[0].weight - start["initial_conv.0.weight"]).any()
    trained(adaptation)
    assert set(adaptation.best.state) == set(start)


def test_self_distillation_alone_reaches_the_first_convolution(weights):
    found = []
    for extra in ({}, {"self_distill": 1.0}):
        adaptation = made(weights, steps=2, **{**X_STARS, "contrast": 1e-12, "self_distill": 0.0, **extra})
        adaptation._train(Quiet())
        found.append(float(adaptation.student.initial_conv[0].weight.grad.abs().max()))
    assert found[0] < 1e-8
    assert found[1] > 1e-4


def test_x_stars_from_scratch_learns_too(weights):
    adaptation = made(weights, from_scratch=True, steps=3, **X_STARS)
    start = copied(adaptation.student)
    assert not any(
        torch.equal(start[name], weights.encoder[name]) for name in ("stages.0.0.pwconv1.weight", "stem.0.weight")
    )
    trained(adaptation)
    assert np.isfinite(adaptation.curve[-1]["dino"])
    assert any(not torch.equal(tensor, start[name]) for name, tensor in adaptation.student.state_dict().items())


def test_first_kernels_keep_the_sum_of_what_they_see():
    kernels = torch.randn(4, 12, 3, 3)
    found = first_kernels(kernels, (3, None, 0))
    torch.testing.assert_close(found[:, 0], kernels[:, 3] * 4)
    torch.testing.assert_close(found[:, 1], kernels.mean(1) * 4)
    torch.testing.assert_close(found[:, 2], kernels[:, 0] * 4)


def test_teacher_is_what_inference_uses(weights):
    teacher = build_teacher(weights, torch.device("cpu"))
    assert not teacher.training
    assert all(type(block.grn).__name__ == "Identity" for block in teacher.blocks())


def test_an_image_that_shows_nothing_agrees_with_nothing(weights):
    """Edges of windows look alike to both encoders: that is no agreement on ground."""
    data = pairs(weights, count=32)
    noise = torch.randn(data.target.shape, generator=torch.Generator().manual_seed(3)).numpy()
    data = replace(data, target=noise.astype(np.float32), target_mean=np.zeros(3), target_std=np.ones(3))
    found = trained(made(weights, data, steps=20, check_every=20, learning_rate=1e-3)).agreement()
    assert abs(found["cosine"] - found["deranged_cosine"]) < 0.1
