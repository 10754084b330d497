"""Work through the pending jobs of a manifest: hand out, settle, retry, quarantine, pause, stop.

The loop is one thread. The manifest is the truth: an order is handed out after its job is recorded
as running, and a job is done when the manifest says so, which is after its result and record lie
complete in their places.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Literal

from toolkit.archive.job import Job, Order, Report, State
from toolkit.archive.manifest import Manifest
from toolkit.archive.places import Output
from toolkit.archive.working.crew import Answer, Crew, Loss
from toolkit.errors import ResourceError

# What may be gone at the next attempt; anything else is the recording's own fault.
_TRANSIENT = frozenset(("E_IO", "E_MEMORY", "E_CHANGED", "E_STORE"))
# Failures that say nothing about the recording: the next run tries them again.
_OURS = frozenset(("E_PERMISSION", "E_RESOURCE", "E_FAILED", "E_MISSING"))
_TICK_SECONDS = 0.2
_FULL_SECONDS = 1.0

Ending = Literal["finished", "interrupted", "no space", "failed fast"]


@dataclass(frozen=True)
class Policy:
    """Hold how patient a batch is.

    Parameters
    ----------
    attempts : int
        How often a transient failure is tried.
    deaths : int
        How many workers a recording may kill or hang before it is quarantined.
    backoff : float
        Seconds before the second attempt, doubled for each further one.
    seconds : float, optional
        Time that one recording may take; None: by its size, see `allowance`.
    on_full : {'pause', 'stop'}
        What to do when the disk is full.
    grace : float
        Seconds that running work may take once a stop is asked for.
    fail_fast : bool
        Whether the first failure ends the batch.
    """

    attempts: int = 3
    deaths: int = 2
    backoff: float = 0.5
    seconds: float | None = None
    on_full: Literal["pause", "stop"] = "pause"
    grace: float = 8.0
    fail_fast: bool = False

    def allowance(self, size: int) -> float:
        """Return the seconds that a recording of a size in bytes may take.

        Compressed sound has at least some 8 kB a second, and the slowest chain is slower than real
        time on an old machine: four seconds for each, and ten minutes for whatever else.
        """
        return self.seconds if self.seconds is not None else 600 + 4 * size / 8000


@dataclass
class Stop:
    """Take the wish to stop, from a signal handler for instance.

    Parameters
    ----------
    level : int
        0: go on; 1: finish what is running, within the policy's grace; 2: at once.
    patient : bool
        Whether running work may take as long as it needs.
    since : float
        From when that grace counts, by the monotonic clock.
    """

    level: int = 0
    patient: bool = False
    since: float = 0.0

    def ask(self, *, patient: bool = False) -> None:
        """Ask once to finish, twice to stop at once; hurry can be added to patience."""
        if self.level == 1 and self.patient and not patient:
            self.patient, self.since = False, monotonic()
            return
        self.level += 1
        self.patient = patient
        self.since = self.since or monotonic()


Notify = Callable[[str, Mapping[str, Any]], None]
"""Called as notify(kind of event, facts): ``started``, ``done``, ``retry``, ``failed``,
``quarantined``, ``worker-lost``, ``paused``, ``resumed``, ``stopping``."""


def _nobody(kind: str, facts: Mapping[str, Any]) -> None:
    """Tell nobody."""


class Engine:
    """Drive a crew through the pending jobs of a manifest.

    Parameters
    ----------
    manifest : Manifest
        In which a run has begun.
    crew : Crew
        Who works.
    output : Output
        Where results go: looked at for leftovers and room.
    rename : callable
        ``rename(job)`` gives a job whose target is another's a new revision and returns it.
    policy : Policy
        How patient to be.
    notify : callable
        Told of everything that happens.
    keep_picture : callable
        ``keep_picture(job, png)`` stores a picture before its job is done.
    """

    def __init__(
        self,
        manifest: Manifest,
        crew: Crew,
        output: Output,
        *,
        rename: Callable[[Job], Job],
        policy: Policy | None = None,
        notify: Notify = _nobody,
        keep_picture: Callable[[int, bytes], None] = lambda job, png: None,
    ) -> None:
        self._manifest, self._crew, self._output = manifest, crew, output
        self._rename, self._notify, self._keep_picture = rename, notify, keep_picture
        self._policy = policy or Policy()
        self._waiting: deque[int] = deque()
        self._later: list[tuple[float, int]] = []
        self._running: dict[int, Order] = {}
        self._alone: set[int] = set()
        self._needed = self._lacked = self._noticed = 0
        self._stop = Stop()
        self._ending: Ending = "finished"

    def work(
        self,
        jobs: Iterable[int],
        stop: Stop,
        more: Callable[[], Iterable[int]] | None = None,
    ) -> Ending:
        """Work through jobs in the order given; return how it ended.

        Parameters
        ----------
        stop : Stop
            Looked at between any two things.
        more : callable, optional
            Asked for further jobs when there are none left; without it the batch ends.
        """
        self._stop = stop
        self._waiting.extend(jobs)
        try:
            while self._goes_on(more):
                self._hand_out()
                self._settle(self._crew.wait(_TICK_SECONDS))
        finally:
            if self._running:
                self._crew.stop()
                self._manifest.put_back(self._running)
                self._running.clear()
        return self._ending

    def _goes_on(self, more: Callable[[], Iterable[int]] | None) -> bool:
        stop = self._stop
        if stop.level > self._noticed:
            self._noticed = stop.level
            self._notify("stopping", {"at_once": stop.level > 1})
        if stop.level:
            self._ending = "interrupted" if self._ending == "finished" else self._ending
            late = not stop.patient and monotonic() - stop.since > self._policy.grace
            return bool(self._running) and stop.level < 2 and not late
        if not (self._running or self._waiting or self._later) and more is not None:
            self._waiting.extend(more())
            return True
        return bool(self._running or self._waiting or self._later)

    def _hand_out(self) -> None:
        due = [job for when, job in self._later if when <= monotonic()]
        self._later = [(when, job) for when, job in self._later if job not in due]
        self._waiting.extendleft(reversed(due))
        if self._stop.level or not self._waiting or (self._needed and not self._has_room()):
            return
        jobs = [self._manifest.get(job) for job in self._next()]
        if not jobs:
            return
        orders = [Order(job.id, job.source, job.target, job.size, job.begun) for job in jobs]
        there = self._output.sizes([job.target for job in jobs])
        # What is under a target that was free when its job began can only be this job's.
        free = [job.id for job, size in zip(jobs, there, strict=True) if size is None]
        self._write(lambda: self._manifest.start([job.id for job in jobs], free))
        for order in orders:
            self._running[order.job] = order
            self._crew.submit(order, self._policy.allowance(order.size))
            self._notify("started", {"job": order.job, "source": order.source})

    def _next(self) -> list[int]:
        """Return the jobs to hand out now; one that a full disk stopped goes alone at first."""
        if self._alone & set(self._running):
            return []
        count = min(self._crew.room, len(self._waiting))
        if self._waiting and self._waiting[0] in self._alone:
            count = min(count, 0 if self._running else 1)
        return [self._waiting.popleft() for _ in range(max(count, 0))]

    def _settle(self, answers: Iterable[Answer]) -> None:
        for order, report in answers:
            self._running.pop(order.job, None)
            if not isinstance(report, Report):
                self._lost(order, report)
            elif report.result == "done":
                self._done(order, report)
            elif report.result == "occupied" or report.code == "E_OCCUPIED":
                self._move(report)
            elif report.code == "E_NOSPACE":
                self._full(order, report)
            else:
                self._failed(report)

    def _done(self, order: Order, report: Report) -> None:
        if report.job in self._alone:
            self._alone.discard(report.job)
            self._lacked = 0
        if report.picture:
            self._keep_picture(report.job, report.picture)
        self._write(lambda: self._manifest.finish(report))
        facts = {
            "job": report.job,
            "source": order.source,
            "target": order.target,
            "size": order.size,
            "duration": report.duration,
            "seconds": report.seconds,
            "warnings": list(report.warnings),
            "adopted": report.adopted,
        }
        self._notify("done", facts)

    def _move(self, report: Report) -> None:
        """Give a job whose target belongs to another result a name of its own."""
        self._write(lambda: self._manifest.put_back([report.job]))
        moved = self._rename(self._manifest.get(report.job))
        self._waiting.appendleft(moved.id)

    def _lost(self, order: Order, loss: Loss) -> None:
        if loss == "gone":
            self._write(lambda: self._manifest.put_back([order.job]))
            self._waiting.append(order.job)
            self._notify("worker-lost", {"job": order.job, "source": order.source})
            return
        died = loss == "died"
        report = Report(
            order.job,
            "failed",
            code="E_WORKER" if died else "E_TIMEOUT",
            message=(
                "the worker died over it (killed, crashed, or out of memory)"
                if died
                else f"not done after {self._policy.allowance(order.size):.0f} s"
            ),
            hint="try it alone" if died else "allow more: --timeout SECONDS",
        )
        deaths = self._manifest.get(order.job).deaths + 1
        again = deaths < self._policy.deaths
        state: State = "pending" if again else "quarantined"
        self._write(lambda: self._manifest.fail(report, state, died=True))
        facts = self._facts(report, order.source)
        self._notify("worker-lost", facts)
        if again:
            # Behind the others: should it kill its next worker too, they are done before.
            self._waiting.append(order.job)
        else:
            self._ended("quarantined", facts)

    def _failed(self, report: Report) -> None:
        job = self._manifest.get(report.job)
        facts = self._facts(report, job.source)
        transient = report.code in _TRANSIENT
        if transient and job.attempts < self._policy.attempts:
            self._write(lambda: self._manifest.fail(report, "pending"))
            wait = self._policy.backoff * 2 ** (job.attempts - 1)
            self._later.append((monotonic() + wait, report.job))
            self._notify("retry", facts | {"in_seconds": wait})
            return
        state: State = "failed" if transient or report.code in _OURS else "quarantined"
        self._write(lambda: self._manifest.fail(report, state))
        self._ended(state, facts)

    def _ended(self, state: str, facts: Mapping[str, Any]) -> None:
        self._notify(state, facts)
        if self._policy.fail_fast and not self._stop.level:
            self._ending = "failed fast"
            self._stop.ask(patient=True)

    def _full(self, order: Order, report: Report) -> None:
        """Put a job back that did not fit; go on when there is room, or stop."""
        self._write(lambda: self._manifest.put_back([report.job]))
        self._waiting.appendleft(report.job)
        self._alone.add(report.job)
        if self._policy.on_full == "stop":
            self._ending = "no space"
            if not self._stop.level:
                self._stop.ask(patient=True)
        elif not self._needed:
            # More than last time, should what was free then not have been enough.
            self._needed = self._lacked = max(2 * self._lacked, 2 * order.size, 1 << 20)
            self._notify("paused", {"reason": report.message, "needed_bytes": self._needed})

    def _has_room(self) -> bool:
        free = self._output.free_bytes()
        if self._running or (free is not None and free < self._needed):
            return False
        self._needed = 0
        self._notify("resumed", {})
        return True

    def _write(self, change: Callable[[], None]) -> None:
        """Change the manifest; if its disk is full, wait for room rather than lose the thread."""
        told = False
        while True:
            try:
                change()
            except ResourceError as error:
                if self._policy.on_full == "stop" or self._stop.level:
                    raise
                if not told:
                    self._notify("paused", {"reason": error.message})
                    told = True
                sleep(_FULL_SECONDS)
            else:
                if told:
                    self._notify("resumed", {})
                return

    @staticmethod
    def _facts(report: Report, source: str) -> dict[str, Any]:
        return {
            "job": report.job,
            "source": source,
            "code": report.code,
            "message": report.message,
            "hint": report.hint,
        }
