from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import UsageError
from toolkit.registry import stage_class
from toolkit.run import Run
from toolkit.stage import build, param, parameters, signature, stage, stage_key, summary
from toolkit.values import Audio, Notes, Stems

seeded = settings(derandomize=True, deadline=None)


@stage
class Chorus:
    """Sing along.

    As loud as it likes.
    """

    depth: float = param(0.5, unit="Hz", low=0, high=2, help="how far")
    voices: int = param(3, low=1, help="how many")
    open_end: float = param(0.0, high=9, help="at most")
    shape: str = param("sine", choices=("sine", "square"), help="what it looks like")
    title: str = param("none", help="anything")
    wet: bool = param(True, help="whether")

    def __call__(self, audio: Audio, notes: Notes, run: Run) -> Stems:
        """Return what was sung."""
        return Stems({"all": audio})


@stage
class Plain:
    "Do nothing."

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the audio."""
        return audio


def refusal(values):
    with pytest.raises(UsageError) as caught:
        build(Chorus, values)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    ("values", "message", "hint"),
    [
        ({"depth": 2.5}, "chorus: depth = 2.5 is outside 0..2 Hz", "the default is depth = 0.5"),
        ({"depth": -1}, "chorus: depth = -1 is outside 0..2 Hz", "the default is depth = 0.5"),
        (
            {"depth": float("nan")},
            "chorus: depth = nan is outside 0..2 Hz",
            "the default is depth = 0.5",
        ),
        ({"voices": 0}, "chorus: voices = 0 is outside 1..", "the default is voices = 3"),
        ({"open_end": 10}, "chorus: open_end = 10 is outside ..9", "the default is open_end = 0"),
        (
            {"open_end": float("nan")},
            "chorus: open_end = nan is outside ..9",
            "the default is open_end = 0",
        ),
        ({"depth": "1"}, "chorus: depth = '1' is not a float", "the default is depth = 0.5"),
        ({"depth": True}, "chorus: depth = True is not a float", "the default is depth = 0.5"),
        ({"voices": True}, "chorus: voices = True is not a int", "the default is voices = 3"),
        ({"voices": 2.0}, "chorus: voices = 2.0 is not a int", "the default is voices = 3"),
        ({"wet": 1}, "chorus: wet = 1 is not a bool", "the default is wet = True"),
        ({"title": 3}, "chorus: title = 3 is not a str", "the default is title = 'none'"),
        (
            {"shape": "squares"},
            "chorus: shape = 'squares' is not one of sine, square",
            "did you mean 'square'?",
        ),
        (
            {"shape": "xyz"},
            "chorus: shape = 'xyz' is not one of sine, square",
            "try shape = 'sine'",
        ),
        ({"dept": 1}, "chorus has no parameter 'dept'", "did you mean 'depth'?"),
        (
            {"xyz": 1},
            "chorus has no parameter 'xyz'",
            "it has: depth, voices, open_end, shape, title, wet",
        ),
    ],
)
def test_refusals_say_what_is_wrong_and_what_to_type(values, message, hint):
    assert refusal(values) == (message, hint)


def test_the_owner_can_be_named():
    with pytest.raises(UsageError, match=r"^step 'a': depth = 9"):
        build(Chorus, {"depth": 9}, "step 'a'")
    with pytest.raises(UsageError, match=r"^step 'a' has no parameter"):
        build(Chorus, {"x": 9}, "step 'a'")


def test_a_stage_without_parameters_says_so():
    with pytest.raises(UsageError) as caught:
        build(Plain, {"depth": 1})
    assert caught.value.hint == "it has: none"


def test_integers_become_floats_where_floats_are_wanted():
    made = build(Chorus, {"depth": 1})
    assert made.depth == 1
    assert type(made.depth) is float
    assert type(Chorus(depth=2).depth) is float


@seeded
@given(st.floats(0, 2), st.integers(1, 10**9), st.sampled_from(("sine", "square")), st.booleans())
def test_what_is_allowed_is_taken_as_it_is(depth, voices, shape, wet):
    values = {"depth": depth, "voices": voices, "shape": shape, "wet": wet}
    made = build(Chorus, values)
    assert {name: getattr(made, name) for name in values} == values


@seeded
@given(st.floats().filter(lambda value: not 0 <= value <= 2))
def test_no_number_outside_the_range_is_taken(depth):
    with pytest.raises(UsageError, match="is outside"):
        Chorus(depth=depth)


def test_every_way_to_make_a_stage_is_checked():
    with pytest.raises(UsageError, match="depth = 3"):
        Chorus(depth=3)
    with pytest.raises(UsageError, match="depth = 3"):
        replace(Chorus(), depth=3)
    with pytest.raises(TypeError):
        Chorus(1.0)


def test_stages_are_values():
    assert Chorus(depth=1) == Chorus(depth=1.0) != Chorus()
    assert len({Chorus(), Chorus(), Plain()}) == 2
    with pytest.raises(FrozenInstanceError):
        Chorus().depth = 1


def test_parameters_are_described_in_order():
    described = parameters(Chorus)
    assert [each.name for each in described] == [
        "depth",
        "voices",
        "open_end",
        "shape",
        "title",
        "wet",
    ]
    assert [each.kind for each in described] == [float, int, float, str, str, bool]
    assert [each.range for each in described] == ["0..2", "1..", "..9", "sine, square", "", ""]
    assert (described[0].unit, described[0].help, described[0].default) == ("Hz", "how far", 0.5)
    assert parameters(Chorus(depth=1)) == described


def test_a_parameter_needs_a_default():
    @stage
    class Loose:
        "Lack a default."

        depth: float

    with pytest.raises(TypeError, match="'depth' needs a default"):
        parameters(Loose)


def test_signature_leaves_the_run_out():
    found = signature(Chorus)
    assert found.inputs == (Audio, Notes)
    assert found.output is Stems
    assert signature(Plain).inputs == (Audio,)


def test_key_is_the_file_of_a_shipped_stage_and_the_class_of_another():
    assert stage_key(stage_class("normalize-loudness")) == "normalize-loudness"
    assert stage_key(Chorus) == "chorus"


def test_summary_is_the_first_line():
    assert summary(Chorus) == "Sing along."
    assert summary(Plain) == "Do nothing."


def test_a_stage_is_called_with_its_inputs_and_a_run():
    audio = Audio(np.zeros((1, 4), np.float32), 8000)
    assert Plain()(audio, Run()) is audio
    assert list(Chorus()(audio, Notes(), Run())) == ["all"]
