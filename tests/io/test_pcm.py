import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import ToolkitError
from toolkit.io.format import Format
from toolkit.io.pcm import Encoder, decode, pack, to_float32

INTEGERS = {"pcm_u8": 8, "pcm_s16": 16, "pcm_s24": 24, "pcm_s32": 32}


def form(encoding: str, bits: int | None = None, channels: int = 1) -> Format:
    known = {**INTEGERS, "float32": 32, "float64": 64}
    return Format("wav", encoding, 44100, channels, bits or known[encoding])


def naive_decode(raw: bytes, size: int) -> list[float]:
    words = [raw[at : at + size] for at in range(0, len(raw), size)]
    if size == 1:
        return [(word[0] - 128) / 128 for word in words]
    top = 2 ** (8 * size - 1)
    return [int.from_bytes(word, "little", signed=True) / top for word in words]


@pytest.mark.parametrize("encoding", ["pcm_u8", "pcm_s16", "pcm_s24"])
@given(raw=st.binary(max_size=96))
@settings(max_examples=100, deadline=None)
def test_decoding_is_exact_and_encoding_gives_the_bytes_back(encoding, raw):
    format = form(encoding)
    raw = raw[: len(raw) // format.sample_size * format.sample_size]
    samples = to_float32(decode(raw, format), format)
    assert samples.dtype == np.float32
    assert samples[0].tolist() == naive_decode(raw, format.sample_size)
    encoder = Encoder(format, np.random.default_rng(1))
    assert pack(encoder.quantize(samples), format) == raw
    assert encoder.clipped == 0


@pytest.mark.parametrize("encoding", ["pcm_s32", "float64"])
def test_what_float32_cannot_hold_survives_where_nothing_changed(encoding, rng):
    format = form(encoding, channels=2)
    raw = (
        rng.integers(-(2**31), 2**31, (5000, 2)).astype("<i4").tobytes()
        if encoding == "pcm_s32"
        else rng.standard_normal((5000, 2)).astype("<f8").tobytes()
    )
    original = decode(raw, format)
    samples = to_float32(original, format)
    encoder = Encoder(format, rng)
    assert pack(encoder.quantize(samples, original), format) == raw
    changed = samples.copy()
    changed[0, 100] += np.float32(0.25) if changed[0, 100] < 0 else np.float32(-0.25)
    result = decode(pack(encoder.quantize(changed, original), format), format)
    assert np.count_nonzero(result != original) == 1
    exact = original[0, 100] + (float(changed[0, 100]) - float(samples[0, 100])) * (
        2.0**31 if encoding == "pcm_s32" else 1.0
    )
    assert result[0, 100] == pytest.approx(exact, abs=0.5 if encoding == "pcm_s32" else 0)


def test_changed_samples_get_triangular_dither(rng):
    # For x between two steps TPDF dither makes the mean error 0 and its variance 1/4 LSB².
    format = form("pcm_s16")
    for fraction in (0.1, 0.25, 0.5, 0.9):
        samples = np.full((1, 200_000), (1000 + fraction) / 2**15, np.float32)
        stored = Encoder(format, rng).quantize(samples)[0]
        error = stored - (1000 + fraction)
        assert abs(error.mean()) < 0.01
        assert error.var() == pytest.approx(0.25, abs=0.01)
        assert np.abs(error).max() < 1.5


def test_untouched_samples_stay_beside_changed_ones(rng):
    format = form("pcm_s16")
    grid = rng.integers(-30000, 30000, (1, 10_000))
    samples = (grid / 2**15).astype(np.float32)
    samples[0, ::2] += np.float32(0.3 / 2**15)
    stored = Encoder(format, rng).quantize(samples)
    assert np.array_equal(stored[0, 1::2], grid[0, 1::2])


def test_the_seed_decides_the_dither_and_the_state_does_not(rng):
    format = form("pcm_s16")
    samples = (rng.standard_normal((2, 5000)) * 0.1).astype(np.float32)
    used = np.random.default_rng(5)
    first = Encoder(format, used).quantize(samples)
    used.random(1000)
    assert np.array_equal(first, Encoder(format, used).quantize(samples))
    assert np.array_equal(first, Encoder(format, np.random.default_rng(5)).quantize(samples))
    assert not np.array_equal(first, Encoder(format, np.random.default_rng(6)).quantize(samples))


@pytest.mark.parametrize("encoding", list(INTEGERS))
def test_full_scale_saturates_and_is_counted(encoding, rng):
    format = form(encoding)
    encoder = Encoder(format, rng)
    samples = np.array([[2.0, 1.0, -1.0, -2.0, 0.0]], np.float32)
    top = 2 ** (INTEGERS[encoding] - 1)
    assert encoder.quantize(samples)[0].tolist() == [top - 1, top - 1, -top, -top, 0]
    assert encoder.clipped == 3
    assert decode(pack(encoder.quantize(samples), format), format)[0, 2] == -top


def test_twenty_bits_in_twenty_four_leave_the_rest_zero(rng):
    format = form("pcm_s24", bits=20)
    samples = (rng.standard_normal((1, 10_000)) * 0.2).astype(np.float32)
    stored = Encoder(format, rng).quantize(samples)
    assert not np.any(stored & 0xF)
    assert np.abs(stored / 2**23 - samples).max() < 1.6 / 2**19
    grid = np.array([[-(2**19), -5, 0, 7, 2**19 - 1]]) * 16
    exact = (grid / 2**23).astype(np.float32)
    assert np.array_equal(Encoder(format, rng).quantize(exact), grid)


@pytest.mark.parametrize("encoding", [*INTEGERS, "float32", "float64"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(encoding, value, rng):
    with pytest.raises(ToolkitError, match="E_NONFINITE") as caught:
        Encoder(form(encoding), rng).quantize(np.array([[0.0, value]], np.float32))
    assert caught.value.exit_code == 1


def test_floats_pass_as_they_are(rng):
    samples = (rng.standard_normal((2, 1000)) * 3).astype(np.float32)
    for encoding in ("float32", "float64"):
        format = form(encoding, channels=2)
        encoder = Encoder(format, rng)
        assert np.array_equal(decode(pack(encoder.quantize(samples), format), format), samples)
        assert encoder.clipped == 0
