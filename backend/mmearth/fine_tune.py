"""The verb `fine_tune`: labelled ground becomes a tuned network in a model file, and a report that can be believed."""

import dataclasses
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.cog import write_text
from mmearth.devices import resolve_device
from mmearth.disk import disk_errors
from mmearth.errors import CheckpointError, InputError
from mmearth.labels.label_problems import shortened
from mmearth.mapping.model_file import check_model_path, save_model
from mmearth.pretraining.distributed import Processes, Quiet, join_processes
from mmearth.progress import Report
from mmearth.reports.tuning_curves import draw_curve, write_curve_csv
from mmearth.reports.tuning_report import FEW_SHOT, RungScore, TuningContent, write_tuning_report
from mmearth.tuning.baseline_scores import BaselineScores, score_baselines
from mmearth.tuning.frozen_head import FrozenHead, is_possible, score_frozen_head
from mmearth.tuning.ladder import Climb, climb
from mmearth.tuning.rungs import Interrupted, RungTrainer, Trained, clear, ladder
from mmearth.tuning.tiles import Tiles, collect_tiles
from mmearth.tuning.tuned_model import TunedModel, save_tuned
from mmearth.tuning.tuning_scores import TuningScores
from mmearth.weights.checkpoints import Weights, load_weights
from mmearth.weights.training_checkpoint import CHECKPOINT, PROGRESS, START_ANEW

REQUEST, CURVE_PICTURE, CURVE_TABLE, TILES = "request.json", "curve.png", "curve.csv", "tiles"
BASELINES = "Scoring simpler ways"


@dataclass(frozen=True)
class _Tried:
    """The few-shot classifier, or a rung that was trained."""

    rung: str
    scores: TuningScores
    seconds: float
    made: FrozenHead | Trained


def run(request: protocol.FineTuneRequest, report: Report) -> dict[str, Any]:
    """Trains one rung of the ladder or climbs it, and writes the model with its run folder.

    Args:
        request: See `protocol.FineTuneRequest`.
        report: Told after every step; cancelling keeps a checkpoint to go on from, and writes the model as it was best.

    Returns:
        model, run (folder), curve, curve_csv, report, request (paths), task, unit, rung ("few-shot" where no rung was
        better), rungs (what was tried: rung, macro_f1, interval, seconds), decision, classes, polygons (labelled
        samples), folds, folds_reason, macro_f1, interval, micro_f1, micro_interval, raw_bands_macro_f1,
        majority_macro_f1, temperature, ece (before and after it), reason, epochs, steps, best_step, micro_batch,
        problems, mapping, units, warnings, seconds. Of several processes the first returns it, the others nothing.

    Raises:
        InputError: scenes, labels or numbers do not serve, or the loss is no longer finite.
        CheckpointError: the weights or the checkpoint cannot be used.
        ResourceError: memory, disk or device.
    """
    started_s = time.monotonic()
    _check(request)
    folder = run_folder(request.model)
    with join_processes(resolve_device(request.device)) as (processes, device):
        told = report if processes.first else Quiet(report)
        weights = load_weights(request.weights)
        restarted = processes.restarts > 0 and (folder / CHECKPOINT).is_file()
        request = dataclasses.replace(request, resume=request.resume or restarted)
        _prepare(request, folder, processes)
        own = folder / f"{TILES}_{processes.rank}"
        try:
            tiles = collect_tiles(request, weights, own, told)
            told.log(tiles.folds_reason)
            for note in tiles.notes:
                told.log(note, "warning")
            told.progress(BASELINES, 0, 1)
            baselines = score_baselines(tiles, request.seed, told.check)
            told.progress(BASELINES, 1, 1)
            job = _Job(request, tiles, weights, baselines, folder)
            trainer = RungTrainer(request, tiles, weights, folder, device, processes, told)
            try:
                found = job.climb(trainer, str(device), told)
            except Interrupted as error:
                if processes.first:
                    job.keep_best(error.trained, told)
                raise
            if not processes.first:
                return {}
            result = job.finish(found)
        finally:
            shutil.rmtree(own, ignore_errors=True)
        clear(folder)
    return {**result, "seconds": round(time.monotonic() - started_s, 2)}


