"""Reference vectors of the official MMEarth code: where they are, how their weights are made, how far we are off.

The full set lies beside the project (`$MMEARTH_SHARED/golden` or `../shared/golden`); a part of it is in
`tests/data/golden`, which serves where the full set is absent. Conventions are those of its README.
"""

import csv
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPACT = ROOT / "tests" / "data" / "golden"
_SHARED = Path(os.environ["MMEARTH_SHARED"]) if "MMEARTH_SHARED" in os.environ else ROOT.parent / "shared"
FOLDER = _SHARED / "golden" if (_SHARED / "golden").is_dir() else COMPACT
# (file, what) → (largest error, tolerance); printed at the end of the run.
MEASURED: dict[tuple[str, str], tuple[float, float]] = {}


def files(pattern: str) -> list:
    """Returns a pytest parameter per file whose whole name matches, or one that is skipped with the reason.

    A parameter is the match's named groups as a dict, with "file" for the name; `patch` is a whole number.
    """
    found = []
    for name in sorted(path.name for path in FOLDER.iterdir()) if FOLDER.is_dir() else []:
        match = re.fullmatch(pattern, name)
        if match:
            groups = {key: int(text) if key == "patch" else text for key, text in match.groupdict().items()}
            found.append(pytest.param({"file": name, **groups}, id=name))
    if found:
        return found
    reason = f"no reference vectors {pattern} in {FOLDER.name}; put them beside the project or set MMEARTH_SHARED"
    return [pytest.param(None, id=f"no {pattern}", marks=pytest.mark.skip(reason=reason))]


def exists(name: str) -> bool:
    """Says whether a file of the set is there."""
    return (FOLDER / name).is_file()


def load(name: str) -> np.lib.npyio.NpzFile:
    """Opens an archive of the set."""
    return np.load(FOLDER / name)


def rows(name: str) -> list[dict[str, str]]:
    """Reads a table of the set."""
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def wave(n: int, k: int = 0, seed: int = 0) -> np.ndarray:
    """Returns g(i; k, seed) of the README for i = 0 … n-1, float64."""
    i = np.arange(n, dtype=np.int64)
    return np.sin(0.37 * (((k + 7) * i * i + 31 * i) % 65521) + 1.3 * k + 0.1 * seed)


def weights(table: str, seed: str) -> dict[str, np.ndarray]:
    """Returns the closed-form weights of a `params_*.tsv`; `seed` is a key of seeds.json."""
    value = json.loads((FOLDER / "seeds.json").read_text())[seed]
    found = {}
    for row in rows(table):
        shape = [int(side) for side in row["shape"].split("x")]
        array = float(row["offset"]) + float(row["a"]) * wave(math.prod(shape), int(row["k_used"]), value)
        found[row["name"]] = array.reshape(shape)
    return found


def check(file: str, what: str, error: float, tolerance: float) -> None:
    """Remembers an error for the summary and fails where it is beyond the tolerance."""
    before, _ = MEASURED.get((file, what), (0.0, tolerance))
    MEASURED[file, what] = (max(before, float(error)), tolerance)
    assert error <= tolerance, f"{file} {what}: error {error:.3g}, tolerance {tolerance:g}"


def compare(file: str, archive, key: str, mine, tolerance: float, what: str = "") -> None:
    """Checks an array, stored whole or thinned, relative to the root mean square of what is stored."""
    found = np.asarray(mine)
    if key in archive:
        wanted = archive[key]
        assert wanted.shape == found.shape, (key, wanted.shape, found.shape)
    else:
        assert tuple(archive[f"{key}__shape"]) == found.shape, (key, archive[f"{key}__shape"], found.shape)
        wanted, found = archive[f"{key}__sub"], found.reshape(-1)[:: int(archive[f"{key}__step"])]
    scale = np.sqrt((wanted.astype(float) ** 2).mean())
    error = np.abs(found - wanted).max() / scale if scale > 0 else np.abs(found).max()
    check(file, what or "arrays", error, tolerance)


def summary() -> list[str]:
    """Returns the largest error seen, file by file."""
    return [
        f"{file:34} {what:28} {error:9.2g}  of {tolerance:g}"
        for (file, what), (error, tolerance) in sorted(MEASURED.items())
    ]
