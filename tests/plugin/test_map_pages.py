"""Steps "Train" and "Map": options become request fields, answers become text."""

from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.assess_page import AssessPage
from mmearth_qgis.mmearth_plugin.pages.cost_text import map_cost
from mmearth_qgis.mmearth_plugin.pages.few_shot_page import FewShotPage
from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
from mmearth_qgis.mmearth_plugin.pages.layer_checklist import LayerChecklist
from mmearth_qgis.mmearth_plugin.pages.output_options import OutputOptions
from mmearth_qgis.mmearth_plugin.pages.predict_page import PredictPage
from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage
from mmearth_qgis.mmearth_plugin.pages.score_text import score_text
from mmearth_qgis.mmearth_plugin.pages.suggest_page import SuggestPage
from qgis.core import QgsFeature, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import Qt

from .conftest import square

pytestmark = pytest.mark.qgis
DESCRIPTION = {
    "width": 2000,
    "height": 1000,
    "estimate": {"seconds": 12.0, "memory_bytes": 1.5e9, "disk_bytes": 4e7},
}
RASTERS = {"confidence", "probabilities", "margin", "entropy", "distance", "interval"}


@pytest.fixture
def scene_page(iface, scene_layer):
    page = ScenePage(iface.canvas)
    page.set_layer(scene_layer)
    yield page
    page.close_tools()


@pytest.fixture
def scene(scene_page):
    return scene_page.scene()


@pytest.fixture
def labels_page(scene_page, make_polygons):
    page = LabelsPage()
    page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
    return page


@pytest.fixture
def numbers_page(scene_page, make_polygons):
    page = LabelsPage()
    page.layer_box.setLayer(make_polygons([(1.5, 0, 0), (2.5, 4, 0)], "height:double"))
    page.field_box.setCurrentIndex(0)
    return page


def choose(box, data):
    index = box.findData(data)
    assert index >= 0, data
    box.setCurrentIndex(index)


def tick(checklist, name):
    (item,) = checklist.list.findItems(name, Qt.MatchFlag.MatchExactly)
    item.setCheckState(Qt.CheckState.Checked)


def add_layer(path, name):
    layer = QgsRasterLayer(path, name)
    QgsProject.instance().addMapLayer(layer)
    return layer


class TestTraining:
    def test_defaults_are_those_of_the_protocol(self, labels_page, scene, output_folder):
        page = FewShotPage(labels_page)
        request, folder = page.request(scene), output_folder / "My_scene_map"
        assert (request.model, request.report) == (str(folder / "model.zip"), str(folder / "report"))
        assert (request.head, request.folds, request.task) == ("recipe", "auto", "classes")
        assert (request.layers, request.ignore, request.encoder) == ((), (), True)
        assert page.head_box.currentText() == "Recommended"

    def test_every_head_and_every_way_to_hold_out_is_offered(self, labels_page):
        page = FewShotPage(labels_page)
        heads, folds = page.head_box, page.folds_box
        assert tuple(heads.itemData(i) for i in range(heads.count())) == protocol.HEADS
        assert tuple(folds.itemData(i) for i in range(folds.count())) == protocol.FOLDS
        assert not set(protocol.HEADS) & {heads.itemText(i) for i in range(heads.count())}, "names of the protocol"

    def test_options_are_sent(self, labels_page, scene, output_folder, make_raster):
        dem = add_layer(make_raster("dem.tif", bands=1), "Elevation")
        page = FewShotPage(labels_page)
        choose(page.head_box, "forest")
        choose(page.folds_box, "block")
        tick(page.layers, "Elevation")
        request = page.request(scene)
        assert (request.head, request.folds, request.layers) == ("forest", "block", (dem.source(),))
        assert page.predict_request(scene, request).layers == (dem.source(),)

    def test_a_number_is_estimated(self, numbers_page, scene, output_folder):
        page = FewShotPage(numbers_page)
        heads = [page.head_box.itemData(i) for i in range(page.head_box.count())]
        assert heads == ["recipe", "ridge", "forest"]
        request = page.request(scene)
        prediction = page.predict_request(scene, request)
        assert (request.task, request.classes, Path(prediction.out).name) == ("regression", (), "values.tif")
        assert (prediction.confidence, prediction.vector) == ("", "")
        assert page.outputs.parcels_check.text() == "Values of my polygons"

    def test_the_preview_asks_with_the_same_options(self, labels_page, scene):
        page = FewShotPage(labels_page)
        choose(page.head_box, "knn")
        request = page.preview_request(scene, (0, 0, 1, 1))
        assert (request.head, request.bounds, request.field) == ("knn", (0, 0, 1, 1), "class_id")

    def test_it_is_narrow(self, labels_page):
        page = FewShotPage(labels_page)
        page.show_cost(DESCRIPTION)
        page.options.setCollapsed(False)
        assert page.minimumSizeHint().width() <= 300

    def test_the_cost_is_told_before(self, labels_page):
        page = FewShotPage(labels_page)
        assert page.cost.isHidden()
        page.show_cost(DESCRIPTION)
        training, mapping = page.cost.text().split("<br>")
        assert training.startswith("Training: 5 s to 42 s, 1.5 GB of memory.")
        assert mapping == "Map: 12 s, 1.5 GB of memory, 2 MB on disk."
        page.show_cost({**DESCRIPTION, "estimate": {"seconds": 0.0, "memory_bytes": 0, "disk_bytes": 0}})
        assert "embedding already" in page.cost.text()
        page.show_cost(None)
        assert page.cost.isHidden()

    def test_the_map_of_a_part_costs_a_part(self):
        part = {**DESCRIPTION, "estimate": {**DESCRIPTION["estimate"], "pixels": 5e6}}
        assert "5 MB on disk" in map_cost(part)

    def test_scores_of_classes_are_told_by_the_value_of_the_label_field(self, scene_page, make_polygons):
        page, told = LabelsPage(), []
        page.layer_box.setLayer(make_polygons([("Wood", 0, 0), ("Lake", 4, 0), ("Road", 8, 0)], "class:string"))
        page.field_box.setCurrentText("class")
        training = FewShotPage(page)
        training.scores.connect(told.append)
        classes = [{"value": 1, "name": "Lake", "f1": 0.5}, {"value": 2, "name": "Wood", "f1": 0.75}]
        training.show_result({**TestScore.RESULT, "classes": [*classes, {"value": 3, "name": "Road", "f1": None}]})
        training.show_result({"task": "regression", "warnings": [], "classes": [], "r2": None})
        assert told == [{"Wood": 0.75, "Lake": 0.5}, {}]


