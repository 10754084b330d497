import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.models.note_decoding import Thresholds, decode

FRAME = 512 / 22050


def curves(notes, num_frames=200):
    """The curves the network is taught: triangles at onsets, ones while a note sounds."""
    onset, frame, velocity = (np.zeros(num_frames, np.float32) for _ in range(3))
    time = np.arange(num_frames)
    for begin, end, loudness in notes:
        first, last = begin / FRAME, end / FRAME
        onset = np.maximum(onset, 1 - np.abs(time - first) / 2).astype(np.float32)
        covered = np.clip(np.minimum(last, time + 0.5) - np.maximum(first, time - 0.5), 0, 1)
        frame = np.maximum(frame, covered).astype(np.float32)
        velocity[np.abs(time - first) < 2] = loudness
    return onset, frame, velocity


def found(notes, **options):
    thresholds = Thresholds(**options) if options else Thresholds()
    return decode(*curves(notes), pitch_index=39, thresholds=thresholds, program=7)


@given(begin=st.floats(0.1, 1.0), length=st.floats(0.15, 2.0), loudness=st.floats(0.05, 1))
def test_times_between_frames_come_back(begin, length, loudness):
    (note,) = found([(begin, begin + length, loudness)])
    assert note.onset == pytest.approx(begin, abs=1e-4)
    assert note.offset == pytest.approx(begin + length, abs=0.6 * FRAME)
    assert note.velocity == pytest.approx(loudness, abs=1e-6)
    assert note.pitch == 60
    assert note.program == 7
    assert 0.7 <= note.confidence <= 1


def test_repeated_notes_end_where_the_next_begins():
    wanted = [(0.2, 0.5, 0.5), (0.5, 0.9, 0.6), (0.9, 1.5, 0.7)]
    notes = found(wanted)
    assert [note.onset for note in notes] == pytest.approx([0.2, 0.5, 0.9], abs=1e-3)
    assert [note.offset for note in notes] == pytest.approx([0.5, 0.9, 1.5], abs=FRAME)


def test_a_weak_onset_is_no_note():
    onset, frame, velocity = curves([(0.5, 1.0, 0.5)])
    args = {"pitch_index": 0, "thresholds": Thresholds()}
    assert decode(0.3 * onset, frame, velocity, **args) == []


def test_a_tone_that_swells_keeps_its_onset():
    onset, frame, velocity = curves([(0.5, 1.5, 0.5)])
    begin = math.floor(0.5 / FRAME)
    frame[begin : begin + 4] = 0.1
    (note,) = decode(onset, frame, velocity, pitch_index=0, thresholds=Thresholds())
    assert note.onset == pytest.approx(0.5, abs=1e-3)
    assert note.offset == pytest.approx(1.5, abs=FRAME)


def test_a_note_without_sound_is_short():
    onset, _, velocity = curves([(0.5, 1.5, 0.5)])
    silent = np.zeros_like(onset)
    (note,) = decode(onset, silent, velocity, pitch_index=0, thresholds=Thresholds())
    assert note.offset - note.onset == pytest.approx(0.04)


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_any_length(length):
    curve = np.full(length, 0.9, np.float32)
    notes = decode(curve, curve, curve, pitch_index=87, thresholds=Thresholds())
    assert len(notes) == min(length, 1)


@given(
    st.lists(st.floats(0, 1, width=32), min_size=30, max_size=30),
    st.lists(st.floats(0, 1, width=32), min_size=30, max_size=30),
)
def test_any_curves_give_valid_notes_in_order(onset, frame):
    curves = np.array(onset, np.float32), np.array(frame, np.float32)
    notes = decode(*curves, curves[0], pitch_index=0, thresholds=Thresholds())
    assert all(early.onset <= late.onset for early, late in pairwise(notes))
    assert all(note.offset > note.onset for note in notes)
