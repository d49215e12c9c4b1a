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
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
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
            "Learns a classifier from a few labelled polygons on embeddings and raw bands, and says how good it is on "
            "polygons that it did not see, beside two simple baselines. Writes a model folder for the algorithm "
            '"Predict with a model" and a report.'
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        rasters, polygons = QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon
        self.addParameter(QgsProcessingParameterMultipleLayers("INPUT", tr("Scenes"), rasters))
        self.addParameter(QgsProcessingParameterVectorLayer("LABELS", tr("Label polygons"), [polygons]))
        self.addParameter(
            QgsProcessingParameterField("FIELD", tr("Class field"), parentLayerParameterName="LABELS", optional=True)
        )
        self.add_scene_parameters(with_extent=False)
        number = QgsProcessingParameterNumber.Type.Integer
        self.add_advanced(QgsProcessingParameterNumber("SEED", tr("Seed"), number, 0, False, 0))
        weights = tr("Weights (empty: the bundled ones)")
        self.add_advanced(QgsProcessingParameterFile("WEIGHTS", weights, optional=True))
        self.addParameter(QgsProcessingParameterFolderDestination("MODEL", tr("Model folder")))
        report = QgsProcessingParameterFolderDestination("REPORT", tr("Report folder"), optional=True)
        report.setCreateByDefault(False)
        self.addParameter(report)
        self.addOutput(QgsProcessingOutputHtml("REPORT_HTML", tr("Report")))
        self.addOutput(QgsProcessingOutputNumber("MACRO_F1", tr("Macro F1 on held-out polygons")))
        self.addOutput(QgsProcessingOutputNumber("RAW_BANDS_F1", tr("Macro F1 of raw bands")))
        self.addOutput(QgsProcessingOutputNumber("MAJORITY_F1", tr("Macro F1 of the majority class")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        scenes = self.parameterAsLayerList(parameters, "INPUT", context)
        layer = self.parameterAsVectorLayer(parameters, "LABELS", context)
        path, layer_name = layers.vector_source(layer)
        field = next(iter(self.parameterAsFields(parameters, "FIELD", context)), "")
        # Names and colours come along where the layer is styled by the field.
        listed = [e for e in labels.read_classes(layer, field) if e.polygons] if field else []
        styled = labels.is_styled_by(layer, field)
        self._fields = {
            "scenes": tuple(layers.raster_path(scene) for scene in scenes) or (layers.raster_path(None),),
            "labels": path,
            "labels_layer": layer_name,
            "field": field,
            "classes": tuple({"value": e.value, "name": e.name, "color": e.color} for e in listed) if styled else (),
            **self.scene_fields(parameters, context),
            "weights": self.parameterAsFile(parameters, "WEIGHTS", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        model = self.parameterAsString(parameters, "MODEL", context)
        report = self.parameterAsString(parameters, "REPORT", context)
        result = self.run_request(protocol.FewShotRequest(model=model, report=report, **self._fields), feedback)
        text = tr("Macro F1 on held-out polygons: {score}; raw bands: {raw}; majority: {majority}")
        score, raw = result["macro_f1"], result["raw_bands_macro_f1"]
        feedback.pushInfo(text.format(score=score, raw=raw, majority=result["majority_macro_f1"]))
        return {
            "MODEL": result["model"],
            "REPORT": str(Path(result["report"]).parent),
            "REPORT_HTML": result["report"],
            "MACRO_F1": score,
            "RAW_BANDS_F1": raw,
            "MAJORITY_F1": result["majority_macro_f1"],
        }
