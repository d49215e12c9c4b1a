"""Rasters of any shape and kind, written to a temporary folder."""

import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

sys.path.insert(0, str(Path(__file__).parent))  # golden_vectors: pytest's importlib mode adds no folder

import golden_vectors  # noqa: E402

PRODUCT_ORDER = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")


def pytest_terminal_summary(terminalreporter):
    """Prints how far we are from the official code, file by file."""
    lines = golden_vectors.summary()
    if lines:
        terminalreporter.section(f"reference vectors in {golden_vectors.FOLDER.name}: largest error, tolerance")
        for line in lines:
            terminalreporter.write_line(line)


class Recorder:
    """A report that remembers what it was told and can cancel at a given call."""

    def __init__(self, cancel_at=None):
        self.calls, self.logs, self.measured, self.cancel_at = [], [], [], cancel_at

    def progress(self, phase, done, total):
        self.calls.append((phase, done, total))
        self.check()

    def check(self):
        if self.cancel_at is not None and len(self.calls) >= self.cancel_at:
            from mmearth.errors import Cancelled

            raise Cancelled

    def log(self, message, level="info"):
        self.logs.append((level, message))

    def metrics(self, step, total, values, picture=""):
        self.measured.append((step, total, values, picture))


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


@pytest.fixture(scope="session")
def _tiny_weights_file(tmp_path_factory):
    """Random weights of a tiny encoder with statistics that fit them."""
    import torch
    from mmearth.models.convnextv2 import Encoder
    from mmearth.weights.checkpoints import Weights, save_weights

    torch.manual_seed(0)
    depths, dims = (1, 1, 1, 1), (8, 12, 16, 20)
    encoder = Encoder(12, depths, dims, 8)
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if ".grn." in name:
                parameter.normal_(std=0.3)
    total, components = sum(dims), {}
    for stages, width in (((0, 1), 20), ((0, 1, 2), 36), ((0, 1, 2, 3), 56)):
        basis, _ = np.linalg.qr(np.random.default_rng(width).normal(size=(width, width)))
        components[stages] = (basis[:16].astype(np.float32), np.full(16, 0.02, np.float32))
    weights = Weights(
        size="tiny",
        depths=depths,
        dims=dims,
        patch_size=8,
        bands=("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B11", "B12"),
        levels={"l2a": {"mean": [1500.0] * 12, "std": [900.0] * 12}},
        band_dropout=True,
        summary="random numbers",
        encoder=encoder.state_dict(),
        grn=[torch.rand(4 * dim) + 0.5 for dim in dims],
        feature_mean=np.full(total, 0.1, np.float32),
        feature_std=np.linspace(0.5, 1.5, total, dtype=np.float32),
        feature_scale=np.full(total, 4 / 127, np.float32),
        components=components,
    )
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_weights(str(path), weights)
    return path


@pytest.fixture
def tiny_weights(_tiny_weights_file, tmp_path):
    """Path of tiny weights inside the test's own folder."""
    import shutil

    folder = tmp_path / "weights"
    folder.mkdir()
    return str(shutil.copy(_tiny_weights_file, folder / "tiny.safetensors"))
