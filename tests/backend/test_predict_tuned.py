"""Mapping with tuned networks: the same as the plain network on the whole scene, whatever the tiles."""

import json

import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely
import torch
from affine import Affine
from mmearth import check_model, predict, protocol, suggest
from mmearth.embedding import features
from mmearth.errors import InputError
from mmearth.mapping.pixel_source import PixelSources
from mmearth.scenes.plan import plan
from mmearth.tuning import tuned_scores, windowed_decoder
from mmearth.tuning.tuned_model import save_tuned
from mmearth.tuning.tuned_scores import TunedScores, stages_of
from rasterio.windows import Window
from tiny_models import write_embedding
from tiny_tuned import CLASSES, IN_FILE, seen, softmax, tuned

LEFT, TOP = 600000, 5200000
HIDDEN = (slice(20, 33), slice(5, 40))


@pytest.fixture(autouse=True)
def float32(monkeypatch):
    monkeypatch.setattr(features, "best_dtype", lambda device: torch.float32)


@pytest.fixture
def scene(make_raster):
    """Of odd size, with a hole."""
    values = np.random.default_rng(0).integers(300, 3000, (12, 101, 83))
    values[(slice(None), *HIDDEN)] = 0
    return make_raster(values=values, nodata=0, names=IN_FILE)


def probabilities_of(path, model, window, tile_px, mask=None):
    """What the engine says of a window: (K, rows, cols), NaN where it says nothing."""
    sources = PixelSources({}, "auto", lambda: model.weights, "cpu", lambda: None, (), stages_of(model))
    with sources.open(path) as source:
        scores = TunedScores(model, sources.extractor, source, mask)
        units = [unit for strip in plan(window, tile_px, 1, source.strip_px, lambda part: True) for unit in strip]
        found = np.full((len(CLASSES), int(window.height), int(window.width)), np.nan)
        for unit, stages in zip(units, source.stream([scores.window(u.window) for u in units]), strict=True):
            rows, cols = unit.cells.toslices()
            for piece in scores.pieces(unit, stages):
                part = found[:, rows, cols][:, piece.rows, piece.cols]
                part[:, piece.valid] = piece.values.scores
    return found


@pytest.mark.parametrize("patch", [8, 16])
@pytest.mark.parametrize("kind", ["unet", "probe"])
def test_tiles_give_what_the_plain_network_gives_on_the_whole_scene(scene, kind, patch, monkeypatch):
    model, network = tuned(kind, patch=patch)
    image, valid, pad = seen(scene, patch)
    wanted = softmax(network(image)[0, :, slice(pad, pad + 101), slice(pad, pad + 83)], 0)
    assert wanted.std() > 0.05
    wanted[:, ~valid] = np.nan
    for tile_px, part_px, window in (
        (256, 256, Window(0, 0, 83, 101)),
        (64, 32, Window(0, 0, 83, 101)),
        (32, 256, Window(13, 6, 57, 90)),  # on no patch grid
    ):
        monkeypatch.setattr(windowed_decoder, "PART_PX", part_px)
        rows, cols = window.toslices()
        found = probabilities_of(scene, model, window, tile_px)
        np.testing.assert_allclose(found, wanted[:, rows, cols], atol=1e-4, err_msg=f"{tile_px} {part_px}")


def saved(tmp_path, model):
    path = str(tmp_path / "model.zip")
    save_tuned(path, model)
    return path


def mapped(report, scene, tmp_path, model, *names, out="map.tif", **options):
    paths = {name: str(tmp_path / f"{name}.tif") for name in names}
    request = protocol.PredictRequest(
        scene, str(tmp_path / out), saved(tmp_path, model), device="cpu", **paths, **options
    )
    return predict.run(request, report)


def read(path, band=None):
    with rasterio.open(path) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        return dataset.read(band)


