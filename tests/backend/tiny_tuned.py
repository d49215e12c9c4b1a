"""Tuned networks of random numbers, and what plain torch makes of a whole scene with them."""

import numpy as np
import rasterio
import torch
from mmearth.models.convnextv2 import Encoder
from mmearth.models.tuned_networks import build_network
from mmearth.styles import ClassInfo
from mmearth.tuning.tuned_model import TunedModel
from mmearth.weights.checkpoints import Weights

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B11", "B12")
IN_FILE = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
DEPTHS, DIMS = (1, 1, 1, 1), (8, 12, 16, 20)
MEAN, STD = np.linspace(1200, 1700, 12), np.linspace(600, 900, 12)
CLASSES = (ClassInfo(3, "water", "#0000ff"), ClassInfo(7, "forest & co", "#00ff00"), ClassInfo(9, "paved", "#cc6677"))
TEMPERATURE = 1.6
PAD_PATCHES = 24  # beyond the scene: more than any layer looks at


def tuned(kind="unet", *, patch=8, unit="", cell_px=0, multi_label=False, seed=0, **changes):
    """Returns (model, network as torch has it: GRN frozen, not folded)."""
    torch.manual_seed(seed)
    encoder = Encoder(12, DEPTHS, DIMS, patch)
    grn = [torch.rand(4 * dim) + 0.5 for dim in DIMS]
    encoder.freeze_grn(grn)
    network = build_network(kind, encoder, len(CLASSES)).train(False).requires_grad_(False)
    for name, tensor in network.named_parameters():
        if "grn" in name or name.startswith("head"):
            tensor.normal_(std=0.5)
    if kind == "probe":
        for head, width in zip(network.heads, DIMS, strict=True):
            head.mean.normal_()
            head.scale.copy_(torch.rand(width) + 0.5)
            head.head.weight.normal_(std=0.3)
    head = {name: t.clone() for name, t in network.state_dict().items() if not name.startswith("encoder.")}
    empty = np.zeros(0, np.float32)
    weights = Weights(
        size="tiny", depths=DEPTHS, dims=DIMS, patch_size=patch, bands=BANDS,
        levels={"l2a": {"mean": MEAN.tolist(), "std": STD.tolist()}}, band_dropout=False, summary="random numbers",
        encoder={name: t.clone() for name, t in encoder.state_dict().items()}, grn=grn, feature_mean=empty,
        feature_std=empty, feature_scale=empty, components={}, path="tiny.v1.safetensors", sha256="ab12",
    )  # fmt: skip
    given = {
        "classes": CLASSES, "field": "kind", "task": "segmentation" if kind != "regions" else "classification",
        "unit": unit, "cell_px": cell_px, "multi_label": multi_label, "rung": "decoder", "temperature": TEMPERATURE,
        "scores": {"macro_f1": 0.5}, "units": "dn", "resolution_m": 10.0, **changes,
    }  # fmt: skip
    return TunedModel(weights=weights, kind=kind, head=head, **given), network


def seen(path, patch, nodata=0):
    """Returns (1, 12, rows, cols) standardised and padded with zeros, valid of the scene itself, pixels of padding."""
    with rasterio.open(path) as dataset:
        raw = dataset.read().astype(np.float64)
    valid = (raw != nodata).all(axis=0)
    ordered = raw[[IN_FILE.index(name) for name in BANDS]]
    image = np.where(valid, ((ordered - MEAN[:, None, None]) / STD[:, None, None]).clip(-6, 6), 0)
    pad = PAD_PATCHES * patch
    height, width = (-(-size // patch) * patch for size in valid.shape)
    whole = np.zeros((12, height + 2 * pad, width + 2 * pad), np.float32)
    whole[:, slice(pad, pad + valid.shape[0]), slice(pad, pad + valid.shape[1])] = image
    return torch.from_numpy(whole)[None], valid, pad


def softmax(logits, axis):
    cooled = logits.double() / TEMPERATURE
    return cooled.softmax(dim=axis).numpy()
