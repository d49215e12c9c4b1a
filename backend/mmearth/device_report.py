"""Which devices a machine has, whether this program can compute on each, and if not, why and what helps.

Pure: it judges facts that `device_facts` has read. Knows neither torch nor the machine it runs on.
"""

from dataclasses import dataclass
from typing import Any

FREE_WANTED_BYTES = 1_000_000_000  # less, and not even small tiles fit beside the encoder
# CUDA's major version → least driver on Linux, on Windows. NVIDIA, "CUDA compatibility", table 1
# (docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html); last digits: CUDA's release notes.
LEAST_DRIVERS = {
    11: ("450.80.02", "452.39"),
    12: ("525.60.13", "528.33"),
    13: ("580", "580"),
}
# PyTorch's wheels, the newest CUDA first: (name, CUDA, lowest and highest compute capability it holds code for).
# github.com/pytorch/pytorch/issues/157517: since 2.8 only the wheel of CUDA 12.6 serves Maxwell, Pascal and Volta, and
# it ends with Hopper.
WHEELS: tuple[tuple[str, int, tuple[int, int], tuple[int, int]], ...] = (
    ("cu130", 13, (7, 5), (12, 1)),
    ("cu126", 12, (5, 0), (9, 0)),
)
MPS_MACOS = (12, 3)  # the first macOS with Metal Performance Shaders for PyTorch
MPS_MACOS_NOW = (14, 0)  # what PyTorch's current releases ask for
# (system, machine) → wheels that the installation offers; the others are for environments of the user's own.
INSTALLED = {
    ("Linux", "x86_64"): ("cu130",),
    ("Windows", "AMD64"): ("cu130", "cu126"),
}
_REINSTALL = "install the backend again and choose the environment for NVIDIA cards"


@dataclass(frozen=True)
class Card:
    """A graphics card as the system knows it, without torch.

    Attributes:
        vendor: "NVIDIA", "AMD" or "Intel".
        name: What a person reads.
        uuid: NVIDIA's, without which a card cannot be recognised among torch's devices; may be empty.
        driver: Version of the driver in use; empty if there is none or it does not say.
        memory_bytes, free_bytes: 0 if unknown.
        capability: Compute capability, such as (7, 5); None if unknown.
    """

    vendor: str
    name: str
    uuid: str = ""
    driver: str = ""
    memory_bytes: int = 0
    free_bytes: int = 0
    capability: tuple[int, int] | None = None


@dataclass(frozen=True)
class TorchDevice:
    """A device as torch lists it; attributes as in `Card`.

    Attributes:
        id: As torch names it.
        dtype: The precision that "auto" takes on it.
        precisions: Those that it can be asked for.
    """

    id: str
    name: str
    dtype: str
    uuid: str = ""
    memory_bytes: int = 0
    free_bytes: int = 0
    capability: tuple[int, int] | None = None
    precisions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What was found on a machine.

    Attributes:
        system: "Linux", "Windows" or "Darwin".
        machine: "x86_64", "arm64", …: what this Python was built for.
        macos: Version of macOS; empty elsewhere.
        torch: Version of torch, with what follows the "+".
        cuda_build: CUDA that torch was built with; empty for a wheel without.
        hip_build: The same for AMD's ROCm.
        architectures: As `torch.cuda.get_arch_list()` says: "sm_80", "compute_90", …
        cuda_error: What torch said when it was to start CUDA; empty if it did.
        visible_devices: The environment variable CUDA_VISIBLE_DEVICES; None if it is not set.
        driver: NVIDIA's driver as the system tells it, whether or not a card answers; empty if there is none.
        cards: Cards that the system tells of.
        cpu: The processor, as torch sees it.
        cuda: Cards that torch can start.
        mps_built, mps_available: What torch says about Apple's GPU.
        mps: Apple's GPU, if torch offers it.
        mps_error: What went wrong when operations of the encoder were tried on it.
    """

    system: str
    machine: str
    torch: str
    cpu: TorchDevice
    macos: tuple[int, ...] = ()
    cuda_build: str = ""
    hip_build: str = ""
    architectures: tuple[str, ...] = ()
    cuda_error: str = ""
    visible_devices: str | None = None
    driver: str = ""
    cards: tuple[Card, ...] = ()
    cuda: tuple[TorchDevice, ...] = ()
    mps_built: bool = False
    mps_available: bool = False
    mps: TorchDevice | None = None
    mps_error: str = ""

    @property
    def wheel(self) -> str:
        """What torch was built for, in PyTorch's words: "cpu", "cu130", "rocm6.4"."""
        if self.cuda_build:
            return "cu" + "".join(self.cuda_build.split(".")[:2])
        return f"rocm{self.hip_build}" if self.hip_build else "cpu"


