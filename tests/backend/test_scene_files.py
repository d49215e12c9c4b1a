"""Scenes in several files: products of ESA's, folders and zips of band files, lists of files."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from mmearth.__main__ import main
from mmearth.errors import InputError
from mmearth.scenes.raster import open_scene
from mmearth.scenes.scene_files import compose
from mmearth.scenes.scene_vrt import name_of
from rasterio.enums import ColorInterp
from rasterio.windows import Window

WANTED = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B11", "B12")
RES_M = dict.fromkeys(("B02", "B03", "B04", "B08"), 10) | dict.fromkeys(("B01", "B09", "B10"), 60)
NAMES = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
PRODUCT = "S2B_MSIL2A_20260705T101559_N0511_R065_T32TPS_20260705T143012.SAFE"


def opened(path, bands=None, units="auto"):
    return open_scene(str(path), bands or {}, units, WANTED)


def read_all(path, units="auto", names=WANTED):
    with opened(path, units=units) as scene:
        return scene.read(Window(0, 0, scene.grid.width, scene.grid.height), names)


def write_band(path, values, res=10.0, left=600000, top=5200040, crs="EPSG:32632", **profile):
    """Writes (bands, rows, cols) or (rows, cols) as a GeoTIFF, whatever the suffix; GDAL looks at the content."""
    values = np.asarray(values)
    values = values[None] if values.ndim == 2 else values
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = values.shape
    profile = {"dtype": "uint16", "transform": Affine(res, 0, left, 0, -res, top), **profile}
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=count, crs=crs, **profile
    ) as dataset:
        dataset.write(values.astype(profile["dtype"]))
    return str(path)


def dn(name, res_m):
    """(120 / res, 120 / res) numbers that tell bands and resolutions apart."""
    side = 240 // res_m
    return 1000 * (NAMES.index(name) + 1) + res_m + np.arange(side * side).reshape(side, side) % 7


def metadata(level, offset):
    word, quantification = ("BOA", "BOA_QUANTIFICATION_VALUE") if level == "L2A" else ("RADIO", "QUANTIFICATION_VALUE")
    offsets = "".join(f'<{word}_ADD_OFFSET band_id="{i}">{offset}</{word}_ADD_OFFSET>' for i in range(13))
    return (
        f'<x><{quantification} unit="none">10000</{quantification}>'
        f'<AOT_QUANTIFICATION_VALUE unit="none">1000.0</AOT_QUANTIFICATION_VALUE>{offsets if offset else ""}</x>'
    )


@pytest.fixture
def safe(tmp_path):
    """Writes a product in ESA's layout, masks and true-colour images included."""

    def make(level="L2A", offset=-1000, root=tmp_path / PRODUCT):
        images = root / "GRANULE" / "L2A_T32TPS_A038000_20260705T101559" / "IMG_DATA"
        stem = "T32TPS_20260705T101559"
        for name in NAMES:
            finest = RES_M.get(name, 20)
            if level == "L1C":
                write_band(images / f"{stem}_{name}.jp2", dn(name, finest), finest)
            elif name != "B10":
                for res_m in (r for r in (10, 20, 60) if r >= finest and not (name == "B08" and r > 10)):
                    write_band(images / f"R{res_m}m" / f"{stem}_{name}_{res_m}m.jp2", dn(name, res_m), res_m)
        folder = images if level == "L1C" else images / "R10m"
        suffix = "" if level == "L1C" else "_10m"
        for other in ("TCI", "AOT", "WVP"):
            write_band(folder / f"{stem}_{other}{suffix}.jp2", np.full((3 if other == "TCI" else 1, 24, 24), 7))
        write_band(images.parent / "QI_DATA" / "MSK_QUALIT_B02.jp2", np.ones((8, 24, 24)))
        (root / f"MTD_MSI{level}.xml").write_text(metadata(level, offset))
        return root

    return make


