"""The loop of fine-tuning: going on after any stop as if there had been none, accumulation, memory, bad losses."""

import copy
import errno
import json
import math

import numpy as np
import pytest
import torch
from conftest import Recorder
from mmearth.errors import Cancelled, CheckpointError, InputError, ResourceError
from mmearth.models.convnextv2 import SIZES, best_dtype
from mmearth.tuning import objective, tuning, tuning_recipe
from mmearth.tuning.objective import Objective, cpu_micro_batch
from mmearth.tuning.tuning_recipe import RECIPES, dice_loss, frozen_stages, loss_sums, rate_share, recipe_of
from mmearth.weights import checkpoints
from mmearth.weights.training_checkpoint import CHECKPOINT, PROGRESS
from tiny_tuning import PlantedCrops, make_network, make_plan, make_tuning, scoring


@pytest.fixture(autouse=True)
def _float32(monkeypatch):
    """The same numbers on processors with and without bfloat16."""
    monkeypatch.setattr(tuning, "best_dtype", lambda device: torch.float32)


def state(found):
    kept = {f"{kind}.{name}": tensor for kind, own in found._kept().items() for name, tensor in own.items()}
    moments = {
        f"{name}.{key}": value
        for name, parameter in found._network.named_parameters()
        for key, value in found._optimiser.state[parameter].items()
    }
    return {**found._network.state_dict(), **kept, **moments}


def same(first, second):
    found, wanted = state(first), state(second)
    assert found.keys() == wanted.keys()
    return all(torch.equal(found[name], wanted[name]) for name in wanted)


def train(plan, folder, report, **given):
    found = make_tuning(plan, **given)
    found.run(folder, scoring(PlantedCrops()), report)
    return found


@pytest.mark.parametrize("rung", ["decoder", "partial", "full"])
@pytest.mark.parametrize("micro_batch", [4, 3])
def test_a_cancelled_training_goes_on_bit_for_bit(tmp_path, report, rung, micro_batch):
    plan = make_plan(rung, micro_batch=micro_batch, drop_path=0.3)
    whole = train(plan, tmp_path, report)
    assert whole.step == 6
    for cancel_at in (2, 4, 5):  # calls: the start, then one after each step; step 3 is in the middle of an epoch
        stopped = make_tuning(plan)
        with pytest.raises(Cancelled):
            stopped.run(tmp_path, scoring(PlantedCrops()), Recorder(cancel_at=cancel_at))
        assert json.loads((tmp_path / PROGRESS).read_text())["step"] == cancel_at - 1
        resumed = make_tuning(plan)
        resumed.resume(tmp_path)
        assert same(resumed, stopped)
        assert not same(resumed, whole)
        resumed.run(tmp_path, scoring(PlantedCrops()), report)
        assert same(resumed, whole)
        assert resumed.curve == whole.curve
        assert (resumed.best_score, resumed.best_step) == (whole.best_score, whole.best_step)


def test_cancel_while_held_out_labels_are_scored_loses_no_step(tmp_path, report):
    plan = make_plan()
    whole = train(plan, tmp_path, report)
    stopped = make_tuning(plan)

    def interrupted(predict):
        if stopped.step == 4:
            raise Cancelled
        return scoring(PlantedCrops())(predict)

    with pytest.raises(Cancelled):
        stopped.run(tmp_path, interrupted, report)
    resumed = make_tuning(plan)
    resumed.resume(tmp_path)
    assert resumed.step == 4
    resumed.run(tmp_path, scoring(PlantedCrops()), report)
    assert same(resumed, whole)
    assert resumed.curve == whole.curve


def test_cancel_between_micro_batches_keeps_the_last_whole_step(tmp_path, report):
    class CancelsAtCheck(Recorder):
        checks = 0

        def check(self):
            self.checks += 1
            if self.checks == 12:
                raise Cancelled

    plan = make_plan(micro_batch=1, validations=1)
    stopped = make_tuning(plan)
    with pytest.raises(Cancelled):
        stopped.run(tmp_path, scoring(PlantedCrops()), CancelsAtCheck())
    assert stopped.step == 1  # checks: one at the start; four micro-batches, the end and the report of each step
    resumed = make_tuning(plan)
    resumed.resume(tmp_path)
    resumed.run(tmp_path, scoring(PlantedCrops()), report)
    assert same(resumed, train(plan, tmp_path, report))


