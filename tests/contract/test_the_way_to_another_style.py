"""What every stage between notes and stems must do, whatever the piece."""

import functools
import json

import numpy as np
import pytest

from toolkit.checkpoints import shipped
from toolkit.registry import stage_class, stage_keys
from toolkit.run import Run
from toolkit.stage import signature
from toolkit.style import saved
from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performance import Performance
from toolkit.values import Audio, Note, Notes, Stems

ORDER = (Notes, LeadSheet, Arrangement, Performance, Stems)
KEYS = tuple(
    key
    for key in stage_keys()
    if {*signature(stage_class(key)).inputs, signature(stage_class(key)).output}
    & {LeadSheet, Arrangement, Performance}
)


def piece(name: str) -> Notes:
    """Return a few bars: a waltz with pickup, a tune alone, a note, or 5/4 without a tempo map."""
    if name == "a note":
        return Notes((Note(0.5, 1.0, 64, 0.8),), tempo_map=((0.0, 60.0),))
    if name == "a tune alone":
        line = (60, 62, 64, 65, 67, 65, 64, 62) * 3
        notes = tuple(Note(0.4 * i, 0.4 * i + 0.38, pitch, 0.7) for i, pitch in enumerate(line))
        return Notes(notes, tempo_map=((0.0, 150.0),), meters=((0.0, 4, 4),))
    beats = 5 if name == "five" else 3
    notes = [Note(0.0, 0.5, 67, 0.8)] if name == "a waltz" else []
    for bar in range(8):
        root = (45, 50, 52, 45)[bar % 4]
        at = 0.5 + 0.5 * beats * bar
        notes += [Note(at, at + 0.5, root, 0.6), Note(at, at + 1.0, 69 + (bar % 3), 0.8)]
        for beat in range(1, beats):
            start = at + 0.5 * beat
            notes += [Note(start, start + 0.4, root + 12 + step, 0.5) for step in (3, 7)]
            notes.append(Note(start, start + 0.45, 72 - beat, 0.75))
    if name == "five":
        return Notes(tuple(notes))
    meters = ((0.0, 1, 4), (0.5, 3, 4))
    return Notes(tuple(notes), tempo_map=((0.0, 120.0),), meters=meters)


PIECES = ("a waltz", "a tune alone", "a note", "five")


@functools.cache
def chain(name: str) -> dict[type, object]:
    """Return a piece as each kind of value on the way."""
    values: dict[type, object] = {Notes: piece(name)}
    for key in ("lead-sheet", "arrange", "perform", "render"):
        made = stage_class(key)()(*inputs(key, values), run(key))
        values[type(made)] = made
    return values


def run(key: str) -> Run:
    return Run(seed=3, checkpoints=shipped()).for_step(key)


def inputs(key: str, values: dict[type, object]) -> list[object]:
    return [values[kind] for kind in signature(stage_class(key)).inputs]


def plain(value: object) -> object:
    """Return a value as something that can be compared."""
    if isinstance(value, Stems):
        return [np.asarray(audio.samples).tobytes() for audio in value.values()]
    return value if isinstance(value, Notes) else saved.dump(value)


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("key", KEYS)
def test_it_makes_what_it_promises_twice_the_same(key, name):
    values = chain(name)
    first, second = (stage_class(key)()(*inputs(key, values), run(key)) for _ in range(2))
    assert type(first) is signature(stage_class(key)).output
    assert plain(first) == plain(second)


@pytest.mark.parametrize("key", KEYS)
def test_inputs_stay_and_findings_are_plain(key):
    values = chain("a waltz")
    before = [plain(each) for each in inputs(key, values)]
    local = run(key)
    stage_class(key)()(*inputs(key, values), local)
    assert [plain(each) for each in inputs(key, values)] == before
    json.dumps(dict(local.findings), allow_nan=False)


@pytest.mark.parametrize("kind", [LeadSheet, Arrangement, Performance])
@pytest.mark.parametrize("name", PIECES)
def test_every_value_on_the_way_is_saved_and_read_again(kind, name):
    value = chain(name)[kind]
    again = saved.load(saved.dump(value))
    assert saved.dump(saved.load(saved.dump(again))) == saved.dump(again)
    if isinstance(value, Performance):
        assert dict(again.parts) == dict(value.parts)
        again, value = again.arrangement, value.arrangement
    assert again == value


@pytest.mark.parametrize("name", PIECES)
def test_stems_are_finite_stereo_and_add_up(name):
    values = chain(name)
    stems = stage_class("mix")()(*inputs("mix", values), run("mix"))
    assert stems.mixture().num_channels == 2
    for audio in stems.values():
        assert isinstance(audio, Audio)
        assert np.isfinite(audio.samples).all()
    assert np.abs(stems.mixture().samples).max() < 1
