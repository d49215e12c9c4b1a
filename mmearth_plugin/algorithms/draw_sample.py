"""The algorithm `mmearth:drawsample`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .verb import VerbAlgorithm, style_output


class DrawSampleAlgorithm(VerbAlgorithm):
    """Parameters of a `DrawSampleRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "drawsample"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Draw sample points of a map")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["accuracy", "stratified", "random", "validation", "area"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            'Draws points at random inside each class of a class map. Fill in their field "class" without looking at '
            'the map, then use "Accuracy and area of a map".'
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        number, points = QgsProcessingParameterNumber.Type.Integer, QgsProcessing.SourceType.TypeVectorPoint
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Class map")))
        self.addParameter(QgsProcessingParameterNumber("PER_CLASS", tr("Points of each class"), number, 50, False, 2))
        self.add_advanced(QgsProcessingParameterNumber("SEED", tr("Seed"), number, 0, False, 0))
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", tr("Sample points"), points))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        self._fields = {
            "map": layers.raster_path(self.parameterAsRasterLayer(parameters, "INPUT", context)),
            "per_class": self.parameterAsInt(parameters, "PER_CLASS", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        self.run_request(protocol.DrawSampleRequest(out=out, **self._fields), feedback)
        style_output(context, out)
        return {"OUTPUT": out}
