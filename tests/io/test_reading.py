"""Every kind of file, whole and damaged, gets its verdict (the edge matrix)."""

import io
import os
import struct
import threading
import tracemalloc

import numpy as np
import pytest
import soundfile

from toolkit.errors import InputError, UsageError
from toolkit.io.audio_file import probe, read
from toolkit.run import Run

RATE = 48000
SUBTYPES = {
    "PCM_U8": ("pcm_u8", 8),
    "PCM_16": ("pcm_s16", 16),
    "PCM_24": ("pcm_s24", 24),
    "PCM_32": ("pcm_s32", 32),
    "FLOAT": ("float32", 32),
    "DOUBLE": ("float64", 64),
}


@pytest.fixture
def noise(rng):
    return np.clip(rng.standard_normal((5000, 2)) * 0.3, -1, 0.99)


@pytest.fixture
def wav(tmp_path, build_file, fmt):
    """Return a function that writes a WAV file of 16-bit samples 0, 1, 2 … and returns its path."""

    def make(count=1000, *, container="wav", name="a.wav", chunks=(), **facts):
        data = np.arange(count, dtype="<i2").tobytes()
        path = tmp_path / name
        path.write_bytes(build_file(container, [(b"fmt ", fmt(**facts)), (b"data", data), *chunks]))
        return path

    return make


def verdict(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, Run(), **options)
    message, hint = caught.value.message, caught.value.hint
    assert message
    assert "\n" not in message + hint
    return caught.value.code


def patched(path, before, offset, data):
    file = bytearray(path.read_bytes())
    at = file.index(before) + offset
    file[at : at + len(data)] = data
    path.write_bytes(bytes(file))
    return path


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64", "W64"])
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_linear_files_read_as_libsndfile_reads_them(container, subtype, noise, tmp_path, run):
    path = tmp_path / ("a.w64" if container == "W64" else "a.wav")
    soundfile.write(path, noise, RATE, subtype, format=container)
    recording = read(path, run)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert np.array_equal(recording.audio.samples, expected.T)
    encoding, bits = SUBTYPES[subtype]
    format = recording.format
    assert (format.encoding, format.bits) == (encoding, bits)
    assert (format.sample_rate, format.num_channels) == (RATE, 2)
    assert recording.warnings == ()
    assert probe(path) == (format, 5000, ())


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_the_shortest_files(wav, count, run):
    recording = read(wav(count), run)
    assert recording.audio.samples.shape == (1, count)
    assert any("header only" in note for note in recording.warnings) == (count == 0)


@pytest.mark.parametrize("channels", [1, 2, 3, 8, 32])
@pytest.mark.parametrize("rate", [4000, 8000, 384000, 768000])
def test_rates_and_channels_within_reason(wav, channels, rate, run):
    recording = read(wav(channels * 10, channels=channels, rate=rate), run)
    assert recording.audio.samples.shape == (channels, 10)
    assert recording.audio.sample_rate == rate
    assert recording.audio.samples[channels - 1, 0] == (channels - 1) / 2**15


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"rate": 0}, "E_RATE"),
        ({"rate": 3999}, "E_RATE"),
        ({"rate": 800_000}, "E_RATE"),
        ({"channels": 0}, "E_CHANNELS"),
        ({"channels": 33}, "E_CHANNELS"),
        ({"channels": 65535, "size": 1}, "E_CHANNELS"),
        ({"size": 8}, "E_BITS"),
        ({"size": 2, "tag": 3}, "E_BITS"),
        ({"bits": 0}, "E_BITS"),
        ({"bits": 24}, "E_BITS"),
    ],
)
def test_headers_that_make_no_sense(wav, facts, code):
    assert verdict(wav(**facts)) == code


def test_what_is_not_there(tmp_path):
    assert verdict(tmp_path / "no.wav") == "E_MISSING"
    assert verdict(tmp_path) == "E_DIRECTORY"
    assert verdict(tmp_path / ("x" * 300 + ".wav")) == "E_IO"
    assert verdict("a\0.wav") == "E_MISSING"
    (tmp_path / "empty.wav").touch()
    assert verdict(tmp_path / "empty.wav") == "E_EMPTY"


