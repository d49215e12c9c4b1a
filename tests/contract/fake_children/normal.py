"""A child that answers every verb at once with canned results, in the real wire format. Writes results by copying."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

from mmearth import protocol

BANDS = ["B2", "B3", "B4"]
QML = (
    '<qgis version="3.22"><pipe><rasterrenderer type="singlebandgray" band="1" grayBand="1" gradient="WhiteToBlack"'
    ' opacity="0.5"><contrastEnhancement><minValue>0</minValue><maxValue>7</maxValue><algorithm>StretchToMinimumMaximum'
    "</algorithm></contrastEnhancement></rasterrenderer></pipe></qgis>"
)
REMOVED = set()  # paths of weights that were removed
EXPLORING = (
    protocol.SimilarRequest,
    protocol.SelectRegionRequest,
    protocol.OutlineRequest,
    protocol.ClusterRequest,
    protocol.ScatterRequest,
)


def send(event):
    """Writes one event."""
    sys.stdout.write(protocol.encode(event))
    sys.stdout.flush()


def hello():
    """Says hello as the real child does."""
    send(protocol.hello_event({"torch": "fake"}, [{"id": "cpu", "name": "CPU (fake)"}]))


def requests():
    """Yields messages until shutdown or the end of input."""
    for line in iter(sys.stdin.readline, ""):
        message = protocol.decode(line)
        if message.get("verb") == protocol.SHUTDOWN:
            return
        yield message


def write_copy(source, target):
    """Writes a result file with its style; returns the style's path."""
    shutil.copyfile(source, target)
    style = Path(target).with_suffix(".qml")
    style.write_text(QML, encoding="utf-8")
    return str(style)


def answer(message):
    """Returns the result of a request."""
    request = protocol.request_from_json(message)
    if isinstance(request, protocol.DescribeRequest):
        mapping = request.bands or {"B2": 1, "B3": 2}
        return {
            "scene": request.scene,
            "width": 20,
            "height": 10,
            "crs": "EPSG:32632",
            "bounds": [0, 0, 1, 1],
            "res": [10.0, 10.0],
            "dtype": "uint16",
            "nodata": None,
            "count": 3,
            "band_list": [{"index": i, "name": f"Band {i}"} for i in (1, 2, 3)],
            "mapping": mapping,
            "mapping_how": "chosen" if request.bands else "names",
            "missing": [name for name in BANDS if name not in mapping],
            "wanted": BANDS,
            "band_labels": {"B2": "Blue 490 nm", "B3": "Green 560 nm", "B4": "Red 665 nm"},
            "units": "dn",
            "units_label": "DN, reflectance × 10 000",
            "units_how": "maximum 7000",
            "warnings": ["B4 is missing; it is filled with its mean."] if "B4" not in mapping else [],
            "estimate": {"seconds": 12.0, "memory_bytes": 1.5e9, "disk_bytes": 4e7},
        }
    if isinstance(request, protocol.EmbedRequest):
        style = write_copy(request.scene, request.out)
        return {"out": request.out, "style": style, "bands": ["1"], "warnings": [], "seconds": 0.1, "pixels": 200}
    if isinstance(request, protocol.FewShotRequest):
        return few_shot(request, message)
    if isinstance(request, protocol.FineTuneRequest):
        return fine_tune_result(request, message)
    if isinstance(request, protocol.EvaluateRequest):
        files = {
            "csv": f"{request.out}/table.csv",
            "json": f"{request.out}/table.json",
            "markdown": f"{request.out}/table.md",
        }
        Path(request.out).mkdir(parents=True, exist_ok=True)
        Path(files["json"]).write_text(protocol.encode(message), encoding="utf-8")
        return {**files, "table": [], "warnings": [], "seconds": 0.1}
    if isinstance(request, protocol.PretrainRequest):
        run = Path(request.weights_out).with_suffix("")
        Path(request.weights_out).write_text(protocol.encode(message), encoding="utf-8")
        return {
            "weights": request.weights_out,
            "card": f"{run}.json",
            "curve": f"{run}.png",
            "reconstructions": "",
            "steps": 40,
            "seconds": 61.0,
            "final_loss": 0.75,
            "micro_batch": 4,
            "recipe": "small",
            "resumed_from_step": 10 if request.resume else 0,
        }
    if isinstance(request, protocol.AdaptRequest):
        return adapt_result(request, message)
    if isinstance(request, protocol.ListWeightsRequest):
        return weights_list()
    if isinstance(request, (protocol.DownloadWeightsRequest, protocol.ConvertWeightsRequest)):
        return {"weights": message.get("weights_out") or f"/weights/{message['name']}.safetensors", "warnings": []}
    if isinstance(request, protocol.RemoveWeightsRequest):
        REMOVED.add(request.path)
        return {"path": request.path, "freed_bytes": 12_000_000}
    if isinstance(request, protocol.DoctorRequest):
        return doctor(request)
    if isinstance(request, protocol.CheckModelRequest):
        return check_model(request)
    if isinstance(request, (protocol.SuggestRequest, protocol.DrawSampleRequest)):
        return points(request)
    if isinstance(request, protocol.AssessRequest):
        Path(request.report).mkdir(parents=True, exist_ok=True)
        report = Path(request.report) / "report.html"
        report.write_text(protocol.encode(message), encoding="utf-8")
        return {"headline": "Overall accuracy 91 % (88–94 %)", "report": str(report), "warnings": [], "seconds": 0.1}
    if isinstance(request, EXPLORING):
        return explore(request)
    if isinstance(request, protocol.ProbePathsRequest):
        return {"found": [probe(Path(file)) for file in request.files]}
    if isinstance(request, protocol.CompareMapsRequest):
        return compare_maps(request)
    if isinstance(request, protocol.ExportMapRequest):
        return export_map(request)
    if isinstance(request, protocol.PreviewRequest):
        style = write_copy(request.scene, request.out)
        classes = [{**entry, "pixels": 7} for entry in request.classes]
        shown = {"classes": classes, "problems": [], "warnings": [], "seconds": 0.9, "prepared": False}
        return {"out": request.out, "style": style, **shown}
    return predict(request)


