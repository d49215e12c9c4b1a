"""Downloads through QGIS's network, from a server on the loopback address that misbehaves as networks do."""

import errno
import hashlib
import importlib.util
import shutil
import socket
import sys
import time
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import messages
from mmearth_qgis.mmearth_plugin.install import network
from mmearth_qgis.mmearth_plugin.install.download import Download, Wanted
from mmearth_qgis.mmearth_plugin.install.downloads import DownloadQueue
from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtNetwork import QNetworkProxy, QNetworkReply

pytestmark = pytest.mark.qgis
NAME = "torch-2.13.0+cu130-cp312-cp312-win_amd64.whl"
CONTENT = bytes(range(256)) * 12_000  # 3 MB
DIGEST = hashlib.sha256(CONTENT).hexdigest()
Usage = namedtuple("Usage", "total used free")


def _local_index():
    spec = importlib.util.spec_from_file_location("local_index", Path(__file__).with_name("local_index.py"))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


local_index = _local_index()


@pytest.fixture
def server(tmp_path, qgis_app, monkeypatch):
    monkeypatch.setattr(network, "WAITS_MS", (1, 1, 1, 1))
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    with local_index.LocalIndex(folder) as running:
        yield running
        assert not [reply for reply in _replies() if reply.isRunning()]


@pytest.fixture
def there(tmp_path):
    """A folder as users have them."""
    return tmp_path / "Übung für Ärzte 木" / "down loads"


def _replies():
    return QgsNetworkAccessManager.instance().findChildren(QNetworkReply)


def _wanted(server, folder, **facts):
    return Wanted(server.file_address(NAME), folder / NAME, **{"sha256": DIGEST, "size": len(CONTENT), **facts})


def _heard(thing):
    """Returns what a download or a queue says in the end, in a list that grows."""
    heard = []
    thing.finished.connect(lambda found: heard.append(("finished", found)))
    thing.failed.connect(lambda sentence: heard.append(("failed", sentence)))
    return heard


@pytest.fixture
def download(wait_for):
    """Returns a function that downloads a file to the end and returns what was said."""

    def run(wanted):
        one = Download(wanted)
        heard = _heard(one)
        one.start()
        wait_for(lambda: heard)
        assert len(heard) == 1
        return heard[0]

    return run


def _ranges(server):
    return [asked.range for asked in server.requests]


@pytest.mark.parametrize("facts", [{}, {"sha256": "", "size": 0}])
def test_a_file_comes_whole(server, there, download, facts):
    assert download(_wanted(server, there, **facts)) == ("finished", DIGEST)
    assert [path.name for path in there.iterdir()] == [NAME]
    assert (there / NAME).read_bytes() == CONTENT
    assert _ranges(server) == [""]


def test_progress_ends_at_the_whole_size(server, there, wait_for):
    one, steps = Download(_wanted(server, there, size=0)), []
    one.progress.connect(lambda received, total: steps.append((received, total)))
    heard = _heard(one)
    one.start()
    wait_for(lambda: heard)
    assert steps == sorted(steps)
    assert {total for _received, total in steps} == {len(CONTENT)}
    assert steps[-1][0] == len(CONTENT)
    assert len(steps) > 1


def test_a_dropped_connection_goes_on_where_it_was(server, there, download):
    server.drop(NAME, 1_000_000, times=2)
    assert download(_wanted(server, there)) == ("finished", DIGEST)
    first, second, third = _ranges(server)
    assert first == ""
    assert (second, third) == ("bytes=1000000-", "bytes=2000000-")
    assert server.sent_bytes(NAME) == len(CONTENT)  # not one byte came twice


def test_more_drops_than_tries_are_no_end_while_bytes_come(server, there, download):
    server.drop(NAME, 300_000, times=9)
    assert download(_wanted(server, there)) == ("finished", DIGEST)
    assert len(server.requests) == 10


def test_a_connection_that_brings_nothing_is_given_up_after_five_tries(server, there, download):
    server.drop(NAME, 0, times=-1)
    how, sentence = download(_wanted(server, there))
    assert how == "failed"
    assert NAME in sentence
    assert "broke off" in sentence
    assert len(server.requests) == 5


def test_a_server_without_ranges_that_always_drops_is_given_up(server, there, download):
    server.switches.without_range = True
    server.drop(NAME, 500_000, times=-1)
    assert download(_wanted(server, there))[0] == "failed"
    assert len(server.requests) == 5  # only the first one brought something new


