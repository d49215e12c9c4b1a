"""The class list: order, keys, merge and split with undo, removal, names of all scripts, many classes and polygons."""

import time

import pytest
from mmearth_qgis.mmearth_plugin import labels
from mmearth_qgis.mmearth_plugin.pages.class_menu import class_menu
from mmearth_qgis.mmearth_plugin.pages.class_panel import ClassPanel
from qgis.core import QgsFeature, QgsGeometry, QgsPointXY, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QMenu

from .conftest import LEFT_M, TOP_M

pytestmark = pytest.mark.qgis
ODD_NAMES = ["O'Brien's \"wood\"", "🌲 & back\\slash", "غابة كثيفة", "a' OR '1'='1"]


@pytest.fixture
def make_panel(iface, make_polygons):
    """Returns a function that shows a panel for a layer of [(class, col, row), …]."""
    panels = []

    def make(rows, field="class_id:integer", names=False):
        layer = make_polygons(rows, field + "&field=class_name:string(80)" if names else field)
        panel = ClassPanel(iface.window)
        panel.set_layer(layer, field.split(":")[0])
        labels.show_classes(layer, field.split(":")[0], panel.classes())
        panel.refresh()
        panels.append(panel)
        return panel, layer

    yield make
    for panel in panels:
        panel.set_layer(None, "")


def rows_of(panel):
    return [(entry.value, entry.name, entry.polygons) for entry in panel.classes()]


def entry_of(panel, value):
    return next(entry for entry in panel.classes() if entry.value == value)


def values_in(layer):
    return [feature[0] for feature in layer.getFeatures()]


def actions_of(menu):
    return {action.text(): action for action in menu.actions() if action.text()}


class TestTable:
    def test_keys_choose_classes(self, make_panel):
        panel, _layer = make_panel([(value, value, 0) for value in range(1, 13)])
        table = panel.table
        shown = [table.verticalHeaderItem(row).text() for row in range(table.rowCount())]
        assert shown == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "·", "·"]
        QTest.keyClick(table, Qt.Key.Key_3)
        assert table.active().value == 3
        QTest.keyClick(table, Qt.Key.Key_0)
        assert table.active().value == 10
        assert table.state() != table.State.EditingState
        assert not table.choose_number("x")

    def test_a_key_without_a_class_changes_nothing(self, make_panel):
        panel, _layer = make_panel([(1, 0, 0), (2, 4, 0)])
        QTest.keyClick(panel.table, Qt.Key.Key_5)
        assert panel.table.active().value == 1

    def test_a_number_is_dragged_to_another_place(self, make_panel, iface, qgis_app):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0), (3, 8, 0)])
        panel.resize(300, 300)
        iface.window.show()
        panel.show()
        header = panel.table.verticalHeader()
        places = [QPoint(8, header.sectionViewportPosition(row) + 13) for row in range(3)]
        QTest.mousePress(header.viewport(), Qt.MouseButton.LeftButton, pos=places[2])
        for place in ((places[1] + places[2]) / 2, places[0] - QPoint(0, 6)):  # QTest moves with no button held
            spot, left = QPointF(place), Qt.MouseButton.LeftButton
            at = QPointF(header.viewport().mapToGlobal(place))
            move = QMouseEvent(QEvent.Type.MouseMove, spot, at, left, left, Qt.KeyboardModifier.NoModifier)
            qgis_app.sendEvent(header.viewport(), move)
        QTest.mouseRelease(header.viewport(), Qt.MouseButton.LeftButton, pos=places[0] - QPoint(0, 6))
        assert [value for value, _name, _polygons in rows_of(panel)] == [3, 1, 2]
        assert [category.value() for category in layer.renderer().categories()] == [3, 1, 2]
        assert [header.logicalIndex(i) for i in range(3)] == [0, 1, 2]
        panel.undo_button.click()
        assert [value for value, _name, _polygons in rows_of(panel)] == [1, 2, 3]
        assert not panel.undo_button.isEnabled()

    def test_pixels_and_scores_are_columns_that_appear(self, make_panel):
        panel, _layer = make_panel([(1, 0, 0), (1, 4, 0), (2, 8, 0)])  # squares of 20 m × 20 m
        table = panel.table
        assert table.isColumnHidden(3)
        assert table.isColumnHidden(4)
        table.set_pixel_area(100.0)
        assert [table.item(row, 3).text() for row in range(2)] == ["8", "4"]
        table.show_scores({1: 0.914})
        assert [table.item(row, 4).text() for row in range(2)] == ["0.91", "–"]
        table.show_scores({})
        table.set_pixel_area(None)
        assert table.isColumnHidden(3)
        assert table.isColumnHidden(4)

    def test_the_table_grows_to_a_limit(self, make_panel):
        few, _layer = make_panel([(1, 0, 0)])
        many, _layer = make_panel([(value, value, 0) for value in range(60)])
        most, _layer = make_panel([(value, value, 0) for value in range(90)])
        assert few.table.height() < many.table.height() == most.table.height() < 400
        assert many.table.minimumSizeHint().width() <= 300


