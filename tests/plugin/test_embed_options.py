"""How an embedding is asked for: values that this QGIS reads, normalisation, components, tiles; and the cache."""

import struct

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers
from mmearth_qgis.mmearth_plugin.pages.embed_options import EmbedOptions
from mmearth_qgis.mmearth_plugin.pages.embed_page import EmbedPage
from osgeo import gdal
from qgis.core import Qgis, QgsContrastEnhancement, QgsMultiBandColorRenderer, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

pytestmark = pytest.mark.qgis


def choose(box, data):
    assert box.findData(data) >= 0
    box.setCurrentIndex(box.findData(data))


def offered(box):
    return [box.itemData(i) for i in range(box.count())]


@pytest.mark.parametrize(
    ("gdal_version", "qgis_version", "wanted"),
    [("3060200", 32216, "int16"), ("3060400", 33402, "int16"), ("3080000", 32815, "int16"), ("3070000", 33000, "int8")],
)
def test_eight_bit_codes_are_written_as_this_qgis_reads_them(monkeypatch, gdal_version, qgis_version, wanted):
    monkeypatch.setattr(gdal, "VersionInfo", lambda *_: gdal_version)
    monkeypatch.setattr(Qgis, "QGIS_VERSION_INT", qgis_version)
    assert layers.eight_bit_dtype() == wanted


@pytest.mark.parametrize("scale", [1 / 127, 0.02, 1.0])
def test_those_codes_are_shown_right(qgis_app, tmp_path, scale):
    """Code 0 is a value and -128 is none, whatever the scale; colours are stretched over scaled values."""
    path = str(tmp_path / "codes.tif")
    kind = gdal.GDT_Int16 if layers.eight_bit_dtype() == "int16" else gdal.GDT_Int8
    dataset = gdal.GetDriverByName("GTiff").Create(path, 4, 1, 3, kind)
    dataset.SetGeoTransform((0, 10, 0, 10, 0, -10))
    for number in (1, 2, 3):
        band = dataset.GetRasterBand(number)
        band.WriteRaster(0, 0, 4, 1, struct.pack("4h", -128, -127, 0, 127), buf_type=gdal.GDT_Int16)
        band.SetNoDataValue(-128)
        band.SetScale(scale)
    del band, dataset
    layer = QgsRasterLayer(path, "codes")
    block = layer.dataProvider().block(2, layer.extent(), 4, 1)
    assert [block.isNoData(0, column) for column in range(4)] == [True, False, False, False]
    assert [block.value(0, column) for column in (1, 2, 3)] == pytest.approx([-127 * scale, 0, 127 * scale])
    renderer = QgsMultiBandColorRenderer(layer.dataProvider(), 1, 2, 3)
    for name in ("Red", "Green", "Blue"):
        stretch = QgsContrastEnhancement(Qgis.DataType.Float32)
        stretch.setMinimumValue(-127 * scale)
        stretch.setMaximumValue(127 * scale)
        stretch.setContrastEnhancementAlgorithm(
            QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
        )
        getattr(renderer, f"set{name}ContrastEnhancement")(stretch)
    drawn = renderer.block(0, layer.extent(), 4, 1)
    colors = [QColor.fromRgba(drawn.color(0, column)) for column in range(4)]
    assert colors[0].alpha() == 0
    assert [color.alpha() for color in colors[1:]] == [255] * 3
    assert [color.red() for color in colors[1:]] == pytest.approx([0, 127, 255], abs=1)


def test_every_choice_is_one_of_the_protocol(qgis_app):
    page = EmbedPage()
    assert offered(page.dtype_box) == [layers.eight_bit_dtype(), "float16", "float32"]
    assert tuple(offered(page.options.grn_box)) == protocol.GRN_MODES
    assert tuple(offered(page.options.pca_box)) == protocol.PCA_SOURCES
    assert all(side % 256 == 0 for side in offered(page.options.tile_box))


def test_defaults_are_those_of_the_protocol(qgis_app):
    request = protocol.EmbedRequest(scene="s", out="o", **EmbedOptions().fields())
    assert request == protocol.EmbedRequest(scene="s", out="o")


def test_choices_reach_the_request(qgis_app, scene_layer, output_folder):
    page = EmbedPage()
    page.propose_out("x")
    choose(page.options.grn_box, "image")
    choose(page.options.pca_box, "scene")
    choose(page.options.tile_box, 512)
    request = page.request(layers.Scene(layers.layer_source(scene_layer)))
    assert (request.grn, request.pca_from, request.tile_px) == ("image", "scene", 512)


def test_each_normalisation_explains_itself(qgis_app):
    box = EmbedOptions().grn_box
    tips = [box.itemData(i, Qt.ItemDataRole.ToolTipRole) for i in range(3)]
    assert len(set(tips)) == 3
    choose(box, "scene")
    assert box.toolTip() == tips[1]


class TestCache:
    @pytest.fixture
    def options(self, dock, engine):
        dock.connect_backend()
        dock.show_page("embed")
        return dock.embed_page.options

    def test_it_is_asked_about_when_the_section_is_opened_first(self, options, engine, wait_for):
        assert engine("cache") == []
        for collapsed in (False, True, False):
            options.setCollapsed(collapsed)
        wait_for(lambda: options.cache_label.text() == "Cache: 1.2 GB of 5.0 GB")
        assert [message["clear"] for message in engine("cache")] == [False]

    def test_clear(self, options, engine, wait_for):
        options.setCollapsed(False)
        wait_for(lambda: "1.2 GB" in options.cache_label.text())
        options.clear_button.click()
        assert options.cache_label.text() == "Clearing the cache…"
        assert not options.clear_button.isEnabled()
        wait_for(lambda: options.cache_label.text() == "Cache: 0 MB of 5.0 GB")
        assert options.clear_button.isEnabled()
        assert engine("cache")[-1] == {
            "id": engine("cache")[-1]["id"],
            "verb": "cache",
            "clear": True,
            "limit_bytes": 0,
        }

    def test_without_a_backend_nothing_can_be_cleared(self, no_backend, plugin):
        options = plugin.show_dock().embed_page.options
        options.setCollapsed(False)
        assert not options.clear_button.isEnabled()

    def test_an_error_is_said_in_its_line(self, dock, fake_backend, wait_for):
        fake_backend("no_torch")
        dock.connect_backend()
        dock.show_page("embed")
        dock.embed_page.options.setCollapsed(False)
        wait_for(lambda: "No module named 'torch'" in dock.embed_page.options.cache_label.text())

    def test_a_result_from_it_says_so(self, options, dock, engine, scene_layer, wait_for, iface):
        options.setCollapsed(False)
        dock.scene_page.set_layer(scene_layer)
        root = QgsProject.instance().layerTreeRoot()

        def embeddings():
            group = root.findGroup("MMEarth – My scene")
            return 0 if group is None else len(group.children())

        texts = []
        for count in (1, 2):
            dock.embed_page.button.click()
            wait_for(lambda count=count: embeddings() == count and dock.embed_page.button.isEnabled())
            texts.append(iface.bar.currentItem().text())
        assert texts[0].startswith("Done in")
        assert texts[1] == "Taken from the cache: Embedding"
        wait_for(lambda: len(engine("cache")) == 3)
