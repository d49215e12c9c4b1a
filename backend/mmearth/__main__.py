"""The command line: one sub-command per verb, plus `serve`, `weights` and `doctor`."""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import click

from mmearth import protocol
from mmearth.errors import Cancelled, MMEarthError
from mmearth.progress import Report, Reporter

EXIT_INPUT, EXIT_RESOURCE, EXIT_INTERNAL, EXIT_CANCELLED = 2, 3, 1, 130
EXIT_CODES = {protocol.INPUT: EXIT_INPUT, protocol.CHECKPOINT: EXIT_INPUT, protocol.RESOURCE: EXIT_RESOURCE}


class _Bands(click.ParamType[dict[str, int]]):
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


class _Numbers(click.ParamType[tuple[int, ...]]):
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


class _Path(click.ParamType[str]):
    """A file of the user's: made absolute where it exists, else passed on, so that the verb can say what is wrong."""

    name = "PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the absolute path."""
        return str(Path(value).resolve()) if value and Path(value).exists() else str(value)


class _NewPath(click.ParamType[str]):
    """A file or folder to write, made absolute; whether it can be written is for the verb to say."""

    name = "PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the absolute path; an empty text stays empty."""
        return str(Path(value).resolve()) if value else ""


FILE, NEW_PATH = _Path(), _NewPath()


def _common(command: Callable[..., None]) -> Callable[..., None]:
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
            type=_Bands(),
            default=dict,
            help="Which band is which, e.g. B4=1,B3=2,B2=3. Default: by name, wavelength or order.",
        ),
    ):
        command = option(command)
    return command


def _area(command: Callable[..., None]) -> Callable[..., None]:
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


def _run(runner: Callable[[Any, Report], dict[str, Any]], request: Any, as_json: bool) -> dict[str, Any]:
    """Runs a verb at the terminal: progress to standard error, exit status by kind of failure."""

    terminal = sys.stderr.isatty()

    def progress(phase: str, done: float, total: float, eta_s: float | None) -> None:
        if as_json:
            click.echo(protocol.encode(protocol.progress_event("", phase, done, total, eta_s)), nl=False)
        elif terminal or done == total:
            left = "" if eta_s is None else f", {eta_s:.0f} s left"
            end = "\r" if terminal and done < total else "\n"
            click.echo(f"{phase}: {done / total:4.0%}{left}".ljust(60).rstrip("\n") + end, err=True, nl=False)

    def log(message: str, level: str) -> None:
        click.echo(f"{level}: {message}", err=True)

    try:
        result = runner(request, Reporter(progress, log, lambda: False))
    except MMEarthError as error:
        _fail(error)
    except (KeyboardInterrupt, Cancelled):
        click.echo("Cancelled; nothing half-written was left.", err=True)
        sys.exit(EXIT_CANCELLED)
    if as_json:
        click.echo(protocol.encode({"event": protocol.RESULT, "result": result}), nl=False)
    return result


def _fail(error: MMEarthError) -> NoReturn:
    click.echo(f"Error: {error.message}\n{error.remedy}".rstrip(), err=True)
    sys.exit(EXIT_CODES.get(error.code, EXIT_INTERNAL))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(protocol.BACKEND_VERSION, prog_name="mmearth")
def main() -> None:
    """Embed satellite scenes, learn classes from a few polygons, and map them."""
    # Before torch is imported. Threads that wait actively for each other take up to thirty times as long
    # when another program uses a core: docs/decisions/0004-threads-wait-passively.md
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")


