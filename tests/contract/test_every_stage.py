"""The battery that every registered stage must pass, whoever wrote it."""

import ast
import dataclasses
import importlib
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

from toolkit.checkpoints import shipped
from toolkit.errors import UsageError
from toolkit.registry import stage_class, stage_keys
from toolkit.run import Run
from toolkit.shipped import folder
from toolkit.stage import build, checkpoints_of, parameters, signature, stage_key, summary
from toolkit.values import DRUMS, Audio, Note, Notes, Stems

KEYS = stage_keys()
AUDIO_KEYS = tuple(
    key
    for key in KEYS
    if signature(stage_class(key)).inputs == (Audio,)
    and signature(stage_class(key)).output is Audio
)
STEMS_KEYS = tuple(
    key
    for key in KEYS
    if signature(stage_class(key)).inputs == (Audio,)
    and signature(stage_class(key)).output is Stems
)
NOTES_KEYS = tuple(
    key
    for key in KEYS
    if signature(stage_class(key)).inputs[:1] == (Notes,)
    and signature(stage_class(key)).output is Notes
)
HEARING_KEYS = tuple(
    key for key in KEYS if signature(stage_class(key)).output is Notes and key not in NOTES_KEYS
)
# The one stage whose purpose is another length.
SAME_LENGTH = tuple(key for key in AUDIO_KEYS if key != "correct-speed")
HEAVY = {"torch", "librosa", "scipy", "torchaudio", "demucs", "av", "soundfile"}
RATE = 44100


