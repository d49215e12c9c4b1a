"""A child that takes a job and then neither reads cancel nor heeds SIGTERM."""

import signal
import time

import normal

signal.signal(signal.SIGTERM, signal.SIG_IGN)
normal.hello()
for message in normal.requests():
    normal.send(normal.protocol.progress_event(message["id"], "stuck", 1, 10, None))
    time.sleep(60)
