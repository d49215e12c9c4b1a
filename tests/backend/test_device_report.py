"""Every cause that keeps a device from use has its own reason and remedy; made facts, no hardware."""

from dataclasses import replace

import pytest
from mmearth.device_facts import parse_cards, parse_driver, query_cards, read_facts
from mmearth.device_report import Card, Facts, TorchDevice, best_wheel, explain, runs_on

CPU = TorchDevice("cpu", "CPU (made, 4 threads)", "float32", memory_bytes=16 << 30, free_bytes=8 << 30)
PLAIN = Facts("Linux", "x86_64", "2.13.0+cpu", CPU)
T1000 = Card("NVIDIA", "NVIDIA T1000", "GPU-1", "580.95.05", 4 << 30, 3 << 30, (7, 5))
WITH_CARD = replace(PLAIN, cards=(T1000,), driver="580.95.05")
CUDA_13 = replace(
    WITH_CARD, torch="2.13.0+cu130", cuda_build="13.0", architectures=("sm_75", "sm_80", "sm_86", "sm_90", "sm_120")
)
STARTED = TorchDevice("cuda:0", "NVIDIA T1000", "float32", "GPU-1", 4 << 30, 3 << 30, (7, 5))


def only_idle(facts):
    idle = [state for state in explain(facts) if not state.usable]
    assert len(idle) == 1
    return idle[0]


def test_a_computer_without_cards_has_its_processor_alone():
    (state,) = explain(PLAIN)
    assert (state.id, state.usable, state.reason, state.wheel, state.dtype) == ("cpu", True, "", "cpu", "float32")
    assert (state.memory_bytes, state.free_bytes) == (16 << 30, 8 << 30)


def test_a_card_that_works_comes_first_with_its_driver_and_wheel():
    states = explain(replace(CUDA_13, cuda=(STARTED,)))
    assert [(state.id, state.usable) for state in states] == [("cuda:0", True), ("cpu", True)]
    assert (states[0].driver, states[0].wheel, states[0].memory_bytes) == ("580.95.05", "cu130", 4 << 30)
    assert (states[0].reason, states[0].remedy) == ("", "")


@pytest.mark.parametrize(
    ("driver", "capability", "wheel"),
    [
        ("580.95.05", (7, 5), "cu130"),
        ("580.95.05", (6, 1), "cu126"),  # Pascal: CUDA 13 has no code for it
        ("535.183.01", (8, 6), "cu126"),  # too old for CUDA 13
        ("unknown", None, "cu130"),
    ],
)
@pytest.mark.parametrize(
    ("system", "machine", "offered"),
    [
        ("Linux", "x86_64", ("cu130",)),
        ("Windows", "AMD64", ("cu130", "cu126")),
        ("Linux", "aarch64", ()),
    ],
)
def test_a_wheel_without_cuda_names_the_one_to_install(driver, capability, wheel, system, machine, offered):
    card = replace(T1000, driver=driver, capability=capability)
    state = only_idle(replace(PLAIN, system=system, machine=machine, cards=(card,), driver=driver))
    assert state.remedy.startswith("Install the backend again") == (wheel in offered)
    own = f"se an environment of your own with PyTorch's wheel '{wheel}'"
    assert (own in state.remedy) == (wheel not in offered)
    assert ('"Use my own environment"' in state.remedy and "use the CPU" in state.remedy) == (wheel not in offered)
    newer = "Update NVIDIA's driver from 535.183.01 to 580 or later"
    can_be_new = (driver, offered) == ("535.183.01", ("cu130",))
    assert state.remedy.startswith(newer) == can_be_new
    assert ("'cu130' instead of 'cpu'); or keep the driver and use an environment" in state.remedy) == can_be_new
    assert (state.id, state.name, state.driver) == ("nvidia:0", "NVIDIA T1000", driver)
    assert "built without CUDA" in state.reason
    assert "2.13.0+cpu" in state.reason
    assert f"wheel '{wheel}' instead of 'cpu'" in state.remedy


