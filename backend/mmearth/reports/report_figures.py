"""Figures of report pages as SVG: bars, calibration, learning curve, estimates against values. Knows numbers only."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmearth.classifiers.temperature import Reliability
from mmearth.validation.cross_validation import FloatArray, Interval
from mmearth.validation.learning_curve import LearningCurve

_DRAWN_SHARE = 0.02  # of all samples; bins that hold less are dots beside the line
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 10, 46  # margins of a plot, px


@dataclass(frozen=True)
class Bar:
    """One bar of a figure.

    Attributes:
        name: Stands at its left.
        value: Its length; None is told as "not known".
        interval: Of its whisker; None leaves it out.
        kind: Number of its colour in the style sheet.
        text: Stands at its right; empty means the value.
    """

    name: str
    value: float | None
    interval: Interval | None
    kind: int
    text: str = ""


def bars(rows: Sequence[Bar], label: str, largest: float = 1.0) -> str:
    """Returns horizontal bars with whiskers, from 0 to `largest`; each bar's title holds the figures."""
    left_px, scale_px, row_px = 170, 440 / largest, 44
    height_px = row_px * len(rows) + 30
    parts = [f'<svg viewBox="0 0 720 {height_px}" role="img" aria-label="{html.escape(label)}" class="figure bars">']
    for tick in _ticks(0, largest):
        x = left_px + scale_px * tick
        parts.append(
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{height_px - 24}"/>'
            f'<text class="tick" x="{x:.1f}" y="{height_px - 6}">{_spoken(tick, largest)}</text>'
        )
    for i, row in enumerate(rows):
        middle = 4 + row_px * (i + 0.5)
        parts.append(f'<text class="name" x="{left_px - 12}" y="{middle + 5}">{html.escape(_short(row.name))}</text>')
        if row.value is None:
            parts.append(f'<text class="value" x="{left_px + 8}" y="{middle + 5}">not known</text>')
            continue
        width = right = scale_px * row.value
        parts.append(
            f'<rect class="bar bar{row.kind}" x="{left_px}" y="{middle - 13}" width="{width:.1f}" height="26" rx="3">'
            f"<title>{html.escape(row.name)}: {row.value:.4g}</title></rect>"
        )
        if row.interval is not None:
            low, high = (left_px + scale_px * v for v in row.interval)
            right = max(right, high - left_px)
            parts.append(
                f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}'
                f'M{low:.1f} {middle - 5}v10M{high:.1f} {middle - 5}v10"/>'
            )
        text = html.escape(row.text or f"{row.value:.2f}")
        parts.append(f'<text class="value" x="{left_px + right + 10:.1f}" y="{middle + 5}">{text}</text>')
    return "".join([*parts, "</svg>"])


def calibration(before: Reliability, after: Reliability) -> str:
    """Returns the reliability diagram: share that is right over the probability given, before and after."""
    plot = _Plot((0, 1), (0, 1), 360, 330)
    parts = [plot.path([0, 1], [0, 1], "ideal")]
    for bins, kind in ((before, "before"), (after, "after")):
        enough = bins.share >= _DRAWN_SHARE
        parts.append(plot.path(bins.confidence[enough], bins.accuracy[enough], kind))
        parts += [
            plot.dot(x, y, kind, 2.5 + 7 * share**0.5, f"{kind}: told {x:.2f}, right {y:.2f}, {share:.0%} of samples")
            for x, y, share in zip(bins.confidence, bins.accuracy, bins.share, strict=True)
        ]
    label = "Reliability diagram: share of right ones over the probability given"
    return plot.svg("".join(parts), "Probability of the most probable class", "Share that is right", label)


def learning(curve: LearningCurve) -> str:
    """Returns macro-F1 over polygons of a class, every draw as a dot, and what twice the polygons may give."""
    twice = 2 * curve.available
    plot = _Plot((0, (twice if curve.gain is not None else curve.sizes[-1]) * 1.05), (0, 1), 560, 280)
    parts = [plot.path(curve.sizes, curve.means, "after")]
    parts += [
        plot.dot(size, score, "after", 3, f"{size:.3g} polygons of a class: {score:.3f}")
        for size, row in zip(curve.sizes, curve.scores, strict=True)
        for score in row
    ]
    if curve.gain is not None and curve.gain_interval is not None:
        # The gain is told over all polygons; the curve ends where one of three folds is held out.
        start = min(1.0, curve.means[-1])
        low, high = (min(1.0, start + gain) for gain in curve.gain_interval)
        parts.append(plot.path([curve.sizes[-1], twice], [start, min(1.0, start + curve.gain)], "guess"))
        parts.append(plot.path([twice, twice], [low, high], "whisker"))
    label = "Learning curve: macro-F1 over polygons to train on"
    return plot.svg("".join(parts), "Polygons of a class to train on", "Macro-F1", label)


