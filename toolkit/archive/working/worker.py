"""What a worker process does: prepare once, then one order after another.

A worker keeps its models loaded. It never lets an error out: whatever happens to one recording is
in its report, and the rest of the batch goes on.
"""

from __future__ import annotations

import os
import platform
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from toolkit.archive.causes import explain
from toolkit.archive.job import File, Order, Report, Workshop
from toolkit.archive.naming import difference_of
from toolkit.archive.places import Collection, Output, collection_at, output_at
from toolkit.chunks import is_out_of_memory
from toolkit.errors import InputError, ResourceError
from toolkit.io.atomic import leftovers
from toolkit.provenance import dump, load
from toolkit.restore import Diagnosis, Outcome, Targets, is_done, restore_file, sha256_of
from toolkit.run import Run

if TYPE_CHECKING:
    from toolkit.values import Audio


@dataclass(frozen=True)
class _Bench:
    """Hold what a worker keeps from one order to the next."""

    workshop: Workshop
    collection: Collection
    output: Output


_BENCH: list[_Bench] = []


def prepare(workshop: Workshop) -> None:
    """Get a worker process ready for orders."""
    if workshop.max_memory is not None:
        _limit_memory(workshop.max_memory)
    if workshop.device != "cpu":
        import torch

        torch.use_deterministic_algorithms(True, warn_only=True)
    outfit(workshop)


def outfit(workshop: Workshop) -> None:
    """Take the instructions that hold for every order."""
    _BENCH[:] = [_Bench(workshop, collection_at(workshop.collection), output_at(workshop.out))]


def work(order: Order) -> Report:
    """Do one order in a prepared process; report what came of it."""
    (bench,) = _BENCH
    began = perf_counter()
    try:
        report = _restore(order, bench)
    except Exception as error:  # one recording's surprise must not end a night's work
        report = failure(order, error)
    return replace(report, seconds=round(perf_counter() - began, 3), worker=_name())


def failure(order: Order, error: BaseException) -> Report:
    """Return the report of an order that ended in an error."""
    code, message, hint = explain(error)
    trace = "".join(traceback.format_exception(error))
    return Report(
        order.job, "failed", code=code, message=message, hint=hint, trace=trace, worker=_name()
    )


def _restore(order: Order, bench: _Bench) -> Report:
    workshop, recipe = bench.workshop, bench.workshop.recipe
    with (
        bench.collection.fetched(order.source) as source,
        bench.output.writing(order.target) as path,
    ):
        targets = Targets(path, difference_of(path) if workshop.difference else None)
        if any(each is not None and each.exists() for each in (path, targets.difference)):
            sha256 = sha256_of(source)
            if is_done(sha256, targets, recipe):
                return _adopted(order, bench, targets)
            if not order.leftover:
                return Report(order.job, "occupied", sha256=sha256)
        if order.leftover:
            _sweep(targets)
        observer = _Observer(workshop)
        outcome = _restore_anywhere(source, targets, workshop, order, observer)
        found = outcome.record["input"]["sha256"]
        if sha256_of(source) != found:
            raise InputError(
                f"{order.source} changed while it was read",
                "try again when it is at rest",
                code="E_CHANGED",
            )
        files = _files(order.target, targets, outcome.record)
        bench.output.publish(path, files, replace=order.leftover)
    return Report(
        order.job,
        "done",
        sha256=found,
        files=files,
        duration=_duration(outcome.record),
        warnings=outcome.warnings,
        measures=outcome.record.get("measures", {}),
        picture=observer.picture,
    )


def _sweep(targets: Targets) -> None:
    """Remove what a killed attempt at the same job was writing under temporary names."""
    for path in (targets.output, targets.difference, targets.record):
        for part in leftovers(path) if isinstance(path, Path) else ():
            part.unlink(missing_ok=True)


def _restore_anywhere(
    source: Path, targets: Targets, workshop: Workshop, order: Order, observer: _Observer
) -> Outcome:
    """Restore on the device; a recording that does not fit into its memory goes to the processor.

    Stages halve their blocks before it comes to that (`toolkit.chunks.overlap_add`).
    """
    from toolkit.checkpoints import shipped

    run = Run(device=workshop.device, seed=workshop.recipe.seed, checkpoints=shipped())
    force = order.leftover
    try:
        return restore_file(source, targets, workshop.recipe, run, force=force, observe=observer)
    except (RuntimeError, ResourceError) as error:
        if workshop.device == "cpu" or not is_out_of_memory(error):
            raise
    local = replace(run, device="cpu")
    outcome = restore_file(source, targets, workshop.recipe, local, force=force, observe=observer)
    return _moved_to_cpu(outcome, targets, workshop.device)


def _moved_to_cpu(outcome: Outcome, targets: Targets, device: str) -> Outcome:
    """Say in the record, too, that the work was not done on the device that was asked for."""
    from toolkit.io.atomic import replacing

    record = dict(outcome.record)
    warnings = (*outcome.warnings, f"done on the processor: no room in the memory of {device}")
    record["settings"] = {**record["settings"], "device_asked": device}
    record["warnings"] = list(warnings)
    assert targets.record is not None  # a path has one
    with replacing(targets.record, force=True) as sink:
        sink.write(dump(record).encode())
    return replace(outcome, record=record, warnings=warnings)


class _Observer:
    """Measure and draw a recording before and after, as far as the workshop wants that."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self.picture = b""

    def __call__(self, before: Audio, after: Audio, diagnosis: Diagnosis) -> Mapping[str, Any]:
        from toolkit.archive import measures
        from toolkit.report.thumbnail import thumbnail

        if self._workshop.pictures:
            self.picture = thumbnail(before, after)
        if not self._workshop.measures:
            return {}
        return measures.compare(before, after, diagnosis, Run(seed=self._workshop.recipe.seed))


def _adopted(order: Order, bench: _Bench, targets: Targets) -> Report:
    """Return the report of a result that an earlier run left complete but could not report."""
    assert isinstance(targets.output, Path)
    assert targets.record is not None
    record = load(targets.record)
    return Report(
        order.job,
        "done",
        adopted=True,
        sha256=record["input"]["sha256"],
        files=_files(order.target, targets, record),
        duration=_duration(record),
        warnings=tuple(record["warnings"]),
        measures=record.get("measures", {}),
    )


def _files(target: str, targets: Targets, record: Mapping[str, Any]) -> tuple[File, ...]:
    output, place = targets.output, targets.record
    assert isinstance(output, Path)
    assert place is not None
    folder = target.rpartition("/")[0]
    below = f"{folder}/" if folder else ""
    files = [File(target, "output", output.stat().st_size, record["output"]["sha256"])]
    if targets.difference is not None:
        path = targets.difference
        files.append(File(below + path.name, "difference", path.stat().st_size, sha256_of(path)))
    files.append(File(below + place.name, "record", place.stat().st_size, sha256_of(place)))
    return tuple(files)


def _duration(record: Mapping[str, Any]) -> float:
    facts = record["input"]
    return float(facts["num_samples"] / facts["format"]["sample_rate"])


def _name() -> str:
    return f"{platform.node()}:{os.getpid()}"


def _limit_memory(num_bytes: int) -> None:
    """Let allocations beyond a number of bytes fail, so that the job does and not the machine.

    The limit is on data, not on addresses: scratch space is mapped files and costs no memory.
    """
    try:
        import resource
    except ImportError as error:
        raise ResourceError(
            "memory cannot be capped on this system", "drop --max-memory"
        ) from error
    resource.setrlimit(resource.RLIMIT_DATA, (num_bytes, num_bytes))
