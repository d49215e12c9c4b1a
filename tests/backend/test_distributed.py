"""Several processes on one machine, as torchrun starts them: the same training as one process, also when one dies."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import mmearth_layout
import pytest
import torch
from conftest import Recorder
from mmearth.errors import Cancelled
from mmearth.pretraining.distributed import Processes, Quiet, join_processes

# What `-m mmearth` is, with an encoder and calibration small enough for a test.
PROGRAM = textwrap.dedent(
    """
    import os, time
    from dataclasses import replace
    import torch
    from mmearth import pretrain
    from mmearth.pretraining import pretrain_recipe, training
    from mmearth.__main__ import main
    from mmearth.models.convnextv2 import SIZES

    SIZES["atto"] = ((1, 1, 1, 1), (8, 16, 24, 32))
    pretrain.CALIBRATION_CROPS = pretrain.CALIBRATION_BATCH = 4
    pretrain.draw_curve = lambda path, curve: None
    pretrain.draw_reconstructions = lambda path, *rest: None
    training.WHITENING_CHIPS = 2
    training.best_dtype = lambda device: torch.float32
    pretrain_recipe.RECIPES["small"] = replace(pretrain_recipe.RECIPES["small"], decoder_dim=16)
    if "PAUSE_AT" in os.environ and os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0":
        step = training.Training._step
        def slow(self, *arguments):
            if self.step == int(os.environ["PAUSE_AT"]):
                open(os.environ["PAUSED"] + os.environ["RANK"], "w").write(str(os.getpid()))
                time.sleep(60)
            return step(self, *arguments)
        training.Training._step = slow
    main()
    """
)


@pytest.fixture
def start(tmp_path):
    """Starts the program in one process or several; returns a running child."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    data = mmearth_layout.write_folder(tmp_path / "pool", chips=8, tasks=("sentinel2", "month"))
    children = []

    def start(out, processes, *options, restarts=0, **environment):
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        torchrun += ["--max-restarts", str(restarts), "--monitor-interval", "0.1"]
        command = [sys.executable, *(torchrun if processes > 1 else []), str(program), "pretrain", data]
        command += ["--weights-out", str(tmp_path / out), "--steps", "6", "--batch", "4", "--micro-batch", "2"]
        child = subprocess.Popen(
            [*command, "--device", "cpu", "--json", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": "backend", **environment},
            cwd=Path(__file__).resolve().parents[2],
        )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            child.terminate()  # torchrun then ends its workers
        child.communicate(timeout=60)


def finish(child):
    """Returns the events of a child that ended well."""
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def curve(tmp_path, out):
    return json.loads((tmp_path / out).with_suffix(".json").read_text())["curve"]


def check_curves(found, wanted):
    assert [row["step"] for row in found] == [1, 2, 3, 4, 5, 6]
    for row, other in zip(found, wanted, strict=True):
        assert row == pytest.approx(other, rel=1e-5, abs=1e-6)
    assert wanted[0]["total"] != pytest.approx(wanted[-1]["total"], rel=1e-3)  # there is something to compare


@pytest.mark.slow
def test_two_processes_train_as_one_and_survive_the_death_of_one(start, tmp_path):
    alone = start("one.safetensors", 1)
    finish(alone)
    wanted = curve(tmp_path, "one.safetensors")

    events = finish(start("two.safetensors", 2))
    assert [event["event"] for event in events].count("result") == 1
    assert events[-1]["result"]["micro_batch"] == 2
    check_curves(curve(tmp_path, "two.safetensors"), wanted)

    paused = tmp_path / "paused"
    options = ("--checkpoint-every", "1")
    dying = start("three.safetensors", 2, *options, restarts=2, PAUSE_AT="3", PAUSED=str(paused))
    marks = [Path(f"{paused}{rank}") for rank in (0, 1)]
    limit_s = time.monotonic() + 60
    while not all(mark.is_file() and mark.read_text() for mark in marks) and time.monotonic() < limit_s:
        time.sleep(0.1)
    os.kill(int(marks[1].read_text()), signal.SIGKILL)
    events = finish(dying)
    assert events[-1]["result"]["resumed_from_step"] == 3
    check_curves(curve(tmp_path, "three.safetensors"), wanted)


def test_without_torchrun_there_is_one_process(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_processes(torch.device("cpu")) as (processes, device):
        assert (processes, device) == (Processes(0, 1, 0), torch.device("cpu"))
        assert processes.first
        processes.wait()
        values = torch.tensor([1.0, 2.0])
        assert processes.average(values).tolist() == [1.0, 2.0]


def test_the_quiet_report_says_nothing_but_can_be_cancelled():
    report = Recorder(cancel_at=5)
    quiet = Quiet(report)
    quiet.progress("Pretraining", 1, 2)
    quiet.log("hello")
    quiet.metrics(1, 2, {"total": 1.0})
    assert (report.calls, report.logs, report.measured) == ([], [], [])
    report.cancel_at = 0
    for call in (quiet.check, lambda: quiet.progress("Pretraining", 1, 2)):
        with pytest.raises(Cancelled):
            call()
