"""The folder that few_shot writes and predict reads: `model.safetensors` and `model.json`. Knows nothing of rasters."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from mmearth import protocol
from mmearth.cog import write_text
from mmearth.errors import CheckpointError, InputError, ResourceError
from mmearth.models.heads import Head
from mmearth.precomputed import EmbeddingInfo
from mmearth.recipe_features import Group, RecipeFeatures
from mmearth.recipe_heads import RecipeHead
from mmearth.styles import ClassInfo

FORMAT = 2
HEADS = {"recipe": RecipeHead}  # name of a classifier in model.json → what it is
CONTENT = ("model.json", "model.safetensors", "report")


@dataclass(frozen=True)
class Model:
    """A trained classifier and all that is needed to use it on another scene.

    Attributes:
        features: How features of a pixel are made.
        head: The classifier on them.
        classes: In the order of the head's rows.
        field: Name of the label field.
        bands: Sentinel-2 bands, or channels of an embedding, that the classifier was trained with, in order.
        units: Units recognised in the training scenes.
        weights_name: Name of the encoder's weights, or of what made the embedding; empty where neither was used.
        weights_path: Where they were; empty for the bundled ones, and with embeddings.
        weights_sha256: Their hash; empty with embeddings, and where no encoder was used.
        scores: Held-out-polygon scores, as in the report.
        embedding: The embedding that it was trained on; None where an encoder made its features.
    """

    features: RecipeFeatures
    head: Head
    classes: tuple[ClassInfo, ...]
    field: str
    bands: tuple[str, ...]
    units: str
    weights_name: str
    weights_path: str
    weights_sha256: str
    scores: dict[str, Any]
    embedding: EmbeddingInfo | None = None


@contextlib.contextmanager
def new_folder(path: str) -> Iterator[None]:
    """Makes the model folder before the work and removes it again where the work left nothing in it.

    Raises:
        InputError: the folder holds other files.
        ResourceError: it cannot be made or written.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ResourceError(
            f"The model folder '{folder}' is not writable ({error.strerror}).",
            "Choose a folder that you may write to.",
        ) from error
    strangers = [item.name for item in folder.iterdir() if item.name not in CONTENT]
    if strangers:
        raise InputError(
            f"The model folder '{folder}' already holds other files ({', '.join(sorted(strangers)[:3])}…).",
            "Choose a new or empty folder, or one that holds a model.",
        )
    try:
        yield
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


def save_model(path: str, model: Model) -> None:
    """Writes the folder; the JSON comes last, so a folder with it is whole."""
    folder = Path(path)
    tensors = folder / f".model.{os.getpid()}.part"
    try:
        save_file({**model.features.to_tensors(), **model.head.to_tensors()}, tensors)
        tensors.replace(folder / "model.safetensors")
    finally:
        tensors.unlink(missing_ok=True)
    description = {
        "format": FORMAT,
        "kind": "few_shot",
        "version": protocol.BACKEND_VERSION,
        "classifier": next(kind for kind, made in HEADS.items() if isinstance(model.head, made)),
        "feature_groups": [asdict(group) for group in model.features.groups],
        "classes": [asdict(info) for info in model.classes],
        "field": model.field,
        "bands": list(model.bands),
        "units": model.units,
        "weights": {"name": model.weights_name, "path": model.weights_path, "sha256": model.weights_sha256},
        "scores": model.scores,
        "embedding": None if model.embedding is None else asdict(model.embedding),
    }
    write_text(folder / "model.json", json.dumps(description, indent=2) + "\n")


def load_model(path: str) -> Model:
    """Reads a model folder.

    Raises:
        CheckpointError: no model there, or one that is damaged or of another format.
    """
    folder = Path(path)
    folder = folder.parent if folder.name == "model.json" else folder
    if not (folder / "model.json").is_file() or not (folder / "model.safetensors").is_file():
        raise CheckpointError(
            f"'{folder}' is not a model folder: model.json and model.safetensors are wanted.",
            "Train a model first, or choose the folder that few-shot wrote.",
        )
    try:
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if description["format"] != FORMAT:
            raise CheckpointError(
                f"The model in '{folder}' has format {description['format']}; this version reads {FORMAT}.",
                "Update the plugin, or train the model again.",
            )
        tensors, bands = load_file(folder / "model.safetensors"), tuple(description["bands"])
        groups = tuple(Group(**group) for group in description["feature_groups"])
        return Model(
            features=RecipeFeatures.from_tensors(tensors, bands, description["embedding"] is None, groups),
            head=HEADS[description["classifier"]].from_tensors(tensors),
            classes=tuple(ClassInfo(**row) for row in description["classes"]),
            field=description["field"],
            bands=bands,
            units=description["units"],
            weights_name=description["weights"]["name"],
            weights_path=description["weights"]["path"],
            weights_sha256=description["weights"]["sha256"],
            scores=description["scores"],
            embedding=_embedding(description["embedding"]),
        )
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CheckpointError(
            f"The model in '{folder}' is damaged ({error}).", "Train it again, or restore the folder."
        ) from error


def _embedding(stored: dict[str, Any] | None) -> EmbeddingInfo | None:
    return None if stored is None else EmbeddingInfo(**{**stored, "channels": tuple(stored["channels"])})
