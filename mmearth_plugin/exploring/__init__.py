"""Exploring an embedding: similar places, groups, scatter plot, colours."""