def test_a_server_without_ranges_begins_anew(server, there, download):
    server.switches.without_range = True
    server.drop(NAME, 500_000)
    assert download(_wanted(server, there)) == ("finished", DIGEST)
    assert server.sent_bytes(NAME) == 500_000 + len(CONTENT)


def test_cancel_is_at_once_and_the_next_start_goes_on(server, there, wait_for, download):
    server.switches.bytes_per_second = 4_000_000
    one, received = Download(_wanted(server, there)), []
    one.progress.connect(lambda there_, _total: received.append(there_))
    heard = _heard(one)
    one.start()
    wait_for(lambda: received)
    before = time.monotonic()
    one.cancel()
    assert time.monotonic() - before < 0.2
    part = there / f"{NAME}.part"
    assert part.stat().st_size == received[-1]
    server.switches.bytes_per_second = 0
    assert download(_wanted(server, there)) == ("finished", DIGEST)
    assert _ranges(server)[-1] == f"bytes={received[-1]}-"
    assert heard == []
    assert not part.exists()


def test_cancel_while_waiting_for_the_next_try(server, there, wait_for, monkeypatch):
    monkeypatch.setattr(network, "WAITS_MS", (300,))
    server.answer(500)
    one = Download(_wanted(server, there))
    heard = _heard(one)
    one.start()
    wait_for(lambda: server.requests)
    one.cancel()
    with pytest.raises(AssertionError):
        wait_for(lambda: len(server.requests) > 1, 0.5)
    assert heard == []


def test_a_whole_part_is_only_checked(server, there, download):
    there.mkdir(parents=True)
    (there / f"{NAME}.part").write_bytes(CONTENT)
    assert download(_wanted(server, there)) == ("finished", DIGEST)
    assert server.requests == []


def test_a_whole_part_of_unknown_size_asks_for_nothing_more(server, there, download):
    there.mkdir(parents=True)
    (there / f"{NAME}.part").write_bytes(CONTENT)
    assert download(_wanted(server, there, size=0)) == ("finished", DIGEST)
    assert [asked.status for asked in server.requests] == [416]


@pytest.mark.parametrize("part", [b"x" * 1000, CONTENT + b"x", b"x" * len(CONTENT)], ids=["shorter", "longer", "same"])
def test_a_part_that_is_of_another_file_is_replaced(server, there, download, part):
    there.mkdir(parents=True)
    (there / f"{NAME}.part").write_bytes(part)
    assert download(_wanted(server, there)) == ("finished", DIGEST)
    assert (there / NAME).read_bytes() == CONTENT


def test_a_wrong_hash_is_refused(server, there, download):
    changed = CONTENT[:-1] + b"!"
    server.replace(NAME, changed)
    how, sentence = download(_wanted(server, there))
    assert how == "failed"
    for named in (NAME, "127.0.0.1", DIGEST[:12], hashlib.sha256(changed).hexdigest()[:12]):
        assert named in sentence
    assert list(there.iterdir()) == []
    assert len(server.requests) == 1


def test_another_size_is_refused_before_it_comes(server, there, download):
    how, sentence = download(_wanted(server, there, size=77))
    assert how == "failed"
    assert "77" in sentence
    assert str(len(CONTENT)) in sentence
    assert not (there / NAME).exists()


def test_a_login_page_does_not_cost_what_was_downloaded(server, there, download):
    there.mkdir(parents=True)
    (there / f"{NAME}.part").write_bytes(CONTENT[:1000])
    server.switches.login_page = True
    for facts in ({}, {"sha256": "", "size": 0}):
        how, sentence = download(_wanted(server, there, **facts))
        assert how == "failed"
        assert "log in" in sentence
    assert (there / f"{NAME}.part").read_bytes() == CONTENT[:1000]


def test_errors_of_the_server_pass(server, there, download):
    server.answer(500, times=3)
    assert download(_wanted(server, there)) == ("finished", DIGEST)
    assert [asked.status for asked in server.requests] == [500, 500, 500, 200]


