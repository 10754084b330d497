"""The main job on the real record: what comes out, what is kept, what is better."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wavinfo import WavInfoReader

from toolkit.evaluation.musical_noise import kurtosis_ratio, quiet_floor_db
from toolkit.evaluation.real import impulses_per_second

SIDE = Path(__file__).parents[2] / "samples" / "sousa-1917.flac"
RATE = 96000


def chunk(name, payload):
    return name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


@pytest.fixture(scope="module")
def broadcast_wave(tmp_path_factory):
    """Return the side as an archive would hand it over: a 96 kHz 24-bit Broadcast WAV."""
    samples, rate = soundfile.read(SIDE, dtype="int32")
    assert rate == RATE
    data = (samples >> 8).astype("<i4").reshape(-1, 1).view("u1").reshape(-1, 4)[:, :3].tobytes()
    bext = b"A marimba band".ljust(256, b"\0") + bytes(346) + b"A=ANALOGUE,M=stereo,T=turntable\r\n"
    fmt = struct.pack("<HHIIHH", 1, 2, RATE, RATE * 6, 6, 24)
    cue = struct.pack("<I", 1) + struct.pack("<II4sIII", 1, 4800, b"data", 0, 0, 4800)
    body = b"WAVE" + b"".join(
        (
            chunk(b"bext", bext),
            chunk(b"fmt ", fmt),
            chunk(b"data", data),
            chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Stars and Stripes\0")),
            chunk(b"iXML", b"<BWFXML><NOTE>side A</NOTE></BWFXML>"),
            chunk(b"cue ", cue),
            chunk(b"zzzz", b"unknown to everybody"),
            chunk(b"MD5 ", bytes(16)),
        )
    )
    path = tmp_path_factory.mktemp("archive") / "side.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def chunks(path):
    data, found, at = path.read_bytes(), {}, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def test_the_main_job(call, broadcast_wave):
    before = hashlib.sha256(broadcast_wave.read_bytes()).hexdigest()
    code, out, _ = call("restore", broadcast_wave, "--difference")
    assert code == 0
    restored = Path(out.decode().strip())
    removed = restored.with_name("side.removed.wav")
    assert hashlib.sha256(broadcast_wave.read_bytes()).hexdigest() == before

    info, original = soundfile.info(restored), soundfile.info(broadcast_wave)
    for each in (info, original):
        assert (each.samplerate, each.channels, each.subtype) == (RATE, 2, "PCM_24")
    assert info.frames == original.frames

    kept, given = chunks(restored), chunks(broadcast_wave)
    assert b"MD5 " not in kept
    for name in (b"iXML", b"cue ", b"zzzz"):
        assert kept[name] == given[name]
    reader = WavInfoReader(str(restored))
    assert reader.info.title == "Stars and Stripes"
    history = kept[b"bext"][602:].rstrip(b"\0").decode().splitlines()
    assert history[0] == "A=ANALOGUE,M=stereo,T=turntable"
    assert len(history) == 2
    assert history[1].startswith("A=PCM,F=96000,W=24,M=stereo,T=")

    x, y, d = (
        soundfile.read(path, dtype="int32", always_2d=True)[0].T >> 8
        for path in (broadcast_wave, restored, removed)
    )
    assert np.abs(x - y - d).max() <= 1

    old, new = (each.astype(np.float32) / 2**23 for each in (x, y))
    assert impulses_per_second(new, RATE, old) < 0.5 * impulses_per_second(old, RATE)
    assert quiet_floor_db(new, RATE) < quiet_floor_db(old, RATE) - 3
    assert kurtosis_ratio(old, new, RATE) < 2
