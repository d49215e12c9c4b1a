"""The command line: one sub-command per verb, plus `serve`, `weights` and `doctor`."""

import json
import logging
import os
import signal
import sys
from typing import Any

import click

from mmearth import protocol
from mmearth.commands import (
    adaptation_commands,
    exploring_commands,
    mapping_commands,
    results_commands,
    tuning_commands,
)
from mmearth.commands.command_options import (
    FILE,
    NEW_PATH,
    Components,
    Layer,
    Numbers,
    Size,
    area_options,
    precision_option,
    scene_options,
)
from mmearth.commands.terminal import EXIT_CANCELLED, EXIT_INTERNAL, fail, run_verb
from mmearth.commands.weights_commands import weights
from mmearth.errors import MMEarthError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(protocol.BACKEND_VERSION, prog_name="mmearth")
def main() -> None:
    """Embed satellite scenes, learn classes from a few polygons, and map them."""
    # Before torch is imported. Threads that wait actively for each other take up to thirty times as long
    # when another program uses a core: docs/decisions/0004-threads-wait-passively.md
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Before Dask is imported: a worker's end is told in our own words.
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # GDAL warns about every unknown tag of every file; what matters comes as an error.
    logging.getLogger("rasterio").setLevel(logging.ERROR)


@main.command()
@click.argument("scene", type=FILE, nargs=-1, required=True, metavar="SCENE...")
@click.argument("out", type=NEW_PATH)
@area_options
@scene_options
@precision_option
@click.option("--weights", type=FILE, default="", help="Weights file, or timm:NAME[@FILE]. Default: the bundled ones.")
@click.option("--stages", type=Numbers(), default="0,1,2,3", show_default=True, help="Encoder stages, fine to coarse.")
@click.option("--stride", "stride_px", default=1, show_default=True, help="Pixels per output cell: 1, 2, 4 or 8.")
@click.option(
    "--pca",
    "components",
    type=Components(),
    metavar="N|none",
    default=64,
    show_default=True,
    help="Principal components; none keeps every channel.",
)
@click.option(
    "--pca-from",
    type=click.Choice(protocol.PCA_SOURCES),
    default="weights",
    show_default=True,
    help="Components that came with the weights, or measured on a sample of the scene.",
)
@click.option(
    "--dtype",
    type=click.Choice(protocol.DTYPES),
    default="int8",
    show_default=True,
    help="int16 holds the codes of int8 for readers older than GDAL 3.7.",
)
@click.option(
    "--grn",
    type=click.Choice(protocol.GRN_MODES),
    default="frozen",
    show_default=True,
    help="Statistics of the weights, of a sample of the scene, or of each tile (then seams may show).",
)
@click.option("--tile", "tile_px", default=0, help="Side of a tile in pixels. Default: what fits in memory.")
@click.option("--threads", default=0, help="Processor threads. Default: all.")
@click.option("--memory-limit", "memory_limit_bytes", type=Size(), default=0, help="Such as 4GB. Default: 2GB.")
@click.option("--resume/--no-resume", default=True, show_default=True, help="Go on where an interrupted run ended.")
@click.option("--cache/--no-cache", default=True, show_default=True, help="Answer a repeated request from the cache.")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Compute on a Dask cluster, such as tcp://host:8786.")
@click.option("--dask", default="", metavar="local:N", help="The same with N processes of this machine.")
@click.option("--features", type=FILE, default="", help="Polygons or points; OUT is then a .gpkg or .parquet table.")
def embed(
    as_json: bool,
    scene: tuple[str, ...],
    out: str,
    bounds: tuple[float, float, float, float] | None,
    scheduler: str,
    dask: str,
    **fields: Any,
) -> None:
    """Write the embedding of SCENE to OUT, a cloud-optimised GeoTIFF.

    SCENE is a raster, a folder or zip with one file per band, or several files that are the bands of one scene. Exit
    status: 0 done, 2 bad input, 3 too little memory or disk, 130 cancelled.

    \b
    Examples:  mmearth embed scene.tif embedding.tif --stride 2
               mmearth embed S2B_MSIL2A_20260705.SAFE embedding.tif
               mmearth embed B02.tif B03.tif B04.tif B08.tif embedding.tif
               mmearth embed scene.tif plots.parquet --features plots.gpkg
               mmearth embed scene.tif embedding.tif --dask local:4
    """
    from mmearth import embed as verb
    from mmearth.scenes.scene_files import compose

    if scheduler and dask:
        raise click.UsageError("Give --scheduler or --dask, not both.")
    try:
        composed = compose(scene, out)
    except MMEarthError as error:
        fail(error)
    request = protocol.EmbedRequest(composed, out, bounds=bounds or None, scheduler=scheduler or dask, **fields)
    result = run_verb(verb.run, request, as_json)
    if not as_json:
        click.echo(mapping_commands.bands_line(result))
        if "pixels" in result:
            done = f"Embedded {result['pixels'] / 1e6:.2f} Mpx"
        else:
            done = f"Embedded {result['features']} features ({result['empty']} without data)"
        click.echo(f"{done} in {result['seconds']:.1f} s{' (cached)' * result.get('cached', False)}: {result['out']}")


