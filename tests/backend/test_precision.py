"""The choice of precision: what a device refuses and why, and that different precisions never mix in a file."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
import torch
from conftest import Recorder
from mmearth import doctor, embed, predict, protocol
from mmearth.device_report import DeviceState
from mmearth.device_test import DeviceTest, open_tile
from mmearth.embedding.features import FeatureExtractor
from mmearth.errors import Cancelled, InputError, ResourceError
from mmearth.mapping import model_file
from mmearth.mapping.model_file import load_model, save_model
from mmearth.precision import chosen_dtype, precisions_of
from mmearth.weights.checkpoints import load_weights
from tiny_models import of_weights

CPU = torch.device("cpu")


@pytest.fixture
def bare_processor(monkeypatch):
    """A processor without instructions for 16 bit."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False}, raising=False)


@pytest.fixture
def both_processor(monkeypatch):
    """A processor that is taken for one that multiplies 16 bit of either kind."""
    found = {"avx512_bf16": True, "avx512_fp16": True}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)


def test_a_bare_processor_is_asked_for_float32_alone(bare_processor):
    assert precisions_of(CPU) == ("float32",)
    assert chosen_dtype("auto", CPU) is None
    assert chosen_dtype("float32", CPU) is torch.float32
    for name in ("bfloat16", "float16"):
        with pytest.raises(ResourceError) as refused:
            chosen_dtype(name, CPU)
        assert str(refused.value).startswith("CPU (")
        assert f"precision '{name}'" in refused.value.message
        assert f"no instructions for {name}" in refused.value.message
        assert "'auto', which is float32 there, or 'float32'" in refused.value.remedy


def test_a_processor_of_both_kinds_takes_all(both_processor):
    assert precisions_of(CPU) == ("float32", "bfloat16", "float16")
    assert chosen_dtype("bfloat16", CPU) is torch.bfloat16
    assert chosen_dtype("float16", CPU) is torch.float16


@pytest.mark.parametrize(("has_bfloat16", "names"), [(True, 3), (False, 2)])
def test_a_card_before_ampere_refuses_bfloat16(monkeypatch, has_bfloat16, names):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: has_bfloat16)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA T1000")
    card = torch.device("cuda:0")
    assert len(precisions_of(card)) == names
    assert chosen_dtype("float16", card) is torch.float16
    if has_bfloat16:
        assert chosen_dtype("bfloat16", card) is torch.bfloat16
        return
    with pytest.raises(ResourceError, match="NVIDIA T1000 cannot be asked .* from Ampere on") as refused:
        chosen_dtype("bfloat16", card)
    assert "'float32' or 'float16'" in refused.value.remedy


def test_apple_gpus_refuse_bfloat16():
    apple = torch.device("mps")
    assert precisions_of(apple) == ("float32", "float16")
    with pytest.raises(ResourceError, match="Apple GPU"):
        chosen_dtype("bfloat16", apple)


def test_a_precision_that_nobody_knows_is_refused():
    with pytest.raises(InputError, match="'double' is not offered") as refused:
        chosen_dtype("double", CPU)
    assert "auto, float32, bfloat16 or float16" in refused.value.remedy


def embedded(report, scene, out, weights, **options):
    request = protocol.EmbedRequest(
        scene, str(out), device="cpu", weights=weights, components=6, dtype="float32", **options
    )
    return embed.run(request, report)


def test_an_embedding_says_its_precision_and_the_cache_keeps_them_apart(
    both_processor, monkeypatch, make_raster, tmp_path, report, tiny_weights
):
    monkeypatch.setenv("MMEARTH_CACHE", str(tmp_path / "cache"))
    scene, found = make_raster(), {}
    for name in ("float32", "bfloat16"):
        out = tmp_path / f"{name}.tif"
        assert not embedded(report, scene, out, tiny_weights, precision=name)["cached"]
        with rasterio.open(out) as dataset:
            found[name] = dataset.read()
            assert json.loads(dataset.tags()["MMEARTH"])["precision"] == name
    assert embedded(report, scene, tmp_path / "again.tif", tiny_weights, precision="auto")["cached"]  # bfloat16
    difference = np.abs(found["float32"] - found["bfloat16"]).max()
    assert 0 < difference < 0.1 * np.abs(found["float32"]).max()


def test_tiles_of_another_precision_are_not_gone_on_with(both_processor, make_raster, tmp_path, tiny_weights):
    scene, out = make_raster(width=400, height=300), tmp_path / "out.tif"
    options = {"tile_px": 128, "cache": False}
    with pytest.raises(Cancelled):
        embedded(Recorder(cancel_at=5), scene, out, tiny_weights, precision="bfloat16", **options)
    assert embedded(Recorder(), scene, out, tiny_weights, precision="float32", **options)["tiles_resumed"] == 0
    with pytest.raises(Cancelled):
        embedded(Recorder(cancel_at=5), scene, tmp_path / "same.tif", tiny_weights, precision="bfloat16", **options)
    same = embedded(Recorder(), scene, tmp_path / "same.tif", tiny_weights, precision="auto", **options)
    assert same["tiles_resumed"] > 0  # so there was something to go on with
    embedded(Recorder(), scene, tmp_path / "whole.tif", tiny_weights, precision="float32", **options)
    with rasterio.open(out) as mixed, rasterio.open(tmp_path / "whole.tif") as whole:
        np.testing.assert_array_equal(mixed.read(), whole.read())


