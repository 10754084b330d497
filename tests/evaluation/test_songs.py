from dataclasses import replace

import numpy as np
import pytest

from toolkit.errors import ToolkitError
from toolkit.evaluation import old_records, songs, stem_metrics
from toolkit.values import DRUMS, Audio, Note, Notes, Stems

EVERY = (*songs.DEVELOPMENT, *songs.HELD_OUT)
BAND = Notes(
    tuple(
        Note(second, second + 0.8, pitch, velocity, program)
        for second in range(6)
        for pitch, velocity, program in (
            (60, 0.8, 0),
            (36, 0.8, 32),
            (38, 0.7, DRUMS),
            (72, 0.01, 40),
        )
    )
)


def test_the_lists():
    assert (len(songs.DEVELOPMENT), len(songs.HELD_OUT)) == (10, 20)
    assert len({song.name for song in EVERY}) == 30
    assert len({getattr(song.source, "groove", song.source) for song in EVERY}) == 30
    assert len({song.sha256 for song in EVERY}) == 30
    assert all(len(song.sha256) == 64 for song in EVERY)
    assert any(song.stereo for song in songs.HELD_OUT)


def test_programs_belong_to_stems():
    programs = {
        0: "piano",
        7: "piano",
        8: "other",
        31: "other",
        32: "bass",
        39: "bass",
        40: "other",
    }
    assert {program: songs.stem_of(program) for program in programs} == programs
    assert songs.stem_of(DRUMS) == "drums"
    parts = songs.by_stem(BAND)
    assert list(parts) == ["piano", "bass", "drums", "other"]
    assert [len(part) for part in parts.values()] == [6, 6, 6, 6]


def test_an_excerpt_lies_where_the_most_stems_sound():
    piano = [Note(second, second + 1, 60) for second in range(60)]
    bass = [Note(second, second + 1, 40, program=32) for second in range(20, 50)]
    drums = [Note(30 + second / 2, 30.25 + second / 2, 38, program=DRUMS) for second in range(20)]
    found = songs.excerpt(Notes((*piano, *bass, *drums)), 10)
    assert {songs.stem_of(note.program) for note in found} == {"piano", "bass", "drums"}
    assert sum(note.program == DRUMS for note in found) == 20
    assert found.duration <= 10
    assert found == songs.excerpt(Notes((*piano, *bass, *drums)), 10)


def test_an_excerpt_holds_what_begins_inside_and_ends_there():
    notes = Notes((Note(0, 3, 60), Note(3.5, 9, 62), Note(4, 4.5, 64), Note(9.5, 9.6, 65)))
    found = songs.excerpt(notes, 5)
    assert [note.pitch for note in found] == [60, 62, 64]
    assert max(note.offset for note in found) == 5


@pytest.mark.parametrize("stereo", [False, True])
def test_stems_have_their_levels(stereo):
    stems = songs.play(BAND, stereo=stereo)
    assert stems.shape == (4, 1 + stereo, 17 * songs.SAMPLE_RATE)
    assert stems.dtype == np.float32
    mixture = stems.sum(axis=0)
    assert stem_metrics.level_dbfs(mixture) == pytest.approx(-20, abs=0.01)
    # The violin is far too soft as it is written.
    soft = stem_metrics.level_dbfs(stems[3]) - stem_metrics.level_dbfs(mixture)
    assert soft == pytest.approx(-20, abs=0.3)
    if stereo:
        assert not np.array_equal(stems[2, 0], stems[2, 1])


def test_absent_stems_are_silent():
    stems = songs.play(Notes((Note(0, 1, 60), Note(0, 1, 38, program=DRUMS))))
    assert [bool(stem.any()) for stem in stems] == [True, False, True, False]


def clean(channels: int = 1) -> Stems:
    rng = np.random.default_rng(0)
    count = 2 * songs.SAMPLE_RATE
    time = np.arange(count) / songs.SAMPLE_RATE
    tones = (
        np.stack([0.1 * np.sin(2 * np.pi * pitch * time + turn) for turn in range(channels)])
        for pitch in (440, 110, 660)
    )
    piano, bass, other = (each.astype(np.float32) for each in tones)
    drums = (0.1 * rng.standard_normal((channels, count)) * (time % 0.5 < 0.05)).astype(np.float32)
    parts = (piano, bass, drums, other, np.zeros_like(piano))
    audio = (Audio(each, songs.SAMPLE_RATE) for each in parts)
    return Stems(dict(zip(songs.STEMS, audio, strict=True)))


@pytest.mark.parametrize("chain", old_records.CHAINS)
@pytest.mark.parametrize("channels", [1, 2])
def test_old_stems_are_filtered_alike_and_noise_is_what_is_added(chain, channels):
    true = clean(channels)
    worn = old_records.worn(true, chain, 3)
    assert list(worn) == list(songs.STEMS)
    assert worn.mixture().samples.shape == true.mixture().samples.shape
    again = old_records.worn(true, chain, 3)
    assert np.array_equal(worn.mixture().samples, again.mixture().samples)
    other = old_records.worn(true, chain, 4)
    assert not np.array_equal(worn.mixture().samples, other.mixture().samples)
    assert worn["noise"].samples.any()
    # Filters and wow are linear: the sum of what the stems became is what their sum becomes.
    silence = true["noise"]
    single = Stems({**dict.fromkeys(songs.STEMS[1:], silence), "piano": true["piano"]})
    alone = old_records.worn(single, chain, 3)
    assert np.allclose(alone["piano"].samples, worn["piano"].samples, atol=1e-6)
    whole = Stems({**dict.fromkeys(songs.STEMS[1:], silence), "piano": true.mixture()})
    music = sum(worn[name].samples for name in songs.STEMS[:-1])
    together = old_records.worn(whole, chain, 3)
    assert np.abs(together["piano"].samples - music).max() < 1e-5


def test_other_notes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    folder = tmp_path / "unpacked" / "openttd-openmsx"
    folder.mkdir(parents=True)
    import mido

    track = mido.MidiTrack([mido.Message("note_on", note=60, velocity=90)])
    track.append(mido.Message("note_off", note=60, time=480))
    mido.MidiFile(tracks=[track]).save(folder / "sham.mid")
    song = songs.Song("sham", "sham", "0" * 64)
    with pytest.raises(ToolkitError, match="sha256") as caught:
        songs.render(song)
    pinned = str(caught.value).split("sha256 ")[1][:64]
    first = songs.render(replace(song, sha256=pinned))
    assert first["piano"].samples.any()
    assert not first["noise"].samples.any()
    (folder / "sham.mid").unlink()
    cached = songs.render(replace(song, sha256=pinned))
    assert np.array_equal(first.mixture().samples, cached.mixture().samples)


@pytest.mark.slow  # needs Debian's openttd-openmsx and mma, as the suite itself does
@pytest.mark.parametrize("song", EVERY, ids=lambda song: song.name)
def test_every_song_has_its_notes_and_three_stems(song):
    notes = songs.song_notes(song)
    assert notes.duration <= songs.SECONDS
    assert sum(len(part) > 0 for part in songs.by_stem(notes).values()) >= 3
