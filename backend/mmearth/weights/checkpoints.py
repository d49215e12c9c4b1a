"""Weights files: safetensors with the whole configuration as JSON in the metadata, and a JSON card beside them.

Holds what inference needs beside the encoder: input statistics, frozen GRN responses, feature statistics, principal
components and quantisation steps. Knows nothing of rasters or training.
"""

import json
import logging
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mmearth.disk import hash_file
from mmearth.errors import CheckpointError, ResourceError
from mmearth.models.convnextv2 import Encoder
from mmearth.weights.published_weights import user_weights_folder
from mmearth.weights.shared_space import SharedSpace, read_space

logger = logging.getLogger(__name__)

FORMAT = 1
METADATA_KEY = "mmearth"
TIMM_PREFIX = "timm:"  # of weights that `timm_models` loads
WEIGHTS_FOLDER = Path(__file__).resolve().parents[3] / "resources" / "weights"
BUNDLED = WEIGHTS_FOLDER / "mpmae_atto_s2.safetensors"
PCA_STAGES: tuple[tuple[int, ...], ...] = ((0, 1), (0, 1, 2), (0, 1, 2, 3))
_CHOOSE = "Choose a weights file of this plugin, or leave the field empty for the bundled weights."
_CONFIG_KEYS = ("format", "size", "depths", "dims", "patch_size", "bands", "levels", "band_dropout", "summary")


@dataclass(frozen=True)
class TimmModel:
    """Which of timm's models an encoder is, where it is not one of ours.

    Attributes:
        name: timm's name, with tag: "convnextv2_atto.fcmae".
        indices: timm's `out_indices` of our stages.
        strides: Pixels per cell of our stages.
    """

    name: str
    indices: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class Weights:
    """An encoder and all that is needed to use it; arrays are float32.

    Attributes:
        size: Key of `models.convnextv2.SIZES`.
        depths, dims, patch_size: Of the encoder.
        bands: Sentinel-2 bands in the order of the input channels.
        levels: "l2a", "l1c" → {"mean": (12,), "std": (12,)} in reflectance × 10⁴.
        band_dropout: Whether it was trained to do without some bands.
        summary: One sentence about origin and training.
        encoder: State dict of `Encoder`.
        grn: Frozen responses, one (4C,) per block.
        feature_mean, feature_std: (sum of dims,) of the frozen features of all stages.
        feature_scale: (sum of dims,) value of one of 127 steps either way, for standardised features.
        components: Stages → ((K, channels) orthonormal rows, (K,) value of a step); they act on features that were
            standardised and divided by the square root of their stage's width.
        path, sha256: Of the file; empty as long as there is none.
        timm: Set where the encoder is a model of timm: then there is no GRN to freeze, and feature statistics are empty
            until they were measured on a scene.
        space: Whose space they were adapted to; None where their space is their own. Feature statistics and components
            are then those of that space.
    """

    size: str
    depths: tuple[int, ...]
    dims: tuple[int, ...]
    patch_size: int
    bands: tuple[str, ...]
    levels: dict[str, dict[str, list[float]]]
    band_dropout: bool
    summary: str
    encoder: dict[str, Tensor] = field(repr=False)
    grn: list[Tensor] = field(repr=False)
    feature_mean: np.ndarray = field(repr=False)
    feature_std: np.ndarray = field(repr=False)
    feature_scale: np.ndarray = field(repr=False)
    components: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = field(repr=False)
    path: str = ""
    sha256: str = ""
    timm: TimmModel | None = None
    space: SharedSpace | None = None

    @property
    def name(self) -> str:
        """What a person reads."""
        return self.timm.name if self.timm else Path(self.path).stem

    @property
    def strides(self) -> tuple[int, ...]:
        """Pixels per cell of each stage."""
        if self.timm:
            return self.timm.strides
        return tuple(self.patch_size // 8 * 2**stage for stage in range(len(self.dims)))

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean of each band, reflectance × 10⁴, of L2A where the weights saw any."""
        return tuple(self._default_level["mean"])

    @property
    def std(self) -> tuple[float, ...]:
        """Standard deviation of each band, reflectance × 10⁴, of L2A where the weights saw any."""
        return tuple(self._default_level["std"])

    @property
    def _default_level(self) -> dict[str, list[float]]:
        preferred = [level for level in ("l2a", "l1c") if level in self.levels]
        return self.levels[[*preferred, *self.levels][0]]

    def statistics(self, level: str) -> dict[str, list[float]]:
        """Returns "mean" and "std" of each band for a processing level; those of `mean` and `std` if it is unknown."""
        return self.levels.get(level, self._default_level)

    @property
    def stage_slices(self) -> tuple[slice, ...]:
        """Where each stage's channels lie in `feature_mean` and its like."""
        ends = np.cumsum(self.dims).tolist()
        return tuple(slice(end - width, end) for end, width in zip(ends, self.dims, strict=True))

    @property
    def home(self) -> str:
        """SHA-256 of the weights whose space these live in."""
        return self.space.sha256 if self.space else self.sha256

    def pca(self, stages: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray] | None:
        """Returns (components, scale) for features of these stages, or None if none were fitted."""
        return self.components.get(tuple(stages))


def load_weights(path: str) -> Weights:
    """Reads and checks a weights file.

    Args:
        path: Empty means the bundled weights.

    Raises:
        CheckpointError: no such file, not safetensors, damaged, or not weights of this plugin.
    """
    file = Path(path) if path else BUNDLED
    if path.startswith(TIMM_PREFIX):
        raise CheckpointError(f"'{path}' is a model of timm, which serves to embed only.", _CHOOSE)
    if not file.is_file():
        remedy = _CHOOSE if path else "Install the plugin again; its package holds the weights."
        raise CheckpointError(f"There is no weights file '{file}'.", remedy)
    try:
        with safe_open(str(file), framework="pt") as opened:
            metadata = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name).float() for name in opened.keys()}  # noqa: SIM118
        sha256 = hash_file(file)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"'{file.name}' cannot be read as safetensors ({error}); it is truncated or something else.", _CHOOSE
        ) from error
    config = _read_config(file.name, metadata)
    try:
        weights = _assemble(config, tensors, str(file), sha256)
        _check(weights)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        cause = " ".join(str(error).split())  # torch's own text has several lines
        raise CheckpointError(f"'{file.name}' does not fit its own configuration: {cause}.", _CHOOSE) from error
    return weights


