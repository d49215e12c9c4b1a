"""Self-distillation against sums written out in NumPy: who is compared with whom, what learns and what only follows."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmearth.adaptation import self_distillation
from mmearth.adaptation.crop_views import blurred, cropped, draw_views, jittered, view_sides_px
from mmearth.adaptation.self_distillation import SelfDistillation, SelfDistillationHead, momentum
from mmearth.errors import Cancelled
from torch import nn

PATCH = 8


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed))


class Count:
    """A report that counts checks, and cancels at one of them."""

    def __init__(self, cancel_at=0):
        self.checks, self.cancel_at = 0, cancel_at

    def check(self):
        self.checks += 1
        if self.checks == self.cancel_at:
            raise Cancelled


class Tiny(nn.Module):
    """One convolution, as an encoder with a single stage."""

    patch_size = PATCH

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, PATCH, stride=PATCH)
        with torch.no_grad():
            self.conv.weight.copy_(draw(5, 3, PATCH, PATCH, seed=7) * 0.1)
            self.conv.bias.zero_()

    def forward(self, images):
        return [self.conv(images)]


def embed(encoder, images):
    return encoder(images)[-1].mean((2, 3))


@pytest.fixture(autouse=True)
def _small_head(monkeypatch):
    for name, size in (("HIDDEN", 16), ("BOTTLENECK", 6), ("PROTOTYPES", 9)):
        monkeypatch.setattr(self_distillation, name, size)


def made(held_steps=0, seed=0):
    student = Tiny()
    return student, SelfDistillation(student, embed, 5, held_steps, generator(seed))


IMAGES = draw(4, 3, 48, 48, seed=3)


def head_by_hand(head, rows):
    """Three layers, length 1, cosines with the prototypes."""
    weights = {name: value.detach().double().numpy() for name, value in head.named_parameters()}
    for number in (0, 2, 4):
        rows = rows @ weights[f"layers.{number}.weight"].T + weights[f"layers.{number}.bias"]
        if number < 4:
            rows = np.vectorize(lambda value: value * 0.5 * (1 + math.erf(value / math.sqrt(2))))(rows)
    unit = [values / np.linalg.norm(values, axis=1, keepdims=True) for values in (rows, weights["prototypes"])]
    return unit[0] @ unit[1].T


def softmax(rows):
    parts = np.exp(rows - rows.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)


def embedding_by_hand(student, images):
    kernel = student.conv.weight.detach().double().numpy()
    n, bands, side, _ = images.shape
    cells = images.double().numpy().reshape(n, bands, side // PATCH, PATCH, side // PATCH, PATCH)
    return np.einsum("nbypxq,cbpq->nc", cells, kernel) / (side // PATCH) ** 2


def loss_by_hand(student, teacher_head, student_head, views, centre):
    """Every view of the student with both of the teacher, but no view with itself."""
    targets = [softmax((head_by_hand(teacher_head, embedding_by_hand(student, view)) - centre) / 0.04)
               for view in views[:2]]  # fmt: skip
    losses = []
    for own, view in enumerate(views):
        said = softmax(head_by_hand(student_head, embedding_by_hand(student, view)) / 0.1)
        for other in (0, 1):
            if other != own:
                losses += [-float(np.sum(t * np.log(s))) for t, s in zip(targets[other], said, strict=True)]
    assert len(losses) == 18 * len(views[0])
    return float(np.mean(losses))


def test_the_loss_is_the_cross_entropy_of_every_two_different_views():
    student, term = made()
    with torch.no_grad():  # the two heads are to differ, and the centre is to have a say
        term.head.prototypes.copy_(draw(9, 6, seed=11))
    term.centre = draw(9, seed=5) * 0.1
    fresh = generator()
    teacher_head = SelfDistillationHead(5, fresh)  # draws what the term drew, and leaves its generator where it was
    views = draw_views(IMAGES, PATCH, fresh)
    wanted = loss_by_hand(student, teacher_head, term.head, views, term.centre.double().numpy())
    assert float(term.backward(IMAGES, 1.0, Count())) == pytest.approx(wanted, rel=1e-4)
    assert wanted != pytest.approx(math.log(9), rel=1e-3)


def test_the_gradient_reaches_the_first_convolution_as_large_as_it_is():
    """Against a difference of the sum: a graph that is cut anywhere fails."""
    student, term = made()
    direction, step = draw(*student.conv.weight.shape, seed=4), 1e-5
    fresh = generator()
    head = SelfDistillationHead(5, fresh)
    views = draw_views(IMAGES, PATCH, fresh)
    base = student.conv.weight.detach().double().numpy()
    targets = [softmax(head_by_hand(head, embedding_by_hand(student, view)) / 0.04) for view in views[:2]]

    def moved(size):
        shifted = SimpleNamespace(conv=SimpleNamespace(weight=torch.from_numpy(base + size * direction.numpy())))
        found = []
        for own, view in enumerate(views):
            said = softmax(head_by_hand(head, embedding_by_hand(shifted, view)) / 0.1)
            found += [-np.sum(targets[i] * np.log(said), axis=1).mean() for i in (0, 1) if i != own]
        return np.mean(found)

    wanted = 0.5 * (moved(step) - moved(-step)) / (2 * step)
    term.backward(IMAGES, 0.5, Count())
    assert abs(wanted) > 1e-3
    assert float((student.conv.weight.grad * direction).sum()) == pytest.approx(wanted, rel=1e-2)
    assert all(parameter.grad is not None for parameter in term.head.parameters())


def test_the_teacher_gets_no_gradient_and_follows_the_student():
    student, term = made()
    start = student.conv.weight.detach().clone()
    term.backward(IMAGES, 1.0, Count())
    slow = [*term._teacher.parameters(), *term._teacher_head.parameters()]
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in slow)
    with torch.no_grad():
        student.conv.weight.add_(1.0)
        term.head.prototypes.mul_(3.0)
    before = term._teacher_head.prototypes.clone()
    term.follow(0.5)  # in the middle of the training it keeps .998
    torch.testing.assert_close(term._teacher.conv.weight, start + 0.002, rtol=0, atol=1e-6)
    torch.testing.assert_close(term._teacher_head.prototypes, before * (0.998 + 0.002 * 3), rtol=1e-5, atol=1e-6)


def test_the_teacher_keeps_more_and_more():
    assert momentum(0) == pytest.approx(0.996)
    assert momentum(0.25) == pytest.approx(1 - 0.004 * (1 + math.sqrt(0.5)) / 2)
    assert momentum(1) == pytest.approx(1)


def test_prototypes_are_held_in_the_first_steps_alone():
    student, term = made(held_steps=2)
    optimiser = torch.optim.AdamW([*student.parameters(), *term.head.parameters()], lr=0.01)
    changes = []
    for _ in range(4):
        prototypes, layer = term.head.prototypes.detach().clone(), term.head.layers[0].weight.detach().clone()
        optimiser.zero_grad()
        term.backward(IMAGES, 1.0, Count())
        term.hold_prototypes()
        optimiser.step()
        term.follow(0.1)
        changes.append(not torch.equal(prototypes, term.head.prototypes))
        assert not torch.equal(layer, term.head.layers[0].weight)
    assert changes == [False, False, True, True]


def test_the_centre_moves_a_tenth_of_the_way_to_what_the_teacher_says():
    student, term = made()
    term.centre = draw(9, seed=5)
    fresh = generator()
    head = SelfDistillationHead(5, fresh)
    said = [head_by_hand(head, embedding_by_hand(student, view)) for view in draw_views(IMAGES, PATCH, fresh)[:2]]
    wanted = 0.9 * term.centre.double().numpy() + 0.1 * np.concatenate(said).mean(axis=0)
    term.backward(IMAGES, 1.0, Count())
    np.testing.assert_allclose(term.centre.numpy(), wanted, rtol=1e-4, atol=1e-6)


def test_restarting_copies_the_student():
    student, term = made()
    with torch.no_grad():
        student.conv.weight.add_(1.0)
    term.restart()
    assert torch.equal(term._teacher.conv.weight, student.conv.weight)
    assert term._teacher.conv.weight is not student.conv.weight


def test_one_generator_decides_everything():
    values = []
    for seed in (1, 1, 2):
        torch.rand(seed)  # the global generator has no part
        _, term = made(seed=seed)
        values.append(float(term.backward(IMAGES, 1.0, Count())))
    assert values[0] == values[1] != values[2]


def test_cancelling_does_not_wait_for_all_views():
    _, term = made()
    report = Count()
    term.backward(IMAGES, 1.0, report)
    assert report.checks == 13  # before drawing, for two views of the teacher and ten of the student
    student, term = made()
    with pytest.raises(Cancelled):
        term.backward(IMAGES, 1.0, Count(cancel_at=5))
    assert student.conv.weight.grad is not None


@pytest.mark.parametrize(
    ("side_px", "patch", "wanted"),
    [
        (224, 16, (224, 96)),
        (256, 8, (112, 48)),
        (48, 8, (48, 24)),
        (50, 8, (48, 24)),
        (24, 8, (24, 16)),
        (8, 8, (8, 8)),
    ],
)
def test_views_are_multiples_of_the_patch(side_px, patch, wanted):
    assert view_sides_px(side_px, patch) == wanted


def test_views_of_large_images_are_of_one_part():
    images = torch.arange(160.0)[None, None, None].expand(3, 1, 160, 160).contiguous()
    views = draw_views(images, PATCH, generator())
    assert [view.shape[-1] for view in views] == [112] * 2 + [48] * 8
    assert all(torch.isfinite(view).all() for view in views)


def test_a_crop_is_a_square_of_the_image_turned_or_mirrored():
    """The whole of an image in every position that a square has, and never anything else."""
    image = torch.arange(9.0).view(1, 3, 3)
    found = {tuple(part.flatten().tolist()) for part in cropped([image] * 200, 3, (1.0, 1.0), generator())}
    turned = [np.rot90(image[0].numpy(), turns) for turns in range(4)]
    wanted = {tuple(part.ravel().tolist()) for part in [*turned, *(part[:, ::-1] for part in turned)]}
    assert found == wanted


def test_a_crop_covers_the_share_that_was_asked_for():
    ramp = torch.arange(64.0).expand(1, 64, 64)
    crops = cropped([ramp] * 50, 32, (0.25, 0.25), generator())
    # Half the side at twice the scale: from pixel to pixel the ramp rises by 1, along rows or columns.
    rises = torch.stack([crops[:, 0].diff(dim=axis).abs().amax((1, 2)) for axis in (1, 2)])
    torch.testing.assert_close(rises.amax(0), torch.ones(50))
    starts = crops[:, 0].amin((1, 2))
    assert starts.min() < 5
    assert starts.max() > 27


def test_jitter_is_an_affine_change_of_each_band():
    images = draw(200, 2, 4, 4)
    changed = jittered(images, generator())
    x, y = (part.double().numpy().reshape(400, 16) for part in (images, changed))
    slopes, offsets = np.array([np.polyfit(a, b, 1) for a, b in zip(x, y, strict=True)]).T
    np.testing.assert_allclose(y, slopes[:, None] * x + offsets[:, None], atol=1e-5)
    slopes, offsets = slopes.reshape(200, 2), offsets.reshape(200, 2)
    assert 0.3 < np.abs(slopes - 1).max() <= 0.5 + 1e-5
    assert 0.3 < np.abs(offsets).max() <= 0.5 + 1e-5
    assert 0.05 < np.abs(slopes[:, 0] - slopes[:, 1]).max() <= 0.2 + 1e-5  # bands stay close to each other
    untouched = (np.abs(slopes - 1).max(axis=1) < 1e-5) & (np.abs(offsets).max(axis=1) < 1e-5)
    assert 0.1 < untouched.mean() < 0.3


def test_blur_keeps_the_mean_of_flat_ground_and_the_order_of_bands():
    flat = torch.tensor([1.0, -2.0])[None, :, None, None].expand(3, 2, 24, 24).contiguous()
    torch.testing.assert_close(blurred(flat, PATCH, 1.0, generator()), flat)
    spot = torch.zeros(40, 1, 25, 25)
    spot[:, :, 12, 12] = 1
    found = blurred(spot, 16, 0.5, generator())[:, 0]
    offsets = np.arange(-12, 13)
    variances = (found.sum(1).double().numpy() * offsets**2).sum(axis=1)  # of a Gaussian: its radius squared
    assert 0.2 < (variances < 1e-6).mean() < 0.8
    assert 1.5 < np.sqrt(variances.max()) <= 2.0
    torch.testing.assert_close(found.sum((1, 2)), torch.ones(40))
