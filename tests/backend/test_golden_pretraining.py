"""MP-MAE against the official code: masks, encoder, predictions, losses, gradients, optimiser steps, schedule."""

import math

import golden_vectors
import numpy as np
import pytest
import torch
from mmearth.models import fcmae, pretext_losses
from mmearth.models.convnextv2 import SIZES, Block, Encoder, GlobalResponseNorm
from mmearth.models.fcmae import FCMAE, mask_from_noise, removed_patches
from mmearth.models.masked_encoder import encode_masked_dense, encode_packed
from mmearth.models.pretext_losses import UncertaintyWeighting, patchify
from mmearth.pretraining.pretrain_recipe import learning_rate_share, parameter_groups
from mmearth.pretraining.tasks import MMEARTH_TASKS

ORDER = tuple(task.name for task in MMEARTH_TASKS)
WAYS = [("packed", torch.float64), ("packed", torch.float32), ("masked_dense", torch.float64)]


def official_names(model):
    """Returns our parameter name → (official name, function from the official array to our shape)."""
    found = {}
    for name, parameter in [*model.named_parameters()]:
        shape = tuple(parameter.shape)
        if name.startswith("encoder."):
            found[name] = _encoder_name(name, shape)
        elif name.startswith("pred."):
            found[name] = (f"pred_dict.{name.removeprefix('pred.')}", shape)
        elif name.startswith("decoder."):
            found[name] = (f"decoder_dict.sentinel2.{name.removeprefix('decoder.')}", shape)
        elif name.startswith("image_norm."):
            found[name] = (f"layer_norm_tmp.{name.removeprefix('image_norm.')}", shape)
        else:
            found[name] = (name, shape)
    return found


def _encoder_name(name, shape):
    parts = name.split(".")
    owner, kind = ".".join(parts[:-1]), parts[-1]
    if parts[-2] in ("pwconv1", "pwconv2"):
        return f"{owner}.linear.{kind}", shape
    is_norm = parts[-2] == "norm" or (len(shape) == 1 and _is_layer_norm(parts))
    if is_norm:
        return f"{owner}.ln.{kind}", shape
    return (f"{owner}.kernel" if kind == "weight" else name), shape


def _is_layer_norm(parts):
    # initial_conv.1, stem.1 and downsample_layers.<i>.0 are norms; initial_conv.0, stem.0, downsample_layers.<i>.1 not.
    if parts[1] in ("initial_conv", "stem"):
        return parts[2] == "1"
    return parts[1] == "downsample_layers" and parts[3] == "0"


def from_official(array, name, shape):
    """Brings an official array to our shape; sparse kernels list positions column by column."""
    tensor = torch.from_numpy(np.asarray(array))
    if not name.endswith(".kernel"):
        return tensor.reshape(shape)
    side = math.isqrt(tensor.shape[0]) if len(shape) == 4 and shape[-1] > 1 else 1
    kernel = tensor.reshape(side, side, *tensor.shape[1:])
    kernel = kernel.permute(3, 2, 1, 0) if kernel.ndim == 4 else kernel.permute(2, 1, 0)[:, None]
    return kernel.reshape(shape).clone()


def to_official(tensor, name, shape):
    """The reverse, for gradients and parameters."""
    if not name.endswith(".kernel"):
        return tensor.reshape(shape)
    out, inner, side, _ = tensor.shape
    if len(shape) == 2:
        return tensor[:, 0].permute(2, 1, 0).reshape(shape)
    return tensor.permute(3, 2, 1, 0).reshape(side * side, inner, out).reshape(shape)


def build(group, execution="packed", dtype=torch.float64):
    size, patch = group["size"], group["patch"]
    depths, dims = SIZES[size]
    model = FCMAE(Encoder(12, depths, dims, patch), MMEARTH_TASKS, execution=execution, official=True)
    weighting = UncertaintyWeighting(ORDER)
    weights = golden_vectors.weights(f"params_mpmae_{size}_p{patch}.tsv", "params_mpmae")
    names = official_names(model)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            official, shape = names[name]
            parameter.copy_(from_official(weights[official], official, shape))
        weighting.log_vars.copy_(torch.from_numpy(weights["loss_fn.log_vars"]))
    return model.to(dtype), weighting.to(dtype), names


