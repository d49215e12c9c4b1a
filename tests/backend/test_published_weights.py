"""The ten published checkpoints: what is said of them, and fetching them from a server that misbehaves."""

import errno
import hashlib
import http.server
import io
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import official_checkpoint
import pytest
from mmearth import download_weights, protocol
from mmearth.data.mmearth_folder import BANDS as DATA_BANDS
from mmearth.errors import Cancelled, CheckpointError, InputError, ResourceError
from mmearth.models.convnextv2 import SIZES
from mmearth.weights import http_files, http_stream
from mmearth.weights.checkpoints import load_weights
from mmearth.weights.http_files import fetch
from mmearth.weights.published_weights import BANDS, NAMES, find_published, published_checkpoints, user_weights_folder

CONTENT = bytes(range(256)) * 2000  # half a megabyte, eight reads
NAME = "pt-S2_atto_1M_64_uncertainty_56-8"


class Server(http.server.ThreadingHTTPServer):
    """Serves `files` by path; the other attributes say how it misbehaves."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.requests = {}, []
        self.ranges = True
        self.content_type = "application/octet-stream"
        self.etag = None
        self.drops = []  # after how many bytes each next response ends
        self.status = []  # of each next response
        self.stall = threading.Event()  # set: stop sending after the first bytes
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):  # noqa: N802
        server = self.server
        server.requests.append((self.path, dict(self.headers)))
        content = server.files.get(self.path)
        status = server.status.pop(0) if server.status else 200
        if content is None or status != 200:
            self.send_error(404 if status == 200 else status)
            return
        start, total = 0, len(content)
        wanted = self.headers.get("Range")
        fresh = self.headers.get("If-Range") in (None, server.etag)
        if wanted and server.ranges and fresh:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= total:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{total}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.send_header("Content-Length", str(total - start))
        self.send_header("Content-Type", server.content_type)
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        end = start + server.drops.pop(0) if server.drops else total
        try:
            if server.stall.is_set():
                self.wfile.write(content[slice(start, start + 1000)])
                self.wfile.flush()
                server.released.wait(20)
            else:
                self.wfile.write(content[start:end])
        except OSError:
            pass
        self.close_connection = True


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(http_files, "RETRY_WAIT_S", 0.01)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.files["/file.bin"] = CONTENT
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def get(server, tmp_path, report):
    """Fetches /file.bin to `tmp_path`."""
    return lambda pinned="": fetch(f"{server.url}/file.bin", tmp_path / "file.bin", pinned, report)


def sha256(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def sent_ranges(server):
    return [headers.get("Range") for _, headers in server.requests]


def test_a_file_arrives_and_its_hash_is_recorded(get, tmp_path, report):
    assert get() == sha256(CONTENT)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert json.loads((tmp_path / "hashes.json").read_text()) == {"file.bin": sha256(CONTENT)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.bin", "hashes.json"]
    assert report.calls[-1] == ("Downloading", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in report.calls] == sorted({done for _, done, _ in report.calls})


def test_what_is_there_is_not_fetched_again(get, server):
    get()
    get()
    assert len(server.requests) == 1


def test_a_dropped_connection_goes_on_where_it_stopped(get, server, tmp_path, report):
    server.drops = [100_000, 7, 50_000]
    assert get() == sha256(CONTENT)
    assert sent_ranges(server) == [None, "bytes=100000-", "bytes=100007-", "bytes=150007-"]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert [level for level, _ in report.logs] == ["warning"] * 3


def test_it_gives_up_after_three_retries_and_keeps_what_arrived(get, server, tmp_path):
    server.drops = [1000] * 4
    with pytest.raises(ResourceError, match=r"connection ended after 4000 of 512000 bytes.*after 3 retries"):
        get()
    assert (tmp_path / "file.bin.part").read_bytes() == CONTENT[:4000]
    assert not (tmp_path / "file.bin").exists()
    assert get() == sha256(CONTENT)
    assert sent_ranges(server)[-1] == "bytes=4000-"


def test_a_server_without_ranges_starts_over(get, server, tmp_path):
    server.ranges, server.drops = False, [100_000]
    assert get() == sha256(CONTENT)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_file_that_changed_between_two_parts_is_fetched_whole(get, server, tmp_path):
    server.etag, server.drops = '"one"', [1000] * 4
    with pytest.raises(ResourceError):
        get()
    assert server.requests[-1][1]["If-Range"] == '"one"'
    server.etag, server.files["/file.bin"] = '"two"', CONTENT[::-1]
    assert get() == sha256(CONTENT[::-1])


def test_without_validator_another_length_shows_another_file(get, server):
    server.drops = [1000] * 4
    with pytest.raises(ResourceError):
        get()
    server.files["/file.bin"] = CONTENT[::-1] + b"more"
    assert get() == sha256(CONTENT[::-1] + b"more")


def test_a_complete_part_is_taken_as_it_is(get, server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert get() == sha256(CONTENT)
    assert not (tmp_path / "file.bin.part").exists()


def test_a_part_that_is_too_long_is_thrown_away(get, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT + b"more")
    assert get() == sha256(CONTENT)


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_is_recognised(get, server, tmp_path, content_type):
    server.content_type = content_type
    server.files["/file.bin"] = b"<!DOCTYPE html><title>Log in</title>"
    with pytest.raises(CheckpointError, match="gave a web page instead of a file"):
        get()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_answer_is_no_file(get, server, tmp_path):
    server.files["/file.bin"] = b""
    with pytest.raises(ResourceError, match="the server sent nothing"):
        get()
    assert not (tmp_path / "file.bin").exists()


def test_another_file_than_the_first_time_is_refused(get, server, tmp_path):
    get()
    (tmp_path / "file.bin").unlink()
    server.files["/file.bin"] = CONTENT[::-1]
    with pytest.raises(CheckpointError) as caught:
        get()
    assert sha256(CONTENT) in caught.value.message
    assert sha256(CONTENT[::-1]) in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["hashes.json"]


def test_a_damaged_file_is_replaced_by_the_right_one_only(get, server, tmp_path, report):
    get()
    (tmp_path / "file.bin").write_bytes(b"old")
    server.files["/file.bin"] = CONTENT[::-1]
    with pytest.raises(CheckpointError, match="another file than before"):
        get()
    assert (tmp_path / "file.bin").read_bytes() == b"old"
    server.files["/file.bin"] = CONTENT
    assert get() == sha256(CONTENT)
    assert any("has changed since it was fetched" in text for _, text in report.logs)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_pinned_hash_counts_from_the_first_time(get, tmp_path):
    with pytest.raises(CheckpointError, match="another file"):
        get(pinned=sha256(b"other"))
    assert not (tmp_path / "file.bin").exists()
    assert get(pinned=sha256(CONTENT)) == sha256(CONTENT)


def test_a_damaged_list_of_hashes_is_not_taken_for_an_empty_one(get, tmp_path):
    (tmp_path / "hashes.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"hashes\.json' is damaged"):
        get()


def test_a_missing_file_is_not_tried_again(get, server):
    del server.files["/file.bin"]
    with pytest.raises(ResourceError, match="the server answered 404"):
        get()
    assert len(server.requests) == 1


def test_a_busy_server_is_tried_again(get, server):
    server.status = [503, 429]
    assert get() == sha256(CONTENT)
    assert len(server.requests) == 3


def test_no_server_is_a_sentence(tmp_path, report, server):
    server.shutdown()
    server.server_close()
    with pytest.raises(ResourceError, match=r"no connection to '127\.0\.0\.1'.*after 3 retries"):
        fetch(f"{server.url}/file.bin", tmp_path / "file.bin", "", report)


def test_cancel_does_not_wait_for_a_silent_server(server, tmp_path, report):
    class Impatient:
        since = None

        def progress(self, *_):
            self.since = self.since or time.monotonic()

        def check(self):
            if self.since and time.monotonic() - self.since > 0.1:
                raise Cancelled

    server.stall.set()
    impatient = Impatient()
    with pytest.raises(Cancelled):
        fetch(f"{server.url}/file.bin", tmp_path / "file.bin", "", impatient)
    assert time.monotonic() - impatient.since < 1
    assert (tmp_path / "file.bin.part").read_bytes() == CONTENT[:1000]
    server.released.set()
    server.stall.clear()
    fetch(f"{server.url}/file.bin", tmp_path / "file.bin", "", report)
    assert sent_ranges(server)[-1] == "bytes=1000-"


def test_a_server_that_falls_silent_counts_as_a_dropped_connection(server, tmp_path, report, monkeypatch):
    monkeypatch.setattr(http_stream, "STALL_S", 0.05)
    server.stall.set()
    with pytest.raises(ResourceError, match="timed out"):
        fetch(f"{server.url}/file.bin", tmp_path / "file.bin", "", report)
    assert (tmp_path / "file.bin.part").stat().st_size == 4000


def test_no_room_is_said_before_the_download(get, tmp_path, monkeypatch):
    monkeypatch.setattr(http_files.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(ResourceError, match="still needs 1 MB"):
        get()
    assert not (tmp_path / "file.bin.part").exists()


def test_a_disk_that_fills_up_keeps_the_part(get, server, tmp_path, monkeypatch):
    class FullDisk(io.FileIO):
        def write(self, data):
            if self.tell() + len(data) > 200_000:
                raise OSError(errno.ENOSPC, "no space left")
            return super().write(data)

    def open_full(path, mode="r", **options):
        return io.BufferedWriter(FullDisk(path, "wb")) if mode == "wb" else io.open(path, mode, **options)  # noqa: UP020

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", open_full)
        with pytest.raises(ResourceError, match="is full"):
            get()
    kept = (tmp_path / "file.bin.part").stat().st_size
    assert 100_000 < kept <= 200_000
    assert get() == sha256(CONTENT)
    assert sent_ranges(server) == [None, f"bytes={kept}-"]


@pytest.mark.parametrize("url", ["http://example.org/a", "ftp://example.org/a", "file:///etc/passwd"])
def test_only_https_leaves_this_computer(tmp_path, report, url):
    with pytest.raises(ResourceError, match="is not https"):
        fetch(url, tmp_path / "a", "", report)


def test_a_redirect_out_of_https_is_not_followed(tmp_path, report, server):
    class Away(Handler):
        def do_GET(self):  # noqa: N802
            self.send_response(302)
            self.send_header("Location", "http://example.org/file")
            self.end_headers()

    server.RequestHandlerClass = Away
    with pytest.raises(ResourceError, match=r"'http://example\.org/file' is not https"):
        fetch(f"{server.url}/file.bin", tmp_path / "file.bin", "", report)


def test_the_ten_are_what_their_names_say():
    rows = published_checkpoints()
    assert [row.name for row in rows] == list(NAMES)
    assert len(set(NAMES)) == 10
    tiny = find_published("pt-all_mod_tiny_1M_64_uncertainty_56-8")
    assert (tiny.size, tiny.patch_size, tiny.crop_px, tiny.bands, len(tiny.tasks)) == ("tiny", 8, 56, BANDS, 12)
    rgb = find_published("pt-rgb_atto_1M_128_uncertainty_112-16")
    assert (rgb.patch_size, rgb.crop_px, rgb.bands, rgb.tasks) == (16, 112, ("B2", "B3", "B4"), ("sentinel2",))
    assert "unweighted" in find_published(NAMES[1]).description
    assert all(row.crop_px == 7 * row.patch_size and row.size in SIZES for row in rows)
    assert BANDS == DATA_BANDS


def test_addresses_are_those_of_the_authors(monkeypatch):
    monkeypatch.delenv("MMEARTH_WEIGHTS_URL", raising=False)
    found = find_published("pt-all_mod_atto_100k_128_uncertainty_112-16")
    assert found.checkpoint_url == (
        "https://sid.erda.dk/share_redirect/g23YOnaaTp/pt-all_mod_atto_100k_128_uncertainty_112-16/checkpoint-199.pth"
    )
    assert found.statistics_url == "https://sid.erda.dk/share_redirect/CoaUojVXzu/data_100k_v001_band_stats.json"
    assert find_published(NAME).statistics_url.endswith("/bX5JzPuwJF/data_1M_v001_64_band_stats.json")
    assert find_published(NAMES[2]).statistics_url.endswith("/ChL1BoVEyH/data_1M_v001_band_stats.json")


def test_a_mirror_has_to_be_https(monkeypatch):
    monkeypatch.setenv("MMEARTH_WEIGHTS_URL", "http://example.org/weights")
    with pytest.raises(InputError, match="MMEARTH_WEIGHTS_URL"):
        _ = find_published(NAME).checkpoint_url


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/mmearth/weights"),
        ("linux", {}, "/home/ann/.local/share/mmearth/weights"),
        ("darwin", {}, "/home/ann/Library/Application Support/mmearth/weights"),
        ("win32", {"APPDATA": "/roaming"}, "/roaming/mmearth/weights"),
        ("linux", {"MMEARTH_WEIGHTS_FOLDER": "/mine", "XDG_DATA_HOME": "/data"}, "/mine"),
    ],
)
def test_the_users_folder_lies_where_the_system_wants_it(monkeypatch, platform, variables, expected):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
    for name in ("XDG_DATA_HOME", "APPDATA", "MMEARTH_WEIGHTS_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert user_weights_folder() == Path(expected)


def test_listing_needs_no_heavy_library():
    script = "import sys, mmearth.weights.published_weights\nsys.exit(str({'torch', 'numpy'} & set(sys.modules) or ''))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.stderr.strip() == ""


@pytest.fixture
def mirror(server, tmp_path, monkeypatch):
    """A mirror with one published checkpoint, and a folder of the user's that does not exist yet."""
    official_checkpoint.write_official(tmp_path / "made.pth", official_checkpoint.make_encoder())
    server.files[f"/{NAME}/checkpoint-199.pth"] = (tmp_path / "made.pth").read_bytes()
    server.files["/data_1M_v001_64_band_stats.json"] = json.dumps(official_checkpoint.band_stats()).encode()
    monkeypatch.setenv("MMEARTH_WEIGHTS_URL", server.url + "/")
    monkeypatch.setenv("MMEARTH_WEIGHTS_FOLDER", str(tmp_path / "data" / "weights"))
    return tmp_path / "data" / "weights"


