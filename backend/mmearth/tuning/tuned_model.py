"""A fine-tuned network as one portable file: encoder, head and all that predicting with them needs.

The file is a zip like those of few-shot (`mapping.model_file`), and is checked as they are before it is believed: sizes
first, then every array against the network that the description builds, on a device without memory. Knows nothing of
rasters or labels.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmearth import protocol
from mmearth.errors import CheckpointError
from mmearth.mapping.model_file import (
    FINE_TUNE,
    Model,
    Tensors,
    assemble,
    check_kinds,
    check_positive,
    class_of,
    load_model,
    read_description,
    write_model_file,
)
from mmearth.models.convnextv2 import Encoder
from mmearth.models.tuned_networks import KINDS, REGIONS, SEGMENTATION, build_network
from mmearth.styles import ClassInfo
from mmearth.weights.checkpoints import Weights, build_encoder

ENCODER, GRN, HEAD = "encoder.", "grn.", "head."  # what names of arrays start with
STAGES = 4
PATCHES_PX = (8, 16, 32)
# Of what a description may name, so that a hostile one builds no network without end: twice the largest there is.
MOST_BLOCKS, MOST_WIDTH, MOST_BANDS, MOST_CLASSES, MOST_CELL_PX = 64, 8192, 1024, 65536, 4096
CELL, POLYGON, SCENE = "cell", "polygon", "scene"
_KINDS: dict[str, tuple[type, ...]] = {
    "version": (str,),
    "network": (str,),
    "task": (str,),
    "unit": (str,),
    "cell_px": (int,),
    "multi_label": (bool,),
    "rung": (str,),
    "classes": (list,),
    "field": (str,),
    "units": (str,),
    "resolution_m": (float, int, type(None)),
    "temperature": (float, int),
    "scores": (dict,),
    "weights": (dict,),
    "tensors": (dict,),
}
_WEIGHTS_KINDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "sha256": (str,),
    "size": (str,),
    "depths": (list,),
    "dims": (list,),
    "patch_size": (int,),
    "bands": (list,),
    "levels": (dict,),
    "band_dropout": (bool,),
    "summary": (str,),
}


@dataclasses.dataclass(frozen=True)
class TunedModel:
    """A fine-tuned network and all that is needed to use it on another scene.

    Attributes:
        weights: The encoder as it was tuned, with the GRN responses it was frozen to; name and hash are those of the
            weights that tuning started from. Without feature statistics.
        kind: One of `models.tuned_networks.KINDS`.
        head: State of the network without its encoder.
        classes: In the order of the logits.
        field: Name of the label field.
        task: One of `protocol.TUNING_TASKS`.
        unit: Of a classification "cell", "polygon" or "scene"; without meaning for a segmentation.
        cell_px: Side of a cell in pixels, where cells are classified.
        multi_label: Whether any number of classes may hold at once: then logits are of each class by itself.
        rung: Of the ladder, one of `protocol.RUNGS`.
        temperature: What logits are divided by before they are believed.
        scores: On held-out labels, as in the report.
        units: Units recognised in the training scenes.
        resolution_m: Side of the training scenes' pixels on the ground; None where that is not known.
        version: Of the backend that trained it.
    """

    weights: Weights
    kind: str
    head: dict[str, Tensor] = dataclasses.field(repr=False)
    classes: tuple[ClassInfo, ...]
    field: str
    task: str
    unit: str
    cell_px: int
    multi_label: bool
    rung: str
    temperature: float
    scores: dict[str, Any]
    units: str
    resolution_m: float | None = None
    version: str = protocol.BACKEND_VERSION

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that its encoder knows."""
        return self.weights.bands

    @property
    def gives_raster(self) -> bool:
        """Whether its result is a raster; of polygons and scenes it is a layer."""
        return self.kind != REGIONS or self.unit == CELL

    @property
    def step_px(self) -> int:
        """Side of a cell of its raster in pixels of the scene."""
        return self.cell_px if self.kind == REGIONS and self.unit == CELL else 1

    def network(self, device: torch.device, dtype: torch.dtype) -> nn.Module:
        """Returns the network for inference."""
        return self.network_around(build_encoder(self.weights, device, dtype))

    def network_around(self, encoder: Encoder) -> nn.Module:
        """Returns the network for inference around an encoder that was built from `weights`, where that lies."""
        place = next(encoder.parameters())
        network = build_network(self.kind, encoder, len(self.classes))
        found = network.load_state_dict(self.head, strict=False)
        missing = [name for name in found.missing_keys if not name.startswith(ENCODER)]
        if missing or found.unexpected_keys:
            raise ValueError(f"its head does not fit in {', '.join([*missing, *found.unexpected_keys][:3])}")
        return network.requires_grad_(False).train(False).to(place.device, place.dtype)

    def probabilities(self, logits: Tensor, axis: int) -> Tensor:
        """Returns calibrated probabilities of logits, float32, with the classes along an axis."""
        cooled = logits.float() / self.temperature
        return cooled.sigmoid() if self.multi_label else cooled.softmax(dim=axis)


