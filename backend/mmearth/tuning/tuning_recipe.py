"""How a network is fine-tuned, apart from data and loop: a recipe for each rung, learning rates, the loss.

Knows nothing of files, devices or scores.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.tuned_networks import REGIONS, UNET, ProbeNet
from mmearth.tuning import published_recipe
from mmearth.tuning.published_recipe import MISSING

STAGES = 4
BETAS = (0.9, 0.999)
DEFAULT, MMEARTH = "default", "mmearth"
LADDER = ("probe", "decoder", "partial", "full")


@dataclass(frozen=True)
class Recipe:
    """Settings of a fine-tuning.

    Attributes:
        epochs: How often the labels of training are gone through.
        fewest_steps, most_steps: Bounds of what the epochs come to; neither counts where a user sets the epochs.
        batch: Crops per optimiser step.
        crop_px: Side of a crop; rounded up to a multiple of the patch size.
        learning_rate: Peak learning rate of what lies behind the encoder.
        layer_decay: Factor on the learning rate from one block of the encoder to the one before it.
        weight_decay: Of AdamW, on matrices.
        trained_stages: How many of the encoder's last stages are trained; with all four, the stem is too.
        frozen_share: Share of the steps at the beginning in which the whole encoder is frozen.
        drop_path: Largest share of samples that skip a block.
        smoothing: Of the labels.
        dice: Weight of the soft Dice loss beside the cross-entropy.
        warm_up: Share of the steps in which the rate rises; then it falls as half a cosine.
        clip_norm: Largest norm of the gradient; 0 means no limit.
        ema_decay: Of the average of the weights that is kept; 0 keeps the weights themselves.
        validations: How often held-out labels are scored.
        patience: Validations without a better score that end the training; 0 goes on to the end and keeps the last
            state instead of the best.
        published: Whether rates fall by layer, and parameters are decayed, as in the published code.
    """

    epochs: int
    fewest_steps: int
    most_steps: int
    batch: int
    crop_px: int
    learning_rate: float
    layer_decay: float
    weight_decay: float
    trained_stages: int
    frozen_share: float
    drop_path: float
    smoothing: float
    dice: float
    warm_up: float
    clip_norm: float
    ema_decay: float
    validations: int
    patience: int
    published: bool


def _default(learning_rate: float, trained_stages: int, layer_decay: float, drop_path: float) -> Recipe:
    return Recipe(
        epochs=22,
        fewest_steps=100,
        most_steps=2000,
        batch=32,
        crop_px=32,
        learning_rate=learning_rate,
        layer_decay=layer_decay,
        weight_decay=0.05,
        trained_stages=trained_stages,
        frozen_share=0.0,
        drop_path=drop_path,
        smoothing=0.0,
        dice=0.5,
        warm_up=0.1,
        clip_norm=1.0,
        ema_decay=0.97,
        validations=20,
        patience=8,
        published=False,
    )


def _mmearth(trained_stages: int, segmentation: bool) -> Recipe:
    """As MMEarth-train, main_finetune.py and slurm_scripts: rates and epochs of the atto encoder at 32 a batch."""
    return Recipe(
        epochs=200 if segmentation else 100,
        fewest_steps=1,
        most_steps=1 << 30,
        batch=32,
        crop_px=64,
        learning_rate=1.25e-3 if segmentation else 2.5e-5,
        layer_decay=published_recipe.LAYER_DECAY,
        weight_decay=published_recipe.WEIGHT_DECAY,
        trained_stages=trained_stages,
        frozen_share=0.25 if segmentation and trained_stages else 0.0,  # "lp&ft": 50 of 200 epochs
        drop_path=0.1,
        smoothing=0.0 if segmentation else 0.2,
        dice=0.0,
        warm_up=0.0,
        clip_norm=0.0,
        ema_decay=0.0,
        validations=20,
        patience=0,
        published=True,
    )


# Chosen on held-out training scenes of bark beetle damage: docs/decisions/0020-fine-tuning.md.
RECIPES: dict[str, Recipe] = {
    "probe": _default(learning_rate=1e-2, trained_stages=0, layer_decay=1.0, drop_path=0.0),
    "decoder": _default(learning_rate=3e-3, trained_stages=0, layer_decay=1.0, drop_path=0.0),
    "partial": _default(learning_rate=3e-3, trained_stages=2, layer_decay=0.9, drop_path=0.0),
    "full": _default(learning_rate=3e-3, trained_stages=STAGES, layer_decay=0.9, drop_path=0.1),
}


def recipe_of(name: str, rung: str, kind: str) -> Recipe:
    """Returns the recipe called `name` (one of `protocol.TUNING_RECIPES`) of a rung for a kind of network."""
    if name == DEFAULT:
        recipe = RECIPES[rung]
        # Regions are seen as wholes, with what is around them; there is one label in a crop, or a few.
        return (
            replace(recipe, crop_px=2 * recipe.crop_px, batch=recipe.batch // 2, dice=0.0)
            if kind == REGIONS
            else recipe
        )
    return _mmearth(RECIPES[rung].trained_stages, segmentation=kind == UNET)


def rate_share(recipe: Recipe, step: int, steps: int) -> float:
    """Returns the share of the peak learning rate at a step, counted from 0; at the last one it is nearly 0."""
    warm_up = recipe.warm_up * steps
    if step < warm_up:
        return min(1.0, (step + 1) / warm_up)
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))


def frozen_stages(recipe: Recipe, step: int, steps: int) -> int:
    """Returns how many stages, from the first, are not trained in a step; with any, the stem is not either."""
    return STAGES if step < recipe.frozen_share * steps else STAGES - recipe.trained_stages


def parameter_groups(network: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """Returns what is trained, for an optimiser; the rest of the network is told to need no gradients.

    Returns:
        Groups with "params", "weight_decay" and "lr_scale", the factor on the learning rate of the moment.
    """
    frozen = STAGES - recipe.trained_stages
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(_stage(name) >= frozen)
    if recipe.published and not isinstance(network, ProbeNet):
        return _published_groups(network, recipe)
    depths = tuple(len(blocks) for blocks in network.encoder.stages)  # type: ignore[union-attr]
    last = sum(depths) + 1
    groups: dict[tuple[int, float], dict[str, Any]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        inner = name.removeprefix("encoder.")
        before = inner.startswith(("initial_conv.", "stem."))  # the first layer of all, not the last as published
        layer = 0 if before and inner != name else published_recipe.layer_id(inner, depths, "single")
        vector = parameter.ndim <= 1 or name.endswith((".bias", ".gamma", ".beta"))
        decay = 0.0 if vector else recipe.weight_decay
        group = {"params": [], "weight_decay": decay, "lr_scale": recipe.layer_decay ** (last - layer)}
        groups.setdefault((layer, decay), group)["params"].append(parameter)
    return list(groups.values())


def _published_groups(network: Any, recipe: Recipe) -> list[dict[str, Any]]:
    if recipe.trained_stages == 0 or recipe.frozen_share:
        published_recipe.freeze_encoder(network)
    groups = published_recipe.parameter_groups(network)
    if recipe.frozen_share:
        # The encoder joins later; until then it has no gradients, which the optimiser takes as not being there.
        groups.append(published_recipe.unfreeze_encoder(network))
    return groups


def require_gradients(network: nn.Module, frozen: int) -> None:
    """Tells the encoder's stages from `frozen` on, with 0 the stem too, to need gradients, and those before not to."""
    for name, parameter in network.named_parameters():
        if _stage(name) < STAGES:
            parameter.requires_grad_(_stage(name) >= frozen)


