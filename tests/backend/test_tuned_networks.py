"""The networks of fine-tuning, and that the quick way they run in training gives the same values and gradients."""

import pytest
import tiny_tuning
import torch
from mmearth.models import tuned_forward
from mmearth.models.classifier import Classifier
from mmearth.models.tuned_networks import (
    KINDS,
    ProbeNet,
    RegionClassifier,
    StandardisedHead,
    build_network,
    network_kind,
)
from mmearth.models.unet import UNet
from mmearth.models.upsampling import doubled_convolution
from torch.nn import functional


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (2, 5), (16, 3)])
def test_a_doubled_convolution_is_one_of_the_doubled_map(rows, cols):
    torch.manual_seed(0)
    x = torch.randn(2, 5, rows, cols, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, 5, 3, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(3, dtype=torch.float64, requires_grad=True)
    wanted = functional.conv2d(functional.interpolate(x, scale_factor=2.0), weight, bias, padding=1)
    found = doubled_convolution(x, weight, bias)
    assert found.shape == wanted.shape == (2, 3, 2 * rows, 2 * cols)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)
    direction = torch.randn_like(wanted)
    for a, b in zip(
        torch.autograd.grad(found, (x, weight, bias), direction),
        torch.autograd.grad(wanted, (x, weight, bias), direction),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-11)


