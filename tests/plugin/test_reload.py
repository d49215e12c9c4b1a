"""Ten times loaded, used and unloaded: nothing of the plugin stays behind, in QGIS or on the machine."""

import contextlib
import gc
import os
import threading
from collections import Counter
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QEvent, QObject, QThread, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QAction, QApplication, QDockWidget

TIMES = 10
QT_ITSELF = ("destroyed", "objectNameChanged")  # heard by Qt as soon as a window was shown
KINDS = {"actions": QAction, "docks": QDockWidget, "timers": QTimer, "threads": QThread}
pytestmark = [pytest.mark.qgis, pytest.mark.slow]


def children_of_process():
    """Returns the process ids of the children that are no zombies."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:  # it ended while we looked
                continue
            if int(parent) == os.getpid() and state != "Z":
                found.append(int(entry.name))
    return found


def receivers(transmitter):
    """Returns how many slots hear each signal of an object that may be asked."""
    counts = {}
    for name in dir(type(transmitter)):
        if name not in QT_ITSELF and isinstance(getattr(type(transmitter), name, None), pyqtSignal):
            with contextlib.suppress(RuntimeError):  # PyQt does not tell of objects that C++ made
                counts[name] = transmitter.receivers(getattr(transmitter, name))
    return counts


def state(iface, factories):
    """Returns what there is of everything that a plugin may leave behind."""
    for _ in range(3):  # what is deleted may delete more
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        gc.collect()
    places = {"window": iface.window, "canvas": iface.canvas, "project": QgsProject.instance()}
    found = {
        f"{name} of the {place}": len(parent.findChildren(kind))
        for place, parent in places.items()
        for name, kind in KINDS.items()
    }
    found.update({f"children of the {place}": len(parent.findChildren(QObject)) for place, parent in places.items()})
    found["children of the window"] -= len(iface.tree.findChildren(QObject))  # the legends of the user's layers
    heard = {**places, "selection": iface.tree.selectionModel(), "tree": iface.tree, "log": QgsApplication.messageLog()}
    heard["registry"] = QgsApplication.processingRegistry()
    for place, transmitter in heard.items():
        found.update({f"receivers of {name} of the {place}": n for name, n in receivers(transmitter).items()})
    own = [w for w in QApplication.allWidgets() if type(w).__module__.startswith("mmearth_qgis")]
    found["widgets"] = Counter(type(widget).__name__ for widget in own)
    found["canvas items"] = len(iface.canvas.scene().items())
    found["map tool"] = type(iface.canvas.mapTool()).__name__
    found["python threads"] = threading.active_count()
    found["children of the process"] = children_of_process()
    found["options pages"] = len(factories)
    found["provider"] = QgsApplication.processingRegistry().providerById("mmearth")
    found["filters"] = (list(iface.toolbar), list(iface.menu), list(iface.layer_actions), list(iface.docks))
    return found


@pytest.fixture
def factories(iface):
    """Lets the interface keep pages of options, as that of QGIS does."""
    pages = []
    iface.registerOptionsWidgetFactory = pages.append
    iface.unregisterOptionsWidgetFactory = pages.remove
    return pages


def test_nothing_stays_behind(iface, factories, fake_backend, output_folder, scene_layer, make_polygons, wait_for):
    import mmearth_qgis

    project, polygons = QgsProject.instance(), make_polygons([(1, 0, 0), (2, 4, 0)])
    before = state(iface, factories)
    for time in range(TIMES):
        plugin = mmearth_qgis.classFactory(iface)
        plugin.initGui()
        dock = plugin.show_dock()
        iface.window.show()
        dock.scene_page.set_layer(scene_layer)
        dock.mapping.labels_page.layer_box.setLayer(polygons)
        wait_for(lambda dock=dock: dock.embed_page.cost.text())
        assert len(children_of_process()) == len(before["children of the process"]) + 1
        if time % 3 == 0:  # in the middle of a training, with more to do
            dock.pretrain_page.out_edit.setFilePath(str(output_folder / f"slow_{time}.safetensors"))
            dock.pretrain_page.button.click()
            dock.embed_page.button.click()
            wait_for(lambda dock=dock: dock.pretrain_page.view.text.text() == "Step 40 of 40")
        elif time % 3 == 1:  # after a map, while the preview follows the labels
            dock.mapping.few_shot_page.button.click()
            wait_for(lambda: project.layerTreeRoot().findGroup("MMEarth – My scene") is not None)
            dock.preview.live.set_active(True)
        plugin.unload()
        del plugin, dock
        made = project.layerTreeRoot().findGroup("MMEarth – My scene")
        if made is not None:  # results are the user's: they stay when the plugin goes
            project.removeMapLayers([node.layerId() for node in made.findLayers()])
            project.layerTreeRoot().removeChildNode(made)
        iface.bar.clearWidgets()
        after = state(iface, factories)
        left = {what: (before[what], found) for what, found in after.items() if _is_more(found, before[what])}
        assert left == {}, f"after unloading {time + 1} times"


def _is_more(found, before):
    """Returns whether something stayed behind; what other tests left may go meanwhile."""
    return found > before if isinstance(found, int) else found != before
