"""Pretraining as a verb, on tiny data: what it leaves behind, how it goes on, what it refuses."""

import json
import math
from dataclasses import replace

import mmearth_layout
import numpy as np
import pytest
import tiny_training
import torch
from affine import Affine
from conftest import Recorder
from matplotlib.image import imread
from mmearth import embed, pretrain, protocol
from mmearth.errors import Cancelled, CheckpointError, InputError, ResourceError
from mmearth.models.convnextv2 import SIZES
from mmearth.pretraining import pretrain_recipe, training
from mmearth.weights.checkpoints import build_encoder, load_weights
from mmearth.weights.training_checkpoint import CHECKPOINT, PROGRESS

PICTURES = {name: getattr(pretrain, name) for name in ("draw_curve", "draw_reconstructions")}
FINE = Affine(0.5, 0, 600000, 0, -0.5, 5200000)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setitem(SIZES, "small", tiny_training.SIZE)
    monkeypatch.setattr(pretrain, "CALIBRATION_CROPS", 8)
    monkeypatch.setattr(pretrain, "CALIBRATION_BATCH", 4)
    monkeypatch.setattr(training, "WHITENING_CHIPS", 2)
    monkeypatch.setattr(pretrain, "draw_curve", lambda path, curve: path.touch())
    monkeypatch.setattr(pretrain, "draw_reconstructions", lambda path, *_: path.touch())
    small, paper = pretrain_recipe.RECIPES["small"], pretrain_recipe.RECIPES["paper"]
    # Numbers that tests rely on, however the recipe is tuned.
    small = replace(small, batch=32, learning_rate=1.5e-3, scale_rate=False, dense=True, masked_share=0.5)
    monkeypatch.setitem(pretrain_recipe.RECIPES, "small", replace(small, decoder_dim=16))
    monkeypatch.setitem(pretrain_recipe.RECIPES, "paper", replace(paper, decoder_dim=16))


@pytest.fixture
def data(tmp_path):
    return mmearth_layout.write_folder(tmp_path / "pool", tasks=("sentinel2", "aster", "month"))


@pytest.fixture
def request_for(data, tmp_path):
    def make(out="w.safetensors", **changes):
        fields = {"data": (data,), "weights_out": str(tmp_path / out), "size": "small", "steps": 3, "batch": 2}
        return protocol.PretrainRequest(**{**fields, "device": "cpu", **changes})

    return make


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_weights_card_and_run_folder(request_for, report, tmp_path):
    result = pretrain.run(request_for(batch=4, micro_batch=2, snapshot_every=2), report)
    assert files(tmp_path) == ["w.json", "w.safetensors"]
    weights = load_weights(result["weights"])
    assert weights.sha256 == result["sha256"]
    assert weights.band_dropout
    assert weights.mean == (2000.0,) * 12
    assert weights.std == (1000.0,) * 12
    card = json.loads((tmp_path / "w.json").read_text())
    assert card["weights"]["hash"] == f"sha256:{weights.sha256}"
    assert card["data"]["training_chips"] == {"pool": 6}
    assert card["data"]["tasks"]["month"] == {"kind": "vector", "channels": 2}
    assert card["recipe"]["name"] == "small"
    assert (card["recipe"]["batch"], card["recipe"]["micro_batch"]) == (4, 2)
    assert card["recipe"]["start"] == "random weights"
    assert [row["step"] for row in card["curve"]] == [1, 2, 3]
    assert str(tmp_path) not in json.dumps(card)
    run = tmp_path / "w_run"
    expected = [CHECKPOINT, PROGRESS, "curve.json", "curve.png", "reconstructions.png"]
    assert files(run) == sorted([*expected, "snapshot_0000002.safetensors", "snapshot_0000003.safetensors"])
    assert json.loads((run / "curve.json").read_text()) == card["curve"]
    assert result["final_loss"] == card["curve"][-1]["total"]
    assert result["curve"] == str(run / "curve.png")
    assert load_weights(str(run / "snapshot_0000003.safetensors")).sha256 == weights.sha256
    assert load_weights(str(run / "snapshot_0000002.safetensors")).sha256 != weights.sha256
    protocol.encode(protocol.result_event("1", result))  # holds nothing that is not JSON


