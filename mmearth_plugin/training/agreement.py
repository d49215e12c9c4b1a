"""How well the embeddings of two sensors agree on held-out places, in sentences. Knows no widgets."""

from __future__ import annotations

from typing import Any, Dict

from ..messages import tr

# Conventions for the wording, not measurements: where half of the held-out places are found again, most errors are
# between neighbours; less than five times what chance gives is as good as nothing (the backend warns there, too).
_WELL, _TIMES_CHANCE = 0.5, 5.0
_GAIN = 0.01  # smaller differences are noise of the few places that are held out


def agreement_text(result: Dict[str, Any]) -> str:
    """Returns what came of an adaptation.

    Args:
        result: Of the verb `adapt`: `agreement` and `before`, each with retrieval, chance, cosine, deranged_cosine.
    """
    after, before = result["agreement"], result["before"]
    text = tr(
        "The reference of the same ground is the nearest for {share} % of the held-out places (before: {before} %, by "
        "chance: {chance} %). Cosine on the same ground {cosine} (before: {cosine_before}), on other ground {deranged}."
    )
    numbers = text.format(
        share=_percent(after["retrieval"]),
        before=_percent(before["retrieval"]),
        chance=_percent(after["chance"]),
        cosine=f"{after['cosine']:.2f}",
        cosine_before=f"{before['cosine']:.2f}",
        deranged=f"{after['deranged_cosine']:.2f}",
    )
    return f"{_verdict(after, before)} {numbers}"


def helped(after: Dict[str, float], before: Dict[str, float]) -> bool:
    """Returns whether held-out places agree better than before."""
    found = after["retrieval"] - before["retrieval"]
    apart = (after["cosine"] - after["deranged_cosine"]) - (before["cosine"] - before["deranged_cosine"])
    return found > _GAIN or (found > -_GAIN and apart > _GAIN)


def _verdict(after: Dict[str, float], before: Dict[str, float]) -> str:
    if not helped(after, before):
        return tr("Adaptation did not help here: keep the weights that you had.")
    if after["retrieval"] >= _WELL:
        return tr("Both sensors agree well: models trained on the reference can be tried on the new images.")
    if after["retrieval"] >= _TIMES_CHANCE * after["chance"]:
        return tr("Both sensors agree in part: train on labels of the new images rather than use models of the other.")
    return tr("Both sensors hardly agree: check the picture of pairs, their dates and the shift between them.")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share == 0 or share >= 0.01 else f"{100 * share:.1f}"
