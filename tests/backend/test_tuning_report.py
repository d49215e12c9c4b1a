"""Report and curves of a fine-tuning: what they say, that files are whole, and that nothing is loaded from afar."""

import csv
import json

import numpy as np
import pytest
from labelled_ground import tiles_of
from mmearth.errors import ResourceError
from mmearth.reports.tuning_curves import draw_curve, write_curve_csv
from mmearth.reports.tuning_report import RungScore, TuningContent, headline, write_tuning_report
from mmearth.styles import ClassInfo
from mmearth.tuning.baseline_scores import BaselineScores
from mmearth.tuning.tuning_scores import HeldOutScoring

CLASSES = (ClassInfo(1, "dry <&>", "#112233"), ClassInfo(5, "wet", "#445566"))
ROWS = [
    {"rung": "probe", "step": 1, "loss": 0.7, "learning rate": 1e-3},
    {"rung": "probe", "step": 2, "loss": 0.512345678, "learning rate": 1e-4, "held-out F1": 0.4},
    {"rung": "full", "step": 1, "loss": 0.3, "learning rate": 1e-3, "held-out F1": 0.6},
]


def scores(wrong=(), count=16, multi_label=False):
    """Returns the scores of `count` polygons of four pixels, some of them wrong."""
    samples = np.full((1, 64, 64), -1)
    samples[0, :count, :4] = np.arange(count)[:, None]
    labels = np.where(samples >= 0, samples % 2, -1)
    classes = np.arange(count) % 2
    if multi_label:
        classes = np.eye(2, dtype=bool)[classes]
    tiles = tiles_of(labels, samples, classes, np.ones(count, bool), unit="polygon" if multi_label else "pixel")
    scoring, own = HeldOutScoring(tiles, 0), samples >= 0
    found = np.where(np.isin(samples[own], wrong), 1 - labels[own], labels[own])
    scoring.add(np.eye(2)[found] * 0.8 + 0.1, labels[own], samples[own])
    return scoring.scores()


def content(chosen="full", count=16, multi_label=False, **options):
    few_shot, probe, full = (scores(wrong, count, multi_label) for wrong in (range(6), range(5), (0,)))
    raw, majority = (scores(wrong, count, multi_label) for wrong in (range(8), range(0, count, 2)))
    rungs = (RungScore("few-shot", few_shot, 1), RungScore("probe", probe, 20), RungScore("full", full, 300))
    return TuningContent(
        **{
            "classes": CLASSES, "rungs": rungs, "chosen": chosen, "baselines": BaselineScores(majority, raw),
            "counted": "polygon", "folds": "polygon", "folds_reason": "They do not cluster.",
            "decision": "It was better beyond noise.", "facts": (("Seed", "3"),), "notes": ("Look <here>.",),
            "multi_label": multi_label, **options,
        }
    )  # fmt: skip


def test_the_headline_says_how_good_and_against_what():
    text = headline(content())
    assert text.startswith("Everything tuned: macro-F1 on held-out polygons 0.94 (95 % interval ")
    assert "against 0.50 with raw bands alone and 0.33 for the majority class." in text
    assert "It is better than raw bands here (+0.44" in text
    few = headline(content(count=4))
    assert "Too few polygons were held out" in few
    assert "interval" not in few


def test_the_page_holds_classes_rungs_baselines_and_what_is_not_known(tmp_path):
    page = write_tuning_report(tmp_path / "run", content()).read_text()
    for text in (
        "dry &lt;&amp;&gt;", "Everything tuned (kept)", "Linear probe", "Few-shot head, frozen", "Raw bands",
        "Majority class", "It was better beyond noise.", "They do not cluster.", "Look &lt;here&gt;.", "Seed",
        "Nothing is known of other places", "expected calibration error", "Every polygon counts once", "300 s",
    ):  # fmt: skip
        assert text in page, text
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["confusion.csv", "report.html", "report.json"]


def test_figures_for_programs_are_the_same(tmp_path):
    write_tuning_report(tmp_path, content())
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["rung"] == "full"
    assert [(r["rung"], r["seconds"]) for r in found["rungs"]] == [("few-shot", 1), ("probe", 20), ("full", 300)]
    assert found["rungs"][2]["macro_f1"] == pytest.approx(scores((0,)).macro_f1)
    assert found["gain_over_bands"]["interval_95"][0] > 0
    assert found["classes"][1] == {"value": 5, "name": "wet", "color": "#445566"}
    rows = list(csv.reader((tmp_path / "confusion.csv").read_text().splitlines()))
    assert rows == [["true \\ predicted", "dry <&>", "wet"], ["dry <&>", "7", "1"], ["wet", "0", "8"]]


def test_the_few_shot_model_may_be_kept(tmp_path):
    page = write_tuning_report(tmp_path, content(chosen="few-shot")).read_text()
    assert "Few-shot head, frozen (kept)" in page
    assert headline(content(chosen="few-shot")).startswith("Few-shot head, frozen: macro-F1")


def test_what_is_counted_and_held_out_is_said(tmp_path):
    page = write_tuning_report(tmp_path, content(counted="pixel", folds="scene")).read_text()
    assert "16 scenes, was held out from all training. Every pixel counts once." in page
    assert "Polygons are drawn where" not in page


def test_several_classes_at_once(tmp_path):
    page = write_tuning_report(tmp_path, content(multi_label=True)).read_text()
    assert "Micro-F1" in page
    assert "What was taken for what" not in page
    assert "samples may have several classes" in page
    rows = list(csv.reader((tmp_path / "confusion.csv").read_text().splitlines()))
    assert rows[1:] == [["dry <&>", "8", "0", "1", "7"], ["wet", "7", "1", "0", "8"]]


def test_a_page_of_few_labels_says_so(tmp_path):
    page = write_tuning_report(tmp_path, content(count=4)).read_text()
    assert "Fewer than 5 held-out polygons: dry &lt;&amp;&gt;, wet" in page
    assert "Intervals want 6 held-out polygons; there are 4." in page


def test_the_curve_is_in_the_page(tmp_path):
    picture = tmp_path / "curve.png"
    draw_curve(picture, ROWS, best_step=1)
    page = write_tuning_report(tmp_path, content(curve=str(picture))).read_text()
    assert "data:image/png;base64,iVBORw0KGgo" in page
    with pytest.raises(ResourceError):
        write_tuning_report(tmp_path, content(curve=str(tmp_path / "lost.png")))


def test_the_curve_as_a_table(tmp_path):
    write_curve_csv(tmp_path / "curve.csv", ROWS)
    rows = list(csv.reader((tmp_path / "curve.csv").read_text().splitlines()))
    assert rows[0] == ["rung", "step", "loss", "learning rate", "held-out F1"]
    assert rows[1] == ["probe", "1", "0.7", "0.001", ""]
    assert rows[2] == ["probe", "2", "0.512346", "0.0001", "0.4"]


@pytest.mark.parametrize("rows", [ROWS, [], [{"step": 5, "loss": 0.0, "learning rate": 0.1}]])
def test_the_curve_as_a_picture_appears_whole(tmp_path, rows):
    picture = tmp_path / "curve.png"
    draw_curve(picture, rows)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in tmp_path.iterdir()] == ["curve.png"]


def test_curves_that_cannot_be_written(tmp_path):
    for write in (draw_curve, write_curve_csv):
        with pytest.raises(ResourceError, match="cannot be written"):
            write(tmp_path / "nowhere" / "curve", ROWS)
