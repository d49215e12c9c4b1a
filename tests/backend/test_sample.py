"""The shipped sample is what its generator makes, and what its README says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.features import rasterize

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample"


@pytest.fixture(scope="module")
def make_sample() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "backend" / "tools" / "make_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generated(make_sample: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    make_sample.generate(folder, folder / "truth.tif")
    return folder


def test_generator_reproduces_the_shipped_pixels(generated: Path) -> None:
    with rasterio.open(SAMPLE / "scene.tif") as shipped, rasterio.open(generated / "scene.tif") as made:
        assert np.array_equal(shipped.read(), made.read())
        assert (shipped.crs, shipped.transform, shipped.descriptions) == (made.crs, made.transform, made.descriptions)


def test_generator_reproduces_the_shipped_labels(generated: Path) -> None:
    shipped = pyogrio.raw.read(SAMPLE / "labels.gpkg")
    made = pyogrio.raw.read(generated / "labels.gpkg")
    assert list(shipped[2]) == list(made[2])
    assert [list(column) for column in shipped[3]] == [list(column) for column in made[3]]


def test_scene_is_what_the_readme_says() -> None:
    with rasterio.open(SAMPLE / "scene.tif") as scene:
        assert scene.crs.to_epsg() == 32632
        assert (scene.width, scene.height, scene.res, scene.nodata) == (256, 256, (10.0, 10.0), 0)
        assert scene.dtypes == ("uint16",) * 12
        assert scene.descriptions == ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
        valid = scene.dataset_mask() > 0
    assert not valid[0, -1]
    assert 0.99 < valid.mean() < 1
    assert (SAMPLE / "scene.tif").stat().st_size < 1_200_000


def test_water_is_dark_in_the_infrared_and_forest_bright(generated: Path) -> None:
    with rasterio.open(generated / "scene.tif") as scene, rasterio.open(generated / "truth.tif") as truth:
        near_infrared, values, valid = scene.read(8), truth.read(1), scene.dataset_mask() > 0
    assert np.median(near_infrared[valid & (values == 80)]) < 400
    assert np.median(near_infrared[valid & (values == 10)]) > 1500


def test_labels_are_seven_polygons_per_class_in_degrees() -> None:
    meta, _, _, (values, names, colors) = pyogrio.raw.read(SAMPLE / "labels.gpkg")
    assert meta["crs"] == "EPSG:4326"
    assert list(meta["fields"]) == ["class_id", "class_name", "color"]
    assert {int(v): int((values == v).sum()) for v in np.unique(values)} == dict.fromkeys((10, 41, 42, 50, 60, 80), 7)
    assert len(set(zip(values, names, colors, strict=True))) == 6


def test_labels_agree_with_the_truth_but_for_a_few_edges(generated: Path) -> None:
    import shapely
    from pyproj import Transformer

    _, _, geometry, (values, *_) = pyogrio.raw.read(SAMPLE / "labels.gpkg")
    to_scene = Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True).transform
    shapes = [shapely.transform(g, to_scene, interleaved=False) for g in shapely.from_wkb(geometry)]
    with rasterio.open(generated / "truth.tif") as dataset:
        truth = dataset.read(1)
        drawn = rasterize(
            zip(shapes, values.tolist(), strict=True), out_shape=truth.shape, transform=dataset.transform, dtype="uint8"
        )
    agreement = (drawn == truth)[drawn > 0].mean()
    assert 0.97 < agreement < 1  # a few polygons cross an edge, as drawn ones do
