"""The training loop of fine-tuning: steps of several micro-batches on one or several processes, and what is kept.

A step is a function of the seed and its number, so a training that was stopped goes on as if it had not been. Knows
nothing of where crops come from, of scores or of model files.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from mmearth.errors import InputError, ResourceError
from mmearth.models import tuned_forward
from mmearth.models.convnextv2 import Encoder, best_dtype
from mmearth.pretraining.distributed import Processes
from mmearth.pretraining.training import (
    CHECK_STEPS,
    CHECKPOINT_S,
    CURVE_POINTS,
    TELL_S,
    smaller_micro_batch,
)
from mmearth.progress import Report
from mmearth.tuning.objective import Batch, Batches, Objective, Plan, Predict, Prefetch, Score
from mmearth.tuning.published_recipe import set_drop_path
from mmearth.tuning.tuning_recipe import (
    BETAS,
    count_labels,
    frozen_stages,
    parameter_groups,
    probabilities,
    rate_share,
    require_gradients,
)
from mmearth.tuning.tuning_state import TuningState, load_state, save_state
from mmearth.weights.training_checkpoint import Row, Tensors

AHEAD = 8  # batches that are made while a GPU computes
LOSS, SCORE, RATE = "loss", "held-out F1", "learning rate"


class Tuning:
    """A training that can be stopped and gone on with.

    Args:
        plan: Settings.
        network: With its initial weights and frozen GRN.
        batches: Where crops come from.
        device: Where to compute.
        processes: Which of how many this is.
        data: What the labels are, for the checkpoint: it must be the same to go on.

    Attributes:
        curve: Rows as in `TuningState`.
        step: Steps done.
        best_score, best_step: Of the weights that `best` returns.
        finished: Whether nothing is left to do.
        micro_batch: Crops at once; falls when memory does not suffice.
        seconds: Time spent in steps and validations, over all sessions.
    """

    def __init__(
        self,
        plan: Plan,
        network: nn.Module,
        batches: Batches,
        device: torch.device,
        processes: Processes,
        data: dict[str, Any],
    ) -> None:
        self.plan, self.device = plan, device
        self._batches, self._processes, self._data = batches, processes, data
        self._dtype = best_dtype(device)
        self._objective = Objective(network, plan, self._dtype).to(device)
        self._objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._network = network
        encoder: Encoder = network.encoder  # type: ignore[assignment]
        set_drop_path(encoder, plan.recipe.drop_path)
        groups = parameter_groups(network, plan.recipe)
        self._optimiser = torch.optim.AdamW(groups, lr=plan.recipe.learning_rate, betas=BETAS)
        trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
        self._averaged = {name: value.clone() for name, value in network.state_dict().items() if name in trained}
        self._best = {name: value.clone() for name, value in self._averaged.items()}
        self.curve: list[Row] = []
        self.step = self.best_step = self._worse = 0
        self.best_score = -1.0
        self.finished = False
        self.micro_batch = plan.micro_batch
        self.seconds = 0.0
        self._frozen = -1
        self._shared: nn.parallel.DistributedDataParallel | None = None  # of several processes

    def best(self) -> Tensors:
        """Returns the network's state with the weights that are kept, on the CPU in float32."""
        state = {**self._network.state_dict(), **self._best}
        return {name: tensor.detach().float().cpu().clone() for name, tensor in state.items()}

    @contextmanager
    def best_network(self, report: Report) -> Iterator[Predict]:
        """Yields what predicts with the best weights."""
        self._prepare()
        with self._with(self._best):
            yield lambda batch: self._predict(batch, report)

    def resume(self, folder: Path) -> None:
        """Goes on from the checkpoint in a folder.

        Raises:
            CheckpointError: there is none, or it is damaged.
            InputError: it belongs to other settings.
        """
        state = load_state(folder, self._settings(), self._network, self._kept(), self._optimiser)
        self.step, self.curve, self.seconds = state.step, state.curve, state.seconds
        self.best_score, self.best_step = state.best_score, state.best_step
        self._worse, self.finished = state.worse, state.finished

    def save(self, folder: Path) -> None:
        """Writes the checkpoint. Only the first process does.

        Raises:
            InputError: the weights are no longer finite; the checkpoint before stays.
            ResourceError: the disk is full.
        """
        if not self._is_finite():
            self._refuse("the weights of the network")
        if self._processes.first:
            state = TuningState(
                self.step, self._settings(), self.curve, self.seconds, self.best_score, self.best_step, self._worse,
                self.finished,
            )  # fmt: skip
            save_state(folder, state, self._network, self._kept(), self._optimiser)

    def run(self, folder: Path, score: Score, report: Report) -> None:
        """Trains to the end of the plan, or until scores no longer improve.

        Args:
            folder: Where checkpoints go, at most one a minute, and at the end or when the training is stopped.
            score: Scores predictions on held-out labels.
            report: Told the losses, at most once a second.

        Raises:
            InputError: the loss is no longer finite; the last checkpoint is from before.
            ResourceError: memory does not suffice even for one crop, or the disk is full.
            Cancelled: after a last checkpoint.
        """
        if self.finished:
            return
        try:
            self._run(folder, score, report)
            self.finished = True
            self.save(folder)
        except (InputError, ResourceError):
            raise  # the last checkpoint is the last good state
        except BaseException:
            # Weights change at the end of a step only, so this is the state after the last whole step.
            if self.step > 0 and self._is_finite():
                self.save(folder)
                report.log(f"The checkpoint after {self.step} steps is kept; resume to go on from there.")
            raise

    def _run(self, folder: Path, score: Score, report: Report) -> None:
        plan = self.plan
        phase = f"Training ({plan.rung})"
        interval = max(1, plan.steps // CURVE_POINTS)
        check_every = 1 if self.device.type == "cpu" else CHECK_STEPS
        waiting: list[Tensor] = []
        told_s, saved_s = -math.inf, time.monotonic()
        report.progress(phase, self.step, plan.steps)
        self._validate(score, report)  # where it was stopped between a step and its validation
        for told in self._steps(report):
            waiting.append(told)
            due = self._validation_is_due()
            if self.step % check_every == 0 or self.step % interval == 0 or due:
                self._check(waiting)
            if self.step % interval == 0 or due:
                self.curve.append(self._row(waiting))
                waiting.clear()
                self._validate(score, report)
                if due or time.monotonic() - told_s > TELL_S:
                    told_s = time.monotonic()
                    row = self.curve[-1]
                    report.metrics(self.step, plan.steps, {key: row[key] for key in row if key != "step"})
            if time.monotonic() - saved_s > CHECKPOINT_S:
                self._check(waiting)
                self.save(folder)
                saved_s = time.monotonic()
            report.progress(phase, self.step, plan.steps)
        if self.step < plan.steps:
            report.log(
                f"Training ended after {self.step} of {plan.steps} steps: no better held-out score since step "
                f"{self.best_step}."
            )

    def _steps(self, report: Report) -> Iterator[Tensor]:
        """Does steps, and yields the loss after each, until the end of the plan or of patience."""
        with Prefetch(self._batches, self.plan, self.step, 1 if self.device.type == "cpu" else AHEAD) as batches:
            while self.step < self.plan.steps and not self._is_worn_out():
                started_s = time.perf_counter()
                batch = batches.next(self.step)
                self._prepare()
                while True:
                    try:
                        told = self._step(batch, report)
                        break
                    except (RuntimeError, MemoryError) as error:
                        self._halve(report, error)
                self.step += 1
                self.seconds += time.perf_counter() - started_s
                yield told

    def _prepare(self) -> None:
        """Makes of the encoder's first stages, as many as are not trained at this step, what runs without gradients."""
        plan, objective = self.plan, self._objective
        frozen = frozen_stages(plan.recipe, self.step, plan.steps)
        if frozen == self._frozen:
            return
        self._frozen = frozen
        if plan.recipe.frozen_share:
            require_gradients(self._network, frozen)
        encoder: Encoder = self._network.encoder  # type: ignore[assignment]
        objective.front = tuned_forward.Front(encoder, frozen, self._dtype) if frozen else None
        if self._processes.count > 1:
            self._shared = nn.parallel.DistributedDataParallel(objective, gradient_as_bucket_view=True)

    def _step(self, batch: Batch, report: Report) -> Tensor:
        """Does one step and returns its loss, the mean over all labels of all processes."""
        plan, recipe = self.plan, self.plan.recipe
        for group in self._optimiser.param_groups:
            group["lr"] = recipe.learning_rate * group["lr_scale"] * rate_share(recipe, self.step, plan.steps)
        self._optimiser.zero_grad(set_to_none=True)
        self._objective.train()
        count, rank = self._processes.count, self._processes.rank
        share = len(batch.images) // count
        labels = max(1, count_labels(batch.targets))
        shared = self._shared
        told = torch.zeros((), device=self.device)
        parts = [slice(at, min(at + self.micro_batch, share)) for at in range(0, share, self.micro_batch)]
        with self._seeded():
            for number, part in enumerate(parts):
                report.check()
                own = slice(rank * share + part.start, rank * share + part.stop)
                images = batch.images[own].to(self.device, memory_format=torch.channels_last, non_blocking=True)
                targets = batch.targets[own].to(self.device, non_blocking=True)
                regions = None if batch.regions is None else batch.regions[own].to(self.device, non_blocking=True)
                with shared.no_sync() if shared and number + 1 < len(parts) else nullcontext():
                    loss = (shared or self._objective)(images, targets, regions)
                    loss = loss * (count / labels)  # the gradients of several processes are averaged
                    loss.backward()
                told += loss.detach()
        told = self._processes.average(told)
        if recipe.clip_norm:
            nn.utils.clip_grad_norm_(self._trained().values(), recipe.clip_norm)
        report.check()
        if self.device.type == "cpu":
            self._check([told])
        self._optimiser.step()
        self._average()
        return told

    @contextmanager
    def _seeded(self) -> Iterator[None]:
        """Makes drop path a function of seed, step and process."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            words = [self.plan.seed, self.step, self._processes.rank]
            torch.manual_seed(int(np.random.SeedSequence(words).generate_state(1)[0]))
            yield

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.plan.recipe.ema_decay, (self.step + 1) / (self.step + 10))
        trained = self._trained()
        torch._foreach_lerp_(list(self._averaged.values()), [trained[name] for name in self._averaged], 1 - decay)

    def _validation_is_due(self) -> bool:
        """Whether held-out labels are to be scored after this step, and were not."""
        every = max(1, -(-self.plan.steps // self.plan.recipe.validations))
        if self.step == 0 or (self.step % every and self.step != self.plan.steps):
            return False
        rows = [row for row in self.curve if row["step"] == self.step]
        return not (rows and SCORE in rows[-1])

    def _validate(self, score: Score, report: Report) -> None:
        """Scores held-out labels where that is due, and keeps the weights if they are the best so far."""
        if not self._validation_is_due():
            return
        started_s = time.perf_counter()
        self._prepare()
        with self._with(self._averaged):
            scored = score(lambda batch: self._predict(batch, report))
        found = self._processes.average(torch.tensor(scored, dtype=torch.float64, device=self.device)).item()
        if not self.curve or self.curve[-1]["step"] != self.step:  # it was stopped before the row was there
            self.curve.append({"step": float(self.step), RATE: self._optimiser.param_groups[-1]["lr"]})
        self.curve[-1][SCORE] = found
        self.seconds += time.perf_counter() - started_s
        if found > self.best_score or not self.plan.recipe.patience:
            self.best_score, self.best_step, self._worse = found, self.step, 0
            for name, tensor in self._best.items():
                tensor.copy_(self._averaged[name])
        else:
            self._worse += 1

    def _is_worn_out(self) -> bool:
        return 0 < self.plan.recipe.patience <= self._worse

    def _predict(self, batch: Batch, report: Report) -> Tensor:
        """See `Predict`; by the weights of the moment."""
        self._objective.train(False)
        found: list[Tensor] = []
        start = 0
        while start < len(batch.images):
            report.check()
            pixels = self.micro_batch * self.plan.recipe.crop_px**2
            part = slice(start, start + max(1, pixels // batch.images[0, 0].numel()))
            images = batch.images[part].to(self.device, memory_format=torch.channels_last)
            regions = None if batch.regions is None else batch.regions[part].to(self.device)
            try:
                with torch.no_grad():
                    logits = self._objective.logits(images, regions)
                    found.append(probabilities(logits, self.plan.multi_label).cpu())
            except (RuntimeError, MemoryError) as error:
                self._halve(report, error)
                continue
            start += len(images)
        return torch.cat(found)

    @contextmanager
    def _with(self, weights: Tensors) -> Iterator[None]:
        """Puts other weights into the network for a while."""
        trained = self._trained()
        held = {name: parameter.detach().clone() for name, parameter in trained.items()}
        try:
            with torch.no_grad():
                for name, parameter in trained.items():
                    parameter.copy_(weights[name])
            yield
        finally:
            with torch.no_grad():
                for name, parameter in trained.items():
                    parameter.copy_(held[name])

    def _trained(self) -> dict[str, nn.Parameter]:
        return {name: parameter for name, parameter in self._network.named_parameters() if name in self._averaged}

    def _kept(self) -> dict[str, Tensors]:
        return {"averaged": self._averaged, "best": self._best}

    def _halve(self, report: Report, error: Exception) -> None:
        """Goes on with smaller micro-batches.

        Raises:
            ResourceError: memory does not suffice even for one crop.
        """
        self.micro_batch = smaller_micro_batch(
            error, self.micro_batch, self.plan.batch, self.device, self._processes.count, report
        )
        self._optimiser.zero_grad(set_to_none=True)

    def _check(self, waiting: list[Tensor]) -> None:
        bad = [value for value in torch.stack(waiting).tolist() if not math.isfinite(value)] if waiting else []
        if bad:
            self._refuse(f"it is {bad[0]}")

    def _is_finite(self) -> bool:
        found = [tensor.isfinite().all() for tensor in (*self._trained().values(), *self._averaged.values())]
        return bool(torch.stack(found).all())

    def _refuse(self, what: str) -> NoReturn:
        raise InputError(
            f"The loss is no longer a number after {self.step} of {self.plan.steps} steps of '{self.plan.rung}': "
            f"{what}.",
            "Choose a lower learning rate, or look for damaged values in the scenes; a checkpoint holds the last good "
            "state.",
        )

    def _row(self, waiting: list[Tensor]) -> Row:
        rate = self._optimiser.param_groups[-1]["lr"] / self._optimiser.param_groups[-1]["lr_scale"]
        return {"step": float(self.step), LOSS: float(torch.stack(waiting).mean()), RATE: rate}

    def _settings(self) -> dict[str, Any]:
        # The micro-batch may be another, as it falls when memory does not suffice.
        plan = {key: value for key, value in vars(self.plan).items() if key not in ("recipe", "micro_batch")}
        return {**vars(self.plan.recipe), **plan, **self._data, "processes": self._processes.count}
