"""Room 1: everything that knows Qt and QGIS. Collects requests, shows progress, loads results; never computes."""
