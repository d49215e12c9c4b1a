"""Crops of windows: small enough for a step, whole cells of the teacher, and wide enough for calibration."""

import numpy as np
import pytest
import torch
from mmearth.adaptation.pair_data import PairData
from mmearth.adaptation.windows import MOST_PX, Windows
from mmearth.embedding.calibration import MIRROR_PX
from mmearth.errors import Cancelled
from mmearth.weights.checkpoints import load_weights


def windows(side_px, target_px, count=6):
    target = np.random.default_rng(0).normal(size=(count, 2, target_px, target_px)).astype(np.float32)
    data = PairData(
        reference=np.zeros((count, 1, side_px, side_px), np.float32), target=target,
        origin=np.zeros((count, 3), np.int64), level="raw", target_bands=("a", "b"),
        target_mean=np.zeros(2, np.float32), target_std=np.ones(2, np.float32), reference_m=10.0,
        working_m=10 * side_px / target_px, land_cover=None, held_out=np.arange(count) < 2, warnings=[], facts={},
    )  # fmt: skip
    return Windows(data, 8), target


@pytest.mark.parametrize(
    ("side_px", "target_px", "cells", "crop_px"),
    [
        (56, 112, 7, 112),  # small enough as it is
        (56, 224, 5, 160),  # five of seven cells of 32 px
        (48, 480, 2, 160),  # two of six cells of 80 px
        (24, 480, 2, 320),  # cells of 160 px: never less than two
        (56, 376, 7, 376),  # 53.7 px a cell: no crop has whole ones
    ],
)
def test_a_crop_has_whole_cells_and_few_pixels(side_px, target_px, cells, crop_px):
    found, _ = windows(side_px, target_px)
    crops, places = found.centre(found.training)
    assert crops.shape[-1] == crop_px
    assert {place.side for place in places} == {cells}
    assert cells == side_px // 8 or crop_px <= MOST_PX or cells == 2


@pytest.mark.parametrize(("side_px", "wide"), [(8, 64), (16, 64), (24, 48), (32, 64), (40, 40)])
def test_calibration_sees_small_windows_mirrored(side_px, wide):
    found, target = windows(side_px, side_px)
    images = found.calibration(torch.Generator().manual_seed(0))
    assert images.shape == (4, 2, wide, wide)
    assert wide > MIRROR_PX
    corner = images[:, :, :side_px, :side_px].numpy()
    assert sorted(corner.sum((1, 2, 3)).tolist()) == pytest.approx(sorted(target[2:].sum((1, 2, 3)).tolist()), rel=1e-4)
    if wide > side_px:
        around = slice(side_px, 2 * side_px)
        assert np.array_equal(images[:, :, :side_px, around].numpy(), corner[..., ::-1])
        assert np.array_equal(images[:, :, around, :side_px].numpy(), corner[:, :, ::-1])


def test_both_sensors_come_on_the_pixels_of_the_reference_and_a_cancel_is_heard_between_windows():
    found, target = windows(16, 64)
    weights, asked = load_weights(""), []

    class Asked:
        def check(self):
            asked.append(True)
            if len(asked) == 6:
                raise Cancelled

    fine, coarse = found.on_reference(weights, Asked())
    assert fine.numpy() == pytest.approx(target[2:].reshape(4, 2, 16, 4, 16, 4).mean((3, 5)), abs=1e-5)
    assert coarse.shape == (4, len(weights.bands), 16, 16)
    with pytest.raises(Cancelled):
        found.on_reference(weights, Asked())
    assert len(asked) == 6
