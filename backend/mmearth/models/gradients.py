"""Operations whose gradients are written by hand, because those that autograd derives cost a multiple.

Measured on one AVX-512 core, 32 crops of 56 px, widths of atto: docs/decisions/0007-training-speed.md. Knows nothing of
networks.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


class ResponseNorm(torch.autograd.Function):
    """x · (1 + γ·Nx) + β with Nx = G / (mean over channels of G + eps), G the L2 norm over pixels.

    Keeps x and vectors only, and never leaves the precision of x but for sums.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
        """Takes units (S, P, C), S independent sets of P pixels, and (C,) γ and β; returns units in x's precision."""
        # Squares and their sum take a tenth of the time of torch.linalg.vector_norm over a dimension that is not last.
        norm = x.to(torch.promote_types(x.dtype, torch.float32)).square().sum(dim=1).sqrt()
        mean = norm.mean(dim=-1, keepdim=True) + eps
        factor = (1 + gamma * (norm / mean)).to(x.dtype)[:, None]
        ctx.save_for_backward(x, gamma, norm, mean, factor)
        return torch.addcmul(beta.to(x.dtype), x, factor)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Returns the gradients of x, γ and β."""
        x, gamma, norm, mean, factor = ctx.saved_tensors
        of_factor = (gradient.to(norm.dtype) * x).sum(dim=1)
        of_gamma = (of_factor * (norm / mean)).sum(dim=0)
        of_response = of_factor * gamma
        of_mean = (of_response * norm).sum(dim=-1, keepdim=True) / mean.square()
        of_norm = of_response / mean - of_mean / norm.shape[-1]
        # A channel that is 0 everywhere has norm 0; its gradient is 0, as for torch's own norm.
        per_unit = torch.where(norm > 0, of_norm / norm, 0).to(x.dtype)[:, None]
        of_x = torch.addcmul(gradient * factor, x, per_unit)
        of_beta = gradient.sum(dim=(0, 1), dtype=norm.dtype)
        return of_x, of_gamma, of_beta.to(gamma.dtype), None


class Gather(torch.autograd.Function):
    """Rows at distinct positions. Backward writes each row once, where indexing would add row by row."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, positions: Tensor) -> Tensor:
        """Takes (R, C) and (P,); returns (P, C)."""
        ctx.save_for_backward(positions)
        ctx.rows = len(rows)
        return rows.index_select(0, positions)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Returns the gradient of the rows."""
        (positions,) = ctx.saved_tensors
        return scatter_rows(gradient, positions, ctx.rows), None


class Scatter(torch.autograd.Function):
    """Rows written to distinct positions of a matrix of zeros."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, positions: Tensor, size: int) -> Tensor:
        """Takes (P, C) and (P,); returns (size, C)."""
        ctx.save_for_backward(positions)
        return scatter_rows(rows, positions, size)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Returns the gradient of the rows."""
        (positions,) = ctx.saved_tensors
        return gradient.index_select(0, positions), None, None


class PatchConvolution(torch.autograd.Function):
    """Depthwise convolution at the cells of some patches of a map that is 0 elsewhere.

    Every patch is convolved with a margin around it, and nothing between the patches is computed.
    """

    @staticmethod
    def forward(ctx: Any, tokens: Tensor, weight: Tensor, bias: Tensor, layout: "PatchLayout") -> Tensor:
        """Takes tokens (N, V, s, s, C), weight (C, 1, k, k) and bias (C,); returns tokens."""
        ctx.save_for_backward(tokens, weight)
        ctx.layout = layout
        return _as_tokens(functional.conv2d(layout.with_margin(tokens), weight, bias, groups=len(bias)), tokens.shape)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Returns the gradients of tokens, weight and bias."""
        tokens, weight = ctx.saved_tensors
        gradient = gradient.contiguous()
        channels = len(weight)
        around = ctx.layout.with_margin(gradient)
        of_tokens = functional.conv2d(around, weight.flip(2, 3), groups=channels)
        of_patches = gradient.flatten(0, 1).permute(0, 3, 1, 2)
        _, of_weight, _ = torch.ops.aten.convolution_backward(
            of_patches, ctx.layout.with_margin(tokens), weight, None, [1, 1], [0, 0], [1, 1], False, [0, 0], channels,
            [False, True, False],
        )  # fmt: skip
        return _as_tokens(of_tokens, tokens.shape), of_weight, gradient.sum(dim=(0, 1, 2, 3)), None


class PatchLayout:
    """Where patches lie in a map with a margin of zeros around it.

    Args:
        cells: (N·V·s²,) positions of the tokens in the flattened (N, H + 2m, W + 2m) map.
        around: (N·V·(s + 2m)²,) positions of the patches with their margins in the same map.
        size: N · (H + 2m) · (W + 2m).
        side: s + 2m.
    """

    def __init__(self, cells: Tensor, around: Tensor, size: int, side: int) -> None:
        self._cells, self._around, self._size, self._side = cells, around, size, side

    def with_margin(self, tokens: Tensor) -> Tensor:
        """Takes tokens (N, V, s, s, C); returns (N·V, C, s + 2m, s + 2m) in channels-last memory."""
        channels = tokens.shape[-1]
        rows = scatter_rows(tokens.reshape(-1, channels), self._cells, self._size).index_select(0, self._around)
        return rows.view(-1, self._side, self._side, channels).permute(0, 3, 1, 2)


def scatter_rows(rows: Tensor, positions: Tensor, size: int) -> Tensor:
    """Writes (P, C) rows to distinct positions (P,) of zeros (size, C)."""
    return rows.new_zeros(size, rows.shape[1]).index_copy_(0, positions, rows.contiguous())


def _as_tokens(maps: Tensor, shape: torch.Size) -> Tensor:
    return maps.permute(0, 2, 3, 1).reshape(shape)
