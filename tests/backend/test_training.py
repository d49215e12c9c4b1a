"""The training loop: going on after any stop as if there had been none, accumulation, memory, losses without end."""

import errno
import json
import math

import mmearth_layout
import numpy as np
import pytest
import tiny_training
import torch
from conftest import Recorder
from mmearth.data.batches import TrainingData
from mmearth.errors import Cancelled, CheckpointError, InputError, ResourceError
from mmearth.pretraining import training
from mmearth.pretraining.pretrain_recipe import RECIPES, rate_share
from mmearth.pretraining.training import Objective, largest_divisor
from mmearth.weights import checkpoints
from mmearth.weights.training_checkpoint import CHECKPOINT, PROGRESS
from tiny_training import make_plan, make_training, nothing, state


@pytest.fixture(autouse=True)
def _float32(monkeypatch):
    """The same numbers on processors with and without bfloat16."""
    monkeypatch.setattr(training, "best_dtype", lambda device: torch.float32)
    monkeypatch.setattr(training, "WHITENING_CHIPS", 2)


@pytest.fixture
def data(tmp_path, report):
    return tiny_training.open_data(tmp_path / "pool", report)


def same(first, second):
    found, wanted = state(first), state(second)
    assert found.keys() == wanted.keys()
    return all(torch.equal(found[name], wanted[name]) for name in wanted)


def largest_difference(first, second):
    found, wanted = state(first), state(second)
    return max(float((found[name] - wanted[name]).abs().max()) for name in wanted)


def losses(found):
    return [(row["step"], row["total"]) for row in found.curve]


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("micro_batch", [4, 2])
def test_a_cancelled_training_goes_on_bit_for_bit(data, tmp_path, report, micro_batch, dense):
    plan = make_plan(micro_batch=micro_batch, changes={"dense": dense, "masked_share": 0.5})
    whole = make_training(data, plan)
    whole.run(tmp_path, 0, nothing, report)
    assert len(whole.curve) == whole.step == 6
    stopped = make_training(data, plan)
    with pytest.raises(Cancelled):
        stopped.run(tmp_path, 0, nothing, Recorder(cancel_at=4))  # calls: the start, then one a step
    assert json.loads((tmp_path / PROGRESS).read_text())["step"] == 3
    resumed = make_training(data, plan)
    resumed.resume(tmp_path)
    assert resumed.step == 3
    assert same(resumed, stopped)
    assert not same(resumed, whole)
    resumed.run(tmp_path, 0, nothing, report)
    assert same(resumed, whole)
    assert resumed.curve == whole.curve
    assert resumed.seconds > stopped.seconds > 0


def test_cancel_between_micro_batches_keeps_the_last_whole_step(data, tmp_path, report):
    class CancelsAtCheck(Recorder):
        checks = 0

        def check(self):
            self.checks += 1
            if self.checks == 12:  # a step with two micro-batches checks four times, the start once
                raise Cancelled

    plan = make_plan(micro_batch=2)
    stopped = make_training(data, plan)
    with pytest.raises(Cancelled):
        stopped.run(tmp_path, 0, nothing, CancelsAtCheck())
    wanted = make_training(data, plan)
    with pytest.raises(Cancelled):
        wanted.run(tmp_path / "..", 0, nothing, Recorder(cancel_at=3))
    assert stopped.step == wanted.step == 2
    resumed = make_training(data, plan)
    resumed.resume(tmp_path)
    assert same(resumed, wanted)


def test_a_crash_keeps_the_last_whole_step(data, tmp_path, report):
    plan = make_plan()

    def crash():
        if broken.step == 2:
            raise RuntimeError("a cable was pulled")

    broken = make_training(data, plan)
    with pytest.raises(RuntimeError, match="cable"):
        broken.run(tmp_path, 0, crash, report)
    resumed = make_training(data, plan)
    resumed.resume(tmp_path)
    resumed.run(tmp_path, 0, nothing, report)
    whole = make_training(data, plan)
    whole.run(tmp_path, 0, nothing, report)
    assert same(resumed, whole)
    assert resumed.curve == whole.curve


def test_checkpoints_come_every_so_many_steps(data, tmp_path, report):
    found = []

    def note():
        path = tmp_path / PROGRESS
        found.append(json.loads(path.read_text())["step"] if path.is_file() else 0)

    make_training(data, make_plan()).run(tmp_path, 2, note, report)
    assert found == [0, 0, 2, 2, 4, 4]
    assert json.loads((tmp_path / PROGRESS).read_text())["step"] == 6


