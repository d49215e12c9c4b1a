"""A verb at the terminal: progress and messages, Ctrl-C, the exit status. Knows nothing of the single verbs."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import click

from mmearth import protocol
from mmearth.errors import Cancelled, MMEarthError, ResourceError
from mmearth.progress import Report, Reporter

EXIT_INPUT, EXIT_RESOURCE, EXIT_INTERNAL, EXIT_CANCELLED = 2, 3, 1, 130
EXIT_CODES = {protocol.INPUT: EXIT_INPUT, protocol.CHECKPOINT: EXIT_INPUT, protocol.RESOURCE: EXIT_RESOURCE}
OUT_OF_MEMORY = ResourceError("The computer ran out of memory.", "Close other programs and try again.")


def run_verb(runner: Callable[[Any, Report], dict[str, Any]], request: Any, as_json: bool) -> dict[str, Any]:
    """Runs a verb at the terminal: messages to standard error, exit status by kind of failure.

    Args:
        runner: `run` of a verb.
        request: Its request.
        as_json: Whether to print every event as a line of JSON; the last is `result`, `error` or `cancelled`.

    Returns:
        What the verb returned, for the caller to put into words.
    """
    terminal = sys.stderr.isatty()

    def say(event: dict[str, Any]) -> None:
        if as_json:
            click.echo(protocol.encode(event), nl=False)

    def progress(phase: str, done: float, total: float, eta_s: float | None) -> None:
        say(protocol.progress_event("", phase, done, total, eta_s))
        if not as_json and (terminal or done == total):
            left = "" if eta_s is None else f", {eta_s:.0f} s left"
            end = "\r" if terminal and done < total else "\n"
            click.echo(f"{phase}: {done / total:4.0%}{left}".ljust(60).rstrip("\n") + end, err=True, nl=False)

    def log(message: str, level: str) -> None:
        say(protocol.log_event("", level, message))
        click.echo(f"{level}: {message}", err=True)

    def metrics(step: int, total: int, values: dict[str, float], picture: str) -> None:
        say(protocol.metrics_event("", step, total, values, picture))
        if values and not as_json:
            text = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
            click.echo(f"Step {step} of {total}: {text}", err=True)

    try:
        with _interrupts() as interrupted:
            result = runner(request, Reporter(progress, log, interrupted, metrics))
    except (MMEarthError, MemoryError) as caught:
        error = caught if isinstance(caught, MMEarthError) else OUT_OF_MEMORY
        say(protocol.error_event("", error.code, error.message, error.remedy))
        fail(error)
    except (KeyboardInterrupt, Cancelled):
        say(protocol.cancelled_event(""))
        click.echo("Cancelled.", err=True)
        sys.exit(EXIT_CANCELLED)
    if result:
        say(protocol.result_event("", result))
    return result


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Yields what says whether Ctrl-C was pressed: a verb then stops between steps. Pressed again, it stops at once."""
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - what a signal calls
        pressed.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def fail(error: MMEarthError) -> NoReturn:
    """Says what was found, wanted and to do, and ends the process with the exit status of that kind of failure."""
    click.echo(f"Error: {error.message}\n{error.remedy}".rstrip(), err=True)
    sys.exit(EXIT_CODES.get(error.code, EXIT_INTERNAL))
