import numpy as np
import pytest
import torch

from toolkit import chunks
from toolkit.models.stem_masking import NAMES, StemMasking
from toolkit.models.tfc_tdf import Config, Model

TINY = Config(n_fft=512, hop_length=256, growth=4, levels=3, outputs=5, local=True)


@pytest.fixture
def network():
    """A small separator whose shares differ from cell to cell."""
    torch.manual_seed(1)
    model = Model(TINY)
    for each in model.modules():
        if isinstance(each, torch.nn.BatchNorm2d):
            each.running_mean.normal_(0, 0.2)
            each.running_var.uniform_(0.5, 2)
    torch.nn.init.normal_(model.leave.weight, std=0.5)
    return model.eval()


def music(seconds, rate, channels=1):
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * rate)) / rate
    swell = 0.2 + 0.8 * np.sin(2 * np.pi * 0.7 * time) ** 2
    tones = sum(np.sin(2 * np.pi * f * time) for f in (110, 277, 830, 3100))
    return np.stack(
        [0.1 * swell * tones + 0.02 * rng.standard_normal(len(time)) for _ in range(channels)]
    ).astype(np.float32)


def level_db(difference, reference):
    return 10 * np.log10(np.mean(difference**2) / np.mean(reference**2) + 1e-20)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
@pytest.mark.parametrize("channels", [1, 2])
def test_stems_add_up_to_the_recording_at_any_rate(network, rate, channels):
    masking = StemMasking(network, rate)
    samples = music(1.5, rate, channels)
    stems = masking.stems(samples, 0).reshape(len(NAMES), channels, -1)
    assert np.isfinite(stems).all()
    assert level_db(stems.sum(axis=0) - samples, samples) < -100


def test_stems_differ(network):
    samples = music(2.0, 22050)
    stems = StemMasking(network, 22050).stems(samples, 0)
    assert all(level_db(stems[i] - stems[j], samples) > -40 for i in range(5) for j in range(i))


@pytest.mark.parametrize("size", [5000, 22050, 40001])
def test_chunked_equals_whole(network, size):
    masking = StemMasking(network, 22050)
    samples = music(6.0, 22050)
    whole = masking.stems(samples, 0)
    out = np.zeros_like(whole)
    chunks.overlap_add(
        masking.stems, samples, size=size, context=masking.context, overlap=1000, out=out
    )
    assert level_db(out - whole, whole) < -90


def test_what_lies_beyond_the_context_does_not_matter(network):
    masking = StemMasking(network, 22050)
    samples = music(12.0, 22050)
    changed = samples.copy()
    edge = 22050
    changed[:, edge + masking.context :] = 0
    same, other = masking.stems(samples, 0), masking.stems(changed, 0)
    assert np.abs(same[:, :edge] - other[:, :edge]).max() < 1e-5
    assert np.abs(same - other).max() > 1e-2


@pytest.mark.parametrize("num_samples", [1, 2, 3, 100])
def test_all_but_nothing_is_shared_out_too(network, num_samples):
    samples = music(1.0, 22050)[:, :num_samples]
    stems = StemMasking(network, 22050).stems(samples, 0)
    assert stems.shape == (5, num_samples)
    assert np.allclose(stems.sum(axis=0), samples[0], atol=1e-5)


def test_silence_stays_silent(network):
    stems = StemMasking(network, 22050).stems(np.zeros((2, 30000), np.float32), 0)
    assert not stems.any()
