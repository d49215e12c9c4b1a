"""The five steps from a raster to a map: which state each is in, and why. Knows no widgets and no layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, Tuple

from .messages import tr

SCENE, EMBED, LABEL, TRAIN, MAP = "scene", "embed", "label", "train", "map"
STEPS = (SCENE, EMBED, LABEL, TRAIN, MAP)
WAITING, READY, RUNNING, OUT_OF_DATE, DONE, PROBLEM = "waiting", "ready", "running", "out of date", "done", "problem"


def step_names() -> Dict[str, str]:
    """Returns what the steps are called."""
    return {SCENE: tr("Scene"), EMBED: tr("Embed"), LABEL: tr("Label"), TRAIN: tr("Train"), MAP: tr("Map")}


@dataclass(frozen=True)
class StepState:
    """How far a step is.

    Attributes:
        state: One of the states above.
        text: One sentence for the user: what is missing, what it will do, or what it did.
    """

    state: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What a step made, and from what.

    Attributes:
        source: What it depended on; another value of the same kind now means that it is out of date.
        text: What came of it.
    """

    source: Any
    text: str


@dataclass(frozen=True)
class Facts:
    """What the states follow from.

    Attributes:
        scene: (path, bounds, bands, units, weights) of the raster and how it is read; None while none is chosen.
        scene_text: What the backend says of it; empty while it has not answered.
        problem: Why the scene cannot be used; empty if it can.
        is_embedding: Whether the scene is an embedding itself.
        labels: Identifies label layer, field and state of its edits; None while there is none.
        classes, polygons: That teach.
        outcomes: Step → what it made last.
        running: The step that is at work; empty if none.
    """

    scene: Any = None
    scene_text: str = ""
    problem: str = ""
    is_embedding: bool = False
    labels: Any = None
    classes: int = 0
    polygons: int = 0
    outcomes: Tuple[Tuple[str, Outcome], ...] = ()
    running: str = ""

    def with_outcome(self, step: str, outcome: Outcome) -> Facts:
        """Returns the facts after a step made something."""
        others = tuple(entry for entry in self.outcomes if entry[0] != step)
        return replace(self, outcomes=(*others, (step, outcome)))


def states(facts: Facts) -> Dict[str, StepState]:
    """Returns the state of every step."""
    found = {
        SCENE: _scene(facts),
        EMBED: _embed(facts),
        LABEL: _label(facts),
        TRAIN: _train(facts),
        MAP: _map(facts),
    }
    if facts.running in found:
        found[facts.running] = StepState(RUNNING, tr("At work: see below."))
    return found


def _scene(facts: Facts) -> StepState:
    if facts.scene is None:
        return StepState(WAITING, tr("Choose the raster to work on."))
    if facts.problem:
        return StepState(PROBLEM, facts.problem)
    if not facts.scene_text:
        return StepState(READY, tr("Looking at the raster…"))
    return StepState(DONE, facts.scene_text)


def _embed(facts: Facts) -> StepState:
    if not _is_usable(facts):
        return StepState(WAITING, tr("Needs a scene."))
    if facts.is_embedding:
        return StepState(DONE, tr("The scene is an embedding already."))
    made = dict(facts.outcomes).get(EMBED)
    if made is not None and made.source == facts.scene:
        return StepState(DONE, made.text)
    if made is not None and made.source[0] == facts.scene[0]:
        return StepState(OUT_OF_DATE, tr("The last embedding is of another extent, or reads the scene otherwise."))
    return StepState(READY, tr("For exploring and smart select; training needs none."))


def _label(facts: Facts) -> StepState:
    if facts.labels is None:
        return StepState(READY if _is_usable(facts) else WAITING, tr("Make a label layer, or choose one."))
    if facts.classes < 2:
        text = tr("{n} polygons in {k} classes: draw some of at least two classes.")
        return StepState(READY, text.format(n=facts.polygons, k=facts.classes))
    return StepState(DONE, tr("{n} polygons in {k} classes").format(n=facts.polygons, k=facts.classes))


def _train(facts: Facts) -> StepState:
    made = dict(facts.outcomes).get(TRAIN)
    if made is not None and made.source == facts.labels:  # with masks there are no polygons, before and after
        return StepState(DONE, made.text)
    if not _is_usable(facts) or facts.classes < 2:
        return StepState(WAITING, tr("Needs a scene and polygons of two classes, or masks."))
    if made is None:
        text = tr("Ready to learn from {n} polygons of {k} classes.")
        return StepState(READY, text.format(n=facts.polygons, k=facts.classes))
    text = tr("The labels have changed since the last training ({text}).")
    return StepState(OUT_OF_DATE, text.format(text=made.text.rstrip(".")))


def _map(facts: Facts) -> StepState:
    made = dict(facts.outcomes).get(MAP)
    if not _is_usable(facts):
        return StepState(WAITING, tr("Needs a scene and a model."))
    if made is None:
        return StepState(READY, tr("Train a model, or choose a saved one."))
    if made.source[0] != facts.scene[:-1]:  # the weights are the model's own
        return StepState(OUT_OF_DATE, tr("The last map is of another scene, extent or reading."))
    if made.source[1] is not None and made.source[1] != facts.labels:
        return StepState(OUT_OF_DATE, tr("The labels have changed since the last map."))
    return StepState(DONE, made.text)


def _is_usable(facts: Facts) -> bool:
    return facts.scene is not None and bool(facts.scene_text) and not facts.problem