def test_a_crash_keeps_the_last_whole_step(tmp_path, report):
    class Broken(PlantedCrops):
        def batch(self, step, size):
            if step == 4:
                raise OSError("a cable was pulled")
            return super().batch(step, size)

    plan = make_plan()
    with pytest.raises(OSError, match="cable"):
        train(plan, tmp_path, report, crops=Broken())
    resumed = make_tuning(plan)
    resumed.resume(tmp_path)
    assert resumed.step == 4
    resumed.run(tmp_path, scoring(PlantedCrops()), report)
    assert same(resumed, train(plan, tmp_path, report))


def test_a_finished_training_has_nothing_left_to_do(tmp_path, report):
    whole = train(make_plan(), tmp_path, report)
    crops = PlantedCrops()
    again = make_tuning(make_plan(), crops)
    again.resume(tmp_path)
    assert again.finished
    again.run(tmp_path, lambda predict: pytest.fail("it was scored"), report)
    assert crops.asked == []
    assert all(torch.equal(again.best()[name], value) for name, value in whole.best().items())


def test_checkpoints_come_once_a_minute(tmp_path, report, monkeypatch):
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(tuning.time, "monotonic", lambda: float(next(clock)))
    saved = []
    found = make_tuning(make_plan(steps=12, validations=1))
    monkeypatch.setattr(found, "save", lambda folder: saved.append(found.step))
    found.run(tmp_path, scoring(PlantedCrops()), report)
    assert 3 <= len(saved) < 12
    assert saved[-1] == 12


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 2, "micro_batch": 2}, "batch 4 instead of 2"),
        ({"learning_rate": 0.5}, "learning_rate 0.003 instead of 0.5"),
        ({"steps": 9}, "steps 6 instead of 9"),
        ({"seed": 1}, "seed 0 instead of 1"),
    ],
)
def test_other_settings_are_refused_by_name(tmp_path, changes, words):
    make_tuning(make_plan(learning_rate=0.003)).save(tmp_path)
    other = make_tuning(make_plan(**{"learning_rate": 0.003, **changes}))
    before = {name: value.clone() for name, value in state(other).items()}
    with pytest.raises(InputError, match="made with other settings") as raised:
        other.resume(tmp_path)
    assert words in raised.value.message
    assert all(torch.equal(value, before[name]) for name, value in state(other).items())


def test_other_labels_are_refused(tmp_path):
    make_tuning(make_plan()).save(tmp_path)
    with pytest.raises(InputError, match="labels 0 instead of 5"):
        make_tuning(make_plan(), PlantedCrops(seed=5)).resume(tmp_path)


def test_a_missing_or_damaged_checkpoint_is_refused(tmp_path):
    found = make_tuning(make_plan())
    with pytest.raises(CheckpointError, match="no checkpoint"):
        found.resume(tmp_path)
    found.save(tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="cannot be used") as raised:
        found.resume(tmp_path)
    assert "anew" in raised.value.remedy


@pytest.mark.parametrize("broken", ["save_file", "replace"])
def test_a_full_disk_leaves_the_checkpoint_before(tmp_path, report, monkeypatch, broken):
    with pytest.raises(Cancelled):
        make_tuning(make_plan()).run(tmp_path, scoring(PlantedCrops()), Recorder(cancel_at=3))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    found = make_tuning(make_plan())
    found.resume(tmp_path)
    monkeypatch.setattr(checkpoints if broken == "save_file" else checkpoints.os, broken, full)
    with pytest.raises(ResourceError, match="No space left on device") as raised:
        found.run(tmp_path, scoring(PlantedCrops()), report)
    monkeypatch.undo()
    assert "free space" in raised.value.remedy
    assert found.step == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == [PROGRESS, CHECKPOINT]
    resumed = make_tuning(make_plan())
    resumed.resume(tmp_path)
    assert resumed.step == 2


