"""Tiles: where labels come from, that each labelled pixel is in one tile, what validates, and what is refused."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from labelled_ground import collect, square, write_labels
from mmearth.errors import Cancelled, InputError
from mmearth.tuning.hold_out import hold_out
from mmearth.tuning.tile_grid import TileGrid
from mmearth.weights.checkpoints import load_weights, save_weights

GRID = Affine(10, 0, 600000, 0, -10, 5200000)
PLACES = [(10, 10), (100, 20), (200, 30), (30, 120), (110, 140), (220, 150)]


def two_classes(places=PLACES):
    return [("ab"[i % 2], square(*place)) for i, place in enumerate(places)]


@pytest.fixture
def labels(tmp_path):
    return write_labels(tmp_path / "labels.geojson", two_classes())


@pytest.fixture
def scene(make_raster):
    """A scene whose first two bands hold each pixel's row and column, times 15, plus 300."""
    values = np.random.default_rng(0).integers(300, 3000, (12, 200, 260))
    values[0], values[1] = np.mgrid[:200, :260] * 15 + 300
    return make_raster(values=values)


@pytest.fixture
def make_mask(tmp_path):
    (tmp_path / "masks").mkdir()

    def make(values, name="scene.tif", crs="EPSG:32632", transform=GRID, **profile):
        values = np.asarray(values)
        values = values if values.ndim == 3 else values[None]
        path = tmp_path / "masks" / name
        with rasterio.open(
            path, "w", driver="GTiff", width=values.shape[2], height=values.shape[1], count=len(values),
            dtype=profile.pop("dtype", "uint8"), crs=crs, transform=transform, **profile,
        ) as dataset:  # fmt: skip
            dataset.write(values)
        return str(tmp_path / "masks")

    return make


def halves(height=200, width=260):
    values = np.zeros((height, width), np.uint8)
    middle = width // 2
    values[:, middle:] = 1
    return values


@pytest.mark.parametrize("align_px", [8, 16, 48, 64])
@pytest.mark.parametrize("size", [1, 33, 96, 97, 128, 129, 260, 1000])
def test_every_pixel_belongs_to_one_tile_with_surroundings(size, align_px):
    grid = TileGrid.over(size, 8, align_px)
    owners = np.zeros(size, int)
    for number in range(len(grid)):
        tile = grid.tile(number)
        top, bottom = int(tile.window.row_off), int(tile.window.row_off) + grid.tile_px
        first, stop = int(tile.own.row_off), int(tile.own.row_off + tile.own.height)
        if stop <= first:
            continue
        owners[first:stop] += 1
        assert top % align_px == 0
        assert top <= first
        assert stop <= bottom
        assert first == 0 or (first - top >= 8 and first % align_px == 0)
        assert stop == size or bottom - stop >= 8
        assert (grid.numbers_of(np.arange(first, stop), np.zeros(stop - first, int)) == number).all()
    assert (owners == 1).all()


def test_labelled_pixels_lie_where_the_polygons_are_and_images_are_what_the_encoder_sees(
    scene, labels, tiny_weights, tmp_path, report
):
    tiles = collect([scene], tiny_weights, tmp_path, report, labels=labels)

    assert [c.name for c in tiles.classes] == ["a", "b"]
    assert tiles.pixels.tolist() == [36] * 6
    assert (tiles.images.shape[1:], tiles.images.dtype) == ((12, 128, 128), np.float16)
    for sample, (col, row) in enumerate(PLACES):
        tile, at_row, at_col = np.nonzero(tiles.samples == sample)
        stored = tiles.images[tile, :2, at_row, at_col].astype(float) * 900 + 1500  # the weights' mean and deviation
        rows, cols = np.round((stored - 300) / 15).T
        assert sorted(zip(rows, cols, strict=True)) == [
            (r, c) for r in range(row, row + 6) for c in range(col, col + 6)
        ]
        assert (tiles.labels[tile, at_row, at_col] == sample % 2).all()
    assert (tiles.labels >= 0).sum() == 6 * 36
    assert report.calls[-1][0] == "Reading tiles"
    assert (tiles.unit, tiles.task, tiles.folds, tiles.weighs_pixels) == ("pixel", "segmentation", "polygon", False)
    assert tiles.counted == "polygon"
    assert tiles.reading["units"] == "dn"
    assert sorted(p.name for p in (tmp_path / "tiles").iterdir()) == ["images.raw", "labels.raw", "samples.raw"]


