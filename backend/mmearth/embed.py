"""The verb `embed`: a scene becomes a COG of encoder features, or a table of them. Knows nothing of labels."""

import time
from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.cog import check_output, check_space, write_text
from mmearth.embedding import result_cache
from mmearth.embedding.cluster import spread_units
from mmearth.embedding.embed_job import EmbedJob, keep_calibration, open_job
from mmearth.embedding.features import scene_warnings
from mmearth.embedding.precomputed import refuse_embedding
from mmearth.embedding.streaming import Blocks, stream_units
from mmearth.embedding.unit_store import UnitStore
from mmearth.errors import Cancelled, InputError
from mmearth.progress import Report
from mmearth.scenes.plan import TILE_STEP_PX
from mmearth.styles import embedding_style_qml

STYLE_SIGMA_STEPS = 64  # two of the four standard deviations that 127 steps cover
STRIDES_PX = (1, 2, 4, 8)


def run(request: protocol.EmbedRequest, report: Report) -> dict[str, Any]:
    """Embeds a scene.

    What is done stays on the disk until the raster is whole; the same request goes on there after a cancel or a crash.

    Args:
        request: See `protocol.EmbedRequest`.
        report: Told after every tile; cancels between layers.

    Returns:
        out, bands, mapping, units, warnings, seconds; of a raster also style, pixels, valid_fraction, cached, tiles,
        tiles_resumed, tile_px, blocks and blocks_read; of a table features and empty.

    Raises:
        InputError: the scene, extent, mask, features or choice of stages does not serve.
        ResourceError: disk, memory, device or cluster.
        CheckpointError: the weights do not load.
    """
    started_s = time.monotonic()
    _check(request)
    refuse_embedding(request.scene)
    with open_job(request, report) as job:
        warnings = [*scene_warnings(job.scene, job.weights), *_own_warnings(job)]
        for warning in warnings:
            report.log(warning, "warning")
        common = {"out": request.out, "bands": list(job.projection.names), **job.scene.reading(), "warnings": warnings}
        found = _table(job, report) if request.features else _raster(job, report)
    return {**common, **found, "seconds": round(time.monotonic() - started_s, 2)}


def _table(job: EmbedJob, report: Report) -> dict[str, Any]:
    from mmearth.embedding.embedding_table import write_table  # takes a quarter of a second to import

    request = job.request
    return write_table(
        request.features,
        request.out,
        job.scene,
        job.window,
        request.stride_px,
        job.projection.names,
        job.embed_window,
        report,
    )


def _raster(job: EmbedJob, report: Report) -> dict[str, Any]:
    request, out = job.request, Path(job.request.out)
    style = str(out.with_suffix(".qml"))
    scene, mask = _identity_of_scene(job), _identity_of_mask(job)
    # A scene that cannot be known by its files is known by its name for going on, and not cached.
    identity = {**job.identity(), "scene": scene or job.scene.source, "mask": mask}
    key = result_cache.key_of(identity)
    caches = request.cache and bool(scene)
    kept = result_cache.fetch(key, out, report.check) if caches else None
    if kept is None:
        kept = _compute(job, identity, report)
        if caches:
            result_cache.store(key, out, kept)
        kept = {**kept, "cached": False}
    else:
        UnitStore(request.out, job.layout).remove()  # what an interrupted run may have left
        report.log("The same embedding was made before; it was taken from the cache.", "info")
        kept = {**kept, "cached": True, "tiles_resumed": 0, "blocks_read": 0}
    write_text(Path(style), embedding_style_qml(bands=_style_bands(job), ranges=_style_ranges(job)))
    return {**kept, "style": style}


