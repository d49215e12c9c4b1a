"""Bands of several files as one virtual raster: a VRT as text, which GDAL opens in place of a file name.

Nothing is copied or read whole. Knows nothing of folders, nor of what the values mean.
"""

import html
import re
import warnings
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.modalities import band_name_from_text
from mmearth.scenes.band_names import band_text
from mmearth.scenes.scene_values import alpha_bands

VRT_START = "<VRTDataset"
NAME_TAG = "MMEARTH_SCENE"  # metadata item of the VRT: what messages call the scene
RESULT_TAG = "MMEARTH"  # metadata item of the rasters that the verbs write
SAME_GRID_PX = 1e-3


@dataclass(frozen=True)
class Source:
    """One band of a file.

    Attributes:
        path: As GDAL opens it.
        file: Name for messages.
        index: 1-based number in the file.
        band: Its name; empty where it has none.
        validity: Band of the same file that is not 0 where data are valid, as a VRT writes it; empty if none.
    """

    path: str
    file: str
    index: int
    band: str
    validity: str
    crs: CRS
    transform: Affine
    width: int
    height: int
    dtype: str
    nodata: float | None
    scale: float
    offset: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top)."""
        left, top = self.transform @ (0, 0)
        right, bottom = self.transform @ (self.width, self.height)
        return left, bottom, right, top


def is_virtual(path: str) -> bool:
    """Whether the path is a VRT as text."""
    return path.lstrip().startswith(VRT_START)


def name_of(path: str) -> str:
    """Returns what messages call the scene: its file name, or the name that `compose` gave it."""
    if not is_virtual(path):
        return Path(path).name
    found = re.search(rf'<MDI key="{NAME_TAG}">([^<]*)</MDI>', path)
    return html.unescape(found.group(1)) if found else "virtual raster"


def opens(path: str) -> bool:
    """Whether GDAL knows a raster by this path."""
    try:
        with _opened(path):
            return True
    except RasterioError:
        return False


def is_foreign_raster(path: str) -> bool:
    """Whether there is a raster at a path which is not a result of ours."""
    if not Path(path).is_file() or not opens(path):
        return False
    with _opened(path) as dataset:
        return RESULT_TAG not in dataset.tags()


def _opened(path: str) -> DatasetReader:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said as a refusal, in our own words
        return rasterio.open(path)


def read_bands(path: str, file: str, band: str = "") -> list[Source]:
    """Returns the bands of a file, without alpha and validity; `band` names them all."""
    try:
        with _opened(path) as dataset:
            _check_file(dataset, file)
            alphas = _validity_bands(dataset)
            validity = str(alphas[0]) if alphas else ""
            if not alphas and MaskFlags.per_dataset in dataset.mask_flag_enums[0]:
                validity = "mask,1"
            indexes = [index for index in dataset.indexes if index not in alphas]
            return [
                Source(
                    path=path,
                    file=file,
                    index=index,
                    band=band or _band_text(dataset, index, file, len(indexes)),
                    validity=validity,
                    crs=dataset.crs,
                    transform=dataset.transform,
                    width=dataset.width,
                    height=dataset.height,
                    dtype=dataset.dtypes[index - 1],
                    nodata=dataset.nodatavals[index - 1],
                    scale=dataset.scales[index - 1],
                    offset=dataset.offsets[index - 1],
                )
                for index in indexes
            ]
    except RasterioError as error:
        raise InputError(
            f"'{file}' could not be read as a raster ({error}).", "Copy or download that file again."
        ) from error


def _band_text(dataset: DatasetReader, index: int, file: str, count: int) -> str:
    """Returns a band's name: what it is called, or for the only band of a file what the file name says."""
    text = band_text(dataset, index)
    stem = PurePosixPath(file).stem
    return (band_name_from_text(stem) or text or stem) if count == 1 else text


