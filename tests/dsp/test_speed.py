import numpy as np
import pytest

from toolkit.dsp import speed
from toolkit.dsp.resample import warp

RATE = 8000


def music(seconds, rng):
    """Chords of decaying notes with six harmonics each from 110 Hz on, -20 dBFS."""
    out = np.zeros(round(seconds * RATE))
    start = 0.0
    while start < seconds:
        for note in rng.integers(0, 36, 3):
            frequency, decay = 110 * 2 ** (note / 12), rng.uniform(0.4, 1.5)
            begin = round(start * RATE)
            time = np.arange(min(len(out) - begin, round((decay + 1) * RATE))) / RATE
            envelope = rng.uniform(0.3, 1) * (1 - np.exp(-time / 0.008)) * np.exp(-2 * time / decay)
            for h in range(1, 7):
                angle = 2 * np.pi * frequency * h * time + rng.uniform(0, 6)
                out[begin : begin + len(time)] += envelope * np.sin(angle) / h**1.3
        start += rng.uniform(0.15, 0.5)
    return out * 0.1 / np.sqrt(np.mean(out**2))


def hum(seconds, rng, frequency=50.0, below_music_db=40.0, harmonics=(1, 0.5, 0.6, 0.25, 0.35)):
    time = np.arange(round(seconds * RATE)) / RATE
    out = sum(
        level * np.sin(2 * np.pi * frequency * h * time + rng.uniform(0, 6))
        for h, level in enumerate(harmonics, start=1)
    )
    return out * 0.1 * 10 ** (-below_music_db / 20) / np.sqrt(np.mean(out**2))


def play(studio, depth, wow_hz, drift=0.003):
    """Play at a wavering speed; returns the transfer [1, n] and the speed at each sample."""
    time = np.arange(len(studio)) / RATE
    at = 1 + depth * np.sin(2 * np.pi * wow_hz * time + 1) + drift * np.sin(2 * np.pi * time / 47)
    positions = np.cumsum(at) - at[0]
    positions = positions[positions < len(studio) - 2]
    out = np.zeros((1, len(positions)), np.float32)
    warp(studio[None].astype(np.float32), lambda i: positions[i], out=out, fastest=1.02)
    return out, at[: len(positions)]


def cents(curve, at, nominal=50.0):
    when = (np.arange(len(curve.frequency)) + 0.5) * curve.interval
    true = nominal * np.interp(when, np.arange(len(at)) / RATE, at)
    return 1200 * np.log2(curve.frequency / true)


def rms(values):
    return np.sqrt(np.mean(values**2))


@pytest.mark.parametrize(
    ("depth", "wow_hz"), [(0.0005, 1.3), (0.002, 0.3), (0.005, 1.3), (0.01, 0.5), (0.01, 1.5)]
)
def test_wow_is_followed_through_hum_40_db_under_music(depth, wow_hz):
    rng = np.random.default_rng(0)
    transfer, at = play(music(30, rng) + hum(30, rng), depth, wow_hz)
    curve = speed.track_hum(transfer, RATE, 50.0)
    assert curve.snr_db > 15
    # At the very ends the hum is known from one side only.
    assert rms(cents(curve, at)[10:-10]) < 2
    assert rms(cents(curve, at)) < 0.6 * rms(1200 * np.log2(at))


@pytest.mark.parametrize("nominal", [50.0, 60.0])
def test_wow_is_followed_closely_where_nothing_covers_the_hum(nominal):
    rng = np.random.default_rng(1)
    noise = 1e-4 * rng.standard_normal(20 * RATE)
    transfer, at = play(hum(20, rng, nominal) + noise, 0.01, 1.3)
    curve = speed.track_hum(transfer, RATE, nominal)
    assert rms(cents(curve, at, nominal)[8:-8]) < 0.3


