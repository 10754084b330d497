import matplotlib.image
import numpy as np
import pytest

from toolkit.report.piano_roll import draw, pitch_levels
from toolkit.values import DRUMS, Audio, Note, Notes


def test_a_tone_lies_at_its_key():
    wave = np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)[None].astype(np.float32)
    assert np.all(pitch_levels(Audio(wave, 44100)).argmax(axis=0) == 69 - 21)


@pytest.mark.parametrize("num_samples", [0, 1, 20000])
def test_any_recording_makes_a_picture(num_samples, tmp_path):
    notes = Notes((Note(0, 1, 60), Note(0, 1, 36, program=DRUMS)))
    draw(notes, Audio(np.zeros((2, num_samples), np.float32), 8000), tmp_path / "x.png")
    assert matplotlib.image.imread(tmp_path / "x.png").shape[2] == 4
