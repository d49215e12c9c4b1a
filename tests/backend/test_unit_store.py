import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth.cog import Layout
from mmearth.embedding import unit_store
from mmearth.embedding.unit_store import UnitStore, units_folder
from mmearth.errors import Cancelled, InputError, ResourceError
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS
from rasterio.windows import Window

JOB = {"scene": "a", "tile_px": 64}


def make_layout(width=150, height=100, dtype="int8", nodata=-128, **more):
    grid = Grid(CRS.from_epsg(more.pop("epsg", 32632)), Affine(10, 0, 600000, 0, -10, 5200000), width, height)
    return Layout(grid, 3, dtype, nodata, ("one", 'l\'été <2> & "3"', "three"), **more)


def windows_of(layout, side=64):
    starts = [(r, c) for r in range(0, layout.grid.height, side) for c in range(0, layout.grid.width, side)]
    return {
        index: Window(c, r, min(side, layout.grid.width - c), min(side, layout.grid.height - r))
        for index, (r, c) in enumerate(starts)
    }


def values_of(layout, index, window):
    shape = (layout.count, int(window.height), int(window.width))
    random = np.random.default_rng(index)
    if layout.dtype == "float32":
        return random.normal(size=shape).astype(np.float32)
    return random.integers(-127, 128, shape).astype(layout.dtype)


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "out.tif")


def others(out):
    """What lies beside the output."""
    return sorted(name for name in os.listdir(os.path.dirname(out)) if name != "out.tif")


@pytest.mark.parametrize(
    ("dtype", "nodata", "options"),
    [
        ("int8", -128, {}),
        ("int16", -128, {"COMPRESS": "ZSTD", "PREDICTOR": "YES"}),
        ("float32", float("nan"), {}),
        ("float32", float("nan"), {"NBITS": "16"}),
    ],
)
def test_the_mosaic_has_the_units_values_and_nodata_elsewhere(out, report, dtype, nodata, options):
    layout = make_layout(dtype=dtype, nodata=nodata, options=options)
    store = UnitStore(out, layout)
    windows = windows_of(layout)
    assert len(windows) == 6
    assert store.open(JOB, True) == set()
    expected = np.full((3, 100, 150), nodata, dtype)
    for index in (5, 0, 1):  # in any order; the lower left is missing, and what follows is empty
        values = values_of(layout, index, windows[index])
        if "NBITS" in options:  # GDAL cuts the other bits off
            values = values.astype(np.float16).astype(np.float32)
        values[:, :3, :5] = nodata
        store.write(index, values)
        rows, cols = windows[index].toslices()
        expected[:, rows, cols] = values
    for index in (2, 4):
        store.write(index, None)
    valid = ~np.isnan(expected[0]) if dtype == "float32" else expected[0] != nodata
    assert store.valid_cells() == valid.sum() > 0
    store.finish(windows, report)
    with rasterio.open(out) as dataset:
        np.testing.assert_array_equal(dataset.read(), expected)
        np.testing.assert_array_equal(dataset.nodata, nodata)
        assert dataset.dtypes == (dtype,) * 3
        assert dataset.crs.to_epsg() == 32632
        assert dataset.transform == layout.grid.transform
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.block_shapes[0] == (512, 512)
    assert others(out) == []


def test_a_row_without_any_unit_is_nodata(out, report):
    layout = make_layout(height=192)
    store, windows = UnitStore(out, layout), windows_of(layout)
    store.open(JOB, True)
    values = values_of(layout, 7, windows[7])
    store.write(7, values)
    store.finish(windows, report)
    with rasterio.open(out) as dataset:
        found = dataset.read()
    np.testing.assert_array_equal(found[:, 128:192, 64:128], values)
    found[:, 128:192, 64:128] = -128
    assert (found == -128).all()


@pytest.mark.parametrize("epsg", [32632, 4326, 3035])
def test_names_tags_scales_and_crs_arrive_whatever_they_hold(out, report, epsg):
    tags = {"MMEARTH": '{"source": "l\'été <&> \\"x\\".tif", "名": [1, 2]}', "OTHER": "a\nb"}
    steps = (0.1, 1 / 3, 1.2345678e-7)
    layout = make_layout(tags=tags, scales=steps, offsets=(0.0, -1.5, 0.0), epsg=epsg)
    store, windows = UnitStore(out, layout), windows_of(layout)
    store.open(JOB, True)
    for index, window in windows.items():
        store.write(index, values_of(layout, index, window))
    store.finish(windows, report)
    with rasterio.open(out) as dataset:
        assert dataset.descriptions == layout.descriptions
        assert {key: dataset.tags()[key] for key in tags} == tags
        assert unit_store.VALID_CELLS not in dataset.tags()
        assert dataset.scales == steps
        assert dataset.offsets == (0.0, -1.5, 0.0)
        assert dataset.crs.to_epsg() == epsg
        assert dataset.transform == layout.grid.transform
        assert [interpretation.name for interpretation in dataset.colorinterp] == ["gray", "undefined", "undefined"]


