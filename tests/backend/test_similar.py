"""The verb `similar`: values against cosines computed by hand, in memory and streamed, and what it refuses."""

import explored_ground as ground
import numpy as np
import pyogrio.raw
import pytest
import rasterio
import rasterio.shutil
import shapely
from affine import Affine
from mmearth import protocol, similar
from mmearth.errors import Cancelled, InputError
from mmearth.exploring import held_embedding as held
from mmearth.exploring import similarity


@pytest.fixture
def embedding(tmp_path):
    return ground.write(tmp_path / "embedding.tif", ground.codes(ground.kinds()))


@pytest.fixture
def run(embedding, tmp_path, report):
    def run(points=(), path=embedding, **fields):
        out = str(tmp_path / "similar.tif")
        result = similar.run(protocol.SimilarRequest(path, out, points=tuple(points), **fields), report)
        with rasterio.open(out) as dataset:
            return result, dataset.read(1), dataset.profile

    return run


def by_hand(points, weights=None):
    """Returns (rows, cols) cosines with the mean direction of pixels (row, col), from the mean, in double precision."""
    stored = ground.codes(ground.kinds()).astype(float)
    valid = (stored != -128).all(axis=0)
    values = stored * np.array(ground.SCALES)[:, None, None]
    values -= values[:, valid].mean(axis=1)[:, None, None]
    values /= np.linalg.norm(values, axis=0)
    weights = np.ones(len(points)) if weights is None else weights
    direction = sum(w * values[:, row, col] for w, (row, col) in zip(weights, points, strict=True))
    return np.tensordot(direction / np.linalg.norm(direction), values, 1), valid


def test_values_are_cosines_from_the_mean(run):
    places = [(5, 5), (30, 12)]
    result, found, profile = run([v for row, col in places for v in ground.centre(row, col)])
    wanted, valid = by_hand(places)
    np.testing.assert_allclose(found[valid] / 254, np.clip(wanted[valid], 0, 1), atol=0.003)
    assert (found[~valid] == 255).all()
    assert (profile["dtype"], profile["nodata"], profile["crs"].to_epsg()) == ("uint8", 255, 32632)
    assert profile["transform"] == Affine(10, 0, ground.LEFT_M, 0, -10, ground.TOP_M)
    assert result["pixels"] == valid.sum() == 39 * 60
    assert found[5, 5] > 200
    assert found[12, 47] > 150
    assert found[5, 55] == 0


def test_first_threshold_parts_the_kinds(run):
    result, found, _ = run(ground.centre(5, 5))
    meant = (found >= result["threshold"] * 254) & (found != 255)
    truth = ground.kinds() == 1
    assert (meant & truth).sum() > 0.9 * truth.sum()
    assert (meant & ~truth).sum() == 0


def test_what_is_not_meant_loses(run):
    plain = run(ground.centre(5, 5))[1]
    found = run(ground.centre(5, 5), unlike=ground.centre(20, 20))[1]
    wanted, valid = by_hand([(5, 5), (20, 20)], (1, -0.3))
    np.testing.assert_allclose(found[valid] / 254, np.clip(wanted[valid], 0, 1), atol=0.003)
    assert int(found[20, 20]) < int(plain[20, 20])


def test_mean_of_polygons(run, tmp_path):
    square = shapely.box(*ground.centre(9, 2), *ground.centre(4, 7))
    path = str(tmp_path / "polygons.gpkg")
    pyogrio.raw.write(path, shapely.to_wkb([square]), [], [], driver="GPKG", geometry_type="Polygon", crs="EPSG:32632")
    inside = [(row, col) for row in range(4, 9) for col in range(2, 7)]
    found = run(features=path)[1]
    wanted = by_hand(inside)[0]
    assert np.corrcoef(found[:-1].ravel(), np.clip(wanted[:-1], 0, 1).ravel())[0, 1] > 0.999


