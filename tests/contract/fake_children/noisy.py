"""A child whose libraries print to file descriptor 1 between the messages, and a lot to standard error."""

import sys

import normal

normal_send = normal.send


def send(event):
    """Writes an event between two lines of rubbish."""
    sys.stdout.write('Downloading: 100%|####| \N{SNOWMAN} not JSON\n[1, 2]\n\n{"event": "result", "id": "other"}\n')
    normal_send(event)
    sys.stderr.write("warning: something verbose\n" * 3000)
    sys.stderr.flush()


normal.send = send
normal.main()
