"""The commands as a person types them: names, positions, exit status, sentences."""

import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import official_checkpoint
import pytest
import rasterio
from click.testing import CliRunner
from mmearth.__main__ import main
from mmearth.commands.command_options import Size
from mmearth.protocol import EmbedRequest, PretrainRequest


@pytest.fixture
def invoke():
    return lambda *arguments: CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            "embed",
            [
                "SCENE... OUT",
                "--bounds L B R T",
                "--mask",
                "--bands",
                "--weights",
                "--stages",
                "--stride",
                "--pca N|none",
                "--pca-from [weights|scene]",
                "--dtype [int8|int16|float16|float32]",
                "--tile",
                "--grn [frozen|scene|image]",
                "--device",
                "--threads",
                "--memory-limit SIZE",
                "--resume / --no-resume",
                "--cache / --no-cache",
                "--scheduler ADDRESS",
                "--dask local:N",
                "--features",
                "--json",
                "0 done, 2 bad input, 3 too little memory or disk, 130 cancelled",
            ],
        ),
        ("cache", ["--clear", "--limit SIZE", "--off", "--json"]),
        (
            "few-shot",
            [
                "SCENE...",
                "--labels",
                "--model MODEL.zip",
                "--field",
                "--report",
                "--head [recipe|prototype|",
                "--ignore",
            ],
        ),
        (
            "predict",
            [
                "SCENE OUT",
                "--model MODEL.zip",
                "--confidence",
                "--vector",
                "--probabilities",
                "--distance",
                "--parcels",
            ],
        ),
        ("check-model", ["MODEL [SCENE]", "--layer"]),
        ("suggest", ["SCENE OUT", "--model MODEL.zip", "--labels", "--count"]),
        ("draw-sample", ["MAP OUT", "--per-class"]),
        ("assess", ["MAP SAMPLES", "--report", "--field"]),
        ("weights", ["installed", "list", "published", "download", "convert"]),
        ("doctor", ["works"]),
        ("serve", ["JSON lines"]),
        ("pretrain", ["DATA...", "--weights-out", "--layer", "--recipe", "--resume", "torchrun --standalone"]),
    ],
)
def test_help_names_what_later_work_relies_on(invoke, command, words):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    for word in words:
        assert word in " ".join(result.output.split())


def test_embed_says_bands_units_and_file(invoke, make_raster, tmp_path, tiny_weights):
    out = tmp_path / "out.tif"
    result = invoke("embed", make_raster(), out, "--weights", tiny_weights, "--pca", 4, "--stride", 2)
    assert result.exit_code == 0, result.output
    assert "Bands (by order): B1=1, B2=2" in result.output
    assert "Units: DN, reflectance × 10 000" in result.output
    with rasterio.open(out) as dataset:
        assert (dataset.width, dataset.height, dataset.count) == (32, 24, 4)


def test_every_option_of_embedding_is_in_the_request(invoke, monkeypatch, tmp_path, make_raster, tiny_weights):
    from mmearth import embed

    requests = []
    monkeypatch.setattr(embed, "run", lambda request, report: requests.append(request) or {})
    scene, out = make_raster(), tmp_path / "plots.parquet"
    options = {
        "--mask": "mask.gpkg", "--bands": "B4=1,B3=2", "--units": "dn", "--weights": tiny_weights, "--stages": "0,2",
        "--stride": 4, "--pca": "none", "--pca-from": "scene", "--dtype": "float16", "--grn": "scene", "--tile": 128,
        "--device": "cpu", "--threads": 3, "--memory-limit": "1.5GB", "--dask": "local:4", "--features": "plots.gpkg",
    }  # fmt: skip
    pairs = [text for pair in options.items() for text in pair]
    flags = ["--bounds", 1, 2, 3, 4, "--no-resume", "--no-cache", "--json"]
    assert invoke("embed", scene, out, *pairs, *flags).exit_code == 0
    assert requests == [
        EmbedRequest(
            scene=scene,
            out=str(out),
            bounds=(1, 2, 3, 4),
            mask="mask.gpkg",
            bands={"B4": 1, "B3": 2},
            units="dn",
            weights=tiny_weights,
            stages=(0, 2),
            stride_px=4,
            components=0,
            pca_from="scene",
            dtype="float16",
            grn="scene",
            tile_px=128,
            device="cpu",
            threads=3,
            memory_limit_bytes=1_500_000_000,
            resume=False,
            cache=False,
            scheduler="local:4",
            features="plots.gpkg",
        )
    ]


