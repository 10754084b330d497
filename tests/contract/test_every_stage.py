"""The battery that every registered stage must pass, whoever wrote it."""

import ast
import dataclasses
import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from toolkit.errors import UsageError
from toolkit.registry import stage_class, stage_keys
from toolkit.run import Run
from toolkit.stage import build, parameters, signature, stage_key, summary
from toolkit.values import Audio

KEYS = stage_keys()
AUDIO_KEYS = tuple(
    key
    for key in KEYS
    if signature(stage_class(key)).inputs == (Audio,)
    and signature(stage_class(key)).output is Audio
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
