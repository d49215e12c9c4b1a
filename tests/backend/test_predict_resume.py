"""A map that was cancelled or killed is gone on with where it was, and comes out as if nothing had happened."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely
import torch
from conftest import Recorder
from mmearth import predict, protocol
from mmearth.embedding import features
from mmearth.embedding.unit_store import units_folder
from mmearth.errors import Cancelled, InputError
from mmearth.mapping.model_file import save_model
from mmearth.tuning import tuned_scores
from mmearth.tuning.tuned_model import save_tuned
from tiny_models import of_weights
from tiny_tuned import IN_FILE, tuned

LEFT, TOP = 600000, 5200000
NAMES = ("confidence", "probabilities")


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(features, "best_dtype", lambda device: torch.float32)
    monkeypatch.setattr(tuned_scores, "TILES_PX", (64,))
    monkeypatch.setattr(predict, "TILE_PX", 64)


@pytest.fixture
def scene(make_raster):
    values = np.random.default_rng(0).integers(300, 3000, (12, 130, 150))
    values[:, 66:, 66:126] = 0  # a tile without data
    return make_raster(values=values, nodata=0, names=IN_FILE)


@pytest.fixture
def model_path(request, scene, tmp_path, tiny_weights):
    path = str(tmp_path / "model.zip")
    if request.param == "few_shot":
        save_model(path, of_weights(scene, tiny_weights))
    elif request.param == "polygon":
        save_tuned(path, tuned("regions", unit="polygon")[0])
    else:
        save_tuned(path, tuned(request.param)[0])
    return path


def request_of(scene, model_path, folder, **options):
    folder.mkdir(exist_ok=True)
    box = shapely.box(LEFT + 200, TOP - 1200, LEFT + 1400, TOP - 100)
    parcels = str(folder / "given.gpkg")
    if not os.path.exists(parcels):
        pyogrio.raw.write(
            parcels, shapely.to_wkb(np.array([box], object)), [np.array(["a"])], ["owner"], driver="GPKG",
            layer="parcels", geometry_type="Polygon", crs="EPSG:32632",
        )  # fmt: skip
    if options.pop("polygons", False):
        return protocol.PredictRequest(scene, str(folder / "map.gpkg"), model_path, parcels=parcels, device="cpu")
    outputs = {name: str(folder / f"{name}.tif") for name in NAMES}
    return protocol.PredictRequest(
        scene, str(folder / "map.tif"), model_path, parcels=parcels, parcels_out=str(folder / "out.gpkg"),
        device="cpu", **outputs, **options,
    )  # fmt: skip


def digests(folder):
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".gpkg":
            meta, _, wkb, columns = pyogrio.raw.read(path)
            found[path.name] = [list(map(str, column)) for column in columns] + [list(wkb)]
        elif path.is_file():
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.mark.parametrize("model_path", ["unet", "probe", "few_shot", "polygon"], indirect=True)
def test_a_cancelled_map_is_gone_on_with_and_has_the_same_bytes(scene, model_path, tmp_path, request):
    polygons = "polygon" in request.node.name
    whole = predict.run(request_of(scene, model_path, tmp_path / "whole", polygons=polygons), Recorder())
    broken = request_of(scene, model_path, tmp_path / "broken", polygons=polygons)
    done, tiles = 0, 6 if polygons else 9  # the polygon does not reach the last row of tiles
    for attempt in range(20):
        report = Recorder(cancel_at=4)  # two tiles further each time
        try:
            predict.run(broken, report)
        except Cancelled:
            left = [path for path in units_folder(broken.out).iterdir() if path.suffix in (".tif", ".empty")]
            if attempt:
                assert any(f"Going on with {done} of {tiles} tiles" in text for _, text in report.logs)
            assert len(left) >= done
            done = len(left)
            assert not os.path.exists(broken.out)
            if done == tiles:
                break
        else:
            break
    assert done >= tiles - 3
    result = predict.run(broken, Recorder())
    assert digests(tmp_path / "broken") == digests(tmp_path / "whole")
    assert result["classes"] == whole["classes"]
    assert not list((tmp_path / "broken").glob(".*"))


CHILD = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import numpy as np, torch
from pathlib import Path
from mmearth import predict
from mmearth.embedding import features
from mmearth.tuning import tuned_scores
import test_predict_resume as t
features.best_dtype = lambda device: torch.float32
tuned_scores.TILES_PX = (64,)
class Report(t.Recorder):
    def progress(self, phase, done, total):
        super().progress(phase, done, total)
        if phase == "Mapping" and len(self.calls) == 6:
            os.kill(os.getpid(), signal.SIGKILL)
predict.run(t.request_of(sys.argv[2], sys.argv[3], Path(sys.argv[4])), Report())
"""


