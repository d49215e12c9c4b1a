"""Brings every channel of adapted weights to those that they learned from, and measures how well they then agree.

The training compares directions, but heads take values: so channels are brought to scale on training windows, and each
stage is measured on held-out ones. Knows no files.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mmearth.adaptation.footprint import pool_tokens
from mmearth.adaptation.known_space import LEAST_SPREAD, KnownSpace
from mmearth.adaptation.space_agreement import agreement
from mmearth.adaptation.windows import Windows
from mmearth.progress import Report
from mmearth.weights.checkpoints import Weights, build_encoder
from mmearth.weights.shared_space import MEASURES

WINDOWS = 64  # that channels are brought to scale on
LEAST_CORRELATION = 0.1  # a channel that does not follow its ground is turned down, not turned round
_BATCH = 4


@torch.no_grad()
def match_channels(adapted: Weights, known: Weights, windows: Windows, device: torch.device, report: Report) -> Weights:
    """Returns the adapted weights with feature statistics that make each channel the best guess of the known one.

    Least squares on the same ground, channel by channel: standardised values are then in the known weights' scale, and
    what does not follow its ground stays near the mean. Components stay those of the known weights.

    Args:
        adapted, known: Weights of one architecture.
        windows: Of both sensors.
        device: Where to compute.
        report: Told after every batch; cancels between them.
    """
    chosen = windows.training[
        np.linspace(0, len(windows.training) - 1, min(WINDOWS, len(windows.training))).astype(int)
    ]
    sums: dict[int, Tensor] = {}
    for stage, ours, theirs in _tokens(adapted, known, windows, chosen, fine=True, device=device, report=report):
        x, y = ours.double(), theirs.double()
        row = torch.stack(
            [torch.full_like(x[0], len(x)), x.sum(0), y.sum(0), (x * x).sum(0), (y * y).sum(0), (x * y).sum(0)]
        )
        sums[stage] = sums.get(stage, torch.zeros_like(row)) + row
    mean, std = adapted.feature_mean.copy(), adapted.feature_std.copy()
    for stage, part in enumerate(known.stage_slices):
        count, x, y, xx, yy, xy = (values.numpy() for values in sums[stage])
        x, y = x / count, y / count
        deviations = [np.sqrt(np.maximum(found / count - middle**2, 1e-12)) for found, middle in ((xx, x), (yy, y))]
        correlation = np.clip((xy / count - x * y) / (deviations[0] * deviations[1]), LEAST_CORRELATION, 1.0)
        slope = correlation * deviations[1] / deviations[0]
        # (value - mean) / std = (y + slope · (value - x) - known mean) / known std
        std[part] = known.feature_std[part] / slope
        mean[part] = x - (y - known.feature_mean[part]) / slope
    return replace(adapted, feature_mean=mean, feature_std=std)


@torch.no_grad()
def stage_agreement(
    adapted: Weights, space: KnownSpace, windows: Windows, device: torch.device, report: Report
) -> dict[int, dict[str, float]]:
    """Returns stage → `shared_space.MEASURES` on held-out windows, of means over the cells of the last stage.

    Args:
        adapted: As `match_channels` returns them.
        space: Of the known weights.
        windows, device, report: As of `match_channels`.
    """
    known = space.weights
    student: dict[int, list[Tensor]] = {}
    teacher: dict[int, list[Tensor]] = {}
    for stage, ours, theirs in _tokens(
        adapted, known, windows, windows.held_out, fine=False, device=device, report=report
    ):
        student.setdefault(stage, []).append(_standard(ours, adapted, stage))
        teacher.setdefault(stage, []).append(_standard(theirs, known, stage))
    _, (cells, *_) = windows.centre(windows.held_out[:1])
    measured = {}
    for stage in student:
        common = space.common(stage, cells)
        measured[stage] = _of_differences(torch.cat(student[stage]), torch.cat(teacher[stage]), common)
    return {stage: {name: values[name] for name in MEASURES} for stage, values in measured.items()}


def _tokens(
    adapted: Weights,
    known: Weights,
    windows: Windows,
    indexes: np.ndarray,
    *,
    fine: bool,
    device: torch.device,
    report: Report,
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yields stage, and (tokens, channels) of both encoders on the same ground, on the CPU, batch by batch.

    With `fine` a token is a cell of the known encoder's own stage, else a cell of its last one.
    """
    ours, theirs = (build_encoder(weights, device, torch.float32) for weights in (adapted, known))
    last = len(known.dims) - 1
    batches = np.array_split(indexes, max(1, len(indexes) // _BATCH))
    for done, batch in enumerate(batches):
        report.progress("Comparing the spaces", done, len(batches))
        crops, cells = windows.centre(batch)
        found = ours(crops.to(device, memory_format=torch.channels_last))
        wanted = theirs(windows.references(batch, known).to(device, memory_format=torch.channels_last))
        for stage in range(last + 1):
            factor = 2 ** (last - stage) if fine else 1
            rows, columns = cells[0].slices(factor)
            side = windows.cells * factor
            mine = pool_tokens(found[stage], (cells[0].side * factor, cells[0].side * factor))
            yield stage, _rows(mine), _rows(pool_tokens(wanted[stage], (side, side))[:, :, rows, columns])
    report.progress("Comparing the spaces", len(batches), len(batches))


def _of_differences(student: Tensor, teacher: Tensor, common: Tensor) -> dict[str, float]:
    """Measures agreement on how places differ from what windows have in common, (cells, C)."""
    mean = common.repeat(len(teacher) // len(common), 1)
    std = (teacher - mean).square().mean(dim=0).sqrt().clamp(min=LEAST_SPREAD)
    return agreement((student - mean) / std, (teacher - mean) / std)


def _rows(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1).flatten(0, 2).cpu()


def _standard(rows: Tensor, weights: Weights, stage: int) -> Tensor:
    part = weights.stage_slices[stage]
    return (rows - torch.from_numpy(weights.feature_mean[part])) / torch.from_numpy(weights.feature_std[part])
