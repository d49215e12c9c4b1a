"""The verb `check_model`: what a model file is, and whether it serves a scene."""

import time
from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.errors import CheckpointError, InputError
from mmearth.mapping.compatibility import Compatibility, check_kind, compare, side_m, weights_of
from mmearth.mapping.model_file import FEW_SHOT, FINE_TUNE, REGRESSION, Model
from mmearth.mapping.pixel_source import PixelSource, PixelSources
from mmearth.modalities import UNITS
from mmearth.models.tuned_networks import PROBE, REGIONS, UNET
from mmearth.progress import Report
from mmearth.tuning.tuned_model import CELL, POLYGON, TunedModel, load_any

MOST_NAMES = 12  # of classes and channels that a fact spells out
NETWORKS = {PROBE: "linear probe", UNET: "U-Net decoder", REGIONS: "classifier of mean features"}
RUNGS = {
    "probe": "the encoder as it was",
    "decoder": "the encoder as it was",
    "partial": "the encoder's last stages tuned",
    "full": "the whole encoder tuned",
}


def run(request: protocol.CheckModelRequest, report: Report) -> dict[str, Any]:
    """Says what a model file is and whether it serves a scene, without mapping anything.

    Args:
        request: See `protocol.CheckModelRequest`.
        report: Told once the model was read; cancels before the scene is looked at.

    Returns:
        model, kind ("few_shot" or "fine_tune": what wrote it), task ("classes" or "regression"; of a tuned network
        "segmentation" or "classification"), unit (of a classification "cell", "polygon" or "scene", else ""), classes,
        facts (label → text, for people), errors (what forbids using it on the scene), warnings (what makes the map
        doubtful), seconds.

    Raises:
        CheckpointError: no model, or a damaged one.
    """
    started_s = time.monotonic()
    report.progress("Reading the model", 0, 1)
    model = load_any(request.model)
    tuned = isinstance(model, TunedModel)
    facts = _tuned_facts(request.model, model) if isinstance(model, TunedModel) else _facts(request.model, model)
    found = Compatibility([], [])
    try:
        weights = weights_of(model) if isinstance(model, TunedModel) or model.weights_sha256 else None
    except CheckpointError as error:
        weights = None
        found.errors.append(str(error))
    if request.scene:
        report.progress("Looking at the scene", 0, 1)
        try:
            check_kind(request.scene, model)
            if not found.errors:
                load = None if weights is None else lambda: weights
                sources = PixelSources(request.bands, request.units, load, "cpu", report.check, request.layers)
                with sources.open(request.scene) as scene:
                    facts |= _scene_facts(scene)
                    compared = compare(model, scene)
                    found = Compatibility(compared.errors, [*scene.warnings, *compared.warnings])
        except InputError as error:
            found.errors.append(str(error))
    report.progress("Looking at the scene" if request.scene else "Reading the model", 1, 1)
    return {
        "model": request.model,
        "kind": FINE_TUNE if tuned else FEW_SHOT,
        "task": model.task,
        "unit": model.unit if isinstance(model, TunedModel) and model.kind == REGIONS else "",
        "classes": [{"value": info.value, "name": info.name, "color": info.color} for info in model.classes],
        "facts": facts,
        "errors": found.errors,
        "warnings": found.warnings,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _tuned_facts(path: str, model: TunedModel) -> dict[str, str]:
    """Returns label → text of what a tuned network is."""
    weights = model.weights
    of_what = "of every pixel"
    if model.kind == REGIONS:
        of_what = f"of cells of {model.cell_px} × {model.cell_px} pixels" if model.unit == CELL else "of whole scenes"
        of_what = "of polygons as wholes" if model.unit == POLYGON else of_what
    several = "any number of the classes" if model.multi_label else "one of the classes"
    facts = {
        "Model": _file(path, model.version),
        "Task": f"{several} of field '{model.field}', {of_what}",
        "Classes": _classes(model),
        "Network": f"{NETWORKS[model.kind]} on {weights.name}, {RUNGS.get(model.rung, 'tuned')}",
        "Bands": _listed(list(weights.bands)),
        "Units": _units(model.units),
        "Weights": "in the model file",
    }
    if model.resolution_m is not None:
        facts["Pixels"] = f"{model.resolution_m:.3g} m on the ground"
    facts["Score"] = _score(model)
    return facts


def _file(path: str, version: str) -> str:
    return f"{Path(path).name}, {Path(path).stat().st_size / 1e6:.2f} MB, by version {version}"


def _classes(model: Model | TunedModel) -> str:
    names = [f"{c.name} ({c.value})" if c.name != str(c.value) else c.name for c in model.classes]
    return f"{len(names)}: {_listed(names)}"


def _units(name: str) -> str:
    return UNITS[name].label if name in UNITS else name


def _facts(path: str, model: Model) -> dict[str, str]:
    """Returns label → text of what a model is."""
    regression = model.task == REGRESSION
    facts = {
        "Model": _file(path, model.version),
        "Task": f"numbers of field '{model.field}'" if regression else f"classes of field '{model.field}'",
    }
    if not regression:
        facts["Classes"] = _classes(model)
    facts["Head"] = model.head_name
    inputs = model.bands[: len(model.bands) - len(model.layers)]
    if model.embedding is None:
        facts |= {"Bands": _listed(list(inputs)), "Units": _units(model.units)}
        facts["Weights"] = "none: no encoder was used"
        if model.weights_sha256:
            where = f"at '{model.weights_path}'" if model.weights_path else "shipped with this plugin"
            facts["Weights"] = f"{model.weights_name}, sha256 {model.weights_sha256[:12]}…, {where}"
    else:
        facts["Embedding"] = f"{model.embedding.title} ({model.embedding.storage})"
        for key, value in model.embedding.spoken_details().items():
            facts[key.replace("_", " ").capitalize()] = value
    facts["Extra layers"] = _listed(list(model.layers)) or "none"
    if model.resolution_m is not None:
        facts["Pixels"] = f"{model.resolution_m:.3g} m on the ground"
    facts["Score"] = _score(model)
    return facts


def _score(model: Model | TunedModel) -> str:
    """Returns how well the model did on polygons that it had not seen."""
    name, key = ("R²", "r2") if model.task == REGRESSION else ("macro-F1", "macro_f1")
    value = model.scores.get(key)
    if not isinstance(value, (int, float)):
        return f"not known: {model.scores.get('reason') or 'the model file does not say'}"
    return f"{name} {value:.3f} on held-out polygons of its own scenes, an upper bound of what a map reaches"


def _scene_facts(scene: PixelSource) -> dict[str, str]:
    read = scene.reading["precomputed"] or scene.reading["units_label"]
    return {
        "Scene": f"{scene.name}, {scene.grid.width} × {scene.grid.height} pixels of {side_m(scene.grid):.3g} m",
        "Scene's bands": f"{_listed(list(scene.bands))}; {read}",
    }


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"
