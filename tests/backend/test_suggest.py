"""The verb suggest, on scenes whose classes and strange places are known."""

import json
from dataclasses import replace

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from mmearth import protocol, suggest
from mmearth.classifiers.novelty import fit_novelty
from mmearth.classifiers.recipe_heads import fit_recipe
from mmearth.classifiers.regressors import fit_regressor
from mmearth.errors import Cancelled, InputError
from mmearth.mapping.few_shot_samples import READING
from mmearth.mapping.model_file import REGRESSION, Model, load_model, save_model
from mmearth.mapping.pixel_source import PixelSources
from mmearth.mapping.random_features import fit_random_features
from mmearth.mapping.recipe_features import HALO_PX, RecipeFeatures, grown, recipe_groups
from mmearth.mapping.suggestions import APART_PX, CLEAR_PX, RARE, SPREAD, UNCERTAIN, UNLIKE
from mmearth.styles import ClassInfo
from mmearth.suggest import polygons_per_class
from mmearth.vector_tables import read_table
from pyogrio.errors import DataSourceError
from rasterio.windows import Window

LEFT, TOP, SIDE = 600000, 5200000, 192
POLYGONS = ((10, 10), (10, 60), (100, 10), (10, 120), (10, 170), (100, 120))  # rows and columns; three of each class
STRANGE = (slice(130, 186), slice(70, 126))
BRIGHT = slice(SIDE // 2, SIDE)
CLASSES = (ClassInfo(1, "dark", "#112233"), ClassInfo(7, "bright", "#ddeeff"))


def ring(row, col, side=8):
    return shapely.box(LEFT + 10 * col, TOP - 10 * (row + side), LEFT + 10 * (col + side), TOP - 10 * row)


@pytest.fixture(scope="module")
def values():
    """Dark and bright halves, and a square whose spectrum is that of neither."""
    found = np.random.default_rng(3).normal(800, 60, (12, SIDE, SIDE))
    found[6:9, :, BRIGHT] += 2000
    found[3, STRANGE[0], STRANGE[1]] += 6000
    return found.clip(100)


@pytest.fixture(scope="module")
def scene(values, tmp_path_factory):
    path = tmp_path_factory.mktemp("scene") / "scene.tif"
    profile = {"width": SIDE, "height": SIDE, "count": 12, "dtype": "uint16", "crs": "EPSG:32632"}
    with rasterio.open(path, "w", "GTiff", transform=Affine(10, 0, LEFT, 0, -10, TOP), **profile) as dataset:
        dataset.write(values.astype("uint16"))
    return str(path)


@pytest.fixture(scope="module")
def models(scene, tmp_path_factory):
    """Task → model file."""
    folder = tmp_path_factory.mktemp("models")
    return train(scene, folder)


@pytest.fixture(autouse=True)
def _fewer_candidates(monkeypatch):
    """For speed."""
    monkeypatch.setattr(suggest, "CANDIDATES", 800)


@pytest.fixture
def model(models):
    return models["classes"]


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.gpkg"
    geometry = shapely.to_wkb([ring(*place) for place in POLYGONS])
    pyogrio.raw.write(
        path, geometry, [np.array([1, 1, 1, 7, 7, 7])], ["class_id"], layer="drawn", driver="GPKG",
        geometry_type="Polygon", crs="EPSG:32632",
    )  # fmt: skip
    return str(path)


def train(path, folder):
    """Writes a classifier and a regression without an encoder, as few_shot would."""
    whole = Window(0, 0, SIDE, SIDE)
    with PixelSources({}, "auto", None, "cpu", lambda: None).open(path) as opened:
        window, bands, units = opened.features(grown(whole)), opened.bands, opened.units
    random = fit_random_features([(window.bands.numpy(), window.valid)], bands, spectral=True, seed=0, draws=2000)
    features = RecipeFeatures(random, recipe_groups(random, 0), np.zeros(0), np.zeros(0))
    raw = features.raw_at(window, *np.random.default_rng(0).integers(HALO_PX, SIDE + HALO_PX, (2, 1000)))
    features = features.standardised(raw)
    drawn = (raw - features.mean) * features.scale
    inside = np.concatenate([np.indices((8, 8)).reshape(2, -1) + np.array([place]).T for place in POLYGONS], axis=1)
    x, owner = features.at(window, *inside + HALO_PX), np.repeat(np.arange(6), 64)
    number = np.array([0, 0, 0, 1, 1, 1])[owner]
    heads = {
        "classes": fit_recipe(x, number, owner, drawn, 2),
        REGRESSION: fit_regressor("ridge", x, number * 10.0, owner),
    }
    files = {}
    for task, head in heads.items():
        model = Model(
            features=features,
            head=head,
            classes=() if task == REGRESSION else CLASSES,
            field="class_id",
            bands=bands,
            units=units,
            weights_name="",
            weights_path="",
            weights_sha256="",
            scores={},
            task=task,
            novelty=fit_novelty(x, owner, drawn, None if task == REGRESSION else number),
        )
        files[task] = str(folder / f"{task}.zip")
        save_model(files[task], model)
    return files


def ask(report, scene, model, folder, **options):
    out = str(folder / "points.gpkg")
    result = suggest.run(protocol.SuggestRequest(scene, model, out, device="cpu", **options), report)
    meta, _, wkb, columns = pyogrio.raw.read(out)
    table = dict(zip(meta["fields"], columns, strict=True))
    at = shapely.get_coordinates(shapely.from_wkb(wkb))
    table["col"], table["row"] = (at[:, 0] - LEFT) / 10, (TOP - at[:, 1]) / 10
    return result, table, meta


def test_points_have_reasons_and_lie_where_they_should(scene, model, labels, tmp_path, report):
    result, table, meta = ask(report, scene, model, tmp_path, count=6, labels=labels, labels_layer="drawn")
    assert result["points"] == len(table["rank"]) == sum(result["reasons"].values()) == 6
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert meta["crs"] == "EPSG:32632"
    assert set(result["reasons"]) <= {UNCERTAIN, UNLIKE, RARE, SPREAD}
    rows, cols = table["row"], table["col"]
    assert (rows % 1 == 0.5).all()  # the middle of pixels
    assert (cols % 1 == 0.5).all()
    apart = np.maximum(np.abs(rows[:, None] - rows), np.abs(cols[:, None] - cols))[~np.eye(6, dtype=bool)]
    assert apart.min() >= APART_PX
    away = shapely.distance(shapely.points(LEFT + 10 * cols, TOP - 10 * rows)[:, None], [ring(*p) for p in POLYGONS])
    assert away.min() >= 10 * (CLEAR_PX - 1)
    unlike = table["kind"] == UNLIKE
    inside = (rows >= 130) & (rows < 186) & (cols >= 70) & (cols < 126)
    assert unlike.sum() >= 2
    assert inside[unlike][:2].all()  # of all the scene only the square is unlike the polygons, and two points cover it
    assert (table["distance"][unlike][:2] > 2).all()
    clear = np.abs(cols - SIDE // 2) > 20
    expected = np.where(cols < SIDE // 2, "dark", "bright")
    assert (table["class_name"] == expected)[clear & ~inside].all()
    assert set(zip(table["class_value"].tolist(), table["class_name"].tolist(), strict=True)) <= {
        (1, "dark"),
        (7, "bright"),
    }
    assert (table["second"] != table["class_name"]).all()
    assert ((table["probability"] >= 0.5) & (table["probability"] <= 1)).all()


def test_sentences_name_classes_and_figures(scene, model, tmp_path, report):
    _, table, _ = ask(report, scene, model, tmp_path, count=4)
    for kind, reason, name, share, distance in zip(
        *(table[name] for name in ("kind", "reason", "class_name", "probability", "distance")), strict=True
    ):
        if kind == UNCERTAIN:
            assert f"'{name}' ({share:.0%})" in reason
        if kind == UNLIKE:
            assert f"distance {distance:.1f}" in reason
    assert {UNCERTAIN, UNLIKE} <= set(table["kind"])


def test_the_same_seed_gives_the_same_points_and_the_temperature_counts(scene, model, tmp_path, report):
    _, first, _ = ask(report, scene, model, tmp_path, count=5, seed=4)
    _, again, _ = ask(report, scene, model, tmp_path, count=5, seed=4)
    assert first["row"].tolist() == again["row"].tolist()
    cool = str(tmp_path / "cool.zip")
    save_model(cool, replace(load_model(model), temperature=3.0))
    _, cooler, _ = ask(report, scene, cool, tmp_path, count=5, seed=4)
    assert cooler["probability"].max() < first["probability"].max()


def test_mask_and_bounds_hold(scene, model, tmp_path, report):
    mask = tmp_path / "mask.geojson"
    box = shapely.box(LEFT, TOP - 10 * SIDE, LEFT + 900, TOP)  # the first 90 columns
    mask.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}},
                "features": [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(box)}],
            }
        )
    )
    bounds = (LEFT, TOP - 1000, LEFT + 10 * SIDE, TOP)  # the first 100 rows
    _, table, _ = ask(report, scene, model, tmp_path, count=3, mask=str(mask), bounds=bounds)
    assert table["col"].max() < 90
    assert table["row"].max() < 100
    with pytest.raises(InputError, match="mask lies outside the extent"):
        ask(report, scene, model, tmp_path, mask=str(mask), bounds=(LEFT + 1000, TOP - 900, LEFT + 1900, TOP))


