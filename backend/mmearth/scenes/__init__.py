"""Rasters as people have them: files, bands, units, grids, windows."""
