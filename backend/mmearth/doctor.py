"""The verb `doctor`: what this installation is made of, which devices it can use, and what keeps it from the others."""

import platform
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import rasterio
import sklearn
import torch

from mmearth import protocol
from mmearth.device_facts import read_facts
from mmearth.device_report import DeviceState, explain
from mmearth.device_test import DeviceTest, open_tile
from mmearth.errors import MMEarthError
from mmearth.progress import Report
from mmearth.redaction import redact
from mmearth.weights.checkpoints import Weights, load_weights

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 2_000_000_000
_TEST_FAILED = "Choose another device, or update its driver."
_OFF_BY = "Off by: the largest cosine distance of a pixel's features to those of the CPU in float32."


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def run(request: protocol.DoctorRequest, report: Report) -> dict[str, Any]:
    """Looks at the installation and at every device; with `test`, each usable one embeds a real tile.

    Args:
        request: See `protocol.DoctorRequest`.
        report: Told about the devices that are tested.

    Returns:
        `devices`, usable ones first: id, name, usable, reason, remedy, memory_bytes, free_bytes, driver, wheel, dtype,
        precisions and test of each; test is None, or what `device_test.DeviceTest.run` returns; sizes are 0 where
        unknown. `checks`: name, ok, found and remedy of each. versions, markdown (all of it as a text that names no
        person), warnings, seconds.
    """
    started_s = time.perf_counter()
    report.progress("Looking at devices", 0, 1)
    states = explain(read_facts())
    report.progress("Looking at devices", 1, 1)
    checks = [_check_python(), _check_packages(), _check_disk()]
    weights: Weights | None = None
    try:
        weights = load_weights(request.weights)
        checks.append(Check("Weights", True, f"{Path(weights.path).name}, sha256 {weights.sha256[:16]}…"))
    except MMEarthError as error:
        checks.append(Check("Weights", False, error.message, error.remedy))
    checks.append(_check_graphics(states))
    tile = ""
    if request.test and weights is not None:
        try:
            states, tile = _test(states, weights, report)
        except (MMEarthError, RuntimeError) as error:  # of the tile, or of the CPU's own reference
            checks.append(Check("Self-test", False, str(error), "Install the plugin and its backend again."))
    checks += [_check_device(state) for state in states if state.usable]
    result = {
        "devices": [{**asdict(state), "precisions": list(state.precisions)} for state in states],
        "checks": [asdict(check) for check in checks],
        "versions": read_versions(),
        "warnings": [f"{check.name}: {check.found} {check.remedy}".strip() for check in checks if not check.ok],
        "seconds": round(time.perf_counter() - started_s, 3),
    }
    return {**result, "markdown": redact(write_markdown(result, tile))}


def read_versions() -> dict[str, str]:
    """Returns the versions that a report of a bug needs."""
    return {
        "backend": protocol.BACKEND_VERSION,
        "protocol": str(protocol.PROTOCOL_VERSION),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "torch": torch.__version__,
        "rasterio": rasterio.__version__,
        "gdal": rasterio.__gdal_version__,
        "scikit-learn": sklearn.__version__,
    }