def test_a_segmentation_writes_the_rasters_that_a_map_consists_of(scene, tmp_path, report, monkeypatch):
    monkeypatch.setattr(tuned_scores, "TILES_PX", (64,))
    model, network = tuned()
    names = ("confidence", "probabilities", "margin", "entropy")
    result = mapped(report, scene, tmp_path, model, *names, vector=str(tmp_path / "polygons.gpkg"))
    image, valid, pad = seen(scene, 8)
    wanted = softmax(network(image)[0, :, slice(pad, pad + 101), slice(pad, pad + 83)], 0)
    ordered = np.sort(wanted, axis=0)
    percent = read(result["probabilities"])
    np.testing.assert_allclose(percent[:, valid], wanted[:, valid] * 100, atol=0.51)
    np.testing.assert_allclose(read(result["confidence"], 1)[valid], ordered[-1][valid] * 100, atol=0.51)
    np.testing.assert_allclose(read(result["margin"], 1)[valid], (ordered[-1] - ordered[-2])[valid] * 100, atol=0.51)
    assert all((read(result[name], 1)[~valid] == 255).all() for name in names)
    classes = read(result["out"], 1)
    clear = valid & (ordered[-1] - ordered[-2] > 1e-3)
    np.testing.assert_array_equal(classes[clear], np.array([3, 7, 9])[wanted.argmax(axis=0)][clear])
    assert (classes[~valid] == 0).all()
    assert [row["pixels"] for row in result["classes"]] == [int((classes == value).sum()) for value in (3, 7, 9)]
    assert sum(row["area_m2"] for row in result["classes"]) == pytest.approx(valid.sum() * 100)
    with rasterio.open(result["out"]) as dataset:
        assert dataset.colormap(1)[7][:3] == (0, 255, 0)
        tags = json.loads(dataset.tags()["MMEARTH"])
        assert (tags["network"], tags["rung"], tags["model"], tags["task"]) == (
            "unet", "decoder", "tiny.v1", "segmentation",
        )  # fmt: skip
    assert pyogrio.raw.read(result["vector"])[2].size > 0
    assert not list(tmp_path.glob(".*"))


def test_bounds_and_mask_are_respected(scene, tmp_path, report, write_polygons_file):
    model, network = tuned()
    bounds = (LEFT + 130, TOP - 960, LEFT + 700, TOP - 60)
    mask = write_polygons_file([shapely.box(LEFT + 200, TOP - 800, LEFT + 600, TOP - 400)])
    result = mapped(report, scene, tmp_path, model, "probabilities", bounds=bounds, mask=mask)
    image, valid, pad = seen(scene, 8)
    inside = np.zeros_like(valid)
    inside[40:80, 20:60] = True
    wanted = softmax(network(image)[0, :, slice(pad, pad + 101), slice(pad, pad + 83)], 0)[:, 6:96, 13:70]
    chosen = (valid & inside)[6:96, 13:70]
    percent = read(result["probabilities"])
    np.testing.assert_allclose(percent[:, chosen], wanted[:, chosen] * 100, atol=0.51)
    assert (percent[:, ~chosen] == 255).all()
    with rasterio.open(result["out"]) as dataset:
        assert (dataset.bounds.left, dataset.bounds.top) == (LEFT + 130, TOP - 60)