def test_pictures_are_drawn_of_the_model(request_for, report, tmp_path, monkeypatch):
    for name, function in PICTURES.items():
        monkeypatch.setattr(pretrain, name, function)
    result = pretrain.run(request_for(), report)
    for picture in (result["curve"], result["reconstructions"]):
        assert imread(picture).std() > 0.01


def test_written_weights_give_finite_features_that_depend_on_the_image(request_for, report):
    weights = load_weights(pretrain.run(request_for(), report)["weights"])
    encoder = build_encoder(weights, torch.device("cpu"), torch.float32)
    images = torch.randn(2, 12, 32, 32, generator=torch.Generator().manual_seed(0))
    for maps in encoder(images):
        assert maps.isfinite().all()
        assert not torch.allclose(maps[0], maps[1], atol=1e-3)


def test_weights_are_the_average_of_the_encoder(request_for, report, tmp_path):
    from safetensors.torch import load_file

    weights = load_weights(pretrain.run(request_for(), report)["weights"])
    state = load_file(tmp_path / "w_run" / CHECKPOINT)
    for name, value in weights.encoder.items():
        assert torch.equal(value, state[f"averaged.{name}"].half().float())


def test_pictures_and_losses_are_told(request_for, report, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrain, "PICTURE_S", -1.0)
    pretrain.run(request_for(steps=5), report)
    pictures = [(step, picture) for step, _, _, picture in report.measured if picture]
    assert pictures == [(step, str(tmp_path / "w_run" / "reconstructions.png")) for step in (1, 2, 3, 4, 5)]
    losses = [values for _, _, values, _ in report.measured if values]
    assert set(losses[-1]) >= {"sentinel2", "aster", "month", "total", "weight aster"}
    finished = [phase for phase, done, total in report.calls if done == total]
    assert finished == ["Preparing pool", "Pretraining", "Calibrating"]


def test_seed_repeats_and_another_differs(request_for, report):
    hashes = [
        pretrain.run(request_for(out, seed=seed), report)["sha256"]
        for out, seed in (("a.safetensors", 1), ("b.safetensors", 1), ("c.safetensors", 2**33))
    ]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("micro_batch", [4, 2])
def test_stopped_and_gone_on_is_the_same_file(request_for, report, tmp_path, micro_batch):
    changes = {"steps": 6, "batch": 4, "micro_batch": micro_batch}
    whole = pretrain.run(request_for("whole.safetensors", **changes), report)
    assert whole["resumed_from_step"] == 0
    with pytest.raises(Cancelled):
        pretrain.run(request_for("parts.safetensors", **changes), StopsAfter(3))
    assert not (tmp_path / "parts.safetensors").exists()
    assert json.loads((tmp_path / "parts_run" / PROGRESS).read_text())["step"] == 3
    parts = pretrain.run(request_for("parts.safetensors", resume=True, **changes), report)
    assert parts["resumed_from_step"] == 3
    # The file's metadata name no path, so equal weights are equal bytes.
    assert parts["sha256"] == whole["sha256"]
    curves = [json.loads((tmp_path / f"{name}_run" / "curve.json").read_text()) for name in ("whole", "parts")]
    assert curves[0] == curves[1]
    assert "Going on from step 3" in " ".join(message for _, message in report.logs)


