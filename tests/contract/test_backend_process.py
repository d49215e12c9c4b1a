"""The plugin's side of the pipe against children that behave and children that do not."""

import json
import os
import signal
import threading
import time

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import backend_log
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess, Job, JobError, child_environment, run_blocking
from qgis.core import QgsApplication, QgsProcessingFeedback

pytestmark = pytest.mark.qgis


class Record:
    """Everything that one job said."""

    def __init__(self, job):
        self.job = job
        self.progress, self.logs, self.metrics, self.terminal = [], [], [], []
        job.progress.connect(lambda *event: self.progress.append(event))
        job.log.connect(lambda *event: self.logs.append(event))
        job.metrics.connect(lambda *event: self.metrics.append(event))
        job.finished.connect(lambda result: self.terminal.append(("finished", result)))
        job.failed.connect(lambda *error: self.terminal.append(("failed", *error)))
        job.cancelled.connect(lambda: self.terminal.append(("cancelled",)))


def describe(scene="scene.tif"):
    return Record(Job(protocol.DescribeRequest(scene)))


def slow():
    return Record(Job(protocol.EmbedRequest("slow.tif", "out.tif")))


@pytest.fixture
def backend(qgis_app, fake_python):
    made = []

    def make(name, **kwargs):
        made.append(BackendProcess(fake_python(name), **{"grace_s": 0.3, **kwargs}))
        return made[-1]

    yield make
    for process in made:
        process.shutdown(200)


@pytest.fixture
def log(qgis_app):
    lines = []

    def keep(text, tag, _level):
        lines.append((tag, text))

    received = QgsApplication.messageLog().messageReceived
    received.connect(keep)
    yield lines
    received.disconnect(keep)


def test_a_job_reports_progress_and_log_and_ends_once(backend, wait_for):
    record = describe()
    backend("normal").submit(record.job)
    wait_for(lambda: record.terminal)
    assert record.progress == [("encoding", 0, 4, None), ("encoding", 2, 4, 1.5)]
    assert record.logs == [("info", "working on scene.tif")]
    assert [event[0] for event in record.terminal] == ["finished"]
    assert record.terminal[0][1]["mapping"] == {"B2": 1, "B3": 2}


def test_metrics_pass_through_the_framing(backend, wait_for, tmp_path):
    record = Record(Job(protocol.PretrainRequest(("scene.tif",), str(tmp_path / "w.safetensors"))))
    backend("normal").submit(record.job)
    wait_for(lambda: record.terminal)
    assert [event[:2] for event in record.metrics] == [(10, 40), (20, 40), (40, 40)]
    first = {"sentinel2": 3.0, "landcover": 2.0, "total": 5.0, "weight landcover": 0.5}
    assert (record.metrics[0][2], record.metrics[0][3]) == (first, "")
    assert [event[0] for event in record.terminal] == ["finished"]


def test_jobs_run_one_after_another_in_one_child(backend, wait_for):
    process, records = backend("normal"), [describe(f"{i}.tif") for i in range(3)]
    pids, order = [], []
    for i, record in enumerate(records):
        record.job.finished.connect(lambda _result, i=i: (order.append(i), pids.append(process.pid)))
        process.submit(record.job)
    wait_for(lambda: len(order) == 3)
    assert order == [0, 1, 2]
    assert len(set(pids)) == 1


def test_an_error_event_fails_the_job_and_keeps_the_child(backend, wait_for):
    process, bad, good = backend("normal"), describe("missing.tif"), describe()
    process.submit(bad.job)
    process.submit(good.job)
    wait_for(lambda: good.terminal)
    assert bad.terminal == [("failed", "input", "'missing.tif' has 3 bands; 12 are wanted.", "Choose another.")]
    assert good.terminal[0][0] == "finished"


def test_rubbish_on_standard_output_is_logged_and_ignored(backend, wait_for, log):
    record = describe()
    backend("noisy").submit(record.job)
    wait_for(lambda: record.terminal)
    assert [event[0] for event in record.terminal] == ["finished"]
    assert len(record.progress) == 2
    assert any("Downloading" in text for tag, text in log if tag == "MMEarth")
    assert any("something verbose" in text for _tag, text in log)


