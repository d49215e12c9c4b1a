"""Speed and memory of segmenting scenes with a U-Net on the bundled encoder, beside a plain loop around that network.

The loop is what one writes first: windows with an overlap read by rasterio, the network in float32 as torch has it, the
middle of each window written to a GeoTIFF. It is not exact at seams. Scenes are synthetic Sentinel-2 of 12 bands; the
large one is a virtual raster of the small one, mirrored, so that nothing but the size differs. Each run is a process of
its own with as many threads as torch takes; a useful pixel is one of the map. Prints one table and writes one JSON.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/predict_tuned.py --sides 2048,8192
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
import torch
from affine import Affine
from rasterio.windows import Window
from scipy.ndimage import gaussian_filter

from benchmarks.machine import machine, spoken
from mmearth import predict, protocol
from mmearth.embedding.features import CLIP
from mmearth.modalities import PRODUCT_ORDERS
from mmearth.models.tuned_networks import UNET, build_network
from mmearth.models.unet import UNet
from mmearth.progress import Reporter
from mmearth.styles import PALETTE, ClassInfo
from mmearth.tuning.tuned_model import TunedModel, load_tuned, save_tuned
from mmearth.weights.checkpoints import build_encoder, load_weights

CLASSES = 6
LOOP_PX, OVERLAP_PX = 512, 64  # side of the loop's windows, of which so much is thrown away on each side
TRANSFORM = Affine(10, 0, 600000, 0, -10, 5200000)


def write_scene(path: Path, side: int) -> None:
    """Writes 12 bands of fields with soft borders and noise, as reflectance × 10⁴."""
    rng = np.random.default_rng(0)
    shapes = [gaussian_filter(rng.normal(size=(side, side)).astype(np.float32), sigma) for sigma in (2, 8, 32)]
    ground = sum(shape / shape.std() for shape in shapes)
    profile = {"driver": "GTiff", "count": 12, "dtype": "uint16", "crs": "EPSG:32632", "transform": TRANSFORM}
    with rasterio.open(
        path, "w", width=side, height=side, tiled=True, compress="deflate", interleave="pixel", **profile
    ) as dataset:
        for band in range(1, 13):
            values = 1200 + 150 * band + 300 * np.sin(band) * ground + rng.normal(0, 40, (side, side))
            dataset.write(values.clip(1, 10000).astype(np.uint16), band)
        dataset.descriptions = tuple(PRODUCT_ORDERS[12])


def write_mosaic(path: Path, scene: Path, side: int, wanted: int) -> None:
    """Writes a virtual raster of `wanted` × `wanted` pixels that shows a scene again and again."""
    copies = range(0, wanted, side)
    bands = []
    for band, name in enumerate(PRODUCT_ORDERS[12], 1):
        sources = "".join(
            f'<SimpleSource><SourceFilename relativeToVRT="1">{scene.name}</SourceFilename><SourceBand>{band}'
            f'</SourceBand><SrcRect xOff="0" yOff="0" xSize="{side}" ySize="{side}"/>'
            f'<DstRect xOff="{left}" yOff="{top}" xSize="{side}" ySize="{side}"/></SimpleSource>'
            for top in copies
            for left in copies
        )
        bands.append(
            f'<VRTRasterBand dataType="UInt16" band="{band}" blockXSize="256" blockYSize="256">'
            f"<Description>{name}</Description>{sources}</VRTRasterBand>"
        )
    place = ", ".join(str(value) for value in TRANSFORM.to_gdal())
    head = f'<VRTDataset rasterXSize="{wanted}" rasterYSize="{wanted}"><SRS>EPSG:32632</SRS>'
    path.write_text(f"{head}<GeoTransform>{place}</GeoTransform>{''.join(bands)}</VRTDataset>")


def write_model(path: Path) -> None:
    """Writes a U-Net on the bundled encoder whose decoder is as it starts."""
    torch.manual_seed(0)
    weights = load_weights("")
    network = build_network(UNET, build_encoder(weights, torch.device("cpu"), torch.float32), CLASSES)
    torch.nn.init.normal_(network.head.weight, std=1.0)  # type: ignore[union-attr,arg-type]
    head = {name: tensor for name, tensor in network.state_dict().items() if not name.startswith("encoder.")}
    classes = tuple(ClassInfo(i + 1, f"class {i + 1}", PALETTE[i]) for i in range(CLASSES))
    model = TunedModel(
        weights, UNET, head, classes, "kind", "segmentation", "", 0, False, "decoder", 1.0, {}, "dn", 10.0
    )
    save_tuned(str(path), model)


def ours(scene: Path, model: Path, out: Path) -> None:
    """Maps a scene with the backend."""
    report = Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)
    predict.run(protocol.PredictRequest(str(scene), str(out), str(model), units="dn", device="cpu"), report)


def loop(scene: Path, model: Path, out: Path) -> None:
    """Maps a scene with the plain loop."""
    loaded = load_tuned(str(model))
    network = loaded.network(torch.device("cpu"), torch.float32)
    if not isinstance(network, UNet):
        raise TypeError("the model is no U-Net")
    found = loaded.weights.statistics("l2a")
    mean, std = (np.array(found[key], np.float32)[:, None, None] for key in ("mean", "std"))
    bands = [PRODUCT_ORDERS[12].index(name) + 1 for name in loaded.weights.bands]
    step = LOOP_PX - 2 * OVERLAP_PX
    with rasterio.open(scene) as source:
        profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "tiled": True, "compress": "deflate"}
        with (
            rasterio.open(
                out, "w", width=source.width, height=source.height, crs=source.crs, transform=TRANSFORM, **profile
            ) as target,
            torch.inference_mode(),
        ):
            for top in range(0, source.height, step):
                for left in range(0, source.width, step):
                    window = Window(left - OVERLAP_PX, top - OVERLAP_PX, LOOP_PX, LOOP_PX)
                    pixels = source.read(bands, window=window, boundless=True).astype(np.float32)
                    image = ((pixels - mean) / std).clip(-CLIP, CLIP)
                    logits = network.head(
                        network.initial_conv_upsample(decoded(network, torch.from_numpy(image)[None]))
                    )
                    classes = logits[0].argmax(dim=0).numpy().astype(np.uint8) + 1
                    rows, cols = min(step, source.height - top), min(step, source.width - left)
                    inner = slice(OVERLAP_PX, OVERLAP_PX + rows), slice(OVERLAP_PX, OVERLAP_PX + cols)
                    target.write(classes[inner], 1, window=Window(left, top, cols, rows))


def decoded(network: UNet, images: torch.Tensor) -> torch.Tensor:
    """Returns the joined maps before the last convolution, as `UNet.forward` computes them."""
    x, skips = network.encode(images)
    for layer, skip in zip(network.upsample_layers, skips, strict=True):
        x = torch.cat([layer(x), skip], dim=1)
    return x


def measure(way: str, scene: Path, model: Path, out: Path) -> dict[str, float]:
    """Runs one way in a process of its own; returns CPU seconds, seconds and peak bytes."""
    command = [sys.executable, __file__, "--run", way, str(scene), str(model), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_one(way: str, scene: str, model: str, out: str) -> None:
    """Runs one way here and prints what it took, without the imports."""
    cpu_s, started_s = time.process_time(), time.monotonic()
    {"ours": ours, "loop": loop}[way](Path(scene), Path(model), Path(out))
    print(
        json.dumps(
            {
                "cpu_s": time.process_time() - cpu_s,
                "seconds": time.monotonic() - started_s,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


def main() -> None:
    """Measures both ways on the small scene, ours on the others too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", nargs=4, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--sides", default="2048,8192")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    if options.run:
        run_one(*options.run)
        return
    sides = [int(side) for side in options.sides.split(",")]
    found = machine()
    rows: list[tuple[str, int, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        base, model = Path(folder) / "scene.tif", Path(folder) / "model.zip"
        write_scene(base, sides[0])
        write_model(model)
        for side in sides:
            scene = base if side == sides[0] else Path(folder) / f"scene_{side}.vrt"
            if scene != base:
                write_mosaic(scene, base, sides[0], side)
            for way in ("ours", "loop") if side == sides[0] else ("ours",):
                out = Path(folder) / f"{way}_{side}.tif"
                rows.append((way, side, measure(way, scene, model, out)))
        maps = [Path(folder) / f"{way}_{sides[0]}.tif" for way in ("ours", "loop")]
        with rasterio.open(maps[0]) as a, rasterio.open(maps[1]) as b:
            same = float((a.read(1) == b.read(1)).mean())
    print(spoken(found))
    print(f"{'way':>6} {'side px':>8} {'Mpx':>6} {'CPU s':>7} {'s':>7} {'Mpx/CPU s':>10} {'peak GB':>8}")
    for way, side, row in rows:
        mega = side**2 / 1e6
        print(
            f"{way:>6} {side:>8} {mega:>6.1f} {row['cpu_s']:>7.1f} {row['seconds']:>7.1f} "
            f"{mega / row['cpu_s']:>10.3f} {row['peak_bytes'] / 1e9:>8.2f}"
        )
    print(f"pixels that both give the same class: {same:.4f}; torch threads: {torch.get_num_threads()}")
    record = {
        "machine": found,
        "rows": [{"way": way, "side_px": side, **row} for way, side, row in rows],
        "same": same,
    }
    if options.json:
        options.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
