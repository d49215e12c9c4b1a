"""Dense pretext tasks: from a crop with bands hidden and small blocks blanked, predict every band at every pixel.

A linear head on each of the first two stages predicts the standardised bands, the same bands whitened, and every other
map of the sample. On a few thousand chips this taught more for few-shot mapping than removing patches:
docs/decisions/0008-pretraining-on-few-chips.md. Knows nothing of files or optimisers.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.convnextv2 import Encoder
from mmearth.pretraining.tasks import INPUT, Task

STAGES = (0, 1)
BLOCK_PX = 4
BLANK_SHARE = 0.25  # mean share of blank blocks; a sample has between none and twice as many
WHITE_FLOOR = 0.003  # added to the variances, relative to their mean, before whitening
CLIP = 6.0  # standard deviations of whitened targets
FULL = 0.99  # a coarse cell counts where this share of its pixels is valid


def blank_blocks(samples: int, crop_px: int, generator: torch.Generator) -> Tensor:
    """Returns (N, 1, H, W) float, 0 in blank blocks, else 1, from a CPU generator."""
    blocks = crop_px // BLOCK_PX
    share = 2 * BLANK_SHARE * torch.rand(samples, 1, 1, 1, generator=generator)
    kept = (torch.rand(samples, 1, blocks, blocks, generator=generator) >= share).float()
    return kept.repeat_interleave(BLOCK_PX, 2).repeat_interleave(BLOCK_PX, 3)


def whitening(images: Tensor) -> tuple[Tensor, Tensor]:
    """Measures how to whiten the bands of pixels, without turning them more than needed (ZCA).

    Args:
        images: (N, C, H, W) standardised, NaN = missing.

    Returns:
        (C,) mean and (C, C) matrix; rows and columns of bands that no pixel has are 0.
    """
    pixels = images.permute(0, 2, 3, 1).flatten(0, 2).double()
    present = pixels.isfinite().any(dim=0)
    chosen = pixels[:, present]
    chosen = chosen[chosen.isfinite().all(dim=1)]
    mean, matrix = torch.zeros(len(present)).double(), torch.zeros(len(present), len(present)).double()
    if len(chosen) > 1 and bool(present.any()):
        mean[present] = chosen.mean(dim=0)
        variances, axes = torch.linalg.eigh(torch.cov(chosen.T).reshape(chosen.shape[1], -1))
        floor = WHITE_FLOOR * variances.mean().clamp(min=1e-6)
        white = axes @ torch.diag((variances.clamp(min=0) + floor).rsqrt()) @ axes.T
        matrix[present.nonzero(), present.nonzero().T] = white
    return mean.float(), matrix.float()


class DensePretext(nn.Module):
    """Heads on the first stages, and their losses.

    Args:
        encoder: Whose features are used; not owned.
        tasks: Maps and class maps among these are predicted.
        mean, matrix: Of `whitening`.
    """

    mean: Tensor
    matrix: Tensor

    def __init__(self, encoder: Encoder, tasks: tuple[Task, ...], mean: Tensor, matrix: Tensor) -> None:
        super().__init__()
        self.tasks = tuple(task for task in tasks if task.kind in ("map", "class_map"))
        widths = [encoder.stages[stage][0].norm.normalized_shape[0] for stage in STAGES]  # type: ignore[index]
        outputs = {task.name: task.channels * (2 if task.name == INPUT else 1) for task in self.tasks}
        self.heads = nn.ModuleList(
            nn.ModuleDict({name: nn.Conv2d(width, count, 1) for name, count in outputs.items()}) for width in widths
        )
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("matrix", matrix, persistent=False)

    def forward(self, encoder: Encoder, inputs: Tensor) -> list[dict[str, Tensor]]:
        """Predicts from blanked inputs (N, C, H, W); returns by stage and task (N, channels, rows, cols)."""
        features = encoder(inputs, last_stage=STAGES[-1])
        return [
            {name: head(features[stage]) for name, head in heads.items()}  # type: ignore[operator]
            for stage, heads in zip(STAGES, self.heads, strict=True)
        ]

    def losses(self, predicted: list[dict[str, Tensor]], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        """Returns the loss of each task, averaged over the stages; 0 where there is nothing to compare.

        Args:
            predicted: Of `forward`, float32.
            targets: In the forms of `tasks.Task`.
        """
        found: dict[str, Tensor] = {}
        for task in self.tasks:
            target = targets[task.name]
            wanted = self._with_whitened(target) if task.name == INPUT else target
            parts = [
                _map_loss(maps[task.name], wanted) if task.kind == "map" else _class_loss(maps[task.name], wanted)
                for maps in predicted
            ]
            found[task.name] = torch.stack(parts).mean() * (2 if task.name == INPUT else 1)
        return found

    def _with_whitened(self, target: Tensor) -> Tensor:
        """Returns the bands and behind them the whitened ones, NaN where a band that others have is missing."""
        present = self.matrix.diagonal() != 0
        centred = torch.where(present[:, None, None], target - self.mean[:, None, None], 0)
        white = torch.einsum("ij,njhw->nihw", self.matrix, centred).clamp(-CLIP, CLIP)
        return torch.cat([target, torch.where(present[:, None, None], white, torch.nan)], dim=1)


def _map_loss(predicted: Tensor, target: Tensor) -> Tensor:
    side = target.shape[-1] // predicted.shape[-1]
    valid = target.isfinite()
    filled = torch.where(valid, target, 0)
    weight = valid.to(filled.dtype)
    if side > 1:
        filled = functional.avg_pool2d(filled, side)
        weight = (functional.avg_pool2d(weight, side) > FULL).to(filled.dtype)
    error = functional.smooth_l1_loss(predicted, filled, reduction="none") * weight
    return error.sum() / weight.sum().clamp(min=1)


def _class_loss(predicted: Tensor, labels: Tensor) -> Tensor:
    side = labels.shape[-1] // predicted.shape[-1]
    chosen = labels[:, ::side, ::side]
    total = functional.cross_entropy(predicted, chosen, ignore_index=-1, reduction="sum")
    return total / (chosen >= 0).sum().clamp(min=1)
