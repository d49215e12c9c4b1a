"""The masked autoencoder: masks, forms of predictions, what depends on what, initial weights, the official variants."""

import pytest
import tiny_training
import torch
from mmearth.models.convnextv2 import Encoder
from mmearth.models.fcmae import FCMAE, mask_from_noise, random_mask, removed_patches, visible_count
from mmearth.pretraining.tasks import Task

TASKS = (
    Task("sentinel2", "map", 3),
    Task("aster", "map", 2),
    Task("land", "class_map", 5),
    Task("month", "vector", 2),
    Task("biome", "category", 4),
)


def make_model(tasks=TASKS, spread=0.2, seed=0, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FCMAE(Encoder(3, *tiny_training.SIZE), tasks, 16, **options)
        for parameter in model.parameters():
            parameter.data.add_(torch.randn_like(parameter) * spread)
    return model.requires_grad_(False)


@pytest.fixture
def model():
    return make_model()


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 3, 56, 56, generator=generator), random_mask(2, 49, 0.75, generator)


def upsample(mask):
    return mask.view(-1, 7, 7).repeat_interleave(8, 1).repeat_interleave(8, 2)[:, None]


def test_masks_remove_the_same_number_everywhere_and_follow_the_seed():
    first = random_mask(8, 49, 0.75, torch.Generator().manual_seed(3))
    assert torch.equal(first, random_mask(8, 49, 0.75, torch.Generator().manual_seed(3)))
    assert first.sum(dim=1).tolist() == [37] * 8
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize(("patches", "ratio", "kept"), [(49, 0.75, 12), (49, 0.6, 19), (100, 0.9, 9), (49, 0.0, 49)])
def test_the_number_of_visible_patches_is_cut_not_rounded(patches, ratio, kept):
    assert visible_count(patches, ratio) == kept


def test_the_patches_of_lowest_noise_stay():
    noise = torch.tensor([[0.3, -1.0, 0.5, 0.1], [2.0, 1.0, 4.0, 3.0]])
    mask = mask_from_noise(noise, 0.5)
    assert mask.tolist() == [[1, 0, 1, 0], [0, 0, 1, 1]]
    assert removed_patches(mask).tolist() == [[0, 2], [2, 3]]


def test_predictions_come_in_the_forms_of_their_tasks(model, batch):
    predicted = model(*batch)
    shapes = {name: tuple(found.shape) for name, found in predicted.items()}
    assert shapes == {
        "sentinel2": (2, 49, 64 * 3),
        "aster": (2, 49, 64 * 2),
        "land": (2, 49, 64 * 5),
        "month": (2, 2),
        "biome": (2, 4),
    }
    removed = removed_patches(batch[1])
    chosen = model(*batch, removed)
    for sample in range(2):
        for name in ("sentinel2", "aster", "land"):
            assert torch.equal(chosen[name][sample], predicted[name][sample, removed[sample]])
    assert torch.equal(chosen["month"], predicted["month"])


def test_removed_pixels_do_not_change_predictions_and_visible_ones_do(model, batch):
    images, mask = batch
    wanted = model(images, mask)
    hidden = model(images + 100 * upsample(mask), mask)
    shown = model(images + 0.5 * (1 - upsample(mask)), mask)
    for name, found in wanted.items():
        assert torch.equal(hidden[name], found)
        assert not torch.allclose(shown[name], found)


def test_another_mask_gives_another_prediction(model, batch):
    images, mask = batch
    other = model(images, mask.roll(1, dims=1))
    assert not torch.allclose(model(images, mask)["sentinel2"], other["sentinel2"])


@pytest.mark.parametrize("execution", ["packed", "masked_dense", "dense"])
def test_a_sample_does_not_depend_on_the_batch(batch, execution):
    model, (images, mask) = make_model(execution=execution), batch
    together, alone = model(images, mask), model(images[:1], mask[:1])
    for name, found in alone.items():
        assert torch.allclose(together[name][:1], found, atol=1e-4)


def test_the_official_encoder_normalises_over_the_batch_when_sparse_only(batch):
    images, mask = batch
    for execution, depends in (("packed", True), ("dense", False)):
        model = make_model(execution=execution, official=True)
        together, alone = model.encode(images, mask)[:1], model.encode(images[:1], mask[:1])
        assert torch.allclose(together, alone, rtol=1e-3, atol=1e-3 * float(alone.abs().max())) != depends


