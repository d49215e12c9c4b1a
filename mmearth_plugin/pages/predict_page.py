"""Step "Map": a model on the scene, checked before it is used."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Dict, Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QPushButton, QWidget

from ...backend.mmearth import protocol
from .. import layers, settings
from ..messages import InputError, tr
from .few_shot_page import TRAINED, predict_request
from .labels_page import REGRESSION
from .layer_checklist import LayerChecklist
from .layout import fold, section_layout
from .output_options import CLASSES, NETWORK, NUMBERS, WHOLE_POLYGONS, WHOLE_SCENE, OutputOptions
from .score_text import AMBER, GREY, RED, colored


class PredictPage(QWidget):
    """Fields of a `PredictRequest` that the scene does not have; says `changed` when the model should be checked."""

    run = pyqtSignal()
    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._refused = False
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(300)
        self._delay.timeout.connect(self.changed)
        self.model_edit = QgsFileWidget()
        self.model_edit.setFilter(tr("Models (*.zip)"))
        self.model_edit.setDialogTitle(tr("Choose a model"))
        self.model_edit.lineEdit().setPlaceholderText(tr("Model file (model.zip)"))
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.hide()
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts_fold = fold(tr("About the model"), self.facts)
        self.facts_fold.hide()
        self.layers = LayerChecklist()
        self.outputs = OutputOptions()
        self.options = fold(tr("More options"), self.layers, self.outputs)
        self.button = QPushButton(tr("Predict"))
        layout = section_layout(self)
        for widget in (self.model_edit, self.verdict, self.facts_fold, self.options, self.button):
            layout.addWidget(widget)
        self.button.clicked.connect(self.run)
        self.model_edit.fileChanged.connect(self._on_model)
        self.layers.changed.connect(self._delay.start)

    def model(self) -> str:
        """Returns the path of the model; empty while none is chosen that exists."""
        path = self.model_edit.filePath().strip()
        return path if path and Path(path).is_file() else ""

    def set_network(self, path: str, unit: str) -> None:
        """Chooses the model file of a fine-tuned network that classifies pixels, cells, polygons or scenes."""
        self.model_edit.setFilePath(path)
        self.outputs.set_kind(unit if unit in (WHOLE_POLYGONS, WHOLE_SCENE) else NETWORK)

    def check_request(self, scene: Optional[layers.Scene]) -> protocol.CheckModelRequest:
        """Returns the question whether the model serves a scene, or what it is where there is no scene.

        Raises:
            InputError: a further layer is gone.
        """
        if scene is None:
            return protocol.CheckModelRequest(model=self.model())
        return protocol.CheckModelRequest(self.model(), scene.path, self.layers.paths(), scene.bands, scene.units)

    def request(self, scene: layers.Scene) -> protocol.PredictRequest:
        """Returns the request; results go to a new folder.

        Raises:
            InputError: no model, or the output folder or the polygons to classify cannot be used.
        """
        if not self.model():
            text = tr('"{path}" is no model file. Choose a model.zip that a training wrote.')
            raise InputError(text.format(path=self.model_edit.filePath().strip()))
        name = self.outputs.map_name()
        folder = layers.folder_for(settings.output_folder(), f"{scene.name}_map", (name, TRAINED))
        fields = {"layers": self.layers.paths(), **self.outputs.fields(folder)}
        layers.make_folder(folder)
        return predict_request(scene, self.model(), folder / name, **fields)

    def show_check(self, result: Dict[str, Any]) -> None:
        """Shows what the model is, and what forbids or burdens its use here."""
        self.outputs.set_kind(_kind(result))
        if result.get("unit") == WHOLE_POLYGONS:
            self.options.setCollapsed(False)  # there they are chosen
        self._refused = bool(result["errors"])
        lines = [colored(RED, f"✗ {escape(str(error))}") for error in result["errors"]]
        lines += [colored(AMBER, f"⚠ {escape(str(warning))}") for warning in result["warnings"]]
        if not lines:
            lines = [colored("#2b8a3e", tr("✓ The model serves this scene."))]
        self._show_verdict("<br>".join(lines))
        rows = "".join(
            f"<tr><td style='color:{GREY}; padding-right:6px'>{escape(str(name))}</td><td>{escape(str(text))}</td></tr>"
            for name, text in result["facts"].items()
        )
        self.facts.setText(f"<table>{rows}</table>")
        self.facts_fold.show()

    def show_problem(self, sentence: str) -> None:
        """Shows why the file is of no use."""
        self._refused = True
        self.facts_fold.hide()
        self._show_verdict(colored(RED, escape(sentence)))

    def show_refusal(self) -> None:
        """Closes the button where the model does not serve the scene."""
        if self._refused:
            self.button.setEnabled(False)
        self.button.setToolTip(tr("The model does not serve this scene.") if self._refused else "")

    def _show_verdict(self, text: str) -> None:
        self.verdict.setText(text)
        self.verdict.setVisible(bool(text))

    def _on_model(self, _path: str) -> None:
        self._refused = False
        self.outputs.set_kind(CLASSES)
        self.facts_fold.hide()
        self._show_verdict("")
        self._delay.start()


def _kind(checked: Dict[str, Any]) -> str:
    """Returns what models like a checked one give, as `OutputOptions` names it."""
    if checked["task"] == REGRESSION:
        return NUMBERS
    if checked.get("kind") != "fine_tune":
        return CLASSES
    return str(checked["unit"]) if checked["unit"] in (WHOLE_POLYGONS, WHOLE_SCENE) else NETWORK
