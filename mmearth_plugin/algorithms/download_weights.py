"""The algorithm `mmearth:downloadweights`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ...backend.mmearth import protocol
from ..messages import tr
from .verb import VerbAlgorithm


class DownloadWeightsAlgorithm(VerbAlgorithm):
    """Parameters of a `DownloadWeightsRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "downloadweights"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Download MMEarth weights")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["foundation model", "mp-mae", "checkpoint", "sentinel-2"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Fetches one of the checkpoints that the authors of MMEarth published and converts it to a weights file. "
            "They come under a licence that forbids commercial use; without ACCEPT_LICENCE the algorithm shows it "
            "and stops. The MMEarth panel lists the names."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterString("NAME", tr("Name of the checkpoint")))
        accept = tr("I agree to the licence of the checkpoint")
        self.addParameter(QgsProcessingParameterBoolean("ACCEPT_LICENCE", accept, False))
        folder = tr("Folder for the weights (empty: that of the user)")
        behavior = QgsProcessingParameterFile.Behavior.Folder
        self.addParameter(QgsProcessingParameterFile("FOLDER", folder, behavior, optional=True))
        self.addOutput(QgsProcessingOutputFile("WEIGHTS", tr("Weights")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        self._fields = {
            "name": self.parameterAsString(parameters, "NAME", context).strip(),
            "folder": self.parameterAsFile(parameters, "FOLDER", context),
            "accept_licence": self.parameterAsBool(parameters, "ACCEPT_LICENCE", context),
        }

    def processAlgorithm(  # noqa: N802
        self, _parameters: Dict[str, Any], _context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        result = self.run_request(protocol.DownloadWeightsRequest(**self._fields), feedback)
        return {"WEIGHTS": result["weights"]}
