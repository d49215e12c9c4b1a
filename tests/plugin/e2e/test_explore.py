"""The page Explore in a real window with the real backend, on an embedding of the sample.

As a measurement: MMEARTH_EXPLORE_PX=2000 /usr/bin/python3 -m pytest -s tests/plugin/e2e/test_explore.py
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "resources/sample/scene.tif"
SIDE_PX = int(os.environ.get("MMEARTH_EXPLORE_PX", "0"))


@pytest.fixture
def embedding(python, tmp_path):
    """The embedding of the sample; with SIDE_PX, repeated until it has that many rows and columns."""
    path = tmp_path / "embedding.tif"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "backend")}
    command = [python, "-m", "mmearth", "embed", str(SAMPLE), str(path), "--dtype", "int16"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=240)
    return repeated(path, tmp_path / "large.tif") if SIDE_PX else path


def repeated(path, out):
    from osgeo import gdal

    sample = gdal.Open(str(path))
    copies = -(-SIDE_PX // sample.RasterXSize)
    options = ["TILED=YES", "INTERLEAVE=PIXEL", "BIGTIFF=IF_SAFER"]
    made = gdal.GetDriverByName("GTiff").Create(str(out), SIDE_PX, SIDE_PX, sample.RasterCount, gdal.GDT_Int16, options)
    made.SetGeoTransform(sample.GetGeoTransform())
    made.SetProjection(sample.GetProjection())
    made.SetMetadata(sample.GetMetadata())
    for number in range(1, sample.RasterCount + 1):
        source, target = sample.GetRasterBand(number), made.GetRasterBand(number)
        target.SetDescription(source.GetDescription())
        target.SetNoDataValue(source.GetNoDataValue())
        target.SetScale(source.GetScale())
        target.SetOffset(source.GetOffset())
    rows = np.tile(sample.ReadAsArray(), (1, 1, copies))[:, :, :SIDE_PX]
    for top in range(0, SIDE_PX, rows.shape[1]):
        made.WriteArray(rows[:, : SIDE_PX - top], 0, top)
    made.BuildOverviews("NEAREST", [4, 16])  # as those of a COG
    made.FlushCache()
    return out


def test_places_like_those_clicked_become_polygons_of_a_class(run_scenario, embedding):
    facts = run_scenario("explore_scenario.py", E2E_EMBEDDING=embedding)
    print("\n" + json.dumps(facts, indent=1))
    assert facts["state"] == "Like 11 places."
    assert facts["problem"] == ""
    assert "of the view" in facts["share"]
    assert facts["scatter"].endswith("0 of them labelled")
    assert facts["groups"][0] == "Group 1"
    assert facts["polygons"] > 0
    assert facts["inside"]
    assert facts["page_width"] <= 300
    assert sorted(facts["left"]) == ["Embedding", "Groups", "labels"]
    assert facts["colours_click_ms"] < 100
    # On a quiet machine: 300 and 50 ms.
    assert facts["answer_ms"]["median"] < 900
    assert facts["slider_ms"]["median"] < 150
