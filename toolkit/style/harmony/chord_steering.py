"""Steer a reharmonization: repeat the search until as much is kept as was asked for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from toolkit.style.chord import Chord
from toolkit.style.harmony import chord_language
from toolkit.style.harmony.chord_events import CLASSES, class_of
from toolkit.style.harmony.chord_moves import Move, moves, number
from toolkit.style.harmony.chord_palettes import Palette
from toolkit.style.harmony.chord_search import Array, Stand, inner_cost, search
from toolkit.style.harmony.functions import function
from toolkit.style.harmony.harmonic_slots import Slot
from toolkit.style.harmony.melody_fit import Tune
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import LeadSheet

_KEPT_ROOTS = ((0.0, 1.0), (0.5, 0.72), (1.0, 0.5))
_MORE_CHORDS = ((0.0, 1.0), (0.5, 1.32), (1.0, 1.6))
_MELODY, _FUNCTION, _LANGUAGE = 0.8, 0.6, 0.7
_TEMPERATURE = 0.45
_PASSES, _NEAR = 5, 0.04
_STEP_ROOT, _STEP_CHORD = 7.0, 3.0
_FIRST_ROOT, _FIRST_CHORD = 1.5, 1.8
_MOST_TARGETS = 3
_UNBORNE = 6.0


def kept_roots(slots_: list[Slot], chosen: list[Move]) -> float:
    """Return the share of bars that begin with the source's root, 1 if none begins with a chord."""
    opening = [
        move.first_root == slot.chord.root
        for slot, move in zip(slots_, chosen, strict=True)
        if slot.opens_bar
    ]
    return sum(opening) / len(opening) if opening else 1.0


def chord_rate(slots_: list[Slot], chosen: list[Move]) -> float:
    """Return how many times as many chords sound as in the source."""
    before = sum(not slot.goes_on for slot in slots_)
    chords = [chord for move in chosen for _, chord in move.parts]
    after = 1 + sum(a != b for a, b in pairwise(chords))
    return after / max(before, 1)


def lattice(found: list[Slot], palette: Palette, tune: Tune, amount: float) -> list[list[Move]]:
    """Return what may stand in each slot and is borne by the melody.

    Parameters
    ----------
    found : list[Slot]
        In order.
    palette : Palette
        Of the style.
    tune : Tune
        The melody.
    amount : float
        0 for colors only.
    """
    plain = [_borne(slot, moves(slot, palette, ()), tune) for slot in found]
    options: list[list[Move]] = []
    for index, slot in enumerate(found):
        if slot.locked:
            options.append([Move(((slot.duration, _number(slot.chord)),))])
            continue
        if amount == 0:
            options.append([move for move in plain[index] if not move.name] or plain[index][:1])
            continue
        after = found[index + 1] if index + 1 < len(found) else None
        targets = _targets(after, plain[index + 1]) if after is not None else ()
        options.append(_borne(slot, moves(slot, palette, targets), tune))
    return options


def _targets(slot: Slot, candidates: list[Move]) -> tuple[tuple[int, bool], ...]:
    """Return roots that the next slot may begin with, and whether a minor chord stands there."""
    if slot.locked:
        return ((slot.chord.root, _is_minor(_number(slot.chord))),)
    found = {move.first_root: _is_minor(move.parts[0][1]) for move in reversed(candidates)}
    order = list(dict.fromkeys(move.first_root for move in candidates))
    return tuple((root, found[root]) for root in order[:_MOST_TARGETS])


