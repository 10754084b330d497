import numpy as np
import pytest

from toolkit.adapters import soundfont
from toolkit.dsp.note_evidence import STANDING_OUT_DB, sounding, standing_out
from toolkit.values import DRUMS, Audio, Note, Notes


def colored(exponent, num_samples):
    rng = np.random.default_rng(8)
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    noise = np.fft.irfft(spectrum * (np.arange(len(spectrum)) + 20.0) ** -exponent, num_samples)
    return (noise / noise.std()).astype(np.float32)


@pytest.mark.parametrize("sample_rate", [11025, 44100])
@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_random_notes_in_noise_do_not_stand_out(exponent, sample_rate):
    rng = np.random.default_rng(2)
    audio = Audio(0.01 * colored(exponent, 20 * sample_rate)[None], sample_rate)
    found = [
        standing_out(Note(at, at + length, int(pitch)), audio)
        for at, length, pitch in zip(
            rng.uniform(0, 19, 150),
            rng.uniform(0.12, 0.8, 150),
            rng.integers(28, 100, 150),
            strict=True,
        )
    ]
    assert max(found) < STANDING_OUT_DB
    assert np.median(found) < 8


@pytest.mark.parametrize("program", [0, 40, 73])
def test_rendered_notes_stand_out_even_in_noise(program):
    pitches = range(28 if program == 0 else 60, 97, 4)
    notes = Notes(
        tuple(Note(0.3 * k, 0.3 * k + 0.28, p, 0.7, program) for k, p in enumerate(pitches))
    )
    audio = soundfont.play(notes)
    level = float(np.sqrt(np.mean(audio.samples**2)))
    noisy = Audio(audio.samples + 0.1 * level * colored(0.0, audio.num_samples), 44100)
    assert sounding(notes, noisy) == notes


def test_a_note_after_the_last_is_left_out_and_drums_stay():
    notes = Notes((Note(0.2, 0.8, 60), Note(1.4, 1.7, 60), Note(0.3, 0.4, 36, 0.8, DRUMS)))
    audio = soundfont.play(Notes((Note(0.2, 0.8, 60, 0.8, 73),)))
    hiss = 1e-3 * colored(0.0, audio.num_samples)
    found = sounding(notes, Audio(audio.samples + hiss, 44100))
    assert [note.pitch for note in found] == [60, 36]


@pytest.mark.parametrize("num_samples", [0, 1, 3, 40_000])
@pytest.mark.parametrize("value", [0.0, 1e-40, 1.0])
@pytest.mark.parametrize("sample_rate", [4000, 768_000])
def test_nothing_stands_out_of_nothing(num_samples, value, sample_rate):
    audio = Audio(np.full((2, num_samples), value, np.float32), sample_rate)
    for pitch in (0, 60, 127):
        assert standing_out(Note(0.001, 5, pitch), audio) < STANDING_OUT_DB
