import mido
import pytest

from toolkit.adapters import openmsx
from toolkit.errors import UsageError
from toolkit.values import DRUMS


def message(kind: str, after: float = 0.0, **values: int) -> mido.Message:
    return mido.Message(kind, time=after, **values)


def test_notes_have_their_times_programs_and_velocities():
    notes = openmsx.notes_of(
        [
            message("program_change", channel=2, program=33),
            message("note_on", 0.5, channel=2, note=40, velocity=127),
            message("note_on", 0.25, channel=9, note=38, velocity=64),
            message("note_off", 0.25, channel=9, note=38),
            message("note_on", 0.5, channel=2, note=40, velocity=0),
        ]
    )
    bass, drum = notes
    assert (bass.onset, bass.offset, bass.pitch, bass.program) == (0.5, 1.5, 40, 33)
    assert (drum.onset, drum.offset, drum.pitch, drum.program) == (0.75, 1.0, 38, DRUMS)
    assert drum.velocity / bass.velocity == pytest.approx(64 / 127)


def test_volume_and_expression_count_twice_relative_to_the_loudest():
    loud = message("note_on", channel=0, note=60, velocity=127)
    notes = openmsx.notes_of(
        [
            message("control_change", channel=0, control=7, value=100),
            message("control_change", channel=1, control=7, value=50),
            message("control_change", channel=1, control=11, value=127),
            loud,
            loud.copy(channel=1, note=62),
            message("note_off", 1.0, channel=0, note=60),
            message("control_change", channel=1, control=7, value=0),
            message("note_off", channel=1, note=62),
            message("note_on", channel=1, note=64, velocity=127),
            message("note_off", 1.0, channel=1, note=64),
        ]
    )
    assert [note.pitch for note in notes] == [60, 62]
    assert [note.velocity for note in notes] == pytest.approx([1.0, 0.25])


def test_stray_releases_are_no_notes_and_repeats_end_in_order():
    notes = openmsx.notes_of(
        [
            message("note_off", channel=0, note=60),
            message("note_on", channel=0, note=60, velocity=90),
            message("note_on", 1.0, channel=0, note=60, velocity=90),
            message("note_off", 1.0, channel=0, note=60),
            message("note_off", 1.0, channel=0, note=60),
        ]
    )
    assert [(note.onset, note.offset) for note in notes] == [(0, 2), (1, 3)]


@pytest.mark.slow  # needs Debian's openttd-openmsx, as the suite itself does
def test_songs_are_read():
    assert len(openmsx.songs()) == 31
    assert len(openmsx.read("be_sharp_bw_redfarn")) == 3701
    with pytest.raises(UsageError, match="no song 'nothing'"):
        openmsx.read("nothing")
