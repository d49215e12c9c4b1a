import json
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet
import pyogrio
import pyogrio.raw
import pyproj
import pytest
import shapely
from affine import Affine
from mmearth.embedding.embedding_table import write_table
from mmearth.errors import Cancelled, InputError, ResourceError
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS
from rasterio.windows import Window

LEFT, TOP, RES = 600000.0, 5200000.0, 10.0
UTM = "EPSG:32632"


class Embedding:
    """A scene of 700 x 600 px whose embedding at a cell is (column, row, 100 * column + row), remembering windows."""

    names = ("PC01", "PC02", "PC03")

    def __init__(self, stride_px=1, width=700, height=600, invalid=None):
        grid = Grid(CRS.from_epsg(32632), Affine(RES, 0, LEFT, 0, -RES, TOP), width, height)
        self.scene = SimpleNamespace(grid=grid, name="scene.tif")
        self.stride_px, self.windows, self.invalid = stride_px, [], invalid

    def __call__(self, window):
        self.windows.append(window)
        assert window.col_off % self.stride_px == window.row_off % self.stride_px == 0
        assert window.col_off + window.width <= self.scene.grid.width
        assert window.row_off + window.height <= self.scene.grid.height
        col0, row0 = window.col_off // self.stride_px, window.row_off // self.stride_px
        height, width = (-(-int(side) // self.stride_px) for side in (window.height, window.width))
        rows, cols = np.mgrid[:height, :width]
        rows, cols = rows + row0, cols + col0
        values = np.stack([cols, rows, 100 * cols + rows]).astype(np.float32)
        valid = np.ones(rows.shape, bool)
        if self.invalid is not None:
            valid[self.invalid(cols, rows)] = False
            values[:, ~valid] = np.nan
        return values, valid


def _box(col0, row0, col1, row1):
    """Returns a polygon over pixel edges of the scene."""
    return shapely.box(LEFT + col0 * RES, TOP - row1 * RES, LEFT + col1 * RES, TOP - row0 * RES)


def _point(col, row):
    return shapely.Point(LEFT + col * RES, TOP - row * RES)


def _layer(path, geometries, crs=UTM, fields=None, kind="Unknown", layer=None, append=False):
    fields = fields or {"name": np.array([f"n{i}" for i in range(len(geometries))], object)}
    wkb = np.array([None if g is None else shapely.to_wkb(g) for g in geometries], object)
    pyogrio.raw.write(
        path, wkb, list(fields.values()), list(fields), geometry_type=kind, crs=crs, layer=layer, append=append
    )
    return str(path) if layer is None else f"{path}|layername={layer}"


def _written(path):
    """Returns columns by name, values as lists, and geometries."""
    if str(path).endswith(".parquet"):
        table = pyarrow.parquet.read_table(path)
        geometry = json.loads(table.schema.metadata[b"geo"])["primary_column"]
    else:
        meta, table = pyogrio.raw.read_arrow(path)
        geometry = meta["geometry_name"]
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return columns, shapely.from_wkb(np.array(columns.pop(geometry), object))


@pytest.fixture(params=[".gpkg", ".parquet"])
def out(request, tmp_path):
    return str(tmp_path / f"table{request.param}")


def _write(layer, out, embedding, report, window=None):
    grid = embedding.scene.grid
    window = window or Window(0, 0, grid.width, grid.height)
    return write_table(layer, out, embedding.scene, window, embedding.stride_px, embedding.names, embedding, report)


def test_polygons_have_the_mean_of_their_cells_and_keep_what_they_had(tmp_path, report, out):
    boxes = [_box(10, 20, 14, 26), _box(100.6, 50.6, 103.4, 52.4), _box(0, 0, 700, 600)]
    fields = {
        "name": np.array(["Weizen", "", None], object),
        "area": np.array([1.5, np.nan, 3]),
        "crop": np.array([7, 8, 9], np.int32),
        "sown": np.array(["2024-03-01", "2024-04-01", "NaT"], "datetime64[D]"),
    }
    layer = _layer(tmp_path / "fields.gpkg", boxes, fields=fields)
    embedding = Embedding()
    result = _write(layer, out, embedding, report)
    assert result == {"out": out, "features": 3, "empty": 0, "columns": ["pc01", "pc02", "pc03"]}
    columns, geometries = _written(out)
    assert list(columns) == ["name", "area", "crop", "sown", "n_pixels", "pc01", "pc02", "pc03"]
    assert columns["name"] == ["Weizen", "", None]
    assert columns["area"] == [1.5, None, 3]
    assert columns["crop"] == [7, 8, 9]
    assert [str(day) for day in columns["sown"]] == ["2024-03-01", "2024-04-01", "None"]
    assert columns["n_pixels"] == [24, 2, 420000]  # of the second, centres of columns 101, 102 and row 51 alone
    assert columns["pc01"] == [11.5, 101.5, 349.5]
    assert columns["pc02"] == [22.5, 51, 299.5]
    assert columns["pc03"] == pytest.approx([1172.5, 10201, 35249.5], rel=1e-6)
    assert [a.equals_exact(b) for a, b in zip(geometries, boxes, strict=True)] == [True] * 3
    assert len(embedding.windows) == 9
    assert sum(w.width * w.height for w in embedding.windows) == 420000
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_any_shape_has_the_cells_whose_centres_lie_in_it(tmp_path, report):
    rng = np.random.default_rng(3)
    shapes = []
    for _ in range(12):  # a star, a star with a hole, or two of them; many over tile edges, some over scene edges
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        centre, radius = rng.uniform((100, 50), (700, 600)), rng.uniform(10, 200, (9, 1))
        ring = centre + radius * np.column_stack([np.cos(angle), np.sin(angle)])
        star = shapely.make_valid(shapely.Polygon(ring))
        shapes.append(star.difference(shapely.Point(centre).buffer(6)))
    shapes[0] = shapely.union_all([shapes[0], shapes[1]])
    rows, cols = np.mgrid[0:600, 0:700]
    inside = [shapely.contains_xy(s, cols + 0.5, rows + 0.5) for s in shapes]
    on_map = [shapely.transform(s, lambda xy: xy * (RES, -RES) + (LEFT, TOP)) for s in shapes]
    _write(_layer(tmp_path / "a.gpkg", on_map), str(tmp_path / "t.parquet"), Embedding(), report)
    columns, _ = _written(tmp_path / "t.parquet")
    assert columns["n_pixels"] == [int(cells.sum()) for cells in inside]
    assert columns["pc01"] == pytest.approx([float(cols[cells].mean()) for cells in inside], rel=1e-6)
    assert columns["pc02"] == pytest.approx([float(rows[cells].mean()) for cells in inside], rel=1e-6)


def test_points_have_the_cell_they_fall_into_and_only_what_is_near_is_computed(tmp_path, report, out):
    points = [_point(3.2, 4.9), _point(300, 300), shapely.MultiPoint([_point(3.1, 4.1), _point(5.5, 4), _point(5, 4)])]
    embedding = Embedding()
    _write(_layer(tmp_path / "p.gpkg", points), out, embedding, report)
    columns, geometries = _written(out)
    assert columns["n_pixels"] == [1, 1, 2]
    assert columns["pc01"] == [3, 300, 4]
    assert columns["pc02"] == [4, 300, 4]
    assert embedding.windows == [Window(0, 0, 32, 32), Window(288, 288, 32, 32)]
    assert geometries[0].equals(points[0] if out.endswith(".parquet") else shapely.MultiPoint([points[0]]))


@pytest.mark.parametrize("stride_px", [2, 8])
def test_cells_of_several_pixels_within_a_window(tmp_path, report, stride_px):
    embedding = Embedding(stride_px, width=699, height=597)
    window = Window(16 * stride_px, 8 * stride_px, 699 - 16 * stride_px, 597 - 8 * stride_px)
    cells = [_box(20 * stride_px, 10 * stride_px, 24 * stride_px, 12 * stride_px), _box(0, 0, 698.9, 596.9)]
    last = _point(698.5, 596.5)
    _write(_layer(tmp_path / "p.gpkg", [*cells, last]), str(tmp_path / "t.parquet"), embedding, report, window)
    columns, _ = _written(tmp_path / "t.parquet")
    # Of the last cells the scene has a part; their centres lie on or beyond its edge.
    width, height = -(-699 // stride_px), -(-597 // stride_px)
    inside_cols = np.arange(16, width)[(np.arange(16, width) + 0.5) * stride_px < 699]
    inside_rows = np.arange(8, height)[(np.arange(8, height) + 0.5) * stride_px < 597]
    assert columns["n_pixels"] == [8, len(inside_cols) * len(inside_rows), 1]
    assert columns["pc01"] == [21.5, pytest.approx(inside_cols.mean()), width - 1]
    assert columns["pc02"] == [10.5, pytest.approx(inside_rows.mean()), height - 1]


def test_polygons_without_a_centre_have_the_cell_in_their_middle(tmp_path, report):
    tiny = _box(30.6, 40.6, 30.9, 40.9)
    sliver = _box(200.6, 10.6, 300.6, 10.9)  # over a tile edge, between two rows of centres
    edge = _box(-5, 20.7, 0.4, 20.9)  # its own middle lies outside the scene
    collapsed = shapely.Polygon([(LEFT + 55, TOP - 55), (LEFT + 55, TOP - 55), (LEFT + 55, TOP - 55)])
    _write(_layer(tmp_path / "p.gpkg", [tiny, sliver, edge, collapsed]), str(tmp_path / "t.gpkg"), Embedding(), report)
    columns, _ = _written(tmp_path / "t.gpkg")
    assert columns["n_pixels"] == [1, 1, 1, 1]
    assert columns["pc01"] == [30, 250, 0, 5]
    assert columns["pc02"] == [40, 10, 20, 5]


def test_features_without_valid_cells_keep_their_row_without_values(tmp_path, report, out):
    embedding = Embedding(invalid=lambda cols, rows: cols >= 12)
    shapes = [_box(10, 0, 14, 2), _box(20, 0, 24, 2), _box(-90, -90, -80, -80), None, _point(13, 1)]
    layer = _layer(tmp_path / "p.gpkg", shapes)
    result = _write(layer, out, embedding, report)
    assert (result["features"], result["empty"]) == (5, 4)
    columns, geometries = _written(out)
    assert columns["n_pixels"] == [4, 0, 0, 0, 0]
    assert columns["pc01"] == [10.5, None, None, None, None]
    assert columns["name"] == ["n0", "n1", "n2", "n3", "n4"]
    assert geometries[3] is None


def test_layers_in_degrees_keep_their_crs(tmp_path, report, out):
    transformer = pyproj.Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    box = shapely.transform(_box(10.2, 20.2, 13.8, 25.8), lambda xy: np.column_stack(transformer.transform(*xy.T)))
    far = shapely.Point(-170, -89)
    _write(_layer(tmp_path / "a.geojson", [box, far], crs="EPSG:4326"), out, Embedding(), report)
    columns, geometries = _written(out)
    assert columns["n_pixels"] == [24, 0]
    assert columns["pc01"] == [11.5, None]
    assert geometries[0].equals_exact(box, 1e-7)  # GeoJSON keeps seven decimals
    if out.endswith(".gpkg"):
        assert pyogrio.read_info(out)["crs"] == "EPSG:4326"


def test_geoparquet_says_where_and_what_it_is(tmp_path, report):
    shapes = [_box(1, 2, 3, 4), shapely.MultiPolygon([_box(10, 10, 20, 20), _box(30, 30, 31, 31)])]
    _write(_layer(tmp_path / "a.gpkg", shapes), str(tmp_path / "t.parquet"), Embedding(), report)
    file = pyarrow.parquet.ParquetFile(tmp_path / "t.parquet")
    geo = json.loads(file.schema_arrow.metadata[b"geo"])
    assert (geo["version"], geo["primary_column"], list(geo["columns"])) == ("1.1.0", "geometry", ["geometry"])
    column = geo["columns"]["geometry"]
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["MultiPolygon", "Polygon"]
    assert column["bbox"] == [LEFT + 10, TOP - 310, LEFT + 310, TOP - 20]
    assert pyproj.CRS.from_json_dict(column["crs"]).to_epsg() == 32632
    assert str(file.schema_arrow.field("geometry").type) == "binary"
    assert str(file.schema_arrow.field("pc01").type) == "float"
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ([_box(1, 2, 3, 4)], "Polygon"),
        ([_box(1, 2, 3, 4), shapely.MultiPolygon([_box(5, 5, 6, 6)])], "MultiPolygon"),
        ([shapely.force_3d(_box(1, 2, 3, 4), 7)], "Polygon Z"),
        ([shapely.force_3d(_box(1, 2, 3, 4), 7), shapely.force_3d(shapely.MultiPolygon([_box(5, 5, 6, 6)]), 1)],
         "MultiPolygon Z"),
        ([_box(1, 2, 3, 4), _point(9, 9)], "Unknown"),
    ],
)  # fmt: skip
def test_geopackages_have_the_type_of_their_geometries(tmp_path, report, shapes, expected):
    out = str(tmp_path / "table.gpkg")
    _write(_layer(tmp_path / "a.gpkg", shapes), out, Embedding(), report)
    info = pyogrio.read_info(out)
    assert (info["geometry_type"], info["layer_name"], info["features"]) == (expected, "table", len(shapes))
    _, geometries = _written(out)
    assert shapely.has_z(geometries).all() == ("Z" in expected)
    assert all(a.equals(b) for a, b in zip(geometries, shapes, strict=True))


def test_curves_are_kept_in_geopackages_and_made_straight_in_parquet(tmp_path, report):
    x, y = LEFT + 100, TOP - 100
    circle = f"CURVEPOLYGON(CIRCULARSTRING({x} {y},{x + 50} {y + 50},{x + 100} {y},{x + 50} {y - 50},{x} {y}))"
    (tmp_path / "c.vrt").write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="c"><SrcDataSource>{tmp_path / "c.csv"}</SrcDataSource>'
        f"<LayerSRS>{UTM}</LayerSRS></OGRVRTLayer></OGRVRTDataSource>"
    )
    (tmp_path / "c.csv").write_text(f'id,WKT\n1,"{circle}"\n')
    counts = {}
    for suffix in ("gpkg", "parquet"):
        out = tmp_path / f"t.{suffix}"
        _write(str(tmp_path / "c.vrt"), str(out), Embedding(), report)
        counts[suffix] = (
            pyogrio.raw.read_arrow(out)[1].column("n_pixels").to_pylist()
            if suffix == "gpkg"
            else _written(out)[0]["n_pixels"]
        )
    assert counts["gpkg"] == counts["parquet"]
    assert counts["gpkg"][0] == pytest.approx(np.pi * 25, abs=5)
    assert pyogrio.raw.read_arrow(tmp_path / "t.gpkg")[1].column("geom")[0].as_py()[1] == 10  # a curve polygon
    assert _written(tmp_path / "t.parquet")[1][0].area == pytest.approx(np.pi * 50**2, rel=1e-2)