def test_one_of_every_class_validates_and_the_seed_decides_which(scene, labels, tiny_weights, tmp_path, report):
    chosen = set()
    for seed in range(6):
        tiles = collect([scene], tiny_weights, tmp_path, report, labels=labels, seed=seed)
        held = np.flatnonzero(tiles.held_out)
        assert sorted(tiles.sample_classes[held]) == [0, 1]
        chosen.add(tuple(held))
    assert len(chosen) > 1


def test_nodata_pixels_and_polygons_on_nodata_do_not_teach(make_raster, labels, tiny_weights, tmp_path, report):
    values = np.random.default_rng(0).integers(300, 3000, (12, 200, 260))
    values[:, :13, :20] = 0  # half of the first polygon
    values[:, 20:26, 100:106] = 0  # all of the second
    tiles = collect([make_raster(values=values, nodata=0)], tiny_weights, tmp_path, report, labels=labels)
    assert tiles.pixels.tolist() == [18, 0, 36, 36, 36, 36]
    assert not tiles.held_out[1]
    assert tiles.groups[1] == -1
    assert [(p.kind, p.features) for p in tiles.problems if p.kind == "nodata"] == [("nodata", (0,)), ("nodata", (1,))]
    assert tiles.labelled_samples == 5


def test_a_small_scene_lies_in_the_middle_of_one_tile(make_raster, make_mask, tiny_weights, tmp_path, report):
    masks = make_mask(halves(130, 33))
    tiles = collect([make_raster(width=33, height=130)], tiny_weights, tmp_path, report, masks=masks)
    assert tiles.bounds[0, 2:].tolist() == [40, 73]
    assert (tiles.labels >= 0).sum() == 33 * 130


def test_masks_teach_every_pixel_but_nodata_and_ignored_ones(scene, make_mask, tiny_weights, tmp_path, report):
    values = halves() + 3
    values[:10], values[10:30] = 9, 255
    masks = make_mask(values, nodata=255)
    listed = ({"value": 3, "name": "dry", "color": "#112233"}, {"value": 4, "name": "wet"}, {"value": 5, "name": "x"})
    tiles = collect([scene], tiny_weights, tmp_path, report, masks=masks, ignore=("9",), classes=listed)
    assert [(c.value, c.name) for c in tiles.classes] == [(3, "dry"), (4, "wet")]
    assert tiles.classes[0].color == "#112233"
    assert [int((tiles.labels == c).sum()) for c in (0, 1)] == [170 * 130, 170 * 130]
    assert any("x of the class list has no pixel" in note for note in tiles.notes)
    # 64-pixel blocks of a 200 × 260 scene; 20 % of each class, about
    assert len(tiles.pixels) == 4 * 5
    assert tiles.folds == "block"
    assert "fewer than 5" in tiles.folds_reason
    held = tiles.pixels[tiles.held_out].sum() / tiles.pixels.sum()
    assert 0.1 < held < 0.3
    assert tiles.weighs_pixels


def test_whole_scenes_are_held_out_where_there_are_enough(make_raster, make_mask, tiny_weights, tmp_path, report):
    scenes = [make_raster(name=f"s{i}.tif", width=80, height=70) for i in range(5)]
    for i in range(5):
        masks = make_mask(halves(70, 80), name=f"s{i}.tif")
    make_mask(halves(70, 80), name="other.tif")
    tiles = collect(scenes, tiny_weights, tmp_path, report, masks=masks)
    assert (tiles.folds, tiles.images.shape[0]) == ("scene", 5)
    by_scene = tiles.held_out.reshape(5, 4)  # 2 × 2 blocks
    assert by_scene.all(axis=1).sum() == 1
    assert by_scene.any(axis=1).sum() == 1
    assert any("1 of 6 masks in 'masks' have no scene and are not used (other.tif)" in note for note in tiles.notes)
    chosen = collect(scenes, tiny_weights, tmp_path, report, masks=masks, folds="block")
    assert chosen.folds == "block"


