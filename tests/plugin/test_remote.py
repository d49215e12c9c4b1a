"""Another machine: its command, its folders, the fields of requests that hold paths, the dialog."""

from dataclasses import fields
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import settings, temporary
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.remote_dialog import RemoteDialog
from mmearth_qgis.mmearth_plugin.remote import command, request_paths, ssh_failures
from mmearth_qgis.mmearth_plugin.remote.path_map import PathMap
from qgis.core import QgsProcessingUtils, QgsSettings

pytestmark = pytest.mark.qgis
ROOT = Path(__file__).resolve().parents[2]
LINUX = PathMap((("/home/me/maps", "/srv/data"), ("/home/me/maps/big", "/scratch/big")))
WINDOWS = PathMap((("C:\\Maps", "/srv/data"), ("\\\\nas\\share", "/mnt/share"), ("D:/", "/mnt/d")))
TEXTS = ("str", "Tuple[str, ...]", "Tuple[Dict[str, Any], ...]")


@pytest.fixture(autouse=True)
def own_settings(qgis_app):
    QgsSettings().remove("mmearth")
    yield
    QgsSettings().remove("mmearth")


def test_every_text_field_is_told_to_be_a_path_or_none():
    """A new field stands in one of the two lists before it can be sent anywhere."""
    texts = {field.name for kind in protocol.VERBS.values() for field in fields(kind) if field.type in TEXTS}
    listed = request_paths.FILES | request_paths.WEIGHTS | request_paths.NO_PATHS
    assert listed == texts
    assert len(listed) == sum(map(len, (request_paths.FILES, request_paths.WEIGHTS, request_paths.NO_PATHS)))


@pytest.mark.parametrize(
    ("paths", "here", "there"),
    [
        (LINUX, "/home/me/maps/a b.tif", "/srv/data/a b.tif"),
        (LINUX, "/home/me/maps", "/srv/data"),
        (LINUX, "/home/me/maps/big/x.tif", "/scratch/big/x.tif"),
        (LINUX, "/home/me/maps/x.gpkg|layername=a/b", "/srv/data/x.gpkg|layername=a/b"),
        (LINUX, "/vsizip//home/me/maps/s.zip/b.tif", "/vsizip//srv/data/s.zip/b.tif"),
        (LINUX, "/vsizip/{/home/me/maps/s.zip}/b.tif", "/vsizip/{/srv/data/s.zip}/b.tif"),
        (LINUX, 'NETCDF:"/home/me/maps/a.nc":ndvi', 'NETCDF:"/srv/data/a.nc":ndvi'),
        (LINUX, "GTIFF_DIR:2:/home/me/maps/a.tif", "GTIFF_DIR:2:/srv/data/a.tif"),
        (LINUX, "timm:convnextv2_atto@/home/me/maps/w.pth", "timm:convnextv2_atto@/srv/data/w.pth"),
        (LINUX, "https://example.org/home/me/maps/a.tif", "https://example.org/home/me/maps/a.tif"),
        (LINUX, "/vsicurl/https://example.org/a.tif", "/vsicurl/https://example.org/a.tif"),
        (LINUX, "/home/me/maps2/a.tif", None),
        (LINUX, "/home/me/maps/../secret.tif", None),
        (LINUX, "/HOME/me/maps/a.tif", None),
        (LINUX, "a.tif", None),
        (LINUX, "", None),
        (WINDOWS, "C:\\Maps\\a\\b.tif", "/srv/data/a/b.tif"),
        (WINDOWS, "c:/maps/a/b.tif", "/srv/data/a/b.tif"),
        (WINDOWS, "\\\\NAS\\share\\x.tif", "/mnt/share/x.tif"),
        (WINDOWS, "//nas/share/x.tif", "/mnt/share/x.tif"),
        (WINDOWS, "D:\\x.tif", "/mnt/d/x.tif"),
        (WINDOWS, "/vsizip/{C:/Maps/s.zip}/b.tif", "/vsizip/{/srv/data/s.zip}/b.tif"),
        (WINDOWS, "C:\\Mapsets\\x.tif", None),
        (WINDOWS, "E:\\x.tif", None),
        (PathMap((("/data", "D:\\data"),)), "/data/a/b.tif", "D:\\data\\a\\b.tif"),
        (PathMap((("/", "/"),)), "/a/b.tif", "/a/b.tif"),
        (PathMap(), "/a/b.tif", None),
    ],
)
def test_a_path_here_is_another_there(paths, here, there):
    assert paths.there(here) == there


