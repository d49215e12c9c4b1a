"""What every way of making a map shares: the open request, its units, its store, and what determines its result.

Knows rasters, units and parcels; what a model says of pixels is for others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth import protocol
from mmearth.cog import write_text
from mmearth.devices import resolve_device
from mmearth.disk import hash_file
from mmearth.embedding.features import WindowFeatures
from mmearth.embedding.result_cache import scene_identity
from mmearth.mapping.map_outputs import MapRaster
from mmearth.mapping.map_run import MapRun, Tile, Totals
from mmearth.mapping.map_store import MapStore
from mmearth.mapping.model_file import Model
from mmearth.mapping.parcels import Parcels, read_parcels
from mmearth.mapping.pixel_source import PixelSource, PixelSources
from mmearth.models.convnextv2 import best_dtype
from mmearth.precision import name_of
from mmearth.progress import Report
from mmearth.scenes.extent import touches_mask
from mmearth.scenes.plan import Unit, plan
from mmearth.scenes.raster import Grid
from mmearth.styles import ClassInfo, class_polygons_style_qml
from mmearth.tuning.tuned_model import TunedModel

RASTERS = ("confidence", "probabilities", "margin", "entropy", "distance", "interval")  # beside the map itself

Made = Generator[tuple[Unit, Tile]]


@dataclass(frozen=True)
class MapJob:
    """A request with all that it needs open.

    Attributes:
        request: As it came.
        model: The model.
        sources: What opened the scene.
        scene: The scene.
        window: Pixels of it that are mapped.
        mask: Polygons outside which nothing is mapped; None means everywhere.
        report: Told after every tile; cancels between layers.
        styles: Key of an output → where its style shall stand.
    """

    request: protocol.PredictRequest
    model: Model | TunedModel
    sources: PixelSources
    scene: PixelSource
    window: Window
    mask: NDArray[Any] | None
    report: Report
    styles: dict[str, str]

    @property
    def raster_keys(self) -> list[str]:
        """Keys of the rasters that are wanted beside the map."""
        return [key for key in RASTERS if getattr(self.request, key)]

    @property
    def precision(self) -> str:
        """What an encoder computes the features in; empty where none does."""
        return "" if self.scene.embedding is not None else self.sources.precision

    def provenance(self) -> dict[str, Any]:
        """Returns what the tag of every raster says, whatever the model."""
        model, scene = self.model, self.scene
        return {
            "bands": scene.reading["mapping"],
            "units": scene.units,
            "source": scene.name,
            "task": model.task,
            "field": model.field,
            "classes": {str(info.value): info.name for info in model.classes},
            "temperature": model.temperature,
            "scores": model.scores,
            "precision": self.precision,
            "version": protocol.BACKEND_VERSION,
        }

    def strips(self, window: Window, tile_px: int, step_px: int, parcels: Parcels | None = None) -> list[list[Unit]]:
        """Returns the units of a window; those that no polygon meets are neither read nor written: they are nodata."""
        grid = self.scene.grid

        def wanted(part: Window) -> bool:
            return touches_mask(self.mask, grid, part) and (parcels is None or parcels.touches(grid.crop(part)))

        return plan(window, tile_px, step_px, self.scene.strip_px, wanted)

    def making(self, rasters: list[MapRaster], grid: Grid, strips: list[list[Unit]], values: int) -> MapRun:
        """Returns the run that makes rasters.

        Args:
            rasters: The map first.
            grid: Of the map.
            strips: Its units.
            values: Of a regression, how many numbers a pixel has; else 0.
        """
        request, classes = self.request, len(self.model.classes)
        parcels = None
        if request.parcels:
            parcels = read_parcels(request.parcels, request.parcels_layer, self.scene.grid.crs, values or classes)
        return MapRun(
            self.scene.name,
            grid,
            strips,
            rasters,
            outputs_of(request),
            Totals(1 if values else classes, parcels),
            self.report,
        )

    def opened_store(self, making: MapRun, tile_px: int) -> tuple[MapStore, set[int]]:
        """Returns the store of a map's units, open, and the indexes of those that an interrupted run left."""
        store = MapStore(self.request.out, making.rasters, making.paths)
        units = {index: unit.cells for index, unit in making.units.items()}
        return store, store.open(self._identity(tile_px), units)

    def streamed(
        self, making: MapRun, done: set[int], window_of_unit: Callable[[Window], Window]
    ) -> Generator[tuple[Unit, WindowFeatures]]:
        """Yields the units that are not done, with the features of the window that each needs.

        Whoever takes them must forget them before asking for the next: two at once would be half of the memory.
        """
        for strip in making.strips:
            todo = [unit for unit in strip if unit.index not in done]
            windows = [window_of_unit(unit.window) for unit in todo]
            with contextlib.closing(self.scene.stream(windows)) as stream:  # type: ignore[type-var]
                for unit in todo:
                    yield unit, next(stream)  # no name keeps it while the next one is computed

    def write_styles(self, making: MapRun) -> None:
        """Writes the styles of the rasters."""
        for raster in making.rasters:
            write_text(Path(self.styles[raster.key]), raster.style)

    def write_class_style(self, key: str, parcels: Parcels) -> None:
        """Writes the style of a layer of classified polygons, the output `key`."""
        style = class_polygons_style_qml(self.model.classes, parcels.field("class_value"))
        write_text(Path(self.styles[key]), style)

    def class_rows(self, totals: Totals) -> list[dict[str, Any]]:
        """Returns the rows of the classes: value, name, color, pixels, area_m2."""
        return [
            {**class_row(info), "pixels": int(n), "area_m2": float(round(a, 1))}
            for info, n, a in zip(self.model.classes, totals.pixels, totals.area_m2, strict=True)
        ]

    def _identity(self, tile_px: int) -> dict[str, Any]:
        """Returns what determines the result."""
        request, scene = self.request, self.scene
        device = resolve_device(request.device)
        files = {
            name: f"{scene_identity([path.partition('|')[0]])}|{path.partition('|')[2]}" if path else ""
            for name, path in (("mask", request.mask), ("parcels", request.parcels))
        }
        return {
            **files,
            "verb": "predict",
            "model": hash_file(Path(request.model)),
            # A scene that cannot be known by its files is known by its name for going on.
            "scene": scene.identity() or request.scene,
            "layers": [scene_identity([path]) or path for path in request.layers],
            "bands": scene.reading["mapping"],
            "units": [scene.units, scene.reading.get("level", "")],
            "parcels_layer": request.parcels_layer,
            "window": [int(value) for value in self.window.flatten()],
            "tile_px": tile_px,
            "computed_in": [device.type, self.precision or name_of(best_dtype(device))],
            "version": protocol.BACKEND_VERSION,
        }


def outputs_of(request: protocol.PredictRequest) -> dict[str, str]:
    """Returns the path of every output, empty where it is not wanted, by its key in the result."""
    rasters = {key: str(getattr(request, key)) for key in ("out", *RASTERS)}
    return {**rasters, "vector": request.vector, "parcels": request.parcels_out}


def class_row(info: ClassInfo) -> dict[str, Any]:
    """Returns value, name and colour of a class."""
    return {"value": info.value, "name": info.name, "color": info.color}
