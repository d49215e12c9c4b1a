"""Comparing encoders on a small data set whose labels a band gives away."""

import csv
import dataclasses
import json
import math
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from geobench_layout import draw, write_dataset, write_sample
from mmearth import evaluate, protocol
from mmearth.errors import Cancelled, InputError, ResourceError
from mmearth.evaluation.benchmark_scores import add_confusion, confusion_score, majority, score
from mmearth.evaluation.benchmark_training import Settings, Trial, learning_rate, train
from mmearth.evaluation.compared_models import ComparedModel, build_encoder, compared_models
from mmearth.evaluation.evaluation_table import Row
from mmearth.evaluation.frozen_protocols import Split, logistic, nearest_neighbours
from mmearth.evaluation.geobench_folder import GeoBenchFolder
from mmearth.evaluation.packed_samples import PackedSamples
from mmearth.evaluation.published_settings import settings_of
from mmearth.weights.checkpoints import load_weights, save_weights
from mmearth.weights.timm_import import import_timm
from safetensors.torch import save_file
from torch import nn

CPU = torch.device("cpu")
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "geobench_meurosat_1"


def request_of(dataset, tmp_path, **fields):
    asked = {"models": ("bands",), "evaluations": ("linear",), "seeds": 1, "epochs": 2, "batch": 8, "device": "cpu"}
    return protocol.EvaluateRequest(dataset=dataset, out=str(tmp_path / "out"), **{**asked, **fields})


def scores_of(result):
    return {(row["model"].split()[0], row["protocol"]): row["mean"] for row in result["table"]}


def test_a_label_that_a_band_gives_away_is_found_by_every_protocol(tmp_path, tiny_weights, report):
    dataset = write_dataset(tmp_path / "set", counts=(32, 4, 24), classes=2)
    models = (tiny_weights, "random", "bands")
    fields = {"models": models, "evaluations": protocol.EVALUATIONS, "epochs": 20, "batch": 4096}
    result = evaluate.run(request_of(dataset, tmp_path, **fields), report)
    found = scores_of(result)
    assert found.pop(("majority", "–")) == 0.5
    assert set(found) == {("tiny", p) for p in ("kNN", "linear", "fine-tune")} | {
        *(("random", p) for p in ("kNN", "linear", "fine-tune")),
        ("band", "kNN"),
        ("band", "linear"),
    }
    assert min(found.values()) > 0.75, found  # frozen features of random numbers, too
    assert min(found[key] for key in (("tiny", "fine-tune"), ("random", "fine-tune"), ("band", "linear"))) > 0.95, found
    assert result["table"][1]["metric"] == "accuracy"


def test_labels_that_nothing_gives_away_are_guessed(tmp_path, tiny_weights, report):
    dataset = write_dataset(tmp_path / "set", counts=(30, 3, 60), classes=2, shuffled=True)
    fields = {"models": (tiny_weights, "bands"), "evaluations": protocol.EVALUATIONS, "epochs": 20, "batch": 1024}
    found = scores_of(evaluate.run(request_of(dataset, tmp_path, **fields), report))
    # Half of 60 is guessed right, ± 6.5 % standard deviation.
    assert all(0.28 < mean < 0.72 for mean in found.values()), found


def test_several_labels_at_once(tmp_path, tiny_weights, report):
    dataset = write_dataset(tmp_path / "set", "multi_label", counts=(60, 6, 24), classes=2)
    fields = {"models": (tiny_weights, "bands"), "evaluations": protocol.EVALUATIONS, "epochs": 30, "batch": 8192}
    result = evaluate.run(request_of(dataset, tmp_path, **fields), report)
    found = scores_of(result)
    assert result["table"][0]["metric"] == "F1 (micro)"
    assert found["band", "linear"] > 0.95
    assert found["band", "kNN"] > 0.9
    assert min(found["tiny", name] for name in ("kNN", "linear", "fine-tune")) > 0.8, found
    assert found["majority", "–"] < 0.75


