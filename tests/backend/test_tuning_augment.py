"""Augmentation: turns that fit images and labels, light that keeps what is not there, bands that get lost."""

import numpy as np
import pytest
from mmearth.tuning.augment import BAND_SHIFT, BRIGHTNESS, LOST_BAND, REDUCED_SHARE, jittered, turned, without_bands


def test_turns_and_mirrors_make_the_eight_symmetries_of_a_square():
    square = np.arange(4).reshape(2, 2)
    found = {tuple(turned(square, turns, mirrored).ravel().tolist()) for turns in range(4) for mirrored in (0, 1)}
    assert len(found) == 8
    assert turned(square, 1, False).tolist() == [[1, 3], [0, 2]]  # counter-clockwise
    assert turned(square, 0, True).tolist() == [[1, 0], [3, 2]]


@pytest.mark.parametrize(("turns", "mirrored"), [(1, False), (3, True)])
def test_images_and_labels_turn_alike(turns, mirrored):
    labels = np.random.default_rng(0).integers(0, 9, (5, 5))
    image = np.stack([labels, labels + 10])
    assert (turned(image, turns, mirrored)[1] == turned(labels, turns, mirrored) + 10).all()


def test_light_changes_but_nodata_and_missing_bands_stay():
    rng = np.random.default_rng(0)
    image = np.random.default_rng(1).normal(size=(4, 8, 8)).astype(np.float32)
    image[:, :3], image[2] = 0, 0
    changed = jittered(image, rng)
    assert changed.dtype == np.float32
    assert (changed[:, :3] == 0).all()
    assert (changed[2] == 0).all()
    there = image != 0
    assert (changed[there] != image[there]).all()
    for band in (0, 1, 3):  # one line of contrast and shift for each band
        slope, _ = np.polyfit(image[band, 3:].ravel(), changed[band, 3:].ravel(), 1)
        assert np.corrcoef(image[band, 3:].ravel(), changed[band, 3:].ravel())[0, 1] == pytest.approx(1, abs=1e-5)
        assert 0.6 < slope < 1.6


def test_light_is_as_often_brighter_as_darker():
    rng, image = np.random.default_rng(0), np.full((1, 2, 2), 1e-3, np.float32)
    shifts = np.array([jittered(image, rng).mean() for _ in range(2000)])
    assert abs(shifts.mean()) < 0.2 * BRIGHTNESS
    assert shifts.std() == pytest.approx(np.hypot(BRIGHTNESS, BAND_SHIFT), rel=0.1)


def test_some_images_lose_bands_and_none_all():
    rng, image = np.random.default_rng(0), np.ones((5, 2, 2), np.float32)
    image[4] = 0  # it has four bands
    lost = np.array([4 - without_bands(image, rng)[:4, 0, 0].sum() for _ in range(4000)])
    assert lost.max() == 3
    # one of the four is spared
    assert (lost > 0).mean() == pytest.approx(REDUCED_SHARE * (1 - (1 - LOST_BAND) ** 3), rel=0.15)
    assert without_bands(np.zeros((2, 1, 1), np.float32), rng).sum() == 0
    assert without_bands(image[:1], rng).all()
