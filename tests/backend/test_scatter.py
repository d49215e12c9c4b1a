"""The verb `scatter`: where points lie in plot and map, their classes and the axes, against values computed by hand."""

import csv

import explored_ground as ground
import numpy as np
import pyogrio.raw
import pytest
import shapely
from mmearth import protocol, scatter
from mmearth.errors import InputError
from mmearth.exploring import held_embedding as held
from mmearth.exploring import plot_axes

WHOLE = ground.ROWS * ground.COLS - ground.COLS  # pixels with data


@pytest.fixture
def embedding(tmp_path):
    return ground.write(tmp_path / "embedding.tif", ground.codes(ground.kinds()))


@pytest.fixture
def labels(tmp_path):
    """Two polygons of kind 1, one of kind 2 (a hundred pixels each), and one that is no class."""
    corners = [(2, 2), (22, 12), (22, 35), (2, 32)]
    shapes = [
        shapely.box(ground.LEFT_M + c * 10, ground.TOP_M - (r + 10) * 10, ground.LEFT_M + (c + 10) * 10, top)
        for r, c in corners
        for top in [ground.TOP_M - r * 10]
    ]
    path = str(tmp_path / "labels.gpkg")
    values = np.array([7, 7, 9, 0])
    pyogrio.raw.write(
        path, shapely.to_wkb(shapes), [values], ["kind"], driver="GPKG", geometry_type="Polygon", crs="EPSG:32632"
    )
    return path


@pytest.fixture
def run(embedding, tmp_path, report):
    def run(**fields):
        out = tmp_path / "points.csv"
        result = scatter.run(protocol.ScatterRequest(embedding, str(out), **fields), report)
        with out.open(encoding="utf-8", newline="") as opened:
            return result, list(csv.DictReader(opened))

    return run


def places(rows):
    """Returns the row and column of each point, and where it lies in the plot."""
    on_map = np.array([[float(row["map_x"]), float(row["map_y"])] for row in rows])
    cols, rows_at = (on_map[:, 0] - ground.LEFT_M) / 10 - 0.5, (ground.TOP_M - on_map[:, 1]) / 10 - 0.5
    np.testing.assert_allclose([cols, rows_at], np.rint([cols, rows_at]), atol=1e-6)  # centres of pixels
    plot = np.array([[float(row["plot_x"]), float(row["plot_y"])] for row in rows])
    return np.rint(rows_at).astype(int), np.rint(cols).astype(int), plot


def test_points_lie_along_the_principal_components(run):
    result, points = run(count=10_000)
    rows, cols, plot = places(points)
    assert result["points"] == len(points) == WHOLE == len({*zip(rows, cols, strict=True)})
    values = ground.codes(ground.kinds()).astype(float) * np.array(ground.SCALES)[:, None, None]
    x = values[:, rows, cols].T
    x = x - x.mean(axis=0)
    _, sizes, directions = np.linalg.svd(x, full_matrices=False)
    wanted = x @ directions[:2].T
    wanted *= np.sign((wanted * plot).sum(axis=0))
    np.testing.assert_allclose(plot, wanted, atol=1e-3)
    np.testing.assert_allclose(result["explained"], (sizes**2 / (sizes**2).sum())[:2], atol=1e-3)
    assert result["classes"] == []
    assert all(row["class"] == "" for row in points)
    assert (result["axes"], result["warnings"]) == ("components", [])


def test_labelled_pixels_come_first_with_their_class(run, labels):
    classes = ({"value": 9, "name": "Second", "color": "#112233"}, {"value": 7, "name": "First", "color": "#445566"})
    result, points = run(count=200, labels=labels, field="kind", classes=classes, ignore=("0",))
    rows, cols, _ = places(points)
    values = [row["class"] for row in points]
    assert len(points) == 200
    known = sum(value != "" for value in values)
    assert known == 99
    assert all(values[:known])
    kinds = ground.kinds()
    assert all(kinds[r, c] == {"7": 1, "9": 2}[v] for r, c, v in zip(rows, cols, values, strict=True) if v)
    counts = {row["name"]: row["points"] for row in result["classes"]}
    assert counts == {"Second": 33, "First": 66}
    assert {row["name"]: row["color"] for row in result["classes"]} == {"Second": "#112233", "First": "#445566"}


