"""Inputs and random features: against hand-computed values, and the same for the same seed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from mmearth.mapping.random_features import (
    CLIP,
    PATCH_FILTERS,
    POINT_FILTERS,
    RandomFeatures,
    fit_random_features,
    with_indices,
)
from safetensors.numpy import load, save

S2 = ("B2", "B3", "B4", "B8", "B11", "B12")


def scene(count=6, side=24, seed=0):
    values = np.random.default_rng(seed).gamma(4, 400, (count, side, side)).astype(np.float32)
    valid = np.ones((side, side), bool)
    valid[:3] = False
    return np.where(valid, values, 0), valid


def fit(images=None, bands=S2, spectral=True, seed=0):
    return fit_random_features(images or [scene()], bands, spectral=spectral, seed=seed, draws=300)


def test_indices_are_normalised_differences_of_reflectance():
    values = torch.tensor([100.0, 300, 500, 1500, 900, 700])[:, None, None]
    found = with_indices(values, S2).flatten()[6:]
    # (B8, B4), (B3, B8), (B8, B12), (B8, B11)
    np.testing.assert_allclose(found, [1000 / 2000, -1200 / 1800, 800 / 2200, 600 / 2400], rtol=1e-6)


def test_two_dates_have_indices_each_and_dark_pixels_no_noise():
    values = torch.tensor([1.0, 2.0, 1000.0, 3000.0])[:, None, None]
    found = with_indices(values, ("B4", "B8", "B4", "B8")).flatten()[4:]
    np.testing.assert_allclose(found, [1 / 10, 2000 / 4000], rtol=1e-6)  # a denominator of at least 10


def test_colour_images_have_shares_in_place_of_indices():
    found = with_indices(torch.tensor([100.0, 300, 600])[:, None, None], ("B4", "B3", "B2")).flatten()
    np.testing.assert_allclose(found, [100, 300, 600, 0.1, 0.3, 0.6], rtol=1e-6)


def test_inputs_have_mean_0_and_deviation_1_over_valid_pixels_and_0_elsewhere():
    values, valid = scene()
    found = fit_random_features([(values, valid)], S2, spectral=True, seed=0, draws=10**6)
    z = found.inputs(torch.from_numpy(values), torch.from_numpy(valid)).numpy()
    assert z.shape == (10, 24, 24)
    assert found.num_inputs == 10
    assert (z[:, ~valid] == 0).all()
    np.testing.assert_allclose(z[:, valid].mean(axis=1), 0, atol=0.02)  # what is clipped moves it a little
    np.testing.assert_allclose(z[:, valid].std(axis=1), 1, atol=0.02)
    bright = found.inputs(torch.full((6, 1, 1), 1e6), torch.ones(1, 1, dtype=torch.bool))
    assert bright[:6].max() == CLIP


def test_point_features_are_relu_of_whitened_directions():
    """The response of the pixel that a filter was made from is the length of its whitened vector."""
    values, valid = scene()
    found = fit_random_features([(values, valid)], S2, spectral=True, seed=1, draws=10**6)
    z = found.inputs(torch.from_numpy(values), torch.from_numpy(valid))
    pixels = z.numpy()[:, valid].T.astype(float)
    centred = pixels - pixels.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(centred.T, bias=True))
    whitened = centred @ axes / np.sqrt(variances + 0.1 * variances.mean())
    lengths = np.linalg.norm(whitened, axis=1)
    responses = found.maps(z).numpy()[:POINT_FILTERS][:, valid]
    assert responses.min() == 0
    # By Cauchy-Schwarz no pixel answers with more than its length; the filter's own pixel reaches it.
    assert (responses <= lengths * 1.001 + 1e-4).all()
    assert (np.isclose(responses, lengths, rtol=1e-3).any(axis=1)).all()


def test_patch_features_equal_a_product_with_the_patch():
    found, (values, valid) = fit(), scene()
    z = found.inputs(torch.from_numpy(values), torch.from_numpy(valid))
    patch = z.numpy()[:, 8:13, 10:15].ravel()
    expected = np.maximum(found.patches.reshape(PATCH_FILTERS, -1) @ patch + found.patch_bias, 0)
    np.testing.assert_allclose(found.maps(z).numpy()[POINT_FILTERS:, 10, 12], expected, atol=1e-4)


def test_the_same_seed_gives_the_same_features_and_files_keep_them():
    first, again, other = fit(), fit(), fit(seed=1)
    for name, array in first.to_tensors().items():
        np.testing.assert_array_equal(array, again.to_tensors()[name])
    assert not np.array_equal(first.points, other.points)
    stored = RandomFeatures.from_tensors(load(save(first.to_tensors())), S2, True)
    z = first.inputs(*map(torch.from_numpy, scene()))
    np.testing.assert_array_equal(stored.maps(z), first.maps(z))
    with pytest.raises(KeyError):
        RandomFeatures.from_tensors({}, S2, True)


def test_many_spectral_bands_become_whitened_components():
    images = [scene(60)]
    bands = tuple(f"band {i}" for i in range(60))
    found = fit(images, bands)
    assert found.components.shape == (12, 60)
    z = found.inputs(*map(torch.from_numpy, images[0])).numpy()[:, images[0][1]]
    np.testing.assert_allclose(z.std(axis=1), 1, atol=0.25)  # fitted to 300 of the pixels
    assert (len(found.points), len(found.patches)) == (POINT_FILTERS, PATCH_FILTERS)


def test_channels_of_an_embedding_stay_as_they_are():
    found = fit([scene(64)], tuple(f"A{i:02d}" for i in range(64)), spectral=False)
    assert (found.num_inputs, found.components.size, len(found.patches)) == (64, 0, 0)
    assert found.num_random == POINT_FILTERS


def test_constant_bands_and_few_pixels_do_no_harm():
    values, valid = scene(side=5)
    values[2] = 7
    found = fit([(values, valid)], ("B2", "B3", "B5", "B6", "B7", "B9"))
    maps = found.maps(found.inputs(torch.from_numpy(values), torch.from_numpy(valid)))
    assert torch.isfinite(maps).all()
    assert found.std[2] == 1


def test_layers_stand_between_bands_and_indices_and_no_index_is_made_of_them():
    values, valid = scene(8)
    names = (*S2, "dem", "B8A")  # the last one as if it were a band: its place says that it is none
    found = fit_random_features([(values, valid)], names, spectral=True, seed=0, draws=10**6, num_layers=2)
    without = fit_random_features([(values[:6], valid)], S2, spectral=True, seed=0, draws=10**6)
    z, z_without = (
        f.inputs(torch.from_numpy(part), torch.from_numpy(valid)).numpy()
        for f, part in ((found, values), (without, values[:6]))
    )
    assert (found.num_inputs, found.num_layers) == (12, 2)
    np.testing.assert_allclose(z[[0, 1, 2, 3, 4, 5, 8, 9, 10, 11]], z_without, atol=1e-5)
    pixels = values[6, valid]
    np.testing.assert_allclose(z[6, valid], np.clip((pixels - pixels.mean()) / pixels.std(), -CLIP, CLIP), atol=1e-3)
    np.testing.assert_array_equal(z[found.band_columns], z[:6])
    np.testing.assert_array_equal(z_without[without.band_columns], z_without[:6])


def test_colours_keep_their_shares_beside_a_layer():
    values, valid = scene(4)
    found = fit_random_features(
        [(values, valid)], ("B4", "B3", "B2", "dem"), spectral=True, seed=0, draws=10**6, num_layers=1
    )
    assert found.num_inputs == 3 + 1 + 3
    found.check_shapes()


def test_whether_arrays_fit_the_bands_is_told():
    found = fit()
    found.check_shapes()
    for bad in (
        replace(found, bands=S2[:-1]),
        replace(found, num_layers=1),  # one index less
        replace(found, points=found.points[:, 1:]),
        replace(found, patches=found.patches[:, :, 1:]),
        replace(found, point_bias=found.point_bias[1:]),
        replace(found, std=0 * found.std),
    ):
        with pytest.raises(ValueError, match=r"random\."):
            bad.check_shapes()
