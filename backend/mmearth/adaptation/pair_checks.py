"""Whether two images of the same ground serve as a pair: data, clouds, texture, dates, and how far one lies off.

Knows arrays and tags; nothing of where windows lie.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rasterio.io import DatasetReader

from mmearth.adaptation.pair_grid import average_to

MOST_MISSING = 0.05  # share of a window
CLOUD_SHARE = 0.3  # of a window
NEARLY_CONSTANT = 0.005  # deviation relative to the mean
MOST_DAYS = 365
MOST_SHIFT_PX = 1.0
LEAST_PEAK_RATIO = 1.4  # of the highest to the second peak; below it the peak may be chance
LEAST_AGREEING = 3  # windows whose peaks count, for a shift to be believed
_SEARCH = 1 / 3  # of a window's side
_SMOOTHING_PX = 0.8  # of the correlation, so that a peak between pixels is one peak
_DATE_TAGS = re.compile(r"(?:ACQUISITION|SENSING|PRODUCT_START|DATATAKE).*(?:DATE|TIME)|DATE_ACQUIRED")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-:_/]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True)
class Shift:
    """How far a target lies off its reference.

    Attributes:
        right, down: Median, in pixels of the reference.
        windows: Windows looked at.
        used: Those with a clear peak.
    """

    right: float
    down: float
    windows: int
    used: int

    @property
    def believed(self) -> bool:
        """Whether enough windows say so."""
        return self.used >= LEAST_AGREEING

    @property
    def length_px(self) -> float:
        """Of the shift, in pixels of the reference."""
        return float(np.hypot(self.right, self.down))


def reason_to_drop(
    reference: np.ndarray, reference_valid: np.ndarray, target: np.ndarray, target_valid: np.ndarray, cloudy: np.ndarray
) -> str:
    """Returns why a window does not serve, "" where it does.

    Args:
        reference, target: (bands, rows, cols).
        reference_valid, target_valid: (rows, cols) bool.
        cloudy: (rows, cols) bool, where the reference shows clouds.
    """
    for valid, image in ((reference_valid, "reference"), (target_valid, "target")):
        if valid.mean() < 1 - MOST_MISSING:
            return f"missing data in the {image}"
    if cloudy.mean() > CLOUD_SHARE:
        return "clouds"
    for pixels, image in ((reference[:, reference_valid], "reference"), (target[:, target_valid], "target")):
        if _is_flat(pixels):
            return f"nothing to see in the {image}"
    return ""


def _is_flat(pixels: np.ndarray) -> bool:
    values = pixels.astype(np.float64)
    return bool(np.all(values.std(axis=1) <= NEARLY_CONSTANT * np.abs(values.mean(axis=1))))


def shift_of_window(reference: np.ndarray, target: np.ndarray) -> tuple[float, float, float]:
    """Finds by phase correlation how far the target lies off in one window.

    Edges are compared, not brightness: forest is dark in red and bright in near infrared, its edge is an edge in both.

    Args:
        reference: (S, S) one band.
        target: (T, T) one band of the same extent; T at least S.

    Returns:
        (right, down, ratio): in pixels of the reference, where the target's content lies to the right and below of
        the reference's; how much the peak exceeds the second one.
    """
    side = reference.shape[0]
    spectra = [np.fft.fft2(_edges(image)) for image in (average_to(target, side), reference)]
    cross = spectra[0] * np.conj(spectra[1])
    frequency = np.fft.fftfreq(side)
    smoothing = np.exp(-2 * (np.pi * _SMOOTHING_PX) ** 2 * (frequency[:, None] ** 2 + frequency[None] ** 2))
    cross *= smoothing / np.maximum(np.abs(cross), 1e-12)
    reach = max(2, int(side * _SEARCH))
    middle = side // 2
    correlation = np.fft.fftshift(np.fft.ifft2(cross).real)
    near = correlation[slice(middle - reach, middle + reach + 1), slice(middle - reach, middle + reach + 1)]
    row, column = (int(value) for value in np.unravel_index(near.argmax(), near.shape))
    others = near.copy()
    others[slice(max(0, row - 2), row + 3), slice(max(0, column - 2), column + 3)] = 0
    ratio = float(near[row, column] / max(others.max(), 1e-12))
    return column - reach + _vertex(near[row], column), row - reach + _vertex(near[:, column], row), ratio


def median_shift(found: Sequence[tuple[float, float, float]]) -> Shift:
    """Returns the median of what `shift_of_window` found, of the windows with a clear peak."""
    clear = np.array([(right, down) for right, down, ratio in found if ratio >= LEAST_PEAK_RATIO])
    if not len(clear):
        return Shift(0.0, 0.0, len(found), 0)
    right, down = np.median(clear, axis=0)
    return Shift(float(right), float(down), len(found), len(clear))


def shift_warning(shift: Shift, name: str, corrected: bool, reference_m: float) -> str:
    """Returns a sentence where a target lies more than a reference pixel off or this cannot be told, else "".

    Args:
        shift: Found.
        name: Of the target.
        corrected: Whether it is taken out.
        reference_m: Pixel size of the reference.
    """
    if not shift.believed:
        return (
            f"Whether '{name}' lies exactly over its reference cannot be told: only {shift.used} of {shift.windows} "
            "windows show a clear shift. Look at the picture of sample pairs."
        )
    if shift.length_px <= MOST_SHIFT_PX:
        return ""
    sides = [
        f"{abs(value):.1f} pixels {words[value > 0]}"
        for value, words in (
            (shift.right, ("to the left of", "to the right of")),
            (shift.down, ("above", "below")),
        )
        if abs(value) >= 0.05
    ]
    said = f"'{name}' lies {' and '.join(sides)} its reference ({shift.length_px * reference_m:.0f} m)"
    return f"{said}; this was taken out." if corrected else f"{said}. If you believe it, choose to correct a shift."


def acquired(dataset: DatasetReader, name: str) -> datetime.date | None:
    """Returns the day an image was taken, None where nothing says so.

    Of the tags about the acquisition, else of the file's name, else of the date in the TIFF header.
    """
    tags = {**dataset.tags(), **dataset.tags(ns="IMAGERY")}
    told = [value for key, value in tags.items() if _DATE_TAGS.search(key.upper())]
    for text in (*told, name, tags.get("TIFFTAG_DATETIME", "")):
        for year, _, month, day in _DATE.findall(text):
            try:
                return datetime.date(int(year), int(month), int(day))
            except ValueError:
                continue  # the 31st of a shorter month: digits that are no date
    return None


def date_warning(reference: datetime.date | None, target: datetime.date | None, name: str) -> str:
    """Returns a sentence where more than a year lies between the images, else ""."""
    if reference is None or target is None or abs((target - reference).days) <= MOST_DAYS:
        return ""
    return (
        f"'{name}' was taken on {target.isoformat()} and its reference on {reference.isoformat()}, "
        f"{abs((target - reference).days)} days apart: what changed in between is learned as if it looked alike. "
        "Choose a reference nearer in time where there is one."
    )


def _edges(image: np.ndarray) -> np.ndarray:
    """Returns (n, n) the strength of edges, without mean, faded out towards the sides."""
    steps = np.gradient(image.astype(np.float64))
    strength = np.hypot(*steps)
    fade = np.hanning(image.shape[0] + 2)[1:-1]
    faded: np.ndarray = (strength - strength.mean()) * fade[:, None] * fade[None]
    return faded


def _vertex(values: np.ndarray, peak: int) -> float:
    """Returns where between -0.5 and 0.5 of its highest sample the parabola through three samples has its top."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    before, top, after = (float(values[peak + step]) for step in (-1, 0, 1))
    bend = before - 2 * top + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
