"""The command line: one sub-command per verb, plus `serve`, `weights` and `doctor`."""

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
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


class _Layer(click.ParamType[dict[str, str]]):
    """A raster with its name and kind."""

    name = f"PATH=NAME:{'|'.join(protocol.LAYER_KINDS)}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """Returns the layer as a request carries it, or fails with what was wrong."""
        path, _, described = value.rpartition("=")  # names hold no "=", paths may
        name, _, kind = described.rpartition(":")
        if not path or not name or kind not in protocol.LAYER_KINDS:
            self.fail(f"'{value}' is not of the form {self.name}", param, ctx)
        return {"path": FILE.convert(path, param, ctx), "name": name, "kind": kind}


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

    def metrics(step: int, total: int, values: dict[str, float], picture: str) -> None:
        if as_json:
            click.echo(protocol.encode(protocol.metrics_event("", step, total, values, picture)), nl=False)
        elif values:
            text = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
            click.echo(f"Step {step} of {total}: {text}", err=True)

    try:
        with _interrupts() as interrupted:
            result = runner(request, Reporter(progress, log, interrupted, metrics))
    except MMEarthError as error:
        _fail(error)
    except (KeyboardInterrupt, Cancelled):
        click.echo("Cancelled; nothing half-written was left.", err=True)
        sys.exit(EXIT_CANCELLED)
    if as_json and result:
        click.echo(protocol.encode({"event": protocol.RESULT, "result": result}), nl=False)
    return result


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Yields what says whether Ctrl-C was pressed: a verb then stops between steps. Pressed again, it stops at once."""
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - what a signal calls
        pressed.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


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
    # GDAL warns about every unknown tag of every file; what matters comes as an error.
    logging.getLogger("rasterio").setLevel(logging.ERROR)


@main.command()
@click.argument("scene", type=FILE, nargs=-1, required=True, metavar="SCENE...")
@click.argument("out", type=NEW_PATH)
@_area
@_common
@click.option("--weights", type=FILE, default="", help="Weights file; default: the bundled ones.")
@click.option("--stages", type=_Numbers(), default="0,1,2,3", show_default=True, help="Encoder stages, fine to coarse.")
@click.option("--stride", "stride_px", default=1, show_default=True, help="Pixels per output cell: 1, 2, 4 or 8.")
@click.option("--components", default=64, show_default=True, help="Principal components; 0 keeps every channel.")
@click.option("--dtype", type=click.Choice(protocol.DTYPES), default="uint8", show_default=True)
def embed(
    as_json: bool,
    scene: tuple[str, ...],
    out: str,
    bounds: tuple[float, float, float, float] | None,
    **fields: Any,
) -> None:
    """Write the embedding of SCENE to OUT, a cloud-optimised GeoTIFF.

    SCENE is a raster, a folder or zip with one file per band, or several files that are the bands of one scene.

    \b
    Examples:  mmearth embed scene.tif embedding.tif --stride 2
               mmearth embed S2B_MSIL2A_20260705.SAFE embedding.tif
               mmearth embed B02.tif B03.tif B04.tif B08.tif embedding.tif
    """
    from mmearth import embed as verb
    from mmearth.scene_files import compose

    try:
        composed = compose(scene, out)
    except MMEarthError as error:
        _fail(error)
    result = _run(verb.run, protocol.EmbedRequest(composed, out, bounds=bounds or None, **fields), as_json)
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
@click.argument("data", type=FILE, nargs=-1, required=True, metavar="DATA...")
@click.option("--weights-out", type=NEW_PATH, required=True, help="The safetensors file to write.")
@click.option("--size", type=click.Choice(protocol.SIZES), default="atto", show_default=True, help="Encoder size.")
@click.option("--patch-size", default=8, show_default=True, help="Pixels of a patch, 8 or 16; crops are 7 patches.")
@click.option(
    "--recipe",
    type=click.Choice(protocol.RECIPES),
    default="auto",
    show_default=True,
    help="paper for 10,000 tiles and more, small for fewer; auto looks at their number.",
)
@click.option("--task", "tasks", multiple=True, help="What to predict; may be given often. Default: all there is.")
@click.option("--layer", "layers", type=_Layer(), multiple=True, help="A raster to predict from yours; often.")
@click.option("--epochs", default=0, help="How often the data are gone through. Default: the recipe's.")
@click.option("--steps", default=0, help="Optimiser steps instead of epochs.")
@click.option("--batch", default=0, help="Crops per step, over all processes. Default: the recipe's.")
@click.option("--micro-batch", default=0, help="Crops at once on a device. Default: what fits.")
@click.option("--learning-rate", default=0.0, help="Peak learning rate. Default: the recipe's.")
@click.option("--mask-ratio", default=0.0, help="Share of patches removed. Default: the recipe's.")
@click.option("--weighting", type=click.Choice(protocol.WEIGHTINGS), default="uncertainty", show_default=True)
@click.option("--no-band-dropout", "band_dropout", flag_value=False, default=True, help="Never hide bands.")
@click.option("--official", is_flag=True, help="As the authors' code where that differs from their paper.")
@click.option("--start", type=FILE, default="", help="Weights file to start from. Default: random weights.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint beside the weights.")
@click.option("--checkpoint-every", default=0, help="Steps between checkpoints. Default: one a minute.")
@click.option("--snapshot-every", default=0, help="Steps between weights files that are kept. Default: none.")
@click.option("--seed", default=0, show_default=True, help="Seed of initial weights, crops and masks.")
@_common
def pretrain(as_json: bool, **fields: Any) -> None:
    """Pretrain an encoder on DATA..., folders in the MMEarth layout or rasters of yours.

    Beside the weights come a card and a folder with checkpoint, loss curve and pictures.

    \b
    Examples:  mmearth pretrain mmearth_100k/ --weights-out mine.safetensors --task sentinel2 --task aster
               mmearth pretrain a.tif b.tif --layer dem.tif=height:continuous --weights-out mine.safetensors
               torchrun --standalone --nproc-per-node 2 -m mmearth pretrain DATA --weights-out mine.safetensors
    """
    from mmearth import pretrain as verb

    result = _run(verb.run, protocol.PretrainRequest(**fields), as_json)
    if result and not as_json:  # of several processes, the first speaks
        click.echo(
            f"Pretrained {result['steps']} steps in {result['seconds']:.0f} s, {result['waited_share']:.0%} of it "
            f"waiting for data; last loss {result['final_loss']:.4f}"
        )
        click.echo(f"Weights: {result['weights']}\nCard: {result['card']}\nCurve: {result['curve']}")