def test_columns_that_are_there_already_get_neighbours_with_a_prefix(tmp_path, report, out):
    properties = {"PC02": 5.5, "fid": 77, "geom": "x", "geometry": "y"}
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [10.32, 46.94]},
    }
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    result = _write(str(tmp_path / "a.geojson"), out, Embedding(), report)
    assert result["columns"] == ["emb_pc01", "emb_pc02", "emb_pc03"]
    columns, geometries = _written(out)
    assert {name: columns[name] for name in properties} == {name: [value] for name, value in properties.items()}
    assert columns["emb_n_pixels"] == [1]
    x, _ = pyproj.Transformer.from_crs("EPSG:4326", UTM, always_xy=True).transform(10.32, 46.94)
    assert columns["emb_pc01"] == [np.floor((x - LEFT) / RES)]
    assert geometries[0].equals(shapely.Point(10.32, 46.94))


def test_a_table_can_be_the_layer_of_another(tmp_path, report):
    layer = _layer(tmp_path / "a.gpkg", [_box(1, 1, 3, 3)])
    for name, expected in (("b", "pc01"), ("c", "emb_pc01"), ("d", "emb2_pc01")):
        layer = _write(layer, str(tmp_path / f"{name}.gpkg"), Embedding(), report)["out"]
        columns, _ = _written(layer)
        assert columns[expected] == [1.5]
    assert list(columns)[:2] == ["name", "n_pixels"]
    assert len(columns) == 13


