"""Scenes in several files: which files of a folder, zip or list are the bands of one scene. Knows nothing of pixels."""

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmearth.errors import InputError
from mmearth.modalities import SENTINEL2, band_name_from_text
from mmearth.scenes.scene_vrt import Source, is_foreign_raster, is_virtual, opens, read_bands, write_vrt

# Where band files lie: beside each other, or in a product of ESA's, whose folders a person may choose at any depth.
FOLDER_PATTERNS = (
    "*",
    "R[0-9]*m/*",
    "IMG_DATA/*",
    "IMG_DATA/R*/*",
    "GRANULE/*/IMG_DATA/*",
    "GRANULE/*/IMG_DATA/R*/*",
    "*.SAFE/*.xml",
    "*.SAFE/GRANULE/*/IMG_DATA/*",
    "*.SAFE/GRANULE/*/IMG_DATA/R*/*",
)
RASTER_SUFFIXES = (".jp2", ".tif", ".tiff", ".img", ".vrt")
PRODUCT_METADATA = re.compile(r"MTD_MSIL\w+\.xml$")  # S2 Products Specification, §4.2
METADATA_BYTES = 16 * 2**20

# `band_id` of the product metadata: the order of ESA's band list, B8A after B8.
BAND_IDS = tuple(band.name for band in SENTINEL2)

# Products whose files end in B4, B5… for bands that are not Sentinel-2's.
OTHER_PRODUCTS = {
    "Landsat": r"L[CEMOT]0?[1-9]",  # LC08_…, LE7…
    "Landsat (HLS)": r"HLS\.L30",
    "MODIS": r"M[COY]D\d\d",
    "VIIRS": r"VNP",
    "ASTER": r"AST_",
    "Sentinel-1": r"S1[A-D]_",
    "Sentinel-3": r"S3[A-D]_",
}
# What tells one product from another in a file name: sensor, level, tile, date.
PRODUCT_TOKENS = re.compile(
    r"(?<![A-Z0-9])(S2[A-D]|L1C|L2A|T\d\d[C-X][A-Z]{2}|(?:19|20)\d\d([-_]?)(?:0\d|1[0-2])\2[0-3]\d)(?![0-9])",
    re.IGNORECASE,
)
RESOLUTION_TOKEN = re.compile(r"(?<![0-9])([126]0)m(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class _Files:
    """What lies in a folder or zip: for every relative name (with "/") what GDAL opens; and the product metadata."""

    paths: dict[str, str]
    metadata: str


def resolve(path: str) -> str:
    """Returns what GDAL opens for a scene's path: a folder or zip of band files becomes a VRT, others stay.

    Args:
        path: A file, a folder or zip with one file per Sentinel-2 band, a product's MTD_MSIL….xml, or several files
            that are the bands of one scene, one a line.

    Raises:
        InputError: a folder or zip does not hold the bands of one scene.
    """
    if is_virtual(path) or path.startswith("/vsi"):
        return path
    if "\n" in path:
        return _bands_of(path.split("\n"))
    chosen = Path(path)
    if PRODUCT_METADATA.search(chosen.name) and chosen.is_file():
        chosen = chosen.parent
    if chosen.is_dir():
        files = _in_folder(chosen)
    elif chosen.suffix.lower() == ".zip" and chosen.is_file():
        files = _in_zip(chosen)
    else:
        return path
    rasters = {name: opened for name, opened in files.paths.items() if name.lower().endswith(RASTER_SUFFIXES)}
    chosen_files = _band_files(chosen.name, rasters)
    if not chosen_files:
        if len(rasters) == 1:
            return next(iter(rasters.values()))
        if chosen.is_dir() and opens(path):  # formats whose rasters are folders: Zarr, Arc/Info grids
            return path
        raise _no_bands(chosen, sorted(rasters))
    sources = [_single_band(rasters[name], PurePosixPath(name).name, band) for band, name in chosen_files.items()]
    return write_vrt(chosen.name, sources, _stated_units(files.metadata))


def compose(paths: Sequence[str], out: str) -> str:
    """Returns several files as bands of one scene: a VRT as text, on the finest grid and the common area.

    Coarser bands are interpolated bilinearly as they are read. Bands are named by their descriptions, a file of one
    band by its file name.

    Args:
        paths: Raster files; a single one is returned as it is.
        out: Where the result goes. A raster that is there and not ours may be the last band, with OUT forgotten.

    Raises:
        InputError: a file cannot be opened, two hold the same band, coordinate reference systems differ, or the
            files have no area in common.
    """
    if len(paths) == 1:
        return paths[0]
    if is_foreign_raster(out):
        raise InputError(
            f"The last file, '{Path(out).name}', is where the result goes, and it holds another raster.",
            "Give the name of a new file after the bands.",
        )
    return _bands_of(paths)


def _bands_of(paths: Sequence[str]) -> str:
    sources: list[Source] = []
    for path in paths:
        name = Path(path).name
        if not path.startswith("/vsi") and not Path(path).is_file():
            kind = "a folder" if Path(path).is_dir() else "not a file"
            raise InputError(
                f"'{name}' is {kind}; several scenes on one command line are the files of one scene's bands.",
                "Give the folder alone, or the band files one by one.",
            )
        _refuse_other_products([name])
        sources += read_bands(path, name)
    seen: dict[str, str] = {}
    for source in sources:
        band = band_name_from_text(source.band) if source.band else None
        if band in seen:
            raise _twice(band, seen[band], source.file)
        if band is not None:
            seen[band] = source.file
    return write_vrt(f"{Path(paths[0]).name} and {len(paths) - 1} more", sources, {})


def _in_folder(folder: Path) -> _Files:
    found = sorted({path for pattern in FOLDER_PATTERNS for path in folder.glob(pattern)})
    paths = {path.relative_to(folder).as_posix(): str(path.resolve()) for path in found}
    stated = [path for path in found if PRODUCT_METADATA.search(path.name)]
    if not stated and {"GRANULE", "IMG_DATA"} & set(folder.resolve().parts):  # chosen inside a product
        stated = [path for parent in list(folder.resolve().parents)[:4] for path in parent.glob("MTD_MSIL*.xml")]
    text = ""
    if len(stated) == 1:
        with stated[0].open("rb") as file:
            text = file.read(METADATA_BYTES).decode("utf-8", "replace")
    return _Files(paths, text)


def _in_zip(path: Path) -> _Files:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if not name.endswith("/"))
            stated = [name for name in names if PRODUCT_METADATA.search(name)]
            text = ""
            if len(stated) == 1:
                with archive.open(stated[0]) as file:
                    text = file.read(METADATA_BYTES).decode("utf-8", "replace")
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise InputError(
            f"'{path.name}' could not be opened as a zip file ({error}).", "Copy or download it again, or unpack it."
        ) from error
    inside = [name for name in names if "__MACOSX/" not in name]
    return _Files({name: f"/vsizip/{{{path.resolve()}}}/{name}" for name in inside}, text)


