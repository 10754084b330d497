"""Writes are whole or nothing, keep the form of the source, and never touch the source."""

import hashlib
import io
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from toolkit.errors import InputError, ResourceError, ToolkitError, UsageError
from toolkit.io.audio_file import Format, probe, read, write, write_difference
from toolkit.run import Run
from toolkit.values import Audio

RATE = 44100
SUBTYPES = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]
EDGES = {
    "silence": np.zeros(500),
    "dc": np.full(500, 0.1),
    "square": np.sign(np.sin(np.arange(500))) * 0.999,
    "impulse": np.eye(1, 500, 250)[0] * -1.0,
    "one": np.array([0.5]),
    "two": np.array([-0.5, 0.5]),
    "none": np.zeros(0),
}


@pytest.fixture
def source(tmp_path, rng, run):
    """Return a function that writes a file with libsndfile and reads it with us."""

    def make(subtype="PCM_24", container="WAV", samples=None, channels=2, rate=RATE, name=None):
        if samples is None:
            samples = np.clip(rng.standard_normal((3000, channels)) * 0.3, -1, 0.99)
        path = tmp_path / (name or f"source.{'flac' if container == 'FLAC' else 'wav'}")
        soundfile.write(path, samples, rate, subtype, format=container)
        return read(path, run)

    return make


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def hidden(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def raw(path, subtype):
    kind = {"FLOAT": "float32", "DOUBLE": "float64"}.get(subtype, "int32")
    return soundfile.read(path, dtype=kind, always_2d=True)[0]


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64", "W64"])
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_what_was_not_changed_is_written_bit_for_bit(container, subtype, source, tmp_path, rng):
    recording = source(subtype, container)
    target = tmp_path / f"target.{'w64' if container == 'W64' else 'wav'}"
    written = write(target, recording.audio, recording, rng=rng)
    info = soundfile.info(target)
    assert (info.subtype, info.samplerate, info.channels) == (subtype, RATE, 2)
    assert np.array_equal(raw(target, subtype), raw(recording.path, subtype))
    assert written.clipped == 0
    assert written.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert written.format == recording.format == probe(target)[0]


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_edge_signals_survive(edge, subtype, source, tmp_path, rng):
    recording = source(subtype, samples=EDGES[edge][:, None])
    write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert np.array_equal(raw(tmp_path / "t.wav", subtype), raw(recording.path, subtype))


@pytest.mark.parametrize("rate", [8000, 96000, 192000, 384000])
@pytest.mark.parametrize("channels", [1, 3, 6, 8])
def test_rate_channels_and_speakers_are_kept(rate, channels, source, tmp_path, rng):
    recording = source(container="WAVEX", channels=channels, rate=rate)
    written = write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert written.format == recording.format
    ours, theirs = (tmp_path / "t.wav").read_bytes(), recording.path.read_bytes()
    at = theirs.index(b"fmt ")
    assert theirs[at : at + 48] in ours


def test_changed_samples_are_dithered_and_the_others_left(source, tmp_path, rng):
    recording = source("PCM_16", channels=1)
    changed = recording.audio.samples.copy()
    changed[0, 1000:2000] *= np.float32(0.77)
    audio = recording.audio.with_samples(changed)
    write(tmp_path / "a.wav", audio, recording, rng=np.random.default_rng(1))
    write(tmp_path / "b.wav", audio, recording, rng=np.random.default_rng(1))
    before, after = raw(recording.path, "PCM_16")[:, 0], raw(tmp_path / "a.wav", "PCM_16")[:, 0]
    outside = np.r_[0:1000, 2000:3000]
    assert np.array_equal(before[outside], after[outside])
    error = (after[1000:2000] >> 16) - changed[0, 1000:2000] * 2**15
    assert 0.3 < error.std() < 0.7
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize("subtype", ["PCM_32", "DOUBLE"])
def test_a_part_of_a_wide_file_adds_to_the_right_originals(subtype, source, tmp_path, run, rng):
    whole = source(subtype)
    part = read(whole.path, run, start=500 / RATE, duration=1000 / RATE)
    write(tmp_path / "t.wav", part.audio, part, rng=rng)
    assert np.array_equal(raw(tmp_path / "t.wav", subtype), raw(whole.path, subtype)[500:1500])
    piped = read(io.BytesIO(whole.path.read_bytes()), run)
    write(tmp_path / "u.wav", piped.audio, piped, rng=rng)
    assert np.array_equal(raw(tmp_path / "u.wav", subtype), raw(whole.path, subtype))


def test_clipping_is_counted(source, tmp_path, rng):
    recording = source("PCM_16", channels=1)
    loud = recording.audio.samples.copy()
    loud[0, :5] = [1.5, -1.5, 1.0, -1.0, 3.0]
    written = write(tmp_path / "t.wav", recording.audio.with_samples(loud), recording, rng=rng)
    assert written.clipped == 4
    after = raw(tmp_path / "t.wav", "PCM_16")[:5, 0] >> 16
    assert after.tolist() == [32767, -32768, 32767, -32768, 32767]


def test_a_nan_fails_the_write_and_leaves_nothing(source, tmp_path, rng):
    recording = source()
    bad = recording.audio.samples.copy()
    bad[1, 2999] = np.nan
    with pytest.raises(ToolkitError, match="E_NONFINITE"):
        write(tmp_path / "t.wav", recording.audio.with_samples(bad), recording, rng=rng)
    assert visible(tmp_path) == ["source.wav"]
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("encoding", ["pcm_u8", "pcm_s16", "pcm_s24", "pcm_s32", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_new_audio_in_any_encoding(encoding, channels, tmp_path, run, rng):
    samples = (rng.integers(-100, 100, (channels, 999)) / 128).astype(np.float32)
    bits = {"float32": 32}.get(encoding) or int(encoding[5:])
    format = Format("wav", encoding, RATE, channels, bits)
    written = write(tmp_path / "t.wav", Audio(samples, RATE), None, rng=rng, format=format)
    again = read(tmp_path / "t.wav", run)
    assert np.array_equal(again.audio.samples, samples)
    assert again.format == written.format
    assert written.path == tmp_path / "t.wav"


def test_the_suffix_decides_the_container(source, tmp_path, rng):
    recording = source()
    kinds = {".wav": "wav", ".wave": "wav", ".bwf": "wav", ".rf64": "rf64", ".w64": "w64"}
    for suffix, container in {**kinds, ".flac": "flac", ".FLAC": "flac"}.items():
        path = tmp_path / f"target{suffix}"
        assert write(path, recording.audio, recording, rng=rng).format.container == container
        assert probe(path)[0].container == container
    for suffix in (".mp3", ".aiff", ".txt"):
        with pytest.raises(UsageError, match=f"cannot write {suffix}"):
            write(tmp_path / f"t{suffix}", recording.audio, recording, rng=rng)


def test_rf64_stays_rf64_and_riff_becomes_it_at_the_limit(source, tmp_path, run, rng):
    recording = source(container="RF64")
    write(tmp_path / "a.wav", recording.audio, recording, rng=rng)
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RF64"
    recording = source(container="WAV")
    for limit, magic in ((20_000, b"RIFF"), (15_000, b"RF64")):
        write(tmp_path / "b.wav", recording.audio, recording, rng=rng, riff_limit=limit, force=True)
        assert (tmp_path / "b.wav").read_bytes()[:4] == magic
        samples = read(tmp_path / "b.wav", run).audio.samples
        assert np.array_equal(samples, recording.audio.samples)
        assert np.array_equal(
            soundfile.read(tmp_path / "b.wav", dtype="float32")[0].T, recording.audio.samples
        )


def test_a_stream_gets_the_bytes_of_the_file(source, tmp_path, rng):
    recording = source()
    write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    stream = io.BytesIO()
    written = write(stream, recording.audio, recording, rng=rng)
    assert stream.getvalue() == (tmp_path / "t.wav").read_bytes()
    assert written.path is None


def test_an_existing_file_needs_force(source, tmp_path, rng):
    recording = source()
    target = tmp_path / "t.wav"
    target.write_bytes(b"precious")
    with pytest.raises(UsageError, match="exists already") as caught:
        write(target, recording.audio, recording, rng=rng)
    assert "--force" in caught.value.hint
    assert target.read_bytes() == b"precious"
    write(target, recording.audio, recording, rng=rng, force=True)
    assert probe(target)[1] == 3000


@pytest.mark.parametrize("way", ["same", "symlink", "hardlink", "detour"])
def test_the_source_is_never_overwritten(way, source, tmp_path, rng):
    recording = source()
    before = recording.path.read_bytes()
    target = tmp_path / "other.wav"
    if way == "same":
        target = recording.path
    elif way == "symlink":
        target.symlink_to(recording.path)
    elif way == "hardlink":
        target.hardlink_to(recording.path)
    else:
        (tmp_path / "folder").mkdir()
        target = tmp_path / "folder" / ".." / recording.path.name
    for action in (write, write_difference):
        with pytest.raises(UsageError, match="never overwritten"):
            action(target, recording.audio, recording, rng=rng, force=True)
    assert recording.path.read_bytes() == before


def test_targets_that_cannot_be(source, tmp_path, rng):
    recording = source()
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        write(tmp_path / "folder.wav", recording.audio, recording, rng=rng, force=True)
    with pytest.raises(UsageError, match="does not exist"):
        write(tmp_path / "no" / "t.wav", recording.audio, recording, rng=rng)
    with pytest.raises(ResourceError, match="too long"):
        write(tmp_path / ("x" * 300 + ".wav"), recording.audio, recording, rng=rng)
    write(tmp_path / ("x" * 251 + ".wav"), recording.audio, recording, rng=rng)


def test_the_files_mode_follows_the_umask(source, tmp_path, rng):
    recording = source()
    before = os.umask(0o027)
    try:
        write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "t.wav").stat().st_mode) == 0o640


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".w64"])
def test_a_full_disk_leaves_nothing(suffix, tmp_path):
    # A limit on the size of files stands for the full disk: the same refusal, without a mount.
    script = f"""
        import resource, numpy as np
        from pathlib import Path
        from toolkit.errors import ResourceError
        from toolkit.io.audio_file import write
        from toolkit.values import Audio
        rng = np.random.default_rng(0)
        noise = Audio((rng.standard_normal((2, 500_000)) * 0.1).astype(np.float32), 44100)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        try:
            write(Path({str(tmp_path / "t")!r} + {suffix!r}), noise, None, rng=rng)
        except ResourceError as error:
            print(error.message, error.hint, error.exit_code)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert "the disk is full" in done.stdout
    assert done.stdout.strip().endswith("5")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_a_killed_process_leaves_nothing_visible(suffix, tmp_path):
    script = f"""
        import numpy as np
        from pathlib import Path
        from toolkit.io.audio_file import write
        from toolkit.values import Audio
        noise = Audio(np.zeros((1, 60_000_000), np.float32), 44100)
        note = lambda done, total: print(done, flush=True)
        write(Path({str(tmp_path / "t")!r} + {suffix!r}), noise, None, rng=np.random.default_rng(0),
              progress=note)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    with process:
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert visible(tmp_path) == []
    assert len(hidden(tmp_path)) == 1


