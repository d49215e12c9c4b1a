"""What a map gives: every raster by plain GDAL, parcels, and the short way for embeddings, with models made by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely
import torch
from mmearth import predict, protocol
from mmearth.classifiers.novelty import Novelty
from mmearth.classifiers.recipe_heads import RecipeHead
from mmearth.classifiers.regressors import RidgeRegressor
from mmearth.embedding import unit_store
from mmearth.embedding.features import WindowFeatures
from mmearth.embedding.precomputed import recognise
from mmearth.errors import InputError
from mmearth.mapping.code_scores import channel_groups, channels_alone, fold_codes
from mmearth.mapping.map_outputs import class_storage, entropy, margin, most_probable
from mmearth.mapping.model_file import REGRESSION, Model, load_model, save_model
from mmearth.mapping.random_features import RandomFeatures
from mmearth.mapping.recipe_features import HALO_PX, Group, RecipeFeatures
from mmearth.styles import ClassInfo
from scipy.stats import entropy as scipy_entropy

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
CLASSES = (ClassInfo(3, "water", "#0000ff"), ClassInfo(7, "forest & co", "#00ff00"), ClassInfo(9, "paved", "#cc6677"))
LEFT, TOP, WIDTH, HEIGHT = 600000, 5200000, 40, 30
HIDDEN = (slice(4, 9), slice(10, 20))  # nodata of the scene
TEMPERATURE = 1.7


def plain_random(bands, *, spectral, mean, std):
    """Inputs without random features, which these maps do not need."""
    width, none = len(mean), np.zeros(0, np.float32)
    return RandomFeatures(
        bands, spectral, mean.astype(np.float32), std.astype(np.float32), np.zeros((0, 0), np.float32),
        np.zeros((0, width), np.float32), none, np.zeros((0, width, 1, 1), np.float32), none,
    )  # fmt: skip


def model_of(random, groups, head, embedding=None, **fields):
    width = sum(group.channels for group in groups)
    rng = np.random.default_rng(5)
    features = RecipeFeatures(
        random, groups, rng.normal(0, 0.1, width).astype(np.float32), np.full(width, 0.4, np.float32)
    )
    novelty = Novelty(
        rng.normal(0, 1, (2, width)).astype(np.float32), np.zeros(2, np.float32), np.eye(2, dtype=np.float32)
    )
    given = {"classes": CLASSES, "scores": {"macro_f1": 0.5}, "novelty": novelty, "temperature": TEMPERATURE, **fields}
    units = "embedding" if embedding is not None else "reflectance × 10⁴"
    return Model(
        features=features, head=head, field="kind", bands=random.bands, units=units, weights_name="", weights_path="",
        weights_sha256="", embedding=embedding, **given,
    )  # fmt: skip


def recipe_head(width, seed=1):
    rng = np.random.default_rng(seed)
    return RecipeHead(
        rng.normal(0, 1.5, (2, 3, width)).astype(np.float32),
        rng.normal(size=(2, 3)).astype(np.float32),
        np.array([0.3, 0.3, 0.4], np.float32),
    )


@pytest.fixture
def scene(make_raster):
    values = np.random.default_rng(0).integers(300, 3000, (12, HEIGHT, WIDTH))
    values[(slice(None), *HIDDEN)] = 0
    return make_raster(values=values, nodata=0, names=BANDS, width=WIDTH, height=HEIGHT)


def save(tmp_path, model, name="model.zip"):
    path = str(tmp_path / name)
    save_model(path, model)
    return path


def spectral_random():
    """Twelve bands and four indices."""
    mean, std = np.r_[np.full(12, 1600.0), np.zeros(4)], np.r_[np.full(12, 900.0), np.linspace(0.3, 0.5, 4)]
    return plain_random(BANDS, spectral=True, mean=mean, std=std)


@pytest.fixture
def model_path(tmp_path):
    groups = (Group("input", 3, 16, 0.6), Group("input", 1, 16, 0.5))
    return save(tmp_path, model_of(spectral_random(), groups, recipe_head(32)))


@pytest.fixture
def value_path(tmp_path):
    groups = (Group("input", 1, 16, 0.5),)
    head = RidgeRegressor(np.random.default_rng(3).normal(0, 2, (1, 16)).astype(np.float32), np.float32([12]), 1.5)
    scores = {"target_min": 2.0, "target_max": 22.0}
    model = model_of(spectral_random(), groups, head, classes=(), task=REGRESSION, temperature=1.0, scores=scores)
    return save(tmp_path, model, "values.zip")


def wanted_scores(model, scene_path):
    """Probabilities before temperature, and distances, (…, rows, cols), by the features of every pixel."""
    with rasterio.open(scene_path) as dataset:
        raw = dataset.read().astype(np.float32)
    valid = np.pad((raw != 0).all(axis=0), HALO_PX)
    bands = torch.from_numpy(np.pad(raw, ((0, 0), (HALO_PX,) * 2, (HALO_PX,) * 2)))
    window = WindowFeatures({}, {}, bands * torch.from_numpy(valid), valid, 0, 0, *valid.shape)
    rows, cols = (places.ravel() + HALO_PX for places in np.indices((HEIGHT, WIDTH)))
    x = model.features.at(window, rows, cols)
    return x, (raw != 0).all(axis=0)


def run(scene, tmp_path, model_path, report, *names, **options):
    paths = {name: str(tmp_path / f"{name}.tif") for name in names}
    request = protocol.PredictRequest(scene, str(tmp_path / "map.tif"), model_path, device="cpu", **paths, **options)
    return predict.run(request, report)


def test_every_raster_says_what_the_probabilities_say(scene, model_path, tmp_path, report):
    names = ("confidence", "probabilities", "margin", "entropy", "distance")
    result = run(scene, tmp_path, model_path, report, *names)
    model = load_model(model_path)
    x, valid = wanted_scores(model, scene)
    raw = model.head.probabilities(x).astype(float).T
    sharp = raw ** (1 / TEMPERATURE)
    p = (sharp / sharp.sum(axis=0)).reshape(3, HEIGHT, WIDTH)
    ordered = np.sort(p, axis=0)
    wanted = {
        "confidence": ordered[-1:] * 100,
        "probabilities": p * 100,
        "margin": (ordered[-1:] - ordered[-2:-1]) * 100,
        "entropy": scipy_entropy(p, axis=0)[None] / np.log(3) * 100,
    }
    assert not valid[HIDDEN].any()
    for name, values in wanted.items():
        with rasterio.open(result[name]) as dataset:
            assert (dataset.dtypes[0], dataset.nodata) == ("uint8", 255)
            assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            found = dataset.read()
        assert (found[:, ~valid] == 255).all()
        np.testing.assert_allclose(found[:, valid], values[:, valid], atol=0.51, err_msg=name)
        assert Path(result[f"{name}_style"]).read_text().count("<item ") == 5
    with rasterio.open(result["distance"]) as dataset:
        assert dataset.dtypes[0] == "float32"
        found = dataset.read(1)
    distances = model.novelty.distances(x).reshape(HEIGHT, WIDTH)
    np.testing.assert_allclose(found[valid], distances[valid], atol=0.005)
    assert np.isnan(found[~valid]).all()
    with rasterio.open(result["out"]) as dataset:
        classes = dataset.read(1)
    clear = valid & (ordered[-1] - ordered[-2] > 0.01)
    np.testing.assert_array_equal(classes[clear], np.array([3, 7, 9])[p.argmax(axis=0)][clear])
    assert (classes[~valid] == 0).all()
    assert [row["pixels"] for row in result["classes"]] == [int((classes == value).sum()) for value in (3, 7, 9)]
    assert sum(row["area_m2"] for row in result["classes"]) == pytest.approx(valid.sum() * 100)


def test_names_and_colours_follow_the_class_list_in_plain_gdal(scene, model_path, tmp_path, report):
    result = run(scene, tmp_path, model_path, report, "probabilities")
    with rasterio.open(result["out"]) as dataset:
        assert [dataset.colormap(1)[info.value][:3] for info in CLASSES] == [
            (0, 0, 255), (0, 255, 0), (0xCC, 0x66, 0x77)
        ]  # fmt: skip
        tags = json.loads(dataset.tags()["MMEARTH"])
    assert tags["classes"] == {"3": "water", "7": "forest & co", "9": "paved"}
    assert (tags["task"], tags["output"]) == ("classes", "map")
    with rasterio.open(result["probabilities"]) as dataset:
        assert dataset.descriptions == ("water", "forest & co", "paved")
        assert json.loads(dataset.tags()["MMEARTH"])["output"] == "probabilities"
    table = (tmp_path / "map.tif.aux.xml").read_text()
    assert "<F>forest &amp; co</F>" in table
    assert 'value="7" color="#00ff00" label="forest &amp; co"' in Path(result["style"]).read_text()


def test_outputs_not_asked_for_are_not_written(scene, model_path, tmp_path, report):
    before = set(tmp_path.iterdir())
    result = run(scene, tmp_path, model_path, report)
    assert {path.name for path in set(tmp_path.iterdir()) - before} == {"map.tif", "map.qml", "map.tif.aux.xml"}
    empty = [result[key] for key in ("confidence", "probabilities", "margin", "entropy", "distance", "interval")]
    assert [*empty, result["vector"], result["parcels"], result["parcels_style"]] == [""] * 9


def test_a_regression_gives_values_and_their_interval(scene, value_path, tmp_path, report):
    result = run(scene, tmp_path, value_path, report, "interval", "distance")
    model = load_model(value_path)
    x, valid = wanted_scores(model, scene)
    value = (x.astype(float) @ model.head.weight[0] + 12).reshape(HEIGHT, WIDTH)
    with rasterio.open(result["out"]) as dataset, rasterio.open(result["interval"]) as interval:
        assert (dataset.dtypes, dataset.descriptions) == (("float32",), ("kind",))
        found, ends = dataset.read(1), interval.read()
        assert [text.split(", ")[1][:3] for text in interval.descriptions] == ["low", "hig"]
        assert np.isnan(dataset.nodata)
    np.testing.assert_allclose(found[valid], value[valid], atol=1e-3)
    np.testing.assert_allclose(ends[:, valid], found[valid] + np.array([[-1.5], [1.5]]), atol=1e-4)
    assert np.isnan(found[~valid]).all()
    assert result["classes"] == []
    style = Path(result["style"]).read_text()
    assert 'classificationMin="2" classificationMax="22"' in style


def test_what_a_model_cannot_give_is_refused(scene, model_path, value_path, tmp_path, report):
    with pytest.raises(InputError, match="estimates numbers: there is no such output as confidence, entropy"):
        run(scene, tmp_path, value_path, report, "confidence", "entropy")
    with pytest.raises(InputError, match="tells classes apart: there is no such output as interval"):
        run(scene, tmp_path, model_path, report, "interval")
    model = load_model(value_path)
    save_model(value_path, replace(model, head=replace(model.head, width=float("nan"))))
    with pytest.raises(InputError, match="too few polygons to measure"):
        run(scene, tmp_path, value_path, report, "interval")
    save_model(model_path, replace(load_model(model_path), novelty=None))
    with pytest.raises(InputError, match="does not know how far"):
        run(scene, tmp_path, model_path, report, "distance")
    assert not list(tmp_path.glob("*.qml"))


def test_parcels_lie_beside_the_map_with_its_means(scene, model_path, tmp_path, report, write_polygons_file):
    box = shapely.box(LEFT + 100, TOP - 200, LEFT + 250, TOP - 120)  # rows 12…19, columns 10…24
    parcels = write_polygons_file([box], owner=["a"])
    out = str(tmp_path / "parcels_out.gpkg")
    result = run(scene, tmp_path, model_path, report, "probabilities", parcels=parcels, parcels_out=out)
    with rasterio.open(result["probabilities"]) as dataset:
        percent = dataset.read()[:, 12:20, 10:25].reshape(3, -1).mean(axis=1)
    meta, _, _, columns = pyogrio.raw.read(out)
    row = {name: column[0] for name, column in zip(meta["fields"], columns, strict=True)}
    order = np.argsort(-percent)
    assert (row["class_value"], row["class_name"]) == (CLASSES[order[0]].value, CLASSES[order[0]].name)
    assert row["second_class"] == CLASSES[order[1]].name
    assert row["probability"] == pytest.approx(percent[order[0]] / 100, abs=0.006)
    assert (row["pixels"], row["owner"]) == (120, "a")
    assert result["parcels"] == out
    assert 'attr="class_value"' in Path(result["parcels_style"]).read_text()


def test_parcels_need_a_file_and_a_file_parcels(scene, model_path, tmp_path, report):
    with pytest.raises(InputError, match="A file for the classified parcels is wanted"):
        run(scene, tmp_path, model_path, report, parcels=str(tmp_path / "parcels.gpkg"))
    with pytest.raises(InputError, match="A layer of parcels is wanted"):
        run(scene, tmp_path, model_path, report, parcels_out=str(tmp_path / "out.gpkg"))


def test_map_and_polygons_of_one_name_keep_their_own_styles(scene, model_path, tmp_path, report):
    vector = str(tmp_path / "map.gpkg")
    result = run(scene, tmp_path, model_path, report, vector=vector, sieve_px=4, simplify_px=1.0)
    assert (result["style"], result["vector_style"]) == (str(tmp_path / "map.qml"), vector + ".qml")
    assert "<paletteEntry" in Path(result["style"]).read_text()
    assert "categorizedSymbol" in Path(result["vector_style"]).read_text()


def test_the_map_is_published_after_everything_that_belongs_to_it(scene, model_path, tmp_path, report, monkeypatch):
    made = []
    original = unit_store.write_cog

    def watched(source, target, layout, report):
        original(source, target, layout, report)
        made.append(json.loads(layout.tags["MMEARTH"])["output"])

    monkeypatch.setattr(unit_store, "write_cog", watched)
    run(scene, tmp_path, model_path, report, "confidence", "entropy")
    assert made == ["confidence", "entropy", "map"]


@pytest.fixture
def embedding(make_raster):
    """An embedding of ours: 6 channels of codes with a hole, two channels far from what features were fitted to."""
    codes = np.random.default_rng(4).integers(-127, 128, (6, HEIGHT, WIDTH))
    codes[(slice(None), *HIDDEN)] = -128
    path = make_raster("embedding.tif", values=codes, dtype="int8", nodata=-128, names=tuple(f"E{i}" for i in range(6)))
    with rasterio.open(path, "r+") as dataset:
        dataset.scales = tuple(0.01 * (i + 1) for i in range(6))
        dataset.update_tags(MMEARTH=json.dumps({"stages": [0], "weights_sha256": "ab", "model": "tiny"}))
    return path


def channels_model(embedding, groups=None):
    info = recognise(embedding)
    random = plain_random(
        info.channels, spectral=False, mean=np.full(6, 0.1), std=np.array([0.05, 0.1, 0.4, 0.6, 0.6, 0.8])
    )
    return model_of(random, channel_groups(6) if groups is None else groups, recipe_head(6), info)


def test_codes_give_what_the_features_give(embedding, tmp_path, report, monkeypatch):
    """The short way is taken, and the maps are those of the long one, clipped channels included."""
    path, names = save(tmp_path, channels_model(embedding)), ("confidence", "distance")
    used = []
    monkeypatch.setattr(predict, "fold_codes", lambda *given: used.append(1) or fold_codes(*given))
    monkeypatch.setattr("mmearth.mapping.code_scores.CHUNK", 97)
    maps = {}
    for way in ("short", "long"):
        folder = tmp_path / way
        folder.mkdir()
        if way == "long":
            monkeypatch.setattr(predict, "channels_alone", lambda features: False)
        result = run(embedding, folder, path, report, *names)
        maps[way] = []
        for name in ("out", *names):
            with rasterio.open(result[name]) as dataset:
                maps[way].append(dataset.read(1).astype(float))
    assert used == [1]
    short, long = maps["short"], maps["long"]
    assert np.mean(short[0] == long[0]) > 0.998  # rounding may turn a tie
    np.testing.assert_allclose(short[1], long[1], atol=1)
    np.testing.assert_allclose(short[2], long[2], atol=0.01)
    assert (short[0][HIDDEN] == 0).all()


def test_clipped_channels_are_found(embedding):
    model = channels_model(embedding)
    assert channels_alone(model.features)
    scores = fold_codes(model.features, [model.head], np.arange(1, 7) * 0.01, np.zeros(6))
    # ±127 codes of 0.01 reach ±1.27; 0.1 ± 6 · 0.05 is -0.2 … 0.4, so codes -20 … 40 are kept as they are.
    assert [(channel, round(low), round(high)) for channel, low, high in scores.clipped][0] == (0, -20, 40)
    assert {channel for channel, *_ in scores.clipped} >= {0, 1}


def test_other_features_do_not_take_the_short_way(embedding):
    groups = (Group("input", 3, 6, 0.6), Group("input", 1, 6, 0.5))
    assert not channels_alone(channels_model(embedding, groups).features)


def test_margin_and_entropy_by_hand():
    p = np.array([[0.5, 1.0, 0.25], [0.25, 0.0, 0.25], [0.25, 0.0, 0.25], [0.0, 0.0, 0.25]])
    np.testing.assert_allclose(margin(p), [0.25, 1.0, 0.0])
    np.testing.assert_allclose(entropy(p), [0.75, 0.0, 1.0])


@pytest.mark.parametrize("count", [2, 5, 300])
def test_most_probable_is_argmax_also_where_classes_tie(count, monkeypatch):
    monkeypatch.setattr("mmearth.mapping.map_outputs.CHUNK", 100)
    scores = np.random.default_rng(0).integers(0, 5, (count, 333)).astype(np.float32)
    np.testing.assert_array_equal(most_probable(scores), scores.argmax(axis=0))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([1, 255], ("uint8", 0)), ([0, 1], ("uint8", 255)), ([0, 255], ("uint16", 65535)), ([70000], ("int32", 0))],
)
def test_class_maps_take_the_smallest_type(values, wanted):
    assert class_storage(values) == wanted


@pytest.fixture
def write_polygons_file(tmp_path):
    def write(shapes, crs="EPSG:32632", **columns):
        path = str(tmp_path / "parcels.gpkg")
        pyogrio.raw.write(
            path, shapely.to_wkb(np.array(shapes, object)), [np.array(v) for v in columns.values()], list(columns),
            driver="GPKG", layer="parcels", geometry_type="Polygon", crs=crs,
        )  # fmt: skip
        return path

    return write
