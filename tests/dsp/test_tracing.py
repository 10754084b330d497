import numpy as np
import pytest

from toolkit.dsp.tracing import Tracing

RATE = 48000


def tracing(num_samples: int, **changes) -> Tracing:
    values = {
        "velocity": 0.1,
        "tip_radius": 20e-6,
        "speeds": (0.5, 0.5),
        "lateral": False,
        "peak": 1.0,
        "num_samples": num_samples,
        "sample_rate": RATE,
    }
    return Tracing(**(values | changes))


def harmonics(wave: np.ndarray, cycles: int) -> np.ndarray:
    """Return the amplitudes of the first harmonics relative to the first."""
    spectrum = np.abs(np.fft.rfft(wave))
    return spectrum[cycles * np.arange(1, 6)] / spectrum[cycles]


def sine(frequency: float, level: float = 1.0, num_samples: int = RATE) -> np.ndarray:
    time = np.arange(num_samples) / RATE
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)[None]


@pytest.mark.parametrize(("frequency", "level"), [(500, 1.0), (2000, 0.5), (2000, 1.0)])
def test_second_harmonic_follows_theory_in_a_vertical_cut(frequency, level):
    # y = x + D s x x' + ... (Lagrange inversion), so the ratio is D s A ω/2.
    wave = tracing(RATE).apply(sine(frequency, level), 0)[0]
    expected = 20e-6 / 0.5 * 0.1 / 0.5 * level * 2 * np.pi * frequency / 2
    # The last cycle meets the end of the signal.
    found = harmonics(wave[: RATE // 2], frequency // 2)
    assert found[1] == pytest.approx(expected, rel=0.04)


def test_third_harmonic_follows_theory_in_a_lateral_cut_and_even_ones_vanish():
    change = {"velocity": 0.2, "tip_radius": 60e-6, "lateral": True}
    wave = tracing(RATE, **change).apply(sine(1000, 0.5), 0)[0]
    push = 60e-6 / 0.5 * 0.2 / 0.5 * 0.5 * 2 * np.pi * 1000
    found = harmonics(wave[: RATE // 2], 500)
    assert found[2] == pytest.approx(3 / 8 * push**2, rel=0.08)
    assert found[1] < 2e-4
    assert found[3] < 2e-4


def test_a_rolling_ball_hears_the_same():
    """Roll a ball over the groove: it rests where its surface first touches."""
    speed, velocity, radius, fine = 0.4, 0.15, 25e-6, 64
    time = np.arange(-40 * fine, 240 * fine) / (fine * RATE)
    angles = [(1500.0, 0.6, 0.3), (3700.0, 0.4, 1.1)]
    height = sum(
        -velocity * level / (2 * np.pi * f) * np.cos(2 * np.pi * f * time + phase)
        for f, level, phase in angles
    )
    reach = int(radius / speed * fine * RATE)
    distance = speed * np.arange(-reach, reach + 1) / (fine * RATE)
    lift = np.sqrt(np.maximum(radius**2 - distance**2, 0))
    windows = np.lib.stride_tricks.sliding_window_view(height, 2 * reach + 1)
    center = (windows + lift).max(axis=1)
    output = np.gradient(center, 1 / (fine * RATE)) / velocity
    ball = output[40 * fine - reach :: fine][20:200]

    step = np.arange(-40, 240) / RATE
    wave = sum(level * np.sin(2 * np.pi * f * step + phase) for f, level, phase in angles)
    change = {"velocity": velocity, "tip_radius": radius, "speeds": (speed, speed)}
    ours = tracing(280, **change).apply(wave.astype(np.float32)[None], 0)[0, 60:240]
    error = np.sqrt(np.mean((ours - ball) ** 2) / np.mean(ball**2))
    distortion = np.sqrt(np.mean((wave[60:240] - ball) ** 2) / np.mean(ball**2))
    assert distortion > 0.1
    assert error < 0.01


@pytest.mark.parametrize("lateral", [False, True])
def test_cut_anywhere_the_result_is_the_same(lateral):
    rng = np.random.default_rng(4)
    samples = np.cumsum(rng.standard_normal((2, 9000)), axis=1)
    samples = (samples / np.abs(samples).max()).astype(np.float32)
    samples[:, 4000:4200] = np.where(np.arange(200) // 7 % 2, 1, -1)
    model = tracing(9000, lateral=lateral, speeds=(0.6, 0.2), tip_radius=80e-6, velocity=0.3)
    whole = model.apply(samples, 0)
    for begin, end in ((0, 3000), (3000, 4100), (4100, 9000)):
        start, stop = max(begin - model.context, 0), min(end + model.context, 9000)
        piece = model.apply(samples[:, start:stop], start)[:, begin - start : end - start]
        np.testing.assert_allclose(piece, whole[:, begin:end], atol=3e-5)


def test_it_grows_toward_the_inner_groove_and_spares_what_is_soft():
    wave = tracing(RATE, speeds=(0.5, 0.2)).apply(sine(2000), 0)[0]
    outer, inner = (harmonics(wave[part], 400)[1] for part in (slice(0, 9600), slice(-9700, -100)))
    assert inner > 3 * outer
    soft = sine(2000, 1e-4)
    np.testing.assert_allclose(tracing(RATE).apply(soft, 0), soft, atol=1e-8)


def test_full_scale_squares_stay_within_bounds():
    square = np.where(np.arange(4000) // 20 % 2, 1, -1).astype(np.float32)[None]
    wave = tracing(4000, tip_radius=300e-6, speeds=(0.05, 0.02), velocity=2.0).apply(square, 0)
    assert np.isfinite(wave).all()
    assert np.abs(wave).max() < 2
