"""The command `adapt` on rasters and settings that do not serve, or only seem not to: one sentence and a remedy."""

import errno
import json
import shutil
from pathlib import Path

import numpy as np
import paired_ground
import pytest
import torch
from affine import Affine
from click.testing import CliRunner
from mmearth.__main__ import main
from mmearth.errors import Cancelled
from mmearth.weights import checkpoints, training_checkpoint
from paired_ground import BANDS, FINE, LEFT, TOP
from rasterio.warp import reproject, transform_bounds
from safetensors.torch import save_file

SIDE = 96
INPUT, RESOURCE = 2, 3  # exit status


class Ground:
    """A made-up place: its fine image, its coarse one, and rasters of both in a folder."""

    def __init__(self, folder, weights):
        self.folder, self.weights = folder, weights
        fine = paired_ground.ground(SIDE * FINE, SIDE * FINE)
        self.fine, self.low = fine.astype(np.float32), paired_ground.coarse(fine).astype(np.float32)
        self.target, self.reference = self.new(self.fine[None], "drone.tif"), self.known(self.low)

    def new(self, values, name="target.tif", pixel_m=10 / FINE, **more):
        return paired_ground.write(self.folder / name, values, pixel_m, **more)

    def known(self, low, name="reference.tif", bands=BANDS, **more):
        return paired_ground.write(self.folder / name, np.stack([low] * len(bands)), 10, **{"names": bands, **more})

    def adapt(self, *rasters, out="own.safetensors", weights="", options=()):
        """Runs the command on rasters, the ground's own where none are given."""
        fixed = ["--window", 24, "--steps", 1, "--batch", 2, "--device", "cpu", "--units", "dn"]
        arguments = ["adapt", *(rasters or (self.target, self.reference)), "--weights-out", self.folder / out,
                     "--weights", weights or self.weights, *fixed, *options]  # fmt: skip
        return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def place(tmp_path, tiny_weights):
    return Ground(tmp_path, tiny_weights)


def refused(result, status=INPUT):
    """Returns (sentence, remedy) of a refusal."""
    assert result.exit_code == status, result.output
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    sentence, remedy = result.output.partition("Error: ")[2].splitlines()
    assert remedy.endswith(".")
    return sentence, remedy


def done(place, result, out="own"):
    """Returns the card of an adaptation that went well."""
    assert result.exit_code == 0, result.output
    assert (place.folder / f"{out}.safetensors").is_file()
    return json.loads((place.folder / f"{out}.json").read_text(encoding="utf-8"))


REFUSED = {
    "no ground in common": (
        lambda p: (p.target, p.known(p.low, "far.tif", left=700000)),
        "'drone.tif' and 'far.tif' have no ground in common",
        "same place",
    ),
    "the target is coarser": (
        lambda p: (p.new(p.low[None], "landsat.tif", 30), p.reference),
        "'landsat.tif' are 30 m wide, coarser than the 10 m of 'reference.tif'",
        "exchange the two",
    ),
    "fewer than eight pairs": (
        lambda p: (p.new(p.fine[None, :200, :200]), p.reference),
        "can be used: 7, 2 of them to check with; at least 8",
        "share more ground",
    ),
    "clouds everywhere": (
        lambda p: (p.target, p.known(p.low + 6000, "cloudy.tif")),
        "dropped: 16 for clouds",
        "without clouds",
    ),
    "a target of nothing": (
        lambda p: (p.new(np.full_like(p.fine, -9999)[None], nodata=-9999), p.reference),
        "dropped: 16 for missing data in the target",
        "without clouds and holes",
    ),
    "a target of zeros": (
        lambda p: (p.new(0 * p.fine[None]), p.reference),
        "dropped: 16 for missing data in the target",
        "without clouds and holes",
    ),
    "a target of NaN": (
        lambda p: (p.new(np.nan * p.fine[None]), p.reference),
        "dropped: 16 for missing data in the target",
        "without clouds and holes",
    ),
    "a target of one value": (
        lambda p: (p.new(0 * p.fine[None] + 7), p.reference),
        "dropped: 16 for nothing to see in the target",
        "choose",
    ),
    "a reference of zeros": (
        lambda p: (p.target, p.known(0 * p.low, "empty.tif")),
        "dropped: 16 for missing data in the reference",
        "without clouds and holes",
    ),
    "a target without CRS": (
        lambda p: (p.new(p.fine[None], "here.tif", crs=None), p.reference),
        "'here.tif' has no coordinate reference system",
        "Assign Projection",
    ),
    "a reference without CRS": (
        lambda p: (p.target, p.known(p.low, "there.tif", crs=None)),
        "'there.tif' has no coordinate reference system",
        "Assign Projection",
    ),
    "three bands that nobody knows": (
        lambda p: (p.target, p.known(p.low, "rgb.tif", bands=("x", "y", "z"))),
        "'rgb.tif' has 3 bands",
        "B4=1,B3=2,B2=3",
    ),
    "complex numbers": (
        lambda p: (p.new(p.fine[None].astype(np.complex64), "slc.tif"), p.reference),
        "'slc.tif' holds complex numbers (complex64)",
        "optical",
    ),
    "a palette": (
        lambda p: (p.new((p.fine / 20).astype(np.uint8)[None], "map.tif", photometric="palette"), p.reference),
        "'map.tif' is a palette image",
        "picture was made from",
    ),
    "one file twice": (
        lambda p: (p.reference, p.reference),
        "'reference.tif' was given as target and as its own reference",
        "reference of the sensor that the weights know",
    ),
    "a target that is not there": (
        lambda p: (p.folder / "none.tif", p.reference),
        "There is no file",
        "Check the path",
    ),
}


