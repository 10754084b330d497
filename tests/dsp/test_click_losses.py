import numpy as np
import pytest
from scipy.linalg import toeplitz
from scipy.signal import lfilter

from toolkit.dsp import click_features
from toolkit.dsp.ar import interpolate
from toolkit.dsp.click_losses import compare, find_losses
from toolkit.dsp.click_models import shift_models
from toolkit.evaluation import music

RATE = 44100


def chord(seconds=2.0, seed=0):
    """Return three partials in faint noise."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return 0.2 * sum(np.sin(2 * np.pi * f * time) for f in (220, 331, 987)) + 5e-4 * noise


def tear(signal, spans, color=0.6, level=0.1, seed=1):
    """Put colored noise in the place of the sound; `level` is relative to its RMS."""
    rng = np.random.default_rng(seed)
    torn = signal.copy()
    for start, stop in spans:
        noise = lfilter(
            [np.sqrt(1 - color**2)], [1, -color], rng.standard_normal(stop - start + 99)
        )
        torn[start:stop] = level * signal.std() * noise[99:]
    return torn


def losses(signal, longest=0.02, ease=1.0):
    heard, _ = click_features.features(signal)
    return find_losses(signal, heard, RATE, longest, ease)


SPANS = [(20000, 20030), (40000, 40200), (60000, 60800)]


@pytest.mark.parametrize("level", [0.02, 0.05, 0.3])
def test_torn_sound_is_found_to_within_some_samples(level):
    found = losses(tear(chord(), SPANS, level=level))
    assert np.abs(found - np.array(SPANS)).max() <= 6


def test_sound_itself_and_clicks_on_top_of_it_are_no_losses():
    signal = chord()
    assert len(losses(signal)) == 0
    for start, stop in SPANS:
        signal[start:stop] += 0.3 * np.random.default_rng(2).standard_normal(stop - start)
    assert len(losses(signal)) == 0


def test_longer_ones_and_less_sure_ones_are_left():
    torn = tear(chord(), SPANS)
    assert len(losses(torn, longest=0.005)) == 2
    assert len(losses(torn, ease=1000.0)) == 0


@pytest.mark.parametrize("piece", music.DEVELOPMENT[:4], ids=lambda piece: piece.name)
def test_music_is_left_alone_and_its_tears_are_found(piece):
    clean = music.render(piece).samples[0, : 6 * RATE].astype(np.float64)
    clean += 1e-3 * np.random.default_rng(0).standard_normal(len(clean))
    assert len(losses(clean)) == 0
    starts = np.arange(RATE, len(clean) - RATE, RATE // 4)
    lengths = np.geomspace(30, 800, len(starts)).astype(int)
    spans = np.stack([starts, starts + lengths], axis=1)
    found = losses(tear(clean, spans))
    middle = found.mean(axis=1)
    at = np.searchsorted(spans[:, 0], middle) - 1
    assert len(found) >= 0.3 * len(spans)
    assert ((middle >= spans[at, 0]) & (middle < spans[at, 1])).all()


@pytest.mark.parametrize("length", [5, 60])
def test_the_comparison_written_out(length):
    signal = tear(chord(0.1), [(2000, 2000 + length)], level=0.5)
    stop = 2000 + length
    part = signal[2000 - 512 : stop + 512]
    trusted = np.ones(len(part) - 128, bool)
    trusted[512 - 128 : 512 + length] = False
    model = shift_models(part[None], trusted[None], 128)[0]
    errors = np.convolve(part, model, "valid")
    lags = np.correlate(model, model, "full")[128:]
    matrix = toeplitz(np.pad(lags, (0, length))[:length])
    known = part.copy()
    known[512 : 512 + length] = 0
    pull = np.convolve(known, np.concatenate([lags[:0:-1], lags]), "same")[512 : 512 + length]
    filled = -np.linalg.solve(matrix, pull)
    apart = signal[2000:stop] - filled
    found = compare(signal, 2000, stop)
    assert np.isclose(
        found.evidence, apart @ matrix @ apart / np.mean(errors[trusted] ** 2) / length
    )
    assert np.isclose(found.energy, signal[2000:stop] @ signal[2000:stop] / (filled @ filled))
    assert np.isclose(found.likeness, signal[2000:stop] @ filled / (filled @ filled))
    assert np.allclose(
        filled, interpolate(part, [(512, 512 + length)], 128)[512 : 512 + length], atol=0.2
    )


@pytest.mark.parametrize("num_samples", [1, 3, 64, 300, 2000])
@pytest.mark.parametrize("value", [0.0, 1.0, 1e-40])
def test_short_and_even_signals(num_samples, value):
    assert len(losses(np.full(num_samples, value))) == 0
    assert compare(np.full(num_samples, value), 0, 1) is None or num_samples > 384
