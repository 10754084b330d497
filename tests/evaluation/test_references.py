import numpy as np

from toolkit.evaluation import metrics, references

RATE = 16000
RNG = np.random.default_rng(0)
TIME = np.arange(3 * RATE) / RATE
MUSIC = sum(np.sin(2 * np.pi * f * TIME) for f in (262, 330, 392))[None] * np.exp(-2 * (TIME % 1))
MUSIC = (0.1 * MUSIC).astype(np.float32)
NOISE = (0.05 * RNG.standard_normal(MUSIC.shape)).astype(np.float32)


def test_the_oracle_beats_the_told_floor_which_beats_nothing():
    before = metrics.snr(MUSIC, MUSIC + NOISE)
    told = metrics.snr(MUSIC, references.mmse_lsa(MUSIC + NOISE, NOISE[:, :RATE]))
    best = metrics.snr(MUSIC, references.oracle_wiener(MUSIC, NOISE))
    assert told > before + 5
    assert best > told + 1


def test_the_oracle_leaves_clean_music_alone():
    silence = np.zeros_like(NOISE)
    assert metrics.snr(MUSIC, references.oracle_wiener(MUSIC, silence)) > 80
