"""Dense pretext tasks: blank blocks, whitened targets, losses over what there is."""

import math

import pytest
import tiny_training
import torch
from mmearth.models.convnextv2 import Encoder
from mmearth.models.dense_pretext import CLIP, DensePretext, blank_blocks, whitening
from mmearth.pretraining.tasks import Task

NAN = math.nan
TASKS = (Task("sentinel2", "map", 3), Task("land", "class_map", 4), Task("month", "vector", 2))


def mixed(n=4, side=56):
    """Bands that go together, of unequal spread."""
    raw = torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(0))
    turn = torch.tensor([[2.0, 0.0, 0.0], [1.5, 0.5, 0.0], [0.0, 0.3, 1.0]])
    return torch.einsum("ij,njhw->nihw", turn, raw) + torch.tensor([1.0, -2.0, 3.0])[:, None, None]


def make(images, tasks=TASKS):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = Encoder(3, *tiny_training.SIZE)
        return encoder, DensePretext(encoder, tasks, *whitening(images))


def test_blocks_are_blank_in_squares_of_four_and_in_shares_that_differ():
    blocks = blank_blocks(400, 56, torch.Generator().manual_seed(0))
    assert blocks.shape == (400, 1, 56, 56)
    assert set(blocks.unique().tolist()) == {0.0, 1.0}
    corners = blocks[..., ::4, ::4]
    assert torch.equal(corners.repeat_interleave(4, 2).repeat_interleave(4, 3), blocks)
    blank = 1 - corners.mean(dim=(1, 2, 3))
    assert float(blank.mean()) == pytest.approx(0.25, abs=0.02)
    assert float(blank.min()) < 0.05
    assert 0.45 < float(blank.max()) < 0.65
    assert torch.equal(blocks, blank_blocks(400, 56, torch.Generator().manual_seed(0)))


def test_whitened_bands_have_no_correlation_and_stay_close_to_themselves():
    images = mixed()
    mean, matrix = whitening(images)
    white = torch.einsum("ij,njhw->nihw", matrix, images - mean[:, None, None])
    covariance = torch.cov(white.permute(1, 0, 2, 3).flatten(1))
    assert torch.allclose(covariance, torch.eye(3), atol=0.15)  # the floor keeps the smallest axis below 1
    assert torch.allclose(mean, images.mean(dim=(0, 2, 3)), atol=1e-4)
    assert torch.allclose(matrix, matrix.T, atol=1e-6)  # turned no more than needed


def test_bands_that_no_pixel_has_are_left_out():
    images = mixed()
    two = whitening(images[:, [0, 2]])
    images[:, 1] = NAN
    images[0, 0, :10] = NAN  # these pixels have no part
    mean, matrix = whitening(images)
    assert (mean[1], matrix[1].abs().sum(), matrix[:, 1].abs().sum()) == (0, 0, 0)
    assert torch.allclose(matrix[[0, 2]][:, [0, 2]], two[1], rtol=0.1, atol=0.05)


def test_without_any_pixel_nothing_is_whitened():
    mean, matrix = whitening(torch.full((2, 3, 8, 8), NAN))
    assert (mean.abs().sum(), matrix.abs().sum()) == (0, 0)


def test_maps_are_predicted_from_the_first_two_stages_alone():
    images = mixed()
    encoder, dense = make(images)
    predicted = dense(encoder, images)
    assert [{name: tuple(maps.shape) for name, maps in stage.items()} for stage in predicted] == [
        {"sentinel2": (4, 6, 56, 56), "land": (4, 4, 56, 56)},
        {"sentinel2": (4, 6, 28, 28), "land": (4, 4, 28, 28)},
    ]


def test_losses_are_the_hand_computed_ones():
    images = mixed()
    encoder, dense = make(images)
    predicted = [{name: torch.zeros_like(maps) for name, maps in stage.items()} for stage in dense(encoder, images)]
    labels = torch.randint(0, 4, (4, 56, 56), generator=torch.Generator().manual_seed(1))
    labels[:, :20] = -1
    losses = dense.losses(predicted, {"sentinel2": images, "land": labels})

    def smooth(values):
        size = values.abs()
        return torch.where(size < 1, size.square() / 2, size - 0.5)

    white = torch.einsum("ij,njhw->nihw", dense.matrix, images - dense.mean[:, None, None]).clamp(-CLIP, CLIP)
    wanted = torch.cat([images, white], dim=1)
    coarse = wanted.reshape(4, 6, 28, 2, 28, 2).mean(dim=(3, 5))
    assert float(losses["sentinel2"].detach()) == pytest.approx(
        float(smooth(wanted).mean() + smooth(coarse).mean()), rel=1e-4
    )
    assert float(losses["land"].detach()) == pytest.approx(math.log(4), rel=1e-5)
    assert set(losses) == {"sentinel2", "land"}


def test_missing_pixels_have_no_part():
    images = mixed()
    encoder, dense = make(images)
    predicted = [{name: maps.detach() for name, maps in stage.items()} for stage in dense(encoder, images)]
    holes = images.clone()
    holes[:, :, :20] = NAN
    other = [{name: maps.clone() for name, maps in stage.items()} for stage in predicted]
    for stage, side in zip(other, (1, 2), strict=True):
        stage["sentinel2"][:, :, slice(0, 20 // side)] = 50
    targets = {"sentinel2": holes, "land": torch.zeros(4, 56, 56, dtype=torch.int64)}
    wanted, found = dense.losses(predicted, targets), dense.losses(other, targets)
    assert torch.equal(found["sentinel2"], wanted["sentinel2"])
    assert float(wanted["sentinel2"]) > 0


def test_samples_without_any_value_cost_nothing_and_move_nothing():
    images = mixed()
    encoder, dense = make(images)
    nothing = {"sentinel2": torch.full_like(images, NAN), "land": torch.full((4, 56, 56), -1)}
    losses = dense.losses(dense(encoder, images), nothing)
    total = sum(losses.values())
    assert float(total.detach()) == 0
    total.backward()
    gradients = [parameter.grad for parameter in dense.parameters()]
    assert all(float(gradient.abs().sum()) == 0 for gradient in gradients)
