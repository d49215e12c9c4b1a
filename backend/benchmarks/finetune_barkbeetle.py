"""What does fine-tuning gain on forest damage, and how many labelled scenes does it take?

Trains every rung, from the bundled weights and from random ones, with the product's own verbs on 10 %, 50 % and 100 %
of the training scenes of a folder of image and mask pairs, maps the test scenes, and scores the damage over all their
pixels; beside it a pixel random forest that sees the surroundings, on the same scenes. Every result is a line of JSON
in a file, so that a long run can be stopped, gone on with, and spread over machines; the lines are gathered into one
table.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/finetune_barkbeetle.py --data …/barkbeetle_s2
        [--learners forest,full] [--starts weights] [--shares 1.0] [--seeds 0] --lines part.jsonl
    .venv/bin/python backend/benchmarks/finetune_barkbeetle.py --gather part.jsonl other.jsonl
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from sklearn.ensemble import RandomForestClassifier

from benchmarks.machine import machine, spoken
from mmearth import fine_tune, predict, protocol

FOREST, TRIVIAL = "forest", "all damage"
RUNGS = ("probe", "decoder", "partial", "full", "auto")
STARTS = {"weights": "bundled weights", "random": "random weights", "": "no encoder"}
SHARES = (0.1, 0.5, 1.0)
SCENES, MASKS, DAMAGE = "s2_2020", "damage", 1

# Of the forest, chosen on held-out training scenes.
TREES, LEAF_PX = 200, 20
WINDOWS_PX = (3, 7, 15, 31)
CONTRAST_PX = (15, 31)  # the windows whose mean is also taken from the value of the pixel
INDEXES = ((7, 3), (7, 10), (7, 11), (8, 4), (2, 7), (10, 11), (3, 2), (8, 10), (1, 3))  # normalised differences
TRAINING_PX = 100_000  # of all training pixels, at random

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.floating]


@dataclass(frozen=True)
class Cell:
    """One training.

    Attributes:
        learner: A rung, or the forest, or the trivial answer.
        start: Key of `STARTS`; empty where there is no network.
        share: Of the training scenes.
        seed: Of the draw of scenes and of everything else.
    """

    learner: str
    start: str
    share: float
    seed: int


class Quiet:
    """A report that prints warnings alone."""

    def progress(self, phase: str, done: float, total: float) -> None:
        """Ignores progress."""

    def check(self) -> None:
        """Goes on."""

    def log(self, message: str, level: str = "info") -> None:
        """Prints warnings."""
        if level == "warning":
            print(f"  {message}")

    def metrics(self, step: int, total: int, values: dict[str, float], picture: str = "") -> None:
        """Ignores values."""


def wanted_cells(learners: list[str], starts: list[str], shares: list[float], seeds: list[int]) -> Iterator[Cell]:
    """Yields the trainings asked for; a learner without a network has one start."""
    for seed in seeds:
        for share in sorted(shares):
            for learner in learners:
                for start in starts if learner in RUNGS else [""]:
                    yield Cell(learner, start, share, seed)


def draw_scenes(names: list[str], share: float, seed: int) -> list[str]:
    """Returns the scenes of a share; with the same seed those of a smaller share are among those of a larger one."""
    order = np.random.default_rng(seed).permutation(sorted(names)).tolist()
    return sorted(order[: max(1, round(len(names) * share))])


def read_bands(path: Path) -> FloatArray:
    """Returns (bands, rows, cols) float32."""
    with rasterio.open(path) as dataset:
        values: FloatArray = dataset.read().astype(np.float32)
    return values


def read_damage(path: Path) -> BoolArray:
    """Returns (rows, cols) of a mask or a map."""
    with rasterio.open(path) as dataset:
        damaged: BoolArray = np.equal(dataset.read(1), DAMAGE)
    return damaged


def context_features(bands: FloatArray) -> FloatArray:
    """Returns (rows · cols, features): bands and indexes; their mean and deviation in windows; what they differ by.

    Args:
        bands: (12, rows, cols), in the order of the files.
    """
    indexes = [(bands[a] - bands[b]) / (bands[a] + bands[b] + 1e-3) * 1e4 for a, b in INDEXES]
    base = np.concatenate([bands, np.stack(indexes)])
    parts = [base]
    for side in WINDOWS_PX:
        mean = uniform_filter(base, (0, side, side), mode="nearest")
        square = uniform_filter(base**2, (0, side, side), mode="nearest")
        parts += [mean, np.sqrt(np.maximum(square - mean**2, 0))]
        if side in CONTRAST_PX:
            parts.append(base - mean)
    features: FloatArray = np.concatenate(parts).reshape(-1, base[0].size).T.astype(np.float32)
    return features


def best_threshold(scores: FloatArray, truth: BoolArray) -> float:
    """Returns above which probability to call damage, so that F1 is largest."""
    tried = np.linspace(0.05, 0.95, 91)
    return float(tried[int(np.argmax([f1_score([scores >= edge], [truth]) for edge in tried]))])


def f1_score(found: Iterable[BoolArray], truth: Iterable[BoolArray]) -> float:
    """Returns 2·TP / (2·TP + FP + FN) over the pixels of all scenes together; 0 where nothing is found or there."""
    both, either = 0, 0
    for map_, mask in zip(found, truth, strict=True):
        both += int((map_ & mask).sum())
        either += int(map_.sum()) + int(mask.sum())
    return 2 * both / either if either else 0.0


def train_forest(data: Path, scenes: list[str], tests: list[str], seed: int) -> dict[str, float]:
    """Returns F1 over all test pixels: with the threshold that is best out of bag, and with one half."""
    features = np.concatenate([context_features(read_bands(data / "train" / SCENES / name)) for name in scenes])
    truth = np.concatenate([read_damage(data / "train" / MASKS / name).ravel() for name in scenes])
    drawn = np.random.default_rng(seed).permutation(len(truth))[:TRAINING_PX]
    forest = RandomForestClassifier(TREES, min_samples_leaf=LEAF_PX, oob_score=True, n_jobs=1, random_state=seed)
    forest.fit(features[drawn], truth[drawn])
    edge = best_threshold(np.nan_to_num(forest.oob_decision_function_[:, 1]), truth[drawn])
    masks = [read_damage(data / "test" / MASKS / name) for name in tests]
    scores = [
        forest.predict_proba(context_features(read_bands(data / "test" / SCENES / name)))[:, 1].reshape(mask.shape)
        for name, mask in zip(tests, masks, strict=True)
    ]
    by_edge = {name: f1_score([part >= at for part in scores], masks) for name, at in (("oob", edge), ("half", 0.5))}
    return {"f1": by_edge["oob"], "f1_at_half": by_edge["half"], "threshold": edge}


def train_network(data: Path, scenes: list[str], tests: list[str], cell: Cell, epochs: int) -> dict[str, Any]:
    """Returns F1 over all test pixels of a network that the verbs train and map with, and what the verbs say of it."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        (folder / MASKS).mkdir()
        for name in scenes:
            shutil.copy(data / "train" / MASKS / name, folder / MASKS / name)
        request = protocol.FineTuneRequest(
            scenes=tuple(str(data / "train" / SCENES / name) for name in scenes),
            model=str(folder / "model.zip"),
            masks=str(folder / MASKS),
            rung=cell.learner,
            random_start=cell.start == "random",
            epochs=epochs,
            seed=cell.seed,
        )
        found = fine_tune.run(request, Quiet())
        maps = []
        for name in tests:
            out = folder / "map.tif"
            predict.run(
                protocol.PredictRequest(
                    scene=str(data / "test" / SCENES / name), out=str(out), model=str(found["model"])
                ),
                Quiet(),
            )
            maps.append(read_damage(out))
            out.unlink()
    masks = [read_damage(data / "test" / MASKS / name) for name in tests]
    told = ("rung", "macro_f1", "steps", "best_step", "temperature", "ece")
    return {"f1": f1_score(maps, masks), **{key: found[key] for key in told if key in found}}


