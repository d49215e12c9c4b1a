"""Commands from labels to a map that can be believed: few-shot, predict, check-model, suggest, draw-sample, assess."""

from typing import Any

import click

from mmearth import protocol
from mmearth.commands.command_options import FILE, NEW_PATH, area_options, precision_option, scene_options
from mmearth.commands.terminal import run_verb

Area = tuple[float, float, float, float] | None

layers_option = click.option(
    "--layer", "layers", type=FILE, multiple=True, help="A further raster (elevation, an index); may be given often."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")


@click.command("few-shot")
@click.argument("scenes", type=FILE, nargs=-1, required=True, metavar="SCENE...")
@click.option("--labels", type=FILE, required=True, help="Polygon layer with a class field or a number (any CRS).")
@click.option("--model", type=NEW_PATH, required=True, metavar="MODEL.zip", help="Model file to write.")
@click.option("--field", default="", help="Class field. Default: the only sensible one.")
@click.option("--labels-layer", default="", help="Layer inside a GeoPackage, where it has several.")
@click.option("--ignore", multiple=True, metavar="VALUE", help="A value of the field that is no class; often.")
@click.option("--report", type=NEW_PATH, default="", help="Folder for the report. Default: MODEL_report.")
@click.option(
    "--task",
    type=click.Choice(protocol.TASKS),
    default="auto",
    show_default=True,
    help="auto: a field of decimal numbers means regression.",
)
@click.option(
    "--head", type=click.Choice(protocol.HEADS), default="recipe", show_default=True, help="The kind of classifier."
)
@click.option(
    "--folds",
    type=click.Choice(protocol.FOLDS),
    default="auto",
    show_default=True,
    help="What is held out together; auto takes blocks where polygons cluster.",
)
@click.option("--weights", type=FILE, default="", help="Weights file; default: the bundled ones.")
@click.option("--seed", default=0, show_default=True, help="Seed of folds and of all pixels drawn.")
@click.option(
    "--encoder/--no-encoder", default=True, show_default=True, help="Whether the features of an encoder are used, too."
)
@layers_option
@scene_options
@precision_option
def few_shot(as_json: bool, **fields: Any) -> None:
    """Learn classes, or a number, from a few polygons on SCENE... and write a model file with a report.

    \b
    Example:  mmearth few-shot scene.tif --labels labels.gpkg --field class_id --model model.zip
    """
    from mmearth import few_shot as verb

    result = run_verb(verb.run, protocol.FewShotRequest(**fields), as_json)
    if not as_json:
        click.echo(bands_line(result))
        click.echo(_score_lines(result))
        click.echo(f"Model: {result['model']}\nReport: {result['report']}")


@click.command()
@click.argument("scene", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--model", type=FILE, required=True, metavar="MODEL.zip", help="Written by few-shot or fine-tune.")
@click.option("--confidence", type=NEW_PATH, default="", help="Also write the largest probability in percent.")
@click.option("--probabilities", type=NEW_PATH, default="", help="Also write the probability of each class.")
@click.option("--margin", type=NEW_PATH, default="", help="Also write largest minus second largest probability.")
@click.option("--entropy", type=NEW_PATH, default="", help="Also write the entropy of the probabilities.")
@click.option("--distance", type=NEW_PATH, default="", help="Also write how unlike anything labelled a pixel is.")
@click.option("--interval", type=NEW_PATH, default="", help="Of a regression: also write its 90 % interval.")
@click.option("--vector", type=NEW_PATH, default="", help="Also write class polygons (GeoPackage).")
@click.option("--sieve", "sieve_px", default=0, help="Smallest area of one class in polygons, pixels.")
@click.option("--min-area", "min_area_m2", default=0.0, help="Leave out smaller polygons, square metres.")
@click.option("--simplify", "simplify_px", default=0.0, help="Tolerance of the polygons' outline, pixels.")
@click.option("--parcels", type=FILE, default="", help="Polygons of yours to be classified as wholes.")
@click.option("--parcels-layer", default="", help="Their layer inside a GeoPackage, where it has several.")
@click.option("--parcels-out", type=NEW_PATH, default="", help="GeoPackage of the classified polygons.")
@layers_option
@area_options
@scene_options
@precision_option
def predict(as_json: bool, bounds: Area, **fields: Any) -> None:
    """Map SCENE with a model file: write the class map to OUT, a cloud-optimised GeoTIFF.

    With a network that was trained on polygons or whole scenes, OUT is a GeoPackage (.gpkg) of them.

    \b
    Example:  mmearth predict scene.tif classes.tif --model model.zip --confidence confidence.tif
    """
    from mmearth import predict as verb

    result = run_verb(verb.run, protocol.PredictRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        total = sum(row["pixels"] for row in result["classes"]) or 1
        for row in result["classes"]:
            click.echo(f"  {row['value']:>5}  {row['name']:<24} {row['pixels'] / total:6.1%}")
        click.echo(f"Map: {result['out']} ({result['seconds']:.1f} s)")


@click.command("check-model")
@click.argument("model", type=FILE)
@click.argument("scene", type=FILE, default="")
@layers_option
@scene_options
def check_model(as_json: bool, device: str, **fields: Any) -> None:  # noqa: ARG001 - no device is needed
    """Say what MODEL is and whether it serves SCENE: errors and warnings apart."""
    from mmearth import check_model as verb

    result = run_verb(verb.run, protocol.CheckModelRequest(**fields), as_json)
    if not as_json:
        for name, value in result["facts"].items():
            click.echo(f"{name}: {value}")
        for kind in ("errors", "warnings"):
            for sentence in result[kind]:
                click.echo(f"{kind[:-1]}: {sentence}")
        if fields["scene"]:
            click.echo("It cannot be used on this scene." if result["errors"] else "It can be used on this scene.")


@click.command()
@click.argument("scene", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--model", type=FILE, required=True, metavar="MODEL.zip", help="Model file written by few-shot.")
@click.option("--count", default=20, show_default=True, help="Points.")
@click.option("--labels", type=FILE, default="", help="The polygons there are: points keep away from them.")
@click.option("--labels-layer", default="", help="Their layer inside a GeoPackage, where it has several.")
@click.option("--seed", default=0, show_default=True, help="Seed of the pixels that are looked at.")
@layers_option
@area_options
@scene_options
@precision_option
def suggest(as_json: bool, bounds: Area, **fields: Any) -> None:
    """Say where on SCENE to label next: write points with reasons to OUT, a GeoPackage."""
    from mmearth import suggest as verb

    result = run_verb(verb.run, protocol.SuggestRequest(bounds=bounds or None, **fields), as_json)
    if not as_json:
        for reason, count in result["reasons"].items():
            click.echo(f"  {count:>5}  {reason}")
        click.echo(f"Points: {result['out']} ({result['seconds']:.1f} s)")


@click.command("draw-sample")
@click.argument("map", type=FILE)
@click.argument("out", type=NEW_PATH)
@click.option("--per-class", default=50, show_default=True, help="Points of each class.")
@click.option("--seed", default=0, show_default=True, help="Seed of the draw.")
@json_option
def draw_sample(as_json: bool, **fields: Any) -> None:
    """Draw sample points at random inside each class of MAP, to be labelled without looking at it."""
    from mmearth import draw_sample as verb

    result = run_verb(verb.run, protocol.DrawSampleRequest(**fields), as_json)
    if not as_json:
        click.echo(f"{result['points']} points of {result['classes']} classes: {result['out']}")


@click.command()
@click.argument("map", type=FILE)
@click.argument("samples", type=FILE)
@click.option("--report", type=NEW_PATH, required=True, help="Folder for the report.")
@click.option("--field", default="", help="Field with the true class. Default: the only sensible one.")
@click.option("--samples-layer", default="", help="Layer inside a GeoPackage, where it has several.")
@json_option
def assess(as_json: bool, **fields: Any) -> None:
    """Compare MAP with independent sample points: accuracy and area of each class, with intervals."""
    from mmearth import assess as verb

    result = run_verb(verb.run, protocol.AssessRequest(**fields), as_json)
    if not as_json:
        click.echo(f"{result['headline']}\nReport: {result['report']}")


COMMANDS = (few_shot, predict, check_model, suggest, draw_sample, assess)


def bands_line(result: dict[str, Any]) -> str:
    """Says which band is which and in which units; of an embedding, what it is."""
    if result.get("precomputed"):
        return f"Features: {result['precomputed']}"
    bands = ", ".join(f"{name}={index}" for name, index in result["mapping"].items())
    units = f"{result['units_label']} ({result['units_how']}); read as {result['level'].upper()}"
    return f"Bands (by {result['mapping_how']}): {bands}\nUnits: {units}"


def _score_lines(result: dict[str, Any]) -> str:
    if result["task"] == "regression":
        lines = [
            f"{result['polygons']} polygons, {result['pixels']} pixels; {result['task_reason']}",
            *_regression(result),
        ]
    else:
        lines = [f"{result['polygons']} polygons, {result['pixels']} pixels, {len(result['classes'])} classes"]
        lines += _classification(result)
    return "\n".join([*lines, result["folds_reason"]]).rstrip()


def _classification(result: dict[str, Any]) -> list[str]:
    if result["macro_f1"] is None:
        return ["Macro-F1 on held-out polygons: not known: " + result["reason"]]
    low, high = result["interval"] or (float("nan"), float("nan"))
    raw = result["raw_bands_macro_f1"]
    raw_text = f"raw bands {raw:.3f}" if raw is not None else f"raw bands not known: {result['raw_bands_reason']}"
    return [
        f"Macro-F1 on held-out polygons: {result['macro_f1']:.3f} (95 % interval {low:.3f} to {high:.3f}); "
        f"majority {result['majority_macro_f1']:.3f}, {raw_text}",
        "This is an upper bound: polygons are pure pixels, the map is not.",
    ]


def _regression(result: dict[str, Any]) -> list[str]:
    if result["rmse"] is None:
        return ["Error on held-out polygons: not known: " + result["reason"]]
    coverage = "not known" if result["coverage"] is None else f"{result['coverage']:.0%}"
    raw = result["raw_bands_rmse"]
    return [
        f"On held-out polygons: R² {result['r2']:.3f}, RMSE {result['rmse']:.4g}, MAE {result['mae']:.4g}, "
        f"bias {result['bias']:+.3g}; RMSE of the mean {result['mean_rmse']:.4g}, "
        + (f"of raw bands {raw:.4g}" if raw is not None else "of raw bands not known"),
        f"The 90 % interval holds {coverage} of the held-out polygons.",
    ]
