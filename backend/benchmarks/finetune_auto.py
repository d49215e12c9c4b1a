"""Is fine-tuning with rung auto ever worse than few-shot mapping on the same polygons? Macro-F1 of the maps of both.

For every task and label set of the few-shot benchmark the product's own verbs train, few_shot and fine_tune with rung
auto, and map the test scenes; all pixels that the benchmark scores are scored. Both verbs get the same scenes, the
labelled ones and, for their pixels without labels, those to be mapped, as in fewshot_system.py: few-shot mapping, and
the frozen head at the foot of the ladder, look at their colours. Where fine-tuning refuses, as nothing could be
validated, there is no map that could be worse. Every result is a line of JSON in a file, so that a long run can be
stopped, gone on with, and spread over machines.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/finetune_auto.py [--tasks clouds,zurich_trees] [--k 10]
        [--sets 0] [--lines part.jsonl] [--gather other.jsonl]
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from benchmarks.fewshot_system import units
from benchmarks.fewshot_tasks import LabelSet, Task, load_tasks
from benchmarks.finetune_barkbeetle import Quiet
from benchmarks.machine import machine, spoken
from mmearth import few_shot, fine_tune, predict, protocol
from mmearth.errors import InputError

ALLOWED_LOSS = 0.01  # of macro-F1, that auto may be worse by
EVERY_PX = 1 << 40  # more scored pixels than any task has
FIELD = "class_id"


@dataclass(frozen=True)
class Cell:
    """One comparison.

    Attributes:
        task: Name in the benchmark.
        k: Polygons of each class.
        seed: Of the label set.
    """

    task: str
    k: int
    seed: int


@dataclass(frozen=True)
class Ground:
    """What both verbs are given, and what their maps are scored on.

    Attributes:
        scenes: Paths of the labelled scenes, then of those to be mapped.
        mapped: Scene → path, of those to be mapped.
        scored: Scene → (m,) flat positions of the scored pixels.
        truth: Scene → (m,) class values.
        labels: Path of the polygons.
        reading: Keywords of every request: bands and units.
    """

    scenes: tuple[str, ...]
    mapped: dict[str, str]
    scored: dict[str, NDArray[np.integer]]
    truth: dict[str, NDArray[np.integer]]
    labels: str
    reading: dict[str, Any]


def scene_file(paths: list[Path], folder: Path) -> Path:
    """Returns the path of a scene: of several dates a raster with the bands of all, written into the folder."""
    if len(paths) == 1:
        return paths[0]
    with rasterio.open(paths[0]) as first:
        profile = {**first.profile, "driver": "GTiff"}
    values = []
    for path in paths:
        with rasterio.open(path) as dataset:
            values.append(dataset.read())
    stack = np.concatenate(values)
    out = folder / paths[-1].name
    with rasterio.open(out, "w", **{**profile, "count": len(stack)}) as written:
        written.write(stack)
    return out


def collect(bench: Path, data: Path, cell: Cell, folder: Path) -> Ground:
    """Returns scenes, labels and truth of a label set; stacked scenes are written into the folder."""
    at = bench / cell.task
    config = json.loads((at / "task.json").read_text(encoding="utf-8"))
    (task,) = load_tasks(bench, data, [cell.k], [cell.seed], EVERY_PX, [cell.task])
    labels = task.sets[cell.k, cell.seed]
    roots = {entry["id"]: at if entry.get("base") == "task" else data for entry in config["scenes"]}
    wanted = dict.fromkeys([*labels.training, *task.mapped])
    sources = {entry["id"]: [roots[entry["id"]] / path for path in entry["paths"]] for entry in config["scenes"]}
    paths = {name: str(scene_file(sources[name], folder).resolve()) for name in wanted}
    return Ground(
        scenes=tuple(paths.values()),
        mapped={name: paths[name] for name in task.mapped},
        scored={name: task.scenes[name].points[labels.scored[name]] for name in task.mapped},
        truth=_truth(task, labels, np.array([entry["id"] for entry in config["classes"]])),
        labels=str((at / f"labels/k{cell.k}_s{cell.seed}.geojson").resolve()),
        # Of several dates the last counts, as one band of a name is possible.
        reading={
            "bands": {name: number for number, name in enumerate(task.bands, 1)},
            "units": units(at / "task.json"),
        },
    )


def _truth(task: Task, labels: LabelSet, values: NDArray[np.integer]) -> dict[str, NDArray[np.integer]]:
    ends = np.cumsum([len(labels.scored[name]) for name in task.mapped])
    return dict(zip(task.mapped, np.split(values[labels.truth], ends[:-1]), strict=True))


def macro_f1(truth: NDArray[np.integer], found: NDArray[np.integer]) -> float:
    """Returns the mean F1 of the classes of the truth; a value that is no class is wrong."""
    return float(f1_score(truth, found, labels=np.unique(truth), average="macro", zero_division=0))


def map_score(ground: Ground, model: str, folder: Path) -> float:
    """Maps every test scene with a model and returns the macro-F1 of all scored pixels together."""
    found = []
    for name, scene in ground.mapped.items():
        out = folder / f"{Path(model).stem}_{name}.tif"
        predict.run(protocol.PredictRequest(scene=scene, out=str(out), model=model, **ground.reading), Quiet())
        with rasterio.open(out) as dataset:
            found.append(dataset.read(1).ravel()[ground.scored[name]])
    return macro_f1(np.concatenate(list(ground.truth.values())), np.concatenate(found))


def measure(bench: Path, data: Path, cell: Cell) -> dict[str, Any]:
    """Returns the line of one comparison; "auto" is None where fine-tuning refuses."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        ground = collect(bench, data, cell, folder)

        def head(model: str) -> dict[str, Any]:
            request = protocol.FewShotRequest(
                ground.scenes, ground.labels, model, field=FIELD, task="classes", **ground.reading
            )
            return few_shot.run(request, Quiet())

        def auto(model: str) -> dict[str, Any]:
            request = protocol.FineTuneRequest(ground.scenes, model, ground.labels, field=FIELD, **ground.reading)
            return fine_tune.run(request, Quiet())

        told: dict[str, dict[str, Any]] = {}
        line: dict[str, Any] = {}
        for name, train in (("few_shot", head), ("auto", auto)):
            found, seconds, score, refused = _trained(train, ground, folder / f"{name}.zip")
            told[name] = found
            line |= {name: score, f"{name}_seconds": seconds, f"{name}_refused": refused}
    kept = ("rung", "rungs", "decision", "folds", "interval", "steps", "best_step")
    return {**asdict(cell), **line, **{key: told["auto"].get(key) for key in kept}, "machine": machine()}


