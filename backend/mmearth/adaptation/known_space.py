"""What the known encoder says of the ground of pairs, and the student's maps in the same cells and scale.

Knows no losses, no optimiser and no files.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmearth.adaptation.cancel_points import cancel_points
from mmearth.adaptation.footprint import pool_tokens
from mmearth.adaptation.student import build_teacher
from mmearth.adaptation.windows import Cells, Windows
from mmearth.models.convnextv2 import Encoder, best_dtype
from mmearth.progress import Report
from mmearth.weights.checkpoints import Weights

LEVELS = (0, 1, 2, 3)  # stages whose maps are compared: 1, 2, 4 and 8 pixels of a Sentinel-2 image
LEAST_SPREAD = 0.05  # of a channel on the pairs, in deviations of the weights: less is noise
HELD_BATCH = 4  # windows that are looked at together without gradients


class KnownSpace:
    """The space that the student is to come into.

    Channels are standardised by what the teacher says of these pairs, at each place of a window by itself: what all
    places have in common, or all edges of windows, is no agreement, and nothing to learn from.

    Args:
        weights: Of the known sensor.
        windows: Of both sensors.
        device: Where.
        report: Told meanwhile; cancels between the teacher's layers.

    Attributes:
        teacher: The known encoder as inference uses it.
        autocast: The faster precision of the device, for encoders.
    """

    def __init__(self, weights: Weights, windows: Windows, device: torch.device, report: Report) -> None:
        self.weights, self.device, self._cells = weights, device, windows.cells
        self.teacher = build_teacher(weights, device)
        dtype = best_dtype(device)
        self.autocast = torch.autocast(device.type, dtype, enabled=dtype != torch.float32)
        with cancel_points(self.teacher, report.check):
            self._said = self._look_at(windows, report)
        self._scales = self._take_scale(windows.training, report)

    def says(self, indexes: np.ndarray, cells: Sequence[Cells]) -> dict[int, Tensor]:
        """Returns what the teacher says of the cells of windows: (N, C, rows, cols) by stage."""
        found = {}
        for stage in LEVELS:
            factor = 2 ** (LEVELS[-1] - stage)
            parts = [
                self._said[stage][index][:, *cell.slices(factor)] for index, cell in zip(indexes, cells, strict=True)
            ]
            found[stage] = torch.stack(parts).float().to(self.device)
        return found

    def tokens(self, maps: list[Tensor], cells: Sequence[Cells]) -> dict[int, Tensor]:
        """Averages the student's maps over the teacher's cells, and brings each channel to the teacher's scale.

        Args:
            maps: Of all stages.
            cells: Of the teacher's last stage, that each window covers.
        """
        found = {}
        for stage in LEVELS:
            factor = 2 ** (LEVELS[-1] - stage)
            pooled = pool_tokens(maps[stage].float(), (cells[0].side * factor, cells[0].side * factor))
            mean, std = self._scales[stage]
            found[stage] = (pooled - torch.stack([mean[:, *cell.slices(factor)] for cell in cells])) / std
        return found

    def embed(self, encoder: Encoder, images: Tensor) -> Tensor:
        """Returns one vector an image, (N, C): the mean of the last stage's map, in the teacher's scale."""
        with self.autocast:
            maps = encoder(images.contiguous(memory_format=torch.channels_last))
        mean, std = self._scales[LEVELS[-1]]
        scaled: Tensor = (maps[LEVELS[-1]].float() - mean.mean(dim=(1, 2), keepdim=True)) / std
        return scaled.mean((2, 3))

    def common(self, stage: int, cells: Cells) -> Tensor:
        """Returns what windows have in common at each cell of the last stage, (cells, C), in the weights' scale."""
        mean, std = self._known_scale(stage)
        pooled = pool_tokens(((self._scales[stage][0].cpu() - mean) / std)[None], (self._cells, self._cells))
        rows, columns = cells.slices(1)
        return pooled[0, :, rows, columns].flatten(1).T

    def _take_scale(self, training: np.ndarray, report: Report) -> dict[int, tuple[Tensor, Tensor]]:
        """Standardises what the teacher said by the windows that are learned from.

        Returns:
            Stage → the mean (C, rows, cols) of the encoder's features in a window, and their deviation (C, 1, 1).
        """
        scales = {}
        for stage, said in self._said.items():
            report.check()
            mean = torch.stack([said[index] for index in training]).float().mean(dim=0)
            squares = torch.stack([((said[index].float() - mean) ** 2).mean(dim=(1, 2)) for index in training])
            std = squares.mean(dim=0).sqrt().clamp(min=LEAST_SPREAD)[:, None, None]
            self._said[stage] = [((values.float() - mean) / std).half() for values in said]
            known_mean, known_std = self._known_scale(stage)
            scales[stage] = ((known_mean + known_std * mean).to(self.device), (known_std * std).to(self.device))
        return scales

    def _known_scale(self, stage: int) -> tuple[Tensor, Tensor]:
        part = self.weights.stage_slices[stage]
        both = (self.weights.feature_mean[part], self.weights.feature_std[part])
        mean, std = (torch.from_numpy(values).float()[:, None, None] for values in both)
        return mean, std

    @torch.no_grad()
    def _look_at(self, windows: Windows, report: Report) -> dict[int, list[Tensor]]:
        """Returns what the teacher says of every window, once: it never changes. In the scale of the weights."""
        said: dict[int, list[Tensor]] = {stage: [] for stage in LEVELS}
        batches = np.split(np.arange(windows.count), range(HELD_BATCH, windows.count, HELD_BATCH))
        for done, indexes in enumerate(batches):
            report.progress("Looking at the references", done, len(batches))
            images = windows.references(indexes, self.weights)
            maps = self.teacher(images.to(self.device, memory_format=torch.channels_last))
            for stage in LEVELS:
                mean, std = self._known_scale(stage)
                said[stage].extend(((maps[stage].cpu() - mean) / std).half())
        return said
