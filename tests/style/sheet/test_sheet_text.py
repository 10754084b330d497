import dataclasses
import itertools

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.style.chord import QUALITIES, TENSIONS, Chord, parse
from toolkit.style.key import KEYS
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.sheet import sheet_text

# Shrinking a whole sheet takes minutes.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)

places = st.integers(0, 24 * 60).map(lambda value: value / 24) | st.floats(1.0, 60, width=32)
lengths = st.integers(1, 24 * 6).map(lambda value: value / 24) | st.floats(0.03125, 6, width=32)
notes = st.builds(
    LineNote,
    places | st.integers(-48, -1).map(lambda value: value / 12),
    lengths,
    st.integers(0, 127),
    st.integers(0, 100).map(lambda value: value / 100),
    st.floats(0.001953125, 1, width=32),
)
chords = st.builds(
    Chord,
    st.integers(0, 11),
    st.sampled_from(list(QUALITIES)),
    st.lists(st.sampled_from(list(TENSIONS)), max_size=2, unique=True).map(tuple),
    st.none() | st.integers(0, 11),
)


@st.composite
def sheets(draw):
    """Any lead sheet: bars of any lengths, chords anywhere in them, any notes."""
    counts = draw(st.lists(st.sampled_from((1, 2, 3, 4, 4, 4, 5, 7)), min_size=1, max_size=12))
    starts = [sum(counts[:index]) for index in range(len(counts) + 1)]
    bars = tuple(Bar(float(start), beats) for start, beats in zip(starts, counts, strict=False))
    end = starts[-1]
    first = draw(st.sampled_from((0, 0, -1, -2)))
    edges = sorted(
        {
            first * 12 + draw(st.integers(0, (end - first) * 12))
            for _ in range(draw(st.integers(0, 9)))
        }
    )
    spans = tuple(
        ChordSpan(
            start / 12,
            (stop - start) / 12,
            draw(chords),
            draw(st.sampled_from(("T", "S", "D", ""))),
        )
        for start, stop in itertools.pairwise(edges)
        if draw(st.booleans())
    )
    cuts = sorted({0, *draw(st.lists(st.sampled_from(starts[:-1]), max_size=4))})
    phrases = tuple(
        Phrase(float(start), float(stop - start), draw(st.sampled_from(("A", "B", "AA"))))
        for start, stop in zip(cuts, [*cuts[1:], end], strict=True)
    )
    return LeadSheet(
        bars=bars,
        melody=tuple(draw(st.lists(notes, max_size=6))),
        chords=spans,
        bass=tuple(draw(st.lists(notes, max_size=3))),
        inner=tuple(draw(st.lists(notes, max_size=3))),
        keys=tuple((float(at), draw(st.sampled_from(KEYS))) for at in cuts),
        phrases=draw(st.sampled_from((phrases, ()))),
        tempo=draw(st.floats(20, 400, width=32)),
        parts=draw(st.sampled_from((2, 3))),
        title=draw(st.sampled_from(("", "Prelude in C: a study", "Lied ohne Worte №2"))),
        melody_confidence=draw(st.floats(0.001953125, 1, width=32)),
    )


@settings(max_examples=60, deadline=None, phases=QUICK)
@given(sheets())
def test_what_is_written_is_read_back_exactly(sheet):
    found = sheet_text.read(sheet_text.write(sheet))
    for each in dataclasses.fields(sheet):
        assert getattr(found, each.name) == getattr(sheet, each.name), each.name


TEXT = """
title: Little waltz
tempo: 150
meter: 3
key: F major

[chords]
A | F | C7/E | F:2 Gm7:1 | % |
B | Bb | (2) C7 | F | N |

[melody]
1 | A4 1 2, C5 3 1 w.5
2 | Bb4 1 3 v.4
"""


