"""Does adapting to another sensor help to map it, and which way of learning helps most?

On real images: features of cells of ground, 4 pixels of the reference wide, tell buildings from other ground after 5
and after 20 labelled cells a class, by the nearest neighbours and by logistic regression. Cells that score lie in the
blocks of ground that the adaptation holds out as well; so each seed has its own blocks, training and draws of labels.
Beside the ways of learning stand the encoder with its first convolution cut to the target's bands, the target averaged
to the pixel size of the reference, plain statistics of the cell's pixels, and learning from pairs that do not belong
together. Where a place has no labels only the agreement on held-out ground is told. Every result is a line of JSON,
printed and kept as it comes.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/adapt_pairs.py --data ../shared/data --lines part.jsonl
        [--places kampala] [--arms "sliced;distill"] [--seeds 0,1,2] [--steps 60]
    .venv/bin/python backend/benchmarks/adapt_pairs.py --gather part.jsonl other.jsonl
"""

import argparse
import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from affine import Affine
from rasterio.features import rasterize
from rasterio.warp import transform_geom
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from benchmarks.fewshot_probe import macro_f1
from benchmarks.machine import machine, spoken
from mmearth import protocol
from mmearth.adaptation.adaptation import LEVELS, Adaptation
from mmearth.adaptation.adaptation_recipe import recipe_for
from mmearth.adaptation.averaged_references import averaged_references
from mmearth.adaptation.band_matches import match_bands
from mmearth.adaptation.footprint import pool_tokens
from mmearth.adaptation.pair_data import PairData, open_pairs
from mmearth.adaptation.student import build_teacher
from mmearth.models.convnextv2 import Encoder
from mmearth.weights.checkpoints import Weights, load_weights

BANDS, SLICED, RESAMPLED, SHUFFLED = "cell statistics", "sliced", "resampled", "distill, shuffled"
MAE_LAST = "mae, last step"
# `Adaptation` keeps the state that agrees best on held-out ground, which may be that before the first step; what these
# two learn is seen in the last.
LAST = (MAE_LAST, SHUFFLED)
ARMS = (BANDS, RESAMPLED, SLICED, *protocol.ADAPT_MODES, *LAST)
WINDOW_PX = 24  # of the places with labels, which are small and have holes
CELL_PX = 4  # side of a labelled cell in pixels of the reference
BUILDING, OTHER = 0.5, 0.1  # share of building from which a cell is one, and up to which it is other ground
UNSURE = -1
COUNTS = (5, 20)  # labelled cells a class
DRAWS = 10  # of labels, with each seed
NEIGHBOURS = 5
FINE = 8  # pixels along a pixel of the reference, in which buildings are drawn
_BATCH = 16


@dataclass(frozen=True)
class Place:
    """Images of one place.

    Attributes:
        target: Path in the folder of data.
        reference_m: Pixel size of the reference that is averaged from the target.
        working_m: Pixel size to work at; 0 is the target's own.
        labels: Building polygons, or empty.
        reference: Path of a real reference, or empty.
        target_bands: As in `protocol.AdaptRequest`.
        bands: Of a real reference, as there.
    """

    target: str
    reference_m: float = 0.0
    working_m: float = 0.0
    labels: str = ""
    reference: str = ""
    target_bands: dict[str, int] = field(default_factory=dict)
    bands: dict[str, int] = field(default_factory=dict)


PLACES = {
    "kampala": Place("hotosm_oam/kampala_rgb_z20.tif", 1.0, 0.3, "hotosm_oam/labels.geojson"),
    "atlanta": Place(  # the building polygons of this folder lie on this image, not on the pair below
        "spacenet_solaris/sample_geotiff.tif", 2.0, 0.0, "spacenet_solaris/geotiff_labels.geojson",
        target_bands={"B4": 1, "B3": 1, "B2": 1},  # one panchromatic band
    ),
    "solaris": Place(
        "spacenet_solaris/pan1.tif", reference="spacenet_solaris/ms1.tif", target_bands={"B3": 1},
        bands={"B2": 1, "B3": 2, "B4": 3, "B8": 4},
    ),
    "naip": Place("naip/m_4709963_se_14_1_20160816.tif", 10.0),
}  # fmt: skip


