from dataclasses import replace

import numpy as np
import pytest

from toolkit.checkpoints import Store
from toolkit.dsp import click_repair
from toolkit.dsp.condition import Condition
from toolkit.errors import UsageError
from toolkit.registry import folder
from toolkit.run import Run
from toolkit.stages.declick import Declick
from toolkit.values import Audio

RATE = 44100
CONDITION = Condition(
    10.0, RATE, 1, -1.0, -20.0, -60.0, 40.0, 50.0, 12000.0, 0.0, 0.0, -90.0, 0.0, 0.0, -np.inf,
    0.0, 0.0, 0.0, "mono",
)  # fmt: skip


def music(seconds, seed=0):
    rng = np.random.default_rng(seed)
    total = int(seconds * RATE)
    signal = 1e-4 * rng.standard_normal(total)
    for onset in np.arange(0, seconds, 0.25):
        start = int(onset * RATE)
        time = np.arange(total - start) / RATE
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        attack = np.minimum(time / 0.004, 1) * np.exp(-time / 0.3)
        for k in range(1, 12):
            partial = np.sin(2 * np.pi * k * pitch * time + rng.uniform(0, 6)) / k**1.5
            signal[start:] += 0.05 * attack * partial
    return signal.astype(np.float32)


def drums(seconds, seed=0):
    """Return struck sounds: decaying noise bands and swept tones, some very short."""
    rng = np.random.default_rng(seed)
    total = int(seconds * RATE)
    signal = 1e-4 * rng.standard_normal(total)
    for step, onset in enumerate(np.arange(0.05, seconds - 0.5, 0.125)):
        start = int(onset * RATE)
        time = np.arange(RATE // 3) / RATE
        if step % 4 == 0:
            hit = np.sin(2 * np.pi * np.cumsum(50 + 80 * np.exp(-time / 0.02)) / RATE)
            hit *= np.exp(-time / 0.1)
        elif step % 4 == 2:
            hit = rng.standard_normal(len(time)) * np.exp(-time / 0.05)
        else:
            hit = np.diff(rng.standard_normal(len(time) + 1)) * np.exp(-time / 0.015)
        signal[start : start + len(hit)] += 0.15 * hit
    return signal.astype(np.float32)


def clicked(signal, rate, seed=0):
    rng = np.random.default_rng(seed)
    spoiled, bad = signal.copy(), np.zeros(len(signal), bool)
    for start in rng.integers(500, len(signal) - 500, int(rate * len(signal) / RATE)):
        length = int(rng.choice([1, rng.integers(8, 80)]))
        time = np.arange(length)
        wave = np.cos(2 * np.pi * rng.uniform(0.02, 0.25) * time) * np.exp(-3 * time / length)
        wave = (rng.choice([-1, 1]) * rng.uniform(0.2, 0.8) * wave).astype(np.float32)
        if rng.random() < 0.2:
            spoiled[start : start + length] = wave
        else:
            spoiled[start : start + length] += wave
        bad[start : start + length] = True
    return spoiled, bad


def snr(clean, other):
    error = np.sum((clean.astype(float) - other) ** 2)
    return 10 * np.log10(np.sum(clean.astype(float) ** 2) / error)


@pytest.mark.parametrize("rate", [1, 10, 60])
def test_clicks_go(rate):
    clean = music(6)
    spoiled, _ = clicked(clean, rate)
    run = Run()
    repaired = Declick(detector="classical")(Audio(spoiled[None], RATE), run).samples[0]
    assert snr(clean, repaired) > snr(clean, spoiled) + 12
    assert run.findings["clicks_per_second"] == pytest.approx(rate, rel=0.35)
    assert run.findings["samples_touched"] >= run.findings["clicks_repaired"] > 0


def test_all_other_samples_stay_bit_identical():
    clean = music(6)
    spoiled, bad = clicked(clean, 5)
    run = Run()
    repaired = Declick(detector="classical")(Audio(spoiled[None], RATE), run).samples[0]
    changed = repaired != spoiled
    assert np.count_nonzero(changed) <= run.findings["samples_touched"]
    near = np.convolve(bad, np.ones(21), "same") > 0
    assert np.count_nonzero(changed & ~near) < 2e-4 * len(clean)


@pytest.mark.parametrize("make", [music, drums])
def test_clean_music_is_left_alone(make):
    clean = make(6)
    kept = Declick(detector="classical")(Audio(clean[None], RATE), Run()).samples[0]
    removed = np.sum((kept.astype(float) - clean) ** 2) / np.sum(clean.astype(float) ** 2)
    assert removed < 1e-6
    assert np.count_nonzero(kept != clean) < 100


def test_blocks_do_not_show(monkeypatch):
    spoiled, _ = clicked(music(6), 15)
    audio = Audio(np.stack([spoiled, spoiled[::-1]]), RATE)
    whole = Declick(detector="classical")(audio, Run()).samples
    monkeypatch.setattr(click_repair, "_BLOCK_SAMPLES", 1)
    pieces = Declick(detector="classical")(audio, Run()).samples
    np.testing.assert_allclose(pieces, whole, atol=3e-5)


def test_strength_nought_is_the_very_same_and_half_does_less():
    rng = np.random.default_rng(0)
    noisy = music(3) + 0.003 * rng.standard_normal(3 * RATE)
    noisy[rng.integers(0, len(noisy), 60)] += rng.uniform(0.02, 0.4, 60)
    audio = Audio(noisy[None].astype(np.float32), RATE)
    assert Declick(strength=0)(audio, Run()) is audio
    half, full = Run(), Run()
    Declick(strength=0.2, detector="classical")(audio, half)
    Declick(detector="classical")(audio, full)
    assert half.findings["clicks_repaired"] < full.findings["clicks_repaired"]


def test_longest_gap_is_respected():
    spoiled, _ = clicked(music(3), 10)
    run = Run()
    short = Declick(max_gap=0.2, detector="classical")(Audio(spoiled[None], RATE), run).samples[0]
    changed = np.flatnonzero(short != spoiled)
    assert len(changed) > 0
    stretches = np.split(changed, np.flatnonzero(np.diff(changed) > 20) + 1)
    assert max(len(each) for each in stretches) < 80


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 9, 700])
@pytest.mark.parametrize("rate", [4000, 44100, 768000])
def test_any_length_and_rate(num_samples, rate):
    noise = np.random.default_rng(0).standard_normal((2, num_samples)).astype(np.float32)
    result = Declick(detector="classical")(Audio(noise, rate), Run()).samples
    assert result.shape == noise.shape
    assert np.isfinite(result).all()


