"""A backend behind a command that is no Python, with folders of other names there: a made `ssh`, real pipes."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess, JobError, run_blocking
from mmearth_qgis.mmearth_plugin.job import Job
from mmearth_qgis.mmearth_plugin.remote.command import Launch
from mmearth_qgis.mmearth_plugin.remote.path_map import PathMap
from qgis.core import QgsProcessingFeedback

pytestmark = pytest.mark.qgis
ROOT = Path(__file__).resolve().parents[2]
CHILDREN = ROOT / "tests" / "contract" / "fake_children"
REAL_PYTHON = ROOT / ".venv" / "bin" / "python"


@pytest.fixture
def folders(tmp_path):
    """The same files under two names: (here, there)."""
    here, there = tmp_path / "my data", tmp_path / "srv" / "data"
    here.mkdir()
    there.parent.mkdir()
    there.symlink_to(here)
    (here / "scene.tif").write_bytes(b"pixels")
    return here, there


@pytest.fixture
def ssh(tmp_path):
    """Returns a function that makes an `ssh`, which notes its arguments and runs shell lines as the other machine."""

    def make(lines):
        script = tmp_path / "ssh"
        script.write_text(f'#!/bin/sh\necho "$@" >"{tmp_path}/said"\n{lines}\n', encoding="utf-8")
        script.chmod(0o755)
        return str(script)

    return make


def fake_child(name="normal"):
    return f'PYTHONPATH="{ROOT / "backend"}" exec "{sys.executable}" "{CHILDREN / name}.py"'


@pytest.fixture
def backend(qgis_app):
    made = []

    def make(program, pairs, **kwargs):
        texts = tuple((str(here), str(there)) for here, there in pairs)
        launch = Launch(program, ("-T", "gpu.example.org", "mmearth", "serve"), PathMap(texts))
        made.append(BackendProcess(launch, **{"grace_s": 0.3, **kwargs}))
        return made[-1]

    yield make
    for process in made:
        process.shutdown(200)


def submitted(process, request):
    job, ends = Job(request), []
    job.finished.connect(ends.append)
    job.failed.connect(lambda *error: ends.append(error))
    job.cancelled.connect(lambda: ends.append("cancelled"))
    process.submit(job)
    return job, ends


def test_paths_are_translated_there_and_back(backend, ssh, folders, tmp_path, wait_for):
    here, there = folders
    process = backend(ssh(fake_child()), [folders])
    _job, ends = submitted(process, protocol.EvaluateRequest(str(here / "set"), str(here / "out")))
    wait_for(lambda: ends)
    assert ends[0]["json"] == str(here / "out" / "table.json")
    sent = (here / "out" / "table.json").read_text(encoding="utf-8")
    assert f'"dataset":"{there}/set"' in sent
    assert str(here) not in sent
    assert (tmp_path / "said").read_text(encoding="utf-8") == "-T gpu.example.org mmearth serve\n"


def test_the_probe_leaves_nothing_and_comes_before_ready(backend, ssh, folders, wait_for):
    here, _there = folders
    process, ready = backend(ssh(fake_child()), [folders]), []
    process.ready.connect(lambda _hello: ready.append(sorted(path.name for path in here.iterdir())))
    process.start()
    wait_for(lambda: ready)
    assert ready == [["scene.tif"]]


def test_a_folder_that_is_not_there_is_named_and_nothing_else_is_asked(backend, ssh, folders, tmp_path, wait_for):
    here, _there = folders
    process = backend(ssh(fake_child()), [(here, tmp_path / "not mounted")])
    _job, ends = submitted(process, protocol.DescribeRequest(str(here / "scene.tif")))
    wait_for(lambda: ends)
    code, message, remedy = ends[0]
    assert code == "resource"
    assert f'"{here}" here is not usable as "{tmp_path}/not mounted" there' in message
    assert "was not found there (No such file or directory)" in message
    assert "mounted on both machines" in remedy
    assert [path.name for path in here.iterdir()] == ["scene.tif"]


def test_a_path_in_no_mapped_folder_fails_before_anything_starts(backend, ssh, folders, tmp_path):
    process = backend(ssh(fake_child()), [folders])
    _job, ends = submitted(process, protocol.DescribeRequest("/home/me/scene.tif"))
    ((code, message, remedy),) = ends
    assert code == "input"
    assert '"/home/me/scene.tif" lies in no folder' in message
    assert f'"{folders[0]}"' in message
    assert "add its folder" in remedy
    assert process.pid == 0
    assert not (tmp_path / "said").exists()


def test_errors_name_files_as_they_are_here(backend, ssh, folders, wait_for):
    here, there = folders
    code = f"""printf '%s\\n' 'import sys; from mmearth import protocol as p
sys.stdout.write(p.encode(p.hello_event({{}}, []))); sys.stdout.flush()
from pathlib import Path
for line in sys.stdin:
    m = p.decode(line)
    if m["verb"] == "probe_paths":
        f = Path(m["files"][0]); Path(str(f) + ".answer").write_text("a")
        r = {{"found": [{{"text": f.read_text(), "answer": "a", "problem": "", "folder": "/real/data"}}]}}
        e = p.result_event(m["id"], r)
    else:
        e = p.error_event(m["id"], "input", "There is no \\"{there}/a b.tif\\" (/real/data/a).", "Look.")
    sys.stdout.write(p.encode(e)); sys.stdout.flush()' >"{here.parent}/child.py"