@pytest.mark.parametrize(("make", "sentence", "remedy"), REFUSED.values(), ids=REFUSED)
def test_rasters_that_do_not_serve_are_refused(place, make, sentence, remedy):
    found = refused(place.adapt(*make(place)))
    assert sentence in found[0]
    assert remedy in found[1]
    assert not (place.folder / "own.safetensors").exists()
    assert not (place.folder / "own_run").exists()


@pytest.mark.parametrize("keep", [0, 60000])
def test_a_target_that_is_no_raster_or_only_half_of_one(place, keep):
    broken = place.folder / "broken.tif"
    broken.write_bytes(Path(place.target).read_bytes()[:keep] or b"a letter")
    sentence, remedy = refused(place.adapt(broken, place.reference))
    assert sentence.startswith("'broken.tif' could not be opened as a raster")
    assert "GeoTIFF" in remedy


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--target-more", "drone.tif"), "2 targets and 1 references were given"),
        (("--pair", "drone.tif", "reference.tif", "--target-more", "drone.tif"), "3 targets and 2 references"),
        (("--working-m", "nan"), "no numbers: working_m nan"),
        (("--working-m", "20"), "asked to work at 20 m, coarser than the 10 m"),
        (("--window", "20"), "window of 20 reference pixels does not fit the weights, whose patches have 8"),
        (("--target-bands", "B4=3"), "B4 was given as band 3 of the target, which has 1 bands"),
    ],
)
def test_settings_that_do_not_serve_are_refused(place, monkeypatch, options, sentence):
    monkeypatch.chdir(place.folder)
    assert sentence in refused(place.adapt(options=options))[0]


def test_windows_that_memory_cannot_hold_are_refused(place):
    sentence, remedy = refused(place.adapt(options=("--working-m", "0.01")), RESOURCE)
    assert "24008 x 24008 target pixels takes 2199 MB" in sentence
    assert "coarser pixel size" in remedy


@pytest.mark.parametrize(
    ("codes", "place_of_map"), [(np.ones((1, SIDE, SIDE), np.uint8), 700000.0), (np.ones((1, 8, 8), np.uint8), LEFT)]
)
def test_a_map_that_shows_no_classes_where_the_pairs_lie_is_refused(place, codes, place_of_map):
    cover = paired_ground.write(place.folder / "cover.tif", codes, 10, left=place_of_map)
    sentence, remedy = refused(place.adapt(options=("--land-cover", cover)))
    assert sentence.startswith("Land cover 'cover.tif' shows ")
    assert "covers the pairs" in remedy


def foreign(folder, kind):
    path = folder / f"{kind}.safetensors"
    if kind == "text":
        path.write_text("a letter", encoding="utf-8")
    elif kind == "timm":
        save_file({"stem.0.weight": torch.zeros(3), "stages.0.blocks.0.gamma": torch.ones(3)}, str(path))
    else:  # the encoder of one size, the description of another
        weights = checkpoints.load_weights(str(folder / "weights" / "tiny.safetensors"))
        weights = checkpoints.Weights(**{**vars(weights), "dims": (8, 12, 16, 24)})
        checkpoints.save_weights(str(path), weights)
    return path


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("text", "cannot be read as safetensors"),
        ("timm", "holds no 'mmearth' metadata"),
        ("other", "does not fit its own configuration"),
    ],
)
def test_weights_of_another_architecture_are_refused(place, kind, sentence):
    result = place.adapt(weights=foreign(place.folder, kind))
    assert result.exit_code == INPUT
    assert f"Error: '{kind}.safetensors' {sentence}" in result.output
    assert "weights file of this plugin" in result.output.splitlines()[-1]
    assert not (place.folder / "own_run").exists()


