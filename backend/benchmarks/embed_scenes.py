"""Scenes of any size made of the bundled sample: virtual ones that cost no disk, and compressed ones.

Both repeat the sample edge to edge, so that every part of them has its details, its clouds and its nodata.
"""

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample" / "scene.tif"
LEFT, TOP, PIXEL_M = 600000.0, 5300000.0, 10.0
REPEATS = 16  # of the sample in each direction of the inner mosaic


def bounds_of(window: Window) -> tuple[float, float, float, float]:
    """Returns (left, bottom, right, top) of a window of any scene made here, in its CRS."""
    left, top = LEFT + PIXEL_M * window.col_off, TOP - PIXEL_M * window.row_off
    return left, top - PIXEL_M * window.height, left + PIXEL_M * window.width, top


def write_virtual(path: Path, side: int) -> None:
    """Writes a VRT of side × side pixels and, beside it, the mosaic that it repeats.

    Two levels, because a hundred thousand pixels at once would be half a million sources.
    """
    with rasterio.open(SAMPLE) as dataset:
        inner_px = REPEATS * dataset.width
    inner = path.with_name(f"{path.stem}-inner.vrt")
    _write_mosaic(inner, SAMPLE, inner_px)
    _write_mosaic(path, inner, side)


def write_deflate(path: Path, side: int, block_px: int = 512) -> None:
    """Writes a tiled DEFLATE GeoTIFF of side × side pixels, as Sentinel-2 scenes are shared."""
    with rasterio.open(SAMPLE) as dataset:
        sample, profile, names = dataset.read(), dataset.profile, dataset.descriptions
    profile.update(
        width=side, height=side, transform=Affine(PIXEL_M, 0, LEFT, 0, -PIXEL_M, TOP), tiled=True, interleave="pixel",
        blockxsize=block_px, blockysize=block_px, compress="deflate", predictor=2, bigtiff="if_safer",
    )  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.descriptions = names
        for row in range(0, side, block_px):
            for col in range(0, side, block_px):
                height, width = min(block_px, side - row), min(block_px, side - col)
                rows = np.arange(row, row + height) % sample.shape[1]
                cols = np.arange(col, col + width) % sample.shape[2]
                target.write(sample[:, rows][:, :, cols], window=Window(col, row, width, height))


def _write_mosaic(path: Path, source: Path, side: int) -> None:
    """Writes a VRT that repeats a raster edge to edge over side × side pixels."""
    with rasterio.open(source) as dataset:
        width, height, kind = dataset.width, dataset.height, "UInt16"
        crs, nodata, names = dataset.crs.to_wkt(), dataset.nodata, dataset.descriptions
        assert dataset.dtypes[0] == "uint16"
    lines = [
        f'<VRTDataset rasterXSize="{side}" rasterYSize="{side}">',
        f"<SRS>{escape(crs)}</SRS>",
        f"<GeoTransform>{LEFT}, {PIXEL_M}, 0, {TOP}, 0, {-PIXEL_M}</GeoTransform>",
    ]
    for band, name in enumerate(names, 1):
        lines.append(f'<VRTRasterBand dataType="{kind}" band="{band}"><Description>{escape(name)}</Description>')
        lines.append(f"<NoDataValue>{nodata}</NoDataValue>")
        for row in range(0, side, height):
            for col in range(0, side, width):
                size = f'xSize="{min(width, side - col)}" ySize="{min(height, side - row)}"'
                lines.append(
                    f'<SimpleSource><SourceFilename relativeToVRT="0">{escape(str(source))}</SourceFilename>'
                    f"<SourceBand>{band}</SourceBand>"
                    f'<SourceProperties RasterXSize="{width}" RasterYSize="{height}" DataType="{kind}"/>'
                    f'<SrcRect xOff="0" yOff="0" {size}/><DstRect xOff="{col}" yOff="{row}" {size}/></SimpleSource>'
                )
        lines.append("</VRTRasterBand>")
    path.write_text("\n".join([*lines, "</VRTDataset>"]), encoding="utf-8")