@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize(("offset", "units"), [(0, "dn"), (-1000, "dn_offset")])
def test_a_product_folder_is_one_scene_with_each_band_at_its_finest(safe, level, offset, units):
    root = safe(level, offset)
    with opened(root) as scene:
        assert scene.name == root.name
        assert scene.mapping.how == "names"
        assert tuple(scene.mapping.indexes) == WANTED
        assert (scene.units.name, scene.units_how) == (units, "the file's own scale and offset tags")
        assert (scene.grid.width, scene.grid.height, scene.grid.transform.a) == (24, 24, 10)
        assert scene.grid.crs.to_epsg() == 32632
        images, valid = scene.read(Window(0, 0, 24, 24), WANTED)
    assert valid.all()
    for name in ("B02", "B03", "B04", "B08"):
        np.testing.assert_allclose(images[WANTED.index(name.replace("B0", "B"))], dn(name, 10) + offset, rtol=1e-5)
    for name in ("B05", "B11", "B8A"):
        found = images[WANTED.index(name.replace("B0", "B"))]
        assert dn(name, 20).min() + offset - 0.01 <= found.min() < found.max() <= dn(name, 20).max() + offset + 0.01
    assert abs(images[0].mean() - dn("B01", 60).mean() - offset) < 2


def test_coarse_bands_are_interpolated_bilinearly_and_without_seams(safe):
    images, _ = read_all(safe(offset=0))
    coarse = dn("B05", 20).astype(float)
    centre = (np.arange(24) + 0.5) / 2 - 0.5  # of fine pixels, in coarse pixels; beyond the last centre it stays
    low = np.clip(np.floor(centre).astype(int), 0, 11)
    high, share = np.minimum(low + 1, 11), np.clip(centre - low, 0, 1)
    rows = coarse[low] * (1 - share)[:, None] + coarse[high] * share[:, None]
    expected = rows[:, low] * (1 - share) + rows[:, high] * share
    np.testing.assert_allclose(images[WANTED.index("B5")], expected, atol=0.51)  # the files hold whole numbers


def test_windows_agree_with_the_whole(safe):
    root = safe()
    whole, _ = read_all(root)
    with opened(root) as scene:
        for row, col in ((0, 0), (3, 5), (11, 13), (23, 17)):
            part, _ = scene.read(Window(col, row, 7, 5), WANTED)
            rows, cols = slice(row, min(row + 5, 24)), slice(col, min(col + 7, 24))
            inside = (slice(None), slice(0, rows.stop - row), slice(0, cols.stop - col))
            np.testing.assert_array_equal(part[inside], whole[:, rows, cols])


def test_missing_pixels_of_coarse_bands_do_not_mix_with_their_neighbours(tmp_path):
    fine, coarse = np.full((3, 24, 24), 500), np.full((12, 12), 500)
    fine[:, :, :12], coarse[:, :6] = 0, 0
    for name, values in zip(("B02", "B03", "B04"), fine, strict=True):
        write_band(tmp_path / "s" / f"{name}.tif", values)
    write_band(tmp_path / "s" / "B05.tif", coarse, 20)
    images, valid = read_all(tmp_path / "s", "dn", ("B2", "B5"))
    assert set(np.unique(images[:, valid])) == {500}
    np.testing.assert_array_equal(valid, fine[0] != 0)


def test_small_reflectances_of_several_resolutions_are_valid(tmp_path):
    for name in ("B02", "B03"):
        write_band(tmp_path / "s" / f"{name}.tif", np.full((8, 8), 0.01), dtype="float32")
    write_band(tmp_path / "s" / "B05.tif", np.full((4, 4), 0.02), 20, dtype="float32")
    images, valid = read_all(tmp_path / "s", "auto", ("B2", "B3", "B5"))
    assert valid.all()
    np.testing.assert_allclose(images[:, 4, 4], [100, 100, 200], rtol=1e-5)


