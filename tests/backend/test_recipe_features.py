"""Averaged features: dense means by another way, and pooled logits equal to a head on pooled features."""

import numpy as np
import pytest
import torch
from mmearth.classifiers.novelty import Novelty
from mmearth.classifiers.recipe_heads import RecipeHead
from mmearth.embedding.features import WindowFeatures
from mmearth.mapping.random_features import RandomFeatures, fit_random_features
from mmearth.mapping.recipe_features import (
    HALO_PX,
    Group,
    RecipeFeatures,
    encoder_maps,
    grown,
    inside,
    recipe_groups,
)
from rasterio.windows import Window
from scipy.ndimage import uniform_filter

BANDS = ("B2", "B3", "B4", "B8")
ROWS, COLS = 60, 52


def window(stages=True, seed=0):
    """A window with holes; stage 1 is half as fine as stage 0, and both reach 8 pixels over."""
    rng = np.random.default_rng(seed)
    valid = rng.random((ROWS, COLS)) > 0.1
    valid[20:30, 5:15] = False
    bands = torch.from_numpy((rng.gamma(4, 400, (4, ROWS, COLS)) * valid).astype(np.float32))
    maps = {}
    if stages:
        maps = {
            0: torch.from_numpy(rng.normal(size=(5, ROWS + 16, COLS + 16)).astype(np.float32)),
            1: torch.from_numpy(rng.normal(size=(7, ROWS // 2 + 8, COLS // 2 + 8)).astype(np.float32)),
        }
    return WindowFeatures(maps, {0: 1, 1: 2}, bands, valid, 8, 8, ROWS, COLS, 8)


@pytest.fixture(scope="module")
def random():
    features = window()
    return fit_random_features([(features.bands.numpy(), features.valid)], BANDS, spectral=True, seed=0, draws=500)


def recipe(random, channels=12):
    features = RecipeFeatures(random, recipe_groups(random, channels), np.zeros(0), np.zeros(0))
    rows, cols = everywhere()
    return features.standardised(features.raw_at(window(channels > 0), rows, cols))


def everywhere():
    """Rows and columns of all pixels but the halo."""
    return (places.ravel() + HALO_PX for places in np.indices((ROWS - 2 * HALO_PX, COLS - 2 * HALO_PX)))


def valid_inside(scene):
    return (places + HALO_PX for places in np.nonzero(inside(scene.valid)))


def dense_mean(maps, valid, width):
    """Means over the valid pixels of a box, by scipy, with zeros beyond the edges."""
    size, mode = (1, width, width), {"mode": "constant"}
    counts = uniform_filter(valid[None].astype(float), size, **mode)
    return uniform_filter(maps.astype(float) * valid, size, **mode) / np.maximum(counts, 1e-9)


def test_columns_are_means_over_the_valid_pixels_of_boxes(random):
    features, scene = recipe(random), window()
    valid = scene.valid
    z = random.inputs(scene.bands, torch.from_numpy(valid))
    dense = {"input": z.numpy(), "random": random.maps(z).numpy(), "encoder": encoder_maps(scene).numpy()}
    rows, cols = valid_inside(scene)
    found, start = features.raw_at(scene, rows, cols), 0
    assert found.shape[1] == sum(group.channels for group in features.groups)
    for group in features.groups:
        maps = dense[group.source]
        wanted = maps if group.width == 1 else dense_mean(maps, valid, group.width)
        own = found[:, slice(start, start + group.channels)]
        np.testing.assert_allclose(own, wanted[:, rows, cols].T, atol=1e-4, err_msg=str(group))
        start += group.channels


@pytest.mark.parametrize("channels", [0, 12])
def test_pooled_logits_equal_a_head_on_pooled_features(random, channels):
    features, scene = recipe(random, channels), window(channels > 0, seed=1)
    rng = np.random.default_rng(2)
    weight = rng.normal(size=(6, len(features.mean))).astype(np.float32)
    bias = rng.normal(size=6).astype(np.float32)
    rows, cols = valid_inside(scene)
    wanted = features.at(scene, rows, cols).astype(float) @ weight.T + bias
    found = features.logits(scene, weight, bias).numpy()[:, rows, cols].T
    np.testing.assert_allclose(found, wanted, atol=2e-4)


class Dense:
    """A head that does not say that it is linear."""

    def __init__(self, head):
        self.probabilities, self.to_tensors = head.probabilities, head.to_tensors


@pytest.mark.parametrize("channels", [0, 12])
def test_heads_that_are_not_linear_see_all_features_and_give_the_same(random, channels, monkeypatch):
    monkeypatch.setattr("mmearth.mapping.recipe_features.DENSE_ROWS", 8)
    features, scene = recipe(random, channels), window(channels > 0, seed=5)
    rng = np.random.default_rng(6)
    shape = (2, 3, len(features.mean))
    head = RecipeHead(
        rng.normal(size=shape).astype(np.float32),
        rng.normal(size=(2, 3)).astype(np.float32),
        np.array([0.2, 0.5, 0.3], np.float32),
    )
    valid = inside(scene.valid)
    pooled, dense = features.scores(scene, head), features.scores(scene, Dense(head))
    np.testing.assert_allclose(dense[:, valid], pooled[:, valid], atol=1e-4)
    rows, cols = valid_inside(scene)
    wanted = head.probabilities(features.at(scene, rows, cols))
    np.testing.assert_allclose(pooled[:, valid].T, wanted, atol=1e-4)


class Estimates:
    """A regression that is not linear."""

    def estimates(self, features):
        value = np.abs(features).sum(axis=1)
        return np.stack([value, value - 1, value + 1], axis=1)


def some_heads(width):
    rng = np.random.default_rng(6)
    head = RecipeHead(
        rng.normal(size=(2, 3, width)).astype(np.float32),
        rng.normal(size=(2, 3)).astype(np.float32),
        np.array([0.2, 0.5, 0.3], np.float32),
    )
    anchors = rng.normal(size=(5, 4)).astype(np.float32)
    novelty = Novelty(rng.normal(size=(4, width)).astype(np.float32), rng.normal(size=4).astype(np.float32), anchors)
    return head, novelty


def test_several_heads_share_one_pass(random, monkeypatch):
    """Head and distance together give what each gives alone, and their logits are pooled once."""
    features, scene = recipe(random, 12), window(seed=7)
    head, novelty = some_heads(len(features.mean))
    valid, (rows, cols) = inside(scene.valid), valid_inside(scene)
    x = features.at(scene, rows, cols)
    passes = []
    logits = RecipeFeatures.logits
    monkeypatch.setattr(RecipeFeatures, "logits", lambda *given: passes.append(len(given[2])) or logits(*given))
    found = features.scores(scene, head, novelty)
    assert passes == [6 + 4]
    assert found.shape == (4, *valid.shape)
    np.testing.assert_allclose(found[:3, valid].T, head.probabilities(x), atol=1e-4)
    np.testing.assert_allclose(found[3, valid], novelty.distances(x), atol=2e-3)


def test_a_linear_distance_beside_a_head_that_is_not_linear(random, monkeypatch):
    monkeypatch.setattr("mmearth.mapping.recipe_features.DENSE_ROWS", 5)
    features, scene = recipe(random, 0), window(stages=False, seed=8)
    head, novelty = some_heads(len(features.mean))
    valid, (rows, cols) = inside(scene.valid), valid_inside(scene)
    x = features.at(scene, rows, cols)
    found = features.scores(scene, Estimates(), novelty, Dense(head))
    assert found.shape == (3 + 1 + 3, *valid.shape)
    np.testing.assert_allclose(found[0, valid], np.abs(x).sum(axis=1), rtol=1e-4)
    np.testing.assert_allclose(found[2, valid] - found[1, valid], 2, atol=1e-3)
    np.testing.assert_allclose(found[3, valid], novelty.distances(x), atol=2e-3)
    np.testing.assert_allclose(found[4:, valid].T, head.probabilities(x), atol=1e-4)


def test_features_without_random_ones_compute_none(random, monkeypatch):
    monkeypatch.setattr(RandomFeatures, "maps", lambda *given: pytest.fail("not wanted"))
    groups = (Group("input", 1, random.num_inputs, 1.0),)
    features = RecipeFeatures(random, groups, np.zeros(0), np.zeros(0))
    scene, (rows, cols) = window(stages=False), everywhere()
    z = random.inputs(scene.bands, torch.from_numpy(scene.valid)).numpy()
    rows, cols = list(rows), list(cols)
    np.testing.assert_array_equal(features.raw_at(scene, np.array(rows), np.array(cols)), z[:, rows, cols].T)


def test_a_window_with_its_halo_is_enough(random):
    """Inside, a part of the scene gives what the whole scene gives."""
    features, scene = recipe(random, 0), window(stages=False, seed=3)
    weight, bias = np.random.default_rng(4).normal(size=(4, len(features.mean))).astype(np.float32), np.zeros(4)
    whole = features.logits(scene, weight, bias).numpy()
    part = slice(3, 55)
    cut = WindowFeatures({}, {}, scene.bands[:, part, :48], scene.valid[part, :48], 0, 0, 52, 48)
    found = features.logits(cut, weight, bias).numpy()
    valid = inside(cut.valid)
    np.testing.assert_allclose(inside(found)[:, valid], inside(whole[:, part, :48])[:, valid], atol=1e-4)


def test_halo_is_added_and_taken_away():
    found = grown(Window(5, 7, 30, 20))
    assert (found.col_off, found.row_off, found.width, found.height) == (-11, -9, 62, 52)
    assert inside(np.zeros((3, 52, 62))).shape == (3, 20, 30)
    assert HALO_PX >= 27 // 2 + 5 // 2


def test_groups_have_their_weight_as_length(random):
    features, scene = recipe(random), window()
    rows, cols = everywhere()
    x = features.at(scene, rows, cols)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-4)
    start = 0
    for group in features.groups:
        length = np.sqrt(np.square(x[:, slice(start, start + group.channels)]).sum(axis=1).mean())
        assert 0.7 * group.weight < length <= group.weight * 1.001
        start += group.channels


def test_features_that_hardly_vary_are_not_blown_up(random):
    groups = (Group("input", 1, 4, 1.0),)
    features = RecipeFeatures(random, groups, np.zeros(0), np.zeros(0))
    sample = np.random.default_rng(0).normal(size=(1000, 4)) * [1, 1, 1, 1e-6] + [0, 5, 0, 3]
    scale = features.standardised(sample).scale
    deviations = sample.std(axis=0)
    floor = 0.1 * np.median(deviations)
    np.testing.assert_allclose(scale, 1 / np.sqrt(4 * (deviations**2 + floor**2)), rtol=1e-5)


def test_embedding_channels_are_averaged_too():
    features = window(stages=False)
    random = fit_random_features([(features.bands.numpy(), features.valid)], BANDS, spectral=False, seed=0, draws=99)
    sources = [(group.source, group.width) for group in recipe_groups(random, 0)]
    assert ("input", 1) in sources
    assert any(source == "input" and width > 1 for source, width in sources)
    assert not any(source == "encoder" for source, _ in sources)
