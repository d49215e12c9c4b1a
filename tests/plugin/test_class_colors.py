"""A class's new name or colour reaches the results on the map, their style files, and nothing else."""

import pytest
from mmearth_qgis.mmearth_plugin import labels, layers, results
from mmearth_qgis.mmearth_plugin.pages.class_panel import ClassPanel
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

pytestmark = pytest.mark.qgis
CLASSES = ((1, "Water", "#0000ff"), (2, "Wood", "#00ff00"))


@pytest.fixture
def panel(iface, make_polygons):
    panel = ClassPanel()
    layer = make_polygons([(1, 0, 0), (2, 8, 0)])
    labels.show_classes(layer, "class_id", [labels.ClassEntry(*one) for one in CLASSES])
    panel.set_layer(layer, "class_id")
    yield panel
    panel.set_layer(None, "")


@pytest.fixture
def make_map(make_raster, scene_layer):
    """Returns a function that adds a class raster, as a result or as a layer of the user's own."""

    def make(name, classes=CLASSES, is_result=True):
        layer = QgsRasterLayer(make_raster(f"{name}.tif", bands=1), name)
        entries = [QgsPalettedRasterRenderer.Class(value, QColor(color), label) for value, label, color in classes]
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, entries))
        QgsProject.instance().addMapLayer(layer, not is_result)
        if is_result:
            results.result_group(layers.layer_source(scene_layer)).addLayer(layer)
        return layer

    return make


def entries_of(layer):
    return [(entry.value, entry.label, entry.color.name()) for entry in layer.renderer().classes()]


def test_a_result_and_its_style_file_follow(panel, make_map, tmp_path):
    shown = make_map("map")
    shown.saveNamedStyle(str(tmp_path / "map.qml"))
    legends = []
    shown.rendererChanged.connect(lambda: legends.append(shown.name()))
    panel.table.item(0, 1).setText('Lake "Ö" & 🌊')
    panel.table.cellWidget(0, 0).setColor(QColor("#123456"))
    assert entries_of(shown) == [(1, 'Lake "Ö" & 🌊', "#123456"), (2, "Wood", "#00ff00")]
    assert legends
    again = QgsRasterLayer(shown.source(), "again")
    again.loadNamedStyle(str(tmp_path / "map.qml"))
    assert entries_of(again) == entries_of(shown)


def test_no_style_file_is_made(panel, make_map, tmp_path):
    make_map("map")
    panel.table.item(0, 1).setText("Lake")
    assert not (tmp_path / "map.qml").exists()


def test_what_the_user_changed_and_other_maps_stay(panel, make_map):
    renamed = ((1, "My own name", "#999999"), (2, "Wood", "#00ff00"))
    clusters = ((1, "Cluster 1", "#aaaaaa"), (2, "Water", "#bbbbbb"))
    own, other, elsewhere = make_map("own", renamed), make_map("other", clusters), make_map("mine", is_result=False)
    panel.table.item(0, 1).setText("Lake")
    panel.table.cellWidget(1, 0).setColor(QColor("#123456"))
    assert entries_of(own) == [(1, "My own name", "#999999"), (2, "Wood", "#123456")]
    assert entries_of(other) == [(1, "Cluster 1", "#aaaaaa"), (2, "Water", "#bbbbbb")]
    assert entries_of(elsewhere) == list(CLASSES)


def test_class_polygons_follow(panel, scene_layer):
    layer = QgsVectorLayer("Polygon?crs=EPSG:32632&field=class_id:integer", "Class polygons", "memory")
    symbols = [QgsFillSymbol.createSimple({"color": color}) for _value, _name, color in CLASSES]
    entries = [QgsRendererCategory(value, s, name) for (value, name, _color), s in zip(CLASSES, symbols)]
    layer.setRenderer(QgsCategorizedSymbolRenderer("class_id", entries))
    QgsProject.instance().addMapLayer(layer, False)
    results.result_group(layers.layer_source(scene_layer)).addLayer(layer)
    panel.table.item(1, 1).setText("Forest")
    panel.table.cellWidget(1, 0).setColor(QColor("#123456"))
    assert [(c.value(), c.label(), c.symbol().color().name()) for c in layer.renderer().categories()] == [
        (1, "Water", "#0000ff"),
        (2, "Forest", "#123456"),
    ]


def test_undo_of_a_name_reaches_the_map_too(panel, make_map):
    shown = make_map("map")
    panel.table.item(0, 1).setText("Lake")
    panel.undo_button.click()
    assert entries_of(shown) == list(CLASSES)


def test_classes_of_texts_go_by_their_name(iface, make_polygons, make_map):
    panel, shown = ClassPanel(), make_map("map", ((1, "ash", "#0000ff"), (2, "oak", "#00ff00")))
    layer = make_polygons([("oak", 0, 0), ("ash", 8, 0)], "klass:string(20)")
    panel.set_layer(layer, "klass")
    panel.table.item(1, 1).setText("Eiche")
    assert [label for _value, label, _color in entries_of(shown)] == ["ash", "Eiche"]
    panel.set_layer(None, "")
