import numpy as np
import pytest

from toolkit.adapters import ffmpeg, grooveclean, noisereduce
from toolkit.errors import ToolkitError
from toolkit.values import Audio

RATE = 44100


def clicky(num_channels: int = 1) -> Audio:
    rng = np.random.default_rng(0)
    time = np.arange(2 * RATE) / RATE
    wave = 0.1 * np.sin(2 * np.pi * 440 * time) + 0.001 * rng.standard_normal(len(time))
    wave[5000::20000] += 0.5
    return Audio(np.tile(wave, (num_channels, 1)).astype(np.float32), RATE)


@pytest.mark.parametrize("num_channels", [1, 2])
def test_filters_of_ffmpeg_run_at_the_same_rate_and_shape(num_channels):
    audio = clicky(num_channels)
    same = ffmpeg.apply(audio, "anull")
    assert np.array_equal(same.samples, audio.samples)
    mended = ffmpeg.apply(audio, "adeclick")
    assert mended.sample_rate == RATE
    assert mended.num_channels == num_channels
    assert abs(mended.num_samples - audio.num_samples) < 0.1 * RATE
    assert np.abs(mended.samples).max() < 0.3


def test_options_reach_the_filter():
    audio = clicky()
    quieter = ffmpeg.apply(audio, "volume", "volume=0.5")
    np.testing.assert_allclose(quieter.samples, 0.5 * audio.samples, atol=1e-6)


def test_an_unknown_filter_is_refused():
    with pytest.raises(ToolkitError, match="no filter nothing"):
        ffmpeg.apply(clicky(), "nothing")


def test_more_than_two_channels_are_refused():
    with pytest.raises(ToolkitError, match="one or two channels"):
        ffmpeg.apply(clicky(3), "anull")


def test_grooveclean_mends_and_counts():
    audio = clicky()
    assert grooveclean.count_clicks(audio) >= 4
    mended = grooveclean.declick(audio)
    assert mended.samples.shape == audio.samples.shape
    assert np.abs(mended.samples).max() < 0.2


def test_noisereduce_runs():
    audio = clicky()
    quiet = noisereduce.denoise(audio)
    assert quiet.samples.shape == audio.samples.shape
    assert quiet.samples.dtype == np.float32