def test_embedding_without_options_is_the_default_request(invoke, monkeypatch, tmp_path, make_raster):
    from mmearth import embed

    requests = []
    monkeypatch.setattr(embed, "run", lambda request, report: requests.append(request) or {})
    scene, out = make_raster(), tmp_path / "out.tif"
    assert invoke("embed", scene, out, "--json").exit_code == 0
    assert invoke("embed", scene, out, "--scheduler", "tcp://host:8786", "--json").exit_code == 0
    assert requests == [EmbedRequest(scene, str(out)), EmbedRequest(scene, str(out), scheduler="tcp://host:8786")]


def test_one_cluster_is_enough(invoke, make_raster, tmp_path):
    result = invoke("embed", make_raster(), tmp_path / "o.tif", "--dask", "local:2", "--scheduler", "tcp://host:8786")
    assert result.exit_code == 2
    assert "Give --scheduler or --dask, not both." in result.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("800", 800), ("800MB", 800 * 10**6), ("4 gb", 4 * 10**9), ("1.5T", 15 * 10**11), ("2kB", 2000)],
)
def test_sizes_are_read_as_people_write_them(text, expected):
    assert Size().convert(text, None, None) == expected


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--memory-limit", "much", "'much' is not a size such as 800MB or 2GB"),
        ("--memory-limit", "-2GB", "'-2GB' is not a size such as 800MB or 2GB"),
        ("--pca", "all", "'all' is neither a number nor 'none'"),
        ("--stages", "0;1", "'0;1' is not of the form 0,1,2"),
        ("--bands", "B4:1", "not of the form B4=1"),
        ("--dtype", "uint8", "'uint8' is not one of"),
        ("--grn", "never", "'never' is not one of"),
        ("--bounds", "1", "requires 4 arguments"),
    ],
)
def test_options_that_cannot_be_read_are_refused(invoke, make_raster, tmp_path, option, value, words):
    result = invoke("embed", make_raster(), tmp_path / "out.tif", option, value)
    assert result.exit_code == 2
    assert words in result.output


def test_json_is_one_event_a_line_and_the_last_is_the_result(make_raster, tmp_path, tiny_weights):
    scene = make_raster("rgb.tif", values=np.random.default_rng(0).integers(1, 255, (3, 40, 40)), dtype="uint8")
    options = ["--bands", "B4=1,B3=2,B2=3", "--weights", tiny_weights, "--pca", "4", "--json"]
    result = CliRunner().invoke(main, ["embed", scene, str(tmp_path / "o.tif"), *options])
    events = [json.loads(line) for line in result.stdout.splitlines()]
    names = [event["event"] for event in events]
    assert set(names) == {"progress", "log", "result"}
    assert names.index("result") == len(names) - 1
    assert events[-1]["result"]["out"] == str(tmp_path / "o.tif")
    phases = [event["phase"] for event in events if event["event"] == "progress"]
    assert {"Embedding", "Writing"} <= set(phases)
    assert [event["level"] for event in events if event["event"] == "log"][0] == "warning"


def test_json_ends_with_the_error_where_there_is_one(make_raster, tmp_path, tiny_weights):
    scene = make_raster("three.tif", count=3)
    options = ["--weights", tiny_weights, "--json"]
    result = CliRunner().invoke(main, ["embed", scene, str(tmp_path / "o.tif"), *options])
    assert result.exit_code == 2
    last = json.loads(result.stdout.splitlines()[-1])
    assert (last["event"], last["code"]) == ("error", "input")
    assert "has 3 bands" in last["message"]
    assert last["remedy"]
    assert f"Error: {last['message']}\n{last['remedy']}" in result.stderr


