"""The training loop of MP-MAE: steps of several micro-batches on one or several processes, and what is kept of them.

A step is a function of the seed and its number, so a training that was stopped goes on as if it had not been. Knows
nothing of where chips come from, of weights files or of pictures.
"""

import itertools
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from mmearth.data.batches import Batch, Prefetch, TrainingData
from mmearth.devices import is_out_of_memory
from mmearth.errors import InputError, ResourceError
from mmearth.models.convnextv2 import Encoder, best_dtype
from mmearth.models.dense_pretext import DensePretext, blank_blocks, whitening
from mmearth.models.fcmae import FCMAE, random_mask, removed_patches
from mmearth.models.pretext_losses import UncertaintyWeighting, present_shares, pretext_losses
from mmearth.pretraining.distributed import Processes
from mmearth.pretraining.pretrain_recipe import BETAS, WEIGHT_DECAY, Recipe, parameter_groups, rate_share
from mmearth.pretraining.tasks import INPUT, Task
from mmearth.pretraining.training_state import TrainingState, load_state, save_state
from mmearth.progress import Report
from mmearth.weights.training_checkpoint import Row

PATCHES = 49  # 7 × 7 patches in a crop: arXiv:2405.02771, §4
CURVE_POINTS = 200
CHECK_STEPS = 20  # steps between looks at the loss on a GPU, each of which waits for it
CHECKPOINT_S, TELL_S = 60.0, 1.0
CPU_MICRO_BATCH = 32
WHITENING_CHIPS = 64  # in each of eight batches
DENSE = "dense "


@dataclass(frozen=True)
class Plan:
    """All settings of a training, resolved.

    Attributes:
        size: Of the encoder, a key of `models.convnextv2.SIZES`.
        recipe_name: Key of `pretrain_recipe.RECIPES`.
        recipe: That recipe with the changes of the request.
        steps: Optimiser steps.
        batch: Crops per step, over all processes.
        micro_batch: Crops at once in one process; divides the batch of a process.
        learning_rate: Peak.
        patch_size: In pixels.
        learned_weights: Whether the weights of the tasks are learned.
        band_dropout: Whether the data hide bands from the encoder.
        official: See `models.fcmae.FCMAE`.
        seed: Of initialisation, sampling and masks.
    """

    size: str
    recipe_name: str
    recipe: Recipe
    steps: int
    batch: int
    micro_batch: int
    learning_rate: float
    patch_size: int
    learned_weights: bool
    band_dropout: bool
    official: bool
    seed: int


