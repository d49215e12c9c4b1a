"""The wire format between the QGIS plugin and the compute backend.

One JSON object per line. The plugin writes requests to the child's standard input; the child answers each request with
any number of `progress`, `log` and `metrics` events and exactly one of `result`, `error` or `cancelled`, all carrying
the request's `id`. Rasters, vectors and weights travel as absolute paths, never as data.

Knows nothing of Qt, torch or rasters: it runs on the standard library of the oldest Python that a supported QGIS ships.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Dict, List, Optional, Tuple, Type, Union

PROTOCOL_VERSION = 8
BACKEND_VERSION = "0.1.0"

# Terminal events: each request ends with exactly one of them.
RESULT, ERROR, CANCELLED = "result", "error", "cancelled"
HELLO, PROGRESS, LOG, METRICS = "hello", "progress", "log", "metrics"
TERMINAL_EVENTS = (RESULT, ERROR, CANCELLED)

# Error codes, by what the reader should do about them.
INPUT = "input"  # choose another layer, field, extent or band mapping
CHECKPOINT = "checkpoint"  # choose other weights or another model file
RESOURCE = "resource"  # free memory or disk, choose another folder or device
PROTOCOL = "protocol"  # reinstall the backend
INTERNAL = "internal"  # a bug: see the log
ERROR_CODES = (INPUT, CHECKPOINT, RESOURCE, PROTOCOL, INTERNAL)

UNITS = ("auto", "dn", "dn_offset", "reflectance", "byte", "raw")
# Of an embedding. int8: codes -127…127 with a GDAL scale per band, -128 = nodata; int16: the same codes for readers
# that know no int8 (GDAL before 3.7, and with it QGIS before 3.30); float16: half the bytes of float32.
DTYPES = ("int8", "int16", "float16", "float32")
# Of the arithmetic of an encoder that is applied; auto takes what the device is fastest in.
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
GRN_MODES = ("frozen", "scene", "image")  # statistics from the weights, from a sample of the scene, from each tile
PCA_SOURCES = ("weights", "scene")
# Classifiers of few_shot; a numeric field takes "recipe" (ridge), "ridge" or "forest" as regression.
HEADS = ("recipe", "prototype", "knn", "ridge", "logistic", "forest", "mlp")
TASKS = ("auto", "classes", "regression")  # auto looks at the label field: decimal numbers mean regression
FOLDS = ("auto", "polygon", "block")  # what validation holds out together; auto takes blocks where polygons cluster
RECIPES = ("auto", "paper", "small")
WEIGHTINGS = ("uncertainty", "unweighted")
SIZES = ("atto", "femto", "pico", "nano", "tiny", "base", "large", "huge")  # of the encoder
LAYER_KINDS = ("continuous", "classes")
# Fine-tuning. What is told apart: every pixel, or units of ground as wholes.
TUNING_TASKS = ("segmentation", "classification")
# Of a classification: cells of a grid, the user's polygons, whole scenes; auto takes polygons of a polygon layer, cells
# of masks and scenes of a table.
UNITS_OF_GROUND = ("auto", "cell", "polygon", "scene")
# How much is trained: a linear layer on frozen features; a decoder on the frozen encoder; the last stages too; all.
RUNGS = ("auto", "probe", "decoder", "partial", "full")
TUNING_RECIPES = ("default", "mmearth")  # mmearth: as the authors of MMEarth fine-tune
EVALUATIONS = ("knn", "linear", "fine_tune")
SCATTER_AXES = ("components", "classes")
# What an encoder of another sensor learns from: the reference encoder's features on the same ground; these and contrast
# between places (MSAD with soft targets); X-STARS as published, its faults mended; its own image alone.
ADAPT_MODES = ("distill", "distill+msad", "xstars", "mae")
ANCHORS = ("none", "same", "complementary")  # which ground cells a pair is masked in, while it learns to fill gaps
PROBE_PREFIX = ".mmearth-probe-"  # of files that tell whether two machines see the same folder
Bounds = Tuple[float, float, float, float]


class MalformedMessage(ValueError):  # noqa: N818 - names what it is
    """A line that is not a message of this protocol, or a request with missing, unknown or ill-typed fields."""


@dataclass(frozen=True)
class DescribeRequest:
    """Says what a scene is (grid, bands, units) and what embedding it would cost, without computing anything.

    Attributes:
        scene: Path of the raster.
        bounds: (left, bottom, right, top) in the scene's CRS; None means the whole scene.
        bands: Sentinel-2 band name → 1-based band number of the scene; empty means "propose".
        units: One of `UNITS`.
        weights: Path of a weights file; empty means the bundled weights.
    """

    scene: str
    bounds: Optional[Bounds] = None
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    weights: str = ""


@dataclass(frozen=True)
class EmbedRequest:
    """Writes the embedding of a scene as a COG, or the mean embedding of polygons and points as a table.

    Attributes:
        scene: Path of the raster; of several files that are the bands of one scene, one path a line.
        out: Path of the COG (or table) to write.
        bounds: (left, bottom, right, top) in the scene's CRS; None means the whole scene.
        mask: Path of a polygon layer (any CRS); cells outside it become nodata. Empty means no mask.
        bands: Sentinel-2 band name → 1-based band number of the scene; empty means "propose".
        units: One of `UNITS`.
        weights: Path of a weights file; empty means the bundled weights. "timm:NAME" is a model of timm with the
            weights that timm fetches, "timm:NAME@PATH" with weights of a file.
        stages: Encoder stages to use, from 0 (finest) to 3 (coarsest).
        stride_px: Side of an output cell in pixels of the scene: 1, 2, 4 or 8.
        components: Principal components to keep; 0 keeps every channel of every stage.
        pca_from: One of `PCA_SOURCES`: whose principal components.
        dtype: One of `DTYPES`.
        grn: One of `GRN_MODES`.
        tile_px: Side of the tiles that are computed at once, a multiple of 64; 0 finds what fits in memory.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        precision: One of `PRECISIONS`; refused where the device cannot, or would only be slower.
        threads: Processor threads; 0 takes all.
        memory_limit_bytes: Memory that tiles are chosen for; 0 means 2 GB.
        resume: Whether to go on with what an interrupted run of the same request left.
        cache: Whether the same request as before may be answered from the cache, and its result kept there.
        scheduler: Compute on a Dask cluster: "tcp://host:port", or "local:N" for N processes of this machine.
        features: Path of a layer of polygons or points (any CRS). Then `out` is a table (.gpkg or .parquet) with the
            mean embedding of each, and no raster is written.
    """

    scene: str
    out: str
    bounds: Optional[Bounds] = None
    mask: str = ""
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    weights: str = ""
    stages: Tuple[int, ...] = (0, 1, 2, 3)
    stride_px: int = 1
    components: int = 64
    pca_from: str = "weights"
    dtype: str = "int8"
    grn: str = "frozen"
    tile_px: int = 0
    device: str = "auto"
    precision: str = "auto"
    threads: int = 0
    memory_limit_bytes: int = 0
    resume: bool = True
    cache: bool = True
    scheduler: str = ""
    features: str = ""


@dataclass(frozen=True)
class FewShotRequest:
    """Learns a classifier or a regression from a few labelled polygons and writes it as a model file.

    Attributes:
        scenes: Paths of the rasters that the polygons lie on.
        labels: Path of a polygon layer (GeoPackage, GeoJSON, Shapefile; any CRS).
        model: Path of the model file (.zip) to write.
        labels_layer: Layer name inside a GeoPackage; empty means its only layer.
        field: Name of the class field, or of the number to estimate; empty means "the only sensible one, else say so".
        report: Folder for the report; empty means `<model stem>_report` beside the model.
        classes: Optional class list, each {"value": …, "name": str, "color": "#rrggbb"}, in order.
        ignore: Values of the field whose polygons are no class: their pixels neither teach nor are drawn.
        task: One of `TASKS`.
        head: One of `HEADS`.
        folds: One of `FOLDS`.
        layers: Paths of further rasters (elevation, an index) whose bands join the features; any grid.
        bands: Sentinel-2 band name → 1-based band number of the scenes; empty means "propose".
        units: One of `UNITS`.
        weights: Path of a weights file; empty means the bundled weights.
        device, precision: As in `EmbedRequest`.
        seed: Seed of the polygon folds and of the pixels drawn from polygons and scenes.
        encoder: Whether an encoder's features are used for spectral scenes; else bands and random features alone.
    """

    scenes: Tuple[str, ...]
    labels: str
    model: str
    labels_layer: str = ""
    field: str = ""
    report: str = ""
    classes: Tuple[Dict[str, Any], ...] = ()
    ignore: Tuple[str, ...] = ()
    task: str = "auto"
    head: str = "recipe"
    folds: str = "auto"
    layers: Tuple[str, ...] = ()
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    weights: str = ""
    device: str = "auto"
    precision: str = "auto"
    seed: int = 0
    encoder: bool = True


@dataclass(frozen=True)
class FineTuneRequest:
    """Trains a network on labelled ground and writes it as a model file that predict takes.

    A number of 0 and an empty text mean "as the recipe has it". Precision is no choice: weights are kept in float32,
    and products are in bfloat16 where the device multiplies it in hardware, else in float32.

    Attributes:
        scenes: Paths of the rasters to learn from.
        model: Path of the model file (.zip) to write; beside it comes a folder `<stem>_run` with checkpoint, curves,
            report and the request.
        labels: Path of a polygon layer with a class field (any CRS); or, for whole scenes, of a table (.csv) with the
            columns "scene" and "class". Either this or `masks`.
        masks: Folder of class rasters, each with the file name of its scene (or its stem) and its size.
        labels_layer: Layer name inside a GeoPackage; empty means its only layer.
        field: Name of the class field; empty means "the only sensible one, else say so".
        classes: Optional class list, each {"value": …, "name": str, "color": "#rrggbb"}, in order.
        ignore: Values that are no class: their pixels neither teach nor count.
        task: One of `TUNING_TASKS`.
        unit: One of `UNITS_OF_GROUND`, for classification.
        cell_px: Side of a cell in pixels, a multiple of the patch size, for classification of cells.
        multi_label: Whether one value of the class field lists several classes, separated by ";".
        rung: One of `RUNGS`; "auto" climbs while held-out scores improve beyond their noise.
        recipe: One of `TUNING_RECIPES`.
        folds: One of `FOLDS`: what is held out together for validation.
        held_out: Share of the labels that validates.
        bands, units, weights, device: As in `FewShotRequest`.
        random_start: Start from random weights of the same architecture: the control.
        epochs: How often the training labels are gone through at most.
        batch: Crops per optimiser step, over all processes.
        micro_batch: Crops at once on a device; 0 finds what fits.
        learning_rate: Peak learning rate.
        resume: Whether to go on from the checkpoint in the run folder.
        seed: Of initialisation, split, sampling and augmentation.
    """

    scenes: Tuple[str, ...]
    model: str
    labels: str = ""
    masks: str = ""
    labels_layer: str = ""
    field: str = ""
    classes: Tuple[Dict[str, Any], ...] = ()
    ignore: Tuple[str, ...] = ()
    task: str = "segmentation"
    unit: str = "auto"
    cell_px: int = 16
    multi_label: bool = False
    rung: str = "auto"
    recipe: str = "default"
    folds: str = "auto"
    held_out: float = 0.2
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    weights: str = ""
    device: str = "auto"
    random_start: bool = False
    epochs: int = 0
    batch: int = 0
    micro_batch: int = 0
    learning_rate: float = 0.0
    resume: bool = False
    seed: int = 0


@dataclass(frozen=True)
class EvaluateRequest:
    """Compares encoders on a data set in the GEO-Bench layout and writes one table with seeds and spread.

    Attributes:
        dataset: Folder of HDF5 samples with partitions and band statistics as JSON.
        out: Folder for the table (.csv, .json, .md).
        models: What to compare: paths of weights files, "timm:NAME", "random" (our architecture with random weights),
            "bands" (mean and spread of every band, no network); empty means the bundled weights, random and bands.
        evaluations: Some of `EVALUATIONS`.
        partitions: Names of partitions that hold the training samples; empty means "default".
        seeds: How many seeds.
        epochs: Of fine-tuning and of the linear probe; 0 means as published.
        batch: Samples per step; 0 means as published.
        device: As in `EmbedRequest`.
    """

    dataset: str
    out: str
    models: Tuple[str, ...] = ()
    evaluations: Tuple[str, ...] = EVALUATIONS
    partitions: Tuple[str, ...] = ()
    seeds: int = 3
    epochs: int = 0
    batch: int = 0
    device: str = "auto"


@dataclass(frozen=True)
class PreviewRequest:
    """Maps a window of a scene at once from labels that are still being drawn; the window's features stay in memory.

    The second request for the same window pays for the labels alone. Nothing is validated and no model is kept.

    Attributes:
        scene: Path of the raster.
        out: Path of the class raster to write.
        bounds: (left, bottom, right, top) in the scene's CRS.
        labels, labels_layer, field, classes, ignore, head, layers, bands, units, weights, device, precision, seed,
            encoder: As in `FewShotRequest`.
    """

    scene: str
    out: str
    bounds: Bounds
    labels: str
    labels_layer: str = ""
    field: str = ""
    classes: Tuple[Dict[str, Any], ...] = ()
    ignore: Tuple[str, ...] = ()
    head: str = "recipe"
    layers: Tuple[str, ...] = ()
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    weights: str = ""
    device: str = "auto"
    precision: str = "auto"
    seed: int = 0
    encoder: bool = True


@dataclass(frozen=True)
class PredictRequest:
    """Maps a scene with a model file: class (or value) COG, and on demand further rasters, polygons and a table.

    An empty path means that the output is not wanted.

    Attributes:
        scene: Path of the raster.
        out: Path of the class COG to write; of a regression, of the COG of values; of a network for polygons or whole
            scenes, of the GeoPackage with them, which is then the only output.
        model: Model file written by few_shot or fine_tune.
        confidence: COG of the largest probability in percent.
        probabilities: COG with a band of percent for each class.
        margin: COG of the largest minus the second largest probability in percent.
        entropy: COG of the entropy of the probabilities in percent of the largest possible one.
        distance: COG of the distance of a pixel's features to anything labelled, 1 = as far as labelled polygons of one
            class lie from each other; above 2 nothing like it was labelled.
        interval: COG of the low and high end of the 90 % prediction interval of a regression.
        vector: GeoPackage of class polygons.
        sieve_px: Areas of fewer pixels are given to their largest neighbour before polygons are made; 0 leaves all.
        min_area_m2: Polygons smaller than this are left out; 0 keeps all.
        simplify_px: Tolerance of the outline of polygons in pixels; 0 keeps the pixels' edges.
        parcels: Path of a polygon layer of the user's (fields, buildings) to be classified as wholes; a network for
            polygons needs it.
        parcels_layer: Its layer name inside a GeoPackage; empty means the only one.
        parcels_out: GeoPackage of these polygons with class, probability and second choice; of a network for polygons
            `out` is this file.
        layers: As in `FewShotRequest`, in the same order.
        bounds, mask, bands, units, device, precision: As in `EmbedRequest`.
    """

    scene: str
    out: str
    model: str
    confidence: str = ""
    probabilities: str = ""
    margin: str = ""
    entropy: str = ""
    distance: str = ""
    interval: str = ""
    vector: str = ""
    sieve_px: int = 0
    min_area_m2: float = 0.0
    simplify_px: float = 0.0
    parcels: str = ""
    parcels_layer: str = ""
    parcels_out: str = ""
    layers: Tuple[str, ...] = ()
    bounds: Optional[Bounds] = None
    mask: str = ""
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class CheckModelRequest:
    """Says what a model file is and whether it serves a scene, without mapping anything.

    Attributes:
        model: Model file written by few_shot or fine_tune.
        scene: Path of the raster; empty means: the model alone.
        layers, bands, units: As in `PredictRequest`.
    """

    model: str
    scene: str = ""
    layers: Tuple[str, ...] = ()
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"


@dataclass(frozen=True)
class SuggestRequest:
    """Says where to label next: a layer of points with reasons.

    Attributes:
        scene: Path of the raster.
        model: Model file written by few_shot.
        out: GeoPackage of points to write.
        count: How many points.
        labels, labels_layer: The polygon layer there is: no point lies in or near its polygons. Empty means none.
        layers, bounds, mask, bands, units, device, precision: As in `PredictRequest`.
        seed: Of the pixels that are looked at.
    """

    scene: str
    model: str
    out: str
    count: int = 20
    labels: str = ""
    labels_layer: str = ""
    layers: Tuple[str, ...] = ()
    bounds: Optional[Bounds] = None
    mask: str = ""
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    seed: int = 0


@dataclass(frozen=True)
class DrawSampleRequest:
    """Draws sample points at random inside each class of a class map, to be labelled without looking at the map.

    Attributes:
        map: Path of a class raster that predict wrote.
        out: GeoPackage of points to write, with an empty class field to fill in.
        per_class: Points of each class.
        seed: Of the draw.
    """

    map: str
    out: str
    per_class: int = 50
    seed: int = 0


@dataclass(frozen=True)
class AssessRequest:
    """Compares a class map with independent sample points: accuracy and area of each class, with intervals.

    Attributes:
        map: Path of a class raster that predict wrote.
        samples: Path of a point layer, such as draw_sample wrote; any CRS.
        report: Folder for the report.
        samples_layer: Layer name inside a GeoPackage; empty means its only layer.
        field: Field with the true class, a value or a name; empty means "the only sensible one, else say so".
    """

    map: str
    samples: str
    report: str
    samples_layer: str = ""
    field: str = ""


@dataclass(frozen=True)
class PretrainRequest:
    """Pretrains an encoder by masked, multi-task reconstruction.

    A number of 0 and an empty text mean "as the recipe has it". Precision is no choice: weights are kept in float32,
    and products are in bfloat16 where the device multiplies it in hardware, else in float32.

    Attributes:
        data: Folders in the MMEarth v001 layout, or rasters of the user's; not both.
        weights_out: Path of the safetensors file to write; beside it come a card (.json) and a folder `<stem>_run` with
            checkpoint, curve and pictures.
        size: One of `SIZES`.
        patch_size: Side of a masked patch in pixels, 8 or 16; crops are 7 patches wide.
        recipe: One of `RECIPES`; "auto" takes "paper" where there are tiles enough for it, else "small".
        tasks: Pretext tasks by name; empty means all that the data hold.
        layers: Further rasters on the ground of the user's rasters, as targets: each {"path": str, "name": str,
            "kind": one of `LAYER_KINDS`}; resampled to the grid of the first raster.
        bands, units: As in `EmbedRequest`, for rasters of the user's.
        epochs: How often the data are gone through.
        steps: Optimiser steps; beats `epochs`.
        batch: Crops per optimiser step, over all processes.
        micro_batch: Crops at once on a device; 0 finds what fits.
        learning_rate: Peak learning rate.
        mask_ratio: Share of patches removed.
        weighting: One of `WEIGHTINGS`.
        band_dropout: Whether bands of some samples are hidden from the encoder, so that weights serve other band sets.
        official: Reproduce the authors' code where it differs from their paper (see docs/decisions).
        start: Weights file to start from; empty means random weights.
        resume: Whether to go on from the checkpoint in the run folder.
        checkpoint_every: Steps between checkpoints; 0 means once a minute.
        snapshot_every: Steps between weights files that are kept in the run folder; 0 means none.
        device: As in `EmbedRequest`.
        seed: Seed of initialisation, sampling and masks.
    """

    data: Tuple[str, ...]
    weights_out: str
    size: str = "atto"
    patch_size: int = 8
    recipe: str = "auto"
    tasks: Tuple[str, ...] = ()
    layers: Tuple[Dict[str, Any], ...] = ()
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    epochs: int = 0
    steps: int = 0
    batch: int = 0
    micro_batch: int = 0
    learning_rate: float = 0.0
    mask_ratio: float = 0.0
    weighting: str = "uncertainty"
    band_dropout: bool = True
    official: bool = False
    start: str = ""
    resume: bool = False
    checkpoint_every: int = 0
    snapshot_every: int = 0
    device: str = "auto"
    seed: int = 0


@dataclass(frozen=True)
class AdaptRequest:
    """Learns an encoder for another sensor from places that a known sensor has seen too, without labels.

    Attributes:
        targets: Paths of rasters of the new sensor: any bands, any resolution not coarser than the reference.
        weights_out: Path of the weights file to write.
        references: Paths of rasters that `weights` understand, one for each target, any CRS; empty makes them from the
            targets by area-averaging to `reference_m`.
        reference_m: Pixel size of references that are made; 0 means 10 m.
        weights: Path of the weights that understand the references; empty means the bundled weights.
        bands: Sentinel-2 band name → 1-based band number of the references; empty means "propose".
        units: One of `UNITS`, of the references that are given.
        target_bands: Sentinel-2 band name → 1-based band number of the targets, where a band sees the same light:
            references are made of these, and in mode "mae" a band begins with its weights; empty means "propose".
        mode: One of `ADAPT_MODES`.
        from_scratch: Begin with random weights instead of those of `weights`.
        anchors: One of `ANCHORS`.
        land_cover: Path of a land-cover raster (class codes, any CRS): places with like classes shall look alike.
        working_m: Pixel size that the new encoder works at; 0 is the targets' own.
        window_px: Side of a window in pixels of the reference, a multiple of the patch size; 0 means up to 56, smaller
            where the images are small or the target very fine.
        correct_shift: Whether the shift between the images, where one is found, is taken out.
        steps: Steps of training; 0 lets it end once held-out places no longer gain.
        batch: Windows in a step; 0 means 8.
        learning_rate: Of the body; 0 means the recipe's own.
        seed: Of everything random.
        resume: Whether to go on with what an interrupted run of the same request left.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    targets: Tuple[str, ...]
    weights_out: str
    references: Tuple[str, ...] = ()
    reference_m: float = 0.0
    weights: str = ""
    bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    units: str = "auto"
    target_bands: Dict[str, int] = dataclasses.field(default_factory=dict)
    mode: str = "distill"
    from_scratch: bool = False
    anchors: str = "none"
    land_cover: str = ""
    working_m: float = 0.0
    window_px: int = 0
    correct_shift: bool = False
    steps: int = 0
    batch: int = 0
    learning_rate: float = 0.0
    seed: int = 0
    resume: bool = False
    device: str = "auto"


