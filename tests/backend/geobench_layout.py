"""Small data sets in the GEO-Bench v1.0 layout, with labels that a band gives away."""

import json
import pickle

import h5py
import numpy as np
from mmearth.evaluation.geobench_bands import NAMES

BANDS = tuple(NAMES)[:13]  # of Sentinel-2, as GEO-Bench names them
SPLITS = ("train", "valid", "test")
SIGNAL = "08 - NIR"
STEP = 800.0  # between classes, in the band that gives them away; the noise has 100
STATED_STD = 400.0  # of every band at least: as in a data set that holds other places, too


def statistics(values, largest_label, names=BANDS):
    """Band statistics as `band_stats.json` has them, of (N, B, H, W)."""
    found = {}
    for name, band in zip(names, values.swapaxes(0, 1), strict=True):
        std = max(STATED_STD, float(band.std()))
        found[name] = {"mean": float(band.mean()), "std": std, "max": float(band.max()), "min": float(band.min())}
    return {**found, "label": {"max": float(largest_label)}}


def draw(task, count, classes=3, side=16, seed=0):
    """Draws images (N, 13, side, side) and labels; the mean of `SIGNAL` tells the class of a sample or pixel."""
    draws = np.random.default_rng(seed)
    values = draws.normal(2000, 100, (count, len(BANDS), side, side))
    values[:, BANDS.index("10 - SWIR - Cirrus")] /= 100  # as L1C has it
    signal = values[:, BANDS.index(SIGNAL)]
    if task == "classes":
        labels = np.arange(count) % classes
        signal += STEP * labels[:, None, None]
    elif task == "multi_label":
        labels = draws.integers(0, 2, (count, classes))
        for label, name in enumerate((SIGNAL, "04 - Red", "11 - SWIR")[:classes]):
            values[:, BANDS.index(name)] += STEP * labels[:, label, None, None]
    else:
        labels = np.zeros((count, side, side), np.int64)
        for number, label in enumerate(labels):
            label[:, slice(draws.integers(4, side - 4), side)] = 1 + number % (classes - 1)
        signal += STEP * labels
    return values, labels


def write_sample(path, values, label, names=BANDS, how="pickle", extra=None):
    """Writes one sample; `how` says where its label lies: in the pickled attribute, a plain one, or an entry."""
    attributes = {name: {"date": None, "spatial_resolution": 10} for name in names}
    attributes["bands_order"] = list(names)
    with h5py.File(path, "w") as file:
        for name, band in zip(names, values, strict=True):
            file[name] = np.round(band).astype(np.int16) if np.abs(band).max() > 30 else band
        if how == "pickle":
            attributes["label"] = int(label) if np.ndim(label) == 0 else label
        elif how == "attribute":
            file.attrs["label"] = label
        elif how == "entry":
            file["label"] = label
        file.attrs["pickle"] = str(pickle.dumps({**(extra or {}), **attributes}))


def write_dataset(folder, task="classes", counts=(24, 9, 18), classes=3, shuffled=False, side=16, how="", seed=0):
    """Writes a data set with the partitions "default" and "0.50x_train"; returns its path as text.

    `shuffled` deals the labels out anew, so that nothing gives them away.
    """
    folder.mkdir()
    values, labels = draw(task, sum(counts), classes, side, seed)
    if shuffled:
        labels = labels[np.random.default_rng(seed + 1).permutation(len(labels))]
    names = [f"id_{number}" for number in range(sum(counts))]
    for name, image, label in zip(names, values, labels, strict=True):
        write_sample(
            folder / f"{name}.hdf5", image, label, how=how or ("entry" if task == "segmentation" else "pickle")
        )
    ends = np.cumsum(counts)
    parts = dict(zip(SPLITS, (list(part) for part in np.split(names, ends[:-1])), strict=True))
    parts = {split: [str(name) for name in part] for split, part in parts.items()}
    write_partition(folder, "default", parts)
    write_partition(folder, "0.50x_train", {**parts, "train": parts["train"][: counts[0] // 2]})
    (folder / "band_stats.json").write_text(json.dumps(statistics(values, classes - 1)))
    return str(folder)


def write_partition(folder, name, parts):
    (folder / f"{name}_partition.json").write_text(json.dumps(parts))
