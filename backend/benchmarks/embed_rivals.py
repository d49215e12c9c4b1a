"""Speed of our engine against open engines that run the same weights over the same raster (G5).

The harness of the rivals (`bench.py`, its scenes and their environments) is not part of this repository: it is looked
for in $MMEARTH_SHARED/bench/rivals and in ../shared/bench/rivals beside the repository, the environments that its
`setup_rivals.sh` makes in --envs or $MMEARTH_RIVALS. Without environments our engine meets the plain rasterio loop and
the floors; without the harness only our own rows are measured.

One thread, CPU time, start-up not counted. A screening round runs every contender in both of its profiles; the faster
profile of each takes part in the rounds that count. Ratios are taken within rounds.

    .venv/bin/python backend/benchmarks/embed_rivals.py --envs ENVS
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch

from benchmarks import machine, rival_model
from benchmarks.embed_memory import SAMPLE, write_vrt
from mmearth.models.convnextv2 import best_dtype

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
ENVIRONMENTS = {"geoai": "geoai", "terratorch": "terratorch", "torchgeo": "torchgeo", "ftw": "ftw"}
ANYWHERE = ("floor-copy", "floor-model", "naive")  # contenders that need torch and rasterio alone
FLOORS = ("floor-copy", "floor-model")
FOLDED = "naive default with our frozen GRN"
GOALS = {"fp32": 2.0, "bf16": 2.5}  # times the fastest rival; with AMX 4 in bf16
AMX_GOAL = 4.0

Row = dict[str, Any]


def find_harness() -> Path | None:
    """Returns the folder of the harness, or None."""
    shared = [Path(os.environ["MMEARTH_SHARED"])] if os.environ.get("MMEARTH_SHARED") else []
    for folder in [*shared, REPOSITORY.parent / "shared"]:
        if (folder / "bench" / "rivals" / "bench.py").is_file():
            return (folder / "bench" / "rivals").resolve()
    return None


def line_up(envs: Path | None) -> tuple[list[str], list[str]]:
    """Returns the contenders that can run, and the rivals whose environment is absent."""
    absent = [
        name for name, folder in ENVIRONMENTS.items() if envs is None or not (envs / folder / "bin" / "python").exists()
    ]
    return [*ANYWHERE, *(name for name in ENVIRONMENTS if name not in absent)], absent


def give_base(folder: Path) -> Path:
    """Makes a folder of environments whose only one, base, is this interpreter; returns it."""
    python = folder / "base" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    return folder


def templates(harness: Path, envs: Path, precision: str, bf16: bool) -> dict[str, str]:
    """Returns the commands that the harness runs as "ours", by the name of their row.

    Args:
        harness: Its folder.
        envs: With the environment base.
        precision: Of the rivals, "fp32" or "bf16".
        bf16: Whether bfloat16 is what our engine takes on this machine by itself.
    """
    quote = shlex.quote
    ours = f"{quote(sys.executable)} {quote(str(HERE / 'rival_ours.py'))} {{scene}} {{out}} --weights {{weights}}"
    ours += " --threads {threads} --precision "
    names = {f"ours, {precision}": ours + precision}
    if bf16 and precision == "fp32":
        names["ours, bf16 (default here)"] = ours + "bf16"
    names[FOLDED] = (
        f"{quote(str(envs / 'base/bin/python'))} {quote(str(harness / 'worker.py'))} --contender naive "
        "--profile default --scene {scene} --out {out} --model rival_model:FoldedClassMapper --weights {weights} "
        "--precision {precision} --threads {threads} --batch {batch} --result {result}"
    )
    return names


def run_harness(
    harness: Path, envs: Path, options: argparse.Namespace, precision: str, contenders: list[str], rounds: int
) -> Row:
    """Runs the harness with our commands among the contenders; returns its report with our names as labels."""
    names = templates(harness, envs, precision, best_dtype(torch.device("cpu")) == torch.bfloat16)
    report = options.work / f"harness-{precision}.json"
    report.unlink(missing_ok=True)
    command = [sys.executable, str(harness / "bench.py"), "--envs", str(envs), "--work", str(options.work)]
    command += ["--sizes", *map(str, options.sizes), "--threads", "1", "--rounds", str(rounds)]
    command += ["--precision", precision, "--model", "rival_model:ClassMapper", "--wait-policy", "passive"]
    command += ["--contenders", *contenders, "--json", str(report)]
    if options.source:
        command += ["--from", str(options.source)]
    for template in names.values():
        command += ["--ours", template]
    path = os.pathsep.join((str(HERE.parent), str(HERE)))
    # Only what the harness prints line by line goes to the terminal; the table is ours.
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, stdout=sys.stderr, check=False)
    if done.returncode or not report.exists():
        raise SystemExit(f"The harness ended with status {done.returncode}; its words are above.")
    found: Row = json.loads(report.read_text())
    labels = {"ours" if i == 0 else f"ours {i + 1}": name for i, name in enumerate(names)}
    for run in found["runs"]:
        run["label"] = labels.get(run["label"], run["label"])
    return found


def is_rival(label: str) -> bool:
    """Says whether a row is somebody else's engine with the common model; the plain rasterio loop counts as one."""
    return label not in (*FLOORS, FOLDED) and not label.startswith("ours")


