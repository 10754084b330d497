import hashlib
import tomllib

import pretty_midi
import pytest
import soundfile

from toolkit.registry import folder

SAMPLES = folder("samples")
SOURCES = tomllib.loads((SAMPLES / "SOURCES.toml").read_text(encoding="utf-8"))
FIELDS = {"file", "sha256", "title", "artist", "date", "origin", "license", "format"}


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_every_sample_is_described_and_is_what_it_was(source):
    assert set(source) == FIELDS
    assert all(source.values())
    content = (SAMPLES / source["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == source["sha256"]
    assert len(content) < 6_000_000


def test_nothing_lies_there_undescribed():
    audio = {path for path in SAMPLES.iterdir() if path.suffix in {".flac", ".mid", ".wav"}}
    # A newcomer's first command leaves its result beside the sample.
    results = {path for path in audio if path.stem.endswith((".restored", ".removed", ".preview"))}
    described = {source["file"] for source in SOURCES.values()}
    assert {path.name for path in audio - results} == described


def test_the_prelude_begins_as_its_midi_file_does():
    info = soundfile.info(SAMPLES / "prelude.flac")
    assert (info.samplerate, info.channels, info.subtype) == (44100, 2, "PCM_16")
    midi = pretty_midi.PrettyMIDI(str(SAMPLES / "prelude.mid"))
    (piano,) = midi.instruments
    first = [note.pitch for note in sorted(piano.notes, key=lambda note: note.start)[:8]]
    assert first == [60, 64, 67, 72, 76, 67, 72, 76]
    assert len(piano.notes) == 549
    assert 60 < info.duration < midi.get_end_time()
