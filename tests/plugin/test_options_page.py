"""The page under QGIS's options, what it stores, and what the backend makes of it; help pages; the bug report."""

import re
from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import help, messages, options_page, settings
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess, child_environment
from mmearth_qgis.mmearth_plugin.jobs import bug_report
from qgis.core import QgsSettings
from qgis.gui import QgsOptionsWidgetFactory
from qgis.PyQt.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.qgis


@pytest.fixture
def page(qgis_app, tmp_path, monkeypatch):
    monkeypatch.setenv("MMEARTH_PYTHON", str(tmp_path / "none"))
    QgsSettings().remove("mmearth")
    page = options_page.OptionsPage()
    yield page
    page.deleteLater()
    QgsSettings().remove("mmearth")


def test_nothing_is_changed_by_looking(page):
    page.apply()
    assert settings.python() == ""
    assert settings.chosen_output_folder() == ""
    assert settings.cache_limit_bytes() == 0
    assert settings.threads() == 0
    assert settings.notifications()


def test_what_is_chosen_is_stored_and_shown_again(page, tmp_path):
    heard = []
    page.applied.connect(lambda: heard.append(settings.python()))
    page.python_edit.setFilePath(str(tmp_path / "python"))
    page.folder_edit.setFilePath(str(tmp_path / "größer & weiter"))
    page.cache_box.setValue(12.5)
    page.threads_box.setValue(1)
    page.notify_check.setChecked(False)
    page.apply()
    assert heard == [str(tmp_path / "python")]
    assert settings.output_folder() == str(tmp_path / "größer & weiter")
    assert settings.cache_limit_bytes() == 12_500_000_000
    again = options_page.OptionsPage()
    assert again.python_edit.filePath() == str(tmp_path / "python")
    assert (again.cache_box.value(), again.threads_box.value(), again.notify_check.isChecked()) == (12.5, 1, False)
    again.cache_box.setValue(0)
    again.apply()
    assert settings.cache_limit_bytes() == -1
    assert options_page.OptionsPage().cache_box.text() == "switched off"


def test_threads_reach_the_child(page):
    page.threads_box.setValue(1)
    page.apply()
    assert child_environment().value("OMP_NUM_THREADS") == "1"


def test_the_limit_of_the_cache_reaches_the_backend(page, engine, wait_for):
    backend = BackendProcess(settings.python())
    options_page.send_cache_limit(backend)
    assert backend.pid == 0  # nothing chosen, nothing started
    page.python_edit.setFilePath(settings.python())
    page.cache_box.setValue(2)
    page.apply()
    options_page.send_cache_limit(backend)
    wait_for(lambda: engine("cache"))
    assert engine("cache")[0]["limit_bytes"] == 2_000_000_000
    backend.shutdown()


def test_the_page_comes_and_goes_with_the_plugin(iface):
    factories = []
    iface.registerOptionsWidgetFactory = factories.append
    iface.unregisterOptionsWidgetFactory = factories.remove
    factory = options_page.register(iface)
    assert factories == [factory]
    assert isinstance(factory, QgsOptionsWidgetFactory)
    heard = []
    factory.applied.connect(lambda: heard.append(1))
    factory.createWidget(None).apply()
    assert heard == [1]
    assert not factory.icon().isNull()
    options_page.unregister(iface, factory)
    assert factories == []


def test_help_opens_sections_that_the_tutorial_has():
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", tutorial, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    anchors |= set(re.findall(r'<a (?:id|name)="([^"]+)"', tutorial))
    for topic in help.TOPICS:
        address, _, anchor = help.page_url(topic).partition("#")
        assert address == "https://github.com/mmearth-qgis/mmearth-qgis/blob/main/docs/tutorial.md"
        assert anchor in anchors


def test_the_help_button_opens_what_is_said_of_the_page_in_front(dock, monkeypatch):
    opened = []
    monkeypatch.setattr(help.QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    for page in ("label", "explore"):
        dock.show_page(page)
        dock.bar.help_button.click()
    assert opened == [help.page_url("label"), help.page_url("explore")]


def test_a_bug_report_has_versions_and_log_and_no_name(qgis_app, fake_python, wait_for, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "annabel")
    backend = BackendProcess(fake_python("normal"))
    assert "| Backend | not started |" in bug_report.text(backend)
    backend.start()
    wait_for(lambda: backend.hello)
    for number in range(300):
        messages.log(f"line {number} by Annabel in {tmp_path}/x")
    messages.log("``` closes nothing")
    assert "issues" in bug_report.copy(backend)
    report = QApplication.clipboard().text()
    backend.shutdown()
    for name in ("QGIS", "Qt", "GDAL", "System"):
        assert re.search(rf"^\| {name} \| .*\d", report, re.MULTILINE), name
    assert re.search(r"^\| Plugin \| \d+\.\d+\.\d+ \|$", report, re.MULTILINE)
    assert "torch fake; devices: CPU (fake)" in report
    assert "line 299 by <user> in ~/x" in report
    assert "line 101 by" in report
    assert "line 100 by" not in report  # the last 200 lines
    assert str(tmp_path) not in report
    assert "annabel" not in report.lower()
    assert report.count("```") == 2