def test_an_area_without_room_gives_fewer_points_and_says_so(scene, model, tmp_path, report):
    bounds = (LEFT, TOP - 400, LEFT + 400, TOP)
    result, _, _ = ask(report, scene, model, tmp_path, count=20, bounds=bounds)
    assert 1 <= result["points"] <= 4
    assert f"{result['points']} of 20 points were found" in result["warnings"][-1]


def test_a_regression_has_values_and_two_reasons(scene, models, tmp_path, report):
    result, table, _ = ask(report, scene, models[REGRESSION], tmp_path, count=6)
    assert set(result["reasons"]) == {UNLIKE, SPREAD}
    assert "class_name" not in table
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_a_layer_that_is_there_is_replaced_and_a_style_lies_beside_it(scene, model, tmp_path, report):
    ask(report, scene, model, tmp_path, count=5)
    result, table, _ = ask(report, scene, model, tmp_path, count=2)
    assert len(table["rank"]) == 2
    style = (tmp_path / "points.qml").read_text()
    assert result["style"] == str(tmp_path / "points.qml")
    assert all(f'value="{kind}"' in style for kind in table["kind"])
    assert 'fieldName="rank"' in style


def test_cancelling_leaves_nothing(scene, model, tmp_path, report):
    report.calls.clear()
    report.cancel_at = 2
    with pytest.raises(Cancelled):
        ask(report, scene, model, tmp_path)
    assert not list(tmp_path.glob("*points*"))


