import numpy as np

from toolkit.evaluation import declipping, references
from toolkit.values import Audio

RATE = 16000
TIME = np.arange(RATE) / RATE
CHORD = sum(np.sin(2 * np.pi * pitch * TIME + pitch) / pitch for pitch in (220, 277.2, 440, 880))
MUSIC = Audio((30 * CHORD * np.exp(-TIME)).astype(np.float32)[None], RATE)


def naive_frames(signal, window, hop):
    starts = range(0, len(signal) - len(window) + 1, hop)
    return np.array([np.fft.fft(signal[start:][: len(window)] * window) for start in starts])


def naive_signal(coefficients, window, hop, length):
    out = np.zeros(length)
    for number, frame in enumerate(coefficients):
        out[number * hop :][: len(window)] += np.fft.ifft(frame).real * len(window) * window
    return out


def naive_neighborhood(power):
    padded = np.pad(power, ((3, 3), (1, 1)))
    shape = power.shape
    moved = [padded[i:][: shape[0], j:][:, : shape[1]] for i in range(7) for j in range(3)]
    return sum(moved) / 21


def naive_pew(clipped, iterations):
    """Follow the paper: gradients of both misfits in the coefficients, then shrinkage."""
    n_fft, hop = 16384, 2048
    hann = np.sin(np.pi * (np.arange(8192) + 0.5) / 8192) ** 2
    # Four windows overlap, whose squares sum to 1.5, and the spectra are as long as the frames.
    window = np.pad(hann / np.sqrt(1.5 * n_fft), 4096)
    level = np.abs(clipped).max()
    signal = np.pad(clipped.astype(float), n_fft)
    signal = np.pad(signal, (0, -len(signal) % hop))
    high, low = signal == level, signal == -level
    reliable = ~(high | low)
    now = naive_frames(0 * signal, window, hop)
    ahead = now.copy()
    bins = n_fft // 2 + 1
    for threshold in np.logspace(-1, -4, 20):
        for turn in range(iterations):
            found = naive_signal(ahead, window, hop, len(signal))
            missed = np.where(reliable, signal - found, 0)
            short = np.where(high, np.maximum(level - found, 0), 0)
            short += np.where(low, np.minimum(-level - found, 0), 0)
            moved = ahead + naive_frames(missed + short, window, hop)
            energy = np.maximum(naive_neighborhood(np.abs(moved[:, :bins]) ** 2), 1e-300)
            gain = np.maximum(1 - threshold**2 / energy, 0)
            before = now
            now = moved * np.concatenate([gain, gain[:, -2:0:-1]], axis=1)
            ahead = now + turn / (turn + 6) * (now - before)
    return naive_signal(now, window, hop, len(signal))[n_fft:][: len(clipped)]


def test_the_published_declipper_is_the_one_of_the_paper():
    worn = declipping.clip(MUSIC.with_samples(MUSIC.samples[:, :6000]), 5)
    found = references.pew_declip(worn.samples, iterations=2)
    expected = naive_pew(worn.samples[0], 2)
    np.testing.assert_allclose(found[0], expected, atol=2e-5 * np.abs(expected).max())


def test_the_published_declipper_rebuilds_a_chord_and_rests_when_it_is_done():
    worn = declipping.clip(MUSIC, 5)
    before = declipping.clipped_sdr(MUSIC.samples, worn.samples, worn.samples)
    found = references.pew_declip(worn.samples, iterations=10)
    assert declipping.clipped_sdr(MUSIC.samples, worn.samples, found) > before + 12
    silence = np.zeros((2, 3000), np.float32)
    np.testing.assert_array_equal(references.pew_declip(silence), silence)


def test_items_are_loud_before_they_are_clipped():
    loud = declipping.at_full_scale(MUSIC.with_samples(0.01 * MUSIC.samples))
    assert np.abs(loud.samples).max() == 1
    np.testing.assert_allclose(loud.samples, MUSIC.samples / np.abs(MUSIC.samples).max(), rtol=1e-6)
    silence = MUSIC.with_samples(0 * MUSIC.samples)
    assert declipping.at_full_scale(silence) is silence


def test_slow_methods_are_measured_only_by_name():
    assert "SS-PEW, as published" not in declipping.wanted_methods(())
    named = declipping.wanted_methods(("input, SS-PEW, as published",))
    assert list(named) == ["input", "SS-PEW, as published"]


def test_medians_stand_beside_means():
    rows = [
        {"item": item, "sdr_in": sdr_db, "method": "m", "elsewhere": -90.0, "real_time": 2.0}
        | {"gain": gain}
        for sdr_db in declipping.SDRS_DB
        for item, gain in (("a", 1.0), ("b", 2.0), ("c", 9.0))
    ]
    *by_sdr, together = declipping.summarize(rows, ("input", "m"))
    assert [row["SDR in"] for row in by_sdr] == ["1", "3", "5", "7", "10", "15", "20"]
    for row in (*by_sdr, together):
        assert row["m"].startswith("+4.0 ")
        assert row["m, median"] == 2
    assert together["SDR in"] == "all"
    assert together["elsewhere, m (dB)"] == -90
    assert together["× real time, m"] == 2
