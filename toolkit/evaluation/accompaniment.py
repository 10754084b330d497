"""Make accompaniments of random functional harmony, whose chords, key and swing are known.

Progressions are drawn chord by chord: tonic, subdominant and dominant functions follow one another
as in any textbook, with sevenths, secondary dominants and the odd suspension. They are voiced for
the piano in close position with the smallest movement, over a bass, with a tune of chord tones and
passing notes above. None of it is taken from, or fitted to, anything here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.io.pitch_names import PITCH_CLASSES
from toolkit.style.key import KEYS
from toolkit.style.listening.chords import QUALITIES
from toolkit.values import Note, Notes

Array = npt.NDArray[np.float64]

_BEATS_A_BAR = 4
_JITTER_SECONDS = 0.008

# (semitones above the tonic, qualities to draw from, functions that may follow)
_Degree = tuple[int, tuple[str, ...], tuple[str, ...]]
_MAJOR: dict[str, _Degree] = {
    "I": (0, ("maj", "maj", "maj7"), ("I", "ii", "IV", "V", "vi", "iii", "V/vi", "aug")),
    "ii": (2, ("min", "min7"), ("V", "V", "vii", "sus")),
    "iii": (4, ("min", "min7"), ("vi", "IV")),
    "IV": (5, ("maj", "maj7"), ("V", "I", "ii", "sus")),
    "V": (7, ("7", "7", "maj"), ("I", "I", "vi")),
    "vi": (9, ("min", "min7"), ("ii", "IV", "V/V")),
    "vii": (11, ("dim", "hdim7"), ("I",)),
    "sus": (7, ("sus4",), ("V",)),
    "V/V": (2, ("7",), ("V",)),
    "V/vi": (4, ("7",), ("vi",)),
    "aug": (0, ("aug",), ("IV",)),
}
_MINOR: dict[str, _Degree] = {
    "I": (0, ("min", "min", "min7"), ("I", "ii", "IV", "V", "VI", "III")),
    "ii": (2, ("hdim7", "dim"), ("V",)),
    "III": (3, ("maj", "maj7"), ("VI", "IV")),
    "IV": (5, ("min", "min7"), ("V", "I", "VII", "sus")),
    "V": (7, ("7", "7", "maj"), ("I", "I", "VI")),
    "VI": (8, ("maj", "maj7"), ("ii", "IV", "V")),
    "VII": (10, ("7", "maj"), ("III",)),
    "sus": (7, ("sus4",), ("V",)),
}


@dataclass(frozen=True, eq=False)
class Accompaniment:
    """Hold notes and what is true of them.

    Parameters
    ----------
    notes : Notes
        For the piano.
    beats : np.ndarray
        In seconds.
    intervals : np.ndarray, shape (chords, 2)
        In seconds.
    symbols : tuple[str, ...]
        One a chord, in Harte's notation.
    key : str
        Such as ``C major``.
    """

    notes: Notes
    beats: Array
    intervals: Array
    symbols: tuple[str, ...]
    key: str


def accompany(
    rng: np.random.Generator, *, num_chords: int = 24, swing: float = 1.0, tune: bool = True
) -> Accompaniment:
    """Return a random accompaniment.

    Parameters
    ----------
    rng : np.random.Generator
        Decides all.
    num_chords : int
        Each lasts two or four beats.
    swing : float
        Ratio of the first eighth to the second.
    tune : bool
        Whether there is a melody, with notes that are foreign to the chords.
    """
    tonic, minor = int(rng.integers(12)), bool(rng.integers(2))
    roots, symbols = _progression(rng, tonic, minor, num_chords)
    lengths = rng.choice([2, 4], num_chords)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    beat = 60 / float(rng.uniform(70, 130))
    notes: list[Note] = []
    voicing: list[int] = [55, 60, 64]

    def clock(beats: float) -> float:
        whole = np.floor(beats)
        part, middle = beats - whole, swing / (1 + swing)
        bent = part * 2 * middle if part < 0.5 else middle + (part - 0.5) * 2 * (1 - middle)
        return float((whole + bent) * beat + 0.5)

    def play(start: float, length: float, pitch: int, velocity: float) -> None:
        onset = clock(start) + _JITTER_SECONDS * rng.standard_normal()
        end = max(clock(start + 0.95 * length), onset + 0.05)
        notes.append(Note(onset, end, pitch, float(np.clip(velocity, 0.1, 1))))

    for root, symbol, start, length in zip(roots, symbols, starts, lengths, strict=False):
        tones = [(root + each) % 12 for each in QUALITIES[symbol.split(":")[1]]]
        voicing = _nearest_voicing(voicing, tones)
        _play_chord(rng, play, (voicing, tones, root), float(start), int(length))
        if tune:
            _play_tune(rng, play, tones, tonic, float(start), int(length))
    edges = np.array([clock(float(each)) for each in starts])
    return Accompaniment(
        Notes(tuple(notes)),
        np.array([clock(float(each)) for each in range(int(starts[-1]))]),
        np.stack([edges[:-1], edges[1:]], axis=1),
        tuple(symbols),
        KEYS[tonic + 12 * minor],
    )


def _progression(
    rng: np.random.Generator, tonic: int, minor: bool, count: int
) -> tuple[list[int], list[str]]:
    degrees = _MINOR if minor else _MAJOR
    name, roots, symbols = "I", [], []
    for place in range(count):
        if place == count - 1:
            name = "I"
        above, qualities, following = degrees[name]
        root = (tonic + above) % 12
        roots.append(root)
        symbols.append(f"{PITCH_CLASSES[root]}:{rng.choice(qualities)}")
        name = "V" if place == count - 3 else str(rng.choice(following))
    return roots, symbols


def _nearest_voicing(before: list[int], tones: list[int]) -> list[int]:
    """Return each tone at the height nearest to the middle of the voicing before."""
    middle = 0.7 * float(np.mean(before)) + 0.3 * 60
    return sorted(int(12 * round((middle - tone) / 12) + tone) for tone in tones)


def _play_chord(
    rng: np.random.Generator,
    play: object,
    chord: tuple[list[int], list[int], int],
    start: float,
    length: int,
) -> None:
    voicing, tones, root = chord
    assert callable(play)
    for bar in range(0, length, 2):
        # An inverted chord now and then: the third or the fifth in the bass.
        low = root if rng.uniform() < 0.8 else int(rng.choice(tones))
        play(start + bar, 1, 36 + (low - 36) % 12, 0.65)
        if rng.uniform() < 0.5:
            for pitch in voicing:
                play(start + bar, 2, pitch, 0.5)
            continue
        for half in range(4):
            play(start + bar + half / 2, 0.5, voicing[half % len(voicing)], 0.5)
        for pitch in voicing:
            play(start + bar + 1, 1, pitch, 0.45)


def _play_tune(
    rng: np.random.Generator, play: object, tones: list[int], tonic: int, start: float, length: int
) -> None:
    assert callable(play)
    at = 0.0
    while at < length:
        step = float(rng.choice([0.5, 0.5, 1.0]))
        on_beat = at % 1 == 0
        name = (
            int(rng.choice(tones))
            if on_beat
            else (tonic + int(rng.choice([0, 2, 4, 5, 7, 9]))) % 12
        )
        play(start + at, min(step, length - at), 72 + (name - 72) % 12, 0.7)
        at += step
