"""Windows of images of the same ground by a known and a new sensor, read and checked, some of them held out.

Knows nothing of networks.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from mmearth import protocol
from mmearth.adaptation import pair_checks
from mmearth.adaptation.averaged_references import averaged_references
from mmearth.adaptation.pair_checks import Shift
from mmearth.adaptation.pair_clouds import Look, cloud_finder
from mmearth.adaptation.pair_grid import (
    ENOUGH_WINDOWS,
    PairGrid,
    check_pixel_sizes,
    ground_m,
    pixels_per_reference,
    seen_on,
    shared_ground,
    window_sizes,
)
from mmearth.adaptation.pair_windows import (
    MIN_HELD_OUT,
    Sizes,
    Start,
    Windows,
    clear_of,
    hold_out,
    statistics,
)
from mmearth.data.aligned_layers import AlignedLayer, Layer, open_layer
from mmearth.errors import InputError, ResourceError
from mmearth.modalities import BAND_BY_NAME
from mmearth.progress import Report
from mmearth.scenes.raster import Scene, open_scene
from mmearth.scenes.scene_values import read_valid
from mmearth.scenes.value_range import value_warnings
from mmearth.weights.checkpoints import Weights

MIN_PAIRS = 8
MOST_PAIRS = 400
MOST_BYTES = 2**29  # of all windows
SHIFT_WINDOWS = 24  # of one raster
TRIES = 4  # windows looked at for each that is wanted, before clouds and holes end the search
SAME_SIZE = 1.2  # ratio of the pixel sizes of references up to which one window size serves all
ROUNDED = 0.02  # difference of pixel sizes that nobody needs to be told of
_PHASE = "Reading pairs"


@dataclass(frozen=True)
class PairData:
    """Pairs of windows of the same extent.

    Attributes:
        reference: (N, B_r, S, S) float32, in the weights' bands, as `Scene.read` gives them; NaN where missing, which
            a band that the reference lacks is throughout.
        target: (N, B_t, T, T) float32 as stored, NaN where missing; T is a multiple of the patch size.
        origin: (N, 3) int: number of the raster, row and column of the first pixel in the reference.
        level: Key of the weights' statistics that fits the reference.
        target_bands: Names of the target's bands.
        target_mean, target_std: (B_t,) of what is not missing; no deviation is 0.
        reference_m, working_m: Pixel sizes of the windows.
        land_cover: (N, K) float32, 1 where a class covers at least `pair_windows.CLASS_SHARE` of a window; None
            without a map.
        held_out: (N,) bool, whole blocks of ground that no other window touches.
        warnings: Sentences for the user.
        facts: What was found and done, as JSON.
    """

    reference: np.ndarray = field(repr=False)
    target: np.ndarray = field(repr=False)
    origin: np.ndarray = field(repr=False)
    level: str
    target_bands: tuple[str, ...]
    target_mean: np.ndarray
    target_std: np.ndarray
    reference_m: float
    working_m: float
    land_cover: np.ndarray | None = field(repr=False)
    held_out: np.ndarray = field(repr=False)
    warnings: list[str]
    facts: dict[str, Any]


@dataclass(frozen=True)
class _Pair:
    """What is known of two rasters before their windows are read."""

    number: int
    target: str
    reference: str
    target_name: str
    target_m: float
    reference_m: float
    target_bands: tuple[str, ...]
    level: str
    grid: PairGrid
    dates: tuple[datetime.date | None, datetime.date | None]  # of the reference, of the target


def open_pairs(request: protocol.AdaptRequest, weights: Weights, report: Report) -> PairData:
    """Reads the windows that targets and references share.

    Windows side by side come first; about a quarter of them, in whole blocks, are held out. Where they are few,
    windows that overlap join those to learn from. Where clouds and holes leave too few of a size that the user did not
    choose, smaller ones are tried.

    Raises:
        InputError: targets and references do not serve as pairs, or too few windows do.
        ResourceError: eight windows of this size would not fit `MOST_BYTES`.
    """
    _check_request(request)
    with ExitStack() as stack:
        references, said = list(request.references), list[str]()
        if not references:
            references, said = stack.enter_context(
                averaged_references(request.targets, dict(request.target_bands), request.reference_m, weights, report)
            )
        reading = _Reading(request, weights, report)
        for number, (target, reference) in enumerate(zip(request.targets, references, strict=True)):
            report.progress("Comparing the images", number, len(references))
            reading.add_pair(number, target, reference)
        return reading.read(said)


def _check_request(request: protocol.AdaptRequest) -> None:
    if not request.targets:
        raise InputError("No target raster was given.", "Choose at least one raster of the new sensor.")
    if request.references and len(request.references) != len(request.targets):
        raise InputError(
            f"{len(request.targets)} targets and {len(request.references)} references were given.",
            "Give one reference for each target, in the same order, or none at all.",
        )


class _Reading:
    """Reads pairs: `add_pair` for each, then `read`."""

    def __init__(self, request: protocol.AdaptRequest, weights: Weights, report: Report) -> None:
        self._request, self._weights, self._report = request, weights, report
        self._sentinel2 = any(band in BAND_BY_NAME for band in weights.bands)
        self._made = not request.references
        self._pairs: list[_Pair] = []
        self._shifts: dict[int, Shift] = {}
        self._dropped: Counter[str] = Counter()
        self._warnings: list[str] = []

    def add_pair(self, number: int, target: str, reference: str) -> None:
        """Looks at two rasters and keeps what is needed to read them."""
        with self._opened(target, reference) as (target_scene, reference_scene):
            names = (reference_scene.name, target_scene.name)
            grid = shared_ground(reference_scene.grid, target_scene.grid, names)
            target_m, reference_m = ground_m(target_scene.grid), ground_m(reference_scene.grid)
            check_pixel_sizes(target_m, reference_m, self._request.working_m, names)
            level = reference_scene.level if self._sentinel2 else next(iter(self._weights.levels))
            level = level if level in self._weights.levels else next(iter(self._weights.levels))
            dates = (
                pair_checks.acquired(reference_scene.dataset, reference_scene.name),
                pair_checks.acquired(target_scene.dataset, target_scene.name),
            )
            pair = _Pair(
                number, target, reference, target_scene.name, target_m, reference_m,
                tuple(target_scene.mapping.indexes), level, grid, dates,
            )  # fmt: skip
            self._check_bands(reference_scene)
            if not self._made:
                self._warnings += [*value_warnings(reference_scene, self._weights)]
                self._warnings += filter(None, [pair_checks.date_warning(*dates, target_scene.name)])
        if self._pairs:
            self._check_alike(self._pairs[0], pair)
        self._pairs.append(pair)

    def _check_bands(self, reference: Scene) -> None:
        missing = [band for band in self._weights.bands if band not in reference.mapping.indexes]
        if missing and not self._weights.band_dropout:
            raise InputError(
                f"Reference '{reference.name}' lacks {', '.join(missing)}; the weights '{self._weights.name}' need all "
                f"of {', '.join(self._weights.bands)}.",
                "Choose a reference with all bands, or weights that were trained with band dropout.",
            )
        if missing and not self._made:
            self._warnings.append(
                f"Reference '{reference.name}' lacks {', '.join(missing)}; they are filled with the mean. Expect less "
                "from what is learned than with all bands."
            )

    @staticmethod
    def _check_alike(first: _Pair, pair: _Pair) -> None:
        if pair.target_bands != first.target_bands:
            raise InputError(
                f"'{first.target_name}' has the bands {', '.join(first.target_bands)} and '{pair.target_name}' has "
                f"{', '.join(pair.target_bands)}.",
                "Choose targets of one sensor, with the same bands.",
            )
        low, high = sorted((first.reference_m, pair.reference_m))
        if high > low * SAME_SIZE or pair.level != first.level:
            raise InputError(
                f"The reference of '{first.target_name}' has pixels of {first.reference_m:.3g} m and level "
                f"{first.level}, that of '{pair.target_name}' {pair.reference_m:.3g} m and {pair.level}.",
                "Choose references of one sensor and one processing level.",
            )

    @contextmanager
    def _opened(self, target: str, reference: str) -> Iterator[tuple[Scene, Scene]]:
        bands, units = dict(self._request.bands), self._request.units
        if self._made:
            bands, units = _described(reference), "auto"
        with (
            open_scene(target, {}, "raw", ()) as target_scene,
            open_scene(reference, bands, units, self._weights.bands) as reference_scene,
        ):
            yield target_scene, reference_scene

    def read(self, said: list[str]) -> PairData:
        """Reads the windows; `said` are warnings to begin with."""
        rng = np.random.default_rng(self._request.seed)
        windows, sizes = self._side_by_side(rng)
        overlapping = self._starts(sizes, sizes.step_px)
        corners = [(pair.grid.row, pair.grid.column) for pair in self._pairs]
        held = hold_out(windows.starts, corners, sizes.window_px, rng)
        if len(windows.starts) >= MIN_HELD_OUT:
            free = clear_of(overlapping, held, set(windows.starts), sizes.window_px)
            order = rng.permutation(len(free))
            coarse_first = sorted(order, key=lambda i: self._is_fine(free[i], sizes))
            self._fill(windows, [free[i] for i in coarse_first], sizes)
        held_out = np.array([start in held for start in windows.starts], bool)
        self._check_count(windows, held_out, sizes)
        return self._result(windows, held_out, sizes, said)

    def _side_by_side(self, rng: np.random.Generator) -> tuple[Windows, Sizes]:
        """Reads windows that do not overlap, of the largest size of which enough serve, else of the last one."""
        sizes_to_try = self._sizes()
        for sizes in sizes_to_try:
            self._dropped.clear()
            self._shifts.clear()
            aligned = self._starts(sizes, sizes.window_px)
            available = len(self._starts(sizes, sizes.step_px))
            windows = Windows(sizes, self._most(sizes, available), self._channels())
            self._fill(windows, [aligned[i] for i in rng.permutation(len(aligned))], sizes)
            if len(windows.starts) >= ENOUGH_WINDOWS or sizes is sizes_to_try[-1]:
                break
            self._report.log(
                f"Of windows of {sizes.window_px} x {sizes.window_px} reference pixels {len(windows.starts)} can be "
                f"used, {ENOUGH_WINDOWS} are wanted; smaller ones are tried."
            )
        return windows, sizes

    def _sizes(self) -> list[Sizes]:
        working_m = self._request.working_m or max(pair.target_m for pair in self._pairs)
        reference_m = self._pairs[0].reference_m
        per_pixel = pixels_per_reference(reference_m, working_m, self._request.anchors != "none")
        made_m = reference_m / per_pixel
        if abs(made_m / working_m - 1) > ROUNDED:
            self._warnings.append(
                f"Anchors want a whole number of target pixels in each of the reference: the new encoder works at "
                f"{made_m:.3g} m instead of {working_m:.3g} m."
            )
        grids = [pair.grid for pair in self._pairs]
        found = window_sizes(grids, per_pixel, self._request.window_px, self._weights.patch_size)
        return [Sizes(*sides) for sides in found]

    def _channels(self) -> tuple[int, int]:
        return len(self._weights.bands), len(self._pairs[0].target_bands)

    def _most(self, sizes: Sizes, available: int) -> int:
        known, new = self._channels()
        each_bytes = 4 * (known * sizes.window_px**2 + new * sizes.target_px**2)
        fitting = MOST_BYTES // each_bytes
        if fitting < 2 * MIN_PAIRS:
            raise ResourceError(
                f"A window of {sizes.target_px} x {sizes.target_px} target pixels takes {each_bytes / 2**20:.0f} MB; "
                f"only {fitting} of them fit the {MOST_BYTES / 2**20:.0f} MB set aside.",
                "Choose a coarser pixel size to work at, or a smaller window.",
            )
        return int(min(MOST_PAIRS, fitting, available))

    def _starts(self, sizes: Sizes, step_px: int) -> list[Start]:
        return [
            (pair.number, row, column)
            for pair in self._pairs
            for row, column in pair.grid.starts(sizes.window_px, step_px)
        ]

    def _is_fine(self, start: Start, sizes: Sizes) -> bool:
        """Whether a window begins at an odd quarter; those at halves overlap less and are read first."""
        grid = self._pairs[start[0]].grid
        half = 2 * sizes.step_px
        return bool((start[1] - grid.row) % half or (start[2] - grid.column) % half)

    def _fill(self, windows: Windows, order: list[Start], sizes: Sizes) -> None:
        """Reads windows in this order until enough serve; those of one raster together."""
        tries = TRIES * windows.most
        while order and tries > 0 and windows.free:
            count = min(windows.free, tries)
            taken, order = order[:count], order[count:]
            tries -= count
            for pair in self._pairs:
                starts = sorted(start for start in taken if start[0] == pair.number)
                if starts:
                    self._read_raster(windows, pair, starts, sizes)

    def _read_raster(self, windows: Windows, pair: _Pair, starts: list[Start], sizes: Sizes) -> None:
        with ExitStack() as stack:
            target, reference = stack.enter_context(self._opened(pair.target, pair.reference))
            present = [i for i, band in enumerate(self._weights.bands) if band in reference.mapping.indexes]
            find_clouds = self._cloud_finder(reference)
            read_map = stack.enter_context(self._land_cover(pair))
            if pair.number not in self._shifts and not self._made:
                self._shifts[pair.number] = self._find_shift(pair, starts, target, reference, sizes)
            view = stack.enter_context(
                seen_on(target, pair.grid.target_grid(sizes.window_px, sizes.target_px, self._taken_out(pair.number)))
            )
            for start in starts:
                known, known_valid = self._read_reference(reference, start, sizes)
                new, new_valid = _read_target(view, target, pair.grid, start, sizes)
                window = Window(start[2], start[1], sizes.window_px, sizes.window_px)
                cloudy, known_valid = find_clouds(window, known, known_valid)
                reason = pair_checks.reason_to_drop(known[present], known_valid, new, new_valid, cloudy)
                if reason:
                    self._dropped[reason] += 1
                else:
                    known[[i for i in range(len(known)) if i not in present]] = np.nan
                    windows.add(
                        start,
                        np.where(known_valid, known, np.nan),
                        np.where(new_valid, new, np.nan),
                        read_map(window),
                    )
                self._report.progress(_PHASE, len(windows.starts), windows.most)

    def _cloud_finder(self, reference: Scene) -> Look:
        if self._made:
            return lambda _window, _images, valid: (np.zeros_like(valid), valid)
        return cloud_finder(reference, self._weights.bands)

    @contextmanager
    def _land_cover(self, pair: _Pair) -> Iterator[Callable[[Window], dict[int, float]]]:
        """Yields what tells the share of each class in a window."""
        if not self._request.land_cover:
            yield lambda window: {}
            return
        layer = Layer(self._request.land_cover, Path(self._request.land_cover).stem, "classes")
        with open_layer(layer, pair.grid.reference) as aligned:
            yield lambda window: _class_shares(aligned, window)

    def _find_shift(self, pair: _Pair, starts: list[Start], target: Scene, reference: Scene, sizes: Sizes) -> Shift:
        every = max(1, len(starts) // SHIFT_WINDOWS)
        present = [i for i, band in enumerate(self._weights.bands) if band in reference.mapping.indexes]
        red = [self._weights.bands.index("B4")] if "B4" in reference.mapping.indexes else present
        found: list[tuple[float, float, float]] = []
        grid = pair.grid.target_grid(sizes.window_px, sizes.target_px, (0, 0))
        with seen_on(target, grid) as view:
            for start in starts[::every][:SHIFT_WINDOWS]:
                known, known_valid = self._read_reference(reference, start, sizes)
                new, new_valid = _read_target(view, target, pair.grid, start, sizes)
                self._report.progress("Looking for a shift", len(found), SHIFT_WINDOWS)
                if pair_checks.reason_to_drop(known[present], known_valid, new, new_valid, np.zeros_like(known_valid)):
                    continue
                found.append(
                    pair_checks.shift_of_window(
                        _filled(known[red].mean(axis=0), known_valid),
                        _filled(new.mean(axis=0, dtype=np.float64), new_valid),
                    )
                )
        return pair_checks.median_shift(found)

    def _taken_out(self, number: int) -> tuple[float, float]:
        shift = self._shifts.get(number)
        if shift is None or not self._request.correct_shift or not shift.believed:
            return 0.0, 0.0
        return shift.right, shift.down

    def _read_reference(self, reference: Scene, start: Start, sizes: Sizes) -> tuple[np.ndarray, np.ndarray]:
        window = Window(start[2], start[1], sizes.window_px, sizes.window_px)
        return reference.read(window, self._weights.bands)

    def _check_count(self, windows: Windows, held_out: np.ndarray, sizes: Sizes) -> None:
        count = len(windows.starts)
        if count >= MIN_PAIRS and held_out.sum() >= MIN_HELD_OUT and not held_out.all():
            return
        lost = ", ".join(f"{number} for {reason}" for reason, number in self._dropped.most_common())
        ground = ", ".join(f"{pair.grid.columns} x {pair.grid.rows}" for pair in self._pairs[:3])
        raise InputError(
            f"Pairs of windows that can be used: {count}, {int(held_out.sum())} of them to check with; at least "
            f"{MIN_PAIRS} and {MIN_HELD_OUT} are wanted (dropped: {lost or 'none'}; the images share {ground} "
            f"reference pixels, a window has {sizes.window_px}).",
            "Choose images without clouds and holes that share more ground, add further pairs, or choose a smaller "
            "window.",
        )

    def _result(self, windows: Windows, held_out: np.ndarray, sizes: Sizes, said: list[str]) -> PairData:
        reference, target = windows.images()
        mean, std, constant = statistics(target)
        land_cover, classes = windows.land_cover(self._request.land_cover)
        first = self._pairs[0]
        if constant.any():
            names = [name for name, same in zip(first.target_bands, constant.tolist(), strict=True) if same]
            self._warnings.append(
                f"{', '.join(names)} of the target has the same value in every pixel and tells nothing: if it should "
                "differ, look at the raster; else leave it out of the file."
            )
        for pair in self._pairs:
            if pair.number in self._shifts:
                corrected = self._taken_out(pair.number) != (0.0, 0.0)
                shift = self._shifts[pair.number]
                # Many small rasters, each with few windows, are told about once, below.
                if shift.believed or len(self._pairs) == 1:
                    sentence = pair_checks.shift_warning(shift, pair.target_name, corrected, pair.reference_m)
                    self._warnings += [sentence] if sentence else []
        warnings = [*said, *dict.fromkeys(self._warnings)]
        facts = {
            "windows": len(held_out),
            "held_out": int(held_out.sum()),
            "dropped": dict(self._dropped),
            "window_px": sizes.window_px,
            "target_px": sizes.target_px,
            "references_made": self._made,
            "memory_bytes": int(reference.nbytes + target.nbytes),
            "land_cover_classes": classes,
            **self._shift_facts(),
            **self._date_facts(),
        }
        for sentence in warnings:
            self._report.log(sentence, "warning")
        return PairData(
            reference=reference,
            target=target,
            origin=np.array(windows.starts, np.int64),
            level=first.level,
            target_bands=first.target_bands,
            target_mean=mean,
            target_std=std,
            reference_m=first.reference_m,
            working_m=first.reference_m * sizes.window_px / sizes.target_px,
            land_cover=land_cover,
            held_out=held_out,
            warnings=warnings,
            facts=facts,
        )

    def _shift_facts(self) -> dict[str, Any]:
        """Returns the shift in reference pixels, (right, down), weighed by the windows that tell it."""
        shifts = [shift for shift in self._shifts.values() if shift.used]
        used, looked_at = (sum(getattr(s, name) for s in self._shifts.values()) for name in ("used", "windows"))
        median = [float(np.median([getattr(s, name) for s in shifts for _ in range(s.used)])) for name in
                  ("right", "down")] if shifts else None  # fmt: skip
        return {
            "shift_px": median,
            "shift_share": used / looked_at if looked_at else 0.0,
            "shift_corrected": any(self._taken_out(number) != (0.0, 0.0) for number in self._shifts),
        }

    def _date_facts(self) -> dict[str, Any]:
        days = [abs((a - b).days) for a, b in (pair.dates for pair in self._pairs) if a and b]
        return {
            "dates": [[day.isoformat() if day else "" for day in pair.dates] for pair in self._pairs],
            "days_apart": max(days) if days and not self._made else None,
        }


def _described(path: str) -> dict[str, int]:
    """Returns the bands of a reference that was made, which are called what they are: there may be only one."""
    with rasterio.open(path) as dataset:
        return {str(name): number for number, name in enumerate(dataset.descriptions, 1)}


def _read_target(
    view: WarpedVRT, target: Scene, grid: PairGrid, start: Start, sizes: Sizes
) -> tuple[np.ndarray, np.ndarray]:
    window = grid.target_window(start[1], start[2], sizes.window_px, sizes.target_px)
    try:
        return read_valid(view, list(target.mapping.indexes.values()), window)
    except RasterioError as error:
        raise InputError(f"'{target.name}' cannot be read: {error}.", "Copy or download that file again.") from error


def _class_shares(aligned: AlignedLayer, window: Window) -> dict[int, float]:
    values, valid = aligned.read(window)
    codes, counts = np.unique(values[0][valid[0]], return_counts=True)
    return {int(code): count / valid[0].size for code, count in zip(codes, counts.tolist(), strict=True)}


def _filled(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Returns an image whose few missing pixels hold the mean of the others, which makes the weakest edges."""
    return np.where(valid, image, image[valid].mean())