def request(name=NAME, accept_licence=True, **fields):
    return protocol.DownloadWeightsRequest(name=name, accept_licence=accept_licence, **fields)


def test_a_published_checkpoint_becomes_a_weights_file(mirror, server, report):
    result = download_weights.run(request(), report)
    assert sorted(path.name for path in mirror.iterdir()) == [
        "data_1M_v001_64_band_stats.json",
        "hashes.json",
        f"{NAME}.json",
        f"{NAME}.pth",
        f"{NAME}.safetensors",
    ]
    weights = load_weights(result["weights"])
    assert weights.name == result["name"] == NAME
    assert weights.levels["l2a"]["mean"][:3] == [100.0, 200.0, 300.0]
    card = json.loads(Path(result["card"]).read_text())
    assert card["origin"]["licence"] == result["licence"] == "CC BY-NC 4.0"
    assert card["origin"]["hash"] == sha256(server.files[f"/{NAME}/checkpoint-199.pth"])
    hashes = json.loads((mirror / "hashes.json").read_text())
    assert hashes[f"{NAME}.pth"] == result["checkpoint_hash"]
    assert hashes["data_1M_v001_64_band_stats.json"] == result["statistics_hash"]
    assert {"Downloading", "Calibrating"} <= {phase for phase, _, _ in report.calls}
    download_weights.run(request(), report)
    assert len(server.requests) == 2, "what was there was fetched again"


