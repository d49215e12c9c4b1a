"""The Pretrain page: fields become the right request, losses are shown, a stopped run is offered again."""

import json
import os

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.pretrain_page import BUNDLED, FOLDER, OTHER, RANDOM, RASTERS, PretrainPage
from mmearth_qgis.mmearth_plugin.pages.run_view import RunView
from mmearth_qgis.mmearth_plugin.training.encoder_run import BUNDLED_WEIGHTS, remembered, resumable_step
from mmearth_qgis.mmearth_plugin.training.pretrain_targets import target_name
from qgis.core import QgsPalettedRasterRenderer, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtTest import QTest

pytestmark = pytest.mark.qgis


def choose(box, data):
    index = box.findData(data)
    assert index >= 0
    box.setCurrentIndex(index)


def add_layer(path, name, palette=False):
    layer = QgsRasterLayer(path, name)
    if palette:
        classes = [QgsPalettedRasterRenderer.Class(1000, QColor("#123456"), "One")]
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, classes))
    QgsProject.instance().addMapLayer(layer)
    return layer


def leave_checkpoint(folder, stem, step=120):
    run = folder / f"{stem}_run"
    run.mkdir(parents=True)
    (run / "checkpoint.safetensors").touch()
    (run / "checkpoint.json").write_text(json.dumps({"step": step}), encoding="utf-8")
    return run


@pytest.fixture
def page(qgis_app, output_folder):
    page = PretrainPage()
    page.propose_out("My scene")
    yield page
    QgsProject.instance().clear()


@pytest.fixture
def scene(make_raster):
    source = layers.layer_source(QgsRasterLayer(make_raster(), "My scene"))
    return layers.Scene(source, bands={"B2": 1, "B3": 2}, units="reflectance", weights="w")


def test_the_scene_with_the_defaults(page, scene, output_folder):
    assert page.uses_scene()
    request = page.request(scene, "cpu", False)
    out = str(output_folder / "My_scene_weights.safetensors")
    assert request == protocol.PretrainRequest(
        data=(scene.path,),
        weights_out=out,
        bands={"B2": 1, "B3": 2},
        units="reflectance",
        start=BUNDLED_WEIGHTS,
        device="cpu",
    )
    assert os.path.isfile(BUNDLED_WEIGHTS)
    assert protocol.request_from_json(protocol.request_to_json("1", request)) == request


def test_every_field_reaches_the_request(page, scene, tmp_path):
    start = tmp_path / "start.safetensors"
    start.touch()
    choose(page.size_box, "nano")
    choose(page.patch_box, 16)
    choose(page.recipe_box, "paper")
    choose(page.weighting_box, "unweighted")
    choose(page.start_box, OTHER)
    page.start_edit.setFilePath(str(start))
    page.epochs_box.setValue(20)
    page.batch_box.setValue(32)
    page.learning_rate_box.setValue(3e-4)
    page.mask_ratio_box.setValue(0.75)
    page.seed_box.setValue(7)
    page.band_dropout_check.setChecked(False)
    request = page.request(scene, "auto", False)
    assert (request.size, request.patch_size, request.recipe) == ("nano", 16, "paper")
    assert (request.weighting, request.start, request.epochs) == ("unweighted", str(start), 20)
    assert (request.batch, request.seed, request.band_dropout) == (32, 7, False)
    assert (request.learning_rate, request.mask_ratio) == pytest.approx((3e-4, 0.75))


def test_the_choices_are_those_of_the_protocol(page):
    def data(box):
        return tuple(box.itemData(i) for i in range(box.count()))

    assert data(page.recipe_box) == protocol.RECIPES
    assert data(page.weighting_box) == protocol.WEIGHTINGS
    assert data(page.size_box) == protocol.SIZES


