"""Asking package indexes for files, and where the addresses of the indexes come from."""

import importlib.util
import json
import os
import sys
import time
from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import settings
from mmearth_qgis.mmearth_plugin.install import index_address, network, package_index
from mmearth_qgis.mmearth_plugin.install.package_index import Found, NotAnIndexError, PackageIndex, find_file
from qgis.core import QgsNetworkAccessManager, QgsSettings
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtNetwork import QNetworkReply

pytestmark = pytest.mark.qgis
PAGE = "https://index.example.org/simple/tiny/"
DIGEST = "ab" * 32
VARIABLES = (
    "MMEARTH_INDEX", "MMEARTH_TORCH_INDEX", "UV_DEFAULT_INDEX", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
)  # fmt: skip


def _local_index():
    spec = importlib.util.spec_from_file_location("local_index", Path(__file__).with_name("local_index.py"))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


local_index = _local_index()


@pytest.fixture
def server(tmp_path, qgis_app, monkeypatch):
    monkeypatch.setattr(network, "WAITS_MS", (1, 1, 1, 1))
    for name, version in (("tiny", "1.0"), ("tiny", "1.1"), ("Big.Thing", "2.0+cu130")):
        local_index.make_wheel(tmp_path / "ä ö", name, version)
    with local_index.LocalIndex(tmp_path / "ä ö") as running:
        yield running


WANTED = {"tiny": "tiny-1.1-py3-none-any.whl", "big_thing": "Big_Thing-2.0+cu130-py3-none-any.whl"}


@pytest.fixture
def look_up(wait_for):
    """Returns a function that asks an index and returns what was said in the end."""

    def ask(address, packages=WANTED):
        index, heard = PackageIndex(address), []
        index.found.connect(lambda files: heard.append(("found", files)))
        index.failed.connect(lambda sentence: heard.append(("failed", sentence)))
        index.look_up(packages)
        wait_for(lambda: heard)
        wait_for(lambda: not index.children() and not _replies())
        assert len(heard) == 1
        return heard[0]

    return ask


def _replies():
    return QgsNetworkAccessManager.instance().findChildren(QNetworkReply)


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("redirect", [False, True])
def test_files_are_found(server, look_up, html, redirect):
    server.switches.html_only, server.switches.redirect = html, redirect
    how, files = look_up(server.address + "/")
    assert how == "found"
    assert set(files) == set(WANTED.values())
    for name, found in files.items():
        file = server.folder / name
        assert found.sha256 == local_index.sha256_of(file)
        assert found.size == (0 if html else file.stat().st_size)
        place = "/moved/files/" if redirect else "/files/"  # relative to the page that came in the end
        assert found.url == server.file_address(name).replace("/files/", place)
    asked = {request.path.replace("/moved", "") for request in server.requests}
    assert asked == {"/simple/tiny/", "/simple/big-thing/"}


def test_an_index_without_hashes(server, look_up):
    server.switches.without_hashes = True
    _how, files = look_up(server.address)
    assert {(found.sha256, found.size) for found in files.values()} == {("", 0)}


def test_six_pages_at_once(server, wait_for, monkeypatch):
    for number in range(9):
        local_index.make_wheel(server.folder, f"p{number}", "1.0")
    index, most = PackageIndex(server.address), []
    heard = []
    index.found.connect(heard.append)
    real = network.get
    monkeypatch.setattr(network, "get", lambda *asked: most.append(len(index._pages)) or real(*asked))
    index.look_up({f"p{number}": f"p{number}-1.0-py3-none-any.whl" for number in range(9)})
    assert len(most) == 6
    wait_for(lambda: heard)
    assert len(heard[0]) == 9
    assert max(most) == 6


def test_nothing_to_look_up(look_up):
    assert look_up("http://127.0.0.1:9/simple", {}) == ("found", {})


