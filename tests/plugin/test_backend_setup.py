"""What the dock offers where there is no backend: an installation, its options, its progress and its end."""

import re
from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import backend_log, settings
from mmearth_qgis.mmearth_plugin.install import cards, environments, index_address, installer, locks
from mmearth_qgis.mmearth_plugin.install.backend_setup import BackendSetup
from mmearth_qgis.mmearth_plugin.install.locks import Card
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

pytestmark = pytest.mark.qgis


class Stub(QObject):
    """An installation that does what the test says."""

    step = pyqtSignal(str, float)
    finished = pyqtSignal(str)
    failed = pyqtSignal(str)
    cancelled = pyqtSignal()
    made = []

    def __init__(self, plan, *more):
        super().__init__()
        self.plan, self.target = plan, more[0] if len(more) == 2 else None
        self.made.append(self)

    def start(self):
        self.step.emit("Looking for a Python", 0.25)

    def cancel(self):
        self.cancelled.emit()


@pytest.fixture
def stubs(monkeypatch):
    monkeypatch.setattr(Stub, "made", [])
    monkeypatch.setattr(installer, "Installation", Stub)
    monkeypatch.setattr(installer, "BundleMaking", Stub)
    return Stub.made


@pytest.fixture
def setup(no_backend, tmp_path, monkeypatch, stubs):
    monkeypatch.setattr(index_address, "main_index", lambda: "https://index.example.org/simple")
    monkeypatch.setattr(index_address, "torch_index", lambda: "https://torch.example.org")
    monkeypatch.setattr(cards, "ask", lambda _parent, then: then([]))
    settings.set_backend_folder(str(tmp_path / "chosen"))
    setup = BackendSetup()
    setup.show_state()
    yield setup
    setup.close()


def complete(build="cpu"):
    """Makes what looks like an installed backend."""
    lock = locks.read_lock(locks.this_platform(), build, "3.12")
    folder = environments.folder_for(environments.root(), lock)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    environments.mark(
        folder, environments.Marker(lock.id, build, "3.12", "2026-11-21T10:00:00", 61.0, 5, 1_500_000_000)
    )
    return str(folder / "bin" / "python")


def test_the_offer_names_size_place_and_licences(setup, tmp_path):
    banner = setup.banner
    assert not banner.isHidden()
    text = banner.offer.text()
    # PyTorch's size is known for Python 3.11 alone; the other packages differ little.
    known = sum(wheel.size for wheel in locks.read_lock(locks.this_platform(), "cpu", "3.11").wheels)
    shown = re.search(r"Downloads about (\d+) MB", text)
    assert abs(int(shown[1]) * 1e6 - known) < 0.05 * known
    assert f'"{tmp_path / "chosen"}"' in text
    assert "licence" in text
    assert "NVIDIA" not in text
    assert not banner.install_button.isHidden()
    assert banner.bar.isHidden()
    assert "no backend" in setup.page.state.text()


def test_progress_cancel_and_another_try(setup, stubs, monkeypatch):
    banner = setup.banner
    banner.install_button.click()
    assert stubs[0].plan.index == "https://index.example.org/simple"
    assert stubs[0].plan.folder == environments.root()
    assert banner.install_button.isHidden()
    assert (banner.step.text(), banner.bar.value()) == ("Looking for a Python", 250)
    assert not setup.page.options.isEnabled()
    banner.cancel_button.click()
    assert "goes on from there" in banner.step.text()
    assert banner.bar.isHidden()
    assert not banner.install_button.isHidden()
    assert setup.page.options.isEnabled()
    backend_log.append("a line")
    banner.install_button.click()
    stubs[1].failed.emit("The disk is full.")
    assert banner.step.text() == "The disk is full."
    assert not banner.log_button.isHidden()
    banner.install_button.click()
    assert len(stubs) == 3


def test_its_end_is_told_and_another_backend_is_there(setup, stubs):
    changed, told = [], []
    setup.changed.connect(lambda: changed.append(environments.current_python()))
    setup.told.connect(told.append)
    setup.banner.install_button.click()
    python = complete()
    stubs[0].finished.emit(python)
    assert changed == [python]
    assert told == ["The backend is installed and its self-test passed: 61 s, 1.5 GB on disk."]
    setup.show_state()
    assert setup.banner.isHidden()
    assert "2026-11-21" in setup.page.state.text()
    assert not setup.page.remove_button.isHidden()
    assert setup.page.install_button.isHidden()


