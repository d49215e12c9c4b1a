"""Losses of adaptation against sums written out in NumPy, their gradients against differences of those sums."""

import math

import numpy as np
import pytest
import torch
from mmearth.adaptation.adaptation_losses import (
    Alignment,
    ProjectionHead,
    XStarsAlignment,
    distillation,
    msad,
    soft_similarity,
)
from mmearth.adaptation.footprint import pool_tokens
from torch import nn
from torch.nn import functional


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def seeded(make):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return make()


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def softmax(rows):
    parts = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return parts / parts.sum(axis=-1, keepdims=True)


def cross_entropy(logits, targets):
    return float(np.mean([-np.sum(t * np.log(p)) for p, t in zip(softmax(logits), targets, strict=True)]))


def as_tokens(maps):
    """(N, C, h, w) → one row for each token."""
    n, c, h, w = maps.shape
    return np.array([maps[i, :, y, x] for i in range(n) for y in range(h) for x in range(w)]).reshape(-1, c)


def distillation_by_hand(student, teacher):
    return 1 - float(np.mean([a @ b for a, b in zip(unit(as_tokens(student)), unit(as_tokens(teacher)), strict=True)]))


def msad_by_hand(ours, theirs, temperature):
    ours, theirs = unit(ours), unit(theirs)
    targets = softmax(theirs @ theirs.T / temperature)
    transposed = np.array([row / row.sum() for row in targets.T])
    return (
        cross_entropy(theirs @ ours.T / temperature, targets) + cross_entropy(ours @ theirs.T / temperature, transposed)
    ) / 2


def head_by_hand(head, rows):
    """Linear, then a residual GELU layer, then layer normalisation, from the module's numbers."""
    weights = {name: value.detach().double().numpy() for name, value in head.named_parameters()}
    first = rows @ weights["first.weight"].T + weights["first.bias"]
    gelu = np.vectorize(lambda value: value * 0.5 * (1 + math.erf(value / math.sqrt(2))))(first)
    both = first + gelu @ weights["second.weight"].T + weights["second.bias"]
    centred = both - both.mean(axis=-1, keepdims=True)
    normed = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return normed * weights["norm.weight"] + weights["norm.bias"]


def x_stars_by_hand(module, student, teacher):
    n, _, h, w = student.shape
    losses = []
    for y in range(h):
        for x in range(w):
            ours = head_by_hand(module.student, head_by_hand(module.outer, student[:, :, y, x]))
            theirs = head_by_hand(module.teacher, head_by_hand(module.outer, teacher[:, :, y, x]))
            targets = softmax((ours @ ours.T + theirs @ theirs.T) / 2)
            logits = ours @ theirs.T
            losses.append(cross_entropy(logits, 0.7 * targets + 0.3 / n) / 2)
            losses[-1] += cross_entropy(logits.T, 0.7 * targets.T + 0.3 / n) / 2
    return float(np.mean(losses))


def slope_by_hand(by_hand, student, direction, step=1e-5):
    """How fast a sum written out in double precision rises in a direction."""
    student, direction = student.detach().double().numpy(), direction.double().numpy()
    return (by_hand(student + step * direction) - by_hand(student - step * direction)) / (2 * step)


def slope(loss, student, direction):
    (gradient,) = torch.autograd.grad(loss, student)
    return float((gradient * direction).sum())


def parameters_without_gradient(module):
    return [
        name for name, value in module.named_parameters() if value.grad is None or float(value.grad.abs().sum()) == 0
    ]


def test_distillation_is_one_less_the_mean_cosine():
    student, teacher = draw(2, 5, 3, 4), draw(2, 5, 3, 4, seed=1)
    wanted = distillation_by_hand(student.double().numpy(), teacher.double().numpy())
    assert float(distillation(student, teacher)) == pytest.approx(wanted, abs=1e-6)


def test_distillation_at_its_ends():
    teacher = draw(2, 5, 3, 3)
    assert float(distillation(teacher * 3, teacher)) == pytest.approx(0, abs=1e-6)
    assert float(distillation(-teacher, teacher)) == pytest.approx(2, abs=1e-6)


