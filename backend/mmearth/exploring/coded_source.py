"""Any embedding as 8-bit codes, window by window: ours as they are stored, others made so as they are read.

Similarity, regions and groups need no more than 8 bits of a channel, and 64 bytes a pixel stay in memory. Knows nothing
of what is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from mmearth.embedding.precomputed import open_embedding
from mmearth.errors import InputError
from mmearth.mapping.code_scores import open_codes
from mmearth.mapping.few_shot_samples import spread_windows
from mmearth.scenes.raster import Grid

REACH = 5.0  # deviations of a channel that its codes reach, where we make them; values beyond are clipped
LARGEST_CODE = 127
LOOKED_AT = 12  # windows that tell mean and deviation of channels
NO_DATA = "Embedding '{name}' holds no data in any of the places that were looked at."

Codes = NDArray[np.int8]
Valid = NDArray[np.bool_]
FloatArray = NDArray[np.float32]
Read = Callable[[Window], tuple[Codes, Valid]]


@dataclass(frozen=True)
class Coding:
    """What codes mean: value = code · scale + offset, each (C,) float32."""

    scales: FloatArray
    offsets: FloatArray


@dataclass(frozen=True)
class CodedSource:
    """An open embedding.

    Attributes:
        grid: North-up.
        coding: What codes mean.
        turned: That the file is stored south-up or mirrored, for the user, or "".
        read: Takes a window inside the grid, returns codes (C, rows, cols) and where there are data (rows, cols).
    """

    grid: Grid
    coding: Coding
    turned: str
    read: Read


@contextmanager
def open_coded(path: str, coding: Coding | None = None) -> Iterator[CodedSource]:
    """Opens an embedding.

    Args:
        path: See `precomputed.recognise`.
        coding: As an earlier opening told; None finds it, for which others than ours are looked at.

    Raises:
        InputError: no embedding, one that is rotated, or one without any data.
    """
    with open_codes(path) as codes:
        if codes is not None:
            shift = -128 if codes.codes.dataset.dtypes[0] == "uint8" and codes.nodata == 0 else 0
            offsets = codes.offsets - codes.scales * shift
            own = Coding(codes.scales.astype(np.float32), offsets.astype(np.float32))

            name = Path(path).name

            def read(window: Window) -> tuple[Codes, Valid]:
                try:
                    stored, valid = codes.read(window)
                except RasterioError as error:
                    cause = error.__cause__ or error  # rasterio's own text only points to it
                    raise InputError(f"'{name}' cannot be read: {cause}.", "Copy or make it again.") from error
                if shift:
                    stored = stored.astype(np.int16) + shift
                return stored.astype(np.int8, copy=False), valid

            yield CodedSource(codes.codes.grid, own, codes.codes.turned, read)
            return
    with open_embedding(path) as embedding:
        found = coding or _fitted(embedding.read, embedding.grid, embedding.name)
        scale, offset = found.scales[:, None, None], found.offsets[:, None, None]

        def read_floats(window: Window) -> tuple[Codes, Valid]:
            values, valid = embedding.read(window)
            values -= offset
            values /= scale
            return np.clip(np.rint(values), -LARGEST_CODE, LARGEST_CODE).astype(np.int8), valid

        yield CodedSource(embedding.grid, found, embedding.warped, read_floats)


def _fitted(read: Callable[[Window], tuple[NDArray[np.float32], Valid]], grid: Grid, name: str) -> Coding:
    """Returns a coding of floats by mean and deviation of pixels from windows that lie evenly over the raster."""
    drawn = []
    for window in spread_windows(grid, LOOKED_AT, np.random.default_rng(0)):
        values, valid = read(window)
        drawn.append(values[:, valid])
    pixels = np.concatenate(drawn, axis=1)
    if not pixels.size:
        raise InputError(NO_DATA.format(name=name), "Cut it to the part that holds data.")
    deviation = pixels.std(axis=1)
    scales = np.where(deviation > 0, deviation, 1.0) * (REACH / LARGEST_CODE)
    return Coding(scales.astype(np.float32), pixels.mean(axis=1).astype(np.float32))
