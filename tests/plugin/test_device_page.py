"""The page Devices: what it says of devices and checks, what its buttons ask for, what is remembered of a choice."""

import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPushButton

pytestmark = pytest.mark.qgis


def device(name="GPU", **others):
    said = {
        "id": name.lower(),
        "name": name,
        "usable": True,
        "reason": "",
        "remedy": "",
        "memory_bytes": 8_000_000_000,
        "free_bytes": 3_000_000_000,
        "driver": "535.1",
        "wheel": "cu126",
        "dtype": "bfloat16",
        "precisions": ["float32", "bfloat16"],
        "test": None,
    }
    return {**said, **others}


def measured(**others):
    """What a self-test found that measured bfloat16 and, ten times as slow, float32."""
    found = {"precision": "bfloat16", "seconds": 0.5, "pixels_per_second": 100.0, "agreement": 0.00024, "ok": True}
    found = {**found, "error": "", **others}
    exact = {**found, "precision": "float32", "seconds": 5, "pixels_per_second": 10.0, "agreement": 0.0}
    exact = {**exact, "ok": True, "error": ""}
    return {**found, "precisions": [exact, found], "recommended": "bfloat16" if found["ok"] else "float32"}


def report(*devices, **others):
    return {"devices": list(devices), "checks": [], "versions": {}, "markdown": "", "warnings": [], **others}


def described(**others):
    return {"width": 60, "height": 20, "estimate": {"seconds": 1.0}, **others}


@pytest.fixture
def page(iface):
    from mmearth_qgis.mmearth_plugin.pages.device_page import DevicePage
    from qgis.core import QgsSettings

    QgsSettings().remove("mmearth")
    made = DevicePage()
    yield made
    made.deleteLater()
    QgsSettings().remove("mmearth")


def test_usable_device_says_what_it_is(page):
    page.show_report(report(device("Nice <GPU>")))
    (card,) = page.cards
    assert "Nice &lt;GPU&gt;" in card.name.text()
    assert card.state.text().endswith("Usable")
    assert "✓" in card.state.text()
    facts = [
        "Memory: 8.0 GB, 3.0 GB free",
        "Driver: 535.1",
        "Wheel of PyTorch: cu126",
        "Automatic precision: 16 bit (bfloat16)",
    ]
    assert card.facts.text().split("<br>") == facts
    assert card.reason.isHidden()
    assert not card.button.isHidden()


def test_unusable_device_says_why_and_what_to_do_and_cannot_be_chosen(page):
    bare = {"memory_bytes": None, "free_bytes": None, "driver": "", "wheel": "", "dtype": ""}
    page.show_report(report(device(usable=False, reason="Driver 1 < 2.", remedy="Install driver 2.", **bare)))
    (card,) = page.cards
    assert card.state.text().endswith("Not usable")
    assert "✗" in card.state.text()
    assert card.reason.text() == "Driver 1 &lt; 2.<br>Install driver 2."
    assert card.facts.text() == ""
    assert card.button.isHidden()
    assert card.speed.isHidden()


@pytest.mark.parametrize(
    ("test", "mark", "expected"),
    [
        (measured(), "✓", "16 bit (bfloat16): 0.5 s, 100 pixels a second, off by 0.0002; recommended"),
        (
            measured(ok=False, agreement=0.034, error="It differs."),
            "✗",
            "16 bit (bfloat16): 0.5 s, but the result is off by 0.03 (cosine distance): do not use it",
        ),
        (measured(ok=False, agreement=None, seconds=None, error="No <memory>."), "✗", "(bfloat16): No &lt;memory&gt;."),
    ],
)
def test_self_test_in_words_a_line_for_each_precision(page, test, mark, expected):
    page.show_report(report(device(test=test)))
    head, exact, rounded = page.cards[0].speed.text().split("<br>")
    assert head.startswith("Measured on one tile of 256 × 256 pixels")
    assert "✓" in exact
    other = "" if test["ok"] else "; recommended"
    assert exact.endswith(f"32 bit: 5 s, 10 pixels a second, off by 0{other}")
    assert mark in rounded
    assert rounded.endswith(expected)


def test_device_that_was_not_tested_says_so(page):
    page.show_report(report(device()))
    assert page.cards[0].speed.text() == "Not measured yet."


def test_precision_goes_to_the_settings_and_the_estimate_follows(page):
    from mmearth_qgis.mmearth_plugin import settings

    page.show_report(report(device(test=measured())))
    page.show_description(described())  # 1200 pixels
    assert "12 s" in page.cards[0].estimate.text()
    names = [page.precision_box.itemData(i) for i in range(page.precision_box.count())]
    assert names == ["auto", "float32", "bfloat16", "float16"]
    page.precision_box.setFocus()
    QTest.keyClick(page.precision_box, Qt.Key.Key_Down)
    assert settings.precision() == "float32"
    assert "2 min" in page.cards[0].estimate.text()
    page.precision_box.setCurrentIndex(3)  # was not measured
    assert page.cards[0].estimate.isHidden()
    settings.set_precision("bfloat16")
    page.show_limits()
    assert page.precision_box.currentData() == "bfloat16"
    assert "12 s" in page.cards[0].estimate.text()
    settings.set_precision("of a later version")
    page.show_limits()
    assert page.precision_box.currentData() == "auto"