def save_tuned(path: str, model: TunedModel) -> None:
    """Writes a model file under a temporary name and renames it; equal models give equal bytes.

    Raises:
        ResourceError: the folder is not writable, or the disk is full.
    """
    weights = model.weights
    named = {
        **{ENCODER + name: tensor for name, tensor in weights.encoder.items()},
        **{f"{GRN}{index:03d}": tensor for index, tensor in enumerate(weights.grn)},
        **{HEAD + name: tensor for name, tensor in model.head.items()},
    }
    # Half precision has 16 bits of its own and no place in these files; other kinds of numbers stay as they are.
    arrays: Tensors = {
        name: (tensor.float() if tensor.is_floating_point() else tensor).detach().cpu().numpy()
        for name, tensor in named.items()
    }
    description = {
        "kind": FINE_TUNE,
        "version": model.version,
        "network": model.kind,
        "task": model.task,
        "unit": model.unit,
        "cell_px": model.cell_px,
        "multi_label": model.multi_label,
        "rung": model.rung,
        "classes": [dataclasses.asdict(info) for info in model.classes],
        "field": model.field,
        "units": model.units,
        "resolution_m": model.resolution_m,
        "temperature": model.temperature,
        "scores": model.scores,
        "weights": {
            "name": weights.name,
            "sha256": weights.sha256,
            "size": weights.size,
            "depths": list(weights.depths),
            "dims": list(weights.dims),
            "patch_size": weights.patch_size,
            "bands": list(weights.bands),
            "levels": weights.levels,
            "band_dropout": weights.band_dropout,
            "summary": weights.summary,
        },
    }
    write_model_file(path, description, arrays)


def load_tuned(path: str) -> TunedModel:
    """Reads and checks a model file of fine-tuning.

    Raises:
        CheckpointError: no such model there, or one that is damaged or of another format.
    """
    description = read_description(path)
    if description["kind"] != FINE_TUNE:
        raise CheckpointError(
            f"'{Path(path).name}' is no fine-tuned network but a model of few-shot.",
            "Choose a file that fine-tune wrote.",
        )
    return assemble(path, description, _assemble)


def load_any(path: str) -> Model | TunedModel:
    """Reads and checks a model file of few-shot or of fine-tuning.

    Raises:
        CheckpointError: no model there, or one that is damaged or of another format.
    """
    return load_tuned(path) if read_description(path)["kind"] == FINE_TUNE else load_model(path)


def _assemble(description: dict[str, Any], arrays: Tensors) -> TunedModel:
    """Builds the model; whatever does not fit raises an error that says what."""
    check_kinds(description, _KINDS)
    check_kinds(description["weights"], _WEIGHTS_KINDS)
    _check_description(description)
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    model = TunedModel(
        weights=_weights(description["weights"], tensors),
        kind=description["network"],
        head=_starting(tensors, HEAD),
        classes=tuple(class_of(row) for row in description["classes"]),
        temperature=float(description["temperature"]),
        **{
            name: description[name]
            for name in (
                "field", "task", "unit", "cell_px", "multi_label", "rung", "scores", "units", "resolution_m", "version",
            )
        },
    )  # fmt: skip
    strange = [name for name in tensors if not name.startswith((ENCODER, GRN, HEAD))]
    if strange:
        raise ValueError(f"it holds '{strange[0]:.60}'")
    _check_fit(model)
    return model


