"""Importing timm, an optional library, beside a torch that the installed torchvision was not built for.

timm needs torchvision. A torchvision built for another torch (a CUDA build beside a CPU torch, say) fails on import:
"operator torchvision::nms does not exist": its compiled part was not loaded, so two operators that its Python part
refers to are unknown. Neither is used here; declaring them is enough for the import.
"""

import importlib
import sys
from types import ModuleType

import torch
from torch import Tensor

from mmearth.errors import CheckpointError, ResourceError

_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []  # a declaration lasts as long as its library object


def import_timm() -> ModuleType:
    """Returns timm.

    Raises:
        ResourceError: it is not installed.
    """
    try:
        return importlib.import_module("timm")
    except ImportError as error:
        raise ResourceError(
            f"timm is not installed in the backend's environment ({error}).",
            "Install it there (pip install timm), or save the model's state dict elsewhere and convert that file.",
        ) from error
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    for name in [name for name in sys.modules if name.split(".")[0] in ("timm", "torchvision")]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for operator in _OPERATORS:
        library.define(operator)  # type: ignore[no-untyped-call]
    _declared.append(library)
    return importlib.import_module("timm")


def load_timm(name: str) -> dict[str, Tensor]:
    """Returns the state dict of one of timm's pretrained models, which timm fetches and keeps.

    Args:
        name: Such as "convnextv2_atto.fcmae".

    Raises:
        CheckpointError: timm knows no such model.
        ResourceError: timm is not installed, or could not fetch it.
    """
    known = import_timm().list_pretrained("convnextv2*")
    if name not in known:
        raise CheckpointError(f"timm has no ConvNeXt V2 weights '{name}'.", f"Choose one of {', '.join(known)}.")
    return fetch_timm(name)


def fetch_timm(name: str) -> dict[str, Tensor]:
    """Returns the state dict of pretrained weights that timm knows.

    Raises:
        ResourceError: timm is not installed, or could not fetch them.
    """
    timm = import_timm()
    try:
        state: dict[str, Tensor] = timm.create_model(name, pretrained=True).state_dict()
    except (OSError, RuntimeError, ImportError) as error:
        raise ResourceError(
            f"timm could not fetch '{name}': {error}.",
            "Check the connection and the packages that timm needs (huggingface_hub), or convert a file.",
        ) from error
    return state
