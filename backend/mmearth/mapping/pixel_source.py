"""Where features of pixels come from: a spectral scene, with an encoder or without, or an embedding that is there.

Extra layers join the bands of either. Training and mapping see no difference; a model remembers what it was trained on.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from rasterio.windows import Window

from mmearth.devices import resolve_device
from mmearth.embedding.features import FeatureExtractor, WindowFeatures, reflectances, scene_warnings
from mmearth.embedding.precomputed import Embedding, EmbeddingInfo, open_embedding, recognise
from mmearth.embedding.result_cache import scene_identity
from mmearth.mapping.recipe_features import LAST_STAGE
from mmearth.modalities import BAND_BY_NAME
from mmearth.precision import chosen_dtype, name_of
from mmearth.scenes.block_reader import READERS, BlockReader, strip_px
from mmearth.scenes.extra_layers import ExtraLayers, open_layers
from mmearth.scenes.raster import Grid, Scene, open_scene
from mmearth.scenes.scene_vrt import is_virtual
from mmearth.weights.checkpoints import Weights

NOT_USED = "'{name}' is an embedding ({title}): the {what} given with it are not used."


class EmbeddingReader:
    """Features that are read, not computed; called as a `FeatureExtractor` is.

    Args:
        check: Called before each window; raises to stop.
    """

    def __init__(self, check: Callable[[], None] = lambda: None) -> None:
        self.check = check

    def __call__(self, scene: Embedding, window: Window) -> WindowFeatures:
        """Returns the channels of a window where an encoder's bands are; there are no stages."""
        self.check()
        values, valid = scene.read(window)
        return WindowFeatures({}, {}, torch.from_numpy(values), valid, 0, 0, *valid.shape)


