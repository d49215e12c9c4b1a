"""What each precision costs and rounds: one tile of 256 × 256 pixels of the sample, with the bundled weights.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/encoder_precision.py [--device cpu] [--repeat 5] [--json FILE]

As the self-test of `mmearth doctor`, but also in precisions that the device would refuse, once each; those it takes run
in turn. Distances are of standardised features to those of the CPU in float32.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.machine import machine, spoken
from mmearth.device_test import DeviceTest, open_tile
from mmearth.devices import resolve_device
from mmearth.precision import DTYPES, precisions_of
from mmearth.progress import Reporter
from mmearth.weights.checkpoints import load_weights


def measure(device: torch.device, repeat: int) -> dict[str, list[dict[str, Any]]]:
    """Returns what `DeviceTest.measure` says of each precision, run by run."""
    silent = Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)
    weights, taken = load_weights(""), precisions_of(device)
    with open_tile(weights) as (scene, _):
        test = DeviceTest(weights, scene, silent)
        rounds = [[test.measure(device, name) for name in taken] for _ in range(repeat)]
        found = {name: list(runs) for name, runs in zip(taken, zip(*rounds, strict=True), strict=True)}
        return {name: found.get(name) or [test.measure(device, name)] for name in DTYPES}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    device = resolve_device(arguments.device)
    found, measured_on = measure(device, arguments.repeat), machine()
    out = sys.stdout
    out.write(f"{spoken(measured_on)}; {device}, {torch.get_num_threads()} threads\n")
    out.write(f"{'':<10}{'median s':>10}{'fastest s':>11}{'n':>4}{'largest distance':>18}  taken\n")
    for name, runs in found.items():
        seconds = [run["seconds"] for run in runs if run["seconds"] is not None]
        if not seconds:
            out.write(f"{name:<10}{runs[0]['error']}\n")
            continue
        taken = "yes" if name in precisions_of(device) else "refused"
        distance = runs[0]["agreement"]
        text = "not finite" if distance is None else f"{distance:.1e}"
        out.write(f"{name:<10}{np.median(seconds):>10.3f}{min(seconds):>11.3f}{len(seconds):>4}{text:>18}  {taken}\n")
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": measured_on, "runs": found}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