def test_checkpoints_come_once_a_minute_otherwise(data, tmp_path, report, monkeypatch):
    clock = iter(range(0, 10_000, 25))
    monkeypatch.setattr(training.time, "monotonic", lambda: float(next(clock)))
    saved = []
    found = make_training(data, make_plan(steps=8))
    monkeypatch.setattr(found, "save", lambda folder: saved.append(found.step))
    found.run(tmp_path, 0, nothing, report)
    assert 2 <= len(saved) < 8


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 2, "micro_batch": 2}, "batch 4 instead of 2"),
        ({"learning_rate": 0.5}, "learning_rate 0.01 instead of 0.5"),
        ({"steps": 9}, "steps 6 instead of 9"),
        ({"size": "bigger"}, "size little instead of bigger"),
        ({"band_dropout": True}, "band_dropout False instead of True"),
        ({"seed": 1}, "seed 0 instead of 1"),
        ({"changes": {"mask_ratio": 0.5}}, "mask_ratio 0.75 instead of 0.5"),
        ({"changes": {"ema_decay": 0.5}, "seed": 3}, "ema_decay 0.995 instead of 0.5, seed 0 instead of 3"),
    ],
)
def test_other_settings_are_refused_by_name(data, tmp_path, changes, words):
    make_training(data, make_plan()).save(tmp_path)
    other = make_training(data, make_plan(**changes))
    before = state(other)
    before = {name: value.clone() for name, value in before.items()}
    with pytest.raises(InputError, match="made with other settings") as raised:
        other.resume(tmp_path)
    assert words in raised.value.message
    assert all(torch.equal(value, before[name]) for name, value in state(other).items())


def test_other_data_are_refused_by_name(data, tmp_path, report):
    make_training(data, make_plan()).save(tmp_path)
    other = tiny_training.open_data(tmp_path / "other", report, chips=7)
    with pytest.raises(InputError, match=r"chips \{'pool': 6\} instead of \{'other': 7\}"):
        make_training(other, make_plan()).resume(tmp_path)


def test_another_micro_batch_is_no_reason_to_refuse(data, tmp_path, report):
    with pytest.raises(Cancelled):
        make_training(data, make_plan()).run(tmp_path, 0, nothing, Recorder(cancel_at=4))
    resumed = make_training(data, make_plan(micro_batch=1))
    resumed.resume(tmp_path)
    resumed.run(tmp_path, 0, nothing, report)
    assert [step for step, _ in losses(resumed)] == [1, 2, 3, 4, 5, 6]


def test_a_missing_or_damaged_checkpoint_is_refused(data, tmp_path):
    found = make_training(data, make_plan())
    with pytest.raises(CheckpointError, match="no checkpoint"):
        found.resume(tmp_path)
    found.save(tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="cannot be used") as raised:
        found.resume(tmp_path)
    assert "anew" in raised.value.remedy


@pytest.mark.parametrize("broken", ["save_file", "replace"])
def test_a_full_disk_leaves_the_checkpoint_before(data, tmp_path, report, monkeypatch, broken):
    plan = make_plan()
    found = make_training(data, plan)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill_the_disk():
        if found.step == 3:
            monkeypatch.setattr(checkpoints if broken == "save_file" else checkpoints.os, broken, full)

    with pytest.raises(ResourceError, match="No space left on device") as raised:
        found.run(tmp_path, 2, fill_the_disk, report)
    monkeypatch.undo()
    assert "free space" in raised.value.remedy
    assert found.step == 4
    assert sorted(path.name for path in tmp_path.glob("*checkpoint*")) == [PROGRESS, CHECKPOINT]
    resumed = make_training(data, plan)
    resumed.resume(tmp_path)
    assert resumed.step == 2


