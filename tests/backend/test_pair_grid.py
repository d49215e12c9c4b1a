"""Geometry of pairs: same extent to the last digit, sizes that fit the patches, exact overlap, refusals."""

import math

import numpy as np
import paired_ground
import pytest
from affine import Affine
from mmearth.adaptation import pair_grid
from mmearth.adaptation.pair_grid import PairGrid
from mmearth.errors import InputError
from mmearth.scenes.raster import Grid, open_scene
from mmearth.scenes.scene_values import read_valid
from rasterio.crs import CRS
from rasterio.windows import Window

UTM = CRS.from_epsg(32632)


def grid_of(pixel=10.0, width=100, height=80, left=600000.0, top=5200000.0, crs=UTM):
    return Grid(crs, Affine(pixel, 0, left, 0, -pixel, top), width, height)


def test_shared_ground_is_the_whole_reference_pixels_that_the_target_covers():
    target = grid_of(0.5, width=401, height=301, left=600013.0, top=5199987.0)  # 600013…600213.5, 5199836.5…5199987
    found = pair_grid.shared_ground(grid_of(), target, ("r", "t"))
    assert (found.row, found.column, found.rows, found.columns) == (2, 2, 14, 19)


def test_a_target_on_the_same_edges_shares_all_of_them():
    found = pair_grid.shared_ground(grid_of(), grid_of(2.5, 400, 320), ("r", "t"))
    assert (found.row, found.column, found.rows, found.columns) == (0, 0, 80, 100)


@pytest.mark.parametrize(
    "target",
    [grid_of(left=700000.0), grid_of(left=601000.0), grid_of(1e-3, left=5.0, top=5.0, crs=CRS.from_epsg(4326))],
)
def test_no_ground_in_common_is_refused_with_both_extents(target):
    with pytest.raises(InputError) as caught:
        pair_grid.shared_ground(grid_of(), target, ("r.tif", "t.tif"))
    assert "t.tif" in caught.value.message
    assert "600000" in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(("window_px", "target_px"), [(24, 480), (56, 376), (24, 24)])
def test_windows_have_the_extent_of_their_reference_window(window_px, target_px):
    pairs = PairGrid(grid_of(), 3, 5, 70, 90)
    fine = pairs.target_grid(window_px, target_px, (0, 0))
    step = window_px // 4
    for row, column in pairs.starts(window_px, step)[:: max(1, 7 - step)]:
        window = pairs.target_window(row, column, window_px, target_px)
        assert window.col_off + target_px <= fine.width
        assert window.row_off + target_px <= fine.height
        assert fine.crop(window).bounds == pytest.approx(
            pairs.reference.crop(Window(column, row, window_px, window_px)).bounds, abs=1e-6
        )


def test_a_shift_that_is_taken_out_moves_where_the_target_is_read():
    pairs = PairGrid(grid_of(), 0, 0, 80, 100)
    plain, moved = (pairs.target_grid(24, 96, shift).bounds for shift in ((0, 0), (1.5, -2.0)))
    assert np.subtract(moved, plain) == pytest.approx([15, 20, 15, 20])


def test_starts_cover_the_shared_ground_and_no_more():
    starts = PairGrid(grid_of(), 2, 3, 50, 49).starts(24, 24)
    assert starts == [(2, 3), (2, 27), (26, 3), (26, 27)]
    assert PairGrid(grid_of(), 0, 0, 23, 50).starts(24, 24) == []


@pytest.mark.parametrize(
    ("side_px", "working_m", "chosen", "patch", "expected"),
    [
        (1000, 2.5, 0, 8, (56, 224)),
        (1000, 2.5, 0, 16, (48, 192)),
        (1000, 0.5, 0, 8, (24, 480)),  # 56 would be 1120 target pixels
        (120, 2.5, 0, 8, (24, 96)),  # 56 would leave four windows
        (170, 2.5, 0, 8, (40, 160)),  # the largest of which 16 lie side by side
        (1000, 1.5, 56, 8, (56, 376)),  # 373.3 is no multiple of 8
        (1000, 10.0, 56, 8, (56, 56)),
        (1000, 10.4, 56, 8, (56, 56)),  # never fewer pixels than the reference
    ],
)
def test_sizes_are_multiples_of_the_patch_that_fit_the_images(side_px, working_m, chosen, patch, expected):
    pairs = [PairGrid(grid_of(width=side_px, height=side_px), 0, 0, side_px, side_px)]
    found = pair_grid.window_sizes(pairs, 10.0 / working_m, chosen, patch)
    assert found[0] == expected
    assert [side for side, _ in found[1:]] == ([] if chosen else list(range(expected[0] - patch, 2 * patch, -patch)))