@main.command()
@click.option("--clear", is_flag=True, help="Remove everything in it.")
@click.option("--limit", "limit_bytes", type=Size(), default=0, help="New size limit, such as 10GB.")
@click.option("--off", is_flag=True, help="Switch the cache off.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def cache(as_json: bool, clear: bool, limit_bytes: int, off: bool) -> None:
    """Say how large the cache of results is; change its limit or clear it."""
    from mmearth import cache as verb

    result = run_verb(verb.run, protocol.CacheRequest(clear, -1 if off else limit_bytes), as_json)
    if not as_json:
        limit = f"of at most {result['limit_bytes'] / 1e9:.1f} GB" if result["limit_bytes"] else "(switched off)"
        click.echo(f"{result['entries']} results, {result['bytes'] / 1e9:.2f} GB {limit}: {result['folder']}")


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
@click.option("--layer", "layers", type=Layer(), multiple=True, help="A raster to predict from yours; often.")
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
@scene_options
def pretrain(as_json: bool, **fields: Any) -> None:
    """Pretrain an encoder on DATA..., folders in the MMEarth layout or rasters of yours.

    Beside the weights come a card and a folder with checkpoint, loss curve and pictures.

    \b
    Examples:  mmearth pretrain mmearth_100k/ --weights-out mine.safetensors --task sentinel2 --task aster
               mmearth pretrain a.tif b.tif --layer dem.tif=height:continuous --weights-out mine.safetensors
               torchrun --standalone --nproc-per-node 2 -m mmearth pretrain DATA --weights-out mine.safetensors
    """
    from mmearth import pretrain as verb

    result = run_verb(verb.run, protocol.PretrainRequest(**fields), as_json)
    if result and not as_json:  # of several processes, the first speaks
        click.echo(
            f"Pretrained {result['steps']} steps in {result['seconds']:.0f} s, {result['waited_share']:.0%} of it "
            f"waiting for data; last loss {result['final_loss']:.4f}"
        )
        click.echo(f"Weights: {result['weights']}\nCard: {result['card']}\nCurve: {result['curve']}")


main.add_command(weights)
for command in (
    *mapping_commands.COMMANDS,
    *exploring_commands.COMMANDS,
    *tuning_commands.COMMANDS,
    *adaptation_commands.COMMANDS,
    *results_commands.COMMANDS,
):
    main.add_command(command)


@main.command()
@click.option(
    "--test/--no-test",
    default=True,
    show_default=True,
    help="Embed a real tile on every usable device, in each precision.",
)
@click.option("--markdown", is_flag=True, help="Print a report for others, without user name and home folder.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def doctor(test: bool, markdown: bool, as_json: bool) -> None:
    """Say what this backend is made of and whether it works: every device, and why one is not used."""
    from mmearth import doctor as verb
    from mmearth.progress import Reporter

    silent = Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)
    result = verb.run(protocol.DoctorRequest(test), silent)
    if as_json:
        click.echo(json.dumps(result, indent=2, ensure_ascii=False))
    elif markdown:
        click.echo(result["markdown"])
    else:
        for check in result["checks"]:
            click.echo(f"{'ok  ' if check['ok'] else 'FAIL'} {check['name']}: {check['found']}")
            if check["remedy"]:
                click.echo(f"     {check['remedy']}")
        for device in result["devices"]:
            if not device["usable"]:
                click.echo(f"no   Device {device['id']}: {device['name']}: {device['reason']}\n     {device['remedy']}")
    sys.exit(0 if all(check["ok"] for check in result["checks"]) else EXIT_INTERNAL)


@main.command()
def serve() -> None:
    """Answer the QGIS plugin: JSON lines on standard input and output."""
    from mmearth.serve import protocol_pipe
    from mmearth.serve import serve as loop

    # The plugin terminates a child that does not stop by itself: leave through `finally`, so nothing is half-written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_CANCELLED))
    with protocol_pipe() as events:
        loop(sys.stdin, events)


if __name__ == "__main__":
    main()
