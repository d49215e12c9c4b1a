"""Decides what is installed and where, and runs one installation, bundle or removal at a time. Knows no widgets."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import List, Optional, Union

from qgis.PyQt.QtCore import QObject, pyqtSignal

from .. import messages, settings
from ..messages import tr
from . import bundle, cards, environments, index_address, locks
from .bundle_making import BundleMaking
from .installation import Installation, Plan
from .programs import Program, Work
from .uv_program import PREFERRED

# Unpacked, packages take this many times what is downloaded: 2026-11-21, Linux, processor's build.
_UNPACKED = 3.5


class Installer(QObject):
    """Says `changed` when another Python should be used from now on."""

    changed = pyqtSignal()
    state_changed = pyqtSignal()  # something runs, or nothing any more, or the offer is another
    step = pyqtSignal(str, float)  # what is happening, part of the whole that is done
    told = pyqtSignal(str)  # something was done
    problem = pyqtSignal(str)  # sentence with cause and remedy

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._running: Union[Installation, BundleMaking, None] = None
        self._cleaning: Optional[Work] = None
        self._question: Optional[Program] = None
        self._cards: List[locks.Card] = []
        self._asked = False

    @property
    def is_running(self) -> bool:
        """Whether something is installed or written just now."""
        return self._running is not None

    @property
    def is_asking(self) -> bool:
        """Whether it is not known yet which graphics cards there are, though somebody asked."""
        return self._question is not None

    def prepare(self) -> None:
        """Asks once which graphics cards there are; `state_changed` tells that it is known."""
        if not self._asked:
            self._asked = True
            self._question = cards.ask(self, self._on_cards)

    def builds(self) -> List[str]:
        """Returns the builds of PyTorch that can be fetched: those whose index is known."""
        return [build for build in locks.builds(locks.this_platform()) if self._can_fetch(build)]

    def recommended(self) -> str:
        """Returns the build that suits the graphics cards; empty where there is none for this computer."""
        offered, best = self.builds(), locks.build_for(self._cards, locks.this_platform())
        return best if best in offered else (offered or [""])[0]

    def build(self) -> str:
        """Returns the build that will be installed: the user's choice, or the one that is recommended."""
        chosen = settings.backend_build()
        return chosen if chosen in self.builds() else self.recommended()

    def lock(self) -> Optional[locks.Lock]:
        """Returns the lock that tells the size of the download; None where there is none for this computer."""
        versions = locks.pythons(locks.this_platform(), self.build())
        if not versions:
            return None
        version = PREFERRED if PREFERRED in versions else versions[-1]
        return locks.read_lock(locks.this_platform(), self.build(), version)

    def offer_text(self) -> str:
        """Returns what an installation brings: size, place, licences; or why there is none."""
        lock = self.lock()
        if lock is None and locks.builds(locks.this_platform()):
            return no_index_text()
        if lock is None:
            return locks.no_packages_text()
        expected_bytes, is_known = locks.download_bytes(lock, locks.this_platform())
        size = messages.size_text(expected_bytes)
        if not is_known:
            size = tr("about {size}").format(size=size)
        text = tr(
            "Downloads {size} ({build}), about {disk} on disk, into {place}. Free packages: PyTorch and others under "
            "BSD, MIT and similar licences."
        )
        if lock.build.startswith("cu"):
            text += " " + tr("Those of NVIDIA come under NVIDIA's own licence.")
        disk, place = messages.size_text(_UNPACKED * expected_bytes), settings.backend_folder()
        where = f'"{place}"' if place else tr("the QGIS profile")
        return text.format(size=size, build=build_title(lock.build), disk=disk, place=where)

    def update_wanted(self) -> bool:
        """Whether the environment that was installed is older than what this plugin asks for."""
        found = environments.current(environments.root())
        return found is not None and not found.is_current()

    def install(self, offline_bundle: str = "") -> None:
        """Installs or updates the backend.

        Args:
            offline_bundle: Path of a bundle; empty to download.
        """
        if self.is_running:
            return
        build, path = self.build(), Path(offline_bundle) if offline_bundle else None
        if path is not None:
            try:
                build = str(bundle.read_about(path).get("build"))
            except (OSError, ValueError) as error:
                self.problem.emit(str(error))
                return
        elif not index_address.main_index():
            self.problem.emit(no_index_text())
            return
        elif not build:
            self.problem.emit(self.offer_text())
            return
        self._start(Installation(self._plan(build, path), self), self._on_installed)

    def repair(self) -> None:
        """Installs what is installed once more."""
        if not self.is_running:
            environments.forget(environments.root())
            self.changed.emit()  # whoever uses it lets it go
            self.install()

    def make_bundle(self, path: str) -> None:
        """Writes an offline bundle for a computer like this one."""
        if self.is_running:
            return
        if not index_address.main_index() or not self.build():
            self.problem.emit(self.offer_text())
            return
        self._start(BundleMaking(self._plan(self.build(), None), Path(path), self), self._on_bundle)

    def cancel(self) -> None:
        """Stops at once; what was downloaded stays for the next try."""
        if self._running is not None:
            self._running.cancel()

    def remove(self) -> None:
        """Removes everything that was installed."""
        if self.is_running:
            return
        folder = environments.root()
        environments.forget(folder)
        self.changed.emit()  # whoever uses it lets it go
        self._clean(partial(environments.remove, folder), tr("The backend was removed."))

    def clean_up(self) -> None:
        """Removes what the environment in use has replaced; called once nothing uses it any more."""
        found = environments.current(environments.root())
        if found is not None and found.is_current() and not self.is_running:
            self._clean(partial(environments.remove_others, found.folder), "")

    def close(self) -> None:
        """Stops everything."""
        if self._question is not None:
            self._question.stop()
        self.cancel()
        if self._cleaning is not None:
            self._cleaning.drop()
            self._cleaning = None

    def _can_fetch(self, build: str) -> bool:
        addresses = {"": index_address.main_index(), locks.PYTORCH: index_address.torch_index()}
        system = locks.this_platform()
        versions = locks.pythons(system, build)
        return bool(versions) and all(
            addresses.get(name) for name in locks.read_lock(system, build, versions[-1]).index_names
        )

    def _plan(self, build: str, path: Optional[Path]) -> Plan:
        main, torch = index_address.main_index(), index_address.torch_index()
        return Plan(build, environments.root(), main, torch, settings.base_python(), path)

    def _start(self, work: Union[Installation, BundleMaking], on_finished: object) -> None:
        self._running = work
        work.step.connect(self.step)
        work.finished.connect(on_finished)
        work.failed.connect(self._on_failed)
        work.cancelled.connect(self._on_cancelled)
        self.state_changed.emit()
        work.start()

    def _over(self) -> None:
        if self._running is not None:
            self._running.deleteLater()
            self._running = None
        self.state_changed.emit()

    def _on_installed(self, _python: str) -> None:
        settings.set_python("")
        self._over()
        self.changed.emit()
        found = environments.current(environments.root())
        if found is not None:
            text = tr("The backend is installed and its self-test passed: {seconds} s, {size} on disk.")
            marker = found.marker
            self.told.emit(text.format(seconds=round(marker.seconds), size=messages.size_text(marker.disk_bytes)))

    def _on_bundle(self, path: str) -> None:
        self._over()
        text = tr('The offline bundle is written: "{path}", {size}.')
        self.told.emit(text.format(path=path, size=messages.size_text(Path(path).stat().st_size)))

    def _on_failed(self, reason: str) -> None:
        self._over()
        self.problem.emit(reason)

    def _on_cancelled(self) -> None:
        self._over()
        self.problem.emit(tr("Cancelled. What was downloaded is kept: the next try goes on from there."))

    def _on_cards(self, found: List[locks.Card]) -> None:
        self._question = None
        self._cards = found
        self.state_changed.emit()

    def _clean(self, function: object, done: str) -> None:
        if self._cleaning is not None:
            return
        self._cleaning = work = Work(lambda _wanted: function(), self)
        work.done.connect(lambda left: self._on_clean(left, done))
        work.failed.connect(lambda error: self._on_clean([str(error)], done))
        work.start()

    def _on_clean(self, left: List[str], done: str) -> None:
        if self._cleaning is None:  # closed while the answer was on its way
            return
        self._cleaning.wait()
        self._cleaning.deleteLater()
        self._cleaning = None
        if left:
            text = tr('Could not be removed: "{path}". Close other QGIS windows, then remove it by hand.')
            self.problem.emit(text.format(path=left[0]))
        elif done:
            self.told.emit(done)
        self.state_changed.emit()


def build_title(build: str) -> str:
    """Returns a build of PyTorch in words."""
    titles = {
        "cpu": tr("for the processor"),
        "cu130": tr("for NVIDIA cards, CUDA 13"),
        "cu126": tr("for older NVIDIA cards, CUDA 12.6"),
        "mps": tr("for Apple silicon"),
    }
    return titles.get(build, build)


def no_index_text() -> str:
    """Returns what to say where nobody told where packages are."""
    return tr(
        "No address of a package index is known, so nothing can be downloaded. Enter one on the page "
        '"Backend", or install from an offline bundle.'
    )
