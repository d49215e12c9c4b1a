"""What is compared: from the words of a request to encoders and networks. Knows nothing of data sets or scores."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from mmearth.embedding.timm_models import build_timm, is_timm, load_timm_weights
from mmearth.errors import InputError
from mmearth.models.classifier import Classifier, init_head
from mmearth.models.convnextv2 import NORM_EPS, Encoder, GlobalResponseNorm
from mmearth.models.fcmae import OFFICIAL_DENSE_EPS
from mmearth.weights.checkpoints import Weights, load_weights

RANDOM, BANDS = "random", "bands"
INIT_STD = 0.02  # arXiv:2301.00808, §A.1


@dataclass(frozen=True)
class ComparedModel:
    """One column of numbers to be.

    Attributes:
        name: What a person reads.
        weights: Of the encoder; None means the statistics of the bands, without a network.
        random: Whether only the architecture is taken from the weights.
    """

    name: str
    weights: Weights | None
    random: bool = False

    @property
    def encoder_weights(self) -> Weights:
        """Weights of a model that has an encoder.

        Raises:
            TypeError: it has none.
        """
        if self.weights is None:
            raise TypeError(f"'{self.name}' has no encoder")
        return self.weights

    @property
    def is_timm(self) -> bool:
        """Whether it is a network of timm, for pictures."""
        return self.weights is not None and self.weights.timm is not None


class PictureClassifier(nn.Module):
    """A network of timm in the place of `Classifier`'s encoder.

    Args:
        weights: Of a model of timm.
        num_classes: Length of a row of logits.
    """

    def __init__(self, weights: Weights, num_classes: int) -> None:
        super().__init__()
        # Only the deepest stage is looked at; what follows it in timm's model is left out.
        self.encoder = build_timm(weights, (len(weights.dims) - 1,))
        self.norm = nn.LayerNorm(weights.dims[-1], eps=NORM_EPS)
        self.head = nn.Linear(weights.dims[-1], num_classes)
        init_head(self.head)

    def features(self, images: Tensor) -> Tensor:
        """Returns (N, C) normalised mean features of images (N, 3, H, W)."""
        deepest: Tensor = self.encoder(images)[-1]
        return self.norm(deepest.mean(dim=(-2, -1)))  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        """Returns logits (N, classes) of images (N, 3, H, W)."""
        return self.head(self.features(images))  # type: ignore[no-any-return]


def compared_models(texts: tuple[str, ...]) -> list[ComparedModel]:
    """Returns the models that a request names; without any, the bundled weights, their random twin, and bands.

    Raises:
        InputError: a model is named twice.
        CheckpointError: weights do not load.
        ResourceError: timm is not there.
    """
    words = texts or ("", RANDOM, BANDS)
    own = next((text for text in words if text not in (RANDOM, BANDS) and not is_timm(text)), "")
    models = []
    for text in words:
        if text == BANDS:
            models.append(ComparedModel("band mean and spread", None))
        elif text == RANDOM:
            weights = load_weights(own)
            models.append(ComparedModel(f"random {weights.size}", weights, random=True))
        elif is_timm(text):
            weights = load_timm_weights(text)
            models.append(ComparedModel(f"timm {weights.name}", weights))
        else:
            weights = load_weights(text)
            models.append(ComparedModel(weights.name, weights))
    names = [model.name for model in models]
    double = next((name for name in names if names.count(name) > 1), "")
    if not double:
        return models
    # Files of the same name in two folders are two models; the same file twice is a slip.
    paths = [str(Path(model.weights.path).resolve()) if model.weights else "" for model in models]
    if len(set(zip(names, paths, strict=True))) < len(models):
        raise InputError(f"The model '{double}' is named twice.", "Name each model once.")
    return [
        dataclasses.replace(model, name=f"{model.name} ({Path(model.weights.path).parent.name})")
        if model.weights and names.count(model.name) > 1
        else model
        for model in models
    ]


def build_encoder(model: ComparedModel, official_padding: bool) -> Encoder:
    """Returns an encoder of this plugin in float32, its GRN taken over each image, as the published fine-tuning has it.

    Args:
        model: Not of timm; of a random one the weights are drawn from torch's generator.
        official_padding: As for `Encoder`: of classifiers, not of segmentation.
    """
    weights = model.encoder_weights
    encoder = Encoder(len(weights.bands), weights.depths, weights.dims, weights.patch_size, official_padding)
    for module in encoder.modules():
        if isinstance(module, GlobalResponseNorm):
            module.eps = OFFICIAL_DENSE_EPS
    if not model.random:
        encoder.load_state_dict(weights.encoder)
        return encoder
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.trunc_normal_(module.weight, std=INIT_STD)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return encoder


def build_classifier(model: ComparedModel, num_classes: int) -> Classifier | PictureClassifier:
    """Returns a network that gives one row of logits per image, all of it to be trained."""
    if model.is_timm:
        return PictureClassifier(model.encoder_weights, num_classes).requires_grad_(True)
    return Classifier(build_encoder(model, official_padding=True), num_classes)
