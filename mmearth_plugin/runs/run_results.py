"""The runs of the project in the dock: keeps them, shows them on the map, compares, exports and repeats them."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRasterLayer, QgsRectangle
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QApplication, QFileDialog

from ...backend.mmearth import protocol
from .. import layers, map_view, results
from ..jobs.job_runner import JobRunner
from ..messages import InputError, tr
from ..pages import export_box, results_page
from ..pages.results_page import ResultsPage
from ..pages.scene_page import ScenePage
from . import run_repeat
from .file_copies import FileCopies, Pair
from .run_history import RunHistory, requests_text
from .run_record import MAP, Run

_GROUPED = ("few_shot", "fine_tune", "predict")  # their maps consist of several layers


class RunResults(QObject):
    """Owns the page "Results" and the history behind it."""

    def __init__(self, iface: QgisInterface, scene_page: ScenePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._iface, self._scene_page, self._runner = iface, scene_page, runner
        self._removed: Optional[Tuple[int, Run]] = None
        self.history = RunHistory(QgsProject.instance(), self)
        self.copies = FileCopies(self)
        self.page = page = ResultsPage()
        self._soon = QTimer(self)  # layers of a run are put together once all who hear of its end have had their turn
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._gather)
        self._to_gather: List[Run] = []
        actions = {
            results_page.SHOW: self._show,
            results_page.REPORT: self._open_report,
            results_page.COMPARE: lambda run: page.open_part(results_page.COMPARE, run.id),
            results_page.EXPORT: lambda run: page.open_part(results_page.EXPORT, run.id),
            results_page.COPY_REQUEST: self._copy_request,
            results_page.SAVE_REQUEST: self._save_request,
            results_page.REPEAT: self._repeat,
            results_page.OPEN_FOLDER: self._open_folder,
            results_page.REMOVE: self._remove,
        }
        page.wanted.connect(lambda action, run_id: self._runner.told(partial(self._act, actions[action], run_id)))
        # Later, as the list is made anew, and its editor is still at work in it.
        page.renamed.connect(self._rename, Qt.ConnectionType.QueuedConnection)
        page.undo.connect(self._undo)
        page.compare_box.run.connect(lambda one, other: runner.guarded(partial(self._compare, one, other)))
        page.export_box.run.connect(lambda: runner.told(self._export))
        self.copies.done.connect(self._on_copied)
        self.copies.failed.connect(runner.show_problem)
        self.history.changed.connect(self._on_history)
        runner.finished_run.connect(self.record)
        self._on_history()

    def close(self) -> None:
        """Lets project, runner and worker threads go."""
        self._soon.stop()
        self._runner.finished_run.disconnect(self.record)
        self.history.changed.disconnect(self._on_history)
        self.history.close()
        self.copies.close()

    def record(self, request: protocol.Request, result: Dict[str, Any]) -> None:
        """Keeps a run that has just ended and puts its layers into a group of its own."""
        source = self._scene_page.source_box.usable()
        paths = (getattr(request, "scene", ""), *getattr(request, "scenes", ()))
        scene = source.name if source is not None and source.path in paths else ""
        run = self.history.record(request, result, scene)
        if run is None:
            return
        self._forget_removed()
        self.page.choose(run.id)
        if run.verb in _GROUPED and MAP in run.files:
            self._to_gather.append(run)
            self._soon.start(0)

    def refresh(self) -> None:
        """Looks again which files are there; for when the page is opened."""
        self.page.show_runs(self.history.runs())

    def _on_history(self) -> None:
        if not self.history.runs():
            self._forget_removed()
        self.refresh()

    def _act(self, action: Any, run_id: str) -> None:
        run = self.history.run(run_id)
        if run is None:
            raise InputError(tr("That run is no longer in the list."))
        action(run)

    def _gather(self) -> None:
        for run in self._to_gather:
            results.gather(results.run_group(self._source(run), run.id, run.name), list(run.files.values()))
        self._to_gather.clear()

    def _source(self, run: Run) -> layers.Source:
        """Returns the scene of a run: its layer in the project where it has one."""
        path = run_repeat.scene_of(run)
        for layer in QgsProject.instance().mapLayers().values():
            if isinstance(layer, QgsRasterLayer) and path and results.file_of(layer) == path:
                return layers.layer_source(layer)
        return layers.Source(run.scene, path, QgsCoordinateReferenceSystem(), QgsRectangle())

    def _show(self, run: Run) -> None:
        """Shows the layers of a run, loaded again where they are no longer in the project."""
        files = [file for file in run_repeat.map_files(run) if os.path.exists(file.path)]
        if not files:
            raise InputError(
                tr('The files of "{name}" are gone. Repeat the run, or remove it from the list.').format(name=run.name)
            )
        grouped = run.verb in _GROUPED
        source = self._source(run)
        group = results.run_group(source, run.id, run.name) if grouped else results.result_group(source)
        there = {results.file_of(node.layer()): node.layer() for node in group.findLayers() if node.layer() is not None}
        added = results.add_results(group, [file for file in files if file.path not in there])
        there.update((results.file_of(layer), layer) for layer in added)
        if grouped:
            results.show_run_group(group)
        layer = there[files[0].path]
        QgsProject.instance().layerTreeRoot().findLayer(layer.id()).setItemVisibilityCheckedParentRecursive(True)
        self._iface.setActiveLayer(layer)
        canvas = self._iface.mapCanvas()
        seen = canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent())
        if not canvas.extent().intersects(seen):
            map_view.zoom_to(canvas, layer.extent(), layer.crs())

    def _open_report(self, run: Run) -> None:
        page = Path(run.report)
        page = page / "report.html" if page.is_dir() else page
        if not page.exists():
            raise InputError(tr('The report "{path}" is gone. Repeat the run to write it again.').format(path=page))
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

    def _open_folder(self, run: Run) -> None:
        folder = Path(run.main_file).parent
        if not folder.is_dir():
            raise InputError(tr('The folder "{path}" is gone.').format(path=folder))
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _copy_request(self, run: Run) -> None:
        QApplication.clipboard().setText(requests_text(run))
        self._runner.tell(tr("The request was copied. Saved to a file, `mmearth run` repeats it."))

    def _save_request(self, run: Run) -> None:
        proposed = str(Path(run.request_file).with_name(f"{Path(run.main_file).stem}_request.json"))
        title = tr("Save request as")
        path, _ = QFileDialog.getSaveFileName(self.page, title, proposed, tr("Request files (*.json)"))
        if path:
            self.save_request(run, Path(path))

    def save_request(self, run: Run, path: Path) -> None:
        """Writes the requests of a run to a file.

        Raises:
            InputError: it cannot be written.
        """
        try:
            path.write_text(requests_text(run), encoding="utf-8")
        except OSError as error:
            text = tr('The request cannot be written to "{path}" ({reason}). Choose another place.')
            raise InputError(text.format(path=path, reason=error.strerror or error)) from error
        self._runner.tell(tr("Saved: {path}").format(path=path))

    def _rename(self, run_id: str, name: str) -> None:
        self.history.rename(run_id, name)
        run, group = self.history.run(run_id), results.find_run_group(run_id)
        if run is not None and group is not None:
            group.setName(run.name)
        if run is not None and run.name != name:  # an empty name changes nothing
            self.refresh()

    def _remove(self, run: Run) -> None:
        self._removed = self.history.remove(run.id)
        self.page.show_removed(run.name)

    def _undo(self) -> None:
        if self._removed is not None:
            self.history.restore(*self._removed)
            self.page.choose(self._removed[1].id)
        self._forget_removed()

    def _forget_removed(self) -> None:
        self._removed = None
        self.page.show_removed("")

    def _compare(self, first_id: str, second_id: str) -> None:
        first, second = self.history.run(first_id), self.history.run(second_id)
        if first is None or second is None:
            raise InputError(tr("Choose two different runs."))
        for run in (first, second):
            if not os.path.exists(run.class_map):
                text = tr('The map of "{name}" is gone ("{path}"). Repeat that run, or choose another one.')
                raise InputError(text.format(name=run.name, path=run.class_map))
        folder = Path(second.class_map).parent
        stem = f"{Path(first.class_map).stem}_to_{Path(second.class_map).stem}"
        out = layers.free_path(str(folder), stem, ".tif")
        request = protocol.CompareMapsRequest(
            first.class_map, second.class_map, str(out), table=str(out.with_suffix(".csv"))
        )

        def show(result: Dict[str, Any]) -> None:
            name = tr("Differences {first} → {second}").format(first=_short(first), second=_short(second))
            file = results.ResultFile(result["out"], result["style"], name)
            group = results.result_group(self._source(second))
            results.hide_run_groups(group)  # what is the same is transparent: the image shall be seen there
            results.add_results(group, [file])
            if self.page.compare_box.chosen() == [first_id, second_id]:
                self.page.compare_box.show_differences(result)
            self._runner.tell_done(name, result)

        self._runner.run(request, show)

    def _export(self) -> None:
        box = self.page.export_box
        kind, source = box.chosen()
        target = box.target()
        run = self.history.run(self.page.current_id())
        if run is None:
            raise InputError(tr("That run is no longer in the list."))
        if kind == export_box.REQUEST:
            self._check_target(target, Path(run.request_file))
            self.save_request(run, target)
            return
        if not os.path.exists(source):
            raise InputError(tr('"{path}" is gone. Repeat the run, or choose another one.').format(path=source))
        if kind in (export_box.RASTER, export_box.POLYGONS):
            self._check_target(target, Path(source))
            request = protocol.ExportMapRequest(source, str(target), crs=box.crs(), res=box.res())
            self._runner.guarded(partial(self._runner.run, request, self._on_exported))
            return
        if self.copies.is_busy:
            raise InputError(tr("Files are being copied. Wait until they are."))
        self._runner.show_problem("")
        self.copies.start(_copies(kind, Path(source), target), str(target))

    def _check_target(self, target: Path, source: Path) -> None:
        if target.resolve() == source.resolve():
            raise InputError(tr('"{name}" would replace itself. Choose another file.').format(name=target.name))
        if not target.parent.is_dir():
            raise InputError(tr('The folder "{path}" does not exist. Choose another one.').format(path=target.parent))

    def _on_exported(self, result: Dict[str, Any]) -> None:
        self.page.export_box.show_note(tr("Written: {path}").format(path=result["out"]))
        self._runner.tell_done(Path(str(result["out"])).name, result)

    def _on_copied(self, target: str) -> None:
        self.page.export_box.show_note(tr("Written: {path}").format(path=target))
        self._runner.tell(tr("Saved: {path}").format(path=target))

    def _repeat(self, run: Run) -> None:
        requests = run_repeat.again(run)
        folder = Path(run.main_file).parent
        layers.make_folder(folder)
        self._runner.guarded(partial(self._run_next, self._source(run), requests, folder))

    def _run_next(self, source: layers.Source, requests: List[protocol.Request], folder: Path) -> None:
        request, *rest = requests

        def show(result: Dict[str, Any]) -> None:
            files = run_repeat.result_files(request, result)
            if files:
                results.add_results(results.result_group(source), files)
                self._runner.tell_done(", ".join(file.name for file in files if file.shown), result)
            if rest:
                self._run_next(source, rest, folder)

        self._runner.run(request, show, folder)


def _copies(kind: str, source: Path, target: Path) -> List[Pair]:
    """Returns what is copied where.

    Raises:
        InputError: there is nothing to copy, or it would replace itself.
    """
    if kind == export_box.FIGURES:
        folder = source if source.is_dir() else source.parent
        pairs = [(picture, target / picture.name) for picture in sorted(folder.glob("*.png"))]
        if not pairs:
            raise InputError(tr('The report "{path}" has no figures as files.').format(path=folder))
    else:
        pairs = [(source, target)]
        style = source.with_suffix(".qml")
        if kind == export_box.VECTOR and style.exists():
            pairs.append((style, target.with_suffix(".qml")))
    if any(one.resolve() == other.resolve() for one, other in pairs):
        raise InputError(tr('"{name}" would replace itself. Choose another file.').format(name=target.name))
    return pairs


def _short(run: Run) -> str:
    return run.name.split(" · ")[0]