def test_the_same_request_again_comes_from_the_cache_until_it_is_cleared(invoke, make_raster, tmp_path, tiny_weights):
    options = [make_raster(), tmp_path / "out.tif", "--weights", tiny_weights, "--pca", 4]
    assert "(cached)" not in invoke("embed", *options).output
    assert "(cached)" in invoke("embed", *options).output
    assert "(cached)" not in invoke("embed", *options, "--no-cache").output
    found = json.loads(invoke("cache", "--json").stdout.splitlines()[-1])["result"]
    assert (found["entries"], found["bytes"] > 0, found["limit_bytes"]) == (1, True, 5 * 10**9)
    assert "1 results, 0.00 GB of at most 2.0 GB" in invoke("cache", "--limit", "2GB").output
    assert invoke("cache", "--clear").output.startswith("0 results, 0.00 GB of at most 2.0 GB")
    assert "(cached)" not in invoke("embed", *options).output
    assert "(switched off)" in invoke("cache", "--off").output
    assert "(cached)" not in invoke("embed", *options).output


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["{three}", "{out}"], 2, "has 3 bands, none of them named; the weights want 12"),
        (["{nowhere}", "{out}"], 2, "There is no file"),
        (["{scene}", "/proc/out.tif"], 3, "not writable"),
        (["{scene}", "{out}", "--stages", "4"], 2, "Stages [4] are not known"),
        (["{scene}", "{out}", "--tile", "100"], 2, "Choose a multiple of 64"),
        (["{scene}", "{out}", "--device", "cuda:9"], 3, "not usable here"),
        (["https://tiles.example/{{z}}/{{x}}", "{out}"], 2, "web tile service"),
    ],
)
def test_failures_are_one_sentence_with_a_remedy_and_an_exit_status(
    invoke, make_raster, tmp_path, tiny_weights, options, code, words
):
    names = {
        "scene": make_raster(),
        "three": make_raster("three.tif", count=3),
        "nowhere": tmp_path / "nowhere.tif",
        "out": tmp_path / "out.tif",
    }
    arguments = [option.format(**names) for option in options]
    result = invoke("embed", *arguments, "--weights", tiny_weights, "--pca", 4)
    assert result.exit_code == code
    assert words in result.output
    assert "Traceback" not in result.output
    assert not list(tmp_path.glob("*out*"))


def test_a_full_disk_and_full_memory_have_the_status_of_resources(
    invoke, monkeypatch, make_raster, tmp_path, tiny_weights
):
    from mmearth import embed

    options = [make_raster(), tmp_path / "out.tif", "--weights", tiny_weights, "--pca", 4]
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**6, 10**6 - 1, 1))
        result = invoke("embed", *options)
    assert result.exit_code == 3
    assert "free" in result.output
    assert not list(tmp_path.glob("*out*"))

    def need_more(request, report):
        raise MemoryError

    monkeypatch.setattr(embed, "run", need_more)
    result = invoke("embed", *options)
    assert result.exit_code == 3
    assert "ran out of memory" in result.output


