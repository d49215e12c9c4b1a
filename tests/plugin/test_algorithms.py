"""The Processing algorithms with a child at the other end: alone, in a model, without a backend."""

import json
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorLayer,
    QgsProject,
)

from .conftest import LEFT_M, TOP_M

pytestmark = pytest.mark.qgis


class Errors(QgsProcessingFeedback):
    """Keeps what is reported."""

    def __init__(self):
        super().__init__(False)
        self.errors = []

    def reportError(self, error, _fatal=False):  # noqa: N802
        self.errors.append(error)


@pytest.fixture
def run(plugin, fake_backend):
    def run(name, parameters, feedback=None):
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(name)
        possible, message = algorithm.checkParameterValues(parameters, context)
        assert possible, message
        results, ok = algorithm.run(parameters, context, feedback or QgsProcessingFeedback(False), {}, False)
        assert ok
        return results

    return run


def test_embed(run, make_raster, tmp_path):
    out = str(tmp_path / "embedding.tif")
    assert run("mmearth:embed", {"INPUT": make_raster(), "OUTPUT": out}) == {"OUTPUT": out}
    assert Path(out).is_file()


def test_embed_reads_texts_as_qgis_process_passes_them(plugin, make_raster, make_polygons, tmp_path):
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("mmearth:embed")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    parameters = {
        "INPUT": make_raster(),
        "EXTENT": f"{LEFT_M + 20},{LEFT_M + 60},{TOP_M - 50},{TOP_M - 10} [EPSG:32632]",
        "BANDS": "B2=1,B3=2",
        "UNITS": "reflectance",
        "STRIDE": "4",
        "COMPONENTS": "16",
        "DTYPE": "float32",
        "STAGES": "0, 2",
        "OUTPUT": str(tmp_path / "e.tif"),
    }
    assert algorithm.prepare(parameters, context, QgsProcessingFeedback())
    fields = algorithm._fields
    assert fields["bounds"] == pytest.approx((LEFT_M + 20, TOP_M - 50, LEFT_M + 60, TOP_M - 10))
    assert fields["bands"] == {"B2": 1, "B3": 2}
    assert (fields["units"], fields["stride_px"], fields["components"]) == ("reflectance", 4, 16)
    assert (fields["dtype"], fields["stages"], fields["device"]) == ("float32", (0, 2), "auto")


def test_embed_defaults_are_those_of_the_protocol(plugin, make_raster, tmp_path):
    scene = make_raster()
    fields = read_fields("mmearth:embed", {"INPUT": scene, "OUTPUT": str(tmp_path / "e.tif")})
    wanted = protocol.EmbedRequest(scene=scene, out="e", dtype=layers.eight_bit_dtype())
    assert protocol.EmbedRequest(out="e", **fields) == wanted


def test_embed_of_several_layers_with_every_option(plugin, make_raster, tmp_path):
    first, second, third = (make_raster(f"B0{i}.tif", bands=1) for i in (2, 3, 4))
    fields = read_fields(
        "mmearth:embed",
        {
            "INPUT": first,
            "MORE_LAYERS": [second, third],
            "PCA_FROM": "scene",
            "GRN": "image",
            "DTYPE": "float16",
            "TILE": "512",
            "THREADS": "3",
            "MEMORY_LIMIT": "1500",
            "RESUME": "false",
            "CACHE": "false",
            "SCHEDULER": " local:2 ",
            "OUTPUT": str(tmp_path / "e.tif"),
        },
    )
    assert protocol.EmbedRequest(out="e", **fields) == protocol.EmbedRequest(
        scene=f"{first}\n{second}\n{third}",
        out="e",
        pca_from="scene",
        grn="image",
        dtype="float16",
        tile_px=512,
        threads=3,
        memory_limit_bytes=1_500_000_000,
        resume=False,
        cache=False,
        scheduler="local:2",
    )


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet"])
def test_table_of_polygons(run, engine, make_raster, make_polygons, tmp_path, suffix):
    scene, out = make_raster(), str(tmp_path / f"table{suffix}")
    parameters = {"INPUT": scene, "FEATURES": make_polygons([(1, 0, 0)]), "COMPONENTS": 16, "OUTPUT": out}
    assert run("mmearth:embedtable", parameters) == {"OUTPUT": out}
    (message,) = engine("embed")
    path, _, name = message["features"].partition("|layername=")
    assert name == "polygons"
    assert Path(path).is_file()
    assert (message["scene"], message["out"], message["components"], message["bounds"]) == (scene, out, 16, None)


