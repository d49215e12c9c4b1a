"""Section "Scene": which raster, which part of it, and how its bands and units are read."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

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
    QgsCollapsibleGroupBox,
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
from .layout import section_layout

WHOLE, CANVAS, RECTANGLE, POLYGONS = "whole", "canvas", "rectangle", "polygons"


def narrow(combo: QComboBox) -> QComboBox:
    """Lets a combo box shrink with the dock instead of keeping the dock as wide as its longest entry."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    return combo


class ScenePage(QgsCollapsibleGroupBox):
    """Fields of a `layers.Scene`; says `changed` when the scene should be described again."""

    changed = pyqtSignal()
    more_weights = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("1 · Scene"), parent)
        self._canvas = canvas
        self._rectangle: Optional[QgsRectangle] = None
        self._tool = QgsMapToolExtent(canvas)
        self._tool.extentChanged.connect(self._on_rectangle)
        self._band_boxes: Dict[str, QComboBox] = {}
        self._chosen_bands: Dict[str, int] = {}
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(350)
        self._delay.timeout.connect(self.changed)

        self.layer_box = narrow(QgsMapLayerComboBox())
        self.layer_box.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.layer_box.setAllowEmptyLayer(True, tr("choose a raster layer"))
        self.extent_box = narrow(QComboBox())
        for key, text in (
            (WHOLE, tr("Whole layer")),
            (CANVAS, tr("Map canvas")),
            (RECTANGLE, tr("Drawn rectangle")),
            (POLYGONS, tr("Polygon layer")),
        ):
            self.extent_box.addItem(text, key)
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
        self.device_box = narrow(QComboBox())
        self.device_box.addItem(tr("Automatic"), "auto")
        self.bands_button = QToolButton()
        self.bands_button.setArrowType(Qt.ArrowType.RightArrow)
        self.bands_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.bands_button.setAutoRaise(True)
        self.bands_button.setCheckable(True)
        self.bands_button.toggled.connect(self._show_bands)
        self._bands_panel = QWidget()
        self._bands_form = QFormLayout(self._bands_panel)
        self._bands_form.setContentsMargins(12, 0, 0, 0)
        self._bands_form.setVerticalSpacing(2)
        self.notes = QLabel()
        self.notes.setWordWrap(True)
        self.notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

        self.folder_edit = QgsFileWidget()
        self.folder_edit.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder_edit.setFilePath(settings.output_folder())

        extent = QVBoxLayout()
        for widget in (self.extent_box, self.draw_button, self.mask_box):
            extent.addWidget(widget)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Layer"), self.layer_box)
        form.addRow(tr("Extent"), extent)
        form.addRow(tr("Units"), self.units_box)
        form.addRow(tr("Weights"), self.weights_edit)
        form.addRow(self.more_weights_button)
        form.addRow(tr("Device"), self.device_box)
        form.addRow(tr("Results in"), self.folder_edit)
        layout = section_layout(self)
        layout.addLayout(form)
        layout.addWidget(self.bands_button)
        layout.addWidget(self._bands_panel)
        layout.addWidget(self.notes)

        self._band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self._band.setColor(QColor(28, 126, 214, 40))
        self._band.setStrokeColor(QColor(28, 126, 214))
        self._band.setWidth(2)
        self.layer_box.layerChanged.connect(self._on_layer)
        self.extent_box.currentIndexChanged.connect(self._on_extent)
        self.mask_box.layerChanged.connect(self._later)
        self.units_box.currentIndexChanged.connect(self._later)
        self.weights_edit.fileChanged.connect(self._later)
        canvas.extentsChanged.connect(self._on_canvas)
        self._on_extent()
        self._on_layer()

    def layer(self) -> Optional[QgsRasterLayer]:
        """Returns the chosen raster layer."""
        return self.layer_box.currentLayer()

    def set_layer(self, layer: QgsRasterLayer) -> None:
        """Chooses a raster layer."""
        self.layer_box.setLayer(layer)

    def set_weights(self, path: str) -> None:
        """Chooses weights for embedding and training."""
        self.weights_edit.setFilePath(path)

    def device(self) -> str:
        """Returns the chosen device."""
        return str(self.device_box.currentData())

    def scene(self) -> layers.Scene:
        """Returns what the fields say.

        Raises:
            InputError: the layer or the extent cannot be used.
        """
        layer = self.layer()
        path = layers.raster_path(layer)
        how, project = self.extent_box.currentData(), QgsProject.instance()
        bounds, mask = None, ""
        if how == CANVAS:
            crs = self._canvas.mapSettings().destinationCrs()
            bounds = layers.bounds_in_layer(self._canvas.extent(), crs, layer, project)
        elif how == RECTANGLE:
            if self._rectangle is None:
                raise InputError(tr('No rectangle is drawn yet. Use "Draw on the map", or choose another extent.'))
            crs = self._canvas.mapSettings().destinationCrs()
            bounds = layers.bounds_in_layer(self._rectangle, crs, layer, project)
        elif how == POLYGONS:
            polygons = self.mask_box.currentLayer()
            mask = layers.mask_source(polygons)
            bounds = layers.bounds_in_layer(polygons.extent(), polygons.crs(), layer, project)
        return layers.Scene(
            layer_id=layer.id(),
            name=layer.name(),
            path=path,
            bounds=bounds,
            mask=mask,
            bands=dict(self._chosen_bands),
            units=self.units_box.currentData(),
            weights=self.weights_edit.filePath(),
            device=self.device(),
        )

    def request(self) -> protocol.DescribeRequest:
        """Returns the question what the scene is.

        Raises:
            InputError: as for `scene`.
        """
        scene = self.scene()
        return protocol.DescribeRequest(scene.path, scene.bounds, scene.bands, scene.units, scene.weights)

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
        mapping, wanted = description["mapping"], description["wanted"]
        how = {
            "names": tr("by name"),
            "wavelengths": tr("by wavelength"),
            "order": tr("by order"),
            "chosen": tr("chosen"),
        }.get(description["mapping_how"], str(description["mapping_how"]))
        self._fill_bands(description)
        text = tr("Bands: {found} of {wanted}, {how}")
        self.bands_button.setText(text.format(found=len(mapping), wanted=len(wanted), how=how))
        self.bands_button.show()
        self.units_box.setItemText(0, description["units_label"])
        self.units_box.setToolTip(str(description["units_how"]))
        map_units = QgsCoordinateReferenceSystem(description["crs"]).mapUnits()
        res = "{:g} {}".format(round(float(description["res"][0]), 6), QgsUnitTypes.toAbbreviatedString(map_units))
        size = tr("{w} × {h} pixels of {res}, {crs}")
        lines = [size.format(w=description["width"], h=description["height"], res=res, crs=description["crs"])]
        lines += [f"<span style='color:#b45309'>⚠ {warning}</span>" for warning in description["warnings"]]
        self.notes.setText("<br>".join(lines))

    def show_problem(self, sentence: str) -> None:
        """Shows why the scene cannot be used."""
        self.notes.setText(f"<span style='color:#c92a2a'>{sentence}</span>" if sentence else "")

    def close_tools(self) -> None:
        """Takes the tool and the rectangle off the canvas."""
        self._canvas.extentsChanged.disconnect(self._on_canvas)
        self._canvas.unsetMapTool(self._tool)
        self._tool.deleteLater()
        self._canvas.scene().removeItem(self._band)

    def _fill_bands(self, description: Dict[str, Any]) -> None:
        while self._bands_form.rowCount():
            self._bands_form.removeRow(0)
        self._band_boxes = {}
        for name in description["wanted"]:
            box = narrow(QComboBox())
            box.addItem(tr("not in this layer"), 0)
            for band in description["band_list"]:
                box.addItem(tr("band {n}: {name}").format(n=band["index"], name=band["name"]), band["index"])
            box.setCurrentIndex(max(0, box.findData(description["mapping"].get(name, 0))))
            box.currentIndexChanged.connect(self._on_band)
            label_text = str(description["band_labels"].get(name, ""))  # "Blue 493 nm"
            label = QLabel(f"<b>{name}</b> {label_text.rsplit(' ', 2)[0]}")
            label.setToolTip(label_text)
            box.setToolTip(label_text)
            self._bands_form.addRow(label, box)
            self._band_boxes[name] = box

    def _on_band(self, _index: int) -> None:
        self._chosen_bands = {name: box.currentData() for name, box in self._band_boxes.items() if box.currentData()}
        self._delay.start()

    def _show_bands(self, shown: bool) -> None:
        self.bands_button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._bands_panel.setVisible(shown)

    def _on_layer(self, _layer: Any = None) -> None:
        self._chosen_bands = {}
        self.units_box.setCurrentIndex(0)
        self.units_box.setItemText(0, tr("Recognise"))
        self.bands_button.setChecked(False)
        self.bands_button.hide()
        self._bands_panel.hide()
        self.notes.clear()
        self._delay.start()

    def _on_extent(self, _index: int = 0) -> None:
        how = self.extent_box.currentData()
        self.draw_button.setVisible(how == RECTANGLE)
        self.mask_box.setVisible(how == POLYGONS)
        self._band.setVisible(how == RECTANGLE and self._rectangle is not None)
        if how == RECTANGLE and self._rectangle is None:
            self._draw()
        self._delay.start()

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
            self._delay.start()
