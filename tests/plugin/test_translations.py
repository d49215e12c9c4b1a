"""QGIS in another language: the plugin's texts follow, and go back to English when it is unloaded."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.qgis,
    pytest.mark.skipif(shutil.which("lrelease") is None, reason="lrelease is missing; run `make setup`"),
]
FOLDER = Path(__file__).resolve().parents[2] / "resources" / "i18n"


@pytest.mark.parametrize(("language", "words"), [("de", "Szene"), ("es", "Escena"), ("fr", "Scène")])
def test_the_dock_speaks_the_language_of_qgis(iface, no_backend, tmp_path, monkeypatch, language, words):
    import mmearth_qgis
    from mmearth_qgis.mmearth_plugin import plugin, steps
    from qgis.core import QgsApplication

    (tmp_path / "i18n").mkdir()
    compiled = tmp_path / "i18n" / f"mmearth_{language}.qm"
    subprocess.run(["lrelease", "-silent", str(FOLDER / f"mmearth_{language}.ts"), "-qm", str(compiled)], check=True)
    monkeypatch.setattr(plugin, "RESOURCES", tmp_path)
    monkeypatch.setattr(QgsApplication, "locale", staticmethod(lambda: f"{language}_XX"))
    loaded = mmearth_qgis.classFactory(iface)
    loaded.initGui()
    try:
        assert steps.step_names()["scene"] == words
        dock = loaded.show_dock()
        assert dock.bar.buttons["scene"].text() == words
        assert dock.widget().minimumSizeHint().width() <= 320
    finally:
        loaded.unload()
    assert steps.step_names()["scene"] == "Scene"