def write_markdown(result: dict[str, Any], tile: str) -> str:
    """Returns the result of `run` as Markdown; names of persons are still in it.

    Args:
        result: devices, checks and versions.
        tile: What devices were tested on; empty if they were not.
    """
    lines = ["# MMEarth backend", "", "| check | | found | remedy |", "|---|---|---|---|"]
    for check in result["checks"]:
        lines.append(_row(check["name"], "ok" if check["ok"] else "FAIL", check["found"], check["remedy"]))
    lines += ["", "| device | name | usable | memory | driver | wheel | precision | test |", "|" + "---|" * 8]
    for device in result["devices"]:
        usable = "yes" if device["usable"] else f"no: {device['reason']} {device['remedy']}"
        memory = describe_memory(device["memory_bytes"], device["free_bytes"])
        cells = (device["driver"], device["wheel"], device["dtype"], describe_test(device["test"]))
        lines.append(_row(device["id"], device["name"], usable, memory, *cells))
    if tile:
        lines += ["", f"Tested on one tile of 256 × 256 pixels: {tile}. {_OFF_BY}"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return "\n".join([*lines, "", f"Versions: {versions}", ""])


def describe_memory(memory_bytes: int, free_bytes: int) -> str:
    """Returns a device's memory in words; empty if it is unknown."""
    if not memory_bytes:
        return ""
    free = f", {free_bytes / 1e9:.1f} free" if free_bytes else ""
    return f"{memory_bytes / 1e9:.1f} GB{free}"


def describe_test(test: dict[str, Any] | None) -> str:
    """Returns the outcome of a self-test in words, precision by precision; empty if there was none."""
    if test is None:
        return ""
    return "; ".join(_describe_precision(found, test["recommended"]) for found in test["precisions"])


def _describe_precision(test: dict[str, Any], recommended: str) -> str:
    name = test["precision"]
    if not test["ok"]:
        return f"{name} failed: {test['error']}"
    speed, mark = test["pixels_per_second"] / 1e6, " (recommended)" if name == recommended else ""
    return f"{name}{mark} {test['seconds']:.3f} s ({speed:.2f} Mpx/s), off by {test['agreement']:.1e}"


def _test(states: list[DeviceState], weights: Weights, report: Report) -> tuple[list[DeviceState], str]:
    """Returns the devices with their tests, and what they were tested on."""
    usable = [state for state in states if state.usable]
    tested: dict[str, DeviceState] = {}
    with open_tile(weights) as (scene, tile):
        report.progress("Testing devices", 0, len(usable) + 1)
        test = DeviceTest(weights, scene, report)
        for number, state in enumerate(usable, start=1):
            report.progress("Testing devices", number, len(usable) + 1)
            tested[state.id] = replace(state, test=test.run(state.id))
        report.progress("Testing devices", len(usable) + 1, len(usable) + 1)
    return [tested.get(state.id, state) for state in states], tile


def _check_python() -> Check:
    ok = sys.version_info >= LEAST_PYTHON
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check("Python", ok, found, "" if ok else "Build the environment from Python 3.11 or later.")


def _check_packages() -> Check:
    found = (
        f"torch {torch.__version__}, rasterio {rasterio.__version__} with GDAL {rasterio.__gdal_version__}, "
        f"scikit-learn {sklearn.__version__}"
    )
    return Check("Packages", True, found)


def _check_disk() -> Check:
    free_bytes = shutil.disk_usage(tempfile.gettempdir()).free
    ok = free_bytes > LEAST_FREE_BYTES
    found = f"{free_bytes / 1e9:.1f} GB free for temporary files"
    return Check("Disk", ok, found, "" if ok else f"Free at least {LEAST_FREE_BYTES / 1e9:.0f} GB.")


def _check_graphics(states: list[DeviceState]) -> Check:
    """Says which cards compute; none is no failure, as the processor does all that they do."""
    usable = [state.name for state in states if state.usable and state.id != "cpu"]
    idle = [state.name for state in states if not state.usable]
    if usable:
        found = ", ".join(usable)
    elif idle:
        found = f"{', '.join(idle)} cannot be used; the processor computes everything"
    else:
        found = "no graphics card found; the processor computes everything"
    return Check("Graphics", True, found)


def _check_device(state: DeviceState) -> Check:
    name = f"Device {state.id}"
    if state.test is None:
        return Check(name, True, f"{state.name}: usable, not tested")
    found = f"{state.name}: {describe_test(state.test)}"
    if state.test["ok"]:
        return Check(name, True, found)
    other = state.test["recommended"]
    return Check(name, False, found, f"Choose precision '{other}' there." if other else _TEST_FAILED)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
