"""Tell what became of each recording, from the manifests and records, in the terms of PREMIS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Self

from toolkit.archive.job import File, Job
from toolkit.archive.manifest import Event
from toolkit.archive.merged import Held, Merged, Read, record_of
from toolkit.archive.telling.preservation import (
    Account,
    Agent,
    Happening,
    Relation,
    Terms,
    Thing,
    identifier,
)

_SOFTWARE, _IMPLEMENTER = "executing program", "implementer"
_HASHED = "message digest calculation"
_FORMATS = {
    "wav": "Waveform Audio File Format (WAVE)",
    "rf64": "RF64 (EBU Tech 3306)",
    "bw64": "BW64 (ITU-R BS.2088)",
    "w64": "Sony Wave64",
    "flac": "Free Lossless Audio Codec (FLAC)",
    "aiff": "Audio Interchange File Format (AIFF)",
    "mp3": "MPEG Audio Layer III",
}
_PROPERTIES = ("sample_rate", "num_channels", "bits", "encoding", "num_samples")


def accounts(batch: Merged, read: Read, terms: Terms) -> Iterator[Account]:
    """Yield what is told of each recording with its results, by path.

    Parameters
    ----------
    read : callable
        Reads records below the output's root.
    """
    for _, revisions in groupby(batch.jobs(), key=lambda held: held.job.source):
        yield _account([_Job.of(held, read, terms) for held in revisions], terms)


def _account(jobs: Sequence[_Job], terms: Terms) -> Account:
    happenings = tuple(each for job in jobs for each in job.happenings())
    took_part: dict[str, list[str]] = {}
    for happening in happenings:
        for thing, _ in happening.things:
            took_part.setdefault(thing, []).append(happening.id)
    things = (*_sources(jobs), *(thing for job in jobs for thing in job.things))
    agents = dict.fromkeys(agent for job in jobs for agent in job.programs)
    return Account(
        tuple(replace(each, happenings=tuple(took_part.get(each.id, ()))) for each in things),
        happenings,
        (*agents, *terms.agents()),
    )


def _sources(jobs: Sequence[_Job]) -> Iterator[Thing]:
    """Yield the recording in each content that it had."""
    contents: dict[str, list[_Job]] = {}
    for each in jobs:
        contents.setdefault(_source_id(each.job), []).append(each)
    for id, made in contents.items():
        job = made[0].job
        about = next((each.record for each in made if each.record), {})
        relations = tuple(
            Relation("derivation", "is source of", thing.id)
            for each in made
            for thing in each.things
            if not thing.path.endswith(".json")
        )
        form = _format(about.get("input", {}), job.source)
        properties = _properties(about, "input")
        yield Thing(id, job.source, job.sha256, job.size, form, properties, relations)


@dataclass(frozen=True)
class _Job:
    """Hold all that is known of one job."""

    job: Job
    record: Mapping[str, Any]
    events: tuple[Event, ...]
    things: tuple[Thing, ...]
    programs: tuple[Agent, ...]
    terms: Terms

    @classmethod
    def of(cls, held: Held, read: Read, terms: Terms) -> Self:
        job = held.job
        record = record_of(job, read) or {}
        files = tuple(held.files()) if job.state == "done" else ()
        things = tuple(_result(file, files, job, record) for file in files)
        programs = tuple(_programs(record or _last_run(held)))
        return cls(job, record, tuple(held.events()), things, programs, terms)

    def happenings(self) -> Iterator[Happening]:
        """Yield what happened, as the record and the manifest have it."""
        if self.record:
            yield from self._of_record(self.record)
        for index, event in enumerate(self.events):
            yield from self._of_event(event, index)

    def _of_record(self, record: Mapping[str, Any]) -> tuple[Happening, ...]:
        """Return what the record tells: the source was hashed and read, the result made."""
        settings = record["settings"]
        time, pointer = settings.get("started", ""), f"{self.job.target}.json#"
        source = ((_source_id(self.job), "source"),)
        made = tuple((each.id, "outcome") for each in self.things)
        outcome = "warning" if record["warnings"] else "success"
        warned = f"{pointer}/warnings" if record["warnings"] else ""
        return (
            self._happening(_HASHED, time, "success", "SHA-256 of the whole file", things=source),
            self._happening(
                "validation",
                time,
                outcome,
                "read whole: headers and samples agree, no sample is out of range",
                warned,
                things=source,
            ),
            self._happening(
                self.terms.restoration,
                time,
                outcome,
                _chain(record),
                warned or f"{pointer}/steps",
                things=(*source, *made),
            ),
            self._happening(
                _HASHED, time, "success", "SHA-256 of what was written", key="results", things=made
            ),
        )

    def _of_event(self, event: Event, index: int) -> Iterator[Happening]:
        """Yield what an event of the manifest tells that the record does not."""
        source = ((_source_id(self.job), "source"),)
        made = tuple((each.id, "outcome") for each in self.things)
        if event.kind == "adoption":
            detail = "found whole, as an interrupted run had left it"
            yield self._happening(
                "fixity check", event.time, "success", detail, key=index, things=made
            )
        elif event.kind == "modification":
            if event.outcome == "failure" or not self.record:
                kind, note = self.terms.restoration, self._failure(event)
                yield self._happening(
                    kind, event.time, event.outcome, "", note, key=index, things=source
                )
        else:
            detail = "; ".join(f"{name}: {value}" for name, value in event.detail.items())
            note = self._failure(event) if event.kind == "quarantine" else ""
            things = self._of_path(str(event.detail.get("path", ""))) or source
            yield self._happening(
                event.kind, event.time, event.outcome, detail, note, key=index, things=things
            )

    def _failure(self, event: Event) -> str:
        """Return what went wrong; the job keeps the words of its last failure alone."""
        code = str(event.detail.get("code", ""))
        if code and code == self.job.code:
            return ": ".join(filter(None, (code, self.job.message, self.job.hint)))
        return code

    def _of_path(self, path: str) -> tuple[tuple[str, str], ...]:
        return tuple((each.id, "source") for each in self.things if each.path == path)

    def _happening(
        self,
        kind: str,
        time: str,
        outcome: str,
        detail: str = "",
        note: str = "",
        *,
        key: object = "",
        things: tuple[tuple[str, str], ...] = (),
    ) -> Happening:
        id = identifier("event", self.job.source, self.job.revision, kind, time, key)
        agents = [(each.id, _SOFTWARE) for each in self.programs]
        agents += [(each.id, _IMPLEMENTER) for each in self.terms.agents()]
        return Happening(id, kind, time, outcome, detail, note, tuple(agents), things)


def _result(file: File, files: Sequence[File], job: Job, record: Mapping[str, Any]) -> Thing:
    """Return one file of a result, and how it stands to the source and the other files."""
    if file.role == "record":
        others = [each for each in files if each.role != "record"]
        relations = [Relation("reference", "documents", _file_id(each)) for each in others]
        form, properties = "JSON", {}
    else:
        relations = [Relation("derivation", "has source", _source_id(job))]
        records = [each for each in files if each.role == "record"]
        relations += [Relation("reference", "is documented in", _file_id(each)) for each in records]
        form = _format(record.get("output", {}), file.path)
        properties = _properties(record, "output")
    return Thing(
        _file_id(file), file.path, file.sha256, file.size, form, properties, tuple(relations)
    )


def _programs(record: Mapping[str, Any]) -> Iterator[Agent]:
    """Yield the program and the models that made a result."""
    versions = record.get("software", {})
    if versions:
        notes = tuple(f"{name} {value}" for name, value in versions.items() if name != "tonearm")
        version = str(versions.get("tonearm", ""))
        yield Agent(identifier("software", version, *notes), "Tonearm", "software", version, notes)
    for model in record.get("checkpoints", ()):
        yield Agent(
            identifier("checkpoint", model["name"], model["sha256"]),
            f"checkpoint {model['name']}",
            "software",
            f"sha256:{model['sha256']}",
            (f"class: {model['class']}",),
        )


def _last_run(held: Held) -> Mapping[str, Any]:
    """Return what is known of the last run over a manifest: its software and checkpoints."""
    runs = held.manifest.runs()
    facts: Mapping[str, Any] = runs[-1]["facts"] if runs else {}
    return facts


def _chain(record: Mapping[str, Any]) -> str:
    """Return what was done in one line: the pipeline, and each step with its parameters."""
    pipeline = record["pipeline"]
    steps = []
    for step in record["steps"]:
        parameters = ", ".join(f"{name}={value}" for name, value in step["parameters"].items())
        steps.append(f"{step['id']} ({parameters})" if parameters else step["id"])
    name, digest = pipeline.get("name"), pipeline.get("sha256")
    return f"pipeline {name} sha256:{digest}: {'; '.join(steps)}"


def _format(about: Mapping[str, Any], path: str) -> str:
    suffix = path.rpartition(".")[2].lower()
    container = about.get("format", {}).get("container", suffix)
    return _FORMATS.get(container, container or "unknown")


def _properties(record: Mapping[str, Any], side: str) -> dict[str, object]:
    """Return the significant properties of the ``input`` or ``output`` of a record."""
    about = record.get(side, {})
    facts = {**about, **about.get("format", {})}
    return {name: facts[name] for name in _PROPERTIES if facts.get(name) not in (None, "")}


def _source_id(job: Job) -> str:
    return identifier("source", job.source, job.sha256)


def _file_id(file: File) -> str:
    return identifier("file", file.path, file.sha256)
