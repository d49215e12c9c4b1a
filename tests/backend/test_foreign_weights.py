"""Reading checkpoints of others: safe, by name and shape, with sentences that say what does not fit."""

import argparse
import collections
import json
import zipfile
from pathlib import Path

import numpy as np
import official_checkpoint
import pytest
import torch
from mmearth import convert_weights, protocol
from mmearth.data.mmearth_folder import BANDS as DATA_BANDS
from mmearth.errors import Cancelled, CheckpointError, InputError, ResourceError
from mmearth.models.convnextv2 import Encoder
from mmearth.weights.checkpoints import build_encoder, load_weights
from mmearth.weights.conversion import read_statistics
from mmearth.weights.foreign_weights import read_checkpoint, recognise, remap_official, remap_timm
from official_checkpoint import DEPTHS, DIMS, make_encoder, to_sparse, write_official
from safetensors.torch import save_file

RGB = ("B2", "B3", "B4")


@pytest.fixture
def official(tmp_path):
    """Writes a tiny official checkpoint and returns (path, encoder)."""

    def write(name="checkpoint-199.pth", **options):
        encoder = make_encoder(**options)
        write_official(tmp_path / name, encoder)
        return str(tmp_path / name), encoder

    return write


def timm_state(seed=0):
    """Returns random tensors under the names and shapes of timm's ConvNeXt V2, smaller sizes (1×1 convolutions)."""
    torch.manual_seed(seed)
    state = {"stem.0.weight": torch.randn(DIMS[0], 3, 4, 4), "stem.0.bias": torch.randn(DIMS[0])}
    state |= {f"stem.1.{kind}": torch.randn(DIMS[0]) for kind in ("weight", "bias")}
    for stage, (depth, width) in enumerate(zip(DEPTHS, DIMS, strict=True)):
        if stage:
            narrow = DIMS[stage - 1]
            state |= {f"stages.{stage}.downsample.0.{kind}": torch.randn(narrow) for kind in ("weight", "bias")}
            state[f"stages.{stage}.downsample.1.weight"] = torch.randn(width, narrow, 2, 2)
            state[f"stages.{stage}.downsample.1.bias"] = torch.randn(width)
        for block in range(depth):
            prefix = f"stages.{stage}.blocks.{block}"
            state[f"{prefix}.conv_dw.weight"] = torch.randn(width, 1, 7, 7)
            state[f"{prefix}.conv_dw.bias"] = torch.randn(width)
            state |= {f"{prefix}.norm.{kind}": torch.randn(width) for kind in ("weight", "bias")}
            state[f"{prefix}.mlp.fc1.weight"] = torch.randn(4 * width, width, 1, 1)
            state[f"{prefix}.mlp.fc1.bias"] = torch.randn(4 * width)
            state |= {f"{prefix}.mlp.grn.{kind}": torch.randn(4 * width) for kind in ("weight", "bias")}
            state[f"{prefix}.mlp.fc2.weight"] = torch.randn(width, 4 * width, 1, 1)
            state[f"{prefix}.mlp.fc2.bias"] = torch.randn(width)
    state |= {"head.norm.weight": torch.randn(20), "head.fc.weight": torch.randn(1000, 20)}
    return state


def with_blocks(state, depth=12):
    """Returns a deeper timm model: its stem is a smaller share of the tensors, as in the real sizes."""
    more = {
        name.replace("stages.2.blocks.0.", f"stages.2.blocks.{block}."): tensor
        for block in range(depth)
        for name, tensor in state.items()
        if name.startswith("stages.2.blocks.0.")
    }
    return {**more, **state}


def test_an_official_file_gives_back_its_encoder(official):
    path, encoder = official()
    found = recognise("x", read_checkpoint(path))
    assert (found.depths, found.dims, found.patch_size, found.size) == (DEPTHS, DIMS, 8, "custom")
    assert found.bands == DATA_BANDS
    assert set(found.state) == set(encoder.state_dict())
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(found.state[name], tensor), name
    assert "mask_token" in found.unused
    assert found.fresh == ()