def test_a_target_that_is_the_reference_enlarged_is_at_the_floor():
    teacher = draw(2, 5, 3, 3)
    student = teacher.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert float(distillation(pool_tokens(student, (3, 3)), teacher)) == pytest.approx(0, abs=1e-6)
    floor = msad(teacher, teacher, None, generator())
    assert float(msad(pool_tokens(student, (3, 3)), teacher, None, generator())) == pytest.approx(float(floor))
    # One token aside is another place.
    assert float(distillation(teacher.roll(1, dims=3), teacher)) > 0.5
    assert float(msad(teacher.roll(1, dims=3), teacher, None, generator())) > float(floor) + 1


def test_distillation_passes_its_gradient_to_the_student_alone():
    student, teacher, direction = draw(2, 5, 2, 2), draw(2, 5, 2, 2, seed=1), draw(2, 5, 2, 2, seed=2)
    student.requires_grad_()
    teacher.requires_grad_()
    loss = distillation(student, teacher)
    wanted = slope_by_hand(lambda x: distillation_by_hand(x, teacher.detach().double().numpy()), student, direction)
    assert abs(wanted) > 1e-3
    assert slope(loss, student, direction) == pytest.approx(wanted, rel=1e-3)
    distillation(student, teacher).backward()
    assert teacher.grad is None


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_msad_without_heads(temperature):
    student, teacher = draw(3, 6, 2, 2), draw(3, 6, 2, 2, seed=1)
    wanted = msad_by_hand(as_tokens(student.double().numpy()), as_tokens(teacher.double().numpy()), temperature)
    assert float(msad(student, teacher, None, generator(), temperature)) == pytest.approx(wanted, rel=1e-5)


def test_msad_through_heads():
    heads = seeded(lambda: Alignment(6, 16))
    student, teacher = draw(3, 6, 2, 2), draw(3, 6, 2, 2, seed=1)
    ours = head_by_hand(heads.student, as_tokens(student.double().numpy()))
    theirs = head_by_hand(heads.teacher, as_tokens(teacher.double().numpy()))
    found = msad(student, teacher, heads, generator()).detach()
    assert float(found) == pytest.approx(msad_by_hand(ours, theirs, 0.1), rel=1e-4)


def test_msad_draws_the_same_tokens_of_both_sides():
    teacher = draw(4, 6, 5, 5)
    # Of equal maps, what is drawn has the floor that its own targets set; mixed tokens would lie far above it.
    rows = as_tokens(teacher.double().numpy())[torch.randperm(100, generator=generator(3))[:20].numpy()]
    found = float(msad(teacher, teacher, None, generator(3), most=20))
    assert found == pytest.approx(msad_by_hand(rows, rows, 0.1), rel=1e-5)
    assert found != pytest.approx(float(msad(teacher, teacher, None, generator(4), most=20)), rel=1e-4)
    assert float(msad(teacher, teacher, None, generator(), most=100)) == pytest.approx(
        msad_by_hand(as_tokens(teacher.double().numpy()), as_tokens(teacher.double().numpy()), 0.1), rel=1e-5
    )


def test_msad_passes_its_gradient_to_the_student_alone():
    student, teacher, direction = draw(2, 5, 2, 2), draw(2, 5, 2, 2, seed=1), draw(2, 5, 2, 2, seed=2)
    student.requires_grad_()
    teacher.requires_grad_()
    rows = as_tokens(teacher.detach().double().numpy())
    wanted = slope_by_hand(lambda x: msad_by_hand(as_tokens(x), rows, 0.1), student, direction)
    assert abs(wanted) > 1e-2
    assert slope(msad(student, teacher, None, generator()), student, direction) == pytest.approx(wanted, rel=1e-3)
    msad(student, teacher, None, generator()).backward()
    assert teacher.grad is None


def test_msad_trains_the_stem_and_all_of_both_heads():
    stem, heads = seeded(lambda: nn.Conv2d(3, 6, 8, stride=8)), seeded(lambda: Alignment(6, 16))
    before = {name: value.detach().clone() for name, value in heads.named_parameters()}
    optimiser = torch.optim.SGD([*stem.parameters(), *heads.parameters()], lr=0.1)
    msad(stem(draw(3, 3, 16, 16)), draw(3, 6, 2, 2, seed=1), heads, generator()).backward()
    assert not parameters_without_gradient(stem)
    assert not parameters_without_gradient(heads)
    optimiser.step()
    assert all(not torch.equal(value, before[name]) for name, value in heads.named_parameters())


