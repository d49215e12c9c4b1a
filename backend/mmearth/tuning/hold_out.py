"""Which labelled things validate a fine-tuning: a share of every class, whole groups, each class on both sides.

Knows arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmearth.errors import InputError
from mmearth.validation.cross_validation import LISTED

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

_TRIES = 50  # draws, of which the one is taken whose shares come nearest to what is wanted


def hold_out(
    amounts: FloatArray, groups: IntArray, share: float, seed: int, names: Sequence[str], kind: str
) -> tuple[NDArray[np.bool_], list[str]]:
    """Chooses the samples that validate.

    Of every class that at least two groups hold about `share` of the groups is held out, at least one and never all.

    Args:
        amounts: (P, K) how much of each class a sample is: 1 for polygons, pixels for blocks of masks.
        groups: (P,) what each sample is held out with.
        share: Of every class, 0…1.
        seed: Of the draw.
        names: Of the classes.
        kind: "polygon", "block" or "scene", for messages.

    Returns:
        (P,) bool, and a sentence for every class that cannot be validated.

    Raises:
        InputError: no two classes can be validated.
    """
    numbers, group = np.unique(groups, return_inverse=True)
    mass = np.zeros((len(numbers), amounts.shape[1]))
    np.add.at(mass, group, amounts)
    holders = np.count_nonzero(mass, axis=0)
    scorable = holders > 1
    singles = [f"class '{names[c]}' has {holders[c] or 'no'} {kind}" for c in np.flatnonzero(~scorable).tolist()]
    listed = "; ".join([*singles[:LISTED], *([f"and {len(singles) - LISTED} more"] if len(singles) > LISTED else [])])
    if np.count_nonzero(scorable) < 2:
        raise InputError(
            f"No validation is possible: {listed}, and at least two classes are wanted with 2 {kind}s each, one to "
            "train on and one to validate.",
            "Label at least 2 of each class (5 are better), far from each other.",
        )
    rng = np.random.default_rng([seed, 0])
    held, distance = np.zeros(len(numbers), bool), np.inf
    for _ in range(_TRIES):
        drawn = _draw(mass > 0, scorable, share, rng)
        found = mass[drawn].sum(axis=0)[scorable] / mass.sum(axis=0)[scorable]
        off = float(np.abs(found - share).sum()) + 10 * float(np.count_nonzero(found == 0))
        if off < distance:
            held, distance = drawn, off
    notes = [f"It cannot be said how well a class is told apart that is not held out: {listed}."] if singles else []
    return held[group], notes


def _draw(
    holds: NDArray[np.bool_], scorable: NDArray[np.bool_], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Draws groups, (G,) bool; the rarest class first, and no class loses its last group of training."""
    held = np.zeros(len(holds), bool)
    count = np.count_nonzero(holds, axis=0)
    for c in np.argsort(count, kind="stable"):
        if not scorable[c]:
            continue
        wanted = min(int(count[c]) - 1, max(1, round(share * int(count[c]))))
        for g in rng.permutation(np.flatnonzero(holds[:, c] & ~held)):
            if np.count_nonzero(holds[held, c]) >= wanted:
                break
            left = np.count_nonzero(holds[~held], axis=0)
            if (left[holds[g]] > 1).all():
                held[g] = True
    return held