def test_a_zip_gives_what_its_folder_gives(safe, tmp_path):
    root = safe()
    path = tmp_path / "product (1).zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.*")):
            if file.is_file():
                archive.write(file, f"{root.name}/{file.relative_to(root).as_posix()}")
    with opened(path) as scene:
        assert scene.name == "product (1).zip"
        assert scene.units.name == "dn_offset"
    np.testing.assert_array_equal(read_all(path)[0], read_all(root)[0])


@pytest.mark.parametrize("inner", ["", "MTD_MSIL2A.xml", "GRANULE/*", "GRANULE/*/IMG_DATA", ".."])
def test_any_folder_of_a_product_and_its_metadata_file_will_do(safe, inner):
    root = safe()
    chosen = root.parent if inner == ".." else next(root.glob(inner)) if inner else root
    with opened(chosen) as scene:
        assert tuple(scene.mapping.indexes) == WANTED
        assert scene.units.name == "dn_offset"


def test_one_resolution_of_a_product_is_a_scene_too(safe):
    chosen = next(safe().glob("GRANULE/*/IMG_DATA/R20m"))
    with opened(chosen) as scene:
        assert scene.grid.transform.a == 20
        assert sorted(set(WANTED) - set(scene.mapping.indexes)) == ["B1", "B8", "B9"]
        assert scene.units.name == "dn_offset"


def test_a_folder_of_band_files_with_validity_as_second_band(tmp_path):
    """As Sentinel Hub's browser writes them, with spaces and brackets; pictures and class maps beside them."""
    folder = tmp_path / "EO & Browser [2020]"
    values = np.random.default_rng(0).integers(500, 3000, (12, 16, 20))
    validity = np.ones((16, 20))
    validity[5, 6:9] = 0
    for name, band in zip(WANTED, values, strict=True):
        padded = f"B{int(name[1:]):02d}" if name[1:].isdigit() else name
        path = folder / f"2020-01-27-00_00_2020-01-27-23_59_Sentinel-2_L2A_{padded}_(Raw).tiff"
        write_band(path, [band, validity], 1e-4, 89, 22, "EPSG:4326")
    for other in ("True_color", "Scene_classification_map"):
        write_band(folder / f"2020-01-27_Sentinel-2_L2A_{other}.tiff", np.ones((3, 16, 20)), 1e-4, 89, 22, "EPSG:4326")
    (folder / "truth.mat").write_text("not a raster")
    with opened(folder) as scene:
        assert tuple(scene.mapping.indexes) == WANTED
        assert scene.units.name == "dn"
        images, valid = scene.read(Window(0, 0, 20, 16), WANTED)
    np.testing.assert_array_equal(valid, validity != 0)
    np.testing.assert_array_equal(images, values * valid)


def test_validity_of_any_file_counts(tmp_path):
    masks = np.ones((3, 8, 8))
    for i, name in enumerate(("B02", "B03", "B04")):
        masks[i, i, 0] = 0
        path = write_band(tmp_path / "s" / f"{name}.tif", [np.full((8, 8), 600), masks[i] * 65535])
        with rasterio.open(path, "r+") as dataset:
            dataset.colorinterp = [ColorInterp.gray, ColorInterp.alpha]
    _, valid = read_all(tmp_path / "s", "dn", ("B2", "B3", "B4"))
    assert np.argwhere(~valid).tolist() == [[0, 0], [1, 0], [2, 0]]


def test_bands_are_interpolated_over_valid_pixels_only(tmp_path):
    coarse, validity = np.full((8, 8), 600), np.ones((8, 8))
    coarse[2, 2] = validity[2, 2] = 0
    write_band(tmp_path / "s" / "B05.tif", [coarse, validity], 20)
    for name in ("B02", "B03"):
        write_band(tmp_path / "s" / f"{name}.tif", np.full((16, 16), 600))
    images, valid = read_all(tmp_path / "s", "dn", ("B2", "B3", "B5"))
    assert np.argwhere(~valid).tolist() == [[4, 4], [4, 5], [5, 4], [5, 5]]
    assert set(np.unique(images[:, valid])) == {600}


