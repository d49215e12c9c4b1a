"""Runs inside a real QGIS: the options of the embedding, two selected layers as one scene, a scene without a layer.

Reads E2E_SCENE, E2E_SECOND (another raster on the same ground), E2E_DRIVING and what `driving` reads.
"""

import os
import sys
from pathlib import Path

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QItemSelectionModel, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import LEFT, PICTURES, choose, click, open_scene, picture, play, wait  # noqa: E402


def select(layers):
    """Selects layers in the layer panel."""
    view = iface.layerTreeView()
    view.clearSelection()
    for layer in layers:
        index = view.node2index(QgsProject.instance().layerTreeRoot().findLayer(layer.id()))
        view.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)
    QTest.qWait(100)


def scenario():
    """Opens everything that is new, in a wide and in a narrow dock."""
    facts = {}
    scene, dock = open_scene(os.environ["E2E_SCENE"])
    page, options, source = dock.embed_page, dock.embed_page.options, dock.scene_page.source_box
    dock.show_page("embed")
    options.setCollapsed(False)
    wait(lambda: " of " in options.cache_label.text(), "the size of the cache", 30)
    facts["cache"] = options.cache_label.text()
    choose(options.grn_box, "From this scene")
    choose(page.dtype_box, "16 bit float")
    request = page.request(dock.scene_page.scene())
    facts["request"] = [request.grn, request.dtype, request.tile_px]
    picture("options.png")
    click(options.clear_button)
    wait(lambda: " 0 MB" in options.cache_label.text(), "the empty cache", 30)

    second = QgsRasterLayer(os.environ["E2E_SECOND"], "second")
    QgsProject.instance().addMapLayer(second)
    select([scene, second])
    facts["offer"] = source.together_check.text()
    click(source.together_check)
    facts["paths"] = len(dock.scene_page.scene().path.splitlines())
    QTest.qWait(600)
    dock.show_page("scene")
    picture("selected_layers.png")
    click(source.together_check)
    # A menu keeps the event loop: look at it from beside, and leave it.
    source.more_button.menu().popup(source.more_button.mapToGlobal(source.more_button.rect().bottomLeft()))
    QTest.qWait(200)
    facts["menu"] = [action.text() for action in source.more_button.menu().actions()]
    QApplication.primaryScreen().grabWindow(0).save(str(PICTURES / "menu.png"))
    source.more_button.menu().close()
    source.set_path(str(Path(os.environ["E2E_SCENE"]).parent / "S2B_MSIL2A_20230601T101609_N0509_R065_T32UPU.SAFE"))
    facts["name"] = dock.scene_page.scene().name
    iface.mainWindow().resizeDocks([dock], [320], Qt.Orientation.Horizontal)
    QTest.qWait(900)
    dock.show_page("scene")
    picture("options_320_top.png")
    QTest.mouseClick(source.back_button, LEFT)
    facts["back"] = dock.scene_page.scene().name
    dock.reveal(page.button)
    picture("options_320.png")
    facts["width"] = dock.width()
    return facts


play(scenario)
