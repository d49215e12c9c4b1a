"""The report: what it says, that it is one safe file, and that nothing half-written is left."""

import csv
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from mmearth.errors import ResourceError
from mmearth.reports.class_report import ReportContent, headline, write_report
from mmearth.styles import ClassInfo
from mmearth.validation.cross_validation import cross_validate, fit_majority
from mmearth.validation.learning_curve import LearningCurve

NAMES = ("Water", "Built-up <script>alert(1)</script>", 'Forest "old" & 雪')
CLASSES = tuple(ClassInfo(i * 10, name, "#11aa33") for i, name in enumerate(NAMES, start=1))


class Guess:
    def __init__(self, num_classes):
        self.num_classes = num_classes

    def probabilities(self, features):
        return np.eye(self.num_classes)[features[:, 0].astype(int)]


def content(
    right=0.9, right_bands=0.5, polygon_classes=(0, 1, 2) * 6, notes=("2 polygons outside <the> raster.",), **more
):
    rng = np.random.default_rng(0)
    polygons = np.repeat(np.arange(len(polygon_classes)), 10)
    classes = np.asarray(polygon_classes)[polygons]

    def score(share):
        guess = np.where(rng.random(len(classes)) < share, classes, (classes + 1) % 3)
        return cross_validate(guess[:, None], classes, polygons, 3, lambda x, y, p: Guess(3), names=NAMES)

    majority = cross_validate(classes[:, None], classes, polygons, 3, fit_majority(3), names=NAMES)
    facts = (("Scene", "a&b.tif"), ("Seed", "0"))
    return ReportContent(CLASSES, score(right), score(right_bands), majority, facts, notes, **more)


