"""When the ladder climbs on, what it keeps, and the classifier of few-shot mapping at its foot."""

from dataclasses import dataclass

import labelled_ground
import numpy as np
import pytest
from conftest import PRODUCT_ORDER
from mmearth import protocol
from mmearth.tuning import frozen_head
from mmearth.tuning.frozen_head import is_possible, score_frozen_head
from mmearth.tuning.ladder import climb
from mmearth.tuning.rungs import ladder
from mmearth.tuning.tuning_scores import HeldOutScoring, TuningScores, is_better
from mmearth.weights.checkpoints import load_weights

RUNGS = ("probe", "decoder", "partial", "full")


@dataclass(frozen=True)
class Tried:
    rung: str
    scores: TuningScores


def scored(right, of=40):
    """Scores where so many of the held-out samples, or these, are right."""
    labels = np.arange(of)[:, None, None] % 2 * np.ones((1, 4, 4), int)
    samples = np.arange(of)[:, None, None] * np.ones((1, 4, 4), int)
    tiles = labelled_ground.tiles_of(labels, samples, np.arange(of) % 2, np.ones(of, bool))
    scoring = HeldOutScoring(tiles, 0)
    truth = np.arange(of) % 2
    is_right = np.isin(np.arange(of), np.arange(right) if isinstance(right, int) else right)
    found = np.where(is_right, truth, 1 - truth)
    scoring.add(np.eye(2)[found], truth, np.arange(of))
    return scoring.scores()


def climbed(rights, frozen=None, of=40):
    """Returns what was tried, what was kept, and why, for so many right samples of each rung."""
    asked = []

    def train(rung):
        asked.append(rung)
        return Tried(rung, scored(rights[len(asked) - 1], of))

    found = climb(RUNGS, train, None if frozen is None else Tried("few-shot", scored(frozen, of)))
    assert [tried.rung for tried in found.tried] == ([] if frozen is None else ["few-shot"]) + asked
    return asked, found.chosen.rung, found.decision


def test_it_climbs_while_scores_improve_beyond_noise():
    asked, kept, decision = climbed([20, 28, 39, 38])
    assert (asked, kept) == (list(RUNGS), "partial")
    assert "'full' is not better beyond noise" in decision
    asked, kept, decision = climbed([16, 24, 32, 40])
    assert (asked, kept) == (list(RUNGS), "full")
    assert "no higher rung" in decision


def test_it_stops_at_a_gain_within_noise():
    asked, kept, decision = climbed([30, 31, 40, 40])
    assert (asked, kept) == (["probe", "decoder"], "probe")
    assert "'decoder' is not better beyond noise (macro-F1 +0.02" in decision


@pytest.mark.parametrize(("frozen", "kept"), [(20, "decoder"), (37, "few-shot"), (40, "few-shot")])
def test_a_network_is_kept_if_it_beats_the_frozen_head_beyond_noise(frozen, kept):
    asked, found, decision = climbed([24, 38, 38, 38], frozen)
    assert (asked, found) == (["probe", "decoder", "partial"], kept)
    assert f"{kept}" in decision
    assert ("so the few-shot model is written" in decision) == (kept == "few-shot")


def test_with_too_few_held_out_groups_the_frozen_head_stays():
    asked, kept, decision = climbed([2, 4, 4, 4], frozen=1, of=4)
    assert (asked, kept) == (["probe", "decoder"], "few-shot")
    assert "no gain could be told from chance" in decision


def test_a_few_held_out_groups_that_gain_are_no_reason_to_replace_the_frozen_head():
    """All three of one class: no bootstrap draw lacks the gain, but a sign test gives p = 1/8."""
    better, frozen = [0, 1, 2, 3, 4, 5], [0, 2, 4]
    assert is_better(scored(better, 6), scored(frozen, 6))
    asked, kept, decision = climbed([better, better], frozen, of=6)
    assert kept == "few-shot"
    assert "Of 6 held-out groups it scores 3 better and 0 worse." in decision
    better, frozen = list(range(12)), [0, 2, 4, 6, 8, 10]
    assert climbed([better, better], frozen, of=12)[1] == "probe"  # six of six: p = 1/64


def test_rungs_of_tasks():
    assert ladder("segmentation") == RUNGS
    assert ladder("classification") == ("probe", "partial", "full")


@pytest.fixture
def case(make_raster, tmp_path, tiny_weights, report):
    """A scene with bright and dark squares, half of them outlined; tiles of them."""
    values = np.random.default_rng(0).integers(900, 1100, (12, 96, 96))
    rings = []
    for row in range(6):
        for col in range(6):
            bright = (row + col) % 2
            values[:, slice(row * 16, row * 16 + 16), slice(col * 16, col * 16 + 16)] += 1500 * bright
            rings.append(("bright" if bright else "dark", labelled_ground.square(col * 16 + 4, row * 16 + 4)))
    scene = make_raster("scene.tif", values=values, names=PRODUCT_ORDER)
    labels = labelled_ground.write_labels(tmp_path / "labels.geojson", rings)
    request = protocol.FineTuneRequest((scene,), str(tmp_path / "model.zip"), labels=labels, weights=tiny_weights)
    tiles = labelled_ground.collect([scene], tiny_weights, tmp_path, report, labels=labels)
    return request, tiles, load_weights(tiny_weights)


def test_the_few_shot_classifier_is_scored_on_the_held_out_polygons_alone(case, report, monkeypatch):
    request, tiles, weights = case
    seen = []
    real = frozen_head.fitting

    def fitting(training, name, seed):
        fit = real(training, name, seed)

        def fit_and_note(features, classes, polygons):
            seen.append(set(polygons.tolist()))
            return fit(features, classes, polygons)

        return fit_and_note

    monkeypatch.setattr(frozen_head, "fitting", fitting)
    found = score_frozen_head(request, tiles, weights, "cpu", report)
    held = set(np.flatnonzero(tiles.held_out).tolist())
    assert held
    assert seen == [set(range(36)) - held]
    assert sum(found.scores.samples) == len(held)
    assert found.scores.macro_f1 == 1.0
    assert found.seconds > 0
    model = found.model(request, {"macro_f1": 1.0, "temperature": 1.0})
    assert seen[1] == set(range(36))  # the model itself learns from all
    assert [info.name for info in model.classes] == ["bright", "dark"]
    assert model.weights_sha256 == weights.sha256


def test_where_few_shot_mapping_is_possible(case):
    from dataclasses import replace

    request, tiles, _ = case
    assert is_possible(request, tiles)
    assert not is_possible(replace(request, labels="", masks="folder"), tiles)
    assert not is_possible(replace(request, random_start=True), tiles)
    assert not is_possible(request, replace(tiles, unit="polygon"))
