"""Batches: the same for the same seed and step, balanced, around labels, without what is held out; validation."""

import numpy as np
import pytest
import torch
from labelled_ground import tiles_of
from mmearth.tuning.batches import TrainingBatches

T, S = 32, 16


def field(count=1):
    """Returns labels and samples (N, T, T) that hold nothing."""
    return np.full((count, T, T), -1), np.full((count, T, T), -1)


@pytest.fixture
def polygons():
    """Six polygons on three tiles: one of class 1 beside five of class 0; 0, 1 and 5 are held out."""
    labels, samples = field(3)
    places = [(0, 2, 2), (0, 20, 20), (1, 4, 20), (1, 25, 3), (2, 10, 10), (2, 10, 13)]
    for number, (tile, row, col) in enumerate(places):
        own = tile, slice(row, row + 3), slice(col, col + 3)
        labels[own], samples[own] = int(number in (1, 2)), number
    return labels, samples, [0, 1, 1, 0, 0, 0], [True, True, False, False, False, True]


def test_a_batch_is_a_function_of_seed_and_step(polygons):
    tiles = tiles_of(*polygons, band_dropout=True)
    first, again = (TrainingBatches(tiles, S, 3) for _ in range(2))
    first.batch(0, 4)
    for name in ("images", "targets", "samples"):
        assert torch.equal(getattr(first.batch(7, 4), name), getattr(again.batch(7, 4), name))
    assert not torch.equal(first.batch(7, 4).images, first.batch(8, 4).images)
    assert not torch.equal(first.batch(7, 4).images, TrainingBatches(tiles, S, 4).batch(7, 4).images)


def test_every_crop_holds_a_training_label_and_no_held_out_one(polygons):
    batches = TrainingBatches(tiles_of(*polygons), S, 0)
    seen = set()
    for step in range(20):
        batch = batches.batch(step, 4)
        assert batch.images.shape == (4, 2, S, S)
        assert (batch.images.dtype, batch.targets.dtype, batch.regions) == (torch.float32, torch.int64, None)
        assert ((batch.targets >= 0) == (batch.samples >= 0)).all()
        assert (batch.targets >= 0).flatten(1).any(dim=1).all()
        seen |= set(batch.samples.unique().tolist())
    assert seen == {-1, 2, 3, 4}


def test_classes_are_balanced_and_polygons_within_them(polygons):
    labels, samples, classes, held_out = polygons
    batches = TrainingBatches(tiles_of(labels, samples, classes, held_out), 8, 0)
    drawn = np.zeros(6)
    for step in range(150):
        batch = batches.batch(step, 4)
        for own in batch.samples:
            drawn[own[own >= 0].unique()] += 1
    # Class 1 has one polygon, class 0 two; at 8 px no crop holds two training polygons.
    assert drawn[2] == 300
    assert drawn[3] + drawn[4] == 300
    assert abs(drawn[3] - drawn[4]) < 80


