"""Whole-image classification: mean feature of the encoder's last stage, layer normalisation, linear head.

Woo et al. 2023, arXiv:2301.00808, §4; Nedungadi et al. 2024, arXiv:2405.02771, §5. Written from the papers; parameter
names are those of the published dense networks behind the prefix "encoder.". Knows nothing of labels, losses or files.
"""

import torch
from torch import Tensor, nn

from mmearth.models.convnextv2 import NORM_EPS, Encoder

# So small that fine-tuning starts from logits of zero (MMEarth-train, main_finetune.py: head init).
HEAD_STD = 2e-5


class Classifier(nn.Module):
    """One row of logits per image.

    Args:
        encoder: What sees the images; with `official_padding` as in the published fine-tuning.
        num_classes: Length of a row.
    """

    def __init__(self, encoder: Encoder, num_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.stages[-1][0].dwconv.out_channels  # type: ignore[index]
        self.norm = nn.LayerNorm(width, eps=NORM_EPS)
        self.head = nn.Linear(width, num_classes)
        init_head(self.head)

    def features(self, images: Tensor) -> Tensor:
        """Returns (N, C) normalised mean features of images (N, bands, H, W)."""
        deepest: Tensor = self.encoder(images)[-1]
        return self.norm(deepest.mean(dim=(-2, -1)))  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        """Returns logits (N, classes) of images (N, bands, H, W)."""
        return self.head(self.features(images))  # type: ignore[no-any-return]


@torch.no_grad()
def init_head(head: nn.Linear | nn.Conv2d) -> None:
    """Gives a head weights next to zero and no bias."""
    nn.init.trunc_normal_(head.weight, std=HEAD_STD)
    if head.bias is not None:
        nn.init.zeros_(head.bias)