def faster_profiles(runs: list[Row], contenders: list[str]) -> list[str]:
    """Returns the contenders as NAME:PROFILE, each in the profile that took less CPU time; both of naive."""
    chosen: list[str] = []
    for name in contenders:
        seconds = {
            run["label"]: run["work_cpu_s"]
            for run in runs
            if run["label"].split(" ")[0] == name and not run.get("error") and run["label"] != FOLDED
        }
        if name in (*FLOORS, "naive"):
            chosen.append(name)
        elif seconds:
            chosen.append(min(seconds, key=seconds.__getitem__).replace(" ", ":"))
    return chosen


def table_rows(runs: list[Row], useful_px: int, file_bytes: int) -> list[Row]:
    """Summarises the runs on one scene.

    Args:
        runs: Of the harness: label, round, work_cpu_s, work_user_s, peak_mb, start_mb, work_read, size, worker.
        useful_px: Pixels of the scene that hold data.
        file_bytes: Size of the scene.

    Returns:
        One row per contender, fastest first: mpx (useful Mpx per CPU second), ratio (to the fastest rival of the same
        round), each with quartiles; the rest as medians. `error` where it failed.
    """
    good = [run for run in runs if not run.get("error")]
    fastest: dict[int, float] = {}
    for run in good:
        if is_rival(run["label"]):
            fastest[run["round"]] = min(fastest.get(run["round"], float("inf")), run["work_cpu_s"])
    rows: list[Row] = []
    for label in dict.fromkeys(run["label"] for run in runs):
        own = [run for run in good if run["label"] == label]
        if not own:
            rows.append({"contender": label, "error": next(run["error"] for run in runs if run["label"] == label)})
            continue
        area = own[0]["size"][0] * own[0]["size"][1]
        rows.append(
            {
                "contender": label,
                "runs": len(own),
                "mpx": quartiles([useful_px / run["work_cpu_s"] / 1e6 for run in own]),
                "mpx_user": quartiles([useful_px / run["work_user_s"] / 1e6 for run in own]),
                "ratio": quartiles(
                    [fastest[run["round"]] / run["work_cpu_s"] for run in own if run["round"] in fastest]
                ),
                "peak_mb": float(np.median([run["peak_mb"] for run in own])),
                "start_mb": float(np.median([run["start_mb"] for run in own])),
                "read": float(np.median([run["work_read"] for run in own])) / file_bytes,
                "model": own[-1].get("worker", {}).get("model_pixels", 0) / area,
                "agrees": (own[-1].get("check") or {}).get("agree_naive"),
            }
        )
    return sorted(rows, key=lambda row: -row["mpx"][1] if "mpx" in row else 0.0)


