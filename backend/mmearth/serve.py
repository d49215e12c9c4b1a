"""The JSON-lines loop: one request at a time, cancel at any moment, never dies of one bad request."""

import contextlib
import logging
import os
import platform
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from mmearth import (
    adapt,
    assess,
    cache,
    check_model,
    cluster,
    compare_maps,
    convert_weights,
    describe,
    doctor,
    download_weights,
    draw_sample,
    embed,
    evaluate,
    export_map,
    few_shot,
    fine_tune,
    list_weights,
    outline,
    predict,
    pretrain,
    preview,
    probe_paths,
    protocol,
    remove_weights,
    scatter,
    select_region,
    similar,
    suggest,
)
from mmearth.commands.terminal import EXIT_CANCELLED
from mmearth.devices import list_devices
from mmearth.errors import Cancelled, MMEarthError
from mmearth.progress import Report, Reporter

logger = logging.getLogger(__name__)

LAST_S = 120.0  # a training saves a checkpoint before it stops

RUNNERS: dict[type[Any], Callable[[Any, Report], dict[str, Any]]] = {
    protocol.DescribeRequest: describe.run,
    protocol.EmbedRequest: embed.run,
    protocol.FewShotRequest: few_shot.run,
    protocol.FineTuneRequest: fine_tune.run,
    protocol.EvaluateRequest: evaluate.run,
    protocol.PreviewRequest: preview.run,
    protocol.PredictRequest: predict.run,
    protocol.CheckModelRequest: check_model.run,
    protocol.SuggestRequest: suggest.run,
    protocol.DrawSampleRequest: draw_sample.run,
    protocol.AssessRequest: assess.run,
    protocol.PretrainRequest: pretrain.run,
    protocol.AdaptRequest: adapt.run,
    protocol.SimilarRequest: similar.run,
    protocol.SelectRegionRequest: select_region.run,
    protocol.OutlineRequest: outline.run,
    protocol.ClusterRequest: cluster.run,
    protocol.ScatterRequest: scatter.run,
    protocol.CompareMapsRequest: compare_maps.run,
    protocol.ExportMapRequest: export_map.run,
    protocol.ListWeightsRequest: list_weights.run,
    protocol.DoctorRequest: doctor.run,
    protocol.RemoveWeightsRequest: remove_weights.run,
    protocol.DownloadWeightsRequest: download_weights.run,
    protocol.ConvertWeightsRequest: convert_weights.run,
    protocol.CacheRequest: cache.run,
    protocol.ProbePathsRequest: probe_paths.run,
}


@contextlib.contextmanager
def protocol_pipe() -> Iterator[TextIO]:
    """Keeps file descriptor 1 for the protocol: yields a copy of it and points 1 at standard error.

    After this no library, not even a native one, can write into the middle of a line.
    """
    kept = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    with os.fdopen(kept, "w", encoding="utf-8", buffering=1) as pipe:
        yield pipe


def serve(requests: TextIO, events: TextIO) -> None:
    """Answers requests until standard input ends or a shutdown comes.

    Args:
        requests: Lines from the plugin.
        events: Lines to the plugin.
    """
    lock = threading.Lock()

    def send(event: dict[str, Any]) -> None:
        with lock:
            events.write(protocol.encode(event))
            events.flush()

    jobs: queue.Queue[dict[str, Any] | None] = queue.Queue()
    cancelled: set[str] = set()
    # Over ssh nobody can end this process by force: a step that takes longer than this is not waited for.
    last = threading.Timer(LAST_S, os._exit, (EXIT_CANCELLED,))
    last.daemon = True
    reader = threading.Thread(target=_read, args=(requests, jobs, cancelled, send, last), daemon=True)
    send(protocol.hello_event(_versions(), list_devices()))
    reader.start()
    try:
        while (message := jobs.get()) is not None:
            _answer(message, send, cancelled)
    finally:
        last.cancel()


def _read(
    requests: TextIO,
    jobs: "queue.Queue[dict[str, Any] | None]",
    cancelled: set[str],
    send: Callable[[dict[str, Any]], None],
    last: threading.Timer,
) -> None:
    """Sorts incoming lines: jobs are queued, cancels take effect at once, the end of input ends the process."""
    for line in requests:
        if not line.strip():
            continue
        try:
            message = protocol.decode(line)
        except protocol.MalformedMessage as error:
            send(protocol.error_event("", protocol.PROTOCOL, str(error), "Reinstall the backend."))
            continue
        if message.get("verb") == protocol.CANCEL:
            cancelled.add(str(message.get("id", "")))
        elif message.get("verb") == protocol.SHUTDOWN:
            break
        else:
            jobs.put(message)
    # The plugin is gone or wants to be rid of us: stop the running job at its next check, then the loop.
    cancelled.add("*")
    last.start()
    jobs.put(None)


def _answer(message: dict[str, Any], send: Callable[[dict[str, Any]], None], cancelled: set[str]) -> None:
    request_id = str(message.get("id", ""))
    report = Reporter(
        lambda phase, done, total, eta_s: send(protocol.progress_event(request_id, phase, done, total, eta_s)),
        lambda text, level: send(protocol.log_event(request_id, level, text)),
        lambda: request_id in cancelled or "*" in cancelled,
        lambda step, total, values, picture: send(protocol.metrics_event(request_id, step, total, values, picture)),
    )
    try:
        request = protocol.request_from_json(message)
        result = RUNNERS[type(request)](request, report)
        send(protocol.result_event(request_id, result))
    except Cancelled:
        send(protocol.cancelled_event(request_id))
    except protocol.MalformedMessage as error:
        send(protocol.error_event(request_id, protocol.PROTOCOL, str(error), "Reinstall the backend."))
    except MMEarthError as error:
        send(protocol.error_event(request_id, error.code, error.message, error.remedy))
    except MemoryError:
        send(
            protocol.error_event(
                request_id, protocol.RESOURCE, "The computer ran out of memory.", "Close other programs and try again."
            )
        )
    except Exception as error:
        logger.exception("request %s failed", request_id)
        text = f"The backend met an unexpected {type(error).__name__}: {error}"
        send(protocol.error_event(request_id, protocol.INTERNAL, text, "See the log, and report it as a bug."))
    finally:
        cancelled.discard(request_id)


def _versions() -> dict[str, str]:
    import rasterio
    import torch

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "rasterio": rasterio.__version__,
        "gdal": rasterio.__gdal_version__,
    }