def _check_description(description: dict[str, Any]) -> None:
    for key, known in (("network", KINDS), ("task", protocol.TUNING_TASKS), ("rung", protocol.RUNGS)):
        if description[key] not in known:
            raise ValueError(f"its {key} is {description[key]!r:.40}")
    check_positive(description, ("temperature", "resolution_m"))
    segments = description["network"] != REGIONS
    if segments != (description["task"] == SEGMENTATION):
        raise ValueError(f"a network of kind {description['network']!r} does no {description['task']}")
    if not segments and description["unit"] not in (CELL, POLYGON, SCENE):
        raise ValueError(f"its unit is {description['unit']!r:.40}")
    if description["multi_label"] and (segments or description["unit"] == CELL):
        raise ValueError("several classes at once are for polygons and scenes")
    if not 2 - description["multi_label"] <= len(description["classes"]) <= MOST_CLASSES:
        raise ValueError(f"it has {len(description['classes'])} classes")
    stated = description["weights"]
    for key, most in (("depths", MOST_BLOCKS), ("dims", MOST_WIDTH)):
        numbers = stated[key]
        if len(numbers) != STAGES or not all(type(value) is int and 1 <= value <= most for value in numbers):
            raise ValueError(f"its {key} are {numbers!r:.60}")
    if stated["patch_size"] not in PATCHES_PX:
        raise ValueError(f"its patch size is {stated['patch_size']}")
    cell_px = description["cell_px"]
    cells = not segments and description["unit"] == CELL
    if cells and (not 0 < cell_px <= MOST_CELL_PX or cell_px % stated["patch_size"]):
        raise ValueError(f"its cells are {cell_px} pixels wide")
    bands = stated["bands"]
    named = all(isinstance(name, str) for name in bands)
    if not 0 < len(bands) <= MOST_BANDS or not named or len(set(bands)) < len(bands):
        raise ValueError(f"its bands are {bands!r:.60}")
    _check_levels(stated["levels"], len(bands))


def _check_levels(levels: dict[str, Any], count: int) -> None:
    if not levels:
        raise ValueError("there are no band statistics")
    for level, statistics in levels.items():
        mean, std = statistics["mean"], statistics["std"]
        known = all(type(value) in (int, float) and math.isfinite(value) for value in [*mean, *std])
        if (len(mean), len(std)) != (count, count) or not known:
            raise ValueError(f"band statistics of '{level:.20}' do not fit the bands")
        if min(std) <= 0:
            raise ValueError(f"a standard deviation of '{level:.20}' is not above 0")


def _weights(stated: dict[str, Any], tensors: dict[str, Tensor]) -> Weights:
    return Weights(
        size=stated["size"],
        depths=tuple(stated["depths"]),
        dims=tuple(stated["dims"]),
        patch_size=stated["patch_size"],
        bands=tuple(stated["bands"]),
        levels=stated["levels"],
        band_dropout=stated["band_dropout"],
        summary=stated["summary"],
        encoder=_starting(tensors, ENCODER),
        grn=_responses(tensors, sum(stated["depths"])),
        feature_mean=np.zeros(0, np.float32),
        feature_std=np.zeros(0, np.float32),
        feature_scale=np.zeros(0, np.float32),
        components={},
        path=f"{stated['name']}.safetensors",  # its name alone: folders of another machine are of no use here
        sha256=stated["sha256"],
    )


def _responses(tensors: dict[str, Tensor], blocks: int) -> list[Tensor]:
    """Returns the GRN responses in order, one a block, and behind them those that are too many."""
    found = _starting(tensors, GRN)
    wanted = [f"{index:03d}" for index in range(blocks)]
    return [tensors[GRN + name] for name in [*wanted, *sorted(found.keys() - set(wanted))]]


def _starting(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _check_fit(model: TunedModel) -> None:
    """Raises ValueError where an array is missing, strange, or of another shape than the network's."""
    weights = model.weights
    with torch.device("meta"):
        encoder = Encoder(len(weights.bands), weights.depths, weights.dims, weights.patch_size)
        network = build_network(model.kind, encoder, len(model.classes))
    given = {**{ENCODER + name: tensor for name, tensor in weights.encoder.items()}, **model.head}
    wanted = network.state_dict()
    for name in sorted(given.keys() | wanted.keys()):
        if name not in given:
            raise ValueError(f"{name} is missing")
        if name not in wanted:
            raise ValueError(f"{name:.60} has no place in its network")
        if given[name].shape != wanted[name].shape or given[name].dtype != wanted[name].dtype:
            raise ValueError(f"{name:.60} has shape {tuple(given[name].shape)} and is {given[name].dtype}")
    blocks = encoder.blocks()
    if len(weights.grn) != len(blocks):
        raise ValueError(f"it has {len(weights.grn)} GRN responses, its encoder {len(blocks)} blocks")
    for block, response in zip(blocks, weights.grn, strict=True):
        if response.shape != (block.pwconv1.out_features,) or response.dtype != torch.float32:
            raise ValueError(f"a GRN response has shape {tuple(response.shape)}")
    if len(model.classes) != len({info.value for info in model.classes}):
        raise ValueError("two classes have the same value")
