"""From labels to a map: features of pixels, the model file, outputs, where to label next."""
