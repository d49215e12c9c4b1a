"""Tasks of the few-shot mapping benchmark as arrays: scenes, the pixels that train, the pixels that are scored.

Only these pixels are wanted of any feature. Knows nothing of features or classifiers.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.features import rasterize
from scipy.ndimage import binary_dilation

UNSCORED = 255
MAX_PIXELS_PER_POLYGON = 200  # as in the benchmark's own baselines
STANDARDISING_PIXELS = 4000  # of each labelled scene, for the mean and deviation of a feature
# One step of the benchmark's own buffer: a cross, then the diagonal neighbours of that.
BUFFER_STEP = binary_dilation(
    np.pad(np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]), 1), np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
)


Key = tuple[int, int]  # polygons per class, seed


@dataclass(frozen=True)
class Scene:
    """One scene, two dates stacked where the task has two.

    Attributes:
        values: (bands, rows, cols) float32, as in the file.
        valid: (rows, cols) bool.
        points: (P,) flat positions of the pixels whose features are wanted, ascending.
    """

    values: np.ndarray
    valid: np.ndarray
    points: np.ndarray


@dataclass(frozen=True)
class LabelSet:
    """Training and scored pixels; positions are indices into `Scene.points`.

    Attributes:
        training: Scene → (n,) positions.
        classes: Scene → (n,) class indices.
        polygons: Scene → (n,) numbers of polygons.
        standardising: Scene → positions of pixels that stand for a labelled scene.
        scored: Scene → (m,) positions.
        truth: (total m,) class indices, scene after scene.
    """

    training: dict[str, np.ndarray]
    classes: dict[str, np.ndarray]
    polygons: dict[str, np.ndarray]
    standardising: dict[str, np.ndarray]
    scored: dict[str, np.ndarray]
    truth: np.ndarray


@dataclass(frozen=True)
class Task:
    """One task of the benchmark.

    Attributes:
        name: Its folder.
        bands: Sentinel-2 names without leading zeros, in file order.
        dates: How many dates are stacked in the bands.
        level: "l2a", "l1c", or "" where the values are no reflectance.
        scale, offset: File value · scale + offset = reflectance.
        num_classes: K.
        scenes: Name → scene.
        mapped: Names of the scenes to be mapped.
        sets: (k, seed) → labels.
    """

    name: str
    bands: tuple[str, ...]
    dates: int
    level: str
    scale: float
    offset: float
    num_classes: int
    scenes: dict[str, Scene]
    mapped: tuple[str, ...]
    sets: dict[Key, LabelSet]


def load_tasks(
    bench: Path, data: Path, ks: list[int], seeds: list[int], scored_px: int, names: list[str] | None = None
) -> list[Task]:
    """Reads scenes, labels and truth.

    Args:
        bench: Folder of the benchmark.
        data: Folder that the paths of its scenes start from.
        ks: Polygons per class wanted.
        seeds: Label sets wanted.
        scored_px: How many scored pixels to draw per task; the draw is the same in every run.
        names: Tasks wanted; None means all.
    """
    files = sorted(bench.glob("*/task.json"))
    return [
        _load_task(file, data, ks, seeds, scored_px) for file in files if names is None or file.parent.name in names
    ]


def _load_task(file: Path, data: Path, ks: list[int], seeds: list[int], scored_px: int) -> Task:
    config = json.loads(file.read_text(encoding="utf-8"))
    folder = file.parent
    rng = np.random.default_rng(0)
    class_ids = [entry["id"] for entry in config["classes"]]
    values, transforms, truths = {}, {}, {}
    for entry in config["scenes"]:
        root = folder if entry.get("base") == "task" else data
        values[entry["id"]], transforms[entry["id"]] = _read_stack([root / path for path in entry["paths"]])
        if "test" in entry["role"]:
            with rasterio.open(folder / entry["truth"]) as dataset:
                truths[entry["id"]] = dataset.read(1).ravel()
    nodata = config["nodata"] or 0
    valid = {name: ~(stack == nodata).all(axis=0) for name, stack in values.items()}
    drawn = _draw_scored(truths, scored_px, rng)
    standard = {name: thin(np.flatnonzero(mask), STANDARDISING_PIXELS) for name, mask in valid.items()}
    sets: dict[Key, dict[str, Any]] = {}
    for seed in seeds:
        excluded = _excluded(config, folder, seed, valid, transforms)
        for k in ks:
            path = folder / f"labels/k{k}_s{seed}.geojson"
            pixels, classes, polygons = _training_pixels(path, valid, transforms, class_ids, rng)
            scored = {name: points[~excluded[name][points]] for name, points in drawn.items()}
            truth = np.concatenate([truths[name][points] for name, points in scored.items()])
            sets[k, seed] = {
                "training": pixels,
                "classes": classes,
                "polygons": polygons,
                "standardising": {name: standard[name] for name in pixels},
                "scored": scored,
                "truth": np.searchsorted(class_ids, truth),
            }
    scenes = {}
    for name, stack in values.items():
        wanted = [np.empty(0, np.int64)] + [
            group[kind].get(name, np.empty(0, np.int64))
            for group in sets.values()
            for kind in ("training", "standardising", "scored")
        ]
        scenes[name] = Scene(stack, valid[name], np.unique(np.concatenate(wanted)))
    label_sets = {
        key: LabelSet(
            classes=group["classes"],
            polygons=group["polygons"],
            truth=group["truth"],
            **{
                kind: {name: np.searchsorted(scenes[name].points, at) for name, at in group[kind].items()}
                for kind in ("training", "standardising", "scored")
            },
        )
        for key, group in sets.items()
    }
    dates = len({entry.get("date") for entry in config["bands"]})
    bands = tuple("B" + entry["s2"][1:].lstrip("0") for entry in config["bands"])
    level = "" if "Sentinel-2" not in config["sensor"] else "l1c" if "L1C" in config["sensor"] else "l2a"
    used = {name: scene for name, scene in scenes.items() if len(scene.points)}
    return Task(
        folder.name, bands, dates, level, config["scale"], config["offset"], len(class_ids), used, tuple(truths),
        label_sets,
    )  # fmt: skip


def _read_stack(paths: list[Path]) -> tuple[np.ndarray, Any]:
    stacks = []
    for path in paths:
        with rasterio.open(path) as dataset:
            stacks.append(np.nan_to_num(dataset.read().astype(np.float32)))
            transform = dataset.transform
    return np.concatenate(stacks), transform


def _draw_scored(truths: dict[str, np.ndarray], scored_px: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draws evenly from the scored pixels of all scenes together; returns flat positions."""
    known = {name: np.flatnonzero(truth != UNSCORED) for name, truth in truths.items()}
    share = min(1.0, scored_px / sum(map(len, known.values())))
    return {name: np.sort(rng.permutation(points)[: round(len(points) * share)]) for name, points in known.items()}