def test_few_shot_and_predict(run, make_raster, make_polygons, tmp_path):
    labels = make_polygons([(1, 0, 0), (2, 4, 0)])
    model = str(tmp_path / "model.zip")
    results = run("mmearth:fewshot", {"INPUT": [make_raster()], "LABELS": labels, "FIELD": "class_id", "MODEL": model})
    assert (results["MODEL"], results["MACRO_F1"], results["RAW_BANDS_F1"]) == (model, 0.91, 0.82)
    assert (results["MAJORITY_F1"], Path(results["REPORT_HTML"]).name) == (0.25, "report.html")
    message = json.loads(Path(model).read_text())
    assert (message["field"], message["classes"]) == ("class_id", [])
    out, confidence = str(tmp_path / "classes.tif"), str(tmp_path / "confidence.tif")
    parameters = {"INPUT": make_raster(), "MODEL": model, "OUTPUT": out, "CONFIDENCE": confidence}
    assert run("mmearth:predict", parameters) == {"OUTPUT": out, "CONFIDENCE": confidence}


def test_few_shot_defaults_are_those_of_the_protocol(plugin, make_raster, make_polygons, tmp_path):
    scene, model = make_raster(), str(tmp_path / "model.zip")
    fields = read_fields("mmearth:fewshot", {"INPUT": [scene], "LABELS": make_polygons([(1, 0, 0)]), "MODEL": model})
    labels = {"labels": fields.pop("labels"), "labels_layer": fields.pop("labels_layer")}
    wanted = protocol.FewShotRequest(scenes=(scene,), model=model, **labels)
    assert protocol.FewShotRequest(model=model, **labels, **fields) == wanted


def test_few_shot_with_every_option(plugin, make_raster, make_polygons, tmp_path):
    dem, slope = make_raster("dem.tif", bands=1), make_raster("slope.tif", bands=1)
    fields = read_fields(
        "mmearth:fewshot",
        {
            "INPUT": [make_raster()],
            "LABELS": make_polygons([(1, 0, 0)]),
            "FIELD": "class_id",
            "IGNORE": "9; unknown",
            "TASK": "regression",
            "HEAD": "forest",
            "FOLDS": "block",
            "LAYERS": [dem, slope],
            "ENCODER": "false",
            "MODEL": str(tmp_path / "model.zip"),
        },
    )
    assert (fields["ignore"], fields["task"], fields["head"]) == (("9", "unknown"), "regression", "forest")
    assert (fields["folds"], fields["layers"], fields["encoder"]) == ("block", (dem, slope), False)


def test_a_regression_has_no_f1(run, make_raster, make_polygons, tmp_path):
    labels = make_polygons([(1.5, 0, 0), (2.5, 4, 0)], "height:double")
    parameters = {"INPUT": [make_raster()], "LABELS": labels, "FIELD": "height", "TASK": "regression"}
    results = run("mmearth:fewshot", {**parameters, "MODEL": str(tmp_path / "model.zip")})
    assert (results["R2"], results["RMSE"], results["MACRO_F1"]) == (0.64, 3.21, None)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.zip"
    path.write_text('{"task": "classes"}', encoding="utf-8")
    return str(path)


def test_predict_with_every_option(run, plugin, make_raster, make_polygons, model, tmp_path):
    rasters = ("CONFIDENCE", "PROBABILITIES", "MARGIN", "ENTROPY", "DISTANCE", "INTERVAL")
    outputs = {name: str(tmp_path / f"{name}.tif") for name in ("OUTPUT", *rasters)}
    outputs.update({name: str(tmp_path / f"{name}.gpkg") for name in ("VECTOR", "PARCELS_OUT")})
    dem = make_raster("dem.tif", bands=1)
    parameters = {
        "INPUT": make_raster(),
        "MODEL": model,
        "LAYERS": [dem],
        "PARCELS": make_polygons([(1, 0, 0)]),
        "SIEVE": "4",
        "MIN_AREA": "250.5",
        "SIMPLIFY": "1.5",
        **outputs,
    }
    fields = read_fields("mmearth:predict", parameters)
    assert (fields["layers"], fields["sieve_px"]) == ((dem,), 4)
    assert (fields["min_area_m2"], fields["simplify_px"]) == (250.5, 1.5)
    assert (Path(fields["parcels"]).is_file(), fields["parcels_layer"]) == (True, "polygons")
    assert run("mmearth:predict", parameters) == outputs
    assert all(Path(path).is_file() for path in outputs.values())


