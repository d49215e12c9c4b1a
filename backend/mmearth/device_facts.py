"""Reads what `device_report` judges: cards from the system without torch, and what torch makes of them.

Never raises for a machine that is odd: what cannot be read is left empty.
"""

import csv
import ctypes
import os
import platform
import re
import shutil
import subprocess  # nosec B404 - runs nvidia-smi, found on PATH, without a shell
import sys
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from mmearth.device_report import Card, Facts, TorchDevice
from mmearth.devices import name_processor
from mmearth.models.convnextv2 import best_dtype
from mmearth.precision import name_of, precisions_of

QUERY_S = 10.0  # a driver that hangs must not keep the doctor waiting
_PROC_VERSION = Path("/proc/driver/nvidia/version")
_PCI = Path("/sys/bus/pci/devices")
_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
_FIELDS = ("name", "uuid", "driver_version", "memory.total", "memory.free", "compute_cap")


def read_facts() -> Facts:
    """Returns what this machine and this torch say about devices."""
    system = platform.system()
    cuda, cuda_error = _read_cuda()
    mps, mps_error = _read_mps()
    macos = tuple(int(part) for part in platform.mac_ver()[0].split(".") if part.isdigit())
    cards = tuple(query_cards())
    return Facts(
        system=system,
        machine=platform.machine(),
        torch=torch.__version__,
        cpu=_read_cpu(),
        macos=macos,
        cuda_build=torch.version.cuda or "",
        hip_build=torch.version.hip or "",
        architectures=tuple(torch.cuda.get_arch_list()),
        cuda_error=cuda_error,
        visible_devices=os.environ.get("CUDA_VISIBLE_DEVICES"),
        driver=next((card.driver for card in cards if card.driver), "") or _read_driver(),
        cards=cards + tuple(_cards_on_bus(system, known="NVIDIA" if cards else "")),
        cuda=cuda,
        mps_built=torch.backends.mps.is_built(),
        mps_available=torch.backends.mps.is_available(),
        mps=mps,
        mps_error=mps_error,
    )


def query_cards() -> list[Card]:
    """Returns NVIDIA's cards as nvidia-smi tells them; none where it is missing, hangs or fails."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    # compute_cap is unknown to drivers before 510: then the query fails as a whole, and is asked again without.
    for fields in (_FIELDS, _FIELDS[:-1]):
        command = [program, f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"]
        try:
            done = subprocess.run(  # nosec B603 - fixed arguments, no shell
                command, capture_output=True, text=True, timeout=QUERY_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
            return []
        if done.returncode == 0:
            return parse_cards(done.stdout)
    return []


def parse_cards(text: str) -> list[Card]:
    """Returns cards from what nvidia-smi prints, one a line, in the order of `_FIELDS`; sizes are in MiB."""
    cards = []
    for row in csv.reader(text.splitlines(), skipinitialspace=True):
        if len(row) < len(_FIELDS) - 1:
            continue
        name, uuid, driver, total, free = row[:5]
        match = re.fullmatch(r"(\d+)\.(\d+)", row[5].strip()) if len(row) > 5 else None
        capability = (int(match[1]), int(match[2])) if match else None
        cards.append(Card("NVIDIA", name, uuid, driver, _mebibytes(total), _mebibytes(free), capability))
    return cards


def parse_driver(text: str) -> str:
    """Returns the driver's version from the text of /proc/driver/nvidia/version; empty if it is not in there."""
    match = re.search(r"NVRM version:.*?\s(\d+\.\d+(?:\.\d+)?)\s", text)
    return match[1] if match else ""


def _mebibytes(text: str) -> int:
    return int(text) << 20 if text.strip().isdigit() else 0


def _read_driver() -> str:
    """Returns NVIDIA's driver as the system knows it; "unknown" where it is there and does not tell its version."""
    if sys.platform == "win32":
        library = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "nvcuda.dll"
        return "unknown" if library.is_file() else ""
    try:
        return parse_driver(_PROC_VERSION.read_text(encoding="utf-8", errors="replace")) or "unknown"
    except OSError:
        return ""


