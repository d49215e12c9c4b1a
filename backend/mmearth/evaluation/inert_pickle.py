"""Reads pickled bytes as plain data, without ever unpickling them: nothing is imported, nothing is called.

Unpickling runs whatever code the bytes name. Here the names stay names: what would have been called becomes an `Inert`
that says what it would have been. Enough for dictionaries, numbers, texts and numpy arrays, which are all that the
samples of GEO-Bench hold beside objects of their own package. Knows nothing of files.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Operations of the format, protocols 2 to 5, by their byte (PEP 307, PEP 574, and CPython's pickletools.py).
_LITERALS = {b"N": None, b"\x88": True, b"\x89": False}
_EMPTY = {b"}": dict, b"]": list, b"\x8f": set}
_NUMBERS = {b"K": "<B", b"M": "<H", b"J": "<i", b"G": ">d"}
_SIZED: dict[bytes, tuple[str, type]] = {
    b"\x8c": ("<B", str),
    b"X": ("<I", str),
    b"\x8d": ("<Q", str),
    b"C": ("<B", bytes),
    b"B": ("<I", bytes),
    b"\x8e": ("<Q", bytes),
    b"\x96": ("<Q", bytes),
    b"\x8a": ("<B", int),
    b"\x8b": ("<i", int),
}
_TUPLES = {b")": 0, b"\x85": 1, b"\x86": 2, b"\x87": 3}
_READ = {b"h": "<B", b"j": "<I"}
_WRITE = {b"q": "<B", b"r": "<I"}
_IGNORED = {b"\x80": "<B", b"\x95": "<Q"}  # protocol, frame
_MARK_HERE, _STOP, _MEMOISE = b"(", b".", b"\x94"
_TUPLE, _APPEND, _APPENDS, _ADD, _SET, _SETS = b"t", b"a", b"e", b"\x90", b"s", b"u"
_GLOBAL, _STACK_GLOBAL, _REDUCE, _NEW, _NEW_NAMED, _BUILD = b"c", b"\x93", b"R", b"\x81", b"\x92", b"b"
_MARK = object()


@dataclass(eq=False)
class Inert:
    """A name, or what calling it would have made.

    Attributes:
        name: Of the class or function, with its module: "numpy.ndarray".
        arguments: What it would have been called with; empty of a name that was not called.
        state: What the object would have been filled with.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    state: Any = None
    items: list[Any] = field(default_factory=list)


class NotPlain(ValueError):  # noqa: N818 - names what the bytes are
    """The bytes are no pickle, damaged, or of a kind that is not read here."""


def read_inert(data: bytes) -> Any:
    """Returns what pickled bytes describe: dicts, lists, texts, numbers, numpy arrays, and `Inert` for the rest.

    Raises:
        NotPlain: see there.
    """
    try:
        return _numpy_in(_Reader(data).read())
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, struct.error) as error:
        raise NotPlain(str(error)) from error


