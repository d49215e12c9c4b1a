"""Commands that look at an embedding without a model: similar, select-region, outline, cluster, scatter."""

from typing import Any

import click

from mmearth import protocol
from mmearth.commands.command_options import FILE, NEW_PATH
from mmearth.commands.terminal import run_verb

Place = tuple[float, float]
Area = tuple[float, float, float, float] | None

json_option = click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")
bounds_option = click.option(
    "--bounds", type=float, nargs=4, default=None, metavar="L B R T", help="Left, bottom, right, top in its CRS."
)
simplify_option = click.option(
    "--simplify", "simplify_px", default=0.75, show_default=True, help="Tolerance of the outline, pixels; 0 keeps it."
)
seed_option = click.option("--seed", default=0, show_default=True, help="Seed of the pixels that are drawn.")


def _flat(places: tuple[Place, ...]) -> tuple[float, ...]:
    return tuple(value for place in places for value in place)


@click.command()
@click.argument("embedding", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--at", type=float, nargs=2, multiple=True, metavar="X Y", help="What is looked for, in its CRS; often.")
@click.option("--not-at", type=float, nargs=2, multiple=True, metavar="X Y", help="What is not meant; often.")
@click.option("--features", type=FILE, default="", help="Polygons of what is looked for (any CRS).")
@bounds_option
@json_option
def similar(as_json: bool, at: tuple[Place, ...], not_at: tuple[Place, ...], bounds: Area, **fields: Any) -> None:
    """Map how like some places every pixel of EMBEDDING is: write 0…254 for 0…1 to OUT, a GeoTIFF.

    \b
    Example:  mmearth similar embedding.tif similar.tif --at 662505 5361245
    """
    from mmearth import similar as verb

    request = protocol.SimilarRequest(points=_flat(at), unlike=_flat(not_at), bounds=bounds or None, **fields)
    result = run_verb(verb.run, request, as_json)
    if not as_json:
        click.echo(f"A first threshold: {result['threshold']:.2f} (value {result['threshold'] * 254:.0f})")
        click.echo(f"Similarity: {result['out']} ({result['seconds']:.1f} s)")


@click.command("select-region")
@click.argument("embedding", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--at", type=float, nargs=2, multiple=True, required=True, metavar="X Y", help="Where it grows from.")
@click.option("--tolerance", default=0.2, show_default=True, help="From 0, the pixel alone, to 1, all in reach.")
@click.option("--reach", "reach_px", default=256, show_default=True, help="How far it may grow, pixels.")
@simplify_option
@json_option
def select_region(as_json: bool, at: tuple[Place, ...], **fields: Any) -> None:
    """Grow the region of similar EMBEDDING around places: write its outline to OUT, a GeoJSON file."""
    from mmearth import select_region as verb

    result = run_verb(verb.run, protocol.SelectRegionRequest(points=_flat(at), **fields), as_json)
    if not as_json:
        click.echo(f"{result['area_px']} pixels, {result['area_m2'] / 1e4:.2f} ha: {result['out']}")


@click.command()
@click.argument("raster", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--low", type=float, required=True, help="Least value that is inside.")
@click.option("--high", type=float, required=True, help="Greatest value that is inside.")
@click.option("--min-area", "min_area_px", default=4, show_default=True, help="Leave out areas of fewer pixels.")
@click.option("--most", default=0, help="Keep the largest of them only. Default: all.")
@simplify_option
@bounds_option
@json_option
def outline(as_json: bool, bounds: Area, **fields: Any) -> None:
    """Draw polygons around the pixels of RASTER between two values: write them to OUT, a GeoPackage."""
    from mmearth import outline as verb

    result = run_verb(verb.run, protocol.OutlineRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        click.echo(f"{result['polygons']} polygons: {result['out']}")


@click.command()
@click.argument("embedding", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--clusters", default=0, help="How many groups. Default: what the data suggest.")
@click.option("--most", default=12, show_default=True, help="Greatest number that may be suggested.")
@seed_option
@bounds_option
@json_option
def cluster(as_json: bool, bounds: Area, **fields: Any) -> None:
    """Group the pixels of EMBEDDING without labels: write the groups to OUT, a cloud-optimised GeoTIFF."""
    from mmearth import cluster as verb

    result = run_verb(verb.run, protocol.ClusterRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        for row in result["classes"]:
            click.echo(f"  {row['value']:>5}  {row['name']:<24} {row['share']:6.1%}")
        click.echo(f"Groups: {result['out']} ({result['seconds']:.1f} s)")


@click.command()
@click.argument("embedding", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--count", default=3000, show_default=True, help="Pixels at most.")
@click.option("--labels", type=FILE, default="", help="Polygon layer with a class field (any CRS).")
@click.option("--labels-layer", default="", help="Layer inside a GeoPackage, where it has several.")
@click.option("--field", default="", help="Class field. Default: the only sensible one.")
@click.option("--ignore", multiple=True, metavar="VALUE", help="A value of the field that is no class; often.")
@click.option(
    "--axes",
    type=click.Choice(protocol.SCATTER_AXES),
    default="components",
    show_default=True,
    help="Principal components, or what tells the classes apart best.",
)
@seed_option
@bounds_option
@json_option
def scatter(as_json: bool, bounds: Area, **fields: Any) -> None:
    """Say where pixels of EMBEDDING lie in two dimensions: write a table to OUT, a CSV file."""
    from mmearth import scatter as verb

    result = run_verb(verb.run, protocol.ScatterRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        first, second = result["explained"]
        click.echo(f"{result['points']} points; the axes explain {first:.0%} and {second:.0%}: {result['out']}")


COMMANDS = (similar, select_region, outline, cluster, scatter)
