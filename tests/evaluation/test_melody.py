import numpy as np
import pytest

from toolkit.evaluation import melody
from toolkit.style.sheet.note_context import note_table
from toolkit.training import voiced


def test_scores_agree_with_their_definition():
    truth = np.array([1, 1, 1, 0, 0], bool)
    found = np.array([1, 0, 0, 1, 0], bool)
    assert melody.scores(truth, found) == pytest.approx((1 / 2, 1 / 3, 0.4))
    assert melody.scores(truth, truth) == (1, 1, 1)
    assert melody.scores(truth, np.zeros(5, bool)) == (0, 0, 0)


def test_every_method_answers_for_every_note():
    onset = np.repeat(np.arange(12.0), 3)
    pitch = np.tile([48, 60, 72], 12)
    table, _ = note_table(onset, onset + 1, pitch, np.full(36, 0.5), np.zeros(36))
    for method in melody.METHODS.values():
        found = method(table)
        assert found.shape == (36,)
        assert found.dtype == bool
        # The top voice of a hymn is what all of them take, most of the time.
        assert (found & (table.pitch == 72)).sum() >= 7


def test_no_work_is_both_trained_on_and_reported():
    assert not set(melody.SCORES) & {*voiced.SCORES, *voiced.HELD_SCORES}
    heard = {*voiced.SONGS, *voiced.HELD_SONGS}
    assert not heard & set(melody.pop909.TEST)
    assert not set(voiced.SONGS) & set(voiced.HELD_SONGS)