def batch_of(inputs, index, side, dtype):
    """Returns the targets of forward pass `index` after the shared crop, in our forms, and the encoder's input."""
    targets = {}
    for task in MMEARTH_TASKS:
        array = inputs[task.name]
        if array.ndim == 4:
            tops = inputs["crop_y0x0"][index]
            array = np.stack(
                [
                    chip[:, slice(int(y), int(y) + side), slice(int(x), int(x) + side)]
                    for chip, (y, x) in zip(array, tops, strict=True)
                ]
            )
        if task.kind == "class_map":
            targets[task.name] = torch.from_numpy(array[:, 0].astype(np.int64))
        elif task.kind == "category":
            rows = torch.from_numpy(array)
            targets[task.name] = torch.where(rows.any(dim=1), rows.argmax(dim=1), -1)
        else:
            targets[task.name] = torch.from_numpy(array).to(dtype)
    return targets, torch.nan_to_num(targets["sentinel2"], nan=0.0)


def losses_of(model, targets, inputs, mask, patch, normalise=True):
    removed = removed_patches(mask)
    predicted = model(inputs, mask, removed)
    return pretext_losses.pretext_losses(predicted, targets, removed, MMEARTH_TASKS, patch, normalise, official=True)


@pytest.fixture(params=[torch.float64, torch.float32], ids=["float64", "float32"])
def dtype(request):
    yield from _default_dtype(request.param)


@pytest.fixture(params=WAYS, ids=[f"{execution}-{str(kind)[6:]}" for execution, kind in WAYS])
def way(request):
    """How the encoder runs, and in which precision."""
    execution, kind = request.param
    for _ in _default_dtype(kind):
        yield execution, kind


def _default_dtype(kind):
    before = torch.get_default_dtype()
    torch.set_default_dtype(kind)
    yield kind
    torch.set_default_dtype(before)


@pytest.mark.parametrize("group", golden_vectors.files(r"D_sparse_(?P<size>\w+)_p(?P<patch>\d+)\.npz"))
def test_masked_encoder(group, way):
    execution, dtype = way
    archive, tolerance = golden_vectors.load(group["file"]), 1e-10 if dtype == torch.float64 else 3e-5
    model, _, _ = build(group, execution, dtype)
    cases = sorted({key.split(".")[0] for key in archive.files if key.endswith(".mask")})
    assert "equal" in cases
    for case in cases:
        x = torch.from_numpy(archive[f"{case}.x"] if f"{case}.x" in archive else archive["x"]).to(dtype)
        samples = len(archive[f"{case}.mask"])
        x = x[1:2] if case == "last_row_col_hidden" else x[:samples]
        keep = torch.from_numpy(archive[f"{case}.mask"] == 0).view(-1, 7, 7)
        valid = (x != 0).any(dim=1) if case == "zero_pixels" else None
        with torch.no_grad():
            if execution == "packed":
                stages = [encode_packed(model.encoder, x, keep, valid)]
            else:
                stages = encode_masked_dense(model.encoder, x, keep, valid)
        what = f"encoder, {execution}, {str(dtype).removeprefix('torch.')}"
        golden_vectors.compare(group["file"], archive, f"{case}.encoded", stages[-1].contiguous(), tolerance, what)
        if case == "equal" and execution == "masked_dense":
            for number, maps in enumerate(stages[:3]):
                key = f"equal.stage{number}"
                golden_vectors.compare(group["file"], archive, key, maps.contiguous(), tolerance, what)


