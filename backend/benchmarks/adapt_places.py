"""Places that the benchmark of adaptation learns from, and what is to be told apart there.

Labels are polygons of buildings, a map product of land cover, or the vegetation index of an image that has near
infrared; none is seen in training. A cell is a square of pixels of the reference.
"""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.features import rasterize
from rasterio.warp import Resampling, reproject, transform_geom

from benchmarks.quiet import Quiet
from mmearth.adaptation.averaged_references import averaged_references
from mmearth.weights.checkpoints import Weights

BUILDINGS, LAND_COVER, VEGETATION = "buildings", "land cover", "vegetation"
UNSURE = -1
BUILDING, OTHER = 0.5, 0.1  # share of building from which a cell is one, and up to which it is other ground
PURE = 0.75  # share of a cell that its class of land cover must have
LEVELS_OF_VEGETATION = 3  # thirds of the cells
FINE = 8  # pixels along a pixel of the reference, in which buildings are drawn
CELL_PX = 4  # side of a labelled cell in pixels of the reference
S2_L2A = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
RED_GREEN_BLUE = {"B4": 1, "B3": 2, "B2": 3}
_NAIP = "naip/m_4709963_se_14_1_{}.tif"


@dataclass(frozen=True)
class Place:
    """Images of one place.

    Attributes:
        target: Path in the folder of data.
        reference: Path of a reference, or empty: then it is averaged from the target.
        reference_m: Pixel size of a reference that is averaged.
        averaged: Whether `reference` is averaged to `reference_m` first, from an image of the same sensor.
        working_m: Pixel size to work at; 0 is the target's own.
        kind: `BUILDINGS`, `LAND_COVER`, `VEGETATION`, or empty without labels.
        labels: Path of the polygons, of the land cover, or of the image that the index is computed of.
        red, near_infrared: 1-based bands of that image.
        target_bands, bands: As in `protocol.AdaptRequest`.
        first_bands: How many of the target's bands are used; 0 means all.
        steps: Of a training, where nothing else is asked; fewer where each takes long.
    """

    target: str
    reference: str = ""
    reference_m: float = 0.0
    averaged: bool = False
    working_m: float = 0.0
    kind: str = ""
    labels: str = ""
    red: int = 0
    near_infrared: int = 0
    target_bands: dict[str, int] = field(default_factory=dict)
    bands: dict[str, int] = field(default_factory=dict)
    first_bands: int = 0
    steps: int = 120


def _radar(tile: str) -> Place:
    return Place(
        f"terramind/S1RTC/{tile}.tif",
        f"terramind/S2L2A/{tile}.tif",
        kind=LAND_COVER,
        labels=f"terramind/LULC/{tile}.tif",
        bands={name: number for number, name in enumerate(S2_L2A, 1)},
    )


