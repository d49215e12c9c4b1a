"""Windows of pairs as an encoder takes them: standardised, cut where the new sensor's are too large for a step."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmearth.adaptation.footprint import pool_tokens
from mmearth.adaptation.pair_data import PairData
from mmearth.embedding.calibration import MIRROR_PX
from mmearth.progress import Report
from mmearth.weights.checkpoints import Weights

# Side of a crop of the new sensor, where it is finer. At 240 px a step of eight with the smallest encoder took 15 s of
# processor time and 4.7 GB (bench-adapt-speed), which is no training of minutes.
MOST_PX = 160
LEAST_CELLS = 2  # of the teacher, along each side of a crop
CALIBRATION = 32
FITTING = 64  # windows that the first convolution is fitted to


@dataclass(frozen=True)
class Cells:
    """Which of the teacher's cells a crop covers, of its last stage."""

    top: int
    left: int
    side: int

    def slices(self, factor: int) -> tuple[slice, slice]:
        """Returns the rows and columns of these cells where each has `factor` pixels a side."""
        bottom, right = self.top + self.side, self.left + self.side
        return slice(self.top * factor, bottom * factor), slice(self.left * factor, right * factor)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.side, self.side


class Windows:
    """Draws and cuts.

    Args:
        data: The pairs.
        patch_size: Of the encoders.
    """

    def __init__(self, data: PairData, patch_size: int) -> None:
        self._data = data
        self.count = len(data.reference)
        self.cells = data.reference.shape[-1] // patch_size
        target_px = data.target.shape[-1]
        self._cell_px, rest = divmod(target_px, self.cells)
        whole = rest > 0 or self._cell_px % patch_size > 0 or target_px <= MOST_PX
        fitting = max(LEAST_CELLS, MOST_PX // max(1, self._cell_px))
        self.side = self.cells if whole else min(self.cells, fitting)
        self.held_out = np.flatnonzero(data.held_out)
        self.training = np.flatnonzero(~data.held_out)

    def draw(self, count: int, generator: torch.Generator) -> np.ndarray:
        """Returns numbers of training windows, none twice where there are enough."""
        chosen = torch.randperm(len(self.training), generator=generator)[:count].numpy()
        if len(chosen) < count:
            more = torch.randint(len(self.training), (count - len(chosen),), generator=generator).numpy()
            chosen = np.concatenate([chosen, more])
        found: np.ndarray = self.training[chosen]
        return found

    def crops(self, indexes: np.ndarray, generator: torch.Generator) -> tuple[Tensor, list[Cells]]:
        """Returns crops (N, B, H, W) at random places, and the teacher's cells that they cover."""
        free = self.cells - self.side + 1
        places = torch.randint(free, (len(indexes), 2), generator=generator).tolist()
        return self._cut(indexes, [Cells(top, left, self.side) for top, left in places])

    def centre(self, indexes: np.ndarray) -> tuple[Tensor, list[Cells]]:
        """Returns the crops in the middle of windows."""
        first = (self.cells - self.side) // 2
        return self._cut(indexes, [Cells(first, first, self.side)] * len(indexes))

    def calibration(self, generator: torch.Generator) -> Tensor:
        """Returns some crops of training windows, mirrored until they are as wide as calibration needs them."""
        images = self.crops(self.draw(min(CALIBRATION, len(self.training)), generator), generator)[0]
        while images.shape[-1] <= MIRROR_PX:
            images = torch.cat([images, images.flip(3)], dim=3)
            images = torch.cat([images, images.flip(2)], dim=2)
        return images

    def on_reference(self, weights: Weights, report: Report) -> tuple[Tensor, Tensor]:
        """Returns training windows of both sensors on the pixels of the reference, (N, B, S, S) each, standardised."""
        data, side = self._data, self._data.reference.shape[-1]
        chosen = self.training[:FITTING]
        pooled = []
        for index in chosen:  # a window of 480 px takes tens of milliseconds
            report.check()
            target = _standard(data.target[index], data.target_mean.tolist(), data.target_std.tolist())
            pooled.append(pool_tokens(torch.from_numpy(target)[None], (side, side)))
        return torch.cat(pooled), self.references(chosen, weights)

    def references(self, indexes: np.ndarray, weights: Weights) -> Tensor:
        """Returns what the teacher sees of windows, (N, B, S, S) standardised, 0 where nothing is known."""
        statistics = weights.statistics(self._data.level)
        return torch.from_numpy(_standard(self._data.reference[indexes], statistics["mean"], statistics["std"]))

    def _cut(self, indexes: np.ndarray, cells: list[Cells]) -> tuple[Tensor, list[Cells]]:
        if self.side == self.cells:
            images = self._data.target[indexes]
        else:
            images = np.stack(
                [
                    self._data.target[index][(slice(None), *cell.slices(self._cell_px))]
                    for index, cell in zip(indexes, cells, strict=True)
                ]
            )
        data = self._data
        return torch.from_numpy(_standard(images, data.target_mean.tolist(), data.target_std.tolist())), cells


def _standard(images: np.ndarray, mean: list[float], std: list[float]) -> np.ndarray:
    means, stds = (np.asarray(values, np.float32)[:, None, None] for values in (mean, std))
    found: np.ndarray = np.nan_to_num((images - means) / stds, nan=0.0).astype(np.float32, copy=False)
    return found
