"""Removing weights: what was written for them goes with them, and nothing else does."""

import json
import shutil
from pathlib import Path

import pytest
from mmearth import protocol, remove_weights
from mmearth.errors import InputError
from mmearth.weights.checkpoints import BUNDLED
from safetensors.torch import save_file

FIRST = "pt-rgb_atto_1M_128_uncertainty_112-16"
SECOND = "pt-all_mod_atto_1M_128_uncertainty_112-16"  # of the same data set
STATISTICS = "data_1M_v001_band_stats.json"
CARD = {"summary": "random numbers", "weights": {"file": "x", "hash": "sha256:0"}}


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("MMEARTH_WEIGHTS_FOLDER", str(folder))
    return folder


def remove(path, report):
    return remove_weights.run(protocol.RemoveWeightsRequest(str(path)), report)


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_pretrained_file_goes_with_its_card(report, tmp_path, tiny_weights):
    file = Path(shutil.copy(tiny_weights, tmp_path / "mine.safetensors"))
    card = tmp_path / "mine.json"
    card.write_text(json.dumps(CARD), encoding="utf-8")
    (tmp_path / "mine_run").mkdir()
    size = file.stat().st_size + card.stat().st_size
    assert remove(file, report) == {"path": str(file), "freed_bytes": size}
    assert names(tmp_path) == ["mine_run", "own", "weights"]  # the last holds what was copied


def test_a_json_that_is_no_card_stays(report, tmp_path, tiny_weights):
    for name, text in (("list", "[1]"), ("other", '{"summary": "a survey"}'), ("broken", "{")):
        file = Path(shutil.copy(tiny_weights, tmp_path / f"{name}.safetensors"))
        file.with_suffix(".json").write_text(text, encoding="utf-8")
        assert remove(file, report)["freed_bytes"] == Path(tiny_weights).stat().st_size
        assert file.with_suffix(".json").read_text(encoding="utf-8") == text


def test_a_downloaded_one_goes_with_its_checkpoint_and_keeps_what_others_need(report, own_folder, tiny_weights):
    for name in (FIRST, SECOND):
        shutil.copy(tiny_weights, own_folder / f"{name}.safetensors")
        (own_folder / f"{name}.pth").write_bytes(b"12345")
        (own_folder / f"{name}.json").write_text(json.dumps(CARD), encoding="utf-8")
    (own_folder / STATISTICS).write_text("{}", encoding="utf-8")
    (own_folder / "hashes.json").write_text('{"a": "sha256:1"}', encoding="utf-8")
    size = Path(tiny_weights).stat().st_size + 5 + len(json.dumps(CARD))
    assert remove(own_folder / f"{FIRST}.safetensors", report)["freed_bytes"] == size
    assert names(own_folder) == sorted(
        [STATISTICS, "hashes.json", *(f"{SECOND}{end}" for end in (".json", ".pth", ".safetensors"))]
    )
    assert remove(own_folder / f"{SECOND}.safetensors", report)["freed_bytes"] == size + 2
    assert names(own_folder) == ["hashes.json"]  # the same file must come with the next download
    assert "sha256:1" in (own_folder / "hashes.json").read_text(encoding="utf-8")


def test_a_damaged_file_of_the_own_folder_can_go(report, own_folder):
    file = own_folder / "damaged.safetensors"
    file.write_bytes(b"123")
    assert remove(file, report)["freed_bytes"] == 3
    assert names(own_folder) == []


def test_the_bundled_weights_stay(report, tmp_path):
    link = tmp_path / "own" / "link.safetensors"
    link.symlink_to(BUNDLED)
    for path in (BUNDLED, BUNDLED.parent / ".." / "weights" / BUNDLED.name, link):
        with pytest.raises(InputError, match="came with the plugin and stays"):
            remove(path, report)
    assert BUNDLED.is_file()
    assert link.is_symlink()


def test_files_of_others_stay(report, tmp_path, tiny_weights):
    import torch

    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(2)}, str(foreign))
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"123")
    for file in (foreign, broken):
        with pytest.raises(InputError, match="not written by this program"):
            remove(file, report)
    scene = Path(shutil.copy(tiny_weights, tmp_path / "own" / "scene.tif"))
    with pytest.raises(InputError, match=r"does not end in \.safetensors"):
        remove(scene, report)
    assert foreign.is_file()
    assert broken.is_file()
    assert scene.is_file()


@pytest.mark.parametrize("path", ["", "/nowhere/x.safetensors"])
def test_what_is_not_there_is_said(report, path):
    with pytest.raises(InputError, match="There is no weights file"):
        remove(path, report)
