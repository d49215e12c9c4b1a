"""A child that says last words and dies, of a signal or with an exit code, before its hello or during its first job.

MMEARTH_TEST_DEATH holds JSON: {"words": text, "signal": number or 0, "code": exit code, "at": "start" or "work",
"filler": how many letters of two bytes go before the words}.
"""

import json
import os
import resource
import sys

import normal

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no core file in the working folder
death = json.loads(os.environ["MMEARTH_TEST_DEATH"])


def die():
    """Says the last words and ends this process."""
    sys.stderr.write("é" * death["filler"] + death["words"])
    sys.stderr.flush()
    if death["signal"]:
        os.kill(os.getpid(), death["signal"])
    os._exit(death["code"])


if death["at"] == "start":
    die()
normal.hello()
for _message in normal.requests():
    die()
