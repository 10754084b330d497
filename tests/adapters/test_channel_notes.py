"""Notes are read as their channels play them, whatever order the events come in."""

import mido
import pytest

from toolkit.adapters.channel_notes import notes_and_gains
from toolkit.values import DRUMS


def message(kind: str, after: float = 0.0, **values: int) -> mido.Message:
    return mido.Message(kind, time=after, **values)


def test_a_note_has_the_gain_that_its_channel_had_as_it_began():
    found = notes_and_gains(
        [
            message("control_change", channel=1, control=7, value=127),
            message("note_on", channel=1, note=60, velocity=127),
            message("control_change", 0.5, channel=1, control=11, value=0),
            message("note_on", channel=0, note=64, velocity=100),
            message("note_off", 0.5, channel=1, note=60),
            message("note_off", channel=0, note=64),
        ]
    )
    assert [(note.pitch, note.onset, note.offset) for note, _ in found] == [
        (60, 0.0, 1.0), (64, 0.5, 1.0),
    ]  # fmt: skip
    assert [gain for _, gain in found] == pytest.approx([1.0, (100 / 127) ** 2])


def test_percussion_keeps_its_program_and_lasts_a_moment():
    ((drum, _),) = notes_and_gains(
        [
            message("program_change", channel=9, program=40),
            message("note_on", channel=9, note=38, velocity=64),
            message("note_on", channel=9, note=38, velocity=0),
        ]
    )
    assert drum.program == DRUMS
    assert drum.offset - drum.onset == pytest.approx(0.02)


def test_what_has_no_end_and_what_has_no_beginning_are_no_notes():
    assert not notes_and_gains(
        [
            message("note_off", channel=0, note=60),
            message("note_on", channel=0, note=62, velocity=90),
            message("note_off", 1.0, channel=1, note=62),
        ]
    )