def test_a_loss_that_is_no_number_is_refused_and_spoils_nothing(tmp_path, report, monkeypatch):
    found = make_tuning(make_plan())
    real = objective.loss_sums

    def spoiled(*arguments):
        total, count = real(*arguments)
        return (total * math.nan if found.step == 3 else total), count

    monkeypatch.setattr(objective, "loss_sums", spoiled)
    monkeypatch.setattr(tuning, "CHECKPOINT_S", -1.0)
    with pytest.raises(InputError, match="no longer a number after 3 of 6 steps of 'full': it is nan") as raised:
        found.run(tmp_path, scoring(PlantedCrops()), report)
    assert "learning rate" in raised.value.remedy
    resumed = make_tuning(make_plan())
    resumed.resume(tmp_path)
    assert resumed.step == 3
    assert all(value.isfinite().all() for value in state(resumed).values())


def test_gradients_that_are_no_numbers_spoil_no_checkpoint(tmp_path, report, monkeypatch):
    plan = make_plan(clip_norm=0.0)
    found = make_tuning(plan)
    monkeypatch.setattr(tuning, "CHECKPOINT_S", -1.0)
    weight = found._network.encoder.initial_conv[0].weight
    weight.register_hook(lambda grad: grad * math.nan if found.step == 3 else grad)
    with pytest.raises(InputError, match="after 4 of 6 steps of 'full': the weights"):
        found.run(tmp_path, scoring(PlantedCrops()), report)
    resumed = make_tuning(plan)
    resumed.resume(tmp_path)
    assert resumed.step == 3
    assert all(value.isfinite().all() for value in state(resumed).values())


@pytest.mark.parametrize(("kind", "unit"), [("unet", "pixel"), ("regions", "polygon"), ("regions", "cell")])
def test_micro_batches_add_up_to_the_batch(tmp_path, report, kind, unit):
    found = {}
    for micro_batch in (4, 3, 1):
        plan = make_plan(kind=kind, micro_batch=micro_batch, steps=1, drop_path=0.0, dice=0.0, learning_rate=1e-9)
        found[micro_batch] = train(plan, tmp_path, report, crops=PlantedCrops(unit)) if unit == "pixel" else None
        if found[micro_batch] is None:
            found[micro_batch] = make_tuning(plan, PlantedCrops(unit))
            found[micro_batch].run(tmp_path, scoring(PlantedCrops(unit)), report)
    wanted = [p.grad for p in found[4]._network.parameters() if p.grad is not None]
    assert torch.cat([grad.flatten() for grad in wanted]).norm() > 1e-4
    for micro_batch in (3, 1):
        grads = [p.grad for p in found[micro_batch]._network.parameters() if p.grad is not None]
        error = torch.cat([(a - b).flatten() for a, b in zip(grads, wanted, strict=True)]).norm()
        assert error < 1e-4 * torch.cat([grad.flatten() for grad in wanted]).norm()
        assert found[micro_batch].curve[0]["loss"] == pytest.approx(found[4].curve[0]["loss"], rel=1e-5)


@pytest.fixture
def short_of_memory(monkeypatch):
    """Makes crops fail beyond a number; returns the sizes that went through."""
    sizes = []

    def limit(most, error=torch.OutOfMemoryError):
        real = Objective.logits

        def logits(self, images, regions):
            if len(images) > most:
                raise error("CUDA out of memory. Tried to allocate 2 GiB")
            sizes.append(len(images))
            return real(self, images, regions)

        monkeypatch.setattr(Objective, "logits", logits)
        return sizes

    return limit


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError, RuntimeError])
def test_memory_that_does_not_suffice_gives_smaller_micro_batches(tmp_path, report, short_of_memory, error):
    sizes = short_of_memory(2, error)
    plan = make_plan(batch=8, micro_batch=8, steps=2, drop_path=0.0, validations=1)
    found = train(plan, tmp_path, report)
    assert found.step == 2
    assert found.micro_batch == 2
    assert set(sizes) == {2}
    warnings = [message for level, message in report.logs if level == "warning"]
    assert "did not suffice for 8 crops at once; going on with 4. A step still has 8" in warnings[0]
    assert "for 4 crops at once; going on with 2" in warnings[1]


