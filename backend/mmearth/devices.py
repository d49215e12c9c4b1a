"""Which devices this process can compute on, in words and as torch devices."""

import platform

import torch

from mmearth.errors import ResourceError

NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")


def list_devices() -> list[dict[str, str]]:
    """Returns the usable devices, best first, each {"id": torch's name, "name": what a person reads}."""
    devices = [{"id": f"cuda:{i}", "name": torch.cuda.get_device_name(i)} for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append({"id": "mps", "name": "Apple GPU"})
    processor = platform.processor() or platform.machine()
    devices.append({"id": "cpu", "name": f"CPU ({processor}, {torch.get_num_threads()} threads)"})
    return devices


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
