"""Folders in the MMEarth layout: what is read, corrected, refused, and packed into shards."""

import errno
import json
import os

import h5py
import mmearth_layout as layout
import numpy as np
import pytest
from mmearth.data import mmearth_folder
from mmearth.data.mmearth_folder import BANDS, MMEarthFolder, pack
from mmearth.errors import Cancelled, InputError, ResourceError


def test_bands_are_read_in_mmearth_order_without_b10(tmp_path):
    planes = np.broadcast_to((np.arange(13) * 100 + 500)[None, :, None, None], (2, 13, 8, 8)).astype(np.uint16)
    with MMEarthFolder(layout.write_folder(tmp_path / "a", 2, 8, values={"sentinel2": planes})) as source:
        assert BANDS[7:10] == ("B8A", "B8", "B9")
        expected = [500, 600, 700, 800, 900, 1000, 1100, 1200, 1300, 1400, 1600, 1700]
        assert source.raw("sentinel2", slice(1, 2))[0, :, 0, 0].tolist() == expected
        item = source.read_item(1)
        assert np.allclose(item["sentinel2"][:, 3, 4], (np.array(expected) - 2000) / 1000)
        assert item["sentinel2"].dtype == np.float32


def test_any_subset_of_the_tasks_will_do_and_other_data_sets_are_ignored(tmp_path):
    folder = layout.write_folder(tmp_path / "a", 2, 8, ("sentinel2", "month", "aster"))
    with h5py.File(tmp_path / "a" / "data_x.h5", "a") as file:
        file["lulc_raw"] = np.zeros((2, 1, 8, 8))
    with MMEarthFolder(folder) as source:
        assert [task.name for task in source.tasks] == ["sentinel2", "aster", "month"]


def test_missing_values_and_classes_in_our_order(tmp_path):
    cover = np.zeros((1, 1, 2, 4), np.uint8)
    cover[0, 0] = [[10, 0, 255, 20], [5, 95, 100, 15]]
    values = {
        "sentinel2": np.full((1, 13, 2, 4), 3000, np.uint16),
        "esa_worldcover": cover,
        "canopy_height_eth": np.array([[[[5, 127, -1, 0]] * 2] * 2], np.int8),
        "aster": np.array([[[[5, -32768, 0, -1]] * 2] * 2], np.int16),
        "biome": np.zeros((1, 14), np.uint8),
        "era5": np.array([[1, np.inf, np.nan, -np.inf, *[3] * 8]], np.float32),
    }
    values["sentinel2"][0, 0, 0, 0] = 0
    tasks = tuple(values)
    with MMEarthFolder(layout.write_folder(tmp_path / "a", 1, 2, tasks, values=values)) as source:
        item = source.read_item(0)
    assert item["esa_worldcover"].tolist() == [[0, -1, -1, 1], [-1, 9, 10, -1]]
    assert np.array_equal(item["canopy_height_eth"][1, 0], [2, np.nan, np.nan, -0.5], equal_nan=True)
    assert np.array_equal(item["aster"][0, 1], [2, np.nan, -0.5, -1], equal_nan=True)
    assert item["biome"] == -1
    assert np.array_equal(item["era5"], [0, np.nan, np.nan, np.nan, *[1] * 8], equal_nan=True)
    assert np.isnan(item["sentinel2"][0, 0, 0])
    assert np.isnan(item["sentinel2"]).sum() == 1


@pytest.mark.parametrize("missing", ["data_x.h5", "data_x_splits.json", "data_x_band_stats.json"])
def test_a_missing_file_is_named(tmp_path, missing):
    folder = layout.write_folder(tmp_path / "a")
    (tmp_path / "a" / missing).unlink()
    with pytest.raises(InputError, match=missing.removeprefix("data_x").replace(".", r"\.")):
        MMEarthFolder(folder)


def test_what_is_not_the_layout_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\(2, 12, 8, 8\)"):
        MMEarthFolder(layout.write_folder(tmp_path / "b", 2, 8, values={"sentinel2": np.ones((2, 12, 8, 8))}))
    with pytest.raises(InputError, match=r"sentinel1 .*\(2, 2, 8, 8\).*\(2, 8, 8, 8\)"):
        MMEarthFolder(
            layout.write_folder(
                tmp_path / "c", 2, 8, ("sentinel2", "sentinel1"), values={"sentinel1": np.ones((2, 2, 8, 8))}
            )
        )
    with pytest.raises(InputError, match="l3x"):
        MMEarthFolder(layout.write_folder(tmp_path / "d", 2, 8, levels=["l2a", "l3x"]))
    for number, train in enumerate(([], [9], [-1], ["a"], "none")):
        with pytest.raises(InputError, match="training rows"):
            MMEarthFolder(layout.write_folder(tmp_path / f"e{number}", 2, 8, train=train))
    with pytest.raises(InputError, match="means of sentinel2"):
        folder = layout.write_folder(tmp_path / "f", 2, 8, stats={"sentinel2_l2a": {"mean": [1], "std": [1]}})
        MMEarthFolder(folder).statistics("sentinel2", "l2a")


def test_hls_is_a_level_and_an_unknown_one_outside_the_training_rows_does_no_harm(tmp_path):
    with MMEarthFolder(layout.write_folder(tmp_path / "a", 3, 8, levels=["hls", "l2a", "l9"], train=[0, 1])) as source:
        assert source.levels[:2] == ("hls", "l2a")