@dataclass(frozen=True)
class SimilarRequest:
    """Maps how like some places every pixel of an embedding is.

    Attributes:
        embedding: Path of an embedding raster, as embed writes it.
        out: Path of the GeoTIFF to write: cosine similarity in 8 bit, 0…254 for 0…1, 255 = nodata.
        points: x, y, x, y, … in the embedding's CRS: what is looked for.
        unlike: x, y, … in the same CRS: what is not; pixels nearer to these lose.
        features: Path of a polygon layer (any CRS; "path|layername=name") whose mean embedding is looked for as well.
        bounds: (left, bottom, right, top) in the embedding's CRS; None means all of it.
    """

    embedding: str
    out: str
    points: Tuple[float, ...] = ()
    unlike: Tuple[float, ...] = ()
    features: str = ""
    bounds: Optional[Bounds] = None


@dataclass(frozen=True)
class SelectRegionRequest:
    """Grows the region of similar embedding around a place and writes its outline.

    Regions of the same places are nested: a larger tolerance gives a region that holds the smaller one. What the
    regions of a place depend on stays in memory, so that a second tolerance costs an outline alone.

    Attributes:
        embedding: Path of an embedding raster.
        out: Path of the GeoJSON file to write: one polygon or multipolygon in the embedding's CRS.
        points: x, y, … in the embedding's CRS: where it grows from.
        tolerance: From 0, the pixel alone, to 1, everything in reach.
        reach_px: How far it may grow from a point, in pixels of the embedding.
        simplify_px: By how much the outline may leave the edges of pixels; 0 keeps them.
    """

    embedding: str
    out: str
    points: Tuple[float, ...]
    tolerance: float = 0.2
    reach_px: int = 256
    simplify_px: float = 0.75


