"""The verb `assess`: a class map and independent sample points become accuracies and areas with intervals."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmearth import protocol
from mmearth.errors import InputError
from mmearth.mapping.class_map import ClassMap, class_at, read_class_map
from mmearth.mapping.sample_layer import Design, SamplePoints, read_sample
from mmearth.progress import Report
from mmearth.reports.assess_report import AssessContent, write_assess_report
from mmearth.scenes.raster import Grid
from mmearth.styles import PALETTE, ClassInfo
from mmearth.validation.area_estimates import AreaEstimates, Estimate, estimate

STRATIFIED = "stratified"
POST_STRATIFIED = "post-stratified"
OTHER_MAP = "stratified by another map"
HOW = {
    STRATIFIED: (
        "The points were drawn at random inside each class of this map, so each stands for its class's area "
        "(stratified estimator; Olofsson et al. 2014, doi:10.1016/j.rse.2014.02.015)."
    ),
    POST_STRATIFIED: (
        "The layer does not say how its points were drawn. They are taken as drawn at random over the whole map and "
        "are weighed by the area of the class that they fall on (post-stratified estimator; Olofsson et al. 2014, "
        "doi:10.1016/j.rse.2014.02.015). If they were placed by hand, or where labels were, the figures do not hold."
    ),
    OTHER_MAP: (
        "The points were drawn at random inside each class of '{map}', another map or an earlier version of this one; "
        "the areas of its classes weigh them (Stehman 2014, doi:10.1080/01431161.2014.930207)."
    ),
}
_FEW_POINTS = 20  # of a class on the map; with fewer, its interval is wide and hardly normal
_LISTED = 8


@dataclass(frozen=True)
class _Points:
    """Points that take part, and the classes they speak of.

    Attributes:
        classes: Of the map, then those that only points have.
        strata: (n,) index of the stratum.
        mapped, reference: (n,) class index.
        stratum_names: Of each stratum.
        stratum_area_m2: (H,).
        estimator: One of the keys of `HOW`.
        warnings: What was left out.
    """

    classes: tuple[ClassInfo, ...]
    strata: NDArray[np.int64]
    mapped: NDArray[np.int64]
    reference: NDArray[np.int64]
    stratum_names: tuple[str, ...]
    stratum_area_m2: NDArray[np.float64]
    estimator: str
    warnings: list[str]


def run(request: protocol.AssessRequest, report: Report) -> dict[str, Any]:
    """Compares a class map with points whose true class somebody has filled in.

    Args:
        request: See `protocol.AssessRequest`.
        report: Told after every tile of the map.

    Returns:
        headline, report, estimator, points, accuracy (overall: value, error, interval; points), classes (a row each:
        value, name, color, points, mapped_m2, area_m2, area_error_m2, area_interval_m2, users, users_interval,
        producers, producers_interval; None where it cannot be known), warnings, seconds.

    Raises:
        InputError: map or points do not serve, or no point on the map has a class.
        ResourceError: the report cannot be written.
    """
    started_s = time.monotonic()
    found = read_class_map(request.map, report)
    sample = read_sample(request.samples, request.samples_layer, request.field, found.grid.crs)
    points = _matched(found, sample, report)
    estimates = estimate(points.strata, points.mapped, points.reference, points.stratum_area_m2, len(points.classes))
    warnings = points.warnings + _shortcomings(points, estimates)
    for warning in warnings:
        report.log(warning, "warning")
    mapped_m2 = np.zeros(len(points.classes))
    mapped_m2[: len(found.classes)] = found.area_m2
    rows = [_row(c, points.classes[c], float(mapped_m2[c]), estimates) for c in range(len(points.classes))]
    overall = estimates.overall
    accuracy = {
        "overall": _known(overall.value),
        "overall_error": _known(overall.error),
        "overall_interval": _interval(overall, 1.0),
        "points": len(points.strata),
        "estimator": points.estimator,
    }
    how = HOW[points.estimator].format(map=sample.design.map if sample.design is not None else "")
    content = AssessContent(
        accuracy=accuracy,
        classes=rows,
        counts=estimates.points,
        shares=estimates.proportions,
        total_m2=estimates.area_m2,
        how=how,
        facts=(
            ("Map", found.name),
            ("Points", f"{sample.name}, field {sample.field}"),
            ("Coordinate system", found.grid.crs.to_string()),
            ("Estimator", points.estimator),
        ),
        notes=tuple(warnings),
    )
    page, headline = write_assess_report(request.report, content)
    return {
        "headline": headline,
        "report": str(page),
        "accuracy": accuracy,
        "classes": rows,
        "warnings": warnings,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _matched(found: ClassMap, sample: SamplePoints, report: Report) -> _Points:
    """Puts points and map together, leaving out points that say nothing."""
    warnings: list[str] = []
    labelled = np.array([bool(label) for label in sample.labels])
    if not labelled.any():
        raise InputError(
            f"None of the {len(labelled)} points of '{sample.name}' has a class in field '{sample.field}'.",
            "Fill in the true class of each point and save the layer.",
        )
    if not labelled.all():
        warnings.append(
            f"{np.count_nonzero(~labelled)} of {len(labelled)} points have no class yet and are left out. If these are "
            "the difficult ones, the map looks better than it is."
        )
    rows, cols = _pixels(found.grid, sample.xy)
    mapped = class_at(found, rows, cols, report)
    outside = labelled & (mapped < 0)
    if outside.any():
        warnings.append(f"{np.count_nonzero(outside)} points lie where the map holds no class and are left out.")
    used = labelled & (mapped >= 0)
    estimator, strata, names, area_m2 = _strata(found, sample, mapped)
    unknown = used & (strata < 0)
    if unknown.any():
        warnings.append(
            f"{np.count_nonzero(unknown)} points have no stratum, so they were added later, and are left out."
        )
    used &= strata >= 0
    if not used.any():
        raise InputError(
            f"No point of '{sample.name}' that has a class lies on the map '{found.name}'.",
            "Choose points inside the map, or check the coordinate reference system of both.",
        )
    classes, reference = _references(
        [label for label, u in zip(sample.labels, used, strict=True) if u], found, warnings
    )
    return _Points(classes, strata[used], mapped[used], reference, names, area_m2, estimator, warnings)


def _strata(
    found: ClassMap, sample: SamplePoints, mapped: NDArray[np.int64]
) -> tuple[str, NDArray[np.int64], tuple[str, ...], NDArray[np.float64]]:
    """Returns the estimator, the stratum of each point (-1 where unknown), and names and areas of the strata."""
    if sample.design is None or sample.codes is None:
        return POST_STRATIFIED, mapped, tuple(info.name for info in found.classes), found.area_m2
    strata = sample.design.strata
    place = {stratum.code: i for i, stratum in enumerate(strata)}
    index = np.array([place.get(int(code), -1) for code in sample.codes], np.int64)
    area_m2 = np.array([stratum.area_m2 for stratum in strata])
    estimator = STRATIFIED if _is_same_map(found, sample.design) else OTHER_MAP
    return estimator, index, tuple(stratum.name for stratum in strata), area_m2


def _is_same_map(found: ClassMap, design: Design) -> bool:
    """Tells whether points were drawn on this map, wherever it stands now: same grid, same pixels of each class."""
    pixels = {info.value: int(n) for info, n in zip(found.classes, found.pixels, strict=True) if n}
    return (
        pixels == {stratum.value: stratum.pixels for stratum in design.strata}
        and (found.grid.width, found.grid.height) == design.size
        and np.allclose(tuple(found.grid.transform)[:6], design.transform)
    )


def _references(
    labels: list[str], found: ClassMap, warnings: list[str]
) -> tuple[tuple[ClassInfo, ...], NDArray[np.int64]]:
    """Returns the classes of map and points, and the index of each point's true one, told by name or by value."""
    by_text = {str(info.value): i for i, info in enumerate(found.classes)}
    by_text |= {info.name.strip().lower(): i for i, info in enumerate(found.classes)}
    further = sorted({label for label in labels if label.lower() not in by_text})
    if further:
        listed = ", ".join(f"'{label}' ({labels.count(label)} points)" for label in further[:_LISTED])
        warnings.append(
            f"Not a class of the map: {listed}{', …' if len(further) > _LISTED else ''}. These points count as errors "
            f"of the map; its classes are {', '.join(info.name for info in found.classes[:_LISTED])}. "
            "Check the spelling."
        )
    if len(further) > len(labels) / 2 and len(further) > len(found.classes):
        raise InputError(
            f"The points' classes are not the map's: {listed}; the map has "
            f"{', '.join(repr(info.name) for info in found.classes[:_LISTED])}.",
            "Fill in names or values of the map's classes, or choose another field.",
        )
    values = max(info.value for info in found.classes)
    added = [
        ClassInfo(values + 1 + i, label, PALETTE[(len(found.classes) + i) % len(PALETTE)])
        for i, label in enumerate(further)
    ]
    by_text |= {label.lower(): len(found.classes) + i for i, label in enumerate(further)}
    return (*found.classes, *added), np.array([by_text[label.lower()] for label in labels], np.int64)


