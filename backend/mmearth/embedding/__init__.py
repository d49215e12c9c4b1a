"""The embedding engine: units, streaming, clusters, the cache, and embeddings that are there already."""
