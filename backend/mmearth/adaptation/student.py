"""The encoder that learns: the known one with a first convolution for other bands; and the known one as its teacher.

X-STARS for ConvNeXt V2 after Marsocci & Audebert 2024, arXiv:2405.09922: the domain teacher is frozen, and is so here.
"""

import torch
from torch import Tensor

from mmearth.adaptation.first_layer import fitted_layer, linear_prediction
from mmearth.models.convnextv2 import Encoder
from mmearth.weights.checkpoints import Weights, build_encoder

_INIT_STD = 0.02  # arXiv:2301.00808, §A.1


def build_teacher(weights: Weights, device: torch.device) -> Encoder:
    """Returns the known encoder as inference uses it: GRN frozen, nothing trainable, no dropout of any kind."""
    return build_encoder(weights, device, torch.float32)


def build_student(
    weights: Weights, matches: tuple[int | None, ...], from_scratch: bool, generator: torch.Generator
) -> Encoder:
    """Returns an encoder of the same shape for other bands, on the CPU, trainable, with GRN that is not frozen yet.

    Args:
        weights: Of the known sensor.
        matches: For each band of the new sensor the number of the known band that sees the same light, or None.
        from_scratch: Draw every weight at random.
        generator: Of a CPU.
    """
    encoder = Encoder(len(matches), weights.depths, weights.dims, weights.patch_size)
    if from_scratch:
        _draw(encoder, generator)
        return encoder
    state = {name: tensor.clone() for name, tensor in weights.encoder.items()}
    state["initial_conv.0.weight"] = first_kernels(state["initial_conv.0.weight"], matches)
    encoder.load_state_dict(state)
    return encoder


@torch.no_grad()
def fit_first_layer(student: Encoder, weights: Weights, target: Tensor, reference: Tensor) -> None:
    """Lets a student begin with what the known encoder would say of the reference, as far as its own bands tell it.

    Args:
        student: As `build_student` returns it.
        weights: Of the known sensor.
        target, reference: (N, B, S, S) and (N, K, S, S) of the same ground, standardised, on the reference's pixels.
    """
    known = (weights.encoder["initial_conv.0.weight"], weights.encoder["initial_conv.0.bias"])
    kernels, bias = fitted_layer(*known, *linear_prediction(target, reference))
    first = student.initial_conv[0]
    first.weight.copy_(kernels)  # type: ignore[operator]
    first.bias.copy_(bias)  # type: ignore[operator]


def first_kernels(kernels: Tensor, matches: tuple[int | None, ...]) -> Tensor:
    """Returns the first convolution's kernels for other bands.

    A band begins with the kernels of the band that sees the same light, one without such a band with their mean; all
    are scaled by the ratio of the numbers of bands, so that the sum stays as large as it was.

    Args:
        kernels: (width, bands, 3, 3) of the known sensor.
        matches: For each new band the number of a known one, or None.
    """
    mean = kernels.mean(dim=1)
    taken = [mean if match is None else kernels[:, match] for match in matches]
    return torch.stack(taken, dim=1) * (kernels.shape[1] / len(matches))


@torch.no_grad()
def freeze_responses(student: Encoder, images: Tensor) -> list[Tensor]:
    """Fixes the student's GRN to what it says of images, as inference does; returns the responses.

    What is trained is then what is used: features do not depend on what else is in a window.

    Args:
        student: GRN not frozen.
        images: (N, C, H, W) standardised.
    """
    responses = student.collect_grn(torch.split(images, 8))
    student.freeze_grn(responses)
    return responses


def _draw(encoder: Encoder, generator: torch.Generator) -> None:
    for name, parameter in encoder.named_parameters():
        if name.endswith("weight") and parameter.dim() > 1 and "grn" not in name:
            with torch.no_grad():
                parameter.normal_(0, _INIT_STD, generator=generator).clamp_(-2 * _INIT_STD, 2 * _INIT_STD)
        elif name.endswith("bias"):
            torch.nn.init.zeros_(parameter)
