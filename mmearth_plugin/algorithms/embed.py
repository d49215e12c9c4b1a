"""The algorithm `mmearth:embed`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import InputError, tr
from .verb import VerbAlgorithm, style_output

STRIDES = ["1", "2", "4", "8"]


class EmbedAlgorithm(VerbAlgorithm):
    """Parameters of an `EmbedRequest`."""

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
            "says what it and its surroundings look like. The result is a GeoTIFF on the raster's grid."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Scene")))
        self.add_scene_parameters()
        self.addParameter(
            QgsProcessingParameterEnum("STRIDE", tr("Output cell, in pixels"), STRIDES, False, "1", False, True)
        )
        number = QgsProcessingParameterNumber.Type.Integer
        components = tr("Components (0: all channels)")
        self.addParameter(QgsProcessingParameterNumber("COMPONENTS", components, number, 64, False, 0))
        dtypes = list(protocol.DTYPES)
        self.add_advanced(QgsProcessingParameterEnum("DTYPE", tr("Data type"), dtypes, False, dtypes[0], False, True))
        stages = tr("Encoder stages, 0 (finest) to 3 (coarsest)")
        self.add_advanced(QgsProcessingParameterString("STAGES", stages, "0,1,2,3"))
        weights = tr("Weights (empty: the bundled ones)")
        self.add_advanced(QgsProcessingParameterFile("WEIGHTS", weights, optional=True))
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", tr("Embedding")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        layer = self.parameterAsRasterLayer(parameters, "INPUT", context)
        stages = self.parameterAsString(parameters, "STAGES", context).replace(" ", "").split(",")
        if not all(stage.isdecimal() for stage in stages):
            text = tr('Stages "{found}" were not understood. Write them like "0,1,2,3".')
            raise InputError(text.format(found=",".join(stages)))
        self._fields = {
            "scene": layers.raster_path(layer),
            **self.extent_fields(parameters, context, layer),
            **self.scene_fields(parameters, context),
            "weights": self.parameterAsFile(parameters, "WEIGHTS", context),
            "stages": tuple(int(stage) for stage in stages),
            "stride_px": int(self.parameterAsEnumString(parameters, "STRIDE", context)),
            "components": self.parameterAsInt(parameters, "COMPONENTS", context),
            "dtype": self.parameterAsEnumString(parameters, "DTYPE", context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        self.run_request(protocol.EmbedRequest(out=out, **self._fields), feedback)
        style_output(context, out)
        return {"OUTPUT": out}
