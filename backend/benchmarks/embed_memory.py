"""Peak memory and speed of embedding a large virtual raster, beside a small one of the same pixels.

A VRT stretches one small file to SIDE × SIDE pixels, so that nothing but the size differs. Each run is a process of its
own; its peak resident memory is what the operating system accounts for it. Prints one table and writes one JSON.

    .venv/bin/python backend/benchmarks/embed_memory.py --side 20000 --stride 8
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rasterio
from rasterio.shutil import copy as raster_copy

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample" / "scene.tif"
LIMIT_BYTES = 2e9


def write_vrt(path: Path, side: int) -> None:
    """Writes a VRT that shows the sample scene as SIDE × SIDE pixels of 10 m."""
    raster_copy(SAMPLE, path, driver="VRT")
    with rasterio.open(SAMPLE) as dataset:
        width, height = dataset.width, dataset.height
    text = path.read_text()
    text = text.replace(
        f'rasterXSize="{width}" rasterYSize="{height}"', f'rasterXSize="{side}" rasterYSize="{side}"', 1
    )
    destination = f'<DstRect xOff="0" yOff="0" xSize="{width}" ySize="{height}" />'
    if destination not in text:
        raise ValueError(f"the VRT driver wrote no {destination}")
    path.write_text(text.replace(destination, f'<DstRect xOff="0" yOff="0" xSize="{side}" ySize="{side}" />'))


def measure(side: int, stride: int, stages: str) -> dict[str, float]:
    """Embeds one virtual raster in a process of its own; returns seconds, peak bytes and output bytes."""
    with tempfile.TemporaryDirectory() as folder:
        scene, out = Path(folder) / "scene.vrt", Path(folder) / "embedding.tif"
        write_vrt(scene, side)
        command = [sys.executable, "-m", "mmearth", "embed", str(scene), str(out)]
        command += ["--stride", str(stride), "--stages", stages]
        probe = (
            "import resource, subprocess, sys\n"
            "code = subprocess.call(sys.argv[1:], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
            "sys.exit(code)\n"
        )
        started_s = time.monotonic()
        done = subprocess.run([sys.executable, "-c", probe, *command], capture_output=True, text=True, check=True)
        return {
            "side_px": side,
            "seconds": time.monotonic() - started_s,
            "peak_bytes": int(done.stdout) * 1024,
            "out_bytes": out.stat().st_size,
        }


def main() -> None:
    """Measures the small and the large raster and says whether the limit holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=20000)
    parser.add_argument("--small", type=int, default=2000)
    parser.add_argument("--stride", type=int, default=8)
    parser.add_argument("--stages", default="0,1,2,3")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    rows = [measure(side, options.stride, options.stages) for side in (options.small, options.side)]
    print(f"{'side px':>8} {'Mpx':>7} {'seconds':>8} {'Mpx/s':>7} {'peak GB':>8} {'output GB':>9}")
    for row in rows:
        mega = row["side_px"] ** 2 / 1e6
        print(
            f"{row['side_px']:>8} {mega:>7.0f} {row['seconds']:>8.0f} {mega / row['seconds']:>7.3f} "
            f"{row['peak_bytes'] / 1e9:>8.2f} {row['out_bytes'] / 1e9:>9.2f}"
        )
    ratio = rows[1]["peak_bytes"] / rows[0]["peak_bytes"]
    print(f"peak memory, large / small: {ratio:.2f}; below 2 GB: {rows[1]['peak_bytes'] < LIMIT_BYTES}")
    record = {"machine": platform.processor() or platform.machine(), "date": time.strftime("%Y-%m-%d"), "rows": rows}
    record.update(stride=options.stride, stages=options.stages)
    if options.json:
        options.json.write_text(json.dumps(record, indent=2) + "\n")
    sys.exit(0 if rows[1]["peak_bytes"] < LIMIT_BYTES else 1)


if __name__ == "__main__":
    main()
