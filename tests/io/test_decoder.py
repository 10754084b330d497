"""Lossy and foreign formats come in through FFmpeg, told by their content."""

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError, UsageError
from toolkit.io.audio_file import probe, read, write
from toolkit.run import Run

RATE = 48000
CODECS = {
    "mp3": "libmp3lame",
    "m4a": "aac",
    "aac": "aac",
    "ogg": "libsndfile",
    "opus": "libopus",
    "mka": "flac",
    "caf": "alac",
    "mov": "aac",
    "aiff": "pcm_s24be",
    "au": "pcm_s16be",
    "wv": "wavpack",
}
LOSSLESS = ("mka", "caf", "aiff", "au", "wv")


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """Return a function that encodes two seconds of two tones with FFmpeg and returns its path."""
    folder = tmp_path_factory.mktemp("encoded")

    def make(suffix, codec=None, rate=RATE, layout="stereo", tags=True):
        path = folder / f"{codec}.{layout}.{rate}.{tags}.{suffix}"
        if not path.exists():
            encode(path, codec or CODECS[suffix], rate, layout, tags)
        return path

    return make


def tones(rate, channels=2):
    time = np.arange(2 * rate) / rate
    pitches = 440 * 1.5 ** np.arange(channels)[:, None]
    return np.rint(np.sin(2 * np.pi * pitches * time) * 0.25 * 2**15) / 2**15


def encode(path, codec, rate, layout, tags):
    if codec == "libsndfile":
        with soundfile.SoundFile(path, "w", rate, 2, "VORBIS", format="OGG") as sound:
            sound.title, sound.artist = "Prélude", "F. C."
            sound.write(tones(rate).T)
        return
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        if codec == "wavpack":
            stream.format = "s16p"
        if tags:
            container.metadata.update({"title": "Prélude", "artist": "F. C."})
        channels = stream.codec_context.layout.nb_channels
        samples = tones(rate, channels).astype(np.float32).T
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.codec_context.format, layout, rate, size)
        for start in range(0, len(samples), 5000):
            block = np.ascontiguousarray(samples[start : start + 5000]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, "flt", layout)
            frame.sample_rate, frame.pts = rate, start
            for part in resampler.resample(frame):
                container.mux(stream.encode(part))
        for part in resampler.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def verdict(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, Run(), **options)
    assert "\n" not in caught.value.message + caught.value.hint
    return caught.value.code


@pytest.mark.parametrize("suffix", CODECS)
def test_every_format_is_decoded(suffix, encoded, run):
    path = encoded(suffix)
    recording = read(path, run)
    expected = tones(RATE)
    got = recording.audio.samples
    assert recording.audio.sample_rate == RATE
    assert got.shape[0] == 2
    assert got.shape[1] >= expected.shape[1]
    if suffix in LOSSLESS:
        assert np.array_equal(got, expected.astype(np.float32))
    else:
        # Encoders may delay the signal: align by correlation, then expect the tones.
        spectrum = np.abs(np.fft.rfft(got[0, 4800:-4800]))
        loudest = np.argmax(spectrum) * RATE / (got.shape[1] - 9600)
        assert loudest == pytest.approx(440, abs=1)
        level = got[:, 4800:-4800].std(axis=1)
        assert level == pytest.approx(expected[:, 4800:-4800].std(axis=1), rel=0.06)
    assert recording.format.container != "wav"
    format, num_samples, _ = probe(path)
    assert format == recording.format
    # Raw AAC has no header that could say how long it is.
    assert suffix == "aac" or num_samples == pytest.approx(got.shape[1], rel=0.05)


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "ogg", "opus", "mka", "aiff"])
def test_tags_come_along(suffix, encoded, tmp_path, run, rng):
    recording = read(encoded(suffix), run)
    assert recording.audio.tags["title"] == "Prélude"
    write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert read(tmp_path / "t.wav", run).tags["title"] == "Prélude"
    write(tmp_path / "t.flac", recording.audio, recording, rng=rng)
    assert read(tmp_path / "t.flac", run).tags["title"] == "Prélude"


@pytest.mark.parametrize("suffix", CODECS)
def test_they_are_written_as_24_bit_wav(suffix, encoded, tmp_path, run, rng):
    recording = read(encoded(suffix), run)
    written = write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert (written.format.container, written.format.encoding) == ("wav", "pcm_s24")
    samples, _ = soundfile.read(tmp_path / "t.wav", dtype="float32")
    assert np.abs(samples.T - recording.audio.samples).max() < 1.6 / 2**23
    with pytest.raises(UsageError, match="cannot write"):
        write(tmp_path / f"t.{suffix}", recording.audio, recording, rng=rng)


def test_the_content_tells_the_format(encoded, tmp_path, run):
    path = tmp_path / "song.wav"
    path.write_bytes(encoded("mp3").read_bytes())
    recording = read(path, run)
    assert recording.format.container == "mp3"
    assert recording.warnings == ("the name says WAV, the content is MP3",)
    other = tmp_path / "song.mp3"
    soundfile.write(other, np.zeros(100), RATE, "PCM_16", format="WAV")
    assert read(other, run).format.container == "wav"
    nameless = tmp_path / "song"
    nameless.write_bytes(encoded("m4a").read_bytes())
    assert read(nameless, run).warnings == ()


