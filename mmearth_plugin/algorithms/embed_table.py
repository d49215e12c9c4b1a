"""The algorithm `mmearth:embedtable`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterVectorDestination,
    QgsProcessingParameterVectorLayer,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .embedding import EmbeddingAlgorithm


class EmbedTableAlgorithm(EmbeddingAlgorithm):
    """Parameters of an `EmbedRequest` for polygons or points."""

    def name(self) -> str:
        """Returns the stable name."""
        return "embedtable"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Embedding of polygons or points")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["zonal", "features", "table", "sampling", "geoparquet", "foundation model", "sentinel-2"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Computes the embedding of a Sentinel-2 raster for polygons or points only: the mean over each polygon, "
            "the value at each point. The result is a table with their geometry and one column a component, as "
            "GeoPackage (.gpkg) or GeoParquet (.parquet; not every QGIS can open it)."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        kinds = [QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeVectorPoint]
        self.add_source_parameters()
        self.addParameter(QgsProcessingParameterVectorLayer("FEATURES", tr("Polygons or points"), kinds))
        self.add_scene_parameters(with_extent=False)
        self.add_embedding_parameters()
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", tr("Table of embeddings")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        features = self.parameterAsVectorLayer(parameters, "FEATURES", context)
        self._fields = {
            "scene": self.source(parameters, context).path,
            "features": layers.mask_source(features),
            **self.embedding_fields(parameters, context),
            "dtype": "float32",
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        self.run_request(protocol.EmbedRequest(out=out, **self._fields), feedback)
        return {"OUTPUT": out}
