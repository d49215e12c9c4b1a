"""Pictures of a pretraining: files that hold a picture, and reconstructions that are on the scale of the crops."""

import errno

import numpy as np
import pytest
import tiny_training
import torch
from matplotlib.figure import Figure
from matplotlib.image import imread
from mmearth.errors import ResourceError
from mmearth.models.convnextv2 import Encoder
from mmearth.models.fcmae import FCMAE
from mmearth.models.pretext_losses import patchify
from mmearth.pretraining import pretraining_pictures as pictures


@pytest.fixture
def path(tmp_path):
    return tmp_path / "picture.png"


def model_of(data, patch_size=8):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return FCMAE(Encoder(len(data.bands), *tiny_training.SIZE, patch_size), data.tasks, 16)


def share_of_colours(path):
    """Returns (number of colours, share of pixels that are not white)."""
    image = (imread(path)[..., :3] * 255).round().astype(int).reshape(-1, 3)
    return len(np.unique(image, axis=0)), float((image < 250).any(axis=1).mean())


@pytest.mark.parametrize("weights", [True, False])
def test_the_curve_shows_a_line_per_task(path, weights, monkeypatch):
    figures = []
    save = pictures._save
    monkeypatch.setattr(pictures, "_save", lambda figure, path: (figures.append(figure), save(figure, path)))
    rows = [{"step": float(step), "sentinel2": 3 / step, "aster": 2 / step, "total": 5 / step} for step in range(1, 9)]
    if weights:
        rows = [{**row, "weight sentinel2": 1.1, "weight aster": 0.9} for row in rows]
    pictures.draw_curve(path, rows)
    colours, drawn = share_of_colours(path)
    assert colours > 20
    assert drawn > 0.01
    losses, *others = figures[0].axes
    assert [line.get_label() for line in losses.lines] == ["sentinel2", "aster"]
    assert losses.lines[1].get_ydata().tolist() == [row["aster"] for row in rows]
    assert losses.get_yscale() == "log"
    assert [[line.get_label() for line in axis.lines] for axis in others] == ([["sentinel2", "aster"]] * weights)


def test_a_loss_of_zero_needs_a_linear_axis(path, monkeypatch):
    figures = []
    monkeypatch.setattr(pictures, "_save", lambda figure, path: figures.append(figure))
    pictures.draw_curve(path, [{"step": 1.0, "aster": 0.0, "total": 0.0}, {"step": 2.0, "aster": 1.0, "total": 1.0}])
    assert figures[0].axes[0].get_yscale() == "linear"


def test_reconstructions_show_crops_and_every_map(path, tmp_path, report, monkeypatch):
    figures = []
    save = pictures._save
    monkeypatch.setattr(pictures, "_save", lambda figure, path: (figures.append(figure), save(figure, path)))
    tasks = ("sentinel2", "sentinel1", "esa_worldcover", "month")
    data = tiny_training.open_data(tmp_path / "pool", report, tasks=tasks)
    model = model_of(data).train()
    pictures.draw_reconstructions(path, model, data, 0.6)
    assert model.training
    assert share_of_colours(path)[0] > 100
    axes = figures[0].axes
    titles = [axis.get_title() for axis in axes if axis.get_title()]
    assert titles[3:] == ["sentinel1", "predicted", "esa_worldcover", "predicted"]
    assert len(axes) == 4 * 7
    crop, seen, rebuilt = (axis.images[0].get_array() for axis in axes[:3])
    assert crop.shape == (56, 56, 3)
    hidden = (seen == 1).all(axis=2)
    assert 29 * 64 <= hidden.sum() <= 31 * 64  # int(49 · 0.4) = 19 patches stay
    assert np.array_equal(crop[~hidden], rebuilt[~hidden])
    assert not np.allclose(crop[hidden], rebuilt[hidden], atol=0.05)
    radar, predicted = (axis.images[0].get_array() for axis in axes[3:5])
    assert np.array_equal(radar.mask if np.ma.is_masked(radar) else np.zeros((56, 56), bool), np.zeros((56, 56), bool))
    assert np.array_equal(~predicted.mask, hidden)


def test_the_same_model_gives_the_same_picture(tmp_path, report):
    data = tiny_training.open_data(tmp_path / "pool", report)
    images = []
    for name in ("a.png", "b.png"):
        pictures.draw_reconstructions(tmp_path / name, model_of(data), data, 0.75)
        images.append(imread(tmp_path / name))
    assert np.array_equal(*images)


def test_chips_without_any_data_are_drawn(path, tmp_path, report):
    values = {"sentinel2": np.zeros((2, 13, 64, 64), np.uint16), "aster": np.full((2, 2, 64, 64), -32768, np.int16)}
    data = tiny_training.open_data(tmp_path / "pool", report, chips=2, tasks=tuple(values), values=values)
    pictures.draw_reconstructions(path, model_of(data), data, 0.75)
    assert imread(path).ndim == 3


def test_a_perfect_prediction_reconstructs_the_crop():
    images = torch.randn(2, 3, 56, 56, generator=torch.Generator().manual_seed(0)) * 2 + 5
    patches = patchify(images, 8)
    normal = (patches - patches.mean(-1, keepdim=True)) / (patches.var(-1, keepdim=True) + 1e-6).sqrt()
    rebuilt = pictures._unpatchify(pictures._to_input_scale(normal, images, 8), 3, 8)
    assert torch.allclose(rebuilt, images, atol=1e-4)


def test_a_full_disk_is_said(path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(ResourceError, match="No space left"):
        pictures.draw_curve(path, [{"step": 1.0, "aster": 1.0, "total": 1.0}])
    assert list(path.parent.iterdir()) == []