class Quiet:
    """A report that says nothing."""

    def progress(self, phase: str, done: float, total: float) -> None:
        """Ignores progress."""

    def check(self) -> None:
        """Goes on."""

    def log(self, message: str, level: str = "info") -> None:
        """Ignores sentences; the facts are in the lines."""

    def metrics(self, step: int, total: int, values: dict[str, float], picture: str = "") -> None:
        """Ignores the curve."""


def classes_of(shares: np.ndarray) -> np.ndarray:
    """Returns 1 for cells of building, 0 for other ground and `UNSURE` for those between."""
    return np.where(shares >= BUILDING, 1, np.where(shares <= OTHER, 0, UNSURE))


def building_shares(labels: Path, place: Path, transform: Affine, shape: tuple[int, int]) -> np.ndarray:
    """Returns which share of each pixel of a grid in the CRS of an image is building: (rows, cols)."""
    collection = json.loads(labels.read_text(encoding="utf-8"))
    named = collection.get("crs", {}).get("properties", {}).get("name", "EPSG:4326")
    with rasterio.open(place) as dataset:
        polygons = [transform_geom(named, dataset.crs, one["geometry"]) for one in collection["features"]]
    rows, cols = shape
    drawn = rasterize(polygons, (rows * FINE, cols * FINE), transform=transform @ Affine.scale(1 / FINE))
    shares: np.ndarray = drawn.reshape(rows, FINE, cols, FINE).mean(axis=(1, 3))
    return shares


def window_cells(image: np.ndarray, origin: np.ndarray, window_px: int) -> np.ndarray:
    """Averages an image over the cells of windows: (N, cells, cells).

    Args:
        image: (rows, cols), in pixels of the reference.
        origin: (N, 3) as in `PairData`.
        window_px: Side of a window.
    """
    cells = window_px // CELL_PX
    found = [
        image[row:row + window_px, col:col + window_px].reshape(cells, CELL_PX, cells, CELL_PX).mean(axis=(1, 3))
        for _, row, col in origin
    ]  # fmt: skip
    return np.array(found)


def side_by_side(origin: np.ndarray, window_px: int) -> np.ndarray:
    """Returns the numbers of the windows that do not overlap each other, so that no cell counts twice."""
    return np.flatnonzero((origin[:, 1:] % window_px == 0).all(axis=1))


def shuffled_pairs(data: PairData, rng: np.random.Generator) -> PairData:
    """Returns pairs of which each that is learned from has another's target; held-out ones stay true."""
    target = data.target.copy()
    order = rng.permutation(np.flatnonzero(~data.held_out))
    target[order] = data.target[np.roll(order, 1)]
    return replace(data, target=target)


