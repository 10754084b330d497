"""Every chunk of a source has its fate in a derivative; wavinfo and MediaInfo agree with us."""

import io
import json
import struct

import numpy as np
import pymediainfo
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wavinfo import WavInfoReader

from toolkit import __version__
from toolkit.dsp.loudness import measure_loudness
from toolkit.errors import InputError, UsageError
from toolkit.io.audio_file import read, write
from toolkit.io.riff import parse
from toolkit.run import Run
from toolkit.values import Audio

CONTAINERS = ["wav", "rf64", "bw64", "w64"]
RATE, COUNT = 48000, 4 * 48000
SOFTWARE = f"tonearm {__version__}"
HISTORY = b"A=ANALOGUE,M=mono,T=Studer A807\r\nA=PCM,F=48000,W=24,M=mono,T=ADC\r\n"


def sub_chunk(id, text):
    return id + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)


def bext(version=2, history=HISTORY):
    fixed = b"Cylinder 42, side A".ljust(256, b"\0") + b"Sound Archive".ljust(32, b"\0")
    fixed += b"REF-0042".ljust(32, b"\0") + b"1999-12-31" + b"23:59:59"
    fixed += struct.pack("<QH", 10**10, version) + bytes(range(1, 65))
    fixed += struct.pack("<5h", -1234, 567, -89, -1000, -1100) + bytes(180)
    return fixed + history


INFO = (
    b"INFO" + sub_chunk(b"INAM", b"Title\0") + sub_chunk(b"IARL", b"Shelf 7\0\0\0")
    + sub_chunk(b"ISFT", b"Old recorder 1.0\0") + sub_chunk(b"XYZW", b"odd")
)  # fmt: skip
CUE = struct.pack("<I", 2) + b"".join(
    struct.pack("<II4sIII", id, at, b"data", 0, 0, at) for id, at in ((1, 12000), (2, 36000))
)
LTXT = struct.pack("<II4sHHHH", 1, 6000, b"rgn ", 0, 0, 0, 0)
ADTL = b"adtl" + sub_chunk(b"labl", struct.pack("<I", 1) + b"Verse\0") + sub_chunk(b"ltxt", LTXT)
SMPL = struct.pack("<9I", 0, 0, 20833, 60, 0, 0, 0, 1, 0) + struct.pack("<6I", 1, 0, 100, 900, 0, 0)
IXML = b'<?xml version="1.0" encoding="UTF-8"?><BWFXML><PROJECT>Old songs</PROJECT></BWFXML>'
AXML = b'<?xml version="1.0"?><ebuCoreMain/>'
VERBATIM = {
    b"iXML": IXML,
    b"axml": AXML,
    b"_PMX": b"<x:xmpmeta/>",
    b"cart": b"0101Spot".ljust(2048, b"\0"),
    b"id3 ": b"ID3\x03\0\0\0\0\0\0",
    b"JUNK": bytes(33),
    b"chna": bytes(4),
    b"zOdd": b"\x01\x02\x03",
}
STALE = {b"MD5 ": bytes(16), b"PEAK": bytes(16), b"levl": bytes(120), b"C2PA": b"signed"}


@pytest.fixture
def source(tmp_path, build_file, fmt, rng):
    """Return a function that writes a file with every chunk we know and returns its path."""

    def make(container="wav", version=2, samples=None, chunks=None):
        samples = rng.integers(-(2**13), 2**13, COUNT) if samples is None else samples
        data = samples.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        stale = list(STALE.items())
        before = chunks or [
            (b"bext", bext(version)),
            (b"LIST", INFO),
            *stale[:2],
            (b"fact", struct.pack("<I", len(samples))),
            *list(VERBATIM.items())[:4],
        ]
        after = [(b"cue ", CUE), (b"LIST", ADTL), (b"smpl", SMPL)]
        after = [] if chunks else [*after, *list(VERBATIM.items())[4:], *stale[2:]]
        path = tmp_path / f"source.{container.replace('bw64', 'wav').replace('rf64', 'wav')}"
        fmt_chunk = (b"fmt ", fmt(size=3, rate=RATE))
        path.write_bytes(
            build_file(container, [before[0], fmt_chunk, *before[1:], (b"data", data), *after])
        )
        return path

    return make


