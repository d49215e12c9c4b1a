"""Pictures of a pretraining: the loss of every task over the steps, and what the model makes of removed patches.

Knows arrays and models; nothing of files but where a picture goes.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmearth.data.batches import TrainingData
from mmearth.errors import ResourceError
from mmearth.models.fcmae import FCMAE, random_mask
from mmearth.models.pretext_losses import PATCH_EPS, patchify
from mmearth.pretraining.tasks import INPUT, Task
from mmearth.weights.training_checkpoint import Row

SAMPLES = 4
COLOURS = ("B4", "B3", "B2")
WEIGHT = "weight "
_DPI = 110


def draw_curve(path: Path, curve: Sequence[Row]) -> None:
    """Draws losses, and below them the weights of the tasks where these are learned.

    Args:
        path: Of the PNG file.
        curve: Rows as in `training.Training.curve`, at least one.
    """
    names = [name for name in curve[0] if name != "step"]
    weights = [name for name in names if name.startswith(WEIGHT)]
    losses = [name for name in names if not name.startswith(WEIGHT) and name != "total"]
    rows = 2 if weights else 1
    figure = Figure(figsize=(8, 3.4 * rows), layout="constrained")
    axes = figure.subplots(rows, 1, squeeze=False)[:, 0]
    steps = [row["step"] for row in curve]
    for axis, chosen, label in zip(axes, (losses, weights), ("loss", "weight of the task"), strict=False):
        for name in chosen:
            axis.plot(steps, [row.get(name, np.nan) for row in curve], label=name.removeprefix(WEIGHT), linewidth=1.4)
        axis.set_ylabel(label)
        if chosen is losses and all(row.get(name, 1) > 0 for row in curve for name in chosen):
            axis.set_yscale("log")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, ncols=2)
    axes[-1].set_xlabel("step")
    _save(figure, path)


@torch.no_grad()
def draw_reconstructions(path: Path, model: FCMAE, data: TrainingData, mask_ratio: float) -> None:
    """Draws a few crops: seen whole, with patches removed, reconstructed, and the other maps beside their prediction.

    Args:
        path: Of the PNG file.
        model: To predict with; its mode is left as it was.
        data: Where crops come from; always the same ones.
        mask_ratio: Share of patches removed.
    """
    device = next(model.parameters()).device
    batch = data.batch(0, SAMPLES)
    inputs = torch.nan_to_num(batch.targets[INPUT], nan=0.0)
    patch = model.encoder.patch_size
    mask = random_mask(len(inputs), (inputs.shape[-1] // patch) ** 2, mask_ratio, torch.Generator().manual_seed(0))
    training = model.training
    model.train(False)
    predicted = {name: found.float().cpu() for name, found in model(inputs.to(device), mask).items()}
    model.train(training)
    maps = [task for task in model.tasks if task.kind in ("map", "class_map") and task.name != INPUT]
    titles = ["crop", "what the encoder sees", "reconstruction"]
    titles += [title for task in maps for title in (task.name, "predicted")]
    figure = Figure(figsize=(1.7 * len(titles), 1.8 * len(inputs)), layout="constrained")
    axes = figure.subplots(len(inputs), len(titles), squeeze=False)
    bands = [data.bands.index(name) for name in COLOURS if name in data.bands]
    bands = bands if len(bands) == len(COLOURS) else list(range(min(3, len(data.bands))))
    removed = _unpatchify(mask[..., None].expand(-1, -1, patch**2), 1, patch) > 0
    rebuilt = _unpatchify(_to_input_scale(predicted[INPUT], inputs, patch), inputs.shape[1], patch)
    rebuilt = torch.where(removed, rebuilt, inputs)
    for row in range(len(inputs)):
        shown = [_colours(images[row], inputs[row], bands) for images in (inputs, rebuilt)]
        seen = shown[0] * ~removed[row, 0].numpy()[..., None] + removed[row, 0].numpy()[..., None]
        for axis, picture in zip(axes[row], (shown[0], seen, shown[1]), strict=False):
            axis.imshow(picture)
        for number, task in enumerate(maps):
            pair = axes[row][slice(3 + 2 * number, 5 + 2 * number)]
            _draw_task(pair, task, batch.targets[task.name], predicted[task.name], row, removed[row, 0], patch)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=8)
    for axis in axes.flat:
        axis.set_axis_off()
    _save(figure, path)


def _draw_task(
    axes: Sequence[Axes], task: Task, targets: Tensor, predicted: Tensor, row: int, removed: Tensor, patch: int
) -> None:
    """Draws target and prediction of a sample; the latter at removed patches only, where it is learned."""
    maps = _unpatchify(predicted[row][None], task.channels, patch)[0]
    if task.kind == "class_map":
        colours = mpl.colormaps["tab20"].with_extremes(bad="white")
        for axis, classes in zip(axes, (targets[row], torch.where(removed, maps.argmax(dim=0), -1)), strict=True):
            shown = np.ma.masked_less(classes.numpy(), 0)
            axis.imshow(shown, cmap=colours, vmin=0, vmax=20, interpolation="nearest")
        return
    first = next((channel for channel in range(task.channels) if bool(targets[:, channel].isfinite().any())), 0)
    finite = targets[:, first][targets[:, first].isfinite()].numpy()
    low, high = np.percentile(finite, (2, 98)) if finite.size else (-1.0, 1.0)
    for axis, values in zip(axes, (targets[row, first], torch.where(removed, maps[first], torch.nan)), strict=True):
        axis.imshow(values.numpy(), cmap="viridis", vmin=low, vmax=high)


def _to_input_scale(predicted: Tensor, inputs: Tensor, patch: int) -> Tensor:
    """Undoes the normalisation of patches: predictions are relative to the true patch's mean and deviation."""
    patches = patchify(inputs, patch)
    spread = (patches.var(dim=-1, keepdim=True) + PATCH_EPS).sqrt()
    return predicted * spread + patches.mean(dim=-1, keepdim=True)


def _unpatchify(patches: Tensor, channels: int, patch: int) -> Tensor:
    """The reverse of `patchify` for square grids: (N, L, patch²·C) to (N, C, H, W)."""
    n, count, _ = patches.shape
    grid = round(count**0.5)
    cut = patches.reshape(n, grid, grid, patch, patch, channels)
    return cut.permute(0, 5, 1, 3, 2, 4).reshape(n, channels, grid * patch, grid * patch)


def _colours(image: Tensor, reference: Tensor, bands: list[int]) -> np.ndarray:
    """Returns (H, W, 1 or 3) between 0 and 1, stretched by the reference's 2nd and 98th percentile."""
    low, high = np.percentile(reference[bands].numpy(), (2, 98))
    scaled = np.clip((image[bands].numpy() - low) / max(high - low, 1e-6), 0, 1).transpose(1, 2, 0)
    return scaled if scaled.shape[2] == 3 else np.repeat(scaled[..., :1], 3, axis=2)


def _save(figure: Figure, path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        figure.savefig(temporary, dpi=_DPI, format="png")
        temporary.replace(path)
    except OSError as error:
        raise ResourceError(f"'{path}' cannot be written: {error}.", "Choose another folder, or free space.") from error
    finally:
        temporary.unlink(missing_ok=True)
