"""Opens QGIS in a scratch profile with this working tree as the plugin and the sample scene as project.

The user's own QGIS profile is neither read nor written. Needs a display.
"""

import os
import subprocess  # nosec B404 - starts QGIS
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample"
PLUGIN = "mmearth_qgis"


def make_profile(folder: Path) -> None:
    """Makes a QGIS profiles folder in which the working tree is the only plugin, and enabled."""
    profile = folder / "profiles" / "default"
    plugins = profile / "python" / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    (profile / "QGIS").mkdir(exist_ok=True)
    link = plugins / PLUGIN
    if not link.is_symlink():
        link.symlink_to(ROOT, target_is_directory=True)
    settings = profile / "QGIS" / "QGIS3.ini"
    if not settings.exists():
        settings.write_text(f"[PythonPlugins]\n{PLUGIN}=true\n", encoding="utf-8")


def main() -> None:
    """Starts QGIS and waits for its end."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        sys.exit("No display here: QGIS needs one. 'make demo' works without.")
    profiles = ROOT / "build" / "gui"
    make_profile(profiles)
    layers = [str(SAMPLE / "scene.tif"), str(SAMPLE / "labels.gpkg")]
    sys.exit(subprocess.call(["qgis", "--nologo", "--profiles-path", str(profiles), *layers]))


if __name__ == "__main__":
    main()
