import numpy as np
import pytest

from toolkit.evaluation import gaps

RNG = np.random.default_rng(0)
SPANS = [(100, 200), (400, 500)]


def test_the_mean_counts_every_gap_alike_and_the_whole_by_its_energy():
    clean = RNG.standard_normal((1, 600)).astype(np.float32)
    clean[:, 400:500] *= 100
    filled = clean.copy()
    filled[:, 100:200] *= 1.1  # 20 dB in the soft gap
    filled[:, 400:500] *= 0.99  # 40 dB in the loud one
    assert gaps.mean_snr(clean, filled, SPANS) == pytest.approx(30, abs=0.01)
    assert gaps.snr_in_gaps(clean, filled, SPANS) == pytest.approx(40, abs=0.1)


def test_every_method_fills_only_the_gaps():
    time = np.arange(6000) / 16000
    clean = (0.3 * np.sin(2 * np.pi * 440 * time))[None].astype(np.float32)
    spans = [(2000, 2080), (4000, 4080)]
    holed = clean.copy()
    for start, stop in spans:
        holed[:, start:stop] = 0
    for name, fill in gaps.METHODS.items():
        filled = fill(holed, spans, 16000)
        changed = np.flatnonzero(filled[0] != holed[0])
        assert set(changed) <= {*range(2000, 2080), *range(4000, 4080)}
        reached = gaps.mean_snr(clean, filled, spans)
        assert reached == 0 if name == "silence" else reached > 20