def test_masks(tmp_path, tiny_weights, report):
    dataset = write_dataset(tmp_path / "set", "segmentation", counts=(16, 2, 6), classes=2, side=20)
    fields = {"models": (tiny_weights, "bands"), "evaluations": protocol.EVALUATIONS, "epochs": 24, "batch": 16}
    result = evaluate.run(request_of(dataset, tmp_path, **fields), report)
    found = scores_of(result)
    assert result["table"][0]["metric"] == "mIoU"
    assert found["band", "linear"] > 0.95  # pixel by pixel, the band is all there is
    assert found["tiny", "linear"] > found["majority", "–"]
    assert found["tiny", "fine-tune"] > max(0.7, found["majority", "–"]), found
    assert found["tiny", "kNN"] is None
    notes = [row["note"] for row in result["table"] if row["mean"] is None]
    assert all("tell samples apart" in note for note in notes)


def test_the_table_and_its_files(tmp_path, tiny_weights, report):
    dataset = write_dataset(tmp_path / "set")
    fields = {"models": (tiny_weights, "random"), "evaluations": ("knn", "linear"), "seeds": 3}
    result = evaluate.run(request_of(dataset, tmp_path, partitions=("0.50x_train", "default"), **fields), report)
    table = result["table"]
    assert [(row["partition"], row["train"]) for row in table] == [("0.50x_train", 12)] * 5 + [("default", 24)] * 5
    by = {(row["model"], row["protocol"], row["partition"]): row for row in table}
    assert len(by["tiny", "kNN", "default"]["scores"]) == 1  # nothing is drawn
    assert by["tiny", "kNN", "default"]["std"] is None
    random = by["random tiny", "kNN", "default"]
    assert len(random["scores"]) == 3
    assert random["mean"] == pytest.approx(np.mean(random["scores"]))
    assert random["std"] == pytest.approx(np.std(random["scores"], ddof=1))
    stored = json.loads(Path(result["json"]).read_text())
    assert stored["rows"] == table
    assert (stored["dataset"], stored["classes"], len(stored["bands"])) == ("set", 3, 13)
    with open(result["csv"], newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["mean"]) for row in rows] == pytest.approx([row["mean"] for row in table])
    text = Path(result["markdown"]).read_text()
    assert result["text"] == text
    assert f"| random tiny | kNN | default | 24 | {random['mean']:.3f} ± {random['std']:.3f} | 3 |" in text
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "evaluation.csv", "evaluation.json", "evaluation.md"
    ]  # fmt: skip


def test_a_seed_gives_the_same_scores_again(tmp_path, tiny_weights, report):
    dataset = write_dataset(tmp_path / "set", shuffled=True)
    fields = {"models": (tiny_weights,), "evaluations": ("linear", "fine_tune"), "seeds": 2}
    before = torch.random.get_rng_state()
    first, again = (evaluate.run(request_of(dataset, tmp_path, **fields), report)["table"] for _ in range(2))
    assert [(row["scores"], row["valid"]) for row in first] == [(row["scores"], row["valid"]) for row in again]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_cancel_leaves_the_rows_that_are_done(tmp_path, tiny_weights, report):
    dataset = write_dataset(tmp_path / "set")
    request = request_of(dataset, tmp_path, models=("bands", tiny_weights), evaluations=("linear", "fine_tune"))
    evaluate.run(request, report)
    calls = [phase for phase, _, _ in report.calls]
    at = calls.index("tiny, fine-tune, default") + 2
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    stopped = type(report)(cancel_at=at)
    with pytest.raises(Cancelled):
        evaluate.run(request, stopped)
    rows = json.loads((tmp_path / "out" / "evaluation.json").read_text())["rows"]
    assert [(row["model"], row["protocol"]) for row in rows] == [
        ("majority of the training labels", "–"), ("band mean and spread", "linear"), ("tiny", "linear")
    ]  # fmt: skip
    assert not [path for path in (tmp_path / "out").iterdir() if path.is_dir()]


