"""The benchmarks of embedding: the same work is compared, and what is printed follows from what was measured."""

import json

import numpy as np
import pytest
import rasterio
import torch
from benchmarks import embed_engine, embed_rivals, embed_scenes, rival_model
from mmearth.weights.checkpoints import BUNDLED, build_encoder, load_weights
from rasterio.windows import Window


def run(label, number, cpu_s, error=None):
    found = {"label": label, "round": number, "size": (1000, 1000), "peak_mb": 500.0, "start_mb": 300.0}
    found |= {"work_cpu_s": cpu_s, "work_user_s": cpu_s / 2, "work_read": 3e6, "worker": {"model_pixels": 1.5e6}}
    return found | ({"error": error} if error else {"check": {"agree_naive": 0.9}})


def test_the_model_is_the_bundled_encoder_with_frozen_or_own_responses():
    weights = load_weights("")
    plain, folded = rival_model.ClassMapper(), rival_model.FoldedClassMapper()
    folded.load_state_dict(plain.state_dict())
    images = torch.from_numpy(np.random.default_rng(0).integers(1, 4000, (2, 12, 64, 64)).astype(np.float32))
    found = weights.statistics("l2a")
    mean, std = (torch.tensor(found[key])[:, None, None] for key in ("mean", "std"))
    scaled = ((images - mean) / std).clamp(-6, 6)
    with torch.no_grad():
        frozen = build_encoder(weights, torch.device("cpu"), torch.float32)(scaled)[-1]
        torch.testing.assert_close(folded.encoder(scaled)[-1], frozen, rtol=1e-3, atol=1e-3)
        own = plain.encoder(scaled)[-1]
        assert float((own - frozen).abs().max()) > 0.01  # GRN per image is another thing
        # Around the corner of four cells the mean score of pixels is theirs.
        corner = plain.head(own)[:, :, :2, :2].mean(dim=(2, 3))
        torch.testing.assert_close(plain(images)[:, :, 7:9, 7:9].mean(dim=(2, 3)), corner)
    assert rival_model.WEIGHTS.resolve() == BUNDLED.resolve()


def test_calibration_lets_every_class_occur():
    torch.manual_seed(0)
    model = rival_model.ClassMapper()
    with rasterio.open(embed_scenes.SAMPLE) as dataset:
        sample = torch.from_numpy(dataset.read().astype(np.float32))[None]
    rival_model.calibrate(model, sample)
    with torch.no_grad():
        scores = model(sample)
    assert scores.mean(dim=(0, 2, 3)).tolist() == pytest.approx([0] * 10, abs=1e-3)
    assert scores.std(dim=(0, 2, 3)).tolist() == pytest.approx([1] * 10, abs=1e-2)
    assert len(scores.argmax(dim=1).unique()) == 10


def test_ratios_are_taken_to_the_fastest_rival_of_the_same_round():
    runs = [
        run("floor-copy", 0, 0.1), run("naive default", 0, 10), run("geoai best", 0, 20), run("ours, fp32", 0, 5),
        run(embed_rivals.FOLDED, 0, 6), run("naive default", 1, 40), run("geoai best", 1, 30), run("ours, fp32", 1, 10),
        run("ftw best", 0, 1, error="out of memory"),
    ]  # fmt: skip
    rows = {row["contender"]: row for row in embed_rivals.table_rows(runs, 800_000, 2_000_000)}
    assert rows["ours, fp32"]["ratio"] == [2.25, 2.5, 2.75]  # 10 / 5 and 30 / 10
    assert rows["geoai best"]["ratio"][1] == 0.75  # 10 / 20 and 30 / 30: a loss is a loss
    assert rows["ours, fp32"]["mpx"][1] == pytest.approx(0.12)  # of 0.16 and 0.08 useful Mpx per second
    assert (rows["ours, fp32"]["read"], rows["ours, fp32"]["model"]) == (1.5, 1.5)
    assert rows["ftw best"] == {"contender": "ftw best", "error": "out of memory"}
    assert next(iter(rows)) == "floor-copy"  # fastest first


def test_screening_keeps_the_faster_profile_of_each_rival_and_both_of_naive():
    runs = [
        run("geoai default", 0, 9),
        run("geoai best", 0, 8),
        run("ftw best", 0, 9, error="x"),
        run("ftw default", 0, 9),
    ]
    runs += [run("naive default", 0, 5), run("naive best", 0, 6), run("torchgeo best", 0, 9, error="x")]
    chosen = embed_rivals.faster_profiles(runs, ["floor-copy", "naive", "geoai", "torchgeo", "ftw"])
    assert chosen == ["floor-copy", "naive", "geoai:best", "ftw:default"]


