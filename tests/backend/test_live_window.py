"""What the preview keeps: features compressed to 8 bits, cell by cell, and when it is thrown away."""

import os

import numpy as np
import pytest
from mmearth import protocol
from mmearth.errors import Cancelled, InputError
from mmearth.mapping import live_window
from mmearth.mapping.live_window import LiveScene, fit_compression, live_scene
from mmearth.mapping.recipe_features import HALO_PX
from rasterio.windows import Window

WIDTH, HEIGHT = 200, 140


@pytest.fixture
def scene(make_raster):
    """Stripes and noise; nothing in the upper left corner."""
    rng = np.random.default_rng(0)
    values = rng.normal(1500, 200, (12, HEIGHT, WIDTH)) + 800 * np.sin(np.arange(WIDTH) / 9)
    values = values.clip(50)
    values[:, :20, :30] = 0
    return make_raster(values=values, nodata=0)


@pytest.fixture
def make_request(scene, tiny_weights, tmp_path):
    def make(**fields):
        fields = {"weights": tiny_weights, "device": "cpu", **fields}
        return protocol.PreviewRequest(scene, str(tmp_path / "out.tif"), (0, 0, 1, 1), "", **fields)

    return make


@pytest.fixture
def live(make_request, report):
    return LiveScene(make_request(), report)


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch):
    monkeypatch.setattr(live_window, "_held", None)


def gathered(live, window):
    """Codes and validity of a prepared window as arrays."""
    shape = int(window.height), int(window.width)
    codes, valid = np.zeros((64, *shape), np.int8), np.zeros(shape, bool)
    for rows, cols, part, known in live.parts(window):
        codes[:, rows, cols], valid[rows, cols] = part, known
    return codes, valid


def test_codes_keep_the_directions_that_vary():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5000, 2)) @ np.array([[3.0, 4.0, 0.0], [-0.4, 0.3, 0.0]])  # deviations 5 and .5, none in z
    x -= x.mean(axis=0)
    compression = fit_compression(x, 2)
    axes = compression.weight * compression.step[:, None]
    assert np.abs(axes @ np.array([0.6, 0.8, 0])) == pytest.approx([1, 0], abs=0.01)
    assert axes @ axes.T == pytest.approx(np.eye(2), abs=1e-5)
    assert compression.step == pytest.approx([5 * 5 / 127, 5 * 0.5 / 127], rel=0.05)
    restored = compression.values(compression.codes(x)) @ axes
    assert np.abs(restored - x).max() < np.linalg.norm(compression.step) / 2 + 1e-3
    assert fit_compression(x).weight.shape == (3, 3)


def test_a_direction_without_variance_and_outliers_stay_in_range():
    x = np.random.default_rng(0).normal(size=(100, 1)) * np.array([[1.0, 0.0]])
    compression = fit_compression(x - x.mean(axis=0))
    codes = compression.codes(np.array([[1e6, 0.0], [-1e6, 0.0], [0.0, 1e-8]]))
    assert sorted(codes[:, 0].tolist()) == [-127, 0, 127]
    assert (codes[:, 1] == 0).all()


def test_pixels_have_the_components_of_their_features(live, report):
    window = Window(60, 40, 100, 90)
    live.prepare(window, report)
    rows, cols = np.array([45, 100, 129, 10]), np.array([61, 128, 159, 190])  # the last one outside the window
    values, valid = live.at(rows, cols, report)
    assert valid.all()
    with live._sources.open(live._path) as source:
        whole = source.features(Window(-HALO_PX, -HALO_PX, WIDTH + 2 * HALO_PX, HEIGHT + 2 * HALO_PX))
    x = live._features.at(whole, rows + HALO_PX, cols + HALO_PX)
    axes = live.compression.weight * live.compression.step[:, None]
    reach = 127 * live.compression.step
    wanted = np.clip(x @ axes.T, -reach, reach)
    assert (np.abs(values - wanted) <= 0.52 * live.compression.step + 1e-4).all()
    assert np.abs(values[:, :8]).max() > 0.1  # and they are not all nothing


