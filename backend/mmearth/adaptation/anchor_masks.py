"""Masks for two images of one place, tied to the ground: both lose the same ground cells, or each keeps the other's.

After the anchor-aware masking of A²-MAE, arXiv:2406.08079; written from its idea. Where both lose the same cells,
nothing can be copied from one image to the other; where they complement each other, each shows what the other lacks.
Knows nothing of images.
"""

import torch
from torch import Tensor

from mmearth.adaptation.footprint import overlap_shares
from mmearth.models.fcmae import random_mask

MODES = ("same", "complementary")  # those of `protocol.ANCHORS` that mask a pair together


def anchor_masks(
    pairs: int, reference_side: int, target_side: int, mask_ratio: float, mode: str, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draws ground cells, those of the coarser grid, and masks both images of every pair by them.

    Where one side is a multiple of the other, every patch lies in one cell and the masks agree exactly. Else patches
    cross cells: those most of which lie in cells to be removed are removed, equally many in each pair.

    Args:
        pairs: Number N of pairs.
        reference_side: Patches along a side of the reference.
        target_side: Patches along a side of the target, of the same extent.
        mask_ratio: Share of the ground that the target loses; the reference loses as much with "same", the rest with
            "complementary".
        mode: One of `MODES`.
        generator: Of the CPU.

    Returns:
        Masks of the reference (N, reference_side²) and the target (N, target_side²), as `mask_from_noise` gives them:
        1 = removed, 0 = kept.
    """
    if mode not in MODES:
        raise ValueError(f"anchor mode is {mode!r}, not one of {', '.join(MODES)}")
    side = min(reference_side, target_side)
    ground = random_mask(pairs, side**2, mask_ratio, generator)
    target = _project(ground, side, target_side, generator)
    other = ground if mode == "same" else 1 - ground
    return _project(other, side, reference_side, generator), target


def _project(ground: Tensor, cells: int, side: int, generator: torch.Generator) -> Tensor:
    """Brings masks of cells, (N, cells²), to a grid of `side`² patches: those that have the most removed ground."""
    if side == cells:
        return ground
    shares = overlap_shares(side, cells)
    removed = shares @ ground.double().view(-1, cells, cells) @ shares.T
    # Patches with equally much removed ground are told apart by chance; unequal ones differ by at least 1 / cells².
    noise = torch.rand(removed.shape, generator=generator, dtype=torch.float64) * 0.5 / cells**2
    kept = round(int((ground[0] == 0).sum()) * side**2 / cells**2)
    order = (removed + noise).flatten(1).argsort(dim=1)
    return torch.ones(order.shape).scatter(1, order[:, :kept], 0.0)
