"""The command `weights` and its sub-commands: list, published, download, convert."""

import json
from dataclasses import asdict
from typing import Any

import click

from mmearth import protocol
from mmearth.commands.command_options import FILE, NEW_PATH
from mmearth.commands.terminal import fail, run_verb
from mmearth.errors import MMEarthError


@click.group(invoke_without_command=True)
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
    from mmearth.weights.published_weights import LICENCE, LICENCE_TEXT, published_checkpoints, user_weights_folder

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

    result = run_verb(verb.run, protocol.DownloadWeightsRequest(**fields), as_json)
    if not as_json:
        click.echo(f"{result['summary']}\nWeights: {result['weights']}\nLicence: {result['licence']}")


@weights.command()
@click.argument("path", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")
def remove(as_json: bool, path: str) -> None:
    """Remove the weights file PATH and what lies beside it; the bundled weights stay."""
    from mmearth import remove_weights as verb

    result = run_verb(verb.run, protocol.RemoveWeightsRequest(path), as_json)
    if not as_json:
        click.echo(f"Removed: {result['path']}, {result['freed_bytes'] / 1e6:.1f} MB")


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

    result = run_verb(verb.run, protocol.ConvertWeightsRequest(**fields), as_json)
    if not as_json:
        click.echo(f"{result['summary']}\nWeights: {result['weights']}")


def _list_weights(as_json: bool) -> None:
    from mmearth.weights.checkpoints import list_weights

    try:
        rows = list_weights()
    except MMEarthError as error:
        fail(error)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['name']}  {row['size_bytes'] / 1e6:.1f} MB  sha256 {row['sha256'][:16]}…")
        click.echo(f"    {row['path']}\n    {row['summary']}")