def test_memory_that_does_not_suffice_for_one_crop(tmp_path, report, short_of_memory):
    short_of_memory(0)
    with pytest.raises(ResourceError, match="does not suffice for 1 crops at once on cpu") as raised:
        train(make_plan(), tmp_path, report)
    assert "smaller micro-batch" in raised.value.remedy


def test_another_error_is_not_taken_for_memory(tmp_path, report, monkeypatch):
    def forward(*_):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(Objective, "forward", forward)
    with pytest.raises(RuntimeError, match="shapes"):
        train(make_plan(), tmp_path, report)
    assert report.logs == []


@pytest.mark.parametrize(
    ("rung", "unchanged", "changed"),
    [
        ("decoder", ("encoder.",), ("upsample_layers.", "head.")),
        ("partial", ("encoder.stages.1", "encoder.stem", "encoder.downsample_layers.0"), ("encoder.stages.2", "head.")),
        ("full", (), ("encoder.initial_conv", "encoder.stages.0", "encoder.stages.3", "head.")),
    ],
)
def test_a_rung_trains_what_it_says(tmp_path, report, rung, unchanged, changed):
    network = make_network()
    before = copy.deepcopy(network.state_dict())
    after = train(make_plan(rung, steps=2), tmp_path, report, network=network).best()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    for prefix in unchanged:
        assert not [name for name in moved if name.startswith(prefix)]
    for prefix in changed:
        assert [name for name in moved if name.startswith(prefix)], prefix


@pytest.mark.parametrize(
    ("kind", "unit", "rung", "wanted"),
    [
        ("unet", "pixel", "full", 0.9),
        ("probe", "pixel", "probe", 0.8),  # random features
        ("regions", "cell", "full", 0.9),
        ("regions", "polygon", "full", 0.9),
    ],
)
def test_a_planted_signal_is_learned(tmp_path, report, kind, unit, rung, wanted):
    rate = 0.1 if rung == "probe" else 1e-2
    plan = make_plan(rung, kind, steps=60, batch=8, micro_batch=8, learning_rate=rate, drop_path=0.0)
    crops = PlantedCrops(unit)
    found = make_tuning(plan, crops)
    untrained = make_tuning(plan, crops)
    with untrained.best_network(report) as predict:
        chance = scoring(crops, 32)(predict)
    found.run(tmp_path, scoring(crops, 8), report)
    with found.best_network(report) as predict:
        learned = scoring(crops, 32)(predict)
    assert chance < 0.7
    assert learned > wanted
    assert found.curve[-1]["loss"] < 0.7 * found.curve[0]["loss"]


def test_several_labels_of_a_region_are_learned(tmp_path, report):
    crops = PlantedCrops("scene", multi_label=True)
    plan = make_plan("full", "regions", steps=60, batch=8, micro_batch=8, multi_label=True, learning_rate=1e-2)
    found = make_tuning(plan, crops)
    found.run(tmp_path, scoring(crops, 8), report)
    with found.best_network(report) as predict:
        assert scoring(crops, 32)(predict) > 0.9


def test_training_ends_when_scores_no_longer_improve_and_the_best_weights_are_kept(tmp_path, report):
    plan = make_plan(steps=20, validations=20, patience=3, ema_decay=0.0)
    found = make_tuning(plan)
    scores = iter([0.1, 0.5, 0.4, 0.3, 0.5, 0.9])
    kept = {}

    def score(_):
        kept[found.step] = copy.deepcopy(found._network.state_dict())
        return next(scores)

    found.run(tmp_path, score, report)
    assert (found.step, found.best_step, found.best_score) == (5, 2, 0.5)
    best = found.best()
    assert all(torch.equal(best[name], value) for name, value in kept[2].items())
    assert not all(torch.equal(best[name], value) for name, value in kept[5].items())
    assert any("ended after 5 of 20 steps" in message for _, message in report.logs)