def test_a_reference_that_lacks_bands_is_said_and_refused_where_the_weights_need_all(place):
    three = place.known(place.low, "three.tif", bands=("B2", "B3", "B4"))
    assert "'three.tif' lacks B1, B5" in done(place, place.adapt(place.target, three))["warnings"][0]
    weights = checkpoints.load_weights(place.weights)
    strict = str(place.folder / "strict.safetensors")
    checkpoints.save_weights(strict, checkpoints.Weights(**{**vars(weights), "band_dropout": False}))
    sentence, remedy = refused(place.adapt(place.target, three, weights=strict, out="second.safetensors"))
    assert "Reference 'three.tif' lacks B1, B5" in sentence
    assert "the weights 'strict' need all of B1, B2" in sentence
    assert "all bands" in remedy


def test_a_shift_is_told_in_numbers_and_taken_out_on_request(place):
    moved = place.new(np.roll(place.fine, (-3 * FINE, 2 * FINE), axis=(0, 1))[None], "moved.tif")
    said = " ".join(done(place, place.adapt(moved, place.reference))["warnings"])
    assert "'moved.tif' lies 2.0 pixels to the right of and 3.0 pixels above its reference (36 m)" in said
    assert "If you believe it, choose to correct a shift." in said
    card = done(place, place.adapt(moved, place.reference, options=("--correct-shift",)))
    assert card["pairs"]["facts"]["shift_corrected"]
    assert "this was taken out" in " ".join(card["warnings"])


def holes(values):
    values = values.copy()
    values[50:53, 50:53], values[100, 100], values[101, 101] = np.nan, np.inf, -np.inf
    return values


SERVE = {
    "one band of 16 bits": lambda p: p.new(p.fine[None].astype(np.int16)),
    "bytes below zero": lambda p: p.new((p.fine / 20 - 100).clip(-128, 127)[None].astype(np.int8)),
    "double precision": lambda p: p.new(p.fine[None].astype(np.float64)),
    "NaN and infinity": lambda p: p.new(holes(p.fine)[None]),
    "no and yes": lambda p: p.new((p.fine > 1500)[None].astype(np.uint8) + 1),
    "rotated": lambda p: p.new(
        p.fine[None], transform=Affine.translation(LEFT, TOP) @ Affine.rotation(10) @ Affine.scale(2.5, -2.5)
    ),
    "as coarse as the reference": lambda p: p.new(p.low[None], pixel_m=10),
}


@pytest.mark.parametrize("make", SERVE.values(), ids=SERVE)
def test_targets_that_only_look_odd_serve(place, make):
    card = done(place, place.adapt(make(place), place.reference, options=("--mode", "mae")))
    weights = checkpoints.load_weights(str(place.folder / "own.safetensors"))
    assert all(bool(tensor.isfinite().all()) for tensor in weights.encoder.values())
    assert card["pairs"]["windows"] >= 8


def test_a_target_stored_south_up_is_learned_as_if_it_were_not(place):
    upside_down = Affine(10 / FINE, 0, LEFT, 0, 10 / FINE, TOP - 10 * SIDE)
    south_up = place.new(place.fine[None, ::-1], transform=upside_down)
    plain, turned = (done(place, place.adapt(path, place.reference)) for path in (place.target, south_up))
    assert turned["held_out"]["before"] == pytest.approx(plain["held_out"]["before"], abs=1e-4)
    assert turned["pairs"]["windows"] == plain["pairs"]["windows"]


