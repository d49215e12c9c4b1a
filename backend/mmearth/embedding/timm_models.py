"""Models of timm as encoders of pictures: from "timm:NAME" or "timm:NAME@FILE" to weights and to a network.

timm is an optional part of the backend. Knows nothing of rasters.
"""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmearth.disk import hash_file
from mmearth.errors import CheckpointError
from mmearth.weights.checkpoints import TIMM_PREFIX, TimmModel, Weights
from mmearth.weights.foreign_weights import read_checkpoint
from mmearth.weights.timm_import import fetch_timm, import_timm

# Red, green, blue. Pictures are 0–1: 8 bit divided by 255. Reflectance becomes a picture as in ESA's true-colour image,
# where 0–0.3558 is 1–255 (S2 Products Specification, TCI; the unit "byte" of `modalities`), so both go one way.
BANDS = ("B4", "B3", "B2")
WHITE = 3558.0  # reflectance × 10⁴
STAGES = 4  # the deepest of a model that has more
_FILE = "Give the file of a whole timm model's state dict (.safetensors, .bin, .pth) after the @, and its architecture."


def is_timm(text: str) -> bool:
    """Whether a request's weights are a model of timm."""
    return text.startswith(TIMM_PREFIX)


def load_timm_weights(text: str) -> Weights:
    """Returns a model of timm as weights, without feature statistics: those come from the scene.

    Args:
        text: "timm:NAME" for weights that timm fetches, "timm:NAME@FILE" for a state dict of the whole model.

    Raises:
        CheckpointError: no such model or file, they do not fit each other, or the model does not give maps of features.
        ResourceError: timm is not installed or could not fetch the weights.
    """
    name, _, path = text.removeprefix(TIMM_PREFIX).partition("@")
    timm = import_timm()
    if not timm.is_model(name):
        similar = timm.list_models(f"*{name.split('.')[0].split('_')[0]}*")[:8]
        raise CheckpointError(f"timm has no model '{name}'.", f"Choose one of {', '.join(similar or ['resnet18'])}…")
    if not path and not timm.is_model_pretrained(name):
        raise CheckpointError(f"timm has no weights for '{name}'.", f"{_FILE} Or choose a model that was trained.")
    model, widths, settings = _describe(name)
    state = read_checkpoint(path) if path else fetch_timm(name)
    _check(model, state, Path(path).name or name)
    mean, std = (np.multiply(settings[key], WHITE).tolist() for key in ("mean", "std"))
    none = np.zeros(0, np.float32)
    return Weights(
        size=name,
        depths=(),
        dims=widths,
        patch_size=max(model.strides),
        bands=BANDS,
        levels={"picture": {"mean": mean, "std": std}},
        band_dropout=False,
        summary=f"{name} of timm {timm.__version__}, for red-green-blue pictures",
        encoder=state,
        grn=[],
        feature_mean=none,
        feature_std=none,
        feature_scale=none,
        components={},
        path=path or text,
        sha256=hash_file(Path(path)) if path else _hash(state),
        timm=model,
    )


def build_timm(weights: Weights, stages: tuple[int, ...] | None = None) -> nn.Module:
    """Returns a network that gives a list of the features of stages, (N, C, rows / stride, cols / stride) each.

    Args:
        weights: Of a model of timm.
        stages: Stages wanted, in ascending order; what lies behind them is left out. None means all.
    """
    model = weights.timm
    if model is None:
        raise TypeError("weights of an encoder of this plugin")
    indices = model.indices if stages is None else tuple(model.indices[stage] for stage in stages)
    network = _create(model.name, weights.encoder, indices)
    return network.requires_grad_(False).train(False)


def _create(name: str, state: Mapping[str, Tensor] | None, indices: tuple[int, ...] | None) -> nn.Module:
    """Creates a feature network; from a state dict, or with random numbers."""
    chosen: dict[str, Any] = {"features_only": True, "pretrained": state is not None}
    if indices is not None:
        chosen["out_indices"] = indices
    if state is not None:
        chosen["pretrained_cfg_overlay"] = {"state_dict": dict(state), "custom_load": False}
    timm = import_timm()
    # Says in the log at every load that classifier weights are not used; what is missing is found by `_check`.
    logging.getLogger("timm").setLevel(logging.ERROR)
    try:  # transformers take pictures of other sizes only when asked to; others do not know the word
        network: nn.Module = timm.create_model(name, dynamic_img_size=True, **chosen)
    except TypeError:
        network = timm.create_model(name, **chosen)
    return network


def _describe(name: str) -> tuple[TimmModel, tuple[int, ...], dict[str, Any]]:
    """Returns our view of a model, the channels of its stages, and timm's settings of it."""
    try:
        with torch.device("meta"):
            network: Any = _create(name, None, None)
            strides = tuple(int(stride) for stride in network.feature_info.reduction()[-STAGES:])
            side = 4 * max(strides)
            maps = network(torch.zeros(1, 3, side, 2 * side))[-STAGES:]
    except (RuntimeError, AssertionError, AttributeError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"timm's '{name}' does not give features of pictures of any size ({error}).",
            "Choose a convolutional model, such as resnet18 or convnextv2_atto.",
        ) from error
    indices = tuple(int(index) for index in network.feature_info.out_indices[-STAGES:])
    wanted = [(side // stride, 2 * side // stride) for stride in strides]
    if [tuple(found.shape[-2:]) for found in maps] != wanted or any(stride & (stride - 1) for stride in strides):
        raise CheckpointError(
            f"timm's '{name}' gives features with {', '.join(map(str, strides))} pixels a cell, laid out so that they "
            "cannot be put on the scene's pixels.",
            "Choose a model whose cells are 4, 8, 16 and 32 pixels, such as resnet18 or convnextv2_atto.",
        )
    widths = tuple(int(found.shape[1]) for found in maps)
    return TimmModel(name, indices, strides), widths, network.pretrained_cfg


def _check(model: TimmModel, state: dict[str, Tensor], file: str) -> None:
    """Checks that a state dict holds every number of the network.

    timm passes over what is missing. So the network is filled with NaN: what is a number afterwards was not filled.
    """
    numbers = {key: tensor for key, tensor in state.items() if tensor.is_floating_point()}
    if not all(bool(tensor.isfinite().all()) for tensor in numbers.values()):
        raise CheckpointError(f"'{file}' holds values that are not finite.", _FILE)
    try:
        marked = {key: torch.full_like(t, torch.nan) if key in numbers else t for key, t in state.items()}
        filled = _create(model.name, marked, model.indices).state_dict()
    except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        first = str(error).splitlines()[0][:200]
        raise CheckpointError(f"'{file}' does not fit timm's '{model.name}': {first}.", _FILE) from error
    missing = [key for key, t in filled.items() if t.is_floating_point() and not bool(t.isnan().all())]
    if missing:
        raise CheckpointError(
            f"'{file}' lacks {len(missing)} of {len(filled)} tensors of timm's '{model.name}', such as '{missing[0]}'.",
            _FILE,
        )


def _hash(state: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for key in sorted(state):
        digest.update(key.encode())
        digest.update(state[key].cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
