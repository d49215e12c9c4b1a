"""A child that lives but never says hello."""

import time

time.sleep(60)