@pytest.mark.parametrize(
    "content",
    [
        b"Dear diary, today I bought a record player. " * 100,
        b"#EXTM3U\n#EXTINF:10\nhttp://127.0.0.1/a.mp3\n",
        b"ffconcat version 1.0\nfile other.wav\n",
        b"RIFF\x10\0\0\0ABCDxxxxxxxxxxxxxxxx",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"RIFF",
        bytes(1000),
    ],
)
def test_what_is_no_sound(tmp_path, content):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert verdict(path) == "E_FORMAT"


def test_big_endian_wav(wav):
    assert verdict(patched(wav(), b"RIFF", 0, b"RIFX")) == "E_RIFX"


def test_a_file_without_audio(tmp_path, build_file, fmt):
    path = tmp_path / "a.wav"
    path.write_bytes(build_file("wav", [(b"fmt ", fmt())]))
    assert verdict(path) == "E_NO_DATA"
    path.write_bytes(build_file("wav", [(b"data", b"1234")]))
    assert verdict(path) == "E_NO_DATA"


@pytest.mark.parametrize("container", ["wav", "rf64", "bw64", "w64"])
def test_a_cut_file_is_reported_and_taken_only_when_accepted(wav, container, run):
    path = wav(1000, container=container)
    path.write_bytes(path.read_bytes()[:-500])
    assert verdict(path) == "E_TRUNCATED"
    recording = read(path, run, accept_truncated=True)
    assert np.array_equal(recording.audio.samples[0], np.arange(750) / 2**15)
    assert any("cut" in note for note in recording.warnings)
    _, num_samples, warnings = probe(path)
    assert num_samples == 750
    assert any("cut" in note for note in warnings)


def test_a_crashed_recorder(wav, run):
    path = patched(wav(1000), b"data", 4, bytes(4))
    assert verdict(path) == "E_ZERO_SIZE"
    recording = read(path, run, accept_truncated=True)
    assert recording.audio.num_samples == 1000
    assert any("crashed" in note for note in recording.warnings)


def test_a_streamed_file_has_no_length(wav, run):
    recording = read(patched(wav(1000), b"data", 4, b"\xff" * 4), run)
    assert recording.audio.num_samples == 1000
    assert any("without a length" in note for note in recording.warnings)


def test_audio_that_ends_within_a_sample(tmp_path, build_file, fmt, run):
    path = tmp_path / "a.wav"
    path.write_bytes(build_file("wav", [(b"fmt ", fmt(channels=2)), (b"data", bytes(10))]))
    recording = read(path, run)
    assert recording.audio.num_samples == 2
    assert any("2 bytes" in note for note in recording.warnings)


@pytest.mark.parametrize(
    ("value", "code"), [(np.nan, "E_NONFINITE"), (-np.inf, "E_NONFINITE"), (1e30, "E_RANGE")]
)
@pytest.mark.parametrize("size", [4, 8])
def test_floats_that_are_no_samples(tmp_path, build_file, fmt, value, code, size):
    samples = np.zeros(100_000, f"<f{size}")
    samples[77_777] = value
    path = tmp_path / "a.wav"
    path.write_bytes(
        build_file("wav", [(b"fmt ", fmt(tag=3, size=size)), (b"data", samples.tobytes())])
    )
    assert verdict(path) == code


def test_floats_beyond_full_scale_and_denormals_are_samples(tmp_path, build_file, fmt, run):
    samples = np.array([999, -3, 1e-42, -0.0], "<f4")
    path = tmp_path / "a.wav"
    path.write_bytes(
        build_file("wav", [(b"fmt ", fmt(tag=3, size=4)), (b"data", samples.tobytes())])
    )
    assert read(path, run).audio.samples.tobytes() == samples.tobytes()


