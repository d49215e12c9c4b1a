"""The algorithm `mmearth:similar`."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorLayer,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import InputError, tr
from .verb import VerbAlgorithm, style_output


class SimilarAlgorithm(VerbAlgorithm):
    """Parameters of a `SimilarRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "similar"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Similar places")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["similarity", "cosine", "search", "embedding", "explore"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Maps how like some places every pixel of an embedding is, without any training. What is looked for are "
            "points, polygons, or both; points that are not meant push away what is like them. The values 0 to 254 "
            "stand for a similarity of 0 to 1; 255 is nodata. The threshold that comes with the result is a first "
            "guess at where the places that are meant begin."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Embedding")))
        points = [QgsProcessing.SourceType.TypeVectorPoint]
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        wanted, unlike = tr("Points of what is looked for"), tr("Points of what is not meant")
        self.addParameter(QgsProcessingParameterFeatureSource("POINTS", wanted, points, optional=True))
        inside = tr("Polygons of what is looked for")
        self.addParameter(QgsProcessingParameterVectorLayer("POLYGONS", inside, polygons, optional=True))
        self.addParameter(QgsProcessingParameterFeatureSource("UNLIKE", unlike, points, optional=True))
        self.addParameter(QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True))
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", tr("Similar places")))
        self.addOutput(QgsProcessingOutputNumber("THRESHOLD", tr("First threshold, 0 to 1")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        source = layers.layer_source(self.parameterAsRasterLayer(parameters, "INPUT", context))
        polygons = self.parameterAsVectorLayer(parameters, "POLYGONS", context)
        self._fields = {
            "embedding": source.path,
            "points": self._places(parameters, "POINTS", source, context),
            "unlike": self._places(parameters, "UNLIKE", source, context),
            "features": "" if polygons is None else layers.mask_source(polygons),
            "bounds": extent_bounds(self, parameters, context, source),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        result = self.run_request(protocol.SimilarRequest(out=out, **self._fields), feedback)
        style_output(context, out)
        return {"OUTPUT": out, "THRESHOLD": result["threshold"]}

    def _places(
        self, parameters: Dict[str, Any], name: str, source: layers.Source, context: QgsProcessingContext
    ) -> Tuple[float, ...]:
        """Returns x, y, x, y, … of the points of a parameter in the CRS of the embedding."""
        given = self.parameterAsSource(parameters, name, context)
        if given is None:
            return ()
        transform = QgsCoordinateTransform(given.sourceCrs(), source.crs, context.project())
        found: List[float] = []
        for feature in given.getFeatures():
            for point in feature.geometry().vertices():
                try:
                    moved = transform.transform(point.x(), point.y())
                except QgsCsException as error:
                    text = tr("Point {number} cannot be expressed in the CRS of the embedding: {error} Remove it.")
                    raise InputError(text.format(number=feature.id(), error=error)) from error
                found += [moved.x(), moved.y()]
        return tuple(found)


def extent_bounds(
    algorithm: VerbAlgorithm, parameters: Dict[str, Any], context: QgsProcessingContext, source: layers.Source
) -> Optional[Tuple[float, float, float, float]]:
    """Returns the extent of an algorithm without a mask, in the source's CRS; None for all of it."""
    extent = algorithm.parameterAsExtent(parameters, "EXTENT", context)
    if extent.isNull():
        return None
    crs = algorithm.parameterAsExtentCrs(parameters, "EXTENT", context)
    return layers.bounds_in_source(extent, crs, source, context.project())
