"""Exceptions, split by what the reader should do about them."""

from mmearth import protocol


class MMEarthError(Exception):
    """A failure that a user can act on: one sentence with what was found and wanted, one with the remedy."""

    code = protocol.INTERNAL

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class InputError(MMEarthError):
    """Fix the layer or the fields: bands, CRS, extent, labels."""

    code = protocol.INPUT


class CheckpointError(MMEarthError):
    """Choose other weights or another model file."""

    code = protocol.CHECKPOINT


class ResourceError(MMEarthError):
    """Free memory or disk, or choose another folder or device."""

    code = protocol.RESOURCE


class ProtocolError(MMEarthError):
    """Reinstall the backend: plugin and backend do not understand each other."""

    code = protocol.PROTOCOL


class Cancelled(Exception):  # noqa: N818 - an event, not an error
    """The user asked to stop; raised at the next check point, after which nothing half-written is left."""
