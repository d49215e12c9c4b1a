"""A model is one portable file: what goes in comes out, equal models are equal files, and bad files are refused."""

import io
import json
import stat
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from mmearth import protocol
from mmearth.classifiers.by_name import fit_classifier
from mmearth.classifiers.novelty import fit_novelty
from mmearth.classifiers.recipe_heads import fit_recipe
from mmearth.classifiers.regressors import fit_regressor
from mmearth.embedding.precomputed import EmbeddingInfo
from mmearth.errors import CheckpointError, InputError, ResourceError
from mmearth.mapping import model_file
from mmearth.mapping.model_file import REGRESSION, Model, check_model_path, load_model, save_model
from mmearth.mapping.random_features import fit_random_features
from mmearth.mapping.recipe_features import RecipeFeatures, recipe_groups
from mmearth.styles import ClassInfo
from safetensors.numpy import load, save

BANDS = ("B2", "B3", "B4", "B8")
CLASSES = (ClassInfo(7, "Wälder & <Wiesen>", "#117733"), ClassInfo(300, "water", "#88ccee"))


def features(bands=BANDS, spectral=True, num_layers=0):
    rng = np.random.default_rng(0)
    images = [(rng.gamma(4, 400, (len(bands), 12, 12)).astype(np.float32), np.ones((12, 12), bool))]
    random = fit_random_features(images, bands, spectral=spectral, seed=0, draws=100, num_layers=num_layers)
    groups = recipe_groups(random, 0)
    return RecipeFeatures(random, groups, *np.zeros((2, sum(g.channels for g in groups)), np.float32) + 0.5)


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(1)
    made = features()
    x = rng.normal(size=(40, len(made.mean))).astype(np.float32)
    head = fit_recipe(x, np.arange(40) % 2, np.arange(40) // 4 * 2 + np.arange(40) % 2, x, 2)
    return Model(
        features=made, head=head, classes=CLASSES, field="class_id", bands=BANDS, units="dn", weights_name="",
        weights_path="", weights_sha256="", scores={"macro_f1": None, "interval": [0.5, 0.75]}, temperature=1.25,
        resolution_m=10.0,
    )  # fmt: skip


@pytest.fixture
def saved(model, tmp_path):
    save_model(str(tmp_path / "model.zip"), model)
    return tmp_path / "model.zip"


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, content, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def with_description(path, **changes):
    content = members(path)
    content["model.json"] = json.dumps({**json.loads(content["model.json"]), **changes}).encode()
    rewrite(path, content)


def test_what_goes_in_comes_out(model, saved):
    found = load_model(str(saved))
    for name in ("classes", "field", "bands", "units", "scores", "temperature", "resolution_m", "task", "layers"):
        assert getattr(found, name) == getattr(model, name), name
    assert found.head_name == "recipe"
    x = np.random.default_rng(2).normal(size=(5, len(model.features.mean))).astype(np.float32)
    np.testing.assert_array_equal(found.head.probabilities(x), model.head.probabilities(x))
    values, valid = torch.rand(4, 9, 9) * 1000, torch.ones(9, 9, dtype=torch.bool)
    maps = [m.features.random.maps(m.features.random.inputs(values, valid)) for m in (found, model)]
    np.testing.assert_array_equal(*maps)


def test_the_file_is_a_plain_zip_of_two_stored_members_without_a_time(saved):
    with zipfile.ZipFile(saved) as archive:
        assert [info.filename for info in archive.infolist()] == ["model.json", "model.safetensors"]
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None
    assert [file.name for file in saved.parent.iterdir()] == ["model.zip"]


def test_equal_models_give_equal_bytes_and_others_do_not(model, saved, tmp_path):
    again = tmp_path / "again.zip"
    save_model(str(again), load_model(str(saved)))
    assert again.read_bytes() == saved.read_bytes()
    save_model(str(again), replace(model, field="other"))
    assert again.read_bytes() != saved.read_bytes()


@pytest.mark.parametrize("name", protocol.HEADS)
def test_every_head_is_kept(model, tmp_path, name):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(48, len(model.features.mean))).astype(np.float32)
    head = fit_classifier(name, x, np.arange(48) % 2, np.arange(48) // 8 * 2 + np.arange(48) % 2, x, 2)
    save_model(str(tmp_path / "model.zip"), replace(model, head=head))
    found = load_model(str(tmp_path / "model.zip"))
    assert found.head_name == name
    np.testing.assert_array_equal(found.head.probabilities(x), head.probabilities(x))


@pytest.mark.parametrize(("name", "known"), [("ridge", True), ("forest", True), ("ridge", False), ("forest", False)])
def test_a_regression_is_kept_also_where_its_interval_is_not_known(model, tmp_path, name, known):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(48, len(model.features.mean))).astype(np.float32)
    targets, polygons = x[:, 0] + rng.normal(size=48), np.arange(48) // (4 if known else 8)
    regressor = fit_regressor(name, x, targets, polygons)
    regressor = regressor.calibrated(targets, regressor.estimates(x), polygons)
    save_model(str(tmp_path / "model.zip"), replace(model, head=regressor, task=REGRESSION, classes=()))
    found = load_model(str(tmp_path / "model.zip"))
    assert (found.task, type(found.head)) == (REGRESSION, type(regressor))
    estimates = found.head.estimates(x)
    np.testing.assert_array_equal(estimates, regressor.estimates(x))
    assert np.isfinite(estimates[:, 1:]).all() == known