def chunks_of(path):
    raw = path.read_bytes()
    layout = parse(io.BytesIO(raw), len(raw))
    assert not layout.problems
    assert not layout.warnings
    return [(chunk.id, chunk.load(io.BytesIO(raw))) for chunk in layout.chunks]


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_derivative_has_every_chunk_by_policy_in_order(container, source, tmp_path, run, rng):
    path = source(container)
    recording = read(path, run)
    target = tmp_path / f"target{path.suffix}"
    written = write(target, recording.audio, recording, rng=rng, history="declick 0.7, gently")
    before, after = chunks_of(path), chunks_of(target)
    kept = [(id, payload) for id, payload in before if id not in STALE]
    assert [id for id, _ in after] == [id for id, _ in kept]
    for (id, old), (_, new) in zip(kept, after, strict=True):
        if id == b"bext":
            check_bext(old, new, recording.audio)
        elif (id, old) == (b"LIST", INFO):
            assert new == INFO.replace(
                sub_chunk(b"ISFT", b"Old recorder 1.0\0"),
                sub_chunk(b"ISFT", SOFTWARE.encode() + b"\0"),
            )
        else:
            assert new == old
    assert any("C2PA" in note for note in written.warnings)
    assert written.format == recording.format


def check_bext(old, new, audio):
    line = f"A=PCM,F=48000,W=24,M=mono,T={SOFTWARE}; declick 0.7; gently\r\n".encode()
    assert new[602:] == old[602:] + line
    assert new[:348] == old[:348]
    assert new[348:412] == bytes(64)
    loudness = measure_loudness(audio.samples, audio.sample_rate)
    assert struct.unpack("<5h", new[412:422]) == tuple(
        round(100 * value)
        for value in (
            loudness.integrated_lufs,
            loudness.range_lu,
            loudness.true_peak_db,
            loudness.momentary_max,
            loudness.short_term_max,
        )
    )
    assert new[422:602] == old[422:602]


@pytest.mark.parametrize("container", ["wav", "rf64"])
def test_wavinfo_and_mediainfo_read_what_was_written(container, source, tmp_path, run, rng):
    path = source(container)
    recording = read(path, run)
    target = tmp_path / "target.wav"
    write(target, recording.audio, recording, rng=rng, history="restore")
    told = WavInfoReader(str(target))
    assert (told.fmt.sample_rate, told.fmt.bits_per_sample, told.fmt.channel_count) == (RATE, 24, 1)
    assert told.data.frame_count == COUNT
    assert told.bext.description == "Cylinder 42, side A"
    assert told.bext.originator_ref == "REF-0042"
    assert told.bext.version == 2
    loudness = measure_loudness(recording.audio.samples, recording.audio.sample_rate)
    assert told.bext.loudness_value == round(100 * loudness.integrated_lufs) / 100
    assert told.bext.coding_history.splitlines() == [
        *HISTORY.decode().splitlines(),
        f"A=PCM,F=48000,W=24,M=mono,T={SOFTWARE}; restore",
    ]
    assert (told.info.title, told.info.archival_location) == ("Title", "Shelf 7")
    assert told.info.software == SOFTWARE
    assert told.ixml.project == "Old songs"
    assert [cue.name for cue in told.cues.cues] == [1, 2]
    media = json.loads(pymediainfo.MediaInfo.parse(target, output="JSON"))["media"]["track"]
    general, audio = media[0], next(track for track in media if track["@type"] == "Audio")
    assert general["Title"] == "Title"
    assert general["Producer"] == "Sound Archive"
    assert general["Description"] == "Cylinder 42, side A"
    assert (audio["BitDepth"], audio["SamplingRate"], audio["Channels"]) == ("24", "48000", "1")
    assert int(audio["SamplingCount"]) == COUNT
    assert "IsTruncated" not in general


def test_mediainfo_and_libsndfile_read_our_w64(source, tmp_path, run, rng):
    # MediaInfo loses its way behind a chunk whose size is no multiple of eight, padded or not.
    recording = read(source("w64", chunks=[(b"zzzz", bytes(8))]), run)
    write(tmp_path / "t.w64", recording.audio, recording, rng=rng)
    media = json.loads(pymediainfo.MediaInfo.parse(tmp_path / "t.w64", output="JSON"))
    audio = next(track for track in media["media"]["track"] if track["@type"] == "Audio")
    assert (audio["BitDepth"], audio["SamplingRate"]) == ("24", "48000")
    recording = read(source("w64"), run)
    write(tmp_path / "u.w64", recording.audio, recording, rng=rng)
    # libsndfile takes whatever lies behind the audio for audio.
    samples, _ = soundfile.read(tmp_path / "u.w64", dtype="float32", frames=COUNT)
    assert np.array_equal(samples, recording.audio.samples[0])


