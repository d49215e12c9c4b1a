"""A real QGIS in a real window with the real backend: pretrain on the sample, cancel, go on, use the weights."""

from array import array
from pathlib import Path

import pytest
from osgeo import gdal, osr

SAMPLE = Path(__file__).resolve().parents[3] / "resources" / "sample"
pytestmark = [pytest.mark.qgis, pytest.mark.slow]
gdal.UseExceptions()


def write_layer(path, kind, res_m):
    """Writes a layer on the ground of the sample scene on a grid of its own: a slope, or three classes in stripes."""
    scene = gdal.Open(str(SAMPLE / "scene.tif"))
    left, pixel_m, _, top, _, _ = scene.GetGeoTransform()
    side = int(scene.RasterXSize * pixel_m / res_m)
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), side, side, 1, kind)
    dataset.SetGeoTransform((left, res_m, 0, top, 0, -res_m))
    crs = osr.SpatialReference()
    crs.ImportFromWkt(scene.GetProjection())
    dataset.SetProjection(crs.ExportToWkt())
    rows = []
    for row in range(side):
        if kind == gdal.GDT_Byte:
            rows += [1 + 3 * column // side for column in range(side)]
        else:
            rows += [400.0 + row + 0.5 * column for column in range(side)]
    code, data_type = ("B", gdal.GDT_Byte) if kind == gdal.GDT_Byte else ("f", gdal.GDT_Float32)
    dataset.GetRasterBand(1).WriteRaster(0, 0, side, side, array(code, rows).tobytes(), buf_type=data_type)
    dataset.FlushCache()
    del dataset
    return path


@pytest.fixture(scope="module")
def facts(run_scenario, tmp_path_factory):
    """Plays the scenario once; returns what it saw."""
    folder = tmp_path_factory.mktemp("layers")
    elevation = write_layer(folder / "elevation.tif", gdal.GDT_Float32, 20.0)
    cover = write_layer(folder / "cover.tif", gdal.GDT_Byte, 10.0)
    return run_scenario("pretrain_scenario.py", E2E_ELEVATION=elevation, E2E_COVER=cover)


def test_a_cancelled_run_goes_on_from_its_checkpoint(facts):
    step = int(facts["resume"].rpartition(" ")[2])
    assert step > 0
    assert facts["stopped"] == f"Stopped; saved after step {step}."
    assert facts["steps"][-1] > step
    assert facts["steps"] == sorted(set(facts["steps"]))


def test_the_losses_of_all_modalities_are_shown_and_fall(facts):
    assert {"elevation", "land_cover", "sentinel2", "total"} <= set(facts["tasks"])
    assert facts["losses"][1] < facts["losses"][0]
    assert facts["picture"]


def test_the_weights_are_used_at_once(facts):
    assert "final loss" in facts["result"]
    assert facts["weights"].endswith("results/scene_weights.safetensors")
    assert Path(facts["weights"]).is_file()
    assert facts["embedding"][1:] == [256, 256]


def test_published_weights_wait_for_the_licence(facts):
    assert facts["published"] == 10
    assert (facts["download_before"], facts["accepted"], facts["download_after"]) == (False, True, True)


def test_the_dock_is_narrow_and_qgis_stays_as_it_was(facts):
    assert facts["narrow_width"] <= 340
    assert facts["isolated"]
