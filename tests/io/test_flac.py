"""FLAC in and out: exact samples, every block kept, damage found."""

import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from pymediainfo import MediaInfo

from toolkit.errors import InputError, UsageError
from toolkit.io import flac
from toolkit.io.audio_file import probe, read, write
from toolkit.run import Run
from toolkit.values import Audio

RATE = 44100
PICTURE = struct.pack(">II", 3, 9) + b"image/png" + bytes(20) + struct.pack(">I", 3) + b"png"


@pytest.fixture
def make(tmp_path, rng):
    """Return a function that writes a FLAC file with extra metadata blocks behind STREAMINFO."""

    def build(subtype="PCM_16", blocks=(), channels=2, count=20_000, rate=RATE):
        path = tmp_path / "source.flac"
        samples = np.clip(rng.standard_normal((count, channels)) * 0.2, -1, 0.99)
        soundfile.write(path, samples, rate, subtype)
        file = path.read_bytes()
        frames = flac_frames(file)
        body = flac.framed(0, file[8:42], last=not blocks)
        for index, (kind, payload) in enumerate(blocks, 1):
            body += flac.framed(kind, payload, last=index == len(blocks))
        path.write_bytes(b"fLaC" + body + file[frames:])
        return path

    return build


def flac_frames(file):
    position, last = 4, False
    while not last:
        last = bool(file[position] & 0x80)
        position += 4 + int.from_bytes(file[position + 1 : position + 4], "big")
    return position


def blocks_of(path):
    with path.open("rb") as file:
        blocks, _ = flac.blocks_of(file, path.stat().st_size)
        return [(block.kind, flac.load(file, block)) for block in blocks]


def comment(*texts, vendor=b"someone's encoder"):
    entries = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(texts)) + entries


def verdict(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, Run(), **options)
    return caught.value.code


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_samples_survive_exactly(make, subtype, channels, tmp_path, run, rng):
    path = make(subtype, channels=channels)
    recording = read(path, run)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert np.array_equal(recording.audio.samples, expected.T)
    written = write(tmp_path / "t.flac", recording.audio, recording, rng=rng)
    assert soundfile.info(tmp_path / "t.flac").subtype == subtype
    assert np.array_equal(read(tmp_path / "t.flac", run).audio.samples, expected.T)
    assert written.format == recording.format
    assert probe(tmp_path / "t.flac") == (recording.format, 20_000, ())


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17])
def test_the_shortest_files(count, tmp_path, run, rng):
    samples = np.full((1, count), 0.5, np.float32)
    write(tmp_path / "t.flac", Audio(samples, RATE), None, rng=rng)
    assert np.array_equal(read(tmp_path / "t.flac", run).audio.samples, samples)


def test_every_block_is_kept(make, tmp_path, run, rng):
    tags = comment(b"TITLE=Pr\xc3\xa9lude", b"ARTIST=A", b"artist=B", b"SOFTWARE=old", b"not a tag")
    blocks = [
        (flac.PICTURE, PICTURE),
        (flac.COMMENT, tags),
        (flac.APPLICATION, b"abcdsome application"),
        (flac.PADDING, bytes(100)),
        (flac.SEEKTABLE, bytes(18)),
        (flac.CUESHEET, bytes(396)),
        (77, b"from the future"),
    ]
    path = make(blocks=blocks)
    recording = read(path, run)
    assert recording.tags["title"] == "Prélude"
    assert recording.tags["artist"] == "A; B"
    write(tmp_path / "t.flac", recording.audio, recording, rng=rng)
    kept = blocks_of(tmp_path / "t.flac")
    software = recording.tags | {"software": "tonearm 0.1.0"}
    assert read(tmp_path / "t.flac", run).tags == software
    assert [kind for kind, _ in kept] == [0, flac.PICTURE, flac.COMMENT, flac.APPLICATION, 5, 77]
    assert kept[1][1] == PICTURE
    assert kept[2][1].startswith(tags[:21])
    assert b"not a tag" in kept[2][1]
    assert kept[3][1] == b"abcdsome application"
    assert kept[5][1] == b"from the future"
    told = MediaInfo.parse(tmp_path / "t.flac")
    assert told.general_tracks[0].title == "Prélude"
    assert told.audio_tracks[0].samples_count == "20000"


