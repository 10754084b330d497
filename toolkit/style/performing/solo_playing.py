"""Play a melody with the network that learned from soloists."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.checkpoints import shipped
from toolkit.style.performing import line_playing
from toolkit.style.performing.line_playing import Written
from toolkit.style.performing.swing_feel import soloist_delay

Array = npt.NDArray[np.float64]
Character = tuple[float, float, float]

CHECKPOINT = "perform-solo"

CHARACTER_SPREAD = (0.013, 0.050, 0.055)
"""How far players of the Weimar Jazz Database differ, as standard deviations."""

CHARACTER_MEAN = (0.003, -0.020, 0.0)
"""Their medians."""

TIDY = (0.6, 0.8, 0.8)
"""Temperatures of timing, loudness and length for use in a band."""

_ON_BEAT = 0.03
_STRAY = 0.024


def character(rng: np.random.Generator, spread: float) -> Character:
    """Return a player's own manner.

    Parameters
    ----------
    rng : np.random.Generator
        Draws it.
    spread : float
        How far from the usual one: 0 not at all, 1 as far as players differ.
    """
    drawn = np.array(CHARACTER_SPREAD) * rng.standard_normal(3).clip(-2, 2) * spread
    late, off_beat, length = (drawn + np.array(CHARACTER_MEAN)).tolist()
    return late, off_beat, length


def play_line(
    line: Written,
    manner: Character,
    rng: np.random.Generator,
    *,
    temperatures: tuple[float, float, float] = (1.0, 1.0, 1.0),
    model: Any = None,
) -> Array:
    """Return what a soloist makes of each note of a line.

    Parameters
    ----------
    line : Written
        As written; may be empty.
    manner : tuple of three floats
        Of `character`.
    rng : np.random.Generator
        Draws every value.
    temperatures : tuple of three floats
        Of timing, loudness and length: 1 is like the players it learned from, less is more even.
    model : nn.Module, optional
        `toolkit.models.performer.Model`; the shipped one unless given.

    Returns
    -------
    np.ndarray, shape (notes, 3)
        Seconds later than swung, dB above the line's median, share of the length that sounds.
    """
    if not len(line):
        return np.zeros((0, line_playing.VALUES))
    import torch

    network = shipped().load(CHECKPOINT) if model is None else model
    notes = torch.from_numpy(line_playing.features(line, manner))
    scales = np.array(line_playing.SCALES, np.float32)
    sharpness = 1 / torch.tensor(temperatures, dtype=torch.float64)[:, None]
    values = np.zeros((len(line), line_playing.VALUES))
    played = torch.zeros(1, line_playing.VALUES)
    state = None
    with torch.inference_mode():
        for index in range(len(line)):
            logits, state = network.step(notes[index : index + 1], played, state)
            chances = torch.softmax(logits[0].double() * sharpness, dim=-1).numpy()
            values[index] = line_playing.drawn(chances, rng)
            played = torch.from_numpy((values[index] / scales).astype(np.float32))[None]
    return values


def tidy(values: Array, line: Written) -> Array:
    """Return how late notes come, as one of a band plays: neither later than usual nor far astray.

    All notes are moved together so that the median on-beat is as late as soloists are at the tempo;
    what strays is drawn in by a hyperbolic tangent.

    Parameters
    ----------
    values : np.ndarray, shape (notes, 3)
        Of `play_line`.
    line : Written
        The same notes.
    """
    usual = soloist_delay(line.tempo)
    astray = values[:, 0] - usual
    on_beat = np.abs(line.onsets - np.round(line.onsets)) < _ON_BEAT
    if len(line):
        astray = astray - np.median(astray[on_beat] if on_beat.any() else astray)
    return np.asarray(usual + _STRAY * np.tanh(astray / _STRAY))