def test_two_names_are_two_files(mirror, server, tmp_path, report):
    other = "pt-rgb_atto_1M_64_uncertainty_56-8"
    official_checkpoint.write_official(tmp_path / "rgb.pth", official_checkpoint.make_encoder(in_chans=3, seed=1))
    server.files[f"/{other}/checkpoint-199.pth"] = (tmp_path / "rgb.pth").read_bytes()
    first = load_weights(download_weights.run(request(), report)["weights"])
    second = load_weights(download_weights.run(request(other), report)["weights"])
    assert len(first.bands) == 12
    assert second.bands == ("B2", "B3", "B4")
    assert second.levels["l2a"]["mean"] == [200.0, 300.0, 400.0]


def test_nothing_is_fetched_before_the_licence_is_accepted(mirror, server, report):
    with pytest.raises(InputError, match="CC BY-NC 4.0") as caught:
        download_weights.run(request(accept_licence=False), report)
    assert "--accept-licence" in caught.value.remedy
    assert server.requests == []
    assert not mirror.exists()


def test_an_unknown_name_lists_the_known_ones(report):
    with pytest.raises(InputError, match="no published checkpoint 'pt-atto'") as caught:
        download_weights.run(request("pt-atto"), report)
    assert all(name in caught.value.remedy for name in NAMES)


