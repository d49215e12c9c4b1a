"""The fake child `normal`, with a cache, embeddings as scenes and folders; run as a program by the fixture `engine`.

The first scene of a name embedded is computed, the next is "cached"; `cache` keeps count in the process. Requests are
appended to the file that MMEARTH_TEST_REQUESTS names.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract" / "fake_children"))
import normal
from mmearth import protocol

plain_answer = normal.answer
embedded, cache = set(), {"bytes": 1_200_000_000}


def answer(message):
    """Returns the result of a request."""
    with open(os.environ["MMEARTH_TEST_REQUESTS"], "a", encoding="utf-8") as file:
        file.write(protocol.encode(message))
    if message["verb"] == "cache":
        if message["clear"]:
            cache["bytes"] = 0
        return {"folder": "/cache", "entries": 1, "limit_bytes": 5_000_000_000, **cache}
    if message["verb"] == "describe":
        return describe(message)
    if message["verb"] == "embed":
        if message["features"]:
            Path(message["out"]).touch()
            return {"out": message["out"], "style": "", "seconds": 0.1, "warnings": []}
        scene = message["scene"].splitlines()[0]
        result = {**plain_answer({**message, "scene": scene}), "cached": scene in embedded}
        embedded.add(scene)
        return result
    return plain_answer(message)


def describe(message):
    """Returns what `describe` answers: an embedding for `alphaearth…`, a place for a folder."""
    result = plain_answer(message)
    if Path(message["scene"]).name.startswith("alphaearth"):
        reading = {
            "mapping": {},
            "mapping_how": "embedding",
            "units_label": "AlphaEarth embedding",
            "units_how": "int8",
        }
        return {**result, **reading, "wanted": [], "band_labels": {}, "precomputed": "AlphaEarth embedding of 2023"}
    if Path(message["scene"]).is_dir():
        result["bounds"] = [662400.0, 5362460.0, 662600.0, 5362560.0]
    return {**result, "precomputed": ""}


if __name__ == "__main__":
    normal.answer = answer
    normal.main()
