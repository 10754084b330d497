"""The pieces on which style transfer is measured: a fixed list, none of which it was tuned on.

Fourteen come with packages, twenty are songs of POP909's test split. Scores are read as they are
written, with their tempo map and meters, so that the beats are known; the audio path hears renders
of their beginnings with a font that no training heard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from toolkit.adapters import pop909, soundfont
from toolkit.evaluation import works
from toolkit.io import audio_file, midi
from toolkit.run import Run
from toolkit.style import timeline
from toolkit.values import Audio, Note, Notes

LONGEST_QUARTERS = 192
SAMPLE_RATE = 44100
HEARD_SECONDS = 50.0

_SAMPLES = Path(__file__).parents[2] / "samples"
_SAMPLE_NOTES = 19 * 16  # bars of sixteen notes


@dataclass(frozen=True)
class Item:
    """Describe a piece.

    Parameters
    ----------
    name : str
        What tables call it.
    source : str
        A work of `toolkit.evaluation.works`, or ``pop909/`` and a number.
    tempo : float
        Quarter notes a minute; a song of POP909 has its own.
    tune : bool
        Whether its first part, or the vocal track, is known to be the tune.
    """

    name: str
    source: str
    tempo: float = 0.0
    tune: bool = False


PACKAGES = (
    Item("sonata K. 545", "mozart/k545/movement1_exposition", 132),
    Item("mazurka op. 6/2", "chopin/mazurka06-2", 144),
    Item("polonaise op. 1/1", "schumann_clara/polonaise_op1n1", 96),
    Item("polonaise op. 1/3", "schumann_clara/polonaise_op1n3", 96),
    Item("Maple Leaf Rag", "joplin/maple_leaf_rag", 92),
    Item("chorale BWV 153.9", "bach/bwv153.9", 84, True),
    Item("chorale BWV 368", "bach/bwv368", 84, True),
    Item("chorale BWV 43.11", "bach/bwv43.11", 84, True),
    Item("chorale BWV 299", "bach/bwv299", 84, True),
    Item("chorale BWV 79.6", "bach/bwv79.6", 84, True),
    Item("chorale BWV 348", "bach/bwv348", 84, True),
    Item("Greensleeves", "pianobooster/06-Greensleeves", 110),
    Item("Amazing Grace", "pianobooster/07-AmazingGrace", 90),
    Item("minuet op. 74/1", "haydn/opus74no1/movement3", 150, True),
)
"""From music21's corpus and Debian's ``pianobooster``."""

SONGS = tuple(
    Item(f"song {number}", f"pop909/{number}", tune=True) for number in range(851, 909, 3)
)
"""Twenty songs of POP909's test split."""

ITEMS = tuple(item for pair in zip_longest(PACKAGES, SONGS) for item in pair if item is not None)
"""All of them, in the order in which a limited run takes them."""


def read(item: Item) -> Notes:
    """Return a piece's notes, all played by a piano, at most its first `LONGEST_QUARTERS`."""
    if item.source.startswith("pop909/"):
        song = pop909.song(int(item.source.removeprefix("pop909/")))
        every = (*song.melody, *song.bridge, *song.piano)
        merged = replace(song.piano, notes=tuple(replace(each, program=0) for each in every))
    else:
        merged = of_work(item.source, item.tempo)
    return _begun(merged)


def tune(item: Item) -> tuple[Note, ...]:
    """Return the notes that are known to be the tune, in seconds; none where that is not known."""
    if not item.tune:
        return ()
    if item.source.startswith("pop909/"):
        song = pop909.song(int(item.source.removeprefix("pop909/")))
        return _begun(song.melody).notes
    return _begun(of_work(item.source, item.tempo, part=0)).notes


def begun(item: Item, seconds: float = HEARD_SECONDS) -> Notes:
    """Return a piece's notes that end within so many seconds."""
    notes = read(item)
    return replace(notes, notes=tuple(note for note in notes if note.offset <= seconds))


def heard(item: Item) -> Audio:
    """Return a recording of a piece's beginning, with the font that no training heard."""
    return soundfont.play(begun(item), sample_rate=SAMPLE_RATE)


def sample() -> tuple[Notes, Audio]:
    """Return the nineteen bars of the prelude of `samples/`: as written, and their recording."""
    notes = midi.read(_SAMPLES / "prelude.mid")
    bars = replace(notes, notes=notes.notes[:_SAMPLE_NOTES])
    return bars, audio_file.read(_SAMPLES / "prelude.flac", Run()).audio


def of_work(work: str, tempo: float, part: int | None = None) -> Notes:
    """Return a score of `toolkit.evaluation.works` as notes of a piano, with meters.

    Parameters
    ----------
    work : str
        Its path.
    tempo : float
        Quarter notes a minute.
    part : int, optional
        Only this one, counted from the top.
    """
    score = works.score(work)
    second = 60 / tempo
    notes = [
        Note(onset * second, (onset + length) * second, pitch, _accent(onset))
        for onset, length, pitch, number in score.notes
        if length > 0 and part in (None, number)
    ]
    meters: list[tuple[float, int, int]] = []
    for bar in score.bars:
        # A pickup is a shorter bar.
        meter = (max(round(bar.length * bar.denominator / 4), 1), bar.denominator)
        if not meters or meters[-1][1:] != meter:
            meters.append((bar.start * second, *meter))
    return Notes(tuple(notes), ((0.0, tempo),), tuple(meters))


def _accent(quarter: float) -> float:
    return 0.78 if quarter % 2 == 0 else 0.7 if quarter % 1 == 0 else 0.62


def _begun(notes: Notes) -> Notes:
    last = float(timeline.seconds(notes.tempo_map, LONGEST_QUARTERS))
    return replace(notes, notes=tuple(note for note in notes if note.offset <= last + 0.05))
