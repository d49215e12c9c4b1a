"""The losses of a step that a recipe asks for, but self-distillation, which passes its gradients back itself.

Knows neither optimiser nor files.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mmearth.adaptation.adaptation_losses import Alignment, XStarsAlignment, distillation, msad, soft_similarity
from mmearth.adaptation.adaptation_recipe import AdaptRecipe
from mmearth.adaptation.anchor_masks import anchor_masks
from mmearth.adaptation.known_space import LEVELS, KnownSpace
from mmearth.adaptation.pair_data import PairData
from mmearth.adaptation.windows import Cells
from mmearth.models.convnextv2 import Encoder
from mmearth.models.fcmae import FCMAE, random_mask, removed_patches
from mmearth.models.pretext_losses import pretext_losses
from mmearth.pretraining.tasks import INPUT, Task
from mmearth.progress import Report

_DECODER = 256


class StepLosses:
    """Compares the student with the teacher, and lets it rebuild what was hidden.

    Args:
        recipe: Which losses.
        data: Windows of both sensors.
        space: What the teacher says.
        student: Learns.
        generator: Of the CPU; draws masks and tokens.

    Attributes:
        heads: What tokens are compared through, where the recipe contrasts; the optimiser must get them.
        model: The autoencoder around the student, where the recipe rebuilds; so must its decoder.
    """

    def __init__(
        self, recipe: AdaptRecipe, data: PairData, space: KnownSpace, student: Encoder, generator: torch.Generator
    ) -> None:
        self._recipe, self._data, self._space = recipe, data, space
        self._student, self._generator = student, generator
        self._patch = space.weights.patch_size
        self.heads = self._make_heads()
        self.model = self._make_model()

    def modules(self) -> list[nn.Module]:
        """Returns what is to be trained beside the student.

        Where it is not in the optimiser it stays as it was drawn, as the heads of arXiv:2405.09922's code do.
        """
        heads: list[nn.Module] = [] if self.heads is None else [self.heads]
        if self.model is None:
            return heads
        return heads + [part for name, part in self.model.named_children() if name != "encoder"]

    def of(
        self, indexes: np.ndarray, crops: Tensor, cells: Sequence[Cells], report: Report
    ) -> dict[str, tuple[float, Tensor]]:
        """Returns name → (weight, loss).

        Args:
            indexes: Numbers of the windows.
            crops: (N, B, H, W) of the new sensor, standardised.
            cells: Of the teacher, that each covers.
            report: Asked whether to go on.

        Raises:
            Cancelled: it was asked to stop.
        """
        recipe = self._recipe
        losses: dict[str, tuple[float, Tensor]] = {}
        keep: Tensor | None = None
        mask: Tensor | None = None
        seen = crops
        if recipe.anchors != "none":
            hidden, mask = self._anchors(len(crops), crops.shape[-1], cells[-1].side)
            keep = (hidden == 0).to(crops.device)
            seen = crops * _spread(1 - mask, crops.shape[-1], self._patch).to(crops.device)
        if recipe.distill or recipe.contrast or recipe.similarity:
            with self._space.autocast:
                maps = self._student(seen.contiguous(memory_format=torch.channels_last))
            tokens = self._space.tokens(maps, cells)
            report.check()
            teacher = self._space.says(indexes, cells)
            top = LEVELS[-1]
            if recipe.distill:
                chosen = {top: (tokens[top], teacher[top])}
                if keep is None:
                    chosen = {stage: (tokens[stage], teacher[stage]) for stage in LEVELS}
                found = [distillation(*_kept(*pair, keep)) for pair in chosen.values()]
                losses["distill"] = (recipe.distill, torch.stack(found).mean())
            if isinstance(self.heads, XStarsAlignment):
                losses["xstars"] = (recipe.contrast, self.heads(tokens[top], teacher[top]))
            elif self.heads is not None:
                contrast = msad(tokens[top], teacher[top], self.heads, self._generator)
                losses["msad"] = (recipe.contrast, contrast)
            if recipe.similarity and self._data.land_cover is not None:
                cover = torch.from_numpy(self._data.land_cover[indexes]).float().to(crops.device)
                losses["land_cover"] = (recipe.similarity, soft_similarity(tokens[top].mean((2, 3)), cover))
        if self.model is not None:
            losses["rebuild"] = (recipe.rebuild, self._rebuild(self.model, crops, mask))
        return losses

    def _rebuild(self, model: FCMAE, crops: Tensor, mask: Tensor | None) -> Tensor:
        """Returns the loss of predicting removed patches of the new sensor's image from the others."""
        if mask is None:
            patches = (crops.shape[-1] // self._patch) ** 2
            mask = random_mask(len(crops), patches, self._recipe.mask_ratio, self._generator)
        removed = removed_patches(mask).to(crops.device)
        with self._space.autocast:
            predicted = model(crops, mask, removed)
        predicted = {name: values.float() for name, values in predicted.items()}
        return pretext_losses(predicted, {INPUT: crops}, removed, model.tasks, self._patch)[INPUT]

    def _anchors(self, count: int, side_px: int, cells: int) -> tuple[Tensor, Tensor]:
        recipe = self._recipe
        return anchor_masks(count, cells, side_px // self._patch, recipe.mask_ratio, recipe.anchors, self._generator)

    def _make_heads(self) -> Alignment | XStarsAlignment | None:
        if not self._recipe.contrast:
            return None
        width = self._space.weights.dims[LEVELS[-1]]
        return (XStarsAlignment(width) if self._recipe.published else Alignment(width)).to(self._space.device)

    def _make_model(self) -> FCMAE | None:
        if not self._recipe.rebuild:
            return None
        task = Task(INPUT, "map", len(self._data.target_bands))
        state = {name: tensor.clone() for name, tensor in self._student.state_dict().items()}
        model = FCMAE(self._student, (task,), _DECODER)
        self._student.load_state_dict(state)  # making the autoencoder draws new weights
        return model.to(self._space.device)


def _kept(student: Tensor, teacher: Tensor, keep: Tensor | None) -> tuple[Tensor, Tensor]:
    """Leaves the cells that are to be compared; equally many in each sample."""
    if keep is None:
        return student, teacher
    chosen = [
        part.flatten(2).transpose(1, 2)[keep.bool()].view(len(part), -1, part.shape[1]) for part in (student, teacher)
    ]
    return chosen[0].transpose(1, 2)[..., None], chosen[1].transpose(1, 2)[..., None]


def _spread(values: Tensor, side_px: int, patch: int) -> Tensor:
    """Returns (N, 1, H, W) of one value a patch."""
    side = side_px // patch
    return values.view(len(values), 1, side, side).repeat_interleave(patch, 2).repeat_interleave(patch, 3)