class TestMerge:
    def test_is_one_step_that_the_list_follows(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0), (2, 8, 0), (3, 12, 0)])
        panel.table.cellWidget(1, 0).setColor(QColor("#123456"))
        panel.merge(entry_of(panel, 2), entry_of(panel, 3))
        assert values_in(layer) == [1, 3, 3, 3]
        assert rows_of(panel) == [(1, "1", 1), (3, "3", 3)]
        assert panel.table.active().value == 3
        assert layer.undoStack().count() == 1
        layer.undoStack().undo()
        assert values_in(layer) == [1, 2, 2, 3]
        assert rows_of(panel) == [(1, "1", 1), (2, "2", 2), (3, "3", 1)]
        assert entry_of(panel, 2).color == "#123456"
        layer.undoStack().redo()
        assert rows_of(panel) == [(1, "1", 1), (3, "3", 3)]
        assert layer.isModified()
        layer.rollBack()
        assert rows_of(panel) == [(1, "1", 1), (2, "2", 2), (3, "3", 1)]

    def test_saved_it_stays(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0), (3, 12, 0)])
        panel.merge(entry_of(panel, 2), entry_of(panel, 3))
        assert layer.commitChanges()
        assert rows_of(panel) == [(1, "1", 1), (3, "3", 2)]

    def test_another_edit_in_its_place_is_not_taken_for_it(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0), (3, 12, 0)])
        panel.merge(entry_of(panel, 2), entry_of(panel, 3))
        layer.undoStack().undo()
        layer.deleteFeature(next(layer.getFeatures()).id())
        layer.undoStack().undo()
        layer.undoStack().redo()
        assert [value for value, _name, _polygons in rows_of(panel)] == [1, 2, 3]

    def test_the_name_goes_along(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0)], names=True)
        panel.table.item(1, 1).setText("Lake")
        panel.merge(entry_of(panel, 1), entry_of(panel, 2))
        assert [feature["class_name"] for feature in layer.getFeatures()] == ["Lake", "Lake"]
        layer.rollBack()

    def test_of_texts_that_look_like_numbers(self, make_panel):
        panel, layer = make_panel([("1", 0, 0), ("01", 4, 0), ("x", 8, 0)], "code:string(20)")
        panel.merge(entry_of(panel, "1"), entry_of(panel, "x"))
        assert values_in(layer) == ["x", "01", "x"]

    def test_a_layer_that_cannot_be_edited_is_said(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0)])
        layer.setReadOnly(True)
        panel.merge(entry_of(panel, 1), entry_of(panel, 2))
        assert "cannot be edited" in panel.notice.text()
        assert values_in(layer) == [1, 2]
        assert [value for value, _name, _polygons in rows_of(panel)] == [1, 2]

    def test_a_computed_field_is_said(self, make_panel):
        from qgis.core import QgsField
        from qgis.PyQt.QtCore import QVariant

        panel, layer = make_panel([(1, 0, 0), (2, 4, 0)])
        layer.addExpressionField('"class_id" + 10', QgsField("computed", QVariant.Int))
        panel.set_layer(layer, "computed")
        panel.merge(entry_of(panel, 11), entry_of(panel, 12))
        assert 'Field "computed"' in panel.notice.text()
        assert layer.undoStack().count() == 0
        layer.rollBack()


