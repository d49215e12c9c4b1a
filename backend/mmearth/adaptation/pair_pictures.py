"""A picture of sample pairs: the reference above, the target below, for the eye to say whether they fit.

Knows arrays; nothing of files but where the picture goes.
"""

import os
import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mmearth.adaptation.pair_data import PairData
from mmearth.errors import ResourceError
from mmearth.modalities import band_name_from_text

PAIRS = 4
COLOURS = ("B4", "B3", "B2")
_NUMBERED = re.compile(r"band \d+")
_DPI = 110
_SIDE_IN, _LEAST_WIDTH_IN = 1.9, 2.4  # of one image, and of a picture with room for its titles
_TITLE_PT = 15  # read at the width of a dock, less than half of the picture's


def draw_pairs(path: Path, data: PairData, reference_bands: tuple[str, ...]) -> None:
    """Draws up to `PAIRS` pairs, spread over all.

    Args:
        path: Of the PNG file.
        data: At least one pair.
        reference_bands: Names of the reference's channels.
    """
    count = min(PAIRS, len(data.reference))
    chosen = np.linspace(0, len(data.reference) - 1, count).round().astype(int)
    figure = Figure(figsize=(max(_SIDE_IN * count, _LEAST_WIDTH_IN), 2.3 * _SIDE_IN), layout="constrained")
    rows = (
        (f"Reference, {data.reference_m:.3g} m", data.reference, colour_channels(reference_bands)),
        (f"Target, {data.working_m:.3g} m", data.target, colour_channels(data.target_bands)),
    )
    for part, (title, images, channels) in zip(figure.subfigures(2, squeeze=False)[:, 0], rows, strict=True):
        part.suptitle(title, x=0.01, horizontalalignment="left", fontsize=_TITLE_PT)
        shown = images[chosen][:, channels]
        finite = [shown[:, channel][np.isfinite(shown[:, channel])] for channel in range(len(channels))]
        limits = [np.percentile(values, (2, 98)) if values.size else (0.0, 1.0) for values in finite]
        for axis, image in zip(part.subplots(1, count, squeeze=False)[0], shown, strict=True):
            axis.imshow(_stretched(image, limits), interpolation="nearest")
            axis.set_axis_off()
    _save(figure, path)


def colour_channels(names: tuple[str, ...]) -> list[int]:
    """Returns the channels to show as red, green and blue, or one channel for all three.

    Those whose names say so; else the first three, in the order of pictures.
    """
    found = [None if _NUMBERED.fullmatch(name) else band_name_from_text(name) for name in names]
    if set(COLOURS) <= set(found):
        return [found.index(colour) for colour in COLOURS]
    return [0, 1, 2] if len(names) >= 3 else [0]


def _stretched(image: np.ndarray, limits: list[tuple[float, float]]) -> np.ndarray:
    """Returns (H, W, 3) between 0 and 1; missing pixels are white."""
    low, high = (np.array(values, np.float32)[:, None, None] for values in zip(*limits, strict=True))
    scaled = np.clip((image - low) / np.maximum(high - low, 1e-6), 0, 1)
    shown = np.nan_to_num(scaled, nan=1.0).transpose(1, 2, 0)
    return shown if shown.shape[2] == 3 else np.repeat(shown, 3, axis=2)


def _save(figure: Figure, path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        figure.savefig(temporary, dpi=_DPI, format="png")
        temporary.replace(path)
    except OSError as error:
        raise ResourceError(f"'{path}' cannot be written: {error}.", "Choose another folder, or free space.") from error
    finally:
        temporary.unlink(missing_ok=True)