@pytest.mark.parametrize(("layout", "mask"), [("mono", 0), ("5.1", 0x3F), ("7.1", 0x63F)])
def test_speakers_are_kept(layout, mask, encoded, tmp_path, run, rng):
    # Opus is decoded to as many planes as there are channels.
    planar = read(encoded("mka", "libopus", layout=layout), run)
    assert planar.format.channel_mask == mask
    level = planar.audio.samples[:, 4800:-4800].std(axis=1)
    assert level[[0, 1, 2, -1][: planar.audio.num_channels]] == pytest.approx(0.177, rel=0.1)
    recording = read(encoded("mka", layout=layout), run)
    assert recording.format.channel_mask == mask
    written = write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert written.format.channel_mask == mask
    assert probe(tmp_path / "t.wav")[0].channel_mask == mask


def test_a_part_is_decoded_exactly(encoded, run):
    for suffix in ("mp3", "m4a", "mka"):
        whole = read(encoded(suffix), run).audio.samples
        part = read(encoded(suffix), run, start=0.5, duration=0.25)
        assert np.array_equal(part.audio.samples, whole[:, 24000:36000])
        assert not part.is_whole


@pytest.mark.parametrize("codec", ["adpcm_ms", "adpcm_ima_wav", "pcm_mulaw", "pcm_alaw"])
def test_wav_with_other_codecs(codec, encoded, tmp_path, run, rng):
    path = encoded("wav", codec)
    recording = read(path, run)
    assert recording.format.container == "wav"
    assert recording.format.encoding == codec
    assert any(codec in note for note in recording.warnings)
    expected = tones(RATE)
    got = recording.audio.samples[:, : expected.shape[1]]
    assert np.abs(got - expected[:, : got.shape[1]]).max() < 0.1
    written = write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert written.format.encoding == "pcm_s24"


def test_block_codecs_end_where_the_fact_chunk_says(tmp_path, run):
    samples = tones(RATE)[:, :12_345]
    soundfile.write(tmp_path / "a.wav", samples.T, RATE, "MS_ADPCM")
    assert read(tmp_path / "a.wav", run).audio.num_samples == 12_345


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE"])
def test_aiff_is_exact(subtype, tmp_path, run, rng):
    path = tmp_path / "a.aiff"
    soundfile.write(path, rng.uniform(-1, 1, (999, 2)), RATE, subtype, format="AIFF")
    expected, _ = soundfile.read(path, dtype="float32")
    error = np.abs(read(path, run).audio.samples - expected.T)
    # Libraries disagree on how to round a float to 24 bits and back.
    assert error.max() <= (2**-23 if subtype in ("FLOAT", "DOUBLE") else 0)


@pytest.mark.parametrize("suffix", ["m4a", "mov", "aiff", "au", "wv"])
def test_a_cut_file_is_reported(suffix, encoded, tmp_path, run):
    path = tmp_path / f"cut.{suffix}"
    whole = encoded(suffix).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert verdict(path) in ("E_TRUNCATED", "E_DAMAGED", "E_FORMAT")
    if suffix in ("aiff", "au"):
        recording = read(path, run, accept_truncated=True)
        assert 0.8 < recording.audio.duration < 1.2
        assert recording.warnings


def test_a_stream_cut_within_its_first_page(encoded, tmp_path):
    (tmp_path / "a.ogg").write_bytes(encoded("ogg").read_bytes()[:3000])
    assert verdict(tmp_path / "a.ogg") == "E_TRUNCATED"


@pytest.mark.parametrize("suffix", ["mp3", "opus"])
def test_a_cut_stream_gives_what_is_there(suffix, encoded, tmp_path, run):
    path = tmp_path / f"cut.{suffix}"
    whole = encoded(suffix).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    recording = read(path, run, accept_truncated=True)
    assert 0.1 < recording.audio.duration < 2


def test_floats_that_are_no_samples(tmp_path):
    samples = np.zeros((5000, 1), np.float32)
    for value, code in ((np.nan, "E_NONFINITE"), (1e30, "E_RANGE")):
        samples[3000] = value
        soundfile.write(tmp_path / "a.aiff", samples, RATE, "FLOAT", format="AIFF")
        assert verdict(tmp_path / "a.aiff") == code


def test_a_picture_is_no_sound(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), "yuv420p")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert verdict(path) == "E_NO_DATA"


def test_play_lists_are_not_followed(encoded, tmp_path):
    inner = encoded("mp3")
    for name, text in (
        ("a.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{inner}\n#EXT-X-ENDLIST\n"),
        ("a.ffconcat", f"ffconcat version 1.0\nfile '{inner}'\n"),
        ("a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n"),
    ):
        (tmp_path / name).write_text(text)
        assert verdict(tmp_path / name) == "E_FORMAT"


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "ogg", "aiff", "mka"])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_mutated_files_raise_nothing_but_input_errors(suffix, encoded, tmp_path_factory, data):
    file = bytearray(encoded(suffix).read_bytes())
    limit = data.draw(st.sampled_from([100, 2000, len(file)]))
    for _ in range(data.draw(st.integers(1, 10))):
        file[data.draw(st.integers(0, min(limit, len(file)) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"mutant.{suffix}"
    path.write_bytes(bytes(file[: data.draw(st.integers(1, len(file)))]))
    for accept in (False, True):
        try:
            recording = read(path, Run(), accept_truncated=accept)
        except InputError:
            continue
        assert np.isfinite(recording.audio.samples).all()
