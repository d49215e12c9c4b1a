"""Which devices this process can compute on, in words and as torch devices."""

import platform
import warnings
from pathlib import Path

import torch

from mmearth.device_report import runs_on
from mmearth.errors import ResourceError

NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")


def list_devices() -> list[dict[str, str]]:
    """Returns the usable devices, best first, each {"id": torch's name, "name": what a person reads}.

    Cards that torch sees and cannot compute on are left out; `mmearth doctor` says why.
    """
    devices = [{"id": f"cuda:{i}", "name": torch.cuda.get_device_name(i)} for i in _usable_cards()]
    if torch.backends.mps.is_available():
        devices.append({"id": "mps", "name": "Apple GPU"})
    devices.append({"id": "cpu", "name": name_processor()})
    return devices


def name_processor() -> str:
    """Returns what a person reads for the processor, such as "CPU (AMD EPYC 7763, 8 threads)"."""
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux, where the standard library does know the name
        lines = []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return f"CPU ({model or platform.machine()}, {torch.get_num_threads()} threads)"


def _usable_cards() -> list[int]:
    """Returns the numbers of the cards that CUDA starts and torch has code for.

    Where the driver is too old, torch counts cards all the same and fails when one is asked for its name.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reason why CUDA does not start, which the doctor tells
        if not torch.cuda.is_available():
            return []
    architectures = () if torch.version.hip else tuple(torch.cuda.get_arch_list())
    numbers = range(torch.cuda.device_count())
    return [i for i in numbers if runs_on(torch.cuda.get_device_capability(i), architectures)]


def resolve_device(name: str) -> torch.device:
    """Returns the torch device of a request; "auto" is the best one.

    Raises:
        ResourceError: the device does not exist here.
    """
    usable = [device["id"] for device in list_devices()]
    if name in ("auto", ""):
        return torch.device(usable[0])
    if name == "cuda" and usable[0].startswith("cuda"):
        return torch.device("cuda:0")
    if name not in usable:
        raise ResourceError(
            f"Device '{name}' is not usable here; found: {', '.join(usable)}.",
            "Choose one of these, or 'auto'.",
        )
    return torch.device(name)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory did not suffice; on a CPU torch raises a RuntimeError like any other."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        words in str(error).lower() for words in NO_MEMORY
    )
