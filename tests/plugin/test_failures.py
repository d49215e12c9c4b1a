"""What programs leave behind when they fail, word for word, and what the user reads of it."""

import os
import re
import string
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import backend_log, failures
from mmearth_qgis.mmearth_plugin.messages import tr

pytestmark = pytest.mark.qgis
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "failures.md"
PIP_OS_ERROR = "ERROR: Could not install packages due to an OSError: "
URL = "/whl/cpu/torch/"
RETRY = f"WARNING: Retrying (Retry(total=0)) after connection broken by '{{}}': {URL}"
NO_TORCH = "ERROR: No matching distribution found for torch==2.9.0"

# What happened, in words; the row that explains it; exit code, crashed, system, last lines of standard error.
EXAMPLES = [
    ("signal 9", "killed-for-memory", 9, True, "linux", []),
    ("exit code 137 of a container", "killed-for-memory", 137, False, "linux", []),
    ("signal 9 on macOS", "killed-for-memory", 9, True, "darwin", []),
    (
        "PyTorch has filled the card",
        "gpu-memory",
        1,
        False,
        "linux",
        ["torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."],
    ),
    (
        "an Apple GPU is full",
        "gpu-memory",
        1,
        False,
        "darwin",
        ["RuntimeError: MPS backend out of memory (MPS allocated: 9.05 GB)."],
    ),
    (
        "old NVIDIA driver",
        "gpu-driver-too-old",
        1,
        False,
        "win32",
        ["RuntimeError: The NVIDIA driver on your system is too old (found version 11040)."],
    ),
    (
        "card without kernels in the wheel",
        "gpu-not-supported",
        1,
        False,
        "linux",
        ["RuntimeError: CUDA error: no kernel image is available for execution on the device"],
    ),
    ("allocation in C++", "memory", 6, True, "linux", ["terminate called after throwing 'std::bad_alloc'"]),
    (
        "small paging file",
        "memory",
        1,
        False,
        "win32",
        ['OSError: [WinError 1455] Die Auslagerungsdatei ist zu klein. Error loading "torch_cpu.dll"'],
    ),
    (
        "uv on a full disk",
        "no-space-to-unpack",
        2,
        False,
        "linux",
        ["error: failed to write to file `uv-cache/.tmp1/torch.so`: No space left on device (os error 28)"],
    ),
    (
        "uv on a full disk of Windows",
        "no-space-to-unpack",
        2,
        False,
        "win32",
        ["error: failed to write to file `torch.dll`: Es steht nicht genug Speicherplatz zur Verf. (os error 112)"],
    ),
    ("uv, read-only", "cannot-write", 2, False, "linux", ["error: env/bin: Read-only file system (os error 30)"]),
    ("uv, virus scanner", "locked-file", 2, False, "win32", ["error: failed to rename c10.dll (os error 32)"]),
    ("uv, long path", "path-too-long", 2, False, "win32", ["error: The filename is too long. (os error 206)"]),
    ("uv, AppLocker", "blocked-by-policy", 2, False, "win32", ["error: python.exe: blocked (os error 1260)"]),
    ("uv, another wheel", "damaged-download", 1, False, "linux", ["error: Hash mismatch for `torch==2.13.0`"]),
    ("full disk", "disk-full", 1, False, "linux", ["OSError: [Errno 28] No space left on device: 'out.tif'"]),
    (
        "full disk on Windows, in German",
        "disk-full",
        1,
        False,
        "win32",
        ["OSError: [WinError 112] Es steht nicht genug Speicherplatz auf dem Datenträger zur Verfügung"],
    ),
    ("quota", "disk-full", 1, False, "linux", ["OSError: [Errno 122] Disk quota exceeded"]),
    ("long path", "path-too-long", 1, False, "win32", ["FileNotFoundError: [WinError 206] The filename is too long"]),
    ("AppLocker", "blocked-by-policy", 1, False, "win32", ["OSError: [WinError 1260] Blocked by group policy"]),
    (
        "virus scanner reads a new file",
        "locked-file",
        1,
        False,
        "win32",
        [PIP_OS_ERROR + "[WinError 32] The process cannot access the file", "Check the permissions."],
    ),
    ("access denied", "locked-file", 1, False, "win32", [PIP_OS_ERROR + "[WinError 5] Access is denied: 'c10.dll'"]),
    ("read-only home", "cannot-write", 1, False, "linux", ["Error: [Errno 30] Read-only file system: '/home/ann/env'"]),
    ("folder of root", "cannot-write", 1, False, "linux", ["Error: [Errno 13] Permission denied: '/opt/env'"]),
    ("full disk at a download", "no-space-for-download", 0, False, "linux", ["download: [Errno 28] No space left"]),
    (
        "QGIS's proxy with a password",
        "qgis-proxy-wants-password",
        0,
        False,
        "win32",
        ["QNetworkReply 105 (HTTP 407): "],
    ),
    ("QGIS's proxy is gone", "qgis-proxy-unreachable", 0, False, "linux", ["QNetworkReply 101 (HTTP 0): refused"]),
    ("TLS interception in QGIS", "qgis-certificate", 0, False, "win32", ["QNetworkReply 6 (HTTP 0): SSL handshake"]),
    (
        "hotel network",
        "login-page",
        0,
        False,
        "linux",
        ["QNetworkReply brought a web page of login.example.org"],
    ),
    ("file gone from the server", "file-not-on-server", 0, False, "linux", ["QNetworkReply 203 (HTTP 404): "]),
    ("firewall refuses", "access-refused", 0, False, "linux", ["QNetworkReply 201 (HTTP 403): "]),
    ("server has a fault", "server-error", 0, False, "linux", ["QNetworkReply 403 (HTTP 503): "]),
    ("redirect to http", "bad-redirect", 0, False, "linux", ["QNetworkReply 11 (HTTP 302): "]),
    ("QGIS finds no server", "qgis-no-network", 0, False, "darwin", ["QNetworkReply 3 (HTTP 0): Host not found"]),
    ("QGIS's download breaks off", "qgis-connection-lost", 0, False, "linux", ["QNetworkReply 2 (HTTP 200): "]),
    (
        "proxy with a password",
        "proxy-wants-password",
        1,
        False,
        "win32",
        [
            RETRY.format("ProxyError('Tunnel connection failed: 407 Proxy Authentication Required')"),
            NO_TORCH,
        ],
    ),
    (
        "TLS interception",
        "certificate",
        1,
        False,
        "win32",
        [
            RETRY.format("SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self signed certificate in chain')"),
            NO_TORCH,
        ],
    ),
    (
        "proxy that is gone",
        "proxy-unreachable",
        1,
        False,
        "linux",
        [RETRY.format("ProxyError('Cannot connect to proxy.', NewConnectionError('Connection refused'))"), NO_TORCH],
    ),
    (
        "no name resolution",
        "no-network",
        1,
        False,
        "linux",
        [RETRY.format("NewConnectionError('[Errno -3] Temporary failure in name resolution')"), NO_TORCH],
    ),
    (
        "no name resolution on Windows",
        "no-network",
        1,
        False,
        "win32",
        [RETRY.format("NewConnectionError('[Errno 11001] getaddrinfo failed')"), NO_TORCH],
    ),
    (
        "download stands still",
        "connection-lost",
        2,
        False,
        "linux",
        ["pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool: Read timed out."],
    ),
    (
        "other hash than in the lock file",
        "damaged-download",
        1,
        False,
        "linux",
        ["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "Expected sha256 …"],
    ),
    ("half a wheel", "damaged-download", 1, False, "linux", ["ERROR: Wheel 'torch' located at torch.whl is invalid."]),
    (
        "old glibc",
        "glibc-too-old",
        1,
        False,
        "linux",
        ["ImportError: /lib64/libm.so.6: version `GLIBC_2.29' not found (required by libtorch_cpu.so)"],
    ),
    ("Python for ARM", "wrong-architecture", 126, False, "linux", ["sh: python: cannot execute: Exec format error"]),
    (
        "Python of 32 bits",
        "wrong-architecture",
        1,
        False,
        "win32",
        ["ImportError: [WinError 193] %1 ist keine zulässige Win32-Anwendung"],
    ),
    (
        "Rosetta",
        "wrong-architecture",
        1,
        False,
        "darwin",
        ["ImportError: dlopen(_C.so): (mach-o file, but is an incompatible architecture (have 'arm64'))"],
    ),
    (
        "PyTorch without the Visual C++ runtime",
        "visual-c-runtime",
        1,
        False,
        "win32",
        ["ImportError: DLL load failed while importing _C: Das angegebene Modul wurde nicht gefunden."],
    ),
    (
        "c10.dll",
        "visual-c-runtime",
        1,
        False,
        "win32",
        ['OSError: [WinError 126] The specified module could not be found. Error loading "c10.dll"'],
    ),
    ("status 0xC0000135", "visual-c-runtime", -1073741515, True, "win32", []),
    (
        "library of the system",
        "missing-library",
        1,
        False,
        "linux",
        ["ImportError: libexpat.so.1: cannot open shared object file: No such file or directory"],
    ),
    (
        "Python 3.9 chosen",
        "python-too-old",
        1,
        False,
        "linux",
        ["ERROR: Ignored the following versions: 2.9.0 Requires-Python >=3.10", NO_TORCH],
    ),
    ("plugin half copied", "plugin-incomplete", 1, False, "linux", ["/usr/bin/python3: No module named mmearth"]),
    (
        "NumPy replaced",
        "binary-mismatch",
        1,
        False,
        "linux",
        ["ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96, got 88"],
    ),
    (
        "PyTorch replaced",
        "binary-mismatch",
        1,
        False,
        "linux",
        ["ImportError: libtorch_cuda.so: undefined symbol: ncclCommRegister"],
    ),
    (
        "package missing",
        "missing-module",
        1,
        False,
        "linux",
        ["Traceback (most recent call last):", "ModuleNotFoundError: No module named 'rasterio'"],
    ),
    ("signal 4", "illegal-instruction", 4, True, "linux", []),
    ("status 0xC000001D", "illegal-instruction", -1073741795, True, "win32", []),
    ("signal 7", "bus-error", 7, True, "linux", []),
    ("signal 10 on macOS", "bus-error", 10, True, "darwin", []),
    ("signal 11", "segmentation-fault", 11, True, "linux", ["Extension modules: numpy"]),
    ("status 0xC0000005", "segmentation-fault", -1073741819, True, "win32", []),
    ("status 0xC0000005, unsigned", "segmentation-fault", 3221225477, True, "win32", []),
    ("signal 6", "aborted", 6, True, "linux", ["free(): invalid pointer"]),
    ("signal 15", "ended-from-outside", 15, True, "linux", []),
    ("exit code 3 and a word", "", 3, False, "linux", ["something else"]),
    ("exit code 3", "", 3, False, "linux", []),
    ("signal 10 on Linux, not a bus error", "", 10, True, "linux", []),
    ("exit code 9, not signal 9", "", 9, False, "linux", []),
    ("exit code 137 on Windows", "", 137, False, "win32", []),
    ("WinError 5 in a name, on Linux", "", 1, False, "linux", ["cannot read '[WinError 5].tif'"]),
]


@pytest.mark.parametrize(("what", "name", "code", "crashed", "system", "lines"), EXAMPLES)
def test_each_ending_has_its_cause(what, name, code, crashed, system, lines):
    failure = failures.explain(code, crashed, lines, system)
    assert failure.name == name, what
    for sentence in (failure.cause, failure.remedy):
        assert sentence[0].isupper() or sentence.startswith("pip ")
        assert sentence.endswith(".")
        assert "{" not in sentence


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["ModuleNotFoundError: No module named 'torch._C'"], '"torch._C"'),
        (["ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found (required by x)"], "GLIBC_2.34"),
        (["ImportError: libGL.so.1: cannot open shared object file"], '"libGL.so.1"'),
        (["Error: [Errno 30] Read-only file system: '/home/ann'"], "Read-only file system: '/home/ann'"),
        (["first", "last", " "], '"last"'),
    ],
)
def test_a_cause_names_what_is_missing(lines, named):
    assert named in failures.explain(1, False, lines, "linux").cause


