"""The doctor: what it finds, what it measures, and that its report names nobody."""

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from mmearth import doctor, protocol
from mmearth.__main__ import main
from mmearth.device_report import DeviceState
from mmearth.device_test import DeviceTest, largest_distance, open_tile
from mmearth.embedding.features import FeatureExtractor
from mmearth.errors import Cancelled
from mmearth.redaction import redact_names
from mmearth.weights.checkpoints import load_weights


def ask(report, **fields):
    return doctor.run(protocol.DoctorRequest(**fields), report)


def test_every_usable_device_is_tested_on_a_real_tile(report, tiny_weights):
    result = ask(report, test=True, weights=tiny_weights)
    assert protocol.decode(protocol.encode(result)) == result
    by_id = {device["id"]: device for device in result["devices"]}
    assert by_id["cpu"]["usable"]
    test = by_id["cpu"]["test"]
    assert test["ok"], test
    assert test["pixels_per_second"] == pytest.approx(256 * 256 / test["seconds"], rel=0.1)
    assert 0 <= test["agreement"] < 0.01
    assert {check["name"] for check in result["checks"]} >= {"Python", "Packages", "Disk", "Weights", "Device cpu"}
    assert result["warnings"] == []
    assert "bundled sample scene" in result["markdown"]
    assert report.calls[-1][0] == "Testing devices"
    assert report.calls[-1][1] == report.calls[-1][2]


def test_without_test_nothing_is_computed(report, tiny_weights, monkeypatch):
    monkeypatch.setattr(doctor, "DeviceTest", None)  # calling it would fail
    result = ask(report, weights=tiny_weights)
    assert all(device["test"] is None for device in result["devices"])
    assert "usable, not tested" in next(c["found"] for c in result["checks"] if c["name"] == "Device cpu")


def test_weights_that_are_missing_are_a_finding(report, tmp_path):
    result = ask(report, test=True, weights=str(tmp_path / "none.safetensors"))
    check = next(check for check in result["checks"] if check["name"] == "Weights")
    assert not check["ok"]
    assert "There is no weights file" in check["found"]
    assert check["remedy"]
    assert len(result["warnings"]) == 1
    assert [device["test"] for device in result["devices"] if device["id"] == "cpu"] == [None]


def test_an_unusable_card_is_told_and_is_no_failure(report, tiny_weights, monkeypatch):
    card = DeviceState("nvidia:0", "NVIDIA T1000", False, "Built without CUDA.", "Install | another.")
    cpu = DeviceState("cpu", "CPU", True, dtype="float32", wheel="cpu")
    monkeypatch.setattr(doctor, "explain", lambda facts: [cpu, card])
    result = ask(report, weights=tiny_weights)
    assert all(check["ok"] for check in result["checks"])
    graphics = next(check for check in result["checks"] if check["name"] == "Graphics")
    assert graphics["found"] == "NVIDIA T1000 cannot be used; the processor computes everything"
    assert "no: Built without CUDA. Install \\| another." in result["markdown"]
    shown = CliRunner().invoke(main, ["doctor", "--no-test"])
    assert shown.exit_code == 0
    assert "no   Device nvidia:0: NVIDIA T1000: Built without CUDA." in shown.output
    assert "     Install | another." in shown.output


def test_a_device_that_fails_its_test_fails_the_doctor(monkeypatch):
    failed = {"precision": "float32", "seconds": None, "agreement": None, "ok": False, "error": "It broke."}
    test = {**failed, "precisions": [failed], "recommended": ""}
    monkeypatch.setattr(DeviceTest, "__init__", lambda self, *arguments: None)
    monkeypatch.setattr(DeviceTest, "run", lambda self, device_id: test)
    shown = CliRunner().invoke(main, ["doctor"])
    assert shown.exit_code == 1
    assert "float32 failed: It broke." in shown.output
    assert "Choose another device" in shown.output


def test_the_terminal_prints_json_and_markdown():
    found = json.loads(CliRunner().invoke(main, ["doctor", "--json", "--no-test"]).output)
    assert {"devices", "checks", "versions", "markdown", "warnings", "seconds"} <= set(found)
    assert found["versions"]["torch"] == torch.__version__
    text = CliRunner().invoke(main, ["doctor", "--markdown", "--no-test"]).output
    assert text.startswith("# MMEarth backend\n")
    assert "| cpu |" in text


def test_the_report_names_nobody(report, tmp_path, tiny_weights, monkeypatch):
    home = tmp_path / "ann"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LOGNAME", "ann")
    result = ask(report, weights=str(home / "none.safetensors"))
    check = next(check for check in result["checks"] if check["name"] == "Weights")
    assert str(home) in check["found"]  # what the user sees
    assert str(home) not in result["markdown"]
    assert f"'~{Path('/none.safetensors')}'" in result["markdown"]


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("at /home/ann/maps", "at ~/maps"),
        ("at /home/ann", "at ~"),
        ("at /home/anna/maps", "at /home/anna/maps"),
        ("ann's laptop, ann-pc", "<user>'s laptop, <user>-pc"),
        ("a cannon, ann_maps, Ann", "a cannon, ann_maps, Ann"),
        (r"C:\Users\ann\maps", r"~\maps"),
        ("C:/Users/ann/maps", "~/maps"),
        ("/data/home/ann", "/data/home/<user>"),
    ],
)
def test_only_whole_words_are_redacted(text, redacted):
    assert redact_names(text, ["/home/ann", "C:\\Users\\ann"], ["ann"]) == redacted


def test_a_home_that_is_the_root_hides_nothing():
    assert redact_names("/usr/lib and a / b", ["/"], [""]) == "/usr/lib and a / b"


def test_distances_are_of_the_worst_cell():
    reference = torch.tensor([[[1.0, 1.0]], [[0.0, 0.0]]])  # two cells, both along the first channel
    turned = torch.tensor([[[2.0, 0.0]], [[0.0, 3.0]]])  # longer; at a right angle
    assert largest_distance([reference], [reference]) == pytest.approx(0, abs=1e-12)
    assert largest_distance([turned], [reference]) == pytest.approx(1)
    assert largest_distance([turned / 0], [reference]) is None


def test_a_device_that_computes_wrongly_is_found_out(report, tiny_weights, monkeypatch):
    weights = load_weights(tiny_weights)
    with open_tile(weights) as (scene, _):
        test = DeviceTest(weights, scene, report)
        test._wanted = {stage: maps.flip(-1) for stage, maps in test._wanted.items()}
        wrong = test.run("cpu")
        assert not wrong["ok"]
        assert wrong["agreement"] > 0.01
        assert "differ from those of the CPU" in wrong["error"]
        missing = test.run("cuda:7" if not torch.cuda.is_available() else "meta")
        assert not missing["ok"]
        assert missing["error"]
        assert missing["seconds"] is None

        def exhaust(*_, **__):
            raise MemoryError

        monkeypatch.setattr(FeatureExtractor, "encode", exhaust)
        assert "ran out of memory" in test.run("cpu")["error"]


def test_noise_stands_in_for_a_missing_sample(tiny_weights, tmp_path):
    weights = load_weights(tiny_weights)
    with open_tile(weights, tmp_path / "none.tif") as (scene, tile):
        assert (scene.grid.width, scene.grid.height) == (256, 256)
        assert list(scene.mapping.indexes) == list(weights.bands)
        assert "synthetic" in tile


def test_cancelling_stops_it(report, tiny_weights):
    report.cancel_at = 3
    with pytest.raises(Cancelled):
        ask(report, test=True, weights=tiny_weights)
