"""What a scene is made of: selected layers, a folder without a layer, an embedding; bands and units are remembered."""

import pytest
from mmearth_qgis.mmearth_plugin import layers, results, settings
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
from mmearth_qgis.mmearth_plugin.pages.pretrain_page import PretrainPage
from mmearth_qgis.mmearth_plugin.pages.scene_page import CANVAS, ScenePage
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRasterLayer, QgsRectangle, QgsSettings
from qgis.PyQt.QtWidgets import QFileDialog

from .conftest import LEFT_M, TOP_M

pytestmark = pytest.mark.qgis


@pytest.fixture
def page(iface):
    page = ScenePage(iface.canvas)
    yield page
    page.close_tools()
    page.blockSignals(True)  # its timer may still run
    page.deleteLater()
    QgsSettings().remove("mmearth")


@pytest.fixture
def add_layer(make_raster):
    def add(name, **options):
        layer = QgsRasterLayer(make_raster(f"{name}.tif", **options), name)
        QgsProject.instance().addMapLayer(layer)
        return layer

    yield add
    QgsProject.instance().clear()


def choose(box, data):
    box.setCurrentIndex(box.findData(data))


DESCRIPTION = {
    "scene": "",
    "width": 20,
    "height": 10,
    "crs": "EPSG:32632",
    "bounds": [LEFT_M, TOP_M - 100, LEFT_M + 200, TOP_M],
    "res": [10.0, 10.0],
    "band_list": [{"index": i, "name": f"b{i}"} for i in (1, 2, 3)],
    "mapping": {"B2": 1, "B3": 2},
    "mapping_how": "names",
    "wanted": ["B2", "B3", "B4"],
    "band_labels": {},
    "units_label": "DN",
    "units_how": "",
    "warnings": [],
    "precomputed": "",
}


class TestSelectedLayers:
    def test_two_selected_rasters_are_offered_as_one_scene(self, dock, iface, add_layer, make_polygons):
        box = dock.scene_page.source_box
        first, second, polygons = add_layer("B02", bands=1), add_layer("B03", bands=1), make_polygons([(1, 0, 0)])
        iface.select([first])
        assert box.together_check.isHidden()
        tiles = QgsRasterLayer("type=xyz&url=https://tiles.invalid/{z}/{x}/{y}.png", "Tiles", "wms")
        QgsProject.instance().addMapLayer(tiles)
        iface.select([first, polygons, tiles])
        assert box.together_check.isHidden()
        iface.select([first, second, polygons])
        assert not box.together_check.isHidden()
        assert box.together_check.text() == "2 layers as one scene"
        assert box.together_check.toolTip().endswith("B02\nB03")

    def test_the_offer_fits_a_narrow_dock(self, dock, iface, add_layer):
        iface.select([add_layer(f"B{n:02d}", bands=1) for n in range(12)])
        dock.embed_page.options.setCollapsed(False)
        content = dock.embed_page.parentWidget()
        content.layout().activate()
        assert not dock.scene_page.source_box.together_check.isHidden()
        assert content.minimumSizeHint().width() <= 310

    def test_their_paths_are_the_scene(self, dock, iface, add_layer, output_folder):
        first, second = add_layer("B02", bands=1), add_layer("B03", bands=1)
        dock.scene_page.set_layer(add_layer("other"))
        iface.select([first, second])
        dock.scene_page.source_box.together_check.setChecked(True)
        scene = dock.scene_page.scene()
        assert scene.path == f"{first.source()}\n{second.source()}"
        assert scene.name == "B02 and 1 more"
        request = dock.embed_page.request(scene)
        assert request.out == str(output_folder / "B02_and_1_more_embedding.tif")
        dock.embed_page.out_edit.setFilePath(second.source())
        with pytest.raises(InputError, match="overwrite the scene"):
            dock.embed_page.request(scene)

    def test_they_stay_when_another_layer_is_clicked(self, dock, iface, add_layer):
        first, second, third = add_layer("B02", bands=1), add_layer("B03", bands=1), add_layer("B04", bands=1)
        iface.select([first, second])
        box = dock.scene_page.source_box
        box.together_check.setChecked(True)
        iface.select([third])
        assert len(dock.scene_page.scene().path.splitlines()) == 2
        assert (box.together_check.text(), box.layer_box.isEnabled()) == ("2 layers as one scene", False)
        box.together_check.setChecked(False)
        assert (box.together_check.isHidden(), box.layer_box.isEnabled()) == (True, True)
        dock.scene_page.set_layer(third)
        assert dock.scene_page.scene().path == third.source()

    def test_a_removed_one_ends_it(self, dock, iface, add_layer):
        first, second = add_layer("B02", bands=1), add_layer("B03", bands=1)
        iface.select([first, second])
        dock.scene_page.source_box.together_check.setChecked(True)
        dock.scene_page.set_layer(first)
        iface.select([first, second])
        dock.scene_page.source_box.together_check.setChecked(True)
        QgsProject.instance().removeMapLayer(second.id())
        assert not dock.scene_page.source_box.together_check.isChecked()
        assert dock.scene_page.scene().path == first.source()

    def test_different_coordinate_systems_are_refused(self, add_layer):
        with pytest.raises(InputError, match=r"EPSG:32632, EPSG:32633.*reproject one"):
            layers.joint_source([add_layer("B02"), add_layer("B03", epsg=32633)])

    def test_the_extent_is_what_they_have_in_common(self, add_layer):
        source = layers.joint_source([add_layer("B02", width=20), add_layer("B03", width=7)])
        assert source.extent == QgsRectangle(LEFT_M, TOP_M - 100, LEFT_M + 70, TOP_M)

    def test_they_can_be_pretrained_on(self, add_layer, output_folder):
        first, second = add_layer("B02", bands=1), add_layer("B03", bands=1)
        scene = layers.Scene(layers.joint_source([first, second]))
        pretrain = PretrainPage()
        pretrain.propose_out(scene.name)
        assert pretrain.request(scene, "auto", False).data == (scene.path,)