def test_packed_and_masked_dense_predict_the_same_and_dense_does_not(batch):
    predicted = {way: make_model(execution=way)(*batch) for way in ("packed", "masked_dense", "dense")}
    for name, found in predicted["packed"].items():
        scale = float(found.abs().max())
        assert float((predicted["masked_dense"][name] - found).abs().max()) < 1e-4 * scale
        assert float((predicted["dense"][name] - found).abs().max()) > 1e-2 * scale


def test_the_mask_token_is_at_removed_patches_alone(model, batch):
    images, mask = batch
    encoded = model.encode(images, mask)
    seen = []
    handle = model.decoder[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].clone()))
    model.decode(encoded, mask)
    handle.remove()
    removed = (mask.view(2, 7, 7) == 1)[:, None].expand(-1, 16, -1, -1)
    tokens = model.mask_token.expand(2, -1, 7, 7)
    assert torch.equal(seen[0][removed], tokens[removed])
    assert torch.equal(seen[0][~removed], model.proj(encoded)[~removed])


def test_numbers_of_a_sample_come_from_the_mean_of_the_decoder(model, batch):
    decoded = model.decode(model.encode(*batch), batch[1])
    cells = decoded.permute(0, 2, 3, 1).flatten(1, 2)
    normal = (cells - cells.mean(-1, keepdim=True)) / (cells.var(-1, correction=0, keepdim=True) + 1e-6).sqrt()
    pooled = (normal * model.image_norm.weight + model.image_norm.bias).mean(dim=1)
    wanted = pooled @ model.pred["month"].weight.T + model.pred["month"].bias
    assert torch.allclose(model(*batch)["month"], wanted, atol=1e-4)


def test_maps_alone_need_no_norm_of_the_whole_image():
    assert not hasattr(make_model(TASKS[:2]), "image_norm")


@pytest.mark.parametrize("official", [False, True])
def test_initial_weights(official):
    model = make_model(spread=0.0, official=official)
    wide = {
        "encoder.stages.0.0.dwconv", "encoder.stages.0.0.pwconv1", "proj", "decoder.0.dwconv", "pred.sentinel2",
    }  # fmt: skip
    narrow = {"encoder.downsample_layers.0.1", "decoder.0.pwconv1", "pred.month", "encoder.initial_conv.0"}
    modules = dict(model.named_modules())
    for name in wide | narrow:
        weight, bias = modules[name].weight, modules[name].bias
        expected = 1.0 if official and name in wide else 0.02
        assert float(weight.std()) == pytest.approx(expected, rel=0.25), name
        assert bias.abs().max() == 0
    assert float(model.mask_token.std()) == pytest.approx(0.02, rel=0.6)
    assert model.encoder.stages[0][0].grn.gamma.abs().max() == 0


def test_official_layers_have_the_epsilons_of_the_authors():
    sparse, dense = (make_model(official=True, execution=way) for way in ("packed", "dense"))
    assert [block.grn.eps for block in (*sparse.encoder.blocks(), *sparse.decoder)] == [1e-6] * 4 + [1e-4]
    assert [block.grn.eps for block in (*dense.encoder.blocks(), *dense.decoder)] == [1e-4] * 5
    assert [block.grn.over_batch for block in (*sparse.encoder.blocks(), *sparse.decoder)] == [True] * 4 + [False]
    assert not any(block.grn.over_batch for block in make_model().encoder.blocks())


def test_official_pixels_of_zeros_are_absent(batch):
    images, mask = batch
    images = images.clone()
    images[:, :, :20, :20] = 0
    full = torch.zeros_like(mask)
    ours, official = make_model(), make_model(official=True)
    official.load_state_dict(ours.state_dict())
    for block in official.encoder.blocks():
        block.grn.over_batch = False  # compare the treatment of zeros alone
    assert not torch.allclose(official.encode(images, full), ours.encode(images, full), atol=1e-3)
    images[:, 0, :20, :20] = 1e-20  # no longer zeros, but as small
    assert torch.allclose(official.encode(images, full), ours.encode(images, full), atol=1e-3)
