"""Fit which heard notes nobody played: ``python -m toolkit.training.fitting_ghosts``.

Songs of POP909's split for training are rendered and transcribed as
`toolkit.training.chord_material.heard` does; a heard note is a ghost if no note of its pitch was
played within 80 ms. What is fitted on the first four fifths is measured on the last.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.evaluation.logistic import Logistic, fit
from toolkit.style.listening import ghosts
from toolkit.training import chord_material
from toolkit.training.heard_notes import played_notes
from toolkit.values import Note

_SONGS = range(1, 801, 5)
_FITTED_SHARE = 0.8

Mask = npt.NDArray[np.bool_]


def are_ghosts(played: Sequence[Note], heard: Sequence[Note]) -> Mask:
    """Return which heard notes have no played one of their own, of their pitch and within 80 ms."""
    return np.array([note is None for note in played_notes(played, heard)], bool)


def learned(features: npt.NDArray[np.float64], classes: Mask) -> Logistic:
    """Return the regression, its odds being those of the classes as often as they occur."""
    found = fit(features, classes)
    share = float(classes.mean())
    bias = found.bias + np.log(share / (1 - share))
    return Logistic(found.center, found.spread, found.weights, float(bias))


def main() -> None:
    """Fit, measure, and write the constants."""
    features, classes = [], []
    for number in _SONGS:
        part = chord_material.some(chord_material.song(number))
        heard = chord_material.heard(part).notes.notes
        features.append(ghosts.describe(heard))
        classes.append(are_ghosts(part.notes.notes, heard))
    count = int(_FITTED_SHARE * len(features))
    judge = learned(np.concatenate(features[:count]), np.concatenate(classes[:count]))
    said = judge.probability(np.concatenate(features[count:])) > 0.5
    true = np.concatenate(classes[count:])
    ghosts.PATH.write_text(
        json.dumps(
            {
                "center": np.round(judge.center, 5).tolist(),
                "spread": np.round(judge.spread, 5).tolist(),
                "weights": np.round(judge.weights, 5).tolist(),
                "bias": round(judge.bias, 5),
                "measured": {
                    "songs": len(features) - count,
                    "ghosts": round(float(true.mean()), 3),
                    "precision": round(float(true[said].mean()), 3),
                    "recall": round(float(said[true].mean()), 3),
                },
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
