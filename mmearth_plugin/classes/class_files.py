"""Class lists as files: CSV of this plugin and of the Semi-Automatic Classification Plugin (SCP), QML; ready schemes.

Knows files and class entries; nothing of layers' features and widgets.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from qgis.core import QgsCategorizedSymbolRenderer, QgsMapLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QFile, QIODevice
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument

from ..labels import ClassEntry
from ..messages import InputError, tr

SCHEMES = Path(__file__).resolve().parents[2] / "resources" / "schemes"
CSV, SCP, QML = "csv", "scp", "qml"
_SCP_COLUMNS = ("MC_ID", "MC_NAME", "C_ID", "C_NAME", "color")
_VALUES = ("value", "code", "id", "class_id")
_NAMES = ("name", "label", "class", "class_name", "description")
_COLORS = ("color", "colour", "rgb", "hex")
_MOST_BYTES, _MOST_CLASSES = 4_000_000, 1000


class Listed(NamedTuple):
    """One class of a file; the value is a text, as files have it, and the colour may be empty."""

    value: str
    name: str
    color: str


def scheme_names() -> Dict[str, Path]:
    """Returns the ready class lists by what users call them."""
    return {
        tr("CORINE Land Cover, level 1"): SCHEMES / "corine_level_1.csv",
        tr("CORINE Land Cover, level 2"): SCHEMES / "corine_level_2.csv",
        tr("CORINE Land Cover, level 3"): SCHEMES / "corine_level_3.csv",
        tr("EUNIS habitats, level 1"): SCHEMES / "eunis_level_1.csv",
        tr("EUNIS habitats, level 2"): SCHEMES / "eunis_level_2.csv",
        tr("ESA WorldCover 2021"): SCHEMES / "esa_worldcover_2021.csv",
        tr("Dynamic World"): SCHEMES / "dynamic_world.csv",
    }


def read(path: str) -> List[Listed]:
    """Returns the classes of a file, in its order.

    Raises:
        InputError: the file is no class list.
    """
    suffix = Path(path).suffix.lower()
    if suffix in (".scp", ".scpx"):
        text = tr('"{path}" is a training input of SCP, which is not read. Save its class list as CSV and import that.')
        raise InputError(text.format(path=path))
    listed = _read_qml(path) if suffix == ".qml" else _read_csv(path)
    if not listed:
        text = tr('"{path}" lists no class. Choose a CSV file with the columns value, name and color, or a QML style.')
        raise InputError(text.format(path=path))
    if len(listed) > _MOST_CLASSES:
        text = tr('"{path}" lists {n} classes; at most {most} are wanted. Choose another file.')
        raise InputError(text.format(path=path, n=len(listed), most=_MOST_CLASSES))
    seen: Dict[str, str] = {}
    for one in listed:
        if one.value and seen.setdefault(one.value, one.name) != one.name:
            text = tr('"{path}" gives value {value} to both "{a}" and "{b}". Give each class a value of its own.')
            raise InputError(text.format(path=path, value=one.value, a=seen[one.value], b=one.name))
    return listed


def write_csv(path: str, classes: Sequence[ClassEntry], kind: str) -> None:
    """Writes a class list as CSV, with the columns of this plugin or those of SCP.

    Raises:
        InputError: the file cannot be written.
    """
    rows: List[Tuple[object, ...]] = [("value", "name", "color")]
    rows += [(entry.value, entry.name, entry.color) for entry in classes]
    if kind == SCP:  # its identifiers are whole numbers
        ids = [entry.value if isinstance(entry.value, int) else i for i, entry in enumerate(classes, 1)]
        rows = [_SCP_COLUMNS]
        rows += [(i, entry.name, i, entry.name, entry.color) for i, entry in zip(ids, classes)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    _write_text(path, text.getvalue())


def write_qml(path: str, layer: QgsMapLayer) -> None:
    """Writes a layer's style.

    Raises:
        InputError: the file cannot be written.
    """
    document = QDomDocument()
    layer.exportNamedStyle(document)  # `saveNamedStyle` says that it saved to folders that are not there
    _write_text(path, document.toString(2))


def _write_text(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        message = tr('"{path}" cannot be written ({reason}). Choose another folder.')
        raise InputError(message.format(path=path, reason=error.strerror)) from error


def _read_text(path: str) -> str:
    file = Path(path)
    try:
        if file.stat().st_size > _MOST_BYTES:
            text = tr('"{path}" is too large for a class list ({n} MB). Choose another file.')
            raise InputError(text.format(path=path, n=round(file.stat().st_size / 1e6)))
        data = file.read_bytes()
    except OSError as error:
        text = tr('"{path}" cannot be read ({reason}). Choose another file.')
        raise InputError(text.format(path=path, reason=error.strerror)) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass  # spreadsheets write the code page of their country
    if b"\0" in data:
        raise InputError(tr('"{path}" is not a text file. Choose a CSV or QML file.').format(path=path))
    return data.decode("cp1252", errors="replace")


def _read_csv(path: str) -> List[Listed]:
    lines = [line for line in _read_text(path).splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        return []
    delimiter = max(",;\t", key=lines[0].count)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter, strict=True)]
    except csv.Error as error:
        text = tr('"{path}" is not a table that can be read ({error}). Save it again as CSV.')
        raise InputError(text.format(path=path, error=error)) from error
    header = [cell.lower().replace(" ", "_") for cell in rows[0]]
    if "c_id" in header and "c_name" in header:
        columns: Tuple[Optional[int], ...] = (header.index("c_id"), header.index("c_name"), _column(header, _COLORS))
    else:
        columns = (_column(header, _VALUES), _column(header, _NAMES), _column(header, _COLORS))
    if columns[1] is None and columns[0] is None:
        text = tr('"{path}" has the columns {found}; wanted are value, name and color. Name them in the first line.')
        raise InputError(text.format(path=path, found=", ".join(rows[0])))
    return [_listed(path, row, columns) for row in rows[1:] if any(row)]


def _column(header: Sequence[str], names: Iterable[str]) -> Optional[int]:
    return next((header.index(name) for name in names if name in header), None)


def _listed(path: str, row: Sequence[str], columns: Sequence[Optional[int]]) -> Listed:
    value, name, color = (row[i] if i is not None and i < len(row) else "" for i in columns)
    if color and not QColor.isValidColor(color):
        text = tr('"{path}" has the colour "{color}" for "{name}". Write colours like #1b9e3f.')
        raise InputError(text.format(path=path, color=color, name=name or value))
    return Listed(value, name or value, QColor(color).name() if color else "")


def _read_qml(path: str) -> List[Listed]:
    """Reads the style of a raster with classes, or of a vector layer with categories."""
    document, file = QDomDocument(), QFile(path)
    opened = file.open(QIODevice.OpenModeFlag.ReadOnly)
    understood = opened and document.setContent(file)
    file.close()
    if not (understood[0] if isinstance(understood, tuple) else understood):
        raise InputError(tr('"{path}" is not a QML style that can be read. Save it again from QGIS.').format(path=path))
    entries = document.elementsByTagName("paletteEntry")
    if entries.count():
        elements = [entries.at(i).toElement() for i in range(entries.count())]
        return [
            Listed(e.attribute("value"), e.attribute("label") or e.attribute("value"), e.attribute("color"))
            for e in elements
        ]
    layer = QgsVectorLayer("Polygon", "style", "memory")
    layer.loadNamedStyle(path)
    renderer = layer.renderer()
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):
        return []
    return [
        Listed(str(c.value()), c.label() or str(c.value()), c.symbol().color().name())
        for c in renderer.categories()
        if isinstance(c.value(), (int, float, str)) and c.value() != ""
    ]
