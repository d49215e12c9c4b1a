"""The first convolution that is fitted to pairs of images of the same ground."""

import pytest
import torch
from mmearth.adaptation.first_layer import fitted_layer, linear_prediction
from torch.nn import functional


def images(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_bands_that_are_a_mixture_of_the_new_ones_are_predicted_exactly():
    target = images(4, 3, 8, 8)
    mixture = torch.tensor([[1.0, 0.5, 0.0], [0.0, -2.0, 1.0]])
    reference = torch.einsum("kb,nbhw->nkhw", mixture, target) + torch.tensor([0.3, -1.0])[:, None, None]
    slopes, offsets = linear_prediction(target, reference)
    torch.testing.assert_close(slopes.float(), mixture, atol=0.01, rtol=0)
    torch.testing.assert_close(offsets.float(), torch.tensor([0.3, -1.0]), atol=0.01, rtol=0)


def test_an_unsure_prediction_keeps_the_spread_of_the_band_it_stands_for():
    target = images(16, 1, 8, 8)
    reference = 0.5 * target + images(16, 1, 8, 8, seed=1)  # most of it is noise to the target
    slopes, offsets = linear_prediction(target, reference)
    assert float(slopes[0, 0]) == pytest.approx(float(reference.std() / target.std()), rel=0.01)
    assert float(offsets[0]) == pytest.approx(float(reference.mean() - slopes[0, 0] * target.mean()), abs=1e-6)


def test_the_sign_of_what_runs_the_other_way_is_kept():
    target = images(16, 1, 8, 8)
    slopes, _ = linear_prediction(target, -0.3 * target + 0.1 * images(16, 1, 8, 8, seed=1))
    assert float(slopes[0, 0]) < 0


@pytest.mark.parametrize("constant", ["reference", "target"])
def test_a_band_that_never_varies_predicts_and_is_predicted_as_its_mean(constant):
    varied, flat = images(4, 1, 8, 8), torch.full((4, 1, 8, 8), 0.7)
    target, reference = (varied, flat) if constant == "reference" else (torch.zeros(4, 1, 8, 8), varied)
    slopes, offsets = linear_prediction(target, reference)
    assert slopes.abs().max() < 1e-6
    torch.testing.assert_close(offsets[0].float(), reference.mean())


def test_the_folded_convolution_sees_what_the_known_one_sees_of_the_prediction():
    target, kernels, bias = images(2, 3, 9, 9), images(5, 4, 3, 3, seed=1), images(5, seed=2)
    slopes, offsets = images(4, 3, seed=3).double(), images(4, seed=4).double()
    predicted = torch.einsum("kb,nbhw->nkhw", slopes.float(), target) + offsets.float()[:, None, None]
    wanted = functional.conv2d(predicted, kernels, bias)
    torch.testing.assert_close(
        functional.conv2d(target, *fitted_layer(kernels, bias, slopes, offsets)), wanted, atol=1e-4, rtol=1e-4
    )
