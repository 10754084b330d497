"""Gather music whose chords are known, as it was written and as the transcriber hears it.

Four groups: songs of POP909 with their annotations; chorales and madrigals of the music21 corpus
with analyses in Roman numerals; charts of jazz standards, played by rule
(`toolkit.training.chord_charts`); and scores without analyses, whose chords are those that
`toolkit.style.listening.chord_rules` finds in the written notes, so that the same is said of them
once they are heard through a transcriber. Excerpts are rendered with the SoundFonts that trainings
may hear and transcribed; what is heard is kept in the cache folder.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import annotated_scores, roman_chords, roman_places, soundfont
from toolkit.cache import cache_dir, keeping
from toolkit.checkpoints import shipped
from toolkit.errors import InputError
from toolkit.evaluation import works
from toolkit.evaluation.annotated_songs import annotated_song
from toolkit.registry import stage_class
from toolkit.run import Run
from toolkit.shipped import folder
from toolkit.stage import build
from toolkit.style.chord import Chord, parse
from toolkit.style.listening import chords
from toolkit.training.presets import font_file
from toolkit.values import Audio, Note, Notes

Array = npt.NDArray[np.float64]
Span = tuple[float, float, str]

SAMPLE_RATE = 44100
HEARD_SECONDS = 45.0

_PIANO_SHARE = 0.75
_OTHERS = (4, 5, 19, 24, 25, 48)  # electric pianos, organ, guitars, strings
_BEGIN = 0.3
_SLOWEST, _FASTEST = 66.0, 132.0  # quarter notes a minute of what has no tempo
_CHORALES = (
    "269", "347", "153.1", "86.6", "267", "281", "17.7", "40.8", "248.12-2", "38.6",
    "41.6", "65.2", "33.6", "184.5", "277", "311", "145.5", "318", "351", "302",
)  # fmt: skip
"""Numbers of the works that A. Riemenschneider's edition (1941) begins with."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """Hold music and what is true of it.

    Parameters
    ----------
    name, group : str
        What it is, and of which kind: 'songs', 'analyses', 'charts' or 'scores'.
    notes : Notes
        In seconds; all a piano's.
    beats, downbeats : np.ndarray
        In seconds, ascending.
    spans : tuple of (begin, end, symbol)
        The chords in seconds, ascending; ``N`` for none. Of what lies between them nothing is
        known.
    key : tuple[int, bool], optional
        Tonic and whether it is minor; None where that is not known or changes.
    """

    name: str
    group: str
    notes: Notes
    beats: Array
    downbeats: Array
    spans: tuple[Span, ...]
    key: tuple[int, bool] | None = None

    def excerpt(self, begin: float, seconds: float) -> Lesson:
        """Return what lies within so many seconds, moved to the beginning."""
        end, moved = begin + seconds, _BEGIN - begin
        notes = tuple(
            replace(note, onset=note.onset + moved, offset=min(note.offset, end) + moved)
            for note in self.notes
            if begin <= note.onset < end - 0.05
        )
        return replace(
            self,
            notes=Notes(notes),
            beats=_inside(self.beats, begin, end) + moved,
            downbeats=_inside(self.downbeats, begin, end) + moved,
            spans=tuple(
                (max(start, begin) + moved, min(stop, end) + moved, name)
                for start, stop, name in self.spans
                if start < end and stop > begin
            ),
        )


def some(lesson: Lesson) -> Lesson:
    """Return `HEARD_SECONDS` of a lesson from a beat of its first half on, the same each time."""
    last = max(lesson.notes.duration - HEARD_SECONDS, 1e-6)
    beats = lesson.beats[lesson.beats < last]
    begin = float(rng_of("excerpt " + lesson.name).choice(beats)) if len(beats) else 0.0
    return lesson.excerpt(max(begin - 0.02, 0.0), HEARD_SECONDS)


def rng_of(name: str) -> np.random.Generator:
    """Return a generator that depends on a name alone."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def song(number: int) -> Lesson:
    """Return a song of POP909 with its annotations."""
    read = annotated_song(number)
    return Lesson(
        f"pop909/{number:03d}",
        "songs",
        read.notes,
        read.beats,
        read.downbeats,
        read.spans,
        read.key,
    )


def analyzed(path: str, work: str) -> Lesson:
    """Return a score of the corpus with the chords of its analysis.

    Parameters
    ----------
    path, work : str
        Of the analysis and of the score in music21's corpus.

    Raises
    ------
    InputError
        If they do not fit together at any shift.
    """
    score = works.score(work)
    told = roman_places.placed(path)
    shift = max(np.arange(-4, 4.5, 0.5).tolist(), key=lambda each: _fit(told, score, each))
    if _fit(told, score, shift) < 0.7:
        raise InputError(f"{path} does not fit {work}", "leave it out of the recipe")
    quarter = _quarter(work)
    spans = tuple(
        ((start + shift) * quarter + _BEGIN, (stop + shift) * quarter + _BEGIN, chord.harte)
        for start, stop, chord in told
        if start + shift >= -1e-6
    )
    return replace(scored(work), group="analyses", spans=spans)