def test_novelty_is_kept(model, tmp_path):
    x = np.random.default_rng(3).normal(size=(48, len(model.features.mean))).astype(np.float32)
    novelty = fit_novelty(x, np.arange(48) // 6, x)
    save_model(str(tmp_path / "model.zip"), replace(model, novelty=novelty))
    found = load_model(str(tmp_path / "model.zip")).novelty
    np.testing.assert_array_equal(found.distances(x), novelty.distances(x))


def test_embedding_and_layers_are_kept(model, tmp_path):
    info = EmbeddingInfo("tessera", "TESSERA", ("a", "b", "c"), "int8", {"version": "1.0", "variant": None})
    bands = ("a", "b", "c", "dem")
    made = features(bands, spectral=False, num_layers=1)
    x = np.random.default_rng(1).normal(size=(8, len(made.mean))).astype(np.float32)
    head = fit_recipe(x, np.arange(8) % 2, np.arange(8), x, 2)
    kept = replace(model, features=made, head=head, bands=bands, layers=("dem",), embedding=info)
    save_model(str(tmp_path / "model.zip"), kept)
    found = load_model(str(tmp_path / "model.zip"))
    assert (found.embedding, found.layers, found.features.random.num_layers) == (info, ("dem",), 1)
    assert found.features.random.band_columns == slice(0, 3)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(model, saved, monkeypatch):
    before = saved.read_bytes()

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(ResourceError, match="No space left"):
        save_model(str(saved), model)
    assert saved.read_bytes() == before
    assert [file.name for file in saved.parent.iterdir()] == ["model.zip"]


@pytest.mark.parametrize("name", ["../model.json", "/etc/passwd", "C:\\model.json", "sub/model.json", "readme.txt"])
def test_other_members_are_refused_and_nothing_is_unpacked(saved, name):
    rewrite(saved, {**members(saved), name: b"x"})
    with pytest.raises(CheckpointError, match="is not a model: it holds") as caught:
        load_model(str(saved))
    assert name in caught.value.message
    assert "few-shot" in caught.value.remedy
    assert [file.name for file in saved.parent.iterdir()] == ["model.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_or_missing_is_refused(saved):
    content = members(saved)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("model.json", content["model.json"])
    with pytest.raises(CheckpointError, match="it holds model.json, model.safetensors, model.json"):
        load_model(str(saved))
    rewrite(saved, {"model.json": content["model.json"]})
    with pytest.raises(CheckpointError, match="it holds model.json"):
        load_model(str(saved))
    rewrite(saved, {})
    with pytest.raises(CheckpointError, match="it holds nothing"):
        load_model(str(saved))


def test_a_zip_bomb_is_refused_before_it_is_read(saved, monkeypatch):
    content = members(saved)
    rewrite(saved, {**content, "model.safetensors": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
    assert saved.stat().st_size < 100_000

    def read(*_arguments, **_options):
        raise AssertionError("something was read")

    monkeypatch.setattr(zipfile.ZipFile, "read", read)
    with pytest.raises(CheckpointError, match="compressed, which no model is"):
        load_model(str(saved))


def test_large_files_and_large_descriptions_are_refused_before_they_are_read(saved, monkeypatch):
    monkeypatch.setattr(model_file, "MOST_DESCRIPTION_BYTES", 100)
    with pytest.raises(CheckpointError, match=r"model.json has [\d,]+ bytes"):
        load_model(str(saved))
    monkeypatch.setattr(model_file, "MOST_DESCRIPTION_BYTES", 10**7)
    for most in ({"few_shot": 1000, "fine_tune": 1000}, {"few_shot": 1000, "fine_tune": 10**9}):
        monkeypatch.setattr(model_file, "MOST_BYTES", most)
        with pytest.raises(CheckpointError, match="a model has at most 0 MB"):
            load_model(str(saved))


def test_models_of_another_kind_are_refused(saved):
    for kind in ("poetry", ["few_shot"], None):
        with_description(saved, kind=kind)
        with pytest.raises(CheckpointError, match="its kind is") as caught:
            load_model(str(saved))
        assert repr(kind) in caught.value.message
    with_description(saved, kind="fine_tune")
    with pytest.raises(InputError, match=r"'model.zip' is a fine-tuned network; a model that few-shot wrote is wanted"):
        load_model(str(saved))


def test_a_table_of_contents_of_thousands_is_refused_before_it_is_parsed(saved, monkeypatch):
    rewrite(saved, {f"file {i}": b"" for i in range(2000)})

    def opened(*_arguments, **_options):
        raise AssertionError("the table was parsed")

    monkeypatch.setattr(zipfile, "ZipFile", opened)
    with pytest.raises(CheckpointError, match="too many files"):
        load_model(str(saved))


def test_links_and_encrypted_members_are_refused(saved):
    content = members(saved)
    link = zipfile.ZipInfo("model.json")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("model.safetensors", content["model.safetensors"])
    with pytest.raises(CheckpointError, match="model.json is no plain file"):
        load_model(str(saved))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    locked = bytearray(buffer.getvalue())
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):  # the flags in the table and before each member
        place = locked.find(signature)
        while place >= 0:
            locked[place + offset] |= 1
            place = locked.find(signature, place + 1)
    saved.write_bytes(locked)
    with pytest.raises(CheckpointError, match="is encrypted"):
        load_model(str(saved))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated_files_are_refused(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match=r"'model.zip' is not a model: it is no zip file, a truncated one"):
        load_model(str(saved))


def test_every_damaged_byte_of_an_array_is_noticed(saved):
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    saved.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged: Bad CRC-32") as caught:
        load_model(str(saved))
    assert "Train the model again" in caught.value.remedy


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bands": ["B2"]}, "random.mean has shape"),
        ({"bands": [1, 2, 3, 4]}, "a band's name is no text"),
        ({"layers": ["dem"]}, "not the last of its bands"),
        ({"layers": ["B8"]}, "random.mean has shape"),  # the index of B8 and B4 would be missing
        ({"head": "unheard of"}, "'unheard of' is missing"),
        ({"classes": [{"value": 1, "name": "a", "color": "#112233"}]}, "its head knows 2 classes, its list 1"),
        ({"classes": [{"value": 1, "name": "a", "color": '"/><script>'}] * 2}, "a class is"),
        ({"classes": [{"value": True, "name": "a", "color": "#112233"}] * 2}, "a class is"),
        ({"classes": [{"value": 2**31, "name": "a", "color": "#112233"}] * 2}, "a class is"),
        ({"temperature": 0}, "'temperature' is 0"),
        ({"temperature": True}, "'temperature' is True"),
        ({"temperature": float("nan")}, "'temperature' is nan"),
        ({"resolution_m": -1.0}, "'resolution_m' is -1.0"),
        ({"task": "poetry"}, "its task is 'poetry'"),
        ({"weights": {"name": 3, "path": "", "sha256": ""}}, "3 is no text"),
        ({"tensors": {}}, "model.safetensors does not fit model.json"),
        ({"feature_groups": [{"source": "input", "width": 1, "channels": -1, "weight": 1}]}, "a group of features is"),
        ({"feature_groups": [{"source": "input", "width": 1, "channels": 9, "weight": 1}]}, "features are 6, not 9"),
        ({"feature_groups": [{"source": "input", "width": 1, "channels": 6, "weight": 1}]}, "its features are 6"),
    ],
)
def test_descriptions_that_do_not_fit_the_arrays_are_refused(saved, changes, message):
    with_description(saved, **changes)
    with pytest.raises(CheckpointError, match="'model.zip' is damaged") as caught:
        load_model(str(saved))
    assert message in caught.value.message


def test_arrays_of_another_shape_or_that_are_not_finite_are_refused(saved):
    content = members(saved)
    arrays = {name: array.copy() for name, array in load(content["model.safetensors"]).items()}
    arrays["features.mean"][3] = np.nan
    rewrite(saved, {**content, "model.safetensors": save(arrays)})
    with pytest.raises(CheckpointError, match="features.mean holds values that are not finite"):
        load_model(str(saved))
    arrays["features.mean"] = arrays["features.mean"][:-1].copy()
    rewrite(saved, {**content, "model.safetensors": save(arrays)})
    with pytest.raises(CheckpointError, match="does not fit model.json in features.mean"):
        load_model(str(saved))


@pytest.mark.parametrize(("found", "remedy"), [(2, "Train the model again"), (4, "Update the plugin"), ("x", "Train")])
def test_other_formats_are_refused_with_what_to_do(saved, found, remedy):
    with_description(saved, format=found)
    with pytest.raises(CheckpointError, match=f"has format {found!r}; this version reads 3") as caught:
        load_model(str(saved))
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"[" * 100_000, b'{"a": 1}', b"\xff"])
def test_descriptions_that_are_none_are_refused(saved, text):
    rewrite(saved, {**members(saved), "model.json": text})
    with pytest.raises(CheckpointError, match="model.json is no description of a model"):
        load_model(str(saved))


