"""The networks that fine-tuning trains: a linear probe, a U-Net, and a classifier of regions, each behind an encoder.

GRN of their encoder is frozen, so that a crop in training and a window of a map compute the same function. Knows
nothing of labels, losses or files.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.classifier import init_head
from mmearth.models.convnextv2 import NORM_EPS, Encoder
from mmearth.models.unet import UNet

PROBE, UNET, REGIONS = KINDS = ("probe", "unet", "regions")
SEGMENTATION = "segmentation"


class StandardisedHead(nn.Module):
    """One logit per class and cell, linear in features that are standardised by numbers which stay as they are.

    Args:
        channels: Of the features.
        num_classes: K.

    Attributes:
        mean, scale: (channels,) what is taken off the features, and what they are multiplied by then.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, channels: int, num_classes: int) -> None:
        super().__init__()
        self.head = nn.Linear(channels, num_classes)
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))
        init_head(self.head)

    def linear(self) -> tuple[Tensor, Tensor]:
        """Returns weight (K, channels) and bias (K,) that act on the features as they are."""
        weight = self.head.weight * self.scale
        return weight, self.head.bias - weight @ self.mean

    def forward(self, features: Tensor) -> Tensor:
        """Takes (N, channels, H, W), returns (N, K, H, W)."""
        weight, bias = self.linear()
        return functional.linear(features.permute(0, 2, 3, 1), weight, bias).permute(0, 3, 1, 2)


class ProbeNet(nn.Module):
    """One logit per class and pixel: a linear head on each stage, interpolated bilinearly and summed.

    Args:
        encoder: What sees the images; it is not trained.
        num_classes: Channels of the output.
    """

    def __init__(self, encoder: Encoder, num_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleList(StandardisedHead(width, num_classes) for width in widths(encoder))

    @torch.no_grad()
    def standardise(self, mean: Tensor, std: Tensor) -> None:
        """Sets what features are standardised by.

        Args:
            mean, std: (sum of the stages' channels,) of the features of all stages.
        """
        start = 0
        for head, width in zip(self.heads, widths(self.encoder), strict=True):
            own = slice(start, start + width)
            head.mean.copy_(mean[own])  # type: ignore[operator]
            # Of about unit length together, so that one learning rate suits encoders of any width.
            head.scale.copy_(1 / (std[own] * len(std) ** 0.5))  # type: ignore[operator]
            start += width

    def decode(self, stages: list[Tensor]) -> Tensor:
        """Returns logits (N, classes, H, W) of the features of all stages, each (N, C, rows, cols)."""
        logits = []
        for number, (head, features) in enumerate(zip(self.heads, stages, strict=True)):
            factor = self.encoder.patch_size // 8 * 2**number
            maps = head(features)
            if factor > 1:
                maps = functional.interpolate(maps, scale_factor=float(factor), mode="bilinear")
            logits.append(maps)
        return torch.stack(logits).sum(dim=0)

    def forward(self, images: Tensor) -> Tensor:
        """Returns logits (N, classes, H, W) of images (N, bands, H, W), both multiples of the patch size."""
        return self.decode(self.encoder(images))


class RegionClassifier(nn.Module):
    """One row of logits per region: mean feature of the last stage, layer normalisation, linear head.

    The same as `classifier.Classifier` where the region is the image.

    Args:
        encoder: What sees the images.
        num_classes: Length of a row.
    """

    def __init__(self, encoder: Encoder, num_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        width = widths(encoder)[-1]
        self.norm = nn.LayerNorm(width, eps=NORM_EPS)
        self.head = nn.Linear(width, num_classes)
        init_head(self.head)

    def classify(self, means: Tensor) -> Tensor:
        """Returns logits (…, classes) of mean features (…, C)."""
        return self.head(self.norm(means))  # type: ignore[no-any-return]

    def decode(self, stages: list[Tensor], regions: Tensor | None = None, cell_px: int = 0) -> Tensor:
        """Returns logits as `forward` does, of the features of all stages."""
        if regions is None:
            return self.classify(cell_means(stages[-1], cell_px // self.encoder.patch_size))
        return self.classify(region_means(stages[-1], regions, self.encoder.patch_size))

    def forward(self, images: Tensor, regions: Tensor | None = None, cell_px: int = 0) -> Tensor:
        """Classifies regions of images, or the cells of a grid on them.

        Args:
            images: (N, bands, H, W), both multiples of the patch size and of `cell_px`.
            regions: (N, H, W) bool, True inside the one region of each image; None means cells.
            cell_px: Side of a cell in pixels, a multiple of the patch size; without meaning for regions.

        Returns:
            Logits (N, R, classes): R is 1 for regions, else the number of cells, row by row.
        """
        return self.decode(self.encoder(images), regions, cell_px)


def region_means(features: Tensor, regions: Tensor, patch_px: int) -> Tensor:
    """Returns (N, 1, C) mean features (N, C, rows, cols) over regions (N, H, W); cells count by their share inside."""
    shares = functional.avg_pool2d(regions[:, None].to(features.dtype), patch_px)
    total = shares.sum(dim=(-2, -1)).clamp(min=torch.finfo(features.dtype).tiny)
    return ((features * shares).sum(dim=(-2, -1)) / total)[:, None]


def cell_means(features: Tensor, patches: int) -> Tensor:
    """Returns (N, cells, C) means of features (N, C, rows, cols) over cells of `patches` × `patches`, row by row."""
    means = functional.avg_pool2d(features, patches) if patches > 1 else features
    return means.flatten(2).transpose(1, 2)


def widths(encoder: Encoder) -> list[int]:
    """Returns the channels of each stage."""
    return [blocks[0].dwconv.out_channels for blocks in encoder.stages]  # type: ignore[index]


def network_kind(task: str, rung: str) -> str:
    """Returns which of `KINDS` a rung of the ladder trains for a task, both as in `protocol`."""
    if task != SEGMENTATION:
        return REGIONS
    return PROBE if rung == "probe" else UNET


def build_network(kind: str, encoder: Encoder, num_classes: int) -> nn.Module:
    """Returns a network of one of `KINDS` around an encoder, with the initial weights of its head."""
    if kind == PROBE:
        return ProbeNet(encoder, num_classes)
    if kind == UNET:
        return UNet(encoder, num_classes)
    if kind == REGIONS:
        return RegionClassifier(encoder, num_classes)
    raise ValueError(f"There is no network '{kind}'; there are {', '.join(KINDS)}.")
