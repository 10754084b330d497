from pathlib import Path

import numpy as np
import pytest

from toolkit import chunks
from toolkit import run as run_module
from toolkit.dsp import desk, room
from toolkit.dsp.integrated_loudness import integrated_loudness
from toolkit.dsp.loudness import measure_loudness
from toolkit.style.performing.mixing import summed
from toolkit.values import Audio, Stems

RATE = 22050


def zeros(shape):
    return np.zeros(shape, np.float32)


def music(seed, seconds=6.0, level=0.1):
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    tones = [np.sin(2 * np.pi * f * time) for f in rng.uniform(100, 2000, 5)]
    swell = 0.4 + 0.6 * np.exp(-3 * (time % 0.5))
    return np.stack([level * swell * sum(tones)] * 2).astype(np.float32)


def mixed(parts, strips=None, **console):
    strips = {name: (strips or {}).get(name, desk.Strip()) for name in parts}
    return desk.mix(parts, strips, desk.Console(**console), RATE, scratch=zeros)


def test_the_sum_has_the_loudness_asked_for_and_stays_below_the_ceiling():
    parts, _ = mixed({"a": music(1), "b": music(2, level=0.001)})
    total = sum(parts.values())
    found = measure_loudness(total, RATE)
    assert found.integrated_lufs == pytest.approx(-16, abs=0.2)
    assert np.abs(total).max() <= 10 ** (desk.CEILING_DB / 20) + 1e-6
    assert found.true_peak_db < -0.5


def test_loud_peaks_are_held_and_the_loudness_is_kept():
    parts, _ = mixed({"a": music(1) ** 5 * 1e4, "b": music(2)}, lufs=-12.0)
    total = sum(parts.values())
    assert np.abs(total).max() <= 10 ** (desk.CEILING_DB / 20) + 1e-6
    assert measure_loudness(total, RATE).integrated_lufs == pytest.approx(-12, abs=0.5)


def test_faders_bring_parts_to_their_place_whatever_their_own_level():
    parts, _ = mixed(
        {"a": music(1), "b": music(1, level=0.003)},
        {"a": desk.Strip(send=0), "b": desk.Strip(level_db=-6, send=0)},
    )
    first, second = (measure_loudness(each, RATE).integrated_lufs for each in parts.values())
    assert first - second == pytest.approx(6, abs=0.1)


def test_places():
    parts, _ = mixed({"a": music(1)}, {"a": desk.Strip(pan=-1, send=0)})
    power = (parts["a"].astype(float) ** 2).sum(axis=1)
    assert power[1] < 1e-6 * power[0]


def test_the_room_is_a_convolution():
    sound = zeros((2, 60000))
    sound[:, 100] = 1.0
    strip = desk.Strip(send=0.25)
    console = desk.Console(room_seconds=0.5)
    found = desk._strip(sound, strip, 0.0, console, RATE, zeros)
    response = room.impulse_response(0.5, RATE)
    naive = zeros((2, 60000))
    naive[:, 100 : 100 + response.shape[1]] = 0.5 * response
    naive[:, 100] += 1
    assert np.abs(found - naive).max() < 1e-5


def test_the_bass_drum_presses_down_and_lets_go():
    gain = desk._ducking(np.array([0.9, 1.0, 1.11, 1.3]), (1.0,), 6.0)
    assert gain[0] == 1
    assert gain[1] == pytest.approx(10 ** (-6 / 20))
    assert gain[1] < gain[2] < gain[3] == 1


def test_silence_stays_silent():
    parts, levels = mixed({"a": zeros((2, RATE)), "b": zeros((2, RATE))})
    assert not any(each.any() for each in parts.values())
    assert set(levels.values()) == {0.0}


def test_blocks_make_no_difference(monkeypatch):
    parts = {"a": music(1) ** 3 * 1e2, "b": music(2)}
    strips = {"b": desk.Strip(pan=0.4, low_cut_hz=80, high_cut_hz=5000, send=0.3, ducked=True)}
    settings = {"duck_db": 4.0, "hits": (0.5, 1.7, 3.1), "lufs": -12.0}
    whole, _ = mixed(parts, strips, **settings)
    monkeypatch.setattr(desk, "_BLOCK", 5000)
    blocks, _ = mixed(parts, strips, **settings)
    for name, samples in whole.items():
        assert np.abs(blocks[name] - samples).max() < 10 ** (-100 / 20)


def test_integrated_loudness_is_that_of_all_five_numbers():
    for samples in (music(1), music(2)[:1], zeros((2, 9000)), zeros((2, 0))):
        assert integrated_loudness(samples, RATE) == pytest.approx(
            measure_loudness(samples, RATE).integrated_lufs
        )
    with pytest.raises(ValueError, match="mono and stereo"):
        integrated_loudness(zeros((3, 9000)), RATE)


def peak_mib():
    """Return the most memory that was in use since `forget_peak`."""
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


def test_long_parts_cost_no_memory(monkeypatch):
    monkeypatch.setattr(run_module, "_IN_MEMORY_BYTES", 2**20)
    run, rate = run_module.Run(), 8000
    parts = {name: run.scratch((2, 4_000_000)) for name in "ab"}  # 32 MB each
    sound = music(1, seconds=2.0)
    for samples in parts.values():
        for start in range(0, samples.shape[1], sound.shape[1]):
            piece = samples[:, start : start + sound.shape[1]]
            piece[:] = sound[:, : piece.shape[1]]
            chunks.release(samples)
    forget_peak()
    before = peak_mib()
    strips = {name: desk.Strip(send=0.0) for name in parts}
    made, _ = desk.mix(parts, strips, desk.Console(), rate, scratch=run.scratch)
    stems = Stems({name: Audio(samples, rate) for name, samples in made.items()})
    total = summed(stems, run)
    # The parts, as they were and as they are in the mix, and two sums would be 192 MB.
    assert peak_mib() - before < 24
    assert np.array_equal(total.samples, stems.mixture().samples)