@pytest.mark.parametrize("patch", [8, 16])
def test_cells_have_the_mean_features_of_their_patches(scene, tmp_path, report, patch, monkeypatch):
    monkeypatch.setattr(tuned_scores, "TILES_PX", (64,))
    model, network = tuned("regions", patch=patch, unit="cell", cell_px=32)
    result = mapped(report, scene, tmp_path, model, "probabilities")
    image, valid, pad = seen(scene, patch)
    deepest = network.encoder(image)[-1][0, :, slice(pad // patch, None), slice(pad // patch, None)]
    side = 32 // patch
    cells = deepest[:, : 4 * side, : 3 * side].reshape(20, 4, side, 3, side)
    means = cells.mean(dim=(2, 4)).flatten(1).T
    wanted = softmax(network.classify(means), 1).T.reshape(3, 4, 3)
    share = np.pad(valid, ((0, 27), (0, 13))).reshape(4, 32, 3, 32).mean(axis=(1, 3))
    assert 0 < (share < 0.5).sum() < 12
    percent = read(result["probabilities"])
    assert percent.shape == (3, 4, 3)
    np.testing.assert_allclose(percent[:, share >= 0.5], wanted[:, share >= 0.5] * 100, atol=0.51)
    assert (percent[:, share < 0.5] == 255).all()
    with rasterio.open(result["out"]) as dataset:
        assert dataset.transform == Affine(320, 0, LEFT, 0, -320, TOP)
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert sum(row["area_m2"] for row in result["classes"]) == pytest.approx((share >= 0.5).sum() * 320**2)


def test_cells_lie_on_the_grid_of_the_whole_scene(scene, tmp_path, report):
    model, _ = tuned("regions", unit="cell", cell_px=16)
    whole = mapped(report, scene, tmp_path, model, "probabilities")
    percent = read(whole["probabilities"])
    bounds = (LEFT + 330, TOP - 500, LEFT + 500, TOP - 170)  # columns 33…49, rows 17…49
    part = read(mapped(report, scene, tmp_path, model, "probabilities", bounds=bounds)["probabilities"])
    np.testing.assert_array_equal(part, percent[:, 1:4, 2:4])


@pytest.fixture
def write_polygons_file(tmp_path):
    def write(shapes, **columns):
        path = str(tmp_path / "polygons_given.gpkg")
        pyogrio.raw.write(
            path, shapely.to_wkb(np.array(shapes, object)), [np.array(v) for v in columns.values()], list(columns),
            driver="GPKG", layer="parcels", geometry_type="Polygon", crs="EPSG:32632",
        )  # fmt: skip
        return path

    return write


def table(path):
    meta, _, wkb, columns = pyogrio.raw.read(path)
    return dict(zip(meta["fields"], columns, strict=True)), shapely.from_wkb(wkb)


def region_probabilities(network, scene, patch, chosen, multi_label=False):
    """Of the pixels `chosen` (rows, cols), by the mean of the features of the patches they lie in."""
    image, valid, pad = seen(scene, patch)
    deepest = network.encoder(image)[-1][0]
    rows, cols = np.nonzero(chosen & valid)
    mean = deepest[:, (rows + pad) // patch, (cols + pad) // patch].double().mean(dim=1)
    logits = network.classify(mean.float()[None])[0].double() / 1.6
    return (logits.sigmoid() if multi_label else logits.softmax(dim=0)).numpy()


def test_polygons_are_classified_by_the_mean_features_of_their_pixels(
    scene, tmp_path, report, write_polygons_file, monkeypatch
):
    monkeypatch.setattr(tuned_scores, "TILES_PX", (64,))
    model, network = tuned("regions", unit="polygon")
    boxes = [(45, 17, 90, 71), (2, 50, 11, 80), (22, 8, 30, 30), (3, 3, 43, 60)]  # rows, cols; over tiles; in the hole
    shapes = [shapely.box(LEFT + 10 * c0, TOP - 10 * r1, LEFT + 10 * c1, TOP - 10 * r0) for r0, c0, r1, c1 in boxes]
    shapes.append(shapely.box(LEFT + 9000, TOP, LEFT + 9100, TOP + 50))
    parcels = write_polygons_file(shapes, owner=["a", "b", "c", "d", "e"])
    result = mapped(report, scene, tmp_path, model, out="classified.gpkg", parcels=parcels)
    columns, found = table(result["out"])
    assert list(columns["owner"]) == ["a", "b", "c", "d", "e"]
    assert all(shapely.equals(a, b) for a, b in zip(found, shapes, strict=True))
    for i in (0, 1, 3):
        chosen = np.zeros((101, 83), bool)
        r0, c0, r1, c1 = boxes[i]
        chosen[r0:r1, c0:c1] = True
        p = region_probabilities(network, scene, 8, chosen)
        order = np.argsort(-p)
        assert columns["class_value"][i] == CLASSES[order[0]].value
        assert columns["class_name"][i] == CLASSES[order[0]].name
        assert columns["second_class"][i] == CLASSES[order[1]].name
        assert columns["probability"][i] == pytest.approx(p[order[0]], abs=2e-4)
        assert columns["second_probability"][i] == pytest.approx(p[order[1]], abs=2e-4)
    assert list(columns["pixels"]) == [45 * 54, 9 * 30, 0, 40 * 57 - 13 * 35, 0]
    assert np.isnan(columns["probability"][[2, 4]]).all()
    assert sum(row["polygons"] for row in result["classes"]) == 3
    assert 'attr="class_value"' in (tmp_path / "classified.qml").read_text()
    assert not list(tmp_path.glob(".*"))


def test_a_scene_is_classified_as_a_whole_and_several_classes_may_hold(scene, tmp_path, report, monkeypatch):
    monkeypatch.setattr(tuned_scores, "TILES_PX", (64,))
    model, network = tuned("regions", unit="scene", multi_label=True)
    result = mapped(report, scene, tmp_path, model, out="scene.gpkg")
    columns, shapes = table(result["out"])
    p = region_probabilities(network, scene, 8, np.ones((101, 83), bool), multi_label=True)
    assert shapely.equals(shapes[0], shapely.box(LEFT, TOP - 1010, LEFT + 830, TOP))
    for k, info in enumerate(CLASSES):
        assert columns[f"probability_{info.value}"][0] == pytest.approx(p[k], abs=2e-4)
    order = np.argsort(-p)
    assert columns["class_names"][0] == ";".join(CLASSES[k].name for k in order if p[k] >= 0.5)
    assert columns["class_value"][0] == CLASSES[order[0]].value
    assert columns["scene"][0] == "scene.tif"


def test_parcels_beside_a_segmentation_have_its_mean_probabilities(scene, tmp_path, report, write_polygons_file):
    parcels = write_polygons_file([shapely.box(LEFT + 100, TOP - 950, LEFT + 300, TOP - 400)], owner=["a"])
    model, _ = tuned()
    out = str(tmp_path / "parcels.gpkg")
    result = mapped(report, scene, tmp_path, model, "probabilities", parcels=parcels, parcels_out=out)
    percent = read(result["probabilities"])[:, 40:95, 10:30].reshape(3, -1).mean(axis=1)
    columns, _ = table(out)
    assert columns["probability"][0] == pytest.approx(percent.max() / 100, abs=0.006)
    assert columns["pixels"][0] == 55 * 20


def test_what_a_network_cannot_give_is_refused(scene, make_raster, tmp_path, report, write_polygons_file):
    model, _ = tuned()
    parcels = write_polygons_file([shapely.box(LEFT, TOP - 100, LEFT + 100, TOP)])
    with pytest.raises(InputError, match="there is no such output as distance"):
        mapped(report, scene, tmp_path, model, "distance")
    with pytest.raises(InputError, match="takes no extra layers"):
        mapped(report, scene, tmp_path, model, layers=(make_raster("dem.tif", count=1, width=83, height=101),))
    with pytest.raises(InputError, match="is an embedding"):
        mapped(report, write_embedding(make_raster), tmp_path, model)
    with pytest.raises(InputError, match="lacks B1, B5"):
        mapped(report, make_raster("four.tif", count=4, names=("B2", "B3", "B4", "B8")), tmp_path, model)
    regions, _ = tuned("regions", unit="polygon")
    with pytest.raises(InputError, match=r"result is a layer, and 'map.tif' would be a raster"):
        mapped(report, scene, tmp_path, regions, parcels=parcels)
    with pytest.raises(InputError, match="none are given"):
        mapped(report, scene, tmp_path, regions, out="p.gpkg")
    with pytest.raises(InputError, match="it takes no confidence and no vector"):
        mapped(
            report,
            scene,
            tmp_path,
            regions,
            "confidence",
            out="p.gpkg",
            parcels=parcels,
            vector=str(tmp_path / "v.gpkg"),
        )
    whole, _ = tuned("regions", unit="scene")
    with pytest.raises(InputError, match="classifies whole scenes: it takes no parcels"):
        mapped(report, scene, tmp_path, whole, out="p.gpkg", parcels=parcels)
    far = write_polygons_file([shapely.box(LEFT + 9000, TOP, LEFT + 9100, TOP + 50)])
    with pytest.raises(InputError, match="None of the polygons lies on a valid pixel"):
        mapped(report, scene, tmp_path, regions, out="p.gpkg", parcels=far)
    assert {path.name for path in tmp_path.iterdir() if path.suffix in (".qml", ".units")} == set()


def test_an_empty_scene_is_refused_and_nothing_stays(make_raster, tmp_path, report):
    empty = make_raster("empty.tif", values=np.zeros((12, 40, 40)), nodata=0, names=IN_FILE)
    with pytest.raises(InputError, match="holds no valid pixel"):
        mapped(report, empty, tmp_path, tuned()[0], units="dn")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.tif", "model.zip"]


def test_check_model_says_what_a_network_is_and_whether_it_serves(scene, make_raster, tmp_path, report):
    def checked(model, path=""):
        return check_model.run(protocol.CheckModelRequest(saved(tmp_path, model), path), report)

    result = checked(tuned()[0], scene)
    assert (result["errors"], result["warnings"]) == ([], [])
    assert (result["kind"], result["task"], result["unit"]) == ("fine_tune", "segmentation", "")
    facts = result["facts"]
    assert facts["Task"] == "one of the classes of field 'kind', of every pixel"
    assert facts["Network"] == "U-Net decoder on tiny.v1, the encoder as it was"
    assert facts["Weights"] == "in the model file"
    assert facts["Classes"] == "3: water (3), forest & co (7), paved (9)"
    assert facts["Score"].startswith("macro-F1 0.500")
    assert facts["Scene"] == "scene.tif, 83 × 101 pixels of 10 m"
    cells = checked(tuned("regions", unit="cell", cell_px=16)[0])
    assert (cells["task"], cells["unit"]) == ("classification", "cell")
    assert cells["facts"]["Task"].endswith("of cells of 16 × 16 pixels")
    coarse = make_raster("coarse.tif", transform=Affine(30, 0, LEFT, 0, -30, TOP), names=IN_FILE)
    assert any("30 m wide on the ground; the model was" in text for text in checked(tuned()[0], coarse)["warnings"])
    assert "is an embedding" in checked(tuned()[0], write_embedding(make_raster))["errors"][0]


def test_suggest_refuses_a_tuned_network(scene, tmp_path, report):
    path = saved(tmp_path, tuned()[0])
    with pytest.raises(InputError, match="is a fine-tuned network; a model that few-shot wrote is wanted"):
        suggest.run(protocol.SuggestRequest(scene, path, str(tmp_path / "points.gpkg")), report)
