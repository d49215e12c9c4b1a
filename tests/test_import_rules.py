"""The dependency rule between the rooms: plugin → protocol ← backend, and nothing else."""

import ast
import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BACKEND = ROOT / "backend" / "mmearth"
PLUGIN = ROOT / "mmearth_plugin"
VERBS = {
    *("describe", "embed", "few_shot", "preview", "predict", "check_model", "suggest", "draw_sample", "assess"),
    *("pretrain", "list_weights", "download_weights", "convert_weights", "cache", "fine_tune", "evaluate"),
    *("similar", "select_region", "outline", "cluster", "scatter", "compare_maps", "export_map"),
    *("doctor", "remove_weights", "probe_paths", "adapt"),
}
COMPUTE = {"torch", "numpy", "rasterio", "sklearn", "scipy", "h5py", "timm", "safetensors", "shapely", "pyogrio"}
QT = {"qgis", "PyQt5", "PyQt6"}
BACKEND_FILES = sorted(BACKEND.rglob("*.py"))
PLUGIN_FILES = [ROOT / "__init__.py", *sorted(PLUGIN.rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Returns the modules that a file imports anywhere in it, relative ones with their leading dots."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names |= {module} | {f"{module.rstrip('.')}.{alias.name}" for alias in node.names if module}
    return names


def top(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names if not name.startswith(".")}


def module_name(path: Path) -> str:
    parts = path.relative_to(BACKEND.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_backend_imports_neither_qgis_nor_qt() -> None:
    names = [module_name(path) for path in BACKEND_FILES]
    script = (
        "import importlib, json, sys\n"
        f"sys.path.insert(0, {str(BACKEND.parent)!r})\n"
        f"[importlib.import_module(name) for name in {names!r}]\n"
        f"found = sorted({{name.split('.')[0] for name in sys.modules}} & {QT!r})\n"
        "sys.exit(f'loaded: {found}' if found else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=lambda path: path.name)
def test_plugin_imports_no_compute(path: Path) -> None:
    assert not top(imported(path)) & (COMPUTE | {"mmearth", "PyQt5", "PyQt6", "osgeo_utils"})


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=lambda path: path.name)
def test_plugin_takes_nothing_from_the_backend_but_the_protocol(path: Path) -> None:
    crossing = {name.lstrip(".") for name in imported(path) if name.lstrip(".").split(".")[0] == "backend"}
    assert all(f"{name}.".startswith("backend.mmearth.protocol.") or name == "backend.mmearth" for name in crossing)


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=lambda path: path.name)
def test_plugin_parses_on_the_oldest_python_of_a_supported_qgis(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_protocol_needs_only_an_old_standard_library() -> None:
    source = (BACKEND / "protocol.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    assert top(imported(BACKEND / "protocol.py")) <= sys.stdlib_module_names
    assert not any("slots" in ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.keyword))


def test_backend_package_is_only_a_docstring() -> None:
    tree = ast.parse((BACKEND / "__init__.py").read_text(encoding="utf-8"))
    assert len(tree.body) == 1
    assert ast.get_docstring(tree)


@pytest.mark.parametrize(
    "path",
    [p for p in BACKEND_FILES if p.name not in ("serve.py", "__main__.py") and p.parent.name != "commands"],
    ids=lambda path: path.name,
)
def test_only_the_two_entrances_import_verbs(path: Path) -> None:
    verbs = {f"mmearth.{verb}" for verb in VERBS}
    assert not imported(path) & verbs


def test_ruff_refuses_torch_in_the_plugin() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", str(PLUGIN / "dock.py"), "-"],
        input="import torch\n\nprint(torch)\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "TID251" in ended.stdout


def test_ruff_refuses_qgis_in_the_backend() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", str(BACKEND / "raster.py"), "-"],
        input="import qgis\n\nqgis.run()\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "TID251" in ended.stdout


def test_what_is_deployed_is_there() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "pb_tool.cfg", encoding="utf-8")
    listed = [name for key in ("python_files", "extras", "extra_dirs") for name in config["files"][key].split()]
    assert [name for name in listed if not (ROOT / name).exists()] == []
    assert not any(
        name.split("/")[0] in ("tests", "docs") or "tools" in name or "benchmarks" in name for name in listed
    )


def test_the_version_is_the_same_everywhere() -> None:
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    version = metadata["general"]["version"]
    assert f'BACKEND_VERSION = "{version}"' in (BACKEND / "protocol.py").read_text(encoding="utf-8")
    assert f'version = "{version}"' in (ROOT / "backend" / "pyproject.toml").read_text(encoding="utf-8")
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
