"""Dense encoder, classifier and segmentation network against outputs of the official code: families A, B, C and J."""

from contextlib import contextmanager

import golden_vectors
import pytest
import torch
from mmearth.models.classifier import Classifier
from mmearth.models.convnextv2 import SIZES, Block, Encoder, GlobalResponseNorm, PixelNorm
from mmearth.models.unet import UNet
from mmearth.weights.foreign_weights import remap_official

OFFICIAL_GRN_EPS = 1e-4  # of the official dense networks; the sparse ones use 1e-6
PRECISIONS = [pytest.param(torch.float64, 1e-10, id="float64"), pytest.param(torch.float32, 3e-5, id="float32")]
SMALL = [pytest.param(torch.float64, 1e-11, id="float64"), pytest.param(torch.float32, 1e-5, id="float32")]
PADDINGS = [pytest.param(True, id="official"), pytest.param(False, id="same")]


def sides(archive):
    return sorted({int(key.split(".")[0][1:]) for key in archive.files if key.endswith(".x")})


def official_encoder(case, official_padding):
    depths, dims = SIZES[case["size"]]
    encoder = Encoder(12, depths, dims, case["patch"], official_padding=official_padding)
    for block in encoder.blocks():
        block.grn.eps = OFFICIAL_GRN_EPS
    return encoder


def load_official(network, weights, ignored=()):
    """Loads weights of the official names; every other name must be there, in its shape."""
    own = {name for name, _ in network.named_children()} - {"encoder"}
    state = {
        name if name.split(".")[0] in own else f"encoder.{name}": torch.from_numpy(value)
        for name, value in weights.items()
        if name not in ignored
    }
    network.load_state_dict(state, strict=True)


def compare(case, archive, key, mine, tolerance, what):
    """Checks an array, and by its stored sums the places of a thinned one that are not stored."""
    golden_vectors.compare(case["file"], archive, key, mine, tolerance, what)
    if key not in archive:
        values, square = mine.double(), float(archive[f"{key}__sumsq"])
        by_sum = abs(float(values.sum()) - archive[f"{key}__sum"]) / (values.numel() * square) ** 0.5
        by_square = abs(float((values**2).sum()) - square) / square
        golden_vectors.check(case["file"], what + ", sums", max(by_sum, by_square / 2), tolerance)


@contextmanager
def watched(layers):
    """Yields a dict that receives what each layer returns."""
    found = {}

    def remember(where):
        def hook(layer, inputs, output):
            found[where] = output.clone()

        return hook

    handles = [layer.register_forward_hook(remember(where)) for where, layer in layers.items()]
    yield found
    for handle in handles:
        handle.remove()


def encoder_layers(encoder):
    stages = {f"stage{number}": blocks[-1] for number, blocks in enumerate(encoder.stages)}
    return {"initial_conv": encoder.initial_conv, "stem": encoder.stem, **stages}


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("official_padding", PADDINGS)
@pytest.mark.parametrize("case", golden_vectors.files(r"A_dense_(?P<size>\w+)_p(?P<patch>\d+)\.npz"))
@torch.no_grad()
def test_classifier_gives_the_official_features_and_logits(case, official_padding, dtype, tolerance):
    archive = golden_vectors.load(case["file"])
    network = Classifier(official_encoder(case, official_padding), 10).to(dtype).train(False)
    load_official(network, golden_vectors.weights(f"params_A_{case['size']}_p{case['patch']}.tsv", "params_A"))
    compared = set()
    for side in sides(archive):
        images = torch.from_numpy(archive[f"s{side}.x"]).to(dtype)
        prefix = f"s{side}.{'official' if official_padding else 'same'}."
        with watched(encoder_layers(network.encoder) | {"normed": network.norm}) as results:
            results["logits"] = network(images)
        results["pooled"] = results["stage3"].mean(dim=(-2, -1))
        for where, found in results.items():
            compare(case, archive, prefix + where, found, tolerance, str(dtype).removeprefix("torch."))
            compared.add(prefix + where)
    stored = {key.split("__")[0] for key in archive.files if not key.endswith(".x")}
    assert compared == {key for key in stored if (".official." in key) == official_padding}


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("case", golden_vectors.files(r"B_unet_(?P<size>\w+)_p(?P<patch>\d+)\.npz"))
@torch.no_grad()
def test_segmentation_network_gives_the_official_features_and_logits(case, dtype, tolerance):
    archive = golden_vectors.load(case["file"])
    network = UNet(official_encoder(case, False), 7).to(dtype).train(False)
    weights = golden_vectors.weights(f"params_B_{case['size']}_p{case['patch']}.tsv", "params_B")
    load_official(network, weights, ignored=("norm.weight", "norm.bias"))
    decoder = {f"up{number}": layer for number, layer in enumerate(network.upsample_layers)}
    decoder["initial_conv_upsample"] = network.initial_conv_upsample
    compared = {}
    for side in sides(archive):
        with watched(encoder_layers(network.encoder) | decoder) as results:
            results["logits"] = network(torch.from_numpy(archive[f"s{side}.x"]).to(dtype))
        for where, found in results.items():
            compare(case, archive, f"s{side}.{where}", found, tolerance, str(dtype).removeprefix("torch."))
            compared[side, where] = tuple(found.shape)
    assert compared == {
        (int(row["input"]), row["where"]): tuple(map(int, row["shape"].split("x")))
        for row in golden_vectors.rows("B_unet_shapes.tsv")
        if (row["model"], row["patch"]) == (case["size"], f"p{case['patch']}")
    }


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("case", golden_vectors.files(r"C_chain_(?P<size>\w+)_p(?P<patch>\d+)\.npz"))
@torch.no_grad()
def test_pretraining_checkpoint_gives_the_official_features(case, dtype, tolerance):
    archive = golden_vectors.load(case["file"])
    sparse = golden_vectors.weights(f"params_mpmae_{case['size']}_p{case['patch']}.tsv", "params_mpmae")
    encoder_weights = remap_official({name: torch.from_numpy(value) for name, value in sparse.items()})
    images = torch.from_numpy(archive["x"]).to(dtype)
    results = {}
    for official_padding, key in ((True, "classifier_official_pad"), (False, "classifier_same_pad")):
        encoder = official_encoder(case, official_padding).to(dtype)
        encoder.load_state_dict(encoder_weights, strict=True)
        results[f"{key}.features"] = Classifier(encoder, 2).to(dtype).features(images)
    deepest, (stage2, stage1, stem, first) = UNet(encoder, 2).encode(images)
    results |= {"unet_encoder.deepest": deepest, "unet_encoder.skip0": first, "unet_encoder.skip1": stem}
    results |= {"unet_encoder.skip2": stage1, "unet_encoder.skip3": stage2}
    for key, found in results.items():
        compare(case, archive, key, found, tolerance, str(dtype).removeprefix("torch."))
    assert {"x", *results} == {key.split("__")[0] for key in archive.files}


