"""Devices and failures in a real window with the real backend."""

import getpass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]


@pytest.fixture(scope="module")
def facts(run_scenario):
    return run_scenario("devices_scenario.py")


def test_the_processor_is_listed_tested_and_agrees_with_itself(facts):
    text = "\n".join(facts["said"])
    assert "CPU" in text
    assert "Usable" in text
    assert "recommended" in text
    assert "256 × 256 pixels" in text


def test_the_report_has_devices_and_no_names(facts):
    assert "| " in facts["report"]
    assert "torch" in facts["report"]
    assert str(Path.home()) + "/" not in facts["report"]
    assert f"/{getpass.getuser()}/" not in facts["report"]


def test_a_killed_backend_says_why_and_where_the_log_is(facts):
    assert "ended in the middle of the work" in facts["killed"]
    assert "memory" in facts["killed"]
    assert "backend.log" in facts["killed"]


def test_it_fits_a_narrow_dock(facts):
    assert facts["narrow_px"] <= 330
