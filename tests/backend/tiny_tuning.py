"""Trainings of tiny networks on crops that a seed gives, for tests."""

from dataclasses import dataclass, replace

import torch
from mmearth.models.convnextv2 import Encoder
from mmearth.models.tuned_networks import build_network
from mmearth.pretraining.distributed import Processes
from mmearth.tuning.objective import Plan
from mmearth.tuning.tuning import Tuning
from mmearth.tuning.tuning_recipe import RECIPES

BANDS, CLASSES, CROP_PX, CELL_PX = 3, 2, 16, 8
DEPTHS, DIMS = (1, 1, 1, 1), (8, 12, 16, 20)


def make_encoder(seed=0, depths=DEPTHS, patch_px=8):
    """A tiny encoder whose GRN is frozen to random numbers."""
    torch.manual_seed(seed)
    encoder = Encoder(BANDS, depths, DIMS, patch_px)
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if ".grn." in name:
                parameter.normal_(std=0.3)
            elif parameter.ndim > 1:
                parameter.normal_(std=parameter[0].numel() ** -0.5)
    widths = [4 * dim for dim, depth in zip(DIMS, depths, strict=True) for _ in range(depth)]
    encoder.freeze_grn([torch.rand(width) + 0.5 for width in widths])
    return encoder


def make_network(kind="unet", seed=0, depths=DEPTHS, patch_px=8):
    """A network whose head is not next to zero, so that gradients reach everything."""
    network = build_network(kind, make_encoder(seed, depths, patch_px), CLASSES)
    torch.manual_seed(seed + 1)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if not name.startswith("encoder.") and parameter.ndim > 1:
                parameter.normal_(std=parameter[0].numel() ** -0.5)
    return network


@dataclass(frozen=True)
class Crops:
    images: torch.Tensor
    targets: torch.Tensor
    regions: torch.Tensor | None
    samples: torch.Tensor


class PlantedCrops:
    """Crops whose class is the sign of the first band, half of the pixels without a label."""

    def __init__(self, unit="pixel", seed=0, multi_label=False):
        self.unit, self.seed, self.multi_label = unit, seed, multi_label
        self.asked = []

    def batch(self, step, size):
        self.asked.append(step)
        generator = torch.Generator().manual_seed(1000 * self.seed + step)
        coarse = torch.randn(size, BANDS, CROP_PX // CELL_PX, CROP_PX // CELL_PX, generator=generator)
        if self.unit in ("polygon", "scene"):
            coarse[:, 0] = coarse[:, :1, :1, 0]
        images = coarse.repeat_interleave(CELL_PX, 2).repeat_interleave(CELL_PX, 3)
        classes = (images[:, 0] > 0).long()
        known = torch.rand(classes.shape, generator=generator) > 0.5
        if self.unit == "pixel":
            return Crops(images, torch.where(known, classes, -1), None, torch.zeros_like(classes))
        if self.unit == "cell":
            cells = classes[:, ::CELL_PX, ::CELL_PX].flatten(1)
            return Crops(images, cells, None, torch.zeros_like(cells))
        row = classes[:, :1, 0]
        targets = torch.stack([row, 1 - row], dim=-1).float() if self.multi_label else row
        return Crops(images, targets, known, torch.zeros_like(row))


def make_plan(rung="full", kind="unet", steps=6, batch=4, micro_batch=4, multi_label=False, seed=0, **changes):
    recipe = replace(RECIPES[rung], **{"validations": 3, "crop_px": CROP_PX, "batch": batch, **changes})
    return Plan(kind, rung, "default", recipe, steps, batch, micro_batch, CELL_PX, multi_label, seed)


def make_tuning(plan, crops=None, network=None, device="cpu", processes=None):
    crops = crops or PlantedCrops()
    network = network or make_network(plan.kind)
    return Tuning(plan, network, crops, torch.device(device), processes or Processes(), {"labels": crops.seed})


def scoring(crops, size=4):
    """Returns what scores predictions on crops that are not trained on: the share of right labels."""

    def score(predict):
        batch = crops.batch(10_000, size)
        probabilities = predict(batch)
        if batch.targets.dtype.is_floating_point:
            return float(((probabilities > 0.5) == (batch.targets > 0.5)).float().mean())
        found = probabilities.argmax(dim=1 if probabilities.ndim == 4 else -1)
        known = batch.targets >= 0
        return float((found == batch.targets)[known].float().mean())

    return score