def test_a_child_without_hello_is_given_up_in_time(backend, wait_for):
    process, record = backend("silent", hello_timeout_s=0.4), describe()
    started = time.monotonic()
    process.submit(record.job)
    wait_for(lambda: record.terminal)
    assert time.monotonic() - started < 3
    (kind, code, message, remedy), *more = record.terminal
    assert (kind, code, more) == ("failed", "protocol", [])
    assert "said nothing" in message
    assert "Install the backend again" in remedy
    wait_for(lambda: process.pid == 0)


def test_another_protocol_version_says_reinstall(backend, wait_for):
    record = describe()
    backend("other_version").submit(record.job)
    wait_for(lambda: record.terminal)
    ((kind, code, message, remedy),) = record.terminal
    assert (kind, code) == ("failed", "protocol")
    assert "99" in message
    assert str(protocol.PROTOCOL_VERSION) in message
    assert "Install the backend again" in remedy


def test_a_missing_dependency_is_named(backend, wait_for):
    record = describe()
    backend("no_torch").submit(record.job)
    wait_for(lambda: record.terminal)
    ((kind, code, message, _remedy),) = record.terminal
    assert (kind, code) == ("failed", "protocol")
    assert "No module named 'torch'" in message


def test_a_python_that_does_not_exist_is_named(qgis_app, wait_for):
    process, record = BackendProcess("/nowhere/python"), describe()
    process.submit(record.job)
    wait_for(lambda: record.terminal)
    assert record.terminal[0][1] == "protocol"
    assert "/nowhere/python" in record.terminal[0][2]


def test_an_early_death_without_a_job_is_told(backend, wait_for):
    process, told = backend("no_torch"), []
    process.unavailable.connect(lambda *error: told.append(error))
    process.start()
    wait_for(lambda: told)
    assert told[0][0] == "protocol"


def test_a_crash_fails_the_job_once_and_logs_the_last_words(backend, wait_for, log):
    process, first, second = backend("crashing"), describe(), describe()
    process.submit(first.job)
    process.submit(second.job)
    wait_for(lambda: second.terminal)
    for record in (first, second):
        ((kind, code, message, _remedy),) = record.terminal
        assert (kind, code) == ("failed", "internal")
        assert "exit code 3" in message
    assert any("Segmentation fault in libfake" in text for _tag, text in log)


def test_kill_9_in_the_middle_fails_once_and_the_next_job_works(backend, wait_for):
    process, record = backend("normal"), slow()
    process.submit(record.job)
    wait_for(lambda: record.progress)
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: record.terminal)
    next_record = describe()
    process.submit(next_record.job)
    wait_for(lambda: next_record.terminal)
    assert [event[:2] for event in record.terminal] == [("failed", "resource")]
    assert "signal 9" in record.terminal[0][2]
    assert next_record.terminal[0][0] == "finished"


@pytest.fixture
def dying(backend, monkeypatch):
    """Returns a function that submits a job to a child which dies; returns the record of the job."""

    def submit(at, words="", number=0, code=1, filler=0):
        death = {"words": words, "signal": int(number), "code": code, "at": at, "filler": filler}
        monkeypatch.setenv("MMEARTH_TEST_DEATH", json.dumps(death))
        record = describe()
        backend("dying").submit(record.job)
        return record

    return submit


@pytest.mark.parametrize(
    ("number", "code", "cause"),
    [
        (signal.SIGKILL, "resource", "memory was full"),
        (signal.SIGILL, "internal", "instruction that this processor does not have"),
        (signal.SIGSEGV, "internal", "crashed (access to memory"),
        (signal.SIGBUS, "resource", "became shorter or unreachable"),
    ],
)
def test_a_death_at_work_by_signal_says_its_cause(dying, wait_for, number, code, cause):
    record = dying("work", number=number)
    wait_for(lambda: record.terminal)
    ((kind, found, message, remedy),) = record.terminal
    assert (kind, found) == ("failed", code)
    assert f"in the middle of the work (ended by signal {int(number)})" in message
    assert cause in message
    assert remedy.endswith(f'The whole log is in "{backend_log.path()}".')


@pytest.mark.parametrize("at", ["start", "work"])
def test_a_full_disk_is_named_and_its_remedy(dying, wait_for, at):
    record = dying(at, "Traceback\nOSError: [Errno 28] No space left on device\n")
    wait_for(lambda: record.terminal)
    ((_kind, code, message, remedy),) = record.terminal
    assert code == "resource"
    assert "exit code 1" in message
    assert "The disk is full" in message
    assert remedy.startswith("Free space on the disk")


