"""Embeddings of ours, AlphaEarth's and TESSERA's come back as floats, and nothing else is taken for one."""

import json

import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth import describe, protocol
from mmearth.embedding.embedding_codes import power_law
from mmearth.embedding.precomputed import open_embedding, recognise, refuse_embedding
from mmearth.errors import InputError
from mmearth.scenes.raster import Grid
from rasterio.windows import Window

LEFT, TOP = 600000, 5200000
ALPHAEARTH = tuple(f"A{i:02d}" for i in range(64))
MADE = {"model": "atto", "weights_sha256": "a" * 20, "stages": [0, 1], "components": 3, "grn": "frozen",
        "bands": {"B4": 1, "B3": 2}, "units": "dn", "stride_px": 1}  # fmt: skip
TILE = "grid_0.15_52.05"


def whole(path):
    with open_embedding(path) as embedding:
        return embedding.read(Window(0, 0, embedding.grid.width, embedding.grid.height))


def codes_of(count, height=5, width=7, seed=1):
    return np.random.default_rng(seed).integers(-127, 128, (count, height, width))


@pytest.fixture
def make_own(make_raster):
    """Writes what `embed` writes: codes with a scale of each band, and how they were made in a tag."""

    def make(values, dtype="int8", nodata=-128, scales=None, made=MADE, name="embedding.tif", **profile):
        names = tuple(f"PC{i + 1:02d}" for i in range(len(values)))
        path = make_raster(name, values=values, dtype=dtype, nodata=nodata, names=names, **profile)
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(MMEARTH=json.dumps(made))
            if scales is not None:
                dataset.scales = scales
        return path

    return make


@pytest.fixture
def make_alphaearth(make_raster):
    def make(values, name="alphaearth.tif", dtype="int8", nodata=-128, names=ALPHAEARTH, **profile):
        return make_raster(name, values=values, dtype=dtype, nodata=nodata, names=names, **profile)

    return make


@pytest.fixture
def make_tile(tmp_path, make_raster):
    """Writes a tile of TESSERA as geotessera downloads it; returns the path of its codes."""

    def make(codes, scales, landmask=True):
        folder = tmp_path / "tessera" / "global_0.1_degree_representation" / "2024" / TILE
        folder.mkdir(parents=True)
        np.save(folder / f"{TILE}.npy", codes.astype(np.int8))
        np.save(folder / f"{TILE}_scales.npy", scales.astype(np.float32))
        if landmask:
            masks = tmp_path / "tessera" / "global_0.1_degree_tiff_all"
            masks.mkdir()
            made = make_raster(values=np.ones((1, *scales.shape)), dtype="uint8")
            (masks / f"{TILE}.tiff").write_bytes((tmp_path / "scene.tif").read_bytes())
            assert made.endswith("scene.tif")
        return folder / f"{TILE}.npy"

    return make


def test_alphaearth_codes_by_hand():
    codes = np.array([127, -127, 51, -51, 0, 1, 64], np.int8)
    wanted = [0.992172, -0.992172, 0.16, -0.16, 0.0, 6.1515e-05, 0.251968]  # (|q| / 127.5)², with the sign
    np.testing.assert_allclose(power_law(codes), wanted, rtol=2e-5)


def test_alphaearth_is_read_as_floats_and_minus_128_is_no_data(make_alphaearth):
    codes = codes_of(64)
    codes[:, 2, 3] = -128
    path = make_alphaearth(codes)
    info = recognise(path)
    assert (info.kind, info.title, info.channels) == ("alphaearth", "AlphaEarth embedding, 64 channels", ALPHAEARTH)
    values, valid = whole(path)
    assert values.dtype == np.float32
    assert np.argwhere(~valid).tolist() == [[2, 3]]
    wanted = np.sign(codes) * (np.abs(codes) / 127.5) ** 2
    wanted[:, 2, 3] = 0
    np.testing.assert_allclose(values, wanted, atol=1e-6)


def test_a_mirrored_file_is_turned(make_alphaearth):
    codes = codes_of(64, 6, 8)
    path = make_alphaearth(codes, transform=Affine(-10, 0, LEFT, 0, -10, TOP))
    with open_embedding(path) as embedding:
        assert embedding.grid.transform == Affine(10, 0, LEFT - 80, 0, -10, TOP)
        values, _ = embedding.read(Window(1, 2, 3, 4))
    np.testing.assert_array_equal(values, power_law(codes[:, :, ::-1].astype(np.int8))[:, 2:6, 1:4])


