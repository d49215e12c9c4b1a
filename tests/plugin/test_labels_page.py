"""Step "Label": layer, classes or numbers, ignored classes, and problems that can be looked at."""

import json
from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import labels, layers, results
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.labels_page import REGRESSION, LabelsPage
from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage
from osgeo import ogr
from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QLabel

from .conftest import square

pytestmark = pytest.mark.qgis
UTM32 = QgsCoordinateReferenceSystem("EPSG:32632")


@pytest.fixture
def page(iface, scene_layer):
    page = ScenePage(iface.canvas)
    page.set_layer(scene_layer)
    yield page
    page.close_tools()


def read_rows(path, layer_name):
    source = ogr.Open(path)
    layer = source.GetLayerByName(layer_name) if layer_name else source.GetLayer(0)
    return [(json.loads(f.ExportToJson())["properties"], f.GetGeometryRef().GetArea()) for f in layer]


def test_new_label_layer_is_a_geopackage_in_editing_with_the_active_class(page, output_folder):
    labels_page = LabelsPage()
    layer = labels_page.make_layer(page.scene())
    assert layer.isEditable()
    assert Path(layer.source().split("|")[0]) == output_folder / "My_scene_labels.gpkg"
    assert [f.name() for f in layer.fields()][1:] == ["class_id", "class_name"]
    assert layer.crs() == UTM32
    labels_page.table.choose(2)
    assert layer.defaultValueDefinition(1).expression() == "2"
    assert layer.defaultValueDefinition(2).expression() == "'Class 2'"
    assert QgsProject.instance().layerTreeRoot().children()[0].layer() is layer
    layer.rollBack()


def add(layer, col, row):
    """Adds a polygon as digitising does: attributes from the default values."""
    from qgis.core import QgsVectorLayerUtils

    layer.addFeature(QgsVectorLayerUtils.createFeature(layer, square(col, row)))


def test_unsaved_polygons_are_exported_without_committing(page, output_folder, wait_for):
    labels_page = LabelsPage()
    layer = labels_page.make_layer(page.scene())
    for value, col in ((1, 0), (1, 4), (2, 8), (2, 12)):
        labels_page.table.choose(value)
        add(layer, col, 0)
    wait_for(lambda: "unsaved edits: 4" in labels_page.counts.text())
    request = labels_page.fields()
    rows = read_rows(request["labels"], request["labels_layer"])
    assert [row["class_id"] for row, _area in rows] == [1, 1, 2, 2]
    assert [row["class_name"] for row, _area in rows] == ["Class 1", "Class 1", "Class 2", "Class 2"]
    assert request["field"] == "class_id"
    assert request["classes"] == (
        {"value": 1, "name": "Class 1", "color": labels.PALETTE[0]},
        {"value": 2, "name": "Class 2", "color": labels.PALETTE[1]},
    )
    assert layer.isModified()
    assert read_rows(layer.source().split("|")[0], "labels") == []
    layer.commitChanges()
    saved = labels_page.fields()
    assert (saved["labels"], saved["labels_layer"]) == (layer.source().split("|")[0], "labels")


def test_classes_are_added_renamed_recoloured_removed_and_kept_in_the_file(page, output_folder, wait_for):
    labels_page = LabelsPage()
    layer = labels_page.make_layer(page.scene())
    add(layer, 0, 0)
    labels_page.refresh()
    labels_page.add_button.click()
    assert labels_page.table.active().value == 3
    labels_page.table.item(0, 1).setText("Water")
    labels_page.table.cellWidget(2, 0).setColor(QColor("#123456"))
    assert [f["class_name"] for f in layer.getFeatures()] == ["Water"]
    labels_page.table.choose(2)
    labels_page.remove_button.click()
    labels_page.table.choose(1)
    labels_page.remove_button.click()
    assert "has 1 polygons" in labels_page.panel.notice.text()
    layer.commitChanges()
    again = type(layer)(layer.source(), "again", "ogr")
    found = labels.read_classes(again, "class_id")
    assert [(e.value, e.name, e.polygons) for e in found] == [(1, "Water", 1), (3, "Class 3", 0)]
    assert found[1].color == "#123456"