def test_layers_that_do_not_serve_are_refused(tmp_path, report):
    out = str(tmp_path / "t.gpkg")

    def refuse(layer, match, out=out):
        with pytest.raises(InputError, match=match):
            _write(str(layer), out, Embedding(), report)

    refuse(tmp_path / "none.gpkg", "cannot be read as a vector layer")
    line = shapely.LineString([(LEFT, TOP), (LEFT + 100, TOP - 100)])
    refuse(_layer(tmp_path / "l.gpkg", [_box(1, 1, 2, 2), line]), "1 of the 2 features of layer 'l.gpkg' are lines")
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        bare = _layer(tmp_path / "bare.gpkg", [_box(1, 1, 2, 2)], crs=None)
    refuse(bare, "'bare.gpkg' has no coordinate reference system")
    refuse(_layer(tmp_path / "e.gpkg", []), "'e.gpkg' is empty")
    refuse(_layer(tmp_path / "far.gpkg", [_box(800, 1, 900, 2)]), r"inside the extent.*\(600000, 5.194e\+06")
    fields = _layer(tmp_path / "two.gpkg", [_box(1, 1, 2, 2)], layer="fields")
    _layer(tmp_path / "two.gpkg", [_box(5, 5, 6, 6)], layer="woods", append=True)
    refuse(tmp_path / "two.gpkg", r"2 layers \(fields, woods\), and none is named")
    refuse(f"{tmp_path / 'two.gpkg'}|layername=lakes", "none of them 'lakes'")
    refuse(fields, "overwrite the layer", str(tmp_path / "two.gpkg"))
    refuse(fields, "should end in .gpkg or .parquet", str(tmp_path / "t.csv"))
    assert _write(fields, out, Embedding(), report)["features"] == 1