class TestSplit:
    def test_takes_the_selected_polygons(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (1, 4, 0), (2, 8, 0)])
        first = [feature.id() for feature in layer.getFeatures()]
        layer.selectByIds([first[1], first[2]])
        panel.split(entry_of(panel, 1))
        assert values_in(layer) == [1, 3, 2]
        assert rows_of(panel) == [(1, "1", 1), (3, "Class 3", 1), (2, "2", 1)]
        assert panel.table.active().value == 3
        layer.undoStack().undo()
        assert rows_of(panel) == [(1, "1", 2), (2, "2", 1)]
        layer.rollBack()

    @pytest.mark.parametrize(("chosen", "found"), [(0, "none"), (2, "all")])
    def test_wants_some_of_them(self, make_panel, chosen, found):
        panel, layer = make_panel([(1, 0, 0), (1, 4, 0), (2, 8, 0)])
        layer.selectByIds([feature.id() for feature in layer.getFeatures()][:chosen])
        panel.split(entry_of(panel, 1))
        assert f"{found} are selected" in panel.notice.text()
        assert values_in(layer) == [1, 1, 2]


class TestRemoval:
    def test_of_an_empty_class_can_be_undone(self, make_panel):
        panel, _layer = make_panel([(1, 0, 0)])
        panel.add_button.click()
        panel.table.item(1, 1).setText("Water")
        panel.remove_button.click()
        assert rows_of(panel) == [(1, "1", 1)]
        assert '"Water" is removed' in panel.notice.text()
        panel.undo_button.click()
        assert rows_of(panel) == [(1, "1", 1), (2, "Water", 0)]

    def test_of_polygons_is_a_step_of_the_layer(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0), (2, 8, 0)])
        panel.remove_with_polygons(entry_of(panel, 2))
        assert values_in(layer) == [1]
        assert rows_of(panel) == [(1, "1", 1)]
        layer.undoStack().undo()
        assert sorted(values_in(layer)) == [1, 2, 2]
        assert rows_of(panel) == [(1, "1", 1), (2, "2", 2)]
        layer.rollBack()

    def test_the_button_offers_what_to_do_with_polygons(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0), (2, 8, 0)])
        panel.table.choose(2)
        QTest.keyClick(panel.table, Qt.Key.Key_Delete)
        menu = next(menu for menu in panel.findChildren(QMenu) if "Remove with its 2 polygons" in actions_of(menu))
        assert [action.text() for action in actions_of(menu)["Merge into"].menu().actions()] == ["1"]
        assert values_in(layer) == [1, 2, 2]
        menu.hide()

    def test_classes_that_got_polygons_since_then_stay(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0)])
        panel.table.cellWidget(0, 0).setColor(QColor("#123456"))
        panel.add_button.click()
        layer.startEditing()
        layer.changeAttributeValue(next(layer.getFeatures()).id(), 0, 3)
        panel.undo_button.click()
        assert rows_of(panel) == [(1, "1", 0), (2, "2", 1), (3, "Class 3", 1)]
        layer.rollBack()


class TestNames:
    def test_of_all_scripts_are_kept_and_drawn(self, make_panel):
        panel, layer = make_panel([(value, value, 0) for value in (1, 2, 3, 4)], names=True)
        for row, name in enumerate(ODD_NAMES):
            panel.table.item(row, 1).setText(name)
        assert [name for _value, name, _polygons in rows_of(panel)] == ODD_NAMES
        assert [feature["class_name"] for feature in layer.getFeatures()] == ODD_NAMES
        for row, name in enumerate(ODD_NAMES):
            panel.table.selectRow(row)
            drawn = layer.defaultValue(layer.fields().lookupField("class_name"))
            assert drawn == name
        layer.rollBack()

    def test_of_a_field_of_texts_select_their_polygons(self, make_panel):
        panel, layer = make_panel([(name, i, 0) for i, name in enumerate(ODD_NAMES)], "klass:string(40)")
        for name in ODD_NAMES:
            panel.select_polygons(entry_of(panel, name))
            assert [feature["klass"] for feature in layer.selectedFeatures()] == [name]

    def test_a_name_that_is_taken_is_refused(self, make_panel):
        panel, _layer = make_panel([(1, 0, 0), (2, 4, 0)])
        panel.table.item(1, 1).setText("1")
        assert 'There is a class "1" already' in panel.notice.text()
        assert panel.table.item(1, 1).text() == "2"

    def test_a_new_class_of_texts_is_called_as_its_polygons_are(self, make_panel):
        panel, layer = make_panel([("oak", 0, 0)], "klass:string(40)")
        panel.add_button.click()
        panel.table.item(1, 1).setText("غابة")
        assert rows_of(panel)[1] == ("غابة", "غابة", 0)
        assert layer.defaultValue(0) == "غابة"


