"""How good is the default recipe of few-shot mapping, and what does each part of it add? Macro-F1 on the benchmark.

Rows: majority class, logistic regression on raw bands, the recipe without a network, the recipe with an encoder of
random weights (the control), and with trained weights. The recipe is the plugin's own code; only the pixels that are
labelled, drawn or scored are kept. With --heads the rows are all classifiers on the features of the default, and what
choosing among them brings. Prints one table and writes one JSON.

    .venv/bin/python backend/benchmarks/fewshot_recipe.py --bench ../shared/bench/fewshot [--heads] [--cache FOLDER]
"""

import argparse
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.fewshot_features import BANDS_C, Method, network_input, random_encoder, raw_bands
from benchmarks.fewshot_heads import LabelledPixels, head_rows, head_score
from benchmarks.fewshot_probe import class_probabilities, macro_f1, score, task_means
from benchmarks.fewshot_tasks import Key, LabelSet, Scene, Task, load_tasks
from mmearth.embedding.features import WindowFeatures
from mmearth.mapping.few_shot_samples import DRAWS, UNLABELLED_PX
from mmearth.mapping.random_features import fit_random_features
from mmearth.mapping.recipe_features import HALO_PX, LAST_STAGE, RecipeFeatures, inside, recipe_groups
from mmearth.models.convnextv2 import Encoder, best_dtype
from mmearth.weights.checkpoints import build_encoder, load_weights

Encode = Callable[[Task, Scene], dict[int, Tensor]]


@dataclass(frozen=True)
class Pixels:
    """Features of a task before standardisation: those of each scene's points, and of the unlabelled sample."""

    points: dict[str, np.ndarray]
    sample: np.ndarray


def encoder_stages(encoder: Encoder, levels: dict[str, dict[str, list[float]]], bands: tuple[str, ...]) -> Encode:
    """Returns what encodes a scene: stage → maps with a margin, those of several dates after each other."""

    @torch.inference_mode()
    def encode(task: Task, scene: Scene) -> dict[int, Tensor]:
        found: dict[int, list[Tensor]] = {}
        dtype = next(encoder.parameters()).dtype
        for date in np.split(scene.values, task.dates):
            image = network_input(task, date, scene.valid, levels, bands)[None]
            bottom, right = (HALO_PX + -length % encoder.patch_size for length in image.shape[-2:])
            padded = torch.nn.functional.pad(image, (HALO_PX, right, HALO_PX, bottom), mode="reflect")
            maps = encoder(padded.to(dtype, memory_format=torch.channels_last), last_stage=LAST_STAGE)
            for stage, part in enumerate(maps):
                found.setdefault(stage, []).append(part[0].float())
        return {stage: torch.cat(parts) for stage, parts in found.items()}

    return encode


def task_pixels(task: Task, encode: Encode | None) -> tuple[Pixels, RecipeFeatures]:
    """Computes features of all points that are wanted of a task; random features are fitted to the mapped scenes."""
    windows, rng = {}, np.random.default_rng(0)
    for name, scene in task.scenes.items():
        stages = {} if encode is None else encode(task, scene)
        valid = np.pad(scene.valid, HALO_PX)
        values = np.pad((scene.values * task.scale + task.offset) * 1e4, ((0, 0), (HALO_PX,) * 2, (HALO_PX,) * 2))
        windows[name] = WindowFeatures(
            stages, {0: 1, 1: 2}, torch.from_numpy(values * valid), valid, 0, 0, *valid.shape
        )
    images = [(windows[name].bands.numpy(), windows[name].valid) for name in task.mapped]
    random = fit_random_features(images, task.bands, spectral=True, seed=0, draws=DRAWS)
    channels = sum(len(maps) for maps in windows[task.mapped[0]].stages.values())
    features = RecipeFeatures(random, recipe_groups(random, channels), np.zeros(0), np.zeros(0))
    places = [np.flatnonzero(task.scenes[name].valid) for name in task.mapped]
    share = min(1.0, UNLABELLED_PX / sum(map(len, places)))
    drawn = [rng.permutation(at)[: round(len(at) * share)] for at in places]
    points = {name: raw_at(features, windows[name], scene.points) for name, scene in task.scenes.items()}
    sample = [raw_at(features, windows[name], at) for name, at in zip(task.mapped, drawn, strict=True)]
    return Pixels(points, np.concatenate(sample)), features


def raw_at(features: RecipeFeatures, window: WindowFeatures, flat: np.ndarray) -> np.ndarray:
    """Returns the features of pixels given by their flat positions in the scene that a window holds with its halo."""
    rows, cols = np.unravel_index(flat, inside(window.valid).shape)
    return features.raw_at(window, rows + HALO_PX, cols + HALO_PX)


def training_polygons(labels: LabelSet) -> np.ndarray:
    """Numbers of the training pixels' polygons."""
    return np.concatenate([labels.polygons[name] for name in labels.training])


