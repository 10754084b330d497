import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.style import saved
from toolkit.style.arrangement import Arrangement, Part, Tone
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.performance import Performance
from toolkit.values import Note, Notes

SHEET = LeadSheet(
    bars=(Bar(0.0, 4), Bar(4.0, 3)),
    melody=(LineNote(-1.0, 1 / 3, 67, 0.4, 0.61),),
    chords=(ChordSpan(0.0, 4.0, parse("G7(b9,13)/B"), "D"),),
    keys=((0.0, "F# minor"),),
    phrases=(Phrase(0.0, 7.0, "A"),),
    title="Präludium",
)
ARRANGEMENT = Arrangement(
    SHEET,
    "jazz-swing",
    (
        Part("piano", "chords", 0, (Tone(0.5, 0.25, 60, 0.5, True),), ((0.0, 2.0),), pan=-0.2),
        Part("drums", "drums", 128, kit=40),
    ),
    ((0.0, 120.0), (4.0, 100.5)),
    (0.0, 7.0),
)
PERFORMANCE = Performance(
    ARRANGEMENT,
    {
        "piano": Notes(
            (Note(0.1, 0.5, 60, 0.5, 0, ((0.2, -0.5),)),), ((0.0, 120.0),), ((0.0, 4, 4),)
        )
    },
)


def test_all_three_come_back():
    assert saved.load(saved.dump(SHEET)) == SHEET
    assert saved.load(saved.dump(ARRANGEMENT)) == ARRANGEMENT
    found = saved.load(saved.dump(PERFORMANCE))
    assert isinstance(found, Performance)
    assert found.arrangement == ARRANGEMENT
    assert dict(found.parts) == dict(PERFORMANCE.parts)


def test_the_form_says_what_it_is():
    content = json.loads(saved.dump(SHEET))
    assert content["tonearm"] == "lead-sheet"
    assert content["version"] == saved.VERSION
    assert content["value"]["chords"][0]["chord"]["quality"] == "7"
    assert "_onsets" not in content["value"]


numbers = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.builds(LineNote, numbers, numbers, st.integers(0, 127), numbers), max_size=5))
def test_any_numbers_come_back(notes):
    sheet = LeadSheet((Bar(0.0, 4),), melody=tuple(notes))
    assert saved.load(saved.dump(sheet)) == sheet


def broken(change):
    content = json.loads(saved.dump(SHEET))
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no JSON"),
        ("[1, 2]", "not tonearm's"),
        ("{}", "not tonearm's"),
        ("[" * 100000, "no JSON"),
        ('{"tonearm": "poem", "version": 1}', "poem"),
        ('{"tonearm": "lead-sheet", "version": 99, "value": {}}', "99"),
        ('{"tonearm": "lead-sheet", "version": 1}', "lead-sheet is null"),
        ('{"tonearm": "lead-sheet", "version": 1, "value": {}}', "bars"),
        ('{"tonearm": "lead-sheet", "version": 1, "value": {"bars": []}}', "needs a bar"),
        (broken(lambda it: it["value"].update(mood="sad")), "mood"),
        (broken(lambda it: it["value"]["melody"][0].update(pitch="C")), "melody[0].pitch"),
        (broken(lambda it: it["value"]["melody"][0].update(pitch=True)), "melody[0].pitch"),
        (broken(lambda it: it["value"]["keys"][0].append(1)), "keys[0]"),
        (broken(lambda it: it["value"].update(tempo=None)), "tempo"),
        (broken(lambda it: it["value"]["chords"][0]["chord"].update(root=44)), "chord"),
        (saved.dump(SHEET).replace("120.0", "NaN"), "tempo"),
        (broken(lambda it: it["value"].update(bars={})), "bars"),
    ],
)
def test_what_is_wrong_is_named(text, word):
    with pytest.raises(InputError) as caught:
        saved.load(text)
    assert word in caught.value.message
    assert caught.value.hint


def test_other_values_have_no_form():
    with pytest.raises(TypeError):
        saved.dump(Notes())
