import gc
import weakref

import numpy as np
import pytest

from toolkit.errors import UsageError
from toolkit.pipeline import (
    Pipeline,
    Step,
    append,
    configure,
    execute,
    load,
    parse,
    scale,
    tune,
)
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Stems


@stage
class Gain:
    """Change the level."""

    gain: float = param(1.0, low=0, high=4, help="factor")
    strength: float = param(1.0, low=0, high=1, help="mix")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        run.report(gain=self.gain)
        return audio.with_samples(audio.samples * np.float32(self.gain))

    def tuned(self, condition):
        from dataclasses import replace

        return replace(self, strength=0.5), f"level {condition}"


@stage
class Halves:
    """Split into two equal stems."""

    def __call__(self, audio: Audio, run: Run) -> Stems:
        half = audio.with_samples(audio.samples / np.float32(2))
        return Stems({"left": half, "right": half})


@stage
class Mix:
    """Add two signals."""

    def __call__(self, first: Audio, second: Audio, run: Run) -> Audio:
        return first.with_samples(first.samples + second.samples)


def steps(*entries):
    return tuple(Step(id, stage_, sources) for id, stage_, sources in entries)


def pipeline(*entries, output=Audio, automatic=False):
    return Pipeline("test", "A test.", Audio, output, steps(*entries), automatic)


def audio(value=1.0):
    return Audio(np.full((1, 8), value, np.float32), 8000)


def test_a_graph_with_stems_and_several_inputs():
    graph = pipeline(
        ("halves", Halves(), ("input",)),
        ("loud", Gain(gain=4), ("halves.left",)),
        ("mix", Mix(), ("loud", "halves.right")),
    )
    value, records = execute(graph, audio(), Run())
    assert np.allclose(value.samples, 2.5)
    assert [record.id for record in records] == ["halves", "loud", "mix"]
    assert records[1].findings == {"gain": 4}


def test_no_steps_is_the_identity():
    value = audio()
    assert execute(pipeline(), value, Run())[0] is value


def test_intermediate_values_are_dropped_after_their_last_reader():
    alive = []

    @stage
    class Probe:
        """Count who is alive."""

        def __call__(self, audio: Audio, run: Run) -> Audio:
            gc.collect()
            alive.append(sum(ref() is not None for ref in refs))
            made = audio.with_samples(audio.samples + np.float32(0))
            refs.append(weakref.ref(made))
            return made

    refs = []
    chain = pipeline(*((f"p{i}", Probe(), (f"p{i - 1}" if i else "input",)) for i in range(5)))
    execute(chain, audio(), Run())
    assert alive == [0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("a", Gain(), ("nope",))], "reads 'nope', which no earlier step makes"),
        ([("h", Halves(), ("input",)), ("g", Gain(), ("h",))], "needs Audio, but 'h' is Stems"),
        ([("m", Mix(), ("input",))], "takes 2 inputs, is given 1"),
        ([("a", Gain(), ("input",)), ("a", Gain(), ("a",))], "cannot be the id"),
        ([("a.b", Gain(), ("input",))], "cannot be the id"),
        ([("g", Gain(), ("input.left",))], "is Audio"),
        ([("h", Halves(), ("input",))], "promises Audio, makes Stems"),
    ],
)
def test_graphs_are_checked_when_they_are_made(entries, message):
    with pytest.raises(UsageError) as raised:
        pipeline(*entries)
    assert message in raised.value.message
    assert raised.value.hint


def test_a_stem_that_does_not_exist_is_named_with_the_nearest():
    graph = pipeline(("h", Halves(), ("input",)), ("g", Gain(), ("h.rigth",)))
    with pytest.raises(UsageError, match="no stem 'rigth'") as raised:
        execute(graph, audio(), Run())
    assert "right" in raised.value.hint


