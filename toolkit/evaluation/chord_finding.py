"""Measure chords and their functions where they are known: in progressions and in songs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import librosa_analysis, mir_scores, soundfont
from toolkit.dsp import chroma
from toolkit.evaluation.accompaniment import Accompaniment, accompany
from toolkit.evaluation.annotated_songs import annotated_song
from toolkit.style import key
from toolkit.style.chord import parse
from toolkit.style.harmony.functions import function
from toolkit.style.listening import chords
from toolkit.values import Audio

Array = npt.NDArray[np.float64]
Symbols = tuple[tuple[float, str], ...]

SAMPLE_RATE = 22050
SONGS = tuple(range(852, 910, 6))
"""Songs of POP909's test split: ten, none of which the style suite has."""


def progression_rows(number: int, seed: int, methods: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a generated progression, by those of the methods that find chords."""
    mine, functional = chosen(methods, CHORDS), chosen(methods, FUNCTIONS)
    if not mine and not functional:
        return []
    made = accompany(np.random.default_rng([seed, number, 1]))
    item = f"progression {number}"
    rows = []
    for name, method in functional:
        right = 100 * functions_right(made, method(made))
        rows.append(row("functions", item, seed, name, "right (%)", right))
    if not mine:
        return rows
    audio = soundfont.play(made.notes, sample_rate=SAMPLE_RATE)
    return rows + [
        row("chords", item, seed, name, figure, value)
        for name, method in mine
        for figure, value in recalls(made, method(made, audio)).items()
    ]


def song_rows(number: int, methods: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a song of `SONGS`, by those of the methods that find chords in notes."""
    mine = chosen(methods, SONG_CHORDS)
    if not mine:
        return []
    read = annotated_song(number)
    intervals = np.array([span[:2] for span in read.spans])
    made = Accompaniment(read.notes, read.beats, intervals, tuple(s for *_, s in read.spans), "")
    return [
        row("chords of songs", f"song {number}", 0, name, figure, value)
        for name, method in mine
        for figure, value in recalls(made, method(made)).items()
    ]


def recalls(made: Accompaniment, found: Symbols) -> dict[str, float]:
    """Return the shares of time at which found chords are right, in percent (mir_eval)."""
    spans = _intervals(found, made.notes.duration)
    shares = mir_scores.chord_recalls((made.intervals, made.symbols), spans)
    return {f"{figure} (%)": 100 * value for figure, value in shares.items()}


def functions(made: Accompaniment) -> list[str]:
    """Return ``T``, ``S`` or ``D`` of each chord that was made, in the key that it was made in."""
    every = [parse(symbol) for symbol in made.symbols]
    return [
        function(chord, made.key, after)
        for chord, after in zip(every, [*every[1:], None], strict=True)
    ]


def functions_right(made: Accompaniment, found: Symbols) -> float:
    """Return the share of beats at which the function is that of the chord that was made."""
    true = functions(made)
    at = made.beats + 0.05
    wanted = [true[index] for index in np.searchsorted(made.intervals[:, 0], at) - 1]
    begins = np.array([time for time, _ in found])
    said = [found[max(index, 0)][1] for index in np.searchsorted(begins, at, side="right") - 1]
    return float(np.mean([one == other for one, other in zip(wanted, said, strict=True)]))


def row(task: str, item: str, seed: int, method: str, figure: str, value: float) -> dict[str, Any]:
    """Return one figure as a row."""
    return {
        "task": task,
        "item": item,
        "seed": seed,
        "method": method,
        "figure": figure,
        "value": value,
    }


def chosen(methods: Mapping[str, Any], mine: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return those of some methods that are chosen, by name."""
    return [(name, mine[name]) for name in methods if name in mine]


def _intervals(found: Symbols, end: float) -> tuple[Array, tuple[str, ...]]:
    starts = [time for time, _ in found]
    edges = np.array([*starts, max(end, starts[-1] + 1e-3)])
    return np.stack([edges[:-1], edges[1:]], axis=1), tuple(symbol for _, symbol in found)


def _chords_of_notes(made: Accompaniment) -> Symbols:
    return chords.chords(made.notes, made.beats)


def _chords_by_rule(made: Accompaniment) -> Symbols:
    return chords.by_rule(made.notes, made.beats)


def _functions_said(made: Accompaniment) -> Symbols:
    return tuple((each.time, each.function) for each in chords.heard(made.notes, made.beats))


def _functions_by_table(made: Accompaniment) -> Symbols:
    """Look up what the chords that are found by rule do in the one key that is found."""
    found = [(time, name) for time, name in _chords_by_rule(made) if name != chords.NO_CHORD]
    every, tonality = [parse(name) for _, name in found], key.key(made.notes)
    following = [*every[1:], None]
    return tuple(
        (time, function(chord, tonality, after))
        for (time, _), chord, after in zip(found, every, following, strict=True)
    )


def _chords_of_audio(made: Accompaniment, audio: Audio) -> Symbols:
    edges = chords.beat_edges(made.beats, made.notes.duration)
    tones, bass = chroma.fold(chroma.salience(audio, edges))
    return chords.recognize(tones, bass, edges)


def _chords_of_librosa(made: Accompaniment, audio: Audio) -> Symbols:
    """Take the triad whose tones hold most of librosa's chroma, beat by beat."""
    edges = chords.beat_edges(made.beats, made.notes.duration)
    heard = librosa_analysis.chroma(audio, edges)
    shapes = [
        np.roll(np.isin(np.arange(12), tones), root)
        for tones in ((0, 4, 7), (0, 3, 7))
        for root in range(12)
    ]
    best = (heard @ np.array(shapes, float).T).argmax(axis=1)
    return tuple((float(at), chords.SYMBOLS[index]) for at, index in zip(edges, best, strict=False))


CHORDS: Mapping[str, Callable[[Accompaniment, Audio], Symbols]] = {
    "tonearm chords, notes": lambda made, _: _chords_of_notes(made),
    "tonearm chords, notes by rule": lambda made, _: _chords_by_rule(made),
    "tonearm chords, audio": _chords_of_audio,
    "librosa chroma, triad templates": _chords_of_librosa,
}
SONG_CHORDS: Mapping[str, Callable[[Accompaniment], Symbols]] = {
    "tonearm chords, notes": _chords_of_notes,
    "tonearm chords, notes by rule": _chords_by_rule,
}
FUNCTIONS: Mapping[str, Callable[[Accompaniment], Symbols]] = {
    "tonearm functions": _functions_said,
    "chords by rule in the key found": _functions_by_table,
}
