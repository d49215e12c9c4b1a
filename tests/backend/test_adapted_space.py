"""A model of the known sensor's embedding is applied to that of the new one: both weights live in one space."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import rasterio
import torch
from mmearth import adapt, check_model, embed, few_shot, fine_tune, predict, protocol
from mmearth.adaptation.known_space import KnownSpace
from mmearth.adaptation.pair_data import PairData
from mmearth.adaptation.stage_agreement import match_channels, stage_agreement
from mmearth.adaptation.windows import Windows
from mmearth.embedding.calibration import calibrate
from mmearth.embedding.precomputed import EmbeddingInfo, recognise
from mmearth.errors import InputError
from mmearth.models.convnextv2 import Encoder
from mmearth.weights.checkpoints import Weights, build_encoder, load_weights, save_weights
from paired_ground import BANDS, LEFT, TOP, write

SIDE, BLOCK = 192, 16
DEPTHS, DIMS = (1, 1, 1, 1), (16, 24, 32, 40)
STAGES = (2, 3)


class Listener:
    def __init__(self):
        self.warnings = []

    def progress(self, *_):
        pass

    def check(self):
        pass

    def metrics(self, *_):
        pass

    def log(self, message, level="info"):
        if level == "warning":
            self.warnings.append(message)


def known_weights(images):
    """Random weights of a small encoder, calibrated on the reference."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = Encoder(12, DEPTHS, DIMS).requires_grad_(False)
        for parameter in encoder.parameters():
            parameter.copy_((parameter + torch.randn_like(parameter) * 0.15).half())
    state = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    mean, std = images.mean((1, 2)), images.std((1, 2))
    whole = torch.from_numpy(((images - mean[:, None, None]) / std[:, None, None]).astype(np.float32))
    crops = whole.unfold(1, 48, 48).unfold(2, 48, 48).permute(1, 2, 0, 3, 4).flatten(0, 1)
    levels = {"l2a": {"mean": mean.tolist(), "std": std.tolist()}}
    calibration = calibrate(encoder, crops, Listener())
    return Weights("tiny", DEPTHS, DIMS, 8, BANDS, levels, False, "A test.", state, **vars(calibration))


