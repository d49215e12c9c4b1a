import pytest
from mmearth.modalities import (
    PRODUCT_ORDERS,
    SENTINEL2,
    band_name_from_text,
    band_name_from_wavelength,
    recognise_units,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("B2", "B2"), ("B02", "B2"), ("b8a", "B8A"), ("B08A", "B8A"), ("Band 8A", "B8A"), ("S2_B04", "B4"),
        ("B12 (2202 nm)", "B12"), ("Blue", "B2"), ("swir16", "B11"), ("band_10", "B10"), ("B8", "B8"),
        ("SCL", None), ("B13", None), ("B80", None), ("AB4", None), ("", None), ("ndvi", None),
    ],
)  # fmt: skip
def test_band_names_are_understood_as_people_write_them(text, name):
    assert band_name_from_text(text) == name


@pytest.mark.parametrize(
    ("wavelength", "name"),
    [(492.4, "B2"), (0.665, "B4"), (842.0, "B8"), (865, "B8A"), (1.61, "B11"), (760, None), (10.9, None)],
)
def test_wavelengths_in_nm_or_micrometres(wavelength, name):
    assert band_name_from_wavelength(wavelength) == name


def test_orders_are_the_products_and_hold_known_bands():
    known = [band.name for band in SENTINEL2]
    for count, order in PRODUCT_ORDERS.items():
        assert len(order) == count
        assert list(order) == sorted(order, key=known.index)


@pytest.mark.parametrize(
    ("integer", "bits", "low", "high", "units"),
    [
        (True, 16, 180, 4200, "dn"),
        (True, 16, 1080, 5200, "dn_offset"),
        (False, 32, 0.01, 0.45, "reflectance"),
        (False, 32, 150.0, 4100.0, "dn"),
        (True, 8, 3, 250, "byte"),
    ],
)
def test_units_are_recognised(integer, bits, low, high, units):
    assert recognise_units(integer, bits, low, high)[0] == units
