"""Groups of runs in the layer tree: made, found, shown, filled with what came."""

import pytest
from mmearth_qgis.mmearth_plugin import layers, results
from qgis.core import QgsProject, QgsVectorLayer

pytestmark = pytest.mark.qgis


@pytest.fixture
def source(iface, scene_layer):
    return layers.layer_source(scene_layer)


@pytest.fixture
def add(make_raster, source):
    """Adds a copy of the scene to the scene's group as a result."""

    def run(name, shown=True):
        path = make_raster(f"{name}.tif", bands=1)
        results.add_results(results.result_group(source), [results.ResultFile(path, "", name, shown)])
        return path

    return run


def tree(node):
    """Returns the names in a group, groups as (name, [names], ticked, expanded)."""
    return [
        (one.name(), tree(one), one.itemVisibilityChecked(), one.isExpanded())
        if hasattr(one, "addGroup")
        else one.name()
        for one in node.children()
    ]


def test_the_newest_run_is_on_top_and_alone_is_shown(source, add):
    parent = results.result_group(source)
    for number in (1, 2):
        path = add("Classes")
        results.gather(results.run_group(source, f"id {number}", f"{number} · Map"), [path])
    assert tree(parent) == [("2 · Map", ["Classes"], True, True), ("1 · Map", ["Classes"], False, False)]
    assert len(QgsProject.instance().mapLayers()) == 3, "the scene and both maps"


def test_layers_keep_order_ticks_and_style_when_they_are_gathered(source, add):
    paths = [add("Entropy", shown=False), add("Confidence", shown=False), add("Classes")]
    before = {layer.id() for layer in QgsProject.instance().mapLayers().values()}
    parent = results.result_group(source)
    group = results.run_group(source, "id", "Run")
    results.gather(group, paths[1:])
    assert [(node.name(), node.itemVisibilityChecked()) for node in group.children()] == [
        ("Classes", True),
        ("Confidence", False),
    ]
    assert [child.name() for child in parent.children()] == ["Run", "Entropy"]
    assert {layer.id() for layer in QgsProject.instance().mapLayers().values()} == before


def test_layers_of_a_run_are_found_in_the_group_of_the_scene(source, add):
    results.gather(results.run_group(source, "id", "Run"), [add("Classes")])
    group = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene")
    assert [node.name() for node in group.findLayers()] == ["Classes"]


def test_points_stay_on_top(source, add, tmp_path):
    points = QgsVectorLayer("Point?crs=EPSG:32632", "Where to label next", "memory")
    QgsProject.instance().addMapLayer(points, False)
    parent = results.result_group(source)
    parent.addLayer(points)
    results.run_group(source, "id", "Run")
    assert [child.name() for child in parent.children()] == ["Where to label next", "Run"]


def test_a_group_is_found_by_its_run_wherever_the_user_moved_it(source):
    group = results.run_group(source, "id", "Run")
    group.setName("Mine")
    root = QgsProject.instance().layerTreeRoot()
    root.insertChildNode(0, group.clone())
    group.parent().removeChildNode(group)
    found = results.find_run_group("id")
    assert (found.name(), found.parent()) == ("Mine", root)
    assert results.run_group(source, "id", "Run") == found
    assert results.find_run_group("other") is None


def test_an_earlier_run_is_shown_instead_of_the_newest(source, add):
    for number in (1, 2):
        results.gather(results.run_group(source, f"id {number}", str(number)), [add(f"Classes {number}")])
    results.show_run_group(results.find_run_group("id 1"))
    seen = [layer.name() for layer in QgsProject.instance().layerTreeRoot().checkedLayers()]
    assert "Classes 1" in seen
    assert "Classes 2" not in seen


def test_a_group_stays_its_runs_when_the_project_is_opened_again(source, tmp_path):
    results.run_group(source, "id", "Run")
    path = str(tmp_path / "project.qgz")
    assert QgsProject.instance().write(path)
    QgsProject.instance().clear()
    assert QgsProject.instance().read(path)
    assert results.find_run_group("id").name() == "Run"


def test_the_file_of_a_layer(iface, make_raster, make_polygons, scene_layer):
    assert results.file_of(scene_layer) == make_raster()
    assert results.file_of(make_polygons([(1, 0, 0)])) == ""
