"""The class list of a label layer: what is done to it, where it is kept, how it comes and goes."""
