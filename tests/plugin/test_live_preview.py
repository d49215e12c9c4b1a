"""The live preview with a child at the other end: what it asks, when, and what it puts on the map and takes away."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from qgis.core import QgsFeature, QgsProcessingUtils, QgsProject, QgsRasterLayer, QgsRectangle, QgsVectorFileWriter

pytestmark = pytest.mark.qgis

LEFT_M, TOP_M, RES_M = 662400.0, 5362560.0, 10.0


def extent(col, row, width, height):
    left, top = LEFT_M + col * RES_M, TOP_M - row * RES_M
    return QgsRectangle(left, top - height * RES_M, left + width * RES_M, top)


class Loop:
    """A live preview of a scene and its labels, with what it said."""

    def __init__(self, backend, canvas, scene, labels):
        from mmearth_qgis.backend.mmearth import protocol
        from mmearth_qgis.mmearth_plugin import layers, results
        from mmearth_qgis.mmearth_plugin.preview.live_preview import LivePreview

        self.backend, self.canvas, self.labels, self.refusal = backend, canvas, labels, ""
        self.source = layers.layer_source(scene)
        self.said = []
        self.layers, self.protocol = layers, protocol
        self.preview = LivePreview(
            lambda: self.backend, canvas, self.make_request, lambda: results.result_group(self.source)
        )
        self.preview._delay.setInterval(20)
        self.preview.started.connect(lambda: self.said.append("started"))
        self.preview.shown.connect(lambda result: self.said.append("shown"))
        self.preview.failed.connect(self.said.append)
        self.preview.set_labels(labels)

    def make_request(self):
        if self.refusal:
            raise self.layers.InputError(self.refusal)
        canvas = self.canvas
        crs = canvas.mapSettings().destinationCrs()
        bounds = self.layers.bounds_in_source(canvas.extent(), crs, self.source, QgsProject.instance())
        path, name = self.layers.vector_source(self.labels)
        return self.protocol.PreviewRequest(self.source.path, "replaced.tif", bounds, path, name, "class_id")

    def add_polygon(self, polygons, value, col, row):
        """Draws one polygon, as a map tool does."""
        feature = QgsFeature(self.labels.fields())
        feature.setAttribute("class_id", value)
        feature.setGeometry(polygons(col, row))
        assert self.labels.addFeature(feature)


@pytest.fixture
def previews(tmp_path, monkeypatch):
    """Returns a function that lists the previews asked for."""
    requests = tmp_path / "requests.jsonl"
    monkeypatch.setenv("MMEARTH_TEST_REQUESTS", str(requests))
    return lambda: [json.loads(line) for line in requests.read_text().splitlines()] if requests.exists() else []


@pytest.fixture
def backend(qgis_app, tmp_path, previews):
    from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess

    script = tmp_path / "python-preview"
    child = Path(__file__).with_name("preview_child.py")
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{child}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    process = BackendProcess(str(script), grace_s=5)
    yield process
    process.shutdown()


@pytest.fixture
def make_loop(backend, iface, make_raster, make_polygons):
    made = []

    def make(name="scene.tif"):
        scene = QgsRasterLayer(make_raster(name), "My scene")
        QgsProject.instance().addMapLayer(scene)
        labels = make_polygons([(1, 0, 0), (2, 4, 0)])
        iface.canvas.setDestinationCrs(scene.crs())
        iface.canvas.resize(200, 100)
        iface.canvas.setExtent(extent(2, 2, 12, 6))
        made.append(Loop(backend, iface.canvas, scene, labels))
        return made[-1]

    yield make
    for loop in made:
        loop.preview.set_active(False)


@pytest.fixture
def polygons():
    from qgis.core import QgsGeometry

    return lambda col, row: QgsGeometry.fromRect(extent(col, row, 2, 2))


def names():
    group = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene")
    return None if group is None else [node.name() for node in group.children()]


def shown_times(loop, count):
    return lambda: loop.said.count("shown") == count


def test_switching_on_maps_what_the_canvas_shows(make_loop, previews, wait_for):
    loop = make_loop()
    assert loop.said == []
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    assert loop.said == ["started", "shown"]
    (request,) = previews()
    shown = loop.canvas.extent().intersect(loop.source.extent)
    assert request["bounds"] == pytest.approx([shown.xMinimum(), shown.yMinimum(), shown.xMaximum(), shown.yMaximum()])
    assert request["labels_exist"]
    assert names() == ["Preview"]
    layer = loop.preview.layer()
    assert layer.source() == request["out"]
    assert layer.renderer().type() == "singlebandgray"  # the style of the child's file
    assert layer.opacity() == pytest.approx(0.7)
    root = [node.name() for node in QgsProject.instance().layerTreeRoot().children()]
    assert root.index("Polygons") < root.index("MMEarth – My scene") < root.index("My scene")


def test_every_kind_of_edit_refreshes_the_one_layer(make_loop, previews, wait_for, polygons):
    loop = make_loop()
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    layer = loop.preview.layer()
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
    node.setItemVisibilityChecked(False)
    layer.setOpacity(0.4)
    labels = loop.labels
    labels.startEditing()
    first = next(labels.getFeatures()).id()
    edits = [
        lambda: loop.add_polygon(polygons, 3, 8, 4),
        lambda: labels.changeGeometry(first, polygons(1, 1)),
        lambda: labels.changeAttributeValue(first, 0, 2),
        lambda: labels.deleteFeature(first),
        lambda: labels.rollBack(),
    ]
    for number, edit in enumerate(edits, 2):
        edit()
        wait_for(shown_times(loop, number))
        assert loop.preview.layer() is layer
    outs = [request["out"] for request in previews()]
    assert len(outs) == 6
    assert all(a != b for a, b in zip(outs, outs[1:]))  # never the file that is on the map
    assert len(set(outs)) == 2
    assert layer.source() == outs[-1]
    assert not node.isVisible()
    assert layer.opacity() == pytest.approx(0.4)
    assert names() == ["Preview"]


def test_edits_in_a_row_lead_to_one_request(make_loop, previews, wait_for, polygons):
    loop = make_loop()
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    loop.labels.startEditing()
    for col in range(4, 10):
        loop.add_polygon(polygons, 3, col, 4)
    wait_for(shown_times(loop, 2))
    assert len(previews()) == 2
    loop.labels.rollBack()


def test_edits_while_a_request_runs_lead_to_one_more(make_loop, previews, wait_for, polygons, tmp_path):
    loop = make_loop("held.tif")
    loop.preview.set_active(True)
    wait_for(lambda: len(previews()) == 1)
    loop.labels.startEditing()
    for col in (4, 6, 8):
        loop.add_polygon(polygons, 3, col, 4)
        wait_for(lambda: loop.preview._waiting and not loop.preview._delay.isActive())
    assert len(previews()) == 1
    (tmp_path / "go").touch()
    wait_for(shown_times(loop, 2))
    assert len(previews()) == 2
    assert loop.said == ["started", "shown", "started", "shown"]
    loop.labels.rollBack()


def test_another_extent_cancels_what_runs_and_the_same_one_asks_nothing(make_loop, previews, wait_for):
    loop = make_loop("slow.tif")  # ends only by being cancelled
    loop.preview.set_active(True)
    wait_for(lambda: len(previews()) == 1)
    loop.canvas.setExtent(extent(4, 3, 8, 4))
    wait_for(lambda: len(previews()) == 2)
    first, second = previews()
    assert first["bounds"] != second["bounds"]
    loop.canvas.extentsChanged.emit()
    wait_for(lambda: not loop.preview._delay.isActive())
    assert not loop.preview._waiting
    assert len(previews()) == 2


def test_an_extent_that_is_on_the_map_asks_nothing(make_loop, previews, wait_for):
    loop = make_loop()
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    loop.canvas.extentsChanged.emit()
    wait_for(lambda: not loop.preview._delay.isActive())
    assert len(previews()) == 1
    loop.canvas.setExtent(extent(4, 3, 8, 4))
    wait_for(shown_times(loop, 2))


def test_it_makes_way_for_long_jobs_and_goes_on_after_them(make_loop, previews, wait_for, polygons):
    from mmearth_qgis.mmearth_plugin.backend_process import Job

    loop = make_loop("slow.tif")
    loop.preview.set_active(True)
    wait_for(lambda: len(previews()) == 1)
    done = []
    loop.preview.set_busy(True)
    job = Job(loop.protocol.ListWeightsRequest())
    job.finished.connect(done.append)
    loop.backend.submit(job)
    wait_for(lambda: done)
    loop.labels.startEditing()
    loop.add_polygon(polygons, 3, 8, 4)
    wait_for(lambda: not loop.preview._delay.isActive())
    assert len(previews()) == 1
    loop.preview.set_busy(False)
    wait_for(lambda: len(previews()) == 2)
    loop.labels.rollBack()


def test_switching_off_leaves_nothing(make_loop, previews, wait_for, polygons):
    loop = make_loop()
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    folder = Path(previews()[0]["out"]).parent
    assert folder.is_dir()
    loop.preview.set_active(False)
    assert loop.preview.layer() is None
    assert names() is None
    assert not folder.exists()
    loop.labels.startEditing()
    loop.add_polygon(polygons, 3, 8, 4)
    loop.canvas.setExtent(extent(4, 3, 8, 4))
    assert not loop.preview._delay.isActive()
    loop.labels.rollBack()


def test_switching_off_ends_what_runs(make_loop, previews, wait_for):
    loop = make_loop("slow.tif")
    loop.preview.set_active(True)
    wait_for(lambda: len(previews()) == 1)
    loop.preview.set_active(False)
    wait_for(lambda: loop.preview._job is None)
    assert not Path(previews()[0]["out"]).parent.exists()
    assert loop.said == ["started"]


def test_a_group_with_other_results_stays(make_loop, make_raster, wait_for):
    from mmearth_qgis.mmearth_plugin import results

    loop = make_loop()
    group = results.result_group(loop.source)
    vector = loop.labels.clone()
    QgsProject.instance().addMapLayer(vector, False)
    group.addLayer(vector)
    results.add_results(group, [])
    raster = QgsRasterLayer(make_raster("other.tif"), "Classes")
    QgsProject.instance().addMapLayer(raster, False)
    group.addLayer(raster)
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    assert names() == ["Polygons", "Preview", "Classes"]  # above the rasters, below the polygons
    loop.preview.set_active(False)
    assert names() == ["Polygons", "Classes"]


def test_a_layer_that_the_user_removed_comes_back_with_the_next_edit(make_loop, wait_for):
    loop = make_loop()
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    QgsProject.instance().removeMapLayer(loop.preview.layer().id())
    assert loop.preview.layer() is None
    loop.preview.refresh()
    wait_for(shown_times(loop, 2))
    assert names() == ["Preview"]


def test_what_cannot_be_asked_or_done_is_told(make_loop, previews, wait_for):
    loop = make_loop("missing.tif")
    loop.refusal = "Only one class so far."
    loop.preview.set_active(True)
    wait_for(lambda: loop.said == ["Only one class so far."])
    loop.refusal = ""
    loop.preview.refresh()
    wait_for(lambda: len(loop.said) == 3)
    assert loop.said[1:] == ["started", "'missing.tif' has 3 bands; 12 are wanted. Choose another."]
    backend, loop.backend = loop.backend, None
    loop.preview.refresh()
    wait_for(lambda: len(loop.said) == 4)
    assert "none was found" in loop.said[3]
    loop.backend = backend


def test_a_new_backend_is_asked_when_the_old_one_is_gone(make_loop, previews, wait_for):
    from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess

    loop = make_loop("slow.tif")
    loop.preview.set_active(True)
    wait_for(lambda: len(previews()) == 1)
    old = loop.backend
    old.shutdown()
    loop.backend = BackendProcess(old.python, grace_s=5)
    loop.preview.refresh()
    wait_for(lambda: len(previews()) == 2)
    loop.preview.set_active(False)
    wait_for(lambda: loop.preview._job is None)
    loop.backend.shutdown()


def test_files_written_for_unsaved_labels_are_removed_and_the_users_own_stay(make_loop, previews, wait_for, tmp_path):
    temporary = Path(QgsProcessingUtils.tempFolder())
    before = set(temporary.rglob("*.gpkg"))
    loop = make_loop()
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    exported = Path(previews()[0]["labels"])
    assert temporary in exported.parents
    loop.canvas.extentsChanged.emit()  # a request that is made and not sent leaves nothing either
    wait_for(lambda: not loop.preview._delay.isActive())
    assert set(temporary.rglob("*.gpkg")) == before

    own = tmp_path / exported.name
    options = QgsVectorFileWriter.SaveVectorOptions()
    QgsVectorFileWriter.writeAsVectorFormatV3(loop.labels, str(own), QgsProject.instance().transformContext(), options)
    request = loop.make_request
    loop.preview._make_request = lambda: replace(request(), labels=str(own), labels_layer="")
    loop.preview.refresh()
    wait_for(shown_times(loop, 2))
    assert previews()[1]["labels"] == str(own)
    assert own.exists()


def test_labels_that_are_deleted_or_replaced_are_not_followed(make_loop, make_polygons, previews, wait_for, polygons):
    loop = make_loop()
    loop.preview.set_active(True)
    wait_for(shown_times(loop, 1))
    old, loop.labels = loop.labels, make_polygons([(1, 0, 0), (2, 4, 4)], name="Others")
    loop.preview.set_labels(loop.labels)
    wait_for(shown_times(loop, 2))
    old.startEditing()
    old.deleteFeature(next(old.getFeatures()).id())
    assert not loop.preview._delay.isActive()
    old.rollBack()
    QgsProject.instance().removeMapLayer(loop.labels.id())
    loop.refusal = "No labels."
    loop.preview.set_labels(None)
    wait_for(lambda: loop.said[-1] == "No labels.")