def test_the_cue_sheet_goes_when_the_length_changes(make, tmp_path, run, rng):
    recording = read(make(blocks=[(flac.CUESHEET, bytes(396))]), run, duration=0.1)
    written = write(tmp_path / "t.flac", recording.audio, recording, rng=rng)
    assert flac.CUESHEET not in [kind for kind, _ in blocks_of(tmp_path / "t.flac")]
    assert any("cue sheet" in note for note in written.warnings)


def test_a_picture_has_no_place_in_wav(make, tmp_path, run, rng):
    tags = comment(b"TITLE=T", b"MOOD=calm")
    recording = read(make(blocks=[(flac.PICTURE, PICTURE), (flac.COMMENT, tags)]), run)
    written = write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert any("picture" in note for note in written.warnings)
    assert any("mood" in note for note in written.warnings)
    assert read(tmp_path / "t.wav", run).tags["title"] == "T"


def test_riff_chunks_travel_through_flac_and_back(tmp_path, build_file, fmt, run, rng):
    bext = bytes(346) + b"\1\0" + bytes(254) + b"A=ANALOGUE,T=deck\r\n"
    chunks = [(b"bext", bext), (b"iXML", b"<odd/>x"), (b"fmt ", fmt(size=3))]
    after = [(b"cue ", bytes(4)), (b"zzzz", b"unknown")]
    data = rng.integers(0, 256, 3 * 999, np.uint8).tobytes()
    (tmp_path / "a.wav").write_bytes(build_file("wav", [*chunks, (b"data", data), *after]))
    first = read(tmp_path / "a.wav", run)
    write(tmp_path / "b.flac", first.audio, first, rng=rng, history="one")
    second = read(tmp_path / "b.flac", run)
    ids = [b"bext", b"iXML", b"fmt ", b"LIST", b"data", b"cue ", b"zzzz"]
    assert [chunk.id for chunk in second.chunks] == ids
    write(tmp_path / "c.flac", second.audio, second, rng=rng, history="two")
    third = read(tmp_path / "c.flac", run)
    write(tmp_path / "d.wav", third.audio, third, rng=rng, history="three")
    last = read(tmp_path / "d.wav", run)
    assert [chunk.id for chunk in last.chunks] == ids
    with (tmp_path / "d.wav").open("rb") as file:
        loaded = {chunk.id: chunk.load(file) for chunk in last.chunks}
    assert loaded[b"data"] == data
    assert (loaded[b"iXML"], loaded[b"zzzz"]) == (b"<odd/>x", b"unknown")
    history = loaded[b"bext"][602:].decode().splitlines()
    assert history[0] == "A=ANALOGUE,T=deck"
    assert [line.rpartition("; ")[2] for line in history[1:]] == ["one", "two", "three"]


def test_a_part_is_read_exactly(make, run):
    path = make()
    whole = read(path, run).audio.samples
    part = read(path, run, start=0.1, duration=0.2)
    assert np.array_equal(part.audio.samples, whole[:, 4410:13230])
    assert (part.start, part.total) == (4410, 20_000)
    with pytest.raises(UsageError):
        read(path, run, start=5)


