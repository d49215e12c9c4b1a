"""What the algorithms share that ask for an `EmbedRequest`."""

from __future__ import annotations

from typing import Any, Dict

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ...backend.mmearth import protocol
from .. import layers
from ..messages import InputError, tr
from .verb import VerbAlgorithm

STRIDES = ["1", "2", "4", "8"]
BYTES_PER_MB = 10**6


class EmbeddingAlgorithm(VerbAlgorithm):
    """Base of the algorithms that embed: the raster, how it is read, what is computed of it."""

    def add_source_parameters(self) -> None:
        """Adds what rasters the scene is made of."""
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr("Scene")))
        more, rasters = tr("Further bands of the same scene"), QgsProcessing.SourceType.TypeRaster
        self.add_advanced(QgsProcessingParameterMultipleLayers("MORE_LAYERS", more, rasters, optional=True))

    def add_embedding_parameters(self) -> None:
        """Adds what the embedding is."""
        integer = QgsProcessingParameterNumber.Type.Integer
        stride = tr("Output cell, in pixels")
        self.addParameter(QgsProcessingParameterEnum("STRIDE", stride, STRIDES, False, "1", False, True))
        components = tr("Components (0: all channels)")
        self.addParameter(QgsProcessingParameterNumber("COMPONENTS", components, integer, 64, False, 0))
        for name, text, offered in (
            ("PCA_FROM", tr("Principal components of the weights or of this scene"), list(protocol.PCA_SOURCES)),
            ("GRN", tr("Normalisation: statistics of the weights, the scene or each tile"), list(protocol.GRN_MODES)),
        ):
            self.add_advanced(QgsProcessingParameterEnum(name, text, offered, False, offered[0], False, True))
        stages = tr("Encoder stages, 0 (finest) to 3 (coarsest)")
        self.add_advanced(QgsProcessingParameterString("STAGES", stages, "0,1,2,3"))
        weights = tr("Weights (empty: the bundled ones)")
        self.add_advanced(QgsProcessingParameterFile("WEIGHTS", weights, optional=True))
        for name, text in (
            ("TILE", tr("Tiles, in pixels, a multiple of 256 (0: automatic)")),
            ("THREADS", tr("Processor threads (0: all)")),
            ("MEMORY_LIMIT", tr("Memory limit in MB (0: 2000)")),
        ):
            self.add_advanced(QgsProcessingParameterNumber(name, text, integer, 0, False, 0))
        for name, text in (
            ("RESUME", tr("Go on where an interrupted run stopped")),
            ("CACHE", tr("Take the result from the cache if it is there, and keep it there")),
        ):
            self.add_advanced(QgsProcessingParameterBoolean(name, text, True))
        cluster = tr('Dask cluster: "tcp://host:port", or "local:N" for N processes (empty: none)')
        self.add_advanced(QgsProcessingParameterString("SCHEDULER", cluster, "", optional=True))

    def source(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> layers.Source:
        """Returns the raster that the layers make.

        Raises:
            InputError: a layer is no raster in a file.
        """
        first = self.parameterAsRasterLayer(parameters, "INPUT", context)
        more = self.parameterAsLayerList(parameters, "MORE_LAYERS", context) or []
        return layers.joint_source([first, *more]) if more else layers.layer_source(first)

    def embedding_fields(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> Dict[str, Any]:
        """Returns the request fields of `add_scene_parameters` and `add_embedding_parameters`.

        Raises:
            InputError: bands or stages were not understood.
        """
        stages = self.parameterAsString(parameters, "STAGES", context).replace(" ", "").split(",")
        if not all(stage.isdecimal() for stage in stages):
            text = tr('Stages "{found}" were not understood. Write them like "0,1,2,3".')
            raise InputError(text.format(found=",".join(stages)))
        return {
            **self.scene_fields(parameters, context),
            "stride_px": int(self.parameterAsEnumString(parameters, "STRIDE", context)),
            "components": self.parameterAsInt(parameters, "COMPONENTS", context),
            "pca_from": self.parameterAsEnumString(parameters, "PCA_FROM", context),
            "grn": self.parameterAsEnumString(parameters, "GRN", context),
            "stages": tuple(int(stage) for stage in stages),
            "weights": self.parameterAsFile(parameters, "WEIGHTS", context),
            "tile_px": self.parameterAsInt(parameters, "TILE", context),
            "threads": self.parameterAsInt(parameters, "THREADS", context),
            "memory_limit_bytes": self.parameterAsInt(parameters, "MEMORY_LIMIT", context) * BYTES_PER_MB,
            "resume": self.parameterAsBool(parameters, "RESUME", context),
            "cache": self.parameterAsBool(parameters, "CACHE", context),
            "scheduler": self.parameterAsString(parameters, "SCHEDULER", context).strip(),
        }
