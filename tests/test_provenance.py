import json
import math

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit
from toolkit.errors import UsageError
from toolkit.pipeline import execute, load, parse
from toolkit.provenance import dump, finite, record, replay, software
from toolkit.provenance import load as load_record
from toolkit.restore import Recipe, Targets, diagnose, restore_file
from toolkit.run import Run
from toolkit.values import Audio

seeded = settings(derandomize=True, deadline=None)

RATE = 16000


@pytest.fixture(scope="module")
def damaged():
    """Return a second of decaying chords with hiss and clicks."""
    rng = np.random.default_rng(11)
    time = np.arange(RATE) / RATE
    wave = sum(0.1 * np.sin(2 * np.pi * pitch * time) for pitch in (196, 247, 330))
    wave = wave * np.exp(-2 * (time % 0.5)) + 0.01 * rng.standard_normal(RATE)
    wave[rng.integers(0, RATE, 15)] += 0.7
    return Audio(wave.astype(np.float32)[None], RATE)


@pytest.fixture(scope="module")
def executed(damaged):
    """Return the output of `restore` and the record of how it came about."""
    run = Run(seed=4)
    recipe = Recipe(load("restore"), strength=0.8)
    diagnosis = diagnose(damaged, recipe, run)
    output, steps = execute(diagnosis.pipeline, damaged, run)
    return output, record(
        pipeline=diagnosis.pipeline,
        steps=steps,
        decisions=diagnosis.decisions,
        condition=diagnosis.condition,
        source={"name": "old.wav", "sha256": "ab"},
        output={"name": "old.restored.wav"},
        settings={"seed": 4},
        warnings=("odd",),
    )


def test_a_record_replays_to_the_same_samples(executed, damaged, tmp_path):
    output, facts = executed
    (tmp_path / "old.wav.json").write_text(dump(facts), encoding="utf-8")
    again = replay(load_record(tmp_path / "old.wav"))
    repeated, _ = execute(again, damaged, Run(seed=4))
    assert not np.array_equal(output.samples, damaged.samples)
    assert np.array_equal(repeated.samples, output.samples)


def test_a_replayed_pipeline_has_every_parameter_and_decides_nothing(executed):
    _, facts = executed
    again = replay(json.loads(dump(facts)))
    assert [step.parameters for step in again.steps] == [
        step["parameters"] for step in facts["steps"]
    ]
    assert [step.id for step in again.steps] == [step.id for step in load("restore").steps]
    assert [step.sources for step in again.steps] == [
        step.sources for step in load("restore").steps
    ]
    assert not again.automatic


def test_a_record_survives_its_file(executed, tmp_path):
    _, facts = executed
    (tmp_path / "x.json").write_text(dump(facts), encoding="utf-8")
    assert load_record(tmp_path / "x.json") == facts
    assert dump(facts).endswith("}\n")


def test_a_record_tells_what_was_found_decided_and_done(executed):
    _, facts = executed
    assert facts["condition"]["clicks_per_second"] > 3
    assert {each["step"] for each in facts["decisions"]} <= {each["id"] for each in facts["steps"]}
    assert all(each["reason"] for each in facts["decisions"])
    done = {each["id"]: each["findings"] for each in facts["steps"]}
    assert done["declick"]["clicks_repaired"] > 3
    assert all(each["seconds"] >= 0 for each in facts["steps"])
    assert facts["warnings"] == ["odd"]
    assert facts["pipeline"]["name"] == "restore"


def test_a_fixed_pipeline_replays_under_its_own_hash():
    text = 'name = "x"\nsummary = "X."\n[[step]]\nstage = "equalize"\ncurve = "riaa"\n'
    pipeline = parse(text, "x.toml")
    audio = Audio(np.zeros((1, 100), np.float32), RATE)
    _, steps = execute(pipeline, audio, Run())
    facts = record(
        pipeline=pipeline,
        steps=steps,
        decisions=(),
        condition=None,
        source={},
        output={},
        settings={},
        warnings=(),
    )
    assert facts["condition"] is None
    assert replay(facts).sha256 == facts["pipeline"]["sha256"] == pipeline.sha256


def test_an_infinite_measurement_is_null_in_the_file(tmp_path):
    source = tmp_path / "silence.wav"
    soundfile.write(source, np.zeros(2000), RATE, subtype="PCM_16")
    restore_file(source, Targets(tmp_path / "out.wav"), Recipe(load("restore")), Run())
    condition = load_record(tmp_path / "out.wav")["condition"]
    assert condition["level_db"] is None
    assert condition["peak_db"] is None
    assert condition["sample_rate"] == RATE


def test_software_names_what_decides_the_numbers():
    versions = software()
    assert versions["tonearm"] == toolkit.__version__
    assert versions["numpy"] == np.__version__
    assert {"python", "platform", "scipy", "torch", "soxr", "av"} <= set(versions)


# A str from a file name may hold bytes that are no UTF-8, as these surrogates.
names = st.text(
    st.one_of(st.characters(), st.characters(categories=["Cs"]).filter("\udc80".__le__))
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def expected(value):
    """Return what JSON should give back, written the long way round."""
    if isinstance(value, list):
        return [expected(each) for each in value]
    if isinstance(value, dict):
        return {key: expected(value[key]) for key in value}
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
        return None
    return value


@seeded
@given(plain)
def test_anything_plain_comes_back_through_a_file(value):
    assert json.loads(dump({"x": finite(value)}).encode()) == {"x": expected(value)}


def test_tuples_become_lists_and_numbers_stay():
    assert finite({"a": (1, math.inf, (math.nan, -0.5)), "b": True}) == {
        "a": [1, None, [None, -0.5]],
        "b": True,
    }


def test_what_is_not_made_finite_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        dump({"level": math.inf})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no record at"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "is not a record"),
        (b"{}", "is not a record"),
        (b'{"schema": "tonearm-record-0"}', "is not a record"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "a.wav.json").write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        load_record(tmp_path / "a.wav")
    assert "a.wav.json" in caught.value.message
    assert caught.value.hint.startswith("give a result")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stage": "declikc"}, "no stage 'declikc'"),
        ({"parameters": {"strength": 2.0}}, "step 'declick': strength = 2 is outside"),
        ({"parameters": {"gone": 1}}, "step 'declick' has no parameter 'gone'"),
    ],
)
def test_a_record_of_what_no_longer_fits_is_refused(executed, change, message):
    _, facts = executed
    steps = [{**each, **change} if each["id"] == "declick" else each for each in facts["steps"]]
    with pytest.raises(UsageError, match=message):
        replay({**facts, "steps": steps})
