import numpy as np
import pytest

from toolkit.run import Run
from toolkit.style import timeline
from toolkit.style.listening import structure
from toolkit.values import Note, Notes


def test_bars_go_on_at_the_usual_tempo_after_the_last_beat():
    beats = 0.5 * np.arange(12)
    beats[-1] += 0.04
    places, lengths = np.arange(12) % 4, np.full(12, 4)
    found = structure.going_on(structure.Pulse(beats, places, lengths))
    assert found.beats[-1] - found.beats[-2] == pytest.approx(0.5)
    assert (found.places[-1], found.lengths[-1]) == (0, 4)
    assert (found.beats[:-1] == beats).all()


def test_a_late_last_chord_does_not_slow_down_what_follows():
    notes = [Note(0.5 * at, 0.5 * at + 0.45, 60 + at % 4 * 2) for at in range(40)]
    notes.append(Note(20.03, 22.0, 48))
    found = structure.annotate(Notes(tuple(notes)), None, Run())
    tempo = found.tempo_map[-1][1]
    assert tempo == pytest.approx(120, rel=0.02)
    assert timeline.quarters(found.tempo_map, 22.03) - timeline.quarters(
        found.tempo_map, 20.03
    ) == pytest.approx(4, abs=0.05)


def test_what_is_mended_has_chords_and_keys_unless_a_voice_is_alone():
    tune = [Note(0.5 * at, 0.5 * at + 0.45, 60 + at % 5) for at in range(40)]
    chords = [Note(2.0 * at, 2.0 * at + 1.9, pitch) for at in range(10) for pitch in (40, 43, 48)]
    alone, whole = Notes(tuple(tune)), Notes(tuple(sorted((*tune, *chords), key=lambda n: n.onset)))
    for notes, mended_too in ((alone, False), (whole, True)):
        told = structure.annotate(notes, None, Run())
        assert len(told.chords) > 0 < len(told.keys)
        mended = structure.annotate(notes, None, Run(), clean=True)
        assert mended.chords == (told.chords if mended_too else ())
        assert mended.keys == (told.keys if mended_too else ())
        assert told.tempo_map == mended.tempo_map