class Objective(nn.Module):
    """Model and losses as one module, so that several processes can share its gradients.

    Args:
        model: The autoencoder.
        dense: Dense pretext tasks beside it; None means none.
        learned_weights: Whether the weights of the losses are learned.

    Attributes:
        names: Of the losses: the tasks of the autoencoder, then "dense" and the name for the dense ones.
    """

    def __init__(self, model: FCMAE, dense: DensePretext | None, learned_weights: bool) -> None:
        super().__init__()
        self.model = model
        self.dense = dense
        self.names = tuple(task.name for task in model.tasks)
        if dense is not None:
            self.names += tuple(f"{DENSE}{task.name}" for task in dense.tasks)
        self.weighting = UncertaintyWeighting(self.names, learned_weights)

    def forward(
        self, inputs: Tensor, targets: dict[str, Tensor], mask: Tensor, blocks: Tensor, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        """Returns the total, and the losses in the order of `names` with the total behind, detached.

        Args:
            inputs: (N, C, H, W).
            targets: In the forms of `tasks.Task`.
            mask: (M, L) of the first M samples, which are the autoencoder's.
            blocks: (N, 1, H, W), 0 where the dense tasks do not see the input.
            dtype: Precision of the matrix products.
        """
        count = len(mask)
        removed = removed_patches(mask).to(inputs.device)
        with torch.autocast(inputs.device.type, dtype, enabled=dtype != torch.float32):
            predicted = self.model(inputs[:count], mask, removed)
            dense = None if self.dense is None else self.dense(self.model.encoder, inputs * blocks)
        predicted = {name: found.float() for name, found in predicted.items()}
        own = {name: target[:count] for name, target in targets.items()}
        patch_size, official = self.model.encoder.patch_size, self.model.official
        losses = pretext_losses(predicted, own, removed, self.model.tasks, patch_size, official=official)
        if self.dense is not None and dense is not None:
            dense = [{name: maps.float() for name, maps in stage.items()} for stage in dense]
            losses |= {f"{DENSE}{name}": loss for name, loss in self.dense.losses(dense, targets).items()}
        shares = None if official else present_shares(own)
        if shares is not None and dense is not None:
            shares |= {f"{DENSE}{name}": share for name, share in present_shares(targets).items()}
        total = self.weighting(losses, shares)
        told = torch.stack([*(losses[name] for name in self.names), total])
        return total, told.detach()


class Training:
    """A training that can be stopped and gone on with.

    Args:
        plan: Settings.
        data: Where crops come from.
        encoder: With its initial weights; `start_from` may replace them.
        device: Where to compute.
        processes: Which of how many this is.

    Attributes:
        objective: Model and weighting.
        averaged: The encoder's weights, averaged over the steps as the recipe has it.
        curve: Rows with "step", the losses by task, "total" and "weight <task>".
        step: Steps done.
        micro_batch: Crops at once; falls when memory does not suffice.
        waited_s: Seconds spent waiting for data.
        seconds: Seconds spent in steps, over all sessions.
    """

    def __init__(
        self, plan: Plan, data: TrainingData, encoder: Encoder, device: torch.device, processes: Processes
    ) -> None:
        self.plan, self.device = plan, device
        self._data, self._processes = data, processes
        self._dtype = best_dtype(device)
        tasks: tuple[Task, ...] = data.tasks
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            model = FCMAE(encoder, tasks, plan.recipe.decoder_dim, official=plan.official)
            dense = None
            if plan.recipe.dense:
                pixels = torch.cat([data.batch(index, WHITENING_CHIPS).targets[INPUT] for index in range(8)])
                dense = DensePretext(encoder, tasks, *whitening(pixels[..., ::4, ::4]))
        self.objective = Objective(model, dense, plan.learned_weights).to(device)
        self.objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        groups = parameter_groups([self.objective], WEIGHT_DECAY, plan.recipe.decay_grn)
        self._optimiser = torch.optim.AdamW(groups, lr=plan.learning_rate, betas=BETAS)
        self.averaged = {name: value.clone() for name, value in encoder.state_dict().items()}
        self.curve: list[Row] = []
        self.step = 0
        self.micro_batch = plan.micro_batch
        self.waited_s = 0.0
        self.seconds = 0.0

    @property
    def encoder(self) -> Encoder:
        """The encoder in training."""
        return self.objective.model.encoder

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Replaces the encoder's initial weights."""
        self.encoder.load_state_dict(weights)
        self.averaged = {name: value.clone() for name, value in self.encoder.state_dict().items()}

    def resume(self, folder: Path) -> None:
        """Goes on from the checkpoint in a folder.

        Raises:
            CheckpointError: there is none, or it is damaged.
            InputError: it belongs to other settings.
        """
        state = load_state(folder, self._settings(), self.objective, self.averaged, self._optimiser)
        self.step, self.curve, self.seconds = state.step, state.curve, state.seconds

    def save(self, folder: Path) -> None:
        """Writes the checkpoint. Only the first process does.

        Raises:
            InputError: the weights are no longer finite; the checkpoint before stays.
            ResourceError: the disk is full.
        """
        self.check_finite()
        if self._processes.first:
            state = TrainingState(self.step, self._settings(), self.curve, self.seconds)
            save_state(folder, state, self.objective, self.averaged, self._optimiser)

    def check_finite(self) -> None:
        """Refuses to go on with weights that are no longer finite.

        Raises:
            InputError: they are not.
        """
        if not self._is_finite():
            self._refuse(["weights of the model"])

    def run(self, folder: Path, checkpoint_every: int, after_step: Callable[[], None], report: Report) -> None:
        """Trains to the end of the plan.

        Args:
            folder: Where checkpoints go: every `checkpoint_every` steps, or once a minute where that is 0, and when
                the training is stopped.
            checkpoint_every: In steps.
            after_step: Called after each step.
            report: Told the losses, at most once a second.

        Raises:
            InputError: a loss is no longer finite; the last checkpoint is from before.
            ResourceError: memory does not suffice even for one crop, or the disk is full.
            Cancelled: after a last checkpoint.
        """
        target: nn.Module = self.objective
        if self._processes.count > 1:
            target = nn.parallel.DistributedDataParallel(self.objective, gradient_as_bucket_view=True)
        self.objective.train()
        interval = max(1, self.plan.steps // CURVE_POINTS)
        check_every = 1 if self.device.type == "cpu" else CHECK_STEPS
        waiting: list[Tensor] = []
        told_s = saved_s = time.monotonic()
        report.progress("Pretraining", self.step, self.plan.steps)
        try:
            while self.step < self.plan.steps:
                for told in self._steps(target, report):
                    waiting.append(told)
                    last = self.step == self.plan.steps
                    if self.step % check_every == 0 or self.step % interval == 0 or last:
                        self._check(waiting)
                    if self.step % interval == 0 or last:
                        self.curve.append(self._row(waiting))
                        waiting.clear()
                        now_s = time.monotonic()
                        if now_s - told_s > TELL_S or last:
                            told_s = now_s
                            row = self.curve[-1]
                            report.metrics(self.step, self.plan.steps, {k: v for k, v in row.items() if k != "step"})
                    after_step()
                    by_time = checkpoint_every == 0 and time.monotonic() - saved_s > CHECKPOINT_S
                    if by_time or (checkpoint_every and self.step % checkpoint_every == 0):
                        self._check(waiting)
                        self.save(folder)
                        saved_s = time.monotonic()
                    report.progress("Pretraining", self.step, self.plan.steps)
        except (InputError, ResourceError):
            raise  # the last checkpoint is the last good state
        except BaseException:
            # Parameters change at the end of a step only, so this is the state after the last whole step.
            if self.step > 0 and self._is_finite():
                self.save(folder)
                report.log(f"The checkpoint after {self.step} steps is kept; resume to go on from there.")
            raise

    def _steps(self, target: nn.Module, report: Report) -> Iterator[Tensor]:
        """Yields after each step; returns early when the micro-batch had to fall, and so the batches change."""
        micro_steps = self.plan.batch // (self.micro_batch * self._processes.count)
        indexes = (
            (step * micro_steps + micro) * self._processes.count + self._processes.rank
            for step in range(self.step, self.plan.steps)
            for micro in range(micro_steps)
        )
        threads = 1 if self.device.type == "cpu" else max(1, (os.cpu_count() or 1) // 2)
        with Prefetch(self._data, indexes, self.micro_batch, threads) as batches:
            endless = iter(batches)
            while self.step < self.plan.steps:
                started_s = time.perf_counter()
                try:
                    told = self._step(target, itertools.islice(endless, micro_steps), micro_steps, report)
                except (RuntimeError, MemoryError) as error:
                    self.micro_batch = smaller_micro_batch(
                        error, self.micro_batch, self.plan.batch, self.device, self._processes.count, report
                    )
                    self._optimiser.zero_grad(set_to_none=True)
                    self.waited_s += batches.waited_s
                    return
                self.seconds += time.perf_counter() - started_s
                self.step += 1
                yield told
            self.waited_s += batches.waited_s

    def _step(self, target: nn.Module, batches: Iterator[Batch], micro_steps: int, report: Report) -> Tensor:
        """Does one step and returns its losses, averaged over micro-batches and processes."""
        recipe = self.plan.recipe
        for group in self._optimiser.param_groups:
            group["lr"] = self.plan.learning_rate * rate_share(recipe, self.step, self.plan.steps)
        self._optimiser.zero_grad(set_to_none=True)
        masks, blocks = self._drawn(micro_steps)
        told = torch.zeros(len(self.objective.names) + 1, device=self.device)
        for micro, batch in enumerate(batches):
            report.check()
            shared = self._processes.count > 1 and micro + 1 < micro_steps
            with target.no_sync() if shared else nullcontext():  # type: ignore[operator]
                inputs = batch.inputs.to(self.device, memory_format=torch.channels_last, non_blocking=True)
                targets = {name: found.to(self.device, non_blocking=True) for name, found in batch.targets.items()}
                seen = blocks[micro].to(self.device, non_blocking=True)
                total, losses = target(inputs, targets, masks[micro], seen, self._dtype)
                (total / micro_steps).backward()
            told += losses / micro_steps
        told = self._processes.average(told)
        if recipe.clip_norm:
            nn.utils.clip_grad_norm_(self.objective.parameters(), recipe.clip_norm)
        report.check()
        if self.device.type == "cpu":
            self._check([told])
        self._optimiser.step()
        self._average()
        return told

    def _drawn(self, micro_steps: int) -> tuple[Tensor, Tensor]:
        """Returns this process's masks and blank blocks of a step, cut from those of the whole batch.

        The first axes are (micro_steps, crops of a micro-batch); the autoencoder takes its share of the crops only.
        """
        # A generator of torch looks at 32 bits of its seed.
        seed = np.random.SeedSequence([self.plan.seed, self.step]).generate_state(1)
        generator = torch.Generator().manual_seed(int(seed[0]))
        recipe, batch = self.plan.recipe, self.plan.batch
        mine = (micro_steps, self._processes.count, self.micro_batch)
        masks = random_mask(batch, PATCHES, recipe.mask_ratio, generator).view(*mine, PATCHES)
        count = max(1, round(recipe.masked_share * self.micro_batch))
        if self.objective.dense is None:
            blocks = torch.ones(batch, 1, 1, 1)
        else:
            blocks = blank_blocks(batch, 7 * self.plan.patch_size, generator)
        rank = self._processes.rank
        return masks[:, rank].narrow(1, 0, count), blocks.view(*mine, *blocks.shape[1:])[:, rank]

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.plan.recipe.ema_decay, (self.step + 1) / (self.step + 10))
        state = self.encoder.state_dict()
        torch._foreach_lerp_(list(self.averaged.values()), [state[name] for name in self.averaged], 1 - decay)

    def _check(self, waiting: list[Tensor]) -> None:
        names = [*self.objective.names, "total"]
        for told in waiting:
            if not bool(told.isfinite().all()):
                values = dict(zip(names, told.tolist(), strict=True))
                self._refuse([f"{name} {value}" for name, value in values.items() if not math.isfinite(value)])

    def _is_finite(self) -> bool:
        found = [parameter.detach().isfinite().all() for parameter in self.objective.parameters()]
        return bool(torch.stack(found).all())

    def _refuse(self, bad: list[str]) -> NoReturn:
        raise InputError(
            f"The loss is no longer a number after {self.step} of {self.plan.steps} steps: {', '.join(bad)}.",
            "Choose a lower learning rate, leave that task out, or look for damaged chips; a checkpoint holds the last "
            "good state.",
        )

    def _row(self, waiting: list[Tensor]) -> Row:
        names = [*self.objective.names, "total"]
        mean = torch.stack(waiting).mean(dim=0).tolist()
        row: Row = {"step": float(self.step), **dict(zip(names, mean, strict=True))}
        if self.plan.learned_weights:
            weights = torch.exp(-self.objective.weighting.log_vars.detach()).tolist()
            row |= {f"weight {name}": weight for name, weight in zip(names, weights, strict=False)}
        bad = [f"{name} {value}" for name, value in row.items() if not math.isfinite(value)]
        if bad:
            self._refuse(bad)
        return row

    def _settings(self) -> dict[str, Any]:
        # The micro-batch may be another, as it falls when memory does not suffice.
        return {
            **vars(self.plan.recipe),
            **{key: value for key, value in vars(self.plan).items() if key not in ("recipe", "micro_batch")},
            "bands": list(self._data.bands),
            "tasks": [[task.name, task.channels] for task in self._data.tasks],
            "chips": self._data.names,
            "processes": self._processes.count,
        }


def smaller_micro_batch(
    error: BaseException, micro_batch: int, batch: int, device: torch.device, processes: int, report: Report
) -> int:
    """Returns how many crops at once to go on with where memory did not suffice, and says so.

    Raises:
        ResourceError: memory does not suffice even for one crop, or other processes would not follow.
        RuntimeError, MemoryError: the error, where it says something else.
    """
    if not is_out_of_memory(error):
        raise error
    if processes > 1 or micro_batch == 1:
        raise ResourceError(
            f"Memory does not suffice for {micro_batch} crops at once on {device}: {error}.",
            "Choose a smaller micro-batch or a smaller encoder, train less of the network, or compute on the CPU.",
        ) from error
    if device.type == "cuda":
        torch.cuda.empty_cache()
    smaller = largest_divisor(batch, micro_batch // 2)
    report.log(
        f"Memory did not suffice for {micro_batch} crops at once; going on with {smaller}. A step still has {batch}.",
        "warning",
    )
    return smaller


def largest_divisor(number: int, limit: int) -> int:
    """Returns the largest divisor of a number that is at most `limit`."""
    return next(candidate for candidate in range(min(number, max(1, limit)), 0, -1) if number % candidate == 0)