def test_undefined_metrics_are_said(tmp_path, report):
    dataset = tmp_path / "set"
    write_dataset(dataset, "multi_label", counts=(6, 3, 3))
    values, _ = draw("multi_label", 12)
    for number in range(12):
        write_sample(dataset / f"id_{number}.hdf5", values[number], np.zeros(3, np.int64))
    result = evaluate.run(request_of(str(dataset), tmp_path), report)
    assert [row["mean"] for row in result["table"]] == [None, None]
    assert all("undefined" in row["note"] for row in result["table"])
    assert "| band mean and spread | linear | default | 6 | – | 1 |" in result["text"]


def test_without_validation_samples_the_test_still_counts(tmp_path, report):
    dataset = write_dataset(tmp_path / "set", counts=(12, 0, 6), classes=2)
    rows = evaluate.run(request_of(dataset, tmp_path, evaluations=("knn",)), report)["table"]
    assert [row["valid_mean"] for row in rows] == [None, None]
    assert rows[1]["mean"] == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"evaluations": ("svm",)}, "no protocol 'svm'"),
        ({"evaluations": ()}, "No protocol"),
        ({"seeds": 0}, "'seeds' is 0"),
        ({"epochs": -1}, "'epochs' is -1"),
        ({"partitions": ("0.01x_train",)}, "no partition '0.01x_train'"),
        ({"models": ("bands", "bands")}, "named twice"),
    ],
)
def test_bad_requests_are_refused_in_a_sentence(tmp_path, report, fields, sentence):
    dataset = write_dataset(tmp_path / "set", counts=(6, 3, 3))
    with pytest.raises(InputError, match=sentence):
        evaluate.run(request_of(dataset, tmp_path, **fields), report)


def test_bands_that_weights_need_and_nothing_stands_for(tmp_path, tiny_weights, report):
    dataset = tmp_path / "set"
    write_dataset(dataset, counts=(6, 3, 3))
    for path in dataset.glob("*.hdf5"):
        with h5py.File(path, "a") as file:
            del file["11 - SWIR"], file["01 - Coastal aerosol"]
    asked = request_of(str(dataset), tmp_path, models=(tiny_weights,), evaluations=("knn",))
    result = evaluate.run(asked, report)
    assert result["warnings"] == ["tiny is fed B2 for B1, the mean for B11, which is missing."]
    weights = dataclasses.replace(load_weights(tiny_weights), band_dropout=False)
    save_weights(tiny_weights, weights)
    with pytest.raises(InputError, match=r"'set' lacks B11 .*'tiny' needs them"):
        evaluate.run(asked, report)


def test_channels_are_fed_by_the_names_of_the_weights(tmp_path, tiny_weights, report):
    dataset = write_dataset(tmp_path / "set", counts=(6, 3, 3))
    folder = GeoBenchFolder(dataset)
    weights = load_weights(tiny_weights)
    with PackedSamples(folder, [folder.partition("default")], tmp_path, report) as packed:
        channels = packed.channels(weights.bands)
        assert [packed.bands[channel] for channel in channels] == list(weights.bands)  # B8A before B8, no B10
        row = packed.rows(["id_4"])
        values, label = folder.read("id_4")
        wanted = (values - folder.mean[:, None, None]) / folder.std[:, None, None]
        images = packed.images(row, [*channels, -1])
        assert np.abs(images[0, 8].numpy() - wanted[folder.bands.index("B8")]).max() < 2e-3
        assert not images[0, -1].any()
        assert packed.labels[row] == [label]


def test_too_little_disk_is_said_before_anything_is_read(tmp_path, report, monkeypatch):
    dataset = write_dataset(tmp_path / "set", counts=(6, 3, 3))
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(ResourceError, match="GB are free"):
        evaluate.run(request_of(dataset, tmp_path), report)
    assert list((tmp_path / "out").iterdir()) == []