def test_a_target_in_another_crs_is_learned_from_the_same_ground(place):
    left, bottom, right, top = transform_bounds("EPSG:32632", "EPSG:3857", LEFT, TOP - 10 * SIDE, LEFT + 10 * SIDE, TOP)
    transform, shape = Affine(2, 0, left, 0, -2, top), (int((top - bottom) / 2), int((right - left) / 2))
    warped, source = np.zeros(shape, np.float32), Affine(10 / FINE, 0, LEFT, 0, -10 / FINE, TOP)
    reproject(place.fine, warped, src_transform=source, src_crs="EPSG:32632", dst_transform=transform,
              dst_crs="EPSG:3857")  # fmt: skip
    web = place.new(warped[None], "web.tif", crs="EPSG:3857", transform=transform)
    card = done(place, place.adapt(web, place.reference, options=("--working-m", "2.5")))
    assert card["sensor"]["pixel_m"] == pytest.approx(2.5, rel=1e-3)
    assert card["pairs"]["facts"]["shift_px"] == pytest.approx([0, 0], abs=0.3)


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_a_constant_band_is_said_and_divides_by_one(place, value):
    values = np.stack([place.fine, 0 * place.fine + np.float32(value)])
    card = done(place, place.adapt(place.new(values, names=("red", "filler")), place.reference))
    assert [said for said in card["warnings"] if said.startswith("filler of the target has the same value")]
    assert card["sensor"]["statistics"]["raw"]["std"][1] == 1
    assert card["sensor"]["statistics"]["raw"]["mean"][1] == pytest.approx(value)


@pytest.mark.parametrize("name", ["drone.tif", "reference.tif", "cover.tif", "weights/tiny.safetensors"])
def test_nothing_that_is_read_is_written_over(place, name):
    cover = paired_ground.write(place.folder / "cover.tif", np.ones((1, 4, 4), np.uint8), 10)
    before = (place.folder / name).read_bytes()
    sentence, remedy = refused(place.adapt(out=name, options=("--land-cover", cover)))
    assert f"'{Path(name).name}' is " in sentence
    assert "written over" in sentence
    assert remedy == "Choose another name."
    assert (place.folder / name).read_bytes() == before


def test_the_weights_of_the_plugin_are_not_written_over(place):
    sentence, _ = refused(place.adapt(out=checkpoints.BUNDLED.with_name("mine.safetensors")))
    assert "among the weights of the plugin" in sentence
    sentence, _ = refused(place.adapt(out="own.json"))
    assert "where the description of the weights goes" in sentence


@pytest.mark.parametrize(
    ("out", "status", "sentence"),
    [
        ("nowhere/own.safetensors", RESOURCE, "/nowhere' does not exist"),
        ("weights", INPUT, "/weights' is a folder"),
        ("taken.safetensors", RESOURCE, "/taken_run' is a file"),
    ],
)
def test_places_where_no_weights_can_lie_are_refused(place, out, status, sentence):
    (place.folder / "taken_run").write_text("mine", encoding="utf-8")
    assert sentence in refused(place.adapt(out=out), status)[0]


def test_a_folder_that_cannot_be_written_to_is_refused_before_anything_is_read(place, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    sentence, remedy = refused(place.adapt(), RESOURCE)
    assert sentence == f"'{place.folder}' cannot be written to."
    assert remedy == "Choose another folder."


def no_space(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("what", "sentence"),
    [("mmearth.weights.checkpoints.save_file", "cannot be written"), ("pathlib.Path.write_text", "is full"),
     ("pathlib.Path.mkdir", "is full"), ("matplotlib.figure.Figure.savefig", "cannot be written")],
)  # fmt: skip
def test_a_full_disk_is_said_wherever_it_shows(place, monkeypatch, what, sentence):
    monkeypatch.setattr(what, no_space)
    said, remedy = refused(place.adapt(), RESOURCE)
    assert sentence in said
    assert "space" in remedy
    assert not list(place.folder.rglob("*.part"))


def test_nothing_was_kept_to_go_on_from(place):
    sentence, remedy = refused(place.adapt(options=("--resume",)))
    assert sentence.startswith("There is no checkpoint in ")
    assert "without resuming" in remedy
    assert not (place.folder / "own_run").exists()


def test_what_was_kept_is_damaged(place):
    folder = place.folder / "own_run"
    folder.mkdir()
    (folder / training_checkpoint.CHECKPOINT).write_bytes(b"nonsense" * 20)
    (folder / training_checkpoint.PROGRESS).write_text("{", encoding="utf-8")
    assert "cannot be used" in refused(place.adapt(options=("--resume",)))[0]


def test_what_was_kept_belongs_to_another_sensor(place, monkeypatch):
    def cancel(*_):
        raise Cancelled

    monkeypatch.setattr("mmearth.adaptation.adaptation.Adaptation._train", cancel)
    assert place.adapt().exit_code == 130
    two = place.new(np.stack([place.fine] * 2), names=("pan", "red"))
    sentence, remedy = refused(place.adapt(two, place.reference, options=("--resume",)))
    assert "target bands ['band 1'] instead of ['pan', 'red']" in sentence
    assert "start the training anew" in remedy
    monkeypatch.undo()
    done(place, place.adapt(options=("--resume",)))
    shutil.rmtree(place.folder / "own_run")
