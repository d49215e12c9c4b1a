"""How the networks of `tuned_networks` run in training: the same values in fewer operations, gradients well laid out.

Stages that are not trained run without gradients, in chunks. Frozen GRN is part of the linear layer behind it. Knows
nothing of labels or losses.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.convnextv2 import Block, Encoder, GlobalResponseNorm
from mmearth.models.tuned_networks import ProbeNet, RegionClassifier
from mmearth.models.unet import UNet, Upsample
from mmearth.models.upsampling import doubled_convolution

FEW_CHANNELS = 64  # up to which `normalise` goes through float32
FEWEST_COLS = 16  # of a map, below which `doubled_convolution` does not pay


class PixelGradients(torch.autograd.Function):
    """Leaves a map as it is, and its gradient contiguous pixel by pixel.

    Gradients that come out of a concatenation or a permutation are strided; GELU takes 30 instead of 2 ms for them
    (8 × 40 × 64 × 64, one AVX512 core).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ARG004 - torch's signature
        """Takes and returns (N, C, H, W)."""
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004 - torch's signature
        """Takes and returns (N, C, H, W)."""
        return gradient.contiguous(memory_format=torch.channels_last)


class DepthwiseConvolution(torch.autograd.Function):
    """A depthwise convolution that keeps the size, with the layouts in which its three parts are fastest on a CPU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Takes x (N, C, H, W), weight (C, 1, k, k), k odd, and bias (C,); returns (N, C, H, W) in x's precision."""
        x = x.contiguous(memory_format=torch.channels_last)
        ctx.save_for_backward(x, weight)
        return functional.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """Returns the gradients of x, weight and bias."""
        x, weight = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        channels, padding = len(weight), weight.shape[-1] // 2
        of_x = None
        if ctx.needs_input_grad[0]:
            of_x = functional.conv2d(gradient, weight.flip(2, 3), padding=padding, groups=channels)
        _, of_weight, _ = torch.ops.aten.convolution_backward(
            gradient, x, weight, None, [1, 1], [padding] * 2, [1, 1], False, [0, 0], channels, [False, True, False]
        )
        return of_x, of_weight, gradient.sum(dim=(0, 2, 3))


def run(
    network: nn.Module,
    images: Tensor,
    front: "Front | None" = None,
    regions: Tensor | None = None,
    cell_px: int = 0,
) -> Tensor:
    """Returns the logits of a network of `tuned_networks`, as its `forward` does.

    Args:
        network: A `ProbeNet`, `UNet` or `RegionClassifier` whose encoder has frozen GRN.
        images: (N, bands, H, W).
        front: The stages that are not trained; None trains all.
        regions, cell_px: Of a `RegionClassifier`.
    """
    first, stem, stages = encode(network.encoder, images, front)  # type: ignore[arg-type]
    if isinstance(network, RegionClassifier):
        return network.decode(stages, regions, cell_px)
    if isinstance(network, ProbeNet):
        return network.decode(stages)
    if not isinstance(network, UNet):
        raise TypeError(f"There is no way to train a {type(network).__name__}.")
    return decode(network, first, stem, stages)


class Front:
    """The stages of an encoder that are not trained, with all before them, as fast as for inference.

    Args:
        encoder: With frozen GRN; its weights are copied.
        stages: How many of its stages, from the first; at least 1.
        dtype: Precision that they compute in.
    """

    def __init__(self, encoder: Encoder, stages: int, dtype: torch.dtype) -> None:
        self.stages = stages
        self._encoder = copy.deepcopy(encoder).requires_grad_(False).train(False)
        self._encoder.fold_grn()
        self._encoder.to(dtype)
        self._dtype = dtype

    @torch.no_grad()
    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Returns the outputs of the 3×3 convolution, the stem and the stages, in its own precision."""
        with torch.autocast(images.device.type, enabled=False):
            first = self._encoder.initial_conv(images.to(self._dtype))
            stem = self._encoder.stem(first)
            return first, stem, self._encoder.run_stages(stem, self.stages - 1)


def encode(encoder: Encoder, images: Tensor, front: Front | None) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Returns the outputs of the encoder's 3×3 convolution, its stem and its stages.

    Args:
        encoder: With frozen GRN.
        images: (N, bands, H, W).
        front: As in `run`.
    """
    if front is None:
        conv, norm, _ = encoder.initial_conv
        first = functional.gelu(normalise(norm, conv(images)))  # type: ignore[arg-type]
        conv, norm = encoder.stem
        x = stem = normalise(norm, conv(first))  # type: ignore[arg-type]
        stages: list[Tensor] = []
    else:
        first, stem, stages = front(images)
        x = stages[-1]
    for number in range(len(stages), len(encoder.stages)):
        if number > 0:
            x = encoder.downsample_layers[number - 1](x.float())
        for block in encoder.stages[number]:  # type: ignore[attr-defined]
            x = run_block(block, x)
        stages.append(x)
    return first, stem, stages


