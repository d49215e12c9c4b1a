"""`mmearth run`: request files as the plugin and trainings leave them, run once more to the same bytes."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from labelled_ground import square, write_labels
from mmearth import protocol
from mmearth.__main__ import main
from mmearth.commands.results_commands import read_requests
from mmearth.errors import InputError


@pytest.fixture
def invoke():
    return lambda *arguments: CliRunner().invoke(main, [str(a) for a in arguments])


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class TestRepeat:
    @pytest.fixture
    def request_file(self, make_raster, tmp_path, monkeypatch):
        """A training and its map, as the plugin writes them beside the model."""
        monkeypatch.setattr("mmearth.mapping.few_shot_classes.DRAWS", 0)  # of a learning curve that nobody looks at
        rng = np.random.default_rng(0)
        values = np.where(np.arange(48) < 24, 600, 2400) + rng.integers(0, 300, (12, 40, 48))
        scene = make_raster(values=values)
        places = [(name, square(col, row)) for name, cols in (("dark", (2, 12)), ("bright", (28, 40)))
                  for col in cols for row in (3, 14, 26)]  # fmt: skip
        labels = write_labels(tmp_path / "labels.geojson", places, "kind")
        training = protocol.FewShotRequest((scene,), labels, str(tmp_path / "model.zip"), encoder=False)
        mapping = protocol.PredictRequest(
            scene, str(tmp_path / "classes.tif"), training.model, confidence=str(tmp_path / "confidence.tif")
        )
        path = tmp_path / "model.request.json"
        path.write_text(json.dumps([protocol.request_to_json("", one) for one in (training, mapping)]), "utf-8")
        return path

    def test_the_class_map_has_the_same_bytes(self, invoke, request_file, tmp_path):
        outputs = [tmp_path / name for name in ("classes.tif", "confidence.tif", "classes.qml")]
        first = invoke("run", request_file)
        assert first.exit_code == 0, first.output
        found = [digest(path) for path in outputs]
        with rasterio.open(outputs[0]) as dataset:
            assert len(np.unique(dataset.read(1))) == 2
        for path in outputs:
            path.unlink()
        assert invoke("run", request_file).exit_code == 0
        assert [digest(path) for path in outputs] == found
        assert "few_shot: " in first.output and "predict: " in first.output  # noqa: PT018


def test_one_request_is_a_request_file(tmp_path):
    request = protocol.EmbedRequest("scene.tif", "out.tif", bounds=(1, 2, 3, 4), stages=(0, 1))
    path = tmp_path / "request.json"
    path.write_text(json.dumps(protocol.request_to_json("7", request)), encoding="utf-8")
    assert read_requests(path) == [request]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "holds no request"),
        ("3", "holds no request"),
        ("{", "is not a request file"),
        ('{"verb": "embed"}', "is not a request file"),
        ('{"verb": "paint"}', "unknown verb 'paint'"),
    ],
)
def test_anything_else_is_none(tmp_path, text, words):
    path = tmp_path / "request.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_requests(path)


def test_the_terminal_says_so(invoke, tmp_path):
    path = tmp_path / "request.json"
    path.write_text("[]", encoding="utf-8")
    done = invoke("run", path)
    assert done.exit_code == 2
    assert "holds no request" in done.output
    assert invoke("run", tmp_path / "gone.json").exit_code == 2


def test_results_are_compared_and_exported_at_the_terminal(invoke, make_raster, tmp_path):
    first = make_raster("a.tif", values=[[[1, 1, 2, 2]]], dtype="uint8", nodata=0)
    second = make_raster("b.tif", values=[[[1, 2, 2, 2]]], dtype="uint8", nodata=0)
    done = invoke("compare-maps", first, second, tmp_path / "difference.tif", "--table", tmp_path / "t.csv")
    assert done.exit_code == 0, done.output
    assert "The same class on 75.0% of 0.0 ha; kappa 0.500" in done.output
    assert "0.01 ha  1 → 2" in done.output
    done = invoke("export-map", first, tmp_path / "a.gpkg", "--crs", "EPSG:4326")
    assert done.exit_code == 0, done.output
    assert "2 polygons, EPSG:4326" in done.output