class TestFolder:
    def test_it_is_the_scene_without_a_layer(self, page, tmp_path):
        folder = tmp_path / "S2A_MSIL2A_20230601.SAFE"
        folder.mkdir()
        page.source_box.set_path(str(folder))
        assert page.source_box.path_edit.text() == "S2A_MSIL2A_20230601.SAFE"
        assert page.source_box.layer_box.isHidden()
        scene = page.scene()
        assert (scene.path, scene.name, scene.bounds) == (str(folder), "S2A_MSIL2A_20230601", None)
        assert page.request().scene == str(folder)
        page.source_box.back_button.click()
        assert not page.source_box.layer_box.isHidden()
        with pytest.raises(InputError, match="No raster layer is chosen"):
            page.scene()

    def test_it_is_chosen_in_a_dialog(self, page, monkeypatch):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/data/a.SAFE")
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/data/b.zip", ""))
        folder, zipped = page.source_box.more_button.menu().actions()
        folder.trigger()
        assert page.scene().path == "/data/a.SAFE"
        zipped.trigger()
        assert (page.scene().path, page.scene().name) == ("/data/b.zip", "b")
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
        folder.trigger()
        assert page.scene().path == "/data/b.zip"

    def test_a_layer_takes_its_place(self, page, add_layer, wait_for):
        layer = add_layer("scene")
        page.set_layer(layer)
        page.source_box.set_path("/data/a.SAFE")
        changed = []
        page.changed.connect(lambda: changed.append(page.scene().path))
        page.set_layer(layer)
        wait_for(lambda: changed)
        assert changed == [layer.source()]

    def test_its_place_comes_from_the_backend(self, page, iface, tmp_path, output_folder, wait_for):
        page.source_box.set_path(str(tmp_path))
        iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
        iface.canvas.resize(400, 400)
        iface.canvas.setExtent(QgsRectangle(LEFT_M + 50, TOP_M - 5000, LEFT_M + 5050, TOP_M - 20))
        choose(page.extent_box, CANVAS)
        with pytest.raises(InputError, match="not known yet"):
            page.scene()
        with pytest.raises(InputError, match="not known yet"):
            LabelsPage().make_layer(layers.Scene(page.source_box.source()))
        assert page.request().bounds is None
        asked = []
        page.changed.connect(lambda: asked.append(page.request().bounds))
        page.show_description({**DESCRIPTION, "scene": str(tmp_path)})
        wait_for(lambda: asked)
        right, bottom = asked[-1][2], asked[-1][1]
        assert (right, bottom) == pytest.approx((LEFT_M + 200, TOP_M - 100))
        label_layer = LabelsPage().make_layer(page.scene())
        assert label_layer.crs().authid() == "EPSG:32632"
        label_layer.rollBack()

    def test_it_is_embedded_into_a_group_of_its_own(self, dock, engine, tmp_path, wait_for):
        dock.connect_backend()
        folder = tmp_path / "product.SAFE"
        folder.mkdir()
        dock.scene_page.source_box.set_path(str(folder))
        wait_for(lambda: "20 × 10" in dock.scene_page.notes.text())
        assert dock.scene_page.scene().source.extent.xMinimum() == LEFT_M
        assert dock.embed_page.out_edit.filePath().endswith("product_embedding.tif")
        group = results.result_group(dock.scene_page.scene().source)
        assert group.name() == "MMEarth – product"