HEAD = 'name = "t"\nsummary = "T."\n'


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("name = ", "is not TOML", "README"),
        ('name = "t"\nsummary = "T."\n', "has no 'step'", "README"),
        (HEAD + 'speed = 3\n[[step]]\nstage = "declick"', "unknown key 'speed'", "known"),
        (HEAD + 'input = "sound"\n[[step]]\nstage = "declick"', "'sound' is no value", "audio"),
        (HEAD + '[[step]]\nid = "x"', "names no stage", "stage"),
        (HEAD + '[[step]]\nstage = "declik"', "no stage 'declik'", "'declick'"),
        (HEAD + '[[step]]\nstage = "declick"\nstrenth = 1', "no parameter", "'strength'"),
        (HEAD + '[[step]]\nstage = "declick"\nstrength = "loud"', "is not a float", "default"),
        (HEAD + '[[step]]\nstage = "declick"\nstrength = 4', "is outside 0..1", "default"),
        (HEAD + '[[step]]\nstage = "declick"\nstrength = true', "is not a float", "default"),
    ],
)
def test_files_are_checked_before_anything_runs(text, message, hint):
    with pytest.raises(UsageError) as raised:
        parse(text, "t.toml")
    assert message in raised.value.message
    assert "t.toml" in raised.value.message
    assert hint in raised.value.hint


def test_unknown_pipelines_get_the_nearest_name():
    with pytest.raises(UsageError, match="no pipeline 'restor'") as raised:
        load("restor")
    assert "'restore'" in raised.value.hint
    with pytest.raises(UsageError, match="no pipeline file"):
        load("./nowhere.toml")


def test_scale_multiplies_and_keeps_the_rest():
    chain = pipeline(
        ("g", Gain(gain=2, strength=0.5), ("input",)), ("h", Halves(), ("g",)), output=Stems
    )
    scaled = scale(chain, 0.5)
    assert scaled.steps[0].stage == Gain(gain=2, strength=0.25)
    assert scaled.steps[1] == chain.steps[1]
    assert scale(chain, 1) is chain
    with pytest.raises(UsageError, match="outside"):
        scale(chain, 1.5)


def test_configure_changes_one_parameter_and_names_mistakes():
    chain = pipeline(("g", Gain(), ("input",)))
    assert configure(chain, {"g.gain": 3}).steps[0].stage == Gain(gain=3)
    for setting, message in [("x.gain", "no step"), ("g.gan", "no parameter")]:
        with pytest.raises(UsageError, match=message):
            configure(chain, {setting: 1})


def test_tuning_asks_each_step_unless_its_strength_is_fixed():
    chain = pipeline(("a", Gain(), ("input",)), ("b", Gain(), ("a",)), automatic=True)
    tuned, decisions = tune(chain, "high", fixed={"b"})
    assert [step.stage.strength for step in tuned.steps] == [0.5, 1.0]
    assert [(each.step, each.strength, each.reason) for each in decisions] == [
        ("a", 0.5, "level high")
    ]
    plain = pipeline(("a", Gain(), ("input",)))
    assert tune(plain, "high") == (plain, ())


def test_the_hash_follows_the_recipe():
    chain = pipeline(("g", Gain(), ("input",)))
    assert chain.sha256 == pipeline(("g", Gain(), ("input",))).sha256
    assert chain.sha256 != configure(chain, {"g.gain": 2}).sha256


def test_append_reads_the_last_step():
    chain = append(load("restore"), "normalize-loudness", target=-16.0)
    assert chain.steps[-1].sources == (chain.steps[-2].id,)
    assert chain.steps[-1].parameters["target"] == -16


def test_each_step_has_its_own_randomness():
    numbers = {}

    @stage
    class Dice:
        """Draw a number."""

        def __call__(self, audio: Audio, run: Run) -> Audio:
            numbers[run.step] = run.rng().random()
            return audio

    execute(pipeline(("b", Dice(), ("input",))), audio(), Run(seed=1))
    alone = numbers["b"]
    execute(pipeline(("a", Dice(), ("input",)), ("b", Dice(), ("a",))), audio(), Run(seed=1))
    assert numbers["b"] == alone
    assert numbers["a"] != alone