def test_the_code_says_who_can_do_something():
    def code_of(exit_code, crashed, *lines):
        return failures.explain(exit_code, crashed, lines, "linux").code

    assert code_of(9, True) == protocol.RESOURCE
    assert code_of(1, False, "OSError: [Errno 28] No space left on device") == protocol.RESOURCE
    assert code_of(1, False, "No module named 'torch'") == protocol.PROTOCOL
    assert code_of(11, True) == protocol.INTERNAL
    assert code_of(3, False, "unheard of") == protocol.INTERNAL


def test_what_brings_about_the_rest_is_told():
    retried = [RETRY.format("NewConnectionError('[Errno 101] Network is unreachable')"), "Downloading torch"]
    full = [*retried, "error: failed to write to file `torch.so`: No space left on device (os error 28)"]
    assert failures.explain(1, False, full, "linux").name == "no-space-to-unpack"
    assert failures.explain(9, True, full, "linux").name == "killed-for-memory"
    crash_with_cause = ["A module that was compiled using NumPy 1.x cannot be run in NumPy 2.1.0"]
    assert failures.explain(11, True, crash_with_cause, "linux").name == "binary-mismatch"


def test_every_row_has_an_example_and_its_own_name():
    names = [case.name for case in failures.cases()]
    assert len(set(names)) == len(names)
    assert set(names) == {name for _what, name, *_rest in EXAMPLES if name}


