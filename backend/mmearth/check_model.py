"""The verb `check_model`: what a model file is, and whether it serves a scene."""

import time
from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.errors import CheckpointError, InputError
from mmearth.mapping.compatibility import Compatibility, check_kind, compare, side_m, weights_of
from mmearth.mapping.model_file import REGRESSION, Model, load_model
from mmearth.mapping.pixel_source import PixelSource, PixelSources
from mmearth.modalities import UNITS
from mmearth.progress import Report

MOST_NAMES = 12  # of classes and channels that a fact spells out


def run(request: protocol.CheckModelRequest, report: Report) -> dict[str, Any]:
    """Says what a model file is and whether it serves a scene, without mapping anything.

    Args:
        request: See `protocol.CheckModelRequest`.
        report: Told once the model was read; cancels before the scene is looked at.

    Returns:
        model, task, classes, facts (label → text, for people), errors (what forbids using it on the scene), warnings
        (what makes the map doubtful), seconds.

    Raises:
        CheckpointError: no model, or a damaged one.
    """
    started_s = time.monotonic()
    report.progress("Reading the model", 0, 1)
    model = load_model(request.model)
    facts = _facts(request.model, model)
    found = Compatibility([], [])
    try:
        weights = weights_of(model) if model.weights_sha256 else None
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
        "task": model.task,
        "classes": [{"value": info.value, "name": info.name, "color": info.color} for info in model.classes],
        "facts": facts,
        "errors": found.errors,
        "warnings": found.warnings,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _facts(path: str, model: Model) -> dict[str, str]:
    """Returns label → text of what a model is."""
    regression = model.task == REGRESSION
    facts = {
        "Model": f"{Path(path).name}, {Path(path).stat().st_size / 1e6:.2f} MB, by version {model.version}",
        "Task": f"numbers of field '{model.field}'" if regression else f"classes of field '{model.field}'",
    }
    if not regression:
        names = [f"{c.name} ({c.value})" if c.name != str(c.value) else c.name for c in model.classes]
        facts["Classes"] = f"{len(names)}: {_listed(names)}"
    facts["Head"] = model.head_name
    inputs = model.bands[: len(model.bands) - len(model.layers)]
    if model.embedding is None:
        units = UNITS[model.units].label if model.units in UNITS else model.units
        facts |= {"Bands": _listed(list(inputs)), "Units": units}
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


def _score(model: Model) -> str:
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
