import pytest
import torch
from mmearth.models import windowed
from mmearth.models.convnextv2 import Encoder
from mmearth.models.windowed import WindowedEncoder, surroundings

SHALLOW, DEEP = (1, 1, 1, 1), (2, 2, 6, 2)
ALL = (0, 1, 2, 3)


def make_encoder(depths, patch_size, bands=3, dims=(4, 6, 8, 10)):
    """An encoder whose every part matters: no bias or norm is left at its initial value."""
    torch.manual_seed(1)
    encoder = Encoder(bands, depths, dims, patch_size)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    encoder.freeze_grn([torch.rand(block.pwconv1.out_features) + 0.5 for block in encoder.blocks()])
    encoder.fold_grn()
    return encoder.eval().requires_grad_(requires_grad=False)


def compute(encoder, image, corner, size, last_stage, kept, check=lambda: None):
    """Returns the kept stages of a window of an image, with the patch around it."""
    patch, wanted = encoder.patch_size, WindowedEncoder(encoder, last_stage, kept, check)
    pad = wanted.around.input_px
    top, left = corner[0] - pad, corner[1] - pad
    assert min(top, left) >= 0
    asked = []

    def pixels(rows, cols):
        asked.append((rows, cols))
        assert 0 <= rows.start < rows.stop <= size[0] + 2 * pad
        assert 0 <= cols.start < cols.stop <= size[1] + 2 * pad
        return image[..., slice(top + rows.start, top + rows.stop), slice(left + cols.start, left + cols.stop)].clone()

    out = {}
    for stage in kept:
        cell = patch // 8 * 2**stage
        shape = ((size[0] + 2 * patch) // cell, (size[1] + 2 * patch) // cell)
        out[stage] = torch.full((encoder.stages[stage][0].dwconv.out_channels, *shape), float("nan"))
    wanted(pixels, *size, out)
    return out, asked


def features_of_the_whole(encoder, image, last_stage):
    with torch.inference_mode():
        return encoder(image, last_stage=last_stage)


def expect_equal(encoder, whole, found, corner, size, kept):
    patch = encoder.patch_size
    assert set(found) == set(kept)
    for stage in kept:
        cell = patch // 8 * 2**stage
        rows = slice((corner[0] - patch) // cell, (corner[0] + size[0] + patch) // cell)
        cols = slice((corner[1] - patch) // cell, (corner[1] + size[1] + patch) // cell)
        assert whole[stage].std() > 0.1
        torch.testing.assert_close(found[stage], whole[stage][0, :, rows, cols], atol=1e-5, rtol=1e-5)


@pytest.fixture(scope="module")
def wholes():
    """Encoder, image and features of the whole image of each kind, computed once."""
    made = {}

    def make(depths, patch_size):
        key = depths, patch_size
        if key not in made:
            encoder = make_encoder(depths, patch_size)
            # The window's surroundings on both sides, and so much again to the border of the image: there it is padded.
            reach = surroundings(depths, patch_size, 3).input_px
            extent = 2 * -(-reach // patch_size) * patch_size + 20 * patch_size
            image = torch.randn(1, 3, extent, extent)
            made[key] = encoder, image, features_of_the_whole(encoder, image, 3)
        return made[key]

    return make


@pytest.mark.parametrize("last_stage", ALL)
@pytest.mark.parametrize(("depths", "patch_size"), [(SHALLOW, 8), (SHALLOW, 16), (DEEP, 8)])
def test_a_window_has_the_features_of_the_whole_image(wholes, depths, patch_size, last_stage):
    encoder, image, whole = wholes(depths, patch_size)
    reach = surroundings(depths, patch_size, last_stage).input_px
    nearest = -(-reach // patch_size) * patch_size
    kept = tuple(range(last_stage + 1))
    for rows, cols, down, right in ((1, 1, 0, 3), (5, 9, 2, 1)):
        corner, size = (
            (nearest + down * patch_size, nearest + right * patch_size),
            (rows * patch_size, cols * patch_size),
        )
        found, _ = compute(encoder, image, corner, size, last_stage, kept)
        expect_equal(encoder, whole, found, corner, size, kept)


@pytest.mark.parametrize("patch_size", [16, 32])
def test_deep_encoders_of_larger_patches_agree_too(patch_size):
    """Only two stages: the receptive field of four would be 500 pixels wide."""
    encoder = make_encoder(DEEP, patch_size)
    image = torch.randn(1, 3, 320, 288)
    found, _ = compute(encoder, image, (128, 128), (64, 32), 1, (0, 1))
    expect_equal(encoder, features_of_the_whole(encoder, image, 1), found, (128, 128), (64, 32), (0, 1))


@pytest.mark.parametrize("part_px", [16, 64, 72, 100])
@pytest.mark.parametrize("last_stage", [0, 1, 3])
def test_parts_smaller_than_the_window_change_nothing(wholes, monkeypatch, part_px, last_stage):
    encoder, image, whole = wholes(SHALLOW, 8)
    monkeypatch.setattr(windowed, "PART_PX", part_px)
    kept = tuple(range(last_stage + 1))
    corner, size = (96, 88), (72, 104)
    found, asked = compute(encoder, image, corner, size, last_stage, kept)
    expect_equal(encoder, whole, found, corner, size, kept)
    assert len(asked) > 1
    most = part_px + 2 * (16 + 3 * 3 + 3)  # of a part and what its first two stages look at, generously
    assert max(cols.stop - cols.start for _, cols in asked) <= most


@pytest.mark.parametrize("kept", [(0,), (3,), (0, 3), (1, 2)])
def test_stages_that_are_not_kept_are_not_returned(wholes, kept):
    encoder, image, whole = wholes(SHALLOW, 8)
    found, _ = compute(encoder, image, (96, 96), (32, 40), 3, kept)
    expect_equal(encoder, whole, found, (96, 96), (32, 40), kept)


def test_only_the_receptive_field_is_asked_for(wholes):
    """A pixel beyond the surroundings changes nothing; the outermost of the surroundings changes something."""
    encoder, image, whole = wholes(SHALLOW, 8)
    corner, size = (96, 96), (8, 8)
    reach = surroundings(SHALLOW, 8, 3).input_px
    blank = torch.zeros_like(image)
    inside = (slice(None), slice(None), slice(96 - reach, 104 + reach), slice(96 - reach, 104 + reach))
    blank[inside] = image[inside]
    found, _ = compute(encoder, blank, corner, size, 3, ALL)
    expect_equal(encoder, whole, found, corner, size, ALL)
    blank[:, :, 96 - reach] = 0
    found, _ = compute(encoder, blank, corner, size, 3, ALL)
    assert not torch.equal(found[3], whole[3][0, :, 11:14, 11:14])


def test_surroundings_by_hand():
    """One block a stage, patch 8: 3 cells of 8 px (and the patch), then 3 of 4, 3 of 2, 3 of 1, and the first 3 × 3."""
    assert surroundings(SHALLOW, 8, 3).input_px == (1 + 3) * 8 + 3 * 4 + 3 * 2 + 3 + 1
    assert surroundings(SHALLOW, 8, 0).input_px == 8 + 3 + 1
    assert surroundings(SHALLOW, 16, 1).input_px == (4 + 3) * 4 + 3 * 2 + 1
    assert surroundings(DEEP, 8, 3).input_px == (1 + 6) * 8 + 18 * 4 + 6 * 2 + 6 + 1
    assert surroundings(SHALLOW, 16, 3).wanted == (8, 4, 2, 1)


def test_cancel_is_asked_for_between_layers(wholes):
    encoder, image, _ = wholes(SHALLOW, 8)
    calls = []
    compute(encoder, image, (96, 96), (16, 16), 3, ALL, lambda: calls.append(1))
    assert len(calls) >= 1 + 3 + 2 * 4  # first convolution, three that halve, and both halves of four blocks

    class StopError(Exception):
        pass

    def stop_at(count):
        calls.append(1)
        if len(calls) == count:
            raise StopError

    for count in (1, 5, 12):
        calls.clear()
        with pytest.raises(StopError):
            compute(encoder, image, (96, 96), (16, 16), 3, ALL, lambda count=count: stop_at(count))
        assert len(calls) == count