@pytest.mark.parametrize("group", golden_vectors.files(r"E_(?P<size>[a-z]+)_p(?P<patch>\d+)_forward\.npz"))
def test_forward_losses_and_gradients(group, way):
    execution, dtype = way
    file, patch = group["file"], group["patch"]
    archive = golden_vectors.load(file)
    inputs = golden_vectors.load(file.replace("_forward", "_inputs"))
    exact = dtype == torch.float64
    tag = f"{execution}, {str(dtype).removeprefix('torch.')}"
    model, weighting, names = build(group, execution, dtype)
    targets, images = batch_of(inputs, 0, 7 * patch, dtype)
    mask = mask_from_noise(torch.from_numpy(inputs["noise"][0]), 0.6)
    assert np.array_equal(mask.numpy(), archive["mask"])

    if any(key.startswith("pred.") for key in archive.files):
        with torch.no_grad():
            predicted = model(images, mask)
        for task in MMEARTH_TASKS:
            found = predicted[task.name]
            if found.ndim == 3:
                found = found.transpose(1, 2).reshape(len(found), -1, 7, 7)
            golden_vectors.compare(
                file, archive, f"pred.{task.name}", found.contiguous(), 1e-10 if exact else 5e-5, f"predictions, {tag}"
            )
    losses = losses_of(model, targets, images, mask, patch)
    total = weighting(losses)
    _check_relative(file, f"losses, {tag}", losses, archive["losses"], 1e-11 if exact else 5e-6)
    assert np.array_equal(ORDER, list(losses))
    limit = 1e-11 if exact else 5e-6
    golden_vectors.check(file, f"total, {tag}", abs(float(total.detach()) / float(archive["total"]) - 1), limit)
    plain = losses_of(model, targets, images, mask, patch, normalise=False)
    _check_relative(file, f"losses, {tag}", plain, archive["losses_norm_pix_off"], limit)
    unweighted = float(sum(losses.values()).detach())
    golden_vectors.check(file, f"total, {tag}", abs(unweighted / float(archive["total_unweighted"]) - 1), limit)

    total.backward()
    gradients = {names[name][0]: (parameter, name) for name, parameter in model.named_parameters()}
    table = file.replace("_forward.npz", "_grads.tsv")
    rows = {row["name"]: row for row in golden_vectors.rows(table)}
    assert rows
    for official, row in rows.items():
        shape = [int(side) for side in row["shape"].split("x")]
        if official == "loss_fn.log_vars":
            gradient = weighting.log_vars.grad
        else:
            parameter, _ = gradients[_canonical(official)]
            gradient = to_official(parameter.grad, official, shape)
        norm = float(torch.linalg.vector_norm(gradient))
        error = abs(norm - float(row["l2"])) / float(row["l2"])
        golden_vectors.check(table, f"gradients l2, {tag}", error, 1e-9 if exact else 1e-3)
        dot = float((gradient.double().flatten() * torch.from_numpy(golden_vectors.wave(gradient.numel()))).sum())
        error = abs(dot - float(row["dot"])) / max(float(row["l2"]), 1e-30)
        golden_vectors.check(table, f"gradients dot, {tag}", error, 1e-9 if exact else 1e-3)


def _canonical(official):
    """All decoder entries share one block; we read it under the first name."""
    parts = official.split(".")
    return ".".join(["decoder_dict", "sentinel2", *parts[2:]]) if parts[0] == "decoder_dict" else official


def _check_relative(file, what, losses, wanted, tolerance):
    for name, value in zip(ORDER, wanted, strict=True):
        error = abs(float(losses[name].detach()) - value) / max(abs(value), 1e-300)
        golden_vectors.check(file, what, error, tolerance)


