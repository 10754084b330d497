import logging
import sys

import numpy as np
import pytest
import soundfile

from toolkit.adapters import basic_pitch
from toolkit.run import Run
from toolkit.values import Audio


def chords(seconds, rate=22050):
    rng = np.random.default_rng(2)
    time = np.arange(round(seconds * rate)) / rate
    wave = np.zeros_like(time)
    for begin in np.arange(0.2, seconds - 0.5, 0.6):
        after = np.clip(time - begin, 0, None)
        for pitch in rng.choice(np.arange(45, 80), 3, replace=False):
            base = 440 * 2 ** ((pitch - 69) / 12)
            tone = sum(np.sin(2 * np.pi * k * base * after) / k for k in (1, 2, 3))
            wave += 0.1 * tone * np.exp(-4 * after) * (time >= begin)
    return Audio(wave[None].astype(np.float32), rate)


# What the package reads files with imports modules that will be gone from Python 3.13.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("rate", "tolerance"), [(22050, 0.0), (44100, 0.005)])
def test_the_notes_of_its_own_predict(rate, tolerance, tmp_path, capsys):
    audio = chords(7.5, rate)
    mine = basic_pitch.transcribe(audio, Run(), bends=True)
    with basic_pitch._quiet_import():
        from basic_pitch import FilenameSuffix, build_icassp_2022_model_path
        from basic_pitch.inference import predict

    path = tmp_path / "chords.wav"
    soundfile.write(path, audio.samples.T, rate, subtype="FLOAT")
    _, _, events = predict(path, build_icassp_2022_model_path(FilenameSuffix.onnx))
    wanted = sorted((float(e[0]), int(e[2]), float(e[1]), float(e[3])) for e in events)
    found = sorted((n.onset, n.pitch, n.offset, n.velocity) for n in mine)
    assert len(found) == len(wanted) > 10
    assert [each[1] for each in found] == [each[1] for each in wanted]
    np.testing.assert_allclose(found, wanted, atol=max(tolerance, 1e-9), rtol=0)


def test_pieces_of_a_long_recording_meet():
    audio = chords(20)
    whole = basic_pitch.transcribe(audio, Run())
    pieces = basic_pitch.transcribe(audio, Run(), piece=3 * 172, context=2 * 172)
    near = [
        any(a.pitch == b.pitch and abs(a.onset - b.onset) < 0.02 for b in pieces) for a in whole
    ]
    assert np.mean(near) > 0.95
    assert abs(len(pieces) - len(whole)) <= 0.05 * len(whole) + 1


@pytest.mark.parametrize("num_samples", [0, 1, 3, 2000, 100_000])
def test_silence_has_no_notes(num_samples):
    silence = Audio(np.zeros((2, num_samples), np.float32), 44100)
    assert len(basic_pitch.transcribe(silence, Run())) == 0


def test_import_leaves_no_trace():
    handlers = logging.getLogger().handlers[:]
    basic_pitch._note_creation.cache_clear()
    basic_pitch._note_creation()
    assert logging.getLogger().handlers == handlers
    assert not {"tensorflow", "coremltools", "tflite_runtime"} & set(sys.modules)
