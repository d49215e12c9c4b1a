"""Augmentation that is right for images from above: any turn is as likely, light and atmosphere differ, bands may lack.

Knows arrays only. Values of exactly 0 are what is not there (nodata, missing bands) and stay so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]

# Standard deviations, in standard deviations of the bands: of the whole image's brightness, of each band's, and of the
# logarithm of each image's contrast. Absolute brightness tells classes apart: five times as much costs .03 F1 of damage
# on held-out scenes of bark beetle, docs/decisions/0020.
BRIGHTNESS, BAND_SHIFT, CONTRAST = 0.02, 0.01, 0.02
REDUCED_SHARE, LOST_BAND = 0.1, 0.2  # of the images that lose bands, and how likely each band is lost in them


def turned(values: NDArray[Any], quarter_turns: int, mirrored: bool) -> NDArray[Any]:
    """Returns values (…, S, S), mirrored from left to right if wanted, then turned counter-clockwise."""
    return np.rot90(values[..., ::-1] if mirrored else values, quarter_turns, axes=(-2, -1))


def jittered(image: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Returns an image (C, S, S), standardised, in other light."""
    shape = len(image), 1, 1
    gain = np.exp(rng.normal(0, CONTRAST))
    shift = rng.normal(0, BRIGHTNESS) + rng.normal(0, BAND_SHIFT, shape)
    changed: FloatArray = np.where(image != 0, image * gain + shift, 0).astype(np.float32)
    return changed


def without_bands(image: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Returns an image (C, S, S), now and then with some bands hidden; at least one stays."""
    if rng.random() >= REDUCED_SHARE or not image.any():
        return image
    lost = rng.random(len(image)) < LOST_BAND
    lost[rng.choice(np.flatnonzero((image != 0).any(axis=(1, 2))))] = False
    return np.where(lost[:, None, None], np.float32(0), image)
