"""A child of another release: its hello names another protocol version."""

import normal

normal.send({"id": "", "event": "hello", "protocol": 99, "backend": "9.0", "versions": {}, "devices": []})
for _message in normal.requests():
    pass
