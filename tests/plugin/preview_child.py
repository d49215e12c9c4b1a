"""The fake child `normal` with previews; run as a program by the tests of the live preview.

Previews asked for are appended to the file that MMEARTH_TEST_REQUESTS names. One of a scene named `slow…` takes until
it is cancelled, one of a scene named `held…` until there is a file `go` beside the requests.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract" / "fake_children"))
import normal
from mmearth import protocol

REQUESTS = Path(os.environ["MMEARTH_TEST_REQUESTS"])
plain_answer, plain_requests = normal.answer, normal.requests


def requests():
    """Yields messages and writes down the previews, and whether there are labels."""
    for message in plain_requests():
        if message["verb"] == "preview":
            with REQUESTS.open("a", encoding="utf-8") as file:
                file.write(protocol.encode({**message, "labels_exist": Path(message["labels"]).is_file()}))
        yield message


def answer(message):
    """Returns the result of a request; a preview is a copy of the scene."""
    if message["verb"] != "preview":
        return plain_answer(message)
    while Path(message["scene"]).name.startswith("held") and not REQUESTS.with_name("go").exists():
        time.sleep(0.01)
    style = normal.write_copy(message["scene"], message["out"])
    return {"out": message["out"], "style": style, "classes": [], "problems": [], "prepared": True, "seconds": 0.1}


if __name__ == "__main__":
    normal.answer, normal.requests = answer, requests
    normal.main()