class Strict(HTMLParser):
    """Checks that tags are balanced, and collects text."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "line", "path", "br", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parse(path):
    parser = Strict()
    parser.feed(path.read_text(encoding="utf-8"))
    assert not parser.open
    return parser


def test_page_holds_the_scores_beside_both_baselines(tmp_path):
    given = content()
    page = write_report(tmp_path / "new" / "report", given)
    assert page == tmp_path / "new" / "report" / "report.html"
    text = " ".join(parse(page).text)
    for score in (given.embedding.macro_f1, given.bands.macro_f1, given.majority.macro_f1):
        assert f"{score:.2f}" in text
    for value in (*given.embedding.f1, *given.embedding.precision, *given.embedding.recall):
        assert f"{value:.2f}" in text
    assert "upper bound" in text
    assert "0.08" in text
    assert "sample points" in text
    assert "The recipe is better than raw bands here" in text
    assert sorted(p.name for p in page.parent.iterdir()) == ["confusion.csv", "report.html", "report.json"]


def test_names_are_escaped_and_nothing_is_loaded_from_elsewhere(tmp_path):
    parser = parse(write_report(tmp_path, content()))
    assert not [tag for tag, _ in parser.seen if tag in ("script", "link", "img", "iframe")]
    assert not [a for _, attributes in parser.seen for a in attributes if a in ("src", "href") or a.startswith("on")]
    text = " ".join(parser.text)
    for name in NAMES:
        assert name in text
    assert "2 polygons outside <the> raster." in text
    assert "a&b.tif" in text


def test_json_and_csv_hold_the_same_numbers(tmp_path):
    given = content()
    write_report(tmp_path, given)
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["headline"] == headline(given)
    assert document["embedding"]["macro_f1"] == given.embedding.macro_f1
    assert document["bands"]["f1"] == list(given.bands.f1)
    assert document["gain_over_bands"]["macro_f1"] == pytest.approx(given.embedding.macro_f1 - given.bands.macro_f1)
    assert document["classes"][1] == {"value": 20, "name": NAMES[1], "color": "#11aa33"}
    with (tmp_path / "confusion.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][1:] == list(NAMES)
    assert [row[0] for row in rows[1:]] == list(NAMES)
    found = [[float(v) for v in row[1:]] for row in rows[1:]]
    np.testing.assert_allclose(found, given.embedding.confusion, atol=1e-4)


def test_headline_does_not_claim_what_the_polygons_do_not_show():
    assert "not clearly different from raw bands" in headline(content(0.7, 0.7))
    assert "worse than raw bands" in headline(content(0.4, 0.95))


def test_unknown_score_is_said_with_its_reason_and_no_number(tmp_path):
    given = content(polygon_classes=(0, 0, 1, 1, 2))
    text = " ".join(parse(write_report(tmp_path, given)).text)
    assert headline(given).startswith("Score on held-out polygons: not known, because class")
    assert "has 1 polygon; draw at least 2 of each class" in text
    assert "not known" in text
    assert "upper bound" not in text
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["embedding"]["macro_f1"] is None
    assert document["gain_over_bands"] is None


def test_nothing_held_out_still_gives_a_page(tmp_path):
    text = " ".join(parse(write_report(tmp_path, content(polygon_classes=(0, 1, 2), notes=()))).text)
    assert "No polygon could be held out." in text
    assert "Please check" not in text
    assert not re.search(r"\bnan\b", text)


def test_few_polygons_are_pointed_out(tmp_path):
    text = " ".join(parse(write_report(tmp_path, content(polygon_classes=(0,) * 9 + (1,) * 6 + (2,) * 3))).text)
    assert f"Fewer than 5 polygons: {NAMES[2]}." in text


def test_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(ResourceError, match="The report cannot be written to"):
        write_report(tmp_path / "file" / "report", content())


def test_classes_have_intervals_and_iou(tmp_path):
    given = content()
    text = " ".join(parse(write_report(tmp_path, given)).text)
    for i in range(3):
        for name in ("precision", "recall", "f1", "iou"):
            low, high = given.embedding.intervals[name][i]
            assert f"{low:.2f}–{high:.2f}" in text
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["embedding"]["iou"] == list(given.embedding.iou)


def test_a_class_without_errors_is_not_called_certain(tmp_path):
    text = " ".join(parse(write_report(tmp_path, content(right=1.0))).text)
    assert "may still be as low as 1 − 3/n (Water 0.50" in text
    assert "No class is often taken for another one." in text


def test_largest_confusions_are_told_in_words(tmp_path):
    given = content(right=0.7)
    text = " ".join(parse(write_report(tmp_path, given)).text)
    row = given.embedding.confusion[0]
    assert f"{row[1] / row.sum():.0%} of Water is taken for Built-up" in text


def test_calibration_is_shown_with_both_errors(tmp_path):
    given = content(right=0.7)
    parser = parse(write_report(tmp_path, given))
    text = " ".join(parser.text)
    before, after = given.embedding.ece
    assert f"expected calibration error {before:.3f}" in text
    assert f"calibrated: {after:.3f}" in text
    assert f"With temperature {given.embedding.temperature:.2f}" in text
    assert "made less sure" in text
    assert any("Reliability diagram" in attributes.get("aria-label", "") for _, attributes in parser.seen)
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["calibration"]
    assert (document["ece_before"], document["ece_after"]) == (before, after)
    assert sum(document["reliability_after"]["share"]) == pytest.approx(1, abs=1e-4)
    few = content(polygon_classes=(0, 0, 1, 1, 2, 2))
    text = " ".join(parse(write_report(tmp_path, few)).text)
    assert "Not known: 6 polygons could be held out; at least 8 are wanted." in text
    assert "Reliability" not in text


@pytest.mark.parametrize(
    ("gain", "interval", "reason", "said"),
    [
        (0.05, (0.02, 0.08), "", "would probably raise macro-F1"),
        (None, None, "the curve is too noisy", "cannot be told: the curve is too noisy."),
    ],
)
def test_learning_curve(tmp_path, gain, interval, reason, said):
    curve = LearningCurve((1.0, 2.0, 3.0, 4.0), ((0.5, 0.6), (0.6,), (0.65,), (0.7,)), 6.0, gain, interval, 15, reason)
    page = write_report(tmp_path, content(learning=curve, folds_reason="Blocks were held out, as <polygons> cluster."))
    parser = parse(page)
    text = " ".join(parser.text)
    assert said in text
    assert "Blocks were held out, as <polygons> cluster." in text
    guesses = [attributes for _, attributes in parser.seen if attributes.get("class") == "line guess"]
    assert len(guesses) == (gain is not None)
    dots = [t for t, attributes in parser.seen if t == "circle" and "fill" not in attributes]
    assert len(dots) >= 5
    assert json.loads((tmp_path / "report.json").read_text())["learning_curve"]["gain_with_twice"] == gain


def test_learning_curve_without_points_is_a_sentence(tmp_path):
    curve = LearningCurve((), (), 2.0, None, None, 0, "it takes at least 4 polygons of each class, 2 found")
    parser = parse(write_report(tmp_path, content(learning=curve)))
    assert "cannot be told: it takes at least 4 polygons" in " ".join(parser.text)
    assert not [a for _, a in parser.seen if "Learning curve" in a.get("aria-label", "")]


def test_another_head_has_its_name(tmp_path):
    given = content(method="Random forest")
    text = " ".join(parse(write_report(tmp_path, given)).text)
    assert "Random forest is better than raw bands" in text
    assert "recipe" not in text.lower()


def test_what_cannot_be_known_comes_with_the_remedy(tmp_path):
    text = " ".join(parse(write_report(tmp_path, content(polygon_classes=(0, 0, 1, 1, 2)))).text)
    assert "What cannot be known" in text
    assert "Draw sample points" in text
