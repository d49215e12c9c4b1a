"""A child in an environment without its dependencies: it ends before hello, as a failed import does."""

import sys

sys.stderr.write("Traceback (most recent call last):\nModuleNotFoundError: No module named 'torch'\n")
sys.exit(1)
