"""Look whether the files of an output are still what they were: none changed, missing or added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

from toolkit.archive.checking import fixity
from toolkit.archive.checking.findings import KINDS, Finding, Kind, Verdict
from toolkit.archive.checking.ledger import Known, Ledger
from toolkit.archive.checking.shelf import Shelf
from toolkit.archive.checking.statements import (
    LISTS,
    from_lists,
    from_manifest,
    from_records,
    is_inside,
    walk,
)
from toolkit.archive.manifest import Manifest
from toolkit.archive.merged import manifests, parse_record
from toolkit.archive.telling.bag_text import BAG_MARK
from toolkit.archive.telling.document_names import is_document
from toolkit.errors import UsageError
from toolkit.io.atomic import Sink, replacing
from toolkit.run import Progress, silent


@dataclass(frozen=True)
class Check:
    """Hold what is to be looked at.

    Parameters
    ----------
    shelf : Shelf
        The output, or a bag.
    state : Path, optional
        Folder of the manifests; None: what records and lists in the output say is all there is.
    lists : tuple[Path, ...]
        Further lists of digests, of paths below the root.
    threads : int
        That read at the same time.
    write : Path, optional
        Where to write a list of what was found.
    algorithm : str
        Of that list: one of `toolkit.archive.checking.fixity.ALGORITHMS`.
    """

    shelf: Shelf
    state: Path | None = None
    lists: tuple[Path, ...] = ()
    threads: int = 1
    write: Path | None = None
    algorithm: str = "sha256"

    def __post_init__(self) -> None:
        if self.algorithm not in fixity.ALGORITHMS:
            known = ", ".join(fixity.ALGORITHMS)
            raise UsageError(f"no algorithm {self.algorithm!r}", f"one of: {known}")


def verify(
    check: Check,
    report: Callable[[Finding], None] = lambda finding: None,
    progress: Progress = silent,
) -> Verdict:
    """Read every file that anybody speaks of and compare; then look for others.

    With a manifest the result is noted there as an event ``fixity check``, and one more for each
    job of which a file is not as it should be.

    Parameters
    ----------
    report : callable
        Told of each finding as it is found.
    progress : callable
        Told of the bytes read so far and of all.

    Raises
    ------
    UsageError
        If nothing says what the files should be.
    ResourceError
        If a manifest cannot be opened for writing, or the new list cannot be written.
    """
    began = perf_counter()
    with ExitStack() as stack:
        parts = [
            stack.enter_context(Manifest.open(path))
            for path in (manifests(check.state) if check.state is not None else ())
        ]
        ledger = stack.enter_context(Ledger())
        look = _Look(check, ledger, parts, report, progress)
        look.gather()
        sink = stack.enter_context(replacing(check.write, force=True)) if check.write else None
        look.at_known(sink)
        look.for_others()
        found = {kind: look.counts[kind] for kind in KINDS}
        verdict = Verdict(look.num_files, look.read, perf_counter() - began, found)
        _note(parts, verdict)
    return verdict


def _note(parts: list[Manifest], verdict: Verdict) -> None:
    outcome = "success" if verdict.is_sound else "failure"
    facts: dict[str, Any] = {
        "files": verdict.num_files,
        "bytes": verdict.num_bytes,
        "seconds": round(verdict.seconds, 3),
        "findings": dict(verdict.findings),
    }
    for part in parts:
        part.note(None, "fixity check", outcome, facts)


@dataclass(frozen=True)
class _Seen:
    """Hold what a thread found at a path."""

    digests: Mapping[str, str]
    size: int
    record: Mapping[str, Any] | None
    error: str = ""
    is_missing: bool = False


class _Look:
    """Compare files with what is known of them."""

    def __init__(
        self,
        check: Check,
        ledger: Ledger,
        parts: list[Manifest],
        report: Callable[[Finding], None],
        progress: Progress,
    ) -> None:
        self._check, self._ledger, self._parts = check, ledger, parts
        self._tell, self._progress = report, progress
        self._lock = Lock()
        self._own = _names_inside(check)
        root = check.shelf.root
        self._is_bag = root is not None and (root / BAG_MARK).is_file()
        self._total = 0
        self.read = self.num_files = 0
        self.counts: Counter[Kind] = Counter()

    def gather(self) -> None:
        """Collect what everybody says."""
        root, ledger = self._check.shelf.root, self._ledger
        for index, part in enumerate(self._parts):
            ledger.add(from_manifest(part, index))
        ledger.add(from_lists(root, self._check.lists, self._damaged))
        # A bag's manifest names everything, as it is called there.
        if root is not None and not self._parts and not self._is_bag:
            ledger.add(from_records(root, walk(root)))
        if not self._parts and not len(ledger):
            raise UsageError(
                f"nothing says what the files of {root or 'the output'} should be",
                "name the output folder of a batch, a bag, or: --state FOLDER, --list FILE",
            )
        self._total = _total(root, ledger)

    def at_known(self, sink: Sink | None) -> None:
        """Read all that is known and compare."""
        for known, seen in fixity.in_order(self._see, self._ledger.files(), self._check.threads):
            for finding in self._compare(known, seen):
                self._report(finding)
            if sink is not None and seen.digests:
                sink.write(fixity.line(seen.digests[self._check.algorithm], known.path))

    def for_others(self) -> None:
        """Report the files that nobody knows of."""
        for path in self._check.shelf.files():
            if not self._is_ours(path) and self._ledger.get(path) is None:
                self._report(Finding("unexpected", path, "no manifest, record or list has it"))

    def _damaged(self, path: str, detail: str) -> None:
        self._report(Finding("changed", path, detail))

    def _report(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        self._tell(finding)
        if finding.job is not None:
            part, job = finding.job
            facts = {"path": finding.path, "kind": finding.kind, "detail": finding.detail}
            self._parts[part].note(job, "fixity check", "failure", facts)

    def _is_ours(self, path: str) -> bool:
        """Return whether a file describes the output rather than belong to it."""
        if self._is_bag:
            return "/" not in path and path.startswith("tagmanifest-")
        return path in self._own or path in LISTS or is_document(path)

    def _see(self, known: Known) -> _Seen:
        """Read a file; in a thread."""
        names = known.algorithms | ({self._check.algorithm} if self._check.write else set())
        if not is_inside(known.path):
            return _Seen({}, 0, None, error="its path leads out of the output")
        try:
            with self._check.shelf.at(known.path) as path:
                found = fixity.digests(path, names, self._tick)
                is_record = known.path.endswith(".json")
                record = parse_record(path.read_bytes()) if is_record else None
                return _Seen(found, path.stat().st_size, record)
        except (FileNotFoundError, NotADirectoryError):
            return _Seen({}, 0, None, is_missing=True)
        except OSError as error:
            return _Seen({}, 0, None, error=error.strerror or str(error))

    def _tick(self, count: int) -> None:
        with self._lock:
            self.read += count
            self._progress("verify", self.read, max(self._total, self.read))

    def _compare(self, known: Known, seen: _Seen) -> Iterator[Finding]:
        if seen.is_missing:
            origins = sorted({each.origin for each in known.statements})
            yield Finding("missing", known.path, f"named by {', '.join(origins)}", known.job)
            return
        if seen.error:
            yield Finding("unreadable", known.path, seen.error, known.job)
            return
        self.num_files += 1
        yield from _differences(known, seen)
        if seen.record is not None:
            yield from self._cross_check(known, seen.record)

    def _cross_check(self, known: Known, record: Mapping[str, Any]) -> Iterator[Finding]:
        """Compare what a record says of its result with what else is said of that."""
        output = self._ledger.get(known.path.removesuffix(".json"))
        said = record.get("output", {}).get("sha256")
        for each in output.statements if output is not None else ():
            if each.algorithm == "sha256" and each.digest != said:
                detail = f"says {said} of its result, {each.origin} says {each.digest}"
                yield Finding("disagrees", known.path, detail, known.job)


def _names_inside(check: Check) -> frozenset[str]:
    """Return the paths below the root of the lists that were given or are written."""
    if check.shelf.root is None:
        return frozenset()
    root = check.shelf.root.resolve()
    given = [each.resolve() for each in (*check.lists, check.write) if each is not None]
    return frozenset(
        each.relative_to(root).as_posix() for each in given if each.is_relative_to(root)
    )


def _differences(known: Known, seen: _Seen) -> Iterator[Finding]:
    said = [each for each in known.statements if each.digest]
    wrong = [each for each in said if seen.digests[each.algorithm] != each.digest]
    if wrong and len(wrong) == len(said):
        each = wrong[0]
        size = "" if each.size in (None, seen.size) else f", {seen.size} bytes for {each.size}"
        detail = f"{seen.digests[each.algorithm]}, {each.origin} says {each.digest}{size}"
        yield Finding("changed", known.path, f"{each.algorithm} {detail}", known.job)
        return
    for each in wrong:
        detail = f"{each.origin} says {each.digest}, others say what it is"
        yield Finding("disagrees", known.path, detail, known.job)


def _total(root: Path | None, ledger: Ledger) -> int:
    """Return the bytes that will be read."""
    total = 0
    for known in ledger.files():
        sizes = [each.size for each in known.statements if each.size is not None]
        if sizes:
            total += sizes[0]
        elif root is not None and is_inside(known.path) and (root / known.path).is_file():
            total += (root / known.path).stat().st_size
    return total
