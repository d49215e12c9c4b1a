"""Losses that bring a student's space to a teacher's, from places that both have seen.

Footprint distillation compares a token with the teacher's token of the same ground. MSAD (multi-sensor alignment,
dense) contrasts it with other tokens as well: Marsocci & Audebert, arXiv:2405.09922, here once with soft targets from
the teacher alone, once in the published form. Similarity guided by a map of land cover is after SoftCon,
arXiv:2405.20462. Written from the papers. Knows nothing of encoders, optimisers or files.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

TEMPERATURE = 0.1  # of cosines: at 1, soft targets are nearly uniform
MOST_TOKENS = 256  # in one contrast
PUBLISHED_WIDTH, PUBLISHED_DROPOUT, PUBLISHED_SMOOTHING = 1024, 0.2, 0.3  # arXiv:2405.09922, its code; its T is 1
SIMILARITY_SCALE, SIMILARITY_MIDDLE = 10.0, 0.5  # cosines of 0 and 1 are chances of .7 and 99.3 %


class ProjectionHead(nn.Module):
    """A linear layer, then a residual GELU layer and layer normalisation: the head of arXiv:2405.09922."""

    def __init__(self, inputs: int, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, outputs)
        self.second = nn.Linear(outputs, outputs)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Takes (…, inputs), returns (…, outputs)."""
        first = self.first(x)
        return self.norm(first + self.dropout(self.second(functional.gelu(first))))  # type: ignore[no-any-return]


class Alignment(nn.Module):
    """The heads of both sides for `msad`; the optimiser must get them, nobody needs them afterwards.

    Args:
        width: Channels of a token.
        hidden: Channels that tokens are compared in.
    """

    def __init__(self, width: int, hidden: int = 256) -> None:
        super().__init__()
        self.student = ProjectionHead(width, hidden)
        self.teacher = ProjectionHead(width, hidden)


class XStarsAlignment(nn.Module):
    """MSAD as X-STARS publishes it: each position is contrasted across the batch, not within an image.

    As in the authors' code there are an outer head for both sides and an inner one for each, no normalisation to unit
    length, T = 1, targets that carry gradients, label smoothing and dropout. Unlike it, the loss keeps its graph and
    the heads belong to this module, so that they can be trained. This encoder has no class token to add as a position.

    Args:
        width: Channels of a token.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.outer = ProjectionHead(width, PUBLISHED_WIDTH, PUBLISHED_DROPOUT)
        self.student = ProjectionHead(PUBLISHED_WIDTH, PUBLISHED_WIDTH, PUBLISHED_DROPOUT)
        self.teacher = ProjectionHead(PUBLISHED_WIDTH, PUBLISHED_WIDTH, PUBLISHED_DROPOUT)

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Returns the mean loss of all positions.

        Args:
            student: (N, C, h, w), N at least 2: with one place there is nothing to contrast.
            teacher: Like `student`, of the same ground.
        """
        if len(student) < 2 or student.shape != teacher.shape:
            raise ValueError(f"X-STARS contrasts 2 or more equal maps: {tuple(student.shape)}, {tuple(teacher.shape)}")
        # Squared lengths are near 1024: logits of bfloat16 would be wrong by several units.
        with torch.autocast(student.device.type, enabled=False):
            ours = self.student(self.outer(_by_position(student)))
            theirs = self.teacher(self.outer(_by_position(teacher)))
            logits = ours @ theirs.mT
            targets = ((ours @ ours.mT + theirs @ theirs.mT) / 2).softmax(dim=-1)
        rows = _cross_entropy(logits, _smooth(targets))
        columns = _cross_entropy(logits.mT, _smooth(targets.mT))
        return (rows + columns) / 2


def distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """Returns 1 - mean cosine of tokens of the same ground.

    Args:
        student: (N, C, h, w), pooled to the teacher's grid.
        teacher: Like `student`; gets no gradient.
    """
    return 1 - functional.cosine_similarity(student.float(), teacher.detach().float(), dim=1).mean()


def msad(
    student: Tensor,
    teacher: Tensor,
    heads: Alignment | None,
    generator: torch.Generator,
    temperature: float = TEMPERATURE,
    most: int = MOST_TOKENS,
) -> Tensor:
    """Contrasts tokens of all places and positions; how alike two are to the teacher is how alike they shall become.

    Args:
        student: (N, C, h, w), pooled to the teacher's grid.
        teacher: Like `student`; gets no gradient, its head does.
        heads: What tokens are compared through; None compares them as they are.
        generator: Of the CPU; draws tokens where there are more than `most`.
        temperature: Of the softmax of cosines.
        most: Tokens to contrast.
    """
    ours, theirs = _tokens(student), _tokens(teacher.detach())
    if len(ours) > most:
        drawn = torch.randperm(len(ours), generator=generator)[:most].to(ours.device)
        ours, theirs = ours[drawn], theirs[drawn]
    with torch.autocast(student.device.type, enabled=False):
        if heads is not None:
            ours, theirs = heads.student(ours), heads.teacher(theirs)
        ours, theirs = functional.normalize(ours, dim=1), functional.normalize(theirs, dim=1)
        logits = theirs @ ours.T / temperature
        targets = (theirs @ theirs.T / temperature).softmax(dim=1).detach()
    transposed = targets.T / targets.T.sum(dim=1, keepdim=True)
    return (_cross_entropy(logits, targets) + _cross_entropy(logits.T, transposed)) / 2


def soft_similarity(embedding: Tensor, land_cover: Tensor) -> Tensor:
    """Regresses how alike two places are to how alike their land cover is; 0 where no two places have any.

    Args:
        embedding: (N, C), one for each place.
        land_cover: (N, K), 1 for each class that a place has, else 0; places without a class are left out.
    """
    known = (land_cover > 0).any(dim=1)
    classes = functional.normalize(land_cover[known].float(), dim=1)
    vectors = functional.normalize(embedding[known].float(), dim=1)
    if len(vectors) < 2:
        return embedding.float().sum() * 0
    with torch.autocast(embedding.device.type, enabled=False):
        alike, wanted = vectors @ vectors.T, classes @ classes.T
    # Every pair once, no place with itself.
    first, second = torch.triu_indices(len(vectors), len(vectors), offset=1, device=vectors.device)
    chances = SIMILARITY_SCALE * (alike[first, second] - SIMILARITY_MIDDLE)
    # Rounding may take a cosine of equal places beyond 1.
    return functional.binary_cross_entropy_with_logits(chances, wanted[first, second].clamp(0, 1))


def _tokens(tokens: Tensor) -> Tensor:
    """(N, C, h, w) → (N·h·w, C)."""
    return tokens.float().permute(0, 2, 3, 1).flatten(0, 2)


def _by_position(tokens: Tensor) -> Tensor:
    """(N, C, h, w) → (h·w, N, C)."""
    return tokens.float().flatten(2).permute(2, 0, 1)


def _smooth(targets: Tensor) -> Tensor:
    return (1 - PUBLISHED_SMOOTHING) * targets + PUBLISHED_SMOOTHING / targets.shape[-1]


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return -(targets * logits.log_softmax(dim=-1)).sum(dim=-1).mean()
