"""Checks of this installation, as `mmearth doctor` prints them."""

import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import rasterio
import sklearn
import torch

from mmearth.devices import list_devices
from mmearth.embedding.features import FeatureExtractor
from mmearth.errors import MMEarthError
from mmearth.weights.checkpoints import load_weights


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def examine() -> list[Check]:
    """Returns what was found, one check each; never raises for a broken installation."""
    checks = [
        Check(
            "Python",
            sys.version_info >= (3, 11),
            f"{platform.python_version()} on {platform.system()} {platform.machine()}",
            "" if sys.version_info >= (3, 11) else "Build the environment from Python 3.11 or later.",
        ),
        Check("Packages", True, f"torch {torch.__version__}, rasterio {rasterio.__version__} with GDAL "
              f"{rasterio.__gdal_version__}, scikit-learn {sklearn.__version__}"),
    ]  # fmt: skip
    free_bytes = shutil.disk_usage(tempfile.gettempdir()).free
    checks.append(
        Check(
            "Disk",
            free_bytes > 2e9,
            f"{free_bytes / 1e9:.1f} GB free for temporary files",
            "" if free_bytes > 2e9 else "Free at least 2 GB.",
        )
    )
    try:
        weights = load_weights("")
    except MMEarthError as error:
        return [*checks, Check("Weights", False, error.message, error.remedy)]
    checks.append(Check("Weights", True, f"{Path(weights.path).name}, sha256 {weights.sha256[:16]}…"))
    return checks + [_try_device(device["id"], device["name"]) for device in list_devices()]


def _try_device(device_id: str, name: str) -> Check:
    """Encodes one real tile on a device."""
    try:
        extractor = FeatureExtractor(load_weights(""), torch.device(device_id), last_stage=3)
        images = torch.zeros(1, len(extractor.weights.bands), 256, 256).to(extractor.device, extractor.dtype)
        started_s = time.perf_counter()
        with torch.inference_mode():
            finite = all(bool(torch.isfinite(maps).all()) for maps in extractor.encoder(images))
        seconds = time.perf_counter() - started_s
    except (RuntimeError, MMEarthError) as error:
        return Check(f"Device {device_id}", False, f"{name}: {error}", "Choose another device, or update its driver.")
    found = f"{name}: one tile of 256 × 256 pixels in {seconds:.2f} s ({str(extractor.dtype).removeprefix('torch.')})"
    return Check(f"Device {device_id}", finite, found, "" if finite else "Choose another device.")
