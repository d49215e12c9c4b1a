"""Whether a model serves a scene: what forbids it, and what makes its map doubtful, apart.

Where a model's weights are found is decided here, too. Knows models and open scenes; writes nothing.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.windows import Window

from mmearth.embedding.precomputed import EmbeddingInfo, not_an_embedding, recognise
from mmearth.errors import CheckpointError, InputError
from mmearth.mapping.model_file import Model
from mmearth.mapping.pixel_source import PixelSource
from mmearth.scenes.raster import Grid
from mmearth.tuning.tuned_model import TunedModel
from mmearth.weights.checkpoints import BUNDLED, WEIGHTS_FOLDER, Weights, load_weights
from mmearth.weights.published_weights import user_weights_folder
from mmearth.weights.shared_space import SharedSpace

MOST_RATIO = 1.5  # of the pixels' sides on the ground, above which a map is doubtful
LOOK_PX = 64  # side of the windows whose values are looked at: four near the corners, and the middle
LEAST_PIXELS = 100  # valid ones, below which values say nothing
FAR = 2.0  # standard deviations of the training pixels that half of a scene must lie beyond to be called far
FLAT = 0.1  # of that deviation: a scene that varies less is in other units, or shows one thing only
MOST_NAMED = 3  # channels that a sentence gives values of
_DO_NOT_TRUST = "do not trust this map without checking it against labels of the new image"
SHARES = ("\\\\", "//")  # a path in a model from elsewhere must not make this machine call another one


@dataclass(frozen=True)
class Compatibility:
    """What stands between a model and a scene.

    Attributes:
        errors: Sentences on what forbids using it.
        warnings: Sentences on what makes the map doubtful.
    """

    errors: list[str]
    warnings: list[str]


def weights_of(model: Model | TunedModel) -> Weights:
    """Loads the weights that a model was trained with.

    A tuned network brings its own. Others are looked for where they were, then by their name in the user's own folder
    of weights and in the plugin's.

    Raises:
        CheckpointError: they are not there, or others are.
    """
    if isinstance(model, TunedModel):
        return model.weights
    stored = model.weights_path
    name = Path(stored.replace("\\", "/")).name
    places = [user_weights_folder() / name, WEIGHTS_FOLDER / name] if stored else [BUNDLED]
    if stored and not stored.startswith(SHARES):
        places.insert(0, Path(stored))
    wanted = f"The model was trained with weights '{model.weights_name}' (sha256 {model.weights_sha256[:12]}…)"
    others = []
    for place in places:
        if place.is_file():
            found = load_weights(str(place))
            if found.sha256 == model.weights_sha256:
                return found
            others.append(f"'{found.name}' ({found.sha256[:12]}…) at '{place}'")
    if others:
        raise CheckpointError(
            f"{wanted}; found are {' and '.join(others)}.",
            "Train the model again, or put the weights it was trained with back.",
        )
    spoken = " or at ".join(f"'{place}'" for place in places)
    raise CheckpointError(
        f"{wanted}; no file is at {spoken}.", f"Put that weights file into '{user_weights_folder()}', or train again."
    )


def check_kind(path: str, model: Model | TunedModel) -> None:
    """Refuses a scene that the model cannot read features from, before it is opened and any weights are loaded.

    Raises:
        InputError: an embedding where bands are wanted, or the other way round, or one of another kind.
    """
    info, wanted = recognise(path), _embedding(model)
    if info is None and wanted is not None:
        refusal = not_an_embedding(path)
        raise InputError(
            f"{refusal.message} The model was trained on {wanted.title}.",
            "Choose an embedding of that kind, or train a model on this scene.",
        )
    sentence = _kind(Path(path).name, info, model)
    if sentence:
        remedy = "Choose a scene" if wanted is None else "Choose an embedding that was made in the same way"
        raise InputError(sentence, f"{remedy}, or train a model on this one.")


def compare(model: Model | TunedModel, scene: PixelSource) -> Compatibility:
    """Compares what a model was trained on with an open scene; few pixels are read, and no encoder runs.

    Raises:
        InputError: the scene is damaged.
    """
    kind = _kind(scene.name, scene.embedding, model)
    errors = [sentence for sentence in (kind or _bands(model, scene), _layers(model, scene)) if sentence]
    other_sensor = "" if errors else _space(model, scene)
    about = (_units(model, scene), other_sensor or _resolution(model, scene))  # other pixels are its purpose
    warnings = [sentence for sentence in about if sentence]
    if not errors and isinstance(model, Model):
        warnings += _renamed_layers(model, scene)
        warnings += _values(model, scene)
    return Compatibility(errors, warnings)


def require(model: Model | TunedModel, scene: PixelSource) -> list[str]:
    """Returns the warnings of `compare`.

    Raises:
        InputError: it found errors.
    """
    found = compare(model, scene)
    if found.errors:
        raise InputError(
            " ".join(found.errors),
            "Choose a scene with the same bands and layers, map the bands by hand, or train a model on this scene.",
        )
    return found.warnings


def side_m(grid: Grid) -> float:
    """Returns the side on the ground of a square as large as a pixel of the grid."""
    width_m, height_m = grid.pixel_size_m()
    return float((width_m * height_m) ** 0.5)


def _embedding(model: Model | TunedModel) -> EmbeddingInfo | None:
    return model.embedding if isinstance(model, Model) else None


def _kind(name: str, found: EmbeddingInfo | None, model: Model | TunedModel) -> str:
    wanted = _embedding(model)
    if found is not None and wanted is not None:
        difference = found.difference(wanted)
        return "" if difference is None else f"'{name}' has {difference[0]}; the model was trained on {difference[1]}."
    if wanted is not None:
        return f"'{name}' is not an embedding but a scene; the model was trained on {wanted.title}."
    if found is not None:
        bands = ", ".join(model.bands)
        return f"'{name}' is an embedding ({found.title}); the model was trained on spectral scenes with {bands}."
    return ""


def _bands(model: Model | TunedModel, scene: PixelSource) -> str:
    if isinstance(model, TunedModel):
        return ""  # of bands that its encoder knows, those it can do without may be lacking: `scene_warnings`
    wanted = model.bands[: len(model.bands) - len(model.layers)]
    found = scene.bands[: len(scene.bands) - len(scene.layers)]
    if found == wanted:
        return ""
    missing = [band for band in wanted if band not in found]
    lacking = f" It lacks {', '.join(missing)}." if missing and len(missing) < len(wanted) else ""
    return f"'{scene.name}' offers bands {', '.join(found)}; the model was trained with {', '.join(wanted)}.{lacking}"


def _layers(model: Model | TunedModel, scene: PixelSource) -> str:
    if isinstance(model, TunedModel):
        given = ", ".join(scene.layers)
        return f"A fine-tuned network takes no extra layers; given are {given}, besides the scene." if given else ""
    wanted, found = model.layers, scene.layers
    if len(wanted) != len(found):
        spoken = [", ".join(f"'{name}'" for name in names) or "no extra layers" for names in (wanted, found)]
        return f"The model was trained with {spoken[0]}; given are {spoken[1]}, besides the scene."
    if wanted != found and sorted(wanted) == sorted(found):
        return f"The layers are in another order ({', '.join(found)}); the model takes them as {', '.join(wanted)}."
    return ""


def _renamed_layers(model: Model, scene: PixelSource) -> list[str]:
    """Files of another place have other names: that cannot be an error, but may hide a mix-up."""
    pairs = [(new, old) for new, old in zip(scene.layers, model.layers, strict=True) if new != old]
    return [f"Layer '{new}' takes the place of '{old}': make sure that it is the same quantity." for new, old in pairs]


def _units(model: Model | TunedModel, scene: PixelSource) -> str:
    if scene.units == model.units:
        return ""
    return (
        f"The model was trained on {model.units}; '{scene.name}' is read as {scene.units}: their values are comparable "
        "only if both were recognised rightly."
    )


def _space(model: Model | TunedModel, scene: PixelSource) -> str:
    """Returns how well the spaces agree of weights that made the embedding and of those that the model learned from."""
    found, wanted = scene.embedding, _embedding(model)
    if found is None or wanted is None or not found.shares_space(wanted):
        return ""
    names = [info.model.removeprefix("MMEarth ") for info in (wanted, found)]
    sentences = [f"The model was trained on embeddings of '{names[0]}'; '{scene.name}' is one of '{names[1]}'."]
    found_m = side_m(scene.grid)
    if model.resolution_m is not None and _differ(found_m, model.resolution_m):
        sentences.append(f"Its pixels are {found_m:.3g} m wide on the ground, those of the training "
                         f"{model.resolution_m:.3g} m.")  # fmt: skip
    for name, info in zip(names, (wanted, found), strict=True):
        if info.space is not None:
            sentences += _agreement(name, info.space)
    return " ".join(sentences)


def _agreement(name: str, space: SharedSpace) -> list[str]:
    """Returns sentences on how well adapted weights say what those say that they learned from."""
    learned = f"'{name}' was adapted to say the same as '{space.taught_by}' of the same ground"
    stage = space.weakest
    if stage is None:
        return [f"{learned}; how well it does is not known: {_DO_NOT_TRUST}."]
    measured = space.agreement[stage]
    which = f" in stage {stage}, its weakest," if len(space.agreement) > 1 else ""
    sentences = [
        f"{learned}: on held-out ground it finds{which} its own place in {measured['retrieval']:.1%} of the cells (by "
        f"chance {measured['chance']:.1%}), cosine {measured['cosine']:.2f} on the same ground and "
        f"{measured['deranged_cosine']:.2f} on other ground."
    ]
    if space.poor:
        sentences.append(f"They agree poorly: {_DO_NOT_TRUST}.")
    if space.stronger:
        stages = f"stage{'s'[: len(space.stronger) - 1]} {', '.join(map(str, space.stronger))}"
        sentences.append(
            f"With {stages} alone they agree better: embed both images so, with every channel (components 0), and "
            "train again."
        )
    return sentences


def _differ(one_m: float, other_m: float) -> bool:
    return max(one_m, other_m) > MOST_RATIO * min(one_m, other_m)


def _resolution(model: Model | TunedModel, scene: PixelSource) -> str:
    found_m = side_m(scene.grid)
    if model.resolution_m is None or not _differ(found_m, model.resolution_m):
        return ""
    return (
        f"The pixels of '{scene.name}' are {found_m:.3g} m wide on the ground; the model was trained on pixels of "
        f"{model.resolution_m:.3g} m. Shapes and mixtures will look unfamiliar to it."
    )


def _values(model: Model, scene: PixelSource) -> list[str]:
    """Compares the values of a few windows with the mean and deviation of the pixels that the model was made from."""
    pixels = _look(scene)
    if pixels.shape[1] < LEAST_PIXELS:
        return []
    random = model.features.random
    mean, std = (part[: len(pixels)].astype(np.float64) for part in (random.mean, random.std))
    low, middle, high = np.percentile(pixels, (25, 50, 75), axis=1)
    distance = np.abs(middle - mean) / std
    far = np.flatnonzero(distance > FAR)
    warnings = []
    if len(far):
        order = far[np.argsort(-distance[far], kind="stable")]
        spoken = [
            f"{scene.bands[i]} {_number(middle[i])} (the model saw {_number(mean[i])} ± {_number(std[i])})"
            for i in order[:MOST_NAMED]
        ]
        more = f" and {len(far) - MOST_NAMED} more channels" if len(far) > MOST_NAMED else ""
        warnings.append(
            f"Values of '{scene.name}' lie far from what the model saw, in the median: {'; '.join(spoken)}{more}. "
            "Check units, season and clouds; its map is a guess there."
        )
    flat = [scene.bands[i] for i in np.flatnonzero((high - low < FLAT * std) & (distance <= FAR))]
    # Half of a normal distribution spans 1.35 deviations: what is below a tenth hardly varies at all.
    if len(flat) == len(pixels):
        warnings.append(
            f"Values of '{scene.name}' hardly vary where they were looked at, unlike those the model saw: "
            "check its units."
        )
    return warnings


def _look(scene: PixelSource) -> np.ndarray:
    """Returns (B, n) float64 values of the valid pixels of a few windows."""
    grid = scene.grid
    height, width = min(LOOK_PX, grid.height), min(LOOK_PX, grid.width)
    places = [(0.5, 0.5)]
    if max(grid.height, grid.width) > LOOK_PX:
        places += [(row, col) for row in (0.2, 0.8) for col in (0.2, 0.8)]
    found = []
    for row, col in places:
        window = Window(int(col * (grid.width - width)), int(row * (grid.height - height)), width, height)
        values, valid = scene.look(window)
        found.append(values[:, valid])
    return np.concatenate(found, axis=1).astype(np.float64)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
