"""One rung of the ladder: a network around the encoder, trained on tiles, scored on those that are held out.

Knows tiles, networks and folders of checkpoints; nothing of model files or reports.
"""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmearth import protocol
from mmearth.disk import disk_errors
from mmearth.errors import Cancelled, InputError
from mmearth.models.convnextv2 import Encoder
from mmearth.models.tuned_networks import REGIONS, ProbeNet, build_network, network_kind
from mmearth.pretraining.distributed import Processes
from mmearth.pretraining.training import largest_divisor
from mmearth.progress import Report
from mmearth.tuning.batches import TrainingBatches
from mmearth.tuning.objective import Plan, Predict, cpu_micro_batch
from mmearth.tuning.tiles import Tiles
from mmearth.tuning.tuning import Tuning
from mmearth.tuning.tuning_recipe import Recipe, recipe_of
from mmearth.tuning.tuning_scores import HeldOutScoring, TuningScores
from mmearth.weights.checkpoints import Weights
from mmearth.weights.training_checkpoint import CHECKPOINT, PROGRESS, Row, Tensors

MEASURED_CROPS = 64  # that GRN of random weights, and features of a probe on them, are measured on
VALIDATED_TILES = 8  # at once
ENCODER = "encoder."


@dataclass(frozen=True)
class Trained:
    """A rung that was trained.

    Attributes:
        rung: One of `protocol.RUNGS`, without "auto".
        kind: Of the network.
        scores: On the held-out samples, by the best weights.
        seconds: Of training and validation, over all sessions.
        state: Of the network with the best weights.
        grn: Responses that GRN was frozen to.
        curve: Rows as in `TuningState`.
        steps: Done.
        best_step: Of the best weights.
        micro_batch: Crops at once.
        epochs: How often the training labels were gone through.
    """

    rung: str
    kind: str
    scores: TuningScores
    seconds: float
    state: Tensors
    grn: list[Tensor]
    curve: list[Row]
    steps: int
    best_step: int
    micro_batch: int
    epochs: float

    def weights(self, start: Weights) -> Weights:
        """Returns the weights that training started from with the encoder as it was tuned."""
        encoder = {n.removeprefix(ENCODER): t for n, t in self.state.items() if n.startswith(ENCODER)}
        return replace(start, encoder=encoder, grn=[response.cpu() for response in self.grn])

    def head(self) -> Tensors:
        """Returns the network's state without its encoder."""
        return {name: tensor for name, tensor in self.state.items() if not name.startswith(ENCODER)}


class Interrupted(Cancelled):
    """The user asked to stop while a rung was trained.

    Attributes:
        trained: What the best weights so far reach; None before the first validation.
    """

    def __init__(self, trained: Trained | None) -> None:
        super().__init__()
        self.trained = trained


