"""The main job from end to end, through the command line: embedding, class map, confidence, report and a picture.

Runs `.venv/bin/mmearth` as a user would, on the sample scene or the user's own files, checks what came out, and shows
it in QGIS where there is a display. Knows nothing of models: everything it prints was said by the command line.
"""

import argparse
import json
import os
import shutil
import subprocess  # nosec B404 - starts this project's own command line and QGIS
import sys
import zipfile
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pyogrio
import pyproj
import rasterio
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from rasterio.enums import Resampling

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample"
SAMPLE_FIELD = "class_id"
RESULTS = ("embedding.tif", "classes.tif", "confidence.tif", "classes.gpkg", "report", "model.zip", "map.png")
PICTURE_PX = 1000  # longer side of each panel


class DemoError(Exception):
    """Something that should be true of the results is not, or a step failed."""


def run_step(*arguments: str) -> dict[str, Any]:
    """Runs one sub-command, shows its progress, and returns its result."""
    command = [str(Path(sys.executable).parent / "mmearth"), *arguments]
    print(f"\n$ mmearth {' '.join(arguments)}", flush=True)
    result: dict[str, Any] | None = None
    live = sys.stdout.isatty()
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            message = json.loads(line)
            if message["event"] == "result":
                result = message["result"]
            elif message["event"] == "progress" and (live or message["done"] >= message["total"]):
                share = message["done"] / (message["total"] or 1)
                print(f"  {message['phase']}: {share:.0%}".ljust(70), end="\r" if live else "\n", flush=True)
    if live:
        print(" " * 70, end="\r")
    if process.returncode or result is None:
        raise DemoError(f"'mmearth {arguments[0]}' ended with status {process.returncode}; the reason stands above.")
    return result


def check_raster(path: Path, scene: Path) -> None:
    """Checks that a result lies on the scene's grid and holds data."""
    with rasterio.open(scene) as source, rasterio.open(path) as made:
        for what in ("crs", "width", "height", "bounds"):
            if getattr(source, what) != getattr(made, what):
                raise DemoError(f"{path.name}: {what} is {getattr(made, what)}; the scene has {getattr(source, what)}.")
        if not made.read_masks(1).any():
            raise DemoError(f"{path.name} holds nodata only.")
        print(f"  {path.name:<16} {made.count:>3} × {made.height} × {made.width} {made.dtypes[0]}, {made.crs}")


def read_small(path: Path, indexes: list[int]) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float, float]]:
    """Returns (bands, rows, cols) values and valid, at most PICTURE_PX wide, and (left, right, bottom, top)."""
    with rasterio.open(path) as dataset:
        shrink = max(1.0, max(dataset.width, dataset.height) / PICTURE_PX)
        shape = (len(indexes), round(dataset.height / shrink), round(dataset.width / shrink))
        values = dataset.read(indexes, out_shape=shape, resampling=Resampling.nearest)
        valid = dataset.read_masks(indexes, out_shape=shape, resampling=Resampling.nearest).all(axis=0)
        bounds = dataset.bounds
    return values, valid, (bounds.left, bounds.right, bounds.bottom, bounds.top)


def draw_scene(axes: Axes, scene: Path, mapping: dict[str, int]) -> None:
    """Draws the scene in natural colours, or its first band where it has none; one stretch for all three."""
    indexes = [mapping[name] for name in ("B4", "B3", "B2") if name in mapping]
    values, valid, extent = read_small(scene, indexes if len(indexes) == 3 else [1, 1, 1])
    low, high = np.percentile(values[:, valid].astype(np.float64), (1, 99)) if valid.any() else (0, 1)
    stretched = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    picture = np.where(valid, stretched, 1).transpose(1, 2, 0)
    axes.imshow(picture, extent=extent, interpolation="nearest")


def draw_labels(axes: Axes, labels: Path, scene: Path, field: str, classes: list[dict[str, Any]]) -> None:
    """Draws the outlines of the label polygons in the colour of their class."""
    colors = {str(key): row["color"] for row in classes for key in (row["value"], row["name"])}
    meta, _, geometry, columns = pyogrio.raw.read(labels, columns=[field])
    with rasterio.open(scene) as dataset:
        to_scene = pyproj.Transformer.from_crs(meta["crs"], dataset.crs, always_xy=True).transform
    for shape, key in zip(shapely.from_wkb(geometry), columns[0], strict=True):
        for part in shapely.get_parts(shape):
            x, y = to_scene(*shapely.get_coordinates(part.exterior).T)
            axes.plot(x, y, color="white", linewidth=2.5)
            axes.plot(x, y, color=colors.get(str(key), "black"), linewidth=1.3)


def draw_classes(axes: Axes, path: Path, classes: list[dict[str, Any]]) -> None:
    """Draws the class map with names, colours and shares of the area."""
    values, valid, extent = read_small(path, [1])
    picture = np.ones((*valid.shape, 3))
    for row in classes:
        picture[valid & (values[0] == row["value"])] = matplotlib.colors.to_rgb(row["color"])
    axes.imshow(picture, extent=extent, interpolation="nearest")
    total = sum(row["pixels"] for row in classes) or 1
    patches = [Patch(color=row["color"], label=f"{row['name']}  {row['pixels'] / total:.1%}") for row in classes]
    axes.legend(
        handles=patches,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.06),
        ncols=3,
        frameon=False,
        columnspacing=1,
        fontsize=9,
    )


