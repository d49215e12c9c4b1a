"""The first convolution for another sensor, fitted so that the encoder begins with what it would see of the reference.

Each band that the known encoder takes is predicted linearly from the new sensor's bands on the same ground, and the
prediction is folded into the convolution. Copying the kernels of the band that sees the same light says nothing of the
bands that are absent, and one band alone loses its brightness in the normalisation that follows (measured:
docs/benchmarks.md, "Adaptation"). Knows no encoders beyond their first layer.
"""

import torch
from torch import Tensor

_RIDGE = 1e-3  # of a variance of 1: bands that say the same share what they predict
_LEAST_SPREAD = 1e-3  # of a prediction, in deviations: less is no prediction
_MOST_GAIN = 10.0


def linear_prediction(target: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
    """Returns (slopes (K, B), offsets (K,)) that predict every reference band from the target's.

    Least squares shrinks what it is unsure of towards the mean, which an encoder takes for haze; so each prediction is
    stretched to the spread of the band that it stands for. Where a band never varies its prediction is a constant.

    Args:
        target: (N, B, H, W) standardised, averaged to the reference's pixels.
        reference: (N, K, H, W) standardised.
    """
    x, y = (images.transpose(0, 1).flatten(1).double() for images in (target, reference))
    x_mean, y_mean = x.mean(dim=1, keepdim=True), y.mean(dim=1, keepdim=True)
    x, y = x - x_mean, y - y_mean
    ridge = _RIDGE * x.shape[1] * torch.eye(len(x), dtype=x.dtype)
    slopes = torch.linalg.solve(x @ x.T + ridge, x @ y.T).T
    spread = (slopes @ x).std(dim=1)
    gain = torch.where(spread > _LEAST_SPREAD, y.std(dim=1) / spread.clamp(min=_LEAST_SPREAD), torch.zeros(1).double())
    slopes = slopes * gain.clamp(max=_MOST_GAIN)[:, None]
    return slopes, (y_mean - slopes @ x_mean).squeeze(1)


def fitted_layer(kernels: Tensor, bias: Tensor, slopes: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """Folds a prediction of the known bands into a convolution over them.

    Args:
        kernels: (width, K, 3, 3) of the known sensor.
        bias: (width,).
        slopes, offsets: As `linear_prediction` returns them.

    Returns:
        kernels (width, B, 3, 3) and bias (width,) over the new bands.
    """
    found = torch.einsum("okhw,kb->obhw", kernels.double(), slopes)
    shifted = bias.double() + kernels.double().sum(dim=(2, 3)) @ offsets
    return found.to(kernels.dtype), shifted.to(bias.dtype)
