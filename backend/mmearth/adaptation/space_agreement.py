"""How well two encoders' spaces agree on tokens of the same ground: can what was learned in one be used in the other?

Knows nothing of encoders or of where tokens come from.
"""

import torch
from torch import Tensor
from torch.nn import functional

CHUNK_TOKENS = 1024  # rows of the table of similarities that exist at once
DIGITS = 6  # chance among thousands of tokens has its first digit late


@torch.no_grad()
def retrieval(student: Tensor, teacher: Tensor) -> float:
    """Returns the share of student tokens to which no teacher token is nearer, by cosine, than that of their ground.

    Where several are equally near, one of them counts: a space in which all is alike scores 1 / M, as chance does.

    Args:
        student: (M, C).
        teacher: (M, C), of the same ground, in the same order.
    """
    ours, theirs = functional.normalize(student.float(), dim=1), functional.normalize(teacher.float(), dim=1)
    found = 0.0
    for number, part in enumerate(torch.split(ours, CHUNK_TOKENS)):
        alike = part @ theirs.T
        nearest = alike == alike.amax(dim=1, keepdim=True)
        hits = nearest.diagonal(offset=number * CHUNK_TOKENS)
        found += float((hits / nearest.sum(dim=1)).sum())
    return found / len(ours)


@torch.no_grad()
def agreement(student: Tensor, teacher: Tensor) -> dict[str, float]:
    """Measures how well two spaces agree.

    Args:
        student: (M, C), M at least 2: tokens of places that were not trained on.
        teacher: (M, C), of the same ground, in the same order.

    Returns:
        `tokens`: M. `retrieval`: as of the function; `chance`: what guessing would give. `cosine`: of tokens of
        the same ground. `deranged_cosine`: of all tokens of different ground.
    """
    count = len(student)
    if count < 2 or student.shape != teacher.shape:
        raise ValueError(f"agreement wants two or more tokens of each: {tuple(student.shape)}, {tuple(teacher.shape)}")
    ours, theirs = functional.normalize(student.double(), dim=1), functional.normalize(teacher.double(), dim=1)
    same = float((ours * theirs).sum())
    # The cosines of all pairs add up to the product of the sums.
    every = float(ours.sum(dim=0) @ theirs.sum(dim=0))
    found = {
        "tokens": float(count),
        "retrieval": retrieval(student, teacher),
        "chance": 1 / count,
        "cosine": same / count,
        "deranged_cosine": (every - same) / (count * (count - 1)),
    }
    return {name: round(value, DIGITS) for name, value in found.items()}
