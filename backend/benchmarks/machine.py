"""What a figure was measured on, in words."""

import os
import platform
import time
from pathlib import Path
from typing import Any

import rasterio
import torch

FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # those that decide which kernels torch takes


def machine() -> dict[str, Any]:
    """Returns date, processor, its flags, cores, load average and versions."""
    name, flags = platform.processor() or platform.machine(), list[str]()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line.partition(":") for line in info.read_text().splitlines()]
        found = {key.strip(): value.strip() for key, _, value in lines}
        name, flags = found.get("model name", name), found.get("flags", "").split()
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": name,
        "flags": [flag for flag in FLAGS if flag in flags],
        "cores": os.cpu_count(),
        "load average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "rasterio": rasterio.__version__,
        "gdal": rasterio.__gdal_version__,
    }


def spoken(found: dict[str, Any]) -> str:
    """Returns one line for the head of a table."""
    flags = " ".join(found["flags"]) or "no vector extensions that matter here"
    return (
        f"{found['date']}; {found['processor']} ({flags}), {found['cores']} cores, load average "
        f"{found['load average']}; Python {found['python']}, torch {found['torch']}, GDAL {found['gdal']}"
    )