def test_axes_that_tell_classes_apart(run, labels):
    fields = {"count": 400, "labels": labels, "field": "kind", "ignore": ("0",)}
    result, points = run(axes="classes", **fields)
    x = {value: np.array([float(p["plot_x"]) for p in points if p["class"] == value]) for value in ("7", "9")}
    gap = abs(x["7"].mean() - x["9"].mean()) / np.sqrt((x["7"].var() + x["9"].var()) / 2)
    components = run(**fields)[1]
    y = {v: np.array([float(p["plot_x"]) for p in components if p["class"] == v]) for v in ("7", "9")}
    assert gap > abs(y["7"].mean() - y["9"].mean()) / np.sqrt((y["7"].var() + y["9"].var()) / 2)
    assert result["explained"] == [1.0, 0.0]
    assert np.ptp([float(p["plot_y"]) for p in points]) > 0  # two classes: the second axis is what is left


def test_three_classes_have_two_axes():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], 60)
    x = rng.normal(size=(180, 5)) * (1, 1, 9, 9, 9)
    x[:, 0] += 8 * (classes == 1)
    x[:, 1] += 8 * (classes == 2)
    axes = plot_axes.class_axes(x, classes)
    placed = axes.place(x)
    middles = np.array([placed[classes == k].mean(axis=0) for k in range(3)])
    within = np.sqrt(np.mean([placed[classes == k].var(axis=0) for k in range(3)]))
    assert min(np.linalg.norm(middles[i] - middles[j]) for i, j in ((0, 1), (0, 2), (1, 2))) > 5 * within
    assert sum(axes.explained) == pytest.approx(1)


def test_labels_that_do_not_serve_leave_a_plot_without_classes(run, labels):
    result, points = run(count=50, labels=labels, field="kind", ignore=("0", "9"))
    assert len(points) == 50
    assert result["classes"] == []
    assert "only one class" in result["warnings"][0]
    with pytest.raises(InputError, match="only one class"):
        run(count=50, labels=labels, field="kind", ignore=("0", "9"), axes="classes")


def test_extent(run, labels):
    left, top = ground.LEFT_M, ground.TOP_M
    bounds = (left, top - 200, left + 250, top)
    result, points = run(count=300, labels=labels, field="kind", ignore=("0",), bounds=bounds)
    rows, cols, _ = places(points)
    assert rows.max() < 20
    assert cols.max() < 25
    assert {p["class"] for p in points} == {"7", ""}
    with pytest.raises(InputError, match="Fewer than two classes"):
        run(count=300, labels=labels, field="kind", ignore=("0",), bounds=bounds, axes="classes")


def test_drawn_from_the_file_where_it_does_not_fit(run, monkeypatch):
    monkeypatch.setattr(held, "HELD_BYTES", 0)
    monkeypatch.setattr(held, "_held", None)
    result, points = run(count=100)
    rows, _, _ = places(points)
    assert result["points"] == 100
    assert (ground.kinds()[rows, 0] > 0).all()


def test_seed_repeats(run):
    assert run(count=40, seed=5)[1] == run(count=40, seed=5)[1]
    assert run(count=40, seed=5)[1] != run(count=40, seed=6)[1]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"count": 0}, "0 points are wanted"),
        ({"count": 60_000}, "60,000 points"),
        ({"axes": "classes"}, "need labels"),
        ({"axes": "other"}, "no axes 'other'"),
        ({"bounds": (0, 0, 1, 1)}, "lies outside raster"),
    ],
)
def test_refusals(run, fields, sentence):
    with pytest.raises(InputError, match=sentence):
        run(**fields)


def test_pixels_that_are_all_alike(tmp_path, report):
    path = ground.write(tmp_path / "flat.tif", np.full((ground.CHANNELS, 20, 20), 7))
    out = str(tmp_path / "points.csv")
    result = scatter.run(protocol.ScatterRequest(path, out, count=10), report)
    assert result["explained"] == [0.0, 0.0]
