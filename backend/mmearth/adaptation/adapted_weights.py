"""Weights of what an adaptation learned: in the space of the known ones where it learned to say the same.

Knows no files.
"""

from dataclasses import replace

import torch
from torch import Tensor

from mmearth.adaptation.adaptation import Adaptation
from mmearth.adaptation.pair_data import PairData
from mmearth.adaptation.stage_agreement import match_channels, stage_agreement
from mmearth.embedding.calibration import Calibration, calibrate
from mmearth.models.convnextv2 import Encoder
from mmearth.progress import Report
from mmearth.weights.checkpoints import Weights
from mmearth.weights.shared_space import SharedSpace

RAW = "raw"


def adapted_weights(mode: str, adaptation: Adaptation, data: PairData, weights: Weights, report: Report) -> Weights:
    """Makes weights of the best state.

    What learned to say the known features themselves keeps their components, its channels are brought to theirs, and
    how well they agree is measured; else the encoder is calibrated on windows of the new sensor.

    Args:
        mode: One of `protocol.ADAPT_MODES`, for people.
        adaptation: Done, or as far as it came.
        data: What it learned from.
        weights: Of the known sensor.
        report: Told meanwhile; cancels between batches.
    """
    best = adaptation.best
    state = {name: tensor.float().cpu() for name, tensor in best.state.items()}
    adapted = Weights(
        size=weights.size,
        depths=weights.depths,
        dims=weights.dims,
        patch_size=weights.patch_size,
        bands=data.target_bands,
        levels={RAW: {"mean": data.target_mean.tolist(), "std": data.target_std.tolist()}},
        band_dropout=False,
        summary=(
            f"Encoder for {', '.join(data.target_bands)} at {data.working_m:g} m, adapted from '{weights.name}' "
            f"({mode}, {best.step} steps, {len(data.target)} pairs of windows)."
        ),
        encoder=state,
        **vars(_calibration(state, adaptation, data, weights, report)),
    )
    if not adaptation.recipe.distill:
        return adapted
    adapted = match_channels(adapted, weights, adaptation.windows, adaptation.device, report)
    found = stage_agreement(adapted, adaptation.space, adaptation.windows, adaptation.device, report)
    return replace(adapted, space=SharedSpace(weights.home, weights.name, found))


def _calibration(
    state: dict[str, Tensor], adaptation: Adaptation, data: PairData, weights: Weights, report: Report
) -> Calibration:
    if adaptation.recipe.distill:
        responses = [response.cpu() for response in adaptation.responses]
        return Calibration(
            responses, weights.feature_mean, weights.feature_std, weights.feature_scale, weights.components
        )
    encoder = Encoder(len(data.target_bands), weights.depths, weights.dims, weights.patch_size)
    encoder.load_state_dict(state)
    encoder.requires_grad_(False).train(False).to(adaptation.device)
    crops = adaptation.windows.calibration(torch.Generator().manual_seed(0)).to(adaptation.device)
    return calibrate(encoder, crops, report, grn=adaptation.responses)
