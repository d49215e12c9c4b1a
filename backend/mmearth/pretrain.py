"""Masked-reconstruction pretraining: from folders in the MMEarth layout to a weights file with its card.

MP-MAE (arXiv:2405.02771) with what small data was found to like: GRN per sample, band dropout, a smaller decoder, three
quarters of the patches removed. Knows nothing of georeferencing.
"""

import itertools
import json
import math
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmearth import protocol
from mmearth.calibration import Calibration, calibrate
from mmearth.checkpoints import Weights, save_weights
from mmearth.data import BANDS, CropSource, Pool
from mmearth.devices import resolve_device
from mmearth.errors import InputError, ResourceError
from mmearth.models.convnextv2 import SIZES, Encoder, best_dtype
from mmearth.models.fcmae import FCMAE, random_mask, reconstruction_loss
from mmearth.progress import Report

PATCH_PX, CROP_PX = 8, 56  # arXiv:2405.02771, the variant for 64-px chips
MASK_RATIO = 0.75
DECODER_DIM = 256
BETAS, WEIGHT_DECAY, CLIP_NORM = (0.9, 0.95), 0.05, 3.0
WARM_UP_STEPS, DECAY_SHARE = 100, 0.3
EMA_DECAY = 0.995
CALIBRATION_CROPS = 128
CURVE_POINTS = 40