@dataclass(frozen=True)
class DeviceState:
    """A device, whether it can be used, and if not, the reason and the remedy, a sentence each.

    Attributes:
        dtype: The precision that "auto" takes on it.
        precisions: Those that it can be asked for.
        test: What `device_test.DeviceTest.run` measured; None where it was not tested.
    """

    id: str
    name: str
    usable: bool
    reason: str = ""
    remedy: str = ""
    memory_bytes: int = 0
    free_bytes: int = 0
    driver: str = ""
    wheel: str = ""
    dtype: str = ""
    precisions: tuple[str, ...] = ()
    test: dict[str, Any] | None = None


def explain(facts: Facts) -> list[DeviceState]:
    """Returns every device of a machine, usable ones first, the processor last among them."""
    states = [_started(facts, device) for device in facts.cuda]
    states += [_not_started(facts, card, f"nvidia:{number}") for number, card in _idle_cards(facts)]
    states += _other_makers(facts)
    if facts.system == "Darwin":
        states.append(_apple(facts))
    states.append(DeviceState(**_shown(facts.cpu), usable=True, wheel=facts.wheel))
    return sorted(states, key=lambda state: not state.usable)  # sorting keeps the order within each


def runs_on(capability: tuple[int, int], architectures: tuple[str, ...]) -> bool:
    """Whether a torch built for `architectures` has code for a card of a compute capability.

    Machine code ("sm_80") runs on cards of the same major and the same or a higher minor capability, intermediate code
    ("compute_90") on all that are as high or higher. What ends in a letter runs on its own kind alone.
    """
    for architecture in architectures:
        kind, _, digits = architecture.partition("_")
        own_kind = digits[-1:].isalpha()
        digits = digits.rstrip("abcdefghijklmnopqrstuvwxyz")
        if kind not in ("sm", "compute") or not digits.isdigit():
            return True  # of another maker, whose names are not for us to judge
        built = (int(digits[:-1]), int(digits[-1:]))
        if built == capability or (not own_kind and kind == "compute" and built <= capability):
            return True
        if not own_kind and kind == "sm" and built[0] == capability[0] and built[1] <= capability[1]:
            return True
    return not architectures


def best_wheel(driver: str, capability: tuple[int, int] | None, system: str) -> str:
    """Returns the name of PyTorch's wheel that serves a card with a driver; empty if there is none."""
    for name, cuda, lowest, highest in WHEELS:
        fits = capability is None or lowest <= capability <= highest
        if fits and not (driver and _older(driver, _least_driver(cuda, system))):
            return name
    return ""


def _idle_cards(facts: Facts) -> list[tuple[int, Card]]:
    """Returns NVIDIA's cards that torch did not start, with their numbers.

    A card is known again by its UUID; else, as a slice of a card has a UUID of its own, by the beginning of its name;
    and one that the bus tells of, without a name, is any that torch started.
    """
    cards = [card for card in facts.cards if card.vendor == "NVIDIA"]
    known = {card.uuid for card in cards if card.uuid} & {device.uuid for device in facts.cuda}
    left = [] if facts.hip_build else [device for device in facts.cuda if device.uuid not in known]
    idle = []
    for number, card in enumerate(cards):
        if card.uuid in known:
            continue
        same = next((device for device in left if not card.uuid or device.name.startswith(card.name)), None)
        if same is None:
            idle.append((number, card))
        else:
            left.remove(same)
    return idle


def _shown(device: TorchDevice) -> dict[str, Any]:
    return {key: getattr(device, key) for key in ("id", "name", "dtype", "precisions", "memory_bytes", "free_bytes")}


