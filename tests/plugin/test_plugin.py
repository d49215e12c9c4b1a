"""Loading and unloading: everything is added, everything is taken away, and QGIS's Python is left as it was."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QEvent
from qgis.PyQt.QtWidgets import QDockWidget

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.qgis

ISOLATION = r"""
import json, os, sys
import qgis.core, qgis.gui, qgis.PyQt.QtTest, qgis.PyQt.QtWidgets
sys.path.insert(0, {plugins!r})
os.environ["QGIS_CUSTOM_CONFIG_PATH"] = {scratch!r}
from qgis.PyQt.QtCore import QSettings
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, {scratch!r})
app = qgis.core.QgsApplication([], True, {scratch!r})
app.initQgis()
qgis.core.QgsSettings().setValue("mmearth/python", {python!r})
qgis.core.QgsSettings().setValue("mmearth/output_folder", {scratch!r})
sys.path.insert(0, {tests!r})
from conftest import Iface
from qgis.PyQt.QtTest import QTest
COMPUTE = ("torch", "numpy", "rasterio", "sklearn", "scipy", "h5py", "timm", "safetensors", "shapely", "pyogrio")
layer = qgis.core.QgsRasterLayer({scene!r}, "scene")
qgis.core.QgsProject.instance().addMapLayer(layer)
iface = Iface()

def state():
    return [list(sys.path), dict(os.environ), sorted(m for m in sys.modules if m.split(".")[0] in COMPUTE)]

before = state()
import mmearth_qgis
plugin = mmearth_qgis.classFactory(iface)
plugin.initGui()
dock = plugin.show_dock()
dock.scene_page.set_layer(layer)
dock.embed_page.propose_out("scene")
QTest.mouseClick(dock.embed_page.button, qgis.PyQt.QtCore.Qt.MouseButton.LeftButton)
for _ in range(500):
    QTest.qWait(20)
    group = qgis.core.QgsProject.instance().layerTreeRoot().findGroup("MMEarth \u2013 scene")
    if group:
        break
during = state()
plugin.unload()
after = state()
print(json.dumps(dict(before=before, during=during, after=after, ran=bool(group))))
sys.stdout.flush()
os._exit(0)
"""


def test_sys_path_modules_and_environment_stay_as_they_were(tmp_path, fake_python, make_raster):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "mmearth_qgis").symlink_to(ROOT)
    code = ISOLATION.format(
        plugins=str(tmp_path / "plugins"),
        scratch=str(tmp_path),
        python=fake_python("normal"),
        tests=str(ROOT / "tests" / "plugin"),
        scene=make_raster(),
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    states = json.loads(done.stdout.strip().splitlines()[-1])
    assert states["ran"], "the embedding never arrived"
    assert states["during"] == states["before"]
    assert states["after"] == states["before"]


def test_plugin_modules_import_no_compute_package():
    code = f"""
import importlib.util, pkgutil, sys
root = {str(ROOT)!r}
spec = importlib.util.spec_from_file_location("p", root + "/__init__.py", submodule_search_locations=[root])
sys.modules["p"] = importlib.util.module_from_spec(spec)
import qgis.core, qgis.gui
before = set(sys.modules)
import p.mmearth_plugin as room
names = [m.name for m in pkgutil.walk_packages(room.__path__, "p.mmearth_plugin.")]
for name in names:
    importlib.import_module(name)
new = {{m.split(".")[0] for m in set(sys.modules) - before}}
assert len(names) > 15, names
assert not new & {{"torch", "numpy", "rasterio", "sklearn", "scipy", "PyQt6"}}, new
assert {{m for m in sys.modules if m.startswith("p.backend.mmearth.")}} == {{"p.backend.mmearth.protocol"}}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_unload_leaves_nothing(iface, qgis_app, fake_backend, output_folder):
    import mmearth_qgis

    items = len(iface.canvas.scene().items())
    actions = len(iface.window.findChildren(type(iface.add_feature)))
    plugin = mmearth_qgis.classFactory(iface)
    plugin.initGui()
    plugin.show_dock()
    assert (len(iface.toolbar), len(iface.menu), len(iface.layer_actions), len(iface.docks)) == (1, 1, 1, 1)
    assert QgsApplication.processingRegistry().providerById("mmearth") is not None
    plugin.unload()
    qgis_app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert (iface.toolbar, iface.menu, iface.layer_actions, iface.docks) == ([], [], [], [])
    assert QgsApplication.processingRegistry().providerById("mmearth") is None
    assert iface.window.findChildren(QDockWidget) == []
    assert len(iface.window.findChildren(type(iface.add_feature))) == actions
    assert len(iface.canvas.scene().items()) == items


def test_unload_and_load_again_works(iface, fake_backend, output_folder):
    import mmearth_qgis

    for _ in range(2):
        plugin = mmearth_qgis.classFactory(iface)
        plugin.initGui()
        plugin.show_dock()
        plugin.unload()


def test_without_interface_only_the_algorithms_come(qgis_app):
    import mmearth_qgis

    plugin = mmearth_qgis.classFactory(None)
    plugin.initProcessing()
    provider = QgsApplication.processingRegistry().providerById("mmearth")
    names = [
        "adapt",
        "assess",
        "checkmodel",
        "cluster",
        "comparemaps",
        "downloadweights",
        "drawsample",
        "embed",
        "embedtable",
    ]
    names += [
        "evaluate",
        "exportmap",
        "fewshot",
        "finetune",
        "installbackend",
        "outline",
        "predict",
        "pretrain",
        "similar",
        "suggest",
    ]
    assert sorted(a.id() for a in provider.algorithms()) == [f"mmearth:{name}" for name in names]
    plugin.unload()


def test_the_plugin_loads_without_a_backend_and_says_so(no_backend, plugin):
    dock = plugin.show_dock()
    assert not dock.setup.banner.isHidden()
    assert "environment" in dock.setup.banner.text.text()
    dock.embed_page.button.click()
    assert "Install the backend" in dock.runner.problem.text()
    for algorithm in QgsApplication.processingRegistry().providerById("mmearth").algorithms():
        possible, message = algorithm.canExecute()
        if algorithm.name() == "installbackend":
            assert possible
            continue
        assert not possible
        assert "Install the backend" in message
