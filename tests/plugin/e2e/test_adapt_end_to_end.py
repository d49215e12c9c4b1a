"""Adaptation in a real window with the real backend, on a real pair: radar as the new sensor, Sentinel-2 as reference.

MMEARTH_WRITE_DOCS=1 makes the pictures in docs/images of what was seen. Both maps are scored against a land cover
product, away from the polygons: `pytest -s` shows the figures. Neither map is expected to win.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

pytestmark = [pytest.mark.qgis, pytest.mark.slow]
gdal.UseExceptions()

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("MMEARTH_TEST_DATA", ROOT.parent / "shared" / "data")) / "terramind"
PLACE = "433D_629L_3_1.tif"  # the place of the three with the most mixed land cover
CLASSES = {"Trees": 2, "Crops": 4, "Built": 5}  # codes of the land cover product
SIDE_PX, MARGIN_PX = 16, 4  # of a polygon, and of the same class around it
PICTURES = {"adapt-run.png": 1400, "adapt-result.png": 1100, "adapt-maps.png": 1100}  # name → width in docs, px


def read(path):
    """Returns the first band of a raster and its geotransform."""
    dataset = gdal.Open(str(path))
    return dataset.GetRasterBand(1).ReadAsArray(), dataset.GetGeoTransform()


def squares(truth):
    """Returns class → (row, column) of the first square in reading order that shows nothing else, nor does its rim."""
    whole, found = SIDE_PX + 2 * MARGIN_PX, {}
    for name, code in CLASSES.items():
        views = np.lib.stride_tricks.sliding_window_view(truth == code, (whole, whole))
        row, column = np.argwhere(views.all(axis=(2, 3)))[0]
        found[name] = (int(row) + MARGIN_PX, int(column) + MARGIN_PX)
    return found


def accuracy(found, truth, counted):
    """Returns the share of right pixels and the mean F1 of the classes."""
    found, truth = found[counted], truth[counted]
    scores = []
    for code in CLASSES.values():
        hits = np.sum((found == code) & (truth == code))
        scores.append(2 * hits / (np.sum(found == code) + np.sum(truth == code)))
    return float(np.mean(found == truth)), float(np.mean(scores))


@pytest.fixture(scope="module")
def truth():
    """Returns the land cover product of the place and its geotransform."""
    if not (DATA / "LULC" / PLACE).exists():
        pytest.skip(f"no real pair: {DATA} is missing; set MMEARTH_TEST_DATA to the folder of real images")
    return read(DATA / "LULC" / PLACE)


@pytest.fixture(scope="module")
def facts(run_scenario, pictures, truth, tmp_path_factory):
    """Plays the scenario once; returns what it saw."""
    folder = tmp_path_factory.mktemp("pair")
    for product, name in (("S1RTC", "radar.tif"), ("S2L2A", "optical.tif")):  # QGIS writes statistics beside a raster
        shutil.copy(DATA / product / PLACE, folder / name)
        (folder / name).chmod(0o644)
    left, width, _, top, _, height = truth[1]
    corners = {}
    for name, (row, column) in squares(truth[0]).items():
        ends = [(row, column), (row, column + SIDE_PX), (row + SIDE_PX, column + SIDE_PX), (row + SIDE_PX, column)]
        corners[name] = [(left + c * width, top + r * height) for r, c in ends]
    (folder / "polygons.json").write_text(json.dumps(corners), encoding="utf-8")
    found = run_scenario(
        "adapt_scenario.py",
        E2E_RADAR=folder / "radar.tif",
        E2E_OPTICAL=folder / "optical.tif",
        E2E_POLYGONS=folder / "polygons.json",
    )
    if os.environ.get("MMEARTH_WRITE_DOCS"):
        for name, width_px in PICTURES.items():
            target = f"png8:{ROOT / 'docs' / 'images' / name}"
            command = ["convert", str(pictures / name), "-resize", f"{width_px}x", "-colors", "255", target]
            subprocess.run(command, check=True)
    return found


def test_an_adaptation_is_cancelled_within_two_seconds_and_keeps_its_best(facts):
    step = int(facts["resume"].rpartition(" ")[2])
    print(f"\ncancelled in {facts['cancel_s']:.2f} s; best state after step {step}")
    assert facts["cancel_s"] <= 2
    assert step > 0
    assert facts["stopped"] == f"Stopped; saved after step {step}."
    assert facts["kept"] == ["checkpoint.json", "checkpoint.safetensors"]
    assert not facts["weights_early"]


def test_it_goes_on_to_the_end_and_agrees_better(facts):
    print(f"\n{facts['warnings']}\n{facts['result']}")
    assert facts["target"] == "Radar"
    assert facts["steps"] == sorted(set(facts["steps"]))
    assert facts["steps"][-1] == 80
    assert facts["losses"][-1] < facts["losses"][0]
    assert max(facts["cosines"]) > facts["cosines"][0] + 0.05  # it begins with a fit
    assert "held-out places" in facts["running"]
    assert "80 steps in" in facts["result"]
    assert "by chance" in facts["result"]
    assert facts["picture"]


def test_the_window_answers_meanwhile(facts):
    count, longest_s = facts["beats"]
    print(f"\n{count} beats, the longest {1000 * longest_s:.0f} ms")
    assert count > 50
    assert longest_s <= 0.1


def test_the_card_names_the_pair(facts):
    card = json.loads(Path(facts["weights"]).with_suffix(".json").read_text(encoding="utf-8"))
    assert Path(facts["weights"]).name == "Radar_adapted.safetensors"
    assert (card["pairs"]["targets"], card["pairs"]["references"]) == (["radar.tif"], ["optical.tif"])
    assert card["sensor"]["bands"] == ["band 1", "band 2"]
    assert card["sensor"]["pixel_m"] == pytest.approx(10, rel=0.01)


def test_the_target_is_embedded_with_the_adapted_weights(facts):
    path, bands, *size = facts["embedding"]
    assert (bands, size) == (64, [224, 224])
    tags = gdal.Open(path).GetMetadata()
    assert "Radar_adapted" in " ".join(tags.values())


def test_both_maps_have_all_classes_and_differ(facts, truth):
    cover, transform = truth
    names = [name for name, _area in facts["polygons"]]
    areas = [area for _name, area in facts["polygons"]]
    assert sorted(names) == sorted(CLASSES)
    assert areas == pytest.approx([(SIDE_PX * transform[1]) ** 2] * 3, rel=0.1)
    weights, bands, units, _notes = facts["bundled"]
    assert (weights, bands, units) == ("", {"B4": 1, "B3": 2}, "raw")
    counted, maps = np.isin(cover, list(CLASSES.values())), {}
    for row, column in squares(cover).values():
        counted[np.ix_(range(row, row + SIDE_PX), range(column, column + SIDE_PX))] = False
    shares = [np.mean(cover[counted] == code) for code in CLASSES.values()]
    print(f"\nmajority class: {max(shares):.3f} right; {counted.sum()} pixels")
    for key in ("adapted", "plain"):
        codes, _ = read(facts[key]["file"])
        found = np.zeros_like(cover)
        for value, name in facts[key]["classes"].items():
            found[codes == int(float(value))] = CLASSES[name]
        assert set(np.unique(found[counted])) == set(CLASSES.values())
        print("{}: {:.3f} right, macro F1 {:.3f}".format(key, *accuracy(found, cover, counted)))
        maps[key] = found
    differ = np.mean(maps["adapted"] != maps["plain"])
    print(f"they differ on {differ:.3f} of the pixels; the dock: {facts['difference']}")
    assert 0 < differ < 1
    assert "The same class on" in facts["difference"]


def test_both_maps_are_seen_beside_each_other(facts):
    assert facts["views"] == ["Bundled weights", "Adapted weights"]
    assert facts["isolated"]