@dataclass(frozen=True)
class OutlineRequest:
    """Writes the polygons around pixels of a raster whose value lies between two bounds.

    Attributes:
        raster: Path of a raster with one band: similarity, clusters, classes.
        out: Path of the GeoPackage to write: a layer "polygons" with pixels and area_m2; small holes are filled.
        low: Least value that is inside.
        high: Greatest value that is inside.
        bounds: (left, bottom, right, top) in the raster's CRS; None means all of it.
        min_area_px: Areas of fewer pixels are left out.
        most: How many polygons at most, the largest first; 0 keeps all.
        simplify_px: As in `SelectRegionRequest`.
    """

    raster: str
    out: str
    low: float
    high: float
    bounds: Optional[Bounds] = None
    min_area_px: int = 4
    most: int = 0
    simplify_px: float = 0.75


@dataclass(frozen=True)
class ClusterRequest:
    """Groups the pixels of an embedding without labels (k-means) and writes the groups as a class raster.

    Attributes:
        embedding: Path of an embedding raster.
        out: Path of the COG to write.
        clusters: How many; 0 takes the number that the data suggest.
        most: Greatest number that may be suggested.
        bounds: (left, bottom, right, top) in the embedding's CRS; None means all of it.
        seed: Of the pixels that are drawn and of the first centres.
    """

    embedding: str
    out: str
    clusters: int = 0
    most: int = 12
    bounds: Optional[Bounds] = None
    seed: int = 0


