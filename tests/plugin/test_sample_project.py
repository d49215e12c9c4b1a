"""The sample project: a copy of its own, ready for the tutorial, and nobody's work is lost for it."""

import zipfile
from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import sample_project
from mmearth_qgis.mmearth_plugin.messages import InputError
from qgis.core import QgsProject, QgsRasterLayer
from qgis.gui import QgsLayerTreeMapCanvasBridge

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.qgis


@pytest.fixture
def sample(iface, output_folder):
    """Returns a function that opens the sample; the user's answer about unsaved changes is "save" unless told else."""
    asked = []

    def new_project(prompt):
        """Does what QGIS does: asks, unless nothing would be lost."""
        assert prompt
        if QgsProject.instance().isDirty():
            asked.append(True)
            if not opened.stays:
                return False
        QgsProject.instance().clear()
        return True

    def opened():
        return sample_project.open_sample(iface, sample_project.default_folder())

    opened.stays, opened.asked = True, asked
    bridge = QgsLayerTreeMapCanvasBridge(QgsProject.instance().layerTreeRoot(), iface.canvas)
    iface.newProject, iface.layerTreeCanvasBridge = new_project, lambda: bridge
    yield opened
    bridge.deleteLater()


def test_it_opens_ready_for_the_tutorial(sample, iface, output_folder, qgis_app):
    assert sample()
    qgis_app.processEvents()  # what QGIS does with the first layers of a project
    project, folder = QgsProject.instance(), output_folder / "sample"
    assert project.crs().authid() == "EPSG:32632"
    assert Path(project.fileName()) == folder / "sample.qgz"
    assert not project.isDirty()
    names = [node.name() for node in project.layerTreeRoot().findLayers()]
    assert names == ["Sample labels", "Sample scene"]
    (polygons,), (scene,) = map(project.mapLayersByName, names)
    renderer = scene.renderer()
    assert (renderer.redBand(), renderer.greenBand(), renderer.blueBand()) == (4, 3, 2)
    assert polygons.featureCount() == 42
    assert {c.label() for c in polygons.renderer().categories()} >= {"Forest", "Water"}
    assert iface.canvas.extent().contains(scene.extent())
    assert iface.canvas.mapSettings().destinationCrs().authid() == "EPSG:32632"
    assert Path(scene.source()) == folder / "scene.tif"
    with zipfile.ZipFile(folder / "sample.qgz") as archive:
        text = archive.read("sample.qgs").decode()
    assert 'source="./scene.tif"' in text or "<datasource>./scene.tif</datasource>" in text
    assert str(folder) not in text


def test_what_the_user_did_there_is_kept(sample, output_folder):
    sample()
    scene = QgsProject.instance().mapLayersByName("Sample scene")[0]
    scene.setName("Mine")
    QgsProject.instance().write()
    QgsProject.instance().clear()
    assert sample()
    assert QgsProject.instance().mapLayersByName("Mine")
    assert sample.asked == []


def test_labels_that_lie_there_are_not_overwritten(sample, output_folder):
    (output_folder / "sample").mkdir(parents=True)
    (output_folder / "sample" / "labels.gpkg").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"labels\.gpkg.*Remove it"):
        sample()
    assert (output_folder / "sample" / "labels.gpkg").read_text(encoding="utf-8") == "mine"


def test_a_project_with_changes_is_asked_about_and_kept(sample, make_raster, output_folder):
    QgsProject.instance().addMapLayer(QgsRasterLayer(make_raster(), "Work"))
    QgsProject.instance().setDirty(True)
    sample.stays = False
    assert not sample()
    assert sample.asked == [True]
    assert QgsProject.instance().mapLayersByName("Work")


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_closed(sample, make_raster, output_folder):
    QgsProject.instance().addMapLayer(QgsRasterLayer(make_raster(), "Work"))
    output_folder.parent.mkdir(exist_ok=True)
    output_folder.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="Choose another output folder"):
        sample()
    assert sample.asked == []
    assert QgsProject.instance().mapLayersByName("Work")
