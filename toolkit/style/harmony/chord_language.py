"""Ask a chord language model, in numpy: one step for many hypotheses at once.

The network is `toolkit.models.chord_language`, whose recurrence is small enough that a step of a
hundred hypotheses takes a millisecond here, while a framework would spend that on every call.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.dsp.layers import linear, sigmoid
from toolkit.style.harmony.chord_events import CLASSES, FIELDS, NUM_CHORDS, START, Events

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CHECKPOINT = "reharmonize-chords"

_ROOT = np.arange(NUM_CHORDS) % 12
_CLASS_START = np.arange(NUM_CHORDS) // 12 * 12


@dataclass(frozen=True, eq=False)
class States:
    """Hold where hypotheses are: what the network remembers, and their last chord.

    Parameters
    ----------
    memory : np.ndarray, shape (hypotheses, hidden)
        Before the last chord was read.
    chords, durations : np.ndarray of int, shape (hypotheses,)
        The last chord and how long it lasts, as in `toolkit.style.harmony.chord_events`.
    """

    memory: Array
    chords: Integers
    durations: Integers

    def take(self, rows: Integers) -> States:
        """Return some of the hypotheses, in this order."""
        return States(self.memory[rows], self.chords[rows], self.durations[rows])


class Language:
    """Say how probable chords are after others.

    Parameters
    ----------
    weights : dict
        Arrays by their name in `toolkit.models.chord_language.Model`.
    """

    def __init__(self, weights: dict[str, Any]) -> None:
        self._weights = {name: np.asarray(value, np.float64) for name, value in weights.items()}

    def start(self) -> States:
        """Return one hypothesis of which nothing is known yet."""
        hidden = self._weights["by_key.weight"].shape[1]
        return States(np.zeros((1, hidden)), np.array([START]), np.array([0]))

    def step(self, states: States, places: Integers) -> tuple[Array, Array]:
        """Read the last chords, and return what may follow.

        Parameters
        ----------
        states : States
            Of some hypotheses.
        places : np.ndarray of int, shape (hypotheses, 4)
            Where the next chords begin.

        Returns
        -------
        tuple[np.ndarray, np.ndarray]
            Memory after the last chords, shape (hypotheses, hidden), and the log probabilities of
            all chords, shape (hypotheses, `NUM_CHORDS`).
        """
        table = self._weights
        fields = [table[f"places.{index}.weight"][places[:, index]] for index in range(len(FIELDS))]
        known = [self._embed(states.chords), table["durations.weight"][states.durations]]
        memory = self._recur(np.concatenate([*known, *fields], axis=1), states.memory)
        by_key, by_step = linear(table, "by_key", memory), linear(table, "by_step", memory)
        turned = _CLASS_START + (_ROOT - states.chords[:, None] % 12) % 12
        return memory, _log_softmax(by_key + np.take_along_axis(by_step, turned, axis=1))

    def durations(self, memory: Array, chords: Integers) -> Array:
        """Return the log probabilities of durations of chords, shape (hypotheses, durations)."""
        known = np.concatenate([memory, self._embed(chords)], axis=1)
        return _log_softmax(linear(self._weights, "length", known))

    def log_probabilities(self, chart: Events) -> Array:
        """Return the log probability of every chord of a chart after those before it."""
        states, found = self.start(), []
        for chord, duration, where in zip(chart.chords, chart.durations, chart.places, strict=True):
            memory, odds = self.step(states, where[None])
            found.append(odds[0, chord])
            states = States(memory, np.array([chord]), np.array([duration]))
        return np.array(found)

    def _embed(self, chords: Integers) -> Array:
        roots = np.where(chords >= NUM_CHORDS, 12, chords % 12)
        kinds = np.minimum(chords // 12, len(CLASSES))
        table = self._weights
        return np.concatenate([table["roots.weight"][roots], table["kinds.weight"][kinds]], axis=1)

    def _recur(self, inputs: Array, memory: Array) -> Array:
        """Return the next memory of the gated recurrent unit (K. Cho et al., 2014)."""
        table = self._weights
        new = inputs @ table["recurrent.weight_ih_l0"].T + table["recurrent.bias_ih_l0"]
        old = memory @ table["recurrent.weight_hh_l0"].T + table["recurrent.bias_hh_l0"]
        new_reset, new_update, new_content = np.split(new, 3, axis=1)
        old_reset, old_update, old_content = np.split(old, 3, axis=1)
        reset, update = sigmoid(new_reset + old_reset), sigmoid(new_update + old_update)
        content = np.tanh(new_content + reset * old_content)
        return np.asarray((1 - update) * content + update * memory)


@lru_cache(maxsize=4)
def load(name: str = CHECKPOINT) -> Language:
    """Return the language model of a shipped checkpoint.

    Raises
    ------
    UsageError, ResourceError, ToolkitError
        If there is none of that name, or its weights are missing or changed.
    """
    from toolkit.checkpoints import shipped

    return from_model(shipped().load(name))


def from_model(model: Any) -> Language:
    """Return the language model of a network of `toolkit.models.chord_language`."""
    return Language({name: value.cpu().numpy() for name, value in model.state_dict().items()})


def _log_softmax(odds: Array) -> Array:
    shifted = odds - odds.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
