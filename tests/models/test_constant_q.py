import numpy as np
import pytest
import torch

from toolkit.models import constant_q
from toolkit.models.constant_q import HOP_LENGTH, SAMPLE_RATE, ConstantQ

FRAME = 40


def levels(samples):
    return ConstantQ()(torch.from_numpy(np.asarray(samples, np.float32))[None])[0].numpy()


def tone(pitch, amplitude=1.0, seconds=2.0):
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return amplitude * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time)


def direct(samples, index, frame, quality, longest):
    """One bin of one frame by its definition, at the full rate."""
    frequency = 27.5 * 2 ** ((index - 1) / 36)
    length = 1 / (frequency / quality + 1 / longest)
    time = np.arange(len(samples)) / SAMPLE_RATE - frame * HOP_LENGTH / SAMPLE_RATE
    window = np.where(np.abs(time) < length / 2, np.cos(np.pi * time / length) ** 2, 0)
    total = 2 * np.sum(samples * window * np.exp(-2j * np.pi * frequency * time)) / window.sum()
    return (np.log10(abs(total) + 1e-4) + 4) / 2


@pytest.mark.parametrize("index", [20, 61, 100, 150, 200, 250, 285])
def test_each_octave_agrees_with_the_definition_at_the_full_rate(index):
    rng = np.random.default_rng(index)
    samples = 0.1 * rng.standard_normal(2 * SAMPLE_RATE)
    found = levels(samples)
    for kind, (quality, longest) in enumerate(((51.0, 0.6), (17.0, 0.15))):
        wanted = [direct(samples, index, frame, quality, longest) for frame in (30, 41, 50)]
        np.testing.assert_allclose(found[kind, [30, 41, 50], index], wanted, atol=0.02)


@pytest.mark.parametrize("pitch", [33, 48, 60, 69, 84, 100])
def test_a_tone_is_loudest_in_the_middle_bin_of_its_pitch(pitch):
    found = levels(tone(pitch))[0, FRAME]
    assert found.argmax() == 3 * (pitch - 21) + 1
    assert found.max() == pytest.approx(2.0, abs=0.02)


def test_an_octave_up_moves_everything_by_36_bins():
    low, high = (levels(tone(pitch))[0, FRAME] for pitch in (69, 81))
    assert low.argmax() + 36 == high.argmax()
    # Windows are bounded at low frequencies, so that lines are a little wider there.
    assert np.abs(low[143:148] - high[179:184]).max() < 0.2


def test_ten_times_softer_is_half_a_unit_lower():
    loud, soft = (levels(tone(60, amplitude))[0, FRAME].max() for amplitude in (0.5, 0.05))
    assert loud - soft == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("length", [0, 1, 2, 511, 512, 513, 5000])
def test_silence_of_any_length_is_zero(length):
    found = levels(np.zeros(length))
    assert found.shape == (2, -(-length // 512), 288)
    assert np.abs(found).max(initial=0) < 0.01


def test_a_frame_depends_on_its_context_only():
    rng = np.random.default_rng(0)
    samples = rng.standard_normal(3 * SAMPLE_RATE)
    other = samples.copy()
    reach = (constant_q.CONTEXT_FRAMES + 1) * HOP_LENGTH
    center = 64 * HOP_LENGTH
    other[: center - reach] = 0
    other[center + reach :] = 0
    np.testing.assert_allclose(levels(samples)[:, 64], levels(other)[:, 64], atol=1e-5)
