"""Fit how beats are found without a network: ``python -m toolkit.training.fitting_beats STEP DIR``.

DIR is ``checkpoints/track-beats-notes``, whose ``material.toml`` names the performances. Steps,
in this order: ``patterns``, what of an attack is an accent and how beats are filled; ``chains``,
the candidates of some performances, which are kept in the cache folder (``chains DIR 0 2`` and
``1 2`` share the work); ``levels``, the choice among candidates, which is also fitted without each
part of the composers in turn, so that what it reaches on others is known. Constants go to
``toolkit/style/listening/fitted_beats.json``. What goes by the network is fitted by
`toolkit.training.fitting_paths`.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize

from toolkit.adapters import mir_scores
from toolkit.cache import cache_dir
from toolkit.style.listening import attacks as attack_features
from toolkit.style.listening import beat_chains, beat_levels, fitted_beats
from toolkit.style.listening import beats as tracking
from toolkit.training import fitting_patterns
from toolkit.training.beat_material import Piece, material

Array = npt.NDArray[np.float64]

GROUPS: Mapping[str, float] = {
    "works": 1.2,
    "chorales": 0.5,
    "tunes": 0.8,
    "bands": 0.5,
    "songs": 0.7,
}
"""How much a performance of each kind counts."""

_CHOSEN = {"works": 70, "chorales": 30, "tunes": 60, "bands": 30, "songs": 30}
_PARTS = 5
_CLASSES = 3
_RIDGE = 0.003
_WORST = 0.02
_NEAR_SECONDS = 0.04
_ITERATIONS = 80


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
    """Return evenly chosen performances of each kind with their numbers."""
    chosen = []
    for group, count in _CHOSEN.items():
        mine = [(number, piece) for number, piece in enumerate(pieces) if piece.group == group]
        # An odd distance takes steady and free performances in turn.
        chosen += mine[:: len(mine) // count // 2 * 2 + 1]
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
        features = beat_levels.features(found, heard)
        path = _chains_file(folder, number)
        np.savez(path, scores=scores, features=features, **kept)  # type: ignore[arg-type]


def _chains_file(folder: Path, number: int) -> Path:
    path = cache_dir() / "training" / folder.name / f"chains-{number}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def examples(pieces: Sequence[Piece], folder: Path) -> list[Example]:
    """Return the candidates that `store_chains` kept."""
    found = []
    for number, piece in some_of(pieces):
        path = _chains_file(folder, number)
        if path.is_file():
            with np.load(path) as kept:
                features, scores = kept["features"], kept["scores"]
            found.append(Example(piece.author, piece.group, piece.manner, features, scores))
    return found


def level_weights(some: Sequence[Example]) -> Array:
    """Return the weights that make the F-measure expected of softmax(features · weights) largest.

    The logarithm of what is expected of each performance is summed, so that hopeless ones do not
    rule; features are scaled by their spread within a performance before large weights cost.
    """
    centered = [each.features - each.features.mean(axis=0) for each in some]
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


def cross_validated(some: Sequence[Example]) -> dict[str, float]:
    """Return the mean F-measure of each kind and manner on composers the weights do not know."""
    reached: dict[str, list[float]] = {}
    for part in range(_PARTS):
        weights = level_weights([each for each in some if each.part != part])
        for each in some:
            if each.part == part:
                chosen = int((each.features @ weights).argmax())
                key = f"{each.group}, {each.manner}"
                reached.setdefault(key, []).append(float(each.scores[chosen]))
    return {key: round(float(np.mean(scores)), 4) for key, scores in sorted(reached.items())}


def levels(some: Sequence[Example]) -> dict[str, Any]:
    """Return the weights of the choice, and what they reach."""
    return {
        "level weights": np.round(level_weights(some), 2).tolist(),
        "mean F without network": cross_validated(some),
        "performances": len(some),
    }


def main(step: str, folder: Path, shard: int = 0, shards: int = 1) -> None:
    """Do one step."""
    pieces = material(folder / "material.toml", development=False)
    if step == "chains":
        store_chains(pieces, folder, shard, shards)
    else:
        write(accents(pieces) if step == "patterns" else levels(examples(pieces, folder)))


def write(found: Mapping[str, Any]) -> None:
    """Put constants in the place of those of the same names."""
    text = json.dumps(fitted_beats.FITTED | dict(found), indent=1)
    fitted_beats.PATH.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
