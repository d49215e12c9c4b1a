"""The sample project: a copy of the sample that the user may spoil, opened as a tutorial wants to find it."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Optional

from qgis.core import QgsMapLayer, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QTimer

from . import labels, layers, settings
from .messages import InputError, tr

SAMPLE = Path(__file__).resolve().parent.parent / "resources" / "sample"
_SCENE, _LABELS, _PROJECT = "scene.tif", "labels.gpkg", "sample.qgz"
_FILES = (_SCENE, "scene.qml", _LABELS)
_AROUND = 1.05  # how much wider than the scene the canvas is


def default_folder() -> str:
    """Returns where the copy goes if nothing else is said."""
    return str(Path(settings.output_folder()) / "sample")


def sample_labels() -> Optional[QgsMapLayer]:
    """Returns the labels of the sample project that is open; None where the user took them away."""
    return next(iter(QgsProject.instance().mapLayersByName(tr("Sample labels"))), None)


def open_sample(iface: QgisInterface, folder: str) -> bool:
    """Opens the sample project; one that was made in the folder before is opened as it was left.

    Asks whether to save the present project if that has changes, and only then.

    Args:
        iface: The interface of QGIS.
        folder: Where files that are not there yet are copied to.

    Returns:
        Whether it is open; False where the user would rather stay.

    Raises:
        InputError: the folder cannot be written to, or what lies there cannot be opened.
    """
    target = Path(folder)
    layers.make_folder(target)
    if not iface.newProject(True):
        return False
    if (target / _PROJECT).exists():
        if not QgsProject.instance().read(str(target / _PROJECT)):
            text = tr('The sample project "{path}" cannot be opened. Remove it, or choose another folder.')
            raise InputError(text.format(path=target / _PROJECT))
        return True
    _copy(target)
    _fill_project(iface, target)
    return True


def _copy(target: Path) -> None:
    for name in _FILES:
        try:
            if not (target / name).exists():
                shutil.copyfile(SAMPLE / name, target / name)
        except OSError as error:
            text = tr('The sample cannot be copied to "{folder}" ({reason}). Choose another folder.')
            raise InputError(text.format(folder=target, reason=error.strerror)) from error


def _fill_project(iface: QgisInterface, target: Path) -> None:
    project = QgsProject.instance()
    scene = QgsRasterLayer(str(target / _SCENE), tr("Sample scene"))  # natural colours: its style lies beside it
    polygons = QgsVectorLayer(f"{target / _LABELS}|layername=labels", tr("Sample labels"), "ogr")
    for layer in (scene, polygons):
        if not layer.isValid():
            text = tr('"{path}" cannot be opened. Remove it, so that it is copied again.')
            raise InputError(text.format(path=layer.source()))
    field = labels.default_field(polygons)
    if not labels.is_styled_by(polygons, field):
        labels.show_classes(polygons, field, labels.read_classes(polygons, field))
    project.addMapLayer(scene)
    # QGIS takes CRS and extent of the map from the first layers that it hears of: that shall be the scene alone.
    iface.layerTreeCanvasBridge().setCanvasLayers()
    project.addMapLayer(polygons)
    project.setCrs(scene.crs())
    extent = scene.extent()
    extent.scale(_AROUND)
    iface.mapCanvas().setDestinationCrs(scene.crs())
    iface.mapCanvas().setExtent(extent)
    iface.mapCanvas().refresh()
    iface.setActiveLayer(scene)
    if not project.write(str(target / _PROJECT)):
        text = tr('The project cannot be written to "{path}". Choose another folder.')
        raise InputError(text.format(path=target / _PROJECT))
    # QGIS looks at the new layers once more when it is idle, and takes that for a change that wants to be saved.
    QTimer.singleShot(0, partial(project.setDirty, False))