@pytest.mark.parametrize(("status", "words"), [(404, "does not have the file"), (403, "refuses access"), (407, "407")])
def test_what_does_not_pass_is_told_at_once(server, there, download, status, words):
    server.answer(status)
    how, sentence = download(_wanted(server, there))
    assert how == "failed"
    assert NAME in sentence
    assert words in sentence
    assert {asked.status for asked in server.requests} == {status}
    assert len(server.requests) == 1


def test_a_proxy_of_qgis_is_used_and_may_want_a_password(server, there, download):
    manager = QgsNetworkAccessManager.instance()
    before = manager.fallbackProxy(), manager.excludeList(), manager.noProxyList()
    proxy = QNetworkProxy(QNetworkProxy.ProxyType.HttpProxy, "127.0.0.1", server.port)
    manager.setFallbackProxyAndExcludes(proxy, [], [])
    try:
        elsewhere = Wanted(f"http://files.example.org/files/{NAME}", there / NAME, DIGEST, len(CONTENT))
        assert download(elsewhere) == ("finished", DIGEST)
        (there / NAME).unlink()
        server.answer(407)
        heard = [download(elsewhere), download(replace(elsewhere, url="https://files.example.org/tunnelled.whl"))]
    finally:
        manager.setFallbackProxyAndExcludes(*before)
    for how, sentence in heard:
        assert how == "failed"
        assert "user name and a password (407)" in sentence
        assert "Settings > Options > Network" in sentence


def test_a_server_that_is_not_there(server, there, download):
    with socket.socket() as bound:  # bound, not listening: refused
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/{NAME}"
        how, sentence = download(Wanted(url, there / NAME))
    assert how == "failed"
    assert "cannot be reached" in sentence


def test_no_traffic_counts_as_dropped(server, there, download):
    manager, timeout = QgsNetworkAccessManager.instance(), QgsNetworkAccessManager.timeout()
    server.switches.bytes_per_second = 800_000  # a piece each twentieth of a second
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        manager.setTimeout(250)
        try:
            how, sentence = download(Wanted(f"http://127.0.0.1:{silent.getsockname()[1]}/{NAME}", there / NAME))
            slow = Wanted(server.file_address("small.whl"), there / "small.whl")
            (server.folder / "small.whl").write_bytes(CONTENT[:300_000])
            assert download(slow)[0] == "finished"  # slow, but longer than the timeout
        finally:
            manager.setTimeout(timeout)
    assert how == "failed"
    assert "stood still" in sentence


def test_redirects_are_followed(server, there, download):
    server.switches.redirect = True
    server.drop(NAME, 1_000_000)
    assert download(_wanted(server, there)) == ("finished", DIGEST)
    assert server.sent_bytes(NAME) == len(CONTENT)


class _FullDisk:
    """A file on a disk that takes some bytes and then no more."""

    def __init__(self, file, most):
        self.file, self.left = file, most

    def write(self, data):
        self.left -= len(data)
        if self.left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def close(self):
        self.file.close()


def test_a_full_disk_is_told_and_keeps_the_part(server, there, download, monkeypatch):
    real = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda path, *mode, **more: (
            _FullDisk(real(path, *mode, **more), 2_000_000)
            if path.name.endswith(".part")
            else real(path, *mode, **more)
        ),
    )
    how, sentence = download(_wanted(server, there))
    monkeypatch.undo()
    assert how == "failed"
    assert str(there) in sentence
    assert "disk was full" in sentence
    kept = (there / f"{NAME}.part").read_bytes()
    assert kept
    assert CONTENT.startswith(kept)


def test_a_folder_that_cannot_be_made(server, tmp_path, download):
    (tmp_path / "file").write_text("a file where the folder should be", encoding="utf-8")
    how, sentence = download(_wanted(server, tmp_path / "file" / "downloads"))
    assert how == "failed"
    assert str(tmp_path / "file" / "downloads") in sentence
    assert server.requests == []


@pytest.fixture
def many(server, there):
    """Nine files, and what is wanted of them."""
    wanted = []
    for number in range(9):
        data = bytes([number]) * (100_000 * (number + 1))
        (server.folder / f"p{number}.whl").write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        wanted.append(Wanted(server.file_address(f"p{number}.whl"), there / f"p{number}.whl", digest, len(data)))
    return wanted


