import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from toolkit.dsp import equalizer
from toolkit.dsp.replay_curves import REPLAY_CURVES

RATES = (4000, 8000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000, 768000)
NAMES = tuple(REPLAY_CURVES)


def analog_db(name, frequency):
    """The textbook formula, written apart from the toolkit's own: sums of first-order slopes."""
    curve = REPLAY_CURVES[name]

    def level(f):
        w = 2 * np.pi * np.asarray(f, float) * 1e-6
        db = 10 * np.log10(1 + (w * curve.turnover_us) ** 2)
        db = db - 10 * np.log10(1 + (w * curve.treble_us) ** 2)
        if curve.turnover_us and not curve.shelf_us:
            return db - 20 * np.log10(w * curve.turnover_us)
        return db - 10 * np.log10(1 + (w * curve.shelf_us) ** 2)

    return level(frequency) - level(1000.0)


def digital_db(sections, frequency, sample_rate):
    if not len(sections):
        return np.zeros(len(frequency))
    return 20 * np.log10(np.abs(signal.sosfreqz(sections, frequency, fs=sample_rate)[1]))


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("name", NAMES)
def test_every_curve_is_its_analog_formula_at_every_rate(name, sample_rate):
    frequency = np.geomspace(20, min(20_000, 0.45 * sample_rate), 400)
    sections = equalizer.replay_sections(sample_rate, REPLAY_CURVES[name])
    error = digital_db(sections, frequency, sample_rate) - analog_db(name, frequency)
    assert np.abs(error).max() < 0.03


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(RATES))
def test_undoing_a_curve_is_dividing_by_it(name, undo, sample_rate):
    frequency = np.geomspace(20, min(20_000, 0.45 * sample_rate), 200)
    sections = equalizer.replay_sections(sample_rate, REPLAY_CURVES[name], REPLAY_CURVES[undo])
    wanted = analog_db(name, frequency) - analog_db(undo, frequency)
    assert np.abs(digital_db(sections, frequency, sample_rate) - wanted).max() < 0.03


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(RATES))
def test_filters_are_stable_and_of_minimum_phase(name, undo, sample_rate):
    for section in equalizer.replay_sections(sample_rate, REPLAY_CURVES[name], REPLAY_CURVES[undo]):
        assert np.abs(np.roots(section[3:])).max(initial=0) < 1
        assert np.abs(np.roots(section[:3])).max(initial=0) < 1 + 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_a_curve_undone_is_nothing(name):
    assert len(equalizer.replay_sections(48000, REPLAY_CURVES[name], REPLAY_CURVES[name])) == 0


def test_band_limits_are_3_db_down_at_their_edges():
    flat = REPLAY_CURVES["flat"]
    sections = equalizer.replay_sections(44100, flat, low_hz=100, high_hz=5000)
    level = digital_db(sections, np.array([50.0, 100, 700, 5000, 10_000]), 44100)
    np.testing.assert_allclose(level[1:4], [-3.01, 0, -3.01], atol=0.05)
    assert level[0] < -11
    assert level[4] < -11
    assert len(equalizer.replay_sections(8000, flat, high_hz=4000)) == 0


def naive_filter(sections, samples):
    """Direct form II transposed, one sample at a time."""
    out = []
    state = np.zeros((len(sections), 2))
    for x in samples:
        for (b0, b1, b2, _, a1, a2), s in zip(sections, state, strict=True):
            y = b0 * x + s[0]
            s[0] = b1 * x - a1 * y + s[1]
            s[1] = b2 * x - a2 * y
            x = y
        out.append(x)
    return np.array(out)


def test_filtering_is_the_difference_equation():
    samples = np.random.default_rng(1).standard_normal((1, 500)).astype(np.float32)
    sections = equalizer.replay_sections(44100, REPLAY_CURVES["columbia-lp"])
    out = equalizer.filter_sections(samples, sections, out=np.zeros_like(samples), offset_span=0)
    np.testing.assert_allclose(out[0], naive_filter(sections, samples[0]), atol=1e-5)


def test_blocks_do_not_show(monkeypatch):
    samples = np.random.default_rng(2).standard_normal((2, 5000)).astype(np.float32)
    sections = equalizer.replay_sections(44100, REPLAY_CURVES["blumlein-300"])
    whole = equalizer.filter_sections(
        samples, sections, out=np.zeros_like(samples), offset_span=1000
    )
    monkeypatch.setattr(equalizer, "_BLOCK", 617)
    pieces = equalizer.filter_sections(
        samples, sections, out=np.zeros_like(samples), offset_span=1000
    )
    np.testing.assert_array_equal(whole, pieces)


def test_an_offset_makes_no_thump():
    samples = np.full((1, 44100), 0.1, np.float32)
    sections = equalizer.replay_sections(44100, REPLAY_CURVES["500-flat"])
    out = equalizer.filter_sections(
        samples, sections, out=np.zeros_like(samples), offset_span=44100
    )
    assert np.abs(out).max() < 1e-6