def probe(file):
    """Reads a probe file and answers beside it."""
    if not file.exists():
        return {"text": "", "answer": "", "problem": "No such file or directory", "folder": ""}
    file.with_name(f"{file.name}.answer").write_text("seen", encoding="utf-8")
    return {"text": file.read_text(encoding="utf-8"), "answer": "seen", "problem": "", "folder": str(file.parent)}


def doctor(request):
    """Says that the CPU can be used, and takes half a second for a tile, and that a GPU cannot."""
    cpu = {
        "id": "cpu",
        "name": "CPU (fake)",
        "usable": True,
        "reason": "",
        "remedy": "",
        "memory_bytes": 16_000_000_000,
        "free_bytes": 9_000_000_000,
        "driver": "",
        "wheel": "cpu",
        "dtype": "float32",
        "precisions": ["float32"],
        "test": None,
    }
    gpu = {
        **cpu,
        "id": "cuda:0",
        "name": "NVIDIA T1000",
        "usable": False,
        "reason": "PyTorch 2.8.0+cpu was built for the CPU alone.",
        "remedy": "Install the wheel for CUDA 12.6.",
        "memory_bytes": 4_000_000_000,
        "free_bytes": None,
        "driver": "535.183.01",
        "dtype": "",
        "precisions": [],
    }
    if request.test:
        figures = {"seconds": 0.5, "pixels_per_second": 131_072.0, "agreement": 0.0, "ok": True, "error": ""}
        measured = {"precision": "float32", **figures}
        cpu["test"] = {**measured, "precisions": [measured], "recommended": "float32"}
    checks = [
        {"name": "Python", "ok": True, "found": "3.12.4", "remedy": ""},
        {"name": "Disk", "ok": False, "found": "1.2 GB free", "remedy": "Free at least 2 GB."},
    ]
    markdown = "# MMEarth doctor\n\n- CPU (fake)\n"
    found = {"devices": [cpu, gpu], "checks": checks, "versions": {"torch": "2.8.0+cpu"}, "markdown": markdown}
    return {**found, "warnings": [], "seconds": 0.1}


