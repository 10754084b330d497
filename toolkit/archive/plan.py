"""Decide what is to be done with a collection, before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from toolkit.archive.job import Entry, Job, Report
from toolkit.archive.manifest import Manifest
from toolkit.archive.naming import Naming, assign, shard_of
from toolkit.archive.places import Collection, Output
from toolkit.errors import UsageError
from toolkit.io.result_names import LEVELS
from toolkit.restore import sha256_of

_MOST_REVISIONS = 10_000

Verdict = Literal["new", "again", "done", "quarantined"]


@dataclass(frozen=True)
class Selection:
    """Hold which recordings of a collection are meant.

    Parameters
    ----------
    only, skip : tuple[str, ...]
        Patterns of relative paths, as in a shell; ``*`` crosses folders too.
    listed : frozenset[str], optional
        Relative paths; None for all.
    shard : tuple[int, int]
        Which of how many shards, counted from 1.
    """

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    listed: frozenset[str] | None = None
    shard: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        number, count = self.shard
        if not 1 <= number <= count:
            raise UsageError(f"--shard {number}/{count} is none of 1..{count}", "try: --shard 1/4")

    def has(self, source: str) -> bool:
        """Return whether a recording is meant."""
        if self.listed is not None and source not in self.listed:
            return False
        if self.only and not any(fnmatchcase(source, each) for each in self.only):
            return False
        if any(fnmatchcase(source, each) for each in self.skip):
            return False
        number, count = self.shard
        return shard_of(source, count) == number


@dataclass(frozen=True)
class Choice:
    """Hold what is decided for one recording.

    Parameters
    ----------
    entry : Entry
        The recording.
    verdict : Verdict
        ``new``: a job is made; ``again``: a job that is there is tried; else nothing is done.
    revision : int
        Of the result.
    target : str
        Of the result.
    job : Job, optional
        The one that is there.
    """

    entry: Entry
    verdict: Verdict
    revision: int
    target: str
    job: Job | None = None


@dataclass(frozen=True)
class Plan:
    """Hold the decisions for a collection.

    Parameters
    ----------
    choices : tuple[Choice, ...]
        One for each recording that is meant, by path.
    gone : tuple[int, ...]
        Jobs that were never done and whose recordings are no longer there.
    """

    choices: tuple[Choice, ...]
    gone: tuple[int, ...] = ()

    @property
    def num_bytes(self) -> int:
        """Return the size of all that is to be worked on."""
        return sum(each.entry.size for each in self.work())

    def work(self) -> list[Choice]:
        """Return what is to be worked on, the largest recordings first.

        So that the last worker is not left alone with the longest.
        """
        todo = [each for each in self.choices if each.verdict in ("new", "again")]
        return sorted(todo, key=lambda each: -each.entry.size)

    def count(self, verdict: Verdict) -> int:
        """Return how many recordings got a verdict."""
        return sum(each.verdict == verdict for each in self.choices)


@dataclass(frozen=True)
class Planner:
    """Compare a collection with a manifest.

    Parameters
    ----------
    manifest : Manifest
        What was done before.
    collection, output
        Where recordings come from and results go.
    naming : Naming
        How results are called.
    recipe : str
        Key of the recipe.
    selection : Selection
        Which recordings are meant.
    rehash : bool
        Whether content is compared, of recordings and of results, and not time and size.
    retry_quarantined : bool
        Whether quarantined recordings are tried again.
    """

    manifest: Manifest
    collection: Collection
    output: Output
    naming: Naming
    recipe: str
    selection: Selection = field(default_factory=Selection)
    rehash: bool = False
    retry_quarantined: bool = False

    def plan(self, entries: Iterable[Entry] | None = None) -> Plan:
        """Return what is to be done, with all of the collection or with some of its entries."""
        found = {
            each.source: each
            for each in (self.collection.entries() if entries is None else entries)
        }
        # Names depend on the whole collection, also where only a part of it is meant.
        names = assign(found, self.naming, self._is_taken)
        meant = [entry for source, entry in found.items() if self.selection.has(source)]
        choices = [self._choose(entry, names[entry.source]) for entry in meant]
        gone = [
            job.id
            for job in self.manifest.jobs("pending", "failed")
            if entries is None and job.source not in found and self.selection.has(job.source)
        ]
        return Plan(tuple(self._with_results(choices)), tuple(gone))

    def enroll(self, plan: Plan) -> list[int]:
        """Write the plan into the manifest; return the jobs to do, in order."""
        for job_id in plan.gone:
            self.manifest.fail(_vanished(job_id), "failed")
        for each in plan.choices:
            if each.verdict == "done" and each.job and each.job.stamp != each.entry.stamp:
                self.manifest.touch(each.job.id, each.entry)
        work = plan.work()
        self.manifest.enroll(
            (each.entry, self.recipe, each.revision, each.target)
            for each in work
            if each.verdict == "new"
        )
        ids = []
        for each in work:
            job = each.job
            if each.verdict == "new" or job is None:
                job = self.manifest.latest(each.entry.source, self.recipe)
                assert job is not None  # it was enrolled above
            elif job.state == "done":
                self.manifest.reopen([job.id])
            else:
                self.manifest.repurpose(job.id, each.entry, self.recipe)
            ids.append(job.id)
        return ids

    def rename(self, job: Job) -> Job:
        """Give a job whose target is another's the next revision that is free; return it."""
        latest = self.manifest.latest(job.source)
        revision, target = self._next(job, latest.revision if latest else job.revision)
        self.manifest.rename(job.id, revision, target)
        return self.manifest.get(job.id)

    def _is_taken(self, source: str, target: str) -> bool:
        return self.manifest.owner(target) not in (None, source)

    def _choose(self, entry: Entry, target: str) -> Choice:
        latest = self.manifest.latest(entry.source)
        if latest is None:
            return Choice(entry, "new", 1, target)
        job = self.manifest.latest(entry.source, self.recipe)
        if job is None and latest.state != "done":
            job = latest  # it came to nothing: this recipe may have its place
        if job is not None and job.state != "done":
            if job.state == "quarantined" and not self._retries(job, entry):
                return Choice(entry, "quarantined", job.revision, job.target, job)
            return Choice(entry, "again", job.revision, job.target, job)
        if job is not None and self._is_same(job, entry):
            return Choice(entry, "done", job.revision, job.target, job)
        revision, name = self._next(latest, latest.revision)
        return Choice(entry, "new", revision, name, latest)

    def _retries(self, job: Job, entry: Entry) -> bool:
        changed = (job.size, job.stamp) != (entry.size, entry.stamp)
        return self.retry_quarantined or changed or job.recipe != self.recipe

    def _is_same(self, job: Job, entry: Entry) -> bool:
        """Return whether a recording is still the one that the job was done with."""
        if (job.size, job.stamp) == (entry.size, entry.stamp) and not self.rehash:
            return True
        if job.size != entry.size:
            return False
        with self.collection.fetched(entry.source) as path:
            return sha256_of(path) == job.sha256

    def _with_results(self, choices: list[Choice]) -> Iterator[Choice]:
        """Yield the choices, done again where the result is not there as it was left."""
        targets = [each.target for each in choices if each.verdict == "done"]
        sizes = iter(self.output.sizes(targets))
        for each in choices:
            if each.job is None or each.verdict != "done":
                yield each
            elif next(sizes) != each.job.output_size or not self._is_intact(each.job):
                yield Choice(each.entry, "again", each.revision, each.target, each.job)
            else:
                yield each

    def _is_intact(self, job: Job) -> bool:
        if not self.rehash:
            return True
        with self.output.reading(job.target) as path:
            return sha256_of(path) == job.output_sha256

    def _next(self, job: Job, revision: int) -> tuple[int, str]:
        """Return the next revision after one whose target is free, named like a job's."""
        names = [self.naming.target(job.source, job.revision, level) for level in range(LEVELS)]
        level = names.index(job.target) if job.target in names else LEVELS - 1
        for number in range(revision + 1, _MOST_REVISIONS):
            target = self.naming.target(job.source, number, level)
            if self.manifest.owner(target) is None:
                return number, target
        raise UsageError(f"{job.source} has too many results", "name another output folder")


def _vanished(job: int) -> Report:
    return Report(
        job, "failed", code="E_MISSING", message="it is no longer there", hint="was it moved?"
    )
