"""Every text of the plugin is translated, with its placeholders, and Qt reads the compiled files."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "backend" / "tools" / "translations.py"


@pytest.fixture(scope="module")
def translations():
    spec = importlib.util.spec_from_file_location("translations", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["translations"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["translations"]


def test_every_text_has_a_translation_with_the_same_placeholders(translations) -> None:
    assert translations.problems() == []


def test_the_files_hold_no_text_that_the_plugin_lost(translations) -> None:
    wanted = set(translations.texts())
    for language in translations.LANGUAGES:
        assert set(translations.read(language)) - wanted == set()


def test_a_text_that_is_no_literal_is_refused(translations, tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text("label = tr(name)\n", encoding="utf-8")
    with pytest.raises(translations.TranslationError, match="page.py:1: tr\\(\\) wants one literal"):
        translations.texts(tmp_path)


def test_joined_literals_are_one_text(translations, tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text('a = tr("one "\n  "two")\nb = tr("one two")\n', encoding="utf-8")
    assert translations.texts(tmp_path) == ["one two"]


@pytest.mark.skipif(shutil.which("lrelease") is None, reason="lrelease is missing; run `make setup`")
def test_compiled_files_are_there_for_every_language(translations, tmp_path: Path) -> None:
    made = translations.release(tmp_path)
    assert [path.name for path in made] == ["mmearth_de.qm", "mmearth_es.qm", "mmearth_fr.qm"]
    assert all(path.stat().st_size > 20_000 for path in made)
