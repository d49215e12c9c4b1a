"""The part of section "Embed" that most users leave closed: normalisation, components, tiles, the cache of results."""

from __future__ import annotations

from typing import Any, Dict, Optional

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton

from ...backend.mmearth import protocol
from .. import messages
from ..backend_process import BackendProcess, Job
from ..messages import tr
from .layout import choices, section_layout

TILES_PX = (256, 512, 768, 1024, 2048)


class EmbedOptions(QgsCollapsibleGroupBox):
    """Fields `grn`, `pca_from` and `tile_px` of an `EmbedRequest`; asks the backend about its cache by itself."""

    def __init__(self) -> None:
        super().__init__(tr("More options"))
        self._backend: Optional[BackendProcess] = None
        self._job: Optional[Job] = None
        self._known = False  # whether the line about the cache was true when it was written
        self.grn_box = choices(
            ("frozen", tr("As in the weights")), ("scene", tr("From this scene")), ("image", tr("From each tile"))
        )
        for index, tip in enumerate(
            (
                tr("Statistics stored with the weights: the same place gives the same embedding in every scene."),
                tr("Statistics of a sample of this scene: for scenes unlike Sentinel-2, but scenes do not compare."),
                tr("Statistics of each tile by itself, as the encoder was trained: seams show, values vary."),
            )
        ):
            self.grn_box.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.grn_box.currentIndexChanged.connect(self._show_tip)
        self.pca_box = choices(("weights", tr("As in the weights")), ("scene", tr("From this scene")))
        self.pca_box.setToolTip(
            tr(
                "Which principal components are kept. Those of the weights are the same for every scene; those of this "
                "scene keep more of what differs in it, but cannot be compared with other scenes."
            )
        )
        self.tile_box = choices(
            (0, tr("Automatic")), *((side, tr("{n} × {n} pixels").format(n=side)) for side in TILES_PX)
        )
        self.tile_box.setToolTip(tr("How much is computed at once. It does not change the result."))
        self.cache_label = QLabel()
        self.cache_label.setWordWrap(True)
        self.clear_button = QPushButton(tr("Clear cache"))
        self.clear_button.setToolTip(tr("Removes kept results; files that you saved stay."))
        self.clear_button.clicked.connect(lambda: self._ask(clear=True))

        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)  # the group lies in another, in a narrow dock
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Normalisation"), self.grn_box)
        form.addRow(tr("Components"), self.pca_box)
        form.addRow(tr("Tiles"), self.tile_box)
        cache = QHBoxLayout()
        cache.addWidget(self.cache_label, 1)
        cache.addWidget(self.clear_button)
        layout = section_layout(self)
        layout.addLayout(form)
        layout.addLayout(cache)
        self.collapsedStateChanged.connect(self.refresh_cache)
        self._show_tip()
        self.setCollapsed(True)

    def fields(self) -> Dict[str, Any]:
        """Returns the request fields that are chosen here."""
        return {
            "grn": self.grn_box.currentData(),
            "pca_from": self.pca_box.currentData(),
            "tile_px": self.tile_box.currentData(),
        }

    def set_backend(self, backend: Optional[BackendProcess]) -> None:
        """Takes another backend; the one before is gone, and its jobs with it."""
        self._backend, self._job, self._known = backend, None, False
        self.clear_button.setEnabled(backend is not None)
        self.refresh_cache()

    def forget_cache(self) -> None:
        """Has the line about the cache written again: a result may have gone there."""
        self._known = False
        self.refresh_cache()

    def refresh_cache(self, _collapsed: bool = False) -> None:
        """Asks how large the cache is, if the section is open and that is not known."""
        if not self.isCollapsed() and not self._known:
            self._ask(clear=False)

    def _ask(self, clear: bool) -> None:
        if self._backend is None or self._job is not None:
            return
        self._job = job = Job(protocol.CacheRequest(clear=clear), self)
        self._known = True
        self.clear_button.setEnabled(False)
        self.cache_label.setText(tr("Clearing the cache…") if clear else tr("Cache: …"))

        def end(text: str) -> None:
            if job is self._job:
                self._job = None
                self.clear_button.setEnabled(True)
                self.cache_label.setText(text)
            job.deleteLater()

        job.finished.connect(lambda result: end(_cache_text(result)))
        job.failed.connect(lambda *error: end(messages.error_sentence(*error)))
        job.cancelled.connect(lambda: end(""))
        self._backend.submit(job)

    def _show_tip(self, _index: int = 0) -> None:
        self.grn_box.setToolTip(str(self.grn_box.currentData(Qt.ItemDataRole.ToolTipRole)))


def _cache_text(result: Dict[str, Any]) -> str:
    used = messages.size_text(float(result["bytes"])) if result["bytes"] else tr("0 MB")
    if not result["limit_bytes"]:
        return tr("Cache: {used}, switched off").format(used=used)
    return tr("Cache: {used} of {limit}").format(used=used, limit=messages.size_text(float(result["limit_bytes"])))
