"""The page Explore alone: what counts as an embedding, how wide it is, what its parts say; and requests that fail."""

import pytest
from osgeo import gdal
from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QToolButton

pytestmark = pytest.mark.qgis


@pytest.fixture
def page(iface):
    from mmearth_qgis.mmearth_plugin.pages.explore_page import ExplorePage

    made = ExplorePage()
    yield made
    made.leave_project()
    made.deleteLater()


@pytest.mark.parametrize(
    ("bands", "tag", "expected"),
    [
        (8, '{"stages": [0], "weights_sha256": "x"}', True),
        (7, '{"stages": [0]}', False),
        (8, '{"output": "probabilities"}', False),
        (8, "[1]", False),
        (8, "{broken", False),
        (300, "", False),
        (64, "", True),
        (128, "", True),
    ],
)
def test_embeddings_are_told_by_their_tag_or_the_bands_of_published_ones(make_raster, bands, tag, expected):
    from mmearth_qgis.mmearth_plugin.exploring.embedding_layers import is_embedding

    path = make_raster(bands=bands, width=2, height=2)
    if tag:
        dataset = gdal.Open(path, gdal.GA_Update)
        dataset.SetMetadataItem("MMEARTH", tag)
        dataset = None
    assert is_embedding(QgsRasterLayer(path, "x")) is expected


def test_what_is_no_raster_file_is_no_embedding(make_polygons, tmp_path):
    from mmearth_qgis.mmearth_plugin.exploring.embedding_layers import is_embedding

    assert not is_embedding(None)
    assert not is_embedding(make_polygons([(1, 0, 0)]))
    assert not is_embedding(QgsRasterLayer(str(tmp_path / "missing.tif"), "x"))


def test_page_fits_a_narrow_dock_and_speaks(page, make_raster):
    path = make_raster(bands=64)
    QgsProject.instance().addMapLayer(QgsRasterLayer(path, "An embedding with a name that is rather long for a dock"))
    page.similar_box.show_result(True)
    page.cluster_box.show_groups([{"value": 1, "name": "Group 1", "color": "#117733", "pixels": 3}], 2)
    assert page.embedding() is not None
    assert page.minimumSizeHint().width() <= 300
    for button in page.findChildren(QToolButton):
        if button.parent() is page.scatter_box:
            assert button.accessibleName()
            assert button.toolTip()
            assert not button.icon().isNull()


def test_threshold_of_the_backend_is_no_move_of_the_user(page):
    box, moved = page.similar_box, []
    box.threshold_moved.connect(moved.append)
    box.show_threshold(0.25)
    assert moved == []
    box.slider.setFocus()
    QTest.keyClick(box.slider, Qt.Key.Key_Right)
    assert moved == [(round(0.25 * 254) + 1) / 254]


def test_groups_show_shares_and_keep_a_name(page):
    box, renamed = page.cluster_box, []
    box.renamed.connect(lambda value, name: renamed.append((value, name)))
    assert box.class_button.isHidden()
    assert box.group() is None
    groups = [{"value": 4, "name": "A", "color": "#117733", "pixels": 30}]
    groups += [{"value": 2, "name": "B", "color": "#cc6677", "pixels": 10}]
    box.show_groups(groups, 2)
    assert [box.table.item(row, 1).text() for row in range(2)] == ["75.0 %", "25.0 %"]
    assert box.group()["value"] == 4
    box.table.item(0, 0).setText('See "Süd" 🌊')
    box.table.item(1, 0).setText("  ")
    assert renamed == [(4, 'See "Süd" 🌊')]
    assert box.group()["name"] == 'See "Süd" 🌊'
    assert box.table.item(1, 0).text() == "B"
    box.show_groups([], 0)
    assert box.class_button.isHidden()
    assert box.group() is None


@pytest.fixture
def requests(iface, fake_backend):
    from mmearth_qgis.mmearth_plugin import settings
    from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
    from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
    from mmearth_qgis.mmearth_plugin.jobs.latest_request import LatestRequest

    runner = JobRunner(iface.messageBar())
    runner.backend = BackendProcess(settings.python(), runner)
    latest = LatestRequest(runner)
    latest.runner, latest.said, latest.results = runner, [], []
    latest.failed.connect(latest.said.append)
    yield latest
    latest.close()
    if runner.backend is not None:
        runner.backend.shutdown()
    runner.deleteLater()


def describe(scene="scene.tif"):
    from mmearth_qgis.backend.mmearth import protocol

    return protocol.DescribeRequest(scene)


def test_refusal_of_the_backend_is_one_sentence(requests, wait_for):
    requests.send(describe("missing.tif"), requests.results.append)
    wait_for(lambda: requests.said)
    assert requests.said == ["'missing.tif' has 3 bands; 12 are wanted. Choose another."]
    requests.send(describe(), requests.results.append)
    wait_for(lambda: requests.results)


def test_newest_of_many_is_answered(requests, wait_for):
    for number in range(6):
        requests.send(describe(f"{number}.tif"), requests.results.append)
    wait_for(lambda: not requests.is_waiting)
    assert [result["scene"] for result in requests.results] == ["0.tif", "5.tif"]


def test_answer_that_was_dropped_is_not_shown(requests, wait_for):
    requests.send(describe("dropped.tif"), requests.results.append)
    requests.drop()
    assert not requests.is_waiting
    requests.send(describe("wanted.tif"), requests.results.append)
    wait_for(lambda: requests.results)
    assert [result["scene"] for result in requests.results] == ["wanted.tif"]


def test_what_the_answer_cannot_be_used_for_is_said(requests, wait_for):
    from mmearth_qgis.mmearth_plugin.messages import InputError

    def show(_result):
        raise InputError("This layer is gone.")

    requests.send(describe(), show)
    wait_for(lambda: requests.said)
    assert requests.said == ["This layer is gone."]


def test_another_backend_answers_after_the_first_was_shut_down(requests, wait_for):
    from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess

    requests.send(describe("lost.tif"), requests.results.append)
    first = requests.runner.backend
    first.shutdown()
    requests.runner.backend = BackendProcess(first.python, requests.runner)
    requests.send(describe("found.tif"), requests.results.append)
    wait_for(lambda: requests.results)
    assert [result["scene"] for result in requests.results] == ["found.tif"]


def test_without_a_backend_it_is_said_what_is_missing(requests):
    from mmearth_qgis.mmearth_plugin import environment

    requests.runner.backend = None
    requests.send(describe(), requests.results.append)
    assert requests.said == [environment.missing_text()]