def _is_minor(chord: int) -> bool:
    return CLASSES[chord // 12] in ("m", "m7", "m6", "m7b5")


def _number(chord: Chord) -> int:
    return 12 * class_of(chord) + chord.root


def _borne(slot: Slot, candidates: list[Move], tune: Tune) -> list[Move]:
    """Return the moves whose chords the melody can lie over; the best color if there is none."""
    good = [move for move in candidates if _is_borne(slot, move, tune)]
    if good:
        return good
    cost, allowed = tune.fit(slot.onset, slot.offset)
    same = [number(slot.chord.root, name) for name in CLASSES]
    usual = {move.parts[0][1] for move in candidates}
    best = min(same, key=lambda chord: cost[chord] + 6 * (not allowed[chord]) - (chord in usual))
    return [Move(((slot.duration, best),))]


def _is_borne(slot: Slot, move: Move, tune: Tune) -> bool:
    onset = slot.onset
    for beats, chord in move.parts:
        if not tune.fit(onset, onset + beats)[1][chord]:
            return False
        onset += beats
    return True


def steered(
    sheet: LeadSheet,
    found: list[Slot],
    options: list[list[Move]],
    tune: Tune,
    palette: Palette,
    amount: float,
    rng: np.random.Generator,
) -> list[Move]:
    """Return the moves of the pass that came nearest to what the amount stands for.

    Parameters
    ----------
    sheet : LeadSheet
        With the melody and the bars.
    found, options
        The slots, and what may stand in each.
    tune : Tune
        The melody.
    palette : Palette
        Of the style.
    amount : float
        0..1.
    rng : np.random.Generator
        Of the noise by which runs differ.
    """
    noise = [rng.gumbel(0, _TEMPERATURE, len(each)) for each in options]
    fixed = [
        _gains(slot, candidates, tune) + each
        for slot, candidates, each in zip(found, options, noise, strict=True)
    ]
    language, home = chord_language.load(), _home(sheet, found)
    wanted = _at(_KEPT_ROOTS, amount), _at(_MORE_CHORDS, amount)
    root, more = _FIRST_ROOT, _FIRST_CHORD
    best: tuple[float, list[Move]] = (np.inf, [])
    for _ in range(_PASSES if amount else 1):
        stands = [
            Stand(slot, _bar(sheet, slot), each, gains + _weighed(slot, each, root, more))
            for slot, each, gains in zip(found, options, fixed, strict=True)
        ]
        path = search(stands, language, _LANGUAGE * palette.language, home)
        chosen = [each[index] for each, index in zip(options, path, strict=True)]
        off_root = wanted[0] - kept_roots(found, chosen)
        off_rate = wanted[1] - chord_rate(found, chosen)
        away = abs(off_root) + 0.5 * abs(off_rate)
        best = min(best, (away, chosen), key=lambda pair: pair[0])
        if away < _NEAR:
            break
        root += _STEP_ROOT * off_root
        more += _STEP_CHORD * off_rate
    return best[1]


def _gains(slot: Slot, options: list[Move], tune: Tune) -> Array:
    """Return what speaks for moves whatever is asked for: melody, function, motion, palette."""
    wanted = function(slot.chord, slot.key, slot.following)
    found = []
    for move in options:
        onset, cost = slot.onset, move.cost + inner_cost(move)
        chords = [_plain(chord) for _, chord in move.parts]
        after = [*chords[1:], slot.following]
        for (beats, number_), chord, following in zip(move.parts, chords, after, strict=True):
            lies, allowed = tune.fit(onset, onset + beats)
            cost += _MELODY * lies[number_] + _UNBORNE * (not allowed[number_])
            cost += _FUNCTION * beats * (function(chord, slot.key, following) != wanted)
            onset += beats
        found.append(-cost)
    return np.array(found)


def _weighed(slot: Slot, options: list[Move], root: float, more: float) -> Array:
    """Return what speaks for moves by how much is asked for."""
    kept = np.array([move.first_root == slot.chord.root for move in options], float)
    parts = np.array([len(move.parts) - 1 for move in options], float)
    return np.asarray(root * slot.anchor * slot.opens_bar * kept + more * parts)


def _plain(chord: int) -> Chord:
    name = CLASSES[chord // 12]
    return Chord(chord % 12, "7" if name == "7b9" else name)


def _bar(sheet: LeadSheet, slot: Slot) -> tuple[float, int]:
    bar = sheet.bars[max(slot.bar, 0)]
    return bar.onset if slot.bar >= 0 else bar.onset - bar.beats, bar.beats


def _home(sheet: LeadSheet, found: list[Slot]) -> tuple[int, bool]:
    """Return tonic and mode of the key in which most of the piece is."""
    keys = [slot.key for slot in found for _ in range(max(int(slot.duration), 1))]
    tonic, mode = tonic_and_mode(max(sorted(set(keys)), key=keys.count))
    return tonic, mode == "minor"


def _at(curve: tuple[tuple[float, float], ...], amount: float) -> float:
    return float(np.interp(amount, [at for at, _ in curve], [value for _, value in curve]))
