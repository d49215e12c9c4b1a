"""References made from the targets themselves, by averaging to the pixel size that the weights know.

Knows nothing of windows.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window

from mmearth.adaptation.band_matches import match_bands
from mmearth.adaptation.pair_grid import COARSER, ground_m, seen_on
from mmearth.errors import InputError
from mmearth.modalities import BAND_BY_NAME
from mmearth.progress import Report
from mmearth.scenes.raster import Grid, Scene, open_scene, sensor_bands
from mmearth.scenes.scene_values import read_valid
from mmearth.scenes.value_range import value_warnings
from mmearth.weights.checkpoints import Weights

SENTINEL2_M = 10.0
ROUNDING = 0.01  # of a ratio of pixel sizes
_ROWS = 64  # of the averaged raster at once


@contextmanager
def averaged_references(
    targets: tuple[str, ...], target_bands: dict[str, int], reference_m: float, weights: Weights, report: Report
) -> Iterator[tuple[list[str], list[str]]]:
    """Makes a reference from each target; they lie in memory, as large as a raster of `reference_m`.

    Bands get the scale of reflectance as the target's unit says; where its values are 8 bit, or far from what the
    weights saw, all targets together get the mean and deviation that the weights know of each band.

    Args:
        targets: Paths.
        target_bands: Known band → 1-based band number; empty means "propose".
        reference_m: Pixel size; 0 means 10 m.
        weights: That shall understand the references.
        report: Told while averaging.

    Yields:
        (paths that `open_scene` takes, sentences that say what was done).

    Raises:
        InputError: none of the weights' bands is in a target, or a target is not fine enough.
    """
    side_m = reference_m or SENTINEL2_M
    with ExitStack() as stack:
        made = [
            stack.enter_context(_averaged(path, target_bands, side_m, weights, report, number, len(targets)))
            for number, path in enumerate(targets)
        ]
        said = [
            f"No second sensor was used: the references were made from the targets by averaging to {side_m:g} m, so "
            "only what the targets' own bands can tell is learned."
        ]
        bands = made[0][1]
        if any(other[1] != bands for other in made):
            raise InputError(
                "The targets do not have the same of the bands that the weights know.",
                "Say which band is which under target bands.",
            )
        if any(strange for _, _, strange in made):
            _match_statistics([memory for memory, _, _ in made], bands, weights)
            said.append(
                f"The values of {', '.join(bands)} were matched linearly, to the mean and deviation that the weights "
                "know of each band: the targets hold brightness, not reflectance."
            )
        yield [memory.name for memory, _, _ in made], said


@contextmanager
def _averaged(
    path: str, target_bands: dict[str, int], side_m: float, weights: Weights, report: Report, number: int, total: int
) -> Iterator[tuple[MemoryFile, tuple[str, ...], bool]]:
    """Yields the averaged raster, its bands, and whether its values are strange to the weights."""
    mapping = _mapping(path, target_bands, weights)
    with ExitStack() as stack:
        scene = stack.enter_context(open_scene(path, mapping, "auto", weights.bands))
        own_m = ground_m(scene.grid)
        if own_m * COARSER > side_m:
            raise InputError(
                f"The pixels of '{scene.name}' are {own_m:.3g} m wide; averaging to {side_m:g} m makes no reference "
                "from them.",
                f"Choose a reference pixel size above {own_m * COARSER:.3g} m, or give a reference raster.",
            )
        names = tuple(mapping)
        memory = stack.enter_context(MemoryFile(filename=f"{Path(scene.name).stem}_averaged.tif"))
        factor = side_m / own_m
        whole = round(factor)
        # Projections stretch lengths a little; whole pixels are averaged where that is all the difference.
        factor = whole if abs(factor - whole) < ROUNDING * whole else factor
        _write(scene, memory, names, factor, report, (number, total))
        strange = scene.units.name == "byte" or bool(value_warnings(scene, weights))
        yield memory, names, strange


def _mapping(path: str, target_bands: dict[str, int], weights: Weights) -> dict[str, int]:
    if target_bands:
        return target_bands
    matches, _ = match_bands(path, weights, {})
    with open_scene(path, {}, "raw", ()) as scene:
        numbers = list(sensor_bands(scene.dataset).values())
    found: dict[str, int] = {}
    for match, number in zip(matches, numbers, strict=True):
        if match is not None:
            found.setdefault(weights.bands[match], number)
    if not found:
        raise InputError(
            f"None of the bands of '{Path(path).name}' is known to be one that the weights know "
            f"({', '.join(weights.bands)}), so no reference can be made from it.",
            "Say which band is which under target bands (for a red-green-blue image: B4=1,B3=2,B2=3), or give a "
            "reference raster.",
        )
    return {band: found[band] for band in weights.bands if band in found}


def _write(
    scene: Scene, memory: MemoryFile, names: tuple[str, ...], factor: float, report: Report, place: tuple[int, int]
) -> None:
    grid = scene.grid
    coarse = Grid(
        grid.crs,
        grid.transform @ Affine.scale(factor),
        max(1, int(grid.width / factor + 1e-6)),
        max(1, int(grid.height / factor + 1e-6)),
    )
    profile = {"driver": "GTiff", "dtype": "float32", "count": len(names), "nodata": np.nan, "crs": coarse.crs}
    indexes = [scene.mapping.indexes[name] for name in names]
    scales, offsets = scene.factors(names)
    try:
        with (
            seen_on(scene, coarse) as view,
            memory.open(**profile, transform=coarse.transform, width=coarse.width, height=coarse.height) as made,
        ):
            for row in range(0, coarse.height, _ROWS):
                window = Window(0, row, coarse.width, min(_ROWS, coarse.height - row))
                values, valid = read_valid(view, indexes, window)
                made.write(np.where(valid, values, np.nan).astype(np.float32), window=window)
                done = (place[0] + (row + _ROWS) / (coarse.height + _ROWS)) / place[1]
                report.progress("Averaging the targets", done, 1)
            made.descriptions = names
            _set_scales(made, names, scales, offsets)
    except RasterioError as error:
        raise InputError(f"'{scene.name}' cannot be read: {error}.", "Copy or download that file again.") from error


def _set_scales(
    made: rasterio.io.DatasetWriter, names: tuple[str, ...], scales: np.ndarray, offsets: np.ndarray
) -> None:
    """Writes how values become reflectance; those of other sensors stay as they are."""
    if any(name in BAND_BY_NAME for name in names):
        made.scales, made.offsets = (scales / 1e4).tolist(), (offsets / 1e4).tolist()


def _match_statistics(memories: list[MemoryFile], names: tuple[str, ...], weights: Weights) -> None:
    """Sets scales so that all references together have the weights' mean and deviation in each band."""
    count, total, squares = (np.zeros(len(names)) for _ in range(3))
    for memory in memories:
        with memory.open() as made:
            for row in range(0, made.height, _ROWS):
                window = Window(0, row, made.width, min(_ROWS, made.height - row))
                values = made.read(window=window).astype(np.float64)
                finite = np.isfinite(values)
                values = np.where(finite, values, 0)
                count += finite.sum(axis=(1, 2))
                total += values.sum(axis=(1, 2))
                squares += (values**2).sum(axis=(1, 2))
    mean = total / np.maximum(count, 1)
    std = np.sqrt(np.maximum(squares / np.maximum(count, 1) - mean**2, 0))
    known = [weights.bands.index(name) for name in names]
    scales = np.array(weights.std)[known] / np.where(std > 0, std, 1)
    offsets = np.array(weights.mean)[known] - mean * scales
    for memory in memories:
        with rasterio.open(memory.name, "r+") as made:
            _set_scales(made, names, scales, offsets)
