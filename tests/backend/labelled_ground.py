"""Labelled scenes and tiles made of known numbers, for the tests of fine-tuning."""

import json
from pathlib import Path

import numpy as np
from mmearth import protocol
from mmearth.styles import ClassInfo
from mmearth.tuning.tiles import Tiles, collect_tiles
from mmearth.weights.checkpoints import load_weights

LEFT, TOP = 600000, 5200000


def square(col, row, side=6):
    """Returns a ring around `side` × `side` pixels of the rasters of `make_raster`."""
    x, y = LEFT + 10 * col, TOP - 10 * row
    return [[x, y], [x + 10 * side, y], [x + 10 * side, y - 10 * side], [x, y - 10 * side], [x, y]]


def write_labels(path, polygons, field="class"):
    """Writes (value, ring) pairs as GeoJSON."""
    features = [
        {"type": "Feature", "properties": {field: value}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for value, ring in polygons
    ]
    document = {"type": "FeatureCollection", "features": features}
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    Path(path).write_text(json.dumps(document))
    return str(path)


def collect(scenes, weights, folder, report, **options):
    """Collects tiles as the verb does."""
    request = protocol.FineTuneRequest(tuple(scenes), str(Path(folder) / "model.zip"), **options)
    return collect_tiles(request, load_weights(weights), Path(folder) / "tiles", report)


def tiles_of(labels, samples, sample_classes, held_out, *, images=None, groups=None, unit="pixel", **options):
    """Returns tiles of arrays (N, T, T), with two bands of random numbers unless `images` is given."""
    labels, samples = np.asarray(labels, np.int16), np.asarray(samples, np.int32)
    sample_classes, held_out = np.asarray(sample_classes), np.asarray(held_out, bool)
    if images is None:
        images = np.random.default_rng(0).normal(size=(len(labels), 2, *labels.shape[1:]))
    entries = []
    for tile in range(len(labels)):
        for sample in np.unique(samples[tile][samples[tile] >= 0]):
            own = samples[tile] == sample
            if sample_classes.ndim == 2:
                has = np.flatnonzero(sample_classes[sample]).tolist() or [sample_classes.shape[1]]
                entries += [(c, sample, tile, own.sum()) for c in has]
            else:
                found, counts = np.unique(labels[tile][own], return_counts=True)
                entries += [(c, sample, tile, n) for c, n in zip(found, counts, strict=True)]
    count = sample_classes.shape[1] if sample_classes.ndim == 2 else int(sample_classes.max()) + 1
    settings = {
        "task": "segmentation", "cell_px": 1, "field": "class", "weighs_pixels": False, "folds": "polygon",
        "folds_reason": "Whole polygons were held out.", "reading": {}, "resolution_m": 10.0, "scenes": ("scene.tif",),
        "bands": tuple(f"band {i}" for i in range(images.shape[1])), "band_dropout": False, "notes": [], "problems": [],
    }  # fmt: skip
    return Tiles(
        images=np.asarray(images, np.float16),
        labels=labels,
        samples=samples,
        bounds=np.array([[0, labels.shape[1], 0, labels.shape[2]]] * len(labels)),
        entries=np.array(entries, np.int64),
        classes=tuple(ClassInfo(i + 1, f"class {i}", "#117733") for i in range(count)),
        sample_classes=sample_classes,
        held_out=held_out,
        groups=np.arange(len(held_out)) if groups is None else np.asarray(groups),
        pixels=np.bincount(samples[samples >= 0], minlength=len(held_out)),
        unit=unit,
        **{**settings, **options},
    )
