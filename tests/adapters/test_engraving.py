import warnings
import xml.etree.ElementTree as ElementTree

import pytest

from toolkit.adapters import engraving
from toolkit.values import DRUMS, Note, Notes

SOME = Notes(
    (Note(0, 1.7, 60), Note(0.5, 0.9, 64), Note(0, 3, 40), Note(2.2, 2.4, 36, program=DRUMS)),
    tempo_map=((0, 100),),
    meters=((0, 3, 4), (1.8, 6, 8)),
    keys=((0, "Eb major"),),
    chords=((0, "G:7"), (1, "A:min7/b3"), (2, "N")),
)


def measures(data):
    """Yield (length as written, length by the meter) of each measure, in divisions."""
    for part in ElementTree.fromstring(data).findall("part"):
        divisions, beats, kind = 1, 4, 4
        for measure in part.findall("measure"):
            at = top = 0
            for element in measure:
                if element.tag == "attributes":
                    divisions = int(element.findtext("divisions") or divisions)
                    beats = int(element.findtext("time/beats") or beats)
                    kind = int(element.findtext("time/beat-type") or kind)
                elif element.tag == "backup":
                    at -= int(element.findtext("duration"))
                elif element.tag in ("note", "forward") and element.find("chord") is None:
                    at += int(element.findtext("duration"))
                top = max(top, at)
            yield top, divisions * 4 * beats // kind


@pytest.mark.parametrize("notes", [Notes(), SOME])
def test_measures_add_up_and_the_file_parses_again(notes):
    data = engraving.encode(notes)
    assert all(written == meant for written, meant in measures(data))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from music21 import converter

        score = converter.parse(data, format="musicxml")
    pitches = {pitch.midi for pitch in score.pitches}
    assert {note.pitch for note in notes if note.program != DRUMS} <= pitches


def test_nobody_is_taken_for_the_composer():
    creators = list(ElementTree.fromstring(engraving.encode(SOME)).iter("creator"))
    assert [(each.get("type"), each.text) for each in creators] == [("transcriber", "Tonearm")]


def test_the_same_notes_are_the_same_file_with_names_that_xml_allows():
    data = engraving.encode(SOME)
    assert data == engraving.encode(SOME)
    names = [each.get("id") for each in ElementTree.fromstring(data).iter() if each.get("id")]
    assert names
    assert all(name[0].isalpha() for name in names)


def song(pickup):
    """Return a melody of quarters at 120 a minute in 3/4, after a pickup of so many quarters."""
    onsets = [0.5 * k for k in range(pickup + 9)]
    notes = tuple(Note(at, at + 0.5, 60 + k % 5, program=73) for k, at in enumerate(onsets))
    first = ((0.0, pickup, 4),) if pickup else ()
    return Notes(
        notes,
        tempo_map=((0.0, 120.0),),
        meters=(*first, (0.5 * pickup, 3, 4)),
        chords=((0.5 * pickup, "C:maj"), (0.5 * pickup + 1.5, "D:min7"), (0.5 * pickup + 2, "N")),
    )


@pytest.mark.parametrize("pickup", [0, 1, 2])
def test_a_pickup_is_a_bar_of_its_own_length(pickup):
    root = ElementTree.fromstring(engraving.encode(song(pickup)))
    written = list(measures(ElementTree.tostring(root)))
    assert all(length == meant for length, meant in written)
    quarter = int(root.findtext(".//divisions"))
    assert [length // quarter for length, _ in written] == [pickup] * (pickup > 0) + [3, 3, 3]
    times = [(e.findtext("beats"), e.findtext("beat-type")) for e in root.iter("time")]
    assert times == [(str(pickup), "4")] * (pickup > 0) + [("3", "4")]


def test_chord_symbols_stand_where_they_begin():
    root = ElementTree.fromstring(engraving.encode(song(1)))
    found = [
        (number, each.findtext("root/root-step"), each.findtext("kind"))
        for number, measure in enumerate(root.find("part").findall("measure"))
        for each in measure.findall("harmony")
    ]
    assert found == [(1, "C", "major"), (2, "D", "minor-seventh")]


@pytest.mark.parametrize(
    ("name", "root", "kind", "bass"),
    [
        ("C:maj", "C", "major", None),
        ("F#:min", "F", "minor", None),
        ("Bb:7/3", "B", "dominant", "D"),
        ("A:min7(*5)", "A", "minor-seventh", None),
        ("E:maj(9)", "E", "major", None),
        ("G", "G", "major", None),
    ],
)
def test_harte_symbols(name, root, kind, bass):
    notes = Notes((Note(0, 2, 60),), ((0, 120),), chords=((0, name),))
    harmony = ElementTree.fromstring(engraving.encode(notes)).find(".//harmony")
    assert harmony.findtext("root/root-step") == root
    assert harmony.findtext("kind") == kind
    assert harmony.findtext("bass/bass-step") == bass


def test_unknown_symbols_are_left_out():
    notes = Notes((Note(0, 2, 60),), ((0, 120),), chords=((0, "N"), (0.5, "X"), (1, "h7")))
    assert ElementTree.fromstring(engraving.encode(notes)).find(".//harmony") is None
