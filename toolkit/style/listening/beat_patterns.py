"""How music fills a beat: eight patterns of attacks, and how one follows another.

Fitted by expectation maximization of a hidden Markov model (L. E. Baum et al., 1970) to performed
scores and played songs (`toolkit.training.fitting_patterns`); the states were not named in
advance, but come out as eighths, quarters, sixteenths, triplets, six to a beat and syncopation.
"""

from __future__ import annotations

import numpy as np

from toolkit.style.listening.fitted_beats import FITTED

PLACES = np.array([0, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 3 / 8, 1 / 2, 5 / 8, 2 / 3, 3 / 4, 5 / 6, 7 / 8])
"""Where in a beat attacks are counted, shape (places,)."""

CLASS_EDGES = np.array(FITTED["class edges"])
"""Accents that part weak from middling and middling from strong attacks."""

SHARES = np.array(FITTED["pattern shares"])
"""How often each pattern occurs, shape (patterns,)."""

RATES = np.array(FITTED["pattern rates"])
"""Attacks expected at each place, shape (patterns, classes from weak to strong, places)."""

CHANGES = np.array(FITTED["pattern changes"])
"""Probability that a pattern (row) is followed by another (column)."""