def few_shot(request, message):
    """Writes the request as model and a report; three kinds of things are wrong with the labels."""
    model = Path(request.model)
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_text(protocol.encode(message), encoding="utf-8")
    report = Path(request.report or model.with_name("report")) / "report.html"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text("<p>report</p>", encoding="utf-8")
    result = {
        "model": request.model,
        "report": str(report),
        "task": request.task,
        "folds": "polygon",
        "folds_reason": "",
        "classes": list(request.classes),
        "problems": [
            {
                "kind": "sliver",
                "message": "Polygon 2 holds no centre of a pixel of 10 × 10 metre.",
                "features": [2],
                "bounds": [662440.0, 5362540.0, 662460.0, 5362560.0],
                "crs": "EPSG:32632",
            }
        ],
        "polygons": 4,
        "pixels": 40,
        "macro_f1": 0.91,
        "raw_bands_macro_f1": 0.82,
        "majority_macro_f1": 0.25,
        "interval": [0.85, 0.95],
        "ece": [0.09, 0.03],
        "learning_curve": {"sentence": "Twice the polygons would hardly change macro-F1."},
        "warnings": [],
        "seconds": 0.3,
    }
    if request.task == "regression":
        unknown = {"macro_f1": None, "raw_bands_macro_f1": None, "majority_macro_f1": None, "interval": None}
        scores = {"r2": 0.64, "rmse": 3.21, "mae": 2.5, "bias": -0.1, "coverage": 0.88, "ece": None}
        return {**result, **unknown, **scores, "learning_curve": None, "classes": []}
    return result


def fine_tune_result(request, message):
    """Writes the request as model, and a report; says that two rungs were tried."""
    run = Path(request.model).with_name(f"{Path(request.model).stem}_run")
    run.mkdir(parents=True, exist_ok=True)
    Path(request.model).write_text(protocol.encode(message), encoding="utf-8")
    (run / "report.html").write_text("<p>report</p>", encoding="utf-8")
    return {
        "model": request.model,
        "run": str(run),
        "curve": str(run / "curve.png"),
        "curve_csv": str(run / "curve.csv"),
        "report": str(run / "report.html"),
        "request": str(run / "request.json"),
        "task": request.task,
        "unit": request.unit,
        "rung": "decoder",
        "rungs": [
            {"rung": "few-shot", "macro_f1": 0.7, "interval": [0.65, 0.75], "seconds": 20.0},
            {"rung": "decoder", "macro_f1": 0.8, "interval": [0.76, 0.84], "seconds": 41.0},
        ],
        "decision": "'decoder' is kept: it is better.",
        "classes": list(request.classes),
        "polygons": 4,
        "folds": "polygon",
        "folds_reason": "",
        "macro_f1": 0.8,
        "interval": [0.76, 0.84],
        "raw_bands_macro_f1": 0.66,
        "majority_macro_f1": 0.25,
        "temperature": 1.2,
        "ece": 0.04,
        "epochs": 12,
        "steps": 40,
        "best_step": 20,
        "micro_batch": 16,
        "problems": [],
        "mapping": {"B2": 1},
        "units": "dn",
        "warnings": ["Memory was short: 16 crops at once instead of 32."],
        "seconds": 61.0,
    }


def predict(request):
    """Writes copies of the scene for every raster that is wanted; the model tells whether it is a regression."""
    regression = json.loads(Path(request.model).read_text(encoding="utf-8"))["task"] == "regression"
    result = {
        "out": request.out,
        "style": write_copy(request.parcels if request.out.endswith(".gpkg") else request.scene, request.out),
        "vector": request.vector,
        "vector_style": "",
        "parcels": request.parcels_out,
        "parcels_style": "",
        "classes": [] if regression else [{"value": 1, "name": "Wood", "color": "#117733", "pixels": 9}],
        "warnings": ["A small warning."],
        "seconds": 0.2,
    }
    for key in ("confidence", "probabilities", "margin", "entropy", "distance", "interval"):
        path = getattr(request, key)
        result[key] = path
        result[f"{key}_style"] = write_copy(request.scene, path) if path else ""
    for path, like in ((request.vector, request.parcels), (request.parcels_out, request.parcels)):
        if path and like:
            shutil.copyfile(like, path)
    return result


def check_model(request):
    """Refuses a scene named `wrong…`, doubts one named `odd…` and says how well one named `adapted…` agrees."""
    name = Path(request.scene).name
    warnings = [f"The pixels of '{name}' are larger."] if name.startswith("odd") else []
    if name.startswith("adapted"):
        warnings.append("'own' was adapted to say the same. They agree poorly: do not trust this map.")
    return {
        "model": request.model,
        "task": "regression" if Path(request.model).name.startswith("height") else "classes",
        "classes": [],
        "facts": {"Model": Path(request.model).name, "Score": "macro-F1 0.91"},
        "errors": [f"'{name}' offers other bands."] if name.startswith("wrong") else [],
        "warnings": warnings,
        "seconds": 0.1,
    }


