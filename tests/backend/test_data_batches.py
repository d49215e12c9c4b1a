"""Batches: sampling, crops, turns, standardising, dropped bands, several sources, prefetching."""

import threading
import time

import mmearth_layout as layout
import numpy as np
import pytest
import torch
from mmearth.data.batches import BAND_SETS, BLOCK, Prefetch, TrainingData, crop_offsets, turned
from mmearth.data.mmearth_folder import BANDS, MMEarthFolder, pack
from mmearth.data.scales import combine_statistics
from mmearth.data.shards import Contents, Shards, Statistics
from mmearth.errors import InputError
from mmearth.pretraining.tasks import MMEARTH_TASKS, Task


@pytest.fixture
def make_shards(tmp_path, report):
    """Packs a folder that `mmearth_layout.write_folder` writes."""

    def make(name="a", chips=6, side=64, tasks=("sentinel2",), **options):
        return pack(layout.write_folder(tmp_path / name, chips, side, tasks, **options), tmp_path / f"{name}.c", report)

    return make


def other_sensor(chips=20, bands=("nir", "red", "green"), side=8, values=None, name="own", tasks=(), arrays=None):
    """Shards of a sensor of its own, in memory."""
    if values is None:
        values = np.random.default_rng(0).normal(5, 2, (chips, len(bands), side, side)).astype(np.float32)
    statistics = {"sentinel2": {"raw": Statistics(np.full(len(bands), 5.0), np.full(len(bands), 2.0))}}
    for task in tasks:
        statistics[task.name] = {"all": Statistics(np.zeros(task.channels), np.ones(task.channels))}
    contents = Contents(
        name, (Task("sentinel2", "map", len(bands)), *tasks), bands, side, {"sentinel2": ()}, ("raw",), statistics, {}
    )
    return Shards(contents, {"sentinel2": values, **(arrays or {})}, np.zeros(len(values), np.uint8))


def test_a_whole_chip_without_augmentation_is_the_item_that_the_folder_reads(make_shards, tmp_path):
    shards = make_shards(chips=5, side=16, tasks=layout.ALL, levels=["l2a", "l1c", "l2a", "l1c", "hls"])
    data = TrainingData([shards], 16, 3, band_dropout=False, augment=False)
    assert data.tasks == MMEARTH_TASKS
    batch, samples = data.batch(0, 5), data.samples(0, 5)
    assert sorted(samples.chips) == [0, 1, 2, 3, 4]
    with MMEarthFolder(str(tmp_path / "a")) as source:
        for i, chip in enumerate(samples.chips):
            for name, wanted in source.read_item(int(chip)).items():
                found = batch.targets[name][i].numpy()
                if wanted.dtype == np.float32:
                    assert np.array_equal(np.isnan(found), np.isnan(wanted)), name
                    assert np.nanmax(np.abs(found - np.clip(wanted, -6, 6))) < 1e-5, name
                else:
                    assert np.array_equal(found, wanted), name
                    assert batch.targets[name].dtype == torch.int64
    forms = {"map": (5, 16, 16), "class_map": (5, 16, 16), "vector": (5,), "category": (5,)}
    for task in data.tasks:
        shape = batch.targets[task.name].shape
        assert (
            (shape[0], *shape[2:]) == forms[task.kind] if task.kind in ("map", "vector") else shape == forms[task.kind]
        )
    assert torch.equal(batch.inputs, batch.targets["sentinel2"])


def test_missing_and_dropped_bands(make_shards):
    values = np.full((4, 13, 64, 64), 3000, np.uint16)
    values[:, :, :, :32] = 60000
    values[:, 4:7] = 0  # B5, B6, B7 are absent
    values[1, 0, 10:20, 10:20] = 0
    data = TrainingData([make_shards(chips=4, values={"sentinel2": values})], 56, 0)
    batch = data.batch(0, 64)
    target = batch.targets["sentinel2"]
    absent = [BANDS.index(name) for name in ("B5", "B6", "B7")]
    present = [i for i in range(12) if i not in absent]
    assert torch.isnan(target[:, absent]).all()
    assert set(target[:, present][~torch.isnan(target[:, present])].unique().tolist()) == {1.0, 6.0}
    holes = torch.isnan(target[:, 0])
    assert holes.any()
    assert not torch.isnan(target[:, 1]).any()
    kept = torch.from_numpy(data.samples(0, 64).kept)
    assert torch.equal(batch.inputs, torch.nan_to_num(target) * kept[:, :, None, None])
    wanted_sizes = {len(names) for _, names in BAND_SETS}
    assert set(kept.sum(dim=1).tolist()) == wanted_sizes == {3, 4, 6, 10, 12}
    assert kept[:, [BANDS.index(name) for name in ("B2", "B3", "B4")]].all()
    whole = TrainingData(data._shards, 56, 0, band_dropout=False)
    assert whole.samples(0, 64).kept.all()


