import numpy as np
import pytest

from toolkit.training import synthesis
from toolkit.training.sampler import SAMPLE_RATE, sounding
from toolkit.values import Note

VOICES = ("struck", "plucked", "modulated", "filtered", "blown")


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("seed", range(4))
def test_voices_sound_at_their_pitch(voice, seed):
    rng = np.random.default_rng(seed)
    tone = getattr(synthesis, voice)(rng)(220.0)
    found = sounding(tone, 57, 2.0)
    assert np.isfinite(found).all()
    assert 0.5 < np.abs(found).max() <= 1.01
    spectrum = np.abs(np.fft.rfft(found[: 2 * SAMPLE_RATE] * np.hanning(2 * SAMPLE_RATE)))
    power = spectrum**2
    # Bins of half a hertz: all that is strong lies at multiples of 110 Hz, nearly so when struck.
    bins = np.arange(len(power)) * 0.5
    off = np.abs((bins / 110 + 0.5) % 1 - 0.5) * 110
    tolerance = 40 if voice == "struck" else 12
    assert power[off < tolerance].sum() > 0.9 * power.sum()


def test_plucked_strings_follow_their_recursion():
    rng = np.random.default_rng(5)
    tone = synthesis.plucked(rng)(330.0)
    samples = tone.samples.astype(float)
    period = SAMPLE_RATE / (440 * 2 ** ((tone.pitch - 69) / 12))
    whole = int(period)
    # y[n] = keep (blend y[n - N] + (1 - blend) y[n - N - 1]): both are found from the samples.
    late = np.arange(2 * whole + 2, 4000)
    known = np.stack([samples[late - whole], samples[late - whole - 1]], axis=1)
    solved, residual, *_ = np.linalg.lstsq(known, samples[late], rcond=None)
    assert residual[0] < 1e-6 * np.square(samples[late]).sum() + 1e-9
    assert 0.4 < solved[0] <= 1
    assert solved.sum() < 1


def test_stiff_strings_are_stretched():
    tone = synthesis.struck(np.random.default_rng(0))(110.0).samples
    power = np.abs(np.fft.rfft(tone * np.hanning(len(tone)))) ** 2
    hz = np.fft.rfftfreq(len(tone), 1 / SAMPLE_RATE)

    def peak(number):
        near = np.abs(hz - number * 110) < 40
        return hz[near][np.argmax(power[near])] / number

    assert peak(1) < peak(6) < peak(12)


@pytest.mark.parametrize("kind", ["piano", "bass", "other"])
def test_every_instrument_is_new_and_the_same_again_from_its_seed(kind):
    first, again, other = (
        synthesis.instrument(np.random.default_rng(seed), kind)(Note(0, 1, 50))
        for seed in (1, 1, 4)
    )
    np.testing.assert_array_equal(first.samples, again.samples)
    assert not np.array_equal(first.samples, other.samples)


def test_neighbors_share_a_tone():
    piano = synthesis.instrument(np.random.default_rng(0), "piano")
    assert piano(Note(0, 1, 60)) is piano(Note(0, 1, 61))
    assert piano(Note(0, 1, 60)) is not piano(Note(0, 1, 62))
