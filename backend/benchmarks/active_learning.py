"""Do suggested places teach the few-shot recipe more than places drawn at random? Macro-F1 after each round of labels.

Every run starts with one polygon per class. A round adds a few points; each becomes a polygon, the pixels of the 5 × 5
around it that the dense reference gives its class. Both ways choose among the same candidate pixels, keep the same
distance and pay the same. A chequerboard of blocks separates candidates from the pixels that are scored. Prints tables
and writes one JSON.

    .venv/bin/python backend/benchmarks/active_learning.py --bench ../shared/bench/fewshot [--cache FOLDER]
"""

import argparse
import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from scipy.ndimage import maximum_filter

from benchmarks.fewshot_probe import macro_f1
from benchmarks.fewshot_recipe import Encode, encoder_stages, task_pixels
from benchmarks.fewshot_tasks import UNSCORED, Task, load_tasks
from benchmarks.machine import machine, spoken
from mmearth.classifiers.novelty import fit_novelty
from mmearth.classifiers.recipe_heads import fit_recipe
from mmearth.mapping.recipe_features import RecipeFeatures
from mmearth.mapping.suggestions import (
    APART_PX,
    CLEAR_PX,
    HOMOGENEOUS,
    Candidates,
    choose_points,
    homogeneity,
    near,
    neighbours,
)
from mmearth.models.convnextv2 import best_dtype
from mmearth.weights.checkpoints import build_encoder, load_weights

BLOCK_PX, EDGE_PX = 64, 4  # of the chequerboard; candidates keep away from the edges of their blocks
POLYGON_PX = 5
SET_SEEDS, START_K = (0, 1, 2, 3, 4), 3  # label sets that the first polygons are taken from

Labels = tuple[np.ndarray, np.ndarray]  # flat positions of the pixels of one polygon, their class index


@dataclass(frozen=True)
class Ground:
    """One task: a scene whose truth is known.

    Attributes:
        shape: Rows and columns.
        truth: Flat class indices, -1 where it is not known.
        valid: Flat bool.
        row_of: Flat position → row of `features`, -1 where there is none.
        features: (P, d) features x.
        unlabelled: (m, d) features x of pixels drawn from the scene.
        candidates: (n,) flat positions.
        scored: (s,) flat positions.
        starts: First polygons of each run.
        num_classes: K.
    """

    shape: tuple[int, int]
    truth: np.ndarray
    valid: np.ndarray
    row_of: np.ndarray
    features: np.ndarray
    unlabelled: np.ndarray
    candidates: np.ndarray
    scored: np.ndarray
    starts: list[list[Labels]]
    num_classes: int

    def at(self, flat: np.ndarray) -> np.ndarray:
        """Returns the features of pixels; zeros where there are none."""
        rows = self.row_of[flat]
        found: np.ndarray = np.where((rows >= 0)[:, None], self.features[rows], 0)
        return found


Choose = Callable[[Candidates, np.ndarray, int, np.random.Generator], list[int]]


def at_random(candidates: Candidates, polygons: np.ndarray, count: int, rng: np.random.Generator) -> list[int]:
    """Chooses evenly among the candidates, as far apart as suggestions are."""
    free, chosen = np.ones(len(candidates.rows), bool), list[int]()
    for index in rng.permutation(len(free)):
        if free[index] and len(chosen) < count:
            chosen.append(int(index))
            free &= ~near(candidates.rows, candidates.cols, candidates.rows[index], candidates.cols[index])
    return chosen


def at_random_inside(candidates: Candidates, polygons: np.ndarray, count: int, rng: np.random.Generator) -> list[int]:
    """The same among the candidates whose surroundings are predicted alike."""
    inside = np.flatnonzero(candidates.homogeneity >= HOMOGENEOUS)
    part = replace(candidates, rows=candidates.rows[inside], cols=candidates.cols[inside])
    return [int(inside[index]) for index in at_random(part, polygons, count, rng)]


def suggested(candidates: Candidates, polygons: np.ndarray, count: int, rng: np.random.Generator) -> list[int]:
    """Chooses as the plugin does."""
    return [choice.index for choice in choose_points(candidates, count, polygons)]