@pytest.mark.parametrize("nodata", [-128, None])
def test_a_south_up_alphaearth_file_is_read_north_up(make_alphaearth, nodata):
    codes = codes_of(64, 40, 30)
    codes[:, 0, 0] = -128
    path = make_alphaearth(codes, nodata=nodata, transform=Affine(10, 0, LEFT, 0, 10, TOP - 400))
    with open_embedding(path) as embedding:
        assert embedding.grid.transform == Affine(10, 0, LEFT, 0, -10, TOP)
        assert "south-up" in embedding.warped
        values, valid = embedding.read(Window(0, 30, 5, 10))
    wanted = (np.sign(codes) * (np.abs(codes) / 127.5) ** 2)[:, ::-1][:, 30:40, :5]
    assert np.argwhere(~valid).tolist() == [[9, 0]]
    wanted[:, 9, 0] = 0
    np.testing.assert_allclose(values, wanted, atol=1e-6)


def test_alphaearth_without_names_and_as_floats_of_earth_engine(make_alphaearth):
    codes = codes_of(64)
    assert recognise(make_alphaearth(codes, names=())).kind == "alphaearth"
    floats = (codes / 500).astype(np.float32)
    floats[:, 0, 0], floats[:, 0, 1] = 0, np.nan
    path = make_alphaearth(floats, "exported.tif", "float32", None)
    values, valid = whole(path)
    assert np.argwhere(~valid).tolist() == [[0, 0], [0, 1]]
    np.testing.assert_array_equal(values[:, 1:], floats[:, 1:])
    assert recognise(path).difference(recognise(make_alphaearth(codes))) is None


def test_signed_bytes_of_old_gdal(make_alphaearth):
    """GDAL before 3.7 shows them as unsigned and says so in a tag; a virtual raster can still say it that way."""
    from mmearth.embedding import embedding_codes, precomputed

    class Old:
        dtypes, descriptions, count, nodata = ("uint8",) * 64, ALPHAEARTH, 64, -128

        def __init__(self, pixel_type):
            self.pixel_type = pixel_type

        def tags(self, _index=0, ns=""):
            return {"PIXELTYPE": self.pixel_type} if ns == "IMAGE_STRUCTURE" and self.pixel_type else {}

        def read(self, indexes, window):
            return np.full((len(indexes), 1, 1), 205, np.uint8)  # -51 in two's complement

        transform = Affine(10, 0, LEFT, 0, -10, TOP)

    assert precomputed._recognise_raster(Old(""), "x.tif") is None
    assert precomputed._recognise_raster(Old("SIGNEDBYTE"), "x.tif").kind == "alphaearth"
    codes = embedding_codes.StoredCodes(Old("SIGNEDBYTE"), Grid(None, Old.transform, 1, 1), "")
    values, _ = embedding_codes.read_power_law(codes, 64)(Window(0, 0, 1, 1))
    np.testing.assert_allclose(values, -0.16, rtol=1e-5)


@pytest.mark.parametrize(("dtype", "nodata"), [("int8", -128), ("int16", -128)])
def test_our_codes_come_back_as_floats(make_own, dtype, nodata):
    codes = codes_of(3)
    codes[:, 4, 6] = nodata
    path = make_own(codes, dtype, nodata, scales=(0.5, 0.25, 2.0))
    info = recognise(path)
    assert (info.kind, info.channels) == ("mmearth", ("PC01", "PC02", "PC03"))
    assert info.details["stages"] == [0, 1]
    assert info.details["bands"] == ["B4", "B3"]
    values, valid = whole(path)
    assert np.argwhere(~valid).tolist() == [[4, 6]]
    wanted = codes * np.array([0.5, 0.25, 2.0])[:, None, None]
    wanted[:, 4, 6] = 0
    np.testing.assert_array_equal(values, wanted)


