"""Reading the GEO-Bench layout: labels without unpickling, bands by what they hold, bad input."""

import ast
import json
import os
import pickle
from pathlib import Path

import geobench_layout
import h5py
import numpy as np
import pytest
from geobench_layout import BANDS, draw, write_dataset, write_partition, write_sample
from mmearth.errors import InputError
from mmearth.evaluation.geobench_bands import find_bands, substitutes, unit_factor
from mmearth.evaluation.geobench_folder import GeoBenchFolder
from mmearth.evaluation.inert_pickle import Inert, NotPlain, read_inert

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "geobench_meurosat_1"


class Trace:
    """Leaves a folder behind when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


class TaskSpecifications:  # as geobench.task pickles them: plain objects with a state
    def __init__(self, classes):
        self.label_type = Classification(classes)


class Classification:
    def __init__(self, classes):
        self.n_classes = classes


@pytest.fixture
def dataset(tmp_path):
    return write_dataset(tmp_path / "set", counts=(6, 3, 3))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "label", [7, np.int64(300), [0, 1, 1], np.array([0, 1, 0, 1]), np.array([[1, 2], [3, 4]], ">i2", order="F"), True]
)
def test_labels_of_any_pickle_protocol_are_read_as_data(label, protocol):
    data = pickle.dumps({"label": label, "name": "ä", "nested": {"a": (1, [None, 2.5])}}, protocol)
    found = read_inert(data)
    assert found["name"] == "ä"
    assert found["nested"] == {"a": (1, [None, 2.5])}
    assert np.array_equal(found["label"], label)
    assert np.shape(found["label"]) == np.shape(label)


def test_what_would_be_called_stays_a_name(tmp_path):
    found = read_inert(pickle.dumps({"bad": Trace(tmp_path / "trace")}))["bad"]
    assert isinstance(found, Inert)
    assert found.name.endswith(".mkdir")
    assert found.arguments == (str(tmp_path / "trace"),)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no pickle",
        b"\x80\x04.",
        b"\x80\x04\x94.",
        b"\x80\x04h\x05.",
        pickle.dumps([1])[:-1],
        b"(.",
        b"\x80\x02\x8b\xff\xff\xff\xff.",
        b"\x80\x04}}K\x01s.",
    ],
)
def test_damaged_pickles_are_refused(data):
    with pytest.raises(NotPlain):
        read_inert(data)


def test_a_planted_pickle_is_not_run(tmp_path):
    trace = tmp_path / "trace"
    folder = tmp_path / "set"
    write_dataset(folder, counts=(6, 3, 3))
    values, _ = draw("classes", 1)
    write_sample(folder / "id_0.hdf5", values[0], 2, extra={"bad": Trace(trace)})
    (folder / "task_specs.pkl").write_bytes(pickle.dumps(Trace(trace)))
    opened = GeoBenchFolder(str(folder))
    assert opened.read("id_0")[1] == 2
    assert opened.num_classes == 3
    assert not trace.exists()
    with h5py.File(folder / "id_0.hdf5") as file:  # the plant works: unpickling does leave the trace
        planted = file.attrs["pickle"]
    pickle.loads(ast.literal_eval(planted))  # noqa: S301 - written above
    assert trace.exists()


@pytest.mark.parametrize(
    ("task", "how"),
    [("classes", "pickle"), ("classes", "attribute"), ("classes", "entry"), ("multi_label", "pickle"),
     ("multi_label", "attribute"), ("segmentation", "entry")],
)  # fmt: skip
def test_task_and_labels_are_found_wherever_they_lie(tmp_path, task, how):
    folder = GeoBenchFolder(write_dataset(tmp_path / "set", task, how=how))
    values, labels = draw(task, 51)
    assert (folder.task, folder.num_classes, folder.shape) == (task, 3, (16, 16))
    assert folder.partitions == ("0.50x_train", "default")
    for number in (0, 7, 50):
        found, label = folder.read(f"id_{number}")
        assert np.array_equal(label, labels[number])
        order = [folder.bands.index(name) for name in ("B8", "B10")]
        wanted = values[number][[BANDS.index("08 - NIR"), BANDS.index("10 - SWIR - Cirrus")]]
        assert np.abs(found[order] - wanted).max() <= 0.5  # whole numbers are stored
    partition = folder.partition("0.50x_train")
    assert (len(partition.train), len(partition.valid), len(partition.test)) == (12, 9, 18)
    assert partition.train == tuple(f"id_{number}" for number in range(12))


def test_the_number_of_classes_comes_from_the_task_where_it_is_stated(dataset):
    (Path(dataset) / "task_specs.pkl").write_bytes(pickle.dumps(TaskSpecifications(11)))
    assert GeoBenchFolder(dataset).num_classes == 11


def levels(**means):
    found = {name: {"mean": means.get(name, 1500.0), "std": 100.0, "max": 9000.0} for name in BANDS}
    return found | {name: {"mean": 90.0, "std": 30.0, "max": 255.0} for name in means.get("pictures", ())}


def test_names_that_the_values_contradict_are_put_right():
    honest, notes = find_bands(BANDS, levels(**{"10 - SWIR - Cirrus": 12.0}), "honest")
    assert honest == {geobench_layout.NAMES[name]: name for name in BANDS}
    assert notes == []
    eurosat, notes = find_bands(BANDS, levels(**{"09 - Water vapour": 12.0}), "m-eurosat")
    assert {band: eurosat[band] for band in ("B8", "B8A", "B9", "B10", "B11", "B12")} == {
        "B8": "08 - NIR",
        "B8A": "12 - SWIR",
        "B9": "08A - Vegetation Red Edge",
        "B10": "09 - Water vapour",
        "B11": "10 - SWIR - Cirrus",
        "B12": "11 - SWIR",
    }
    assert "B8A in '12 - SWIR'" in notes[0]
    kiln, notes = find_bands(BANDS, levels(pictures=BANDS[10:]), "m-brick-kiln")
    assert list(kiln) == ["B1", "B2", "B3", "B4", "B5", "B7", "B8", "B8A", "B11", "B12"]
    assert (kiln["B7"], kiln["B11"]) == ("06 - Vegetation Red Edge", "08A - Vegetation Red Edge")
    assert "a picture in '12 - SWIR'" in notes[0]


def test_some_bands_with_dates_and_strangers_are_found_by_name():
    keys = ["01 - VH.Real", "02 - Blue_2020-02-01", "02 - Blue_2020-01-01", "04 - Red_2020-01-01", "CLD"]
    found, _ = find_bands(keys, levels(), "crops")
    assert found == {"B2": "02 - Blue_2020-01-01", "B4": "04 - Red_2020-01-01"}


def test_missing_bands_are_replaced_as_published():
    so2sat = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")
    assert substitutes(("B1", "B2", "B9", "B12"), so2sat) == ["B2", "B2", "B8A", "B12"]
    assert substitutes(("B4", "B11"), ("B2", "B3", "B4")) == ["B4", ""]


def test_statistics_in_another_unit_are_recognised(tmp_path):
    assert unit_factor(np.array([1200.0, 900.0]), np.array([0.15, 0.08])) == pytest.approx(1e-4)
    assert unit_factor(np.array([1200.0, 900.0]), np.array([400.0, 2700.0])) == 1
    path = tmp_path / "set"
    write_dataset(path, counts=(6, 3, 3))
    stated = json.loads((path / "band_stats.json").read_text())
    thousandth = {name: {key: value / 1e4 for key, value in entry.items()} for name, entry in stated.items()}
    thousandth["label"] = stated["label"]
    (path / "band_stats.json").write_text(json.dumps(thousandth))
    folder = GeoBenchFolder(str(path))
    folder.measure_unit(folder.partition("default"))
    assert folder.mean[folder.bands.index("B2")] == pytest.approx(stated["02 - Blue"]["mean"], rel=1e-5)
    assert "another unit" in folder.notes[-1]


def test_coarser_bands_are_brought_to_the_size_of_the_finest(tmp_path):
    path = tmp_path / "set"
    write_dataset(path, counts=(2, 1, 1))
    for number in range(4):
        with h5py.File(path / f"id_{number}.hdf5", "a") as file:
            del file["11 - SWIR"]
            file["11 - SWIR"] = np.arange(16.0).reshape(4, 4)
    folder = GeoBenchFolder(str(path))
    assert folder.shape == (16, 16)
    band = folder.read("id_0")[0][folder.bands.index("B11")]
    assert band[:2, :2].tolist() == [[0, 0], [0, 0]]
    assert band[8, 8] == pytest.approx((5 + 6 + 9 + 10) / 4 + (1 + 4) / 8)  # an eighth of a cell past the middle


def put(folder, name, text):
    (folder / name).write_text(text)


def relabel(folder, number, label, how="pickle"):
    write_sample(folder / f"id_{number}.hdf5", draw("classes", 1)[0][0], label, how=how)


def rename_bands(folder):
    for path in folder.glob("*.hdf5"):
        write_sample(path, np.ones((2, 16, 16)), 0, names=("I1", "I2"))


def without(folder, name):
    stated = json.loads((folder / "band_stats.json").read_text())
    del stated[name]
    put(folder, "band_stats.json", json.dumps(stated))


BAD = {
    "no partition": (lambda f: [p.unlink() for p in f.glob("*_partition.json")], "no partition"),
    "other partition": (
        lambda f: (f / "default_partition.json").unlink(),
        "no partition 'default'; found: 0.50x_train",
    ),
    "no samples": (lambda f: [p.unlink() for p in f.glob("*.hdf5")], "no samples"),
    "sample missing": (
        lambda f: (f / "id_7.hdf5").unlink(),
        "holds 6 of 6 for train, 2 of 3 for valid, 3 of 3 for test",
    ),
    "damaged sample": (lambda f: put(f, "id_3.hdf5", "text"), "'id_3.hdf5' is no HDF5 file"),
    "damaged json": (lambda f: put(f, "default_partition.json", "{"), "no JSON"),
    "split missing": (lambda f: put(f, "default_partition.json", '{"train": []}'), "lacks one of"),
    "empty train": (lambda f: write_partition(f, "default", {"train": [], "valid": [], "test": ["id_1"]}), "for train"),
    "leak": (
        lambda f: write_partition(f, "default", {"train": ["id_1"], "valid": [], "test": ["id_1"]}),
        "and in test",
    ),
    "no statistics": (lambda f: (f / "band_stats.json").unlink(), "'band_stats.json' is missing"),
    "unknown bands": (rename_bands, "hold I1, I2: none is a known band name"),
    "a band's statistics": (lambda f: without(f, "04 - Red"), "no mean and std for '04 - Red'"),
    "classes": (lambda f: without(f, "label"), "does not say how many classes"),
    "outside": (lambda f: relabel(f, 4, 3), "'id_4.hdf5' has the class 3; 'set' has 3, 0 … 2"),
    "negative": (lambda f: relabel(f, 4, -1), "has the class -1"),
    "other kind": (lambda f: relabel(f, 4, [0, 1, 0]), "has shape (3,)"),
    "fraction": (lambda f: relabel(f, 4, 0.5, "attribute"), "fractions"),
    "no label": (lambda f: relabel(f, 4, 1, "none"), "gives no label"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data_sets_are_refused_in_a_sentence(tmp_path, case):
    spoil, sentence = BAD[case]
    folder = tmp_path / "set"
    write_dataset(folder, counts=(6, 3, 3))
    spoil(folder)
    with pytest.raises(InputError, match=".") as caught:
        opened = GeoBenchFolder(str(folder))
        for name in opened.partition("default").samples:
            opened.read(name)
    assert sentence in caught.value.message
    assert caught.value.remedy


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="no folder"):
        GeoBenchFolder(str(tmp_path / "nowhere"))


def test_labels_of_several_classes_must_be_zeros_and_ones(tmp_path):
    folder = tmp_path / "set"
    write_dataset(folder, "multi_label", counts=(6, 3, 3))
    relabel(folder, 1, np.array([0, 2, 1]))
    with pytest.raises(InputError, match="list of 3 zeros and ones"):
        GeoBenchFolder(str(folder)).read("id_1")


@pytest.mark.skipif(not REAL.is_dir(), reason="the sample of m-eurosat is not here")
def test_the_real_sample_is_read_and_what_is_missing_is_said():
    folder = GeoBenchFolder(str(REAL))
    assert (folder.task, folder.num_classes, folder.shape, len(folder.bands)) == ("classes", 10, (64, 64), 13)
    values, label = folder.read("id_1905")
    assert label == 1
    mean = dict(zip(folder.bands, values.mean(axis=(1, 2)), strict=True))
    # A forest: red edge rises to the narrow infrared, water absorbs in B9, cirrus is dark, and B12 is below B11.
    assert mean["B8A"] > mean["B8"] > 3 * mean["B4"]
    assert mean["B8A"] > 2 * mean["B9"]
    assert mean["B10"] < 20
    assert mean["B12"] < mean["B11"] < mean["B8"]
    assert "B8A in '12 - SWIR'" in folder.notes[0]
    with pytest.raises(InputError, match=r"1 of 20 for train, 0 of 1000 for valid, 0 of 1000 for test.*nothing can be"):
        folder.partition("0.01x_train")