def test_an_older_environment_is_used_until_it_is_updated(setup, stubs, wait_for):
    old = environments.root() / "env-cpu-python3.12-old"
    (old / "bin").mkdir(parents=True)
    (old / "bin" / "python").touch()
    environments.mark(old, environments.Marker("old", "cpu", "3.12", "2026-01-01T00:00:00", 1.0, 1, 1))
    setup.show_state()
    banner = setup.banner
    assert "older than the plugin" in banner.text.text()
    assert banner.install_button.text() == "Update the backend"
    banner.later_button.click()
    setup.show_state()
    assert banner.isHidden()
    setup.page.install_button.click()
    stubs[0].finished.emit(complete())
    setup.installer.clean_up()
    wait_for(lambda: not old.exists())
    setup.show_state()
    assert banner.isHidden()


def test_removing_lets_go_first(setup, stubs, wait_for):
    python = complete()
    setup.show_state()
    seen = []
    setup.changed.connect(lambda: seen.append((environments.current_python(), Path(python).exists())))
    setup.page.remove_wanted.emit()
    assert seen == [("", True)]
    wait_for(lambda: not Path(python).exists())


def test_installing_again_lets_go_first(setup, stubs):
    complete()
    setup.show_state()
    seen = []
    setup.changed.connect(lambda: seen.append((environments.current_python(), len(stubs))))
    setup.page.repair_button.click()
    assert seen == [("", 0)]
    assert len(stubs) == 1


@pytest.mark.parametrize(
    ("card", "build"),
    [
        (Card("H100", "580.95.05", (9, 0)), "cu130"),
        (Card("H100", "550.10", (9, 0)), "cpu"),  # the driver is too old for CUDA 13
        (Card("V100", "580.95.05", (7, 0)), "cpu"),  # CUDA 13 has no code for it
    ],
)
def test_the_build_for_the_card_is_recommended_and_another_can_be_chosen(setup, monkeypatch, stubs, card, build):
    monkeypatch.setattr(locks, "this_platform", lambda: "linux-x86_64")
    setup.installer._on_cards([card])
    box = setup.page.build_box
    assert [box.itemData(i) for i in range(box.count())] == ["cpu", "cu130"]
    assert box.currentData() == build
    assert ("NVIDIA's own licence" in setup.page.offer.text().replace("&#x27;", "'")) == (build == "cu130")
    assert "(recommended)" in box.currentText()
    other = {"cpu": "cu130", "cu130": "cpu"}[build]
    box.setCurrentIndex(box.findData(other))
    box.activated.emit(box.currentIndex())
    setup.page.install_button.click()
    assert stubs[0].plan.build == other


def test_what_an_old_driver_serves_on_windows(setup):
    assert locks.build_for([Card("V100", "551.23", (7, 0))], "windows-x86_64") == "cu126"
    assert locks.build_for([Card("RTX 4090", "551.23", (8, 9))], "windows-x86_64") == "cu126"
    assert locks.build_for([Card("RTX 4090", "581.01", (8, 9))], "windows-x86_64") == "cu130"
    assert locks.build_for([], "windows-x86_64") == "cpu"
    assert locks.build_for([], "macos-arm64") == "mps"
    assert locks.build_for([], "plan9-x86_64") == ""
    lock = locks.read_lock("windows-x86_64", "cu130", "3.12")
    assert locks.download_bytes(lock, "windows-x86_64")[0] > 2_500_000_000
    lock = locks.read_lock("macos-arm64", "mps", "3.12")
    assert locks.download_bytes(lock, "macos-arm64") == (sum(wheel.size for wheel in lock.wheels), True)


def test_the_table_of_the_driver():
    said = "NVIDIA H200, 580.95.05, 9.0\nTesla K80, 470.256.02, [N/A]\nNVIDIA-SMI has failed\n"
    assert cards.read(said) == [
        Card("NVIDIA H200", "580.95.05", (9, 0)),
        Card("Tesla K80", "470.256.02", None),
    ]


