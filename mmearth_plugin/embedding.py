"""Embedding in the dock: sends the page's request and puts what comes on the map."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict

from qgis.PyQt.QtCore import QObject

from ..backend.mmearth import protocol
from . import results
from .jobs.job_runner import JobRunner
from .messages import tr
from .pages.embed_page import EmbedPage
from .pages.scene_page import ScenePage


class Embedding(QObject):
    """Owns the page."""

    def __init__(self, scene_page: ScenePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._scene_page, self._runner = scene_page, runner
        self.page = EmbedPage()
        self.page.run.connect(partial(runner.guarded, self.embed))

    def on_scene(self) -> None:
        """Takes another scene."""
        self.page.refusal = ""

    def propose_out(self) -> None:
        """Fills in a file that is free."""
        source = self._scene_page.source_box.usable()
        if source is not None:
            self.page.propose_out(source.name)

    def show_running(self) -> None:
        """Opens or closes the button that starts work."""
        self.page.button.setEnabled(not self._runner.has(protocol.EmbedRequest))
        self.page.show_refusal()

    def embed(self) -> None:
        """Embeds the scene.

        Raises:
            InputError: the scene or the fields cannot be used.
        """
        scene = self._scene_page.scene()
        request = self.page.request(scene)

        def show(result: Dict[str, Any]) -> None:
            name = tr("Embedding")
            embedding = results.ResultFile(result["out"], result["style"], name)
            results.add_results(results.result_group(scene.source), [embedding])
            self._runner.tell_done(name, result)
            self.page.options.forget_cache()
            self.propose_out()

        self._runner.run(request, show)