def draw_support(classes: np.ndarray, free: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns the numbers of `count` cells of each class, among those that are free to learn from."""
    drawn = [rng.permutation(np.flatnonzero((classes == one) & free))[:count] for one in (0, 1)]
    if min(map(len, drawn)) < count:
        raise ValueError(f"{count} cells of each class are wanted; there are {[len(part) for part in drawn]}")
    return np.concatenate(drawn)


def few_shot_scores(
    features: np.ndarray, classes: np.ndarray, held_out: np.ndarray, rng: np.random.Generator
) -> dict[str, float]:
    """Returns macro F1 on held-out cells, mean over draws: "knn 5", "linear 5", …

    Args:
        features: (M, C) of all cells.
        classes: (M,) 0, 1 or `UNSURE`, which neither teach nor score.
        held_out: (M,) bool: cells that score.
        rng: Draws the cells that teach.
    """
    spread = features.std(axis=0)
    standard = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    query = held_out & (classes != UNSURE)
    found: dict[str, list[float]] = defaultdict(list)
    for count in COUNTS:
        for _ in range(DRAWS):
            support = draw_support(classes, ~held_out, count, rng)
            for name, learner in (
                ("knn", KNeighborsClassifier(NEIGHBOURS, metric="cosine")),
                ("linear", LogisticRegression(C=0.1, max_iter=500)),
            ):
                learner.fit(standard[support], classes[support])
                found[f"{name} {count}"].append(macro_f1(classes[query], learner.predict(standard[query]), 2))
    return {name: round(statistics.mean(values), 4) for name, values in found.items()}


@torch.inference_mode()
def encoder_cells(encoder: Encoder, images: Tensor, cells: int) -> np.ndarray:
    """Returns the maps of the compared stages in cells of windows: (N · cells · cells, C)."""
    encoder.train(False)
    parts = []
    for some in torch.split(images, _BATCH):
        maps = encoder(some.to(memory_format=torch.channels_last))
        parts.append(torch.cat([pool_tokens(maps[stage].float(), (cells, cells)) for stage in LEVELS], dim=1))
    return _rows(torch.cat(parts))


def statistic_cells(images: Tensor, cells: int) -> np.ndarray:
    """Returns mean and deviation of each band in cells of windows: (N · cells · cells, 2 · bands)."""
    mean = pool_tokens(images, (cells, cells))
    square = pool_tokens(images**2, (cells, cells))
    return _rows(torch.cat([mean, (square - mean**2).clamp(min=0).sqrt()], dim=1))


def _rows(maps: Tensor) -> np.ndarray:
    found: np.ndarray = maps.permute(0, 2, 3, 1).flatten(0, 2).numpy()
    return found


class Trial:
    """One place with one seed: its pairs, and what is to be told apart.

    Args:
        name: Key of `PLACES`.
        folder: Of the data.
        weights: Of the known sensor.
        seed: Of blocks, training and draws.
        steps: Of a training.
    """

    def __init__(self, name: str, folder: Path, weights: Weights, seed: int, steps: int) -> None:
        place, self._seed, self._weights = PLACES[name], seed, weights
        self._request = protocol.AdaptRequest(
            targets=(str(folder / place.target),),
            weights_out="",
            references=(str(folder / place.reference),) if place.reference else (),
            reference_m=place.reference_m,
            bands=place.bands,
            target_bands=place.target_bands,
            working_m=place.working_m,
            window_px=WINDOW_PX if place.labels else 0,
            steps=steps,
            seed=seed,
        )
        self._matches, _ = match_bands(self._request.targets[0], weights, place.target_bands)
        self.data = open_pairs(self._request, weights, Quiet())
        self._window_px = self.data.reference.shape[-1]
        self._shown = side_by_side(self.data.origin, self._window_px)
        self._classes = self._read_classes(folder / place.labels, place) if place.labels else None

    def _read_classes(self, labels: Path, place: Place) -> np.ndarray:
        target = self._request.targets[0]
        with (
            averaged_references(
                (target,), place.target_bands, place.reference_m, self._weights, Quiet()
            ) as (paths, _),
            rasterio.open(paths[0]) as made,
        ):  # fmt: skip
            shares = building_shares(labels, Path(target), made.transform, made.shape)
        return classes_of(window_cells(shares, self.data.origin[self._shown], self._window_px)).ravel()

    def counts(self) -> dict[str, int]:
        """Returns how many windows and labelled cells there are."""
        found = {"windows": len(self.data.held_out), "held_out": int(self.data.held_out.sum())}
        if self._classes is not None:
            free = self._cells_held_out()
            for part, where in (("train", ~free), ("score", free)):
                found[f"{part} building"] = int(((self._classes == 1) & where).sum())
                found[f"{part} other"] = int(((self._classes == 0) & where).sum())
        return found

    def run(self, arm: str) -> dict[str, Any]:
        """Returns the scores of one arm, with its agreement and seconds where there are such."""
        started_s = time.monotonic()
        cells, line = self._window_px // CELL_PX, dict[str, Any]()
        if arm == BANDS:
            found = statistic_cells(self._target(), cells)
        elif arm == RESAMPLED:
            found = self._resampled(cells)
        else:
            adaptation = self._adapt(arm)
            step = adaptation.step if arm in LAST else adaptation.best.step
            line = {"of_step": step, **adaptation.agreement()}
            found = encoder_cells(adaptation.student, self._target(), cells)
        if self._classes is not None:
            rng = np.random.default_rng(self._seed)
            line |= few_shot_scores(found, self._classes, self._cells_held_out(), rng)
        return {**line, "seconds": round(time.monotonic() - started_s, 1)}

    def _adapt(self, arm: str) -> Adaptation:
        shuffled = arm == SHUFFLED
        data = shuffled_pairs(self.data, np.random.default_rng(self._seed)) if shuffled else self.data
        mode = "mae" if arm == MAE_LAST else arm if arm in protocol.ADAPT_MODES else "distill"
        recipe = recipe_for(replace(self._request, mode=mode))
        adaptation = Adaptation(recipe, data, self._weights, self._matches, False, self._seed, torch.device("cpu"))
        if arm != SLICED:
            adaptation.run(Quiet(), lambda row: None)
        if arm not in (SLICED, *LAST):
            adaptation.student.load_state_dict(adaptation.best.state)
        return adaptation

    def _resampled(self, cells: int) -> np.ndarray:
        statistic = self._weights.statistics(self.data.level)
        images = _standard(self.data.reference[self._shown], statistic["mean"], statistic["std"])
        return encoder_cells(build_teacher(self._weights, torch.device("cpu")), images, cells)

    def _target(self) -> Tensor:
        return _standard(self.data.target[self._shown], self.data.target_mean, self.data.target_std)

    def _cells_held_out(self) -> np.ndarray:
        return np.repeat(self.data.held_out[self._shown], (self._window_px // CELL_PX) ** 2)


def _standard(images: np.ndarray, mean: Any, std: Any) -> Tensor:
    means, stds = (np.asarray(values, np.float32)[:, None, None] for values in (mean, std))
    return torch.from_numpy(np.nan_to_num((images - means) / stds).astype(np.float32))


def table(lines: Iterable[dict[str, Any]]) -> str:
    """Returns a table for each place and number of steps: mean ± deviation over seeds."""
    columns = [f"{name} {count}" for count in COUNTS for name in ("knn", "linear")]
    columns += ["retrieval", "chance", "cosine", "of_step"]
    runs: dict[tuple[str, int], dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        runs[line["place"], line["steps"]][line["arm"]].append(line)
    text = []
    for (place, steps), arms in runs.items():
        text += [
            f"{place}, {steps} steps",
            f"| arm | seeds | {' | '.join(columns)} |",
            "|---" * (len(columns) + 2) + "|",
        ]
        for arm in sorted(arms, key=ARMS.index):
            values = [[line[name] for line in arms[arm] if name in line] for name in columns]
            text.append(f"| {arm} | {len(arms[arm])} | {' | '.join(map(spoken_mean, values))} |")
    return "\n".join(text)


def spoken_mean(values: list[float]) -> str:
    """Returns mean ± deviation of a sample; the mean alone of one value, nothing of none."""
    if not values:
        return ""
    mean = f"{statistics.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.3f}"


def main() -> None:
    """Runs the chosen arms, or gathers the lines of runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the data; $MMEARTH_TEST_DATA if not given")
    parser.add_argument("--weights", default="", help="weights of the known sensor; the bundled ones if not given")
    parser.add_argument("--places", default=",".join(PLACES))
    parser.add_argument("--arms", default=";".join(ARMS), help="separated by semicolons")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--lines", type=Path, help="file that every result is added to")
    parser.add_argument("--gather", type=Path, nargs="+", help="files of lines to make one table of")
    options = parser.parse_args()
    if options.gather:
        print(table(json.loads(text) for file in options.gather for text in file.read_text("utf-8").splitlines()))
        return
    folder = options.data or Path(os.environ.get("MMEARTH_TEST_DATA") or "../shared/data")
    weights, lines = load_weights(options.weights), list[dict[str, Any]]()
    print(spoken(machine()), f"weights '{weights.name}'", sep="; ", flush=True)
    for name in options.places.split(","):
        for seed in map(int, options.seeds.split(",")):
            trial = Trial(name, folder, weights, seed, options.steps)
            print(name, f"seed {seed}", trial.counts(), trial.data.target.shape, flush=True)
            for arm in options.arms.split(";"):
                line = {"place": name, "seed": seed, "arm": arm, "steps": options.steps, **trial.run(arm)}
                lines.append(line)
                print(json.dumps(line), flush=True)
                if options.lines:
                    with options.lines.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(line) + "\n")
    print(table(lines))


if __name__ == "__main__":
    main()
