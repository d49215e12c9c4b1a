"""How good are maps drawn from frozen features and a handful of polygons? Macro-F1 on the few-shot mapping benchmark.

The same linear head sees raw bands, random convolutional features (RCF), an encoder with random weights and trained
encoders; the last two also as the mean of their class probabilities with those of RCF. Only the pixels that are
labelled or scored are kept, so a full run of one encoder takes a minute or two on one core. Prints one table and writes
one JSON. `load_tasks`, `encoder_features`, `class_probabilities` and `score` also serve to choose among snapshots.

    .venv/bin/python backend/benchmarks/fewshot_probe.py --bench ../shared/bench/fewshot WEIGHTS.safetensors
"""

import argparse
import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from benchmarks.fewshot_features import (
    BANDS_C,
    Method,
    encoder_features,
    random_convolutions,
    random_encoder,
    raw_bands,
)
from benchmarks.fewshot_tasks import Key, Task, load_tasks
from mmearth.models.convnextv2 import Encoder, best_dtype
from mmearth.weights.checkpoints import Weights, build_encoder, load_weights

RANDOM, RANDOM_ENCODERS = "random weights", 3

Probabilities = dict[Key, np.ndarray]  # label set → (scored pixels, K)


def class_probabilities(task: Task, method: Method) -> Probabilities:
    """Fits a balanced logistic regression to every label set and applies it to the scored pixels."""
    features = method.features(task)
    found = {}
    for key, labels in task.sets.items():
        surroundings = np.concatenate([features[name][at] for name, at in labels.standardising.items()])
        mean, std = surroundings.mean(axis=0), surroundings.std(axis=0) + 1e-6
        x = np.concatenate([features[name][at] for name, at in labels.training.items()])
        y = np.concatenate([labels.classes[name] for name in labels.training])
        scored = np.concatenate([features[name][at] for name, at in labels.scored.items()])
        model = LogisticRegression(C=method.c, max_iter=500, class_weight="balanced")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # not converged after 500 steps: as in the benchmark's baselines
            model.fit((x - mean) / std, y)
        result = np.zeros((len(scored), task.num_classes), np.float32)
        result[:, model.classes_] = model.predict_proba((scored - mean) / std)
        found[key] = result
    return found


def mean_of(first: Probabilities, second: Probabilities) -> Probabilities:
    """Returns the mean of two sets of probabilities."""
    return {key: (first[key] + second[key]) / 2 for key in first}


def score(task: Task, probabilities: Probabilities) -> dict[Key, float]:
    """Returns the macro-F1 of every label set over the classes that the truth holds."""
    return {
        key: macro_f1(task.sets[key].truth, found.argmax(axis=1), task.num_classes)
        for key, found in probabilities.items()
    }


def macro_f1(truth: np.ndarray, predicted: np.ndarray, num_classes: int) -> float:
    """Returns the mean F1 of the classes that occur in the truth."""
    pairs = np.bincount(truth * num_classes + predicted, minlength=num_classes**2)
    confusion = pairs.reshape(num_classes, num_classes)
    true, called, hit = confusion.sum(axis=1), confusion.sum(axis=0), np.diag(confusion)
    return float((2 * hit[true > 0] / (true + called)[true > 0]).mean())


def probe(tasks: list[Task], methods: dict[str, Method], cache: Path | None = None) -> dict[str, dict[str, Any]]:
    """Scores every method alone and, but for raw bands and RCF themselves, beside RCF.

    Args:
        tasks: See `load_tasks`.
        methods: Name → method; "RCF" is needed for the second kind of row.
        cache: .npz of the probabilities of raw bands and RCF for the same tasks; read if it exists, else written.

    Returns:
        Row name → task → {(k, seed): macro-F1}.
    """
    stored = _read_cache(cache)
    rows: dict[str, dict[str, Any]] = {}
    for task in tasks:
        beside: Probabilities | None = None
        for name, method in methods.items():
            key = f"{name} {task.name}"
            found = stored.get(key) or class_probabilities(task, method)
            if name in ("raw bands", "RCF"):
                stored[key] = found
            rows.setdefault(name, {})[task.name] = score(task, found)
            if name == "RCF":
                beside = found
            elif beside is not None and name != "raw bands":
                rows.setdefault(f"{name} + RCF", {})[task.name] = score(task, mean_of(beside, found))
    if cache is not None and not cache.exists():
        arrays: dict[str, Any] = {
            f"{name}|{k}|{seed}": array.astype(np.float16)
            for name, sets in stored.items()
            for (k, seed), array in sets.items()
        }
        partial = cache.with_suffix(".part.npz")
        np.savez(partial, **arrays)
        os.replace(partial, cache)
    return rows


def _read_cache(cache: Path | None) -> dict[str, Probabilities]:
    found: dict[str, Probabilities] = {}
    if cache is not None and cache.exists():
        with np.load(cache, allow_pickle=False) as arrays:
            for key in arrays.files:
                name, k, seed = key.split("|")
                found.setdefault(name, {})[int(k), int(seed)] = arrays[key].astype(np.float32)
    return found


