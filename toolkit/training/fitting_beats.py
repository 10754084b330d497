"""Fit beat and bar tracking: ``python -m toolkit.training.fitting_beats STEP FOLDER``.

Folder is ``checkpoints/track-beats-notes``, whose ``material.toml`` names the performances. Steps,
in this order: ``patterns``, what of an attack is an accent and how beats are filled; ``chains``,
the candidates of some performances, which are kept in the cache folder (``chains FOLDER 0 2`` and
``1 2`` share the work); ``levels``, the choice among candidates, which is also fitted without each
part of the composers in turn, so that what it reaches on others is known; ``bars``. The last two
need what `toolkit.training.finding_beats` left; constants go to
``toolkit/style/listening/fitted_beats.json``.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize

from toolkit.adapters import mir_scores
from toolkit.cache import cache_dir
from toolkit.style.listening import attacks as attack_features
from toolkit.style.listening import bars, beat_chains, beat_levels, fitted_beats
from toolkit.style.listening import beats as tracking
from toolkit.style.listening.attacks import Attacks
from toolkit.training import fitting_patterns
from toolkit.training.beat_material import FOLDS, Piece, material

Array = npt.NDArray[np.float64]

GROUPS: Mapping[str, float] = {"works": 1.5, "chorales": 0.5, "tunes": 0.8, "songs": 0.7}
"""How much a performance of each kind counts."""

_EVERY = {"works": 2, "chorales": 20, "tunes": 6, "songs": 8}
_PARTS = 5
_CLASSES = 3
_RIDGE = 0.003
_WORST = 0.02
_NEAR_SECONDS = 0.04
_ITERATIONS = 80
_BAR_LENGTHS = (2, 3, 4)


@dataclass(frozen=True, eq=False)
class Example:
    """Hold the chains of one performance.

    Parameters
    ----------
    author, group, manner : str
        Whose work is played, of which kind, and how.
    features : np.ndarray, shape (candidates, features)
        As `toolkit.style.listening.beat_levels.features` gives them.
    scores : np.ndarray, shape (candidates,)
        The F-measure that each would reach.
    """

    author: str
    group: str
    manner: str
    features: Array
    scores: Array

    @property
    def part(self) -> int:
        """Return the part that the composer belongs to when parts are left out in turn."""
        return zlib.crc32(f"{self.author} left out".encode()) % _PARTS


def some_of(pieces: Sequence[Piece]) -> list[tuple[int, Piece]]:
    """Return evenly chosen performances with their numbers: of scores, steady and free in turn."""
    chosen = []
    for group, every in _EVERY.items():
        mine = [(number, piece) for number, piece in enumerate(pieces) if piece.group == group]
        if group == "works":
            # One excerpt of each work, in both manners.
            chosen += [(number, piece) for number, piece in mine if piece.number == 0]
        else:
            chosen += [mine[at] for at in range(0, len(mine), every + 1 - every % 2)]
    return chosen


def accents(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Return the weights of accents, their spread, and the patterns that follow from them."""
    rows = []
    for _, piece in some_of(pieces):
        played = piece.play()
        labels, times = attack_features.gather(np.array([note.onset for note in played.notes]))
        rows.append((times, attack_features.features(played.notes, labels, times), played.beats))
    features = np.concatenate([each for _, each, _ in rows])
    truth = [np.abs(times[:, None] - beats).min(axis=1) < _NEAR_SECONDS for times, _, beats in rows]
    weights = np.concatenate([np.full(len(each), 1 / len(each)) for each in truth])
    known = np.column_stack([features, np.ones(len(features))])
    fitted_weights = np.round(logistic(known, np.concatenate(truth), weights)[:-1], 2)
    sounding = features @ fitted_weights
    edges = np.round(np.quantile(sounding, [1 / 3, 2 / 3]), 2)
    counted = [
        fitting_patterns.counts(times, np.digitize(each @ fitted_weights, edges), beats, _CLASSES)
        for times, each, beats in rows
    ]
    found = fitting_patterns.fit(counted, _CLASSES)
    return {
        "accent weights": fitted_weights.tolist(),
        "accent spread": round(float(sounding.std()), 2),
        "class edges": edges.tolist(),
        "pattern shares": np.round(found.shares, 3).tolist(),
        "pattern rates": np.round(found.rates, 3).tolist(),
        "pattern changes": np.round(found.changes, 4).tolist(),
    }


