"""The command `adapt`."""

from typing import Any

import click

from mmearth import protocol
from mmearth.commands.command_options import FILE, NEW_PATH, Bands, scene_options
from mmearth.commands.terminal import run_verb


@click.command()
@click.argument("target", type=FILE)
@click.argument("reference", type=FILE, required=False, default="")
@click.option("--weights-out", type=NEW_PATH, required=True, help="The safetensors file to write.")
@click.option("--pair", "pairs", type=(FILE, FILE), multiple=True, help="A further target and its reference; often.")
@click.option("--target-more", "more", type=FILE, multiple=True, help="A further target without reference; often.")
@click.option("--weights", type=FILE, default="", help="Weights that know the reference. Default: the bundled ones.")
@click.option(
    "--mode",
    type=click.Choice(protocol.ADAPT_MODES),
    default="distill",
    show_default=True,
    help="distill: the known encoder's features on the same ground; +msad: and contrast between places; xstars: "
    "as published, contrast and self-distillation; mae: the target's own image alone.",
)
@click.option("--from-scratch", is_flag=True, help="Begin with random weights.")
@click.option(
    "--target-bands", type=Bands(), default=dict, help="Which band of the target sees which light, B4=1,B3=2."
)
@click.option("--reference-m", default=0.0, help="Pixel size of a reference made from the target. Default: 10.")
@click.option("--working-m", default=0.0, help="Pixel size that the new encoder works at. Default: the target's own.")
@click.option("--window", "window_px", default=0, help="Side of a window in pixels of the reference. Default: 56.")
@click.option("--correct-shift", is_flag=True, help="Take out a shift between the images, where one is found.")
@click.option("--anchors", type=click.Choice(protocol.ANCHORS), default="none", show_default=True,
              help="Mask pairs in the same ground cells or in complementary ones.")  # fmt: skip
@click.option("--land-cover", type=FILE, default="", help="Class raster: places with like classes shall look alike.")
@click.option("--steps", default=0, help="Steps. Default: until held-out places gain no more.")
@click.option("--batch", default=0, help="Windows in a step. Default: 8.")
@click.option("--learning-rate", default=0.0, help="Of the body. Default: the recipe's.")
@click.option("--resume", is_flag=True, help="Go on from what a cancelled run kept beside the weights.")
@click.option("--seed", default=0, show_default=True, help="Seed of everything random.")
@scene_options
def adapt(
    as_json: bool,
    target: str,
    reference: str,
    pairs: tuple[tuple[str, str], ...],
    more: tuple[str, ...],
    **fields: Any,
) -> None:
    """Learn an encoder for the sensor of TARGET from REFERENCE, a raster of the same ground that the weights know.

    No labels are needed. Without REFERENCE one is made from the target by averaging.

    \b
    Examples:  mmearth adapt aerial.tif sentinel2.tif --weights-out aerial.safetensors
               mmearth adapt drone.tif --weights-out drone.safetensors --target-bands B4=1,B3=2,B2=3
    """
    from mmearth import adapt as verb

    targets = (target, *(pair[0] for pair in pairs), *more)
    references = tuple(filter(None, (reference, *(pair[1] for pair in pairs))))
    result = run_verb(verb.run, protocol.AdaptRequest(targets, references=references, **fields), as_json)
    if not as_json:
        after, before = result["agreement"], result["before"]
        click.echo(
            f"Adapted {result['steps']} steps in {result['seconds']:.0f} s. On held-out places the cosine with the "
            f"known encoder is {after['cosine']:.3f} (before {before['cosine']:.3f}, other places "
            f"{after['deranged_cosine']:.3f}); {after['retrieval']:.1%} of the cells find their ground again (before "
            f"{before['retrieval']:.1%}, by chance {after['chance']:.1%})."
        )
        click.echo(f"Weights: {result['weights']}\nCard: {result['card']}\nPairs: {result['pairs']}")


COMMANDS = (adapt,)
