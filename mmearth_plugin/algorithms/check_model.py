"""The algorithm `mmearth:checkmodel`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterLayer,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .verb import VerbAlgorithm


class CheckModelAlgorithm(VerbAlgorithm):
    """Parameters of a `CheckModelRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "checkmodel"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Check a model")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["compatibility", "classification", "bands", "units"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Says what a model file is and whether it serves a scene: bands, units, weights, pixel size. Errors forbid "
            "its use, warnings make the map doubtful. Nothing is mapped."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterFile("MODEL", tr("Model file"), extension="zip"))
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Scene"), optional=True))
        self.add_scene_parameters(with_extent=False, with_precision=False)
        self.add_layers_parameter()
        self.addOutput(QgsProcessingOutputNumber("ERRORS", tr("Number of errors")))
        self.addOutput(QgsProcessingOutputNumber("WARNINGS", tr("Number of warnings")))
        self.addOutput(QgsProcessingOutputString("TEXT", tr("What was found")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        scene = self.parameterAsRasterLayer(parameters, "INPUT", context)
        fields = self.scene_fields(parameters, context)
        self._fields = {
            "model": self.parameterAsFile(parameters, "MODEL", context),
            "scene": "" if scene is None else layers.raster_path(scene),
            "layers": self.layers_field(parameters, context),
            "bands": fields["bands"],
            "units": fields["units"],
        }

    def processAlgorithm(  # noqa: N802
        self, _parameters: Dict[str, Any], _context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        result = self.run_request(protocol.CheckModelRequest(**self._fields), feedback)
        facts = [f"{name}: {text}" for name, text in result["facts"].items()]
        for line in facts:
            feedback.pushInfo(line)
        for error in result["errors"]:
            feedback.reportError(str(error))
        lines = [*facts, *result["errors"], *result["warnings"]]
        return {"ERRORS": len(result["errors"]), "WARNINGS": len(result["warnings"]), "TEXT": "\n".join(lines)}