PYTHONPATH="{ROOT / "backend"}" exec "{sys.executable}" "{here.parent}/child.py" """
    _job, ends = submitted(backend(ssh(code), [folders]), protocol.DescribeRequest(str(here / "a b.tif")))
    wait_for(lambda: ends)
    assert ends == [("input", f'There is no "{here}/a b.tif" ({here}/a).', "Look.")]


def test_another_version_there_says_what_to_copy(backend, ssh, folders, wait_for):
    _job, ends = submitted(backend(ssh(fake_child("other_version")), [folders]), protocol.ListWeightsRequest())
    wait_for(lambda: ends)
    code, message, remedy = ends[0]
    assert code == "protocol"
    assert f"wants version {protocol.BACKEND_VERSION}, protocol {protocol.PROTOCOL_VERSION}" in message
    assert 'Copy the folder "backend"' in remedy


@pytest.mark.parametrize(
    ("said", "status", "cause"),
    [
        (
            "ssh: Could not resolve hostname gpu.example.org: Name or service not known",
            255,
            '"gpu.example.org", is not',
        ),
        ("ssh: connect to host gpu port 22: Connection refused", 255, "no ssh server listens"),
        ("ssh: connect to host gpu port 22: Connection timed out", 255, "cannot be reached"),
        ("me@gpu: Permission denied (publickey,password).", 255, "did not accept the login (publickey,password)"),
        ("Host key verification failed.", 255, "not known to ssh yet"),
        ("bash: line 1: /srv/mmearth: No such file or directory", 127, 'no program "/srv/mmearth"'),
        ("nice: '/srv/mmearth': No such file or directory", 127, 'no program "/srv/mmearth"'),
        ("sh: 1: mmearth: not found", 127, 'no program "mmearth"'),
        ("zsh: mmearth: command not found", 127, 'no program "mmearth"'),
        ("Killed", 137, "memory was full"),
        ("client_loop: send disconnect: Broken pipe", 255, "connection to the other machine was lost"),
        ("ModuleNotFoundError: No module named 'torch'", 1, "torch"),
        ("", 255, "lost, or the program there was killed"),
    ],
)
def test_what_ssh_says_becomes_a_sentence(backend, ssh, folders, wait_for, said, status, cause):
    program = ssh(f"printf '%s\\n' \"{said}\" >&2\nexit {status}")
    _job, ends = submitted(backend(program, [folders]), protocol.ListWeightsRequest())
    wait_for(lambda: ends)
    assert cause in ends[0][1]
    assert ends[0][2]


def test_a_program_that_is_not_here_is_named(backend, folders, wait_for):
    _job, ends = submitted(backend("/nowhere/ssh", [folders]), protocol.ListWeightsRequest())
    wait_for(lambda: ends)
    assert 'no program "/nowhere/ssh" here' in ends[0][1]


def test_silence_suggests_batch_mode(backend, ssh, folders, wait_for):
    process = backend(ssh("exec sleep 20"), [folders], hello_timeout_s=0.3)
    _job, ends = submitted(process, protocol.ListWeightsRequest())
    wait_for(lambda: ends)
    assert "BatchMode=yes" in ends[0][2]


def test_a_job_there_is_cancelled_by_a_message(backend, ssh, folders, wait_for):
    here, _there = folders
    process, ready = backend(ssh(fake_child()), [folders]), []
    process.ready.connect(ready.append)
    job, ends = submitted(process, protocol.EmbedRequest(str(here / "slow.tif"), str(here / "out.tif")))
    wait_for(lambda: ready)
    pid = process.pid
    process.cancel(job)
    wait_for(lambda: ends)
    assert ends == ["cancelled"]
    assert process.pid == pid


def test_a_child_there_ends_when_the_connection_does(backend, ssh, folders, tmp_path, wait_for):
    """As `ssh` killed with QGIS leaves it: its input ends, nobody sends a signal."""
    here, _there = folders
    pipe = f'mkfifo "{tmp_path}/in"\n({fake_child()}) <"{tmp_path}/in" &\necho $! >"{tmp_path}/pid"\n'
    process, ready = backend(ssh(f'{pipe}exec cat >"{tmp_path}/in"'), [folders]), []
    process.ready.connect(ready.append)
    submitted(process, protocol.EmbedRequest(str(here / "slow.tif"), str(here / "out.tif")))
    wait_for(lambda: ready)
    there = int((tmp_path / "pid").read_text(encoding="utf-8"))
    os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _is_running(there) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(there)


def _is_running(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_algorithms_use_the_same_launch(qgis_app, ssh, folders):
    here, there = folders
    launch = Launch(ssh(fake_child()), (), PathMap(((str(here), str(there)),)))
    request = protocol.EvaluateRequest(str(here / "set"), str(here / "out"))
    assert run_blocking(launch, request, QgsProcessingFeedback())["csv"] == str(here / "out" / "table.csv")
    with pytest.raises(JobError, match="lies in no folder"):
        run_blocking(launch, protocol.DescribeRequest("/elsewhere/a.tif"), QgsProcessingFeedback())


@pytest.mark.slow
@pytest.mark.skipif(not REAL_PYTHON.is_file(), reason="no backend in .venv")
def test_the_real_backend_passes_the_probe(backend, ssh, folders, wait_for):
    lines = f'PYTHONPATH="{ROOT / "backend"}" exec "{REAL_PYTHON}" -m mmearth serve'
    process, ready = backend(ssh(lines), [folders]), []
    process.ready.connect(ready.append)
    _job, ends = submitted(process, protocol.DescribeRequest(str(folders[0] / "scene.tif")))
    wait_for(lambda: ends, 60)
    assert ready
    assert ends[0][0] == "input"  # the file holds no raster; the file is named as it is here
    assert str(folders[1]) not in ends[0][1]
    assert [path.name for path in folders[0].iterdir()] == ["scene.tif"]