class _Reader:
    """The bytes, and the stack and the memory that the format is written for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0
        self._stack: list[Any] = []
        self._memory: dict[int, Any] = {}

    def read(self) -> Any:
        while True:
            code = self._take(1)
            if code == _STOP:
                (value,) = self._stack
                if value is _MARK:
                    raise NotPlain("there is no value")
                return value
            self._step(code)

    def _take(self, count: int) -> bytes:
        part = self._data[slice(self._place, self._place + max(0, count))]
        if len(part) != count:
            raise NotPlain("the end is missing")
        self._place += count
        return part

    def _number(self, layout: str) -> Any:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))[0]

    def _line(self) -> str:
        end = self._data.index(b"\n", self._place)
        line = self._take(end - self._place)
        self._place += 1
        return line.decode()

    def _step(self, code: bytes) -> None:
        stack = self._stack
        if code in _NUMBERS:
            stack.append(self._number(_NUMBERS[code]))
        elif code in _SIZED:
            layout, kind = _SIZED[code]
            stack.append(_value(self._take(self._number(layout)), kind))
        elif code in _LITERALS:
            stack.append(_LITERALS[code])
        elif code in _EMPTY:
            stack.append(_EMPTY[code]())
        elif code == _MARK_HERE:
            stack.append(_MARK)
        elif code == _MEMOISE:
            self._memory[len(self._memory)] = stack[-1]
        elif code in _WRITE:
            self._memory[self._number(_WRITE[code])] = stack[-1]
        elif code in _READ:
            stack.append(self._memory[self._number(_READ[code])])
        elif code in _TUPLES:
            stack.append(self._last(_TUPLES[code]))
        elif code == _TUPLE:
            stack.append(self._since_mark())
        elif code in (_APPEND, _APPENDS, _ADD):
            self._append(self._last(1) if code == _APPEND else self._since_mark())
        elif code in (_SET, _SETS):
            self._set(self._last(2) if code == _SET else self._since_mark())
        elif code in _IGNORED:
            self._number(_IGNORED[code])
        else:
            self._describe(code)

    def _describe(self, code: bytes) -> None:
        """Keeps in words what unpickling would import or call."""
        stack = self._stack
        if code == _GLOBAL:
            stack.append(Inert(f"{self._line()}.{self._line()}"))
        elif code == _STACK_GLOBAL:
            module, text = self._last(2)
            stack.append(Inert(f"{module}.{text}"))
        elif code in (_REDUCE, _NEW):
            called, arguments = self._last(2)
            stack.append(Inert(called.name, tuple(arguments)))
        elif code == _NEW_NAMED:
            called, arguments, named = self._last(3)
            stack.append(Inert(called.name, tuple(arguments), dict(named)))
        elif code == _BUILD:
            (state,) = self._last(1)
            stack[-1].state = state
        else:
            raise NotPlain(f"the operation {code!r} is not read")

    def _last(self, count: int) -> tuple[Any, ...]:
        start = len(self._stack) - count
        if start < 0:
            raise NotPlain("something is taken from an empty stack")
        parts = tuple(self._stack[start:])
        del self._stack[start:]
        return parts

    def _since_mark(self) -> tuple[Any, ...]:
        start = max(place for place, part in enumerate(self._stack) if part is _MARK)
        parts = self._last(len(self._stack) - start)
        return parts[1:]

    def _append(self, parts: tuple[Any, ...]) -> None:
        target = self._stack[-1]
        if isinstance(target, set):
            target.update(parts)
        else:
            (target.items if isinstance(target, Inert) else target).extend(parts)

    def _set(self, parts: tuple[Any, ...]) -> None:
        target = self._stack[-1]
        if isinstance(target, Inert):  # an OrderedDict and its like
            target.items.extend(_pairs(parts))
        else:
            target.update(_pairs(parts))


def _pairs(parts: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
    return zip(parts[::2], parts[1::2], strict=True)


def _value(data: bytes, kind: type) -> Any:
    if kind is str:
        return data.decode("utf-8", "surrogatepass")
    return int.from_bytes(data, "little", signed=True) if kind is int else data


def _numpy_in(value: Any) -> Any:
    """Returns a value with the arrays and numbers of numpy in it made, one level of a dictionary deep."""
    if isinstance(value, dict):
        return {key: _numpy(part) for key, part in value.items()}
    return _numpy(value)


def _numpy(value: Any) -> Any:
    if not isinstance(value, Inert):
        return value
    kind = value.name.rsplit(".", 1)[-1]
    if kind == "_reconstruct" and isinstance(value.state, tuple):
        _, shape, dtype, by_columns, data = value.state
        return np.frombuffer(_bytes(data), _dtype(dtype)).reshape(shape, order="F" if by_columns else "C").copy()
    if kind == "_frombuffer":
        data, dtype, shape, order = value.arguments
        return np.frombuffer(_bytes(data), _dtype(dtype)).reshape(shape, order=order).copy()
    if kind == "scalar":
        dtype, data = value.arguments
        return np.frombuffer(_bytes(data), _dtype(dtype))[0].item()
    return value


def _bytes(value: Any) -> bytes:
    """Returns bytes, which protocol 2 keeps as a text to be encoded."""
    if isinstance(value, Inert) and value.name == "_codecs.encode":
        return str(value.arguments[0]).encode("latin1")
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    raise NotPlain("an array has no bytes")


def _dtype(value: Inert) -> np.dtype[Any]:
    text = str(value.arguments[0])
    if text[:1] not in "biuf":
        raise NotPlain(f"arrays of '{text}' are not read")
    big = isinstance(value.state, tuple) and value.state[1] == ">"
    return np.dtype(text).newbyteorder(">" if big else "=")
