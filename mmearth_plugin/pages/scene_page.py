"""Step "Scene": which raster, which part of it, and how its bands and units are read."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsUnitTypes,
    QgsWkbTypes,
)
from qgis.gui import (
    QgsFileWidget,
    QgsMapCanvas,
    QgsMapLayerComboBox,
    QgsMapToolExtent,
    QgsRubberBand,
)
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from ...backend.mmearth import protocol
from .. import layers, messages, settings
from ..messages import InputError, tr
from .band_table import BandTable
from .layout import choices, narrow, section_layout
from .source_box import SourceBox

WHOLE, CANVAS, RECTANGLE, POLYGONS = "whole", "canvas", "rectangle", "polygons"


class ScenePage(QWidget):
    """Fields of a `layers.Scene`; says `changed` when the scene should be described again."""

    changed = pyqtSignal()
    more_weights = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._rectangle: Optional[QgsRectangle] = None
        self._tool = QgsMapToolExtent(canvas)
        self._tool.extentChanged.connect(self._on_rectangle)
        self._chosen_bands: Dict[str, int] = {}
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(350)
        self._delay.timeout.connect(self.changed)

        self.source_box = SourceBox()
        self.extent_box = choices(
            (WHOLE, tr("Whole layer")),
            (CANVAS, tr("Map canvas")),
            (RECTANGLE, tr("Drawn rectangle")),
            (POLYGONS, tr("Polygon layer")),
        )
        self.draw_button = QToolButton()
        self.draw_button.setText(tr("Draw on the map"))
        self.draw_button.clicked.connect(self._draw)
        self.mask_box = narrow(QgsMapLayerComboBox())
        self.mask_box.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.units_box = narrow(QComboBox())
        for key, text in zip(
            protocol.UNITS,
            (
                tr("Recognise"),
                tr("DN × 10 000"),
                tr("DN, +1000 offset"),
                tr("Reflectance 0–1"),
                tr("8 bit"),
                tr("As they are"),
            ),
        ):
            self.units_box.addItem(text, key)
        self.weights_edit = QgsFileWidget()
        self.weights_edit.setFilter(tr("Weights (*.safetensors *.pt *.pth)"))
        self.weights_edit.lineEdit().setPlaceholderText(tr("Bundled weights"))
        self.more_weights_button = QPushButton(tr("Download MMEarth weights…"))
        self.more_weights_button.clicked.connect(self.more_weights)
        self.device_box = choices(("auto", tr("Automatic")))
        self.band_table = BandTable()
        self.notes = QLabel()
        self.notes.setWordWrap(True)
        self.notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

        self.folder_edit = QgsFileWidget()
        self.folder_edit.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder_edit.setFilePath(settings.output_folder())

        extent = QVBoxLayout()
        for widget in (self.extent_box, self.draw_button, self.mask_box):
            extent.addWidget(widget)
        form, reading, engine = QFormLayout(), QFormLayout(), QFormLayout()
        for one in (form, reading, engine):
            one.setContentsMargins(0, 0, 0, 0)
            one.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Layer"), self.source_box)
        form.addRow(self.source_box.together_check)
        form.addRow(tr("Extent"), extent)
        reading.addRow(tr("Units"), self.units_box)
        engine.addRow(tr("Weights"), self.weights_edit)
        engine.addRow(self.more_weights_button)
        engine.addRow(tr("Device"), self.device_box)
        engine.addRow(tr("Results in"), self.folder_edit)
        layout = section_layout(self)
        layout.addLayout(form)
        layout.addWidget(self.notes)
        layout.addLayout(reading)
        layout.addWidget(self.band_table)
        layout.addLayout(engine)

        self._band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self._band.setColor(QColor(28, 126, 214, 40))
        self._band.setStrokeColor(QColor(28, 126, 214))
        self._band.setWidth(2)
        self.source_box.changed.connect(self._on_source)
        self.band_table.changed.connect(self._on_bands)
        self.band_table.reset.connect(self._on_reset)
        self.extent_box.currentIndexChanged.connect(self._on_extent)
        self.mask_box.layerChanged.connect(self._later)
        self.units_box.currentIndexChanged.connect(self._remember)
        self.weights_edit.fileChanged.connect(self._on_weights)
        canvas.extentsChanged.connect(self._on_canvas)
        self._on_extent()
        self._on_source()

    def set_layer(self, layer: Optional[QgsRasterLayer]) -> None:
        """Chooses a raster layer."""
        self.source_box.set_layer(layer)

    def set_weights(self, path: str) -> None:
        """Chooses weights for embedding and training."""
        self.weights_edit.setFilePath(path)

    def device(self) -> str:
        """Returns the chosen device."""
        return str(self.device_box.currentData())

    def weights(self) -> str:
        """Returns the path of the chosen weights; empty means the bundled ones."""
        return str(self.weights_edit.filePath())

    def scene(self) -> layers.Scene:
        """Returns what the fields say.

        Raises:
            InputError: the raster or the extent cannot be used.
        """
        source = self.source_box.source()
        bounds, mask = self._part(source)
        return layers.Scene(
            source=source,
            bounds=bounds,
            mask=mask,
            bands=dict(self._chosen_bands),
            units=self.units_box.currentData(),
            weights=self.weights(),
            device=self.device(),
            precision=settings.precision(),
        )

    def request(self) -> protocol.DescribeRequest:
        """Returns the question what the scene is.

        Raises:
            InputError: as for `scene`.
        """
        source = self.source_box.source()
        # Where a folder or zip lies is part of the answer: its extent can be asked about only after that.
        bounds = self._part(source)[0] if source.is_located else None
        units, weights = self.units_box.currentData(), self.weights_edit.filePath()
        return protocol.DescribeRequest(source.path, bounds, dict(self._chosen_bands), units, weights)

    def set_devices(self, devices: List[Dict[str, str]]) -> None:
        """Offers the backend's devices, as hello lists them."""
        current = self.device_box.currentData()
        while self.device_box.count() > 1:
            self.device_box.removeItem(1)
        for device in devices:
            self.device_box.addItem(device["name"], device["id"])
        self.device_box.setCurrentIndex(max(0, self.device_box.findData(current)))

    def show_description(self, description: Dict[str, Any]) -> None:
        """Shows the answer to `request`."""
        embedding = str(description.get("precomputed", ""))
        if embedding:  # nothing to map: its bands are components
            self.band_table.clear()
        else:
            self.band_table.show_description(description)
            self.band_table.reset_button.setVisible(self._is_chosen())
        self.units_box.setItemText(0, description["units_label"])
        self.units_box.setToolTip(str(description["units_how"]))
        map_units = QgsCoordinateReferenceSystem(description["crs"]).mapUnits()
        res = "{:g} {}".format(round(float(description["res"][0]), 6), QgsUnitTypes.toAbbreviatedString(map_units))
        size = tr("{w} × {h} pixels of {res}, {crs}")
        lines = [size.format(w=description["width"], h=description["height"], res=res, crs=description["crs"])]
        lines += [f"<span style='color:#1c7ed6'>{embedding}</span>"] if embedding else []
        lines += [f"<span style='color:#b45309'>⚠ {warning}</span>" for warning in description["warnings"]]
        self.notes.setText("<br>".join(lines))
        if self.source_box.show_description(description) and self.extent_box.currentData() != WHOLE:
            self._later()  # only now the extent can be expressed in the scene's CRS

    def show_problem(self, sentence: str, offer_bands: bool = False) -> None:
        """Shows why the scene cannot be used.

        Args:
            sentence: What was found, and what to do.
            offer_bands: Whether the backend may understand the scene if it is told which band is which.
        """
        source = self.source_box.usable()
        if offer_bands and source is not None and source.bands and not self.band_table.boxes:
            self.band_table.offer(source.bands, self._chosen_bands)
        self.band_table.reset_button.setVisible(self._is_chosen())
        self.notes.setText(f"<span style='color:#c92a2a'>{sentence}</span>" if sentence else "")

    def close_tools(self) -> None:
        """Takes the tool and the rectangle off the canvas."""
        self._canvas.extentsChanged.disconnect(self._on_canvas)
        self._canvas.unsetMapTool(self._tool)
        self._tool.deleteLater()
        self._canvas.scene().removeItem(self._band)

    def _part(self, source: layers.Source) -> Tuple[Optional[protocol.Bounds], str]:
        """Returns the fields `bounds` and `mask`."""
        how, project, mask = self.extent_box.currentData(), QgsProject.instance(), ""
        if how == WHOLE:
            return None, ""
        if not source.is_located:
            text = tr('Where "{name}" lies is not known yet. Wait until it is described, or use all of it.')
            raise InputError(text.format(name=source.name))
        extent, crs = self._canvas.extent(), self._canvas.mapSettings().destinationCrs()
        if how == RECTANGLE and self._rectangle is None:
            raise InputError(tr('No rectangle is drawn yet. Use "Draw on the map", or choose another extent.'))
        if how == RECTANGLE:
            extent = self._rectangle
        elif how == POLYGONS:
            polygons = self.mask_box.currentLayer()
            mask = layers.mask_source(polygons)
            extent, crs = polygons.extent(), polygons.crs()
        return layers.bounds_in_source(extent, crs, source, project), mask

    def _kind(self) -> Sequence[str]:
        return layers.reading_kind(self.source_box.usable(), self.weights())

    def _is_chosen(self) -> bool:
        return bool(self._chosen_bands) or self.units_box.currentIndex() > 0

    def _recall(self, _what: Any = None) -> None:
        """Takes the bands and units that the user chose last for a raster of this kind, and these weights."""
        kind = self._kind()
        bands, units = (settings.reading(kind) if kind else None) or ({}, "auto")
        self._chosen_bands = dict(bands)
        self.units_box.blockSignals(True)
        self.units_box.setCurrentIndex(max(0, self.units_box.findData(units)))
        self.units_box.blockSignals(False)
        self._later()

    def _on_weights(self, _path: str = "") -> None:
        self.band_table.clear()  # other weights want other bands
        self._recall()

    def _on_bands(self) -> None:
        self._chosen_bands = self.band_table.chosen()
        self._remember()

    def _remember(self, _index: int = 0) -> None:
        """Keeps the bands and units that the user chose for the next raster of this kind."""
        kind = self._kind()
        if kind:
            reading = (self._chosen_bands, str(self.units_box.currentData()))
            settings.set_reading(kind, reading if self._is_chosen() else None)
        self._later()

    def _on_reset(self) -> None:
        settings.set_reading(self._kind(), None)
        self._recall()

    def _on_source(self) -> None:
        self.units_box.setItemText(0, tr("Recognise"))
        self.band_table.clear()
        self.notes.clear()
        self._recall()

    def _on_extent(self, _index: int = 0) -> None:
        how = self.extent_box.currentData()
        self.draw_button.setVisible(how == RECTANGLE)
        self.mask_box.setVisible(how == POLYGONS)
        self._band.setVisible(how == RECTANGLE and self._rectangle is not None)
        if how == RECTANGLE and self._rectangle is None:
            self._draw()
        self._later()

    def _draw(self) -> None:
        self._canvas.setMapTool(self._tool)

    def _on_rectangle(self, rectangle: QgsRectangle) -> None:
        self._canvas.unsetMapTool(self._tool)
        if rectangle.isEmpty():
            messages.log(tr("The rectangle is empty; draw it by dragging."))
            return
        self._rectangle = QgsRectangle(rectangle)
        self._band.setToGeometry(QgsGeometry.fromRect(rectangle), None)
        self._on_extent()

    def _later(self, _what: Any = None) -> None:
        self._delay.start()

    def _on_canvas(self) -> None:
        if self.extent_box.currentData() == CANVAS:
            self._later()
