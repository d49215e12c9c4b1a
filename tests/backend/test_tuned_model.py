"""A tuned network is one portable file: what goes in comes out, and files that do not fit themselves are refused."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from mmearth.errors import CheckpointError
from mmearth.mapping.model_file import Model, save_model
from mmearth.tuning.tuned_model import TunedModel, load_any, load_tuned, save_tuned
from safetensors.numpy import load, save
from tiny_models import model_of
from tiny_tuned import CLASSES, tuned


@pytest.fixture
def saved(tmp_path):
    save_tuned(str(tmp_path / "model.zip"), tuned()[0])
    return tmp_path / "model.zip"


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, changes=(), arrays=None):
    """Writes the file again with changes of the description and other arrays, whose shapes are stated rightly."""
    content = members(path)
    description = json.loads(content["model.json"])
    if arrays is not None:
        content["model.safetensors"] = save(arrays)
        description["tensors"] = {name: [str(a.dtype), *a.shape] for name, a in arrays.items()}
    for key, value in dict(changes).items():
        part = description["weights"] if key.startswith("weights.") else description
        part[key.removeprefix("weights.")] = value
    content["model.json"] = json.dumps(description).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def arrays_of(path):
    return {name: array.copy() for name, array in load(members(path)["model.safetensors"]).items()}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("unet", {}),
        ("probe", {"patch": 16, "resolution_m": None, "rung": "probe"}),
        ("regions", {"unit": "cell", "cell_px": 32, "patch": 16}),
        ("regions", {"unit": "scene", "multi_label": True}),
    ],
)
def test_what_goes_in_comes_out(tmp_path, kind, more):
    model, network = tuned(kind, **more)
    path = str(tmp_path / "model.zip")
    save_tuned(path, model)
    found = load_tuned(path)
    for name in (
        "kind", "classes", "field", "task", "unit", "cell_px", "multi_label", "rung", "temperature", "scores", "units",
        "resolution_m", "version",
    ):  # fmt: skip
        assert getattr(found, name) == getattr(model, name), name
    for name in (
        "name",
        "sha256",
        "size",
        "depths",
        "dims",
        "patch_size",
        "bands",
        "levels",
        "band_dropout",
        "summary",
    ):
        assert getattr(found.weights, name) == getattr(model.weights, name), name
    side = 4 * model.weights.patch_size
    images = torch.randn(2, 12, side, side, generator=torch.Generator().manual_seed(0))
    loaded = found.network(torch.device("cpu"), torch.float32)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    given = (images, torch.ones(2, side, side, dtype=torch.bool)) if kind == "regions" else (images,)
    torch.testing.assert_close(loaded(*given), network(*given), rtol=1e-4, atol=1e-5)


def test_equal_models_give_equal_bytes_and_others_do_not(saved, tmp_path):
    again = tmp_path / "again.zip"
    save_tuned(str(again), load_tuned(str(saved)))
    assert again.read_bytes() == saved.read_bytes()
    save_tuned(str(again), tuned(seed=1)[0])
    assert again.read_bytes() != saved.read_bytes()


def test_either_kind_of_model_is_read(saved, make_raster, tmp_path):
    assert isinstance(load_any(str(saved)), TunedModel)
    save_model(str(tmp_path / "few.zip"), model_of(make_raster()))
    assert isinstance(load_any(str(tmp_path / "few.zip")), Model)


def test_no_folder_of_this_machine_is_written(tmp_path):
    model, _ = tuned()
    named = replace(model.weights, path="/home/me/secret/tiny.v1.safetensors")
    save_tuned(str(tmp_path / "model.zip"), replace(model, weights=named))
    assert b"secret" not in (tmp_path / "model.zip").read_bytes()
    assert load_tuned(str(tmp_path / "model.zip")).weights.name == "tiny.v1"


def test_calibrated_probabilities(tmp_path):
    model, _ = tuned(temperature=2.0)
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0], [-2.0, 0.0]])
    e = np.exp([1.0, 0.0, -1.0])
    np.testing.assert_allclose(model.probabilities(logits, 0)[:, 0], e / e.sum(), rtol=1e-6)
    np.testing.assert_allclose(model.probabilities(logits, 0)[:, 1], [1 / 3] * 3, rtol=1e-6)
    several, _ = tuned("regions", unit="scene", multi_label=True, temperature=2.0)
    np.testing.assert_allclose(several.probabilities(logits, 0)[0], [1 / (1 + np.exp(-1)), 0.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "probe"}, "head.bias has no place in its network"),
        ({"network": "transformer"}, "its network is 'transformer'"),
        ({"network": "regions"}, "a network of kind 'regions' does no segmentation"),
        ({"task": "regression"}, "its task is 'regression'"),
        ({"rung": "seventh"}, "its rung is 'seventh'"),
        ({"temperature": 0}, "'temperature' is 0"),
        ({"temperature": True}, "'temperature' is True"),
        ({"temperature": float("inf")}, "'temperature' is inf"),
        ({"resolution_m": -10}, "'resolution_m' is -10"),
        ({"multi_label": True}, "several classes at once are for polygons and scenes"),
        ({"multi_label": 0}, "'multi_label' is 0"),
        ({"cell_px": 1.5}, "'cell_px' is 1.5"),
        ({"classes": []}, "it has 0 classes"),
        ({"classes": [{"value": 1, "name": "a", "color": "#112233"}] * 2}, "head.bias has shape (3,)"),
        ({"classes": [{"value": 1, "name": "a", "color": "#112233"}] * 3}, "two classes have the same value"),
        ({"classes": [{"value": 1, "name": "a", "color": '"/><script>'}] * 3}, "a class is"),
        ({"scores": None}, "'scores' is None"),
        ({"weights": {}}, "'name' is missing"),
        ({"weights.patch_size": 7}, "its patch size is 7"),
        ({"weights.patch_size": 16}, "encoder.stem.0.weight has shape"),
        ({"weights.depths": [1, 1, 1]}, "its depths are [1, 1, 1]"),
        ({"weights.depths": [1, 1, 10**9, 1]}, "its depths are"),
        ({"weights.depths": [1, 1, 2, 1]}, "'grn.004' is missing"),
        ({"weights.dims": [8, 12, 16, 10**8]}, "its dims are"),
        ({"weights.dims": [8, 12, 16, 24]}, "has shape"),
        ({"weights.dims": [8, 12, 16, True]}, "its dims are"),
        ({"weights.bands": ["B1"] * 12}, "its bands are"),
        ({"weights.bands": list(range(12))}, "its bands are"),
        ({"weights.bands": ["B1", "B2"]}, "band statistics of 'l2a' do not fit the bands"),
        ({"weights.levels": {}}, "there are no band statistics"),
        ({"weights.levels": {"l2a": {"mean": [0] * 12, "std": [0] * 12}}}, "deviation of 'l2a' is not above 0"),
        ({"weights.levels": {"l2a": {"mean": ["0"] * 12, "std": [1] * 12}}}, "do not fit the bands"),
        ({"weights.levels": {"l2a": {"mean": [0] * 12, "std": [float("nan")] * 12}}}, "do not fit the bands"),
        ({"weights.levels": {"l2a": 3}}, "is damaged"),
    ],
)  # fmt: skip
def test_descriptions_that_do_not_fit_are_refused(saved, changes, message):
    rewrite(saved, changes)
    with pytest.raises(CheckpointError, match="'model.zip' is damaged") as caught:
        load_tuned(str(saved))
    assert message in caught.value.message
    assert len(caught.value.message) < 300
    assert "fine-tune" in caught.value.remedy


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unit": "country"}, "its unit is 'country'"),
        ({"cell_px": 20}, "its cells are 20 pixels wide"),
        ({"cell_px": -16}, "its cells are -16 pixels wide"),
        ({"cell_px": 10**6}, "its cells are 1000000 pixels wide"),
    ],
)
def test_descriptions_of_cells_that_do_not_fit_are_refused(tmp_path, changes, message):
    path = tmp_path / "model.zip"
    save_tuned(str(path), tuned("regions", unit="cell", cell_px=16)[0])
    rewrite(path, changes)
    with pytest.raises(CheckpointError, match=message):
        load_tuned(str(path))


def test_arrays_that_do_not_fit_the_network_are_refused(saved):
    whole = arrays_of(saved)

    def refused(changes, message, without=()):
        rewrite(saved, arrays={name: a for name, a in {**whole, **changes}.items() if name not in without})
        with pytest.raises(CheckpointError, match=message):
            load_tuned(str(saved))

    refused({}, "head.bias is missing", ["head.head.bias"])
    refused({}, "encoder.stem.0.weight is missing", ["encoder.stem.0.weight"])
    refused({}, "'grn.002' is missing", ["grn.002"])
    refused({"head.extra": np.zeros(3, np.float32)}, "extra has no place")
    refused({"other": np.zeros(3, np.float32)}, "it holds 'other'")
    refused({"head.head.bias": np.zeros(4, np.float32)}, r"head.bias has shape \(4,\)")
    refused({"head.head.bias": np.zeros(3, np.int64)}, r"is torch.int64")
    refused({"head.head.bias": np.full(3, np.nan, np.float32)}, "head.head.bias holds values that are not finite")
    refused({"grn.001": np.zeros(4, np.float32)}, r"a GRN response has shape \(4,\)")
    refused({"grn.009": np.zeros(4, np.float32)}, "it has 5 GRN responses")
    rewrite(saved, arrays=whole)
    assert load_tuned(str(saved)).classes == CLASSES


def test_a_truncated_file_and_a_member_too_many_are_refused(saved):
    content = saved.read_bytes()
    saved.write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="is not a model"):
        load_any(str(saved))
    saved.write_bytes(content)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("run.py", "print()")
    with pytest.raises(CheckpointError, match="it holds 'run.py'"):
        load_any(str(saved))


def test_a_model_of_few_shot_is_no_tuned_one(make_raster, tmp_path):
    path = str(tmp_path / "few.zip")
    save_model(path, model_of(make_raster()))
    with pytest.raises(CheckpointError, match="is no fine-tuned network") as caught:
        load_tuned(path)
    assert "fine-tune" in caught.value.remedy