def test_an_interrupt_leaves_nothing(source, tmp_path, rng):
    recording = source()

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "t.wav", recording.audio, recording, rng=rng, progress=interrupt)
    assert visible(tmp_path) == ["source.wav"]
    assert hidden(tmp_path) == []


def test_a_file_that_appears_meanwhile_is_not_overwritten(source, tmp_path, rng):
    recording = source()
    target = tmp_path / "t.wav"
    with pytest.raises(UsageError, match="exists already"):
        write(
            target,
            recording.audio,
            recording,
            rng=rng,
            progress=lambda done, total: target.write_bytes(b"precious"),
        )
    assert target.read_bytes() == b"precious"
    assert hidden(tmp_path) == []


def test_a_source_that_vanished_is_reported(source, tmp_path, rng):
    recording = source()
    recording.path.unlink()
    with pytest.raises(InputError) as caught:
        write(tmp_path / "t.wav", recording.audio, recording, rng=rng)
    assert caught.value.code == "E_MISSING"
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_left(source, rng):
    recording = source()
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(ResourceError), os.fdopen(writing, "wb", buffering=0) as pipe:
        write(pipe, recording.audio, recording, rng=rng)


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_output_plus_difference_is_the_input(subtype, suffix, source, tmp_path, run, rng):
    recording = source(subtype)
    changed = recording.audio.samples * np.float32(0.7)
    changed[0, 100:200] = 0
    audio = recording.audio.with_samples(changed)
    names = tmp_path / f"out{suffix}", tmp_path / f"removed{suffix}"
    written = write(names[0], audio, recording, rng=rng)
    write_difference(names[1], audio, recording, rng=rng)
    out, difference = (soundfile.read(name, dtype="float64")[0] for name in names)
    before, _ = soundfile.read(recording.path, dtype="float64")
    error = np.abs(out + difference - before).max()
    if subtype == "FLOAT" and suffix == ".wav":
        assert error <= 2**-24
    elif written.format.bits >= 24 and subtype != "PCM_24":
        assert error <= 2.0**-23
    else:
        assert error == 0