@pytest.mark.parametrize("run", ["steps3", "accum2x2"])
@pytest.mark.parametrize("group", golden_vectors.files(r"E_(?P<size>[a-z]+)_p(?P<patch>\d+)_steps\.npz"))
def test_optimiser_steps(group, run, dtype):
    file, patch = group["file"], group["patch"]
    archive = golden_vectors.load(file)
    inputs = golden_vectors.load(file.replace("_steps", "_inputs"))
    exact = dtype == torch.float64
    tag = f"{run}, {str(dtype).removeprefix('torch.')}"
    model, weighting, names = build(group, "packed", dtype)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    groups = parameter_groups([model, weighting], weight_decay=0.05, decay_grn=True)
    optimiser = torch.optim.AdamW(groups, lr=2.4e-4, betas=(0.9, 0.95), eps=1e-8)
    together = 1 if run == "steps3" else 2
    batches = len(archive[f"{run}.total_loss"])
    rates = []
    for index in range(batches):
        if index % together == 0:
            rate = 2.4e-4 * learning_rate_share(20 + index / batches, warm_up=40, total=200)
            rates.append(rate)
            for entry in optimiser.param_groups:
                entry["lr"] = rate
        targets, images = batch_of(inputs, index, 7 * patch, dtype)
        mask = mask_from_noise(torch.from_numpy(inputs["noise"][index]), 0.6)
        losses = losses_of(model, targets, images, mask, patch)
        total = weighting(losses)
        limit = 1e-10 if exact else 2e-5  # the later losses come after updates
        wanted = archive[f"{run}.total_loss"][index]
        golden_vectors.check(file, f"losses, {tag}", abs(float(total.detach()) / wanted - 1), limit)
        (total / together).backward()
        if (index + 1) % together == 0:
            optimiser.step()
            optimiser.zero_grad()
    assert rates == pytest.approx(archive[f"{run}.lr_at_step"].tolist(), rel=1e-12)
    table = file.replace("_steps.npz", f"_{run}_params.tsv")
    ours = {names[name][0]: (name, parameter) for name, parameter in model.named_parameters()}
    for row in golden_vectors.rows(table):
        if row["name"] == "loss_fn.log_vars":
            continue
        name, parameter = ours[_canonical(row["name"])]
        change = float(torch.linalg.vector_norm(parameter.detach() - before[name]))
        error = abs(change - float(row["l2_of_change"])) / max(float(row["l2_of_change"]), 1e-30)
        golden_vectors.check(table, f"l2 of change, {tag}", error, 1e-8 if exact else 2e-3)
    prefix = f"{run}.after."
    if exact:
        keys = {key.removesuffix("__sub") for key in archive.files if key.startswith(prefix)}
        keys = {key for key in keys if not key.endswith(("__step", "__shape", "__sum", "__sumsq"))}
        for key in sorted(keys):
            official = key.removeprefix(prefix)
            if official == "loss_fn.log_vars":
                found = weighting.log_vars.detach()
            else:
                shape = archive[key].shape if key in archive else archive[f"{key}__shape"]
                found = to_official(ours[_canonical(official)][1].detach(), official, [int(side) for side in shape])
            golden_vectors.compare(file, archive, key, found.contiguous(), 1e-9, f"parameters after, {tag}")


@pytest.mark.parametrize("group", golden_vectors.files(r"F_uncertainty\.npz"))
def test_uncertainty_weighting(group, dtype):
    archive, tolerance = golden_vectors.load(group["file"]), 1e-12 if dtype == torch.float64 else 1e-6
    for case in sorted({key.split(".")[0] for key in archive.files}):
        s, loss = (torch.from_numpy(archive[f"{case}.{key}"]).to(dtype) for key in ("log_vars", "losses"))
        names = tuple(str(number) for number in range(len(s)))
        weighting = UncertaintyWeighting(names)
        with torch.no_grad():
            weighting.log_vars.copy_(s)
        loss.requires_grad_(True)
        total = weighting(dict(zip(names, loss, strict=True)))
        total.backward()
        tag = f"weighting, {str(dtype).removeprefix('torch.')}"
        error = abs(total.item() / float(archive[f"{case}.total"]) - 1)
        golden_vectors.check(group["file"], tag, error, tolerance)
        golden_vectors.compare(group["file"], archive, f"{case}.grad_log_vars", weighting.log_vars.grad, tolerance, tag)
        golden_vectors.compare(group["file"], archive, f"{case}.grad_losses", loss.grad, tolerance, tag)


@pytest.mark.parametrize("group", golden_vectors.files(r"G_masks\.npz"))
def test_masks(group):
    archive = golden_vectors.load(group["file"])
    for case in sorted({key.split(".")[0] for key in archive.files if key.startswith("case")}):
        mask = mask_from_noise(torch.from_numpy(archive[f"{case}.noise"]), float(archive[f"{case}.ratio"]))
        wrong = int((mask.numpy() != archive[f"{case}.mask"]).sum())
        golden_vectors.check(group["file"], "masks, wrong cells", wrong, 0)
    for seed in (int(key.split(".")[0].removeprefix("torch_seed")) for key in archive.files if "torch_seed" in key):
        generator = torch.Generator().manual_seed(seed)
        mask = fcmae.random_mask(4, 49, 0.6, generator)
        wrong = int((mask.numpy() != archive[f"torch_seed{seed}.mask"]).sum())
        golden_vectors.check(group["file"], "masks, wrong cells", wrong, 0)


