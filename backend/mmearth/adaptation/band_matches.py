"""Which band of a new sensor sees the same light as which band of the known one."""

from mmearth.errors import InputError
from mmearth.scenes.band_names import band_names, band_wavelengths
from mmearth.scenes.raster import COLOURS, open_scene, sensor_bands
from mmearth.weights.checkpoints import Weights

# Without any word about the bands: the orders in which images of three and four bands are sold.
ORDERS: dict[int, tuple[str, ...]] = {3: ("B4", "B3", "B2"), 4: ("B4", "B3", "B2", "B8")}


def match_bands(path: str, weights: Weights, chosen: dict[str, int]) -> tuple[tuple[int | None, ...], dict[str, str]]:
    """Returns for each band of a raster the number of the known band that sees the same light, or None.

    Args:
        path: Raster of the new sensor.
        weights: Of the known sensor.
        chosen: Known band → 1-based band number; empty means "propose".

    Returns:
        The numbers, in the order of `sensor_bands`, and the same in words: band of the raster → known band.

    Raises:
        InputError: the raster cannot be used, or a chosen band is not known or not there.
    """
    with open_scene(path, {}, "raw", ()) as scene:
        dataset = scene.dataset
        own = sensor_bands(dataset)
        names, waves = band_names(dataset), band_wavelengths(dataset)
        colours = [COLOURS.get(colour) for colour in dataset.colorinterp]
    if chosen:
        for band, number in chosen.items():
            if band not in weights.bands:
                raise InputError(
                    f"Band '{band}' is not one the weights know.", f"They know {', '.join(weights.bands)}."
                )
            if number not in own.values():
                raise InputError(
                    f"{band} was given as band {number} of the target, which has {len(own)} bands.",
                    f"Choose a number from 1 to {len(own)}.",
                )
        by_number = {number: band for band, number in chosen.items()}
        found = [by_number.get(number) for number in own.values()]
    else:
        found = [names[i - 1] or waves[i - 1] or colours[i - 1] for i in own.values()]
        if not any(band in weights.bands for band in found):
            found = [name if name in weights.bands else None for name in own]
        if not any(found) and set(ORDERS[4]) <= set(weights.bands) and len(own) in ORDERS:
            found = list(ORDERS[len(own)])
    numbers = tuple(weights.bands.index(band) if band in weights.bands else None for band in found)
    words = {name: weights.bands[number] for name, number in zip(own, numbers, strict=True) if number is not None}
    return numbers, words
