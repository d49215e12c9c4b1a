"""Self-distillation without labels: the student says of a part what its own moving average says of another part.

DINO (Caron et al. 2021, arXiv:2104.14294), the first term of X-STARS (Marsocci & Audebert 2024, arXiv:2405.09922), with
its published numbers but the prototypes: 1,024 instead of 65,536. With a few hundred windows, eight to a step, nearly
all of those would never be anybody's (ImageNet has twenty images for each). Left out is drop-path: training takes
hundreds of steps, not hundreds of epochs. Written from the papers. Knows no pairs and no files.
"""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.adaptation.crop_views import GLOBAL_VIEWS, LOCAL_VIEWS, draw_views
from mmearth.models.convnextv2 import Encoder
from mmearth.progress import Report

HIDDEN, BOTTLENECK, PROTOTYPES = 2048, 256, 1024
STUDENT_TEMPERATURE, TEACHER_TEMPERATURE = 0.1, 0.04
CENTRE_MOMENTUM, FIRST_MOMENTUM = 0.9, 0.996  # the latter rises to 1
_INIT_STD = 0.02
_PAIRS = GLOBAL_VIEWS * (GLOBAL_VIEWS + LOCAL_VIEWS) - GLOBAL_VIEWS  # of a teacher's view and another of the student


class SelfDistillationHead(nn.Module):
    """Three layers, then the cosine with each prototype: a last layer whose weights have length 1.

    Args:
        width: Channels of an embedding.
        generator: Of the CPU; draws the weights.
    """

    def __init__(self, width: int, generator: torch.Generator) -> None:
        super().__init__()
        sizes = (width, HIDDEN, HIDDEN, BOTTLENECK)
        layers = [nn.Linear(inputs, outputs) for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True)]
        for layer in layers:
            nn.init.trunc_normal_(layer.weight, std=_INIT_STD, generator=generator)
            nn.init.zeros_(layer.bias)
        self.layers = nn.Sequential(layers[0], nn.GELU(), layers[1], nn.GELU(), layers[2])
        self.prototypes = nn.Parameter(
            functional.normalize(torch.randn(PROTOTYPES, BOTTLENECK, generator=generator), dim=1)
        )

    def forward(self, embeddings: Tensor) -> Tensor:
        """Takes (N, width), returns (N, prototypes) in float32."""
        # Cosines of bfloat16 have an error of .002; divided by a temperature of .04 that is .05.
        with torch.autocast(embeddings.device.type, enabled=False):
            directions = functional.normalize(self.layers(embeddings.float()), dim=1)
            return directions @ functional.normalize(self.prototypes, dim=1).T


class SelfDistillation:
    """Student and moving average, on views of the same images.

    Args:
        student: Learns; the moving average begins as its copy.
        embed: Encoder and images (N, B, H, W) → (N, width).
        width: Of an embedding.
        held_steps: At first, in which the prototypes do not change: an epoch.
        generator: Of the CPU.

    Attributes:
        head: The student's; the optimiser must get it, nobody needs it afterwards.
        centre: (prototypes,) the moving mean of what the teacher says, so that it cannot say one thing of all.
    """

    def __init__(
        self,
        student: Encoder,
        embed: Callable[[Encoder, Tensor], Tensor],
        width: int,
        held_steps: int,
        generator: torch.Generator,
    ) -> None:
        self._student, self._embed, self._generator = student, embed, generator
        device = next(student.parameters()).device
        self.head = SelfDistillationHead(width, generator).to(device)
        self._teacher, self._teacher_head = copy.deepcopy(student), copy.deepcopy(self.head)
        for module in (self._teacher, self._teacher_head):
            module.requires_grad_(False).train(False)
        self.centre = torch.zeros(PROTOTYPES, device=device)
        self._held_steps = held_steps

    def restart(self) -> None:
        """Lets the moving average begin from the student as it is now; before any step."""
        self._teacher.load_state_dict(self._student.state_dict())

    def backward(self, images: Tensor, weight: float, report: Report) -> Tensor:
        """Adds the loss's gradients to the student's and the head's; returns the loss, without the weight.

        View by view: memory for one is enough, and a Cancel need not wait for all.

        Args:
            images: (N, B, S, S) standardised.
            weight: Of the loss.
            report: Asked before each view whether to go on.

        Raises:
            Cancelled: it was asked to stop.
        """
        report.check()
        views = draw_views(images, self._student.patch_size, self._generator)
        said = []
        with torch.no_grad():
            for view in views[:GLOBAL_VIEWS]:
                report.check()
                said.append(self._teacher_head(self._embed(self._teacher, view)))
        targets = [sharpened(logits, self.centre) for logits in said]
        total = torch.zeros((), device=images.device)
        for number, view in enumerate(views):
            report.check()
            logits = self.head(self._embed(self._student, view))
            others = [target for other, target in enumerate(targets) if other != number]
            loss = torch.stack([disagreement(logits, target) for target in others]).sum() / _PAIRS
            (weight * loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        self.centre.lerp_(torch.cat(said).mean(0), 1 - CENTRE_MOMENTUM)
        return total

    def hold_prototypes(self) -> None:
        """Takes the prototypes' gradient away in the first steps; to be called before the optimiser's step."""
        if self._held_steps > 0:
            self.head.prototypes.grad = None

    @torch.no_grad()
    def follow(self, share: float) -> None:
        """Moves the average towards the student; to be called after the optimiser's step.

        Args:
            share: Of the training that is done.
        """
        self._held_steps -= 1
        pace = 1 - momentum(share)
        for average, own in ((self._teacher, self._student), (self._teacher_head, self.head)):
            for slow, fast in zip(average.parameters(), own.parameters(), strict=True):
                slow.lerp_(fast, pace)


def momentum(share: float) -> float:
    """Returns what the moving average keeps in a step: .996 at the start of the training, by a cosine to 1."""
    return 1 - (1 - FIRST_MOMENTUM) * (1 + math.cos(math.pi * share)) / 2


def sharpened(logits: Tensor, centre: Tensor) -> Tensor:
    """Returns the teacher's shares of the prototypes, (N, prototypes), without a graph."""
    return ((logits.detach() - centre) / TEACHER_TEMPERATURE).softmax(dim=1)


def disagreement(logits: Tensor, target: Tensor) -> Tensor:
    """Returns the cross-entropy of what the student says with the teacher's shares, mean over images."""
    return -(target * (logits / STUDENT_TEMPERATURE).log_softmax(dim=1)).sum(dim=1).mean()
