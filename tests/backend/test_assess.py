"""Assessment: planted errors come out with the right weights, points are matched honestly, the report says how."""

import json

import numpy as np
import pyogrio
import pyogrio.raw
import pytest
import rasterio
import shapely
from mmearth import protocol
from mmearth.assess import run
from mmearth.draw_sample import run as draw
from mmearth.errors import InputError, ResourceError

NAMES = {3: "Water", 7: "Forest"}
TAGS = {"MMEARTH": json.dumps({"classes": {"3": "Water", "7": "Forest"}})}
PIXEL_M2 = 100.0


@pytest.fixture
def make_map(make_raster):
    """Writes a class map with the tags of predict; 0 is nodata."""

    def make(values, name="map.tif", **profile):
        path = make_raster(name, values=np.asarray(values)[None], dtype="uint8", nodata=0, **profile)
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(**TAGS)
        return path

    return make


def mapped(height=80, width=100):
    """A tenth of the map is Water."""
    values = np.full((height, width), 7)
    values[:, : width // 10] = 3
    return values


def rewrite(path, labels, out=None):
    """Writes the points again with classes filled in, as QGIS would; with `out`, as a plain new layer."""
    meta, _, wkb, columns = pyogrio.raw.read(path)
    table = dict(zip(meta["fields"], columns, strict=True))
    with rasterio.open(path.parent / "map.tif") as dataset:
        stored = np.array([v[0] for v in dataset.sample(shapely.get_coordinates(shapely.from_wkb(wkb)))])
    table["class"] = np.array(labels(stored, table["id"]), object)
    kept = {} if out else {"layer_metadata": pyogrio.read_info(path)["layer_metadata"]}
    fields = ["id", "class"] if out else list(table)
    pyogrio.raw.write(
        out or path, wkb, [table[f] for f in fields], fields, layer="points", driver="GPKG", geometry_type="Point",
        crs=meta["crs"], **kept,
    )  # fmt: skip
    return str(out or path)


def assess(path, samples, tmp_path, report, **fields):
    return run(protocol.AssessRequest(str(path), str(samples), str(tmp_path / "report"), **fields), report)


def fifth_wrong(stored, numbers):
    """One in five of the points on Forest is Water; all of those on Water are."""
    order = np.argsort(np.argsort(np.where(stored == 7, numbers, 1_000)))
    return ["Water" if value == 3 or order[i] % 5 == 0 else "Forest" for i, value in enumerate(stored)]


def test_planted_errors_come_out_with_the_weight_of_their_class(make_map, tmp_path, report):
    path = make_map(mapped())
    draw(protocol.DrawSampleRequest(path, str(tmp_path / "points.gpkg"), 50, 0), report)
    result = assess(path, rewrite(tmp_path / "points.gpkg", fifth_wrong), tmp_path, report)
    assert result["accuracy"]["overall"] == pytest.approx(0.1 * 1 + 0.9 * 0.8)  # not .9, the share of the points
    error = 0.9 * np.sqrt(0.8 * 0.2 / 49)
    assert result["accuracy"]["overall_error"] == pytest.approx(error)
    assert result["accuracy"]["overall_interval"] == pytest.approx([0.82 - 1.96 * error, 0.82 + 1.96 * error])
    assert result["accuracy"]["estimator"] == "stratified"
    water, forest = result["classes"]
    total = 8000 * PIXEL_M2
    assert (water["mapped_m2"], forest["mapped_m2"]) == (0.1 * total, 0.9 * total)
    assert water["area_m2"] == pytest.approx((0.1 + 0.9 * 0.2) * total)
    assert water["area_error_m2"] == pytest.approx(error * total)
    assert (water["users"], forest["users"]) == pytest.approx((1.0, 0.8))
    assert (water["producers"], forest["producers"]) == pytest.approx((0.1 / 0.28, 1.0))
    assert (water["points"], water["true_points"]) == (50, 60)
    assert result["warnings"] == []
    assert result["headline"].startswith("Overall accuracy of the map: 0.82 (95 % interval 0.72 to 0.92), from 100")
    assert "It shows too little Water, too much Forest." in result["headline"]
    document = json.loads((tmp_path / "report" / "assess.json").read_text(encoding="utf-8"))
    assert document["confusion_points"] == [[50, 0], [10, 40]]
    assert document["classes"] == result["classes"]
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert result["report"] == str(tmp_path / "report" / "report.html")
    for text in (result["headline"], "stratified estimator; Olofsson et al. 2014", "too little", "22.4 ha", "± 8.06"):
        assert text in page
    assert "<script" not in page
    assert "href" not in page


def test_points_of_unknown_origin_are_post_stratified_and_it_is_said(make_map, tmp_path, report):
    path = make_map(mapped())
    draw(protocol.DrawSampleRequest(path, str(tmp_path / "points.gpkg"), 50, 0), report)
    plain = rewrite(tmp_path / "points.gpkg", fifth_wrong, tmp_path / "plain.gpkg")
    result = assess(path, plain, tmp_path, report)
    assert result["accuracy"]["estimator"] == "post-stratified"
    assert result["accuracy"]["overall"] == pytest.approx(0.82)
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "The layer does not say how its points were drawn." in page
    assert "placed by hand" in page


def test_a_better_map_is_judged_with_the_points_of_the_first(make_map, tmp_path, report):
    first = make_map(mapped())
    draw(protocol.DrawSampleRequest(first, str(tmp_path / "points.gpkg"), 50, 0), report)
    samples = rewrite(tmp_path / "points.gpkg", fifth_wrong)
    xy = shapely.get_coordinates(shapely.from_wkb(pyogrio.raw.read(samples)[2]))
    truth = np.array(pyogrio.raw.read(samples)[3][1])
    better = mapped()
    rows, cols = ((5200000 - xy[:, 1]) // 10).astype(int), ((xy[:, 0] - 600000) // 10).astype(int)
    better[rows, cols] = np.where(truth == "Water", 3, 7)
    result = assess(make_map(better, "better.tif"), samples, tmp_path, report)
    assert result["accuracy"]["overall"] == pytest.approx(1)
    assert result["accuracy"]["estimator"] == "stratified by another map"
    water = result["classes"][0]
    assert water["area_m2"] == pytest.approx(0.28 * 8000 * PIXEL_M2)  # the truth has not changed
    assert "map.tif" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_values_names_and_another_crs_serve_and_what_is_left_out_is_said(make_map, tmp_path, report):
    import pyproj

    path = make_map(mapped())
    transformer = pyproj.Transformer.from_crs(32632, 4326, always_xy=True)
    cols = [5, 6, 7, 50, 60, 70, 80, 500, 30]
    labels = ["3", " Water", "water", "7", "Forest", "forest", "Wood", "7", None]
    lon, lat = transformer.transform(600005 + 10 * np.array(cols), np.full(9, 5199605.0))
    points = tmp_path / "points.geojson"
    pyogrio.raw.write(
        points, shapely.to_wkb(shapely.points(lon, lat)), [np.array(labels, object)], ["truth"], driver="GeoJSON",
        geometry_type="Point", crs="EPSG:4326",
    )  # fmt: skip
    result = assess(path, points, tmp_path, report)
    assert [(row["name"], row["points"], row["true_points"]) for row in result["classes"]] == [
        ("Water", 3, 3),
        ("Forest", 4, 3),
        ("Wood", 0, 1),
    ]
    assert result["accuracy"]["overall"] == pytest.approx(0.1 + 0.9 * 0.75)
    assert result["classes"][2]["mapped_m2"] == 0
    assert result["classes"][2]["area_m2"] == pytest.approx(0.9 * 0.25 * 8000 * PIXEL_M2)
    said = "\n".join(result["warnings"])
    assert "1 of 9 points have no class yet" in said
    assert "1 points lie where the map holds no class" in said
    assert "Not a class of the map: 'Wood' (1 points)" in said
    assert "Fewer than 20 points on what is mapped as Water (3), Forest (4)" in said


def test_areas_of_a_geographic_map_follow_the_ellipsoid(make_map, tmp_path, report):
    from affine import Affine

    path = make_map(mapped(20, 20), crs="EPSG:4326", transform=Affine(0.5, 0, 10, 0, -2.0, 60))
    draw(protocol.DrawSampleRequest(path, str(tmp_path / "points.gpkg"), 10, 0), report)
    result = assess(path, rewrite(tmp_path / "points.gpkg", lambda s, _: [NAMES[v] for v in s]), tmp_path, report)
    radius = 6_371_007.2  # of the sphere with the area of WGS 84
    area = radius**2 * np.radians(10) * (np.sin(np.radians(60)) - np.sin(np.radians(20)))
    assert sum(row["area_m2"] for row in result["classes"]) == pytest.approx(area, rel=3e-3)
    assert result["classes"][0]["area_error_m2"] == 0


def test_single_points_leave_errors_unknown_instead_of_zero(make_map, tmp_path, report):
    path = make_map(mapped())
    draw(protocol.DrawSampleRequest(path, str(tmp_path / "points.gpkg"), 10, 0), report)

    def one_of_water(stored, _):
        first = np.flatnonzero(stored == 3)[0]
        return [NAMES[v] if v == 7 or i == first else None for i, v in enumerate(stored)]

    result = assess(path, rewrite(tmp_path / "points.gpkg", one_of_water), tmp_path, report)
    assert result["accuracy"]["overall_error"] is result["accuracy"]["overall_interval"] is None
    assert result["classes"][0]["area_error_m2"] is None
    assert any("A single point was labelled in the part mapped as 'Water'" in w for w in result["warnings"])
    assert "not known" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    json.dumps(result, allow_nan=False)


def test_a_class_without_labelled_points_is_left_out_and_it_is_said(make_map, tmp_path, report):
    path = make_map(mapped())
    draw(protocol.DrawSampleRequest(path, str(tmp_path / "points.gpkg"), 10, 0), report)
    only_forest = rewrite(tmp_path / "points.gpkg", lambda s, _: ["Forest" if v == 7 else None for v in s])
    result = assess(path, only_forest, tmp_path, report)
    assert sum(row["area_m2"] for row in result["classes"]) == pytest.approx(7200 * PIXEL_M2)
    assert result["classes"][0]["users"] is None
    assert any(
        "No point was labelled in the part mapped as 'Water', 10.0% of the area" in w for w in result["warnings"]
    )


def test_layers_that_say_nothing_are_refused(make_map, tmp_path, report):
    path = make_map(mapped())
    points = tmp_path / "points.gpkg"
    draw(protocol.DrawSampleRequest(path, str(points), 10, 0), report)
    with pytest.raises(InputError, match="None of the 20 points of 'points.gpkg' has a class in field 'class'"):
        assess(path, points, tmp_path, report)
    with pytest.raises(InputError, match="no field 'truth'. Its fields: 'id', 'class', 'stratum'"):
        assess(path, points, tmp_path, report, field="truth")
    with pytest.raises(InputError, match="The points' classes are not the map's"):
        assess(path, rewrite(points, lambda s, n: [f"tree {i}" for i in n]), tmp_path, report)
    with pytest.raises(InputError, match="There is no point layer"):
        assess(path, tmp_path / "none.gpkg", tmp_path, report)
    far = make_map(mapped(), "far.tif", transform=rasterio.Affine(10, 0, 100000, 0, -10, 5200000))
    with pytest.raises(InputError, match="lies on the map 'far.tif'"):
        assess(far, rewrite(points, lambda s, _: ["Water"] * len(s)), tmp_path, report)
    assert not (tmp_path / "report").exists()


def test_folder_that_cannot_be_made_is_refused(make_map, tmp_path, report):
    path = make_map(mapped())
    draw(protocol.DrawSampleRequest(path, str(tmp_path / "points.gpkg"), 10, 0), report)
    (tmp_path / "report").write_text("in the way", encoding="utf-8")
    with pytest.raises(ResourceError, match="The report cannot be written"):
        assess(path, rewrite(tmp_path / "points.gpkg", fifth_wrong), tmp_path, report)
