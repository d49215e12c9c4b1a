"""Label polygons: reading them, what is wrong with them, which of them belong together."""