def test_labels_of_ones_own_with_texts_filter_and_null(page, make_polygons):
    layer = make_polygons([("oak", 0, 0), ("oak", 4, 0), ("lake", 8, 0), (None, 12, 0)], "klass:string(20)")
    layer.setSubsetString("")
    labels_page = LabelsPage()
    labels_page.layer_box.setLayer(layer)
    assert labels_page.field_box.currentText() == "klass"
    assert [(e.value, e.polygons) for e in labels_page._classes()] == [("lake", 1), ("oak", 2)]
    request = labels_page.fields()
    assert [row["klass"] for row, _area in read_rows(request["labels"], request["labels_layer"])][:3] == [
        "oak",
        "oak",
        "lake",
    ]


def test_a_filter_on_the_layer_counts(page, output_folder):
    labels_page = LabelsPage()
    layer = labels_page.make_layer(page.scene())
    for value, col in ((1, 0), (2, 4), (2, 8)):
        labels_page.table.choose(value)
        add(layer, col, 0)
    layer.commitChanges()
    layer.setSubsetString("class_id = 2")
    path, name = layers.vector_source(layer)
    assert [row["class_id"] for row, _area in read_rows(path, name)] == [2, 2]


@pytest.mark.parametrize(
    ("rows", "text"), [([], "polygons of 0 class"), ([(1, 0, 0), (1, 4, 0)], "polygons of 1 class")]
)
def test_too_few_classes_are_refused(page, make_polygons, rows, text):
    labels_page = LabelsPage()
    labels_page.layer_box.setLayer(make_polygons(rows))
    with pytest.raises(InputError, match=text):
        labels_page.fields()


def test_no_label_layer_and_no_class_field_are_refused(page, make_polygons):
    labels_page = LabelsPage()
    labels_page.layer_box.setLayer(None)
    with pytest.raises(InputError, match="New label layer"):
        labels_page.fields()
    labels_page.layer_box.setLayer(make_polygons([], "height:double"))
    labels_page.field_box.setCurrentIndex(-1)
    with pytest.raises(InputError, match="No class field"):
        labels_page.fields()


def test_a_removed_label_layer_is_forgotten(page, make_polygons, wait_for):
    labels_page = LabelsPage()
    layer = make_polygons([(1, 0, 0)])
    labels_page.layer_box.setLayer(layer)
    QgsProject.instance().removeMapLayer(layer.id())
    wait_for(lambda: labels_page.table.rowCount() == 0)


def test_a_feature_that_was_never_saved_has_no_id(make_polygons):
    """What makes the export necessary: unsaved features have negative ids."""
    layer = make_polygons([])
    layer.startEditing()
    layer.addFeature(QgsFeature(layer.fields()))
    assert next(layer.getFeatures()).id() < 0
    layer.rollBack()


def test_a_layer_that_names_classes_and_colours_keeps_them():
    fields = "field=class_id:integer&field=class_name:string&field=color:string"
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:4326&{fields}", "x", "memory")
    for value, name, color in ((1, "Water", "#4477aa"), (2, "Wood", "not a colour")):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([value, name, color])
        layer.dataProvider().addFeature(feature)
    first, second = labels.read_classes(layer, "class_id")
    assert (first.value, first.name, first.color, first.polygons) == (1, "Water", "#4477aa", 1)
    assert (second.name, second.color) == ("Wood", labels.PALETTE[0])


