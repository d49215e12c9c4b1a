"""Learns an encoder for another sensor from places that a known sensor has seen too, and writes weights with a card.

After X-STARS (Marsocci & Audebert 2024, arXiv:2405.09922). Beside the weights lies a run folder with curve, pictures of
the pairs and what was best so far, to go on from.
"""

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import torch

from mmearth import protocol
from mmearth.adaptation.adapt_checks import check_request, make_folder
from mmearth.adaptation.adaptation import Adaptation, Best
from mmearth.adaptation.adaptation_recipe import AdaptRecipe, recipe_for
from mmearth.adaptation.adapted_weights import adapted_weights
from mmearth.adaptation.band_matches import match_bands
from mmearth.adaptation.pair_data import PairData, open_pairs
from mmearth.adaptation.pair_pictures import draw_pairs
from mmearth.cog import write_text
from mmearth.devices import resolve_device
from mmearth.errors import Cancelled
from mmearth.pretraining.pretraining_pictures import draw_curve
from mmearth.progress import Report
from mmearth.weights.checkpoints import Weights, load_weights, save_weights
from mmearth.weights.training_checkpoint import Row, open_checkpoint, write_checkpoint

CURVE, CURVE_PICTURE, PAIRS = "curve.json", "curve.png", "pairs.png"
POOR_RETRIEVAL = 5.0  # times chance: below, what was learned does not find its own ground again
MEAN = "the mean of the known bands"
_KIND = "mmearth_adaptation"