def _pixels(grid: Grid, xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns row and column of the pixel that each point lies in, -1 for no point."""
    there = np.isfinite(xy).all(axis=1)
    cols, rows = ~grid.transform @ (np.where(there, xy[:, 0], 0.0), np.where(there, xy[:, 1], 0.0))
    limit = 2.0**40  # far beyond any raster, and safe as a whole number
    places = [np.where(there, np.floor(np.clip(v, -1.0, limit)), -1).astype(np.int64) for v in (rows, cols)]
    return places[0], places[1]


def _shortcomings(points: _Points, estimates: AreaEstimates) -> list[str]:
    """Returns what the points cannot tell, or only just."""
    found = []
    in_stratum = np.bincount(points.strata, minlength=len(points.stratum_names))
    total_m2 = points.stratum_area_m2.sum()
    for name, n, area_m2 in zip(points.stratum_names, in_stratum, points.stratum_area_m2, strict=True):
        if n == 0 and area_m2 > 0:
            found.append(
                f"No point was labelled in the part mapped as '{name}', {area_m2 / total_m2:.1%} of the area: all "
                "figures are about the rest."
            )
        elif n == 1:
            found.append(
                f"A single point was labelled in the part mapped as '{name}': standard errors and intervals that "
                "depend on it cannot be known. Label at least 2 there (50 are better)."
            )
    few = [
        f"{info.name} ({n})"
        for info, n in zip(points.classes, estimates.points.sum(axis=1).tolist(), strict=True)
        if 1 < n < _FEW_POINTS
    ]
    if few:
        found.append(
            f"Fewer than {_FEW_POINTS} points on what is mapped as {', '.join(few)}: intervals are rough there."
        )
    return found


def _row(index: int, info: ClassInfo, mapped_m2: float, estimates: AreaEstimates) -> dict[str, Any]:
    shares, total_m2 = _at(estimates.shares, index), estimates.area_m2
    ends = _interval(shares, 1.0)
    error = _known(shares.error)
    return {
        "value": info.value,
        "name": info.name,
        "color": info.color,
        "points": int(estimates.points[index].sum()),
        "true_points": int(estimates.points[:, index].sum()),
        "mapped_m2": mapped_m2,
        "area_m2": float(shares.value) * total_m2,
        "area_error_m2": None if error is None else error * total_m2,
        "area_interval_m2": None if ends is None else [end * total_m2 for end in ends],
        "users": _known(estimates.users.value[index]),
        "users_interval": _interval(_at(estimates.users, index), 1.0),
        "producers": _known(estimates.producers.value[index]),
        "producers_interval": _interval(_at(estimates.producers, index), 1.0),
    }


def _at(figure: Estimate, index: int) -> Estimate:
    return Estimate(figure.value[index], figure.error[index])


def _known(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _interval(figure: Estimate, largest: float) -> list[float] | None:
    """Returns the 95 % interval of one figure between 0 and its largest value; None where it is not known."""
    value, half = float(figure.value), float(figure.half_width)
    if not np.isfinite([value, half]).all():
        return None
    return [max(0.0, value - half), min(largest, value + half)]
