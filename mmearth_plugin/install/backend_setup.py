"""Joins the installer with what shows it: the banner above the steps, and the page "Backend"."""

from __future__ import annotations

from html import escape
from typing import Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from .. import environment, messages, settings
from ..messages import tr
from ..pages.backend_page import BackendPage
from ..pages.environment_banner import EnvironmentBanner
from . import environments
from .installer import Installer, build_title


class BackendSetup(QObject):
    """Owns banner, page and installer; says `changed` when another backend should be used from now on."""

    changed = pyqtSignal()
    told = pyqtSignal(str)
    remote_wanted = pyqtSignal()
    page_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.banner, self.page, self.installer = EnvironmentBanner(), BackendPage(), Installer(self)
        banner, page, installer = self.banner, self.page, self.installer
        banner.install_wanted.connect(installer.install)
        banner.cancel_wanted.connect(installer.cancel)
        banner.options_wanted.connect(self.page_wanted)
        page.install_wanted.connect(installer.install)
        page.bundle_chosen.connect(installer.install)
        page.bundle_wanted.connect(installer.make_bundle)
        page.own_chosen.connect(self.use_own)
        page.remote_wanted.connect(self.remote_wanted)
        page.repair_wanted.connect(installer.repair)
        page.remove_wanted.connect(installer.remove)
        page.options_changed.connect(self._on_options)
        installer.step.connect(banner.show_step)
        installer.problem.connect(banner.show_problem)
        installer.told.connect(self.told)
        installer.state_changed.connect(self.show_state)
        installer.changed.connect(self.changed)

    def show_state(self) -> None:
        """Shows what there is and what can be done; called whenever the backend became another."""
        launch, installer = environment.find_launch(), self.installer
        backend = "" if launch is None else launch.name
        installed = environments.current_python()
        update = launch is not None and launch.program == installed and installer.update_wanted()
        if not backend or update:
            installer.prepare()
        self.banner.show_state(bool(backend), update, installer.is_running, installer.offer_text())
        found = environments.current(environments.root())
        self.page.show_state(_state_text(backend, found), found is not None, update)
        builds = [(name, build_title(name)) for name in installer.builds()]
        self.page.show_offer(installer.offer_text(), builds, installer.recommended(), installer.build())
        self.page.show_running(installer.is_running)

    def use_own(self, python: str) -> None:
        """Uses an environment that the user made; whether it is fit shows at the first request."""
        settings.set_python(python)
        self.changed.emit()

    def close(self) -> None:
        """Stops what runs."""
        self.installer.close()

    def _on_options(self) -> None:
        self.show_state()
        self.changed.emit()  # another folder may hold another environment


def _state_text(backend: str, found: Optional[environments.Environment]) -> str:
    """Returns what the page says first, as HTML."""
    if not backend:
        return tr("<b>There is no backend yet.</b>")
    if found is None or backend != found.python:
        return tr("<b>In use:</b> {python}, which was not installed here.").format(python=escape(backend))
    marker = found.marker
    text = tr("<b>Installed</b> on {date}: packages {build}, Python {python}, {size} in {place}.")
    return text.format(
        date=marker.installed[:10],
        build=escape(build_title(marker.build)),
        python=marker.python,
        size=messages.size_text(marker.disk_bytes),
        place=escape(str(found.folder)),
    )
