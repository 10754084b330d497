"""Arrangements are rendered as stems of four classes, once."""

import numpy as np
import pretty_midi
import pytest

from toolkit.training import bands, sources
from toolkit.training.separating import open_corpus

PLAYER = {
    "name": "synthesis",
    "form": "synthesis",
    "package": "-",
    "plays": ["piano", "bass", "drums", "other"],
}


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """One song of a songbook, and synthesizers that play it."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    folder = tmp_path / "unpacked" / "pop909" / "001"
    folder.mkdir(parents=True)
    song = pretty_midi.PrettyMIDI(initial_tempo=100)
    for name, base in (("MELODY", 74), ("PIANO", 45)):
        part = pretty_midi.Instrument(0, name=name)
        part.notes = [
            pretty_midi.Note(80, base + step % 7, 0.6 * step, 0.6 * step + 0.5)
            for step in range(30)
        ]
        song.instruments.append(part)
    song.write(str(folder / "001.mid"))
    table = {"arrangements": 5, "font": [PLAYER]}
    return sources.Ledger(music=(), soundfonts=(), scores={"composers": []}, midi=(), bands=table)


def test_chance_and_songs_become_stems(ledger):
    folder = sources.prepared() / "train" / "arrangements"
    folder.mkdir(parents=True)
    # The second needs the scores' corpus, the third and fourth the program that plays grooves.
    for number in (1, 2, 3):
        np.save(folder / f"{number:04d}.npy", np.zeros((4, 100), np.int16))
    written = list(bands.prepare_arrangements(ledger))
    assert [path.stem for path in written] == ["0000", "0004"]
    for path in written:
        stems = np.load(path)
        assert stems.dtype == np.int16
        assert stems.shape[0] == len(bands.CLASSES)
        heard = np.abs(stems.astype(int)).max(axis=1)
        assert sum(heard > 0) >= 2
        assert set(heard) <= {0, round(0.7 * 32767)}
    assert list(bands.prepare_arrangements(ledger)) == []


def test_arrangements_are_songs_of_the_corpus(ledger):
    folder = sources.prepared() / "train"
    for name in ("arrangements/0000.npy", "bands/0001.npy"):
        (folder / name).parent.mkdir(parents=True)
        np.save(folder / name, np.zeros((4, 22050), np.int16))
    sources.save(folder / "noises" / "0.npy", np.ones(22050))
    corpus = open_corpus("train")
    assert len(corpus.songs) == 2
    assert corpus.hours == pytest.approx(2 / 3600)
