"""The fine-tuning recipe against the official code: parameter groups, what is trained, drop path, losses."""

import golden_vectors
import numpy as np
import pytest
import torch
from mmearth.models.classifier import Classifier
from mmearth.models.convnextv2 import SIZES, Encoder
from mmearth.models.unet import UNet
from mmearth.tuning.published_recipe import (
    class_loss,
    drop_path_rates,
    freeze_encoder,
    layer_id,
    multi_label_loss,
    parameter_groups,
    set_drop_path,
)

NETWORKS = {"classifier": Classifier, "unet": UNet}
UNUSED = ("norm.weight", "norm.bias")  # of the official segmentation network, which never applies them


def network_of(kind, size, patch=8):
    return NETWORKS[kind](Encoder(12, *SIZES[size], patch), 10)


def rows_of(case, kind):
    return [row for row in golden_vectors.rows(case["file"]) if kind == "classifier" or row["name"] not in UNUSED]


@pytest.mark.parametrize(
    "case",
    golden_vectors.files(r"I_groups_finetune_(?P<kind>classifier|unet)_(?P<size>\w+)_(?P<layers>single|group)\.tsv"),
)
def test_groups_hold_the_official_parameters_at_the_official_rates(case):
    network = network_of(case["kind"], case["size"])
    names = {id(parameter): name.removeprefix("encoder.") for name, parameter in network.named_parameters()}
    found = {}
    groups = parameter_groups(network, case["layers"])
    for group in groups:
        for parameter in group["params"]:
            shape = "x".join(map(str, parameter.shape))
            found[names.pop(id(parameter))] = (shape, group["lr_scale"], group["weight_decay"])
    assert not names
    wanted = {row["name"]: row for row in rows_of(case, case["kind"])}
    assert found.keys() == wanted.keys()
    depths = SIZES[case["size"]][0]
    for name, row in wanted.items():
        shape, lr_scale, weight_decay = found[name]
        assert (shape, weight_decay) == (row["shape"], float(row["weight_decay"])), name
        assert layer_id(name, depths, case["layers"]) == int(row["layer_id"]), name
        golden_vectors.check(case["file"], "lr_scale", abs(lr_scale / float(row["lr_scale"]) - 1), 1e-12)
    assert len(groups) == len({(row["lr_scale"], row["weight_decay"]) for row in wanted.values()})


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("case", golden_vectors.files(r"C_trainable_(?P<size>\w+)_p(?P<patch>\d+)\.tsv"))
def test_probing_trains_the_official_parameters(case, kind):
    network = network_of(kind, case["size"], case["patch"])
    freeze_encoder(network)
    found = {name.removeprefix("encoder."): parameter.requires_grad for name, parameter in network.named_parameters()}
    rows = [row for row in rows_of(case, kind) if row["network"] == kind]
    assert found == {row["name"]: row["trainable_while_probing"] == "1" for row in rows}


@pytest.mark.parametrize("case", golden_vectors.files(r"I_droppath_(?P<size>\w+)\.tsv"))
def test_drop_path_rises_from_block_to_block(case):
    depths, dims = SIZES[case["size"]]
    wanted = [float(row["drop_path"]) for row in golden_vectors.rows(case["file"])]
    assert drop_path_rates(depths, 0.1) == pytest.approx(wanted, rel=1e-12)
    encoder = Encoder(12, depths, dims, 8)
    set_drop_path(encoder, 0.1)
    found = {
        (str(s), str(b)): block.drop_path_rate
        for s, blocks in enumerate(encoder.stages)
        for b, block in enumerate(blocks)
    }
    rows = {(row["stage"], row["block"]): float(row["drop_path"]) for row in golden_vectors.rows(case["file"])}
    assert found == pytest.approx(rows, rel=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.2])
@pytest.mark.parametrize("case", golden_vectors.files(r"J_downstream_losses\.npz"))
def test_losses_are_the_official_ones(case, smoothing):
    archive = golden_vectors.load(case["file"])
    for dtype, tolerance in ((torch.float64, 1e-11), (torch.float32, 1e-5)):
        logits = torch.from_numpy(archive["logits"]).to(dtype)
        found = {
            f"smoothed_ce_{smoothing}": class_loss(logits, torch.from_numpy(archive["classes"]), smoothing),
            f"smoothed_bce_{smoothing}": multi_label_loss(logits, torch.from_numpy(archive["multi_hot"]), smoothing),
        }
        for key, loss in found.items():
            assert loss.dtype == dtype
            golden_vectors.compare(case["file"], archive, key, np.asarray(loss), tolerance, str(dtype)[6:])
