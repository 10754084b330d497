"""Runs of nine notes that are a solo's are taken apart; shorter ones and the tune's own are not."""

from itertools import pairwise

import numpy as np

from toolkit.style.lead_sheet import LineNote
from toolkit.style.melody import unquoted as module
from toolkit.style.melody.unquoted import NOTES, number_of, unquoted
from toolkit.training.said_runs import numbers

SAID = (60, 62, 63, 60, 58, 57, 55, 53, 50, 51, 53, 55)


def line(pitches, weight=0.2):
    return tuple(LineNote(at / 2, 0.5, pitch, weight) for at, pitch in enumerate(pitches))


def steps(notes):
    return tuple(
        (after.pitch - note.pitch, round(12 * (after.onset - note.onset)))
        for note, after in pairwise(notes)
    )


def known(monkeypatch, notes):
    said = numbers([steps(notes)])
    monkeypatch.setattr(module, "_said", lambda: said)
    return set(said.tolist())


def longest(notes, said):
    words = [steps(notes[at : at + NOTES]) for at in range(len(notes) - NOTES + 1)]
    return any(number_of(word) in said for word in words)


def test_a_quotation_in_any_key_loses_as_few_notes_as_it_can(monkeypatch):
    said = known(monkeypatch, line(SAID))
    other = line([pitch + 5 for pitch in SAID])
    assert longest(other, said)
    made = unquoted(other, ())
    assert not longest(made, said)
    assert len(made) == len(other) - 1
    assert {note.pitch for note in made} <= {note.pitch for note in other}
    # Nothing falls silent: the note before lasts as long as both.
    assert sum(note.duration for note in made) == sum(note.duration for note in other)


def test_eight_notes_are_language(monkeypatch):
    known(monkeypatch, line(SAID))
    short = line((*SAID[: NOTES - 1], 80, 81, 79))
    assert unquoted(short, ()) == short


def test_what_the_tune_itself_has_and_what_is_locked_stays(monkeypatch):
    known(monkeypatch, line(SAID))
    notes = line(SAID)
    assert unquoted(notes, notes) == notes
    assert unquoted(notes, (), locked=((0.0, 6.0),)) == notes


def test_the_numbers_that_are_shipped_are_those_of_runs():
    said = np.load(module.PATH)
    assert said.dtype == np.uint32
    assert (np.diff(said.astype(np.int64)) > 0).all()
    assert 10_000 < len(said) < 200_000