def test_the_difference_of_nothing_is_silence(source, tmp_path, rng):
    for subtype in SUBTYPES:
        recording = source(subtype)
        write_difference(tmp_path / "d.wav", recording.audio, recording, rng=rng, force=True)
        assert not soundfile.read(tmp_path / "d.wav")[0].any()


def test_a_difference_beyond_full_scale_is_counted(source, tmp_path, rng):
    recording = source("PCM_16", samples=np.full((10, 1), 0.9))
    audio = recording.audio.with_samples(np.full((1, 10), -0.9, np.float32))
    written = write_difference(tmp_path / "d.wav", audio, recording, rng=rng)
    assert written.clipped == 10
    assert any("10 samples" in note for note in written.warnings)


def test_a_difference_needs_the_same_shape(source, tmp_path, rng):
    recording = source()
    short = Audio(recording.audio.samples[:, :100], RATE)
    with pytest.raises(UsageError, match="length"):
        write_difference(tmp_path / "d.wav", short, recording, rng=rng)


def test_loudness_is_measured_when_asked(source, tmp_path, rng):
    time_axis = np.arange(5 * RATE) / RATE
    recording = source(samples=np.sin(2 * np.pi * 997 * time_axis)[:, None] * 0.5)
    silent = write(tmp_path / "a.wav", recording.audio, recording, rng=rng)
    told = write(tmp_path / "b.wav", recording.audio, recording, rng=rng, measure_loudness=True)
    assert (silent.loudness_lufs, silent.true_peak_db) == (None, None)
    assert told.loudness_lufs == pytest.approx(-9.03, abs=0.1)
    assert told.true_peak_db == pytest.approx(-6.02, abs=0.1)


