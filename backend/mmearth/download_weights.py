"""The verb `download_weights`: fetches a checkpoint of the MMEarth authors and makes a weights file of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.disk import disk_errors
from mmearth.errors import CheckpointError, InputError
from mmearth.progress import Report
from mmearth.weights.conversion import read_statistics, write_converted
from mmearth.weights.foreign_weights import ForeignEncoder, read_checkpoint, recognise
from mmearth.weights.http_files import fetch, forget
from mmearth.weights.published_weights import (
    LICENCE,
    LICENCE_TEXT,
    PINNED,
    PublishedCheckpoint,
    find_published,
    user_weights_folder,
)


def run(request: protocol.DownloadWeightsRequest, report: Report) -> dict[str, Any]:
    """Fetches `<name>.pth` and the band statistics, writes `<name>.safetensors` and the card `<name>.json`.

    Args:
        request: See `protocol.DownloadWeightsRequest`.
        report: Told about bytes; cancelling keeps what has arrived for the next time.

    Returns:
        As `conversion.write_converted`, and name, licence, checkpoint, statistics (paths), checkpoint_hash,
        statistics_hash.

    Raises:
        InputError: unknown name, or the licence was not accepted.
        CheckpointError: what came is not the checkpoint of that name, or not the file that came before.
        ResourceError: no connection, no room, no right to write.
    """
    published = find_published(request.name)
    if not request.accept_licence:
        raise InputError(
            f"'{published.name}' is downloaded once its licence is accepted. {LICENCE_TEXT}",
            "Read the licence and accept it (at the command line: --accept-licence).",
        )
    folder = Path(request.folder) if request.folder else user_weights_folder()
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    statistics = folder / published.statistics_file
    checkpoint = folder / f"{published.name}.pth"
    # The small file first: where it cannot be had, nobody waits for the large one.
    statistics_hash = fetch(published.statistics_url, statistics, PINNED.get(statistics.name, ""), report)
    with _forgotten_if_bad(statistics):
        found = read_statistics(str(statistics), published.bands)
    checkpoint_hash = fetch(published.checkpoint_url, checkpoint, PINNED.get(checkpoint.name, ""), report)
    with _forgotten_if_bad(checkpoint):
        foreign = _read(checkpoint, published)
    origin = {
        "name": published.name,
        "description": published.description,
        "licence": LICENCE,
        "address": published.checkpoint_url,
        "hash": checkpoint_hash,
        "statistics_hash": statistics_hash,
    }
    result = write_converted(foreign, found, str(folder / f"{published.name}.safetensors"), origin, report)
    return {
        "name": published.name,
        **result,
        "licence": LICENCE,
        "checkpoint": str(checkpoint),
        "checkpoint_hash": checkpoint_hash,
        "statistics": str(statistics),
        "statistics_hash": statistics_hash,
    }


@contextmanager
def _forgotten_if_bad(file: Path) -> Iterator[None]:
    """Deletes a file that does not serve, and its hash: what never was of use must not be wanted ever after."""
    try:
        yield
    except (CheckpointError, InputError):
        forget(file)
        raise


def _read(checkpoint: Path, published: PublishedCheckpoint) -> ForeignEncoder:
    foreign = recognise(checkpoint.name, read_checkpoint(str(checkpoint)))
    if (foreign.patch_size, foreign.bands) != (published.patch_size, published.bands):
        raise CheckpointError(
            f"'{checkpoint.name}' has patches of {foreign.patch_size} px and {len(foreign.bands)} bands; its name says "
            f"{published.patch_size} px and {len(published.bands)} bands.",
            "It was deleted. Try again, and tell its authors if that does not help.",
        )
    return foreign
