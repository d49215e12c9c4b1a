"""Clouds of a reference: as its scene classification says, else by brightness."""

import os
from pathlib import Path

import numpy as np
import paired_ground
import pytest
from affine import Affine
from mmearth.adaptation import pair_data
from mmearth.adaptation.pair_clouds import cloud_finder
from mmearth.scenes.raster import open_scene
from mmearth.weights.checkpoints import load_weights
from paired_ground import request_for
from rasterio.windows import Window

DATA = Path(os.environ.get("MMEARTH_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
WHOLE = Window(0, 0, 20, 20)


@pytest.fixture
def weights(tiny_weights):
    return load_weights(tiny_weights)


def look(path, window=WHOLE, bands=paired_ground.BANDS):
    with open_scene(str(path), {}, "dn", bands) as scene:
        images, valid = scene.read(window, bands)
        return cloud_finder(scene, bands)(window, images, valid)


def classified(folder, codes, bright_rows=0, **profile):
    low = np.full((4, *codes.shape), 1500, np.uint16)
    low[:, :bright_rows] = 6000
    return paired_ground.write(
        folder / "s2.tif", np.concatenate([low, codes[None].astype(np.uint16)]), 10,
        names=("B2", "B3", "B4", "B8", "SCL"), **profile,
    )  # fmt: skip


def test_the_scene_classification_tells_clouds_and_what_is_missing(tmp_path):
    codes = np.arange(400).reshape(20, 20) % 12
    cloudy, valid = look(classified(tmp_path, codes, bright_rows=20))
    assert np.array_equal(cloudy, (codes == 3) | ((codes >= 8) & (codes <= 10)))
    assert np.array_equal(valid, codes > 1)


def test_a_raster_stored_upside_down_is_classified_where_it_lies(tmp_path):
    codes = np.full((20, 20), 4)
    codes[:5, 3:] = 9
    south_up = Affine(10, 0, 600000, 0, 10, 5200000)
    cloudy, _ = look(classified(tmp_path, codes, transform=south_up))
    assert np.array_equal(cloudy, codes[::-1] == 9)


def test_a_turned_raster_is_judged_by_brightness_as_classes_cannot_be_interpolated(tmp_path):
    turned = Affine.translation(600000, 5200000) @ Affine.rotation(20) @ Affine.scale(10, -10)
    path = classified(tmp_path, np.full((60, 60), 9), transform=turned)
    assert not look(path, Window(20, 20, 20, 20))[0].any()


@pytest.mark.parametrize(("channels", "rows"), [(3, 7), (2, 0)])
def test_without_one_a_cloud_is_bright_in_every_visible_band(tmp_path, channels, rows):
    low = np.full((12, 20, 20), 1500, np.uint16)
    low[np.arange(1, 1 + channels), :7] = 4000
    cloudy, valid = look(paired_ground.write(tmp_path / "s2.tif", low, 10, names=paired_ground.BANDS))
    assert np.array_equal(cloudy, np.arange(20)[:, None].repeat(20, 1) < rows)
    assert valid.all()


def test_without_all_visible_bands_no_cloud_is_looked_for(tmp_path):
    low = np.full((3, 20, 20), 9000, np.uint16)
    assert not look(paired_ground.write(tmp_path / "s2.tif", low, 10, names=("B2", "B4", "B8")))[0].any()


def test_windows_under_dark_clouds_are_dropped_by_their_class(tmp_path, weights, report):
    target, _, fine = paired_ground.write_pair(tmp_path, side=144)
    low = paired_ground.coarse(fine)
    codes = np.full(low.shape, 4)
    codes[:48] = 10  # cirrus, not bright
    codes[48:72, :3] = 0  # an eighth of a window is no data
    values = np.stack([low, low + 10, low + 20, codes]).astype(np.float32)
    reference = paired_ground.write(tmp_path / "s2.tif", values, 10, names=("B2", "B3", "B4", "SCL"))
    data = pair_data.open_pairs(request_for(target, reference), weights, report)
    assert data.facts["dropped"]["clouds"] >= 12
    assert data.facts["dropped"]["missing data in the reference"] >= 1
    assert (48 - data.origin[:, 1]).max() <= 0.3 * 24


def test_the_classes_of_a_real_scene_are_found():
    path = DATA / "openeo_s2" / "S2_L2A_sample.tif"  # its bands are named in tags
    if not path.is_file():
        pytest.skip(f"no real scene at {path}; set MMEARTH_TEST_DATA")
    bands, window = {"B4": 1, "B3": 2, "B2": 3, "B8": 4}, Window(300, 200, 256, 256)
    with open_scene(str(path), bands, "auto", paired_ground.BANDS) as scene:
        images, valid = scene.read(window, paired_ground.BANDS)
        codes = scene.dataset.read(5, window=window)
        cloudy, known = cloud_finder(scene, paired_ground.BANDS)(window, images + 9000, valid)
    assert set(np.unique(codes)) <= {2, 4, 5, 6, 7}
    assert not cloudy.any()  # by brightness all of it would be
    assert np.array_equal(known, valid)