def _cards_on_bus(system: str, known: str) -> list[Card]:
    """Returns cards that the bus tells of, those of the maker `known` left out: they were listed with more detail."""
    if system == "Windows" and not known and _read_driver():
        return [Card("NVIDIA", "NVIDIA graphics card")]
    cards = []
    for device in sorted(_PCI.glob("*")) if system == "Linux" else []:
        try:
            vendor, kind = ((device / name).read_text(encoding="ascii").strip() for name in ("vendor", "class"))
        except (OSError, UnicodeDecodeError):
            continue
        maker = _VENDORS.get(vendor, "")
        if kind.startswith("0x03") and maker and maker != known:
            cards.append(Card(maker, f"{maker} graphics card"))
    return cards


def _read_cuda() -> tuple[tuple[TorchDevice, ...], str]:
    if not (torch.version.cuda or torch.version.hip):
        return (), ""
    try:
        # Tells why it fails, every time; `is_available` says so once, in a warning.
        torch.cuda.init()  # type: ignore[no-untyped-call]
        return tuple(_describe_card(index) for index in range(torch.cuda.device_count())), ""
    except (RuntimeError, AssertionError) as error:
        return (), _first_line(error)


def _describe_card(index: int) -> TorchDevice:
    found: Any = torch.cuda.get_device_properties(index)
    device = torch.device("cuda", index)
    try:
        free = torch.cuda.mem_get_info(index)[0]
    except RuntimeError:  # memory so short that CUDA cannot even start there
        free = 0
    uuid = str(getattr(found, "uuid", ""))
    return TorchDevice(
        f"cuda:{index}",
        found.name,
        name_of(best_dtype(device)),
        f"GPU-{uuid}" if uuid and not uuid.startswith("GPU-") else uuid,
        int(found.total_memory),
        int(free),
        (int(found.major), int(found.minor)),
        precisions_of(device),
    )


def _read_mps() -> tuple[TorchDevice | None, str]:
    if not torch.backends.mps.is_available():
        return None, ""
    device, error_text = torch.device("mps"), ""
    try:
        _try_operations(device)
    except (RuntimeError, TypeError) as error:  # NotImplementedError is a RuntimeError; float64 gives a TypeError
        error_text = _first_line(error)
    total = int(torch.mps.recommended_max_memory())
    free = total - int(torch.mps.driver_allocated_memory())
    found = TorchDevice(
        "mps",
        "Apple GPU",
        name_of(best_dtype(device)),
        memory_bytes=total,
        free_bytes=free,
        precisions=precisions_of(device),
    )
    return found, error_text


def _try_operations(device: torch.device) -> None:
    """Runs the kinds of operations that the encoder consists of, on a few numbers."""
    maps = torch.zeros(1, 4, 8, 8, device=device, dtype=best_dtype(device))
    maps = functional.conv2d(maps, maps.new_zeros(4, 1, 7, 7), padding=3, groups=4)
    maps = functional.gelu(functional.layer_norm(maps, maps.shape[1:]))
    functional.avg_pool2d(maps, 2).cpu()


def _read_cpu() -> TorchDevice:
    total, free = _read_memory()
    device = torch.device("cpu")
    return TorchDevice(
        "cpu",
        name_processor(),
        name_of(best_dtype(device)),
        memory_bytes=total,
        free_bytes=free,
        precisions=precisions_of(device),
    )


def _read_memory() -> tuple[int, int]:
    """Returns the computer's memory and how much of it is free, in bytes; 0 where the system does not tell."""
    if sys.platform == "win32":
        return _read_windows_memory()
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        sizes = {line.split(":")[0]: int(line.split()[1]) << 10 for line in text.splitlines() if line}
        return sizes.get("MemTotal", 0), sizes.get("MemAvailable", 0)
    except (OSError, ValueError, IndexError):
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), 0
        except (ValueError, OSError):
            return 0, 0


def _read_windows_memory() -> tuple[int, int]:
    """Asks Windows through a structure MEMORYSTATUSEX: two numbers of 4 bytes, then seven of 8."""
    status = (ctypes.c_uint64 * 8)()
    ctypes.cast(status, ctypes.POINTER(ctypes.c_uint32))[0] = ctypes.sizeof(status)
    libraries: Any = getattr(ctypes, "windll", None)
    if libraries is None or not libraries.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return 0, 0
    return int(status[1]), int(status[2])


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
