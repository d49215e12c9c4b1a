"""Reading checkpoints of others: the official MMEarth files, sparse or dense, and ConvNeXt V2 of timm.

Brings their tensors to the names and shapes of `models.convnextv2.Encoder`, and says tensor by tensor what does not
fit. Written from the description of the files' content (names, shapes, order of kernel elements). Knows nothing of
statistics, rasters or our own weights files.
"""

import argparse
import math
import pathlib
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mmearth.errors import CheckpointError
from mmearth.models.convnextv2 import SIZES, Encoder
from mmearth.weights.published_weights import BANDS, BGR_BANDS

MATCH_SHARE = 0.95  # of the encoder's tensors that a checkpoint has to hold
TIMM_PATCH_PX = 8  # its own stem is not taken over, so the patch size is ours to choose: the finest
_REMEDY = "Choose a .pth of the MMEarth authors, a state dict of timm's ConvNeXt V2, or a weights file of this plugin."
_LISTED = 8
# Beside tensors and numbers the official files hold the arguments of the training command: a namespace and paths. These
# two kinds alone are let through. Paths become pure paths, which exist on every system and touch no disk.
_SAFE_TYPES: list[Any] = [
    argparse.Namespace,
    (pathlib.PurePosixPath, "pathlib.PosixPath"),
    (pathlib.PureWindowsPath, "pathlib.WindowsPath"),
    (pathlib.PurePosixPath, "pathlib._local.PosixPath"),  # its name in Python 3.13
    (pathlib.PureWindowsPath, "pathlib._local.WindowsPath"),
]
_ENCODER_PARTS = ("initial_conv.", "stem.", "downsample_layers.", "stages.")
_TIMM_NAMES = (
    (r"stages\.(\d+)\.blocks\.(\d+)\.conv_dw\.(weight|bias)", r"stages.\1.\2.dwconv.\3"),
    (r"stages\.(\d+)\.blocks\.(\d+)\.norm\.(weight|bias)", r"stages.\1.\2.norm.\3"),
    (r"stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc([12])\.(weight|bias)", r"stages.\1.\2.pwconv\3.\4"),
    (r"stages\.(\d+)\.blocks\.(\d+)\.mlp\.grn\.weight", r"stages.\1.\2.grn.gamma"),
    (r"stages\.(\d+)\.blocks\.(\d+)\.mlp\.grn\.bias", r"stages.\1.\2.grn.beta"),
    (r"stem\.1\.(weight|bias)", r"stem.1.\1"),
)


@dataclass(frozen=True)
class ForeignEncoder:
    """An encoder out of somebody else's checkpoint.

    Attributes:
        origin: "mmearth" or "timm".
        state: Complete state dict of `Encoder`.
        size: Key of `SIZES`, or "custom".
        depths, dims, patch_size: Of the encoder.
        bands: Sentinel-2 bands in the order of the input channels.
        fresh: Tensors that the checkpoint lacks; they hold random numbers, so the encoder needs pretraining before use.
        unused: Names of the checkpoint that have no place in the encoder.
    """

    origin: str
    state: dict[str, Tensor]
    size: str
    depths: tuple[int, ...]
    dims: tuple[int, ...]
    patch_size: int
    bands: tuple[str, ...]
    fresh: tuple[str, ...]
    unused: tuple[str, ...]


def read_checkpoint(path: str) -> dict[str, Tensor]:
    """Returns the state dict that a .pth or .safetensors file holds, without running anything that is in it.

    Raises:
        CheckpointError: no such file, a web page, damaged, holds code, or no state dict.
    """
    file = Path(path)
    if not file.is_file():
        raise CheckpointError(f"There is no checkpoint '{path}'.", "Check the path.")
    if file.suffix == ".safetensors":
        try:
            return load_file(file)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"'{file.name}' cannot be read as safetensors: {error}.", "Fetch it again."
            ) from error
    with file.open("rb") as opened:
        start = opened.read(256).lstrip()
    if start[:1] == b"<":
        raise CheckpointError(f"'{file.name}' is a web page, not a checkpoint.", "Download the file itself.")
    is_zip = zipfile.is_zipfile(file)
    if not start or (start[:2] == b"PK" and not is_zip):
        raise CheckpointError(f"'{file.name}' is truncated: its end is missing.", "Download it again.")
    try:
        with torch.serialization.safe_globals(_SAFE_TYPES):
            # Mapped into memory, the optimiser's numbers, two thirds of an official file, are never read.
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged or hostile file makes the reader meet
        raise _unreadable(file.name, str(error)) from error
    return _state_dict(file.name, content)


