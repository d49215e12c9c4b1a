"""Keeps resources/i18n/mmearth_<language>.ts in step with the plugin's texts, and compiles them with Qt's lrelease.

translations.py update                takes new texts of mmearth_plugin into the .ts files, drops what is gone
translations.py missing LANGUAGE      prints the texts without a translation, as JSON
translations.py fill LANGUAGE FILE    takes translations from a JSON object {text: translation}
translations.py check                 fails unless every text is translated, with its placeholders
translations.py release FOLDER        compiles the .qm files into a folder
"""

import ast
import json
import re
import shutil
import subprocess  # nosec B404 - runs lrelease
import sys
import xml.etree.ElementTree as ElementTree  # nosec B405 - reads our own files
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES, FOLDER = ROOT / "mmearth_plugin", ROOT / "resources" / "i18n"
LANGUAGES = {"de": "de_DE", "es": "es_ES", "fr": "fr_FR"}
CONTEXT = "MMEarth"
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class TranslationError(Exception):
    """A text cannot be extracted or compiled, or a translation does not fit its text."""


def texts(folder: Path = SOURCES) -> list[str]:
    """Returns what is passed to `tr`, in the order of files and lines, each text once.

    Raises:
        TranslationError: the argument of a call is no literal.
    """
    found: dict[str, None] = {}
    for path in sorted(folder.rglob("*.py")):
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            argument = call.args[0] if len(call.args) == 1 else None
            if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                raise TranslationError(f"{path.name}:{call.lineno}: tr() wants one literal text.")
            found[argument.value] = None
    return list(found)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "tr"]
    return iter(sorted(named, key=lambda call: (call.lineno, call.col_offset)))


def path_of(language: str) -> Path:
    """Returns the file of a language."""
    return FOLDER / f"mmearth_{language}.ts"


def read(language: str) -> dict[str, str]:
    """Returns text → translation; empty where there is no file yet."""
    path = path_of(language)
    if not path.exists():
        return {}
    tree = ElementTree.parse(path)  # noqa: S314  # nosec B314 - our own file
    pairs = ((m.findtext("source") or "", m.findtext("translation") or "") for m in tree.iter("message"))
    return {source: translation for source, translation in pairs if translation}


def write(language: str, translations: dict[str, str]) -> None:
    """Writes the file of a language: every text of the plugin, translated where a translation is known."""
    root = ElementTree.Element("TS", version="2.1", language=LANGUAGES[language], sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for text in texts():
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = text
        translation = ElementTree.SubElement(message, "translation")
        if translations.get(text):
            translation.text = translations[text]
        else:
            translation.set("type", "unfinished")
    ElementTree.indent(root, "  ")
    FOLDER.mkdir(parents=True, exist_ok=True)
    body = ElementTree.tostring(root, encoding="unicode")
    path_of(language).write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")


def problems() -> list[str]:
    """Returns a sentence for each text that is not translated, or not with its placeholders."""
    found = []
    for language in LANGUAGES:
        known = read(language)
        for text in texts():
            if not known.get(text):
                found.append(f"{language}: not translated: {text!r}")
            elif sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(known[text])):
                found.append(f"{language}: other placeholders: {text!r} is {known[text]!r}")
    return found


def release(folder: Path) -> list[Path]:
    """Compiles every language into `folder`; returns the files.

    Raises:
        TranslationError: lrelease is missing or fails.
    """
    program = shutil.which("lrelease")
    if program is None:
        raise TranslationError("lrelease is missing; install Qt's tools (Debian, Ubuntu: qttools5-dev-tools).")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for language in LANGUAGES:
        target = folder / f"mmearth_{language}.qm"
        command = [program, "-silent", str(path_of(language)), "-qm", str(target)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise TranslationError(f"lrelease failed for {language}: {ended.stdout}{ended.stderr}")
        made.append(target)
    return made


def main(arguments: list[str]) -> int:
    """Command line; returns the exit status."""
    verb, *rest = arguments or ["check"]
    if verb == "update":
        for language in LANGUAGES:
            write(language, read(language))
    elif verb == "missing":
        known = read(rest[0])
        print(json.dumps([text for text in texts() if not known.get(text)], ensure_ascii=False, indent=1))
    elif verb == "fill":
        given = json.loads(Path(rest[1]).read_text(encoding="utf-8"))
        write(rest[0], {**read(rest[0]), **given})
    elif verb == "release":
        release(Path(rest[0]))
    else:
        found = problems()
        print("\n".join(found) or f"{len(texts())} texts in {', '.join(LANGUAGES)}: complete")
        return 1 if found else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
