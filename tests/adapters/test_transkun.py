import mir_eval
import numpy as np
import pytest

from toolkit.adapters import soundfont, transkun
from toolkit.run import Run
from toolkit.values import Audio, Note, Notes


def song():
    """Return an Alberti bass under a melody that grows louder."""
    notes = []
    for k, chord in enumerate(((48, 55, 52, 55), (50, 57, 53, 57), (47, 55, 50, 55)) * 2):
        for n, pitch in enumerate(chord):
            at = 0.2 + 0.8 * k + 0.2 * n
            notes.append(Note(at, at + 0.18, pitch, 0.45))
        at = 0.2 + 0.8 * k
        notes.append(Note(at, at + 0.7, 72 + (0, 4, 2, 5, 4, 0)[k], 0.4 + 0.1 * k))
    return Notes(tuple(notes))


@pytest.mark.slow
def test_a_piano_is_heard_note_by_note():
    truth = song()
    audio = soundfont.play(truth, tail=0.3)
    found = transkun.transcribe(audio, Run(), program=1)
    spans, pitches = zip(
        *(
            (np.array([(n.onset, n.offset) for n in notes]), np.array([n.pitch for n in notes]))
            for notes in (truth, found)
        ),
        strict=True,
    )
    hertz = [440 * 2 ** ((pitch - 69) / 12) for pitch in pitches]
    _, _, onset, _ = mir_eval.transcription.precision_recall_f1_overlap(
        spans[0], hertz[0], spans[1], hertz[1], offset_ratio=None
    )
    assert onset >= 0.95
    assert {note.program for note in found} == {1}
    melody = [note.velocity for note in found if note.pitch >= 70]
    assert melody[-1] > melody[0]
    assert found.duration <= audio.duration


def test_all_weights_are_used_and_the_model_is_kept():
    model = transkun._model("cpu")
    assert model is transkun._model("cpu")
    assert not model.training
    assert model.fs == transkun.SAMPLE_RATE


@pytest.mark.parametrize("num_samples", [0, 1, 3, 60_000])
def test_silence_has_no_notes(num_samples):
    silence = Audio(np.zeros((2, num_samples), np.float32), 22050)
    assert transkun.transcribe(silence, Run()) == Notes()


def test_the_pedal_goes_on_over_the_border_of_two_pieces():
    spans = [(1.0, 4.0), (3.5, 6.0), (7.0, 7.0), (6.0, 6.5)]
    assert transkun._sorted_apart(spans) == ((1.0, 6.0), (6.0, 6.5))
