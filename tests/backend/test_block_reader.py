import contextlib
import dataclasses
import gc
import threading
import time
import weakref
from collections import Counter

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from mmearth.errors import Cancelled, InputError
from mmearth.scenes import block_reader
from mmearth.scenes.block_reader import BlockReader, block_shape
from mmearth.scenes.raster import open_scene
from rasterio.windows import Window

NAMES = ("B2", "B3", "B4")
TRANSFORM = Affine(10, 0, 600000, 0, -10, 5200000)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(block_reader, "BLOCK_PX", 32)


@pytest.fixture
def write(tmp_path):
    """Writes a GeoTIFF of three bands; returns its path."""

    def make(height=100, width=130, name="scene.tif", dtype="uint16", values=None, **profile):
        if values is None:
            values = np.random.default_rng(0).integers(1, 3000, (3, height, width))
            values[:, 10:20, 15:40] = 0
        path = tmp_path / name
        profile = {"crs": "EPSG:32632", "transform": TRANSFORM, **profile}
        with rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=len(values), dtype=dtype, **profile
        ) as dataset:
            dataset.write(np.asarray(values, dtype))
        return str(path)

    return make


@contextlib.contextmanager
def opened(path):
    with open_scene(path, {name: i + 1 for i, name in enumerate(NAMES)}, "dn", NAMES) as scene:
        yield scene


def counted(scene, reads, hold=None):
    """The scene with handles that note every block that is decoded."""

    class Counted(type(scene)):
        @contextlib.contextmanager
        def another_handle(self):
            with super().another_handle() as read:

                def noted(window):
                    reads[window.flatten()] += 1
                    if hold is not None:
                        hold(window)
                    return read(window)

                yield noted

    return Counted(**{field.name: getattr(scene, field.name) for field in dataclasses.fields(scene)})


def tiles_with_halo(scene, tile_px, halo_px):
    return [
        Window(col - halo_px, row - halo_px, tile_px + 2 * halo_px, tile_px + 2 * halo_px)
        for row in range(0, scene.grid.height, tile_px)
        for col in range(0, scene.grid.width, tile_px)
    ]


def expect_same_as_scene(scene, windows, reader):
    for number, window in enumerate(windows):
        raw, valid = reader.read(number)
        expected, expected_valid = scene.read_stored(window)
        np.testing.assert_array_equal(valid, expected_valid)
        np.testing.assert_array_equal(np.where(valid, raw, 0), np.where(valid, expected, 0))
        assert raw.shape == expected.shape


def virtual(path, folder):
    target = folder / "scene.vrt"
    rasterio.shutil.copy(path, target, driver="VRT")
    return str(target)


@pytest.mark.parametrize(
    "profile",
    [
        {"tiled": True, "blockxsize": 16, "blockysize": 16},
        {"tiled": True, "blockxsize": 16, "blockysize": 16, "interleave": "band", "compress": "deflate"},
        {"tiled": True, "blockxsize": 48, "blockysize": 80},
        {"blockysize": 1},
        {"blockysize": 7, "compress": "lzw"},
        {"tiled": True, "blockxsize": 256, "blockysize": 256},
        {"height": 97, "width": 1},
        {"height": 1, "width": 101},
        {"height": 1, "width": 1},
        {"dtype": "float32", "nodata": -5},
        {"nodata": 7},
        {"virtual": True, "tiled": True, "blockxsize": 16, "blockysize": 16},
    ],
    ids=str,
)
def test_every_block_is_decoded_once_and_windows_are_what_the_scene_holds(write, tmp_path, report, profile):
    profile = dict(profile)
    as_virtual = profile.pop("virtual", False)
    path = write(**profile)
    path = virtual(path, tmp_path) if as_virtual else path
    reads = Counter()
    with opened(path) as scene:
        windows = tiles_with_halo(scene, 24, 20)
        with BlockReader(counted(scene, reads), windows, 2, report.check) as reader:
            expect_same_as_scene(scene, windows, reader)
            assert reader.blocks_read == len(reads) == len(reader.needed)
    assert set(reads.values()) == {1}
    covered = np.zeros((scene.grid.height, scene.grid.width), int)
    for col, row, width, height in reads:
        covered[row:, col:][:height, :width] += 1
        assert col + width <= scene.grid.width
        assert row + height <= scene.grid.height
    assert (covered == 1).all()


def test_blocks_are_whole_blocks_of_the_file(write, monkeypatch):
    def shape(**profile):
        with opened(write(**profile)) as scene:
            return block_shape(scene)

    assert shape(tiled=True, blockxsize=16, blockysize=16) == (32, 32)
    assert shape(tiled=True, blockxsize=48, blockysize=80) == (80, 48)
    assert shape(blockysize=5, compress="lzw") == (35, 130)  # whole lines of 130 px are wider than two blocks
    monkeypatch.setattr(block_reader, "MOST_BLOCK_BYTES", 130 * 3 * 2 * 10)
    assert shape(blockysize=5, compress="lzw") == (10, 130)


def test_nothing_is_read_of_windows_beside_the_raster(write, report):
    reads = Counter()
    with opened(write()) as scene:
        windows = [Window(-300, -300, 50, 50), Window(130, 0, 10, 10), Window(0, 100, 10, 10)]
        with BlockReader(counted(scene, reads), windows, 2, report.check) as reader:
            expect_same_as_scene(scene, windows, reader)
            assert not reader.needed
    assert not reads


def test_windows_over_every_edge(write, report):
    with opened(write()) as scene:
        windows = [Window(-9, -9, 20, 20), Window(120, -5, 30, 200), Window(-50, -50, 300, 300), Window(129, 99, 1, 1)]
        with BlockReader(scene, windows, 1, report.check) as reader:
            expect_same_as_scene(scene, windows, reader)


