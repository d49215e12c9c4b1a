"""What the engine promises beside speed, measured through the command line and the plugin's pipe.

G7: memory does not depend on the raster's size. G8: nor does the result depend on tiles and extents. G10: Cancel works
within a second; after `kill -9` the same command goes on and ends with the same bytes. G11: no block is decoded twice.
Prints one table and, with --json, writes it.

    .venv/bin/python backend/benchmarks/embed_engine.py --goals G7 G8 G10 G11
"""

import argparse
import hashlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import rasterio
from rasterio.windows import Window, from_bounds

from benchmarks import machine
from benchmarks.embed_scenes import bounds_of, write_deflate, write_virtual
from mmearth import protocol

# What `python -m mmearth` does, on a processor that pretends to multiply no bfloat16: computes in float32.
FLOAT32 = "import torch; torch.cpu.get_capabilities = dict; from mmearth.__main__ import main; main()"
VIRTUAL_PX = 100_000
MEMORY_LIMIT_BYTES, MEMORY_GROWTH = 2e9, 0.05
TILES_PX = (256, 512, 1024)
TOLERANCE, SAME_CLASS = 1e-5, 0.9999
CANCEL_S = 1.0
DECODES = 1.05
CLASSES = 10  # of the random linear head whose arg-max is compared
CONTROL = "GRN of each tile, as others run it, which shows seams"


Row = dict[str, Any]


class CommandError(Exception):
    """A command ended otherwise than it should."""


def command_of(scene: Path, out: Path, options: tuple[str, ...]) -> list[str]:
    """Returns the arguments of `mmearth` that embed a scene without the cache and tell of it as JSON lines."""
    return ["embed", str(scene), str(out), "--json", "--no-cache", *options]


def embed(scene: Path, out: Path, *options: str, window: Window | None = None, float32: bool = False) -> Row:
    """Runs `mmearth embed` without cache.

    Args:
        scene, out: Paths.
        options: More options of the command.
        window: What part of a scene of `embed_scenes`; None takes all of it.
        float32: Whether to compute in float32 whatever the processor.

    Returns:
        The verb's result with wall_s, peak_bytes and read_bytes of the process.
    """
    arguments = command_of(scene, out, options)
    if window is not None:
        arguments += ["--bounds", *(f"{value:.1f}" for value in bounds_of(window))]
    python = ["-c", FLOAT32] if float32 else ["-m", "mmearth"]
    started_s = time.monotonic()
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen([sys.executable, *python, *arguments], stdout=told, stderr=errors)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # its counters are gone once it is waited for
        counters = dict(line.split(": ") for line in Path(f"/proc/{child.pid}/io").read_text().splitlines())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            raise CommandError(f"mmearth {' '.join(arguments)}: status {child.returncode}: {errors.read()[-500:]}")
        told.seek(0)
        result: Row = json.loads(told.readlines()[-1])["result"]
    result |= {"wall_s": time.monotonic() - started_s, "peak_bytes": usage.ru_maxrss * 1024}
    return result | {"read_bytes": int(counters["rchar"])}


def memory(folder: Path, side: int, rounds: int) -> list[Row]:
    """G7: embeds a window of side × side pixels of a huge raster, and one of four times the area, in turn."""
    scene, out = folder / "huge.vrt", folder / "memory.tif"
    write_virtual(scene, VIRTUAL_PX)
    peaks: dict[int, list[float]] = {1: [], 2: []}
    for factor in [1, 2] * rounds:
        run = embed(scene, out, window=Window(30_000, 50_000, factor * side, factor * side))
        peaks[factor].append(run["peak_bytes"] / 1e9)
        out.unlink()
    growth = median(peaks[2]) / median(peaks[1]) - 1
    most = max(*peaks[1], *peaks[2])
    note = "; ".join(
        f"{(factor * side) ** 2 / 1e6:.1f} Mpx: {', '.join(f'{peak:.2f}' for peak in found)}"
        for factor, found in peaks.items()
    )
    return [
        row("G7", "peak memory, largest, GB", "≤ 2", most, most * 1e9 <= MEMORY_LIMIT_BYTES, note),
        row("G7", "growth at four times the area", "± 0.05", growth, abs(growth) <= MEMORY_GROWTH, "of medians"),
    ]


