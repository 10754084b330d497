"""What suite Y3 measures with, on music whose answers are known."""

import numpy as np
import pytest

from toolkit.evaluation import pattern_finding
from toolkit.evaluation.style_fit import fit, means, profile
from toolkit.style.arrangement import Tone
from toolkit.values import DRUMS, Note, Notes


def song(bars: int = 32) -> Notes:
    """Return a tune over a bass and drums that change with every bar of four."""
    notes = []
    for bar in range(bars):
        begin = 2.0 * bar
        notes += [Note(begin + at, begin + at + 0.9, 76 + bar % 4, 0.8, 73) for at in (0.0, 1.0)]
        places = ((0.0,), (0.0, 0.5), (0.0, 1.0), (0.0, 0.5, 1.0))[bar % 4]
        notes += [Note(begin + at, begin + at + 0.4, 36 + 5 * (bar % 2), 0.7, 33) for at in places]
        notes += [Note(begin + at, begin + at + 0.1, 36, 0.7, DRUMS) for at in places]
    return Notes(tuple(notes), ((0.0, 120.0),), ((0.0, 4, 4),))


def test_halves_ask_for_each_other():
    tasks = pattern_finding.tasks(song())
    assert len(tasks) == 2
    for task in tasks:
        assert task.apart.shape == (len(task.asked), len(task.about))
        assert task.apart.min(axis=1).max() == pytest.approx(0.0)
        assert len(task.patterns) == len(task.about)


def test_what_goes_by_the_bar_finds_what_chance_does_not():
    task = pattern_finding.tasks(song())[0]
    far = {
        name: task.apart[np.arange(len(task.asked)), method(task).argmax(axis=1)].mean()
        for name, method in pattern_finding.METHODS.items()
    }
    assert far["best there is*"] == 0.0
    assert far["nearest situation"] < 0.5 * far["by chance"]
    assert far["tonearm"] < 0.5 * far["by chance"]
    assert far["most typical bar"] > far["tonearm"]


def test_short_songs_and_tunes_alone_are_left_out():
    assert pattern_finding.tasks(song(8)) == ()
    alone = tuple(note for note in song() if note.program == 73)
    assert pattern_finding.tasks(Notes(alone, ((0.0, 120.0),), ((0.0, 4, 4),))) == ()


def rock(shift: float = 0.0):
    drums = [Tone(4.0 * bar + at + shift, 0.2, pitch)
             for bar in range(4) for at, pitch in ((0, 36), (2, 36), (1, 38), (3, 38))]  # fmt: skip
    bass = [Tone(4.0 * bar + at + shift, 0.5, 40) for bar in range(4) for at in (0, 2.5)]
    return [("drums", drums), ("bass", bass)]


def test_the_fit_is_one_with_itself_and_less_with_others():
    own = profile(rock())
    assert fit(own, own) == pytest.approx(1.0)
    assert fit(profile(rock(0.5)), own) < 0.3
    assert 0.3 < fit(profile(rock()[:1]), own) < 0.9
    assert fit(profile([]), own) == 0.0
    assert fit(own, profile(rock(0.5))) == pytest.approx(fit(profile(rock(0.5)), own))
    # A near miss is one: a twelfth of a beat late costs little.
    assert 0.6 < fit(profile(rock(1 / 12)), own) < 1.0


def test_means_are_of_every_figure():
    row = {"fit": 0.5, "fit of others": 0.25, "first of all": 1.0, "anchor_recall": 1.0,
           "content_chroma": 0.8, "violations": 0}  # fmt: skip
    assert means([row, row]) == row
