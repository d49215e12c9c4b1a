"""The decoder of a network that segments, over a window of an endless image: exactly the logits of the whole image.

A window's features come from the engine that embeds; the decoder runs on parts of it, with the surroundings that it
looks at. Only the encoder's first two layers are computed again, as they are joined to it. Knows nothing of rasters.
"""

import math
from collections.abc import Callable, Iterator
from typing import cast

import torch
from rasterio.windows import Window
from torch import Tensor, nn
from torch.nn import functional

from mmearth.embedding.features import WindowFeatures, apply_linear
from mmearth.models.convnextv2 import map_pixels, normalise
from mmearth.models.tuned_networks import ProbeNet
from mmearth.models.unet import UNet, Upsample
from mmearth.models.upsampling import corner_weights

# Side of a part in pixels, a multiple of every patch size. Measured, atto, patch 8, bfloat16, one AVX512-BF16 core,
# decoder alone, Mpx per CPU s: 64 .41, 128 .58, 256 .62, 512 .60.
PART_PX = 256
BEYOND = 2  # cells of every map that the decoder looks at beyond a part: a kernel's one, doubled, and one more

Image = Callable[[slice, slice], Tensor]


class WindowedDecoder:
    """Computes logits of windows.

    Args:
        network: A `ProbeNet` or a `UNet` for inference, around the encoder that computed the features.
        check: Called between layers; raises to stop.

    Attributes:
        stages: Stages of the encoder that it looks at.
    """

    def __init__(self, network: nn.Module, check: Callable[[], None] = lambda: None) -> None:
        if not isinstance(network, ProbeNet | UNet):
            raise TypeError(f"A {type(network).__name__} does not segment.")
        self._network = network
        self._check = check
        self._patch = network.encoder.patch_size
        self.stages = (0, 1, 2, 3) if isinstance(network, ProbeNet) else (1, 2, 3)
        self._doublings: list[tuple[Tensor, Tensor] | None] = []
        if isinstance(network, UNet):
            for layer in (cast(Upsample, found) for found in network.upsample_layers):
                weight, bias = layer.conv.weight, cast(Tensor, layer.conv.bias)
                pair = (corner_weights(weight.float()).to(weight), bias.repeat(4))
                self._doublings.append(pair if layer.factor == 2 else None)

    def grown(self, window: Window) -> Window:
        """Returns the window whose features are needed for a window's logits: whole patches, and one more each way."""
        patch = self._patch
        top, left = int(window.row_off) // patch * patch, int(window.col_off) // patch * patch
        bottom = math.ceil((window.row_off + window.height) / patch) * patch
        right = math.ceil((window.col_off + window.width) / patch) * patch
        return Window(left - patch, top - patch, right - left + 2 * patch, bottom - top + 2 * patch)

    @torch.inference_mode()
    def __call__(self, features: WindowFeatures, window: Window, image: Image) -> Iterator[tuple[Window, Tensor]]:
        """Yields (part of the window, logits (K, rows, cols) of it), left to right, row by row.

        Parts without a valid pixel are left out.

        Args:
            features: Of `grown(window)`, of the stages in `stages`.
            window: In pixels of the scene.
            image: Returns the standardised image (1, bands, rows, cols), where the network is and in its precision, of
                rows and columns counted from the corner of `grown(window)`.
        """
        grown = self.grown(window)
        row0, col0 = int(window.row_off - grown.row_off), int(window.col_off - grown.col_off)
        bottom, right = row0 + int(window.height), col0 + int(window.width)
        patch = self._patch
        for top in range(patch, bottom, PART_PX):
            rows = slice(max(top, row0), min(top + PART_PX, bottom))
            for left in range(patch, right, PART_PX):
                cols = slice(max(left, col0), min(left + PART_PX, right))
                if not features.valid[rows, cols].any():
                    continue
                height = min(PART_PX, math.ceil((bottom - top) / patch) * patch)
                width = min(PART_PX, math.ceil((right - left) / patch) * patch)
                if isinstance(self._network, UNet):
                    logits = self._decode(self._network, features, image, Window(left, top, width, height))
                else:
                    logits = self._probe(self._network, features, Window(left, top, width, height))
                inner = slice(rows.start - top, rows.stop - top), slice(cols.start - left, cols.stop - left)
                part = Window(
                    int(window.col_off) + cols.start - col0,
                    int(window.row_off) + rows.start - row0,
                    cols.stop - cols.start,
                    rows.stop - rows.start,
                )
                yield part, logits[:, inner[0], inner[1]]

    def _probe(self, network: ProbeNet, features: WindowFeatures, part: Window) -> Tensor:
        stages = {
            stage: self._cut(features, stage, part, self._patch // features.strides[stage])[0]
            for stage in features.stages
        }
        patch = self._patch
        height, width = int(part.height), int(part.width)
        own = WindowFeatures(
            stages, features.strides, features.bands, features.valid, patch, patch, height, width, patch
        )
        total: Tensor | None = None
        for stage, maps in stages.items():
            self._check()
            weight, bias = network.heads[stage].linear()  # type: ignore[operator]
            scores = own.resize(apply_linear(maps.float(), weight.float(), bias.float()), stage, 1)
            total = scores if total is None else total + scores
        if total is None:
            raise ValueError("no stage is there")
        return total

    def _decode(self, network: UNet, features: WindowFeatures, image: Image, part: Window) -> Tensor:
        self._check()
        first, stem = self._first_layers(network, image, part)
        x = self._cut(features, 3, part, BEYOND)
        skips = [self._cut(features, 2, part, BEYOND), self._cut(features, 1, part, BEYOND), stem, first]
        for number, skip in enumerate(skips):
            self._check()
            x = torch.cat([_around(self._finer(network, number, x), skip), skip], dim=1)
        self._check()
        conv, norm = _conv(network.initial_conv_upsample[0]), network.initial_conv_upsample[1]
        x = functional.conv2d(x, conv.weight, conv.bias)
        seen = functional.gelu(normalise(cast(nn.LayerNorm, norm), x[0].permute(1, 2, 0)))
        return functional.linear(seen, network.head.weight.flatten(1), network.head.bias).permute(2, 0, 1)

    def _first_layers(self, network: UNet, image: Image, part: Window) -> tuple[Tensor, Tensor]:
        """Returns the 3×3 convolution one pixel, and the stem `BEYOND` cells, beyond a part on each side."""
        stride = self._patch // 8
        reach = BEYOND * stride + 1
        top, left = int(part.row_off) - reach, int(part.col_off) - reach
        pixels = image(slice(top, top + int(part.height) + 2 * reach), slice(left, left + int(part.width) + 2 * reach))
        conv, norm = _conv(network.encoder.initial_conv[0]), cast(nn.LayerNorm, network.encoder.initial_conv[1])
        x = functional.conv2d(pixels, conv.weight, conv.bias)
        first = map_pixels(x, lambda rows: functional.gelu(normalise(norm, rows)))
        depthwise, last = _conv(network.encoder.stem[0]), cast(nn.LayerNorm, network.encoder.stem[1])
        weight, bias = depthwise.weight, cast(Tensor, depthwise.bias)
        if stride > 1:
            stem = functional.conv2d(first, weight, bias, stride=stride, groups=first.shape[1])
            stem = map_pixels(stem, lambda rows: normalise(last, rows))
        else:  # one factor a channel
            factor = weight.flatten()
            stem = map_pixels(first.clone(), lambda rows: normalise(last, rows * factor + bias))
        spare = reach - 2
        return first[..., slice(spare, -spare), slice(spare, -spare)], stem

    def _finer(self, network: UNet, number: int, x: Tensor) -> Tensor:
        """Applies a layer that doubles, (1, C, H, W) → (1, K, 2H - 2, 2W - 2), or one of another factor likewise."""
        layer, pair = cast(Upsample, network.upsample_layers[number]), self._doublings[number]

        def activate(pixels: Tensor) -> Tensor:
            return functional.gelu(normalise(layer.norm, pixels))

        if pair is None:
            fine = functional.interpolate(x, scale_factor=float(layer.factor)) if layer.factor > 1 else x
            return map_pixels(functional.conv2d(fine, layer.conv.weight, layer.conv.bias), activate)
        corners = functional.conv2d(x, *pair).permute(0, 2, 3, 1)
        _, rows, cols, count = corners.shape
        phases = corners.reshape(1, rows, cols * 4, count // 4)
        phases = map_pixels(phases.permute(0, 3, 1, 2), activate).permute(0, 2, 3, 1)
        fine = phases.reshape(1, rows, cols, 2, 2, count // 4).permute(0, 1, 3, 2, 4, 5)
        return fine.reshape(1, 2 * rows, 2 * cols, count // 4).permute(0, 3, 1, 2)

    def _cut(self, features: WindowFeatures, stage: int, part: Window, beyond: int) -> Tensor:
        """Returns (1, C, rows, cols) of a stage over a part and `beyond` cells more on each side."""
        cell = features.strides[stage]
        top = (int(part.row_off) + features.top_px) // cell - beyond
        left = (int(part.col_off) + features.left_px) // cell - beyond
        rows, cols = int(part.height) // cell + 2 * beyond, int(part.width) // cell + 2 * beyond
        return features.stages[stage][None, :, slice(top, top + rows), slice(left, left + cols)]


def _around(x: Tensor, skip: Tensor) -> Tensor:
    """Cuts what lies beyond the skip it is joined to off a map."""
    spare = (x.shape[-2] - skip.shape[-2]) // 2
    return x[..., slice(spare, x.shape[-2] - spare), slice(spare, x.shape[-1] - spare)]


def _conv(module: nn.Module) -> nn.Conv2d:
    return cast(nn.Conv2d, module)
