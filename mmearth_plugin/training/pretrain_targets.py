"""Project layers as targets of a pretraining: their name, their kind, and how a request carries them."""

from __future__ import annotations

from typing import Collection, Dict, Optional

from qgis.core import QgsMapLayer, QgsPalettedRasterRenderer, QgsRasterLayer

from ...backend.mmearth import protocol
from .. import layers

CONTINUOUS, CLASSES = protocol.LAYER_KINDS
RESERVED = ("sentinel2", "total")  # the scene itself, and the sum of the losses


def guess_kind(layer: QgsRasterLayer) -> str:
    """Returns `CLASSES` for a layer of one band that is drawn by a palette, else `CONTINUOUS`."""
    palette = isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    return CLASSES if palette and layer.bandCount() == 1 else CONTINUOUS


def target_name(text: str, taken: Collection[str]) -> str:
    """Returns a name of small letters, digits and underscores that no other target has."""
    stem = "_".join("".join(c if c.isalnum() else " " for c in text.lower()).split()) or "layer"
    name, number = stem, 2
    while name in taken or name in RESERVED:
        name, number = f"{stem}_{number}", number + 1
    return name


def target(layer: Optional[QgsMapLayer], name: str, kind: str) -> Dict[str, str]:
    """Returns an entry of `PretrainRequest.layers`.

    Raises:
        InputError: the layer is no raster in a file.
    """
    return {"path": layers.raster_path(layer), "name": name, "kind": kind}
