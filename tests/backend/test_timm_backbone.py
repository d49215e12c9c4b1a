"""Models of timm as encoders. timm's own test models are tiny; their weights here are random."""

import dataclasses
import json
import sys

import numpy as np
import pytest
import rasterio
import torch
from mmearth import embed, protocol
from mmearth.embedding import features
from mmearth.embedding.backbone import build_backbone, survey
from mmearth.embedding.features import standardise
from mmearth.embedding.timm_models import BANDS, build_timm, load_timm_weights
from mmearth.errors import CheckpointError, InputError, ResourceError
from mmearth.scenes.raster import open_scene
from mmearth.weights.checkpoints import load_weights
from mmearth.weights.timm_import import import_timm
from rasterio.enums import ColorInterp
from rasterio.windows import Window
from safetensors.torch import save_file
from torch import nn

try:
    timm = import_timm()
except ResourceError:
    pytest.skip("timm is not installed", allow_module_level=True)

CPU = torch.device("cpu")
EXTENT = (600018, 5199932, 600088, 5199992)  # of the picture: rows 16 to 136, columns 36 to 176


@pytest.fixture
def model_file(tmp_path):
    """Writes a random model's state dict; returns what a request says."""

    def write(name="test_resnet", drop=(), path="model.safetensors"):
        torch.manual_seed(0)
        state = timm.create_model(name, pretrained=False).state_dict()
        state = {key: tensor.contiguous() for key, tensor in state.items() if not key.startswith(tuple(drop))}
        if path.endswith(".safetensors"):
            save_file(state, tmp_path / path)
        else:
            torch.save({"state_dict": state}, tmp_path / path)
        return f"timm:{name}@{tmp_path / path}"

    return write


@pytest.fixture
def picture(make_raster):
    """A red, green and blue picture of 8 bit with 0.5 m pixels."""
    rows, cols = np.mgrid[:200, :260]
    values = np.random.default_rng(0).integers(1, 255, (3, 200, 260)) // 2 + 60 * (np.sin(rows / 17 + cols / 23) + 1)
    return make_raster(name="picture.tif", values=values, dtype="uint8", photometric="RGB",
                       transform=rasterio.Affine(0.5, 0, 600000, 0, -0.5, 5200000))  # fmt: skip


def embedded(request, report):
    result = embed.run(request, report)
    with rasterio.open(request.out) as dataset:
        return result, dataset.read(), json.loads(dataset.tags()["MMEARTH"])


def request_for(scene, out, weights, **changes):
    return dataclasses.replace(
        protocol.EmbedRequest(scene, str(out), weights=weights, device="cpu", cache=False, threads=1), **changes
    )