def test_where_to_label_next(run, make_raster, make_polygons, model, tmp_path):
    out = str(tmp_path / "points.gpkg")
    parameters = {"INPUT": make_raster(), "MODEL": model, "LABELS": make_polygons([(1, 0, 0)]), "COUNT": 7}
    assert run("mmearth:suggest", {**parameters, "OUTPUT": out}) == {"OUTPUT": out}
    fields = read_fields("mmearth:suggest", {**parameters, "OUTPUT": out})
    request = protocol.SuggestRequest(out=out, **fields)
    assert (request.count, request.labels_layer, request.model) == (7, "polygons", model)


def test_a_map_is_sampled_and_assessed(run, make_raster, tmp_path):
    points, report = str(tmp_path / "points.gpkg"), tmp_path / "accuracy"
    scene = make_raster()
    assert run("mmearth:drawsample", {"INPUT": scene, "PER_CLASS": 5, "OUTPUT": points}) == {"OUTPUT": points}
    assert read_fields("mmearth:drawsample", {"INPUT": scene, "PER_CLASS": 5})["per_class"] == 5
    results = run("mmearth:assess", {"INPUT": scene, "SAMPLES": points, "FIELD": "class", "REPORT": str(report)})
    assert results["HEADLINE"] == "Overall accuracy 91 % (88–94 %)"
    message = json.loads(Path(results["REPORT_HTML"]).read_text(encoding="utf-8"))
    assert (message["map"], message["samples"], message["field"]) == (scene, points, "class")


@pytest.mark.parametrize(("scene", "errors", "warnings"), [("scene.tif", 0, 0), ("wrong.tif", 1, 0), ("odd.tif", 0, 1)])
def test_a_model_is_checked(run, make_raster, model, scene, errors, warnings):
    results = run("mmearth:checkmodel", {"MODEL": model, "INPUT": make_raster(scene)})
    assert (results["ERRORS"], results["WARNINGS"]) == (errors, warnings)
    assert "Score: macro-F1 0.91" in results["TEXT"]


def test_a_model_is_checked_without_a_scene(plugin, model):
    assert protocol.CheckModelRequest(**read_fields("mmearth:checkmodel", {"MODEL": model})).scene == ""


def read_fields(name, parameters):
    """Returns the request fields that an algorithm reads from parameters."""
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(name)
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    feedback = Errors()
    assert algorithm.prepare(parameters, context, feedback), feedback.errors
    return algorithm._fields


def test_pretrain(run, make_raster, tmp_path):
    out, scene = str(tmp_path / "w.safetensors"), make_raster()
    results = run("mmearth:pretrain", {"INPUT": [scene], "EPOCHS": 3, "OUTPUT": out})
    assert results == {"OUTPUT": out, "CURVE": str(tmp_path / "w.png"), "STEPS_DONE": 40, "FINAL_LOSS": 0.75}
    sent = protocol.request_from_json(json.loads(Path(out).read_text()))
    assert sent == protocol.PretrainRequest(data=(scene,), weights_out=out, epochs=3)


