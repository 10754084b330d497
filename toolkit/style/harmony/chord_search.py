"""Find the best sequence of moves by beam search.

Every hypothesis carries the language model's memory of the whole progression; what is common to
several moves is asked once. Without a language model the other terms decide.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from toolkit.style.harmony.chord_events import NUM_CHORDS, Integers, duration_class, place
from toolkit.style.harmony.chord_language import Language, States
from toolkit.style.harmony.chord_moves import ANY, Move
from toolkit.style.harmony.harmonic_slots import Slot
from toolkit.style.harmony.melody_fit import TONES_OF_CHORDS

Array = npt.NDArray[np.float64]
Prefix = tuple[tuple[float, int], ...]

_WIDTH = 12
_ALIKE = 3
_DURATION_SHARE = 0.4
_BASS_COST = np.array([0.0, 0.1, 0.2, 0.5, 0.5, 0.0, 0.9, 0.0, 0.5, 0.5, 0.2, 0.1])
"""By semitones from one root to the next: fifths and steps are easy, the tritone is not."""
_COMMON_TONE = 0.06


@dataclass(frozen=True, eq=False)
class Stand:
    """Hold a slot with all that may stand in it.

    Parameters
    ----------
    slot : Slot
        The slot.
    bar : tuple[float, int]
        Onset of its bar, and how many beats that has.
    moves : list[Move]
        One at least.
    gains : np.ndarray, shape (moves,)
        What speaks for each, in nats, the language model aside.
    """

    slot: Slot
    bar: tuple[float, int]
    moves: list[Move]
    gains: Array


@dataclass(frozen=True, eq=False)
class _Beam:
    states: States
    scores: Array
    chords: Integers
    targets: Integers
    paths: list[tuple[int, ...]]

    def take(self, rows: Integers) -> _Beam:
        paths = [self.paths[row] for row in rows]
        return _Beam(
            self.states.take(rows), self.scores[rows], self.chords[rows], self.targets[rows], paths
        )


def search(
    stands: list[Stand], language: Language, weight: float, home: tuple[int, bool]
) -> list[int]:
    """Return the index of the move that each slot takes.

    Parameters
    ----------
    stands : list[Stand]
        In order.
    language : Language
        Is asked how probable each chord is after all before it.
    weight : float
        Of the language model; it is not asked at 0.
    home : tuple[int, bool]
        Tonic of the key that the model hears all in, and whether it is minor.
    """
    start = language.start()
    beam = _Beam(start, np.zeros(1), np.array([ANY]), np.array([ANY]), [()])
    for stand in stands:
        beam = _advance(beam, stand, language, weight, home)
    return list(beam.paths[int(beam.scores.argmax())])


def transition_costs() -> Array:
    """Return what it costs to go from each chord to each other, shape (`NUM_CHORDS`, same)."""
    roots = np.arange(NUM_CHORDS) % 12
    bass = _BASS_COST[(roots[None] - roots[:, None]) % 12]
    common = TONES_OF_CHORDS @ TONES_OF_CHORDS.T
    return np.asarray(bass - _COMMON_TONE * common)


def inner_cost(move: Move) -> float:
    """Return what the transitions inside of a move cost."""
    chords = [chord for _, chord in move.parts]
    return float(sum(_TRANSITIONS[a, b] for a, b in pairwise(chords)))


def _advance(
    beam: _Beam, stand: Stand, language: Language, weight: float, home: tuple[int, bool]
) -> _Beam:
    first = np.array([move.parts[0][1] for move in stand.moves])
    last = np.array([move.parts[-1][1] for move in stand.moves])
    targets = np.array([move.target for move in stand.moves])
    scores = beam.scores[:, None] + stand.gains[None]
    known = beam.chords != ANY
    scores[known] -= _TRANSITIONS[beam.chords[known]][:, first]
    wrong = (beam.targets[:, None] != ANY) & (beam.targets[:, None] != first[None] % 12)
    scores = np.where(wrong, scores - 1e3, scores)
    after: dict[Prefix, States] = {(): beam.states}
    if weight:
        odds, after = _asked(beam.states, stand, language, home)
        scores += weight * odds
    rows, columns = _best(scores, last, targets)
    if weight:
        parts = [after[stand.moves[column].parts] for column in columns]
        states = States(
            np.stack([each.memory[row] for each, row in zip(parts, rows, strict=True)]),
            np.array([each.chords[row] for each, row in zip(parts, rows, strict=True)]),
            np.array([each.durations[row] for each, row in zip(parts, rows, strict=True)]),
        )
    else:
        states = beam.states.take(np.array(rows))
    paths = [(*beam.paths[row], column) for row, column in zip(rows, columns, strict=True)]
    return _Beam(states, scores[rows, columns], last[columns], targets[columns], paths)


def _best(scores: Array, last: Integers, targets: Integers) -> tuple[list[int], list[int]]:
    """Return rows and columns of the best, not too many of which end alike."""
    order = np.argsort(-scores, axis=None, kind="stable")
    seen: Counter[tuple[int, int]] = Counter()
    rows, columns = [], []
    for flat in order[: 40 * _WIDTH]:
        row, column = divmod(int(flat), scores.shape[1])
        ending = (int(last[column]), int(targets[column]))
        if seen[ending] < _ALIKE:
            seen[ending] += 1
            rows.append(row)
            columns.append(column)
        if len(rows) == _WIDTH:
            break
    return rows, columns


def _asked(
    states: States, stand: Stand, language: Language, home: tuple[int, bool]
) -> tuple[Array, dict[Prefix, States]]:
    """Return log probabilities of moves, shape (hypotheses, moves), and the states after them."""
    known: dict[Prefix, tuple[States, Array]] = {(): (states, np.zeros(len(states.chords)))}
    longest = max(len(move.parts) for move in stand.moves)
    for depth in range(longest):
        wanted = {move.parts[: depth + 1] for move in stand.moves if len(move.parts) > depth}
        children = sorted(wanted)
        known |= _extended(known, children, stand, language, home)
    odds = np.stack([known[move.parts][1] for move in stand.moves], axis=1)
    return odds, {prefix: pair[0] for prefix, pair in known.items()}


def _extended(
    known: dict[Prefix, tuple[States, Array]],
    children: list[Prefix],
    stand: Stand,
    language: Language,
    home: tuple[int, bool],
) -> dict[Prefix, tuple[States, Array]]:
    """Return states and log probabilities of prefixes that are one chord longer."""
    parents = sorted({child[:-1] for child in children})
    size = len(next(iter(known.values()))[1])
    stacked = _concatenated([known[parent][0] for parent in parents])
    where = [_place(stand, parent, home[1]) for parent in parents]
    memory, odds = language.step(stacked, np.repeat(np.array(where), size, axis=0))
    index = {parent: number for number, parent in enumerate(parents)}
    rows = np.concatenate([index[child[:-1]] * size + np.arange(size) for child in children])
    chords = np.repeat([_relative(child[-1][1], home[0]) for child in children], size)
    lengths = np.repeat([duration_class(child[-1][0]) for child in children], size)
    total = odds[rows, chords]
    total += (
        _DURATION_SHARE * language.durations(memory[rows], chords)[np.arange(len(rows)), lengths]
    )
    found = {}
    for number, child in enumerate(children):
        mine = slice(number * size, (number + 1) * size)
        after = States(memory[rows[mine]], chords[mine], lengths[mine])
        found[child] = (after, known[child[:-1]][1] + total[mine])
    return found


def _concatenated(states: list[States]) -> States:
    return States(
        np.concatenate([each.memory for each in states]),
        np.concatenate([each.chords for each in states]),
        np.concatenate([each.durations for each in states]),
    )


def _place(stand: Stand, prefix: Prefix, minor: bool) -> tuple[int, int, int, int]:
    onset, beats = stand.bar
    beat = stand.slot.onset - onset + sum(length for length, _ in prefix)
    return place(max(beat, 0.0), beats, max(stand.slot.bar - stand.slot.section, 0), minor)


def _relative(chord: int, tonic: int) -> int:
    return chord // 12 * 12 + (chord - tonic) % 12


_TRANSITIONS = transition_costs()
