import hashlib
import logging
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from mmearth import cache, protocol
from mmearth.embedding import result_cache
from mmearth.errors import Cancelled, ResourceError
from mmearth.scenes.scene_files import compose


def _file(path, content, mtime_ns=10**18):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def _store(tmp_path, key, content, used_s=None):
    result_cache.store(key, _file(tmp_path / "result.tif", content), {"out": key})
    if used_s is not None:
        os.utime(result_cache.cache_folder() / "results" / f"{key}.json", (used_s, used_s))


def _keys():
    return sorted(p.stem for p in (result_cache.cache_folder() / "results").glob("*.json"))


def test_a_stored_result_comes_back_as_a_file_of_its_own(tmp_path, own_cache):
    file = _file(tmp_path / "result.tif", b"pixels")
    result_cache.store("k", file, {"out": str(file), "seconds": 1.5})
    file.write_bytes(b"edited by the user")
    out = tmp_path / "again.tif"
    assert result_cache.fetch("k", out) == {"out": str(file), "seconds": 1.5}
    assert out.read_bytes() == b"pixels"
    out.write_bytes(b"edited too")
    assert result_cache.fetch("k", out) is not None
    assert out.read_bytes() == b"pixels"
    assert result_cache.fetch("unknown", out) is None
    assert result_cache.usage() == {"folder": str(own_cache), "bytes": 6, "entries": 1, "limit_bytes": 5 * 10**9}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.tif", "result.tif"]


@pytest.mark.parametrize("damage", [b"pixelz", b"pixel", b"", None])
def test_a_damaged_entry_is_removed_and_is_no_result(tmp_path, damage):
    _store(tmp_path, "k", b"pixels")
    data = next((result_cache.cache_folder() / "results").glob("*.data"))
    data.unlink() if damage is None else data.write_bytes(damage)
    out = _file(tmp_path / "out.tif", b"old")
    assert result_cache.fetch("k", out) is None
    assert out.read_bytes() == b"old"
    assert result_cache.usage()["entries"] == result_cache.usage()["bytes"] == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": "../x", "size_bytes": 6, "result": {}}'])
def test_an_entry_that_is_no_entry_is_removed(tmp_path, text):
    _store(tmp_path, "k", b"pixels")
    (result_cache.cache_folder() / "results" / "k.json").write_text(text)
    assert result_cache.fetch("k", tmp_path / "out.tif") is None
    assert _keys() == []


def test_the_least_recently_used_make_room(tmp_path):
    result_cache.set_limit(30)
    for i, key in enumerate("abc"):
        _store(tmp_path, key, key.encode() * 10, used_s=1000 + i)
    assert result_cache.fetch("a", tmp_path / "out.tif") == {"out": "a"}  # now b is the least recently used
    _store(tmp_path, "d", b"d" * 10)
    assert _keys() == ["a", "c", "d"]
    assert result_cache.usage()["bytes"] == 30
    _store(tmp_path, "e", b"e" * 31)
    assert _keys() == ["a", "c", "d"]
    _store(tmp_path, "f", b"f" * 30)
    assert _keys() == ["f"]
    assert result_cache.usage()["bytes"] == 30


def test_a_key_stored_again_takes_the_new_result_and_no_further_room(tmp_path):
    _store(tmp_path, "k", b"first")
    _store(tmp_path, "k", b"second")
    assert result_cache.usage()["bytes"] == 6
    result_cache.fetch("k", tmp_path / "out.tif")
    assert (tmp_path / "out.tif").read_bytes() == b"second"


def test_equal_files_are_kept_once(tmp_path):
    for key in "ab":
        _store(tmp_path, key, b"pixels")
    assert (result_cache.usage()["entries"], result_cache.usage()["bytes"]) == (2, 6)
    assert result_cache.fetch("a", tmp_path / "out.tif") == {"out": "a"}


def test_a_lower_limit_takes_effect_at_once_and_is_kept(tmp_path, report):
    _store(tmp_path, "old", b"0" * 10, used_s=1000)
    _store(tmp_path, "new", b"1" * 10)
    assert result_cache.limit_bytes() == 5 * 10**9
    told = cache.run(protocol.CacheRequest(limit_bytes=15), report)
    assert told == {"folder": str(result_cache.cache_folder()), "bytes": 10, "entries": 1, "limit_bytes": 15}
    assert _keys() == ["new"]
    assert cache.run(protocol.CacheRequest(), report)["limit_bytes"] == 15


