"""Suite Y2: does a varied line look like jazz, keep its tune, and copy nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import wjazzd
from toolkit.evaluation import facts, table
from toolkit.evaluation.methods import choose
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.melody.anchors import structure
from toolkit.style.melody.embellish import embellish
from toolkit.style.melody.line_steps import SLOTS
from toolkit.style.scales import avoid_notes

Array = npt.NDArray[np.float64]
Steps = tuple[tuple[int, int], ...]
"""(semitones, slots) from each note of a line to the next."""

Method = Callable[[LeadSheet, LeadSheet, np.random.Generator], LeadSheet]

_BARS = 16
_SKELETON = 0.35
_PHRASE_BARS = 4
_NEAR = 0.5 + 1e-6
_HELD_BEATS = 1.0
_WORD = 5


def varying(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Write lines around skeletons of solos that no training heard, and compare with the solos."""
    chosen = choose(METHODS, methods)
    corpus = index(steps_of(_sheet(solo, None)) for solo in wjazzd.solos("train"))
    held = [solo for solo in wjazzd.solos("test") if is_usable(solo)][:limit]
    jobs = [partial(_rows, corpus, solo, seed, chosen) for seed in range(seeds) for solo in held]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="y2",
        title="Y2: lines around structural notes of solos",
        summary=tuple(
            {"method": method} | {figure: _figure(figure, mine) for figure in FIGURES}
            for (method,), mine in table.group(rows, "method").items()
        ),
        rows=rows,
        notes=(
            f"Skeletons are the {_SKELETON:.0%} most structural notes of the first {_BARS} bars of "
            "solos of thirteen players that no training heard, with their chords.",
            "Recall counts notes of the skeleton, weighted by their length, that are in the line "
            "with their pitch class within half a beat.",
            "A copied run is the longest row of notes with the same intervals and the same rhythm "
            "as somewhere in the training solos; real solos share such runs with others too.",
            "Held avoid-notes are notes of a beat and more that their chord does not bear, a bar; "
            "those of the skeleton are the soloists' own.",
        ),
        facts={"solos": len(held), "seeds": seeds, **facts.versions(())},
    )


FIGURES = (
    "recall", "notes a bar", "steps", "chord tones", "entropy", "held avoid-notes",
    "longest copied run",
)  # fmt: skip


def is_usable(solo: wjazzd.Solo) -> bool:
    """Say whether a solo has enough bars of one meter, with chords, to be varied."""
    return (
        len(set(solo.lengths.tolist())) == 1
        and solo.lengths[0] in (3, 4)
        and (solo.places == 0).sum() > _BARS
        and sum(each is not None for each in solo.chords) > len(solo.chords) / 2
    )


def steps_of(sheet: LeadSheet) -> Steps:
    """Return the steps of a melody, on a grid of twelfths of a beat."""
    notes = sheet.melody
    return tuple(
        (after.pitch - note.pitch, round((after.onset - note.onset) * SLOTS))
        for note, after in pairwise(notes)
    )


class Index:
    """Find in lines what another line has in common with them.

    Parameters
    ----------
    lines : sequence of Steps
        What may have been copied from.
    """

    def __init__(self, lines: Sequence[Steps]) -> None:
        self._lines = lines
        self._words: dict[Steps, list[tuple[int, int]]] = defaultdict(list)
        for number, line in enumerate(lines):
            for first in range(len(line) - _WORD + 1):
                self._words[line[first : first + _WORD]].append((number, first))

    def longest_run(self, line: Steps) -> int:
        """Return the number of notes of the longest run that is also in the lines.

        Runs of fewer than six notes count as none: every line has such.
        """
        longest = 0
        for first in range(len(line) - _WORD + 1):
            for number, start in self._words.get(line[first : first + _WORD], ()):
                other, count = self._lines[number], _WORD
                while line[first : first + count + 1] == other[start : start + count + 1]:
                    if first + count >= len(line) or start + count >= len(other):
                        break
                    count += 1
                longest = max(longest, count + 1)
        return longest


def index(lines: Iterable[Steps]) -> Index:
    """Return an index of lines."""
    return Index(tuple(lines))


def recall(source: LeadSheet, varied: LeadSheet) -> float:
    """Return the share of the source's structural notes that are in a varied melody.

    Weighted by length; the pitch class has to be within half a beat, each note counts for one.
    """
    wanted = [note for note in source.melody if note.weight >= 0.5]
    found = sum(
        note.duration
        for note in wanted
        if any(
            (note.pitch - each.pitch) % 12 == 0 and abs(note.onset - each.onset) <= _NEAR
            for each in varied.melody
        )
    )
    total = sum(note.duration for note in wanted)
    return found / total if total else 1.0


def _unchanged(skeleton: LeadSheet, solo: LeadSheet, rng: np.random.Generator) -> LeadSheet:
    return skeleton


def _truth(skeleton: LeadSheet, solo: LeadSheet, rng: np.random.Generator) -> LeadSheet:
    return solo


def _varied(
    amount: float, skeleton: LeadSheet, solo: LeadSheet, rng: np.random.Generator
) -> LeadSheet:
    return embellish(skeleton, amount=amount, idiom="jazz", rng=rng)