@pytest.mark.parametrize("checkpoint_every", [1, 2])
def test_a_loss_that_is_no_number_is_refused_by_task_and_step(tmp_path, report, monkeypatch, checkpoint_every):
    data = tiny_training.open_data(tmp_path / "pool", report, tasks=("sentinel2", "aster"))
    found = make_training(data, make_plan())
    real = training.pretext_losses

    def spoiled(*arguments, **options):
        result = real(*arguments, **options)
        return {**result, "aster": result["aster"] * math.nan} if found.step == 3 else result

    monkeypatch.setattr(training, "pretext_losses", spoiled)
    with pytest.raises(InputError, match="no longer a number after 3 of 6 steps: aster nan, total nan") as raised:
        found.run(tmp_path, checkpoint_every, nothing, report)
    assert "learning rate" in raised.value.remedy
    assert "that task" in raised.value.remedy
    resumed = make_training(data, make_plan())
    resumed.resume(tmp_path)
    assert resumed.step == {1: 3, 2: 2}[checkpoint_every]
    assert all(value.isfinite().all() for value in state(resumed).values())
    assert all(math.isfinite(value) for row in resumed.curve for value in row.values())


def test_too_high_a_learning_rate_ends_with_the_reason_and_a_finite_checkpoint(data, tmp_path, report):
    plan = make_plan(steps=40, learning_rate=1e19, learned_weights=False, changes={"clip_norm": 0.0})
    hot = make_training(data, plan)
    with pytest.raises(InputError, match="no longer a number after"):
        hot.run(tmp_path, 1, nothing, report)
    resumed = make_training(data, plan)
    resumed.resume(tmp_path)
    assert resumed.step == hot.step >= 1
    assert all(value.isfinite().all() for value in state(resumed).values())


def test_gradients_that_are_no_numbers_spoil_no_checkpoint(data, tmp_path, report):
    plan = make_plan(learned_weights=False)
    found = make_training(data, plan)
    found.encoder.initial_conv[0].weight.register_hook(lambda grad: grad * math.nan if found.step == 3 else grad)
    with pytest.raises(InputError, match="after 4 of 6 steps: weights of the model"):
        found.run(tmp_path, 1, nothing, report)
    resumed = make_training(data, plan)
    resumed.resume(tmp_path)
    assert resumed.step == 3
    assert all(value.isfinite().all() for value in state(resumed).values())


def test_a_weight_of_a_task_that_is_no_number_is_refused(data, tmp_path, report):
    found = make_training(data, make_plan())
    with torch.no_grad():
        found.objective.weighting.log_vars.fill_(-100.0)  # exp(100) has no float32
    with pytest.raises(InputError, match="total inf"):
        found.run(tmp_path, 1, nothing, report)


@pytest.fixture
def short_of_memory(monkeypatch):
    """Makes crops fail beyond a number; returns the batches that went through."""
    batches = []

    def limit(most, error=torch.OutOfMemoryError):
        real = Objective.forward

        def forward(self, inputs, *arguments):
            if len(inputs) > most:
                raise error("CUDA out of memory. Tried to allocate 2 GiB")
            batches.append(len(inputs))
            return real(self, inputs, *arguments)

        monkeypatch.setattr(Objective, "forward", forward)
        return batches

    return limit


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError, RuntimeError])
def test_memory_that_does_not_suffice_gives_smaller_micro_batches(data, tmp_path, report, short_of_memory, error):
    found = make_training(data, make_plan(batch=12, micro_batch=12, steps=3))
    batches = short_of_memory(4, error)
    found.run(tmp_path, 0, nothing, report)
    assert batches == [3] * 12
    assert (found.step, found.micro_batch) == (3, 3)
    warnings = [message for level, message in report.logs if level == "warning"]
    assert "did not suffice for 12 crops at once; going on with 6. A step still has 12" in warnings[0]
    assert "for 6 crops at once; going on with 3" in warnings[1]
    direct = make_training(data, make_plan(batch=12, micro_batch=3, steps=3))
    direct.run(tmp_path, 0, nothing, report)
    assert same(found, direct)


def test_memory_lost_in_the_middle_of_a_training(data, tmp_path, report, short_of_memory):
    found = make_training(data, make_plan(batch=8, micro_batch=8))

    def others_take_memory():
        if found.step == 3:
            batches.append(short_of_memory(4))

    batches = []
    found.run(tmp_path, 0, others_take_memory, report)
    assert batches == [[4] * 6]
    assert found.step == len(found.curve) == 6


def test_memory_that_does_not_suffice_for_one_crop(data, tmp_path, report, short_of_memory):
    short_of_memory(0)
    with pytest.raises(ResourceError, match="does not suffice for 1 crops at once on cpu") as raised:
        make_training(data, make_plan()).run(tmp_path, 0, nothing, report)
    assert "smaller encoder" in raised.value.remedy


