"""How fast is a training step of the U-Net, beside a plain loop of the same network in float32?

The plain loop is what a careful person writes first: the network as it is, float32, AdamW, every pixel's loss. Both
train the same weights on the same crops, in turns, so that whatever else the machine does hits both. Rungs that leave
the encoder frozen, or parts of it, are measured against plain loops that freeze the same parts.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/finetune_speed.py [--batch 8] [--rounds 7] [--json FILE]
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.machine import machine, spoken
from mmearth.models.convnextv2 import SIZES, Encoder, best_dtype
from mmearth.models.tuned_networks import UNET, build_network
from mmearth.pretraining.distributed import Processes
from mmearth.progress import Reporter
from mmearth.tuning.objective import Plan, cpu_micro_batch
from mmearth.tuning.tuning import Tuning
from mmearth.tuning.tuning_recipe import RECIPES, parameter_groups
from mmearth.weights.checkpoints import load_weights

CROP_PX, CLASSES, LABELLED = 64, 3, 0.2
RUNGS = ("decoder", "partial", "full")
GOAL = 2.0  # times as fast, every stage trained
TOLERANCE = 0.02  # of the first loss, as a share of it: bfloat16 keeps 8 bits


@dataclass(frozen=True)
class Crops:
    """See `tuning.Batch`."""

    images: Tensor
    targets: Tensor
    regions: Tensor | None = None


class SameCrops:
    """Always the same crops, a fifth of their pixels labelled."""

    def __init__(self, size: int, bands: int) -> None:
        generator = torch.Generator().manual_seed(0)
        images = torch.randn(size, bands, CROP_PX, CROP_PX, generator=generator)
        classes = torch.randint(CLASSES, (size, CROP_PX, CROP_PX), generator=generator)
        known = torch.rand(classes.shape, generator=generator) < LABELLED
        self.crops = Crops(images, torch.where(known, classes, -1))

    def batch(self, step: int, size: int) -> Crops:  # noqa: ARG002 - the same for every step
        """Returns the crops."""
        return self.crops


def make_network() -> nn.Module:
    """Returns the U-Net around the bundled encoder; its initial weights are the same each time."""
    weights = load_weights("")
    torch.manual_seed(0)
    encoder = Encoder(len(weights.bands), weights.depths, weights.dims, weights.patch_size)
    encoder.load_state_dict(weights.encoder)
    encoder.freeze_grn(weights.grn)
    network = build_network(UNET, encoder, CLASSES)
    with torch.no_grad():  # else every loss is log(3)
        dict(network.named_parameters())["head.weight"].normal_(std=0.1)
    return network


def make_plan(rung: str, batch: int, rounds: int) -> Plan:
    """Returns what our loop does: the recipe, without anything that the plain loop does not do."""
    recipe = replace(RECIPES[rung], crop_px=CROP_PX, batch=batch, drop_path=0.0, dice=0.0, clip_norm=0.0)
    steps = 1000 + rounds
    return Plan(
        UNET, rung, "default", recipe, steps, batch, min(batch, cpu_micro_batch(CROP_PX, *SIZES["atto"])), 1, False, 0
    )


def our_step(plan: Plan, crops: SameCrops) -> Callable[[], float]:
    """Returns what does one step of our loop and gives its loss."""
    tuning = Tuning(plan, make_network(), crops, torch.device("cpu"), Processes(), {})
    report = Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)
    steps = tuning._steps(report)
    return lambda: float(next(steps))


def plain_step(plan: Plan, crops: SameCrops) -> Callable[[], float]:
    """Returns what does one step of the plain loop and gives its loss."""
    network = make_network().train()
    groups = parameter_groups(network, plan.recipe)
    for group in groups:
        group["lr"] = plan.recipe.learning_rate * group["lr_scale"] / (plan.recipe.warm_up * plan.steps)
    optimiser = torch.optim.AdamW(groups)
    own = crops.crops

    def step() -> float:
        optimiser.zero_grad()
        loss = functional.cross_entropy(network(own.images), own.targets, ignore_index=-1)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss.item()

    return step


def race(ways: dict[str, Callable[[], float]], rounds: int) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Returns the CPU seconds of each way in each round, and the loss of its first step; one round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    first: dict[str, float] = {}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            started_s = time.process_time()
            loss = way()
            taken[name].append(time.process_time() - started_s)
            first.setdefault(name, loss)
    return {name: np.array(seconds[1:]) for name, seconds in taken.items()}, first


def measure(rung: str, batch: int, rounds: int) -> dict[str, Any]:
    """Returns medians, the median of the ratios within rounds with its quartiles, and how far the losses differ."""
    crops, plan = SameCrops(batch, len(load_weights("").bands)), make_plan(rung, batch, rounds)
    taken, first = race({"plain": plain_step(plan, crops), "ours": our_step(plan, crops)}, rounds)
    low, middle, high = np.percentile(taken["plain"] / taken["ours"], (25, 50, 75)).tolist()
    return {
        "rung": rung,
        "plain_ms": float(np.median(taken["plain"])) * 1e3,
        "ours_ms": float(np.median(taken["ours"])) * 1e3,
        "times": middle,
        "low": low,
        "high": high,
        "loss_difference": abs(first["ours"] - first["plain"]) / first["plain"],
    }


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; returns 1 where the goal is missed or the losses differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8, help="crops of 64 x 64 pixels per step")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rungs", nargs="+", default=list(RUNGS), choices=RUNGS)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    found = machine()
    kind = str(best_dtype(torch.device("cpu"))).removeprefix("torch.")
    print(f"{spoken(found)}, one thread; ours in {kind}\n{options.batch} crops of {CROP_PX} px, a step")
    print(f"{'rung':10} {'plain fp32':>12} {'ours':>12} {'times as fast':>24} {'first loss differs':>20}")
    rows = [measure(rung, options.batch, options.rounds) for rung in options.rungs]
    for row in rows:
        ratio = f"{row['times']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        print(
            f"{row['rung']:10} {row['plain_ms']:>9.0f} ms {row['ours_ms']:>9.0f} ms {ratio:>24} "
            f"{row['loss_difference']:>20.1e}"
        )
    if options.json:
        record = {**found, "batch": options.batch, "crop_px": CROP_PX, "precision": kind, "rows": rows}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    missed = any(row["rung"] == "full" and row["times"] < GOAL for row in rows)
    return int(missed or any(row["loss_difference"] > TOLERANCE for row in rows))


if __name__ == "__main__":
    sys.exit(main())
