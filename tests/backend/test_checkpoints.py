"""Weights files: what is written is read, what is damaged is refused."""

import errno
import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from mmearth.data.mmearth_folder import BANDS
from mmearth.embedding.calibration import calibrate, principal_components
from mmearth.errors import CheckpointError, ResourceError
from mmearth.models.convnextv2 import Encoder
from mmearth.weights import checkpoints
from mmearth.weights.checkpoints import (
    Weights,
    build_encoder,
    hash_file,
    list_weights,
    load_weights,
    save_weights,
    write_tensors,
)
from mmearth.weights.shared_space import SharedSpace
from safetensors import safe_open
from safetensors.torch import save_file

DEPTHS, DIMS = (1, 1, 1, 1), (8, 16, 24, 32)


class Silent:
    def progress(self, phase, done, total):
        pass

    def log(self, message, level="info"):
        pass


@pytest.fixture(scope="module")
def weights():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = Encoder(12, DEPTHS, DIMS).requires_grad_(False)
        for parameter in encoder.parameters():
            parameter.copy_((parameter + torch.randn_like(parameter) * 0.2).half())
        images = torch.randn(6, 12, 56, 56)
    state = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    found = calibrate(encoder, images, Silent())
    levels = {"l2a": {"mean": [1000.0] * 12, "std": [500.0] * 12}, "l1c": {"mean": [1500.0] * 12, "std": [400.0] * 12}}
    return Weights(
        "test", DEPTHS, DIMS, 8, BANDS, levels, True, "Random weights of a test.", state, found.grn,
        found.feature_mean, found.feature_std, found.feature_scale, found.components,
    )  # fmt: skip


@pytest.fixture
def path(weights, tmp_path):
    path = str(tmp_path / "w.safetensors")
    save_weights(path, weights)
    return path


def rewrite(path, edit_tensors=lambda t: None, edit_config=lambda c: None):
    with safe_open(path, framework="pt") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        config = json.loads(opened.metadata()["mmearth"])
    edit_tensors(tensors)
    edit_config(config)
    save_file(tensors, path, {"mmearth": json.dumps(config)})


def test_what_is_saved_is_loaded(weights, path, tmp_path):
    found = load_weights(path)
    for key in ("size", "depths", "dims", "patch_size", "bands", "levels", "band_dropout", "summary", "mean", "std"):
        assert getattr(found, key) == getattr(weights, key)
    for name, tensor in weights.encoder.items():
        assert torch.equal(found.encoder[name], tensor)  # the fixture's values are exact in float16
    for stages, (components, scale) in weights.components.items():
        assert np.array_equal(found.pca(stages)[0], components)
        assert np.array_equal(found.pca(stages)[1], scale)
    assert found.pca((1, 3)) is None
    assert found.name == "w"
    assert len(found.sha256) == 64
    assert sorted(p.name for p in tmp_path.iterdir()) == ["w.safetensors"]


def test_stage_slices_cover_all_channels(weights):
    assert [(s.start, s.stop) for s in weights.stage_slices] == [(0, 8), (8, 24), (24, 48), (48, 80)]


def test_built_encoder_gives_the_features_of_the_saved_one(weights, path):
    images = torch.randn(1, 12, 64, 64, generator=torch.Generator().manual_seed(3))
    plain = Encoder(12, DEPTHS, DIMS).eval()
    plain.load_state_dict(weights.encoder)
    plain.freeze_grn(weights.grn)
    built = build_encoder(load_weights(path), torch.device("cpu"), torch.float32)
    with torch.no_grad():
        for found, wanted in zip(built(images), plain(images), strict=True):
            assert float((found - wanted).abs().max() / wanted.abs().max()) < 1e-5
    assert not any(p.requires_grad for p in built.parameters())


def test_a_missing_file_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(CheckpointError, match="no weights file") as raised:
        load_weights(str(tmp_path / "absent.safetensors"))
    assert "bundled" in raised.value.remedy


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_truncated_file_is_refused(path, share):
    with open(path, "rb") as file:
        whole = file.read()
    with open(path, "wb") as file:
        file.write(whole[: int(len(whole) * share)])
    with pytest.raises(CheckpointError, match="truncated"):
        load_weights(path)