class _Job:
    """A fine-tuning whose labels are known: climbing, and what it leaves behind."""

    def __init__(
        self,
        request: protocol.FineTuneRequest,
        tiles: Tiles,
        weights: Weights,
        baselines: BaselineScores,
        folder: Path,
    ) -> None:
        self._request, self._tiles, self._weights = request, tiles, weights
        self._baselines, self._folder = baselines, folder
        self._trained: list[Trained] = []

    def climb(self, trainer: RungTrainer, device: str, report: Report) -> Climb[_Tried]:
        """Trains the rung that was asked for, or one after another.

        Raises:
            Interrupted: the user asked to stop.
        """

        def train(rung: str) -> _Tried:
            found = trainer.train(rung)
            self._trained.append(found)
            report.log(f"'{rung}': macro-F1 {found.scores.macro_f1:.3f} on held-out labels.")
            return _Tried(rung, found.scores, found.seconds, found)

        request = self._request
        if request.rung != "auto":
            rung = request.rung if request.rung in ladder(request.task) else "probe"
            found = train(rung)
            return Climb((found,), found, "")
        frozen = None
        if is_possible(request, self._tiles):
            head = score_frozen_head(request, self._tiles, self._weights, device, report)
            frozen = _Tried(FEW_SHOT, head.scores, head.seconds, head)
            report.log(f"The few-shot classifier: macro-F1 {head.scores.macro_f1:.3f} on held-out labels.")
        climbed = climb(ladder(request.task), train, frozen)
        report.log(climbed.decision)
        return climbed

    def finish(self, climbed: Climb[_Tried]) -> dict[str, Any]:
        """Writes model, curves and report; returns the result of the verb."""
        chosen, request, tiles = climbed.chosen, self._request, self._tiles
        figures = self._figures(chosen.scores)
        if isinstance(chosen.made, FrozenHead):
            save_model(request.model, chosen.made.model(request, figures))
        else:
            self._save(chosen.made, figures)
        last = chosen.made if isinstance(chosen.made, Trained) else self._trained[-1]
        rows = self._write_rows(self._trained)
        draw_curve(self._folder / CURVE_PICTURE, rows, last.best_step if len(self._trained) == 1 else None)
        content = TuningContent(
            classes=tiles.classes,
            rungs=tuple(RungScore(tried.rung, tried.scores, tried.seconds) for tried in climbed.tried),
            chosen=chosen.rung,
            baselines=self._baselines,
            counted="pixel" if tiles.weighs_pixels else "scene" if tiles.unit == "scene" else "polygon",
            folds=tiles.folds,
            folds_reason=tiles.folds_reason,
            decision=climbed.decision,
            facts=self._facts(last),
            notes=tuple(tiles.notes),
            curve=str(self._folder / CURVE_PICTURE),
            multi_label=tiles.multi_label,
        )
        return {
            "model": request.model,
            "run": str(self._folder),
            "curve": str(self._folder / CURVE_PICTURE),
            "curve_csv": str(self._folder / CURVE_TABLE),
            "report": str(write_tuning_report(self._folder, content)),
            "request": str(self._folder / REQUEST),
            "task": request.task,
            "unit": tiles.unit,
            "rung": chosen.rung,
            "rungs": [
                {
                    "rung": tried.rung,
                    "macro_f1": tried.scores.macro_f1,
                    "interval": _listed(tried.scores.macro_f1_interval),
                    "seconds": round(tried.seconds, 2),
                }
                for tried in climbed.tried
            ],
            "decision": climbed.decision,
            "classes": [{"value": c.value, "name": c.name, "color": c.color} for c in tiles.classes],
            "polygons": tiles.labelled_samples,
            "folds": tiles.folds,
            "folds_reason": tiles.folds_reason,
            **figures,
            "epochs": round(last.epochs, 2),
            "steps": last.steps,
            "best_step": last.best_step,
            "micro_batch": last.micro_batch,
            "problems": [problem.to_json() for problem in shortened(tiles.problems)],
            **tiles.reading,
            "warnings": tiles.notes,
        }

    def keep_best(self, interrupted: Trained | None, report: Report) -> None:
        """Writes the best of what was trained until the user stopped, if there is any."""
        tried = [*self._trained, *([interrupted] if interrupted is not None else [])]
        if not tried:
            return
        best = max(tried, key=lambda trained: trained.scores.macro_f1)
        self._save(best, self._figures(best.scores))
        self._write_rows(tried)  # without the picture, which takes longer than a user who cancels should wait
        if (self._folder / PROGRESS).is_file():
            (self._folder / PROGRESS).touch()  # later than the model: there is something to go on with
        report.log(
            f"The model as it was best so far, '{best.rung}' after step {best.best_step} with macro-F1 "
            f"{best.scores.macro_f1:.3f}, is written to '{Path(self._request.model).name}'."
        )

    def _save(self, trained: Trained, figures: dict[str, Any]) -> None:
        tiles = self._tiles
        model = TunedModel(
            weights=trained.weights(self._weights),
            kind=trained.kind,
            head=trained.head(),
            classes=tiles.classes,
            field=tiles.field,
            task=tiles.task,
            unit=tiles.unit,
            cell_px=tiles.cell_px,
            multi_label=tiles.multi_label,
            rung=trained.rung,
            temperature=trained.scores.temperature,
            scores=figures,
            units=tiles.reading["units"],
            resolution_m=tiles.resolution_m,
        )
        save_tuned(self._request.model, model)

    def _figures(self, scores: TuningScores) -> dict[str, Any]:
        return {
            "macro_f1": scores.macro_f1,
            "interval": _listed(scores.macro_f1_interval),
            "micro_f1": scores.micro_f1,
            "micro_interval": _listed(scores.micro_f1_interval),
            "raw_bands_macro_f1": self._baselines.raw_bands.macro_f1,
            "majority_macro_f1": self._baselines.majority.macro_f1,
            "temperature": scores.temperature,
            "ece": _listed(scores.ece),
            "reason": scores.reason,
        }

    def _write_rows(self, trained: Sequence[Trained]) -> list[dict[str, float | str]]:
        rows: list[dict[str, float | str]] = [{"rung": each.rung, **row} for each in trained for row in each.curve]
        write_curve_csv(self._folder / CURVE_TABLE, rows)
        return rows

    def _facts(self, trained: Trained) -> tuple[tuple[str, str], ...]:
        request, tiles, weights = self._request, self._tiles, self._weights
        start = "random weights of the same architecture" if request.random_start else weights.name
        return (
            ("Scenes", ", ".join(tiles.scenes)),
            ("Labels", Path(request.labels or request.masks).name),
            ("Task", f"{tiles.task}, {tiles.unit}"),
            ("Started from", start),
            ("Recipe", request.recipe),
            (
                "Steps",
                f"{trained.steps:,} ({trained.epochs:.1f} times through the labels), best at {trained.best_step:,}",
            ),
            ("Seed", str(request.seed)),
            ("Written by", f"MMEarth for QGIS {protocol.BACKEND_VERSION}"),
        )


