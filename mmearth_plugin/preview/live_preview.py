"""The preview that follows the polygons: asks for a map of what the canvas shows after every edit, and shows it.

Knows jobs, the label layer's edits and one raster layer; what is asked, and where the layer goes, others say.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from qgis.core import (
    QgsLayerTree,
    QgsLayerTreeGroup,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ...backend.mmearth import protocol
from .. import environment, layers, messages, results, settings, temporary
from ..backend_process import BackendProcess, Job
from ..messages import InputError, tr

_DELAY_MS = 400  # after the last edit or movement of the canvas


class LivePreview(QObject):
    """Keeps one raster layer in step with the labels and the canvas.

    At most one request is on its way; what happens meanwhile leads to one more, of the state it finds. A request for
    another extent than the present one is cancelled, and so is any that a long job would have to wait for.

    Args:
        backend: Returns the backend process, or None where there is none.
        canvas: Whose extent is previewed.
        make_request: Returns what to preview now; `out` is replaced. Raises InputError.
        make_group: Returns the layer group that the preview goes to.
    """

    started = pyqtSignal()
    progress = pyqtSignal(str, float, float, object)  # phase, done, total, seconds left or None; features are computed
    shown = pyqtSignal(dict)  # result
    failed = pyqtSignal(str)  # sentence for the user

    def __init__(
        self,
        backend: Callable[[], Optional[BackendProcess]],
        canvas: QgsMapCanvas,
        make_request: Callable[[], protocol.PreviewRequest],
        make_group: Callable[[], QgsLayerTreeGroup],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._backend, self._canvas = backend, canvas
        self._make_request, self._make_group = make_request, make_group
        self._labels: Optional[QgsVectorLayer] = None
        self._active = self._busy = False
        self._edited = True  # since the last request was made
        self._job: Optional[Job] = None
        self._asked: Optional[BackendProcess] = None  # who works on the job
        self._waiting = False  # for the job to end, to ask again
        self._last: Optional[protocol.PreviewRequest] = None
        self._layer_id = ""
        self._folder: Optional[Path] = None
        self._number = 0
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY_MS)
        self._delay.timeout.connect(self._ask)

    @property
    def is_active(self) -> bool:
        """Whether the preview follows the labels."""
        return self._active

    def layer(self) -> Optional[QgsRasterLayer]:
        """Returns the layer that shows the preview; None before the first one, or where the user removed it."""
        return QgsProject.instance().mapLayer(self._layer_id) if self._layer_id else None

    def set_active(self, active: bool) -> None:
        """Starts to follow, or stops and takes layer and files away."""
        if active == self._active:
            return
        self._active = active
        if active:
            self._canvas.extentsChanged.connect(self._delay.start)
            self.refresh()
        else:
            self._canvas.extentsChanged.disconnect(self._delay.start)
            self._delay.stop()
            self._waiting = False
            self._cancel()
            self._clear()

    def set_labels(self, layer: Optional[QgsVectorLayer]) -> None:
        """Follows the edits of another label layer."""
        if self._labels is not None:
            for signal in _edits(self._labels):
                signal.disconnect(self.refresh)
            self._labels.willBeDeleted.disconnect(self._forget_labels)
        self._labels = layer
        if layer is not None:
            for signal in _edits(layer):
                signal.connect(self.refresh)
            layer.willBeDeleted.connect(self._forget_labels)
        self.refresh()

    def set_busy(self, busy: bool) -> None:
        """Makes way for the long jobs of the dock, and goes on after them."""
        self._busy = busy
        if busy:
            self._waiting = self._waiting or self._job is not None
            self._cancel()
        elif self._waiting:
            self._waiting = False
            self._delay.start()

    def refresh(self, *_change: Any) -> None:
        """Asks again, soon: labels, classes or scene have changed."""
        self._edited = True
        if self._active:
            self._delay.start()

    def _ask(self) -> None:
        """Sends a request for the present state, unless it is on the map already or has to wait."""
        backend = self._backend()
        if self._job is not None and self._asked is not backend:
            self._on_end(self._job)  # its backend was shut down, which is the end of a job without a signal
        if not self._active:
            return
        if self._busy:
            self._waiting = True
            return
        if backend is None:
            self.failed.emit(environment.missing_text())
            return
        try:
            request = self._make_request()
        except InputError as error:
            self.failed.emit(str(error))
            return
        if self._job is None and (self._edited or not _same_view(request, self._last)):
            self._submit(backend, replace(request, out=self._next_path()))
            return
        if self._job is not None:
            moved = request.bounds != self._job.request.bounds
            self._waiting = self._waiting or self._edited or moved
            if moved:
                self._cancel()
        _drop_export(request)

    def _submit(self, backend: BackendProcess, request: protocol.PreviewRequest) -> None:
        self._edited = False
        self._last = request
        self._job, self._asked = Job(request, self), backend
        job = self._job
        job.progress.connect(self.progress)
        job.log.connect(lambda _level, text: messages.log(text))
        job.finished.connect(partial(self._on_finished, job))
        job.failed.connect(partial(self._on_failed, job))
        job.cancelled.connect(partial(self._on_end, job))
        self.started.emit()
        backend.submit(job)

    def _on_finished(self, job: Job, result: Dict[str, Any]) -> None:
        if self._active and job is self._job:
            try:
                self._show(str(result["out"]), str(result["style"]))
                self.shown.emit(result)
            except InputError as error:
                self.failed.emit(str(error))
        self._on_end(job)

    def _on_failed(self, job: Job, code: str, message: str, remedy: str) -> None:
        if self._active and job is self._job:
            self.failed.emit(messages.error_sentence(code, message, remedy))
        self._on_end(job)

    def _on_end(self, job: Job) -> None:
        _drop_export(job.request)
        job.deleteLater()
        if job is not self._job:
            return
        self._job = None
        if not self._active:
            self._clear()  # files that the job wrote after the end
        elif self._waiting and not self._busy:
            self._waiting = False
            self._ask()

    def _cancel(self) -> None:
        """Asks the job on its way to stop; what it would have shown is due again."""
        if self._job is not None and self._asked is not None and self._asked is self._backend():
            self._edited = True
            self._asked.cancel(self._job)

    def _next_path(self) -> str:
        """Returns the file of the two that is not on the map: QGIS keeps a file's old pixels as long as it is open."""
        if self._folder is None:
            self._folder = temporary.new_folder("preview_")
        self._number = 1 - self._number
        return str(self._folder / f"preview_{self._number}.tif")

    def _show(self, path: str, style: str) -> None:
        """Puts the layer on the map, or gives it the new file; place, visibility and opacity stay as they are.

        Raises:
            InputError: the file cannot be loaded.
        """
        layer = self.layer()
        if layer is None:
            layer = QgsRasterLayer(path, tr("Preview"))
            if layer.isValid():
                layer.loadNamedStyle(style)
                layer.setOpacity(settings.preview_opacity())
                QgsProject.instance().addMapLayer(layer, False)
                group = self._make_group()
                group.insertLayer(_first_raster(group), layer).setExpanded(False)
                group.setExpanded(True)
                self._layer_id = layer.id()
        else:
            opacity = layer.opacity()
            layer.setDataSource(path, layer.name(), "gdal", False)
            layer.loadNamedStyle(style)
            layer.setOpacity(opacity)
            layer.triggerRepaint()
        if not layer.isValid():
            raise InputError(tr('The preview "{path}" could not be loaded. Look at the log panel.').format(path=path))

    def _clear(self) -> None:
        """Removes the layer, the group if nothing else is in it, and the files."""
        layer = self.layer()
        if layer is not None:
            results.remove(layer)
            self._canvas.refresh()
        self._layer_id, self._last = "", None
        if self._folder is not None and self._job is None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _forget_labels(self) -> None:
        self._labels = None


