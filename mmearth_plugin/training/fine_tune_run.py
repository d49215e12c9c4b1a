"""What outlives a fine-tuning that was paused, cancelled or cut off: the request; and what a new one will roughly cost.

Knows nothing of widgets. Requests are kept in the settings: a run goes on as it was begun after QGIS was closed.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from osgeo import gdal

from ...backend.mmearth import protocol
from .. import layers, settings
from .encoder_run import resumable_step, run_folder

RASTERS = (".tif", ".tiff", ".vrt", ".jp2", ".img")
TILE_PX = 128  # labelled ground is kept in tiles of this size
_MOST_TILES = 6000  # of more, so many are drawn
_TILES_PER_POLYGON = 2  # a polygon of a few pixels lies in one tile, or across the edge of two
_BYTES = 2  # of a value of a tile: half precision
_MOST_SCENES = 50  # opened for an estimate; the others are taken to be as large
_LABELS = "labels.gpkg"  # in the folder of a run
_MOST_RUNS = 10  # remembered
# The recipe: crops of 32 × 32 pixels, 32 a step, 22 epochs, but no fewer and no more than so many steps.
_CROP_PX, _BATCH, _EPOCHS, _STEPS = 32, 32, 22, (100, 2000)
# Seconds of a step of the smallest encoder, measured on one core that has bf16 instructions.
_STEP_S: Dict[str, float] = {"probe": 0.18, "decoder": 0.30, "partial": 0.42, "full": 0.56}
# What a run takes of that: at least, stopped early on several cores; at most, on a processor without them.
_SPREAD = (0.4, 4.0)


@dataclass(frozen=True)
class Cost:
    """What a run will roughly take.

    Attributes:
        seconds: (at least, at most) on a processor.
        disk_bytes: For tiles, while it runs.
    """

    seconds: Tuple[float, float]
    disk_bytes: float


def rasters_in(folder: str) -> Tuple[str, ...]:
    """Returns the rasters that lie in a folder, by name."""
    path = Path(folder)
    if not path.is_dir():
        return ()
    return tuple(str(file) for file in sorted(path.iterdir()) if file.suffix.lower() in RASTERS)


def model_file(text: str) -> str:
    """Returns the path of a model file as it will be written, with its suffix; empty for no text."""
    path = text.strip()
    return path if not path or path.lower().endswith(".zip") else f"{path}.zip"


def cost(scenes: Sequence[str], rung: str, epochs: int, polygons: int) -> Optional[Cost]:
    """Returns what a run on some scenes will roughly take; None where none of them can be read.

    Args:
        scenes, rung, epochs: As in `FineTuneRequest`.
        polygons: How many are labelled; 0 where labels are everywhere.
    """
    sizes = [size for size in map(_size, scenes[:_MOST_SCENES]) if size]
    if not sizes:
        return None
    share = len(scenes) / len(sizes)
    tiles = share * sum(-(-width // TILE_PX) * -(-height // TILE_PX) for width, height, _count in sizes)
    crops = share * sum(width * height for width, height, _count in sizes) / _CROP_PX**2
    if polygons:  # what has no labels is left out
        tiles, crops = min(tiles, float(_TILES_PER_POLYGON * polygons)), min(crops, float(polygons))
    steps = (epochs or _EPOCHS) * crops / _BATCH
    if not epochs:
        fewest, most = _STEPS
        steps = min(max(steps, fewest), most)
    rungs = protocol.RUNGS[1:] if rung == "auto" else (rung,)
    seconds = steps * sum(_STEP_S[name] for name in rungs)
    bands = max(count for _width, _height, count in sizes)
    disk_bytes = min(tiles, _MOST_TILES) * TILE_PX**2 * bands * _BYTES
    return Cost((_SPREAD[0] * seconds, _SPREAD[1] * seconds), disk_bytes)


def remember(request: protocol.FineTuneRequest) -> None:
    """Keeps what a run was asked, until it is finished."""
    runs = [run for run in _runs() if run.get("model") != request.model]
    settings.set_unfinished_runs(json.dumps([*runs, asdict(replace(request, resume=False))][-_MOST_RUNS:]))


def remembered(model: str, device: str) -> Optional[protocol.FineTuneRequest]:
    """Returns the request that goes on with the run for a model file, on a device; None where none was kept."""
    for run in _runs():
        if run.get("model") == model:
            try:
                request = protocol.request_from_json({**run, "verb": "fine_tune"})
            except protocol.MalformedMessage:  # kept by another version
                return None
            return replace(request, device=device, resume=True)
    return None


def keep_labels(request: protocol.FineTuneRequest) -> protocol.FineTuneRequest:
    """Moves labels that were written to a temporary file to the run: they are wanted again to go on, or to repeat it.

    Raises:
        InputError: the folder of the run cannot be made.
    """
    if Path(request.labels).name != layers.EXPORTED:
        return request
    kept = run_folder(request.model) / _LABELS
    layers.make_folder(kept.parent)
    shutil.copyfile(request.labels, kept)
    return replace(request, labels=str(kept))


def forget(model: str) -> None:
    """Forgets a run that came to its end, or that saved nothing to go on with."""
    settings.set_unfinished_runs(json.dumps([run for run in _runs() if run.get("model") != model]))


def latest_unfinished() -> str:
    """Returns the model file of the latest run that can go on; empty where there is none."""
    for run in reversed(_runs()):
        if resumable_step(str(run.get("model", ""))):
            return str(run["model"])
    return ""


def saved_step(model: str) -> int:
    """Returns after how many steps the unfinished run for a model file was saved; 0 where there is none."""
    return resumable_step(model) if model else 0


def _runs() -> List[Dict]:
    try:
        found = json.loads(settings.unfinished_runs())
    except ValueError:  # edited by hand
        return []
    return [run for run in found if isinstance(run, dict)] if isinstance(found, list) else []


def _size(path: str) -> Optional[Tuple[int, int, int]]:
    """Returns (columns, rows, bands) of a raster, from its header; of several files of a scene, of the first."""
    file = path.splitlines()[0]
    if not Path(file).is_file():  # a folder of a scene, or far away: an estimate is not worth waiting for
        return None
    try:
        dataset = gdal.Open(file)
    except RuntimeError:  # where somebody switched GDAL's exceptions on
        return None
    return None if dataset is None else (dataset.RasterXSize, dataset.RasterYSize, dataset.RasterCount)