class TestIgnoredClasses:
    @pytest.fixture
    def labels_page(self, page, make_polygons):
        labels_page = LabelsPage()
        rows = [(1, 0, 0), (1, 4, 0), (2, 8, 0), (3, 12, 0)]
        labels_page.layer_box.setLayer(make_polygons(rows))
        return labels_page

    def test_a_class_without_a_tick_is_ignored(self, labels_page):
        labels_page.table.item(2, 1).setCheckState(Qt.CheckState.Unchecked)
        fields = labels_page.fields()
        assert [entry["value"] for entry in fields["classes"]] == [1, 2]
        assert fields["ignore"] == ("3",)
        assert labels_page.counts.text() == "3 polygons in 2 classes; ignored: 1"

    def test_the_layer_remembers_it(self, labels_page):
        labels_page.table.item(2, 1).setCheckState(Qt.CheckState.Unchecked)
        again = LabelsPage()
        again.layer_box.setLayer(labels_page.layer)
        assert [entry.ignored for entry in again._classes()] == [False, False, True]
        again.table.item(2, 1).setCheckState(Qt.CheckState.Checked)
        assert again.fields()["ignore"] == ()

    def test_one_class_that_is_left_is_too_few(self, labels_page):
        for row in (1, 2):
            labels_page.table.item(row, 1).setCheckState(Qt.CheckState.Unchecked)
        with pytest.raises(InputError, match="polygons of 1 class"):
            labels_page.fields()


class TestNumbers:
    def test_a_field_of_decimals_is_estimated(self, page, make_polygons):
        labels_page = LabelsPage()
        labels_page.layer_box.setLayer(make_polygons([(12.5, 0, 0), (3.0, 4, 0), (None, 8, 0)], "height:double"))
        labels_page.field_box.setCurrentIndex(0)
        assert labels_page.is_regression
        assert labels_page.task_box.currentText() == "Estimates a number (regression)"
        assert labels_page.panel.isHidden()
        assert labels_page.counts.text() == "2 polygons with a number, 3 to 12.5"
        assert (labels_page.fields()["classes"], labels_page.fields()["field"]) == ((), "height")

    def test_whole_numbers_of_a_shapefile_are_classes(self, page, make_polygons):
        labels_page = LabelsPage()
        labels_page.layer_box.setLayer(make_polygons([(1.0, 0, 0), (2.0, 4, 0)], "class:double"))
        assert not labels_page.is_regression
        assert not labels_page.panel.isHidden()

    def test_whole_numbers_can_be_estimated_if_the_user_says_so(self, page, make_polygons):
        labels_page = LabelsPage()
        labels_page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
        assert not labels_page.is_regression
        labels_page.task_box.setCurrentIndex(labels_page.task_box.findData(REGRESSION))
        assert labels_page.is_regression

    def test_texts_are_never_numbers(self, page, make_polygons):
        labels_page = LabelsPage()
        labels_page.layer_box.setLayer(make_polygons([("not forest", 0, 0), ("lake", 4, 0)], "klass:string(20)"))
        assert labels_page.task_box.isHidden()
        assert not labels_page.is_regression
        assert [entry["value"] for entry in labels_page.fields()["classes"]] == ["lake", "not forest"]

    def test_one_number_teaches_nothing(self, page, make_polygons):
        labels_page = LabelsPage()
        labels_page.layer_box.setLayer(make_polygons([(2.5, 0, 0), (2.5, 4, 0)], "height:double"))
        labels_page.field_box.setCurrentIndex(0)
        with pytest.raises(InputError, match="fewer than two different numbers"):
            labels_page.fields()


def problem(*features):
    return {"kind": "sliver", "message": "Too thin.", "features": list(features), "bounds": [0, 0, 1, 1], "crs": ""}