def test_cells_have_the_class_of_most_of_their_pixels(make_raster, make_mask, tiny_weights, tmp_path, report):
    values = np.full((200, 260), 255, np.uint8)
    values[:, :64] = 1
    values[:, 64:] = 2
    values[0:16, 0:7] = 2  # 7 of 16 columns: the cell stays class 1
    values[16:32, 0:9] = 2  # 9 of 16
    values[32:48, 0:9] = 255  # less than half is labelled
    pixels = np.random.default_rng(0).integers(300, 3000, (12, 200, 260))
    pixels[:, 48:52, :5] = 0  # nodata in the corner of a cell: the rest of it counts
    scene = make_raster(values=pixels, nodata=0)
    masks = make_mask(values, nodata=255)
    tiles = collect([scene], tiny_weights, tmp_path, report, masks=masks, task="classification", cell_px=16)
    assert (tiles.unit, tiles.counted) == ("cell", "cell")
    top, _, left, _ = tiles.bounds[0]
    first = tiles.labels[0, top:, left:]
    assert first[::16, 0][:4].tolist() == [0, 1, -1, 0]
    for label, sample in zip(tiles.labels, tiles.samples, strict=True):
        cells = label.reshape(len(label) // 16, 16, -1, 16)
        assert (cells == cells[:, :1, :, :1]).all()
        assert ((label >= 0) == (sample >= 0)).all()


def test_a_table_gives_scenes_one_or_several_classes(make_raster, tiny_weights, tmp_path, report):
    scenes = [make_raster(name=f"s{i}.tif", width=40, height=40) for i in range(6)]
    table = tmp_path / "table.csv"
    table.write_text("scene,class\ns0.tif,a\ns1,b\ns2,a\ns3,b\ns4,\n")
    tiles = collect(scenes, tiny_weights, tmp_path, report, labels=str(table), task="classification")
    assert (tiles.unit, tiles.folds) == ("scene", "scene")
    assert tiles.counted == "scene"
    assert tiles.sample_classes.tolist() == [0, 1, 0, 1, -1, -1]
    assert tiles.pixels.tolist() == [1600] * 4 + [0] * 2
    assert any("1 of 6 scenes have no row in 'table.csv': left out (s5.tif)" in note for note in tiles.notes)

    table.write_text('scene,class\ns0.tif,a;b\ns1,b\ns2,"a"\ns3,a; b\ns4,\n')
    tiles = collect(scenes, tiny_weights, tmp_path, report, labels=str(table), task="classification", multi_label=True)
    assert tiles.sample_classes.astype(int).tolist() == [[1, 1], [0, 1], [1, 0], [1, 1], [0, 0], [0, 0]]
    assert tiles.pixels.tolist() == [1600] * 5 + [0]  # no class at all is a label, too; no row is none
    assert tiles.entries[:, :2].tolist() == [[0, 0], [1, 0], [1, 1], [0, 2], [0, 3], [1, 3], [2, 4]]


def test_polygons_with_several_classes(scene, tiny_weights, tmp_path, report):
    values = ("a;b", "b", "a", "a ;b", "b", "a")
    path = write_labels(tmp_path / "l.geojson", [(v, square(*p)) for v, p in zip(values, PLACES, strict=True)])
    tiles = collect([scene], tiny_weights, tmp_path, report, labels=path, task="classification", multi_label=True)
    assert [c.name for c in tiles.classes] == ["a", "b"]
    assert tiles.sample_classes.astype(int).tolist() == [[1, 1], [0, 1], [1, 0], [1, 1], [0, 1], [1, 0]]


def test_cancel_between_tiles_leaves_no_half_file(scene, labels, tiny_weights, tmp_path, report):
    report.cancel_at = 2
    with pytest.raises(Cancelled):
        collect([scene], tiny_weights, tmp_path, report, labels=labels)
    assert not list((tmp_path / "tiles").iterdir())


def test_too_many_tiles_are_drawn_from(scene, make_mask, tiny_weights, tmp_path, report, monkeypatch):
    monkeypatch.setattr("mmearth.tuning.tiles.MOST_TILES", 3)
    tiles = collect([scene], tiny_weights, tmp_path, report, masks=make_mask(halves()))
    assert len(tiles.images) == 3
    assert any("cover 9 tiles; 3 of them" in note for note in tiles.notes)


# What validates -----------------------------------------------------------------------------------------------------


def test_a_share_of_every_class_is_held_out_and_none_is_left_without_training():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], [50, 10, 2])
    amounts = np.eye(3)[classes]
    held, notes = hold_out(amounts, np.arange(62), 0.2, 0, "abc", "polygon")
    assert [int(held[classes == c].sum()) for c in range(3)] == [10, 2, 1]
    assert notes == []
    groups = rng.integers(0, 12, 62)
    held, _ = hold_out(amounts, groups, 0.2, 0, "abc", "block")
    assert not set(groups[held]) & set(groups[~held])
    assert all((held[classes == c]).any() and (~held[classes == c]).any() for c in range(2))


