"""What may be wrong with label polygons: each problem with the features and the place, so that one can go and look.

Knows outlines, class indices and brightness as arrays; nothing of files, grids or models.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
Bounds = tuple[float, float, float, float]

OVERLAP, SLIVER, OUTSIDE, NODATA, CLOUD, INVALID, UNLABELLED, SINGLE = (
    "overlap", "sliver", "outside", "nodata", "cloud", "invalid", "unlabelled", "single",
)  # fmt: skip
MOST_OF_A_KIND = 200  # problems of one kind that are listed one by one
HAIRLINE = 0.001  # of the smaller polygon's area: less is how neighbours are digitised, not a conflict
MOSTLY = 0.5
LISTED = 5  # features that a sentence names

# Zhu and Woodcock 2012, doi:10.1016/j.rse.2011.10.028, potential cloud pixels: whiteness and the haze-optimised
# transform, on reflectance.
WHITENESS, HAZE_SLOPE, HAZE_OFFSET = 0.7, 0.5, 0.08
BRIGHT_DEVIATIONS = 3.0  # above the scene's median, in its median absolute deviation as of a normal distribution
CLOUDED = 0.3  # share of a polygon's pixels from which on it is told

_KINDS = {
    OVERLAP: ("overlap of polygons of different classes", "overlaps of polygons of different classes"),
    SLIVER: ("polygon without a pixel centre", "polygons without a pixel centre"),
    OUTSIDE: ("polygon outside the raster", "polygons outside the raster"),
    NODATA: ("polygon on nodata", "polygons on nodata"),
    CLOUD: ("polygon that may be cloud", "polygons that may be cloud"),
    INVALID: ("polygon with an invalid outline, repaired", "polygons with an invalid outline, repaired"),
    UNLABELLED: ("polygon without a value, left out", "polygons without a value, left out"),
}


@dataclass(frozen=True)
class Problem:
    """Something to look at.

    Attributes:
        kind: One of the names above.
        message: One sentence.
        features: Feature ids in the label layer.
        bounds: (left, bottom, right, top) of the place, in `crs`.
        crs: Of the label layer.
    """

    kind: str
    message: str
    features: tuple[int, ...]
    bounds: Bounds
    crs: str

    def to_json(self) -> dict[str, Any]:
        """Returns it as every verb reports it."""
        return {
            "kind": self.kind,
            "message": self.message,
            "features": list(self.features),
            "bounds": list(self.bounds),
            "crs": self.crs,
        }


@dataclass(frozen=True)
class Places:
    """Where polygons are: what a problem says of its place.

    Attributes:
        fids: (P,) feature ids.
        outlines: P geometries in the label layer's own CRS.
        crs: That CRS.
    """

    fids: IntArray
    outlines: Sequence[Any]
    crs: str

    def problem(self, kind: str, message: str, *polygons: int) -> Problem:
        """Returns a problem with some polygons; its place is where they lie together."""
        left, bottom, right, top = (float(v) for v in shapely.total_bounds([self.outlines[i] for i in polygons]))
        return Problem(kind, message, tuple(int(self.fids[i]) for i in polygons), (left, bottom, right, top), self.crs)


def overlaps(
    places: Places, values: IntArray, negative: NDArray[np.bool_], called: Callable[[int], str]
) -> list[Problem]:
    """Finds pairs of polygons that overlap and cannot both be right.

    Args:
        places: Of the polygons.
        values: (P,) class index.
        negative: (P,) bool: is anything but that class.
        called: Says what a polygon is labelled as.
    """
    outlines = np.asarray(places.outlines, object)
    first, second = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    same = values[first] == values[second]
    conflict = np.where(negative[first] ^ negative[second], same, ~same & ~negative[first])
    pairs = (first < second) & conflict
    found = []
    for a, b in sorted(zip(first[pairs].tolist(), second[pairs].tolist(), strict=True)):
        shared = shapely.intersection(outlines[a], outlines[b])
        if shared.area <= HAIRLINE * min(outlines[a].area, outlines[b].area):
            continue
        left, bottom, right, top = (float(v) for v in shapely.bounds(shared))
        features = int(places.fids[a]), int(places.fids[b])
        message = (
            f"Polygon {features[0]} ({called(a)}) and polygon {features[1]} ({called(b)}) overlap: "
            "pixels in both are left out."
        )
        found.append(Problem(OVERLAP, message, features, (left, bottom, right, top), places.crs))
    return found


def on_nodata(places: Places, looked_at: dict[int, int], with_data: dict[int, int]) -> list[Problem]:
    """Finds polygons that mostly or wholly lie on nodata.

    Args:
        places: Of the polygons.
        looked_at: Pixels that were looked at, by polygon.
        with_data: How many of them hold data, by polygon.
    """
    found = []
    for polygon, count in looked_at.items():
        empty = 1 - with_data.get(polygon, 0) / count
        if empty >= MOSTLY:
            what = "lies on nodata and teaches nothing" if empty == 1 else f"lies on nodata by {empty:.0%}"
            found.append(places.problem(NODATA, f"Polygon {places.fids[polygon]} {what}.", polygon))
    return found


def is_cloud_like(colors: FloatArray, scene: FloatArray) -> NDArray[np.bool_]:
    """Returns (n,) which pixels are white, hazy, and far brighter in the visible than their scene.

    An honest guess only: white roofs and snow pass the test, and thin cloud or a wholly clouded scene does not.

    Args:
        colors: (n, 3) blue, green and red reflectance.
        scene: (m, 3) the same of pixels drawn from the scene.
    """
    brightness, usual = colors.mean(axis=1), scene.mean(axis=1)
    median = np.median(usual)
    deviation = 1.4826 * np.median(np.abs(usual - median))
    whiteness = np.abs(colors - brightness[:, None]).sum(axis=1) / np.maximum(brightness, 1e-6)
    haze = colors[:, 0] - HAZE_SLOPE * colors[:, 2] - HAZE_OFFSET
    result: NDArray[np.bool_] = (
        (brightness > median + BRIGHT_DEVIATIONS * deviation) & (whiteness < WHITENESS) & (haze > 0)
    )
    return result


def in_clouds(places: Places, values: IntArray, polygons: IntArray, cloud_like: NDArray[np.bool_]) -> list[Problem]:
    """Finds polygons that may be cloud; where most polygons of a class look so, the class itself is white.

    Args:
        places: Of all polygons.
        values: (P,) class index; all different where they are numbers.
        polygons: (n,) polygon of each pixel.
        cloud_like: (n,) from `is_cloud_like`.
    """
    numbers, pixel = np.unique(polygons, return_inverse=True)
    shares = np.bincount(pixel, cloud_like) / np.bincount(pixel)
    clouded = shares >= CLOUDED
    kinds = values[numbers]
    found = []
    for polygon, share in zip(numbers[clouded].tolist(), shares[clouded], strict=True):
        own = clouded[kinds == values[polygon]]
        if len(own) > 1 and own.mean() > MOSTLY:
            continue
        message = (
            f"Polygon {places.fids[polygon]} may be cloud: {share:.0%} of its pixels are white and far brighter than "
            "the scene."
        )
        found.append(places.problem(CLOUD, message, polygon))
    return found


def merged(problems: Iterable[Problem], taught: set[int]) -> list[Problem]:
    """Returns the problems of several scenes together, each once.

    A polygon that lies outside one scene, or on nodata there, and teaches on another has no such problem; of one that
    teaches nowhere the reason is told of the scene that it lies on.

    Args:
        problems: Of all scenes.
        taught: Feature ids of the polygons that have labelled pixels with data.
    """
    unique = list(dict.fromkeys(problems))
    on_a_scene = {f for p in unique if p.kind in (SLIVER, NODATA) for f in p.features}
    kept: list[Problem] = []
    for problem in unique:
        features = set(problem.features)
        if problem.kind in (OUTSIDE, SLIVER) and features <= taught:
            continue
        if problem.kind == OUTSIDE and features <= on_a_scene:
            continue
        kept.append(problem)
    return kept


def shortened(problems: Sequence[Problem]) -> list[Problem]:
    """Returns at most `MOST_OF_A_KIND` problems of each kind; `sentences` still counts all."""
    seen: dict[str, int] = {}
    kept = []
    for problem in problems:
        seen[problem.kind] = seen.get(problem.kind, 0) + 1
        if seen[problem.kind] <= MOST_OF_A_KIND:
            kept.append(problem)
    return kept


def sentences(problems: Sequence[Problem]) -> list[str]:
    """Returns a sentence for each kind of problem, and one for each class of a single polygon."""
    found = []
    for kind, (one, several) in _KINDS.items():
        own = [problem for problem in problems if problem.kind == kind]
        if own:
            ids = list(dict.fromkeys(f for problem in own for f in problem.features))
            listed = ", ".join(map(str, ids[:LISTED])) + (", …" if len(ids) > LISTED else "")
            what = one if len(own) == 1 else several
            found.append(f"{len(own)} {what} ({'feature' if len(ids) == 1 else 'features'} {listed}).")
    return found + [problem.message for problem in problems if problem.kind == SINGLE]
