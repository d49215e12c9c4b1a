"""What a raster says of its bands: their names and wavelengths, and the Sentinel-2 bands that they stand for."""

from rasterio.io import DatasetReader

from mmearth.modalities import band_name_from_text, band_name_from_wavelength


def band_text(dataset: DatasetReader, index: int) -> str:
    """Returns what a band is called; empty where its file does not say.

    A name is GDAL's description of a band, or where there is none the tag DESCRIPTION, in which openEO writes it.
    """
    text: str = dataset.descriptions[index - 1] or dataset.tags(index).get("DESCRIPTION", "")
    return text.strip()


def band_texts(dataset: DatasetReader) -> list[str]:
    """Returns what each band is called; empty where its file does not say."""
    return [band_text(dataset, index) for index in dataset.indexes]


def band_names(dataset: DatasetReader) -> list[str | None]:
    """Returns the Sentinel-2 band that each band is called after, or None."""
    return [band_name_from_text(text) if text else None for text in band_texts(dataset)]


def band_wavelengths(dataset: DatasetReader) -> list[str | None]:
    """Returns the Sentinel-2 band that each band's wavelength belongs to, or None."""
    found: list[str | None] = []
    for index in range(1, dataset.count + 1):
        tags = {**dataset.tags(index), **dataset.tags(index, ns="IMAGERY")}
        values = [value for key, value in tags.items() if "wavelength" in key.lower() and "unit" not in key.lower()]
        try:
            found.append(band_name_from_wavelength(float(values[0])) if values else None)
        except ValueError:
            found.append(None)
    return found
