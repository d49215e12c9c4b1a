"""How fast is the default recipe of few-shot mapping without its encoder? Prints one table; random inputs, one thread.

OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/fewshot_speed.py
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from mmearth.features import WindowFeatures
from mmearth.predict import TILE_PX
from mmearth.random_features import fit_random_features
from mmearth.recipe_features import HALO_PX, RecipeFeatures, recipe_groups
from mmearth.recipe_heads import RecipeHead, fit_recipe

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B11", "B12")
REPEATS = 3


def cpu_s(work: Callable[[], object]) -> float:
    """Returns processor seconds of one call, the best of a few."""
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def map_tile(features: RecipeFeatures, window: WindowFeatures, head: RecipeHead) -> np.ndarray:
    """Returns what `predict` computes of a tile after its bands are read."""
    return features.probabilities(window, head)


def main() -> None:
    """Measures mapping and fitting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", default="2,5,10")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    side = TILE_PX + 2 * HALO_PX
    valid = np.ones((side, side), bool)
    image = rng.normal(1500, 500, (len(BANDS), side, side)).astype(np.float32)
    random = fit_random_features([(image, valid)], BANDS, spectral=True, seed=0, draws=4000)
    features = RecipeFeatures(random, recipe_groups(random, 0), np.zeros(0), np.zeros(0))
    window = WindowFeatures({}, {}, torch.from_numpy(image), valid, 0, 0, side, side)
    drawn = rng.integers(HALO_PX, side - HALO_PX, (2, 6000))
    raw = features.raw_at(window, *drawn)
    features = features.standardised(raw)
    unlabelled = (raw - features.mean) * features.scale
    record: dict[str, float] = {}
    for count in (int(number) for number in options.classes.split(",")):
        polygons = np.repeat(np.arange(50), 20)
        head = fit_recipe(unlabelled[:1000], polygons % count, polygons, unlabelled, count)
        seconds = cpu_s(partial(map_tile, features, window, head))
        record[f"map, {count} classes, Mpx per CPU s"] = TILE_PX**2 / 1e6 / seconds
    polygons = np.repeat(np.arange(50), 20)
    for width in (64, unlabelled.shape[1]):
        x, others = unlabelled[:1000, :width], unlabelled[:, :width]
        record[f"fit, 1,000 pixels × {width}, CPU s"] = cpu_s(partial(fit_recipe, x, polygons % 5, polygons, others, 5))
    for name, value in record.items():
        print(f"{name:40}{value:8.3f}")
    if options.json:
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
