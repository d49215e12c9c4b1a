"""Fixtures of the plugin tests: a bare QGIS interface, layers written with GDAL, the plugin loaded and unloaded."""

import gc
import importlib.util
import json
import sys
from pathlib import Path

import pytest

if importlib.util.find_spec("qgis") is not None:  # elsewhere the folder's tests are left out, see ../conftest.py
    from osgeo import gdal, osr
    from qgis.core import (
        QgsFeature,
        QgsGeometry,
        QgsLayerTreeModel,
        QgsProject,
        QgsRasterLayer,
        QgsRectangle,
        QgsSettings,
        QgsVectorLayer,
    )
    from qgis.gui import QgsLayerTreeView, QgsMapCanvas, QgsMessageBar
    from qgis.PyQt.QtCore import QEvent, QItemSelectionModel
    from qgis.PyQt.QtWidgets import QAction, QMainWindow

LEFT_M, TOP_M, RES_M = 662400.0, 5362560.0, 10.0


class Iface:
    """The part of QGIS's interface object that the plugin touches, on real widgets."""

    def __init__(self):
        self.window = QMainWindow()
        self.canvas = QgsMapCanvas(self.window)
        self.window.setCentralWidget(self.canvas)
        self.bar = QgsMessageBar(self.window)
        self.tree = QgsLayerTreeView(self.window)
        self.tree.setModel(QgsLayerTreeModel(QgsProject.instance().layerTreeRoot(), self.tree))
        self.toolbar, self.menu, self.layer_actions, self.docks = [], [], [], []
        self.active, self.options = None, []
        self.add_feature = QAction(self.window)

    def mainWindow(self):  # noqa: N802
        return self.window

    def mapCanvas(self):  # noqa: N802
        return self.canvas

    def layerTreeView(self):  # noqa: N802
        return self.tree

    def select(self, layers):
        """Selects layers in the layer panel."""
        self.tree.clearSelection()
        for layer in layers:
            index = self.tree.node2index(QgsProject.instance().layerTreeRoot().findLayer(layer.id()))
            self.tree.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)

    def messageBar(self):  # noqa: N802
        return self.bar

    def addRasterToolBarIcon(self, action):  # noqa: N802
        self.toolbar.append(action)

    def removeRasterToolBarIcon(self, action):  # noqa: N802
        self.toolbar.remove(action)

    def addPluginToRasterMenu(self, name, action):  # noqa: N802
        self.menu.append((name, action))

    def removePluginRasterMenu(self, name, action):  # noqa: N802
        self.menu.remove((name, action))

    def addCustomActionForLayerType(self, action, _menu, layer_type, all_layers):  # noqa: N802
        self.layer_actions.append(action)

    def removeCustomActionForLayerType(self, action):  # noqa: N802
        self.layer_actions.remove(action)

    def addDockWidget(self, area, dock):  # noqa: N802
        self.docks.append(dock)
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):  # noqa: N802
        self.docks.remove(dock)
        self.window.removeDockWidget(dock)

    def activeLayer(self):  # noqa: N802
        return self.active

    def setActiveLayer(self, layer):  # noqa: N802
        self.active = layer

    def registerOptionsWidgetFactory(self, factory):  # noqa: N802
        self.options.append(factory)

    def unregisterOptionsWidgetFactory(self, factory):  # noqa: N802
        self.options.remove(factory)

    def actionAddFeature(self):  # noqa: N802
        return self.add_feature