def test_a_truncated_file_is_refused_where_the_damage_is_met(tmp_path, report):
    folder = layout.write_folder(tmp_path / "a", 40, 32)
    path = tmp_path / "a" / "data_x.h5"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="data_x.h5"):
        pack(folder, tmp_path / "cache", report)
    path.write_bytes(b"no HDF5")
    with pytest.raises(InputError, match="HDF5"):
        pack(folder, tmp_path / "cache", report)
    path.write_bytes(whole)
    for name, text in (("data_x_splits.json", "["), ("data_x_band_stats.json", "[1]")):
        kept = (tmp_path / "a" / name).read_text()
        (tmp_path / "a" / name).write_text(text)
        with pytest.raises(InputError, match=name):
            pack(folder, tmp_path / "cache", report)
        (tmp_path / "a" / name).write_text(kept)
    assert sorted(os.listdir(tmp_path)) == ["a"]


def test_shards_hold_the_training_rows_as_they_are_stored(tmp_path, report, monkeypatch):
    monkeypatch.setattr(mmearth_folder, "_BLOCK", 4)
    train = [9, 0, 3, 4, 5, 11, 3]
    folder = layout.write_folder(tmp_path / "a", 12, 16, layout.ALL, ["l2a", "l1c"] * 6, train)
    shards = pack(folder, tmp_path / "run" / "cache", report)
    rows = sorted(set(train))
    assert shards.chips == 6
    assert [shards.contents.level_names[i] for i in shards.levels] == [("l2a", "l1c")[row % 2] for row in rows]
    with h5py.File(tmp_path / "a" / "data_x.h5") as file:
        assert np.array_equal(shards.arrays["sentinel2"], file["sentinel2"][:][rows][:, [*range(10), 11, 12]])
        for name in ("sentinel1", "aster", "era5", "canopy_height_eth", "lat", "lon", "month"):
            assert np.array_equal(shards.arrays[name], file[name][:][rows])
            assert shards.arrays[name].dtype == file[name].dtype
        labels = file["dynamic_world"][:][rows][:, 0].astype(int) - 1
        assert np.array_equal(shards.arrays["dynamic_world"], np.where(labels < 0, 255, labels))
        assert np.array_equal(shards.arrays["biome"], file["biome"][:][rows].argmax(axis=1))
    assert not shards.arrays["sentinel2"].flags.writeable
    assert report.calls[-1][1:] == (6, 6)
    assert os.listdir(tmp_path / "run") == ["cache"]


def test_shards_are_used_again_until_the_source_changes(tmp_path, report):
    folder, cache = layout.write_folder(tmp_path / "a", 3, 8), tmp_path / "cache"
    pack(folder, cache, report)
    made = (cache / "shards.json").stat().st_mtime_ns
    calls = len(report.calls)
    again = pack(folder, cache, report)
    assert (cache / "shards.json").stat().st_mtime_ns == made
    assert len(report.calls) == calls
    assert again.chips == 3
    (tmp_path / "a" / "data_x_splits.json").write_text(json.dumps({"train": [2]}))
    assert pack(folder, cache, report).chips == 1
    with (cache / "sentinel2.bin").open("r+b") as file:
        file.truncate(10)
    assert pack(folder, cache, report).arrays["sentinel2"].shape == (1, 12, 8, 8)


def test_statistics_that_the_folder_lacks_are_computed(tmp_path, report):
    tasks = ("sentinel2", "sentinel1", "month", "aster")
    values = {"aster": np.arange(4 * 2 * 64).reshape(4, 2, 8, 8).astype(np.int16)}
    values["aster"][0, 0, 0, :4] = -32768
    stats = {"sentinel2_l1c": {"mean": [7] * 13, "std": [3] * 13}}
    folder = layout.write_folder(tmp_path / "a", 4, 8, tasks, ["l2a", "l1c"] * 2, stats=stats, values=values)
    found = pack(folder, tmp_path / "cache", report).contents.statistics
    with h5py.File(tmp_path / "a" / "data_x.h5") as file:
        stored = {name: file[name][:].astype(float) for name in tasks}
    assert found["sentinel2"]["l1c"].mean.tolist() == [7] * 12
    l2a = np.delete(stored["sentinel2"][[0, 2]], 10, axis=1)
    assert np.allclose(found["sentinel2"]["l2a"].mean, l2a.mean(axis=(0, 2, 3)), rtol=1e-12)
    assert np.allclose(found["sentinel2"]["l2a"].std, l2a.std(axis=(0, 2, 3)), rtol=1e-12)
    assert np.allclose(found["month"]["all"].std, stored["month"].std(axis=0), rtol=1e-12)
    assert np.isnan(found["sentinel1"]["all"].mean[[2, 3, 6, 7]]).all()
    assert np.allclose(found["sentinel1"]["all"].mean[[0, 1]], stored["sentinel1"].mean(axis=(0, 2, 3))[[0, 1]])
    elevation = stored["aster"][:, 0]
    assert np.isclose(found["aster"]["all"].mean[0], elevation[elevation > -32768].mean(), rtol=1e-12)


def test_cancelling_leaves_nothing(tmp_path, report):
    folder = layout.write_folder(tmp_path / "a", 3, 8)
    report.cancel_at = 1
    with pytest.raises(Cancelled):
        pack(folder, tmp_path / "run" / "cache", report)
    assert os.listdir(tmp_path / "run") == []


def test_a_full_or_unusable_disk_is_said(tmp_path, report, monkeypatch):
    folder = layout.write_folder(tmp_path / "a", 3, 8)
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written"):
        pack(folder, tmp_path / "file" / "cache", report)

    def write(self, records, levels):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mmearth.data.shards.ShardWriter.add", write)
    with pytest.raises(ResourceError, match="is full"):
        pack(folder, tmp_path / "run" / "cache", report)
    assert os.listdir(tmp_path / "run") == []
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(ResourceError, match="GB free"):
        pack(folder, tmp_path / "cache", report)