class TestSuggestions:
    @pytest.fixture
    def page(self, labels_page, iface):
        return SuggestPage(labels_page, iface.canvas)

    @pytest.fixture
    def points(self, qgis_app):
        layer = QgsVectorLayer(
            "Point?crs=EPSG:32632&field=rank:integer&field=reason:string&field=class_name:string", "Points", "memory"
        )
        for rank, name in ((2, "1"), (1, "2")):
            feature = QgsFeature(layer.fields())
            feature.setAttributes([rank, f"Rank {rank}.", name])
            feature.setGeometry(square(rank, 0).centroid())
            layer.dataProvider().addFeatures([feature])
        QgsProject.instance().addMapLayer(layer)
        return layer

    def test_without_a_model_it_says_what_to_do(self, page, scene):
        with pytest.raises(InputError, match='"Train and predict" in step "Train"'):
            page.request(scene, "", ())

    def test_the_suggested_class_is_chosen(self, page, points, labels_page):
        page.show_points(points)
        assert labels_page.table.active().name == "2"
        page.walk.go(1)
        assert labels_page.table.active().name == "1"


class TestAssess:
    def test_without_a_map_it_says_what_to_do(self, iface):
        page = AssessPage(iface.canvas)
        with pytest.raises(InputError, match='step "Train" or "Map"'):
            page.draw_request()
        assert page.minimumSizeHint().width() <= 300


class TestFurtherLayers:
    def test_the_scene_is_not_offered_and_the_order_is_that_of_ticking(self, iface, scene_layer, make_raster):
        add_layer(make_raster("a.tif"), "A")
        add_layer(make_raster("b.tif"), "B")
        checklist = LayerChecklist()
        checklist.set_scene(scene_layer.id())
        assert [checklist.list.item(i).text() for i in range(checklist.list.count())] == ["A", "B"]
        tick(checklist, "B")
        tick(checklist, "A")
        assert [Path(path).name for path in checklist.paths()] == ["b.tif", "a.tif"]

    def test_results_of_ours_are_not_offered(self, iface, scene_layer, make_raster):
        group = QgsProject.instance().layerTreeRoot().addGroup("MMEarth – My scene")
        checklist = LayerChecklist()
        layer = QgsRasterLayer(make_raster("classes.tif"), "Classes")
        QgsProject.instance().addMapLayer(layer, False)
        group.addLayer(layer)
        assert [checklist.list.item(i).text() for i in range(checklist.list.count())] == ["My scene"]

    def test_a_removed_layer_is_forgotten(self, iface, scene_layer, make_raster):
        layer = add_layer(make_raster("a.tif"), "A")
        checklist, changes = LayerChecklist(), []
        tick(checklist, "A")
        checklist.changed.connect(lambda: changes.append(1))
        QgsProject.instance().removeMapLayer(layer.id())
        assert (checklist.paths(), len(changes)) == ((), 1)