def _stage(name: str) -> int:
    """Returns which stage of the encoder a parameter belongs to: 0 with the stem, 4 behind the encoder."""
    where, _, rest = name.partition(".")
    if where != "encoder":
        return STAGES
    part, number = rest.split(".")[:2]
    if part == "stages":
        return int(number)
    return int(number) + 1 if part == "downsample_layers" else 0


def loss_sums(logits: Tensor, targets: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Returns the sum of the losses of all labels, and how many labels there are.

    Args:
        logits: (N, K, H, W), or (N, R, K) of regions.
        targets: (N, H, W) or (N, R) class numbers, -1 = none; of several labels (N, R, K) 0 or 1, NaN = none.
        recipe: Smoothing and Dice.
    """
    if targets.dtype.is_floating_point:
        return _multi_label_sum(logits, targets, recipe.smoothing)
    if logits.ndim == 3:
        logits = logits.movedim(-1, 1)
    labelled = targets != MISSING
    count = labelled.sum()
    # Only labelled pixels: most of a crop around a polygon has no label.
    scores, classes = logits.movedim(1, -1)[labelled], targets[labelled]
    total = functional.cross_entropy(scores, classes, reduction="sum", label_smoothing=recipe.smoothing)
    if recipe.dice and len(classes):
        total = total + recipe.dice * count * dice_loss(scores.softmax(dim=-1), classes)
    return total, count


def count_labels(targets: Tensor) -> int:
    """Returns how many labels there are, as `loss_sums` counts them."""
    present = targets == targets if targets.dtype.is_floating_point else targets != MISSING
    return int(present.sum())


def dice_loss(probabilities: Tensor, classes: Tensor) -> Tensor:
    """Returns 1 - the mean soft Dice of the classes that are there (Milletari et al. 2016, arXiv:1606.04797).

    Args:
        probabilities: (n, K).
        classes: (n,).
    """
    truth = functional.one_hot(classes, probabilities.shape[1]).to(probabilities.dtype)
    both, sums = (probabilities * truth).sum(dim=0), probabilities.sum(dim=0) + truth.sum(dim=0)
    present = truth.sum(dim=0) > 0
    return 1 - ((2 * both + 1) / (sums + 1))[present].mean()


def _multi_label_sum(logits: Tensor, present: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    known = ~present.isnan()
    targets = present[known].to(logits.dtype) * (1 - 2 * smoothing) + smoothing
    total = functional.binary_cross_entropy_with_logits(logits[known], targets, reduction="sum")
    return total, known.sum()


def probabilities(logits: Tensor, multi_label: bool) -> Tensor:
    """Returns probabilities in the form of the logits: (N, K, H, W), or (N, R, K) of regions."""
    if multi_label:
        return torch.sigmoid(logits)
    return torch.softmax(logits, dim=1 if logits.ndim == 4 else -1)
