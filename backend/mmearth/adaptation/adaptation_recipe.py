"""Numbers of an adaptation; see reference in each line's comment. Pure."""

from dataclasses import dataclass

from mmearth.errors import InputError
from mmearth.protocol import ADAPT_MODES, ANCHORS, AdaptRequest


@dataclass(frozen=True)
class AdaptRecipe:
    """What is learned from and how.

    Attributes:
        distill, contrast, similarity, rebuild: Weights of the losses; 0 leaves one out.
        published: Contrast as X-STARS publishes it, instead of with soft targets of the teacher.
        anchors: One of `protocol.ANCHORS`.
        steps: At most.
        batch: Windows in a step.
        learning_rate: Of the body.
        stem_rate: Times the body's, of the first convolutions and the heads, which begin anew.
        stem_only: Share of the steps in which these alone and the first stage are trained.
        warm_up: Share of the steps.
        weight_decay, clip_norm: Of AdamW.
        mask_ratio: Share of patches that rebuilding removes.
        check_every: Steps between looks at held-out places.
        patience: Looks without gain after which it ends.
        gain: Rise of the score of held-out places that counts as one.
        fixed: Whether the user chose the number of steps: then it does not end early.
        self_distill: Weight of the DINO term, 0 leaves it out.
    """

    distill: float
    contrast: float
    similarity: float
    rebuild: float
    published: bool
    anchors: str
    steps: int
    batch: int
    learning_rate: float
    fixed: bool
    stem_rate: float = 10.0
    stem_only: float = 0.2
    warm_up: float = 0.05
    weight_decay: float = 0.05
    clip_norm: float = 3.0
    mask_ratio: float = 0.6
    check_every: int = 20
    patience: int = 4
    gain: float = 0.002
    self_distill: float = 0.0

    @property
    def has_teacher(self) -> bool:
        """Whether anything is learned from what the known encoder says."""
        return self.distill > 0 or self.contrast > 0


STEPS, BATCH = 150, 8  # docs/benchmarks.md: most have their best state after 60 to 120
RATE, SMALL_RATE = 1e-3, 1e-4  # the second where no features of the teacher hold what is known already
CONTRAST, X_STARS_CONTRAST, SIMILARITY, REBUILD = 0.5, 0.1, 0.5, 0.5  # .1: arXiv:2405.09922, α


def recipe_for(request: AdaptRequest) -> AdaptRecipe:
    """Returns the recipe of a request.

    Raises:
        InputError: a setting does not serve.
    """
    if request.mode not in ADAPT_MODES:
        raise InputError(f"There is no mode '{request.mode}'.", f"Choose one of {', '.join(ADAPT_MODES)}.")
    if request.anchors not in ANCHORS:
        raise InputError(f"There are no anchors '{request.anchors}'.", f"Choose one of {', '.join(ANCHORS)}.")
    wrong = [name for name in ("steps", "batch", "learning_rate", "working_m", "reference_m", "window_px")
             if getattr(request, name) < 0]  # fmt: skip
    if wrong or request.learning_rate >= 1:
        raise InputError(
            f"These settings do not serve: {', '.join(wrong or ['learning_rate'])}.",
            "Numbers are 0 for the recipe's own or positive; the learning rate lies below 1.",
        )
    mode = request.mode
    if mode == "xstars" and request.batch == 1:
        raise InputError("X-STARS contrasts the places of a step, and a step has 1.", "Choose a batch of 2 or more.")
    return AdaptRecipe(
        distill=0.0 if mode in ("mae", "xstars") else 1.0,
        contrast={"distill+msad": CONTRAST, "xstars": X_STARS_CONTRAST}.get(mode, 0.0),
        similarity=SIMILARITY if request.land_cover else 0.0,
        rebuild=1.0 if mode == "mae" else REBUILD if request.anchors != "none" else 0.0,
        published=mode == "xstars",
        anchors=request.anchors,
        steps=request.steps or STEPS,
        batch=request.batch or BATCH,
        learning_rate=request.learning_rate or (SMALL_RATE if mode in ("mae", "xstars") else RATE),
        fixed=request.steps > 0,
        self_distill=1.0 if mode == "xstars" else 0.0,  # arXiv:2405.09922: the DINO term has no weight of its own
    )