def logistic(features: Array, truth: npt.NDArray[np.bool_], weights: Array) -> Array:
    """Return the weights of a logistic regression, shape (features,)."""
    share = weights / weights.sum()

    def loss(guess: Array) -> tuple[float, Array]:
        odds = features @ guess
        slope = share * (1 / (1 + np.exp(-odds)) - truth)
        value = float((share * (np.logaddexp(0, odds) - truth * odds)).sum())
        return value + 1e-4 * float(guess @ guess), slope @ features + 2e-4 * guess

    return np.asarray(optimize.minimize(loss, np.zeros(features.shape[1]), jac=True).x)


def store_chains(pieces: Sequence[Piece], folder: Path, shard: int, shards: int) -> None:
    """Keep the candidates, and what each would score, of every so many chosen performances."""
    for number, piece in some_of(pieces)[shard::shards]:
        played = piece.play()
        heard = attack_features.attacks(played.notes, ask=False)
        found = beat_chains.chains(heard)
        scores = [
            mir_scores.beat_f_measure(played.beats, tracking.refined(each, heard)) for each in found
        ]
        kept = {f"chain{index:02d}": each for index, each in enumerate(found)}
        features = beat_levels.heard_features(found, heard)
        path = _chains_file(folder, number)
        np.savez(path, scores=scores, features=features, **kept)  # type: ignore[arg-type]


def _chains_file(folder: Path, number: int) -> Path:
    path = cache_dir() / "training" / folder.name / f"chains-{number}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def heard(piece: Piece, number: int, unheard: Mapping[str, Any]) -> Attacks:
    """Return a performance's attacks with what a network says that did not hear them."""
    bare = attack_features.attacks(piece.play().notes, ask=False)
    return Attacks(bare.times, bare.accents, unheard[str(number)])


def examples(pieces: Sequence[Piece], folder: Path, unheard: Mapping[str, Any]) -> list[Example]:
    """Return the candidates that `store_chains` kept."""
    found = []
    for number, piece in some_of(pieces):
        path = _chains_file(folder, number)
        if not path.is_file():
            continue
        with np.load(path) as kept:
            chains = [kept[name] for name in sorted(kept.files) if name.startswith("chain")]
            scores, heard_features = kept["scores"], kept["features"]
        attacked = heard(piece, number, unheard)
        agreement = beat_levels.agreement(chains, attacked.times, unheard[str(number)])
        features = np.hstack([heard_features, agreement])
        found.append(Example(piece.author, piece.group, piece.manner, features, scores))
    return found


def level_weights(some: Sequence[Example], num_features: int | None = None) -> Array:
    """Return the weights that make the F-measure expected of softmax(features · weights) largest.

    The logarithm of what is expected of each performance is summed, so that hopeless ones do not
    rule; features are scaled by their spread within a performance before large weights cost.
    Only the first `num_features` are used, if that is given.
    """
    centered = [(each.features - each.features.mean(axis=0))[:, :num_features] for each in some]
    scale = np.concatenate(centered).std(axis=0) + 1e-9
    centered = [each / scale for each in centered]
    gains = [each.scores**2 + _WORST for each in some]
    counts = [GROUPS[each.group] for each in some]

    def loss(guess: Array) -> tuple[float, Array]:
        value, slope = 0.0, np.zeros(len(guess))
        for features, gain, count in zip(centered, gains, counts, strict=True):
            odds = np.exp(features @ guess - (features @ guess).max())
            odds /= odds.sum()
            expected = float(odds @ gain)
            value -= count * float(np.log(expected / gain.max()))
            slope -= count * ((odds * gain / expected - odds) @ features)
        total = max(sum(counts), 1e-9)
        return value / total + _RIDGE * float(guess @ guess), slope / total + 2 * _RIDGE * guess

    guess = np.zeros(len(scale))
    options = {"maxiter": _ITERATIONS}
    return np.asarray(optimize.minimize(loss, guess, jac=True, options=options).x / scale)


