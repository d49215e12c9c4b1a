"""How the published networks are fine-tuned: what stays frozen, how fast each layer learns, which losses.

Nedungadi et al. 2024, arXiv:2405.02771, §5; layer-wise decay as in arXiv:2301.00808, §A. Where the papers are silent
the values are those of MMEarth-train, main_finetune.py, checked against its output. Knows nothing of files, data or
epochs.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.classifier import Classifier
from mmearth.models.convnextv2 import Encoder
from mmearth.models.tuned_networks import RegionClassifier
from mmearth.models.unet import UNet

MISSING = -1  # label of a pixel or sample that has none
WEIGHT_DECAY = 0.3
LAYER_DECAY = 0.9
GROUPED_LAYERS = 12  # arXiv:2301.00808, §A: the blocks of any depth fall into twelve groups
BLOCKS_PER_GROUP = 3
_UNDECAYED = (".bias", ".gamma", ".beta")

Layers = Literal["single", "group"]
Network = Classifier | RegionClassifier | UNet


def layer_id(name: str, depths: tuple[int, ...], layers: Layers) -> int:
    """Returns how deep a parameter lies, 0 … n + 1; everything outside the stages, the stem too, counts as the last.

    Args:
        name: Parameter name, without the prefix "encoder.".
        depths: Blocks per stage.
        layers: "single" counts every block, n = sum of depths; "group" forms n = 12 groups.
    """
    part, *rest = name.split(".")
    if part == "downsample_layers":
        stage = int(rest[0])
        return sum(depths[:stage]) + 1 if layers == "single" else (0, 2, 3)[stage]
    if part == "stages":
        stage, block = int(rest[0]), int(rest[1])
        if layers == "single":
            return sum(depths[:stage]) + block + 1
        return (1, 2, 3 + block // BLOCKS_PER_GROUP, GROUPED_LAYERS)[stage]
    return _count(depths, layers) + 1


def _count(depths: tuple[int, ...], layers: Layers) -> int:
    return sum(depths) if layers == "single" else GROUPED_LAYERS


def parameter_groups(network: Network, layers: Layers = "single") -> list[dict[str, Any]]:
    """Returns the trainable parameters for an optimiser, by layer and weight decay.

    Returns:
        Groups with "params", "weight_decay" and "lr_scale", the factor on the learning rate of the moment.
    """
    depths = tuple(len(blocks) for blocks in network.encoder.stages)  # type: ignore[arg-type]
    last = _count(depths, layers) + 1
    groups: dict[tuple[int, float], dict[str, Any]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        layer = layer_id(name.removeprefix("encoder."), depths, layers)
        decay = 0.0 if parameter.ndim <= 1 or name.endswith(_UNDECAYED) else WEIGHT_DECAY
        group = {"params": [], "weight_decay": decay, "lr_scale": LAYER_DECAY ** (last - layer)}
        groups.setdefault((layer, decay), group)["params"].append(parameter)
    return list(groups.values())


def freeze_encoder(network: Network) -> None:
    """Leaves the head of a classifier, or the decoder and head of a segmentation network, to be trained.

    The published probing freezes the classifier's last normalisation as well, at 1 and 0.
    """
    frozen: list[nn.Module] = [network.encoder]
    if isinstance(network, Classifier | RegionClassifier):
        frozen.append(network.norm)
    for module in frozen:
        module.requires_grad_(False)


def unfreeze_encoder(network: UNet) -> dict[str, Any]:
    """Opens the second phase of segmentation.

    Returns:
        The one group to add to the running optimiser: no weight decay, and the learning rate of the moment everywhere.
    """
    network.encoder.requires_grad_(True)
    return {"params": list(network.encoder.parameters()), "weight_decay": 0.0, "lr_scale": 1.0}


def drop_path_rates(depths: tuple[int, ...], maximum: float) -> list[float]:
    """Returns the share of samples that skip each block, in order of computation: from 0 up to `maximum`."""
    return torch.linspace(0, maximum, sum(depths)).tolist()


def set_drop_path(encoder: Encoder, maximum: float) -> None:
    """Sets the `drop_path_rates` of every block; they act in training mode alone, and while probing too."""
    depths = tuple(len(blocks) for blocks in encoder.stages)  # type: ignore[arg-type]
    for block, rate in zip(encoder.blocks(), drop_path_rates(depths, maximum), strict=True):
        block.drop_path_rate = rate


def class_loss(logits: Tensor, classes: Tensor, smoothing: float) -> Tensor:
    """Returns the mean label-smoothed cross-entropy over the labels that are not missing; NaN where all are.

    Args:
        logits: (N, K) or (N, K, H, W).
        classes: (N,) or (N, H, W) class numbers, -1 = missing.
        smoothing: Probability that is spread evenly over all K classes.
    """
    return functional.cross_entropy(logits, classes, ignore_index=MISSING, label_smoothing=smoothing)


def multi_label_loss(logits: Tensor, present: Tensor, smoothing: float) -> Tensor:
    """Returns the mean binary cross-entropy with targets 1 - smoothing where a label is present, smoothing elsewhere.

    Args:
        logits: (N, K).
        present: (N, K), 0 or 1.
        smoothing: Distance of the targets from 0 and 1.
    """
    targets = present.to(logits.dtype) * (1 - 2 * smoothing) + smoothing
    return functional.binary_cross_entropy_with_logits(logits, targets)