class TestMenu:
    def test_does_what_it_says(self, make_panel):
        panel, layer = make_panel([(1, 0, 0), (2, 4, 0), (3, 8, 0)])
        zoomed = []
        panel.zoom.connect(zoomed.append)

        def choose(value, text, other=""):
            menu = class_menu(panel, entry_of(panel, value), panel.table.classes(), panel)
            action = actions_of(menu)[text]
            (actions_of(action.menu())[other] if other else action).trigger()

        choose(2, "Ignore")
        assert [entry.ignored for entry in panel.classes()] == [False, True, False]
        choose(2, "Take into account")
        choose(3, "Move up")
        assert [value for value, _name, _polygons in rows_of(panel)] == [1, 3, 2]
        choose(3, "Select its polygons")
        assert [feature["class_id"] for feature in layer.selectedFeatures()] == [3]
        choose(3, "Zoom to its polygons")
        assert zoomed[0]["bounds"] == [LEFT_M + 80, TOP_M - 20, LEFT_M + 100, TOP_M]
        assert zoomed[0]["crs"] == "EPSG:32632"
        choose(1, "Merge into", "2")
        assert sorted(values_in(layer)) == [2, 2, 3]
        choose(2, "Remove with its 2 polygons")
        assert values_in(layer) == [3]
        choose(3, "Rename")
        assert panel.table.state() == panel.table.State.EditingState
        layer.rollBack()

    def test_opens_where_the_class_is(self, make_panel, iface):
        panel, _layer = make_panel([(1, 0, 0), (2, 4, 0)])
        iface.window.show()
        panel.show()
        panel.table.customContextMenuRequested.emit(panel.table.visualItemRect(panel.table.item(1, 1)).center())
        assert panel.table.active().value == 2
        menu = next(menu for menu in panel.findChildren(QMenu) if "Rename" in actions_of(menu))
        assert not actions_of(menu)["Move down"].isEnabled()
        menu.hide()


def test_5000_polygons_of_60_classes_are_counted_in_no_time(iface):
    layer = QgsVectorLayer("Polygon?crs=EPSG:32632&field=class_id:integer&field=class_name:string", "many", "memory")
    features = []
    for number in range(5000):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([number % 60, f"Class {number % 60}"])
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(LEFT_M + 30 * number, TOP_M)).buffer(10, 5))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    panel = ClassPanel()
    panel.set_layer(layer, "class_id")
    times = []
    for _repeat in range(3):
        begin = time.perf_counter()
        panel.refresh()
        times.append(time.perf_counter() - begin)
    assert sum(entry.polygons for entry in panel.classes()) == 5000
    assert sum(entry.area_m2 for entry in panel.classes()) == pytest.approx(
        sum(feature.geometry().area() for feature in features), rel=2e-3
    )
    print(f"refresh {1000 * min(times):.0f} ms")
    assert min(times) < 0.1
    panel.set_layer(None, "")


def test_areas_in_degrees_are_those_on_the_ground(iface):
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326&field=class_id:integer", "degrees", "memory")
    feature = QgsFeature(layer.fields())
    feature.setAttributes([1])
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((11 48, 11.01 48, 11.01 48.01, 11 48.01, 11 48))"))
    layer.dataProvider().addFeatures([feature])
    # 0.01 degrees of latitude are 1112 m, of longitude at 48° 746 m.
    assert labels.read_classes(layer, "class_id")[0].area_m2 == pytest.approx(1112 * 746, rel=0.005)


def test_a_layer_removed_while_the_list_is_shown(make_panel):
    panel, layer = make_panel([(1, 0, 0), (2, 4, 0)])
    panel.merge(entry_of(panel, 1), entry_of(panel, 2))
    layer.rollBack()
    panel.set_layer(None, "")
    QgsProject.instance().removeMapLayer(layer.id())
    assert panel.refresh() == []
    assert not panel.add_button.isEnabled()
