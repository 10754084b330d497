import numpy as np
import pytest
import soundfile

from toolkit.adapters import soundfont
from toolkit.errors import ToolkitError
from toolkit.training import grand, players
from toolkit.values import DRUMS, Note

RATE = players.SAMPLE_RATE
SYNTHESIS = {"name": "s", "package": "-", "form": "synthesis", "plays": ["bass", "drums"]}


def frequency_of(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    lowest = np.flatnonzero(spectrum > 0.2 * spectrum.max())[0]
    near = slice(max(lowest - 20, 0), lowest + 20)
    return (near.start + np.argmax(spectrum[near])) * RATE / (1 << 18)


@pytest.fixture
def piano(tmp_path, monkeypatch):
    """A piano whose tones are sines, the loud ones with an overtone; and a SoundFont."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    players._player.cache_clear()
    grand._layers.cache_clear()
    folder = tmp_path / "unpacked" / "a-grand"
    folder.mkdir(parents=True)
    time = np.arange(2 * RATE) / RATE
    for layer, overtone in ((3, 0.0), (13, 1.0)):
        for name, pitch in (("A3", 57), ("C4", 60), ("D#4", 63)):
            hz = 440 * 2 ** ((pitch - 69) / 12)
            tone = np.sin(2 * np.pi * hz * time) + overtone * np.sin(4 * np.pi * hz * time)
            soundfile.write(folder / f"{name}v{layer}.ogg", 0.3 * tone, RATE)
    font = tmp_path / "unpacked" / "a-font"
    font.mkdir()
    (font / "font.sf2").symlink_to(soundfont.general_midi())
    return {"name": "g", "package": "a-grand", "form": "grand", "plays": ["piano"]}


def test_a_grand_chooses_its_layer_by_velocity(piano):
    tones = grand.instrument("a-grand", 2)
    soft, loud = (tones(Note(0, 1, 58, velocity)) for velocity in (0.2, 0.9))
    assert soft.pitch == loud.pitch == 57

    def overtone(tone):
        spectrum = np.abs(np.fft.rfft(tone.samples[: 2 * RATE]))
        return spectrum[880] / spectrum[440]

    spectra = [overtone(tone) for tone in (soft, loud)]
    assert spectra[0] < 0.05 < 0.5 < spectra[1]
    assert grand.instrument("a-grand", 1)(Note(0, 1, 58, 0.2)) is loud


def test_a_missing_grand_says_what_to_unpack(piano):
    with pytest.raises(ToolkitError, match="not here") as caught:
        grand.instrument("no-grand", 1)
    assert "piano-velocity" in caught.value.hint


@pytest.mark.parametrize("seed", range(6))
def test_moved_instruments_play_what_is_written_when_it_is_written(piano, seed):
    notes = (Note(0.5, 1.5, 60, 0.8), Note(2.0, 2.6, 64, 0.8))
    found = players.perform(notes, "piano", [piano], np.random.default_rng(seed), 4 * RATE)
    assert found.dtype == np.float32
    assert np.abs(found).max() == pytest.approx(0.7, abs=1e-3)
    assert np.abs(found[: int(0.48 * RATE)]).max() < 0.01
    assert np.abs(found[int(0.5 * RATE) : int(0.55 * RATE)]).max() > 0.1
    assert frequency_of(found[int(0.6 * RATE) : int(1.4 * RATE)]) == pytest.approx(261.6, rel=0.01)
    assert frequency_of(found[int(2.05 * RATE) : int(2.55 * RATE)]) == pytest.approx(
        329.6, rel=0.01
    )


def test_soundfonts_play_and_silence_stays_silent(piano):
    font = {"name": "f", "package": "a-font", "file": "font.sf2", "plays": ["other"]}
    rng = np.random.default_rng(0)
    found = players.perform((Note(0.1, 1.0, 69, 0.9, 40),), "other", [font], rng, 2 * RATE)
    assert np.abs(found).max() == pytest.approx(0.7, abs=1e-3)
    assert not players.perform((), "other", [font], rng, 2 * RATE).any()


def test_only_who_plays_a_class_is_asked(piano):
    notes = (Note(0.1, 0.6, 40, 0.9, 33),)
    rng = np.random.default_rng(0)
    found = players.perform(notes, "bass", [piano, SYNTHESIS], rng, RATE)
    assert np.abs(found).max() == pytest.approx(0.7, abs=1e-3)
    drums = (Note(0.1, 0.2, 36, 0.9, DRUMS),)
    assert players.perform(drums, "drums", [piano, SYNTHESIS], rng, RATE).any()