def test_a_wheel_without_cuda_and_an_old_driver_want_both():
    card = replace(T1000, driver="470.82.01")
    remedy = only_idle(replace(PLAIN, cards=(card,))).remedy
    assert remedy.startswith("Update NVIDIA's driver from 470.82.01 to 580 or later")
    assert "'cu130' instead of 'cpu'" in remedy


def test_a_card_of_no_wheel_is_told_so():
    card = replace(T1000, capability=(3, 5))  # Kepler
    assert only_idle(replace(PLAIN, cards=(card,))).remedy == (
        "No wheel of PyTorch serves cards of its kind; use the CPU."
    )


@pytest.mark.parametrize(
    ("system", "cuda", "driver", "least", "too_old"),
    [
        ("Linux", "12.6", "525.60.12", "525.60.13", True),
        ("Linux", "12.6", "525.60.13", "", False),
        ("Windows", "12.6", "528.32", "528.33", True),
        ("Windows", "12.6", "528.33", "", False),
        ("Linux", "13.0", "575.64", "580", True),
        ("Linux", "11.8", "440.33", "450.80.02", True),
    ],
)
def test_a_driver_that_is_too_old_for_the_wheel(system, cuda, driver, least, too_old):
    card = replace(T1000, driver=driver)
    state = only_idle(replace(CUDA_13, system=system, cuda_build=cuda, cards=(card,), cuda_error="driver too old"))
    assert ("too old" in state.reason and f"wants {least} or later" in state.reason) == too_old
    if too_old:
        assert f"driver {driver}" in state.reason
        assert f"Update NVIDIA's driver to {least} or later" in state.remedy


@pytest.mark.parametrize(
    ("system", "machine", "way"),
    [
        ("Linux", "x86_64", "use an environment of your own with PyTorch's wheel 'cu126'"),
        (
            "Windows",
            "AMD64",
            "install the backend again and choose the environment for NVIDIA cards (PyTorch's wheel 'cu1",
        ),
    ],
)
def test_an_old_driver_may_do_with_another_wheel(system, machine, way):
    old = (replace(T1000, driver="550.54.15"),)
    state = only_idle(replace(CUDA_13, system=system, machine=machine, cards=old))
    assert f"wheel 'cu126' runs with this driver, {way}" in state.remedy


@pytest.mark.parametrize("value", ["", "-1", "3"])
def test_a_variable_that_hides_the_card(value):
    state = only_idle(replace(CUDA_13, visible_devices=value))
    assert f"CUDA_VISIBLE_DEVICES is '{value}'" in state.reason
    assert state.remedy.startswith("Remove the variable")


def test_one_of_two_cards_is_hidden():
    second = replace(T1000, uuid="GPU-2", name="NVIDIA RTX A4000")
    facts = replace(CUDA_13, cards=(T1000, second), cuda=(STARTED,), visible_devices="0")
    assert [(state.id, state.usable) for state in explain(facts)] == [
        ("cuda:0", True),
        ("cpu", True),
        ("nvidia:1", False),
    ]
    assert only_idle(facts).name == "NVIDIA RTX A4000"


def test_a_card_that_torch_knows_by_name_alone_is_not_listed_twice():
    facts = replace(CUDA_13, cuda=(replace(STARTED, uuid=""),))
    assert [state.id for state in explain(facts)] == ["cuda:0", "cpu"]


def test_a_started_card_is_known_again_without_its_uuid():
    on_bus = Card("NVIDIA", "NVIDIA graphics card")
    facts = replace(CUDA_13, cards=(on_bus, on_bus), cuda=(STARTED,))
    assert [state.id for state in explain(facts)] == ["cuda:0", "cpu", "nvidia:1"]
    piece = replace(STARTED, uuid="MIG-1", name="NVIDIA T1000 MIG 1g")
    assert [state.id for state in explain(replace(CUDA_13, cuda=(piece,)))] == ["cuda:0", "cpu"]


