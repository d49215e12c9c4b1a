"""The training of an adaptation: the student learns to say of a window what the teacher says of the same ground.

After Marsocci & Audebert 2024, arXiv:2405.09922 (X-STARS), with the student at its own resolution: its tokens are
averaged over the teacher's footprints instead of resizing the images. Knows pairs as arrays, no rasters and no files.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from mmearth.adaptation.adaptation_recipe import AdaptRecipe
from mmearth.adaptation.cancel_points import cancel_points
from mmearth.adaptation.known_space import HELD_BATCH, LEVELS, KnownSpace
from mmearth.adaptation.pair_data import PairData
from mmearth.adaptation.self_distillation import SelfDistillation
from mmearth.adaptation.space_agreement import agreement
from mmearth.adaptation.step_losses import StepLosses
from mmearth.adaptation.student import build_student, fit_first_layer, freeze_responses
from mmearth.adaptation.windows import Windows
from mmearth.errors import InputError
from mmearth.pretraining.pretrain_recipe import learning_rate_share, parameter_groups
from mmearth.progress import Report
from mmearth.weights.checkpoints import Weights
from mmearth.weights.training_checkpoint import Row


@dataclass
class Best:
    """The state to keep: the one that tells held-out places apart best as the teacher does.

    The score is the cosine with the same ground less that with other ground: a student to which all is alike reaches a
    high cosine with any place (docs/benchmarks.md, "Adaptation"). Where the teacher's own features are not what is
    learned, agreement with them says nothing, and the newest state is kept.
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
        report: Told while the known encoder looks at the references; cancels between its layers.
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
        report: Report,
    ) -> None:
        self.recipe, self.device, self.step = recipe, device, 0
        self.curve: list[Row] = []
        self.best = Best()
        self.stopped = ""
        self.before: dict[str, float] = {}  # the agreement at the start
        self._generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)  # dropout of the published heads, and what modules draw when they are made
        self.windows = Windows(data, weights.patch_size)
        self.space = KnownSpace(weights, self.windows, device, report)
        self.student = build_student(weights, matches, from_scratch, self._generator)
        report.check()
        if recipe.has_teacher and not from_scratch:
            fit_first_layer(self.student, weights, *self.windows.on_reference(weights, report))
            report.check()
        self.student.to(device)
        with cancel_points(self.student, report.check):
            self.responses = freeze_responses(self.student, self.windows.calibration(self._generator).to(device))
        self._losses = StepLosses(recipe, data, self.space, self.student, self._generator)
        self._self_distillation = self._make_self_distillation(weights.dims[LEVELS[-1]])
        self._optimiser = self._make_optimiser()

    def go_on(self, best: Best, before: dict[str, float]) -> None:
        """Goes on from what an interrupted training kept; optimiser, heads and moving average begin anew."""
        self.student.load_state_dict(best.state)
        if self._self_distillation is not None:
            self._self_distillation.restart()
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
        with cancel_points(self.student, report.check):
            self._look(after_look, {})
        self.before = self.before or self.best.agreement
        without_gain = 0
        while self.step < self.recipe.steps:
            with cancel_points(self.student, report.check):
                losses = self._train(report)
            self.step += 1
            report.progress("Adapting", self.step, self.recipe.steps)
            if self.step % self.recipe.check_every == 0 or self.step == self.recipe.steps:
                before = self.best.score
                with cancel_points(self.student, report.check):
                    self._look(after_look, losses)
                without_gain = 0 if self.best.score > before + self.recipe.gain else without_gain + 1
                settled = self.step > 2 * self.recipe.stem_only * self.recipe.steps
                if not self.recipe.fixed and self.recipe.distill and settled and without_gain >= self.recipe.patience:
                    self.stopped = "flat"
                    return
        self.stopped = "steps"

    def agreement(self) -> dict[str, float]:
        """Returns how far the student says of held-out places what the teacher says; see `space_agreement`."""
        student, teacher = [], []
        self.student.train(False)
        with torch.no_grad():
            for indexes in np.array_split(self.windows.held_out, max(1, len(self.windows.held_out) // HELD_BATCH)):
                crops, cells = self.windows.centre(indexes)
                images = crops.to(self.device, memory_format=torch.channels_last)
                tokens = self.space.tokens(self.student(images), cells)
                student.append(_rows(tokens[LEVELS[-1]]))
                teacher.append(_rows(self.space.says(indexes, cells)[LEVELS[-1]]))
        self.student.train()
        return agreement(torch.cat(student).float().cpu(), torch.cat(teacher).float().cpu())

    def _look(self, after_look: Callable[[Row], None], losses: Row) -> None:
        found = self.agreement()
        score = found["cosine"] - found["deranged_cosine"]
        if score > self.best.score or not self.recipe.distill:
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
        images = crops.to(self.device)
        report.check()
        self._optimiser.zero_grad(set_to_none=True)
        losses = self._losses.of(indexes, images, cells, report)
        total = torch.stack([weight * value for weight, value in losses.values()]).sum()
        report.check()
        total.backward()  # type: ignore[no-untyped-call]
        row = {"loss": float(total.detach()), **{name: float(value.detach()) for name, (_, value) in losses.items()}}
        if self._self_distillation is not None:
            row["dino"] = float(self._self_distillation.backward(images, recipe.self_distill, report))
            row["loss"] += recipe.self_distill * row["dino"]
            self._self_distillation.hold_prototypes()
        if not math.isfinite(row["loss"]):
            raise InputError(
                f"The loss is no longer a number after {self.step} steps.", "Choose a lower learning rate."
            )
        report.check()
        nn.utils.clip_grad_norm_([p for g in self._optimiser.param_groups for p in g["params"]], recipe.clip_norm)
        self._optimiser.step()
        if self._self_distillation is not None:
            self._self_distillation.follow((self.step + 1) / recipe.steps)
        return row

    def _make_self_distillation(self, width: int) -> SelfDistillation | None:
        if not self.recipe.self_distill:
            return None
        epoch = math.ceil(len(self.windows.training) / self.recipe.batch)
        return SelfDistillation(self.student, self.space.embed, width, epoch, self._generator)

    def _make_optimiser(self) -> torch.optim.AdamW:
        """Heads and decoder are in it: where they are not, they stay as they were drawn (arXiv:2405.09922's code)."""
        student, recipe = self.student, self.recipe
        new = [student.initial_conv, student.stem, *self._losses.modules()]
        if self._self_distillation is not None:
            new.append(self._self_distillation.head)
        early = [student.stages[0]]
        late = [*student.stages[1:], student.downsample_layers]
        groups = []
        for modules, scale, first in ((new, recipe.stem_rate, True), (early, 1.0, True), (late, 1.0, False)):
            for group in parameter_groups(modules, recipe.weight_decay, False):
                groups.append({**group, "scale": scale, "early": first})
        if self._losses.model is not None:
            groups.append({"params": [self._losses.model.mask_token], "weight_decay": 0.0, "scale": recipe.stem_rate,
                           "early": True})  # fmt: skip
        return torch.optim.AdamW(groups, lr=recipe.learning_rate)


def _rows(maps: Tensor) -> Tensor:
    """(N, C, h, w) → (N·h·w, C)."""
    return maps.flatten(2).transpose(1, 2).flatten(0, 1)
