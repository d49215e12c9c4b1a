"""Sentinel-2 bands and units: one table, each number with its source. Knows nothing of files."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """One Sentinel-2 band.

    Attributes:
        name: The field's short name, without leading zeros: "B2", "B8A".
        label: What a person reads.
        wavelength_nm: Central wavelength of Sentinel-2A.
        words: Common names other than the number.
    """

    name: str
    label: str
    wavelength_nm: float
    words: tuple[str, ...]


# Central wavelengths: ESA, Sentinel-2 MSI spectral responses, S2A (COPE-GSEG-EOPG-TN-15-0007).
# Words: band `common_name` of the STAC electro-optical extension, and the names of common exporters.
SENTINEL2: tuple[Band, ...] = (
    Band("B1", "Coastal aerosol 443 nm", 442.7, ("coastal", "coastal aerosol", "aerosol", "ultra blue")),
    Band("B2", "Blue 493 nm", 492.4, ("blue",)),
    Band("B3", "Green 560 nm", 559.8, ("green",)),
    Band("B4", "Red 665 nm", 664.6, ("red",)),
    Band("B5", "Red edge 704 nm", 704.1, ("rededge1", "red edge 1", "rededge071", "re1", "vre1")),
    Band("B6", "Red edge 741 nm", 740.5, ("rededge2", "red edge 2", "rededge075", "re2", "vre2")),
    Band("B7", "Red edge 783 nm", 782.8, ("rededge3", "red edge 3", "rededge078", "re3", "vre3")),
    Band("B8", "Near infrared 833 nm", 832.8, ("nir", "nir1", "near infrared")),
    Band("B8A", "Narrow near infrared 865 nm", 864.7, ("nir08", "nir2", "narrow nir", "rededge4", "re4")),
    Band("B9", "Water vapour 945 nm", 945.1, ("nir09", "water vapour", "water vapor", "wvp")),
    Band("B10", "Cirrus 1374 nm", 1373.5, ("cirrus",)),
    Band("B11", "Shortwave infrared 1614 nm", 1613.7, ("swir16", "swir1", "swir 1")),
    Band("B12", "Shortwave infrared 2202 nm", 2202.4, ("swir22", "swir2", "swir 2")),
)
BAND_BY_NAME = {band.name: band for band in SENTINEL2}

# Orders that unnamed files come in, by number of bands: the order of ESA's products.
# (MMEarth's own HDF5 puts B8A before B8; a GeoTIFF with named bands is read by name and so not affected.)
PRODUCT_ORDERS: dict[int, tuple[str, ...]] = {
    13: ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12"),
    12: ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"),
    10: ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"),
}

WAVELENGTH_TOLERANCE_NM = 12.0  # the closest pair, B8 and B8A, lies 32 nm apart


@dataclass(frozen=True)
class Units:
    """How file values become reflectance × 10⁴: `value * scale + offset`."""

    name: str
    label: str
    scale: float
    offset: float


UNITS: dict[str, Units] = {
    "dn": Units("dn", "DN, reflectance × 10 000", 1.0, 0.0),
    # Processing baseline 04.00 (25 January 2022) adds 1000 to L1C and L2A values: ESA, S2 Products Specification, §3.
    "dn_offset": Units("dn_offset", "DN with the +1000 offset of processing baseline 04.00 and later", 1.0, -1000.0),
    "reflectance": Units("reflectance", "reflectance 0–1", 1e4, 0.0),
    # ESA's true-colour image maps reflectance 0–0.3558 to 1–255 (S2 Products Specification, TCI).
    "byte": Units("byte", "8 bit, 255 taken as reflectance 0.356", 3558.0 / 255.0, 0.0),
    "raw": Units("raw", "the file's values, as they are", 1.0, 0.0),
}


def band_name_from_text(text: str) -> str | None:
    """Returns the Sentinel-2 band that a band description names, or None.

    Understands "B02", "b8a", "Band 8A", "B8A (865 nm)", "B08A", "S2_B04", "blue", "swir16".
    """
    words = text.strip().lower().replace("_", " ").replace("-", " ")
    match = re.search(r"\bb(?:and)?\s*0*(1[0-2]|8\s?a|[1-9])(?![0-9a-z])", words)
    if match:
        return "B" + match.group(1).replace(" ", "").upper()
    for band in SENTINEL2:
        if words in band.words:
            return band.name
    return None


def band_name_from_wavelength(wavelength: float) -> str | None:
    """Returns the band nearest to a wavelength in nm (or in µm where it is below 20), or None if none is near."""
    wavelength_nm = wavelength * 1000 if wavelength < 20 else wavelength
    nearest = min(SENTINEL2, key=lambda band: abs(band.wavelength_nm - wavelength_nm))
    return nearest.name if abs(nearest.wavelength_nm - wavelength_nm) <= WAVELENGTH_TOLERANCE_NM else None


def recognise_units(integer: bool, bits: int, low: float, high: float) -> tuple[str, str]:
    """Proposes a unit from the data type and two values of the scene.

    Args:
        integer: Whether the file holds whole numbers.
        bits: Bits per value.
        low: 0.1th percentile of the darkest band.
        high: 98th percentile over all bands.

    Returns:
        (key of `UNITS`, why), the reason as words that a user can check.
    """
    if integer and bits == 8:
        return "byte", "the values are 8 bit"
    if high <= 2.0:
        return "reflectance", f"98 % of the values are at most {high:.2f}"
    if low >= 950:
        return "dn_offset", f"even the darkest band starts at {low:.0f}, as it does where 1000 was added"
    return "dn", f"98 % of the values are at most {high:.0f} and the darkest band starts at {low:.0f}"
