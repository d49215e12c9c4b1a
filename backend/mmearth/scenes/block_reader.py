"""Reading many overlapping windows of a raster so that every block of it is decoded once, ahead of who needs it.

A few threads with handles of their own decode blocks for the windows that come next; a block is kept as long as a
window to come needs it. Knows nothing of what windows are read for.
"""

import contextlib
import math
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait

import numpy as np
from rasterio.windows import Window

from mmearth.scenes.raster import Scene, read_over_edges

Block = tuple[np.ndarray, np.ndarray] | None  # ((B, rows, cols) as stored, (rows, cols) bool); None: no valid pixel
BLOCK_PX = 512  # blocks read at once have about this side, a multiple of the file's own blocks
MOST_BLOCK_BYTES = 32 * 2**20  # of files whose blocks are whole lines
KEPT_BYTES = 300 * 10**6  # of decoded blocks that one row of windows leaves to the next
READERS = 2  # threads: one core decodes about thirty times as fast as one core computes
AHEAD = 1  # windows that are read while one is worked on
POLL_S = 0.1


class BlockReader:
    """Reads windows one after the other.

    Args:
        scene: An open scene; the threads open it again for themselves.
        windows: All windows that will be asked for, in this order; they may reach over the edges of the raster.
        threads: Threads that decode.
        check: Called while waiting; raises to stop.

    Attributes:
        needed: Row and column of every block that will be wanted.
        blocks_read: Blocks decoded so far; those that the file does not hold are skipped.
    """

    def __init__(self, scene: Scene, windows: Sequence[Window], threads: int, check: Callable[[], None]) -> None:
        self._scene = scene
        self._windows = windows
        self._check = check
        self._rows, self._cols = block_shape(scene)
        self._uses = Counter(key for window in windows for key in self._keys(window))
        self.needed = frozenset(self._uses)
        self._futures: dict[tuple[int, int], Future[Block]] = {}
        self._wanted: queue.SimpleQueue[tuple[Window, Future[Block]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._decode, name="reader", daemon=True) for _ in range(threads)]
        self.blocks_read = 0

    def __enter__(self) -> "BlockReader":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for future in self._futures.values():
            future.cancel()
        for _thread in self._threads:
            self._wanted.put(None)
        for thread in self._threads:
            thread.join()

    def read(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns ((B, rows, cols) as stored, (rows, cols) bool) of a window; to be called in order.

        Raises:
            InputError: the raster is damaged there.
        """
        window = self._windows[number]
        for ahead in self._windows[slice(number, number + 1 + AHEAD)]:
            for key in self._keys(ahead):
                if key not in self._futures:
                    self._futures[key] = Future()
                    self._wanted.put((self._window_of(key), self._futures[key]))
        result = read_over_edges(self._scene.grid, window, len(self._scene.mapping.indexes), self._assemble)
        for key in self._keys(window):
            self._uses[key] -= 1
            if not self._uses[key]:
                del self._futures[key]
        return result

    def _keys(self, window: Window) -> Iterator[tuple[int, int]]:
        grid = self._scene.grid
        row0, col0 = max(0, int(window.row_off)), max(0, int(window.col_off))
        row1 = min(grid.height, int(window.row_off + window.height))
        col1 = min(grid.width, int(window.col_off + window.width))
        if row1 > row0 and col1 > col0:
            for row in range(row0 // self._rows, (row1 - 1) // self._rows + 1):
                for col in range(col0 // self._cols, (col1 - 1) // self._cols + 1):
                    yield row, col

    def _window_of(self, key: tuple[int, int]) -> Window:
        row, col = key[0] * self._rows, key[1] * self._cols
        return Window(
            col, row, min(self._cols, self._scene.grid.width - col), min(self._rows, self._scene.grid.height - row)
        )

    def _assemble(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Puts a window on the raster together from its blocks."""
        height, width = int(window.height), int(window.width)
        raw: np.ndarray | None = None
        valid = np.zeros((height, width), bool)
        for key in self._keys(window):
            block = self._wait(self._futures[key])
            if block is None:
                continue
            values, block_valid = block
            if raw is None:
                raw = np.zeros((len(values), height, width), values.dtype)
            row, col = key[0] * self._rows - int(window.row_off), key[1] * self._cols - int(window.col_off)
            rows = slice(max(row, 0), min(row + values.shape[1], height))
            cols = slice(max(col, 0), min(col + values.shape[2], width))
            from_rows, from_cols = slice(rows.start - row, rows.stop - row), slice(cols.start - col, cols.stop - col)
            raw[:, rows, cols] = values[:, from_rows, from_cols]
            valid[rows, cols] = block_valid[from_rows, from_cols]
        if raw is None:
            raw = np.zeros((len(self._scene.mapping.indexes), height, width), np.uint8)
        return raw, valid

    def _wait(self, future: Future[Block]) -> Block:
        while not wait([future], POLL_S).done:
            self._check()
        return future.result()

    def _decode(self) -> None:
        """What a thread does: decodes what is wanted until nothing more is."""
        with contextlib.ExitStack() as stack:
            read: Callable[[Window], Block] | None = None
            while (item := self._wanted.get()) is not None:
                window, future = item
                del item
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    read = read or stack.enter_context(self._scene.another_handle())
                    block = read(window)
                except Exception as error:  # noqa: BLE001 - raised again where the window is asked for
                    future.set_exception(error)
                else:
                    with self._lock:
                        self.blocks_read += block is not None
                    future.set_result(block if block is not None and block[1].any() else None)
                    del block
                del future  # a thread that waits holds no block


def strip_px(scene: Scene) -> int:
    """Returns how wide a strip of windows may be, that the blocks kept between its rows fit `KEPT_BYTES`."""
    column_bytes = 2 * block_shape(scene)[0] * _stored_bytes(scene)
    return max(1, KEPT_BYTES // column_bytes)


def _stored_bytes(scene: Scene) -> int:
    return sum(np.dtype(scene.dataset.dtypes[index - 1]).itemsize for index in scene.mapping.indexes.values())


def block_shape(scene: Scene) -> tuple[int, int]:
    """Returns rows and columns of the blocks to read: whole blocks of the file, about `BLOCK_PX` wide and high."""
    rows, cols = scene.reader.block_shapes[0]
    grid = scene.grid
    if cols > 2 * BLOCK_PX:  # whole lines
        most = max(1, MOST_BLOCK_BYTES // (cols * _stored_bytes(scene)))
        return min(grid.height, math.ceil(min(BLOCK_PX, most) / rows) * rows), cols
    return math.ceil(BLOCK_PX / rows) * rows, math.ceil(BLOCK_PX / cols) * cols
