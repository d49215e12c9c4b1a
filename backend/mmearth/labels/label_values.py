"""The label field: which one it is, whether it holds classes or numbers, which values count as no label or as "not X".

Knows columns of values; nothing of files or geometry.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmearth.errors import InputError
from mmearth.labels.label_classes import COLOR_FIELDS, LISTED

CLASSES, REGRESSION = "classes", "regression"
_CLASS_FIELDS = ("class_id", "class", "label", "klass", "class_name", "classname", "category", "landcover", "type")
_NOT_A_LABEL = ("fid", "id", "ogc_fid", *COLOR_FIELDS)
_NEGATION = re.compile(r"(?:not\s+|!\s*)(\S.*)", re.IGNORECASE)


def chosen_field(table: Mapping[str, Any], wanted: str, task: str, name: str) -> str:
    """Returns the field that was named, else the only sensible one.

    Args:
        table: Column by field name.
        wanted: Name given by the user, or empty.
        task: "auto", "classes" or "regression".
        name: Of the layer, for messages.

    Raises:
        InputError: there is no such field, or more than one that may be meant.
    """
    listed = ", ".join(f"'{f}'" for f in table) or "none"
    what = "field of numbers" if task == REGRESSION else "class field"
    if wanted:
        if wanted not in table:
            raise InputError(
                f"Label layer '{name}' has no field '{wanted}'. Its fields: {listed}.", f"Choose the {what}."
            )
        return wanted
    others = [f for f in table if f.lower() not in _NOT_A_LABEL]
    if task == REGRESSION:
        others = [f for f in others if np.asarray(table[f]).dtype.kind in "fiu"]
    else:
        by_lower = {f.lower(): f for f in table}
        for candidate in _CLASS_FIELDS:
            if candidate in by_lower:
                return by_lower[candidate]
    if len(others) == 1:
        return others[0]
    unclear = "holds the numbers" if task == REGRESSION else "is the class"
    raise InputError(
        f"It is not clear which field of label layer '{name}' {unclear}. Its fields: {listed}.", f"Choose the {what}."
    )


def found_task(column: NDArray[Any], field: str, wanted: str) -> tuple[str, str]:
    """Returns "classes" or "regression", and why in words.

    Args:
        column: Of the label field.
        field: Its name.
        wanted: "auto", or one of the two.
    """
    if wanted != "auto":
        return wanted, "as chosen"
    if column.dtype.kind != "f":
        return CLASSES, f"field '{field}' holds {'whole numbers' if column.dtype.kind in 'iub' else 'text'}"
    finite = column[np.isfinite(column)]
    broken = finite[finite != np.round(finite)]
    if len(broken):
        return REGRESSION, f"field '{field}' holds decimal numbers such as {broken[0]:g}"
    return CLASSES, f"field '{field}' holds whole numbers only"


def keys_of(column: NDArray[Any], field: str, name: str) -> list[int | str | None]:
    """Returns the class of each row as whole number or text; None where there is none.

    Integer columns with NULLs arrive as floats.

    Raises:
        InputError: a value is neither.
    """
    keys: list[int | str | None] = []
    for value in column.tolist():
        if value is None or value != value or (isinstance(value, str) and not value.strip()):
            keys.append(None)
        elif isinstance(value, str):
            keys.append(value.strip())
        elif isinstance(value, (bool, int)) or (isinstance(value, float) and value.is_integer()):
            keys.append(int(value))
        else:
            raise InputError(
                f"Field '{field}' of label layer '{name}' holds {value!r}; classes are whole numbers or text.",
                "Choose the class field, or choose regression as the task.",
            )
    return keys


def numbers_of(column: NDArray[Any], field: str, name: str) -> NDArray[np.float64]:
    """Returns the number of each row; NaN where there is none.

    Raises:
        InputError: the field holds something else.
    """
    if column.dtype.kind not in "fiu":
        example = next((value for value in column.tolist() if value is not None), None)
        raise InputError(
            f"Field '{field}' of label layer '{name}' holds {example!r}; regression wants a field of numbers.",
            "Choose a numeric field, or choose classes as the task.",
        )
    numbers = column.astype(np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def is_ignored(value: int | float | str, ignored: Collection[str]) -> bool:
    """Returns whether a value of the field is one of those that count as no label; numbers are compared as numbers."""
    if isinstance(value, str):
        return value in {text.strip() for text in ignored}
    return any(_as_number(text) == value for text in ignored)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def split_negatives(keys: Sequence[int | str], field: str, name: str) -> tuple[list[int | str], NDArray[np.bool_]]:
    """Returns the class that each row is about, and which rows say that it is not that class ("not X", "!X").

    Where only one other class would be left, "not X" is a class itself, as in a map of forest and "not forest".

    Raises:
        InputError: a row is "not X" and no polygon is X.
    """
    matches = [_NEGATION.fullmatch(key) if isinstance(key, str) else None for key in keys]
    known = {str(key).casefold(): key for key, match in zip(keys, matches, strict=True) if match is None}
    if len(known) < 2:
        return list(keys), np.zeros(len(keys), bool)
    about: list[int | str] = []
    for key, match in zip(keys, matches, strict=True):
        if match is None:
            about.append(key)
            continue
        positive = match[1].strip().casefold()
        if positive not in known:
            listed = ", ".join(repr(str(found)) for found in list(known.values())[:LISTED])
            raise InputError(
                f"Field '{field}' of label layer '{name}' holds {key!r}, but no polygon is {match[1].strip()!r}. "
                f"Its classes: {listed}.",
                f"Correct the name, draw a polygon of that class, or give {key!r} as a value to ignore.",
            )
        about.append(known[positive])
    return about, np.array([match is not None for match in matches], bool)


def is_negation(text: str) -> bool:
    """Returns whether a text has the form of a negative."""
    return _NEGATION.fullmatch(text.strip()) is not None
