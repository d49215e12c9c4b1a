"""Protocols that train on images: fine-tuning of classifiers, and segmentation, probed or "lp&ft".

lp&ft: the encoder stays as it is for a quarter of the epochs while the decoder learns, then all learn. Nedungadi et al.
2024, arXiv:2405.02771, §5. Knows nothing of files.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.evaluation.benchmark_scores import add_confusion
from mmearth.evaluation.benchmark_training import Told, Trial, outputs, seeded, train
from mmearth.evaluation.compared_models import ComparedModel, build_classifier, build_encoder
from mmearth.evaluation.frozen_protocols import AT_ONCE, SMOOTHING, Split, decide
from mmearth.evaluation.geobench_folder import MULTI_LABEL
from mmearth.evaluation.packed_samples import PackedSamples
from mmearth.models.classifier import Classifier
from mmearth.models.tuned_networks import ProbeNet
from mmearth.models.unet import UNet
from mmearth.tuning.published_recipe import (
    MISSING,
    WEIGHT_DECAY,
    class_loss,
    freeze_encoder,
    multi_label_loss,
    parameter_groups,
    set_drop_path,
    unfreeze_encoder,
)

DROP_PATH = 0.1  # MMEarth-train
FROZEN_SHARE = 0.25  # 50 of 200 epochs
MASKS_AT_ONCE = 8


def fine_tuned(model: ComparedModel, packed: PackedSamples, split: Split, trial: Trial) -> np.ndarray:
    """Trains a whole classifier; returns the label of every row, right for those of valid and test only."""
    device, told = trial.device, trial.told
    channels = packed.channels(model.encoder_weights.bands)

    def images(rows: np.ndarray) -> Tensor:
        return packed.images(rows, channels)

    smooth = multi_label_loss if packed.task == MULTI_LABEL else class_loss
    with seeded(trial.seed, device):
        network = build_classifier(model, packed.num_classes).to(device)
        groups: list[dict[str, Any]]
        if isinstance(network, Classifier):
            set_drop_path(network.encoder, DROP_PATH)
            groups = parameter_groups(network)
        else:
            groups = _plain_groups(network)
        train(
            network,
            groups,
            (images, lambda rows: torch.from_numpy(packed.labels[rows]), split.train),
            lambda logits, wanted: smooth(logits, wanted, SMOOTHING),
            trial,
        )
    network.train(False)
    labels = np.zeros_like(packed.labels)
    rows = np.concatenate([split.valid, split.test])
    for part, logits in outputs(network, images, rows, AT_ONCE, device):
        labels[part] = decide(packed.task, logits)
        told(1, 1)
    return labels


def segmented(
    model: ComparedModel, packed: PackedSamples, split: Split, trial: Trial, probe: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Trains a segmentation network: linear heads on the frozen encoder's stages, or the U-Net as "lp&ft".

    Returns:
        Confusions (K, K) of valid and of test.
    """
    device, told, num_classes = trial.device, trial.told, packed.num_classes
    weights = model.encoder_weights
    images, masks = _padded(packed, packed.channels(weights.bands), weights.patch_size)
    with seeded(trial.seed, device):
        encoder = build_encoder(model, official_padding=False)
        network = (ProbeNet if probe else UNet)(encoder, num_classes).to(device)
        if isinstance(network, ProbeNet):
            encoder.requires_grad_(False)
            _standardise(network, images, split.train, device, told)
            groups = [{"params": list(network.heads.parameters()), "weight_decay": 0.0, "lr_scale": 1.0}]
        else:
            freeze_encoder(network)
            set_drop_path(encoder, DROP_PATH)
            groups = parameter_groups(network)
        opening = -1 if probe else round(trial.settings.epochs * FROZEN_SHARE)

        def opened(epoch: int) -> dict[str, Any] | None:
            return unfreeze_encoder(network) if epoch == opening and isinstance(network, UNet) else None

        train(network, groups, (images, masks, split.train), _pixel_loss, trial, opened)
    network.train(False)
    rows, cols = packed.labels.shape[1:]

    def confusion(of: np.ndarray) -> np.ndarray:
        found = np.zeros((num_classes, num_classes), np.int64)
        for part, logits in outputs(network, images, of, MASKS_AT_ONCE, device):
            found = add_confusion(found, packed.labels[part], decide(packed.task, logits[:, :, :rows, :cols]))
            told(1, 1)
        return found

    return confusion(split.valid), confusion(split.test)


def _pixel_loss(logits: Tensor, masks: Tensor) -> Tensor:
    return class_loss(logits, masks, 0.0)


def _plain_groups(network: nn.Module) -> list[dict[str, Any]]:
    """Returns all parameters at one learning rate, as the published runs of other backbones have it."""
    parameters = list(network.parameters())
    wide, thin = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]
    return [
        {"params": wide, "weight_decay": WEIGHT_DECAY, "lr_scale": 1.0},
        {"params": thin, "weight_decay": 0.0, "lr_scale": 1.0},
    ]


def _padded(
    packed: PackedSamples, channels: list[int], patch_size: int
) -> tuple[Callable[[np.ndarray], Tensor], Callable[[np.ndarray], Tensor]]:
    """Returns what gives images and masks of rows, filled up to multiples of the patch size: with 0, and -1."""
    height, width = packed.labels.shape[1:]
    edges = (0, -width % patch_size, 0, -height % patch_size)

    def images(rows: np.ndarray) -> Tensor:
        return functional.pad(packed.images(rows, channels), edges)

    def masks(rows: np.ndarray) -> Tensor:
        return functional.pad(torch.from_numpy(packed.labels[rows].astype(np.int64)), edges, value=MISSING)

    return images, masks


@torch.inference_mode()
def _standardise(
    network: ProbeNet, images: Callable[[np.ndarray], Tensor], rows: np.ndarray, device: torch.device, told: Told
) -> None:
    """Sets what the probe standardises features by, as the training samples have them."""
    network.train(False)
    sums: list[Any] = [0.0] * 4
    squared: list[Any] = [0.0] * 4
    cells = [0] * 4
    for start in range(0, len(rows), MASKS_AT_ONCE):
        stages = network.encoder(images(rows[slice(start, start + MASKS_AT_ONCE)]).to(device))
        for stage, maps in enumerate(stages):
            sums[stage] = sums[stage] + maps.double().sum(dim=(0, 2, 3))
            squared[stage] = squared[stage] + maps.double().square().sum(dim=(0, 2, 3))
            cells[stage] += maps[:, 0].numel()
        told(0, 1)
    means = [total / count for total, count in zip(sums, cells, strict=True)]
    spreads = [
        (square / count - mean.square()).clamp(min=1e-12).sqrt()
        for square, count, mean in zip(squared, cells, means, strict=True)
    ]
    network.standardise(torch.cat(means).float(), torch.cat(spreads).float())