def test_rasters_take_no_bands_of_the_scene(page, make_raster, output_folder):
    paths = (make_raster("a.tif"), make_raster("b.tif"))
    choose(page.data_box, RASTERS)
    assert not page.uses_scene()
    page.files_edit.setFilePath(" ".join(f'"{path}"' for path in paths))
    request = page.request(None, "auto", False)
    assert (request.data, request.bands, request.units) == (paths, {}, "auto")
    assert request.weights_out == str(output_folder / "a_weights.safetensors")


def test_a_mmearth_folder_has_no_further_layers(page, tmp_path, make_raster):
    add_layer(make_raster("dem.tif"), "DEM")
    page.targets.add_button.click()
    (tmp_path / "data_100k").mkdir()
    choose(page.data_box, FOLDER)
    assert page.targets.isHidden()
    page.folder_edit.setFilePath(str(tmp_path / "data_100k"))
    request = page.request(None, "auto", False)
    assert (request.data, request.layers) == ((str(tmp_path / "data_100k"),), ())


def test_further_layers_are_named_and_their_kind_is_guessed(page, scene, make_raster):
    cover = add_layer(make_raster("cover.tif", bands=1), "Land cover (2020)", palette=True)
    elevation = add_layer(make_raster("dem.tif", bands=1), "DEM")
    for layer in (cover, elevation, elevation):
        page.targets.layer_box.setLayer(layer)
        page.targets.add_button.click()
    table = page.targets.table
    table.cellWidget(2, 1).setCurrentIndex(1)
    assert page.request(scene, "auto", False).layers == (
        {"path": cover.source(), "name": "land_cover_2020", "kind": "classes"},
        {"path": elevation.source(), "name": "dem", "kind": "continuous"},
        {"path": elevation.source(), "name": "dem_2", "kind": "classes"},
    )
    table.selectRow(1)
    page.targets.remove_button.click()
    table.item(0, 0).setText("Cover")
    assert [entry["name"] for entry in page.request(scene, "auto", False).layers] == ["cover", "dem_2"]


def test_names_of_targets():
    assert target_name("Sentinel2", ()) == "sentinel2_2"  # the scene itself has that name
    assert target_name("  ", ()) == "layer"
    assert target_name("Höhe/m", ("höhe_m",)) == "höhe_m_2"


def test_layers_that_cannot_be_used_are_refused(page, scene, make_raster):
    layer = add_layer(make_raster("dem.tif"), "DEM")
    for _ in range(2):
        page.targets.add_button.click()
    page.targets.table.item(1, 0).setText("dem")
    with pytest.raises(InputError, match='Two layers to predict are named "dem"'):
        page.request(scene, "auto", False)
    page.targets.table.removeRow(1)
    QgsProject.instance().removeMapLayer(layer.id())
    with pytest.raises(InputError, match='"dem" is no longer in the project'):
        page.request(scene, "auto", False)


@pytest.mark.parametrize(
    ("kind", "text"), [(RASTERS, "at least one raster file"), (FOLDER, "a folder in the MMEarth layout")]
)
def test_data_that_are_not_there_are_refused(page, kind, text):
    choose(page.data_box, kind)
    with pytest.raises(InputError, match=text):
        page.request(None, "auto", False)
    (page.files_edit if kind == RASTERS else page.folder_edit).setFilePath("/nowhere/x")
    with pytest.raises(InputError, match=f'"/nowhere/x".*{text}'):
        page.request(None, "auto", False)


def test_bad_paths_are_refused(page, scene):
    page.out_edit.setFilePath("weights")
    with pytest.raises(InputError, match="not a full path"):
        page.request(scene, "auto", False)
    choose(page.start_box, OTHER)
    page.propose_out("x")
    with pytest.raises(InputError, match="no weights file"):
        page.request(scene, "auto", False)


def test_another_encoder_does_not_start_from_the_bundled_weights(page):
    choose(page.patch_box, 16)
    assert page.start_box.currentData() == RANDOM
    choose(page.patch_box, 8)
    choose(page.start_box, BUNDLED)
    choose(page.size_box, "tiny")
    assert page.start_box.currentData() == RANDOM


