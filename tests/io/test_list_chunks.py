import struct

from toolkit.io.list_chunks import items


def item(id: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", id, len(data)) + data + b"\0" * (len(data) % 2)


def test_items_of_odd_size_are_padded():
    payload = b"INFO" + item(b"INAM", b"odd") + item(b"IART", b"even")
    found = items(payload)
    assert found == [(b"INAM", 12, 3), (b"IART", 24, 4)]
    assert [payload[start : start + size] for _, start, size in found] == [b"odd", b"even"]


def test_a_list_that_is_cut_has_no_items():
    payload = b"INFO" + item(b"INAM", b"name")
    assert items(payload[:-1]) is None
    assert items(b"INFO") == []
    assert items(payload + b"rest") == [(b"INAM", 12, 4)]
