"""Runs in the project: what is kept, that it survives saving, moving and opening, and the request files beside."""

import json
import shutil

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin.runs.run_history import RunHistory
from qgis.core import Qgis, QgsProject

pytestmark = pytest.mark.qgis

QUICK = {"task": "classes", "macro_f1": 0.91, "interval": [0.85, 0.95], "raw_bands_macro_f1": 0.82, "seconds": 30.0}


@pytest.fixture
def project(qgis_app):
    yield QgsProject.instance()
    QgsProject.instance().setFilePathStorage(Qgis.FilePathType.Relative)
    QgsProject.instance().clear()


@pytest.fixture
def history(project):
    made = RunHistory(project)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "work"
    (made / "results").mkdir(parents=True)
    return made


@pytest.fixture
def train(history):
    """Records a training and, on demand, its map; both write their files."""

    def run(folder, name="model", with_map=True, **scores):
        model, out = folder / f"{name}.zip", folder / f"{name}_map.tif"
        model.touch()
        request = protocol.FewShotRequest((f"{folder.parent}/scene.tif",), f"{folder}/labels.gpkg", str(model))
        history.record(request, {**QUICK, "model": str(model), "report": f"{folder}/report/report.html", **scores})
        if with_map:
            out.touch()
            mapping = protocol.PredictRequest(f"{folder.parent}/scene.tif", str(out), str(model))
            return history.record(mapping, {"out": str(out), "classes": [{"value": 1}], "seconds": 2.0})
        return history.runs()[0]

    return run


def embed(history, folder, name="embedding"):
    out = folder / f"{name}.tif"
    out.touch()
    return history.record(
        protocol.EmbedRequest(f"{folder.parent}/scene.tif", str(out)), {"out": str(out), "seconds": 9}
    )


class TestRecord:
    def test_a_training_and_its_map_are_one_run(self, history, train, folder):
        run = train(folder / "results")
        assert history.runs() == [run]
        assert run.files == {"model": f"{folder}/results/model.zip", "out": f"{folder}/results/model_map.tif"}
        assert [request["verb"] for request in run.requests] == ["few_shot", "predict"]
        assert (run.verb, run.seconds, run.scene, run.classes) == ("few_shot", 32.0, "scene", True)
        assert run.scores["interval"] == [0.85, 0.95]
        assert run.name == "1 · Quick classifier"
        assert run.class_map == run.files["out"]

    def test_a_second_map_of_a_model_is_a_run_with_the_models_scores(self, history, train, folder):
        trained = train(folder / "results")
        request = protocol.PredictRequest("/elsewhere/other.tif", f"{folder}/other.tif", trained.files["model"])
        run = history.record(request, {"out": request.out, "classes": [{}], "seconds": 1.0})
        assert [one.id for one in history.runs()] == [run.id, trained.id]
        assert (run.verb, run.scene, run.scores, run.report) == ("predict", "other", trained.scores, trained.report)
        assert run.files["model"] == trained.files["model"]

    def test_what_is_written_again_is_one_run(self, history, folder):
        first, second = (embed(history, folder / "results") for _ in range(2))
        assert [run.id for run in history.runs()] == [second.id] != [first.id]

    def test_numbers_go_on_after_a_removal(self, history, folder):
        history.remove(embed(history, folder / "results").id)
        assert embed(history, folder / "results").name.startswith("2 · ")

    def test_groups_of_an_embedding_belong_to_its_scene(self, history, folder):
        made = embed(history, folder / "results")
        request = protocol.ClusterRequest(made.files["out"], f"{folder}/groups.tif")
        assert history.record(request, {"out": request.out, "seconds": 1.0}).scene == "scene"

    @pytest.mark.parametrize(
        "request_",
        [protocol.DescribeRequest("/scene.tif"), protocol.SuggestRequest("/scene.tif", "/model.zip", "/points.gpkg")],
    )
    def test_other_requests_are_no_runs(self, history, request_):
        assert history.record(request_, {"out": "/x", "seconds": 1.0}) is None
        assert history.runs() == []

    def test_scores_of_the_classes_come_from_the_report(self, train, folder):
        (folder / "results/report").mkdir()
        told = {
            "classes": [{"name": "Wood"}, {"name": "Lake"}],
            "embedding": {"f1": [0.8, 0.6], "f1_interval_95": [[0.7, 0.9], None]},
        }
        (folder / "results/report/report.json").write_text(json.dumps(told), encoding="utf-8")
        assert train(folder / "results").scores["per_class"] == [
            {"name": "Wood", "f1": 0.8, "interval": [0.7, 0.9]},
            {"name": "Lake", "f1": 0.6, "interval": None},
        ]

    def test_scores_of_a_network_are_those_of_the_rung_that_was_kept(self, history, folder):
        told = {"classes": [{"name": "Wood"}], "rungs": [{"rung": "probe", "f1": [0.1]}, {"rung": "full", "f1": [0.9]}]}
        (folder / "report.json").write_text(json.dumps(told), encoding="utf-8")
        request = protocol.FineTuneRequest(("/scene.tif",), f"{folder}/network.zip")
        result = {**QUICK, "model": request.model, "report": f"{folder}/report.html", "rung": "full"}
        assert [row["f1"] for row in history.record(request, result).scores["per_class"]] == [0.9]


