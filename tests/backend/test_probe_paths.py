"""The verb `probe_paths`."""

import io
import json
import os
import threading

import pytest
from mmearth import probe_paths, protocol, serve
from mmearth.errors import InputError
from mmearth.progress import Reporter

SILENT = Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(probe_paths, "_PATIENCE_S", 0.0)


def probe(*files):
    return probe_paths.run(protocol.ProbePathsRequest(tuple(map(str, files))), SILENT)["found"]


def test_reads_the_text_and_writes_an_answer_beside_it(tmp_path):
    file = tmp_path / ".mmearth-probe-12ab"
    file.write_text("a random text", encoding="utf-8")
    (found,) = probe(file)
    assert (found["text"], found["problem"]) == ("a random text", "")
    assert (tmp_path / ".mmearth-probe-12ab.answer").read_text(encoding="utf-8") == found["answer"]
    assert len(found["answer"]) == 32


def test_each_file_is_answered_with_what_was_wrong(tmp_path):
    seen, gone = tmp_path / ".mmearth-probe-1", tmp_path / "elsewhere" / ".mmearth-probe-2"
    seen.write_text("text", encoding="utf-8")
    first, second = probe(seen, gone)
    assert first["problem"] == ""
    assert (second["text"], second["answer"], second["problem"]) == ("", "", "No such file or directory")


def test_a_folder_that_cannot_be_written_is_told_after_its_text(tmp_path):
    file = tmp_path / ".mmearth-probe-3"
    file.write_text("text", encoding="utf-8")
    file.with_name(".mmearth-probe-3.answer").mkdir()  # root may write everywhere, but to no folder
    (found,) = probe(file)
    assert (found["text"], found["answer"], found["problem"]) == ("text", "", "File exists")


def test_the_folder_is_told_without_links(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / ".mmearth-probe-4").write_text("text", encoding="utf-8")
    (found,) = probe(tmp_path / "link" / ".mmearth-probe-4")
    assert found["folder"] == os.path.realpath(tmp_path / "real")


@pytest.mark.parametrize("name", ["scene.tif", ".mmearth-probe-", ".mmearth-probe-1.answer", ".mmearth-probe-/etc"])
def test_no_other_file_is_read_or_written(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("secret", encoding="utf-8")
    with pytest.raises(InputError, match="no probe file"):
        probe(file)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]


def test_a_job_that_never_looks_is_left_once_nobody_listens(monkeypatch):
    """Over ssh nobody can end the process by force: it ends itself some time after its input did."""
    left, stuck = threading.Event(), threading.Event()
    codes = []
    monkeypatch.setattr(serve, "LAST_S", 0.05)
    monkeypatch.setattr(serve.os, "_exit", lambda code: (codes.append(code), left.set()))
    runner = {protocol.CacheRequest: lambda *_: {"waited": stuck.wait(10)}}
    monkeypatch.setattr(serve, "RUNNERS", runner)
    lines = io.StringIO(protocol.encode({"id": "1", "verb": "cache"}))
    loop = threading.Thread(target=serve.serve, args=(lines, io.StringIO()))
    loop.start()
    assert left.wait(10)
    stuck.set()
    loop.join()
    assert codes == [130]


def test_a_loop_that_ends_by_itself_leaves_no_timer(monkeypatch):
    codes, events = [], io.StringIO()
    monkeypatch.setattr(serve.os, "_exit", codes.append)
    serve.serve(io.StringIO(""), events)
    assert json.loads(events.getvalue())["event"] == "hello"
    assert not [
        thread
        for thread in threading.enumerate()
        if isinstance(thread, threading.Timer) and not thread.finished.is_set()
    ]
    assert codes == []