def test_a_package_that_is_not_there(server, look_up):
    how, sentence = look_up(server.address, {"unheard-of": "unheard_of-1.0-py3-none-any.whl"})
    assert how == "failed"
    for named in ("127.0.0.1", '"unheard-of"', "update the plugin"):
        assert named in sentence


def test_a_file_that_is_not_there(server, look_up):
    how, sentence = look_up(server.address, {"tiny": "tiny-9.0-py3-none-any.whl"})
    assert how == "failed"
    for named in ("127.0.0.1", '"tiny-9.0-py3-none-any.whl"', "Update the plugin"):
        assert named in sentence


def test_a_network_that_wants_a_login(server, look_up):
    server.switches.login_page = True
    how, sentence = look_up(server.address)
    assert how == "failed"
    assert "log in to the network" in sentence
    assert "127.0.0.1" in sentence


@pytest.mark.parametrize(
    ("status", "words"), [(407, "Settings > Options > Network"), (403, "refuses access"), (401, "user name")]
)
def test_what_does_not_pass_is_told_at_once(server, look_up, status, words):
    server.answer(status, "tiny")
    how, sentence = look_up(server.address, {"tiny": WANTED["tiny"]})
    assert how == "failed"
    assert words in sentence
    assert len(server.requests) == 1


def test_errors_of_the_server_pass_or_are_told(server, look_up):
    server.answer(500, "tiny", times=4)
    assert look_up(server.address)[0] == "found"
    server.answer(500, "tiny")
    how, sentence = look_up(server.address)
    assert how == "failed"
    assert "(500)" in sentence


def test_a_server_that_speaks_no_tls_is_explained(server, look_up):
    how, sentence = look_up(server.address.replace("http:", "https:"))
    assert how == "failed"
    assert '"tiny"' in sentence or '"big_thing"' in sentence


@pytest.mark.parametrize("waiting", [False, True])
def test_cancel_says_nothing(server, wait_for, monkeypatch, waiting):
    """At once, and while waiting for the next try."""
    monkeypatch.setattr(network, "WAITS_MS", (150,))
    server.answer(500, times=2)  # the second try would succeed
    index, heard = PackageIndex(server.address), []
    index.found.connect(heard.append)
    index.failed.connect(heard.append)
    index.look_up(WANTED)
    if waiting:
        wait_for(lambda: len(server.requests) == 2)
    index.cancel()
    with pytest.raises(AssertionError):
        wait_for(lambda: heard, 0.3)
    wait_for(lambda: not index.children() and not _replies())


def test_a_certificate_is_told_with_the_place_to_import_it():
    sentence = network.explained("What.", "QNetworkReply 6 (HTTP 0): SSL handshake failed")
    assert sentence.startswith("What. ")
    assert "Settings > Options > Authentication" in sentence


def _html(*links):
    return "".join(f'<a href="{link}">x</a>\n' for link in links).encode()


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("../../files/t%2B1.whl", "https://index.example.org/files/t%2B1.whl"),
        ("/t+1.whl", "https://index.example.org/t+1.whl"),
        ("https://files.example.org/t%2B1.whl", "https://files.example.org/t%2B1.whl"),
        ("t%2B1.whl?key=1&amp;b=2", "https://index.example.org/simple/tiny/t%2B1.whl?key=1&b=2"),
    ],
)
def test_links_of_html(link, url):
    page = _html("other.whl", f"{link}#sha256={DIGEST}")
    assert find_file(page, PAGE, "t+1.whl") == Found(url, DIGEST, 0)
    assert find_file(page, PAGE, "t+2.whl") is None


def test_the_base_of_html_counts():
    page = b'<base href="https://base.example.org/a/">' + _html("t.whl#md5=1")
    assert find_file(page, PAGE, "t.whl") == Found("https://base.example.org/a/t.whl", "", 0)