@pytest.mark.parametrize(("in_chans", "patch_size", "bands"), [(3, 8, RGB), (12, 16, DATA_BANDS), (3, 16, RGB)])
def test_bands_and_patch_come_from_the_shapes(official, in_chans, patch_size, bands):
    path, encoder = official(in_chans=in_chans, patch_size=patch_size)
    found = recognise("x", read_checkpoint(path))
    assert (found.bands, found.patch_size) == (bands, patch_size)
    assert torch.equal(found.state["stem.0.weight"], encoder.stem[0].weight)


def test_remapping_keeps_the_precision():
    state = {name: tensor.half() for name, tensor in to_sparse(make_encoder().state_dict()).items()}
    assert {tensor.dtype for tensor in remap_official(state).values()} == {torch.float16}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_dense_names_are_taken_as_they_are(tmp_path, suffix):
    state = make_encoder().state_dict() | {"norm.weight": torch.ones(20), "head.weight": torch.ones(10, 20)}
    path = tmp_path / f"dense{suffix}"
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    found = recognise("x", read_checkpoint(str(path)))
    assert found.unused == ("head.weight", "norm.weight")
    assert all(torch.equal(found.state[name], state[name]) for name in found.state)


def test_files_in_the_format_before_zip_are_read(tmp_path):
    torch.save({"state_dict": make_encoder().state_dict()}, tmp_path / "o.pth", _use_new_zipfile_serialization=False)
    assert recognise("x", read_checkpoint(str(tmp_path / "o.pth"))).depths == DEPTHS


def test_code_in_a_file_is_named_and_not_run(tmp_path):
    class Hostile:
        def __reduce__(self):
            return Path.touch, (tmp_path / "touched",)

    for legacy in (True, False):
        path = tmp_path / f"hostile{legacy}.pth"
        torch.save({"model": {"a": Hostile()}}, path, _use_new_zipfile_serialization=not legacy)
        with pytest.raises(CheckpointError, match=r"wants to run code on loading \('.*getattr'\); it was not loaded"):
            read_checkpoint(str(path))
    assert not (tmp_path / "touched").exists()


def test_namespace_and_paths_do_not_stay_allowed(official):
    before = torch.serialization.get_safe_globals()
    read_checkpoint(official()[0])
    assert set(map(str, torch.serialization.get_safe_globals())) == set(map(str, before))
    assert argparse.Namespace not in before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("page.pth", b"\n <!DOCTYPE html><html>", "is a web page"),
        ("empty.pth", b"", "truncated"),
        ("text.pth", b"hello, this is text", "not a checkpoint that torch can read"),
        ("bad.safetensors", b"\0" * 40, "cannot be read as safetensors"),
    ],
)
def test_files_that_are_no_checkpoints(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=words):
        read_checkpoint(str(tmp_path / name))


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        read_checkpoint(str(tmp_path / "none.pth"))


@pytest.mark.parametrize("share", [0.3, 0.99])
def test_a_truncated_file_is_said_to_be_truncated(official, tmp_path, share):
    content = Path(official()[0]).read_bytes()
    (tmp_path / "cut.pth").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match=r"'cut.pth' is truncated"):
        read_checkpoint(str(tmp_path / "cut.pth"))


def test_another_zip_is_not_a_checkpoint(tmp_path):
    with zipfile.ZipFile(tmp_path / "z.pth", "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(CheckpointError, match="not a checkpoint that torch can read"):
        read_checkpoint(str(tmp_path / "z.pth"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"optimizer": {}, "epoch": 3}, "a dictionary of optimizer, epoch"),
        ([torch.zeros(2)], "a list"),
        ({}, "an empty dictionary"),
        ({"model": {"a": 3}}, "a dictionary of model"),
    ],
)
def test_a_file_without_state_dict_says_what_it_holds(tmp_path, content, words):
    torch.save(content, tmp_path / "x.pth")
    with pytest.raises(CheckpointError, match=f"holds {words}; wanted is a state dict"):
        read_checkpoint(str(tmp_path / "x.pth"))


