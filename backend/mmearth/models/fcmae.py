"""The masked autoencoder of MP-MAE: encoder, one shared decoder, and a linear head per pretext task.

Woo et al. 2023, arXiv:2301.00808; Nedungadi et al. 2024, arXiv:2405.02771. Written from the papers. Every task reads
the same decoder features, so the decoder runs once. Knows nothing of files, normalisation statistics or optimisers.
"""

import torch
from torch import Tensor, nn

from mmearth.models.convnextv2 import NORM_EPS, Block, Encoder, GlobalResponseNorm
from mmearth.models.masked_encoder import encode_masked_dense, encode_packed
from mmearth.pretraining.tasks import Task

INIT_STD = 0.02  # arXiv:2301.00808, §A.1
DECODER_DIM, DECODER_DEPTH = 512, 1  # arXiv:2301.00808, §3.1
EXECUTIONS = ("packed", "masked_dense", "dense")
OFFICIAL_DENSE_EPS = 1e-4


def visible_count(patches: int, mask_ratio: float) -> int:
    """Returns how many of a sample's patches stay: the product is cut, not rounded (100 at 0.9 leave 9)."""
    return int(patches * (1 - mask_ratio))


def mask_from_noise(noise: Tensor, mask_ratio: float) -> Tensor:
    """Removes all but the patches of lowest noise.

    Args:
        noise: (N, L).
        mask_ratio: Share of patches to remove.

    Returns:
        (N, L) float, 1 = removed, 0 = kept.
    """
    order = noise.argsort(dim=1, stable=True)
    kept = order.narrow(1, 0, visible_count(noise.shape[1], mask_ratio))
    return torch.ones(noise.shape).scatter(1, kept, 0.0)


def random_mask(samples: int, patches: int, mask_ratio: float, generator: torch.Generator) -> Tensor:
    """Returns a mask as `mask_from_noise`, from normal noise of a CPU generator."""
    return mask_from_noise(torch.randn(samples, patches, generator=generator), mask_ratio)


def removed_patches(mask: Tensor) -> Tensor:
    """Returns the numbers of the removed patches of each sample, ascending, (N, R).

    Args:
        mask: (N, L), 1 = removed; equally many in each sample.
    """
    return mask.nonzero()[:, 1].view(len(mask), -1)


class FCMAE(nn.Module):
    """Encoder over visible patches, decoder, and heads.

    Args:
        encoder: What is to be learned.
        tasks: What to predict.
        decoder_dim: Channels of the decoder.
        execution: One of `EXECUTIONS`: how the encoder leaves removed patches out. "dense" only blanks the input, as
            the authors' code does without its sparse library; the other two are equal.
        official: As the authors' code: GRN of the encoder over the whole batch, that of the decoder with eps 1e-4 (as
            the encoder's when dense), visible pixels whose bands are all 0 absent, and its wide initial weights.
    """

    def __init__(
        self,
        encoder: Encoder,
        tasks: tuple[Task, ...],
        decoder_dim: int = DECODER_DIM,
        execution: str = "packed",
        official: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.tasks = tasks
        self.execution = execution
        self.official = official
        width = encoder.blocks()[-1].norm.normalized_shape[0]
        self.proj = nn.Conv2d(width, decoder_dim, 1)
        self.mask_token = nn.Parameter(torch.empty(1, decoder_dim, 1, 1))
        self.decoder = nn.ModuleList(Block(decoder_dim) for _ in range(DECODER_DEPTH))
        self.pred = nn.ModuleDict(
            {task.name: nn.Linear(decoder_dim, task.channels * self._cells(task)) for task in tasks}
        )
        if any(task.kind in ("vector", "category") for task in tasks):
            self.image_norm = nn.LayerNorm(decoder_dim, eps=NORM_EPS)
        self._initialise()
        if official:
            dense = execution == "dense"
            for norm in _grn_layers(encoder):
                norm.over_batch = not dense
                norm.eps = OFFICIAL_DENSE_EPS if dense else norm.eps
            for norm in _grn_layers(self.decoder):
                norm.eps = OFFICIAL_DENSE_EPS

    def forward(self, inputs: Tensor, mask: Tensor, patches: Tensor | None = None) -> dict[str, Tensor]:
        """Predicts every task from the visible patches.

        Args:
            inputs: (N, C, H, W) standardised, without gaps, H = W.
            mask: (N, L), 1 = removed; best in the memory of the CPU.
            patches: (N, R) patches to predict maps at; None means all.

        Returns:
            By task, (N, R or L, patch²·channels) in the layout of `patchify`, or (N, channels).
        """
        decoded = self.decode(self.encode(inputs, mask), mask)
        cells = decoded.flatten(2).transpose(1, 2)
        chosen = cells if patches is None else cells.gather(1, patches[..., None].expand(-1, -1, cells.shape[-1]))
        predicted = {}
        pooled: Tensor | None = None
        for task in self.tasks:
            if task.kind in ("map", "class_map"):
                predicted[task.name] = self.pred[task.name](chosen)
            else:
                pooled = self.image_norm(cells).mean(dim=1) if pooled is None else pooled
                predicted[task.name] = self.pred[task.name](pooled)
        return predicted

    def encode(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Returns the last stage of the encoder, (N, dims[3], rows, cols)."""
        keep = self._keep(inputs, mask)
        if self.execution == "dense":
            hidden = inputs.shape[-1] // keep.shape[-1]
            visible = keep.repeat_interleave(hidden, 1).repeat_interleave(hidden, 2)
            return self.encoder(inputs * visible[:, None].to(inputs.device))[-1]  # type: ignore[no-any-return]
        valid = (inputs != 0).any(dim=1) if self.official else None
        if valid is not None and bool(valid.all()):
            valid = None
        if self.execution == "packed":
            return encode_packed(self.encoder, inputs, keep, valid)
        return encode_masked_dense(self.encoder, inputs, keep.to(inputs.device), valid)[-1]

    def decode(self, encoded: Tensor, mask: Tensor) -> Tensor:
        """Puts the mask token at removed patches and returns decoder features, (N, decoder_dim, rows, cols)."""
        keep = (mask == 0).view(-1, 1, *encoded.shape[2:]).to(encoded.device)
        projected = self.proj(encoded)
        x = torch.where(keep, projected, self.mask_token.to(projected.dtype))
        for block in self.decoder:
            x = block(x)
        return x

    def _keep(self, inputs: Tensor, mask: Tensor) -> Tensor:
        grid = inputs.shape[-1] // self.encoder.patch_size
        return (mask == 0).view(-1, grid, grid)

    def _cells(self, task: Task) -> int:
        return self.encoder.patch_size**2 if task.kind in ("map", "class_map") else 1

    def _initialise(self) -> None:
        """Draws truncated normal weights; biases 0."""
        nn.init.normal_(self.mask_token, std=INIT_STD)
        for name, module in self.named_modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                wide = self.official and self._is_wide(name, module)
                nn.init.trunc_normal_(module.weight, std=1.0 if wide else INIT_STD)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def _is_wide(self, name: str, module: nn.Conv2d | nn.Linear) -> bool:
        """Says which weights the authors' code leaves at the default deviation of 1 (their sparse and dense layers)."""
        if name.startswith("encoder."):
            return isinstance(module, nn.Linear) or module.groups > 1
        maps = {f"pred.{task.name}" for task in self.tasks if task.kind in ("map", "class_map")}
        return isinstance(module, nn.Conv2d) or name in maps


def _grn_layers(module: nn.Module) -> list[GlobalResponseNorm]:
    return [layer for layer in module.modules() if isinstance(layer, GlobalResponseNorm)]
