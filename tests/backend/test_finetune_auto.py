"""Benchmark of rung auto beside few-shot mapping: what is scored, stacked scenes, and the table with the worst task."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))

from benchmarks.finetune_auto import Cell, collect, differences, macro_f1, read_lines, table  # noqa: E402

SIDE = 12
PIXEL_M = 10.0


def write(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "GTiff", "crs": "EPSG:32632", "transform": Affine(PIXEL_M, 0, 0, 0, -PIXEL_M, SIDE * PIXEL_M)}
    size = {"count": len(values), "height": SIDE, "width": SIDE, "dtype": values.dtype}
    with rasterio.open(path, "w", **profile, **size) as dataset:
        dataset.write(values)


def square(row, col, value):
    """Returns a polygon of 2 × 2 pixels that stays clear of their outer edges."""
    left, top = col * PIXEL_M + 1, (SIDE - row) * PIXEL_M - 1
    right, bottom = left + 2 * PIXEL_M - 2, top - 2 * PIXEL_M + 2
    ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": {"class_id": value, "scene": "scene"}}


@pytest.fixture
def bench(tmp_path):
    """One task with one scene of two dates, and a band of each; classes 3 and 7."""
    rng = np.random.default_rng(0)
    for year in ("2019", "2020"):
        write(tmp_path / f"data/{year}/scene.tif", rng.integers(1, 4000, (2, SIDE, SIDE)).astype("uint16"))
    truth = np.full((1, SIDE, SIDE), 3, "uint8")
    truth[:, :, 6:] = 7
    truth[:, 0] = 255
    at = tmp_path / "bench/two_dates"
    write(at / "truth/scene.tif", truth)
    (at / "labels").mkdir()
    features = [square(2, 1, 3), square(2, 9, 7)]
    (at / "labels/k1_s0.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    config = {
        "sensor": "Sentinel-2 L2A",
        "bands": [{"s2": name, "date": year} for year in ("2019", "2020") for name in ("B04", "B8A")],
        "scale": 0.0001,
        "offset": -0.1,
        "nodata": 0,
        "exclude_buffer_px": 1,
        "classes": [{"id": 3}, {"id": 7}],
        "label_sets": [{"k": 1, "seed": 0}],
        "scenes": [
            {
                "id": "scene",
                "role": "train+test",
                "paths": ["2019/scene.tif", "2020/scene.tif"],
                "truth": "truth/scene.tif",
            }
        ],
    }
    (at / "task.json").write_text(json.dumps(config))
    return tmp_path


def line(task, few_shot, auto, rung="probe", k=10):
    refused = "" if auto is not None else "No validation is possible."
    rungs = None if auto is None else [{"rung": "few-shot", "macro_f1": 0.9}, {"rung": "probe", "macro_f1": 0.8}]
    seconds = {"few_shot_seconds": 3.0, "auto_seconds": 40.0}
    kept = {"rung": None if auto is None else rung, "rungs": rungs, "auto_refused": refused, "machine": {}}
    return {"task": task, "k": k, "seed": 0, "few_shot": few_shot, "auto": auto, **seconds, **kept}


def by_cell(*lines):
    return {Cell(one["task"], one["k"], one["seed"]): one for one in lines}


def test_two_dates_become_one_scene_of_which_the_later_date_is_named(bench, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    ground = collect(bench / "bench", bench / "data", Cell("two_dates", 1, 0), folder)
    assert ground.scenes == (str(folder / "scene.tif"),)
    assert ground.reading == {"bands": {"B4": 3, "B8A": 4}, "units": "dn_offset"}
    with rasterio.open(ground.scenes[0]) as stacked, rasterio.open(bench / "data/2020/scene.tif") as later:
        assert stacked.count == 4
        assert np.array_equal(stacked.read([3, 4]), later.read())
        assert (stacked.transform, stacked.crs) == (later.transform, later.crs)


def test_what_the_benchmark_scores_is_scored_and_nothing_else(bench, tmp_path):
    ground = collect(bench / "bench", bench / "data", Cell("two_dates", 1, 0), tmp_path)
    rows, cols = np.unravel_index(ground.scored["scene"], (SIDE, SIDE))
    # The first row is not known. Polygons of 2 × 2 pixels are left out with the benchmark's buffer of one step, which
    # reaches as far as a cross and then a diagonal do: two pixels, but not to the corners.
    wanted = np.ones((SIDE, SIDE), bool)
    wanted[0] = False
    wanted[:6, :5] = wanted[:6, 7:] = False
    wanted[5, [4, 7]] = True
    found = np.zeros((SIDE, SIDE), bool)
    found[rows, cols] = True
    assert np.array_equal(found, wanted)
    assert np.array_equal(ground.truth["scene"], np.where(cols >= 6, 7, 3))


def test_a_value_that_is_no_class_counts_as_wrong():
    truth = np.array([3, 3, 3, 7, 7])
    # class 3: 2 hits, 1 missed; class 7: 1 hit, 1 called 0 (nodata): F1 4/5 and 2/3
    assert macro_f1(truth, np.array([3, 3, 0, 7, 0])) == pytest.approx((4 / 5 + 2 / 3) / 2)
    # called 7 instead: that is wrong for class 7, too
    assert macro_f1(truth, np.array([3, 3, 7, 7, 0])) == pytest.approx((4 / 5 + 1 / 2) / 2)


def test_a_refusal_is_not_a_worse_map():
    lines = by_cell(line("a", 0.8, 0.795), line("b", 0.7, None, k=1))
    assert differences(lines) == {Cell("a", 10, 0): pytest.approx(-0.005)}
    text = table(lines)
    assert "No validation is possible." in text
    assert "worst difference -0.0050 (a, k=10, set 0): not worse by more than 0.01; 1 maps compared, 1 refused" in text


def test_the_table_names_the_task_that_loses_most():
    text = table(by_cell(line("a", 0.8, 0.85), line("b", 0.7, 0.68), line("c", 0.9, 0.895)))
    assert "worst difference -0.0200 (b, k=10, set 0): worse by more than 0.01; 3 maps compared, 0 refused" in text
    (row,) = (text_line for text_line in text.splitlines() if text_line.startswith("a, k=10"))
    found = " ".join(row.removeprefix("a, k=10, set 0").split())
    assert found == "0.800 0.850 +0.050 probe 3 s 40 s few-shot 0.900, probe 0.800"


def test_of_two_lines_of_a_comparison_the_later_one_counts(tmp_path):
    for name, lines in (("old", [line("a", 0.8, 0.7), line("b", 0.6, 0.6)]), ("new", [line("a", 0.8, 0.9)])):
        (tmp_path / name).write_text("".join(json.dumps(one) + "\n" for one in lines))
    found = read_lines([tmp_path / "old", tmp_path / "new", tmp_path / "missing"])
    assert {cell.task: one["auto"] for cell, one in found.items()} == {"a": 0.9, "b": 0.6}