@pytest.mark.parametrize(
    ("paths", "there", "here"),
    [
        (LINUX, "/srv/data/a b.tif", "/home/me/maps/a b.tif"),
        (LINUX, "/scratch/big/x.tif", "/home/me/maps/big/x.tif"),
        (LINUX, "/srv/data2/x.tif", "/srv/data2/x.tif"),
        (LINUX, "/srv/data.old/x.tif", "/srv/data.old/x.tif"),
        (LINUX, "/x/srv/data/x.tif", "/x/srv/data/x.tif"),
        (LINUX, "see https://h/srv/data/x.tif", "see https://h/srv/data/x.tif"),
        (LINUX, "'/srv/data/a b.tif' has 3 bands.", "'/home/me/maps/a b.tif' has 3 bands."),
        (LINUX, "Both /srv/data/a.tif and /srv/data.", "Both /home/me/maps/a.tif and /home/me/maps."),
        (LINUX, "/srv/data/a.tif\n/scratch/big/b.tif", "/home/me/maps/a.tif\n/home/me/maps/big/b.tif"),
        (LINUX, "", ""),
        (WINDOWS, "/srv/data/a/b.tif", "C:\\Maps\\a\\b.tif"),
        (WINDOWS, "/mnt/share/x.tif", "\\\\nas\\share\\x.tif"),
        (WINDOWS, "/mnt/d/a/x.tif", "D:/a/x.tif"),
        (WINDOWS, "'/srv/data/a b/c.tif' at 3 km/h", "'C:\\Maps\\a b\\c.tif' at 3 km/h"),
        (PathMap((("/data/x", "/data"),)), "in '/data/a.tif' here", "in '/data/x/a.tif' here"),
        (PathMap((("/a", "/b"),), (("/a", "/mnt/real"),)), "/mnt/real/x.tif", "/a/x.tif"),
        (PathMap(), "/a/b.tif", "/a/b.tif"),
    ],
)
def test_a_path_there_is_another_here(paths, there, here):
    assert paths.here(there) == here


def sent(request, paths=LINUX):
    return request_paths.outgoing(protocol.request_to_json("1", request), paths)


def test_a_request_is_translated_field_by_field():
    tuned = protocol.FewShotRequest(
        ("/home/me/maps/a.tif", "/home/me/maps/b.tif"), "/home/me/maps/l.gpkg", "/home/me/maps/m.zip", field="/srv"
    )
    message = sent(tuned)
    assert message["scenes"] == ["/srv/data/a.tif", "/srv/data/b.tif"]
    assert (message["labels"], message["model"]) == ("/srv/data/l.gpkg", "/srv/data/m.zip")
    assert (message["field"], message["report"], message["weights"], message["id"]) == ("/srv", "", "", "1")
    assert protocol.request_from_json(message).scenes == ("/srv/data/a.tif", "/srv/data/b.tif")


def test_lines_of_a_scene_and_further_layers_are_translated():
    scene = sent(protocol.EmbedRequest("/home/me/maps/a.tif\n/home/me/maps/b.tif", "/home/me/maps/out.tif"))["scene"]
    assert scene == "/srv/data/a.tif\n/srv/data/b.tif"
    layer = {"path": "/home/me/maps/dem.tif", "name": "height", "kind": "continuous"}
    request = protocol.PretrainRequest(("/home/me/maps/a.tif",), "/home/me/maps/w.safetensors", layers=(layer,))
    assert sent(request)["layers"] == [{**layer, "path": "/srv/data/dem.tif"}]