def test_another_error_is_not_taken_for_memory(data, tmp_path, report, monkeypatch):
    def forward(*_):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(Objective, "forward", forward)
    with pytest.raises(RuntimeError, match="shapes"):
        make_training(data, make_plan()).run(tmp_path, 0, nothing, report)
    assert report.logs == []


class Fixed(TrainingData):
    """Crops at one place, so that a batch is its positions alone and does not depend on how they are grouped."""

    def samples(self, index, size):
        samples = super().samples(index, size)
        zeros = np.zeros(size, np.int64)
        return type(samples)(samples.sources, samples.chips, zeros, zeros, zeros, zeros, np.ones_like(samples.kept))


def test_two_micro_batches_of_four_are_one_of_eight(tmp_path, report):
    data = tiny_training.open_data(tmp_path / "pool", report, tasks=("sentinel2", "aster", "biome"))
    data.__class__ = Fixed
    found = {}
    for micro_batch in (8, 4, 1):
        found[micro_batch] = make_training(data, make_plan(batch=8, micro_batch=micro_batch, steps=3))
        found[micro_batch].run(tmp_path, 0, nothing, report)
    for micro_batch in (4, 1):
        for (_, total), (_, wanted) in zip(losses(found[micro_batch]), losses(found[8]), strict=True):
            assert total == pytest.approx(wanted, rel=1e-5)
        assert largest_difference(found[micro_batch], found[8]) < 1e-4


def test_gradients_of_accumulated_micro_batches_are_those_of_the_batch(tmp_path, report):
    data = tiny_training.open_data(tmp_path / "pool", report)
    data.__class__ = Fixed
    gradients = []
    for micro_batch in (8, 4):
        found = make_training(data, make_plan(batch=8, micro_batch=micro_batch, steps=1, learning_rate=1e-9))
        found.run(tmp_path, 0, nothing, report)
        gradients.append(
            [parameter.grad.clone() for parameter in found.objective.parameters() if parameter.grad is not None]
        )
    norm = torch.cat([gradient.flatten() for gradient in gradients[0]]).norm()
    difference = torch.cat([(a - b).flatten() for a, b in zip(*gradients, strict=True)]).norm()
    assert float(norm) > 1e-3
    assert float(difference / norm) < 1e-4


def test_the_average_follows_the_encoder_as_the_recipe_has_it(data, tmp_path, report):
    found = make_training(data, make_plan(changes={"ema_decay": 0.5}))
    name = "initial_conv.0.weight"
    states = [found.encoder.state_dict()[name].clone()]
    found.run(tmp_path, 0, lambda: states.append(found.encoder.state_dict()[name].clone()), report)
    wanted = states[0]
    for step, value in enumerate(states[1:]):
        decay = min(0.5, (step + 1) / (step + 10))
        wanted = decay * wanted + (1 - decay) * value
    assert torch.allclose(found.averaged[name], wanted, atol=1e-7)
    assert not torch.allclose(found.averaged[name], states[-1], atol=1e-4)


def test_the_paper_keeps_the_last_weights(data, tmp_path, report):
    found = make_training(data, make_plan("paper", changes={"ema_decay": RECIPES["paper"].ema_decay}))
    found.run(tmp_path, 0, nothing, report)
    for name, value in found.encoder.state_dict().items():
        assert torch.equal(found.averaged[name], value)


def test_the_optimiser_sees_the_rate_of_the_recipe_and_a_limited_gradient(data, tmp_path, report):
    plan = make_plan(steps=8, changes={"clip_norm": 1e-3})
    found = make_training(data, plan)
    rates, norms = [], []

    def note():
        rates.append([group["lr"] for group in found._optimiser.param_groups])
        gradients = [p.grad for p in found.objective.parameters() if p.grad is not None]
        norms.append(float(torch.cat([gradient.flatten() for gradient in gradients]).norm()))

    found.run(tmp_path, 0, note, report)
    assert rates == [[pytest.approx(1e-2 * rate_share(plan.recipe, step, 8))] * 2 for step in range(8)]
    assert all(norm == pytest.approx(1e-3, rel=1e-3) for norm in norms)