def test_a_queue_brings_all_and_then_nothing_more(many, server, there, wait_for):
    queue, steps = DownloadQueue(many), []
    queue.progress.connect(lambda *step: steps.append(step))
    heard = _heard(queue)
    queue.start()
    wait_for(lambda: heard)
    assert heard == [("finished", {each.file.name: each.sha256 for each in many})]
    assert steps[-1][:2] == (4_500_000, 4_500_000)
    assert [step[0] for step in steps] == sorted(step[0] for step in steps)
    assert {path.name for path in there.iterdir()} == {each.file.name for each in many}
    (there / "p3.whl").write_bytes(b"\0" * 400_000)  # right size, wrong content
    (there / "p4.whl").write_bytes(b"short")
    server.requests.clear()
    again = DownloadQueue(many)
    heard = _heard(again)
    again.start()
    wait_for(lambda: heard)
    assert heard == [("finished", {each.file.name: each.sha256 for each in many})]
    assert sorted(asked.path for asked in server.requests) == ["/files/p3.whl", "/files/p4.whl"]
    assert hashlib.sha256((there / "p3.whl").read_bytes()).hexdigest() == many[3].sha256


def test_four_at_once(many, server, wait_for):
    server.switches.bytes_per_second = 100_000
    queue = DownloadQueue(many)
    queue.start()
    wait_for(lambda: len(server.requests) == 4)
    with pytest.raises(AssertionError):
        wait_for(lambda: len(server.requests) > 4, 0.2)
    names = [asked.path.rpartition("/")[2] for asked in server.requests]
    assert sorted(names) == ["p5.whl", "p6.whl", "p7.whl", "p8.whl"]  # the largest
    before = time.monotonic()
    queue.cancel()
    assert time.monotonic() - before < 0.2
    assert queue.findChildren(Download) == [] or all(not part._reply for part in queue.findChildren(Download))


def test_one_failure_ends_the_queue_once(many, server, there, wait_for):
    server.answer(404, "p2.whl")
    server.answer(404, "p5.whl")
    queue = DownloadQueue(many)
    heard = _heard(queue)
    queue.start()
    wait_for(lambda: heard)
    with pytest.raises(AssertionError):
        wait_for(lambda: len(heard) > 1, 0.1)
    assert heard[0][0] == "failed"
    assert "p5.whl" in heard[0][1]
    assert not [name for name in there.iterdir() if name.name == "p5.whl"]


def test_too_little_space_is_told_before(many, server, there, wait_for, monkeypatch):
    there.mkdir(parents=True)
    (there / "p8.whl.part").write_bytes(b"\x08" * 500_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(0, 0, 23_999_999))  # 4 MB to come and 20 to spare
    queue = DownloadQueue(many)
    heard = _heard(queue)
    queue.start()
    wait_for(lambda: heard)
    how, sentence = heard[0]
    assert how == "failed"
    for named in (str(there), messages.size_text(24_000_000)):
        assert named in sentence
    assert server.requests == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(0, 0, 24_000_000))
    again = DownloadQueue(many)
    heard = _heard(again)
    again.start()
    wait_for(lambda: heard)
    assert heard[0][0] == "finished"


def test_nothing_wanted_is_done(qgis_app, wait_for):
    queue = DownloadQueue([])
    heard = _heard(queue)
    queue.start()
    wait_for(lambda: heard)
    assert heard == [("finished", {})]


def test_the_window_does_not_stand_still(server, there, wait_for):
    big = b"\x07" * 20_000_000
    (server.folder / "big.whl").write_bytes(big)
    there.mkdir(parents=True)
    (there / "big.whl.part").write_bytes(big[:4_000_000])
    beats, timer = [time.monotonic()], QTimer()
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start(10)
    digest = hashlib.sha256(big).hexdigest()
    queue = DownloadQueue([Wanted(server.file_address("big.whl"), there / "big.whl", digest, len(big))])
    heard = _heard(queue)
    queue.start()
    wait_for(lambda: heard)
    timer.stop()
    assert heard == [("finished", {"big.whl": digest})]
    gaps = sorted(later - sooner for sooner, later in zip(beats, beats[1:]))
    assert len(gaps) > 3
    assert gaps[-2] < 0.1  # the longest may be the machine's own


def test_nothing_is_left_over(many, server, wait_for):
    queue = DownloadQueue(many)
    heard = _heard(queue)
    queue.start()
    wait_for(lambda: heard)
    wait_for(lambda: not _replies() and not queue.findChildren(Download))
