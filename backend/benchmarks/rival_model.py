"""The model that every contender of `embed_rivals` runs: the bundled encoder with a linear head, as a plain module.

Imported in the environments of the rivals, so that it needs torch alone. Knows nothing of rasters.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.convnextv2 import Encoder

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "weights" / "mpmae_atto_s2.safetensors"
CLASSES = 10
LEVEL = "l2a"
CLIP = 6.0  # standard deviations, as `mmearth.embedding.features` clips
DTYPES = {"F16": torch.float16, "F32": torch.float32}


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Returns the tensors of a safetensors file in float32, and our configuration out of its metadata."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    config = json.loads(header.pop("__metadata__")["mmearth"])
    body = bytearray(content[8 + length :])
    tensors: dict[str, Tensor] = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        flat = torch.frombuffer(body, dtype=dtype, offset=start, count=(end - start) // dtype.itemsize)
        tensors[name] = flat.view(entry["shape"]).float()
    return tensors, config


class ClassMapper(nn.Module):
    """Standardises digital numbers, encodes them with GRN per image, as published, and classifies every pixel."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        tensors, config = read_tensors(WEIGHTS)
        statistics = config["levels"][LEVEL]
        for name in ("mean", "std"):
            self.register_buffer(name, torch.tensor(statistics[name], dtype=torch.float32)[:, None, None])
        self.encoder = Encoder(len(config["bands"]), config["depths"], config["dims"], config["patch_size"])
        prefix = "encoder."
        self.encoder.load_state_dict({k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)})
        for block in self.encoder.blocks():
            # Under autocast all in bfloat16: a fifth faster here than the float32 convolutions that training prefers.
            block.convolve = block.dwconv.forward  # type: ignore[method-assign, assignment]
        self.head = nn.Conv2d(config["dims"][-1], CLASSES, 1)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        """Takes (N, bands, H, W) digital numbers; returns (N, classes, H, W) scores."""
        scaled = ((images - self.mean) / self.std).clamp_(-CLIP, CLIP)
        scores = self.head(self.encoder(scaled)[-1])
        return functional.interpolate(scores, size=images.shape[-2:], mode="bilinear", align_corners=False)


class FoldedClassMapper(ClassMapper):
    """The same with our frozen GRN, folded: what of our gain is the model's and not the engine's."""

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Loads the weights of a `ClassMapper`, then folds GRN into them."""
        found = super().load_state_dict(state_dict, strict, assign)
        tensors, config = read_tensors(WEIGHTS)
        self.encoder.freeze_grn([tensors[f"grn.{index:02d}"] for index in range(sum(config["depths"]))])
        self.encoder.requires_grad_(False).fold_grn()
        return found


@torch.no_grad()
def calibrate(model: ClassMapper, sample: Tensor) -> None:
    """Centres and scales the random head, so that all classes occur in the map."""
    std, mean = torch.std_mean(model(sample), dim=(0, 2, 3))
    std = std.clamp_min(1e-6)
    model.head.weight.div_(std[:, None, None, None])
    model.head.bias.sub_(mean).div_(std)  # type: ignore[union-attr]
