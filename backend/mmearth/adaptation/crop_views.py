"""Views of images for self-distillation: crops of two sizes, turned, mirrored, brightened and blurred at random.

After DINO (Caron et al. 2021, arXiv:2104.14294) as X-STARS uses it (arXiv:2405.09922), for images of any bands that are
standardised already. Left out: solarisation, as a band turned into its negative is no ground (water would become snow),
and grey images, as bands of other wavelengths have no luminance. Crops are square: so are pixels on the ground.
Every draw comes from the generator that is given. Knows nothing of encoders.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

GLOBAL_VIEWS, LOCAL_VIEWS = 2, 8  # arXiv:2104.14294, and so is what follows
GLOBAL_SCALE, LOCAL_SCALE = (0.4, 1.0), (0.05, 0.4)  # shares of the area
GLOBAL_PATCHES, LOCAL_PATCHES = 14, 6  # at most, a side: 224 and 96 px of patches of 16
BLUR_CHANCES = (1.0, 0.1, *[0.5] * LOCAL_VIEWS)  # by view
BLUR_PATCHES = (0.1 / 16, 2.0 / 16)  # radius: .1 to 2 px beside patches of 16
JITTER_CHANCE = 0.8
SHARED_JITTER, BAND_JITTER = 0.4, 0.1  # of brightness and contrast, and of hue, which a band for itself comes close to


def view_sides_px(side_px: int, patch_px: int) -> tuple[int, int]:
    """Returns the sides of global and local views, multiples of the patch in the published proportion of 7 to 3.

    Args:
        side_px: Of the images.
        patch_px: Of the encoder.
    """
    patches = min(side_px // patch_px, GLOBAL_PATCHES)
    local = min(patches, max(2, round(patches * LOCAL_PATCHES / GLOBAL_PATCHES)))
    return patches * patch_px, local * patch_px


def draw_views(images: Tensor, patch_px: int, generator: torch.Generator) -> list[Tensor]:
    """Returns the global views, then the local ones, each (N, B, side, side).

    An image of more than 14 patches a side is first cut to a part of as many, the same for all its views: shrinking it
    instead would show a coarser sensor than the one that is learned, and whole it would cost a multiple on a CPU.

    Args:
        images: (N, B, S, S) standardised.
        patch_px: Of the encoder.
        generator: Of the CPU.
    """
    global_px, local_px = view_sides_px(images.shape[-1], patch_px)
    part_px = min(images.shape[-1], GLOBAL_PATCHES * patch_px)
    free = images.shape[-1] - part_px + 1
    places = torch.randint(free, (len(images), 2), generator=generator).tolist()
    parts = [_square(image, top, left, part_px) for image, (top, left) in zip(images, places, strict=True)]
    plans = [(global_px, GLOBAL_SCALE)] * GLOBAL_VIEWS + [(local_px, LOCAL_SCALE)] * LOCAL_VIEWS
    views = []
    for (side_px, scale), blur_chance in zip(plans, BLUR_CHANCES, strict=True):
        view = jittered(cropped(parts, side_px, scale, generator), generator)
        views.append(blurred(view, patch_px, blur_chance, generator))
    return views


def cropped(images: list[Tensor], side_px: int, scale: tuple[float, float], generator: torch.Generator) -> Tensor:
    """Cuts a random square of each image, brings it to a size, turns it by quarters and mirrors half of them.

    Args:
        images: (B, S, S) each.
        side_px: Wanted.
        scale: Least and largest share of the area.
        generator: Of the CPU.
    """
    found = []
    for image, draw in zip(images, torch.rand(len(images), 5, generator=generator).tolist(), strict=True):
        share = scale[0] + draw[0] * (scale[1] - scale[0])
        cut_px = max(1, round(image.shape[-1] * math.sqrt(share)))
        top, left = (int(value * (image.shape[-1] - cut_px + 1)) for value in draw[1:3])
        cut = _square(image, top, left, cut_px)[None]
        cut = functional.interpolate(cut, (side_px, side_px), mode="bilinear", align_corners=False, antialias=True)[0]
        turned = torch.rot90(cut, int(draw[3] * 4), (1, 2))
        found.append(turned.flip(2) if draw[4] < 0.5 else turned)  # noqa: PLR2004
    return torch.stack(found)


def jittered(images: Tensor, generator: torch.Generator) -> Tensor:
    """Changes contrast and brightness of most images, of all bands alike and a little of each for itself.

    Args:
        images: (N, B, H, W) standardised: brightness is in deviations of a band.
        generator: Of the CPU.
    """
    count, bands = images.shape[:2]
    shared = 2 * torch.rand(2, count, 1, generator=generator) - 1
    single = 2 * torch.rand(2, count, bands, generator=generator) - 1
    change = SHARED_JITTER * shared + BAND_JITTER * single
    change *= torch.rand(count, 1, generator=generator) < JITTER_CHANCE
    contrast, brightness = change[..., None, None].to(images)
    changed: Tensor = images * (1 + contrast) + brightness
    return changed


def blurred(images: Tensor, patch_px: int, chance: float, generator: torch.Generator) -> Tensor:
    """Blurs some images by Gaussians whose radius is drawn for each; (N, B, H, W).

    Args:
        images: Sides of more than three times the largest radius.
        patch_px: Of the encoder, which radii are given in.
        chance: Of an image to be blurred.
        generator: Of the CPU.
    """
    count, bands = images.shape[:2]
    least, largest = (share * patch_px for share in BLUR_PATCHES)
    radii = least + torch.rand(count, 1, generator=generator) * (largest - least)
    chosen = torch.rand(count, 1, generator=generator) < chance
    reach = math.ceil(3 * largest)
    offsets = torch.arange(-reach, reach + 1)
    # A radius of nearly 0 leaves an image as it is.
    kernels = torch.exp(-((offsets / torch.where(chosen, radii, 1e-3)) ** 2) / 2)
    kernels = (kernels / kernels.sum(1, keepdim=True)).repeat_interleave(bands, 0)[:, None].to(images)
    padded = functional.pad(images, (reach,) * 4, mode="reflect").flatten(0, 1)[None]
    rows = functional.conv2d(padded, kernels[:, :, :, None], groups=count * bands)
    return functional.conv2d(rows, kernels[:, :, None], groups=count * bands).view(images.shape)


def _square(image: Tensor, top: int, left: int, side_px: int) -> Tensor:
    return image[:, slice(top, top + side_px), slice(left, left + side_px)]