@pytest.mark.parametrize("old", CONTAINERS)
@pytest.mark.parametrize("suffix", [".wav", ".rf64", ".w64", ".bw64"])
def test_chunks_move_between_containers(old, suffix, source, tmp_path, run, rng):
    recording = read(source(old), run)
    target = tmp_path / f"target{suffix}"
    write(target, recording.audio, recording, rng=rng)
    again = read(target, run)
    assert np.array_equal(again.audio.samples, recording.audio.samples)
    assert dict(chunks_of(target))[b"iXML"] == IXML
    assert [id for id, _ in chunks_of(target)] == [
        chunk.id for chunk in recording.chunks if chunk.id not in STALE
    ]


def test_a_bext_without_loudness_is_given_none(source, tmp_path, run, rng):
    for version in (0, 1):
        recording = read(source(version=version), run)
        write(tmp_path / "t.wav", recording.audio, recording, rng=rng, force=True)
        old, new = bext(version), dict(chunks_of(tmp_path / "t.wav"))[b"bext"]
        assert new[412:602] == old[412:602]
        assert (new[348:412] == old[348:412]) == (version == 0)


def test_silence_leaves_loudness_unset(source, tmp_path, run, rng):
    recording = read(source(samples=np.zeros(5 * RATE, int)), run)
    write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    new = dict(chunks_of(tmp_path / "t.wav"))[b"bext"]
    integrated, span, peak, momentary, short = struct.unpack("<5h", new[412:422])
    assert (integrated, peak, momentary, short) == (0x7FFF,) * 4
    assert span == 0


@pytest.mark.parametrize("history", [b"", b"A=PCM,T=no end of line", HISTORY + bytes(9)])
def test_exactly_one_line_of_history_is_added(history, source, tmp_path, run, rng):
    path = source(chunks=[(b"bext", bext(1, history))])
    for generation in (1, 2):
        recording = read(path, run)
        path = tmp_path / f"generation{generation}.wav"
        write(path, recording.audio, recording, rng=rng, history="a\r\nA=FAKE,")
        lines = dict(chunks_of(path))[b"bext"][602:].decode().split("\r\n")
        assert lines.pop() == ""
        assert lines[: -generation or None] == history.rstrip(b"\0").decode().splitlines()
        assert lines[-1] == f"A=PCM,F=48000,W=24,M=mono,T={SOFTWARE}; a A=FAKE;"


