"""The algorithm `mmearth:evaluate`."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ...backend.mmearth import protocol
from ..messages import tr
from .verb import VerbAlgorithm


class EvaluateAlgorithm(VerbAlgorithm):
    """Parameters of an `EvaluateRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "evaluate"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Compare weights on a benchmark")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["geo-bench", "benchmark", "linear probe", "nearest neighbours", "fine-tuning", "foundation model"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Compares encoders on a data set in the GEO-Bench layout: nearest neighbours, a linear probe and "
            "fine-tuning, with several seeds. Writes one table with means and spread. Models are weights files, "
            '"timm:NAME", "random" (the same network without pretraining) and "bands" (mean and spread of each band, '
            "no network)."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        folder = QgsProcessingParameterFile.Behavior.Folder
        self.addParameter(QgsProcessingParameterFile("DATASET", tr("Folder of the data set"), folder))
        text = tr("Models, separated by semicolons (empty: the bundled weights, random, bands)")
        self.addParameter(QgsProcessingParameterString("MODELS", text, "", optional=True))
        offered = list(protocol.EVALUATIONS)
        text = tr("Evaluations")
        self.addParameter(QgsProcessingParameterEnum("EVALUATIONS", text, offered, True, offered, False, True))
        text = tr("Partitions with the training samples, separated by semicolons (empty: default)")
        self.addParameter(QgsProcessingParameterString("PARTITIONS", text, "", optional=True))
        integer = QgsProcessingParameterNumber.Type.Integer
        self.addParameter(QgsProcessingParameterNumber("SEEDS", tr("Seeds"), integer, 3, False, 1))
        for name, text in (("EPOCHS", tr("Epochs (0: as published)")), ("BATCH", tr("Batch (0: as published)"))):
            self.add_advanced(QgsProcessingParameterNumber(name, text, integer, 0, False, 0))
        device = tr("Device: auto, cpu, cuda, cuda:1 or mps")
        self.add_advanced(QgsProcessingParameterString("DEVICE", device, "auto"))
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", tr("Folder for the table")))
        self.addOutput(QgsProcessingOutputFile("CSV", tr("Table (.csv)")))
        self.addOutput(QgsProcessingOutputFile("MARKDOWN", tr("Table to read (.md)")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        self._fields = {
            "dataset": self.parameterAsFile(parameters, "DATASET", context),
            "models": self._listed(parameters, "MODELS", context),
            "evaluations": tuple(self.parameterAsEnumStrings(parameters, "EVALUATIONS", context)),
            "partitions": self._listed(parameters, "PARTITIONS", context),
            "seeds": self.parameterAsInt(parameters, "SEEDS", context),
            "epochs": self.parameterAsInt(parameters, "EPOCHS", context),
            "batch": self.parameterAsInt(parameters, "BATCH", context),
            "device": self.parameterAsString(parameters, "DEVICE", context) or "auto",
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsString(parameters, "OUTPUT", context)
        result = self.run_request(protocol.EvaluateRequest(out=out, **self._fields), feedback)
        return {"OUTPUT": out, "CSV": result["csv"], "MARKDOWN": result["markdown"]}

    def _listed(self, parameters: Dict[str, Any], name: str, context: QgsProcessingContext) -> Tuple[str, ...]:
        texts = self.parameterAsString(parameters, name, context).split(";")
        return tuple(filter(None, (text.strip() for text in texts)))
