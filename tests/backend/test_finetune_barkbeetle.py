"""Benchmark of fine-tuning: the score, the draw of scenes, the forest's features, and the gathering of its lines."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))

from benchmarks.finetune_barkbeetle import (  # noqa: E402
    Cell,
    best_threshold,
    context_features,
    draw_scenes,
    f1_score,
    gather,
    read_lines,
    table,
    wanted_cells,
)


def line(learner, start, share, seed, f1, seconds=10.0):
    return {
        "learner": learner,
        "start": start,
        "share": share,
        "seed": seed,
        "f1": f1,
        "seconds": seconds,
        "machine": {},
    }


def write(path, lines):
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return path


def test_the_score_is_that_of_all_pixels_together_and_not_a_mean_over_scenes():
    rng = np.random.default_rng(0)
    truth = [rng.random((4, 5)) < 0.5, rng.random((30, 7)) < 0.1]
    found = [rng.random(mask.shape) < 0.4 for mask in truth]
    flat = [np.concatenate([part.ravel() for part in parts]) for parts in (truth, found)]
    assert f1_score(found, truth) == pytest.approx(metrics.f1_score(*flat))
    assert f1_score([np.zeros((2, 2), bool)], [np.zeros((2, 2), bool)]) == 0


def test_the_threshold_separates_what_can_be_separated():
    truth = np.array([False, False, True, True])
    assert 0.2 < best_threshold(np.array([0.1, 0.2, 0.31, 0.7]), truth) <= 0.31


def test_scenes_of_a_smaller_share_are_among_those_of_a_larger_one():
    names = [f"{number}.tif" for number in range(40)]
    few, half, everything = (draw_scenes(names, share, seed=1) for share in (0.1, 0.5, 1.0))
    assert [len(few), len(half), len(everything)] == [4, 20, 40]
    assert set(few) < set(half) < set(everything)
    assert draw_scenes(names, 0.1, seed=2) != few


def test_the_forest_sees_the_surroundings():
    bands = np.ones((12, 9, 9), np.float32)
    bands[0, 4, 4] = 10
    features = context_features(bands).reshape(9, 9, -1)
    assert features.shape[-1] == 21 * (1 + 2 * 4 + 2)
    assert features[4, 4, 0] == 10
    assert features[4, 5, 0] == 1
    mean_of_three = features[..., 21]
    assert mean_of_three[4, 5] == pytest.approx(2)
    assert mean_of_three[4, 6] == pytest.approx(1)


def test_lines_of_several_files_are_gathered_and_the_last_of_a_training_counts(tmp_path):
    first = write(
        tmp_path / "a.jsonl",
        [line("forest", "", 1.0, 0, 0.60), line("forest", "", 1.0, 1, 0.62), line("full", "weights", 1.0, 0, 0.1)],
    )
    second = write(
        tmp_path / "b.jsonl", [line("full", "weights", 1.0, 0, 0.70, 30.0), line("full", "weights", 1.0, 1, 0.66, 50.0)]
    )
    lines = read_lines([first, second, tmp_path / "not there.jsonl"])
    assert len(lines) == 4
    forest, full = gather(lines)
    assert forest["learner"] == "forest"
    assert forest["gain"] is None
    assert full["f1"] == pytest.approx(0.68)
    assert full["spread"] == pytest.approx(np.std([0.70, 0.66], ddof=1))
    assert full["gain"] == pytest.approx((0.10 + 0.04) / 2)
    assert full["seconds"] == 40


def test_the_gain_compares_equal_seeds_and_shares_only(tmp_path):
    lines = read_lines(
        [
            write(
                tmp_path / "a.jsonl",
                [
                    line("forest", "", 1.0, 0, 0.5),
                    line("full", "random", 1.0, 0, 0.6),
                    line("full", "random", 1.0, 1, 0.9),
                    line("full", "random", 0.1, 0, 0.4),
                ],
            )
        ]
    )
    rows = {(row["learner"], row["share"]): row for row in gather(lines)}
    assert rows["full", 1.0]["gain"] == pytest.approx(0.1)
    assert rows["full", 0.1]["gain"] is None
    assert rows["full", 0.1]["spread"] is None
    printed = table(list(rows.values())).splitlines()
    assert "10%" in printed[0]
    assert "100%" in printed[0]
    assert printed[1].startswith("forest")
    assert printed[1].split()[1:] == ["-", "0.500"]
    assert printed[2].split()[-4:] == ["0.400", "0.750", "±0.212", "(+0.100)"]


def test_only_networks_have_a_start():
    cells = list(wanted_cells(["forest", "full"], ["weights", "random"], [1.0, 0.1], [3]))
    assert cells == [
        Cell("forest", "", 0.1, 3),
        Cell("full", "weights", 0.1, 3),
        Cell("full", "random", 0.1, 3),
        Cell("forest", "", 1.0, 3),
        Cell("full", "weights", 1.0, 3),
        Cell("full", "random", 1.0, 3),
    ]
