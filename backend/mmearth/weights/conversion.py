"""From a foreign encoder to a weights file: band statistics, calibration on the sample scene, the card.

Knows nothing of servers or of how the checkpoint came here.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rasterio.windows import Window

from mmearth.cog import write_text
from mmearth.data.mmearth_folder import STORED_BANDS
from mmearth.embedding.calibration import calibrate
from mmearth.embedding.features import CLIP
from mmearth.errors import CheckpointError, InputError, ResourceError
from mmearth.models.convnextv2 import Encoder
from mmearth.progress import Report
from mmearth.scenes.raster import open_scene
from mmearth.weights.checkpoints import Weights, load_weights, save_weights
from mmearth.weights.foreign_weights import ForeignEncoder

SAMPLE_SCENE = Path(__file__).resolve().parents[3] / "resources" / "sample" / "scene.tif"
CROP_PX, STEP_PX = 64, 48  # with calibration's mirrored margin 128 px, a multiple of every patch size
LEVELS = ("l2a", "l1c")
_CALIBRATED = "GRN and feature statistics were measured on the synthetic sample scene, since a checkpoint holds none."
_FRESH = "It lacks its first layers, which hold random numbers: pretrain with it as the start before use."
Levels = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Statistics:
    """Band statistics and where they come from.

    Attributes:
        levels: As in `checkpoints.Weights`.
        source: In words.
    """

    levels: Levels
    source: str


def read_statistics(path: str, bands: tuple[str, ...]) -> Statistics:
    """Reads the Sentinel-2 statistics of some bands from a `band_stats.json` in the MMEarth layout.

    Args:
        path: Of the file; empty means the statistics of the bundled weights.
        bands: In the order of the encoder's input channels.

    Raises:
        InputError: not in the layout, or a band without statistics.
    """
    if not path:
        bundled = load_weights("")
        chosen = [bundled.bands.index(band) for band in bands]
        levels = {
            level: {key: [values[i] for i in chosen] for key, values in found.items()}
            for level, found in bundled.levels.items()
        }
        return Statistics(levels, f"those of '{bundled.name}', not those of the checkpoint's own training")
    file = Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        levels = {
            level: {key: _chosen(content[f"sentinel2_{level}"][key], bands) for key in ("mean", "std")}
            for level in LEVELS
            if f"sentinel2_{level}" in content
        }
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _bad_statistics(file.name, f"it cannot be read ({type(error).__name__}: {error})") from error
    numbers = [value for entry in levels.values() for values in entry.values() for value in values]
    if not numbers or not all(map(math.isfinite, numbers)):
        raise _bad_statistics(file.name, f"it lacks a number for one of {', '.join(bands)}")
    if min(value for entry in levels.values() for value in entry["std"]) <= 0:
        raise _bad_statistics(file.name, "a standard deviation is not above 0")
    return Statistics(levels, f"'{file.name}'")


def write_converted(
    foreign: ForeignEncoder, statistics: Statistics, out: str, origin: dict[str, str], report: Report
) -> dict[str, Any]:
    """Calibrates an encoder and writes a weights file and its card.

    Args:
        foreign: As `foreign_weights.recognise` returns it.
        statistics: As `read_statistics` returns it.
        out: Path of the weights file; the card is `<stem>.json` beside it.
        origin: For the card: "name" and whatever else is known, such as "hash" and "licence".
        report: Told about the calibration; cancelling leaves no file.

    Returns:
        weights, card (paths), sha256, size, patch_size, bands, summary, ready (False where it needs pretraining),
        fresh, unused, warnings.

    Raises:
        CheckpointError: the features are not finite.
        ResourceError: a folder cannot be written to, or the sample scene is missing.
    """
    folder = Path(out).parent
    if not folder.is_dir():
        raise ResourceError(f"The folder '{folder}' does not exist.", "Create it or choose another one.")
    encoder = Encoder(len(foreign.bands), foreign.depths, foreign.dims, foreign.patch_size)
    encoder.load_state_dict(foreign.state)
    encoder.requires_grad_(False).train(False)
    level = LEVELS[0] if LEVELS[0] in statistics.levels else LEVELS[1]
    calibration = calibrate(encoder, _sample_crops(foreign.bands, statistics.levels[level]), report)
    if not np.isfinite(calibration.feature_std).all():
        raise CheckpointError(f"The features of '{origin['name']}' are not finite.", "Choose another checkpoint.")
    warnings = [_CALIBRATED, f"Inputs are standardised with {statistics.source}."]
    if foreign.fresh:
        warnings.insert(0, _FRESH)
    bands = "12 bands" if len(foreign.bands) > 3 else ", ".join(foreign.bands)
    summary = " ".join([f"{origin['name']}: {foreign.size} encoder, {bands}, patch {foreign.patch_size}.", *warnings])
    weights = Weights(
        size=foreign.size,
        depths=foreign.depths,
        dims=foreign.dims,
        patch_size=foreign.patch_size,
        bands=foreign.bands,
        levels=statistics.levels,
        band_dropout=False,
        summary=summary,
        encoder=foreign.state,
        **vars(calibration),
    )
    report.check()
    sha256 = save_weights(out, weights)
    card = {
        "summary": summary,
        "weights": {"file": Path(out).name, "hash": f"sha256:{sha256}", "size": foreign.size},
        "origin": {"format": foreign.origin, **origin},
        "encoder": {"depths": foreign.depths, "dims": foreign.dims, "patch_size": foreign.patch_size},
        "data": {"bands": foreign.bands, "statistics": statistics.levels, "statistics_from": statistics.source},
        "ready": not foreign.fresh,
        "random_tensors": foreign.fresh,
        "unused_tensors": foreign.unused,
        "limits": [
            *warnings,
            "Its GRN is frozen here; the authors' code computes it anew for each image, so features differ a little.",
            "It was not trained to do without bands: every band it knows should be there.",
            "Meant for pixels of 10 m; other sizes look unfamiliar to it.",
        ],
    }
    card_path = Path(out).with_suffix(".json")
    write_text(card_path, json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return {
        "weights": out,
        "card": str(card_path),
        "sha256": sha256,
        "size": foreign.size,
        "patch_size": foreign.patch_size,
        "bands": list(foreign.bands),
        "summary": summary,
        "ready": not foreign.fresh,
        "fresh": list(foreign.fresh),
        "unused": list(foreign.unused),
        "warnings": warnings,
    }


def _chosen(values: list[Any], bands: tuple[str, ...]) -> list[float]:
    if len(values) != len(STORED_BANDS):
        raise ValueError(f"{len(values)} numbers per level, wanted are {len(STORED_BANDS)}")
    return [float(values[STORED_BANDS.index(band)]) for band in bands]


def _bad_statistics(name: str, what: str) -> InputError:
    return InputError(
        f"'{name}' does not serve as band statistics: {what}.",
        f"Give the band_stats.json of the data set that the checkpoint was trained on: "
        f"`sentinel2_l2a` with `mean` and `std` of {len(STORED_BANDS)} bands.",
    )


def _sample_crops(bands: tuple[str, ...], level: dict[str, list[float]]) -> torch.Tensor:
    """Returns (N, bands, CROP_PX, CROP_PX) standardised crops of the sample scene, each also mirrored."""
    if not SAMPLE_SCENE.is_file():
        raise ResourceError(f"The sample scene '{SAMPLE_SCENE}' is missing.", "Install the plugin again.")
    mean, std = (np.asarray(level[key], np.float32)[:, None, None] for key in ("mean", "std"))
    crops = []
    with open_scene(str(SAMPLE_SCENE), {}, "dn", bands) as scene:
        for row in range(0, scene.grid.height - CROP_PX + 1, STEP_PX):
            for col in range(0, scene.grid.width - CROP_PX + 1, STEP_PX):
                images, valid = scene.read(Window(col, row, CROP_PX, CROP_PX), bands)
                crops.append(np.clip((images - mean) / std, -CLIP, CLIP) * valid)
    stacked = torch.from_numpy(np.stack(crops).astype(np.float32))
    return torch.cat([stacked, stacked.flip(3)])
