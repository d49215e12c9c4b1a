"""Pretext tasks: what a masked autoencoder is asked to predict, and in which form it comes.

A target with axis letters: "map" (N, C, H, W) float, NaN = missing; "class_map" (N, H, W) int64, -1 = missing; "vector"
(N, C) float, NaN = missing; "category" (N,) int64, -1 = missing. Knows nothing of files, models or losses.
"""

from dataclasses import dataclass

KINDS = ("map", "class_map", "vector", "category")
INPUT = "sentinel2"  # the task whose map is also the encoder's input, whatever sensor it comes from


@dataclass(frozen=True)
class Task:
    """One pretext task.

    Attributes:
        name: Name in files, checkpoints and messages.
        kind: One of `KINDS`.
        channels: Bands of a map, numbers of a vector, classes of a class map or category.
    """

    name: str
    kind: str
    channels: int


# The twelve of MMEarth, in the order of its code, and so of the uncertainty weights in its checkpoints
# (arXiv:2405.02771, §3 and §4; MMEarth-train, MODALITIES.py).
MMEARTH_TASKS: tuple[Task, ...] = (
    Task("sentinel2", "map", 12),
    Task("sentinel1", "map", 8),
    Task("aster", "map", 2),
    Task("era5", "vector", 12),
    Task("dynamic_world", "class_map", 9),
    Task("canopy_height_eth", "map", 2),
    Task("lat", "vector", 2),
    Task("lon", "vector", 2),
    Task("biome", "category", 14),
    Task("eco_region", "category", 846),
    Task("month", "vector", 2),
    Task("esa_worldcover", "class_map", 11),
)
