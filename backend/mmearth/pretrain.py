"""The verb `pretrain`: masked reconstruction of Sentinel-2 crops, then the statistics that inference needs."""

import copy
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mmearth import protocol
from mmearth.checkpoints import save_weights
from mmearth.cog import check_output, write_text
from mmearth.data import BANDS, Pool, crops, read_pool
from mmearth.devices import resolve_device
from mmearth.errors import InputError
from mmearth.models.convnextv2 import SIZES, Encoder
from mmearth.models.fcmae import MASK_RATIO, MaskedAutoencoder, random_visible
from mmearth.progress import Report

PATCH_PX, CROP_PX = 8, 56
WARMUP_STEPS, DECAY_SHARE = 100, 0.3
WEIGHT_DECAY, BETAS, CLIP_NORM, EMA = 0.05, (0.9, 0.95), 3.0, 0.995  # pretraining findings, section 5
CALIBRATION_BATCHES = 12
STAGE_SUBSETS = ((0, 1), (0, 1, 2), (0, 1, 2, 3))
COMPONENTS = 64


def run(request: protocol.PretrainRequest, report: Report) -> dict[str, Any]:
    """Pretrains an encoder and writes it with its statistics and a model card.

    Args:
        request: See `protocol.PretrainRequest`.
        report: Told after every step.

    Returns:
        weights, card, steps, crops, seconds, loss (mean of the last tenth).

    Raises:
        InputError: the data do not serve, or the loss became infinite.
    """
    started_s = time.monotonic()
    check_output(request.weights_out, (".safetensors",))
    if request.size not in SIZES:
        raise InputError(f"Size '{request.size}' is not known.", f"Choose one of {', '.join(SIZES)}.")
    pools = _with_common_statistics([read_pool(folder) for folder in request.data])
    torch.manual_seed(request.seed)
    device = resolve_device(request.device)
    depths, dims = SIZES[request.size]
    model = MaskedAutoencoder(Encoder(len(BANDS), depths, dims, PATCH_PX), len(BANDS), dims[-1], PATCH_PX).to(device)
    losses, encoder = _train(model, request, pools, device, report)
    grn, statistics = _calibrate(encoder, pools, request, device, report)
    mean, std = next(iter(pools[0].statistics.values()))
    header = {
        "name": Path(request.weights_out).stem,
        "bands": BANDS,
        "mean": mean.tolist(),
        "std": std.tolist(),
        "depths": depths,
        "dims": dims,
        "patch_size": PATCH_PX,
        "band_dropout": True,
    }
    target = Path(request.weights_out)
    save_weights(target, header, encoder, grn, statistics)
    tail = losses[-max(1, len(losses) // 10) :]
    result = {
        "weights": str(target),
        "card": str(target.with_suffix(".json")),
        "steps": request.steps,
        "crops": request.steps * request.batch,
        "seconds": round(time.monotonic() - started_s, 1),
        "loss": round(float(np.mean(tail)), 4),
    }
    write_text(target.with_suffix(".json"), _card(request, pools, target, losses, result))
    return result


def _with_common_statistics(pools: list[Pool]) -> list[Pool]:
    """Standardises all pools of a processing level with the statistics of the first pool that has it."""
    common: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for pool in pools:
        for level, statistics in pool.statistics.items():
            common.setdefault(level, statistics)
    if not np.isfinite(np.concatenate(next(iter(pools[0].statistics.values())))).all():
        raise InputError(
            f"The first folder, '{pools[0].name}', lacks bands; its statistics are used for all.",
            "Name a folder with all twelve bands first.",
        )
    return [Pool(p.name, p.chips, p.levels, {level: common[level] for level in p.statistics}) for p in pools]


def _train(
    model: MaskedAutoencoder, request: protocol.PretrainRequest, pools: list[Pool], device: torch.device, report: Report
) -> tuple[list[float], Encoder]:
    """Returns the loss of every step and the averaged encoder."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}],
        lr=request.learning_rate,
        betas=BETAS,
    )
    averaged = copy.deepcopy(model.encoder).requires_grad_(False)
    generator = torch.Generator().manual_seed(request.seed)
    losses: list[float] = []
    for step, (images, present, kept) in enumerate(crops(pools, request.batch, CROP_PX, request.seed)):
        if step == request.steps:
            break
        for group in optimiser.param_groups:
            group["lr"] = request.learning_rate * _schedule(step, request.steps)
        target = torch.from_numpy(images).to(device)
        visible = random_visible(len(images), CROP_PX // PATCH_PX, generator).to(device)
        loss = model(
            target,
            torch.from_numpy(kept).to(device, torch.float32)[:, :, None, None],
            visible,
            torch.from_numpy(present).to(device, torch.float32),
        )
        losses.append(float(loss.detach()))
        if not np.isfinite(losses[-1]):
            raise InputError(
                f"The loss became {losses[-1]} at step {step}.",
                "Lower the learning rate, or look for broken values in the data.",
            )
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimiser.step()
        with torch.no_grad():
            decay = min(EMA, (1 + step) / (10 + step))
            for mean, value in zip(averaged.parameters(), model.encoder.parameters(), strict=True):
                mean.lerp_(value, 1 - decay)
        report.progress("Pretraining", step + 1, request.steps)
    return losses, averaged.eval()


def _schedule(step: int, steps: int) -> float:
    """Returns the factor on the learning rate: linear warm-up, constant, linear decay over the last part."""
    warm = min(1.0, (step + 1) / min(WARMUP_STEPS, max(1, steps // 4)))
    return warm * min(1.0, (steps - step) / (DECAY_SHARE * steps))


def _calibration_batches(
    pools: list[Pool], request: protocol.PretrainRequest, device: torch.device
) -> Iterator[Tensor]:
    source = crops(pools, 16, CROP_PX, request.seed + 1)
    for _ in range(CALIBRATION_BATCHES):
        images, present, _ = next(source)
        yield torch.from_numpy(images * present[:, :, None, None]).to(device)


@torch.no_grad()
def _calibrate(
    encoder: Encoder, pools: list[Pool], request: protocol.PretrainRequest, device: torch.device, report: Report
) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Measures GRN ratios, feature statistics, principal components and uint8 steps on crops of the training data."""
    report.progress("Calibrating", 0, 1)
    grn = encoder.collect_grn(_calibration_batches(pools, request, device))
    encoder.freeze_grn(grn)
    rows = []
    for batch in _calibration_batches(pools, request, device):
        maps = encoder(batch)
        size = maps[0].shape[-2:]
        full = [functional.interpolate(m, size=size, mode="bilinear", align_corners=False) for m in maps]
        rows.append(torch.cat(full, dim=1)[:, :, 4::8, 4::8].permute(0, 2, 3, 1).flatten(0, 2).cpu())
    features = torch.cat(rows).double()
    mean, std = features.mean(dim=0), features.std(dim=0).clamp_min(1e-6)
    scaled = (features - mean) / std
    dims = [m.shape[1] for m in maps]
    starts = np.concatenate([[0], np.cumsum(dims)])
    statistics = {"features.mean": mean, "features.std": std, "features.scale": torch.full((len(mean),), 4 / 127)}
    for stages in STAGE_SUBSETS:
        parts = [scaled[:, starts[s] : starts[s + 1]] / dims[s] ** 0.5 for s in stages]
        x = torch.cat(parts, dim=1)
        _, _, basis = torch.linalg.svd(x - x.mean(dim=0), full_matrices=False)
        basis = basis[: min(COMPONENTS, len(basis))]
        sign = torch.sign(basis[torch.arange(len(basis)), basis.abs().argmax(dim=1)])
        basis = basis * sign[:, None]  # a component's sign is arbitrary: make it reproducible
        key = "".join(map(str, stages))
        statistics[f"pca.{key}.components"] = basis
        statistics[f"pca.{key}.scale"] = 4 * (x @ basis.T).std(dim=0) / 127
    report.progress("Calibrating", 1, 1)
    return grn, statistics


def _card(
    request: protocol.PretrainRequest, pools: list[Pool], file: Path, losses: list[float], result: dict[str, Any]
) -> str:
    every = max(1, len(losses) // 50)
    curve = [round(float(np.mean(losses[i : i + every])), 4) for i in range(0, len(losses), every)]
    names = {pool.name: len(pool.chips) for pool in pools}
    card = {
        "summary": f"MP-MAE {request.size}, patch {PATCH_PX}, Sentinel-2 only, a short run of {request.steps} steps on "
        f"{sum(names.values())} chips; not the published MMEarth weights",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "data": names,
        "recipe": {
            "size": request.size,
            "patch_px": PATCH_PX,
            "crop_px": CROP_PX,
            "mask_ratio": MASK_RATIO,
            "steps": request.steps,
            "batch": request.batch,
            "learning_rate": request.learning_rate,
            "weight_decay": WEIGHT_DECAY,
            "betas": BETAS,
            "ema": EMA,
            "seed": request.seed,
            "target": "Sentinel-2, per-patch normalised",
        },
        "seconds": result["seconds"],
        "loss_last_tenth": result["loss"],
        "loss_curve": curve,
        "loss_curve_steps_per_point": every,
    }
    return json.dumps(card, indent=1) + "\n"