def write_some(out, job=JOB, indexes=(1, 3)):
    layout = make_layout()
    store = UnitStore(out, layout)
    store.open(job, True)
    for index in indexes:
        store.write(index, values_of(layout, index, windows_of(layout)[index]))
    store.write(5, None)
    store.release()
    return layout


def reopen(out, job=JOB, resume=True):
    store = UnitStore(out, make_layout())
    try:
        return store.open(job, resume), store.valid_cells()
    finally:
        store.release()


def test_only_the_same_job_is_gone_on_with(out):
    write_some(out)
    assert reopen(out, dict(reversed(JOB.items()))) == ({1, 3, 5}, 64 * 64 + 36 * 64)
    assert reopen(out, {**JOB, "tile_px": 128}) == (set(), 0)
    assert reopen(out) == (set(), 0)  # nothing came back


def test_without_resume_all_is_made_anew(out):
    write_some(out)
    assert reopen(out, resume=False) == (set(), 0)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"job": ', '{"process": 1}'])
def test_a_folder_that_does_not_say_whose_it_is_is_made_anew(out, text):
    write_some(out)
    (units_folder(out) / "job.json").write_text(text)
    assert reopen(out) == (set(), 0)


def test_half_written_files_of_a_killed_process_are_removed(out):
    write_some(out)
    folder = units_folder(out)
    for name in (".0000002.0123456789ab.part", ".whole.tif.123.cog.tif", "whole.tif", "whole.vrt", ".job.json.1.part"):
        (folder / name).write_bytes(b"half")
    assert reopen(out) == ({1, 3, 5}, 64 * 64 + 36 * 64)
    assert sorted(os.listdir(folder)) == ["0000001.tif", "0000003.tif", "0000005.empty", "job.json", "lock"]


CHILD = """
import sys, time
sys.path.insert(0, sys.argv[2])
import test_unit_store as t
store = t.UnitStore(sys.argv[1], t.make_layout())
store.open(t.JOB, True)
store.write(0, t.values_of(store._layout, 0, t.windows_of(store._layout)[0]))
print("ready", flush=True)
time.sleep(60)
"""


def test_a_running_process_is_respected_and_what_a_killed_one_left_is_taken_up(out):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, out, os.path.dirname(__file__)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "ready\n"
        for resume in (True, False):
            with pytest.raises(InputError, match=f"being written by another process.*{child.pid}"):
                reopen(out, resume=resume)
        with pytest.raises(InputError, match="another process"):
            reopen(out, {"scene": "b"})
        assert (units_folder(out) / "0000000.tif").exists()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    assert reopen(out) == ({0}, 64 * 64)


def test_a_process_number_that_another_program_has_now_does_not_matter(out):
    write_some(out)
    job = units_folder(out) / "job.json"
    job.write_text(job.read_text().replace(str(os.getpid()), str(os.getppid())))
    assert reopen(out)[0] == {1, 3, 5}


def test_units_of_another_job_that_cannot_be_removed_are_not_taken_for_ours(out, monkeypatch):
    """Windows removes no file that another program holds open."""
    write_some(out)

    def refuse(path, missing_ok=False):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(unit_store.Path, "unlink", refuse)
        with pytest.raises(ResourceError, match="cannot be written to"):
            reopen(out, {"scene": "b"})


def test_a_disk_without_room_is_said_before_a_unit_is_written(out, monkeypatch):
    layout = write_some(out)
    store = UnitStore(out, layout)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10, 9, 1000))
    with pytest.raises(ResourceError, match="free; this needs"):
        store.write(2, values_of(layout, 2, windows_of(layout)[2]))
    assert "0000002.tif" not in os.listdir(store.folder)