def test_scores_by_hand():
    assert score("classes", np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2])) == 0.75
    truth, found = np.array([[1, 0], [1, 1]]), np.array([[1, 1], [0, 1]])
    assert score("multi_label", truth, found) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert score("multi_label", truth * 0, found * 0) is None
    assert score("classes", truth[:0], found[:0]) is None
    # Class 0: 2 of 3 pixels in the union; class 1: 1 of 2; class 2 occurs nowhere and does not count.
    masks, maps = np.array([[0, 0], [1, -1]]), np.array([[0, 0], [1, 1]])
    confusion = add_confusion(np.zeros((3, 3), np.int64), masks, maps)
    confusion = add_confusion(confusion, np.array([[1]]), np.array([[0]]))
    assert confusion.tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert confusion_score(confusion) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert confusion_score(confusion * 0) is None
    assert majority("classes", np.array([2, 1, 2]), 4) == 2
    assert majority("multi_label", np.array([[1, 0], [0, 0], [1, 1]]), 2).tolist() == [1, 0]


def test_neighbours_and_constant_labels():
    features = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0], [1.5], [10.4]])
    labels = np.array([[0, 1], [0, 1], [0, 1], [1, 1], [1, 1], [1, 1], [0, 0], [0, 0]])
    known = np.arange(6)
    assert nearest_neighbours(features, labels[:, 0], known[:5])[6:].tolist() == [0, 0]  # three of five
    split = Split(known, np.array([6, 7]), known[:0])
    assert logistic(features, labels, split, lambda done, total: None)[6:].tolist() == [[0, 1], [1, 1]]


def test_validation_says_how_far_a_band_may_be_trusted():
    draws = np.random.default_rng(0)
    labels = np.arange(210) % 6
    features = draws.normal(size=(210, 4))
    features[:, 1] = labels + draws.uniform(-0.3, 0.3, 210)  # six classes along one axis need large weights
    split = Split(np.arange(120), np.arange(120, 150), np.arange(150, 210))
    found = logistic(features, labels, split, lambda done, total: None)
    usual = logistic(features, labels, Split(split.train, split.valid[:0], split.test), lambda done, total: None)
    right, usually = (float((of == labels)[split.test].mean()) for of in (found, usual))
    assert right > 0.8
    assert right > usually + 0.1


def test_published_rates(tiny_weights):
    weights = dataclasses.replace(load_weights(tiny_weights), size="atto")
    tuned = settings_of(weights, False, False, "default")
    assert (tuned.epochs, tuned.batch, tuned.rate) == (100, 1024, pytest.approx(8e-4))
    assert settings_of(weights, False, False, "0.01x_train").rate == pytest.approx(2.5e-5)
    tiny = dataclasses.replace(weights, size="tiny")
    assert settings_of(tiny, False, True, "default").rate == pytest.approx(0.04)
    assert settings_of(tiny, False, False, "default").rate == pytest.approx(4e-4)
    masks = settings_of(weights, True, False, "default")
    assert (masks.epochs, masks.batch, masks.rate) == (200, 32, pytest.approx(1.25e-3))
    assert learning_rate(tuned, 0) == pytest.approx(8e-4)
    assert learning_rate(tuned, 50) == pytest.approx((8e-4 + 1e-6) / 2)
    assert learning_rate(tuned, 100) == pytest.approx(1e-6)


def training(steps_of, micro=64, inputs=None):
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    x = torch.randn(10, 3)
    y = torch.arange(10) % 2
    groups = [{"params": list(network.parameters()), "weight_decay": 0.1, "lr_scale": 1.0}]
    data = (inputs(x) if inputs else lambda rows: x[rows], lambda rows: y[rows], np.arange(10))
    trial = Trial(Settings(3, 4, 0.5, micro), 5, CPU, lambda done, total: steps_of.append((done, total)))
    train(network, groups, data, nn.functional.cross_entropy, trial)
    return network.weight.detach()


