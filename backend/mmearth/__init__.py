"""Compute backend of MMEarth for QGIS; holds no code, because QGIS executes this file on its way to `protocol`."""
