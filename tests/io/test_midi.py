import io
import struct
from itertools import pairwise

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError, UsageError
from toolkit.io.midi import RESOLUTION, decode, encode, is_midi, read, write
from toolkit.io.timeline import Timeline, count, follow
from toolkit.values import DRUMS, Note, Notes

STEP = 1 / 512


@st.composite
def performances(draw):
    """Return notes on a fine grid, no two of a pitch and program overlapping, some tempo map."""
    notes, ends = [], {}
    programs = draw(st.lists(st.integers(0, DRUMS), min_size=1, max_size=20, unique=True))
    for _ in range(draw(st.integers(0, 25))):
        program = draw(st.sampled_from(programs))
        pitch = draw(st.integers(0, 127))
        begin = ends.get((program, pitch), 0) + draw(st.integers(0, 4000))
        end = begin + draw(st.integers(2, 3000))
        ends[program, pitch] = end
        velocity = draw(st.integers(1, 127)) / 127
        notes.append(Note(begin * STEP, end * STEP, pitch, velocity, program))
    gaps = draw(st.lists(st.floats(0.2, 5), max_size=8))
    times = [0.0, *np.cumsum(gaps).tolist()]
    tempos = [draw(st.floats(30, 300)) for _ in times]
    return Notes(tuple(notes), tempo_map=tuple(zip(times, tempos, strict=True)))


def key_of(note):
    return note.program, note.pitch, note.onset


def parsed(data):
    return mido.MidiFile(file=io.BytesIO(data))


def channels_of(data):
    file = parsed(data)
    return {
        message.channel for track in file.tracks for message in track if message.type == "note_on"
    }


def outcome(data):
    try:
        decode(data)
    except InputError as error:
        return error
    return None


@settings(max_examples=30)
@given(performances())
def test_what_is_written_is_read_back_within_half_a_tick(notes):
    back = decode(encode(notes))
    assert len(back) == len(notes)
    # The slowest tempo of the strategy has the longest ticks.
    half_a_tick = 0.5 * 60 / 29 / RESOLUTION
    for before, after in zip(sorted(notes, key=key_of), sorted(back, key=key_of), strict=True):
        assert (before.program, before.pitch) == (after.program, after.pitch)
        assert after.onset == pytest.approx(before.onset, abs=half_a_tick)
        assert after.offset == pytest.approx(before.offset, abs=half_a_tick)
        assert after.velocity == pytest.approx(before.velocity, abs=1e-9)


@settings(max_examples=25)
@given(performances())
def test_tempo_map_is_read_back(notes):
    back = decode(encode(notes))
    assert len(back.tempo_map) == len(notes.tempo_map)
    for (time, tempo), (time_back, tempo_back) in zip(notes.tempo_map, back.tempo_map, strict=True):
        assert time_back == pytest.approx(time, abs=0.002)
        # A segment of 0.2 s at 30 a minute has 96 ticks, of which half a one may be missing.
        assert tempo_back == pytest.approx(tempo, rel=0.6 / 96)


@settings(max_examples=25)
@given(performances())
def test_other_readers_agree(notes):
    """Compare with the times that mido's own clock gives to the note-on events."""
    seconds, heard = 0.0, []
    for message in parsed(encode(notes)):
        seconds += message.time
        if message.type == "note_on":
            heard.append((seconds, message.note))
    expected = sorted((note.onset, note.pitch) for note in notes)
    assert len(heard) == len(expected)
    assert np.allclose(
        sorted(time for time, _ in heard), [time for time, _ in expected], atol=0.0011, rtol=0
    )
    assert sorted(pitch for _, pitch in heard) == sorted(note.pitch for note in notes)


@given(st.binary(max_size=300))
def test_any_bytes_are_notes_or_an_error_with_a_hint(data):
    with pytest.raises(InputError) as caught:
        decode(data)
    assert caught.value.hint


@settings(max_examples=60)
@given(performances(), st.data())
def test_a_damaged_file_is_notes_or_an_error_with_a_hint(notes, data):
    whole = bytearray(encode(notes))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for damaged in (bytes(whole), bytes(whole[:cut])):
        error = outcome(damaged)
        assert error is None or (error.hint and "\n" not in error.message)


