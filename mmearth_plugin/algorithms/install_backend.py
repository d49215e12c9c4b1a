"""The algorithm `mmearth:installbackend`: what the dock's button does, for machines without a window."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
)
from qgis.PyQt.QtCore import QEventLoop, QTimer

from ..install import environments
from ..install.installer import Installer
from ..messages import tr

_POLL_MS = 100


class InstallBackendAlgorithm(QgsProcessingAlgorithm):
    """Runs in the main thread, whose event loop brings the downloads on."""

    def createInstance(self) -> InstallBackendAlgorithm:  # noqa: N802
        """Returns a new instance."""
        return type(self)()

    def name(self) -> str:
        """Returns the stable name."""
        return "installbackend"

    def displayName(self) -> str:  # noqa: N802
        """Returns the name in the toolbox."""
        return tr("Install the backend")

    def tags(self) -> List[str]:
        """Returns words to find it by."""
        return ["pytorch", "environment", "update", "offline"]

    def shortHelpString(self) -> str:  # noqa: N802
        """Returns the help text."""
        return tr(
            "Downloads or updates what MMEarth computes with, in an environment of its own, and tests it; does nothing "
            "where that was done before. Folder, graphics card and package index are those of the page "
            '"Backend" of the MMEarth panel.'
        )

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """Keeps it in the main thread."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declares the parameters."""
        text = tr("Offline bundle (empty: download)")
        self.addParameter(QgsProcessingParameterFile("BUNDLE", text, extension="zip", optional=True))
        self.addOutput(QgsProcessingOutputString("PYTHON", tr("Python of the backend")))

    def processAlgorithm(  # noqa: N802
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Installs."""
        installer, loop, timer = Installer(), QEventLoop(), QTimer()
        bundle = self.parameterAsFile(parameters, "BUNDLE", context)
        problems: List[str] = []
        phases: List[str] = []

        def show(text: str, part: float) -> None:
            phase = text.split(" · ")[0]
            if phases[-1:] != [phase]:
                phases.append(phase)
                feedback.pushInfo(phase)
            feedback.setProgress(100 * part)

        def look() -> None:
            """Cancels where that is wanted, and ends once nothing runs any more."""
            if feedback.isCanceled():
                installer.cancel()
            if not installer.is_asking and not installer.is_running:
                loop.quit()

        def begin() -> None:
            """Installs once it is known which graphics cards there are."""
            if installer.is_asking:
                return
            installer.state_changed.disconnect(begin)
            installer.install(bundle)
            timer.start(_POLL_MS)

        installer.step.connect(show)
        installer.problem.connect(problems.append)
        installer.state_changed.connect(begin)
        timer.timeout.connect(look)
        QTimer.singleShot(0, installer.prepare)
        loop.exec()
        installer.close()
        if problems:
            raise QgsProcessingException(problems[0])
        return {"PYTHON": environments.current_python()}
