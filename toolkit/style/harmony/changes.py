"""The changes: the chords of a piece as charts write them, in beats, with the key that it is in."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.style.chord import Chord
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import LeadSheet


@dataclass(frozen=True)
class Change:
    """Hold a chord of a chart: where it begins and how long it holds, in beats.

    `opens` says whether a section begins with it.
    """

    onset: float
    duration: float
    chord: Chord
    opens: bool = False


@dataclass(frozen=True)
class Changes:
    """Hold a chart.

    Parameters
    ----------
    title : str
        By which songs are told apart.
    tonic : int
        Pitch class.
    minor : bool
        Whether the key is a minor one.
    beats : int
        In a bar.
    chords : tuple[Change, ...]
        Ascending from beat 0, without gaps.
    """

    title: str
    tonic: int
    minor: bool
    beats: int
    chords: tuple[Change, ...]


def joined(
    title: str,
    key: tuple[int, bool],
    beats: int,
    chords: list[tuple[float, Chord, bool]],
) -> Changes:
    """Return a chart of (beats, chord, whether it opens a section), the same chord again as one."""
    changes: list[Change] = []
    onset = 0.0
    for duration, chord, opens in chords:
        if changes and changes[-1].chord == chord and not opens:
            last = changes.pop()
            changes.append(Change(last.onset, last.duration + duration, chord, last.opens))
        else:
            changes.append(Change(onset, duration, chord, opens))
        onset += duration
    return Changes(title, *key, beats, tuple(changes))


def of_sheet(sheet: LeadSheet) -> Changes:
    """Return a lead sheet's chords in its first key, sections being its phrases.

    Gaps between chords are left out: what follows moves up.
    """
    tonic, mode = tonic_and_mode(sheet.keys[0][1])
    starts = {round(phrase.onset, 3) for phrase in sheet.phrases}
    chords = [(span.duration, span.chord, round(span.onset, 3) in starts) for span in sheet.chords]
    return joined(sheet.title, (tonic, mode == "minor"), sheet.beats_per_bar, chords)