def draw_map(
    out: Path, scene: Path, labels: Path, field: str, trained: dict[str, Any], mapped: dict[str, Any], score: str
) -> None:
    """Writes map.png: scene with label polygons, class map with legend, confidence."""
    figure, axes = plt.subplots(1, 3, figsize=(18, 7.4), gridspec_kw={"wspace": 0.12})
    draw_scene(axes[0], scene, trained["mapping"])
    limits = axes[0].get_xlim(), axes[0].get_ylim()
    draw_labels(axes[0], labels, scene, field, trained["classes"])
    axes[0].set(xlim=limits[0], ylim=limits[1], title=f"{scene.name} and {trained['polygons']} label polygons")
    draw_classes(axes[1], out / "classes.tif", mapped["classes"])
    axes[1].set_title("Class map, share of the area")
    percent, valid, extent = read_small(out / "confidence.tif", [1])
    shown = axes[2].imshow(
        np.ma.masked_array(percent[0], ~valid), extent=extent, vmin=0, vmax=100, interpolation="nearest"
    )
    axes[2].set_title("Confidence")
    scale = axes[2].inset_axes((0.15, -0.13, 0.7, 0.03))
    figure.colorbar(shown, cax=scale, orientation="horizontal", label="percent")
    for panel in axes:
        panel.ticklabel_format(useOffset=False, style="plain")
        panel.tick_params(labelsize=7)
        panel.tick_params(axis="y", labelrotation=90)
        panel.locator_params(nbins=4)
    axes[1].text(0.5, 1.11, score, transform=axes[1].transAxes, ha="center", fontsize=13)
    figure.savefig(out / "map.png", dpi=90, bbox_inches="tight")
    plt.close(figure)


def score_line(trained: dict[str, Any]) -> str:
    """Returns the score on held-out polygons beside its baselines."""
    if trained["macro_f1"] is None:
        return f"Macro-F1 on held-out polygons: not known: {trained['reason']}"
    return (
        f"Macro-F1 on held-out polygons: embedding {trained['macro_f1']:.3f}, "
        f"raw bands {trained['raw_bands_macro_f1']:.3f}, majority {trained['majority_macro_f1']:.3f}"
    )


def show_in_qgis(out: Path, scene: Path) -> None:
    """Opens the results in QGIS without waiting for it, or says where they are."""
    qgis = shutil.which("qgis")
    if qgis is None or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        print(f"No display or no QGIS here: open the files in {out} yourself; map.png shows them all.")
        return
    layers = [scene, out / "embedding.tif", out / "confidence.tif", out / "classes.tif"]
    subprocess.Popen(
        [qgis, "--nologo", *map(str, layers)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    print(f"QGIS is opening the results in {out}.")


def run(scene: Path, labels: Path, field: str, out: Path) -> None:
    """Does the main job; results of an earlier run in `out` are replaced."""
    out.mkdir(parents=True, exist_ok=True)
    for name in RESULTS:
        old = out / name
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
    # The labels come first to be judged: a field that is missing should not be found out after a long embedding.
    chosen = ("--field", field) if field else ()
    model, report = out / "model.zip", out / "report"
    files = {name: str(out / name) for name in RESULTS}
    trained = run_step(
        "few-shot", str(scene), "--labels", str(labels), *chosen, "--model", str(model), "--report", str(report)
    )
    run_step("embed", str(scene), files["embedding.tif"])
    mapped = run_step(
        *("predict", str(scene), files["classes.tif"], "--model", str(model)),
        *("--confidence", files["confidence.tif"], "--vector", files["classes.gpkg"]),
    )
    print("\nChecked:")
    for name in ("embedding.tif", "classes.tif", "confidence.tif"):
        check_raster(out / name, scene)
    polygons = pyogrio.read_info(out / "classes.gpkg")
    print(f"  classes.gpkg     {polygons['features']} polygons, {polygons['crs']}")
    score = score_line(trained)
    with zipfile.ZipFile(model) as archive:
        used_field = json.loads(archive.read("model.json"))["field"]
    draw_map(out, scene, labels, used_field, trained, mapped, score)
    print("\nShare of the area:")
    total = sum(row["pixels"] for row in mapped["classes"]) or 1
    for row in mapped["classes"]:
        print(f"  {row['value']:>5}  {row['name']:<24} {row['pixels'] / total:6.1%}")
    print(f"\n{score}")
    print(f"Report: {trained['report']}\nPicture: {out / 'map.png'}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scene", type=Path, help="raster; default: the sample")
    parser.add_argument("--labels", type=Path, help="polygon layer with a class field; default: the sample's")
    parser.add_argument("--field", default="", help="class field; default: the only sensible one")
    parser.add_argument("--out", type=Path, default=ROOT / "demo_output", help="folder for the results")
    arguments = parser.parse_args()
    if (arguments.scene is None) != (arguments.labels is None):
        parser.error("SCENE and LABELS belong together: give both, or none for the sample.")
    scene = arguments.scene or SAMPLE / "scene.tif"
    labels = arguments.labels or SAMPLE / "labels.gpkg"
    field = arguments.field or (SAMPLE_FIELD if arguments.labels is None else "")
    try:
        run(scene.resolve(), labels.resolve(), field, arguments.out.resolve())
    except DemoError as error:
        sys.exit(f"Demo: {error}")
    show_in_qgis(arguments.out.resolve(), scene.resolve())


if __name__ == "__main__":
    main()
