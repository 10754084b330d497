"""Arranging puts form around a piece, keeps it whole, and gives every player dice of its own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import UsageError
from toolkit.style.arrangement import Arrangement
from toolkit.style.band.arranging import arrange
from toolkit.style.band.energy import energy
from toolkit.style.band.form import framed, held_from
from toolkit.style.chord import Chord, parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.style import Form, Style, load_style

RHYTHM = ("bass", "drums")


def tune(
    bars: int = 16, beats: int = 4, pickup: float = 0.0, key: str = "C major", seed: int = 0
) -> LeadSheet:
    """Return a tune over ii V I in phrases of four bars."""
    rng = np.random.default_rng(seed)
    names = ("Dm7", "G7", "Cmaj7", "Cmaj7") if key == "C major" else ("Bm7b5", "E7", "Am6", "Am6")
    chords = tuple(
        ChordSpan(float(index * beats), float(beats), parse(names[index % 4]))
        for index in range(bars)
    )
    melody = [
        LineNote(float(beat), 1.0, int(rng.choice([60, 62, 64, 67, 69])))
        for beat in range(bars * beats)
        if rng.random() < 0.7
    ]
    if pickup:
        melody.insert(0, LineNote(-pickup, pickup, 67))
    return LeadSheet(
        bars=tuple(Bar(float(index * beats), beats) for index in range(bars)),
        melody=tuple(melody),
        chords=chords,
        phrases=tuple(
            Phrase(
                float(index * beats), float(min(4, bars - index) * beats), "AABA"[index // 4 % 4]
            )
            for index in range(0, bars, 4)
        ),
        keys=((0.0, key),),
        tempo=140.0,
    )


def formed(intro: str, ending: str, name: str = "jazz-swing") -> Style:
    """Return a style with another form and only a rhythm section."""
    style = load_style(name)
    return replace(style, form=Form(intro, ending), ensembles={"rhythm": RHYTHM})


def played(sheet: LeadSheet, style: Style, seed: int = 3) -> Arrangement:
    return arrange(sheet, style=style, rng=np.random.default_rng(seed))


INTROS = ("none", "turnaround", "vamp", "last-phrase", "pedal")
ENDINGS = ("none", "tag", "hold", "ritard")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("intro", INTROS)
@pytest.mark.parametrize("bars", [1, 3, 16])
def test_the_piece_lies_whole_between_introduction_and_ending(
    intro: str, ending: str, bars: int
) -> None:
    sheet = tune(bars, pickup=1.0)
    full, (begin, end) = framed(sheet, formed(intro, ending))
    assert end - begin == sheet.length
    inside = [note for note in full.melody if begin - 1 <= note.onset < end]
    assert [(note.onset - begin, note.pitch) for note in inside if note.weight == 1.0] == [
        (note.onset, note.pitch) for note in sheet.melody
    ]
    body = [span for span in full.chords if begin <= span.onset < end]
    assert [span.chord for span in body] == [span.chord for span in sheet.chords]
    labels = [phrase.label for phrase in full.phrases]
    assert (labels[0] == "intro") == (begin > 0)
    assert (labels[-1] == "ending") == (ending != "none")
    assert min(note.onset for note in full.melody) >= 0.0
    joins = [(a.offset, b.onset) for a, b in zip(full.phrases[:-1], full.phrases[1:], strict=True)]
    assert all(left == pytest.approx(right) for left, right in joins)
    assert full.phrases[-1].offset == pytest.approx(full.length)


def test_a_pickup_without_introduction_gets_a_bar() -> None:
    full, body = framed(tune(pickup=2.0), formed("none", "hold"))
    assert body[0] == 4.0
    assert full.melody[0].onset == 2.0


def test_a_long_pickup_makes_a_longer_introduction() -> None:
    sheet = tune(pickup=18.0)
    assert framed(sheet, formed("turnaround", "hold"))[1][0] == 20.0


@pytest.mark.parametrize(("key", "root"), [("C major", 0), ("A minor", 9)])
@pytest.mark.parametrize("name", ["jazz-swing", "bossa-nova", "blues-shuffle", "gospel", "waltz"])
def test_a_turnaround_is_in_the_key_and_leads_to_the_tune(name: str, key: str, root: int) -> None:
    full, (begin, _) = framed(tune(key=key), formed("turnaround", "hold", name))
    spans = [span for span in full.chords if span.onset < begin]
    assert spans[0].chord.root == root
    assert spans[-1].chord.root == (root + 7) % 12
    assert spans[-1].chord.quality in ("7", "")
    assert spans[-1].offset == begin


def test_an_introduction_from_the_tunes_end_leads_on_where_that_has_come_to_rest() -> None:
    full, (begin, _) = framed(tune(), formed("last-phrase", "hold", "jazz-ballad"))
    symbols = [span.chord.symbol for span in full.chords if span.onset < begin]
    assert symbols == ["Dm7", "G7", "Cmaj7", "Dm7(9)", "G7(13)"]
    quoted = [note for note in full.melody if note.onset < begin]
    assert quoted
    assert all(note.offset <= begin - 4 and note.weight < 0.5 for note in quoted)


def test_a_pedal_stays_on_the_dominant() -> None:
    full, (begin, _) = framed(tune(), formed("pedal", "hold", "orchestral"))
    lowest = {
        span.chord.root if span.chord.bass is None else span.chord.bass
        for span in full.chords
        if span.onset < begin
    }
    assert lowest == {7}


def test_a_tag_plays_the_last_cadence_again_and_holds_the_tonic() -> None:
    sheet = tune(15)  # the last bar is the first one of the tonic
    full, (_, end) = framed(sheet, formed("none", "tag"))
    assert [span.chord.symbol for span in full.chords if span.onset >= end] == [
        "Dm7", "G7", "C6(9)",
    ]  # fmt: skip
    assert held_from(full) == full.length - 4
    again = [note.pitch for note in full.melody if end <= note.onset < end + 8]
    assert again == [note.pitch for note in sheet.melody if 48 <= note.onset < 56]


def test_the_last_tone_of_the_tune_rings_over_a_held_ending() -> None:
    sheet = tune()
    full, _ = framed(sheet, formed("none", "hold"))
    last = full.melody[-1]
    assert last.onset == sheet.melody[-1].onset
    assert last.offset == full.length


def test_without_chords_an_ending_has_none() -> None:
    full, _ = framed(replace(tune(), chords=()), formed("none", "tag"))
    assert full.chords == ()


def test_a_ritard_slows_down_towards_the_last_bar() -> None:
    tempo = played(tune(), formed("none", "ritard")).tempo
    rates = [rate for _, rate in tempo]
    assert tempo[0][0] == 0.0
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.85 * rates[0]
    assert played(tune(), formed("none", "none")).tempo == ((0.0, 140.0),)


def test_the_same_dice_give_the_same_notes_and_others_others() -> None:
    style = formed("turnaround", "tag")
    assert played(tune(), style).parts == played(tune(), style).parts
    assert played(tune(), style, 3).parts != played(tune(), style, 4).parts


def test_a_player_plays_the_same_whoever_else_is_there() -> None:
    style = replace(
        load_style("jazz-swing"), ensembles={"one": ("drums",), "two": ("bass", "drums")}
    )
    alone = arrange(tune(), style=style, ensemble="one", rng=np.random.default_rng(5))
    together = arrange(tune(), style=style, ensemble="two", rng=np.random.default_rng(5))
    assert alone.part("drums") == together.part("drums")


def test_an_unknown_ensemble_is_refused() -> None:
    with pytest.raises(UsageError, match="no ensemble"):
        arrange(tune(), style=load_style("waltz"), ensemble="septet", rng=np.random.default_rng(0))


def test_the_source_may_be_rebarred_and_says_so() -> None:
    arrangement = played(replace(tune(), tempo=60.0), formed("none", "none"))
    assert arrangement.sheet.tempo == 120.0
    assert arrangement.body == (0.0, 128.0)
    assert len(arrangement.sheet.bars) == 32


@settings(max_examples=25, deadline=None)
@given(
    bars=st.integers(1, 12),
    beats=st.integers(1, 7),
    pickup=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    silent=st.booleans(),
    bare=st.booleans(),
    intro=st.sampled_from(INTROS),
    ending=st.sampled_from(ENDINGS),
)
def test_any_piece_can_be_arranged(
    bars: int, beats: int, pickup: float, silent: bool, bare: bool, intro: str, ending: str
) -> None:
    sheet = tune(bars, beats, pickup)
    sheet = replace(
        sheet, melody=() if silent else sheet.melody, chords=() if bare else sheet.chords
    )
    arrangement = played(sheet, formed(intro, ending))
    for part in arrangement.parts:
        assert all(0 <= tone.onset < arrangement.sheet.length for tone in part.tones)
        assert all(tone.duration > 0 for tone in part.tones)
        assert all(tone.offset <= arrangement.sheet.length + 1e-6 for tone in part.tones)


def test_energy_rises_over_the_form_and_frames_are_quiet() -> None:
    full, _ = framed(tune(), formed("turnaround", "hold"))
    middles = [energy(full, phrase.onset + phrase.duration / 2) for phrase in full.phrases]
    assert middles[0] < 0.4
    assert max(middles) == middles[-2] > middles[1] + 0.2
    assert all(0.0 <= level <= 1.0 for level in middles)


def test_energy_follows_the_loudness_of_the_source() -> None:
    sheet = tune()
    soft = tuple(replace(note, velocity=0.3 if note.onset < 32 else 0.9) for note in sheet.melody)
    assert energy(replace(sheet, melody=soft), 2.0) < energy(sheet, 2.0)
    assert energy(replace(sheet, melody=soft), 50.0) > energy(sheet, 50.0) - 1e-9


def test_a_sheet_without_phrases_has_energy_all_the_same() -> None:
    bare = replace(tune(), phrases=())
    assert energy(bare, 60.0) > energy(bare, 1.0)


def test_the_last_chord_keeps_the_pieces_own_root() -> None:
    sheet = replace(tune(), chords=(ChordSpan(0.0, 64.0, Chord(5, "maj7")),))
    full, _ = framed(sheet, formed("none", "hold"))
    assert full.chords[-1].chord == Chord(5, "maj7")
