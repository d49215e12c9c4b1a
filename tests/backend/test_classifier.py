"""The image classifier: its first logits, what it averages over, and that all of it learns."""

import pytest
import torch
from mmearth.models.classifier import Classifier
from mmearth.models.convnextv2 import Encoder

DEPTHS, DIMS = (1, 1, 2, 1), (8, 16, 24, 32)


@pytest.fixture
def classifier():
    torch.manual_seed(0)
    return Classifier(Encoder(3, DEPTHS, DIMS, 8), 4)


def test_head_starts_next_to_zero_and_spreads_as_published(classifier):
    torch.manual_seed(0)
    wide = Classifier(Encoder(3, DEPTHS, (8, 16, 24, 512), 8), 200).head
    assert wide.weight.std().item() == pytest.approx(2e-5, rel=0.01)  # 102 400 draws: ± 0.2 %
    assert not wide.bias.any()
    logits = classifier(torch.randn(2, 3, 32, 32))
    assert logits.shape == (2, 4)
    assert logits.abs().max() < 1e-3


def test_features_are_the_normalised_mean_over_all_cells(classifier):
    images = torch.randn(2, 3, 32, 24)
    with torch.no_grad():
        cells = classifier.encoder(images)[-1].numpy()
        features = classifier.features(images).numpy()
    assert cells.shape == (2, 32, 4, 3)
    pooled = cells.reshape(2, 32, 12).mean(axis=2)
    wanted = (pooled - pooled.mean(axis=1, keepdims=True)) / (pooled.var(axis=1, keepdims=True) + 1e-6) ** 0.5
    assert features == pytest.approx(wanted, abs=1e-4)


def test_sides_need_not_be_multiples_of_the_patch(classifier):
    assert classifier(torch.randn(1, 3, 29, 35)).shape == (1, 4)


def test_every_parameter_has_a_part_in_the_logits(classifier):
    torch.nn.init.normal_(classifier.head.weight)
    classifier(torch.randn(2, 3, 32, 32)).square().mean().backward()
    still = [name for name, parameter in classifier.named_parameters() if not parameter.grad.any()]
    assert not still
