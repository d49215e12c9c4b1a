"""Joins the live preview to the pages: what it asks for, when it may ask, what the dock says of it."""

from __future__ import annotations

from typing import Any, Dict

from qgis.core import QgsLayerTreeGroup, QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject

from ..backend.mmearth import protocol
from . import layers
from .job_runner import JobRunner
from .live_preview import LivePreview
from .mapping import Mapping
from .messages import tr
from .pages.scene_page import ScenePage
from .results import result_group


class Preview(QObject):
    """Starts and stops the live preview with the button of section "Map"."""

    def __init__(self, canvas: QgsMapCanvas, scene_page: ScenePage, mapping: Mapping, runner: JobRunner) -> None:
        super().__init__(runner)
        self._canvas, self._scene_page, self._runner = canvas, scene_page, runner
        self._page, self._labels = mapping.few_shot_page, mapping.labels_page
        self.live = LivePreview(lambda: runner.backend, canvas, self.request, self._group, self)
        self.live.started.connect(lambda: self._page.show_preview_state(tr("Preparing…")))
        self.live.progress.connect(self._on_progress)
        self.live.shown.connect(self._on_shown)
        self.live.failed.connect(self._page.show_preview_state)
        self._page.preview_toggled.connect(self._on_toggled)
        self._page.changed.connect(self.live.refresh)
        self._labels.changed.connect(self._on_labels)
        self._scene_page.changed.connect(self._on_scene)
        runner.busy.connect(self.live.set_busy)
        self._on_labels()

    def request(self) -> protocol.PreviewRequest:
        """Returns the request for what is in view.

        Raises:
            InputError: scene or labels cannot be used, or the scene is not in view.
        """
        scene = self._scene_page.scene()
        crs = self._canvas.mapSettings().destinationCrs()
        bounds = layers.bounds_in_source(self._canvas.extent(), crs, scene.source, QgsProject.instance())
        return self._page.preview_request(scene, bounds)

    def _group(self) -> QgsLayerTreeGroup:
        return result_group(self._scene_page.source_box.source())

    def close(self) -> None:
        """Ends the preview and takes its layer away."""
        self._page.preview_button.setChecked(False)
        self.live.set_active(False)

    def _on_toggled(self, active: bool) -> None:
        if active and self._runner.backend is None:
            self._page.preview_button.setChecked(False)
            self._runner.guarded(lambda: None)  # says what is missing
            return
        if not active:
            self._page.show_preview_state("")
        self.live.set_active(active)

    def _on_labels(self) -> None:
        self.live.set_labels(self._labels.layer)

    def _on_scene(self) -> None:
        if self.live.is_active and not self._runner.is_busy:
            self.live.refresh()

    def _on_progress(self, _phase: str, done: float, total: float, _eta_s: Any) -> None:
        percent = round(100 * done / total) if total else 0
        self._page.show_preview_state(tr("Preparing… {n} %").format(n=percent))

    def _on_shown(self, result: Dict[str, Any]) -> None:
        self._page.show_preview(result)
        self._labels.show_problems(result.get("problems", []))