def scatter(values: FloatArray, estimates: FloatArray, name: str) -> str:
    """Returns estimates with their intervals over values, a dot a polygon.

    Args:
        values: (P,).
        estimates: (P, 3) estimate, low and high; ends that are NaN are left out.
        name: Of what is estimated.
    """
    ends = _padded(np.concatenate([values, estimates[np.isfinite(estimates)]]))
    plot = _Plot(ends, ends, 420, 390)
    parts = [plot.path(ends, ends, "ideal")]
    for value, (estimate, low, high) in zip(values, estimates, strict=True):
        if np.isfinite([low, high]).all():
            parts.append(plot.path([value, value], [low, high], "spread"))
        parts.append(plot.dot(value, estimate, "after", 3.5, f"value {value:.4g}, estimate {estimate:.4g}"))
    return plot.svg("".join(parts), f"{name}, as labelled", "Estimate", f"Estimates of {name} over values")


def residuals(values: FloatArray, errors: FloatArray, name: str) -> str:
    """Returns estimate minus value over values, a dot a polygon."""
    plot = _Plot(_padded(values), _padded(np.append(errors, 0.0)), 420, 240)
    parts = [plot.path(plot.x_range, [0, 0], "ideal")]
    parts += [
        plot.dot(v, e, "before", 3.5, f"value {v:.4g}, error {e:+.4g}") for v, e in zip(values, errors, strict=True)
    ]
    return plot.svg("".join(parts), f"{name}, as labelled", "Estimate − value", f"Errors of {name} over values")


@dataclass(frozen=True)
class _Plot:
    """A frame with linear axes; its size is that of the area inside the axes, px."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    width: int
    height: int

    def x(self, value: float) -> float:
        low, high = self.x_range
        return _LEFT + self.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return _TOP + self.height * (1 - (value - low) / (high - low))

    def path(self, xs: Sequence[float] | FloatArray, ys: Sequence[float] | FloatArray, kind: str) -> str:
        points = " ".join(f"{self.x(float(x)):.1f},{self.y(float(y)):.1f}" for x, y in zip(xs, ys, strict=True))
        return f'<polyline class="line {kind}" points="{points}"/>'

    def dot(self, x: float, y: float, kind: str, radius: float, title: str) -> str:
        at = f'cx="{self.x(float(x)):.1f}" cy="{self.y(float(y)):.1f}" r="{radius:.1f}"'
        return f'<circle class="dot {kind}" {at}><title>{html.escape(title)}</title></circle>'

    def svg(self, body: str, x_title: str, y_title: str, label: str) -> str:
        width, height = _LEFT + self.width + _RIGHT, _TOP + self.height + _BOTTOM
        right, bottom = _LEFT + self.width, _TOP + self.height
        axes = []
        for tick in _ticks(*self.x_range):
            x = self.x(tick)
            axes.append(
                f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>'
                f'<text class="tick" x="{x:.1f}" y="{bottom + 16}">{_spoken(tick, self.x_range[1])}</text>'
            )
        for tick in _ticks(*self.y_range):
            y = self.y(tick)
            axes.append(
                f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text class="tick end" x="{_LEFT - 6}" y="{y + 4:.1f}">{_spoken(tick, self.y_range[1])}</text>'
            )
        middle = _TOP + self.height / 2
        titles = (
            f'<text class="tick" x="{_LEFT + self.width / 2}" y="{height - 8}">{html.escape(x_title)}</text>'
            f'<text class="tick" transform="translate(14 {middle}) rotate(-90)">{html.escape(y_title)}</text>'
        )
        return (
            f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(label)}" class="figure"'
            f' style="max-width: {width}px">{"".join(axes)}{titles}{body}</svg>'
        )


def _ticks(low: float, high: float) -> list[float]:
    """Returns round numbers between two ends, about five."""
    step = 10.0 ** np.floor(np.log10((high - low) / 4))
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= 5.5)
    first = np.ceil(low / step - 1e-9)
    return [float(step * (first + i)) for i in range(int(np.floor(high / step + 1e-9) - first) + 1)]


def _spoken(tick: float, largest: float) -> str:
    return f"{tick:,.0f}" if abs(largest) >= 20 else f"{tick:.3g}"


def _padded(values: FloatArray) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:23] + "…"
