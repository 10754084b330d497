"""Introductions and endings of references: found where there are such, and played elsewhere."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from toolkit.errors import UsageError
from toolkit.style import timeline
from toolkit.style.band.arranging import arrange
from toolkit.style.band.other_mode import in_key
from toolkit.style.band.playability import violations
from toolkit.style.borrowed.deriving import style_of
from toolkit.style.borrowed.neutral_key import transposed
from toolkit.style.borrowed.patterns import read
from toolkit.style.borrowed.telling import told
from toolkit.style.chord import Chord, parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.style import Form, load_style, parse_style
from toolkit.style.style_mix import mix
from toolkit.style.style_text import dump_style
from toolkit.values import DRUMS, Note, Notes

BEAT, BODY = 0.5, 16


def chord(names, at, length, program=0, velocity=0.6):
    """Return a chord of a name from a beat on, at 120 beats a minute."""
    return [
        Note(at * BEAT, (at + length) * BEAT - 0.01, 60 + step, velocity, program)
        for step in parse(names).pitch_classes[:3]
    ]


def hats(first, count, velocity=0.5):
    return [
        Note((first + half / 2) * BEAT, (first + half / 2 + 0.4) * BEAT, 42, velocity, DRUMS)
        for half in range(8 * count)
    ]


def reference(make_band, before=(), after=(), final="", slow=1.0, soft=1.0):
    """Return the band with bars of piano and hats around it, and a last chord.

    Parameters
    ----------
    before, after : sequence of str
        A chord a bar.
    final : str
        ``hold`` or ``stop``.
    slow : float
        Share of the tempo in the two bars before the last chord and in it.
    soft : float
        Share of the velocity to which the last eight bars fade.
    """
    band = make_band()
    start = 4 * len(before)
    notes = [
        replace(note, onset=note.onset + start * BEAT, offset=note.offset + start * BEAT)
        for note in band
    ]
    names = list(band.chords)
    chords = [(at + start * BEAT, name) for at, name in names]
    for place, name in [*enumerate(before), *enumerate(after, len(before) + BODY)]:
        # As busy as the band, so that nothing but the tune is missing.
        notes += [
            *hats(4 * place, 1, 0.25),
            *chord(name, 4 * place, 1),
            *chord(name, 4 * place + 2, 1),
        ]
        chords.append((4 * place * BEAT, parse(name).harte))
    end = start + 4 * BODY + 4 * len(after)
    if final:
        notes += chord("C", end, 4 if final == "hold" else 0.5)
        notes.append(Note(end * BEAT, (end + (4 if final == "hold" else 0.5)) * BEAT, 36, 0.8, 32))
        chords.append((end * BEAT, parse("C").harte))
    faded = [
        replace(note, velocity=note.velocity * loud(note.onset / BEAT, end, soft)) for note in notes
    ]
    tempi = ((0.0, 120.0), ((end - 8) * BEAT, 120.0 * slow)) if slow < 1 else ((0.0, 120.0),)
    return Notes(
        tuple(
            replace(note, onset=warped(note.onset, tempi), offset=warped(note.offset, tempi))
            for note in faded
        ),
        tempi,
        ((0.0, 4, 4),),
        ((0.0, "C major"),),
        chords=tuple(sorted((warped(at, tempi), name) for at, name in chords)),
    )


def loud(beat, end, soft):
    return soft ** float(np.clip((beat // 4 - (end // 4 - 8)) / 8, 0, 1))


def warped(at, tempi):
    return float(timeline.seconds(tempi, at / BEAT))


def piece(key="D major", bars=12):
    """Return a piece of two chords with a tune."""
    root = {"D major": 2, "E minor": 4}[key]
    chords = Chord(root, "m" if "minor" in key else ""), Chord((root + 7) % 12)
    return LeadSheet(
        bars=tuple(Bar(4.0 * index, 4) for index in range(bars)),
        melody=tuple(
            LineNote(2.0 * index, 2.0, 69 + (0, 2, 4, 5)[index % 4]) for index in range(2 * bars)
        ),
        chords=tuple(ChordSpan(4.0 * index, 4.0, chords[index % 2]) for index in range(bars)),
        keys=((0.0, key),),
        phrases=(Phrase(0.0, 4.0 * bars),),
    )  # fmt: skip


def made(style, sheet=None, seed=0):
    found = arrange(sheet or piece(), style=style, rng=np.random.default_rng(seed))
    for part in found.parts:
        assert violations(part, found.sheet, found.tempo[0][1]) == ()
    return found


def symbols(arrangement, first, last):
    return [s.chord.symbol for s in arrangement.sheet.chords if first <= s.onset < last]


def test_a_loop_has_neither_and_says_so(make_band):
    style = style_of(make_band(), name="loop", source="loop.mid")
    assert (style.borrowed.opening, style.borrowed.closing) == (None, None)
    assert style.form == Form("none", "hold")
    assert told(style) == {
        "introduction": "loop.mid begins with its tune, so the style's own: none",
        "ending": "loop.mid is over without one, so the style's own: hold",
    }
    assert made(style).body == (0.0, 48.0)


def test_an_introduction_is_played_before_another_piece(make_band):
    style = style_of(reference(make_band, before=("F", "G", "F", "G7")), name="intro")
    found = made(style)
    assert found.body[0] == 16.0
    assert symbols(found, 0, 16) == ["G", "A", "G", "A7"]
    early = {part.name for part in found.parts for tone in part.tones if tone.onset < 16}
    assert early == {"drums", "acoustic-grand-piano"}
    hats = [tone for tone in found.part("drums").tones if tone.onset < 16]
    assert {tone.pitch for tone in hats} == {42}
    later = [t.velocity for t in found.part("drums").tones if t.pitch == 42 and t.onset >= 16]
    assert np.mean([tone.velocity for tone in hats]) < 0.7 * np.mean(later)
    assert told(style)["introduction"].endswith("4 bars")


def test_an_introduction_is_short_before_a_short_piece(make_band):
    style = style_of(reference(make_band, before=("F", "G", "F", "G7")), name="intro")
    found = made(style, piece(bars=4))
    assert symbols(found, 0, found.body[0]) == ["G", "A7"]  # the bars next to the tune


def test_in_the_other_mode_chords_keep_their_degree(make_band):
    style = style_of(reference(make_band, before=("F", "G", "Am", "G7")), name="intro")
    assert symbols(made(style, piece("E minor")), 0, 16) == ["Am", "B", "C", "B7"]
    assert in_key(parse("Bb"), "minor", "C major").symbol == "G"
    assert in_key(parse("F#dim7"), "major", "D minor").symbol == "Abdim7"


def test_an_ending_after_the_tune_slows_down_to_a_held_chord(make_band):
    notes = reference(make_band, after=("F", "G"), final="hold", slow=0.7)
    style = style_of(notes, name="ending")
    found = made(style)
    assert found.sheet.length == 48 + 12
    assert symbols(found, 48, 60) == ["G", "A", "D"]
    assert found.tempo[1:] == tuple(
        (beat, pytest.approx(0.7 * found.tempo[0][1])) for beat in (48.0, 52.0, 56.0)
    )
    held = [tone for tone in found.part("acoustic-grand-piano").tones if tone.onset >= 56]
    assert held
    assert {(tone.onset, tone.offset) for tone in held} == {(56.0, 60.0)}
    assert told(style)["ending"].endswith(
        "2 bars after the tune, slowing down, its last chord held"
    )


def test_a_chord_that_is_struck_short_is_so_for_all(make_band):
    style = style_of(reference(make_band, final="stop"), name="stop")
    found = made(style)
    assert found.sheet.length == 52
    last = [tone for part in found.parts for tone in part.tones[-9:]]
    struck = {part.name for part in found.parts if part.tones[-1].onset >= 48}
    assert struck == {"drums", "bass", "acoustic-grand-piano"}
    assert found.part("lead").tones[-1].offset > 48  # the tune's last note is held up to it
    assert max(tone.offset for tone in last) <= 48.6


def test_a_reference_that_fades_fades_here(make_band):
    style = style_of(reference(make_band, soft=0.2), name="fade")
    closing = style.borrowed.closing
    assert closing.last == "run"
    assert closing.softer < 0.5
    assert closing.again >= 4
    found = made(style)
    # Of a piece of twelve bars four come again.
    assert found.sheet.length == 48 + 16
    for name in ("lead", "drums"):
        tones = found.part(name).tones
        usual = np.mean([tone.velocity for tone in tones if tone.onset < 48])
        assert np.mean([t.velocity for t in tones[-4:]]) < 0.6 * usual


def test_a_close_that_is_said_again_is_said_again(make_band):
    band = make_band()
    bar = 4 * BEAT
    begin, end = (BODY - 3) * bar, (BODY - 1) * bar
    once_more = [
        replace(note, onset=note.onset + 2 * bar, offset=note.offset + 2 * bar)
        for note in band
        if begin <= note.onset < end
    ]
    first = [note for note in band if note.onset < end]
    last = 4 * (BODY + 1)
    close = [*chord("C", last, 4), Note(last * BEAT, (last + 4) * BEAT, 84, 0.8, 73)]
    chords = [*(c for c in band.chords if c[0] < end),
              *((at + 2 * bar, name) for at, name in band.chords if begin <= at < end),
              (last * BEAT, "C:maj")]  # fmt: skip
    style = style_of(
        replace(band, notes=(*first, *once_more, *close), chords=tuple(chords)), name="tag"
    )
    assert style.borrowed.closing.again == 2
    found = made(style)
    assert found.sheet.length == 48 + 8 + 4
    tune = [(note.onset, note.pitch) for note in found.sheet.melody]
    assert {(at + 12, pitch) for at, pitch in tune if 36 <= at < 44} <= set(tune)


@pytest.mark.parametrize("bars", [1, 2, 3])
def test_short_pieces_have_short_frames(make_band, bars):
    whole = style_of(
        reference(make_band, before=("F", "G"), after=("F", "G"), final="hold", slow=0.7),
        name="all",
    )
    closing = whole.borrowed.closing
    ways = [
        closing,
        replace(closing, last="stop", bars=(), again=4),
        replace(closing, last="run", final=None, softer=0.3),
        replace(closing, last="run", final=None, bars=(), again=8),
    ]
    for way in ways:
        style = replace(whole, borrowed=replace(whole.borrowed, closing=way))
        found = made(style, piece(bars=bars))
        begin, end = found.body
        assert end - begin == 4 * bars
        assert 0 < begin <= 8
        assert end < found.sheet.length <= end + 4 * (bars + 1)
        assert all(tone.offset <= found.sheet.length for part in found.parts for tone in part.tones)


def test_what_is_borrowed_is_written_and_read_back(make_band):
    notes = reference(make_band, before=("F", "G"), after=("F", "G"), final="hold", slow=0.7)
    style = style_of(notes, name="both", source="a.mid", sha256="ab")
    assert parse_style("both", tomllib.loads(dump_style(style))) == style
    # It is as well in any other key.
    moved = style_of(transposed(notes, 5), name="both", source="a.mid", sha256="ab")
    assert moved.borrowed == style.borrowed
    table = style.borrowed.plain()
    with pytest.raises(ValueError, match="shares"):
        read({**table, "closing": {**table["closing"], "slower": [1.2]}})
    with pytest.raises(UsageError, match="no ending"):
        made(replace(style, borrowed=replace(style.borrowed, closing=None)))


def test_mixtures_take_the_form_of_the_larger_share(make_band):
    own = style_of(reference(make_band, before=("F", "G") * 4), name="own")
    swing = load_style("jazz-swing")
    assert mix([own, swing], [0.4, 0.6]).form == swing.form
    between = mix([own, swing], [0.6, 0.4])
    assert (between.form.intro, between.form.intro_bars) == ("borrowed", 6)
    assert made(between, piece(bars=24)).body[0] == 24.0
    assert made(between, piece(bars=12)).body[0] == 16.0
    assert told(mix([own, swing], [0.4, 0.6]))["introduction"].startswith("not that of")