def test_images_and_labels_keep_together_through_shifts_and_turns():
    labels = np.random.default_rng(0).integers(0, 2, (1, T, T))
    samples = np.zeros((1, T, T), int)
    samples[:, :, : T // 2] = 1
    images = np.stack([labels[0] * 2 - 1.0, samples[0] + 1.0])[None]
    tiles = tiles_of(labels, samples, [0, 1], [False, False], images=images, weighs_pixels=True)
    batch = TrainingBatches(tiles, S, 0).batch(0, 8)
    assert ((batch.images[:, 0] > 0).long() == batch.targets).all()
    plain = TrainingBatches(tiles, S, 0, augmented=False).batch(0, 8)
    assert torch.equal(plain.images[:, 1].long() - 1, plain.samples)
    assert {len(batch.samples[i].unique()) for i in range(8)} == {1, 2}


def test_a_crop_stays_on_the_scene_where_it_can():
    labels, samples = field()
    labels[0, 6:26, 6:26], samples[0, 6:26, 6:26] = 0, 0
    labels[0, 15], samples[0, 15] = np.where(labels[0, 15] == 0, 1, -1), np.where(samples[0, 15] == 0, 1, -1)
    tiles = tiles_of(labels, samples, [0, 1], [False, False], weighs_pixels=True)
    object.__setattr__(tiles, "bounds", np.array([[6, 26, 6, 26]]))
    batches = TrainingBatches(tiles, S, 0)
    assert all((batches.batch(step, 4).targets >= 0).all() for step in range(10))
    larger = TrainingBatches(tiles, 24, 0).batch(0, 8)  # all of the scene, and some of what is around it
    assert ((larger.targets >= 0).flatten(1).sum(dim=1) == 400).all()


def test_validation_shows_every_held_out_pixel_once_and_no_other(polygons):
    labels, samples, classes, held_out = polygons
    tiles = tiles_of(labels, samples, classes, held_out)
    batches = list(TrainingBatches(tiles, S, 0).validation(1))
    assert [batch.images.shape for batch in batches] == [(1, 2, T, T)] * 2
    found = np.concatenate([batch.samples.numpy() for batch in batches])
    assert {int(s): int((found == s).sum()) for s in np.unique(found[found >= 0])} == {0: 9, 1: 9, 5: 9}
    again = list(TrainingBatches(tiles, 8, 9).validation(1))
    assert all(torch.equal(a.images, b.images) for a, b in zip(batches, again, strict=True))
    assert torch.equal(batches[0].images[0], torch.from_numpy(np.asarray(tiles.images[0], np.float32)))
    assert [len(batch.images) for batch in TrainingBatches(tiles, S, 0).validation(8)] == [2]


def test_cells_come_row_by_row_on_their_grid():
    labels = np.kron(np.arange(16).reshape(1, 4, 4) % 3, np.ones((1, 8, 8), int))
    samples = np.kron(np.arange(16).reshape(1, 4, 4), np.ones((1, 8, 8), int))
    held_out = np.arange(16) == 5
    images = np.stack([samples[0] + 1.0, samples[0] + 1.0])[None]
    tiles = tiles_of(
        labels, samples, np.arange(16) % 3, held_out, images=images, unit="cell", cell_px=8, weighs_pixels=True
    )
    for step in range(5):
        batch = TrainingBatches(tiles, S, 0, augmented=False).batch(step, 3)
        assert batch.targets.shape == batch.samples.shape == (3, 4)
        own = batch.images[:, 0, ::8, ::8].reshape(3, 4).long() - 1
        assert torch.equal(torch.where(own == 5, -1, own), batch.samples)
        assert torch.equal(torch.where(own == 5, -1, own % 3), batch.targets)
        whole = batch.images[:, 0].unfold(1, 8, 8).unfold(2, 8, 8).flatten(3)
        assert (whole == whole[..., :1]).all()  # no cell is cut
    (held,) = TrainingBatches(tiles, S, 0).validation(2)
    assert held.targets.shape == (1, 16)
    assert torch.flatten(held.samples).tolist() == [-1] * 5 + [5] + [-1] * 10


def test_polygons_come_whole_with_their_region(polygons):
    tiles = tiles_of(*polygons, unit="polygon")
    batches = TrainingBatches(tiles, S, 0)
    for step in range(8):
        batch = batches.batch(step, 4)
        assert batch.targets.shape == batch.samples.shape == (4, 1)
        assert set(batch.samples.flatten().tolist()) <= {2, 3, 4}
        assert (batch.regions.flatten(1).sum(dim=1) == 9).all()
        assert torch.equal(batch.targets, torch.tensor(polygons[2])[batch.samples])
    held = list(batches.validation(2))
    assert [batch.samples.flatten().tolist() for batch in held] == [[0, 1], [5]]
    assert held[0].regions.sum(dim=(1, 2)).tolist() == [9, 9]


def test_samples_of_several_classes_have_a_row_of_numbers(polygons):
    labels, samples, _, held_out = polygons
    classes = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0], [1, 0]], bool)
    batches = TrainingBatches(tiles_of(labels, samples, classes, held_out, unit="polygon"), S, 0)
    drawn = np.zeros(6)
    for step in range(30):
        batch = batches.batch(step, 3)
        assert (batch.targets.shape, batch.targets.dtype) == ((3, 1, 2), torch.float32)
        assert torch.equal(batch.targets[:, 0].bool(), torch.from_numpy(classes)[batch.samples[:, 0]])
        drawn[batch.samples.flatten()] += 1
    assert (drawn > 0).tolist() == [False, False, True, True, True, False]
    assert drawn[3] == 30  # having no class counts as one of three kinds


def test_an_epoch_grows_with_samples_and_with_pixels(polygons):
    tiles = tiles_of(*polygons)
    assert TrainingBatches(tiles, S, 0).crops_of_an_epoch == 3
    labels, samples = np.zeros((2, 5, T, T), int)
    labels[:, :, 16:], samples[:, :, 16:] = 1, 1
    dense = tiles_of(labels, samples, [0, 1], [False, False], weighs_pixels=True)
    assert TrainingBatches(dense, S, 0).crops_of_an_epoch == 5 * 4


def test_crops_larger_than_tiles_are_a_mistake(polygons):
    with pytest.raises(ValueError, match="crops of 40 px from tiles of 32 px"):
        TrainingBatches(tiles_of(*polygons), 40, 0)
