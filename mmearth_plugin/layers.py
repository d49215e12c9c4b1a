"""Between QGIS layers and what a request can carry: paths, bounds, band mappings."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterable, Optional, Sequence, Tuple

from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsMapLayer,
    QgsProject,
    QgsProviderRegistry,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)

from ..backend.mmearth.protocol import Bounds
from . import temporary
from .classes import label_export
from .messages import InputError, tr
from .pixel_grid import PixelGrid

EXPORTED = "polygons.gpkg"  # what a file of features is named that `vector_source` writes


@dataclass(frozen=True)
class Source:
    """A raster that a scene is made of.

    Attributes:
        name: Of the layer, or of the folder or zip.
        path: File, folder or zip; of several files that are the bands of one scene, one path a line.
        crs, extent: Where it lies; the CRS is invalid while that is not known.
        layer_id: The QGIS layer, the first of several; empty for a folder or zip.
        bands: Names of the bands; empty where only the backend can tell.
        value_bytes: Size of a value; 0 where only the backend can tell.
    """

    name: str
    path: str
    crs: QgsCoordinateReferenceSystem
    extent: QgsRectangle
    layer_id: str = ""
    bands: Tuple[str, ...] = ()
    value_bytes: int = 0

    @property
    def is_located(self) -> bool:
        """Whether `crs` and `extent` are known; a layer may well have no CRS."""
        return bool(self.layer_id) or self.crs.isValid()


@dataclass(frozen=True)
class Scene:
    """What the dock's first section says: one raster, a part of it, and how to read it.

    Attributes:
        source: The raster.
        bounds: (left, bottom, right, top) in the raster's CRS; None means all of it.
        mask: Path of a polygon layer, or empty.
        bands: Sentinel-2 band name → 1-based band number; empty means "propose".
        units, weights, device, precision: As in `protocol.EmbedRequest`.
    """

    source: Source
    bounds: Optional[Bounds] = None
    mask: str = ""
    bands: Dict[str, int] = field(default_factory=dict)
    units: str = "auto"
    weights: str = ""
    device: str = "auto"
    precision: str = "auto"

    @property
    def name(self) -> str:
        """Name of the source."""
        return self.source.name

    @property
    def path(self) -> str:
        """Path of the source, as requests want it."""
        return self.source.path


def reading_kind(source: Optional[Source], weights: str) -> Tuple[str, ...]:
    """Returns what rasters have in common for which bands and units are remembered; empty where that is unknown."""
    if source is None or not source.bands:
        return ()
    return (*source.bands, f"{source.value_bytes} bytes", weights)


def eight_bit_dtype() -> str:
    """Returns the data type of `protocol.DTYPES` for codes of 8 bit that this QGIS shows right.

    GDAL before 3.7 knows no int8, and QGIS before 3.30 does not either: they take the codes for 0…255 and show cells
    without data (measured with QGIS 3.22.16, GDAL 3.6.2). The same codes in 16 bit are right everywhere.
    """
    return "int8" if int(gdal.VersionInfo()) >= 3070000 and Qgis.QGIS_VERSION_INT >= 33000 else "int16"


def is_raster_file(layer: Optional[QgsMapLayer]) -> bool:
    """Returns whether a layer is a raster in a local file."""
    try:
        return bool(raster_path(layer))
    except InputError:
        return False


def layer_source(layer: Optional[QgsMapLayer]) -> Source:
    """Returns the raster behind a layer.

    Raises:
        InputError: as for `raster_path`.
    """
    path = raster_path(layer)
    bands = tuple(layer.bandName(i) for i in range(1, layer.bandCount() + 1))
    value_bytes = int(layer.dataProvider().dataTypeSize(1))
    return Source(layer.name(), path, layer.crs(), layer.extent(), layer.id(), bands, value_bytes)


def joint_source(several: Sequence[QgsMapLayer]) -> Source:
    """Returns layers as one raster with the bands of all, on the ground they have in common.

    Raises:
        InputError: as for `raster_path`, or they lie in different CRS.
    """
    sources = [layer_source(layer) for layer in several]
    first, extent = sources[0], QgsRectangle(sources[0].extent)
    for other in sources[1:]:
        if other.crs != first.crs:
            text = tr(
                'Layers "{a}" and "{b}" lie in different coordinate systems ({found}, {wanted}) and cannot be one '
                "scene. Choose layers in one coordinate system, or reproject one of them."
            )
            found, wanted = first.crs.authid(), other.crs.authid()
            raise InputError(text.format(a=first.name, b=other.name, found=found, wanted=wanted))
        extent = extent.intersect(other.extent)
    name = tr("{name} and {n} more").format(name=first.name, n=len(sources) - 1)
    path = "\n".join(source.path for source in sources)
    # The names of their bands alone ("Band 1: Gray") would be those of any other layers.
    bands = tuple(f"{source.name}: {band}" for source in sources for band in source.bands)
    return Source(name, path, first.crs, extent, first.layer_id, bands, first.value_bytes)


def raster_path(layer: Optional[QgsMapLayer]) -> str:
    """Returns the file behind a raster layer.

    Raises:
        InputError: no layer, or not a local file.
    """
    if layer is None:
        raise InputError(tr("No raster layer is chosen. Add the scene to the project and choose it."))
    name = layer.name()
    if not isinstance(layer, QgsRasterLayer) or not layer.isValid():
        raise InputError(tr('"{name}" is not a working raster layer. Choose another layer.').format(name=name))
    provider = layer.dataProvider().name()
    if provider != "gdal":
        service = tr("a web tile service") if provider in ("wms", "wcs", "arcgismapserver") else provider
        text = tr(
            'Layer "{name}" is {service}, which holds pictures or remote data instead of band values in a file. '
            "Save it first: right-click the layer, Export, Save As…, raw data, GeoTIFF; then choose the saved layer."
        )
        raise InputError(text.format(name=name, service=service))
    path = str(QgsProviderRegistry.instance().decodeUri("gdal", layer.source()).get("path", ""))
    if not (path.startswith("/vsi") or os.path.exists(path)):
        text = tr('The file of layer "{name}" was not found: "{path}". Choose a raster that is stored in a file.')
        raise InputError(text.format(name=name, path=path or layer.source()))
    return path


def bounds_in_source(
    extent: QgsRectangle, crs: QgsCoordinateReferenceSystem, source: Source, context: QgsProject
) -> Bounds:
    """Returns an extent as (left, bottom, right, top) in the source's CRS, cut to the source.

    Raises:
        InputError: the extent does not meet the source, or cannot be transformed.
    """
    try:
        transform = QgsCoordinateTransform(crs, source.crs, context)
        own = transform.transformBoundingBox(extent)
    except QgsCsException as error:
        text = tr('The extent cannot be expressed in the CRS of layer "{name}": {error} Choose another extent.')
        raise InputError(text.format(name=source.name, error=error)) from error
    part = own.intersect(source.extent)
    if part.isEmpty():
        text = tr(
            'The extent lies outside layer "{name}": {found} does not meet {wanted} ({crs}). '
            "Zoom to the layer, draw another rectangle, or use the whole layer."
        )
        raise InputError(
            text.format(
                name=source.name,
                found=own.toString(0),
                wanted=source.extent.toString(0),
                crs=source.crs.authid() or tr("no CRS"),
            )
        )
    return (part.xMinimum(), part.yMinimum(), part.xMaximum(), part.yMaximum())


def parse_bands(text: str) -> Dict[str, int]:
    """Reads a band mapping, "B2=1, B3=2, …"; empty text gives an empty mapping.

    Raises:
        InputError: not of that form.
    """
    bands: Dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in text.replace(";", ",").split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if not name or not number.isdecimal() or int(number) < 1:
            message = tr('Band mapping "{part}" was not understood. Write it like "B2=1, B3=2, B4=3".')
            raise InputError(message.format(part=part))
        bands[name] = int(number)
    return bands


def vector_source(layer: QgsVectorLayer, grid: Optional[PixelGrid] = None) -> Tuple[str, str]:
    """Returns (path, layer name) of the features that the user sees now.

    That is the layer's own file, or a temporary GeoPackage where the file does not tell the same: while there are edits
    not saved yet, under a filter, in another CRS than the file says, with curves, or where the layer is no file. There
    the rows are numbered from 1, in the order of `layer.getFeatures()`. Nothing is committed.

    Args:
        layer: The layer.
        grid: Given to have points told as the pixels that they lie in.

    Raises:
        InputError: no layer, or the temporary file cannot be written.
    """
    if layer is None or not layer.isValid():
        raise InputError(tr("No working vector layer is chosen. Choose one, or make a new one."))
    own = label_export.own_file(layer) if grid is None else None
    return own or label_export.write(layer, temporary.new_file(EXPORTED), grid)


def mask_source(layer: QgsVectorLayer) -> str:
    """Returns the path of a mask layer as requests want it, `file|layername=name`."""
    path, name = vector_source(layer)
    return f"{path}|layername={name}" if name else path


def free_path(folder: str, stem: str, suffix: str) -> Path:
    """Returns the first `stem.suffix`, `stem_2.suffix`, … in a folder that does not exist yet."""
    path, number = Path(folder) / f"{_clean(stem)}{suffix}", 2
    while path.exists():
        path, number = Path(folder) / f"{_clean(stem)}_{number}{suffix}", number + 1
    return path


def _clean(stem: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in stem) or "scene"


def folder_for(folder: str, stem: str, files: Sequence[str]) -> Path:
    """Returns the first folder `stem`, `stem_2`, … that has none of some files.

    What is half done there is taken up by the same request, where a new folder would have it done again.
    """
    path, number = Path(folder) / _clean(stem), 2
    while any((path / file).exists() for file in files):
        path, number = Path(folder) / f"{_clean(stem)}_{number}", number + 1
    return path


def make_folder(folder: Path) -> None:
    """Makes a folder for results.

    Raises:
        InputError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = tr('Folder "{folder}" cannot be made ({reason}). Choose another output folder.')
        raise InputError(text.format(folder=folder, reason=error.strerror)) from error
    if not os.access(folder, os.W_OK):
        raise InputError(tr('Folder "{folder}" is not writable. Choose another output folder.').format(folder=folder))


def drop_empty_folder(folder: Path) -> None:
    """Removes a folder made for results that never came."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def raster_paths(several: Iterable[QgsMapLayer]) -> Tuple[str, ...]:
    """Returns the files behind raster layers.

    Raises:
        InputError: as for `raster_path`.
    """
    return tuple(raster_path(layer) for layer in several)