class TestProblems:
    def test_nothing_wrong_shows_nothing(self, page):
        assert LabelsPage().problems.isHidden()

    def test_each_is_a_line_and_is_zoomed_to(self, page):
        labels_page, zoomed = LabelsPage(), []
        labels_page.zoom.connect(zoomed.append)
        labels_page.show_problems([problem(1), problem(2)])
        assert not labels_page.problems.isHidden()
        assert labels_page.problems.heading.text() == "2 things to look at"
        assert not labels_page.problems.zoom_button.isEnabled()
        labels_page.problems.list.setCurrentRow(1)
        labels_page.problems.zoom_button.click()
        labels_page.problems.list.itemDoubleClicked.emit(labels_page.problems.list.item(0))
        assert [found["features"] for found in zoomed] == [[2], [1]]

    def test_rows_of_an_export_are_told_as_features_of_the_layer(self, page, output_folder):
        labels_page = LabelsPage()
        layer = labels_page.make_layer(page.scene())
        for value, col in ((1, 0), (2, 4)):
            labels_page.table.choose(value)
            add(layer, col, 0)
        labels_page.fields()
        ids = [feature.id() for feature in layer.getFeatures()]
        assert all(number < 0 for number in ids)
        assert labels_page.layer_features(problem(2, 1, 99)) == [ids[1], ids[0]]
        layer.commitChanges()
        labels_page.fields()
        assert labels_page.layer_features(problem(2)) == [2]


class TestProject:
    """The project remembers layer, field and class."""

    @pytest.fixture
    def labels_page(self, page, output_folder):
        labels_page = LabelsPage()
        yield labels_page
        labels_page.close()

    def test_reopened_it_has_the_same_choice(self, labels_page, page, tmp_path, wait_for):
        layer = labels_page.make_layer(page.scene())
        labels_page.add_button.click()
        labels_page.table.item(2, 1).setText('Wasser & "Eis" 🧊')
        labels_page.table.cellWidget(2, 0).setColor(QColor("#123456"))
        layer.commitChanges()
        project, name = QgsProject.instance(), str(tmp_path / "project.qgz")
        assert project.write(name)
        layer_id = layer.id()
        project.clear()
        assert labels_page.layer is None
        assert project.read(name)
        assert labels_page.layer.id() == layer_id
        assert labels_page.field_box.currentText() == "class_id"
        active = labels_page.table.active()
        assert (active.value, active.name, active.color) == (3, 'Wasser & "Eis" 🧊', "#123456")
        later = LabelsPage()  # a dock that was opened after the project
        assert later.layer.id() == layer_id
        assert later.table.active().value == 3
        later.close()

    def test_a_layer_that_is_gone_is_no_harm(self, labels_page, make_polygons):
        layer = make_polygons([(1, 0, 0), (2, 4, 0)])
        labels_page.layer_box.setLayer(layer)
        QgsProject.instance().removeMapLayer(layer.id())
        labels_page.restore()
        assert labels_page.layer is None

    def test_looking_changes_no_project(self, labels_page, make_polygons):
        labels_page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
        QgsProject.instance().setDirty(False)
        labels_page.refresh()
        labels_page.restore()
        assert not QgsProject.instance().isDirty()

    def test_closed_it_follows_nothing(self, page, make_polygons, tmp_path):
        closed, layer = LabelsPage(), make_polygons([(1, 0, 0), (2, 4, 0)])
        closed.layer_box.setLayer(layer)
        closed.close()
        assert closed.layer is None
        said = []
        closed.changed.connect(lambda: said.append(1))
        layer.startEditing()
        layer.changeAttributeValue(next(layer.getFeatures()).id(), 0, 2)
        layer.rollBack()
        QgsProject.instance().removeMapLayer(layer.id())
        assert said == []