def test_blocks_that_the_file_does_not_hold_are_skipped_without_decoding(tmp_path, report, monkeypatch):
    """A sparse file: one block in sixteen is there."""
    path = tmp_path / "sparse.tif"
    values = np.random.default_rng(0).integers(1, 3000, (3, 32, 32)).astype("uint16")
    with rasterio.open(
        path, "w", driver="GTiff", width=128, height=128, count=3, dtype="uint16", crs="EPSG:32632", nodata=0,
        transform=TRANSFORM, tiled=True, blockxsize=32, blockysize=32, SPARSE_OK=True, interleave="pixel",
    ) as dataset:  # fmt: skip
        dataset.write(values, window=Window(32, 64, 32, 32))
    decoded = []
    from mmearth.scenes import raster

    real = raster.read_valid
    with opened(str(path)) as scene:
        windows = tiles_with_halo(scene, 64, 10)
        monkeypatch.setattr(raster, "read_valid", lambda *args: decoded.append(args[2]) or real(*args))
        with BlockReader(scene, windows, 2, report.check) as reader:
            found = [reader.read(number) for number in range(len(windows))]
            assert reader.blocks_read == 1
            assert len(reader.needed) == 16
        assert [window.flatten() for window in decoded] == [(32, 64, 32, 32)]
        for window, (raw, valid) in zip(windows, found, strict=True):
            expected, expected_valid = scene.read_stored(window)
            np.testing.assert_array_equal(valid, expected_valid)
            np.testing.assert_array_equal(raw, expected)


def test_an_empty_scene_comes_back_as_not_valid(write, report):
    window = Window(0, 0, 64, 64)
    with (
        opened(write(values=np.zeros((3, 64, 64)))) as scene,
        BlockReader(scene, [window], 2, report.check) as reader,
    ):
        raw, valid = reader.read(0)
    assert raw.shape == (3, 64, 64)
    assert not valid.any()
    assert not raw.any()


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "reader"]


def test_a_damaged_file_is_refused_and_the_threads_end(tmp_path, write, report):
    path = write(tiled=True, blockxsize=16, blockysize=16, compress="deflate")
    with open(path, "r+b") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(size // 3)
        file.write(b"\xff" * (size // 3))
    with opened(path) as scene:
        windows = tiles_with_halo(scene, 32, 0)
        with (
            pytest.raises(InputError, match="'scene.tif' cannot be read"),
            BlockReader(scene, windows, 2, report.check) as reader,
        ):
            assert len(readers()) == 2
            for number in range(len(windows)):
                reader.read(number)
    assert not readers()


def test_a_file_that_went_away_is_refused(write, tmp_path, report):
    path = write()
    with opened(path) as scene:
        (tmp_path / "scene.tif").rename(tmp_path / "elsewhere.tif")
        with (
            pytest.raises(InputError, match=r"scene\.tif"),
            BlockReader(scene, [Window(0, 0, 10, 10)], 2, report.check) as reader,
        ):
            reader.read(0)
    assert not readers()


def test_cancel_does_not_wait_for_blocks_that_were_not_begun(write):
    """One thread hangs in its first block; Cancel comes at once, and no further block is begun."""
    going_on, reads = threading.Event(), Counter()

    def check():
        going_on.set()
        raise Cancelled

    with opened(write()) as scene:
        slow = counted(scene, reads, hold=lambda window: going_on.wait(10))
        start_s = time.monotonic()
        with pytest.raises(Cancelled), BlockReader(slow, [Window(0, 0, 130, 100)], 1, check) as reader:
            reader.read(0)
    assert time.monotonic() - start_s < 5
    assert sum(reads.values()) == 1
    assert not readers()


def test_blocks_are_let_go_when_no_window_to_come_needs_them(write, report):
    """Rows of windows from top to bottom: never more than the blocks of two rows are held."""
    made = []
    with opened(write(height=320, width=64, tiled=True, blockxsize=32, blockysize=32)) as scene:

        class Watched(type(scene)):
            @contextlib.contextmanager
            def another_handle(self):
                with super().another_handle() as read:

                    def watched(window):
                        values, valid = read(window)
                        made.append(weakref.ref(values))
                        return values, valid

                    yield watched

        watching = Watched(**{field.name: getattr(scene, field.name) for field in dataclasses.fields(scene)})
        windows = [Window(0, row - 4, 64, 40) for row in range(0, 320, 32)]
        held = []

        def alive():
            gc.collect()
            return sum(block() is not None for block in made)

        with BlockReader(watching, windows, 2, report.check) as reader:
            for number in range(len(windows)):
                reader.read(number)
                held.append(alive())
            time.sleep(0.05)
            assert alive() == 0  # also none in a thread that waits
            assert reader.blocks_read == 20
        # After a window: its last row of blocks, and of the next window two rows more, which may be there or not.
        assert max(held) <= 3 * 2


def test_the_window_ahead_is_decoded_while_one_is_worked_on(write, report):
    reads, begun = Counter(), threading.Event()
    with opened(write(height=256, width=32, tiled=True, blockxsize=32, blockysize=32)) as scene:
        windows = [Window(0, row, 32, 32) for row in range(0, 256, 32)]

        def hold(window):
            if window.row_off == 32:
                begun.set()

        with BlockReader(counted(scene, reads, hold), windows, 1, report.check) as reader:
            reader.read(0)
            assert begun.wait(5)
            time.sleep(0.05)
            assert len(reads) == 2  # and no further