def test_common_names_of_bands_are_understood(tmp_path):
    for name in ("blue", "green", "red", "nir", "swir16", "wvp", "scl", "visual"):
        write_band(tmp_path / "s" / f"{name}.tif", np.full((8, 8), 600))
    with opened(tmp_path / "s", units="dn") as scene:
        assert list(scene.mapping.indexes) == ["B2", "B3", "B4", "B8", "B11"]


def fill(folder, *names, **options):
    for name in names:
        write_band(folder / name, np.full((8, 8), 600), **options)
    return folder


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a_B02.tif", "b_B02.tif", "B03.tif"), ["B2 is there twice", "'a_B02.tif' and 'b_B02.tif'"]),
        (("B02_20m.tif", "x_B02_20m.tif"), ["B2 is there twice"]),
        (
            ("T32TPS_20200103T101559_B02.jp2", "T32TPS_20200108T101559_B03.jp2", "T32TPS_20200103T101559_B04.jp2"),
            ["'s' mixes files of different products", "20200103T101559_B0", "'T32TPS_20200108T101559_B03.jp2'"],
        ),
        (("T32TPS_20200103_B02.jp2", "T33TUM_20200103_B03.jp2"), ["different products"]),
        (("x_2018-12-01_B02.tif", "x_2019-01-05_B03.tif"), ["different products"]),
        (("x_L1C_B02.tif", "x_L2A_B03.tif"), ["different products"]),
        (("LC08_L2SP_001002_20200103_SR_B2.TIF", "LC08_L2SP_001002_20200103_SR_B3.TIF"), ["a file of Landsat"]),
        (("HLS.L30.T32TPS.2020003T101559.v2.0.B02.tif",), ["a file of Landsat"]),
        (("MOD09GA.A2020003_b01.tif",), ["a file of MODIS"]),
        (
            ("one.tif", "two.tif"),
            ["Folder 's' holds no file that is named after a Sentinel-2 band", "one.tif, two.tif"],
        ),
        ((), ["holds no file that is named after", "Choose one of its rasters"]),
    ],
)
def test_folders_that_are_not_one_scene_are_refused_by_name(tmp_path, names, words):
    (tmp_path / "s").mkdir()
    folder = fill(tmp_path / "s", *names)
    with pytest.raises(InputError) as caught, opened(folder):
        pass
    assert caught.value.remedy
    for word in words:
        assert word in str(caught.value)


def test_the_finer_of_two_files_of_a_band_is_taken(tmp_path):
    folder = fill(tmp_path / "s", "x_B02_10m.tif", "x_B03_10m.tif", "x_B04_10m.tif")
    write_band(folder / "x_B02_20m.tif", np.full((4, 4), 9), 20)
    images, _ = read_all(folder, "dn", ("B2",))
    assert (images == 600).all()


def test_hls_of_sentinel_2_is_not_taken_for_landsat(tmp_path):
    names = [f"HLS.S30.T32TPS.2020003T101559.v2.0.{band}.tif" for band in ("B02", "B03", "B8A")]
    with opened(fill(tmp_path / "s", *names), units="dn") as scene:
        assert list(scene.mapping.indexes) == ["B2", "B3", "B8A"]


def test_files_that_are_no_bands_are_refused_by_name(tmp_path):
    folder = fill(tmp_path / "s", "B02.tif", "B03.tif")
    write_band(folder / "B04.tif", np.ones((3, 8, 8)))
    with pytest.raises(InputError, match=r"'B04.tif' is named after one band and holds 3"), opened(folder):
        pass
    (folder / "B04.tif").write_text("not a raster")
    with pytest.raises(InputError, match=r"'B04.tif' could not be read as a raster"), opened(folder):
        pass