def run(request: protocol.PretrainRequest, report: Report) -> dict[str, Any]:
    """Pretrains, calibrates and writes `<weights_out>` and beside it the card `<name>.json`.

    Args:
        request: See `protocol.PretrainRequest`.
        report: Told after every step; cancelling leaves no file.

    Returns:
        weights, card (paths), sha256, steps, seconds, final_loss.

    Raises:
        InputError: the data, the size or the numbers do not serve, or the loss is no longer finite.
        ResourceError: the folder of the weights cannot be written to.
    """
    _check(request)
    started_s = time.perf_counter()
    device = resolve_device(request.device)
    depths, dims = SIZES[request.size]
    with ExitStack() as stack:
        pools = [stack.enter_context(closing(Pool(folder))) for folder in request.data]
        source = CropSource(pools, CROP_PX, request.seed)
        encoder, curve = _train(request, source, device, report)
        trained_s = time.perf_counter() - started_s
        batches = itertools.islice(source.batches(1), CALIBRATION_CROPS)
        crops = torch.from_numpy(np.concatenate([batch.images for batch in batches])).to(device)
        state = {name: tensor.cpu().clone() for name, tensor in encoder.state_dict().items()}
        calibration = calibrate(encoder, crops, report)
        summary = (
            f"MP-MAE encoder, {request.size}, Sentinel-2 reconstruction only, {request.steps} steps of {request.batch} "
            f"crops from {', '.join(pool.name for pool in pools)}; not the official MMEarth weights."
        )
        weights = _weights(request, depths, dims, source, state, calibration, summary)
        chips = {pool.name: len(pool.train) for pool in pools}
    sha256 = save_weights(request.weights_out, weights)
    card = {
        "summary": summary,
        "weights": {"file": Path(request.weights_out).name, "hash": f"sha256:{sha256}", "size": request.size},
        "data": {"training_chips": chips, "bands": list(BANDS), "crop_px": CROP_PX, "statistics": weights.levels},
        "recipe": {
            "steps": request.steps, "batch": request.batch, "learning_rate": request.learning_rate,
            "seed": request.seed, "mask_ratio": MASK_RATIO, "target": "patches normalised to mean 0 and deviation 1",
            "decoder_dim": DECODER_DIM, "betas": BETAS, "weight_decay": WEIGHT_DECAY, "clip_norm": CLIP_NORM,
            "warm_up_steps": WARM_UP_STEPS, "decay_share": DECAY_SHARE, "ema_decay": EMA_DECAY,
            "calibration_crops": CALIBRATION_CROPS, "device": device.type, "torch": str(torch.__version__),
        },
        "seconds": {"training": round(trained_s, 1), "all": round(time.perf_counter() - started_s, 1)},
        "loss": {"final": curve[-1][1], "curve": curve},
        "limits": [
            "Pretrained by reconstruction alone, on few places; check maps against labels that were not used.",
            "Meant for pixels of 10 m; other sizes look unfamiliar to it.",
        ],
    }  # fmt: skip
    card_path = Path(request.weights_out).with_suffix(".json")
    card_path.write_text(json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return {
        "weights": request.weights_out,
        "card": str(card_path),
        "sha256": sha256,
        "steps": request.steps,
        "seconds": card["seconds"],
        "final_loss": curve[-1][1],
    }


def _check(request: protocol.PretrainRequest) -> None:
    if request.size not in SIZES:
        raise InputError(f"There is no encoder size '{request.size}'.", f"Choose one of {', '.join(SIZES)}.")
    if not request.data:
        raise InputError("No data folder was given.", "Name at least one folder in the MMEarth v001 layout.")
    if request.steps < 1 or request.batch < 1 or not 0 < request.learning_rate < 1:
        raise InputError(
            f"steps {request.steps}, batch {request.batch} and learning rate {request.learning_rate} do not serve.",
            "Steps and batch are at least 1, the learning rate lies between 0 and 1.",
        )
    folder = Path(request.weights_out).parent
    if not folder.is_dir():
        raise ResourceError(f"The folder '{folder}' does not exist.", "Create it or choose another one.")


def _train(
    request: protocol.PretrainRequest, source: CropSource, device: torch.device, report: Report
) -> tuple[Encoder, list[tuple[int, float]]]:
    """Returns the encoder averaged over the steps, and the loss as (step, mean since the point before)."""
    model = _build(request, device)
    optimiser = torch.optim.AdamW(_parameter_groups(model), lr=request.learning_rate, betas=BETAS)
    masks = torch.Generator().manual_seed(request.seed)
    averaged = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    dtype = best_dtype(device)
    interval = max(1, request.steps // CURVE_POINTS)
    curve: list[tuple[int, float]] = []
    losses: list[float] = []
    for step, batch in zip(range(request.steps), source.batches(request.batch), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = request.learning_rate * schedule(step, request.steps)
        images, inputs, valid = (
            torch.from_numpy(array).to(device) for array in (batch.images, batch.inputs, batch.valid)
        )
        mask = random_mask(len(images), CROP_PX // PATCH_PX, MASK_RATIO, masks).to(device)
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            predicted = model(inputs.contiguous(memory_format=torch.channels_last), mask)
        loss = reconstruction_loss(predicted.float(), images, valid, mask, PATCH_PX)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise InputError(
                f"The loss became {value} at step {step + 1} of {request.steps}.",
                "Choose a lower learning rate, or look for damaged chips in the data.",
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimiser.step()
        _average(averaged, model.encoder, step)
        losses.append(value)
        if (step + 1) % interval == 0 or step + 1 == request.steps:
            curve.append((step + 1, round(float(np.mean(losses)), 4)))
            losses.clear()
            report.log(f"Step {step + 1} of {request.steps}: loss {curve[-1][1]:.4f}")
        report.progress("Pretraining", step + 1, request.steps)
    model.encoder.load_state_dict(averaged)
    return model.encoder.train(False), curve


def _build(request: protocol.PretrainRequest, device: torch.device) -> FCMAE:
    """Returns a model whose initial weights depend on the seed alone; leaves torch's own generator as it was."""
    depths, dims = SIZES[request.size]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        model = FCMAE(Encoder(len(BANDS), depths, dims, PATCH_PX), len(BANDS), dims[-1], DECODER_DIM)
    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _parameter_groups(model: nn.Module) -> list[dict[str, Any]]:
    """Decays weights of convolutions and linear layers only."""
    decayed = [p for name, p in model.named_parameters() if p.ndim > 1 and "grn" not in name and name != "mask_token"]
    chosen = {id(p) for p in decayed}
    others = [p for p in model.parameters() if id(p) not in chosen]
    return [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]


def schedule(step: int, steps: int) -> float:
    """Returns the share of the peak learning rate: linear warm-up, plateau, linear decay."""
    warm_up = max(1, min(WARM_UP_STEPS, steps // 4))
    decay = max(1, round(steps * DECAY_SHARE))
    return min(1.0, (step + 1) / warm_up, (steps - step) / decay)


@torch.no_grad()
def _average(averaged: dict[str, Tensor], encoder: Encoder, step: int) -> None:
    decay = min(EMA_DECAY, (step + 1) / (step + 10))
    for name, value in encoder.state_dict().items():
        averaged[name].lerp_(value, 1 - decay)


def _weights(
    request: protocol.PretrainRequest,
    depths: tuple[int, ...],
    dims: tuple[int, ...],
    source: CropSource,
    encoder: dict[str, Tensor],
    calibration: Calibration,
    summary: str,
) -> Weights:
    levels = {
        level: {"mean": found.mean.tolist(), "std": found.std.tolist()}
        for level, found in source.statistics.items()
        if found is not None
    }
    return Weights(
        size=request.size,
        depths=depths,
        dims=dims,
        patch_size=PATCH_PX,
        bands=BANDS,
        levels=levels,
        band_dropout=True,
        summary=summary,
        encoder=encoder,
        grn=calibration.grn,
        feature_mean=calibration.feature_mean,
        feature_std=calibration.feature_std,
        feature_scale=calibration.feature_scale,
        components=calibration.components,
    )
