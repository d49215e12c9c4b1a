"""The masked autoencoder of MP-MAE, reconstructing Sentinel-2 alone.

Woo et al. 2023, arXiv:2301.00808; Nedungadi et al. 2024, arXiv:2405.02771. Written from the papers. Removed patches are
zero in every layer of the encoder and have no part in GRN, whose statistics are taken per sample over visible cells.
Knows nothing of files, normalisation statistics or optimisers.
"""

import torch
from torch import Tensor, nn

from mmearth.models.convnextv2 import Block, Encoder

INIT_STD = 0.02  # arXiv:2301.00808, §A.1
PATCH_EPS = 1e-6


def patchify(images: Tensor, patch_size: int) -> Tensor:
    """Cuts (N, C, H, W) into (N, H·W / patch², patch²·C): patches row by row, inside them row, column, channel."""
    n, c, h, w = images.shape
    p = patch_size
    return images.view(n, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(n, -1, p * p * c)


def random_mask(samples: int, grid: int, mask_ratio: float, generator: torch.Generator) -> Tensor:
    """Draws which patches are removed.

    Args:
        samples: N.
        grid: Patches per side, L = grid².
        mask_ratio: Share of patches to remove; int(L · (1 - mask_ratio)) stay.
        generator: CPU generator.

    Returns:
        (N, L) float, 1 = removed, 0 = kept.
    """
    kept = int(grid**2 * (1 - mask_ratio))
    order = torch.randn(samples, grid**2, generator=generator).argsort(dim=1)
    return torch.ones(samples, grid**2).scatter(1, order[:, :kept], 0.0)


class FCMAE(nn.Module):
    """Encoder over visible patches, one decoder block, and a linear head per patch.

    Args:
        encoder: What is to be learned.
        bands: Bands to reconstruct.
        width: Channels of the encoder's last stage.
        decoder_dim: Channels of the decoder.
    """

    def __init__(self, encoder: Encoder, bands: int, width: int, decoder_dim: int = 256) -> None:
        super().__init__()
        self.encoder = encoder
        self.proj = nn.Conv2d(width, decoder_dim, 1)
        self.mask_token = nn.Parameter(torch.empty(1, decoder_dim, 1, 1))
        self.decoder = Block(decoder_dim)
        self.pred = nn.Conv2d(decoder_dim, encoder.patch_size**2 * bands, 1)
        nn.init.normal_(self.mask_token, std=INIT_STD)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=INIT_STD)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, images: Tensor, mask: Tensor) -> Tensor:
        """Predicts every patch from the visible ones.

        Args:
            images: (N, C, H, W) standardised, H = W.
            mask: (N, L), 1 = removed.

        Returns:
            (N, L, patch²·bands), in the layout of `patchify`.
        """
        grid = images.shape[-1] // self.encoder.patch_size
        keep = (mask == 0).view(-1, grid, grid)
        x = self.proj(self.encoder(images, keep=keep)[-1])
        x = torch.where(keep[:, None], x, self.mask_token.to(x.dtype))
        predicted: Tensor = self.pred(self.decoder(x))
        return predicted.flatten(2).transpose(1, 2)


def reconstruction_loss(predicted: Tensor, images: Tensor, valid: Tensor, mask: Tensor, patch_size: int) -> Tensor:
    """Mean squared error on removed patches, against patches normalised to mean 0, deviation 1 over their valid values.

    Args:
        predicted: (N, L, patch²·C).
        images: (N, C, H, W) standardised targets.
        valid: (N, C, H, W) bool; False where the band is absent or the pixel is nodata.
        mask: (N, L), 1 = removed.
        patch_size: In pixels.

    Returns:
        Scalar: mean over patches that are removed and hold at least two valid values.
    """
    target = patchify(images, patch_size)
    weight = patchify(valid.to(target.dtype), patch_size)
    count = weight.sum(dim=-1, keepdim=True)
    mean = (target * weight).sum(dim=-1, keepdim=True) / count.clamp(min=1)
    variance = ((target - mean).square() * weight).sum(dim=-1, keepdim=True) / (count - 1).clamp(min=1)
    target = (target - mean) / (variance + PATCH_EPS).sqrt()
    error = ((predicted - target).square() * weight).sum(dim=-1) / count[..., 0].clamp(min=1)
    scored = mask * (count[..., 0] > 1)
    return (error * scored).sum() / scored.sum().clamp(min=1)
