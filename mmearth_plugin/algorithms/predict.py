"""The algorithm `mmearth:predict`."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
    QgsProcessingParameterVectorLayer,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import tr
from .verb import VerbAlgorithm, style_output

# Output of the algorithm → field of the request; all but the first are optional.
RASTERS = {
    "OUTPUT": "out",
    "CONFIDENCE": "confidence",
    "PROBABILITIES": "probabilities",
    "MARGIN": "margin",
    "ENTROPY": "entropy",
    "DISTANCE": "distance",
    "INTERVAL": "interval",
}
VECTORS = {"VECTOR": "vector", "PARCELS_OUT": "parcels_out"}


class PredictAlgorithm(VerbAlgorithm):
    """Parameters of a `PredictRequest`."""

    def name(self) -> str:
        """Returns the stable name."""
        return "predict"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Predict with a model")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["classification", "regression", "land cover", "map", "parcels", "uncertainty", "sentinel-2"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            'Maps a scene with a model of "Train from a few polygons" or "Fine-tune a network": classes or values, on '
            "demand how sure each pixel is, polygons of the classes, and polygons of your own (fields, buildings) "
            "classified as wholes. A network that was fine-tuned to classify polygons or scenes as wholes gives no "
            "map: skip it, and name a file for the classified polygons."
        )

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Scene")))
        self.addParameter(QgsProcessingParameterFile("MODEL", tr("Model file"), extension="zip"))
        self.add_scene_parameters()
        self.add_layers_parameter()
        parcels = tr("Polygons of yours to classify")
        self.addParameter(QgsProcessingParameterVectorLayer("PARCELS", parcels, [polygons], optional=True))
        integer, double = QgsProcessingParameterNumber.Type.Integer, QgsProcessingParameterNumber.Type.Double
        for name, text, kind in (
            ("SIEVE", tr("Polygons: smaller areas join a neighbour, pixels"), integer),
            ("MIN_AREA", tr("Polygons: smaller ones are left out, m²"), double),
            ("SIMPLIFY", tr("Polygons: tolerance of the outline, pixels"), double),
        ):
            self.add_advanced(QgsProcessingParameterNumber(name, text, kind, 0, True, 0))
        for name, text in (
            ("OUTPUT", tr("Classes or values")),
            ("CONFIDENCE", tr("Confidence")),
            ("PROBABILITIES", tr("Probability of each class")),
            ("MARGIN", tr("Margin")),
            ("ENTROPY", tr("Entropy")),
            ("DISTANCE", tr("Unlike anything labelled")),
            ("INTERVAL", tr("90 % interval of a regression")),
        ):
            made = name == "OUTPUT"
            self.addParameter(QgsProcessingParameterRasterDestination(name, text, None, True, made))
        for name, text in (("VECTOR", tr("Class polygons")), ("PARCELS_OUT", tr("Classified polygons"))):
            self.addParameter(QgsProcessingParameterVectorDestination(name, text, polygons, None, True, False))

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """See `VerbAlgorithm.read_layers`."""
        source = layers.layer_source(self.parameterAsRasterLayer(parameters, "INPUT", context))
        parcels = self.parameterAsVectorLayer(parameters, "PARCELS", context)
        parcels_path, parcels_layer = ("", "") if parcels is None else layers.vector_source(parcels)
        self._fields = {
            "scene": source.path,
            "model": self.parameterAsFile(parameters, "MODEL", context),
            "layers": self.layers_field(parameters, context),
            "parcels": parcels_path,
            "parcels_layer": parcels_layer,
            "sieve_px": self.parameterAsInt(parameters, "SIEVE", context),
            "min_area_m2": self.parameterAsDouble(parameters, "MIN_AREA", context),
            "simplify_px": self.parameterAsDouble(parameters, "SIMPLIFY", context),
            **self.extent_fields(parameters, context, source),
            **self.scene_fields(parameters, context),
        }

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Runs the request."""
        names = {**RASTERS, **VECTORS}
        paths = {name: self.parameterAsOutputLayer(parameters, name, context) for name in names}
        outputs = {names[name]: path for name, path in paths.items()}
        if not outputs["out"]:  # of wholes there is no map: the layer is the result
            outputs["out"], outputs["parcels_out"] = outputs["parcels_out"], ""
        if not outputs["out"]:
            text = tr("Nothing to write: both the map and the classified polygons are skipped. Name a file for one.")
            raise QgsProcessingException(text)
        self.run_request(protocol.PredictRequest(**outputs, **self._fields), feedback)
        for path in paths.values():
            style_output(context, path)
        return {name: path for name, path in paths.items() if path}