def test_cells_do_not_depend_on_who_asked_first(live, make_request, report):
    window = Window(13, 7, 150, 120)
    live.prepare(Window(100, 50, 40, 40), report)
    assert live.prepare(window, report)
    assert not live.prepare(Window(40, 20, 60, 60), report)
    other = LiveScene(make_request(), report)
    other.prepare(window, report)
    (codes, valid), (wanted, known) = gathered(live, window), gathered(other, window)
    assert np.abs(codes.astype(int) - wanted).max() <= 1
    assert (valid == known).all()
    nodata = np.zeros((120, 150), bool)
    nodata[:13, :17] = True
    assert (valid == ~nodata).all()


def test_pixels_without_data_are_told_apart(live, report):
    rows, cols = np.array([5, 5, 139]), np.array([5, 100, 199])
    for prepared in (False, True):
        if prepared:
            live.prepare(Window(0, 0, WIDTH, HEIGHT), report)
        values, valid = live.at(rows, cols, report)
        assert valid.tolist() == [False, True, True]
        assert not values[0].any()
    _, valid = gathered(live, Window(0, 0, WIDTH, HEIGHT))
    assert valid.sum() == WIDTH * HEIGHT - 20 * 30


def test_labelled_pixels_outside_are_computed_once(live, report):
    rows, cols = np.array([70, 71, 5]), np.array([130, 131, 5])
    first = live.at(rows, cols, report)
    report.calls.clear()
    again = live.at(rows[::-1], cols[::-1], report)
    assert report.calls == []
    assert (again[0][::-1] == first[0]).all()
    assert (again[1][::-1] == first[1]).all()


def test_cancelling_leaves_whole_cells_and_the_next_request_goes_on(live, make_request, report, monkeypatch):
    monkeypatch.setattr(live_window, "BLOCK_PX", 64)
    window = Window(0, 0, WIDTH, HEIGHT)
    stopping = type(report)(cancel_at=3)
    with pytest.raises(Cancelled):
        live.prepare(window, stopping)
    whole = len(live._cells)
    assert 0 < whole < 12
    assert live.prepare(window, report)
    done = [done for phase, done, _ in report.calls if phase == live_window.PREPARING]
    assert max(done) == 12 - whole
    other = LiveScene(make_request(), type(report)())
    other.prepare(window, type(report)())
    assert np.abs(gathered(live, window)[0].astype(int) - gathered(other, window)[0]).max() <= 1


def test_a_large_window_is_refused_with_the_remedy(live, report, monkeypatch):
    monkeypatch.setattr(live_window, "LARGEST_PX", 9_999)
    with pytest.raises(InputError, match=r"100 × 100 pixels of 'scene.tif'; .* 9,999 .* Zoom in"):
        live.prepare(Window(0, 0, 100, 100), report)
    assert live.kept_bytes == 0


def test_old_cells_make_room(live, report, monkeypatch):
    cell_bytes = 64 * 64 * 65
    monkeypatch.setattr(live_window, "KEPT_BYTES", 3 * cell_bytes)
    live.prepare(Window(0, 0, 128, 64), report)
    live.prepare(Window(128, 0, 64, 128), report)
    assert set(live._cells) == {(0, 1), (0, 2), (1, 2)}
    live.prepare(Window(0, 0, 128, 128), report)  # larger than what is kept of others, but asked for
    assert set(live._cells) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert live.kept_bytes == 4 * cell_bytes


def test_one_scene_is_held_until_its_file_or_its_reading_changes(make_request, scene, report):
    first, opened = live_scene(make_request(), report)
    assert opened
    assert live_scene(make_request(labels_layer="another", head="knn"), report) == (first, False)
    second, opened = live_scene(make_request(encoder=False), report)
    assert opened
    os.utime(scene, ns=(1, 1))
    third, opened = live_scene(make_request(encoder=False), report)
    assert opened
    assert third is not second


def test_a_cancelled_start_holds_nothing(make_request, report):
    live_scene(make_request(), report)
    with pytest.raises(Cancelled):
        live_scene(make_request(seed=1), type(report)(cancel_at=1))
    assert live_window._held is None


def test_a_scene_without_data_is_refused(make_raster, tmp_path, report):
    path = make_raster("empty.tif", values=np.zeros((12, 60, 60)), nodata=0)
    request = protocol.PreviewRequest(path, str(tmp_path / "out.tif"), (0, 0, 1, 1), "", encoder=False, device="cpu")
    with pytest.raises(InputError, match=r"'empty.tif' holds no data"):
        LiveScene(request, report)
