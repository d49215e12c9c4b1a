"""Part "Where should I label next?": asks for points, leads from one to the next, chooses the class suggested there."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsFeature, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from ...backend.mmearth import protocol
from .. import layers
from ..map_view import PointWalk
from ..messages import InputError, tr
from .labels_page import LabelsPage
from .layout import side_by_side


class SuggestPage(QWidget):
    """Fields of a `SuggestRequest` that the scene does not have, and what came of it."""

    run = pyqtSignal()
    walk_on = pyqtSignal(int)  # how many points
    accept = pyqtSignal()

    def __init__(self, labels_page: LabelsPage, canvas: QgsMapCanvas, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._labels = labels_page
        self.walk = PointWalk(canvas, self)
        self.count_box = QSpinBox()
        self.count_box.setRange(1, 500)
        self.count_box.setValue(20)
        self.button = QPushButton(tr("Where should I label next?"))
        self.button.setToolTip(tr("Finds places that would teach the last model most, each with a reason."))
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        self.previous_button, self.next_button = QPushButton(tr("Previous")), QPushButton(tr("Next"))
        self.accept_button = QPushButton(tr("Accept as label"))
        self.accept_button.setToolTip(
            tr(
                "Chooses the suggested class and starts a polygon in the label layer. "
                "Choose another class if it is wrong."
            )
        )
        self._result = QWidget()
        result = QVBoxLayout(self._result)
        result.setContentsMargins(0, 0, 0, 0)
        result.addWidget(self.reason)
        result.addLayout(side_by_side(self.previous_button, self.next_button))
        result.addWidget(self.accept_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        form = QFormLayout()
        form.addRow(tr("Points"), self.count_box)
        layout.addLayout(form)
        layout.addWidget(self.button)
        layout.addWidget(self._result)
        self._result.hide()
        self.button.clicked.connect(self.run)
        self.previous_button.clicked.connect(lambda: self.walk_on.emit(-1))
        self.next_button.clicked.connect(lambda: self.walk_on.emit(1))
        self.accept_button.clicked.connect(self.accept)
        self.walk.moved.connect(self._on_moved)

    def request(self, scene: layers.Scene, model: str, extra: Any) -> protocol.SuggestRequest:
        """Returns the request; points go to a file beside the model.

        Args:
            scene: Where to look.
            model: Model file; empty if there is none yet.
            extra: Paths of the further layers of the model.

        Raises:
            InputError: there is no model, or the labels cannot be read.
        """
        if not model:
            text = tr(
                'There is no model yet. Use "Train and predict" in step "Train", or choose a saved model in step "Map".'
            )
            raise InputError(text)
        labels, labels_layer = ("", "") if self._labels.layer is None else self._labels.source()
        return protocol.SuggestRequest(
            scene=scene.path,
            model=model,
            out=str(layers.free_path(str(Path(model).parent), f"{scene.name}_suggestions", ".gpkg")),
            count=self.count_box.value(),
            labels=labels,
            labels_layer=labels_layer,
            layers=extra,
            bounds=scene.bounds,
            mask=scene.mask,
            bands=scene.bands,
            units=scene.units,
            device=scene.device,
            precision=scene.precision,
        )

    def show_points(self, layer: QgsVectorLayer) -> None:
        """Leads to the first point of a layer."""
        self.walk.set_layer(layer, "rank")
        self._result.show()
        self.walk.go(1)

    def suggested_class(self) -> str:
        """Returns the name of the class that the model takes the present point for.

        Raises:
            InputError: there is no such point any more.
        """
        feature = self.walk.feature()
        if feature is None:
            raise InputError(tr("The suggested point is gone. Ask again where to label next."))
        return _text(feature, "class_name")

    def _on_moved(self, feature: QgsFeature) -> None:
        place = tr("Point {n} of {all}").format(n=self.walk.position + 1, all=self.walk.count)
        self.reason.setText(f"<b>{place}</b><br>{escape(_text(feature, 'reason'))}")
        name = _text(feature, "class_name")
        if name and not self._labels.is_regression:
            self._labels.choose_class(name)  # whatever is drawn next is of the suggested class


def _text(feature: QgsFeature, field: str) -> str:
    index = feature.fields().lookupField(field)
    value = feature[index] if index >= 0 else None
    return value if isinstance(value, str) else ""
