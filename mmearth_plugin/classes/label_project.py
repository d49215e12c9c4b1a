"""Which label layer, field and class are chosen, kept in the project file. Knows the project; nothing of widgets."""

from __future__ import annotations

from typing import NamedTuple

from qgis.core import QgsProject

_SCOPE = "mmearth"


class Choice(NamedTuple):
    """What was chosen: the id of a layer, the name of a field, the value of a class as text; empty where nothing."""

    layer_id: str = ""
    field: str = ""
    value: str = ""


def saved() -> Choice:
    """Returns what the project says."""
    project = QgsProject.instance()
    return Choice(*(project.readEntry(_SCOPE, f"labels/{name}", "")[0] for name in Choice._fields))


def save(choice: Choice) -> None:
    """Writes a choice into the project, unless it is there: each entry makes the project a changed one."""
    if choice != saved():
        for name, text in choice._asdict().items():
            QgsProject.instance().writeEntry(_SCOPE, f"labels/{name}", text)
