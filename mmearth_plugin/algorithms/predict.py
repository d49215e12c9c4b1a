"""The algorithm `mmearth:predict`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .verb import VerbAlgorithm, style_output


class PredictAlgorithm(VerbAlgorithm):
    """Parameters of a `PredictRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "predict"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Predict with a model")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["classification", "land cover", "map", "sentinel-2"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            'Maps a scene with a model folder of "Train from a few polygons": classes, on demand the confidence of '
            "each pixel and polygons."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        folder = QgsProcessingParameterFile.Behavior.Folder
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Scene")))
        self.addParameter(QgsProcessingParameterFile("MODEL", tr("Model folder"), folder))
        self.add_scene_parameters()
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", tr("Classes")))
        self.addParameter(
            QgsProcessingParameterRasterDestination(
                "CONFIDENCE", tr("Confidence"), optional=True, createByDefault=False
            )
        )
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.addParameter(
            QgsProcessingParameterVectorDestination(
                "VECTOR", tr("Class polygons"), polygons, optional=True, createByDefault=False
            )
        )

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        source = layers.layer_source(self.parameterAsRasterLayer(parameters, "INPUT", context))
        self._fields = {
            "scene": source.path,
            "model": self.parameterAsFile(parameters, "MODEL", context),
            **self.extent_fields(parameters, context, source),
            **self.scene_fields(parameters, context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        names = ("OUTPUT", "CONFIDENCE", "VECTOR")
        out, confidence, vector = (self.parameterAsOutputLayer(parameters, name, context) for name in names)
        request = protocol.PredictRequest(out=out, confidence=confidence, vector=vector, **self._fields)
        result = self.run_request(request, feedback)
        for path in (out, confidence, vector):
            style_output(context, path, result["classes"])
        return {name: path for name, path in zip(names, (out, confidence, vector)) if path}
