"""Checks of pairs: reasons to drop a window, shifts that were planted, dates in tags and names."""

import datetime

import numpy as np
import paired_ground
import pytest
import rasterio
from mmearth.adaptation import pair_checks
from mmearth.adaptation.pair_checks import Shift

SIDE, FINE = 40, 4


def window(right, down, seed=0, band=lambda values: values):
    """Returns (reference (S, S), target (T, T)) of ground whose target lies off by reference pixels."""
    margin = 8
    fine = paired_ground.ground((SIDE + 2 * margin) * FINE, (SIDE + 2 * margin) * FINE, seed)
    low = paired_ground.coarse(fine)[margin:-margin, margin:-margin]
    top, left = round((margin - down) * FINE), round((margin - right) * FINE)
    return low, band(fine[top : top + SIDE * FINE, left : left + SIDE * FINE])  # noqa: E203


@pytest.mark.parametrize(("right", "down"), [(0, 0), (2, -3), (0.5, 0.25), (-1.25, 4)])
@pytest.mark.parametrize("band", [lambda v: v, lambda v: 5000 - 2 * v])
def test_a_planted_shift_is_found_whatever_the_brightness(right, down, band):
    found = pair_checks.shift_of_window(*window(right, down, band=band))
    assert found[:2] == pytest.approx((right, down), abs=0.2)
    assert found[2] > pair_checks.LEAST_PEAK_RATIO


def test_images_of_different_places_show_no_clear_shift():
    found = [pair_checks.shift_of_window(window(0, 0, s)[0], window(0, 0, s + 50)[1]) for s in range(12)]
    assert sum(ratio >= pair_checks.LEAST_PEAK_RATIO for _, _, ratio in found) <= 3
    shift = pair_checks.median_shift([(9.0, 9.0, 1.1)] * 5)
    assert (shift.used, shift.windows, shift.believed) == (0, 5, False)


def test_the_median_counts_windows_with_a_clear_peak_only():
    shift = pair_checks.median_shift([(1.0, 2.0, 5.0), (1.2, 2.0, 5.0), (1.4, 2.2, 5.0), (30.0, -30.0, 1.0)])
    assert (shift.right, shift.down, shift.used, shift.windows) == (1.2, 2.0, 3, 4)


def test_a_shift_above_one_pixel_is_said_with_its_remedy():
    said = pair_checks.shift_warning(Shift(1.5, -2.0, 10, 9), "t.tif", False, 10.0)
    assert said == (
        "'t.tif' lies 1.5 pixels to the right of and 2.0 pixels above its reference (25 m). If you believe it, "
        "choose to correct a shift."
    )
    assert pair_checks.shift_warning(Shift(-1.5, 0.0, 10, 9), "t.tif", True, 10.0) == (
        "'t.tif' lies 1.5 pixels to the left of its reference (15 m); this was taken out."
    )
    assert pair_checks.shift_warning(Shift(0.6, 0.6, 10, 9), "t.tif", False, 10.0) == ""
    assert "only 1 of 9" in pair_checks.shift_warning(Shift(8.0, 0.0, 9, 1), "t.tif", False, 10.0)


def reason(change=lambda r, rv, t, tv: None, cloudy_rows=0):
    rng = np.random.default_rng(0)
    reference, target = rng.normal(1500, 100, (4, 20, 20)), rng.normal(90, 10, (3, 40, 40))
    valid = np.ones((20, 20), bool), np.ones((40, 40), bool)
    change(reference, valid[0], target, valid[1])
    cloudy = np.zeros((20, 20), bool)
    cloudy[:cloudy_rows] = True
    return pair_checks.reason_to_drop(reference, valid[0], target, valid[1], cloudy)


def test_an_ordinary_window_is_kept():
    assert reason() == ""


@pytest.mark.parametrize(("rows", "expected"), [(1, ""), (2, "missing data in the ")])
@pytest.mark.parametrize("which", ["reference", "target"])
def test_more_than_a_twentieth_missing_in_either_image_drops_a_window(which, rows, expected):
    def change(reference, reference_valid, target, target_valid):
        if which == "target":
            target_valid[: 2 * rows] = False
        else:
            reference_valid[:rows] = False

    assert reason(change) == (expected and expected + which)


@pytest.mark.parametrize(("rows", "expected"), [(6, ""), (7, "clouds")])
def test_clouds_over_more_than_three_tenths_drop_a_window(rows, expected):
    assert reason(cloudy_rows=rows) == expected


@pytest.mark.parametrize("which", ["reference", "target"])
def test_a_window_without_texture_is_dropped(which):
    def change(reference, reference_valid, target, target_valid):
        image = reference if which == "reference" else target
        image[:] = 100 + 0.1 * (image > image.mean())

    assert reason(change) == f"nothing to see in the {which}"


def test_texture_in_one_band_is_enough():
    def change(reference, reference_valid, target, target_valid):
        target[1:] = 7

    assert reason(change) == ""


@pytest.mark.parametrize(
    ("tags", "name", "expected"),
    [
        ({"TIFFTAG_DATETIME": "2021:07:03 10:20:31"}, "a.tif", datetime.date(2021, 7, 3)),
        ({"ACQUISITION_DATE": "2019-05-02"}, "a_20200101.tif", datetime.date(2019, 5, 2)),
        ({"TIFFTAG_DATETIME": "2024:01:01 00:00:00"}, "T32TQM_20210703T101559_B04.jp2", datetime.date(2021, 7, 3)),
        ({}, "m_4709963_se_14_1_20160816.tif", datetime.date(2016, 8, 16)),
        ({}, "tile_20210231.tif", None),
        ({}, "m_4709963.tif", None),
    ],
)
def test_the_day_is_found_in_tags_and_names(tmp_path, tags, name, expected):
    path = paired_ground.write(tmp_path / "x.tif", np.ones((1, 4, 4), np.uint8), 10, tags=tags)
    with rasterio.open(path) as dataset:
        assert pair_checks.acquired(dataset, name) == expected


def test_more_than_a_year_between_the_images_is_said():
    early, late = datetime.date(2019, 1, 1), datetime.date(2020, 1, 2)
    said = pair_checks.date_warning(early, late, "t.tif")
    assert "366 days" in said
    assert "2019-01-01" in said
    assert "2020-01-02" in said
    assert pair_checks.date_warning(late, early, "t.tif")
    assert pair_checks.date_warning(early, datetime.date(2020, 1, 1), "t.tif") == ""
    assert pair_checks.date_warning(None, late, "t.tif") == ""
