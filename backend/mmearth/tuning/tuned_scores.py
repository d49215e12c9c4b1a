"""What a tuned network says of a scene, tile by tile: of pixels, of cells of a grid, or of polygons.

A tile's features come from the engine that embeds, so that seams are exact and memory does not grow with the scene.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.windows import Window
from torch import Tensor

from mmearth.embedding.embed_job import cell_valid
from mmearth.embedding.features import CLIP, FeatureExtractor, WindowFeatures
from mmearth.mapping.map_outputs import Piece, TileValues
from mmearth.mapping.parcels import Parcels
from mmearth.mapping.pixel_source import PixelSource
from mmearth.models.tuned_networks import PROBE, REGIONS, RegionClassifier, cell_means
from mmearth.scenes.extent import inside_mask
from mmearth.scenes.plan import Unit
from mmearth.tuning.tuned_model import TunedModel
from mmearth.tuning.windowed_decoder import WindowedDecoder

# Largest first: the larger, the less is computed for the surroundings. Of atto with patch 8, 1024 takes a tenth more
# operations than 2048, 1536 a twenty-fifth, in half of the memory.
TILES_PX = (1536, 1024, 512, 256)
MEMORY_BYTES = 10**9  # that the maps of a tile may take, beside Python, torch and GDAL
LAST_STAGE = 3


def stages_of(model: TunedModel) -> tuple[int, ...]:
    """Returns the stages of the encoder that a network looks at."""
    if model.kind == REGIONS:
        return (LAST_STAGE,)
    return (0, 1, 2, 3) if model.kind == PROBE else (1, 2, 3)


class TunedScores:
    """A tuned network, ready for the tiles of a scene.

    Args:
        model: The network.
        extractor: Computes the features of `stages_of(model)`.
        scene: The open scene.
        mask: Polygons outside which nothing is wanted; None means everywhere.
    """

    def __init__(
        self, model: TunedModel, extractor: FeatureExtractor, scene: PixelSource, mask: NDArray[Any] | None
    ) -> None:
        self._model = model
        self._extractor = extractor
        self._scene = scene
        self._mask = mask
        self._network = model.network_around(extractor.encoder)  # type: ignore[arg-type]
        if isinstance(self._network, RegionClassifier):
            # So small that in float32 it costs nothing; the encoder before it stays as it is.
            self._network.norm.float()
            self._network.head.float()
        self._decoder = None if model.kind == REGIONS else WindowedDecoder(self._network, extractor.check)
        found = model.weights.statistics(scene.reading["level"])
        wanted = [(i, scene.bands.index(name)) for i, name in enumerate(model.weights.bands) if name in scene.bands]
        self._channels, self._positions = ([pair[end] for pair in wanted] for end in (0, 1))
        self._mean, self._std = (
            torch.tensor([found[key][i] for i in self._channels])[:, None, None] for key in ("mean", "std")
        )

    @property
    def tile_px(self) -> int:
        """Side of the largest tile that the memory allowed for should hold, a multiple of a cell."""
        step = self._model.step_px
        fitting = [side for side in TILES_PX if self._memory_of(side) <= MEMORY_BYTES]
        side = fitting[0] if fitting else TILES_PX[-1]
        return max(step, side // step * step)

    def window(self, own: Window) -> Window:
        """Returns the window whose features a unit's window needs."""
        if self._decoder is not None:
            return self._decoder.grown(own)
        step = self._model.step_px
        height, width = (math.ceil(side / step) * step for side in (own.height, own.width))
        return Window(own.col_off, own.row_off, width, height)

    def pieces(self, unit: Unit, features: WindowFeatures) -> Iterator[Piece]:
        """Yields the parts of a unit's tile that hold data.

        Args:
            unit: Of a plan with cells of `step_px`.
            features: Of `window(unit.window)`.
        """
        if self._decoder is None:
            yield from self._cells(unit, features)
            return
        grown, own = self._decoder.grown(unit.window), unit.window
        for part, logits in self._decoder(features, own, lambda r, c: self._standardised(features, r, c)):
            rows, cols = (
                slice(int(start - first), int(start - first + size))
                for start, first, size in (
                    (part.row_off, grown.row_off, part.height),
                    (part.col_off, grown.col_off, part.width),
                )
            )
            valid = self._wanted(part, features.valid[rows, cols])
            if valid.any():
                top, left = int(part.row_off - own.row_off), int(part.col_off - own.col_off)
                place = slice(top, top + int(part.height)), slice(left, left + int(part.width))
                yield Piece(*place, self._values(logits[:, torch.from_numpy(valid)]), valid)

    def counts(self, unit: Unit, features: WindowFeatures, parcels: Parcels) -> dict[str, NDArray[Any]]:
        """Returns what a unit adds to the mean features of polygons, for `Parcels.take`."""
        valid = self._wanted(unit.window, features.valid)
        if LAST_STAGE not in features.stages or not valid.any():
            return {}
        maps = features.stages[LAST_STAGE].float().cpu().numpy()
        corner = features.top_px, features.left_px
        grid = self._scene.grid.crop(unit.window)
        return parcels.found_in_cells(maps, features.strides[LAST_STAGE], corner, valid, grid)

    @torch.inference_mode()
    def probabilities(self, means: NDArray[np.floating]) -> NDArray[np.floating]:
        """Returns (P, K) probabilities of polygons with mean features (P, C); of those not known NaN."""
        logits = self._regions().classify(torch.from_numpy(means.astype(np.float32)).to(self._extractor.device))
        found: NDArray[np.floating] = self._model.probabilities(logits, 1).cpu().numpy()
        return found

    @torch.inference_mode()
    def _cells(self, unit: Unit, features: WindowFeatures) -> Iterator[Piece]:
        cell_px = self._model.cell_px
        valid = cell_valid(self._wanted(self.window(unit.window), features.valid), cell_px)
        if LAST_STAGE not in features.stages or not valid.any():
            return
        stride = features.strides[LAST_STAGE]
        maps = features.stages[LAST_STAGE].float()
        maps = maps.narrow(1, features.top_px // stride, features.height // stride)
        maps = maps.narrow(2, features.left_px // stride, features.width // stride)
        logits = self._regions().classify(cell_means(maps[None], cell_px // stride)[0]).T
        chosen = torch.from_numpy(valid.ravel())
        rows, cols = valid.shape
        yield Piece(slice(0, rows), slice(0, cols), self._values(logits[:, chosen]), valid)

    def _regions(self) -> RegionClassifier:
        if not isinstance(self._network, RegionClassifier):
            raise TypeError(f"a network of kind '{self._model.kind}' classifies no regions")
        return self._network

    def _values(self, logits: Tensor) -> TileValues:
        found: NDArray[np.floating] = self._model.probabilities(logits, 0).cpu().numpy()
        return TileValues(found, np.empty(0, np.float32))

    def _wanted(self, window: Window, valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
        inside = inside_mask(self._mask, self._scene.grid, window)
        return valid if inside is None else valid & inside

    def _standardised(self, features: WindowFeatures, rows: slice, cols: slice) -> Tensor:
        """Returns (1, bands, rows, cols), what the encoder saw of a part of a window."""
        valid = torch.from_numpy(features.valid[rows, cols])
        values = (features.bands[self._positions, rows, cols] - self._mean) / self._std
        image = torch.zeros(1, len(self._model.weights.bands), *valid.shape)
        image[0, self._channels] = values.clamp_(-CLIP, CLIP).mul_(valid)
        return image.to(self._extractor.device, self._extractor.dtype, memory_format=torch.channels_last)

    def _memory_of(self, side_px: int) -> int:
        """Returns the bytes that the maps of a tile should take at most."""
        weights, extractor = self._model.weights, self._extractor
        read_px = side_px + 2 * extractor.halo_px
        maps = sum(side_px**2 // weights.strides[s] ** 2 * weights.dims[s] for s in stages_of(self._model))
        layers = extractor.backbone.values_at_once(read_px)
        bands = 4 * len(weights.bands) * read_px**2
        return (maps + layers) * extractor.dtype.itemsize + bands