@pytest.fixture(scope="session")
def local_index():
    """The module of the package index on this machine, which a test may make misbehave."""
    spec = importlib.util.spec_from_file_location("local_index", Path(__file__).with_name("local_index.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(autouse=True)
def no_window_left(qgis_app):
    """Deletes what a test has shown: in the next test it would lie above the window, or hear of another project."""
    yield
    windows = qgis_app.topLevelWidgets()
    for window in windows:
        window.hide()
        window.deleteLater()
    windows.clear()
    window = None
    gc.collect()
    qgis_app.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def iface(qgis_app):
    interface = Iface()
    yield interface
    QgsProject.instance().clear()
    interface.window.deleteLater()
    qgis_app.processEvents()


@pytest.fixture
def no_backend(qgis_app, monkeypatch, tmp_path):
    """A machine where no Python for the backend can be found."""
    from mmearth_qgis.mmearth_plugin import environment

    monkeypatch.delenv("MMEARTH_PYTHON", raising=False)
    monkeypatch.setattr(environment, "BACKEND_FOLDER", tmp_path / "elsewhere" / "backend")
    QgsSettings().remove("mmearth")


@pytest.fixture
def output_folder(qgis_app, tmp_path):
    QgsSettings().setValue("mmearth/output_folder", str(tmp_path / "results"))
    yield tmp_path / "results"
    QgsSettings().remove("mmearth")


@pytest.fixture
def fake_backend(qgis_app, fake_python):
    """Has the plugin use a fake child."""

    def use(name):
        QgsSettings().setValue("mmearth/python", fake_python(name))

    use("normal")
    yield use
    QgsSettings().remove("mmearth")


@pytest.fixture
def engine(fake_backend, tmp_path, monkeypatch):
    """Has the plugin use the child of `engine_child.py`; returns a function that lists the requests of a verb."""
    script, requests = tmp_path / "python-engine", tmp_path / "requests.jsonl"
    child = Path(__file__).with_name("engine_child.py")
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{child}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("MMEARTH_TEST_REQUESTS", str(requests))
    QgsSettings().setValue("mmearth/python", str(script))

    def sent(verb):
        lines = requests.read_text(encoding="utf-8").splitlines() if requests.exists() else []
        return [message for message in map(json.loads, lines) if message["verb"] == verb]

    return sent


@pytest.fixture
def make_raster(qgis_app, tmp_path):
    def make(name="scene.tif", bands=3, width=20, height=10, epsg=32632):
        path = str(tmp_path / name)
        dataset = gdal.GetDriverByName("GTiff").Create(path, width, height, bands, gdal.GDT_UInt16)
        dataset.SetGeoTransform((LEFT_M, RES_M, 0, TOP_M, 0, -RES_M))
        if epsg:
            crs = osr.SpatialReference()
            crs.ImportFromEPSG(epsg)
            dataset.SetProjection(crs.ExportToWkt())
        for band in range(1, bands + 1):
            dataset.GetRasterBand(band).Fill(1000 * band)
        dataset.FlushCache()
        del dataset
        return path

    return make


@pytest.fixture
def scene_layer(make_raster):
    layer = QgsRasterLayer(make_raster(), "My scene")
    assert layer.isValid()
    QgsProject.instance().addMapLayer(layer)
    return layer


def square(col, row, side_px=2):
    """Returns a square polygon on the raster's grid, by its upper left pixel."""
    left, top = LEFT_M + col * RES_M, TOP_M - row * RES_M
    return QgsGeometry.fromRect(QgsRectangle(left, top - side_px * RES_M, left + side_px * RES_M, top))


@pytest.fixture
def make_polygons(qgis_app):
    """Returns a function that makes a memory layer of squares: [(class, col, row), …]."""

    def make(rows, field="class_id:integer", name="Polygons"):
        layer = QgsVectorLayer(f"Polygon?crs=EPSG:32632&field={field}", name, "memory")
        for value, col, row in rows:
            feature = QgsFeature(layer.fields())
            feature.setAttribute(0, value)
            feature.setGeometry(square(col, row))
            layer.dataProvider().addFeatures([feature])
        layer.updateExtents()
        QgsProject.instance().addMapLayer(layer)
        return layer

    return make


@pytest.fixture
def plugin(iface):
    import mmearth_qgis

    loaded = mmearth_qgis.classFactory(iface)
    loaded.initGui()
    yield loaded
    loaded.unload()


@pytest.fixture
def dock(plugin, fake_backend, output_folder, iface):
    shown = plugin.show_dock()
    iface.window.resize(1000, 800)
    iface.window.show()
    return shown