def test_without_patience_the_last_weights_are_kept(tmp_path, report):
    found = make_tuning(make_plan(patience=0, ema_decay=0.0))
    scores = iter([0.9, 0.1, 0.2])
    found.run(tmp_path, lambda predict: next(scores), report)
    assert (found.step, found.best_step, found.best_score) == (6, 6, 0.2)
    now = found._network.state_dict()
    assert all(torch.equal(found.best()[name], value) for name, value in now.items())


def test_curve_and_metrics_tell_loss_rate_and_score(tmp_path, report):
    found = train(make_plan(learning_rate=0.01, warm_up=0.0, layer_decay=0.5), tmp_path, report)
    assert [row["step"] for row in found.curve] == [1, 2, 3, 4, 5, 6]
    assert [row["step"] for row in found.curve if "held-out F1" in row] == [2, 4, 6]
    assert [row["learning rate"] for row in found.curve] == pytest.approx(
        [0.01 * 0.5 * (1 + math.cos(math.pi * step / 6)) for step in range(6)]
    )
    told = [(step, total, set(values)) for step, total, values, _ in report.measured]
    assert (6, 6, {"loss", "learning rate", "held-out F1"}) in told
    phases = {phase for phase, _, _ in report.calls}
    assert phases == {"Training (full)"}


def test_a_step_is_asked_for_once_and_in_order(tmp_path, report):
    crops = PlantedCrops()
    make_tuning(make_plan(), crops).run(tmp_path, scoring(PlantedCrops()), report)
    assert sorted(crops.asked) == list(range(6))


def test_the_first_phase_of_the_published_segmentation_leaves_the_encoder_alone(tmp_path, report):
    recipe = vars(recipe_of("mmearth", "full", "unet"))
    plan = make_plan(steps=8, **{**recipe, "crop_px": 16, "batch": 4, "validations": 8})
    network = make_network()
    before = copy.deepcopy(network.state_dict())
    found = make_tuning(plan, network=network)
    moved = {}

    def score(_):
        after = found._network.state_dict()
        moved[found.step] = {n.split(".")[0] for n in before if not torch.equal(before[n], after[n])}
        return 0.5

    found.run(tmp_path, score, report)
    assert "encoder" not in moved[2]
    assert "upsample_layers" in moved[2]
    assert "encoder" in moved[3]
    resumed_plan = make_plan(steps=8, **{**recipe, "crop_px": 16, "batch": 4, "validations": 8})
    with pytest.raises(Cancelled):
        make_tuning(resumed_plan).run(tmp_path, scoring(PlantedCrops()), Recorder(cancel_at=3))
    resumed = make_tuning(resumed_plan)
    resumed.resume(tmp_path)
    resumed.run(tmp_path, lambda predict: 0.5, report)
    assert all(torch.equal(resumed.best()[name], value) for name, value in found.best().items())


def test_rates_of_layers():
    network = make_network()
    groups = tuning_recipe.parameter_groups(network, make_plan("full", layer_decay=0.5).recipe)
    scale = {id(p): group["lr_scale"] for group in groups for p in group["params"]}
    encoder = network.encoder  # four blocks: layers 1 to 4 of 5
    assert scale[id(network.head.weight)] == 1
    assert scale[id(encoder.stages[3][0].dwconv.weight)] == 0.5
    assert scale[id(encoder.stages[0][0].dwconv.weight)] == 0.5**4
    assert scale[id(encoder.stem[0].weight)] == scale[id(encoder.initial_conv[0].weight)] == 0.5**5
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert decay[id(network.head.weight)] > 0
    assert decay[id(network.head.bias)] == decay[id(encoder.stages[0][0].grn.gamma)] == 0


