import numpy as np
import pytest

from toolkit.adapters import soundfont
from toolkit.errors import ToolkitError
from toolkit.evaluation import music, pins
from toolkit.values import DRUMS, Note, Notes

QUICK = (0, 1, 7)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))


def test_the_list():
    pieces = (*music.DEVELOPMENT, *music.HELD_OUT)
    assert len(music.DEVELOPMENT) == len(music.HELD_OUT) == 10
    assert len({piece.name for piece in pieces}) == 20
    assert len({piece.work for piece in pieces}) == 20
    assert all(len(piece.sha256) == 64 for piece in pieces)


@pytest.mark.parametrize("piece", music.HELD_OUT, ids=lambda piece: piece.name)
@pytest.mark.slow
def test_every_piece_has_its_notes_and_its_level(piece):
    audio = music.render(piece)
    assert 8 <= audio.duration <= 12
    level = 10 * np.log10(np.mean(audio.samples.astype(np.float64) ** 2))
    assert level == pytest.approx(piece.level_db, abs=0.01)
    assert np.abs(audio.samples).max() <= 1


@pytest.mark.parametrize("index", QUICK)
def test_notes_are_the_pinned_ones(index):
    piece = music.HELD_OUT[index]
    assert pins.fingerprint(music.piece_notes(piece)) == piece.sha256


def test_other_notes_are_refused():
    from dataclasses import replace

    with pytest.raises(ToolkitError, match="sha256"):
        music.piece_notes(replace(music.HELD_OUT[0], tempo=100.0))


def test_a_render_is_the_same_from_the_cache_and_afresh(tmp_path):
    first = music.render(music.HELD_OUT[0])
    cached = music.render(music.HELD_OUT[0])
    (path,) = (tmp_path / "evaluation").glob("*.npy")
    path.unlink()
    again = music.render(music.HELD_OUT[0])
    assert np.array_equal(first.samples, cached.samples)
    assert np.array_equal(first.samples, again.samples)


def test_notes_sound_when_and_where_they_are_written():
    notes = Notes((Note(0.5, 1.0, 69, 0.8, 73), Note(1.5, 2.0, 57, 0.8, 73)))
    audio = soundfont.play(notes, sample_rate=22050)
    assert audio.num_channels == 2
    assert audio.duration == pytest.approx(3.0)
    wave = audio.samples.mean(axis=0)
    assert np.abs(wave[:11000]).max() < 1e-4
    for begin, frequency in ((0.6, 440), (1.6, 220)):
        part = wave[int(begin * 22050) :][:8000]
        peak = np.argmax(np.abs(np.fft.rfft(part * np.hanning(8000)))) * 22050 / 8000
        ratio = peak / frequency
        assert min(abs(ratio - harmonic) for harmonic in (1, 2, 3)) < 0.02


def test_drums_play():
    notes = Notes((Note(0.0, 0.2, 38, 0.9, DRUMS),))
    assert np.abs(soundfont.play(notes).samples).max() > 0.01


def test_too_many_programs_are_refused():
    notes = Notes(tuple(Note(0, 1, 60, 0.5, program) for program in range(16)))
    with pytest.raises(ValueError, match="16 programs"):
        soundfont.play(notes)
