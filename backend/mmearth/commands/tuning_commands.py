"""Commands that train or compare networks on labels: fine-tune and evaluate."""

from typing import Any

import click

from mmearth import protocol
from mmearth.commands.command_options import FILE, NEW_PATH, scene_options
from mmearth.commands.mapping_commands import bands_line
from mmearth.commands.terminal import run_verb


@click.command("fine-tune")
@click.argument("scenes", type=FILE, nargs=-1, required=True, metavar="SCENE...")
@click.option(
    "--labels", type=FILE, default="", help="Polygon layer with a class field; or a table scene,class (.csv)."
)
@click.option("--masks", type=FILE, default="", help="Folder of class rasters with the names of the scenes.")
@click.option("--model", type=NEW_PATH, required=True, metavar="MODEL.zip", help="Model file to write.")
@click.option("--field", default="", help="Class field. Default: the only sensible one.")
@click.option("--labels-layer", default="", help="Layer inside a GeoPackage, where it has several.")
@click.option("--ignore", multiple=True, metavar="VALUE", help="A value that is no class; often.")
@click.option(
    "--task",
    type=click.Choice(protocol.TUNING_TASKS),
    default="segmentation",
    show_default=True,
    help="Every pixel, or units of ground as wholes.",
)
@click.option(
    "--unit",
    type=click.Choice(protocol.UNITS_OF_GROUND),
    default="auto",
    show_default=True,
    help="Of a classification: cells of a grid, your polygons, whole scenes.",
)
@click.option("--cell", "cell_px", default=16, show_default=True, help="Side of a cell in pixels.")
@click.option("--multi-label", is_flag=True, help='A value of the field lists several classes, separated by ";".')
@click.option(
    "--rung",
    type=click.Choice(protocol.RUNGS),
    default="auto",
    show_default=True,
    help="How much is trained; auto climbs while held-out scores improve.",
)
@click.option(
    "--recipe",
    type=click.Choice(protocol.TUNING_RECIPES),
    default="default",
    show_default=True,
    help="mmearth: as the authors of MMEarth fine-tune.",
)
@click.option(
    "--folds",
    type=click.Choice(protocol.FOLDS),
    default="auto",
    show_default=True,
    help="What is held out together; auto takes blocks where polygons cluster.",
)
@click.option("--held-out", default=0.2, show_default=True, help="Share of the labels that validates.")
@click.option("--weights", type=FILE, default="", help="Weights file; default: the bundled ones.")
@click.option("--random-start", is_flag=True, help="Start from random weights: the control.")
@click.option("--epochs", default=0, help="How often the labels are gone through at most. Default: the recipe's.")
@click.option("--batch", default=0, help="Crops per step, over all processes. Default: the recipe's.")
@click.option("--micro-batch", default=0, help="Crops at once on a device. Default: what fits.")
@click.option("--learning-rate", default=0.0, help="Peak learning rate. Default: the recipe's.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint beside the model.")
@click.option("--seed", default=0, show_default=True, help="Seed of weights, split, sampling and augmentation.")
@scene_options
def fine_tune(as_json: bool, **fields: Any) -> None:
    """Train a network on labelled SCENE... and write a model file that predict takes.

    Beside the model comes a folder with checkpoint, curves, report and the request.

    \b
    Examples:  mmearth fine-tune scene.tif --labels polygons.gpkg --field class --model model.zip
               mmearth fine-tune scenes/*.tif --masks masks/ --model model.zip --rung full
               torchrun --standalone --nproc-per-node 2 -m mmearth fine-tune SCENE... --masks M --model model.zip
    """
    from mmearth import fine_tune as verb

    result = run_verb(verb.run, protocol.FineTuneRequest(**fields), as_json)
    if result and not as_json:  # of several processes, the first speaks
        click.echo(bands_line(result))
        click.echo(_scores(result))
        click.echo(f"Model: {result['model']}\nReport: {result['report']}\nCurve: {result['curve']}")


@click.command()
@click.argument("dataset", type=FILE)
@click.option("--out", type=NEW_PATH, required=True, help="Folder for the table (.csv, .json, .md).")
@click.option("--model", "models", multiple=True, help="A weights file, timm:NAME, random or bands; often.")
@click.option(
    "--protocol",
    "evaluations",
    type=click.Choice(protocol.EVALUATIONS),
    multiple=True,
    default=protocol.EVALUATIONS,
    show_default=True,
    help="What is done with each encoder; often.",
)
@click.option("--partition", "partitions", multiple=True, help="A partition of training samples; often.")
@click.option("--seeds", default=3, show_default=True, help="How many seeds.")
@click.option("--epochs", default=0, help="Default: as published.")
@click.option("--batch", default=0, help="Samples per step. Default: as published.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")
def evaluate(as_json: bool, **fields: Any) -> None:
    """Compare encoders on DATASET, a folder in the GEO-Bench layout: one table with seeds and spread.

    \b
    Example:  mmearth evaluate geobench/m-eurosat --out table --model mine.safetensors --model random --model bands
    """
    from mmearth import evaluate as verb

    result = run_verb(verb.run, protocol.EvaluateRequest(**fields), as_json)
    if not as_json:
        click.echo(result["text"])
        click.echo(f"Table: {result['csv']}")


COMMANDS = (fine_tune, evaluate)


def _scores(result: dict[str, Any]) -> str:
    lines = [f"Trained '{result['rung']}': {result['polygons']} samples of {len(result['classes'])} classes"]
    if result["macro_f1"] is None:
        lines.append("Macro-F1 on held-out labels: not known")
    else:
        low, high = result["interval"] or (float("nan"), float("nan"))
        raw = result["raw_bands_macro_f1"]
        raw_text = f"raw bands {raw:.3f}" if raw is not None else "raw bands not known"
        lines.append(
            f"Macro-F1 on held-out labels: {result['macro_f1']:.3f} (95 % interval {low:.3f} to {high:.3f}); "
            f"majority {result['majority_macro_f1']:.3f}, {raw_text}"
        )
    lines += [f"  {row['rung']:<8} {row['macro_f1']:.3f}" for row in result["rungs"] if row["macro_f1"] is not None]
    return "\n".join([*lines, result["folds_reason"]])
