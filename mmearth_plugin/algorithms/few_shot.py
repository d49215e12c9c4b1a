"""The algorithm `mmearth:fewshot`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from ...backend.mmearth import protocol
from .. import labels, layers
from ..messages import tr
from .verb import VerbAlgorithm


class FewShotAlgorithm(VerbAlgorithm):
    """Parameters of a `FewShotRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "fewshot"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Train from a few polygons")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["few-shot", "classification", "land cover", "training", "sentinel-2"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Learns classes, or a number, from a few labelled polygons, and says how good it is on polygons that it "
            "did not see, beside two simple baselines. A field of decimal numbers is estimated (regression), "
            'anything else is a class; polygons of "not forest" are anything but forest. Writes a report, and a model '
            'file for the algorithm "Predict with a model".'
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        rasters, polygons = QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon
        self.addParameter(QgsProcessingParameterMultipleLayers("INPUT", tr("Scenes"), rasters))
        self.addParameter(QgsProcessingParameterVectorLayer("LABELS", tr("Label polygons"), [polygons]))
        field = tr("Field of the class, or of the number to estimate")
        self.addParameter(QgsProcessingParameterField("FIELD", field, parentLayerParameterName="LABELS", optional=True))
        ignore = tr("Values of the field to ignore, separated by semicolons")
        self.addParameter(QgsProcessingParameterString("IGNORE", ignore, "", optional=True))
        self.add_scene_parameters(with_extent=False)
        for name, text, offered in (
            ("TASK", tr("Classes, or a number to estimate (auto: the field tells)"), protocol.TASKS),
            ("HEAD", tr("Classifier (recipe: the recommended one)"), protocol.HEADS),
            ("FOLDS", tr("What is held out together for the score"), protocol.FOLDS),
        ):
            self.add_advanced(QgsProcessingParameterEnum(name, text, list(offered), False, offered[0], True, True))
        self.add_layers_parameter()
        encoder = tr("Use the features of an encoder")
        self.add_advanced(QgsProcessingParameterBoolean("ENCODER", encoder, True, optional=True))
        number = QgsProcessingParameterNumber.Type.Integer
        self.add_advanced(QgsProcessingParameterNumber("SEED", tr("Seed"), number, 0, False, 0))
        weights = tr("Weights (empty: the bundled ones)")
        self.add_advanced(QgsProcessingParameterFile("WEIGHTS", weights, optional=True))
        self.addParameter(QgsProcessingParameterFileDestination("MODEL", tr("Model file"), tr("Models (*.zip)")))
        report = QgsProcessingParameterFolderDestination("REPORT", tr("Report folder"), optional=True)
        report.setCreateByDefault(False)
        self.addParameter(report)
        self.addOutput(QgsProcessingOutputHtml("REPORT_HTML", tr("Report")))
        self.addOutput(QgsProcessingOutputNumber("MACRO_F1", tr("Macro F1 on held-out polygons")))
        self.addOutput(QgsProcessingOutputNumber("RAW_BANDS_F1", tr("Macro F1 of raw bands")))
        self.addOutput(QgsProcessingOutputNumber("MAJORITY_F1", tr("Macro F1 of the majority class")))
        self.addOutput(QgsProcessingOutputNumber("R2", tr("R² of a regression on held-out polygons")))
        self.addOutput(QgsProcessingOutputNumber("RMSE", tr("Typical error (RMSE) of a regression")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        scenes = self.parameterAsLayerList(parameters, "INPUT", context)
        layer = self.parameterAsVectorLayer(parameters, "LABELS", context)
        path, layer_name = layers.vector_source(layer)
        field = next(iter(self.parameterAsFields(parameters, "FIELD", context)), "")
        # Names and colours come along where the layer is styled by the field.
        ignore = self.parameterAsString(parameters, "IGNORE", context).split(";")
        ignored = tuple(filter(None, (text.strip() for text in ignore)))
        known = labels.read_classes(layer, field) if field else []
        listed = [e for e in known if e.polygons and str(e.value) not in ignored]
        styled = labels.is_styled_by(layer, field)
        self._fields = {
            "scenes": tuple(layers.raster_path(scene) for scene in scenes) or (layers.raster_path(None),),
            "labels": path,
            "labels_layer": layer_name,
            "field": field,
            "classes": tuple({"value": e.value, "name": e.name, "color": e.color} for e in listed) if styled else (),
            "ignore": ignored,
            "task": self.parameterAsEnumString(parameters, "TASK", context) or "auto",
            "head": self.parameterAsEnumString(parameters, "HEAD", context) or protocol.HEADS[0],
            "folds": self.parameterAsEnumString(parameters, "FOLDS", context) or "auto",
            "layers": self.layers_field(parameters, context),
            "encoder": self.parameterAsBool(parameters, "ENCODER", context),
            **self.scene_fields(parameters, context),
            "weights": self.parameterAsFile(parameters, "WEIGHTS", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        model = self.parameterAsFileOutput(parameters, "MODEL", context)
        report = self.parameterAsString(parameters, "REPORT", context)
        result = self.run_request(protocol.FewShotRequest(model=model, report=report, **self._fields), feedback)
        for problem in result.get("problems", []):
            feedback.pushWarning(str(problem["message"]))
        scores = {
            "MACRO_F1": result["macro_f1"],
            "RAW_BANDS_F1": result["raw_bands_macro_f1"],
            "MAJORITY_F1": result["majority_macro_f1"],
            "R2": result.get("r2"),
            "RMSE": result.get("rmse"),
        }
        if result.get("task") == "regression":
            text = tr("R² on held-out polygons: {r2}; typical error (RMSE): {rmse}")
            feedback.pushInfo(text.format(r2=scores["R2"], rmse=scores["RMSE"]))
        else:
            text = tr("Macro F1 on held-out polygons: {score}; raw bands: {raw}; majority: {majority}")
            score, raw = scores["MACRO_F1"], scores["RAW_BANDS_F1"]
            feedback.pushInfo(text.format(score=score, raw=raw, majority=scores["MAJORITY_F1"]))
        report = result["report"]
        return {"MODEL": result["model"], "REPORT": str(Path(report).parent), "REPORT_HTML": report, **scores}