@pytest.mark.parametrize("frozen", [0, 2, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_training_computes_what_the_network_computes(kind, frozen):
    network = tiny_tuning.make_network(kind, depths=(1, 2, 1, 1)).double().train(False)
    images = torch.randn(2, tiny_tuning.BANDS, 32, 48, dtype=torch.float64)
    regions = torch.rand(2, 32, 48) > 0.4 if kind == "regions" else None
    arguments = (images,) if kind != "regions" else (images, regions)
    wanted = network(*arguments)
    front = tuned_forward.Front(network.encoder, frozen, torch.float64) if frozen else None
    # The quick way computes convolutions in float32; the reference differs by no more than that.
    found = tuned_forward.run(network.float(), images.float(), _in_float32(front), regions, 0)
    torch.testing.assert_close(found.double(), wanted, rtol=1e-4, atol=1e-4 * float(wanted.detach().abs().max()))
    direction = torch.randn_like(found)
    found_gradients = _gradients(network, found, direction)
    wanted_gradients = _gradients(
        network, network(*(a.float() if a.is_floating_point() else a for a in arguments)), direction
    )
    stages = [name for name in wanted_gradients if _is_trained(name, frozen)]
    assert stages
    assert set(found_gradients) == set(stages)
    for name in stages:
        error = (found_gradients[name] - wanted_gradients[name]).norm() / wanted_gradients[name].norm().clamp(min=1e-6)
        assert error < 1e-3, name


def _in_float32(front):
    if front is not None:
        front._encoder.float()
        front._dtype = torch.float32
    return front


def _gradients(network, values, direction):
    network.zero_grad()
    values.backward(direction)
    return {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


def _is_trained(name, frozen):
    if not name.startswith("encoder.") or frozen == 0:
        return True
    _, part, number, *_ = name.split(".")
    stage = {"stages": int(number), "downsample_layers": int(number) + 1}.get(part, 0) if number.isdecimal() else 0
    return part in ("stages", "downsample_layers") and stage >= frozen


def test_frozen_stages_stay_as_they_were_copied():
    network = tiny_tuning.make_network("unet")
    images = torch.randn(1, tiny_tuning.BANDS, 16, 16)
    front = tuned_forward.Front(network.encoder, 4, torch.float32)
    before = tuned_forward.run(network, images, front)
    with torch.no_grad():
        network.encoder.stages[1][0].dwconv.weight.add_(1.0)
    torch.testing.assert_close(tuned_forward.run(network, images, front), before, rtol=0, atol=0)
    assert not torch.allclose(tuned_forward.run(network, images), before)


def test_training_wants_frozen_grn():
    network = tiny_tuning.make_network("unet")
    network.encoder.blocks()[0].grn.statistics = None
    with pytest.raises(ValueError, match="frozen and not folded"):
        tuned_forward.run(network, torch.randn(1, tiny_tuning.BANDS, 16, 16))


def test_drop_path_leaves_samples_out_and_keeps_the_mean():
    torch.manual_seed(0)
    change = torch.ones(4000, 2, 2, 3)
    found = tuned_forward.drop_path(change, 0.25)
    assert sorted(found.unique().tolist()) == pytest.approx([0.0, 4 / 3])
    assert float(found.mean()) == pytest.approx(1.0, abs=0.05)
    assert bool((found.flatten(1).std(dim=1) == 0).all())  # whole samples
    assert tuned_forward.drop_path(change, 0.0) is change


@pytest.mark.parametrize("patch_px", [8, 16])
def test_a_probe_is_linear_in_the_standardised_features_of_all_stages(patch_px):
    network = tiny_tuning.make_network("probe", patch_px=patch_px)
    mean, std = torch.randn(56), torch.rand(56) + 0.5
    network.standardise(mean, std)
    images = torch.randn(1, tiny_tuning.BANDS, 32, 32)
    found = network(images)
    assert found.shape == (1, tiny_tuning.CLASSES, 32, 32)
    wanted = torch.zeros_like(found)
    start = 0
    for head, maps in zip(network.heads, network.encoder(images), strict=True):
        own = slice(start, start + maps.shape[1])
        start = own.stop
        z = (maps - mean[own, None, None]) / (std[own, None, None] * 56**0.5)
        logits = torch.einsum("kc,nchw->nkhw", head.head.weight, z) + head.head.bias[:, None, None]
        wanted += functional.interpolate(logits, size=(32, 32), mode="bilinear")
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_standardised_head_says_what_it_is_on_plain_features():
    head = StandardisedHead(3, 2)
    head.mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    head.scale.copy_(torch.tensor([2.0, 0.5, 1.0]))
    with torch.no_grad():
        head.head.weight.copy_(torch.tensor([[1.0, 0.0, 0.0], [0.0, 4.0, 1.0]]))
        head.head.bias.copy_(torch.tensor([0.5, -1.0]))
    weight, bias = head.linear()
    assert weight.tolist() == [[2.0, 0.0, 0.0], [0.0, 2.0, 1.0]]
    assert bias.tolist() == [-1.5, -8.0]


def test_a_region_that_is_the_image_is_classified_as_an_image():
    network = tiny_tuning.make_network("regions")
    whole = Classifier(network.encoder, tiny_tuning.CLASSES)
    whole.norm, whole.head = network.norm, network.head
    images = torch.randn(3, tiny_tuning.BANDS, 32, 16)
    found = network(images, torch.ones(3, 32, 16, dtype=torch.bool))
    assert found.shape == (3, 1, tiny_tuning.CLASSES)
    torch.testing.assert_close(found[:, 0], whole(images), rtol=1e-4, atol=1e-5)


def test_a_region_counts_by_its_share_of_every_cell():
    network = tiny_tuning.make_network("regions")
    images = torch.randn(1, tiny_tuning.BANDS, 16, 16)
    regions = torch.zeros(1, 16, 16, dtype=torch.bool)
    regions[0, :8, :8] = True  # all of the first cell
    regions[0, 8:12, 8:] = True  # half of the last
    features = network.encoder(images)[-1][0]
    mean = (features[:, 0, 0] + 0.5 * features[:, 1, 1]) / 1.5
    torch.testing.assert_close(network(images, regions)[0, 0], network.classify(mean), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell_px", [8, 16])
def test_cells_are_classified_row_by_row(cell_px):
    network = tiny_tuning.make_network("regions")
    images = torch.randn(2, tiny_tuning.BANDS, 32, 48)
    found = network(images, None, cell_px)
    rows, cols = 32 // cell_px, 48 // cell_px
    assert found.shape == (2, rows * cols, tiny_tuning.CLASSES)
    features = network.encoder(images)[-1]
    row, col = rows - 1, 1
    side = cell_px // 8
    part = features[:, :, slice(row * side, (row + 1) * side), slice(col * side, (col + 1) * side)]
    wanted = network.classify(part.mean(dim=(-2, -1)))
    torch.testing.assert_close(found[:, row * cols + col], wanted, rtol=1e-4, atol=1e-5)


def test_an_empty_region_has_finite_logits():
    network = tiny_tuning.make_network("regions")
    found = network(torch.randn(1, tiny_tuning.BANDS, 16, 16), torch.zeros(1, 16, 16, dtype=torch.bool))
    assert found.isfinite().all()


def test_kinds():
    found = {kind: type(build_network(kind, tiny_tuning.make_encoder(), 2)) for kind in KINDS}
    assert found == {"probe": ProbeNet, "unet": UNet, "regions": RegionClassifier}
    assert [network_kind("segmentation", rung) for rung in ("probe", "decoder", "partial", "full")] == [
        "probe", "unet", "unet", "unet",
    ]  # fmt: skip
    assert {network_kind("classification", rung) for rung in ("probe", "partial", "full")} == {"regions"}
    with pytest.raises(ValueError, match="no network 'tree'"):
        build_network("tree", tiny_tuning.make_encoder(), 2)
