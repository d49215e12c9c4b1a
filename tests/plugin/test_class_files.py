"""Class lists as files: written and read again, files of others, broken files, ready schemes, import by value."""

import csv
import re

import pytest
from mmearth_qgis.mmearth_plugin import labels
from mmearth_qgis.mmearth_plugin.classes import class_files
from mmearth_qgis.mmearth_plugin.classes.class_files import CSV, QML, SCP, Listed
from mmearth_qgis.mmearth_plugin.classes.class_import import bring_in
from mmearth_qgis.mmearth_plugin.labels import ClassEntry
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.class_panel import ClassPanel

pytestmark = pytest.mark.qgis
ODD = 'Wald, "dicht"; 🌲 غابة'
SIZES = {
    "corine_level_1.csv": 5,
    "corine_level_2.csv": 15,
    "corine_level_3.csv": 44,
    "eunis_level_1.csv": 11,
    "eunis_level_2.csv": 57,
    "esa_worldcover_2021.csv": 11,
    "dynamic_world.csv": 9,
}


@pytest.fixture
def panel(iface, make_polygons):
    panel = ClassPanel()
    layer = make_polygons([(1, 0, 0), (1, 4, 0), (2, 8, 0)], "class_id:integer&field=class_name:string(80)")
    panel.set_layer(layer, "class_id")
    labels.show_classes(layer, "class_id", panel.classes())
    panel.layer = layer
    yield panel
    layer.rollBack()
    panel.set_layer(None, "")


def listed_in(panel):
    return [(entry.value, entry.name, entry.color) for entry in panel.classes()]


@pytest.mark.parametrize("kind", [CSV, SCP, QML])
def test_what_is_exported_is_imported_again(panel, make_polygons, tmp_path, kind):
    panel.table.item(0, 1).setText(ODD)
    path = tmp_path / ("classes.qml" if kind == QML else "classes.csv")
    panel.export_file(str(path), kind)
    assert "are saved" in panel.notice.text()
    again = ClassPanel()
    again.set_layer(make_polygons([], "code:integer"), "code")
    again.import_file(str(path))
    assert listed_in(again) == listed_in(panel)
    assert listed_in(again)[0] == (1, ODD, labels.PALETTE[0])
    again.set_layer(None, "")


def test_the_list_for_scp_has_its_columns(tmp_path):
    path = tmp_path / "scp.csv"
    class_files.write_csv(str(path), [ClassEntry("oak", "Oak", "#00ff00"), ClassEntry(7, "Lake", "#0000ff")], SCP)
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["MC_ID", "MC_NAME", "C_ID", "C_NAME", "color"],
            ["1", "Oak", "1", "Oak", "#00ff00"],
            ["7", "Lake", "7", "Lake", "#0000ff"],
        ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("value,name,color\n1,Water,#0000FF\n", [Listed("1", "Water", "#0000ff")]),
        ("\ufeffCode;Label\r\n111;Urban, dense\r\n", [Listed("111", "Urban, dense", "")]),
        ("# source\n\nname\tcolour\nOak\tred\n\n", [Listed("", "Oak", "#ff0000")]),
        ("MC_ID,MC_NAME,C_ID,C_NAME,color\n1,Green,11,Oak,#008000\n", [Listed("11", "Oak", "#008000")]),
        ("value,name\n5\n", [Listed("5", "5", "")]),
    ],
)
def test_tables_of_others_are_read(tmp_path, text, wanted):
    path = tmp_path / "classes.csv"
    path.write_text(text, encoding="utf-8")
    assert class_files.read(str(path)) == wanted


def test_a_table_in_the_code_page_of_windows_is_read(tmp_path):
    path = tmp_path / "classes.csv"
    path.write_bytes("value;name\n1;Gewässer\n".encode("cp1252"))
    assert class_files.read(str(path)) == [Listed("1", "Gewässer", "")]


