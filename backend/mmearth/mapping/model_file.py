"""A trained model as one portable file: a zip of `model.json` and `model.safetensors`, both stored as they are.

A model may come from anyone, so a file is checked before it is believed: its members, their sizes, its format, and what
the JSON says against the arrays. Nothing in it is ever run. Holds few-shot models; `tuning.tuned_model` keeps networks
in files of the same kind. Knows nothing of rasters.
"""

import io
import json
import math
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from mmearth import protocol
from mmearth.classifiers.by_name import HEAD_CLASSES
from mmearth.classifiers.novelty import Novelty
from mmearth.classifiers.regressors import REGRESSOR_CLASSES, Regressor
from mmearth.cog import check_output
from mmearth.embedding.precomputed import EmbeddingInfo
from mmearth.errors import CheckpointError, InputError, ResourceError
from mmearth.mapping.recipe_features import WIDTHS, Group, RecipeFeatures
from mmearth.models.heads import Head
from mmearth.styles import ClassInfo, is_color

FORMAT = 3  # 1 and 2 were folders
DESCRIPTION, TENSORS = "model.json", "model.safetensors"
FEW_SHOT, FINE_TUNE = "few_shot", "fine_tune"  # what wrote a model
# Of the whole file. Forests of many trees take tens of millions, the largest encoder (660 million weights) 2.7 billion.
MOST_BYTES = {FEW_SHOT: 500 * 10**6, FINE_TUNE: 3 * 10**9}
MOST_DESCRIPTION_BYTES = 10**7
MOST_DIRECTORY_BYTES = 1000  # of the zip's table of contents; ours takes 110
LARGEST_VALUE = 2**31 - 1  # of a class: what rasters hold
WRITTEN = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip knows: equal models are equal files
CLASSES, REGRESSION = "classes", "regression"
UNKNOWN = ("ridge.width", "forest.spread")  # NaN where the width of an interval cannot be known
_TRAIN_AGAIN = "Train the model again, or choose a file that few-shot or fine-tune wrote."
_KINDS: dict[str, tuple[type, ...]] = {
    "version": (str,),
    "task": (str,),
    "head": (str,),
    "feature_groups": (list,),
    "classes": (list,),
    "field": (str,),
    "bands": (list,),
    "layers": (list,),
    "units": (str,),
    "resolution_m": (float, int, type(None)),
    "weights": (dict,),
    "scores": (dict,),
    "embedding": (dict, type(None)),
    "temperature": (float, int),
    "novelty": (bool,),
    "tensors": (dict,),
}

Tensors = dict[str, NDArray[Any]]
Made = TypeVar("Made")


@dataclass(frozen=True)
class Model:
    """A trained classifier or regression and all that is needed to use it on another scene.

    Attributes:
        features: How features of a pixel are made.
        head: The classifier, or the regression, on them.
        classes: In the order of the head's rows; none for a regression.
        field: Name of the label field.
        bands: Sentinel-2 bands, or channels of an embedding, that it was trained with, in order; then `layers`.
        units: Units recognised in the training scenes.
        weights_name: Name of the encoder's weights, or of what made the embedding; empty where neither was used.
        weights_path: Where they were; empty for the bundled ones, and with embeddings.
        weights_sha256: Their hash; empty with embeddings, and where no encoder was used.
        scores: Held-out-polygon scores, as in the report.
        embedding: The embedding that it was trained on; None where an encoder made its features.
        task: "classes" or "regression".
        temperature: What log probabilities are divided by before they are believed (`calibration`).
        novelty: How far a pixel lies from anything labelled; None where that is not known.
        layers: Names of the channels of extra rasters, the last of `bands`.
        resolution_m: Side of the training scenes' pixels on the ground; None where that is not known.
        precision: What the encoder computed in; empty without one, and in files from before it was a choice.
        version: Of the backend that trained it.
    """

    features: RecipeFeatures
    head: Head | Regressor
    classes: tuple[ClassInfo, ...]
    field: str
    bands: tuple[str, ...]
    units: str
    weights_name: str
    weights_path: str
    weights_sha256: str
    scores: dict[str, Any]
    embedding: EmbeddingInfo | None = None
    task: str = CLASSES
    temperature: float = 1.0
    novelty: Novelty | None = None
    layers: tuple[str, ...] = ()
    resolution_m: float | None = None
    precision: str = ""
    version: str = protocol.BACKEND_VERSION

    @property
    def head_name(self) -> str:
        """Name of the kind of head, as `protocol.HEADS` has it."""
        return next(name for name, made in _heads(self.task).items() if type(self.head) is made)