@pytest.mark.parametrize("path", ["model.safetensors", "model.pth"])
def test_features_are_those_of_timm(model_file, picture, tmp_path, report, monkeypatch, path):
    monkeypatch.setattr(features, "best_dtype", lambda device: torch.float32)
    text = model_file(path=path)
    weights = load_timm_weights(text)
    assert (weights.strides, weights.dims) == ((4, 8, 16, 32), (32, 48, 192, 96))
    with open_scene(picture, {}, "auto", weights.bands) as scene:
        extractor = features.FeatureExtractor(weights, CPU, 1, kept=(0, 1), with_bands=False)
        found = extractor(scene, Window(64, 64, 64, 64))
        rgb = scene.dataset.read()
    settings = timm.create_model("test_resnet").pretrained_cfg
    mean, std = (np.array(settings[key])[:, None, None] for key in ("mean", "std"))
    torch.manual_seed(0)
    theirs = timm.create_model("test_resnet", pretrained=False).eval()
    with torch.no_grad():
        maps = theirs.forward_intermediates(torch.from_numpy((rgb / 255 - mean) / std)[None, :, :192, :256].float())[1]
    for stage, expected in ((0, maps[1]), (1, maps[2])):
        stride = weights.strides[stage]
        own = found.resize(found.stages[stage], stage, stride)
        middle = slice(64 // stride, 128 // stride)
        inside = expected[0, :, middle, middle]
        torch.testing.assert_close(own, inside, rtol=1e-4, atol=1e-4)


def test_an_embedding_does_not_depend_on_the_tiles(model_file, picture, tmp_path, report, monkeypatch):
    monkeypatch.setattr(features, "best_dtype", lambda device: torch.float32)
    text = model_file()
    common = {"dtype": "float32", "stride_px": 4, "components": 16, "stages": (0, 1, 2), "bounds": EXTENT}
    whole, wanted, made = embedded(request_for(picture, tmp_path / "a.tif", text, tile_px=256, **common), report)
    parts, found, _ = embedded(request_for(picture, tmp_path / "b.tif", text, tile_px=64, **common), report)
    assert (whole["tiles"], parts["tiles"]) == (1, 6)
    assert wanted.shape == (16, 30, 35)
    assert wanted.std() > 0.05
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert whole["warnings"] == []
    assert (whole["mapping"], whole["mapping_how"]) == ({"B4": 1, "B3": 2, "B2": 3}, "colours")
    assert (made["model"], made["pca_from"], made["grn"]) == ("test_resnet", "scene", "")
    assert any("components and steps are those of the scene" in text for _, text in report.logs)


def test_layers_that_look_at_all_of_a_tile_are_warned_about(model_file, picture, tmp_path, report):
    request = request_for(picture, tmp_path / "a.tif", model_file("test_efficientnet"), stride_px=8, components=8)
    result, values, _ = embedded(request, report)
    assert ["seams may show" in warning for warning in result["warnings"]] == [True]
    assert values.dtype == np.int8
    assert 10 < values[0].std() < 127  # four deviations are 127 steps


@pytest.mark.parametrize(
    ("stages", "reach_px"),
    [
        # Stem of 3x3 at stride 2 and pool 3x3 at stride 2: 1 + 2 pixels; two convolutions at 4 pixels a cell: 8 more.
        ((0,), 3 + 2 * 4),
        # A convolution 3x3 at stride 2 reaches one cell of 4 pixels on, the next one cell of 8.
        ((0, 1), 3 + 2 * 4 + 4 + 8),
    ],
)
def test_how_far_a_residual_network_looks_is_found_by_trying(stages, reach_px):
    """A residual network with one block a stage; the reach counts whole cells."""
    network = timm.create_model(
        "resnet10t", features_only=True, out_indices=[stage + 1 for stage in stages], stem_type="", stem_width=64
    ).eval()
    network.conv1 = nn.Conv2d(3, 64, 3, stride=2, padding=1)
    found, values = survey(network, 8, lambda: None)
    cells = 4 * 2 ** max(stages)
    assert reach_px <= found <= reach_px + cells
    assert values == 64 / 4


class Stretched(nn.Module):
    """Adds the place in the picture."""

    def forward(self, x):
        cells = nn.functional.avg_pool2d(x.mean(1, keepdim=True), 8)
        return [cells + torch.arange(cells.shape[-1])]


class Averaged(nn.Module):
    """Looks at all of the picture."""

    def forward(self, x):
        return [nn.functional.avg_pool2d(x - x.mean((2, 3), keepdim=True), 8)]


class Distant(nn.Module):
    """Looks 520 pixels to the right."""

    def forward(self, x):
        cells = nn.functional.avg_pool2d(x, 8)
        return [cells + torch.roll(cells, -65, dims=3)]


class Local(nn.Module):
    """Looks at its own cell only."""

    def forward(self, x):
        return [nn.functional.avg_pool2d(x, 8)]


@pytest.mark.parametrize(
    ("network", "reach_px"), [(Stretched(), None), (Averaged(), None), (Distant(), None), (Local(), 0)]
)
def test_networks_that_cannot_be_exact_are_told_from_those_that_can(network, reach_px):
    assert survey(network, 8, lambda: None)[0] == reach_px


def test_reflectance_and_8_bit_become_the_same_picture(model_file, make_raster):
    """ESA's true-colour image: 8 bit 255 is reflectance 0.3558."""
    weights = load_timm_weights(model_file())
    bytes_ = np.random.default_rng(0).integers(1, 255, (3, 32, 32))
    dn = np.zeros((12, 32, 32))
    dn[[3, 2, 1]] = bytes_ / 255 * 3558  # B4, B3, B2 of an unnamed product of 12 bands
    seen = []
    for path in (
        make_raster(name="byte.tif", values=bytes_, dtype="uint8"),
        make_raster(name="dn.tif", values=dn, dtype="float32"),
    ):
        with open_scene(path, {}, "auto", weights.bands) as scene:
            seen.append(standardise(weights, scene, *scene.read_stored(Window(0, 0, 32, 32))))
    expected = (bytes_ / 255 - 0.5) / 0.5  # what this model was trained with
    np.testing.assert_allclose(seen[0], expected, atol=1e-4)
    np.testing.assert_allclose(seen[1], expected, atol=1e-3)


@pytest.mark.parametrize(
    ("count", "names", "colours", "mapping"),
    [
        (3, (), None, {"B4": 1, "B3": 2, "B2": 3}),
        (4, (), ("blue", "green", "red", "undefined"), {"B4": 3, "B3": 2, "B2": 1}),
        (4, ("blue", "green", "red", "nir"), None, {"B4": 3, "B3": 2, "B2": 1}),
        (12, (), None, {"B4": 4, "B3": 3, "B2": 2}),
        (5, (), None, {"B4": 1, "B3": 2, "B2": 3}),
    ],
)
def test_red_green_and_blue_are_found(make_raster, count, names, colours, mapping):
    path = make_raster(count=count, names=names)
    if colours:
        with rasterio.open(path, "r+") as dataset:
            dataset.colorinterp = [ColorInterp[colour] for colour in colours]
    with open_scene(path, {}, "auto", BANDS) as scene:
        assert scene.mapping.indexes == mapping


def test_one_grey_band_can_be_all_three(make_raster):
    path = make_raster(count=1)
    with pytest.raises(InputError, match="has 1 band, none of them named"), open_scene(path, {}, "auto", BANDS):
        pass
    with open_scene(path, dict.fromkeys(BANDS, 1), "auto", BANDS) as scene:
        raw, _ = scene.read_stored(Window(0, 0, 8, 8))
    assert (raw[0] == raw[2]).all()


def test_what_does_not_belong_together_is_refused(model_file, tmp_path):
    with pytest.raises(CheckpointError, match="timm has no model 'test_resnat'"):
        load_timm_weights("timm:test_resnat@x.safetensors")
    with pytest.raises(CheckpointError, match=r"There is no checkpoint .*absent\.safetensors"):
        load_timm_weights(f"timm:test_resnet@{tmp_path / 'absent.safetensors'}")
    with pytest.raises(CheckpointError, match=r"lacks \d+ of \d+ tensors of timm's 'test_resnet', such as 'layer2"):
        load_timm_weights(model_file(drop=["layer2"]))
    with pytest.raises(CheckpointError, match=r"'model\.safetensors' (lacks|does not fit)"):
        load_timm_weights(model_file().replace("test_resnet", "test_convnext"))
    with pytest.raises(CheckpointError, match="cannot be put on the scene's pixels|does not give features"):
        load_timm_weights("timm:swin_tiny_patch4_window7_224@x.safetensors")
    with pytest.raises(CheckpointError, match="serves to embed only"):
        load_weights("timm:test_resnet")


def test_the_classifier_of_a_file_is_not_needed(model_file):
    assert load_timm_weights(model_file(drop=["fc"])).name == "test_resnet"


def test_a_stage_that_a_model_lacks_is_refused(model_file, picture, tmp_path, report):
    with pytest.raises(InputError, match="Stage 3 was asked for; timm's 'test_vit' has"):
        embed.run(request_for(picture, tmp_path / "a.tif", model_file("test_vit"), stride_px=8), report)


def test_without_timm_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ResourceError, match="timm is not installed"):
        load_timm_weights("timm:resnet18")


