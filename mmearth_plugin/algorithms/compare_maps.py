"""The algorithm `mmearth:comparemaps`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .verb import VerbAlgorithm, style_output


class CompareMapsAlgorithm(VerbAlgorithm):
    """Parameters of a `CompareMapsRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "comparemaps"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Compare two class maps")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["change", "difference", "transition", "confusion", "kappa", "agreement"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Shows where two class maps of the same ground differ, from which class to which. The second is read on "
            "the grid of the first. Classes are told by their names, else by their values. The table has the area of "
            "each pair of classes."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterRasterLayer("FIRST", tr("First class map")))
        self.addParameter(QgsProcessingParameterRasterLayer("SECOND", tr("Second class map")))
        self.addParameter(QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True))
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", tr("Differences")))
        table = QgsProcessingParameterFileDestination(
            "TABLE", tr("Table of areas"), tr("CSV files (*.csv)"), optional=True, createByDefault=False
        )
        self.addParameter(table)
        self.addOutput(QgsProcessingOutputNumber("AGREEMENT", tr("Share of the area with the same class")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        first = layers.layer_source(self.parameterAsRasterLayer(parameters, "FIRST", context))
        second = layers.layer_source(self.parameterAsRasterLayer(parameters, "SECOND", context))
        bounds, extent = None, self.parameterAsExtent(parameters, "EXTENT", context)
        if not extent.isNull():
            crs = self.parameterAsExtentCrs(parameters, "EXTENT", context)
            bounds = layers.bounds_in_source(extent, crs, first, context.project())
        self._fields = {"first": first.path, "second": second.path, "bounds": bounds}

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        table = self.parameterAsFileOutput(parameters, "TABLE", context)
        result = self.run_request(protocol.CompareMapsRequest(out=out, table=table, **self._fields), feedback)
        for row in result["transitions"]:
            text = tr("{area} ha: {first} → {second}")
            area = f"{row['area_ha']:.2f}"
            feedback.pushInfo(text.format(area=area, first=row["from"], second=row["to"]))
        style_output(context, out)
        return {"OUTPUT": out, "AGREEMENT": result["agreement"], **({"TABLE": table} if table else {})}
