"""Which rung of the ladder pays: climbs while held-out scores improve beyond their noise.

Knows scores; nothing of networks or files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from mmearth.tuning.tuning_scores import (
    FEWEST_GROUPS,
    TuningScores,
    changed_groups,
    difference,
    is_better,
    is_better_in_most,
)

# A network's scores lean to the bright side by about this much, as held-out labels chose the moment to stop; what is
# tuned must gain more than that over what is not.
LEAST_GAIN = 0.01


class Tried(Protocol):
    """What a rung reached on the held-out samples."""

    @property
    def rung(self) -> str: ...  # noqa: D102
    @property
    def scores(self) -> TuningScores: ...  # noqa: D102


T = TypeVar("T", bound=Tried)


@dataclass(frozen=True)
class Climb(Generic[T]):
    """How a climb ended.

    Attributes:
        tried: In order, with what was there before the first rung.
        chosen: One of them.
        decision: Why, as a sentence or two.
    """

    tried: tuple[T, ...]
    chosen: T
    decision: str


def climb(rungs: Sequence[str], train: Callable[[str], T], frozen: T | None) -> Climb[T]:
    """Trains rung after rung, at least two, as long as each is better than the best before it beyond noise.

    Args:
        rungs: From the one that trains least.
        train: Trains and scores one.
        frozen: What needs no training of a network; it is kept unless a rung beats it beyond noise, and in most of the
            held-out groups that the two score differently. None: there is no such thing, and the best rung is kept.
    """
    tried: list[T] = []
    best: T | None = None
    for rung in rungs:
        found = train(rung)
        tried.append(found)
        if best is None or _beats(found, best):
            best = found
        else:
            break
    if best is None:
        raise ValueError("there is no rung to climb")
    if frozen is None:
        return Climb(tuple(tried), best, f"'{best.rung}' is kept: {_why(best, tried)}")
    everything = (frozen, *tried)
    gain = _spoken(best, frozen)
    if _beats(best, frozen) and is_better_in_most(best.scores, frozen.scores):
        decision = f"'{best.rung}' is kept: it is better than the {frozen.rung} model on the frozen encoder {gain}."
        return Climb(everything, best, decision)
    decision = (
        f"No rung is better than the {frozen.rung} model on the frozen encoder beyond noise, the best of them is "
        f"'{best.rung}' {gain}; so the {frozen.rung} model is written."
    )
    better, worse = changed_groups(best.scores, frozen.scores)
    if len(best.scores.draws):
        decision += f" Of {best.scores.groups} held-out groups it scores {better} better and {worse} worse."
    else:
        decision += f" With fewer than {FEWEST_GROUPS} held-out groups no gain could be told from chance."
    return Climb(everything, frozen, decision)


def _beats(first: Tried, second: Tried) -> bool:
    return is_better(first.scores, second.scores) and difference(first.scores, second.scores)[0] > LEAST_GAIN


def _why(best: Tried, tried: Sequence[Tried]) -> str:
    others = [other for other in tried if other is not best]
    if not others:
        return "it is the only rung that was tried."
    if best is tried[-1]:
        return f"it is better than '{others[-1].rung}' {_spoken(best, others[-1])}, and there is no higher rung."
    return f"'{tried[-1].rung}' is not better beyond noise {_spoken(tried[-1], best)}."


def _spoken(first: Tried, second: Tried) -> str:
    gain, interval = difference(first.scores, second.scores)
    if interval is None:
        return f"(macro-F1 {gain:+.2f}, interval not known)"
    return f"(macro-F1 {gain:+.2f}, 95 % interval {interval[0]:+.2f} to {interval[1]:+.2f})"
