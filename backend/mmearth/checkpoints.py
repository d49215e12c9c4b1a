"""Weights files: safetensors with one JSON text in the header. Knows nothing of rasters or training."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mmearth.errors import CheckpointError
from mmearth.models.convnextv2 import Encoder

FORMAT = "mmearth-encoder-1"
FOLDER = Path(__file__).resolve().parents[2] / "resources" / "weights"
BUNDLED = FOLDER / "mpmae_atto_s2.safetensors"


@dataclass(frozen=True)
class Weights:
    """An encoder and what belongs to it.

    Attributes:
        path: The file.
        sha256: Hash of the file.
        name: Name for people and tags.
        bands: Sentinel-2 bands in the order of the input channels.
        mean, std: (C,) of the input bands in reflectance × 10⁴.
        depths, dims, patch_size: Architecture.
        band_dropout: Whether it was trained to do without some bands.
        tensors: Encoder parameters by name.
        grn: One (4C,) frozen GRN ratio per block.
        feature_mean, feature_std: (sum of dims,) over calibration pixels, stages one after another.
        feature_scale: (sum of dims,) uint8 step of a standardised channel.
        components: Stage subset such as "0123" → ((K, channels) orthonormal rows, (K,) uint8 step); they act on
            standardised features divided by the square root of their stage's number of channels.
    """

    path: str
    sha256: str
    name: str
    bands: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    depths: tuple[int, ...]
    dims: tuple[int, ...]
    patch_size: int
    band_dropout: bool
    tensors: dict[str, Tensor]
    grn: list[Tensor]
    feature_mean: np.ndarray
    feature_std: np.ndarray
    feature_scale: np.ndarray
    components: dict[str, tuple[np.ndarray, np.ndarray]]

    @property
    def stage_slices(self) -> list[slice]:
        """Where each stage's channels lie among all features."""
        ends = np.cumsum(self.dims)
        return [slice(int(end - dim), int(end)) for end, dim in zip(ends, self.dims, strict=True)]

    def pca(self, stages: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray] | None:
        """Returns the components and steps fitted for these stages, or None."""
        return self.components.get("".join(map(str, stages)))


def load_weights(path: str) -> Weights:
    """Reads a weights file.

    Args:
        path: The file; empty for the bundled weights.

    Raises:
        CheckpointError: missing, damaged, or not one of ours.
    """
    file = Path(path) if path else BUNDLED
    if not file.is_file():
        raise CheckpointError(
            f"There is no weights file '{file}'.",
            "Choose another file, or leave the field empty for the bundled weights.",
        )
    try:
        with safe_open(file, framework="pt") as opened:
            header = json.loads((opened.metadata() or {}).get("mmearth", "{}"))
            tensors = {key: opened.get_tensor(key).float() for key in opened.keys()}  # noqa: SIM118 - not a dict
        if header.get("format") != FORMAT:
            raise CheckpointError(
                f"'{file.name}' is a safetensors file, but not an encoder of this program (format "
                f"{header.get('format')!r}; wanted {FORMAT!r}).",
                "Choose weights that `mmearth pretrain` wrote, or the bundled ones.",
            )
        return _from_file(file, header, tensors)
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise CheckpointError(
            f"'{file.name}' cannot be read as weights ({error}).", "The file is damaged or incomplete: fetch it again."
        ) from error


def _from_file(file: Path, header: dict[str, Any], tensors: dict[str, Tensor]) -> Weights:
    def array(key: str) -> np.ndarray:
        values: np.ndarray = tensors[key].numpy()
        return values

    return Weights(
        path=str(file),
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        name=header["name"],
        bands=tuple(header["bands"]),
        mean=tuple(header["mean"]),
        std=tuple(header["std"]),
        depths=tuple(header["depths"]),
        dims=tuple(header["dims"]),
        patch_size=header["patch_size"],
        band_dropout=header["band_dropout"],
        tensors={k.removeprefix("encoder."): v for k, v in tensors.items() if k.startswith("encoder.")},
        grn=[tensors[f"grn.{i}"] for i in range(sum(header["depths"]))],
        feature_mean=array("features.mean"),
        feature_std=array("features.std"),
        feature_scale=array("features.scale"),
        components={k: (array(f"pca.{k}.components"), array(f"pca.{k}.scale")) for k in header["components"]},
    )


def save_weights(
    path: Path, header: dict[str, Any], encoder: Encoder, grn: list[Tensor], statistics: dict[str, Tensor]
) -> None:
    """Writes a weights file under a temporary name and renames it.

    Args:
        path: The safetensors file.
        header: name, bands, mean, std, depths, dims, patch_size, band_dropout.
        encoder: Its parameters are stored in half precision.
        grn: Frozen ratios, one per block.
        statistics: "features.mean", "features.std", "features.scale", "pca.<stages>.components", "pca.<stages>.scale".
    """
    tensors = {f"encoder.{k}": v.detach().half().contiguous() for k, v in encoder.state_dict().items()}
    tensors |= {f"grn.{i}": ratio.float().contiguous() for i, ratio in enumerate(grn)}
    tensors |= {k: v.float().contiguous() for k, v in statistics.items()}
    subsets = sorted(k.split(".")[1] for k in statistics if k.endswith(".components"))
    text = json.dumps({"format": FORMAT, **header, "components": subsets})
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        save_file(tensors, temporary, metadata={"mmearth": text})
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def build_encoder(weights: Weights, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Returns the encoder for inference: frozen GRN folded, channels last, no gradients.

    Raises:
        CheckpointError: the tensors do not fit the architecture that the file names.
    """
    encoder = Encoder(len(weights.bands), weights.depths, weights.dims, weights.patch_size)
    try:
        encoder.load_state_dict(weights.tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"The tensors of '{Path(weights.path).name}' do not fit the architecture it names "
            f"(depths {list(weights.depths)}, dims {list(weights.dims)}).",
            "The file is damaged: fetch it again.",
        ) from error
    encoder.freeze_grn(weights.grn)
    encoder = encoder.eval().requires_grad_(False)
    encoder.fold_grn()
    return encoder.to(device, dtype, memory_format=torch.channels_last)


def list_weights() -> list[dict[str, Any]]:
    """Returns the weights in the plugin's folder, each name, path, size_bytes, sha256 and summary."""
    rows = []
    for file in sorted(FOLDER.glob("*.safetensors")):
        weights = load_weights(str(file))
        card = file.with_suffix(".json")
        summary = json.loads(card.read_text(encoding="utf-8"))["summary"] if card.is_file() else "no model card"
        rows.append(
            {
                "name": weights.name,
                "path": str(file),
                "size_bytes": file.stat().st_size,
                "sha256": weights.sha256,
                "summary": summary,
            }
        )
    return rows
