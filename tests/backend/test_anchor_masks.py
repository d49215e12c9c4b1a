"""Masks of pairs: the same ground is lost, or the other's, whatever the sizes of patches."""

import numpy as np
import pytest
import torch
from affine import Affine
from mmearth.adaptation.anchor_masks import MODES, anchor_masks
from mmearth.models.fcmae import removed_patches, visible_count
from mmearth.protocol import ANCHORS
from shapely.geometry import box
from shapely.ops import unary_union

EXTENT_M = 560


def draw(reference_side, target_side, mode, ratio=0.6, pairs=5, seed=0):
    return anchor_masks(pairs, reference_side, target_side, ratio, mode, torch.Generator().manual_seed(seed))


def removed_ground(mask, side):
    """The removed patches of one image as polygons on the ground, through the transform of its grid of patches."""
    transform = Affine(EXTENT_M / side, 0, 600000, 0, -EXTENT_M / side, 5200000)
    patches = []
    for number in np.flatnonzero(mask.numpy()):
        row, col = divmod(int(number), side)
        left, top = transform @ (col, row)
        right, bottom = transform @ (col + 1, row + 1)
        patches.append(box(left, bottom, right, top))
    return unary_union(patches)


def test_the_modes_are_those_of_the_request():
    assert {"none", *MODES} == set(ANCHORS)


@pytest.mark.parametrize(("reference_side", "target_side"), [(7, 7), (7, 14), (7, 35), (8, 4)])
def test_same_cells_are_the_same_ground(reference_side, target_side):
    reference, target = draw(reference_side, target_side, "same")
    for ours, theirs in zip(target, reference, strict=True):
        ground, other = removed_ground(ours, target_side), removed_ground(theirs, reference_side)
        assert ground.symmetric_difference(other).area == pytest.approx(0, abs=1e-3)
        assert ground.area > 0


@pytest.mark.parametrize(("reference_side", "target_side"), [(7, 7), (7, 14), (7, 35), (8, 4)])
def test_complementary_cells_share_no_ground_and_leave_none(reference_side, target_side):
    reference, target = draw(reference_side, target_side, "complementary")
    for ours, theirs in zip(target, reference, strict=True):
        ground, other = removed_ground(ours, target_side), removed_ground(theirs, reference_side)
        assert ground.intersection(other).area == pytest.approx(0, abs=1e-3)
        assert ground.union(other).area == pytest.approx(EXTENT_M**2)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("reference_side", "target_side"), [(7, 7), (7, 35), (7, 10), (7, 47), (8, 5)])
def test_every_pair_loses_equally_much(mode, reference_side, target_side):
    reference, target = draw(reference_side, target_side, mode, pairs=20)
    cells = min(reference_side, target_side) ** 2
    kept_share = visible_count(cells, 0.6) / cells
    for mask, side, share in (
        (target, target_side, kept_share),
        (reference, reference_side, kept_share if mode == "same" else 1 - kept_share),
    ):
        assert mask.shape == (20, side**2)
        assert set(mask.unique().tolist()) == {0.0, 1.0}
        kept = (mask == 0).sum(dim=1)
        assert kept.unique().tolist() == [round(share * side**2)]
        assert removed_patches(mask).shape == (20, side**2 - int(kept[0]))


@pytest.mark.parametrize(("mode", "missed"), [("same", True), ("complementary", False)])
@pytest.mark.parametrize(("target_side", "most"), [(23, 0.1), (10, 0.2)])
def test_patches_that_cross_cells_follow_the_larger_part(target_side, most, mode, missed):
    """Sides that do not divide each other cannot agree exactly; chance alone would differ on 48 % of the ground."""
    reference, target = draw(7, target_side, mode, pairs=10)
    for ours, theirs in zip(target, reference, strict=True):
        lost = removed_ground(theirs, 7) if missed else removed_ground(1 - theirs, 7)
        apart = removed_ground(ours, target_side).symmetric_difference(lost).area / EXTENT_M**2
        assert 0 < apart < most
        # No choice of as many patches does better: those with most lost ground are the ones removed.
        single = torch.eye(target_side**2)
        shares = np.array([removed_ground(one, target_side).intersection(lost).area for one in single])
        shares *= (target_side / EXTENT_M) ** 2
        order, count = np.sort(shares)[::-1], int(ours.sum())
        least = (np.sum(1 - order[:count]) + np.sum(order[count:])) / target_side**2
        assert apart == pytest.approx(least, abs=1e-6)


def test_masks_follow_the_generator_and_differ_between_pairs():
    first, again, other = (draw(7, 10, "same", seed=seed)[1] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert len({tuple(mask.tolist()) for mask in first}) == len(first)


def test_every_cell_has_its_turn():
    _, target = draw(7, 14, "same", pairs=400)
    lost = target.mean(dim=0)
    wanted = 1 - visible_count(49, 0.6) / 49
    # Four deviations of a share of 400 draws.
    assert (lost - wanted).abs().max() < 4 * (wanted * (1 - wanted) / 400) ** 0.5


def test_patches_with_equally_much_lost_ground_take_turns():
    """No side of a window is favoured where patches cross cells."""
    _, target = draw(2, 3, "same", pairs=2000)
    lost = target.mean(dim=0).view(3, 3)
    for mirrored in (lost.flip(0), lost.flip(1), lost.T):
        # Five deviations of the difference of two shares of 2000 draws.
        assert (lost - mirrored).abs().max() < 5 * (2 * 0.24 / 2000) ** 0.5


def test_an_unknown_mode_is_named():
    with pytest.raises(ValueError, match="'none', not one of same, complementary"):
        draw(7, 7, "none")
