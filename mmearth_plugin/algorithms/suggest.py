"""The algorithm `mmearth:suggest`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
    QgsProcessingParameterVectorLayer,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .verb import VerbAlgorithm, style_output


class SuggestAlgorithm(VerbAlgorithm):
    """Parameters of a `SuggestRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "suggest"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Where to label next")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["active learning", "sampling", "labels", "few-shot", "uncertainty"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Finds places that would teach a model most and says why: where it is uncertain, where the ground is "
            "unlike anything labelled, where a rare class may be. The points lie apart from each other "
            "and from the polygons that there are."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        number, polygons = QgsProcessingParameterNumber.Type.Integer, QgsProcessing.SourceType.TypeVectorPolygon
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Scene")))
        self.addParameter(QgsProcessingParameterFile("MODEL", tr("Model file"), extension="zip"))
        self.addParameter(QgsProcessingParameterNumber("COUNT", tr("Points"), number, 20, False, 1))
        labels = tr("Label polygons that there are")
        self.addParameter(QgsProcessingParameterVectorLayer("LABELS", labels, [polygons], optional=True))
        self.add_scene_parameters()
        self.add_layers_parameter()
        self.add_advanced(QgsProcessingParameterNumber("SEED", tr("Seed"), number, 0, False, 0))
        points = QgsProcessing.SourceType.TypeVectorPoint
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", tr("Where to label next"), points))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        source = layers.layer_source(self.parameterAsRasterLayer(parameters, "INPUT", context))
        labels = self.parameterAsVectorLayer(parameters, "LABELS", context)
        labels_path, labels_layer = ("", "") if labels is None else layers.vector_source(labels)
        self._fields = {
            "scene": source.path,
            "model": self.parameterAsFile(parameters, "MODEL", context),
            "count": self.parameterAsInt(parameters, "COUNT", context),
            "labels": labels_path,
            "labels_layer": labels_layer,
            "layers": self.layers_field(parameters, context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
            **self.extent_fields(parameters, context, source),
            **self.scene_fields(parameters, context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        self.run_request(protocol.SuggestRequest(out=out, **self._fields), feedback)
        style_output(context, out)
        return {"OUTPUT": out}