def quartiles(values: list[float]) -> list[float] | None:
    """Returns first quartile, median and third quartile, or None of nothing."""
    return [float(x) for x in np.percentile(values, (25, 50, 75))] if values else None


def spoken(found: list[float] | None, digits: int) -> str:
    """Returns the median with its quartiles, or a dash."""
    return "-" if found is None else "{1:.{d}f} ({0:.{d}f}–{2:.{d}f})".format(*found, d=digits)


def print_table(title: str, rows: list[Row]) -> None:
    """Prints rows as a Markdown table."""
    heads = ("contender", "useful Mpx / CPU s (quartiles)", "× fastest rival (quartiles)", "peak MB (start-up)")
    print(f"\n{title}\n\n| " + " | ".join((*heads, "read / file", "model px / px", "agrees")) + " |")
    print("|---" * 7 + "|")
    for row in rows:
        if "error" in row:
            print(f"| {row['contender']} | failed: {row['error']} | | | | | |")
            continue
        speed, ratio = (
            "-" if row[k] is None else "{1:.3f} ({0:.3f}–{2:.3f})".format(*row[k]) for k in ("mpx", "ratio")
        )
        model = f"{row['model']:.2f}" if row["model"] else "-"
        agrees = "-" if row["agrees"] is None else f"{row['agrees']:.3f}"
        memory = f"{row['peak_mb']:.0f} ({row['start_mb']:.0f})"
        print(f"| {row['contender']} | {speed} | {ratio} | {memory} | {row['read']:.2f} | {model} | {agrees} |")


def goal(precision: str, flags: list[str]) -> float:
    """Returns how many times the fastest rival our engine should be on a processor with these flags."""
    return AMX_GOAL if precision == "bf16" and "amx_bf16" in flags else GOALS[precision]


def race(harness: Path, options: argparse.Namespace, precision: str) -> list[Row]:
    """Runs screening and rounds in one precision; prints and returns one record per scene."""
    available, absent = line_up(options.envs)
    envs = options.envs if not absent or options.envs else None
    if envs is None or not (envs / "base" / "bin" / "python").exists():
        envs = give_base(options.work / "own-environment")
        print("No environments of the rivals: the naive loop and the floors run in this one.")
        available, absent = list(ANYWHERE), list(ENVIRONMENTS)
    for name in absent:
        print(f"{name}: not measured, its environment is absent")
    wanted = [name for name in available if not options.contenders or name in options.contenders]
    screening = run_harness(harness, envs, options, precision, wanted, 1)
    chosen = faster_profiles(screening["runs"], wanted)
    report = run_harness(harness, envs, options, precision, chosen, options.rounds)
    records = []
    for size in options.sizes:
        suffix = "-real" if options.source else ""
        scene = options.work / f"scene-{size}-deflate{suffix}.tif"
        with rasterio.open(scene) as dataset:
            useful_px = int(dataset.tags().get("valid_pixels", size * size))
        record: Row = {"size_px": size, "useful_px": useful_px, "precision": precision, "rounds": options.rounds}
        for key, runs in (("rows", report["runs"]), ("screening", screening["runs"])):
            own = [run for run in runs if run["size"][0] == size]
            record[key] = table_rows(own, useful_px, scene.stat().st_size)
        title = f"{size} × {size} px, {precision}, one thread, {scene.stat().st_size / 1e6:.0f} MB, warm cache"
        print_table(f"{title}: screening, one round of every profile", record["screening"])
        print_table(f"{title}: {options.rounds} alternating rounds", record["rows"])
        records.append(record | {"versions": report["versions"]})
    return records


