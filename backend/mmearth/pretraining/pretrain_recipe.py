"""How pretraining goes, apart from data and model: the two recipes, learning rate, weight decay.

Knows nothing of files or devices.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import nn

BETAS = (0.9, 0.95)  # MMEarth-train, main_pretrain.py
WEIGHT_DECAY = 0.05  # MMEarth-train, main_pretrain.py
REFERENCE_BATCH = 256  # learning rates are given for this batch and grow with it (Goyal et al. 2017, arXiv:1706.02677)
PAPER_CHIPS = 10_000  # fewer give the paper's recipe fewer than 500 steps, half of them warm-up


@dataclass(frozen=True)
class Recipe:
    """Settings of a pretraining.

    Attributes:
        epochs: How often the data are gone through.
        batch: Crops per optimiser step.
        learning_rate: Peak learning rate at this batch.
        scale_rate: Whether the rate follows the batch where that is another.
        warm_up: Share of the steps in which the rate rises.
        warm_up_steps: At most as many.
        cosine: Whether the rate falls as half a cosine after the warm-up; otherwise linearly in the last 30 %.
        mask_ratio: Share of patches removed.
        masked_share: Share of the crops that the autoencoder sees.
        dense: Whether the dense pretext tasks are learned from all crops beside it.
        decoder_dim: Channels of the decoder.
        decay_grn: Whether weight decay acts on GRN and mask token too.
        clip_norm: Largest norm of the gradient; 0 means no limit.
        ema_decay: Of the average of the encoder that is kept; 0 keeps the last state.
    """

    epochs: int
    batch: int
    learning_rate: float
    scale_rate: bool
    warm_up: float
    warm_up_steps: int
    cosine: bool
    mask_ratio: float
    masked_share: float
    dense: bool
    decoder_dim: int
    decay_grn: bool
    clip_norm: float
    ema_decay: float


RECIPES: dict[str, Recipe] = {
    # Nedungadi et al. 2024, arXiv:2405.02771, and MMEarth-train, TRAINING.md: 1.5e-4 per 256 crops, 40 of 200 epochs.
    "paper": Recipe(
        epochs=200,
        batch=4096,
        learning_rate=1.5e-4 * 4096 / REFERENCE_BATCH,
        scale_rate=True,
        warm_up=0.2,
        warm_up_steps=1 << 30,
        cosine=True,
        mask_ratio=0.6,
        masked_share=1.0,
        dense=False,
        decoder_dim=512,
        decay_grn=True,
        clip_norm=0.0,
        ema_decay=0.0,
    ),
    # Measured on 3,400 chips: docs/decisions/0008-pretraining-on-few-chips.md.
    "small": Recipe(
        epochs=100,
        batch=16,
        learning_rate=1.5e-3,
        scale_rate=False,
        warm_up=0.25,
        warm_up_steps=100,
        cosine=False,
        mask_ratio=0.75,
        masked_share=0.25,
        dense=True,
        decoder_dim=256,
        decay_grn=False,
        clip_norm=3.0,
        ema_decay=0.99,
    ),
}


def rate_share(recipe: Recipe, step: int, steps: int) -> float:
    """Returns the share of the peak learning rate at a step, counted from 0."""
    warm_up = min(recipe.warm_up * steps, recipe.warm_up_steps)
    if recipe.cosine:
        return learning_rate_share(step, warm_up, steps)
    decay = max(1, round(0.3 * steps))
    return min(1.0, (step + 1) / max(1.0, warm_up), (steps - step) / decay)


def learning_rate_share(position: float, warm_up: float, total: float, low: float = 0.0) -> float:
    """Returns the share of the peak rate: linear warm-up from 0, then half a cosine down to `low`.

    Args:
        position: Where we are, in the unit of the next two (epochs or steps).
        warm_up: Length of the warm-up.
        total: Length of the whole training.
        low: Share at the end.
    """
    if position < warm_up:
        return position / warm_up
    return low + (1 - low) * 0.5 * (1 + math.cos(math.pi * (position - warm_up) / (total - warm_up)))


def parameter_groups(modules: Iterable[nn.Module], weight_decay: float, decay_grn: bool) -> list[dict[str, Any]]:
    """Returns AdamW's groups: biases and other vectors are not decayed.

    Args:
        modules: Whose trainable parameters are to be sorted.
        weight_decay: Of the rest.
        decay_grn: Whether GRN and mask token, which are matrices in the published checkpoints, are decayed too.
    """
    decayed: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for module in modules:
        for name, parameter in module.named_parameters():
            if not parameter.requires_grad:
                continue
            special = "grn" in name or name.endswith("mask_token")
            matrix = parameter.ndim > 1 and not name.endswith(".bias")
            (decayed if matrix and (decay_grn or not special) else others).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