def test_valid_bits_are_kept_unless_they_are_wrong(tmp_path, build_file, run):
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    head = struct.pack("<HHIIHH", 0xFFFE, 1, RATE, RATE * 3, 3, 24)
    fmt = head + struct.pack("<HHI", 22, 20, 4) + guid
    path = tmp_path / "a.wav"
    honest = (np.arange(100, dtype="<i4") << 4).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    path.write_bytes(build_file("wav", [(b"fmt ", fmt), (b"data", honest)]))
    recording = read(path, run)
    assert (recording.format.bits, recording.format.channel_mask) == (20, 4)
    assert recording.warnings == ()
    path.write_bytes(build_file("wav", [(b"fmt ", fmt), (b"data", b"\1\0\0" * 100)]))
    recording = read(path, run)
    assert recording.format.bits == 24
    assert any("20 bits" in note for note in recording.warnings)


def test_a_part_is_read_exactly(wav, run):
    path = wav(1000, rate=8000)
    whole = read(path, run)
    part = read(path, run, start=0.05, duration=0.025)
    assert np.array_equal(part.audio.samples, whole.audio.samples[:, 400:600])
    assert (part.start, part.total, part.is_whole) == (400, 1000, False)
    assert part.sha256 == whole.sha256
    assert read(path, run, start=0.05).audio.num_samples == 600
    assert read(path, run, start=0.1, duration=9).audio.num_samples == 200


@pytest.mark.parametrize("part", [{"start": 1.0}, {"start": -1.0}, {"duration": 0.0}])
def test_a_part_that_is_not_there(wav, part, run):
    with pytest.raises(UsageError):
        read(wav(1000, rate=8000), run, **part)


def test_standard_input_is_read_like_a_file(wav, run):
    path = wav(1000)
    recording = read(io.BytesIO(path.read_bytes()), run)
    assert recording.path is None
    assert np.array_equal(recording.audio.samples, read(path, run).audio.samples)
    assert recording.sha256 == read(path, run).sha256
    with pytest.raises(InputError, match="standard input is empty"):
        read(io.BytesIO(b""), run)


def test_a_named_pipe_is_read_to_its_end(wav, tmp_path, run):
    path, pipe = wav(1000), tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    thread = threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()))
    thread.start()
    recording = read(pipe, run)
    thread.join()
    assert np.array_equal(recording.audio.samples, read(path, run).audio.samples)


def test_a_file_that_may_not_be_read(wav):
    path = wav()
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser may read everything
        assert read(path, Run()).audio.num_samples == 1000
    else:
        assert verdict(path) == "E_PERMISSION"


def test_a_lying_header_costs_no_memory(tmp_path, fmt):
    ds64 = struct.pack("<QQQI", 2**62, 2**62, 2**61, 2**31)
    file = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", 28) + ds64
    file += b"fmt " + struct.pack("<I", 16) + fmt() + b"data\xff\xff\xff\xff" + bytes(100)
    path = tmp_path / "a.wav"
    path.write_bytes(file)
    tracemalloc.start()
    try:
        assert verdict(path) == "E_TRUNCATED"
        assert read(path, Run(), accept_truncated=True).audio.num_samples == 50
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


def test_the_tags_are_found(tmp_path, build_file, fmt, run):
    info = b"INFO" + b"".join(
        id + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
        for id, text in [
            (b"INAM", b"Pr\xe9lude\0"),
            (b"IART", "Żółć\0".encode()),
            (b"ZZZZ", b"?\0"),
        ]
    )
    bext = b"A cylinder".ljust(256, b"\0") + b"Archive".ljust(32, b"\0")
    path = tmp_path / "a.wav"
    chunks = [(b"fmt ", fmt()), (b"LIST", info), (b"bext", bext.ljust(602, b"\0"))]
    path.write_bytes(build_file("wav", [*chunks, (b"data", bytes(4))]))
    expected = {
        "title": "Prélude",
        "artist": "Żółć",
        "description": "A cylinder",
        "originator": "Archive",
    }
    recording = read(path, run)
    assert recording.tags == expected
    assert recording.audio.tags == expected


def test_progress_is_told(wav):
    told = []
    read(wav(2_000_000), Run(progress=lambda step, done, total: told.append((done, total))))
    assert told[-1] == (2_000_000, 2_000_000)
    assert told == sorted(told)
    assert len(told) > 2