def test_safetensors_of_another_program_is_refused(tmp_path):
    path = str(tmp_path / "other.safetensors")
    save_file({"x": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="metadata"):
        load_weights(path)


@pytest.mark.parametrize(
    "edit",
    [
        lambda t: t.pop("encoder.stem.0.weight"),
        lambda t: t.update({"encoder.extra": torch.zeros(1)}),
        lambda t: t.update({"encoder.stem.0.bias": torch.zeros(9)}),
        lambda t: t.update({"encoder.stem.0.bias": torch.full((8,), float("nan"))}),
        lambda t: t.pop("grn.02"),
        lambda t: t.update({"grn.02": torch.zeros(5)}),
        lambda t: t.pop("feature.mean"),
        lambda t: t.update({"feature.std": torch.zeros(80)}),
        lambda t: t.update({"pca.01.components": torch.zeros(24, 23)}),
        lambda t: t.pop("pca.01.scale"),
    ],
)
def test_wrong_tensors_are_refused(path, edit):
    rewrite(path, edit_tensors=edit)
    with pytest.raises(CheckpointError, match="does not fit"):
        load_weights(path)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c.pop("bands"), "lacks bands"),
        (lambda c: c.update(format=99), "format 99"),
        (lambda c: c.update(levels={"l2a": {"mean": [0.0], "std": [1.0]}}), "does not fit"),
        (lambda c: c["levels"]["l1c"].update(std=[0.0] * 12), "statistics of 'l1c' do not fit the bands"),
        (lambda c: c.update(levels={}), "there are no band statistics"),
        (lambda c: c.update(dims="wide"), "does not fit"),
        (lambda c: c.update(space={"sha256": "first"}), "what it says of a shared space cannot be read"),
    ],
)
def test_wrong_configuration_is_refused(path, edit, words):
    rewrite(path, edit_config=edit)
    with pytest.raises(CheckpointError, match=words):
        load_weights(path)


def test_a_folder_that_does_not_exist_is_a_resource_error(weights, tmp_path):
    with pytest.raises(ResourceError, match="cannot be written"):
        save_weights(str(tmp_path / "absent" / "w.safetensors"), weights)


