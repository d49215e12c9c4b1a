import dataclasses
import json

import numpy as np
import pytest
import rasterio
import torch
from affine import Affine
from mmearth import embed, protocol
from mmearth.embedding import features
from mmearth.errors import Cancelled, CheckpointError, InputError
from mmearth.scenes.raster import open_scene
from mmearth.weights.checkpoints import build_encoder, load_weights, save_weights
from rasterio.windows import Window


@pytest.fixture(autouse=True)
def float32(monkeypatch):
    monkeypatch.setattr(features, "best_dtype", lambda device: torch.float32)


def run(report, scene, out, **options):
    return embed.run(protocol.EmbedRequest(scene, str(out), device="cpu", **options), report)


def test_the_cog_has_the_scenes_grid_and_says_how_it_was_made(make_raster, tmp_path, report, tiny_weights):
    out = tmp_path / "out.tif"
    result = run(report, make_raster(width=50, height=37), out, weights=tiny_weights, components=4)
    with rasterio.open(out) as dataset:
        assert (dataset.width, dataset.height, dataset.count) == (50, 37, 4)
        assert dataset.crs.to_epsg() == 32632
        assert dataset.transform == Affine(10, 0, 600000, 0, -10, 5200000)
        assert (dataset.nodata, dataset.dtypes[0]) == (-128, "int8")
        assert dataset.descriptions == ("PC01", "PC02", "PC03", "PC04")
        made = json.loads(dataset.tags()["MMEARTH"])
    assert made["weights_sha256"] == load_weights(tiny_weights).sha256
    assert made["bands"]["B8A"] == 9
    assert made["units"] == "dn"
    assert result["valid_fraction"] == 1
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out.qml", "out.tif", "scene.tif", "weights"]


def test_codes_times_scale_are_the_principal_components_of_the_features(make_raster, tmp_path, report, tiny_weights):
    """Independent of the tiled path: the whole image through the encoder, upsampled, standardised and projected."""
    scene = make_raster(width=64, height=64)
    out = tmp_path / "out.tif"
    run(report, scene, out, weights=tiny_weights, components=6)
    weights = load_weights(tiny_weights)
    encoder = build_encoder(weights, torch.device("cpu"), torch.float32)
    with open_scene(scene, {}, "auto", weights.bands) as opened:
        images, _ = opened.read(Window(-200, -200, 464, 464), weights.bands)
    outside = np.ones((464, 464), bool)
    outside[200:264, 200:264] = False
    mean, std = (np.array(v, np.float32)[:, None, None] for v in (weights.mean, weights.std))
    scaled = np.clip((images - mean) / std, -6, 6)
    scaled[:, outside] = 0
    maps = encoder(torch.from_numpy(scaled.astype(np.float32))[None])
    full = [torch.nn.functional.interpolate(m, size=(464, 464), mode="bilinear")[0, :, 200:264, 200:264] for m in maps]
    channels = torch.cat(full).double().numpy()
    z = (channels - weights.feature_mean[:, None, None]) / weights.feature_std[:, None, None]
    for part, dim in zip(weights.stage_slices, weights.dims, strict=True):
        z[part] /= dim**0.5
    components, _ = weights.pca((0, 1, 2, 3))
    expected = np.einsum("kc,chw->khw", components[:6], z)
    with rasterio.open(out) as dataset:
        scale = np.array(dataset.scales)[:, None, None]
        found = dataset.read().astype(float) * scale + np.array(dataset.offsets)[:, None, None]
    inside_range = np.abs(expected) < 126 * scale
    assert inside_range.mean() > 0.9
    assert (np.abs(found - expected) <= 0.501 * scale)[inside_range].all()


@pytest.mark.parametrize("stages", [(0, 1, 2, 3), (0, 1)])
def test_the_result_does_not_depend_on_the_tiling(make_raster, tmp_path, report, tiny_weights, stages):
    scene = make_raster(width=150, height=131)
    options = {"weights": tiny_weights, "stages": stages, "components": 0, "dtype": "float32"}
    run(report, scene, tmp_path / "one.tif", **options)
    run(report, scene, tmp_path / "many.tif", tile_px=64, **options)
    bounds = (600330, 5198800, 601230, 5199790)
    run(report, scene, tmp_path / "part.tif", bounds=bounds, **options)
    with rasterio.open(tmp_path / "one.tif") as one, rasterio.open(tmp_path / "many.tif") as many:
        whole = one.read()
        np.testing.assert_allclose(many.read(), whole, atol=2e-5)
        window = one.window(*bounds)
    with rasterio.open(tmp_path / "part.tif") as part:
        rows, cols = window.toslices()
        np.testing.assert_allclose(part.read(), whole[:, rows, cols], atol=2e-5)


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_a_coarser_output_averages_the_finest_stage(make_raster, tmp_path, report, tiny_weights, stride):
    scene = make_raster(width=48, height=48)
    options = {"weights": tiny_weights, "stages": (0,), "components": 0, "dtype": "float32"}
    run(report, scene, tmp_path / "fine.tif", **options)
    run(report, scene, tmp_path / "coarse.tif", stride_px=stride, **options)
    with rasterio.open(tmp_path / "fine.tif") as fine, rasterio.open(tmp_path / "coarse.tif") as coarse:
        assert coarse.transform.a == 10 * stride
        side = 48 // stride
        blocks = fine.read().reshape(fine.count, side, stride, side, stride).mean(axis=(2, 4))
        np.testing.assert_allclose(coarse.read(), blocks, atol=1e-5)


