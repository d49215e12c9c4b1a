"""The verb check_model: facts of a model file, and errors and warnings apart for a scene."""

import numpy as np
import pytest
from affine import Affine
from mmearth import check_model, protocol
from mmearth.errors import CheckpointError
from mmearth.mapping import compatibility
from mmearth.mapping.model_file import save_model
from tiny_models import LEFT, TOP, model_of, of_weights, write_embedding


@pytest.fixture
def scene(make_raster):
    return make_raster("scene.tif")


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    folder = tmp_path / "own weights"
    folder.mkdir()
    monkeypatch.setattr(compatibility, "user_weights_folder", lambda: folder)
    return folder


def checked(report, model, folder, scene="", **options):
    path = str(folder / "model.zip")
    save_model(path, model)
    return check_model.run(protocol.CheckModelRequest(path, scene, **options), report)


def test_facts_alone_without_a_scene(scene, tmp_path, report):
    result = checked(report, model_of(scene), tmp_path)
    assert (result["errors"], result["warnings"], result["task"]) == ([], [], "classes")
    assert result["classes"][1] == {"value": 2, "name": "water", "color": "#88ccee"}
    facts = result["facts"]
    assert facts["Model"].startswith("model.zip, ")
    assert facts["Task"] == "classes of field 'kind'"
    assert facts["Classes"] == "2: forest (1), water (2)"
    assert facts["Bands"].startswith("B1, B2, B3")
    assert facts["Units"] == "DN, reflectance × 10 000"
    assert facts["Weights"] == "none: no encoder was used"
    assert facts["Pixels"] == "10 m on the ground"
    assert facts["Score"].startswith("macro-F1 0.750 on held-out polygons")
    assert "Scene" not in facts


def test_facts_of_a_model_with_weights_embedding_or_no_score(scene, make_raster, tmp_path, report, tiny_weights):
    result = checked(report, of_weights(scene, tiny_weights), tmp_path)
    assert result["errors"] == []
    assert f"at '{tiny_weights}'" in result["facts"]["Weights"]
    assert "shipped with this plugin" in checked(report, of_weights(scene, ""), tmp_path)["facts"]["Weights"]
    model = model_of(write_embedding(make_raster), scores={"macro_f1": None, "reason": "too few polygons"})
    facts = checked(report, model, tmp_path)["facts"]
    assert facts["Embedding"].startswith("AlphaEarth embedding, 64 channels (int8 codes")
    assert not {"Bands", "Weights"} & facts.keys()
    assert facts["Score"] == "not known: too few polygons"


def test_a_scene_that_serves_and_one_that_does_not(scene, make_raster, tmp_path, report):
    model = model_of(scene)
    result = checked(report, model, tmp_path, scene)
    assert (result["errors"], result["warnings"]) == ([], [])
    assert result["facts"]["Scene"] == "scene.tif, 64 × 48 pixels of 10 m"
    assert "B1, B2, B3" in result["facts"]["Scene's bands"]
    coarse = make_raster("coarse.tif", transform=Affine(20, 0, LEFT, 0, -20, TOP))
    result = checked(report, model, tmp_path, coarse)
    assert (len(result["errors"]), len(result["warnings"])) == (0, 1)
    fewer = make_raster("four.tif", count=4, names=("B2", "B3", "B4", "B8"))
    assert "offers bands B2, B3, B4, B8" in checked(report, model, tmp_path, fewer)["errors"][0]


def test_what_keeps_a_scene_from_being_opened_is_an_error_of_the_report(scene, make_raster, tmp_path, report):
    model = model_of(scene)
    plain = make_raster("plain.tif", count=7)
    assert "has 7 bands, none of them named" in checked(report, model, tmp_path, plain)["errors"][0]
    assert "is an embedding" in checked(report, model, tmp_path, write_embedding(make_raster))["errors"][0]
    far = make_raster("far.tif", values=np.ones((1, 48, 64)), transform=Affine(10, 0, LEFT + 9000, 0, -10, TOP))
    assert "lies elsewhere" in checked(report, model, tmp_path, scene, layers=(far,))["errors"][0]
    with pytest.raises(CheckpointError, match="There is no model file"):
        check_model.run(protocol.CheckModelRequest(str(tmp_path / "none.zip")), report)


def test_weights_that_are_missing_are_an_error_of_the_report(scene, tmp_path, report, own_folder):
    model = model_of(scene, weights_name="huge", weights_path="/none/huge.safetensors", weights_sha256="0" * 64)
    for path in ("", scene):
        result = checked(report, model, tmp_path, path)
        assert len(result["errors"]) == 1
        assert "weights 'huge' (sha256 000000000000…); no file is at '/none/huge.safetensors'" in result["errors"][0]
        assert str(own_folder) in result["errors"][0]


def test_the_encoder_is_not_run_to_check_a_scene(scene, tmp_path, report, tiny_weights, monkeypatch):
    def fail(*_arguments, **_options):
        raise AssertionError("an encoder was built")

    monkeypatch.setattr("mmearth.mapping.pixel_source.FeatureExtractor", fail)
    result = checked(report, of_weights(scene, tiny_weights), tmp_path, scene)
    assert (result["errors"], result["warnings"]) == ([], [])