def run_folder(model: str) -> Path:
    """Returns the folder beside a model file that its training leaves behind."""
    path = Path(model).with_suffix("")
    return path.with_name(f"{path.name}_run")


def _listed(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _check(request: protocol.FineTuneRequest) -> None:
    check_model_path(request.model)
    choices = {
        "task": protocol.TUNING_TASKS,
        "unit": protocol.UNITS_OF_GROUND,
        "rung": protocol.RUNGS,
        "recipe": protocol.TUNING_RECIPES,
        "folds": protocol.FOLDS,
    }
    for name, allowed in choices.items():
        value = getattr(request, name)
        if value not in allowed:
            raise InputError(f"There is no {name} '{value}'.", f"Choose one of {', '.join(allowed)}.")
    numbers = {name: getattr(request, name) for name in ("epochs", "batch", "micro_batch")}
    wrong = [f"{name} {value}" for name, value in numbers.items() if value < 0]
    if not 0 <= request.learning_rate < 1:
        wrong.append(f"learning_rate {request.learning_rate}")
    if wrong:
        raise InputError(
            f"These settings do not serve: {', '.join(wrong)}.",
            "Numbers are 0 for the recipe's own or positive; the learning rate lies below 1.",
        )


def _prepare(request: protocol.FineTuneRequest, folder: Path, processes: Processes) -> None:
    """Makes the run folder, without what an earlier run left there unless this one goes on with it."""
    if request.resume and not (folder / CHECKPOINT).is_file():
        raise CheckpointError(f"There is no checkpoint in '{folder}' to go on from.", START_ANEW)
    if processes.first:
        with disk_errors(folder):
            folder.mkdir(exist_ok=True)
            if not request.resume:
                clear(folder)
            again = dataclasses.replace(request, resume=False)
            text = json.dumps(protocol.request_to_json("", again), indent=2, ensure_ascii=False)
            write_text(folder / REQUEST, text + "\n")
    processes.wait()
