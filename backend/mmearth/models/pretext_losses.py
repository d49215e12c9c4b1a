"""What a prediction costs, task by task, and how the tasks are weighed against each other.

Nedungadi et al. 2024, arXiv:2405.02771, §4. Maps are compared on removed patches; numbers and categories of a whole
sample everywhere. Knows nothing of networks or files.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.pretraining.tasks import INPUT, Task

PATCH_EPS = 1e-6  # He et al. 2022, arXiv:2111.06377, their code; taken over by MMEarth
_FILLED = (INPUT, "sentinel1", "aster", "canopy_height_eth")  # maps whose gaps the authors' code makes zeros


def patchify(images: Tensor, patch_size: int) -> Tensor:
    """Cuts (N, C, H, W) into (N, H·W / patch², patch²·C): patches row by row, inside them row, column, channel."""
    n, c, h, w = images.shape
    p = patch_size
    return images.reshape(n, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(n, -1, p * p * c)


def pretext_losses(
    predicted: dict[str, Tensor],
    targets: dict[str, Tensor],
    removed: Tensor,
    tasks: tuple[Task, ...],
    patch_size: int,
    normalise_patches: bool = True,
    official: bool = False,
) -> dict[str, Tensor]:
    """Returns the loss of each task, a scalar; exactly 0 where a task has nothing to compare.

    Args:
        predicted: By task: maps and class maps (N, R, patch²·channels) at the removed patches, in the layout of
            `patchify`; vectors and categories (N, channels).
        targets: By task, in the forms of `tasks.Task`.
        removed: (N, R) numbers of the removed patches.
        tasks: Which to compute.
        patch_size: In pixels.
        normalise_patches: Compare Sentinel-2 patches after bringing each to mean 0 and deviation 1.
        official: As the authors' code: gaps of four maps count as zeros, a patch of loss 0 leaves the count, a sample
            without category has category 0, and a task without any label has loss NaN.
    """
    losses = {}
    for task in tasks:
        found, target = predicted[task.name], targets[task.name]
        if task.kind == "map":
            if official and task.name in _FILLED:
                target = torch.nan_to_num(target, nan=0.0, posinf=0.0, neginf=0.0)
            patches = _at(patchify(target, patch_size), removed)
            losses[task.name] = _map_loss(found, patches, normalise_patches and task.name == INPUT, official)
        elif task.kind == "class_map":
            labels = _at(patchify(target[:, None], patch_size), removed)
            losses[task.name] = _class_loss(found.reshape(-1, task.channels), labels.flatten(), official)
        elif task.kind == "category":
            labels = target.clamp(min=0) if official else target
            losses[task.name] = _class_loss(found, labels, official)
        else:
            losses[task.name] = _vector_loss(found, target, official)
    return losses


class UncertaintyWeighting(nn.Module):
    """Total = Σ exp(-s)·L + s over the tasks whose loss L is not 0, with learned s (Kendall et al. 2018, without ½).

    Args:
        names: Tasks, in order.
        learned: Whether to learn s; otherwise the total is the plain sum of the losses.
    """

    def __init__(self, names: tuple[str, ...], learned: bool = True) -> None:
        super().__init__()
        self.names = names
        self.learned = learned
        self.log_vars = nn.Parameter(torch.zeros(len(names)), requires_grad=learned)

    def forward(self, losses: dict[str, Tensor], shares: dict[str, Tensor] | None = None) -> Tensor:
        """Returns the total of the losses.

        Args:
            losses: Scalars by name.
            shares: Share of the samples that have each task. Without it a task that one sample of many has pulls as
                hard as one that all have. None, as in the authors' code, means all.
        """
        loss = torch.stack([losses[name] for name in self.names])
        share = torch.ones_like(loss) if shares is None else torch.stack([shares[name] for name in self.names])
        if not self.learned:
            return (share * loss).sum()
        weighted = torch.exp(-self.log_vars) * loss + self.log_vars
        return (weighted * share * (loss != 0)).sum()


def present_shares(targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns by task the share of the samples that have any value of it, scalars.

    Args:
        targets: In the forms of `tasks.Task`.
    """
    shares = {}
    for name, target in targets.items():
        present = target.isfinite() if target.is_floating_point() else target >= 0
        shares[name] = present.flatten(1).any(dim=1).float().mean() if target.ndim > 1 else present.float().mean()
    return shares


def _at(patches: Tensor, removed: Tensor) -> Tensor:
    return patches.gather(1, removed[..., None].expand(-1, -1, patches.shape[-1]))


def _map_loss(predicted: Tensor, target: Tensor, normalise: bool, official: bool) -> Tensor:
    valid = ~torch.isnan(target)
    count = valid.sum(dim=-1, keepdim=True)
    target = torch.where(valid, target, 0)
    if normalise:
        mean = target.sum(dim=-1, keepdim=True) / count.clamp(min=1)
        variance = ((target - mean).square() * valid).sum(dim=-1, keepdim=True) / (count - 1).clamp(min=1)
        target = (target - mean) / (variance + PATCH_EPS).sqrt()
    error = ((predicted - target).square() * valid).sum(dim=-1) / count[..., 0].clamp(min=1)
    # One valid value normalised by itself says nothing.
    scored = error != 0 if official else count[..., 0] > (1 if normalise else 0)
    return (error * scored).sum() / scored.sum().clamp(min=1)


def _class_loss(logits: Tensor, labels: Tensor, official: bool) -> Tensor:
    total = functional.cross_entropy(logits, labels, ignore_index=-1, reduction="sum")
    count = (labels >= 0).sum()
    return total / (count if official else count.clamp(min=1))


def _vector_loss(predicted: Tensor, target: Tensor, official: bool) -> Tensor:
    valid = ~torch.isnan(target)
    total = torch.where(valid, predicted - target, 0).square().sum()
    count = valid.sum()
    return total / (count if official else count.clamp(min=1))
