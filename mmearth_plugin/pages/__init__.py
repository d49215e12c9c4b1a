"""The parts of the dock: fields in, one request out."""
