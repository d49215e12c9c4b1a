"""Does adapting to another sensor help to map it, and which way of learning helps most?

On real images: features of cells of ground, 4 pixels of the reference wide, tell classes apart after 5 and after 20
labelled cells a class, by the nearest neighbours and by logistic regression. Cells that score lie in the blocks of
ground that the adaptation holds out as well; so each seed has its own blocks, training and draws of labels. "head" is a
logistic regression that learned from the same cells as the known encoder sees them in the reference, and is applied to
the features of the new sensor: what a map of labels on the known sensor's images is worth on the new one's.

Beside the ways of learning stand the encoder with its first convolution cut to the target's bands, the target averaged
to the pixel size of the reference, plain statistics of the cell's pixels, and learning from pairs that do not belong
together; and what the known encoder says of a reference of another sensor. Where a place has no labels only the
agreement on held-out ground is told. Every result is a line of JSON, printed and kept as it comes.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/adapt_pairs.py --data ../shared/data --lines part.jsonl
        [--places "radar,naip"] [--arms "sliced;distill"] [--seeds 0,1,2] [--steps 200] [--rate 1e-3]
    .venv/bin/python backend/benchmarks/adapt_pairs.py --gather part.jsonl other.jsonl
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from benchmarks.adapt_places import (
    CELL_PX,
    PLACES,
    UNSURE,
    common_classes,
    place_classes,
    place_files,
    window_cells,
)
from benchmarks.fewshot_probe import macro_f1
from benchmarks.machine import machine, spoken
from benchmarks.quiet import Quiet
from mmearth import protocol
from mmearth.adaptation.adaptation import Adaptation, Best
from mmearth.adaptation.adaptation_recipe import recipe_for
from mmearth.adaptation.adapted_weights import adapted_weights
from mmearth.adaptation.averaged_references import averaged_references
from mmearth.adaptation.band_matches import match_bands
from mmearth.adaptation.footprint import pool_tokens
from mmearth.adaptation.pair_data import PairData, open_pairs
from mmearth.weights.checkpoints import Weights, build_encoder, load_weights

BANDS, REFERENCE, SLICED, FITTED = "cell statistics", "reference", "sliced", "fitted"
RESAMPLED, SHUFFLED = "resampled", "distill, shuffled"
UNTRAINED = {SLICED: "mae", FITTED: "distill"}  # the mode that begins so
ARMS = (BANDS, REFERENCE, RESAMPLED, SLICED, FITTED, *protocol.ADAPT_MODES, SHUFFLED)
WINDOW_PX = 24  # places are small and have holes
COUNTS = (5, 20)  # labelled cells a class
LEAST_CELLS = (20, 10)  # of a class, to learn from and to score
DRAWS = 10  # of labels, with each seed
NEIGHBOURS = 5
LATER = 2  # stages 2 and 3: the earlier ones are much like the bands
_BATCH = 16


def side_by_side(origin: np.ndarray, window_px: int) -> np.ndarray:
    """Returns the numbers of the windows that do not overlap each other, so that no cell counts twice."""
    first = origin[:, 1:].min(axis=0)
    return np.flatnonzero(((origin[:, 1:] - first) % window_px == 0).all(axis=1))


def shuffled_pairs(data: PairData, rng: np.random.Generator) -> PairData:
    """Returns pairs of which each that is learned from has another's target; held-out ones stay true."""
    target = data.target.copy()
    order = rng.permutation(np.flatnonzero(~data.held_out))
    target[order] = data.target[np.roll(order, 1)]
    return replace(data, target=target)


