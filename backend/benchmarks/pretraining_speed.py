"""Speed of pretraining: a step of the authors' code against ours (G1), packed against masked dense (G2), data (G3).

One thread, CPU time, chips in memory, ways in turn: each round runs one step of every way, and a ratio is the median of
the ratios within rounds. Before anything is timed, both sides of a race train from the same weights on the same chips
and masks, and their losses are compared. The authors' code is not part of this repository; `official_mpmae` says where
it comes from. Without it its rows read "not measured". Prints a table per goal and, with --json, writes them.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/pretraining_speed.py --official ../MMEarth-train
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks import data_loading, official_mpmae
from mmearth.errors import MMEarthError
from mmearth.models.convnextv2 import SIZES, Encoder, best_dtype
from mmearth.models.fcmae import FCMAE, mask_from_noise
from mmearth.pretraining.pretrain_recipe import BETAS, RECIPES, WEIGHT_DECAY, parameter_groups, rate_share
from mmearth.pretraining.tasks import INPUT, MMEARTH_TASKS
from mmearth.pretraining.training import PATCHES, Objective

CROP_PX, PATCH_PX = 56, 8
PEAK_RATE = 1.5e-4  # MMEarth-train, main_pretrain.py: for 256 chips
TOLERANCE = 1e-4
GOALS = {"G1 fp32": 4.0, "G1 mixed": 3.0, "G2 atto": 1.6, "G2 tiny": 1.9, "G3": 5.0}
NO_OFFICIAL = "not measured: the authors' code is absent (--official FOLDER or $MMEARTH_TRAIN)"

Chips = dict[str, Tensor]
Way = Callable[[Chips, int], Tensor]


def random_chips(samples: int, seed: int) -> Chips:
    """Returns targets of all twelve tasks: normal noise, two radar bands empty, a tenth of the labels missing."""
    generator = torch.Generator().manual_seed(seed)
    chips: Chips = {}
    for task in MMEARTH_TASKS:
        if task.kind == "map":
            chips[task.name] = torch.randn(samples, task.channels, CROP_PX, CROP_PX, generator=generator)
        elif task.kind == "class_map":
            labels = torch.randint(task.channels, (samples, CROP_PX, CROP_PX), generator=generator)
            missing = torch.rand(labels.shape, generator=generator) < 0.1
            chips[task.name] = labels.masked_fill(missing, -1)
        elif task.kind == "category":
            chips[task.name] = torch.randint(task.channels, (samples,), generator=generator)
        else:
            chips[task.name] = torch.randn(samples, task.channels, generator=generator)
    chips["sentinel1"][:, 2:4] = 0
    return chips


def random_mask(samples: int, seed: int) -> Tensor:
    """Returns the mask that the authors' code draws after `torch.manual_seed(seed)`."""
    noise = torch.randn(samples, PATCHES, generator=torch.Generator().manual_seed(seed))
    return mask_from_noise(noise, RECIPES["paper"].mask_ratio)


class Step:
    """Our training step, as `training.Training` does it: forward, losses, weighting, backward, AdamW.

    Args:
        encoder: With its initial weights.
        execution, official: As in `FCMAE`.
        dtype: bfloat16 for mixed precision.
    """

    def __init__(self, encoder: Encoder, execution: str, official: bool, dtype: torch.dtype) -> None:
        model = FCMAE(encoder, MMEARTH_TASKS, execution=execution, official=official)
        self.objective = Objective(model, None, learned_weights=True)
        self.objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        groups = parameter_groups([self.objective], WEIGHT_DECAY, decay_grn=True)
        self.optimiser = torch.optim.AdamW(groups, lr=0.0, betas=BETAS)
        self._dtype = dtype

    def __call__(self, chips: Chips, seed: int) -> Tensor:
        """Does one step; returns the losses in the order of the tasks, with the total behind."""
        inputs = chips[INPUT].to(memory_format=torch.channels_last)
        mask = random_mask(len(inputs), seed)
        self.optimiser.zero_grad(set_to_none=True)
        total, told = self.objective(inputs, chips, mask, torch.ones(1), self._dtype)
        total.backward()
        self.optimiser.step()
        return told  # type: ignore[no-any-return]

    def encoder_only(self, chips: Chips, seed: int) -> Tensor:
        """Runs the encoder forward and backward; returns its features."""
        inputs = chips[INPUT].to(memory_format=torch.channels_last)
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", self._dtype, enabled=self._dtype != torch.float32):
            encoded = self.objective.model.encode(inputs, random_mask(len(inputs), seed))
        torch.autograd.backward(encoded, torch.ones_like(encoded))
        return encoded.detach()


def make_encoder(size: str) -> Encoder:
    """Returns an encoder for 12 bands with random weights."""
    depths, dims = SIZES[size]
    return Encoder(MMEARTH_TASKS[0].channels, depths, dims, PATCH_PX)


def make_step(size: str, execution: str, dtype: torch.dtype, official: bool = False) -> Step:
    """Returns a step whose initial weights depend on the size alone."""
    torch.manual_seed(0)
    return Step(make_encoder(size), execution, official, dtype)