def test_folders_of_earlier_versions_are_refused_with_what_to_do(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text('{"format": 2}')
    for path in (tmp_path / "model", tmp_path / "model" / "model.json"):
        with pytest.raises(CheckpointError, match=r"a model is one \.zip file now") as caught:
            load_model(str(path))
        assert "Train the model again" in caught.value.remedy
    with pytest.raises(CheckpointError, match="There is no model file"):
        load_model(str(tmp_path / "none.zip"))


def test_paths_that_no_model_can_be_written_to_are_refused(saved, tmp_path):
    check_model_path(str(saved))  # replaces a model
    check_model_path(str(tmp_path / "new.ZIP"))
    (tmp_path / "empty.zip").touch()
    check_model_path(str(tmp_path / "empty.zip"))  # as a file dialog may leave it
    rewrite(tmp_path / "photos.zip", {"holiday.jpg": b"x"})
    (tmp_path / "text.zip").write_text("not a zip")
    (tmp_path / "folder.zip").mkdir()
    refused = {
        "model": "should end in .zip",
        "folder.zip": "is a folder; a model is one file",
        "photos.zip": "would be lost",
        "text.zip": "would be lost",
        "none/model.zip": "does not exist",
    }
    for name, reason in refused.items():
        with pytest.raises(InputError, match=reason):
            check_model_path(str(tmp_path / name))