def test_a_cache_that_is_off_neither_keeps_nor_answers(tmp_path, report):
    _store(tmp_path, "k", b"pixels")
    told = cache.run(protocol.CacheRequest(limit_bytes=-1), report)
    assert (told["bytes"], told["entries"], told["limit_bytes"]) == (0, 0, 0)
    _store(tmp_path, "k", b"pixels")
    assert result_cache.fetch("k", tmp_path / "out.tif") is None
    assert _keys() == []


def test_clearing_removes_the_results_and_nothing_else(tmp_path, report):
    _store(tmp_path, "k", b"pixels")
    result_cache.set_limit(1000)
    other = _file(result_cache.cache_folder() / "notes.txt", b"the user's")
    told = cache.run(protocol.CacheRequest(clear=True), report)
    assert (told["bytes"], told["entries"], told["limit_bytes"]) == (0, 0, 1000)
    assert list((result_cache.cache_folder() / "results").iterdir()) == []
    assert other.read_bytes() == b"the user's"


def test_what_a_dead_process_left_goes_after_a_day(tmp_path):
    _store(tmp_path, "k", b"pixels")
    folder = result_cache.cache_folder() / "results"
    dead, running = _file(folder / ".x.part", b"x"), folder / ".y.part"
    running.write_bytes(b"y")
    _store(tmp_path, "l", b"more")
    assert (dead.exists(), running.exists()) == (False, True)