def test_weights_that_cannot_be_fetched_are_said_to(monkeypatch):
    def unreachable(*_args, **_options):
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", unreachable)
    monkeypatch.setattr("mmearth.embedding.timm_models._describe", lambda name: (None, (), {}))
    with pytest.raises(ResourceError, match="could not fetch 'test_resnet': no route to host"):
        load_timm_weights("timm:test_resnet")


def test_our_own_encoders_come_under_the_same_descriptor(tiny_weights):
    weights = load_weights(tiny_weights)
    own = build_backbone(weights, CPU, torch.float32, (0, 1), 1, None, lambda: None)
    assert (own.exact, own.patch_px, own.strides, own.widths) == (True, 8, (1, 2, 4, 8), (8, 12, 16, 20))
    # Stage 1: one patch of 4 cells and a block of 3 are 14 pixels; stage 0: a block of 3; the first convolution: 1.
    assert own.halo_px == 14 + 3 + 1
    alone = build_backbone(weights, CPU, torch.float32, (0, 1), 1, [], lambda: None)
    assert (alone.exact, alone.halo_px) == (False, 64)


def test_stages_of_a_choice_are_the_same_as_among_all(model_file):
    weights = load_timm_weights(model_file())
    image = torch.rand(1, 3, 64, 64)
    every = build_timm(weights)(image)
    assert [maps.shape[1] for maps in every] == [32, 48, 192, 96]
    (found,) = build_timm(weights, (2,))(image)
    torch.testing.assert_close(found, every[2])
