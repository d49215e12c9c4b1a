"""Whole embedding runs with tiny weights: interrupted, repeated, cut differently, short of memory."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter

import numpy as np
import pytest
import rasterio
import torch
from affine import Affine
from mmearth import embed, protocol
from mmearth.embedding import features, result_cache
from mmearth.embedding.features import FeatureExtractor
from mmearth.embedding.streaming import PHASE
from mmearth.embedding.unit_store import UnitStore, units_folder
from mmearth.errors import Cancelled, ResourceError
from mmearth.models.windowed import WindowedEncoder
from mmearth.scenes import raster

NARROW = {"stages": (0, 1), "components": 4, "tile_px": 64}


@pytest.fixture
def float32(monkeypatch):
    monkeypatch.setattr(features, "best_dtype", lambda device: torch.float32)


@pytest.fixture
def scene(make_raster):
    """Three by three units of 64 pixels, the last ones smaller; some nodata across their borders."""
    values = np.random.default_rng(3).integers(300, 3000, (12, 150, 170))
    values[:, 60:75, 20:90] = 0
    return make_raster(values=values, nodata=0, tiled=True, blockxsize=32, blockysize=32)


@pytest.fixture
def encoded(monkeypatch):
    """Windows that were encoded."""
    windows, real = [], FeatureExtractor.encode

    def noted(self, scene, window, *others):
        windows.append(window)
        return real(self, scene, window, *others)

    monkeypatch.setattr(FeatureExtractor, "encode", noted)
    return windows


def run(report, scene, out, **options):
    options = {"device": "cpu", "units": "dn", "threads": 1, "cache": False, **options}
    return embed.run(protocol.EmbedRequest(scene, str(out), **options), report)


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read()


class CancelAfter:
    """A report that cancels when some units are done."""

    def __init__(self, units):
        self.left = units + 1  # the first call comes before the first unit

    def progress(self, phase, done, total):
        if phase == PHASE:
            self.left -= 1
            if not self.left:
                raise Cancelled

    def check(self):
        pass

    def log(self, message, level="info"):
        pass


@pytest.mark.parametrize("units", [0, 1, 4, 8])
def test_a_cancelled_run_is_gone_on_with_and_gives_the_same_file(scene, tmp_path, report, tiny_weights, encoded, units):
    options = {"weights": tiny_weights, **NARROW}
    out, whole = tmp_path / "out.tif", tmp_path / "whole.tif"
    assert run(report, scene, whole, **options)["tiles"] == len(encoded) == 9
    encoded.clear()
    with pytest.raises(Cancelled):
        run(CancelAfter(units), scene, out, **options)
    assert len(encoded) == units
    assert not out.exists()
    assert len(list(units_folder(str(out)).glob("*.tif"))) == units
    encoded.clear()
    result = run(report, scene, out, **options)
    assert (result["tiles"], result["tiles_resumed"]) == (9, units)
    assert len(encoded) == 9 - units
    assert out.read_bytes() == whole.read_bytes()
    assert not units_folder(str(out)).exists()
    assert any("Going on with" in message for _, message in report.logs) == (units > 0)


def test_units_of_another_request_or_of_a_changed_scene_are_not_used(scene, tmp_path, report, tiny_weights, encoded):
    options = {"weights": tiny_weights, **NARROW}
    out = tmp_path / "out.tif"

    def interrupt():
        with pytest.raises(Cancelled):
            run(CancelAfter(4), scene, out, **options)
        encoded.clear()

    for other in ({"components": 3}, {"bounds": (600000, 5198500, 601600, 5200000)}):
        interrupt()
        assert run(report, scene, out, **{**options, **other})["tiles_resumed"] == 0
        assert len(encoded) == 9
    interrupt()
    with rasterio.open(scene, "r+") as dataset:
        dataset.write(dataset.read() + 1)
    assert run(report, scene, out, **options)["tiles_resumed"] == 0


def test_a_failure_to_write_ends_the_run_and_its_threads(scene, tmp_path, report, tiny_weights, monkeypatch, encoded):
    written, real = [], UnitStore.write

    def write(self, index, values):
        if len(written) == 2:
            raise ResourceError("The disk is full.", "Free some space.")
        written.append(index)
        real(self, index, values)

    out = tmp_path / "out.tif"
    with monkeypatch.context() as patched, pytest.raises(ResourceError, match="disk is full"):
        patched.setattr(UnitStore, "write", write)
        run(report, scene, out, weights=tiny_weights, **NARROW)
    assert len(encoded) <= 4  # the third could not be written while the fourth was computed
    assert not [thread for thread in threading.enumerate() if thread.name in ("reader", "writer")]
    assert run(report, scene, out, weights=tiny_weights, **NARROW)["tiles_resumed"] == 2


def test_a_cancel_does_not_wait_for_a_slow_disk_and_gives_up_one_unit(
    scene, tmp_path, report, tiny_weights, monkeypatch
):
    syncing, free = threading.Event(), threading.Event()

    def sync(descriptor):
        syncing.set()
        free.wait(20)

    def check():
        if syncing.is_set():
            raise Cancelled

    report.check = check
    out = tmp_path / "out.tif"
    with monkeypatch.context() as patched:
        patched.setattr("mmearth.embedding.unit_store.os.fsync", sync)
        started_s = time.monotonic()
        with pytest.raises(Cancelled):
            run(report, scene, out, weights=tiny_weights, **NARROW)
        waited_s = time.monotonic() - started_s
        writer = next(thread for thread in threading.enumerate() if thread.name.startswith("writer"))
        free.set()
        writer.join(20)
    assert waited_s < 10  # the disk would have taken twenty
    assert not list(tmp_path.glob("*out.tif*"))


def test_one_unit_is_written_while_the_next_is_computed_and_no_third_waits(
    scene, tmp_path, report, tiny_weights, monkeypatch
):
    """Units take much memory; a slow disk must not let them pile up."""
    computed, written, ahead, real = [], [], [], UnitStore.write
    encode = FeatureExtractor.encode

    def noted(self, *arguments):
        computed.append(1)
        ahead.append(len(computed) - len(written))
        return encode(self, *arguments)

    def write(self, index, values):
        time.sleep(0.03)
        real(self, index, values)
        written.append(index)

    monkeypatch.setattr(FeatureExtractor, "encode", noted)
    monkeypatch.setattr(UnitStore, "write", write)
    run(report, scene, tmp_path / "out.tif", weights=tiny_weights, **NARROW)
    assert len(written) == 9
    assert max(ahead) == 2


def test_a_killed_process_is_gone_on_with_and_gives_the_same_file(make_raster, tmp_path, report, tiny_weights):
    scene = make_raster(width=512, height=512)
    out, whole = tmp_path / "out.tif", tmp_path / "whole.tif"
    child = subprocess.Popen(
        [
            sys.executable, "-m", "mmearth", "embed", scene, str(out), "--weights", tiny_weights, "--stages", "0,1",
            "--pca", "4", "--tile", "64", "--threads", "1", "--device", "cpu", "--units", "dn", "--no-cache",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        deadline_s = time.monotonic() + 60
        while len(list(units_folder(str(out)).glob("*.tif"))) < 5:
            assert child.poll() is None
            assert time.monotonic() < deadline_s
            time.sleep(0.002)
    finally:
        child.kill()
        child.wait()
    assert not out.exists()
    options = {"weights": tiny_weights, **NARROW}
    result = run(report, scene, out, **options)
    assert 5 <= result["tiles_resumed"] < result["tiles"] == 64
    run(report, scene, whole, **options)
    assert out.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out.qml", "out.tif"]


def test_the_same_request_is_answered_from_the_cache(scene, tmp_path, report, tiny_weights, encoded):
    options = {"weights": tiny_weights, "cache": True, **NARROW}
    first = run(report, scene, tmp_path / "first.tif", **options)
    assert not first["cached"]
    count = len(encoded)
    again = run(report, scene, tmp_path / "again.tif", **options)
    assert again["cached"]
    assert len(encoded) == count
    assert (tmp_path / "again.tif").read_bytes() == (tmp_path / "first.tif").read_bytes()
    assert (tmp_path / "again.qml").read_text() == (tmp_path / "first.qml").read_text()
    for key in ("bands", "pixels", "valid_fraction", "tiles", "tile_px", "units", "mapping"):
        assert again[key] == first[key]
    anew = run(report, scene, tmp_path / "anew.tif", **{**options, "cache": False})
    assert not anew["cached"]
    assert len(encoded) == 2 * count
    other = run(report, scene, tmp_path / "other.tif", **{**options, "components": 3})
    assert not other["cached"]
    os.utime(scene, (1, 1))
    assert not run(report, scene, tmp_path / "touched.tif", **options)["cached"]


def layered_mask(path):
    """A GeoPackage of two layers: the left and the right half of the scene."""
    import pyogrio
    import shapely

    for layer, left in (("left", 600000), ("right", 600900)):
        shape = np.array([shapely.box(left, 5198500, left + 800, 5200000).wkb], object)
        pyogrio.raw.write(
            path, shape, field_data=[], fields=[], layer=layer, geometry_type="Polygon", crs="EPSG:32632",
            append=path.exists(),
        )  # fmt: skip
    return str(path)


def test_another_layer_of_the_same_mask_file_is_another_request(scene, tmp_path, report, tiny_weights):
    mask = layered_mask(tmp_path / "mask.gpkg")
    options = {"weights": tiny_weights, "cache": True, **NARROW}
    run(report, scene, tmp_path / "left.tif", mask=f"{mask}|layername=left", **options)
    run(report, scene, tmp_path / "right.tif", mask=f"{mask}|layername=right", **options)
    assert not np.array_equal(read(tmp_path / "left.tif"), read(tmp_path / "right.tif"))


def test_units_of_another_scene_whose_content_cannot_be_known_are_not_used(
    make_raster, tmp_path, report, tiny_weights, monkeypatch
):
    """Scenes on servers have no identity; their addresses still tell them apart."""
    monkeypatch.setattr(result_cache, "scene_identity", lambda paths: "")
    one = make_raster(name="one.tif", width=150, height=150)
    other = make_raster(name="other.tif", values=np.random.default_rng(9).integers(300, 3000, (12, 150, 150)))
    options = {"weights": tiny_weights, **NARROW}
    with pytest.raises(Cancelled):
        run(CancelAfter(4), one, tmp_path / "out.tif", **options)
    assert run(report, other, tmp_path / "out.tif", **options)["tiles_resumed"] == 0


def test_an_answer_from_the_cache_leaves_no_units(scene, tmp_path, report, tiny_weights):
    options = {"weights": tiny_weights, "cache": True, **NARROW}
    out = tmp_path / "out.tif"
    with pytest.raises(Cancelled):
        run(CancelAfter(4), scene, out, **options)
    run(report, scene, tmp_path / "other.tif", **options)
    assert run(report, scene, out, **options)["cached"]
    assert not units_folder(str(out)).exists()


def test_units_outside_the_mask_are_never_read(scene, tmp_path, report, tiny_weights, monkeypatch, encoded):
    """The mask covers less than the left unit of the middle row: pixels 80…112 of rows, 10…40 of columns."""
    ring = [[600100, 5198880], [600400, 5198880], [600400, 5199200], [600100, 5199200], [600100, 5198880]]
    mask = tmp_path / "mask.geojson"
    geometry = {"type": "Polygon", "coordinates": [ring]}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    features_ = [{"type": "Feature", "properties": {}, "geometry": geometry}]
    mask.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features_}))
    decoded, real = Counter(), raster.read_valid

    def noted(dataset, indexes, window):
        decoded[window.flatten()] += 1
        return real(dataset, indexes, window)

    from mmearth.scenes import block_reader

    monkeypatch.setattr(block_reader, "BLOCK_PX", 32)
    monkeypatch.setattr(raster, "read_valid", noted)
    out = tmp_path / "out.tif"
    result = run(report, scene, out, weights=tiny_weights, mask=str(mask), **NARROW)
    assert result["tiles"] == len(encoded) == 1
    assert result["blocks"] == result["blocks_read"] == len(decoded)
    assert set(decoded.values()) == {1}
    halo = ((4 + 3) * 2 + 3) + 1  # what smoothing looks at, and two stages with a block each
    for col, row, _, height in decoded:
        assert col < 64 + halo
        assert row + height > 64 - halo
        assert row < 128 + halo
    expected = np.zeros((150, 170), bool)
    expected[80:112, 10:40] = True
    np.testing.assert_array_equal(read(out)[0] != -128, expected)
    assert result["valid_fraction"] == round(30 * 32 / (150 * 170), 4)


def test_another_tile_size_gives_the_same_values(scene, tmp_path, report, tiny_weights, float32):
    options = {"weights": tiny_weights, "dtype": "float32", "components": 6}
    found = {}
    for tile_px in (0, 64, 128):
        out = tmp_path / f"{tile_px}.tif"
        run(report, scene, out, tile_px=tile_px, **options)
        found[tile_px] = read(out)
    assert np.nanstd(found[0]) > 0.05
    for tile_px in (64, 128):
        np.testing.assert_allclose(found[tile_px], found[0], atol=2e-5)
    # Half of this memory is the program's own: smaller tiles are chosen.
    result = run(report, scene, tmp_path / "little.tif", memory_limit_bytes=10**9, **options)
    assert (
        result["tile_px"] < run(report, scene, tmp_path / "much.tif", memory_limit_bytes=10**10, **options)["tile_px"]
    )
    np.testing.assert_allclose(read(tmp_path / "little.tif"), found[0], atol=2e-5)


@pytest.mark.parametrize("own", [{"grn": "scene"}, {"pca_from": "scene"}, {"grn": "scene", "pca_from": "scene"}])
def test_statistics_of_the_scene_do_not_depend_on_the_tiling(make_raster, tmp_path, report, tiny_weights, float32, own):
    scene = make_raster(width=150, height=131)
    options = {"weights": tiny_weights, "dtype": "float32", "components": 4, **own}
    run(report, scene, tmp_path / "one.tif", **options)
    run(report, scene, tmp_path / "many.tif", tile_px=64, **options)
    run(report, scene, tmp_path / "frozen.tif", **{**options, "grn": "frozen", "pca_from": "weights"})
    one = read(tmp_path / "one.tif")
    np.testing.assert_allclose(read(tmp_path / "many.tif"), one, atol=2e-5)
    assert np.abs(one - read(tmp_path / "frozen.tif")).max() > 0.01
    assert not report.logs


def test_components_of_the_scene_serve_stages_that_the_weights_have_none_for(
    make_raster, tmp_path, report, tiny_weights
):
    result = run(
        report, make_raster(width=128, height=128), tmp_path / "out.tif",
        weights=tiny_weights, stages=(1, 3), components=4, pca_from="scene",
    )  # fmt: skip
    assert result["bands"] == ["PC01", "PC02", "PC03", "PC04"]
    assert (read(tmp_path / "out.tif").std(axis=(1, 2)) > 1).all()


def test_grn_of_each_tile_warns_that_seams_may_show(scene, tmp_path, report, tiny_weights, float32):
    options = {"weights": tiny_weights, "dtype": "float32", "components": 4, "grn": "image"}
    result = run(report, scene, tmp_path / "one.tif", **options)
    run(report, scene, tmp_path / "many.tif", tile_px=64, **options)
    assert any("seams may show" in warning for warning in result["warnings"])
    assert [level for level, message in report.logs if "seams may show" in message] == ["warning", "warning"]
    one, many = read(tmp_path / "one.tif"), read(tmp_path / "many.tif")
    assert np.isfinite(one).any()
    np.testing.assert_array_equal(np.isnan(one), np.isnan(many))
    assert np.nanmax(np.abs(one - many)) > 1e-3


def test_data_types_hold_the_same_values(scene, tmp_path, report, tiny_weights, float32):
    found, scales = {}, {}
    for dtype in protocol.DTYPES:
        run(report, scene, tmp_path / f"{dtype}.tif", weights=tiny_weights, dtype=dtype, **NARROW)
        with rasterio.open(tmp_path / f"{dtype}.tif") as dataset:
            found[dtype], scales[dtype] = dataset.read(), dataset.scales
            assert dataset.dtypes[0] == ("float32" if dtype == "float16" else dtype)
            bits = dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS")
            assert bits == ("16" if dtype == "float16" else None)
    assert set(protocol.DTYPES) == {"int8", "int16", "float16", "float32"}
    np.testing.assert_array_equal(found["int8"], found["int16"])
    assert scales["int8"] == scales["int16"] == (pytest.approx(0.02),) * 4
    assert scales["float16"] == scales["float32"] == (1.0,) * 4
    exact = found["float32"]
    valid = np.isfinite(exact)
    assert 0.5 < valid.mean() < 1
    np.testing.assert_array_equal(np.isfinite(found["float16"]), valid)
    np.testing.assert_array_equal(found["int8"] != -128, valid)
    # Rounded to the nearest of the halves, which are 2^-11 of the value apart; not cut off.
    np.testing.assert_array_equal(found["float16"][valid], exact[valid].astype(np.float16).astype(np.float32))
    codes = np.clip(np.rint(exact[valid] / 0.02), -127, 127)
    assert (np.abs(codes - found["int8"][valid]) <= 1).all()
    assert (codes == found["int8"][valid]).mean() > 0.999


@pytest.fixture
def little_memory(monkeypatch):
    """Returns what sets the size of windows from which on memory does not suffice, and the sizes that were tried."""
    real, tried, limit = WindowedEncoder.__call__, [], {}

    def call(self, pixels, height, width, out):
        tried.append(max(height, width))
        if tried[-1] > limit.get("px", 10**9):
            raise limit.get("error", torch.OutOfMemoryError)("out of memory")
        return real(self, pixels, height, width, out)

    monkeypatch.setattr(WindowedEncoder, "__call__", call)
    return limit, tried


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError])
def test_windows_are_halved_until_memory_suffices(scene, tmp_path, report, tiny_weights, float32, little_memory, error):
    limit, tried = little_memory
    options = {"weights": tiny_weights, "dtype": "float32", "components": 4, "tile_px": 128}
    run(report, scene, tmp_path / "whole.tif", **options)
    assert not report.logs
    tried.clear()
    limit.update(px=70, error=error)
    run(report, scene, tmp_path / "halved.tif", **options)
    np.testing.assert_allclose(read(tmp_path / "halved.tif"), read(tmp_path / "whole.tif"), atol=2e-5)
    said = [message for level, message in report.logs if level == "warning"]
    assert len(said) == 1
    assert "ran out of memory; windows of 64 pixels" in said[0]
    assert tried.count(128) == 1  # later windows are small from the beginning


def test_too_little_memory_even_for_small_windows_is_said(scene, tmp_path, report, tiny_weights, little_memory):
    little_memory[0].update(px=16)
    with pytest.raises(ResourceError, match="too little memory even for windows of 64 pixels"):
        run(report, scene, tmp_path / "out.tif", weights=tiny_weights, stages=(0, 1), components=4, tile_px=128)


def test_a_geographic_scene_and_a_stride_that_does_not_divide_it(make_raster, tmp_path, report, tiny_weights):
    transform = Affine(1e-4, 0, 11, 0, -1e-4, 48)
    scene = make_raster(width=101, height=77, crs="EPSG:4326", transform=transform)
    out = tmp_path / "out.tif"
    bounds = (11.00125, 47.99335, 11.0091, 47.9991)  # columns 12…91, rows 9…67
    run(report, scene, out, weights=tiny_weights, stride_px=4, bounds=bounds, **NARROW)
    with rasterio.open(out) as dataset:
        assert dataset.crs.to_epsg() == 4326
        assert (dataset.width, dataset.height) == (20, 15)
        np.testing.assert_allclose(dataset.transform[:6], (4e-4, 0, 11.0012, 0, -4e-4, 47.9992), atol=1e-9)
        assert (dataset.read(1) != -128).all()