def test_precision_that_the_chosen_device_refuses_is_told(page):
    page.show_report(report(device("A"), device("B", precisions=["float32"])))
    page.precision_box.setCurrentIndex(2)
    assert page.precision_note.isHidden()  # automatic: A comes first, and can
    page.show_chosen("b", "b")
    assert not page.precision_note.isHidden()
    assert "B does not compute in 16 bit (bfloat16)" in page.precision_note.text()
    page.precision_box.setCurrentIndex(1)
    assert page.precision_note.isHidden()
    page.precision_box.setCurrentIndex(3)
    page.show_chosen("a", "a")
    assert "A does not compute in 16 bit (float16)" in page.precision_note.text()


def test_estimate_of_the_scene_is_pixels_by_measured_speed(page):
    slow, fast = device("A", test=measured()), device("B", test=measured(pixels_per_second=10.0))
    failed = device("D", test=measured(pixels_per_second=None, seconds=None, agreement=None, ok=False, error="x"))
    wrong = device("E", test=measured(agreement=0.2, ok=False, error="It differs."))
    page.show_report(report(slow, fast, device("C"), failed, wrong))
    page.show_description(described())  # 1200 pixels
    assert ["12 s" in page.cards[0].estimate.text(), "2 min" in page.cards[1].estimate.text()] == [True, True]
    assert [card.estimate.isHidden() for card in page.cards] == [False, False, True, True, True]
    page.show_description(described(estimate={"seconds": 1.0, "pixels": 3000}))
    assert "30 s" in page.cards[0].estimate.text()
    page.show_report(report(slow))
    assert "30 s" in page.cards[0].estimate.text()
    page.show_description(described(precomputed="AlphaEarth"))
    assert page.cards[0].estimate.isHidden()
    page.show_description(described())
    assert not page.cards[0].estimate.isHidden()
    page.show_description(None)
    assert page.cards[0].estimate.isHidden()


def test_chosen_card_is_told_apart(page):
    page.show_report(report(device("A"), device("B")))
    page.show_chosen("b", "b")
    assert [card.button.isEnabled() for card in page.cards] == [True, False]
    assert [card.button.accessibleName() for card in page.cards] == ["Choose A", "B is chosen"]
    assert page.choice.text() == "Chosen: B."
    assert not page.automatic_button.isHidden()
    page.show_chosen("auto", "auto")
    assert page.choice.text() == "Chosen: Automatic."
    assert page.automatic_button.isHidden()


def test_device_that_is_gone_is_named(page):
    page.show_report(report(device("A")))
    page.show_chosen("auto", "cuda:1")
    assert "&quot;cuda:1&quot; was chosen before, but cannot be used now." in page.choice.text()
    assert not page.automatic_button.isHidden()  # so that it can be forgotten


def test_checks_have_marks_and_remedies(page):
    good = {"name": "Python", "ok": True, "found": "3.12", "remedy": ""}
    bad = {"name": "Disk", "ok": False, "found": "<1 GB", "remedy": "Free 2 GB."}
    page.show_report(report(checks=[good, bad]))
    first, second = page.checks.text().split("</p>")[:2]
    assert "✓" in first
    assert "<b>Python</b>: 3.12" in first
    assert "✗" in second
    assert "&lt;1 GB<br>Free 2 GB." in second
    page.show_report(report(warnings=["Slow < disk."]))
    assert page.note.text() == "⚠ Slow &lt; disk."


def test_limits_go_to_the_settings(page):
    from mmearth_qgis.mmearth_plugin import settings

    assert (page.threads_box.text(), page.memory_box.text()) == ("all", "automatic (2 GB)")
    page.memory_box.setValue(4.5)
    assert settings.memory_limit_bytes() == 4_500_000_000
    assert page.restart_button.isHidden()
    page.threads_box.setValue(1)
    assert settings.threads() == 1
    assert not page.restart_button.isHidden()
    settings.set_threads(0)
    settings.set_memory_limit_bytes(0)
    page.show_limits()
    assert (page.threads_box.value(), page.memory_box.value()) == (0, 0.0)


def test_page_fits_a_narrow_dock_and_the_keyboard(page):
    page.show_report(report(device("A device with_a_name_that_is_much_longer_than_any_dock_is_wide " * 2)))
    assert page.minimumSizeHint().width() <= 300
    for button in page.findChildren(QPushButton):
        assert button.text()
        assert button.focusPolicy() != Qt.FocusPolicy.NoFocus