def test_nothing_is_begun_in_a_precision_that_is_refused(bare_processor, make_raster, tmp_path, report, tiny_weights):
    with pytest.raises(ResourceError, match="no instructions for float16"):
        embedded(report, make_raster(), tmp_path / "out.tif", tiny_weights, precision="float16")
    assert not (tmp_path / "out.tif").exists()


def test_features_beyond_float16_are_refused(both_processor, monkeypatch, make_raster, tmp_path, report, tiny_weights):
    whole = FeatureExtractor._halving

    def overflowing(self, image, rows, cols):
        return {stage: maps * 1e6 for stage, maps in whole(self, image, rows, cols).items()}

    monkeypatch.setattr(FeatureExtractor, "_halving", overflowing)
    with pytest.raises(InputError, match="65,504"):
        embedded(report, make_raster(), tmp_path / "a.tif", tiny_weights, precision="float16", cache=False)
    assert embedded(report, make_raster(), tmp_path / "b.tif", tiny_weights, precision="bfloat16", cache=False)


def test_a_model_is_applied_in_another_precision_and_it_is_said(both_processor, make_raster, tmp_path, tiny_weights):
    scene, path = make_raster(width=130, height=130), str(tmp_path / "model.zip")
    save_model(path, replace(of_weights(scene, tiny_weights), precision="bfloat16"))
    assert load_model(path).precision == "bfloat16"
    said = {}
    for name in ("float32", "bfloat16"):
        told, out = Recorder(), tmp_path / f"{name}.tif"
        predict.run(protocol.PredictRequest(scene, str(out), path, device="cpu", precision=name), told)
        said[name] = [message for _, message in told.logs if "was trained on features in" in message]
        with rasterio.open(out) as dataset:
            assert json.loads(dataset.tags()["MMEARTH"])["precision"] == name
    assert said["bfloat16"] == []
    assert "in bfloat16; this map takes them in float32" in said["float32"][0]


def test_a_map_of_another_precision_is_not_gone_on_with(
    both_processor, monkeypatch, make_raster, tmp_path, tiny_weights
):
    monkeypatch.setattr(predict, "TILE_PX", 64)
    scene, path, out = make_raster(width=130, height=130), str(tmp_path / "model.zip"), str(tmp_path / "map.tif")
    save_model(path, of_weights(scene, tiny_weights))
    started = {}
    for name, then in (("bfloat16", "float32"), ("float32", "float32")):
        with pytest.raises(Cancelled):
            predict.run(protocol.PredictRequest(scene, out, path, device="cpu", precision=name), Recorder(cancel_at=5))
        told = Recorder()
        predict.run(protocol.PredictRequest(scene, out, path, device="cpu", precision=then), told)
        started[name] = [message for _, message in told.logs if message.startswith("Going on with")]
    assert started["bfloat16"] == []
    assert len(started["float32"]) == 1  # so the message is the right one to look for


def test_a_model_from_before_precision_was_a_choice_is_read(make_raster, tmp_path, tiny_weights, monkeypatch):
    path = str(tmp_path / "model.zip")
    write = model_file.write_model_file

    def without(path, description, tensors):
        del description["precision"]
        write(path, description, tensors)

    monkeypatch.setattr(model_file, "write_model_file", without)
    save_model(path, of_weights(make_raster(width=130, height=130), tiny_weights))
    assert load_model(path).precision == ""


def test_each_precision_is_tested_and_the_fastest_that_agrees_is_recommended(
    both_processor, report, tiny_weights, monkeypatch
):
    seconds = {torch.float32: 3.0, torch.bfloat16: 2.0, torch.float16: 1.0}
    embed_tile = DeviceTest._embed

    def wrong_in_float16(self, extractor):
        found = embed_tile(self, extractor)
        return {s: maps.flip(-1) for s, maps in found.items()} if extractor.dtype == torch.float16 else found

    monkeypatch.setattr(DeviceTest, "_embed", wrong_in_float16)
    monkeypatch.setattr(
        DeviceTest, "_timed", lambda self, extractor: (self._embed(extractor), seconds[extractor.dtype])
    )
    weights = load_weights(tiny_weights)
    with open_tile(weights) as (scene, _):
        test = DeviceTest(weights, scene, report).run("cpu")
    assert [(t["precision"], t["ok"]) for t in test["precisions"]] == [
        ("float32", True),
        ("bfloat16", True),
        ("float16", False),
    ]
    assert [t["seconds"] for t in test["precisions"]] == [3.0, 2.0, 1.0]
    assert test["precisions"][0]["agreement"] < 1e-9  # of float32 with itself, computed once more
    assert test["recommended"] == "bfloat16"
    assert (test["precision"], test["seconds"]) == ("bfloat16", 2.0)  # what "auto" takes
    assert doctor.describe_test(test).startswith("float32 3.000 s (0.02 Mpx/s), off by ")
    assert "; bfloat16 (recommended) 2.000 s" in doctor.describe_test(test)
    assert "; float16 failed: Its features differ" in doctor.describe_test(test)


def test_another_precision_is_the_remedy_where_the_usual_one_fails():
    good = {
        "precision": "float32",
        "seconds": 1.0,
        "pixels_per_second": 65536,
        "agreement": 0.0,
        "ok": True,
        "error": "",
    }
    bad = {**good, "precision": "bfloat16", "ok": False, "error": "It broke."}
    test = {**bad, "precisions": [good, bad], "recommended": "float32"}
    check = doctor._check_device(DeviceState("cuda:0", "GPU", True, test=test))
    assert (check.ok, check.remedy) == (False, "Choose precision 'float32' there.")
    assert "bfloat16 failed: It broke." in check.found