def test_ctrl_c_ends_a_real_run_with_130_and_the_same_command_goes_on(make_raster, tmp_path, tiny_weights):
    scene, out = make_raster(width=640, height=512), tmp_path / "out.tif"
    command = [sys.executable, "-m", "mmearth", "embed", scene, str(out), "--weights", tiny_weights, "--pca", "4"]
    command += ["--tile", "64", "--threads", "1", "--no-cache", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "progress" and event["done"] > 0:
                break
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert json.loads(said.splitlines()[-1])["event"] == "cancelled"
    assert errors.endswith("Cancelled.\n")
    assert "Traceback" not in errors
    assert not out.exists()
    *_, last = CliRunner().invoke(main, command[3:]).stdout.splitlines()
    result = json.loads(last)["result"]
    assert 0 < result["tiles_resumed"] < result["tiles"] == 80
    command[5] = str(tmp_path / "alone.tif")
    assert CliRunner().invoke(main, command[3:]).exit_code == 0
    assert out.read_bytes() == (tmp_path / "alone.tif").read_bytes()


@pytest.mark.parametrize(
    ("raw", "reason", "words"),
    [(0.5, "", "raw bands 0.500"), (None, "one fold only", "raw bands not known: one fold only")],
)
def test_scores_say_what_is_not_known_of_raw_bands(invoke, monkeypatch, tmp_path, raw, reason, words):
    from mmearth import few_shot

    result = {
        "polygons": 6, "pixels": 60, "classes": [1, 2], "macro_f1": 0.75, "interval": [0.5, 0.875],
        "majority_macro_f1": 0.25, "raw_bands_macro_f1": raw, "raw_bands_reason": reason, "precomputed": "AlphaEarth",
        "model": "m", "report": "r", "task": "classes", "folds_reason": "Blocks, as polygons cluster.",
    }  # fmt: skip
    monkeypatch.setattr(few_shot, "run", lambda request, report: result)
    output = invoke("few-shot", "scene.tif", "--labels", "labels.gpkg", "--model", tmp_path / "model.zip").output
    assert "Blocks, as polygons cluster." in output
    assert f"0.750 (95 % interval 0.500 to 0.875); majority 0.250, {words}" in output
    assert "Features: AlphaEarth" in output


@pytest.mark.parametrize(
    ("coverage", "raw", "words"),
    [(0.875, 2.5, ["of raw bands 2.5", "holds 88%"]), (None, None, ["of raw bands not known", "holds not known"])],
)
def test_a_regression_is_told_in_its_own_figures(invoke, monkeypatch, tmp_path, coverage, raw, words):
    from mmearth import few_shot

    result = {
        "polygons": 12, "pixels": 60, "classes": [], "task": "regression", "task_reason": "the field holds decimals",
        "r2": 0.5, "rmse": 1.25, "mae": 1.0, "bias": -0.125, "coverage": coverage, "mean_rmse": 3.0,
        "raw_bands_rmse": raw, "precomputed": "AlphaEarth", "folds_reason": "", "model": "m", "report": "r",
    }  # fmt: skip
    monkeypatch.setattr(few_shot, "run", lambda request, report: result)
    output = invoke("few-shot", "scene.tif", "--labels", "labels.gpkg", "--model", tmp_path / "model.zip").output
    assert "R² 0.500, RMSE 1.25, MAE 1, bias -0.125; RMSE of the mean 3" in output
    assert all(word in output for word in words)


def test_rgb_can_be_mapped_by_hand_and_is_warned_about(invoke, make_raster, tmp_path, tiny_weights):
    scene = make_raster("rgb.tif", values=np.random.default_rng(0).integers(1, 255, (3, 40, 40)), dtype="uint8")
    options = ["--bands", "B4=1,B3=2,B2=3", "--weights", tiny_weights, "--pca", 4]
    result = invoke("embed", scene, tmp_path / "out.tif", *options)
    assert result.exit_code == 0, result.output
    assert "warning: 'rgb.tif' lacks B1, B5" in result.output
    assert "Units: 8 bit" in result.output


@pytest.fixture
def requested(monkeypatch):
    """Catches the request of pretraining; returns the list that it goes to."""
    from mmearth import pretrain

    requests = []
    result = {
        "steps": 3, "seconds": 61.4, "waited_share": 0.125, "final_loss": 0.5,
        "weights": "w.safetensors", "card": "w.json", "curve": "c.png",
    }  # fmt: skip

    def run(request, report):
        requests.append(request)
        report.metrics(3, 3, {"total": 0.5})
        return result if request.seed == 0 else {}

    monkeypatch.setattr(pretrain, "run", run)
    return requests


def test_every_option_of_pretraining_is_in_the_request(invoke, requested, tmp_path, make_raster, tiny_weights):
    scene, dem = make_raster("a=b.tif"), make_raster("c=d.tif", count=1)
    options = {
        "--size": "nano", "--patch-size": 16, "--recipe": "paper", "--bands": "B4=1,B3=2", "--units": "dn",
        "--epochs": 7, "--steps": 8, "--batch": 9, "--micro-batch": 3, "--learning-rate": 0.01, "--mask-ratio": 0.5,
        "--weighting": "unweighted", "--start": tiny_weights, "--checkpoint-every": 10, "--snapshot-every": 11,
        "--device": "cpu", "--seed": 0,
    }  # fmt: skip
    flags = ["--no-band-dropout", "--official", "--resume", "--task", "aster", "--task", "month"]
    flags += ["--layer", f"{dem}=height:continuous", "--layer", "land.tif=land:classes"]
    pairs = [text for pair in options.items() for text in pair]
    out = tmp_path / "w.safetensors"
    result = invoke("pretrain", scene, "pool", "--weights-out", out, *pairs, *flags)
    assert result.exit_code == 0, result.output
    assert requested == [
        PretrainRequest(
            data=(scene, "pool"),
            weights_out=str(out),
            size="nano",
            patch_size=16,
            recipe="paper",
            tasks=("aster", "month"),
            layers=(
                {"path": dem, "name": "height", "kind": "continuous"},
                {"path": "land.tif", "name": "land", "kind": "classes"},
            ),
            bands={"B4": 1, "B3": 2},
            units="dn",
            epochs=7,
            steps=8,
            batch=9,
            micro_batch=3,
            learning_rate=0.01,
            mask_ratio=0.5,
            weighting="unweighted",
            band_dropout=False,
            official=True,
            start=tiny_weights,
            resume=True,
            checkpoint_every=10,
            snapshot_every=11,
            device="cpu",
            seed=0,
        )
    ]
    assert "Step 3 of 3: total 0.5000" in result.output
    assert "Pretrained 3 steps in 61 s, 12% of it waiting for data; last loss 0.5000" in result.output
    assert "Weights: w.safetensors\nCard: w.json\nCurve: c.png" in result.output


def test_pretraining_without_options_is_the_default_request(invoke, requested, tmp_path):
    assert invoke("pretrain", tmp_path, "--weights-out", tmp_path / "w.safetensors").exit_code == 0
    assert requested == [PretrainRequest(data=(str(tmp_path),), weights_out=str(tmp_path / "w.safetensors"))]


@pytest.mark.parametrize("json_lines", [[], ["--json"]])
def test_processes_without_a_result_print_none(requested, tmp_path, json_lines):
    arguments = ["pretrain", str(tmp_path), "--weights-out", str(tmp_path / "w.safetensors"), "--seed", "1"]
    result = CliRunner().invoke(main, [*arguments, *json_lines])
    assert result.exit_code == 0
    events = [json.loads(line)["event"] for line in result.stdout.splitlines()]
    assert events == (["metrics"] if json_lines else [])


@pytest.mark.parametrize(
    "layer", ["dem.tif", "dem.tif=height", "=height:continuous", "a.tif=b:lines", "a.tif=:classes"]
)
def test_layers_that_cannot_be_read_are_refused(invoke, requested, tmp_path, layer):
    result = invoke("pretrain", tmp_path, "--weights-out", tmp_path / "w.safetensors", "--layer", layer)
    assert result.exit_code == 2
    assert f"'{layer}' is not of the form PATH=NAME:continuous|classes" in result.output
    assert requested == []


def test_ctrl_c_stops_a_verb_at_its_next_check_and_a_second_one_at_once(invoke, monkeypatch, tmp_path):
    from mmearth import pretrain

    before, seen = signal.getsignal(signal.SIGINT), []

    def patient(request, report):
        signal.raise_signal(signal.SIGINT)
        seen.append("went on")
        report.progress("Pretraining", 1, 2)
        seen.append("never")

    def stubborn(request, report):
        signal.raise_signal(signal.SIGINT)
        seen.append("went on")
        signal.raise_signal(signal.SIGINT)
        seen.append("never")

    for run in (patient, stubborn):
        monkeypatch.setattr(pretrain, "run", run)
        result = invoke("pretrain", tmp_path, "--weights-out", tmp_path / "w.safetensors")
        assert result.exit_code == 130
        assert "Cancelled" in result.output
        assert signal.getsignal(signal.SIGINT) is before
    assert seen == ["went on", "went on"]


def test_published_weights_are_listed_with_their_licence(invoke):
    rows = json.loads(invoke("weights", "published", "--json").output)
    assert len(rows) == 10
    assert {row["licence"] for row in rows} == {"CC BY-NC 4.0"}
    text = invoke("weights", "published").output
    assert all(row["name"] in text for row in rows)
    assert "commercial" in text


def test_download_asks_for_the_licence_first(invoke, tmp_path):
    result = invoke("weights", "download", "pt-S2_atto_1M_64_uncertainty_56-8", "--folder", tmp_path / "weights")
    assert result.exit_code == 2
    assert "CC BY-NC 4.0" in result.output
    assert "--accept-licence" in result.output
    assert not (tmp_path / "weights").exists()


def test_a_checkpoint_is_converted_and_then_serves(invoke, make_raster, tmp_path):
    official_checkpoint.write_official(tmp_path / "c.pth", official_checkpoint.make_encoder())
    weights = tmp_path / "c.safetensors"
    result = invoke("weights", "convert", tmp_path / "c.pth", "--weights-out", weights)
    assert result.exit_code == 0, result.output
    assert "warning: GRN and feature statistics were measured on the synthetic sample scene" in result.output
    assert f"Weights: {weights}" in result.output
    result = invoke("embed", make_raster(), tmp_path / "e.tif", "--weights", weights, "--pca", 4, "--stride", 8)
    assert result.exit_code == 0, result.output


def test_weights_and_doctor_speak_of_the_bundled_file(invoke):
    assert invoke("weights", "list", "--json").output == invoke("weights", "--json").output
    listed = json.loads(invoke("weights", "--json").output)
    assert "mpmae_atto_s2" in [row["name"] for row in listed]
    checks = json.loads(invoke("doctor", "--json").output)["checks"]
    assert {check["name"] for check in checks} >= {"Python", "Packages", "Weights", "Device cpu"}
    assert all(check["ok"] for check in checks)