def test_a_checkpoint_that_is_not_what_its_name_says_is_refused(mirror, server, tmp_path, report):
    official_checkpoint.write_official(tmp_path / "rgb.pth", official_checkpoint.make_encoder(in_chans=3))
    server.files[f"/{NAME}/checkpoint-199.pth"] = (tmp_path / "rgb.pth").read_bytes()
    with pytest.raises(CheckpointError, match="3 bands; its name says 8 px and 12 bands"):
        download_weights.run(request(), report)
    assert not list(mirror.glob("*.safetensors"))


@pytest.mark.parametrize("which", ["data_1M_v001_64_band_stats.json", f"{NAME}/checkpoint-199.pth"])
def test_what_does_not_serve_is_not_wanted_ever_after(mirror, server, report, which):
    right, server.files[f"/{which}"] = server.files[f"/{which}"], b'{"error": "over quota"}'
    with pytest.raises((CheckpointError, InputError)):
        download_weights.run(request(), report)
    server.files[f"/{which}"] = right
    assert load_weights(download_weights.run(request(), report)["weights"]).name == NAME


def test_a_folder_of_the_callers_is_used(mirror, tmp_path, report):
    result = download_weights.run(request(folder=str(tmp_path / "mine")), report)
    assert Path(result["weights"]).parent == tmp_path / "mine"
    assert not mirror.exists()


def test_a_folder_that_cannot_be_made_is_said(mirror, tmp_path, report):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written to"):
        download_weights.run(request(folder=str(tmp_path / "file" / "weights")), report)