@dataclass(frozen=True)
class ScatterRequest:
    """Draws pixels of an embedding and writes where they lie in two dimensions, for a scatter plot.

    Attributes:
        embedding: Path of an embedding raster.
        out: Path of the table (.csv) to write: map_x, map_y, plot_x, plot_y and, with labels, class (its value).
        count: How many pixels at most.
        labels, labels_layer, field, classes, ignore: As in `FewShotRequest`; empty for a plot without classes. Pixels
            of polygons come first, the others have an empty class.
        axes: One of `SCATTER_AXES`: principal components, or the directions that tell the classes apart best.
        bounds: (left, bottom, right, top) in the embedding's CRS; None means all of it.
        seed: Of the draw.
    """

    embedding: str
    out: str
    count: int = 3000
    labels: str = ""
    labels_layer: str = ""
    field: str = ""
    classes: Tuple[Dict[str, Any], ...] = ()
    ignore: Tuple[str, ...] = ()
    axes: str = "components"
    bounds: Optional[Bounds] = None
    seed: int = 0


@dataclass(frozen=True)
class CompareMapsRequest:
    """Compares two class maps of the same ground: where they differ, how much, from which class to which.

    Attributes:
        first, second: Paths of class rasters as predict writes them; the second is read on the grid of the first.
        out: Path of the COG to write: 0 where they agree, else a value for each pair of classes.
        table: Path of a CSV file with the area of each pair of classes; empty for none.
        bounds: (left, bottom, right, top) in the CRS of the first; None means all they have in common.
    """

    first: str
    second: str
    out: str
    table: str = ""
    bounds: Optional[Bounds] = None