def test_another_network_is_not_taken_for_an_encoder():
    with pytest.raises(
        CheckpointError, match="no ConvNeXt V2 encoder: stage 0 was not found; its first tensor is 'conv1"
    ):
        recognise("resnet.pth", {"conv1.weight": torch.zeros(64, 3, 7, 7), "layer1.0.bn1.weight": torch.ones(64)})


def test_missing_tensors_are_listed():
    state = {name: tensor for name, tensor in to_sparse(make_encoder().state_dict()).items() if "pwconv2" not in name}
    with pytest.raises(CheckpointError) as caught:
        recognise("x.pth", state)
    assert "fits 60 of 70 tensors" in caught.value.message
    assert "10 missing: stages.0.0.pwconv2.weight" in caught.value.message
    assert "and 2 more" in caught.value.message


def test_a_tensor_of_another_shape_is_listed_with_both_shapes():
    state = to_sparse(make_encoder().state_dict())
    state["encoder.stages.1.0.dwconv.kernel"] = torch.zeros(25, 12)
    with pytest.raises(
        CheckpointError, match=r"stages\.1\.0\.dwconv\.weight \(12, 1, 5, 5\) instead of \(12, 1, 7, 7\)"
    ):
        recognise("x.pth", state)


def test_a_kernel_that_is_no_square_is_an_error_of_the_file():
    state = to_sparse(make_encoder().state_dict())
    state["encoder.stages.1.0.dwconv.kernel"] = torch.zeros(48, 12)
    with pytest.raises(CheckpointError, match=r"stages\.1\.0\.dwconv\.weight \(48, 12\)"):
        recognise("x.pth", state)


def test_a_name_with_an_absurd_number_is_an_error_of_the_file():
    state = {"stages.999999999999.0.norm.weight": torch.ones(3), "stages.0.999999999.norm.weight": torch.ones(3)}
    with pytest.raises(CheckpointError, match="no ConvNeXt V2 encoder"):
        recognise("x.pth", state)


def test_unknown_bands_are_refused():
    with pytest.raises(CheckpointError, match="takes 4 bands"):
        recognise("x.pth", make_encoder(in_chans=4).state_dict())


def test_values_that_are_not_finite_are_refused():
    state = make_encoder().state_dict()
    state["stages.3.0.norm.bias"][5] = float("nan")
    with pytest.raises(CheckpointError, match=r"not finite in stages\.3\.0\.norm\.bias"):
        recognise("x.pth", state)


def test_timm_gives_stages_downsampling_and_norm():
    state = with_blocks(timm_state())
    found = recognise("timm", state)
    assert (found.origin, found.depths, found.dims, found.patch_size) == ("timm", (1, 1, 12, 1), DIMS, 8)
    assert found.fresh == (
        "initial_conv.0.weight",
        "initial_conv.0.bias",
        "initial_conv.1.weight",
        "initial_conv.1.bias",
        "stem.0.weight",
        "stem.0.bias",
    )
    assert found.unused == ("head.fc.weight", "head.norm.weight", "stem.0.bias", "stem.0.weight")
    own = found.state
    assert torch.equal(own["stem.1.bias"], state["stem.1.bias"])
    assert torch.equal(own["downsample_layers.2.1.weight"], state["stages.3.downsample.1.weight"])
    assert torch.equal(own["downsample_layers.0.0.weight"], state["stages.1.downsample.0.weight"])
    assert torch.equal(own["stages.1.0.dwconv.weight"], state["stages.1.blocks.0.conv_dw.weight"])
    assert torch.equal(own["stages.2.11.pwconv1.weight"], state["stages.2.blocks.11.mlp.fc1.weight"][:, :, 0, 0])
    assert torch.equal(own["stages.0.0.grn.gamma"].flatten(), state["stages.0.blocks.0.mlp.grn.weight"])
    assert torch.equal(own["stages.0.0.grn.beta"].flatten(), state["stages.0.blocks.0.mlp.grn.bias"])
    assert own["stages.0.0.grn.beta"].shape == (1, 1, 1, 32)