def thin(points: np.ndarray, count: int) -> np.ndarray:
    return points[:: max(1, len(points) // count)]


def _excluded(
    config: dict[str, Any], folder: Path, seed: int, valid: dict[str, np.ndarray], transforms: dict[str, Any]
) -> dict[str, np.ndarray]:
    """Marks the polygons of the seed's largest set and a buffer around them, which no k is scored on."""
    k = max(entry["k"] for entry in config["label_sets"] if entry["seed"] == seed)
    masks = {name: np.zeros(mask.shape, bool) for name, mask in valid.items()}
    for polygon in _read_polygons(folder / f"labels/k{k}_s{seed}.geojson"):
        name = polygon["properties"]["scene"]
        masks[name] |= _burn(polygon, masks[name].shape, transforms[name], all_touched=True)
    steps = config.get("exclude_buffer_px", 3)
    return {name: binary_dilation(mask, BUFFER_STEP, iterations=steps).ravel() for name, mask in masks.items()}


def _training_pixels(
    path: Path,
    valid: dict[str, np.ndarray],
    transforms: dict[str, Any],
    class_ids: list[int],
    rng: np.random.Generator,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Returns flat positions, class indices and polygon numbers of the labelled pixels of each scene."""
    pixels: dict[str, list[np.ndarray]] = {}
    classes: dict[str, list[np.ndarray]] = {}
    polygons: dict[str, list[np.ndarray]] = {}
    for index, polygon in enumerate(_read_polygons(path)):
        name = polygon["properties"]["scene"]
        inside = _burn(polygon, valid[name].shape, transforms[name], all_touched=False)
        if not inside.any():
            inside = _burn(polygon, valid[name].shape, transforms[name], all_touched=True)
        found = np.flatnonzero(inside & valid[name])
        if len(found) > MAX_PIXELS_PER_POLYGON:
            found = rng.permutation(found)[:MAX_PIXELS_PER_POLYGON]
        pixels.setdefault(name, []).append(found)
        number = class_ids.index(polygon["properties"]["class_id"])
        classes.setdefault(name, []).append(np.full(len(found), number))
        polygons.setdefault(name, []).append(np.full(len(found), index))
    return (
        {name: np.concatenate(parts) for name, parts in pixels.items()},
        {name: np.concatenate(parts) for name, parts in classes.items()},
        {name: np.concatenate(parts) for name, parts in polygons.items()},
    )


def _read_polygons(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["features"]  # type: ignore[no-any-return]


def _burn(polygon: dict[str, Any], shape: tuple[int, ...], transform: Any, all_touched: bool) -> np.ndarray:
    burnt = rasterize([(polygon["geometry"], 1)], shape, transform=transform, all_touched=all_touched, dtype="uint8")
    return np.asarray(burnt > 0)