def _compute(job: EmbedJob, identity: dict[str, Any], report: Report) -> dict[str, Any]:
    """Computes and writes the raster; returns what is known of it."""
    request, layout = job.request, job.layout
    store = UnitStore(request.out, layout)
    units = job.units
    cells = sum(int(unit.cells.width * unit.cells.height) for unit in units.values())
    bytes_per_cell = layout.size_bytes // (layout.grid.width * layout.grid.height)
    # The units and the finished COG with its overviews exist side by side for a moment.
    check_space(Path(request.out).parent, int(cells * bytes_per_cell * 2.4))
    done = store.open(identity, request.resume) & set(units)
    if done:
        report.log(f"Going on with {len(done)} of {len(units)} tiles that are done.", "info")
    try:
        if request.scheduler:
            spread_units(job, store, done, keep_calibration(job, store.folder), report)
            blocks = Blocks()
        else:
            blocks = stream_units(job, store, done, report)
        valid_cells = store.valid_cells()
        if not valid_cells:
            store.remove()
            raise InputError(
                f"'{job.scene.name}' holds no valid pixel in this extent: all of it is nodata.",
                "Choose another extent or scene, or check the layer's nodata value.",
            )
        store.finish({index: unit.cells for index, unit in units.items()}, report)
    except BaseException as error:
        if request.resume:
            store.release()
            if isinstance(error, Cancelled) and store.folder.exists():
                report.log("The tiles that are done are kept; the same request goes on with them.", "info")
        else:
            store.remove()
        raise
    return {
        "pixels": int(job.window.width * job.window.height),
        "valid_fraction": round(valid_cells / (layout.grid.width * layout.grid.height), 4),
        "tiles": len(units),
        "tiles_resumed": len(done),
        "tile_px": job.tile_px,
        "blocks": blocks.needed,
        "blocks_read": blocks.read,
    }


def _check(request: protocol.EmbedRequest) -> None:
    stages = sorted(set(request.stages))
    if not stages or stages[0] < 0 or stages[-1] > 3:
        raise InputError(f"Stages {list(request.stages)} are not known.", "Choose from 0, 1, 2 and 3.")
    if request.stride_px not in STRIDES_PX:
        raise InputError(f"An output cell of {request.stride_px} pixels is not offered.", "Choose 1, 2, 4 or 8.")
    if request.tile_px % TILE_STEP_PX or request.tile_px < 0:
        raise InputError(
            f"Tiles of {request.tile_px} pixels are not offered.",
            f"Choose a multiple of {TILE_STEP_PX}, or 0 for what fits in memory.",
        )
    for what, value, offered in (
        ("Data type", request.dtype, protocol.DTYPES),
        ("GRN mode", request.grn, protocol.GRN_MODES),
        ("A source of components", request.pca_from, protocol.PCA_SOURCES),
    ):
        if value not in offered:
            raise InputError(f"{what} '{value}' is not offered.", f"Choose {', '.join(offered[:-1])} or {offered[-1]}.")
    if not request.features:
        check_output(request.out)
    elif request.grn == "image":
        raise InputError(
            "GRN of each tile by itself has no meaning for single features.", "Choose GRN mode frozen or scene."
        )
    if Path(request.out).resolve() == Path(request.scene).resolve():
        raise InputError("The output would overwrite the scene.", "Choose another file name.")


def _own_warnings(job: EmbedJob) -> list[str]:
    if job.extractor.backbone.exact:
        return []
    if job.weights.timm:
        return [
            f"'{job.weights.name}' looks at all of a tile, or far beyond it: values depend on the tiling, and seams "
            "may show. Residual networks with batch norm, such as resnet18, have none."
        ]
    return [
        "GRN is computed for each tile by itself (mode 'image'): values depend on the tiling, and seams may show. "
        "Modes 'frozen' and 'scene' have none."
    ]


def _identity_of_scene(job: EmbedJob) -> str:
    text = [job.scene.source] if job.scene.source.lstrip().startswith("<") else []
    return result_cache.scene_identity([*text, *job.scene.dataset.files])


def _identity_of_mask(job: EmbedJob) -> str:
    file, _, layer = job.request.mask.partition("|")
    return f"{result_cache.scene_identity([file])}|{layer}" if file else ""


def _style_bands(job: EmbedJob) -> tuple[int, int, int]:
    last = len(job.projection.names)
    return min(1, last), min(2, last), min(3, last)


def _style_ranges(job: EmbedJob) -> list[tuple[float, float]]:
    """Range of the three channels shown: about two standard deviations, in the values that QGIS shows (scaled)."""
    steps = [float(job.projection.scale[band - 1]) for band in _style_bands(job)]
    return [(-STYLE_SIGMA_STEPS * step, STYLE_SIGMA_STEPS * step) for step in steps]
