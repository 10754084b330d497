"""Write what became of a collection as PREMIS 3.0 XML (Library of Congress, 2015; schema of 2016).

The schema wants objects before events and events before agents. Objects are written as they come
and events wait in a temporary file beside, so that memory does not grow with the collection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Self

from toolkit.archive.merged import Merged, Read, merged
from toolkit.archive.telling.account import accounts
from toolkit.archive.telling.plain_text import escaped
from toolkit.archive.telling.preservation import Agent, Happening, Terms, Thing, identifier
from toolkit.io.atomic import replacing, storing

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NAMESPACE = "http://www.loc.gov/premis/v3"
SCHEMA_LOCATION = f"{NAMESPACE} https://www.loc.gov/standards/premis/premis.xsd"

_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = f"{{{_INSTANCE}}}type"
_ID_KIND = "UUID"
# Lists of words at id.loc.gov to which the values of an element belong.
_VOCABULARIES = {
    "eventType": "eventType",
    "eventOutcome": "eventOutcome",
    "agentType": "agentType",
    "relationshipType": "relationshipType",
    "relationshipSubType": "relationshipSubType",
    "messageDigestAlgorithm": "cryptographicHashFunctions",
}
_AUTHORITY = "http://id.loc.gov/vocabulary/preservation"


def write(
    state: Path,
    path: Path,
    read: Read,
    *,
    name: str,
    terms: Terms | None = None,
) -> int:
    """Write objects, events and agents of a whole batch; return the number of recordings.

    Parameters
    ----------
    state : Path
        Folder of the manifests.
    path : Path
        The file; replaced if it is there.
    read : callable
        Reads records below the output's root; see `toolkit.archive.merged.files_of`.
    name : str
        Of the output as a whole, such as an institution's number for it.
    terms : Terms, optional
        Agents to name, and the word for a restoration.

    Raises
    ------
    UsageError
        If there is no manifest.
    ResourceError
        If the file cannot be written.
    """
    from lxml import etree

    terms = terms or Terms()
    root = {"version": "3.0", f"{{{_INSTANCE}}}schemaLocation": SCHEMA_LOCATION}
    spaces = {None: NAMESPACE, "xsi": _INSTANCE}
    agents = {each.id: each for each in terms.agents()}
    count = 0
    with (
        merged(state) as batch,
        replacing(path, force=True) as sink,
        _Waiting(path.parent) as waiting,
        etree.xmlfile(sink, encoding="utf-8") as file,
    ):
        file.write_declaration()
        with file.element(_tag("premis"), root, nsmap=spaces):
            file.write(_whole(name), pretty_print=True)
            for account in accounts(batch, read, terms):
                count += 1
                for thing in account.things:
                    file.write(_object(thing), pretty_print=True)
                for happening in account.happenings:
                    waiting.add(happening)
                for agent in account.agents:
                    agents.setdefault(agent.id, agent)
            for happening in _of_all(batch, name):
                waiting.add(happening)
            for happening in waiting:
                file.write(_event(happening), pretty_print=True)
            for agent in agents.values():
                file.write(_agent(agent), pretty_print=True)
    return count


class _Waiting:
    """Keep events in a temporary file until all objects are written; use as a context."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        with storing(str(self._folder)):
            self._file = TemporaryFile("w+", encoding="ascii", dir=self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            # What a full disk refused is still in the buffer, and closing tries it once more.
            self._file.close()

    def add(self, happening: Happening) -> None:
        with storing(str(self._folder)):
            self._file.write(json.dumps(asdict(happening)) + "\n")

    def __iter__(self) -> Iterator[Happening]:
        with storing(str(self._folder)):
            self._file.seek(0)
        for line in self._file:
            facts = json.loads(line)
            links = {name: tuple(map(tuple, facts[name])) for name in ("agents", "things")}
            yield Happening(**facts | links)


def _of_all(batch: Merged, name: str) -> Iterator[Happening]:
    """Yield what happened to the output as a whole."""
    for part in batch.parts:
        for index, event in enumerate(part.events()):
            if event.job is not None:
                continue
            detail = ", ".join(f"{key}: {value}" for key, value in event.detail.items())
            id = identifier("event", part.path.name, event.kind, event.time, index)
            things = ((_whole_id(name), "source"),)
            yield Happening(id, event.kind, event.time, event.outcome, detail, things=things)


def _whole_id(name: str) -> str:
    return identifier("output", name)


def _whole(name: str) -> Element:
    """Return the output as a whole, so that there is an object however empty it is."""
    return _element(
        "object",
        _pair("objectIdentifier", _ID_KIND, _whole_id(name)),
        _element("originalName", name),
        {_TYPE: "intellectualEntity"},
    )


def _object(thing: Thing) -> Element:
    fixity = [
        _element(
            "fixity",
            _element("messageDigestAlgorithm", "SHA-256"),
            _element("messageDigest", thing.sha256),
        )
    ]
    return _element(
        "object",
        {_TYPE: "file"},
        _pair("objectIdentifier", _ID_KIND, thing.id),
        *(
            _pair("significantProperties", name, str(value))
            for name, value in thing.properties.items()
        ),
        _element(
            "objectCharacteristics",
            _element("compositionLevel", "0"),
            *(fixity if thing.sha256 else ()),
            _element("size", str(thing.size)),
            _element("format", _element("formatDesignation", _element("formatName", thing.format))),
        ),
        _element("originalName", thing.path),
        *(
            _element(
                "relationship",
                _element("relationshipType", each.kind),
                _element("relationshipSubType", each.subkind),
                _pair("relatedObjectIdentifier", _ID_KIND, each.other),
            )
            for each in thing.relations
        ),
        *(_pair("linkingEventIdentifier", _ID_KIND, each) for each in thing.happenings),
    )


def _event(happening: Happening) -> Element:
    detail = [_element("eventDetailInformation", _element("eventDetail", happening.detail))]
    note = [
        _element("eventOutcomeDetail", _element("eventOutcomeDetailNote", happening.note)),
    ]
    return _element(
        "event",
        _pair("eventIdentifier", _ID_KIND, happening.id),
        _element("eventType", happening.kind),
        _element("eventDateTime", happening.time),
        *(detail if happening.detail else ()),
        _element(
            "eventOutcomeInformation",
            _element("eventOutcome", happening.outcome),
            *(note if happening.note else ()),
        ),
        *(_link("linkingAgent", *each) for each in happening.agents),
        *(_link("linkingObject", *each) for each in happening.things),
    )


def _agent(agent: Agent) -> Element:
    version = [_element("agentVersion", agent.version)] if agent.version else []
    return _element(
        "agent",
        _pair("agentIdentifier", _ID_KIND, agent.id),
        _element("agentName", agent.name),
        _element("agentType", agent.kind),
        *version,
        *(_element("agentNote", note) for note in agent.notes),
    )


def _pair(name: str, kind: str, value: str) -> Element:
    """Return an element of a type and a value, as identifiers and properties are."""
    return _element(name, _element(f"{name}Type", kind), _element(f"{name}Value", value))


def _link(name: str, id: str, role: str) -> Element:
    return _element(
        f"{name}Identifier",
        _element(f"{name}IdentifierType", _ID_KIND),
        _element(f"{name}IdentifierValue", id),
        _element(f"{name}Role", role),
    )


def _element(name: str, *content: Element | str | dict[str, str]) -> Element:
    """Return an element of texts, attributes and other elements."""
    made = _maker()(_tag(name))
    if name in _VOCABULARIES:
        made.set("authority", _VOCABULARIES[name])
        made.set("authorityURI", f"{_AUTHORITY}/{_VOCABULARIES[name]}")
    for each in content:
        if isinstance(each, str):
            made.text = escaped(each)
        elif isinstance(each, dict):
            for key, value in each.items():
                made.set(key, value)
        else:
            made.append(each)
    return made


@cache
def _maker() -> Callable[[str], Element]:
    # Elements are made by the million, and looking for the library each time shows.
    from lxml import etree

    make: Callable[[str], Element] = etree.Element
    return make


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