def _walk(skeleton: LeadSheet, solo: LeadSheet, rng: np.random.Generator) -> LeadSheet:
    """Return random eighths between the notes of the skeleton, within an octave of them."""
    notes: list[LineNote] = []
    for note, after in pairwise(skeleton.melody):
        notes.append(note)
        beats = np.arange(np.floor(2 * note.onset + 1) / 2, after.onset - 0.2, 0.5)
        notes += [
            LineNote(float(beat), 0.5, int(note.pitch + rng.integers(-7, 8)), 0.2)
            for beat in beats
            if rng.random() < 0.7
        ]
    return LeadSheet(
        skeleton.bars, (*notes, *skeleton.melody[-1:]), skeleton.chords, tempo=skeleton.tempo
    )


METHODS: Mapping[str, Method] = {
    "solos themselves": _truth,
    "tonearm, amount 1": partial(_varied, 1.0),
    "tonearm, amount 0.5": partial(_varied, 0.5),
    "tonearm, amount 0.3": partial(_varied, 0.3),
    "random eighths": _walk,
    "skeleton": _unchanged,
}


def _rows(
    corpus: Index, solo: wjazzd.Solo, seed: int, methods: Mapping[str, Method]
) -> list[dict[str, Any]]:
    """Return the figures of every method on one solo."""
    whole, skeleton = _sheet(solo, _BARS), _skeleton(_sheet(solo, _BARS))
    rows = []
    for name, method in methods.items():
        line = method(skeleton, whole, np.random.default_rng([seed, len(solo.onsets)]))
        figures = {"recall": recall(skeleton, line), **_figures(line)}
        figures["longest copied run"] = corpus.longest_run(steps_of(line))
        rows.append({"item": solo.name, "method": name, "seed": seed, **figures})
    return rows


def _figures(line: LeadSheet) -> dict[str, float]:
    pitches = np.array([note.pitch for note in line.melody])
    intervals = np.abs(np.diff(pitches))
    moving = intervals[intervals > 0]
    spans = [(note, line.chord_at(note.onset)) for note in line.melody]
    chords = [(note, span.chord) for note, span in spans if span is not None]
    inside = [note.pitch % 12 in chord.pitch_classes for note, chord in chords]
    held = [
        note
        for note, chord in chords
        if note.duration >= _HELD_BEATS
        and note.weight < 0.5
        and note.pitch % 12 in avoid_notes(chord)
    ]
    shares = np.bincount(pitches % 12, minlength=12) / max(len(pitches), 1)
    shares = shares[shares > 0]
    return {
        "notes a bar": len(pitches) / len(line.bars),
        "steps": float(np.mean(moving <= 2)) if len(moving) else 0.0,
        "chord tones": float(np.mean(inside)) if inside else 0.0,
        "entropy": float(-(shares * np.log2(shares)).sum()),
        "held avoid-notes": len(held) / len(line.bars),
    }


def _figure(name: str, rows: Sequence[table.Row]) -> str:
    if name.startswith("longest"):
        values = sorted(row[name] for row in rows)
        return f"{values[len(values) // 2]} (most {values[-1]})"
    return f"{table.mean(rows, name):.2f}"


def _sheet(solo: wjazzd.Solo, bars: int | None) -> LeadSheet:
    """Return a solo's first bars, or all of it, as a lead sheet with all its notes."""
    first = int(np.flatnonzero(solo.places == 0)[0])
    length = int(solo.lengths[first])
    last = len(solo.beats) if bars is None else min(first + bars * length, len(solo.beats))
    places = wjazzd.written(solo)
    slots = np.round(places * SLOTS).astype(int)
    kept = np.append(True, np.diff(np.maximum.accumulate(slots)) > 0)
    kept &= (slots >= first * SLOTS) & (slots < last * SLOTS)
    onsets = (slots[kept] - first * SLOTS) / SLOTS
    gaps = np.append(np.diff(onsets), 1.0)
    notes = tuple(
        LineNote(float(onset), float(min(gap, 2.0)), int(pitch))
        for onset, gap, pitch in zip(onsets, gaps, solo.pitches[kept], strict=True)
    )
    count = max((last - first) // length, 1)
    chords = tuple(
        ChordSpan(float(beat - first), 1.0, chord)
        for beat, chord in enumerate(solo.chords[first:last], first)
        if chord is not None
    )
    return LeadSheet(
        tuple(Bar(float(number * length), length) for number in range(count)),
        notes,
        chords,
        phrases=tuple(
            Phrase(float(number * length), float(min(_PHRASE_BARS, count - number) * length))
            for number in range(0, count, _PHRASE_BARS)
        ),
        tempo=solo.tempo,
    )


def _skeleton(whole: LeadSheet) -> LeadSheet:
    """Return a sheet with its most structural notes alone, held to the next."""
    ranks = structure(whole)
    count = max(round(_SKELETON * len(ranks)), 2)
    chosen = sorted(np.argsort(-ranks, kind="stable")[:count].tolist())
    notes = [whole.melody[number] for number in chosen]
    ends = [*(note.onset for note in notes[1:]), notes[-1].offset]
    return replace(
        whole,
        melody=tuple(
            replace(note, duration=min(end - note.onset, 4.0), weight=0.9)
            for note, end in zip(notes, ends, strict=True)
        ),
    )
