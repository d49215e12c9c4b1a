"""The verb and the command `adapt`: from two rasters to weights that the other verbs take."""

import json

import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth import adapt, describe, embed, protocol
from mmearth.errors import Cancelled, InputError, ResourceError
from mmearth.weights.checkpoints import load_weights
from rasterio.warp import Resampling, reproject, transform_bounds

LEFT, TOP = 600000.0, 5200000.0


class Recorder:
    def __init__(self, cancel_after=10**9):
        self.logs, self.rows, self.pictures, self.left = [], [], [], cancel_after

    def progress(self, *_):
        self.check()

    def check(self):
        self.left -= 1
        if self.left < 0:
            raise Cancelled

    def log(self, message, level="info"):
        self.logs.append((level, message))

    def metrics(self, step, total, values, picture=""):
        self.rows.append((step, values))
        self.pictures.append(picture)


def write(path, values, pixel_m, names, epsg=32632):
    count, height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", dtype=values.dtype, count=count, height=height, width=width, crs=f"EPSG:{epsg}",
        transform=Affine(pixel_m, 0, LEFT, 0, -pixel_m, TOP),
    ) as dataset:  # fmt: skip
        dataset.write(values)
        for number, name in enumerate(names, 1):
            dataset.set_band_description(number, name)
    return str(path)


@pytest.fixture(scope="module")
def rasters(tmp_path_factory):
    """A Sentinel-2-like scene of 128 × 128 px at 10 m, and a red-green-blue image of the same ground at 5 m."""
    folder, rng = tmp_path_factory.mktemp("pair"), np.random.default_rng(4)
    coarse = rng.normal(size=(3, 32, 32)).repeat(8, 1).repeat(8, 2)
    three = coarse + 0.5 * rng.normal(size=coarse.shape) * (coarse[:1] > 0)
    fine = np.einsum("bl,lyx->byx", rng.normal(size=(12, 3)) / 3**0.5, three)  # what red, green and blue tell of
    names = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
    known = 1500 + 400 * fine.reshape(12, 128, 2, 128, 2).mean((2, 4))
    reference = write(folder / "s2.tif", known.clip(1, 9000).astype(np.uint16), 10, names)
    rgb = (110 + 30 * fine[[3, 2, 1]]).clip(1, 255).astype(np.uint8)
    return reference, write(folder / "aerial.tif", rgb, 5, ("red", "green", "blue"))


def request(rasters, tmp_path, **changes):
    values = {
        "references": (rasters[0],), "weights_out": str(tmp_path / "own.safetensors"), "window_px": 24, "steps": 20,
        "batch": 4, "learning_rate": 1e-3, "device": "cpu",
    }  # fmt: skip
    return protocol.AdaptRequest((rasters[1],), **{**values, **changes})


def test_adapted_weights_are_weights_like_others(rasters, tmp_path):
    report = Recorder()
    result = adapt.run(request(rasters, tmp_path, steps=40), report)
    assert result["steps"] == 40
    assert result["stopped"] == "steps"
    weights = load_weights(result["weights"])
    assert weights.sha256 == result["sha256"]
    assert weights.bands == ("red", "green", "blue")
    with rasterio.open(rasters[1]) as dataset:
        means = dataset.read().mean((1, 2))
    np.testing.assert_allclose(weights.mean, means, rtol=0.02)
    card = json.loads((tmp_path / "own.json").read_text(encoding="utf-8"))
    assert card["weights"]["hash"] == f"sha256:{result['sha256']}"
    assert card["sensor"]["bands"] == ["red", "green", "blue"]
    assert card["pairs"]["targets"] == ["aerial.tif"]
    assert card["held_out"]["after"] == result["agreement"]
    assert result["agreement"]["cosine"] > result["before"]["cosine"]
    assert (tmp_path / "own_run" / "curve.png").stat().st_size > 1000
    assert report.pictures[0] == result["pairs"]
    assert {"loss", "distill", "retrieval", "cosine"} == set(report.rows[-1][1])
    out = str(tmp_path / "embedding.tif")
    embed.run(protocol.EmbedRequest(rasters[1], out, weights=result["weights"], components=8, cache=False), Recorder())
    with rasterio.open(out) as embedding, rasterio.open(rasters[1]) as target:
        assert (embedding.count, embedding.shape) == (8, target.shape)
        assert embedding.read(1).std() > 0


def test_red_green_and_blue_begin_with_their_bands(rasters, tmp_path, tiny_weights):
    report = Recorder()
    adapt.run(request(rasters, tmp_path, weights=tiny_weights, steps=1, mode="mae"), report)
    said = " ".join(message for _level, message in report.logs)
    assert "red as B4, green as B3, blue as B2" in said


