"""Losses of the pretext tasks as this plugin computes them: gaps, nothing to compare, patches, weighting."""

import math

import pytest
import torch
from mmearth.models.pretext_losses import UncertaintyWeighting, patchify, pretext_losses
from mmearth.pretraining.tasks import Task

NAN = math.nan
PATCH = 2
ALL = torch.tensor([[0, 1]])  # both patches of a 2 × 4 image


def loss(task, predicted, target, removed=ALL, **options):
    return pretext_losses({task.name: predicted}, {task.name: target}, removed, (task,), PATCH, **options)[task.name]


def test_patchify_lists_patches_by_rows_with_channels_fastest():
    patches = patchify(torch.arange(2 * 4 * 4).view(1, 2, 4, 4), 2)
    assert patches.shape == (1, 4, 8)
    assert patches[0, 1].tolist() == [2, 18, 3, 19, 6, 22, 7, 23]  # top right patch


def test_sentinel2_is_compared_after_normalising_each_patch():
    target = torch.tensor([[[[1.0, 3.0, 100.0, 300.0], [5.0, 7.0, 500.0, 700.0]]]])
    task = Task("sentinel2", "map", 1)
    predicted = torch.zeros(1, 2, 4)
    wanted = (9 + 1 + 1 + 9) / 4 / (20 / 3)  # both patches: unbiased variance 20 / 3, times 100²
    assert float(loss(task, predicted, target)) == pytest.approx(wanted, rel=1e-5)
    plain = loss(task, predicted, target, normalise_patches=False)
    assert float(plain) == pytest.approx((1 + 9 + 25 + 49) / 4 * (1 + 100**2) / 2)


def test_other_maps_are_not_normalised_and_removed_patches_alone_count():
    target = torch.tensor([[[[1.0, 3.0, 9.0, 9.0], [5.0, 7.0, 9.0, 9.0]]]])
    task = Task("aster", "map", 1)
    found = loss(task, torch.zeros(1, 1, 4), target, torch.tensor([[0]]))
    assert float(found) == pytest.approx((1 + 9 + 25 + 49) / 4)


def test_missing_values_have_no_part_in_statistics_or_loss():
    # Band 1 is missing everywhere, band 0 at one pixel; what is left is 1, 3, 5.
    target = torch.tensor([[[[1.0, 3.0], [NAN, 5.0]], [[NAN, NAN], [NAN, NAN]]]])
    task = Task("sentinel2", "map", 2)
    predicted = torch.zeros(1, 1, 8)
    predicted[..., 1::2] = 100  # at the missing band
    predicted[..., 4] = 100  # at the missing pixel
    predicted.requires_grad_()
    found = loss(task, predicted, target, torch.tensor([[0]]))
    assert float(found.detach()) == pytest.approx((4 + 0 + 4) / 3 / 4, rel=1e-5)  # mean 3, unbiased variance 4
    found.backward()
    gradient = predicted.grad.flatten()
    assert gradient[1::2].tolist() == [0] * 4
    assert gradient[4] == 0
    assert gradient[[0, 6]].abs().min() > 0


def test_a_patch_without_values_leaves_the_mean_of_the_others():
    target = torch.tensor([[[[1.0, 3.0, NAN, NAN], [5.0, 7.0, NAN, NAN]]]])
    for name in ("sentinel2", "aster"):
        task = Task(name, "map", 1)
        both = loss(task, torch.zeros(1, 2, 4), target)
        first = loss(task, torch.zeros(1, 1, 4), target, torch.tensor([[0]]))
        assert float(both) == pytest.approx(float(first))
        assert float(first) > 0


def test_a_single_value_cannot_be_normalised_but_compared():
    target = torch.full((1, 1, 2, 2), NAN)
    target[..., 0, 0] = 4
    predicted = torch.ones(1, 1, 4)
    assert float(loss(Task("sentinel2", "map", 1), predicted, target, torch.tensor([[0]]))) == 0
    assert float(loss(Task("aster", "map", 1), predicted, target, torch.tensor([[0]]))) == 9


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_constant_patch_has_a_finite_loss_and_gradient(dtype):
    target = torch.full((1, 3, 2, 4), 5.3, dtype=dtype)
    predicted = torch.ones(1, 2, 12, dtype=dtype, requires_grad=True)
    found = loss(Task("sentinel2", "map", 3), predicted, target)
    assert float(found.detach()) == pytest.approx(1, abs=0.01)  # a constant patch becomes 0
    found.backward()
    assert predicted.grad.isfinite().all()


