"""What PREMIS 3 (2015) is told of a batch: objects, events, agents, as plain values.

Identifiers are UUIDs of version 5, made of what they stand for, so that the same batch is told in
the same words whether one run did it or many shards, today or later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid5

_SPACE = UUID("5c3e2d5e-5f0b-5b5e-9a43-1d1f2f6f8a51")


@dataclass(frozen=True)
class Relation:
    """Hold how one object stands to another: type, subtype, and the other's identifier."""

    kind: str
    subkind: str
    other: str


@dataclass(frozen=True)
class Thing:
    """Hold an object of PREMIS: a file.

    Parameters
    ----------
    id : str
        Its identifier.
    path : str
        Below the collection's root for a source, below the output's for anything else.
    sha256 : str
        Empty if not known.
    size : int
        In bytes.
    format : str
        Name of the file format.
    properties : Mapping[str, object]
        Significant ones.
    relations : tuple[Relation, ...]
        To other objects.
    happenings : tuple[str, ...]
        Identifiers of the events in which it took part.
    """

    id: str
    path: str
    sha256: str
    size: int
    format: str
    properties: Mapping[str, object] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    happenings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Happening:
    """Hold an event of PREMIS.

    Parameters
    ----------
    id, kind, time : str
        Identifier; a word of the vocabulary of event types; UTC, ISO 8601.
    outcome : str
        ``success``, ``warning`` or ``failure``.
    detail, note : str
        What was done; what came of it, or where that is written, as a JSON pointer.
    agents, things : tuple[tuple[str, str], ...]
        Identifiers and roles of those who took part.
    """

    id: str
    kind: str
    time: str
    outcome: str
    detail: str = ""
    note: str = ""
    agents: tuple[tuple[str, str], ...] = ()
    things: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Agent:
    """Hold an agent of PREMIS: identifier, name, type, version, notes."""

    id: str
    name: str
    kind: str
    version: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """Hold what an institution adds or calls otherwise.

    Parameters
    ----------
    restoration : str
        Type of the event in which a derivative is made.
    institution, operator : str
        Agents responsible for all of it; may be empty.
    """

    restoration: str = "modification"
    institution: str = ""
    operator: str = ""

    def agents(self) -> Iterator[Agent]:
        """Yield the agents that are named."""
        if self.institution:
            yield Agent(identifier("agent", self.institution), self.institution, "organization")
        if self.operator:
            yield Agent(identifier("agent", self.operator), self.operator, "person")


@dataclass(frozen=True)
class Account:
    """Hold what is told of one recording and of its results."""

    things: tuple[Thing, ...]
    happenings: tuple[Happening, ...]
    agents: tuple[Agent, ...]


def identifier(*parts: object) -> str:
    """Return the identifier of what some facts stand for."""
    return str(uuid5(_SPACE, "\0".join(ascii(part) for part in parts)))
