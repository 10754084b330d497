"""The style of a file: its own bars come back, other pieces are played in them."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError, UsageError
from toolkit.style.band.arranging import arrange
from toolkit.style.band.playability import violations
from toolkit.style.borrowed.deriving import style_of
from toolkit.style.borrowed.hearing import hear
from toolkit.style.borrowed.neutral_key import transposed
from toolkit.style.chord import Chord, parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.listening.swing import swing_ratio
from toolkit.style.performing.perform import perform
from toolkit.style.style import load_style, parse_style
from toolkit.style.style_mix import mix
from toolkit.style.style_text import dump_style
from toolkit.values import DRUMS, Note, Notes

FOREIGN = ("Dm7", "G7", "Cmaj7", "A7", "Dm7", "G7", "Em7b5", "A7")


def sheet_of(names=FOREIGN, beats=4, key="C major", parts=2):
    """Return a piece of one chord a bar in phrases of four bars, with a tune of two notes a bar."""
    chords = [each if isinstance(each, Chord) else parse(each) for each in names]
    return LeadSheet(
        bars=tuple(Bar(float(index * beats), beats) for index in range(len(chords))),
        melody=tuple(
            LineNote(index * beats + at, beats / 2, 72 + chord.root)
            for index, chord in enumerate(chords)
            for at in (0.0, beats / 2)
        ),
        chords=tuple(
            ChordSpan(float(index * beats), float(beats), chord)
            for index, chord in enumerate(chords)
        ),
        keys=((0.0, key),),
        phrases=tuple(
            Phrase(float(at * beats), float(min(4, len(chords) - at) * beats), "AB"[at // 4 % 2])
            for at in range(0, len(chords), 4)
        ),
        parts=parts,
    )


@pytest.fixture(scope="module")
def style(make_band):
    return style_of(make_band(), name="reference", source="reference.mid", sha256="ab")


def played(style, sheet, seed=0):
    return arrange(sheet, style=style, rng=np.random.default_rng(seed))


def test_who_plays_what_is_heard(style):
    roles = {seat.name: (seat.role, seat.program) for seat in style.seats}
    assert roles == {
        "lead": ("melody", 73),
        "drums": ("drums", DRUMS),
        "bass": ("bass", 32),
        "acoustic-grand-piano": ("chords", 0),
    }
    assert (style.feel, style.swing, style.meter) == ("straight", 0.0, 0)
    assert style.tempo[0] < 120 < style.tempo[1]


@pytest.mark.parametrize("options", [{}, {"ratio": 2.0}, {"beats": 3}])
def test_over_its_own_chords_a_reference_comes_back(make_band, options):
    heard = hear(make_band(**options))
    style = style_of(make_band(**options), name="own")
    made = played(style, heard.sheet)
    for part in heard.parts:
        wanted = {(round(tone.onset, 3), tone.pitch) for tone in part.tones}
        found = {(round(tone.onset, 3), tone.pitch) for tone in made.part(part.name).tones
                 if tone.onset < heard.sheet.length}  # fmt: skip
        assert len(wanted & found) >= 0.95 * len(wanted), part.name
        assert len(found - wanted) <= 0.05 * len(wanted), part.name


def test_over_other_chords_degrees_and_approaches_are_kept(style):
    sheet = sheet_of()
    made = played(style, sheet)
    bass = {round(tone.onset, 3): tone.pitch for tone in made.part("bass").tones}
    for index, name in enumerate(FOREIGN):
        chord = parse(name)
        assert bass[4.0 * index] % 12 == chord.root
        assert (bass[4.0 * index + 2] - chord.root) % 12 in (7, 6)  # the fifth, or the flat one
        if index + 1 < len(FOREIGN):
            assert bass[4.0 * index + 4] - bass[4.0 * index + 3] == 1
    for tone in made.part("acoustic-grand-piano").tones:
        if tone.onset < sheet.length:
            chord = sheet.chord_at(tone.onset).chord
            assert tone.pitch % 12 in chord.pitch_classes


def test_fills_come_where_phrases_end(style):
    made = played(style, sheet_of(FOREIGN * 2))
    toms = {int(tone.onset // 4) for tone in made.part("drums").tones if tone.pitch == 45}
    assert toms == {3, 7, 11, 15}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(semitones=st.integers(-14, 14))
def test_the_key_of_a_reference_changes_nothing(make_band, semitones):
    notes = make_band(turns=1)
    assert style_of(transposed(notes, semitones), name="a") == style_of(notes, name="a")


@pytest.mark.parametrize("ratio", [1.6, 2.0, 2.6])
def test_swing_is_that_of_the_reference(make_band, ratio):
    style = style_of(make_band(ratio=ratio), name="swung")
    assert style.swing == pytest.approx(ratio, abs=0.1)
    made = played(style, sheet_of(FOREIGN * 2))
    performance = perform(made, style=style, rng=np.random.default_rng(0))
    beats = np.arange(made.sheet.length) * 60 / made.tempo[0][1]
    drums = Notes(tuple(n for n in performance.parts["drums"] if n.pitch == 42))
    assert swing_ratio(drums, beats) == pytest.approx(ratio, abs=0.1)


def test_a_waltz_makes_waltzes(make_band):
    style = style_of(make_band(beats=3), name="waltz")
    assert style.meter == 3
    for beats in (3, 4):
        made = played(style, sheet_of(FOREIGN, beats))
        assert {bar.beats for bar in made.sheet.bars} == {3}
        kicks = {tone.onset % 3 for tone in made.part("drums").tones if tone.pitch == 36}
        assert kicks == {0.0}
        piano = {tone.onset % 3 for tone in made.part("acoustic-grand-piano").tones
                 if tone.onset < made.body[1]}  # fmt: skip
        assert piano == {1.0, 2.0}


def test_four_beats_are_fitted_into_other_bars(style):
    for beats in (2, 3, 5, 7):
        made = played(style, sheet_of(FOREIGN, beats))
        assert {bar.beats for bar in made.sheet.bars} == {beats}
        kicks = sorted(tone.onset for tone in made.part("drums").tones if tone.pitch == 36)
        assert {bar.onset for bar in made.sheet.bars} <= set(kicks)


QUALITIES = st.sampled_from(["", "m", "7", "maj7", "m7", "m7b5", "dim7", "sus4", "6", "aug"])
CHORDS = st.builds(Chord, st.integers(0, 11), QUALITIES)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    chords=st.lists(CHORDS, min_size=1, max_size=9),
    beats=st.sampled_from([2, 3, 4, 5]),
    parts=st.sampled_from([2, 3]),
    seed=st.integers(0, 3),
)
def test_whatever_is_played_can_be_played(style, chords, beats, parts, seed):
    sheet = sheet_of(chords, beats, parts=parts)
    made = played(style, sheet, seed)
    seats = {seat.name: seat for seat in style.seats}
    for part in made.parts:
        assert violations(part, made.sheet, made.tempo[0][1]) == ()
        assert all(0 <= tone.onset < made.sheet.length for tone in part.tones)
        if part.program != DRUMS:
            seat = seats[part.name]
            assert all(seat.low <= tone.pitch <= seat.high for tone in part.tones)


def test_the_same_seed_gives_the_same(style):
    sheet = sheet_of(FOREIGN * 2)
    assert played(style, sheet, 3) == played(style, sheet, 3)


def test_the_last_chord_is_held(style):
    made = played(style, sheet_of())
    end = made.sheet.length
    for name in ("bass", "acoustic-grand-piano"):
        last = [tone for tone in made.part(name).tones if tone.onset >= made.body[1]]
        assert last
        assert all(tone.offset == pytest.approx(end) for tone in last)


def test_a_style_of_a_file_is_kept_in_a_file(style, tmp_path):
    path = tmp_path / "reference.toml"
    path.write_text(dump_style(style), encoding="utf-8")
    assert load_style(str(path)) == style


def test_a_file_of_another_version_is_refused(style, tmp_path):
    table = tomllib.loads(dump_style(style))
    table["borrowed"]["version"] = 99
    with pytest.raises(ValueError, match="99"):
        parse_style("reference", table)


def test_a_tune_alone_has_no_style(make_band):
    with pytest.raises(InputError, match="nothing in this reference but a tune") as caught:
        style_of(make_band(accompanied=False), name="tune")
    assert "tonearm styles" in caught.value.hint


def test_drums_alone_have_no_style(make_band):
    drums = tuple(note for note in make_band() if note.program == DRUMS)
    for notes in (Notes(drums), Notes()):
        with pytest.raises(InputError, match="no pitched notes in this reference"):
            style_of(notes, name="drums")


def test_one_piano_that_plays_everything_is_told_apart(make_band):
    notes = make_band()
    alone = Notes(
        tuple(
            type(note)(note.onset, note.offset, note.pitch, note.velocity, 0)
            for note in notes
            if note.program != DRUMS
        ),
        notes.tempo_map, notes.meters, notes.keys, notes.chords,
    )  # fmt: skip
    style = style_of(alone, name="piano")
    assert [(seat.role, seat.program) for seat in style.seats] == [("melody", 0), ("chords", 0)]
    made = played(style, sheet_of())
    assert violations(made.part("acoustic-grand-piano"), made.sheet) == ()
    assert min(tone.pitch for tone in made.part("acoustic-grand-piano").tones) < 52


def test_a_seat_without_bars_to_borrow_says_so(style):
    usual = load_style("jazz-swing")
    broken = usual.__class__(**{**vars(usual), "seats": style.seats, "ensembles": style.ensembles})
    with pytest.raises(UsageError, match="borrowed"):
        played(broken, sheet_of())


@pytest.mark.parametrize("first", [True, False])
def test_a_style_of_a_file_can_be_mixed(style, first):
    usual = load_style("bossa-nova")
    mixed = mix([style, usual] if first else [usual, style], [0.5, 0.5])
    assert mixed.borrowed == style.borrowed
    players = {seat.player for seat in mixed.seats}
    assert "borrowed" in players | {
        seat.options["other"]["player"] for seat in mixed.seats if seat.player == "sections"
    }
    made = played(mixed, sheet_of(FOREIGN * 2))
    for part in made.parts:
        assert violations(part, made.sheet, made.tempo[0][1]) == (), part.name
        assert part.tones
    assert parse_style(mixed.name, tomllib.loads(dump_style(mixed))) == mixed


def test_two_files_are_not_mixed(style, make_band):
    other = style_of(make_band(beats=3), name="other")
    with pytest.raises(UsageError, match="only one style"):
        mix([style, other], [0.5, 0.5])


def test_a_bass_plays_where_basses_do(make_band):
    notes = make_band()
    high = tuple(
        replace(note, pitch=note.pitch + 12) if note.program == 32 else note for note in notes
    )
    style = style_of(replace(notes, notes=high), name="high")
    bass = next(seat for seat in style.seats if seat.role == "bass")
    assert 34 <= bass.options["center"] <= 46
    made = played(style, sheet_of())
    assert 28 <= np.median([tone.pitch for tone in made.part("bass").tones]) <= 50


def test_who_hardly_ever_plays_gets_no_seat(make_band):
    notes = make_band(turns=3)
    rare = tuple(Note(0.25 * at, 0.25 * at + 0.2, 55 + at, 0.7, 46) for at in range(9))
    style = style_of(replace(notes, notes=(*notes.notes, *rare)), name="rare")
    assert "orchestral-harp" not in {seat.name for seat in style.seats}
