"""Places inside a step of training where it can be cancelled. Knows nothing of losses or data."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn


@contextmanager
def cancel_points(network: nn.Module, check: Callable[[], None]) -> Iterator[None]:
    """Lets a network ask at each layer, forwards and backwards, whether to go on.

    A step on large windows takes more than the two seconds that a Cancel may; both passes are a single call from
    outside.

    Args:
        network: Asks as long as this context lasts.
        check: Raises where it is to end.
    """

    def ask(_layer: nn.Module, _inputs: object, output: Tensor) -> None:
        check()
        if output.requires_grad:
            output.register_hook(lambda _gradient: check())  # type: ignore[no-untyped-call]

    with ExitStack() as stack:
        for layer in network.modules():
            if next(layer.children(), None) is None:
                stack.enter_context(layer.register_forward_hook(ask))
        yield
