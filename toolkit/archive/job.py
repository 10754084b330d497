"""What a batch is made of: a job for each recording, the order given to a worker, its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from toolkit.restore import Recipe

State = Literal["pending", "running", "done", "failed", "quarantined"]
STATES: tuple[State, ...] = ("pending", "running", "done", "failed", "quarantined")

# Paths in jobs, orders and records are relative, with "/" between folders on every system.


@dataclass(frozen=True)
class Entry:
    """Hold one recording as a look into the collection's folders shows it.

    Parameters
    ----------
    source : str
        Path below the collection's root.
    size : int
        In bytes.
    stamp : str
        Changes when the file does: its time of modification, or an object store's ETag.
    """

    source: str
    size: int
    stamp: str


@dataclass(frozen=True)
class Job:
    """Hold one row of the manifest: a recording, what is to be made of it, and how far that is.

    Parameters
    ----------
    id : int
        In the manifest.
    source, size, stamp
        As in `Entry`.
    recipe : str
        Key of the recipe (`toolkit.restore.Recipe.key`).
    revision : int
        1, and one more for each time that the recording or the recipe was another one.
    target : str
        Path of the result below the output's root.
    state : State
        ``failed`` will be tried again by the next run, ``quarantined`` only when that is asked.
    begun : bool
        Whether a worker set out to write the target when it was free, so that what is found there
        since is this job's.
    attempts, deaths : int
        How often it was tried, and how often its worker died or hung over it.
    sha256, output_sha256 : str
        Of the recording and of the result, once known.
    output_size : int
        Of the result in bytes.
    duration, seconds : float
        Of the recording; of the work.
    warnings : tuple[str, ...]
        What the record warns of.
    measures : Mapping
        Before and after, as the record has them.
    code, message, hint : str
        What went wrong.
    """

    id: int
    source: str
    size: int
    stamp: str
    recipe: str
    revision: int
    target: str
    state: State
    begun: bool = False
    attempts: int = 0
    deaths: int = 0
    sha256: str = ""
    output_sha256: str = ""
    output_size: int = 0
    duration: float = 0.0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    message: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Workshop:
    """Hold what every worker is told once, before its first order.

    Parameters
    ----------
    collection, out : str
        Roots: folders, or URLs of an object store.
    recipe : Recipe
        What is done to each recording.
    device : str
        ``cpu``, ``cuda`` …
    difference : bool
        Whether what was taken away is written too.
    measures, pictures : bool
        Whether each recording is measured, and drawn, before and after.
    max_memory : int, optional
        Bytes that one worker may take.
    """

    collection: str
    out: str
    recipe: Recipe
    device: str = "cpu"
    difference: bool = False
    measures: bool = True
    pictures: bool = True
    max_memory: int | None = None


@dataclass(frozen=True)
class Order:
    """Hold what a worker is asked to do.

    Parameters
    ----------
    job : int
        Whose number the report carries.
    source, target : str
        Relative paths.
    size : int
        Of the recording, in bytes.
    leftover : bool
        Whether a file under the target's name can only be what an earlier, interrupted attempt at
        this very job left, and may be replaced. Any other is never touched.
    """

    job: int
    source: str
    target: str
    size: int
    leftover: bool = False


Result = Literal["done", "occupied", "failed"]


@dataclass(frozen=True)
class File:
    """Hold one file of the output: its path, what it is, and its fixity."""

    path: str
    role: Literal["output", "difference", "record"]
    size: int
    sha256: str


@dataclass(frozen=True)
class Report:
    """Hold what a worker answers.

    Parameters
    ----------
    job : int
        Of the order.
    result : Result
        ``occupied``: the target is another result's, give this one another name.
    adopted : bool
        Whether the result was there already, made of the same recording by the same recipe.
    sha256 : str
        Of the recording.
    files : tuple[File, ...]
        What belongs to the result; the output first.
    duration, seconds : float
        Of the recording; of the work.
    warnings : tuple[str, ...]
        Of the record.
    measures : Mapping
        As in the record.
    picture : bytes
        A PNG of the recording before and after.
    code, message, hint, trace : str
        What went wrong, if something did; `code` is a stable word such as ``E_TRUNCATED``.
    worker : str
        Who did it: host and process.
    """

    job: int
    result: Result
    adopted: bool = False
    sha256: str = ""
    files: tuple[File, ...] = ()
    duration: float = 0.0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)
    picture: bytes = field(default=b"", repr=False)
    code: str = ""
    message: str = ""
    hint: str = ""
    trace: str = field(default="", repr=False)
    worker: str = ""
