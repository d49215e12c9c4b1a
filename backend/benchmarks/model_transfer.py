"""Does a model that was trained on one place serve another? What the report says beforehand, and what the map is worth.

For each pair of places: square polygons are drawn where a land-cover map of the first place is of one class, a model is
trained and exported, checked against the second place, and mapped there; the map is compared with the land-cover map of
that place, beside the share of its commonest class. The land-cover map is a product, not the truth: what is measured is
agreement with it. At last the model is offered scenes of other bands, which it must refuse.

OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/model_transfer.py --data …/terramind
"""

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import rasterio
import shapely
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from benchmarks.quiet import Quiet
from mmearth import check_model, few_shot, predict, protocol
from mmearth.errors import MMEarthError

IntArray = NDArray[np.integer]

PLACES = {"Chile": "433D_629L_3_1.tif", "Denmark": "637U_59R_1_3.tif", "Tanzania": "38D_378R_2_3.tif"}
NAMES = {1: "water", 2: "trees", 3: "flooded", 4: "crops", 5: "built", 6: "bare", 7: "snow", 9: "rangeland"}
COLORS = {
    1: "#4477aa",
    2: "#117733",
    3: "#44aa99",
    4: "#ddcc77",
    5: "#cc6677",
    6: "#777777",
    7: "#ffffff",
    9: "#999933",
}
PER_CLASS, SIDE_PX, APART_PX = 10, 5, 8
WAYS: dict[str, dict[str, Any]] = {
    "default": {},
    "no encoder": {"encoder": False},
    "both scenes given": {"both": True},  # the second one without labels
    "elevation as a layer": {"layers": True},
}


@dataclass(frozen=True)
class Place:
    """A scene with a land-cover map on its grid and a DEM."""

    name: str
    scene: str
    cover: str
    elevation: str


