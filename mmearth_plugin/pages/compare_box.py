"""Part "Compare": two runs, their scores side by side, and where their maps differ."""

from __future__ import annotations

from html import escape
from typing import Any, Dict, List, Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout, QGroupBox, QLabel, QPushButton, QVBoxLayout, QWidget

from ..messages import tr
from ..runs.run_record import Run
from ..runs.score_comparison import comparison_text
from .layout import choices, narrow

_SHOWN = 8  # transitions


class CompareBox(QGroupBox):
    """Chooses two runs; asks for the map of their difference."""

    run = pyqtSignal(str, str)  # ids of the runs

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Compare"), parent)
        self._runs: List[Run] = []
        self.first_box, self.second_box = choices(), choices()
        self.first_box.setAccessibleName(tr("First run"))
        self.second_box.setAccessibleName(tr("Second run"))
        self.scores = _text_label()
        self.button = QPushButton(tr("Map the difference"))
        self.button.setToolTip(tr("Writes a map of where the classes differ, from which class to which."))
        self.differences = _text_label()
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, box in ((tr("From"), self.first_box), (tr("To"), self.second_box)):
            form.addRow(title, narrow(box))
            box.currentIndexChanged.connect(self._on_chosen)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        for widget in (self.scores, self.button, self.differences):
            layout.addWidget(widget)
        self.button.clicked.connect(lambda: self.run.emit(*self.chosen()))
        self._on_chosen()

    def set_runs(self, runs: List[Run]) -> None:
        """Offers other runs; what is chosen stays where it is still there."""
        self._runs = [run for run in runs if run.class_map or run.scores]
        for box in (self.first_box, self.second_box):
            chosen = box.currentData()
            box.blockSignals(True)
            box.clear()
            for run in self._runs:
                box.addItem(run.name, run.id)
                box.setItemData(box.count() - 1, run.main_file, Qt.ItemDataRole.ToolTipRole)
            box.setCurrentIndex(max(0, box.findData(chosen)))
            box.blockSignals(False)
        self._on_chosen()

    def choose(self, run_id: str) -> None:
        """Compares a run with the one before it, or with another one."""
        ids = [run.id for run in self._runs]
        if run_id not in ids:
            return
        place = ids.index(run_id)
        other = ids[place + 1] if place + 1 < len(ids) else ids[place - 1]
        self.first_box.setCurrentIndex(self.first_box.findData(other))
        self.second_box.setCurrentIndex(self.second_box.findData(run_id))

    def chosen(self) -> List[str]:
        """Returns the ids of the runs that are chosen; empty texts where there are none."""
        return [str(box.currentData() or "") for box in (self.first_box, self.second_box)]

    def show_differences(self, result: Dict[str, Any]) -> None:
        """Says how much differs, and from which class to which most of all."""
        kappa = "–" if result["kappa"] is None else f"{result['kappa']:.2f}"
        text = tr("<b>The same class on {share} of {area} ha</b>; kappa {kappa}")
        share = f"{100 * result['agreement']:.1f} %"
        lines = [text.format(share=share, area=_area(result["area_ha"]), kappa=kappa)]
        rows = "".join(map(_transition_row, result["transitions"][:_SHOWN]))
        lines += [f"<table width='100%'>{rows}</table>"] if rows else []
        more = len(result["transitions"]) - _SHOWN
        lines += [tr("and {n} more, in the table beside the map").format(n=more)] if more > 0 else []
        lines += [f"<span style='color:#b45309'>⚠ {escape(str(warning))}</span>" for warning in result["warnings"]]
        self.differences.setText("<br>".join(lines))
        self.differences.show()

    def _on_chosen(self, _index: int = 0) -> None:
        first, second = (next((run for run in self._runs if run.id == one), None) for one in self.chosen())
        self.differences.hide()
        known = first is not None and second is not None and first is not second
        self.scores.setText(comparison_text(first, second) if known else tr("Choose two different runs."))
        maps = known and bool(first.class_map and second.class_map)
        self.button.setEnabled(maps)
        self.button.setText(tr("Map the difference") if maps or not known else tr("No two class maps to compare"))


def _transition_row(row: Dict[str, Any]) -> str:
    square = f"<span style='color:{escape(row['color'])}'>■</span>"
    area = tr("{area} ha").format(area=_area(row["area_ha"]))
    names = f"{escape(row['from'])} → {escape(row['to'])}"
    return f"<tr><td>{square} {names}</td><td align='right'>{area}</td></tr>"


def _text_label() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _area(area_ha: float) -> str:
    return f"{area_ha:.3g}" if area_ha < 100 else f"{area_ha:,.0f}".replace(",", " ")