def _started(facts: Facts, device: TorchDevice) -> DeviceState:
    """Judges a card that torch can start: has the wheel code for it, and is there memory left?"""
    reason, remedy = "", ""
    driver = next((card.driver for card in facts.cards if device.uuid and card.uuid == device.uuid), facts.driver)
    if device.capability and not facts.hip_build and not runs_on(device.capability, facts.architectures):
        reason = (
            f"PyTorch {facts.torch} has no code for cards of compute capability {_dotted(device.capability)}; "
            f"it holds {', '.join(facts.architectures)}."
        )
        remedy = _other_wheel(facts, driver, device.capability)
    elif device.memory_bytes and device.free_bytes < FREE_WANTED_BYTES:
        reason, remedy = _short_of_memory(device.free_bytes, device.memory_bytes)
    return DeviceState(
        **_shown(device), usable=not reason, reason=reason, remedy=remedy, driver=driver, wheel=facts.wheel
    )


def _not_started(facts: Facts, card: Card, number: str) -> DeviceState:
    """Says why torch does not list a card of NVIDIA; the first cause that holds, from the wheel to the surroundings."""
    driver = card.driver or facts.driver
    major = int(facts.cuda_build.split(".")[0]) if facts.cuda_build else 0
    least = _least_driver(major, facts.system)
    if not driver and not facts.cuda_build:
        reason = "NVIDIA's driver is not in use, and this PyTorch is built for processors alone."
        newest, cuda = WHEELS[0][:2]
        remedy = (
            f"Install NVIDIA's driver {_least_driver(cuda, facts.system)} or later, restart the computer, "
            f"then {_take_wheel(facts, newest)}."
        )
    elif not driver:
        reason = "NVIDIA's driver is not in use: the card is there, but nothing answers for it."
        remedy = f"Install NVIDIA's driver{f' {least} or later' if least else ''} and restart the computer."
    elif not facts.cuda_build:
        reason = f"This PyTorch ({facts.torch}) is built without CUDA, NVIDIA's way to compute on its cards."
        remedy = _other_wheel(facts, driver, card.capability)
    elif _older(driver, least):
        reason = (
            f"NVIDIA's driver {driver} is too old for this PyTorch: CUDA {facts.cuda_build} wants {least} or later."
        )
        other = best_wheel(driver, card.capability, facts.system)
        remedy = f"Update NVIDIA's driver to {least} or later and restart the computer"
        if other:
            remedy += f"; or, as PyTorch's wheel '{other}' runs with this driver, {_take_wheel(facts, other)}"
        remedy += "."
    elif facts.visible_devices is not None:
        reason = f"The environment variable CUDA_VISIBLE_DEVICES is '{facts.visible_devices}' and hides this card."
        remedy = "Remove the variable, or name this card in it, and start QGIS (or the command) again."
    elif facts.cuda_error:
        reason = f"CUDA does not start: {facts.cuda_error}"
        remedy = "Restart the computer; if that does not help, install NVIDIA's driver again."
    else:
        reason = "PyTorch does not list this card, though driver and wheel fit."
        remedy = "Restart the computer; if that does not help, install NVIDIA's driver again."
    return DeviceState(
        number, card.name, False, reason, remedy, card.memory_bytes, card.free_bytes, driver, facts.wheel
    )


def _other_makers(facts: Facts) -> list[DeviceState]:
    """Cards of makers that only other builds of torch know; those that this torch started are listed already."""
    makers = [
        card for card in facts.cards if card.vendor != "NVIDIA" and not (card.vendor == "AMD" and facts.hip_build)
    ]
    return [
        DeviceState(
            f"{card.vendor.lower()}:{number}",
            card.name,
            False,
            f"This program computes on cards of NVIDIA and Apple and on the processor; this one is of {card.vendor}.",
            "Use the CPU.",
            card.memory_bytes,
            card.free_bytes,
            card.driver,
            facts.wheel,
        )
        for number, card in enumerate(makers)
    ]