def test_a_second_band_with_other_values_is_not_taken_for_validity(tmp_path):
    folder = fill(tmp_path / "s", "B02.tif", "B03.tif")
    write_band(folder / "B04.tif", [np.full((8, 8), 600), np.full((8, 8), 3)])
    with pytest.raises(InputError, match=r"'B04.tif' is named after one band and holds 2"), opened(folder):
        pass


def test_a_folder_or_zip_with_a_single_raster_is_that_raster(make_raster, tmp_path):
    path = make_raster("s/scene.tif") if (tmp_path / "s").mkdir() is None else ""
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.write(path, "inside/scene.tif")
    expected = read_all(path)[0]
    for chosen in (tmp_path / "s", tmp_path / "one.zip"):
        np.testing.assert_array_equal(read_all(chosen)[0], expected)


def test_formats_whose_rasters_are_folders_are_opened_as_such(tmp_path):
    path = tmp_path / "scene.zarr"
    profile = {"width": 8, "height": 8, "count": 12, "dtype": "uint16", "transform": Affine(10, 0, 6e5, 0, -10, 5.2e6)}
    with rasterio.open(path, "w", driver="Zarr", **profile) as dataset:
        dataset.write(np.ones((12, 8, 8), np.uint16))
    assert path.is_dir()
    with (
        pytest.raises(InputError, match=r"'scene.zarr' has no coordinate reference system"),  # that is: it was opened
        opened(path),
    ):
        pass


def test_a_broken_zip_is_refused(tmp_path):
    (tmp_path / "half.zip").write_bytes(b"PK\x03\x04 and no more")
    with (
        pytest.raises(InputError, match=r"'half.zip' could not be opened as a zip file"),
        opened(tmp_path / "half.zip"),
    ):
        pass


def test_files_are_composed_on_the_finest_grid_and_their_common_area(tmp_path):
    values = np.arange(400).reshape(20, 20) + 300
    files = [
        write_band(tmp_path / "B02.tif", values),
        write_band(tmp_path / "B03.tif", values + 1000, left=600050, top=5200020),
        write_band(tmp_path / "B11.tif", np.full((20, 20), 900), 20, 599900, 5200140),
    ]
    path = compose(files, str(tmp_path / "out.tif"))
    with opened(path, units="dn") as scene:
        assert scene.name == name_of(path) == "B02.tif and 2 more"
        assert scene.grid.bounds == (600050, 5199840, 600200, 5200020)
        images, valid = scene.read(Window(0, 0, scene.grid.width, scene.grid.height), ("B2", "B3", "B11"))
    assert valid.all()
    np.testing.assert_array_equal(images[0], values[2:, 5:])
    np.testing.assert_array_equal(images[1], values[:18, :15] + 1000)
    assert (images[2] == 900).all()


def test_files_of_several_bands_are_composed_by_their_descriptions(make_raster, tmp_path):
    fine = make_raster("fine.tif", count=3, names=("B02", "B03", "B04"), nodata=0)
    other = make_raster("other.tif", count=2, names=("B8A", "SCL"), dtype="float32")
    with opened(compose([fine, other], str(tmp_path / "out.tif")), units="dn") as scene:
        assert scene.mapping.indexes == {"B2": 1, "B3": 2, "B4": 3, "B8A": 4}
        assert scene.dataset.descriptions == ("B02", "B03", "B04", "B8A", "SCL")
        assert scene.dataset.nodatavals == (0, 0, 0, None, None)
        images, _ = scene.read(Window(3, 4, 5, 6), ("B4", "B8A"))
    for image, path, band in ((images[0], fine, 3), (images[1], other, 1)):
        with rasterio.open(path) as dataset:
            np.testing.assert_array_equal(image, dataset.read(band, window=Window(3, 4, 5, 6)))