class RungTrainer:
    """Trains rungs, each on its own, from the same weights and on the same labels.

    Args:
        request: Settings.
        tiles: Labels.
        weights: To start from.
        folder: Of the run: of the rung that is being trained it holds the checkpoint, of each rung that is finished a
            folder with its last one.
        device: Where to compute.
        processes: Which of how many this is.
        report: Told about every step.
    """

    def __init__(
        self,
        request: protocol.FineTuneRequest,
        tiles: Tiles,
        weights: Weights,
        folder: Path,
        device: torch.device,
        processes: Processes,
        report: Report,
    ) -> None:
        self._request, self._tiles, self._weights, self._folder = request, tiles, weights, folder
        self._device, self._processes, self._report = device, processes, report

    def train(self, rung: str) -> Trained:
        """Trains a rung, or goes on with it where that was asked for, and scores it.

        Raises:
            Interrupted: the user asked to stop; the checkpoint is written.
        """
        request, folder = self._request, self._folder
        kind = network_kind(request.task, rung)
        plan, batches = self._plan(rung, kind)
        network, grn = self._network(kind, batches, plan.recipe)
        tuning = Tuning(plan, network, batches, self._device, self._processes, self._data())
        finished = folder / rung
        alone = request.rung != "auto"
        if (finished / CHECKPOINT).is_file():
            tuning.resume(finished)
        elif request.resume and (alone or _rung_of(folder) == rung):
            tuning.resume(folder)
        if tuning.step:
            self._report.log(f"Going on with '{rung}' after step {tuning.step} of {plan.steps}.")
        else:
            self._report.log(_sentence(plan, batches))

        best: TuningScores | None = None

        def score(predict: Predict) -> float:
            nonlocal best
            found = self._scores(batches, predict)
            if found.macro_f1 > tuning.best_score or not plan.recipe.patience:
                best = found
            return found.macro_f1

        def result(scores: TuningScores) -> Trained:
            epochs = tuning.step * plan.batch / max(1, batches.crops_of_an_epoch)
            return Trained(
                rung, kind, scores, tuning.seconds, tuning.best(), grn, tuning.curve, tuning.step, tuning.best_step,
                tuning.micro_batch, epochs,
            )  # fmt: skip

        try:
            tuning.run(folder, score, self._report)
        except Cancelled as error:
            raise Interrupted(result(best) if best is not None else None) from error
        if best is None:  # it went on after its best weights were found
            with tuning.best_network(self._report) as predict:
                best = self._scores(batches, predict)
        if self._processes.first and not (finished / CHECKPOINT).is_file():
            _keep(folder, finished)
        return result(best)

    def _scores(self, batches: TrainingBatches, predict: Predict) -> TuningScores:
        scoring = HeldOutScoring(self._tiles, self._request.seed)
        for batch in batches.validation(VALIDATED_TILES):
            scoring.add_batch(predict(batch), batch)
        return scoring.scores()

    def _plan(self, rung: str, kind: str) -> tuple[Plan, TrainingBatches]:
        """Resolves the request's settings against recipe, labels and device."""
        request, tiles, weights, count = self._request, self._tiles, self._weights, self._processes.count
        recipe = recipe_of(request.recipe, rung, kind)
        align_px = math.lcm(weights.patch_size, tiles.cell_px)
        crop_px = min(-(-recipe.crop_px // align_px) * align_px, tiles.tile_px // align_px * align_px)
        recipe = replace(
            recipe,
            crop_px=crop_px,
            epochs=request.epochs or recipe.epochs,
            batch=request.batch or recipe.batch,
            learning_rate=request.learning_rate or recipe.learning_rate,
        )
        if recipe.batch % count:
            raise InputError(
                f"A batch of {recipe.batch} cannot be shared by {count} processes.",
                f"Choose a multiple of {count}.",
            )
        augmented = request.recipe == "default"  # the authors of MMEarth mirror and turn nothing
        batches = TrainingBatches(tiles, crop_px, request.seed, augmented=augmented)
        steps = max(1, math.ceil(recipe.epochs * batches.crops_of_an_epoch / recipe.batch))
        if not request.epochs:
            steps = min(max(steps, recipe.fewest_steps), recipe.most_steps)
        share = recipe.batch // count
        wanted = request.micro_batch or (
            share if self._device.type == "cuda" else cpu_micro_batch(crop_px, weights.depths, weights.dims)
        )
        plan = Plan(
            kind=kind,
            rung=rung,
            recipe_name=request.recipe,
            recipe=recipe,
            steps=steps,
            batch=recipe.batch,
            micro_batch=largest_divisor(share, wanted),
            cell_px=tiles.cell_px,
            multi_label=tiles.multi_label,
            seed=request.seed % 2**32,
        )
        return plan, batches

    def _network(self, kind: str, batches: TrainingBatches, recipe: Recipe) -> tuple[nn.Module, list[Tensor]]:
        """Returns the network as training starts, and what its GRN is frozen to."""
        weights = self._weights
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._request.seed)
            encoder = Encoder(len(weights.bands), weights.depths, weights.dims, weights.patch_size)
            network = build_network(kind, encoder, len(self._tiles.classes))
        grn = weights.grn
        images: Tensor | None = None
        if self._request.random_start:
            parts = range(-(-MEASURED_CROPS // recipe.batch))
            drawn = [batches.batch(number, recipe.batch).images for number in parts]
            grn, images = encoder.collect_grn(drawn), torch.cat(drawn)
        else:
            encoder.load_state_dict(weights.encoder)
        encoder.freeze_grn(grn)
        if isinstance(network, ProbeNet):
            network.standardise(*self._spread(encoder, images))
        return network, grn

    def _spread(self, encoder: Encoder, images: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns mean and standard deviation of the features of all stages: those of the weights, or of images."""
        if images is None:
            return torch.from_numpy(self._weights.feature_mean), torch.from_numpy(self._weights.feature_std)
        with torch.no_grad():
            stages = [maps.transpose(0, 1).flatten(1) for maps in encoder(images)]
        mean = torch.cat([maps.mean(dim=1) for maps in stages])
        return mean, torch.cat([maps.std(dim=1) for maps in stages]).clamp(min=1e-6)

    def _data(self) -> dict[str, Any]:
        """Returns what must be the same where a training goes on."""
        tiles = self._tiles
        return {
            "bands": list(tiles.bands),
            "classes": [info.name for info in tiles.classes],
            "labelled_pixels": int(tiles.pixels.sum()),
            "held_out_samples": int(tiles.held_out.sum()),
            "weights": self._weights.sha256,
            "random_start": self._request.random_start,
        }


def clear(folder: Path) -> None:
    """Removes the checkpoints of a run."""
    for name in (CHECKPOINT, PROGRESS):
        (folder / name).unlink(missing_ok=True)
    for rung in protocol.RUNGS:
        shutil.rmtree(folder / rung, ignore_errors=True)


def ladder(task: str) -> tuple[str, ...]:
    """Returns the rungs that `auto` climbs: for classification there is no decoder between probe and last stages."""
    rungs = [rung for rung in protocol.RUNGS if rung != "auto"]
    if network_kind(task, "full") == REGIONS:
        rungs.remove("decoder")
    return tuple(rungs)


def _rung_of(folder: Path) -> str:
    """Returns which rung the checkpoint in a folder is of; empty where there is none."""
    try:
        return str(json.loads((folder / PROGRESS).read_text(encoding="utf-8"))["settings"]["rung"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _keep(folder: Path, finished: Path) -> None:
    """Copies the last checkpoint of a rung into a folder of its own."""
    with disk_errors(folder):
        finished.mkdir(exist_ok=True)
        for name in (PROGRESS, CHECKPOINT):
            part = finished / f".{name}.part"
            shutil.copyfile(folder / name, part)
            part.replace(finished / name)


def _sentence(plan: Plan, batches: TrainingBatches) -> str:
    return (
        f"Training '{plan.rung}': {batches.samples} labelled samples, {plan.steps} steps of {plan.batch} crops of "
        f"{plan.recipe.crop_px} pixels ({plan.micro_batch} at once), learning rate {plan.recipe.learning_rate:g}."
    )