@dataclass(frozen=True)
class ExportMapRequest:
    """Writes a result raster once more, in another CRS or resolution, with its colours, or as polygons.

    Attributes:
        source: Path of a raster that this program wrote.
        out: Path of the COG (.tif), or of the GeoPackage (.gpkg) with the polygons of a class raster.
        crs: Authority code ("EPSG:4326") or WKT; empty keeps the source's.
        res: Side of a pixel in units of that CRS; 0 keeps what the source has.
        bounds: (left, bottom, right, top) in the source's CRS; None means all of it.
    """

    source: str
    out: str
    crs: str = ""
    res: float = 0.0
    bounds: Optional[Bounds] = None


@dataclass(frozen=True)
class ListWeightsRequest:
    """Lists the weights that are installed and the published MMEarth checkpoints that can be fetched."""


@dataclass(frozen=True)
class DoctorRequest:
    """Says what this machine and its environment can do, and what keeps a device from being used.

    Attributes:
        test: Whether every usable device embeds one real tile in each of its precisions, compared with the CPU.
        weights: Path of a weights file; empty means the bundled weights.
    """

    test: bool = False
    weights: str = ""


@dataclass(frozen=True)
class RemoveWeightsRequest:
    """Removes a weights file that was downloaded, converted or pretrained, with what lies beside it.

    Attributes:
        path: Of the file, as `list_weights` names it. The bundled weights stay.
    """

    path: str


