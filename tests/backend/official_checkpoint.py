"""Files as the MMEarth authors' code writes them, but tiny: names, shapes and kinds of content are theirs."""

import argparse
import pathlib

import numpy as np
import torch
from mmearth.models.convnextv2 import Encoder

DEPTHS, DIMS = (1, 1, 2, 1), (8, 12, 16, 20)
BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B10", "B11", "B12")


def make_encoder(in_chans=12, patch_size=8, seed=0):
    """Returns an encoder whose every number differs from its initial value."""
    torch.manual_seed(seed)
    encoder = Encoder(in_chans, DEPTHS, DIMS, patch_size)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return encoder


def to_sparse(state):
    """Returns the state dict of sparse pretraining that holds the same encoder: written element by element."""
    found = {"mask_token": torch.zeros(1, 512, 1, 1), "loss_fn.log_vars": torch.zeros(12)}
    for name, tensor in state.items():
        parts, value = name.split("."), tensor.numpy()
        if tensor.ndim == 4 and "grn" not in name:
            out, into, side, _ = value.shape
            kernel = np.zeros((side * side, into, out), np.float32)
            for row in range(side):
                for column in range(side):
                    kernel[row + side * column] = value[:, :, row, column].T
            depthwise = into == 1
            value, parts[-1] = (kernel[:, 0] if depthwise else kernel), "kernel"
        elif "grn" in name:
            value = value.reshape(1, -1)
        elif parts[-2].startswith("pwconv"):
            parts.insert(-1, "linear")
        elif name.replace("bias", "weight") in state and state[name.replace("bias", "weight")].ndim == 4:
            value = value.reshape(1, -1)
        else:
            parts.insert(-1, "ln")
        found["encoder." + ".".join(parts)] = torch.from_numpy(value.copy())
    found["proj.weight"] = torch.zeros(512, DIMS[-1], 1, 1)
    found["decoder_dict.sentinel2.0.norm.weight"] = torch.ones(512)
    found["pred_dict.sentinel2.bias"] = torch.zeros(768)
    return found


def write_official(path, encoder):
    """Writes checkpoint-199.pth."""
    torch.save(
        {
            "model": to_sparse(encoder.state_dict()),
            "optimizer": {"state": {0: {"exp_avg": torch.zeros(2000), "step": torch.tensor(1.0)}}, "param_groups": []},
            "epoch": 199,
            "scaler": {"scale": 65536.0, "_growth_tracker": 3},
            "args": argparse.Namespace(output_dir=pathlib.Path("/results"), epochs=200, device="cuda"),
        },
        path,
    )


def band_stats():
    """Returns the content of a band_stats.json: band i has mean 100·(i+1) in L2A, and L1C is brighter by 1000."""
    numbers = list(range(1, 14))
    absent = BANDS.index("B10")
    l2a = {"mean": [100.0 * i for i in numbers], "std": [10.0 * i for i in numbers]}
    for values in l2a.values():
        values[absent] = float("nan")
    l1c = {"mean": [100.0 * i + 1000 for i in numbers], "std": [10.0 * i + 1 for i in numbers]}
    return {"sentinel2_l1c": l1c, "sentinel2_l2a": l2a, "sentinel1": {"mean": [0.0] * 8, "std": [1.0] * 8}}