def test_a_unit_that_could_not_be_written_is_no_unit(out, capfd):
    """A limit on the size of files stands for a disk that fills up."""
    resource = pytest.importorskip("resource")
    layout = write_some(out)
    store = UnitStore(out, layout)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ResourceError, match="cannot be written to"):
            store.write(2, values_of(layout, 2, windows_of(layout)[0]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    capfd.readouterr()
    assert sorted(os.listdir(store.folder)) == ["0000001.tif", "0000003.tif", "0000005.empty", "job.json", "lock"]


def test_a_unit_that_is_shorter_than_it_should_be_is_no_unit(out, monkeypatch):
    """GDAL may close a file that the disk had no room for as if all were well."""
    layout = write_some(out)
    store = UnitStore(out, layout)
    real = rasterio.open

    @contextlib.contextmanager
    def short(path, *arguments, **options):
        with real(path, *arguments, **options) as dataset:
            yield dataset
        os.truncate(path, 1000)

    monkeypatch.setattr(unit_store.rasterio, "open", short)
    with pytest.raises(ResourceError, match="is full"):
        store.write(2, values_of(layout, 2, windows_of(layout)[0]))
    assert sorted(os.listdir(store.folder)) == ["0000001.tif", "0000003.tif", "0000005.empty", "job.json", "lock"]


def test_an_output_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match="cannot be written to"):
        UnitStore(str(tmp_path / "file" / "out.tif"), make_layout()).open(JOB, True)


def test_after_a_cancel_while_the_cog_is_written_the_same_file_comes_out(out, report, monkeypatch):
    """At once: GDAL is still at work on the one before, and fails there since its files are gone."""
    before = set(threading.enumerate())
    layout = make_layout(2000, 1500, options={"COMPRESS": "ZSTD"})
    windows = windows_of(layout, 640)
    store = UnitStore(out, layout)
    store.open(JOB, True)
    for index, window in windows.items():
        store.write(index, values_of(layout, index, window))
    with open(out, "w") as old:
        old.write("old")
    report.cancel_at = 1
    for _ in range(3):
        with pytest.raises(Cancelled):
            store.finish(windows, report)
        store.release()
        assert os.path.getsize(out) == 3
        assert store.open(JOB, True) == set(windows)
    report.cancel_at = None
    store.finish(windows, report)
    for thread in set(threading.enumerate()) - before:
        thread.join()
    with rasterio.open(out) as dataset:
        assert dataset.overviews(1) == [2, 4]
        found = dataset.read()
        for index, window in windows.items():
            rows, cols = window.toslices()
            np.testing.assert_array_equal(found[:, rows, cols], values_of(layout, index, window))
    with rasterio.open(out, overview_level=0) as dataset:
        means = found.astype(float).reshape(3, 750, 2, 1000, 2).mean(axis=(2, 4))
        assert np.abs(dataset.read() - means).max() <= 0.5
    assert others(out) == []


def test_the_units_of_different_outputs_lie_apart(tmp_path):
    folders = {units_folder(str(tmp_path / name)) for name in ("a.tif", "b.tif", "a.tiff")}
    assert len(folders) == 3
    assert all(folder.parent == tmp_path for folder in folders)


@pytest.mark.parametrize(
    ("dtype", "nodata", "largest"), [("uint8", 0, 7), ("uint16", 65535, 300), ("int32", -1, 10**6)]
)
def test_class_rasters_keep_their_values_and_colours(out, report, dtype, nodata, largest):
    colors = {} if dtype == "int32" else {1: (1, 2, 3), largest: (250, 0, 128)}
    grid = make_layout().grid
    layout = Layout(grid, 1, dtype, nodata, ("class",), colors=colors, resampling="mode")
    store, windows = UnitStore(out, layout), windows_of(layout)
    store.open(JOB, True)
    expected = np.full((1, 100, 150), nodata, dtype)
    for index in (0, 2, 5):
        rows, cols = windows[index].toslices()
        values = np.random.default_rng(index).choice([1, largest], (1, rows.stop - rows.start, cols.stop - cols.start))
        expected[:, rows, cols] = values
        store.write(index, values.astype(dtype))
    store.finish(windows, report)
    with rasterio.open(out) as dataset:
        np.testing.assert_array_equal(dataset.read(), expected)
        assert (dataset.dtypes, dataset.nodata) == ((dtype,), nodata)
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        if colors:
            assert dataset.colorinterp[0].name == "palette"
            assert {value: dataset.colormap(1)[value][:3] for value in (1, largest, 2)} == {**colors, 2: (0, 0, 0)}
    assert others(out) == []


def test_what_was_counted_comes_back_and_is_there_where_a_unit_is(out):
    store = UnitStore(out, make_layout())
    store.open(JOB, True)
    counts = {"0.pixels": np.arange(3), "1.sums": np.linspace(0, 1, 7)[None], "none": np.zeros((0, 4))}
    store.write(3, None, counts)
    found = store.counts(3)
    assert found.keys() == counts.keys()
    for name, array in counts.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    (store.folder / "0000004.counts").write_bytes(b"half a unit: it was killed before its values were written")
    store.release()
    store = UnitStore(out, make_layout())
    assert store.open(JOB, True) == {3}
    np.testing.assert_array_equal(store.counts(3)["0.pixels"], np.arange(3))
    with pytest.raises(ResourceError, match="was changed while it was needed"):
        store.counts(4)
    store.release()
    store = UnitStore(out, make_layout())
    assert store.open({"scene": "b"}, True) == set()
    assert sorted(os.listdir(store.folder)) == ["job.json", "lock"]
    store.remove()


def test_published_units_stay_until_they_are_removed(out, report):
    layout = make_layout()
    store, windows = UnitStore(out, layout), windows_of(layout)
    store.open(JOB, True)
    store.write(0, values_of(layout, 0, windows[0]))
    store.publish(windows, report)
    assert os.path.exists(out)
    assert "0000000.tif" in os.listdir(store.folder)
    store.remove()
    assert others(out) == []
