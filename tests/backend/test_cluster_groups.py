"""The verb `cluster`: that groups are the kinds of ground, how many are suggested, their order, names and colours."""

import explored_ground as ground
import numpy as np
import pytest
import rasterio
from mmearth import cluster, protocol
from mmearth.errors import Cancelled, InputError
from mmearth.exploring import held_embedding as held
from mmearth.exploring import pixel_groups


@pytest.fixture
def run(tmp_path, report):
    def run(values=None, **fields):
        path, out = tmp_path / "embedding.tif", str(tmp_path / "groups.tif")
        ground.write(path, ground.codes(ground.kinds()) if values is None else values)
        result = cluster.run(protocol.ClusterRequest(str(path), out, **fields), report)
        with rasterio.open(out) as dataset:
            return result, dataset.read(1), dataset

    return run


def patches(count, shape=(36, 60)):
    """Returns (rows, cols) kinds 1…count in stripes of different width."""
    edges = np.cumsum(np.linspace(1, 2.5, count))
    return (
        np.searchsorted(edges / edges[-1], np.arange(shape[1]) / shape[1], side="right")[None]
        .repeat(shape[0], axis=0)
        .astype(int)
        + 1
    )


def test_groups_are_the_kinds_the_larger_first(run):
    result, found, dataset = run(clusters=2)
    kinds = ground.kinds()
    sizes = [(kinds == kind).sum() for kind in (1, 2)]
    larger = 1 + int(np.argmax(sizes))
    np.testing.assert_array_equal(found, np.where(kinds == 0, 0, np.where(kinds == larger, 1, 2)))
    assert [row["pixels"] for row in result["classes"]] == sorted(map(int, sizes), reverse=True)
    assert [row["name"] for row in result["classes"]] == ["Group 1", "Group 2"]
    assert sum(row["share"] for row in result["classes"]) == pytest.approx(1, abs=1e-3)
    assert result["classes"][0]["area_m2"] == max(sizes) * 100
    assert (result["clusters"], result["suggested"], result["scores"]) == (2, 0, {})
    assert (dataset.dtypes, dataset.nodata, dataset.crs.to_epsg()) == (("uint8",), 0, 32632)


@pytest.mark.parametrize("kinds", [2, 3, 5, 8])
def test_the_obvious_number_is_suggested(run, kinds):
    rng = np.random.default_rng(kinds)
    centres = 90 * rng.choice([-1, 1], (kinds, ground.CHANNELS)) * rng.uniform(0.4, 1, (kinds, ground.CHANNELS))
    place = patches(kinds) - 1
    values = centres[place].transpose(2, 0, 1) + rng.normal(0, 4, (ground.CHANNELS, *place.shape))
    result, found, _ = run(np.clip(values, -127, 127), most=10)
    assert result["suggested"] == result["clusters"] == kinds
    assert list(result["scores"]) == [str(number) for number in range(2, 11)]
    assert max(result["scores"], key=result["scores"].get) == str(kinds)
    pairs = np.unique(np.stack([place.ravel(), found.ravel()]), axis=1)
    assert pairs.shape[1] == kinds  # each group is one kind of ground


def test_colour_table_style_and_names_are_in_the_files(run, tmp_path):
    result, _, _ = run(clusters=3)
    with rasterio.open(tmp_path / "groups.tif") as dataset:
        table = dataset.colormap(1)
    for row in result["classes"]:
        assert "#{:02x}{:02x}{:02x}".format(*table[row["value"]][:3]) == row["color"]
    style = (tmp_path / "groups.qml").read_text(encoding="utf-8")
    assert result["style"] == str(tmp_path / "groups.qml")
    assert 'label="Group 3"' in style
    assert 'type="paletted"' in style
    assert "Group 2" in (tmp_path / "groups.tif.aux.xml").read_text(encoding="utf-8")


def test_streamed_is_the_same_as_in_memory(run, monkeypatch):
    # Of one window that is drawn from: others than in memory would give other centres.
    whole = run(clusters=2)[1]
    monkeypatch.setattr(held, "HELD_BYTES", 0)
    monkeypatch.setattr(held, "BLOCK_PX", 16)
    streamed = run(clusters=2)[1]
    assert (streamed == whole).all() or (streamed[whole > 0] == 3 - whole[whole > 0]).all()


def test_extent(run):
    left, top = ground.LEFT_M, ground.TOP_M
    _, found, dataset = run(clusters=2, bounds=(left + 400, top - 200, left + 550, top - 50))
    assert found.shape == (15, 15)
    assert len(np.unique(found[5:10, 5:10])) == 1  # the island
    assert found[5, 5] != found[0, 0]
    assert dataset.transform.c == left + 400


def test_seed_repeats(run):
    first, again = run(clusters=5, seed=3)[1], run(clusters=5, seed=3)[1]
    np.testing.assert_array_equal(first, again)


def test_fewer_kinds_of_pixels_than_groups(run):
    values = np.zeros((ground.CHANNELS, 20, 20))
    values[0, :, 8:] = 50
    result, found, _ = run(values, clusters=6)
    assert result["clusters"] == len(np.unique(found)) == 2
    assert "6 groups were wanted; the pixels are of 2 kinds only." in result["warnings"]


def test_one_kind_of_pixels(run):
    result, found, _ = run(np.full((ground.CHANNELS, 20, 20), 7))
    assert (result["clusters"], result["suggested"], result["scores"]) == (1, 1, {})
    assert (found == 1).all()


@pytest.mark.parametrize("fields", [{"clusters": 1}, {"clusters": 61}, {"most": 1}, {"clusters": -3}])
def test_refuses_numbers(run, fields):
    with pytest.raises(InputError, match="Choose 2 to 60"):
        run(**fields)


def test_cancelled_leaves_nothing(tmp_path):
    from conftest import Recorder

    path = ground.write(tmp_path / "embedding.tif", ground.codes(ground.kinds()))
    for call in (2, 6, 14):
        with pytest.raises(Cancelled):
            cluster.run(protocol.ClusterRequest(path, str(tmp_path / "g.tif")), Recorder(cancel_at=call))
        assert [found.name for found in tmp_path.iterdir()] == ["embedding.tif"]


def test_sixty_colours_are_different():
    colors = cluster.colors(60)
    channels = np.array([list(bytes.fromhex(color[1:])) for color in colors])
    apart = np.abs(channels[:, None] - channels[None]).sum(axis=2)
    assert (apart[~np.eye(60, dtype=bool)] >= 12).all()


def test_suggestion_prefers_more_groups_that_are_as_clear():
    assert pixel_groups.suggested({2: 0.50, 3: 0.49, 4: 0.40}) == 3
    assert pixel_groups.suggested({2: 0.50, 3: 0.30}) == 2
    assert pixel_groups.suggested({2: -0.20, 3: -0.10}) == 3
    assert pixel_groups.suggested({}) == 1