def test_what_cannot_be_served_is_refused(scene, model, values, make_raster, tmp_path, report):
    with pytest.raises(InputError, match="0 points are wanted"):
        ask(report, scene, model, tmp_path, count=0)
    fewer = make_raster("fewer.tif", values=values[1:4], names=("B02", "B03", "B04"))
    with pytest.raises(InputError, match="offers bands B2, B3, B4"):
        ask(report, fewer, model, tmp_path)
    empty = make_raster("empty.tif", values=np.zeros_like(values), nodata=0)
    with pytest.raises(InputError, match="no pixel with data"):
        ask(report, empty, model, tmp_path)
    assert not (tmp_path / "points.gpkg").exists()


def test_windows_lie_all_over_a_large_scene(make_raster, model, values, tmp_path, report, monkeypatch):
    """Few windows are read whatever the scene, so the points must not come from one corner."""
    monkeypatch.setattr(suggest, "WINDOWS", 10)
    large = make_raster("large.tif", values=np.tile(values, (1, 3, 3)))
    _, table, _ = ask(report, large, model, tmp_path, count=12)
    assert len(set(zip(table["row"] // 288, table["col"] // 288, strict=True))) == 4  # every quarter has some
    assert len([phase for phase, *_ in report.calls if phase == READING]) == 10


def test_a_file_that_cannot_be_replaced_is_told(scene, model, tmp_path, report, monkeypatch):
    from mmearth.errors import ResourceError
    from mmearth.mapping import suggestion_layer

    def refuse(*args, **kwargs):
        raise DataSourceError("the disk is full")

    monkeypatch.setattr(suggestion_layer.pyogrio.raw, "write", refuse)
    with pytest.raises(ResourceError, match="the disk is full"):
        suggest.run(protocol.SuggestRequest(scene, model, str(tmp_path / "points.gpkg"), device="cpu"), report)


def test_pixels_that_are_not_north_up_have_the_right_places(values, model, make_raster, tmp_path, report):
    """A scene of another origin and half the pixel size: the same ground, the same kinds of places."""
    other = make_raster("other.tif", values=values, transform=Affine(5, 0, 300000, 0, -5, 5100000))
    out = str(tmp_path / "other.gpkg")
    suggest.run(protocol.SuggestRequest(other, model, out, count=4, device="cpu"), report)
    _, _, wkb, _ = pyogrio.raw.read(out)
    at = shapely.get_coordinates(shapely.from_wkb(wkb))
    assert ((at - (300000, 5100000)) % 5 == 2.5).all()
    assert ((at[:, 0] > 300000) & (at[:, 0] < 300000 + 5 * SIDE)).all()


@pytest.mark.parametrize(
    "column", [np.array([1.0, 7.0, 7.0, np.nan]), np.array(["dark", "7", " bright ", None], object)]
)
def test_polygons_are_counted_by_value_or_name(column, models, tmp_path):
    """Whole numbers with a gap arrive as fractions; a text may be the value or the name of a class."""
    path = tmp_path / "drawn.gpkg"
    geometry = shapely.to_wkb([ring(*place) for place in POLYGONS[:4]])
    pyogrio.raw.write(
        path, geometry, [column], ["class_id"], layer="drawn", driver="GPKG", geometry_type="Polygon", crs="EPSG:32632"
    )
    table = read_table(str(path))
    assert polygons_per_class(table, load_model(models["classes"])).tolist() == [1, 2]
    assert polygons_per_class(table, replace(load_model(models["classes"]), field="other")) is None
