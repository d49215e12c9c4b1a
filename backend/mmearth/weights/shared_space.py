"""Whose space adapted weights live in, and how well: what their files, embeddings and models say of it.

Imports the standard library only; knows nothing of files or encoders.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

MEASURES = ("retrieval", "chance", "cosine", "deranged_cosine")
LEAST_RETRIEVAL, LEAST_MARGIN = 5.0, 0.2  # times chance; cosine with the same ground less that with other ground
FAR_BETTER = 2.0  # times the retrieval of the weakest stage


@dataclass(frozen=True)
class SharedSpace:
    """The space of other weights that weights were adapted to.

    Attributes:
        sha256: Of the weights whose space it is: those that the first of a chain of adaptations learned from.
        taught_by: Name of the weights that these learned from themselves.
        agreement: Stage → `MEASURES` (of `space_agreement.agreement`) with those, on held-out ground.
    """

    sha256: str
    taught_by: str
    agreement: dict[int, dict[str, float]]

    def to_json(self, stages: tuple[int, ...] = ()) -> dict[str, Any]:
        """Returns what `read_space` reads, of some stages; of all where none are named."""
        kept = {str(stage): found for stage, found in self.agreement.items() if not stages or stage in stages}
        return {**asdict(self), "agreement": kept}

    @property
    def weakest(self) -> int | None:
        """A poor stage before others, and of those the one that finds its own ground least; None without any."""
        poor = self.poor
        return min(
            self.agreement, key=lambda stage: (stage not in poor, self.agreement[stage]["retrieval"]), default=None
        )

    @property
    def poor(self) -> tuple[int, ...]:
        """The stages that agree too little to rely on."""
        return tuple(
            stage
            for stage, found in sorted(self.agreement.items())
            if found["retrieval"] < LEAST_RETRIEVAL * found["chance"] or margin(found) < LEAST_MARGIN
        )

    @property
    def stronger(self) -> tuple[int, ...]:
        """The stages that agree far better than the weakest; other stages of the same weights carry over worse."""
        weakest, poor = self.weakest, self.poor
        if weakest is None:
            return ()
        least = 0.0 if weakest in poor else FAR_BETTER * self.agreement[weakest]["retrieval"]
        return tuple(
            stage
            for stage, found in sorted(self.agreement.items())
            if stage not in (*poor, weakest) and found["retrieval"] >= least
        )


def margin(found: dict[str, float]) -> float:
    """Returns by how much the cosine with the same ground exceeds that with other ground."""
    return found["cosine"] - found["deranged_cosine"]


def read_space(stored: Any) -> SharedSpace | None:
    """Reads what `SharedSpace.to_json` wrote; None where nothing is stored.

    Raises:
        ValueError: it is something else.
    """
    if stored is None:
        return None
    try:
        sha256, taught_by, agreement = stored["sha256"], stored["taught_by"], stored["agreement"]
        measured = {
            int(stage): {measure: float(found[measure]) for measure in MEASURES} for stage, found in agreement.items()
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("what it says of a shared space cannot be read") from error
    if not (isinstance(sha256, str) and sha256 and isinstance(taught_by, str)):
        raise ValueError("what it says of a shared space names no weights")
    if not all(math.isfinite(value) for found in measured.values() for value in found.values()):
        raise ValueError("its agreement with a shared space is not finite")
    return SharedSpace(sha256, taught_by, measured)
