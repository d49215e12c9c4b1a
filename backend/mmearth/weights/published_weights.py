"""The ten checkpoints that the MMEarth authors published: what each is, where it lies, under which terms.

Knows nothing of downloading, tensors or files; imports the standard library only, so that listing is quick.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from mmearth.errors import InputError
from mmearth.pretraining.tasks import MMEARTH_TASKS
from mmearth.weights.http_stream import is_safe_url

FOLDER_VARIABLE = "MMEARTH_WEIGHTS_FOLDER"
URL_VARIABLE = "MMEARTH_WEIGHTS_URL"
LICENCE = "CC BY-NC 4.0"
LICENCE_TEXT = (
    "The published MMEarth checkpoints come under the Creative Commons Attribution-NonCommercial 4.0 licence "
    "(CC BY-NC 4.0, https://creativecommons.org/licenses/by-nc/4.0/): name the authors (Nedungadi et al. 2024, "
    "arXiv:2405.02771), and do not use the weights, or what you derive from them, for commercial ends. "
    "The licence of this plugin does not change that."
)
# MMEarth-train, README.md: the names and the share they lie in.
NAMES = (
    "pt-all_mod_atto_1M_64_uncertainty_56-8",
    "pt-all_mod_atto_1M_64_unweighted_56-8",
    "pt-all_mod_atto_1M_128_uncertainty_112-16",
    "pt-all_mod_tiny_1M_64_uncertainty_56-8",
    "pt-all_mod_atto_100k_128_uncertainty_112-16",
    "pt-img_mod_atto_1M_64_uncertainty_56-8",
    "pt-pix_mod_atto_1M_64_uncertainty_56-8",
    "pt-S2_atto_1M_64_uncertainty_56-8",
    "pt-rgb_atto_1M_64_uncertainty_56-8",
    "pt-rgb_atto_1M_128_uncertainty_112-16",
)
CHECKPOINT_FILE = "checkpoint-199.pth"
_SERVER = "https://sid.erda.dk/share_redirect"
_CHECKPOINT_SHARE = "g23YOnaaTp"
# Data set → (share, file stem): MMEarth-data, README.md and download scripts. The statistics lie beside the data.
_DATA_SETS = {
    ("1M", 128): ("ChL1BoVEyH", "data_1M_v001"),
    ("1M", 64): ("bX5JzPuwJF", "data_1M_v001_64"),
    ("100k", 128): ("CoaUojVXzu", "data_100k_v001"),
}
BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B11", "B12")
BGR_BANDS = ("B2", "B3", "B4")  # MMEarth-train, MODALITIES.py: the "rgb" models see blue first
# SHA-256 of checkpoint files, "sha256:<hex>", where they are known: none was ever published. What is not here is
# recorded at the first download and compared from then on.
PINNED: dict[str, str] = {}

_GRAMMAR = re.compile(
    r"pt-(?P<modalities>S2|all_mod|img_mod|pix_mod|rgb)_(?P<size>atto|tiny)_(?P<tiles>100k|1M)_(?P<chip_px>64|128)"
    r"_(?P<weighting>uncertainty|unweighted)_(?P<crop_px>56|112)-(?P<patch_size>8|16)"
)
_TARGETS = {
    "S2": "Sentinel-2 alone",
    "all_mod": "all twelve modalities",
    "img_mod": "Sentinel-2 and the modalities that are one value per image",
    "pix_mod": "Sentinel-2 and the modalities that are maps",
    "rgb": "blue, green and red of Sentinel-2 alone",
}
_MAPS = ("map", "class_map")


@dataclass(frozen=True)
class PublishedCheckpoint:
    """One published checkpoint; all but the shares is said by its name.

    Attributes:
        name: As its authors call it.
        size: Key of `models.convnextv2.SIZES`.
        patch_size: Side of a masked patch in pixels, which is the encoder's total stride.
        crop_px, chip_px: Sides of the crops it was trained on and of the tiles they were cut from.
        tiles: "1M" or "100k", how many tiles it has seen.
        bands: Sentinel-2 bands in the order of its input channels.
        tasks: Names of its pretext tasks, in the order of `tasks.MMEARTH_TASKS`.
        weighting: "uncertainty" or "unweighted", how the tasks' losses were added.
        description: The name in words.
    """

    name: str
    size: str
    patch_size: int
    crop_px: int
    chip_px: int
    tiles: str
    bands: tuple[str, ...]
    tasks: tuple[str, ...]
    weighting: str
    description: str

    @property
    def statistics_file(self) -> str:
        """Name of the data set's file of band statistics, with which the checkpoint's inputs were standardised."""
        return f"{_DATA_SETS[self.tiles, self.chip_px][1]}_band_stats.json"

    @property
    def checkpoint_url(self) -> str:
        """Where the checkpoint lies."""
        return f"{_base_url(_CHECKPOINT_SHARE)}/{self.name}/{CHECKPOINT_FILE}"

    @property
    def statistics_url(self) -> str:
        """Where the band statistics lie."""
        return f"{_base_url(_DATA_SETS[self.tiles, self.chip_px][0])}/{self.statistics_file}"


def published_checkpoints() -> list[PublishedCheckpoint]:
    """Returns the ten, in the order of their authors' table."""
    return [_parse(name) for name in NAMES]


def find_published(name: str) -> PublishedCheckpoint:
    """Returns the published checkpoint of a name.

    Raises:
        InputError: there is none.
    """
    if name not in NAMES:
        raise InputError(f"There is no published checkpoint '{name}'.", f"Choose one of {', '.join(NAMES)}.")
    return _parse(name)


def user_weights_folder() -> Path:
    """Returns the folder for weights that the user fetched or made, which need not exist.

    It lies where the system keeps a user's data of programs; the environment variable `FOLDER_VARIABLE` moves it.
    """
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen).absolute()
    if sys.platform == "win32":
        data = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "mmearth" / "weights"


def _parse(name: str) -> PublishedCheckpoint:
    match = _GRAMMAR.fullmatch(name)
    if match is None:
        raise ValueError(f"{name} is not built as the others are")
    said = match.groupdict()
    patch_size, crop_px, chip_px = (int(said[key]) for key in ("patch_size", "crop_px", "chip_px"))
    kinds = {"all_mod": None, "img_mod": ("vector", "category"), "pix_mod": _MAPS, "S2": (), "rgb": ()}
    wanted = kinds[said["modalities"]]
    return PublishedCheckpoint(
        name=name,
        size=said["size"],
        patch_size=patch_size,
        crop_px=crop_px,
        chip_px=chip_px,
        tiles=said["tiles"],
        bands=BGR_BANDS if said["modalities"] == "rgb" else BANDS,
        tasks=tuple(t.name for t in MMEARTH_TASKS if wanted is None or t.kind in wanted or t.name == "sentinel2"),
        weighting=said["weighting"],
        description=(
            f"{said['size'].capitalize()} encoder with patches of {patch_size} px, "
            f"taught {_TARGETS[said['modalities']]} "
            f"({said['weighting']} losses) on {crop_px}-px crops of the {chip_px}-px tiles of MMEarth {said['tiles']}"
        ),
    )


def _base_url(share: str) -> str:
    """Returns the address of a share, or that of the user's mirror, which holds all files under one address."""
    mirror = os.environ.get(URL_VARIABLE, "").rstrip("/")
    if not mirror:
        return f"{_SERVER}/{share}"
    if not is_safe_url(mirror):
        raise InputError(
            f"{URL_VARIABLE} is '{mirror}'; weights come by https alone.",
            "Correct the variable, or remove it to use the authors' server.",
        )
    return mirror