@main.command()
@click.argument("scene", type=FILE)
@click.argument("out", type=NEW_PATH)
@_area
@_common
@click.option("--weights", type=FILE, default="", help="Weights file; default: the bundled ones.")
@click.option("--stages", type=_Numbers(), default="0,1,2,3", show_default=True, help="Encoder stages, fine to coarse.")
@click.option("--stride", "stride_px", default=1, show_default=True, help="Pixels per output cell: 1, 2, 4 or 8.")
@click.option("--components", default=64, show_default=True, help="Principal components; 0 keeps every channel.")
@click.option("--dtype", type=click.Choice(protocol.DTYPES), default="uint8", show_default=True)
def embed(as_json: bool, bounds: tuple[float, float, float, float] | None, **fields: Any) -> None:
    """Write the embedding of SCENE to OUT, a cloud-optimised GeoTIFF.

    \b
    Example:  mmearth embed scene.tif embedding.tif --stride 2
    """
    from mmearth import embed as verb

    result = _run(verb.run, protocol.EmbedRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        click.echo(_bands_line(result))
        click.echo(f"Embedded {result['pixels'] / 1e6:.2f} Mpx in {result['seconds']:.1f} s: {result['out']}")


@main.command("few-shot")
@click.argument("scenes", type=FILE, nargs=-1, required=True, metavar="SCENE...")
@click.option("--labels", type=FILE, required=True, help="Polygon layer with a class field (any CRS).")
@click.option("--model", type=NEW_PATH, required=True, metavar="MODEL_DIR", help="Folder to write the model to.")
@click.option("--field", default="", help="Class field. Default: the only sensible one.")
@click.option("--labels-layer", default="", help="Layer inside a GeoPackage, where it has several.")
@click.option("--report", type=NEW_PATH, default="", help="Folder for the report. Default: MODEL_DIR/report.")
@click.option("--weights", type=FILE, default="", help="Weights file; default: the bundled ones.")
@click.option("--seed", default=0, show_default=True, help="Seed of folds and of pixels drawn from large polygons.")
@_common
def few_shot(as_json: bool, **fields: Any) -> None:
    """Learn classes from a few polygons on SCENE... and write a model folder with a report.

    \b
    Example:  mmearth few-shot scene.tif --labels labels.gpkg --field class_id --model model/
    """
    from mmearth import few_shot as verb

    result = _run(verb.run, protocol.FewShotRequest(**fields), as_json)
    if not as_json:
        click.echo(_bands_line(result))
        click.echo(_score_lines(result))
        click.echo(f"Model: {result['model']}\nReport: {result['report']}")


@main.command()
@click.argument("scene", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--model", type=FILE, required=True, metavar="MODEL_DIR", help="Folder written by few-shot.")
@click.option("--confidence", type=NEW_PATH, default="", metavar="OUT2", help="Also write the confidence in percent.")
@click.option("--vector", type=NEW_PATH, default="", metavar="OUT3", help="Also write class polygons (GeoPackage).")
@_area
@_common
def predict(as_json: bool, bounds: tuple[float, float, float, float] | None, **fields: Any) -> None:
    """Map SCENE with a model folder: write the class map to OUT, a cloud-optimised GeoTIFF.

    \b
    Example:  mmearth predict scene.tif classes.tif --model model/ --confidence confidence.tif
    """
    from mmearth import predict as verb

    result = _run(verb.run, protocol.PredictRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        total = sum(row["pixels"] for row in result["classes"]) or 1
        for row in result["classes"]:
            click.echo(f"  {row['value']:>5}  {row['name']:<24} {row['pixels'] / total:6.1%}")
        click.echo(f"Class map: {result['out']} ({result['seconds']:.1f} s)")


@main.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, resolve_path=True), nargs=-1, required=True)
@click.option("--weights-out", type=NEW_PATH, required=True, help="The safetensors file to write.")
@click.option("--size", default="atto", show_default=True, help="Encoder size.")
@click.option("--steps", default=400, show_default=True)
@click.option("--batch", default=32, show_default=True)
@click.option("--learning-rate", default=1.5e-3, show_default=True)
@click.option("--device", default="auto", show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")
def pretrain(as_json: bool, **fields: Any) -> None:
    """Pretrain an encoder by masked reconstruction on DATA, folders in the MMEarth layout."""
    from mmearth import pretrain as verb

    result = _run(verb.run, protocol.PretrainRequest(**fields), as_json)
    if not as_json:
        click.echo(json.dumps(result, indent=2))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def weights(as_json: bool) -> None:
    """List the weights that are installed."""
    from mmearth.checkpoints import list_weights

    try:
        rows = list_weights()
    except MMEarthError as error:
        _fail(error)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['name']}  {row['size_bytes'] / 1e6:.1f} MB  sha256 {row['sha256'][:16]}…")
        click.echo(f"    {row['path']}\n    {row['summary']}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def doctor(as_json: bool) -> None:
    """Say what this backend is made of and whether it works."""
    from mmearth.doctor import examine

    checks = examine()
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.found}")
            if check.remedy:
                click.echo(f"     {check.remedy}")
    sys.exit(0 if all(check.ok for check in checks) else EXIT_INTERNAL)


@main.command()
def serve() -> None:
    """Answer the QGIS plugin: JSON lines on standard input and output."""
    from mmearth.serve import protocol_pipe
    from mmearth.serve import serve as loop

    # The plugin terminates a child that does not stop by itself: leave through `finally`, so nothing is half-written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_CANCELLED))
    with protocol_pipe() as events:
        loop(sys.stdin, events)


def _bands_line(result: dict[str, Any]) -> str:
    bands = ", ".join(f"{name}={index}" for name, index in result["mapping"].items())
    return f"Bands (by {result['mapping_how']}): {bands}\nUnits: {result['units_label']} ({result['units_how']})"


def _score_lines(result: dict[str, Any]) -> str:
    lines = [f"{result['polygons']} polygons, {result['pixels']} pixels, {len(result['classes'])} classes"]
    if result["macro_f1"] is None:
        lines.append("Macro-F1 on held-out polygons: not known: " + result["reason"])
    else:
        low, high = result["interval"] or (float("nan"), float("nan"))
        lines.append(
            f"Macro-F1 on held-out polygons: {result['macro_f1']:.3f} (95 % interval {low:.3f} to {high:.3f}); "
            f"raw bands {result['raw_bands_macro_f1']:.3f}, majority {result['majority_macro_f1']:.3f}"
        )
        lines.append("This is an upper bound: polygons are pure pixels, the map is not.")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