def save_weights(path: str, weights: Weights) -> str:
    """Writes a weights file under a temporary name and renames it; encoder in float16, the rest in float32.

    Returns:
        The SHA-256 of the file.

    Raises:
        ResourceError: the folder cannot be written to.
    """
    tensors = {f"encoder.{name}": tensor.half().contiguous() for name, tensor in weights.encoder.items()}
    tensors |= {f"grn.{index:02d}": tensor.float().contiguous() for index, tensor in enumerate(weights.grn)}
    for key in ("mean", "std", "scale"):
        tensors[f"feature.{key}"] = torch.from_numpy(getattr(weights, f"feature_{key}"))
    for stages, (components, scale) in weights.components.items():
        tensors[f"pca.{_digits(stages)}.components"] = torch.from_numpy(components)
        tensors[f"pca.{_digits(stages)}.scale"] = torch.from_numpy(scale)
    config = {key: getattr(weights, key) for key in _CONFIG_KEYS if key != "format"}
    if weights.space:
        config["space"] = weights.space.to_json()
    metadata = {METADATA_KEY: json.dumps({"format": FORMAT, **config}, allow_nan=False)}
    return write_tensors(path, tensors, metadata)


def write_tensors(path: str, tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    """Writes a safetensors file under a temporary name and renames it: there is the old file or the new one.

    Returns:
        The SHA-256 of the file.

    Raises:
        ResourceError: the folder cannot be written to, or the disk is full.
    """
    target = Path(path)
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=target.name, suffix=".part", dir=target.parent)
        os.close(handle)
        save_file(tensors, temporary, metadata)
        Path(temporary).chmod(0o644)
        sha256 = hash_file(Path(temporary))
        os.replace(temporary, target)
    except (OSError, SafetensorError) as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise ResourceError(
            f"'{target}' cannot be written: {error}.", "Choose another folder, or free space."
        ) from error
    return sha256


def build_encoder(
    weights: Weights, device: torch.device, dtype: torch.dtype, grn: list[Tensor] | None = None
) -> Encoder:
    """Returns the encoder for inference.

    Args:
        weights: Loaded weights.
        device, dtype: Where and how precisely to compute.
        grn: Responses that GRN is frozen to and folded with; None takes those of the weights, an empty list leaves GRN
            to the images.
    """
    encoder = Encoder(len(weights.bands), weights.depths, weights.dims, weights.patch_size)
    encoder.load_state_dict(weights.encoder)
    encoder.requires_grad_(False).train(False)
    responses = weights.grn if grn is None else grn
    if responses:
        encoder.freeze_grn(responses)
        encoder.fold_grn()
    encoder.to(device, dtype)
    return encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def list_weights() -> list[dict[str, Any]]:
    """Returns the weights of the plugin and of the user's folder.

    Each has name, path, size_bytes, sha256, hash_state ("verified": as the card beside it says; "changed"; empty
    without a card), summary, bands and patch_size.

    A file that cannot be read is left out, with a line in the log.
    """
    rows = []
    folders = (WEIGHTS_FOLDER, user_weights_folder())
    for file in (found for folder in folders for found in sorted(folder.glob("*.safetensors"))):
        try:
            weights = load_weights(str(file))
        except CheckpointError as error:
            logger.warning("%s", error)
            continue
        rows.append(
            {
                "name": weights.name,
                "path": str(file),
                "size_bytes": file.stat().st_size,
                "sha256": weights.sha256,
                "hash_state": _hash_state(file, weights.sha256),
                "summary": weights.summary,
                "bands": list(weights.bands),
                "patch_size": weights.patch_size,
            }
        )
    return rows


