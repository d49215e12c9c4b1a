"""The algorithm `mmearth:cluster`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterExtent,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .similar import extent_bounds
from .verb import VerbAlgorithm, style_output


class ClusterAlgorithm(VerbAlgorithm):
    """Parameters of a `ClusterRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "cluster"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Groups without labels")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["k-means", "kmeans", "unsupervised", "classification", "isodata", "embedding", "explore"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Groups the pixels of an embedding by k-means and writes the groups as a class raster, the largest first. "
            "With 0 groups the number is the one that the pixels suggest: the largest whose groups are nearly as clear "
            "as those of the best number (silhouette)."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        integer = QgsProcessingParameterNumber.Type.Integer
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Embedding")))
        groups = tr("Groups (0: as many as the pixels suggest)")
        self.addParameter(QgsProcessingParameterNumber("CLUSTERS", groups, integer, 0, False, 0, 60))
        most = tr("Greatest number that may be suggested")
        self.add_advanced(QgsProcessingParameterNumber("MOST", most, integer, 12, False, 2, 60))
        self.addParameter(QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True))
        self.add_advanced(QgsProcessingParameterNumber("SEED", tr("Seed"), integer, 0, False, 0))
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", tr("Groups")))
        self.addOutput(QgsProcessingOutputNumber("GROUPS", tr("Groups found")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        source = layers.layer_source(self.parameterAsRasterLayer(parameters, "INPUT", context))
        self._fields = {
            "embedding": source.path,
            "clusters": self.parameterAsInt(parameters, "CLUSTERS", context),
            "most": self.parameterAsInt(parameters, "MOST", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
            "bounds": extent_bounds(self, parameters, context, source),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        result = self.run_request(protocol.ClusterRequest(out=out, **self._fields), feedback)
        style_output(context, out)
        return {"OUTPUT": out, "GROUPS": result["clusters"]}