def test_a_stopped_run_is_offered_again_and_not_overwritten(page, scene, output_folder):
    assert page.resume_button.isHidden()
    leave_checkpoint(output_folder, "My_scene_weights")
    page.propose_out("My scene")
    assert not page.resume_button.isHidden()
    assert page.resume_button.text() == "Go on from step 120"
    assert page.request(scene, "auto", True).resume
    with pytest.raises(InputError, match="stopped after step 120.*another file name"):
        page.request(scene, "auto", False)
    page.out_edit.setFilePath(str(output_folder / "My_scene_weights"))  # the suffix comes by itself
    assert not page.resume_button.isHidden()
    for path in ("", "/", str(output_folder / "other.safetensors")):
        page.out_edit.setFilePath(path)
        assert page.resume_button.isHidden()
    assert not page.request(scene, "auto", False).resume


def test_a_finished_run_is_not_offered_again(output_folder):
    run = leave_checkpoint(output_folder, "w")
    weights = output_folder / "w.safetensors"
    weights.touch()
    state = run / "checkpoint.json"
    os.utime(state, (1000, 1000))
    os.utime(weights, (2000, 2000))
    assert resumable_step(str(weights)) == 0
    os.utime(state, (3000, 3000))  # a later run over the same file was stopped
    assert resumable_step(str(weights)) == 120


@pytest.mark.parametrize("text", ["", "{}", '{"verb": "describe", "scene": "x"}', '{"verb": "pretrain", "new": 1}'])
def test_what_was_asked_is_not_guessed(output_folder, text):
    run = leave_checkpoint(output_folder, "w")
    weights = str(output_folder / "w.safetensors")
    assert remembered(weights, "cpu", protocol.PretrainRequest) is None
    (run / "request.json").write_text(text, encoding="utf-8")
    assert remembered(weights, "cpu", protocol.PretrainRequest) is None


@pytest.mark.parametrize("text", ["", "[]", '{"steps": 3}', "{"])
def test_a_damaged_checkpoint_is_not_offered(output_folder, text):
    run = leave_checkpoint(output_folder, "w")
    (run / "checkpoint.json").write_text(text, encoding="utf-8")
    assert resumable_step(str(output_folder / "w.safetensors")) == 0


def test_the_view_keeps_losses_and_learned_weights_apart_and_shows_the_picture(qgis_app, tmp_path):
    view, image = RunView(), QImage(400, 100, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    assert image.save(str(tmp_path / "r.png"))
    view.resize(200, 400)
    view.begin(False)
    view.show_metrics(3, 9, {"dem": 1.0, "total": 2.0, "weight dem": 0.25}, str(tmp_path / "r.png"))
    assert view.curve.points("dem") == [(3, 1.0)]
    assert view.curve.points("weight dem") == []
    assert "dem: 0.25" in view.curve.toolTip()
    assert view.text.text() == "Step 3 of 9"
    view.picture.resize(200, view.picture.height())
    assert view.picture.height() == 50  # half as wide, half as high
    assert view.picture.grab().toImage().pixelColor(100, 25) == QColor("#ff0000")
    clicked = []
    view.picture.clicked.disconnect()  # nothing is opened here
    view.picture.clicked.connect(clicked.append)
    QTest.mouseClick(view.picture, Qt.MouseButton.LeftButton)
    assert clicked == [str(tmp_path / "r.png")]
    view.show_metrics(4, 9, {}, str(tmp_path / "missing.png"))
    assert view.picture.pixmap.width() == 400
    assert view.text.text() == "Step 3 of 9"
    view.begin(True)
    assert view.curve.points("dem") == [(3, 1.0)]
    view.begin(False)
    assert view.curve.points("dem") == []
    assert view.picture.pixmap.isNull()
