"""How long, in which batches and how fast the published comparisons train. Knows nothing of networks.

MMEarth-train, slurm_scripts and main_finetune.py (Nedungadi et al. 2024, arXiv:2405.02771, §5).
"""

from mmearth.evaluation.benchmark_training import Settings
from mmearth.weights.checkpoints import Weights

DEFAULT = "default"
CLASSIFIER_EPOCHS, SEGMENTATION_EPOCHS = 100, 200
BATCH = 1024  # 64 × 16, with all training samples
FRACTION_BATCH = 32  # of partitions with fewer
SEGMENTATION_BATCH, SEGMENTATION_MICRO_BATCH = 32, 8
SEGMENTATION_RATE = 1e-2
# By size of the encoder: (linear probe, fine-tuning). Published for atto and tiny; narrower ones go with atto.
_NARROW, _WIDE = (2e-4, 2e-4), (1e-2, 1e-4)
RATES = {"atto": _NARROW, "femto": _NARROW, "pico": _NARROW, "nano": _NARROW}
OTHER_RATE = 2.5e-4  # other backbones: 1e-3 at a batch of 1024


def settings_of(
    weights: Weights, segmentation: bool, probe: bool, partition: str, epochs: int = 0, batch: int = 0
) -> Settings:
    """Returns the published settings.

    Args:
        weights: Of the encoder.
        segmentation: Whether pixels are told apart, else whole samples.
        probe: Whether the encoder stays as it is.
        partition: Name of the partition.
        epochs, batch: Instead of the published ones; 0 keeps those.
    """
    if segmentation:
        frozen = SEGMENTATION_EPOCHS // 4  # as long as the decoder learns alone in "lp&ft"
        return Settings(
            epochs or (frozen if probe else SEGMENTATION_EPOCHS),
            batch or SEGMENTATION_BATCH,
            SEGMENTATION_RATE,
            SEGMENTATION_MICRO_BATCH,
        )
    rates = (OTHER_RATE, OTHER_RATE) if weights.timm else RATES.get(weights.size, _WIDE)
    usual = BATCH if partition == DEFAULT else FRACTION_BATCH
    return Settings(epochs or CLASSIFIER_EPOCHS, batch or usual, rates[0 if probe else 1])
