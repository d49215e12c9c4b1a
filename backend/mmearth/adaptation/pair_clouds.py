"""Where a window of a reference shows clouds: as its scene classification says, else where all it sees is bright.

Knows nothing of targets.
"""

from collections.abc import Callable

import numpy as np
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.scenes.band_names import band_texts
from mmearth.scenes.raster import Scene

# Sen2Cor, Level-2A Algorithm Theoretical Basis Document 2.10, table of scene classes.
SCENE_CLASSES = "SCL"
CLOUDS = (3, 8, 9, 10)  # shadow, medium and high probability, cirrus
NOTHING = (0, 1)  # no data, saturated or defective
CLOUD_REFLECTANCE = 3500.0  # × 10⁴, in every visible band
VISIBLE = ("B2", "B3", "B4")

Look = Callable[[Window, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def cloud_finder(reference: Scene, bands: tuple[str, ...]) -> Look:
    """Returns what tells (cloudy, valid), each (rows, cols) bool, of a window inside the reference.

    It takes the window, its images (bands, rows, cols) as `Scene.read` gives them, and where these are valid.

    Args:
        reference: Open as long as this is used.
        bands: Of the images.
    """
    number = _classes_band(reference)
    if number:

        def by_classes(window: Window, _images: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            try:
                codes = reference.reader.read(number, window=window)
            except RasterioError as error:
                raise InputError(
                    f"'{reference.name}' cannot be read: {error}.", "Copy or download that file again."
                ) from error
            known = valid & ~np.isin(codes, NOTHING)
            return np.isin(codes, CLOUDS) & known, known

        return by_classes
    visible = [bands.index(band) for band in VISIBLE if set(VISIBLE) <= set(reference.mapping.indexes)]

    def by_brightness(_window: Window, images: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not visible:
            return np.zeros_like(valid), valid
        return np.all(images[visible] > CLOUD_REFLECTANCE, axis=0) & valid, valid

    return by_brightness


def _classes_band(reference: Scene) -> int:
    """Returns the 1-based number of the band with scene classes, 0 where there is none that can be read as it is."""
    reader = reference.reader
    if isinstance(reader, WarpedVRT) and reader.resampling != Resampling.nearest:
        return 0  # codes between two classes would be others
    names = [text.upper() for text in band_texts(reference.dataset)]
    return names.index(SCENE_CLASSES) + 1 if SCENE_CLASSES in names else 0