def test_targets_of_msad_are_the_teacher_s_opinion_not_a_path_for_its_head():
    """The head of the teacher must not make the task easy by blurring its own targets."""
    heads = seeded(lambda: Alignment(4, 8))
    student, teacher = draw(2, 4, 2, 2), draw(2, 4, 2, 2, seed=1)
    theirs = functional.normalize(heads.teacher(teacher.permute(0, 2, 3, 1).flatten(0, 2)), dim=1)
    ours = functional.normalize(heads.student(student.permute(0, 2, 3, 1).flatten(0, 2)), dim=1)
    fixed = (theirs @ theirs.T / 0.1).softmax(dim=1).detach()
    rows = functional.cross_entropy(theirs @ ours.T / 0.1, fixed)
    columns = functional.cross_entropy(ours @ theirs.T / 0.1, fixed.T / fixed.T.sum(dim=1, keepdim=True))
    wanted = torch.autograd.grad((rows + columns) / 2, list(heads.parameters()))
    found = torch.autograd.grad(msad(student, teacher, heads, generator()), list(heads.parameters()))
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-6)


@pytest.fixture
def published(monkeypatch):
    """The published form with fewer channels, without dropout, its outputs so short that targets are soft."""
    monkeypatch.setattr("mmearth.adaptation.adaptation_losses.PUBLISHED_WIDTH", 12)
    module = seeded(lambda: XStarsAlignment(6)).eval()
    for head in (module.student, module.teacher):
        head.norm.weight.data.mul_(0.6)
    return module


def test_x_stars_contrasts_each_position_across_the_batch(published):
    student, teacher = draw(4, 6, 2, 3), draw(4, 6, 2, 3, seed=1)
    wanted = x_stars_by_hand(published, student.double().numpy(), teacher.double().numpy())
    assert float(published(student, teacher).detach()) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("side", ["student", "teacher"])
@pytest.mark.parametrize("seed", [2, 3])
def test_x_stars_keeps_its_graph_through_logits_and_targets(published, side, seed):
    """The published code rebuilt the losses as a new tensor, which cut every gradient."""
    maps = {"student": draw(3, 6, 2, 2), "teacher": draw(3, 6, 2, 2, seed=1)}
    fixed = {name: value.double().numpy() for name, value in maps.items()}
    maps[side].requires_grad_()
    direction = draw(3, 6, 2, 2, seed=seed)
    wanted = slope_by_hand(lambda x: x_stars_by_hand(published, **{**fixed, side: x}), maps[side], direction)
    assert abs(wanted) > 1e-2
    assert slope(published(**maps), maps[side], direction) == pytest.approx(wanted, rel=1e-3)


def test_x_stars_trains_the_stem_and_all_of_its_heads(published):
    stem = seeded(lambda: nn.Conv2d(3, 6, 8, stride=8))
    published.train()(stem(draw(3, 3, 16, 16)), draw(3, 6, 2, 2, seed=1)).backward()
    assert not parameters_without_gradient(stem)
    assert not parameters_without_gradient(published)


def test_x_stars_has_the_published_sizes():
    module = XStarsAlignment(192)
    sizes = {name: sum(value.numel() for value in part.parameters()) for name, part in module.named_children()}
    # Linear 192 → 1024, linear 1024 → 1024, layer normalisation; twice 1024 → 1024 with the same behind it.
    assert sizes["outer"] == 192 * 1024 + 1024 + 1024 * 1024 + 1024 + 2 * 1024
    assert sizes["student"] + sizes["teacher"] == 2 * (2 * (1024 * 1024 + 1024) + 2 * 1024)
    rates = [layer.p for layer in module.modules() if isinstance(layer, nn.Dropout)]
    assert rates == [0.2, 0.2, 0.2]
    assert [layer.p for layer in Alignment(4).modules() if isinstance(layer, nn.Dropout)] == [0.0, 0.0]