def test_an_extent_holds_the_same_values_as_the_whole(run):
    whole = run(ground.centre(5, 5))[1]
    left, top = ground.LEFT_M + 20 * 10, ground.TOP_M - 8 * 10
    part, profile = run(ground.centre(5, 5), bounds=(left, top - 120, left + 300, top))[1:]
    np.testing.assert_array_equal(part, whole[8:20, 20:50])
    assert (profile["transform"].c, profile["transform"].f) == (left, top)


def test_streamed_is_the_same_as_in_memory(run, monkeypatch):
    whole = run(ground.centre(5, 5))[1]
    monkeypatch.setattr(held, "HELD_BYTES", 0)
    monkeypatch.setattr(held, "BLOCK_PX", 16)
    monkeypatch.setattr(held, "CHUNK_PX", 50)
    monkeypatch.setattr(similar, "SMALL_PX", 0)
    monkeypatch.setattr(held, "_held", None)
    result, streamed, profile = run(ground.centre(5, 5))
    np.testing.assert_array_equal(streamed, whole)
    assert profile["tiled"]
    assert result["pixels"] == 39 * 60


def test_a_raster_that_does_not_fit_is_held_in_part(embedding, report, monkeypatch):
    monkeypatch.setattr(held, "HELD_BYTES", 1000 * (ground.CHANNELS + 5))
    found = held.HeldEmbedding(embedding)
    window = rasterio.windows.Window(20, 10, 30, 30)
    found.hold(window, report)
    assert found.holds(window)
    assert found.holds(rasterio.windows.Window(25, 15, 5, 5))
    assert not found.holds(rasterio.windows.Window(19, 10, 30, 30))
    rows, cols = np.array([12, 39, 0, 20]), np.array([47, 25, 59, 21])
    vectors, valid = found.at(rows, cols, report)
    assert valid.tolist() == [True, False, True, True]
    stored = ground.codes(ground.kinds()).astype(np.float32)
    differences = (stored[:, 12, 47] - stored[:, 0, 59]) * np.array(ground.SCALES, np.float32)
    np.testing.assert_allclose(vectors[0] - vectors[2], differences, atol=1e-4)


@pytest.mark.parametrize("kind", ["int16", "float32", "uint8", "alphaearth", "south-up"])
def test_other_storage_gives_the_same_places(tmp_path, run, kind):
    stored = ground.codes(ground.kinds())
    path = tmp_path / "other.tif"
    scales = np.array(ground.SCALES)[:, None, None]
    if kind == "int16":
        ground.write(path, stored, "int16")
    elif kind == "uint8":  # of the first versions
        shifted = np.where(stored == -128, 0, stored.astype(int) + 128)
        ground.write(path, shifted, "uint8", 0)
    elif kind == "south-up":
        upwards = Affine(10, 0, ground.LEFT_M, 0, 10, ground.TOP_M - 400)
        ground.write(path, stored[:, ::-1], transform=upwards)
    elif kind == "float32":
        values = np.where(stored == -128, np.nan, stored * scales)
        ground.write(path, values, "float32", np.nan, scales=None)
    else:
        values = np.full((64, *stored.shape[1:]), -128)
        power = np.sign(stored) * np.sqrt(np.abs(stored * scales) / 4) * 127.5
        values[:8] = np.where(stored == -128, -128, np.rint(power))
        values[8:, :-1] = 1
        ground.write(path, values, tags={}, scales=None)
    result, found, _ = run(ground.centre(5, 5), path=str(path))
    wanted, valid = by_hand([(5, 5)])
    np.testing.assert_allclose(found[valid] / 254, np.clip(wanted[valid], 0, 1), atol=0.03)
    assert (found[~valid] == 255).all()
    assert len(result["warnings"]) == (kind == "south-up")