def run_block(block: Block, x: Tensor) -> Tensor:
    """Returns what a block makes of (N, C, H, W), its frozen GRN moved into the linear layer behind it."""
    grn = block.grn
    if not isinstance(grn, GlobalResponseNorm) or grn.statistics is None:
        raise ValueError("training wants GRN that is frozen and not folded")
    mixed = convolve(block, x)
    pixels = mixed.permute(0, 2, 3, 1)
    norm = block.norm
    pixels = functional.layer_norm(pixels, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    hidden = functional.gelu(block.pwconv1(pixels))
    linear = block.pwconv2
    folded = linear.weight * (1 + grn.gamma.flatten() * grn.statistics)
    offset = torch.addmv(linear.bias, linear.weight, grn.beta.flatten())
    change = functional.linear(hidden, folded, offset)
    return x + drop_path(change, block.drop_path_rate if block.training else 0.0).permute(0, 3, 1, 2)


def convolve(block: Block, x: Tensor) -> Tensor:
    """Applies a block's depthwise convolution; on a CPU in float32, whose weight gradient takes half as long."""
    if x.device.type != "cpu":
        return block.dwconv(x)  # type: ignore[no-any-return]
    with torch.autocast("cpu", enabled=False):
        weight, bias = block.dwconv.weight, block.dwconv.bias
        found: Tensor = DepthwiseConvolution.apply(x.to(weight.dtype), weight, bias)  # type: ignore[no-untyped-call]
    return found


def normalise(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    """Applies a layer normalisation to the channels of (N, C, H, W); of few in bfloat16 on a CPU through float32.

    Measured, one AVX512-BF16 core, 8 × 64 × 64 pixels with 40 channels, forward and backward: 9.0 ms in bfloat16, 4.9
    through float32; 8 × 32 × 32 with 80: 1.4 and 2.7.
    """
    pixels = x.permute(0, 2, 3, 1)
    if x.dtype == torch.bfloat16 and x.device.type == "cpu" and x.shape[1] <= FEW_CHANNELS:
        pixels = pixels.float()
    found = functional.layer_norm(pixels, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    return found.to(x.dtype).permute(0, 3, 1, 2)


def drop_path(change: Tensor, rate: float) -> Tensor:
    """Returns (N, …) with a share of the samples set to 0 and the others made as much larger."""
    if rate == 0:
        return change
    kept = torch.empty(len(change), *[1] * (change.ndim - 1), device=change.device).bernoulli_(1 - rate)
    return change * (kept / (1 - rate)).to(change.dtype)


def decode(network: UNet, first: Tensor, stem: Tensor, stages: list[Tensor]) -> Tensor:
    """Returns the logits (N, classes, H, W) of what `encode` returned, as `UNet.forward` does."""
    x = stages[3]
    for layer, skip in zip(network.upsample_layers, (stages[2], stages[1], stem, first), strict=True):
        x = torch.cat([_upsampled(layer, x), skip.to(x.dtype)], dim=1)  # type: ignore[arg-type]
    conv, norm, _ = network.initial_conv_upsample
    return network.head(functional.gelu(normalise(norm, conv(x))))  # type: ignore[no-any-return, arg-type]


def _upsampled(layer: Upsample, x: Tensor) -> Tensor:
    if layer.factor != 2 or x.shape[-1] < FEWEST_COLS:
        fine = layer.conv(functional.interpolate(x, scale_factor=float(layer.factor)) if layer.factor > 1 else x)
    else:
        fine = doubled_convolution(x, layer.conv.weight, layer.conv.bias)  # type: ignore[arg-type]
    found: Tensor = PixelGradients.apply(functional.gelu(normalise(layer.norm, fine)))  # type: ignore[no-untyped-call]
    return found
