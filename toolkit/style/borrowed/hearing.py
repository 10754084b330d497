"""Hear who plays what in a reference: grid and chords, and each instrument's part in beats.

What carries the tune is left out: it is what is accompanied. Instruments are told apart by their
programs; where one plays everything, as on a piano, the voices of its lead sheet tell its tune from
the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.errors import InputError
from toolkit.io.instruments import instrument_name
from toolkit.style.arrangement import Tone
from toolkit.style.borrowed.neutral_key import neutral
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.listening import swing
from toolkit.style.sheet import snapping
from toolkit.style.sheet.sheet_grid import Grid, grid
from toolkit.style.sheet.sheet_making import make_sheet
from toolkit.values import DRUMS, Note, Notes

Array = npt.NDArray[np.float64]

_BASSES = frozenset({*range(32, 40), 43, 58})
_EFFECTS = range(119, 128)  # from the reversed cymbal to the gunshot
_MOSTLY = 0.5
_TOGETHER = 0.15
_FEWEST_TONES, _FEWEST_BARS = 8, 2
_MOST_PARTS = 7
_LATEST_SECONDS = 0.03
_LOW, _HIGH, _ALONE = 46, 60, 0.9
_DRUM_LENGTH = 0.25


@dataclass(frozen=True)
class HeardPart:
    """Hold what one instrument of a reference plays.

    Parameters
    ----------
    name, role : str
        As a seat has them.
    program : int
        General MIDI, or `DRUMS`.
    tones : tuple[Tone, ...]
        On the grid, swing taken out; velocities as they are.
    late : float
        How much later than the mean of all parts it plays, in seconds.
    """

    name: str
    role: str
    program: int
    tones: tuple[Tone, ...]
    late: float = 0.0

    @property
    def center(self) -> int:
        """Return the middle of its register, 0 for drums."""
        if self.program == DRUMS:
            return 0
        return int(np.floor(np.median([tone.pitch for tone in self.tones])))


@dataclass(frozen=True)
class Heard:
    """Hold a reference as it was heard.

    Parameters
    ----------
    sheet : LeadSheet
        In C.
    parts : tuple[HeardPart, ...]
        Who accompanies, the most active first.
    swing : float
        Ratio of the eighths, 1 where they are even.
    lead : int
        Program of what has the tune; -1 where nobody has it alone.
    tune : tuple[Tone, ...]
        What that instrument plays; nothing where nobody has the tune alone.
    tempi : tuple[float, ...]
        Beats a minute of each bar.
    """

    sheet: LeadSheet
    parts: tuple[HeardPart, ...]
    swing: float = 1.0
    lead: int = -1
    tune: tuple[Tone, ...] = ()
    tempi: tuple[float, ...] = ()


def hear(notes: Notes) -> Heard:
    """Return a reference's sheet, and what its instruments play beside the tune.

    Parameters
    ----------
    notes : Notes
        A performance or a score of several instruments, or of one with an accompaniment.

    Raises
    ------
    InputError
        If there is nothing but a tune, or no pitched note.
    """
    if all(note.program == DRUMS for note in notes):
        raise InputError(
            "there are no pitched notes in this reference to take a style from",
            "give music with chords or a bass, not drums, speech or silence",
            code="E_EMPTY",
        )
    moved = neutral(replace(notes, notes=tuple(n for n in notes if n.offset > n.onset)))
    if moved.tempo_map and not moved.meters:
        # A MIDI file that states no meter is in 4/4, says its standard.
        moved = replace(moved, meters=((0.0, 4, 4),))
    sheet = make_sheet(moved)
    found = grid(moved)
    ratio = _swing(moved, found)
    lead, own = _without_tune(moved, found, ratio, sheet)
    parts = [
        part
        for program, members in own.items()
        for part in (_part(program, members, found, ratio),)
        if program not in _EFFECTS and _plays(part.tones, sheet)
    ]
    if not parts:
        raise InputError(
            "there is nothing in this reference but a tune: no accompaniment to borrow",
            "give a file with chords, bass or drums under a tune, or choose one: tonearm styles",
            code="E_EMPTY",
        )
    parts.sort(key=lambda part: -len({round(tone.onset, 3) for tone in part.tones}))
    kept = _with_basses(parts)[:_MOST_PARTS]
    mean = float(np.mean([part.late for part in kept]))
    steady = [
        replace(part, late=float(np.clip(part.late - mean, -_LATEST_SECONDS, _LATEST_SECONDS)))
        for part in kept
    ]
    sung = [note for note in moved if note.program == lead]
    tune = _part(lead, sung, found, ratio).tones if sung else ()
    return Heard(sheet, _named(steady), ratio, lead, tune, _tempi(found))


def _tempi(found: Grid) -> tuple[float, ...]:
    """Return the tempo of each bar in beats a minute."""
    lines = found.time([*(bar.onset for bar in found.bars), found.bars[-1].offset])
    beats = np.array([bar.beats for bar in found.bars])
    return tuple((60 * beats / np.maximum(np.diff(lines), 1e-3)).tolist())


def _swing(notes: Notes, found: Grid) -> float:
    """Return the ratio of the eighths, 1 where they are even or a beat has three parts."""
    if found.parts != 2:
        return 1.0
    ratio = swing.swing_ratio(notes, found.time(np.arange(np.ceil(found.bars[-1].offset) + 1)))
    onset = found.at([note.onset for note in notes])
    return float(ratio) if snapping.is_swung(onset, ratio) else 1.0


def _placed(members: Sequence[Note], found: Grid, ratio: float) -> tuple[Array, Array, Array]:
    """Return onsets and durations on the grid, and by how many beats each note is late."""
    onset = found.at([note.onset for note in members])
    offset = found.at([note.offset for note in members])
    if ratio > 1:
        onset, offset = snapping.unswung(onset, ratio), snapping.unswung(offset, ratio)
    snapped, duration = snapping.snap(onset, offset, found.parts)
    return snapped, duration, onset - snapped


def _without_tune(
    notes: Notes, found: Grid, ratio: float, sheet: LeadSheet
) -> tuple[int, dict[int, list[Note]]]:
    """Return the program of the tune, -1 if it shares one, and the other notes by program."""
    tune: dict[int, list[float]] = {}
    for line in sheet.melody:
        tune.setdefault(line.pitch, []).append(line.onset)
    groups: dict[int, list[Note]] = {}
    for note in notes:
        groups.setdefault(note.program, []).append(note)
    shares: dict[int, list[bool]] = {}
    for program, members in groups.items():
        if program == DRUMS:
            continue
        onset, _, _ = _placed(members, found, ratio)
        shares[program] = [
            any(abs(begin - at) < _TOGETHER for begin in tune.get(note.pitch, ()))
            for note, at in zip(members, onset, strict=True)
        ]
    if not shares:
        return -1, groups
    lead = max(shares, key=lambda program: sum(shares[program]))
    hits = shares[lead]
    alone = sum(hits) >= _MOSTLY * len(hits) and (len(shares) > 1 or all(hits))
    groups[lead] = (
        [] if alone else [note for note, hit in zip(groups[lead], hits, strict=True) if not hit]
    )
    return (lead if alone else -1), {name: members for name, members in groups.items() if members}


def _part(program: int, members: Sequence[Note], found: Grid, ratio: float) -> HeardPart:
    onset, duration, late = _placed(members, found, ratio)
    drums = program == DRUMS
    tones = tuple(
        Tone(
            float(at),
            _DRUM_LENGTH if drums else float(length),
            note.pitch,
            note.velocity,
        )
        for note, at, length in zip(members, onset, duration, strict=True)
        if at >= 0
    )
    role = "drums" if drums else role_of(program, tones)
    seconds = float(np.median(late)) * 60 / found.tempo
    return HeardPart("", role, program, tones, seconds)


def role_of(program: int, tones: Sequence[Tone]) -> str:
    """Return what a pitched part is to the others: a bass, a second voice or chords.

    Basses are known by their instrument, or by playing one low tone at a time.
    """
    if program in _BASSES:
        return "bass"
    if not tones:
        return "chords"
    alone = len({round(tone.onset, 3) for tone in tones}) / len(tones)
    middle = float(np.median([tone.pitch for tone in tones]))
    if alone >= _ALONE and middle <= _LOW:
        return "bass"
    return "counter" if alone >= _ALONE and middle >= _HIGH else "chords"


def _plays(tones: Sequence[Tone], sheet: LeadSheet) -> bool:
    """Return whether tones are enough to be learned from."""
    bars = {sheet.bar_at(tone.onset) for tone in tones}
    return len(tones) >= _FEWEST_TONES and len(bars) >= min(_FEWEST_BARS, len(sheet.bars))


def _with_basses(parts: list[HeardPart]) -> list[HeardPart]:
    """Return the parts, bass and drums first: they are what a band cannot do without."""
    order = {"drums": 0, "bass": 0}
    return sorted(parts, key=lambda part: order.get(part.role, 1))


def _named(parts: Sequence[HeardPart]) -> tuple[HeardPart, ...]:
    """Return the parts with names of their own."""
    taken: set[str] = set()
    named = []
    for part in parts:
        usual = {"drums": "drums", "bass": "bass"}.get(part.role) or _slug(part.program)
        name, number = usual, 2
        while name in taken or name == "lead":
            name, number = f"{usual}-{number}", number + 1
        taken.add(name)
        named.append(replace(part, name=name))
    return tuple(named)


def _slug(program: int) -> str:
    words = instrument_name(program).lower()
    kept = "".join(each if each.isalnum() else " " for each in words)
    return "-".join(kept.split())
