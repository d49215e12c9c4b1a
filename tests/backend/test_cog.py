import errno
import shutil
import time

import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth import cog
from mmearth.errors import Cancelled, InputError, ResourceError
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS
from rasterio.windows import Window

GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, 600000, 0, -10, 5200000), 700, 600)


def layout(**changes):
    options = {"grid": GRID, "count": 2, "dtype": "uint8", "nodata": 0, "descriptions": ("a", "b")}
    return cog.Layout(**{**options, **changes})


def test_a_cog_holds_what_was_written(tmp_path, report):
    path = tmp_path / "out.tif"
    values = np.random.default_rng(0).integers(1, 255, (2, 600, 700), dtype=np.uint8)
    wanted = layout(tags={"MMEARTH": "x"}, scales=(0.5, 0.25), offsets=(-1, -2))
    with cog.cog_writer(str(path), wanted, report) as writer:
        for row in range(0, 600, 256):
            writer.write(values[:, row : row + 256], Window(0, row, 700, min(256, 600 - row)))
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(), values)
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.crs.to_epsg() == 32632
        assert dataset.transform == GRID.transform
        assert dataset.nodata == 0
        assert dataset.descriptions == ("a", "b")
        assert dataset.tags()["MMEARTH"] == "x"
        assert (dataset.scales, dataset.offsets) == ((0.5, 0.25), (-1, -2))
        assert dataset.profile["tiled"]
        assert dataset.overviews(1)
    assert [item.name for item in tmp_path.iterdir()] == ["out.tif"]


def test_a_palette_survives(tmp_path, report):
    path = tmp_path / "classes.tif"
    wanted = layout(count=1, descriptions=("class",), colors={3: (1, 2, 3), 7: (200, 100, 0)}, resampling="mode")
    with cog.cog_writer(str(path), wanted, report) as writer:
        writer.write(np.full((1, 600, 700), 7, np.uint8), Window(0, 0, 700, 600))
    with rasterio.open(path) as dataset:
        assert dataset.colormap(1)[7] == (200, 100, 0, 255)
        assert dataset.colorinterp[0].name == "palette"


@pytest.mark.parametrize("error", [Cancelled, ValueError])
def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path, report, error):
    path = tmp_path / "out.tif"
    path.write_text("the old file")
    with pytest.raises(error), cog.cog_writer(str(path), layout(), report) as writer:
        writer.write(np.ones((2, 600, 700), np.uint8), Window(0, 0, 700, 600))
        raise error
    assert [item.name for item in tmp_path.iterdir()] == ["out.tif"]
    assert path.read_text() == "the old file"


def test_leftovers_of_a_killed_process_go_with_the_next_run(tmp_path, report):
    path = tmp_path / "out.tif"
    (tmp_path / ".out.tif.999999999.part.tif").write_text("half-written")
    with cog.cog_writer(str(path), layout(), report) as writer:
        writer.write(np.ones((2, 600, 700), np.uint8), Window(0, 0, 700, 600))
    assert [item.name for item in tmp_path.iterdir()] == ["out.tif"]


def test_a_disk_that_is_too_small_is_refused_before_any_work(tmp_path, report, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10, 9, 1000))
    with (
        pytest.raises(ResourceError, match="GB free; this needs"),
        cog.cog_writer(str(tmp_path / "out.tif"), layout(), report),
    ):
        pass


def test_outputs_are_checked(tmp_path):
    with pytest.raises(InputError, match="should end in"):
        cog.check_output(str(tmp_path / "out.png"))
    with pytest.raises(InputError, match="does not exist"):
        cog.check_output(str(tmp_path / "none" / "out.tif"))
    with pytest.raises(ResourceError, match="not writable"):
        cog.check_output("/proc/out.tif")


def test_the_attribute_table_is_gdals(tmp_path, report):
    path = str(tmp_path / "classes.tif")
    with cog.cog_writer(path, layout(count=1, descriptions=("class",)), report) as writer:
        writer.write(np.full((1, 600, 700), 2, np.uint8), Window(0, 0, 700, 600))
    row = {"value": 2, "name": "Forest & wood", "color": "#0a640f", "pixels": 420000, "area_m2": 42e6}
    cog.write_class_table(path, [row], 3)
    text = (tmp_path / "classes.tif.aux.xml").read_text()
    assert "Forest &amp; wood" in text
    assert "<F>100</F>" in text  # green of #0a640f
    with rasterio.open(path) as dataset:
        assert dataset.read(1, window=Window(0, 0, 1, 1))[0, 0] == 2


@pytest.mark.parametrize("writes", [1, 2])
def test_a_disk_that_fills_up_on_the_way_ends_in_a_sentence(tmp_path, report, monkeypatch, writes):
    real, calls = shutil.disk_usage, []

    def usage(folder):
        calls.append(folder)
        return real(folder) if len(calls) <= writes else shutil._ntuple_diskusage(10, 10, 500)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    with (
        pytest.raises(ResourceError, match="GB free|is full"),
        cog.cog_writer(str(tmp_path / "out.tif"), layout(), report) as writer,
    ):
        for row in (0, 256, 512):
            writer.write(np.ones((2, min(256, 600 - row), 700), np.uint8), Window(0, row, 700, min(256, 600 - row)))
    assert not list(tmp_path.iterdir())


def test_a_file_that_gdal_lost_the_end_of_is_not_published(tmp_path, report, monkeypatch):
    """GDAL closes a file on a full disk without an error: the size gives it away."""
    path = tmp_path / "out.tif"
    with pytest.raises(ResourceError, match="is full"), cog.cog_writer(str(path), layout(), report) as writer:
        writer.write(np.ones((2, 600, 700), np.uint8), Window(0, 0, 700, 600))
        monkeypatch.setattr(cog.Layout, "size_bytes", 10**7)
    assert not list(tmp_path.iterdir())


def test_cancel_during_the_conversion_leaves_nothing(tmp_path, report, monkeypatch):
    monkeypatch.setattr(cog.rasterio.shutil, "copy", lambda *_, **__: time.sleep(0.5))
    report.cancel_at = 2
    started_s = time.monotonic()
    with pytest.raises(Cancelled), cog.cog_writer(str(tmp_path / "out.tif"), layout(), report) as writer:
        writer.write(np.ones((2, 600, 700), np.uint8), Window(0, 0, 700, 600))
    assert time.monotonic() - started_s < 0.45
    assert not list(tmp_path.iterdir())


def test_a_full_disk_under_a_small_file_ends_in_the_same_sentence(tmp_path, monkeypatch):
    def no_space(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cog.Path, "write_text", no_space)
    with pytest.raises(ResourceError, match="is full"):
        cog.write_text(tmp_path / "style.qml", "<qgis/>")
    assert not list(tmp_path.iterdir())
