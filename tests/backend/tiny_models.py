"""Models fitted to tiny rasters, for tests of what models are compared with and kept in."""

from dataclasses import replace

import numpy as np
from mmearth.classifiers.recipe_heads import fit_recipe
from mmearth.mapping.compatibility import side_m
from mmearth.mapping.model_file import Model
from mmearth.mapping.pixel_source import PixelSources
from mmearth.mapping.random_features import fit_random_features
from mmearth.mapping.recipe_features import RecipeFeatures, recipe_groups
from mmearth.styles import ClassInfo
from mmearth.weights.checkpoints import load_weights
from rasterio.windows import Window

LEFT, TOP = 600000, 5200000
CHANNELS = tuple(f"A{i:02d}" for i in range(64))


def opened(path, layers=(), units="auto", load=None):
    return PixelSources({}, units, load, "cpu", lambda: None, layers).open(path)


def model_of(path, layers=(), load=None, **changes):
    """A model whose features are fitted to a scene; its head is of no matter here."""
    with opened(path, layers, load=load) as scene:
        values, valid = scene.look(Window(0, 0, scene.grid.width, scene.grid.height))
        random = fit_random_features(
            [(values, valid)], scene.bands, spectral=scene.embedding is None, seed=0, draws=4000,
            num_layers=len(scene.layers),
        )  # fmt: skip
        groups = recipe_groups(random, 0)
        width = sum(group.channels for group in groups)
        x = np.random.default_rng(0).normal(size=(8, width)).astype(np.float32)
        model = Model(
            features=RecipeFeatures(random, groups, np.zeros(width, np.float32), np.ones(width, np.float32)),
            head=fit_recipe(x, np.arange(8) % 2, np.arange(8), x, 2),
            classes=(ClassInfo(1, "forest", "#117733"), ClassInfo(2, "water", "#88ccee")),
            field="kind", bands=scene.bands, units=scene.units, weights_name="", weights_path="", weights_sha256="",
            scores={"macro_f1": 0.75}, embedding=scene.embedding, layers=scene.layers,
            resolution_m=side_m(scene.grid),
        )  # fmt: skip
    return replace(model, **changes)


def write_embedding(make_raster, name="alphaearth.tif", names=CHANNELS):
    codes = np.random.default_rng(0).integers(-100, 100, (len(names), 48, 64))
    return make_raster(name, values=codes, dtype="int8", nodata=-128, names=names)


def of_weights(scene, path):
    weights = load_weights(path)
    stated = {"weights_name": weights.name, "weights_path": path, "weights_sha256": weights.sha256}
    return model_of(scene, load=lambda: weights, **stated)