def pairs_of(ground, weights):
    """Returns windows of the reference, which is the target as well."""
    with rasterio.open(ground.reference) as dataset:
        images = dataset.read().astype(np.float32)
    windows = images.reshape(12, SIDE // 32, 32, SIDE // 32, 32).transpose(1, 3, 0, 2, 4).reshape(-1, 12, 32, 32)
    mean, std = np.asarray(weights.mean), np.asarray(weights.std)
    return PairData(
        reference=windows, target=windows, origin=np.zeros((len(windows), 3), int), level="l2a", target_bands=BANDS,
        target_mean=mean, target_std=std, reference_m=10.0, working_m=10.0, land_cover=None,
        held_out=np.arange(len(windows)) < 8, warnings=[], facts={},
    )  # fmt: skip


class Ground:
    """Fields of three kinds, as Sentinel-2 sees them and as a sensor does whose bands are mixtures of its bands."""

    def __init__(self, folder):
        self.folder, rng = folder, np.random.default_rng(0)
        fields = SIDE // BLOCK
        self.kinds = rng.integers(0, 3, (fields, fields))
        spread = self.kinds.repeat(BLOCK, 0).repeat(BLOCK, 1)
        self.truth = spread + 1
        images = np.moveaxis(rng.uniform(600, 3000, (3, 12))[spread], -1, 0)
        texture = rng.normal(size=(2, SIDE // 8, SIDE // 8)).repeat(8, 1).repeat(8, 2)
        images = images * (1 + 0.15 * texture[0]) + 200 * texture[1] + 150 * rng.normal(size=images.shape)
        images = images.clip(50, 9000).round()
        mixture = np.linalg.qr(rng.normal(size=(12, 12)))[0]
        mixed = 128 + 20 * np.einsum("ij,jhw->ihw", mixture, (images - 1500) / 400)
        self.reference = write(folder / "reference.tif", images.astype(np.uint16), 10, names=BANDS)
        names = tuple(f"mixed {i}" for i in range(12))
        self.target = write(folder / "target.tif", mixed.astype(np.float32), 10, names=names)
        other = 128 + 20 * rng.normal(size=mixed.shape)  # tells nothing of this ground
        self.other = write(folder / "other.tif", other.astype(np.float32), 10, names=names)
        self.known = str(folder / "known.safetensors")
        save_weights(self.known, known_weights(images))
        self.labels = self._write_labels()
        self.adapted = self.adapt("own", steps=80, learning_rate=1e-3)

    def adapt(self, name, **changes):
        """Adapts; returns what the verb returns."""
        values = {
            "targets": (self.target,), "references": (self.reference,), "weights": self.known, "window_px": 24,
            "batch": 8, "device": "cpu", "units": "dn", **changes,
        }  # fmt: skip
        path = str(self.folder / f"{name}.safetensors")
        return adapt.run(protocol.AdaptRequest(weights_out=path, **values), Listener())

    def embed(self, scene, weights, name, stages=STAGES, **more):
        """Embeds with every channel; returns the path."""
        out = str(self.folder / f"{name}.tif")
        units = "dn" if scene == self.reference else "auto"
        values = {"components": 0, "stages": stages, "cache": False, "device": "cpu", "units": units, **more}
        embed.run(protocol.EmbedRequest(scene, out, weights=weights, **values), Listener())
        return out

    def train(self, embedding, name):
        """Learns the fields of the upper half; returns the path of the model."""
        model = str(self.folder / f"{name}.zip")
        wanted = protocol.FewShotRequest((embedding,), self.labels, model, device="cpu", head="ridge", folds="polygon")
        few_shot.run(wanted, Listener())
        return model

    def _write_labels(self):
        features = []
        for row in range(SIDE // BLOCK // 2):
            for column in range(SIDE // BLOCK):
                x, y = LEFT + 10 * (BLOCK * column + 4), TOP - 10 * (BLOCK * row + 4)
                ring = [[x, y], [x + 80, y], [x + 80, y - 80], [x, y - 80], [x, y]]
                polygon = {"type": "Polygon", "coordinates": [ring]}
                kind = {"class_id": int(self.kinds[row, column]) + 1}
                features.append({"type": "Feature", "properties": kind, "geometry": polygon})
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
        path = self.folder / "labels.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features, "crs": crs}))
        return str(path)


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr("mmearth.mapping.few_shot_classes.DRAWS", 0)  # no learning curve: nobody looks at it here
    yield Ground(tmp_path_factory.mktemp("space"))
    patch.undo()


@pytest.fixture(scope="module")
def model(ground):
    """A model of the reference's embedding."""
    ground.known_embedding = ground.embed(ground.reference, ground.known, "known")
    return ground.train(ground.known_embedding, "model")


@pytest.fixture(scope="module")
def target_embedding(ground):
    return ground.embed(ground.target, ground.adapted["weights"], "adapted")


@pytest.fixture(scope="module")
def astray(ground):
    """Weights that were taught by an image that shows nothing."""
    return ground.adapt("astray", targets=(ground.other,), steps=40, learning_rate=1e-3)["weights"]


def mapped(ground, embedding, model, name):
    """Returns the share of right pixels in the half without labels, what the verb returns, and what it logged."""
    out, listener = str(ground.folder / f"{name}.tif"), Listener()
    result = predict.run(protocol.PredictRequest(embedding, out, model, device="cpu"), listener)
    with rasterio.open(out) as dataset:
        _, right = np.split(dataset.read(1) == ground.truth, 2)
    return float(right.mean()), result, listener.warnings


def test_a_model_of_the_known_space_maps_the_new_image(ground, model, target_embedding, astray):
    known, result, _ = mapped(ground, ground.known_embedding, model, "map_known")
    assert result["warnings"] == []
    adapted, result, logged = mapped(ground, target_embedding, model, "map_adapted")
    lost, poor, _ = mapped(ground, ground.embed(ground.target, astray, "lost"), model, "map_lost")
    assert known > 0.85
    assert adapted > 0.8
    assert lost < 0.6  # three kinds
    sentence = result["warnings"][0]
    assert sentence in logged
    found = load_weights(ground.adapted["weights"]).space.agreement
    weakest = min(STAGES, key=lambda stage: found[stage]["retrieval"])
    values = found[weakest]
    assert sentence == (
        "The model was trained on embeddings of 'known'; 'adapted.tif' is one of 'own'. 'own' was adapted to say the "
        f"same as 'known' of the same ground: on held-out ground it finds in stage {weakest}, its weakest, its own "
        f"place in {values['retrieval']:.1%} of the cells (by chance {values['chance']:.1%}), cosine "
        f"{values['cosine']:.2f} on the same ground and {values['deranged_cosine']:.2f} on other ground."
    )
    assert "do not trust this map without checking it against labels of the new image" in poor["warnings"][0]


def test_check_model_says_it_before_any_map_is_made(model, target_embedding):
    found = check_model.run(protocol.CheckModelRequest(model, target_embedding), Listener())
    assert found["errors"] == []
    assert "'own' was adapted to say the same as 'known'" in found["warnings"][0]


def test_a_model_of_the_adapted_space_maps_the_known_image(ground, model, target_embedding):
    other = ground.train(target_embedding, "other")
    share, result, _ = mapped(ground, ground.known_embedding, other, "map_back")
    assert share > 0.8
    assert result["warnings"][0].startswith("The model was trained on embeddings of 'own'; 'known.tif' is one of")
    facts = check_model.run(protocol.CheckModelRequest(other), Listener())["facts"]
    assert facts["Space"] == "shared with 'known'"


def test_a_network_is_tuned_on_adapted_weights_and_maps_the_new_image(ground):
    model, out = str(ground.folder / "tuned.zip"), str(ground.folder / "map_tuned.tif")
    wanted = protocol.FineTuneRequest(
        scenes=(ground.target,), labels=ground.labels, model=model, weights=ground.adapted["weights"], rung="probe",
        epochs=1, device="cpu",
    )  # fmt: skip
    fine_tune.run(wanted, Listener())
    predict.run(protocol.PredictRequest(ground.target, out, model, device="cpu"), Listener())
    with rasterio.open(out) as dataset:
        assert dataset.shape == (SIDE, SIDE)
        assert set(np.unique(dataset.read(1))) <= {1, 2, 3}


def test_adapted_weights_keep_the_known_space(ground):
    known, adapted = load_weights(ground.known), load_weights(ground.adapted["weights"])
    assert adapted.space.sha256 == adapted.home == known.sha256 == known.home
    assert adapted.space.taught_by == "known"
    np.testing.assert_array_equal(adapted.feature_scale, known.feature_scale)
    for stages, (components, scale) in known.components.items():
        np.testing.assert_array_equal(adapted.pca(stages)[0], components)
        np.testing.assert_array_equal(adapted.pca(stages)[1], scale)
    assert any(not torch.equal(ours, theirs) for ours, theirs in zip(adapted.grn, known.grn, strict=True))
    # The training measures the last stage before its channels are brought to scale.
    found, before = adapted.space.agreement[3], ground.adapted["agreement"]
    assert found["chance"] == before["chance"]
    assert found["cosine"] - found["deranged_cosine"] > before["cosine"] - before["deranged_cosine"] - 0.05
    assert sorted(adapted.space.agreement) == [0, 1, 2, 3]
    with open(ground.adapted["card"], encoding="utf-8") as card:
        assert json.load(card)["space"] == adapted.space.to_json()


def test_channels_of_another_scale_are_brought_back(ground):
    """The known encoder itself, on its own images, with statistics that are all wrong."""
    known = load_weights(ground.known)
    windows = Windows(pairs_of(ground, known), known.patch_size)
    wrong = replace(known, feature_mean=known.feature_mean + 3, feature_std=known.feature_std * 5)
    device = torch.device("cpu")
    matched = match_channels(wrong, known, windows, device, Listener())
    np.testing.assert_allclose(matched.feature_std, known.feature_std, rtol=1e-3)
    np.testing.assert_allclose(matched.feature_mean, known.feature_mean, atol=2e-3)
    space = KnownSpace(known, windows, device, Listener())
    for found in stage_agreement(matched, space, windows, device, Listener()).values():
        assert (found["retrieval"], found["cosine"]) == (1.0, pytest.approx(1.0, abs=1e-4))
    for found in stage_agreement(wrong, space, windows, device, Listener()).values():
        assert found["cosine"] < 0.5


def test_channels_are_the_best_guess_of_the_known_ones(ground):
    """Least squares of numpy, on windows of which a third shows other ground."""
    known = load_weights(ground.known)
    data = pairs_of(ground, known)
    order = np.arange(len(data.target))
    order[::3] = np.roll(order[::3], 1)
    data = replace(data, target=data.target[order])
    matched = match_channels(known, known, Windows(data, known.patch_size), torch.device("cpu"), Listener())
    encoder, part = build_encoder(known, torch.device("cpu"), torch.float32), known.stage_slices[3]
    mean, std = (np.asarray(values, np.float32)[:, None, None] for values in (known.mean, known.std))
    tokens = []
    for images in (data.target, data.reference):
        shown = torch.from_numpy((images[~data.held_out] - mean) / std)
        tokens.append(encoder(shown)[3].permute(0, 2, 3, 1).flatten(0, 2).numpy())
    ours, theirs = tokens
    checked = 0
    for channel in range(known.dims[3]):
        x, y = ours.T[channel].astype(float), theirs.T[channel].astype(float)
        if np.corrcoef(x, y)[0, 1] > 0.15:
            slope, start = np.polyfit(x, y, 1)
            wanted = (slope * x + start - known.feature_mean[part][channel]) / known.feature_std[part][channel]
            found = (x - matched.feature_mean[part][channel]) / matched.feature_std[part][channel]
            np.testing.assert_allclose(found, wanted, atol=1e-2)
            checked += 1
    assert checked > 20


def test_an_adaptation_of_adapted_weights_stays_in_the_first_space(ground):
    """A third sensor learns from the second, whose image is its reference."""
    own = ground.adapted["weights"]
    changes = {"targets": (ground.reference,), "references": (ground.target,), "units": "auto", "steps": 1}
    second = load_weights(ground.adapt("second", weights=own, **changes)["weights"])
    assert second.space.sha256 == load_weights(ground.known).sha256
    assert second.space.taught_by == "own"


@pytest.mark.parametrize("mode", ["mae", "xstars"])
def test_what_does_not_learn_the_features_has_a_space_of_its_own(ground, model, mode):
    weights = load_weights(ground.adapt(mode, mode=mode, steps=1)["weights"])
    assert weights.space is None
    assert not np.array_equal(weights.feature_mean, load_weights(ground.known).feature_mean)
    foreign = ground.embed(ground.target, weights.path, f"of_{mode}", bounds=(LEFT, TOP - 640, LEFT + 640, TOP))
    with pytest.raises(InputError, match="weights sha256"):
        mapped(ground, foreign, model, f"map_{mode}")
    found = check_model.run(protocol.CheckModelRequest(model, foreign), Listener())
    assert len(found["errors"]) == 1


def test_other_stages_or_components_of_the_scene_are_no_common_channels(ground, target_embedding):
    found, wanted = recognise(target_embedding), recognise(ground.known_embedding)
    assert found.shares_space(wanted)
    assert wanted.shares_space(found)
    assert found.difference(wanted) is None
    assert sorted(found.space.agreement) == list(STAGES)  # of those that are in the channels
    for key, value in (("stages", [3]), ("grn", "scene"), ("components", 8)):
        other = replace(found, details={**found.details, key: value})
        assert other.difference(wanted)[0].startswith(key)
    scenes = [replace(info, details={**info.details, "pca_from": "scene"}) for info in (found, wanted)]
    assert not scenes[0].shares_space(scenes[1])
    assert scenes[0].difference(scenes[1])[0].startswith("weights sha256")


def test_two_sensors_of_one_space_share_it():
    spaces = [{"sha256": "first", "taught_by": name, "agreement": {}} for name in ("known", "own")]
    infos = [
        EmbeddingInfo("mmearth", f"MMEarth {name}", ("PC01",), "", {"weights_sha256": name, "space": space})
        for name, space in zip(("drone", "plane"), spaces, strict=True)
    ]
    assert infos[0].shares_space(infos[1])
    assert infos[0].difference(infos[1]) is None
    damaged = replace(infos[1], details={"weights_sha256": "plane", "space": {"sha256": "first"}})
    assert damaged.space is None
    assert infos[0].difference(damaged) == ("weights sha256 drone", "plane")
    assert not infos[0].shares_space(EmbeddingInfo(**{**asdict(infos[0]), "details": {}}))
