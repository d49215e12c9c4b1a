"""Reads data sets in the GEO-Bench v1.0 layout (Lacoste et al. 2023, arXiv:2306.03831): one HDF5 file per sample.

Beside the samples lie `*_partition.json`, `band_stats.json` and, pickled, `task_specs.pkl`. Whatever is pickled is read
as inert data and never unpickled. Knows nothing of networks.
"""

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch.nn import functional

from mmearth.errors import InputError
from mmearth.evaluation.geobench_bands import find_bands, statistics_name, unit_factor
from mmearth.evaluation.inert_pickle import Inert, NotPlain, read_inert

CLASSES, MULTI_LABEL, SEGMENTATION = TASKS = ("classes", "multi_label", "segmentation")
SPLITS = ("train", "valid", "test")
_PARTITION, _LABEL = "_partition.json", "label"
_WHOLE = "Download the whole data set again, or choose a folder in the GEO-Bench layout."
_LOOKED_AT = 16  # training samples whose mean tells the unit


@dataclass(frozen=True)
class Partition:
    """Names of samples to learn from, to watch, and to test on."""

    name: str
    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def samples(self) -> tuple[str, ...]:
        """All of them."""
        return self.train + self.valid + self.test


class GeoBenchFolder:
    """One data set.

    Args:
        folder: Holds `<sample>.hdf5`, `<name>_partition.json` and `band_stats.json`.

    Attributes:
        name: Name of the folder.
        task: One of `TASKS`.
        num_classes: K.
        bands: Sentinel-2 bands that the samples hold, in the order of `modalities`.
        mean, std: (B,) of these bands, as the data set states them, in the samples' unit.
        shape: Rows and columns of a sample.
        partitions: Names of the partitions, in order.
        notes: Sentences about what was found and put right.

    Raises:
        InputError: no such folder, or files are missing, damaged or not in the layout.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self.name = self._folder.resolve().name
        if not self._folder.is_dir():
            raise InputError(f"There is no folder '{folder}'.", "Choose the folder of a data set.")
        suffix = len(_PARTITION)
        self.partitions = tuple(sorted(path.name[:-suffix] for path in self._folder.glob(f"*{_PARTITION}")))
        if not self.partitions:
            raise InputError(f"'{self.name}' holds no partition (no file '*{_PARTITION}').", _WHOLE)
        self._statistics: dict[str, Any] = _read_json(self._folder / "band_stats.json")
        first = next(iter(sorted(self._folder.glob("*.hdf5"))), None)
        if first is None:
            raise InputError(f"'{self.name}' holds no samples (no file '*.hdf5').", _WHOLE)
        with _open(first) as file:
            keys = [key for key in file if not key.startswith(_LABEL)]
            entries, self.notes = find_bands(keys, self._statistics, self.name)
            self.shape = max(tuple(file[key].shape[:2]) for key in entries.values())
            label = self._read_label(file, first.name)
        self.bands, self._entries = tuple(entries), tuple(entries.values())
        self.task = CLASSES if label.ndim == 0 else MULTI_LABEL if label.ndim == 1 else SEGMENTATION
        self.num_classes = len(label) if label.ndim == 1 else self._count_classes()
        stated = [self._statistics[statistics_name(key)] for key in self._entries]
        self.mean = np.array([entry["mean"] for entry in stated], np.float32)
        self.std = np.array([entry["std"] for entry in stated], np.float32)
        if not (np.isfinite(self.mean).all() and np.isfinite(self.std).all() and self.std.min() > 0):
            raise InputError(f"band_stats.json of '{self.name}' holds a std of 0 or no number.", "Correct it.")

    def partition(self, name: str) -> Partition:
        """Reads a partition and checks that all its samples are there.

        Raises:
            InputError: there is no such partition, it is empty or damaged, or samples are missing.
        """
        if name not in self.partitions:
            raise InputError(
                f"'{self.name}' has no partition '{name}'; found: {', '.join(self.partitions)}.", "Choose one of these."
            )
        found = _read_json(self._folder / f"{name}{_PARTITION}")
        lists = [found.get(split) for split in SPLITS]
        if not all(isinstance(names, list) for names in lists):
            raise InputError(f"The partition '{name}' of '{self.name}' lacks one of {', '.join(SPLITS)}.", _WHOLE)
        partition = Partition(name, *(tuple(str(sample) for sample in names or ()) for names in lists))
        there = {path.stem for path in self._folder.glob("*.hdf5")}
        parts = [getattr(partition, split) for split in SPLITS]
        missing = [sample for sample in partition.samples if sample not in there]
        if missing:
            counts = ", ".join(
                f"{sum(sample in there for sample in names)} of {len(names)} for {split}"
                for split, names in zip(SPLITS, parts, strict=True)
            )
            raise InputError(
                f"The partition '{name}' of '{self.name}' names {len(partition.samples)} samples, but the folder holds "
                f"{counts}; '{missing[0]}.hdf5' is missing. Without them nothing can be learnt, or tested.",
                _WHOLE,
            )
        if not partition.train or not partition.test:
            empty = "train" if not partition.train else "test"
            raise InputError(f"The partition '{name}' of '{self.name}' has no samples for {empty}.", _WHOLE)
        both = set(partition.train) & set(partition.test)
        if both:
            raise InputError(
                f"The partition '{name}' of '{self.name}' has '{min(both)}' in train and in test: scores would be "
                "too good.",
                "Take it out of one of them.",
            )
        return partition

    def measure_unit(self, partition: Partition) -> None:
        """Brings `mean` and `std` to the samples' unit, as some training samples show it, with a note."""
        step = max(1, len(partition.train) // _LOOKED_AT)
        means = [np.nanmean(self.read(sample)[0], axis=(1, 2)) for sample in partition.train[::step]]
        factor = unit_factor(self.mean, np.mean(means, axis=0))
        if factor != 1:
            self.mean, self.std = self.mean * np.float32(factor), self.std * np.float32(factor)
            self.notes.append(f"The band statistics of '{self.name}' are in another unit; multiplied by {factor:g}.")

    def read(self, sample: str) -> tuple[np.ndarray, np.ndarray]:
        """Reads a sample.

        Returns:
            (B, H, W) float32 as stored, and its label: () class number, (K,) 0 or 1, or (H, W) class numbers; int64.

        Raises:
            InputError: the file is damaged, has other bands or another size, or a label outside the class list.
        """
        path = self._folder / f"{sample}.hdf5"
        with _open(path) as file:
            lacking = [key for key in self._entries if key not in file]
            if lacking:
                raise InputError(f"'{path.name}' has no band '{lacking[0]}', unlike the first sample.", _WHOLE)
            try:
                bands = [_plane(file[key]) for key in self._entries]
            except (OSError, ValueError, TypeError) as error:
                raise InputError(f"'{path.name}' cannot be read: {error}.", _WHOLE) from error
            label = self._read_label(file, path.name)
        if max(band.shape for band in bands) != self.shape:
            rows, cols = max(band.shape for band in bands)
            raise InputError(
                f"'{path.name}' has {rows} × {cols} pixels, the first sample {self.shape[0]} × {self.shape[1]}.",
                "Bring all samples to one size.",
            )
        values = np.stack([_resized(band, self.shape) for band in bands])
        self._check_label(label, path.name)
        return np.nan_to_num(values, nan=np.nan, posinf=np.nan, neginf=np.nan), label

    def _read_label(self, file: h5py.File, name: str) -> np.ndarray:
        """Returns the label of an open sample: an entry or a plain attribute, else out of its pickled attribute."""
        keys = sorted(key for key in file if key.startswith(_LABEL))
        value: Any = None
        if keys:
            value = np.asarray(file[keys[0]])
            value = value[..., 0] if value.ndim == 3 else value
        elif _LABEL in file.attrs:
            value = file.attrs[_LABEL]
        elif "pickle" in file.attrs:
            value = _pickled_label(file.attrs["pickle"], name)
        found = None if value is None or isinstance(value, Inert | str) else np.asarray(value)
        if found is None or found.ndim > 2 or found.dtype.kind not in "biuf" or not np.isfinite(found).all():
            raise InputError(
                f"'{name}' gives no label that can be read: no entry or attribute '{_LABEL}', and none in its pickled "
                "attribute, which is read without running it.",
                "Store the label as an entry 'label' of the HDF5 file.",
            )
        if np.any(found != np.round(found)):
            raise InputError(f"The label of '{name}' holds fractions; only classes are compared here.", _WHOLE)
        return found.astype(np.int64)

    def _check_label(self, label: np.ndarray, name: str) -> None:
        dimensions = TASKS.index(self.task)
        if label.ndim != dimensions or (dimensions == 2 and label.shape != self.shape):
            raise InputError(
                f"The label of '{name}' has shape {label.shape}, unlike that of the first sample.",
                "Give all samples labels of one kind and size.",
            )
        if self.task == MULTI_LABEL:
            if len(label) != self.num_classes or not np.isin(label, (0, 1)).all():
                raise InputError(
                    f"The label of '{name}' is no list of {self.num_classes} zeros and ones.",
                    "Give one number for each class.",
                )
        elif label.min() < 0 or label.max() >= self.num_classes:
            outside = label.min() if label.min() < 0 else label.max()
            raise InputError(
                f"'{name}' has the class {outside}; '{self.name}' has {self.num_classes}, 0 … {self.num_classes - 1}.",
                "Correct the label, or the class list of the data set (task_specs.pkl, or 'label' in band_stats.json).",
            )

    def _count_classes(self) -> int:
        """Returns how many classes the data set states."""
        path = self._folder / "task_specs.pkl"
        if path.is_file():
            try:
                count = int(read_inert(path.read_bytes()).state["label_type"].state["n_classes"])
            except (NotPlain, AttributeError, KeyError, TypeError, ValueError):
                count = 0  # then the statistics tell
            if count > 1:
                return count
        largest = self._statistics.get(_LABEL, {}).get("max")
        if not isinstance(largest, int | float) or largest < 1:
            raise InputError(
                f"'{self.name}' does not say how many classes it has: neither task_specs.pkl nor 'label' in "
                "band_stats.json do.",
                'Add {"label": {"max": largest class number}} to band_stats.json; two classes are the least.',
            )
        return int(largest) + 1


def _open(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"'{path.name}' is no HDF5 file, or is damaged: {error}.", _WHOLE) from error


def _plane(entry: h5py.Dataset) -> np.ndarray:
    """Returns a band (rows, cols) as float32."""
    values = np.asarray(entry, np.float32)
    values = values[..., 0] if values.ndim == 3 and values.shape[-1] == 1 else values
    if values.ndim != 2:
        raise ValueError(f"a band has shape {values.shape}")
    return values


def _resized(band: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Returns a band that has coarser pixels than the others at their size, interpolated bilinearly."""
    if band.shape == shape:
        return band
    fine = functional.interpolate(torch.from_numpy(band)[None, None], size=shape, mode="bilinear")
    return fine[0, 0].numpy()


def _pickled_label(text: Any, name: str) -> Any:
    """Returns what stands under "label" in the attribute "pickle", which is the text of a bytes literal."""
    try:
        data = ast.literal_eval(text) if isinstance(text, str) else bytes(text)
        found = read_inert(data)
    except (NotPlain, ValueError, SyntaxError, TypeError, MemoryError) as error:
        raise InputError(f"The pickled attribute of '{name}' cannot be read: {error}.", _WHOLE) from error
    return found.get(_LABEL) if isinstance(found, dict) else None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"'{path.name}' is missing in '{path.parent.name}'.", _WHOLE) from error
    except ValueError as error:
        raise InputError(f"'{path.name}' of '{path.parent.name}' is no JSON: {error}.", _WHOLE) from error
    if not isinstance(found, dict):
        raise InputError(f"'{path.name}' of '{path.parent.name}' holds no JSON object.", _WHOLE)
    return found