def test_a_cut_file(make, run):
    path = make(count=60_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert verdict(path) == "E_TRUNCATED"
    recording = read(path, run, accept_truncated=True)
    assert 15_000 < recording.audio.num_samples < 60_000
    assert any("cut" in note for note in recording.warnings)


def test_a_cut_header(make):
    path = make(blocks=[(flac.PADDING, bytes(1000))])
    for size in (4, 8, 30, 42, 500):
        path.write_bytes(path.read_bytes()[:42] if size == 42 else path.read_bytes()[:size])
        assert verdict(path) == "E_TRUNCATED"


@pytest.mark.parametrize("position", [0.2, 0.5, 0.9])
def test_a_flipped_bit(make, position):
    path = make(count=60_000)
    file = bytearray(path.read_bytes())
    file[int(len(file) * position)] ^= 0x10
    path.write_bytes(bytes(file))
    assert verdict(path) == "E_DAMAGED"


def test_samples_that_belie_their_md5(make):
    path = make()
    file = bytearray(path.read_bytes())
    file[26] ^= 1
    path.write_bytes(bytes(file))
    assert verdict(path) == "E_DAMAGED"


def test_a_header_that_promises_too_much(make, run):
    path = make()
    file = bytearray(path.read_bytes())
    file[21:26] = bytes([file[21] | 0x0F]) + b"\xff" * 4
    path.write_bytes(bytes(file))
    assert verdict(path) in ("E_DAMAGED", "E_TRUNCATED")
    assert read(path, run, accept_truncated=True).audio.num_samples == 20_000


def test_a_stream_of_unknown_length(make, run):
    path = make()
    file = bytearray(path.read_bytes())
    file[21:26] = bytes([file[21] & 0xF0]) + bytes(4)
    path.write_bytes(bytes(file))
    recording = read(path, run)
    assert recording.audio.num_samples == 20_000
    assert any("how long" in note for note in recording.warnings)


def test_an_id3_tag_in_front(make, run):
    path = make()
    expected = read(path, run).audio.samples
    path.write_bytes(b"ID3\4\0\0\0\0\1\0" + bytes(128) + path.read_bytes())
    assert np.array_equal(read(path, run).audio.samples, expected)


@pytest.mark.parametrize(("channels", "rate"), [(9, RATE), (1, 768_000), (1, 65_537)])
def test_what_flac_cannot_hold(channels, rate, tmp_path, rng):
    audio = Audio(np.zeros((channels, 10), np.float32), rate)
    with pytest.raises(UsageError, match="FLAC holds") as caught:
        write(tmp_path / "t.flac", audio, None, rng=rng)
    assert ".wav" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rate", [4000, 8000, 65_530, 192_000, 384_000, 655_350])
def test_rates_flac_can_hold(rate, tmp_path, run, rng):
    samples = (rng.integers(-999, 999, (1, 5000)) / 2**15).astype(np.float32)
    write(tmp_path / "t.flac", Audio(samples, rate), None, rng=rng)
    recording = read(tmp_path / "t.flac", run)
    assert recording.audio.sample_rate == rate
    assert np.array_equal(recording.audio.samples, samples)


@pytest.mark.parametrize("subtype", ["PCM_32", "FLOAT", "DOUBLE"])
def test_wider_sources_become_24_bits(subtype, tmp_path, run, rng):
    soundfile.write(tmp_path / "a.wav", rng.uniform(-1, 1, (3000, 1)), RATE, subtype)
    recording = read(tmp_path / "a.wav", run)
    written = write(tmp_path / "t.flac", recording.audio, recording, rng=rng)
    assert (written.format.encoding, written.format.bits) == ("pcm_s24", 24)
    error = read(tmp_path / "t.flac", run).audio.samples - recording.audio.samples
    assert np.abs(error).max() < 1.6 / 2**23


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_comment_block_is_read_without_an_error(payload):
    tags = flac.parse_comments(payload)
    assert all(tags.values())
    again = flac.with_software(payload, "us")
    assert again.endswith(b"SOFTWARE=us")


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_mutated_files_raise_nothing_but_input_errors(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.flac"
    if not path.exists():
        noise = np.random.default_rng(0).standard_normal(9000) * 0.1
        soundfile.write(path, noise, RATE, "PCM_16")
    file = bytearray(path.read_bytes())
    limit = data.draw(st.sampled_from([60, len(file)]))
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(4, limit - 1))] = data.draw(st.integers(0, 255))
    mutant = path.with_name("mutant.flac")
    mutant.write_bytes(bytes(file[: data.draw(st.integers(1, len(file)))]))
    for accept in (False, True):
        try:
            recording = read(mutant, Run(), accept_truncated=accept)
        except InputError:
            continue
        assert np.isfinite(recording.audio.samples).all()