def test_what_timm_lacks_is_random_but_always_the_same():
    state = with_blocks(timm_state())
    torch.manual_seed(99)
    first = recognise("timm", state).state["initial_conv.0.weight"]
    after = torch.rand(1)
    torch.manual_seed(99)
    assert torch.equal(after, torch.rand(1)), "the caller's own random numbers changed"
    assert torch.equal(recognise("timm", state).state["initial_conv.0.weight"], first)
    assert first.std() > 0.01


def test_the_first_convnext_has_no_grn_and_is_refused():
    state = {name: tensor for name, tensor in with_blocks(timm_state()).items() if ".grn." not in name}
    with pytest.raises(CheckpointError, match=r"missing: .*grn\.gamma"):
        recognise("convnext_atto", state)


def test_features_equal_those_of_timm():
    from mmearth.weights.timm_import import import_timm

    try:
        timm = import_timm()
    except ResourceError:
        pytest.skip("timm is not installed")
    torch.manual_seed(3)
    theirs = timm.create_model("convnextv2_atto", pretrained=False).eval()
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            parameter.add_(torch.randn_like(parameter) * (0.3 if "grn" in name else 0.02))
    found = recognise("atto", theirs.state_dict())
    assert found.size == "atto"
    ours = Encoder(12, found.depths, found.dims, found.patch_size).eval()
    ours.load_state_dict(found.state)
    x = torch.randn(2, 40, 24, 16)
    with torch.no_grad():
        wanted = theirs.stages(x)
        for number, blocks in enumerate(ours.stages):
            x = ours.downsample_layers[number - 1](x.clone()) if number else x
            for block in blocks:
                x = block(x)
    assert (x - wanted).abs().max() / wanted.std() < 1e-4


def convert(path, out, **fields):
    return protocol.ConvertWeightsRequest(checkpoint=str(path), weights_out=str(out), **fields)


def test_converted_weights_load_and_say_what_they_are(official, tmp_path, report):
    path, encoder = official()
    stats = tmp_path / "data_1M_v001_64_band_stats.json"
    stats.write_text(json.dumps(official_checkpoint.band_stats()))
    result = convert_weights.run(convert(path, tmp_path / "o.safetensors", statistics=str(stats)), report)
    weights = load_weights(result["weights"])
    assert (weights.depths, weights.dims, weights.patch_size, weights.bands) == (DEPTHS, DIMS, 8, DATA_BANDS)
    # B8A before B8, and B10 left out: bands 8, 9, 10, 12, 13 of the file.
    assert weights.levels["l2a"]["mean"][7:] == [800.0, 900.0, 1000.0, 1200.0, 1300.0]
    assert weights.levels["l1c"]["std"][10:] == [121.0, 131.0]
    for name, tensor in encoder.state_dict().items():
        assert torch.allclose(weights.encoder[name], tensor, atol=1e-3, rtol=1e-3), name
    card = json.loads(Path(result["card"]).read_text())
    assert card["weights"]["hash"] == f"sha256:{result['sha256']}" == f"sha256:{weights.sha256}"
    assert card["ready"] is result["ready"] is True
    assert any("synthetic sample scene" in limit for limit in card["limits"])
    assert ("warning", result["warnings"][0]) in report.logs
    assert "synthetic sample scene" in weights.summary
    built = build_encoder(weights, torch.device("cpu"), torch.float32)
    assert all(bool(maps.isfinite().all()) for maps in built(torch.randn(1, 12, 64, 64)))


