"""A report that says nothing: a benchmark tells its own figures."""


class Quiet:
    """Takes what a verb reports and goes on."""

    def progress(self, phase: str, done: float, total: float) -> None:
        """Ignores progress."""

    def check(self) -> None:
        """Goes on."""

    def log(self, message: str, level: str = "info") -> None:
        """Ignores sentences."""

    def metrics(self, step: int, total: int, values: dict[str, float], picture: str = "") -> None:
        """Ignores the curve."""