def test_the_style_of_a_class_raster_is_read(tmp_path):
    path = tmp_path / "map.qml"
    path.write_text(
        '<qgis><pipe><rasterrenderer type="paletted" band="1"><colorPalette>'
        '<paletteEntry value="3" color="#aabbcc" label="Lake &amp; sea" alpha="255"/>'
        "</colorPalette></rasterrenderer></pipe></qgis>"
    )
    assert class_files.read(str(path)) == [Listed("3", "Lake & sea", "#aabbcc")]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "lists no class"),
        ("a.csv", b"value,name\n", "lists no class"),
        ("a.csv", b"x,y\n1,2\n", "columns x, y"),
        ("a.csv", b'value,name\n1,"Water\n', "not a table"),
        ("a.csv", b"value,name,color\n1,Water,blueish\n", 'colour "blueish"'),
        ("a.csv", b"value,name\n1,Water\n1,Lake\n", 'value 1 to both "Water" and "Lake"'),
        ("a.csv", b"\x89PNG\r\n\0\0\xff", "not a text file"),
        ("a.csv", b"value,name\n" + b"".join(b"%d,x%d\n" % (i, i) for i in range(1001)), "1001 classes"),
        ("a.csv", b"name\n" + b"x" * 5_000_000, "too large"),
        ("a.qml", b"<qgis><broken", "not a QML style"),
        ("a.qml", b"<qgis></qgis>", "lists no class"),
        ("a.scpx", b"PK", "Save its class list as CSV"),
        ("absent.csv", None, "cannot be read"),
        ("absent.qml", None, "not a QML style"),
    ],
)
def test_a_file_that_is_no_class_list_is_said_in_a_sentence(panel, tmp_path, name, data, said):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    before = listed_in(panel)
    panel.import_file(str(path))
    assert said in panel.notice.text()
    assert listed_in(panel) == before


def test_a_folder_that_is_not_there_is_said(panel, tmp_path):
    for kind, name in ((CSV, "a.csv"), (QML, "a.qml")):
        panel.export_file(str(tmp_path / "nowhere" / name), kind)
        assert "cannot be written" in panel.notice.text()


class TestSchemes:
    def test_all_are_complete(self):
        paths = class_files.scheme_names().values()
        assert {path.name: len(class_files.read(str(path))) for path in paths} == SIZES
        for path in paths:
            listed = class_files.read(str(path))
            assert len({one.value for one in listed}) == len({one.name for one in listed}) == len(listed)
            assert all(re.fullmatch("#[0-9a-f]{6}", one.color) for one in listed)
            assert path.read_text(encoding="utf-8").startswith("# ")  # its source

    def test_some_entries_are_the_official_ones(self):
        corine = class_files.read(str(class_files.SCHEMES / "corine_level_3.csv"))
        assert Listed("311", "Broad-leaved forest", "#80ff00") in corine
        assert Listed("523", "Sea and ocean", "#e6f2ff") in corine
        cover = class_files.read(str(class_files.SCHEMES / "esa_worldcover_2021.csv"))
        assert Listed("95", "Mangroves", "#00cf75") in cover

    def test_is_chosen_in_the_menu_and_can_be_undone(self, panel):
        before = listed_in(panel)
        actions = {action.text(): action for action in panel.list_button.menu().actions()}
        actions["Dynamic World"].trigger()
        assert [value for value, _name, _color in listed_in(panel)] == list(range(9))
        assert [entry.polygons for entry in panel.classes()][:3] == [0, 2, 1]
        assert [f["class_name"] for f in panel.layer.getFeatures()] == ["Trees", "Trees", "Grass"]
        panel.layer.undoStack().undo()
        assert listed_in(panel) == before


class TestImport:
    PRESENT = [
        ClassEntry(1, "Water", "#0000ff", 3),
        ClassEntry(2, "Wood", "#00ff00", 2),
        ClassEntry(3, "Empty", "#ff0000", 0),
    ]

    def test_goes_by_value_and_keeps_what_has_polygons(self):
        listed = [Listed("2", "Forest", ""), Listed("7", "City", "#111111")]
        found = bring_in(self.PRESENT, listed, True)
        assert [(e.value, e.name, e.color) for e in found.classes] == [
            (2, "Forest", "#00ff00"),
            (7, "City", "#111111"),
            (1, "Water", "#0000ff"),
        ]
        assert found.sentence == (
            '1 classes added, 1 renamed or recoloured. Not in the file, kept because of their polygons: "Water".'
        )

    def test_says_which_names_are_there_twice(self):
        found = bring_in(self.PRESENT, [Listed("9", "Water", "")], True)
        assert 'More than one class is called "Water"' in found.sentence

    def test_numbers_what_has_no_number(self):
        found = bring_in(self.PRESENT, [Listed("A1", "Rock", ""), Listed("", "Sand", "")], True)
        assert [(e.value, e.name) for e in found.classes][:2] == [(4, "Rock"), (5, "Sand")]
        assert len({entry.color for entry in found.classes}) == 4

    def test_of_texts_goes_by_name_as_well(self):
        present = [ClassEntry("oak", "oak", "#0000ff", 3)]
        found = bring_in(present, [Listed("1", "oak", "#222222"), Listed("2", "ash", "")], False)
        assert [(e.value, e.name, e.color) for e in found.classes][0] == ("oak", "oak", "#222222")
        assert found.classes[1].value == "ash"


def test_read_raises_the_error_that_the_page_shows(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        class_files.read(str(tmp_path))
