import json
import os
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from toolkit.archive.checking.shelf import FolderShelf
from toolkit.archive.checking.verify import Check, verify
from toolkit.archive.manifest import Manifest
from toolkit.archive.merged import files_of
from toolkit.archive.places import FolderOutput
from toolkit.archive.telling import premis
from toolkit.archive.telling.plain_text import unescaped
from toolkit.archive.telling.preservation import Terms
from toolkit.restore import sha256_of

NS = {"p": premis.NAMESPACE}
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
# The schema of the Library of Congress, in the public domain, version 3.0 of January 18, 2016.
SCHEMA = Path(__file__).with_name("premis-v3-0.xsd")


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(SCHEMA, etree.XMLParser(resolve_entities=False)))


def written(restored, path, **options):
    premis.write(
        restored.state, path, files_of(FolderOutput(restored.out)), name="sides", **options
    )
    return etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True))


def texts(tree, path):
    return [each.text for each in tree.iterfind(path, NS)]


def objects(tree):
    """Return the file objects by their original name."""
    return {
        unescaped(each.find("p:originalName", NS).text): each
        for each in tree.iterfind("p:object", NS)
        if each.get(TYPE) == "file"
    }


def test_it_is_valid_by_the_official_schema(restored, schema, tmp_path):
    (restored.out / "folder.restored.wav").write_bytes(b"changed")
    verify(Check(FolderShelf(restored.out), restored.state))
    terms = Terms(institution="Archive of Sound", operator="A. Keeper")
    tree = written(restored, tmp_path / "premis.xml", terms=terms)
    schema.assertValid(tree)
    assert tree.getroot().get("version") == "3.0"


def test_the_schema_would_refuse_something_wrong(restored, schema, tmp_path):
    tree = written(restored, tmp_path / "premis.xml")
    first = tree.find("p:event/p:eventType", NS)
    first.getparent().remove(first)
    assert not schema.validate(tree)


def test_sources_and_results_have_their_fixity_and_point_at_each_other(restored, tmp_path):
    tree = written(restored, tmp_path / "premis.xml")
    files = objects(tree)
    source, result = files["folder.wav"], files["folder.restored.wav"]
    for each, path in (
        (source, restored.collection / "folder.wav"),
        (result, restored.out / "folder.restored.wav"),
    ):
        digest = each.find(".//p:messageDigest", NS).text
        assert digest == sha256_of(path)
        assert int(each.find(".//p:size", NS).text) == path.stat().st_size
        assert each.find(".//p:formatName", NS).text == "Waveform Audio File Format (WAVE)"
        properties = dict(
            zip(
                texts(each, ".//p:significantPropertiesType"),
                texts(each, ".//p:significantPropertiesValue"),
                strict=True,
            )
        )
        assert properties["sample_rate"] == "8000"
        assert properties["encoding"] == "pcm_s16"

    def id_of(thing):
        return thing.find("p:objectIdentifier/p:objectIdentifierValue", NS).text

    def related(thing, subtype):
        return [
            each.find(".//p:relatedObjectIdentifierValue", NS).text
            for each in thing.iterfind("p:relationship", NS)
            if each.find("p:relationshipSubType", NS).text == subtype
        ]

    assert related(result, "has source") == [id_of(source)]
    removed = files["folder.restored.removed.wav"]
    assert set(related(source, "is source of")) == {id_of(result), id_of(removed)}
    assert related(result, "is documented in") == [id_of(files["folder.restored.wav.json"])]


def test_every_link_leads_somewhere_and_no_identifier_comes_twice(restored, tmp_path):
    verify(Check(FolderShelf(restored.out), restored.state))
    tree = written(restored, tmp_path / "premis.xml", terms=Terms(operator="A. Keeper"))
    for kind in ("object", "event", "agent"):
        known = Counter(texts(tree, f"p:{kind}/p:{kind}Identifier/p:{kind}IdentifierValue"))
        assert known
        assert set(known.values()) == {1}
        title = kind.capitalize()
        assert set(texts(tree, f".//p:linking{title}IdentifierValue")) <= set(known)
        assert set(texts(tree, f".//p:related{title}IdentifierValue")) <= set(known)


