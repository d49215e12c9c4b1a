"""The live loop on a large scene in a real window; it is a measurement and runs where MMEARTH_LIVE_PX asks for it.

MMEARTH_LIVE_PX=2000 /usr/bin/python3 -m pytest -s tests/plugin/e2e/test_live_loop.py
"""

import os
import statistics
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]

SAMPLE = Path(__file__).resolve().parents[3] / "resources/sample/scene.tif"
SIDE_PX = int(os.environ.get("MMEARTH_LIVE_PX", "0"))


@pytest.fixture
def large_scene(tmp_path):
    """The sample scene, repeated until it has SIDE_PX rows and columns."""
    from osgeo import gdal

    sample = gdal.Open(str(SAMPLE))
    values = sample.ReadAsArray()
    copies = -(-SIDE_PX // values.shape[1])
    values = np.tile(values, (1, copies, copies))[:, :SIDE_PX, :SIDE_PX]
    path = tmp_path / "large.tif"
    options = ["TILED=YES", "COMPRESS=DEFLATE"]
    made = gdal.GetDriverByName("GTiff").Create(str(path), SIDE_PX, SIDE_PX, len(values), gdal.GDT_UInt16, options)
    made.SetGeoTransform(sample.GetGeoTransform())
    made.SetProjection(sample.GetProjection())
    for number, band in enumerate(values, 1):
        made.GetRasterBand(number).WriteArray(band)
        made.GetRasterBand(number).SetDescription(sample.GetRasterBand(number).GetDescription())
        made.GetRasterBand(number).SetNoDataValue(sample.GetRasterBand(number).GetNoDataValue() or 0)
    made = None
    return path


@pytest.mark.skipif(not SIDE_PX, reason="a measurement: MMEARTH_LIVE_PX=2000 asks for it")
def test_one_more_polygon_is_on_the_map_within_three_seconds(run_scenario, large_scene):
    facts = run_scenario("live_scenario.py", E2E_SCENE=large_scene)
    print(f"\nprepared in {facts['prepared_s']:.1f} s, window {facts['window_px']} px")
    print("last click to drawn map, s:", ", ".join(f"{s:.2f}" for s in facts["refreshed_s"]))
    print("of it in the backend, s:", ", ".join(f"{s:.2f}" for s in facts["backend_s"]))
    assert facts["changed"] == [1] * len(facts["changed"])
    assert statistics.median(facts["refreshed_s"]) <= 3
