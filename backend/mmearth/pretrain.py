"""Pretrains MP-MAE on folders in the MMEarth layout or on the user's rasters, and writes a weights file with its card.

arXiv:2405.02771. Beside the weights lies a run folder with chips, checkpoint, curve and pictures.
"""

import dataclasses
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mmearth import protocol
from mmearth.cog import write_text
from mmearth.data import mmearth_folder, own_rasters
from mmearth.data.batches import TrainingData
from mmearth.data.shards import Shards
from mmearth.devices import resolve_device
from mmearth.embedding.calibration import calibrate
from mmearth.errors import InputError, ResourceError
from mmearth.models.convnextv2 import SIZES, Encoder
from mmearth.pretraining.distributed import Processes, Quiet, join_processes
from mmearth.pretraining.pretrain_recipe import PAPER_CHIPS, RECIPES
from mmearth.pretraining.pretraining_pictures import draw_curve, draw_reconstructions
from mmearth.pretraining.tasks import INPUT
from mmearth.pretraining.training import CPU_MICRO_BATCH, PATCHES, Plan, Training, largest_divisor
from mmearth.progress import Report
from mmearth.weights.checkpoints import Weights, load_weights, save_weights
from mmearth.weights.training_checkpoint import CHECKPOINT

CALIBRATION_CROPS, CALIBRATION_BATCH = 128, 16
ATTO_WORK = 19200  # of `_cpu_micro_batch` for the smallest encoder
PICTURES, PICTURE_S = 10, 20.0  # reconstructions drawn in the course of a training, and seconds between them at least
PATCH_SIZES = (8, 16)
CURVE, CURVE_PICTURE, PICTURE = "curve.json", "curve.png", "reconstructions.png"


def run(request: protocol.PretrainRequest, report: Report) -> dict[str, Any]:
    """Pretrains, calibrates, and writes `<weights_out>` and its card.

    Args:
        request: See `protocol.PretrainRequest`.
        report: Told after every step; cancelling keeps a checkpoint to go on from.

    Returns:
        weights, card, curve, reconstructions (paths), sha256, recipe, steps, micro_batch, seconds, waited_share,
        final_loss, resumed_from_step.

    Raises:
        InputError: the data or the numbers do not serve, or the loss is no longer finite.
        CheckpointError: the checkpoint or the weights to start from cannot be used.
        ResourceError: memory or disk do not suffice.
    """
    _check(request)
    folder = Path(request.weights_out).with_suffix("")
    folder = folder.with_name(f"{folder.name}_run")
    with join_processes(resolve_device(request.device)) as (processes, device):
        told = report if processes.first else Quiet(report)
        _make_folder(folder)
        data = _open_data(request, folder, told, processes)
        plan = _plan(request, data, device, processes, told)
        depths, dims = SIZES[request.size]
        encoder = Encoder(len(data.bands), depths, dims, plan.patch_size)
        training = Training(plan, data, encoder, device, processes)  # draws the initial weights, from the seed
        if request.start:
            training.start_from(_starting_weights(request, data))
        restarted = processes.restarts > 0 and (folder / CHECKPOINT).is_file()
        if request.resume or restarted:
            training.resume(folder)
        resumed_from = training.step
        told.log(_sentence(plan, data, resumed_from))
        writer = _Writer(request, folder, training, data)
        after_step = writer.after_step if processes.first else _nothing
        training.run(folder, request.checkpoint_every, lambda: after_step(told), told)
        training.save(folder)
        if not processes.first:
            return {}
        result = writer.finish(told)
    return {**result, "resumed_from_step": resumed_from}


