"""Survey a collection: measure every file, find copies and other transfers, change nothing."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit import batch
from toolkit.adapters.process_pool import ProcessPool
from toolkit.archive.manifest import now
from toolkit.archive.surveying import same_recording
from toolkit.archive.surveying import worker as survey_worker
from toolkit.archive.surveying.document import Surveyed, document
from toolkit.archive.surveying.measures import Found
from toolkit.archive.surveying.store import Fingerprints, Store
from toolkit.archive.surveying.worker import Answer, Order
from toolkit.dsp.fingerprint_index import Index
from toolkit.run import Progress, silent

STEPS = ("measure", "compare")
"""What progress is reported of."""

_POLL_SECONDS = 0.5
# A file is given up after this, and as long again for each megabyte.
_PATIENCE_SECONDS, _SECONDS_A_MEGABYTE = 300.0, 2.0
_LOST = {
    "died": ("E_CRASHED", "the process that read it died"),
    "hung": ("E_TIMEOUT", "reading it did not come to an end"),
}


def survey(
    inputs: Sequence[Path],
    store_path: Path,
    *,
    jobs: int = 1,
    rehash: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Return what is in a collection as plain data that JSON can hold.

    Parameters
    ----------
    inputs : sequence of Path
        Folders and files; only read.
    store_path : Path
        Where results are kept for the next survey; is made if missing.
    jobs : int
        Processes that measure.
    rehash : bool
        Whether to read files again whose size and time of change are those of the last survey.
    progress : callable
        ``progress(step, done, total)`` for each of `STEPS`.

    Returns
    -------
    dict
        See `toolkit.archive.surveying.document.document`.

    Raises
    ------
    UsageError
        If an input does not exist, or there is no audio in them.
    ResourceError
        If the store cannot be written or no process can be started.
    """
    names = _names(inputs)
    store = Store(store_path)
    try:
        files = _measured(names, store, store_path, jobs, rehash, progress)
        recordings = _recordings(files)
        pairs = _compared(recordings, store, progress)
        durations = [float(each.facts["duration"]) for each in recordings]
        found = same_recording.groups(pairs, durations)
    finally:
        store.close()
    title = ", ".join(path.resolve().name for path in inputs)
    return document(title, now(), files, recordings, found, pairs)


def _names(inputs: Sequence[Path]) -> dict[Path, str]:
    """Return every file and what it is called, relative to the one folder if there is one."""
    sources = [task.source for task in batch.find(inputs, batch.Naming())]
    root = inputs[0] if len(inputs) == 1 and inputs[0].is_dir() else None
    return {path: (path if root is None else path.relative_to(root)).as_posix() for path in sources}


def _measured(
    names: Mapping[Path, str],
    store: Store,
    store_path: Path,
    jobs: int,
    rehash: bool,
    progress: Progress,
) -> list[Surveyed]:
    """Return all files with their facts, measuring those that are not known."""
    sizes = {path: _size(path) for path in names}
    total, done = max(sum(size for size, _ in sizes.values()), 1), 0
    answers: dict[Path, Answer] = {}
    waiting: deque[Path] = deque()
    for path, (size, modified) in sizes.items():
        sha256 = None if rehash else store.sha256(_place(path), size, modified)
        if sha256 is not None and store.found(sha256, path.suffix) is not None:
            answers[path] = Answer(sha256, None)
            done += size
        else:
            waiting.append(path)
    progress("measure", done, total)
    for path, answer in _answers(waiting, sizes, store_path, jobs):
        size, modified = sizes[path]
        if answer.lasting:
            store.keep(_place(path), path.suffix, size, modified, answer.sha256, answer.found)
            # It can be read again; the fingerprints of a large collection fill the memory.
            answer = replace(answer, found=None)
        answers[path] = answer
        done += size
        progress("measure", done, total)
    return [
        Surveyed(name, path.suffix, sizes[path][0], answers[path].sha256, facts)
        for path, name in names.items()
        for facts in [_facts(answers[path], path, store)]
    ]


def _answers(
    waiting: deque[Path], sizes: Mapping[Path, tuple[int, int]], store_path: Path, jobs: int
) -> Iterator[tuple[Path, Answer]]:
    """Yield files and what became of them, as they end."""
    if not waiting:
        return
    pool: ProcessPool[Order, Answer] = ProcessPool(survey_worker.work, min(jobs, len(waiting)))
    try:
        while waiting or len(pool):
            while waiting and pool.room:
                path = waiting.popleft()
                patience = _PATIENCE_SECONDS + _SECONDS_A_MEGABYTE * sizes[path][0] / 1e6
                pool.submit(Order(path, store_path), patience)
            for order, answer in pool.wait(_POLL_SECONDS):
                yield order.path, answer if isinstance(answer, Answer) else _lost(answer)
        pool.close()
    except BaseException:
        # What is under way is given up; everything before it is in the store.
        pool.stop()
        raise


def _lost(how: str) -> Answer:
    code, message = _LOST[how]
    said = {"code": code, "message": message, "hint": "look at the file by itself"}
    return Answer("", Found({"error": said}), lasting=False)


def _facts(answer: Answer, path: Path, store: Store) -> Mapping[str, Any]:
    if answer.found is not None:
        return answer.found.facts
    return store.found(answer.sha256, path.suffix) or {}


def _size(path: Path) -> tuple[int, int]:
    """Return size and time of change; zeros for a file that went away meanwhile."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _place(path: Path) -> str:
    # Names are bytes that need not be text, which a database wants.
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()


def _recordings(files: Sequence[Surveyed]) -> list[Surveyed]:
    """Return the first file of every different recording that holds sound."""
    found: dict[str, Surveyed] = {}
    for each in files:
        if each.facts.get("num_samples"):
            found.setdefault(each.facts["samples_sha256"], each)
    return list(found.values())


def _compared(
    recordings: Sequence[Surveyed], store: Store, progress: Progress
) -> list[same_recording.Pair]:
    """Return all pairs that are alike, looking up only recordings that never were."""
    samples = [str(each.facts["samples_sha256"]) for each in recordings]
    new = [number for number, key in enumerate(samples) if not store.is_compared(key)]
    fingerprints = Fingerprints(store, [(each.sha256, each.suffix) for each in recordings])
    index = Index(fingerprints) if new else None
    for done, number in enumerate(new):
        assert index is not None  # there is something new
        found = same_recording.find_matches(number, fingerprints, index)
        matches = {samples[other]: match for other, match in found.items()}
        store.keep_compared(samples[number], matches)
        progress("compare", done + 1, len(new))
    place = {key: number for number, key in enumerate(samples)}
    return [
        same_recording.Pair(place[one], place[other], match)
        for one, other, match in store.pairs()
        if one in place and other in place
    ]
