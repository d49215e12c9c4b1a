"""What the commands take: kinds of values, and the options that several commands share. Knows nothing of the verbs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mmearth import protocol


class Bands(click.ParamType[dict[str, int]]):
    """NAME=NUMBER pairs, separated by commas."""

    name = "NAME=NUMBER,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, int]:
        """Returns the mapping, or fails with what was wrong."""
        if isinstance(value, dict):
            return value
        try:
            pairs = (item.split("=") for item in value.split(",") if item)
            return {name.strip().upper(): int(index) for name, index in pairs}
        except ValueError:
            self.fail(f"'{value}' is not of the form B4=1,B3=2,B2=3", param, ctx)


class Numbers(click.ParamType[tuple[int, ...]]):
    """Whole numbers, separated by commas."""

    name = "N,N,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Returns the numbers, or fails with what was wrong."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(item) for item in value.split(","))
        except ValueError:
            self.fail(f"'{value}' is not of the form 0,1,2", param, ctx)


class Size(click.ParamType[int]):
    """A size in bytes, as people write it."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Returns bytes, or fails with what was wrong."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)B?", value.strip().upper())
        if match is None:
            self.fail(f"'{value}' is not a size such as 800MB or 2GB", param, ctx)
        return int(float(match[1]) * 1000 ** " KMGT".index(match[2] or " "))


class Components(click.ParamType[int]):
    """A number of components, or "none" for every channel."""

    name = "N|none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Returns the number, 0 for "none", or fails with what was wrong."""
        if value in ("none", 0, "0"):
            return 0
        try:
            return int(value)
        except ValueError:
            self.fail(f"'{value}' is neither a number nor 'none'", param, ctx)


class Layer(click.ParamType[dict[str, str]]):
    """A raster with its name and kind."""

    name = f"PATH=NAME:{'|'.join(protocol.LAYER_KINDS)}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """Returns the layer as a request carries it, or fails with what was wrong."""
        path, _, described = value.rpartition("=")  # names hold no "=", paths may
        name, _, kind = described.rpartition(":")
        if not path or not name or kind not in protocol.LAYER_KINDS:
            self.fail(f"'{value}' is not of the form {self.name}", param, ctx)
        return {"path": FILE.convert(path, param, ctx), "name": name, "kind": kind}


class ExistingPath(click.ParamType[str]):
    """A file of the user's: made absolute where it exists, else passed on, so that the verb can say what is wrong."""

    name = "PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the absolute path."""
        return str(Path(value).resolve()) if value and Path(value).exists() else str(value)


class NewPath(click.ParamType[str]):
    """A file or folder to write, made absolute; whether it can be written is for the verb to say."""

    name = "PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the absolute path; an empty text stays empty."""
        return str(Path(value).resolve()) if value else ""


FILE, NEW_PATH = ExistingPath(), NewPath()


def scene_options(command: Callable[..., None]) -> Callable[..., None]:
    """Options that every verb over a scene has."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines."),
        click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps."),
        click.option(
            "--units",
            type=click.Choice(protocol.UNITS),
            default="auto",
            show_default=True,
            help="What the values are; auto looks at them and says what it found.",
        ),
        click.option(
            "--bands",
            type=Bands(),
            default=dict,
            help="Which band is which, e.g. B4=1,B3=2,B2=3. Default: by name, wavelength or order.",
        ),
    ):
        command = option(command)
    return command


def precision_option(command: Callable[..., None]) -> Callable[..., None]:
    """The option of verbs that apply an encoder."""
    return click.option(
        "--precision",
        type=click.Choice(protocol.PRECISIONS),
        default="auto",
        show_default=True,
        help="The encoder's arithmetic; auto takes what the device is fastest in. `mmearth doctor` measures them.",
    )(command)


def area_options(command: Callable[..., None]) -> Callable[..., None]:
    """Options that choose a part of the scene."""
    command = click.option("--mask", type=FILE, default="", help="Polygon layer; cells outside become nodata.")(command)
    return click.option(
        "--bounds",
        type=float,
        nargs=4,
        default=None,
        metavar="L B R T",
        help="Left, bottom, right, top in the scene's CRS.",
    )(command)
