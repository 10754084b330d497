import struct

import numpy as np
import pytest

from toolkit.errors import ToolkitError
from toolkit.training import patches, sampler
from toolkit.training.patches import read_patch
from toolkit.values import DRUMS, Note

RATE = sampler.SAMPLE_RATE


def sample(numbers, *, modes, root=440000, high=8371199, loop=(0, 0), rates=None, levels=None):
    """Return a sample's description and numbers as a patch file has them."""
    data = numbers.tobytes()
    envelope = bytes(rates or [63] * 6) + bytes(levels or [255] * 6)
    head = struct.pack("<7sBIIIHIIIHB", b"tone", 0, len(data), *loop, RATE, 0, high, root, 512, 7)
    return head + envelope + bytes(6) + struct.pack("<BHH36x", modes, 60, 1024) + data


def patch(*samples):
    header = b"GF1PATCH110\0ID#000002\0" + bytes(60) + bytes([1, 14, 0]) + bytes(44)
    return header + bytes(63) + bytes(6) + bytes([len(samples)]) + bytes(40) + b"".join(samples)


def ramp(count=1000, dtype="<i2"):
    top = np.iinfo(dtype).max
    return (top * np.sin(2 * np.pi * 440 * np.arange(count) / RATE)).astype(dtype)


def test_sixteen_and_eight_bits_signed_and_unsigned_hold_the_same():
    wide = read_patch(patch(sample(ramp(), modes=1)))[0].tone.samples
    offset = (ramp().astype(int) + 32768).astype("<u2").view("<i2")
    unsigned = read_patch(patch(sample(offset, modes=3)))[0].tone.samples
    narrow = read_patch(patch(sample(ramp(dtype="i1"), modes=0)))[0].tone.samples
    np.testing.assert_allclose(unsigned, wide, atol=1e-4)
    np.testing.assert_allclose(narrow, wide, atol=0.02)
    np.testing.assert_allclose(wide, ramp() / 32768, atol=1e-3)


def test_pitches_loops_and_ranges_are_read():
    low = sample(ramp(), modes=5, root=220000, high=300000, loop=(200, 1200))
    high = sample(ramp(), modes=1, root=880000)
    first, second = read_patch(patch(high, low))
    assert first.tone.pitch == pytest.approx(57, abs=1e-3)
    assert second.tone.pitch == pytest.approx(81, abs=1e-3)
    assert first.tone.loop == pytest.approx((100, 600))
    assert second.tone.loop is None
    assert first.highest == pytest.approx(62.37, abs=0.01)


def test_a_loop_to_and_fro_is_unfolded():
    tone = read_patch(patch(sample(ramp(), modes=13, loop=(400, 1000))))[0].tone
    first, end = (round(each) for each in tone.loop)
    assert end - first == 600
    turned = tone.samples[first:end]
    np.testing.assert_allclose(turned[:300], turned[300:][::-1], atol=1e-3)


def test_envelopes_fall_at_their_rates():
    # Rate 64 + 48 is 48 << 6: from 255 to 0 it takes 255 * 2^13 / 44100 / 3072 s.
    falling = [63, 112, 112, 112, 63, 63]
    levels = [255, 0, 0, 0, 0, 0]
    tone = read_patch(patch(sample(ramp(), modes=65, rates=falling, levels=levels)))[0].tone
    (_, _), (attack, peak), (end, lowest), _ = tone.decibels
    assert (peak, lowest) == (0, -36)
    assert end - attack == pytest.approx(255 * 2**13 / 44100 / (48 << 6), rel=1e-6)


def test_what_is_no_patch_or_is_cut_short_is_said():
    with pytest.raises(ToolkitError, match="no Gravis patch"):
        read_patch(b"RIFF" + bytes(500))
    with pytest.raises(ToolkitError, match="cut short"):
        read_patch(patch(sample(ramp(), modes=1))[:280])


def test_a_bank_gives_instruments_by_program_and_drums_by_pitch(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    for name in ("Tone_000/033_Finger_Bass.pat", "Drum_000/038_Snare_1.pat"):
        path = tmp_path / "unpacked" / "a-bank" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(patch(sample(ramp(), modes=1)))
    bass, drums = patches.instrument("a-bank", 33), patches.instrument("a-bank", DRUMS)
    assert patches.instrument("a-bank", 34) is None
    assert bass(Note(0, 1, 90)).pitch == pytest.approx(69, abs=1e-3)
    assert drums(Note(0, 1, 38)).pitch is None
    assert drums(Note(0, 1, 39)) is None
