"""Generates the sample in resources/sample/: a synthetic Sentinel-2-like scene and label polygons, always the same.

The landscape is invented: a river and a lake, woods, parcels of maize, wheat and bare soil, and a small town. Spectra
follow the shape that these surfaces usually show in Sentinel-2 surface reflectance; parcels differ in brightness and
cover, the town mixes roofs, asphalt and gardens, and 20 m and 60 m bands are as blurred as the instrument's. No pixel
comes from a satellite, so the sample is free of anybody's terms. Knows nothing of models.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import Affine
from scipy import ndimage

SEED = 20240718
SIZE_PX = 256
RES_M = 10.0
CRS = "EPSG:32632"
LEFT_M, TOP_M = 662_400.0, 5_362_560.0  # Bavarian lowland, on the 10 m grid
BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
BANDS_20M = ("B5", "B6", "B7", "B8A", "B11", "B12")
BANDS_60M = ("B1", "B9")
POLYGONS_PER_CLASS = 7

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class SampleClass:
    """One class of the sample: its value in the label layer, name, colour, and usual reflectance × 10⁴ per band."""

    value: int
    name: str
    color: str
    spectrum: tuple[float, ...]


# Summer surface reflectance × 10⁴ in the order of BANDS: invented round numbers of the usual shape, nothing measured.
FOREST = SampleClass(10, "Forest", "#117733", (190, 230, 390, 250, 680, 1900, 2300, 2400, 2500, 2550, 1200, 550))
MAIZE = SampleClass(41, "Maize", "#99cc33", (240, 310, 580, 360, 900, 2500, 3100, 3250, 3400, 3450, 1700, 800))
WHEAT = SampleClass(42, "Wheat", "#ddcc77", (520, 720, 1080, 1350, 1750, 2150, 2350, 2550, 2700, 2750, 3200, 2200))
TOWN = SampleClass(50, "Built-up", "#cc4455", (800, 950, 1120, 1280, 1450, 1600, 1700, 1800, 1850, 1900, 2000, 1800))
BARE = SampleClass(60, "Bare soil", "#996633", (600, 800, 1080, 1400, 1650, 1800, 1920, 2080, 2200, 2250, 2800, 2350))
WATER = SampleClass(80, "Water", "#4477aa", (360, 350, 350, 230, 210, 180, 170, 150, 140, 120, 80, 60))
CLASSES = (FOREST, MAIZE, WHEAT, TOWN, BARE, WATER)
# The town is made of parts; none of them alone says "town".
ROOF = np.array((900, 1100, 1350, 1650, 1800, 1900, 2000, 2100, 2150, 2200, 2400, 2150), dtype=np.float64)
ASPHALT = np.array((650, 760, 880, 960, 1040, 1130, 1180, 1230, 1280, 1320, 1430, 1290), dtype=np.float64)
GARDEN = np.array((300, 400, 680, 520, 1050, 2300, 2750, 2900, 3050, 3100, 2050, 1150), dtype=np.float64)


@dataclass(frozen=True)
class Landscape:
    """What the ground is.

    Attributes:
        values: (rows, cols), class value of each pixel.
        parcels: (rows, cols), number of the parcel that each pixel belongs to.
        town: (rows, cols), 0 garden, 1 roof, 2 asphalt; meaningful where the class is TOWN.
    """

    values: IntArray
    parcels: IntArray
    town: IntArray


def make_landscape(random: np.random.RandomState) -> Landscape:
    """Invents the ground."""
    rows, cols = np.mgrid[0:SIZE_PX, 0:SIZE_PX].astype(np.float64)
    parcels = _split_into_parcels(random, rows, cols)
    crop = random.choice([MAIZE.value, WHEAT.value, BARE.value], size=parcels.max() + 1, p=[0.4, 0.35, 0.25])
    values: IntArray = crop[parcels].astype(np.int64)

    along = np.cos(0.33) * cols + np.sin(0.33) * rows
    across = -np.sin(0.33) * cols + np.cos(0.33) * rows
    town_distance = np.hypot((along - 232) / 1.25, across - 92) + 7 * _smooth_noise(random, 9)
    values[town_distance < 41] = TOWN.value
    values[_smooth_noise(random, 17) > 0.95] = FOREST.value
    river = across - 10 - 16 * np.sin(along / 31) - 5 * np.sin(along / 13)
    values[np.abs(river) < 5 + 1.5 * np.sin(along / 19)] = WATER.value
    lake = np.hypot((cols - 52) / 1.6, rows - 196) + 3 * _smooth_noise(random, 7)
    values[lake < 19] = WATER.value

    # Streets every 9 and 7 pixels, blocks of houses between them.
    town = (random.uniform(size=parcels.shape) < 0.42).astype(np.int64)
    town[(np.mod(along, 9) < 1.3) | (np.mod(across, 7) < 1.1)] = 2
    return Landscape(values, parcels, town)


def make_reflectance(random: np.random.RandomState, land: Landscape) -> NDArray[np.uint16]:
    """Returns what the instrument would see: (bands, rows, cols), reflectance × 10⁴, 0 = nodata."""
    spectra = {c.value: np.array(c.spectrum, dtype=np.float64) for c in CLASSES}
    ground = np.zeros((len(BANDS), SIZE_PX, SIZE_PX))
    for value, spectrum in spectra.items():
        ground[:, land.values == value] = spectrum[:, None]
    town = land.values == TOWN.value
    ground[:, town] = np.stack([GARDEN, ROOF, ASPHALT])[land.town[town]].T

    # Cover: crops with gaps show soil, ripe wheat has weeds, soil carries some green. Per parcel, with patches.
    num_parcels = int(land.parcels.max()) + 1
    cover = random.uniform(0, 0.5, size=num_parcels)[land.parcels] + 0.1 * _smooth_noise(random, 3)
    for target, other in ((MAIZE, BARE), (WHEAT, BARE), (BARE, MAIZE)):
        where = land.values == target.value
        amount = np.clip(cover[where], 0, 0.6) * (0.45 if target is BARE else 1.0)
        ground[:, where] += amount * (spectra[other.value][:, None] - ground[:, where])
    brightness = np.exp(random.normal(0, 0.11, size=num_parcels))[land.parcels]
    brightness = np.where(np.isin(land.values, (MAIZE.value, WHEAT.value, BARE.value)), brightness, 1.0)
    crowns = np.exp(0.22 * ndimage.gaussian_filter(random.normal(size=cover.shape), 0.7) / 0.4)
    brightness = np.where(land.values == FOREST.value, crowns, brightness)
    relief = np.exp(0.05 * _smooth_noise(random, 25))
    slope = np.exp(0.05 * random.normal(size=(len(BANDS), num_parcels)))[:, land.parcels]
    ground *= brightness * relief * np.where(town, 1.0, slope)

    seen = np.empty_like(ground)
    for i, name in enumerate(BANDS):
        band = ndimage.gaussian_filter(ground[i], 0.55)
        if name in BANDS_20M:
            half = band.reshape(SIZE_PX // 2, 2, SIZE_PX // 2, 2).mean(axis=(1, 3))
            band = half.repeat(2, axis=0).repeat(2, axis=1)
        elif name in BANDS_60M:
            band = ndimage.gaussian_filter(band, 2.6)
        seen[i] = band
    haze = 35 * (1 + _smooth_noise(random, 40)) * np.linspace(1, 0.1, len(BANDS))[:, None, None]
    noise = random.normal(size=seen.shape) * (12 + 0.012 * seen)
    values = np.clip(np.rint(seen + haze + noise), 1, 10_000).astype(np.uint16)
    rows, cols = np.mgrid[0:SIZE_PX, 0:SIZE_PX]
    values[:, rows + (SIZE_PX - 1 - cols) < 22] = 0  # the corner where the swath ends
    return values


def make_labels(random: np.random.RandomState, land: Landscape) -> list[tuple[SampleClass, shapely.Polygon]]:
    """Digitises a few polygons per class, as a person would: inside, irregular, now and then over the edge.

    Returns:
        Class and polygon in EPSG:4326, x = longitude.
    """
    rows, cols = np.mgrid[0:SIZE_PX, 0:SIZE_PX]
    seen = (rows + (SIZE_PX - 1 - cols) > 30) & (np.minimum(rows, cols) > 4) & (np.maximum(rows, cols) < SIZE_PX - 5)
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform
    labels = []
    for sample_class in CLASSES:
        inside = ndimage.distance_transform_edt(land.values == sample_class.value)
        free = seen & (inside > 3.2)
        for number in range(POLYGONS_PER_CLASS):
            careless = number % 4 == 3
            candidates = np.argwhere(free & (inside < 4.5) if careless else free)
            row, col = candidates[random.randint(len(candidates))]
            reach = min(inside[row, col], 5.5) * (1.3 if careless else 0.8)
            angles = np.sort(random.uniform(0, 2 * np.pi, size=8) * 0.1 + np.arange(8) * np.pi / 4)
            radius = reach * random.uniform(0.75, 1.0, size=8)
            x = LEFT_M + RES_M * (col + 0.5 + radius * np.cos(angles))
            y = TOP_M - RES_M * (row + 0.5 + radius * np.sin(angles))
            labels.append((sample_class, shapely.Polygon(np.column_stack(to_degrees(x, y)))))
            free &= np.hypot(rows - row, cols - col) > 16
    return labels


def write_raster(path: Path, values: NDArray[np.uint16] | NDArray[np.uint8], names: tuple[str, ...]) -> None:
    """Writes (bands, rows, cols) on the sample's grid; 0 = nodata."""
    profile = {
        "driver": "GTiff",
        "width": SIZE_PX,
        "height": SIZE_PX,
        "count": len(names),
        "dtype": values.dtype,
        "crs": CRS,
        "transform": Affine(RES_M, 0, LEFT_M, 0, -RES_M, TOP_M),
        "nodata": 0,
        "tiled": True,
        "blockxsize": 128,
        "blockysize": 128,
        "interleave": "band",
        "compress": "deflate",
        "predictor": 2,
        "zlevel": 9,
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values)
        dataset.descriptions = names


