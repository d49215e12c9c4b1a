"""Windows that the sample of a scene is drawn from."""

import numpy as np
import pytest
from affine import Affine
from mmearth.mapping.few_shot_samples import SAMPLE_SIDE_PX, spread_windows
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS


def windows(width, height, count=16, seed=0):
    grid = Grid(CRS.from_epsg(32632), Affine(10, 0, 0, 0, -10, 0), width, height)
    return spread_windows(grid, count, np.random.default_rng(seed))


@pytest.mark.parametrize(("width", "height"), [(5000, 4000), (10980, 10980), (3000, 90), (130, 2000), (300, 300)])
def test_windows_lie_inside_and_apart(width, height):
    found = windows(width, height)
    assert 1 <= len(found) <= 24
    boxes = [(int(w.col_off), int(w.row_off), int(w.width), int(w.height)) for w in found]
    for col, row, w, h in boxes:
        assert 0 <= col <= width - w
        assert 0 <= row <= height - h
        assert (w, h) == (min(width, SAMPLE_SIDE_PX), min(height, SAMPLE_SIDE_PX))
    taken = np.zeros((height, width), np.uint8)
    for col, row, w, h in boxes:
        taken[slice(row, row + h), slice(col, col + w)] += 1
    assert taken.max() == 1
    if min(width, height) > 1000:  # every quarter of the scene is looked at
        halves = {(col * 2 // width, row * 2 // height) for col, row, *_ in boxes}
        assert len(halves) == 4


def test_small_scenes_are_taken_whole():
    (found,) = windows(200, 256)
    assert (found.col_off, found.row_off, found.width, found.height) == (0, 0, 200, 256)


def test_the_seed_chooses_the_windows():
    assert windows(5000, 4000) == windows(5000, 4000)
    assert windows(5000, 4000) != windows(5000, 4000, seed=1)
