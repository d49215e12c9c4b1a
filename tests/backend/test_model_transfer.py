"""A model of one place applied to another, end to end on synthetic land cover; scenes of other bands are refused."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))

from benchmarks import model_transfer  # noqa: E402

SIDE = 72
SPECTRA = {1: 300, 2: 900, 4: 2200}  # water, trees, crops, as far apart as one may wish


@pytest.fixture
def places(make_raster, tmp_path, monkeypatch):
    """Two places on different continents with the same spectra, in the layout of the real ones."""
    for kind in ("S2L2A", "S1RTC", "LULC", "DEM"):
        (tmp_path / kind).mkdir()
    for seed, (name, crs) in enumerate((("here.tif", "EPSG:32632"), ("there.tif", "EPSG:32718"))):
        rng = np.random.default_rng(seed)
        cover = np.kron(rng.choice(list(SPECTRA), (6, 6)), np.ones((12, 12), int))
        values = np.vectorize(SPECTRA.get)(cover) + rng.normal(0, 40, (12, SIDE, SIDE))
        grid = {"crs": crs, "transform": Affine(10, 0, 600000, 0, -10, 5200000)}
        make_raster(f"S2L2A/{name}", values=values, **grid)
        make_raster(f"S1RTC/{name}", values=values[:2], dtype="float32", **grid)
        make_raster(f"LULC/{name}", values=cover[None], dtype="uint8", **grid)
        make_raster(f"DEM/{name}", values=values[:1], dtype="int16", **grid)
    monkeypatch.setattr(model_transfer, "PER_CLASS", 4)
    monkeypatch.setattr(model_transfer, "PLACES", {"Here": "here.tif", "There": "there.tif"})
    return tmp_path


@pytest.mark.slow
def test_a_model_serves_a_place_of_the_same_spectra_and_no_scene_of_other_bands(places, monkeypatch, capsys):
    record = places / "record.json"
    arguments = ["model_transfer", "--data", places, "--from", "Here", "--ways", "no encoder", "--json", record]
    monkeypatch.setattr(sys, "argv", list(map(str, arguments)))
    model_transfer.main()
    found = json.loads(record.read_text())
    transfer = found["Here → There, no encoder"]
    assert (transfer["errors"], transfer["warnings"]) == ([], [])
    assert transfer["there"]["pixels"] == SIDE * SIDE
    assert transfer["there"]["accuracy"] > 0.9
    assert transfer["there"]["accuracy, commonest class"] < 0.5
    refused = found["refused"]
    assert "has 2 bands" in refused["radar (VV, VH)"][0]
    assert refused["four bands"][0].startswith(
        "'four_bands.tif' offers bands B2, B3, B4, B8; the model was trained with B1"
    )
    assert "has 1 band" in refused["elevation"][0]
    assert "Here → There, no encoder\n  the check has nothing to say" in capsys.readouterr().out
