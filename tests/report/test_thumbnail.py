import io

import numpy as np
import pytest
from PIL import Image

from toolkit.report.thumbnail import HEIGHT, MAX_BYTES, WIDTH, thumbnail
from toolkit.values import Audio

RATE = 44100
HALF = (WIDTH - 8) // 2


def heard(samples, sample_rate=RATE):
    return Audio(np.atleast_2d(samples).astype(np.float32), sample_rate)


def light(png):
    """Return the brightness of the two pictures, 0..255."""
    gray = np.asarray(Image.open(io.BytesIO(png)).convert("RGB").convert("L"), float)
    return gray[:, :HALF], gray[:, -HALF:]


def tone(frequency, seconds=2.0, sample_rate=RATE):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * sample_rate)) / RATE)


def test_it_is_a_small_png_of_the_size_it_says():
    rng = np.random.default_rng(0)
    before = heard(0.1 * rng.standard_normal((2, 20 * RATE)))
    fading = before.samples * np.linspace(1, 1e-3, before.num_samples, dtype=np.float32)
    png = thumbnail(before, before.with_samples(fading))
    assert Image.open(io.BytesIO(png)).size == (WIDTH, HEIGHT)
    assert len(png) <= MAX_BYTES


@pytest.mark.parametrize("frequency", [1000, 8000, 15000])
def test_a_tone_is_a_line_at_its_frequency(frequency):
    left, right = light(thumbnail(heard(tone(frequency)), heard(0 * tone(frequency))))
    row = int(np.argmax(left.mean(axis=1)))
    assert abs((HEIGHT - 0.5 - row) * 16000 / HEIGHT - frequency) < 16000 / HEIGHT
    assert right.max() == right.min() < 5


def test_both_are_on_one_scale_of_level():
    rng = np.random.default_rng(1)
    noise = 0.1 * rng.standard_normal(3 * RATE)
    left, right = light(thumbnail(heard(noise), heard(noise / 10)))
    assert left.mean() > right.mean() + 20


def test_both_are_on_one_scale_of_time_and_frequency():
    noise = 0.1 * np.random.default_rng(2).standard_normal(4 * RATE)
    left, right = light(thumbnail(heard(noise), heard(noise[: 2 * 8000], 8000)))
    assert left[:, -1].min() > 50
    # Half as long, and nothing above 4 kHz.
    filled = right > 50
    assert np.flatnonzero(filled.any(axis=0)).max() == pytest.approx(HALF / 2, abs=1)
    assert HEIGHT - np.flatnonzero(filled.any(axis=1)).min() == pytest.approx(HEIGHT / 4, abs=1)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 500])
@pytest.mark.parametrize("sample_rate", [4000, 44100, 192000])
def test_next_to_nothing_and_silence_work(count, sample_rate):
    for value in (0.0, 0.5):
        audio = heard(np.full(count, value), sample_rate)
        assert Image.open(io.BytesIO(thumbnail(audio, audio))).size == (WIDTH, HEIGHT)


def test_a_long_recording_is_looked_at_in_as_few_places(tmp_path):
    # Ten hours, nearly all of it a hole in the file: reading it would take minutes.
    samples = np.memmap(tmp_path / "long", np.float32, "w+", shape=(1, 36_000 * RATE))
    samples[0, -RATE:] = tone(1000, 1.0)
    audio = Audio(samples, RATE)
    left, _ = light(thumbnail(audio, audio))
    assert left[:, -1].max() > 200
    assert (tmp_path / "long").stat().st_blocks * 512 < 50 * 2**20
