"""Step "Embed": how fine and how rich the embedding is, where it goes, what it will cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QWidget

from ...backend.mmearth import protocol
from .. import layers, messages, settings
from ..messages import InputError, tr
from .embed_options import EmbedOptions
from .layout import choices, narrow, section_layout


class EmbedPage(QWidget):
    """Fields of an `EmbedRequest` that the scene does not have."""

    run = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.stride_box = narrow(QComboBox())
        for stride in (1, 2, 4, 8):
            text = tr("every pixel") if stride == 1 else tr("one value for {n} × {n} pixels").format(n=stride)
            self.stride_box.addItem(text, stride)
        self.components_box = narrow(QComboBox())
        for count in (16, 32, 64, 0):
            self.components_box.addItem(tr("{n} components").format(n=count) if count else tr("all channels"), count)
        self.components_box.setCurrentIndex(2)
        self.dtype_box = choices(
            (layers.eight_bit_dtype(), tr("8 bit, small files")),
            ("float16", tr("16 bit float")),
            ("float32", tr("32 bit float, exact")),
        )
        self.options = EmbedOptions()
        self.refusal = ""  # why the scene is not to be embedded
        self.out_edit = QgsFileWidget()
        self.out_edit.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.out_edit.setFilter(tr("GeoTIFF (*.tif)"))
        self.out_edit.setDialogTitle(tr("Save the embedding as"))
        self.out_edit.setConfirmOverwrite(True)
        self.cost = QLabel()
        self.cost.setWordWrap(True)
        self.button = QPushButton(tr("Embed layer"))
        self.button.clicked.connect(self.run)

        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Detail"), self.stride_box)
        form.addRow(tr("Bands"), self.components_box)
        form.addRow(tr("Values"), self.dtype_box)
        form.addRow(tr("Save as"), self.out_edit)
        layout = section_layout(self)
        layout.addLayout(form)
        layout.addWidget(self.options)
        layout.addWidget(self.cost)
        layout.addWidget(self.button)

    def propose_out(self, scene_name: str) -> None:
        """Fills in a file name that is free."""
        self.out_edit.setFilePath(str(layers.free_path(settings.output_folder(), f"{scene_name}_embedding", ".tif")))

    def request(self, scene: layers.Scene) -> protocol.EmbedRequest:
        """Returns the request.

        Raises:
            InputError: the output cannot be written there, or the scene is an embedding already.
        """
        if self.refusal:
            raise InputError(self.refusal)
        out = self.out_edit.filePath().strip()
        if not out or not Path(out).is_absolute():
            raise InputError(tr('"{out}" is not a full path. Choose where to save the embedding.').format(out=out))
        if not out.lower().endswith((".tif", ".tiff")):
            out += ".tif"
        if Path(out) in map(Path, scene.path.splitlines()):
            raise InputError(tr("The embedding would overwrite the scene itself. Choose another file name."))
        layers.make_folder(Path(out).parent)
        return protocol.EmbedRequest(
            scene=scene.path,
            out=out,
            bounds=scene.bounds,
            mask=scene.mask,
            bands=scene.bands,
            units=scene.units,
            weights=scene.weights,
            stride_px=self.stride_box.currentData(),
            components=self.components_box.currentData(),
            dtype=self.dtype_box.currentData(),
            device=scene.device,
            precision=scene.precision,
            memory_limit_bytes=settings.memory_limit_bytes(),
            **self.options.fields(),
        )

    def show_description(self, description: Dict[str, Any]) -> None:
        """Shows what embedding would cost; or why not, where the scene is an embedding already."""
        self.refusal = ""
        if description.get("precomputed"):
            text = tr("This is an embedding already ({found}): train and predict with it as it is.")
            self.refusal = text.format(found=description["precomputed"])
            self.cost.setText(self.refusal)
            return
        estimate, text = description["estimate"], tr("Takes {time}, {memory} of memory, {disk} on disk")
        self.cost.setText(
            text.format(
                time=messages.time_text(float(estimate["seconds"])),
                memory=messages.size_text(float(estimate["memory_bytes"])),
                disk=messages.size_text(float(estimate["disk_bytes"])),
            )
        )

    def show_refusal(self) -> None:
        """Closes the button where the scene is not to be embedded, and says why."""
        if self.refusal:
            self.button.setEnabled(False)
        self.button.setToolTip(self.refusal)
