"""Rasters of any shape and kind, written to a temporary folder."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

PRODUCT_ORDER = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")


class Recorder:
    """A report that remembers what it was told and can cancel at a given call."""

    def __init__(self, cancel_at=None):
        self.calls, self.logs, self.cancel_at = [], [], cancel_at

    def progress(self, phase, done, total):
        self.calls.append((phase, done, total))
        self.check()

    def check(self):
        if self.cancel_at is not None and len(self.calls) >= self.cancel_at:
            from mmearth.errors import Cancelled

            raise Cancelled

    def log(self, message, level="info"):
        self.logs.append((level, message))


@pytest.fixture
def report():
    return Recorder()


@pytest.fixture
def make_raster(tmp_path):
    """Writes a GeoTIFF; bands hold random DN between 300 and 3000 unless `values` is given."""

    def make(
        name="scene.tif",
        width=64,
        height=48,
        count=12,
        dtype="uint16",
        crs="EPSG:32632",
        transform=None,
        nodata=None,
        values=None,
        names=(),
        **profile,
    ) -> str:
        path = Path(tmp_path) / name
        if values is None:
            values = np.random.default_rng(0).integers(300, 3000, (count, height, width))
        values = np.asarray(values)
        count, height, width = values.shape
        transform = Affine(10, 0, 600000, 0, -10, 5200000) if transform is None else transform
        with rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=count, dtype=dtype, crs=crs,
            transform=transform, nodata=nodata, **profile,
        ) as dataset:  # fmt: skip
            dataset.write(values.astype(dtype))
            if names:
                dataset.descriptions = names
        return str(path)

    return make