def test_weights_are_a_name_or_a_file_there_but_no_unmapped_file_here(tmp_path):
    there = "/srv/mmearth/weights/w.safetensors"
    assert sent(protocol.DescribeRequest("/home/me/maps/a.tif", weights=there))["weights"] == there
    assert sent(protocol.EvaluateRequest("/home/me/maps", "/home/me/maps/o", ("timm:x", "random")))["models"] == [
        "timm:x",
        "random",
    ]
    own = tmp_path / "w.safetensors"
    own.touch()
    for path in (str(own), f"timm:x@{own}"):
        with pytest.raises(request_paths.UnmappedPath, match="w.safetensors"):
            sent(protocol.DescribeRequest("/home/me/maps/a.tif", weights=path))


def test_a_file_that_lies_nowhere_is_refused_with_a_remedy():
    with pytest.raises(request_paths.UnmappedPath) as refused:
        sent(protocol.DescribeRequest("/media/usb/scene.tif"))
    assert '"/media/usb/scene.tif"' in refused.value.message
    assert '"/home/me/maps", "/home/me/maps/big"' in refused.value.message
    assert "Copy it" in refused.value.remedy
    with pytest.raises(request_paths.UnmappedPath, match="no folder is mapped"):
        sent(protocol.DescribeRequest("/media/usb/scene.tif"), PathMap())


def test_answers_are_translated_however_deep():
    event = {"id": "1", "n": 3, "result": {"out": "/srv/data/o.tif", "problems": [{"message": "in '/srv/data/a'"}]}}
    assert request_paths.incoming(event, LINUX) == {
        "id": "1",
        "n": 3,
        "result": {"out": "/home/me/maps/o.tif", "problems": [{"message": "in '/home/me/maps/a'"}]},
    }


@pytest.mark.parametrize(
    ("text", "system", "words"),
    [
        ("ssh -T gpu mmearth serve", "linux", ["ssh", "-T", "gpu", "mmearth", "serve"]),
        ("ssh gpu 'a b/mmearth' serve", "linux", ["ssh", "gpu", "a b/mmearth", "serve"]),
        ('"C:\\Program Files\\ssh.exe" -T gpu', "win32", ["C:\\Program Files\\ssh.exe", "-T", "gpu"]),
        ("C:\\ssh.exe gpu", "win32", ["C:\\ssh.exe", "gpu"]),
    ],
)
def test_a_command_is_split_into_words(text, system, words):
    assert command.split(text, system) == words


@pytest.mark.parametrize(("text", "said"), [("ssh 'gpu", "quotation mark"), ("  ", "ssh -T")])
def test_what_is_no_command_is_told(text, said):
    with pytest.raises(InputError, match=said):
        command.split(text, "linux")


def test_the_settings_make_a_launch():
    assert command.configured() is None
    settings.set_remote_command("ssh gpu mmearth serve")
    settings.set_path_pairs([("/here", "/there")])
    launch = command.configured()
    assert (launch.program, launch.arguments) == ("ssh", ("gpu", "mmearth", "serve"))
    assert launch.paths == PathMap((("/here", "/there"),))
    assert launch == command.configured()
    assert launch.is_remote
    assert launch.name == "ssh gpu mmearth serve"


def test_settings_edited_by_hand_do_no_harm():
    for text in ("{", "3", '["a"]', "[3]"):
        QgsSettings().setValue("mmearth/path_pairs", text)
        assert settings.path_pairs() == []
    settings.set_remote_command("ssh 'gpu")
    assert command.configured().program == "ssh 'gpu"


def test_a_python_of_this_machine_is_started_as_before():
    launch = command.Launch("/usr/bin/python3")
    assert (launch.arguments, launch.is_remote, launch.name) == (("-m", "mmearth", "serve"), False, "/usr/bin/python3")


