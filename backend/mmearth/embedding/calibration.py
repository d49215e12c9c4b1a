"""What a trained encoder is shipped with: frozen GRN, feature statistics, principal components, quantisation steps.

Everything is measured once, on training crops, and then fixed, so that outputs of different scenes can be compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mmearth.models.convnextv2 import Encoder
from mmearth.progress import Report
from mmearth.weights.checkpoints import PCA_STAGES

COMPONENTS = 64
COVERED_SIGMA, STEPS = 4.0, 127  # ±127 steps cover ±4 standard deviations
MIRROR_PX = 32  # crops are mirrored at their edges: features at inference have seen no zero padding either
BATCH = 16


@dataclass(frozen=True)
class Calibration:
    """Fields as in `checkpoints.Weights`."""

    grn: list[Tensor]
    feature_mean: np.ndarray
    feature_std: np.ndarray
    feature_scale: np.ndarray
    components: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]]


@torch.no_grad()
def calibrate(
    encoder: Encoder,
    images: Tensor,
    report: Report,
    grn: list[Tensor] | None = None,
    pca_stages: tuple[tuple[int, ...], ...] = PCA_STAGES,
) -> Calibration:
    """Measures an encoder on crops. Freezes and folds its GRN.

    Args:
        encoder: With GRN per sample.
        images: (N, C, H, W) standardised crops, wider than `MIRROR_PX`.
        report: Told after every batch.
        grn: Responses to freeze GRN to; None measures them on the crops.
        pca_stages: Choices of stages to fit principal components for.
    """
    batches = torch.split(images, BATCH)
    grn = encoder.collect_grn(batches) if grn is None else grn
    encoder.freeze_grn(grn)
    encoder.fold_grn()
    return measure(encoder, batches, report, [response.cpu() for response in grn], pca_stages, 0.0)


@torch.no_grad()
def measure(
    encoder: Callable[[Tensor], list[Tensor]],
    batches: Sequence[Tensor],
    report: Report,
    grn: list[Tensor],
    pca_stages: tuple[tuple[int, ...], ...],
    least_spread: float,
) -> Calibration:
    """Measures the features of an encoder as it is.

    Args:
        encoder: Returns the features of every stage.
        batches: Of standardised crops (N, C, H, W), wider than `MIRROR_PX`.
        report: Told after every batch.
        grn: Responses that its GRN is frozen to.
        pca_stages: As for `calibrate`.
        least_spread: Least standard deviation of a channel, as a share of the median of its stage: channels that are
            nearly dead on the crops would otherwise be blown up where they wake.
    """
    collected: list[list[Tensor]] = []
    for done, batch in enumerate(batches):
        report.progress("Calibrating", done, len(batches))
        padded = functional.pad(batch, (MIRROR_PX,) * 4, mode="reflect")
        collected.append([_inner(maps, padded.shape[-1]) for maps in encoder(padded)])
    stages = [torch.cat(maps) for maps in zip(*collected, strict=True)]
    mean = torch.cat([maps.mean(dim=(0, 2, 3)) for maps in stages])
    std = torch.cat([maps.std(dim=(0, 2, 3), correction=0) for maps in stages]).clamp(min=1e-6)
    widths = [maps.shape[1] for maps in stages]
    std = torch.cat([part.clamp(min=least_spread * float(part.median())) for part in torch.split(std, widths)])
    covariance = _covariance(stages, torch.split(mean, widths), torch.split(std, widths))
    report.progress("Calibrating", len(batches), len(batches))
    components = {}
    for chosen in pca_stages:
        used = torch.cat([torch.full((width,), stage in chosen) for stage, width in enumerate(widths)]).numpy()
        components[chosen] = principal_components(covariance[np.ix_(used, used)])
    return Calibration(
        grn=grn,
        feature_mean=mean.cpu().numpy(),
        feature_std=std.cpu().numpy(),
        feature_scale=np.full(sum(widths), COVERED_SIGMA / STEPS, np.float32),
        components=components,
    )


def principal_components(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns ((K, channels) orthonormal rows, largest variance first, (K,) value of a quantisation step)."""
    values, vectors = np.linalg.eigh(covariance)
    rows = vectors.T[::-1][:COMPONENTS]
    rows = rows * np.sign(np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1))
    sigma = np.sqrt(np.maximum(values[::-1][:COMPONENTS], 1e-12))
    return np.ascontiguousarray(rows, np.float32), (sigma * COVERED_SIGMA / STEPS).astype(np.float32)


def _inner(maps: Tensor, padded_px: int) -> Tensor:
    """Cuts off the mirrored margin."""
    margin = MIRROR_PX * maps.shape[-1] // padded_px
    inside = slice(margin, -margin)
    return maps[..., inside, inside].clone()


def _covariance(stages: list[Tensor], means: tuple[Tensor, ...], stds: tuple[Tensor, ...]) -> np.ndarray:
    """Returns the covariance of the standardised features of all stages on the grid of stage 0, float64."""
    grid = stages[0].shape[-2:]
    channels = sum(maps.shape[1] for maps in stages)
    total, count = np.zeros((channels, channels)), 0
    for start in range(0, len(stages[0]), BATCH):
        parts = []
        for maps, mean, std in zip(stages, means, stds, strict=True):
            batch = maps.narrow(0, start, min(BATCH, len(maps) - start))
            scaled = (batch - mean[:, None, None]) / (std[:, None, None] * len(mean) ** 0.5)
            parts.append(functional.interpolate(scaled, grid, mode="bilinear", align_corners=False))
        rows = torch.cat(parts, dim=1).permute(0, 2, 3, 1).flatten(0, 2)
        total += (rows.T @ rows).double().cpu().numpy()
        count += len(rows)
    return total / count
