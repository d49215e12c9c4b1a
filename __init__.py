"""MMEarth for QGIS. QGIS calls `classFactory` when it loads the plugin; nothing else lives here."""


def classFactory(iface):  # noqa: N802
    """Returns the plugin object that QGIS keeps until it unloads the plugin."""
    from .mmearth_plugin.plugin import Plugin

    return Plugin(iface)