def write_labels(path: Path, labels: list[tuple[SampleClass, shapely.Polygon]]) -> None:
    """Writes the polygons as a GeoPackage with the fields class_id, class_name and color."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2024-07-18T10:00:00.000Z"})
    pyogrio.raw.write(
        path,
        geometry=np.array([shapely.to_wkb(polygon) for _, polygon in labels], dtype=object),
        field_data=[
            np.array([c.value for c, _ in labels], dtype=np.int32),
            np.array([c.name for c, _ in labels], dtype=object),
            np.array([c.color for c, _ in labels], dtype=object),
        ],
        fields=np.array(["class_id", "class_name", "color"], dtype=object),
        crs="EPSG:4326",
        geometry_type="Polygon",
        driver="GPKG",
        layer="labels",
    )


def generate(folder: Path, truth: Path | None = None) -> None:
    """Writes scene.tif and labels.gpkg to `folder`, and on demand the class value of every pixel to `truth`."""
    random = np.random.RandomState(SEED)  # its stream is frozen across numpy versions
    land = make_landscape(random)
    reflectance = make_reflectance(random, land)
    labels = make_labels(random, land)
    folder.mkdir(parents=True, exist_ok=True)
    write_raster(folder / "scene.tif", reflectance, BANDS)
    write_labels(folder / "labels.gpkg", labels)
    if truth is not None:
        write_raster(truth, land.values[None].astype(np.uint8), ("class",))


def _smooth_noise(random: np.random.RandomState, scale_px: float) -> FloatArray:
    """Returns (rows, cols) of noise with mean 0 and deviation 1 that changes over about `scale_px`."""
    noise: FloatArray = ndimage.gaussian_filter(random.normal(size=(SIZE_PX, SIZE_PX)), scale_px, mode="wrap")
    noise -= noise.mean()
    noise /= noise.std()
    return noise


def _split_into_parcels(random: np.random.RandomState, rows: FloatArray, cols: FloatArray) -> IntArray:
    """Numbers the parcels: a slanted rectangle, split again and again across its longer side."""
    u = np.cos(0.21) * cols + np.sin(0.21) * rows
    v = -np.sin(0.21) * cols + np.cos(0.21) * rows
    parcels = np.zeros(rows.shape, dtype=np.int64)
    boxes = [(u.min(), u.max() + 1, v.min(), v.max() + 1)]
    number = 0
    while boxes:
        left, right, low, high = boxes.pop()
        width, height = right - left, high - low
        if max(width, height) < 34 or (max(width, height) < 50 and random.uniform() < 0.4):
            parcels[(u >= left) & (u < right) & (v >= low) & (v < high)] = number
            number += 1
            continue
        share = random.uniform(0.35, 0.65)
        if width >= height:
            boxes += [(left, left + share * width, low, high), (left + share * width, right, low, high)]
        else:
            boxes += [(left, right, low, low + share * height), (left, right, low + share * height, high)]
    return parcels


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parents[2] / "resources" / "sample"
    parser.add_argument("--out", type=Path, default=default, help="folder to write to (default: resources/sample)")
    parser.add_argument("--truth", type=Path, help="also write the class value of every pixel to this GeoTIFF")
    arguments = parser.parse_args()
    generate(arguments.out, arguments.truth)
    for name in ("scene.tif", "labels.gpkg"):
        path = arguments.out / name
        print(f"{path}  {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
