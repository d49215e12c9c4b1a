import numpy as np
import pytest
from affine import Affine
from mmearth.scenes.plan import Unit, cells_of, plan, snap
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS
from rasterio.windows import Window

GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, 600000, 0, -10, 5200000), 399, 402)


def everything(window):
    return True


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
@pytest.mark.parametrize("strip_px", [1, 64, 130, 10**6])
def test_units_cover_every_pixel_and_every_cell_once(stride, strip_px):
    window = snap(Window(13, 22, 200, 133), stride, GRID)
    strips = plan(window, 64, stride, strip_px, everything)
    units = [unit for strip in strips for unit in strip]
    pixels = np.zeros((402, 399), int)
    cells = np.zeros((-(-int(window.height) // stride), -(-int(window.width) // stride)), int)
    for unit in units:
        rows, cols = unit.window.toslices()
        pixels[rows, cols] += 1
        rows, cols = unit.cells.toslices()
        assert rows.stop <= cells.shape[0]
        assert cols.stop <= cells.shape[1]
        cells[rows, cols] += 1
        # The cells lie where the pixels do.
        assert int(window.row_off) + rows.start * stride == unit.window.row_off
        assert int(window.col_off) + cols.start * stride == unit.window.col_off
    rows, cols = window.toslices()
    assert (pixels[rows, cols] == 1).all()
    assert pixels.sum() == window.width * window.height == sum(unit.pixels for unit in units)
    assert (cells == 1).all()


def test_the_number_of_a_unit_does_not_depend_on_the_strips_or_on_what_is_wanted():
    window = Window(0, 0, 300, 200)

    def numbered(strip_px, wanted=everything):
        return {unit.index: unit for strip in plan(window, 64, 1, strip_px, wanted) for unit in strip}

    every = numbered(10**6)
    assert list(every) == list(range(5 * 4))
    assert numbered(64) == every
    assert numbered(128) == every
    few = numbered(128, lambda part: part.col_off == 64)
    assert few == {index: unit for index, unit in every.items() if unit.window.col_off == 64}
    assert len(few) == 4


def test_strips_are_as_wide_as_asked_and_go_row_by_row():
    strips = plan(Window(0, 0, 300, 130), 64, 1, 130, everything)
    assert [[unit.index for unit in strip] for strip in strips] == [
        [0, 1, 5, 6, 10, 11],
        [2, 3, 7, 8, 12, 13],
        [4, 9, 14],
    ]


def test_nothing_wanted_is_no_strip():
    assert plan(Window(0, 0, 300, 130), 64, 1, 64, lambda part: False) == []


def test_the_last_units_are_smaller():
    ((unit,),) = plan(Window(3, 5, 10, 7), 64, 1, 64, everything)
    assert unit == Unit(0, Window(3, 5, 10, 7), Window(0, 0, 10, 7))


@pytest.mark.parametrize(
    ("window", "stride", "expected"),
    [
        (Window(13, 22, 10, 10), 8, Window(8, 16, 16, 16)),
        (Window(16, 8, 10, 10), 8, Window(16, 8, 16, 16)),
        (Window(13, 22, 10, 10), 1, Window(13, 22, 10, 10)),
        (Window(380, 390, 17, 11), 8, Window(376, 384, 23, 18)),  # the raster is 399 columns wide and 402 rows high
    ],
)
def test_windows_are_whole_cells_as_far_as_the_raster_goes(window, stride, expected):
    assert snap(window, stride, GRID) == expected


def test_cells_at_the_edge_are_rounded_up():
    assert cells_of(Window(72, 8, 13, 9), Window(8, 8, 77, 9), 8) == Window(8, 0, 2, 2)
