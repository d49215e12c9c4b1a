"""The fine-tuning recipe beyond the reference vectors: phases, frozen parameters, missing labels, drop path at work."""

import pytest
import torch
from mmearth.models.classifier import Classifier
from mmearth.models.convnextv2 import Encoder
from mmearth.models.unet import UNet
from mmearth.tuning.published_recipe import (
    class_loss,
    drop_path_rates,
    freeze_encoder,
    layer_id,
    multi_label_loss,
    parameter_groups,
    set_drop_path,
    unfreeze_encoder,
)

DEPTHS, DIMS = (1, 1, 2, 1), (8, 16, 24, 32)


def encoder():
    torch.manual_seed(0)
    return Encoder(3, DEPTHS, DIMS, 8)


def test_groups_serve_an_optimiser():
    network = Classifier(encoder(), 2)
    groups = parameter_groups(network)
    torch.optim.AdamW(groups, lr=1e-3)
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    # 5 blocks: the head has the factor 1, the deepest block .9, the first block .9⁵.
    scale = {id(p): group["lr_scale"] for group in groups for p in group["params"]}
    assert scale[id(network.head.weight)] == scale[id(network.encoder.stem[0].weight)] == 1
    assert scale[id(network.encoder.stages[3][0].dwconv.weight)] == pytest.approx(0.9)
    assert scale[id(network.encoder.stages[0][0].dwconv.weight)] == pytest.approx(0.59049)


def test_deep_networks_fall_into_twelve_groups():
    depths = (3, 3, 27, 3)
    names = [f"stages.2.{block}.pwconv1.weight" for block in (0, 2, 3, 26)]
    assert [layer_id(name, depths, "group") for name in names] == [3, 3, 4, 11]
    assert layer_id("stages.3.2.pwconv1.weight", depths, "group") == 12
    assert layer_id("stages.3.2.pwconv1.weight", depths, "single") == 36
    assert layer_id("head.weight", depths, "single") == 37


def test_the_phases_of_segmentation_train_every_parameter_once():
    network = UNet(encoder(), 2)
    freeze_encoder(network)
    groups = parameter_groups(network)
    assert {id(p) for group in groups for p in group["params"]}.isdisjoint(map(id, network.encoder.parameters()))
    assert {group["lr_scale"] for group in groups} == {1.0}
    optimiser = torch.optim.AdamW(groups, lr=1e-3)
    optimiser.add_param_group(unfreeze_encoder(network))
    trained = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    assert sorted(map(id, trained)) == sorted(map(id, network.parameters()))
    assert all(parameter.requires_grad for parameter in trained)
    last = optimiser.param_groups[-1]
    assert (last["weight_decay"], last["lr_scale"]) == (0.0, 1.0)


def test_probing_leaves_the_encoder_as_it_was():
    network = Classifier(encoder(), 2)
    freeze_encoder(network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(parameter_groups(network), lr=0.1)
    class_loss(network(torch.randn(4, 3, 16, 16)), torch.tensor([0, 1, 0, 1]), 0.2).backward()
    optimiser.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"head.weight", "head.bias"}


def test_drop_path_skips_blocks_in_training_only():
    model, images = encoder(), torch.randn(8, 3, 16, 16)
    assert drop_path_rates(DEPTHS, 0.8) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    plain = model(images)[-1]
    set_drop_path(model, 0.8)
    assert not torch.allclose(model(images)[-1], plain)
    assert torch.equal(model.train(False)(images)[-1], plain)
    set_drop_path(model.train(), 0.0)
    assert torch.equal(model(images)[-1], plain)


def test_missing_labels_have_no_part_in_the_loss():
    logits = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    classes = torch.randint(0, 3, (2, 4, 4), generator=torch.Generator().manual_seed(1))
    partly = classes.clone()
    partly[:, 2:] = -1
    wanted = class_loss(logits[:, :, :2], classes[:, :2], 0.1)
    assert class_loss(logits, partly, 0.1) == pytest.approx(wanted.item(), rel=1e-6)
    assert class_loss(logits, torch.full_like(classes, -1), 0.1).isnan()


def test_smoothing_moves_targets_by_hand_computed_amounts():
    # Two classes with logits 0 and ln 3: probabilities 1/4 and 3/4. Smoothing .2 gives targets .1 and .9.
    logits = torch.tensor([[0.0, 3.0]]).clamp(max=torch.tensor(3.0).log().item())
    assert class_loss(logits, torch.tensor([1]), 0.2).item() == pytest.approx(0.1 * 1.386294 + 0.9 * 0.287682)
    # Independent labels, sigmoid(ln 3) = 3/4, absent: target .2.
    loss = multi_label_loss(torch.tensor([[1.0986123]]), torch.tensor([[0]]), 0.2)
    assert loss.item() == pytest.approx(0.2 * 0.287682 + 0.8 * 1.386294)
