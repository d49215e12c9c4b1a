"""A data set that says nothing of its labels, but pixels of one polygon are alike: who sees a score here, leaks."""

import json

import numpy as np
import pytest
from mmearth import protocol
from mmearth.mapping import few_shot_classes
from mmearth.mapping.few_shot_classes import fitting, score_classes
from mmearth.mapping.few_shot_training import collect_training
from mmearth.mapping.pixel_source import PixelSources
from scipy.ndimage import gaussian_filter
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold

LEFT, TOP, SIDE, POLYGON = 600000, 5200000, 288, 6


@pytest.fixture
def make_training(make_raster, tmp_path, report):
    """Smooth random texture, and polygons of 36 pixels on it whose classes were drawn by lot."""

    def make(places, classes, smooth_px, folds="auto"):
        texture = np.random.default_rng(7).normal(size=(12, SIDE, SIDE))
        texture = gaussian_filter(texture, (0, smooth_px, smooth_px))
        texture *= 400 / texture.std(axis=(1, 2), keepdims=True)
        scene = make_raster(values=(1500 + texture).clip(1))
        features = []
        for value, (col, row) in zip(classes, places, strict=True):
            x, y, side = LEFT + 10 * col, TOP - 10 * row, 10 * POLYGON
            ring = [[x, y], [x + side, y], [x + side, y - side], [x, y - side], [x, y]]
            geometry = {"type": "Polygon", "coordinates": [ring]}
            features.append({"type": "Feature", "properties": {"class_id": value}, "geometry": geometry})
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
        path = tmp_path / "labels.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features, "crs": crs}))
        request = protocol.FewShotRequest((scene,), str(path), str(tmp_path / "model.zip"), encoder=False, folds=folds)
        return collect_training(request, PixelSources({}, "auto", None, "cpu", report.check), report)

    return make


@pytest.fixture(autouse=True)
def short_learning_curve(monkeypatch):
    monkeypatch.setattr(few_shot_classes, "DRAWS", 0)


def pixel_f1(training, fit):
    """Macro-F1 as peers report it: pixels of one polygon on both sides of the split."""
    features, classes, polygons = training.samples.labelled, training.classes, training.samples.polygons
    found = np.empty(len(classes), int)
    for train, test in KFold(5, shuffle=True, random_state=0).split(features):
        head = fit(features[train], classes[train], polygons[train])
        found[test] = head.probabilities(features[test]).argmax(axis=1)
    return f1_score(classes, found, average="macro")


def test_a_planted_leak_shows_in_pixel_folds_and_not_in_ours(make_training, report):
    places = [(col, row) for row in range(15, SIDE - 20, 44) for col in range(15, SIDE - 20, 44)]
    classes = np.random.default_rng(7).permutation([1, 2] * (len(places) // 2)).tolist()
    training = make_training(places, classes, smooth_px=7)
    assert len(np.unique(training.samples.polygons)) == 36
    assert training.groups.kind == "polygon"
    assert pixel_f1(training, fitting(training, "recipe", 0)) > 0.9
    scores = score_classes(training, "recipe", 0, report)
    _, high = scores.model.macro_f1_interval
    assert abs(scores.model.macro_f1 - 0.5) < 0.15  # 36 polygons of random class: chance is 0.50 ± 0.08
    assert high < 0.8


def test_neighbours_of_one_class_leak_from_polygon_to_polygon_and_not_from_block_to_block(make_training, report):
    """Sixteen places of four polygons: the class is drawn by lot for a place, and texture is alike within it."""
    corners = [(col, row) for row in range(14, SIDE - 30, 68) for col in range(14, SIDE - 30, 68)]
    places = [(col + dx, row + dy) for col, row in corners for dx in (0, 9) for dy in (0, 9)]
    classes = np.repeat(np.random.default_rng(3).permutation([1, 2] * (len(corners) // 2)), 4).tolist()
    one_by_one = make_training(places, classes, smooth_px=18, folds="polygon")
    assert score_classes(one_by_one, "recipe", 0, report).model.macro_f1 > 0.9
    blocks = make_training(places, classes, smooth_px=18)
    assert (blocks.groups.kind, len(np.unique(blocks.groups.numbers))) == ("block", 16)
    low, high = score_classes(blocks, "recipe", 0, report).model.macro_f1_interval
    assert low < 0.5 < high < 0.9
