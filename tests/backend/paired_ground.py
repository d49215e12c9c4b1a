"""Two images of the same made-up ground: a fine one of three bands, and what Sentinel-2 would see of it at 10 m."""

import numpy as np
import rasterio
from affine import Affine
from mmearth import protocol

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
FINE = 4  # target pixels in one of the reference
LEFT, TOP = 600000.0, 5200000.0


def ground(rows, columns, seed=0):
    """Returns (rows, columns) smooth texture with mean 1500 and deviation 400."""
    noise = np.fft.rfft2(np.random.default_rng(seed).normal(size=(rows, columns)))
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None])
    smooth = np.fft.irfft2(noise / (frequency + 0.02) ** 1.3, s=(rows, columns))
    return 1500 + 400 * (smooth - smooth.mean()) / smooth.std()


def coarse(fine, factor=FINE):
    """Averages squares of `factor` pixels."""
    rows, columns = fine.shape[0] // factor, fine.shape[1] // factor
    return fine.reshape(rows, factor, columns, factor).mean(axis=(1, 3))


def write(path, values, pixel_m, crs="EPSG:32632", left=LEFT, top=TOP, transform=None, names=(), tags=None, **profile):
    """Writes bands as a GeoTIFF; returns its path as text."""
    values = np.asarray(values)
    transform = transform or Affine(pixel_m, 0, left, 0, -pixel_m, top)
    with rasterio.open(
        path, "w", driver="GTiff", count=len(values), height=values.shape[1], width=values.shape[2],
        dtype=values.dtype, crs=crs, transform=transform, **profile,
    ) as dataset:  # fmt: skip
        dataset.write(values)
        if names:
            dataset.descriptions = names
        dataset.update_tags(**(tags or {}))
    return str(path)


def write_pair(folder, side=96, seed=0, name="", tags=({}, {})):
    """Writes target (three bands at 2.5 m) and reference (12 bands at 10 m); returns both paths and the fine ground."""
    fine = ground(side * FINE, side * FINE, seed)
    low = coarse(fine)
    target = write(
        folder / f"target{name}.tif", np.stack([fine, fine * 0.5, 3000 - fine]).astype(np.float32), 10 / FINE,
        names=("one", "two", "three"), tags=tags[0],
    )  # fmt: skip
    values = np.stack([low + 10 * i for i in range(12)]).clip(1, None).astype(np.float32)
    reference = write(folder / f"reference{name}.tif", values, 10, names=BANDS, tags=tags[1])
    return target, reference, fine


def request_for(target, reference, **more):
    """Returns a request whose references hold reflectance × 10⁴."""
    more = {"units": "dn", "window_px": 24, **more}
    targets = (target,) if isinstance(target, str) else target
    references = ((reference,) if isinstance(reference, str) else reference) if reference else ()
    return protocol.AdaptRequest(targets=targets, references=references, weights_out="unused", **more)