def test_a_sheet_by_hand():
    sheet = sheet_text.read(TEXT)
    assert [bar.beats for bar in sheet.bars] == [3, 3, 3, 3, 3, 2, 3, 3]
    assert [span.chord.symbol for span in sheet.chords] == [
        "F",
        "C7/E",
        "F",
        "Gm7",
        "Bb",
        "C7",
        "F",
    ]
    assert [span.onset for span in sheet.chords] == [0, 3, 6, 8, 12, 15, 17]
    assert sheet.chords[3].duration == 4
    assert [span.function for span in sheet.chords] == ["T", "D", "T", "S", "S", "D", "T"]
    assert [(each.label, each.onset, each.duration) for each in sheet.phrases] == [
        ("A", 0, 12),
        ("B", 12, 11),
    ]
    assert [(note.pitch, note.onset, note.weight) for note in sheet.melody] == [
        (69, 0, 1),
        (72, 2, 0.5),
        (70, 3, 1),
    ]
    assert sheet.melody[2].velocity == 0.4


def test_thirds_stay_thirds():
    sheet = LeadSheet((Bar(0.0, 4),), (LineNote(1 / 3, 2 / 3, 60), LineNote(1.0, 1 / 3, 62)))
    text = sheet_text.write(sheet)
    assert "C4 4/3 2/3" in text
    assert sheet_text.read(text).melody == sheet.melody


def test_remarks_say_how_to_edit():
    assert sheet_text.write(LeadSheet((Bar(0.0, 4),))).startswith("# A lead sheet")


@pytest.mark.parametrize("name", ["Cb4", "B#3"])
def test_enharmonic_names_keep_their_octave(name):
    text = f"[chords]\n| C |\n[melody]\n1 | {name} 1 1\n"
    assert sheet_text.read(text).melody[0].pitch == {"Cb4": 59, "B#3": 60}[name]


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("[chords]\n| C H7 |", 2, "H7"),
        ("[chords]\n| C:3 G:2 |", 2, "bar 1 of 4 beats has chords of 5"),
        ("[chords]\n| C:3 |", 2, "chords of 3"),
        ("[chords]\nA C G", 2, "no |"),
        ("meter: 0\n[chords]\n| C |", 3, "0 beats"),
        ("meter: x\n[chords]\n| C |", 1, "'x' is no number"),
        ("tempo: -3\n[chords]\n| C |", 1, "tempo is -3"),
        ("tempo: 1/0\n[chords]\n| C |", 1, "divides by 0"),
        ("tempo: 1e999999999\n[chords]\n| C |", 1, "no number"),
        ("parts: 5\n[chords]\n| C |", 1, "5 parts"),
        ("key: H major\n[chords]\n| C |", 1, "H major"),
        ("genre: polka\n[chords]\n| C |", 1, "genre"),
        ("[drums]", 1, "[drums]"),
        ("[chords]\n| C |\n[melody]\n1 | X5 1 1", 4, "X5"),
        ("[chords]\n| C |\n[melody]\n2 | C5 1 1", 4, "no bar '2'"),
        ("[chords]\n| C |\n[melody]\n1 | C5 1", 4, "C5 1"),
        ("[chords]\n| C |\n[melody]\n1 | C5 1 0", 4, "out of range"),
        ("[chords]\n| C |\n[melody]\n1 | C5 1 1 q3", 4, "q3"),
        ("[chords]\n| C |\npickup | G |", 3, "pickup"),
        ("phrases: A 0\n[chords]\n| C |", 1, "A 0"),
        ("[chords]\n| C:0 G |", 2, "lasts 0"),
    ],
)
def test_errors_name_the_line_and_say_what_to_type(text, line, word):
    with pytest.raises(InputError) as caught:
        sheet_text.read(text)
    assert caught.value.message.startswith(f"line {line}: ")
    assert word in caught.value.message
    assert caught.value.hint


def test_a_text_without_bars_is_refused():
    with pytest.raises(InputError, match="no bars"):
        sheet_text.read("title: nothing\n")


@settings(max_examples=100, deadline=None, phases=QUICK)
@given(st.text(st.sampled_from("AGCm7|:%(){}[]cho rds\n1 2/#-NT"), max_size=60))
def test_no_text_breaks_it(text):
    try:
        sheet = sheet_text.read("[chords]\n" + text)
    except InputError:
        return
    assert sheet_text.read(sheet_text.write(sheet)) == sheet


def test_a_held_chord_is_not_a_struck_one():
    held = sheet_text.read("[chords]\n| C | % |").chords
    struck = sheet_text.read("[chords]\n| C | C |").chords
    assert [span.duration for span in held] == [8]
    assert [span.duration for span in struck] == [4, 4]
    assert held[0].chord == parse("C")