def squares(cover: IntArray, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Returns (class, row, col) of squares of one class that lie apart, `PER_CLASS` of each where there are so many.

    Args:
        cover: (rows, cols) land cover.
        rng: Draws the places.
    """
    windows = np.lib.stride_tricks.sliding_window_view(cover, (SIDE_PX, SIDE_PX))
    pure = (windows == windows[..., :1, :1]).all(axis=(2, 3))
    found: list[tuple[int, int, int]] = []
    for value in np.unique(cover):
        own: list[tuple[int, int, int]] = []
        for row, col in rng.permutation(np.argwhere(pure & (windows[..., 0, 0] == value))):
            if all(max(abs(row - r), abs(col - c)) >= APART_PX for _, r, c in [*found, *own]):
                own.append((int(value), int(row), int(col)))
            if len(own) == PER_CLASS:
                break
        found += own if len(own) >= 3 else []  # with fewer a class is left out: it could not be validated
    return found


def write_labels(path: Path, place: Place, rng: np.random.Generator) -> IntArray:
    """Draws polygons on a place; returns the classes drawn."""
    with rasterio.open(place.cover) as dataset:
        drawn, transform, crs = squares(dataset.read(1), rng), dataset.transform, dataset.crs
    values = np.array([value for value, *_ in drawn])
    shapes = []
    for _, row, col in drawn:
        left, top = transform @ (col, row)
        right, bottom = transform @ (col + SIDE_PX, row + SIDE_PX)
        shapes.append(shapely.box(left, bottom, right, top))
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array(shapes)), [values.astype(np.int32)], ["cover"], geometry_type="Polygon",
        crs=crs.to_string(), driver="GPKG",
    )  # fmt: skip
    return np.unique(values)


def agreement(mapped: str, cover: str, classes: IntArray) -> dict[str, float]:
    """Returns how well a map agrees with land cover where that has one of the classes, and the commonest class."""
    with rasterio.open(mapped) as found, rasterio.open(cover) as reference:
        guess, truth, valid = found.read(1), reference.read(1), found.dataset_mask() > 0
    known = valid & np.isin(truth, classes)
    guess, truth = guess[known], truth[known]
    present, counts = np.unique(truth, return_counts=True)
    commonest = np.full_like(truth, present[counts.argmax()])
    return {
        "pixels": int(known.sum()),
        "share of pixels of classes trained": float(known.sum() / valid.sum()),
        "accuracy": float((guess == truth).mean()),
        "macro-F1": float(f1_score(truth, guess, labels=present, average="macro", zero_division=0)),
        "accuracy, commonest class": float((commonest == truth).mean()),
        "macro-F1, commonest class": float(
            f1_score(truth, commonest, labels=present, average="macro", zero_division=0)
        ),
    }


def transfer(
    source: Place, target: Place, way: dict[str, Any], labels: str, classes: IntArray, model: str
) -> dict[str, Any]:
    """Trains on a place, checks and maps both; returns the check's report and the agreement at each place."""
    silent: Any = Quiet()
    layers = [((place.elevation,) if way.get("layers") else ()) for place in (source, target)]
    scenes = (source.scene, target.scene) if way.get("both") else (source.scene,)
    trained = few_shot.run(
        protocol.FewShotRequest(
            scenes,
            labels,
            model,
            field="cover",
            layers=layers[0],
            device="cpu",
            encoder=way.get("encoder", True),
            classes=tuple({"value": int(v), "name": NAMES[int(v)], "color": COLORS[int(v)]} for v in classes),
        ),
        silent,
    )
    checked = check_model.run(protocol.CheckModelRequest(model, target.scene, layers=layers[1]), silent)
    result = {"held-out polygons": trained["macro_f1"], "errors": checked["errors"], "warnings": checked["warnings"]}
    for key, place, own in (("there", target, layers[1]), ("at home", source, layers[0])):
        out = str(Path(model).with_name("map.tif"))
        predict.run(protocol.PredictRequest(place.scene, out, model, layers=own, device="cpu"), silent)
        result[key] = agreement(out, place.cover, classes)
    return result


def refusals(model: str, offered: dict[str, str]) -> dict[str, list[str]]:
    """Returns what the check says of each scene; every one must also be refused by predict.

    Args:
        model: A model file.
        offered: Name of each scene → its path.
    """
    silent: Any = Quiet()
    found = {}
    for name, scene in offered.items():
        found[name] = check_model.run(protocol.CheckModelRequest(model, scene), silent)["errors"]
        try:
            predict.run(
                protocol.PredictRequest(scene, str(Path(model).with_name("no.tif")), model, device="cpu"), silent
            )
        except MMEarthError:
            continue
        raise SystemExit(f"{name} was mapped, although its bands are others")
    return found


def write_four_bands(scene: str, out: Path) -> str:
    """Writes B2, B3, B4 and B8 of a scene of 12 bands in the order of products."""
    with rasterio.open(scene) as dataset:
        profile = {**dataset.profile, "count": 4}
        with rasterio.open(out, "w", **profile) as made:
            made.write(dataset.read([2, 3, 4, 8]))
            made.descriptions = ("B2", "B3", "B4", "B8")
    return str(out)


def places_of(data: Path) -> list[Place]:
    """Returns the places that lie in the folder."""
    return [
        Place(name, *(str(data / kind / file) for kind in ("S2L2A", "LULC", "DEM"))) for name, file in PLACES.items()
    ]


def show(source: Place, target: Place, way: str, found: dict[str, Any]) -> None:
    """Prints what came of one transfer."""
    print(f"\n{source.name} → {target.name}, {way}")
    for kind in ("errors", "warnings"):
        for sentence in found[kind]:
            print(f"  {kind[:-1]}: {sentence}")
    if not found["errors"] and not found["warnings"]:
        print("  the check has nothing to say")
    for key in ("at home", "there"):
        row = found[key]
        print(
            f"  {key:8} macro-F1 {row['macro-F1']:.3f} (commonest class {row['macro-F1, commonest class']:.3f}), "
            f"accuracy {row['accuracy']:.3f} ({row['accuracy, commonest class']:.3f}), {row['pixels']:,} pixels"
        )


def main() -> None:
    """Runs all pairs and ways, then the refusals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with S2L2A, S2L1C, S1RTC, LULC and DEM")
    parser.add_argument("--from", dest="sources", default="Chile", help="places to train on, comma-separated")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    places = places_of(options.data)
    record: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in [place for place in places if place.name in options.sources.split(",")]:
            labels = folder / f"{source.name}.gpkg"
            classes = write_labels(labels, source, np.random.default_rng(0))
            spoken = ", ".join(NAMES[int(value)] for value in classes)
            print(f"\nTrained on {source.name}: {spoken}; at most {PER_CLASS} squares of {SIDE_PX} pixels each")
            for target in [place for place in places if place is not source]:
                for way in options.ways.split(","):
                    found = transfer(source, target, WAYS[way], str(labels), classes, str(folder / f"{way}.zip"))
                    record[f"{source.name} → {target.name}, {way}"] = found
                    show(source, target, way, found)
        offered = {
            "radar (VV, VH)": places[0].scene.replace("S2L2A", "S1RTC"),
            "four bands": write_four_bands(places[0].scene, folder / "four_bands.tif"),
            "elevation": places[0].elevation,
        }
        print("\nScenes of other bands, offered to a model without extra layers:")
        record["refused"] = refusals(str(folder / f"{options.ways.split(',')[0]}.zip"), offered)
        for scene, errors in record["refused"].items():
            print(f"  {scene}: {' '.join(errors)}")
    if options.json:
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
