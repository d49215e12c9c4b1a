"""Looking at an embedding without a model: what is alike, where a region ends, which groups there are."""