def test_a_file_that_changes_is_read_again(run, embedding):
    before = run(ground.centre(5, 5))[1]
    ground.write(embedding, ground.codes(3 - ground.kinds(), seed=1))
    after = run(ground.centre(5, 5))[1]
    assert before[12, 47] > 150
    assert (before != after).any()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "neither a place nor a polygon"),
        ({"points": (1.0, 2.0)}, "lies outside embedding 'embedding.tif'"),
        ({"points": (1.0,)}, "no pairs"),
        ({"points": ground.centre(39, 3)}, "holds no data at"),
        ({"points": ground.centre(5, 5), "unlike": (0.0, 0.0)}, "lies outside"),
        ({"points": ground.centre(5, 5), "bounds": (0, 0, 1, 1)}, "lies outside raster"),
        ({"points": (float("inf"), 2.0)}, "lies outside embedding"),
    ],
)
def test_refusals(run, fields, sentence):
    with pytest.raises(InputError, match=sentence):
        run(**fields)


def test_refuses_what_is_no_embedding(run, make_raster, tmp_path):
    with pytest.raises(InputError, match="not an embedding that is known"):
        run(ground.centre(5, 5), path=make_raster(count=1, dtype="uint8"))
    with pytest.raises(InputError, match="There is no file"):
        run(ground.centre(5, 5), path=str(tmp_path / "gone.tif"))
    rotated = Affine(10, 3, ground.LEFT_M, 3, -10, ground.TOP_M)
    path = ground.write(tmp_path / "rotated.tif", ground.codes(ground.kinds()), transform=rotated)
    with pytest.raises(InputError, match="is rotated"):
        run(ground.centre(5, 5), path=path)


def test_nothing_but_nodata(run, tmp_path):
    path = ground.write(tmp_path / "empty.tif", np.full((ground.CHANNELS, 20, 20), -128))
    with pytest.raises(InputError, match="holds no data"):
        run(ground.centre(5, 5), path=path)


@pytest.mark.parametrize("held_bytes", [0, 10**6])
def test_a_damaged_file_is_told(run, tmp_path, monkeypatch, held_bytes):
    monkeypatch.setattr(held, "HELD_BYTES", held_bytes)
    path = tmp_path / "damaged.tif"
    rasterio.shutil.copy(ground.write(tmp_path / "whole.tif", ground.codes(ground.kinds())), path, driver="COG")
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(whole[:half])
    with pytest.raises(InputError, match="cannot be read"):
        run(ground.centre(5, 5), path=str(path))


def test_cancelled_while_reading_leaves_nothing(embedding, tmp_path, monkeypatch):
    from conftest import Recorder

    monkeypatch.setattr(held, "BLOCK_PX", 16)
    monkeypatch.setattr(held, "_held", None)
    out = tmp_path / "cancelled.tif"
    with pytest.raises(Cancelled):
        similar.run(protocol.SimilarRequest(embedding, str(out), points=ground.centre(5, 5)), Recorder(cancel_at=3))
    assert [path.name for path in tmp_path.iterdir()] == ["embedding.tif"]


def test_style_speaks_of_similarity():
    style = similarity.similarity_style()
    assert 'type="singlebandpseudocolor"' in style
    for value, label in (("0", "0"), ("63.5", "0.25"), ("127", "0.5"), ("190.5", "0.75"), ("254", "1: as the places")):
        assert f'value="{value}" label="{label}"' in style


def test_threshold_lies_in_the_middle_of_a_gap():
    counts = np.zeros(255, int)
    counts[[0, 200]] = 50
    assert similarity.first_threshold(counts) == pytest.approx(100 / 254, abs=0.01)


def test_threshold_of_overlapping_kinds_is_that_of_the_upper_ones():
    # Even values are parted in the middle, and what lies above once more.
    counts = np.ones(255, int)
    assert similarity.first_threshold(counts) == pytest.approx(0.75, abs=0.02)


def test_threshold_of_one_value_is_a_share():
    counts = np.zeros(255, int)
    counts[100] = 9
    assert 0 < similarity.first_threshold(counts) <= 1