@dataclass(frozen=True)
class DownloadWeightsRequest:
    """Fetches one of the published MMEarth checkpoints and converts it to a weights file.

    Attributes:
        name: Name of a published checkpoint, as `mmearth weights published` lists them.
        folder: Folder for the weights; empty means the user's own weights folder.
        accept_licence: Whether the user has agreed to the licence that was shown.
    """

    name: str
    folder: str = ""
    accept_licence: bool = False


@dataclass(frozen=True)
class ConvertWeightsRequest:
    """Reads a foreign checkpoint (official MMEarth .pth, timm ConvNeXt V2) and writes a weights file.

    Attributes:
        checkpoint: Path of the .pth or .safetensors file; or "timm:" and the name of a model that timm fetches.
        weights_out: Path of the safetensors file to write.
        statistics: Path of a band_stats JSON in the MMEarth layout; empty means the bundled weights' own.
    """

    checkpoint: str
    weights_out: str
    statistics: str = ""


@dataclass(frozen=True)
class CacheRequest:
    """Says how large the cache of results is; on demand changes its limit or empties it.

    Attributes:
        clear: Whether to remove everything in it.
        limit_bytes: New size limit, kept for later sessions; 0 leaves it, -1 switches the cache off.
    """

    clear: bool = False
    limit_bytes: int = 0