def label_sets(task: Task, pixels: Pixels, features: RecipeFeatures) -> Iterator[tuple[Key, LabelledPixels]]:
    """Yields the features x of every label set of a task."""
    standard = features.standardised(pixels.sample)
    points = {name: (raw - standard.mean) * standard.scale for name, raw in pixels.points.items()}
    sample = (pixels.sample - standard.mean) * standard.scale
    for key, labels in task.sets.items():
        yield (
            key,
            LabelledPixels(
                x=np.concatenate([points[name][at] for name, at in labels.training.items()]),
                classes=np.concatenate([labels.classes[name] for name in labels.training]),
                polygons=training_polygons(labels),
                sample=sample,
                scored=np.concatenate([points[name][at] for name, at in labels.scored.items()]),
                labels=labels,
                num_classes=task.num_classes,
            ),
        )


def recipe_scores(task: Task, pixels: Pixels, features: RecipeFeatures) -> dict[Key, float]:
    """Returns the macro-F1 of the recipe for every label set of a task."""
    return {key: head_score("recipe", found) for key, found in label_sets(task, pixels, features)}


def majority_scores(task: Task) -> dict[Key, float]:
    """Returns the macro-F1 of always answering the class with most training pixels."""
    found = {}
    for key, labels in task.sets.items():
        counts = np.bincount(np.concatenate(list(labels.classes.values())), minlength=task.num_classes)
        found[key] = macro_f1(labels.truth, np.full(len(labels.truth), counts.argmax()), task.num_classes)
    return found


def best_baselines(bench: Path, names: list[str], ks: list[int]) -> dict[str, dict[int, tuple[str, float]]]:
    """Returns task → k → name and macro-F1 of the best published baseline."""
    results = json.loads((bench / "results_baselines.json").read_text(encoding="utf-8"))["results"]
    best: dict[str, dict[int, tuple[str, float]]] = {}
    for name in names:
        for k in ks:
            scores = {method: tasks[name][str(k)]["macro_f1"][0] for method, tasks in results.items()}
            method = max(scores, key=lambda m: scores[m])
            best.setdefault(name, {})[k] = (method, scores[method])
    return best


def run_rows(tasks: list[Task], encoders: dict[str, Encode | None], cache: Path | None) -> dict[str, dict[str, Any]]:
    """Returns row name → task → {(k, seed): macro-F1}.

    Args:
        tasks: See `load_tasks`.
        encoders: Row name → what encodes a scene; None for the recipe without a network.
        cache: Folder for the features of each task and row; None keeps none.
    """
    rows: dict[str, dict[str, Any]] = {}
    for task in tasks:
        rows.setdefault("majority", {})[task.name] = majority_scores(task)
        linear = class_probabilities(task, Method(raw_bands, BANDS_C))
        rows.setdefault("raw bands", {})[task.name] = score(task, linear)
        for name, encode in encoders.items():
            pixels, features = _cached(task, name, encode, cache)
            rows.setdefault(name, {})[task.name] = recipe_scores(task, pixels, features)
    return rows


def default_sets(
    tasks: list[Task], name: str, encode: Encode | None, cache: Path | None
) -> Iterator[tuple[str, Key, LabelledPixels]]:
    """Yields task, (k, seed) and features x of every label set, with one encoder.

    Args:
        tasks: See `load_tasks`.
        name: Of the row, as in `run_rows`.
        encode: What encodes a scene.
        cache: As in `run_rows`.
    """
    for task in tasks:
        for key, found in label_sets(task, *_cached(task, name, encode, cache)):
            yield task.name, key, found


def _cached(task: Task, name: str, encode: Encode | None, cache: Path | None) -> tuple[Pixels, RecipeFeatures]:
    if cache is None:
        return task_pixels(task, encode)
    points = b"".join(scene.points.tobytes() for scene in task.scenes.values())
    file = cache / f"{task.name} {name} {hashlib.sha256(points).hexdigest()[:12]}.npz"
    if not file.exists():
        pixels, features = task_pixels(task, encode)
        tensors: dict[str, Any] = {f"tensor {key}": array for key, array in features.to_tensors().items()}
        arrays: dict[str, Any] = {f"points {scene}": array for scene, array in pixels.points.items()}
        channels = max((group.channels for group in features.groups if group.source == "encoder"), default=0)
        partial = file.with_suffix(".part.npz")
        np.savez(partial, sample=pixels.sample, channels=channels, **arrays, **tensors)
        os.replace(partial, file)
        return pixels, features
    with np.load(file, allow_pickle=False) as stored:
        tensors = {key.removeprefix("tensor "): stored[key] for key in stored.files if key.startswith("tensor ")}
        found = {key.removeprefix("points "): stored[key] for key in stored.files if key.startswith("points ")}
        features = RecipeFeatures.from_tensors(tensors, task.bands, True, ())
        groups = recipe_groups(features.random, int(stored["channels"]))
        return Pixels(found, stored["sample"]), RecipeFeatures(features.random, groups, np.zeros(0), np.zeros(0))