@pytest.mark.parametrize(("dtype", "tolerance"), SMALL)
@pytest.mark.parametrize("case", golden_vectors.files(r"J_blocks\.npz"))
def test_block_and_its_gradients_are_the_official_ones(case, dtype, tolerance):
    archive = golden_vectors.load(case["file"])
    block = Block(8).to(dtype)
    block.grn.eps = OFFICIAL_GRN_EPS
    prefix = "block.w."
    block.load_state_dict(
        {key.removeprefix(prefix): torch.from_numpy(archive[key]) for key in archive.files if key.startswith(prefix)}
    )
    x = torch.from_numpy(archive["block.x"]).to(dtype).requires_grad_()
    y = block(x)
    y.backward(torch.from_numpy(archive["block.dy"]).to(dtype))
    results = {"block.y": y.detach(), "block.dx": x.grad}
    results |= {f"block.dw.{name}": parameter.grad for name, parameter in block.named_parameters()}
    for key, found in results.items():
        compare(case, archive, key, found, tolerance, f"block {str(dtype).removeprefix('torch.')}")
    with torch.no_grad():
        compare(case, archive, "block.y", block(x), tolerance, f"block {str(dtype).removeprefix('torch.')}")
    assert len(results) == 12


@pytest.mark.parametrize(("dtype", "tolerance"), SMALL)
@pytest.mark.parametrize("case", golden_vectors.files(r"J_blocks\.npz"))
@torch.no_grad()
def test_normalisations_are_the_official_ones_near_zero_too(case, dtype, tolerance):
    archive = golden_vectors.load(case["file"])

    def stored(key):
        return torch.from_numpy(archive[key]).to(dtype)

    what = f"norms {str(dtype).removeprefix('torch.')}"
    grn = GlobalResponseNorm(8).to(dtype)
    grn.eps = OFFICIAL_GRN_EPS
    grn.gamma.copy_(stored("grn.gamma"))
    grn.beta.copy_(stored("grn.beta"))
    compare(case, archive, "grn.dense", grn(stored("grn.x_nhwc")), tolerance, what)
    compare(case, archive, "grn.dense_on_1e-4_x", grn(stored("grn.x_nhwc") * 1e-4), tolerance, what)
    norm = PixelNorm(8).to(dtype)
    norm.weight.copy_(stored("ln.weight"))
    norm.bias.copy_(stored("ln.bias"))
    compare(case, archive, "ln.y", norm(stored("ln.x_nchw")), tolerance, what)
    compare(case, archive, "ln.y_on_1e-3_x", norm(stored("ln.x_nchw") * 1e-3), tolerance, what)


@pytest.mark.parametrize("case", golden_vectors.files(r"J_parameter_counts\.tsv"))
def test_networks_have_the_official_number_of_parameters(case):
    def count(module):
        return sum(parameter.numel() for parameter in module.parameters())

    for row in golden_vectors.rows(case["file"]):
        depths, dims = SIZES[row["model"]]
        assert "-".join(map(str, depths)) == row["depths"]
        assert "-".join(map(str, dims)) == row["dims"]
        with torch.device("meta"):
            encoder = Encoder(12, depths, dims, int(row["patch"]))
            assert count(encoder) == int(row["encoder"])
            assert count(Classifier(encoder, 10)) == int(row["classifier_10_classes"])
            unused = 2 * dims[-1]  # the official network owns a normalisation that it never applies
            assert count(UNet(encoder, 7)) + unused == int(row["unet_7_classes"])
