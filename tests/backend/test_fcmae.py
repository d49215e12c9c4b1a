"""The masked autoencoder: what is hidden stays hidden, and the loss is what it says."""

import math

import pytest
import torch
from mmearth.models.convnextv2 import Encoder
from mmearth.models.fcmae import FCMAE, patchify, random_mask, reconstruction_loss
from torch.nn import functional

DEPTHS, DIMS = (1, 1, 1, 1), (8, 16, 24, 32)


@pytest.fixture
def model():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = FCMAE(Encoder(3, DEPTHS, DIMS), bands=3, width=32, decoder_dim=16)
        for parameter in model.parameters():
            parameter.data.add_(torch.randn_like(parameter) * 0.2)
    return model


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 3, 56, 56, generator=generator), random_mask(2, 7, 0.75, generator)


def upsample(mask, factor):
    return mask.view(-1, 7, 7).repeat_interleave(factor, 1).repeat_interleave(factor, 2)[:, None]


def test_patchify_lists_patches_by_rows_with_channels_fastest():
    images = torch.arange(2 * 4 * 4).view(1, 2, 4, 4)
    patches = patchify(images, 2)
    assert patches.shape == (1, 4, 8)
    assert patches[0, 1].tolist() == [2, 18, 3, 19, 6, 22, 7, 23]  # top right patch


def test_random_mask_keeps_the_same_number_everywhere_and_follows_the_seed():
    first = random_mask(8, 7, 0.75, torch.Generator().manual_seed(3))
    again = random_mask(8, 7, 0.75, torch.Generator().manual_seed(3))
    assert torch.equal(first, again)
    assert first.sum(dim=1).tolist() == [37] * 8  # int(49 · 0.25) = 12 stay
    assert not torch.equal(first[0], first[1])
    assert random_mask(1, 7, 0.6, torch.Generator().manual_seed(0)).sum() == 30  # the published setting


def test_removed_pixels_do_not_change_visible_features(model, batch):
    images, mask = batch
    keep = (mask == 0).view(2, 7, 7)
    other = images + 100 * upsample(mask, 8)
    for a, b in zip(model.encoder(images, keep=keep), model.encoder(other, keep=keep), strict=True):
        assert torch.equal(a, b)
        assert float(a.detach().abs().max()) > 0


def test_visible_pixels_change_features(model, batch):
    images, mask = batch
    keep = (mask == 0).view(2, 7, 7)
    other = images + 0.5 * (1 - upsample(mask, 8))
    assert not torch.allclose(model.encoder(images, keep=keep)[3], model.encoder(other, keep=keep)[3])


def test_packed_pixels_equal_a_dense_network_masked_after_every_operation(model, batch):
    images, mask = batch
    encoder = model.encoder
    visible = [1 - upsample(mask, 8 // 2**stage) for stage in range(4)]

    def norm(x, layer):
        pixels = functional.layer_norm(x.permute(0, 2, 3, 1), layer.normalized_shape, layer.weight, layer.bias, 1e-6)
        return pixels.permute(0, 3, 1, 2)

    x = encoder.initial_conv[0](images * visible[0]) * visible[0]
    x = functional.gelu(norm(x, encoder.initial_conv[1]) * visible[0])
    x = norm(encoder.stem[0](x) * visible[0], encoder.stem[1]) * visible[0]
    for stage in range(4):
        m = visible[stage]
        if stage:
            down = encoder.downsample_layers[stage - 1]
            x = down[1](norm(x, down[0]) * visible[stage - 1]) * m
        for block in encoder.stages[stage]:
            h = norm(block.dwconv(x) * m, block.norm) * m
            h = functional.gelu(block.pwconv1(h.permute(0, 2, 3, 1)) * m.permute(0, 2, 3, 1))
            energy = h.square().sum(dim=(1, 2), keepdim=True).sqrt()
            h = block.grn.gamma * h * energy / (energy.mean(-1, keepdim=True) + 1e-6) + block.grn.beta + h
            x = (x + block.pwconv2(h).permute(0, 3, 1, 2)) * m
        found = encoder(images, keep=(mask == 0).view(2, 7, 7))[stage]
        assert float((found - x).detach().abs().max() / x.detach().abs().max()) < 1e-5


def test_grn_of_a_sample_does_not_depend_on_the_batch(model, batch):
    images, mask = batch
    together = model(images, mask)[:1]
    alone = model(images[:1], mask[:1])
    assert torch.allclose(together, alone, atol=1e-4)


def test_prediction_has_a_value_for_every_pixel_and_band(model, batch):
    assert model(*batch).shape == (2, 49, 8 * 8 * 3)


def test_loss_is_the_hand_computed_one():
    # One sample, two patches of 2 × 2 with one band; the second is removed and holds 1, 3, 5, 7.
    images = torch.tensor([[[[9.0, 9.0, 1.0, 3.0], [9.0, 9.0, 5.0, 7.0]]]])
    valid = torch.ones_like(images, dtype=torch.bool)
    predicted = torch.zeros(1, 2, 4)
    deviation = math.sqrt(20 / 3)  # unbiased: (9 + 1 + 1 + 9) / 3
    wanted = (3**2 + 1 + 1 + 3**2) / 4 / deviation**2
    loss = reconstruction_loss(predicted, images, valid, torch.tensor([[0.0, 1.0]]), 2)
    assert float(loss) == pytest.approx(wanted, rel=1e-5)


def test_loss_ignores_visible_patches_absent_bands_and_nodata():
    images = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    valid = torch.ones(1, 2, 4, 4, dtype=torch.bool)
    valid[:, 1] = False  # absent band
    valid[0, 0, 0, 0] = False  # nodata pixel of the first patch
    mask = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    predicted = torch.zeros(1, 4, 8)
    wanted = reconstruction_loss(predicted, images, valid, mask, 2)
    spoiled = predicted.clone()
    spoiled[:, [1, 3]] = 100  # visible patches
    spoiled[:, :, 1::2] = 100  # second band
    spoiled[0, 0, 0] = 100  # the nodata pixel
    other = images.clone()
    other[:, 1] = 50
    other[0, 0, 0, 0] = -50
    assert float(reconstruction_loss(spoiled, other, valid, mask, 2)) == pytest.approx(float(wanted), rel=1e-6)


def test_loss_of_a_batch_without_any_valid_value_is_zero():
    images = torch.zeros(1, 1, 4, 4)
    nothing = torch.zeros_like(images, dtype=torch.bool)
    assert float(reconstruction_loss(torch.ones(1, 4, 4), images, nothing, torch.ones(1, 4), 2)) == 0