def print_table(
    rows: dict[str, dict[str, Any]],
    best: dict[str, dict[int, tuple[str, float]]],
    ks: list[int],
    pairs: list[tuple[str, str]],
) -> None:
    """Prints the mean over tasks, then every task beside its best baseline, and the difference of pairs of rows."""
    width = max(map(len, rows))
    print(f"{'macro-F1, ± over seeds':{width}}  " + "  ".join(f"{f'k={k}':>11}" for k in ks))
    for name, row in rows.items():
        cells = [task_means(row, k).mean(axis=1) for k in ks]
        print(f"{name:{width}}  " + "  ".join(f"{cell.mean():.3f} ±{cell.std():.3f}" for cell in cells))
    names = list(best)
    for k in ks:
        print(f"\nk={k}, by task\n{'':{width}}  " + "  ".join(f"{name[:12]:>12}" for name in names))
        for name, row in rows.items():
            print(f"{name:{width}}  " + "  ".join(f"{value:>12.3f}" for value in task_means(row, k).mean(axis=0)))
        listed = "  ".join(f"{f'{best[task][k][1]:.3f} {best[task][k][0][:6]}':>12}" for task in names)
        print(f"{'best baseline':{width}}  {listed}")
        last = task_means(list(rows.values())[-1], k).mean(axis=0)
        print(
            f"{'last row −':{width}}  "
            + "  ".join(f"{v - best[t][k][1]:>+12.3f}" for v, t in zip(last, names, strict=True))
        )
    print("\npaired differences, ± standard error over tasks, tasks that gain")
    for name, other in pairs:
        cells = []
        for k in ks:
            gain = (task_means(rows[name], k) - task_means(rows[other], k)).mean(axis=0)
            error = gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else 0.0
            cells.append(f"{gain.mean():+.3f} ±{error:.3f} {(gain > 0).sum()}/{len(gain)}")
        print(f"{name} − {other}:  " + "   ".join(cells))


def main() -> None:
    """Scores the recipe with and without an encoder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True, help="folder of the few-shot benchmark")
    parser.add_argument("--data", type=Path, help="folder of its scenes; $MMEARTH_TEST_DATA, else BENCH/../../data")
    parser.add_argument("--weights", default="", help="weights file; the bundled weights if not given")
    parser.add_argument("--k", default="1,3,10")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--tasks", default="", help="names, separated by commas; all if not given")
    parser.add_argument("--scored-px", type=int, default=15000, help="scored pixels drawn per task")
    parser.add_argument("--cache", type=Path, help="folder for features, so that further runs are cheap")
    parser.add_argument("--heads", action="store_true", help="all classifiers on the features of the default")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    started_s = time.monotonic()
    ks, seeds = ([int(number) for number in text.split(",")] for text in (options.k, options.seeds))
    data = options.data or Path(os.environ.get("MMEARTH_TEST_DATA") or options.bench / "../../data")
    chosen = options.tasks.split(",") if options.tasks else None
    tasks = load_tasks(options.bench, data, ks, seeds, options.scored_px, chosen)
    if options.cache:
        options.cache.mkdir(parents=True, exist_ok=True)
    weights, cpu = load_weights(options.weights), torch.device("cpu")
    untrained = random_encoder(0, len(weights.bands))
    trained = build_encoder(weights, cpu, best_dtype(cpu))
    encoders = {
        "recipe, no network": None,
        "recipe + random weights": encoder_stages(untrained, weights.levels, weights.bands),
        f"recipe + {weights.name} {weights.sha256[:8]}": encoder_stages(trained, weights.levels, weights.bands),
    }
    choices: dict[str, dict[Key, str]] = {}
    if options.heads:
        default = list(encoders)[-1]
        rows, choices = head_rows(default_sets(tasks, default, encoders[default], options.cache))
        pairs = [(name, "recipe") for name in rows if name != "recipe"]
    else:
        rows = run_rows(tasks, encoders, options.cache)
        order = list(rows)
        pairs = [(a, b) for number, a in enumerate(order) for b in order[2:number]]
    best = best_baselines(options.bench, [task.name for task in tasks], ks)
    print_table(rows, best, ks, pairs)
    for k in ks if choices else ():
        chosen = Counter(name for sets in choices.values() for key, name in sets.items() if key[0] == k)
        print(f"auto at k={k}: " + ", ".join(f"{name} {count}" for name, count in chosen.most_common()))
    seconds = time.monotonic() - started_s
    print(f"\n{seconds:.0f} s")
    if options.json:
        record = {
            "date": time.strftime("%Y-%m-%d"),
            "scored_px": options.scored_px,
            "weights": f"sha256:{weights.sha256}",
            "macro_f1": {
                name: {
                    task: {f"k{k}_s{seed}": round(f1, 4) for (k, seed), f1 in sets.items()}
                    for task, sets in row.items()
                }
                for name, row in rows.items()
            },
            "best_baseline": {task: {f"k{k}": list(found) for k, found in row.items()} for task, row in best.items()},
            "seconds": round(seconds, 1),
        }
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