def measure(data: Path, cell: Cell, epochs: int) -> dict[str, Any]:
    """Returns the line of one training."""
    started_s = time.monotonic()
    names, tests = (sorted(file.name for file in (data / part / MASKS).glob("*.tif")) for part in ("train", "test"))
    scenes = draw_scenes(names, cell.share, cell.seed)
    found: dict[str, Any]
    if cell.learner == TRIVIAL:
        masks = [read_damage(data / "test" / MASKS / name) for name in tests]
        found = {"f1": f1_score([np.ones_like(mask) for mask in masks], masks)}
    elif cell.learner == FOREST:
        found = train_forest(data, scenes, tests, cell.seed)
    else:
        found = train_network(data, scenes, tests, cell, epochs)
    seconds = round(time.monotonic() - started_s, 1)
    return {**asdict(cell), "scenes": len(scenes), **found, "seconds": seconds, "machine": machine()}


def read_lines(paths: Iterable[Path]) -> dict[Cell, dict[str, Any]]:
    """Returns the lines of all files by training; of several of the same training the last."""
    found: dict[Cell, dict[str, Any]] = {}
    for path in paths:
        for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            if text.strip():
                line = json.loads(text)
                found[Cell(line["learner"], line["start"], line["share"], line["seed"])] = line
    return found


