"""Explores an embedding: owns the page "Explore" and joins its parts to the map, the scene and the labels."""

from __future__ import annotations

from contextlib import suppress

from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..jobs.job_runner import JobRunner
from ..messages import InputError
from ..pages.explore_page import ExplorePage
from ..pages.labels_page import LabelsPage
from ..pages.scene_page import ScenePage
from . import canvas_places, embedding_layers
from .clustering import Clustering
from .embedding_colors import EmbeddingColors
from .scatter_link import ScatterLink
from .similar_places import SimilarPlaces


class Exploring(QObject):
    """Proposes the embedding of the scene; what becomes a class, others do."""

    make_class = pyqtSignal(str, str)  # path of polygons, proposed name
    go_to_embed = pyqtSignal()

    def __init__(self, iface: QgisInterface, scene_page: ScenePage, labels_page: LabelsPage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._canvas, self._scene_page, self._runner = iface.mapCanvas(), scene_page, runner
        self._colors = EmbeddingColors(runner.tell)
        self._proposed = ""  # id of a layer
        self.page = page = ExplorePage()
        self.similar = SimilarPlaces(iface, page, labels_page, runner)
        self.clusters = Clustering(self._canvas, page, runner)
        self.scatter = ScatterLink(self._canvas, page, labels_page, runner)
        for part in (self.similar, self.clusters, self.scatter):
            part.make_class.connect(self.make_class)
        page.go_to_embed.connect(self.go_to_embed)
        page.colors_toggled.connect(self._on_colors)
        page.changed.connect(self._on_embedding)
        scene_page.source_box.changed.connect(self.propose)
        runner.ended.connect(self.propose)
        self.propose()

    def propose(self) -> None:
        """Chooses the last embedding of the scene, if there is one."""
        source = self._scene_page.source_box.usable()
        layer = None if source is None else embedding_layers.newest(source)
        if layer is not None and layer.id() != self._proposed:  # what the user chose since then stays chosen
            self._proposed = layer.id()
            self.page.propose(layer)

    def prepare(self) -> None:
        """Has what is in view read before it is asked about; called when the page is shown."""
        with suppress(InputError):  # an embedding out of view is told of when it is asked about
            self.similar.prepare()

    def close(self) -> None:
        """Takes everything off the canvas and the project, and gives embeddings their style back."""
        self._scene_page.source_box.changed.disconnect(self.propose)
        self.page.leave_project()
        for part in (self.similar, self.clusters, self.scatter):
            part.close()
        self._colors.close()

    def _on_colors(self, on: bool) -> None:
        embedding = self.page.embedding()
        if embedding is None:
            return
        if not on:
            self._colors.restore(embedding)
            return
        try:
            self._colors.show(embedding, canvas_places.view_in_layer(self._canvas, embedding))
        except InputError as error:
            self._on_embedding()
            self._runner.tell(str(error))

    def _on_embedding(self) -> None:
        embedding = self.page.embedding()
        self.page.colors_button.blockSignals(True)
        self.page.colors_button.setChecked(embedding is not None and self._colors.is_shown(embedding))
        self.page.colors_button.blockSignals(False)
