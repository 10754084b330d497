import matplotlib.image
import numpy as np
import pytest

from toolkit.report.spectrogram import draw, levels
from toolkit.values import Audio

N_FFT = 2048


def sine(num_samples=8192, frequency=1000.0, rate=16000, num_channels=1):
    wave = 0.5 * np.sin(2 * np.pi * frequency * np.arange(num_samples) / rate)
    return Audio(np.tile(wave.astype(np.float32), (num_channels, 1)), rate)


def test_levels_are_those_of_the_naive_transform():
    rng = np.random.default_rng(1)
    samples = rng.standard_normal((2, 4000)).astype(np.float32)
    picture = levels(Audio(samples, 8000))
    column, hop = 3, N_FFT // 8
    piece = samples[:, column * hop : column * hop + N_FFT].astype(float)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / (N_FFT - 1))
    for line in (0, 1, 77, 500, 1024):
        tone = np.exp(-2j * np.pi * line * np.arange(N_FFT) / N_FFT)
        power = sum(abs((channel * window) @ tone) ** 2 for channel in piece)
        assert picture[line, column] == pytest.approx(10 * np.log10(power), abs=1e-3)


def test_a_sine_is_a_line_at_its_frequency():
    picture = levels(sine(frequency=1000, rate=16000))
    assert np.all(picture.argmax(axis=0) == 1000 * N_FFT // 16000)
    assert np.all(picture.max(axis=0) - np.median(picture, axis=0) > 60)


def test_channels_add_as_power():
    one, four = levels(sine()), levels(sine(num_channels=4))
    loud = one > 0
    np.testing.assert_allclose(four[loud] - one[loud], 10 * np.log10(4), atol=1e-3)


@pytest.mark.parametrize("num_samples", [0, 1, N_FFT - 1, N_FFT, N_FFT + 255])
def test_what_is_shorter_than_a_window_is_one_column(num_samples):
    picture = levels(sine(num_samples))
    assert picture.shape == (N_FFT // 2 + 1, 1)
    assert np.isfinite(picture).all()


@pytest.mark.parametrize(
    "num_samples", [N_FFT + 256 * 1199, N_FFT + 256 * 1200 + 255, N_FFT + 300 * 1200, 2_000_000]
)
def test_length_does_not_cost_columns(num_samples):
    columns = levels(Audio(np.zeros((1, num_samples), np.float32), 8000)).shape[1]
    assert 1100 <= columns <= 1200


def test_silence_has_a_finite_level():
    picture = levels(Audio(np.zeros((1, 4096), np.float32), 8000))
    np.testing.assert_allclose(picture, -120, atol=1e-3)


def test_pictures_stand_under_one_another(tmp_path):
    draw([("before", sine())], tmp_path / "one.png")
    draw([("before", sine()), ("after", sine(4000, rate=8000))], tmp_path / "two.png")
    one, two = (matplotlib.image.imread(tmp_path / name) for name in ("one.png", "two.png"))
    assert two.shape[1] == one.shape[1] == 1100
    assert two.shape[0] == 2 * one.shape[0]


def test_all_pictures_share_one_scale(tmp_path):
    quiet = sine().with_samples(sine().samples * np.float32(1e-2))
    draw([("loud", sine()), ("quiet", quiet)], tmp_path / "two.png")
    pixels = matplotlib.image.imread(tmp_path / "two.png")[:, :, :3]
    height, width = pixels.shape[:2]
    brightest = [
        half[:, width // 8 : width // 2].min(axis=2).max(initial=0, where=is_colored(half, width))
        for half in (pixels[: height // 2], pixels[height // 2 :])
    ]
    assert brightest[0] > brightest[1] + 0.2


def is_colored(half, width):
    """Return which pixels belong to a picture and not to the white page or the black text."""
    part = half[:, width // 8 : width // 2]
    return part.max(axis=2) - part.min(axis=2) > 0.05


@pytest.mark.parametrize("title", ["a $b$ $\\frac{1", "with\nnewline", ""])
def test_any_title_and_nothing_to_show_still_make_a_picture(tmp_path, title):
    draw([(title, sine(0))], tmp_path / "empty.png")
    assert matplotlib.image.imread(tmp_path / "empty.png").shape[2] == 4
