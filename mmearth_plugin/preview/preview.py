"""Joins the strip of the live preview to map and pages: what is previewed, compared, swiped, and how opaque it is."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List, Optional

from qgis.core import QgsLayerTreeGroup, QgsLayerTreeNode, QgsPalettedRasterRenderer, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, Qt, QTimer
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import QShortcut

from ...backend.mmearth import protocol
from .. import layers, settings
from ..jobs.job_runner import JobRunner
from ..messages import tr
from ..pages.few_shot_page import FewShotPage
from ..pages.labels_page import LabelsPage
from ..pages.preview_strip import NEXT_KEY, PreviewStrip
from ..pages.scene_page import ScenePage
from ..results import is_result_group, result_group
from .disagreement import Disagreement
from .live_preview import LivePreview
from .swipe_tool import Swipe

_OPACITY_DELAY_MS = 40  # the canvas renders once for a stroke of the slider


class Preview(QObject):
    """Owns the live preview, the swipe and the comparison with the labels; the strip is another's."""

    def __init__(
        self,
        canvas: QgsMapCanvas,
        scene_page: ScenePage,
        labels_page: LabelsPage,
        few_shot_page: FewShotPage,
        strip: PreviewStrip,
        runner: JobRunner,
    ) -> None:
        super().__init__(runner)
        self._canvas, self._scene_page, self._runner = canvas, scene_page, runner
        self._page, self._labels, self.strip = few_shot_page, labels_page, strip
        self.live = LivePreview(lambda: runner.backend, canvas, self.request, self._group, self)
        self.swipe = Swipe(canvas, self.result_rasters, self)
        self.disagreement = Disagreement(canvas, labels_page, self.class_map, self)
        self._opacity = QTimer(self)
        self._opacity.setSingleShot(True)
        self._opacity.setInterval(_OPACITY_DELAY_MS)
        self._opacity.timeout.connect(self._set_opacity)
        self._next_key: Optional[QShortcut] = QShortcut(QKeySequence(NEXT_KEY), canvas)
        self._next_key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._next_key.activated.connect(self._on_next_key)

        self.live.started.connect(lambda: strip.show_state(tr("Preparing…")))
        self.live.progress.connect(self._on_progress)
        self.live.shown.connect(self._on_shown)
        self.live.failed.connect(strip.show_state)
        self.disagreement.compared.connect(strip.show_contradictions)
        self.disagreement.failed.connect(strip.show_no_contradictions)
        self.swipe.turned.connect(strip.turn_action.setChecked)
        strip.preview_toggled.connect(self._on_toggled)
        strip.opacity_chosen.connect(lambda _opacity: self._opacity.start())
        strip.swipe_toggled.connect(self._on_swipe)
        strip.swipe_turned.connect(self.swipe.set_turned)
        strip.disagreement_toggled.connect(self._on_disagreement)
        strip.contradiction_chosen.connect(lambda one: runner.told(partial(self.disagreement.zoom_to, one)))
        few_shot_page.changed.connect(self.live.refresh)
        labels_page.changed.connect(self._on_labels)
        scene_page.changed.connect(self._on_scene)
        runner.busy.connect(self.live.set_busy)
        canvas.renderStarting.connect(self._show_opacity)
        canvas.layersChanged.connect(self._on_layers)
        QgsProject.instance().layersRemoved.connect(self._on_layers)  # of which the canvas tells nothing
        self._on_labels()
        self._show_opacity()

    def request(self) -> protocol.PreviewRequest:
        """Returns the request for what is in view.

        Raises:
            InputError: scene or labels cannot be used, or the scene is not in view.
        """
        scene = self._scene_page.scene()
        crs = self._canvas.mapSettings().destinationCrs()
        bounds = layers.bounds_in_source(self._canvas.extent(), crs, scene.source, QgsProject.instance())
        return self._page.preview_request(scene, bounds)

    def result_rasters(self) -> List[QgsRasterLayer]:
        """Returns our rasters that the canvas shows, the topmost first."""
        root = QgsProject.instance().layerTreeRoot()
        shown = []
        for node in root.findLayers():
            if node.isVisible() and isinstance(node.layer(), QgsRasterLayer) and _is_result(node):
                shown.append(node.layer())
        return shown

    def class_map(self) -> Optional[QgsRasterLayer]:
        """Returns the live preview, else the topmost class map of ours that the canvas shows."""
        maps = (one for one in self.result_rasters() if isinstance(one.renderer(), QgsPalettedRasterRenderer))
        return self.live.layer() or next(maps, None)

    def close(self) -> None:
        """Ends what runs and takes layer, line, outlines and key off the canvas; of no use afterwards."""
        self.stop()
        if self._next_key is None:
            return
        self._canvas.renderStarting.disconnect(self._show_opacity)
        self._canvas.layersChanged.disconnect(self._on_layers)
        QgsProject.instance().layersRemoved.disconnect(self._on_layers)
        self._opacity.stop()
        self._next_key.setParent(None)
        self._next_key.deleteLater()
        self._next_key = None

    def stop(self) -> None:
        """Ends preview, swipe and comparison; they can be switched on again."""
        for button in (self.strip.preview_button, self.strip.swipe_button, self.strip.disagreement_button):
            button.setChecked(False)
        self.live.set_active(False)

    def _group(self) -> QgsLayerTreeGroup:
        return result_group(self._scene_page.source_box.source())

    def _on_toggled(self, active: bool) -> None:
        if active and self._runner.backend is None:
            self.strip.preview_button.setChecked(False)
            self._runner.guarded(lambda: None)  # says what is missing
            return
        if not active:
            self.strip.show_state("")
        self.live.set_active(active)
        self._show_opacity()

    def _on_swipe(self, active: bool) -> None:
        if active and not self.result_rasters():
            self.strip.swipe_button.setChecked(False)
            self.strip.show_state(
                tr('No map to compare with the image yet. Switch on "Live preview", or use "Train and predict".')
            )
            return
        self.swipe.set_active(active)

    def _on_disagreement(self, active: bool) -> None:
        self.disagreement.set_active(active)
        if not active:
            self.strip.hide_contradictions()

    def _on_next_key(self) -> None:
        if self.strip.isVisible():
            self.strip.next_button.click()

    def _on_labels(self) -> None:
        self.live.set_labels(self._labels.layer)
        self.strip.set_offered(not self._labels.is_regression)
        self.disagreement.refresh()

    def _on_scene(self) -> None:
        if self.live.is_active and not self._runner.is_busy:
            self.live.refresh()

    def _on_layers(self, _removed: Any = None) -> None:
        self._show_opacity()
        if not self.live.is_active:
            self.disagreement.refresh()

    def _on_progress(self, _phase: str, done: float, total: float, _eta_s: Any) -> None:
        percent = round(100 * done / total) if total else 0
        self.strip.show_state(tr("Preparing… {n} %").format(n=percent))

    def _on_shown(self, result: Dict[str, Any]) -> None:
        shown = sum(1 for entry in result["classes"] if entry.get("pixels", 1))
        text = tr("Preview of {n} classes, {time} s")
        self.strip.show_state(text.format(n=shown, time=f"{float(result['seconds']):.1f}"))
        self._labels.show_problems(result.get("problems", []))
        self._show_opacity()
        self.disagreement.refresh()

    def _shown_map(self) -> Optional[QgsRasterLayer]:
        """Returns the layer that the slider is for."""
        return self.class_map() or next(iter(self.result_rasters()), None)

    def _show_opacity(self) -> None:
        layer = self._shown_map()
        if not self._opacity.isActive():
            self.strip.show_opacity(None if layer is None else layer.opacity())

    def _set_opacity(self) -> None:
        layer, opacity = self._shown_map(), self.strip.opacity_slider.value() / 100
        if layer is not None:
            layer.setOpacity(opacity)
            layer.triggerRepaint()
        if layer is not None and layer is self.live.layer():
            settings.set_preview_opacity(opacity)


def _is_result(node: QgsLayerTreeNode) -> bool:
    """Returns whether a node of the layer tree lies in a group of ours, or in a group within."""
    parent = node.parent()
    return parent is not None and (is_result_group(parent) or _is_result(parent))
