"""Fit what goes by the beat network: ``python -m toolkit.training.fitting_paths FOLDER``.

Folder is ``checkpoints/track-beats-notes``. How far the network is believed when beats and bars are
sought is fitted to the composers, tunes and songs that it did not hear, by climbing one constant at
a time; what that reaches on them is written into
``toolkit/style/listening/fitted_beats.json`` as well.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from toolkit.adapters import mir_scores
from toolkit.style.listening import attacks as attack_features
from toolkit.style.listening import bars, beat_paths, beats
from toolkit.style.listening.attacks import Attacks
from toolkit.training.beat_material import Piece, material
from toolkit.training.beat_values import Played
from toolkit.training.fitting_beats import GROUPS, write

Array = npt.NDArray[np.float64]

Trust = TypeVar("Trust", beat_paths.Trust, bars.Trust)

_FACTORS = (0.6, 1.6)
_ROUNDS = 2
_GAIN = 1e-4


@dataclass(frozen=True, eq=False)
class Case:
    """Hold a performance that the network did not hear, and what it says of it."""

    piece: Piece
    played: Played
    heard: Attacks

    @property
    def said(self) -> npt.NDArray[np.float32]:
        """Return what the network says of each attack."""
        if self.heard.said is None:
            raise ValueError("the network was not asked")
        return self.heard.said


def cases(pieces: Sequence[Piece]) -> list[Case]:
    """Return performances with what the network says of them."""
    found = []
    for piece in pieces:
        played = piece.play()
        found.append(Case(piece, played, attack_features.attacks(played.notes)))
    return found


def by_kind(some: Sequence[Case], measure: Callable[[Case], float]) -> dict[str, float]:
    """Return the mean of a measure of each kind and manner."""
    reached = defaultdict(list)
    for each in some:
        reached[f"{each.piece.group}, {each.piece.manner}"].append(measure(each))
    return {key: round(float(np.mean(values)), 4) for key, values in sorted(reached.items())}


def worth(figures: dict[str, float]) -> float:
    """Return the mean of the kinds' figures, as `GROUPS` counts the kinds."""
    weights = [GROUPS[key.split(",")[0]] for key in figures]
    return float(np.average(list(figures.values()), weights=weights))


def climbed(
    trust: Trust, reached: Callable[[Trust], dict[str, float]]
) -> tuple[Trust, dict[str, float]]:
    """Return the best trust found from a first one on, and the figures that it reaches."""
    best, figures = trust, reached(trust)
    for _ in range(_ROUNDS):
        for name, value in asdict(best).items():
            for factor in _FACTORS:
                other = replace(best, **{name: round(value * factor, 3)})
                found = reached(other)
                if worth(found) > worth(figures) + _GAIN:
                    best, figures = other, found
    return best, figures


def tracked(case: Case, trust: beat_paths.Trust) -> Array:
    """Return the beats that are found in a performance."""
    found = beat_paths.path(case.heard.times, case.said, trust)
    return beats.refined(found, case.heard)


def fit(some: Sequence[Case]) -> dict[str, Any]:
    """Return how far the network is to be believed about beats and bars, and what that reaches."""

    def beats_reached(trust: beat_paths.Trust) -> dict[str, float]:
        return by_kind(
            some, lambda case: mir_scores.beat_f_measure(case.played.beats, tracked(case, trust))
        )

    path_trust, figures = climbed(beat_paths.FITTED_TRUST, beats_reached)
    found = {id(case): tracked(case, path_trust) for case in some}

    def bars_reached(trust: bars.Trust) -> dict[str, float]:
        def measure(case: Case) -> float:
            times = found[id(case)]
            places, _ = bars.places(case.played.notes, times, case.heard, trust)
            return mir_scores.beat_f_measure(case.played.downbeats, times[places == 0])

        return by_kind(some, measure)

    bar_trust, bar_figures = climbed(bars.FITTED_TRUST, bars_reached)
    return {
        "path trust": asdict(path_trust),
        "bar trust": asdict(bar_trust),
        "mean F of beats not heard": figures,
        "mean F of downbeats not heard": bar_figures,
    }


def main(folder: Path) -> None:
    """Fit and write."""
    write(fit(cases(material(folder / "material.toml", development=True))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
