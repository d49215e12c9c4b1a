"""The request `list_weights`: what is here and what could be fetched, in one list that needs no network."""

import shutil

from mmearth import list_weights, protocol
from mmearth.models.convnextv2 import SIZES
from mmearth.progress import Reporter
from mmearth.weights.checkpoints import load_weights

NAME = "pt-rgb_atto_1M_128_uncertainty_112-16"


def run():
    silent = Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)
    return list_weights.run(protocol.ListWeightsRequest(), silent)


def test_bundled_weights_are_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("MMEARTH_WEIGHTS_FOLDER", str(tmp_path))
    result = run()
    weights = load_weights("")
    bundled = [row for row in result["installed"] if row["path"] == weights.path]
    assert [(row["name"], row["bands"], row["patch_size"]) for row in bundled] == [
        ("mpmae_atto_s2", list(weights.bands), 8)
    ]
    assert [row["name"] for row in result["published"] if row["installed"]] == []


def test_ten_are_published_and_a_fetched_one_has_its_path(monkeypatch, tmp_path):
    monkeypatch.setenv("MMEARTH_WEIGHTS_FOLDER", str(tmp_path))
    file = tmp_path / f"{NAME}.safetensors"
    shutil.copy(load_weights("").path, file)
    result = run()
    rows = {row["name"]: row for row in result["published"]}
    assert len(rows) == 10
    assert (rows[NAME]["installed"], rows[NAME]["path"]) == (True, str(file))
    assert (rows[NAME]["bands"], rows[NAME]["patch_size"]) == (["B2", "B3", "B4"], 16)
    assert [row["name"] for row in rows.values() if row["installed"]] == [NAME]
    assert all("NonCommercial" in row["licence"] for row in rows.values())
    assert "NC" in result["licence"]
    assert protocol.decode(protocol.encode(result)) == result


def test_the_plugin_offers_the_sizes_that_there_are():
    assert tuple(SIZES) == protocol.SIZES
