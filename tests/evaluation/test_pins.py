from dataclasses import replace

import pytest

from toolkit.errors import ToolkitError
from toolkit.evaluation.pins import check_pinned, fingerprint
from toolkit.values import Note, Notes

NOTES = Notes((Note(0, 1, 60, 0.5), Note(0.5, 1.5, 64, 0.6, 33)))


@pytest.mark.parametrize(
    "change", [{"onset": 0.4}, {"offset": 1.6}, {"pitch": 65}, {"velocity": 0.7}, {"program": 0}]
)
def test_a_fingerprint_is_of_everything_that_sounds(change):
    first, second = NOTES
    assert fingerprint(Notes((first, replace(second, **change)))) != fingerprint(NOTES)
    assert fingerprint(Notes((first, replace(second, offset=1.5 + 1e-8)))) == fingerprint(NOTES)


def test_other_notes_than_those_that_were_pinned_are_refused():
    whole = fingerprint(NOTES)
    check_pinned("trio", NOTES, whole, "")
    check_pinned("trio", NOTES, whole[:16], "")
    with pytest.raises(ToolkitError, match=r"the notes of trio have sha256 .* not 0123") as caught:
        check_pinned("trio", NOTES, "0123", "install it again")
    assert caught.value.hint == "install it again"