def test_pretrain_reads_texts_as_qgis_process_passes_them(plugin, make_raster, tmp_path):
    dem, cover = make_raster("dem.tif", bands=1), make_raster("cover.tif", bands=1)
    fields = read_fields(
        "mmearth:pretrain",
        {
            "INPUT": [make_raster("a.tif"), make_raster("b.tif")],
            "CONTINUOUS": [dem],
            "CLASSES": [cover],
            "SIZE": "tiny",
            "START": "/weights/start.safetensors",
            "RESUME": "true",
            "BANDS": "B2=1,B3=2",
            "UNITS": "reflectance",
            "RECIPE": "small",
            "PATCH_SIZE": "16",
            "WEIGHTING": "unweighted",
            "TASKS": "dem, cover",
            "STEPS": "50",
            "BATCH": "8",
            "SEED": "3",
            "LEARNING_RATE": "0.0005",
            "MASK_RATIO": "0.7",
            "BAND_DROPOUT": "false",
            "OFFICIAL": "true",
            "OUTPUT": str(tmp_path / "w.safetensors"),
        },
    )
    assert protocol.PretrainRequest(weights_out="w", **fields) == protocol.PretrainRequest(
        data=(str(tmp_path / "a.tif"), str(tmp_path / "b.tif")),
        weights_out="w",
        size="tiny",
        patch_size=16,
        recipe="small",
        tasks=("dem", "cover"),
        layers=(
            {"path": dem, "name": "dem", "kind": "continuous"},
            {"path": cover, "name": "cover", "kind": "classes"},
        ),
        bands={"B2": 1, "B3": 2},
        units="reflectance",
        steps=50,
        batch=8,
        learning_rate=0.0005,
        mask_ratio=0.7,
        weighting="unweighted",
        band_dropout=False,
        official=True,
        start="/weights/start.safetensors",
        resume=True,
        seed=3,
    )


def test_pretrain_on_a_folder(plugin, tmp_path):
    fields = read_fields("mmearth:pretrain", {"FOLDER": str(tmp_path), "OUTPUT": str(tmp_path / "w.safetensors")})
    assert (fields["data"], fields["layers"], fields["tasks"]) == ((str(tmp_path),), (), ())


@pytest.mark.parametrize(("both", "found"), [(True, "both"), (False, "neither")])
def test_pretrain_wants_rasters_or_a_folder(plugin, make_raster, tmp_path, both, found):
    algorithm, feedback = QgsApplication.processingRegistry().createAlgorithmById("mmearth:pretrain"), Errors()
    parameters = {"INPUT": [make_raster()], "FOLDER": str(tmp_path)} if both else {}
    context = QgsProcessingContext()
    assert not algorithm.prepare({**parameters, "OUTPUT": str(tmp_path / "w")}, context, feedback)
    assert f"{found} was given" in " ".join(feedback.errors)


def test_download_weights(run):
    results = run("mmearth:downloadweights", {"NAME": "pt-there", "ACCEPT_LICENCE": True})
    assert results == {"WEIGHTS": "/weights/pt-there.safetensors"}


def test_the_licence_is_agreed_to_only_by_saying_so(plugin, tmp_path):
    assert read_fields("mmearth:downloadweights", {"NAME": " pt "}) == {
        "name": "pt",
        "folder": "",
        "accept_licence": False,
    }
    agreed = {"NAME": "pt", "ACCEPT_LICENCE": "true", "FOLDER": str(tmp_path)}
    assert read_fields("mmearth:downloadweights", agreed)["accept_licence"] is True


def test_a_model_of_the_designer_chains_training_and_prediction(run, make_raster, make_polygons, tmp_path):
    value, static = (
        QgsProcessingModelChildParameterSource.fromModelParameter,
        QgsProcessingModelChildParameterSource.fromStaticValue,
    )
    model = QgsProcessingModelAlgorithm("train and map", "test")
    model.addModelParameter(QgsProcessingParameterRasterLayer("scene"), QgsProcessingModelParameter("scene"))
    model.addModelParameter(QgsProcessingParameterVectorLayer("labels"), QgsProcessingModelParameter("labels"))
    train = QgsProcessingModelChildAlgorithm("mmearth:fewshot")
    train.setChildId("train")
    train.addParameterSources("INPUT", [value("scene")])
    train.addParameterSources("LABELS", [value("labels")])
    train.addParameterSources("FIELD", [static("class_id")])
    train.addParameterSources("SEED", [static(0)])
    model.addChildAlgorithm(train)
    predict = QgsProcessingModelChildAlgorithm("mmearth:predict")
    predict.setChildId("map")
    predict.addParameterSources("INPUT", [value("scene")])
    predict.addParameterSources("MODEL", [QgsProcessingModelChildParameterSource.fromChildOutput("train", "MODEL")])
    output = QgsProcessingModelOutput("map")
    output.setChildId("map")
    output.setChildOutputName("OUTPUT")
    predict.setModelOutputs({"map": output})
    model.addChildAlgorithm(predict)
    for child in (train, predict):  # the designer's dialog fills in defaults
        child.addParameterSources("UNITS", [static("auto")])
        child.addParameterSources("DEVICE", [static("auto")])
    model.setChildAlgorithm(train)
    model.setChildAlgorithm(predict)
    possible, problems = model.validate()
    assert possible, problems
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    out = str(tmp_path / "map.tif")
    parameters = {"scene": make_raster(), "labels": make_polygons([(1, 0, 0), (2, 4, 0)]), "map:map": out}
    parameters["map:map"] = parameters["map"] = out
    results, ok = model.run(parameters, context, QgsProcessingFeedback(False))
    assert ok
    assert Path(results["map:map"]).is_file()


