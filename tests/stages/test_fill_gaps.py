import numpy as np
import pytest

from toolkit.run import Run
from toolkit.stages.fill_gaps import STAGE as FillGaps
from toolkit.values import Audio

SAMPLE_RATE = 16000


def recording(seconds=3.0, seed=0):
    """Return steady chords and the same with dropouts, zeros and held values in turn."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * f * time + rng.uniform(0, 6)) / 6 for f in (196, 247, 330, 784))
    clean = (tones + 1e-4 * rng.standard_normal(len(time))).astype(np.float32)
    damaged = clean.copy()
    gaps = []
    for index, at in enumerate(np.arange(0.4, seconds - 0.3, 0.5)):
        start = int(at * SAMPLE_RATE)
        while abs(damaged[start - 1]) > 0.2:
            start += 1
        stop = start + int(rng.integers(20, 700))
        damaged[start:stop] = damaged[start - 1] if index % 2 else 0
        gaps.append((start, stop))
    return clean[None], damaged[None], gaps


def test_fills_what_was_lost_and_keeps_the_rest():
    clean, damaged, gaps = recording()
    run = Run()
    out = FillGaps()(Audio(damaged, SAMPLE_RATE), run).samples
    lost = np.zeros(damaged.shape, bool)
    for start, stop in gaps:
        lost[:, start:stop] = True
    before, after = np.sum((clean - damaged)[lost] ** 2), np.sum((clean - out)[lost] ** 2)
    assert 10 * np.log10(before / after) > 20
    np.testing.assert_array_equal(out[~lost], damaged[~lost])
    assert run.findings["gaps_filled"] == len(gaps)
    assert run.findings["samples_filled"] == pytest.approx(lost.sum(), abs=len(gaps))
    longest = max(stop - start for start, stop in gaps)
    assert run.findings["longest_gap_ms"] == pytest.approx(1000 * longest / SAMPLE_RATE, abs=0.1)


def test_music_without_gaps_comes_back_as_it_is():
    clean, _, _ = recording()
    audio = Audio(clean, SAMPLE_RATE)
    run = Run()
    assert FillGaps()(audio, run) is audio
    assert run.findings["gaps_filled"] == 0


def test_longer_runs_than_asked_for_are_left():
    _, damaged, _ = recording()
    audio = Audio(damaged, SAMPLE_RATE)
    assert FillGaps(longest_ms=0.3)(audio, Run()) is audio


def test_strength_scales_what_is_put_in():
    audio = Audio(recording()[1], SAMPLE_RATE)
    whole = FillGaps()(audio, Run()).samples - audio.samples
    half = FillGaps(strength=0.5)(audio, Run()).samples - audio.samples
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)
    assert FillGaps(strength=0)(audio, Run()) is audio


def test_channels_are_repaired_on_their_own():
    clean, damaged, _ = recording()
    both = FillGaps()(Audio(np.concatenate([clean, damaged]), SAMPLE_RATE), Run()).samples
    np.testing.assert_array_equal(both[:1], clean)
    alone = FillGaps()(Audio(damaged, SAMPLE_RATE), Run()).samples
    np.testing.assert_array_equal(both[1:], alone)


@pytest.mark.parametrize("at", [9.99, 10.0])
def test_blocks_do_not_show(at):
    clean, _, _ = recording(12.0)
    shift = int(2 * SAMPLE_RATE)
    start = int(at * SAMPLE_RATE)
    damaged = clean.copy()
    damaged[:, start : start + 400] = 0
    out = FillGaps()(Audio(damaged, SAMPLE_RATE), Run()).samples
    # Two seconds earlier the same gap lies within a block.
    early = FillGaps()(Audio(damaged[:, shift:], SAMPLE_RATE), Run()).samples
    np.testing.assert_allclose(out[:, shift:], early, atol=1e-6)
    assert not np.array_equal(out, damaged)


@pytest.mark.parametrize("length", range(4))
@pytest.mark.parametrize("value", [0.0, 1.0, 1e-40])
def test_tiny_signals(length, value):
    audio = Audio(np.full((2, length), value, np.float32), SAMPLE_RATE)
    assert FillGaps()(audio, Run()) is audio
