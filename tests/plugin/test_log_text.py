"""What a log says of its user: nothing."""

import pytest
from mmearth_qgis.mmearth_plugin.jobs import log_text


@pytest.fixture
def user(monkeypatch):
    """Returns a function that makes somebody the user."""

    def be(home, name):
        monkeypatch.setattr(log_text.os.path, "expanduser", lambda _text: home)
        for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
            monkeypatch.setenv(variable, name)

    return be


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/home/ann/data/scene.tif", "~/data/scene.tif"),
        ("cannot open '/home/ann'.", "cannot open '~'."),
        ("file:///home/ann/x", "file:~/x"),
        ("/HOME/Ann/x", "~/x"),
        ("/home/ann2/x and /home/ann-maria/x", "/home/ann2/x and /home/<user>-maria/x"),
        ("/mnt/backup/home/ann/x", "/mnt/backup/home/<user>/x"),
        ("/run/user/1000/ann.log by Ann@host", "/run/user/1000/<user>.log by <user>@host"),
        ("the channel, the annual mean, Susann", "the channel, the annual mean, Susann"),
    ],
)
def test_on_a_unix_system(user, text, wanted):
    user("/home/ann", "ann")
    assert log_text.redacted(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r"C:\Users\Ann Smith\scene.tif", r"~\scene.tif"),
        (r"c:\users\ann smith\scene.tif", r"~\scene.tif"),
        ("C:/Users/Ann Smith/scene.tif", "~/scene.tif"),
        (r'{"scene": "C:\\Users\\Ann Smith\\scene.tif"}', r'{"scene": "~\\scene.tif"}'),
        ("file:///C:/Users/Ann%20Smith/scene.tif", "file:///~/scene.tif"),
        (r"C:\Users\ANNSMI~1\AppData\Local\Temp\x", r"C:\Users\<user>\AppData\Local\Temp\x"),
        (r"D:\Ann Smith\work of asmith", r"D:\<user>\work of <user>"),
    ],
)
def test_on_windows(user, text, wanted):
    user(r"C:\Users\Ann Smith", "asmith")
    assert log_text.redacted(text) == wanted


def test_letters_beyond_ascii_in_every_form(user):
    user("/Users/zoë", "zoë")
    composed, decomposed, address, escaped = (
        "/Users/zo\u00eb/x",
        "/Users/zoe\u0308/x",
        "/Users/zo%C3%AB/x",
        r"/Users/zo\u00eb/x",
    )
    assert [log_text.redacted(text) for text in (composed, decomposed, address, escaped)] == ["~/x"] * 4


def test_a_name_of_one_letter_leaves_texts_readable(user):
    user("/home/s", "s")
    assert (
        log_text.redacted("took 12 s in /home/s/out and /media/s/disk") == "took 12 s in ~/out and /media/<user>/disk"
    )


def test_a_user_without_an_entry_on_the_system(user, monkeypatch):
    user("/", "")

    def missing():
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(log_text.getpass, "getuser", missing)
    assert log_text.redacted("/data/scene.tif") == "/data/scene.tif"
