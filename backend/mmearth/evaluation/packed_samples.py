"""The samples of a data set as one standardised array on disk, from which batches are read. Knows nothing of models."""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmearth.errors import ResourceError
from mmearth.evaluation.geobench_bands import substitutes
from mmearth.evaluation.geobench_folder import SEGMENTATION, TASKS, GeoBenchFolder, Partition
from mmearth.progress import Report

_IMAGES, _MASKS = "images.npy", "masks.npy"


class PackedSamples:
    """Standardised images and labels of some samples.

    Args:
        folder: Data set.
        partitions: Whose samples are wanted.
        scratch: Folder for the array; the caller removes it.
        report: Told after every sample.

    Attributes:
        task, num_classes: Of the data set.
        bands: Sentinel-2 bands of the images, in order.
        labels: (N,) class numbers, (N, K) 0 or 1, both int64; or (N, H, W) class numbers, int16, on disk.

    Raises:
        InputError: a sample does not serve.
        ResourceError: the disk is full.
    """

    def __init__(self, folder: GeoBenchFolder, partitions: Sequence[Partition], scratch: Path, report: Report) -> None:
        names = sorted({name for partition in partitions for name in partition.samples})
        self._rows = {name: row for row, name in enumerate(names)}
        self.task, self.num_classes, self.bands = folder.task, folder.num_classes, folder.bands
        shape = (len(names), len(folder.bands), *folder.shape)
        mean, std = folder.mean[:, None, None], folder.std[:, None, None]
        _claim(scratch, 2 * math.prod(shape) + 2 * len(names) * math.prod(folder.shape))
        # Half precision keeps a standardised value to 0.05 %.
        self._images = np.lib.format.open_memmap(scratch / _IMAGES, mode="w+", dtype=np.float16, shape=shape)
        self.labels: np.ndarray
        if folder.task == SEGMENTATION:
            outline = (len(names), *folder.shape)
            self.labels = np.lib.format.open_memmap(scratch / _MASKS, mode="w+", dtype=np.int16, shape=outline)
        else:
            self.labels = np.zeros((len(names), folder.num_classes)[: TASKS.index(folder.task) + 1], np.int64)
        for row, name in enumerate(names):
            values, self.labels[row] = folder.read(name)
            self._images[row] = np.nan_to_num((values - mean) / std, nan=0.0).clip(-6e4, 6e4)
            report.progress("Reading samples", row + 1, len(names))

    def __enter__(self) -> "PackedSamples":
        return self

    def __exit__(self, *_: object) -> None:
        """Lets go of the arrays, so that their files can be removed on any system."""
        del self._images, self.labels

    def rows(self, names: Sequence[str]) -> np.ndarray:
        """Returns the rows in which samples lie."""
        return np.array([self._rows[name] for name in names], np.int64)

    def channels(self, bands: Sequence[str]) -> list[int]:
        """Returns which channel to feed for each band of a network; -1 where none is near."""
        return [self.bands.index(name) if name else -1 for name in substitutes(bands, self.bands)]

    def images(self, rows: np.ndarray, channels: Sequence[int]) -> Tensor:
        """Returns (N, C, H, W) float32; channels of -1 are 0, the mean."""
        read = torch.from_numpy(self._images[rows].astype(np.float32))
        absent = [place for place, channel in enumerate(channels) if channel < 0]
        images = read[:, [max(0, channel) for channel in channels]]
        images[:, absent] = 0
        return images


def _claim(scratch: Path, size_bytes: int) -> None:
    """Raises ResourceError where the disk has too little room: arrays on disk fail without a word when it is full."""
    free = shutil.disk_usage(scratch).free
    if free < size_bytes:
        raise ResourceError(
            f"The samples need {size_bytes / 1e9:.1f} GB in '{scratch.parent}'; {free / 1e9:.1f} GB are free.",
            "Free some space, or choose a folder on another disk.",
        )
