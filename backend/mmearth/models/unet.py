"""Segmentation at the pixel size of the input: the encoder, and a decoder that is joined to it by four skips.

Nedungadi et al. 2024, arXiv:2405.02771, §5 and appendix; the idea of Ronneberger et al. 2015, arXiv:1505.04597. Written
from the papers; parameter names are those of the published network behind the prefix "encoder.", without the
normalisation that it owns and never applies. Knows nothing of labels, losses or files.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.classifier import init_head
from mmearth.models.convnextv2 import Encoder, PixelNorm

DECODER_STD = 0.02  # arXiv:2301.00808, §A.1


class Upsample(nn.Module):
    """Repeats every pixel, then mixes: 3×3 convolution, layer normalisation, GELU.

    Args:
        in_chans: Channels of the input.
        channels: Channels of the output.
        factor: How many times as many rows and columns.
    """

    def __init__(self, in_chans: int, channels: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.conv = nn.Conv2d(in_chans, channels, 3, padding=1)
        self.norm = PixelNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Takes (N, C, H, W), returns (N, channels, factor·H, factor·W)."""
        fine = functional.interpolate(x, scale_factor=float(self.factor)) if self.factor > 1 else x
        return functional.gelu(self.norm(self.conv(fine)))


class UNet(nn.Module):
    """One logit per class and pixel.

    Args:
        encoder: What sees the images; without `official_padding`, so that the sides of its features fit the decoder's.
        num_classes: Channels of the output.
    """

    def __init__(self, encoder: Encoder, num_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        dims = [blocks[0].dwconv.out_channels for blocks in encoder.stages]  # type: ignore[index]
        self.upsample_layers = nn.ModuleList(
            [
                Upsample(dims[3], dims[2], 2),
                Upsample(2 * dims[2], dims[1], 2),
                Upsample(2 * dims[1], dims[0], 2),
                Upsample(2 * dims[0], dims[0], encoder.patch_size // 8),
            ]
        )
        half = dims[0] // 2
        self.initial_conv_upsample = nn.Sequential(
            nn.Conv2d(2 * dims[0], half, 3, padding=1), PixelNorm(half), nn.GELU()
        )
        self.head = nn.Conv2d(half, num_classes, 1)
        for module in (*self.upsample_layers.modules(), *self.initial_conv_upsample):
            if isinstance(module, nn.Conv2d):
                nn.init.trunc_normal_(module.weight, std=DECODER_STD)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        init_head(self.head)

    def encode(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Returns the deepest features, and the skips from coarse to fine: stage 2, stage 1, stem, 3×3 convolution.

        Args:
            images: (N, bands, H, W), H and W multiples of the patch size.

        Raises:
            ValueError: the sides are no multiples of the patch size.
        """
        patch, (h, w) = self.encoder.patch_size, images.shape[-2:]
        if h % patch or w % patch:
            raise ValueError(
                f"Images have {h} rows and {w} columns; the segmentation network needs multiples of {patch}. "
                f"Pad them to {-(-h // patch) * patch} × {-(-w // patch) * patch}, or cut them."
            )
        first = self.encoder.initial_conv(images)
        stem = self.encoder.stem(first)
        stages = self.encoder.run_stages(stem)
        return stages[3], [stages[2], stages[1], stem, first]

    def forward(self, images: Tensor) -> Tensor:
        """Returns logits (N, classes, H, W) of images (N, bands, H, W); see `encode`."""
        x, skips = self.encode(images)
        for layer, skip in zip(self.upsample_layers, skips, strict=True):
            x = torch.cat([layer(x), skip], dim=1)
        return self.head(self.initial_conv_upsample(x))  # type: ignore[no-any-return]
