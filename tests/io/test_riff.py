import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.io.format import Format, build_fmt, parse_fmt
from toolkit.io.riff import Chunk, parse
from toolkit.io.riff_writer import Piece, Plan, copied, fitting

CONTAINERS = ["wav", "rf64", "bw64", "w64"]
FMT = build_fmt(Format("wav", "pcm_s16", 48000, 1, 16))
printable = st.binary(min_size=4, max_size=4).map(lambda raw: bytes(0x21 + b % 0x5D for b in raw))
reserved = (b"data", b"fmt ", b"ds64", b"LIST", b"list", b"riff", b"RIFF")
pieces = st.lists(
    st.tuples(printable.filter(lambda id: id not in reserved), st.binary(max_size=50)), max_size=6
)


def payloads(file: bytes, container: str | None = None) -> list[tuple[bytes, bytes]]:
    layout = parse(io.BytesIO(file), len(file))
    assert container is None or layout.container == container
    assert not layout.problems
    assert not layout.warnings
    return [(chunk.id, chunk.load(io.BytesIO(file))) for chunk in layout.chunks]


@pytest.mark.parametrize("container", CONTAINERS)
@given(before=pieces, data=st.binary(max_size=200).map(lambda raw: raw * 2), after=pieces)
@settings(max_examples=150, deadline=None)
def test_what_is_parsed_is_what_was_written(build_file, container, before, data, after):
    chunks = [*before, (b"fmt ", FMT), (b"data", data), *after]
    file = build_file(container, chunks)
    assert payloads(file, container) == chunks


@pytest.mark.parametrize("container", CONTAINERS)
@given(before=pieces, data=st.binary(max_size=200).map(lambda raw: raw * 2), after=pieces)
@settings(max_examples=150, deadline=None)
def test_a_file_written_again_is_the_same_byte_for_byte(build_file, container, before, data, after):
    file = build_file(container, [*before, (b"fmt ", FMT), (b"data", data), *after])
    source = io.BytesIO(file)
    layout = parse(source, len(file))
    ids = [chunk.id for chunk in layout.chunks]
    middle = ids.index(b"data")
    copies = [Piece(chunk.id, chunk) for chunk in layout.chunks]
    plan = Plan(
        container, tuple(copies[:middle]), len(data), tuple(copies[middle + 1 :]), len(data) // 2
    )
    again = b"".join([*plan.opening(source), data, *plan.closing(source)])
    assert again == file
    assert plan.size == len(file)


@pytest.mark.parametrize("container", CONTAINERS)
@given(st.data())
@settings(max_examples=600, deadline=None)
def test_mutated_headers_raise_nothing_but_input_errors(build_file, container, data):
    file = bytearray(
        build_file(
            container,
            [(b"bext", bytes(30)), (b"fmt ", FMT), (b"data", bytes(64)), (b"LIST", b"INFO")],
        )
    )
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(file) - 1))
        width = data.draw(st.sampled_from([1, 4, 8]))
        value = data.draw(st.sampled_from([0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1, 0x41]))
        file[at : at + width] = (value % 256**width).to_bytes(width, "little")
    size = data.draw(st.integers(0, len(file)))
    try:
        layout = parse(io.BytesIO(bytes(file[:size])), size)
    except InputError:
        return
    for chunk in layout.chunks:
        assert chunk.offset + chunk.size <= size


@given(st.binary(max_size=200), st.sampled_from([b"RIFF", b"RF64", b"BW64", b""]))
@settings(max_examples=300, deadline=None)
def test_noise_raises_nothing_but_input_errors(noise, magic):
    file = magic + noise[:4] + b"WAVE" + noise[4:] if magic else noise
    try:
        layout = parse(io.BytesIO(file), len(file))
    except InputError:
        return
    assert all(chunk.offset + chunk.size <= len(file) for chunk in layout.chunks)