def test_the_published_preset_has_the_published_groups():
    network = make_network("regions")
    groups = tuning_recipe.parameter_groups(network, recipe_of("mmearth", "full", "regions"))
    scale = {id(p): (group["lr_scale"], group["weight_decay"]) for group in groups for p in group["params"]}
    assert scale[id(network.encoder.stem[0].weight)] == (1, 0.3)  # the published stem learns as fast as the head
    assert scale[id(network.encoder.stages[0][0].dwconv.weight)] == (pytest.approx(0.9**4), 0.3)
    probed = make_network("regions")
    trained = [
        id(p)
        for group in tuning_recipe.parameter_groups(probed, recipe_of("mmearth", "probe", "regions"))
        for p in group["params"]
    ]
    assert sorted(trained) == sorted(id(p) for p in probed.head.parameters())


def test_rates_rise_and_fall():
    recipe = make_plan(warm_up=0.2).recipe
    shares = [rate_share(recipe, step, 10) for step in range(10)]
    assert shares[:3] == pytest.approx([0.5, 1.0, 1.0])
    assert shares[6] == pytest.approx(0.5)
    assert all(a > b for a, b in zip(shares[2:], shares[3:], strict=False))
    assert 0 < shares[9] < 0.05
    assert rate_share(recipe, 0, 1) > 0


def test_frozen_stages():
    assert {rung: frozen_stages(RECIPES[rung], 0, 10) for rung in RECIPES} == {
        "probe": 4, "decoder": 4, "partial": 2, "full": 0,
    }  # fmt: skip
    published = recipe_of("mmearth", "full", "unet")
    assert [frozen_stages(published, step, 8) for step in range(4)] == [4, 4, 0, 0]


def test_losses_count_labels_alone():
    recipe = make_plan(smoothing=0.0, dice=0.0).recipe
    logits = torch.zeros(1, 2, 2, 2)
    logits[0, 1, 0, 0] = math.log(3)  # three quarters for class 1
    targets = torch.tensor([[[1, -1], [0, -1]]])
    total, count = loss_sums(logits, targets, recipe)
    assert int(count) == 2
    assert float(total) == pytest.approx(-math.log(0.75) - math.log(0.5))
    regions = torch.tensor([[[0.0, math.log(3)], [0.0, 0.0]]])
    total, count = loss_sums(regions, torch.tensor([[1, -1]]), recipe)
    assert (float(total), int(count)) == (pytest.approx(-math.log(0.75)), 1)
    nothing, count = loss_sums(logits, torch.full((1, 2, 2), -1), make_plan(dice=0.5).recipe)
    assert (float(nothing), int(count)) == (0.0, 0)


def test_the_loss_of_several_labels_leaves_out_unknown_ones():
    recipe = make_plan(smoothing=0.1).recipe
    logits = torch.tensor([[[math.log(3), 0.0]]])
    total, count = loss_sums(logits, torch.tensor([[[1.0, math.nan]]]), recipe)
    assert int(count) == 1
    assert float(total) == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25))


def test_the_dice_loss_is_none_for_what_is_right_and_leaves_out_absent_classes():
    classes = torch.tensor([0, 0, 1, 1])
    right = torch.nn.functional.one_hot(classes, 3).float()
    assert float(dice_loss(right, classes)) == pytest.approx(0.0)
    wrong = torch.nn.functional.one_hot(1 - classes, 3).float()
    assert float(dice_loss(wrong, classes)) == pytest.approx(1 - 1 / 5)


def test_cpu_micro_batches_are_small():
    atto, tiny = SIZES["atto"], SIZES["tiny"]
    assert cpu_micro_batch(64, *atto) == 4
    assert cpu_micro_batch(32, *atto) == 16
    assert cpu_micro_batch(4096, *atto) == 1
    assert 1 <= cpu_micro_batch(32, *tiny) < 4


def test_mixed_precision_trains_nearly_the_same(tmp_path, report, monkeypatch):
    if best_dtype(torch.device("cpu")) == torch.float32:
        pytest.skip("this processor has no bfloat16")
    plan = make_plan(steps=4, drop_path=0.0)
    full = train(plan, tmp_path, report)
    monkeypatch.setattr(tuning, "best_dtype", best_dtype)
    mixed = train(plan, tmp_path, report)
    losses = [[row["loss"] for row in found.curve] for found in (full, mixed)]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert losses[1] != losses[0]
    assert np.isfinite(losses[1]).all()
