"""The fake child `normal` with regions that tell of what was asked; run as a program by the tests of smart select.

A region is a square around each place that grows with the tolerance. Requests are appended to the file that
MMEARTH_TEST_REQUESTS names. While there is a file `hold` beside it, answers wait, those to other verbs as well. A place
west of the first column of pixels is an input error, as nodata is.
"""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract" / "fake_children"))
import normal  # noqa: E402
from mmearth import protocol  # noqa: E402

REQUESTS = Path(os.environ["MMEARTH_TEST_REQUESTS"])
LEFT_M, RES_M = 662400.0, 10.0


def square(x, y, side_px):
    """Returns the ring of a square of pixels around the one that holds a place."""
    left, bottom = x // RES_M * RES_M, y // RES_M * RES_M
    left, bottom = left - side_px // 2 * RES_M, bottom - side_px // 2 * RES_M
    right, top = left + side_px * RES_M, bottom + side_px * RES_M
    return [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]


def wait_for_go():
    """Waits while there is a file `hold`."""
    while REQUESTS.with_name("hold").exists():
        time.sleep(0.01)


def main():
    """Answers until told to stop."""
    normal.hello()
    for message in normal.requests():
        if message["verb"] == protocol.CANCEL:
            continue
        if message["verb"] != "select_region":  # long work
            wait_for_go()
            normal.send(protocol.result_event(message["id"], {}))
            continue
        with REQUESTS.open("a", encoding="utf-8") as file:
            file.write(protocol.encode(message))
        wait_for_go()
        places = list(zip(message["points"][::2], message["points"][1::2]))
        if any(x < LEFT_M + RES_M for x, _y in places):
            text = "There is no data at the place."
            normal.send(protocol.error_event(message["id"], protocol.INPUT, text, "Click where there is data."))
            continue
        side_px = 1 + 2 * round(10 * message["tolerance"])
        rings = [[square(x, y, side_px)] for x, y in places]
        feature = {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": rings}}
        collection = {"type": "FeatureCollection", "features": [feature]}
        Path(message["out"]).write_text(json.dumps(collection), encoding="utf-8")
        result = {"out": message["out"], "area_px": side_px**2 * len(places), "warnings": [], "seconds": 0.01}
        normal.send(protocol.result_event(message["id"], result))


if __name__ == "__main__":
    main()