def test_parts_of_a_batch_add_up_and_memory_that_lacks_makes_them_smaller():
    steps = []
    whole = training(steps)
    assert steps[-1] == (9, 9)  # 4 + 4 + 2 samples an epoch
    assert torch.allclose(training([], micro=1), whole, atol=1e-5)
    sizes = []

    def scarce(x):
        def inputs(rows):
            sizes.append(len(rows))
            if len(rows) > 1:
                raise RuntimeError("out of memory")
            return x[rows]

        return inputs

    assert torch.allclose(training([], inputs=scarce), whole, atol=1e-5)
    assert sizes[:8] == [4, 2, 1, 1, 1, 1, 1, 1]

    def none(x):
        def inputs(rows):
            raise RuntimeError("out of memory")

        return inputs

    with pytest.raises(ResourceError, match="too little memory"):
        training([], inputs=none)


def test_a_loss_that_is_no_number_is_said():
    with pytest.raises(InputError, match="no number at step 1 of 9"):
        training([], inputs=lambda x: lambda rows: x[rows] * math.nan)


def test_random_weights_follow_the_seed_and_the_architecture(tiny_weights):
    same, random = compared_models((tiny_weights, "random"))
    assert (same.name, random.name) == ("tiny", "random tiny")
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(build_encoder(random, official_padding=False).state_dict())
    weights = load_weights(tiny_weights)
    name = "stages.2.0.pwconv1.weight"
    assert torch.equal(states[0][name], states[1][name])
    assert not torch.equal(states[0][name], states[2][name])
    assert states[0][name].shape == weights.encoder[name].shape
    assert float(states[0][name].std()) == pytest.approx(0.02, rel=0.1)
    assert torch.equal(build_encoder(same, official_padding=True).state_dict()[name], weights.encoder[name])
    with pytest.raises(TypeError):
        _ = ComparedModel("bands", None).encoder_weights


def test_files_of_one_name_in_two_folders_are_two_models(tmp_path, tiny_weights):
    other = tmp_path / "other" / "tiny.safetensors"
    other.parent.mkdir()
    other.write_bytes(Path(tiny_weights).read_bytes())
    assert [model.name for model in compared_models((tiny_weights, str(other)))] == ["tiny (weights)", "tiny (other)"]
    with pytest.raises(InputError, match="named twice"):
        compared_models((tiny_weights, tiny_weights))


def test_a_row_without_scores_reads_as_a_dash():
    assert Row("a", "kNN", "default", 3, "mIoU").text() == "–"
    assert Row("a", "kNN", "default", 3, "mIoU", [0.5]).text() == "0.500"
    assert Row("a", "kNN", "default", 3, "mIoU", [0.5, 0.7, None]).text() == "0.600 ± 0.141"


def test_models_of_timm_are_fed_pictures(tmp_path, report):
    try:
        timm = import_timm()
    except ResourceError:
        pytest.skip("timm is not installed")
    torch.manual_seed(0)
    state = timm.create_model("test_resnet", pretrained=False).state_dict()
    save_file({key: tensor.contiguous() for key, tensor in state.items()}, tmp_path / "model.safetensors")
    model = f"timm:test_resnet@{tmp_path / 'model.safetensors'}"
    dataset = write_dataset(tmp_path / "set", counts=(12, 3, 6), side=32)
    fields = {"models": (model,), "evaluations": protocol.EVALUATIONS}
    result = evaluate.run(request_of(dataset, tmp_path, **fields), report)
    assert [row["protocol"] for row in result["table"]] == ["–", "kNN", "linear", "fine-tune"]
    assert all(0 <= row["mean"] <= 1 for row in result["table"])
    masks = write_dataset(tmp_path / "masks", "segmentation", counts=(4, 1, 2), classes=2)
    fields["evaluations"] = ("fine_tune",)
    (_, row) = evaluate.run(request_of(masks, tmp_path, **fields), report)["table"]
    assert row["mean"] is None
    assert "own encoder" in row["note"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the sample of m-eurosat is not here")
def test_the_one_real_sample_is_not_enough_and_that_is_said(tmp_path, report):
    with pytest.raises(InputError, match="1 of 20 for train, 0 of 1000 for valid, 0 of 1000 for test"):
        evaluate.run(request_of(str(REAL), tmp_path, partitions=("0.01x_train",)), report)
    assert not (tmp_path / "out").exists()
