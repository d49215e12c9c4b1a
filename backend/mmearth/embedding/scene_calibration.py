"""GRN responses and principal components measured on a scene itself, from a sparse sample of it."""

import dataclasses

import numpy as np
import torch
from rasterio.windows import Window

from mmearth.embedding.calibration import BATCH, MIRROR_PX, Calibration, calibrate, measure
from mmearth.embedding.features import standardise
from mmearth.embedding.timm_models import build_timm
from mmearth.errors import InputError
from mmearth.progress import Report
from mmearth.scenes.raster import Scene
from mmearth.weights.checkpoints import Weights, build_encoder

CROP_PX, GRID = 96, 8  # at most 8 x 8 crops over the window: half a million pixels
TIMM_CROP_PX, TIMM_GRID = 224, 4  # these look further, and were trained on pictures of this size
TIMM_LEAST_SPREAD = 0.05  # rectifiers leave channels dead on one scene
MIN_VALID = 0.9  # share of a crop that has to hold data


def calibrate_on_scene(
    weights: Weights, scene: Scene, window: Window, stages: tuple[int, ...], grn: str, pca_from: str, report: Report
) -> Weights:
    """Returns weights whose GRN responses, or feature statistics and components, are those of a scene.

    Args:
        weights: Loaded weights.
        scene: The scene.
        window: Part of it that crops are taken from.
        stages: Stages that components are fitted for.
        grn: "scene" replaces the responses.
        pca_from: "scene" replaces statistics, components and quantisation steps.
        report: Told after every batch.

    Raises:
        InputError: too little of the scene holds data.
    """
    images = _crops(weights, scene, window)
    if weights.timm:
        found = measure(build_timm(weights), torch.split(images, BATCH), report, [], (stages,), TIMM_LEAST_SPREAD)
        return _with_statistics(weights, found)
    encoder = build_encoder(weights, torch.device("cpu"), torch.float32, grn=[])
    found = calibrate(encoder, images, report, None if grn == "scene" else weights.grn, (stages,))
    if grn == "scene":
        weights = dataclasses.replace(weights, grn=found.grn)
    if pca_from == "scene":
        weights = _with_statistics(weights, found)
    return weights


def _with_statistics(weights: Weights, found: Calibration) -> Weights:
    return dataclasses.replace(
        weights,
        feature_mean=found.feature_mean,
        feature_std=found.feature_std,
        feature_scale=found.feature_scale,
        components=found.components,
    )


def _crops(weights: Weights, scene: Scene, window: Window) -> torch.Tensor:
    """Returns (N, C, H, W) standardised crops on a regular grid over the window."""
    crop_px, grid = (TIMM_CROP_PX, TIMM_GRID) if weights.timm else (CROP_PX, GRID)
    side = min(crop_px, int(window.height), int(window.width)) // weights.patch_size * weights.patch_size
    crops = []
    for row in _starts(int(window.row_off), int(window.height), side, grid):
        for col in _starts(int(window.col_off), int(window.width), side, grid):
            if side <= MIRROR_PX:
                continue
            raw, valid = scene.read_stored(Window(col, row, side, side))
            if valid.mean() >= MIN_VALID:
                crops.append(standardise(weights, scene, raw, valid))
    if not crops:
        raise InputError(
            f"'{scene.name}' holds no {crop_px} x {crop_px} pixels of data together in this extent, which measuring "
            "on the scene needs.",
            "Choose a larger extent" + ("." if weights.timm else ", GRN frozen and components of the weights."),
        )
    return torch.from_numpy(np.stack(crops))


def _starts(first: int, length: int, side: int, grid: int) -> list[int]:
    count = max(1, min(grid, length // max(side, 1)))
    return sorted({int(start) for start in np.linspace(first, first + length - side, count)})
