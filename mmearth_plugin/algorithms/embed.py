"""The algorithm `mmearth:embed`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterRasterDestination,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .embedding import EmbeddingAlgorithm
from .verb import style_output


class EmbedAlgorithm(EmbeddingAlgorithm):
    """Parameters of an `EmbedRequest` for a raster."""

    def name(self) -> str:
        """Returns the stable name."""
        return "embed"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Embed a raster")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["sentinel-2", "features", "foundation model", "mp-mae", "deep learning"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Computes an embedding of a Sentinel-2 raster with a pretrained encoder: for each pixel a vector that "
            "says what it and its surroundings look like. The result is a GeoTIFF on the raster's grid. A run that "
            "was interrupted goes on where it stopped; the same run again is answered from a cache."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        self.add_source_parameters()
        self.add_scene_parameters()
        self.add_embedding_parameters()
        dtypes, own = list(protocol.DTYPES), layers.eight_bit_dtype()
        self.add_advanced(QgsProcessingParameterEnum("DTYPE", tr("Data type"), dtypes, False, own, False, True))
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", tr("Embedding")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        source = self.source(parameters, context)
        self._fields = {
            "scene": source.path,
            **self.extent_fields(parameters, context, source),
            **self.embedding_fields(parameters, context),
            "dtype": self.parameterAsEnumString(parameters, "DTYPE", context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        result = self.run_request(protocol.EmbedRequest(out=out, **self._fields), feedback)
        if result.get("cached"):
            feedback.pushInfo(tr("Taken from the cache."))
        style_output(context, out)
        return {"OUTPUT": out}
