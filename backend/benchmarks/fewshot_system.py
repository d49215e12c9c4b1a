"""The plugin's command line as a system of the few-shot benchmark: one model from a label set, one map for each scene.

    python score.py run --name mmearth --cmd 'PYTHON fewshot_system.py --train {scenes_train} --test {scenes_test}
        --labels {labels} --out-dir {out_dir} --bands {bands} --task {task}'

The scenes to be mapped are given to `few-shot` beside the labelled ones, as their pixels are looked at, without labels.
"""

import argparse
import json
import tempfile
from pathlib import Path

import rasterio

from mmearth.__main__ import main as mmearth


def mapping(names: list[str]) -> str:
    """Returns the bands as the command line wants them; of several dates the last."""
    found = {"B" + name[1:].lstrip("0"): number for number, name in enumerate(names, 1) if name.startswith("B")}
    return ",".join(f"{name}={number}" for name, number in found.items())


def units(task: Path) -> str:
    """Returns how the values of a task become reflectance."""
    config = json.loads(task.read_text(encoding="utf-8"))
    if "Sentinel-2" not in config["sensor"]:
        return "byte"
    return "dn_offset" if config["offset"] else "dn"


def main() -> None:
    """Trains and maps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--test", nargs="+", required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--out-dir", type=Path, required=True)
    parser.add_argument("--bands", required=True)
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--no-encoder", action="store_true")
    options = parser.parse_args()
    options.out_dir.mkdir(parents=True, exist_ok=True)
    shared = ["--bands", mapping(options.bands.split(",")), "--units", units(options.task), "--json"]
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "model.zip")
        scenes = list(dict.fromkeys([*options.train, *options.test]))
        encoder = ["--no-encoder"] if options.no_encoder else []
        arguments = ["few-shot", *scenes, "--labels", options.labels, "--field", "class_id", "--model", model]
        mmearth([*arguments, *encoder, *shared], standalone_mode=False)
        for scene in options.test:
            out = Path(folder) / "map.tif"
            mmearth(["predict", scene, str(out), "--model", model, *shared], standalone_mode=False)
            with rasterio.open(out) as mapped:
                profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": mapped.crs, "compress": "deflate"}
                values = mapped.read(1)
                size = {"height": mapped.height, "width": mapped.width, "transform": mapped.transform}
            with rasterio.open(options.out_dir / f"{Path(scene).stem}.tif", "w", **profile, **size) as written:
                written.write(values, 1)


if __name__ == "__main__":
    main()