PLACES = {
    "radar": _radar("433D_629L_3_1"),
    "radar fields": _radar("637U_59R_1_3"),
    "naip": Place(
        _NAIP.format("20200831"), _NAIP.format("20160816"), 10.0, averaged=True, kind=VEGETATION,
        labels=_NAIP.format("20200831"), red=1, near_infrared=4, target_bands=RED_GREEN_BLUE,
        bands={**RED_GREEN_BLUE, "B8": 4}, first_bands=3,
    ),
    "panchromatic": Place(
        "spacenet_solaris/pan1.tif", "spacenet_solaris/ms1.tif", kind=VEGETATION,
        labels="spacenet_solaris/ms1.tif", red=3, near_infrared=4, target_bands={"B3": 1},
        bands={"B2": 1, "B3": 2, "B4": 3, "B8": 4},
    ),
    "kampala": Place(
        "hotosm_oam/kampala_rgb_z20.tif", reference_m=1.0, working_m=0.3, kind=BUILDINGS,
        labels="hotosm_oam/labels.geojson", target_bands=RED_GREEN_BLUE, steps=60,
    ),
    "naip averaged": Place(
        _NAIP.format("20200831"), reference_m=10.0, target_bands={**RED_GREEN_BLUE, "B8": 4},
    ),
    "multispectral averaged": Place(
        "spacenet_solaris/ms1.tif", reference_m=2.0, target_bands={"B2": 1, "B3": 2, "B4": 3, "B8": 4},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Files:
    """The files of a place as the verb takes them; `reference` is empty where it makes one itself."""

    target: Path
    reference: str


def place_files(place: Place, data: Path, folder: Path, weights: Weights) -> Files:
    """Returns the files of a place; those that must be made first are written to a folder."""
    target = data / place.target
    reference = str(data / place.reference) if place.reference else ""
    if place.first_bands:
        target = _first_bands(target, folder / f"{target.stem}_bands.tif", place.first_bands)
    if place.averaged:
        reference = str(_averaged(Path(reference), folder, place.bands, place.reference_m, weights))
    return Files(target, reference)


def place_classes(place: Place, data: Path, grid: str, cells_of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Returns the class of every cell, or `UNSURE`.

    Args:
        place: With labels.
        data: Folder of the data.
        grid: Path of the raster whose pixels cells are made of.
        cells_of: Averages an image (rows, cols) on that grid over the cells.
    """
    with rasterio.open(grid) as made:
        crs, transform, shape = made.crs, made.transform, made.shape
    labels = data / place.labels
    if place.kind == BUILDINGS:
        shares = building_shares(labels, crs, transform, shape)
        return classes_of_shares(cells_of(shares))
    with rasterio.open(labels) as image:

        def on_grid(values: np.ndarray, resampling: Resampling) -> np.ndarray:
            found = np.full(shape, np.nan, np.float32)
            reproject(
                values.astype(np.float32), found, src_transform=image.transform, src_crs=image.crs,
                dst_transform=transform, dst_crs=crs, dst_nodata=np.nan, resampling=resampling,
            )  # fmt: skip
            return found

        if place.kind == LAND_COVER:
            codes = on_grid(image.read(1), Resampling.nearest)
            known = np.unique(codes[np.isfinite(codes)])
            return majorities(np.stack([cells_of((codes == code).astype(np.float32)) for code in known]))
        red, infrared = (image.read(band).astype(np.float64) for band in (place.red, place.near_infrared))
        index = (infrared - red) / np.maximum(infrared + red, 1e-9)
        return thirds(cells_of(on_grid(index, Resampling.average)))


def classes_of_shares(shares: np.ndarray) -> np.ndarray:
    """Returns 1 for cells of building, 0 for other ground and `UNSURE` for those between."""
    return np.where(shares >= BUILDING, 1, np.where(shares <= OTHER, 0, UNSURE))


def majorities(shares: np.ndarray) -> np.ndarray:
    """Returns the number of the class that covers at least `PURE` of each cell, else `UNSURE`; shares: (K, …)."""
    return np.where(shares.max(axis=0) >= PURE, shares.argmax(axis=0), UNSURE)


def thirds(values: np.ndarray) -> np.ndarray:
    """Returns in which third of all values each lies, 0, 1 or 2; `UNSURE` where there is none."""
    known = values[np.isfinite(values)]
    edges = np.quantile(known, np.arange(1, LEVELS_OF_VEGETATION) / LEVELS_OF_VEGETATION)
    return np.where(np.isfinite(values), np.searchsorted(edges, values), UNSURE)


def common_classes(classes: np.ndarray, held_out: np.ndarray, least: tuple[int, int]) -> np.ndarray:
    """Numbers classes anew that have enough cells to learn from and to score; the others become `UNSURE`."""
    parts = [Counter(classes[where].tolist()) for where in (~held_out, held_out)]
    kept = [one for one in sorted(set(classes.tolist()) - {UNSURE})
            if all(part[one] >= count for part, count in zip(parts, least, strict=True))]  # fmt: skip
    found = np.full_like(classes, UNSURE)
    for number, one in enumerate(kept):
        found[classes == one] = number
    return found


def building_shares(labels: Path, crs: rasterio.CRS, transform: Affine, shape: tuple[int, int]) -> np.ndarray:
    """Returns which share of each pixel of a grid is building: (rows, cols)."""
    collection = json.loads(labels.read_text(encoding="utf-8"))
    named = collection.get("crs", {}).get("properties", {}).get("name", "EPSG:4326")
    polygons = [transform_geom(named, crs, one["geometry"]) for one in collection["features"]]
    rows, cols = shape
    drawn = rasterize(polygons, (rows * FINE, cols * FINE), transform=transform @ Affine.scale(1 / FINE))
    shares: np.ndarray = drawn.reshape(rows, FINE, cols, FINE).mean(axis=(1, 3))
    return shares


def window_cells(image: np.ndarray, origin: np.ndarray, window_px: int) -> np.ndarray:
    """Averages an image over the cells of windows: (N, cells, cells).

    Args:
        image: (rows, cols), in pixels of the reference.
        origin: (N, 3) as in `PairData`.
        window_px: Side of a window.
    """
    cells = window_px // CELL_PX
    found = [
        image[row:row + window_px, col:col + window_px].reshape(cells, CELL_PX, cells, CELL_PX).mean(axis=(1, 3))
        for _, row, col in origin
    ]  # fmt: skip
    return np.array(found)


def _first_bands(path: Path, out: Path, count: int) -> Path:
    with rasterio.open(path) as dataset:
        profile = {**dataset.profile, "count": count, "photometric": "RGB" if count == 3 else "MINISBLACK"}
        with rasterio.open(out, "w", **profile) as written:
            written.write(dataset.read(list(range(1, count + 1))))
    return out


def _averaged(path: Path, folder: Path, bands: dict[str, int], pixel_m: float, weights: Weights) -> Path:
    with ExitStack() as stack:
        (made,), _ = stack.enter_context(averaged_references((str(path),), bands, pixel_m, weights, Quiet()))
        out = folder / f"{path.stem}_averaged.tif"
        with rasterio.open(made) as dataset, rasterio.open(out, "w", **dataset.profile) as written:
            written.write(dataset.read())
            written.descriptions = dataset.descriptions
            written.scales, written.offsets = dataset.scales, dataset.offsets
    return out