def run(request: protocol.AdaptRequest, report: Report) -> dict[str, Any]:
    """Adapts, and writes `<weights_out>` and its card.

    Args:
        request: See `protocol.AdaptRequest`.
        report: Told after every step; the best state so far is kept in the run folder, to go on from.

    Returns:
        weights, card, sha256, curve, pairs (paths), steps, seconds, stopped ("flat" or "steps"), agreement and before
        (retrieval, chance, cosine, deranged_cosine on held-out places, after and before), warnings.

    Raises:
        InputError: the rasters or numbers do not serve, or the loss is no longer finite.
        CheckpointError: the weights cannot be used.
        ResourceError: memory or disk do not suffice.
    """
    started_s = time.monotonic()
    recipe = recipe_for(request)
    out = Path(request.weights_out)
    folder = out.with_name(f"{out.stem}_run")
    check_request(request, folder)
    weights = load_weights(request.weights)
    matches, words = match_bands(request.targets[0], weights, request.target_bands)
    data = open_pairs(request, weights, report)
    warnings = list(data.warnings)  # told already
    begins = _beginning(request, recipe, words)
    if begins == MEAN:
        warnings.append(
            f"No band of '{Path(request.targets[0]).name}' is known to see the same light as one of the weights: all "
            "begin with the mean of theirs. Say which band is which if you know."
        )
        report.log(warnings[-1], "warning")
    make_folder(folder)
    device = resolve_device(request.device)
    seed = request.seed % 2**32
    adaptation = Adaptation(recipe, data, weights, matches, request.from_scratch, seed, device, report)
    report.check()  # the first optimiser and the first picture of a process load modules, half a second each
    pairs = str(folder / PAIRS)
    draw_pairs(Path(pairs), data, weights.bands)
    report.check()
    report.log(_sentence(recipe, data, begins))

    settings = _settings(request, data, weights)

    def after_look(row: Row) -> None:
        write_text(folder / CURVE, json.dumps(adaptation.curve) + "\n")
        if adaptation.best.step == adaptation.step:
            _keep(adaptation, folder, settings)
        values = {name: value for name, value in row.items() if name != "step"}
        report.metrics(adaptation.step, recipe.steps, values, pairs if adaptation.step == 0 else "")

    if request.resume:
        adaptation.go_on(*_kept(folder, settings))
    try:
        adaptation.run(report, after_look)
    except Cancelled:
        if adaptation.best.state:
            report.log(f"The best state, after {adaptation.best.step} steps, is kept; resume to go on from there.")
        raise
    if len(adaptation.curve) > 1:
        draw_curve(folder / CURVE_PICTURE, adaptation.curve[1:])
    adapted = adapted_weights(request.mode, adaptation, data, weights, report)
    sha256 = save_weights(str(out), adapted)
    before, after = adaptation.before, adaptation.best.agreement
    if after["retrieval"] < POOR_RETRIEVAL * after["chance"]:
        warnings.append(
            f"On held-out places only {after['retrieval']:.1%} of the cells find their own ground again (by chance "
            f"{after['chance']:.1%}): the two images may not show the same, or be shifted. Compare maps with and "
            "without this adaptation."
        )
        report.log(warnings[-1], "warning")
    result = {
        "weights": str(out),
        "card": str(out.with_suffix(".json")),
        "sha256": sha256,
        "curve": str(folder / CURVE_PICTURE),
        "pairs": pairs,
        "steps": adaptation.step,
        "stopped": adaptation.stopped,
        "seconds": round(time.monotonic() - started_s, 1),
        "agreement": after,
        "before": before,
        "warnings": warnings,
    }
    card = _card(request, recipe, adaptation, data, weights, adapted, begins, result)
    write_text(out.with_suffix(".json"), json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    return result


def _settings(request: protocol.AdaptRequest, data: PairData, weights: Weights) -> dict[str, Any]:
    """Returns what must be the same where a cancelled adaptation goes on."""
    return {"mode": request.mode, "target bands": list(data.target_bands), "weights": weights.sha256[:12]}


def _keep(adaptation: Adaptation, folder: Path, settings: dict[str, Any]) -> None:
    """Keeps what is best so far, to go on from after a cancel or a crash; without calibration, which takes long."""
    best = adaptation.best
    about = {
        "settings": settings,
        "score": best.score,
        "step": best.step,
        "agreement": best.agreement,
        "before": adaptation.before or best.agreement,
    }
    write_checkpoint(folder, _KIND, best.state, about, {"step": best.step})


def _kept(folder: Path, settings: dict[str, Any]) -> tuple[Best, dict[str, float]]:
    """Reads what `_keep` wrote."""
    with open_checkpoint(folder, _KIND, settings) as (about, tensors):
        agreement = dict(about["agreement"])
        return Best(float(about["score"]), int(about["step"]), dict(tensors), agreement), dict(about["before"])


def _beginning(request: protocol.AdaptRequest, recipe: AdaptRecipe, words: dict[str, str]) -> str:
    """Returns what the first convolution begins with."""
    if request.from_scratch:
        return "random weights"
    if recipe.has_teacher:
        return "a fit of the known bands to the pairs"
    return ", ".join(f"{own} as {band}" for own, band in words.items()) or MEAN


def _sentence(recipe: AdaptRecipe, data: PairData, begins: str) -> str:
    return (
        f"{len(data.target)} pairs of windows, {int(data.held_out.sum())} of them held out; target at "
        f"{data.working_m:g} m, reference at {data.reference_m:g} m; the first convolution begins with {begins}; at "
        f"most {recipe.steps} steps of {recipe.batch}."
    )


def _card(
    request: protocol.AdaptRequest,
    recipe: AdaptRecipe,
    adaptation: Adaptation,
    data: PairData,
    weights: Weights,
    adapted: Weights,
    begins: str,
    result: dict[str, Any],
) -> dict[str, Any]:
    return {
        "summary": adapted.summary,
        "weights": {"file": Path(request.weights_out).name, "hash": f"sha256:{result['sha256']}", "size": weights.size},
        "adapted_from": {"name": weights.name, "sha256": weights.sha256},
        "space": adapted.space.to_json() if adapted.space else "its own",
        "pairs": {
            "targets": [Path(path).name for path in request.targets],
            "references": [Path(path).name for path in request.references] or "averaged from the targets",
            "windows": len(data.target),
            "held_out": int(data.held_out.sum()),
            "facts": data.facts,
        },
        "sensor": {
            "bands": list(data.target_bands),
            "begins_with": begins,
            "pixel_m": data.working_m,
            "reference_pixel_m": data.reference_m,
            "statistics": adapted.levels,
        },
        "recipe": {"mode": request.mode, "from_scratch": request.from_scratch, **dataclasses.asdict(recipe),
                   "seed": request.seed, "device": adaptation.device.type, "torch": str(torch.__version__)},
        "held_out": {"before": result["before"], "after": result["agreement"], "best_step": adaptation.best.step},
        "seconds": result["seconds"],
        "curve": adaptation.curve,
        "warnings": result["warnings"],
        "limits": [
            "Agreement with the known encoder is measured on held-out places of the same images; it says nothing of "
            "other images of this sensor, and no more than a check against labels can of maps."
        ],
    }  # fmt: skip
