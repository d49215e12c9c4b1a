"""The picture of sample pairs: both images, the bands that are colours, and files that are whole or absent."""

import numpy as np
import pytest
from matplotlib.image import imread
from mmearth.adaptation import pair_pictures
from mmearth.adaptation.pair_data import PairData
from mmearth.errors import ResourceError


def data_of(count, bands=3, empty=False):
    rng = np.random.default_rng(0)
    reference = rng.normal(1500, 300, (count, 3, 8, 8)).astype(np.float32)
    target = rng.normal(90, 10, (count, bands, 32, 32)).astype(np.float32)
    target[:, :, :8] = np.nan
    if empty:
        reference[:, 1] = np.nan
    return PairData(
        reference=reference,
        target=target,
        origin=np.zeros((count, 3), np.int64),
        level="l2a",
        target_bands=tuple(f"band {i + 1}" for i in range(bands)),
        target_mean=np.full(bands, 90, np.float32),
        target_std=np.full(bands, 10, np.float32),
        reference_m=10.0,
        working_m=2.5,
        land_cover=None,
        held_out=np.arange(count) < 2,
        warnings=[],
        facts={},
    )


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (3, 3), (20, 4)])
@pytest.mark.parametrize("bands", [1, 2, 4])
def test_each_pair_is_shown_with_its_pixel_size(tmp_path, monkeypatch, count, shown, bands):
    figures = []
    save = pair_pictures._save
    monkeypatch.setattr(pair_pictures, "_save", lambda figure, path: (figures.append(figure), save(figure, path)))
    path = tmp_path / "pairs.png"
    pair_pictures.draw_pairs(path, data_of(count, bands), ("B2", "B3", "B4"))
    assert [row.get_suptitle() for row in figures[0].subfigs] == ["Reference, 10 m", "Target, 2.5 m"]
    assert [len(row.axes) for row in figures[0].subfigs] == [shown, shown]
    image = imread(path)[..., :3]
    assert np.mean(image < 0.98) > 0.2
    assert sorted(tmp_path.iterdir()) == [path]


def test_bands_without_data_do_not_stop_the_picture(tmp_path):
    pair_pictures.draw_pairs(tmp_path / "pairs.png", data_of(3, empty=True), ("B2", "B3", "B4"))
    assert imread(tmp_path / "pairs.png").shape[2] == 4


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("B2", "B3", "B4", "B8"), [2, 1, 0]),
        (("nir", "red", "green", "blue"), [1, 2, 3]),
        (("band 1", "band 2", "band 3", "band 4"), [0, 1, 2]),
        (("band B2", "band B3", "band B4"), [2, 1, 0]),
        (("pan",), [0]),
        (("a", "b"), [0]),
    ],
)
def test_colours_are_found_by_name(names, expected):
    assert pair_pictures.colour_channels(names) == expected


def test_missing_pixels_are_white_and_the_stretch_is_that_of_the_limits():
    image = np.array([[[0.0, 5.0, 10.0, np.nan]]], np.float32)
    shown = pair_pictures._stretched(image, [(0.0, 10.0)])
    assert shown.shape == (1, 4, 3)
    assert shown[0, :, 0].tolist() == [0.0, 0.5, 1.0, 1.0]


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ResourceError, match="pairs.png"):
        pair_pictures.draw_pairs(tmp_path / "absent" / "pairs.png", data_of(2), ("B2", "B3", "B4"))
