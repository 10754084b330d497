import numpy as np

from toolkit.registry import stage_class
from toolkit.run import Run
from toolkit.stage import build
from toolkit.values import Note, Notes


def song():
    """Return C, F, G and C again and again, a chord on each beat of half a second."""
    roots = (48, 53, 55, 48) * 4
    notes = []
    for bar, root in enumerate(roots):
        for beat in range(4):
            at = 0.3 + 2 * bar + 0.5 * beat
            if beat == 0:
                notes.append(Note(at, at + 1.9, root - 12, 0.7))
            notes += [Note(at, at + 0.45, root + step, 0.6) for step in (12, 16, 19)]
            notes.append(Note(at + 0.25, at + 0.45, root + 24, 0.6))
    return Notes(tuple(notes))


def test_beats_become_a_tempo_map_and_no_note_moves():
    run = Run()
    notes = song()
    found = stage_class("track-beats")()(notes, run)
    assert found.notes == notes.notes
    assert abs(run.findings["tempo"] - 120) < 2
    assert found.meters[-1][1:] in ((4, 4), (2, 4))


def test_a_known_tempo_map_stays():
    notes = Notes(song().notes, ((0.0, 77.0),))
    assert stage_class("track-beats")()(notes, Run()) is notes
    again = build(stage_class("track-beats"), {"again": True})(notes, Run())
    assert again.tempo_map != notes.tempo_map


def test_key_and_chords_are_written_down():
    notes = Notes(song().notes, ((0.0, 200.0), (0.3, 120.0)), ((0.0, 1, 4), (0.3, 4, 4)))
    found = stage_class("estimate-key")()(notes, Run())
    assert found.keys == ((0.0, "C major"),)
    chords = stage_class("recognize-chords")()(found, Run()).chords
    assert {symbol for _, symbol in chords} == {"N", "C:maj", "F:maj", "G:maj"}
    np.testing.assert_allclose([time for time, _ in chords][1:4], [0.3, 2.3, 4.3], atol=0.3)


def test_nothing_gives_nothing():
    for key in ("track-beats", "estimate-key", "recognize-chords"):
        assert stage_class(key)()(Notes(), Run()) == Notes()
