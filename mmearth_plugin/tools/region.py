"""The region of smart select while it grows: its places, how far, and the request that says what belongs to it."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsJsonUtils,
    QgsPointXY,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...backend.mmearth import protocol
from .. import layers, temporary
from ..jobs.job_runner import JobRunner
from ..jobs.latest_request import LatestRequest
from ..messages import InputError, tr
from ..pixel_grid import PixelGrid, grid_of
from .reprojecting import moved_point

Seed = Tuple[QgsPointXY, QgsCoordinateReferenceSystem]


class Region(QObject):
    """Grows from places on the scene's embedding.

    Args:
        runner: Whose backend answers, while no long job runs there.
        embedding: Returns the embedding of the scene; None where there is none.
    """

    changed = pyqtSignal()  # another region, or none
    failed = pyqtSignal(str)  # sentence for the user; the region is as it was before

    def __init__(
        self,
        runner: JobRunner,
        embedding: Callable[[], Optional[QgsRasterLayer]],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._runner, self._embedding = runner, embedding
        self.shape: Optional[QgsGeometry] = None  # along the edges of pixels of `grid`
        self.grid: Optional[PixelGrid] = None
        self.pixels = 0
        self._tolerance = 0.0
        self._seeds: List[Seed] = []
        self._answered: List[Seed] = []  # the places that `shape` belongs to
        self._before: Tuple[List[Seed], Optional[QgsGeometry], int] = ([], None, 0)  # the last click
        self._requests = LatestRequest(runner, self)
        self._requests.failed.connect(self._give_up)
        self._warming = LatestRequest(runner, self)  # what it answers is nobody's
        self._warmed = ""  # path of the embedding
        self._wanted: Optional[protocol.SelectRegionRequest] = None  # whose answer is the last word
        self._folder: Optional[Path] = None

    @property
    def is_settled(self) -> bool:
        """Whether the region is what places and tolerance ask for."""
        return self._wanted is None or not self._requests.is_waiting

    def embedding(self) -> QgsRasterLayer:
        """Returns the raster that it grows on.

        Raises:
            InputError: there is none.
        """
        layer = self._embedding()
        if layer is None:
            raise InputError(tr('The scene has no embedding yet. Make one in step "Embed", then try again.'))
        return layer

    def prepare(self, centre: QgsPointXY, crs: QgsCoordinateReferenceSystem) -> None:
        """Has the backend read the embedding, so that the first click need not wait for it.

        Raises:
            InputError: there is no embedding.
        """
        layer = self.embedding()
        path = layers.raster_path(layer)
        if path != self._warmed and not self._runner.is_busy:
            self._warmed = path
            place = moved_point(centre, crs, layer.crs())
            place = place if layer.extent().contains(place) else layer.extent().center()
            request = protocol.SelectRegionRequest(path, str(self._out()), (place.x(), place.y()), reach_px=1)
            self._warming.send(request, lambda _result: None)

    def seed(self, point: QgsPointXY, crs: QgsCoordinateReferenceSystem, more: bool) -> None:
        """Grows from a place, or from one more."""
        self._before = self._answered, self.shape, self.pixels
        self._seeds = [*(self._seeds if more else []), (point, crs)]
        self._ask()

    def unseed(self) -> None:
        """Forgets the place that was added last."""
        if len(self._seeds) < 2:
            self.drop()
        else:
            self._seeds = self._seeds[:-1]
            self._ask()

    def take_back_click(self) -> None:
        """Undoes the last click if it went into the region that was there: a double click means that region.

        Raises:
            InputError: the click has no place in the embedding's CRS.
        """
        seeds, shape, pixels = self._before
        if shape is None or not self._seeds:
            return
        point, crs = self._seeds[-1]
        if shape.contains(moved_point(point, crs, self.grid.crs)):
            self._seeds, self._answered, self.shape, self.pixels = seeds, seeds, shape, pixels
            self._forget_request()
            self.changed.emit()

    def set_tolerance(self, tolerance: float) -> None:
        """Says how far it grows, from 0 to 1."""
        self._tolerance = tolerance
        if self._seeds:
            self._ask()

    def drop(self) -> None:
        """Forgets the region and its places."""
        self._seeds, self._answered, self.shape, self.pixels = [], [], None, 0
        self._before = [], None, 0
        self._forget_request()
        self.changed.emit()

    def close(self) -> None:
        """Forgets everything, files as well."""
        self.drop()
        self._requests.close()
        self._warming.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _ask(self) -> None:
        """Asks for the present state; an answer that is on its way comes first."""
        try:
            layer = self.embedding()
            grid = grid_of(layer)
            request = self._request(layer, grid)
        except InputError as error:
            self._give_up(str(error))
            return
        self._wanted = request
        self._requests.send(request, partial(self._show, request, grid, self._seeds))
        if self._runner.is_busy:
            self.failed.emit(tr("Something else is running. Smart select answers as soon as it is done."))

    def _request(self, layer: QgsRasterLayer, grid: PixelGrid) -> protocol.SelectRegionRequest:
        numbers: List[float] = []
        for point, crs in self._seeds:
            place = moved_point(point, crs, grid.crs)
            if not layer.extent().contains(place):
                text = tr('The place lies outside "{name}". Click inside it, or embed this place first.')
                raise InputError(text.format(name=layer.name()))
            numbers += [place.x(), place.y()]
        path, out = layers.raster_path(layer), str(self._out())
        return protocol.SelectRegionRequest(path, out, tuple(numbers), tolerance=self._tolerance, simplify_px=0.0)

    def _out(self) -> Path:
        """Returns where answers are written."""
        if self._folder is None:
            self._folder = temporary.new_folder("region_")
        return self._folder / "region.geojson"

    def _show(
        self, request: protocol.SelectRegionRequest, grid: PixelGrid, seeds: List[Seed], result: Dict[str, Any]
    ) -> None:
        last = request is self._wanted
        if not last and seeds != self._seeds:
            return  # of other places; how far it grows may have changed meanwhile
        shape = read_shape(str(result["out"]))
        self.shape, self.grid = None if shape.isEmpty() else shape, grid
        self._answered, self.pixels = seeds, int(result["area_px"])
        if last:
            self._seeds, self._wanted = seeds, None
        self.changed.emit()

    def _give_up(self, sentence: str) -> None:
        """Goes back to the places that had an answer."""
        self._seeds = self._answered
        self.failed.emit(sentence)

    def _forget_request(self) -> None:
        self._wanted = None
        self._requests.drop()


def read_shape(path: str) -> QgsGeometry:
    """Returns the one feature of a GeoJSON file as geometry."""
    text = Path(path).read_text(encoding="utf-8")
    features = QgsJsonUtils.stringToFeatureList(text)
    return features[0].geometry() if features else QgsGeometry()
