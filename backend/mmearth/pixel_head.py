"""Features of single pixels from a window, and a linear head applied to them without ever building them all.

The features of a pixel are the encoder's two finest stages, smoothed, and the raw bands. Box means, interpolation and a
linear head commute, so a map needs only K logit maps per stage, not a hundred feature maps.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mmearth.features import WindowFeatures, apply_linear

LAST_STAGE = 1  # stages 2 and 3 did not help a 10 m map: docs/decisions/0003-few-shot-features.md
SMOOTHING = {0: 5, 1: 3}  # side of the box mean, in cells of the stage


def pixel_features(features: WindowFeatures) -> Tensor:
    """Returns (D, rows, cols): smoothed stages 0 and 1 at pixel resolution, then the standardised bands."""
    parts = [features.resize(_smooth(maps.float(), stage), stage, 1).cpu() for stage, maps in features.stages.items()]
    return torch.cat([*parts, features.bands])


def pixel_probabilities(features: WindowFeatures, weight: np.ndarray, bias: np.ndarray) -> Tensor:
    """Returns (K, rows, cols) class probabilities; equals softmax(weight · pixel_features + bias).

    Args:
        features: Of one window.
        weight: (K, D) on unscaled pixel features.
        bias: (K,).
    """
    remaining = torch.from_numpy(weight)
    logits: Tensor | None = None
    for stage, maps in features.stages.items():
        channels = len(maps)
        part, remaining = remaining[:, :channels], remaining[:, channels:]
        scores = apply_linear(maps.float(), part)
        resized = features.resize(_smooth(scores, stage), stage, 1).cpu()
        logits = resized if logits is None else logits + resized
    bands = torch.einsum("kb,bhw->khw", remaining, features.bands) + torch.from_numpy(bias)[:, None, None]
    return torch.softmax(bands if logits is None else logits + bands, dim=0)


def _smooth(maps: Tensor, stage: int) -> Tensor:
    side = SMOOTHING[stage]
    return functional.avg_pool2d(maps[None], side, stride=1, padding=side // 2, count_include_pad=False)[0]
