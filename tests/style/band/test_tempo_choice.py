"""The tune keeps its speed: tempos are doubled and halved with the note values."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.style.band.tempo_choice import choose_tempo, rescaled
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase

SWING = (112.0, 216.0)
BALLAD = (54.0, 84.0)


def piece(beats: int = 4, count: int = 4, tempo: float = 120.0, parts: int = 2) -> LeadSheet:
    """Return so many bars of quarters with a pickup."""
    length = float(beats * count)
    return LeadSheet(
        bars=tuple(Bar(float(index * beats), beats) for index in range(count)),
        melody=tuple(LineNote(float(beat), 1.0, 60 + beat % 5) for beat in range(-1, int(length))),
        chords=(
            ChordSpan(0.0, length / 2, parse("C")),
            ChordSpan(length / 2, length / 2, parse("G7")),
        ),
        phrases=(Phrase(0.0, length, "A"),),
        keys=((0.0, "C major"), (length / 2, "G major")),
        tempo=tempo,
        parts=parts,
    )


@pytest.mark.parametrize(
    ("tempo", "parts", "span", "expected"),
    [
        (140.0, 2, SWING, (140.0, 1.0)),
        (90.0, 2, SWING, (112.0, 1.0)),
        (60.0, 2, SWING, (120.0, 2.0)),
        (160.0, 2, BALLAD, (80.0, 0.5)),
        (100.0, 2, BALLAD, (84.0, 1.0)),
        (50.0, 3, SWING, (150.0, 3.0)),
        (72.0, 3, (54.0, 92.0), (72.0, 1.0)),
    ],
)
def test_the_tempo_is_the_pieces_own_its_double_or_its_half(
    tempo: float, parts: int, span: tuple[float, float], expected: tuple[float, float]
) -> None:
    assert choose_tempo(piece(tempo=tempo, parts=parts), span) == pytest.approx(expected)


def test_a_tempo_that_is_asked_for_is_taken() -> None:
    assert choose_tempo(piece(tempo=120.0), SWING, asked=90.0) == (90.0, 1.0)
    assert choose_tempo(piece(tempo=60.0), SWING, asked=200.0) == (200.0, 2.0)


def test_bars_of_unequal_length_are_not_joined() -> None:
    sheet = replace(piece(tempo=170.0), bars=(Bar(0.0, 4), Bar(4.0, 3), Bar(7.0, 4), Bar(11.0, 5)))
    assert choose_tempo(sheet, BALLAD) == (84.0, 1.0)
    with pytest.raises(ValueError, match="different lengths"):
        rescaled(sheet, 0.5, 85.0)


def test_doubling_makes_two_bars_of_one_and_moves_everything_along() -> None:
    result = rescaled(piece(tempo=60.0), 2.0, 120.0)
    assert [bar.onset for bar in result.bars] == [4.0 * index for index in range(8)]
    assert result.melody[0].onset == -2.0
    assert result.chords[1].onset == 16.0
    assert result.keys[1] == (16.0, "G major")
    assert result.phrases[0].offset == result.length == 32.0


def test_halving_an_odd_number_of_bars_fills_the_last_one_up() -> None:
    result = rescaled(piece(beats=3, count=5, tempo=180.0), 0.5, 90.0)
    assert [bar.beats for bar in result.bars] == [3, 3, 3]
    assert result.phrases[-1].offset == result.length == 9.0


def test_the_parts_of_a_slow_compound_beat_become_beats() -> None:
    result = rescaled(piece(beats=2, tempo=50.0, parts=3), 3.0, 150.0)
    assert result.parts == 2
    assert [bar.beats for bar in result.bars] == [3] * 8
    assert result.melody[1].duration == 3.0


@given(
    tempo=st.floats(25.0, 320.0),
    beats=st.integers(1, 7),
    count=st.integers(1, 9),
    parts=st.sampled_from([2, 3]),
    slow=st.floats(40.0, 180.0),
)
def test_the_tune_keeps_its_speed_as_well_as_the_style_allows(
    tempo: float, beats: int, count: int, parts: int, slow: float
) -> None:
    sheet = piece(beats, count, tempo, parts)
    chosen, factor = choose_tempo(sheet, (slow, slow * 1.5))
    result = rescaled(sheet, factor, chosen)
    assert slow - 1e-9 <= result.tempo <= slow * 1.5 + 1e-9
    plain = min(max(tempo, slow), slow * 1.5)
    speed = (chosen / factor) / tempo
    assert max(speed, 1 / speed) <= max(plain / tempo, tempo / plain) + 1e-9
    ends = [bar.offset for bar in result.bars]
    assert [bar.onset for bar in result.bars] == [0.0, *ends[:-1]]
    assert result.melody[-1].offset <= result.length + 1e-9