def test_calibration_is_that_of_the_sample_scene(official, tmp_path, report):
    import rasterio

    path, encoder = official(in_chans=3)
    weights = load_weights(convert_weights.run(convert(path, tmp_path / "o.safetensors"), report)["weights"])
    assert weights.bands == RGB
    with rasterio.open(Path(__file__).parents[2] / "resources" / "sample" / "scene.tif") as scene:
        pixels = scene.read([2, 3, 4])
    mean, std = (np.array(v, np.float32)[:, None, None] for v in (weights.mean, weights.std))
    encoder.eval()
    images = torch.from_numpy(np.clip((pixels - mean) / std, -6, 6).astype(np.float32))[None]
    with torch.no_grad():
        features = encoder(images)[0]  # the first stage sees few pixels, so borders hardly matter
    ours = weights.feature_mean[: DIMS[0]]
    assert np.abs(ours - features.mean((0, 2, 3)).numpy()).max() < 0.1 * features.std()


def test_without_statistics_the_bundled_ones_serve_and_that_is_said(official, tmp_path, report):
    bundled = load_weights("")
    result = convert_weights.run(convert(official(in_chans=3)[0], tmp_path / "o.safetensors"), report)
    index = bundled.bands.index("B3")
    assert load_weights(result["weights"]).mean[1] == bundled.mean[index]
    assert any("not those of the checkpoint's own training" in warning for warning in result["warnings"])


def test_timm_weights_are_flagged_as_a_start(tmp_path, report):
    torch.save(with_blocks(timm_state()), tmp_path / "timm.pth")
    result = convert_weights.run(convert(tmp_path / "timm.pth", tmp_path / "o.safetensors"), report)
    assert result["ready"] is False
    assert "pretrain with it as the start before use" in load_weights(result["weights"]).summary
    assert json.loads(Path(result["card"]).read_text())["random_tensors"] == result["fresh"] != []


def test_timm_by_name_needs_timm(tmp_path, report, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(ResourceError, match="timm is not installed"):
        convert_weights.run(convert("timm:convnextv2_atto.fcmae", tmp_path / "o.safetensors"), report)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda stats: stats["sentinel2_l2a"]["mean"].pop(), "12 numbers per level, wanted are 13"),
        (lambda stats: stats.clear(), "lacks a number"),
        (lambda stats: stats["sentinel2_l2a"]["std"].__setitem__(3, float("nan")), "lacks a number"),
        (lambda stats: stats["sentinel2_l1c"]["std"].__setitem__(3, 0.0), "not above 0"),
        (lambda stats: stats.__setitem__("sentinel2_l2a", 3), "cannot be read"),
    ],
)
def test_statistics_that_do_not_serve(tmp_path, change, words):
    stats = official_checkpoint.band_stats()
    change(stats)
    (tmp_path / "s.json").write_text(json.dumps(stats))
    with pytest.raises(InputError, match=words):
        read_statistics(str(tmp_path / "s.json"), DATA_BANDS)


def test_cancel_leaves_no_file(official, tmp_path, report):
    report.cancel_at = 4
    path, _ = official()
    with pytest.raises(Cancelled):
        convert_weights.run(convert(path, tmp_path / "out.safetensors"), report)
    assert not list(tmp_path.glob("out*"))


def test_a_missing_folder_is_said_before_the_work(official, tmp_path, report):
    with pytest.raises(ResourceError, match="does not exist"):
        convert_weights.run(convert(official()[0], tmp_path / "no" / "o.safetensors"), report)
    assert [phase for phase, _, _ in report.calls] == ["Reading checkpoint"] * 2


def test_timm_names_without_a_place_are_left_out():
    found = remap_timm(collections.OrderedDict(timm_state()))
    assert not [name for name in found if name.startswith(("head", "initial_conv", "stem.0"))]