def _trained(
    train: Callable[[str], dict[str, Any]], ground: Ground, model: Path
) -> tuple[dict[str, Any], float, float | None, str]:
    """Returns what a verb told, the seconds of training and mapping, the score and what was refused."""
    started_s = time.monotonic()
    told, score, refused = dict[str, Any](), None, ""
    try:
        told = train(str(model))
    except InputError as error:
        refused = str(error)
    else:
        score = map_score(ground, str(model), model.parent)
    return told, round(time.monotonic() - started_s, 1), score, refused


def read_lines(paths: Iterable[Path]) -> dict[Cell, dict[str, Any]]:
    """Returns the lines of all files by comparison; of several of the same comparison the last."""
    found: dict[Cell, dict[str, Any]] = {}
    for path in paths:
        for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            if text.strip():
                line = json.loads(text)
                found[Cell(line["task"], line["k"], line["seed"])] = line
    return found


def differences(lines: dict[Cell, dict[str, Any]]) -> dict[Cell, float]:
    """Returns macro-F1 of auto minus that of few-shot mapping, where there are maps of both."""
    return {
        cell: line["auto"] - line["few_shot"]
        for cell, line in lines.items()
        if line["auto"] is not None and line["few_shot"] is not None
    }


def table(lines: dict[Cell, dict[str, Any]]) -> str:
    """Returns a row for each comparison, then the worst difference."""
    gains = differences(lines)
    rows = [
        f"{'macro-F1 on the test labels':30}{'few-shot':>9}{'auto':>9}{'gain':>9}  {'rung kept':10}"
        f"{'few-shot':>9}{'auto':>9}  rungs tried (macro-F1 on held-out polygons)"
    ]
    for cell in sorted(lines, key=lambda cell: (cell.k, cell.task, cell.seed)):
        line = lines[cell]
        gain = f"{gains[cell]:+.3f}" if cell in gains else "-"
        name = f"{cell.task}, k={cell.k}, set {cell.seed}"
        tried = ", ".join(f"{tried['rung']} {tried['macro_f1']:.3f}" for tried in line["rungs"] or ())
        seconds = "".join(f"{line[f'{verb}_seconds']:>7.0f} s" for verb in ("few_shot", "auto"))
        rows.append(
            f"{name:30}{_spoken(line['few_shot']):>9}{_spoken(line['auto']):>9}{gain:>9}  {line['rung'] or '-':10}"
            f"{seconds}  {tried or line['auto_refused']}"
        )
    if gains:
        worst = min(gains, key=lambda cell: gains[cell])
        verdict = "worse by more than" if gains[worst] < -ALLOWED_LOSS else "not worse by more than"
        rows.append(
            f"worst difference {gains[worst]:+.4f} ({worst.task}, k={worst.k}, set {worst.seed}): {verdict} "
            f"{ALLOWED_LOSS}; {len(gains)} maps compared, {len(lines) - len(gains)} refused"
        )
    return "\n".join(rows)


def _spoken(score: float | None) -> str:
    return "refused" if score is None else f"{score:.3f}"


def _all_tasks(bench: Path) -> list[str]:
    return sorted(file.parent.name for file in bench.glob("*/task.json"))


def main() -> None:
    """Runs what is asked for and not in the lines yet, then prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, default=Path("../shared/bench/fewshot"), help="the few-shot benchmark")
    parser.add_argument("--data", type=Path, help="folder of its scenes; $MMEARTH_TEST_DATA, else BENCH/../../data")
    parser.add_argument("--tasks", default="", help="names, separated by commas; all if not given")
    parser.add_argument("--k", default="10")
    parser.add_argument("--sets", default="0", help="seeds of label sets")
    parser.add_argument("--lines", type=Path, default=Path("build/finetune_auto.jsonl"))
    parser.add_argument("--gather", type=Path, nargs="*", default=[], help="further files of lines")
    options = parser.parse_args()
    data = options.data or Path(os.environ.get("MMEARTH_TEST_DATA") or options.bench / "../../data")
    names = options.tasks.split(",") if options.tasks else _all_tasks(options.bench)
    ks, seeds = ([int(number) for number in text.split(",")] for text in (options.k, options.sets))
    options.lines.parent.mkdir(parents=True, exist_ok=True)
    known = read_lines([options.lines, *options.gather])
    for cell in (Cell(name, k, seed) for k in ks for seed in seeds for name in names):
        if cell in known:
            continue
        line = measure(options.bench, data, cell)
        with options.lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(table({cell: line}), flush=True)
    lines = read_lines([options.lines, *options.gather])
    print(table(lines))
    for text in sorted({spoken({**line["machine"], "load average": "any"}) for line in lines.values()}):
        print(text)


if __name__ == "__main__":
    main()
