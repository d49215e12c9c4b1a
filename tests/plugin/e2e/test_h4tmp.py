"""Labels drawn in a real window with the real backend; the figures of smart select where they are asked for.

MMEARTH_SMART_PX=2000 /usr/bin/python3 -m pytest -s tests/plugin/e2e/test_labelling.py
"""

import os
import statistics
import subprocess
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]
SIDE_PX = int(os.environ.get("MMEARTH_SMART_PX", "0"))


def test_every_tool_draws_and_smart_select_finds(run_scenario, pictures):
    facts = run_scenario("h4tmp_scenario.py")
    assert facts["tool_of_qgis"]
    assert facts["keyboard_on_map"]
    ((class_id, polygon_m2),) = facts["polygon"]
    assert class_id == 2
    assert polygon_m2 == pytest.approx(256**2, rel=0.1)  # a tenth of a side of 2,560 m, squared
    ((class_id, rectangle_m2),) = facts["rectangle"]
    assert class_id == 1
    assert rectangle_m2 == pytest.approx(256**2, rel=0.1)
    assert (facts["undone"], facts["redone"], facts["drawn"]) == (1, 2, 4)
    small, large = facts["region_px"]
    assert 0 < small <= large
    assert f"{large} pixels" in facts["note"]
    class_id, taken_m2 = facts["taken"]
    assert class_id == 1
    assert taken_m2 == pytest.approx(large * 100, rel=0.05)
    assert facts["valid"]
    assert (facts["saved_before"], facts["saved"]) == (0, 5)
    assert (pictures / "smart_select.png").stat().st_size > 50_000


@pytest.fixture
def large_embedding(python, tmp_path):
    """The embedding of the sample, repeated until it has SIDE_PX rows and columns."""
    from osgeo import gdal

    scene, out, path = ROOT / "resources/sample/scene.tif", tmp_path / "sample.tif", tmp_path / "large.tif"
    command = [python, "-m", "mmearth", "embed", str(scene), str(out), "--dtype", "int16"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "backend")}, capture_output=True)
    sample = gdal.Open(str(out))
    values = sample.ReadAsArray()
    copies = -(-SIDE_PX // values.shape[1])
    values = np.tile(values, (1, copies, copies))[:, :SIDE_PX, :SIDE_PX]
    options = ["TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=PIXEL"]
    made = gdal.GetDriverByName("GTiff").Create(str(path), SIDE_PX, SIDE_PX, len(values), gdal.GDT_Int16, options)
    made.SetGeoTransform(sample.GetGeoTransform())
    made.SetProjection(sample.GetProjection())
    made.SetMetadata(sample.GetMetadata())
    for number, codes in enumerate(values, 1):
        source, band = sample.GetRasterBand(number), made.GetRasterBand(number)
        band.WriteArray(codes)
        band.SetScale(source.GetScale())
        band.SetOffset(source.GetOffset() or 0)
        band.SetNoDataValue(source.GetNoDataValue())
        band.SetDescription(source.GetDescription())
    made = None
    return path


@pytest.mark.skipif(not SIDE_PX, reason="a measurement: MMEARTH_SMART_PX=2000 asks for it")
def test_region_follows_click_and_slider(run_scenario, large_embedding):
    facts = run_scenario("smart_select_scenario.py", E2E_SCENE=large_embedding)
    print(f"\nfirst click {facts['first_s']:.2f} s, accepted in {1000 * facts['accept_s']:.0f} ms; {facts['note']}")
    for name in ("click_s", "slider_s"):
        times_ms = [1000 * time_s for time_s in facts[name]]
        print(f"{name}: median {statistics.median(times_ms):.0f} ms, longest {max(times_ms):.0f} ms")
    print("pixels:", facts["pixels"], "vertices:", facts["vertices"])
    assert facts["pixels"] == sorted(facts["pixels"])
    assert facts["added"] == 1
    assert statistics.median(facts["slider_s"]) <= 0.3
