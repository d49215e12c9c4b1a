"""How long from one more polygon to a fresh preview, and what does the compression of its features cost?

Draws polygons on a scene made of the bundled sample, asks for previews of a window, one more polygon each time, as the
plugin does. With --bench also scores the recipe on all features, and on their components in 8 bits. Prints tables and
writes one JSON.

    .venv/bin/python backend/benchmarks/live_loop.py [--side 2000] [--bench ../shared/bench/fewshot]
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from rasterio.windows import Window
from scipy.ndimage import uniform_filter

from benchmarks.embed_scenes import LEFT, PIXEL_M, TOP, bounds_of, write_deflate
from benchmarks.fewshot_heads import LabelledPixels, head_score
from benchmarks.fewshot_recipe import default_sets, encoder_stages
from benchmarks.fewshot_tasks import load_tasks
from benchmarks.machine import machine, spoken
from benchmarks.quiet import Quiet
from mmearth import preview, protocol
from mmearth.mapping.live_window import COMPONENTS, fit_compression
from mmearth.models.convnextv2 import best_dtype
from mmearth.weights.checkpoints import build_encoder, load_weights

MARGIN_PX = 300  # of the scene around the window
POLYGON_PX, FIRST_POLYGONS, MORE_POLYGONS = (6, 14), 20, 5
INFRARED = 8  # band of the sample by whose brightness the classes are made


def draw_polygons(scene: Path, window: Window, classes: int) -> list[dict[str, Any]]:
    """Returns squares in a window as GeoJSON features; their class follows the brightness around their middle."""
    rng = np.random.default_rng(0)
    with rasterio.open(scene) as dataset:
        smooth = uniform_filter(dataset.read(INFRARED, window=window).astype(np.float32), POLYGON_PX[1])
    steps = np.quantile(smooth[smooth > 0], np.arange(1, classes) / classes)
    features = []
    for _ in range(FIRST_POLYGONS + MORE_POLYGONS):
        side = int(rng.integers(*POLYGON_PX))
        row, col = (int(place) for place in rng.integers(0, smooth.shape[0] - side, 2))
        value = int(np.searchsorted(steps, smooth[row + side // 2, col + side // 2])) + 1
        left, top = LEFT + PIXEL_M * (window.col_off + col), TOP - PIXEL_M * (window.row_off + row)
        right, bottom = left + PIXEL_M * side, top - PIXEL_M * side
        ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"class_id": value}, "geometry": geometry})
    return features


def write_labels(path: Path, scene: Path, features: list[dict[str, Any]]) -> None:
    """Writes features as GeoJSON in the CRS of a scene."""
    with rasterio.open(scene) as dataset:
        name = f"urn:ogc:def:crs:EPSG::{dataset.crs.to_epsg()}"
    crs = {"type": "name", "properties": {"name": name}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), encoding="utf-8")


def ask(request: protocol.PreviewRequest) -> dict[str, float]:
    """Returns seconds of a preview: the whole, its parts, and processor seconds."""
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    result = preview.run(request, Quiet())
    whole = {"whole": time.perf_counter() - started_s, "CPU": time.process_time() - started_cpu_s}
    return {**whole, **result["timings"], "prepared": float(result["prepared"])}


def time_loop(folder: Path, side: int, classes: int, head: str) -> dict[str, float]:
    """Returns seconds of the first preview of a window, and medians of those after one more polygon."""
    scene, labels = folder / "scene.tif", folder / "labels.geojson"
    if not scene.exists():
        write_deflate(scene, side + 2 * MARGIN_PX)
    os.utime(scene)  # so that nothing is in memory
    window = Window(MARGIN_PX, MARGIN_PX, side, side)
    polygons = draw_polygons(scene, window, classes)
    request = protocol.PreviewRequest(
        scene=str(scene),
        out=str(folder / "preview.tif"),
        bounds=bounds_of(window),
        labels=str(labels),
        field="class_id",
        head=head,
    )
    write_labels(labels, scene, polygons[:FIRST_POLYGONS])
    first = ask(request)
    further = []
    for count in range(FIRST_POLYGONS, FIRST_POLYGONS + MORE_POLYGONS):
        write_labels(labels, scene, polygons[: count + 1])
        further.append(ask(request))
    assert not any(row["prepared"] for row in further)
    moved = ask(replace(request, bounds=bounds_of(Window(MARGIN_PX + side // 10, MARGIN_PX, side, side))))
    medians = {name: statistics.median(row[name] for row in further) for name in further[0] if name != "prepared"}
    return {
        "first": first["whole"],
        "first, CPU": first["CPU"],
        "a tenth aside": moved["whole"],
        "a tenth aside, CPU": moved["CPU"],
        **{f"one more polygon, {name}": value for name, value in medians.items()},
        "peak memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


def compressed(found: LabelledPixels, padded: bool) -> LabelledPixels:
    """Returns labelled pixels as the preview sees them; padded with zeros to as many features as before."""
    compression = fit_compression(found.sample, COMPONENTS)
    width = found.sample.shape[1] if padded else len(compression.step)

    def seen(x: np.ndarray) -> np.ndarray:
        values = compression.values(compression.codes(x))
        return np.pad(values, ((0, 0), (0, width - values.shape[1])))

    return replace(found, x=seen(found.x), sample=seen(found.sample), scored=seen(found.scored))


def score_compression(
    bench: Path, data: Path, names: list[str] | None, seeds: list[int], cache: Path | None
) -> dict[str, dict[str, list[float]]]:
    """Returns row → task → macro-F1 of each set with 3 polygons of a class."""
    weights, cpu = load_weights(""), torch.device("cpu")
    encode = encoder_stages(build_encoder(weights, cpu, best_dtype(cpu)), weights.levels, weights.bands)
    rows: dict[str, dict[str, list[float]]] = {}
    tasks = load_tasks(bench, data, [3], seeds, 15000, names)
    for task, _, found in default_sets(tasks, f"recipe + {weights.name} {weights.sha256[:8]}", encode, cache):
        for row, pixels in {
            "all features": found,
            f"{COMPONENTS} components, 8 bits": compressed(found, padded=True),
            "the same, not padded": compressed(found, padded=False),
        }.items():
            rows.setdefault(row, {}).setdefault(task, []).append(head_score("recipe", pixels))
    return rows


def print_scores(rows: dict[str, dict[str, list[float]]]) -> None:
    """Prints the mean of each task, and that of all."""
    names = list(next(iter(rows.values())))
    print(f"\n{'macro-F1, k=3':26}" + "".join(f"{name[:12]:>14}" for name in [*names, "mean"]))
    for row, tasks in rows.items():
        means = [float(np.mean(tasks[name])) for name in names]
        print(f"{row:26}" + "".join(f"{value:>14.4f}" for value in [*means, float(np.mean(means))]))


def main() -> None:
    """Times the loop and scores the compression."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=2000, help="of the window, pixels")
    parser.add_argument("--classes", default="3,6")
    parser.add_argument("--head", choices=protocol.HEADS, default="recipe")
    parser.add_argument("--bench", type=Path, help="folder of the few-shot benchmark; scores the compression")
    parser.add_argument("--data", type=Path, help="folder of its scenes; $MMEARTH_TEST_DATA, else BENCH/../../data")
    parser.add_argument("--tasks", default="", help="names, separated by commas; all if not given")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--cache", type=Path, help="folder for features, as in fewshot_recipe.py")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = machine()
    print(spoken(found) + f"; {torch.get_num_threads()} threads")
    record: dict[str, Any] = {"machine": found, "seconds": {}}
    with tempfile.TemporaryDirectory() as folder:
        for classes in map(int, options.classes.split(",")) if options.side else ():
            times = time_loop(Path(folder), options.side, classes, options.head)
            record["seconds"][f"{classes} classes"] = times
            print(f"\n{options.side} × {options.side} pixels, {classes} classes, {options.head}")
            for name, value in times.items():
                print(f"  {name:34}{value:9.3f}")
    if options.bench:
        data = options.data or Path(os.environ.get("MMEARTH_TEST_DATA") or options.bench / "../../data")
        names = options.tasks.split(",") if options.tasks else None
        seeds = [int(seed) for seed in options.seeds.split(",")]
        record["macro_f1"] = score_compression(options.bench, data, names, seeds, options.cache)
        print_scores(record["macro_f1"])
    if options.json:
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