def test_styles_that_qgis_stores_beside_a_layer_are_no_second_layer(tmp_path, report):
    layer = _layer(tmp_path / "a.gpkg", [_box(1, 1, 2, 2)])
    style = pyarrow.table({"styleName": ["red"]})
    pyogrio.raw.write_arrow(style, layer, driver="GPKG", layer="layer_styles", append=True)
    assert _write(layer, str(tmp_path / "t.gpkg"), Embedding(), report)["features"] == 1


def test_more_columns_than_a_geopackage_holds_are_refused_before_any_work(tmp_path, report):
    layer = _layer(tmp_path / "a.gpkg", [_box(1, 1, 2, 2)])
    embedding = Embedding()
    embedding.names = tuple(f"S3_{i:04d}" for i in range(1997))
    with pytest.raises(InputError, match="2001 columns; a GeoPackage holds 2000"):
        _write(layer, str(tmp_path / "t.gpkg"), embedding, report)
    assert embedding.windows == []
    wide = np.zeros((1996, 1, 1), np.float32)
    names = embedding.names[:1996]
    result = write_table(
        layer, str(tmp_path / "t.gpkg"), embedding.scene, Window(1, 1, 1, 1), 1, names,
        lambda window: (wide, np.ones((1, 1), bool)), report,
    )  # fmt: skip
    assert len(result["columns"]) == 1996
    assert len(pyogrio.read_info(tmp_path / "t.gpkg")["fields"]) == 1998


