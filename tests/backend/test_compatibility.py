"""Whether a model serves a scene: what forbids it and what makes its map doubtful; where its weights are found."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth.embedding.precomputed import recognise
from mmearth.errors import CheckpointError, InputError
from mmearth.mapping import compatibility
from mmearth.mapping.compatibility import check_kind, compare, require, weights_of
from mmearth.weights.checkpoints import BUNDLED
from tiny_models import LEFT, TOP, model_of, of_weights, opened, write_embedding


def compared(model, path, layers=(), units="auto"):
    with opened(path, layers, units) as scene:
        found = compare(model, scene)
    return found.errors, found.warnings


@pytest.fixture
def scene(make_raster):
    return make_raster("scene.tif")


def test_the_scene_it_was_trained_on_serves_without_a_word(scene, make_raster):
    assert compared(model_of(scene), scene) == ([], [])
    dem = make_raster("dem.tif", values=np.random.default_rng(0).normal(500, 90, (1, 48, 64)), dtype="float32")
    assert compared(model_of(scene, (dem,)), scene, (dem,)) == ([], [])


def test_other_bands_are_an_error_that_names_both_and_what_is_missing(scene, make_raster):
    fewer = make_raster("four.tif", count=4, names=("B2", "B3", "B4", "B8"))
    errors, warnings = compared(model_of(scene), fewer)
    assert errors == [
        "'four.tif' offers bands B2, B3, B4, B8; the model was trained with "
        "B1, B2, B3, B4, B5, B6, B7, B8, B8A, B9, B11, B12. It lacks B1, B5, B6, B7, B8A, B9, B11, B12."
    ]
    assert warnings == []  # values of other bands are not compared
    errors, _ = compared(model_of(fewer), scene)
    assert "the model was trained with B2, B3, B4, B8." in errors[0]
    assert "lacks" not in errors[0]


def test_a_scene_and_an_embedding_never_serve_in_place_of_each_other(scene, make_raster):
    other = write_embedding(make_raster)
    errors, _ = compared(model_of(other), scene)
    assert errors == [
        "'scene.tif' is not an embedding but a scene; the model was trained on AlphaEarth embedding, 64 channels."
    ]
    errors, _ = compared(model_of(scene), other)
    assert "is an embedding (AlphaEarth embedding, 64 channels); the model was trained on spectral scenes" in errors[0]
    assert compared(model_of(other), other) == ([], [])


def test_embeddings_of_another_kind_are_an_error(make_raster):
    alphaearth = write_embedding(make_raster)
    names = tuple(f"Tessera_Band_{i}" for i in range(128))
    values = np.random.default_rng(0).normal(size=(128, 48, 64))
    tessera = make_raster("tessera.tif", values=values, dtype="float32", names=names)
    errors, _ = compared(model_of(alphaearth), tessera)
    assert "has TESSERA embedding, 128 channels; the model was trained on AlphaEarth embedding, 64" in errors[0]


def test_the_kind_is_told_before_a_scene_is_opened(scene, make_raster, tmp_path):
    other = write_embedding(make_raster)
    spectral, on_embedding = model_of(scene), model_of(other)
    check_kind(scene, spectral)
    check_kind(other, on_embedding)
    with pytest.raises(InputError, match="is an embedding") as caught:
        check_kind(other, spectral)
    assert "Choose a scene" in caught.value.remedy
    with pytest.raises(InputError, match=r"'scene.tif' is not an embedding that is known.* trained on AlphaEarth"):
        check_kind(scene, on_embedding)
    with pytest.raises(InputError, match="There is no file"):
        check_kind(str(tmp_path / "none.tif"), on_embedding)
    renamed = replace(recognise(other), kind="mmearth", model="MMEarth")
    with pytest.raises(InputError, match="has AlphaEarth embedding, 64 channels; the model was trained on MMEarth"):
        check_kind(other, replace(on_embedding, embedding=renamed))


def test_layers_that_are_missing_too_many_or_swapped_are_errors(scene, make_raster):
    rng = np.random.default_rng(0)
    dem, slope, other = (
        make_raster(name, values=rng.normal(500, 90, (1, 48, 64)), dtype="float32")
        for name in ("dem.tif", "slope.tif", "elsewhere.tif")
    )
    model = model_of(scene, (dem, slope))
    assert compared(model, scene)[0] == [
        "The model was trained with 'dem', 'slope'; given are no extra layers, besides the scene."
    ]
    assert "trained with no extra layers; given are 'dem'" in compared(model_of(scene), scene, (dem,))[0][0]
    assert (
        "in another order (slope, dem); the model takes them as dem, slope"
        in compared(model, scene, (slope, dem))[0][0]
    )
    errors, warnings = compared(model, scene, (other, slope))
    assert errors == []
    assert warnings == ["Layer 'elsewhere' takes the place of 'dem': make sure that it is the same quantity."]


def test_units_and_resolution_are_warnings_that_say_both(scene, make_raster):
    coarse = make_raster("coarse.tif", transform=Affine(20, 0, LEFT, 0, -20, TOP))
    errors, warnings = compared(model_of(scene), coarse)
    assert errors == []
    assert len(warnings) == 1
    assert "pixels of 'coarse.tif' are 20 m wide on the ground" in warnings[0]
    assert "trained on pixels of 10 m" in warnings[0]
    finer = make_raster("finer.tif", transform=Affine(7, 0, LEFT, 0, -7, TOP))
    assert compared(model_of(scene), finer) == ([], [])  # 10 / 7 is less than 1.5
    # 10 m at 60° north in web mercator are 5.01 m on the ground: cos 60° on the ellipsoid.
    north = make_raster("north.tif", crs="EPSG:3857", transform=Affine(10, 0, 1.2e6, 0, -10, 8399737))
    assert "are 5.01 m wide on the ground" in compared(model_of(scene), north)[1][0]
    assert compared(model_of(scene, resolution_m=None), coarse) == ([], [])
    other = compared(model_of(scene), scene, units="dn_offset")[1]
    assert other[0].startswith("The model was trained on dn; 'scene.tif' is read as dn_offset: ")


def write_adapted(make_raster, name, weights, space=None, pixel_m=10):
    """Writes an embedding as `embed` does; `space` is what its weights say of theirs."""
    transform = Affine(pixel_m, 0, LEFT, 0, -pixel_m, TOP)
    values = np.random.default_rng(0).integers(-100, 100, (3, 48, 64))
    path = make_raster(
        name, values=values, dtype="int8", nodata=-128, names=("PC01", "PC02", "PC03"), transform=transform
    )
    made = {"model": weights, "weights_sha256": f"hash of {weights}", "stages": [2, 3], "components": 3,
            "bands": {f"band of {weights}": 1}, **({"space": space} if space else {})}  # fmt: skip
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(MMEARTH=json.dumps(made))
    return path


def space_of(taught_by="known", first="known", **stages):
    names = ("retrieval", "chance", "cosine", "deranged_cosine")
    agreement = {name[1:]: dict(zip(names, values, strict=True)) for name, values in stages.items()}
    return {"sha256": f"hash of {first}", "taught_by": taught_by, "agreement": agreement}


def test_an_embedding_of_the_same_space_serves_with_a_word_on_how_well(make_raster):
    known = write_adapted(make_raster, "known.tif", "known")
    drone = write_adapted(make_raster, "drone.tif", "drone", space_of(s3=(0.5, 0.01, 0.72, 0.12)), pixel_m=2)
    said = (
        "'drone' was adapted to say the same as 'known' of the same ground: on held-out ground it finds its own place "
        "in 50.0% of the cells (by chance 1.0%), cosine 0.72 on the same ground and 0.12 on other ground."
    )
    errors, warnings = compared(model_of(known), drone)
    assert errors == []
    # That its pixels are smaller is meant: it is said once, and not as what looks unfamiliar.
    assert warnings == [
        "The model was trained on embeddings of 'known'; 'drone.tif' is one of 'drone'. Its pixels are 2 m wide on "
        f"the ground, those of the training 10 m. {said}"
    ]
    errors, warnings = compared(model_of(drone), known)
    assert errors == []
    assert warnings[0].startswith("The model was trained on embeddings of 'drone'; 'known.tif' is one of 'known'.")
    assert warnings[0].endswith(said)
    assert len(warnings) == 1
    assert compared(model_of(drone), drone) == ([], [])


def test_spaces_that_agree_poorly_are_not_to_be_trusted(make_raster):
    model = model_of(write_adapted(make_raster, "known.tif", "known"))
    poor = space_of(s2=(0.5, 0.01, 0.7, 0.1), s3=(0.04, 0.01, 0.7, 0.1))
    warning = compared(model, write_adapted(make_raster, "poor.tif", "drone", poor))[1][0]
    assert "it finds in stage 3, its weakest, its own place in 4.0% of the cells" in warning
    assert "do not trust this map without checking it against labels of the new image." in warning
    assert "With stage 2 alone they agree better: embed both images so" in warning
    good = space_of(s2=(0.5, 0.01, 0.7, 0.1), s3=(0.4, 0.01, 0.7, 0.1))
    warning = compared(model, write_adapted(make_raster, "good.tif", "drone", good))[1][0]
    assert "trust" not in warning
    assert "better" not in warning
    unknown = write_adapted(make_raster, "unknown.tif", "drone", space_of())
    assert "how well it does is not known: do not trust this map" in compared(model, unknown)[1][0]


def test_two_adapted_sensors_are_both_spoken_of(make_raster):
    plane = write_adapted(make_raster, "plane.tif", "plane", space_of(s3=(0.9, 0.01, 0.8, 0.1)))
    drone = write_adapted(make_raster, "drone.tif", "drone", space_of("plane", s3=(0.02, 0.01, 0.3, 0.2)))
    errors, (warning,) = compared(model_of(plane), drone)
    assert errors == []
    assert "'plane' was adapted to say the same as 'known'" in warning
    assert "'drone' was adapted to say the same as 'plane'" in warning
    assert warning.count("do not trust") == 1


def test_weights_of_another_space_are_refused(make_raster):
    model = model_of(write_adapted(make_raster, "known.tif", "known"))
    for name, space in (("own.tif", None), ("elsewhere.tif", space_of(first="another")), ("odd.tif", {"sha256": 3})):
        errors, _ = compared(model, write_adapted(make_raster, name, "drone", space))
        assert errors == [f"'{name}' has weights sha256 hash of drone; the model was trained on hash of known."]


def test_values_far_from_what_the_model_saw_are_named(scene, make_raster):
    values = np.random.default_rng(0).integers(300, 3000, (12, 48, 64))  # as in `scene`
    bright = values.copy()
    bright[7] += 4000  # B8 in the order of products
    errors, warnings = compared(model_of(scene), make_raster("bright.tif", values=bright))
    assert errors == []
    assert len(warnings) == 1
    middle, mean, deviation = np.median(bright[7]), values[7].mean(), values[7].std()
    assert f"B8 {middle:,.0f} (the model saw {mean:,.0f} ± {deviation:,.0f})" in warnings[0]
    assert "B7" not in warnings[0]
    everything = compared(model_of(scene), make_raster("all.tif", values=values + 5000), units="dn")[1]
    assert "and 9 more channels" in everything[0]
    # Reflectance of 0 to 1 that is taken for DN does not lie far off, but it hardly varies.
    small = make_raster("small.tif", values=1500 + values / 1e4, dtype="float32")
    assert "hardly vary" in compared(model_of(scene), small, units="dn")[1][0]


def test_a_layer_in_other_units_is_noticed(scene, make_raster):
    heights = np.random.default_rng(0).normal(500, 90, (1, 48, 64))
    metres = make_raster("dem.tif", values=heights, dtype="float32")
    model = model_of(scene, (metres,))
    (Path(scene).parent / "feet").mkdir()
    feet = make_raster("feet/dem.tif", values=heights / 0.3048, dtype="float32")
    warnings = compared(model, scene, (feet,))[1]
    assert len(warnings) == 1
    assert f"dem {np.median(heights) / 0.3048:,.0f} (the model saw 497 ± 89.7)" in warnings[0]


def test_a_scene_without_data_is_not_judged_by_its_values(scene, make_raster):
    empty = make_raster("empty.tif", values=np.zeros((12, 48, 64)), nodata=0)
    assert compared(model_of(scene), empty, units="dn") == ([], [])


def test_errors_become_a_refusal_and_warnings_a_list(scene, make_raster):
    fewer = make_raster("four.tif", count=4, names=("B2", "B3", "B4", "B8"))
    model = model_of(scene)
    with opened(fewer) as source, pytest.raises(InputError, match="offers bands B2, B3, B4, B8") as caught:
        require(model, source)
    assert "train a model on this scene" in caught.value.remedy
    with opened(make_raster("coarse.tif", transform=Affine(20, 0, LEFT, 0, -20, TOP))) as source:
        assert len(require(model, source)) == 1


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    folder = tmp_path / "own weights"
    folder.mkdir()
    monkeypatch.setattr(compatibility, "user_weights_folder", lambda: folder)
    return folder


def test_weights_are_found_where_they_were_or_by_name_among_the_users_own(scene, tiny_weights, own_folder):
    model = of_weights(scene, tiny_weights)
    assert weights_of(model).path == tiny_weights
    elsewhere = replace(model, weights_path=f"C:\\Users\\somebody\\{Path(tiny_weights).name}")
    with pytest.raises(CheckpointError, match=r"trained with weights 'tiny' .*; no file is at 'C:") as caught:
        weights_of(elsewhere)
    assert str(own_folder) in caught.value.remedy
    assert model.weights_sha256[:12] in caught.value.message
    shutil.copy(tiny_weights, own_folder)
    assert weights_of(elsewhere).sha256 == model.weights_sha256


def test_other_weights_of_the_same_name_are_refused(scene, tiny_weights, own_folder):
    model = of_weights(scene, tiny_weights)
    other = replace(model, weights_sha256="0" * 64)
    found = hashlib.sha256(Path(tiny_weights).read_bytes()).hexdigest()[:12]
    with pytest.raises(CheckpointError, match=rf"0{{12}}…\); found are 'tiny' \({found}…\) at '.*tiny.safetensors'"):
        weights_of(other)


def test_the_weights_of_the_plugin_serve_on_every_machine(scene, own_folder):
    bundled = of_weights(scene, "")
    assert weights_of(bundled).path == str(BUNDLED)
    # Chosen by their path on another machine they are the same.
    assert weights_of(replace(bundled, weights_path=f"/home/somebody/{BUNDLED.name}")).path == str(BUNDLED)
    with pytest.raises(CheckpointError, match="found are"):
        weights_of(replace(bundled, weights_sha256="0" * 64))


@pytest.mark.parametrize("path", ["//server/share/tiny.safetensors", "\\\\server\\share\\tiny.safetensors"])
def test_a_model_from_elsewhere_makes_no_call_to_another_machine(scene, own_folder, monkeypatch, path):
    model = model_of(scene, weights_name="tiny", weights_path=path, weights_sha256="0" * 64)
    asked = []
    monkeypatch.setattr(Path, "is_file", lambda self: bool(asked.append(str(self))))
    with pytest.raises(CheckpointError, match="no file is at"):
        weights_of(model)
    assert asked
    assert not [place for place in asked if "server" in place]
