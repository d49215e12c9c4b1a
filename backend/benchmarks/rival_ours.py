"""Our engine as a contender of `embed_rivals`: one scene to one class map, with the harness's head on our encoder.

    python rival_ours.py SCENE OUT --weights STATE_DICT --precision bf16

Imports and the building of the model are start-up and not counted; everything from opening the scene to the closed COG
is. Writes what it used as JSON to $BENCH_RESULT, as the harness's own contenders do.
"""

import argparse
import json
import os
import resource
import time
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from rasterio.windows import Window
from torch import Tensor

from mmearth.cog import Layout, cog_writer
from mmearth.embedding import features
from mmearth.embedding.projection import ROWS_PX
from mmearth.progress import Reporter
from mmearth.scenes.block_reader import READERS, BlockReader
from mmearth.scenes.plan import plan
from mmearth.scenes.raster import open_scene
from mmearth.weights.checkpoints import Weights, load_weights

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
LAST_STAGE = 3
TILE_PX = 2048
NODATA = 255  # the contenders' own


def used() -> dict[str, float]:
    """Returns wall, user and system seconds and bytes read so far, of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return {
        "work_wall_s": time.perf_counter(),
        "work_user_s": usage.ru_utime,
        "work_sys_s": usage.ru_stime,
        "read_bytes": int(counters["rchar"]),
    }


class Mapper:
    """Maps scenes to classes with the parts that `mmearth embed` is made of.

    Args:
        weights: The bundled weights.
        head: ((classes, channels), (classes,)) of the last stage.
        dtype: Of the encoder.

    Attributes:
        model_pixels: Pixels that went into the encoder so far, surroundings included.
    """

    def __init__(self, weights: Weights, head: tuple[Tensor, Tensor], dtype: torch.dtype) -> None:
        self.model_pixels = 0
        self._bands = {name: index + 1 for index, name in enumerate(weights.bands)}  # as the common model takes them
        self._weights, self._head = weights, head
        with mock.patch.object(features, "best_dtype", return_value=dtype):
            self._extractor = features.FeatureExtractor(
                weights, torch.device("cpu"), LAST_STAGE, kept=(LAST_STAGE,), with_bands=False
            )

    def run(self, path: str, out: str, tile_px: int) -> None:
        """Writes the class map of a scene, tile by tile."""
        with open_scene(path, self._bands, "dn", self._weights.bands) as scene:
            layout = Layout(scene.grid, 1, "uint8", NODATA, ("class",), resampling="mode")
            whole = Window(0, 0, scene.grid.width, scene.grid.height)
            (strip,) = plan(whole, tile_px, 1, int(whole.width) + tile_px, lambda _: True)
            windows = [self._extractor.reach(unit.window) for unit in strip]
            self.model_pixels += sum(int(window.width * window.height) for window in windows)
            with cog_writer(out, layout, silent()) as writer, BlockReader(scene, windows, READERS, idle) as reader:
                for number, unit in enumerate(strip):
                    found = self._extractor.encode(scene, unit.window, *reader.read(number))
                    writer.write(self._classes(found), unit.window)

    def _classes(self, found: features.WindowFeatures) -> np.ndarray:
        """Returns (1, rows, cols) uint8 classes, a band of rows after the other."""
        values = np.full((1, found.height, found.width), NODATA, np.uint8)
        for start in range(0, found.height if found.stages else 0, ROWS_PX):
            part = found.rows(start, min(start + ROWS_PX, found.height))
            scores = features.apply_linear(part.stages[LAST_STAGE], *self._head)
            classes = part.resize(scores, LAST_STAGE, 1).argmax(dim=0).to(torch.uint8).numpy()
            np.copyto(values[0, slice(start, start + part.height)], classes, where=part.valid)
        return values


def idle() -> None:
    """Checks nothing: nobody cancels."""


def silent() -> Reporter:
    """Returns a report that tells nobody and never cancels."""
    return Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)


def main() -> None:
    """Maps one scene and writes what that took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene")
    parser.add_argument("out")
    parser.add_argument("--weights", required=True, help="state dict of rival_model.ClassMapper")
    parser.add_argument("--precision", choices=list(DTYPES), default="fp32")
    parser.add_argument("--tile", type=int, default=TILE_PX, metavar="PX")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    state = torch.load(options.weights, weights_only=True)
    head = state["head.weight"].flatten(1), state["head.bias"]
    mapper = Mapper(load_weights(""), head, DTYPES[options.precision])
    startup_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = used()
    with torch.inference_mode():
        mapper.run(options.scene, options.out, options.tile)
    result = {name: value - before[name] for name, value in used().items()}
    result |= {"model_pixels": mapper.model_pixels, "startup_maxrss_kb": startup_kb}
    if "BENCH_RESULT" in os.environ:
        Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(result), encoding="utf-8")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