@pytest.mark.parametrize("model_path", ["unet"], indirect=True)
def test_a_killed_map_is_gone_on_with_and_has_the_same_bytes(scene, model_path, tmp_path):
    folder = tmp_path / "killed"
    arguments = [os.path.dirname(__file__), scene, model_path, str(folder)]
    killed = subprocess.run([sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    request = request_of(scene, model_path, folder)
    assert not os.path.exists(request.out)
    report = Recorder()
    predict.run(request, report)
    assert any("Going on with" in text for _, text in report.logs)
    predict.run(request_of(scene, model_path, tmp_path / "whole"), Recorder())
    assert digests(folder) == digests(tmp_path / "whole")


@pytest.mark.parametrize("model_path", ["unet"], indirect=True)
def test_another_request_starts_anew(scene, model_path, tmp_path):
    def cancelled(**options):
        report = Recorder(cancel_at=5)
        with pytest.raises(Cancelled):
            predict.run(request_of(scene, model_path, tmp_path / "map", **options), report)
        return any("Going on with" in text for _, text in report.logs)

    assert [cancelled(), cancelled()] == [False, True]
    mask = str(tmp_path / "mask.gpkg")
    pyogrio.raw.write(
        mask, shapely.to_wkb(np.array([shapely.box(LEFT, TOP - 1300, LEFT + 1490, TOP)], object)), [], [],
        driver="GPKG", layer="mask", geometry_type="Polygon", crs="EPSG:32632",
    )  # fmt: skip
    assert not cancelled(mask=mask)
    save_tuned(model_path, tuned("unet", temperature=3.0)[0])
    assert not cancelled(mask=mask)
    assert cancelled(mask=mask)
    with rasterio.open(scene, "r+") as dataset:
        dataset.write(dataset.read(1) + 1, 1)
    assert not cancelled(mask=mask)


@pytest.mark.parametrize("model_path", ["unet"], indirect=True)
def test_a_cancel_while_rasters_are_published_loses_nothing(scene, model_path, tmp_path):
    report = Recorder()
    progress = report.progress

    def cancel_in_writing(phase, done, total):
        progress(phase, done, total)
        if phase == "Writing" and (tmp_path / "map" / "confidence.tif").exists():
            raise Cancelled

    report.progress = cancel_in_writing
    request = request_of(scene, model_path, tmp_path / "map")
    with pytest.raises(Cancelled):
        predict.run(request, report)
    assert not os.path.exists(request.out)
    again = Recorder()
    predict.run(request, again)
    assert any("Going on with 9 of 9 tiles" in text for _, text in again.logs)
    predict.run(request_of(scene, model_path, tmp_path / "whole"), Recorder())
    assert digests(tmp_path / "map") == digests(tmp_path / "whole")


@pytest.mark.parametrize("model_path", ["unet"], indirect=True)
def test_two_runs_at_once_do_not_share_a_file(scene, model_path, tmp_path):
    request = request_of(scene, model_path, tmp_path / "map")
    report = Recorder()
    progress = report.progress
    seen = []

    def start_another(phase, done, total):
        progress(phase, done, total)
        if not seen:
            seen.append(1)
            with pytest.raises(InputError, match="is being written by another process"):
                predict.run(request, Recorder())

    report.progress = start_another
    predict.run(request, report)
    assert seen
    assert Path(request.out).exists()
