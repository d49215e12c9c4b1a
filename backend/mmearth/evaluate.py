"""The verb `evaluate`: encoders on a data set in the GEO-Bench layout, by several protocols, in one table."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.devices import resolve_device
from mmearth.disk import disk_errors
from mmearth.errors import InputError
from mmearth.evaluation.benchmark import Benchmark
from mmearth.evaluation.compared_models import ComparedModel, compared_models
from mmearth.evaluation.evaluation_table import Row, write_table
from mmearth.evaluation.geobench_bands import substitutes
from mmearth.evaluation.geobench_folder import GeoBenchFolder
from mmearth.evaluation.packed_samples import PackedSamples
from mmearth.evaluation.published_settings import DEFAULT
from mmearth.progress import Report


def run(request: protocol.EvaluateRequest, report: Report) -> dict[str, Any]:
    """Compares encoders; the table is written anew after every row, so that a run that is stopped leaves its rows.

    Args:
        request: See `protocol.EvaluateRequest`.
        report: Told after every sample and step; cancels between steps.

    Returns:
        table (list of rows: model, protocol, partition, train, metric, scores, valid, mean, std, valid_mean, seeds,
        seconds, note), text (the table in Markdown), csv, json, markdown (paths), dataset, task, classes, bands,
        warnings, seconds.

    Raises:
        InputError: the data set or the request does not serve.
        CheckpointError: weights do not load.
        ResourceError: disk, device, or timm is not installed.
    """
    started_s = time.monotonic()
    _check(request)
    device = resolve_device(request.device)
    folder = GeoBenchFolder(request.dataset)
    partitions = [folder.partition(name) for name in request.partitions or (DEFAULT,)]
    models = compared_models(request.models)
    folder.measure_unit(partitions[0])
    notes = [*folder.notes, *(note for model in models for note in _band_notes(model, folder))]
    for note in notes:
        report.log(note, "warning")
    out = Path(request.out)
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".samples_", dir=out))
    head = {"dataset": folder.name, "task": folder.task, "classes": folder.num_classes, "bands": list(folder.bands)}
    rows: list[Row] = []
    paths: dict[str, str] = {}
    try:
        with PackedSamples(folder, partitions, scratch, report) as packed:
            for row in Benchmark(request, folder, packed, device, report).rows(models, partitions):
                rows.append(row)
                paths = write_table(out, head, rows, notes)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return {
        "table": [row.to_json() for row in rows],
        "text": Path(paths["markdown"]).read_text(encoding="utf-8"),
        **paths,
        **head,
        "warnings": notes,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _check(request: protocol.EvaluateRequest) -> None:
    unknown = [name for name in request.evaluations if name not in protocol.EVALUATIONS]
    if unknown or not request.evaluations:
        raise InputError(
            f"There is no protocol '{unknown[0]}'." if unknown else "No protocol is named.",
            f"Choose some of {', '.join(protocol.EVALUATIONS)}.",
        )
    for name, number, least in (
        ("seeds", request.seeds, 1),
        ("epochs", request.epochs, 0),
        ("batch", request.batch, 0),
    ):
        if number < least:
            raise InputError(f"'{name}' is {number}.", f"Give {least} or more.")


def _band_notes(model: ComparedModel, folder: GeoBenchFolder) -> list[str]:
    """Returns a sentence about bands that a model is fed in the place of others.

    Raises:
        InputError: a band is missing that nothing can stand for.
    """
    weights = model.weights
    if weights is None:
        return []
    taken = dict(zip(weights.bands, substitutes(weights.bands, folder.bands), strict=True))
    absent = [band for band, found in taken.items() if not found]
    if absent and not weights.band_dropout:
        raise InputError(
            f"'{folder.name}' lacks {', '.join(absent)} (it has {', '.join(folder.bands)}); '{model.name}' needs them.",
            "Leave this model out, or choose weights that were trained with band dropout.",
        )
    swapped = [f"{found} for {band}" for band, found in taken.items() if found not in (band, "")]
    filled = [f"the mean for {band}" for band in absent]
    return [f"{model.name} is fed {', '.join([*swapped, *filled])}, which is missing."] if swapped or filled else []
