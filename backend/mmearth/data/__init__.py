"""Training data: readers of MMEarth folders and of rasters, shards on disk, batches of crops."""
