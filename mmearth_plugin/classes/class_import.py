"""Brings the classes of a file into the class list of a layer, whose polygons keep their values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ..labels import ClassEntry, free_color
from ..messages import tr
from .class_files import Listed


class Imported(NamedTuple):
    """The class list afterwards, and what happened in a sentence."""

    classes: List[ClassEntry]
    sentence: str


def bring_in(present: Sequence[ClassEntry], listed: Sequence[Listed], numeric: bool) -> Imported:
    """Returns the list with the classes of a file, those of the file first.

    A class of the file is the present one with its value, or of a field of texts also that with its name; other
    present classes stay if they have polygons, and go if they have none.

    Args:
        present: The class list of the layer.
        listed: The classes of the file.
        numeric: Whether the class field holds numbers.
    """
    by_value: Dict[str, ClassEntry] = {str(entry.value): entry for entry in present}
    taken: Dict[Any, ClassEntry] = {}
    added = changed = 0
    for one in listed:
        own = _present(by_value, one, numeric)
        if own is not None and own.value not in taken:
            new = replace(own, name=one.name, color=one.color or own.color)
            changed += new != own
        else:
            value = _value(one, numeric, [*taken, *(entry.value for entry in present)])
            new = ClassEntry(value, one.name, one.color or free_color([*present, *taken.values()]))
            added += 1
        taken[new.value] = new
    kept = [entry for entry in present if entry.value not in taken and entry.polygons]
    classes = [*taken.values(), *kept]
    parts = [tr("{n} classes added, {k} renamed or recoloured.").format(n=added, k=changed)]
    if kept:
        text = tr("Not in the file, kept because of their polygons: {names}.")
        parts.append(text.format(names=", ".join(f'"{entry.name}"' for entry in kept)))
    twice = sorted({e.name for e in classes if sum(other.name == e.name for other in classes) > 1})
    if twice:
        text = tr("More than one class is called {names}: rename one, or merge them (right-click).")
        parts.append(text.format(names=", ".join(f'"{name}"' for name in twice)))
    return Imported(classes, " ".join(parts))


def _present(by_value: Dict[str, ClassEntry], one: Listed, numeric: bool) -> Optional[ClassEntry]:
    own = by_value.get(str(int(one.value)) if numeric and _is_whole(one.value) else one.value)
    return own if own is not None or numeric else by_value.get(one.name)


def _value(one: Listed, numeric: bool, used: Sequence[Any]) -> Any:
    """Returns the value for a class that the layer has not: that of the file where it fits the field."""
    if not numeric:
        return one.name if one.name not in used else one.value or one.name
    if _is_whole(one.value) and int(one.value) not in used:
        return int(one.value)
    return max((int(value) for value in used), default=0) + 1


def _is_whole(text: str) -> bool:
    digits = text[1:] if text.startswith("-") else text
    return digits.isascii() and digits.isdecimal()