def test_a_missing_fundamental_does_not_matter():
    rng = np.random.default_rng(2)
    tones = hum(20, rng, harmonics=(0, 1, 0, 0.5))
    transfer, at = play(tones + 1e-4 * rng.standard_normal(len(tones)), 0.003, 1.0)
    assert rms(cents(speed.track_hum(transfer, RATE, 50.0), at)[8:-8]) < 0.5


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", ["music", "noise", "silence", "constant"])
def test_no_hum_is_no_clear_hum(kind, seed):
    rng = np.random.default_rng(seed)
    made = {
        "music": lambda: music(15, rng),
        "noise": lambda: rng.standard_normal(15 * RATE),
        "silence": lambda: np.zeros(15 * RATE),
        "constant": lambda: np.ones(15 * RATE),
    }
    curve = speed.track_hum(made[kind]()[None].astype(np.float32), RATE, 50.0)
    assert curve.snr_db < 12
    assert np.isfinite(curve.frequency).all()
    assert np.all(np.abs(curve.frequency / 50 - 1) <= 0.06 + 1e-9)


def test_sections_do_not_show(monkeypatch):
    rng = np.random.default_rng(3)
    transfer, _ = play(hum(40, rng) + 1e-4 * rng.standard_normal(40 * RATE), 0.005, 1.0)
    whole = speed.track_hum(transfer, RATE, 50.0)
    monkeypatch.setattr(speed, "_SECTION", 700)
    monkeypatch.setattr(speed, "_SHARED", 200)
    pieces = speed.track_hum(transfer, RATE, 50.0)
    assert np.abs(1200 * np.log2(pieces.frequency / whole.frequency)).max() < 0.5


def test_section_weights_sum_to_one(monkeypatch):
    monkeypatch.setattr(speed, "_SECTION", 70)
    monkeypatch.setattr(speed, "_SHARED", 20)
    for total in (4, 20, 69, 70, 71, 119, 120, 121, 500):
        weights = np.zeros(total)
        for first, last, fade in speed._sections(total):
            weights[first:last] += fade
        np.testing.assert_allclose(weights, 1)


def test_best_path_is_the_best_of_all_paths():
    scores = np.random.default_rng(4).uniform(0, 0.05, (5, 4))

    def value(path):
        moves = np.abs(np.diff(path)).sum() * 0.02
        return scores[np.arange(5), list(path)].sum() - moves

    every = np.stack(np.meshgrid(*[np.arange(4)] * 5), -1).reshape(-1, 5)
    best = max(value(path) for path in every)
    assert value(speed._best_path(scores)) == pytest.approx(best)


def test_smoothing_is_the_penalized_least_squares_solution():
    rng = np.random.default_rng(5)
    values, weights = rng.standard_normal(40), rng.uniform(0, 900, 40)
    differences = np.diff(np.eye(40), n=4, axis=0)
    stiffness = 250 / (2 * np.sin(np.pi * 2.5 / 40)) ** 8
    bends = np.diff(np.eye(40), n=2, axis=0)
    system = np.diag(weights) + stiffness * differences.T @ differences + 100 * bends.T @ bends
    reference = np.linalg.solve(system, weights * values)
    np.testing.assert_allclose(speed._smooth(values, weights), reference, atol=1e-6)


def test_studio_time_integrates_and_inverts():
    frequency = np.array([50.0, 55.0, 60.0, 50.0])
    duration, transfer_time = speed.studio_time(frequency, 0.025, 50.0, 0.11)
    assert duration == pytest.approx(0.025 * (1 + 1.1 + 1.2 + 1) + 0.01)
    np.testing.assert_allclose(
        transfer_time(np.array([0, 0.025, 0.0525, duration])), [0, 0.025, 0.05, 0.11], atol=1e-12
    )


def test_too_short_to_follow_is_refused():
    with pytest.raises(ValueError, match="too short"):
        speed.track_hum(np.zeros((1, RATE - 1), np.float32), RATE, 50.0)