def test_a_class_that_one_group_holds_teaches_and_is_told():
    amounts = np.eye(3)[[0, 0, 1, 1, 2]]
    held, notes = hold_out(amounts, np.arange(5), 0.2, 0, "abc", "polygon")
    assert not held[4]
    assert "class 'c' has 1 polygon" in notes[0]


def test_no_validation_possible():
    with pytest.raises(InputError, match=r"class 'b' has 1 polygon.*2 polygons each") as caught:
        hold_out(np.eye(2)[[0, 0, 0, 1]], np.arange(4), 0.2, 0, "ab", "polygon")
    assert "at least 2 of each class" in caught.value.remedy


# Bad input ----------------------------------------------------------------------------------------------------------


def refused(scenes, weights, folder, report, text, **options):
    with pytest.raises(InputError, match=text) as caught:
        collect(scenes, weights, folder, report, **options)
    assert caught.value.remedy
    return caught.value


def test_one_class(scene, make_mask, tiny_weights, tmp_path, report):
    one = write_labels(tmp_path / "one.geojson", [("a", square(*p)) for p in PLACES])
    refused([scene], tiny_weights, tmp_path, report, "only one class in field 'class': 'a'", labels=one)
    refused([scene], tiny_weights, tmp_path, report, "hold only one class: 4", masks=make_mask(halves() * 0 + 4))


def test_too_few_polygons_to_validate(scene, tiny_weights, tmp_path, report):
    path = write_labels(tmp_path / "few.geojson", two_classes(PLACES[:2]))
    refused([scene], tiny_weights, tmp_path, report, "No validation is possible: class 'a' has 1 polygon", labels=path)


def test_negatives(scene, tiny_weights, tmp_path, report):
    polygons = [*two_classes(), ("not a", square(150, 100))]
    path = write_labels(tmp_path / "negative.geojson", polygons)
    refused([scene], tiny_weights, tmp_path, report, r"only what it is not \('not a'\)", labels=path)
    tiles = collect([scene], tiny_weights, tmp_path, report, labels=path, ignore=("not a",))
    assert tiles.labelled_samples == 6


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        ({"values": halves(190, 260)}, "has 190 rows and 260 columns; its scene 'scene.tif' has 200 and 260"),
        ({"values": halves(), "crs": "EPSG:32633"}, "is in EPSG:32633; its scene 'scene.tif' is in EPSG:32632"),
        (
            {"values": halves(), "transform": Affine(10, 0, 600020, 0, -10, 5200000)},
            r"lies \+2 columns and \+0 rows off its scene",
        ),
        ({"values": np.stack([halves()] * 2)}, "has 2 bands; one is wanted"),
        ({"values": halves() * 0.5, "dtype": "float32"}, "holds 0.5; classes are whole numbers"),
        ({"values": -halves().astype(int), "dtype": "int16"}, "holds -1; classes are whole numbers from 0"),
        ({"values": np.full((200, 260), 255), "nodata": 255}, "no labelled pixel: all are nodata or to be ignored"),
        ({"values": np.arange(52000).reshape(200, 260), "dtype": "uint16"}, "more than 256 different values"),
        ({"values": halves(), "name": "else.tif"}, "Scene 'scene.tif' has no mask in 'masks', which holds 1 rasters"),
    ],
)
def test_masks_that_do_not_fit(scene, make_mask, tiny_weights, tmp_path, report, mask, text):
    refused([scene], tiny_weights, tmp_path, report, text, masks=make_mask(**mask))


def test_a_mask_without_georeference_is_taken_as_it_lies(scene, make_mask, tiny_weights, tmp_path, report):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):  # of the writing
        masks = make_mask(halves(), crs=None, transform=Affine.identity())
    tiles = collect([scene], tiny_weights, tmp_path, report, masks=masks)
    assert (tiles.labels >= 0).sum() == 200 * 260


def test_class_ids_above_the_list(scene, make_mask, tiny_weights, tmp_path, report):
    listed = ({"value": 0, "name": "a"}, {"value": 1, "name": "b"})
    values = halves()
    values[:9] = 7
    text = "hold class 7; the class list has 0, 1"
    refused([scene], tiny_weights, tmp_path, report, text, masks=make_mask(values), classes=listed)