def test_steady_beats_fall_on_whole_quarters():
    """A beat-wise tempo map, each rounded tempo of which would by itself drift off the grid."""
    rng = np.random.default_rng(4)
    beats = np.concatenate([[0], np.cumsum(rng.uniform(0.3, 0.9, 3000))])
    tempo_map = tuple((float(begin), float(60 / (end - begin))) for begin, end in pairwise(beats))
    line = follow(Notes(tempo_map=tempo_map), 480)
    ticks = np.array([line.tick(time) for time in beats[:-1]])
    assert np.array_equal(ticks, 480 * np.arange(3000))
    assert max(abs(line.time(480 * k) - beats[k]) for k in range(3000)) < 1e-6


def test_timeline_of_a_file_adds_up_segments():
    line = count([(480, 250_000), (960, 1_000_000)], 480)
    assert [line.time(tick) for tick in (0, 480, 960, 1440)] == [0, 0.5, 0.75, 1.75]
    assert [line.tick(time) for time in (0, 0.5, 0.75, 1.75)] == [0, 480, 960, 1440]


def test_tempo_changes_closer_than_a_tick_are_one():
    line = follow(Notes(tempo_map=((0, 100), (1e-7, 50), (1, 60))), 480)
    assert isinstance(line, Timeline)
    assert len(line.segments) == 2
    assert line.time(line.tick(1.0)) == pytest.approx(1.0, abs=1e-3)


def test_meters_keys_and_pedal_are_kept():
    notes = Notes(
        (Note(0, 1, 60), Note(4, 5, 61)),
        tempo_map=((0, 90),),
        meters=((0, 3, 4), (4, 6, 8)),
        keys=((0, "F# minor"), (4, "Eb major")),
        pedal=((0.1, 0.9), (0.9, 2), (3, 3)),
    )
    back = decode(encode(notes))
    assert [each[1:] for each in back.meters] == [(3, 4), (6, 8)]
    assert [name for _, name in back.keys] == ["F# minor", "Eb major"]
    assert np.allclose(back.pedal, [(0.1, 0.9), (0.9, 2)], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("G# major", "Ab major"),
        ("Db minor", "C# minor"),
        ("A# minor", "Bb minor"),
        ("C major",) * 2,
    ],
)
def test_keys_without_a_signature_take_the_other_spelling(name, kept):
    assert decode(encode(Notes(keys=((0, name),)))).keys == ((0, kept),)


def test_no_notes_are_a_valid_file():
    data = encode(Notes())
    assert len(parsed(data).tracks) == 1
    assert len(decode(data)) == 0


def test_one_track_a_part_though_two_play_the_same_instrument():
    first = Notes((Note(0.0, 1.0, 60, 0.5, 48), Note(0.5, 1.0, 64, 0.5, 48)))
    second = Notes((Note(0.0, 1.0, 60, 0.5, 48),), pedal=((0.0, 1.0),))
    drums = Notes((Note(0.0, 0.1, 38, 0.5, DRUMS),))
    parts = {"violins 1": first, "violins 2": second, "drums": drums}
    whole = Notes(tuple(note for part in parts.values() for note in part))
    tracks = parsed(encode(whole, parts=parts)).tracks
    assert [track.name for track in tracks] == ["Conductor", *parts]
    counts = [sum(message.type == "note_on" for message in track) for track in tracks]
    assert counts == [0, 2, 1, 1]
    channels = [{m.channel for m in track if m.type == "note_on"} for track in tracks[1:]]
    assert channels == [{0}, {1}, {9}]
    assert [any(m.type == "control_change" for m in track) for track in tracks[1:]] == [
        False,
        True,
        False,
    ]


def test_one_track_a_program_with_name_and_channel():
    notes = Notes(tuple(Note(0, 1, 60, 0.5, program) for program in (0, 33, DRUMS)))
    file = parsed(encode(notes))
    names = [track.name for track in file.tracks]
    assert names == ["Conductor", "Acoustic Grand Piano", "Electric Bass (finger)", "Drums"]
    assert channels_of(encode(notes)) == {0, 1, 9}
    assert [m.program for track in file.tracks for m in track if m.type == "program_change"] == [
        0,
        33,
    ]


def test_more_programs_than_channels_use_another_port():
    notes = Notes(tuple(Note(0, 1, 60, 0.5, program) for program in range(40)))
    data = encode(notes)
    ports = [m.port for track in parsed(data).tracks for m in track if m.type == "midi_port"]
    assert sorted(ports) == [1] * 15 + [2] * 10
    assert 9 not in channels_of(data)
    assert sorted(note.program for note in decode(data)) == list(range(40))


