"""The masked autoencoder of MP-MAE, reduced to reconstructing Sentinel-2, in the masked-dense form.

Masked cells are multiplied by 0 after every layer, which equals a sparse convolution network that sees only the visible
patches. Papers: Woo et al. 2023, arXiv:2301.00808, §3.1; Nedungadi et al. 2024, arXiv:2405.02771. Written from the papers.
"""

import torch
from torch import Tensor, nn

from mmearth.models.convnextv2 import Block, Encoder

DECODER_DIM = 256  # half of the paper's 512: enough for one modality on small data (pretraining findings)
MASK_RATIO = 0.75  # the paper has 0.6; .75 was at least as good here and cheaper (pretraining findings)


def patchify(images: Tensor, patch_size: int) -> Tensor:
    """Cuts (N, C, H, W) into (N, H / p, W / p, p · p, C)."""
    n, c, h, w = images.shape
    cells = images.view(n, c, h // patch_size, patch_size, w // patch_size, patch_size)
    return cells.permute(0, 2, 4, 3, 5, 1).reshape(n, h // patch_size, w // patch_size, patch_size**2, c)


def random_visible(samples: int, side: int, generator: torch.Generator) -> Tensor:
    """Draws (N, 1, side, side) with 1 for the visible patches, the same number in every sample."""
    keep = int(side**2 * (1 - MASK_RATIO))
    order = torch.rand(samples, side**2, generator=generator).argsort(dim=1)
    return (order.argsort(dim=1) < keep).float().view(samples, 1, side, side)


def reconstruction_loss(predicted: Tensor, images: Tensor, visible: Tensor, present: Tensor, patch_size: int) -> Tensor:
    """Mean squared error on the removed patches, against targets normalised in each patch.

    Args:
        predicted: (N, p · p · C, h, w).
        images: (N, C, H, W) standardised.
        visible: (N, 1, h, w), 1 = seen.
        present: (N, C), 1 where a band is in the data; absent bands count neither in the statistics nor in the loss.
        patch_size: p.
    """
    target = patchify(images, patch_size)
    n, rows, cols, cells, bands = target.shape
    counted = present[:, None, None, None, :].expand_as(target)
    number = counted.sum(dim=(-2, -1), keepdim=True)
    mean = (target * counted).sum(dim=(-2, -1), keepdim=True) / number
    # Per-patch normalisation with the unbiased variance, jointly over pixels and bands, as FCMAE does.
    variance = ((target - mean) ** 2 * counted).sum(dim=(-2, -1), keepdim=True) / (number - 1)
    target = (target - mean) / (variance + 1e-6).sqrt()
    error = (predicted.permute(0, 2, 3, 1).reshape(n, rows, cols, cells, bands) - target) ** 2
    weight = counted * (1 - visible).permute(0, 2, 3, 1)[..., None]
    return (error * weight).sum() / weight.sum()


class MaskedAutoencoder(nn.Module):
    """Encoder on visible patches, one decoder block on all patches, and a linear head that predicts pixels.

    Args:
        encoder: See `Encoder`.
        in_chans: Bands to reconstruct.
        dim: Channels of the encoder's last stage.
        patch_size: Total stride of the encoder.
    """

    def __init__(self, encoder: Encoder, in_chans: int, dim: int, patch_size: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.patch_size = patch_size
        self.proj = nn.Conv2d(dim, DECODER_DIM, 1)
        self.mask_token = nn.Parameter(torch.zeros(1, DECODER_DIM, 1, 1))
        self.decoder = Block(DECODER_DIM)
        self.head = nn.Conv2d(DECODER_DIM, patch_size**2 * in_chans, 1)
        self.apply(_initialise)
        nn.init.normal_(self.mask_token, std=0.02)

    def forward(self, images: Tensor, kept: Tensor, visible: Tensor, present: Tensor) -> Tensor:
        """Returns the loss of one batch.

        Args:
            images: (N, C, H, W) standardised, the target.
            kept: (N, C, 1, 1), 1 for the bands that the encoder may see.
            visible, present: See `reconstruction_loss`.
        """
        deepest = self.encoder(images * kept, keep=visible[:, 0].bool())[-1]
        x = self.proj(deepest) * visible + self.mask_token * (1 - visible)
        return reconstruction_loss(self.head(self.decoder(x)), images, visible, present, self.patch_size)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