def test_masks_of_a_step_are_those_of_the_whole_batch_however_shared(data):
    dense = {"dense": True}
    whole = make_training(data, make_plan(batch=8, micro_batch=8, changes=dense))._drawn(1)
    parts = make_training(data, make_plan(batch=8, micro_batch=2, changes=dense))._drawn(4)
    for found, wanted in zip(parts, whole, strict=True):
        assert torch.equal(found.flatten(0, 1), wanted.flatten(0, 1))
    masks, blocks = whole
    assert masks.sum(dim=-1).unique().tolist() == [37]  # int(49 · 0.25) = 12 stay
    assert blocks.shape == (1, 8, 1, 56, 56)
    other = make_training(data, make_plan(batch=8, micro_batch=8, seed=1))._drawn(1)[0]
    assert not torch.equal(other, masks)


@pytest.mark.parametrize(("micro_batch", "wanted"), [(8, 4), (2, 1), (1, 1)])
def test_the_autoencoder_takes_its_share_of_the_crops(data, micro_batch, wanted):
    found = make_training(data, make_plan(batch=8, micro_batch=micro_batch, changes={"masked_share": 0.5}))
    masks, blocks = found._drawn(8 // micro_batch)
    assert masks.shape == (8 // micro_batch, wanted, 49)
    assert blocks.shape[1] == micro_batch


def test_the_report_is_told_losses_and_weights(data, tmp_path, report):
    make_training(data, make_plan()).run(tmp_path, 0, nothing, report)
    step, total, values, picture = report.measured[-1]
    assert (step, total, picture) == (6, 6, "")
    assert set(values) == {"sentinel2", "total", "weight sentinel2"}
    told = [(done, total) for phase, done, total in report.calls if phase == "Pretraining"]
    assert told == [(step, 6) for step in range(7)]


@pytest.mark.parametrize(("number", "limit", "wanted"), [(12, 5, 4), (12, 12, 12), (7, 6, 1), (8, 100, 8), (6, 0, 1)])
def test_largest_divisor(number, limit, wanted):
    assert largest_divisor(number, limit) == wanted


def test_constant_and_empty_chips_make_no_nan(tmp_path, report):
    values = {"sentinel2": np.full((4, 13, 64, 64), 2000, np.uint16), "aster": np.full((4, 2, 64, 64), 7, np.int16)}
    values["sentinel2"][1] = 0  # no data at all
    values["aster"][:2] = -32768
    data = tiny_training.open_data(tmp_path / "pool", report, chips=4, tasks=tuple(values), values=values)
    found = make_training(data, make_plan(steps=4, changes={"dense": True}))
    found.run(tmp_path, 0, nothing, report)
    assert all(math.isfinite(value) for row in found.curve for value in row.values())
    assert all(value.isfinite().all() for value in state(found).values())


@pytest.mark.parametrize("dense", [True, False])
def test_all_losses_fall_and_the_weights_of_tasks_move(tmp_path, report, dense):
    # Brightness tells the height and class of a chip; its slope can be seen from any patch.
    chips, (rows, cols) = 8, np.mgrid[:64, :64]
    level = np.arange(chips)[:, None, None] + np.zeros((64, 64))
    values = {
        "sentinel2": np.stack([1000 + 400 * level + 20 * rows + band * cols for band in range(13)], axis=1),
        "sentinel1": np.stack([2.0 * level - 20] * 8, axis=1).astype(np.float32),
        "aster": np.stack([10 * level, 70 - 10 * level], axis=1).astype(np.int16),
        "esa_worldcover": mmearth_layout.CODES[1 + level.astype(int)][:, None],
    }
    values["sentinel2"] = values["sentinel2"].astype(np.uint16)
    stats = {
        "sentinel2_l2a": {"mean": [3000.0] * 13, "std": [1000.0] * 13},
        "sentinel1": {"mean": [-13.0] * 8, "std": [4.6] * 8},
        "aster": {"mean": [35.0, 35.0], "std": [23.0, 23.0]},
    }
    data = tiny_training.open_data(
        tmp_path / "pool", report, chips=chips, tasks=tuple(values), values=values, stats=stats
    )
    plan = make_plan(steps=50, learning_rate=1e-2, changes={"dense": dense})
    found = make_training(data, plan)
    found.run(tmp_path, 0, nothing, report)
    names = [*values, *(f"dense {task}" for task in values)] if dense else [*values]
    for task in names:
        curve = [row[task] for row in found.curve]
        assert np.mean(curve[-5:]) < 0.8 * np.mean(curve[:5]), (task, curve)
    weights = {task: found.curve[-1][f"weight {task}"] for task in names}
    assert all(abs(weight - 1) > 0.02 for weight in weights.values()), weights
    assert len({round(weight, 3) for weight in weights.values()}) > 1