def _edits(layer: QgsVectorLayer) -> List[Any]:
    """Returns the signals of a layer after which its polygons teach something else."""
    return [
        layer.featureAdded,
        layer.featuresDeleted,
        layer.geometryChanged,
        layer.attributeValueChanged,
        layer.editingStopped,
        layer.subsetStringChanged,
    ]


def _same_view(request: protocol.PreviewRequest, last: Optional[protocol.PreviewRequest]) -> bool:
    """Whether two requests differ in nothing but the files that labels and map are in."""
    return last is not None and replace(request, out="", labels="", labels_layer="") == replace(
        last, out="", labels="", labels_layer=""
    )


def _first_raster(group: QgsLayerTreeGroup) -> int:
    """Returns the position of the topmost raster of a group; with none, the end."""
    children = group.children()
    for position, node in enumerate(children):
        if QgsLayerTree.isLayer(node) and isinstance(node.layer(), QgsRasterLayer):
            return position
    return len(children)


def _drop_export(request: protocol.PreviewRequest) -> None:
    """Removes the file of labels that was written for a request, and its folder; the user's own file stays."""
    path = Path(request.labels)
    if path.name == layers.EXPORTED and Path(temporary.folder()) in path.parents:
        shutil.rmtree(path.parent, ignore_errors=True)
