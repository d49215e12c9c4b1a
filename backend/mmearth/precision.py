"""In which precision an encoder computes on a device: what each device can do, and why not the others.

Of inference alone. Pretraining and fine-tuning keep a rule of their own: weights in float32, products in what
`best_dtype` says. Knows nothing of encoders.
"""

import torch

from mmearth import protocol
from mmearth.devices import name_processor
from mmearth.errors import InputError, ResourceError
from mmearth.models.convnextv2 import best_dtype

AUTO = "auto"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
# Instructions of a processor that multiply float16. Without them PyTorch converts every number: on an AMD EPYC with
# AVX-512 a tile takes 14 times as long as in float32 (docs/benchmarks.md).
_FLOAT16_INSTRUCTIONS = ("avx512_fp16", "amx_fp16")


def name_of(dtype: torch.dtype) -> str:
    """Returns the name of a precision as requests have it."""
    return str(dtype).removeprefix("torch.")


def chosen_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Returns what a request wants computed in; None for "auto", which takes what the device is fastest in.

    Raises:
        InputError: there is no such precision.
        ResourceError: the device cannot compute in it, or not usefully.
    """
    if precision not in protocol.PRECISIONS:
        raise InputError(
            f"Precision '{precision}' is not offered.",
            f"Choose {', '.join(protocol.PRECISIONS[:-1])} or {protocol.PRECISIONS[-1]}.",
        )
    if precision == AUTO:
        return None
    reason = _refusal(precision, device)
    if reason:
        usual = name_of(best_dtype(device))
        raise ResourceError(
            f"{_name_device(device)} cannot be asked for precision '{precision}': {reason}",
            f"Choose precision 'auto', which is {usual} there, or {_spoken(precisions_of(device))}; or another device.",
        )
    return DTYPES[precision]


def precisions_of(device: torch.device) -> tuple[str, ...]:
    """Returns the precisions that a device can be asked for, the most exact first."""
    return tuple(name for name in DTYPES if not _refusal(name, device))


def _refusal(precision: str, device: torch.device) -> str:
    """Says why a device is not asked for a precision; empty if it is."""
    if precision == "bfloat16" and best_dtype(device) != torch.bfloat16:
        return {
            "cuda": "NVIDIA's cards multiply bfloat16 from Ampere on (compute capability 8.0).",
            "cpu": "this processor has no instructions for bfloat16 (AVX-512-BF16 or AMX), and would be slower for it.",
        }.get(device.type, "this program knows no such device that is faster in bfloat16.")
    if precision == "float16" and device.type == "cpu":
        found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}  # since torch 2.11
        if not any(found.get(name) for name in _FLOAT16_INSTRUCTIONS):
            return (
                "this processor has no instructions for float16 (AVX-512-FP16 or AMX-FP16), and would take many times "
                "as long as in float32."
            )
    return ""


def _name_device(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return name_processor() if device.type == "cpu" else "Apple GPU" if device.type == "mps" else str(device)


def _spoken(names: tuple[str, ...]) -> str:
    return " or ".join(f"'{name}'" for name in names)