def seams(folder: Path, side: int) -> list[Row]:
    """G8: compares tile sizes and shifted extents, in float32 and as codes of the processor's own precision."""
    scene = folder / "seams.vrt"
    write_virtual(scene, VIRTUAL_PX)
    whole = Window(40_008, 60_016, side, side - 8 * 9)
    shifts = [Window(whole.col_off + x, whole.row_off + y, side // 2, side // 3) for x, y in ((24, 40), (88, 56))]
    rows = []
    for name, options, float32 in (
        ("float32, every channel, cells of 8 px", ("--dtype", "float32", "--pca", "none", "--stride", "8"), True),
        ("float32, 64 components, cells of 1 px", ("--dtype", "float32", "--pca", "64", "--stages", "0,1,2,3"), True),
        ("codes, 64 components, cells of 1 px", ("--dtype", "int8", "--pca", "64"), False),
        (CONTROL, ("--dtype", "float32", "--pca", "none", "--stride", "8", "--grn", "image"), True),
    ):
        files: list[Path] = []
        cells_px = 8 if "--stride" in options else 1
        for tile_px in TILES_PX:
            files.append(folder / f"tile{tile_px}.tif")
            embed(scene, files[-1], *options, "--tile", str(tile_px), window=whole, float32=float32)
        for number, shift in enumerate(shifts):
            files.append(folder / f"shift{number}.tif")
            # With cells of one pixel, an odd shift also starts off the patch grid.
            odd = Window(shift.col_off + 8 - cells_px, shift.row_off + 8 - cells_px, shift.width, shift.height)
            embed(scene, files[-1], *options, "--tile", "512", window=odd, float32=float32)
        pairs = list(itertools.combinations(files, 2))
        found = [compare(first, second) for first, second in pairs if overlap(first, second) is not None]
        if name == CONTROL:
            worst = max(each["largest"] for each in found)
            rows.append(row("G8", f"largest difference: {name}", "> 1e-5", worst, worst > TOLERANCE, note_of(found)))
        elif float32:
            worst = max(each["largest"] for each in found)
            rows.append(row("G8", f"largest difference: {name}", "≤ 1e-5", worst, worst <= TOLERANCE, note_of(found)))
        else:
            classes = min(each["same_class"] for each in found)
            note = (
                f"equal codes {min(each['equal'] for each in found):.6f}, largest difference "
                f"{max(each['largest'] for each in found):.0f} steps; {note_of(found)}"
            )
            rows.append(row("G8", f"same arg-max: {name}", "≥ 0.9999", classes, classes >= SAME_CLASS, note))
        for file in files:
            file.unlink()
    return rows


def note_of(found: list[Row]) -> str:
    """Returns how much was compared."""
    return f"{len(found)} pairs, {min(each['cells'] for each in found)} to {max(e['cells'] for e in found)} cells"


def overlap(first: Path, second: Path) -> tuple[float, float, float, float] | None:
    """Returns the bounds that two rasters of one grid share, or None."""
    with rasterio.open(first) as one, rasterio.open(second) as other:
        (a, b, c, d), (e, f, g, h) = one.bounds, other.bounds
    left, bottom, right, top = max(a, e), max(b, f), min(c, g), min(d, h)
    return (left, bottom, right, top) if left < right and bottom < top else None


def compare(first: Path, second: Path) -> Row:
    """Compares two embeddings where they overlap.

    Returns:
        cells (with data), largest (absolute difference), equal (share of values), same_class (share of cells at which
        a random linear head finds the same class). Cells that have data in one of them only count as infinitely far.
    """
    shared = overlap(first, second)
    assert shared is not None
    values: list[np.ndarray] = []
    valid: list[np.ndarray] = []
    for path in (first, second):
        with rasterio.open(path) as dataset:
            window = from_bounds(*shared, dataset.transform).round_offsets().round_lengths()
            stored = dataset.read(window=window)
            empty = np.isnan(stored) if np.isnan(dataset.nodata) else stored == dataset.nodata
            valid.append(~empty.all(axis=0))
            values.append(stored.astype(np.float32))
    if not np.array_equal(valid[0], valid[1]):
        return {"cells": int(valid[0].sum()), "largest": float("inf"), "equal": 0.0, "same_class": 0.0}
    one, other = (part[:, valid[0]] for part in values)
    head = np.random.default_rng(0).normal(size=(CLASSES, len(one))).astype(np.float32)
    return {
        "cells": one.shape[1],
        "largest": float(np.abs(one - other).max()),
        "equal": float((one == other).mean()),
        "same_class": float(((head @ one).argmax(axis=0) == (head @ other).argmax(axis=0)).mean()),
    }


def cancels(folder: Path, side: int, times: int) -> list[Row]:
    """G10: cancels a job of the plugin's pipe at random moments."""
    scene, out = folder / "cancel.tif", folder / "cancelled.tif"
    write_deflate(scene, side)
    with subprocess.Popen(
        [sys.executable, "-m", "mmearth", "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        waits, late, whole_s = cancel_often(child, scene, out, times)
    left = sorted(path.name for path in folder.glob("*cancelled*"))
    note = f"median {median(waits):.2f} s of {len(waits)} in a job of {whole_s:.0f} s; {late} came too late"
    return [
        row("G10", "cancel, longest, s", "≤ 1", max(waits), max(waits) <= CANCEL_S, note),
        row("G10", "files left by cancelled jobs", "0", len(left), not left, ", ".join(left)),
    ]


def cancel_often(child: "subprocess.Popen[str]", scene: Path, out: Path, times: int) -> tuple[list[float], int, float]:
    """Embeds a scene twice, then again and again with a cancel at a random moment.

    Returns:
        Seconds from each cancel to the event that answers it, how many came too late, seconds of the whole job.
    """
    assert child.stdin is not None
    requests = child.stdin

    def send(message: dict[str, Any]) -> None:
        requests.write(protocol.encode(message))
        requests.flush()

    def answer(name: str) -> str:
        """Waits for the end of a job; returns the event that it ended with."""
        for line in child.stdout or ():
            event = json.loads(line)
            if event.get("id") == name and event["event"] in protocol.TERMINAL_EVENTS:
                return str(event["event"])
        raise CommandError("mmearth serve ended")

    def submit(name: str) -> None:
        send(protocol.request_to_json(name, protocol.EmbedRequest(str(scene), str(out), cache=False, resume=False)))

    for name in ("first", "second"):  # the first one also warms up
        started_s = time.monotonic()
        submit(name)
        if answer(name) != protocol.RESULT:
            raise CommandError("the job to be cancelled fails by itself")
        whole_s = time.monotonic() - started_s
        for written in (out, out.with_suffix(".qml")):
            written.unlink(missing_ok=True)
    drawn = random.Random(0)  # noqa: S311 - moments, not secrets
    waits: list[float] = []
    late = 0
    for number in range(times):
        submit(str(number))
        time.sleep(drawn.uniform(0.02, 0.95) * whole_s)
        asked_s = time.monotonic()
        send(protocol.cancel_message(str(number)))
        if answer(str(number)) == protocol.CANCELLED:
            waits.append(time.monotonic() - asked_s)
        else:
            late += 1
            for written in (out, out.with_suffix(".qml")):
                written.unlink(missing_ok=True)
    return waits, late, whole_s


def kills(folder: Path, side: int, times: int) -> list[Row]:
    """G10: kills the command with SIGKILL at random moments, runs it again, and compares bytes."""
    scene, whole, out = folder / "kill.tif", folder / "whole.tif", folder / "killed.tif"
    write_deflate(scene, side)
    options = ("--tile", "256", "--resume")
    reference = embed(scene, whole, *options)
    wanted = hashlib.sha256(whole.read_bytes()).hexdigest()
    drawn = random.Random(1)  # noqa: S311 - moments, not secrets
    same, lost, notes = 0, 0, []
    for moment in sorted(drawn.uniform(0.2, 0.95) for _ in range(times)):
        out.unlink(missing_ok=True)
        with tempfile.TemporaryFile("w+") as told:
            arguments = command_of(scene, out, options)
            child = subprocess.Popen([sys.executable, "-m", "mmearth", *arguments], stdout=told, stderr=told)
            time.sleep(moment * reference["wall_s"])
            child.send_signal(signal.SIGKILL)
            child.wait()
            told.seek(0)
            done = last_share(told.readlines())
        resumed = embed(scene, out, *options)
        equal = hashlib.sha256(out.read_bytes()).hexdigest() == wanted
        same += equal
        tiles = int(resumed["tiles"])
        again = max(0, int(done * tiles) - int(resumed["tiles_resumed"]))
        lost = max(lost, again)
        notes.append(
            f"killed at {moment:.0%} of the time: {resumed['tiles_resumed']} of {tiles} tiles were kept, "
            f"{again} known to be done were computed again"
        )
    return [
        row("G10", "same bytes after kill -9", f"{times} of {times}", same, same == times, "; ".join(notes)),
        row("G10", "tiles computed again", "≤ 1", lost, lost <= 1, f"{side} px, tiles of 256 px"),
    ]


def last_share(lines: list[str]) -> float:
    """Returns how much of the scene is embedded by the last line of progress among what was printed."""
    events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]
    return max((event["done"] / event["total"] for event in events if event.get("phase") == "Embedding"), default=0.0)


def decodes(folder: Path, side: int) -> list[Row]:
    """G11: counts the source blocks that were read, and the bytes."""
    scene, small = folder / "decode.tif", folder / "small.tif"
    write_deflate(scene, side)
    write_deflate(small, 256)
    options = ("--stride", "8", "--pca", "8")  # little output, so that what is read is the scene
    rows = []
    for name, more in (("chosen tile", ()), ("tiles of 256 px", ("--tile", "256"))):
        run = embed(scene, folder / "decoded.tif", *options, *more, "--units", "dn")
        ratio = run["blocks_read"] / run["blocks"]
        note = f"{run['blocks_read']} of {run['blocks']}, counted where embedding decodes"
        rows.append(row("G11", f"blocks decoded / blocks, {name}", "≤ 1.05", ratio, ratio <= DECODES, note))
    # Beyond that count: all that the process reads, with what recognises the units of the scene.
    for units in ("dn", "auto"):
        read, start = (
            embed(path, folder / "decoded.tif", *options, "--units", units)["read_bytes"] for path in (scene, small)
        )
        ratio = (read - start + small.stat().st_size) / scene.stat().st_size
        rows.append(
            row("G11", f"bytes read / file, units {units}", "≤ 1.05", ratio, ratio <= DECODES, "after start-up")
        )
    return rows


def row(goal: str, what: str, wanted: str, found: float, reached: bool, note: str) -> Row:
    """Returns one line of the table."""
    return {"goal": goal, "what": what, "wanted": wanted, "found": found, "reached": bool(reached), "note": note}


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; returns 1 where a goal is missed or could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goals", nargs="+", choices=("G7", "G8", "G10", "G11"), default=["G7", "G8", "G10", "G11"])
    parser.add_argument("--memory-px", type=int, default=2048, help="side of the smaller window of G7")
    parser.add_argument("--rounds", type=int, default=3, help="of G7")
    parser.add_argument("--seams-px", type=int, default=1296, help="side of the window of G8")
    parser.add_argument("--job-px", type=int, default=2048, help="side of the scenes of G10")
    parser.add_argument("--decode-px", type=int, default=4096, help="side of the scene of G11")
    parser.add_argument("--cancels", type=int, default=10)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    measures: dict[str, list[Callable[[Path], list[Row]]]] = {
        "G7": [lambda folder: memory(folder, options.memory_px, options.rounds)],
        "G8": [lambda folder: seams(folder, options.seams_px)],
        "G10": [
            lambda folder: cancels(folder, options.job_px, options.cancels),
            lambda folder: kills(folder, options.job_px, options.kills),
        ],
        "G11": [lambda folder: decodes(folder, options.decode_px)],
    }
    found_on = machine.machine()
    print(machine.spoken(found_on))
    print("\n| goal | what | wanted | found | reached | |\n" + "|---" * 6 + "|")
    rows: list[Row] = []
    for goal in options.goals:
        for measure in measures[goal]:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    found = measure(Path(folder))
                except CommandError as error:
                    found = [row(goal, "not measured", "", float("nan"), False, str(error).replace("\n", " "))]
            for each in found:
                cells = (each["goal"], each["what"], each["wanted"], f"{each['found']:.4g}")
                print("| " + " | ".join((*cells, "yes" if each["reached"] else "no", each["note"])) + " |", flush=True)
            rows += found
    if options.json:
        record = {"machine": found_on, "rows": rows}
        options.json.write_text(json.dumps(record, indent=1, allow_nan=True) + "\n", encoding="utf-8")
    return int(not all(each["reached"] for each in rows))


if __name__ == "__main__":
    sys.exit(main())
