"""Let the shipped network say which bars of a reference suit a bar of a piece, without torch.

It is `toolkit.models.pattern_chooser` in numpy: importing torch would take longer than all else.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from toolkit.checkpoints import read_arrays, shipped
from toolkit.dsp.layers import linear

Table = npt.NDArray[np.float32]
Weights = dict[str, Table]

CHECKPOINT = "choose-patterns"

_ROWS = 64


def logits(queries: Table, keys: Table, facts: Table, bearings: Table) -> Table:
    """Return log odds that bars suit, of any sum, shape (bars, reference bars).

    Parameters
    ----------
    queries, keys : np.ndarray, shape (bars, features), (reference bars, features)
        Situations of the piece and of the reference.
    facts : np.ndarray, shape (reference bars, facts)
        Of `toolkit.style.borrowed.pattern_distances.facts`.
    bearings : np.ndarray, shape (features,)
        Of `toolkit.style.borrowed.pattern_distances.bearings`.
    """
    network = _network()
    parts = [
        logits_of(network, queries[first : first + _ROWS], keys, facts, bearings)
        for first in range(0, len(queries), _ROWS)
    ]
    return np.concatenate([np.zeros((0, len(keys)), np.float32), *parts])


def logits_of(
    network: Weights, queries: Table, keys: Table, facts: Table, bearings: Table
) -> Table:
    """Return the outputs of a network with the given weights."""
    apart = (queries[:, None] - keys[None]) ** 2
    weights = np.log1p(np.exp(network["near"] + network["gain"] * bearings))
    hidden = np.maximum(linear(network, "key", np.concatenate([keys, facts], axis=1)), 0)
    worth = linear(network, "worth", hidden)[:, 0]
    known = np.broadcast_to(facts, (*apart.shape[:2], facts.shape[1]))
    pairs = np.concatenate([apart, apart * bearings, known], axis=2)
    suits = linear(network, "suits", np.maximum(linear(network, "pair", pairs), 0))[..., 0]
    return np.asarray(suits + worth - apart @ weights)


@cache
def _network() -> Weights:
    return read_arrays(shipped().manifest(CHECKPOINT))
