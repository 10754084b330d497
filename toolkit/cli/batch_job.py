"""Do what ``batch`` was asked, and say how it goes."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from toolkit.archive.telling.plain_text import escaped
from toolkit.cli.cores import num_cores
from toolkit.cli.terminal import INTERRUPTED, SOME_FAILED, progress, result, say
from toolkit.errors import ResourceError, UsageError

if TYPE_CHECKING:
    from types import FrameType

    from toolkit.archive.plan import Plan
    from toolkit.archive.restoring import Batch, Summary
    from toolkit.archive.working.engine import Stop

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_SAMPLE_SECONDS = 20.0


@dataclass(frozen=True)
class Request:
    """Hold what was typed, before anything is looked at."""

    collection: str
    out: str
    pipeline: str
    strength: float
    settings: tuple[str, ...]
    difference: bool
    accept_truncated: bool
    allow_generative: bool
    name: str
    only: tuple[str, ...]
    skip: tuple[str, ...]
    listed: Path | None
    jobs: int
    engine: str
    ray_address: str
    shard: str
    state: str
    device: str
    seed: int
    timeout: float | None
    retries: int
    max_memory: str
    on_full: str
    fail_fast: bool
    rehash: bool
    retry_quarantined: bool
    watch: bool
    settle: float
    measures: bool
    pages: bool
    bag: bool
    institution: str
    dry_run: bool
    as_json: bool
    quiet: bool


def perform(request: Request) -> int:
    """Do it and return the exit code: 0, 3 when some failed, 130 when interrupted."""
    from toolkit.archive.restoring import look, restore_collection

    batch = make_batch(request)
    if request.dry_run:
        return _show(request, batch, look(batch))
    with _told(request, batch) as teller, _stopping() as stop:
        summary = restore_collection(batch, stop, teller, watch=request.watch)
    if any(summary.counts.values()):
        _document(request, batch)
    _finish(request, summary)
    if summary.ending == "no space":
        raise ResourceError(
            "the disk is full; what was finished is kept",
            "free space and give the same command again",
        )
    if summary.ending == "interrupted":
        return INTERRUPTED
    return SOME_FAILED if _left(summary) else 0


def make_batch(request: Request) -> Batch:
    """Return the checked batch that a request means.

    Raises
    ------
    UsageError
        For anything that does not exist or does not fit.
    """
    from toolkit.archive.job import Workshop
    from toolkit.archive.naming import TEMPLATE, Naming
    from toolkit.archive.plan import Selection
    from toolkit.archive.restoring import Batch
    from toolkit.archive.working.engine import Policy
    from toolkit.cli.job import Request as Single
    from toolkit.cli.job import make_recipe

    recipe = make_recipe(
        Single(
            inputs=(),
            pipeline=request.pipeline,
            role="restored",
            strength=request.strength,
            settings=request.settings,
            accept_truncated=request.accept_truncated,
            seed=request.seed,
        )
    )
    engine, on_full = request.engine, request.on_full
    if engine not in ("local", "ray"):
        raise UsageError(f"--engine {engine!r} is not known", "local or ray")
    if on_full not in ("pause", "stop"):
        raise UsageError(f"--on-full {on_full!r} is not known", "pause or stop")
    role = "restored" if request.pipeline == "restore" else recipe.pipeline.name
    return Batch(
        workshop=Workshop(
            collection=request.collection,
            out=request.out,
            recipe=recipe,
            device=request.device,
            difference=request.difference,
            measures=request.measures,
            pictures=request.pages,
            max_memory=_bytes(request.max_memory),
        ),
        naming=Naming(role, recipe.pipeline.name, request.name or TEMPLATE),
        selection=Selection(
            request.only, request.skip, _listed(request.listed), _shard(request.shard)
        ),
        policy=Policy(
            attempts=request.retries + 1,
            seconds=request.timeout,
            on_full="stop" if on_full == "stop" else "pause",
            fail_fast=request.fail_fast,
        ),
        state=request.state,
        workers=request.jobs or num_cores(),
        engine="ray" if engine == "ray" else "local",
        ray_address=request.ray_address,
        rehash=request.rehash,
        retry_quarantined=request.retry_quarantined,
        allow_generative=request.allow_generative,
        settle=request.settle,
    )


class _Teller:
    """Say what happens: lines and a bar on standard error, results or events on standard output."""

    def __init__(self, request: Request, batch: Batch, display: Any) -> None:
        self._request, self._batch, self._display = request, batch, display
        self._task: Any = None
        self._count = self._ended = self._bytes = 0
        self._seconds = 0.0
        self._began = monotonic()

    def __call__(self, kind: str, facts: Mapping[str, Any]) -> None:
        from toolkit.archive.manifest import now

        if self._request.as_json:
            result(json.dumps({"time": now(), "event": kind, **facts}))
            sys.stdout.flush()
        tell = getattr(self, f"_{kind.replace('-', '_')}", None)
        if tell is not None:
            tell(facts)

    def _say(self, line: str) -> None:
        if self._display is not None:
            self._display.console.print(line, markup=False, highlight=False)
        else:
            say(line)

    def _planned(self, facts: Mapping[str, Any]) -> None:
        self._count, self._bytes = facts["to_do"], facts["bytes"]
        known = [f"{facts[word]} {word}" for word in ("done", "quarantined", "gone") if facts[word]]
        self._say(
            f"{self._count} recordings to restore, {_size(self._bytes)}"
            + (f"; before: {', '.join(known)}" if known else "")
        )
        if self._display is not None:
            self._task = self._display.add_task(
                self._batch.workshop.recipe.pipeline.name, total=self._bytes or None
            )

    def _advance(self, facts: Mapping[str, Any]) -> str:
        self._ended += 1
        self._seconds += facts.get("duration", 0.0)
        if self._task is not None:
            rate = self._seconds / max(monotonic() - self._began, 1e-9)
            self._display.update(
                self._task,
                advance=facts.get("size", 0),
                description=f"{self._ended} of {max(self._count, self._ended)}, {rate:.1f}x",
            )
        return f"[{self._ended}/{max(self._count, self._ended)}] {escaped(facts['source'])}"

    def _done(self, facts: Mapping[str, Any]) -> None:
        head = self._advance(facts)
        if not self._request.quiet:
            word = "was done already" if facts["adopted"] else f"done in {facts['seconds']:.1f} s"
            self._say(f"{head}: {word}")
        if not self._request.as_json:
            result(escaped(f"{self._batch.workshop.out.rstrip('/')}/{facts['target']}"))

    def _quarantined(self, facts: Mapping[str, Any]) -> None:
        self._say(f"{self._advance(facts)}: set aside: {facts['code']}: {facts['message']}")
        self._say(f"  hint:  {facts['hint']}")

    def _failed(self, facts: Mapping[str, Any]) -> None:
        self._say(f"{self._advance(facts)}: failed: {facts['code']}: {facts['message']}")
        self._say(f"  hint:  {facts['hint']}")

    def _retry(self, facts: Mapping[str, Any]) -> None:
        self._say(
            f"{escaped(facts['source'])}: {facts['message']}; again in {facts['in_seconds']} s"
        )

    def _worker_lost(self, facts: Mapping[str, Any]) -> None:
        self._say(f"{escaped(facts['source'])}: {facts.get('message', 'its machine went away')}")

    def _paused(self, facts: Mapping[str, Any]) -> None:
        self._say(f"paused: {facts['reason']}; goes on by itself when there is room")

    def _resumed(self, facts: Mapping[str, Any]) -> None:
        self._say("there is room: going on")

    def _stopping(self, facts: Mapping[str, Any]) -> None:
        words = "stopping at once" if facts["at_once"] else "finishing what is running"
        self._say(f"{words}; the same command goes on later")


@contextmanager
def _told(request: Request, batch: Batch) -> Iterator[_Teller]:
    if not sys.stderr.isatty() or request.as_json:
        yield _Teller(request, batch, None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeLeft())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        yield _Teller(request, batch, display)


@contextmanager
def _stopping() -> Iterator[Stop]:
    """Let signals ask to stop: once to finish, twice at once, SIGUSR1 to finish without hurry."""
    from toolkit.archive.working.engine import Stop

    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        # No word here: the signal may have come in the middle of one.
        stop.ask(patient=number == getattr(signal, "SIGUSR1", None))

    names = ("SIGINT", "SIGTERM", "SIGUSR1")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(request: Request, batch: Batch, plan: Plan) -> int:
    """Show a plan, with an estimate from a trial with a part of one recording."""
    work = plan.work()
    seconds, hours = _estimate(batch, plan)
    rows = [
        {
            "source": each.entry.source,
            "verdict": each.verdict,
            "target": each.target,
            "bytes": each.entry.size,
        }
        for each in plan.choices
    ]
    if request.as_json:
        facts = {
            "to_do": len(work),
            "done": plan.count("done"),
            "quarantined": plan.count("quarantined"),
            "bytes": plan.num_bytes,
            "audio_hours": round(hours, 3),
            "estimated_seconds": round(seconds),
            "workers": batch.workers,
            "recordings": rows,
        }
        result(json.dumps(facts, indent=2))
        return 0
    for each in plan.choices:
        result(f"{each.verdict:11} {escaped(each.entry.source)} -> {escaped(each.target)}")
    say(
        f"{len(work)} to restore, {plan.count('done')} done, {plan.count('quarantined')} set aside",
        f"{_size(plan.num_bytes)}, {hours:.1f} hours of sound",
    )
    if work:
        say(f"estimate: {_duration(seconds)} with {batch.workers} workers, by a trial of one")
    return 0


def _estimate(batch: Batch, plan: Plan) -> tuple[float, float]:
    """Return the seconds that the work may take and the hours of sound in it.

    The duration of each recording is that of its header, or guessed from its size by those whose
    header can be read; how fast the chain is on this machine is measured with a part of one.
    """
    from time import perf_counter

    from toolkit.archive.places import is_url
    from toolkit.checkpoints import shipped
    from toolkit.errors import ToolkitError
    from toolkit.io import audio_file
    from toolkit.pipeline import execute
    from toolkit.restore import diagnose
    from toolkit.run import Run

    work, shop = plan.work(), batch.workshop
    if not work or is_url(shop.collection):
        return 0.0, 0.0
    known: dict[str, float] = {}
    for each in work:
        try:
            format, count, _ = audio_file.probe(Path(shop.collection) / each.entry.source)
            known[each.entry.source] = count / format.sample_rate
        except ToolkitError:
            continue
    if not known:
        return 0.0, 0.0
    measured = sum(each.entry.size for each in work if each.entry.source in known)
    total = sum(known.values()) * plan.num_bytes / max(measured, 1)
    trial = max(known, key=lambda source: known[source])
    run = Run(device=shop.device, checkpoints=shipped())
    recording = audio_file.read(
        Path(shop.collection) / trial, run, duration=_SAMPLE_SECONDS, accept_truncated=True
    )
    began = perf_counter()
    execute(diagnose(recording.audio, shop.recipe, run).pipeline, recording.audio, run)
    rate = (perf_counter() - began) / max(recording.audio.duration, 1e-3)
    return total * rate / max(batch.workers, 1), total / 3600


def _document(request: Request, batch: Batch) -> None:
    from toolkit.archive.telling import documents

    with progress("documents", ("pages",)) as callback:
        documents.write(
            batch.workshop.out,
            batch.state_folder,
            each=request.pages,
            institution=request.institution,
            progress=lambda done, total: callback("pages", done, total),
        )
    if request.bag:
        result(str(documents.pack(batch.workshop.out, batch.state_folder, request.institution)))


def _finish(request: Request, summary: Summary) -> None:
    counts = summary.counts
    say(
        f"{counts['done']} done, {counts['failed']} failed, {counts['quarantined']} set aside, "
        f"{counts['pending']} left"
    )
    if request.as_json:
        result(json.dumps({"event": "ended", "ending": summary.ending, **counts}))


def _left(summary: Summary) -> bool:
    counts = summary.counts
    return bool(counts["failed"] or counts["quarantined"] or counts["pending"])


def _listed(path: Path | None) -> frozenset[str] | None:
    if path is None:
        return None
    try:
        text = os.fsdecode(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "give: --list FILE") from error
    return frozenset(line for line in text.splitlines() if line)


def _shard(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None:
        raise UsageError(f"--shard {text!r} is not I/N", "try: --shard 1/4")
    return int(match[1]), int(match[2])


def _bytes(text: str) -> int | None:
    """Return the bytes that ``4G`` means.

    Examples
    --------
    >>> _bytes("1.5G")
    1610612736
    """
    if not text:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmg]?)b?", text.lower())
    if match is None:
        raise UsageError(f"--max-memory {text!r} is no size", "try: --max-memory 4G")
    return round(float(match[1]) * _UNITS[match[2]])


def _size(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:.1f} MB"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
