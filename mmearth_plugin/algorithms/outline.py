"""The algorithm `mmearth:outline`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterExtent,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .similar import extent_bounds
from .verb import VerbAlgorithm


class OutlineAlgorithm(VerbAlgorithm):
    """Parameters of an `OutlineRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "outline"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Outlines of a range of values")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["polygonize", "vectorize", "threshold", "similarity", "explore"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Draws polygons around the pixels of a raster of one band whose value lies between two bounds, the largest "
            "first: of similar places, of a group, of a class. Holes of fewer than 8 pixels are filled. Similarity is "
            "stored as 0 to 254 for 0 to 1: a threshold of 0.6 is the value 152."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        integer, number = QgsProcessingParameterNumber.Type.Integer, QgsProcessingParameterNumber.Type.Double
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Raster with one band")))
        self.addParameter(QgsProcessingParameterNumber("LOW", tr("Least value that is inside"), number, 152))
        self.addParameter(QgsProcessingParameterNumber("HIGH", tr("Greatest value that is inside"), number, 254))
        least = tr("Leave out areas of fewer pixels")
        self.addParameter(QgsProcessingParameterNumber("MIN_AREA", least, integer, 4, False, 1))
        most = tr("Keep the largest of them only (0: all)")
        self.add_advanced(QgsProcessingParameterNumber("MOST", most, integer, 0, False, 0))
        tolerance = tr("How far the outline may leave the edges of pixels, in pixels")
        self.add_advanced(QgsProcessingParameterNumber("SIMPLIFY", tolerance, number, 0.75, False, 0))
        self.addParameter(QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True))
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", tr("Outlines"), polygons))
        self.addOutput(QgsProcessingOutputNumber("POLYGONS", tr("Polygons")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        source = layers.layer_source(self.parameterAsRasterLayer(parameters, "INPUT", context))
        self._fields = {
            "raster": source.path,
            "low": self.parameterAsDouble(parameters, "LOW", context),
            "high": self.parameterAsDouble(parameters, "HIGH", context),
            "min_area_px": self.parameterAsInt(parameters, "MIN_AREA", context),
            "most": self.parameterAsInt(parameters, "MOST", context),
            "simplify_px": self.parameterAsDouble(parameters, "SIMPLIFY", context),
            "bounds": extent_bounds(self, parameters, context, source),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        result = self.run_request(protocol.OutlineRequest(out=out, **self._fields), feedback)
        return {"OUTPUT": out, "POLYGONS": result["polygons"]}