def _band_files(scene: str, rasters: dict[str, str]) -> dict[str, str]:
    """Returns Sentinel-2 band → relative name of its file, each at its finest resolution, in the order of ESA's list.

    Files whose names say no band (true colour, scene classification, water vapour) are left out.
    """
    product = [name for name in rasters if "IMG_DATA/" in name]  # beside it lie masks that have a band's name, too
    named: dict[str, list[str]] = {}
    for name in product or rasters:
        stem = PurePosixPath(name).stem
        band = None if stem.lower() in ("wvp", "aot", "scl") else band_name_from_text(stem)
        if band is not None:
            named.setdefault(band, []).append(name)
    found: dict[str, str] = {}
    for band in (band.name for band in SENTINEL2 if band.name in named):
        ordered = sorted(named[band], key=_resolution_of_name_m)
        if len(ordered) > 1 and _resolution_of_name_m(ordered[0]) == _resolution_of_name_m(ordered[1]):
            raise _twice(band, *(PurePosixPath(name).name for name in ordered[:2]))
        found[band] = ordered[0]
    names = [PurePosixPath(name).name for name in found.values()]
    _refuse_other_products(names)
    products = {_product_of_name(name): name for name in reversed(names)}
    if len(products) > 1:
        first, second = list(products.values())[-2:][::-1]
        raise InputError(
            f"'{scene}' mixes files of different products: '{first}' and '{second}'.",
            "Keep the files of one date and tile in a folder of their own, and choose that folder.",
        )
    return found


def _resolution_of_name_m(name: str) -> int:
    found = RESOLUTION_TOKEN.search(PurePosixPath(name).name)
    return int(found.group(1)) if found else 1000


def _product_of_name(name: str) -> tuple[str, ...]:
    return tuple(sorted({found.group(1).upper() for found in PRODUCT_TOKENS.finditer(name)}))


def _refuse_other_products(names: list[str]) -> None:
    for name in names:
        for product, pattern in OTHER_PRODUCTS.items():
            if re.match(pattern, name, re.IGNORECASE):
                raise InputError(
                    f"'{name}' is a file of {product}, whose band numbers are not Sentinel-2's.",
                    "Put its bands into one raster (in QGIS: Raster → Miscellaneous → Build Virtual Raster) and say "
                    "which band is which.",
                )


def _twice(band: str, first: str, second: str) -> InputError:
    return InputError(
        f"{band} is there twice: '{first}' and '{second}'.",
        "Keep the files of one scene in a folder of their own, or name the files to use one by one.",
    )


def _no_bands(chosen: Path, rasters: list[str]) -> InputError:
    kind = "Folder" if chosen.is_dir() else "Zip file"
    shown = ", ".join(rasters[:3]) + ("…" if len(rasters) > 3 else "")
    return InputError(
        f"{kind} '{chosen.name}' holds no file that is named after a Sentinel-2 band, such as …_B02.jp2"
        + (f"; it holds {shown}." if shown else "."),
        "Choose one of its rasters, or the folder that holds the band files.",
    )


def _stated_units(metadata: str) -> dict[str, tuple[float, float]]:
    """Returns band → (scale, offset) to reflectance 0–1 as a product's metadata state them; empty without metadata."""
    quantification = re.search(r"<(?:BOA_)?QUANTIFICATION_VALUE[^>]*>\s*([\d.]+)", metadata)
    if quantification is None:
        return {}
    scale = 1 / float(quantification.group(1))
    offsets = dict.fromkeys(BAND_IDS, 0.0)  # products before processing baseline 04.00 state none
    for found in re.finditer(r'<(?:BOA|RADIO)_ADD_OFFSET\s+band_id="(\d+)"[^>]*>\s*(-?[\d.]+)', metadata):
        if int(found.group(1)) < len(BAND_IDS):
            offsets[BAND_IDS[int(found.group(1))]] = float(found.group(2))
    return {band: (scale, offset * scale) for band, offset in offsets.items()}


def _single_band(path: str, file: str, band: str) -> Source:
    sources = read_bands(path, file, band)
    if len(sources) > 1:
        raise InputError(
            f"'{file}' is named after one band and holds {len(sources)}.",
            "Move it out of the folder, or choose that file alone.",
        )
    return sources[0]
