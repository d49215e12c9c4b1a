"""What the engine has to know of an encoder, whatever its kind: grid, surroundings, and how a window is computed.

Two kinds: the encoders of this plugin (MP-MAE), and timm's. Which bands they want and how inputs are standardised
stands in `checkpoints.Weights`, for both in the same way. Knows nothing of rasters.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmearth.embedding.timm_models import build_timm
from mmearth.models.convnextv2 import Encoder
from mmearth.models.windowed import PART_PX, WindowedEncoder
from mmearth.weights.checkpoints import Weights, build_encoder

OVERLAP_PX = 64  # around windows of encoders that look at all of a window: no halo makes those seamless
FARTHEST_PX = 512  # encoders that look further are computed with OVERLAP_PX
GRID_PX = 8  # windows lie on a grid at least as coarse as the coarsest output
_LAYERS_AT_ONCE = 3  # input, output and a residual of the widest layer

Pixels = Callable[[slice, slice], Tensor]
Compute = Callable[[Pixels, int, int, dict[int, Tensor]], None]


@dataclass(frozen=True)
class Backbone:
    """An encoder on a device, ready for windows.

    Attributes:
        network: The encoder's layers.
        strides, widths: Pixels per cell and channels of every stage.
        patch_px: Windows are snapped to multiples of this from the raster's origin; stages reach one such beyond them.
        halo_px: Pixels read around the snapped window.
        exact: Whether a window's features are those of the whole raster.
        compute: Takes what gives standardised pixels (1, C, rows, cols) counted from the corner of the halo, height and
            width of the snapped window, and a map (C, rows + 2 patches, cols + 2 patches) per stage to fill.
        values_at_once: From the side of what is read, in pixels, to the numbers that are in memory at most.
    """

    network: nn.Module
    strides: tuple[int, ...]
    widths: tuple[int, ...]
    patch_px: int
    halo_px: int
    exact: bool
    compute: Compute
    values_at_once: Callable[[int], int]


def build_backbone(
    weights: Weights,
    device: torch.device,
    dtype: torch.dtype,
    kept: tuple[int, ...],
    last_stage: int,
    grn: list[Tensor] | None,
    check: Callable[[], None],
) -> Backbone:
    """Builds the encoder of weights.

    Args:
        weights: Loaded weights.
        device, dtype: Where and how precisely to compute.
        kept: Stages that are returned, ascending.
        last_stage: Deepest stage computed.
        grn: As for `FeatureExtractor`.
        check: Called between layers; raises to stop.
    """
    if weights.timm:
        return _timm_backbone(weights, device, dtype, kept, check)
    encoder = build_encoder(weights, device, dtype, weights.grn if grn is None else grn)
    windowed = WindowedEncoder(encoder, last_stage, kept, check)
    patch, strides, exact = weights.patch_size, weights.strides, grn != []
    halo = windowed.around.input_px
    compute: Compute = windowed
    if not exact:
        halo = math.ceil(OVERLAP_PX / patch) * patch
        compute = _at_once(lambda image: _stages(encoder, image, last_stage), strides, halo, patch)
        _check_between_layers(encoder, check)

    def values_at_once(side_px: int) -> int:
        deep = 3 * side_px**2 // strides[2] ** 2 * weights.dims[2] if last_stage > 1 else 0
        return max(deep, 5 * (PART_PX + 40) ** 2 * weights.dims[0])

    return Backbone(encoder, strides, weights.dims, patch, halo, exact, compute, values_at_once)


def _timm_backbone(
    weights: Weights, device: torch.device, dtype: torch.dtype, kept: tuple[int, ...], check: Callable[[], None]
) -> Backbone:
    network, strides = build_timm(weights, kept), weights.strides
    patch = max(GRID_PX, *(strides[stage] for stage in kept))
    reach_px, values_per_px = survey(network, patch, check)
    exact = reach_px is not None
    halo = math.ceil((OVERLAP_PX if reach_px is None else reach_px) / patch) * patch + patch
    network.to(device, dtype)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    _check_between_layers(network, check)
    compute = _at_once(lambda image: dict(zip(kept, network(image), strict=True)), strides, halo, patch)
    return Backbone(
        network,
        strides,
        weights.dims,
        patch,
        halo,
        exact,
        compute,
        lambda side_px: int(_LAYERS_AT_ONCE * values_per_px * side_px**2),
    )


def _stages(encoder: Encoder, image: Tensor, last_stage: int) -> dict[int, Tensor]:
    return dict(enumerate(encoder(image, last_stage=last_stage)))


def _at_once(run: Callable[[Tensor], dict[int, Tensor]], strides: tuple[int, ...], halo: int, patch: int) -> Compute:
    """Returns what computes a window with its halo in one go and cuts off all but one patch of the surroundings."""

    def compute(pixels: Pixels, height: int, width: int, out: dict[int, Tensor]) -> None:
        found = run(pixels(slice(0, height + 2 * halo), slice(0, width + 2 * halo)))
        for stage, target in out.items():
            cut = (halo - patch) // strides[stage]
            target.copy_(found[stage][0, :, slice(cut, cut + target.shape[1]), slice(cut, cut + target.shape[2])])

    return compute


def _check_between_layers(network: nn.Module, check: Callable[[], None]) -> None:
    for module in network.modules():
        module.register_forward_pre_hook(lambda *_: check())


@torch.inference_mode()
def survey(network: nn.Module, patch: int, check: Callable[[], None]) -> tuple[int | None, float]:
    """Finds out by trying how far a network's features look, whatever it is made of.

    NaN spreads to every feature that looks at it, through any layer: convolutions, pools, attention, means over the
    picture. A picture that is NaN at both ends leaves numbers in the middle only where no end is looked at. Kernels are
    taken to be as high as wide. Features that depend on the place in the picture (position codes, windows of attention)
    show when the picture is moved by one patch.

    Args:
        network: Gives a list of features, on the CPU, in float32.
        patch: Pixels per cell of the coarsest of them; the others divide it.
        check: Called between layers.

    Returns:
        (pixels, values): how far features look beyond their cell, None where they look at everything, at more than
        `FARTHEST_PX`, or depend on the place; and the most numbers per pixel of the picture that a layer puts out.
    """
    most = [3.0]
    width = math.ceil((2 * FARTHEST_PX + 128) / patch) * patch + 4 * patch
    height = max(4 * patch, 64)
    picture = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))

    def measure(_module: nn.Module, _given: object, output: object) -> None:
        check()
        if isinstance(output, Tensor):
            most[0] = max(most[0], output.numel() / (height * width))

    hooks = [module.register_forward_hook(measure) for module in network.modules()]
    ends = picture.clone()
    ends[..., :patch] = torch.nan
    ends[..., -patch:] = torch.nan
    with _without_onednn():  # its pools lose NaN, and its Winograd convolutions spread it too far
        features = network(ends)
    for hook in hooks:
        hook.remove()
    reach_px = 0
    for maps in features:
        stride = width // maps.shape[-1]
        clean = maps[0].isfinite().all(dim=0).all(dim=0).nonzero().flatten().tolist()
        if not clean:
            return None, most[0]
        left, right = clean[0] * stride - patch, width - patch - (clean[-1] + 1) * stride
        reach_px = max(reach_px, left, right)
    if reach_px > FARTHEST_PX or _depends_on_place(network, picture, patch, reach_px):
        return None, most[0]
    return reach_px, most[0]


@contextlib.contextmanager
def _without_onednn() -> Iterator[None]:
    switch: Any = torch.backends.mkldnn
    before = switch.enabled
    switch.enabled = False  # `mkldnn.flags` sets more than that, with a warning about Intel's GPUs
    try:
        yield
    finally:
        switch.enabled = before


def _depends_on_place(network: nn.Module, picture: Tensor, patch: int, reach_px: int) -> bool:
    """Whether features that see the same pixels differ between a picture and the same without its first patch."""
    for whole, moved in zip(network(picture), network(picture[..., patch:]), strict=True):
        stride = picture.shape[-1] // whole.shape[-1]
        start, step = math.ceil((reach_px + patch) / stride), patch // stride
        stop = whole.shape[-1] - math.ceil(reach_px / stride)
        a, b = whole.narrow(-1, start, stop - start), moved.narrow(-1, start - step, stop - start)
        if not torch.allclose(a, b, rtol=1e-3, atol=1e-4 * float(a.abs().max())):
            return True
    return False
