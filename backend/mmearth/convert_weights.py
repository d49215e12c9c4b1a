"""The verb `convert_weights`: a checkpoint of somebody else becomes a weights file of ours."""

from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.disk import hash_file
from mmearth.progress import Report
from mmearth.weights.conversion import read_statistics, write_converted
from mmearth.weights.foreign_weights import read_checkpoint, recognise
from mmearth.weights.timm_import import load_timm

TIMM_PREFIX = "timm:"


def run(request: protocol.ConvertWeightsRequest, report: Report) -> dict[str, Any]:
    """Reads, checks, calibrates and writes `<weights_out>` and beside it the card `<stem>.json`.

    Args:
        request: See `protocol.ConvertWeightsRequest`.
        report: Told about phases; cancelling leaves no file.

    Returns:
        As `conversion.write_converted`.

    Raises:
        CheckpointError: the checkpoint does not serve.
        InputError: the statistics do not serve.
        ResourceError: the folder cannot be written to, or timm is wanted and not installed.
    """
    report.progress("Reading checkpoint", 0, 1)
    if request.checkpoint.startswith(TIMM_PREFIX):
        name = request.checkpoint.removeprefix(TIMM_PREFIX)
        state, origin = load_timm(name), {"name": name, "licence": "see the model's page; most are CC BY-NC 4.0"}
    else:
        name = Path(request.checkpoint).name
        state = read_checkpoint(request.checkpoint)
        origin = {"name": name, "hash": f"sha256:{hash_file(Path(request.checkpoint))}"}
    foreign = recognise(name, state)
    report.progress("Reading checkpoint", 1, 1)
    statistics = read_statistics(request.statistics, foreign.bands)
    result = write_converted(foreign, statistics, request.weights_out, origin, report)
    for warning in result["warnings"]:
        report.log(warning, "warning")
    return result