def test_embeddings_of_version_0_1_with_an_offset_are_still_read(make_own):
    path = make_own(np.array([[[0, 1, 255]], [[0, 127, 128]]]), "uint8", 0, scales=(0.5, 0.25))
    with rasterio.open(path, "r+") as dataset:
        dataset.offsets = (-63.75, -31.875)  # codes 1…255 around 127.5, as it wrote them
    values, valid = whole(path)
    assert valid.tolist() == [[False, True, True]]
    np.testing.assert_array_equal(values[:, 0], [[0, -63.25, 63.75], [0, -0.125, 0.125]])


@pytest.mark.parametrize("profile", [{}, {"nbits": 16}])
def test_our_floats_come_back_with_nan_as_no_data(make_own, profile):
    floats = codes_of(3) / 64
    floats[:, 1, 1] = np.nan
    values, valid = whole(make_own(floats, "float32", np.nan, **profile))
    assert np.argwhere(~valid).tolist() == [[1, 1]]
    np.testing.assert_array_equal(values, np.nan_to_num(floats))  # multiples of 1/64 fit 16 bits


def test_what_embed_wrote_is_read_back(make_raster, tmp_path, report, tiny_weights):
    """The same scene in codes and in floats differs by half a code step at most."""
    from mmearth import embed

    scene = make_raster()
    read = {}
    for dtype in ("float32", protocol.DTYPES[0]):
        out = str(tmp_path / f"{dtype}.tif")
        request = protocol.EmbedRequest(
            scene, out, weights=tiny_weights, dtype=dtype, components=8, device="cpu", cache=False
        )
        embed.run(request, report)
        read[dtype] = whole(out)
        assert recognise(out).kind == "mmearth"
    (floats, valid), (codes, codes_valid) = read.values()
    np.testing.assert_array_equal(valid, codes_valid)
    with rasterio.open(tmp_path / f"{protocol.DTYPES[0]}.tif") as dataset:
        steps = np.array(dataset.scales)[:, None, None]
    inside = np.abs(floats) < 126 * steps  # codes end at 127
    assert inside.mean() > 0.5
    assert np.all((np.abs(floats - codes) <= 0.5001 * steps + 1e-6)[inside])


def test_windows_over_the_edge_hold_no_data_there(make_own):
    codes = codes_of(3, 20, 20)
    path = make_own(codes, scales=(1.0, 1.0, 1.0))
    with open_embedding(path) as embedding:
        values, valid = embedding.read(Window(-2, 15, 6, 8))
        beyond, beyond_valid = embedding.read(Window(50, 50, 4, 4))
    assert valid.sum() == 5 * 4
    np.testing.assert_array_equal(values[:, :5, 2:], codes[:, 15:, :4])
    assert not values[:, ~valid].any()
    assert not beyond_valid.any()
    assert beyond.shape == (3, 4, 4)


def test_a_tessera_tile_of_arrays(make_tile):
    codes = codes_of(128)
    scales = np.random.default_rng(2).uniform(0.01, 0.1, (5, 7)).astype(np.float32)
    scales[0, 1], scales[3, 3], scales[4, 0] = np.nan, 0, np.inf
    path = make_tile(np.moveaxis(codes, 0, 2), scales)
    wanted = codes * np.where(np.isfinite(scales), scales, 0)
    for given in (path, path.parent, path.with_name(f"{TILE}_scales.npy")):
        info = recognise(str(given))
        assert (info.kind, len(info.channels), info.model) == ("tessera", 128, "TESSERA")
        values, valid = whole(str(given))
        assert np.argwhere(~valid).tolist() == [[0, 1], [3, 3], [4, 0]]
        np.testing.assert_allclose(values, wanted, rtol=1e-6)
    with open_embedding(str(path)) as embedding:
        assert embedding.grid.transform == Affine(10, 0, LEFT, 0, -10, TOP)
        assert embedding.grid.crs.to_epsg() == 32632
    (path.parents[3] / "tessera_metadata.json").write_text(json.dumps({"dataset_version": "1.1"}))
    assert recognise(str(path)).title == "TESSERA 1.1 embedding, 128 channels"