def draw_support(classes: np.ndarray, free: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns the numbers of `count` cells of each class, among those that are free to learn from."""
    kinds = sorted(set(classes.tolist()) - {UNSURE})
    drawn = [rng.permutation(np.flatnonzero((classes == one) & free))[:count] for one in kinds]
    if len(kinds) < 2 or min(map(len, drawn)) < count:
        raise ValueError(f"{count} cells of 2 or more classes are wanted; there are {[len(part) for part in drawn]}")
    return np.concatenate(drawn)


def few_shot_scores(
    features: np.ndarray,
    known: np.ndarray | None,
    later: int,
    classes: np.ndarray,
    held_out: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Returns macro F1 on held-out cells, mean over draws: "knn 5", "linear 5", "head 5", "whole head 5", …

    Args:
        features: (M, C) of all cells.
        known: (M, C) what the known encoder says of them, which "head" learns from; None leaves it out.
        later: Channel from which the later stages begin, which all but "whole head" are given.
        classes: (M,) 0, 1, … or `UNSURE`, which neither teach nor score.
        held_out: (M,) bool: cells that score.
        rng: Draws the cells that teach.
    """
    own = _standardised(features, features)[:, later:]
    query, kinds = held_out & (classes != UNSURE), int(classes.max()) + 1
    learners = {
        "knn": (KNeighborsClassifier(NEIGHBOURS, metric="cosine"), own, own),
        "linear": (LogisticRegression(C=0.1, max_iter=500), own, own),
    }
    if known is not None:
        for name, first in (("head", later), ("whole head", 0)):
            seen = (_standardised(known, known)[:, first:], _standardised(features, known)[:, first:])
            learners[name] = (LogisticRegression(C=0.1, max_iter=500), *seen)
    found: dict[str, list[float]] = defaultdict(list)
    for count in COUNTS:
        for _ in range(DRAWS):
            support = draw_support(classes, ~held_out, count, rng)
            for name, (learner, taught, asked) in learners.items():
                learner.fit(taught[support], classes[support])
                found[f"{name} {count}"].append(macro_f1(classes[query], learner.predict(asked[query]), kinds))
    return {name: round(statistics.mean(values), 4) for name, values in found.items()}


def _standardised(features: np.ndarray, of: np.ndarray) -> np.ndarray:
    spread = of.std(axis=0)
    found: np.ndarray = (features - of.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return found


@torch.inference_mode()
def encoder_cells(weights: Weights, images: Tensor, cells: int) -> np.ndarray:
    """Returns the features of all stages, as the weights standardise them, in cells of windows: (N · cells · cells, C).

    Args:
        weights: Of the encoder.
        images: (N, B, H, W) standardised.
        cells: Along a side of a window.
    """
    encoder = build_encoder(weights, torch.device("cpu"), torch.float32)
    parts = []
    for some in torch.split(images, _BATCH):
        maps = encoder(some.to(memory_format=torch.channels_last))
        parts.append(torch.cat([pool_tokens(found.float(), (cells, cells)) for found in maps], dim=1))
    found: np.ndarray = (_rows(torch.cat(parts)) - weights.feature_mean) / weights.feature_std
    return found


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
        data: Folder of the data.
        folder: For files that are made.
        weights: Of the known sensor.
        settings: Of `protocol.AdaptRequest`: seed, steps, learning rate.
    """

    def __init__(self, name: str, data: Path, folder: Path, weights: Weights, settings: dict[str, Any]) -> None:
        self._place = place = PLACES[name]
        self._seed, self._weights = settings["seed"], weights
        self._files = place_files(place, data, folder, weights)
        self._request = protocol.AdaptRequest(
            targets=(str(self._files.target),),
            weights_out="",
            references=(self._files.reference,) if self._files.reference else (),
            reference_m=place.reference_m,
            bands=place.bands,
            target_bands=place.target_bands,
            working_m=place.working_m,
            window_px=WINDOW_PX,
            **settings,
        )
        self._matches, _ = match_bands(self._request.targets[0], weights, place.target_bands)
        self.data = open_pairs(self._request, weights, Quiet())
        self._window_px = self.data.reference.shape[-1]
        self._shown = side_by_side(self.data.origin, self._window_px)
        self._classes = self._read_classes(data) if place.kind else None
        self._known = self._reference(self._window_px // CELL_PX)

    def _read_classes(self, data: Path) -> np.ndarray:
        def cells_of(image: np.ndarray) -> np.ndarray:
            return window_cells(image, self.data.origin[self._shown], self._window_px)

        place = self._place
        with ExitStack() as stack:
            grid = self._files.reference
            if not grid:
                made = averaged_references(
                    self._request.targets, place.target_bands, place.reference_m, self._weights, Quiet()
                )
                grid = stack.enter_context(made)[0][0]
            classes = place_classes(place, data, grid, cells_of).ravel()
        return common_classes(classes, self._cells_held_out(), LEAST_CELLS)

    def arms(self) -> list[str]:
        """Returns the arms that mean something here."""
        made, same = not self._files.reference, self.data.reference.shape[-1] == self.data.target.shape[-1]
        left_out = {REFERENCE} if made else set()
        left_out |= {RESAMPLED} if same else set()
        return [arm for arm in ARMS if arm not in left_out]

    def counts(self) -> dict[str, int]:
        """Returns how many windows and labelled cells there are."""
        found = {"windows": len(self.data.held_out), "held_out": int(self.data.held_out.sum())}
        if self._classes is not None:
            score = self._cells_held_out()
            for one in range(int(self._classes.max()) + 1):
                for part, where in (("train", ~score), ("score", score)):
                    found[f"{part} {one}"] = int(((self._classes == one) & where).sum())
        return found

    def run(self, arm: str) -> dict[str, Any]:
        """Returns the scores of one arm, with its agreement and seconds where there are such."""
        started_s = time.monotonic()
        cells, line = self._window_px // CELL_PX, dict[str, Any]()
        known: np.ndarray | None = self._known
        later = self._weights.stage_slices[LATER].start
        if arm == BANDS:
            found, known, later = statistic_cells(self._target(), cells), None, 0
        elif arm == REFERENCE or (arm == RESAMPLED and not self._files.reference):
            found = self._known
        elif arm == RESAMPLED:
            side = (self._window_px, self._window_px)
            found = encoder_cells(self._adapted(SLICED)[0], pool_tokens(self._target(), side), cells)
        else:
            adapted, line = self._adapted(arm)
            found = encoder_cells(adapted, self._target(), cells)
        if self._classes is not None:
            rng = np.random.default_rng(self._seed)
            line |= few_shot_scores(found, known, later, self._classes, self._cells_held_out(), rng)
        return {**line, "seconds": round(time.monotonic() - started_s, 1)}

    def _adapted(self, arm: str) -> tuple[Weights, dict[str, Any]]:
        """Returns the weights of an arm, and their step and agreement."""
        shuffled = arm == SHUFFLED
        data = shuffled_pairs(self.data, np.random.default_rng(self._seed)) if shuffled else self.data
        mode = UNTRAINED.get(arm, arm if arm in protocol.ADAPT_MODES else "distill")
        recipe = recipe_for(replace(self._request, mode=mode))
        device, quiet = torch.device("cpu"), Quiet()
        adaptation = Adaptation(recipe, data, self._weights, self._matches, False, self._seed, device, quiet)
        if arm not in UNTRAINED:
            adaptation.run(quiet, lambda row: None)
        if arm in UNTRAINED or shuffled:  # held-out pairs are true ones: by them the first state is the best
            state, agreement = adaptation.student.state_dict(), adaptation.agreement()
            adaptation.best = Best(0.0, adaptation.step, state, agreement)
        adapted = adapted_weights(mode, adaptation, data, self._weights, quiet)
        return adapted, {"of_step": adaptation.best.step, **adaptation.best.agreement}

    def _reference(self, cells: int) -> np.ndarray:
        """Returns what the known encoder says of the cells of the reference."""
        statistic = self._weights.statistics(self.data.level)
        images = _standard(self.data.reference[self._shown], statistic["mean"], statistic["std"])
        return encoder_cells(self._weights, images, cells)

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
    columns += [f"head {COUNTS[-1]}", f"whole head {COUNTS[-1]}", "retrieval", "cosine", "deranged_cosine", "of_step"]
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
    parser.add_argument("--arms", default="", help="separated by semicolons; all if not given")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--steps", type=int, default=0, help="those of the place if not given")
    parser.add_argument("--rate", type=float, default=0.0, help="learning rate; that of the recipe if not given")
    parser.add_argument("--lines", type=Path, help="file that every result is added to")
    parser.add_argument("--gather", type=Path, nargs="+", help="files of lines to make one table of")
    options = parser.parse_args()
    if options.gather:
        print(table(json.loads(text) for file in options.gather for text in file.read_text("utf-8").splitlines()))
        return
    folder = options.data or Path(os.environ.get("MMEARTH_TEST_DATA") or "../shared/data")
    weights, lines = load_weights(options.weights), list[dict[str, Any]]()
    print(spoken(machine()), f"weights '{weights.name}'", sep="; ", flush=True)
    with tempfile.TemporaryDirectory() as made:
        for name in options.places.split(","):
            for seed in map(int, options.seeds.split(",")):
                steps = options.steps or PLACES[name].steps
                settings = {"seed": seed, "steps": steps, "learning_rate": options.rate}
                trial = Trial(name, folder, Path(made), weights, settings)
                print(name, f"seed {seed}", trial.counts(), trial.data.target.shape, flush=True)
                for arm in [arm for arm in trial.arms() if not options.arms or arm in options.arms.split(";")]:
                    about = {"place": name, "seed": seed, "arm": arm, "steps": steps}
                    lines.append({**about, **trial.run(arm)})
                    print(json.dumps(lines[-1]), flush=True)
                    if options.lines:
                        with options.lines.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(lines[-1]) + "\n")
    print(table(lines))


if __name__ == "__main__":
    main()