@main.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def weights(context: click.Context, as_json: bool) -> None:
    """List the weights that are installed, download published ones, convert others."""
    if context.invoked_subcommand is None:
        _list_weights(as_json)


@weights.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_installed(as_json: bool) -> None:
    """List the weights that are installed."""
    _list_weights(as_json)


@weights.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def published(as_json: bool) -> None:
    """List the checkpoints that the MMEarth authors published, and their licence."""
    from mmearth.published_weights import LICENCE, LICENCE_TEXT, published_checkpoints, user_weights_folder

    rows = [{**asdict(row), "licence": LICENCE} for row in published_checkpoints()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['name']}\n    {row['description']}; {len(row['bands'])} bands, {len(row['tasks'])} tasks")
    click.echo(f"\n{LICENCE_TEXT}\nDownloads go to {user_weights_folder()}.")


@weights.command()
@click.argument("name")
@click.option("--folder", type=NEW_PATH, default="", help="Folder for the files. Default: your own weights folder.")
@click.option("--accept-licence", is_flag=True, help="Say that you have read the licence and agree.")
@click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")
def download(as_json: bool, **fields: Any) -> None:
    """Download the published checkpoint NAME and make a weights file of it."""
    from mmearth import download_weights as verb

    result = _run(verb.run, protocol.DownloadWeightsRequest(**fields), as_json)
    if not as_json:
        click.echo(f"{result['summary']}\nWeights: {result['weights']}\nLicence: {result['licence']}")


@weights.command()
@click.argument("checkpoint", type=FILE)
@click.option("--weights-out", type=NEW_PATH, required=True, help="The safetensors file to write.")
@click.option("--statistics", type=FILE, default="", help="Its band_stats.json. Default: the bundled weights' own.")
@click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")
def convert(as_json: bool, **fields: Any) -> None:
    """Make a weights file of CHECKPOINT: an official .pth, a timm ConvNeXt V2 state dict, or timm:MODEL.

    \b
    Example:  mmearth weights convert checkpoint-199.pth --weights-out mine.safetensors
    """
    from mmearth import convert_weights as verb

    result = _run(verb.run, protocol.ConvertWeightsRequest(**fields), as_json)
    if not as_json:
        click.echo(f"{result['summary']}\nWeights: {result['weights']}")


def _list_weights(as_json: bool) -> None:
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
    units = f"{result['units_label']} ({result['units_how']}); read as {result['level'].upper()}"
    return f"Bands (by {result['mapping_how']}): {bands}\nUnits: {units}"


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