def test_cancelling_leaves_what_was_there(tmp_path, report):
    report.cancel_at = 3
    layer, out = _layer(tmp_path / "a.gpkg", [_box(1, 1, 2, 2), _box(300, 300, 301, 301)]), tmp_path / "t.gpkg"
    out.write_bytes(b"old")
    with pytest.raises(Cancelled):
        _write(layer, str(out), Embedding(), report)
    assert out.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.gpkg", "t.gpkg"]


def test_an_older_table_is_replaced_with_its_journals(tmp_path, report):
    layer, out = _layer(tmp_path / "a.gpkg", [_box(1, 1, 2, 2)]), tmp_path / "t.gpkg"
    for suffix in ("", "-wal", "-shm"):
        out.with_name(out.name + suffix).write_bytes(b"old")
    _write(layer, str(out), Embedding(), report)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.gpkg", "t.gpkg"]
    assert _written(out)[0]["n_pixels"] == [1]


def test_a_table_that_cannot_be_written_is_a_matter_of_resources(tmp_path, report, out):
    layer = _layer(tmp_path / "a.gpkg", [_box(1, 1, 2, 2)])
    (tmp_path / out).mkdir()  # a folder of that name cannot be replaced by a file
    with pytest.raises(ResourceError, match="cannot be written to"):
        _write(layer, out, Embedding(), report)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_progress_ends_with_all_windows_and_large_layers_can_be_cancelled(tmp_path, report):
    points = [_point(col, 5) for col in range(0, 700, 2)]
    _write(_layer(tmp_path / "p.gpkg", points), str(tmp_path / "t.parquet"), Embedding(), report)
    phases = [phase for phase, _, _ in report.calls]
    assert phases == ["Finding features"] * 4 + ["Embedding"] * 4
    assert report.calls[-1] == ("Embedding", 3, 3)
