"""Page "Results": the runs of the project, what became of each, and what can be done with it."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Dict, List, Optional, Tuple

from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import icons, messages
from ..messages import tr
from ..runs.run_record import Run, started_at, verb_texts, when_text
from ..runs.score_comparison import score_line
from .compare_box import CompareBox
from .export_box import ExportBox

try:
    from qgis.PyQt.QtGui import QShortcut  # Qt 6
except ImportError:
    from qgis.PyQt.QtWidgets import QShortcut

# What can be done with a run; the page tells which was asked for.
SHOW, REPORT, COMPARE, EXPORT = "show", "report", "compare", "export"
COPY_REQUEST, SAVE_REQUEST, REPEAT, OPEN_FOLDER, REMOVE, RENAME = (
    "copy_request", "save_request", "repeat", "open_folder", "remove", "rename",
)  # fmt: skip
_ID = Qt.ItemDataRole.UserRole
_NAME, _SCORE, _WHEN = range(3)
_LEAST_ROWS, _MOST_ROWS = 3, 8  # that the list is high


class ResultsPage(QWidget):
    """A list of runs with buttons and a right-click menu; does nothing itself but rename."""

    wanted = pyqtSignal(str, str)  # one of the actions above, id of the run
    renamed = pyqtSignal(str, str)  # id of the run, new name
    undo = pyqtSignal()  # of the last removal

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._runs: Dict[str, Run] = {}
        self._texts = _action_texts()
        self.empty = QLabel(
            tr(
                "<b>No runs yet.</b><br>Every embedding, training and map of this project will be listed here with its "
                "score, to be shown again, compared, exported or repeated. The list is saved with the project."
            )
        )
        self.empty.setWordWrap(True)
        self.list = self._make_list()
        self.details = QLabel()
        self.details.setWordWrap(True)
        self.details.setTextFormat(Qt.TextFormat.RichText)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_button = self._button(SHOW)
        self.report_button = self._button(REPORT)
        self.more_button = QToolButton()
        self.more_button.setIcon(icons.icon("more"))
        self.more_button.setToolTip(tr("More that can be done with this run"))
        self.more_button.setAccessibleName(tr("More"))
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.more_button)
        self.menu.aboutToShow.connect(lambda: self._fill(self.menu))
        self.more_button.setMenu(self.menu)
        self._removed = QWidget()
        self.removed_text = QLabel()
        self.removed_text.setWordWrap(True)
        self.undo_button = QPushButton(tr("Undo"))
        self.undo_button.clicked.connect(self.undo)
        self.compare_box, self.export_box = CompareBox(), ExportBox()
        self._lay_out()
        self.show_runs([])

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget()
        made.setAccessibleName(tr("Runs of this project"))
        made.setHeaderLabels([tr("Run"), tr("Score"), tr("When")])
        made.setRootIsDecorated(False)
        made.setUniformRowHeights(True)
        made.setAllColumnsShowFocus(True)
        made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)  # Qt would let scores be edited, too
        for key, action in ((Qt.Key.Key_F2, RENAME), (Qt.Key.Key_Delete, REMOVE)):
            shortcut = QShortcut(QKeySequence(key), made)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(partial(self.ask, action))
        made.header().setStretchLastSection(False)
        made.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        made.header().setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        made.header().setMinimumSectionSize(30)
        made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        made.customContextMenuRequested.connect(self._on_menu)
        made.currentItemChanged.connect(self._on_current)
        made.itemChanged.connect(self._on_edited)
        made.itemDoubleClicked.connect(self._on_double_click)
        return made

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.show_button, 1)
        buttons.addWidget(self.report_button, 1)
        buttons.addWidget(self.more_button)
        removed = QHBoxLayout(self._removed)
        removed.setContentsMargins(0, 0, 0, 0)
        removed.addWidget(self.removed_text, 1)
        removed.addWidget(self.undo_button)
        self._content = QWidget()
        content = QVBoxLayout(self._content)
        content.setContentsMargins(0, 0, 0, 0)
        for widget in (self.list, self.details):
            content.addWidget(widget)
        content.addLayout(buttons)
        for widget in (self.compare_box, self.export_box):
            content.addWidget(widget)
            widget.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.empty, self._removed, self._content):
            layout.addWidget(widget)
        layout.addStretch()
        self._removed.hide()

    def show_runs(self, runs: List[Run]) -> None:
        """Lists runs, the newest first; the one that is chosen stays chosen."""
        chosen = self.current_id()
        self._runs = {run.id: run for run in runs}
        self.list.blockSignals(True)
        self.list.clear()
        for run in runs:
            self.list.addTopLevelItem(_row(run))
        self.list.blockSignals(False)
        rows = min(_MOST_ROWS, max(_LEAST_ROWS, len(runs)))
        self.list.setFixedHeight(self.list.header().sizeHint().height() + rows * self._row_px() + 4)
        self.empty.setVisible(not runs)
        self._content.setVisible(bool(runs))
        self.compare_box.set_runs(runs)
        self.choose(chosen if chosen in self._runs else next(iter(self._runs), ""))

    def _row_px(self) -> int:
        return max(self.list.sizeHintForRow(0), self.list.fontMetrics().lineSpacing() + 2)

    def choose(self, run_id: str) -> None:
        """Chooses a run."""
        rows = (self.list.topLevelItem(i) for i in range(self.list.topLevelItemCount()))
        self.list.setCurrentItem(next((row for row in rows if row.data(_NAME, _ID) == run_id), None))
        self._on_current()

    def current_id(self) -> str:
        """Returns the id of the run that is chosen; empty where there is none."""
        row = self.list.currentItem()
        return "" if row is None else str(row.data(_NAME, _ID))

    def open_part(self, action: str, run_id: str) -> None:
        """Opens the part in which runs are compared or exported."""
        part, other = self.export_box, self.compare_box
        if action == COMPARE:
            part, other = other, part
        other.hide()
        part.show()
        if action == COMPARE:
            self.compare_box.choose(run_id)

    def show_removed(self, name: str) -> None:
        """Says that a run was removed, with Undo; an empty name takes that away."""
        self.removed_text.setText(tr('"{name}" was removed from the list; its files stay.').format(name=name))
        self._removed.setVisible(bool(name))

    def possible(self, run: Run) -> List[str]:
        """Returns what can be done with a run now."""
        here = not run.is_missing()
        found = [SHOW] if here and len(run.files) > len(run.files.keys() & {"model"}) else []
        found += [REPORT] if run.report else []
        found += [COMPARE] if (run.class_map or run.scores) and len(self._runs) > 1 else []
        found += [EXPORT] if here else []
        return [*found, COPY_REQUEST, SAVE_REQUEST, REPEAT, OPEN_FOLDER, RENAME, REMOVE]

    def ask(self, action: str, run_id: str = "") -> None:
        """Asks for an action on a run, on the chosen one where none is named."""
        run_id = run_id or self.current_id()
        if action == RENAME and run_id:
            self.list.editItem(self.list.currentItem(), _NAME)
        elif run_id:
            self.wanted.emit(action, run_id)

    def _button(self, action: str) -> QPushButton:
        text, tooltip = self._texts[action]
        button = QPushButton(text)
        button.setToolTip(tooltip)
        button.clicked.connect(lambda: self.ask(action))
        return button

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        run = self._runs.get(self.current_id())
        if run is None:
            return
        possible = self.possible(run)
        for action, (text, tooltip) in self._texts.items():
            if action in (COPY_REQUEST, OPEN_FOLDER):
                menu.addSeparator()
            entry = menu.addAction(text, partial(self.ask, action, run.id))
            entry.setToolTip(tooltip)
            entry.setEnabled(action in possible)

    def _on_menu(self, place: QPoint) -> None:
        if self.list.itemAt(place) is not None:
            self.menu.popup(self.list.viewport().mapToGlobal(place))

    def _on_current(self, *_items: Optional[QTreeWidgetItem]) -> None:
        run = self._runs.get(self.current_id())
        self.details.setText("" if run is None else _details(run))
        possible = [] if run is None else self.possible(run)
        self.show_button.setEnabled(SHOW in possible)
        self.report_button.setEnabled(REPORT in possible)
        self.more_button.setEnabled(run is not None)
        self.export_box.set_run(run)

    def _on_edited(self, row: QTreeWidgetItem, _column: int) -> None:
        self.renamed.emit(str(row.data(_NAME, _ID)), row.text(_NAME))

    def _on_double_click(self, row: QTreeWidgetItem, column: int) -> None:
        if column == _NAME:
            self.list.editItem(row, _NAME)
        elif SHOW in self.possible(self._runs[str(row.data(_NAME, _ID))]):
            self.ask(SHOW)


def _row(run: Run) -> QTreeWidgetItem:
    missing = run.is_missing()
    row = QTreeWidgetItem([run.name, tr("files missing") if missing else score_line(run), when_text(run)])
    row.setData(_NAME, _ID, run.id)
    row.setFlags(row.flags() | Qt.ItemFlag.ItemIsEditable)
    row.setToolTip(_NAME, f"{run.name}\n{run.main_file}")
    if missing:
        for column in (_NAME, _SCORE, _WHEN):
            font = row.font(column)
            font.setItalic(True)
            row.setFont(column, font)
    return row


def _details(run: Run) -> str:
    started = started_at(run)
    facts = [verb_texts().get(run.verb, run.verb), run.scene]
    facts += [] if started is None else [started.strftime("%Y-%m-%d %H:%M")]
    facts += [messages.time_text(run.seconds)] + ([run.device] if run.device else [])
    lines = [" · ".join(escape(fact) for fact in facts if fact)]
    scores, score = run.scores, score_line(run)
    if score:
        interval = scores.get("interval")
        spread = f" ({interval[0]:.2f}–{interval[1]:.2f})" if interval else ""
        raw = scores.get("raw_bands_macro_f1")
        beside = "" if raw is None else tr("; raw bands {raw}").format(raw=f"{raw:.2f}")
        lines.append(f"<b>{escape(score)}</b>{spread}{beside}")
    gone = run.missing()
    if gone:
        text = tr("Files missing: {names}. Repeat the run, or remove it from the list.")
        names = ", ".join(path.replace("\\", "/").rsplit("/", 1)[-1] for path in gone)
        lines.append(f"<span style='color:#b45309'>⚠ {escape(text.format(names=names))}</span>")
    return "<br>".join(lines)


def _action_texts() -> Dict[str, Tuple[str, str]]:
    """Returns what each action is called and what it does, in the order of the menu."""
    return {
        SHOW: (tr("Show on map"), tr("Shows the layers of this run, and hides those of other runs of the scene.")),
        REPORT: (tr("Open report"), tr("Opens the report of the training in the browser.")),
        COMPARE: (tr("Compare with…"), tr("Compares scores and maps with another run.")),
        EXPORT: (tr("Export…"), tr("Writes map, polygons, model, figures or request to another place.")),
        COPY_REQUEST: (tr("Copy request"), tr("Copies what was asked as text; `mmearth run` repeats it.")),
        SAVE_REQUEST: (tr("Save request as…"), tr("Saves what was asked as a file; `mmearth run` repeats it.")),
        REPEAT: (tr("Repeat"), tr("Runs the same once more, into new files.")),
        OPEN_FOLDER: (tr("Open folder"), tr("Opens the folder with the files of this run.")),
        RENAME: (tr("Rename"), tr("Gives this run and its layer group another name.")),
        REMOVE: (tr("Remove from list"), tr("Takes this run off the list; its files stay.")),
    }
