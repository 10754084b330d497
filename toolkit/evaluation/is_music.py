"""Measure whether what was made is music that can be played, and nobody else's."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from toolkit.adapters import wjazzd
from toolkit.evaluation.varying import Index, Steps, index
from toolkit.evaluation.versions import ONSET, Version, pulse
from toolkit.style.band.playability import violations
from toolkit.style.band.tune import Tune
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performance import Performance
from toolkit.style.scales import avoid_notes
from toolkit.values import DRUMS

SLOTS = 12
"""Parts of a beat on which copied runs are looked for."""

_HELD = 1.0
_EPSILON = 1e-3


def is_music(source: LeadSheet, performance: Performance, version: Version) -> dict[str, float]:
    """Return counts of what should not be, and how dense it is.

    Returns
    -------
    dict[str, float]
        Hard ``violations`` of all parts; sustained ``avoid_notes`` a bar;
        ``notes_per_bar`` of the melody and ``attacks_per_bar`` of the accompaniment, in bars of its
        own pulse.
    """
    bars = version.length * version.pulse / 4
    arrangement = performance.arrangement
    own = tuple(note for part in arrangement.parts for note in violations(part, arrangement.sheet))
    hard = sum("held against" not in each for each in own)
    chords = version.parts["chords"]
    return {
        "violations": float(hard),
        "avoid_notes": held_avoid_notes(source, performance) / max(len(arrangement.sheet.bars), 1),
        "notes_per_bar": len(version.parts["melody"]) / max(bars, 1),
        "attacks_per_bar": len(np.unique(np.round(chords[:, ONSET] * 8))) / max(bars, 1),
    }


def held_avoid_notes(source: LeadSheet, performance: Performance) -> int:
    """Count tones of a beat or more that their chord does not bear.

    A bass may pass through them. A note of the tune counts, too, unless the source's own chord does
    not bear it either; accompanists who double it are the tune's affair.
    """
    arrangement = performance.arrangement
    sheet, factor = arrangement.sheet, pulse(source, arrangement)
    tune = Tune.of(sheet)
    count = 0
    for part in arrangement.parts:
        longest = 2.0 if part.role == "bass" else _HELD
        for tone in part.tones if part.program != DRUMS else ():
            span = sheet.chord_at(tone.onset)
            if span is None or tone.pitch % 12 not in avoid_notes(span.chord):
                continue
            if min(tone.offset, span.offset) - tone.onset < longest - _EPSILON:
                continue
            if part.role == "melody":
                was = source.chord_at((tone.onset - arrangement.body[0]) / factor)
                count += was is None or tone.pitch % 12 not in avoid_notes(was.chord)
            else:
                held = tune.held(tone.onset, tone.offset)
                count += tone.pitch % 12 not in {pitch % 12 for pitch, _ in held}
    return count


def longest_copied_run(source: LeadSheet, version: Version, solos: Index | None = None) -> int:
    """Return the notes of the longest run that is in solos and not in the source.

    Parameters
    ----------
    source : LeadSheet
        Before anything was changed.
    version : Version
        What was made of it.
    solos : Index, optional
        Lines that may have been copied from; the training solos unless given.
    """
    return (solos or _solos()).longest_run(_fresh(source, version))


@cache
def _solos() -> Index:
    lines: list[Steps] = []
    for solo in wjazzd.solos("train"):
        places = np.round(wjazzd.written(solo) * SLOTS).astype(int)
        steps = zip(np.diff(solo.pitches).tolist(), np.diff(places).tolist(), strict=True)
        lines.append(tuple((int(step), int(slots)) for step, slots in steps))
    return index(lines)


def _fresh(source: LeadSheet, version: Version) -> Steps:
    """Return the steps of a melody; those that the source takes too are made unlike any solo's."""
    theirs = {
        (round(note.onset * SLOTS), after.pitch - note.pitch, _slots(after.onset - note.onset))
        for note, after in pairwise(source.melody)
    }
    notes = version.sheet.melody
    found: list[tuple[int, int]] = []
    for note, after in pairwise(notes):
        step = after.pitch - note.pitch, _slots((after.onset - note.onset) * version.pulse)
        same = (round(note.onset * SLOTS), step[0], _slots(after.onset - note.onset)) in theirs
        found.append((999, 999) if same else step)
    return tuple(found)


def _slots(beats: float) -> int:
    return round(beats * SLOTS)
