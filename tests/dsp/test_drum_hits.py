import numpy as np
import pytest

from toolkit.adapters import soundfont
from toolkit.dsp.drum_hits import HAT, KICK, SNARE, band_levels, hits, transcribe
from toolkit.dsp.stft import Grid
from toolkit.run import Run
from toolkit.values import DRUMS, Audio, Note, Notes

BEAT = 0.4


def pattern(bars=4):
    """Return eighths of the hi-hat, bass drum on one and three, snare on two and four."""
    strokes = [(0.1 + k * BEAT / 2, HAT, 0.7) for k in range(8 * bars)]
    strokes += [(0.1 + 2 * k * BEAT, KICK, 0.9) for k in range(2 * bars)]
    strokes += [(0.1 + (2 * k + 1) * BEAT, SNARE, 0.9) for k in range(2 * bars)]
    return Notes(tuple(Note(at, at + 0.1, drum, hard, DRUMS) for at, drum, hard in strokes))


def colored(exponent, num_samples, rms):
    rng = np.random.default_rng(5)
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    noise = np.fft.irfft(spectrum * (np.arange(len(spectrum)) + 20.0) ** -exponent, num_samples)
    return (noise * rms / noise.std()).astype(np.float32)


def naive_levels(wave):
    """Return the energy of each band, one windowed piece after another."""
    hop, n_fft = 256, Grid(256).n_fft
    window = Grid(256).window
    padded = np.pad(wave.astype(np.float64), (n_fft // 2, n_fft))
    bins = np.fft.rfftfreq(n_fft, 1 / 44100)
    levels = []
    for frame in range(-(-len(wave) // hop)):
        power = np.abs(np.fft.rfft(padded[frame * hop : frame * hop + n_fft] * window)) ** 2
        bands = ((20, 110), (250, 5000), (8000, 16000))
        energy = [power[(bins >= low) & (bins < high)].sum() for low, high in bands]
        levels.append(10 * np.log10(np.array(energy) + 1e-20))
    return np.transpose(levels)


def test_levels_are_those_of_a_naive_transform():
    wave = colored(0.5, 30_000, 0.1)
    found = band_levels(wave[None], Run())
    naive = naive_levels(wave)
    assert found.shape == naive.shape
    # What the two scale by differs by a constant only.
    offset = found - naive
    assert np.ptp(offset[:, 4:-4]) < 0.01


def test_levels_do_not_depend_on_blocks():
    wave = colored(0.0, 90_000, 0.1)[None]
    whole = band_levels(wave, Run())
    parts = band_levels(wave, Run(), block=40 * 256)
    np.testing.assert_allclose(parts, whole, atol=1e-3)


@pytest.mark.parametrize("noise", [0.0, 0.003])
def test_a_rendered_pattern_is_heard(noise):
    truth = pattern()
    audio = soundfont.play(truth)
    rng = np.random.default_rng(1)
    hiss = (noise * rng.standard_normal(audio.samples.shape)).astype(np.float32)
    run = Run().for_step("drums")
    found = transcribe(Audio(audio.samples + hiss, audio.sample_rate), run)
    for drum in (KICK, SNARE, HAT):
        wanted = [note.onset for note in truth if note.pitch == drum]
        heard = [note.onset for note in found if note.pitch == drum]
        assert len(heard) == len(wanted)
        np.testing.assert_allclose(heard, wanted, atol=0.03)
    assert run.findings == {"kicks": 8, "snares": 8, "hats": 32}
    assert all(note.program == DRUMS and 0 < note.velocity <= 1 for note in found)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rms", [1e-4, 0.1])
def test_steady_noise_has_no_drums(exponent, rms):
    assert len(transcribe(Audio(colored(exponent, 441_000, rms)[None], 44100), Run())) == 0


def test_a_booming_bass_drum_in_one_breath_with_the_next_is_heard():
    phase = np.arange(8 * 44100) / 44100 % 0.25
    sweep = 50 * phase - 2 * np.exp(-30 * phase)
    wave = 0.5 * np.sin(2 * np.pi * sweep) * np.exp(-6 * phase)
    found = transcribe(Audio(wave[None].astype(np.float32), 44100), Run())
    assert sum(note.pitch == KICK for note in found) >= 28


@pytest.mark.parametrize("num_samples", [0, 1, 3, 5000])
@pytest.mark.parametrize("value", [0.0, 1e-38, 0.5])
def test_nothing_to_hear(num_samples, value):
    samples = np.full((2, num_samples), value, np.float32)
    assert len(transcribe(Audio(samples, 8000), Run())) == 0


def test_hits_need_levels():
    assert hits(np.zeros((3, 0), np.float32)) == []
    assert hits(np.full((3, 100), -200, np.float32)) == []
    assert hits(np.full((3, 100), -30, np.float32)) == []
