"""Reading the MMEarth layout against the items of the authors' code, in both of their orders (family H)."""

import json
import shutil

import golden_vectors as golden
import h5py
import numpy as np
import pytest
from mmearth.data.mmearth_folder import BANDS, MMEarthFolder

TILES = golden.FOLDER.parent / "data" / "mm_tiles"
SYNTHETIC, REAL = "H_synthetic_items.npz", "H_real_tiles.npz"
needs_synthetic = pytest.mark.skipif(not golden.exists(SYNTHETIC), reason=f"no {SYNTHETIC} beside the project")
needs_tiles = pytest.mark.skipif(
    not TILES.is_dir() or not golden.exists(REAL), reason="no data/mm_tiles with their reference items"
)
OFFICIAL_ORDERS = ("G1", "G2")


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory):
    """The synthetic folder, written as the README of the vectors says."""
    folder = tmp_path_factory.mktemp("synthetic")
    raw = golden.load("H_synthetic_raw.npz")
    with h5py.File(folder / "data_syn_v001_16.h5", "w") as file:
        for name in raw.files:
            if name not in ("tile_id", "S2_type"):
                file[name] = raw[name]
        rows = [
            (str(tile).encode(), str(kind).encode()) for tile, kind in zip(raw["tile_id"], raw["S2_type"], strict=True)
        ]
        file["metadata"] = np.array(rows, dtype=[("tile_id", "S100"), ("S2_type", "S10")])
    for part in ("band_stats", "splits", "tile_info"):
        shutil.copy(golden.FOLDER / f"H_synthetic_{part}.json", folder / f"data_syn_v001_16_{part}.json")
    with MMEarthFolder(str(folder)) as source:
        yield source


@pytest.fixture(scope="module")
def tiles():
    with MMEarthFolder(str(TILES)) as source:
        yield source


def compare_exactly(file, what, wanted, found):
    """Compares values, dtype and where NaN are; the error is the largest difference."""
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    both = np.isnan(wanted) if wanted.dtype.kind == "f" else np.zeros(wanted.shape, bool)
    assert np.array_equal(np.isnan(found) if found.dtype.kind == "f" else both, both)
    same = (wanted == found) | both
    with np.errstate(invalid="ignore"):
        golden.check(file, what, 0.0 if same.all() else np.abs(np.where(same, 0, found - wanted)).max(), 0.0)
    assert same.all()


@needs_synthetic
@pytest.mark.parametrize("order", OFFICIAL_ORDERS)
@pytest.mark.parametrize("position", range(4))
def test_synthetic_items_are_those_of_the_authors(synthetic, order, position):
    archive = golden.load(SYNTHETIC)
    row = json.loads((golden.FOLDER / "H_synthetic_splits.json").read_text())["train"][position]
    item = synthetic.read_item(row, order)
    assert len(item) == 12
    for task, found in item.items():
        compare_exactly(SYNTHETIC, f"{order} {task}", archive[f"{order}.item{position}.{task}"], found)


@needs_synthetic
def test_our_order_differs_where_it_says_so_and_nowhere_else(synthetic):
    raw, archive = golden.load("H_synthetic_raw.npz"), golden.load(SYNTHETIC)
    for position, row in enumerate([2, 0, 3, 1]):
        item = synthetic.read_item(row)
        official = {task: archive[f"G2.item{position}.{task}"] for task in item}
        for task in ("sentinel2", "sentinel1", "lat", "lon", "month"):
            assert np.array_equal(item[task], official[task], equal_nan=True), task
        assert np.array_equal(item["dynamic_world"], official["dynamic_world"][0])
        cover, codes = item["esa_worldcover"], raw["esa_worldcover"][row, 0]
        assert (cover[codes == 10] == 0).all()
        assert (cover[np.isin(codes, (0, 5, 255))] == -1).all()
        others = ~np.isin(codes, (0, 5, 10, 255))
        assert np.array_equal(cover[others], official["esa_worldcover"][0][others])
        for task, lost in (("aster", (-32768,)), ("canopy_height_eth", (127, -1)), ("era5", (np.inf,))):
            gone = np.isin(raw[task][row], lost)
            assert np.isnan(item[task][gone]).all()
            assert np.array_equal(item[task][~gone], official[task][~gone], equal_nan=True)
        for task in ("biome", "eco_region"):
            hot = raw[task][row]
            assert item[task] == (np.flatnonzero(hot)[0] if hot.any() else -1)


@needs_tiles
def test_real_tiles_are_read_like_the_authors_do(tiles):
    archive = golden.load(REAL)
    for key in archive.files:
        tile, task = key.split(".")
        for order in (*OFFICIAL_ORDERS, "ours"):
            item = tiles.read_item(int(tiles.train[int(tile.removeprefix("tile"))]), order)
            found = item["sentinel2" if task == "sentinel2_rgb_setting" else task]
            if task == "sentinel2_rgb_setting":
                found = found[[BANDS.index(name) for name in ("B2", "B3", "B4")]]
            compare_exactly(REAL, f"{order} {task}", archive[key], found)


@needs_tiles
def test_real_statistics_per_item_and_channel(tiles):
    file, items = "H_real_stats.tsv", {}
    with h5py.File(tiles.paths[0]) as stored:
        ids = [value.decode() for value in stored["metadata"]["tile_id"]]
    for row in golden.rows(file):
        key = (row["order"], int(row["position"]))
        if key not in items:
            items[key] = tiles.read_item(ids.index(row["tile_id"]), row["order"])
        values = items[key][row["modality"]][int(row["channel"])].reshape(-1).astype(np.float64)
        finite = values[np.isfinite(values)]
        assert len(finite) == int(row["n_finite"])
        assert np.isnan(values).sum() == int(row["n_nan"])
        if len(finite):
            golden.check(file, "mean", abs(finite.mean() - float(row["mean"])), 1e-12)
            golden.check(file, "std", abs(finite.std() - float(row["std"])), 1e-12)
            golden.check(file, "value", abs(values[len(values) // 3] - float(row["value_at_n//3"])), 0.0)