def test_tuning_follows_the_rate_of_clicks():
    strengths = [
        Declick().tuned(replace(CONDITION, clicks_per_second=rate))[0].strength
        for rate in (0.0, 0.3, 30.0)
    ]
    assert strengths[0] == 0 < strengths[1] < strengths[2] == 1
    many = replace(CONDITION, clicks_per_second=30.0)
    assert Declick(detector="classical").tuned(many)[0].threshold < Declick().threshold
    assert Declick().tuned(many)[0].threshold == Declick().threshold
    assert "clicks a second" in Declick().tuned(CONDITION)[1]


def with_network():
    return Run(checkpoints=Store(folder("checkpoints")))


@pytest.mark.parametrize("rate", [1, 10, 60])
def test_the_network_takes_clicks_out(rate):
    clean = music(4)
    spoiled, _ = clicked(clean, rate)
    audio = Audio(spoiled[None], RATE)
    run = with_network()
    repaired = Declick()(audio, run).samples[0]
    assert run.findings["detector"] == "network"
    assert snr(clean, repaired) > snr(clean, spoiled) + 15


# Bare strokes of six seconds of drums are what the network takes for clicks most easily.
@pytest.mark.parametrize(("make", "most"), [(music, 100), (drums, 600)])
def test_the_network_leaves_clean_music_alone(make, most):
    clean = make(6)
    kept = Declick()(Audio(clean[None], RATE), with_network()).samples[0]
    assert np.count_nonzero(kept != clean) < most


def test_the_networks_blocks_do_not_show(monkeypatch):
    spoiled, _ = clicked(music(3), 15)
    audio = Audio(np.stack([spoiled, spoiled[::-1]]), RATE)
    whole = Declick()(audio, with_network()).samples
    monkeypatch.setattr(click_repair, "_BLOCK_SAMPLES", 1)
    pieces = Declick()(audio, with_network()).samples
    np.testing.assert_allclose(pieces, whole, atol=3e-5)


def test_the_network_is_the_default_and_never_silently_replaced(tmp_path):
    audio = Audio(music(1)[None], RATE)
    for detector in ("network", "classical"):
        run = Run()
        Declick(detector=detector)(audio, run)
        assert run.findings["detector"] == detector
    with pytest.raises(UsageError, match="no checkpoint 'declick-44k'"):
        Declick()(audio, Run(checkpoints=Store(tmp_path)))


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 9, 700])
@pytest.mark.parametrize("rate", [4000, 44100, 768000])
def test_the_network_takes_any_length_and_rate(num_samples, rate):
    noise = np.random.default_rng(0).standard_normal((2, num_samples)).astype(np.float32)
    result = Declick()(Audio(noise, rate), with_network()).samples
    assert result.shape == noise.shape
    assert np.isfinite(result).all()


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(5000),
        np.ones(5000),
        np.sign(np.sin(np.arange(5000) / 20)),
        np.full(5000, 1e-40),
    ],
)
def test_the_network_survives_the_edges(samples):
    result = Declick()(Audio(samples[None].astype(np.float32), RATE), with_network()).samples
    assert np.isfinite(result).all()