@dataclass(frozen=True)
class ProbePathsRequest:
    """Says whether folders of the plugin's machine are the same folders here, of which it can read and write files.

    The answer to each file is written beside it, as `<name>.answer`.

    Attributes:
        files: Paths of files with a random text that the plugin wrote, each named `PROBE_PREFIX` and more.
    """

    files: Tuple[str, ...]


Request = Union[
    DescribeRequest,
    EmbedRequest,
    FewShotRequest,
    FineTuneRequest,
    EvaluateRequest,
    PreviewRequest,
    PredictRequest,
    CheckModelRequest,
    SuggestRequest,
    DrawSampleRequest,
    AssessRequest,
    PretrainRequest,
    AdaptRequest,
    SimilarRequest,
    SelectRegionRequest,
    OutlineRequest,
    ClusterRequest,
    ScatterRequest,
    CompareMapsRequest,
    ExportMapRequest,
    ListWeightsRequest,
    DoctorRequest,
    RemoveWeightsRequest,
    DownloadWeightsRequest,
    ConvertWeightsRequest,
    CacheRequest,
    ProbePathsRequest,
]
VERBS: Dict[str, Type[Any]] = {
    "describe": DescribeRequest,
    "embed": EmbedRequest,
    "few_shot": FewShotRequest,
    "fine_tune": FineTuneRequest,
    "evaluate": EvaluateRequest,
    "preview": PreviewRequest,
    "predict": PredictRequest,
    "check_model": CheckModelRequest,
    "suggest": SuggestRequest,
    "draw_sample": DrawSampleRequest,
    "assess": AssessRequest,
    "pretrain": PretrainRequest,
    "adapt": AdaptRequest,
    "similar": SimilarRequest,
    "select_region": SelectRegionRequest,
    "outline": OutlineRequest,
    "cluster": ClusterRequest,
    "scatter": ScatterRequest,
    "compare_maps": CompareMapsRequest,
    "export_map": ExportMapRequest,
    "list_weights": ListWeightsRequest,
    "doctor": DoctorRequest,
    "remove_weights": RemoveWeightsRequest,
    "download_weights": DownloadWeightsRequest,
    "convert_weights": ConvertWeightsRequest,
    "cache": CacheRequest,
    "probe_paths": ProbePathsRequest,
}
CANCEL, SHUTDOWN = "cancel", "shutdown"  # requests without fields; cancel carries the id of the job to stop


def encode(message: Dict[str, Any]) -> str:
    """Returns one line for the pipe. Refuses NaN and infinity, which are not JSON."""
    return json.dumps(message, allow_nan=False, ensure_ascii=True, separators=(",", ":")) + "\n"


def decode(line: Union[str, bytes]) -> Dict[str, Any]:
    """Reads one line.

    Raises:
        MalformedMessage: the line is not a JSON object.
    """
    try:
        message = json.loads(line)
    except ValueError as error:
        raise MalformedMessage(f"not JSON: {line[:200]!r}") from error
    if not isinstance(message, dict):
        raise MalformedMessage(f"not a JSON object: {line[:200]!r}")
    return message