class BandReader:
    """Reads the bands of spectral scenes and runs no encoder; called as a `FeatureExtractor` is.

    Args:
        check: Called before each window; raises to stop.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self.check = check

    def reach(self, window: Window) -> Window:
        """Returns the window that has to be read for a window: itself."""
        return window

    def __call__(self, scene: Scene, window: Window) -> WindowFeatures:
        """Reads a window."""
        return self.encode(scene, window, *scene.read_stored(window))

    def encode(self, scene: Scene, window: Window, raw: np.ndarray, valid: np.ndarray) -> WindowFeatures:
        """Returns the bands of a window; there are no stages. Arguments as of `FeatureExtractor.encode`."""
        self.check()
        return WindowFeatures({}, {}, torch.from_numpy(reflectances(scene, raw, valid)), valid, 0, 0, *valid.shape)


@dataclass(frozen=True)
class PixelSource:
    """An open scene whose windows become features.

    Attributes:
        name: For messages.
        grid: Its grid.
        bands: Sentinel-2 bands, or the channels of an embedding, in order; then `layers`.
        units: Name of the units its values were read as.
        embedding: What embedding it is; None for a spectral scene.
        reading: How it is read, as every verb reports it; "precomputed" says what embedding it is, or "".
        warnings: Sentences for the user.
        features: Computes or reads the features of a window.
        stream: The same for many windows in order, read ahead and every block once.
        strip_px: How wide a strip of windows in rows should be for `stream`.
        look: Reads the bands (B, rows, cols) of a window and where they are valid (rows, cols), without any encoder.
        identity: Returns what the scene is known by, whatever its name; "" where what it holds cannot be known.
        layers: Names of the channels of extra rasters.
    """

    name: str
    grid: Grid
    bands: tuple[str, ...]
    units: str
    embedding: EmbeddingInfo | None
    reading: dict[str, Any]
    warnings: list[str]
    features: Callable[[Window], WindowFeatures]
    stream: Callable[[Sequence[Window]], Iterator[WindowFeatures]]
    strip_px: int
    look: Callable[[Window], tuple[np.ndarray, np.ndarray]]
    identity: Callable[[], str]
    layers: tuple[str, ...] = ()


class PixelSources:
    """Opens scenes of either kind; weights are loaded and the encoder is built when the first one needs them.

    Args:
        bands: Band mapping chosen by the user; empty to propose one.
        units: "auto", or one of `protocol.UNITS`.
        load: Returns the encoder's weights; None for no encoder.
        device: As in the requests.
        check: Called between layers and windows; raises to stop.
        layers: Paths of extra rasters whose channels join the bands of every scene.
        stages: Stages of the encoder that are wanted.
        precision: As in the requests.
    """

    def __init__(
        self,
        bands: dict[str, int],
        units: str,
        load: Callable[[], Weights] | None,
        device: str,
        check: Callable[[], None],
        layers: Sequence[str] = (),
        stages: tuple[int, ...] = tuple(range(LAST_STAGE + 1)),
        precision: str = "auto",
    ) -> None:
        self._bands = bands
        self._units = units
        self._load = load
        self._device = device
        self._check = check
        self._layers = layers
        self._stages = stages
        self._precision = precision

    @functools.cached_property
    def weights(self) -> Weights | None:
        """The encoder's weights; None without one.

        Raises:
            CheckpointError: they do not load.
        """
        return None if self._load is None else self._load()

    @functools.cached_property
    def extractor(self) -> FeatureExtractor:
        """The encoder.

        Raises:
            ValueError: there is none.
            CheckpointError: its weights do not load.
            ResourceError: the device cannot be used, or not in that precision.
        """
        if self.weights is None:
            raise ValueError("there is no encoder")
        device = resolve_device(self._device)
        dtype = chosen_dtype(self._precision, device)
        return FeatureExtractor(self.weights, device, max(self._stages), self._check, kept=self._stages, dtype=dtype)

    @property
    def precision(self) -> str:
        """What the encoder computes spectral scenes in; empty without one. Raises what `extractor` raises."""
        return "" if self.weights is None else name_of(self.extractor.dtype)

    @functools.cached_property
    def _extractor(self) -> FeatureExtractor | BandReader:
        return BandReader(self._check) if self.weights is None else self.extractor

    @contextmanager
    def open(self, path: str) -> Iterator[PixelSource]:
        """Opens a scene, and the extra layers on its grid.

        Raises:
            InputError: the scene or a layer cannot be used, with the reason.
            CheckpointError: the weights that a spectral scene needs do not load.
        """
        with self._open(path) as source:
            if not self._layers:
                yield source
                return
            with open_layers(self._layers, source.grid, path, source.bands) as layers:
                yield _joined(source, layers)

    @contextmanager
    def _open(self, path: str) -> Iterator[PixelSource]:
        if recognise(path) is not None:
            with open_embedding(path) as embedding:
                yield self._precomputed(embedding, path)
            return
        weights = self.weights
        wanted = tuple(BAND_BY_NAME) if weights is None else weights.bands
        with open_scene(path, self._bands, self._units, wanted) as scene:
            yield PixelSource(
                name=scene.name,
                grid=scene.grid,
                bands=tuple(scene.mapping.indexes),
                units=scene.units.name,
                embedding=None,
                reading={**scene.reading(), "precomputed": ""},
                warnings=[scene.warped] * bool(scene.warped) if weights is None else scene_warnings(scene, weights),
                features=lambda window: self._extractor(scene, window),
                stream=lambda windows: self._streamed(scene, windows),
                strip_px=strip_px(scene),
                look=lambda window: scene.read(window, tuple(scene.mapping.indexes)),
                identity=lambda: _identity(scene),
            )

    def _precomputed(self, embedding: Embedding, path: str) -> PixelSource:
        info, reader = embedding.info, EmbeddingReader(self._check)
        given = [what for what, is_given in (("bands", self._bands), ("units", self._units != "auto")) if is_given]
        unused = NOT_USED.format(name=embedding.name, title=info.title, what=" and ".join(given))
        return PixelSource(
            name=embedding.name,
            grid=embedding.grid,
            bands=info.channels,
            units="embedding",
            embedding=info,
            reading=embedding.reading(),
            warnings=[unused] if given else [],
            features=lambda window: reader(embedding, window),
            stream=lambda windows: (reader(embedding, window) for window in windows),
            strip_px=embedding.grid.width,
            look=embedding.read,
            identity=lambda: scene_identity([path]),
        )

    def _streamed(self, scene: Scene, windows: Sequence[Window]) -> Iterator[WindowFeatures]:
        extractor = self._extractor
        with BlockReader(scene, [extractor.reach(window) for window in windows], READERS, self._check) as reader:
            for number, window in enumerate(windows):
                yield extractor.encode(scene, window, *reader.read(number))


def _identity(scene: Scene) -> str:
    text = [scene.source] if is_virtual(scene.source) else []
    return scene_identity([*text, *scene.dataset.files])


def _joined(source: PixelSource, layers: ExtraLayers) -> PixelSource:
    """Returns a source whose bands are followed by the layers' channels; valid where all of them hold data."""

    def features(window: Window) -> WindowFeatures:
        return _with_layers(source.features(window), *layers.read(window))

    def stream(windows: Sequence[Window]) -> Iterator[WindowFeatures]:
        with contextlib.closing(source.stream(windows)) as found:  # type: ignore[type-var]
            for window, own in zip(windows, found, strict=True):
                yield _with_layers(own, *layers.read(window))

    def look(window: Window) -> tuple[np.ndarray, np.ndarray]:
        (values, valid), (added, added_valid) = source.look(window), layers.read(window)
        both = valid & added_valid
        return np.where(both, np.concatenate([values, added]), np.float32(0)), both

    return replace(
        source, bands=(*source.bands, *layers.names), features=features, stream=stream, look=look, layers=layers.names
    )


def _with_layers(features: WindowFeatures, values: np.ndarray, valid: np.ndarray) -> WindowFeatures:
    both = features.valid & valid
    bands = torch.cat([features.bands, torch.from_numpy(values)]).mul_(torch.from_numpy(both))
    return replace(features, bands=bands, valid=both)