def own_rows(options: argparse.Namespace, precision: str) -> list[Row]:
    """Measures our engine alone, on the bundled sample stretched to the wanted size."""
    state = options.work / "own-weights.pt"
    torch.manual_seed(0)
    model = rival_model.ClassMapper()
    with rasterio.open(SAMPLE) as dataset:
        rival_model.calibrate(model, torch.from_numpy(dataset.read().astype(np.float32))[None])
    torch.save(model.state_dict(), state)
    records = []
    for size in options.sizes:
        scene, result = options.work / f"own-{size}.vrt", options.work / "own-result.json"
        write_vrt(scene, size)
        runs: list[Row] = []
        for number in range(options.rounds):
            command = [sys.executable, str(HERE / "rival_ours.py"), str(scene), str(options.work / "own.tif")]
            command += ["--weights", str(state), "--precision", precision]
            environment = {**os.environ, "BENCH_RESULT": str(result), "OMP_NUM_THREADS": "1"}
            child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                raise SystemExit(f"{' '.join(command)} ended with status {child.returncode}.")
            worker = json.loads(result.read_text())
            run = {"label": f"ours, {precision}", "round": number, "size": (size, size), "worker": worker}
            run |= {"work_cpu_s": worker["work_user_s"] + worker["work_sys_s"], "work_user_s": worker["work_user_s"]}
            run |= {"peak_mb": usage.ru_maxrss / 1024, "start_mb": worker["startup_maxrss_kb"] / 1024}
            runs.append(run | {"work_read": worker["read_bytes"]})
        rows = table_rows(runs, size * size, SAMPLE.stat().st_size)
        print_table(f"{size} × {size} px, {precision}, one thread", rows)
        records.append({"size_px": size, "useful_px": size * size, "precision": precision, "rows": rows})
    return records


def main(arguments: list[str] | None = None) -> int:
    """Prints the tables; returns 1 where a goal that was measured is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    rivals = os.environ.get("MMEARTH_RIVALS") or None
    parser.add_argument("--envs", type=Path, default=rivals, metavar="FOLDER", help="made by setup_rivals.sh")
    parser.add_argument(
        "--work", type=Path, metavar="FOLDER", help="for scenes, maps and logs; default: a temporary one"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[2048], metavar="PX")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precisions", nargs="+", choices=list(GOALS), default=list(GOALS))
    parser.add_argument("--contenders", nargs="+", choices=[*ANYWHERE, *ENVIRONMENTS], help="default: all there are")
    parser.add_argument("--from", dest="source", type=Path, metavar="RASTER", help="scenes: a mosaic of a real raster")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    record: Row = {"machine": machine.machine(), "rounds": options.rounds, "races": []}
    print(machine.spoken(record["machine"]))
    harness = find_harness()
    if harness is None:
        print("The harness of the rivals is absent ($MMEARTH_SHARED/bench/rivals): only our own rows are measured.")
    with tempfile.TemporaryDirectory() as folder:
        options.work = (options.work or Path(folder)).resolve()
        options.work.mkdir(parents=True, exist_ok=True)
        for precision in options.precisions:
            found = own_rows(options, precision) if harness is None else race(harness, options, precision)
            record["races"] += found
    record["machine"]["load average at the end"] = round(os.getloadavg()[0], 2)
    missed = print_goals(record)
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return int(missed)


def print_goals(record: Row) -> bool:
    """Prints goal G5 beside what was found; returns whether one that was measured is missed."""
    print(f"\n{'G5: times the fastest rival':40} {'wanted':>8} {'found':>8}")
    missed = False
    for each in record["races"]:
        wanted = goal(each["precision"], record["machine"]["flags"])
        rows = {row["contender"]: row for row in each["rows"]}
        ratio = rows.get(f"ours, {each['precision']}", {}).get("ratio")
        missed |= ratio is not None and ratio[1] < wanted
        name = f"{each['precision']}, {each['size_px']} px"
        print(f"{name:40} {wanted:>8.1f} {'not measured' if ratio is None else format(ratio[1], '.2f'):>8}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
