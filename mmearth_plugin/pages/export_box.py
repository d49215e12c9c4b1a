"""Part "Export": one file of a run once more, where and how others want it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Tuple

from qgis.core import QgsCoordinateReferenceSystem, QgsUnitTypes
from qgis.gui import QgsFileWidget, QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QDoubleSpinBox, QFormLayout, QGroupBox, QLabel, QPushButton, QVBoxLayout, QWidget

from ..messages import InputError, tr
from ..runs.run_record import MAP, MODEL, RASTERS, Run
from .layout import choices

# Kinds of exports; all but the first two are copies.
RASTER, POLYGONS, VECTOR, MODEL_FILE, FIGURES, REQUEST = "raster", "polygons", "vector", "model", "figures", "request"
_SUFFIXES = {RASTER: ".tif", POLYGONS: ".gpkg", VECTOR: ".gpkg", MODEL_FILE: ".zip", FIGURES: "", REQUEST: ".json"}
_DEGREES = QgsUnitTypes.DistanceUnit.DistanceDegrees


class ExportBox(QGroupBox):
    """Chooses a file of a run, and for maps coordinate system and pixel size."""

    run = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Export"), parent)
        self._offered: List[Tuple[str, Any]] = []
        self.what_box = choices()
        self.what_box.setAccessibleName(tr("What to export"))
        self.crs_box = QgsProjectionSelectionWidget()
        self.crs_box.setOptionVisible(QgsProjectionSelectionWidget.CrsOption.CrsNotSet, True)
        self.crs_box.setNotSetText(tr("as the map"))
        self.crs_box.setMinimumWidth(80)
        self.res_box = QDoubleSpinBox()
        self.res_box.setRange(0, 1e6)
        self.res_box.setSpecialValueText(tr("as the map"))
        self.res_box.setToolTip(tr("Classes keep the nearest pixel; numbers are averaged or interpolated."))
        self.file_box = QgsFileWidget()
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.button = QPushButton(tr("Export"))
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        rows = ((tr("What"), self.what_box), (tr("CRS"), self.crs_box), (tr("Pixel size"), self.res_box))
        for title, widget in (*rows, (tr("To"), self.file_box)):
            self._form.addRow(title, widget)
        layout = QVBoxLayout(self)
        layout.addLayout(self._form)
        layout.addWidget(self.note)
        layout.addWidget(self.button)
        self.what_box.currentIndexChanged.connect(self._on_what)
        self.crs_box.crsChanged.connect(self._on_crs)
        self.button.clicked.connect(self.run)
        self._on_crs(self.crs_box.crs())
        self._on_what()

    def set_run(self, run: Optional[Run]) -> None:
        """Offers the files of a run; where these are the same as before, what is filled in stays."""
        offers = [] if run is None else _offers(run)
        if offers == self._offered:
            return
        self._offered = offers
        self.what_box.blockSignals(True)
        self.what_box.clear()
        for text, data in offers:
            self.what_box.addItem(text, data)
        self.what_box.blockSignals(False)
        self.show_note("")
        self._on_what()

    def chosen(self) -> Tuple[str, str]:
        """Returns (kind, path of the source)."""
        kind, source = self.what_box.currentData() or ("", "")
        return kind, source

    def show_note(self, text: str) -> None:
        """Says what came of it; an empty text takes that away."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def target(self) -> Path:
        """Returns where the export goes, with the extension of its kind.

        Raises:
            InputError: none is chosen.
        """
        kind, _ = self.chosen()
        text, suffix = self.file_box.filePath().strip(), _SUFFIXES.get(kind, "")
        if not kind or not text:
            raise InputError(tr('No file is chosen for the export. Choose one under "To".'))
        if not Path(text).is_absolute():
            raise InputError(tr('"{path}" is no full path. Choose the file with the button "…".').format(path=text))
        path = Path(text)
        return path if not suffix or path.suffix.lower() == suffix else path.with_name(path.name + suffix)

    def crs(self) -> str:
        """Returns the coordinate system as a request wants it; empty for that of the map."""
        crs: QgsCoordinateReferenceSystem = self.crs_box.crs()
        return "" if not crs.isValid() else crs.authid() or crs.toWkt()

    def res(self) -> float:
        """Returns the pixel size in units of that coordinate system; 0 for that of the map."""
        return float(self.res_box.value()) if self.chosen()[0] == RASTER else 0.0

    def _on_what(self, _index: int = 0) -> None:
        kind, _ = self.chosen()
        self._show(self.crs_box, kind in (RASTER, POLYGONS))
        self._show(self.res_box, kind == RASTER)
        folder = kind == FIGURES
        mode = QgsFileWidget.StorageMode.GetDirectory if folder else QgsFileWidget.StorageMode.SaveFile
        self.file_box.setStorageMode(mode)
        self.file_box.setFilter("" if folder else f"*{_SUFFIXES.get(kind, '')}")
        self.file_box.setFilePath("")
        self.button.setEnabled(bool(kind))

    def _show(self, widget: QWidget, shown: bool) -> None:
        widget.setVisible(shown)
        self._form.labelForField(widget).setVisible(shown)

    def _on_crs(self, crs: QgsCoordinateReferenceSystem) -> None:
        degrees = crs.isValid() and crs.mapUnits() == _DEGREES
        self.res_box.setDecimals(7 if degrees else 2)
        self.res_box.setSingleStep(0.0001 if degrees else 5.0)
        self.res_box.setSuffix("" if not crs.isValid() else f" {QgsUnitTypes.toAbbreviatedString(crs.mapUnits())}")
        self.res_box.setValue(0)


def _offers(run: Run) -> List[Tuple[str, Any]]:
    """Returns (text, (kind, path)) of what a run has to export."""
    names = role_texts(run)
    offers = []
    for role, path in run.files.items():
        if role == MODEL:
            continue
        kind = RASTER if path.lower().endswith(RASTERS) else VECTOR
        offers.append((names.get(role, role), (kind, path)))
        if role == MAP and run.class_map and "vector" not in run.files:
            offers.append((tr("Class polygons"), (POLYGONS, path)))
    if MODEL in run.files:
        offers.append((names[MODEL], (MODEL_FILE, run.files[MODEL])))
    if run.report:
        offers.append((tr("Figures of the report"), (FIGURES, run.report)))
    offers.append((tr("Request file"), (REQUEST, run.request_file)))
    return offers


def role_texts(run: Run) -> dict:
    """Returns what users call the files of a run, by role."""
    maps = {"embed": tr("Embedding"), "cluster": tr("Groups"), "similar": tr("Similarity")}
    return {
        MODEL: tr("Model"),
        MAP: maps.get(run.verb, tr("Classes") if run.classes else tr("Values")),
        "confidence": tr("Confidence"),
        "probabilities": tr("Probabilities"),
        "margin": tr("Margin"),
        "entropy": tr("Entropy"),
        "distance": tr("Unlike anything labelled"),
        "interval": tr("90 % interval"),
        "vector": tr("Class polygons"),
        "parcels": tr("Classified polygons"),
    }