def test_scales_of_composed_files_are_kept(tmp_path):
    files = [write_band(tmp_path / f"{name}.tif", np.full((8, 8), 500)) for name in ("B02", "B03", "B04")]
    for i, path in enumerate(files):
        with rasterio.open(path, "r+") as dataset:
            dataset.scales, dataset.offsets = (0.0001 * (i + 1),), (-0.01,)
    images, _ = read_all(compose(files, ""), names=("B2", "B3", "B4"))
    np.testing.assert_allclose(images[:, 0, 0], [400, 900, 1400], rtol=1e-5)


def test_files_that_do_not_go_together_are_refused(tmp_path):
    first = write_band(tmp_path / "B02.tif", np.full((8, 8), 600))
    away = write_band(tmp_path / "B03.tif", np.full((8, 8), 600), left=700000)
    other_crs = write_band(tmp_path / "B04.tif", np.full((8, 8), 600), crs="EPSG:32633")
    south_up = write_band(tmp_path / "B05.tif", np.full((8, 8), 600), transform=Affine(10, 0, 6e5, 0, 10, 5.2e6))
    no_crs = write_band(tmp_path / "B06.tif", np.full((8, 8), 600), crs=None)
    landsat = write_band(tmp_path / "LC08_B3.tif", np.full((8, 8), 600))
    for files, words in (
        ([first, away], "have no area in common"),
        ([first, other_crs], "'B02.tif' lies in EPSG:32632 and 'B04.tif' in EPSG:32633. Warp the files"),
        ([first, south_up], "'B05.tif' is rotated or south-up"),
        ([first, no_crs], "'B06.tif' has no georeference"),
        ([first, landsat], "a file of Landsat"),
        ([first, first], "B2 is there twice"),
        ([first, str(tmp_path)], "is a folder; several scenes"),
        ([first, str(tmp_path / "nowhere.tif")], "not a file"),
    ):
        with pytest.raises(InputError, match=words):
            compose(files, str(tmp_path / "out.tif"))


@pytest.mark.parametrize("units", ["auto", "dn"])
def test_files_that_cannot_be_read_are_named_instead_of_read_as_zeros(tmp_path, units):
    files = [
        write_band(tmp_path / f"{name}.tif", np.random.default_rng(0).integers(300, 3000, (200, 200)), compress="LZW")
        for name in ("B02", "B03", "B04")
    ]
    path = compose(files, "")
    Path(files[1]).write_bytes(Path(files[1]).read_bytes()[:30000])
    for _ in range(2):
        with pytest.raises(InputError, match=r"'B02.tif and 2 more' cannot be read: .*B03.tif"):
            read_all(path, units)
    Path(files[2]).unlink()
    with pytest.raises(InputError, match=r"'B02.tif and 2 more' cannot be read: .*B0[34].tif"):
        read_all(path, units)


def test_the_command_line_takes_band_files_as_one_scene(make_raster, tmp_path, tiny_weights):
    files = [write_band(tmp_path / f"{name}.tif", np.full((24, 24), 600)) for name in ("B02", "B03", "B04")]
    out = tmp_path / "out.tif"
    options = ["--weights", tiny_weights, "--pca", "4", "--stages", "0,1", "--units", "dn"]

    def embed(*paths):
        return CliRunner().invoke(main, ["embed", *map(str, paths), *options])

    result = embed(*files, out)
    assert result.exit_code == 0, result.output
    assert "'B02.tif and 2 more' lacks B1" in result.output
    with rasterio.open(out) as dataset:
        made = json.loads(dataset.tags()["MMEARTH"])
    assert made["source"] == "B02.tif and 2 more"
    assert made["bands"] == {"B2": 1, "B3": 2, "B4": 3}
    assert embed(*files, out).exit_code == 0  # a result of ours may be written anew
    forgotten = embed(*files)
    assert forgotten.exit_code == 2
    assert "'B04.tif', is where the result goes, and it holds another raster" in forgotten.output
    with rasterio.open(files[2]) as dataset:
        assert (dataset.read() == 600).all()
