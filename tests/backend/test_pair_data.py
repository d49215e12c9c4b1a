"""Pairs as they are read: same ground to the pixel, held-out ground, warnings, corrections and refusals."""

import json

import numpy as np
import paired_ground
import pytest
from affine import Affine
from mmearth import protocol
from mmearth.adaptation import averaged_references, pair_data
from mmearth.errors import Cancelled, InputError, ResourceError
from mmearth.weights.checkpoints import load_weights
from paired_ground import FINE, request_for
from rasterio.warp import reproject, transform_bounds


@pytest.fixture
def weights(tiny_weights):
    return load_weights(tiny_weights)


@pytest.fixture
def pair(tmp_path):
    return paired_ground.write_pair(tmp_path)


REASONS = ("clouds", "missing data in the reference", "nothing to see in the reference")


def red_of(data, weights):
    return data.reference[:, weights.bands.index("B4")] - 30


def coarse(window):
    return paired_ground.coarse(window, window.shape[0] // 24)


def read(request, weights, report):
    return pair_data.open_pairs(request, weights, report)


def test_a_window_of_the_target_averages_to_its_window_of_the_reference(pair, weights, report):
    data = read(request_for(*pair[:2]), weights, report)
    assert data.reference.shape[1:] == (12, 24, 24)
    assert data.target.shape[1:] == (3, 96, 96)
    assert (data.reference_m, data.working_m) == pytest.approx((10, 2.5), rel=1e-3)  # UTM stretches lengths
    assert data.target_bands == ("one", "two", "three")
    assert data.level == "l2a"
    for number, (_, row, column) in enumerate(data.origin):
        truth = pair[2][row * FINE : (row + 24) * FINE, column * FINE : (column + 24) * FINE]  # noqa: E203
        assert data.target[number, 0] == pytest.approx(truth, abs=0.5)
        assert red_of(data, weights)[number] == pytest.approx(coarse(truth), abs=0.5)
    assert data.warnings == []


def test_about_a_quarter_of_the_ground_is_held_out_and_touched_by_no_other_window(pair, weights, report):
    data = read(request_for(*pair[:2]), weights, report)
    seen = np.zeros((96, 96, 2), bool)
    for (_, row, column), held in zip(data.origin, data.held_out, strict=True):
        seen[row : row + 24, column : column + 24, int(held)] = True  # noqa: E203
    assert data.held_out.sum() == 4
    assert seen[..., 1].mean() == pytest.approx(0.25)
    assert not seen.all(axis=2).any()
    assert len(data.origin) == len({tuple(origin) for origin in data.origin.tolist()}) > 20


def test_the_draw_depends_on_the_seed_alone(pair, weights, report):
    first, same, other = (read(request_for(*pair[:2], seed=seed), weights, report) for seed in (0, 0, 1))
    assert np.array_equal(first.origin, same.origin)
    assert np.array_equal(first.held_out, same.held_out)
    assert np.array_equal(first.target, same.target)
    assert not np.array_equal(first.origin, other.origin)


def test_statistics_are_those_of_what_is_not_missing(tmp_path, weights, report):
    target, reference, fine = paired_ground.write_pair(tmp_path)
    values = np.stack([fine, fine * 0.5]).astype(np.float32)
    values[:, 40:44, 40:60] = -9999
    target = paired_ground.write(tmp_path / "holes.tif", values, 2.5, nodata=-9999)
    data = read(request_for(target, reference), weights, report)
    missing = np.isnan(data.target)
    assert 0 < missing.sum() < 0.01 * missing.size
    assert data.target[~missing].min() > -1000
    for band in range(2):
        kept = data.target[:, band][~missing[:, band]].astype(np.float64)
        assert data.target_mean[band] == pytest.approx(kept.mean(), rel=1e-5)
        assert data.target_std[band] == pytest.approx(kept.std(), rel=1e-5)


def test_bands_that_the_reference_lacks_are_missing(tmp_path, pair, weights, report):
    low = paired_ground.coarse(pair[2]).astype(np.float32)
    reference = paired_ground.write(tmp_path / "three.tif", np.stack([low] * 3), 10, names=("B2", "B3", "B4"))
    data = read(request_for(pair[0], reference), weights, report)
    there = [weights.bands.index(band) for band in ("B2", "B3", "B4")]
    assert np.isfinite(data.reference[:, there]).all()
    assert np.isnan(np.delete(data.reference, there, axis=1)).all()


def test_a_target_in_another_crs_is_laid_over_the_reference(tmp_path, pair, weights, report):
    fine = pair[2].astype(np.float32)
    source = Affine(2.5, 0, paired_ground.LEFT, 0, -2.5, paired_ground.TOP)
    box = (paired_ground.LEFT, paired_ground.TOP - 960, paired_ground.LEFT + 960, paired_ground.TOP)
    left, bottom, right, top = transform_bounds("EPSG:32632", "EPSG:3857", *box)
    transform, width, height = Affine(2, 0, left, 0, -2, top), int((right - left) / 2), int((top - bottom) / 2)
    warped = np.zeros((height, width), np.float32)
    reproject(fine, warped, src_transform=source, src_crs="EPSG:32632", dst_transform=transform, dst_crs="EPSG:3857")
    target = paired_ground.write(tmp_path / "web.tif", warped[None], 0, crs="EPSG:3857", transform=transform)
    data = read(request_for(target, pair[1], working_m=2.5), weights, report)
    assert data.target.shape[-1] == 96
    for number in range(len(data.origin)):
        found, known = coarse(np.nan_to_num(data.target[number, 0], nan=1500)), red_of(data, weights)[number]
        assert np.corrcoef(found.ravel(), known.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("correct", [False, True])
def test_a_shift_is_found_said_and_taken_out_on_request(tmp_path, weights, report, correct):
    _, reference, fine = paired_ground.write_pair(tmp_path, side=160)
    moved = np.roll(fine, (-3 * FINE, 2 * FINE), axis=(0, 1)).astype(np.float32)  # 2 pixels right, 3 up
    target = paired_ground.write(tmp_path / "moved.tif", moved[None], 2.5)
    request = request_for(target, reference, window_px=32, correct_shift=correct)
    data = read(request, weights, report)
    assert data.facts["shift_px"] == pytest.approx([2, -3], abs=0.15)
    assert data.facts["shift_share"] > 0.8
    assert data.facts["shift_corrected"] is correct
    (said,) = data.warnings
    assert "2.0 pixels to the right of and 3.0 pixels above" in said
    assert ("taken out" in said.split(":")[0]) is correct
    assert ("choose to correct a shift" in said) is not correct
    assert ("warning", said) in report.logs
    far = [
        np.abs(paired_ground.coarse(window[0], FINE) - red)[8:-8, 8:-8].mean()
        for window, red in zip(data.target, red_of(data, weights), strict=True)
        if np.isfinite(window).all()
    ]
    assert bool(np.median(far) < 40) is correct


def test_windows_with_clouds_holes_or_nothing_in_them_are_dropped_and_counted(tmp_path, weights, report):
    target, _, fine = paired_ground.write_pair(tmp_path, side=120)
    low = np.stack([paired_ground.coarse(fine)] * 12)
    low[:, :24, :24] = 6000 + low[:, :24, :24]  # a cloud
    low[:, :24, 24:48] = 0  # a hole
    low[:, :24, 48:72] = 900  # a lake
    reference = paired_ground.write(tmp_path / "bad.tif", low.astype(np.float32), 10, names=paired_ground.BANDS)
    data = read(request_for(target, reference), weights, report)
    assert all(data.facts["dropped"][reason] >= 1 for reason in REASONS)
    full = {(0, 0), (0, 24), (0, 48)}
    assert not full & {(row, column) for _, row, column in data.origin.tolist()}


def mosaic(tmp_path, square, streets):
    """Writes a pair of 264 x 264 reference pixels whose target has data in squares between empty streets alone."""
    target, reference, fine = paired_ground.write_pair(tmp_path, side=264)
    holds = (np.arange(264 * FINE) // FINE) % (square + streets) < square
    values = np.where(holds[:, None] & holds[None], fine, 0)[None].astype(np.float32)
    return paired_ground.write(tmp_path / "mosaic.tif", values, 2.5, nodata=0), reference


def test_between_holes_smaller_windows_are_taken(tmp_path, weights, report):
    # Squares of 34 px every 44: no window of 56, 48 or 40 px fits; by extent alone 16 of 56 lie side by side.
    data = read(request_for(*mosaic(tmp_path, 34, 10), window_px=0), weights, report)
    assert data.facts["window_px"] in (24, 32)
    assert len(data.origin) >= 16
    assert np.isnan(data.target).mean(axis=(1, 2, 3)).max() <= 0.05
    said = [message for level, message in report.logs if "smaller ones are tried" in message and level == "info"]
    assert said[0].startswith("Of windows of 56 x 56 reference pixels 0 can be used, 16 are wanted")
    first_px = [int(message.split()[3]) for message in said]
    assert first_px == list(range(56, data.facts["window_px"], -8))


def test_a_window_that_the_user_chose_is_kept(tmp_path, weights, report):
    with pytest.raises(InputError, match=r"can be used: 0,.*: \d+ for missing data in the target.*a window has 48"):
        read(request_for(*mosaic(tmp_path, 34, 10), window_px=48), weights, report)
    assert report.logs == []


def test_trying_smaller_windows_can_be_cancelled(tmp_path, weights, report):
    request = request_for(*mosaic(tmp_path, 34, 10), window_px=0)
    read(request, weights, report)
    report.cancel_at, report.calls = len(report.calls) // 2, []
    with pytest.raises(Cancelled):
        read(request, weights, report)


def test_anchors_say_the_pixel_size_that_they_need(pair, weights, report):
    data = read(request_for(*pair[:2], anchors="same", working_m=3.7), weights, report)
    assert data.target.shape[-1] == 3 * data.reference.shape[-1]
    assert data.working_m == pytest.approx(10 / 3, rel=1e-3)
    assert [said for said in data.warnings if "3.33 m instead of 3.7 m" in said]
    assert read(request_for(*pair[:2], anchors="same"), weights, report).warnings == []


def test_clouds_everywhere_are_refused_with_the_count(tmp_path, weights, report):
    target, _, fine = paired_ground.write_pair(tmp_path)
    low = (np.stack([paired_ground.coarse(fine)] * 12) + 6000).astype(np.float32)
    reference = paired_ground.write(tmp_path / "cloudy.tif", low, 10, names=paired_ground.BANDS)
    with pytest.raises(InputError, match=r"can be used: 0,.*dropped: \d+ for clouds.*without clouds"):
        read(request_for(target, reference), weights, report)


def test_fewer_than_eight_pairs_are_refused_with_what_the_images_share(tmp_path, weights, report):
    target, reference, _ = paired_ground.write_pair(tmp_path, side=26)
    with pytest.raises(InputError, match="26 x 26 reference pixels, a window has 24"):
        read(request_for(target, reference), weights, report)


def test_several_pairs_are_read_together(tmp_path, weights, report):
    made = [paired_ground.write_pair(tmp_path, 50, seed, name=str(seed)) for seed in range(4)]
    request = request_for(tuple(m[0] for m in made), tuple(m[1] for m in made))
    data = read(request, weights, report)
    assert set(data.origin[:, 0]) == {0, 1, 2, 3}
    for number, (raster, row, column) in enumerate(data.origin):
        truth = made[raster][2][row * FINE : (row + 24) * FINE, column * FINE : (column + 24) * FINE]  # noqa: E203
        assert data.target[number, 0] == pytest.approx(truth, abs=0.5)


def test_too_large_windows_are_refused_and_few_kept_where_memory_is_short(pair, weights, report, monkeypatch):
    one = 4 * (12 * 24**2 + 3 * 96**2)
    monkeypatch.setattr(pair_data, "MOST_BYTES", 18 * one)
    data = read(request_for(*pair[:2]), weights, report)
    assert len(data.origin) == 18
    assert data.facts["memory_bytes"] == 18 * one
    monkeypatch.setattr(pair_data, "MOST_BYTES", 10 * one)
    with pytest.raises(ResourceError, match="96 x 96 target pixels.*coarser"):
        read(request_for(*pair[:2]), weights, report)


def test_images_a_year_apart_are_said(tmp_path, weights, report):
    tags = ({"TIFFTAG_DATETIME": "2023:06:01 10:00:00"}, {"TIFFTAG_DATETIME": "2021:06:01 10:00:00"})
    target, reference, _ = paired_ground.write_pair(tmp_path, tags=tags)
    data = read(request_for(target, reference), weights, report)
    assert data.facts["dates"] == [["2021-06-01", "2023-06-01"]]
    assert data.facts["days_apart"] == 730
    assert len(data.warnings) == 1
    assert "730 days" in data.warnings[0]
    json.dumps(data.facts, allow_nan=False)


def test_land_cover_tells_the_classes_of_each_window(tmp_path, pair, weights, report):
    codes = np.full((1, 96, 96), 10, np.uint8)
    codes[:, :, 48:] = 50
    codes[:, 0, 0] = 77  # one pixel: in no window a class
    path = paired_ground.write(tmp_path / "cover.tif", codes, 10)
    data = read(request_for(*pair[:2], land_cover=path), weights, report)
    assert data.facts["land_cover_classes"] == [10, 50]
    columns = data.origin[:, 2]
    # 5 % of 24 columns are 1.2.
    assert np.array_equal(data.land_cover[:, 0], columns < 47)
    assert np.array_equal(data.land_cover[:, 1], columns + 24 >= 50)


def test_a_map_of_one_class_is_refused(tmp_path, pair, weights, report):
    path = paired_ground.write(tmp_path / "cover.tif", np.full((1, 96, 96), 3, np.uint8), 10)
    with pytest.raises(InputError, match="shows 1 classes"):
        read(request_for(*pair[:2], land_cover=path), weights, report)


def byte_target(tmp_path, names=("red", "green", "blue")):
    fine = paired_ground.ground(384, 384)
    values = np.stack([fine / 20, fine / 25, fine / 40]).clip(1, 255).round().astype(np.uint8)
    return paired_ground.write(tmp_path / "drone.tif", values, 2.5, names=names), values.astype(np.float64)


def test_references_are_made_by_averaging_with_the_mean_and_deviation_that_the_weights_know(tmp_path, weights, report):
    target, values = byte_target(tmp_path)
    data = read(request_for(target, None, units="auto"), weights, report)
    assert data.facts["references_made"]
    assert data.reference_m == pytest.approx(10, rel=1e-3)
    assert "No second sensor was used" in data.warnings[0]
    assert "matched linearly" in data.warnings[1]
    for band, channel in (("B4", 0), ("B3", 1), ("B2", 2)):
        low = paired_ground.coarse(values[channel])
        wanted = (low - low.mean()) / low.std() * 900 + 1500
        for number, (_, row, column) in enumerate(data.origin):
            found = data.reference[number, weights.bands.index(band)]
            assert found == pytest.approx(wanted[row : row + 24, column : column + 24], abs=2)  # noqa: E203
    assert np.isnan(data.reference[:, weights.bands.index("B8")]).all()


def test_reflectance_is_averaged_as_it_is(tmp_path, weights, report):
    fine = paired_ground.ground(384, 384)
    target = paired_ground.write(tmp_path / "uav.tif", (np.stack([fine] * 3) / 1e4).astype(np.float32), 2.5)
    data = read(request_for(target, None, target_bands={"B4": 1, "B3": 2, "B2": 3}), weights, report)
    assert len(data.warnings) == 1
    low = paired_ground.coarse(fine)
    _, row, column = data.origin[0]
    expected = low[row : row + 24, column : column + 24]  # noqa: E203
    assert data.reference[0, weights.bands.index("B3")] == pytest.approx(expected, abs=0.5)


def test_no_reference_is_made_from_bands_that_nobody_knows(tmp_path, weights, report):
    path = paired_ground.write(tmp_path / "pan.tif", paired_ground.ground(64, 64)[None].astype(np.float32), 2.5)
    with pytest.raises(InputError, match="'pan.tif'.*target bands"):
        read(request_for(path, None), weights, report)


def test_no_reference_is_made_from_pixels_as_coarse_as_it(tmp_path, weights, report):
    target, _ = byte_target(tmp_path)
    with pytest.raises(InputError, match=r"2.5 m wide; averaging to 2 m.*above 2.63 m"):
        read(request_for(target, None, reference_m=2.0), weights, report)
    assert averaged_references.SENTINEL2_M == 10


@pytest.mark.parametrize(
    ("request_of", "text"),
    [
        (lambda t, r: protocol.AdaptRequest(targets=(), weights_out="w"), "No target"),
        (lambda t, r: request_for((t, t), r), "2 targets and 1 references"),
        (lambda t, r: request_for(r, t), "none of them named|coarser"),
        (lambda t, r: request_for(t, r, working_m=20), "work at 20 m"),
        (lambda t, r: request_for(t, r, window_px=20), "multiple of 8"),
        (lambda t, r: request_for((t, r), (r, r)), "same bands"),
    ],
)
def test_requests_that_cannot_be_served_are_refused(pair, weights, report, request_of, text):
    with pytest.raises(InputError, match=text) as caught:
        read(request_of(*pair[:2]), weights, report)
    assert caught.value.remedy


def test_a_target_coarser_than_its_reference_is_refused(tmp_path, pair, weights, report):
    coarse_target = paired_ground.write(tmp_path / "landsat.tif", np.ones((1, 32, 32), np.float32), 30)
    with pytest.raises(InputError, match="30 m wide, coarser than the 10 m"):
        read(request_for(coarse_target, pair[1]), weights, report)


def test_reading_can_be_cancelled(pair, weights, report):
    report.cancel_at = 12
    with pytest.raises(Cancelled):
        read(request_for(*pair[:2]), weights, report)