def test_nodata_and_cells_outside_the_mask_are_nodata(make_raster, tmp_path, report, tiny_weights):
    values = np.random.default_rng(0).integers(300, 3000, (12, 64, 64))
    values[:, :20] = 0
    polygon = [[600000, 5199360], [600320, 5199360], [600320, 5200000], [600000, 5200000], [600000, 5199360]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [polygon]}}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    mask = tmp_path / "mask.geojson"
    mask.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}))
    out = tmp_path / "out.tif"
    run(report, make_raster(values=values, nodata=0), out, weights=tiny_weights, components=4, mask=str(mask))
    expected = np.zeros((64, 64), bool)
    expected[20:, :32] = True
    with rasterio.open(out) as dataset:
        np.testing.assert_array_equal(dataset.read(1) != -128, expected)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bounds": (1, 2, 3, 4), "components": 4}, "outside raster"),
        ({"stages": (0, 7)}, "not known"),
        ({"stride_px": 3}, "not offered"),
        ({"components": 500}, "the weights hold"),
        ({"stages": (1, 3), "components": 4}, "the weights hold 0"),
        ({"units": "furlongs", "components": 4}, "not known"),
    ],
)
def test_bad_requests_leave_nothing(make_raster, tmp_path, report, tiny_weights, options, words):
    with pytest.raises(InputError, match=words):
        run(report, make_raster(), tmp_path / "out.tif", weights=tiny_weights, **options)
    assert not list(tmp_path.glob("*out*"))


def test_a_scene_without_data_is_refused_and_leaves_nothing(make_raster, tmp_path, report, tiny_weights):
    scene = make_raster(values=np.zeros((12, 40, 40)), nodata=0)
    with pytest.raises(InputError, match="no valid pixel.*all of it is nodata"):
        run(report, scene, tmp_path / "out.tif", weights=tiny_weights, components=4)
    assert not list(tmp_path.glob("*out*"))


def test_the_output_may_not_be_the_scene(make_raster, report, tiny_weights):
    scene = make_raster()
    with pytest.raises(InputError, match="overwrite the scene"):
        run(report, scene, scene, weights=tiny_weights)


def test_cancel_without_resume_leaves_nothing(make_raster, tmp_path, report, tiny_weights):
    report.cancel_at = 1
    with pytest.raises(Cancelled):
        run(report, make_raster(), tmp_path / "out.tif", weights=tiny_weights, components=4, resume=False)
    assert not list(tmp_path.glob("*out*"))


def test_missing_bands_are_said_and_the_result_still_differs_from_zero(make_raster, tmp_path, report, tiny_weights):
    scene = make_raster(count=4, names=("B2", "B3", "B4", "B8"))
    result = run(report, scene, tmp_path / "out.tif", weights=tiny_weights, components=4)
    assert any("lacks B1, B5" in warning for warning in result["warnings"])
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.read(1).std() > 0


def test_weights_that_are_not_weights_are_refused(make_raster, tmp_path, report):
    fake = tmp_path / "fake.safetensors"
    fake.write_bytes(b"<html>not found</html>")
    with pytest.raises(CheckpointError, match="cannot be read as safetensors"):
        run(report, make_raster(), tmp_path / "out.tif", weights=str(fake))


def test_a_level_1c_scene_is_standardised_with_statistics_of_its_level(make_raster, tmp_path, report, tiny_weights):
    loaded = load_weights(tiny_weights)
    own = {"mean": [2100.0] * 12, "std": [700.0] * 12}
    files = {}
    for name, levels in {"both": {**loaded.levels, "l1c": own}, "only": {"l2a": own}}.items():
        files[name] = str(tmp_path / f"{name}.safetensors")
        save_weights(files[name], dataclasses.replace(loaded, levels=levels))
    scenes = {level: make_raster(name=f"S2_{level}.tif", width=64, height=64) for level in ("L1C", "L2A")}
    outs = {}
    for weights, level in (("both", "L1C"), ("both", "L2A"), ("only", "L1C")):
        out = tmp_path / f"{weights}_{level}.tif"
        run(report, scenes[level], out, weights=files[weights], components=6)
        with rasterio.open(out) as dataset:
            outs[weights, level] = dataset.read()
    assert np.array_equal(outs["both", "L1C"], outs["only", "L1C"])
    assert not np.array_equal(outs["both", "L1C"], outs["both", "L2A"])
