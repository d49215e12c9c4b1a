"""The request `list_weights`: the weights that are installed, and the published checkpoints that can be fetched."""

from typing import Any

from mmearth import protocol
from mmearth.progress import Report
from mmearth.weights.checkpoints import list_weights
from mmearth.weights.published_weights import LICENCE, LICENCE_TEXT, published_checkpoints, user_weights_folder


def run(request: protocol.ListWeightsRequest, report: Report) -> dict[str, Any]:
    """Lists weights; see `protocol.ListWeightsRequest`.

    Returns:
        `installed`: name, path, size_bytes, sha256, summary, bands and patch_size of each weights file here.
        `published`: name, description, bands, patch_size, licence, installed and path ("" if not installed) of each.
        `licence`: the short name of the licence of the published ones.
    """
    report.check()
    published = []
    for checkpoint in published_checkpoints():
        file = user_weights_folder() / f"{checkpoint.name}.safetensors"
        published.append(
            {
                "name": checkpoint.name,
                "description": checkpoint.description,
                "bands": list(checkpoint.bands),
                "patch_size": checkpoint.patch_size,
                "licence": LICENCE_TEXT,
                "installed": file.is_file(),
                "path": str(file) if file.is_file() else "",
            }
        )
    return {"installed": list_weights(), "published": published, "licence": LICENCE}