def parity(first: Any, second: Any, steps: int, samples: int) -> dict[str, float]:
    """Trains two ways beside each other, with the paper's course of the learning rate.

    Args:
        first, second: Steps of the same weights, with an `optimiser`.
        steps: How many.
        samples: Chips per step, other ones in each.

    Returns:
        By task and "total", the largest difference of the losses over the steps, as a share of the first's.
    """
    names = [*(task.name for task in MMEARTH_TASKS), "total"]
    largest = torch.zeros(len(names))
    for step in range(steps):
        for way in (first, second):
            for group in way.optimiser.param_groups:
                group["lr"] = PEAK_RATE * rate_share(RECIPES["paper"], step + 1, steps + 1)
        chips = random_chips(samples, step)
        wanted, found = first(chips, step), second(chips, step)
        largest = torch.maximum(largest, ((found - wanted) / wanted).abs())
    return dict(zip(names, largest.tolist(), strict=True))


def race(ways: dict[str, Way], chips: Chips, rounds: int) -> dict[str, np.ndarray]:
    """Returns the CPU seconds of each way in each round, (rounds,); a round before the first is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            started_s = time.process_time()
            way(chips, number)
            taken[name].append(time.process_time() - started_s)
    return {name: np.array(seconds[1:]) for name, seconds in taken.items()}


def rows_of(seconds: dict[str, np.ndarray], samples: int) -> list[dict[str, Any]]:
    """Returns a row per way: milliseconds per step, their interquartile range, chips per CPU second."""
    rows: list[dict[str, Any]] = []
    for name, taken in seconds.items():
        middle = float(np.median(taken))
        spread = float(np.subtract(*np.percentile(taken, (75, 25))))
        rows.append({"way": name, "ms": middle * 1e3, "iqr_ms": spread * 1e3, "chips_per_cpu_s": samples / middle})
    return rows


def ratio(slow: np.ndarray, fast: np.ndarray) -> dict[str, float]:
    """Returns the median of the ratios within rounds and its quartiles."""
    low, middle, high = np.percentile(slow / fast, (25, 50, 75)).tolist()
    return {"times": middle, "low": low, "high": high}


def against_official(folder: Path | None, size: str, samples: int, rounds: int, steps: int) -> dict[str, Any]:
    """G1: parity with the authors' dense code, then a race of their step against ours.

    Args:
        folder: With the authors' code; None races ours alone.
        size: Key of `SIZES`.
        samples: Chips per step.
        rounds: Of the race.
        steps: Of the parity, with at most 8 chips each.
    """
    fast = best_dtype(torch.device("cpu"))
    ways: dict[str, Way] = {}
    result: dict[str, Any] = {"size": size, "batch": samples, "rounds": rounds}
    if folder is not None:
        package = official_mpmae.import_official(folder)
        torch.manual_seed(0)
        theirs = official_mpmae.OfficialStep(package, size, CROP_PX, torch.float32)
        ours = make_step(size, "dense", torch.float32, official=True)
        official_mpmae.give_weights(theirs.model, ours.objective.model, ours.objective.weighting)
        result["parity"] = {"steps": steps, "largest": parity(theirs, ours, steps, min(8, samples))}
        ways["authors, dense, float32"] = theirs
        ways["authors, dense, mixed bfloat16"] = official_mpmae.OfficialStep(package, size, CROP_PX, torch.bfloat16)
    ways["ours, packed, float32"] = make_step(size, "packed", torch.float32, official=True)
    if fast == torch.bfloat16:
        ways["ours, packed, mixed bfloat16"] = make_step(size, "packed", fast, official=True)
    seconds = race(ways, random_chips(samples, 0), rounds)
    result["rows"] = rows_of(seconds, samples)
    if folder is not None:
        full, mixed, plain, *_ = taken = list(seconds.values())
        result["ratios"] = {
            "G1 fp32": ratio(full, taken[-1]),
            "G1 mixed": ratio(mixed, taken[-1]),
            "both in float32": ratio(full, plain),
        }
    return result


def against_masked_dense(size: str, samples: int, rounds: int, steps: int) -> dict[str, Any]:
    """G2: parity of packed with masked dense, then races of the encoder alone and of the whole step.

    Args:
        size: Key of `SIZES`.
        samples: Chips per step.
        rounds: Of each race.
        steps: Of the parity, with at most 8 chips each.
    """
    executions = ("masked_dense", "packed")
    slow, fast = (make_step(size, execution, torch.float32) for execution in executions)
    largest = parity(slow, fast, steps, min(8, samples))
    result: dict[str, Any] = {"size": size, "batch": samples, "rounds": rounds, "rows": [], "ratios": {}}
    result["parity"] = {"steps": steps, "largest": largest}
    chips = random_chips(samples, 0)
    for dtype in dict.fromkeys((best_dtype(torch.device("cpu")), torch.float32)):
        kind = str(dtype).removeprefix("torch.")
        ways = {execution: make_step(size, execution, dtype) for execution in executions}
        parts: dict[str, dict[str, Way]] = {
            f"encoder, {kind}": {name: way.encoder_only for name, way in ways.items()},
            f"whole step, {kind}": {name: way.__call__ for name, way in ways.items()},
        }
        for part, runs in parts.items():
            seconds = race(runs, chips, rounds)
            result["rows"] += rows_of({f"{part}, {name}": taken for name, taken in seconds.items()}, samples)
            result["ratios"][part] = ratio(seconds["masked_dense"], seconds["packed"])
    return result


def print_race(title: str, result: dict[str, Any]) -> None:
    """Prints one race as a table."""
    print(f"\n{title}: {result['size']}, {CROP_PX} px, patches of {PATCH_PX} px, batch {result['batch']}")
    if "parity" in result:
        task, worst = max(result["parity"]["largest"].items(), key=lambda item: item[1])
        print(f"losses over {result['parity']['steps']} steps, float32: largest difference {worst:.1e} ({task})")
    print(f"{'way':44} {'CPU ms (IQR)':>18} {'chips / CPU s':>14}")
    for row in result["rows"]:
        taken = f"{row['ms']:.0f} ({row['iqr_ms']:.0f})"
        print(f"{row['way']:44} {taken:>18} {row['chips_per_cpu_s']:>14.1f}")
    for name, found in result.get("ratios", {}).items():
        print(f"{name:44} {found['times']:>8.2f} times as fast ({found['low']:.2f} to {found['high']:.2f})")


def print_data(rows: list[dict[str, Any]], samples: int) -> None:
    """Prints how long it takes to make a batch from files."""
    print(f"\nG3, making a batch of {samples} chips from files\n{'way':44} {'CPU ms (IQR)':>18} {'times as fast':>14}")
    for row in rows:
        taken = f"{row['cpu_ms']:.0f} ({row['cpu_iqr_ms']:.0f})"
        print(f"{row['way']:44} {taken:>18} {row['times_faster']:>14.1f}")


def reached(record: dict[str, Any]) -> dict[str, float | None]:
    """Returns what was reached of each of `GOALS`, None where it was not measured."""
    found: dict[str, float | None] = dict.fromkeys(GOALS)
    found |= {name: each["times"] for name, each in record["G1"].get("ratios", {}).items() if name in GOALS}
    for result in record["G2"]:
        if f"G2 {result['size']}" in GOALS:
            encoder, whole, *_ = result["ratios"].values()  # in the precision of training
            found[f"G2 {result['size']}"] = min(encoder["times"], whole["times"])
    if record["G3"]:
        found["G3"] = record["G3"][-1]["times_faster"]
    return found


def parities_hold(record: dict[str, Any]) -> bool:
    """Says whether all losses agreed within `TOLERANCE`; one that is not a number does not."""
    results = [record["G1"], *record["G2"]]
    return all(
        difference <= TOLERANCE
        for result in results
        if "parity" in result
        for difference in result["parity"]["largest"].values()
    )


def main(arguments: list[str] | None = None) -> int:
    """Prints the tables; returns 1 where losses differ or a goal that was measured is missed, 2 on wrong input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    official = os.environ.get("MMEARTH_TRAIN") or None
    parser.add_argument("--official", type=Path, default=official, metavar="FOLDER", help="with the authors' code")
    parser.add_argument("--sizes", nargs="+", default=["atto", "tiny"], choices=list(SIZES), help="encoders of G2")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=100, help="steps in which losses are compared")
    parser.add_argument("--tiles", type=int, default=600, help="tiles of the data of G3; 0 leaves it out")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    record: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, {torch.cpu.get_capabilities().get('cpu_name', 'unknown processor')}",
        "torch": str(torch.__version__),
        "precision of training": str(best_dtype(torch.device("cpu"))).removeprefix("torch."),
    }
    print(", ".join(f"{key} {value}" for key, value in record.items()) + ", one thread")
    try:
        record["G1"] = against_official(options.official, "atto", options.batch, options.rounds, options.steps)
    except MMEarthError as error:
        print(error, file=sys.stderr)
        return 2
    print_race("G1, a training step", record["G1"])
    if options.official is None:
        print(NO_OFFICIAL)
    record["G2"] = []
    for size in options.sizes:
        record["G2"].append(against_masked_dense(size, options.batch, options.rounds, options.steps))
        print_race("G2, packed against masked dense", record["G2"][-1])
    record["G3"] = data_loading.measure(options.tiles, options.batch) if options.tiles else []
    print_data(record["G3"], options.batch)
    print(f"\n{'goal':12} {'wanted':>13} {'found':>13}")
    found = reached(record)
    for name, wanted in GOALS.items():
        value = found[name]
        print(f"{name:12} {wanted:>11.1f} x {'not measured' if value is None else f'{value:>11.2f} x':>13}")
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    missed = any(value is not None and value < GOALS[name] for name, value in found.items())
    return int(missed or not parities_hold(record))


if __name__ == "__main__":
    sys.exit(main())