def test_a_death_before_hello_names_what_the_system_lacks(dying, wait_for):
    record = dying("start", "ImportError: /lib/libm.so.6: version `GLIBC_2.29' not found\n")
    wait_for(lambda: record.terminal)
    ((_kind, code, message, remedy),) = record.terminal
    assert code == "protocol"
    assert "older than the packages: GLIBC_2.29 is missing" in message
    assert remedy.startswith("Update the system")


def test_an_unknown_death_quotes_the_last_words_and_asks_for_a_report(dying, wait_for):
    record = dying("work", "first\nnever heard of\n", code=77)
    wait_for(lambda: record.terminal)
    ((_kind, code, message, remedy),) = record.terminal
    assert code == "internal"
    assert 'exit code 77). Its last words were: "never heard of".' in message
    assert "report it with the log" in remedy


def test_words_from_before_the_job_do_not_explain_its_end(backend, wait_for, dying, monkeypatch):
    death = {"words": "", "signal": int(signal.SIGSEGV), "code": 0, "at": "work", "filler": 0}
    monkeypatch.setenv("MMEARTH_TEST_DEATH", json.dumps(death))
    process, record = backend("dying"), describe()
    process.start()
    wait_for(lambda: process.hello)
    process._last_errors.append("OSError: [Errno 28] No space left on device")  # of a job that went well
    process.submit(record.job)
    wait_for(lambda: record.terminal)
    assert "access to memory" in record.terminal[0][2]


def test_a_program_for_another_processor_is_named(qgis_app, wait_for, tmp_path):
    python, record = tmp_path / "python", describe()
    python.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(64))
    python.chmod(0o755)
    BackendProcess(str(python), qgis_app).submit(record.job)
    wait_for(lambda: record.terminal)
    assert str(python) in record.terminal[0][2]
    assert "another kind of processor" in record.terminal[0][2]


def test_words_that_arrive_in_pieces_are_one_line(dying, wait_for):
    # The line is longer than a pipe holds and has no end: it is cut, perhaps within a letter.
    record = dying("work", "No module named 'rasterio'", filler=100_000)
    wait_for(lambda: record.terminal)
    assert 'the module "rasterio" is missing' in record.terminal[0][2]
    line = backend_log.path().read_text(encoding="utf-8").splitlines()[-2].split(" ", 2)[2]
    assert line == "é" * 100_000 + "No module named 'rasterio'"


def test_all_that_a_child_says_is_in_the_log_file(dying, wait_for):
    lines = [f"line {number} of many" for number in range(100)]
    record = dying("work", "\n".join(lines) + "\n", code=5)
    wait_for(lambda: record.terminal)
    log = backend_log.path().read_text(encoding="utf-8").splitlines()[-102:]
    assert "Starting the backend: " in log[0]
    assert [line.split(" ", 2)[2] for line in log[1:-1]] == lines
    assert log[-1].endswith("The backend ended (exit code 5).")


def test_cancel_is_a_message_first(backend, wait_for):
    process, record = backend("normal", grace_s=5), slow()
    process.submit(record.job)
    wait_for(lambda: record.progress)
    pid = process.pid
    process.cancel(record.job)
    process.cancel(record.job)
    wait_for(lambda: record.terminal)
    assert record.terminal == [("cancelled",)]
    assert process.pid == pid


def test_a_stubborn_child_is_ended_by_force_and_the_next_job_gets_a_new_one(backend, wait_for):
    process, record, waiting = backend("stubborn"), slow(), slow()
    process.submit(record.job)
    wait_for(lambda: record.progress)
    process.submit(waiting.job)
    pid = process.pid
    process.cancel(record.job)
    wait_for(lambda: record.terminal)
    wait_for(lambda: waiting.progress)
    assert record.terminal == [("cancelled",)]
    assert process.pid != pid


@pytest.mark.parametrize("training", [protocol.PretrainRequest, protocol.AdaptRequest, protocol.FineTuneRequest])
def test_a_training_has_time_to_save_before_it_is_ended_by_force(backend, wait_for, tmp_path, training):
    process = backend("stubborn", grace_s=0.1)
    record = Record(Job(training(("scene.tif",), str(tmp_path / "result"))))
    process.submit(record.job)
    wait_for(lambda: record.progress)
    pid = process.pid
    process.cancel(record.job)
    started = time.monotonic()
    wait_for(lambda: time.monotonic() - started > 0.6)  # six times the grace of other jobs
    assert (process.pid, record.terminal) == (pid, [])


