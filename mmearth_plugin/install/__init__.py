"""Installs the backend: finds, downloads and checks its files, and makes its environment beside QGIS's own Python."""