def test_all_ignored_tiles_are_told(make_raster, make_mask, tiny_weights, tmp_path, report):
    scenes = [make_raster(name=f"s{i}.tif", width=130, height=130) for i in range(2)]
    make_mask(halves(130, 130), name="s0.tif")
    masks = make_mask(np.full((130, 130), 9), name="s1.tif")
    tiles = collect(scenes, tiny_weights, tmp_path, report, masks=masks, ignore=("9",))
    assert any("Mask 's1.tif' has no labelled pixel" in note for note in tiles.notes)
    refused(scenes, tiny_weights, tmp_path, report, "no labelled pixel", masks=masks, ignore=("9", "0", "1"))


def test_labels_on_nodata_alone(make_raster, make_mask, labels, tiny_weights, tmp_path, report):
    values = np.zeros((12, 200, 260))
    values[:, 190:] = 1000
    scene = make_raster(values=values, nodata=0)
    refused([scene], tiny_weights, tmp_path, report, "None of the labelled pixels holds data", labels=labels)
    mask = np.where(np.arange(200)[:, None] < 180, halves(), 255)
    refused([scene], tiny_weights, tmp_path, report, "holds data in its scene", masks=make_mask(mask, nodata=255))


def test_weights_for_other_bands(make_raster, labels, tiny_weights, tmp_path, report):
    weights = load_weights(tiny_weights)
    strict = str(tmp_path / "strict.safetensors")
    object.__setattr__(weights, "band_dropout", False)
    save_weights(strict, weights)
    scene = make_raster(width=260, height=200, count=4, names=("B2", "B3", "B4", "B8"))
    refused([scene], strict, tmp_path, report, "lacks B1, B5.*need all of", labels=labels)
    tiles = collect([scene], tiny_weights, tmp_path, report, labels=labels)
    there = [tiles.bands.index(name) for name in ("B2", "B3", "B4", "B8")]
    assert np.flatnonzero(np.asarray(tiles.images, float).any(axis=(0, 2, 3))).tolist() == sorted(there)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (
            "scene,class\nscene,a\nlost.tif,b\n",
            "Row 3 .* names scene 'lost.tif', which is not among the 1 scenes given",
        ),
        ("scene,class\nscene,a\nscene,b\n", "Row 3 .* has another row already"),
        ("scene,kind\nscene,a\n", "no column 'class'; its columns are scene, kind"),
        ("scene,class\nscene,a\n", "only one class in column 'class': 'a'"),
        ("scene,class\nscene,\n", "gives no scene a class"),
    ],
)
def test_tables_that_do_not_fit(scene, tiny_weights, tmp_path, report, text, refusal):
    table = tmp_path / "table.csv"
    table.write_text(text)
    refused([scene], tiny_weights, tmp_path, report, refusal, labels=str(table), task="classification")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"cell_px": 20, "unit": "cell"}, "Cells of 20 pixels do not fit the weights, whose patches are 8 pixels wide"),
        ({"unit": "scene"}, "a layer of polygons, which says nothing of a scene as a whole"),
        ({"unit": "cell", "multi_label": True}, "Several classes at once are possible for polygons and scenes"),
        ({"held_out": 1.0}, "1 of the labels were to validate"),
        ({"masks": "folder"}, "Both labels and masks were given"),
        ({"unit": "cell", "cell_px": 64}, "No cell of 64 × 64 pixels with data is labelled by at least 50%"),
    ],
)
def test_requests_that_contradict_themselves(scene, labels, tiny_weights, tmp_path, report, options, text):
    options = {"task": "classification", "labels": labels, **options}
    refused([scene], tiny_weights, tmp_path, report, text, **options)


def test_cells_of_one_class_alone(scene, tiny_weights, tmp_path, report):
    polygons = [("a", square(32, 32, 32)), ("a", square(128, 128, 32)), ("b", square(4, 4)), ("b", square(100, 10))]
    path = write_labels(tmp_path / "small.geojson", polygons)
    options = {"task": "classification", "unit": "cell", "labels": path}
    refused([scene], tiny_weights, tmp_path, report, "Only class 'a' has labelled cells with data", **options)


def test_embeddings_cannot_be_tuned_on(scene, labels, tiny_weights, tmp_path, report, monkeypatch):
    monkeypatch.setattr("mmearth.tuning.tiles.recognise", lambda path: object())
    refused([scene], tiny_weights, tmp_path, report, "'scene.tif' is an embedding; fine-tuning", labels=labels)


def test_a_table_says_nothing_of_pixels(scene, tiny_weights, tmp_path, report):
    table = tmp_path / "table.csv"
    table.write_text("scene,class\nscene,a\n")
    refused(
        [scene], tiny_weights, tmp_path, report, "a table of scenes, which says nothing of single", labels=str(table)
    )
