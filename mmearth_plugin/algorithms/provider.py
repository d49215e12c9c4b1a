"""The Processing provider "MMEarth"."""

from __future__ import annotations

from pathlib import Path
from typing import List

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .adapt import AdaptAlgorithm
from .assess import AssessAlgorithm
from .check_model import CheckModelAlgorithm
from .cluster import ClusterAlgorithm
from .compare_maps import CompareMapsAlgorithm
from .download_weights import DownloadWeightsAlgorithm
from .draw_sample import DrawSampleAlgorithm
from .embed import EmbedAlgorithm
from .embed_table import EmbedTableAlgorithm
from .evaluate import EvaluateAlgorithm
from .export_map import ExportMapAlgorithm
from .few_shot import FewShotAlgorithm
from .fine_tune import FineTuneAlgorithm
from .install_backend import InstallBackendAlgorithm
from .outline import OutlineAlgorithm
from .predict import PredictAlgorithm
from .pretrain import PretrainAlgorithm
from .similar import SimilarAlgorithm
from .suggest import SuggestAlgorithm

ALGORITHMS = (
    EmbedAlgorithm,
    EmbedTableAlgorithm,
    FewShotAlgorithm,
    FineTuneAlgorithm,
    PredictAlgorithm,
    CheckModelAlgorithm,
    SimilarAlgorithm,
    ClusterAlgorithm,
    OutlineAlgorithm,
    SuggestAlgorithm,
    DrawSampleAlgorithm,
    AssessAlgorithm,
    CompareMapsAlgorithm,
    ExportMapAlgorithm,
    PretrainAlgorithm,
    AdaptAlgorithm,
    EvaluateAlgorithm,
    DownloadWeightsAlgorithm,
    InstallBackendAlgorithm,
)

ICON = str(Path(__file__).resolve().parent.parent.parent / "resources" / "icon.svg")


class Provider(QgsProcessingProvider):
    """Offers one algorithm per verb, also where the backend is absent: there the algorithms say so."""

    def id(self) -> str:
        """Returns the stable id."""
        return "mmearth"

    def name(self) -> str:
        """Returns the name in the toolbox."""
        return "MMEarth"

    def icon(self) -> QIcon:
        """Returns the plugin's icon."""
        return QIcon(ICON)

    def loadAlgorithms(self) -> None:  # noqa: N802
        """Adds the algorithms."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def supportedOutputRasterLayerExtensions(self) -> List[str]:  # noqa: N802
        """Returns what the backend writes: GeoTIFF."""
        return ["tif"]

    def supportedOutputVectorLayerExtensions(self) -> List[str]:  # noqa: N802
        """Returns what the backend writes; class polygons as GeoPackage only, which the backend says."""
        return ["gpkg", "parquet"]
