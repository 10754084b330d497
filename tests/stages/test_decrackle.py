import numpy as np
import pytest

from toolkit.run import Run
from toolkit.stages.decrackle import Decrackle
from toolkit.values import Audio

RATE = 44100


def music(seconds):
    time = np.arange(int(seconds * RATE)) / RATE
    rng = np.random.default_rng(1)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 0.7 * time)
    tones = sum(np.sin(2 * np.pi * 196 * k * time + k) / k for k in range(1, 9))
    return (0.05 * swell * tones + 0.001 * rng.standard_normal(len(time))).astype(np.float32)


def crackled(clean, rate=150, seed=0):
    rng = np.random.default_rng(seed)
    spoiled = clean.copy()
    for start in rng.integers(100, len(clean) - 100, int(rate * len(clean) / RATE)):
        length = int(rng.integers(1, 6))
        tick = rng.standard_normal(length) * 0.03 * rng.lognormal(0, 0.5)
        spoiled[start : start + length] += tick.astype(np.float32)
    return spoiled


def snr(clean, other):
    error = np.sum((clean.astype(float) - other) ** 2)
    return 10 * np.log10(np.sum(clean.astype(float) ** 2) / error)


def test_crackle_becomes_less():
    clean = music(4)
    spoiled = crackled(clean)
    run = Run()
    repaired = Decrackle()(Audio(spoiled[None], RATE), run).samples[0]
    assert snr(clean, repaired) > snr(clean, spoiled) + 6
    assert run.findings["ticks_per_second"] == pytest.approx(150, rel=0.4)


def test_music_is_not_dulled():
    clean = music(4)
    kept = Decrackle()(Audio(clean[None], RATE), Run()).samples[0]
    before, after = (np.abs(np.fft.rfft(each))[-len(clean) // 4 :] ** 2 for each in (clean, kept))
    assert 10 * np.log10(after.sum() / before.sum()) == pytest.approx(0, abs=0.05)
    assert np.count_nonzero(kept != clean) < 1e-3 * len(clean)


def test_two_small_steps_find_what_one_leaves():
    spoiled = crackled(music(3), 400)
    counts = []
    for steps in (1, 3):
        run = Run()
        Decrackle(steps=steps)(Audio(spoiled[None], RATE), run)
        counts.append(run.findings["ticks_repaired"])
    assert counts[1] > 1.05 * counts[0]


def test_strength_nought_is_the_very_same():
    audio = Audio(crackled(music(1))[None], RATE)
    assert Decrackle(strength=0)(audio, Run()) is audio


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 50])
def test_any_length(num_samples):
    noise = np.random.default_rng(0).standard_normal((1, num_samples)).astype(np.float32)
    result = Decrackle()(Audio(noise, RATE), Run()).samples
    assert result.shape == noise.shape
    assert np.isfinite(result).all()
