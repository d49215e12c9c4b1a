"""One training step of MP-MAE with the authors' own code, on a CPU, for comparison.

Their code may be used, not redistributed (CC BY-NC 4.0): it stays in a folder outside this repository,

    git clone https://github.com/vishalned/MMEarth-train && git -C MMEarth-train checkout 1f368b3

What their files import and their dense network never calls is replaced by empty stand-ins, in this process only:
MinkowskiEngine (their sparse network needs CUDA), torchmetrics.Dice, kornia's RandomCrop (chips have the size of the
crop already; the stand-in copies, as a crop does, because their encoder overwrites its input), and the old name of
timm.layers. One line differs: their dense network fails with 56-pixel crops and 8-pixel patches (6 × 6 cells meet a
mask of 7 × 7), so the first convolution is given a padding of 1, which is what their sparse one does.
"""

import contextlib
import importlib
import importlib.util
import io
import sys
from argparse import Namespace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from mmearth.errors import InputError
from mmearth.models.convnextv2 import SIZES
from mmearth.models.fcmae import FCMAE
from mmearth.models.pretext_losses import UncertaintyWeighting
from mmearth.pretraining.pretrain_recipe import BETAS, WEIGHT_DECAY, parameter_groups
from mmearth.pretraining.tasks import MMEARTH_TASKS
from mmearth.weights.timm_import import import_timm

COMMIT = "1f368b3"
NEEDED = ("__init__.py", "MODALITIES.py", "custom_loss.py", "models/__init__.py", "models/fcmae.py")
_PACKAGE = "mmearth_train"


class _Absent(ModuleType):
    """Has a class of every name, of which nothing is an instance."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (nn.Module,), {})


class _WholeChip:
    """Crops nothing, and copies."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size

    def generate_parameters(self, shape: torch.Size) -> None:
        """Refuses chips that would need a crop."""
        if tuple(shape[2:]) != self._size:
            raise ValueError(f"chips of {tuple(shape[2:])} pixels instead of {self._size}")

    def apply_transform(self, images: Tensor, parameters: None, transform: None) -> Tensor:
        """Returns a copy of (N, C, H, W)."""
        return images.clone()


def import_official(folder: Path) -> ModuleType:
    """Returns the authors' package.

    Raises:
        InputError: the folder does not hold their code.
        ResourceError: timm, which their code needs, is not installed.
    """
    if _PACKAGE in sys.modules:
        return sys.modules[_PACKAGE]
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"'{folder}' does not hold the authors' code: {', '.join(missing)} not found.",
            f"Clone github.com/vishalned/MMEarth-train, check out {COMMIT}, and name that folder.",
        )
    import_timm()
    for name in ("MinkowskiEngine", "MinkowskiOps", "torchmetrics", "kornia"):
        sys.modules[name] = _Absent(name)
    augmentation = ModuleType("kornia.augmentation")
    augmentation.RandomCrop = _WholeChip  # type: ignore[attr-defined]
    sys.modules["kornia.augmentation"] = augmentation
    sys.modules["timm.models.layers"] = importlib.import_module("timm.layers")
    spec = importlib.util.spec_from_file_location(_PACKAGE, folder / "__init__.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"no module in {folder}")
    package = importlib.util.module_from_spec(spec)
    package.__path__ = [str(folder)]
    sys.modules[_PACKAGE] = package
    spec.loader.exec_module(package)
    for name in ("models.fcmae", "custom_loss", "MODALITIES"):
        importlib.import_module(f"{_PACKAGE}.{name}")
    return package


class OfficialStep:
    """Their dense masked autoencoder with twelve tasks, their losses and weighting, and AdamW.

    Args:
        package: From `import_official`.
        size: Key of `SIZES`.
        crop_px: Side of a chip.
        dtype: bfloat16 for mixed precision, which on a GPU is their float16; else float32.
    """

    def __init__(self, package: ModuleType, size: str, crop_px: int, dtype: torch.dtype) -> None:
        code: Any = package
        full = dict(code.MODALITIES.MODALITIES_FULL)
        args = Namespace(
            modalities=code.MODALITIES.OUT_MODALITIES,
            out_modalities=code.MODALITIES.OUT_MODALITIES,
            modalities_full=full,
            use_orig_stem=False,
            loss_aggr="uncertainty",
        )
        depths, dims = SIZES[size]
        weighting = code.custom_loss.UncertaintyWeightingStrategy(len(MMEARTH_TASKS))
        with contextlib.redirect_stdout(io.StringIO()):
            self.model: nn.Module = code.models.fcmae.FCMAE(
                img_size=crop_px,
                depths=list(depths),
                dims=list(dims),
                patch_size=8,
                norm_pix_loss=True,
                args=args,
                loss_fn=weighting,
                sparse=False,
            )
        encoder: Any = self.model.encoder
        encoder.initial_conv[0].padding = (1, 1)
        groups = parameter_groups([self.model], WEIGHT_DECAY, decay_grn=True)
        self.optimiser = torch.optim.AdamW(groups, lr=0.0, betas=BETAS)
        self._dtype = dtype

    def __call__(self, chips: dict[str, Tensor], seed: int) -> Tensor:
        """Does one step.

        Args:
            chips: In the forms of `tasks.Task`.
            seed: Of the mask.

        Returns:
            The losses in the order of the tasks, with the total behind.
        """
        torch.manual_seed(seed)
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._dtype == torch.bfloat16):
            total, _, _, losses, _, _ = self.model(official_forms(chips), mask_ratio=0.6)
        total.backward()
        self.optimiser.step()
        return torch.stack([*(losses[task.name].float() for task in MMEARTH_TASKS), total]).detach()


def official_forms(targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Turns targets in the forms of `tasks.Task` into theirs: class maps with an axis of one, categories one-hot."""
    found = {}
    for task in MMEARTH_TASKS:
        target = targets[task.name]
        if task.kind == "class_map":
            target = target[:, None]
        elif task.kind == "category":
            target = nn.functional.one_hot(target, task.channels)
        found[task.name] = target
    return found


@torch.no_grad()
def give_weights(official: nn.Module, model: FCMAE, weighting: UncertaintyWeighting) -> None:
    """Copies the weights of their dense model to ours; every parameter of ours is set."""
    state = official.state_dict()
    for name, parameter in model.named_parameters():
        owner, rest = name.split(".", 1) if "." in name else (name, "")
        theirs = {
            "decoder": f"decoder_dict.{MMEARTH_TASKS[0].name}.{rest}",
            "pred": f"pred_dict.{rest}",
            "image_norm": f"layer_norm_tmp.{rest}",
        }.get(owner, name)
        parameter.copy_(state[theirs].reshape(parameter.shape))
    weighting.log_vars.copy_(state["loss_fn.log_vars"])