def test_band_sets_are_drawn_as_often_as_the_table_says(make_shards):
    data = TrainingData([make_shards(side=8)], 8, 0)
    kept = np.concatenate([data.samples(i, 1000).kept for i in range(4)])
    sizes = kept.sum(axis=1)
    for share, names in BAND_SETS:
        assert abs((sizes == len(names)).mean() - share) < 0.03


def test_bands_of_other_sensors_are_lost_now_and_then_but_never_all():
    data = TrainingData([other_sensor()], 8, 0)
    kept = np.concatenate([data.samples(i, 1000).kept for i in range(5)])
    assert kept.any(axis=1).all()
    assert abs((~kept).mean() - 0.03) < 0.006
    assert 0.05 < (~kept.all(axis=1)).mean() < 0.12
    alone = TrainingData([other_sensor(bands=("pan",))], 8, 0)
    assert alone.samples(0, 500).kept.all()


def test_all_pixel_tasks_of_a_chip_share_crop_and_turn(make_shards):
    count = np.arange(1, 3 * 64 * 64 + 1).reshape(3, 1, 64, 64)
    values = {
        "sentinel2": np.broadcast_to(count, (3, 13, 64, 64)).astype(np.uint16),
        "sentinel1": np.broadcast_to(count, (3, 8, 64, 64)).astype(np.float32),
        "dynamic_world": (count % 9 + 1).astype(np.uint8),
    }
    stats = {"sentinel2_l2a": {"mean": [0] * 13, "std": [5e4] * 13}, "sentinel1": {"mean": [0] * 8, "std": [5e4] * 8}}
    data = TrainingData([make_shards(chips=3, tasks=tuple(values), values=values, stats=stats)], 56, 1)
    batch, samples = data.batch(2, 32), data.samples(2, 32)
    optical = batch.targets["sentinel2"]
    assert torch.equal(optical[:, :8], batch.targets["sentinel1"])
    numbers = torch.round(optical[:, 0] * 5e4).to(torch.int64)
    assert torch.equal(batch.targets["dynamic_world"], numbers % 9)
    assert len(set(zip(samples.tops.tolist(), samples.lefts.tolist(), strict=True))) > 20
    for i in range(32):
        chip, top, left = samples.chips[i], samples.tops[i], samples.lefts[i]
        crop = count[chip, 0, top:, left:][:56, :56]
        mirrored = np.fliplr(crop) if samples.flips[i] else crop
        assert np.array_equal(numbers[i].numpy(), np.rot90(mirrored, samples.turns[i]))


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("turns", range(4))
def test_turned_is_a_mirror_and_quarter_turns(turns, flip):
    crop = np.arange(2 * 3 * 3).reshape(2, 3, 3)
    wanted = np.rot90(crop[:, :, ::-1] if flip else crop, turns, (1, 2))
    assert np.array_equal(turned(crop, turns, flip), wanted)


def test_crop_offsets_reach_every_place_and_no_further():
    tops, lefts = crop_offsets(np.random.default_rng(0), np.array([64, 56] * 500), 56)
    for offsets in (tops, lefts):
        assert set(offsets[::2]) == set(range(9))
        assert set(offsets[1::2]) == {0}
    assert not np.array_equal(tops, lefts)


