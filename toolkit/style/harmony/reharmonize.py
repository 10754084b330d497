"""Put other chords under a melody: as much as is asked for, and what a style's harmony offers.

Each slot of the source has a lattice of moves (`toolkit.style.harmony.chord_moves`). What no melody
note of weight can bear is left out beforehand; among the rest a beam search weighs how idiomatic
the progression is (a language model of jazz standards), how the melody lies in it, whether
functions stay, whether roots stay where phrases begin, and how the voices move. How much is kept is
steered: the search is repeated with other weights until as many roots stay, and as many chords
sound, as `amount` stands for. 0.5 is what professionals do: of ten reharmonized standards, 72 % of
the bars kept their first root and 1.32 times as many chords were played.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from toolkit.style.harmony.chord_color import Site, colored
from toolkit.style.harmony.chord_moves import Move
from toolkit.style.harmony.chord_palettes import PALETTES
from toolkit.style.harmony.chord_steering import lattice, steered
from toolkit.style.harmony.functions import function
from toolkit.style.harmony.harmonic_slots import Slot, Spans, slots
from toolkit.style.harmony.melody_fit import HELD, Tune
from toolkit.style.harmony.repeats import said_again
from toolkit.style.lead_sheet import ChordSpan, LeadSheet


@dataclass(frozen=True)
class Change:
    """Hold what became of a span of the source.

    Parameters
    ----------
    onset, duration : float
        In beats.
    bar : int
        Index of the bar; -1 for the pickup.
    before, after : str
        Symbols; several chords are separated by spaces.
    move : str
        What it is called, such as ``tritone substitute``; ``color`` if only tensions were added,
        empty if nothing changed.
    """

    onset: float
    duration: float
    bar: int
    before: str
    after: str
    move: str


@dataclass(frozen=True)
class Reharmonization:
    """Hold a reharmonized sheet, and what was done span by span."""

    sheet: LeadSheet
    changes: tuple[Change, ...]


def reharmonize(
    sheet: LeadSheet,
    *,
    amount: float,
    palette: str,
    color: float,
    rng: np.random.Generator,
    locked: Spans = (),
    held: float = HELD,
) -> LeadSheet:
    """Return the sheet with other chords, each with its function; all else stays as it is.

    Parameters
    ----------
    sheet : LeadSheet
        With chords; without any it is returned as it is.
    amount : float
        0..1: 0 for colors only, 0.5 for what professionals do, 1 for half of the roots.
    palette : str
        One of `toolkit.style.style.PALETTES`. ``plain`` changes nothing.
    color : float
        Share of chords with a sixth, a seventh or more, 0..1.
    rng : np.random.Generator
        Decides between what is about equally good.
    locked : tuple[tuple[float, float], ...]
        Spans in beats whose chords stay as they are.
    held : float
        From how many beats on a note of the melody is held: half a beat where each will be written
        as two.

    Raises
    ------
    ValueError
        If an amount is out of range or no palette has the name.
    """
    return explained(
        sheet, amount=amount, palette=palette, color=color, rng=rng, locked=locked, held=held
    ).sheet


def explained(
    sheet: LeadSheet,
    *,
    amount: float,
    palette: str,
    color: float,
    rng: np.random.Generator,
    locked: Spans = (),
    held: float = HELD,
) -> Reharmonization:
    """Return what `reharmonize` does, with what was done span by span."""
    if not 0 <= amount <= 1 or not 0 <= color <= 1:
        raise ValueError(f"amount={amount} and color={color} must be 0..1")
    if palette != "plain" and palette not in PALETTES:
        raise ValueError(f"no palette {palette!r}: plain, {', '.join(PALETTES)}")
    if not sheet.chords or palette == "plain":
        return Reharmonization(_with_functions(sheet), ())
    tune = Tune(sheet, held)
    found = slots(sheet, tune, locked)
    if not found:
        return Reharmonization(_with_functions(sheet), ())
    options = lattice(found, PALETTES[palette], tune, amount)
    chosen = steered(sheet, found, options, tune, PALETTES[palette], amount, rng)
    chosen = said_again(sheet, found, options, chosen)
    return _written(sheet, found, chosen, tune, palette, color, rng)


def _with_functions(sheet: LeadSheet) -> LeadSheet:
    following = [*(span.chord for span in sheet.chords[1:]), None][: len(sheet.chords)]
    return replace(
        sheet,
        chords=tuple(
            replace(span, function=function(span.chord, sheet.key_at(span.onset), after))
            for span, after in zip(sheet.chords, following, strict=True)
        ),
    )


@dataclass(frozen=True)
class _Piece:
    slot: int
    onset: float
    duration: float
    chord: int
    goes_on: bool


def _pieces(found: list[Slot], chosen: list[Move]) -> Iterable[_Piece]:
    last, last_bar = -1, -2
    for index, (slot, move) in enumerate(zip(found, chosen, strict=True)):
        onset = slot.onset
        for beats, chord in move.parts:
            goes_on = chord == last and (slot.goes_on or slot.bar == last_bar)
            yield _Piece(index, onset, beats, chord, goes_on and not slot.locked)
            last, last_bar, onset = chord, slot.bar, onset + beats
        if slot.locked:
            last = -1


def _written(
    sheet: LeadSheet,
    found: list[Slot],
    chosen: list[Move],
    tune: Tune,
    palette: str,
    color: float,
    rng: np.random.Generator,
) -> Reharmonization:
    """Return the sheet with chords in their colors; a chord that goes on is one span."""
    runs: list[list[_Piece]] = []
    for piece in _pieces(found, chosen):
        if piece.goes_on and runs:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    spans: list[ChordSpan] = []
    for index, run in enumerate(runs):
        slot, onset, end = found[run[0].slot], run[0].onset, run[-1].onset + run[-1].duration
        following = runs[index + 1][0].chord if index + 1 < len(runs) else -1
        heard = tuple(tune.heard(onset, end))
        site = Site(run[0].chord, following, slot.key, heard, palette, color)
        chord = slot.chord if slot.locked else colored(site, rng)
        if PALETTES[palette].bass and chord.root == slot.chord.root and not slot.locked:
            chord = replace(chord, bass=slot.chord.bass)
        spans.append(ChordSpan(onset, end - onset, chord))
    done = _with_functions(replace(sheet, chords=tuple(spans)))
    return Reharmonization(done, tuple(_change(done, *pair) for pair in _pairs(found, chosen)))


def _pairs(found: list[Slot], chosen: list[Move]) -> Iterable[tuple[Slot, Move]]:
    return zip(found, chosen, strict=True)


def _change(sheet: LeadSheet, slot: Slot, move: Move) -> Change:
    inside = [
        span.chord.symbol
        for span in sheet.chords
        if span.onset < slot.offset - 1e-6 and span.offset > slot.onset + 1e-6
    ]
    after = " ".join(inside)
    name = move.name or ("color" if after != slot.chord.symbol else "")
    return Change(slot.onset, slot.duration, slot.bar, slot.chord.symbol, after, name)
