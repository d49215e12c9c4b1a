import json

import numpy as np
import pytest
import shapely
from affine import Affine
from mmearth.errors import InputError
from mmearth.scenes.extent import inside_mask, read_mask, touches_mask, window_of
from mmearth.scenes.raster import Grid
from rasterio.crs import CRS
from rasterio.warp import transform as project
from rasterio.windows import Window

GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, 600000, 0, -10, 5200000), 100, 80)


def test_bounds_take_in_every_pixel_they_touch_and_are_cut_to_the_raster():
    assert window_of(GRID, (600015, 5199955, 600041, 5199990), "x") == Window(1, 1, 4, 4)
    assert window_of(GRID, (600010, 5199960, 600040, 5199990), "x") == Window(1, 1, 3, 3)
    assert window_of(GRID, (0, 0, 1e7, 1e7), "x") == Window(0, 0, 100, 80)
    assert window_of(GRID, None, "x") == Window(0, 0, 100, 80)


@pytest.mark.parametrize("bounds", [(1, 2, 3, 4), (600990, 5199000, 600980, 5199100)])
def test_an_extent_elsewhere_or_turned_around_is_refused(bounds):
    with pytest.raises(InputError, match="outside raster 'x'|extent is empty"):
        window_of(GRID, bounds, "x")


def test_a_mask_in_degrees_covers_the_same_pixels(tmp_path):
    xs, ys = [600100, 600300, 600300, 600100, 600100], [5199900, 5199900, 5199600, 5199600, 5199900]
    lon, lat = project("EPSG:32632", "EPSG:4326", xs, ys)
    path = tmp_path / "mask.geojson"
    polygon = {"type": "Polygon", "coordinates": [list(map(list, zip(lon, lat, strict=True)))]}
    feature = {"type": "Feature", "properties": {}, "geometry": polygon}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    shapes = read_mask(str(path), GRID)
    inside = inside_mask(shapes, GRID, Window(5, 5, 40, 40))
    expected = np.zeros((40, 40), bool)
    expected[5:35, 5:25] = True
    assert (inside != expected).sum() <= 2  # GeoJSON keeps seven decimals of a degree
    assert inside_mask(None, GRID, Window(0, 0, 2, 2)) is None
    assert not inside_mask(shapes, GRID, Window(60, 60, 10, 10)).any()


def test_a_mask_without_polygons_is_refused(tmp_path):
    path = tmp_path / "points.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [9, 47]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(InputError, match="holds no polygon"):
        read_mask(str(path), GRID)
    with pytest.raises(InputError, match="could not be read"):
        read_mask(str(tmp_path / "none.gpkg"), GRID)


def test_a_window_that_no_polygon_meets_is_known():
    triangle = np.array([shapely.Polygon([(600000, 5199200), (600400, 5199200), (600000, 5199600)])])
    assert touches_mask(triangle, GRID, Window(0, 40, 10, 10))
    assert not touches_mask(triangle, GRID, Window(40, 0, 60, 40))
    assert touches_mask(None, GRID, Window(40, 0, 60, 40))
