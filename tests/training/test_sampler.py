import numpy as np
import pytest
import soundfile

from toolkit.training import sampler
from toolkit.training.sampler import Tone, nearest, play, sounding
from toolkit.values import Note

RATE = sampler.SAMPLE_RATE


def sine(frequency, seconds):
    return np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


def frequency_of(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    return np.argmax(spectrum) * RATE / (1 << 18)


@pytest.mark.parametrize("pitch", [45, 57, 69, 76])
def test_a_tone_sounds_at_the_note_s_pitch(pitch):
    tone = Tone(sine(441.0, 3), pitch=69 + 12 * np.log2(441 / 440))
    found = sounding(tone, pitch, 1.0)
    assert frequency_of(found[:RATE]) == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=1e-3)


def test_a_loop_lasts_as_long_as_its_key_is_held():
    period = 50
    tone = Tone(sine(RATE / period, 0.2), pitch=69.0, loop=(1000.0, 1000.0 + 4 * period))
    found = sounding(tone, 69, 2.0)
    plain = np.sin(2 * np.pi * np.arange(2 * RATE) / period)
    np.testing.assert_allclose(found[: 2 * RATE - 100], plain[:-100], atol=1e-3)


def test_release_falls_by_60_db_in_its_time():
    tone = Tone(sine(1000.0, 4), pitch=69.0, release=0.5)
    found = sounding(tone, 69, 1.0)
    before = np.abs(found[int(0.9 * RATE) : RATE]).max()
    after = np.abs(found[int(1.24 * RATE) : int(1.26 * RATE)]).max()
    assert 20 * np.log10(after / before) == pytest.approx(-30, abs=1.5)


def test_an_envelope_is_followed_in_decibels():
    tone = Tone(np.ones(2 * RATE, np.float32), pitch=60.0, decibels=((0.0, 0.0), (1.0, -40.0)))
    found = sounding(tone, 60, 1.5)
    assert 20 * np.log10(found[RATE // 2]) == pytest.approx(-20, abs=0.1)
    assert 20 * np.log10(found[int(1.2 * RATE)]) == pytest.approx(-40, abs=0.1)


def test_notes_are_added_at_their_times_and_drums_ring_on():
    tone = Tone(np.full(1000, 0.5, np.float32))
    notes = [Note(0.1, 0.11, 40, 1.0), Note(0.1, 0.2, 41, 1.0), Note(9.0, 9.1, 40, 1.0)]
    found = play(notes, lambda note: tone if note.pitch == 40 else None, RATE)
    naive = np.zeros(RATE, np.float32)
    naive[2205:3205] += 0.5
    np.testing.assert_array_equal(found, naive)


def test_softer_notes_are_softer():
    tone = Tone(np.ones(100, np.float32))
    soft, loud = (play([Note(0, 1, 40, v)], lambda _: tone, 200).max() for v in (0.4, 0.8))
    assert loud / soft == pytest.approx(2**1.6, rel=1e-5)


def test_recordings_are_read_at_the_rate_and_peak_of_all(tmp_path):
    path = tmp_path / "tone.wav"
    stereo = 0.25 * np.stack([sine(500, 4)[: 4 * 11025]] * 2, axis=1)
    soundfile.write(path, stereo, 11025)
    found = sampler.load(path, longest=2.0)
    assert found.shape == (2 * RATE,)
    assert np.abs(found).max() == pytest.approx(1, abs=1e-6)
    assert frequency_of(found) == pytest.approx(250, rel=1e-3)


def test_the_nearest_tone_is_taken():
    tones = {pitch: Tone(np.zeros(1, np.float32), pitch=float(pitch)) for pitch in (40, 50)}
    assert nearest(tones, 44).pitch == 40
    assert nearest(tones, 46).pitch == 50
