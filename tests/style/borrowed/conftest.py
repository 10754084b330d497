"""References that are made here, so that what is in them is known."""

import pytest

from toolkit.style.chord import parse
from toolkit.values import DRUMS, Note, Notes

CHORDS = ("C", "Am", "F", "G7", "C", "Am", "Dm", "G7")
KICK, SNARE, HAT, TOM = 36, 38, 42, 45


def band(
    *,
    beats: int = 4,
    ratio: float = 1.0,
    turns: int = 2,
    tempo: float = 120.0,
    tune: bool = True,
    accompanied: bool = True,
) -> Notes:
    """Return a band of drums, bass, piano and flute over eight bars, some times over.

    The drums play a fill of toms in every fourth bar; the bass goes from the root to the fifth and
    leads to the next root by a semitone; the piano strikes chords on the second and last beats.
    """
    second = ratio / (1 + ratio)
    beat = 60 / tempo
    notes = []

    def add(bar, at, length, pitch, loud, program):
        whole = int(at)
        place = whole + (second if at - whole == 0.5 else at - whole)
        end = at + length
        stop = int(end) + (second if end - int(end) == 0.5 else end - int(end))
        begin = bar * beats
        notes.append(
            Note((begin + place) * beat, (begin + stop - 0.02) * beat, pitch, loud, program)
        )

    names = CHORDS * turns
    for bar, name in enumerate(names):
        after = parse(names[(bar + 1) % len(names)])
        chord = parse(name)
        low = 36 + (chord.root + 0) % 12
        following = 36 + after.root % 12
        if accompanied:
            for half in range(2 * beats):
                add(bar, half / 2, 0.5, HAT, 0.5, DRUMS)
            add(bar, 0, 0.5, KICK, 0.9, DRUMS)
            if bar % 4 == 3:
                for at in (beats - 1, beats - 0.5):
                    add(bar, at, 0.5, TOM, 0.8, DRUMS)
            else:
                add(bar, beats // 2, 0.5, SNARE, 0.8, DRUMS)
            add(bar, 0, 1, low, 0.8, 32)
            add(bar, beats - 2, 1, low + 7, 0.7, 32)
            add(bar, beats - 1, 1, following - 1, 0.7, 32)
            for at in (1, beats - 1):
                for step in chord.pitch_classes[:3]:
                    add(bar, at, 1, 60 + step, 0.6, 0)
        if tune:
            top = 72 + chord.pitch_classes[bar % 3]
            add(bar, 0, beats - 1, top, 0.8, 73)
            add(bar, beats - 1, 1, top + 2, 0.7, 73)
    chords = tuple((bar * beats * beat, parse(name).harte) for bar, name in enumerate(names))
    return Notes(
        tuple(notes), ((0.0, tempo),), ((0.0, beats, 4),), ((0.0, "C major"),), chords=chords
    )


@pytest.fixture(scope="session")
def make_band():
    return band