class TestOutputs:
    def test_confidence_alone_by_default(self, qgis_app, tmp_path):
        assert OutputOptions().fields(tmp_path) == {"confidence": str(tmp_path / "confidence.tif")}

    @pytest.mark.parametrize(
        ("regression", "wanted"), [(False, RASTERS - {"interval"}), (True, {"distance", "interval"})]
    )
    def test_what_makes_no_sense_is_neither_offered_nor_sent(self, qgis_app, tmp_path, regression, wanted):
        options = OutputOptions()
        options.set_kind("numbers" if regression else "classes")
        for check in options.raster_checks.values():
            check.setChecked(True)
        options.vector_check.setChecked(True)
        fields = options.fields(tmp_path)
        assert set(fields) & RASTERS == wanted
        assert {key for key, check in options.raster_checks.items() if not check.isHidden()} == wanted
        assert ("vector" in fields) is not regression

    def test_polygons_of_the_classes(self, qgis_app, tmp_path):
        options = OutputOptions()
        assert options.vector_panel.isHidden()
        options.vector_check.setChecked(True)
        options.sieve_box.setValue(4)
        options.area_box.setValue(500)
        options.simplify_box.setValue(1.5)
        fields = options.fields(tmp_path)
        assert fields["vector"] == str(tmp_path / "class_polygons.gpkg")
        assert (fields["sieve_px"], fields["min_area_m2"], fields["simplify_px"]) == (4, 500, 1.5)
        assert not options.vector_panel.isHidden()

    def test_polygons_of_the_users(self, iface, tmp_path, make_polygons):
        options = OutputOptions()
        options.parcels_check.setChecked(True)
        with pytest.raises(InputError, match="wants a polygon layer"):
            options.fields(tmp_path)
        options.parcels_box.setLayer(make_polygons([(1, 0, 0)], name="Fields"))
        fields = options.fields(tmp_path)
        assert (Path(fields["parcels"]).is_file(), fields["parcels_layer"]) == (True, "polygons")
        assert fields["parcels_out"] == str(tmp_path / "classified_polygons.gpkg")


class TestSavedModel:
    @pytest.fixture
    def model(self, tmp_path):
        path = tmp_path / "model.zip"
        path.touch()
        return str(path)

    def test_no_file_is_refused(self, scene, output_folder, tmp_path):
        page = PredictPage()
        with pytest.raises(InputError, match="no model file"):
            page.request(scene)
        page.model_edit.setFilePath(str(tmp_path))
        with pytest.raises(InputError, match="no model file"):
            page.request(scene)

    def test_request(self, scene, output_folder, model):
        page, folder = PredictPage(), output_folder / "My_scene_map"
        page.model_edit.setFilePath(model)
        page.outputs.vector_check.setChecked(True)
        request = page.request(scene)
        assert (request.out, request.confidence) == (str(folder / "classes.tif"), str(folder / "confidence.tif"))
        assert (request.vector, request.model) == (str(folder / "class_polygons.gpkg"), model)

    def test_errors_are_red_warnings_amber_and_the_button_is_closed(self, qgis_app, model):
        page = PredictPage()
        page.model_edit.setFilePath(model)
        found = {"task": "classes", "facts": {"Units": "dn"}, "errors": ["B8 < B4."], "warnings": ["Large pixels."]}
        page.show_check(found)
        page.show_refusal()
        assert "#c92a2a'>✗ B8 &lt; B4." in page.verdict.text()
        assert "#b45309'>⚠ Large pixels." in page.verdict.text()
        assert "Units" in page.facts.text()
        assert not page.button.isEnabled()
        page.show_check({**found, "errors": []})
        page.button.setEnabled(True)
        page.show_refusal()
        assert page.button.isEnabled()

    def test_a_regression_offers_its_own_outputs(self, scene, output_folder, model):
        page = PredictPage()
        page.model_edit.setFilePath(model)
        page.show_check({"task": "regression", "facts": {}, "errors": [], "warnings": []})
        assert page.outputs.raster_checks["confidence"].isHidden()
        assert Path(page.request(scene).out).name == "values.tif"

    def test_another_file_takes_the_verdict_away(self, qgis_app, model):
        page = PredictPage()
        page.model_edit.setFilePath(model)
        page.show_problem("'model.zip' is damaged.")
        assert "damaged" in page.verdict.text()
        page.model_edit.setFilePath("")
        assert page.verdict.isHidden()


class TestScore:
    RESULT = {
        "task": "classes",
        "macro_f1": 0.756,
        "interval": [0.7, 0.8],
        "raw_bands_macro_f1": 0.655,
        "majority_macro_f1": 0.1,
        "ece": [0.2, 0.034],
        "learning_curve": {"sentence": "Twice the polygons would help."},
        "folds": "block",
        "warnings": ["Look <here>."],
    }

    def test_classes(self):
        text = score_text(self.RESULT)
        assert "<b>Macro F1 0.76</b> (0.70–0.80) on held-out blocks of polygons; " in text
        assert "raw bands 0.66, majority 0.10" in text
        assert "by 3 percent points" in text
        assert "Twice the polygons would help." in text
        assert "upper bound" in text
        assert "⚠ Look &lt;here&gt;." in text

    def test_no_number_where_none_can_be_known(self):
        unknown = {**self.RESULT, "macro_f1": None, "reason": "one polygon a class", "learning_curve": None}
        text = score_text(unknown)
        assert "No score: one polygon a class" in text
        assert "upper bound" not in text

    def test_regression(self):
        scores = {"r2": 0.6432, "rmse": 3.214, "mae": 2.5, "bias": -0.12, "coverage": 0.884}
        text = score_text({"task": "regression", "warnings": [], **scores})
        assert "<b>R² 0.643</b>" in text
        assert "3.21 (RMSE), mean error 2.5, bias -0.12" in text
        assert "holds 88 %" in text
