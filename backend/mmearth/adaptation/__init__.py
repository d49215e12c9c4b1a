"""Encoders for other sensors, learned from places that a known sensor has seen too."""
