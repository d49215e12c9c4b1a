"""Weights files: reading, converting, fetching."""