def gather(lines: dict[Cell, dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns a row for each learner, start and share: mean and spread of F1 over seeds, and what it gains.

    Returns:
        Rows with "gain" over the forest at the same share, mean of the differences of equal seeds; None without any.
    """
    groups: dict[tuple[str, str, float], dict[int, dict[str, Any]]] = defaultdict(dict)
    for cell, line in lines.items():
        groups[cell.learner, cell.start, cell.share][cell.seed] = line
    order = {name: number for number, name in enumerate((TRIVIAL, FOREST, *RUNGS))}
    rows = []
    for learner, start, share in sorted(groups, key=lambda key: (order[key[0]], list(STARTS).index(key[1]), key[2])):
        own, bar = groups[learner, start, share], groups.get((FOREST, "", share), {})
        scores = [line["f1"] for line in own.values()]
        gains = [line["f1"] - bar[seed]["f1"] for seed, line in own.items() if seed in bar]
        rows.append(
            {
                "learner": learner,
                "start": start,
                "share": share,
                "seeds": len(scores),
                "f1": statistics.mean(scores),
                "spread": statistics.stdev(scores) if len(scores) > 1 else None,
                "gain": statistics.mean(gains) if gains and learner in RUNGS else None,
                "seconds": statistics.median(line["seconds"] for line in own.values()),
            }
        )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Returns the rows as one table: learners and starts down, shares across; ± is the deviation over seeds."""
    shares = sorted({row["share"] for row in rows})
    lines = [f"{'F1 of damage, ± over seeds (gain over the forest)':50}" + "".join(f"{s:>22.0%}" for s in shares)]
    cells: dict[tuple[str, str], dict[float, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        cells[row["learner"], row["start"]][row["share"]] = row
    for (learner, start), found in cells.items():
        name = learner if learner in (FOREST, TRIVIAL) else f"{learner}, {STARTS[start]}"
        lines.append(f"{name:50}" + "".join(f"{_spoken(found.get(share)):>22}" for share in shares))
    return "\n".join(lines)


def _spoken(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    spread = "" if row["spread"] is None else f" ±{row['spread']:.3f}"
    gain = "" if row["gain"] is None else f" ({row['gain']:+.3f})"
    return f"{row['f1']:.3f}{spread}{gain}"


def main() -> None:
    """Runs what is asked for and not in the lines yet, then prints the table and writes the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with train and test, each with s2_2020 and damage")
    parser.add_argument("--learners", default=",".join((TRIVIAL, FOREST, *RUNGS)))
    parser.add_argument("--starts", default="weights,random")
    parser.add_argument("--shares", default=",".join(map(str, SHARES)))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--epochs", type=int, default=0, help="0: as the recipe has it")
    parser.add_argument("--lines", type=Path, default=Path("build/finetune_barkbeetle.jsonl"))
    parser.add_argument("--gather", type=Path, nargs="*", default=[], help="further files of lines")
    parser.add_argument("--out", type=Path, default=Path("build/finetune_barkbeetle.json"))
    options = parser.parse_args()
    if options.data:
        cells = wanted_cells(
            options.learners.split(","),
            options.starts.split(","),
            [float(text) for text in options.shares.split(",")],
            [int(text) for text in options.seeds.split(",")],
        )
        options.lines.parent.mkdir(parents=True, exist_ok=True)
        known = read_lines([options.lines, *options.gather])
        for cell in cells:
            if cell in known:
                continue
            line = measure(options.data, cell, options.epochs)
            name = f"{cell.learner} {cell.start}".strip()
            print(f"{name}, {cell.share:.0%}, seed {cell.seed}: F1 {line['f1']:.3f}, {line['seconds']} s", flush=True)
            with options.lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
    lines = read_lines([options.lines, *options.gather])
    rows = gather(lines)
    print(table(rows))
    for text in sorted({spoken({**line["machine"], "load average": "any"}) for line in lines.values()}):
        print(text)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"rows": rows, "lines": list(lines.values())}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
