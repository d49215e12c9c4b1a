"""Scenes whose values lie far outside what the weights saw. The tiny weights saw 1500 ± 900 in every band."""

import dataclasses

import numpy as np
import pytest
from mmearth.embedding.features import scene_warnings
from mmearth.scenes.raster import open_scene
from mmearth.scenes.value_range import value_warnings
from mmearth.weights.checkpoints import load_weights


def warnings_of(path, weights_path, units="auto", **changes):
    weights = dataclasses.replace(load_weights(weights_path), **changes)
    with open_scene(path, {}, units, weights.bands) as scene:
        found = value_warnings(scene, weights)
        assert set(found) <= set(scene_warnings(scene, weights))
    return found


def random(low, high, shape=(12, 48, 64)):
    return np.random.default_rng(0).uniform(low, high, shape)


@pytest.mark.parametrize(("low", "high", "dtype"), [(300, 3000, "uint16"), (0.03, 0.3, "float32"), (0, 120, "uint8")])
def test_reflectance_in_any_unit_recognised_is_as_expected(make_raster, tiny_weights, low, high, dtype):
    assert warnings_of(make_raster(values=random(low, high), dtype=dtype), tiny_weights) == []


def test_values_far_too_large_are_named_with_band_range_and_remedy(make_raster, tiny_weights):
    values = random(600, 2000)
    values[2] = np.linspace(20000, 30000, 48 * 64).reshape(48, 64)
    (warning,) = warnings_of(make_raster(values=values), tiny_weights)
    # 2 and 98 % between 20 000 and 30 000 are 20 200 and 29 800; 1500 ± 2 · 900 is cut at 0.
    assert "The values of B3 in 'scene.tif'" in warning
    assert "2.02e+04 to 2.98e+04" in warning
    assert "instead of about 0 to 3300" in warning
    assert "choose the right one under units" in warning


def test_a_quarter_of_a_band_may_be_clouds(make_raster, tiny_weights):
    values = random(1000, 2000, (12, 100, 100))
    values[:, :24] = 9000  # 24 %: 8 deviations away
    assert warnings_of(make_raster(values=values), tiny_weights) == []
    values[:, :26] = 9000
    (warning,) = warnings_of(make_raster(values=values), tiny_weights)
    assert "B1, B2, B3, B4, B5, B6, B7, B8A, B8, B9, B11, B12 in" in warning


def test_a_shift_of_all_bands_counts_below_the_limit_of_single_ones(make_raster, tiny_weights):
    assert warnings_of(make_raster(values=random(3900, 4100)), tiny_weights, "dn") == []  # 2.8 deviations
    assert len(warnings_of(make_raster(values=random(4300, 4500)), tiny_weights, "dn")) == 1  # 3.2


def test_reflectance_read_as_dn_leaves_almost_nothing(make_raster, tiny_weights):
    path = make_raster(values=random(0.03, 0.3), dtype="float32")
    (warning,) = warnings_of(path, tiny_weights, units="dn")
    assert "taken (chosen)" in warning
    assert warnings_of(path, tiny_weights, units="reflectance") == []


def test_weights_of_another_sensor_take_values_as_they_are(make_raster, tiny_weights):
    path = make_raster(values=random(20000, 30000))
    bands = tuple(f"band {i}" for i in range(1, 13))
    assert warnings_of(path, tiny_weights, bands=bands) == []
    assert len(warnings_of(path, tiny_weights)) == 1


def test_no_valid_pixel_gives_no_warning(make_raster, tiny_weights):
    assert warnings_of(make_raster(values=np.zeros((12, 48, 64))), tiny_weights) == []


def test_the_middle_is_looked_at_where_tags_say_the_unit(make_raster, tiny_weights):
    values = random(1000, 2000, (12, 400, 400))
    values[:, 136:264, 136:264] = 50000
    path = make_raster(values=values)
    (warning,) = warnings_of(path, tiny_weights, units="dn")  # all of the middle window
    assert "5e+04 to 5e+04" in warning
    assert warnings_of(path, tiny_weights) == []  # one of nine
