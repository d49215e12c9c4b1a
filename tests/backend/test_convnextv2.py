"""The encoder: shapes, frozen and folded GRN, chunks, exact tiling."""

import copy

import pytest
import torch
from mmearth.models import convnextv2
from mmearth.models.convnextv2 import Encoder, best_dtype, receptive_halo_px
from torch.nn import functional

DEPTHS, DIMS = (1, 1, 2, 1), (8, 16, 24, 32)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_encoder(patch_size=8, depths=DEPTHS):
    """An encoder whose every parameter matters."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = Encoder(3, depths, DIMS, patch_size).requires_grad_(False)
        for parameter in encoder.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return encoder.eval()


def images(n=2, side=64, seed=1):
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def frozen_encoder(**kwargs):
    encoder = make_encoder(**kwargs)
    encoder.freeze_grn(encoder.collect_grn([images(4, seed=2)]))
    return encoder


def relative(found, wanted):
    return float((found - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize(("patch_size", "sides"), [(8, (64, 32, 16, 8)), (16, (32, 16, 8, 4))])
def test_stages_have_the_widths_and_strides_of_the_patch_size(patch_size, sides):
    features = make_encoder(patch_size)(images())
    assert [tuple(f.shape) for f in features] == [(2, c, s, s) for c, s in zip(DIMS, sides, strict=True)]


def test_last_stage_stops_early_with_the_same_features():
    encoder = make_encoder()
    early, complete = encoder(images(), last_stage=1), encoder(images())
    assert len(early) == 2
    assert all(torch.equal(a, b) for a, b in zip(early, complete, strict=False))


def test_parameter_names_are_those_of_published_dense_checkpoints():
    names = set(make_encoder().state_dict())
    assert {"initial_conv.0.weight", "initial_conv.1.bias", "stem.0.weight", "stem.1.weight"} <= names
    assert {"downsample_layers.2.0.weight", "downsample_layers.2.1.bias"} <= names
    block = {f"stages.2.1.{n}" for n in ("dwconv.weight", "norm.bias", "pwconv1.weight", "grn.gamma", "pwconv2.bias")}
    assert block <= names
    assert make_encoder().state_dict()["stages.1.0.grn.beta"].shape == (1, 1, 1, 4 * DIMS[1])


def test_atto_has_the_published_number_of_parameters():
    depths, dims = convnextv2.SIZES["atto"]
    with torch.device("meta"):
        assert sum(p.numel() for p in Encoder(12, depths, dims, 8).parameters()) == 3_389_320
        assert sum(p.numel() for p in Encoder(12, depths, dims, 16).parameters()) == 3_389_440


def test_block_agrees_with_the_formula_of_the_paper():
    block = make_encoder().stages[1][0]
    x = images(2, 12)[:, :1].repeat(1, 16, 1, 1) * torch.arange(1, 17)[:, None, None]
    mixed = functional.conv2d(x, block.dwconv.weight, block.dwconv.bias, padding=3, groups=16).permute(0, 2, 3, 1)
    centred = mixed - mixed.mean(-1, keepdim=True)
    normal = centred / (centred.square().mean(-1, keepdim=True) + 1e-6).sqrt() * block.norm.weight + block.norm.bias
    hidden = functional.gelu(normal @ block.pwconv1.weight.T + block.pwconv1.bias)
    energy = hidden.square().sum(dim=(1, 2), keepdim=True).sqrt()
    response = energy / (energy.mean(-1, keepdim=True) + 1e-6)
    hidden = block.grn.gamma * hidden * response + block.grn.beta + hidden
    wanted = x + (hidden @ block.pwconv2.weight.T + block.pwconv2.bias).permute(0, 3, 1, 2)
    assert relative(block(x), wanted) < 1e-5


def test_collected_grn_is_the_mean_over_images_however_batched():
    encoder = make_encoder()
    batch = images(4)
    together, apart = encoder.collect_grn([batch]), encoder.collect_grn(batch.split(1))
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(together, apart, strict=True))
    assert all(abs(float(a.mean()) - 1) < 1e-3 for a in together)  # Nx is a ratio to the channel mean


def test_folded_grn_equals_frozen_grn():
    encoder = frozen_encoder()
    folded = copy.deepcopy(encoder)
    folded.fold_grn()
    for found, wanted in zip(folded(images()), encoder(images()), strict=True):
        assert relative(found, wanted) < 1e-5


def test_folding_what_is_not_frozen_is_refused():
    with pytest.raises(ValueError, match="frozen"):
        make_encoder().fold_grn()


def test_frozen_grn_does_not_depend_on_other_samples_but_image_grn_depends_on_the_window():
    frozen, free = frozen_encoder(), make_encoder()
    window = images()[:, :, :, :32]
    corner = (..., slice(0, 1), slice(0, 1))  # of stage 0: the 3×3 and one 7×7 kernel see 8 pixels
    assert torch.allclose(frozen(window, 0)[0][corner], frozen(images(), 0)[0][corner], atol=1e-5)
    assert not torch.allclose(free(window, 0)[0][corner], free(images(), 0)[0][corner], atol=1e-3)


def test_chunks_do_not_change_features(monkeypatch):
    encoder = frozen_encoder()
    with torch.no_grad():
        chunked_default = encoder(images())
        monkeypatch.setattr(convnextv2, "CPU_CHUNK_PIXELS", 37)
        chunked = encoder(images())
    whole = encoder(images())  # with gradients enabled nothing is chunked
    for a, b, c in zip(chunked, chunked_default, whole, strict=True):
        assert relative(a, c) < 1e-5
        assert relative(b, c) < 1e-5


def test_the_hidden_layer_of_a_whole_window_never_exists(monkeypatch):
    monkeypatch.setattr(convnextv2, "CPU_CHUNK_PIXELS", 64)
    encoder = frozen_encoder()
    rows = []
    encoder.stages[0][0].pwconv1.register_forward_hook(lambda m, i, out: rows.append(len(out)))
    with torch.no_grad():
        encoder(images(1, 64))
    assert max(rows) == 64
    assert sum(rows) == 64 * 64


def test_input_is_left_as_it_was():
    batch = images().contiguous(memory_format=torch.channels_last)
    before = batch.clone()
    with torch.inference_mode():
        frozen_encoder()(batch)
    assert torch.equal(batch, before)


def test_halo_of_atto_is_the_receptive_field():
    assert receptive_halo_px((2, 2, 6, 2), 8, 3) == 144
    assert receptive_halo_px((2, 2, 6, 2), 8, 0) == 8  # 1 + 2 · 3
    assert receptive_halo_px((2, 2, 6, 2), 8, 1) == 24  # 1 + 6 + 12
    assert receptive_halo_px((2, 2, 6, 2), 16, 3) == 288  # 1 + 2 · 138 = 277


@pytest.mark.parametrize("patch_size", [8, 16])
def test_a_window_with_its_halo_has_the_features_of_the_whole_image(patch_size):
    encoder = frozen_encoder(patch_size=patch_size, depths=(1, 1, 1, 1))
    halo = receptive_halo_px((1, 1, 1, 1), patch_size, 3)
    inner = 2 * patch_size
    side = 2 * halo + inner + 6 * patch_size
    start = 3 * patch_size
    scene = images(1, side)
    part = slice(start, start + 2 * halo + inner)
    window = scene[..., part, part]
    with torch.no_grad():
        whole, tile = encoder(scene), encoder(window)
    for stage, (a, b) in enumerate(zip(whole, tile, strict=True)):
        stride = patch_size // 8 * 2**stage
        low, count = halo // stride, inner // stride
        first = (start + halo) // stride
        of_tile, of_scene = slice(low, low + count), slice(first, first + count)
        found = b[..., of_tile, of_tile]
        wanted = a[..., of_scene, of_scene]
        assert relative(found, wanted) < 1e-5


def test_a_pixel_beyond_the_halo_has_no_influence_and_one_at_its_edge_has():
    depths = (1, 1, 1, 1)
    encoder = frozen_encoder(depths=depths)
    reach = 1 + 3 * (1 + 2 + 4 + 8)  # exact, before rounding up to the patch
    assert receptive_halo_px(depths, 8, 3) == 48 >= reach
    scene = images(1, 160)
    cell, side = 80 // 8, 8  # the cell of stage 3 that covers pixels 80…87
    changed = {}
    for distance in (reach, reach + 1):
        other = scene.clone()
        other[..., :, side * cell + side - 1 + distance] += 50
        with torch.no_grad():
            difference = encoder(other)[3] - encoder(scene)[3]
        changed[distance] = float(difference[0, :, :, cell].abs().max())
    assert changed[reach] > 0
    assert changed[reach + 1] == 0


def test_bfloat16_features_are_close():
    encoder = frozen_encoder()
    encoder.fold_grn()
    with torch.inference_mode():
        wanted = encoder(images())
        found = encoder.bfloat16()(images().bfloat16())
    for a, b in zip(found, wanted, strict=True):
        assert float((a.float() - b).norm() / b.norm()) < 0.05


def test_best_dtype_of_this_processor_is_one_of_two():
    assert best_dtype(torch.device("cpu")) in (torch.float32, torch.bfloat16)
    assert best_dtype(torch.device("mps")) == torch.float32
