from collections import Counter

import numpy as np

from toolkit.evaluation.chord_counts import Counts
from toolkit.evaluation.harmony_language import perplexity
from toolkit.style.harmony.chord_events import FIELDS, Events


def chart(*chords):
    return Events(
        np.array(chords), np.zeros(len(chords), int), np.zeros((len(chords), len(FIELDS)), int)
    )


def test_probabilities_of_every_context_add_up_to_one():
    counts = Counts([chart(0, 5, 7, 0, 5, 7, 7), chart(9, 2, 7, 0)], 3)
    for context in ((0, 5), (5, 7), (99, 98), (7, 0)):
        assert abs(sum(counts.probability(each, context) for each in range(144)) - 1) < 1e-9


def test_a_unigram_is_what_witten_and_bell_say():
    chords = (0, 0, 0, 5)
    seen = Counter(chords)
    found = Counts([chart(*chords)], 1).probability(0, ())
    assert abs(found - (seen[0] + 2 / 144) / (4 + 2)) < 1e-12


def test_a_longer_memory_foretells_a_loop():
    loop = chart(*(0, 0, 5, 7) * 20)
    short, long = (perplexity(Counts([loop], order).log_probabilities(loop)) for order in (1, 3))
    assert long < 1.3 < short
