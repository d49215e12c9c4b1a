"""Groups the pixels of an embedding without labels, and makes classes of the groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from qgis.core import QgsPalettedRasterRenderer, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...backend.mmearth import protocol
from .. import layers, results, settings, temporary
from ..jobs.job_runner import JobRunner
from ..jobs.latest_request import LatestRequest
from ..messages import InputError, tr
from ..pages.explore_page import ExplorePage
from . import canvas_places, embedding_layers

_MOST_POLYGONS = 500  # that become a class at once, the largest ones


class Clustering(QObject):
    """Runs the request of the part "Groups" and shows what comes."""

    make_class = pyqtSignal(str, str)  # path of polygons, proposed name

    def __init__(self, canvas: QgsMapCanvas, page: ExplorePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._canvas, self._page, self._box, self._runner = canvas, page, page.cluster_box, runner
        self._layer_id = ""
        self._outline = LatestRequest(runner, self)
        self._outline.failed.connect(self._box.show_state)
        self._box.run.connect(lambda: runner.guarded(self._run))
        self._box.renamed.connect(self._on_renamed)
        self._box.class_wanted.connect(self._on_class)
        page.changed.connect(lambda: self._box.show_groups([], 0))

    def close(self) -> None:
        """Stops listening; the layers of groups stay, as they are results."""
        self._outline.close()

    def layer(self) -> Optional[QgsRasterLayer]:
        """Returns the layer whose groups are listed; None where there is none, or it was removed."""
        return QgsProject.instance().mapLayer(self._layer_id) if self._layer_id else None

    def _run(self) -> None:
        embedding = self._page.required()
        group = embedding_layers.result_group_of(embedding)
        folder = settings.output_folder()
        layers.make_folder(Path(folder))
        source = layers.raster_path(embedding)
        request = protocol.ClusterRequest(
            embedding=source,
            out=str(layers.free_path(folder, f"{Path(source).stem}_groups", ".tif")),
            clusters=self._box.count_box.value(),
        )

        def show(result: Dict[str, Any]) -> None:
            file = results.ResultFile(str(result["out"]), str(result["style"]), tr("Groups"))
            (layer,) = results.add_results(group, [file])
            self._layer_id = layer.id()
            self._box.show_groups(result["classes"], int(result["suggested"]))
            self._runner.tell_done(file.name, result)

        self._runner.run(request, show, Path(folder))

    def _on_renamed(self, value: int, name: str) -> None:
        """Gives a group its name in the legend, and in the style beside the file."""
        layer = self.layer()
        renderer = None if layer is None else layer.renderer()
        if not isinstance(renderer, QgsPalettedRasterRenderer):
            return
        entries = renderer.classes()
        for entry in entries:
            if entry.value == value:
                entry.label = name
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), renderer.band(), entries))
        layer.emitStyleChanged()
        layer.saveNamedStyle(str(Path(layers.raster_path(layer)).with_suffix(".qml")))

    def _on_class(self) -> None:
        try:
            self._make_class()
        except InputError as error:
            self._box.show_state(str(error))

    def _make_class(self) -> None:
        layer, group = self.layer(), self._box.group()
        if layer is None:
            raise InputError(tr('The layer of these groups is gone. Use "Find groups" again.'))
        if group is None:
            raise InputError(tr("No group is chosen. Choose one in the list."))
        view = canvas_places.view_in_layer(self._canvas, layer).intersect(layer.extent())
        if view.isEmpty():
            raise InputError(tr('Layer "{name}" is not in view. Zoom to it.').format(name=layer.name()))
        request = protocol.OutlineRequest(
            raster=layers.raster_path(layer),
            out=temporary.new_file("group.gpkg"),
            low=float(group["value"]),
            high=float(group["value"]),
            bounds=(view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()),
            most=_MOST_POLYGONS,
        )

        def hand_over(result: Dict[str, Any]) -> None:
            if not result["polygons"]:
                text = tr('Nothing of "{name}" is in view. Move the map to some of it.')
                raise InputError(text.format(name=group["name"]))
            self.make_class.emit(str(result["out"]), str(group["name"]))

        self._outline.send(request, hand_over)
