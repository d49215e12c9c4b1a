"""The classes of a label layer: pixel values, names, colours. Knows columns of values; nothing of files or geometry."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmearth.styles import PALETTE, ClassInfo, is_color

COLOR_FIELDS = ("color", "colour", "class_color")
_NAME_FIELDS = ("class_name", "classname", "label", "class", "name")
LISTED = 8  # examples that a message names before it breaks off
_LARGEST_VALUE = 65534  # 65535 is left for nodata


def classes_of(
    keys: Sequence[int | str],
    table: Mapping[str, Sequence[Any]],
    field: str,
    listed: Sequence[Mapping[str, Any]],
    notes: list[str],
    is_no_class: Callable[[str], bool] = lambda text: False,
) -> tuple[tuple[ClassInfo, ...], NDArray[np.int64]]:
    """Returns the classes that have polygons, by pixel value, and the index of each key among them.

    Args:
        keys: The class of each polygon: all whole numbers or all texts.
        table: Column by field name, a row for each polygon; may hold names and colours.
        field: Name of the class field.
        listed: {"value", "name", "color"} in order, each key optional; empty means the classes found.
        notes: What the user should know is added to it.
        is_no_class: Whether an entry of the list of this value or name has no polygons on purpose.
    """
    numbers = isinstance(keys[0], int)
    present = sorted(set(keys), key=None if numbers else _natural)
    names = _names(keys, table, field) if numbers else {key: str(key) for key in present}
    entries: dict[int | str, Mapping[str, Any]] = {}
    for entry in listed:
        matches = [key for key in present if str(entry.get("value")) == str(key)]
        matches = matches or [key for key in present if names[key] == str(entry.get("name", "")).strip()]
        if matches and matches[0] not in entries:
            entries[matches[0]] = entry
        elif not any(is_no_class(str(entry.get(part, "")).strip()) for part in ("value", "name")):
            notes.append(f"Class '{entry.get('name', entry.get('value'))}' of the class list has no polygon.")
    unlisted = [key for key in present if key not in entries]
    if listed and unlisted:
        notes.append(f"Not in the class list, added to it: {', '.join(repr(names[key]) for key in unlisted)}.")
    ordered = [*entries, *unlisted]
    if numbers and all(0 <= int(key) <= _LARGEST_VALUE for key in ordered):
        values = {key: int(key) for key in ordered}
    else:
        # A class keeps its place in the list even while others have no polygon yet.
        places = [next((i + 1 for i, e in enumerate(listed) if e is entries.get(key)), 0) for key in ordered]
        values = {
            key: place or len(listed) + i + 1 - len(entries)
            for i, (key, place) in enumerate(zip(ordered, places, strict=True))
        }
        if numbers:
            notes.append(
                f"Field '{field}' has values outside 0…{_LARGEST_VALUE}; the map holds "
                + ", ".join(f"{values[key]} for {key}" for key in ordered[:LISTED])
                + (", …" if len(ordered) > LISTED else ".")
            )
    colors = _colors(keys, table, ordered, entries)
    ordered.sort(key=values.__getitem__)
    info = tuple(
        ClassInfo(values[key], str(entries.get(key, {}).get("name") or names[key]), colors[key]) for key in ordered
    )
    position = {key: i for i, key in enumerate(ordered)}
    return info, np.array([position[key] for key in keys], np.int64)


def _natural(key: int | str) -> list[tuple[int, int, str]]:
    """Sorts 'class 2' before 'class 10'."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", str(key)) if part]


def _names(keys: Sequence[int | str], table: Mapping[str, Sequence[Any]], field: str) -> dict[int | str, str]:
    """Returns names from the field beside an integer field that holds exactly one text for each number."""
    base = re.sub(r"_?(id|code|value|nr|no)$", "", field.lower())
    wanted = (f"{base}_name", f"{base}name", base, *_NAME_FIELDS)
    by_lower = {f.lower(): f for f in table if f != field}
    for candidate in (by_lower[w] for w in wanted if w in by_lower):
        pairs = {
            (k, v.strip()) for k, v in zip(keys, table[candidate], strict=True) if isinstance(v, str) and v.strip()
        }
        names = dict(pairs)
        if len(pairs) == len(names) == len(set(names.values())) == len(set(keys)):
            return names
    return {key: str(key) for key in keys}


def _colors(
    keys: Sequence[int | str],
    table: Mapping[str, Sequence[Any]],
    ordered: Sequence[int | str],
    entries: Mapping[int | str, Mapping[str, Any]],
) -> dict[int | str, str]:
    """Returns colours from the class list, else from a colour field, else the next unused one of the palette."""
    column = next((f for f in table if f.lower() in COLOR_FIELDS), None)
    in_layer = dict(zip(keys, table[column], strict=True)) if column else {}
    chosen: dict[int | str, str] = {}
    for key in ordered:
        offered = (entries.get(key, {}).get("color"), in_layer.get(key))
        color = next((c for c in offered if is_color(c)), None)
        if color is not None:
            chosen[key] = str(color).lower()
    unused = [c for c in PALETTE if c not in chosen.values()] or list(PALETTE)
    missing = [key for key in ordered if key not in chosen]
    return chosen | {key: unused[i % len(unused)] for i, key in enumerate(missing)}