def test_cuda_that_does_not_start_says_why():
    state = only_idle(replace(CUDA_13, cuda_error="CUDA unknown error 999"))
    assert state.reason == "CUDA does not start: CUDA unknown error 999"
    assert "Restart the computer" in state.remedy


def test_a_card_without_driver():
    card = replace(T1000, driver="", uuid="", capability=None)
    state = only_idle(replace(CUDA_13, cards=(card,), driver=""))
    assert "driver is not in use" in state.reason
    assert "driver 580 or later" in state.remedy
    remedy = only_idle(replace(PLAIN, cards=(card,), driver="")).remedy
    assert "driver 580 or later" in remedy
    assert "wheel 'cu130' instead of 'cpu'" in remedy


def test_a_wheel_without_code_for_the_card():
    old = replace(STARTED, capability=(6, 1))
    state = only_idle(replace(CUDA_13, cuda=(old,)))
    assert state.id == "cuda:0"
    assert "no code for cards of compute capability 6.1" in state.reason
    assert "sm_75" in state.reason
    assert "wheel 'cu126' instead of 'cu130'" in state.remedy
    assert "Use my own environment" in state.remedy  # on Linux, where the installation offers cu130 alone
    new = replace(STARTED, capability=(12, 0))
    facts = replace(CUDA_13, cuda_build="12.6", architectures=("sm_50", "sm_80", "sm_90"), cuda=(new,))
    assert "wheel 'cu130' instead of 'cu126'" in only_idle(facts).remedy


def test_a_full_card():
    state = only_idle(replace(CUDA_13, cuda=(replace(STARTED, free_bytes=999_999_999),)))
    assert state.reason == "Only 1.0 of its 4.3 GB of memory are free; 1 GB are wanted."
    assert "Close other programs" in state.remedy
    enough = replace(CUDA_13, cuda=(replace(STARTED, free_bytes=1_000_000_000),))
    assert all(state.usable for state in explain(enough))


def test_cards_of_other_makers_are_named():
    facts = replace(PLAIN, cards=(Card("Intel", "Intel graphics card"),))
    state = only_idle(facts)
    assert (state.id, state.remedy) == ("intel:0", "Use the CPU.")
    assert "of Intel" in state.reason
    amd = replace(PLAIN, cards=(Card("AMD", "AMD graphics card"),))
    assert only_idle(amd).id == "amd:0"
    assert [state.id for state in explain(replace(amd, hip_build="6.4"))] == ["cpu"]


MAC = Facts("Darwin", "arm64", "2.13.0", CPU, macos=(15, 1), mps_built=True, mps_available=True)
APPLE = TorchDevice("mps", "Apple GPU", "float32", memory_bytes=12 << 30, free_bytes=11 << 30)


def test_an_apple_gpu_that_works():
    states = explain(replace(MAC, mps=APPLE))
    assert [(state.id, state.usable, state.driver) for state in states] == [
        ("mps", True, "macOS 15.1"),
        ("cpu", True, ""),
    ]


@pytest.mark.parametrize(
    ("change", "reason", "remedy"),
    [
        ({"macos": (12, 2)}, "macOS 12.2 is too old", "Update macOS to 14.0"),
        ({"mps_built": False, "mps_available": False}, "built without Apple's GPU", "Install the backend again"),
        ({"mps_built": False, "mps_available": False, "machine": "x86_64"}, "'x86_64'", "Python for arm64"),
        ({"macos": (13, 6), "mps_available": False}, "finds no Apple GPU (MPS) on macOS 13.6", "Update macOS to 14.0"),
        ({"mps_available": False}, "finds no Apple GPU", "virtual Macs"),
        (
            {"mps": APPLE, "mps_error": "The operator 'aten::x' is not currently implemented for the MPS device."},
            "lacks an operation on Apple's GPU: The operator 'aten::x'",
            "PYTORCH_ENABLE_MPS_FALLBACK=1",
        ),
        ({"mps": APPLE, "mps_error": "Metal failed"}, "does not compute: Metal failed", "Update macOS"),
        ({"mps": replace(APPLE, free_bytes=5)}, "Only 0.0 of its 12.9 GB", "Close other programs"),
    ],
)
def test_an_apple_gpu_that_cannot_be_used(change, reason, remedy):
    state = only_idle(replace(MAC, **change))
    assert state.id == "mps"
    assert reason in state.reason
    assert remedy in state.remedy


