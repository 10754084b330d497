import numpy as np
import pytest

from toolkit.dsp.replay_curves import REPLAY_CURVES

# The published RIAA replay table, dB at Hz.
RIAA = {
    20: 19.274,
    50: 16.946,
    100: 13.088,
    200: 8.219,
    500: 2.648,
    1000: 0.0,
    2000: -2.589,
    5000: -8.210,
    10000: -13.734,
    20000: -19.620,
}


def decibels(response):
    return 20 * np.log10(np.abs(response))


def test_riaa_is_the_published_table():
    response = REPLAY_CURVES["riaa"].response(list(RIAA))
    np.testing.assert_allclose(decibels(response), list(RIAA.values()), atol=1e-3)


@pytest.mark.parametrize(
    ("name", "treble_at_10k"),
    # The last number of the old designations, such as 300N-16, is the treble cut at 10 kHz.
    [
        ("american-78-6", -6),
        ("american-78-8", -8),
        ("columbia-78", -16),
        ("old-rca", -8),
        ("decca-ffrr-78", -5.5),
        ("ccir-78", -10.5),
        ("nab-1942", -16),
        ("columbia-lp", -16),
        ("aes-1951", -12.3),
    ],
)
def test_treble_cut_is_what_the_designation_says(name, treble_at_10k):
    curve = REPLAY_CURVES[name]
    treble = 1 / (1 + 2e-6j * np.pi * 10_000 * curve.treble_us)
    assert decibels(treble) == pytest.approx(treble_at_10k, abs=0.4)


def test_bass_rises_by_6_db_an_octave_below_a_turnover_without_shelf():
    for curve in REPLAY_CURVES.values():
        if curve.integrates:
            low, octave_up = decibels(curve.response([1.0, 2.0]))
            assert low - octave_up == pytest.approx(6.02, abs=0.01)


def test_flat_curves_are_flat():
    for name in ("flat", "acoustic"):
        np.testing.assert_array_equal(REPLAY_CURVES[name].response([20, 1000, 20_000]), 1)


def test_names_are_words_to_type():
    for name, curve in REPLAY_CURVES.items():
        assert name == curve.name
        assert name == name.lower()
        assert " " not in name
