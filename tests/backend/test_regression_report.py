"""The report of a regression: figures beside the mean, honest words, one safe file."""

import csv
import json
from dataclasses import replace

import numpy as np
from mmearth.reports.regression_report import RegressionContent, regression_headline, write_regression_report
from mmearth.validation.regression_validation import validate_regression


class Told:
    def __init__(self, half):
        self.half = half

    def estimates(self, features):
        value = features[:, 0]
        return np.stack([value, value - self.half, value + self.half], axis=1)

    def calibrated(self, targets, estimates, polygons):
        return self


def content(num_polygons=40, error=2.0, shrink=1.0, half=4.0, **more):
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 30, num_polygons)
    polygons = np.repeat(np.arange(num_polygons), 3)
    estimates = 15 + shrink * (values - 15) + rng.normal(0, error, num_polygons)
    score = validate_regression(estimates[polygons][:, None], values[polygons], polygons, lambda x, y, p: Told(half))
    return RegressionContent("height <m>", score, None, (("Scenes", "a&b.tif"),), **more)


def page(tmp_path, given):
    path = write_regression_report(tmp_path / "report", given)
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "href" not in text
    assert "<m>" not in text
    assert "nan" not in text
    return text


def test_scores_stand_beside_those_of_the_mean_and_of_raw_bands(tmp_path):
    given = content(notes=("Check <this>.",))
    given = replace(given, bands=content(error=5.0).validation)
    text = page(tmp_path, given)
    score = given.validation
    for value in (score.rmse, score.mae, score.bias, score.r2, score.coverage, score.mean_rmse, given.bands.rmse):
        assert f"{value:.3g}" in text
    low, high = score.intervals["rmse"]
    assert f"{low:.3g} to {high:.3g}" in text
    assert regression_headline(given).startswith(f"'height <m>' on held-out polygons: R² {score.r2:.2f} (95 % interval")
    assert f"against {score.mean_rmse:.3g} when always telling the mean" in regression_headline(given)
    assert "upper bound" in text
    assert "Check &lt;this&gt;." in text
    assert text.count("<circle") == 80  # scatter and residuals
    assert "Errors do not depend much on the value." in text


def test_files_hold_the_same_numbers(tmp_path):
    given = content()
    page(tmp_path, given)
    document = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert document["regression"]["rmse"] == given.validation.rmse
    assert document["regression"]["rmse_interval_95"] == list(given.validation.intervals["rmse"])
    with (tmp_path / "report" / "estimates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [[float(row[k]) for k in ("estimate", "low", "high")] for row in rows]
    np.testing.assert_allclose(found, given.validation.polygon_estimates, rtol=1e-5)


def test_estimates_that_are_drawn_to_the_mean_are_told(tmp_path):
    text = page(tmp_path, content(shrink=0.5, error=0.1))
    assert "High values come out too low and low ones too high" in text
    assert "the map shows about 50%" in text


def test_useless_estimates_are_called_so(tmp_path):
    assert "do not use the map" in page(tmp_path, content(shrink=0.0, error=12.0))


def test_too_few_polygons_give_words_and_no_number(tmp_path):
    given = content(4)
    text = page(tmp_path, given)
    assert "What cannot be known" in text
    assert "there are 4 polygons; draw at least 5" in text
    assert "RMSE)" not in text
    assert "<circle" not in text
    assert json.loads((tmp_path / "report" / "report.json").read_text())["regression"]["r2"] is None


def test_an_interval_that_is_not_known_is_said_and_not_drawn(tmp_path):
    text = page(tmp_path, content(half=float("nan")))
    assert "too few polygons to know how wide the interval must be" in text
    assert 'class="line spread"' not in text
    assert text.count("<circle") == 80
