"""Whether a scene's values are like those that weights were trained on. Knows nothing of grids, nor of encoders."""

import numpy as np

from mmearth.modalities import BAND_BY_NAME
from mmearth.scenes.raster import Scene
from mmearth.weights.checkpoints import Weights

FAR_SIGMA, FAR_SHARE = 4.0, 0.25  # more of a band than this share beyond so many deviations is far outside
SHIFT_SIGMA = 3.0  # of the median over all bands
NOTHING = 10.0  # reflectance × 10⁴; even deep water reflects more than 0.001 in some band


def value_warnings(scene: Scene, weights: Weights) -> list[str]:
    """Returns a sentence if a sample of the scene's values lies far outside what the weights saw, else nothing.

    Most often the unit is wrong: reflectance read as DN, or 16 bits that are no DN. Weights of another sensor take
    values as they are, so there no unit can be wrong.
    """
    names = [name for name in weights.bands if name in scene.mapping.indexes]
    stored = scene.sample()
    if not stored.shape[1] or not any(name in BAND_BY_NAME for name in weights.bands):
        return []
    order = list(scene.mapping.indexes)
    kept = [weights.bands.index(name) for name in names]
    scales, offsets = scene.factors(tuple(names))
    values = stored[[order.index(name) for name in names]].astype(np.float32)
    values = values * scales[:, None] + offsets[:, None]
    statistics = weights.statistics(scene.level)
    mean, std = (np.asarray(statistics[key], np.float32)[kept, None] for key in ("mean", "std"))
    deviations = (values - mean) / std
    far = np.mean(np.abs(deviations) > FAR_SIGMA, axis=1) > FAR_SHARE
    if abs(float(np.median(deviations))) > SHIFT_SIGMA or float(np.percentile(values, 98)) < NOTHING:
        far[:] = True
    if not far.any():
        return []
    low, high = np.percentile(values[far], (2, 98))
    least, most = float(np.min((mean - 2 * std)[far])), float(np.max((mean + 2 * std)[far]))
    bands = ", ".join(name for name, is_far in zip(names, far, strict=True) if is_far)
    return [
        f"The values of {bands} in '{scene.name}' lie far outside what the weights saw: {low:.4g} to {high:.4g} when "
        f"read as {scene.units.label}, instead of about {max(0.0, least):.4g} to {most:.4g} (reflectance × 10 000). "
        f"Most likely their unit is another one than was taken ({scene.units_how}): choose the right one under units."
    ]
