"""The encoder on visible patches: removed ones have no part, and the packed way equals the plain one."""

import pytest
import tiny_training
import torch
from mmearth.models.convnextv2 import Encoder
from mmearth.models.fcmae import random_mask
from mmearth.models.masked_encoder import encode_masked_dense, encode_packed
from torch.nn import functional


def make_encoder(patch_size=8):
    """An encoder whose every parameter matters, in float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = Encoder(3, *tiny_training.SIZE, patch_size).double()
        for parameter in encoder.parameters():
            parameter.data.add_(torch.randn_like(parameter) * 0.2)
    return encoder


@pytest.fixture
def float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def images(n=2, side=56, seed=1):
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def visible(n=2, ratio=0.6, grid=7):
    return random_mask(n, grid * grid, ratio, torch.Generator().manual_seed(2)).view(n, grid, grid) == 0


def upsample(keep, factor):
    return keep.repeat_interleave(factor, 1).repeat_interleave(factor, 2)[:, None].double()


def relative(found, wanted):
    return float((found - wanted).detach().abs().max() / wanted.detach().abs().max())


def last(encode, *arguments):
    """The last stage, whichever way is taken."""
    found = encode(*arguments)
    return found[3] if isinstance(found, list) else found


def by_definition(encoder, inputs, keep, weights=None):
    """Convolutions over zeros at removed cells, everything else cell by cell, written from the definition."""
    patch = encoder.patch_size
    weights = upsample(keep, patch) if weights is None else weights

    def norm(x, layer):
        x = x.permute(0, 2, 3, 1)
        x = (x - x.mean(-1, keepdim=True)) / (x.var(-1, correction=0, keepdim=True) + 1e-6).sqrt()
        return (x * layer.weight + layer.bias).permute(0, 3, 1, 2)

    x = functional.conv2d(inputs * weights, encoder.initial_conv[0].weight, encoder.initial_conv[0].bias, padding=1)
    x = functional.gelu(norm(x, encoder.initial_conv[1])) * weights
    side = patch // 8
    stem = encoder.stem[0]
    x = norm(functional.conv2d(x, stem.weight, stem.bias, stride=side, groups=len(stem.weight)), encoder.stem[1])
    weights = functional.max_pool2d(weights, side)
    x = x * weights
    features = []
    for stage, blocks in enumerate(encoder.stages):
        if stage:
            layer, down = encoder.downsample_layers[stage - 1]
            x = functional.conv2d(norm(x, layer) * weights, down.weight, down.bias, stride=2)
            weights = functional.max_pool2d(weights, 2)
            x = x * weights
        for block in blocks:
            h = functional.conv2d(x, block.dwconv.weight, block.dwconv.bias, padding=3, groups=x.shape[1])
            h = functional.gelu(block.pwconv1(norm(h, block.norm).permute(0, 2, 3, 1)))
            h = h * weights.permute(0, 2, 3, 1)
            energy = h.square().sum(dim=(1, 2), keepdim=True).sqrt()
            h = block.grn.gamma * h * energy / (energy.mean(-1, keepdim=True) + 1e-6) + block.grn.beta + h
            x = x + block.pwconv2(h).permute(0, 3, 1, 2) * weights
        features.append(x)
    return features


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("patch_size", "side"), [(8, 56), (16, 112), (32, 96)])
def test_both_ways_are_the_definition(patch_size, side):
    encoder, inputs, keep = make_encoder(patch_size), images(side=side), visible(grid=side // patch_size)
    wanted = by_definition(encoder, inputs, keep)
    for found, maps in zip(encode_masked_dense(encoder, inputs, keep), wanted, strict=True):
        assert relative(found, maps) < 1e-10
    assert relative(encode_packed(encoder, inputs, keep), wanted[3]) < 1e-10


@pytest.mark.usefixtures("float64")
def test_gradients_of_both_ways_are_equal():
    gradients = []
    for encode in (encode_masked_dense, encode_packed):
        encoder, inputs = make_encoder(), images().requires_grad_()
        last(encode, encoder, inputs, visible()).square().sum().backward()
        gradients.append([inputs.grad, *(parameter.grad for parameter in encoder.parameters())])
    for packed, plain in zip(gradients[1], gradients[0], strict=True):
        assert relative(packed, plain) < 1e-9
    assert (gradients[1][0] * (1 - upsample(visible(), 8))).abs().max() == 0  # nothing flows to removed pixels
    assert gradients[1][0].abs().max() > 0


@pytest.mark.usefixtures("float64")
def test_pixels_that_are_not_valid_are_absent():
    encoder, inputs, keep = make_encoder(16), images(side=112), visible()
    valid = torch.rand(2, 112, 112, generator=torch.Generator().manual_seed(3)) > 0.3
    valid[0, :40] = False  # whole visible patches without a pixel
    weights = upsample(keep, 16) * valid[:, None]
    wanted = by_definition(encoder, inputs, keep, weights)
    assert relative(encode_masked_dense(encoder, inputs, keep, valid)[3], wanted[3]) < 1e-10
    assert relative(encode_packed(encoder, inputs, keep, valid), wanted[3]) < 1e-10


@pytest.mark.usefixtures("float64")
def test_samples_may_differ_in_their_number_of_visible_patches():
    encoder, inputs = make_encoder(), images(3)
    keep = torch.zeros(3, 7, 7, dtype=torch.bool)
    keep[0, 0, 0] = keep[1, 2:5] = True
    keep[2] = True
    found = encode_packed(encoder, inputs, keep)
    for sample in range(3):
        one = slice(sample, sample + 1)
        alone = encode_packed(encoder, inputs[one], keep[one])
        assert relative(found[one], alone) < 1e-10
    assert relative(found, by_definition(encoder, inputs, keep)[3]) < 1e-10


@pytest.mark.parametrize("encode", [encode_masked_dense, encode_packed])
def test_removed_pixels_change_nothing_and_visible_ones_do(encode):
    encoder, inputs, keep = make_encoder().float(), images().float(), visible()
    shown = upsample(keep, 8).float()
    wanted = last(encode, encoder, inputs, keep)
    assert torch.equal(last(encode, encoder, inputs + 100 * (1 - shown), keep), wanted)
    assert not torch.allclose(last(encode, encoder, inputs + 0.5 * shown, keep), wanted)
    removed = ~keep[:, None].expand_as(wanted)
    assert wanted[removed].abs().max() == 0
    assert wanted[~removed].abs().min() > 0


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("patch_size", [8, 16])
def test_with_every_patch_visible_it_is_the_dense_encoder(patch_size):
    encoder, inputs = make_encoder(patch_size), images(side=7 * patch_size)
    everything = torch.ones(2, 7, 7, dtype=torch.bool)
    dense = encoder(inputs)
    for found, wanted in zip(encode_masked_dense(encoder, inputs, everything), dense, strict=True):
        assert relative(found, wanted) < 1e-10
    assert relative(encode_packed(encoder, inputs, everything), dense[3]) < 1e-10


@pytest.mark.usefixtures("float64")
def test_without_gradients_the_features_are_the_same():
    encoder, inputs, keep = make_encoder(), images(), visible()
    wanted = encode_masked_dense(encoder, inputs, keep)
    with torch.no_grad():
        found = encode_masked_dense(encoder, inputs, keep)
    for a, b in zip(found, wanted, strict=True):
        assert relative(a, b) < 1e-12
