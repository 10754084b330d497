import numpy as np
import pytest

from toolkit.adapters.librosa_separation import harmonic_percussive
from toolkit.evaluation import metrics
from toolkit.values import Audio

RATE = 16000


def tones_and_strokes() -> tuple[np.ndarray, np.ndarray]:
    time = np.arange(2 * RATE) / RATE
    tones = 0.2 * sum(np.sin(2 * np.pi * pitch * time) for pitch in (330, 440, 550))
    strokes = np.zeros_like(time)
    rng = np.random.default_rng(0)
    for start in range(RATE // 4, 2 * RATE, RATE // 2):
        strokes[start : start + 200] = rng.standard_normal(200) * np.hanning(200)
    return tones.astype(np.float32)[None], strokes.astype(np.float32)[None]


def test_tones_and_strokes_are_told_apart_and_add_up():
    tones, strokes = tones_and_strokes()
    mixture = Audio(tones + strokes, RATE)
    harmonic, percussive = harmonic_percussive(mixture)
    assert metrics.si_sdr(tones, harmonic) > metrics.si_sdr(tones, mixture.samples) + 6
    assert metrics.si_sdr(strokes, percussive) > metrics.si_sdr(strokes, mixture.samples) + 6
    assert np.abs(harmonic + percussive - mixture.samples).max() < 1e-4


def test_a_margin_leaves_a_rest():
    tones, strokes = tones_and_strokes()
    mixture = Audio(tones + strokes, RATE)
    harmonic, percussive = harmonic_percussive(mixture, margin=3.0)
    assert np.abs(harmonic + percussive - mixture.samples).max() > 1e-2


@pytest.mark.parametrize("count", [3, 1000, 2049])
def test_short_recordings_keep_their_length(count):
    audio = Audio(np.full((2, count), 0.1, np.float32), RATE)
    for part in harmonic_percussive(audio):
        assert part.shape == (2, count)
        assert part.dtype == np.float32
        assert np.isfinite(part).all()
