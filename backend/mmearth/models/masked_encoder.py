"""Running an `Encoder` on visible patches alone: features of removed patches are zero and influence nothing.

Two ways that give the same numbers. `encode_masked_dense` computes everything and multiplies by the mask after every
layer: slow and plain, the reference. `encode_packed` keeps the pixels of visible patches only, and puts them back on
their grid for the depthwise convolutions: what training uses. Written from Woo et al. 2023, arXiv:2301.00808, §3.1, and
the idea of masked dense convolutions in Tian et al. 2023, arXiv:2301.03580. Knows nothing of decoders or losses.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.convnextv2 import KERNEL_PX, Block, Encoder
from mmearth.models.gradients import Gather, PatchConvolution, PatchLayout, Scatter

# On a CPU, patches at least this wide are convolved one by one with a margin; narrower ones would be mostly margin.
ALONE_CELLS = 8


def encode_masked_dense(encoder: Encoder, images: Tensor, keep: Tensor, valid: Tensor | None = None) -> list[Tensor]:
    """Encodes visible patches by computing all and masking after every layer.

    Args:
        encoder: Without official padding.
        images: (N, C, H, W), H and W multiples of the patch size.
        keep: (N, H / patch, W / patch) bool, True at visible patches.
        valid: (N, H, W) bool, False at pixels to be treated as absent even in visible patches; a coarser cell is
            present where any of its pixels is. None means all are present.

    Returns:
        Features of the four stages, each (N, dims[s], rows, cols), zero where nothing is visible.
    """
    active = _active(keep, valid, encoder.patch_size)
    x = encoder.initial_conv(images * active) * active
    active = functional.max_pool2d(active, max(1, encoder.patch_size // 8))
    x = encoder.stem(x) * active
    features: list[Tensor] = []
    for number, blocks in enumerate(encoder.stages):
        if number > 0:
            norm, convolution = _pair(encoder.downsample_layers[number - 1])
            # Without gradients the norm works in place; the stage's features stay.
            x = convolution(norm(x if torch.is_grad_enabled() else x.clone()) * active)
            active = functional.max_pool2d(active, 2)
            x = x * active
        pixel_weight = active.permute(0, 2, 3, 1)
        for block in blocks:  # type: ignore[attr-defined]
            x = x + block.mlp(block.dwconv(x).permute(0, 2, 3, 1), pixel_weight).permute(0, 3, 1, 2)
        features.append(x)
    return features


def encode_packed(encoder: Encoder, images: Tensor, keep: Tensor, valid: Tensor | None = None) -> Tensor:
    """Encodes visible patches, computing little else.

    Args:
        encoder: Without official padding.
        images, keep, valid: As in `encode_masked_dense`. Fastest with equally many visible patches in each sample,
            without `valid`, and with `keep` in the memory of the CPU, which saves waiting for a GPU.

    Returns:
        Features of the last stage, (N, dims[3], rows, cols), zero at removed patches.
    """
    patches = _Patches(keep, images.device)
    keep = keep.to(images.device)
    weight = patches.weights(valid, encoder.patch_size)
    norm, convolution = _pair(encoder.initial_conv)
    tokens = patches.gather(convolution(images * _active(keep, valid, encoder.patch_size).to(images.dtype)))
    tokens = _weigh(functional.gelu(_norm(norm, tokens)), weight)
    norm, convolution = _pair(encoder.stem)
    tokens = _norm(norm, _depthwise_stride(tokens, convolution))
    weight = _pool(weight, int(convolution.stride[0]))
    tokens = _weigh(tokens, weight)
    for number, blocks in enumerate(encoder.stages):
        if number > 0:
            norm, convolution = _pair(encoder.downsample_layers[number - 1])
            tokens = _merge_two(_weigh(_norm(norm, tokens), weight), convolution)
            weight = _pool(weight, 2)
            tokens = _weigh(tokens, weight)
        for block in blocks:  # type: ignore[attr-defined]
            tokens = tokens + block.mlp(_depthwise(block, tokens, patches), weight).to(tokens.dtype)
    return patches.scatter(tokens)


class _Patches:
    """Where visible patches lie. Samples with fewer are filled up with removed ones of weight 0.

    Tokens are (N, V, s, s, C): V patches of s × s cells, row by row.
    """

    def __init__(self, keep: Tensor, device: torch.device) -> None:
        self._samples, self._rows, self._cols = keep.shape
        flat = keep.flatten(1)
        counts = flat.sum(dim=1)
        self._count = int(counts.max())
        # A stable sort of "removed" puts the visible patches first, in order.
        index = flat.logical_not().byte().argsort(dim=1, stable=True).narrow(1, 0, self._count)
        self._equal = bool((counts == self._count).all())
        self._visible = flat.gather(1, index).to(device)
        self._index = index.to(device)
        self._cells: dict[int, Tensor] = {}
        self._layouts: dict[int, PatchLayout] = {}

    def cells(self, side: int) -> Tensor:
        """Returns positions in the flattened (N, rows·side, cols·side) grid of every token, (N·V·side²,)."""
        if side not in self._cells:
            self._cells[side] = self._positions(side, side, 0, 0)
        return self._cells[side]

    def layout(self, side: int, margin: int) -> PatchLayout:
        """Returns where the patches lie on a grid with a margin around it."""
        if side not in self._layouts:
            cells = self._positions(side, side, margin, margin)
            around = self._positions(side, side + 2 * margin, margin, 0)
            size = self._samples * (self._rows * side + 2 * margin) * (self._cols * side + 2 * margin)
            self._layouts[side] = PatchLayout(cells, around, size, side + 2 * margin)
        return self._layouts[side]

    def _positions(self, side: int, width: int, margin: int, first: int) -> Tensor:
        """Returns positions of squares of `width` cells, one per patch, on the grid with a margin around it.

        A square starts `first` cells right of and below the place of its patch on the grid without margin.
        """
        device = self._index.device
        height, length = self._rows * side + 2 * margin, self._cols * side + 2 * margin
        inside = torch.arange(width, device=device) + first
        row = self._index.div(self._cols, rounding_mode="floor")[:, :, None, None] * side + inside[:, None]
        col = (self._index % self._cols)[:, :, None, None] * side + inside
        sample = torch.arange(self._samples, device=device)[:, None, None, None]
        return ((sample * height + row) * length + col).flatten()

    def gather(self, maps: Tensor) -> Tensor:
        """Takes (N, C, H, W), returns tokens."""
        side = maps.shape[-1] // self._cols
        flat = maps.permute(0, 2, 3, 1).flatten(0, 2)
        rows: Tensor = Gather.apply(flat, self.cells(side))  # type: ignore[no-untyped-call]
        return rows.view(self._samples, self._count, side, side, -1)

    def scatter(self, tokens: Tensor) -> Tensor:
        """Takes tokens, returns (N, C, H, W) in channels-last memory, zero at removed patches."""
        side = tokens.shape[2]
        shape = (self._samples, self._rows * side, self._cols * side, tokens.shape[-1])
        size = shape[0] * shape[1] * shape[2]
        flat: Tensor = Scatter.apply(tokens.flatten(0, 3), self.cells(side), size)  # type: ignore[no-untyped-call]
        return flat.view(shape).permute(0, 3, 1, 2)

    def weights(self, valid: Tensor | None, side: int) -> Tensor | None:
        """Returns (N, V, side, side, 1) weights of tokens, or None if all count."""
        if valid is None and self._equal:
            return None
        weight = self._visible.to(torch.get_default_dtype())[:, :, None, None, None].expand(-1, -1, side, side, 1)
        return weight if valid is None else weight * self.gather(valid[:, None].to(weight.dtype))


def _active(keep: Tensor, valid: Tensor | None, patch_size: int) -> Tensor:
    """Returns (N, 1, H, W), 1 at visible pixels, else 0."""
    active = keep.repeat_interleave(patch_size, 1).repeat_interleave(patch_size, 2)
    active = active if valid is None else active & valid
    return active[:, None].to(torch.get_default_dtype())


def _pair(layers: nn.Module) -> tuple[nn.LayerNorm, nn.Conv2d]:
    """Returns the norm and the convolution among some layers, whichever comes first."""
    norm = next(layer for layer in layers.children() if isinstance(layer, nn.LayerNorm))
    convolution = next(layer for layer in layers.children() if isinstance(layer, nn.Conv2d))
    return norm, convolution


def _norm(norm: nn.LayerNorm, tokens: Tensor) -> Tensor:
    """Applies the layer norm of a `PixelNorm` to tokens, whose channels are last already."""
    return functional.layer_norm(tokens, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


def _weigh(tokens: Tensor, weight: Tensor | None) -> Tensor:
    return tokens if weight is None else tokens * weight


def _pool(weight: Tensor | None, side: int) -> Tensor | None:
    """Returns the weights of cells `side` times as large: 1 where any part is."""
    if weight is None or side == 1:
        return weight
    n, v, s, _, _ = weight.shape
    return weight.reshape(n, v, s // side, side, s // side, side, 1).amax(dim=(3, 5))


def _depthwise(block: Block, tokens: Tensor, patches: _Patches) -> Tensor:
    if tokens.device.type != "cpu" or tokens.shape[2] < ALONE_CELLS:
        return patches.gather(block.convolve(patches.scatter(tokens)))
    convolution, layout = block.dwconv, patches.layout(tokens.shape[2], KERNEL_PX // 2)
    with torch.autocast("cpu", enabled=False):
        weight, bias = convolution.weight, convolution.bias
        tokens = tokens.to(weight.dtype)
        found: Tensor = PatchConvolution.apply(tokens, weight, bias, layout)  # type: ignore[no-untyped-call]
        return found


def _depthwise_stride(tokens: Tensor, convolution: nn.Conv2d) -> Tensor:
    """The stem's depthwise convolution, whose kernel is as wide as its stride, on tokens."""
    side = convolution.stride[0]
    n, v, s, _, c = tokens.shape
    kernel = convolution.weight[:, 0].permute(1, 2, 0).to(tokens.dtype)
    cut = tokens.reshape(n, v, s // side, side, s // side, side, c)
    summed = tokens * kernel[0, 0] if side == 1 else torch.einsum("nvhaxbc,abc->nvhxc", cut, kernel)
    return summed if convolution.bias is None else summed + convolution.bias


def _merge_two(tokens: Tensor, convolution: nn.Conv2d) -> Tensor:
    """A 2×2 convolution of stride 2 on tokens."""
    n, v, s, _, c = tokens.shape
    cut = tokens.reshape(n, v, s // 2, 2, s // 2, 2, c).permute(0, 1, 2, 4, 3, 5, 6).flatten(4)
    return functional.linear(cut, convolution.weight.permute(0, 2, 3, 1).flatten(1), convolution.bias)
