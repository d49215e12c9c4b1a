"""What linear heads say of an embedding, straight from its stored codes: one matrix product a pixel.

For models whose features are an embedding's channels alone. Scale and offset of the codes, standardisation and the
heads' weights are one matrix; no value is made a float but in the processor's cache. Knows nothing of labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth.embedding.embedding_codes import StoredCodes, stored_codes
from mmearth.embedding.precomputed import recognise
from mmearth.mapping.random_features import CLIP
from mmearth.mapping.recipe_features import Group, RecipeFeatures
from mmearth.models.heads import Pooled
from mmearth.scenes.raster import CACHE_BYTES

CHUNK = 1 << 14  # pixels whose codes and scores stay in the processor's cache

FloatArray = NDArray[np.floating]


@dataclass(frozen=True)
class CodeScores:
    """Linear heads on the codes of an embedding.

    Attributes:
        heads: What makes scores of the logits.
        rows: How many logits each head has.
        weight: (M, C) float32 on codes.
        bias: (M,) float32.
        clipped: (channel, lowest code, highest code) of the channels that the features clip.
    """

    heads: tuple[Pooled, ...]
    rows: tuple[int, ...]
    weight: FloatArray
    bias: FloatArray
    clipped: tuple[tuple[int, float, float], ...]

    def __call__(self, codes: NDArray[np.integer]) -> FloatArray:
        """Returns (S, rows, cols) float32 scores of codes (C, rows, cols), the heads' one after the other."""
        flat = codes.reshape(len(codes), -1)
        channels, count = flat.shape
        ends = np.cumsum(self.rows)
        floats = np.ones((channels + 1, CHUNK), np.float32)  # the last row takes the bias
        weight = np.column_stack([self.weight, self.bias])
        found: list[FloatArray] = []
        for start in range(0, count, CHUNK):
            part = slice(start, min(start + CHUNK, count))
            values = floats[:, : part.stop - start]
            values[:channels] = flat[:, part]
            for channel, low, high in self.clipped:
                np.clip(values[channel], low, high, out=values[channel])
            logits = weight @ values
            for number, head in enumerate(self.heads):
                own = slice(ends[number] - self.rows[number], ends[number])
                scores = head.combine(logits[own]).reshape(-1, part.stop - start)
                if start == 0:
                    found.append(np.empty((len(scores), count), np.float32))
                found[number][:, part] = scores
        joined = found[0] if len(found) == 1 else np.concatenate(found)
        return joined.reshape(-1, *codes.shape[1:])


def channels_alone(features: RecipeFeatures) -> bool:
    """Tells whether features of a pixel are the channels of an embedding at that pixel, and nothing else."""
    random = features.random
    alone = [(group.source, group.width) for group in features.groups] == [("input", 1)]
    return alone and not random.spectral and not random.components.size and not random.num_layers


def channel_groups(channels: int) -> tuple[Group, ...]:
    """Returns the groups of features that are the channels alone."""
    return (Group("input", 1, channels, 1.0),)


def fold_codes(
    features: RecipeFeatures, heads: Sequence[Pooled], scales: FloatArray, offsets: FloatArray
) -> CodeScores:
    """Returns the heads on codes; value = code · scale + offset.

    Args:
        features: Of which `channels_alone` is true.
        heads: On the features.
        scales, offsets: (C,) of the codes.
    """
    folds = [head.linear() for head in heads]
    weight, bias = (np.concatenate(part).astype(np.float64) for part in zip(*folds, strict=True))
    mean, std = (part.astype(np.float64) for part in (features.random.mean, features.random.std))
    weight = weight * features.scale
    bias = bias - weight @ features.mean
    low, high = ((mean + sign * CLIP * std - offsets) / scales for sign in (-1, 1))
    clipped = tuple(
        (channel, min(ends), max(ends)) for channel, ends in enumerate(zip(low.tolist(), high.tolist(), strict=True))
    )
    weight = weight / std
    bias = bias + weight @ (offsets - mean)
    return CodeScores(
        tuple(heads),
        tuple(len(own) for _, own in folds),
        (weight * scales).astype(np.float32),
        bias.astype(np.float32),
        tuple(ends for ends in clipped if ends[1] > np.iinfo(np.int8).min or ends[2] < np.iinfo(np.int8).max),
    )


@dataclass(frozen=True)
class CodeReader:
    """The codes of an open embedding.

    Attributes:
        codes: Of the file.
        channels: How many.
        nodata: Code where there is none.
        scales, offsets: (C,) value = code · scale + offset.
    """

    codes: StoredCodes
    channels: int
    nodata: float
    scales: FloatArray
    offsets: FloatArray

    def read(self, window: Window) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
        """Returns codes (C, rows, cols) of a window inside the raster, and where they are valid."""
        stored = self.codes.read(self.channels, window)
        return stored, np.asarray(np.all(stored != self.nodata, axis=0))


@contextmanager
def open_codes(path: str) -> Iterator[CodeReader | None]:
    """Opens an embedding of ours that holds codes; yields None for any other raster."""
    info = recognise(path)
    if info is None or info.kind != "mmearth":
        yield None
        return
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(path) as dataset:
        if not np.issubdtype(np.dtype(dataset.dtypes[0]), np.integer) or dataset.nodata is None:
            yield None
            return
        scales, offsets = (np.array(row, np.float64) for row in (dataset.scales, dataset.offsets))
        yield CodeReader(stored_codes(dataset), len(info.channels), dataset.nodata, scales, offsets)
