"""The training of an adaptation: the student learns to say of a window what the teacher says of the same ground.

After Marsocci & Audebert 2024, arXiv:2405.09922 (X-STARS), with the student at its own resolution: its tokens are
averaged over the teacher's footprints instead of resizing the images. Knows pairs as arrays, no rasters and no files.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmearth.adaptation.adaptation_losses import Alignment, XStarsAlignment, distillation, msad, soft_similarity
from mmearth.adaptation.adaptation_recipe import AdaptRecipe
from mmearth.adaptation.anchor_masks import anchor_masks
from mmearth.adaptation.footprint import pool_tokens
from mmearth.adaptation.pair_data import PairData
from mmearth.adaptation.space_agreement import agreement
from mmearth.adaptation.student import build_student, build_teacher, freeze_responses
from mmearth.adaptation.windows import Windows
from mmearth.errors import InputError
from mmearth.models.convnextv2 import best_dtype
from mmearth.models.fcmae import FCMAE, random_mask, removed_patches
from mmearth.models.pretext_losses import pretext_losses
from mmearth.pretraining.pretrain_recipe import learning_rate_share, parameter_groups
from mmearth.pretraining.tasks import INPUT, Task
from mmearth.progress import Report
from mmearth.weights.checkpoints import Weights
from mmearth.weights.training_checkpoint import Row

LEVELS = (2, 3)  # stages whose maps are compared: 4 and 8 pixels of a Sentinel-2 image
_DECODER = 256
_HELD_BATCH = 4


@dataclass
class Best:
    """The state to keep: the one that tells held-out places apart best as the teacher does.

    The score is the cosine with the same ground less that with other ground: a student to which all is alike reaches a
    high cosine with any place (docs/benchmarks.md, "Adaptation"). Where nothing is learned from the teacher, agreement
    with it says nothing, and the newest state is kept.
    """

    score: float = -math.inf
    step: int = 0
    state: dict[str, Tensor] = field(default_factory=dict)
    agreement: dict[str, float] = field(default_factory=dict)


class Adaptation:
    """Teaches one encoder.

    Args:
        recipe: How.
        data: Windows of both sensors.
        weights: Of the known sensor.
        matches: For each band of the new sensor the number of a known one, or None.
        from_scratch: Begin with random weights.
        seed: Of everything random.
        device: Where.
    """

    def __init__(
        self,
        recipe: AdaptRecipe,
        data: PairData,
        weights: Weights,
        matches: tuple[int | None, ...],
        from_scratch: bool,
        seed: int,
        device: torch.device,
    ) -> None:
        self.recipe, self.device, self.step = recipe, device, 0
        self.curve: list[Row] = []
        self.best = Best()
        self.stopped = ""
        self.before: dict[str, float] = {}  # the agreement at the start
        self._data, self._weights = data, weights
        self._generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)  # dropout of the published heads, and what modules draw when they are made
        self.windows = Windows(data, weights.patch_size)
        self._teacher = build_teacher(weights, device)
        self._seen = self._look_at_references()
        self.student = build_student(weights, matches, from_scratch, self._generator).to(device)
        self.responses = freeze_responses(self.student, self.windows.calibration(self._generator).to(device))
        self._heads, self._model = self._make_heads(), self._make_model()
        self._optimiser = self._make_optimiser()
        dtype = best_dtype(device)
        self._autocast = torch.autocast(device.type, dtype, enabled=dtype != torch.float32)

    def go_on(self, best: Best, before: dict[str, float]) -> None:
        """Goes on from what an interrupted training kept; the optimiser begins anew."""
        self.student.load_state_dict(best.state)
        self.best, self.before, self.step = best, before, best.step

    def run(self, report: Report, after_look: Callable[[Row], None]) -> None:
        """Trains until held-out places gain no more, or the steps are done; `best` has the state to keep.

        Args:
            report: Told after every step; cancelling leaves what is best so far.
            after_look: Called with the newest row of the curve.

        Raises:
            Cancelled: it was asked to stop.
            InputError: the loss is no longer finite.
        """
        self._look(after_look, {})
        self.before = self.before or self.best.agreement
        without_gain = 0
        while self.step < self.recipe.steps:
            losses = self._train(report)
            self.step += 1
            report.progress("Adapting", self.step, self.recipe.steps)
            if self.step % self.recipe.check_every == 0 or self.step == self.recipe.steps:
                before = self.best.score
                self._look(after_look, losses)
                without_gain = 0 if self.best.score > before + self.recipe.gain else without_gain + 1
                settled = self.step > 2 * self.recipe.stem_only * self.recipe.steps
                if (
                    not self.recipe.fixed
                    and self.recipe.has_teacher
                    and settled
                    and without_gain >= self.recipe.patience
                ):
                    self.stopped = "flat"
                    return
        self.stopped = "steps"

    def agreement(self) -> dict[str, float]:
        """Returns how far the student says of held-out places what the teacher says; see `space_agreement`."""
        student, teacher = [], []
        self.student.train(False)
        with torch.no_grad():
            for indexes in np.array_split(self.windows.held_out, max(1, len(self.windows.held_out) // _HELD_BATCH)):
                crops, cells = self.windows.centre(indexes)
                tokens = self._tokens(self._maps(crops.to(self.device)), cells[-1].shape)
                student.append(_rows(tokens[LEVELS[-1]]))
                teacher.append(_rows(self._reference(indexes, cells)[LEVELS[-1]]))
        self.student.train()
        return agreement(torch.cat(student).float().cpu(), torch.cat(teacher).float().cpu())

    def _look(self, after_look: Callable[[Row], None], losses: Row) -> None:
        found = self.agreement()
        score = found["cosine"] - found["deranged_cosine"]
        if score > self.best.score or not self.recipe.has_teacher:
            state = {name: tensor.detach().clone() for name, tensor in self.student.state_dict().items()}
            self.best = Best(score, self.step, state, found)
        row = {"step": float(self.step), **losses, "retrieval": found["retrieval"], "cosine": found["cosine"]}
        self.curve.append(row)
        after_look(row)

    def _train(self, report: Report) -> Row:
        """Does one step; returns its losses."""
        recipe = self.recipe
        share = learning_rate_share(self.step, recipe.warm_up * recipe.steps, recipe.steps)
        stem_only = self.step < recipe.stem_only * recipe.steps and recipe.distill > 0
        for group in self._optimiser.param_groups:
            group["lr"] = 0.0 if stem_only and not group["early"] else recipe.learning_rate * share * group["scale"]
        indexes = self.windows.draw(recipe.batch, self._generator)
        crops, cells = self.windows.crops(indexes, self._generator)
        report.check()
        self._optimiser.zero_grad(set_to_none=True)
        losses = self._losses(indexes, crops.to(self.device), cells, report)
        total = torch.stack([weight * value for weight, value in losses.values()]).sum()
        if not bool(total.isfinite()):
            raise InputError(
                f"The loss is no longer a number after {self.step} steps.", "Choose a lower learning rate."
            )
        report.check()
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([p for g in self._optimiser.param_groups for p in g["params"]], recipe.clip_norm)
        report.check()
        self._optimiser.step()
        return {"loss": float(total.detach()), **{name: float(value.detach()) for name, (_, value) in losses.items()}}

    def _losses(
        self, indexes: np.ndarray, crops: Tensor, cells: list[Any], report: Report
    ) -> dict[str, tuple[float, Tensor]]:
        """Returns name → (weight, loss) of what the recipe asks for."""
        recipe = self.recipe
        losses: dict[str, tuple[float, Tensor]] = {}
        keep: Tensor | None = None
        mask: Tensor | None = None
        seen = crops
        if recipe.anchors != "none":
            hidden, mask = self._anchors(len(crops), crops.shape[-1], cells[-1].shape)
            keep = (hidden == 0).to(self.device)
            seen = crops * _spread(1 - mask, crops.shape[-1], self._weights.patch_size).to(self.device)
        if recipe.distill or recipe.contrast or recipe.similarity:
            with self._autocast:
                maps = self._maps(seen)
            tokens = {stage: found.float() for stage, found in self._tokens(maps, cells[-1].shape).items()}
            report.check()
            teacher = self._reference(indexes, cells)
            top = LEVELS[-1]
            if recipe.distill:
                chosen = {top: (tokens[top], teacher[top])}
                if keep is None:
                    chosen = {stage: (tokens[stage], teacher[stage]) for stage in LEVELS}
                found = [distillation(*_kept(*pair, keep)) for pair in chosen.values()]
                losses["distill"] = (recipe.distill, torch.stack(found).mean())
            if recipe.contrast:
                if isinstance(self._heads, XStarsAlignment):
                    losses["xstars"] = (recipe.contrast, self._heads(tokens[top], teacher[top]))
                else:
                    contrast = msad(tokens[top], teacher[top], self._heads, self._generator)
                    losses["msad"] = (recipe.contrast, contrast)
            if recipe.similarity and self._data.land_cover is not None:
                cover = torch.from_numpy(self._data.land_cover[indexes]).float().to(self.device)
                losses["land_cover"] = (recipe.similarity, soft_similarity(tokens[top].mean((2, 3)), cover))
        if recipe.rebuild and self._model is not None:
            losses["rebuild"] = (recipe.rebuild, self._rebuild(crops, mask))
        return losses

    def _rebuild(self, crops: Tensor, mask: Tensor | None) -> Tensor:
        """Returns the loss of predicting removed patches of the new sensor's image from the others."""
        patch, tasks = self._weights.patch_size, self._model.tasks  # type: ignore[union-attr]
        if mask is None:
            mask = random_mask(len(crops), (crops.shape[-1] // patch) ** 2, self.recipe.mask_ratio, self._generator)
        removed = removed_patches(mask).to(self.device)
        with self._autocast:
            predicted = self._model(crops, mask, removed)  # type: ignore[misc]
        predicted = {name: values.float() for name, values in predicted.items()}
        return pretext_losses(predicted, {INPUT: crops}, removed, tasks, patch)[INPUT]

    def _anchors(self, count: int, side_px: int, cells: tuple[int, int]) -> tuple[Tensor, Tensor]:
        patches = side_px // self._weights.patch_size
        return anchor_masks(count, cells[0], patches, self.recipe.mask_ratio, self.recipe.anchors, self._generator)

    def _maps(self, crops: Tensor) -> list[Tensor]:
        return self.student(crops.to(memory_format=torch.channels_last))  # type: ignore[no-any-return]

    def _tokens(self, maps: list[Tensor], top_cells: tuple[int, int]) -> dict[int, Tensor]:
        """Averages the student's maps over the teacher's cells, and brings each channel to the teacher's scale."""
        found = {}
        for stage in LEVELS:
            factor = 2 ** (LEVELS[-1] - stage)
            size = (top_cells[0] * factor, top_cells[1] * factor)
            found[stage] = self._scaled(pool_tokens(maps[stage].float(), size), stage)
        return found

    def _reference(self, indexes: np.ndarray, cells: list[Any]) -> dict[int, Tensor]:
        """Returns what the teacher said of the cells of crops: (N, C, rows, cols) by stage."""
        found = {}
        for stage in LEVELS:
            factor = 2 ** (LEVELS[-1] - stage)
            parts = [
                self._seen[stage][index][:, *cell.slices(factor)] for index, cell in zip(indexes, cells, strict=True)
            ]
            found[stage] = torch.stack(parts).float().to(self.device)
        return found

    def _scaled(self, maps: Tensor, stage: int) -> Tensor:
        part = self._weights.stage_slices[stage]
        mean = torch.from_numpy(self._weights.feature_mean[part]).to(maps)[:, None, None]
        std = torch.from_numpy(self._weights.feature_std[part]).to(maps)[:, None, None]
        return (maps - mean) / std

    @torch.no_grad()
    def _look_at_references(self) -> dict[int, list[Tensor]]:
        """Returns what the teacher says of every window, once: it never changes."""
        seen: dict[int, list[Tensor]] = {stage: [] for stage in LEVELS}
        for images in torch.split(self.windows.references(self._weights), _HELD_BATCH):
            maps = self._teacher(images.to(self.device, memory_format=torch.channels_last))
            for stage in LEVELS:
                seen[stage].extend(self._scaled(maps[stage], stage).half().cpu())
        return seen

    def _make_heads(self) -> Alignment | XStarsAlignment | None:
        if not self.recipe.contrast:
            return None
        width = self._weights.dims[LEVELS[-1]]
        return (XStarsAlignment(width) if self.recipe.published else Alignment(width)).to(self.device)

    def _make_model(self) -> FCMAE | None:
        if not self.recipe.rebuild:
            return None
        task = Task(INPUT, "map", len(self._data.target_bands))
        encoder = self.student
        state = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
        model = FCMAE(encoder, (task,), _DECODER)
        encoder.load_state_dict(state)  # making the autoencoder draws new weights
        return model.to(self.device)

    def _make_optimiser(self) -> torch.optim.AdamW:
        """Heads and decoder are in it: where they are not, they stay as they were drawn (arXiv:2405.09922's code)."""
        student, recipe = self.student, self.recipe
        new: list[nn.Module] = [student.initial_conv, student.stem]
        new += [] if self._heads is None else [self._heads]
        if self._model is not None:
            new += [part for name, part in self._model.named_children() if name != "encoder"]
        early = [student.stages[0]]
        late = [*student.stages[1:], student.downsample_layers]
        groups = []
        for modules, scale, first in ((new, recipe.stem_rate, True), (early, 1.0, True), (late, 1.0, False)):
            for group in parameter_groups(modules, recipe.weight_decay, False):
                groups.append({**group, "scale": scale, "early": first})
        if self._model is not None:
            groups.append({"params": [self._model.mask_token], "weight_decay": 0.0, "scale": recipe.stem_rate,
                           "early": True})  # fmt: skip
        return torch.optim.AdamW(groups, lr=recipe.learning_rate)


def _rows(maps: Tensor) -> Tensor:
    """(N, C, h, w) → (N·h·w, C)."""
    return maps.flatten(2).transpose(1, 2).flatten(0, 1)


def _kept(student: Tensor, teacher: Tensor, keep: Tensor | None) -> tuple[Tensor, Tensor]:
    """Leaves the cells that are to be compared; equally many in each sample."""
    if keep is None:
        return student, teacher
    chosen = [
        part.flatten(2).transpose(1, 2)[keep.bool()].view(len(part), -1, part.shape[1]) for part in (student, teacher)
    ]
    return chosen[0].transpose(1, 2)[..., None], chosen[1].transpose(1, 2)[..., None]


def _spread(values: Tensor, side_px: int, patch: int) -> Tensor:
    """Returns (N, 1, H, W) of one value a patch."""
    side = side_px // patch
    return values.view(len(values), 1, side, side).repeat_interleave(patch, 2).repeat_interleave(patch, 3)