def test_a_million_empty_chunks_are_refused_quickly():
    file = b"RIFF\0\0\0\0WAVE" + b"abcd\0\0\0\0" * 1_000_000
    with pytest.raises(InputError) as caught:
        parse(io.BytesIO(file), len(file))
    assert caught.value.code == "E_FORMAT"


def test_a_crashed_recorders_audio_is_found(build_file, fmt):
    file = bytearray(build_file("wav", [(b"fmt ", fmt()), (b"data", b"\x10\x20" * 500)]))
    at = file.index(b"data") + 4
    file[at : at + 4] = bytes(4)
    layout = parse(io.BytesIO(bytes(file)), len(file))
    assert [problem.code for problem in layout.problems] == ["E_ZERO_SIZE"]
    assert layout.first(b"data") == Chunk(b"data", at + 4, 1000)


def test_an_empty_data_chunk_before_others_is_just_empty(build_file, fmt):
    file = build_file("wav", [(b"fmt ", fmt()), (b"data", b""), (b"LIST", b"INFO")])
    assert payloads(file) == [(b"fmt ", fmt()), (b"data", b""), (b"LIST", b"INFO")]


def test_missing_padding_is_understood(fmt):
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt() + b"odd " + struct.pack("<I", 3) + b"abc"
    body += b"data" + struct.pack("<I", 4) + b"1234"
    file = b"RIFF" + struct.pack("<I", len(body)) + body
    ids = [id for id, _ in payloads(file)]
    assert ids == [b"fmt ", b"odd ", b"data"]


def test_a_cut_chunk_behind_the_audio_is_a_problem(build_file, fmt):
    file = build_file("wav", [(b"fmt ", fmt()), (b"data", b"1234"), (b"iXML", b"x" * 100)])[:-40]
    layout = parse(io.BytesIO(file), len(file))
    assert [problem.code for problem in layout.problems] == ["E_TRUNCATED"]
    assert [chunk.id for chunk in layout.chunks] == [b"fmt ", b"data"]


def test_bytes_behind_the_last_chunk_are_reported(build_file, fmt):
    file = build_file("wav", [(b"fmt ", fmt()), (b"data", b"1234")]) + b"\0" * 128
    layout = parse(io.BytesIO(file), len(file))
    assert layout.warnings == ("128 bytes behind the last chunk are ignored",)


def test_riff_becomes_rf64_exactly_beyond_the_limit():
    plan = Plan("wav", (Piece(b"fmt ", FMT),), 1000, (), 500)
    assert fitting(plan, plan.size).container == "wav"
    assert fitting(plan, plan.size - 1).container == "rf64"
    huge = fitting(Plan("wav", (Piece(b"fmt ", FMT),), 2**33, (), 2**32))
    opening = b"".join(huge.opening(None))
    assert opening[:4] == b"RF64"
    riff_size, data_size, num_samples = struct.unpack_from("<QQQ", opening, 20)
    assert riff_size == len(opening) + 2**33 - 8
    assert (data_size, num_samples) == (2**33, 2**32)


def test_a_source_that_shrank_is_noticed():
    with pytest.raises(ValueError, match="shorter"):
        list(copied(Chunk(b"iXML", 0, 100), io.BytesIO(b"x" * 50)))


def test_fmt_survives_in_every_form():
    for bits, encoding in ((8, "pcm_u8"), (16, "pcm_s16"), (20, "pcm_s24"), (32, "pcm_s32")):
        for mask in (0, 0x60F):
            format = Format("wav", encoding, 96000, 6, bits, mask, bool(mask) or bits == 20)
            assert parse_fmt(build_fmt(format), "wav") == format
    for encoding, bits in (("float32", 32), ("float64", 64)):
        format = Format("w64", encoding, 8000, 2, bits)
        assert parse_fmt(build_fmt(format), "w64") == format


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_fmt_chunk_is_a_format_or_an_input_error(payload):
    try:
        format = parse_fmt(payload, "wav")
    except InputError:
        return
    assert 1 <= format.num_channels <= 32
    assert 4000 <= format.sample_rate <= 768000
