"""Which label polygons are held out together: each by itself, or blocks of neighbours where polygons cluster.

A polygon next to one that was trained on is no independent test: the scene is alike there, and the features of both
look at the same surroundings. Knows outlines in pixels and class indices; nothing of files or features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

IntArray = NDArray[np.integer]

POLYGON, BLOCK = "polygon", "block"
NEAR_SHARE = 0.5  # of the polygons with a near one of their class, from which on they count as clustered
CLUSTERED_INDEX, CLUSTERED_DEVIATIONS = 0.7, 2.58  # Clark-Evans index below which, by so much that 1 % is chance
FEWEST_POLYGONS = 8  # of fewer, distances say nothing
FEWEST_BLOCKS = 3
MOST_TILES = 15  # three in each of five folds; the interval of a regression takes at least 12 (`regressors`)
PER_TILE = 2  # polygons, on average, at least
LARGEST_SHARE = 0.5  # of all polygons in one block
FEWEST_REGRESSION_BLOCKS = 5  # fewer give no score (`regression_validation`)
_STANDARD_ERROR = 0.26136  # of the mean distance to the nearest neighbour, Clark and Evans 1954, doi:10.2307/1931034


@dataclass(frozen=True)
class SampleGroups:
    """What is held out together.

    Attributes:
        kind: "polygon" or "block".
        numbers: (P,) group of each polygon.
        reason: Why, as one sentence.
    """

    kind: str
    numbers: IntArray
    reason: str


@dataclass(frozen=True)
class Spacing:
    """How polygons lie to each other.

    Attributes:
        near_share: Share of the polygons that have another one of their class nearer than the reach.
        index: Clark-Evans index: mean distance of the centres to the nearest one over that expected of as many random
            places in the labelled extent (convex hull); 1 is random, less is clustered.
        deviations: How many standard errors the mean distance lies below the expected one.
        expected_px: That expected distance.
        reach_px: The reach.
    """

    near_share: float
    index: float
    deviations: float
    expected_px: float
    reach_px: float

    @property
    def near(self) -> bool:
        """Whether many polygons are neighbours of one of their class."""
        return self.near_share >= NEAR_SHARE

    @property
    def clustered(self) -> bool:
        """Whether centres lie closer together than chance."""
        return self.index < CLUSTERED_INDEX and self.deviations > CLUSTERED_DEVIATIONS

    def sentence(self) -> str:
        """Returns the figures in words; where polygons cluster, those that say so."""
        near = f"{self.near_share:.0%} of them have another one of their class within {self.reach_px:.0f} pixels"
        random = f"they lie {self.index:.2f} times as far apart as random places would"
        told = [text for text, is_so in ((near, self.near), (random, self.clustered)) if is_so]
        return " and ".join(told or (near, random))


def sample_groups(outlines: Sequence[Any], kinds: IntArray, wanted: str, reach_px: float, fewest: int) -> SampleGroups:
    """Decides what is held out together.

    "auto" takes blocks where at least half of the polygons have another one of their class within the reach, or where
    centres lie less than .7 times as far apart as random places would, and that is not by chance (Clark-Evans test,
    1 %). Blocks are polygons that are linked by gaps shorter than the reach or than the distance expected of random
    places; where that makes one large chain, tiles of about equal size (k-means of the centres). Blocks are used only
    if every class with two polygons lies in at least two of them; else polygons are held out one by one.

    Args:
        outlines: P geometries in pixels of a scene.
        kinds: (P,) class index; all equal where labels are numbers.
        wanted: "auto", "polygon" or "block".
        reach_px: How far the features of a pixel look.
        fewest: Blocks that are needed.
    """
    singles = np.arange(len(outlines))
    if wanted == POLYGON:
        return SampleGroups(POLYGON, singles, "Whole polygons were held out, as chosen.")
    if len(outlines) < FEWEST_POLYGONS:
        few = f"{len(outlines)} polygons are too few for blocks"
        return SampleGroups(POLYGON, singles, f"Whole polygons were held out: {few}.")
    if not np.isfinite(shapely.bounds(outlines)).all():
        far = "the scenes lie too far apart to measure distances between their polygons"
        return SampleGroups(POLYGON, singles, f"Whole polygons were held out: {far}.")
    spacing = measure_spacing(outlines, kinds, reach_px)
    if wanted == "auto" and not (spacing.near or spacing.clustered):
        return SampleGroups(
            POLYGON, singles, f"Whole polygons were held out, as they do not cluster: {spacing.sentence()}."
        )
    because = "as chosen" if wanted == BLOCK else f"as polygons cluster ({spacing.sentence()})"
    link_px = max(reach_px, spacing.expected_px)
    chains = _chains(outlines, link_px)
    if _serves(chains, kinds, fewest):
        count = chains.max() + 1
        apart = f"{count} groups of polygons that lie at least {link_px:.0f} pixels apart"
        return SampleGroups(BLOCK, chains, f"Blocks of neighbouring polygons were held out, {because}: {apart}.")
    tiles = _tiles(outlines, max(fewest, min(MOST_TILES, len(outlines) // PER_TILE)))
    if _serves(tiles, kinds, fewest):
        apart = f"{tiles.max() + 1} tiles, across whose borders there are still neighbours"
        return SampleGroups(BLOCK, tiles, f"Blocks of neighbouring polygons were held out, {because}: {apart}.")
    return SampleGroups(
        POLYGON,
        singles,
        f"Whole polygons were held out although neighbours should be held out together, {because}: blocks would leave "
        "a class without training polygons or hold most of the polygons; the score may be too high. Draw polygons of "
        "every class in several parts of the scene.",
    )


def measure_spacing(outlines: Sequence[Any], kinds: IntArray, reach_px: float) -> Spacing:
    """Measures how at least two polygons lie to each other; arguments as of `sample_groups`."""
    shapes = np.asarray(outlines, object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=reach_px)
    alike = (first != second) & (kinds[first] == kinds[second])
    near_share = len(np.unique(first[alike])) / len(shapes)
    distances, _ = KDTree(_centres(shapes)).query(_centres(shapes), k=2)
    extent = shapely.convex_hull(shapely.geometrycollections(shapes)).area
    density = len(shapes) / max(extent, 1e-9)
    expected = 0.5 / np.sqrt(density)
    error = _STANDARD_ERROR / np.sqrt(len(shapes) * density)
    nearest = distances[:, 1].mean()
    return Spacing(
        near_share, float(nearest / expected), float((expected - nearest) / error), float(expected), reach_px
    )


def _centres(shapes: NDArray[Any]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = shapely.get_coordinates(shapely.centroid(shapes))
    return found


def _chains(outlines: Sequence[Any], link_px: float) -> IntArray:
    """Returns the group of each polygon: those with a gap shorter than `link_px` between them are in one."""
    shapes = np.asarray(outlines, object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=link_px)
    linked = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(len(shapes), len(shapes)))
    groups: IntArray = connected_components(linked.tocsr(), directed=False)[1]
    return groups


def _tiles(outlines: Sequence[Any], count: int) -> IntArray:
    centres = _centres(np.asarray(outlines, object))
    with threadpool_limits(1):
        found = KMeans(min(count, len(np.unique(centres, axis=0))), n_init=1, random_state=0).fit_predict(centres)
    groups: IntArray = found.astype(np.int64)
    return groups


def _serves(groups: IntArray, kinds: IntArray, fewest: int) -> bool:
    """Returns whether there are blocks enough, none of them too large, and two of every class with two polygons."""
    counts = np.bincount(groups)
    if np.count_nonzero(counts) < fewest or counts.max() > LARGEST_SHARE * len(groups):
        return False
    return all(
        len(np.unique(groups[kinds == kind])) > 1 for kind in np.unique(kinds) if np.count_nonzero(kinds == kind) > 1
    )
