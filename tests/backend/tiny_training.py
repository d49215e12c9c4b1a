"""Trainings so small that a step takes milliseconds: a tiny encoder and decoder on a folder of a few chips."""

from dataclasses import replace

import mmearth_layout
import torch
from mmearth.data.batches import TrainingData
from mmearth.data.mmearth_folder import pack
from mmearth.models.convnextv2 import Encoder
from mmearth.pretraining.distributed import Processes
from mmearth.pretraining.pretrain_recipe import RECIPES
from mmearth.pretraining.training import Plan, Training

SIZE = ((1, 1, 1, 1), (8, 16, 24, 32))
# What tests rely on, however recipes are tuned.
PLAIN = {
    "decoder_dim": 16,
    "dense": False,
    "masked_share": 1.0,
    "mask_ratio": 0.75,
    "clip_norm": 3.0,
    "ema_decay": 0.995,
}


def open_data(folder, report, band_dropout=False, seed=0, wanted=(), **options):
    """Writes a folder as `mmearth_layout.write_folder`, packs it beside itself and opens it."""
    source = mmearth_layout.write_folder(folder, **options)
    return TrainingData(
        [pack(source, folder.with_name(f"{folder.name}_cache"), report)], 56, seed, wanted, band_dropout
    )


def make_plan(recipe="small", changes=(), **fields):
    """A plan of six steps of four crops, all of them for the autoencoder alone; `changes` are of the recipe."""
    settings = {
        "size": "little",
        "recipe_name": recipe,
        "recipe": replace(RECIPES[recipe], **{**PLAIN, **dict(changes)}),
        "steps": 6,
        "batch": 4,
        "micro_batch": 4,
        "learning_rate": 1e-2,
        "patch_size": 8,
        "learned_weights": True,
        "band_dropout": False,
        "official": False,
        "seed": 0,
    }
    return Plan(**{**settings, **fields})


def make_training(data, plan):
    """A training from the same initial weights every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        encoder = Encoder(len(data.bands), *SIZE, plan.patch_size)
    return Training(plan, data, encoder, torch.device("cpu"), Processes())


def nothing():
    """What is done after a step."""


def state(training):
    """All that a training has learned, by name."""
    found = {f"model.{name}": value.detach() for name, value in training.objective.named_parameters()}
    return found | {f"averaged.{name}": value for name, value in training.averaged.items()}