def recognise(name: str, state: dict[str, Tensor]) -> ForeignEncoder:
    """Finds the encoder in a state dict and checks it.

    Args:
        name: Of the file, for messages.
        state: As `read_checkpoint` returns it.

    Raises:
        CheckpointError: no ConvNeXt V2 encoder, tensors missing or of other shapes, values that are not finite.
    """
    timm = any(key.startswith("stages.0.blocks.0.") for key in state)
    found = remap_timm(state) if timm else remap_official(state)
    encoder = _blueprint(name, found, timm, next(iter(state), ""))
    with torch.device("meta"):
        expected = _state(encoder)
    missing = [key for key in expected if key not in found]
    reshaped = [
        f"{key} {tuple(found[key].shape)} instead of {tuple(tensor.shape)}"
        for key, tensor in expected.items()
        if key in found and found[key].shape != tensor.shape
    ]
    unused = [key for key in found if key not in expected]
    fitting = len(expected) - len(missing) - len(reshaped)
    if fitting < MATCH_SHARE * len(expected) or reshaped:
        parts = (("missing", missing), ("of another shape", reshaped), ("without a place", unused))
        lists = "; ".join(f"{len(keys)} {what}: {_some(keys)}" for what, keys in parts if keys)
        raise CheckpointError(f"'{name}' fits {fitting} of {len(expected)} tensors of the encoder. {lists}.", _REMEDY)
    broken = [key for key in expected if key in found and not bool(found[key].isfinite().all())]
    if broken:
        raise CheckpointError(f"'{name}' holds values that are not finite in {_some(broken)}.", "Choose another file.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        complete = _state(encoder) if missing else {}
    # Copies, since the file may only be mapped into memory.
    complete |= {key: found[key].detach().to(torch.float32, copy=True) for key in expected if key in found}
    return replace(encoder, state=complete, fresh=tuple(missing), unused=tuple(sorted(_leftovers(state, timm))))


def remap_official(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the encoder's tensors of an official checkpoint under the names and shapes of `Encoder`.

    Takes the sparse names of pretraining (`encoder.….kernel`) and the dense ones of classifier and U-Net; decoder,
    prediction heads, loss weights and the like are left out. Values and precision stay as they are.
    """
    return {
        dense: _dense_shape(name, dense, tensor)
        for name, tensor in state.items()
        if (dense := _dense_name(name)).startswith(_ENCODER_PARTS)
    }


def remap_timm(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns what the encoder shares with timm's ConvNeXt V2: stages, downsampling and the norm before them.

    timm's stem is one 4×4 convolution of stride 4 on three colours; ours has another shape and other bands.
    """
    found = {}
    for name, tensor in state.items():
        if (own := _timm_name(name)) is None:
            continue
        if ".pwconv" in own and tensor.ndim == 4:  # a 1×1 convolution in the smaller sizes
            tensor = tensor.flatten(1)
        found[own] = tensor.view(1, 1, 1, -1) if ".grn." in own else tensor
    return found


def kernel_to_dense(kernel: Tensor) -> Tensor:
    """Brings a sparse convolution's kernel to the order of a dense one.

    Args:
        kernel: (k², C_in, C_out), or (k², C) of a depthwise convolution; the first spatial axis runs fastest.

    Returns:
        (C_out, C_in, k, k), or (C, 1, k, k)
    """
    side = math.isqrt(len(kernel))
    if kernel.ndim not in (2, 3) or side**2 != len(kernel):
        return kernel  # not a kernel; its shape will be found to be wrong
    columns_first = kernel.reshape(side, side, *kernel.shape[1:])
    if kernel.ndim == 3:
        return columns_first.permute(3, 2, 1, 0).contiguous()
    return columns_first.permute(2, 1, 0)[:, None].contiguous()


def _dense_name(name: str) -> str:
    """Returns the name in `Encoder`; one outside `_ENCODER_PARTS` where it has no place there."""
    parts = [part for part in name.removeprefix("encoder.").split(".") if part not in ("ln", "linear")]
    return ".".join("weight" if part == "kernel" else part for part in parts)


def _dense_shape(name: str, dense: str, tensor: Tensor) -> Tensor:
    if name.endswith(".kernel"):
        return kernel_to_dense(tensor)
    if dense.endswith((".grn.gamma", ".grn.beta")):
        return tensor.reshape(1, 1, 1, -1)
    return tensor.flatten() if dense.endswith(".bias") else tensor


def _timm_name(name: str) -> str | None:
    # The downsampling before stage s belongs to that stage there, and lies between two stages here.
    match = re.fullmatch(r"stages\.(\d+)\.downsample\.([01])\.(weight|bias)", name)
    if match:
        return f"downsample_layers.{int(match[1]) - 1}.{match[2]}.{match[3]}"
    for pattern, own in _TIMM_NAMES:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, own, name)
    return None


def _leftovers(state: dict[str, Tensor], timm: bool) -> list[str]:
    rename: Callable[[str], str | None] = _timm_name if timm else _dense_name
    return [name for name in state if not (rename(name) or "").startswith(_ENCODER_PARTS)]


def _state(encoder: ForeignEncoder) -> dict[str, Tensor]:
    return Encoder(len(encoder.bands), encoder.depths, encoder.dims, encoder.patch_size).state_dict()


def _blueprint(name: str, found: dict[str, Tensor], timm: bool, first: str) -> ForeignEncoder:
    """Reads size, patch and bands off the shapes; the state is still empty."""
    depths: list[int] = []
    dims: list[int] = []
    for stage in range(4):
        blocks = {int(match[1]) for key in found if (match := re.match(rf"stages\.{stage}\.(\d+)\.", key))}
        widths = {t.numel() for key, t in found.items() if re.fullmatch(rf"stages\.{stage}\.\d+\.norm\.weight", key)}
        if len(widths) != 1 or max(blocks) >= len(found):
            raise CheckpointError(
                f"'{name}' holds no ConvNeXt V2 encoder: stage {stage} was not found; its first tensor is '{first}'.",
                _REMEDY,
            )
        depths.append(max(blocks) + 1)
        dims.extend(widths)
    patch_size, in_chans = TIMM_PATCH_PX, len(BANDS)
    if not timm:
        stem, convolution = found.get("stem.0.weight"), found.get("initial_conv.0.weight")
        if stem is None or convolution is None or stem.ndim != 4 or convolution.ndim != 4:
            raise CheckpointError(
                f"'{name}' lacks the 3×3 convolution or the depthwise stem of an MMEarth encoder.", _REMEDY
            )
        patch_size, in_chans = 8 * stem.shape[-1], convolution.shape[1]
    if in_chans not in (len(BANDS), len(BGR_BANDS)):
        raise CheckpointError(
            f"'{name}' takes {in_chans} bands; which ones is known for {len(BANDS)} ({BANDS[0]}…{BANDS[-1]}) and "
            f"{len(BGR_BANDS)} ({', '.join(BGR_BANDS)}).",
            _REMEDY,
        )
    shape = (tuple(depths), tuple(dims))
    size = next((key for key, known in SIZES.items() if known == shape), "custom")
    bands = BANDS if in_chans == len(BANDS) else BGR_BANDS
    return ForeignEncoder("timm" if timm else "mmearth", {}, size, *shape, patch_size, bands, (), ())


def _unreadable(name: str, error: str) -> CheckpointError:
    refused = re.search(r"GLOBAL ([\w.]+)", error)
    if refused:
        return CheckpointError(
            f"'{name}' wants to run code on loading ('{refused[1]}'); it was not loaded.",
            "Ask whoever made it for the state dict alone, best as safetensors.",
        )
    first = error.splitlines()[0][:200] if error else "no reason given"
    return CheckpointError(f"'{name}' is not a checkpoint that torch can read, or it is damaged: {first}.", _REMEDY)


def _state_dict(name: str, content: Any) -> dict[str, Tensor]:
    if isinstance(content, dict):
        for candidate in (content.get("model"), content.get("state_dict"), content):
            if isinstance(candidate, dict) and candidate and all(isinstance(t, Tensor) for t in candidate.values()):
                return {str(key): tensor for key, tensor in candidate.items()}
        keys = ", ".join(map(str, list(content)[:_LISTED]))
        found = f"a dictionary of {keys}" if keys else "an empty dictionary"
    else:
        found = f"a {type(content).__name__}"
    raise CheckpointError(f"'{name}' holds {found}; wanted is a state dict, by itself or under 'model'.", _REMEDY)


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + rest