@pytest.mark.parametrize(("working_m", "pixels"), [(2.5, 4), (3.7, 3), (1.49, 7), (9.0, 1), (10.4, 1)])
def test_anchors_lay_every_patch_of_the_target_in_one_of_the_reference(working_m, pixels):
    pairs = [PairGrid(grid_of(width=1000, height=1000), 0, 0, 1000, 1000)]
    per_pixel = pair_grid.pixels_per_reference(10.0, working_m, whole=True)
    assert per_pixel == pixels
    for window_px, target_px in pair_grid.window_sizes(pairs, per_pixel, 0, 8):
        assert target_px == pixels * window_px
    assert pair_grid.pixels_per_reference(10.0, working_m, whole=False) == pytest.approx(10 / working_m)


def test_a_window_that_is_no_multiple_of_the_patch_is_refused():
    with pytest.raises(InputError, match="50 reference pixels.*multiple of 8"):
        pair_grid.window_sizes([], 10.0, 50, 8)


@pytest.mark.parametrize(("sizes", "text"), [((30, 10, 0), "coarser than the 10 m"), ((1, 10, 20), "work at 20 m")])
def test_targets_coarser_than_the_reference_are_refused(sizes, text):
    with pytest.raises(InputError, match=text):
        pair_grid.check_pixel_sizes(*sizes, ("r", "t"))
    pair_grid.check_pixel_sizes(10.2, 10.0, 0.0, ("r", "t"))


def test_averaging_uses_the_exact_share_of_each_pixel():
    values = np.arange(9.0).reshape(3, 3)
    # Two cells over three pixels: each holds one and a half of them.
    shares = np.array([[1, 0.5, 0], [0, 0.5, 1]]) / 1.5
    assert pair_grid.overlap_weights(2, 3) == pytest.approx(shares)
    assert pair_grid.average_to(values, 2) == pytest.approx(shares @ values @ shares.T)
    assert pair_grid.average_to(np.arange(16.0).reshape(4, 4), 2) == pytest.approx(np.array([[2.5, 4.5], [10.5, 12.5]]))


def test_the_view_on_the_rasters_own_pixels_holds_their_values(tmp_path):
    values = paired_ground.ground(40, 40)[None].astype(np.float32)
    path = paired_ground.write(tmp_path / "t.tif", values, 2.5)
    with open_scene(path, {}, "raw", ()) as scene, pair_grid.seen_on(scene, scene.grid) as view:
        found, valid = read_valid(view, [1], Window(0, 0, 40, 40))
    assert valid.all()
    assert np.array_equal(found, values)


def test_the_view_averages_bytes_without_rounding_and_without_missing_pixels(tmp_path):
    values = np.random.default_rng(0).integers(1, 255, (1, 32, 32)).astype(np.uint8)
    values[0, 0, 0] = 0
    path = paired_ground.write(tmp_path / "t.tif", values, 2.5, nodata=0)
    with open_scene(path, {}, "raw", ()) as scene, pair_grid.seen_on(scene, grid_of(10, 8, 8)) as view:
        found, valid = read_valid(view, [1], Window(0, 0, 8, 8))
    blocks = values[0].reshape(8, 4, 8, 4).astype(float)
    expected = blocks.sum(axis=(1, 3)) / (blocks > 0).sum(axis=(1, 3))
    assert valid.all()
    assert found[0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("nodata", [None, -1.0])
def test_a_rotated_raster_is_laid_on_the_grid_where_it_lies(tmp_path, nodata):
    turned = Affine.translation(600500, 5199500) @ Affine.rotation(30) @ Affine.scale(2.5, -2.5)
    rows, columns = np.mgrid[:160, :160] + 0.5
    x, y = turned @ (columns, rows)
    values = np.stack([x - 600000, 5200000 - y]).astype(np.float32)  # each pixel tells where it lies
    path = paired_ground.write(tmp_path / "t.tif", values, 0, transform=turned, nodata=nodata)
    with open_scene(path, {}, "raw", ()) as scene, pair_grid.seen_on(scene, grid_of(2.5, 400, 400)) as view:
        found, valid = read_valid(view, [1, 2], Window(0, 0, 400, 400))
    place = (np.arange(400) + 0.5) * 2.5
    assert valid.sum() == pytest.approx(160 * 160, rel=0.03)
    inside = valid & np.roll(valid, 3, 0) & np.roll(valid, -3, 0) & np.roll(valid, 3, 1) & np.roll(valid, -3, 1)
    assert np.abs(found[0] - place[None])[inside].max() < 0.25  # a tenth of a pixel
    assert np.abs(found[1] - place[:, None])[inside].max() < 0.25  # a tenth of a pixel


def test_pixels_are_measured_on_the_ground_in_any_crs():
    degrees = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 9.0, 0, -1e-4, 60.0), 100, 100)
    # At 60° north a degree is 55.8 km wide and 111.4 km high.
    assert pair_grid.ground_m(degrees) == pytest.approx(1e-4 * math.sqrt(55800 * 111415), rel=2e-3)