def cross_validated(some: Sequence[Example], num_features: int | None = None) -> dict[str, float]:
    """Return the mean F-measure of each kind and manner on composers the weights do not know."""
    reached: dict[str, list[float]] = {}
    for part in range(_PARTS):
        weights = level_weights([each for each in some if each.part != part], num_features)
        for each in some:
            if each.part == part:
                chosen = int((each.features[:, :num_features] @ weights).argmax())
                key = f"{each.group}, {each.manner}"
                reached.setdefault(key, []).append(float(each.scores[chosen]))
    return {key: round(float(np.mean(scores)), 4) for key, scores in sorted(reached.items())}


def levels(some: Sequence[Example]) -> dict[str, Any]:
    """Return the weights of the choice with and without the network, and what they reach."""
    bare = beat_levels.NUM_HEARD
    return {
        "level weights": np.round(level_weights(some), 2).tolist(),
        "level weights without network": np.round(level_weights(some, bare), 2).tolist(),
        "mean F of unknown composers": cross_validated(some),
        "mean F without network": cross_validated(some, bare),
        "performances": len(some),
    }


def bar_constants(pieces: Sequence[Piece], unheard: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tells downbeats from other beats, and the score's means at the places of bars.

    The weights are those of a logistic regression of "a bar begins here" at the true beats; a
    score's mean is that of the beats at one place in bars of one length.
    """
    features, places, lengths, weights = [], [], [], []
    for number, piece in some_of(pieces):
        played = piece.play()
        first = np.searchsorted(played.beats, played.downbeats - 1e-6)
        length, place = (np.zeros(len(played.beats), int) for _ in range(2))
        for begin, end in pairwise(first):
            length[begin:end], place[begin:end] = end - begin, np.arange(end - begin)
        known = np.isin(length, _BAR_LENGTHS)
        if not known.any():
            continue
        attacked = heard(piece, number, unheard)
        features.append(bars.features(played.notes, played.beats, attacked)[known])
        places.append(place[known])
        lengths.append(length[known])
        weights.append(np.full(known.sum(), GROUPS[piece.group] / known.sum()))
    every, place, length = np.concatenate(features), np.concatenate(places), np.concatenate(lengths)
    weight = np.concatenate(weights)
    with_one = np.column_stack([every, np.ones(len(every))])
    found = np.round(logistic(with_one, place == 0, weight)[:-1], 2)
    score = every @ found
    means = {
        str(count): [
            round(float(np.average(score[at], weights=weight[at])), 2)
            for at in ((length == count) & (place == each) for each in range(count))
        ]
        for count in _BAR_LENGTHS
    }
    mean_of_each = np.array([means[str(n)][p] for n, p in zip(length, place, strict=True)])
    spread = np.sqrt(np.average((score - mean_of_each) ** 2, weights=weight))
    return {
        "bar weights": found.tolist(),
        "bar means": means,
        "bar spread": round(float(spread), 2),
    }


def main(step: str, folder: Path, shard: int = 0, shards: int = 1) -> None:
    """Do one step."""
    pieces = material(folder / "material.toml")
    if step == "chains":
        store_chains(pieces, folder, shard, shards)
        return
    if step == "patterns":
        found = accents(pieces)
    else:
        unheard: dict[str, Any] = {}
        for fold in range(FOLDS):
            with np.load(cache_dir() / "training" / folder.name / f"unheard-{fold}.npz") as kept:
                unheard |= dict(kept)
        if step == "levels":
            found = levels(examples(pieces, folder, unheard))
        else:
            found = bar_constants(pieces, unheard)
    text = json.dumps(fitted_beats.FITTED | found, indent=1)
    fitted_beats.PATH.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
