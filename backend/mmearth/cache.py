"""The request `cache`: how large the cache of results is, its limit, and emptying it."""

from typing import Any

from mmearth import protocol
from mmearth.embedding import result_cache
from mmearth.progress import Report


def run(request: protocol.CacheRequest, report: Report) -> dict[str, Any]:
    """Changes the cache as asked and says how it is then; see `protocol.CacheRequest`.

    Returns:
        `folder`, `bytes` and `entries` in it, and `limit_bytes`, 0 where the cache is switched off.

    Raises:
        ResourceError: the limit cannot be written down.
    """
    report.check()
    if request.limit_bytes:
        result_cache.set_limit(max(0, request.limit_bytes))
    if request.clear:
        result_cache.clear()
    return result_cache.usage()
