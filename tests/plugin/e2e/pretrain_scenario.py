"""Runs inside a real QGIS: pretrains on a scene and two layers, cancels, goes on, uses the weights, looks at others.

Reads E2E_SCENE, E2E_ELEVATION, E2E_COVER (rasters), E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import sys

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface, plugins

sys.path.append(os.environ["E2E_DRIVING"])
from driving import PICTURES, choose, click, group_layers, open_scene, picture, play, wait  # noqa: E402

EPOCHS = 20


def set_number(box, number):
    """Types a number into a spin box."""
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, str(number))
    QTest.keyClick(box, Qt.Key.Key_Tab)


def scenario():
    """Pretrain, cancel, go on, use, embed; then the dialog of weights."""
    facts = {}
    before = (list(sys.path), dict(os.environ), "torch" in sys.modules)
    _scene, dock = open_scene(os.environ["E2E_SCENE"])
    for key, name in (("E2E_ELEVATION", "Elevation"), ("E2E_COVER", "Land cover")):
        QgsProject.instance().addMapLayer(QgsRasterLayer(os.environ[key], name), False)
    page = dock.pretrain_page
    facts["cost_before"] = dock.embed_page.cost.text()
    for name in ("Elevation", "Land cover"):
        choose(page.targets.layer_box, name)
        click(page.targets.add_button)
    choose(page.targets.table.cellWidget(1, 1), "classes")
    set_number(page.epochs_box, EPOCHS)
    choose(page.start_box, "Random weights")

    click(page.button)
    wait(lambda: len(page.view.curve.points("total")) >= 3, "the first losses")
    dock.reveal(page.view.text)
    picture("pretrain_running.png")
    iface.mainWindow().resizeDocks([dock], [330], Qt.Orientation.Horizontal)
    QTest.qWait(200)
    facts["narrow_width"] = dock.width()
    dock.reveal(page.view.text)
    picture("pretrain_330.png")
    click(dock.runner.cancel_button)
    wait(lambda: page.button.isEnabled(), "the end after Cancel", 30)
    facts["stopped"] = page.view.text.text()
    facts["resume"] = page.resume_button.text() if page.resume_button.isVisible() else ""
    picture("pretrain_stopped.png")

    click(page.resume_button)
    wait(lambda: page.view.use_button.isVisible(), "the weights")
    facts["tasks"] = sorted(page.view.curve._points)
    facts["steps"] = [step for step, _loss in page.view.curve.points("total")]
    losses = [loss for _step, loss in page.view.curve.points("sentinel2")]
    facts["losses"] = [losses[0], losses[-1]]
    facts["result"] = page.view.text.text()
    facts["picture"] = not page.view.picture.pixmap.isNull()
    dock.reveal(page.view.use_button)
    picture("pretrain_done.png")
    click(page.view.use_button)
    facts["weights"] = dock.scene_page.scene().weights

    click(dock.embed_page.button)
    wait(lambda: "Embedding" in group_layers(), "the embedding")
    embedding = group_layers()["Embedding"]
    facts["embedding"] = [embedding.bandCount(), embedding.width(), embedding.height()]

    click(dock.scene_page.more_weights_button)
    dialog = next(child for child in dock.children() if type(child).__name__ == "WeightsDialog")
    wait(lambda: dialog.table.rowCount(), "the list of weights", 60)
    rows = range(dialog.table.rowCount())
    facts["published"] = sum(dialog.table.item(row, 0).text().startswith("pt-") for row in rows)
    dialog.table.selectRow(dialog.table.rowCount() - 1)
    facts["download_before"] = dialog.download_button.isEnabled()
    QTest.keyClick(dialog.accept_check, Qt.Key.Key_Space)
    facts["accepted"] = dialog.accept_check.isChecked()
    facts["download_after"] = dialog.download_button.isEnabled()
    QTest.qWait(200)
    assert dialog.grab().save(str(PICTURES / "weights_dialog.png"))
    dialog.close_button.click()
    plugins["mmearth_qgis"].unload()
    facts["isolated"] = before == (list(sys.path), dict(os.environ), "torch" in sys.modules)
    return facts


play(scenario)