def test_pedal_moves_before_notes_end():
    notes = Notes((Note(0, 1, 60),), pedal=((0.5, 1.0), (1.0, 2.0)))
    tick, at_one = 0, []
    for message in parsed(encode(notes)).tracks[1]:
        tick += message.time
        if tick == 2 * RESOLUTION:
            at_one.append((message.type, getattr(message, "value", None)))
    assert at_one == [("control_change", 0), ("control_change", 127), ("note_off", None)]


def test_pedal_without_notes_has_a_piano():
    assert np.allclose(decode(encode(Notes(pedal=((1, 2),)))).pedal, [(1, 2)])


def test_a_pitch_that_begins_again_ends_the_first():
    back = decode(encode(Notes((Note(0, 2, 60), Note(1, 1.5, 60), Note(1, 3, 60)))))
    assert [(note.onset, note.offset) for note in back] == [(0, 1), (1, 3)]


def test_bends_of_overlapping_notes_do_not_mix():
    low = ((0.0, 0.0), (0.5, -0.5), (0.9, -1.0))
    high = ((0.25, 1.0), (0.75, 3.0))
    notes = Notes((Note(0, 1, 40, bends=low), Note(0.25, 1.25, 60, bends=high), Note(1.3, 2, 62)))
    back = decode(encode(notes, bends=True))
    for before, after in zip(notes, back, strict=True):
        bent = [each for each in after.bends if each[1] != 0]
        wanted = [each for each in before.bends if each[1] != 0]
        assert np.allclose(np.array(bent), np.array(wanted), atol=12 / 8192)
    assert len(channels_of(encode(notes, bends=True))) == 2
    assert all(not note.bends for note in decode(encode(notes)))


def chunk(name, data):
    return name + struct.pack(">I", len(data)) + data


def smf(kind, division, *tracks):
    header = chunk(b"MThd", struct.pack(">HHh", kind, len(tracks), division))
    return header + b"".join(chunk(b"MTrk", track) for track in tracks)


END = b"\x00\xff\x2f\x00"


def test_running_status_and_note_on_of_velocity_zero():
    track = b"\x00\x90\x3c\x40\x60\x3c\x00\x00\x3e\x40\x60\x3e\x00" + END
    notes = decode(smf(0, 96, track))
    assert [(n.onset, n.offset, n.pitch) for n in notes] == [(0, 0.5, 60), (0.5, 1, 62)]


def test_events_of_one_channel_in_several_tracks():
    program = b"\x00\xc3\x28" + END
    play = b"\x01\x93\x3c\x40\x60\x83\x3c\x40" + END
    (note,) = decode(smf(1, 96, program, play))
    assert note.program == 40


def test_unisons_are_paired_in_order_and_open_notes_end_with_the_file():
    track = b"\x00\x90\x3c\x40\x60\x90\x3c\x40\x60\x80\x3c\x00\x60\x90\x40\x40\x60" + END[1:]
    notes = decode(smf(0, 96, track))
    assert [(n.onset, n.offset, n.pitch) for n in notes] == [
        (0, 1, 60),
        (0.5, 2, 60),
        (1.5, 2, 64),
    ]


def test_film_frames_count_seconds():
    # -25 frames a second of 40 ticks: a tick is a millisecond.
    division = struct.unpack(">h", struct.pack(">bB", -25, 40))[0]
    (note,) = decode(smf(0, division, b"\x64\x90\x3c\x40\x64\x80\x3c\x40" + END))
    assert (note.onset, note.offset) == pytest.approx((0.1, 0.2))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF0000WAVE",
        b"MThd",
        smf(2, 96, END),
        smf(0, 0, END),
        smf(0, 96, b"\x00\x90\x3c")[:-1],
        smf(0, 96, b"\x00\x3c\x40" + END),
    ],
)
def test_what_is_broken_is_refused(data, tmp_path):
    path = tmp_path / "x.mid"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.mid") as caught:
        read(path)
    assert caught.value.hint


def test_files(tmp_path):
    path = tmp_path / "x.mid"
    sha256 = write(path, Notes((Note(0, 1, 60),)))
    assert len(sha256) == 64
    assert is_midi(path)
    assert not is_midi(tmp_path)
    assert len(read(path)) == 1
    with pytest.raises(UsageError, match="exists"):
        write(path, Notes())
    write(path, Notes(), force=True)
    assert len(read(path)) == 0
    with pytest.raises(InputError, match="cannot read"):
        read(tmp_path / "none.mid")