def test_a_tessera_tile_without_one_of_its_files_is_refused(make_tile):
    path = make_tile(np.zeros((5, 7, 128)), np.ones((5, 7)), landmask=False)
    with pytest.raises(InputError, match=r"no georeference: TESSERA's landmask 'grid_0.15_52.05.tiff'") as caught:
        whole(str(path))
    assert "geotessera" in caught.value.remedy
    path.with_name(f"{TILE}_scales.npy").unlink()
    with pytest.raises(InputError, match=r"'grid_0.15_52.05_scales.npy', is missing"):
        recognise(str(path))


def test_a_tessera_tile_whose_files_differ_in_size_is_refused(make_tile):
    with pytest.raises(InputError, match="codes 5 × 7, scales 5 × 6, landmask 5 × 6"):
        whole(str(make_tile(np.zeros((5, 7, 128)), np.ones((5, 6)))))


@pytest.mark.parametrize("transform", [None, Affine(10, 0, LEFT, 0, 10, TOP - 50)])
def test_a_tessera_raster_with_its_scales(make_raster, transform):
    codes, scales = codes_of(128), np.random.default_rng(2).uniform(0.01, 0.1, (1, 5, 7)).astype(np.float32)
    scales[0, 1, 2] = np.nan
    path = make_raster(f"{TILE}.tif", values=codes, dtype="int8", transform=transform)
    make_raster(f"{TILE}_scales.tif", values=scales, dtype="float32", transform=transform)
    values, valid = whole(path)
    wanted = codes * np.nan_to_num(scales)
    if transform is not None:
        wanted = wanted[:, ::-1]
    assert np.argwhere(~valid).tolist() == [[1 if transform is None else 3, 2]]
    np.testing.assert_allclose(values, wanted, rtol=1e-6)


def test_tessera_codes_without_or_with_other_scales_are_refused(make_raster):
    path = make_raster(f"{TILE}.tif", values=codes_of(128), dtype="int8")
    with pytest.raises(InputError, match="'grid_0.15_52.05_scales.tif', is missing"):
        recognise(path)
    make_raster(f"{TILE}_scales.tif", values=np.ones((1, 5, 6)), dtype="float32")
    with pytest.raises(InputError, match=r"do not fit 'grid_0.15_52.05.tif' \(5 × 7\)"):
        recognise(path)


@pytest.mark.parametrize(("stated", "version"), [("v1", "1.0"), ("1.0", "1.0"), ("1.1", "1.1"), ("v2", "2.0")])
def test_a_tessera_export_of_floats(make_raster, stated, version):
    floats = np.random.default_rng(0).normal(size=(4, 5, 7)).astype(np.float32)
    floats[:, 0, 0] = np.nan
    path = make_raster("export.tif", values=floats, dtype="float32", names=[f"Tessera_Band_{i}" for i in range(4)])
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(TESSERA_DATASET_VERSION=stated)
    info = recognise(path)
    assert (info.model, info.details["version"]) == (f"TESSERA {version}", version)
    values, valid = whole(path)
    assert np.argwhere(~valid).tolist() == [[0, 0]]
    np.testing.assert_array_equal(values, np.nan_to_num(floats))


@pytest.mark.parametrize(
    "options",
    [
        {"count": 12, "dtype": "int8"},
        {"count": 64, "dtype": "int8"},  # unnamed and without nodata
        {"count": 64, "dtype": "int8", "nodata": -128, "names": tuple(f"band_{i}" for i in range(64))},
        {"count": 64, "dtype": "uint8", "names": ALPHAEARTH},
        {"count": 64, "dtype": "float32", "nodata": -128},
        {"count": 63, "dtype": "int8", "nodata": -128},
        {"count": 128, "dtype": "int8"},  # without scales beside it
        {"count": 128, "dtype": "float32"},
        {"count": 12},
    ],
)
def test_other_rasters_are_no_embeddings(make_raster, options):
    values = codes_of(options.pop("count")).clip(0, None)
    path = make_raster(values=values, **options)
    assert recognise(path) is None
    refuse_embedding(path)
    with pytest.raises(InputError, match="'scene.tif' is not an embedding that is known"), open_embedding(path):
        pass