class TestRequestFile:
    def test_it_holds_what_was_sent(self, train, folder):
        run = train(folder / "results")
        stored = json.loads((folder / "results/model.request.json").read_text(encoding="utf-8"))
        assert [protocol.request_from_json(one) for one in stored] == [
            protocol.request_from_json(one) for one in run.requests
        ]
        assert stored[1]["model"] == run.files["model"]

    def test_beside_an_embedding(self, history, folder):
        embed(history, folder / "results")
        stored = json.loads((folder / "results/embedding.request.json").read_text(encoding="utf-8"))
        assert (stored["verb"], stored["stages"]) == ("embed", [0, 1, 2, 3])

    def test_where_nothing_can_be_written_the_run_is_kept(self, history):
        request = protocol.EmbedRequest("/scene.tif", "/nowhere/at/all/embedding.tif")
        assert history.record(request, {"out": request.out, "seconds": 1.0}) is not None
        assert len(history.runs()) == 1


class TestProject:
    def reopened(self, project, path):
        project.clear()
        assert project.read(str(path))
        found = RunHistory(project)
        found.close()
        return found.runs()

    @pytest.mark.parametrize("suffix", [".qgs", ".qgz"])
    def test_runs_move_with_the_folder_of_the_project(self, history, train, project, folder, tmp_path, suffix):
        """Recorded before the project was ever saved, and in a folder with a name that is no ASCII."""
        run = train(folder / "results")
        history.rename(run.id, 'Čáslav "north" 🌲 شمال')
        before = history.runs()
        assert project.write(str(folder / f"project{suffix}"))
        assert not project.isDirty()
        project.clear()
        assert history.runs() == []
        moved = tmp_path / "mövéd ☃"
        shutil.move(str(folder), str(moved))
        (found,) = self.reopened(project, moved / f"project{suffix}")
        assert found.files == {"model": f"{moved}/results/model.zip", "out": f"{moved}/results/model_map.tif"}
        assert not found.is_missing()
        assert found.report == f"{moved}/results/report/report.html"
        assert found.requests[0]["scenes"] == [f"{moved}/scene.tif"]
        assert (found.name, found.scores, found.started) == (before[0].name, before[0].scores, before[0].started)

    def test_a_name_is_no_path_whatever_it_looks_like(self, history, train, project, folder):
        history.rename(train(folder / "results").id, "project: north")
        assert project.write(str(folder / "project.qgs"))
        assert self.reopened(project, folder / "project.qgs")[0].name == "project: north"

    def test_files_elsewhere_stay_where_they_are(self, history, project, folder, tmp_path):
        elsewhere = tmp_path / "work of another"  # its name begins like that of the project's folder
        elsewhere.mkdir()
        out = embed(history, elsewhere).files["out"]
        assert project.write(str(folder / "project.qgs"))
        moved = tmp_path / "moved"
        shutil.move(str(folder), str(moved))
        assert self.reopened(project, moved / "project.qgs")[0].files["out"] == out

    def test_a_project_with_absolute_paths_keeps_them(self, history, train, project, folder, tmp_path):
        project.setFilePathStorage(Qgis.FilePathType.Absolute)
        run = train(folder / "results")
        assert project.write(str(folder / "project.qgs"))
        shutil.copytree(folder, tmp_path / "copy")
        assert self.reopened(project, tmp_path / "copy/project.qgs")[0].files == run.files

    def test_saved_under_another_name_paths_are_seen_from_there(self, history, train, project, folder, tmp_path):
        run = train(folder / "results")
        assert project.write(str(folder / "project.qgs"))
        assert project.write(str(tmp_path / "above.qgs"))
        assert self.reopened(project, tmp_path / "above.qgs")[0].files == run.files

    def test_several_bands_as_files_and_a_layer_of_a_file_move_too(self, history, project, folder, tmp_path):
        scene = f"{folder}/B02.tif\n{folder}/B03.tif\n/other/B04.tif"
        request = protocol.EmbedRequest(scene, f"{folder}/embedding.tif", mask=f"{folder}/mask.gpkg|layername=a")
        history.record(request, {"out": request.out, "seconds": 1.0})
        assert project.write(str(folder / "project.qgs"))
        moved = tmp_path / "moved"
        shutil.move(str(folder), str(moved))
        (found,) = self.reopened(project, moved / "project.qgs")
        assert found.requests[0]["scene"] == f"{moved}/B02.tif\n{moved}/B03.tif\n/other/B04.tif"
        assert found.requests[0]["mask"] == f"{moved}/mask.gpkg|layername=a"

    @pytest.mark.parametrize("text", ["", "{", "3", '[{"id": 1}]', '["x"]', "null"])
    def test_a_project_edited_by_hand_opens(self, project, text):
        project.writeEntry("mmearth", "runs", text)
        found = RunHistory(project)
        found.close()
        assert found.runs() == []


def test_a_removed_run_comes_back_where_it_was(history, folder):
    runs = [embed(history, folder / "results", name) for name in ("a", "b", "c")]
    removed = history.remove(runs[1].id)
    assert [run.id for run in history.runs()] == [runs[2].id, runs[0].id]
    history.restore(*removed)
    assert [run.id for run in history.runs()] == [run.id for run in reversed(runs)]
    assert history.remove("unknown") is None
