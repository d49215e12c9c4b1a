"""What a report says of how far probabilities can be believed."""

import html

from mmearth.classifiers.temperature import TemperatureFit
from mmearth.reports import report_figures as figures

_UNSURE = 0.02  # difference of probability and truth that the page does not speak of


def calibration_text(fit: TemperatureFit, held_out: str) -> str:
    """Returns a figure and what it means, as HTML.

    Args:
        fit: The temperature, and what it does to held-out probabilities.
        held_out: What was held out: "polygons", "labels".
    """
    if fit.before is None or fit.after is None:
        return f"<p>Not known: {html.escape(fit.reason)}. The probabilities are left as they are.</p>"
    change = "left as they are"
    if abs(fit.temperature - 1) > 0.05:
        change = "made less sure" if fit.temperature > 1 else "made surer"
    gap = float((fit.after.confidence - fit.after.accuracy) @ fit.after.share)
    verdict = "On the whole they are about right."
    if abs(gap) > _UNSURE:
        verdict = f"On the whole they are still {abs(gap):.2f} too {'high' if gap > 0 else 'low'}."
    return (
        f"{figures.calibration(fit.before, fit.after)}"
        f'<p><span class="key before">as they came: expected calibration error {fit.before.error:.3f}</span> · '
        f'<span class="key after">calibrated: {fit.after.error:.3f}</span></p>'
        f"<p>With temperature {fit.temperature:.2f}, fitted on held-out {held_out}, the map's probabilities are "
        f"{change}. The second error was measured on {held_out} that the temperature had not seen. {verdict} On the "
        "broken line, of pixels given 80 %, 80 % would be right; larger dots stand for more pixels. Like all figures "
        f"of held-out {held_out} it is too favourable for edges and mixtures.</p>"
    )
