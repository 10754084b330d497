"""Say for how long tones sound, how chords are rolled, and where the pedal goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from toolkit.style.arrangement import Part, Tone
from toolkit.style.performing import swing_feel
from toolkit.style.performing.tempo_curve import TempoCurve
from toolkit.style.style import Style
from toolkit.values import DRUMS, Note

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_SHARE = {"melody": 0.97, "counter": 0.95, "chords": 0.94, "bass": 0.96, "drums": 1.0}
_STAB_BEATS, _STAB_SHARE = 0.55, 0.8
_SHORTEST = 0.04
_LEGATO = 0.93
_SHORT_SHARE = 0.35
_LONGEST_SHARE = 0.99
_TOGETHER = 0.02
_ROLL_SECONDS, _ROLL_SLOW_SECONDS = 0.004, 0.012
_SLOW_TEMPO = 90.0
_LONGEST_ROLL = 0.06
_PEDAL_LATE = 0.06
_SHORTEST_NOTE = 0.02


def offsets(
    tones: Sequence[Tone], onsets: Array, part: Part, clock: TempoCurve, second: float
) -> Array:
    """Return when tones end, in seconds, by rule: basses and pads sustain, stabs are short.

    Parameters
    ----------
    tones : sequence of Tone
        Ascending in onset.
    onsets : np.ndarray, shape (tones,)
        When they begin, in seconds.
    part : Part
        Whose role it is.
    clock : TempoCurve
        Of the arrangement.
    second : float
        Where the second eighth of a beat lies.
    """
    begin = np.array([tone.onset for tone in tones])
    length = np.array([tone.duration for tone in tones])
    ends = swing_feel.swung(begin + length, second)
    seconds = clock.seconds(ends) - clock.seconds(swing_feel.swung(begin, second))
    share = np.full(len(tones), _SHARE[part.role])
    if part.role == "chords":
        share[length < _STAB_BEATS] = _STAB_SHARE
    if part.program == DRUMS:
        share[:] = 1.0
    return np.asarray(onsets + np.maximum(share * seconds, _SHORTEST))


def sung(onsets: Array, lengths: Array, shares: Array, rests: npt.NDArray[np.bool_]) -> Array:
    """Return when the notes of a line end, in seconds: what is nearly legato is.

    Parameters
    ----------
    onsets, lengths : np.ndarray, shape (notes,)
        When notes begin and how long they are written, in seconds.
    shares : np.ndarray
        Share of the length that sounds.
    rests : np.ndarray of bool
        Whether silence follows a note.
    """
    after = np.append(onsets[1:], np.inf)
    share = np.clip(shares, _SHORT_SHARE, _LONGEST_SHARE)
    ends = onsets + np.maximum(share * lengths, _SHORTEST)
    ends = np.where((shares >= _LEGATO) & ~rests, after, ends)
    return np.asarray(np.minimum(ends, after))


def rolled(
    tones: Sequence[Tone],
    onsets: Array,
    voice: Indices,
    role: str,
    style: Style,
    rng: np.random.Generator,
) -> Array:
    """Return onsets with chords spread upwards by some milliseconds a tone, as hands do.

    The tune stays where it is, and drummers do not roll.

    Parameters
    ----------
    tones : sequence of Tone
        Ascending in (onset, pitch).
    onsets : np.ndarray, shape (tones,)
        In seconds.
    voice : np.ndarray of int
        Which tones are the tune.
    role : str
        Of the part.
    style : Style
        Slow and free styles roll more.
    rng : np.random.Generator
        Draws each roll.
    """
    spread = onsets.copy()
    if role == "drums":
        return spread
    fixed = set(voice.tolist())
    free = style.rubato > 0 or style.tempo[1] <= _SLOW_TEMPO
    most = _ROLL_SLOW_SECONDS if free else _ROLL_SECONDS
    first = 0
    for index in range(1, len(tones) + 1):
        if index < len(tones) and tones[index].onset < tones[first].onset + _TOGETHER:
            continue
        members = [each for each in range(first, index) if each not in fixed]
        if len(members) > 1:
            step = min(rng.uniform(0.3, 1.7) * most, _LONGEST_ROLL / len(members))
            spread[members] = np.mean(onsets[members]) + step * np.arange(len(members))
        first = index
    return spread


def pedal(
    spans: Sequence[tuple[float, float]], clock: TempoCurve
) -> tuple[tuple[float, float], ...]:
    """Return pedal spans in seconds: the foot goes down after the tone, not with it."""
    result = []
    for down, up in spans:
        begin, end = (float(clock.seconds(max(beat, 0.0))) for beat in (down, up))
        begin = min(begin + _PEDAL_LATE, (begin + end) / 2)
        if end > begin:
            result.append((begin, end))
    return tuple(result)


def without_overlaps(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return notes of which none is struck while its pitch still sounds: the former ends.

    Of two that begin together the louder one stays.
    """
    last: dict[int, int] = {}
    done: list[Note] = []
    for note in sorted(notes, key=lambda each: (each.onset, -each.velocity)):
        number = last.get(note.pitch)
        if number is not None:
            before = done[number]
            if note.onset < before.onset + _SHORTEST_NOTE:
                continue
            done[number] = replace(before, offset=min(before.offset, note.onset))
        last[note.pitch] = len(done)
        done.append(note)
    return tuple(done)