def test_in_a_task_of_its_own_thread(plugin, fake_backend, make_raster, tmp_path, wait_for):
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("mmearth:embed")
    context, feedback, done = QgsProcessingContext(), QgsProcessingFeedback(False), []
    context.setProject(QgsProject.instance())
    out = str(tmp_path / "embedding.tif")
    task = QgsProcessingAlgRunnerTask(algorithm, {"INPUT": make_raster(), "OUTPUT": out}, context, feedback)
    task.executed.connect(lambda ok, results: done.append((ok, results)))
    QgsApplication.taskManager().addTask(task)
    wait_for(lambda: done)
    assert done == [(True, {"OUTPUT": out})]


def test_cancelled_while_running(plugin, fake_backend, make_raster, tmp_path, wait_for):
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("mmearth:embed")
    context, feedback, done, texts = QgsProcessingContext(), QgsProcessingFeedback(False), [], []
    context.setProject(QgsProject.instance())
    feedback.progressChanged.connect(texts.append)
    parameters = {"INPUT": make_raster("slow.tif"), "OUTPUT": str(tmp_path / "e.tif")}
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
    task.executed.connect(lambda ok, results: done.append(ok))
    QgsApplication.taskManager().addTask(task)
    from qgis.PyQt.QtTest import QTest

    QTest.qWait(700)
    task.cancel()
    wait_for(lambda: done)
    assert done == [False]
    assert not (tmp_path / "e.tif").exists()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"BANDS": "B2:1"}, "was not understood"),
        ({"STAGES": "all"}, "Write them like"),
        ({"EXTENT": "0,1,0,1 [EPSG:32632]"}, "lies outside layer"),
    ],
)
def test_bad_parameters_are_told_in_a_sentence(plugin, fake_backend, make_raster, tmp_path, changes, text):
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("mmearth:embed")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    parameters = {"INPUT": make_raster(), "OUTPUT": str(tmp_path / "e.tif"), **changes}
    feedback = Errors()
    assert not algorithm.prepare(parameters, context, feedback)
    assert text in " ".join(feedback.errors)


def test_an_error_of_the_backend_reaches_the_user(run, make_raster, tmp_path):
    parameters = {"INPUT": make_raster("missing.tif"), "OUTPUT": str(tmp_path / "e.tif")}
    with pytest.raises(QgsProcessingException, match="12 are wanted. Choose another."):
        run("mmearth:embed", parameters)


def test_outputs_are_styled_when_they_are_loaded(plugin, fake_backend, make_raster, tmp_path):
    from qgis.core import QgsProcessingUtils

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    out = str(tmp_path / "e.tif")
    context.addLayerToLoadOnCompletion(
        out, QgsProcessingContext.LayerDetails("Embedding", QgsProject.instance(), "OUTPUT")
    )
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("mmearth:embed")
    algorithm.run({"INPUT": make_raster(), "OUTPUT": out}, context, QgsProcessingFeedback(False), {}, False)
    layer = QgsProcessingUtils.mapLayerFromString(out, context)
    layer.setOpacity(1)
    context.layerToLoadOnCompletionDetails(out).postProcessor().postProcessLayer(
        layer, context, QgsProcessingFeedback(False)
    )
    assert layer.opacity() == pytest.approx(0.5)
