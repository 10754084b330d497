"""Write for bands what was not written for them: pop songs, movements of scores, chance.

Grooves are one way in which instruments share out time and pitch. Here a melody has a second voice
or is doubled, an accompaniment goes to pianos or to others, basses take over the lowest notes or
double them, and drums are invented over the beats; or every class plays random textures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from toolkit.adapters import pop909
from toolkit.training.drumming import drumming
from toolkit.training.polyphony import invention
from toolkit.training.presets import Preset
from toolkit.values import Note

PIANOS, BASSES = (0, 0, 0, 1, 2, 3, 4, 5), tuple(range(32, 40))
# No synthetic pads, effects or noises, no pianos and basses, and no drums with a pitch.
OTHERS = tuple(p for p in (*range(8, 32), *range(40, 96), *range(104, 112)) if p not in (47, 55))
_COMPING = (4, 6, 7, 11, 15, 16, 17, 19, 21, 22, 24, 24, 25, 25, 26, 27, 28, 46, 48, 49, 50, 61, 88)
_PADS = (16, 19, 48, 49, 50, 51, 52, 54, 61, 89, 90, 91, 95)

SECONDS = 40.0
_LOWEST_BASS, _HIGHEST_BASS = 28, 52
_HIGHEST_ROOT = 62
_TOGETHER = 0.04
_SHORTEST = 0.05
_DRUMS_SHARE, _PAD_SHARE, _DOUBLED_SHARE = 0.85, 0.3, 0.35

# Which thirds of the keyboard an instrument of random textures uses, in the order of `presets`.
_ALL, _LOW, _MIDDLE = (9.0,) * 6, (9.0, 9.0, 0.0, 0.0, 0.0, 0.0), (0.0, 9.0, 9.0, 9.0, 9.0, 0.0)


def pop_songs() -> tuple[Path, ...]:
    """Return the songs of POP909 that are neither for validation nor for tests.

    Raises
    ------
    ToolkitError
        If they are not unpacked.
    """
    paths = (pop909.path_of(number) for number in pop909.TRAINING)
    return tuple(path for path in paths if path.is_file())


def pop(rng: np.random.Generator, path: Path) -> list[Note]:
    """Return an excerpt of a song (tracks MELODY, BRIDGE, PIANO), arranged for a band."""
    import pretty_midi

    song = pretty_midi.PrettyMIDI(str(path))
    start = float(rng.uniform(0, max(song.get_end_time() - SECONDS, 0)))
    faster, up = float(rng.uniform(0.8, 1.3)), int(rng.integers(-6, 7))
    tracks: dict[str, list[Note]] = {}
    for part in song.instruments:
        notes = (
            _placed((each.start - start) / faster, (each.end - start) / faster, each.pitch + up, v)
            for each in part.notes
            if (v := each.velocity / 127) > 0
        )
        tracks.setdefault(part.name.upper(), []).extend(note for note in notes if note is not None)
    beats = [
        (float(at) - start) / faster
        for at in song.get_beats()
        if 0 <= at - start < SECONDS * faster
    ]
    melody, bridge = tracks.get("MELODY", []), tracks.get("BRIDGE", [])
    return _arranged(rng, melody, bridge, tracks.get("PIANO", []), beats)


def movement(rng: np.random.Generator, parts: Iterable[Note], tempo: float) -> list[Note]:
    """Return a score for a band: its lowest part on a bass, the others on whatever comes.

    Parameters
    ----------
    rng : np.random.Generator
        Decides everything else.
    parts : iterable of Note
        A note's program is the number of its part.
    tempo : float
        Beats a minute, for the drums.
    """
    by_part: dict[int, list[Note]] = {}
    for note in parts:
        if note.onset < SECONDS:
            by_part.setdefault(note.program, []).append(note)
    order = sorted(by_part, key=lambda part: float(np.mean([n.pitch for n in by_part[part]])))
    found: list[Note] = []
    for place, part in enumerate(order):
        notes = by_part[part]
        if place == 0 and rng.random() < 0.75:
            found += [replace(n, pitch=_folded(n.pitch)) for n in _given(notes, _one(rng, BASSES))]
            if rng.random() < 0.5:
                continue
        found += _given(notes, _one(rng, PIANOS if rng.random() < 0.3 else OTHERS))
    if rng.random() < 0.6:
        found += drumming(rng, list(np.arange(0, SECONDS, 60 / tempo)))
    return found


def chance(rng: np.random.Generator) -> list[Note]:
    """Return random textures of all classes at once, over drums that are in time with nothing."""
    found: list[Note] = []
    ranges = (
        (PIANOS, _ALL, 0.8, 2),
        (BASSES, _LOW, 0.9, 1),
        (OTHERS, _MIDDLE, 0.6, 2),
        (OTHERS, _MIDDLE, 0.6, 1),
    )
    for programs, seconds, share, layers in ranges:
        if rng.random() < share:
            preset = Preset(_one(rng, programs), seconds)
            found += invention(rng, (preset,), SECONDS, most_layers=layers)
    if rng.random() < _DRUMS_SHARE:
        found += drumming(rng, list(np.arange(0, SECONDS, float(rng.uniform(0.3, 0.9)))))
    return found


def _arranged(
    rng: np.random.Generator,
    melody: list[Note],
    bridge: list[Note],
    accompaniment: list[Note],
    beats: list[float],
) -> list[Note]:
    lead = _one(rng, PIANOS if rng.random() < 0.12 else OTHERS)
    found = _given(melody, lead)
    if rng.random() < _DOUBLED_SHARE:
        octave = int(rng.choice([-12, 0, 0, 12]))
        found += _given(melody, _one(rng, OTHERS), up=octave, late=float(rng.uniform(0, 0.02)))
    found += _given(bridge, _one(rng, OTHERS))
    roots = list(_roots(accompaniment, float(rng.choice([0.0, 0.25, 0.5]))))
    if rng.random() < 0.9:
        bass = _one(rng, BASSES)
        found += [replace(note, pitch=_folded(note.pitch)) for note in _given(roots, bass)]
        if rng.random() < 0.5:
            taken = set(roots)
            accompaniment = [note for note in accompaniment if note not in taken]
    if rng.random() < 0.6:
        found += _given(accompaniment, _one(rng, PIANOS))
    else:
        middle = int(rng.integers(55, 67))
        high = [note for note in accompaniment if note.pitch >= middle]
        low = [note for note in accompaniment if note.pitch < middle]
        found += _given(high, _one(rng, _COMPING)) + _given(low, _one(rng, _COMPING))
    if rng.random() < _PAD_SHARE:
        found += _given(list(_pad(accompaniment, beats)), _one(rng, _PADS))
    if rng.random() < _DRUMS_SHARE:
        found += drumming(rng, beats)
    return found


def _placed(onset: float, end: float, pitch: int, velocity: float) -> Note | None:
    """Return a note that begins in the excerpt, None for others."""
    if not 0 <= onset < SECONDS or not 12 <= pitch <= 115:
        return None
    return Note(onset, max(min(end, SECONDS + 2), onset + _SHORTEST), pitch, velocity)


def _given(notes: list[Note], program: int, *, up: int = 0, late: float = 0.0) -> list[Note]:
    return [
        replace(
            note,
            onset=note.onset + late,
            offset=note.offset + late,
            pitch=int(np.clip(note.pitch + up, 12, 115)),
            program=program,
        )
        for note in notes
    ]


def _roots(notes: list[Note], apart: float) -> Iterator[Note]:
    """Yield the lowest notes of what is struck together, if they are low, some time apart."""
    group: list[Note] = []
    last = -math.inf
    for note in [*sorted(notes, key=lambda each: each.onset), None]:
        if note is not None and group and note.onset - group[0].onset < _TOGETHER:
            group.append(note)
            continue
        if group:
            lowest = min(group, key=lambda each: each.pitch)
            if lowest.pitch <= _HIGHEST_ROOT and lowest.onset - last >= apart:
                last = lowest.onset
                yield lowest
        group = [note] if note is not None else []


def _pad(notes: list[Note], beats: list[float]) -> Iterator[Note]:
    """Yield long chords of what sounds within each four beats, between C4 and B4."""
    for begin, end in zip(beats[::4], beats[4::4], strict=False):
        inside = [note.pitch for note in notes if begin <= note.onset < end]
        often = sorted(set(inside), key=lambda pitch: -inside.count(pitch))
        for pitch in sorted({60 + pitch % 12 for pitch in often[:4]}):
            yield Note(begin, end, pitch, 0.6)


def _folded(pitch: int) -> int:
    """Return a pitch by octaves in the range of a bass."""
    while pitch > _HIGHEST_BASS:
        pitch -= 12
    while pitch < _LOWEST_BASS:
        pitch += 12
    return pitch


def _one(rng: np.random.Generator, programs: tuple[int, ...]) -> int:
    return int(programs[int(rng.integers(len(programs)))])