class TestRememberedReading:
    def test_chosen_bands_and_units_come_back_for_layers_of_the_kind(self, page, add_layer):
        page.set_layer(add_layer("june"))
        page.show_description(DESCRIPTION)
        assert page.band_table.reset_button.isHidden()
        choose(page.band_table.boxes["B4"], 3)
        choose(page.units_box, "reflectance")
        for other in (add_layer("one", bands=1), add_layer("byte_sized", bands=2)):
            page.set_layer(other)
            assert (page.scene().bands, page.scene().units) == ({}, "auto")
        page.set_layer(add_layer("july"))
        assert (page.scene().bands, page.scene().units) == ({"B2": 1, "B3": 2, "B4": 3}, "reflectance")
        page.show_description({**DESCRIPTION, "mapping": page.scene().bands, "mapping_how": "chosen"})
        assert not page.band_table.reset_button.isHidden()
        page.band_table.reset_button.click()
        assert (page.scene().bands, page.scene().units) == ({}, "auto")
        page.set_layer(add_layer("august"))
        assert page.scene().bands == {}

    def test_units_alone_are_no_choice_of_bands(self, page, add_layer):
        page.set_layer(add_layer("june"))
        page.show_description(DESCRIPTION)
        choose(page.units_box, "raw")
        assert (page.scene().bands, page.scene().units) == ({}, "raw")
        page.set_layer(add_layer("july"))
        assert (page.scene().bands, page.scene().units) == ({}, "raw")

    def test_other_weights_want_other_bands(self, page, add_layer):
        page.set_layer(add_layer("june"))
        page.show_description(DESCRIPTION)
        choose(page.band_table.boxes["B4"], 3)
        page.set_weights("/weights/rgb.safetensors")
        assert page.scene().bands == {}
        page.set_weights("")
        assert page.scene().bands["B4"] == 3

    def test_bands_that_only_other_weights_want_are_no_longer_offered(self, page, add_layer):
        page.set_layer(add_layer("june"))
        page.show_description({**DESCRIPTION, "wanted": ["vv", "vh"], "mapping": {"vv": 1, "vh": 2}, "missing": []})
        assert set(page.band_table.boxes) == {"vv", "vh"}
        page.set_weights("/weights/other.safetensors")
        page.show_problem("Raster 'june' has 3 bands, none of them named.", offer_bands=True)
        assert "B4" in page.band_table.boxes
        assert "vv" not in page.band_table.boxes

    def test_a_scene_that_was_not_understood_can_be_mapped(self, page, add_layer):
        layer = add_layer("drone")
        page.set_layer(layer)
        page.show_problem("Raster 'drone' has 3 bands, none of them named.", offer_bands=True)
        assert not page.band_table.button.isHidden()
        assert page.band_table.boxes["B8A"].itemText(2) == f"band 2: {layer.bandName(2)}"
        choose(page.band_table.boxes["B2"], 3)
        assert page.request().bands == {"B2": 3}

    def test_settings_edited_by_hand_are_ignored(self, qgis_app):
        QgsSettings().setValue("mmearth/readings", "not json")
        assert settings.reading(["b"]) is None
        QgsSettings().remove("mmearth")

    def test_the_oldest_are_forgotten(self, qgis_app):
        for number in range(102):
            settings.set_reading([str(number)], ({"B2": number}, "auto"))
        assert [settings.reading([str(n)]) is None for n in (0, 1, 2, 101)] == [True, True, False, False]
        QgsSettings().remove("mmearth")


def test_an_embedding_is_not_embedded_again_but_can_be_used(dock, engine, add_layer, make_polygons, wait_for, tmp_path):
    dock.connect_backend()
    dock.scene_page.set_layer(add_layer("alphaearth_2023"))
    wait_for(lambda: "AlphaEarth embedding of 2023" in dock.scene_page.notes.text())
    assert not dock.embed_page.button.isEnabled()
    assert "embedding already (AlphaEarth embedding of 2023)" in dock.embed_page.button.toolTip()
    assert dock.scene_page.band_table.button.isHidden()
    assert dock.mapping.few_shot_page.button.isEnabled()
    assert dock.mapping.predict_page.button.isEnabled()
    dock.mapping.labels_page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
    dock.mapping.few_shot_page.button.click()
    wait_for(lambda: engine("predict"))
    wait_for(lambda: dock.mapping.few_shot_page.button.isEnabled())
    assert not dock.embed_page.button.isEnabled()
    dock.scene_page.set_layer(add_layer("scene"))
    assert dock.embed_page.button.isEnabled()
    assert dock.embed_page.button.toolTip() == ""