def check_model_path(path: str) -> None:
    """Refuses a path that no model can be written to, before any work is done.

    Raises:
        InputError: relative, not *.zip, a folder, or a zip file that holds something else.
        ResourceError: the folder is not writable.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(
            f"'{target}' is a folder; a model is one file.", "Choose a file name that ends in .zip, such as model.zip."
        )
    check_output(path, (".zip",))
    if target.exists():
        try:
            with zipfile.ZipFile(target) as archive:
                replaceable = DESCRIPTION in archive.namelist()
        except (zipfile.BadZipFile, OSError):
            replaceable = target.is_file() and not target.stat().st_size
        if not replaceable:
            raise InputError(
                f"'{target.name}' is there already and is no model: it would be lost.", "Choose another file name."
            )


def save_model(path: str, model: Model) -> None:
    """Writes a model file under a temporary name and renames it; equal models give equal bytes.

    Raises:
        ResourceError: the folder is not writable, or the disk is full.
    """
    tensors = {**model.features.to_tensors(), **model.head.to_tensors()}
    if model.novelty is not None:
        tensors |= model.novelty.to_tensors()
    description = {
        "kind": FEW_SHOT,
        "version": model.version,
        "task": model.task,
        "head": model.head_name,
        "feature_groups": [asdict(group) for group in model.features.groups],
        "classes": [asdict(info) for info in model.classes],
        "field": model.field,
        "bands": list(model.bands),
        "layers": list(model.layers),
        "units": model.units,
        "resolution_m": model.resolution_m,
        "weights": {"name": model.weights_name, "path": model.weights_path, "sha256": model.weights_sha256},
        "scores": model.scores,
        "embedding": None if model.embedding is None else asdict(model.embedding),
        "temperature": model.temperature,
        "novelty": model.novelty is not None,
        "precision": model.precision,
    }
    write_model_file(path, description, tensors)


def write_model_file(path: str, description: dict[str, Any], tensors: Tensors) -> None:
    """Writes a model file under a temporary name and renames it; equal content gives equal bytes.

    Args:
        path: Where; replaced if it exists.
        description: JSON; format and shapes of the arrays are added.
        tensors: By name.

    Raises:
        ResourceError: the folder is not writable, or the disk is full.
    """
    tensors = {name: np.ascontiguousarray(array) for name, array in sorted(tensors.items())}
    described = {"format": FORMAT, **description, "tensors": _shapes(tensors)}
    members = {
        DESCRIPTION: (json.dumps(described, indent=2, allow_nan=False) + "\n").encode(),
        TENSORS: save(tensors),
    }
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                info = zipfile.ZipInfo(name, WRITTEN)
                info.create_system, info.external_attr = 3, 0o644 << 16  # as on Unix, wherever it is written
                archive.writestr(info, content)
        temporary.replace(target)
    except OSError as error:
        raise ResourceError(
            f"The model '{target}' cannot be written ({error.strerror}).", "Choose another folder, or free space."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def load_model(path: str) -> Model:
    """Reads and checks a model file of few-shot.

    Raises:
        InputError: it is a network that fine-tune wrote.
        CheckpointError: no model there, or one that is damaged or of another format.
    """
    description = read_description(path)
    if description["kind"] == FINE_TUNE:
        raise InputError(
            f"'{Path(path).name}' is a fine-tuned network; a model that few-shot wrote is wanted here.",
            "Map scenes with it, or choose a file that few-shot wrote.",
        )
    return assemble(path, description, _assemble)


def read_description(path: str) -> dict[str, Any]:
    """Returns what a model file says of itself, after all that can be told without its arrays was checked.

    Its "kind" is one of `MOST_BYTES`.

    Raises:
        CheckpointError: no model there, or one that is damaged or of another format.
    """
    file = Path(path)
    if file.is_dir() or file.name in (DESCRIPTION, TENSORS):
        raise CheckpointError(
            f"'{file}' is a folder, as version 0.1.0 wrote models; a model is one .zip file now.",
            "Train the model again, or choose the .zip file that few-shot wrote.",
        )
    if not file.is_file():
        raise CheckpointError(f"There is no model file '{file}'.", "Train a model first, or choose another file.")
    content = _read_member(file, DESCRIPTION)
    try:
        description: dict[str, Any] = json.loads(content)
        found = description["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(file, f"{DESCRIPTION} is no description of a model") from error
    if found != FORMAT:
        newer = isinstance(found, int) and found > FORMAT
        raise CheckpointError(
            f"The model '{file.name}' has format {found!r:.20}; this version reads {FORMAT}.",
            "Update the plugin." if newer else "Train the model again.",
        )
    kind = description.get("kind")
    if not isinstance(kind, str) or kind not in MOST_BYTES:
        raise _damaged(file, f"its kind is {kind!r:.40}")
    _check_size(file, MOST_BYTES[kind])
    return description


def assemble(path: str, description: dict[str, Any], build: Callable[[dict[str, Any], Tensors], Made]) -> Made:
    """Reads the arrays of a model file and builds the model from them.

    Args:
        path: The file.
        description: As `read_description` returned it.
        build: Takes the description and the arrays; whatever does not fit raises an error that says what.

    Raises:
        CheckpointError: the arrays do not fit the description.
    """
    file = Path(path)
    content = _read_member(file, TENSORS)
    try:
        # Copied: arrays that look into `content` are read-only, which torch does not take.
        tensors = {name: array.copy() for name, array in load(content).items()}
        del content
        _check_tensors(tensors, description["tensors"])
        return build(description, tensors)
    except KeyError as error:
        raise _damaged(file, f"{error} is missing") from error
    except (ValueError, TypeError, IndexError, AttributeError, RuntimeError, OverflowError, SafetensorError) as error:
        raise _damaged(file, f"{error}") from error


def _damaged(file: Path, reason: str) -> CheckpointError:
    return CheckpointError(f"The model file '{file.name}' is damaged: {reason}.", _TRAIN_AGAIN)


def _read_member(file: Path, name: str) -> bytes:
    """Returns the content of one of the two members, after all that can be told without reading them was checked."""
    try:
        size = _check_size(file, max(MOST_BYTES.values()))
        with file.open("rb") as opened:
            _check_directory(file, opened)
            with zipfile.ZipFile(opened) as archive:
                _check_members(file, archive.infolist(), size)
                return archive.read(name)
    except (zipfile.BadZipFile, OSError, RuntimeError, EOFError, struct.error, ValueError) as error:
        raise _damaged(file, f"{error}") from error


def _check_size(file: Path, most_bytes: int) -> int:
    size = file.stat().st_size
    if size > most_bytes:
        raise CheckpointError(
            f"'{file.name}' has {size / 1e6:,.0f} MB; a model has at most {most_bytes / 1e6:,.0f} MB.", _TRAIN_AGAIN
        )
    return size


def _check_directory(file: Path, opened: io.BufferedReader) -> None:
    """Refuses what does not end as our zip files do, before a table of millions of members is read into memory."""
    opened.seek(0, os.SEEK_END)
    tail_bytes = min(opened.tell(), 42)
    opened.seek(-tail_bytes, os.SEEK_END)
    tail = opened.read()
    end = tail[-22:]  # signature, four counts, size and place of the table of contents, length of a comment
    if len(end) < 22 or end[:4] != b"PK\5\6" or tail[:4] == b"PK\6\7":
        raise CheckpointError(
            f"'{file.name}' is not a model: it is no zip file, a truncated one, or one with a comment.", _TRAIN_AGAIN
        )
    if struct.unpack("<L", end[12:16])[0] > MOST_DIRECTORY_BYTES:
        raise CheckpointError(f"'{file.name}' is not a model: it holds too many files.", _TRAIN_AGAIN)


def _check_members(file: Path, infos: list[zipfile.ZipInfo], size: int) -> None:
    names = [info.filename for info in infos]
    if sorted(names) != [DESCRIPTION, TENSORS]:
        strangers = [name for name in names if name not in (DESCRIPTION, TENSORS)]
        what = f"it holds '{strangers[0]:.60}'" if strangers else f"it holds {', '.join(names) or 'nothing'}"
        raise CheckpointError(f"'{file.name}' is not a model: {what}.", _TRAIN_AGAIN)
    for info in infos:
        mode = info.external_attr >> 16
        if info.flag_bits & 1:
            raise _damaged(file, f"{info.filename} is encrypted")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _damaged(file, f"{info.filename} is no plain file")
        if info.compress_type != zipfile.ZIP_STORED:
            raise _damaged(file, f"{info.filename} is compressed, which no model is")
        most = MOST_DESCRIPTION_BYTES if info.filename == DESCRIPTION else size
        if not info.file_size == info.compress_size <= most:
            raise _damaged(file, f"{info.filename} has {info.file_size:,} bytes")


def _assemble(description: dict[str, Any], tensors: Tensors) -> Model:
    """Builds the model; whatever does not fit raises an error that says what."""
    check_kinds(description, _KINDS)
    _check_description(description)
    bands, layers = tuple(description["bands"]), tuple(description["layers"])
    groups = tuple(_group(row) for row in description["feature_groups"])
    features = RecipeFeatures.from_tensors(tensors, bands, description["embedding"] is None, groups)
    features = replace(features, random=replace(features.random, num_layers=len(layers)))
    model = Model(
        features=features,
        head=_heads(description["task"])[description["head"]].from_tensors(tensors),
        classes=tuple(class_of(row) for row in description["classes"]),
        field=description["field"],
        bands=bands,
        units=description["units"],
        **{f"weights_{key}": _text(description["weights"][key]) for key in ("name", "path", "sha256")},
        scores=description["scores"],
        embedding=_embedding(description["embedding"]),
        task=description["task"],
        temperature=float(description["temperature"]),
        novelty=Novelty.from_tensors(tensors) if description["novelty"] else None,
        layers=layers,
        resolution_m=description["resolution_m"],
        precision=_text(description.get("precision", "")),  # younger than the format
        version=description["version"],
    )
    _check_fit(model)
    return model


def _heads(task: str) -> dict[str, type[Any]]:
    return REGRESSOR_CLASSES if task == REGRESSION else HEAD_CLASSES


def check_kinds(description: dict[str, Any], wanted: dict[str, tuple[type, ...]]) -> None:
    """Refuses a description without one of the keys, or with a value of another kind.

    Raises:
        KeyError, TypeError: which.
    """
    for key, kinds in wanted.items():
        value = description[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise TypeError(f"'{key}' is {value!r:.40}")


def check_positive(description: dict[str, Any], keys: Sequence[str]) -> None:
    """Refuses numbers that are there and not finite and above 0.

    Raises:
        ValueError: which.
    """
    for key in keys:
        value = description[key]
        if value is not None and not (math.isfinite(value) and value > 0):
            raise ValueError(f"'{key}' is {value}")


def _check_description(description: dict[str, Any]) -> None:
    if description["task"] not in (CLASSES, REGRESSION):
        raise ValueError(f"its task is {description['task']!r:.40}")
    if not all(isinstance(name, str) for name in [*description["bands"], *description["layers"]]):
        raise TypeError("a band's name is no text")
    layers = description["layers"]
    first = len(description["bands"]) - len(layers)
    if description["bands"][first:] != layers:
        raise ValueError("its layers are not the last of its bands")
    check_positive(description, ("temperature", "resolution_m"))


def _check_tensors(tensors: Tensors, stated: dict[str, Any]) -> None:
    found = _shapes(tensors)
    if found != stated:
        wrong = sorted(name for name in found.keys() | stated.keys() if found.get(name) != stated.get(name))
        raise ValueError(f"{TENSORS} does not fit {DESCRIPTION} in {', '.join(wrong[:3])}")
    for name, array in tensors.items():
        if array.dtype.kind == "f" and name not in UNKNOWN and not np.isfinite(array).all():
            raise ValueError(f"{name} holds values that are not finite")


def _shapes(tensors: Tensors) -> dict[str, list[Any]]:
    return {name: [str(array.dtype), *array.shape] for name, array in tensors.items()}


def _check_fit(model: Model) -> None:
    """Raises ValueError where arrays do not fit each other, or not the bands and classes."""
    features, random = model.features, model.features.random
    widths = {"input": random.num_inputs, "random": random.num_random}
    for group in features.groups:
        if widths.get(group.source, group.channels) != group.channels:
            raise ValueError(f"its {group.source} features are {widths[group.source]}, not {group.channels}")
    width = sum(group.channels for group in features.groups)
    random.check_shapes()
    if features.mean.shape != (width,) or features.scale.shape != (width,):
        raise ValueError(f"its features are {width}, their statistics {features.mean.shape}")
    # What any head makes of one pixel tells whether it fits, whatever its kind.
    pixel = np.zeros((1, width), np.float32)
    if model.task == REGRESSION:
        if cast(Regressor, model.head).estimates(pixel).shape != (1, 3) or model.classes:
            raise ValueError("its head gives no value with an interval, or classes are listed beside it")
    else:
        found = cast(Head, model.head).probabilities(pixel)
        if found.shape != (1, len(model.classes)):
            raise ValueError(f"its head knows {found.shape[-1]} classes, its list {len(model.classes)}")
    if model.novelty is not None and model.novelty.distances(pixel).shape != (1,):
        raise ValueError("its novelty gives no distance")


def _group(row: dict[str, Any]) -> Group:
    group = Group(**row)
    known = group.source in ("input", "random", "encoder") and group.width in (1, *WIDTHS)
    if not known or type(group.channels) is not int or group.channels < 0:
        raise ValueError(f"a group of features is {row!r:.80}")
    return group


def class_of(row: dict[str, Any]) -> ClassInfo:
    """Returns a class as a model file lists it."""
    info = ClassInfo(**row)
    if (
        type(info.value) is not int
        or abs(info.value) > LARGEST_VALUE
        or not isinstance(info.name, str)
        or not is_color(info.color)
    ):
        raise TypeError(f"a class is {row!r:.60}")
    return info


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _embedding(stored: dict[str, Any] | None) -> EmbeddingInfo | None:
    return None if stored is None else EmbeddingInfo(**{**stored, "channels": tuple(stored["channels"])})
