"""A small embedding whose ground is known: two kinds of ground, an island of the first in the second, no data in a row.

Channels 0 and 1 tell the kinds apart, the others are noise. Codes lie away from 0 in channel 3, as real ones do.
"""

import json

import numpy as np
import rasterio
from affine import Affine

LEFT_M, TOP_M, RES_M = 600000.0, 5200000.0, 10.0
ROWS, COLS, CHANNELS = 40, 60, 8
SCALES = (0.04, 0.04, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01)
TAGS = {"MMEARTH": json.dumps({"stages": [0], "weights_sha256": "0" * 8, "components": CHANNELS, "bands": {"B2": 1}})}


def kinds():
    """Returns (rows, cols): 1 left of column 30 and in the island of 5 × 5 pixels, 2 elsewhere, 0 in the last row."""
    found = np.where(np.arange(COLS) < 30, 1, 2) * np.ones((ROWS, 1), int)
    found[10:15, 45:50] = 1
    found[-1] = 0
    return found


def codes(ground, noise=6, seed=0):
    """Returns (C, rows, cols) int8 codes of kinds of ground 1…, -128 of 0."""
    rng = np.random.default_rng(seed)
    found = rng.normal(0, noise, (CHANNELS, *ground.shape))
    for kind in np.unique(ground[ground > 0]):
        angle = 2.4 * kind
        found[0, ground == kind] += 60 * np.cos(angle)
        found[1, ground == kind] += 60 * np.sin(angle)
    found[3] += 40
    found = np.clip(np.rint(found), -127, 127)
    found[:, ground == 0] = -128
    return found.astype(np.int8)


def write(path, values, dtype="int8", nodata=-128, transform=None, crs="EPSG:32632", tags=TAGS, scales=SCALES):
    """Writes an embedding as `embed` does; returns its path."""
    transform = Affine(RES_M, 0, LEFT_M, 0, -RES_M, TOP_M) if transform is None else transform
    count, height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=count, dtype=dtype, crs=crs,
        transform=transform, nodata=nodata,
    ) as dataset:  # fmt: skip
        dataset.write(values.astype(dtype))
        dataset.update_tags(**tags)
        if scales:
            dataset.scales = scales
    return str(path)


def centre(row, col):
    """Returns x, y of the centre of a pixel."""
    return LEFT_M + (col + 0.5) * RES_M, TOP_M - (row + 0.5) * RES_M