def test_class_maps_and_other_paths_are_no_embeddings(make_own, make_raster, tmp_path):
    classes = {"model": "atto", "weights_sha256": "a", "classes": {"1": "oak"}}
    assert recognise(make_own(codes_of(1), "uint8", 0, made=classes)) is None
    assert recognise(make_own(codes_of(1), made=[1], name="list.tif")) is None
    text = tmp_path / "notes.txt"
    text.write_text("no raster")
    broken = tmp_path / "broken.npy"
    broken.write_bytes(b"")
    np.save(tmp_path / "other.npy", np.zeros((3, 3)))
    paths = [text, broken, tmp_path / "other.npy", tmp_path, tmp_path / "missing.tif"]
    assert [recognise(str(path)) for path in paths] == [None] * 5
    assert recognise(f"{make_raster()}\n{make_raster('b.tif')}") is None
    assert recognise("<VRTDataset rasterXSize='1'>" + " " * 5000 + "</VRTDataset>") is None
    with pytest.raises(InputError, match="There is no file"), open_embedding(str(tmp_path / "missing.tif")):
        pass


def test_a_zarr_store_of_embeddings_is_refused_with_the_way_out(tmp_path):
    store = tmp_path / "tessera.zarr"
    store.mkdir()
    (store / "zarr.json").write_text(json.dumps({"attributes": {"geoemb:model": "TESSERA"}}))
    with pytest.raises(InputError, match="'tessera.zarr' is an embedding stored as Zarr") as caught:
        recognise(str(store))
    assert "GeoTIFF" in caught.value.remedy
    (store / "zarr.json").write_text("{}")
    assert recognise(str(store)) is None


def test_a_rotated_embedding_is_refused(make_alphaearth):
    path = make_alphaearth(codes_of(64), transform=Affine(10, 1, LEFT, 1, -10, TOP))
    with pytest.raises(InputError, match="'alphaearth.tif' is rotated") as caught:
        whole(path)
    assert "gdalwarp -r near" in caught.value.remedy


def test_what_tells_embeddings_apart(make_own, make_alphaearth):
    codes = codes_of(3)
    one = recognise(make_own(codes))
    assert one.difference(recognise(make_own(codes, "float32", name="b.tif", made={**MADE, "units": "byte"}))) is None
    other = recognise(make_own(codes, name="b.tif", made={**MADE, "stages": [0, 1, 2, 3]}))
    assert one.difference(other) == ("stages 0, 1", "0, 1, 2, 3")
    scene = {**MADE, "pca_from": "scene", "source": "a.tif"}
    first, second = (recognise(make_own(codes, name=n, made={**scene, "source": n})) for n in ("a.tif", "b.tif"))
    assert first.difference(second) == ("source a.tif", "b.tif")
    assert one.difference(recognise(make_alphaearth(codes_of(64)))) == (
        "MMEarth atto embedding, 3 channels",
        "AlphaEarth embedding, 64 channels",
    )


def test_an_embedding_is_not_embedded_again(make_alphaearth):
    path = make_alphaearth(codes_of(64))
    with pytest.raises(InputError, match=r"is an embedding already \(AlphaEarth embedding, 64 channels\)") as caught:
        refuse_embedding(path)
    assert caught.value.remedy == "Use it directly: train on it."


def test_describe_answers_for_an_embedding_under_the_keys_of_a_scene(
    make_alphaearth, make_raster, report, tiny_weights
):
    path = make_alphaearth(codes_of(64))
    found = describe.run(protocol.DescribeRequest(path, weights=tiny_weights), report)
    scene = describe.run(protocol.DescribeRequest(make_raster(), weights=tiny_weights), report)
    assert found.keys() == scene.keys()
    assert scene["precomputed"] == ""
    assert found["precomputed"] == "AlphaEarth embedding, 64 channels"
    assert (found["count"], found["mapping"], found["missing"], found["wanted"]) == (64, {}, [], [])
    assert (found["width"], found["height"], found["dtype"], found["nodata"]) == (7, 5, "int8", -128)
    assert found["estimate"]["seconds"] == 0
    protocol.encode(found)


def test_a_damaged_file_is_said_to_be_damaged(make_alphaearth):
    path = make_alphaearth(codes_of(64, 300, 300), tiled=True, blockxsize=256, blockysize=256, compress="deflate")
    with rasterio.open(path) as dataset:
        offset = int(dataset.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 5000)
    with pytest.raises(InputError, match="'alphaearth.tif' cannot be read") as caught:
        whole(path)
    assert caught.value.remedy