def _apple(facts: Facts) -> DeviceState:
    """Judges the GPU of a Mac."""
    reason, remedy = "", ""
    macos = _dotted(facts.macos)
    if facts.macos and facts.macos < MPS_MACOS:
        reason = f"macOS {macos} is too old: Apple's GPU can be computed on from macOS {_dotted(MPS_MACOS)}."
        remedy = f"Update macOS to {_dotted(MPS_MACOS_NOW)} or later."
    elif not facts.mps_built and facts.machine != "arm64":
        reason = (
            f"This Python is built for '{facts.machine}', and PyTorch {facts.torch} for it knows no Apple GPU (MPS)."
        )
        remedy = "On a Mac with Apple silicon, build the environment from a Python for arm64; else use the CPU."
    elif not facts.mps_built:
        reason = f"PyTorch {facts.torch} is built without Apple's GPU (MPS)."
        remedy = "Install the backend again: PyTorch's wheel for macOS on arm64 holds it."
    elif not facts.mps_available:
        old = bool(facts.macos) and facts.macos < MPS_MACOS_NOW
        reason = f"PyTorch {facts.torch} finds no Apple GPU (MPS) on macOS {macos or 'of unknown version'}."
        remedy = (
            f"Update macOS to {_dotted(MPS_MACOS_NOW)} or later." if old else "Use the CPU; virtual Macs have none."
        )
    elif "not currently implemented" in facts.mps_error or "not implemented" in facts.mps_error:
        reason = f"PyTorch {facts.torch} lacks an operation on Apple's GPU: {facts.mps_error}"
        remedy = (
            "Install the backend again for a newer PyTorch, or set the environment variable "
            "PYTORCH_ENABLE_MPS_FALLBACK=1: the CPU then computes what the GPU lacks."
        )
    elif facts.mps_error:
        reason, remedy = f"Apple's GPU does not compute: {facts.mps_error}", "Update macOS, or use the CPU."
    elif facts.mps and facts.mps.memory_bytes and facts.mps.free_bytes < FREE_WANTED_BYTES:
        reason, remedy = _short_of_memory(facts.mps.free_bytes, facts.mps.memory_bytes)
    device = facts.mps or TorchDevice("mps", "Apple GPU", "")
    driver = f"macOS {macos}" if macos else ""
    return DeviceState(
        **_shown(device), usable=not reason, reason=reason, remedy=remedy, driver=driver, wheel=facts.wheel
    )


def _short_of_memory(free_bytes: int, memory_bytes: int) -> tuple[str, str]:
    return (
        f"Only {free_bytes / 1e9:.1f} of its {memory_bytes / 1e9:.1f} GB of memory are free; "
        f"{FREE_WANTED_BYTES / 1e9:.0f} GB are wanted.",
        "Close other programs that use the card, then look again; meanwhile use the CPU.",
    )


def _other_wheel(facts: Facts, driver: str, capability: tuple[int, int] | None) -> str:
    """Says which wheel serves a card, or that none does."""
    name = best_wheel(driver, capability, facts.system)
    later = best_wheel("", capability, facts.system)  # with any driver at all
    if not later:
        return "No wheel of PyTorch serves cards of its kind; use the CPU."
    if name and (_is_installed(facts, name) or not _is_installed(facts, later)):
        return f"{_capital(_take_wheel(facts, name))}."
    cuda = next(cuda for name, cuda, _, _ in WHEELS if name == later)
    newer = (
        f"Update NVIDIA's driver from {driver} to {_least_driver(cuda, facts.system)} or later, restart the "
        f"computer, then {_take_wheel(facts, later)}"
    )
    return f"{newer}; or keep the driver and {_take_wheel(facts, name)}." if name else f"{newer}."


def _is_installed(facts: Facts, wheel: str) -> bool:
    return wheel in INSTALLED.get((facts.system, facts.machine), ())


def _take_wheel(facts: Facts, wheel: str) -> str:
    """Says how to come by another wheel: from the installation where it offers that one, else by one's own means."""
    if _is_installed(facts, wheel):
        return f"{_REINSTALL} (PyTorch's wheel '{wheel}' instead of '{facts.wheel}')"
    return (
        f"use an environment of your own with PyTorch's wheel '{wheel}' instead of '{facts.wheel}', which the "
        'installation does not offer for this computer ("Use my own environment"), or use the CPU'
    )


def _least_driver(cuda: int, system: str) -> str:
    """Returns the least driver for a major version of CUDA; empty for one that is not in the table."""
    linux, windows = LEAST_DRIVERS.get(cuda, ("", ""))
    return windows if system == "Windows" else linux


def _older(driver: str, least: str) -> bool:
    """Whether a driver is older than wanted; where a version is unknown, it is taken for new enough."""
    found, wanted = (version.split(".") for version in (driver, least))
    if not all(part.isdigit() for part in (*found, *wanted)):
        return False
    return tuple(map(int, found)) < tuple(map(int, wanted))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
