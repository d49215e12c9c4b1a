"""Cuts the user's own rasters, of Sentinel-2 or any other sensor, and aligned layers into shards of training chips.

Knows nothing of batches.
"""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.errors import RasterioError
from rasterio.windows import Window

from mmearth.data.aligned_layers import AlignedLayer, CodeTable, Layer, open_layer, read_layers
from mmearth.data.mmearth_folder import BANDS
from mmearth.data.shards import (
    ALL_LEVELS,
    CLASS_DTYPES,
    Contents,
    Shards,
    ShardWriter,
    Tally,
    open_shards,
    reopen,
    stamp,
    write_shards,
)
from mmearth.errors import InputError
from mmearth.pretraining.tasks import INPUT, Task
from mmearth.progress import Report
from mmearth.scenes.raster import Scene, open_scene

MIN_TILES = 8
HALF_STRIDE_BELOW = 2000  # tiles; with fewer, tiles overlap by half
MIN_VALID_SHARE = 0.1  # of a tile's pixels
# Pixel sides at which bands that are called like Sentinel-2's are taken for them without being told so.
SENTINEL2_PIXEL_M = (5.0, 25.0)
SMALL_DTYPES = ("uint8", "int8")  # kept in two bytes, with a value of their own for "no data"
NO_DATA_INT16 = -32768


@dataclass(frozen=True)
class RasterSource:
    """What to cut.

    Attributes:
        paths: Rasters with the same bands.
        crop_px: Side of the crops that training will take, a multiple of 7; tiles are an eighth larger where possible.
        bands: Sentinel-2 band name → 1-based band number; empty means "recognise".
        units: Key of `modalities.UNITS`, or "auto"; "raw" without `bands` keeps the rasters' own bands.
        layers: Further rasters as targets, each {"path", "name", "kind": one of `aligned_layers.LAYER_KINDS`}.
    """

    paths: tuple[str, ...]
    crop_px: int
    bands: dict[str, int]
    units: str
    layers: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class _Plan:
    """How the rasters are read.

    Attributes:
        wanted: Names of the bands to read, in the order of the channels.
        tiles: By raster, the (row, column) of each tile's first pixel.
        tile_px: Side of a tile.
        dtype: Of the stored input.
        layers: Targets beside it.
        channels: Bands of each of `layers`.
    """

    wanted: tuple[str, ...]
    tiles: dict[str, list[tuple[int, int]]]
    tile_px: int
    dtype: np.dtype[Any]
    layers: tuple[Layer, ...]
    channels: dict[str, int]

    @property
    def missing(self) -> tuple[float, ...]:
        """Stored values of the input that mean "no data"."""
        return {"uint16": (0.0,), "int16": (float(NO_DATA_INT16),)}.get(self.dtype.name, ())


def pack(source: RasterSource, cache: Path, report: Report) -> Shards:
    """Returns tiles of rasters as shards, made once and used again while files and settings are unchanged.

    Rasters whose bands are Sentinel-2's become the 12 bands of MMEarth, reflectance × 10⁴, level "l2a", with absent
    bands missing; others keep their own bands and values, level "raw". A raster smaller than a crop is left out; one
    smaller than a tile makes all tiles that small. Tiles that are constant or nearly empty are skipped.

    Args:
        source: What to cut.
        cache: Folder for the shards.
        report: Told while packing; cancelling leaves no folder.

    Raises:
        InputError: rasters or layers do not serve, or give fewer than `MIN_TILES` tiles.
        ResourceError: the disk is full.
    """
    if not source.paths:
        raise InputError("No raster was given.", "Choose at least one.")
    layers = read_layers(source.layers)
    paths = [path for path in (*source.paths, *(layer.path for layer in layers)) if not path.startswith("/vsi")]
    stamps = {"kind": "rasters", "settings": asdict(source), "files": stamp([Path(path) for path in paths])}
    found = open_shards(cache, stamps)
    if found is not None:
        return found
    plan = _plan(source, layers, report)
    _write(source, plan, cache, stamps, report)
    return reopen(cache, stamps)