def points(request):
    """Writes two points of the scene of the tests, as suggestions or as a sample."""
    from osgeo import ogr, osr

    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32632)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(request.out)
    layer = source.CreateLayer(Path(request.out).stem, crs, ogr.wkbPoint)
    if isinstance(request, protocol.SuggestRequest):
        fields = {"rank": (2, 1), "reason": ("Rare class.", "Uncertain: 'Wood' or 'Lake'?")}
        fields["class_name"] = ("Lake", "Wood")
    else:
        fields = {"id": (1, 2), "class": (None, None), "stratum": (1, 2)}
    for name, values in fields.items():
        kind = ogr.OFTInteger if isinstance(values[0], int) else ogr.OFTString
        layer.CreateField(ogr.FieldDefn(name, kind))
    for row, x in enumerate((662425.0, 662525.0)):
        feature = ogr.Feature(layer.GetLayerDefn())
        for name, values in fields.items():
            if values[row] is not None:
                feature.SetField(name, values[row])
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({x} 5362525)"))
        layer.CreateFeature(feature)
    source = None
    return {"out": request.out, "style": "", "points": 2, "classes": 1, "reasons": {}, "warnings": [], "seconds": 0.1}


def compare_maps(request):
    """Writes a copy of the first map; says that wood became lake on 3 of 12 ha, whatever the maps are."""
    if request.table:
        Path(request.table).write_text("code,from,to,pixels,area_ha,share\n", encoding="utf-8")
    return {
        "out": request.out,
        "style": write_copy(request.first, request.out),
        "table": request.table,
        "agreement": 0.75,
        "kappa": 0.5,
        "transitions": [
            {"code": 1, "from": "Wood", "to": "Lake", "color": "#88ccee", "pixels": 300, "area_ha": 3.0},
        ],
        "classes": [
            {"value": 1, "name": "Wood", "color": "#117733", "first_ha": 8.0, "second_ha": 5.0},
            {"value": 2, "name": "Lake", "color": "#4477aa", "first_ha": 4.0, "second_ha": 7.0},
        ],
        "pixels": 1200,
        "area_ha": 12.0,
        "warnings": ["Only in 'a.tif', not in 'b.tif': 'Sand'."],
        "seconds": 0.1,
    }


def export_map(request):
    """Writes a copy of the source; a file named `full…` finds the disk full."""
    if Path(request.out).name.startswith("full"):
        return {"error": (protocol.RESOURCE, "The disk is full.", "Free some space.")}
    shutil.copyfile(request.source, request.out)
    return {"out": request.out, "style": "", "crs": request.crs or "EPSG:32632", "warnings": [], "seconds": 0.1}