def scored(work: str) -> Lesson:
    """Return a score of the corpus, played steadily, without chords."""
    score, quarter = works.score(work), _quarter(work)
    rng = rng_of(work)
    notes = tuple(
        Note(
            max(onset * quarter + _BEGIN + 0.008 * rng.standard_normal(), 0.0),
            (onset + 0.97 * length) * quarter + _BEGIN + 0.03,
            pitch,
            float(np.clip(0.68 + 0.08 * rng.standard_normal(), 0.2, 1.0)),
        )
        for onset, length, pitch, _ in score.notes
        if length > 0
    )
    beats, downbeats = [], []
    for bar in score.bars:
        unit = _unit(bar)
        phase = (bar.numerator * 4 / bar.denominator - bar.length) % unit
        beats += np.arange(bar.start + phase, bar.start + bar.length - 1e-6, unit).tolist()
        if abs(bar.length - bar.numerator * 4 / bar.denominator) < 1e-6:
            downbeats.append(bar.start)
    times = np.array(beats) * quarter + _BEGIN
    return Lesson(work, "scores", Notes(notes), times, np.array(downbeats) * quarter + _BEGIN, ())


def ruled(lesson: Lesson) -> Lesson:
    """Return a lesson with the chords that the rules find, which change on halves of bars best."""
    lines = lesson.downbeats
    middles = (lines[:-1] + lines[1:]) / 2
    near = np.abs(lesson.beats[:, None] - middles).min(axis=0, initial=np.inf) < 0.05
    readily = np.sort(np.concatenate([lines, middles[near]]))
    found = chords.by_rule(lesson.notes, lesson.beats, readily)
    ends = [*(at for at, _ in found[1:]), lesson.notes.duration]
    return replace(
        lesson, spans=tuple((at, end, name) for (at, name), end in zip(found, ends, strict=True))
    )


def heard(lesson: Lesson) -> Lesson:
    """Return the same with the notes that the shipped transcriber hears in a render of it."""
    font, played = _rendering(lesson)
    told = hashlib.sha256(f"{font['name']} {played}".encode()).hexdigest()[:16]
    path = cache_dir() / "training" / "recognize-chords" / f"heard-{told}.json"
    if not path.is_file():
        audio = recorded(lesson)
        found: Notes = build(stage_class("transcribe"), {})(audio, Run(checkpoints=shipped()))
        rows = [
            (round(n.onset, 4), round(n.offset, 4), n.pitch, n.velocity, n.confidence)
            for n in found
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        with keeping(path) as partial:
            partial.write_text(json.dumps(rows), encoding="utf-8")
    rows = json.loads(path.read_text(encoding="utf-8"))
    notes = tuple(Note(a, b, c, velocity=v, confidence=s) for a, b, c, v, s in rows)
    return replace(lesson, notes=Notes(notes))


def recorded(lesson: Lesson) -> Audio:
    """Return the render of a lesson that `heard` hears."""
    font, played = _rendering(lesson)
    audio: Audio = _player(str(font_file(font))).play(played)
    return audio


def _rendering(lesson: Lesson) -> tuple[dict[str, Any], Notes]:
    """Return the SoundFont that plays a lesson, and its notes with the program that it plays."""
    rng = rng_of("heard " + lesson.name)
    fonts = tomllib.loads(_sources().read_text(encoding="utf-8"))["soundfont"]
    font: dict[str, Any] = fonts[int(rng.integers(len(fonts)))]
    program = 0 if rng.random() < _PIANO_SHARE else int(rng.choice(_OTHERS))
    return font, Notes(tuple(replace(note, program=program) for note in lesson.notes))


def analyses(left_out: frozenset[str]) -> Iterator[Lesson]:
    """Yield the analyses that fit a score, without those of works that are left out."""
    paths = roman_chords.analyses()
    pairs = [
        (f"bach/choraleAnalyses/riemenschneider{number:03d}.rntxt", f"bach/bwv{name}")
        for number, name in enumerate(_CHORALES, 1)
    ]
    pairs += [(each, each.replace(".rntxt", ".mxl")) for each in paths if "/madrigal." in each]
    for path, work in pairs:
        if work in left_out:
            continue
        try:
            yield analyzed(path, work)
        except InputError:
            # Some analyses count their bars otherwise than the score they are of.
            continue


def _fit(told: Sequence[roman_places.Placed], score: annotated_scores.Score, shift: float) -> float:
    """Return the share of the notes' time that the chords over them have as a tone."""
    starts = np.array([start + shift for start, _, _ in told])
    kept = total = 0.0
    for onset, length, pitch, _ in score.notes:
        index = int(np.searchsorted(starts, onset + 0.01)) - 1
        if index >= 0 and onset < told[index][1] + shift:
            total += length
            kept += length * (pitch % 12 in told[index][2].pitch_classes)
    return kept / total if total > 0.7 * sum(note[1] for note in score.notes) else 0.0


def _quarter(work: str) -> float:
    return 60 / float(rng_of("tempo " + work).uniform(_SLOWEST, _FASTEST))


def _unit(bar: annotated_scores.Bar) -> float:
    compound = bar.numerator in (6, 9, 12) and bar.denominator >= 8
    return (12 if compound else 4) / bar.denominator


def _inside(times: Array, begin: float, end: float) -> Array:
    return times[(times >= begin - 1e-6) & (times < end)]


def known(symbol: str) -> Chord | None:
    """Return a chord of an annotation, None for ``N``."""
    return None if symbol == "N" else parse(symbol)


def _sources() -> Path:
    return folder("checkpoints") / "sources.toml"


@cache
def _player(path: str) -> Any:
    return soundfont.Player(Path(path), SAMPLE_RATE)