@pytest.mark.parametrize("group", golden_vectors.files(r"G_keep\.tsv"))
def test_visible_counts(group):
    for row in golden_vectors.rows(group["file"]):
        kept = fcmae.visible_count(int(row["patches"]), float(row["ratio"]))
        golden_vectors.check(group["file"], "patches kept", abs(kept - int(row["kept"])), 0)


@pytest.mark.parametrize("group", golden_vectors.files(r"I_lr\.tsv"))
def test_learning_rate(group):
    for row in golden_vectors.rows(group["file"]):
        rate, low, warm_up, total, epoch = (
            float(row[key]) for key in ("lr", "min_lr", "warmup_epochs", "epochs", "epoch")
        )
        share = learning_rate_share(epoch, warm_up, total, low / rate)
        error = abs(rate * share - float(row["lr_returned"])) / rate
        golden_vectors.check(group["file"], "learning rate", error, 1e-12)


@pytest.mark.parametrize("group", golden_vectors.files(r"I_groups_pretrain_(?P<size>\w+)_p(?P<patch>\d+)\.tsv"))
def test_pretraining_weight_decay(group):
    model, weighting, names = build(group)
    decay = {}
    owners = {id(parameter): names[name][0] for name, parameter in model.named_parameters()}
    owners[id(weighting.log_vars)] = "loss_fn.log_vars"
    for entry in parameter_groups([model, weighting], weight_decay=0.05, decay_grn=True):
        for parameter in entry["params"]:
            decay[owners[id(parameter)]] = entry["weight_decay"]
    for row in golden_vectors.rows(group["file"]):
        error = abs(decay[_canonical(row["name"])] - float(row["weight_decay"]))
        golden_vectors.check(group["file"], "weight decay", error, 0)


@pytest.mark.parametrize("group", golden_vectors.files(r"J_patchify\.npz"))
def test_patchify(group):
    archive = golden_vectors.load(group["file"])
    for patch in (8, 16):
        shape = archive[f"p{patch}.image_shape"].tolist()
        image = torch.arange(math.prod(shape), dtype=torch.float64).view(shape)
        golden_vectors.compare(
            group["file"], archive, f"p{patch}.patches_of_arange", patchify(image, patch), 0, "patches"
        )


@pytest.mark.parametrize("group", golden_vectors.files(r"J_losses\.npz"))
def test_losses_of_small_maps(group, dtype):
    archive = golden_vectors.load(group["file"])
    mask = torch.from_numpy(archive["mask"])
    tolerance = 1e-11 if dtype == torch.float64 else 1e-5
    tag = str(dtype).removeprefix("torch.")
    targets, predicted = {}, {}
    for task in MMEARTH_TASKS:
        target = torch.from_numpy(archive[f"target.{task.name}"])
        if task.kind == "class_map":
            target = target[:, 0]
        elif task.kind == "category":
            target = torch.where(target.any(dim=1), target.argmax(dim=1), -1)
        else:
            target = target.to(dtype)
        targets[task.name] = target
        found = torch.from_numpy(archive[f"pred.{task.name}"]).to(dtype)
        predicted[task.name] = found.requires_grad_(True)
    # The masks of these vectors need not remove equally many patches: compare sample by sample is not possible,
    # so removed patches are listed for all and the shorter list must be as long as the longer one.
    removed = removed_patches(mask)
    at = {
        name: found.flatten(2).transpose(1, 2).gather(1, removed[..., None].expand(-1, -1, found.shape[1]))
        if found.ndim == 4
        else found
        for name, found in predicted.items()
    }
    losses = pretext_losses.pretext_losses(at, targets, removed, MMEARTH_TASKS, 8, True, official=True)
    _check_relative(group["file"], f"losses, {tag}", losses, archive["losses_norm_pix_on"], tolerance)
    UncertaintyWeighting(ORDER)(losses).backward()
    for name, found in predicted.items():
        golden_vectors.compare(group["file"], archive, f"dpred.{name}", found.grad, tolerance, f"gradients, {tag}")
    plain = pretext_losses.pretext_losses(at, targets, removed, MMEARTH_TASKS, 8, False, official=True)
    _check_relative(group["file"], f"losses, {tag}", plain, archive["losses_norm_pix_off"], tolerance)
    targets["dynamic_world"] = torch.full_like(targets["dynamic_world"], -1)
    targets["era5"] = torch.full_like(targets["era5"], float("nan"))
    empty = pretext_losses.pretext_losses(at, targets, removed, MMEARTH_TASKS, 8, True, official=True)
    wanted = archive["losses_all_labels_missing"]
    assert [math.isnan(empty[name].item()) for name in ORDER] == np.isnan(wanted).tolist()
    ours = pretext_losses.pretext_losses(at, targets, removed, MMEARTH_TASKS, 8, True)
    assert ours["dynamic_world"].item() == ours["era5"].item() == 0


