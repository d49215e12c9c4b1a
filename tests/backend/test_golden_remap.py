"""Names, shapes and values of official checkpoints after remapping, against the reference vectors (family C)."""

import json
import math

import golden_vectors
import numpy as np
import pytest
import torch
from golden_vectors import FOLDER, check, rows
from mmearth.models.convnextv2 import SIZES
from mmearth.weights.foreign_weights import kernel_to_dense, recognise, remap_official
from mmearth.weights.published_weights import published_checkpoints

TABLES = golden_vectors.files(r"C_remap_(?P<size>[a-z]+)_p(?P<patch>\d+)\.tsv")


@pytest.fixture(scope="module")
def remapped():
    """Remaps the closed-form checkpoint of a table once."""
    made = {}

    def get(case):
        if case["file"] not in made:
            table = f"params_mpmae_{case['size']}_p{case['patch']}.tsv"
            official = golden_vectors.weights(table, "params_mpmae")
            state = {name: torch.from_numpy(value) for name, value in official.items()}
            made[case["file"]] = state, remap_official(state)
        return made[case["file"]]

    return get


@pytest.mark.parametrize("case", golden_vectors.files(r"C_kernels\.npz"))
def test_kernels_keep_every_element_in_its_place(case):
    archive = golden_vectors.load(case["file"])
    for side in (1, 2, 3, 7):
        for kind in ("full", "dw"):
            dense = kernel_to_dense(torch.from_numpy(archive[f"k{side}.sparse_{kind}"])).numpy()
            wanted = archive[f"k{side}.dense_{kind}"]
            assert dense.shape == wanted.shape
            check(case["file"], f"k{side} {kind}", np.abs(dense - wanted).max(), 0)


@pytest.mark.parametrize("case", TABLES)
def test_every_tensor_meets_its_fate(case, remapped):
    _, dense = remapped(case)
    table = rows(case["file"])
    loaded = {row["dense_name"]: row for row in table if row["fate"] == "loaded"}
    assert set(dense) == set(loaded)
    for name, row in loaded.items():
        value = dense[name].numpy()
        assert value.dtype == np.float64
        assert value.shape == tuple(int(side) for side in row["dense_shape"].split("x"))
        flat = value.reshape(-1)
        check(case["file"], "value at n//3", abs(flat[len(flat) // 3] - float(row["value_at_n//3"])), 0)
        scale = 1 + np.abs(flat).sum()
        check(case["file"], "sum", abs(flat.sum() - float(row["sum"])) / scale, 1e-13)
        dot = (flat * golden_vectors.wave(len(flat))).sum()
        check(case["file"], "dot", abs(dot - float(row["dot"])) / scale, 1e-13)


@pytest.mark.parametrize("case", TABLES)
def test_what_the_dense_networks_need_beyond_the_checkpoint(case, remapped):
    state, dense = remapped(case)
    missing = json.loads((FOLDER / case["file"].replace(".tsv", "_missing.json")).read_text())
    size = f"{case['size']}_p{case['patch']}"
    for table, key in (
        (f"params_A_{size}.tsv", "missing_in_dense_classifier"),
        (f"params_B_{size}.tsv", "missing_in_unet"),
    ):
        names = {row["name"] for row in rows(table)}
        assert sorted(names - set(dense)) == missing[key]
        assert set(dense) <= names
    assert set(missing["ignored"]) <= set(recognise("official", state).unused)


@pytest.mark.parametrize("case", TABLES)
@pytest.mark.parametrize("family", ["A", "B"])
def test_dense_checkpoints_of_classifier_and_unet_are_read_too(case, remapped, family):
    _, dense = remapped(case)
    table = f"params_{family}_{case['size']}_p{case['patch']}.tsv"
    state = {n: torch.from_numpy(v) for n, v in golden_vectors.weights(table, f"params_{family}").items()}
    found = recognise("dense", state)
    assert set(found.state) == set(dense)
    assert found.fresh == ()
    for name, tensor in found.state.items():
        assert torch.equal(tensor, state[name].float())


@pytest.mark.parametrize("case", TABLES)
def test_size_patch_and_bands_are_read_off_the_shapes(case, remapped):
    found = recognise("official", remapped(case)[0])
    assert (found.origin, found.size, found.patch_size) == ("mmearth", case["size"], case["patch"])
    assert (found.depths, found.dims) == SIZES[case["size"]]
    assert len(found.bands) == 12
    assert found.fresh == ()


@pytest.mark.parametrize("case", golden_vectors.files(r"C_names_other_setups\.tsv"))
@pytest.mark.parametrize(
    ("setup", "bands", "blocks"), [("S2", 12, 1), ("rgb", 3, 1), ("pix_mod", 12, 6), ("img_mod", 12, 7)]
)
def test_checkpoints_of_fewer_tasks_are_read_too(case, setup, bands, blocks):
    listed = {row["name"]: row["shape"] for row in rows(case["file"]) if row["setup"] == setup}
    total = int(listed.pop("TOTAL_UNIQUE_PARAMETERS"))
    shapes = {name: [int(side) for side in shape.split("x")] for name, shape in listed.items()}
    # The table leaves the stages out; they are those of the checkpoint with all tasks.
    stages = {
        row["sparse_name"]: [int(side) for side in row["sparse_shape"].split("x")]
        for row in rows("C_remap_atto_p8.tsv")
        if row["sparse_name"].startswith("encoder.stages.")
    }
    state = {name: torch.zeros(shape) for name, shape in {**shapes, **stages}.items()}
    found = recognise(setup, state)
    assert len(found.bands) == bands
    assert (found.size, found.patch_size, found.fresh) == ("atto", 8, ())
    tasks = {name.split(".")[1] for name in shapes if name.startswith("pred_dict.")}
    assert len(tasks) == blocks
    published = {tuple(row.tasks) for row in published_checkpoints() if f"pt-{setup}_" in row.name}
    assert {frozenset(names) for names in published} == {frozenset(tasks)}
    decoder = sum(math.prod(s) for n, s in shapes.items() if n.startswith("decoder_dict."))
    everything = sum(map(math.prod, (shapes | stages).values()))
    assert everything - decoder + decoder // blocks == total  # one decoder block, listed once per task
