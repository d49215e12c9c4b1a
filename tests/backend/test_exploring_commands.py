"""The commands that explore an embedding, as typed."""

import csv
import json

import explored_ground as ground
import pytest
from click.testing import CliRunner
from mmearth.__main__ import main


@pytest.fixture
def run(tmp_path):
    embedding = ground.write(tmp_path / "embedding.tif", ground.codes(ground.kinds()))

    def run(command, out, *options, source=embedding):
        path = tmp_path / out
        result = CliRunner().invoke(main, [command, str(source), str(path), *map(str, options)])
        assert result.exit_code == 0, result.output
        return result.stdout, path

    return run


def test_similar_and_outline(run):
    text, path = run("similar", "similar.tif", "--at", *ground.centre(5, 5), "--not-at", *ground.centre(20, 40))
    threshold = float(text.partition("threshold: ")[2].split()[0])
    assert 0.3 < threshold < 1
    options = ("--low", threshold * 254, "--high", 254, "--min-area", 20)
    text, outlines = run("outline", "outlines.gpkg", *options, source=path)
    assert text.startswith("2 polygons: ")  # the left half and the island
    assert outlines.is_file()


def test_select_region(run):
    text, path = run("select-region", "region.geojson", "--at", *ground.centre(12, 47), "--tolerance", 0.84)
    assert text.startswith("25 pixels, 0.25 ha")
    assert json.loads(path.read_text(encoding="utf-8"))["features"][0]["geometry"]["type"] == "Polygon"


def test_cluster(run):
    text, path = run("cluster", "groups.tif", "--clusters", 2)
    assert [line.split()[1:3] for line in text.splitlines()[:2]] == [["Group", "1"], ["Group", "2"]]
    assert path.is_file()


def test_scatter(run):
    text, path = run("scatter", "points.csv", "--count", 30, "--seed", 2)
    assert text.startswith("30 points; the axes explain ")
    with path.open(encoding="utf-8", newline="") as opened:
        assert len(list(csv.DictReader(opened))) == 30
