import numpy as np

from toolkit.dsp.peak import peak


def test_peak_of_several_blocks_and_of_nothing():
    samples = np.zeros((2, 600_000), np.float32)
    samples[1, 555_555] = -0.75
    samples[0, 3] = 0.5
    assert peak(samples) == 0.75
    assert peak(samples[:, :0]) == 0.0