def test_a_waiting_job_is_cancelled_without_being_sent(backend, wait_for):
    process, running, waiting = backend("normal"), slow(), describe()
    process.submit(running.job)
    process.submit(waiting.job)
    wait_for(lambda: running.progress)
    process.cancel(waiting.job)
    assert waiting.terminal == [("cancelled",)]
    assert not running.terminal


def test_shutdown_ends_a_busy_child_and_says_nothing(backend, wait_for):
    process, record = backend("stubborn"), slow()
    process.submit(record.job)
    wait_for(lambda: record.progress)
    pid = process.pid
    process.shutdown(100)
    assert process.pid == 0
    assert record.terminal == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_childs_environment_is_without_qgis_settings_and_ours_is_left_alone(qgis_app, monkeypatch):
    for name in ("PYTHONHOME", "PYTHONPATH", "GDAL_DATA", "PROJ_LIB", "PROJ_DATA", "GDAL_DRIVER_PATH"):
        monkeypatch.setenv(name, "/somewhere/of/qgis")
    before = dict(os.environ)
    environment = child_environment()
    names = set(environment.keys())
    assert not names & {"PYTHONHOME", "GDAL_DATA", "PROJ_LIB", "PROJ_DATA", "GDAL_DRIVER_PATH"}
    assert environment.value("PYTHONPATH").endswith("/backend")
    assert environment.value("PYTHONNOUSERSITE") == "1"
    assert dict(os.environ) == before


def in_thread(work):
    """Runs work in a thread without event loop, as Processing does, while this one's loop stands still."""
    outcome = []

    def run():
        try:
            outcome.append(work())
        except JobError as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(15)
    assert outcome, "the thread hangs"
    return outcome[0]


class Feedback(QgsProcessingFeedback):
    """Keeps what a run says."""

    def __init__(self):
        super().__init__(False)
        self.texts, self.infos = [], []

    def setProgressText(self, text):  # noqa: N802
        self.texts.append(text)

    def pushInfo(self, info):  # noqa: N802
        self.infos.append(info)


@pytest.mark.parametrize("child", ["normal", "noisy"])
def test_blocking_run_without_event_loop(qgis_app, fake_python, child):
    python, feedback = fake_python(child), Feedback()
    result = in_thread(lambda: run_blocking(python, protocol.DescribeRequest("scene.tif"), feedback))
    assert result["count"] == 3
    assert feedback.progress() == pytest.approx(50)
    assert feedback.texts == ["Encoding"]
    assert feedback.infos == ["working on scene.tif"]


def test_blocking_run_tells_metrics_once_for_each_percent(qgis_app, fake_python, tmp_path):
    python, feedback = fake_python("normal"), Feedback()
    request = protocol.PretrainRequest(("scene.tif",), str(tmp_path / "w.safetensors"))
    in_thread(lambda: run_blocking(python, request, feedback))
    assert [line for line in feedback.infos if line.startswith("Step")] == [
        "Step 10 of 40: sentinel2 3, landcover 2, total 5, weight landcover 0.5",
        "Step 20 of 40: sentinel2 1.5, landcover 1, total 2.5, weight landcover 0.5",
        "Step 40 of 40: sentinel2 0.75, landcover 0.5, total 1.25, weight landcover 0.5",
    ]


@pytest.mark.parametrize(
    ("child", "text"),
    [("crashing", "exit code 3"), ("other_version", "99"), ("no_torch", "No module named 'torch'")],
)
def test_blocking_run_raises_once(qgis_app, fake_python, child, text):
    python = fake_python(child)
    error = in_thread(lambda: run_blocking(python, protocol.DescribeRequest("scene.tif"), Feedback()))
    assert isinstance(error, JobError)
    assert text in str(error)


def test_blocking_run_is_cancelled_through_its_feedback(qgis_app, fake_python):
    python, feedback = fake_python("normal"), Feedback()
    timer = threading.Timer(0.8, feedback.cancel)
    timer.start()
    error = in_thread(lambda: run_blocking(python, protocol.EmbedRequest("slow.tif", "out.tif"), feedback))
    assert isinstance(error, JobError)
    assert "Cancelled" in str(error)
