"""The algorithm `mmearth:adapt`."""

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
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import InputError, tr
from ..training.agreement import agreement_text
from .verb import VerbAlgorithm

_INTEGERS = ("WINDOW_PX", "STEPS", "BATCH", "SEED")
_REALS = ("REFERENCE_M", "WORKING_M", "LEARNING_RATE")
_SWITCHES = ("FROM_SCRATCH", "CORRECT_SHIFT", "RESUME")


class AdaptAlgorithm(VerbAlgorithm):
    """Parameters of an `AdaptRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "adapt"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Adapt weights to another sensor")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["sensor", "drone", "aerial", "cross-sensor", "distillation", "x-stars", "transfer", "self-supervised"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Learns weights for another sensor (drone, aerial, SPOT, Landsat …) without labels, from places that a "
            "known sensor has seen too. REFERENCES are images that the weights understand, one for each image of the "
            "new sensor and in the same order; without them, each image is averaged to larger pixels and taken as its "
            "own reference. BANDS and UNITS are those of the references. Numbers of 0 are chosen by the recipe. The "
            "weights serve embedding and training; the log says how well both sensors agree on held-out places."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        rasters = QgsProcessing.SourceType.TypeRaster
        integer, real = QgsProcessingParameterNumber.Type.Integer, QgsProcessingParameterNumber.Type.Double
        text = tr("Images of the new sensor")
        self.addParameter(QgsProcessingParameterMultipleLayers("INPUT", text, rasters))
        text = tr("References: images of a known sensor, in the same order")
        self.addParameter(QgsProcessingParameterMultipleLayers("REFERENCES", text, rasters, optional=True))
        text = tr("Weights that understand the references (empty: the bundled ones)")
        self.addParameter(QgsProcessingParameterFile("WEIGHTS", text, optional=True))
        modes = list(protocol.ADAPT_MODES)
        self.addParameter(QgsProcessingParameterEnum("MODE", tr("How it learns"), modes, False, modes[0], False, True))
        text = tr("Steps (0: until held-out places gain no more)")
        self.addParameter(QgsProcessingParameterNumber("STEPS", text, integer, 0, False, 0))
        self.addParameter(QgsProcessingParameterBoolean("RESUME", tr("Go on from the checkpoint of the run"), False))
        self.add_scene_parameters(with_extent=False, with_precision=False)
        text = tr('Bands of the new sensor that see the same light, like "B4=1, B3=2" (empty: by name or wavelength)')
        self.add_advanced(QgsProcessingParameterString("TARGET_BANDS", text, "", optional=True))
        for name, text in (
            ("REFERENCE_M", tr("Pixel size of references that are made (0: 10 m)")),
            ("WORKING_M", tr("Pixel size that the new encoder works at (0: that of the images)")),
        ):
            self.add_advanced(QgsProcessingParameterNumber(name, text, real, 0.0, False, 0.0))
        text, anchors = tr("Ground that is hidden in both images of a pair"), list(protocol.ANCHORS)
        self.add_advanced(QgsProcessingParameterEnum("ANCHORS", text, anchors, False, anchors[0], False, True))
        text = tr("Land cover: places with like classes shall look alike")
        self.add_advanced(QgsProcessingParameterRasterLayer("LAND_COVER", text, optional=True))
        for name, text in (
            ("CORRECT_SHIFT", tr("Correct a shift between the images")),
            ("FROM_SCRATCH", tr("Start from random weights, for comparison")),
        ):
            self.add_advanced(QgsProcessingParameterBoolean(name, text, False))
        for name, text in (
            ("WINDOW_PX", tr("Side of a window, in pixels of the reference")),
            ("BATCH", tr("Batch")),
            ("SEED", tr("Seed")),
        ):
            self.add_advanced(QgsProcessingParameterNumber(name, text, integer, 0, False, 0))
        rate = tr("Learning rate")
        self.add_advanced(QgsProcessingParameterNumber("LEARNING_RATE", rate, real, 0.0, False, 0.0, 1.0))
        weights = tr("Weights (*.safetensors)")
        self.addParameter(QgsProcessingParameterFileDestination("OUTPUT", tr("Weights"), weights))
        self.addOutput(QgsProcessingOutputFile("CURVE", tr("Picture of the losses")))
        self.addOutput(QgsProcessingOutputFile("PAIRS", tr("Picture of pairs")))
        self.addOutput(QgsProcessingOutputNumber("STEPS_DONE", tr("Steps")))
        for name, text in (
            ("RETRIEVAL", tr("Share of held-out places found again (retrieval@1)")),
            ("COSINE", tr("Cosine on held-out places")),
            ("RETRIEVAL_BEFORE", tr("Share of held-out places found again before")),
            ("COSINE_BEFORE", tr("Cosine on held-out places before")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, text))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        targets = self.parameterAsLayerList(parameters, "INPUT", context) or [None]
        references = self.parameterAsLayerList(parameters, "REFERENCES", context) or []
        if references and len(references) != len(targets):
            text = tr(
                "{targets} images of the new sensor were given (INPUT), but {references} references (REFERENCES). "
                "Give one reference for each image, in the same order, or none."
            )
            raise InputError(text.format(targets=len(targets), references=len(references)))
        cover = self.parameterAsRasterLayer(parameters, "LAND_COVER", context)
        self._fields = {
            "targets": layers.raster_paths(targets),
            "references": layers.raster_paths(references),
            "weights": self.parameterAsFile(parameters, "WEIGHTS", context),
            **self.scene_fields(parameters, context),
            "target_bands": layers.parse_bands(self.parameterAsString(parameters, "TARGET_BANDS", context)),
            "mode": self.parameterAsEnumString(parameters, "MODE", context),
            "anchors": self.parameterAsEnumString(parameters, "ANCHORS", context),
            "land_cover": "" if cover is None else layers.raster_path(cover),
            **{name.lower(): self.parameterAsInt(parameters, name, context) for name in _INTEGERS},
            **{name.lower(): self.parameterAsDouble(parameters, name, context) for name in _REALS},
            **{name.lower(): self.parameterAsBool(parameters, name, context) for name in _SWITCHES},
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        out = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        result = self.run_request(protocol.AdaptRequest(weights_out=out, **self._fields), feedback)
        feedback.pushInfo(agreement_text(result))
        agreement, before = result["agreement"], result["before"]
        return {
            "OUTPUT": result["weights"],
            "CURVE": result["curve"],
            "PAIRS": result["pairs"],
            "STEPS_DONE": result["steps"],
            "RETRIEVAL": agreement["retrieval"],
            "COSINE": agreement["cosine"],
            "RETRIEVAL_BEFORE": before["retrieval"],
            "COSINE_BEFORE": before["cosine"],
        }