def average_random(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Returns the rows of `probe` with one row for all random encoders alone, and one for all of them beside RCF."""
    result: dict[str, dict[str, Any]] = {}
    for name, row in rows.items():
        if not name.startswith(RANDOM):
            result[name] = row
            continue
        suffix = " + RCF" if name.endswith(" + RCF") else ""
        same = [
            other for key, other in rows.items() if key.startswith(RANDOM) and key.endswith(" + RCF") == bool(suffix)
        ]
        result[RANDOM + suffix] = {
            task: {key: float(np.mean([other[task][key] for other in same])) for key in scores}
            for task, scores in row.items()
        }
    return result


def task_means(row: dict[str, dict[Key, float]], k: int) -> np.ndarray:
    """Returns (seeds, tasks) of one row of `probe` at one k."""
    seeds = sorted({seed for scores in row.values() for _, seed in scores})
    return np.array([[scores[k, seed] for scores in row.values()] for seed in seeds])


def print_table(rows: dict[str, dict[str, Any]], ks: list[int]) -> None:
    """Prints means with their spread over seeds, then paired differences with their standard error over tasks."""
    width = max(map(len, rows))
    print(f"{'macro-F1, ± over seeds':{width}}  " + "  ".join(f"{f'k={k}':>11}" for k in ks))
    for name, row in rows.items():
        cells = [task_means(row, k).mean(axis=1) for k in ks]
        print(f"{name:{width}}  " + "  ".join(f"{cell.mean():.3f} ±{cell.std():.3f}" for cell in cells))
    names = list(next(iter(rows.values())))
    for k in ks:
        print(f"\nk={k}, by task\n{'':{width}}  " + "  ".join(f"{name[:12]:>12}" for name in names))
        for name, row in rows.items():
            print(f"{name:{width}}  " + "  ".join(f"{value:>12.3f}" for value in task_means(row, k).mean(axis=0)))
    print("\npaired differences, ± standard error over tasks, tasks that gain")
    for name, other in _pairs(list(rows)):
        cells = []
        for k in ks:
            gain = (task_means(rows[name], k) - task_means(rows[other], k)).mean(axis=0)
            error = gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else 0.0
            cells.append(f"{gain.mean():+.3f} ±{error:.3f} {(gain > 0).sum()}/{len(gain)}")
        print(f"{name} − {other}:  " + "   ".join(cells))


def _pairs(names: list[str]) -> list[tuple[str, str]]:
    """Each encoder against RCF and random weights, each encoder beside RCF against RCF and random weights beside it."""
    controls = [name for name in names if name in ("RCF", RANDOM, f"{RANDOM} + RCF")]
    trained = [name for name in names if name not in ("raw bands", *controls)]
    return [
        (name, other)
        for name in trained
        for other in controls
        if other == "RCF" or other.endswith("+ RCF") == name.endswith("+ RCF")
    ]


def _named(files: list[Weights]) -> dict[str, Weights]:
    """Names files by their stem, or, where stems are equal, by their folder."""
    stems = [weights.name for weights in files]
    unique = len(set(stems)) == len(stems)
    return {weights.name if unique else Path(weights.path).parent.name: weights for weights in files}


def _unfrozen(weights: Weights) -> Encoder:
    """Returns the encoder as it was trained: GRN over each image."""
    encoder = Encoder(len(weights.bands), weights.depths, weights.dims, weights.patch_size)
    encoder.load_state_dict(weights.encoder)
    return encoder.requires_grad_(False).train(False).to(best_dtype(torch.device("cpu")))


def main() -> None:
    """Probes weights files beside raw bands, RCF and random weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", help="weights files of the plugin")
    parser.add_argument("--bench", type=Path, required=True, help="folder of the few-shot benchmark")
    parser.add_argument("--data", type=Path, help="folder of its scenes; $MMEARTH_TEST_DATA, else BENCH/../../data")
    parser.add_argument("--k", default="1,3,10")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--scored-px", type=int, default=15000, help="scored pixels drawn per task")
    parser.add_argument("--cache", type=Path, help=".npz for the probabilities of raw bands and RCF")
    parser.add_argument("--grn", choices=("frozen", "both"), default="frozen", help="both: also GRN per image")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    started_s = time.monotonic()
    ks, seeds = ([int(number) for number in text.split(",")] for text in (options.k, options.seeds))
    data = options.data or Path(os.environ.get("MMEARTH_TEST_DATA") or options.bench / "../../data")
    tasks = load_tasks(options.bench, data, ks, seeds, options.scored_px)
    methods = {"raw bands": Method(raw_bands, BANDS_C), "RCF": Method(random_convolutions)}
    files = [load_weights(path) for path in options.weights]
    first = files[0]
    for seed in range(RANDOM_ENCODERS):
        encoder = random_encoder(seed, len(first.bands))
        methods[f"{RANDOM} {seed}"] = encoder_features(encoder, first.levels, first.bands)
    cpu = torch.device("cpu")
    for name, weights in _named(files).items():
        encoder = build_encoder(weights, cpu, best_dtype(cpu))
        methods[name] = encoder_features(encoder, weights.levels, weights.bands)
        if options.grn == "both":
            per_image = _unfrozen(weights)
            methods[f"{name}, GRN per image"] = encoder_features(per_image, weights.levels, weights.bands)
    rows = average_random(probe(tasks, methods, options.cache))
    print_table(rows, ks)
    seconds = time.monotonic() - started_s
    print(f"\n{seconds:.0f} s")
    if options.json:
        scores = {
            name: {
                task: {f"k{k}_s{seed}": round(f1, 4) for (k, seed), f1 in sets.items()} for task, sets in row.items()
            }
            for name, row in rows.items()
        }
        record = {
            "date": time.strftime("%Y-%m-%d"),
            "scored_px": options.scored_px,
            "weights": {name: f"sha256:{weights.sha256}" for name, weights in _named(files).items()},
            "macro_f1": scores,
            "seconds": round(seconds, 1),
        }
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
