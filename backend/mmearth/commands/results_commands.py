"""Commands for results: compare two maps, export one, and run a request file once more."""

import json
from pathlib import Path
from typing import Any

import click

from mmearth import protocol
from mmearth.commands.command_options import FILE, NEW_PATH
from mmearth.commands.terminal import fail, run_verb
from mmearth.errors import InputError

Area = tuple[float, float, float, float] | None
_SHOWN = 10  # transitions

json_option = click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")
bounds_option = click.option(
    "--bounds", type=float, nargs=4, metavar="L B R T", help="Only this part, in the map's CRS."
)


@click.command("compare-maps")
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--table", type=NEW_PATH, default="", metavar="TABLE.csv", help="Also write the area of each pair.")
@bounds_option
@json_option
def compare_maps(as_json: bool, bounds: Area, **fields: Any) -> None:
    """Say where the class maps FIRST and SECOND differ: write a map of the pairs of classes to OUT.

    \b
    Example:  mmearth compare-maps before.tif after.tif change.tif --table change.csv
    """
    from mmearth import compare_maps as verb

    result = run_verb(verb.run, protocol.CompareMapsRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        kappa = "not known" if result["kappa"] is None else f"{result['kappa']:.3f}"
        click.echo(f"The same class on {result['agreement']:.1%} of {result['area_ha']:.1f} ha; kappa {kappa}")
        for row in result["transitions"][:_SHOWN]:
            click.echo(f"  {row['area_ha']:12.2f} ha  {row['from']} → {row['to']}")
        click.echo(f"Map: {result['out']} ({result['seconds']:.1f} s)")


@click.command("export-map")
@click.argument("source", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--crs", default="", metavar="EPSG:CODE", help="Default: that of SOURCE.")
@click.option("--res", type=float, default=0.0, help="Side of a pixel in units of that CRS. Default: as SOURCE.")
@bounds_option
@json_option
def export_map(as_json: bool, bounds: Area, **fields: Any) -> None:
    """Write the result raster SOURCE once more: to a cloud-optimised GeoTIFF, or its classes as polygons to a .gpkg.

    \b
    Example:  mmearth export-map classes.tif classes_wgs84.tif --crs EPSG:4326
    """
    from mmearth import export_map as verb

    result = run_verb(verb.run, protocol.ExportMapRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        what = (
            f"{result['polygons']} polygons" if "polygons" in result else f"{result['width']} × {result['height']} px"
        )
        click.echo(f"{what}, {result['crs']}: {result['out']} ({result['seconds']:.1f} s)")


@click.command("run")
@click.argument("request_file", type=FILE, metavar="REQUEST.json")
@json_option
def run_request(request_file: str, as_json: bool) -> None:
    """Run a request file once more, as the plugin and trainings leave it beside their results.

    It names its inputs and outputs; outputs that exist are replaced. Edit a copy to run it on other files.

    \b
    Example:  mmearth run results/model.request.json
    """
    try:
        requests = read_requests(Path(request_file))
    except InputError as error:
        fail(error)
    from mmearth.serve import RUNNERS

    for request in requests:
        result = run_verb(RUNNERS[type(request)], request, as_json)
        if result and not as_json:
            made = next((result[key] for key in ("out", "model", "weights", "report", "csv") if result.get(key)), "")
            click.echo(f"{_verb_of(request)}: {made} ({result.get('seconds', 0):.1f} s)")


def read_requests(path: Path) -> list[protocol.Request]:
    """Reads a request file: one request, or a list of them.

    Raises:
        InputError: it is none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        listed = found if isinstance(found, list) else [found]
        if not listed or not all(isinstance(one, dict) for one in listed):
            raise InputError(f"'{path.name}' holds no request.", "Choose a request file that a run left.")
        return [protocol.request_from_json(one) for one in listed]
    except (OSError, ValueError) as error:  # a malformed message is a ValueError
        raise InputError(
            f"'{path.name}' is not a request file ({error}).", "Choose a file that a run of this version left."
        ) from error


def _verb_of(request: protocol.Request) -> str:
    return next(verb for verb, kind in protocol.VERBS.items() if type(request) is kind)


COMMANDS = (compare_maps, export_map, run_request)