@pytest.fixture
def devices(iface, fake_backend):
    from mmearth_qgis.mmearth_plugin import settings
    from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
    from mmearth_qgis.mmearth_plugin.devices import Devices
    from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
    from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage

    runner = JobRunner(iface.messageBar())
    runner.backend = BackendProcess(settings.python(), runner)
    scene_page = ScenePage(iface.mapCanvas())
    made = Devices(scene_page, runner)
    made.runner, made.scene_page = runner, scene_page
    yield made
    made.close()
    scene_page.source_box.close()
    scene_page.close_tools()
    if runner.backend is not None:
        runner.backend.shutdown()
    runner.close()
    made.page.deleteLater()
    scene_page.deleteLater()
    runner.deleteLater()


def click(button):
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_what_the_backend_says_is_shown_and_asked_for_once(devices, wait_for):
    devices.prepare()
    assert "Asking" in devices.page.note.text()
    assert not devices.page.copy_button.isEnabled()
    wait_for(lambda: devices.page.cards)
    first = devices.page.cards
    assert [card.id for card in first] == ["cpu", "cuda:0"]
    assert "Install the wheel for CUDA 12.6." in first[1].reason.text()
    devices.prepare()
    assert not devices._latest.is_waiting
    devices.scene_page.set_weights("/other.safetensors")
    devices.prepare()
    wait_for(lambda: devices.page.cards is not first)


def test_choice_reaches_the_scene_and_is_remembered(devices, wait_for):
    from mmearth_qgis.mmearth_plugin import settings

    devices.prepare()
    wait_for(lambda: devices.page.cards)
    click(devices.page.cards[0].button)  # hello has named no device yet
    assert devices.scene_page.device() == "cpu"
    assert devices.scene_page.device_box.currentText() == "CPU (fake)"
    assert settings.device() == "cpu"
    click(devices.page.automatic_button)
    assert (devices.scene_page.device(), settings.device()) == ("auto", "auto")


def test_scene_takes_the_precision_of_the_settings(devices, scene_layer):
    from mmearth_qgis.mmearth_plugin import settings

    devices.scene_page.set_layer(scene_layer)
    assert devices.scene_page.scene().precision == "auto"
    settings.set_precision("float32")
    assert devices.scene_page.scene().precision == "float32"


def test_remembered_device_is_chosen_as_soon_as_the_backend_has_it(devices):
    from mmearth_qgis.mmearth_plugin import settings

    settings.set_device("cuda:0")
    devices.scene_page.set_devices([{"id": "cpu", "name": "CPU"}])
    devices.recall()
    assert devices.scene_page.device() == "auto"
    assert "cuda:0" in devices.page.choice.text()
    devices.scene_page.set_devices([{"id": "cuda:0", "name": "GPU"}, {"id": "cpu", "name": "CPU"}])
    assert settings.device() == "cuda:0"
    devices.recall()
    assert devices.scene_page.device() == "cuda:0"


def test_choice_in_step_scene_is_remembered_and_shown(devices):
    from mmearth_qgis.mmearth_plugin import settings

    devices.scene_page.set_devices([{"id": "cpu", "name": "CPU"}])
    box = devices.scene_page.device_box
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert settings.device() == "cpu"
    assert devices.page.choice.text() == "Chosen: cpu."


def test_all_are_tested_on_demand_and_the_report_can_be_copied(devices, wait_for):
    devices.show_description(described(width=131_072, height=30))  # 30 s at the speed of the fake
    click(devices.page.test_button)
    assert devices.page.test_button.text() == "Testing…"
    assert not devices.page.test_button.isEnabled()
    wait_for(lambda: devices.page.cards and devices.page.test_button.isEnabled())
    card = devices.page.cards[0]
    assert "32 bit: 0.5 s, 131,072 pixels a second, off by 0; recommended" in card.speed.text()
    assert "about 30 s" in card.estimate.text()
    devices.prepare()  # keeps what was measured
    assert not devices._latest.is_waiting
    QApplication.clipboard().clear()
    click(devices.page.copy_button)
    assert QApplication.clipboard().text() == "# MMEarth doctor\n\n- CPU (fake)\n"


def test_question_that_a_cancelled_test_dropped_is_asked_again(devices, wait_for):
    devices.prepare()
    click(devices.page.test_button)
    devices.runner.cancel_all()
    wait_for(lambda: devices.page.cards)
    wait_for(lambda: devices.page.test_button.isEnabled())


def test_report_of_another_backend_is_forgotten(devices, wait_for):
    devices.prepare()
    wait_for(lambda: devices.page.cards)
    devices.page.threads_box.setValue(1)
    asked = []
    devices.restart_wanted.connect(lambda: asked.append(True))
    click(devices.page.restart_button)
    assert asked == [True]
    devices.forget()
    assert devices.page.cards == []
    assert devices.page.restart_button.isHidden()
    assert not devices.page.copy_button.isEnabled()


def test_without_a_backend_it_is_said_what_is_missing(devices):
    from mmearth_qgis.mmearth_plugin import environment

    devices.runner.backend.shutdown()
    devices.runner.backend = None
    devices.prepare()
    assert devices.page.note.text().startswith(environment.missing_text()[:20])
    click(devices.page.test_button)
    assert devices.runner.problem.text() == environment.missing_text()