def test_a_folder_that_cannot_be_written_to_is_a_warning(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("MMEARTH_CACHE", str(_file(tmp_path / "a_file", b"")))
    with caplog.at_level(logging.WARNING):
        _store(tmp_path, "k", b"pixels")
    assert "not kept in the cache" in caplog.text
    assert result_cache.fetch("k", tmp_path / "out.tif") is None
    assert result_cache.usage()["entries"] == 0
    with pytest.raises(ResourceError, match="cannot be written to"):
        result_cache.set_limit(10)


def test_an_output_that_cannot_be_written_is_no_result_and_spares_the_entry(tmp_path):
    _store(tmp_path, "k", b"pixels")
    assert result_cache.fetch("k", tmp_path / "no such folder" / "out.tif") is None
    assert _keys() == ["k"]


def test_cancelling_a_fetch_leaves_the_output_as_it_was(tmp_path):
    _store(tmp_path, "k", b"pixels")
    out = _file(tmp_path / "out.tif", b"old")

    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        result_cache.fetch("k", out, cancel)
    assert out.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.tif", "result.tif"]


def test_keys_depend_on_values_and_not_on_order():
    assert result_cache.key_of({"a": 1, "b": [1, 2]}) == result_cache.key_of({"b": [1, 2], "a": 1})
    assert result_cache.key_of({"a": 1}) == hashlib.sha256(b'{"a": 1}').hexdigest()
    assert len({result_cache.key_of({"a": v}) for v in (1, "1", None, [1], [2])}) == 5


def test_a_moved_scene_is_the_same_and_a_changed_one_another(tmp_path):
    content = bytes(range(256)) * 512 * 20  # 2.5 MiB: sampled, not read whole
    scene = _file(tmp_path / "a" / "scene.tif", content)
    identity = result_cache.scene_identity([str(scene)])
    assert identity == result_cache.scene_identity([str(_file(tmp_path / "b" / "moved.tif", content))])
    assert identity == result_cache.scene_identity([str(scene), str(tmp_path / "none.aux.xml")])
    middle = (len(content) - 65536) * 7 // 15
    after = middle + 65536
    others = {
        "first byte": [_file(tmp_path / "1", b"x" + content[1:])],
        "last byte": [_file(tmp_path / "2", content[:-1] + b"x")],
        "size": [_file(tmp_path / "3", content + b"x")],
        "time": [_file(tmp_path / "4", content, mtime_ns=10**18 + 1)],
        "side-car": [scene, _file(tmp_path / "5.aux.xml", b"<PAMDataset/>")],
        "middle": [_file(tmp_path / "6", content[:middle] + b"x" * 65536 + content[after:])],
    }
    found = {name: result_cache.scene_identity([str(p) for p in paths]) for name, paths in others.items()}
    assert len({identity, *found.values()}) == 7
    assert all(found.values())


def test_small_files_count_whole_and_in_their_order(tmp_path):
    a, b = str(_file(tmp_path / "a", b"1" * 100)), str(_file(tmp_path / "b", b"1" * 50 + b"2" * 50))
    assert result_cache.scene_identity([a, b]) != result_cache.scene_identity([b, a])
    assert result_cache.scene_identity([a]) != result_cache.scene_identity([b])


def test_scenes_in_archives_are_known_by_the_archive_and_the_place_in_it(tmp_path):
    archives = []
    for folder in ("here", "there"):
        archive = tmp_path / folder / "scene.zip"
        archive.parent.mkdir()
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr(zipfile.ZipInfo("x/B2.tif"), "two")
        os.utime(archive, ns=(10**18, 10**18))
        archives.append(archive)
    identity = result_cache.scene_identity([f"/vsizip/{archives[0]}/x/B2.tif"])
    assert identity
    assert identity == result_cache.scene_identity([f"/vsizip/{{{archives[1]}}}/x/B2.tif"])
    assert identity != result_cache.scene_identity([f"/vsizip/{archives[0]}/x/B3.tif"])


def test_what_may_change_unseen_has_no_identity(tmp_path):
    local = str(_file(tmp_path / "a", b"1"))
    assert result_cache.scene_identity([local, "/vsicurl/https://example.org/scene.tif"]) == ""
    assert result_cache.scene_identity([str(tmp_path / "none.tif")]) == ""


def test_a_virtual_raster_counts_by_its_text_without_folders(make_raster, tmp_path):
    texts = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths = [make_raster(f"{folder}/{band}.tif", count=1) for band in ("B2", "B3")]
        for path in paths:
            os.utime(path, ns=(10**18, 10**18))
        texts.append((compose(paths, ""), paths))
    identities = [result_cache.scene_identity([text, *paths]) for text, paths in texts]
    assert identities[0] == identities[1]
    swapped = compose(texts[0][1][::-1], "")
    assert result_cache.scene_identity([swapped, *texts[0][1]]) != identities[0]


def test_a_raster_that_is_a_folder_counts_with_its_files(tmp_path):
    _file(tmp_path / "scene.zarr" / "0" / "0.0", b"1")
    before = result_cache.scene_identity([str(tmp_path / "scene.zarr")])
    _file(tmp_path / "scene.zarr" / "0" / "0.1", b"1")
    assert before != result_cache.scene_identity([str(tmp_path / "scene.zarr")])


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "{0}/mmearth"),
        ("linux", "", "{0}/.cache/mmearth"),
        ("darwin", "", "{0}/Library/Caches/mmearth"),
        ("win32", "LOCALAPPDATA", "{0}/mmearth/Cache"),
    ],
)
def test_the_cache_lies_where_the_system_keeps_caches(tmp_path, monkeypatch, platform, variable, expected):
    for name in ("MMEARTH_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    assert result_cache.cache_folder() == Path(expected.format(tmp_path))


def test_two_processes_at_once_lose_nothing_but_time(tmp_path):
    """Both store, fetch and evict the same few keys: every fetch gives nothing or exactly what was stored."""
    result_cache.set_limit(250_000)
    program = """
import random, sys
from pathlib import Path
from mmearth.embedding import result_cache
folder, rng, hits = Path(sys.argv[1]), random.Random(sys.argv[1]), 0
folder.mkdir()
for i in range(120):
    number = rng.randrange(4)
    content = bytes([number]) * 100_000
    (folder / "in").write_bytes(content)
    result_cache.store(f"k{number}", folder / "in", {"number": number})
    number = rng.randrange(4)
    found = result_cache.fetch(f"k{number}", folder / "out")
    if found is not None:
        hits += 1
        assert found == {"number": number} and (folder / "out").read_bytes() == bytes([number]) * 100_000
print(hits)
"""
    children = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / name)], stdout=subprocess.PIPE, text=True)
        for name in "ab"
    ]
    hits = [int(child.communicate(timeout=60)[0]) for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert min(hits) > 10
    assert result_cache.usage()["bytes"] <= 400_000
