"""Make a style of a reference: who plays, how fast, with which swing, and bars as patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from toolkit.io.instruments import instrument_name
from toolkit.style.band.playability import playable_range
from toolkit.style.borrowed.hearing import Heard, HeardPart, hear
from toolkit.style.borrowed.taking import take
from toolkit.style.style import BORROWED, Form, Harmony, Melody, Mix, Seat, Style
from toolkit.values import DRUMS, Notes

_TEMPO_ROOM = 1.18
_SLOWEST, _FASTEST = 20.0, 400.0
_RICH = 0.5
_MARGIN = 3
_BASS_CENTER = 40
_LEAST_SHARE = 0.12
_FEWEST_SEMITONES = 24
_TUNE_RANGE = (48, 96)
_GAIN_DB = {"chords": -2.0, "counter": -2.0, "bass": 0.0, "drums": -3.0}
_LOUDEST_DB = 6.0
_DB_PER_VELOCITY = 40.0
_PANS = (0.0, -0.25, 0.25, -0.4, 0.4, -0.15, 0.15)
_LATE_SECONDS = 0.001


def style_of(notes: Notes, *, name: str, source: str = "", sha256: str = "") -> Style:
    """Return the style in which a reference is played.

    Its accompaniment is kept bar by bar, relative to its chords, as are its introduction and its
    ending where it has them; the tune's instrument, but not the tune. The key of the reference and
    by how many semitones it is transposed change nothing.

    Parameters
    ----------
    notes : Notes
        A performance or a score with an accompaniment.
    name : str
        Of the style.
    source, sha256 : str
        Of the file that the notes are from.

    Returns
    -------
    Style
        With one ensemble, ``band``, and all that it has borrowed.

    Raises
    ------
    InputError
        If there is nothing but a tune in it, or no pitched note.
    """
    heard = _regulars(hear(notes))
    seats = (_lead(heard), *_seats(heard.parts))
    slow, fast = heard.sheet.tempo / _TEMPO_ROOM, heard.sheet.tempo * _TEMPO_ROOM
    swung = heard.swing > 1
    borrowed = take(heard, source, sha256)
    return Style(
        name=name,
        summary=_summary(heard, source or name),
        # The players of a shuffle share one ratio, which is what was measured.
        feel="shuffle" if swung else "straight",
        tempo=(
            round(min(max(slow, _SLOWEST), _FASTEST), 1),
            round(min(max(fast, _SLOWEST), _FASTEST), 1),
        ),
        seats=seats,
        ensembles=MappingProxyType({"band": tuple(seat.name for seat in seats)}),
        harmony=_harmony(heard),
        melody=Melody(),
        form=Form(
            "none" if borrowed.opening is None else BORROWED,
            "hold" if borrowed.closing is None else BORROWED,
        ),
        mix=Mix(),
        meter=3 if heard.sheet.beats_per_bar == 3 and heard.sheet.parts == 2 else 0,
        swing=round(heard.swing, 3) if swung else 0.0,
        borrowed=borrowed,
    )


def _regulars(heard: Heard) -> Heard:
    """Return what was heard without those who hardly ever play: their seats would stay silent."""
    bars = max(len(heard.sheet.bars), 1)
    kept = tuple(
        part
        for part in heard.parts
        if len({heard.sheet.bar_at(tone.onset) for tone in part.tones}) >= _LEAST_SHARE * bars
    )
    return replace(heard, parts=kept or heard.parts[:1])


def _summary(heard: Heard, source: str) -> str:
    players = ", ".join(instrument_name(part.program).lower() for part in heard.parts)
    return f"As {source} is played: {players}, near {heard.sheet.tempo:.0f} beats a minute."


def _harmony(heard: Heard) -> Harmony:
    """Return the harmony as colored as the reference's; no chord is replaced unless asked."""
    spans = heard.sheet.chords
    total = sum(span.duration for span in spans)
    rich = sum(span.duration for span in spans if span.chord.is_extended)
    color = round(rich / total, 2) if total else 0.0
    return Harmony("jazz" if color >= _RICH else "plain", color, 0.0)


def _lead(heard: Heard) -> Seat:
    """Return who plays the tune: its instrument in the reference, else a piano."""
    program = max(heard.lead, 0)
    low, high = playable_range(program)
    low, high = max(low, _TUNE_RANGE[0]), min(high, _TUNE_RANGE[1])
    if high - low < _FEWEST_SEMITONES - 1:
        low, high = playable_range(program)
    return Seat("lead", "melody", "lead", program, low=low, high=high, gain_db=1.0, pan=-0.1)


def _seats(parts: Sequence[HeardPart]) -> tuple[Seat, ...]:
    loud = {part.name: float(np.mean([tone.velocity for tone in part.tones])) for part in parts}
    mean = float(np.mean(list(loud.values())))
    seats = []
    sides = iter(_PANS[1:])
    for part in parts:
        level = _DB_PER_VELOCITY * float(np.log10(max(loud[part.name], 0.01) / max(mean, 0.01)))
        gain = _GAIN_DB[part.role] + float(np.clip(level, -_LOUDEST_DB, _LOUDEST_DB))
        low, high, center = _register(part)
        options: dict[str, object] = {"part": part.name}
        if part.program != DRUMS:
            options["center"] = center
        if abs(part.late) >= _LATE_SECONDS:
            options["late"] = round(part.late, 4)
        pan = 0.05 if part.role in ("bass", "drums") else next(sides, 0.0)
        seats.append(
            Seat(
                part.name, part.role, "borrowed", part.program, 0, low, high, round(gain, 1), pan,
                0.06 if part.role == "bass" else 0.15, options,
            )
        )  # fmt: skip
    return tuple(seats)


def _register(part: HeardPart) -> tuple[int, int, int]:
    """Return lowest and highest pitch, and the middle, of what the part spans in the reference.

    A little more, two octaves at least. A bass is put by octaves where basses play: which octave
    that is in C depends on the key of the reference, which is not to matter.
    """
    if part.program == DRUMS:
        return 0, 127, 0
    moved = 12 * round((_BASS_CENTER - part.center) / 12) if part.role == "bass" else 0
    pitches = [tone.pitch + moved for tone in part.tones]
    first, last = playable_range(part.program)
    low, high = min(pitches) - _MARGIN, max(pitches) + _MARGIN
    lack = max(_FEWEST_SEMITONES - (high - low), 0)
    low, high = low - lack // 2, high + (lack + 1) // 2
    low, high = max(min(low, last - _FEWEST_SEMITONES), first), min(max(high, first + 24), last)
    return max(low, 0), min(high, 127), part.center + moved
