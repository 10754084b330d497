"""Let heard notes last as long as they sound.

A transcriber ends a note where it is no longer sure of it: a held tone of a piano that dies away
ends early, by half a second for one note in ten. Whether a note still sounds shows in its partials:
a held string loses some ten dB a second, a damped one that much in a tenth of it. A small network
looks at levels and slopes of four partials at each moment and says how likely the note sounds on;
with the log odds z of moments t, the note ends after the moment that maximizes Σ_{t ≤ end} z(t).

Notes become longer only, and at most until something is struck near them, which is where a voice
goes on. Fitted by `toolkit.training.fitting_ends`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.dsp.layers import linear
from toolkit.style.listening.pitch_levels import HIGHEST, LOWEST, PitchLevels, pitch_levels
from toolkit.values import DRUMS, Audio, Note, Notes

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

PATH = Path(__file__).with_name("fitted_ends.json")
"""Where the fitted constants are kept."""

PARTIALS = (0, 12, 19, 24)
"""Semitones above a note at which its first four partials lie."""

NUM_FEATURES = 5 * len(PARTIALS) + 11

_NEAR_PITCH = 7  # semitones within which a new note is where a voice goes on
_TOGETHER = 0.08
_AGAIN = 0.05  # seconds after which the same pitch is struck anew
_SETTLED = 0.06
_LONGEST, _BEYOND = 6.0, 4.0  # seconds after the onset and the offset that are looked at
_ATTACK_FRAMES, _SLOPE_FRAMES = 5, 3
_AROUND = (-2, -1, 1, 2)
_RANGE = 5.0  # standard deviations beyond which nothing counts


@dataclass(frozen=True, eq=False)
class Moments:
    """Hold the moments at which it is asked whether a note still sounds.

    Parameters
    ----------
    times : np.ndarray, shape (moments,)
        In seconds, ascending; none where the same pitch is struck at once.
    features : np.ndarray, shape (moments, NUM_FEATURES)
        What is looked at.
    """

    times: Array
    features: Array


def lengthened(notes: Notes, audio: Audio) -> Notes:
    """Return the notes, heard ones lasting as long as they sound.

    Parameters
    ----------
    notes : Notes
        Ascending in onset. Notes that are sure, as written ones are, and drums stay.
    audio : Audio
        In which they were heard.
    """
    chosen = [note for note in notes if note.program != DRUMS and note.confidence < 1]
    if not chosen or not audio.samples.size:
        return notes
    longer = {}
    for note, limit, moments in zip(
        chosen, _voice_ends(chosen), describe(chosen, pitch_levels(audio)), strict=True
    ):
        end = min(sounding_end(moments), limit)
        if end > note.offset:
            longer[id(note)] = replace(note, offset=end)
    return replace(notes, notes=tuple(longer.get(id(note), note) for note in notes))


def sounding_end(moments: Moments) -> float:
    """Return until when a note sounds in seconds, 0 where it was not listened to."""
    if not len(moments.times):
        return 0.0
    total = np.cumsum(odds(moments.features))
    last = int(total.argmax())
    return float(moments.times[last if total[last] > 0 else 0])


def odds(features: Array) -> Array:
    """Return the log odds that a note sounds, shape (moments,), of `Moments.features`."""
    fitted = _fitted()
    inside = np.clip((features - fitted["center"]) / fitted["spread"], -_RANGE, _RANGE)
    hidden = np.maximum(linear(fitted, "hidden", inside), 0.0)
    return linear(fitted, "out", hidden)[:, 0]


def describe(notes: Sequence[Note], heard: PitchLevels) -> Iterator[Moments]:
    """Yield the moments of each note.

    Parameters
    ----------
    notes : sequence of Note
        Ascending in onset, all that are known to sound.
    heard : PitchLevels
        Of the recording.
    """
    count = len(heard.levels)
    expected = _expected(notes, heard)
    onsets = np.array([note.onset for note in notes])
    begun = np.bincount(np.minimum((onsets * heard.rate).astype(int), count - 1), minlength=count)
    attacks = np.concatenate([[0], np.cumsum(begun)])
    loudest = heard.levels.max(axis=1)
    for note, again in zip(notes, _struck_again(notes), strict=True):
        stop = min(again, note.onset + _LONGEST, note.offset + _BEYOND, (count - 1) / heard.rate)
        first = round((note.onset + _SETTLED) * heard.rate)
        at = np.arange(first, int(stop * heard.rate))
        if not len(at):
            yield Moments(np.zeros(0), np.zeros((0, NUM_FEATURES)))
            continue
        own = at < int(note.offset * heard.rate) + 1
        columns = [*_partials(note, at, heard, expected, own)]
        pitch = _column(note.pitch)
        columns.append(np.clip(heard.levels[at, pitch] - loudest[at], -60, 0) / 20)
        columns += _place(note, at / heard.rate, at, attacks)
        columns.append(np.full(len(at), float(again == stop)))
        yield Moments(at / heard.rate, np.stack(columns, axis=1).astype(float))


def _partials(
    note: Note, at: Index, heard: PitchLevels, expected: npt.NDArray[np.int16], own: Mask
) -> Iterator[Array]:
    """Yield of each partial its fall, slopes, clearness, and whether another note explains it."""
    levels, count = heard.levels, len(heard.levels)
    begin = int(note.onset * heard.rate)
    after, before = np.minimum(at + _SLOPE_FRAMES, count - 1), np.maximum(at - _SLOPE_FRAMES, 0)
    for interval in PARTIALS:
        column = _column(note.pitch + interval)
        track = levels[:, column].astype(np.float32)
        here = track[at]
        around = [_column(note.pitch + interval + step) for step in _AROUND]
        yield np.clip(here - track[begin : begin + _ATTACK_FRAMES].max(), -60, 10) / 20
        yield np.clip(track[after] - here, -30, 15) / 10
        yield np.clip(here - track[before], -30, 15) / 10
        yield (
            np.clip(here - levels[at[:, None], around].mean(axis=1, dtype=np.float32), -20, 40) / 20
        )
        yield (expected[at, column] > own).astype(float)


def _place(note: Note, times: Array, at: Index, attacks: Index) -> Iterator[Array]:
    """Yield where in the note the moments are, what begins there, and what kind of note it is."""
    last = len(attacks) - 1
    yield np.minimum(times - note.onset, 4.0) / 2
    yield (times < note.offset).astype(float)
    yield np.clip(times - note.offset, -1, 2)
    yield np.full(len(at), np.log(note.offset - note.onset + 0.05))
    now = attacks[np.minimum(at + 2, last)] - attacks[np.maximum(at - 1, 0)]
    soon = attacks[np.minimum(at + 1 + _SLOPE_FRAMES, last)] - attacks[np.minimum(at + 1, last)]
    yield np.minimum(now, 4) / 2
    yield np.minimum(soon, 4) / 2
    for value in ((note.pitch - 60) / 24, note.velocity, note.confidence):
        yield np.full(len(at), value)


def _expected(notes: Sequence[Note], heard: PitchLevels) -> npt.NDArray[np.int16]:
    """Return how many notes, by what the transcriber says, have a partial there."""
    found = np.zeros(heard.levels.shape, np.int16)
    for note in notes:
        span = slice(int(note.onset * heard.rate), int(note.offset * heard.rate) + 1)
        for interval in PARTIALS:
            if note.pitch + interval <= HIGHEST:
                found[span, _column(note.pitch + interval)] += 1
    return found


def _column(pitch: int) -> int:
    return min(max(pitch, LOWEST), HIGHEST) - LOWEST


def _struck_again(notes: Sequence[Note]) -> list[float]:
    """Return when the pitch of each note is struck next, infinite for never."""
    found = [np.inf] * len(notes)
    following: dict[int, list[float]] = {}
    for index in range(len(notes) - 1, -1, -1):
        note = notes[index]
        later = following.setdefault(note.pitch, [])
        found[index] = next((at for at in reversed(later) if at > note.onset + _AGAIN), np.inf)
        later.append(note.onset)
    return found


def _voice_ends(notes: Sequence[Note]) -> list[float]:
    """Return when something is struck near the pitch of each note next, infinite for never."""
    onset = np.array([note.onset for note in notes])
    pitch = np.array([note.pitch for note in notes])
    found = []
    for index, note in enumerate(notes):
        # Nothing that is later than a note may be lengthened to matters.
        stop = int(np.searchsorted(onset, note.onset + _LONGEST + _BEYOND))
        later = slice(index, stop)
        near = np.abs(pitch[later] - note.pitch) <= _NEAR_PITCH
        near &= onset[later] > note.onset + _TOGETHER
        found.append(float(onset[later][near].min(initial=np.inf)))
    return found


def forget() -> None:
    """Read the constants anew when they are needed next: they were fitted again."""
    _fitted.cache_clear()


@cache
def _fitted() -> dict[str, Array]:
    read = json.loads(PATH.read_text(encoding="utf-8"))
    return {name: np.array(value) for name, value in read.items() if name != "measured"}