def test_classes_are_compared_where_there_are_any():
    target = torch.tensor([[[0, 1, -1, -1], [2, -1, -1, 1]]])
    task = Task("land", "class_map", 3)
    logits = torch.randn(1, 2, 12, generator=torch.Generator().manual_seed(0))
    chosen = {(0, 0): 0, (0, 1): 1, (0, 2): 2, (1, 3): 1}  # (patch, pixel) → class
    log_p = logits.view(2, 4, 3).log_softmax(dim=-1)
    wanted = -sum(float(log_p[patch, pixel, label]) for (patch, pixel), label in chosen.items()) / 4
    assert float(loss(task, logits, target)) == pytest.approx(wanted, rel=1e-5)


def test_vectors_and_categories_of_samples_that_lack_them():
    vector = Task("month", "vector", 2)
    predicted, target = torch.tensor([[1.0, 2.0], [5.0, 5.0]]), torch.tensor([[0.0, NAN], [NAN, NAN]])
    assert float(loss(vector, predicted, target)) == 1  # (1 - 0)² over the only value
    category = Task("biome", "category", 4)
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [9.0, 0.0, 0.0, 0.0]])
    assert float(loss(category, logits, torch.tensor([2, -1]))) == pytest.approx(math.log(4))


MISSING = {
    "map": (Task("aster", "map", 2), torch.ones(1, 2, 8), torch.full((1, 2, 2, 4), NAN)),
    "sentinel2": (Task("sentinel2", "map", 2), torch.ones(1, 2, 8), torch.full((1, 2, 2, 4), NAN)),
    "class_map": (Task("land", "class_map", 3), torch.ones(1, 2, 12), torch.full((1, 2, 4), -1)),
    "vector": (Task("month", "vector", 2), torch.ones(1, 2), torch.full((1, 2), NAN)),
    "category": (Task("biome", "category", 4), torch.ones(1, 4), torch.tensor([-1])),
}


@pytest.mark.parametrize("kind", MISSING)
def test_a_task_without_any_value_is_zero_without_gradient_and_without_part_in_the_total(kind):
    task, predicted, target = MISSING[kind]
    predicted = predicted.clone().requires_grad_()
    other = torch.tensor(2.0)
    found = loss(task, predicted, target)
    assert float(found.detach()) == 0
    weighting = UncertaintyWeighting(("other", task.name))
    with torch.no_grad():
        weighting.log_vars.copy_(torch.tensor([0.5, 3.0]))
    total = weighting({"other": other, task.name: found})
    assert float(total.detach()) == pytest.approx(math.exp(-0.5) * 2 + 0.5)
    total.backward()
    assert predicted.grad.abs().sum() == 0
    assert weighting.log_vars.grad.tolist() == [pytest.approx(1 - 2 * math.exp(-0.5)), 0]


def test_unlearned_weights_add_the_losses():
    weighting = UncertaintyWeighting(("a", "b"), learned=False)
    total = weighting({"b": torch.tensor(2.0), "a": torch.tensor(0.25)})
    assert float(total) == 2.25
    assert not weighting.log_vars.requires_grad


def test_learned_weights_settle_at_one_over_the_loss():
    weighting = UncertaintyWeighting(("a", "b"))
    optimiser = torch.optim.SGD(weighting.parameters(), lr=0.5)
    for _ in range(60):
        optimiser.zero_grad()
        weighting({"a": torch.tensor(4.0), "b": torch.tensor(0.5)}).backward()
        optimiser.step()
    assert torch.exp(-weighting.log_vars.detach()).tolist() == pytest.approx([0.25, 2.0], rel=1e-3)


def test_every_task_of_a_sample_is_computed_at_once():
    tasks = tuple(task for task, _, _ in MISSING.values())
    predicted = {task.name: found for task, found, _ in MISSING.values()}
    targets = {task.name: found for task, _, found in MISSING.values()}
    assert list(pretext_losses(predicted, targets, ALL, tasks, PATCH)) == [task.name for task in tasks]
