"""Let a chord give way to the tune: another color, or another suspension, where a note is held.

Chords are chosen before the tune is varied, before its note values are doubled for a faster tempo,
and before an introduction is put under its pickup. What is held for a beat then has the last word:
its chord keeps the root if any color of it bears the note, and what it does in the key in any case
where some chord allows that. A fourth over a dominant makes it a suspension, which is what players
do (M. Levine, "The Jazz Theory Book", 1995).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from toolkit.style.band.tune import Tune
from toolkit.style.chord import QUALITIES, TENSIONS, Chord
from toolkit.style.harmony.functions import function
from toolkit.style.lead_sheet import ChordSpan, LeadSheet
from toolkit.style.scales import avoid_notes, is_dominant

HELD = 1.0
"""From how many beats on a note of the tune is held."""

_EPSILON = 1e-3
_OTHER_ROOT, _OTHER_FUNCTION, _OTHER_THIRD, _PLAINER, _LESS_LED = 4.0, 3.0, 3.0, 1.5, 1.0
_SPOKEN = 1.5
_MAJOR, _MINOR = 4, 3


def give_way(sheet: LeadSheet, fixed: Collection[int] = ()) -> LeadSheet:
    """Return the sheet with chords that bear what the tune holds over them.

    Parameters
    ----------
    sheet : LeadSheet
        With the tune as it will be played.
    fixed : collection of int
        Indices of chords that stay as they are.

    Returns
    -------
    LeadSheet
        Only chords that did not bear a held note differ. One that no chord bears, since the tune
        itself holds a cluster over it, stays.
    """
    tune = Tune.of(sheet)
    spans = list(sheet.chords)
    for index, span in enumerate(spans):
        if index in fixed:
            continue
        held = held_over(tune, span)
        if held & avoid_notes(span.chord):
            after = spans[index + 1].chord if index + 1 < len(spans) else None
            key = sheet.key_at(span.onset)
            chord = bearing(span.chord, held, key, after)
            spans[index] = replace(span, chord=chord, function=function(chord, key, after))
    return replace(sheet, chords=tuple(spans))


def held_over(tune: Tune, span: ChordSpan) -> frozenset[int]:
    """Return the pitch classes of notes that begin over a chord and are held for a beat of it."""
    return frozenset(
        note.pitch % 12
        for note in tune.beginning(span.onset, span.offset)
        if min(note.offset, span.offset) - note.onset >= HELD - _EPSILON
    )


@lru_cache(maxsize=4096)
def bearing(chord: Chord, held: frozenset[int], key: str, following: Chord | None) -> Chord:
    """Return the chord nearest to another that bears some pitch classes; that one if none does.

    Nearest is what shares most tones, the held ones best among them; another root, another function
    or the other third costs more than a color, and so does a dominant that no longer is one.

    Examples
    --------
    >>> bearing(Chord(7, "7", ("13",)), frozenset({0}), "C major", Chord(0, "maj7")).symbol
    'G7sus4(13)'
    """
    wanted, own = function(chord, key, following), set(chord.pitch_classes)

    def cost(other: Chord) -> float:
        tones = set(other.pitch_classes)
        return (
            len(own ^ tones)
            + _OTHER_ROOT * (other.root != chord.root)
            + _OTHER_FUNCTION * (function(other, key, following) != wanted)
            + _OTHER_THIRD * _turned(chord, other)
            - _SPOKEN * len(held & tones)
            + _PLAINER * (len(QUALITIES[other.quality]) < len(QUALITIES[chord.quality]))
            + _LESS_LED * (is_dominant(chord) and not is_dominant(other))
        )

    choices = [
        _colored(root, quality, chord, held)
        for root in ((chord.root + step) % 12 for step in range(12))
        for quality in QUALITIES
    ]
    good = [each for each in choices if not held & avoid_notes(each)]
    return min(good, key=cost, default=chord)


def _turned(chord: Chord, other: Chord) -> bool:
    """Return whether one chord is major and the other one minor."""
    one, two = QUALITIES[chord.quality], QUALITIES[other.quality]
    return (_MAJOR in one and _MINOR in two) or (_MINOR in one and _MAJOR in two)


def _colored(root: int, quality: str, chord: Chord, held: frozenset[int]) -> Chord:
    """Return a chord with those tensions of another that neither it nor the tune forbids."""
    bare = Chord(root, quality)
    if root != chord.root:
        return bare
    kept = [
        name
        for name in chord.tensions
        if (tone := (root + TENSIONS[name]) % 12) not in bare.pitch_classes
        and tone not in avoid_notes(bare)
        and not held & {(tone + 1) % 12, (tone - 1) % 12}
    ]
    return replace(bare, tensions=tuple(kept), bass=chord.bass)