def test_temporary_files_lie_where_the_other_machine_sees_them(tmp_path):
    assert temporary.folder() == QgsProcessingUtils.tempFolder()
    settings.set_path_pairs([(str(tmp_path), "/there")])
    assert temporary.folder() == QgsProcessingUtils.tempFolder()  # this machine computes
    settings.set_remote_command("ssh gpu mmearth serve")
    first, second = temporary.new_file("labels.gpkg"), temporary.new_file("labels.gpkg")
    assert first != second
    assert Path(first).name == "labels.gpkg"
    assert Path(first).parent.is_dir()
    assert PathMap((("/here", "/there"), (str(tmp_path), "/there"))).there(first).startswith("/there/.mmearth-temp/")
    temporary.new_folder("preview_")
    temporary.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_mapped_folder_that_is_gone_gives_qgis_s_own(tmp_path):
    (tmp_path / "file").touch()
    settings.set_remote_command("ssh gpu mmearth serve")
    settings.set_path_pairs([(str(tmp_path / "file"), "/there")])
    assert temporary.folder() == QgsProcessingUtils.tempFolder()
    temporary.clear()


@pytest.fixture
def dialog(qgis_app):
    made = []

    def make():
        made.append(RemoteDialog())
        return made[-1]

    yield make
    for each in made:
        each.reject()


def fake_ssh(tmp_path, child="normal"):
    script = tmp_path / "ssh"
    file = ROOT / "tests" / "contract" / "fake_children" / f"{child}.py"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT / "backend"}" exec python3 "{file}"\n', encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def test_the_dialog_stores_what_was_accepted(dialog):
    first = dialog()
    first.command_edit.setText(" ssh gpu mmearth serve ")
    first.add_pair("/here", "/there")
    first.add_pair("", "")
    first.reject()
    assert settings.remote_command() == ""
    first.accept()
    assert (settings.remote_command(), settings.path_pairs()) == ("ssh gpu mmearth serve", [("/here", "/there")])
    second = dialog()
    assert second.pairs() == [("/here", "/there")]
    second.table.selectRow(0)
    second.remove_button.click()
    second.command_edit.clear()
    second.accept()
    assert (settings.remote_command(), settings.path_pairs()) == ("", [])


@pytest.mark.parametrize(("here", "there"), [("relative", "/there"), ("/here", ""), ("", "/there")])
def test_the_dialog_keeps_open_over_what_is_no_folder(dialog, here, there):
    shown = dialog()
    shown.command_edit.setText("ssh gpu")
    shown.add_pair(here, there)
    shown.accept()
    assert "is no full path" in shown.answer.text()
    assert shown.result() != shown.DialogCode.Accepted
    assert settings.remote_command() == ""


def test_the_check_says_that_it_works_and_ends_the_child(dialog, tmp_path, wait_for):
    (tmp_path / "data").mkdir()
    (tmp_path / "there").symlink_to(tmp_path / "data")
    shown = dialog()
    shown.command_edit.setText(f"'{fake_ssh(tmp_path)}' gpu")
    shown.add_pair(str(tmp_path / "data"), str(tmp_path / "there"))
    shown.check_button.click()
    assert not shown.check_button.isEnabled()
    wait_for(shown.check_button.isEnabled)
    assert "1 folders checked" in shown.answer.text()
    assert f"Backend {protocol.BACKEND_VERSION}" in shown.answer.text()
    assert not shown._backend
    assert list((tmp_path / "data").iterdir()) == []


def test_the_check_says_what_is_wrong(dialog, tmp_path, wait_for):
    shown = dialog()
    shown.command_edit.setText(f"'{fake_ssh(tmp_path)}' gpu")
    shown.add_pair(str(tmp_path), str(tmp_path / "nowhere"))
    shown.check_button.click()
    wait_for(shown.check_button.isEnabled)
    assert "was not found there" in shown.answer.text()
    assert "mounted on both machines" in shown.answer.text()


def test_closing_the_dialog_ends_a_check(dialog, tmp_path):
    shown = dialog()
    shown.command_edit.setText(f"'{fake_ssh(tmp_path, 'silent')}' gpu")
    shown.check_button.click()
    process = shown._backend
    shown.reject()
    assert process.pid == 0


def test_the_page_tells_every_failure_of_ssh():
    page = (ROOT / "docs" / "remote.md").read_text(encoding="utf-8")
    for case in ssh_failures.cases():
        assert f"| {case.name} |" in page
        assert case.cause in page
        assert case.remedy in page