class _Writer:
    """What a training leaves behind: pictures, snapshots, and at the end the weights with their card."""

    def __init__(self, request: protocol.PretrainRequest, folder: Path, training: Training, data: TrainingData) -> None:
        self._request, self._folder, self._training, self._data = request, folder, training, data
        self._picture_every = max(1, training.plan.steps // PICTURES)
        self._drawn_s = -math.inf

    def after_step(self, report: Report) -> None:
        """Draws and keeps what is due."""
        step, total = self._training.step, self._training.plan.steps
        due = step % self._picture_every == 0 and step < total
        if due and time.monotonic() - self._drawn_s > PICTURE_S:
            report.metrics(step, total, {}, self._draw())
        every = self._request.snapshot_every
        if every and (step % every == 0 or step == total):
            self._training.check_finite()
            path = self._folder / f"snapshot_{step:07d}.safetensors"
            save_weights(str(path), self._weights(report))

    def finish(self, report: Report) -> dict[str, Any]:
        """Writes weights, card, curve and pictures; returns the result of the verb."""
        training, request, plan = self._training, self._request, self._training.plan
        weights = self._weights(report)
        sha256 = save_weights(request.weights_out, weights)
        picture = self._draw()
        report.metrics(training.step, plan.steps, {}, picture)
        final = training.curve[-1]["total"] if training.curve else math.nan
        share = training.waited_s / training.seconds if training.seconds else 0.0
        card = Path(request.weights_out).with_suffix(".json")
        write_text(card, json.dumps(self._card(weights, sha256, share), indent=2, ensure_ascii=False) + "\n")
        return {
            "weights": request.weights_out,
            "card": str(card),
            "curve": str(self._folder / CURVE_PICTURE),
            "reconstructions": picture,
            "sha256": sha256,
            "recipe": plan.recipe_name,
            "steps": plan.steps,
            "micro_batch": training.micro_batch,
            "seconds": round(training.seconds, 1),
            "waited_share": round(share, 4),
            "final_loss": final,
        }

    def _draw(self) -> str:
        """Draws curve and reconstructions; returns the path of the latter."""
        training = self._training
        self._drawn_s = time.monotonic()
        write_text(self._folder / CURVE, json.dumps(training.curve) + "\n")
        if training.curve:
            draw_curve(self._folder / CURVE_PICTURE, training.curve)
        path = self._folder / PICTURE
        draw_reconstructions(path, training.objective.model, self._data, training.plan.recipe.mask_ratio)
        return str(path)

    def _weights(self, report: Report) -> Weights:
        """Calibrates a copy of the averaged encoder."""
        request, training, data = self._request, self._training, self._data
        depths, dims = SIZES[request.size]
        encoder = Encoder(len(data.bands), depths, dims, training.plan.patch_size)
        state = {name: tensor.detach().float().cpu().clone() for name, tensor in training.averaged.items()}
        encoder.load_state_dict(state)
        encoder.requires_grad_(False).train(False).to(training.device)
        calibration = calibrate(encoder, _calibration_crops(data).to(training.device), report)
        return Weights(
            size=request.size,
            depths=depths,
            dims=dims,
            patch_size=training.plan.patch_size,
            bands=data.bands,
            levels=data.levels,
            band_dropout=request.band_dropout,
            summary=_summary(request, training, data),
            encoder=state,
            **vars(calibration),
        )

    def _card(self, weights: Weights, sha256: str, waited_share: float) -> dict[str, Any]:
        request, training, plan = self._request, self._training, self._training.plan
        data = self._data
        limits = ["Check maps against labels that were not used; this card says how it was trained, not how it maps."]
        if data.chips < PAPER_CHIPS:
            limits.append(f"Pretrained on {data.chips} chips: places unlike them look unfamiliar to it.")
        return {
            "summary": weights.summary,
            "weights": {"file": Path(request.weights_out).name, "hash": f"sha256:{sha256}", "size": request.size},
            "data": {
                "training_chips": data.names,
                "bands": list(data.bands),
                "tasks": {task.name: {"kind": task.kind, "channels": task.channels} for task in data.tasks},
                "crop_px": 7 * plan.patch_size,
                "statistics": data.levels,
            },
            "recipe": {
                "name": plan.recipe_name,
                **dataclasses.asdict(plan.recipe),
                "steps": plan.steps,
                "batch": plan.batch,
                "micro_batch": training.micro_batch,
                "learning_rate": plan.learning_rate,
                "patch_size": plan.patch_size,
                "band_dropout": request.band_dropout,
                "weighting": request.weighting,
                "official": request.official,
                "start": Path(request.start).name if request.start else "random weights",
                "seed": plan.seed,
                "device": training.device.type,
                "torch": str(torch.__version__),
            },
            "seconds": round(training.seconds, 1),
            "waiting_for_data": round(waited_share, 4),
            "curve": training.curve,
            "limits": limits,
        }


def _nothing(report: Report) -> None:
    """What processes other than the first do after a step."""


def _check(request: protocol.PretrainRequest) -> None:
    if request.size not in SIZES:
        raise InputError(f"There is no encoder size '{request.size}'.", f"Choose one of {', '.join(SIZES)}.")
    if request.patch_size not in PATCH_SIZES:
        raise InputError(f"A patch of {request.patch_size} px is not supported.", "Choose 8 or 16.")
    if request.recipe not in protocol.RECIPES:
        raise InputError(f"There is no recipe '{request.recipe}'.", f"Choose one of {', '.join(protocol.RECIPES)}.")
    if request.weighting not in protocol.WEIGHTINGS:
        raise InputError(f"There is no weighting '{request.weighting}'.", f"Choose {' or '.join(protocol.WEIGHTINGS)}.")
    if not request.data:
        raise InputError("No training data were given.", "Name a folder in the MMEarth layout, or rasters.")
    numbers = {
        name: getattr(request, name)
        for name in ("epochs", "steps", "batch", "micro_batch", "checkpoint_every", "snapshot_every")
    }
    wrong = [f"{name} {value}" for name, value in numbers.items() if value < 0]
    if not 0 <= request.learning_rate < 1:
        wrong.append(f"learning_rate {request.learning_rate}")
    if request.mask_ratio and not 1 <= int(PATCHES * (1 - request.mask_ratio)) < PATCHES:
        wrong.append(f"mask_ratio {request.mask_ratio}")
    if wrong:
        raise InputError(
            f"These settings do not serve: {', '.join(wrong)}.",
            "Numbers are 0 for the recipe's own or positive; the learning rate lies below 1, the mask ratio between "
            "0.02 and 0.97.",
        )
    if not Path(request.weights_out).parent.is_dir():
        raise ResourceError(
            f"The folder '{Path(request.weights_out).parent}' does not exist.", "Create it or choose another one."
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ResourceError(
            f"The folder '{folder}' cannot be made: {error.strerror}.", "Write the weights somewhere else."
        ) from error


def _open_data(request: protocol.PretrainRequest, folder: Path, report: Report, processes: Processes) -> TrainingData:
    """Opens the training chips; the first process makes them, the others wait and then read them."""
    if processes.first:
        shards = _shards(request, folder, report)
    processes.wait()
    if not processes.first:
        shards = _shards(request, folder, report)
    crop_px = 7 * request.patch_size
    ours = not request.official  # the authors hide no bands, and mirror or turn nothing
    dropout = request.band_dropout and ours
    return TrainingData(shards, crop_px, request.seed, request.tasks, dropout, ours, request.official)


def _shards(request: protocol.PretrainRequest, folder: Path, report: Report) -> list[Shards]:
    folders = [path for path in request.data if Path(path).is_dir()]
    if folders and len(folders) < len(request.data):
        raise InputError(
            "The training data are folders and rasters at once.", "Choose either MMEarth folders or rasters."
        )
    cache = folder / "chips"
    _make_folder(cache)
    if folders:
        if request.layers:
            raise InputError("Further layers go with rasters, not with MMEarth folders.", "Leave the layers out.")
        names = [f"{number}_{Path(path).name}" for number, path in enumerate(folders)]
        return [mmearth_folder.pack(path, cache / name, report) for path, name in zip(folders, names, strict=True)]
    crop_px = 7 * request.patch_size
    source = own_rasters.RasterSource(request.data, crop_px, request.bands, request.units, request.layers)
    return [own_rasters.pack(source, cache / "rasters", report)]


def _plan(
    request: protocol.PretrainRequest, data: TrainingData, device: torch.device, processes: Processes, report: Report
) -> Plan:
    """Resolves the request's settings against recipe, data and device."""
    name = request.recipe
    if name == "auto":
        name = "paper" if data.chips >= PAPER_CHIPS else "small"
    recipe = RECIPES[name]
    batch = request.batch or recipe.batch
    if batch > data.chips:
        report.log(f"There are {data.chips} tiles, fewer than a batch of {batch}; a batch has {data.chips}.", "warning")
        batch = data.chips
    if batch % processes.count:
        raise InputError(
            f"A batch of {batch} cannot be shared by {processes.count} processes.",
            f"Choose a multiple of {processes.count}.",
        )
    rate = recipe.learning_rate * (batch / recipe.batch if recipe.scale_rate else 1)
    recipe = dataclasses.replace(
        recipe, epochs=request.epochs or recipe.epochs, mask_ratio=request.mask_ratio or recipe.mask_ratio
    )
    steps = request.steps or max(1, math.ceil(recipe.epochs * data.chips / batch))
    share = batch // processes.count
    wanted = request.micro_batch or (share if device.type == "cuda" else _cpu_micro_batch(request.size))
    return Plan(
        size=request.size,
        recipe_name=name,
        recipe=recipe,
        steps=steps,
        batch=batch,
        micro_batch=largest_divisor(share, wanted),
        learning_rate=request.learning_rate or rate,
        patch_size=request.patch_size,
        learned_weights=request.weighting == "uncertainty",
        band_dropout=request.band_dropout,
        official=request.official,
        seed=request.seed % 2**32,
    )


def _cpu_micro_batch(size: str) -> int:
    """Returns how many crops a CPU takes at once: about half a second of work, so that Cancel works within a second.

    The work of a crop grows with the blocks' widths squared.
    """
    depths, dims = SIZES[size]
    work = sum(depth * width**2 / 4**stage for stage, (depth, width) in enumerate(zip(depths, dims, strict=True)))
    return max(1, int(CPU_MICRO_BATCH * ATTO_WORK / max(work, ATTO_WORK)))


def _starting_weights(request: protocol.PretrainRequest, data: TrainingData) -> dict[str, Tensor]:
    weights = load_weights(request.start)
    found = (weights.dims, weights.depths, weights.patch_size, weights.bands)
    depths, dims = SIZES[request.size]
    if found != (dims, depths, request.patch_size, data.bands):
        raise InputError(
            f"'{weights.name}' is {weights.size} with patches of {weights.patch_size} px and the bands "
            f"{', '.join(weights.bands)}; wanted is {request.size} with {request.patch_size} px and "
            f"{', '.join(data.bands)}.",
            "Choose fitting weights to start from, or start from random ones.",
        )
    return weights.encoder


def _calibration_crops(data: TrainingData) -> Tensor:
    """Returns (N, C, S, S) standardised crops with every band they have, always the same ones."""
    crops = [
        torch.nan_to_num(data.batch(index, CALIBRATION_BATCH).targets[INPUT], nan=0.0)
        for index in range(CALIBRATION_CROPS // CALIBRATION_BATCH)
    ]
    return torch.cat(crops)


def _sentence(plan: Plan, data: TrainingData, step: int) -> str:
    start = f"going on from step {step}" if step else "starting"
    tasks = ", ".join(task.name for task in data.tasks)
    return (
        f"{start.capitalize()}: recipe '{plan.recipe_name}', {data.chips} chips, {plan.steps} steps of {plan.batch} "
        f"crops ({plan.micro_batch} at once), learning rate {plan.learning_rate:g}; tasks: {tasks}."
    )


def _summary(request: protocol.PretrainRequest, training: Training, data: TrainingData) -> str:
    return (
        f"MP-MAE encoder, {request.size}, pretrained on {data.chips} chips ({', '.join(data.names)}) by predicting "
        f"{', '.join(task.name for task in data.tasks)}: {training.step} steps of {training.plan.batch} crops. "
        "Not the official MMEarth weights."
    )
