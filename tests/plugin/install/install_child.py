"""A QGIS of its own that installs the backend and prints how it ended: `install_child.py FOLDER INDEX LOCKS PYTHON`."""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
spec = importlib.util.spec_from_file_location(
    "mmearth_qgis", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
)
sys.modules["mmearth_qgis"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["mmearth_qgis"])

from qgis.core import QgsApplication  # noqa: E402
from qgis.PyQt.QtCore import QTimer  # noqa: E402

app = QgsApplication([], False, tempfile.mkdtemp())
app.initQgis()
from mmearth_qgis.mmearth_plugin.install.installation import Installation, Plan  # noqa: E402

folder, index, locks, python = sys.argv[1:]
installation = Installation(Plan("cpu", Path(folder), index, python=python, locks=Path(locks)))


def end(*what):
    print(json.dumps(what), flush=True)
    app.quit()


installation.finished.connect(lambda python: end("finished", python))
installation.failed.connect(lambda text: end("failed", text))
installation.step.connect(lambda text, part: print(json.dumps(["step", text, part]), flush=True))
QTimer.singleShot(0, installation.start)
app.exec_()
