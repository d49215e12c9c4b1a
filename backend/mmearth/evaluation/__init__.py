"""Comparing encoders on benchmark data: reading data sets, protocols, metrics, tables."""
