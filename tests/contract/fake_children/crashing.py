"""A child that dies in the middle of a job, with a last word on standard error."""

import os
import sys

import normal

normal.hello()
for message in normal.requests():
    normal.send(normal.protocol.progress_event(message["id"], "encoding", 1, 10, None))
    sys.stderr.write("Segmentation fault in libfake\n")
    sys.stderr.flush()
    os._exit(3)
