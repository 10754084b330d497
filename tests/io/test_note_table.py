import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError, UsageError
from toolkit.io import note_table
from toolkit.values import Note, Notes

MICRO = st.integers(0, 10**9).map(lambda count: count / 10**6)
LEVEL = st.integers(0, 10**4).map(lambda count: count / 10**4)
NOTE = st.builds(
    lambda at, last, pitch, velocity, program, sure: Note(
        at, round(at + last, 6), pitch, velocity, program, (), sure
    ),
    MICRO,
    MICRO,
    st.integers(0, 127),
    LEVEL.filter(bool),
    st.integers(0, 128),
    LEVEL.filter(bool),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(NOTE, max_size=8))
def test_what_is_written_is_read(tmp_path_factory, drawn):
    path = tmp_path_factory.mktemp("table") / "x.csv"
    notes = Notes(tuple(drawn))
    note_table.write(path, notes)
    assert sorted(note_table.read(path), key=str) == sorted(notes, key=str)


def test_it_is_a_table_to_read(tmp_path):
    note_table.write(tmp_path / "x.csv", Notes((Note(0.5, 1.25, 69, 0.5, 40),)))
    header, line = (tmp_path / "x.csv").read_text().splitlines()
    assert header == ",".join(note_table.COLUMNS)
    assert line.startswith("0.500000,1.250000,69,A4,0.5000,40,")


def test_only_three_columns_are_needed(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbfpitch,onset,offset\r\n60,1,2\r\n")
    assert note_table.read(tmp_path / "x.csv").notes == (Note(1, 2, 60),)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"onset,offset\n1,2\n", "pitch"),
        (b"", "column"),
        (b"onset,offset,pitch\n1,2,60\n2,1,60\n", "line 3"),
        (b"onset,offset,pitch\n1,2\n", "line 2"),
        (b"onset,offset,pitch\n1,x,60\n", "line 2"),
        (b"onset,offset,pitch\nnan,2,60\n", "line 2"),
        (b"\xff\xfe\x00", "text"),
    ],
)
def test_broken_tables_say_where(tmp_path, text, word):
    (tmp_path / "x.csv").write_bytes(text)
    with pytest.raises(InputError) as raised:
        note_table.read(tmp_path / "x.csv")
    assert word in raised.value.message


def test_no_file_and_a_file_that_is_there(tmp_path):
    with pytest.raises(InputError):
        note_table.read(tmp_path / "absent.csv")
    (tmp_path / "x.csv").touch()
    with pytest.raises(UsageError):
        note_table.write(tmp_path / "x.csv", Notes())