def _hash_state(file: Path, sha256: str) -> str:
    """Returns whether a weights file is the one that its card describes; empty where no card says."""
    try:
        card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        recorded = str(card["weights"]["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return "verified" if recorded == f"sha256:{sha256}" else "changed"


def _digits(stages: tuple[int, ...]) -> str:
    return "".join(map(str, stages))


def _read_config(name: str, metadata: dict[str, str]) -> dict[str, Any]:
    if METADATA_KEY not in metadata:
        raise CheckpointError(f"'{name}' holds no '{METADATA_KEY}' metadata: it is not a file of this plugin.", _CHOOSE)
    try:
        config = json.loads(metadata[METADATA_KEY])
    except ValueError as error:
        raise CheckpointError(f"The metadata of '{name}' is not JSON.", _CHOOSE) from error
    missing = [key for key in _CONFIG_KEYS if not isinstance(config, dict) or key not in config]
    if missing:
        raise CheckpointError(f"The metadata of '{name}' lacks {', '.join(missing)}.", _CHOOSE)
    if config["format"] != FORMAT:
        raise CheckpointError(
            f"'{name}' has format {config['format']}; this backend reads {FORMAT}.", "Update the plugin."
        )
    return config  # type: ignore[no-any-return]


def _assemble(config: dict[str, Any], tensors: dict[str, Tensor], path: str, sha256: str) -> Weights:
    encoder = {name.removeprefix("encoder."): t for name, t in tensors.items() if name.startswith("encoder.")}
    pca = {
        tuple(int(digit) for digit in name.split(".")[1]): (
            tensors[name].numpy(),
            tensors[name.replace(".components", ".scale")].numpy(),
        )
        for name in tensors
        if name.startswith("pca.") and name.endswith(".components")
    }
    return Weights(
        size=str(config["size"]),
        depths=tuple(config["depths"]),
        dims=tuple(config["dims"]),
        patch_size=int(config["patch_size"]),
        bands=tuple(config["bands"]),
        levels=config["levels"],
        band_dropout=bool(config["band_dropout"]),
        summary=str(config["summary"]),
        encoder=encoder,
        grn=[tensors[f"grn.{index:02d}"] for index in range(sum(config["depths"]))],
        feature_mean=tensors["feature.mean"].numpy(),
        feature_std=tensors["feature.std"].numpy(),
        feature_scale=tensors["feature.scale"].numpy(),
        components=pca,
        path=path,
        sha256=sha256,
        space=read_space(config.get("space")),  # older files do not say
    )


def _check(weights: Weights) -> None:
    """Raises ValueError or RuntimeError where shapes or values are wrong."""
    with torch.device("meta"):
        expected = Encoder(len(weights.bands), weights.depths, weights.dims, weights.patch_size)
    expected.load_state_dict(weights.encoder, assign=True)
    for block, response in zip(expected.blocks(), weights.grn, strict=True):
        if response.shape != (block.pwconv1.out_features,):
            raise ValueError(f"a GRN response has shape {tuple(response.shape)}")
    channels = sum(weights.dims)
    for array in (weights.feature_mean, weights.feature_std, weights.feature_scale):
        if array.shape != (channels,):
            raise ValueError(f"feature statistics have shape {array.shape}, not ({channels},)")
    for stages, (components, scale) in weights.components.items():
        wanted = (len(scale), sum(weights.dims[stage] for stage in stages))
        if components.shape != wanted:
            raise ValueError(f"components of stages {stages} have shape {components.shape}, not {wanted}")
    if not weights.levels:
        raise ValueError("there are no band statistics")
    for level, statistics in weights.levels.items():
        mean, std = statistics["mean"], statistics["std"]
        if len(mean) != len(weights.bands) or len(std) != len(weights.bands) or min(std) <= 0:
            raise ValueError(f"band statistics of '{level}' do not fit the bands")
    arrays = [weights.feature_mean, weights.feature_std, *(a for pair in weights.components.values() for a in pair)]
    finite = all(bool(t.isfinite().all()) for t in [*weights.encoder.values(), *weights.grn])
    if not finite or not all(np.isfinite(array).all() for array in arrays) or weights.feature_std.min() <= 0:
        raise ValueError("a tensor holds values that are not finite, or a deviation of 0")