def test_only_rivals_whose_environment_exists_take_part(tmp_path):
    python = tmp_path / "geoai" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    anywhere = ["floor-copy", "floor-model", "naive"]
    assert embed_rivals.line_up(tmp_path) == ([*anywhere, "geoai"], ["terratorch", "torchgeo", "ftw"])
    assert embed_rivals.line_up(None) == (anywhere, ["geoai", "terratorch", "torchgeo", "ftw"])


def test_goals_depend_on_the_processor():
    assert embed_rivals.goal("fp32", ["amx_bf16"]) == 2
    assert embed_rivals.goal("bf16", ["avx512_bf16"]) == 2.5
    assert embed_rivals.goal("bf16", ["avx512_bf16", "amx_bf16"]) == 4


@pytest.mark.slow
def test_without_the_harness_our_own_rows_are_measured(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(embed_rivals, "find_harness", lambda: None)
    out = tmp_path / "rivals.json"
    options = ["--sizes", "128", "--rounds", "2", "--precisions", "fp32", "--work", str(tmp_path), "--json", str(out)]
    threads = torch.get_num_threads()
    assert embed_rivals.main(options) == 0
    torch.set_num_threads(threads)
    assert "only our own rows" in capsys.readouterr().out
    (race,) = json.loads(out.read_text())["races"]
    assert [row["contender"] for row in race["rows"]] == ["ours, fp32"]
    assert race["rows"][0]["runs"] == 2
    with rasterio.open(tmp_path / "own.tif") as dataset:
        assert (dataset.width, dataset.height, dataset.dtypes) == (128, 128, ("uint8",))
        assert len(np.unique(dataset.read())) > 3


def test_scenes_repeat_the_sample_at_the_promised_place(tmp_path):
    with rasterio.open(embed_scenes.SAMPLE) as dataset:
        sample = dataset.read()
    embed_scenes.write_virtual(tmp_path / "huge.vrt", 100_000)
    embed_scenes.write_deflate(tmp_path / "small.tif", 700)
    window = Window(4000, 8100, 200, 300)  # over the seams of sample and mosaic
    with rasterio.open(tmp_path / "huge.vrt") as dataset:
        assert (dataset.width, dataset.height, dataset.nodata) == (100_000, 100_000, 0)
        found = dataset.read(window=window)
        assert dataset.transform @ (4000, 8100) == embed_scenes.bounds_of(window)[:4:3]
        assert dataset.transform @ (4200, 8400) == embed_scenes.bounds_of(window)[2:0:-1]
    rows, cols = np.arange(8100, 8400) % 256, np.arange(4000, 4200) % 256
    np.testing.assert_array_equal(found, sample[:, rows][:, :, cols])
    with rasterio.open(tmp_path / "small.tif") as dataset:
        found = dataset.read(window=Window(500, 600, 200, 100))
        assert dataset.compression.name == "deflate"
        assert dataset.descriptions[0] == "B1"
    rows, cols = np.arange(600, 700) % 256, np.arange(500, 700) % 256
    np.testing.assert_array_equal(found, sample[:, rows][:, :, cols])


def write_codes(path, values, col0, nodata=-128):
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[2], height=values.shape[1], count=len(values), dtype=values.dtype,
        crs="EPSG:32632", transform=rasterio.Affine(10, 0, 600000 + 10 * col0, 0, -10, 5300000), nodata=nodata,
    ) as dataset:  # fmt: skip
        dataset.write(values)


def test_embeddings_are_compared_where_they_overlap(tmp_path):
    values = np.random.default_rng(0).integers(-100, 100, (4, 20, 30)).astype(np.int8)
    values[:, :2] = -128
    shifted = values[:, :, 7:].copy()
    shifted[2, 5, 3] += 3
    for name, codes, col0 in (("a", values, 0), ("b", shifted, 7), ("c", values[:, :, :5], 0)):
        write_codes(tmp_path / f"{name}.tif", codes, col0)
    found = embed_engine.compare(tmp_path / "a.tif", tmp_path / "b.tif")
    assert (found["cells"], found["largest"]) == (18 * 23, 3)
    assert found["equal"] == pytest.approx(1 - 1 / (4 * 18 * 23))
    assert embed_engine.overlap(tmp_path / "b.tif", tmp_path / "c.tif") is None
    shifted[:, 10, 10] = -128  # data in one of them only
    write_codes(tmp_path / "b.tif", shifted, 7)
    assert embed_engine.compare(tmp_path / "a.tif", tmp_path / "b.tif")["largest"] == float("inf")


def test_progress_of_a_killed_command_ends_with_its_last_whole_line():
    lines = ["warning: something\n", '{"event": "progress", "phase": "Embedding", "done": 3, "total": 12}\n']
    lines += ['{"event": "progress", "phase": "Writing", "done": 1, "total": 1}\n', '{"event": "pro']
    assert embed_engine.last_share(lines) == 0.25
    assert embed_engine.last_share([]) == 0