def music(num_channels: int, num_samples: int, rate: int = RATE) -> np.ndarray:
    """Return decaying chords over soft noise with a few clicks: something for every stage to do."""
    rng = np.random.default_rng(7)
    time = np.arange(num_samples) / rate
    chord = sum(np.sin(2 * np.pi * f * time) * np.exp(-3 * (time % 0.5)) for f in (196, 247, 330))
    signal = 0.1 * np.tile(chord, (num_channels, 1)) + 0.003 * rng.standard_normal(
        (num_channels, num_samples)
    )
    if num_samples > 100:
        signal[:, rng.integers(0, num_samples, max(num_samples // 5000, 1))] += 0.5
    return signal.astype(np.float32)


def edge_signals() -> dict[str, np.ndarray]:
    impulse = np.zeros((1, 3000), np.float32)
    impulse[0, 1500] = 1
    square = np.where(np.arange(6000) // 50 % 2, 1, -1).astype(np.float32)[None]
    return {
        "empty": np.zeros((1, 0), np.float32),
        "one sample": np.full((1, 1), 0.5, np.float32),
        "two samples": np.array([[0.5, -0.5]], np.float32),
        "three samples": np.array([[0.5, -0.5, 0.1]], np.float32),
        "silence": np.zeros((2, 20000), np.float32),
        "DC": np.full((1, 20000), 0.7, np.float32),
        "full-scale square": square,
        "impulse": impulse,
        "denormals": np.full((1, 9000), 1e-40, np.float32),
        "tiny noise": (1e-7 * np.random.default_rng(1).standard_normal((2, 9000))).astype("f4"),
        "silence then music": np.concatenate(
            [np.zeros((1, 15000), np.float32), music(1, 15000)], axis=1
        ),
    }


@pytest.mark.parametrize("key", KEYS)
def test_definition(key):
    cls = stage_class(key)
    stage = cls()
    assert stage_key(cls) == key
    assert dataclasses.is_dataclass(stage)
    assert hash(stage) == hash(cls())
    assert summary(cls).endswith(".")
    with pytest.raises(dataclasses.FrozenInstanceError):
        stage.anything = 1
    for each in parameters(cls):
        assert each.help
        assert each.kind in (bool, int, float, str)
        assert each.check(each.default, key) == each.default


@pytest.mark.parametrize("key", KEYS)
def test_parameters_survive_plain_data(key):
    stage = stage_class(key)()
    values = {each.name: getattr(stage, each.name) for each in parameters(stage)}
    assert build(type(stage), json.loads(json.dumps(values))) == stage


@pytest.mark.parametrize("key", KEYS)
def test_ranges_are_held(key):
    for each in parameters(stage_class(key)):
        if each.high is not None:
            with pytest.raises(UsageError, match="outside"):
                build(stage_class(key), {each.name: each.kind(each.high + 1)})


@pytest.mark.parametrize("key", KEYS)
def test_module_imports_nothing_heavy(key):
    module = importlib.import_module(stage_class(key).__module__)
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    roots = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            roots |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            roots.add(node.module.split(".")[0])
    assert not roots & HEAVY


@pytest.mark.parametrize("num_channels", [1, 2])
@pytest.mark.parametrize("key", AUDIO_KEYS)
def test_output_is_a_finite_signal_and_the_input_is_untouched(key, num_channels):
    samples = music(num_channels, 3 * RATE)
    before = samples.copy()
    audio = Audio(samples, RATE, {"title": "x"})
    out = stage_class(key)()(audio, Run(seed=3).for_step(key))
    assert np.array_equal(samples, before)
    assert out.samples.dtype == np.float32
    assert np.isfinite(out.samples).all()
    assert out.sample_rate == RATE
    assert out.num_channels == num_channels
    assert dict(out.tags) == {"title": "x"}
    if key in SAME_LENGTH:
        assert out.num_samples == audio.num_samples


@pytest.mark.parametrize("name", edge_signals())
@pytest.mark.parametrize("key", AUDIO_KEYS)
def test_edges(key, name):
    samples = edge_signals()[name]
    out = stage_class(key)()(Audio(samples, RATE), Run().for_step(key))
    assert np.isfinite(out.samples).all()
    assert out.samples.shape[0] == samples.shape[0]
    if key in SAME_LENGTH:
        assert out.samples.shape == samples.shape
    if name in ("silence", "empty") and not key.startswith("degrade-"):
        assert np.abs(out.samples).max(initial=0) <= 1e-6


@pytest.mark.parametrize(
    ("rate", "num_channels"), [(4000, 1), (8000, 3), (44100, 32), (192000, 2), (768000, 1)]
)
@pytest.mark.parametrize("key", AUDIO_KEYS)
def test_rates_and_channels(key, rate, num_channels):
    samples = music(num_channels, rate // 2, rate)
    out = stage_class(key)()(Audio(samples, rate), Run().for_step(key))
    assert out.sample_rate == rate
    assert out.num_channels == num_channels
    assert np.isfinite(out.samples).all()
    if key in SAME_LENGTH:
        assert out.num_samples == rate // 2


@pytest.mark.parametrize("key", AUDIO_KEYS)
def test_same_seed_same_output(key):
    audio = Audio(music(1, RATE), RATE)
    first, second = (stage_class(key)()(audio, Run(seed=5).for_step(key)) for _ in range(2))
    assert np.array_equal(first.samples, second.samples)


@pytest.mark.parametrize("key", AUDIO_KEYS)
def test_strength_zero_is_sample_identical(key):
    cls = stage_class(key)
    if "strength" not in {each.name for each in parameters(cls)}:
        assert key.startswith(("degrade-", "equalize", "normalize-", "correct-"))
        return
    audio = Audio(music(2, RATE), RATE)
    out = build(cls, {"strength": 0.0})(audio, Run().for_step(key))
    assert np.array_equal(out.samples, audio.samples)


@pytest.mark.parametrize("key", SAME_LENGTH)
def test_progress_ends_at_the_total(key):
    seen = []
    run = Run(progress=lambda step, done, total: seen.append((step, done / total)))
    stage_class(key)()(Audio(music(1, 2 * RATE), RATE), run.for_step(key))
    assert all(step == key for step, _ in seen)
    assert all(0 <= share <= 1 for _, share in seen)


@pytest.mark.parametrize("key", KEYS)
def test_findings_are_plain_data(key):
    cls = stage_class(key)
    if key not in AUDIO_KEYS:
        return
    run = Run().for_step(key)
    cls()(Audio(music(1, RATE), RATE), run)
    json.dumps(run.findings, allow_nan=False)


class Untrained:
    """Make the networks of the recipes, narrow and untrained: shapes and sums are the same."""

    def load(self, name, device="cpu"):
        torch.manual_seed(0)
        recipe = tomllib.loads((folder("checkpoints") / name / "recipe.toml").read_text())
        architecture = importlib.import_module(f"toolkit.models.{recipe['arch']}")
        config = architecture.Config(**{**recipe["config"], "growth": 2})
        return architecture.Model(config).eval().to(device)


def assert_stems_of(stems, samples):
    peak = np.abs(samples).max(initial=0)
    assert len(stems) > 1
    assert np.abs(stems.mixture().samples - samples).max(initial=0) <= 1e-3 * peak
    for audio in stems.values():
        assert audio.samples.shape == samples.shape
        assert audio.samples.dtype == np.float32
        assert np.isfinite(audio.samples).all()


@pytest.mark.parametrize("key", STEMS_KEYS)
def test_stems_are_parts_of_an_untouched_input(key):
    samples = music(2, 3 * RATE)
    before = samples.copy()
    seen = []
    run = Run(progress=lambda *report: seen.append(report), checkpoints=Untrained())
    local = run.for_step(key)
    stems = stage_class(key)()(Audio(samples, RATE, {"title": "x"}), local)
    assert np.array_equal(samples, before)
    assert_stems_of(stems, samples)
    for audio in stems.values():
        assert audio.sample_rate == RATE
        assert dict(audio.tags) == {"title": "x"}
    assert all(step == key and 0 <= done <= total for step, done, total in seen)
    json.dumps(local.findings, allow_nan=False)


@pytest.mark.parametrize("name", edge_signals())
@pytest.mark.parametrize("key", STEMS_KEYS)
def test_stems_of_edges(key, name):
    samples = edge_signals()[name]
    run = Run(checkpoints=Untrained()).for_step(key)
    stems = stage_class(key)()(Audio(samples, RATE), run)
    assert_stems_of(stems, samples)
    if name in ("silence", "empty"):
        assert all(np.abs(each.samples).max(initial=0) <= 1e-6 for each in stems.values())


@pytest.mark.parametrize(
    ("rate", "num_channels"), [(4000, 1), (8000, 3), (44100, 32), (192000, 2), (768000, 1)]
)
@pytest.mark.parametrize("key", STEMS_KEYS)
def test_stems_of_rates_and_channels(key, rate, num_channels):
    samples = music(num_channels, rate // 2, rate)
    stems = stage_class(key)()(Audio(samples, rate), Run(checkpoints=Untrained()).for_step(key))
    assert_stems_of(stems, samples)


@pytest.mark.parametrize("key", STEMS_KEYS)
def test_same_seed_same_stems(key):
    audio = Audio(music(1, RATE), RATE)
    run = Run(seed=5, checkpoints=Untrained()).for_step(key)
    first, second = (stage_class(key)()(audio, run) for _ in range(2))
    assert all(np.array_equal(first[name].samples, second[name].samples) for name in first)


def some_notes() -> Notes:
    """Return two bars of chords and a drum beat, a little out of time."""
    rng = np.random.default_rng(4)
    late = iter(rng.uniform(0, 0.02, 100))
    notes = []
    for beat in range(8):
        at = 0.1 + 0.5 * beat
        notes += [
            Note(at + next(late), at + 0.4 + next(late), pitch, 0.7)
            for pitch in (48 + 5 * (beat // 4), 60, 64 + beat)
        ]
        notes.append(Note(at + next(late), at + 0.1 + next(late), 36, 0.9, DRUMS))
    return Notes(tuple(notes))


def notes_of(key, notes, samples, run):
    """Return what a stage makes of notes, with a recording beside them where it wants one."""
    stage = stage_class(key)()
    if len(signature(stage_class(key)).inputs) == 2:
        return stage(notes, Audio(samples, RATE), run)
    return stage(notes, run)


@pytest.mark.parametrize("key", NOTES_KEYS)
def test_notes_are_none_lost_the_same_again_and_the_findings_plain(key):
    notes, samples = some_notes(), music(1, 5 * RATE)
    before = samples.copy()
    run = Run(seed=3).for_step(key)
    found = notes_of(key, notes, samples, run)
    json.dumps(dict(run.findings), allow_nan=False)
    assert np.array_equal(samples, before)
    assert notes == some_notes()
    assert found == notes_of(key, notes, samples, Run(seed=3).for_step(key))
    assert sorted((n.pitch, n.program, n.velocity) for n in found) == sorted(
        (n.pitch, n.program, n.velocity) for n in notes
    )


@pytest.mark.parametrize("notes", [Notes(), Notes((Note(0, 0, 0),)), Notes((Note(9, 9.1, 127),))])
@pytest.mark.parametrize("key", NOTES_KEYS)
def test_few_notes(key, notes):
    for num_samples in (0, 3, RATE // 2):
        samples = np.zeros((1, num_samples), np.float32)
        assert len(notes_of(key, notes, samples, Run().for_step(key))) == len(notes)


@pytest.mark.parametrize("name", edge_signals())
@pytest.mark.parametrize("key", HEARING_KEYS)
def test_edges_are_heard(key, name):
    audio = Audio(edge_signals()[name], RATE)
    value = audio if key == "transcribe" else Stems({"bass": audio, "drums": audio})
    runs = [Run(seed=2).for_step(key) for _ in range(2)]
    found, again = (stage_class(key)()(value, run) for run in runs)
    assert found == again
    assert runs[0].findings == runs[1].findings
    json.dumps(dict(runs[0].findings), allow_nan=False)
    assert all(note.onset <= audio.duration for note in found)
    if name not in ("full-scale square", "impulse", "silence then music"):
        assert not len(found)


@pytest.mark.parametrize(("rate", "num_channels"), [(4000, 1), (96000, 3)])
@pytest.mark.parametrize("key", HEARING_KEYS)
def test_rates_and_channels_are_heard(key, rate, num_channels):
    audio = Audio(music(num_channels, 2 * rate, rate), rate)
    value = audio if key == "transcribe" else Stems({"bass": audio, "drums": audio})
    assert {note.pitch for note in stage_class(key)()(value, Run().for_step(key))}


class _Noting:
    """Load the shipped checkpoints and remember which."""

    def __init__(self):
        self.names = set()

    def load(self, name, device="cpu"):
        self.names.add(name)
        return shipped().load(name, device)


@pytest.mark.parametrize(
    "key", [key for key in KEYS if signature(stage_class(key)).inputs == (Audio,)]
)
def test_says_which_checkpoints_decide_its_result(key):
    # A result is taken for finished by a hash in which these have a part.
    stage, store = stage_class(key)(), _Noting()
    stage(Audio(music(1, 2 * RATE), RATE), Run(checkpoints=store))
    assert store.names <= set(checkpoints_of(stage))
    assert set(checkpoints_of(stage)) <= set(shipped().names())
