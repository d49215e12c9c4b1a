"""The algorithm `mmearth:pretrain`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import InputError, tr
from ..training.pretrain_targets import CLASSES, CONTINUOUS, target, target_name
from .verb import VerbAlgorithm

PATCH_SIZES = ["8", "16"]


class PretrainAlgorithm(VerbAlgorithm):
    """Parameters of a `PretrainRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "pretrain"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Pretrain weights")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["self-supervised", "foundation model", "mp-mae", "masked autoencoder", "deep learning", "sentinel-2"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Pretrains an encoder without labels: parts of the images are hidden, and it learns to predict them and "
            "further layers on the same ground. Data are rasters with Sentinel-2 bands or a folder in the MMEarth "
            "layout. Numbers of 0 are chosen by the recipe. A run that was stopped goes on with RESUME and the same "
            "weights file. The weights serve embedding and training."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        rasters, folder = QgsProcessing.SourceType.TypeRaster, QgsProcessingParameterFile.Behavior.Folder
        for name, text in (
            ("INPUT", tr("Rasters to learn from")),
            ("CONTINUOUS", tr("Further layers with continuous values")),
            ("CLASSES", tr("Further layers with classes")),
        ):
            self.addParameter(QgsProcessingParameterMultipleLayers(name, text, rasters, optional=True))
        mmearth_folder = tr("Folder in the MMEarth layout, instead of rasters")
        self.addParameter(QgsProcessingParameterFile("FOLDER", mmearth_folder, folder, optional=True))
        sizes = list(protocol.SIZES)
        self.addParameter(QgsProcessingParameterEnum("SIZE", tr("Encoder"), sizes, False, sizes[0], False, True))
        integer = QgsProcessingParameterNumber.Type.Integer
        self.addParameter(QgsProcessingParameterNumber("EPOCHS", tr("Epochs"), integer, 0, False, 0))
        start = tr("Weights to start from (empty: random)")
        self.addParameter(QgsProcessingParameterFile("START", start, optional=True))
        resume = tr("Go on from the checkpoint of the run")
        self.addParameter(QgsProcessingParameterBoolean("RESUME", resume, False))
        self.add_scene_parameters(with_extent=False, with_precision=False)
        for name, text, choices in (
            ("RECIPE", tr("Recipe"), list(protocol.RECIPES)),
            ("PATCH_SIZE", tr("Patch, in pixels"), PATCH_SIZES),
            ("WEIGHTING", tr("Weights of the tasks"), list(protocol.WEIGHTINGS)),
        ):
            self.add_advanced(QgsProcessingParameterEnum(name, text, choices, False, choices[0], False, True))
        self.add_advanced(QgsProcessingParameterString("TASKS", tr("Tasks (empty: all)"), "", optional=True))
        for name, text in (("STEPS", tr("Steps, instead of epochs")), ("BATCH", tr("Batch")), ("SEED", tr("Seed"))):
            self.add_advanced(QgsProcessingParameterNumber(name, text, integer, 0, False, 0))
        real = QgsProcessingParameterNumber.Type.Double
        rate, ratio = tr("Learning rate"), tr("Mask ratio")
        self.add_advanced(QgsProcessingParameterNumber("LEARNING_RATE", rate, real, 0.0, False, 0.0, 1.0))
        self.add_advanced(QgsProcessingParameterNumber("MASK_RATIO", ratio, real, 0.0, False, 0.0, 0.95))
        dropout = tr("Learn to do without some bands")
        self.add_advanced(QgsProcessingParameterBoolean("BAND_DROPOUT", dropout, True))
        official = tr("Reproduce the authors' code where it differs from their paper")
        self.add_advanced(QgsProcessingParameterBoolean("OFFICIAL", official, False))
        weights = tr("Weights (*.safetensors)")
        self.addParameter(QgsProcessingParameterFileDestination("OUTPUT", tr("Weights"), weights))
        self.addOutput(QgsProcessingOutputFile("CURVE", tr("Picture of the losses")))
        self.addOutput(QgsProcessingOutputNumber("STEPS_DONE", tr("Steps")))
        self.addOutput(QgsProcessingOutputNumber("FINAL_LOSS", tr("Final loss")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        rasters = self.parameterAsLayerList(parameters, "INPUT", context) or []
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        if bool(rasters) == bool(folder):
            found = tr("both") if folder else tr("neither")
            text = tr("Give rasters (INPUT) or a folder in the MMEarth layout (FOLDER); {found} was given.")
            raise InputError(text.format(found=found))
        targets: List[Dict[str, str]] = []
        for parameter, kind in (("CONTINUOUS", CONTINUOUS), ("CLASSES", CLASSES)):
            for layer in self.parameterAsLayerList(parameters, parameter, context) or []:
                name = target_name(layer.name(), [other["name"] for other in targets])
                targets.append(target(layer, name, kind))
        tasks = self.parameterAsString(parameters, "TASKS", context).replace(" ", "").split(",")
        self._fields = {
            "data": (folder,) if folder else tuple(layers.raster_path(raster) for raster in rasters),
            "layers": tuple(targets),
            **self.scene_fields(parameters, context),
            "size": self.parameterAsEnumString(parameters, "SIZE", context),
            "epochs": self.parameterAsInt(parameters, "EPOCHS", context),
            "start": self.parameterAsFile(parameters, "START", context),
            "resume": self.parameterAsBool(parameters, "RESUME", context),
            "recipe": self.parameterAsEnumString(parameters, "RECIPE", context),
            "patch_size": int(self.parameterAsEnumString(parameters, "PATCH_SIZE", context)),
            "weighting": self.parameterAsEnumString(parameters, "WEIGHTING", context),
            "tasks": tuple(filter(None, tasks)),
            "steps": self.parameterAsInt(parameters, "STEPS", context),
            "batch": self.parameterAsInt(parameters, "BATCH", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
            "learning_rate": self.parameterAsDouble(parameters, "LEARNING_RATE", context),
            "mask_ratio": self.parameterAsDouble(parameters, "MASK_RATIO", context),
            "band_dropout": self.parameterAsBool(parameters, "BAND_DROPOUT", context),
            "official": self.parameterAsBool(parameters, "OFFICIAL", context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        result = self.run_request(protocol.PretrainRequest(weights_out=out, **self._fields), feedback)
        return {
            "OUTPUT": result["weights"],
            "CURVE": result["curve"],
            "STEPS_DONE": result["steps"],
            "FINAL_LOSS": result["final_loss"],
        }
