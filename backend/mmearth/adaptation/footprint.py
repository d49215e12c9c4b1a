"""What ground a token sees: maps of tokens brought to another grid of the same extent by exact overlap of area.

Token (i, j) of an encoder covers pixels [patch·i, patch·(i + 1)) of rows and likewise of columns, so a map of tokens
divides its window into equal cells. Knows nothing of CRS, files or encoders.
"""

import torch
from torch import Tensor


def overlap_shares(cells: int, tokens: int) -> Tensor:
    """Returns which share of each cell every token covers, along one axis.

    Args:
        cells: Equal parts of a length.
        tokens: Equal parts of the same length.

    Returns:
        (cells, tokens) float64; rows add up to 1.
    """
    # In units of 1 / (cells · tokens) of the length every edge is an integer: shares are exact.
    cell_starts = torch.arange(cells)[:, None] * tokens
    token_starts = torch.arange(tokens)[None] * cells
    ends = torch.minimum(cell_starts + tokens, token_starts + cells)
    covered = (ends - torch.maximum(cell_starts, token_starts)).clamp(min=0)
    return covered.double() / tokens


def pool_tokens(tokens: Tensor, size: tuple[int, int]) -> Tensor:
    """Averages a map of tokens over the cells of another grid of the same extent, weighted by the area they share.

    Args:
        tokens: (N, C, h, w).
        size: (rows, cols) wanted; finer than the tokens repeats them.

    Returns:
        (N, C, rows, cols).
    """
    if tuple(tokens.shape[2:]) == tuple(size):
        return tokens
    down, across = (
        overlap_shares(cells, count).to(tokens.device, tokens.dtype)
        for cells, count in zip(size, tokens.shape[2:], strict=True)
    )
    return down @ tokens @ across.T