def test_without_a_reference_one_is_made_and_that_is_said(rasters, tmp_path, tiny_weights):
    result = adapt.run(
        request(rasters, tmp_path, weights=tiny_weights, references=(), reference_m=20.0, steps=1), Recorder()
    )
    assert any("averag" in warning for warning in result["warnings"])
    card = json.loads((tmp_path / "own.json").read_text(encoding="utf-8"))
    assert card["pairs"]["references"] == "averaged from the targets"


def test_another_crs_is_warped(rasters, tmp_path):
    with rasterio.open(rasters[0]) as source:
        values = np.zeros((12, 180, 180), np.uint16)
        bounds = transform_bounds(source.crs, "EPSG:32631", *source.bounds)
        transform = Affine(10, 0, bounds[0] - 50, 0, -10, bounds[3] + 50)
        reproject(
            source.read(), values, src_transform=source.transform, src_crs=source.crs, dst_transform=transform,
            dst_crs="EPSG:32631", resampling=Resampling.nearest,
        )  # fmt: skip
        names = source.descriptions
    path = str(tmp_path / "other.tif")
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint16", count=12, height=180, width=180, crs="EPSG:32631",
        transform=transform, nodata=0,
    ) as dataset:  # fmt: skip
        dataset.write(values)
        for number, name in enumerate(names, 1):
            dataset.set_band_description(number, name)
    result = adapt.run(request(rasters, tmp_path, references=(path,), steps=20), Recorder())
    assert result["agreement"]["cosine"] > result["before"]["cosine"]


@pytest.mark.parametrize("end", [Cancelled, SystemExit])
def test_an_adaptation_that_was_cut_off_goes_on_from_its_best(rasters, tmp_path, tiny_weights, end):
    """Cancelled, or killed: what is best is kept as it is found, not at the end."""
    wanted = request(rasters, tmp_path, weights=tiny_weights, steps=60)

    class AfterALook(Recorder):
        def progress(self, phase, done, total):
            if phase == "Adapting" and done == 30:
                raise end

    with pytest.raises(end):
        adapt.run(wanted, AfterALook())
    assert not (tmp_path / "own.safetensors").exists()
    kept = json.loads((tmp_path / "own_run" / "checkpoint.json").read_text(encoding="utf-8"))
    again = Recorder()
    result = adapt.run(request(rasters, tmp_path, weights=tiny_weights, steps=60, resume=True), again)
    assert again.rows[0][0] == kept["step"] == 20
    assert result["steps"] == 60


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"mode": "magic"}, InputError, "no mode 'magic'"),
        ({"anchors": "some"}, InputError, "no anchors 'some'"),
        ({"mode": "xstars", "batch": 1}, InputError, "a step has 1"),
        ({"steps": -1}, InputError, "steps"),
        ({"learning_rate": 2.0}, InputError, "learning_rate"),
        ({"target_bands": {"B4": 7}}, InputError, "band 7"),
        ({"target_bands": {"B99": 1}}, InputError, "B99"),
        ({"weights_out": "/nowhere/own.safetensors"}, ResourceError, "'/nowhere' does not exist"),
    ],
)
def test_what_does_not_serve_is_said(rasters, tmp_path, tiny_weights, changes, error, words):
    with pytest.raises(error) as caught:
        adapt.run(request(rasters, tmp_path, weights=tiny_weights, **changes), Recorder())
    assert words in caught.value.message
    assert caught.value.remedy


def test_a_scene_of_the_new_sensor_is_described_for_its_weights(rasters, tmp_path, tiny_weights):
    """Its bands are not Sentinel-2's: they have no label but their name."""
    radar = write(tmp_path / "radar.tif", np.random.default_rng(0).normal(size=(2, 128, 128)), 10, ("VV", "VH"))
    adapted = adapt.run(request((rasters[0], radar), tmp_path, weights=tiny_weights, steps=1), Recorder())["weights"]
    found = describe.run(protocol.DescribeRequest(radar, weights=adapted), Recorder())
    assert (found["wanted"], found["mapping"], found["band_labels"]) == (["VV", "VH"], {"VV": 1, "VH": 2}, {})


def test_target_and_reference_exchanged(rasters, tmp_path, tiny_weights):
    with pytest.raises(InputError) as caught:
        adapt.run(
            request((rasters[1], rasters[0]), tmp_path, weights=tiny_weights, bands={"B4": 1, "B3": 2, "B2": 3}),
            Recorder(),
        )
    assert "coarser" in caught.value.message