def test_what_was_done_is_told_with_its_outcome(restored, tmp_path):
    tree = written(restored, tmp_path / "premis.xml", terms=Terms(restoration="restoration"))
    events = [
        (
            each.find("p:eventType", NS).text,
            each.find(".//p:eventOutcome", NS).text,
            "".join(texts(each, ".//p:eventDetail")),
            "".join(texts(each, ".//p:eventOutcomeDetailNote")),
        )
        for each in tree.iterfind("p:event", NS)
    ]
    kinds = Counter(kind for kind, *_ in events)
    assert kinds == {
        "message digest calculation": 16,
        "validation": 8,
        "restoration": 8,
        "quarantine": 1,
    }
    detail, note = next(each[2:] for each in events if each[3].startswith("folder.restored.wav"))
    assert detail.startswith("pipeline gentle sha256:")
    assert "dehum (strength=0.5" in detail
    assert note == "folder.restored.wav.json#/steps"
    (lost,) = [each for each in events if each[0] == "quarantine"]
    assert lost[1] == "failure"
    assert lost[3].startswith("E_")
    assert "broken.wav" in lost[3]


def test_agents_are_named_with_their_versions(restored, tmp_path):
    terms = Terms(institution="Archive <of> Sound")
    tree = written(restored, tmp_path / "premis.xml", terms=terms)
    names = texts(tree, "p:agent/p:agentName")
    assert names == ["Archive <of> Sound", "Tonearm"]
    assert any(note.startswith("python 3.") for note in texts(tree, "p:agent/p:agentNote"))
    roles = Counter(texts(tree, "p:event/p:linkingAgentIdentifier/p:linkingAgentRole"))
    assert roles["implementer"] == roles["executing program"] == 33


def test_models_are_agents_with_class_and_digest(restored, tmp_path):
    record = restored.out / "folder.restored.wav.json"
    facts = json.loads(record.read_text())
    facts["checkpoints"] = [
        {"name": "denoise-2", "class": "discriminative", "sha256": "ab" * 32, "licence": "MIT"}
    ]
    record.write_text(json.dumps(facts))
    tree = written(restored, tmp_path / "premis.xml")
    agent = next(
        each
        for each in tree.iterfind("p:agent", NS)
        if each.find("p:agentName", NS).text == "checkpoint denoise-2"
    )
    assert agent.find("p:agentVersion", NS).text == f"sha256:{'ab' * 32}"
    assert texts(agent, "p:agentNote") == ["class: discriminative"]


def test_hostile_names_survive(restored, schema, tmp_path):
    name = os.fsdecode(b"bell \x07 <&> \xff.wav")
    with sqlite3.connect(restored.state / "manifest.sqlite") as connection:
        connection.execute(
            "UPDATE jobs SET source = CAST(? AS TEXT) WHERE source = 'broken.wav'",
            (os.fsencode(name),),
        )
    connection.close()
    tree = written(restored, tmp_path / "premis.xml")
    schema.assertValid(tree)
    assert {name, "line\nend.wav", os.fsdecode(b"caf\xe9 = 1.wav")} <= set(objects(tree))


def test_an_empty_batch_is_valid_too(schema, tmp_path):
    state = tmp_path / ".tonearm"
    state.mkdir()
    Manifest.open(state / "manifest.sqlite").close()
    path = tmp_path / "premis.xml"
    assert premis.write(state, path, files_of(FolderOutput(tmp_path)), name="empty") == 0
    schema.assertValid(etree.parse(path))


def test_a_lost_record_leaves_a_valid_account(restored, schema, tmp_path):
    (restored.out / "folder.restored.wav.json").unlink()
    tree = written(restored, tmp_path / "premis.xml")
    schema.assertValid(tree)
    assert "folder.restored.wav" in objects(tree)


def test_the_same_state_is_told_in_the_same_words(restored, tmp_path):
    written(restored, tmp_path / "one.xml")
    copy = tmp_path / "moved"
    shutil.copytree(restored.out, copy)
    premis.write(
        copy / ".tonearm", tmp_path / "two.xml", files_of(FolderOutput(copy)), name="sides"
    )
    assert (tmp_path / "one.xml").read_bytes() == (tmp_path / "two.xml").read_bytes()
