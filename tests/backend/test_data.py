"""Reading the MMEarth layout: bands, levels, statistics, crops."""

import json

import h5py
import numpy as np
import pytest
from mmearth.data import BANDS, CLIP, CropSource, LevelStatistics, Pool, combine_statistics, standardise
from mmearth.errors import InputError

MEAN, STD = np.arange(13) * 100.0 + 500, np.arange(13) + 50.0


@pytest.fixture
def make_folder(tmp_path):
    """Writes a folder in the layout; each plane holds its band's mean unless `images` is given."""

    def make(name="pool", chips=4, side=64, images=None, level="l2a", train=None, stats=True):
        folder = tmp_path / name
        folder.mkdir()
        if images is None:
            images = np.broadcast_to(MEAN[None, :, None, None], (chips, 13, side, side))
        levels = [level] * len(images) if isinstance(level, str) else level
        with h5py.File(folder / "data_x.h5", "w") as file:
            file["sentinel2"] = images.astype(np.uint16)
            rows = [(str(i).encode(), lv.encode()) for i, lv in enumerate(levels)]
            file["metadata"] = np.array(rows, dtype=[("tile_id", "S100"), ("S2_type", "S10")])
        splits = {"train": list(range(len(images))) if train is None else train, "val": [], "test": []}
        (folder / "data_x_splits.json").write_text(json.dumps(splits))
        entry = {"mean": MEAN.tolist(), "std": STD.tolist()}
        entry["mean"][10] = entry["std"][10] = float("nan")
        found = {f"sentinel2_{lv}": entry for lv in set(levels)} if stats else {}
        (folder / "data_x_band_stats.json").write_text(json.dumps(found))
        return str(folder)

    return make


def test_bands_are_read_in_mmearth_order_without_b10(make_folder):
    pool = Pool(make_folder())
    assert BANDS[7:10] == ("B8A", "B8", "B9")
    assert pool.chip(0)[:, 0, 0].tolist() == np.delete(MEAN, 10).tolist()
    assert pool.statistics("l2a").std.tolist() == np.delete(STD, 10).tolist()
    assert pool.statistics("l1c") is None


def test_standardise_fills_nodata_with_the_mean_and_clips():
    statistics = LevelStatistics(np.array([1000.0]), np.array([100.0]))
    scaled, valid = standardise(np.array([[[1100.0, 0.0, 60000.0]]]), statistics)
    assert scaled[0, 0].tolist() == [1.0, 0.0, CLIP]
    assert valid[0, 0].tolist() == [True, False, True]


def test_absent_bands_are_zero_and_not_valid(make_folder):
    images = np.broadcast_to(MEAN[None, :, None, None], (2, 13, 64, 64)).copy()
    images[:, 4:7] = 0  # B5, B6, B7
    batch = next(CropSource([Pool(make_folder(images=images))], 56, 0).batches(3))
    assert batch.images.shape == batch.valid.shape == (3, 12, 56, 56)
    assert batch.images.dtype == np.float32
    absent = [i for i, name in enumerate(BANDS) if name in ("B5", "B6", "B7")]
    assert not batch.valid[:, absent].any()
    assert batch.valid[:, [i for i in range(12) if i not in absent]].all()
    assert np.abs(batch.images).max() < 1e-6  # every present value is its band's mean
    assert (batch.images[:, absent] == 0).all()


def test_dropped_bands_are_missing_from_the_input_but_not_from_the_target(make_folder):
    images = np.broadcast_to((MEAN + STD)[None, :, None, None], (2, 13, 64, 64))
    batch = next(CropSource([Pool(make_folder(images=images))], 56, 0).batches(64))
    assert np.allclose(batch.images, 1)
    kept = batch.inputs[:, :, 0, 0] == 1
    assert np.array_equal(batch.inputs, batch.images * kept[:, :, None, None])
    assert set(kept.sum(axis=1)) == {3, 4, 6, 10, 12}
    assert all(kept[:, BANDS.index(name)].all() for name in ("B2", "B3", "B4"))