def test_another_rate_and_channel_count(source, tmp_path, run, rng):
    recording = source(container="WAVEX", channels=2)
    mono = Audio(np.zeros((1, 100), np.float32), 22050)
    written = write(tmp_path / "t.wav", mono, recording, rng=rng)
    expected = replace(
        recording.format, sample_rate=22050, num_channels=1, channel_mask=0, extensible=False
    )
    assert written.format == expected == read(tmp_path / "t.wav", run).format


def test_memory_stays_flat(tmp_path):
    script = f"""
        import resource, numpy as np
        from pathlib import Path
        from toolkit.io.audio_file import read, write
        from toolkit.run import Run
        from toolkit.values import Audio
        folder = Path({str(tmp_path)!r})
        run = Run(scratch_dir=folder)
        for count in (1000, 20_000_000):
            audio = Audio(run.scratch((2, count)), 96000)
            write(folder / f"{{count}}.wav", audio, None, rng=run.rng(), measure_loudness=True)
            recording = read(folder / f"{{count}}.wav", run)
            write(folder / f"{{count}}.flac", recording.audio, recording, rng=run.rng())
            read(folder / f"{{count}}.flac", run)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert after - before < 60_000  # of 160,000 KiB of samples


@pytest.mark.slow
def test_more_than_four_gigabytes(tmp_path):
    run = Run(scratch_dir=tmp_path)
    count = 2**30 + 1000  # in 16-bit stereo 4 GiB and a little
    samples = run.scratch((2, count))
    samples[:, -1] = [0.25, -0.25]
    audio = Audio(samples, 96000)
    format = Format("wav", "pcm_s16", 96000, 2, 16)
    began = time.process_time()
    write(tmp_path / "t.wav", audio, None, rng=run.rng(), format=format)
    format, num_samples, warnings = probe(tmp_path / "t.wav")
    assert (format.container, num_samples, warnings) == ("rf64", count, ())
    info = soundfile.info(tmp_path / "t.wav")
    assert (info.format, info.frames) == ("RF64", count)
    end = read(tmp_path / "t.wav", run, start=(count - 10) / 96000)
    assert end.audio.samples[:, -1].tolist() == [0.25, -0.25]
    assert not end.audio.samples[:, :-1].any()
    assert time.process_time() - began < 120