@pytest.mark.parametrize("link", ["http://files.example.org/t.whl", "file:///etc/t.whl", "ftp://x.example.org/t.whl"])
def test_links_that_are_less_safe_do_not_count(link):
    assert find_file(_html(link), PAGE, "t.whl") is None
    body = {"files": [{"filename": "t.whl", "url": link, "hashes": {"sha256": DIGEST}}]}
    assert find_file(json.dumps(body).encode(), PAGE, "t.whl") is None


def test_a_password_goes_to_the_same_server_only():
    page = "https://ann:secret@index.example.org/simple/tiny/"
    body = _html("/a.whl", "https://index.example.org/b.whl", "https://files.example.org/c.whl")
    assert find_file(body, page, "a.whl").url == "https://ann:secret@index.example.org/a.whl"
    assert find_file(body, page, "b.whl").url == "https://ann:secret@index.example.org/b.whl"
    assert find_file(body, page, "c.whl").url == "https://files.example.org/c.whl"


@pytest.mark.parametrize(
    "page",
    [b"", b"<html><a href='/login'>Log in</a></html>", b'{"error": 1}', b"{", b'{"files": [1]}', b'{"files": 3}'],
)
def test_other_pages_are_no_index(page):
    with pytest.raises(NotAnIndexError):
        find_file(page, PAGE, "t.whl")


def test_a_page_without_a_file_of_this_name_is_an_index():
    assert find_file(b'{"files": []}', PAGE, "t.whl") is None


def test_a_large_page_does_not_hold_up_the_window(server, wait_for, monkeypatch):
    """10 000 links are what PyTorch's own index has."""
    links = [f"t-{number}-cp312-cp312-win_amd64.whl#sha256={DIGEST}" for number in range(10_000)]
    wanted = "t-9999-cp312-cp312-win_amd64.whl"
    monkeypatch.setattr(package_index, "find_file", lambda _data, url, file: find_file(_html(*links), url, file))
    beats, timer = [time.monotonic()], QTimer()
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start(10)
    index, heard = PackageIndex(server.address), []
    index.found.connect(heard.append)
    index.look_up({"tiny": wanted})
    wait_for(lambda: heard)
    timer.stop()
    assert heard[0][wanted].sha256 == DIGEST
    gaps = sorted(later - sooner for sooner, later in zip(beats, beats[1:]))
    assert len(gaps) > 3
    assert gaps[-2] < 0.1  # the longest may be the machine's own