def test_counting_chunks_follow_the_sample_rate(source, tmp_path, run, rng):
    recording = read(source(), run)
    half = Audio(np.zeros((1, COUNT // 2), np.float32), RATE // 2)
    write(tmp_path / "t.wav", half, recording, rng=rng)
    chunks = chunks_of(tmp_path / "t.wav")
    points = [struct.unpack_from("<II4sIII", dict(chunks)[b"cue "], 4 + 24 * i) for i in (0, 1)]
    assert [(point[1], point[5]) for point in points] == [(6000, 6000), (18000, 18000)]
    smpl = dict(chunks)[b"smpl"]
    assert struct.unpack_from("<I", smpl, 8) == (41666,)
    assert struct.unpack_from("<2I", smpl, 44) == (50, 450)
    adtl = next(payload for id, payload in chunks if id == b"LIST" and payload[:4] == b"adtl")
    assert adtl == ADTL.replace(LTXT, struct.pack("<II4sHHHH", 1, 3000, b"rgn ", 0, 0, 0, 0))
    time = struct.unpack_from("<Q", dict(chunks)[b"bext"], 338)
    assert time == (5 * 10**9,)
    assert dict(chunks)[b"fact"] == struct.pack("<I", COUNT // 2)


def test_counting_chunks_are_left_out_when_the_length_changed(source, tmp_path, run, rng):
    part = read(source(), run, start=0.25, duration=0.5)
    written = write(tmp_path / "t.wav", part.audio, part, rng=rng)
    ids = [id for id, _ in chunks_of(tmp_path / "t.wav")]
    assert b"cue " not in ids
    assert b"smpl" not in ids
    assert sum("length changed" in note for note in written.warnings) == 3
    time = struct.unpack_from("<Q", dict(chunks_of(tmp_path / "t.wav"))[b"bext"], 338)
    assert time == (10**10 + RATE // 4,)


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ((b"bext", bytes(100)), "too short"),
        ((b"LIST", b"INFO" + b"INAM\xff\0\0\0x"), "malformed"),
    ],
)
def test_malformed_chunks_are_copied_with_a_warning(broken, word, source, tmp_path, run, rng):
    recording = read(source(chunks=[broken]), run)
    written = write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert broken in chunks_of(tmp_path / "t.wav")
    assert any(word in note for note in written.warnings)


@pytest.mark.parametrize(
    "broken",
    [
        (b"cue ", b"\x09\0\0\0short"),
        (b"cue ", b""),
        (b"smpl", bytes(35)),
        (b"smpl", struct.pack("<9I", *[0] * 7, 99, 0)),
        (b"LIST", b"adtl" + b"ltxt\xff\0\0\0"),
    ],
)
def test_malformed_counts_cannot_be_rescaled(broken, source, tmp_path, run, rng):
    recording = read(source(chunks=[(b"zzzz", b""), broken]), run)
    write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert broken in chunks_of(tmp_path / "t.wav")
    twice = Audio(np.zeros((1, 2 * COUNT), np.float32), 2 * RATE)
    written = write(tmp_path / "u.wav", twice, recording, rng=rng)
    assert broken not in chunks_of(tmp_path / "u.wav")
    assert any("malformed" in note for note in written.warnings)


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_files_are_carried_or_refused(data, source, tmp_path, rng):
    file = bytearray(
        source(data.draw(st.sampled_from(CONTAINERS)), samples=np.arange(50)).read_bytes()
    )
    marks = [b"fmt ", b"data", b"bext", b"INFO", b"cue ", b"adtl", b"smpl", b"fact", b"iXML"]
    for _ in range(data.draw(st.integers(1, 6))):
        at = max(file.find(data.draw(st.sampled_from(marks))), 0)
        at += data.draw(st.integers(-8, 40))
        width = data.draw(st.sampled_from([1, 2, 4, 8]))
        value = data.draw(st.sampled_from([0, 1, 3, 17, 255, 2**16 - 1, 2**31, 2**32 - 1, 2**63]))
        file[max(at, 0) : max(at, 0) + width] = (value % 256**width).to_bytes(width, "little")
    path = tmp_path / "mutant.wav"
    path.write_bytes(bytes(file))
    suffix = data.draw(st.sampled_from([".wav", ".w64", ".flac"]))
    try:
        recording = read(path, Run(), accept_truncated=True)
        write(tmp_path / f"t{suffix}", recording.audio, recording, rng=rng, force=True)
    except (InputError, UsageError):
        return
    again = read(tmp_path / f"t{suffix}", Run())
    assert again.audio.samples.shape == recording.audio.samples.shape


def test_a_plain_file_gains_only_the_name_of_the_software(tmp_path, run, rng):
    path, target = tmp_path / "a.wav", tmp_path / "b.wav"
    soundfile.write(path, np.zeros(100), RATE, "PCM_16")
    recording = read(path, run)
    write(target, recording.audio, recording, rng=rng)
    info = b"INFO" + sub_chunk(b"ISFT", SOFTWARE.encode() + b"\0")
    assert [id for id, _ in chunks_of(target)] == [b"fmt ", b"LIST", b"data"]
    assert dict(chunks_of(target))[b"LIST"] == info


def test_new_audio_carries_its_tags(tmp_path, run, rng):
    tags = {"title": "Prélude", "artist": "F. C.", "mood": "calm"}
    audio = Audio(np.zeros((1, 10), np.float32), RATE, tags)
    write(tmp_path / "a.wav", audio, None, rng=rng)
    expected = {"title": "Prélude", "artist": "F. C.", "software": SOFTWARE}
    assert read(tmp_path / "a.wav", run).tags == expected
    write(tmp_path / "a.flac", audio, None, rng=rng)
    assert read(tmp_path / "a.flac", run).tags == {**tags, "software": SOFTWARE}


def test_a_w64_chunk_that_riff_cannot_name(tmp_path, build_file, fmt, run, rng):
    file = build_file("w64", [(b"fmt ", fmt()), (b"data", bytes(8))])
    guid = bytes(range(200, 216))
    file += guid + struct.pack("<Q", 32) + b"12345678"
    file = file[:16] + struct.pack("<Q", len(file)) + file[24:]
    (tmp_path / "a.w64").write_bytes(file)
    recording = read(tmp_path / "a.w64", run)
    write(tmp_path / "b.w64", recording.audio, recording, rng=rng)
    assert dict(chunks_of(tmp_path / "b.w64"))[guid] == b"12345678"
    written = write(tmp_path / "b.wav", recording.audio, recording, rng=rng)
    assert [id for id, _ in chunks_of(tmp_path / "b.wav")] == [b"fmt ", b"LIST", b"data"]
    assert any(guid.hex() in note for note in written.warnings)
