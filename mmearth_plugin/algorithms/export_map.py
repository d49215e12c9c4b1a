"""The algorithm `mmearth:exportmap`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterCrs,
    QgsProcessingParameterExtent,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .verb import VerbAlgorithm, style_output


class ExportMapAlgorithm(VerbAlgorithm):
    """Parameters of one or two `ExportMapRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "exportmap"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Export a map")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["reproject", "warp", "resample", "cog", "polygonize", "vectorize"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Writes a class map, a map of numbers or an embedding once more as a cloud-optimised GeoTIFF in another "
            "coordinate system or pixel size, with its colours and names; or the areas of its classes as polygons. "
            "Classes take the nearest pixel; numbers are averaged or interpolated."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        decimal = QgsProcessingParameterNumber.Type.Double
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Map")))
        self.addParameter(QgsProcessingParameterCrs("CRS", tr("Coordinate system (empty: as the map)"), optional=True))
        res = tr("Pixel size in units of that system (0: as the map)")
        self.addParameter(QgsProcessingParameterNumber("RES", res, decimal, 0, False, 0))
        self.addParameter(QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True))
        raster = QgsProcessingParameterRasterDestination("OUTPUT", tr("Raster"), optional=True)
        vector = QgsProcessingParameterVectorDestination(
            "VECTOR", tr("Class polygons"), optional=True, createByDefault=False
        )
        self.addParameter(raster)
        self.addParameter(vector)

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        source = layers.layer_source(self.parameterAsRasterLayer(parameters, "INPUT", context))
        bounds, extent = None, self.parameterAsExtent(parameters, "EXTENT", context)
        if not extent.isNull():
            extent_crs = self.parameterAsExtentCrs(parameters, "EXTENT", context)
            bounds = layers.bounds_in_source(extent, extent_crs, source, context.project())
        crs = self.parameterAsCrs(parameters, "CRS", context)
        wanted = (crs.authid() or crs.toWkt()) if crs.isValid() else ""
        self._fields = {"source": source.path, "bounds": bounds, "crs": wanted}

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the requests."""
        written: Dict[str, Any] = {}
        for key in ("OUTPUT", "VECTOR"):
            out = self.parameterAsOutputLayer(parameters, key, context)
            if out:
                res = self.parameterAsDouble(parameters, "RES", context) if key == "OUTPUT" else 0.0
                self.run_request(protocol.ExportMapRequest(out=out, res=res, **self._fields), feedback)
                style_output(context, out)
                written[key] = out
        if not written:
            raise QgsProcessingException(tr("No output is chosen. Choose a raster, polygons, or both."))
        return written