def test_tensors_are_written_with_metadata_and_hashed(tmp_path):
    path = tmp_path / "t.safetensors"
    sha256 = write_tensors(str(path), {"x": torch.arange(3.0)}, {"about": "a test"})
    assert sha256 == hash_file(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    with safe_open(str(path), framework="pt") as opened:
        assert opened.metadata() == {"about": "a test"}
        assert opened.get_tensor("x").tolist() == [0, 1, 2]
    assert path.stat().st_mode & 0o777 == 0o644  # temporary files belong to their owner alone
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("broken", ["save_file", "hash_file", "replace"])
def test_a_full_disk_leaves_the_file_before(path, tmp_path, monkeypatch, broken):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = hash_file(checkpoints.Path(path))
    monkeypatch.setattr(checkpoints.os if broken == "replace" else checkpoints, broken, full)
    with pytest.raises(ResourceError, match="No space left on device") as raised:
        write_tensors(path, {"x": torch.zeros(3)}, {})
    monkeypatch.undo()
    assert "free space" in raised.value.remedy
    assert hash_file(checkpoints.Path(path)) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.safetensors"]


@pytest.mark.parametrize(
    ("levels", "wanted"),
    [(("l2a", "l1c"), "l2a"), (("l1c", "l2a"), "l2a"), (("hls", "l1c"), "l1c"), (("raw",), "raw"), (("hls",), "hls")],
)
def test_statistics_are_those_of_the_level_that_is_most_likely_met(weights, levels, wanted):
    numbered = {level: {"mean": [len(level) + i] * 12, "std": [1.0 + i] * 12} for i, level in enumerate(levels)}
    found = replace(weights, levels=numbered)
    assert found.mean == tuple(numbered[wanted]["mean"])
    assert found.std == tuple(numbered[wanted]["std"])


def test_weights_of_another_sensor_are_loaded_with_its_statistics(weights, tmp_path):
    path = str(tmp_path / "drone.safetensors")
    save_weights(path, replace(weights, levels={"raw": {"mean": [100.0] * 12, "std": [40.0] * 12}}))
    found = load_weights(path)
    assert list(found.levels) == ["raw"]
    assert (found.mean, found.std) == ((100.0,) * 12, (40.0,) * 12)


def test_whose_space_weights_share_is_kept_and_files_without_it_are_read(weights, path, tmp_path):
    found = load_weights(path)
    assert found.space is None
    assert found.home == found.sha256
    measured = {"retrieval": 0.5, "chance": 0.01, "cosine": 0.7, "deranged_cosine": 0.1}
    shared = SharedSpace("first", "known", {2: measured, 3: measured})
    save_weights(str(tmp_path / "drone.safetensors"), replace(weights, space=shared))
    adapted = load_weights(str(tmp_path / "drone.safetensors"))
    assert adapted.space == shared
    assert adapted.home == "first"


def test_components_are_orthonormal_and_decorrelate_the_features(weights):
    for stages, (components, scale) in weights.components.items():
        channels = sum(DIMS[s] for s in stages)
        assert components.shape == (min(64, channels), channels)
        assert np.allclose(components @ components.T, np.eye(len(components)), atol=1e-5)
        assert (np.diff(scale) <= 1e-9).all()


def test_principal_components_of_a_known_covariance():
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    components, scale = principal_components(turn.T @ np.diag([9.0, 4.0]) @ turn)
    assert np.allclose(components, [[0.6, 0.8], [0.8, -0.6]])  # largest entry positive
    assert np.allclose(scale, [3 * 4 / 127, 2 * 4 / 127])


def test_list_of_weights_names_each_file(path, monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "WEIGHTS_FOLDER", tmp_path)
    (row,) = list_weights()
    assert row["name"] == "w"
    assert row["path"] == path
    assert row["summary"] == "Random weights of a test."
    assert row["size_bytes"] > 1000
    assert len(row["sha256"]) == 64


def test_bundled_weights_load_and_are_not_random():
    weights = load_weights("")
    assert weights.size == "atto"
    assert weights.bands == BANDS
    assert [len(weights.pca(s)[0]) for s in ((0, 1), (0, 1, 2), (0, 1, 2, 3))] == [64, 64, 64]
    encoder = build_encoder(weights, torch.device("cpu"), torch.float32)
    images = torch.zeros(1, 12, 64, 64)
    images[..., 32:] = 1
    random = Encoder(12, weights.depths, weights.dims).requires_grad_(False)
    with torch.no_grad():
        trained, untrained = encoder(images), random(images)
    for stage, (found, other) in enumerate(zip(trained, untrained, strict=True)):
        assert found.isfinite().all()
        part = weights.stage_slices[stage]
        scaled = (found[0].mean(dim=(1, 2)).numpy() - weights.feature_mean[part]) / weights.feature_std[part]
        assert np.abs(scaled).mean() < 3  # in the range that was calibrated
        assert not torch.allclose(found, other, atol=0.1)


def test_card_beside_the_bundled_weights_names_their_hash():
    card = json.loads(checkpoints.BUNDLED.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["weights"]["hash"] == "sha256:" + load_weights("").sha256


def test_the_list_says_whether_a_file_is_the_one_of_its_card(tmp_path, monkeypatch):
    source = checkpoints.WEIGHTS_FOLDER / "mpmae_atto_s2.safetensors"
    monkeypatch.setattr(checkpoints, "WEIGHTS_FOLDER", tmp_path)
    monkeypatch.setattr(checkpoints, "user_weights_folder", lambda: tmp_path / "none")
    shutil.copy(source, tmp_path / "own.safetensors")
    states = []
    for recorded in ("", hashlib.sha256(source.read_bytes()).hexdigest(), "0" * 64):
        if recorded:
            card = {"weights": {"hash": f"sha256:{recorded}"}}
            (tmp_path / "own.json").write_text(json.dumps(card), encoding="utf-8")
        (row,) = checkpoints.list_weights()
        states.append(row["hash_state"])
    assert states == ["", "verified", "changed"]
