"""An encoder over a window of an endless image: exactly the features of the whole image, at little more than its cost.

With frozen GRN a feature depends only on the pixels in its receptive field. A window is computed with the surroundings
that its deepest stage looks at, and every layer computes only what the layers behind it still need, so the surplus
shrinks from layer to layer. The fine stages, which hold most of the memory, run in parts of the window. Knows nothing
of rasters: whoever calls supplies the pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mmearth.models.convnextv2 import KERNEL_PX, Block, Encoder, map_pixels, normalise

REACH = KERNEL_PX // 2
LAST_FINE_STAGE = 1  # stages 0 and 1 are computed in parts; stages 2 and 3 are sixteen times smaller and run at once
# Side of a part in pixels. Measured, atto, window of 2048, one AVX-512-BF16 core, useful Mpx/s: 256 .35, 512 .36, 768
# .36 (bfloat16) and .16, .17, - (float32); buffers of 512 stay where the allocator reuses them without page faults.
PART_PX = 512


@dataclass(frozen=True)
class Surroundings:
    """How far beyond a window each stage has to be known, in cells of the stage.

    Attributes:
        wanted: Cells of each stage that are returned beyond the window: one patch.
        outputs: Cells of each stage's output that must be computed beyond the window.
        inputs: The same of its input.
        input_px: Pixels of the image beyond the window.
    """

    wanted: tuple[int, ...]
    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    input_px: int


def surroundings(depths: tuple[int, ...] | list[int], patch_size: int, last_stage: int) -> Surroundings:
    """Returns what has to be known around a window for the stages 0…last_stage."""
    stride = patch_size // 8
    wanted = tuple(patch_size // (stride * 2**stage) for stage in range(last_stage + 1))
    outputs, inputs = list(wanted), [0] * (last_stage + 1)
    for stage in range(last_stage, -1, -1):
        if stage < last_stage:
            outputs[stage] = max(wanted[stage], 2 * inputs[stage + 1])
        inputs[stage] = outputs[stage] + REACH * depths[stage]
    return Surroundings(wanted, tuple(outputs), tuple(inputs), inputs[0] * stride + 1)


class WindowedEncoder:
    """Computes stages of an encoder over windows.

    Args:
        encoder: With frozen and folded GRN, in evaluation mode.
        last_stage: Deepest stage wanted.
        kept: Stages to return; the others are computed and forgotten.
        check: Called between layers; raises to stop.
    """

    def __init__(self, encoder: Encoder, last_stage: int, kept: tuple[int, ...], check: Callable[[], None]) -> None:
        self._encoder = encoder
        self._last = last_stage
        self._kept = kept
        self._check = check
        self._stride = encoder.patch_size // 8
        depths = [len(blocks) for blocks in encoder.stages]  # type: ignore[arg-type]
        self.around = surroundings(depths, encoder.patch_size, last_stage)

    @torch.inference_mode()
    def __call__(
        self, pixels: Callable[[slice, slice], Tensor], height: int, width: int, out: dict[int, Tensor]
    ) -> None:
        """Computes a window.

        Args:
            pixels: Returns the standardised image (1, C, rows, cols) of rows and columns counted from the corner of the
                surroundings, that is `around.input_px` above and left of the window.
            height, width: Of the window, multiples of the patch size.
            out: For each kept stage (C, rows + 2·wanted, cols + 2·wanted) in the encoder's precision; filled.
        """
        fine_last = min(self._last, LAST_FINE_STAGE)
        around, stride = self.around, self._stride
        beyond = around.outputs[fine_last] * stride * 2**fine_last  # pixels of fine features around the window
        reach = around.input_px - beyond  # pixels that these features look at beyond that
        next_cell = stride * 2 ** (fine_last + 1)
        deep: Tensor | None = None
        for top, bottom in _parts(height + 2 * beyond, next_cell):
            for left, right in _parts(width + 2 * beyond, next_cell):
                image = pixels(slice(top, bottom + 2 * reach), slice(left, right + 2 * reach))
                features = self._fine(image, fine_last, (bottom - top, right - left))
                for stage in set(self._kept) & set(features):
                    cell = stride * 2**stage
                    offset = beyond // cell - around.wanted[stage]
                    _paste(out[stage], features[stage][0], top // cell - offset, left // cell - offset)
                if self._last > LAST_FINE_STAGE:
                    part = self._downsample(features[fine_last], fine_last + 1)[0]
                    if deep is None:
                        deep = _empty(part, (height + 2 * beyond) // next_cell, (width + 2 * beyond) // next_cell)
                    _paste(deep, part, top // next_cell, left // next_cell)
        if deep is not None:
            self._coarse(deep[None], out)

    def _fine(self, image: Tensor, last: int, size: tuple[int, int]) -> dict[int, Tensor]:
        """Returns the features of the stages 0…last, (1, C, rows, cols) each, over a part of `size` pixels."""
        initial, norm, _ = self._encoder.initial_conv
        self._check()
        x = functional.conv2d(image, initial.weight, initial.bias)  # type: ignore[arg-type]
        x = self._stem(x, norm)  # type: ignore[arg-type]
        found: dict[int, Tensor] = {}
        for stage in range(last + 1):
            if stage:
                x = self._downsample(x, stage)
            for block in self._encoder.stages[stage]:  # type: ignore[attr-defined]
                x = self._inner(block, x)
            cell = self._stride * 2**stage
            spare_rows, spare_cols = x.shape[-2] - size[0] // cell, x.shape[-1] - size[1] // cell
            found[stage] = _cut(x, spare_rows // 2, spare_cols // 2)
        return found

    def _stem(self, x: Tensor, norm: torch.nn.LayerNorm) -> Tensor:
        conv, second = self._encoder.stem
        if self._stride > 1:
            x = map_pixels(x, lambda t: functional.gelu(normalise(norm, t)))
            x = functional.conv2d(
                x,
                conv.weight,  # type: ignore[arg-type]
                conv.bias,  # type: ignore[arg-type]
                stride=self._stride,
                groups=x.shape[1],
            )
            return map_pixels(x, lambda t: normalise(second, t))  # type: ignore[arg-type]
        # At stride 1 the depthwise convolution is one factor a channel: everything here happens pixel by pixel.
        factor, bias = conv.weight.flatten(), conv.bias  # type: ignore[operator]

        def all_at_once(rows: Tensor) -> Tensor:
            scaled = functional.gelu(normalise(norm, rows)) * factor + bias  # type: ignore[operator]
            return normalise(second, scaled)  # type: ignore[arg-type]

        return map_pixels(x, all_at_once)

    def _coarse(self, x: Tensor, out: dict[int, Tensor]) -> None:
        for stage in range(LAST_FINE_STAGE + 1, self._last + 1):
            if stage > LAST_FINE_STAGE + 1:
                x = self._downsample(x, stage)
            for block in self._encoder.stages[stage]:  # type: ignore[attr-defined]
                x = self._inner(block, x)
            if stage in self._kept:
                spare = self.around.outputs[stage] - self.around.wanted[stage]
                out[stage].copy_(_cut(x, spare, spare)[0])

    def _downsample(self, x: Tensor, stage: int) -> Tensor:
        self._check()
        layer = self._encoder.downsample_layers[stage - 1]
        norm, conv = layer[0], layer[1]  # type: ignore[index]
        x = map_pixels(x.clone(memory_format=torch.channels_last), lambda t: normalise(norm, t))
        result: Tensor = conv(x)
        return result

    def _inner(self, block: Block, x: Tensor) -> Tensor:
        """Applies a block where its kernel lies inside x: (1, C, H, W) → (1, C, H - 6, W - 6)."""
        self._check()
        mixed = functional.conv2d(x, block.dwconv.weight, block.dwconv.bias, groups=x.shape[1])
        self._check()
        return map_pixels(mixed, block.mlp, _cut(x, REACH, REACH))


def _parts(length: int, multiple: int) -> list[tuple[int, int]]:
    """Cuts a length, a multiple of `multiple`, into nearly equal parts of at most about `PART_PX`."""
    count = -(-length // PART_PX)
    edges = [length * i // count // multiple * multiple for i in range(count)] + [length]
    return list(zip(edges[:-1], edges[1:], strict=True))


def _cut(x: Tensor, rows: int, cols: int) -> Tensor:
    return x[..., slice(rows, x.shape[-2] - rows), slice(cols, x.shape[-1] - cols)]


def _empty(like: Tensor, rows: int, cols: int) -> Tensor:
    """Returns an uninitialised (C, rows, cols), channels last in memory."""
    return like.new_empty(rows, cols, like.shape[0]).permute(2, 0, 1)


def _paste(target: Tensor, part: Tensor, row: int, col: int) -> None:
    """Copies what of a part (C, h, w) falls into the target when its corner lies at (row, col)."""
    top, left = max(row, 0), max(col, 0)
    bottom, right = min(row + part.shape[1], target.shape[1]), min(col + part.shape[2], target.shape[2])
    if bottom > top and right > left:
        inner = part[:, slice(top - row, bottom - row), slice(left - col, right - col)]
        target[:, top:bottom, left:right] = inner