@pytest.mark.parametrize(
    ("capability", "architectures", "runs"),
    [
        ((7, 5), ("sm_75",), True),
        ((8, 6), ("sm_80",), True),
        ((8, 0), ("sm_86",), False),
        ((9, 0), ("sm_80", "sm_86"), False),
        ((12, 1), ("sm_80", "compute_90"), True),
        ((8, 9), ("compute_90",), False),
        ((12, 0), ("sm_120",), True),
        ((10, 3), ("sm_100a",), False),
        ((9, 0), ("sm_90a",), True),
        ((9, 0), (), True),
    ],
)
def test_code_runs_on_cards_of_its_generation(capability, architectures, runs):
    assert runs_on(capability, architectures) == runs


def test_hopper_and_later_need_a_driver_for_their_wheel():
    assert best_wheel("535.10", (9, 0), "Linux") == "cu126"
    assert best_wheel("570.10", (12, 0), "Linux") == ""
    assert best_wheel("580.10", (12, 0), "Linux") == "cu130"


def test_what_nvidia_smi_prints_is_understood():
    text = "NVIDIA T1000, GPU-1, 580.95.05, 4096, 3072, 7.5\nOdd, GPU-2, 470.82.01, [N/A], [N/A]\n\nNone found\n"
    assert parse_cards(text) == [
        Card("NVIDIA", "NVIDIA T1000", "GPU-1", "580.95.05", 4 << 30, 3 << 30, (7, 5)),
        Card("NVIDIA", "Odd", "GPU-2", "470.82.01"),
    ]


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n", "535.183.01"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n", "580.65.06"),
        ("something else", ""),
    ],
)
def test_what_the_kernel_says_about_the_driver_is_understood(text, driver):
    assert parse_driver(text) == driver


SMI = """#!/bin/sh
case "$*" in
*compute_cap*) {first} ;;
*) echo "NVIDIA T1000, GPU-1, 470.82.01, 4096, 3072" ;;
esac
"""


@pytest.mark.parametrize(
    ("first", "names"),
    [("exit 2", ["NVIDIA T1000"]), ("exec sleep 5", []), ("echo 'New, GPU-9, 580.1, 1, 1, 12.0'", ["New"])],
)
def test_nvidia_smi_is_asked_without_trust(monkeypatch, tmp_path, first, names):
    from mmearth import device_facts

    program = tmp_path / "nvidia-smi"
    program.write_text(SMI.format(first=first), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(device_facts, "QUERY_S", 0.2)
    assert [card.name for card in query_cards()] == names


def test_a_card_in_front_of_a_processor_wheel_is_found_on_this_machine(monkeypatch, tmp_path):
    import torch

    if torch.version.cuda or torch.version.hip:
        pytest.skip("this torch is built for cards")
    program = tmp_path / "nvidia-smi"
    program.write_text(SMI.format(first="exit 2"), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    idle = [state for state in explain(read_facts()) if state.id.startswith("nvidia")]
    assert [state.name for state in idle] == ["NVIDIA T1000"]
    assert "built without CUDA" in idle[0].reason


@pytest.mark.parametrize(
    ("starts", "capability", "ids"),
    [
        (True, (7, 5), ["cuda:0", "cpu"]),
        (True, (6, 1), ["cpu"]),  # no code for it: computing there would fail
        (False, (7, 5), ["cpu"]),  # counted, but the driver is too old
    ],
)
def test_only_cards_that_compute_are_offered(monkeypatch, starts, capability, ids):
    import torch
    from mmearth.devices import list_devices

    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: starts)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_80"])
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "NVIDIA T1000")
    monkeypatch.setattr(torch.version, "hip", None)
    assert [device["id"] for device in list_devices()] == ids