def test_a_batch_depends_on_seed_and_index_alone(make_shards):
    shards = make_shards(tasks=("sentinel2", "aster"))
    data = TrainingData([shards], 56, 1)
    later = data.batch(7, 4)
    for i in range(3):
        data.batch(i, 4)
    for again in (data, TrainingData([shards], 56, 1)):
        assert torch.equal(again.batch(7, 4).inputs, later.inputs)
        assert torch.equal(again.batch(7, 4).targets["aster"], later.targets["aster"])
    assert not torch.equal(TrainingData([shards], 56, 2).batch(7, 4).inputs, later.inputs)
    assert not torch.equal(data.batch(8, 4).inputs, later.inputs)


def test_epochs_take_every_chip_once_in_a_new_order(make_shards):
    data = TrainingData([make_shards(chips=7, side=8)], 8, 0)
    order = np.concatenate([data.samples(i, 3).chips for i in range(14)]).reshape(6, 7)
    assert (np.sort(order, axis=1) == np.arange(7)).all()
    assert len({tuple(epoch) for epoch in order.tolist()}) > 1


def test_sources_alternate_by_their_share_and_each_goes_through_all_its_chips(make_shards):
    parts = [make_shards("a", 40, 8), make_shards("b", 5, 8), make_shards("c", 1, 8)]
    data = TrainingData(parts, 8, 0)
    assert data.names == {"a": 40, "b": 5, "c": 1}
    assert data.chips == 46
    samples = [data.samples(i, BLOCK // 4) for i in range(8)]
    sources = np.concatenate([found.sources for found in samples])
    chips = np.concatenate([found.chips for found in samples])
    weights = np.array([40, 5, 1]) ** 0.65
    for half in (sources[:BLOCK], sources[BLOCK:]):
        assert (np.abs(np.bincount(half) - weights / weights.sum() * BLOCK) <= 1).all()
    assert len(set(sources[:20])) > 1
    of_b = chips[sources == 1]
    whole = of_b[: len(of_b) // 5 * 5].reshape(-1, 5)
    assert (np.sort(whole, axis=1) == np.arange(5)).all()


def test_a_task_that_a_source_lacks_is_missing_there(make_shards):
    tasks = ("sentinel2", "sentinel1", "biome", "esa_worldcover", "month")
    data = TrainingData([make_shards("a", 4, 8, tasks), make_shards("b", 4, 8)], 8, 0)
    assert [task.name for task in data.tasks] == ["sentinel2", "sentinel1", "biome", "month", "esa_worldcover"]
    batch, without = data.batch(0, 32), data.samples(0, 32).sources == 1
    assert 0 < without.sum() < 32
    for name in ("sentinel1", "month"):
        found = batch.targets[name].numpy()
        assert np.isnan(found[without]).all()
        assert np.isfinite(found[~without][:, :2]).all()
    for name in ("biome", "esa_worldcover"):
        assert (batch.targets[name].numpy()[without] == -1).all()
    assert (batch.targets["biome"].numpy()[~without] >= 0).all()
    assert not torch.isnan(batch.targets["sentinel2"]).any()


def test_tasks_can_be_chosen_and_the_input_is_always_among_them(make_shards):
    shards = make_shards(side=8, tasks=layout.ALL)
    names = [task.name for task in TrainingData([shards], 8, 0, tasks=("month", "aster")).tasks]
    assert names == ["sentinel2", "aster", "month"]
    with pytest.raises(InputError, match="altitude"):
        TrainingData([shards], 8, 0, tasks=("altitude",))


def test_further_tasks_come_after_those_of_mmearth():
    height = Task("height", "map", 1)
    values = np.full((20, 1, 8, 8), 2, np.float32)
    data = TrainingData([other_sensor(tasks=(height,), arrays={"height": values})], 8, 0)
    assert data.tasks[-1] == height
    assert data.bands == ("nir", "red", "green")
    assert (data.batch(0, 4).targets["height"] == 2).all()
    assert data.levels == {"raw": {"mean": [5.0] * 3, "std": [2.0] * 3}}


def statistics_of(chips, mean, std):
    """Shards of one band of which only the number of chips and the statistics matter."""
    part = other_sensor(chips, ("x",))
    part.contents.statistics["sentinel2"]["raw"] = Statistics(np.array([mean]), np.array([std]))
    return part


def test_combined_statistics_are_weighted_and_contain_the_distance_of_the_means():
    found = combine_statistics([statistics_of(8, 100.0, 10.0), statistics_of(8, 300.0, 10.0)], "sentinel2", "raw")
    assert found.mean == 200
    assert np.isclose(found.std, np.sqrt(10**2 + 100**2))
    weights = np.array([1, 20]) ** 0.65
    found = combine_statistics([statistics_of(1, 100.0, 0.0), statistics_of(20, 300.0, 0.0)], "sentinel2", "raw")
    assert np.isclose(found.mean, (weights * [100, 300]).sum() / weights.sum())
    found = combine_statistics([statistics_of(9, np.nan, np.nan), statistics_of(1, 3.0, 2.0)], "sentinel2", "raw")
    assert (found.mean, found.std) == (3, 2)
    found = combine_statistics([statistics_of(9, 4.0, 0.0)], "sentinel2", "raw")
    assert (found.mean, found.std) == (4, 1)


def test_a_band_without_statistics_is_missing_and_has_harmless_ones_in_the_card():
    data = TrainingData([statistics_of(9, np.nan, np.nan)], 8, 0)
    assert data.levels == {"raw": {"mean": [0.0], "std": [1.0]}}
    batch = data.batch(0, 2)
    assert torch.isnan(batch.targets["sentinel2"]).all()
    assert (batch.inputs == 0).all()


def test_each_level_has_its_own_statistics(make_shards):
    stats = {
        f"sentinel2_{level}": {"mean": [mean] * 13, "std": [100] * 13} for level, mean in (("l2a", 3000), ("l1c", 2900))
    }
    values = np.full((4, 13, 8, 8), 3000, np.uint16)
    shards = make_shards(chips=4, side=8, values={"sentinel2": values}, levels=["l1c", "l2a"] * 2, stats=stats)
    data = TrainingData([shards], 8, 0)
    found = data.batch(0, 4).targets["sentinel2"][:, 0, 0, 0]
    assert found.tolist() == [1.0 if chip % 2 == 0 else 0.0 for chip in data.samples(0, 4).chips]
    assert set(data.levels) == {"l2a", "l1c"}


def test_sources_that_do_not_fit_are_refused(make_shards):
    with pytest.raises(InputError, match="no training chips"):
        TrainingData([], 56, 0)
    with pytest.raises(InputError, match="32 px wide; crops need 56"):
        TrainingData([make_shards("small", 2, 32)], 56, 0)
    with pytest.raises(InputError, match="nir, red, green"):
        TrainingData([make_shards("s2", 2, 8), other_sensor()], 8, 0)
    one = other_sensor(tasks=(Task("cover", "class_map", 3),))
    two = other_sensor(tasks=(Task("cover", "class_map", 4),))
    with pytest.raises(InputError, match="class_map with 4 channels; elsewhere it is a class_map with 3"):
        TrainingData([one, two], 8, 0)


def test_two_sources_of_one_name_are_told_apart():
    assert TrainingData([other_sensor(5), other_sensor(9)], 8, 0).names == {"own": 5, "own (2)": 9}


def test_prefetching_gives_the_same_batches_in_order(make_shards):
    data = TrainingData([make_shards(side=8)], 8, 0)
    with Prefetch(data, range(3, 9), 4) as batches:
        found = [batch.inputs for batch in batches]
    assert len(found) == 6
    for index, inputs in zip(range(3, 9), found, strict=True):
        assert torch.equal(inputs, data.batch(index, 4).inputs)
    assert batches.waited_s > 0


def test_prefetching_ends_its_thread_when_the_reader_leaves_early(make_shards):
    data = TrainingData([make_shards(side=8)], 8, 0)
    before = threading.active_count()
    with Prefetch(data, iter(range(10**9)), 4) as batches:
        next(iter(batches))
    assert threading.active_count() == before


def test_prefetching_raises_what_the_thread_met(make_shards):
    data = TrainingData([make_shards(side=8)], 8, 0)

    def indexes():
        yield 0
        raise InputError("the disk is gone")

    with Prefetch(data, indexes(), 4) as batches, pytest.raises(InputError, match="gone"):
        list(batches)


def test_waiting_is_measured():
    class Slow:
        def batch(self, index, size):
            time.sleep(0.05)
            return index

    with Prefetch(Slow(), range(2), 1) as batches:
        list(batches)
    assert 0.08 < batches.waited_s < 1