@pytest.mark.parametrize("group", golden_vectors.files(r"J_blocks\.npz"))
def test_sparse_block_and_grn(group):
    archive = golden_vectors.load(group["file"])
    block = Block(8).double()
    block.grn.over_batch = True
    weights = {key.removeprefix("sparse_block.w."): archive[key] for key in archive.files if ".w." in key}
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            official = _block_name(name)
            parameter.copy_(from_official(weights[official], official, tuple(parameter.shape)))
    x = torch.from_numpy(archive["sparse_block.x"]).requires_grad_(True)
    active = torch.from_numpy(archive["sparse_block.active"]).double()
    shown = x * active
    change = block.mlp(block.dwconv(shown).permute(0, 2, 3, 1), active.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    y = shown + change
    file = group["file"]
    golden_vectors.compare(file, archive, "sparse_block.y", y.detach(), 1e-11, "sparse block")
    y.backward(torch.from_numpy(archive["sparse_block.dy"]))
    golden_vectors.compare(file, archive, "sparse_block.dx_active", x.grad, 1e-11, "sparse block")
    for name, parameter in block.named_parameters():
        official = _block_name(name)
        key = f"sparse_block.dw.{official}"
        found = to_official(parameter.grad, official, archive[key].shape)
        golden_vectors.compare(file, archive, key, found, 1e-11, "sparse block")

    grn = GlobalResponseNorm(8).double()
    with torch.no_grad():
        grn.gamma.copy_(torch.from_numpy(archive["grn.gamma"]).view(1, 1, 1, 8))
        grn.beta.copy_(torch.from_numpy(archive["grn.beta"]).view(1, 1, 1, 8))
        units = torch.from_numpy(archive["grn.x_nhwc"])
        for key, over_batch, eps, factor in (
            ("grn.dense", False, 1e-4, 1),
            ("grn.sparse_whole_batch", True, 1e-6, 1),
            ("grn.dense_on_1e-4_x", False, 1e-4, 1e-4),
            ("grn.sparse_on_1e-4_x", True, 1e-6, 1e-4),
        ):
            grn.over_batch, grn.eps = over_batch, eps
            golden_vectors.compare(file, archive, key, grn(units * factor), 1e-11, "GRN")


def _block_name(name):
    owner, kind = name.rsplit(".", 1)
    infix = {"pwconv1": ".linear", "pwconv2": ".linear", "norm": ".ln"}.get(owner, "")
    return f"{owner}{infix}.{'kernel' if name == 'dwconv.weight' else kind}"


@pytest.mark.parametrize("group", golden_vectors.files(r"J_parameter_counts\.tsv"))
def test_parameter_counts(group):
    for row in golden_vectors.rows(group["file"]):
        depths, dims = ([int(n) for n in row[key].split("-")] for key in ("depths", "dims"))
        with torch.device("meta"):
            encoder = Encoder(12, depths, dims, int(row["patch"]))
            model = FCMAE(encoder, MMEARTH_TASKS)
        count = sum(parameter.numel() for parameter in encoder.parameters())
        golden_vectors.check(group["file"], "encoder", abs(count - int(row["encoder"])), 0)
        total = sum(parameter.numel() for parameter in model.parameters()) + len(ORDER)
        golden_vectors.check(group["file"], "MP-MAE", abs(total - int(row["mpmae_total"])), 0)