def test_placeholders_are_groups_of_the_expression():
    for case in failures.cases():
        wanted = {name for _text, name, _format, _conversion in string.Formatter().parse(case.cause) if name}
        assert wanted == set(re.compile(case.text).groupindex), case.name
        assert not (wanted and case.endings), case.name  # an ending alone names nothing


def table():
    """Returns the document of all failures: what was left behind, and the sentences that are shown."""
    lines = [
        "# Failures of the backend and of its installation",
        "",
        "What each failure leaves behind and what the user reads of it. Written by `tests/plugin/test_failures.py` "
        "from its examples (`MMEARTH_WRITE_DOCS=1`); the rows are those of `mmearth_plugin/failures.py`.",
        "",
        "| What happened | System | Left behind | Cause | Remedy |",
        "|---|---|---|---|---|",
    ]
    systems = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}
    for what, _name, code, crashed, system, said in EXAMPLES:
        failure = failures.explain(code, crashed, said, system)
        left = "; ".join([*([] if said else [f"{'crash' if crashed else 'exit'} code {code}"]), *said])
        cells = [what, systems[system], f"`{left.replace('`', chr(39))}`", failure.cause, failure.remedy]
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def test_the_document_is_up_to_date():
    assert tr("Start it again.") == "Start it again.", "the document is written in English"
    if os.environ.get("MMEARTH_WRITE_DOCS"):
        DOCUMENT.write_text(table(), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == table(), "run this test with MMEARTH_WRITE_DOCS=1"


@pytest.fixture
def log_file(qgis_app, tmp_path, monkeypatch):
    monkeypatch.setattr(backend_log, "path", lambda: tmp_path / "profile" / "mmearth" / "backend.log")
    return backend_log.path()


def test_the_log_is_without_the_users_folder(log_file, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/annemarie")
    assert backend_log.place_text() == ""
    assert not backend_log.open_log()
    backend_log.append("cannot read /home/annemarie/scene.tif\n\nwriting é\n")
    first, second = log_file.read_text(encoding="utf-8").splitlines()
    assert first.endswith(" cannot read ~/scene.tif")
    assert second.endswith(" writing é")
    assert str(log_file) in backend_log.place_text()


def test_the_log_keeps_the_newest_lines_within_a_megabyte(log_file):
    for number in range(30):
        backend_log.append(f"block {number}\n" + "x" * 59_000)
        assert log_file.stat().st_size <= 1_000_000
    lines = log_file.read_text(encoding="utf-8").splitlines()
    blocks = [int(line.split()[-1]) for line in lines if "block" in line]
    assert blocks == list(range(blocks[0], 30))
    assert len(blocks) >= 8  # half a megabyte is kept at least
    assert all(line.startswith("20") for line in lines)  # no half lines


def test_one_huge_text_does_not_break_the_bound(log_file):
    backend_log.append("y" * 3_000_000)
    assert log_file.stat().st_size <= 1_000_000


def test_a_profile_that_cannot_be_written_has_no_log(log_file):
    log_file.parent.parent.write_text("a file where the folder should be", encoding="utf-8")
    backend_log.append("lost")
    assert backend_log.place_text() == ""
