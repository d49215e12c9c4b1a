"""The algorithm `mmearth:assess`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputHtml,
    QgsProcessingOutputString,
    QgsProcessingParameterField,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorLayer,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .verb import VerbAlgorithm


class AssessAlgorithm(VerbAlgorithm):
    """Parameters of an `AssessRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "assess"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Accuracy and area of a map")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["accuracy", "confusion matrix", "area", "validation", "confidence interval"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            'Compares a class map with independent sample points, such as those of "Draw sample points of a map": '
            "accuracy and area of each class, each with its interval."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        points = QgsProcessing.SourceType.TypeVectorPoint
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Class map")))
        self.addParameter(QgsProcessingParameterVectorLayer("SAMPLES", tr("Sample points"), [points]))
        field = tr("Field with the true class")
        self.addParameter(
            QgsProcessingParameterField("FIELD", field, parentLayerParameterName="SAMPLES", optional=True)
        )
        self.addParameter(QgsProcessingParameterFolderDestination("REPORT", tr("Report folder")))
        self.addOutput(QgsProcessingOutputHtml("REPORT_HTML", tr("Report")))
        self.addOutput(QgsProcessingOutputString("HEADLINE", tr("Result in a sentence")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        samples = self.parameterAsVectorLayer(parameters, "SAMPLES", context)
        path, layer_name = layers.vector_source(samples)
        self._fields = {
            "map": layers.raster_path(self.parameterAsRasterLayer(parameters, "INPUT", context)),
            "samples": path,
            "samples_layer": layer_name,
            "field": next(iter(self.parameterAsFields(parameters, "FIELD", context)), ""),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        folder = self.parameterAsString(parameters, "REPORT", context)
        result = self.run_request(protocol.AssessRequest(report=folder, **self._fields), feedback)
        feedback.pushInfo(str(result["headline"]))
        report = str(result["report"])
        return {"REPORT": str(Path(report).parent), "REPORT_HTML": report, "HEADLINE": result["headline"]}