def _plan(source: RasterSource, layers: tuple[Layer, ...], report: Report) -> _Plan:
    bands: dict[str, tuple[str, ...]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    dtypes: set[str] = set()
    channels: dict[str, int] = {}
    for path in source.paths:
        with _recognised(path, source) as (scene, names):
            bands[path] = names
            dtypes |= set(scene.dataset.dtypes)
            for layer in layers:
                with open_layer(layer, scene.grid) as aligned:
                    channels[layer.name] = aligned.channels
            if min(scene.grid.height, scene.grid.width) >= source.crop_px:
                sizes[path] = (scene.grid.height, scene.grid.width)
            else:
                report.log(
                    f"'{scene.name}' is left out: it is {scene.grid.width} × {scene.grid.height} px, crops need "
                    f"{source.crop_px}.",
                    "warning",
                )
    first = source.paths[0]
    for path, names in bands.items():
        if names != bands[first]:
            raise InputError(
                f"'{Path(first).name}' has the bands {', '.join(bands[first])} and '{Path(path).name}' has "
                f"{', '.join(names)}.",
                "Pretrain on rasters with the same bands, or say which bands are Sentinel-2's.",
            )
    if bands[first] != BANDS:
        report.log(f"Taken as a sensor of its own, with the bands {', '.join(bands[first])}; values as they are")
    if not sizes:
        raise InputError(
            f"No raster is {source.crop_px} px wide and high, the side of a training crop.",
            "Choose larger rasters, or the smaller patch size.",
        )
    tile_px = min(source.crop_px * 8 // 7, *(min(size) for size in sizes.values()))
    tiles = {path: _grid_of_tiles(size, tile_px, tile_px) for path, size in sizes.items()}
    if sum(len(found) for found in tiles.values()) < HALF_STRIDE_BELOW:
        tiles = {path: _grid_of_tiles(size, tile_px, tile_px // 2) for path, size in sizes.items()}
    small = all(dtype in SMALL_DTYPES for dtype in dtypes)
    dtype = np.uint16 if bands[first] == BANDS else np.int16 if small else np.float32
    return _Plan(bands[first], tiles, tile_px, np.dtype(dtype), layers, channels)


@contextlib.contextmanager
def _recognised(path: str, source: RasterSource) -> Iterator[tuple[Scene, tuple[str, ...]]]:
    """Yields the scene and the names of its channels: MMEarth's bands, or the sensor's own."""
    if source.bands or source.units != "raw":
        with contextlib.ExitStack() as stack:
            try:
                scene = stack.enter_context(open_scene(path, source.bands, source.units, BANDS))
            except InputError:
                if source.bands:
                    raise
            else:
                middle = Window(0, scene.grid.height // 2, 1, 1)
                side_m = math.sqrt(scene.grid.crop(middle).pixel_areas_m2()[0])
                if source.bands or SENTINEL2_PIXEL_M[0] <= side_m <= SENTINEL2_PIXEL_M[1]:
                    yield scene, BANDS
                    return
    with open_scene(path, {}, "raw", ()) as scene:
        yield scene, tuple(scene.mapping.indexes)


def _grid_of_tiles(size: tuple[int, int], tile_px: int, stride_px: int) -> list[tuple[int, int]]:
    """Returns the first (row, column) of each tile; the last ones are moved back to end at the raster's edge."""
    rows, cols = (sorted({*range(0, side - tile_px, stride_px), side - tile_px}) for side in size)
    return [(row, col) for row in rows for col in cols]


def _write(source: RasterSource, plan: _Plan, cache: Path, stamps: dict[str, Any], report: Report) -> None:
    level = "l2a" if plan.wanted == BANDS else "raw"
    channels = plan.channels
    shapes: dict[str, tuple[int, ...]] = {INPUT: (len(plan.wanted), plan.tile_px, plan.tile_px)}
    dtypes = {INPUT: plan.dtype}
    for layer in plan.layers:
        square = (plan.tile_px, plan.tile_px)
        classes = layer.kind == "classes"
        shapes[layer.name] = square if classes else (channels[layer.name], *square)
        dtypes[layer.name] = CLASS_DTYPES["class_map"] if classes else np.dtype(np.float32)
    tallies = {INPUT: Tally(len(plan.wanted))}
    tallies |= {layer.name: Tally(channels[layer.name]) for layer in plan.layers if layer.kind == "continuous"}
    tables = {layer.name: CodeTable(layer) for layer in plan.layers if layer.kind == "classes"}
    reached: set[str] = set()
    total = sum(len(tiles) for tiles in plan.tiles.values())
    with write_shards(cache, shapes, dtypes, total) as writer:
        for number, records in enumerate(_records(source, plan, tables, reached)):
            if records is not None:
                writer.add({name: values[None] for name, values in records.items()}, [0])
                for name, tally in tallies.items():
                    tally.add(records[name][None], plan.missing if name == INPUT else ())
            report.progress("Cutting tiles", number + 1, total)
        _check_result(writer, plan, tables, reached, total)
        first = Path(source.paths[0]).stem
        contents = Contents(
            name=first if len(plan.tiles) == 1 else f"{first} and {len(plan.tiles) - 1} more",
            tasks=(
                Task(INPUT, "map", len(plan.wanted)),
                *(
                    Task(layer.name, "class_map", len(tables[layer.name].codes))
                    if layer.name in tables
                    else Task(layer.name, "map", channels[layer.name])
                    for layer in plan.layers
                ),
            ),
            bands=plan.wanted,
            chip_px=plan.tile_px,
            missing={name: plan.missing if name == INPUT else () for name in tallies},
            level_names=(level,),
            statistics={
                name: {level if name == INPUT else ALL_LEVELS: tally.result()} for name, tally in tallies.items()
            },
            codes={name: table.codes for name, table in tables.items()},
        )
        writer.describe(stamps, contents)
    report.log(f"{writer.chips} tiles of {plan.tile_px} px were cut, {total - writer.chips} empty or constant skipped")


def _records(
    source: RasterSource, plan: _Plan, tables: dict[str, CodeTable], reached: set[str]
) -> Iterator[dict[str, np.ndarray] | None]:
    """Yields what is stored of each tile, None for one to skip; adds the layers that hold data to `reached`."""
    for path, tiles in plan.tiles.items():
        with contextlib.ExitStack() as stack:
            scene, _ = stack.enter_context(_recognised(path, source))
            layers = [stack.enter_context(open_layer(layer, scene.grid)) for layer in plan.layers]
            for row, col in tiles:
                window = Window(col, row, plan.tile_px, plan.tile_px)
                try:
                    images, valid = scene.read(window, plan.wanted)
                except RasterioError as error:
                    raise InputError(
                        f"'{scene.name}' cannot be read: {error}.", "Copy or download that file again."
                    ) from error
                if valid.mean() < MIN_VALID_SHARE or not np.any(np.ptp(images[:, valid], axis=1) > 0):
                    yield None
                    continue
                found = {INPUT: _stored(images, valid, plan)}
                for aligned in layers:
                    name = aligned.layer.name
                    found[name], seen = _target(aligned, window, tables.get(name))
                    if seen:
                        reached.add(name)
                yield found


def _target(aligned: AlignedLayer, window: Window, table: CodeTable | None) -> tuple[np.ndarray, bool]:
    """Returns a layer's record of a window, and whether it holds data there."""
    values, valid = aligned.read(window)
    if table is None:
        return np.where(valid, values, np.nan).astype(np.float32), bool(valid.any())
    return table.classes(values[0], valid[0]), bool(valid.any())


def _stored(images: np.ndarray, valid: np.ndarray, plan: _Plan) -> np.ndarray:
    """Returns images (C, H, W) as they are kept: reflectances as MMEarth stores them, others as they are."""
    if plan.dtype == np.uint16:
        present = valid & np.any(images != 0, axis=(1, 2))[:, None, None]  # a band that the file lacks is 0 throughout
        return np.where(present, np.clip(np.rint(images), 1, 65535), 0).astype(np.uint16)
    no_data = NO_DATA_INT16 if plan.dtype == np.int16 else np.nan
    return np.where(valid, images, no_data).astype(plan.dtype)


def _check_result(
    writer: ShardWriter, plan: _Plan, tables: dict[str, CodeTable], reached: set[str], total: int
) -> None:
    if writer.chips < MIN_TILES:
        raise InputError(
            f"The rasters give {writer.chips} tiles of {plan.tile_px} px with data, of {total}; pretraining wants at "
            f"least {MIN_TILES}.",
            "Add rasters, or choose a larger one.",
        )
    for layer in plan.layers:
        if layer.name not in reached:
            raise InputError(
                f"Layer '{layer.name}' holds no data where the rasters do.",
                "Choose a layer that covers them, or leave it out.",
            )
        if layer.name in tables and len(tables[layer.name].codes) < 2:
            raise InputError(
                f"Layer '{layer.name}' holds the class {tables[layer.name].codes[0]} only; there is nothing to tell "
                "apart.",
                "Leave it out, or choose rasters with more than one class.",
            )