def request_to_json(request_id: str, request: Request) -> Dict[str, Any]:
    """Returns the message that carries a request."""
    verb = next(name for name, cls in VERBS.items() if type(request) is cls)
    return {"id": request_id, "verb": verb, **asdict(request)}


def request_from_json(message: Dict[str, Any]) -> Request:
    """Builds the request dataclass that a message carries, checking names and types once, here.

    Raises:
        MalformedMessage: unknown verb, missing or unknown field, wrong type.
    """
    verb = message.get("verb")
    if not isinstance(verb, str) or verb not in VERBS:
        raise MalformedMessage(f"unknown verb {verb!r}; this backend knows {', '.join(VERBS)}")
    cls = VERBS[verb]
    known = {f.name: f for f in fields(cls)}
    values = {name: value for name, value in message.items() if name not in ("id", "verb")}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise MalformedMessage(f"{verb} has no field {', '.join(unknown)}")
    try:
        converted = {name: _convert(known[name].type, value) for name, value in values.items()}
        return cls(**converted)  # type: ignore[no-any-return]
    except (TypeError, ValueError) as error:
        raise MalformedMessage(f"{verb}: {error}") from error


def _convert(annotation: Any, value: Any) -> Any:
    if annotation == "str":
        if not isinstance(value, str):
            raise TypeError(f"expected text, found {value!r}")
        return value
    if annotation == "bool":
        if not isinstance(value, bool):
            raise TypeError(f"expected true or false, found {value!r}")
        return value
    if annotation in ("int", "float"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"expected a number, found {value!r}")
        return int(value) if annotation == "int" else float(value)
    if annotation in ("Optional[Bounds]", "Bounds"):
        if value is None and annotation != "Bounds":
            return None
        if not isinstance(value, (list, tuple)) or len(value) != 4:
            raise TypeError(f"bounds are four numbers, found {value!r}")
        return tuple(float(v) for v in value)
    if annotation == "Dict[str, int]":
        return {str(name): int(index) for name, index in dict(value).items()}
    if annotation == "Tuple[int, ...]":
        return tuple(int(v) for v in value)
    if annotation == "Tuple[float, ...]":
        return tuple(float(v) for v in value)
    if annotation == "Tuple[str, ...]":
        if isinstance(value, str):
            raise TypeError(f"expected a list of texts, found {value!r}")
        return tuple(str(v) for v in value)
    if annotation == "Tuple[Dict[str, Any], ...]":
        return tuple(dict(v) for v in value)
    raise TypeError(f"no conversion for {annotation}")


def cancel_message(request_id: str) -> Dict[str, Any]:
    """Returns the message that asks the child to stop a job."""
    return {"id": request_id, "verb": CANCEL}


def progress_event(request_id: str, phase: str, done: float, total: float, eta_s: Optional[float]) -> Dict[str, Any]:
    """Returns a progress event; `eta_s` is None while the time left is unknown."""
    return {"id": request_id, "event": PROGRESS, "phase": phase, "done": done, "total": total, "eta_s": eta_s}


def log_event(request_id: str, level: str, message: str) -> Dict[str, Any]:
    """Returns a log event; `level` is "info" or "warning"."""
    return {"id": request_id, "event": LOG, "level": level, "message": message}


def metrics_event(request_id: str, step: int, total: int, values: Dict[str, float], picture: str) -> Dict[str, Any]:
    """Returns a metrics event: named values after `step` of `total` steps.

    `picture` is the path of a new picture of the run, or empty.
    """
    return {
        "id": request_id,
        "event": METRICS,
        "step": step,
        "total": total,
        "values": values,
        "picture": picture,
    }


def error_event(request_id: str, code: str, message: str, remedy: str) -> Dict[str, Any]:
    """Returns the terminal event of a failed request."""
    return {"id": request_id, "event": ERROR, "code": code, "message": message, "remedy": remedy}


def result_event(request_id: str, result: Dict[str, Any]) -> Dict[str, Any]:
    """Returns the terminal event of a finished request."""
    return {"id": request_id, "event": RESULT, "result": result}


def cancelled_event(request_id: str) -> Dict[str, Any]:
    """Returns the terminal event of a cancelled request."""
    return {"id": request_id, "event": CANCELLED}


def hello_event(versions: Dict[str, str], devices: List[Dict[str, str]]) -> Dict[str, Any]:
    """Returns the first line a child writes; the backend is ready once it was read."""
    return {
        "id": "",
        "event": HELLO,
        "protocol": PROTOCOL_VERSION,
        "backend": BACKEND_VERSION,
        "versions": versions,
        "devices": devices,
    }