WAYS: dict[str, Choose] = {"random": at_random, "random, homogeneous": at_random_inside, "suggested": suggested}


def prepare(task: Task, bench: Path, encode: Encode | None, options: argparse.Namespace) -> Ground:
    """Computes the features of all pixels that any run may want."""
    (name,) = task.mapped
    scene = task.scenes[name]
    config = json.loads((bench / task.name / "task.json").read_text(encoding="utf-8"))
    (entry,) = config["scenes"]
    with rasterio.open(bench / task.name / entry["truth"]) as dataset:
        stored = dataset.read(1)
    shape = stored.shape
    ids = np.array([info["id"] for info in config["classes"]])
    truth = np.where(stored == UNSCORED, -1, np.searchsorted(ids, stored)).ravel()
    valid = scene.valid.ravel()
    rows, cols = np.indices(shape)
    pool = (rows // BLOCK_PX + cols // BLOCK_PX) % 2 == 0
    places = np.minimum(rows % BLOCK_PX, cols % BLOCK_PX), np.maximum(rows % BLOCK_PX, cols % BLOCK_PX)
    inner = (places[0] >= EDGE_PX) & (places[1] < BLOCK_PX - EDGE_PX)
    inner &= (rows >= EDGE_PX) & (rows < shape[0] - EDGE_PX) & (cols >= EDGE_PX) & (cols < shape[1] - EDGE_PX)
    known = (truth >= 0) & valid
    starts = [_start(task, name, run) for run in range(options.runs)]
    taken = np.zeros(shape, bool)
    for polygons in starts:
        for flat, _ in polygons:
            taken.ravel()[flat] = True
    clear = ~maximum_filter(taken, 2 * EDGE_PX + 1).ravel()
    rng = np.random.default_rng(0)
    candidates = np.sort(rng.permutation(np.flatnonzero((pool & inner).ravel() & known))[: options.candidates])
    scored = np.sort(rng.permutation(np.flatnonzero(~pool.ravel() & known & clear))[: options.scored_px])
    around = np.concatenate([neighbours(*np.unravel_index(candidates, shape)), _square(candidates, shape)], axis=2)
    wanted = np.unique(
        np.concatenate([_flat(around, shape).ravel(), scored, *[flat for start in starts for flat, _ in start]])
    )
    wanted = wanted[valid[wanted]]
    points, sample = _features(task, name, wanted, encode, options.cache)
    row_of = np.full(truth.size, -1)
    row_of[wanted] = np.arange(len(wanted))
    return Ground(
        shape, truth, valid, row_of, points, sample, candidates, scored, starts, task.num_classes
    )  # fmt: skip


def _start(task: Task, name: str, run: int) -> list[Labels]:
    """Returns a polygon of each class: of another label set in every run, then another polygon of it."""
    labels = task.sets[START_K, SET_SEEDS[run % len(SET_SEEDS)]]
    flat = task.scenes[name].points[labels.training[name]]
    classes, polygons = labels.classes[name], labels.polygons[name]
    found = []
    for number in range(task.num_classes):
        own = np.unique(polygons[classes == number])
        inside = polygons == own[run // len(SET_SEEDS) % len(own)]
        found.append((flat[inside], classes[inside]))
    return found


def _square(flat: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Returns (2, n, 25) rows and columns of the square around pixels."""
    half = POLYGON_PX // 2
    rows, cols = np.unravel_index(flat, shape)
    down, right = (part.ravel() for part in np.indices((POLYGON_PX, POLYGON_PX)) - half)
    return np.stack([rows[:, None] + down, cols[:, None] + right])


def _flat(places: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    found: np.ndarray = np.ravel_multi_index((places[0], places[1]), shape)
    return found


def _features(
    task: Task, name: str, wanted: np.ndarray, encode: Encode | None, cache: Path | None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns features x of the wanted pixels and of the unlabelled ones."""
    file = None if cache is None else cache / f"{task.name} {hashlib.sha256(wanted.tobytes()).hexdigest()[:12]}.npz"
    if file is not None and file.exists():
        with np.load(file, allow_pickle=False) as stored:
            return stored["points"], stored["sample"]
    scene = replace(task.scenes[name], points=wanted)
    pixels, features = task_pixels(replace(task, scenes={name: scene}), encode)
    standard: RecipeFeatures = features.standardised(pixels.sample)
    points, sample = ((raw - standard.mean) * standard.scale for raw in (pixels.points[name], pixels.sample))
    if file is not None:
        partial = file.with_suffix(".part.npz")
        np.savez(partial, points=points, sample=sample)
        os.replace(partial, file)
    return points, sample


def learn(ground: Ground, choose: Choose, run: int, rounds: int, per_round: int) -> list[float]:
    """Returns the macro-F1 before and after each round."""
    rng = np.random.default_rng([run, 1])
    polygons = list(ground.starts[run])
    curve = []
    scored, truth = ground.at(ground.scored), ground.truth[ground.scored]
    for number in range(rounds + 1):
        flat = np.concatenate([own for own, _ in polygons])
        classes = np.concatenate([own for _, own in polygons])
        owner = np.repeat(np.arange(len(polygons)), [len(own) for own, _ in polygons])
        x = ground.at(flat)
        head = fit_recipe(x, classes, owner, ground.unlabelled, ground.num_classes)
        curve.append(macro_f1(truth, head.probabilities(scored).argmax(axis=1), ground.num_classes))
        if number == rounds:
            break
        novelty = fit_novelty(x, owner, ground.unlabelled, classes)
        labelled = np.zeros(ground.shape, bool)
        labelled.ravel()[flat] = True
        far = ~maximum_filter(labelled, 2 * CLEAR_PX + 1).ravel()[ground.candidates]
        at = ground.candidates[far]
        rows, cols = np.unravel_index(at, ground.shape)
        around = _flat(neighbours(rows, cols), ground.shape)
        predicted = head.probabilities(ground.at(around.ravel())).argmax(axis=1).reshape(around.shape)
        features = ground.at(at)
        weight, bias = novelty.linear()
        candidates = Candidates(
            rows=rows,
            cols=cols,
            features=features @ weight.T + bias,
            homogeneity=homogeneity(predicted, ground.valid[around]),
            probabilities=head.probabilities(features),
            distance=novelty.distances(features),
        )
        counts = np.bincount([own[0] for _, own in polygons], minlength=ground.num_classes)
        for index in choose(candidates, counts, per_round, rng):
            square = _flat(_square(at[[index]], ground.shape), ground.shape)[0]
            same = square[(ground.truth[square] == ground.truth[at[index]]) & ground.valid[square]]
            polygons.append((same, ground.truth[same]))
    return curve


def labels_needed(curve: np.ndarray, wanted: float, per_round: int) -> float | None:
    """Returns after how many points a curve reaches a score for the first time, between rounds by a straight line."""
    for number, score in enumerate(curve):
        if score >= wanted:
            if number == 0:
                return 0.0
            before = curve[number - 1]
            return per_round * (number - 1 + float((wanted - before) / (score - before)))
    return None


def summary(curves: dict[str, np.ndarray], per_round: int) -> dict[str, Any]:
    """Returns what a table says of curves (runs, rounds + 1) of each way.

    The score wanted is the mean of random choice after the last round, and in each run that run's own.
    """
    rounds = curves["random"].shape[1] - 1
    budget = rounds * per_round
    wanted = float(curves["random"].mean(axis=0)[-1])
    found: dict[str, Any] = {"budget": budget, "wanted": wanted, "ways": {}}
    for way, runs in curves.items():
        gain = runs[:, -1] - curves["random"][:, -1]
        whole = runs[:, 1:].mean(axis=1) - curves["random"][:, 1:].mean(axis=1)
        each = [labels_needed(curve, own[-1], per_round) for curve, own in zip(runs, curves["random"], strict=True)]
        spent = np.array([budget if number is None else number for number in each])
        found["ways"][way] = {
            "mean": runs.mean(axis=0).tolist(),
            "deviation": runs.std(axis=0, ddof=1).tolist(),
            "gain_last": [float(gain.mean()), _standard_error(gain), int((gain > 0).sum())],
            "gain_all_rounds": [float(whole.mean()), _standard_error(whole), int((whole > 0).sum())],
            "labels_of_mean_curve": labels_needed(runs.mean(axis=0), wanted, per_round),
            "labels_of_runs": [float(spent.mean()), float(spent.std(ddof=1)), sum(n is not None for n in each)],
        }
    return found


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / len(values) ** 0.5)


def print_summary(task: str, found: dict[str, Any], runs: int) -> None:
    """Prints the curves and the labels needed on one task."""
    rounds = len(found["ways"]["random"]["mean"]) - 1
    per_round = found["budget"] // rounds
    heads = "  ".join(f"{f'+{number * per_round}':>10}" for number in range(rounds + 1))
    print(f"\n{task}: macro-F1 ± over {runs} runs after so many points\n{'':22}{heads}")
    for way, row in found["ways"].items():
        cells = zip(row["mean"], row["deviation"], strict=True)
        print(f"{way:22}" + "  ".join(f"{mean:.3f} ±{spread:.3f}" for mean, spread in cells))
    print(f"points until the mean curve of random choice at +{found['budget']} ({found['wanted']:.3f}) is reached:")
    for way, row in found["ways"].items():
        curve = row["labels_of_mean_curve"]
        mean, spread, reached = row["labels_of_runs"]
        print(
            f"{way:22}{f'{curve:.1f}' if curve is not None else 'not':>6}; in each run, its own random score: "
            f"{mean:.1f} ±{spread:.1f} ({reached}/{runs} reach it); gain at the end "
            f"{_gain(row['gain_last'], runs)}, over all rounds {_gain(row['gain_all_rounds'], runs)}"
        )


def _gain(values: list[float], runs: int) -> str:
    return f"{values[0]:+.3f} ±{values[1]:.3f} {values[2]}/{runs}"


def main() -> None:
    """Compares suggestions with random choice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True, help="folder of the few-shot benchmark")
    parser.add_argument("--data", type=Path, help="folder of its scenes; $MMEARTH_TEST_DATA, else BENCH/../../data")
    parser.add_argument("--weights", default="", help="weights file; the bundled weights if not given")
    parser.add_argument("--tasks", default="bolzano_landcover,clouds", help="names of tasks of one scene")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--per-round", type=int, default=5, help="points of a round")
    parser.add_argument("--candidates", type=int, default=2000, help="pixels that both ways choose among")
    parser.add_argument("--scored-px", type=int, default=10000)
    parser.add_argument("--cache", type=Path, help="folder for features, so that further runs are cheap")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    started_s = time.monotonic()
    data = options.data or Path(os.environ.get("MMEARTH_TEST_DATA") or options.bench / "../../data")
    tasks = load_tasks(options.bench, data, [START_K], list(SET_SEEDS), 1000, options.tasks.split(","))
    if options.cache:
        options.cache.mkdir(parents=True, exist_ok=True)
    weights, cpu = load_weights(options.weights), torch.device("cpu")
    encode = encoder_stages(build_encoder(weights, cpu, best_dtype(cpu)), weights.levels, weights.bands)
    found_machine = machine()
    print(spoken(found_machine))
    print(f"{options.candidates} candidates, {APART_PX} px apart, {options.per_round} points a round")
    record: dict[str, Any] = {"machine": found_machine, "tasks": {}}
    for task in tasks:
        ground = prepare(task, options.bench, encode, options)
        curves = {
            way: np.array(
                [learn(ground, choose, run, options.rounds, options.per_round) for run in range(options.runs)]
            )
            for way, choose in WAYS.items()
        }
        found = summary(curves, options.per_round)
        print_summary(task.name, found, options.runs)
        record["tasks"][task.name] = {**found, "curves": {way: runs.tolist() for way, runs in curves.items()}}
    record["seconds"] = round(time.monotonic() - started_s, 1)
    print(f"\n{record['seconds']:.0f} s")
    if options.json:
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
