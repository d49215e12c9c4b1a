"""Scores on what a model has not seen, with intervals. Arrays only."""
