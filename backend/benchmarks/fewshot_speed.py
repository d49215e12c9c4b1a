"""How fast is few-shot mapping? Prints one table; random inputs, one thread, no encoder.

- the default recipe on 12 bands: probabilities of a tile, with and without the distance to anything labelled;
- a linear head on the int8 codes of an embedding of 64 channels (G9): from codes in memory to a class map in memory,
  and the steps of it apart; and the verb `predict` from one file to the other, which reads and writes, too;
- fits.

OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/fewshot_speed.py
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import rasterio
import torch
from rasterio.crs import CRS
from threadpoolctl import threadpool_limits

from mmearth import predict
from mmearth.classifiers.by_name import fit_classifier
from mmearth.classifiers.novelty import fit_novelty
from mmearth.embedding.features import WindowFeatures
from mmearth.embedding.precomputed import recognise
from mmearth.mapping.code_scores import CodeScores, channel_groups, fold_codes
from mmearth.mapping.map_outputs import MapRaster, TileValues, class_rasters
from mmearth.mapping.model_file import Model, save_model
from mmearth.mapping.random_features import fit_random_features
from mmearth.mapping.recipe_features import HALO_PX, RecipeFeatures, recipe_groups
from mmearth.models.heads import Head
from mmearth.predict import TILE_PX
from mmearth.progress import Reporter
from mmearth.protocol import PredictRequest
from mmearth.scenes.raster import Grid
from mmearth.styles import PALETTE, ClassInfo

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B11", "B12")
CHANNELS = 64
SCALE = 0.03  # of a code
REPEATS = 5
FILE_TILES = 4  # tiles in a row and column of the file that the verb maps
Row = tuple[str, float]

POLYGONS = np.repeat(np.arange(50), 20)  # 1,000 labelled pixels


def cpu_s(work: Callable[[], object]) -> float:
    """Returns processor seconds of one call, the best of a few."""
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def mpx_per_cpu_s(work: Callable[[], object], pixels: int = TILE_PX**2) -> float:
    """Returns million pixels per processor second of a call that works on so many."""
    return pixels / 1e6 / cpu_s(work)


def classes_of(count: int) -> tuple[ClassInfo, ...]:
    """Returns a class list."""
    return tuple(ClassInfo(i + 1, f"class {i + 1}", PALETTE[i % len(PALETTE)]) for i in range(count))


def recipe_rows(rng: np.random.Generator, counts: list[int]) -> list[Row]:
    """Measures the default: what `predict` computes of a tile after its bands are read, and its fit."""
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
    labelled, rows = unlabelled[:1000], []
    for count in counts:
        classes = POLYGONS % count
        head = fit_classifier("recipe", labelled, classes, POLYGONS, unlabelled, count)
        rows.append((f"recipe, {count} classes, Mpx per CPU s", mpx_per_cpu_s(partial(features.scores, window, head))))
        novelty = fit_novelty(labelled, POLYGONS, unlabelled, classes)
        rows.append(("  with the distance", mpx_per_cpu_s(partial(features.scores, window, head, novelty))))
    for width in (64, unlabelled.shape[1]):
        x, others = labelled[:, :width], unlabelled[:, :width]
        fit = partial(fit_classifier, "recipe", x, POLYGONS % 5, POLYGONS, others, 5)
        rows.append((f"recipe, fit, 1,000 pixels × {width}, CPU s", cpu_s(fit)))
    distance = partial(fit_novelty, labelled, POLYGONS, unlabelled, POLYGONS % 5)
    rows.append((f"distance, fit, 1,000 pixels × {width}, CPU s", cpu_s(distance)))
    return rows


def code_rows(rng: np.random.Generator, counts: list[int]) -> list[Row]:
    """Measures linear heads on codes (G9)."""
    side = TILE_PX * FILE_TILES
    with tempfile.TemporaryDirectory() as folder:
        path = write_embedding(rng, Path(folder) / "embedding.tif", side)
        info = recognise(path)
        if info is None:
            raise RuntimeError("the file is no embedding")
        with rasterio.open(path) as dataset:
            codes = dataset.read(window=((0, TILE_PX), (0, TILE_PX)))
        image = codes.astype(np.float32) * np.float32(SCALE)
        valid = np.ones(codes.shape[1:], bool)
        random = fit_random_features([(image, valid)], info.channels, spectral=False, seed=0, draws=4000)
        features = RecipeFeatures(random, channel_groups(CHANNELS), np.zeros(0), np.zeros(0))
        drawn = rng.integers(0, TILE_PX, (2, 6000))
        raw = (image[:, drawn[0], drawn[1]].T - random.mean) / random.std
        features = features.standardised(raw)
        unlabelled = (raw - features.mean) * features.scale
        rows: list[Row] = []
        for name in ("ridge", "logistic", "prototype"):
            fit = partial(fit_classifier, name, unlabelled[:1000], POLYGONS % 5, POLYGONS, unlabelled, 5)
            rows.append((f"{name}, fit, 1,000 pixels × {CHANNELS}, CPU s", cpu_s(fit)))
        for count in counts:
            head = fit_classifier("ridge", unlabelled[:1000], POLYGONS % count, POLYGONS, unlabelled, count)
            rows += codes_to_classes(features, head, codes, count)
        model = Model(
            features=features, head=head, classes=classes_of(count), field="class", bands=info.channels,
            units="embedding", weights_name="", weights_path="", weights_sha256="", scores={}, embedding=info,
        )  # fmt: skip
        save_model(str(Path(folder) / "model.zip"), model)
        request = PredictRequest(path, str(Path(folder) / "map.tif"), str(Path(folder) / "model.zip"), device="cpu")
        silent = Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)
        speed = mpx_per_cpu_s(partial(predict.run, request, silent), side**2)
        rows.append((f"verb predict, file to file, {count} classes, {side}² px, Mpx per CPU s", speed))
    return rows


def codes_to_classes(features: RecipeFeatures, head: Head, codes: np.ndarray, count: int) -> list[Row]:
    """Measures a tile from codes to class values, and the steps of it."""
    scores_of = fold_codes(features, [head], np.full(CHANNELS, SCALE), np.zeros(CHANNELS))  # type: ignore[list-item]
    grid = Grid(CRS.from_epsg(32632), rasterio.Affine(10, 0, 0, 0, -10, 0), TILE_PX, TILE_PX)
    raster = class_rasters((), classes_of(count), grid, {})[0]
    scores, valid = scores_of(codes), np.ones(codes.shape[1:], bool)
    steps: list[tuple[str, Callable[[], object]]] = [
        (f"codes to classes, {count} classes, Mpx per CPU s (G9)", partial(classes_of_codes, scores_of, raster, codes)),
        ("  codes to probabilities alone", partial(scores_of, codes)),
        ("  which codes are valid", partial(where_valid, codes)),
        ("  probabilities to classes", lambda: raster.tile(tile_values(scores), valid)),
    ]
    return [(name, mpx_per_cpu_s(work)) for name, work in steps]


def where_valid(codes: np.ndarray) -> np.ndarray:
    """Returns where no code is nodata, as the product finds it."""
    return np.asarray(np.all(codes != -128, axis=0))


def tile_values(scores: np.ndarray) -> TileValues:
    """Returns the tile's pixels, all of them valid."""
    return TileValues(scores.reshape(len(scores), -1), np.empty(0, np.float32))


