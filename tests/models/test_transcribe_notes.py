"""The shipped note network, on tones whose notes are known."""

import numpy as np
import pytest

from toolkit.checkpoints import shipped
from toolkit.models.note_finder import transcribe
from toolkit.run import Run
from toolkit.values import Audio

RATE = 22050
WRITTEN = [(0.3 + 0.5 * step, 55 + 3 * step, 0.02 + 0.02 * step) for step in range(8)]


@pytest.fixture(scope="module")
def notes():
    """What is heard of eight plucked tones, each louder than the one before."""
    samples = np.zeros(5 * RATE, np.float32)
    for onset, pitch, amplitude in WRITTEN:
        time = np.arange(int(0.45 * RATE)) / RATE
        f0 = 440 * 2 ** ((pitch - 69) / 12)
        tone = sum(np.sin(2 * np.pi * f0 * order * time) / order**1.5 for order in range(1, 7))
        first = int(onset * RATE)
        samples[first : first + len(time)] += amplitude * tone * np.exp(-4 * time)
    network = shipped().load("transcribe-notes-22k")
    return transcribe(network, Audio(samples[None], RATE), Run())


def test_every_tone_is_found_in_time(notes):
    for onset, pitch, _ in WRITTEN:
        near = [note for note in notes if note.pitch == pitch and abs(note.onset - onset) < 0.05]
        assert len(near) == 1
    assert len(notes) <= 1.5 * len(WRITTEN)


def test_louder_tones_are_struck_harder(notes):
    heard = {note.pitch: note.velocity for note in notes}
    quiet, loud = heard[WRITTEN[0][1]], heard[WRITTEN[-1][1]]
    assert loud > quiet + 0.03


def test_confidence_is_a_probability(notes):
    assert all(0.5 <= note.confidence <= 1 for note in notes)