def test_builds_of_an_index_that_nobody_knows_are_not_offered(setup, monkeypatch):
    monkeypatch.setattr(locks, "this_platform", lambda: "linux-x86_64")
    monkeypatch.setattr(index_address, "torch_index", lambda: "")
    assert setup.installer.builds() == ["cu130"]
    monkeypatch.setattr(index_address, "main_index", lambda: "")
    assert setup.installer.builds() == []
    setup.page.install_button.click()
    assert "No address of a package index is known" in setup.banner.step.text()


def test_a_computer_without_packages_is_told(setup, monkeypatch, stubs):
    monkeypatch.setattr(locks, "this_platform", lambda: "macos-x86_64")
    setup.show_state()
    assert '"macos-x86_64"' in setup.banner.offer.text()
    setup.banner.install_button.click()
    assert "Use an environment of your own" in setup.banner.step.text()
    assert stubs == []


def test_a_bundle_says_what_it_is_for(setup, stubs, tmp_path):
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"no zip")
    setup.page.bundle_chosen.emit(str(path))
    assert "not a complete offline bundle" in setup.banner.step.text()
    assert stubs == []
    setup.page.bundle_wanted.emit(str(tmp_path / "new.zip"))
    assert stubs[0].target == tmp_path / "new.zip"
    told = []
    setup.told.connect(told.append)
    (tmp_path / "new.zip").write_bytes(b"1234")
    stubs[0].finished.emit(str(tmp_path / "new.zip"))
    assert str(tmp_path / "new.zip") in told[0]


def test_options_are_kept(setup, tmp_path):
    page, changed = setup.page, []
    setup.changed.connect(lambda: changed.append(1))
    page.folder_edit.setFilePath(str(tmp_path / "other"))
    assert environments.root() == tmp_path / "other" / "mmearth-backend"
    page.python_edit.setFilePath("/usr/bin/python3")
    assert settings.base_python() == "/usr/bin/python3"
    page.index_edit.setText("no address")
    page.index_edit.editingFinished.emit()
    assert "no address" in page.index_problem.text()
    assert settings.package_index() == ""
    page.index_edit.setText("https://mirror.example.org/simple")
    page.index_edit.editingFinished.emit()
    assert settings.package_index() == "https://mirror.example.org/simple"
    assert page.index_problem.isHidden()
    page.torch_edit.setText("https://mirror.example.org/torch")
    page.torch_edit.editingFinished.emit()
    assert settings.torch_index() == "https://mirror.example.org/torch"
    assert len(changed) == 4
    setup.use_own("/opt/python")
    assert settings.python() == "/opt/python"


def test_the_algorithm_does_what_the_button_does(setup, stubs, monkeypatch):
    from mmearth_qgis.mmearth_plugin.algorithms.install_backend import InstallBackendAlgorithm
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback

    def start(self):
        self.step.emit("Downloading packages · 1 MB of 2 MB", 0.5)
        QTimer.singleShot(0, lambda: self.finished.emit(complete()))

    monkeypatch.setattr(Stub, "start", start)
    algorithm, feedback = InstallBackendAlgorithm(), QgsProcessingFeedback()
    algorithm.initAlgorithm()
    results, ok = algorithm.run({"BUNDLE": ""}, QgsProcessingContext(), feedback)
    assert ok
    assert results == {"PYTHON": environments.current_python()}
    assert "Downloading packages" in feedback.textLog()
    monkeypatch.setattr(Stub, "start", lambda self: QTimer.singleShot(0, lambda: self.failed.emit("The disk is full.")))
    results, ok = algorithm.run({"BUNDLE": ""}, QgsProcessingContext(), feedback)
    assert not ok
    assert "The disk is full." in feedback.textLog()
    monkeypatch.setattr(Stub, "start", lambda self: feedback.cancel())
    results, ok = algorithm.run({"BUNDLE": ""}, QgsProcessingContext(), feedback)
    assert not ok
    assert "Cancelled" in feedback.textLog()