class StopsAfter(Recorder):
    """Cancels when a number of steps are done."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def progress(self, phase, done, total):
        super().progress(phase, done, total)
        if phase == "Pretraining" and done == self.steps:
            raise Cancelled


def test_cancel_says_that_a_checkpoint_is_kept(request_for):
    report = StopsAfter(2)
    with pytest.raises(Cancelled):
        pretrain.run(request_for(), report)
    assert report.logs[-1] == ("info", "The checkpoint after 2 steps is kept; resume to go on from there.")


def test_cancel_before_the_first_step_leaves_no_checkpoint(request_for, tmp_path):
    with pytest.raises(Cancelled):
        pretrain.run(request_for(), StopsAfter(0))
    assert files(tmp_path) == []
    assert files(tmp_path / "w_run") == []


def test_cancel_while_calibrating_can_be_gone_on_from(request_for, report):
    class StopsCalibrating(Recorder):
        def progress(self, phase, done, total):
            if phase == "Calibrating":
                raise Cancelled

    with pytest.raises(Cancelled):
        pretrain.run(request_for(), StopsCalibrating())
    result = pretrain.run(request_for(resume=True), report)
    assert (result["resumed_from_step"], result["steps"]) == (3, 3)


def test_resuming_without_checkpoint_or_with_other_settings(request_for, report):
    with pytest.raises(CheckpointError, match="no checkpoint"):
        pretrain.run(request_for(resume=True), report)
    pretrain.run(request_for(), report)
    changes = {"learning_rate": 0.002, "band_dropout": False, "tasks": ("aster",)}
    with pytest.raises(InputError, match="made with other settings") as raised:
        pretrain.run(request_for(resume=True, **changes), report)
    for words in ("learning_rate 0.0015 instead of 0.002", "band_dropout True instead of False", "tasks [["):
        assert words in raised.value.message
    with pytest.raises(InputError, match="size small instead of atto"):
        pretrain.run(request_for(resume=True, size="atto"), report)


def test_start_from_weights(request_for, report, tmp_path):
    first = pretrain.run(request_for(), report)["weights"]
    tiny = {"steps": 1, "learning_rate": 1e-12}
    pretrain.run(request_for("b.safetensors", start=first, **tiny), report)
    wanted, found = load_weights(first), load_weights(str(tmp_path / "b.safetensors"))
    for name, value in wanted.encoder.items():
        assert torch.allclose(found.encoder[name], value, atol=1e-6), name
    assert json.loads((tmp_path / "b.json").read_text())["recipe"]["start"] == "w.safetensors"


def test_weights_that_do_not_fit_are_no_start(request_for, report, tiny_weights, make_raster, tmp_path):
    with pytest.raises(InputError, match="'tiny' is tiny with patches of 8 px .*; wanted is small with 8 px"):
        pretrain.run(request_for(start=tiny_weights), report)
    first = pretrain.run(request_for(), report)["weights"]
    values = np.random.default_rng(0).integers(1, 255, (3, 120, 120))
    drone = make_raster("drone.tif", values=values, dtype="uint8", transform=FINE)
    with pytest.raises(InputError, match="the bands B1, B2, .*; wanted is small with 8 px and ") as raised:
        pretrain.run(request_for("c.safetensors", data=(drone,), start=first), report)
    assert "random" in raised.value.remedy


def test_patches_of_16_px_take_wider_crops(tmp_path, request_for, report):
    folder = mmearth_layout.write_folder(tmp_path / "wide", chips=2, side=128)
    result = pretrain.run(request_for(data=(folder,), patch_size=16, steps=1), report)
    assert load_weights(result["weights"]).patch_size == 16
    with pytest.raises(InputError, match="chips of 'pool' are 64 px wide; crops need 112"):
        pretrain.run(request_for("b.safetensors", patch_size=16), report)


def test_fewer_chips_than_a_batch_are_said_so(request_for, report):
    result = pretrain.run(request_for(batch=0, epochs=2, steps=0), report)
    assert ("warning", "There are 6 tiles, fewer than a batch of 32; a batch has 6.") in report.logs
    assert (result["steps"], result["micro_batch"], result["recipe"]) == (2, 6, "small")


def test_many_chips_take_the_recipe_of_the_paper(request_for, report, monkeypatch):
    monkeypatch.setattr(pretrain, "PAPER_CHIPS", 6)
    result = pretrain.run(request_for(), report)
    assert result["recipe"] == "paper"
    sentence = next(message for _, message in report.logs if "recipe" in message)
    rate = 1.5e-4 * 2 / 256  # grows with the batch
    assert f"recipe 'paper', 6 chips, 3 steps of 2 crops (2 at once), learning rate {rate:g}" in sentence


def test_chosen_numbers_beat_the_recipe(request_for, report, tmp_path):
    changes = {"epochs": 7, "mask_ratio": 0.5, "learning_rate": 0.003, "weighting": "unweighted", "tasks": ("month",)}
    pretrain.run(request_for(**changes), report)
    recipe = json.loads((tmp_path / "w.json").read_text())["recipe"]
    assert (recipe["epochs"], recipe["mask_ratio"], recipe["learning_rate"]) == (7, 0.5, 0.003)
    assert recipe["steps"] == 3
    curve = json.loads((tmp_path / "w_run" / "curve.json").read_text())
    names = {"sentinel2", "month", "dense sentinel2"}
    assert set(curve[0]) == {"step", "total", *names}
    assert curve[0]["total"] == pytest.approx(sum(curve[0][name] for name in names))


def test_official_differences_can_be_had(request_for, report):
    result = pretrain.run(request_for(official=True, steps=1), report)
    assert math.isfinite(result["final_loss"])


def test_a_drone_picture_trains_weights_that_embed_it(request_for, report, make_raster, tmp_path):
    values = np.random.default_rng(0).integers(1, 255, (3, 120, 120))
    picture = make_raster("drone.tif", values=values, dtype="uint8", transform=FINE)
    height = make_raster("height.tif", values=values[:1] * 1.5, dtype="float32", transform=FINE)
    layers = ({"path": height, "name": "height", "kind": "continuous"},)
    result = pretrain.run(request_for(data=(picture,), layers=layers, steps=2), report)
    weights = load_weights(result["weights"])
    assert list(weights.levels) == ["raw"]
    assert len(weights.bands) == 3
    assert "height" in json.loads((tmp_path / "w.json").read_text())["data"]["tasks"]
    request = protocol.EmbedRequest(
        scene=picture, out=str(tmp_path / "e.tif"), weights=result["weights"], components=4, device="cpu"
    )
    embedded = embed.run(request, report)
    assert embedded["pixels"] == 120 * 120


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": "enormous"}, "no encoder size 'enormous'"),
        ({"patch_size": 12}, "patch of 12 px"),
        ({"recipe": "cake"}, "no recipe 'cake'"),
        ({"weighting": "lead"}, "no weighting 'lead'"),
        ({"data": ()}, "No training data"),
        ({"steps": -1}, "steps -1"),
        ({"batch": -2}, "batch -2"),
        ({"snapshot_every": -2}, "snapshot_every -2"),
        ({"learning_rate": -0.1}, r"serve: learning_rate -0.1\."),
        ({"learning_rate": 1.0}, "learning_rate 1.0"),
        ({"learning_rate": math.nan}, "learning_rate nan"),
        ({"mask_ratio": 0.99}, "mask_ratio 0.99"),
        ({"mask_ratio": -0.5}, r"serve: mask_ratio -0.5\."),
        ({"tasks": ("moon",)}, "do not hold moon"),
        ({"layers": ({"path": "x", "name": "y", "kind": "classes"},)}, "layers go with rasters"),
    ],
)
def test_bad_requests_are_refused(request_for, report, tmp_path, changes, words):
    with pytest.raises(InputError, match=words) as raised:
        pretrain.run(request_for(**changes), report)
    assert raised.value.remedy
    assert files(tmp_path) == []


def test_a_snapshot_of_damaged_weights_is_not_written(request_for, report, tmp_path, monkeypatch):
    step = training.Training._step

    def damaged(self, *arguments):
        told = step(self, *arguments)
        if self.step == 1:
            torch.nn.init.constant_(self.encoder.stem[0].bias, math.nan)
        return told

    monkeypatch.setattr(training.Training, "_step", damaged)
    with pytest.raises(InputError, match="after 2 of 3 steps: weights of the model"):
        pretrain.run(request_for(snapshot_every=1), report)
    assert [path.name for path in (tmp_path / "w_run").glob("*.safetensors")] == ["snapshot_0000001.safetensors"]


def test_folders_and_rasters_do_not_mix(request_for, report, data, make_raster):
    with pytest.raises(InputError, match="folders and rasters at once"):
        pretrain.run(request_for(data=(data, make_raster())), report)


def test_where_nothing_can_be_written(request_for, report, tmp_path):
    with pytest.raises(ResourceError, match="does not exist"):
        pretrain.run(request_for(out="absent/w.safetensors"), report)
    (tmp_path / "taken_run").write_text("a file")
    with pytest.raises(ResourceError, match="taken_run' cannot be made: File exists"):
        pretrain.run(request_for(out="taken.safetensors"), report)
    assert report.calls == []
