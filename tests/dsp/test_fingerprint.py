import numpy as np
import pytest
from scipy import signal

from toolkit.dsp import resample
from toolkit.dsp.fingerprint import Fingerprint, fingerprint
from toolkit.dsp.fingerprint_index import Index
from toolkit.dsp.fingerprint_match import Alignment, match
from toolkit.dsp.fingerprint_triples import NUM_KEYS, triples
from toolkit.values import Audio

RATE = 22050


def music(seed: int, seconds: float = 30.0, rubato: float = 0.0) -> np.ndarray:
    """Return plucked tones of six partials, the same for a seed but for the rubato."""
    rng, player = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    out = np.zeros(round((seconds + 2) * RATE))
    begin, late = 0.0, 0.0
    while begin + late < seconds:
        pitch = 110 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11]) / 12 + rng.integers(0, 3))
        time = np.arange(round(rng.uniform(0.4, 1.2) * RATE)) / RATE
        tone = sum(np.sin(2 * np.pi * k * pitch * time + k) / k for k in range(1, 7))
        first = round(max(begin + late, 0) * RATE)
        tone = (tone * np.exp(-3 * time))[: len(out) - first]
        out[first : first + len(tone)] += 0.1 * tone
        step = rng.choice([0.12, 0.24, 0.36])
        begin += step
        late += step * rubato * player.standard_normal()
    return out[: round(seconds * RATE)].astype(np.float32)[None]


def transfer(samples: np.ndarray, speed: float, start: float, seed: int) -> np.ndarray:
    """Return it with another tone, noise and level, faster and trimmed."""
    rng = np.random.default_rng(seed)
    sections = signal.butter(2, (200, 3500), "bandpass", fs=RATE, output="sos")
    worn = 0.3 * signal.sosfilt(sections, samples)
    worn = worn + 0.4 * worn.std() * rng.standard_normal(worn.shape)
    played = resample.resample(worn.astype(np.float32), RATE * speed, RATE)
    return played[:, round(start * RATE) :]


@pytest.fixture(scope="module")
def prints() -> list[Fingerprint]:
    first = music(0)
    audios = [
        first,
        transfer(first, 1.05, 2.0, 1),
        music(1),
        music(2),
        music(0, rubato=0.08),
    ]
    return [fingerprint(Audio(each, RATE)) for each in audios]


def test_a_transfer_is_found_with_its_speed_and_offset(prints):
    candidates = {each.number: each for each in Index(prints).candidates(prints[0], without=0)}
    found = match(prints[0], prints[1], candidates[1].alignment)
    assert found is not None
    assert found.confidence > 0.55
    assert found.alignment.ratio == pytest.approx(1.05, rel=5e-4)
    assert found.alignment.offset == pytest.approx(-2.0, abs=0.02)
    assert abs(found.pitch_cents) < 3
    turned = found.alignment.inverse
    assert turned.ratio == pytest.approx(1 / 1.05, rel=5e-4)
    assert turned.offset == pytest.approx(2.0 * 1.05, abs=0.03)


def test_other_pieces_and_takes_are_not_joined(prints):
    index = Index(prints)
    for candidate in index.candidates(prints[0], without=0):
        found = match(prints[0], prints[candidate.number], candidate.alignment)
        if candidate.number != 1 and found is not None:
            assert found.confidence < 0.5, candidate


def test_a_take_at_the_same_place_agrees_but_is_not_tight(prints):
    take = match(prints[0], prints[4], Alignment(0.0, 1.0))
    same = match(prints[0], prints[1], Alignment(-2.0, 1.05))
    assert take is not None
    assert same is not None
    assert take.tightness < 0.5 * same.tightness


def test_too_short_an_overlap_says_nothing(prints):
    assert match(prints[0], prints[1], Alignment(27.0, 1.05)) is None


def test_bytes_come_back(prints):
    again = Fingerprint.from_bytes(prints[0].to_bytes(), prints[0].duration)
    assert np.array_equal(again.milliseconds, prints[0].milliseconds)
    assert np.array_equal(again.cents, prints[0].cents)
    assert len(prints[0].to_bytes()) == 6 * len(prints[0])
    with pytest.raises(ValueError, match="six"):
        Fingerprint.from_bytes(b"1234567", 1.0)


def test_peaks_do_not_depend_on_blocks():
    samples = np.tile(music(3, 20.0), (1, 5))
    whole = fingerprint(Audio(samples, RATE))
    # Frames lie at multiples of 32 ms and seconds are whole, so a shift by 8 s changes nothing.
    later = fingerprint(Audio(samples[:, 8 * RATE :], RATE))
    mine = whole.milliseconds > 24000
    theirs = later.milliseconds > 16000
    one = set(zip(whole.milliseconds[mine] - 8000, whole.cents[mine], strict=True))
    other = set(zip(later.milliseconds[theirs], later.cents[theirs], strict=True))
    assert len(one & other) > 0.95 * len(one)


def test_a_vertical_groove_is_heard():
    samples = music(4, 15.0)
    lateral = fingerprint(Audio(np.concatenate((samples, samples)), RATE))
    vertical = fingerprint(Audio(np.concatenate((samples, -samples)), RATE))
    assert np.array_equal(lateral.milliseconds, vertical.milliseconds)


@pytest.mark.parametrize("length", [0, 1, 100, RATE])
def test_silence_and_scraps_have_no_peaks(length):
    found = fingerprint(Audio(np.zeros((2, length), np.float32), RATE))
    assert len(found) == 0
    assert len(triples(found)) == 0
    assert Index([found]).candidates(found) == ()


def test_an_empty_index_finds_nothing(prints):
    assert Index([]).candidates(prints[0]) == ()


def test_long_recordings_keep_some_of_the_keys_of_short_ones(prints):
    def keys(duration: float) -> set[int]:
        each = prints[0]
        found = triples(Fingerprint(each.milliseconds, each.cents, duration))
        assert found.keys.max() < NUM_KEYS
        return set(found.keys.tolist())

    copies = 12
    times = np.concatenate([prints[0].milliseconds + 60_000 * k for k in range(copies)])
    long = triples(
        Fingerprint(times.astype(np.uint32), np.tile(prints[0].cents, copies), 60.0 * copies)
    )
    assert len(long) <= 33 * 60 * copies
    assert set(long.keys.tolist()) <= keys(30.0)