def explore(request):
    """Writes small results where the embedding or raster of the tests lies: bytes, squares, a table of four points."""
    from osgeo import gdal

    source = gdal.Open(getattr(request, "embedding", "") or request.raster)
    left, res, _, top, _, _ = source.GetGeoTransform()
    result = {"out": request.out, "warnings": [], "seconds": 0.1}
    if isinstance(request, protocol.SimilarRequest):
        write_bytes(source, request.out, 255, lambda row, col: 25 * (row + col) % 255)
        pixels = source.RasterXSize * source.RasterYSize
        return {**result, "style": write_style(request.out), "threshold": 0.6, "pixels": pixels}
    if isinstance(request, protocol.ClusterRequest):
        count = request.clusters or 3
        write_bytes(source, request.out, 0, lambda row, col: 1 + col * count // source.RasterXSize)
        colors = ("#117733", "#88ccee", "#cc6677")
        groups = [
            {"value": i + 1, "name": f"Group {i + 1}", "color": colors[i % 3], "pixels": 9 - i} for i in range(count)
        ]
        scores = {"2": 0.3, "3": 0.5}
        style = write_style(request.out)
        return {**result, "style": style, "classes": groups, "clusters": count, "suggested": 3, "scores": scores}
    if isinstance(request, protocol.ScatterRequest):
        classes = [dict(entry) for entry in request.classes] if request.labels else []
        names = [str(entry["value"]) for entry in classes[:2]] + [""] * 4
        rows = [f"{left + (i + 0.5) * res},{top - 0.5 * res},{i - 1.5},{1.5 - i},{names[i]}" for i in range(4)]
        text = "\n".join(["map_x,map_y,plot_x,plot_y,class", *rows, ""])
        Path(request.out).write_text(text, encoding="utf-8")
        return {**result, "points": 4, "classes": classes, "explained": [0.6, 0.2], "axes": request.axes}
    if isinstance(request, protocol.SelectRegionRequest):
        side = 1 + 2 * round(4 * request.tolerance)  # pixels: 0 is the pixel alone
        centres = list(zip(request.points[::2], request.points[1::2]))
        squares = [square(x - side * res / 2, y - side * res / 2, side * res) for x, y in centres]
        write_squares(request.out, "GeoJSON", source, squares)
        area_px = side * side * len(squares)
        region = {"area_px": area_px, "area_m2": area_px * res * res, "tolerance": request.tolerance}
        return {**result, **region}
    squares = [square(left, top - 3 * res, 3 * res), square(left + 4 * res, top - 2 * res, 2 * res)]
    squares = squares[: request.most or 2]
    write_squares(request.out, "GPKG", source, squares)
    return {**result, "polygons": len(squares)}


def write_style(out):
    """Writes the style of a raster; returns its path."""
    style = Path(out).with_suffix(".qml")
    style.write_text(QML, encoding="utf-8")
    return str(style)


def write_bytes(source, out, nodata, value):
    """Writes a GeoTIFF of bytes on the grid of a raster; `value` says what stands at (row, col)."""
    from osgeo import gdal

    width, height = source.RasterXSize, source.RasterYSize
    raster = gdal.GetDriverByName("GTiff").Create(out, width, height, 1, gdal.GDT_Byte)
    raster.SetGeoTransform(source.GetGeoTransform())
    raster.SetProjection(source.GetProjection())
    band = raster.GetRasterBand(1)
    band.SetNoDataValue(nodata)
    band.WriteRaster(0, 0, width, height, bytes(value(row, col) for row in range(height) for col in range(width)))


def square(left, bottom, side):
    """Returns a square as WKT."""
    right, top = left + side, bottom + side
    return f"POLYGON (({left} {bottom}, {right} {bottom}, {right} {top}, {left} {top}, {left} {bottom}))"


def write_squares(out, driver, source, squares):
    """Writes polygons given as WKT in the CRS of a raster."""
    from osgeo import ogr, osr

    crs = osr.SpatialReference(wkt=source.GetProjection())
    if Path(out).exists():
        Path(out).unlink()
    opened = ogr.GetDriverByName(driver).CreateDataSource(out)
    layer = opened.CreateLayer(Path(out).stem, crs, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("area_m2", ogr.OFTReal))
    for wkt in squares:
        feature = ogr.Feature(layer.GetLayerDefn())
        geometry = ogr.CreateGeometryFromWkt(wkt)
        feature.SetField("area_m2", geometry.GetArea())
        feature.SetGeometry(geometry)
        layer.CreateFeature(feature)


def weights_list():
    """Returns one set of weights that is installed and two that are published, one of them installed as well."""
    own = {"name": "own", "path": "/weights/own.safetensors", "size_bytes": 1, "sha256": "", "summary": "Mine."}
    here = {**own, "name": "pt-here", "path": "/weights/pt-here.safetensors"}
    published = {
        "bands": ["B2", "B3", "B4"],
        "patch_size": 16,
        "licence": "Not for commerce.",
        "description": "Theirs.",
    }
    return {
        "installed": [{**row, "bands": ["B4"], "patch_size": 8} for row in (own, here) if row["path"] not in REMOVED],
        "published": [
            {**published, "name": "pt-here", "installed": True, "path": here["path"]},
            {**published, "name": "pt-there", "installed": False, "path": ""},
        ],
        "licence": "CC",
    }


def pretrain(message):
    """Tells losses as a training does; a weights file named `slow…` takes until it is cancelled."""
    run, job = Path(message["weights_out"]), message["id"]
    for step in (10, 20, 40):
        values = {"sentinel2": 30.0 / step, "landcover": 20.0 / step, "total": 50.0 / step, "weight landcover": 0.5}
        send(protocol.metrics_event(job, step, 40, values, ""))
    if not run.name.startswith("slow"):
        send(protocol.result_event(job, answer(message)))
        return
    save_checkpoint(run)
    wait_for_cancel(job)


def adapt(message):
    """Tells of an adaptation and a warning; one for weights named `slow…` takes until it is cancelled."""
    weights, job = Path(message["weights_out"]), message["id"]
    send(protocol.log_event(job, "warning", "The images are shifted by 1.4 pixels of the reference."))
    for step, retrieval in ((10, 0.1), (20, 0.4), (40, 0.6)):
        values = {"loss": 20.0 / step, "distill": 10.0 / step, "retrieval": retrieval, "cosine": retrieval + 0.2}
        send(protocol.metrics_event(job, step, 400, values, ""))
    if not weights.name.startswith("slow"):
        send(protocol.result_event(job, answer(message)))
        return
    weights.write_text(protocol.encode(message), encoding="utf-8")  # as they were best
    os.utime(weights, (1e9, 1e9))  # before the checkpoint, by any clock
    save_checkpoint(weights)
    wait_for_cancel(job)


def adapt_result(request, message):
    """Returns what an adaptation says at its end."""
    run = Path(request.weights_out).with_suffix("")
    Path(request.weights_out).write_text(protocol.encode(message), encoding="utf-8")
    return {
        "weights": request.weights_out,
        "card": f"{run}.json",
        "sha256": "0",
        "curve": f"{run}.png",
        "pairs": f"{run}_pairs.png",
        "steps": 120,
        "seconds": 61.0,
        "agreement": {"retrieval": 0.62, "chance": 0.004, "cosine": 0.81, "deranged_cosine": 0.31},
        "before": {"retrieval": 0.02, "chance": 0.004, "cosine": 0.4, "deranged_cosine": 0.38},
        "warnings": ["The images are shifted by 1.4 pixels of the reference."],
        "stopped": "flat",
    }


def fine_tune(message):
    """Tells of a training; one for a model named `slow…` takes until it is cancelled."""
    model, job = Path(message["model"]), message["id"]
    for step, score in ((10, 0.5), (20, 0.8), (40, 0.75)):
        values = {"loss": 20.0 / step, "held-out F1": score, "learning rate": 1e-3 / step}
        send(protocol.metrics_event(job, step, 400, values, ""))
    if not model.name.startswith("slow"):
        send(protocol.result_event(job, answer(message)))
        return
    model.write_text(protocol.encode(message), encoding="utf-8")  # as it was best
    os.utime(model, (1e9, 1e9))  # before the checkpoint, by any clock
    save_checkpoint(model)
    wait_for_cancel(job)


def save_checkpoint(result):
    """Leaves a checkpoint of step 40 in the run folder of a result file."""
    folder = result.with_name(f"{result.stem}_run")
    folder.mkdir(exist_ok=True)
    (folder / "checkpoint.safetensors").touch()
    (folder / "checkpoint.json").write_text('{"step": 40}', encoding="utf-8")


def main():
    """Answers until told to stop; a scene named `slow…` takes until it is cancelled, `missing…` is an input error."""
    hello()
    for message in requests():
        if message["verb"] == protocol.CANCEL:
            continue
        name = Path(message.get("scene") or message.get("weights_out") or message.get("model", "")).name
        job = message["id"]
        send(protocol.progress_event(job, "encoding", 0, 4, None))
        send(protocol.log_event(job, "info", f"working on {name}"))
        if name.startswith("missing"):
            send(protocol.error_event(job, protocol.INPUT, f"'{name}' has 3 bands; 12 are wanted.", "Choose another."))
        elif message["verb"] == "pretrain":
            pretrain(message)
        elif message["verb"] == "adapt":
            adapt(message)
        elif message["verb"] == "fine_tune":
            fine_tune(message)
        elif name.startswith("slow") and message["verb"] != "describe":
            wait_for_cancel(job)
        else:
            send(protocol.progress_event(job, "encoding", 2, 4, 1.5))
            found = answer(message)
            if "error" in found:
                send(protocol.error_event(job, *found["error"]))
            else:
                send(protocol.result_event(job, found))


def wait_for_cancel(job):
    """Reads on until the job is cancelled."""
    for message in requests():
        if message["verb"] == protocol.CANCEL and message["id"] == job:
            time.sleep(0.05)
            send(protocol.cancelled_event(job))
            return
    sys.exit(0)


if __name__ == "__main__":
    main()