def _check_file(dataset: DatasetReader, file: str) -> None:
    transform = dataset.transform
    if dataset.crs is None or transform.is_identity:
        raise InputError(
            f"'{file}' has no georeference, so that it cannot be laid over the other bands.",
            "Assign one (in QGIS: Raster → Georeferencer), or choose the bands with a georeference.",
        )
    if transform.b or transform.d or transform.e >= 0 or transform.a <= 0:
        raise InputError(
            f"'{file}' is rotated or south-up, so that it cannot be laid over the other bands as it is.",
            "Warp it to a north-up grid (in QGIS: Raster → Projections → Warp) and use the result.",
        )


def _validity_bands(dataset: DatasetReader) -> list[int]:
    """Returns the numbers of bands that say where data are valid: alpha, or an unnamed second band of 0 and 1."""
    alphas = alpha_bands(dataset)
    if alphas or dataset.count != 2:
        return alphas
    text = band_text(dataset, 2).lower()
    if text in ("datamask", "mask", "validity"):
        return [2]
    if text or not np.issubdtype(np.dtype(dataset.dtypes[1]), np.integer):
        return []
    side = 128
    for row in sorted({0, dataset.height // 2, max(0, dataset.height - side)}):
        window = Window(dataset.width // 2, row, side, side).intersection(Window(0, 0, dataset.width, dataset.height))
        if not np.isin(dataset.read(2, window=window), (0, 1)).all():
            return []
    return [2]


def write_vrt(name: str, sources: list[Source], units: dict[str, tuple[float, float]]) -> str:
    """Returns the VRT of bands on the finest grid and the common area.

    Args:
        name: What messages call the scene.
        sources: At least one; the order of the bands.
        units: Band → (scale, offset) where the product states them; else the files' own tags hold.
    """
    first = sources[0]
    for source in sources:
        if source.crs != first.crs:
            raise InputError(
                f"'{first.file}' lies in {_crs_name(first.crs)} and '{source.file}' in {_crs_name(source.crs)}.",
                "Warp the files to one coordinate reference system (in QGIS: Raster → Projections → Warp).",
            )
    transform, width, height = _common_grid(name, sources)
    dtype = np.result_type(*(np.dtype(source.dtype) for source in sources)).name
    bands = []
    for number, source in enumerate(sources, 1):
        scale, offset = units.get(source.band, (source.scale, source.offset))
        nodata = "" if source.nodata is None else f"<NoDataValue>{source.nodata!r}</NoDataValue>"
        tags = f"<Offset>{offset!r}</Offset><Scale>{scale!r}</Scale>" if (scale, offset) != (1, 0) else ""
        bands.append(
            f'<VRTRasterBand dataType="{_gdal_type(dtype)}" band="{number}"><Description>{_text(source.band)}'
            f"</Description>{nodata}{tags}{_pixels(source, transform, width, height)}</VRTRasterBand>"
        )
    bands += _alpha(sources, transform, width, height)
    geotransform = ", ".join(repr(float(value)) for value in transform.to_gdal())
    return (
        f'{VRT_START} rasterXSize="{width}" rasterYSize="{height}"><SRS>{_text(first.crs.to_wkt())}</SRS>'
        f'<GeoTransform>{geotransform}</GeoTransform><Metadata><MDI key="{NAME_TAG}">{_text(name)}</MDI></Metadata>'
        f"{''.join(bands)}</VRTDataset>"
    )


def _alpha(sources: list[Source], transform: Affine, width: int, height: int) -> list[str]:
    """Returns the band of the VRT that is 0 where data are missing, if the bands themselves do not tell."""
    validity = {(source.path, source.validity): source for source in sources if source.validity}
    finest = min(abs(source.transform.determinant) for source in sources)
    fine = [source for source in sources if abs(source.transform.determinant) < 1.5 * finest]
    if validity:  # what every file calls valid: a product of numbers that are 0 where there are no data
        function = "mul"
        masks = [_pixels(source, transform, width, height, source.validity) for source in validity.values()]
    elif len(fine) < len(sources) and all(source.nodata is None for source in sources):
        # Interpolated bands reach over the edge of the data by half a coarse pixel, fine ones do not.
        function = "sum"
        masks = [_pixels(source, transform, width, height, str(source.index)) for source in fine]
    else:
        return []
    # GDAL's functions want two numbers at least. Float32, so that the sum of small reflectances is not rounded to 0.
    kind = f"<PixelFunctionType>{function}</PixelFunctionType><SourceTransferType>Float64</SourceTransferType>"
    derived = ' subClass="VRTDerivedRasterBand"' if len(masks) > 1 else ""
    return [
        f'<VRTRasterBand dataType="Float32" band="{len(sources) + 1}"{derived}><ColorInterp>Alpha</ColorInterp>'
        f"{kind if derived else ''}{''.join(masks)}</VRTRasterBand>"
    ]


def _crs_name(crs: CRS) -> str:
    return str(crs.to_string()) if crs.to_epsg() else "a CRS without number"


def _common_grid(name: str, sources: list[Source]) -> tuple[Affine, int, int]:
    """Returns transform, width and height of the part of the finest grid that every source covers."""
    finest = min(sources, key=lambda source: abs(source.transform.determinant))
    bounds = np.array([source.bounds for source in sources])
    left, bottom = (float(value) for value in bounds[:, :2].max(axis=0))
    right, top = (float(value) for value in bounds[:, 2:].min(axis=0))
    inverse = ~finest.transform
    col0, row0 = np.ceil(np.array(inverse @ (left, top)) - SAME_GRID_PX).astype(int)
    col1, row1 = np.floor(np.array(inverse @ (right, bottom)) + SAME_GRID_PX).astype(int)
    if col1 <= col0 or row1 <= row0:
        raise InputError(
            f"The files of '{name}' have no area in common.", "Choose the bands of one scene, all of one place."
        )
    return finest.transform @ Affine.translation(int(col0), int(row0)), int(col1 - col0), int(row1 - row0)


def _pixels(source: Source, transform: Affine, width: int, height: int, band: str = "") -> str:
    """Returns the VRT source that lays a band over the grid; `band` is its number, by default the source's own."""
    to_source = ~source.transform @ transform
    col0, row0 = to_source @ (0, 0)
    col1, row1 = to_source @ (width, height)
    corners = np.array([col0, row0, col1, row1])
    aligned = np.abs(corners - np.rint(corners)).max() < SAME_GRID_PX
    same_grid = aligned and abs(to_source.a * width - width) < 0.5 and abs(to_source.e * height - height) < 0.5
    corners = np.rint(corners) if same_grid else np.clip(corners, 0, [source.width, source.height] * 2)
    resampling = "" if same_grid or band else ' resampling="bilinear"'
    file, number = source.path, band or str(source.index)
    if resampling:
        file, number = _holes_marked(source), "1"
    x0, y0, x1, y1 = (float(value) for value in corners)
    return (
        f'<SimpleSource{resampling}><SourceFilename relativeToVRT="0">{_text(file)}</SourceFilename>'
        f"<SourceBand>{number}</SourceBand>"
        f'<SrcRect xOff="{x0!r}" yOff="{y0!r}" xSize="{x1 - x0!r}" ySize="{y1 - y0!r}"/>'
        f'<DstRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/></SimpleSource>'
    )


def _holes_marked(source: Source) -> str:
    """Returns a VRT of one band in which missing pixels are marked, so that no interpolation mixes them in.

    Sentinel-2 bands without a nodata tag hold 0 where there are no data, and so do those with a validity band. (GDAL
    3.10 heeds only a nodata value when it interpolates a VRT: neither a mask nor a derived band.)
    """
    nodata = 0.0 if source.nodata is None else source.nodata
    return (
        f'{VRT_START} rasterXSize="{source.width}" rasterYSize="{source.height}">'
        f'<VRTRasterBand dataType="{_gdal_type(source.dtype)}" band="1"><NoDataValue>{nodata!r}</NoDataValue>'
        f'<SimpleSource><SourceFilename relativeToVRT="0">{_text(source.path)}</SourceFilename>'
        f"<SourceBand>{source.index}</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )


def _gdal_type(dtype: str) -> str:
    return {"uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32"}.get(
        dtype, {"int32": "Int32", "float32": "Float32"}.get(dtype, "Float64")
    )


def _text(text: str) -> str:
    return html.escape(text, quote=False)
