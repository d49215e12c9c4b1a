"""How good a training is, in a few calm lines of rich text."""

from __future__ import annotations

from html import escape
from typing import Any, Dict, List, Optional

from .. import messages
from ..messages import tr

AMBER, RED, GREY = "#b45309", "#c92a2a", "#6b7280"


def score_text(result: Dict[str, Any]) -> str:
    """Returns the score of a result of few_shot beside its baselines, what it is worth, and its warnings."""
    lines = _regression_lines(result) if result.get("task") == "regression" else _class_lines(result)
    curve = result.get("learning_curve") or {}
    lines += [escape(str(curve["sentence"]))] if curve.get("sentence") else []
    lines += [colored(AMBER, f"⚠ {escape(str(warning))}") for warning in result["warnings"]]
    return "".join(f"<p style='margin:3px 0'>{line}</p>" for line in lines)


def tuned_text(result: Dict[str, Any]) -> str:
    """Returns the score of a result of fine_tune beside its baselines, which rung it is of, and its warnings."""
    tried = list(result["rungs"])
    if result["macro_f1"] is None:
        lines = [_no_score(result)]
    else:
        text = tr("<b>Macro F1 {score}</b>{spread} on held-out labels; raw bands {raw}, majority {majority}")
        lines = [
            text.format(
                score=_number(result["macro_f1"]),
                spread=_spread(result),
                raw=_number(result["raw_bands_macro_f1"]),
                majority=_number(result["majority_macro_f1"]),
            )
        ]
    if len(tried) == 1:
        text = tr("{rung}: {steps} steps in {time}, the best after step {best}")
        took = messages.time_text(float(result["seconds"]))
        rung = messages.tried_name(str(result["rung"]))
        lines.append(text.format(rung=escape(rung), steps=result["steps"], time=took, best=result["best_step"]))
    else:
        texts = (f"{messages.tried_name(str(one['rung']))} {_number(one['macro_f1'])}{_spread(one)}" for one in tried)
        lines.append(escape(tr("Tried: {scores}").format(scores=", ".join(texts))))
        lines.append(colored(GREY, escape(str(result["decision"]))))
    lines += [colored(AMBER, f"⚠ {escape(str(warning))}") for warning in result["warnings"]]
    return "".join(f"<p style='margin:3px 0'>{line}</p>" for line in lines)


def colored(color: str, text: str) -> str:
    """Returns rich text in a colour."""
    return f"<span style='color:{color}'>{text}</span>"


def _class_lines(result: Dict[str, Any]) -> List[str]:
    if result["macro_f1"] is None:
        return [_no_score(result)]
    text = tr("<b>Macro F1 {score}</b>{spread} on {held}; raw bands {raw}, majority {majority}")
    lines = [
        text.format(
            held=_held_out(result),
            score=_number(result["macro_f1"]),
            spread=_spread(result),
            raw=_number(result["raw_bands_macro_f1"]),
            majority=_number(result["majority_macro_f1"]),
        )
    ]
    error = _after(result.get("ece"))
    if error is not None:
        text = tr("Probabilities are calibrated: they differ from the truth by {n} percent points on average")
        lines.append(text.format(n=f"{100 * error:.0f}"))
    return [lines[0], _upper_bound(tr('"Check the map" in step "Map" tests the map itself.')), *lines[1:]]


def _regression_lines(result: Dict[str, Any]) -> List[str]:
    if result.get("r2") is None:
        return [_no_score(result)]
    text = tr("<b>R² {r2}</b> on {held}; typical error {rmse} (RMSE), mean error {mae}, bias {bias}")
    lines = [
        text.format(held=_held_out(result), **{key: _plain(result.get(key)) for key in ("r2", "rmse", "mae", "bias")})
    ]
    if result.get("mean_rmse") is not None:
        text = tr("RMSE of raw bands {raw}, of always saying the mean {mean}")
        lines.append(text.format(raw=_plain(result.get("raw_bands_rmse")), mean=_plain(result["mean_rmse"])))
    if result.get("coverage") is not None:
        text = tr("The 90 % interval holds {share} % of them")
        lines.append(text.format(share=round(100 * float(result["coverage"]))))
    return [lines[0], _upper_bound(""), *lines[1:]]


def _upper_bound(remedy: str) -> str:
    return colored(GREY, f"{tr('An upper bound: polygons are purer than the map.')} {remedy}".strip())


def _held_out(result: Dict[str, Any]) -> str:
    return tr("held-out blocks of polygons") if result.get("folds") == "block" else tr("held-out polygons")


def _no_score(result: Dict[str, Any]) -> str:
    return tr("No score: {reason}").format(reason=escape(str(result.get("reason") or tr("too few polygons"))))


def _spread(result: Dict[str, Any]) -> str:
    interval = result.get("interval")
    return " ({:.2f}–{:.2f})".format(*interval) if interval else ""


def _after(error: Any) -> Optional[float]:
    """Returns the calibration error after calibration; the backend tells both."""
    found = error[-1] if isinstance(error, (list, tuple)) and error else error
    return float(found) if isinstance(found, (int, float)) else None


def _number(value: Optional[float]) -> str:
    return "–" if value is None else f"{value:.2f}"


def _plain(value: Optional[float]) -> str:
    return "–" if value is None else f"{value:.3g}"
