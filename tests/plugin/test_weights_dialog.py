"""The weights dialog with a child at the other end: nothing is fetched before the licence was agreed to."""

from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import weights_dialog
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
from mmearth_qgis.mmearth_plugin.weights_dialog import WeightsDialog

pytestmark = pytest.mark.qgis
OWN, HERE, THERE = range(3)


@pytest.fixture
def make_dialog(qgis_app, fake_python, wait_for):
    made = []

    def make(child="normal"):
        backend = BackendProcess(fake_python(child), grace_s=0.3)
        dialog = WeightsDialog(backend)
        dialog.paths = []
        dialog.chosen.connect(dialog.paths.append)
        dialog.open()
        made.append((dialog, backend))
        return dialog

    yield make
    for dialog, backend in made:
        backend.shutdown(200)
        dialog.deleteLater()
        backend.deleteLater()


@pytest.fixture
def dialog(make_dialog, wait_for):
    made = make_dialog()
    wait_for(lambda: made.table.rowCount() == 3)
    return made


def column(dialog, number):
    return [dialog.table.item(row, number).text() for row in range(dialog.table.rowCount())]


def test_lists_what_is_installed_and_what_is_published_once(dialog):
    assert column(dialog, 0) == ["own", "pt-here", "pt-there"]
    assert column(dialog, 1) == ["1", "3", "3"]
    assert column(dialog, 2) == ["8", "16", "16"]
    assert column(dialog, 3) == ["yes", "yes", ""]


@pytest.mark.parametrize(
    ("row", "others", "expected"),
    [
        (OWN, {"hash_state": "verified", "licence": "MIT"}, "less than 1 MB · licence: MIT · hash: as its card says"),
        (OWN, {}, "less than 1 MB · licence: none is stated · hash: unknown"),
        (
            HERE,
            {"hash_state": "changed"},
            "less than 1 MB · licence: CC · hash: not as its card says: the file was changed",
        ),
    ],
)
def test_installed_weights_show_size_licence_and_state_of_the_hash(dialog, row, others, expected):
    dialog._rows[row].update(others)
    dialog.table.clearSelection()
    dialog.table.selectRow(row)
    assert dialog.facts.text().splitlines() == [expected, dialog._rows[row]["path"]]
    assert column(dialog, 4) == ["less than 1 MB", "less than 1 MB", ""]
    dialog.table.selectRow(THERE)
    assert dialog.facts.isHidden()
    assert not dialog.remove_button.isEnabled()


def test_weights_are_removed_once_the_user_has_agreed(dialog, monkeypatch, wait_for):
    asked, removed, buttons = [], [], weights_dialog.QMessageBox.StandardButton
    answers = [buttons.No, buttons.Yes]

    def question(_parent, _title, text, *_buttons):
        asked.append(text)
        return answers.pop(0)

    monkeypatch.setattr(weights_dialog.QMessageBox, "question", question)
    dialog.removed.connect(removed.append)
    dialog.table.selectRow(OWN)
    dialog.remove_button.click()
    assert ('"own"' in asked[0], removed, dialog._job) == (True, [], None)
    dialog.remove_button.click()
    wait_for(lambda: "removed" in dialog.phase.text())
    assert dialog.phase.text() == '"own" is removed; 12 MB of disk are free again.'
    assert removed == ["/weights/own.safetensors"]
    assert column(dialog, 0) == ["pt-here", "pt-there"]


def test_bundled_weights_stay(dialog, monkeypatch):
    dialog.table.selectRow(OWN)
    assert dialog.remove_button.isEnabled()
    monkeypatch.setattr(weights_dialog, "BUNDLED_FOLDER", Path("/weights"))
    dialog.table.selectRow(HERE)
    assert not dialog.remove_button.isEnabled()
    assert "stay" in dialog.remove_button.toolTip()


def test_nothing_is_downloaded_without_the_licence(dialog, wait_for):
    dialog.table.selectRow(THERE)
    assert dialog.licence.toPlainText() == "Not for commerce."
    assert dialog.licence.isVisible()
    assert not dialog.accept_check.isChecked()
    assert not dialog.download_button.isEnabled()
    assert not dialog.use_button.isEnabled()
    dialog.accept_check.setChecked(True)
    assert dialog.download_button.isEnabled()
    dialog.download_button.click()
    assert not dialog.download_button.isEnabled()
    wait_for(lambda: "ready" in dialog.phase.text())
    assert dialog.paths == ["/weights/pt-there.safetensors"]


def test_agreement_is_sent_along(dialog, monkeypatch):
    sent = []
    monkeypatch.setattr(dialog._backend, "submit", lambda job: sent.append(job.request))
    dialog.table.selectRow(THERE)
    dialog.accept_check.setChecked(True)
    dialog.download_button.click()
    ((request),) = sent
    assert (request.name, request.accept_licence) == ("pt-there", True)
    dialog._job = None


@pytest.mark.parametrize(("row", "path"), [(OWN, "/weights/own.safetensors"), (HERE, "/weights/pt-here.safetensors")])
def test_installed_weights_are_used_at_once(dialog, row, path):
    dialog.table.selectRow(row)
    assert not dialog.licence.isVisible()
    assert not dialog.download_button.isEnabled()
    dialog.use_button.click()
    assert dialog.paths == [path]
    assert not dialog.isVisible()


def test_a_checkpoint_is_converted_to_where_the_user_says(dialog, monkeypatch, wait_for):
    files = weights_dialog.QFileDialog
    monkeypatch.setattr(files, "getOpenFileName", lambda *_arguments: ("/somewhere/checkpoint.pth", ""))
    monkeypatch.setattr(files, "getSaveFileName", lambda *_arguments: ("/elsewhere/mine", ""))
    dialog.convert_button.click()
    wait_for(lambda: dialog.paths)
    assert dialog.paths == ["/elsewhere/mine.safetensors"]


def test_an_error_is_told_and_the_dialog_stays_of_use(make_dialog, wait_for):
    dialog = make_dialog("no_torch")
    wait_for(lambda: "No module named 'torch'" in dialog.phase.text())
    assert dialog.convert_button.isEnabled()
    assert not dialog.bar.isVisible()
    assert not dialog.download_button.isEnabled()


def test_closing_while_it_works_cancels_first(make_dialog, wait_for):
    dialog = make_dialog("stubborn")
    wait_for(lambda: dialog.phase.text() == "Stuck")
    assert dialog.cancel_button.isVisible()
    dialog.close_button.click()
    assert dialog.isVisible()
    wait_for(lambda: not dialog.isVisible())
    assert dialog._backend._running is None


def test_the_dock_opens_it_and_takes_what_is_chosen(dock, wait_for):
    dock.scene_page.more_weights_button.click()
    dialog = dock.findChild(WeightsDialog)
    wait_for(lambda: dialog.table.rowCount() == 3)
    dialog.table.selectRow(OWN)
    dialog.use_button.click()
    assert dock.scene_page.weights_edit.filePath() == "/weights/own.safetensors"
    wait_for(lambda: dock.findChild(WeightsDialog) is None)


def test_without_a_backend_the_dock_says_so(no_backend, plugin):
    dock = plugin.show_dock()
    dock.scene_page.more_weights_button.click()
    assert "Install the backend" in dock.runner.problem.text()
    assert dock.findChild(WeightsDialog) is None
