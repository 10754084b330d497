"""Mixtures of styles: numbers lie between, seats are whole, shares of 0 and 1 are the styles."""

import math
import tomllib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from toolkit.errors import UsageError
from toolkit.style.arrangement import Arrangement
from toolkit.style.band.arranging import arrange
from toolkit.style.band.playability import violations
from toolkit.style.band.players.sections import _labels
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.style import at_hand, load_style, parse_style, style_names
from toolkit.style.style_mix import mix, parse_share
from toolkit.style.style_text import dump_style

JAZZ, BOSSA = load_style("jazz-swing"), load_style("bossa-nova")


def song(form: str = "AABA") -> LeadSheet:
    """Return a song of phrases of four bars."""
    names = [name for _ in form for name in ("C", "Am7", "Dm7", "G7")]
    return LeadSheet(
        bars=tuple(Bar(4.0 * index, 4) for index in range(len(names))),
        melody=tuple(
            LineNote(4.0 * index + at, 2.0, 72 + parse(name).root % 12)
            for index, name in enumerate(names)
            for at in (0.0, 2.0)
        ),
        chords=tuple(ChordSpan(4.0 * index, 4.0, parse(name)) for index, name in enumerate(names)),
        phrases=tuple(Phrase(16.0 * index, 16.0, label) for index, label in enumerate(form)),
    )


def played(style) -> Arrangement:
    return arrange(song(), style=style, rng=np.random.default_rng(0))


def test_shares_of_none_and_all_are_the_styles_themselves():
    assert mix([JAZZ, BOSSA], [1, 0]) == JAZZ
    assert mix([JAZZ, BOSSA], [0, 1]) == BOSSA
    assert played(mix([JAZZ, BOSSA], [0.0, 0.3])) == played(BOSSA)


@settings(max_examples=20, deadline=None)
@example(share=0.5, other="baroque-chorale")
@given(
    share=st.floats(0.01, 0.99),
    other=st.sampled_from([n for n in style_names() if n != "jazz-swing"]),
)
def test_numbers_lie_between(share, other):
    second = load_style(other)
    found = mix([JAZZ, second], [1 - share, share])

    def between(value, *ends):
        assert min(ends) - 1e-3 <= value <= max(ends) + 1e-3

    for end in (0, 1):
        between(found.tempo[end], JAZZ.tempo[end], second.tempo[end])
    for table, name in (("harmony", "color"), ("harmony", "reharm"), ("melody", "change"),
                        ("mix", "room_seconds"), ("mix", "hiss_db")):  # fmt: skip
        ends = (getattr(getattr(each, table), name) for each in (JAZZ, second))
        between(getattr(getattr(found, table), name), *ends)
    most = JAZZ if share <= 0.5 else second  # the first of two equal ones
    assert found.harmony.palette == most.harmony.palette
    assert parse_style(found.name, tomllib.loads(dump_style(found))) == found


def test_tempo_is_between_as_ratios_are_heard():
    found = mix([JAZZ, BOSSA], [0.5, 0.5])
    assert found.tempo[1] == pytest.approx(math.sqrt(JAZZ.tempo[1] * BOSSA.tempo[1]), rel=1e-3)


def test_swing_lies_between_even_and_swung():
    ratios = [mix([JAZZ, BOSSA], [1 - share, share]).swing for share in (0.2, 0.5, 0.8)]
    assert ratios[0] > ratios[1] > ratios[2] or ratios[2] == 0.0
    assert 1.1 < ratios[0] < 1.4


@pytest.mark.parametrize("share", [0.2, 0.34, 0.5, 0.67, 0.9])
def test_seats_change_hands_whole_or_by_sections(share):
    found = mix([JAZZ, BOSSA], [1 - share, share], ensemble="quartet")
    assert len(found.seats) == 4
    players = {seat.player for seat in BOSSA.seats} - {seat.player for seat in JAZZ.seats}
    taken = sum(seat.player in players for seat in found.seats)
    by_sections = [seat for seat in found.seats if seat.player == "sections"]
    assert taken == pytest.approx(3 * share, abs=1)
    assert len(by_sections) <= 1
    assert found.seats[0].player == "lead"


def test_the_seed_decides_and_decides_the_same():
    mixed = [mix([JAZZ, BOSSA], [0.6, 0.4], ensemble="quartet", seed=seed) for seed in range(6)]
    assert mixed == [
        mix([JAZZ, BOSSA], [0.6, 0.4], ensemble="quartet", seed=seed) for seed in range(6)
    ]
    assert len({tuple(seat.player for seat in style.seats) for style in mixed}) > 1


@pytest.mark.parametrize("other", [name for name in style_names() if name != "jazz-swing"])
def test_mixtures_can_be_played(other):
    style = mix([JAZZ, load_style(other)], [0.55, 0.45], ensemble="quartet")
    made = played(style)
    for part in made.parts:
        assert violations(part, made.sheet, made.tempo[0][1]) == (), part.name


def test_sections_are_whole_phrases():
    share = 0.25
    assert _labels(song("AABA"), share) == {"B"}
    assert _labels(song("AABA"), 0.0) == frozenset()
    assert _labels(song("AABA"), 0.8) == {"A"}
    seats = [
        seat
        for seed in range(8)
        for seat in mix([JAZZ, BOSSA], [0.9, 0.1], ensemble="quartet", seed=seed).seats
        if seat.player == "sections" and seat.role == "drums"
    ]
    assert seats
    for tones, label in (
        (played_seat(seats[0], "own"), "A"),
        (played_seat(seats[0], "other"), "B"),
    ):
        made, sheet = played_seat(seats[0])
        inside = {
            (tone.onset, tone.pitch) for tone in made if sheet.phrase_at(tone.onset).label == label
        }
        assert inside == {
            (tone.onset, tone.pitch)
            for tone in tones[0]
            if sheet.phrase_at(tone.onset).label == label
        }


def played_seat(seat, only=""):
    """Return what a seat plays over the song, or what one of its two players would."""
    from dataclasses import replace

    from toolkit.style.band.playing import Scene, play

    share = {"": 0.25, "own": 0.0, "other": 1.0}[only]
    seat = replace(seat, options={**seat.options, "share": share})
    sheet = song()
    scene = Scene(sheet, JAZZ, seat, ("drums",), 140.0, np.random.default_rng(4))
    return play(scene).tones, sheet


def test_what_cannot_be_mixed_says_so():
    with pytest.raises(UsageError, match="share"):
        mix([JAZZ, BOSSA], [1.0])
    with pytest.raises(UsageError, match="share"):
        mix([JAZZ], [0.0])
    with pytest.raises(UsageError, match="twice"):
        mix([JAZZ, JAZZ], [0.5, 0.5])


@pytest.mark.parametrize("text", ["bossa-nova", "bossa-nova:", ":0.4", "bossa-nova:2", "b:-1"])
def test_a_share_is_a_name_and_a_number(text):
    with pytest.raises(UsageError, match="share"):
        parse_share(text)
    assert parse_share("./my:styles/a.toml:0.25") == ("./my:styles/a.toml", 0.25)


@pytest.mark.parametrize("name", style_names())
def test_styles_are_written_as_they_were_read(name):
    style = load_style(name)
    assert parse_style(name, tomllib.loads(dump_style(style))) == style


def test_a_style_at_hand_is_found_and_forgotten():
    with at_hand("somewhere/style.toml", BOSSA):
        assert load_style("somewhere/style.toml") is BOSSA
    with pytest.raises(UsageError, match="somewhere"):
        load_style("somewhere/style.toml")
