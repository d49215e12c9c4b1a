"""What a prediction writes beside the map: rasters that explain it, polygons of it, polygons of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from qgis.core import QgsMapLayerProxyModel
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtWidgets import QCheckBox, QDoubleSpinBox, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from .. import layers
from ..messages import InputError, tr
from .layout import narrow

_OF_CLASSES = ("confidence", "probabilities", "margin", "entropy")
NUMBERS, CLASSES, NETWORK, WHOLE_POLYGONS, WHOLE_SCENE = "numbers", "classes", "network", "polygon", "scene"
# What a model gives; of wholes there are no rasters.
_RASTERS = {
    NUMBERS: ("interval", "distance"),
    CLASSES: (*_OF_CLASSES, "distance"),
    NETWORK: _OF_CLASSES,
    WHOLE_POLYGONS: (),
    WHOLE_SCENE: (),
}


class OutputOptions(QWidget):
    """The fields of a `PredictRequest` that name files, except the map itself."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._kind = CLASSES
        self.raster_checks: Dict[str, QCheckBox] = {}
        for key, text, tip in (
            ("confidence", tr("Confidence"), tr("The largest probability, in percent")),
            ("probabilities", tr("Probability of each class"), tr("One band for each class, in percent")),
            ("margin", tr("Margin"), tr("The largest minus the second largest probability, in percent")),
            ("entropy", tr("Entropy"), tr("How evenly the probability is spread over the classes, in percent")),
            ("interval", tr("90 % interval"), tr("The low and high end that nine of ten true values lie between")),
            (
                "distance",
                tr("Unlike anything labelled"),
                tr("1: as labelled polygons of one class differ from each other; above 2 nothing like it was labelled"),
            ),
        ):
            check = QCheckBox(text)
            check.setToolTip(tip)
            self.raster_checks[key] = check
        self.raster_checks["confidence"].setChecked(True)
        self.vector_check = QCheckBox(tr("Polygons of the classes"))
        self.sieve_box = QSpinBox()
        self.sieve_box.setRange(0, 100_000)
        self.sieve_box.setSuffix(tr(" pixels"))
        self.sieve_box.setToolTip(tr("Smaller areas of one class are given to their largest neighbour; 0 keeps all."))
        self.area_box = QDoubleSpinBox()
        self.area_box.setRange(0, 1e12)
        self.area_box.setDecimals(0)
        self.area_box.setSingleStep(100)
        self.area_box.setSuffix(tr(" m²"))
        self.area_box.setToolTip(tr("Smaller polygons are left out; 0 keeps all."))
        self.simplify_box = QDoubleSpinBox()
        self.simplify_box.setRange(0, 100)
        self.simplify_box.setDecimals(1)
        self.simplify_box.setSingleStep(0.5)
        self.simplify_box.setSuffix(tr(" pixels"))
        self.simplify_box.setToolTip(tr("How far outlines may move; 0 keeps the edges of the pixels."))
        self.parcels_check = QCheckBox()
        self.parcels_check.setToolTip(
            tr("Gives each field, parcel or building its class, probability and second choice, or its value.")
        )
        self.parcels_box = narrow(QgsMapLayerComboBox())
        self.parcels_box.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.vector_panel = QWidget()
        form = QFormLayout(self.vector_panel)
        form.setContentsMargins(18, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow(tr("Sieve"), self.sieve_box)
        form.addRow(tr("Smallest"), self.area_box)
        form.addRow(tr("Simplify"), self.simplify_box)
        self.title, self.wholes = QLabel(tr("Write also")), QLabel(tr("Polygons to classify"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.title)
        for check in self.raster_checks.values():
            layout.addWidget(check)
        for widget in (self.vector_check, self.vector_panel, self.parcels_check, self.wholes, self.parcels_box):
            layout.addWidget(widget)
        self.vector_check.toggled.connect(self._show)
        self.parcels_check.toggled.connect(self._show)
        self.set_kind(CLASSES)

    @property
    def gives_raster(self) -> bool:
        """Whether the result is a map, and no layer of polygons."""
        return bool(_RASTERS[self._kind])

    def set_kind(self, kind: str) -> None:
        """Offers what models of a kind can give: NUMBERS, CLASSES, NETWORK, WHOLE_POLYGONS or WHOLE_SCENE."""
        self._kind = kind
        self.parcels_check.setText(tr("Values of my polygons") if kind == NUMBERS else tr("Classify my polygons"))
        self._show()

    def map_name(self) -> str:
        """Returns the file name of the result."""
        if not self.gives_raster:
            return "classified_polygons.gpkg" if self._kind == WHOLE_POLYGONS else "classified_scene.gpkg"
        return "values.tif" if self._kind == NUMBERS else "classes.tif"

    def fields(self, folder: Path) -> Dict[str, Any]:
        """Returns request fields for files in a folder.

        Raises:
            InputError: the polygons to classify cannot be used.
        """
        fields: Dict[str, Any] = {
            key: str(folder / f"{key}.tif") for key in _RASTERS[self._kind] if self.raster_checks[key].isChecked()
        }
        if self.vector_check.isChecked() and self._has_class_areas():
            fields["vector"] = str(folder / "class_polygons.gpkg")
            fields["sieve_px"] = self.sieve_box.value()
            fields["min_area_m2"] = self.area_box.value()
            fields["simplify_px"] = self.simplify_box.value()
        if self._asks_polygons():
            layer = self.parcels_box.currentLayer()
            if layer is None:
                text = tr('"{name}" wants a polygon layer. Add one to the project, or untick it.')
                raise InputError(
                    text.format(name=self.parcels_check.text() if self.gives_raster else self.wholes.text())
                )
            fields["parcels"], fields["parcels_layer"] = layers.vector_source(layer)
            fields["parcels_out"] = str(folder / "classified_polygons.gpkg") if self.gives_raster else ""
        return fields

    def _has_class_areas(self) -> bool:
        return self._kind in (CLASSES, NETWORK)

    def _asks_polygons(self) -> bool:
        return self._kind == WHOLE_POLYGONS or (self.gives_raster and self.parcels_check.isChecked())

    def _show(self, _checked: bool = False) -> None:
        for key, check in self.raster_checks.items():
            check.setVisible(key in _RASTERS[self._kind])
        self.vector_check.setVisible(self._has_class_areas())
        self.vector_panel.setVisible(self.vector_check.isChecked() and self._has_class_areas())
        self.title.setVisible(self.gives_raster)
        self.parcels_check.setVisible(self.gives_raster)
        self.wholes.setVisible(self._kind == WHOLE_POLYGONS)
        self.parcels_box.setVisible(self._asks_polygons())
