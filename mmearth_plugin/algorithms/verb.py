"""What the algorithms share: the way from parameters to a request, and from a request to a result."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from qgis.core import (
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from ...backend.mmearth import protocol
from .. import environment, layers, results
from ..backend_process import JobError, run_blocking
from ..messages import InputError, tr


class StyleOutput(QgsProcessingLayerPostProcessorInterface):
    """Styles an output with the QML that the backend wrote beside it."""

    kept: List[StyleOutput] = []  # QGIS does not own post processors; they must outlive the algorithm

    def postProcessLayer(  # noqa: N802
        self, layer: QgsMapLayer, _context: QgsProcessingContext, _feedback: QgsProcessingFeedback
    ) -> None:
        """Called in the main thread once the layer was loaded."""
        results.apply_style(layer)


class VerbAlgorithm(QgsProcessingAlgorithm):
    """Base of the algorithms: layers are read in `prepareAlgorithm`, in the main thread; the work runs anywhere."""

    def createInstance(self) -> VerbAlgorithm:  # noqa: N802
        """Returns a new instance."""
        return type(self)()

    def canExecute(self) -> Tuple[bool, str]:  # noqa: N802
        """Returns whether there is a backend, and what to do if not."""
        return (False, environment.missing_text()) if environment.find_launch() is None else (True, "")

    def prepareAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, _feedback: QgsProcessingFeedback
    ) -> bool:
        """Reads the layers."""
        try:
            self.read_layers(parameters, context)
        except InputError as error:
            raise QgsProcessingException(str(error)) from error
        return True

    def read_layers(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> None:
        """Keeps what the request needs of layers."""
        raise NotImplementedError

    def run_request(self, request: protocol.Request, feedback: QgsProcessingFeedback) -> Dict[str, Any]:
        """Runs a request in a child of its own and returns its result."""
        launch = environment.find_launch()
        if launch is None:
            raise QgsProcessingException(environment.missing_text())
        try:
            result = run_blocking(launch, request, feedback)
        except JobError as error:
            raise QgsProcessingException(str(error)) from error
        for warning in result.get("warnings", []):
            feedback.pushWarning(str(warning))
        return result

    def add_advanced(self, definition: QgsProcessingParameterDefinition) -> None:
        """Adds a parameter that most users leave alone."""
        definition.setFlags(definition.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(definition)

    def add_scene_parameters(self, with_extent: bool = True, with_precision: bool = True) -> None:
        """Adds what all verbs ask about a scene; those that train, or run no encoder, ask for no precision."""
        if with_extent:
            self.addParameter(QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True))
            polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
            self.addParameter(QgsProcessingParameterVectorLayer("MASK", tr("Only inside"), polygons, optional=True))
        text = tr('Band mapping, like "B2=1, B3=2" (empty: by name, wavelength or order)')
        self.add_advanced(QgsProcessingParameterString("BANDS", text, "", optional=True))
        self.add_advanced(
            QgsProcessingParameterEnum("UNITS", tr("Units"), list(protocol.UNITS), False, "auto", False, True)
        )
        device = tr("Device: auto, cpu, cuda, cuda:1 or mps")
        self.add_advanced(QgsProcessingParameterString("DEVICE", device, "auto"))
        if with_precision:  # optional: models that the designer saved before do not have it
            text, names = tr("Precision of the encoder"), list(protocol.PRECISIONS)
            self.add_advanced(QgsProcessingParameterEnum("PRECISION", text, names, False, "auto", True, True))

    def add_layers_parameter(self) -> None:
        """Adds the further rasters of a model."""
        text = tr("Further layers that the model sees (elevation, an index), always in the same order")
        rasters = QgsProcessing.SourceType.TypeRaster
        self.add_advanced(QgsProcessingParameterMultipleLayers("LAYERS", text, rasters, optional=True))

    def layers_field(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> Tuple[str, ...]:
        """Returns the request field `layers`."""
        return layers.raster_paths(self.parameterAsLayerList(parameters, "LAYERS", context) or [])

    def scene_fields(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> Dict[str, Any]:
        """Returns the request fields `bands`, `units`, `device` and, where it is a parameter, `precision`."""
        fields = {
            "bands": layers.parse_bands(self.parameterAsString(parameters, "BANDS", context)),
            "units": self.parameterAsEnumString(parameters, "UNITS", context) or "auto",
            "device": self.parameterAsString(parameters, "DEVICE", context) or "auto",
        }
        if self.parameterDefinition("PRECISION") is not None:
            fields["precision"] = self.parameterAsEnumString(parameters, "PRECISION", context) or "auto"
        return fields

    def extent_fields(
        self, parameters: Dict[str, Any], context: QgsProcessingContext, source: layers.Source
    ) -> Dict[str, Any]:
        """Returns the request fields `bounds` and `mask`."""
        bounds, mask = None, ""
        extent = self.parameterAsExtent(parameters, "EXTENT", context)
        if not extent.isNull():
            crs = self.parameterAsExtentCrs(parameters, "EXTENT", context)
            bounds = layers.bounds_in_source(extent, crs, source, context.project())
        polygons = self.parameterAsVectorLayer(parameters, "MASK", context)
        if polygons is not None:
            mask = layers.mask_source(polygons)
            if bounds is None:
                bounds = layers.bounds_in_source(polygons.extent(), polygons.crs(), source, context.project())
        return {"bounds": bounds, "mask": mask}


def style_output(context: QgsProcessingContext, path: str) -> None:
    """Has an output styled if it is loaded after the run."""
    if path and context.willLoadLayerOnCompletion(path):
        StyleOutput.kept[:] = [*StyleOutput.kept[-20:], StyleOutput()]
        context.layerToLoadOnCompletionDetails(path).setPostProcessor(StyleOutput.kept[-1])
