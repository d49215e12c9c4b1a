"""The algorithm `mmearth:finetune`."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsVectorLayer,
)

from ...backend.mmearth import protocol
from .. import labels, layers
from ..messages import InputError, tr
from .verb import VerbAlgorithm

_NUMBERS = ("EPOCHS", "BATCH", "MICRO_BATCH", "SEED")


class FineTuneAlgorithm(VerbAlgorithm):
    """Parameters of a `FineTuneRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "finetune"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Fine-tune a network")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["segmentation", "classification", "u-net", "deep learning", "training", "masks", "sentinel-2"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Trains a network on many labelled polygons, on class rasters (masks) or on a table of scenes, and says "
            "how good it is on labels that it did not see, beside two simple baselines. RUNG says how much is "
            "trained; auto trains more as long as that helps. Numbers of 0 are chosen by the recipe. A run that was "
            'stopped goes on with RESUME and the same model file. The model serves the algorithm "Predict with a '
            'model".'
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        rasters, polygons = QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon
        folder = QgsProcessingParameterFile.Behavior.Folder
        self.addParameter(QgsProcessingParameterMultipleLayers("INPUT", tr("Scenes"), rasters))
        text = tr("Label polygons")
        self.addParameter(QgsProcessingParameterVectorLayer("LABELS", text, [polygons], optional=True))
        text = tr("Field of the class")
        self.addParameter(QgsProcessingParameterField("FIELD", text, parentLayerParameterName="LABELS", optional=True))
        text = tr("Folder of masks (class rasters named like their scenes), instead of polygons")
        self.addParameter(QgsProcessingParameterFile("MASKS", text, folder, optional=True))
        text = tr('Table of whole scenes (.csv with the columns "scene" and "class"), instead of polygons')
        self.addParameter(QgsProcessingParameterFile("TABLE", text, extension="csv", optional=True))
        for name, text, offered in (
            ("TASK", tr("Task"), protocol.TUNING_TASKS),
            ("RUNG", tr("What is trained"), protocol.RUNGS),
        ):
            self.addParameter(QgsProcessingParameterEnum(name, text, list(offered), False, offered[0], True, True))
        integer, real = QgsProcessingParameterNumber.Type.Integer, QgsProcessingParameterNumber.Type.Double
        self.addParameter(QgsProcessingParameterNumber("EPOCHS", tr("Epochs"), integer, 0, False, 0))
        resume = tr("Go on from the checkpoint of the run")
        self.addParameter(QgsProcessingParameterBoolean("RESUME", resume, False))
        self.add_scene_parameters(with_extent=False, with_precision=False)
        for name, text, offered in (
            ("UNIT", tr("What a classification classifies"), protocol.UNITS_OF_GROUND),
            ("FOLDS", tr("What is held out together for the score"), protocol.FOLDS),
            ("RECIPE", tr("Recipe (mmearth: as its authors fine-tune)"), protocol.TUNING_RECIPES),
        ):
            self.add_advanced(QgsProcessingParameterEnum(name, text, list(offered), False, offered[0], True, True))
        text = tr("Side of a cell, in pixels")
        self.add_advanced(QgsProcessingParameterNumber("CELL_PX", text, integer, 16, False, 8))
        text = tr('Values of the field list several classes, separated by ";"')
        self.add_advanced(QgsProcessingParameterBoolean("MULTI_LABEL", text, False))
        text = tr("Values to ignore, separated by semicolons")
        self.add_advanced(QgsProcessingParameterString("IGNORE", text, "", optional=True))
        text = tr("Share of the labels that is held out")
        self.add_advanced(QgsProcessingParameterNumber("HELD_OUT", text, real, 0.2, False, 0.05, 0.5))
        for name, text in (
            ("BATCH", tr("Batch")),
            ("MICRO_BATCH", tr("Crops at once on the device")),
            ("SEED", tr("Seed")),
        ):
            self.add_advanced(QgsProcessingParameterNumber(name, text, integer, 0, False, 0))
        rate = tr("Learning rate")
        self.add_advanced(QgsProcessingParameterNumber("LEARNING_RATE", rate, real, 0.0, False, 0.0, 1.0))
        text = tr("Start from random weights, for comparison")
        self.add_advanced(QgsProcessingParameterBoolean("RANDOM_START", text, False))
        weights = tr("Weights (empty: the bundled ones)")
        self.add_advanced(QgsProcessingParameterFile("WEIGHTS", weights, optional=True))
        self.addParameter(QgsProcessingParameterFileDestination("MODEL", tr("Model file"), tr("Models (*.zip)")))
        self.addOutput(QgsProcessingOutputHtml("REPORT_HTML", tr("Report")))
        self.addOutput(QgsProcessingOutputFile("CURVE", tr("Picture of the curves")))
        self.addOutput(QgsProcessingOutputString("RUNG_TAKEN", tr("What was trained")))
        self.addOutput(QgsProcessingOutputNumber("MACRO_F1", tr("Macro F1 on held-out labels")))
        self.addOutput(QgsProcessingOutputNumber("RAW_BANDS_F1", tr("Macro F1 of raw bands")))
        self.addOutput(QgsProcessingOutputNumber("MAJORITY_F1", tr("Macro F1 of the majority class")))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        scenes = self.parameterAsLayerList(parameters, "INPUT", context)
        layer = self.parameterAsVectorLayer(parameters, "LABELS", context)
        masks, table = (self.parameterAsFile(parameters, name, context) for name in ("MASKS", "TABLE"))
        given = [name for name, value in (("LABELS", layer), ("MASKS", masks), ("TABLE", table)) if value]
        if len(given) != 1:
            text = tr(
                "Labels come from polygons (LABELS), masks (MASKS) or a table (TABLE); {found} was given. Give one."
            )
            raise InputError(text.format(found=", ".join(given) or tr("none")))
        ignore = self.parameterAsString(parameters, "IGNORE", context).split(";")
        ignored = tuple(filter(None, (text.strip() for text in ignore)))
        field = next(iter(self.parameterAsFields(parameters, "FIELD", context)), "")
        truth = {"masks": masks} if masks else {"labels": table}
        self._fields = {
            "scenes": tuple(layers.raster_path(scene) for scene in scenes) or (layers.raster_path(None),),
            **(truth if layer is None else _polygon_fields(layer, field, ignored)),
            "ignore": ignored,
            "task": self._choice(parameters, "TASK", context, protocol.TUNING_TASKS),
            "rung": self._choice(parameters, "RUNG", context, protocol.RUNGS),
            "unit": self._choice(parameters, "UNIT", context, protocol.UNITS_OF_GROUND),
            "folds": self._choice(parameters, "FOLDS", context, protocol.FOLDS),
            "recipe": self._choice(parameters, "RECIPE", context, protocol.TUNING_RECIPES),
            "cell_px": self.parameterAsInt(parameters, "CELL_PX", context),
            "multi_label": self.parameterAsBool(parameters, "MULTI_LABEL", context),
            "held_out": self.parameterAsDouble(parameters, "HELD_OUT", context),
            "learning_rate": self.parameterAsDouble(parameters, "LEARNING_RATE", context),
            "random_start": self.parameterAsBool(parameters, "RANDOM_START", context),
            "resume": self.parameterAsBool(parameters, "RESUME", context),
            "weights": self.parameterAsFile(parameters, "WEIGHTS", context),
            **self.scene_fields(parameters, context),
            **{name.lower(): self.parameterAsInt(parameters, name, context) for name in _NUMBERS},
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        model = self.parameterAsFileOutput(parameters, "MODEL", context)
        result = self.run_request(protocol.FineTuneRequest(model=model, **self._fields), feedback)
        for problem in result.get("problems", []):
            feedback.pushWarning(str(problem["message"]))
        scores = {
            "MACRO_F1": result["macro_f1"],
            "RAW_BANDS_F1": result["raw_bands_macro_f1"],
            "MAJORITY_F1": result["majority_macro_f1"],
        }
        text = tr("Macro F1 on held-out labels: {score}; raw bands: {raw}; majority: {majority}; trained: {rung}")
        score, raw, majority = scores.values()
        feedback.pushInfo(text.format(score=score, raw=raw, majority=majority, rung=result["rung"]))
        files = {"MODEL": result["model"], "REPORT_HTML": result["report"], "CURVE": result["curve"]}
        return {**files, "RUNG_TAKEN": result["rung"], **scores}

    def _choice(
        self, parameters: Dict[str, Any], name: str, context: QgsProcessingContext, offered: Tuple[str, ...]
    ) -> str:
        return self.parameterAsEnumString(parameters, name, context) or str(offered[0])


def _polygon_fields(layer: QgsVectorLayer, field: str, ignored: Tuple[str, ...]) -> Dict[str, Any]:
    """Returns request fields of a label layer; names and colours come along where it is styled by the field."""
    path, layer_name = layers.vector_source(layer)
    known = labels.read_classes(layer, field) if field and labels.is_styled_by(layer, field) else []
    listed = [entry for entry in known if entry.polygons and str(entry.value) not in ignored]
    return {
        "labels": path,
        "labels_layer": layer_name,
        "field": field,
        "classes": tuple({"value": e.value, "name": e.name, "color": e.color} for e in listed),
    }
