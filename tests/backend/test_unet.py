"""The segmentation network: sizes, skips, refusals, equal results without gradients, and that all of it learns."""

import pytest
import torch
from mmearth.models.convnextv2 import Encoder
from mmearth.models.unet import UNet, Upsample

DEPTHS, DIMS = (1, 1, 2, 1), (8, 16, 24, 32)


def network_of(patch):
    torch.manual_seed(0)
    return UNet(Encoder(3, DEPTHS, DIMS, patch), 5)


@pytest.mark.parametrize("patch", [8, 16, 32])
def test_logits_have_the_pixels_of_the_input(patch):
    network = network_of(patch)
    assert network(torch.randn(2, 3, patch, 3 * patch)).shape == (2, 5, patch, 3 * patch)


@pytest.mark.parametrize("patch", [8, 16])
def test_skips_come_from_coarse_to_fine(patch):
    deepest, skips = network_of(patch).encode(torch.randn(1, 3, 64, 32))
    assert deepest.shape == (1, 32, 64 // patch, 32 // patch)
    factors = (patch // 2, patch // 4, patch // 8, 1)
    assert [skip.shape[1:] for skip in skips] == [
        (channels, 64 // factor, 32 // factor) for channels, factor in zip((24, 16, 8, 8), factors, strict=True)
    ]


@pytest.mark.parametrize(("h", "w"), [(56, 64), (64, 56), (8, 8)])
def test_other_sides_are_refused_with_the_remedy(h, w):
    wanted = rf"{h} rows and {w} columns; .* multiples of 16\. Pad them to {-(-h // 16) * 16} × {-(-w // 16) * 16}"
    with pytest.raises(ValueError, match=wanted):
        network_of(16)(torch.randn(1, 3, h, w))


def test_no_gradients_same_logits():
    # Without gradients normalisation works in place: a skip that it overwrites would show here.
    network, images = network_of(8), torch.randn(2, 3, 32, 32)
    torch.nn.init.normal_(network.head.weight)
    for layout in (torch.contiguous_format, torch.channels_last):
        given = images.to(memory_format=layout, copy=True)
        wanted = network(given).detach()
        with torch.no_grad():
            found = network(given)
        assert (found - wanted).abs().max() < 1e-5 * wanted.abs().max()
        assert torch.equal(given, images)


def test_upsampling_repeats_each_pixel():
    layer = Upsample(1, 2, 2)
    seen = []
    layer.conv.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    layer(torch.tensor([[[[1.0, 2.0]]]]))
    assert seen[0].tolist() == [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]


def test_decoder_starts_as_published_and_head_next_to_zero():
    network = network_of(8)
    kernels = torch.cat([layer.conv.weight.flatten() for layer in network.upsample_layers])
    assert kernels.std().item() == pytest.approx(0.02, rel=0.03)
    assert not any(layer.conv.bias.any() for layer in network.upsample_layers)
    assert network.head.weight.abs().max() < 1e-3


def test_every_parameter_and_every_pixel_has_a_part_in_the_logits():
    network, images = network_of(16), torch.randn(1, 3, 32, 32).requires_grad_()
    torch.nn.init.normal_(network.head.weight)
    network(images).square().mean().backward()
    assert images.grad.abs().amax(dim=1).min() > 0
    still = [name for name, parameter in network.named_parameters() if not parameter.grad.any()]
    assert not still


def test_neighbouring_pixels_of_a_patch_get_logits_of_their_own():
    network = network_of(16)
    torch.nn.init.normal_(network.head.weight)
    with torch.no_grad():
        logits = network(torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)))
    # Only the skip of the 3×3 convolution has single pixels at this patch size; without it pairs would be alike.
    assert (logits[..., 1::2] - logits[..., ::2]).abs().mean() > 0.3 * logits.std()
