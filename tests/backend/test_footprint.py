"""Footprints: exact overlap of cells, and which pixels and which ground a token of this encoder stands for."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from affine import Affine
from mmearth.adaptation.footprint import overlap_shares, pool_tokens
from mmearth.models.convnextv2 import Encoder
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS

UTM = CRS.from_epsg(32632)


def share_by_counting(cells, tokens, cell, token):
    """Counts the smallest common parts that lie in both."""
    parts = [part for part in range(cells * tokens) if part // tokens == cell]
    return Fraction(sum(part // cells == token for part in parts), len(parts))


@pytest.mark.parametrize(("cells", "tokens"), [(1, 1), (1, 5), (7, 7), (7, 70), (7, 10), (10, 7), (3, 2), (6, 4)])
def test_shares_are_the_exact_overlap(cells, tokens):
    shares = overlap_shares(cells, tokens)
    wanted = [
        [float(share_by_counting(cells, tokens, cell, token)) for token in range(tokens)] for cell in range(cells)
    ]
    np.testing.assert_allclose(shares.numpy(), wanted, rtol=0, atol=1e-15)


def test_pooling_by_whole_cells_is_the_mean_of_blocks():
    tokens = torch.randn(2, 3, 8, 12, generator=torch.Generator().manual_seed(0))
    pooled = pool_tokens(tokens, (2, 3))
    for row in range(2):
        for col in range(3):
            block = tokens.unflatten(3, (3, 4)).unflatten(2, (2, 4))[:, :, row, :, col].mean(dim=(2, 3))
            torch.testing.assert_close(pooled[:, :, row, col], block)


def test_pooling_splits_tokens_that_cross_a_border():
    line = torch.tensor([0.0, 3.0, 9.0]).view(1, 1, 1, 3)
    # Each of 2 cells covers one token and half of the middle one.
    torch.testing.assert_close(pool_tokens(line, (1, 2)).flatten(), torch.tensor([1.0, 7.0]))


def test_pooling_keeps_the_mean_and_repeats_towards_finer_grids():
    tokens = torch.randn(1, 2, 5, 7, generator=torch.Generator().manual_seed(1))
    for size in ((3, 2), (4, 7), (11, 9)):
        torch.testing.assert_close(pool_tokens(tokens, size).mean(dim=(2, 3)), tokens.mean(dim=(2, 3)))
    repeated = tokens.repeat_interleave(3, 2).repeat_interleave(3, 3)
    torch.testing.assert_close(pool_tokens(tokens, (15, 21)), repeated)
    torch.testing.assert_close(pool_tokens(repeated, (5, 7)), tokens)


def test_pooling_passes_gradients_by_area():
    tokens = torch.zeros(1, 1, 1, 3, requires_grad=True)
    pool_tokens(tokens, (1, 2))[0, 0, 0, 0].backward()
    torch.testing.assert_close(tokens.grad.flatten(), torch.tensor([2 / 3, 1 / 3, 0.0]))


def make_encoder(patch_size, one_pixel):
    """An encoder with the strides of every size; `one_pixel` leaves convolutions of overlapping pixels their centre."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = Encoder(2, (1, 1, 1, 1), (8, 16, 24, 32), patch_size)
    for layer in encoder.modules():
        if one_pixel and isinstance(layer, torch.nn.Conv2d) and layer.padding[0] > 0:
            middle = layer.kernel_size[0] // 2
            centre = layer.weight.data[:, :, middle, middle].clone()
            layer.weight.data.zero_()[:, :, middle, middle] = centre
    return encoder


def pixels_seen(encoder, side, row, col):
    """The (rows, cols) mask of pixels on which the token depends."""
    images = torch.randn(1, 2, side, side, generator=torch.Generator().manual_seed(2)).requires_grad_()
    weights = torch.randn(32, generator=torch.Generator().manual_seed(3))
    (encoder(images)[-1][0, :, row, col] * weights).sum().backward()
    return (images.grad[0] != 0).any(dim=0)


@pytest.mark.parametrize(("patch_size", "side"), [(8, 56), (16, 112)])
@pytest.mark.parametrize(("row", "col"), [(0, 0), (2, 5), (6, 6)])
def test_a_token_is_the_patch_of_its_place(patch_size, side, row, col):
    seen = pixels_seen(make_encoder(patch_size, one_pixel=True), side, row, col)
    wanted = torch.zeros(side, side, dtype=torch.bool)
    wanted.view(side // patch_size, patch_size, -1, patch_size)[row, :, col] = True
    assert torch.equal(seen, wanted)


@pytest.mark.parametrize(("patch_size", "side"), [(8, 112), (16, 224)])
def test_the_surroundings_a_token_sees_are_centred_on_its_patch(patch_size, side):
    seen = pixels_seen(make_encoder(patch_size, one_pixel=False), side, 6, 7)
    for line, token in ((seen.any(dim=1), 6), (seen.any(dim=0), 7)):
        first, last = (int(number) for number in line.nonzero().flatten()[[0, -1]])
        before, after = token * patch_size - first, last + 1 - (token + 1) * patch_size
        assert before == after > 0


@pytest.mark.parametrize("patch_size", [8, 16])
def test_tokens_go_to_the_ground_and_back(patch_size):
    """Tokens of both images, their pixels of different size, name the same ground."""
    tokens = 7
    reference = Grid(UTM, Affine(10, 0, 600000, 0, -10, 5200000), tokens * patch_size, tokens * patch_size)
    target = Grid(UTM, Affine(2, 0, 600000, 0, -2, 5200000), 5 * reference.width, 5 * reference.height)
    coarse, fine = reference.coarsen(patch_size), target.coarsen(patch_size)
    assert make_encoder(patch_size, one_pixel=False)(torch.zeros(1, 2, reference.height, reference.width))[-1].shape[
        2:
    ] == (coarse.height, coarse.width)
    assert coarse.bounds == fine.bounds == reference.bounds
    # A map of where its tokens lie, pooled, says where the reference's tokens lie.
    easting, northing = fine.transform @ np.meshgrid(np.arange(fine.width) + 0.5, np.arange(fine.height) + 0.5)
    places = torch.from_numpy(np.stack([easting, northing]))[None]
    pooled = pool_tokens(places, (coarse.height, coarse.width))[0]
    for row in range(tokens):
        for col in range(tokens):
            x, y = coarse.transform @ (col + 0.5, row + 0.5)
            assert pooled[:, row, col].tolist() == pytest.approx([x, y], abs=1e-6)
            back_col, back_row = ~coarse.transform @ (float(pooled[0, row, col]), float(pooled[1, row, col]))
            assert (int(back_row), int(back_col)) == (row, col)
            first = reference.transform @ (col * patch_size, row * patch_size)
            assert coarse.transform @ (col, row) == pytest.approx(first)
