"""A 3×3 convolution of a map whose pixels were each repeated twice, without ever making that map.

Of the nine pixels that an output looks at, some are copies of each other: four products with sums of the kernel's
weights give the same. Knows nothing of networks.
"""

import torch
from torch import Tensor
from torch.nn import functional


def doubled_convolution(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Returns conv2d(interpolate(x, scale_factor=2), weight, bias, padding=1), by 16 products instead of 36 per pixel.

    Measured, one AVX512-BF16 core, forward and backward in bfloat16, 8 crops: 160 to 40 channels on 32 × 32 in 25
    instead of 47 ms, 320 to 80 on 16 × 16 in 23 instead of 34 ms, 320 to 160 on 8 × 8 in 22 instead of 19 ms.

    Args:
        x: (N, C, H, W).
        weight: (K, C, 3, 3).
        bias: (K,).

    Returns:
        (N, K, 2H, 2W) in channels-last memory.
    """
    channels = len(weight)
    corners = functional.conv2d(x, corner_weights(weight), bias.repeat(4), padding=1)
    n, _, rows, cols = corners.shape
    phases = corners.permute(0, 2, 3, 1).reshape(n, rows, cols, 2, 2, channels)
    fine = phases.permute(0, 1, 3, 2, 4, 5).reshape(n, 2 * rows, 2 * cols, channels)
    return fine[:, 1:-1, 1:-1].permute(0, 3, 1, 2)


def corner_weights(weight: Tensor) -> Tensor:
    """Returns (4K, C, 2, 2) weights that make the four fine pixels around a corner where four coarse ones meet.

    Along one axis the fine pixel before the corner sees w₀ + w₁ of the coarse pixel before it and w₂ of the one behind;
    the fine pixel behind the corner sees w₀ and w₁ + w₂.

    Args:
        weight: (K, C, 3, 3).
    """
    rows = torch.stack([_pair(*weight.unbind(2), dim=2), _pair(*weight.unbind(2), dim=2, behind=True)])
    both = torch.stack([_pair(*rows.unbind(-1), dim=-1), _pair(*rows.unbind(-1), dim=-1, behind=True)], dim=1)
    return both.flatten(0, 2)


def _pair(first: Tensor, middle: Tensor, last: Tensor, *, dim: int, behind: bool = False) -> Tensor:
    return torch.stack([first, middle + last] if behind else [first + middle, last], dim=dim)