def classes_of_codes(scores_of: CodeScores, raster: MapRaster, codes: np.ndarray) -> np.ndarray:
    """Returns the class map of a tile of codes."""
    valid = where_valid(codes)
    return raster.tile(tile_values(scores_of(codes)), valid)


def write_embedding(rng: np.random.Generator, path: Path, side: int) -> str:
    """Writes an embedding of random codes as `embed` does; smooth ones, so that it compresses like one."""
    coarse = rng.normal(0, 40, (CHANNELS, side // 16, side // 16))
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": CHANNELS, "dtype": "int8", "nodata": -128,
        "crs": "EPSG:32632", "transform": rasterio.Affine(10, 0, 6e5, 0, -10, 5.2e6), "tiled": True,
        "blockxsize": 512, "blockysize": 512, "interleave": "pixel", "compress": "deflate", "zlevel": 1,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        for row in range(0, side, TILE_PX):
            part = coarse[:, slice(row // 16, (row + TILE_PX) // 16)].repeat(16, axis=1).repeat(16, axis=2)
            noise = rng.normal(0, 6, part.shape)
            codes = np.clip(np.rint(part + noise), -127, 127).astype(np.int8)
            dataset.write(codes, window=((row, row + TILE_PX), (0, side)))
        dataset.scales = (SCALE,) * CHANNELS
        dataset.update_tags(MMEARTH=json.dumps({"stages": [0, 1], "weights_sha256": "", "model": "random"}))
    return str(path)


def main() -> None:
    """Measures mapping and fitting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", default="2,5,10")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng, counts = np.random.default_rng(0), [int(number) for number in options.classes.split(",")]
    with threadpool_limits(1):
        rows = code_rows(rng, counts) + recipe_rows(rng, counts)
    for name, value in rows:
        print(f"{name:72}{value:8.3f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