def test_a_head_drops_only_its_residual_part():
    head = seeded(lambda: ProjectionHead(4, 8, dropout=1.0))
    rows = draw(3, 4)
    torch.testing.assert_close(head(rows), head.norm(head.first(rows)))


@pytest.mark.parametrize(("student", "teacher"), [((1, 6, 2, 2), (1, 6, 2, 2)), ((2, 6, 4, 4), (2, 6, 2, 2))])
def test_x_stars_refuses_what_it_cannot_contrast(published, student, teacher):
    with pytest.raises(ValueError, match="2 or more equal maps"):
        published(torch.zeros(student), torch.zeros(teacher))


def similarity_by_hand(vectors, classes):
    losses = []
    for i in range(len(vectors)):
        for j in range(i):
            alike, wanted = unit(vectors[i]) @ unit(vectors[j]), unit(classes[i]) @ unit(classes[j])
            chance = 1 / (1 + math.exp(-10 * (alike - 0.5)))
            losses.append(-wanted * math.log(chance) - (1 - wanted) * math.log(1 - chance))
    return float(np.mean(losses))


COVER = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1], [1, 1, 1]])


def test_soft_similarity_is_the_cross_entropy_of_every_pair_of_places():
    vectors = draw(5, 7)
    wanted = similarity_by_hand(vectors.double().numpy(), COVER.double().numpy())
    assert float(soft_similarity(vectors, COVER)) == pytest.approx(wanted, rel=1e-5)


def test_soft_similarity_passes_its_gradient():
    vectors, direction = draw(5, 7).requires_grad_(), draw(5, 7, seed=2)
    wanted = slope_by_hand(lambda x: similarity_by_hand(x, COVER.double().numpy()), vectors, direction)
    assert abs(wanted) > 1e-2
    assert slope(soft_similarity(vectors, COVER), vectors, direction) == pytest.approx(wanted, rel=1e-3)


def test_places_without_land_cover_are_left_out():
    vectors = draw(6, 7)
    cover = torch.cat([COVER[:2], torch.zeros(1, 3), COVER[2:]])
    kept = [0, 1, 3, 4, 5]
    assert float(soft_similarity(vectors, cover)) == pytest.approx(float(soft_similarity(vectors[kept], COVER)))
    nothing = soft_similarity(vectors.requires_grad_(), torch.zeros(6, 3))
    nothing.backward()
    assert float(nothing.detach()) == 0
    assert float(vectors.grad.abs().sum()) == 0


def ranks(values):
    return np.argsort(np.argsort(values))


def test_soft_similarity_orders_places_by_their_land_cover():
    """64 made-up places of 9 classes: how alike embeddings are comes to rise with how alike the classes are."""
    draws = generator(1)
    cover = (torch.rand(64, 9, generator=draws) < 0.3).float()
    images = cover @ torch.randn(9, 32, generator=draws) + torch.randn(64, 32, generator=draws)
    layer = seeded(lambda: nn.Linear(32, 16))
    first, second = np.triu_indices(64, 1)
    classes = functional.normalize(cover, dim=1)
    wanted = (classes @ classes.T).numpy()[first, second]

    def agreement():
        vectors = functional.normalize(layer(images), dim=1).detach()
        return float(np.corrcoef(ranks((vectors @ vectors.T).numpy()[first, second]), ranks(wanted))[0, 1])

    before = agreement()
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.01)
    for _ in range(60):
        optimiser.zero_grad()
        soft_similarity(layer(images), cover).backward()
        optimiser.step()
    assert agreement() > before + 0.2


@pytest.mark.parametrize("name", ["distillation", "msad", "x_stars", "soft_similarity"])
def test_losses_keep_full_precision_under_autocast(name, published):
    student, teacher = draw(5, 6, 2, 2), draw(5, 6, 2, 2, seed=1)
    heads = seeded(lambda: Alignment(6, 16))
    losses = {
        "distillation": lambda: distillation(student, teacher),
        "msad": lambda: msad(student, teacher, heads, generator()),
        "x_stars": lambda: published(student, teacher),
        "soft_similarity": lambda: soft_similarity(student.mean(dim=(2, 3)), COVER),
    }
    with torch.no_grad():
        wanted = losses[name]()
        with torch.autocast("cpu", torch.bfloat16):
            found = losses[name]()
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)