class TestOffered:
    def test_polygons_and_points_but_no_lines(self, page, make_polygons):
        labels_page = LabelsPage()
        polygons, points, lines = (
            make_polygons([]),
            QgsVectorLayer("Point?crs=EPSG:32632&field=class_id:integer", "points", "memory"),
            QgsVectorLayer("LineString?crs=EPSG:32632", "lines", "memory"),
        )
        QgsProject.instance().addMapLayers([points, lines])
        box = labels_page.layer_box
        assert {box.layer(i) for i in range(box.count())} == {None, polygons, points}
        labels_page.close()

    def test_no_points_of_results(self, page, scene_layer, wait_for):
        labels_page = LabelsPage()
        points = QgsVectorLayer("Point?crs=EPSG:32632&field=class_id:integer", "Sample points", "memory")
        QgsProject.instance().addMapLayer(points, False)
        results.result_group(layers.layer_source(scene_layer)).addLayer(points)
        box = labels_page.layer_box
        wait_for(lambda: points not in [box.layer(i) for i in range(box.count())])
        labels_page.close()

    def test_no_fields_that_cannot_be_classes(self, page):
        fields = "field=day:date&field=klass:string&field=height:double&field=fid:integer"
        layer = QgsVectorLayer(f"Polygon?crs=EPSG:32632&{fields}", "x", "memory")
        QgsProject.instance().addMapLayer(layer)
        labels_page = LabelsPage()
        labels_page.layer_box.setLayer(layer)
        box = labels_page.field_box
        assert [box.itemText(i) for i in range(box.count())] == ["klass", "height"]
        labels_page.close()


def test_the_list_and_the_scores_follow_edits(page, make_polygons, wait_for):
    labels_page, layer = LabelsPage(), make_polygons([(1, 0, 0), (2, 4, 0)])
    labels_page.layer_box.setLayer(layer)
    labels_page.show_scores({1: 0.5, 2: 0.75})
    assert labels_page.table.item(1, 4).text() == "0.75"
    layer.startEditing()
    layer.changeAttributeValue(next(layer.getFeatures()).id(), 0, 2)
    assert labels_page.table.isColumnHidden(4)
    wait_for(lambda: [entry.polygons for entry in labels_page.table.classes()] == [0, 2])
    layer.undoStack().undo()
    wait_for(lambda: [entry.polygons for entry in labels_page.table.classes()] == [1, 1])
    layer.rollBack()
    labels_page.close()


def test_tools_go_right_under_the_list(page, iface):
    labels_page, tools = LabelsPage(), QLabel("tools")
    labels_page.add_tools(tools)
    labels_page.resize(300, 500)
    labels_page.show()
    assert labels_page.panel.geometry().bottom() < tools.geometry().top() < labels_page.counts.geometry().top()
    assert labels_page.minimumSizeHint().width() <= 300
    labels_page.close()


def test_order_names_and_colours_reach_requests(page, make_polygons):
    labels_page, layer = LabelsPage(), make_polygons([(1, 0, 0), (2, 4, 0), (3, 8, 0)])
    labels_page.layer_box.setLayer(layer)
    labels_page.table.item(0, 1).setText('"See" 🌊')
    labels_page.table.cellWidget(0, 0).setColor(QColor("#123456"))
    labels_page.table.move_class(0, 2)
    assert [(e["value"], e["name"]) for e in labels_page.fields()["classes"]] == [(2, "2"), (3, "3"), (1, '"See" 🌊')]
    assert labels_page.fields()["classes"][2]["color"] == "#123456"
    labels_page.close()


def test_a_new_layer_keeps_the_order_of_its_classes_in_its_file(page, output_folder):
    labels_page = LabelsPage()
    layer = labels_page.make_layer(page.scene())
    labels_page.table.move_class(0, 1)
    layer.commitChanges()
    again = QgsVectorLayer(layer.source(), "again", "ogr")
    assert [entry.value for entry in labels.read_classes(again, "class_id")] == [2, 1]
    labels_page.close()


def test_colours_are_kept_in_the_file_when_the_layer_goes(page, output_folder):
    labels_page = LabelsPage()
    layer = labels_page.make_layer(page.scene())
    layer.commitChanges()
    labels_page.table.cellWidget(0, 0).setColor(QColor("#123456"))
    source = layer.source()
    before = QgsVectorLayer(source, "before", "ogr")
    assert labels.read_classes(before, "class_id")[0].color == labels.PALETTE[0]  # not with every colour that is tried
    QgsProject.instance().removeMapLayer(layer.id())
    after = QgsVectorLayer(source, "after", "ogr")
    assert labels.read_classes(after, "class_id")[0].color == "#123456"
    labels_page.close()