def test_crops_are_turned_and_flipped_pieces_of_chips(make_folder):
    chip = np.random.default_rng(0).integers(400, 900, (1, 13, 64, 64))
    source = CropSource([Pool(make_folder(images=chip))], 56, 1)
    crops = next(source.batches(4)).images
    whole, _ = standardise(np.delete(chip[0], 10, 0), source.statistics["l2a"])
    for crop in crops:
        versions = [np.rot90(flip, k, (1, 2)) for flip in (crop, crop[:, :, ::-1]) for k in range(4)]
        assert any(
            np.array_equal(version, whole[:, top : top + 56, left : left + 56])
            for version in versions
            for top in range(9)
            for left in range(9)
        )
    assert not np.array_equal(crops[0], crops[1])


def test_same_seed_same_crops(make_folder):
    folder = make_folder(images=np.random.default_rng(0).integers(400, 900, (5, 13, 64, 64)))
    first, again, other = (next(CropSource([Pool(folder)], 56, seed).batches(4)).inputs for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_only_training_rows_are_drawn(make_folder):
    images = np.zeros((3, 13, 64, 64))
    images[2] = 700
    batch = next(CropSource([Pool(make_folder(images=images, train=[2]))], 56, 0).batches(8))
    assert batch.valid.all()


def test_levels_have_their_own_statistics_and_pools_are_combined(make_folder):
    pools = [Pool(make_folder("a", chips=4)), Pool(make_folder("b", chips=4, level="l1c"))]
    source = CropSource(pools, 56, 0)
    assert set(source.statistics) == {"l2a", "l1c"}
    alone = combine_statistics(pools, "l2a")
    assert np.allclose(alone.mean, np.delete(MEAN, 10))
    assert np.allclose(alone.std, np.delete(STD, 10))


def test_combined_deviation_contains_the_distance_of_the_means(make_folder):
    first, second = Pool(make_folder("a")), Pool(make_folder("b"))
    second._stats["sentinel2_l2a"]["mean"] = (MEAN + 200).tolist()
    found = combine_statistics([first, second], "l2a")
    assert np.allclose(found.mean, np.delete(MEAN + 100, 10))
    assert np.allclose(found.std, np.sqrt(np.delete(STD, 10) ** 2 + 100**2))


@pytest.mark.parametrize("missing", ["data_x.h5", "data_x_splits.json", "data_x_band_stats.json"])
def test_a_missing_file_is_named(make_folder, tmp_path, missing):
    folder = make_folder()
    (tmp_path / "pool" / missing).unlink()
    with pytest.raises(InputError, match=missing.removeprefix("data_x").replace(".", r"\.")):
        Pool(folder)


def test_what_is_not_the_layout_is_refused(make_folder, tmp_path):
    with pytest.raises(InputError, match=r"\(2, 12, 64, 64\)"):
        Pool(make_folder("twelve", images=np.ones((2, 12, 64, 64))))
    with pytest.raises(InputError, match="l3x"):
        Pool(make_folder("level", level="l3x"))
    with pytest.raises(InputError, match="training rows"):
        Pool(make_folder("empty", train=[]))
    with pytest.raises(InputError, match="training rows"):
        Pool(make_folder("beyond", train=[99]))
    broken = make_folder("broken")
    (tmp_path / "broken" / "data_x.h5").write_bytes(b"no HDF5")
    with pytest.raises(InputError, match="HDF5"):
        Pool(broken)
    (tmp_path / "broken" / "data_x_splits.json").write_text("[")
    with pytest.raises(InputError):
        Pool(broken)


def test_small_chips_and_missing_statistics_are_refused(make_folder):
    with pytest.raises(InputError, match="32 px"):
        CropSource([Pool(make_folder("small", side=32))], 56, 0)
    with pytest.raises(InputError, match="statistics"):
        CropSource([Pool(make_folder("none", stats=False))], 56, 0)