@pytest.fixture
def no_address(qgis_app, monkeypatch, tmp_path):
    """A computer where nobody has named an index."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(index_address, "PACKAGED", tmp_path / "index.json")
    QgsSettings().remove("mmearth")
    yield tmp_path
    QgsSettings().remove("mmearth")


def test_no_index_is_known(no_address):
    assert index_address.main_index() == ""
    assert index_address.torch_index() == ""


def test_what_counts_for_the_main_index(no_address, monkeypatch):
    found = []
    (no_address / "index.json").write_text('{"index": "https://packaged.example.org/simple", "torch_index": ""}')
    found.append(index_address.main_index())
    (no_address / "pip.conf").write_text("[global]\nindex-url = https://conf.example.org/simple/\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(no_address / "pip.conf"))
    found.append(index_address.main_index())
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "MMEARTH_INDEX"):
        monkeypatch.setenv(name, f"https://{name[:3].lower()}.example.org/simple")
        found.append(index_address.main_index())
    settings.set_package_index("http://setting.example.org/simple/")
    found.append(index_address.main_index())
    hosts = ["packaged", "conf", "pip", "uv_", "mme"]
    assert found == [*(f"https://{host}.example.org/simple" for host in hosts), "http://setting.example.org/simple"]


def test_what_counts_for_the_index_of_pytorch(no_address, monkeypatch):
    (no_address / "index.json").write_text('{"index": "", "torch_index": "https://packaged.example.org/whl"}')
    assert index_address.torch_index() == "https://packaged.example.org/whl"
    monkeypatch.setenv("MMEARTH_TORCH_INDEX", "https://variable.example.org/whl/")
    assert index_address.torch_index() == "https://variable.example.org/whl"
    settings.set_torch_index("https://setting.example.org/whl")
    assert index_address.torch_index() == "https://setting.example.org/whl"
    assert index_address.main_index() == ""


def test_addresses_that_cannot_be_used_are_passed_over(no_address, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://plain.example.org/simple")
    assert index_address.main_index() == ""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:3141/simple")
    assert index_address.main_index() == "http://127.0.0.1:3141/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "mirror=https://named.example.org/simple")
    assert index_address.main_index() == "https://named.example.org/simple"
    settings.set_package_index("not an address")
    assert index_address.main_index() == "https://named.example.org/simple"


@pytest.mark.parametrize("text", ["[]", "{", '{"index": null}'])
def test_a_broken_file_of_the_packaging_names_none(no_address, text):
    (no_address / "index.json").write_text(text)
    assert index_address.main_index() == ""


@pytest.mark.parametrize(
    ("address", "by_hand", "fine"),
    [
        ("https://a.example.org/simple", False, True),
        ("https://ann:secret@a.example.org:8443/simple", False, True),
        ("http://a.example.org/simple", True, True),
        ("http://a.example.org/simple", False, False),
        ("http://localhost:3141/root", False, True),
        ("http://[::1]:3141/root", False, True),
        ("http://127.0.0.1.example.org/", False, False),
        ("file:///srv/simple", True, False),
        ("a.example.org/simple", True, False),
        ("https://", True, False),
        ("https://a.example.org:port/", True, False),
        ("https://a b.example.org/", True, False),
    ],
)
def test_addresses_are_checked(address, by_hand, fine):
    problem = index_address.address_problem(address, by_hand)
    assert (problem == "") == fine
    assert fine or "https://" in problem


def test_configuration_of_pip(tmp_path):
    first, second, broken = (tmp_path / name for name in ("first.conf", "second.conf", "broken.conf"))
    first.write_text("[global]\nindex_url=https://first.example.org/%40\n[install]\ntimeout = 9\n", encoding="utf-8")
    second.write_text(
        "[global]\nindex-url = https://x.example.org\n[install]\nindex-url = https://second.example.org\n"
    )
    broken.write_text("index-url\n")
    assert index_address.index_of_pip([first, tmp_path / "none"]) == "https://first.example.org/%40"
    assert index_address.index_of_pip([first, second, broken]) == "https://second.example.org"
    assert index_address.index_of_pip([second, first]) == "https://first.example.org/%40"
    assert index_address.index_of_pip([broken]) == ""


def test_where_pip_has_its_configuration(tmp_path):
    home = Path("/home/ann")
    linux = index_address.pip_files({"XDG_CONFIG_DIRS": "/a:/b"}, "linux", home)
    assert [str(path) for path in linux] == [
        "/a/pip/pip.conf", "/b/pip/pip.conf", "/etc/pip.conf",
        "/home/ann/.pip/pip.conf", "/home/ann/.config/pip/pip.conf",
    ]  # fmt: skip
    windows = index_address.pip_files({"PROGRAMDATA": "P", "APPDATA": "A", "PIP_CONFIG_FILE": "own"}, "win32", home)
    assert windows == [Path("P/pip/pip.ini"), home / "pip/pip.ini", Path("A/pip/pip.ini"), Path("own")]
    assert index_address.pip_files({}, "darwin", tmp_path)[-1] == tmp_path / ".config/pip/pip.conf"
    in_library = tmp_path / "Library" / "Application Support" / "pip"
    in_library.mkdir(parents=True)
    assert index_address.pip_files({}, "darwin", tmp_path)[-1] == in_library / "pip.conf"
    assert index_address.pip_files({"PIP_CONFIG_FILE": os.devnull}, "linux", home) == []
